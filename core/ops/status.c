/* SPDX-License-Identifier: Apache-2.0 */
/* status, doctor, version, readiness. With an engine its own view is completed (inbox, law, uptime); without
 * one the journal tells what it knows. */
#include "core/ops/inner.h"

#include <string.h>

#include <tillbridge/plugin.h>

/* ---- law 1 ---- */

static int64_t number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static bool law_holds(const json_t *c)
{
    return number(c, "accepted") == number(c, "applied") + number(c, "superseded") + number(c, "dropped") +
                                        number(c, "parked") + number(c, "pending");
}

/* Says it of every pipeline; true when it holds for all. */
static bool mark_law(json_t *pipelines)
{
    size_t i;
    json_t *p;
    bool all = true;
    json_array_foreach(pipelines, i, p)
    {
        bool holds = law_holds(json_object_get(p, "counters"));
        json_object_set_new(p, "law", json_boolean(holds));
        all = all && holds;
    }
    return all;
}

/* ---- the inbox: received = expanded + duplicate + malformed + unread ---- */

static json_t *inbox_of(journal *j, const char *connection)
{
    journal_inbox_counts c = {0};
    if (journal_inbox_counters(j, connection, &c))
        return NULL;
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "connection", connection, "received",
                     (json_int_t)c.received, "expanded", (json_int_t)c.expanded, "duplicate",
                     (json_int_t)c.duplicate, "malformed", (json_int_t)c.malformed, "unread",
                     (json_int_t)c.unread, "law",
                     c.received == c.expanded + c.duplicate + c.malformed + c.unread);
}

static json_t *inboxes(const api_world *w)
{
    json_t *list = json_array();
    plan *p = api_plan(w);
    for (int i = 0; p && i < p->config->connections_n; i++) {
        const config_connection *c = &p->config->connections[i];
        json_t *one = c->webhook_user || c->webhook_keys ? inbox_of(w->journal, c->name) : NULL;
        if (one)
            json_array_append_new(list, one);
    }
    plan_unref(p);
    return list;
}

/* ---- without an engine ---- */

static void each_rule(void *arg, const char *rule, int64_t n)
{
    json_object_set_new(arg, rule, json_integer(n));
}

static json_t *counted(journal *j, const journal_pipeline *c)
{
    json_t *dropped = json_object();
    journal_dropped(j, c->number, each_rule, dropped);
    json_t *counters = json_pack("{s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I}", "accepted", (json_int_t)c->accepted,
                                 "applied", (json_int_t)c->applied, "noop", (json_int_t)c->noop, "superseded",
                                 (json_int_t)c->superseded, "dropped", (json_int_t)c->dropped,
                                 "dropped_by_rule", dropped, "parked", (json_int_t)c->parked, "pending",
                                 (json_int_t)c->pending, "duplicate", (json_int_t)c->duplicate);
    return json_pack("{s:s, s:s, s:o, s:{s:I}, s:I}", "name", c->name, "mode",
                     c->latest ? "latest" : "ordered", "counters", counters, "freshness", "oldest_ms",
                     (json_int_t)(c->oldest ? env_now() - c->oldest : 0), "last_applied",
                     (json_int_t)c->last_applied);
}

static json_t *journal_status(journal *j)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(j, &list);
    json_t *pipelines = json_array();
    for (int i = 0; i < n; i++) {
        if (!list[i].retired)
            json_array_append_new(pipelines, counted(j, &list[i]));
    }
    return json_pack("{s:I, s:I, s:o, s:[]}", "now", (json_int_t)env_now(), "epoch",
                     (json_int_t)journal_epoch(j), "pipelines", pipelines, "connections");
}

/* ---- handlers ---- */

json_t *api_status_json(const api_world *w)
{
    json_t *s = w->engine ? engine_status(w->engine) : journal_status(w->journal);
    if (!s)
        return NULL;
    CLEANUP_FREE char *not_ready = w->engine ? api_not_ready(w) : NULL;
    json_object_set_new(s, "law", json_boolean(mark_law(json_object_get(s, "pipelines"))));
    json_object_set_new(s, "inbox", inboxes(w));
    json_object_set_new(s, "version", json_string(tb_version()));
    json_object_set_new(s, "running", json_boolean(w->engine != NULL));
    json_object_set_new(s, "uptime_ms", json_integer(w->started ? env_now() - w->started : 0));
    json_object_set_new(s, "not_ready", json_string(not_ready ? not_ready : ""));
    return s;
}

json_t *api_status(api_turn *t)
{
    return api_status_json(t->world);
}

json_t *api_doctor(api_turn *t)
{
    if (t->world->engine)
        return engine_doctor(t->world->engine);
    plan *p = api_plan(t->world);
    json_t *findings = p ? engine_doctor_offline(p) : NULL;
    plan_unref(p);
    return findings ? findings : api_error(t, 409, "there is no configuration to look at");
}

json_t *api_version(api_turn *t)
{
    char contract[24];
    snprintf(contract, sizeof contract, "%d.%d", TB_ABI_MAJOR, TB_ABI_MINOR);
    return json_pack("{s:s, s:s, s:I}", "version", tb_version(), "contract", contract, "epoch",
                     (json_int_t)journal_epoch(t->world->journal));
}

char *api_not_ready(const api_world *w)
{
    CLEANUP_FREE char *unknown = NULL;
    buffer why = {0};
    if (!w->engine)
        buffer_puts(&why, "no engine runs");
    else if (w->stopping && atomic_load(w->stopping))
        buffer_puts(&why, "the daemon stops");
    else if (engine_wants_exit(w->engine))
        buffer_puts(&why, "the journal is broken");
    else if ((unknown = engine_unknown_pipelines(w->engine)) && *unknown)
        buffer_printf(&why, "unsettled records of pipelines that are not configured: %s", unknown);
    return why.size ? buffer_take(&why) : strdup("");
}
