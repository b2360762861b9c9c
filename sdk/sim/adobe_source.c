/* SPDX-License-Identifier: Apache-2.0 */
/* Sources. POST of a code that is there overwrites it; what a PUT leaves out stays, but for the frontend
 * name, which becomes the name. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <string.h>

int adobe_source_place(const adobe *m, const char *code)
{
    CLEANUP_FREE char *folded = adobe_fold(code ? code : "");
    return (int)(uintptr_t)map_get(&m->by_source, folded) - 1;
}

static const char *text(const json_t *doc, const char *key)
{
    const char *v = json_string_value(json_object_get(doc, key));
    return v ? v : "";
}

int adobe_source_add(adobe *m, json_t *doc)
{
    m->sources = must(realloc(m->sources, (m->source_count + 1) * sizeof *m->sources));
    adobe_source *s = &m->sources[m->source_count];
    *s = (adobe_source){.code = must(strdup(text(doc, "source_code"))), .doc = doc};
    s->folded = adobe_fold(s->code);
    s->enabled = json_is_true(json_object_get(doc, "enabled"));
    map_put(&m->by_source, s->folded, (void *)(uintptr_t)(m->source_count + 1));
    return (int)m->source_count++;
}

/* ---- saving ---- */

static bool is_blank(const char *text)
{
    return !text[strspn(text, " \t\r\n")];
}

static json_t *faults_of(const json_t *doc)
{
    static const char *const needed[] = {"name", "source_code", "postcode", "country_id", NULL};
    json_t *faults = json_array();
    for (size_t i = 0; needed[i]; i++)
        if (is_blank(text(doc, needed[i])))
            json_array_append_new(
                faults, adobe_fault("\"%field\" can not be empty.", json_pack("{ss}", "field", needed[i])));
    if (!json_array_size(faults) && strpbrk(text(doc, "source_code"), " \t\r\n"))
        json_array_append_new(faults, adobe_fault("\"%field\" can not contain whitespaces.",
                                                  json_pack("{ss}", "field", "source_code")));
    return faults;
}

static void set_extension(json_t *doc, json_t *given)
{
    json_t *extension =
        json_pack("{sb ss}", "is_pickup_location_active", 0, "frontend_name", text(doc, "name"));
    json_object_update(extension, given);
    json_object_set_new(doc, "extension_attributes", extension);
}

/* What is kept of `before`, what is given, and what a source always reads back. */
static json_t *merge(const json_t *before, const json_t *given)
{
    json_t *doc =
        before ? json_copy((json_t *)before)
               : json_pack("{sb sb s[]}", "enabled", 1, "use_default_carrier_config", 1, "carrier_links");
    json_t *value = NULL;
    const char *key = NULL;
    json_object_foreach((json_t *)given, key, value) if (!json_is_null(value))
        json_object_set(doc, key, value);
    set_extension(doc, json_object_get(given, "extension_attributes"));
    return doc;
}

static void replace(adobe *m, adobe_source *s, json_t *doc)
{
    bool enabled = json_is_true(json_object_get(doc, "enabled"));
    json_object_set_new(doc, "source_code", json_string(s->code));
    if (enabled != s->enabled) {
        m->epoch++;
        m->reindex_due = env_now() + adobe_int(m, "reindex_ms");
    }
    s->enabled = enabled;
    json_decref(s->doc);
    s->doc = doc;
}

static void save(adobe_call *c)
{
    const json_t *given = json_object_get(c->input, "source");
    int place = adobe_source_place(c->m, text(given, "source_code"));
    json_t *doc = merge(place < 0 ? NULL : c->m->sources[place].doc, given), *faults = faults_of(doc);
    if (json_array_size(faults)) {
        adobe_invalid(c, NULL, faults);
        json_decref(doc);
        return;
    }
    json_decref(faults);
    sim_effect("adobe", "source",
               json_pack("{ss sO}", "source", text(given, "source_code"), "enabled",
                         json_object_get(doc, "enabled")));
    if (place < 0)
        adobe_source_add(c->m, doc);
    else
        replace(c->m, &c->m->sources[place], doc);
    adobe_reply(c, json_array());
}

void adobe_post_source(adobe_call *c)
{
    save(c);
}

void adobe_put_source(adobe_call *c)
{
    const char *code = path_text(c, "sourceCode");
    json_object_set_new(json_object_get(c->input, "source"), "source_code", json_string(code));
    if (adobe_source_place(c->m, code) == DEFAULT_SOURCE &&
        json_is_false(json_object_get(json_object_get(c->input, "source"), "enabled")))
        adobe_fail(c, 400, "Default source can not be disabled.", NULL);
    else
        save(c);
}

/* ---- reading ---- */

static int column(adobe *m, const char *name)
{
    static const char *const names[] = {"source_code", "name",     "enabled", "country_id", "region", "city",
                                        "street",      "postcode", "email",   "phone",      NULL};
    (void)m;
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static search_cell cell(adobe *m, size_t row, int at)
{
    static const char *const names[] = {"source_code", "name",   "enabled",  "country_id", "region",
                                        "city",        "street", "postcode", "email",      "phone"};
    const json_t *v = json_object_get(m->sources[row].doc, names[at]);
    if (!v)
        return (search_cell){.kind = CELL_NULL};
    if (json_is_boolean(v))
        return (search_cell){.kind = CELL_NUMBER, .number = json_is_true(v) ? ADOBE_UNIT : 0};
    return (search_cell){.kind = CELL_TEXT, .text = json_string_value(v)};
}

static json_t *doc_of(adobe *m, size_t row)
{
    return json_incref(m->sources[row].doc);
}

static const search_table table = {column, cell, doc_of, UNKNOWN_500, UNKNOWN_500, true};

void adobe_get_sources(adobe_call *c)
{
    if (!search_begin(c, &table))
        return;
    size_t count = c->m->source_count, *rows = must(calloc(count + 1, sizeof *rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    search_reply(c, &table, rows, count);
}

void adobe_get_source(adobe_call *c)
{
    int place = adobe_source_place(c->m, path_text(c, "sourceCode"));
    if (place < 0)
        adobe_fail(c, 404, "Source with code \"%value\" does not exist.",
                   json_pack("{ss}", "value", path_text(c, "sourceCode")));
    else
        adobe_reply(c, json_incref(c->m->sources[place].doc));
}
