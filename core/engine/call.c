/* SPDX-License-Identifier: Apache-2.0 */
/* A callback's context: the host's side of what a plugin may ask for while one of its callbacks runs. Every
 * function of the host table is here; what may be used in which callback is a table (`rights`). */
#include "core/engine/internal.h"

#include <stdio.h>
#include <string.h>

enum { MAY_NETWORK = 1, MAY_CHANGE = 2, MAY_EMIT = 4 };
enum { STATE_MOST = 64 * 1024 };

static const unsigned rights[] = {
    [CALL_CHECK] = 0,
    [CALL_OPEN] = 0,
    [CALL_READ] = MAY_NETWORK | MAY_CHANGE,
    [CALL_RECEIVE] = MAY_CHANGE,
    [CALL_HYDRATE] = MAY_NETWORK | MAY_CHANGE,
    [CALL_APPLY] = MAY_CHANGE | MAY_EMIT,
    [CALL_DELIVER] = MAY_NETWORK | MAY_CHANGE | MAY_EMIT,
    [CALL_PROBE] = MAY_NETWORK | MAY_CHANGE,
    [CALL_DOCTOR] = MAY_NETWORK,
};

static const slot_class classes[] = {
    [CALL_READ] = CLASS_POLL,   [CALL_HYDRATE] = CLASS_DELIVERY, [CALL_DELIVER] = CLASS_DELIVERY,
    [CALL_PROBE] = CLASS_PROBE, [CALL_DOCTOR] = CLASS_BULK,
};

static call *of(tb_ctx *ctx)
{
    return (call *)ctx;
}

static void end_reading(call *c)
{
    if (c->reading->reader)
        journal_reading_end(c->engine->journal, c->reading);
}

/* ---- exchanges ---- */

static int host_http(tb_ctx *ctx, const tb_request *request, tb_response *response)
{
    call *c = of(ctx);
    char why[512] = "";
    end_reading(c);
    c->fate = FATE_INVALID;
    if (!(rights[c->kind] & MAY_NETWORK) || !c->connection || request->path[0] != '/') {
        pipeline_error(c->pipeline, "plugin %s may not use the network here",
                       c->use ? c->use->plugin->name : "?");
        return -1;
    }
    /* the journal is broken: what was made of its state is worth nothing */
    if (c->engine && engine_wants_exit(c->engine)) {
        c->fate = FATE_PAUSED;
        return -1;
    }
    slot_wish wish = {.class_ = request->flags & TB_BULK ? CLASS_BULK
                                : c->create              ? CLASS_PROBE
                                                         : classes[c->kind],
                      .deadline = c->deadline,
                      .first = request->flags & TB_FIRST,
                      .create = c->create};
    c->fate = connection_exchange(c->connection, &wish, request, response, why, sizeof why);
    if (c->fate == FATE_ANSWERED)
        return 0;
    if (c->fate != FATE_PAUSED)
        pipeline_error(c->pipeline, "%s", why);
    return -1;
}

/* ---- state ---- */

void call_state_name(const call *c, const char *name, buffer *out)
{
    if (strchr(name, '/') || !c->pipeline)
        buffer_puts(out, name);
    else
        buffer_printf(out, "%s/%s", c->pipeline->p->config->name, name);
}

static bool keeps_namespace(const plugin *p, const char *name, size_t n)
{
    for (const char *const *x = p ? p->api.namespaces : NULL; x && *x; x++)
        if (strlen(*x) == n && !memcmp(*x, name, n))
            return true;
    return false;
}

char *call_depend_name(const pipeline *p, const tb_dependence *d)
{
    const config_pipeline *c = p->p->config;
    size_t n = strcspn(d->name, "/");
    bool own = false;
    for (int i = 0; i < c->sources_n; i++)
        own = own || keeps_namespace(p->p->sources[i].plugin, d->name, n);
    for (int i = 0; i < c->transforms_n; i++)
        own = own || keeps_namespace(p->p->transforms[i].plugin, d->name, n);
    for (int i = 0; i < c->sinks_n; i++)
        own = own || keeps_namespace(p->p->sinks[i].plugin, d->name, n);
    buffer full = {0};
    if (own && !strcmp(d->kind, "state"))
        buffer_printf(&full, "%s/", c->name);
    buffer_puts(&full, d->name);
    return buffer_take(&full);
}

static const char *keep_text(call *c, const char *text)
{
    size_t n = strlen(text) + 1;
    call_text *t = malloc(sizeof *t + n);
    if (!t)
        return NULL;
    memcpy(t->text, text, n);
    t->next = c->texts;
    c->texts = t;
    return t->text;
}

/* The last change of that key in a list; the list is in order of making. */
static const tb_change *last_change(const tb_change *list, const char *name, const char *key)
{
    const tb_change *found = NULL;
    for (; list; list = list->next)
        if (!strcmp(list->key, key) && !strcmp(list->name, name))
            found = list;
    return found;
}

static const tb_change *own_change(const call *c, const char *name, const char *key)
{
    const tb_change *found = c->feed ? last_change(c->feed->changes, name, key) : NULL;
    for (int i = 0; i < c->records_n && !found; i++) {
        tb_outcome o;
        tbh_outcome(c->records[i], &o);
        found = last_change(o.changes, name, key);
    }
    return found;
}

static const char *host_state_get(tb_ctx *ctx, const char *name, const char *key, int64_t *version)
{
    call *c = of(ctx);
    if (!c->engine || !c->engine->journal)
        return NULL;
    const tb_change *own = own_change(c, name, key);
    if (own && !version) /* it is what was set last */
        return own->value;
    CLEANUP_BUFFER buffer full = {0};
    call_state_name(c, name, &full);
    journal *j = c->engine->journal;
    CLEANUP_FREE char *value = full.failed ? NULL
                               : c->listing
                                   ? journal_state_get(j, buffer_text(&full), key, version)
                                   : journal_state_read(j, c->reading, buffer_text(&full), key, version);
    if (own) /* not committed yet: it has no version, but it is what was set last */
        return own->value;
    const char *kept = value ? keep_text(c, value) : NULL;
    if (full.failed || (value && !kept))
        engine_short_of_memory(c->engine, "state could not be read");
    return kept;
}

static bool declares(const call *c, const char *name)
{
    const char *const *list = c->use ? c->use->plugin->api.namespaces : NULL;
    for (; list && *list; list++)
        if (!strcmp(*list, name))
            return true;
    return false;
}

static int host_state_set(tb_ctx *ctx, tb_record *record, const char *name, const char *key,
                          const char *value, bool always)
{
    call *c = of(ctx);
    const char *fault = !(rights[c->kind] & MAY_CHANGE)       ? "may not change state here"
                        : !declares(c, name)                  ? "changes a namespace that it does not declare"
                        : value && strlen(value) > STATE_MOST ? "has a state value over 64 KiB"
                        : !record && !c->feed                 ? "names no record for a change of state"
                                                              : NULL;
    if (fault) {
        log_write(LOG_ERROR, "plugin.state", "plugin %s %s: %s", c->use ? c->use->plugin->name : "?", fault,
                  name);
        return -1;
    }
    return record ? tbh_change(record, name, key, value, always)
                  : tbh_changes_add(&c->feed->changes, name, key, value, always);
}

static int host_state_list(tb_ctx *ctx, const char *name, const char *prefix,
                           int (*each)(void *arg, const char *key, const char *value), void *arg)
{
    call *c = of(ctx);
    if (!c->engine || !c->engine->journal)
        return 0;
    CLEANUP_BUFFER buffer full = {0};
    call_state_name(c, name, &full);
    if (full.failed)
        engine_short_of_memory(c->engine, "state could not be read");
    bool outer = c->listing;
    end_reading(c);
    c->listing = true;
    int stop =
        full.failed ? -1 : journal_state_list(c->engine->journal, buffer_text(&full), prefix, each, arg);
    c->listing = outer;
    return stop;
}

/* ---- tables ---- */

static const tb_table *host_table_get(tb_ctx *ctx, const char *name, bool before)
{
    call *c = of(ctx);
    if (!c->tables && c->engine) {
        ENV_HOLD(&c->engine->lock);
        c->tables = tables_ref(c->engine->tables);
    }
    for (int i = 0; c->tables && i < c->tables->n; i++)
        if (!strcmp(c->tables->list[i].name, name))
            return before ? c->tables->list[i].before : c->tables->list[i].now;
    return NULL;
}

/* ---- the small ones ---- */

static void host_log(tb_ctx *ctx, tb_level level, const char *id, const char *sentence)
{
    call *c = of(ctx);
    log_write((log_level)level, id, "%s", sentence);
    if (level >= TB_WARN)
        pipeline_error(c->pipeline, "%s", sentence);
}

static int64_t host_now(tb_ctx *ctx)
{
    (void)ctx;
    return env_now();
}

static bool host_sleep(tb_ctx *ctx, int64_t ms)
{
    pipeline *p = of(ctx)->pipeline;
    int64_t until = env_mono() + ms;
    end_reading(of(ctx));
    if (!p)
        return false;
    ENV_HOLD(&p->lock);
    while (!p->stopping && env_mono() < until)
        env_wait(&p->wake, &p->lock, until);
    return !p->stopping;
}

static const char *host_pipeline(tb_ctx *ctx)
{
    const call *c = of(ctx);
    return c->pipeline ? c->pipeline->p->config->name : c->name ? c->name : "";
}

static int host_emit(tb_ctx *ctx, tb_record *parent, tb_record *record)
{
    call *c = of(ctx);
    if (parent && rights[c->kind] & MAY_EMIT)
        return tbh_emit(parent, record);
    log_write(LOG_ERROR, "plugin.emit", "plugin %s may not emit records here",
              c->use ? c->use->plugin->name : "?");
    tb_record_unref(record);
    return -1;
}

static const tb_host host_table = {
    .size = sizeof(tb_host),
    .http = host_http,
    .state_get = host_state_get,
    .state_set = host_state_set,
    .state_list = host_state_list,
    .table_get = host_table_get,
    .log = host_log,
    .now = host_now,
    .sleep = host_sleep,
    .pipeline = host_pipeline,
    .emit = host_emit,
};

void call_begin(call *c, engine *e, pipeline *p, const plan_use *use, connection *connection_, call_kind kind)
{
    *c = (call){.base = {&host_table},
                .engine = e,
                .pipeline = p,
                .use = use,
                .connection = connection_,
                .kind = kind};
    c->deadline = env_now();
    c->reading = &c->own;
    memory_failed();
    if (p)
        p->calling = use->plugin->name;
}

void call_end(call *c)
{
    c->short_of_memory = memory_failed();
    if (c->reading == &c->own)
        end_reading(c);
    while (c->texts) {
        call_text *t = c->texts;
        c->texts = t->next;
        free(t);
    }
    if (c->tables)
        tables_unref(c->tables);
    c->tables = NULL;
    if (c->pipeline)
        c->pipeline->calling = NULL;
}

tb_ctx *call_ctx(call *c)
{
    return &c->base;
}
