/* SPDX-License-Identifier: Apache-2.0 */
/* Batches: stock taken in two steps. Type 50 holds counted levels; commit makes one transaction of the
 * differences, by default also over what was sold in between, which is why absolute pushes into a selling
 * warehouse are unsafe. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

sitoo_batch *sitoo_batch_add(sitoo *s, sitoo_warehouse *w, json_t *header, int type)
{
    sitoo_batch *b = must(calloc(1, sizeof *b));
    list_add(&s->batches, b);
    *b = (sitoo_batch){.id = FIRST_BATCH + (int64_t)s->batches.count - 1,
                       .created = env_now() / 1000,
                       .warehouse = w,
                       .type = type,
                       .state = 10,
                       .header = header ? header : json_object(),
                       .items = json_object()};
    return b;
}

/* `item` is taken over and may be NULL. */
void sitoo_batch_set(sitoo *s, sitoo_batch *b, const char *sku, const char *quantity, json_t *item)
{
    sitoo_item *level = sitoo_item_of(s, b->warehouse, sku, true);
    json_t *row = item ? item : json_object();
    json_object_set_new(row, "sku", json_string(sku));
    json_object_set_new(row, "decimalquantity", json_string(quantity));
    json_object_set_new(row, "warehousebatchid", json_integer(b->id));
    json_object_set_new(row, "warehouseitemid", json_integer(level->id));
    json_object_set_new(row, "datemodified", json_integer(env_now() / 1000));
    json_object_set_new(row, "was", json_integer(level->total));
    json_object_set_new(b->items, sku, row);
}

static int refuse(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return -1;
}

static bool sold_meanwhile(sitoo *s, const sitoo_batch *b)
{
    const char *sku = NULL;
    json_t *row = NULL;
    json_object_foreach(b->items, sku, row) if (sitoo_item_of(s, b->warehouse, sku, true)->total !=
                                                json_integer_value(json_object_get(row, "was"))) return true;
    return false;
}

int sitoo_batch_commit(sitoo *s, sitoo_batch *b, char *why, size_t size)
{
    size_t n = 0;
    const char *sku = NULL;
    json_t *row = NULL;
    if (b->state != 10)
        return sitoo_is(s, "commit_twice", "refused") ? refuse(why, size, "The batch is closed.") : 0;
    if (b->type == STOCKTAKING && sitoo_is(s, "count_commit", "refused") && sold_meanwhile(s, b))
        return refuse(why, size, "Items were modified and must be counted again.");
    move_wish *wish = must(calloc(json_object_size(b->items) + 1, sizeof *wish));
    json_object_foreach(b->items, sku, row)
    {
        int64_t quantity = 0;
        decimal_parse(json_object_get(row, "decimalquantity"), &quantity);
        if (b->type == STOCKTAKING)
            quantity -= sitoo_item_of(s, b->warehouse, sku, true)->total;
        wish[n++] = (move_wish){sku, quantity, UNIT_COST};
    }
    sitoo_transaction *t = sitoo_move_stock(s, b->warehouse, b->type, wish, n, json_deep_copy(b->header), 0);
    free(wish);
    b->state = 20;
    b->transaction = t ? t->id : 0;
    return 0;
}

static sitoo_warehouse *warehouse_in_path(sitoo_call *c)
{
    sitoo_warehouse *w = sitoo_warehouse_of(c->s, strtoll(c->segment[3], NULL, 10));
    if (!w)
        sitoo_error(c, 404, "Warehouse not found");
    return w;
}

static sitoo_batch *batch_in_path(sitoo_call *c)
{
    sitoo_warehouse *w = warehouse_in_path(c);
    int64_t at = strtoll(c->segment[5], NULL, 10) - FIRST_BATCH;
    sitoo_batch *b = w && at >= 0 && at < (int64_t)c->s->batches.count ? c->s->batches.item[at] : NULL;
    if (w && (!b || b->warehouse != w)) {
        sitoo_error(c, 404, "Warehouse batch not found");
        return NULL;
    }
    return b;
}

static json_t *batch_doc(const sitoo_batch *b)
{
    json_t *doc =
        json_pack("{sI si sI si si so so so so}", "warehousebatchid", (json_int_t)b->id, "warehouseid",
                  b->warehouse->id, "datecreated", (json_int_t)b->created, "transactiontype", b->type,
                  "warehousebatchstate", b->state, "warehousetransactionid",
                  b->transaction ? json_integer(b->transaction) : json_null(), "comment", json_null(),
                  "externalid", json_null(), "reasoncode", json_null());
    json_object_update_existing(doc, b->header);
    json_object_set_new(doc, "warehousebatchstate", json_integer(b->state));
    return doc;
}

void sitoo_get_batches(sitoo_call *c)
{
    sitoo_warehouse *w = warehouse_in_path(c);
    const char *types = query_text(c->query, "transactiontype");
    int64_t state = query_int(c->query, "warehousebatchstate", 10);
    if (!w)
        return;
    listing l = listing_of(c, NULL);
    for (size_t i = 0; i < c->s->batches.count; i++) {
        const sitoo_batch *b = c->s->batches.item[i];
        if (b->warehouse == w && b->state == state && (!types || in_int_list(types, b->type)) &&
            listing_takes(&l))
            listing_add(&l, batch_doc(b), NULL);
    }
    listing_reply(&l);
}

void sitoo_post_batch(sitoo_call *c)
{
    sitoo_warehouse *w = warehouse_in_path(c);
    int64_t type = json_integer_value(json_object_get(c->body, "transactiontype"));
    if (!w)
        return;
    if (w->type == VIRTUAL && sitoo_is(c->s, "virtual_batches", "refused"))
        sitoo_error(c, 400, "Batches are not allowed in a virtual warehouse.");
    else if (type != MANUAL_IN && type != MANUAL_OUT && type != STOCKTAKING)
        sitoo_error(c, 400, "Invalid field value 'transactiontype'.");
    else
        sitoo_reply(c, json_integer(sitoo_batch_add(c->s, w, json_deep_copy(c->body), (int)type)->id));
}

void sitoo_get_batch(sitoo_call *c)
{
    sitoo_batch *b = batch_in_path(c);
    if (b)
        sitoo_reply(c, project(batch_doc(b), query_text(c->query, "fields"), NULL));
}

void sitoo_put_batch(sitoo_call *c)
{
    sitoo_batch *b = batch_in_path(c);
    char why[160] = "";
    if (!b)
        return;
    if (json_integer_value(json_object_get(c->body, "warehousebatchstate")) == 20 &&
        sitoo_batch_commit(c->s, b, why, sizeof why)) {
        sitoo_error(c, 400, why);
        return;
    }
    json_object_update(b->header, c->body);
    sitoo_reply(c, json_true());
}

void sitoo_get_batch_items(sitoo_call *c)
{
    sitoo_batch *b = batch_in_path(c);
    const char *sku = NULL;
    json_t *row = NULL;
    if (!b)
        return;
    listing l = listing_of(c, NULL);
    json_object_foreach(b->items, sku, row)
    {
        if (!listing_takes(&l))
            continue;
        json_t *shown = json_copy(row);
        json_object_del(shown, "was");
        listing_add(&l, shown, NULL);
    }
    listing_reply(&l);
}

static json_t *put_item(sitoo_call *c, sitoo_batch *b, const json_t *given)
{
    const char *sku = json_string_value(json_object_get(given, "sku"));
    json_t *quantity = json_object_get(given, "decimalquantity");
    int64_t unused = 0;
    if (!sku || !decimal_parse(quantity, &unused))
        return json_pack("{si ss}", "statuscode", 400, "errortext", "Invalid sku or decimalquantity.");
    sitoo_batch_set(c->s, b, sku, json_string_value(quantity), json_copy((json_t *)given));
    return json_pack("{si sO}", "statuscode", 200, "return",
                     json_object_get(json_object_get(b->items, sku), "warehouseitemid"));
}

void sitoo_put_batch_items(sitoo_call *c)
{
    sitoo_batch *b = batch_in_path(c);
    size_t k = 0;
    json_t *given = NULL;
    if (!b)
        return;
    if (b->state != 10 || !json_is_array(c->body)) {
        sitoo_error(c, 400, b->state != 10 ? "The batch is closed." : "Expected an array.");
        return;
    }
    json_t *results = json_array();
    json_array_foreach(c->body, k, given) json_array_append_new(results, put_item(c, b, given));
    sitoo_reply(c, results);
}

void sitoo_delete_batch_items(sitoo_call *c)
{
    sitoo_batch *b = batch_in_path(c);
    if (!b)
        return;
    if (b->state == 10)
        json_object_clear(b->items);
    if (b->state == 10)
        sitoo_reply(c, json_true());
    else
        sitoo_error(c, 400, "The batch is closed.");
}
