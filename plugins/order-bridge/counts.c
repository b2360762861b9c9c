/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a thing by source: what the tills of that source have handed out, and what the shop's shipments
 * took from it. */
#include "plugins/order-bridge/bridge.h"

#include <string.h>

void bridge_counts(const bridge *b, size_t thing, sold_counts *out)
{
    sold_counts_read(b->order, thing_at(b, thing), out);
    sold_apart_read(b->order, b->documents, thing_at(b, thing), out);
}

int64_t pieces_of_row(const bridge *b, const json_t *row, size_t thing)
{
    const json_t *sold = thing_at(b, thing);
    const json_t *ship = order_item(b->order, order_number(sold, "ship"));
    int64_t of = order_quantity(ship, "qty_ordered");
    if (order_number(row, "order_item_id") != order_number(sold, "ship") || of <= 0)
        return 0;
    return (int64_t)((__int128)order_quantity(row, "qty") * order_quantity(sold, "quantity") / of);
}

int64_t shipped_from(const bridge *b, size_t thing, const char *source)
{
    size_t i, k;
    json_t *shipment, *row;
    int64_t pieces = 0;
    json_array_foreach(json_object_get(b->documents, "shipments"), i, shipment)
    {
        const char *from = json_string_value(order_more(shipment, "source_code"));
        json_array_foreach(from && !strcmp(from, source) ? json_object_get(shipment, "items") : NULL, k, row)
        {
            pieces += pieces_of_row(b, row, thing);
        }
    }
    return pieces;
}

static int64_t delivered_of_row(const bridge *b, const json_t *till, int64_t row, const char *source)
{
    size_t i;
    json_t *delivery;
    int64_t pieces = 0;
    json_array_foreach(json_object_get(till, "deliveries"), i, delivery)
    {
        json_auto_t *one = json_pack("{s:[O]}", "deliveries", delivery);
        if (!source || !strcmp(source_of(b, order_number(delivery, "warehouseid")), source))
            pieces += till_delivered(one, row, 0, false);
    }
    return pieces;
}

int64_t delivered_at(const bridge *b, size_t thing, const char *source)
{
    size_t i, k;
    json_t *json, *row;
    int64_t pieces = 0;
    till_order t;
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        bool ours = till_order_read(json, b->key, &t);
        json_array_foreach(ours ? json_object_get(json, "orderitems") : NULL, k, row)
        {
            if (sold_of(b->sold, till_row_item(row), order_text(row, "sku")) == thing_at(b, thing))
                pieces += delivered_of_row(b, json, (int64_t)k, source);
        }
    }
    return pieces;
}
