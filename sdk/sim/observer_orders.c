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

int64_t observer_promised(const world_sku *k, int64_t *there)
{
    adobe_promise orders[MOST_ORDERS];
    int64_t web = 0, shared = 0, held = 0;
    size_t count = adobe_promises(sim_world.adobe, k->shop, orders, MOST_ORDERS);
    for (size_t i = 0; i < count; i++) {
        at_tills t = look_at_tills(&orders[i], k->till);
        int64_t open = orders[i].held - smaller(orders[i].held, at_least_0(t.delivered - orders[i].gone));
        web += open;
        shared += smaller(open, t.held);
    }
    *there = 0;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        int64_t total = 0, reserved = 0;
        sitoo_level(sim_world.sitoo, sim_world.stores[i].warehouse, k->till, &total, &reserved);
        *there += at_least_0(total) / 1000;
        held += reserved / 1000;
    }
    return web + at_least_0(held - shared);
}
