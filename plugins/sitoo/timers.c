/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: a reservation lapses without any event, so each order that holds stock keeps a timer with the rows
 * it holds. Their keys sort by time, so the first of the list says when to read again. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 150, MOST_DUE = 50, STAMP = 15 };

static int put(reading *r, int64_t when, int64_t order, int part, const json_t *keys)
{
    char key[64];
    json_auto_t *value = json_pack("{s:O}", "keys", keys);
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    snprintf(key, sizeof key, "%0*lld/%lld", STAMP, (long long)when, (long long)order);
    if (part)
        snprintf(key + strlen(key), sizeof key - strlen(key), "/%d", part);
    int bad = text ? tb_state_set(r->ctx, NULL, NS_TIMERS, key, text) : -1;
    free(text);
    return bad;
}

/* A value of the state has its limit: many rows make several timers. */
int timer_set(reading *r, int64_t when, int64_t order, const json_t *rows)
{
    json_auto_t *keys = json_array();
    const char *row;
    json_t *unused;
    int part = 0, bad = 0;
    json_object_foreach((json_t *)(uintptr_t)rows, row, unused)
    {
        json_array_append_new(keys, json_string(row));
        if (json_array_size(keys) == MOST_ROWS) {
            bad |= put(r, when, order, part++, keys);
            json_array_clear(keys);
        }
    }
    if (json_array_size(keys))
        bad |= put(r, when, order, part, keys);
    tb_feed_at(r->feed, when);
    return bad;
}

void touch_row(reading *r, const char *row, const char *why)
{
    level l;
    char target[KEY_SIZE];
    int64_t warehouse;
    const char *sku;
    if (row_parse(row, &warehouse, &sku))
        return;
    target_of(&r->tables, warehouse, sku, target);
    level_get(r->ctx, row, &l);
    if (l.known) {
        level_mark(&l);
        touch_target(&r->touched, &l, target);
        level_set(r->ctx, row, &l);
    }
    touch_key(&r->touched, target, &(touch){.why = why});
}

typedef struct due {
    int64_t now, next;
    json_t *list; /* key -> value */
} due;

static int collect(void *arg, const char *key, const char *value)
{
    due *d = arg;
    int64_t when = strtoll(key, NULL, 10);
    if (when > d->now) {
        d->next = when;
        return 1;
    }
    json_object_set_new(d->list, key, json_loads(value, 0, NULL));
    return json_object_size(d->list) >= MOST_DUE;
}

typedef void (*firing)(reading *r, const char *name);

static void fire_one(reading *r, const json_t *timer, firing fire)
{
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(timer, "keys"), i, name)
    {
        if (json_is_string(name))
            fire(r, json_string_value(name));
    }
}

tb_verdict timers_fire(reading *r, firing fire)
{
    due d = {.now = r->now, .list = json_object()};
    const char *key;
    json_t *timer;
    tb_state_list(r->ctx, NS_TIMERS, "", collect, &d);
    json_object_foreach(d.list, key, timer)
    {
        fire_one(r, timer, fire);
        tb_state_set(r->ctx, NULL, NS_TIMERS, key, NULL);
        r->worked = true;
    }
    if (json_object_size(d.list) >= MOST_DUE)
        tb_feed_more(r->feed);
    else if (d.next)
        tb_feed_at(r->feed, d.next);
    json_decref(d.list);
    return TB_OK;
}

static void fire_row(reading *r, const char *row)
{
    touch_row(r, row, "reservation");
}

tb_verdict fire_timers(reading *r)
{
    return timers_fire(r, fire_row);
}
