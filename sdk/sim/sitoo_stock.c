/* SPDX-License-Identifier: Apache-2.0 */
/* Levels and their movements. Stock changes here and nowhere else: a transaction with the level after each
 * row, negative levels allowed; in Virtual warehouses the level alone. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

void list_add(list *l, void *item)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 16;
        void **wider = must(realloc(l->item, room * sizeof *wider));
        l->item = wider;
        l->room = room;
    }
    l->item[l->count++] = item;
}

sitoo_warehouse *sitoo_warehouse_add(sitoo *s, sitoo_warehouse w)
{
    sitoo_warehouse *kept = must(malloc(sizeof *kept));
    list_add(&s->warehouses, kept);
    *kept = w;
    return kept;
}

sitoo_warehouse *sitoo_warehouse_of(const sitoo *s, int64_t id)
{
    for (size_t i = 0; i < s->warehouses.count; i++) {
        sitoo_warehouse *w = s->warehouses.item[i];
        if (w->id == id)
            return w;
    }
    return NULL;
}

sitoo_item *sitoo_item_of(sitoo *s, sitoo_warehouse *w, const char *sku, bool make)
{
    sitoo_item *i = map_get(&w->by_sku, sku);
    if (i || !make)
        return i;
    i = must(calloc(1, sizeof *i));
    i->sku = must(strdup(sku));
    i->id = s->next_item++;
    i->warehouse = w;
    i->modified = env_now() / 1000;
    list_add(&w->items, i);
    map_put(&w->by_sku, i->sku, i);
    return i;
}

bool sitoo_level(sitoo *s, int warehouse, const char *sku, int64_t *total, int64_t *reserved)
{
    sitoo_warehouse *w = sitoo_warehouse_of(s, warehouse);
    sitoo_item *i = w ? map_get(&w->by_sku, sku) : NULL;
    *total = i ? i->total : 0;
    *reserved = i ? i->reserved : 0;
    return i != NULL;
}

static int64_t visible_at(const sitoo *s)
{
    bool late = world_chance(json_millionths(json_object_get(s->settings, "late_visible_rate")));
    return late ? env_now() + sitoo_int(s, "late_visible_ms") : 0;
}

static void apply(sitoo *s, sitoo_transaction *t, const move_wish *wish, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        sitoo_item *i = sitoo_item_of(s, t->warehouse, wish[k].sku, true);
        i->total += wish[k].quantity;
        i->modified = t->created;
        if (t->type == STOCKTAKING)
            i->counted = t->created;
        t->moves[k] = (sitoo_move){i, s->next_move++, wish[k].quantity, i->total, wish[k].cost};
        observer_touch_till(i->sku);
    }
}

static json_t *effect_items(const sitoo_transaction *t)
{
    json_t *items = json_array();
    for (size_t k = 0; k < t->move_count; k++)
        json_array_append_new(items, json_pack("{ss so so}", "sku", t->moves[k].item->sku, "quantity",
                                               decimal_json(t->moves[k].quantity), "total",
                                               decimal_json(t->moves[k].total)));
    return items;
}

static void tell(const sitoo *s, const sitoo_transaction *t)
{
    json_t *data =
        json_pack("{sI si}", "eshop_id", (json_int_t)sitoo_int(s, "site"), "warehouse_id", t->warehouse->id);
    if (sitoo_bool(s, "transaction_event_id"))
        json_object_set_new(data, "warehouse_transaction_id", json_integer(t->id));
    sim_event("warehouse-transaction", data);
}

/* `header` is taken over and may be NULL. In a Virtual warehouse the answer is NULL unless it keeps
 * transactions. */
sitoo_transaction *sitoo_move_stock(sitoo *s, sitoo_warehouse *w, int type, const move_wish *wish, size_t n,
                                    json_t *header, int64_t delivery)
{
    bool lowers = w->type != VIRTUAL || sitoo_bool(s, "virtual_sale_lowers");
    bool kept = w->type != VIRTUAL || sitoo_bool(s, "virtual_transactions");
    sitoo_transaction *t = must(calloc(1, sizeof *t));
    sitoo_move *moves = must(calloc(n ? n : 1, sizeof *moves));
    *t = (sitoo_transaction){.id = FIRST_TRANSACTION + (int64_t)s->transactions.count,
                             .created = env_now() / 1000,
                             .delivery = delivery,
                             .warehouse = w,
                             .type = type,
                             .header = header ? header : json_object(),
                             .moves = moves,
                             .move_count = lowers ? n : 0};
    apply(s, t, wish, lowers ? n : 0);
    sim_effect("sitoo", "transaction",
               json_pack("{sI si si so}", "id", (json_int_t)(kept ? t->id : 0), "warehouse", w->id, "type",
                         type, "items", effect_items(t)));
    if (!kept) {
        json_decref(t->header);
        free(moves);
        free(t);
        return NULL;
    }
    t->visible_ms = visible_at(s);
    list_add(&s->transactions, t);
    tell(s, t);
    return t;
}

static json_t *header_of(const json_t *header, const char *key)
{
    json_t *v = json_object_get(header, key);
    return v ? json_incref(v) : json_null();
}

json_t *sitoo_transaction_doc(const sitoo_transaction *t)
{
    json_t *items = json_array();
    for (size_t k = 0; k < t->move_count; k++) {
        const sitoo_move *m = &t->moves[k];
        json_array_append_new(items,
                              json_pack("{sI sI sI ss so so so so so}", "warehouseitemlogid",
                                        (json_int_t)m->id, "warehouseitemid", (json_int_t)m->item->id,
                                        "warehousetransactionid", (json_int_t)t->id, "sku", m->item->sku,
                                        "decimalquantity", decimal_json(m->quantity), "decimaltotal",
                                        decimal_json(m->total), "moneypricein", money_json(m->cost),
                                        "moneytotal", money_json(m->total * UNIT_COST / 1000), "moneyvalue",
                                        money_json(m->quantity * UNIT_COST / 1000)));
    }
    return json_pack("{sI si sI si so so so so so so}", "warehousetransactionid", (json_int_t)t->id,
                     "warehouseid", t->warehouse->id, "datecreated", (json_int_t)t->created,
                     "transactiontype", t->type, "description", header_of(t->header, "description"),
                     "orderdeliveryid", t->delivery ? json_integer(t->delivery) : json_null(), "shipmentid",
                     header_of(t->header, "shipmentid"), "externalid", header_of(t->header, "externalid"),
                     "reasoncode", header_of(t->header, "reasoncode"), "items", items);
}

json_t *sitoo_item_doc(const sitoo *s, const sitoo_item *i)
{
    int64_t available = i->total - i->reserved;
    if (available < 0 && sitoo_is(s, "available", "floored"))
        available = 0;
    return json_pack("{sI si ss ss so so so sI so so so}", "warehouseitemid", (json_int_t)i->id,
                     "warehouseid", i->warehouse->id, "sku", i->sku, "binlocation", i->bin ? i->bin : "",
                     "decimalthreshold", decimal_json(i->threshold), "decimaltotal", decimal_json(i->total),
                     "moneytotal", money_json(i->total * UNIT_COST / 1000), "datelastmodified",
                     (json_int_t)i->modified, "datelaststocktaking",
                     i->counted ? json_integer(i->counted) : json_null(), "decimalreserved",
                     decimal_json(i->reserved), "decimalavailable", decimal_json(available));
}
