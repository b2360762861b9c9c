/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into `step` of each operation, and its identity. */
#include "plugins/order-bridge/doing.h"

#include <stdio.h>
#include <string.h>

/* ---- identity ---- */

/* Made from counters that the step itself will change, so no two steps of an order have the same. */
void make_token(doing *x, const char *what, int64_t counter, int64_t more)
{
    char a[32], c[32];
    tb_quantity_format(counter, 0, a, sizeof a);
    tb_quantity_format(more, 0, c, sizeof c);
    snprintf(x->token, sizeof x->token, "[tb:%s-%s-%s-%s]", x->b->key, what, a, c);
    for (char *at = x->token + 1; at[0] && at[1]; at++) {
        if (*at == ']' || *at == '[')
            *at = '_';
    }
    json_object_set_new(x->step, "token", json_string(x->token));
}

static int64_t sum_rows(const json_t *rows)
{
    size_t i;
    json_t *row;
    int64_t sum = 0;
    json_array_foreach(rows, i, row)
    {
        sum += order_quantity(row, "quantity");
    }
    return sum;
}

static int64_t sum_items(const bridge *b, const char *name)
{
    size_t i;
    json_t *row;
    int64_t sum = 0;
    json_array_foreach(json_object_get(b->order, "items"), i, row)
    {
        sum += order_quantity(row, name);
    }
    return sum;
}

static json_int_t order_entity(const bridge *b)
{
    return (json_int_t)order_number(b->order, "entity_id");
}

/* ---- the steps ---- */

static tb_verdict make_order(doing *x)
{
    char external[ORDER_EXTERNAL_MOST];
    int attempt = x->part->attempts + 1;
    if (order_external(x->b->key, x->part->number, attempt, external))
        return tb_reject(x->b->record, "order.id", NULL,
                         "\"%s\" makes no external id of the till (40 of A-Z a-z 0-9 _ -)", external);
    x->step = send_step(x->b, x->part, external);
    tb_record_set_probe(x->b->record, external);
    attempts_add(x->b, x->part, attempt, external);
    changed_note_sent(x->b, external, x->step);
    x->plan.placed = x->part;
    return TB_OK;
}

static const char *why_ours(step s)
{
    return s == STEP_CANCEL_EDITED    ? "edited"
           : s == STEP_CANCEL_GONE    ? "cancelled"
           : s == STEP_CANCEL_CUT     ? "cut"
           : s == STEP_CANCEL_SHIPPED ? "shipped"
                                      : NULL; /* refused: by the place */
}

static tb_verdict make_cancel(doing *x)
{
    x->step = json_pack("{s:I, s:s}", "till", (json_int_t)x->part->till.id, "external",
                        order_text(x->part->till.json, "externalid"));
    x->plan.cancelled = x->part;
    attempts_why(x->b, x->part, why_ours(x->due->step));
    return TB_OK;
}

static tb_verdict make_renew(doing *x)
{
    if (x->part->till.reserved_until <= x->b->now)
        tb_log(
            x->b->ctx, TB_WARN, "order.lapsed",
            "the till's reservation for order %s (%s) has lapsed: it is renewed, but the pieces may be sold",
            order_text(x->b->order, "increment_id"), order_text(x->part->till.json, "externalid"));
    x->step = json_pack("{s:I, s:I}", "till", (json_int_t)x->part->till.id, "until",
                        (json_int_t)(x->b->now + reserve_time(x->b)));
    return TB_OK;
}

/* Of each row of the till's order what was shipped and not handed out. */
static json_t *delivery_rows(const doing *x)
{
    size_t i;
    json_t *row, *rows = json_array();
    const bridge *b = x->b;
    size_t p = (size_t)(x->part - b->parts);
    json_array_foreach(json_object_get(x->part->till.json, "orderitems"), i, row)
    {
        for (size_t k = 0; k < b->things; k++) {
            const cell *c = cell_at(b, p, k);
            int64_t more = c->shipped - c->delivered;
            if (more > 0 && till_row_sold(x->part->till.json, i, b->sold) == thing_at(b, k))
                json_array_append_new(rows, json_pack("{s:I, s:o}", "row", (json_int_t)i, "quantity",
                                                      order_quantity_json(more)));
        }
    }
    return rows;
}

static tb_verdict make_delivery(doing *x)
{
    char warehouse[24], what[48];
    json_t *rows = delivery_rows(x);
    snprintf(warehouse, sizeof warehouse, "%lld", (long long)x->part->till.warehouse);
    snprintf(what, sizeof what, "give-%d-%d", x->part->number, x->part->till.attempt);
    x->step = json_pack("{s:I, s:s, s:o}", "till", (json_int_t)x->part->till.id, "warehouse", warehouse,
                        "rows", rows);
    make_token(x, what, x->part->f.pieces[DELIVERED], sum_rows(rows));
    return TB_OK;
}

static json_t *tracks_of(const bridge *b, const char *source)
{
    size_t i, k;
    json_t *json, *delivery, *tracks = json_array();
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        json_array_foreach(json_object_get(json, "deliveries"), k, delivery)
        {
            const char *number = order_text(delivery, "orderdeliveryref");
            bool stands = !order_number(delivery, "datecancelled") && strncmp(number, "[tb:", 4);
            if (*number && stands && !strcmp(source_of(b, order_number(delivery, "warehouseid")), source))
                json_array_append_new(tracks, json_pack("{s:s, s:s, s:s}", "track_number", number, "title",
                                                        "Store", "carrier_code", "custom"));
        }
    }
    return tracks;
}

static tb_verdict make_shipment(doing *x)
{
    char what[100];
    json_t *rows = shippable_rows(x->b, &x->source);
    x->step = json_pack("{s:I, s:s, s:o, s:o}", "order", order_entity(x->b), "source", x->source, "rows",
                        rows, "tracks", tracks_of(x->b, x->source));
    snprintf(what, sizeof what, "ship-%s", x->source);
    make_token(x, what, sum_items(x->b, "qty_shipped"), sum_rows(rows));
    x->plan.shipped_from = x->source;
    x->plan.rows = rows;
    return TB_OK;
}

/* Everything that is left to ship, as the shop will do it itself. */
static json_t *rows_left(const bridge *b)
{
    size_t i;
    json_t *row, *rows = json_array();
    json_array_foreach(json_object_get(b->order, "items"), i, row)
    {
        bool ships = false;
        share_line line = {order_quantity(row, "qty_ordered"), order_quantity(row, "qty_canceled"),
                           order_quantity(row, "qty_shipped"), order_quantity(row, "qty_refunded"), 0};
        for (size_t k = 0; k < b->things; k++)
            ships |= order_number(thing_at(b, k), "ship") == order_number(row, "item_id");
        if (ships && share_promised(&line) > 0)
            json_array_append_new(rows,
                                  json_pack("{s:I, s:o}", "item", (json_int_t)order_number(row, "item_id"),
                                            "quantity", order_quantity_json(share_promised(&line))));
    }
    return rows;
}

static tb_verdict make_ready(doing *x)
{
    json_t *rows = rows_left(x->b);
    x->source = x->part->source;
    x->step = json_pack("{s:I, s:s, s:o}", "order", order_entity(x->b), "source", x->source, "rows", rows);
    make_token(x, "ready", sum_items(x->b, "qty_shipped"), sum_rows(rows));
    x->plan.shipped_from = x->source;
    x->plan.rows = rows;
    x->plan.notified = true;
    return TB_OK;
}

static tb_verdict make_invoice(doing *x)
{
    bool capture = x->due->step == STEP_CAPTURE;
    json_t *rows = invoice_rows(x->b, !capture);
    x->step = json_pack("{s:I, s:b, s:o}", "order", order_entity(x->b), "capture", capture, "rows", rows);
    make_token(x, "invoice", sum_items(x->b, "qty_invoiced"), sum_rows(rows));
    return TB_OK;
}

static tb_verdict make_web_cancel(doing *x)
{
    x->step = json_pack("{s:I}", "order", order_entity(x->b));
    return TB_OK;
}

static const operation operations[] = {
    {STEP_ORDER, "order", STOCK, make_order},
    {STEP_CANCEL_EDITED, "order-cancel", STOCK, make_cancel},
    {STEP_CANCEL_GONE, "order-cancel", STOCK, make_cancel},
    {STEP_CANCEL_CUT, "order-cancel", STOCK, make_cancel},
    {STEP_CANCEL_REFUSED, "order-cancel", STOCK, make_cancel},
    {STEP_CANCEL_SHIPPED, "order-cancel", STOCK, make_cancel},
    {STEP_RENEW, "reservation-renew", 0, make_renew},
    {STEP_DELIVERY, "delivery", STOCK, make_delivery},
    {STEP_SHIPMENT, "shipment", STOCK | SHOPS_ROW, make_shipment},
    {STEP_READY, "ready", STOCK | SHOPS_ROW, make_ready},
    {STEP_CAPTURE, "invoice", 0, make_invoice},
    {STEP_BOOK, "invoice", 0, make_invoice},
    {STEP_WEB_CANCEL, "web-order-cancel", STOCK, make_web_cancel},
};

const operation *operation_of(step s)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (operations[i].step == s)
            return &operations[i];
    }
    return NULL;
}
