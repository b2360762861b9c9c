/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that events named. Their ids are gathered for a moment and read a hundred a call; one that is not
 * listed is asked for a few times more, because it may not be visible yet, and then let go. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

enum { LINGER = 2000, ATTEMPTS = 3 };

int order_note(tb_ctx *ctx, int64_t order)
{
    char id[24], value[40];
    snprintf(id, sizeof id, "%lld", (long long)order);
    if (tb_state_get(ctx, NS_ORDERS, id))
        return 0;
    snprintf(value, sizeof value, "{\"at\":%lld}", (long long)tb_now(ctx));
    return tb_state_set(ctx, NULL, NS_ORDERS, id, value);
}

typedef struct noted {
    json_t *ids; /* id -> {"at", "n"} */
    size_t most;
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
    return json_object_size(all->ids) >= all->most;
}

static void not_found(reading *r, const char *id, const json_t *entry)
{
    int64_t n = sitoo_number(entry, "n") + 1;
    char value[64];
    snprintf(value, sizeof value, "{\"at\":%lld,\"n\":%lld}", (long long)r->now, (long long)n);
    tb_state_set(r->ctx, NULL, NS_ORDERS, id, n < ATTEMPTS ? value : NULL);
    if (n >= ATTEMPTS)
        tb_log(r->ctx, TB_WARN, "sitoo.order", "order %s, named by an event, is not listed", id);
}

static int take_answer(reading *r, const noted *all, const json_t *items, order_take take)
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
        if (take(r, order))
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

static tb_verdict read_noted(reading *r, noted *all, const char *fields, order_take take)
{
    SITOO_LIST list = {0};
    SITOO_TEXT query = {0};
    const char *key;
    json_t *unused;
    json_object_foreach(all->ids, key, unused)
    {
        sitoo_printf(&query, "%s%s", query.size ? "," : "orderid=", key);
    }
    sitoo_printf(&query, "&num=%d&%s", GATHER, fields);
    sitoo_answer answer = sitoo_get_list(r->ctx, 0, "/orders.json", sitoo_str(&query), &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "orders");
    return take_answer(r, all, list.items, take) ? TB_RETRY : TB_OK;
}

tb_verdict noted_read(reading *r, const char *fields, order_take take)
{
    int room = tb_feed_room(r->feed);
    noted all = {.ids = json_object(), .most = room > 0 && room < GATHER ? (size_t)room : GATHER};
    tb_verdict v = TB_OK;
    tb_state_list(r->ctx, NS_ORDERS, "", note, &all);
    size_t n = json_object_size(all.ids);
    bool full = n >= all.most;
    bool wait = !full && all.oldest <= r->now && r->now - all.oldest < LINGER;
    if (n && wait)
        tb_feed_at(r->feed, all.oldest + LINGER);
    else if (n) {
        r->worked = true;
        v = read_noted(r, &all, fields, take);
        if (full)
            tb_feed_more(r->feed);
    }
    json_decref(all.ids);
    return v;
}
