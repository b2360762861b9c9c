/* SPDX-License-Identifier: Apache-2.0 */
/* From what was hydrated to a table of parts and things. A part is what one place hands over; it is known
 * from the router's decision, from the till, or from both. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cell *cell_at(const bridge *b, size_t part, size_t thing)
{
    return &b->cells[part * b->things + thing];
}

const json_t *thing_at(const bridge *b, size_t thing)
{
    return json_array_get(b->sold, thing);
}

const char *source_of(const bridge *b, int64_t warehouse)
{
    char text[24];
    const tb_table *t = tb_table_get(b->ctx, b->self->locations);
    int column = t ? tb_table_column(t, "warehouse") : -1, source = t ? tb_table_column(t, "source") : -1;
    snprintf(text, sizeof text, "%lld", (long long)warehouse);
    int row = column < 0 ? -1 : tb_table_find(t, column, text, -1);
    return row < 0 || source < 0 ? "" : tb_table_cell(t, row, source);
}

int64_t part_warehouse(const bridge_part *p)
{
    return p->till.json ? p->till.warehouse : order_number(p->route, "warehouse");
}

/* ---- parts ---- */

static bridge_part *part_numbered(bridge *b, int number)
{
    for (size_t i = 0; i < b->parts_n; i++) {
        if (b->parts[i].number == number)
            return &b->parts[i];
    }
    if (b->parts_n == PARTS_MOST || number <= 0)
        return NULL;
    b->parts[b->parts_n] = (bridge_part){.number = number, .source = ""};
    return &b->parts[b->parts_n++];
}

static void find_parts(bridge *b)
{
    size_t i;
    json_t *json;
    till_order t;
    json_array_foreach(json_object_get(b->body, "parts"), i, json)
    {
        bridge_part *p = part_numbered(b, (int)order_number(json, "part"));
        if (p)
            p->route = json;
    }
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        if (till_order_read(json, b->key, &t))
            part_numbered(b, t.part);
    }
    json_array_foreach(json_object_get(b->attempts, "parts"), i, json)
    {
        part_numbered(b, (int)order_number(json, "part"));
    }
}

static int by_number(const void *a_, const void *b_)
{
    const bridge_part *a = a_, *b = b_;
    return a->number - b->number;
}

static void complete_parts(bridge *b)
{
    if (!b->parts_n)
        part_numbered(b, 1); /* an order is compared also when nobody has anything of it */
    qsort(b->parts, b->parts_n, sizeof *b->parts, by_number);
    for (size_t i = 0; i < b->parts_n; i++) {
        bridge_part *p = &b->parts[i];
        till_order_newest(b->till, b->key, p->number, &p->till);
        p->attempts = attempts_highest(b, p->number);
        if (p->till.attempt > p->attempts)
            p->attempts = p->till.attempt;
        p->source = p->till.json ? source_of(b, p->till.warehouse) : order_text(p->route, "source");
    }
}

/* ---- cells ---- */

static size_t place_of(const bridge *b, const json_t *sold)
{
    size_t k = 0;
    while (k < b->things && (!sold || sold != thing_at(b, k)))
        k++;
    return k;
}

static void add_wanted(bridge *b, size_t part, const json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        size_t k = place_of(b, sold_of(b->sold, order_number(row, "item"), order_text(row, "sku")));
        if (k < b->things)
            cell_at(b, part, k)->wanted += order_quantity(row, "quantity");
    }
}

static void add_placed(bridge *b, size_t part, const json_t *till)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(till, "orderitems"), i, row)
    {
        size_t k = place_of(b, till_row_sold(till, i, b->sold));
        if (k < b->things)
            cell_at(b, part, k)->placed += till_row_quantity(row);
    }
}

/* What an earlier attempt handed out before it came to an end is the part's, too: both are counted, or the
 * newest attempt would look as if it had handed that out itself, and hold so much less. */
static void add_delivered(bridge *b, size_t part, const till_order *t)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(t->json, "orderitems"), i, row)
    {
        size_t k = place_of(b, till_row_sold(t->json, i, b->sold));
        if (k == b->things)
            continue;
        int64_t out = till_delivered(t->json, (int64_t)i, 0, false);
        cell_at(b, part, k)->delivered += out;
        cell_at(b, part, k)->placed += t->attempt == b->parts[part].till.attempt ? 0 : out;
        cell_at(b, part, k)->taken_back += till_delivered(t->json, (int64_t)i, 0, true);
    }
}

static size_t index_of(const bridge *b, int number)
{
    size_t i = 0;
    while (i < b->parts_n && b->parts[i].number != number)
        i++;
    return i;
}

static void fill_cells(bridge *b)
{
    size_t i;
    json_t *json;
    till_order t;
    for (size_t p = 0; p < b->parts_n; p++) {
        const bridge_part *part = &b->parts[p];
        bool live = (part->till.state == TILL_OPEN && !part->till.refused) || part->till.state == TILL_CLOSED;
        add_placed(b, p, part->till.json);
        if (!live)
            add_wanted(b, p, json_object_get(part->route, "rows"));
    }
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        if (till_order_read(json, b->key, &t) && index_of(b, t.part) < b->parts_n)
            add_delivered(b, index_of(b, t.part), &t);
    }
}

/* ---- money ---- */

static tb_verdict find_money(bridge *b)
{
    const tb_table *t = tb_table_get(b->ctx, b->self->payments);
    const char *method = order_text(json_object_get(b->order, "payment"), "method");
    int column = t ? tb_table_column(t, "method") : -1, class_ = t ? tb_table_column(t, "class") : -1;
    int row = column < 0 ? -1 : tb_table_find(t, column, method, -1);
    const char *name = row < 0 || class_ < 0 ? "" : tb_table_cell(t, row, class_);
    if (money_class_named(name, &b->money))
        return TB_OK;
    tb_reject(b->record, "order.payment-method", method,
              "order %s is paid by %s, of which table %s says %s. Line to add: %s,captured-at-order (or "
              "capture-at-shipment, pay-in-store)",
              b->key, method, b->self->payments, *name ? name : "nothing", method);
    if (t)
        tb_depends(b->record, "table", b->self->payments, tb_table_version(t));
    return TB_REJECT;
}

static int64_t amount(const json_t *from, const char *name)
{
    tb_money m = {.amount = 0};
    const json_t *value = json_object_get(from, name);
    return value && !tb_money_from_json(value, NULL, &m) ? m.amount : 0;
}

/* Captured, or authorised, or to be paid at the till. */
static bool is_paid(const bridge *b)
{
    const json_t *payment = json_object_get(b->order, "payment");
    bool working = !strcmp(order_text(b->order, "state"), "processing");
    bool captured = amount(b->order, "total_paid") >= amount(b->order, "grand_total");
    if (b->money == MONEY_AT_ORDER)
        return captured;
    return b->money == MONEY_AT_TILL || captured || working || amount(payment, "amount_authorized") > 0;
}

/* ---- all ---- */

tb_verdict bridge_gather(bridge *b)
{
    b->body = tb_record_body(b->record);
    b->order = tb_record_part(b->record, "web.order");
    b->documents = tb_record_part(b->record, "web.documents");
    b->till = tb_record_part(b->record, "till.order");
    b->sold = json_object_get(b->body, "sold");
    b->things = json_array_size(b->sold);
    b->now = tb_now(b->ctx);
    b->pickup = order_more(b->order, "pickup_location_code") != NULL;
    const json_t *sent = order_more(b->order, "notification_sent");
    b->notified = b->pickup && (json_is_true(sent) || json_integer_value(sent) != 0);
    attempts_read(b);
    find_parts(b);
    complete_parts(b);
    b->cells = calloc(b->parts_n * b->things + 1, sizeof *b->cells);
    if (!b->cells)
        return tb_retry(b->record, "out of memory");
    fill_cells(b);
    tb_verdict v = find_money(b);
    b->paid = v == TB_OK && is_paid(b);
    return v;
}

void bridge_free(bridge *b)
{
    free(b->cells);
    json_decref(b->attempts);
}
