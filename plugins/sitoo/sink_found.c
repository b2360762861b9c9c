/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an order that carries our external id is the order that was to be made: only if it is not
 * cancelled and its rows agree in SKU, pieces and the shop's item (trade rule R7). Staff may have sorted the
 * rows otherwise, so they are counted, not compared in turn. */
#include "plugins/sitoo/sink.h"

#include <stdio.h>
#include <string.h>

enum { STATE_OPEN = 0, STATE_CANCELLED = 20 };

/* "SKU, pieces, what it stands for" -> how often. */
static json_t *rows_of(const json_t *order)
{
    json_t *rows = json_object(), *row;
    size_t i;
    json_array_foreach(json_object_get(order, "orderitems"), i, row)
    {
        SITOO_TEXT name = {0};
        const json_t *data = json_object_get(row, "additionaldata");
        sitoo_printf(&name, "%s\n%lld\n%s\n%s", sitoo_field(row, "sku"),
                     (long long)sitoo_number(row, "quantity"), sitoo_field(data, "web-itemid"),
                     sitoo_field(data, "web-fee"));
        json_int_t before = json_integer_value(json_object_get(rows, sitoo_str(&name)));
        json_object_set_new(rows, sitoo_str(&name), json_integer(before + 1));
    }
    return rows;
}

static sink_found judge_one(const json_t *order, const json_t *wanted)
{
    if (sitoo_number(order, "orderstateid") == STATE_CANCELLED)
        return FOUND_CANCELLED;
    json_auto_t *rows = rows_of(order);
    return json_equal(rows, wanted) ? FOUND_SAME : FOUND_OTHER;
}

/* The same one counts most; a live one with other rows more than one that is cancelled. */
static int weight(sink_found found)
{
    static const int weights[] = {
        [FOUND_NONE] = 0, [FOUND_CANCELLED] = 1, [FOUND_OTHER] = 2, [FOUND_SAME] = 3};
    return weights[found];
}

sink_found sink_judge_found(const json_t *orders, const json_t *sent, const json_t **which)
{
    json_auto_t *wanted = rows_of(sent);
    sink_found best = FOUND_NONE;
    size_t i;
    json_t *order;
    *which = NULL;
    json_array_foreach((json_t *)(uintptr_t)orders, i, order)
    {
        sink_found found = judge_one(order, wanted);
        if (weight(found) > weight(best)) {
            best = found;
            *which = order;
        }
    }
    return best;
}

/* ---- what Sitoo made of it ---- */

/* The sum of named fields that are there; -1: one is no amount. */
static int sum_of(const json_t *order, const char *const *names, int64_t *sum)
{
    *sum = 0;
    for (; *names; names++) {
        int64_t amount;
        if (sink_cents(order, *names, &amount) || __builtin_add_overflow(*sum, amount, sum))
            return -1;
    }
    return 0;
}

bool sink_differs(const json_t *order, const json_t *sent, int64_t total, char *why, size_t size)
{
    static const char *const parts[] = {"moneyfinal_net", "moneyfinal_vat", "moneyfinal_salestax", NULL};
    int64_t sum, till_warehouse = sitoo_number(order, "warehouseid"),
                 warehouse = sitoo_number(sent, "warehouseid"),
                 till_until = sitoo_number(order, "datereserved"), until = sitoo_number(sent, "datereserved");
    char is[40] = "?", was[40] = "?";
    if (sum_of(order, parts, &sum) || sum != total) {
        tb_money_format((tb_money){.amount = sum}, 2, is, sizeof is);
        tb_money_format((tb_money){.amount = total}, 2, was, sizeof was);
        snprintf(why, size, "its total is %s, %s was sent", is, was);
    } else if (till_warehouse != warehouse)
        snprintf(why, size, "it stands at warehouse %lld, %lld was sent", (long long)till_warehouse,
                 (long long)warehouse);
    else if (sitoo_number(order, "orderstateid") == STATE_OPEN && till_until < until)
        snprintf(why, size, "it is reserved until %lld, %lld was sent", (long long)till_until,
                 (long long)until);
    else
        return false;
    return true;
}
