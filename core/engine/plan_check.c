/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plugin's `check` on an instance that lives for that call only. Its host knows the configuration and
 * the tables and nothing else: no exchange, no state, no waiting. */
#include "core/engine/plan_inner.h"

#include <string.h>

#include "core/base/env.h"
#include "core/base/log.h"

typedef struct {
    tb_ctx base;
    const plan_builder *b;
} check_ctx;

static int no_http(tb_ctx *ctx, const tb_request *request, tb_response *response)
{
    (void)ctx, (void)request, (void)response;
    return -1;
}

static const char *no_state(tb_ctx *ctx, const char *name, const char *key, int64_t *version)
{
    (void)ctx, (void)name, (void)key;
    if (version)
        *version = 0;
    return NULL;
}

static int no_change(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value,
                     bool always)
{
    (void)ctx, (void)record, (void)name, (void)key, (void)value, (void)always;
    return -1;
}

static int no_list(tb_ctx *ctx, const char *name, const char *prefix,
                   int (*each)(void *arg, const char *key, const char *value), void *arg)
{
    (void)ctx, (void)name, (void)prefix, (void)each, (void)arg;
    return 0;
}

static const tb_table *check_table(tb_ctx *ctx, const char *name, bool before)
{
    const plan_builder *b = ((check_ctx *)ctx)->b;
    for (int i = 0; !before && i < b->p->tables_n; i++) {
        if (!strcmp(b->p->tables[i].config->name, name))
            return b->parsed[i];
    }
    return NULL;
}

static void check_log(tb_ctx *ctx, tb_level level, const char *id, const char *sentence)
{
    (void)ctx;
    log_write((log_level)level, id, "%s", sentence);
}

static int64_t check_now(tb_ctx *ctx)
{
    (void)ctx;
    return env_now();
}

static bool no_sleep(tb_ctx *ctx, int64_t ms)
{
    (void)ctx, (void)ms;
    return false;
}

static const char *check_pipeline(tb_ctx *ctx)
{
    const char *name = ((check_ctx *)ctx)->b->pipeline;
    return name ? name : "";
}

static int no_emit(tb_ctx *ctx, tb_record *parent, tb_record *record)
{
    (void)ctx, (void)parent;
    tb_record_unref(record);
    return -1;
}

static const tb_host check_host = {.size = sizeof check_host,
                                   .http = no_http,
                                   .state_get = no_state,
                                   .state_set = no_change,
                                   .state_list = no_list,
                                   .table_get = check_table,
                                   .log = check_log,
                                   .now = check_now,
                                   .sleep = no_sleep,
                                   .pipeline = check_pipeline,
                                   .emit = no_emit};

static void run_check(const plan_builder *b, const plan_use *u, const void *self)
{
    check_ctx ctx = {{&check_host}, b};
    tb_doctor doctor = {0};
    u->plugin->api.common->check(self, &ctx.base, &doctor);
    for (int i = 0; i < doctor.n; i++) {
        const tb_doctor_line *line = &doctor.lines[i];
        if (line->finding == TB_BAD)
            config_find(b->f, u->use->where, "plugin \"%s\": %s: %s", u->plugin->name, line->what,
                        line->text);
    }
    tbh_doctor_free(&doctor);
}

void plan_check_use(plan_builder *b, const plan_use *u)
{
    plugin_instance i;
    const tb_common *common = u->plugin->api.common;
    if (!plugin_instance_init(&i, u->plugin, u->use, b->p->config, b->f) && common && common->check)
        run_check(b, u, i.self);
    plugin_instance_free(&i);
}
