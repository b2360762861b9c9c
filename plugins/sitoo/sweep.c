/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep of the open orders, in the bulk class: what no event told. Sitoo has no list of what was
 * modified, so every open order is read by rising id, a hundred a call. One that differs from what was seen
 * is told; one that was open and is no longer in the list has changed: its id is noted, and it is read by
 * name. A round that a restart cut off is begun anew. */
#include "plugins/sitoo/weborders.h"

#include <stdio.h>
#include <string.h>

#define KEEP (INT64_C(90) * 86400000) /* what is seen of an order that is not open any more */

static void begin(reading *r, sweeping *w)
{
    w->seen = json_object();
    w->began = r->now;
    w->from = 1;
}

/* ---- the end of a round ---- */

typedef struct leavers {
    const sweeping *sweeping;
    int64_t now;
    json_t *gone, *old; /* names */
} leavers;

static int judge(void *arg, const char *name, const char *value)
{
    leavers *l = arg;
    seen_order s;
    const char *id = strchr(name, '/');
    seen_decode(value, &s);
    if (!id || !s.known)
        return 0;
    if (s.state == STATE_OPEN && s.at < l->sweeping->began && !json_object_get(l->sweeping->seen, id + 1))
        json_array_append_new(l->gone, json_string(id + 1));
    if (s.state != STATE_OPEN && s.at < l->now - KEEP)
        json_array_append_new(l->old, json_string(name));
    return 0;
}

static tb_verdict end(reading *r, sweeping *w)
{
    leavers l = {.sweeping = w, .now = r->now, .gone = json_array(), .old = json_array()};
    size_t i;
    json_t *name;
    int bad = 0;
    tb_state_list(r->ctx, NS_TILL, "", judge, &l);
    json_array_foreach(l.gone, i, name)
    {
        bad |= order_note(r->ctx, strtoll(json_string_value(name), NULL, 10));
    }
    if (json_array_size(l.gone))
        tb_feed_more(r->feed);
    json_array_foreach(l.old, i, name)
    {
        bad |= seen_set(r->ctx, json_string_value(name), NULL);
    }
    json_decref(l.gone);
    json_decref(l.old);
    json_decref(w->seen);
    *w = (sweeping){.next = w->began + r->self->sweep};
    tb_feed_at(r->feed, w->next);
    return bad ? TB_RETRY : TB_OK;
}

/* ---- a page ---- */

static int take_page(reading *r, sweeping *w, const json_t *items)
{
    size_t i;
    json_t *order;
    int64_t last = w->from - 1;
    char id[24];
    json_array_foreach((json_t *)(uintptr_t)items, i, order)
    {
        int64_t number = sitoo_number(order, "orderid");
        if (number <= last || sitoo_number(order, "orderstateid") != STATE_OPEN)
            return -1;
        last = number;
        snprintf(id, sizeof id, "%lld", (long long)number);
        json_object_set_new(w->seen, id, json_true());
        if (weborders_take(r, order, false))
            return -1;
    }
    w->from = last + 1;
    return 0;
}

static tb_verdict untrusted(reading *r, sweeping *w)
{
    tb_raise(r->feed, "sitoo.untrusted", "open orders",
             "the list of open orders is not by rising id from %lld, or shows others", (long long)w->from);
    json_decref(w->seen);
    *w = (sweeping){.next = r->now + r->self->sweep};
    tb_feed_at(r->feed, w->next);
    return TB_OK;
}

tb_verdict weborders_sweep(reading *r)
{
    sweeping *w = &r->self->sweeping;
    SITOO_LIST list = {0};
    SITOO_TEXT query = {0};
    if (!w->seen && r->now < w->next) {
        tb_feed_at(r->feed, w->next);
        return TB_OK;
    }
    if (!w->seen)
        begin(r, w);
    sitoo_printf(&query, "eshopid=%lld&orderstate=0&ordertype=10,100&orderidfrom=%lld&sort=orderid&num=%d&%s",
                 (long long)r->self->site, (long long)w->from, GATHER, WEBORDER_FIELDS);
    sitoo_answer answer = sitoo_get_list(r->ctx, TB_BULK, "/orders.json", sitoo_str(&query), &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "orders");
    if (take_page(r, w, list.items))
        return untrusted(r, w);
    tb_clear(r->feed, "sitoo.untrusted", "open orders");
    int64_t n = (int64_t)json_array_size(list.items);
    if (!n || n >= list.total)
        return end(r, w);
    tb_feed_more(r->feed);
    return TB_OK;
}
