/* SPDX-License-Identifier: Apache-2.0 */
/* What people change beside exceptions: cursors, the configuration in force, pipelines in the journal. */
#include "core/ops/inner.h"

#include <string.h>

/* ---- cursors ---- */

static void add_cursor(void *arg, const char *pipeline, const char *connection, const char *stream,
                       const char *value, int64_t when)
{
    json_array_append_new(arg,
                          json_pack("{s:s, s:s, s:s, s:s, s:I}", "pipeline", pipeline, "connection",
                                    connection, "stream", stream, "value", value, "when", (json_int_t)when));
}

json_t *api_cursors(api_turn *t)
{
    json_t *list = json_array();
    if (journal_cursors(t->world->journal, add_cursor, list) < 0) {
        json_decref(list);
        return NULL;
    }
    return json_pack("{s:o}", "cursors", list);
}

/* Whether that pipeline has such a source; a cursor that nobody reads would be a misspelt one. */
static bool has_source(const plan_pipeline *p, const char *connection, const char *stream)
{
    for (int i = 0; p && i < p->config->sources_n; i++) {
        const config_use *u = &p->config->sources[i];
        if (!strcmp(u->connection ? u->connection : "", connection) && u->stream &&
            !strcmp(u->stream, stream))
            return true;
    }
    return false;
}

typedef struct {
    const char *pipeline, *connection, *stream;
    bool found;
} wanted_cursor;

static void look_for(void *arg, const char *pipeline, const char *connection, const char *stream,
                     const char *value, int64_t when)
{
    wanted_cursor *w = arg;
    (void)value, (void)when;
    w->found |=
        !strcmp(pipeline, w->pipeline) && !strcmp(connection, w->connection) && !strcmp(stream, w->stream);
}

json_t *api_cursor_set(api_turn *t)
{
    wanted_cursor w = {api_body(t, "pipeline"), api_body(t, "connection"), api_body(t, "stream"), false};
    const char *value = api_body(t, "value");
    journal_who who = api_who(t);
    error e = {""};
    if (!w.pipeline || !w.connection || !w.stream || !value)
        return api_error(t, 400, "it wants \"pipeline\", \"connection\", \"stream\", \"value\" and \"why\"");
    journal_cursors(t->world->journal, look_for, &w);
    plan *p = api_plan(t->world);
    bool known = w.found || has_source(api_planned(p, w.pipeline), w.connection, w.stream);
    plan_unref(p);
    if (!known)
        return api_error(t, 404, "pipeline %s has no source with connection \"%s\" and stream \"%s\"",
                         w.pipeline, w.connection, w.stream);
    journal_result r =
        journal_cursor_set(t->world->journal, &who, w.pipeline, w.connection, w.stream, value, &e);
    if (r == JOURNAL_DONE && t->world->engine)
        engine_poke(t->world->engine, NULL);
    return api_changed(t, r, json_pack("{s:s}", "value", value), &e);
}

/* ---- the configuration ---- */

json_t *api_reload(api_turn *t)
{
    error verdict = {""};
    if (!t->world->reload)
        return api_error(t, 409, "no daemon runs: it reads the configuration when it starts");
    if (t->world->reload(t->world->reload_arg, t->request->actor, &verdict))
        return api_error(t, 422, "%s", verdict.text);
    return json_pack("{s:s}", "verdict", verdict.text);
}

/* ---- pipelines in the journal ---- */

/* An engine that works under a name keeps using it (state, counters), so the journal must not change below
 * it. */
static bool runs(const api_turn *t, const char *name)
{
    plan *p = t->world->engine ? api_plan(t->world) : NULL;
    bool found = api_planned(p, name);
    plan_unref(p);
    return found;
}

json_t *api_rename(api_turn *t)
{
    const char *to = api_body(t, "to");
    journal_who who = api_who(t);
    error e = {""};
    if (!to || !config_name_fine(to))
        return api_error(t, 400, "\"to\" wants a name of small letters, digits and hyphens, 32 at the most");
    if (runs(t, t->part) || runs(t, to))
        return api_error(
            t, 409,
            "pipeline %s runs: change the name in the file, stop the daemon, rename, and start it again",
            runs(t, to) ? to : t->part);
    journal_result r = journal_pipeline_rename(t->world->journal, &who, t->part, to, &e);
    return api_changed(t, r, json_pack("{s:s}", "name", to), &e);
}

json_t *api_retire(api_turn *t)
{
    journal_who who = api_who(t);
    error e = {""};
    if (runs(t, t->part))
        return api_error(t, 409, "pipeline %s runs: take it out of the file and reload first", t->part);
    journal_result r = journal_pipeline_retire(t->world->journal, &who, t->part, &e);
    return api_changed(t, r, json_pack("{s:s}", "retired", t->part), &e);
}
