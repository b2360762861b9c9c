/* SPDX-License-Identifier: Apache-2.0 */
/* The shop counts in rows of its order: a bundle that ships as one is one row of several things, and only
 * whole ones of it can be shipped. So a document's row is the least of what its things allow. */
#include "plugins/order-bridge/bridge.h"

#include <string.h>

typedef int64_t thing_pieces(const bridge *b, size_t thing, const char *source);

/* Pieces of a thing as units of one of the shop's rows. */
static int64_t in_units(const bridge *b, size_t thing, const json_t *row, int64_t pieces)
{
    int64_t whole = order_quantity(thing_at(b, thing), "quantity"), of = order_quantity(row, "qty_ordered");
    return whole > 0 ? (int64_t)((__int128)pieces * of / whole) : 0;
}

/* Whole units of the row, unless the shop sells parts of it. */
static int64_t rounded(const json_t *row, int64_t units)
{
    return order_number(row, "is_qty_decimal") ? units : units - units % TB_QUANTITY_SCALE;
}

/* Units of the row of which all things are there, or -1: nothing hangs on this row. by: "ship" or "item". */
static int64_t units_of(const bridge *b, const json_t *row, const char *by, thing_pieces *pieces,
                        const char *source)
{
    int64_t units = -1;
    for (size_t k = 0; k < b->things; k++) {
        if (order_number(thing_at(b, k), by) != order_number(row, "item_id"))
            continue;
        int64_t some = in_units(b, k, row, pieces(b, k, source));
        units = units < 0 || some < units ? some : units;
    }
    return units;
}

static void add_row(json_t *rows, const json_t *row, int64_t units)
{
    if (units > 0)
        json_array_append_new(rows, json_pack("{s:I, s:o}", "item", (json_int_t)order_number(row, "item_id"),
                                              "quantity", order_quantity_json(units)));
}

/* ---- shipments ---- */

/* Handed out there and not told to the shop: never more than is out and untold at all. */
static int64_t untold(const bridge *b, size_t thing, const char *source)
{
    sold_counts c;
    sold_counts_read(b->order, thing_at(b, thing), &c);
    int64_t here = delivered_at(b, thing, source) - shipped_from(b, thing, source);
    int64_t all = delivered_at(b, thing, NULL) - c.shipped;
    return here < all ? here : all;
}

static json_t *rows_from(const bridge *b, const char *source)
{
    size_t i;
    json_t *row, *rows = json_array();
    json_array_foreach(json_object_get(b->order, "items"), i, row)
    {
        share_line line = {order_quantity(row, "qty_ordered"), order_quantity(row, "qty_canceled"),
                           order_quantity(row, "qty_shipped"), order_quantity(row, "qty_refunded"), 0};
        int64_t units = units_of(b, row, "ship", untold, source), most = share_promised(&line);
        add_row(rows, row, rounded(row, units < most ? units : most));
    }
    return rows;
}

json_t *shippable_rows(const bridge *b, const char **source)
{
    const tb_table *t = tb_table_get(b->ctx, b->self->locations);
    int column = t ? tb_table_column(t, "source") : -1;
    if (*source)
        return rows_from(b, *source);
    for (int row = 0; column >= 0 && row < tb_table_rows(t); row++) {
        const char *at = tb_table_cell(t, row, column);
        json_t *rows = *at ? rows_from(b, at) : json_array();
        if (json_array_size(rows)) {
            *source = at;
            return rows;
        }
        json_decref(rows);
    }
    return json_array();
}

/* ---- invoices ---- */

static int64_t out(const bridge *b, size_t thing, const char *source)
{
    sold_counts c;
    sold_counts_read(b->order, thing_at(b, thing), &c);
    int64_t delivered = delivered_at(b, thing, source);
    return delivered > c.shipped ? delivered : c.shipped;
}

static bool is_unshipped(const bridge *b, const json_t *row)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(b->body, "unshipped"), i, one)
    {
        if (order_number(one, "item") == order_number(row, "item_id"))
            return true;
    }
    return false;
}

/* Collected goods are paid for at the till; what was only made ready is not. */
static int64_t paid_pieces(const bridge *b, size_t thing, const char *source)
{
    sold_counts c;
    sold_counts_read(b->order, thing_at(b, thing), &c);
    int64_t delivered = delivered_at(b, thing, source);
    return c.shipped < delivered ? c.shipped : delivered;
}

json_t *invoice_rows(const bridge *b, bool only_shipped)
{
    size_t i;
    json_t *row, *rows = json_array(), *extra = json_array();
    json_array_foreach(json_object_get(b->order, "items"), i, row)
    {
        int64_t invoiced = order_quantity(row, "qty_invoiced");
        int64_t open = order_quantity(row, "qty_ordered") - order_quantity(row, "qty_canceled") - invoiced;
        int64_t units = units_of(b, row, "item", only_shipped ? paid_pieces : out, NULL) - invoiced;
        bool service = is_unshipped(b, row);
        units = service ? open : units < open ? units : open;
        add_row(service ? extra : rows, row, service ? open : rounded(row, units));
    }
    /* What needs no handing over goes with the first invoice of what does. */
    if (json_array_size(rows))
        json_array_extend(rows, extra);
    json_decref(extra);
    return rows;
}
