/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions for people: each with its title, remedy and owner, taken from the table of the plugin that gave
 * the reason code; and the two things a person may do with one. */
#include "core/ops/inner.h"

#include <string.h>

enum { PAGE = 500, KEYS_SHOWN = 1000 };

static int set_text(json_t *o, const char *name, const char *text)
{
    return json_object_set_new(o, name, json_string(text ? text : ""));
}

json_t *api_exception_json(const plan *p, const journal_exception *x)
{
    const plan_pipeline *pp = api_planned(p, x->pipeline);
    const tb_reason *r = plan_reason(pp, x->reason);
    const char *owner = x->owner && *x->owner ? x->owner
                        : r && r->owner       ? r->owner
                        : pp                  ? pp->config->owner
                                              : NULL;
    json_t *o =
        json_pack("{s:I, s:b, s:s, s:s, s:I, s:I, s:I, s:I}", "id", (json_int_t)x->id, "open", x->open,
                  "pipeline", x->pipeline, "reason", x->reason, "opened", (json_int_t)x->opened, "last",
                  (json_int_t)x->last, "count", (json_int_t)x->count, "behind", (json_int_t)x->behind);
    set_text(o, "cause", x->cause);
    set_text(o, "title", r ? r->title : "");
    set_text(o, "remedy", r ? r->remedy : "");
    set_text(o, "owner", owner);
    set_text(o, "text", x->text);
    set_text(o, "note", x->note);
    return o;
}

/* ---- looking ---- */

json_t *api_exceptions(api_turn *t)
{
    const char *all = api_query(t, "all"), *after = api_query(t, "after");
    journal_exception *list = NULL;
    int n = journal_exceptions(t->world->journal, api_query(t, "pipeline"), all && !strcmp(all, "1"),
                               after ? strtoll(after, NULL, 10) : 0, PAGE, &list);
    json_t *out = n < 0 ? NULL : json_array();
    plan *p = api_plan(t->world);
    for (int i = 0; i < n; i++)
        json_array_append_new(out, api_exception_json(p, &list[i]));
    int64_t next = n == PAGE ? list[n - 1].id : 0; /* ask again with after=next; 0: that was all */
    plan_unref(p);
    journal_exceptions_free(list, n > 0 ? n : 0);
    return out ? json_pack("{s:o, s:I}", "exceptions", out, "next", (json_int_t)next) : NULL;
}

static int64_t asked_id(const api_turn *t)
{
    char *end;
    long long id = strtoll(t->part, &end, 10);
    return *end || id < 1 ? 0 : id;
}

static void add_key(void *arg, const char *key, int64_t seq, int64_t first_seen)
{
    json_array_append_new(arg, json_pack("{s:s, s:I, s:I}", "key", key, "seq", (json_int_t)seq, "first_seen",
                                         (json_int_t)first_seen));
}

json_t *api_exception(api_turn *t)
{
    int64_t id = asked_id(t);
    journal_exception *one = NULL;
    json_t *out = NULL, *keys = json_array();
    int n = journal_exceptions(t->world->journal, NULL, true, id - 1, 1, &one);
    if (n == 1 && one->id == id) {
        plan *p = api_plan(t->world);
        out = api_exception_json(p, one);
        plan_unref(p);
        journal_behind(t->world->journal, id, KEYS_SHOWN, add_key, keys);
        json_object_set(out, "keys", keys);
    } else if (n >= 0) {
        out = api_error(t, 404, "there is no exception %s", t->part);
    }
    json_decref(keys);
    journal_exceptions_free(one, n > 0 ? n : 0);
    return out;
}

/* ---- doing ---- */

json_t *api_retry(api_turn *t)
{
    journal_who who = api_who(t);
    error e = {""};
    int64_t n = 0;
    journal_result r = journal_release(t->world->journal, &who, asked_id(t), api_body(t, "key"), &n, &e);
    if (r == JOURNAL_DONE && t->world->engine)
        engine_poke(t->world->engine, NULL); /* one without records is about a source: it looks again */
    return api_changed(t, r, json_pack("{s:I}", "released", (json_int_t)n), &e);
}

json_t *api_drop(api_turn *t)
{
    journal_who who = api_who(t);
    error e = {""};
    int64_t n = 0;
    journal_result r = journal_drop(t->world->journal, &who, asked_id(t), api_body(t, "key"), &n, &e);
    return api_changed(t, r, json_pack("{s:I}", "dropped", (json_int_t)n), &e);
}
