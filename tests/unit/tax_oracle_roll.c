/* SPDX-License-Identifier: Apache-2.0 */
/* Random carts. Small numbers are as likely as large ones; what a shop rarely has comes now and then. */
#include "tests/unit/tax_oracle_inner.h"

#include <stddef.h>

uint64_t roll(uint64_t *seed, uint64_t sides)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % sides;
}

static const int rates_pool[] = {0,      200000, 250000, 190000, 210000, 220000, 55000,
                                 60000,  70000,  77000,  120000, 100000, 21000,  83750,
                                 255000, 135000, 81000,  71234,  240000, 200000};

/* joint: the priorities of the shop's tax rules. */
static taxes roll_taxes(uint64_t *seed, bool joint)
{
    taxes t = {{0, 0}, 0, false};
    int rate = rates_pool[roll(seed, sizeof rates_pool / sizeof *rates_pool)];
    if (!roll(seed, 12))
        return (taxes){{50000, roll(seed, 2) ? 70000 : 99750}, 2, joint};
    t.rates[0] = rate;
    t.n = rate ? 1 : 0;
    return t;
}

static int roll_quantity(uint64_t *seed, bool fractions)
{
    static const int most[] = {1, 1, 1, 2, 3, 5, 12, 40, 250, 999};
    int pieces = 1 + (int)roll(seed, (uint64_t)most[roll(seed, 10)]);
    static const int parts[] = {0, 500, 250, 125, 333, 750};
    return pieces * 1000 + (fractions ? parts[roll(seed, 6)] : 0);
}

static int roll_cents(uint64_t *seed)
{
    static const int most[] = {100, 1000, 5000, 20000, 100000, 1000000};
    return 1 + (int)roll(seed, (uint64_t)most[roll(seed, 6)]);
}

static void roll_row(cart *c, cart_row *r, const taxes common[3], uint64_t *seed)
{
    static const int kinds[] = {SIMPLE,       SIMPLE,       SIMPLE,        SIMPLE,
                                CONFIGURABLE, FIXED_BUNDLE, DYNAMIC_CHILD, DYNAMIC_CHILD};
    r->kind = kinds[roll(seed, 8)];
    r->quantity = roll_quantity(seed, c->fractions);
    r->cents = roll(seed, 40) ? roll_cents(seed) : 0; /* a gift now and then */
    r->taxes = common[roll(seed, 3)];
    r->fixed_cents = 0;
    r->discount_cents =
        roll(seed, 3) ? 0 : (int)roll(seed, (uint64_t)r->cents * (uint64_t)r->quantity / 2000 + 1);
}

static void roll_shop(shop *s, uint64_t *seed)
{
    *s = (shop){.catalog_incl = roll(seed, 2),
                .shipping_incl = roll(seed, 2),
                .after_discount = roll(seed, 4) != 0,
                .discount_incl = roll(seed, 2),
                .fixed_taxed = roll(seed, 2),
                .fixed_in_subtotal = roll(seed, 2),
                .calculation = (int)roll(seed, 3),
                .filter = (int)roll(seed, FILTERS)};
}

static void roll_extras(cart *c, uint64_t *seed)
{
    if (!roll(seed, 8)) {
        for (int n = 0; n < c->rows_n; n++)
            c->rows[n].fixed_cents = roll(seed, 2) ? 1 + (int)roll(seed, 500) : 0;
    }
    c->gift_cents = roll(seed, 6) ? 0 : (int)roll(seed, 3000);
    c->credit_cents = roll(seed, 8) ? 0 : (int)roll(seed, 3000);
    c->reward_cents = roll(seed, 8) ? 0 : (int)roll(seed, 3000);
    c->exchange = roll(seed, 6) ? 10000 : 5000 + (int)roll(seed, 120000);
    c->long_numbers = !roll(seed, 4);
}

/* Without a list of taxes, one line can have one tax, and shipping's must be that of a row. */
static bool can_be_silent(const cart *c)
{
    bool found = !c->shipping_taxes.n, single = c->shipping_taxes.n < 2;
    for (int n = 0; n < c->rows_n; n++) {
        const taxes *t = &c->rows[n].taxes;
        single &= t->n < 2;
        found |= c->rows[n].cents && t->n == 1 && t->rates[0] == c->shipping_taxes.rates[0];
    }
    return found && single;
}

void cart_roll(cart *c, uint64_t *seed)
{
    taxes common[3];
    bool joint = roll(seed, 2);
    for (int i = 0; i < 3; i++)
        common[i] = i && roll(seed, 2) ? common[0] : roll_taxes(seed, joint);
    roll_shop(&c->shop, seed);
    c->fractions = !roll(seed, 10);
    c->rows_n = 1 + (int)roll(seed, roll(seed, 3) ? 4 : CART_ROWS);
    for (int n = 0; n < c->rows_n; n++)
        roll_row(c, &c->rows[n], common, seed);
    c->percent = roll(seed, 2) ? 0 : 1 + (int)roll(seed, 50);
    c->shipping_cents = roll(seed, 5) ? (int)roll(seed, 3000) : 0;
    /* A discount of the price with tax may exceed the price without: the shop then prints negative totals. */
    bool whole = c->shop.shipping_incl || !c->shop.discount_incl;
    c->shipping_discount = roll(seed, 4) ? 0 : (int)roll(seed, whole ? 101 : 76);
    c->shipping_taxes = common[roll(seed, 3)];
    roll_extras(c, seed);
    c->silent = !roll(seed, 10) && can_be_silent(c);
}
