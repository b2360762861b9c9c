/* SPDX-License-Identifier: Apache-2.0 */
/* What is decided stands. A part that is at a till is where the till has it, whatever was decided; a part
 * outside the till system is where it was decided. All else is decided anew each time, with what is free now:
 * nothing has been promised to anybody there yet. A place that cancelled or refused a part does not get it
 * again, unless we cancelled it ourselves (state `attempts` says why). */
#include "plugins/order-router/router.h"

#include <stdio.h>
#include <string.h>

static const json_t *till_orders(const routing *r)
{
    return json_object_get(tb_record_part(r->record, "till.order"), "orders");
}

static const json_t *sold_rows(const routing *r)
{
    return json_object_get(tb_record_body(r->record), "sold");
}

/* ---- attempts that came to nothing ---- */

static bool was_ours(const json_t *attempts, const char *external)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(attempts, "parts"), i, one)
    {
        if (!strcmp(order_text(one, "external"), external))
            return *order_text(one, "why") != '\0';
    }
    return false;
}

static bool note_refusals(routing *r)
{
    size_t i;
    json_t *json;
    till_order t;
    bool any = false;
    const char *text = tb_state_get(r->ctx, "attempts", r->key);
    json_auto_t *attempts = text ? json_loads(text, 0, NULL) : NULL;
    json_array_foreach(till_orders(r), i, json)
    {
        if (!till_order_read(json, r->key, &t) || (t.state != TILL_CANCELLED && !t.refused) ||
            was_ours(attempts, order_text(json, "externalid")))
            continue;
        place *p = place_of_warehouse(r, t.warehouse);
        if (p)
            p->refused = true;
        any = true;
        why_add(r, "%s %s it (%s)", p ? p->name : "an unmapped warehouse",
                t.state == TILL_CANCELLED ? "cancelled" : "refused", order_text(json, "externalid"));
    }
    return any;
}

/* ---- parts that are somewhere ---- */

static json_t *row_at(const json_t *sold, int64_t quantity)
{
    json_t *row = json_object();
    static const char *const fields[] = {"item", "ship", "sku", "web_sku"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        json_object_set(row, fields[i], json_object_get(sold, fields[i]));
    json_object_set_new(row, "quantity", order_quantity_json(quantity));
    return row;
}

/* The till's rows as rows of a part; those of an order that was edited since are not among what is sold. */
static json_t *rows_at_till(const routing *r, const till_order *t)
{
    size_t i;
    json_t *row, *rows = json_array();
    json_array_foreach(json_object_get(t->json, "orderitems"), i, row)
    {
        const json_t *sold = sold_of(sold_rows(r), till_row_item(row), order_text(row, "sku"));
        if (sold)
            json_array_append_new(rows, row_at(sold, till_row_quantity(row)));
    }
    return rows;
}

static void add_at_till(routing *r, const till_order *t)
{
    json_t *rows = rows_at_till(r, t);
    const place *p = place_of_warehouse(r, t->warehouse);
    place unmapped = {.name = "", .warehouse = "", .source = ""};
    char warehouse[24];
    snprintf(warehouse, sizeof warehouse, "%lld", (long long)t->warehouse);
    unmapped.warehouse = warehouse;
    if (!json_array_size(rows)) {
        json_decref(rows);
        return;
    }
    json_t *part = part_add(r, t->part, p ? p : &unmapped, rows);
    json_object_set_new(part, "at_till", json_true());
    if (t->state == TILL_CLOSED)
        json_object_set_new(part, "over", json_true());
}

static int highest_part(const routing *r)
{
    size_t i;
    json_t *json;
    till_order t;
    int highest = 0;
    json_array_foreach(till_orders(r), i, json)
    {
        if (till_order_read(json, r->key, &t) && t.part > highest)
            highest = t.part;
    }
    return highest;
}

static void add_all_at_till(routing *r)
{
    till_order t;
    for (int part = 1, last = highest_part(r); part <= last; part++) {
        till_order_newest(tb_record_part(r->record, "till.order"), r->key, part, &t);
        if ((t.state == TILL_OPEN || t.state == TILL_CLOSED) && !t.refused)
            add_at_till(r, &t);
    }
}

static json_t *part_numbered(const json_t *parts, int64_t number)
{
    size_t i;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        if (order_number(part, "part") == number)
            return part;
    }
    return NULL;
}

/* Parts of the last decision with that system, unless the till has taken their number. */
static void add_decided(routing *r, const char *system)
{
    size_t i;
    json_t *part;
    json_array_foreach(json_object_get(r->before, "parts"), i, part)
    {
        const json_t *first = json_array_get(json_object_get(part, "rows"), 0);
        bool now = sold_of(sold_rows(r), order_number(first, "item"), order_text(first, "sku")) != NULL;
        if (now && !strcmp(order_text(part, "system"), system) &&
            !part_numbered(r->parts, order_number(part, "part"))) {
            json_t *copy = json_deep_copy(part);
            json_object_del(copy, "at_till");
            json_array_append_new(r->parts, copy);
        }
    }
}

/* ---- what is left ---- */

static int64_t covered(const routing *r, const json_t *sold)
{
    size_t i, k;
    json_t *part, *row;
    int64_t pieces = 0;
    json_array_foreach(r->parts, i, part)
    {
        json_array_foreach(json_object_get(part, "rows"), k, row)
        {
            if (order_number(row, "item") == order_number(sold, "item") &&
                !strcmp(order_text(row, "sku"), order_text(sold, "sku")))
                pieces += order_quantity(row, "quantity");
        }
    }
    return pieces;
}

/* Handed out before the till's order was cancelled or refused. */
static int64_t handed_out(const routing *r, const json_t *sold)
{
    size_t i, k;
    json_t *json, *row;
    till_order t;
    int64_t pieces = 0;
    json_array_foreach(till_orders(r), i, json)
    {
        bool dead = till_order_read(json, r->key, &t) && (t.state == TILL_CANCELLED || t.refused);
        json_array_foreach(dead ? json_object_get(json, "orderitems") : NULL, k, row)
        {
            if (till_row_item(row) == order_number(sold, "item") &&
                !strcmp(order_text(row, "sku"), order_text(sold, "sku")))
                pieces += till_delivered(json, (int64_t)k, 0, false);
        }
    }
    return pieces;
}

json_t *standing_rows(routing *r, bool *was_there)
{
    size_t i;
    json_t *sold, *rows = json_array();
    *was_there = note_refusals(r);
    add_all_at_till(r);
    add_decided(r, "none");
    json_array_foreach(sold_rows(r), i, sold)
    {
        sold_counts c;
        sold_counts_read(r->order, sold, &c);
        sold_apart_read(r->order, tb_record_part(r->record, "web.documents"), sold, &c);
        int64_t have = covered(r, sold) + handed_out(r, sold), left = sold_kept(&c, c.shipped);
        left -= have > c.shipped ? have : c.shipped;
        if (left > 0)
            json_array_append_new(rows, row_at(sold, left));
    }
    return rows;
}

void standing_keep(routing *r)
{
    add_all_at_till(r);
    add_decided(r, "none");
    add_decided(r, "till");
}
