/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor: every plugin looks at the set-up of the other side, in an instance of its own, with bulk class,
 * changing nothing. In the daemon it shares the budget of the connection with everything else: a system that
 * takes one call at a time would refuse a second caller. */
#include "core/engine/internal.h"

#include <string.h>

static void add_lines(json_t *findings, const char *pipeline_, const char *plugin_, const tb_doctor *d)
{
    static const char *const names[] = {[TB_GOOD] = "good", [TB_DOUBT] = "doubt", [TB_BAD] = "bad"};
    for (int i = 0; i < d->n; i++)
        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s}", "pipeline", pipeline_,
                                                  "plugin", plugin_, "finding", names[d->lines[i].finding],
                                                  "what", d->lines[i].what, "text", d->lines[i].text));
}

/* The engine's connection of that name, or a new one where none runs; a reference of the caller's own. */
static connection *connection_for(engine *e, plan *p, const plan_use *use)
{
    if (!use->connection)
        return NULL;
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->connections_n; i++) {
        if (!strcmp(connection_name(e->connections[i]), use->connection->name))
            return connection_ref(e->connections[i]);
    }
    return connection_new(p->config, use->connection);
}

static void ask(engine *e, plan *p, const plan_pipeline *pp, const plan_use *use, json_t *findings)
{
    const tb_common *common = use->plugin ? use->plugin->api.common : NULL;
    if (!common || !common->doctor)
        return;
    plugin_instance instance = {0};
    config_findings faults = {0};
    connection *to = connection_for(e, p, use);
    tb_doctor doctor = {0};
    call c;
    if (!plugin_instance_init(&instance, use->plugin, use->use, p->config, &faults)) {
        call_begin(&c, e, NULL, use, to, CALL_DOCTOR);
        c.name = pp->config->name;
        if (!common->open || !common->open(instance.self, call_ctx(&c))) {
            common->doctor(instance.self, call_ctx(&c), &doctor);
            if (common->close)
                common->close(instance.self, call_ctx(&c));
        }
        call_end(&c);
        add_lines(findings, pp->config->name, use->plugin->name, &doctor);
        plugin_instance_free(&instance);
    }
    tbh_doctor_free(&doctor);
    config_findings_free(&faults);
    connection_unref(to);
}

static json_t *ask_all(engine *e, plan *p)
{
    json_t *findings = json_array();
    for (int i = 0; i < p->pipelines_n; i++) {
        const plan_pipeline *pp = &p->pipelines[i];
        for (int k = 0; k < pp->config->sources_n; k++)
            ask(e, p, pp, &pp->sources[k], findings);
        for (int k = 0; k < pp->config->transforms_n; k++)
            ask(e, p, pp, &pp->transforms[k], findings);
        for (int k = 0; k < pp->config->sinks_n; k++)
            ask(e, p, pp, &pp->sinks[k], findings);
    }
    return json_pack("{s:o}", "findings", findings);
}

json_t *engine_doctor(engine *e)
{
    plan *p = engine_plan(e);
    json_t *out = ask_all(e, p);
    plan_unref(p);
    return out;
}

/* Tables without a journal: as the files have them now. */
static engine_tables *tables_of_plan(const plan *p)
{
    engine_tables *t = calloc(1, sizeof *t);
    char why[256];
    if (!t || !(t->list = calloc((size_t)p->tables_n + 1, sizeof *t->list)))
        return t;
    atomic_init(&t->refs, 1);
    for (; t->n < p->tables_n; t->n++) {
        t->list[t->n].name = strdup(p->tables[t->n].config->name);
        t->list[t->n].now = tbh_table_new(p->tables[t->n].content, p->tables[t->n].size, 1, why, sizeof why);
    }
    return t;
}

json_t *engine_doctor_offline(plan *p)
{
    engine *e = engine_new(NULL);
    if (!e)
        return json_pack("{s:[]}", "findings");
    e->tables = tables_of_plan(p);
    json_t *out = ask_all(e, p);
    engine_free(e);
    return out;
}
