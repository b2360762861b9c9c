/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of orders, read tolerantly: the shop leaves out what is null, and prints ids as numbers or texts. */
#include "plugins/order-parts/order_parts.h"

#include <stdlib.h>
#include <string.h>

#define QUANTITY_MOST INT64_C(1000000000000000)

const char *order_text(const json_t *from, const char *name)
{
    const char *text = json_string_value(json_object_get(from, name));
    return text ? text : "";
}

int64_t order_number(const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

int64_t order_quantity(const json_t *from, const char *name)
{
    int64_t quantity = 0;
    if (tb_quantity_from_json(json_object_get(from, name), &quantity) || quantity > QUANTITY_MOST ||
        quantity < -QUANTITY_MOST)
        return 0;
    return quantity;
}

const json_t *order_more(const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    if (!value || json_is_null(value))
        value = json_object_get(json_object_get(from, "extension_attributes"), name);
    return json_is_null(value) ? NULL : value;
}

json_t *order_quantity_json(int64_t quantity)
{
    char text[32];
    if (quantity % TB_QUANTITY_SCALE == 0)
        return json_integer(quantity / TB_QUANTITY_SCALE);
    return tb_quantity_format(quantity, 0, text, sizeof text) ? NULL : json_string(text);
}

const json_t *order_item(const json_t *order, int64_t item)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        if (order_number(row, "item_id") == item)
            return row;
    }
    return NULL;
}

/* ---- sold ---- */

/* A counter of a row, in pieces of the thing: a bundle of which one was shipped may be two pieces of it. */
static int64_t in_pieces(const json_t *row, const char *name, int64_t quantity)
{
    int64_t of = order_quantity(row, "qty_ordered");
    return of > 0 ? (int64_t)((__int128)order_quantity(row, name) * quantity / of) : 0;
}

void sold_counts_read(const json_t *order, const json_t *sold, sold_counts *out)
{
    int64_t quantity = order_quantity(sold, "quantity");
    const json_t *ship = order_item(order, order_number(sold, "ship"));
    const json_t *money = order_item(order, order_number(sold, "item"));
    *out = (sold_counts){.ordered = ship ? quantity : 0,
                         .canceled = in_pieces(ship, "qty_canceled", quantity),
                         .shipped = in_pieces(ship, "qty_shipped", quantity),
                         .refunded = in_pieces(money, "qty_refunded", quantity),
                         .invoiced = in_pieces(money, "qty_invoiced", quantity)};
}

/* Pieces of the thing in the documents' rows of that order row; before: made earlier than that, NULL: all. */
static int64_t in_documents(const json_t *documents, const json_t *row, int64_t quantity, const char *before)
{
    size_t i, k;
    json_t *document, *item;
    int64_t sum = 0, of = order_quantity(row, "qty_ordered");
    json_array_foreach(documents, i, document)
    {
        if (before && strcmp(order_text(document, "created_at"), before) >= 0)
            continue;
        json_array_foreach(json_object_get(document, "items"), k, item)
        {
            if (of > 0 && order_number(item, "order_item_id") == order_number(row, "item_id"))
                sum += (int64_t)((__int128)order_quantity(item, "qty") * quantity / of);
        }
    }
    return sum;
}

/* A memo takes pieces back that were shipped and not refunded before; what it has more never left. */
void sold_apart_read(const json_t *order, const json_t *documents, const json_t *sold, sold_counts *out)
{
    size_t i;
    json_t *memo;
    int64_t quantity = order_quantity(sold, "quantity"), refunded = 0, lost = 0;
    const json_t *ship = order_item(order, order_number(sold, "ship"));
    const json_t *money = order_item(order, order_number(sold, "item"));
    json_array_foreach(json_object_get(documents, "creditmemos"), i, memo)
    {
        const char *when = order_text(memo, "created_at");
        json_auto_t *this_one = json_pack("[O]", memo);
        int64_t pieces = in_documents(this_one, money, quantity, NULL);
        int64_t gone = in_documents(json_object_get(documents, "shipments"), ship, quantity, when) - refunded;
        gone = !*when || gone > pieces ? pieces : gone > 0 ? gone : 0;
        refunded += pieces;
        lost += pieces - gone;
    }
    int64_t told = out->refunded > out->shipped ? out->refunded - out->shipped : 0;
    out->apart = refunded == out->refunded && lost > told ? lost - told : 0;
}

int64_t sold_kept(const sold_counts *c, int64_t delivered)
{
    int64_t back = (c->shipped < c->refunded ? c->shipped : c->refunded) - c->apart;
    int64_t never = c->refunded - (back < delivered ? back : delivered);
    int64_t kept = c->ordered - c->canceled - never;
    return kept > 0 ? kept : 0;
}

const json_t *sold_of(const json_t *sold, int64_t item, const char *sku)
{
    size_t i;
    json_t *one;
    json_array_foreach(sold, i, one)
    {
        if (order_number(one, "item") == item && !strcmp(order_text(one, "sku"), sku))
            return one;
    }
    return NULL;
}
