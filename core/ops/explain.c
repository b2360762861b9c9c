/* SPDX-License-Identifier: Apache-2.0 */
/* explain: all that is known of one key. What waits now, what holds it, and its history with what came in,
 * what went out and what was answered, newest first. */
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

static json_t *record_json(const char *pipeline, const journal_row *r)
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
    if (o && r->operation)
        json_object_set_new(o, "intent",
                            json_pack("{s:s, s:o, s:o, s:I, s:o, s:o}", "operation", r->operation,
                                      "connection", text(r->connection), "probe", text(r->probe), "when",
                                      (json_int_t)r->intent_when, "claims", lines(r->claims), "body",
                                      as_json(r->intent_body)));
    return o;
}

static json_t *records_of(journal *j, const char *only, const char *key)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(j, &list);
    json_t *out = json_array();
    for (int i = 0; i < n; i++) {
        journal_row *row = NULL;
        if (only && strcmp(only, list[i].name))
            continue;
        int found = journal_find(j, list[i].number, key, &row);
        if (found == 1)
            json_array_append_new(out, record_json(list[i].name, row));
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

static json_t *history_of(journal *j, const char *only, const char *key)
{
    journal_outcome *list = NULL;
    int n = journal_outcomes(j, only, key, HISTORY, &list);
    json_t *out = n < 0 ? NULL : json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(out, outcome_json(&list[i]));
    journal_outcomes_free(list, n > 0 ? n : 0);
    return out;
}

json_t *api_explain(api_turn *t)
{
    const char *key = api_query(t, "key"), *only = api_query(t, "pipeline");
    if (!key || !*key)
        return api_error(t, 400, "it wants ?key=KEY");
    json_t *history = history_of(t->world->journal, only, key);
    return history ? json_pack("{s:s, s:o, s:o, s:o}", "key", key, "records",
                               records_of(t->world->journal, only, key), "exceptions", holding(t, only, key),
                               "history", history)
                   : NULL;
}
