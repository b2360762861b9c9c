/* SPDX-License-Identifier: Apache-2.0 */
/* explain: all that is known of one key. What waits now and for what, what holds it, what plugins remember of
 * it (the core does not know what it means: every entry of their state that is named by the key), and its
 * history with what came in, what went out and what was answered, newest first. A record type narrows it. */
#include "core/ops/inner.h"

#include <string.h>

enum { HISTORY = 100, HOLDING = 50 };

/* A text of the journal as JSON where it is JSON, else as the text; null when there is none. */
static json_t *as_json(const char *text)
{
    json_t *parsed = text ? json_loads(text, JSON_DECODE_ANY, NULL) : json_null();
    return parsed ? parsed : json_string(text);
}

static json_t *text(const char *t)
{
    return json_string(t ? t : "");
}

/* ---- now ---- */

static json_t *lines(const char *claims)
{
    json_t *list = json_array();
    for (const char *at = claims ? claims : ""; *at;) {
        size_t n = strcspn(at, "\n");
        if (n)
            json_array_append_new(list, json_stringn(at, n));
        at += n + (at[n] == '\n');
    }
    return list;
}

static void add_dependence(void *arg, const char *kind, const char *name)
{
    json_array_append_new(arg, json_pack("{s:s, s:s}", "kind", kind, "name", name));
}

static json_t *record_json(journal *j, const char *pipeline, const journal_row *r)
{
    static const char *const states[] = {[RECORD_READY] = "ready",
                                         [RECORD_BEHIND] = "behind",
                                         [RECORD_WAITING] = "waiting",
                                         [RECORD_UNKNOWN] = "unknown",
                                         [RECORD_PARKED] = "parked"};
    json_t *o =
        json_pack("{s:s, s:I, s:s, s:o, s:o, s:I, s:I, s:i, s:i, s:b, s:o}", "pipeline", pipeline, "seq",
                  (json_int_t)r->seq, "state", states[r->state], "type", text(r->type), "group",
                  text(r->group), "first_seen", (json_int_t)r->first_seen, "due", (json_int_t)r->due, "step",
                  r->step, "attempts", r->attempts, "released", r->released, "body", as_json(r->body));
    json_t *depends = json_array();
    journal_depends_of(j, r->seq, add_dependence, depends);
    json_object_set_new(o, "depends", depends);
    if (o && r->operation)
        json_object_set_new(o, "intent",
                            json_pack("{s:s, s:o, s:o, s:I, s:o, s:o}", "operation", r->operation,
                                      "connection", text(r->connection), "probe", text(r->probe), "when",
                                      (json_int_t)r->intent_when, "claims", lines(r->claims), "body",
                                      as_json(r->intent_body)));
    return o;
}

/* Of a record or an outcome; only: NULL for every type. */
static bool is_type(const char *type, const char *only)
{
    return !only || (type && !strcmp(type, only));
}

static json_t *records_of(journal *j, const char *only, const char *type, const char *key)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(j, &list);
    json_t *out = json_array();
    for (int i = 0; i < n; i++) {
        journal_row *row = NULL;
        if (only && strcmp(only, list[i].name))
            continue;
        int found = journal_find(j, list[i].number, key, &row);
        if (found == 1 && is_type(row->type, type))
            json_array_append_new(out, record_json(j, list[i].name, row));
        journal_rows_free(row, found == 1);
    }
    return out;
}

static json_t *holding(const api_turn *t, const char *only, const char *key)
{
    journal_exception *list = NULL;
    json_t *out = json_array();
    plan *p = api_plan(t->world);
    int n = journal_exceptions_of(t->world->journal, only, key, HOLDING, &list);
    for (int i = 0; i < n; i++)
        json_array_append_new(out, api_exception_json(p, &list[i]));
    plan_unref(p);
    journal_exceptions_free(list, n > 0 ? n : 0);
    return out;
}

/* ---- what is remembered ---- */

static void add_remembered(void *arg, const char *namespace_, const char *key, const char *value,
                           int64_t when)
{
    json_t *one = key ? json_pack("{s:s, s:s, s:o, s:I}", "namespace", namespace_, "key", key, "value",
                                  as_json(value), "when", (json_int_t)when)
                      : json_pack("{s:s, s:b}", "namespace", namespace_, "too_large", 1);
    json_array_append_new(arg, one);
}

static json_t *remembered(journal *j, const char *only, const char *key)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(j, &list);
    json_t *out = json_array();
    for (int i = 0; i < n; i++) {
        if (!only || !strcmp(only, list[i].name))
            journal_state_about(j, list[i].name, key, add_remembered, out);
    }
    return out;
}

/* ---- before ---- */

static json_t *outcome_json(const journal_outcome *o)
{
    return json_pack("{s:I, s:s, s:s, s:I, s:i, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:I}",
                     "when", (json_int_t)o->when, "pipeline", o->pipeline, "key", o->key, "seq",
                     (json_int_t)o->seq, "step", o->step, "type", text(o->type), "verdict", text(o->verdict),
                     "reason", text(o->reason), "text", text(o->text), "noop", o->noop, "overtaken",
                     o->overtaken, "came_in", as_json(o->came_in), "sent", as_json(o->sent), "answer_id",
                     text(o->answer_id), "answer", as_json(o->answer), "parent", (json_int_t)o->parent);
}

static json_t *history_of(journal *j, const char *only, const char *type, const char *key)
{
    journal_outcome *list = NULL;
    int n = journal_outcomes(j, only, key, HISTORY, &list);
    json_t *out = n < 0 ? NULL : json_array();
    for (int i = 0; i < n; i++) {
        if (is_type(list[i].type, type))
            json_array_append_new(out, outcome_json(&list[i]));
    }
    journal_outcomes_free(list, n > 0 ? n : 0);
    return out;
}

json_t *api_explain(api_turn *t)
{
    const char *key = api_query(t, "key"), *only = api_query(t, "pipeline"), *type = api_query(t, "type");
    journal *j = t->world->journal;
    if (!key || !*key)
        return api_error(t, 400, "it wants ?key=KEY");
    json_t *history = history_of(j, only, type, key);
    return history ? json_pack("{s:s, s:o, s:o, s:o, s:o}", "key", key, "records",
                               records_of(j, only, type, key), "exceptions", holding(t, only, key),
                               "remembered", remembered(j, only, key), "history", history)
                   : NULL;
}
