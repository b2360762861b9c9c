/* SPDX-License-Identifier: Apache-2.0 */
/* What a shipment does to the shop's rows of stock. The shop subtracts the pieces itself, so a remembered row
 * is no longer what the shop holds: that is noted, by source and SKU, in a namespace of this pipeline, which
 * the stock pipeline's sink reads (rows.c) and believes nothing older than the note. A note, and not a
 * record: it is in force with the commit of the shipment's verdict, while the claims on the rows are still
 * held, so no stock write can come between.
 *
 * A row may hold less than is to be shipped, when another store hands out than was asked; the shop then
 * refuses the shipment. These pieces have left the till's shelf and are part of what the row should hold, so
 * raising it to just that is never too much. */
#include "plugins/adobe/order.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int64_t quantity_of(const json_t *object, const char *name, int64_t otherwise)
{
    int64_t quantity;
    const json_t *value = json_object_get(object, name);
    return value && !tb_quantity_from_json(value, &quantity) ? quantity : otherwise;
}

static void add_need(stock_need *needs, size_t *n, const char *sku, int64_t pieces)
{
    size_t i = 0;
    if (!*sku || strlen(sku) >= SINK_SKU_MOST)
        return;
    while (i < *n && strcasecmp(needs[i].sku, sku))
        i++;
    if (i == NEEDS_MOST)
        return;
    if (i == *n) {
        snprintf(needs[i].sku, sizeof needs[i].sku, "%s", sku);
        needs[(*n)++].pieces = 0;
    }
    needs[i].pieces += pieces;
}

/* ---- which SKUs ---- */

/* `sold` of the body: what is handed over for each row that ships. Pieces of a row that is not in it are not
 * known, and so not raised. */
static void needs_of_sold(const json_t *sold, int64_t item, int64_t quantity, stock_need *needs, size_t *n)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)sold, i, row)
    {
        const char *web = adobe_field(row, "web_sku");
        int64_t per = quantity_of(row, "per", TB_QUANTITY_SCALE);
        if (adobe_id(json_object_get(row, "ship")) == item)
            add_need(needs, n, *web ? web : adobe_field(row, "sku"),
                     (int64_t)((__int128)quantity * per / TB_QUANTITY_SCALE));
    }
}

/* A row and those below it: a bundle that ships together takes its parts. */
static void needs_of_order(const json_t *order, int64_t item, stock_need *needs, size_t *n)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        if (adobe_id(json_object_get(row, "item_id")) == item ||
            adobe_id(json_object_get(row, "parent_item_id")) == item)
            add_need(needs, n, adobe_field(row, "sku"), 0);
    }
}

size_t needs_of_step(const order_step *s, stock_need *needs)
{
    size_t i, n = 0;
    json_t *row;
    const json_t *sold = json_object_get(tb_record_body(s->record), "sold");
    json_array_foreach(json_object_get(s->json, "rows"), i, row)
    {
        int64_t item = adobe_id(json_object_get(row, "item"));
        size_t before = n;
        needs_of_sold(sold, item, quantity_of(row, "quantity", 0), needs, &n);
        if (n == before)
            needs_of_order(tb_record_part(s->record, "web.order"), item, needs, &n);
    }
    return n;
}

size_t needs_of_rows(const json_t *rows, const json_t *order, stock_need *needs)
{
    size_t i, n = 0;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
    {
        needs_of_order(order, adobe_id(json_object_get(row, "order_item_id")), needs, &n);
    }
    return n;
}

/* ---- notes ---- */

static void mark(tb_ctx *ctx, tb_record *record, const char *source, const stock_need *needs, size_t count,
                 bool always, const char *more)
{
    char key[SINK_KEY_MOST], folded[SINK_SKU_MOST], when[64];
    snprintf(when, sizeof when, "{\"when\":%lld%s}", (long long)tb_now(ctx), more);
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "%s/%s", source, adobe_fold(needs[i].sku, folded, sizeof folded));
        if (always)
            tb_state_set_always(ctx, record, "moved", key, when);
        else
            tb_state_set(ctx, record, "moved", key, when);
    }
}

void needs_mark(tb_ctx *ctx, tb_record *record, const char *source, const stock_need *needs, size_t count,
                bool always)
{
    mark(ctx, record, source, needs, count, always, "");
}

void needs_mark_found(tb_ctx *ctx, tb_record *record, const char *source, const stock_need *needs,
                      size_t count)
{
    mark(ctx, record, source, needs, count, false, ",\"found\":true");
}

/* ---- raising ---- */

static int read_rows(const order_step *s, const stock_need *needs, size_t count, json_t *rows)
{
    const char *skus[NEEDS_MOST];
    char why[500];
    int failed = 0;
    for (size_t i = 0; i < count; i++)
        skus[i] = needs[i].sku;
    for (size_t at = 0; at < count && !failed;) {
        adobe_query q = {.size = 0};
        adobe_query_filter(&q, "source_code", "eq", s->source);
        size_t taken = adobe_query_in(&q, "sku", skus + at, count - at);
        if (!taken)
            adobe_query_filter(&q, "sku", "eq", skus[at]);
        at += taken ? taken : 1;
        adobe_query_sort(&q, "source_item_id");
        adobe_query_fields(&q, "items[sku,source_code,quantity],total_count");
        failed = adobe_list(s->ctx, "/V1/inventory/source-items", &q, 0, rows, why, sizeof why);
    }
    return failed ? -1 : 0;
}

static int64_t held_of(const json_t *rows, const char *sku)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
    {
        if (!strcasecmp(adobe_field(row, "sku"), sku))
            return quantity_of(row, "quantity", 0);
    }
    return 0;
}

int needs_raise(const order_step *s, const stock_need *needs, size_t count)
{
    int raised = 0;
    json_t *rows = json_array(), *items = json_array();
    int failed = count ? read_rows(s, needs, count, rows) : 0;
    for (size_t i = 0; i < count && !failed; i++) {
        if (!needs[i].pieces || held_of(rows, needs[i].sku) >= needs[i].pieces)
            continue;
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:o, s:i}", "sku", needs[i].sku, "source_code", s->source,
                                        "quantity", adobe_quantity(needs[i].pieces), "status", 1));
        raised++;
    }
    if (raised && !failed) {
        ADOBE_RESPONSE r = {.size = sizeof r};
        json_t *body = json_pack("{s:O}", "sourceItems", items);
        tb_record_sent(s->record, json_incref(body));
        failed = adobe_post(s->ctx, s->operation, "/V1/inventory/source-items", body, 0, &r) ||
                 adobe_means(&r) != ADOBE_DONE;
        json_decref(body);
    }
    json_decref(rows);
    json_decref(items);
    return failed ? -1 : raised > 0;
}
