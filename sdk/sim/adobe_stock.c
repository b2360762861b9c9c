/* SPDX-License-Identifier: Apache-2.0 */
/* Stocks: which sources feed which website, in which order, and the reservations of each. A website belongs
 * to one stock; a stock made with a website takes it from the one that had it. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

adobe_stock *adobe_stock_of(const adobe *m, int64_t id)
{
    return id > 0 && (size_t)id <= m->stock_count && !m->stocks[id - 1].deleted ? &m->stocks[id - 1] : NULL;
}

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

static bool has_channel(const json_t *channels, const char *type, const char *code)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)channels, i, one) if (!strcmp(text(one, "type"), type) &&
                                                       !strcmp(text(one, "code"), code)) return true;
    return false;
}

static void drop_channel(json_t *channels, const json_t *gone)
{
    for (size_t i = json_array_size(channels); i-- > 0;)
        if (json_equal(json_array_get(channels, i), gone))
            json_array_remove(channels, i);
}

/* Gives the stock these websites, and no other stock any of them. */
static void set_channels(adobe *m, adobe_stock *s, json_t *channels)
{
    json_t *one = NULL;
    size_t i = 0;
    for (size_t n = 0; n < m->stock_count; n++)
        json_array_foreach(channels, i, one) drop_channel(m->stocks[n].channels, one);
    json_decref(s->channels);
    s->channels = channels;
}

adobe_stock *adobe_stock_add(adobe *m, const char *name, json_t *channels)
{
    m->stocks = must(realloc(m->stocks, (m->stock_count + 1) * sizeof *m->stocks));
    adobe_stock *s = &m->stocks[m->stock_count++];
    *s = (adobe_stock){.id = (int)m->stock_count, .name = must(strdup(name)), .channels = json_array()};
    set_channels(m, s, channels);
    m->epoch++;
    return s;
}

void adobe_stock_link(adobe *m, adobe_stock *s, int source, int priority)
{
    size_t i = 0;
    while (i < s->link_count && s->links[i].source != source)
        i++;
    if (i == s->link_count)
        s->links = must(realloc(s->links, ++s->link_count * sizeof *s->links));
    s->links[i] = (adobe_link){source, priority};
    m->epoch++;
}

void adobe_count_reservations(adobe *m)
{
    bool all = true;
    for (size_t i = m->uncounted; i < m->reservation_count; i++) {
        adobe_reservation *r = &m->reservations[i];
        if (r->counts_from && r->counts_from <= env_now()) {
            r->counts_from = 0;
            adobe_level_of(m, &m->skus[r->sku], r->stock)->reserved += r->quantity;
        }
        all = all && !r->counts_from;
        m->uncounted += all;
    }
}

void adobe_reserve_at(adobe *m, int64_t from, int stock, uint32_t sku, int64_t quantity, json_t *metadata)
{
    if (m->reservation_count == m->reservation_room) {
        m->reservation_room = m->reservation_room ? 2 * m->reservation_room : 256;
        m->reservations = must(realloc(m->reservations, m->reservation_room * sizeof *m->reservations));
    }
    m->reservations[m->reservation_count++] =
        (adobe_reservation){env_now(), quantity, sku, stock, metadata, from > 0 ? from : 1};
    adobe_count_reservations(m);
}

void adobe_reserve(adobe *m, int stock, uint32_t sku, int64_t quantity, json_t *metadata)
{
    adobe_reserve_at(m, env_now(), stock, sku, quantity, metadata);
}

/* ---- stocks ---- */

static json_t *doc_of(const adobe_stock *s)
{
    return json_pack("{si ss s{sO}}", "stock_id", s->id, "name", s->name, "extension_attributes",
                     "sales_channels", s->channels);
}

static bool name_taken(const adobe *m, const char *name, const adobe_stock *except)
{
    for (size_t i = 0; i < m->stock_count; i++)
        if (&m->stocks[i] != except && !m->stocks[i].deleted && !strcmp(m->stocks[i].name, name))
            return true;
    return false;
}

/* NULL: refused and answered. */
static const char *new_name(adobe_call *c, const json_t *given, const adobe_stock *s)
{
    const char *name = *text(given, "name") ? text(given, "name") : s ? s->name : "";
    if (*name && !name_taken(c->m, name, s))
        return name;
    if (*name)
        adobe_fail(c, 400, "Could not save Stock", NULL);
    else
        adobe_invalid(c, NULL,
                      json_pack("[o]", adobe_fault("\"%field\" can not be empty.",
                                                   json_pack("{ss}", "field", "name"))));
    return NULL;
}

static json_t *new_channels(const json_t *given)
{
    const json_t *channels =
        json_object_get(json_object_get(given, "extension_attributes"), "sales_channels");
    return json_is_array(channels) ? json_deep_copy(channels) : NULL;
}

void adobe_post_stock(adobe_call *c)
{
    const json_t *given = json_object_get(c->input, "stock");
    const char *name = new_name(c, given, NULL);
    if (!name)
        return;
    json_t *channels = new_channels(given);
    const adobe_stock *s = adobe_stock_add(c->m, name, channels ? channels : json_array());
    sim_effect("adobe", "stock", json_pack("{si ss}", "stock", s->id, "name", name));
    adobe_reply(c, json_integer(s->id));
}

static adobe_stock *asked(adobe_call *c)
{
    json_int_t id = json_integer_value(json_object_get(c->input, "stock_id"));
    adobe_stock *s = adobe_stock_of(c->m, id);
    if (!s)
        adobe_fail(c, 404, "Stock with id \"%value\" does not exist.", json_pack("{sI}", "value", id));
    return s;
}

void adobe_put_stock(adobe_call *c)
{
    adobe_stock *s = asked(c);
    const json_t *given = json_object_get(c->input, "stock");
    const char *name = s ? new_name(c, given, s) : NULL;
    if (!name)
        return;
    char *copy = must(strdup(name));
    free(s->name);
    s->name = copy;
    json_t *channels = new_channels(given);
    if (channels)
        set_channels(c->m, s, channels);
    sim_effect("adobe", "stock", json_pack("{si ss}", "stock", s->id, "name", s->name));
    adobe_reply(c, json_integer(s->id));
}

void adobe_delete_stock(adobe_call *c)
{
    adobe_stock *s = asked(c);
    if (!s)
        return;
    if (s->id == DEFAULT_STOCK) {
        adobe_fail(c, 400, "Default Stock could not be deleted.", NULL);
    } else if (json_array_size(s->channels)) {
        adobe_fail(c, 400, "Stock has at least one sale channel and could not be deleted.", NULL);
    } else {
        s->deleted = true;
        s->link_count = 0;
        c->m->epoch++;
        adobe_reindex(c->m);
        sim_effect("adobe", "stock-deleted", json_pack("{si}", "stock", s->id));
        adobe_reply(c, json_true());
    }
}

void adobe_get_stock(adobe_call *c)
{
    const adobe_stock *s = asked(c);
    if (s)
        adobe_reply(c, doc_of(s));
}

void adobe_get_stock_of_website(adobe_call *c)
{
    for (size_t i = 0; i < c->m->stock_count; i++)
        if (has_channel(c->m->stocks[i].channels, path_text(c, "type"), path_text(c, "code"))) {
            adobe_reply(c, doc_of(&c->m->stocks[i]));
            return;
        }
    adobe_fail(c, 404, "No linked stock found", NULL);
}

static int stock_column(adobe *m, const char *name)
{
    (void)m;
    return !strcmp(name, "stock_id") ? 0 : !strcmp(name, "name") ? 1 : -1;
}

static search_cell stock_cell(adobe *m, size_t row, int column)
{
    const adobe_stock *s = &m->stocks[row];
    if (column)
        return (search_cell){.kind = CELL_TEXT, .text = s->name};
    return (search_cell){.kind = CELL_NUMBER, .number = (int64_t)s->id * ADOBE_UNIT};
}

static json_t *stock_doc(adobe *m, size_t row)
{
    return doc_of(&m->stocks[row]);
}

static const search_table stock_table = {stock_column, stock_cell, stock_doc, UNKNOWN_500, UNKNOWN_500, true};

void adobe_get_stocks(adobe_call *c)
{
    if (!search_begin(c, &stock_table))
        return;
    size_t *rows = must(calloc(c->m->stock_count + 1, sizeof *rows)), count = 0;
    for (size_t i = 0; i < c->m->stock_count; i++)
        if (!c->m->stocks[i].deleted)
            rows[count++] = i;
    search_reply(c, &stock_table, rows, count);
}
