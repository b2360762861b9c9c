/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations that no open order explains. What can be sold of a product in a stock is the sum of its
 * sources' rows plus all reservations, and each open order should have just one of these. Where more is
 * missing than the open orders hold, reservations were left over: by a deleted order, an extension, an
 * import. The shop then sells too little for ever, whatever is written to its rows, and no route of its API
 * takes a reservation away: a person must, with the shop's own command. The answer never goes below 0, so of
 * a product that is sold out less is seen than is left over.
 *
 * A call a product: a shop with very many is told to look by itself. */
#include <stdio.h>
#include <string.h>

#include "plugins/adobe/sink.h"

#define OPEN_STATES "new,pending_payment,processing,holded,payment_review"
#define COMMAND                                                                                              \
    "bin/magento inventory:reservation:list-inconsistencies -r | bin/magento "                               \
    "inventory:reservation:create-compensations"

enum { ROWS_MOST = 20000, PRODUCTS_MOST = 5000, NAMED_MOST = 100 };

typedef struct search {
    tb_ctx *ctx;
    tb_doctor *doctor;
    json_t *stocks; /* {source: stock} of those that are enabled */
    json_t *there;  /* {"stock/SKU": pieces in its rows, 10^-3} */
    json_t *held;   /* {folded SKU: pieces that open orders hold} */
    int asked, unasked, found;
} search;

static int64_t pieces_of(const json_t *object, const char *name)
{
    int64_t pieces = 0;
    return tb_quantity_from_json(json_object_get(object, name), &pieces) ? 0 : pieces;
}

static void add(json_t *sums, const char *name, int64_t pieces)
{
    json_object_set_new(sums, name, json_integer(json_integer_value(json_object_get(sums, name)) + pieces));
}

/* 0, or -1: it could not be read, or is too long to be. */
static int list_all(const search *s, const char *path, adobe_query *q, const char *sort, json_t *into)
{
    char why[300] = "no answer";
    adobe_query_sort(q, sort);
    if (!adobe_list(s->ctx, path, q, TB_BULK, into, why, sizeof why))
        return 0;
    tb_found(s->doctor, TB_DOUBT, "reservations", "not looked at, %s: %s", path, why);
    return -1;
}

/* ---- what stands in the sources ---- */

static int read_stocks(search *s)
{
    size_t i;
    json_t *link, *links = json_array(), *sources = NULL;
    char why[200];
    adobe_query q = {.size = 0};
    int failed = sources_read(s->ctx, TB_BULK, &sources, why, sizeof why) || !sources ||
                 list_all(s, "/V1/inventory/stock-source-links", &q, "source_code", links);
    json_array_foreach(links, i, link)
    {
        const char *code = adobe_field(link, "source_code");
        if (json_is_true(json_object_get(sources, code)))
            json_object_set(s->stocks, code, json_object_get(link, "stock_id"));
    }
    json_decref(links);
    json_decref(sources);
    return failed ? -1 : 0;
}

static bool too_many_rows(const search *s)
{
    int64_t total = 0;
    adobe_query q = {.size = 0};
    ADOBE_RESPONSE r = {.size = sizeof r};
    adobe_query_page(&q, 1, 1);
    if (adobe_get(s->ctx, "/V1/inventory/source-items", &q, TB_BULK, &r) || !adobe_items(&r, &total))
        return true;
    if (total > ROWS_MOST)
        tb_found(s->doctor, TB_DOUBT, "reservations",
                 "%lld rows are too many to be looked at one by one; ask the shop itself: %s",
                 (long long)total, COMMAND);
    return total > ROWS_MOST;
}

static int read_rows(search *s)
{
    size_t i;
    json_t *row, *rows = json_array();
    char name[SINK_KEY_MOST];
    adobe_query q = {.size = 0};
    adobe_query_fields(&q, "items[sku,source_code,quantity,status],total_count");
    int failed = list_all(s, "/V1/inventory/source-items", &q, "source_item_id", rows);
    json_array_foreach(rows, i, row)
    {
        const json_t *stock = json_object_get(s->stocks, adobe_field(row, "source_code"));
        if (!stock)
            continue;
        snprintf(name, sizeof name, "%lld/%s", (long long)json_integer_value(stock), adobe_field(row, "sku"));
        add(s->there, name, adobe_id(json_object_get(row, "status")) ? pieces_of(row, "quantity") : 0);
    }
    json_decref(rows);
    return failed;
}

/* ---- what open orders hold ---- */

static int64_t open_pieces(const json_t *row)
{
    int64_t shipped = pieces_of(row, "qty_shipped"), refunded = pieces_of(row, "qty_refunded");
    int64_t left = pieces_of(row, "qty_ordered") - pieces_of(row, "qty_canceled") -
                   (shipped > refunded ? shipped : refunded);
    return left > 0 ? left : 0;
}

static const json_t *parent_of(const json_t *items, const json_t *row)
{
    size_t i;
    json_t *one;
    int64_t parent = adobe_id(json_object_get(row, "parent_item_id"));
    json_array_foreach((json_t *)items, i, one)
    {
        if (parent && adobe_id(json_object_get(one, "item_id")) == parent)
            return one;
    }
    return NULL;
}

/* A row under another has gone when either of the two has; which one is counted depends on the kind of
 * product. */
static void add_row(search *s, const json_t *items, const json_t *row)
{
    char folded[SINK_SKU_MOST];
    int64_t left = open_pieces(row), of;
    const json_t *parent = parent_of(items, row);
    const char *type = adobe_field(row, "product_type");
    if (!strcmp(type, "configurable") || !strcmp(type, "bundle") || !strcmp(type, "grouped"))
        return;
    if (parent && (of = pieces_of(parent, "qty_ordered")) > 0) {
        int64_t whole = (int64_t)((__int128)open_pieces(parent) * pieces_of(row, "qty_ordered") / of);
        left = whole < left ? whole : left;
    }
    add(s->held, adobe_fold(adobe_field(row, "sku"), folded, sizeof folded), left);
}

static int read_orders(search *s)
{
    size_t i, k;
    json_t *order, *row, *orders = json_array();
    adobe_query q = {.size = 0};
    adobe_query_filter(&q, "state", "in", OPEN_STATES);
    adobe_query_fields(
        &q, "items[entity_id,items[item_id,parent_item_id,sku,product_type,qty_ordered,qty_canceled,"
            "qty_shipped,qty_refunded]],total_count");
    int failed = list_all(s, "/V1/orders", &q, "entity_id", orders);
    json_array_foreach(orders, i, order)
    {
        const json_t *items = json_object_get(order, "items");
        json_array_foreach((json_t *)items, k, row)
        {
            add_row(s, items, row);
        }
    }
    json_decref(orders);
    return failed;
}

/* ---- what can be sold ---- */

static int ask(const search *s, const char *format, const char *sku, const char *more, json_t **out)
{
    char path[SINK_SKU_MOST + 80];
    ADOBE_RESPONSE r = {.size = sizeof r};
    snprintf(path, sizeof path, "%s/%s%s%s", format, sku, *more ? "/" : "", more);
    if (adobe_get(s->ctx, path, NULL, TB_BULK, &r) || r.status != 200)
        return -1;
    *out = json_incref(r.json);
    return 0;
}

static int64_t threshold_of(const search *s, const char *sku)
{
    json_t *item = NULL;
    int64_t least = ask(s, "/V1/stockItems", sku, "", &item) ? 0 : pieces_of(item, "min_qty");
    json_decref(item);
    return least > 0 ? least : 0;
}

static void judge(search *s, const char *name, int64_t there)
{
    char folded[SINK_SKU_MOST], stock[24], texts[4][32];
    const char *sku = strchr(name, '/') + 1;
    json_t *answer = NULL;
    int64_t salable = 0,
            held = json_integer_value(json_object_get(s->held, adobe_fold(sku, folded, sizeof folded)));
    snprintf(stock, sizeof stock, "%.*s", (int)(sku - 1 - name), name);
    if (tb_http_escape(sku, NULL, 0) != strlen(sku) || strlen(sku) >= SINK_SKU_MOST ||
        s->asked++ >= PRODUCTS_MOST ||
        ask(s, "/V1/inventory/get-product-salable-quantity", sku, stock, &answer)) {
        s->unasked++;
        return;
    }
    int bad = tb_quantity_from_json(answer, &salable);
    json_decref(answer);
    int64_t missing = there - held - salable;
    if (!bad && missing > 0)
        missing -= threshold_of(s, sku);
    if (bad || missing <= 0 || s->found++ >= NAMED_MOST)
        return;
    const int64_t all[] = {there, salable, held, missing};
    for (int i = 0; i < 4; i++)
        tb_quantity_format(all[i], 0, texts[i], sizeof texts[i]);
    tb_found(s->doctor, TB_DOUBT, sku,
             "%s in the sources of stock %s, %s can be sold, open orders hold %s: reservations of %s are "
             "left over",
             texts[0], stock, texts[1], texts[2], texts[3]);
}

static void tell(const search *s)
{
    if (s->found)
        tb_found(s->doctor, TB_DOUBT, "reservations",
                 "%d products have reservations that no open order explains: the shop sells too little of "
                 "them. The API cannot "
                 "take them away; in the shop: %s",
                 s->found, COMMAND);
    else
        tb_found(s->doctor, TB_GOOD, "reservations", "of %d products are all explained by open orders",
                 s->asked - s->unasked);
    if (s->unasked)
        tb_found(s->doctor, TB_DOUBT, "reservations", "%d products were not looked at", s->unasked);
}

void left_over_doctor(tb_ctx *ctx, tb_doctor *doctor)
{
    const char *name;
    json_t *there;
    search s = {ctx, doctor, json_object(), json_object(), json_object(), 0, 0, 0};
    if (!too_many_rows(&s) && !read_stocks(&s) && !read_rows(&s) && !read_orders(&s)) {
        json_object_foreach(s.there, name, there)
        {
            judge(&s, name, json_integer_value(there));
        }
        tell(&s);
    }
    json_decref(s.stocks);
    json_decref(s.there);
    json_decref(s.held);
}
