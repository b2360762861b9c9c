/* SPDX-License-Identifier: Apache-2.0 */
/* For every product and store, all counters that the till ever showed (total, reserved) are kept, numbered. A
 * value in the shop is explained by a pair of numbers (one of each counter) from which the rule makes it. The
 * values of one row must be explained by pairs that never go back. Which pair it really was nobody can see
 * from outside, so all that are possible are carried along (the smallest ones; a larger one is possible
 * wherever a smaller one is); when none is left, the daemon has written an older value after a newer one, or
 * one that never was. */
#include "tests/faults/order.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"
#include "tests/faults/baton.h"

enum { MOST_PAIRS = 64 };

typedef struct {
    int32_t total, reserved; /* numbers in the histories */
} pair;

typedef struct {
    int64_t *value;
    int n, room;
} history;

typedef struct {
    history total, reserved;
    pair front[MOST_PAIRS]; /* the smallest pairs that explain what was shown so far */
    int front_n;
    bool shown;   /* the shop has a row */
    int64_t have; /* 10^-4 */
    int64_t forgiven_until;
    int64_t differs; /* since when it is not as it should be; 0: it is */
    const world_sku *sku;
    const world_store *store;
} row;

static row *rows;
static size_t count;
static int64_t well_bound, landed;

static void note(history *h, int64_t value)
{
    if (h->n && h->value[h->n - 1] == value)
        return;
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : 8;
        h->value = realloc(h->value, (size_t)h->room * sizeof *h->value);
    }
    h->value[h->n++] = value;
}

void order_begin(void)
{
    rows = calloc(sim_world.sku_count * sim_world.store_count + 1, sizeof *rows);
    for (size_t i = 0; i < sim_world.sku_count; i++)
        for (size_t k = 0; sim_world.skus[i].shop && k < sim_world.store_count; k++) {
            row *r = &rows[count++];
            r->sku = &sim_world.skus[i];
            r->store = &sim_world.stores[k];
            r->front_n = 1;
        }
    sim_stepped = order_look;
    order_look();
}

static int64_t should(int64_t total, int64_t reserved)
{
    int64_t left = (total - reserved) / 1000;
    return left > 0 ? left * 10000 : 0;
}

/* ---- the front ---- */

static bool covered(const pair *all, int n, pair p)
{
    for (int i = 0; i < n; i++)
        if (all[i].total <= p.total && all[i].reserved <= p.reserved)
            return true;
    return false;
}

static bool reachable(const row *r, pair p)
{
    return covered(r->front, r->front_n, p);
}

/* In rising order, so that what is found first covers what is found later. */
static int explanations(const row *r, int64_t have, pair *out)
{
    int n = 0;
    for (int32_t t = 0; t < r->total.n; t++)
        for (int32_t v = 0; v < r->reserved.n && n < MOST_PAIRS; v++) {
            pair p = {t, v};
            if (should(r->total.value[t], r->reserved.value[v]) == have && reachable(r, p) &&
                !covered(out, n, p))
                out[n++] = p;
        }
    return n;
}

static void tell_history(const char *what, const history *h)
{
    for (int i = 0; i < h->n; i++)
        baton_trace("history", "%s %d: %lld", what, i, (long long)h->value[i]);
}

static void land(row *r, int64_t have)
{
    pair found[MOST_PAIRS];
    int n = explanations(r, have, found);
    landed++;
    baton_trace("landed", "%s %s: %lld.%04lld", r->sku->shop, r->store->source, (long long)(have / 10000),
                (long long)(have % 10000));
    if (!n && baton_clock() <= r->forgiven_until) { /* a call of a life that is over: it comes once more */
        r->front[0] = (pair){0, 0};
        r->front_n = 1;
        return;
    }
    if (!n) {
        tell_history("total", &r->total);
        tell_history("reserved", &r->reserved);
        for (int i = 0; i < r->front_n; i++)
            baton_trace("history", "shown before: total %d, reserved %d or later", r->front[i].total,
                        r->front[i].reserved);
        baton_fail("an older value after a newer one: %s at %s became %lld, from %lld", r->sku->shop,
                   r->store->source, (long long)(have / 10000), (long long)(r->have / 10000));
    }
    memcpy(r->front, found, sizeof *found * (size_t)n);
    r->front_n = n;
}

/* ---- after each step ---- */

static void judge_age(row *r, bool differs)
{
    if (!differs)
        r->differs = 0;
    else if (!r->differs)
        r->differs = baton_clock() + 1;
    if (r->differs && well_bound && baton_clock() - r->differs > well_bound)
        baton_fail("freshness: %s at %s is wrong for more than %lld s while both ends are well", r->sku->shop,
                   r->store->source, (long long)(well_bound / 1000));
}

static void look(row *r)
{
    int64_t total = 0, reserved = 0, have = 0;
    int status = 0;
    sitoo_level(sim_world.sitoo, r->store->warehouse, r->sku->till, &total, &reserved);
    note(&r->total, total);
    note(&r->reserved, reserved);
    bool shown = adobe_source_item(sim_world.adobe, r->sku->shop, r->store->source, &have, &status);
    if (shown && (!r->shown || have != r->have))
        land(r, have);
    r->shown = shown;
    r->have = have;
    judge_age(r, have != should(total, reserved) || (shown && status != (have > 0)));
}

void order_look(void)
{
    sitoo_lapse(sim_world.sitoo);
    for (size_t i = 0; i < count; i++)
        look(&rows[i]);
}

static void forgive(const char *sku, const char *source, int64_t until)
{
    for (size_t i = 0; i < count && sku && source; i++)
        if (!strcmp(rows[i].sku->shop, sku) && !strcmp(rows[i].store->source, source) &&
            rows[i].forgiven_until < until)
            rows[i].forgiven_until = until;
}

void order_forgive(const char *body, int64_t until)
{
    json_t *all = json_loads(body, 0, NULL), *item = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(all, "sourceItems"), i, item)
    {
        forgive(json_string_value(json_object_get(item, "sku")),
                json_string_value(json_object_get(item, "source_code")), until);
    }
    json_decref(all);
}

void order_well(int64_t bound)
{
    well_bound = bound;
    for (size_t i = 0; i < count && bound; i++)
        if (rows[i].differs)
            rows[i].differs = baton_clock() + 1;
}

int64_t order_differences(void)
{
    int64_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += rows[i].differs != 0;
    return n;
}

int64_t order_landed(void)
{
    return landed;
}

void order_tell(void)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].differs)
            baton_trace("differs", "%s at %s: the shop has %lld, the till %lld less %lld", rows[i].sku->shop,
                        rows[i].store->source, (long long)(rows[i].have / 10000),
                        (long long)rows[i].total.value[rows[i].total.n - 1],
                        (long long)rows[i].reserved.value[rows[i].reserved.n - 1]);
}
