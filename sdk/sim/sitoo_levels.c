/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of stock: warehouse items and warehouse transactions. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static sitoo_warehouse *warehouse_in_path(sitoo_call *c)
{
    sitoo_warehouse *w = sitoo_warehouse_of(c->s, strtoll(c->segment[3], NULL, 10));
    if (!w)
        sitoo_error(c, 404, "Warehouse not found");
    return w;
}

static void offer_item(listing *l, const sitoo_item *i)
{
    if (i && in_range(l->c, "datelastmodified", i->modified) && listing_takes(l))
        listing_add(l, sitoo_item_doc(l->c->s, i), NULL);
}

static void offer_named(listing *l, const sitoo_warehouse *w, const char *names)
{
    json_t *seen = json_object(); /* a SKU asked for twice is one row */
    for (const char *p = names;; p++) {
        size_t n = strcspn(p, ",");
        CLEANUP_FREE char *sku = must(strndup(p, n));
        if (sku && *sku && !json_object_get(seen, sku)) {
            json_object_set_new(seen, sku, json_true());
            offer_item(l, map_get(&w->by_sku, sku));
        }
        p += n;
        if (!*p)
            break;
    }
    json_decref(seen);
}

void sitoo_get_items(sitoo_call *c)
{
    sitoo_warehouse *w = warehouse_in_path(c);
    const char *names = query_text(c->query, "sku");
    if (!w)
        return;
    listing l = listing_of(c, NULL);
    if (names)
        offer_named(&l, w, names);
    for (size_t i = 0; !names && i < w->items.count; i++)
        offer_item(&l, w->items.item[i]);
    listing_reply(&l);
}

static json_t *failed(const char *text)
{
    return json_pack("{si ss}", "statuscode", 400, "errortext", text);
}

static json_t *put_item(sitoo_call *c, sitoo_warehouse *w, const json_t *given)
{
    const char *sku = json_string_value(json_object_get(given, "sku"));
    const json_t *level = json_object_get(given, "decimaltotal"),
                 *least = json_object_get(given, "decimalthreshold");
    const char *bin = json_string_value(json_object_get(given, "binlocation"));
    int64_t total = 0, threshold = 0;
    if (!sku)
        return failed("Missing required field 'sku'.");
    if ((level && !decimal_parse(level, &total)) || (least && !decimal_parse(least, &threshold)))
        return failed("Invalid decimal value.");
    if (level && w->type != VIRTUAL && sitoo_is(c->s, "fifo_level_put", "refused"))
        return failed("Field 'decimaltotal' is read only.");
    sitoo_item *i = sitoo_item_of(c->s, w, sku, true);
    if (level && w->type == VIRTUAL) {
        i->total = total; /* datelastmodified stays: it tells of transactions */
        observer_touch_till(i->sku);
        sim_effect("sitoo", "level",
                   json_pack("{si ss so}", "warehouse", w->id, "sku", sku, "total", decimal_json(total)));
    }
    if (least)
        i->threshold = threshold;
    if (bin) {
        free(i->bin);
        i->bin = must(strdup(bin));
    }
    return json_pack("{si sI}", "statuscode", 200, "return", (json_int_t)i->id);
}

void sitoo_put_items(sitoo_call *c)
{
    sitoo_warehouse *w = warehouse_in_path(c);
    size_t k = 0;
    json_t *given = NULL;
    if (!w)
        return;
    if (!json_is_array(c->body) || (int64_t)json_array_size(c->body) > sitoo_int(c->s, "batch_max")) {
        sitoo_error(c, 400, "Expected an array of warehouse items, at most the batch limit.");
        return;
    }
    json_t *results = json_array();
    json_array_foreach(c->body, k, given) json_array_append_new(results, put_item(c, w, given));
    sitoo_reply(c, results);
}

static bool shown(const sitoo_call *c, const sitoo_transaction *t, int64_t warehouse)
{
    const char *types = query_text(c->query, "transactiontype"),
               *ids = query_text(c->query, "warehousetransactionid");
    const char *places = query_text(c->query, "warehouseid");
    return t->visible_ms <= env_now() && (!warehouse || t->warehouse->id == warehouse) &&
           (!places || in_int_list(places, t->warehouse->id)) && (!types || in_int_list(types, t->type)) &&
           (!ids || in_int_list(ids, t->id)) && in_range(c, "warehousetransactionid", t->id) &&
           in_range(c, "datecreated", t->created);
}

/* Ids are places in the list, so a cursor poll does not walk what it has seen. */
void sitoo_get_transactions(sitoo_call *c)
{
    const list *all = &c->s->transactions;
    int64_t n = (int64_t)all->count;
    int64_t from = query_int(c->query, "warehousetransactionidfrom", FIRST_TRANSACTION) - FIRST_TRANSACTION;
    int64_t warehouse = c->segments == 5 ? strtoll(c->segment[3], NULL, 10) : 0;
    if (warehouse && !warehouse_in_path(c))
        return;
    from = from < 0 ? 0 : from > n ? n : from;
    listing l = listing_of(c, "warehousetransactionid");
    for (int64_t i = from; i < n; i++) {
        const sitoo_transaction *t = all->item[l.ascending ? i : n - 1 - (i - from)];
        if (shown(c, t, warehouse) && listing_takes(&l))
            listing_add(&l, sitoo_transaction_doc(t), NULL);
    }
    listing_reply(&l);
}

void sitoo_get_transaction(sitoo_call *c)
{
    int64_t at = strtoll(c->segment[c->segments - 1], NULL, 10) - FIRST_TRANSACTION;
    const sitoo_transaction *t =
        at >= 0 && at < (int64_t)c->s->transactions.count ? c->s->transactions.item[at] : NULL;
    if (!t || t->visible_ms > env_now())
        sitoo_error(c, 404, "Warehouse transaction not found");
    else
        sitoo_reply(c, project(sitoo_transaction_doc(t), query_text(c->query, "fields"), NULL));
}

static const char *read_wishes(const json_t *items, move_wish *wish)
{
    size_t k = 0;
    json_t *item = NULL;
    json_array_foreach(items, k, item)
    {
        const json_t *cost = json_object_get(item, "moneypricein");
        wish[k] = (move_wish){json_string_value(json_object_get(item, "sku")), 0, UNIT_COST};
        if (!wish[k].sku)
            return "Missing required field 'sku'.";
        if (!decimal_parse(json_object_get(item, "decimalquantity"), &wish[k].quantity))
            return "Invalid field value 'decimalquantity'.";
        if (cost && !json_is_null(cost) && !money_parse(cost, &wish[k].cost))
            return "Invalid money value.";
    }
    return NULL;
}

static const char *judge_transaction(const sitoo_warehouse *w, const json_t *given)
{
    int64_t type = json_integer_value(json_object_get(given, "transactiontype"));
    if (!w)
        return "Invalid field value 'warehouseid'.";
    if (w->type == VIRTUAL)
        return "Transactions are not allowed in a virtual warehouse.";
    if (type != MANUAL_IN && type != MANUAL_OUT)
        return "Invalid field value 'transactiontype'.";
    return json_array_size(json_object_get(given, "items")) ? NULL : "Missing required field 'items'.";
}

static json_t *post_one(sitoo_call *c, const json_t *given)
{
    sitoo_warehouse *w = sitoo_warehouse_of(c->s, json_integer_value(json_object_get(given, "warehouseid")));
    const char *why = judge_transaction(w, given);
    json_t *items = json_object_get(given, "items");
    size_t n = json_array_size(items);
    move_wish *wish = must(calloc(n ? n : 1, sizeof *wish));
    if (!why)
        why = read_wishes(items, wish);
    json_t *result = why ? failed(why) : NULL;
    if (!result) {
        json_t *header = json_copy((json_t *)given);
        json_object_del(header, "items");
        sitoo_transaction *t = sitoo_move_stock(
            c->s, w, (int)json_integer_value(json_object_get(given, "transactiontype")), wish, n, header, 0);
        result = json_pack("{si sI}", "statuscode", 200, "return", (json_int_t)t->id);
    }
    free(wish);
    return result;
}

/* Object in, scalar (or error) out; array in, array out: unless a setting says otherwise. */
static void reply_batch(sitoo_call *c, json_t *results, bool was_array)
{
    json_t *first = json_array_get(results, 0), *id = json_object_get(first, "return");
    bool one = json_array_size(results) == 1;
    bool scalar = !sitoo_is(c->s, "batch_form", "array") &&
                  (!was_array || (one && sitoo_is(c->s, "batch_form", "scalar-of-one")));
    if (!scalar) {
        sitoo_reply(c, results);
        return;
    }
    if (id)
        sitoo_reply(c, json_incref(id));
    else
        sitoo_error(c, 400, json_string_value(json_object_get(first, "errortext")));
    json_decref(results);
}

void sitoo_post_transactions(sitoo_call *c)
{
    size_t k = 0;
    json_t *given = NULL, *results = json_array();
    if (json_is_object(c->body))
        json_array_append_new(results, post_one(c, c->body));
    if (json_is_array(c->body) && (int64_t)json_array_size(c->body) <= sitoo_int(c->s, "batch_max"))
        json_array_foreach(c->body, k, given) json_array_append_new(results, post_one(c, given));
    if (json_array_size(results)) {
        reply_batch(c, results, json_is_array(c->body));
        return;
    }
    json_decref(results);
    sitoo_error(c, 400, "Expected a transaction or an array of them, at most the batch limit.");
}
