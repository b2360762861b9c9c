/* SPDX-License-Identifier: Apache-2.0 */
/* The till's orders of one order of the shop. Each is found by the external id we chose, which names order,
 * part and attempt; its rows carry the shop's item ids, so nothing need be remembered to tell which is which.
 */
#include "plugins/order-parts/order_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_OPEN = 0, STATE_CLOSED = 10 };
enum { LOG_READY = 900, LOG_REFUSED = 910 };

int order_external(const char *order, int part, int attempt, char out[ORDER_EXTERNAL_MOST])
{
    int n = snprintf(out, ORDER_EXTERNAL_MOST, "P-%s-%d-%d", order, part, attempt);
    for (const char *at = out; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
            return -1;
    }
    return *order && n > 0 && n < ORDER_EXTERNAL_MOST ? 0 : -1;
}

static bool number_after(const char **at, int *out)
{
    char *end;
    if (**at != '-' || !isdigit((unsigned char)(*at)[1]))
        return false;
    long n = strtol(*at + 1, &end, 10);
    *at = end;
    *out = n > 0 && n < 1000000 ? (int)n : 0;
    return *out > 0;
}

bool order_external_parse(const char *external, const char *order, int *part, int *attempt)
{
    size_t n = strlen(order);
    if (strncmp(external, "P-", 2) || strncmp(external + 2, order, n))
        return false;
    const char *at = external + 2 + n;
    return number_after(&at, part) && number_after(&at, attempt) && !*at;
}

/* Staff say ready or refused in the order's log; the later word counts. */
static void read_log(const json_t *json, till_order *out)
{
    size_t i;
    json_t *entry;
    int64_t last = -1;
    json_array_foreach(json_object_get(json, "orderlogitems"), i, entry)
    {
        int64_t type = order_number(entry, "orderlogtypeid"), when = order_number(entry, "datecreated");
        if ((type != LOG_READY && type != LOG_REFUSED) || when < last)
            continue;
        last = when;
        out->ready = type == LOG_READY;
        out->refused = type == LOG_REFUSED;
    }
}

bool till_order_read(const json_t *json, const char *order, till_order *out)
{
    *out = (till_order){.json = json, .adopted = json_is_true(json_object_get(json, "adopted"))};
    if (out->adopted)
        out->part = out->attempt = 1;
    else if (!order_external_parse(order_text(json, "externalid"), order, &out->part, &out->attempt))
        return false;
    int64_t state = order_number(json, "orderstateid");
    out->state = state == STATE_OPEN ? TILL_OPEN : state == STATE_CLOSED ? TILL_CLOSED : TILL_CANCELLED;
    out->id = order_number(json, "orderid");
    out->warehouse = order_number(json, "warehouseid");
    out->reserved_until = order_number(json, "datereserved") * 1000;
    read_log(json, out);
    return true;
}

void till_order_newest(const json_t *part_till, const char *order, int part, till_order *out)
{
    size_t i;
    json_t *json;
    till_order one;
    *out = (till_order){.part = part};
    json_array_foreach(json_object_get(part_till, "orders"), i, json)
    {
        if (till_order_read(json, order, &one) && one.part == part && one.attempt > out->attempt)
            *out = one;
    }
}

static int64_t pieces_in(const json_t *delivery, int64_t row)
{
    size_t i;
    json_t *item;
    int64_t pieces = 0;
    json_array_foreach(json_object_get(delivery, "orderdeliveryitems"), i, item)
    {
        const json_t *index = json_object_get(item, "orderitemid");
        if (json_is_integer(index) && json_integer_value(index) == row)
            pieces += order_quantity(item, "quantity");
    }
    return pieces;
}

int64_t till_delivered(const json_t *till, int64_t row, int64_t from, bool cancelled)
{
    size_t i;
    json_t *delivery;
    int64_t pieces = 0;
    json_array_foreach(json_object_get(till, "deliveries"), i, delivery)
    {
        if ((order_number(delivery, "datecancelled") != 0) == cancelled &&
            (!from || order_number(delivery, "warehouseid") == from))
            pieces += pieces_in(delivery, row);
    }
    return pieces;
}

int64_t till_row_item(const json_t *row)
{
    return order_number(json_object_get(row, "additionaldata"), "web-itemid");
}

int64_t till_row_quantity(const json_t *row)
{
    const char *total = order_text(row, "decimalquantitytotal");
    return *total ? order_quantity(row, "decimalquantitytotal") : order_quantity(row, "quantity");
}

/* ---- rows without an item_id ---- */

enum { THINGS_MOST = 200 };

static size_t thing_with_room(const json_t *sold, const char *sku, int64_t pieces, const int64_t *used)
{
    size_t k = 0, n = json_array_size(sold) < THINGS_MOST ? json_array_size(sold) : THINGS_MOST;
    for (; k < n; k++) {
        const json_t *thing = json_array_get(sold, k);
        if (!strcmp(order_text(thing, "sku"), sku) && used[k] + pieces <= order_quantity(thing, "quantity"))
            break;
    }
    return k < n ? k : THINGS_MOST;
}

const json_t *till_row_sold(const json_t *till, size_t row, const json_t *sold)
{
    int64_t used[THINGS_MOST] = {0};
    size_t k = THINGS_MOST;
    const json_t *rows = json_object_get(till, "orderitems"), *this_one = json_array_get(rows, row);
    const char *sku = order_text(this_one, "sku");
    if (till_row_item(this_one) || !json_is_true(json_object_get(till, "adopted")) || !*sku)
        return sold_of(sold, till_row_item(this_one), sku);
    for (size_t i = 0; i <= row; i++) {
        const json_t *before = json_array_get(rows, i);
        int64_t pieces = till_row_quantity(before);
        k = strcmp(order_text(before, "sku"), sku) ? THINGS_MOST : thing_with_room(sold, sku, pieces, used);
        if (k < THINGS_MOST)
            used[k] += pieces;
    }
    return k < THINGS_MOST ? json_array_get(sold, k) : NULL;
}
