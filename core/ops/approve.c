/* SPDX-License-Identifier: Apache-2.0 */
/* Approving: a plugin keeps what is in force as a list at a state key, and what it saw instead at
 * KEY/proposed (tillbridge/state.h). A person approves it by the namespace's name: the proposal goes to the
 * end of the list with who approved it and is removed, in one commit with its audit rows. Records that depend
 * on the key come again by themselves. What the values mean is the plugin's. */
#include "core/ops/inner.h"

#include <string.h>

static const char suffix[] = "/proposed";

/* ---- what is proposed ---- */

typedef struct {
    json_t *list;
    const char *only; /* key; NULL: all */
} keys;

static int add_key(void *arg, const char *key, const char *value)
{
    keys *k = arg;
    size_t n = strlen(key), tail = sizeof suffix - 1;
    (void)value;
    if (n <= tail || strcmp(key + n - tail, suffix))
        return 0;
    json_t *base = json_stringn(key, n - tail);
    if (!k->only || !strcmp(json_string_value(base), k->only))
        json_array_append(k->list, base);
    json_decref(base);
    return 0;
}

/* A value of the state and its version, as JSON; an empty list where nothing stands. */
static json_t *read_state(journal *j, const char *namespace_, const char *key, int64_t *version)
{
    CLEANUP_FREE char *text = journal_state_get(j, namespace_, key, version);
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : json_array();
    return value ? value : json_null();
}

static json_t *proposal(journal *j, const char *pipeline, const char *namespace_, const char *key)
{
    CLEANUP_BUFFER buffer at = {0};
    int64_t version = 0, offered = 0;
    buffer_printf(&at, "%s%s", key, suffix);
    json_t *force = read_state(j, namespace_, key, &version),
           *proposed = read_state(j, namespace_, buffer_text(&at), &offered);
    return json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:I}", "pipeline", pipeline, "namespace", namespace_,
                     "key", key, "in_force", force, "version", (json_int_t)version, "proposed", proposed,
                     "proposed_version", (json_int_t)offered);
}

static void add_proposals(json_t *out, journal *j, const char *pipeline, const char *name, const char *only)
{
    size_t i;
    json_t *key;
    CLEANUP_BUFFER buffer namespace_ = {0};
    keys k = {json_array(), only};
    buffer_printf(&namespace_, "%s/%s", pipeline, name);
    journal_state_list(j, buffer_text(&namespace_), "", add_key, &k);
    json_array_foreach(k.list, i, key)
    {
        json_array_append_new(out, proposal(j, pipeline, buffer_text(&namespace_), json_string_value(key)));
    }
    json_decref(k.list);
}

static bool keeps(const plan_use *uses, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        for (const char *const *x = uses[i].plugin ? uses[i].plugin->api.namespaces : NULL; x && *x; x++) {
            if (!strcmp(*x, name))
                return true;
        }
    }
    return false;
}

/* NULL: no pipeline has a plugin that keeps such state. */
static json_t *proposals(const api_turn *t, const char *pipeline, const char *key)
{
    plan *p = api_plan(t->world);
    json_t *out = NULL;
    for (int i = 0; p && i < p->pipelines_n; i++) {
        const plan_pipeline *x = &p->pipelines[i];
        if (pipeline && strcmp(pipeline, x->config->name))
            continue;
        if (!keeps(x->sources, x->config->sources_n, t->part) &&
            !keeps(x->transforms, x->config->transforms_n, t->part) &&
            !keeps(x->sinks, x->config->sinks_n, t->part))
            continue;
        out = out ? out : json_array();
        add_proposals(out, t->world->journal, x->config->name, t->part, key);
    }
    plan_unref(p);
    return out;
}

json_t *api_proposals(api_turn *t)
{
    json_t *list = proposals(t, api_query(t, "pipeline"), api_query(t, "key"));
    return list ? json_pack("{s:s, s:o}", "name", t->part, "proposals", list)
                : api_error(t, 404, "no plugin of a pipeline keeps \"%s\": nothing to approve", t->part);
}

/* ---- approving ---- */

/* The list with the proposal at its end; NULL: what stands there is no list, or the proposal no object. */
static char *with_approved(const json_t *p, const char *by)
{
    json_t *force = json_object_get(p, "in_force"), *entry = json_deep_copy(json_object_get(p, "proposed"));
    char *text = NULL;
    if (json_is_array(force) && json_is_object(entry) && !json_object_set_new(entry, "by", json_string(by)) &&
        !json_array_append(force, entry))
        text = json_dumps(force, JSON_COMPACT);
    json_decref(entry);
    return text;
}

static json_t *proposed_key(const json_t *p)
{
    return json_sprintf("%s%s", json_string_value(json_object_get(p, "key")), suffix);
}

/* All that is proposed is one commit. kept: the texts of the edits, owned by the caller. */
static journal_result approve_all(const api_turn *t, const json_t *list, const char *by, json_t *kept,
                                  error *e)
{
    size_t i;
    int n = 0;
    json_t *p;
    journal_who who = api_who(t);
    CLEANUP_FREE journal_edit *edits = calloc(2 * json_array_size(list), sizeof *edits);
    json_array_foreach(list, i, p)
    {
        const char *namespace_ = json_string_value(json_object_get(p, "namespace")),
                   *key = json_string_value(json_object_get(p, "key"));
        CLEANUP_FREE char *text = edits ? with_approved(p, by) : NULL;
        json_t *value = text ? json_string(text) : NULL, *at = proposed_key(p);
        if (!value || !at || json_array_append_new(kept, value) || json_array_append_new(kept, at))
            return error_set(e, "%s %s cannot be read", namespace_, key), JOURNAL_REFUSED;
        edits[n++] = (journal_edit){{namespace_, key, json_string_value(value)},
                                    json_integer_value(json_object_get(p, "version"))};
        edits[n++] = (journal_edit){{namespace_, json_string_value(at), NULL},
                                    json_integer_value(json_object_get(p, "proposed_version"))};
    }
    return journal_state_change(t->world->journal, &who, "approve", edits, n, e);
}

json_t *api_approve(api_turn *t)
{
    const char *by = api_body(t, "by");
    error e = {""};
    if (!by || !*by)
        return api_error(t, 400, "\"by\" is missing: who approves it");
    json_t *list = proposals(t, api_body(t, "pipeline"), api_body(t, "key"));
    if (!list)
        return api_error(t, 404, "no plugin of a pipeline keeps \"%s\": nothing to approve", t->part);
    if (!json_array_size(list)) {
        json_decref(list);
        return api_error(t, 409, "nothing is proposed");
    }
    json_t *kept = json_array();
    journal_result result = approve_all(t, list, by, kept, &e);
    json_decref(kept);
    if (result == JOURNAL_DONE && t->world->engine)
        engine_poke(t->world->engine, NULL);
    return api_changed(t, result, json_pack("{s:s, s:o}", "name", t->part, "approved", list), &e);
}
