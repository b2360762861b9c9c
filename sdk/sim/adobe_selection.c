/* SPDX-License-Identifier: Apache-2.0 */
/* What the shop tells about its stocks as a whole: the index dumped, from where an order would be sent, and
 * when a row counts as low. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <string.h>

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

/* ---- the index of a website's stock, without reservations ---- */

static int by_sku(const void *a, const void *b, void *arg)
{
    const adobe *m = arg;
    return strcmp(m->skus[*(const uint32_t *)a].folded, m->skus[*(const uint32_t *)b].folded);
}

int adobe_stock_of_website(const adobe *m, const char *code)
{
    json_t *one = NULL;
    size_t i = 0;
    for (size_t n = 0; n < m->stock_count; n++)
        json_array_foreach(m->stocks[n].channels, i, one) if (!strcmp(text(one, "code"), code)) return m
            ->stocks[n]
            .id;
    return 0;
}

static json_t *index_row(adobe *m, uint32_t sku, int stock)
{
    adobe_sku *k = &m->skus[sku];
    bool composite = adobe_is_composite(k->product);
    const adobe_level *l = adobe_level_of(m, k, stock);
    bool sells = composite ? adobe_sells(m, k->product, stock) : l->index > 0;
    return json_pack("{ss so sb}", "sku", k->name, "qty", decimal_number(composite ? 0 : l->index),
                     "is_salable", sells);
}

void adobe_get_stock_index(adobe_call *c)
{
    adobe *m = c->m;
    int stock = adobe_stock_of_website(m, path_text(c, "code"));
    size_t count = 0;
    json_t *list = json_array();
    CLEANUP_FREE uint32_t *place = must(calloc(m->sku_count + 1, sizeof *place));
    for (size_t i = 0; stock && i < m->sku_count; i++)
        if (m->skus[i].product &&
            (adobe_is_composite(m->skus[i].product) || adobe_level_of(m, &m->skus[i], stock)->assigned))
            place[count++] = (uint32_t)i;
    qsort_r(place, count, sizeof *place, by_sku, m);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, index_row(m, place[i], stock));
    if (stock) {
        adobe_reply(c, list);
        return;
    }
    json_decref(list);
    adobe_fail(c, 404, "No linked stock found", NULL);
}

/* ---- source selection: a suggestion, nothing is held ---- */

static json_t *select_from(adobe *m, const adobe_stock *s, const char *sku, int64_t *wanted)
{
    CLEANUP_FREE adobe_link *links = NULL;
    json_t *list = json_array();
    size_t count = adobe_links_by_priority(s, &links);
    for (size_t i = 0; i < count; i++) {
        const adobe_source *source = &m->sources[links[i].source];
        const adobe_item *item = adobe_item_of(m, adobe_sku_of(m, sku), links[i].source);
        if (!item || !item->status || !source->enabled)
            continue;
        int64_t there = item->quantity > 0 ? item->quantity : 0, taken = there < *wanted ? there : *wanted;
        *wanted -= taken;
        json_array_append_new(list, json_pack("{ss ss so so}", "source_code", source->code, "sku", sku,
                                              "qty_to_deduct", decimal_number(taken), "qty_available",
                                              decimal_number(there)));
    }
    return list;
}

void adobe_post_selection(adobe_call *c)
{
    const json_t *request = json_object_get(c->input, "inventory_request");
    const adobe_stock *s = adobe_stock_of(c->m, json_integer_value(json_object_get(request, "stock_id")));
    json_t *all = json_array(), *one = NULL;
    size_t i = 0;
    bool enough = true;
    json_array_foreach(json_object_get(request, "items"), i, one)
    {
        int64_t wanted = 0;
        decimal_read(json_object_get(one, "qty"), &wanted);
        json_t *part = s ? select_from(c->m, s, text(one, "sku"), &wanted) : json_array();
        json_array_extend(all, part);
        json_decref(part);
        enough = enough && wanted <= 0;
    }
    adobe_reply(c, json_pack("{so sb}", "source_selection_items", all, "shippable", enough));
}

/* ---- low quantity ---- */

static char *notify_key(const char *source, const char *sku)
{
    CLEANUP_BUFFER buffer b = {0};
    buffer_printf(&b, "%s/%s", source, sku);
    return adobe_fold(buffer_text(&b));
}

void adobe_post_notify(adobe_call *c)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->input, "source_item_configurations"), i, one)
    {
        CLEANUP_FREE char *key = notify_key(text(one, "source_code"), text(one, "sku"));
        json_object_set(c->m->notify, key, one);
    }
    adobe_reply(c, json_array());
}

void adobe_delete_notify(adobe_call *c)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->input, "source_items"), i, one)
    {
        CLEANUP_FREE char *key = notify_key(text(one, "source_code"), text(one, "sku"));
        json_object_del(c->m->notify, key);
    }
    adobe_reply(c, json_array());
}

void adobe_get_notify(adobe_call *c)
{
    const char *source = path_text(c, "sourceCode"), *sku = path_text(c, "sku");
    CLEANUP_FREE char *key = notify_key(source, sku);
    json_t *row = json_object_get(c->m->notify, key);
    adobe_reply(c, row ? json_incref(row)
                       : json_pack("{ss si ss}", "source_code", source, "notify_stock_qty", 1, "sku", sku));
}
