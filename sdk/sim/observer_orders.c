/* SPDX-License-Identifier: Apache-2.0 */
/* What is promised of a product: pieces of web orders that the shop still reserves and no till has handed out
 * yet, and pieces that the tills hold, which may be of the same orders. There is what stands in the stores.
 * Shop and till are matched by the external id P-<order>-<part>-<attempt>, with the order's number or id. */
#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ORDERS = 512, MOST_PARTS = 20, MOST_ATTEMPTS = 20 };

typedef struct {
    int64_t delivered; /* pieces */
    int64_t held;      /* pieces, counted in a warehouse's reserved */
} at_tills;

static void add_order(const sitoo_order *o, const char *sku, at_tills *sum)
{
    for (size_t i = 0; i < o->row_count; i++) {
        const sitoo_row *r = &o->rows[i];
        if (!r->sku || strcmp(r->sku, sku) != 0)
            continue;
        sum->delivered += r->delivered;
        sum->held += r->held / r->unit;
    }
}

/* Attempts of a part are numbered without gaps, and so are parts. */
static bool add_part(const char *order, int part, const char *sku, at_tills *sum)
{
    char name[96];
    bool any = false;
    for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
        snprintf(name, sizeof name, "P-%s-%d-%d", order, part, attempt);
        const sitoo_order *o = map_get(&sim_world.sitoo->by_external, name);
        if (!o)
            break;
        add_order(o, sku, sum);
        any = true;
    }
    return any;
}

static at_tills look_at_tills(const adobe_promise *p, const char *sku)
{
    char id[24];
    at_tills sum = {0};
    snprintf(id, sizeof id, "%lld", (long long)p->id);
    const char *const names[] = {p->original, id};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (int part = 1; part <= MOST_PARTS && add_part(names[n], part, sku, &sum); part++)
            ;
    return sum;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

typedef struct {
    int64_t web;    /* pieces that the shop reserves and no till has handed out */
    int64_t shared; /* of these, held at a till */
} web_pieces;

static web_pieces look_at_orders(const world_sku *k)
{
    adobe_promise orders[MOST_ORDERS];
    web_pieces sum = {0};
    size_t count = adobe_promises(sim_world.adobe, k->shop, orders, MOST_ORDERS);
    for (size_t i = 0; i < count; i++) {
        at_tills t = look_at_tills(&orders[i], k->till);
        int64_t open = orders[i].held - smaller(orders[i].held, at_least_0(t.delivered - orders[i].gone));
        sum.web += open;
        sum.shared += smaller(open, t.held);
    }
    return sum;
}

/* The shop itself may leave some over: a second memo for a piece that went out after the first one gives back
 * what was given back already. */
int64_t observer_left_over(const world_sku *k)
{
    adobe_promise orders[MOST_ORDERS];
    int64_t sum = adobe_reserved(sim_world.adobe, k->shop, 2);
    size_t count = adobe_promises(sim_world.adobe, k->shop, orders, MOST_ORDERS);
    for (size_t i = 0; i < count; i++)
        sum += orders[i].held * 10000;
    return sum;
}

/* The goal of R1 at rest: what the tills have free, less the web orders that no till holds. */
observer_salable observer_goal(const world_sku *k, int64_t kept_back)
{
    web_pieces orders = look_at_orders(k);
    int64_t free_ = 0;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        int64_t total = 0, reserved = 0;
        sitoo_level(sim_world.sitoo, sim_world.stores[i].warehouse, k->till, &total, &reserved);
        free_ += at_least_0((total - at_least_0(reserved)) / 1000 - kept_back);
    }
    int64_t not_at_till = orders.web - orders.shared, want = free_ - not_at_till;
    int64_t least = adobe_threshold(sim_world.adobe, k->shop);
    int64_t have = adobe_salable(sim_world.adobe, k->shop, 2), left_over = observer_left_over(k);
    return (observer_salable){at_least_0(want * 10000 - least + left_over), at_least_0(have), left_over,
                              not_at_till};
}

int64_t observer_promised(const world_sku *k, int64_t *there)
{
    int64_t held = 0;
    web_pieces orders = look_at_orders(k);
    *there = 0;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        int64_t total = 0, reserved = 0;
        sitoo_level(sim_world.sitoo, sim_world.stores[i].warehouse, k->till, &total, &reserved);
        *there += at_least_0(total) / 1000;
        held += reserved / 1000;
    }
    return orders.web + at_least_0(held - orders.shared);
}
