/* SPDX-License-Identifier: Apache-2.0 */
/* Stream `stock`: orders as far as they hold stock (noted.c reads those that events named). A till sale
 * (closed, nothing reserved) ends there: its transaction tells the rest. Everything else may have moved a
 * reservation, of which no transaction tells: the rows are read again, and a timer waits for the moment the
 * reservation lapses, because nobody tells of that either. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

#define ORDER_FIELDS                                                                                         \
    "fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,warehouseid,datereserved,"     \
    "orderitems"

static json_t *rows_of_order(const json_t *order)
{
    json_t *rows = json_object(), *item;
    size_t i;
    char row[ROW_SIZE];
    json_array_foreach(json_object_get(order, "orderitems"), i, item)
    {
        if (!row_name(sitoo_number(order, "warehouseid"), sitoo_field(item, "sku"), row))
            json_object_set_new(rows, row, json_true());
    }
    return rows;
}

/* Virtual warehouses write no transactions: there even a plain sale is only seen by its order. */
static bool holds_nothing(const reading *r, const json_t *order, int64_t reserved)
{
    const sitoo_warehouse *w = sitoo_find_warehouse(&r->self->warehouses, sitoo_number(order, "warehouseid"));
    return sitoo_number(order, "orderstateid") == STATE_CLOSED && !reserved &&
           sitoo_number(order, "ordertypeid") == TYPE_ORDER && (!w || w->type != SITOO_VIRTUAL);
}

static bool of_interest(const reading *r, const json_t *order)
{
    int64_t type = sitoo_number(order, "ordertypeid"), site = sitoo_number(order, "eshopid");
    return (type == TYPE_ORDER || type == TYPE_BOOKING) && (!site || site == r->self->site) &&
           source_of(&r->tables, sitoo_number(order, "warehouseid"));
}

static int take_order(reading *r, const json_t *order, bool touches)
{
    int64_t until = sitoo_number(order, "datereserved") * 1000;
    if (!of_interest(r, order) || holds_nothing(r, order, until))
        return 0;
    json_auto_t *rows = rows_of_order(order);
    const char *row;
    json_t *unused;
    json_object_foreach(rows, row, unused)
    {
        if (touches)
            touch_row(r, row, "reservation");
    }
    until += r->self->grace;
    if (sitoo_number(order, "orderstateid") != STATE_OPEN || until <= r->now)
        return 0;
    return timer_set(r, until, sitoo_number(order, "orderid"), rows);
}

static int take_moved(reading *r, const json_t *order)
{
    return take_order(r, order, true);
}

tb_verdict gather_orders(reading *r)
{
    return noted_read(r, ORDER_FIELDS, take_moved);
}

/* ---- all open ones, for their timers: at the first start, and with each round of the full read ---- */

tb_verdict sweep_orders(reading *r, int64_t *from, bool *ended)
{
    SITOO_LIST list = {0};
    SITOO_TEXT query = {0};
    size_t i;
    json_t *order;
    sitoo_printf(
        &query,
        "eshopid=%lld&orderstate=0&ordertype=10,100&orderidfrom=%lld&sort=orderid&num=%d&" ORDER_FIELDS,
        (long long)r->self->site, (long long)*from, GATHER);
    sitoo_answer answer = sitoo_get_list(r->ctx, TB_BULK, "/orders.json", sitoo_str(&query), &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "orders");
    json_array_foreach(list.items, i, order)
    {
        if (sitoo_number(order, "orderid") >= *from)
            *from = sitoo_number(order, "orderid") + 1;
        if (take_order(r, order, false))
            return TB_RETRY;
    }
    *ended = !i || (int64_t)i >= list.total;
    return TB_OK;
}
