/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources feed which stocks. A call with a row that cannot be kept keeps none. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <string.h>

static adobe_stock *stock_of(const adobe *m, const json_t *row)
{
    return adobe_stock_of(m, json_integer_value(json_object_get(row, "stock_id")));
}

static int source_of(const adobe *m, const json_t *row)
{
    return adobe_source_place(m, json_string_value(json_object_get(row, "source_code")));
}

static bool all_known(const adobe *m, const json_t *rows)
{
    json_t *row = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)rows, i, row) if (!stock_of(m, row) || source_of(m, row) < 0) return false;
    return true;
}

void adobe_post_links(adobe_call *c)
{
    json_t *links = json_object_get(c->input, "links"), *row = NULL;
    size_t i = 0;
    if (!all_known(c->m, links)) {
        adobe_fail(c, 400, "Could not save StockSourceLinks", NULL);
        return;
    }
    json_array_foreach(links, i, row)
        adobe_stock_link(c->m, stock_of(c->m, row), source_of(c->m, row),
                         (int)json_integer_value(json_object_get(row, "priority")));
    adobe_reindex(c->m);
    sim_effect("adobe", "links", json_pack("{sO}", "links", links));
    adobe_reply(c, json_array());
}

static void unlink_source(adobe *m, adobe_stock *s, int source)
{
    for (size_t i = 0; s && i < s->link_count; i++)
        if (s->links[i].source == source) {
            memmove(&s->links[i], &s->links[i + 1], (--s->link_count - i) * sizeof *s->links);
            m->epoch++;
        }
}

void adobe_delete_links(adobe_call *c)
{
    json_t *links = json_object_get(c->input, "links"), *row = NULL;
    size_t i = 0;
    json_array_foreach(links, i, row) unlink_source(c->m, stock_of(c->m, row), source_of(c->m, row));
    adobe_reindex(c->m);
    sim_effect("adobe", "links-deleted", json_pack("{sO}", "links", links));
    adobe_reply(c, json_array());
}

/* ---- reading: row n is link n % 2^16 of stock n / 2^16 ---- */

enum { LINK_BITS = 16, STOCK_ID = 0, SOURCE_CODE, PRIORITY };

static const adobe_link *link_at(const adobe *m, size_t row)
{
    return &m->stocks[row >> LINK_BITS].links[row & ((1 << LINK_BITS) - 1)];
}

static int column(adobe *m, const char *name)
{
    (void)m;
    return !strcmp(name, "stock_id")      ? STOCK_ID
           : !strcmp(name, "source_code") ? SOURCE_CODE
           : !strcmp(name, "priority")    ? PRIORITY
                                          : -1;
}

static search_cell cell(adobe *m, size_t row, int at)
{
    const adobe_link *l = link_at(m, row);
    if (at == SOURCE_CODE)
        return (search_cell){.kind = CELL_TEXT, .text = m->sources[l->source].code};
    int64_t n = at == STOCK_ID ? m->stocks[row >> LINK_BITS].id : l->priority;
    return (search_cell){.kind = CELL_NUMBER, .number = n * ADOBE_UNIT};
}

static json_t *doc_of(adobe *m, size_t row)
{
    const adobe_link *l = link_at(m, row);
    return json_pack("{si ss si}", "stock_id", m->stocks[row >> LINK_BITS].id, "source_code",
                     m->sources[l->source].code, "priority", l->priority);
}

static const search_table table = {column, cell, doc_of, UNKNOWN_500, UNKNOWN_500, false};

void adobe_get_links(adobe_call *c)
{
    size_t *rows = NULL, count = 0;
    if (!search_begin(c, &table))
        return;
    for (size_t n = 0; n < c->m->stock_count; n++) {
        rows = must(realloc(rows, (count + c->m->stocks[n].link_count + 1) * sizeof *rows));
        for (size_t i = 0; i < c->m->stocks[n].link_count; i++)
            rows[count++] = n << LINK_BITS | i;
    }
    search_reply(c, &table, rows, count);
}

/* ---- the enabled sources of a stock, by priority ---- */

static int by_priority(const void *a, const void *b)
{
    const adobe_link *x = a, *y = b;
    return x->priority != y->priority ? (x->priority > y->priority) - (x->priority < y->priority)
                                      : x->source - y->source;
}

size_t adobe_links_by_priority(const adobe_stock *s, adobe_link **out)
{
    *out = must(calloc(s->link_count + 1, sizeof **out));
    if (s->link_count)
        memcpy(*out, s->links, s->link_count * sizeof **out);
    qsort(*out, s->link_count, sizeof **out, by_priority);
    return s->link_count;
}

void adobe_get_sources_of_stock(adobe_call *c)
{
    const adobe_stock *s = adobe_stock_of(c->m, json_integer_value(json_object_get(c->input, "stock_id")));
    CLEANUP_FREE adobe_link *links = NULL;
    json_t *list = json_array();
    size_t count = s ? adobe_links_by_priority(s, &links) : 0;
    for (size_t i = 0; i < count; i++)
        if (c->m->sources[links[i].source].enabled)
            json_array_append(list, c->m->sources[links[i].source].doc);
    adobe_reply(c, list);
}
