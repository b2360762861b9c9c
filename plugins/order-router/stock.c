/* SPDX-License-Identifier: Apache-2.0 */
/* What is free where. The till's counters are those that the stock pipeline read last: total, and reserved as
 * it was last seen. What was routed there since is not in them yet: each order keeps what it was promised
 * under `promised`, key warehouse/SKU/<order>, with the time it was first seen at the till; from the first
 * read after that time on the till's own counter has it. Orders of one delivery do not see each other's
 * state, so what was decided a moment ago is also kept in the instance. */
#include "plugins/order-router/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRESH_MS = 5 * 60 * 1000, FRESH_MOST = 2000 };

static json_t *state_of(const routing *r, const char *name, const char *key)
{
    char full[128];
    snprintf(full, sizeof full, "%s/%s", r->self->stock, name);
    const char *text = tb_state_get(r->ctx, full, key);
    return text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

/* What was decided for an order a moment ago; NULL: the state has it. */
static const json_t *fresh_of(const routing *r, const char *order)
{
    const json_t *one = json_object_get(r->self->fresh, order);
    return one && tb_now(r->ctx) - order_number(one, "when") < FRESH_MS ? one : NULL;
}

/* ---- what others were promised ---- */

typedef struct counting {
    const routing *r;
    size_t prefix;
    int64_t read_at; /* the till's row */
    int64_t pieces;
} counting;

static int count_promise(void *arg, const char *key, const char *value)
{
    counting *c = arg;
    const char *order = key + c->prefix;
    if (strchr(order, '/') || !strcmp(order, c->r->key) || fresh_of(c->r, order))
        return 0;
    json_auto_t *entry = json_loads(value, 0, NULL);
    int64_t at = order_number(entry, "at");
    if (!at || c->read_at < at)
        c->pieces += order_quantity(entry, "q");
    return 0;
}

static int64_t promised_fresh(const routing *r, const char *row)
{
    const char *order;
    json_t *one;
    int64_t pieces = 0;
    json_object_foreach(r->self->fresh, order, one)
    {
        if (fresh_of(r, order) && strcmp(order, r->key))
            pieces += order_quantity(json_object_get(one, "pieces"), row);
    }
    return pieces;
}

int64_t stock_free(const routing *r, const place *p, const char *sku)
{
    char row[ORDER_KEY_MOST], prefix[ORDER_KEY_MOST];
    snprintf(row, sizeof row, "%s/%s", p->warehouse, sku);
    int n = snprintf(prefix, sizeof prefix, "%s/", row);
    json_auto_t *level = state_of(r, "levels", row);
    json_auto_t *read = state_of(r, "held", row);
    if (!level || n >= (int)sizeof prefix)
        return 0;
    const json_t *from = json_object_get(level, "v") ? level : read;
    int64_t reserved = order_quantity(from, "v");
    counting c = {r, (size_t)n, order_number(read, "at"), 0};
    tb_state_list(r->ctx, "promised", prefix, count_promise, &c);
    int64_t left =
        order_quantity(level, "t") - (reserved > 0 ? reserved : 0) - c.pieces - promised_fresh(r, row);
    return left > 0 ? left : 0;
}

int64_t stock_age(const routing *r)
{
    json_auto_t *listed = state_of(r, "listed", "transactions");
    int64_t when = json_integer_value(listed);
    return when ? tb_now(r->ctx) - when : -1;
}

/* ---- orders a day ---- */

/* The business day as a number; good enough for a limit, and the same for all who count. */
static long long today(const routing *r)
{
    return (long long)((tb_now(r->ctx) - r->self->day_starts) / 86400000);
}

static int count_order(void *arg, const char *key, const char *value)
{
    counting *c = arg;
    const char *order = key + c->prefix;
    (void)value;
    if (strcmp(order, c->r->key) && !fresh_of(c->r, order))
        c->pieces++;
    return 0;
}

static int64_t fresh_orders(const routing *r, const char *name)
{
    const char *order;
    json_t *one;
    int64_t n = 0;
    json_object_foreach(r->self->fresh, order, one)
    {
        n += strcmp(order, r->key) && fresh_of(r, order) &&
             json_object_get(json_object_get(one, "places"), name);
    }
    return n;
}

bool place_has_room(const routing *r, const place *p)
{
    char prefix[ORDER_KEY_MOST];
    if (!p->has_capacity)
        return true;
    int n = snprintf(prefix, sizeof prefix, "%lld/%s/", today(r), p->name);
    counting c = {r, (size_t)n, 0, 0};
    tb_state_list(r->ctx, "load", prefix, count_order, &c);
    return c.pieces + fresh_orders(r, p->name) < p->capacity;
}

/* ---- keeping ---- */

static void fresh_sweep(const routing *r)
{
    const char *order;
    json_t *one;
    void *next;
    order_router *self = r->self;
    if (!self->fresh)
        self->fresh = json_object();
    json_object_foreach_safe(self->fresh, next, order, one)
    {
        if (tb_now(r->ctx) - order_number(one, "when") >= FRESH_MS ||
            json_object_size(self->fresh) > FRESH_MOST)
            json_object_del(self->fresh, order);
    }
}

void fresh_free(order_router *self)
{
    json_decref(self->fresh);
    self->fresh = NULL;
}

static void promise_key(const routing *r, const json_t *part, const json_t *row, char out[ORDER_KEY_MOST])
{
    snprintf(out, ORDER_KEY_MOST, "%s/%s/%s", order_text(part, "warehouse"), order_text(row, "sku"), r->key);
}

/* The pieces of every row of parts in the till system: {"31/SKU/<order>": {"q", "at"}}. */
static json_t *promises_of(const routing *r, const json_t *parts)
{
    size_t i, k;
    json_t *part, *row, *all = json_object();
    char key[ORDER_KEY_MOST];
    json_array_foreach(parts, i, part)
    {
        bool till = !strcmp(order_text(part, "system"), "till") && !json_object_get(part, "over");
        json_array_foreach(till ? json_object_get(part, "rows") : NULL, k, row)
        {
            promise_key(r, part, row, key);
            int64_t pieces = order_quantity(row, "quantity") + order_quantity(json_object_get(all, key), "q");
            json_object_set_new(all, key,
                                json_pack("{s:o, s:b}", "q", order_quantity_json(pieces), "there",
                                          json_is_true(json_object_get(part, "at_till"))));
        }
    }
    return all;
}

static void keep_promise(const routing *r, const char *key, const json_t *now)
{
    char value[96];
    const char *before = tb_state_get(r->ctx, "promised", key);
    json_auto_t *old = before ? json_loads(before, 0, NULL) : NULL;
    char pieces[32];
    int64_t at = order_number(old, "at");
    if (!json_is_true(json_object_get(now, "there")))
        at = 0;
    else if (!at)
        at = tb_now(r->ctx);
    tb_quantity_format(order_quantity(now, "q"), 0, pieces, sizeof pieces);
    snprintf(value, sizeof value, "{\"q\":\"%s\",\"at\":%lld}", pieces, (long long)at);
    if (!before || strcmp(before, value))
        tb_state_set(r->ctx, r->record, "promised", key, value);
}

static void load_set(const routing *r, const json_t *parts, const char *value)
{
    size_t i;
    json_t *part;
    char key[ORDER_KEY_MOST];
    json_array_foreach(parts, i, part)
    {
        long long day = value ? today(r) : (long long)order_number(part, "day");
        if (value && json_object_get(part, "day"))
            continue; /* counted when it was decided */
        if (value)
            json_object_set_new(part, "day", json_integer(day));
        snprintf(key, sizeof key, "%lld/%s/%s", day, order_text(part, "location"), r->key);
        tb_state_set(r->ctx, r->record, "load", key, value);
    }
}

static void fresh_note(const routing *r, const json_t *promises)
{
    const char *key;
    size_t i;
    json_t *one, *part, *pieces = json_object(), *places = json_object();
    json_object_foreach((json_t *)(uintptr_t)promises, key, one)
    {
        char row[ORDER_KEY_MOST];
        snprintf(row, sizeof row, "%.*s", (int)(strlen(key) - strlen(r->key) - 1), key);
        json_object_set(pieces, row, json_object_get(one, "q"));
    }
    json_array_foreach(r->parts, i, part)
    {
        json_object_set_new(places, order_text(part, "location"), json_true());
    }
    json_object_set_new(
        r->self->fresh, r->key,
        json_pack("{s:I, s:o, s:o}", "when", (json_int_t)tb_now(r->ctx), "pieces", pieces, "places", places));
}

static bool all_at_till(const json_t *parts)
{
    size_t i;
    json_t *part;
    bool all = json_array_size(parts) > 0;
    json_array_foreach(parts, i, part)
    {
        all = all && json_is_true(json_object_get(part, "at_till"));
    }
    return all;
}

void stock_promise(routing *r)
{
    const char *key;
    json_t *one;
    json_auto_t *now = promises_of(r, r->parts), *old = promises_of(r, json_object_get(r->before, "parts"));
    fresh_sweep(r);
    json_object_foreach(now, key, one)
    {
        keep_promise(r, key, one);
    }
    json_object_foreach(old, key, one)
    {
        if (!json_object_get(now, key))
            tb_state_set(r->ctx, r->record, "promised", key, NULL);
    }
    load_set(r, r->parts, "1");
    if (all_at_till(r->parts)) /* in the state by now, with the time it was seen */
        json_object_del(r->self->fresh, r->key);
    else
        fresh_note(r, now);
}

void stock_forget(routing *r)
{
    const char *key;
    json_t *one;
    json_auto_t *all = promises_of(r, r->parts);
    json_object_foreach(all, key, one)
    {
        if (tb_state_get(r->ctx, "promised", key))
            tb_state_set(r->ctx, r->record, "promised", key, NULL);
    }
    load_set(r, r->parts, NULL);
    json_object_del(r->self->fresh, r->key);
}
