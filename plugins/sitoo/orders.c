/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as far as they hold stock. Events name orders; their ids are gathered for a moment and read a
 * hundred a call. A till sale (closed, nothing reserved) ends there: its transaction tells the rest.
 * Everything else may have moved a reservation, of which no transaction tells: the rows are read again, and a
 * timer waits for the moment the reservation lapses, because nobody tells of that either. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

enum { LINGER = 2000, ATTEMPTS = 3 };
enum { TYPE_ORDER = 10, TYPE_BOOKING = 100, STATE_OPEN = 0, STATE_CLOSED = 10 };

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

/* ---- those that events named ---- */

typedef struct noted {
    json_t *ids; /* id -> {"at", "n"} */
    int64_t oldest;
} noted;

static int note(void *arg, const char *key, const char *value)
{
    noted *all = arg;
    json_t *entry = json_loads(value, 0, NULL);
    int64_t at = sitoo_number(entry, "at");
    if (!all->oldest || at < all->oldest)
        all->oldest = at;
    json_object_set_new(all->ids, key, entry ? entry : json_object());
    return json_object_size(all->ids) >= GATHER;
}

/* Not in the answer: not visible yet, or of no concern. Asked again a few times, then let go. */
static void not_found(reading *r, const char *id, const json_t *entry)
{
    int64_t n = sitoo_number(entry, "n") + 1;
    char value[64];
    snprintf(value, sizeof value, "{\"at\":%lld,\"n\":%lld}", (long long)r->now, (long long)n);
    tb_state_set(r->ctx, NULL, NS_ORDERS, id, n < ATTEMPTS ? value : NULL);
    if (n >= ATTEMPTS)
        tb_log(r->ctx, TB_WARN, "sitoo.order", "order %s, named by an event, is not listed", id);
}

static int take_answer(reading *r, const noted *all, const json_t *items)
{
    json_t *order, *entry;
    size_t i;
    char id[24];
    const char *key;
    json_array_foreach(items, i, order)
    {
        snprintf(id, sizeof id, "%lld", (long long)sitoo_number(order, "orderid"));
        if (!json_object_get(all->ids, id)) /* not asked for */
            continue;
        if (take_order(r, order, true))
            return -1;
        json_object_del(all->ids, id);
        tb_state_set(r->ctx, NULL, NS_ORDERS, id, NULL);
    }
    json_object_foreach(all->ids, key, entry)
    {
        not_found(r, key, entry);
    }
    return 0;
}

static tb_verdict read_noted(reading *r, noted *all)
{
    SITOO_LIST list = {0};
    SITOO_TEXT query = {0};
    const char *key;
    json_t *unused;
    json_object_foreach(all->ids, key, unused)
    {
        sitoo_printf(&query, "%s%s", query.size ? "," : "orderid=", key);
    }
    sitoo_printf(&query, "&num=%d&" ORDER_FIELDS, GATHER);
    sitoo_answer answer = sitoo_get_list(r->ctx, 0, "/orders.json", sitoo_str(&query), &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "orders");
    return take_answer(r, all, list.items) ? TB_RETRY : TB_OK;
}

tb_verdict gather_orders(reading *r)
{
    noted all = {.ids = json_object()};
    tb_verdict v = TB_OK;
    tb_state_list(r->ctx, NS_ORDERS, "", note, &all);
    size_t n = json_object_size(all.ids);
    bool wait = n < GATHER && all.oldest <= r->now && r->now - all.oldest < LINGER;
    if (n && wait)
        tb_feed_at(r->feed, all.oldest + LINGER);
    else if (n) {
        r->worked = true;
        v = read_noted(r, &all);
        if (n == GATHER)
            tb_feed_more(r->feed);
    }
    json_decref(all.ids);
    return v;
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
