/* SPDX-License-Identifier: Apache-2.0 */
/* Each of the 24 set-ups is tried on the whole order: its calculator gives every figure, or rounding by total
 * could in another order of the rows, or it is not the shop's. */
#include "plugins/tax-normalizer/model.h"

#include <stdlib.h>

#include "plugins/tax-normalizer/calculator.h"

const setting settings[SETTINGS] = {
    {"catalog-prices", {"including", "excluding"}},
    {"shipping-prices", {"including", "excluding"}},
    {"calculation", {"unit", "row", "total"}},
    {"customer-tax", {"after-discount", "before-discount"}},
};

setup setup_number(int i)
{
    return (setup){{i % 2, i / 2 % 2, i / 4 % 3, i / 12}};
}

/* A taxed fixed product tax takes part in the chains of net prices, in ways that depend on the release. */
static bool is_blurred(const run *r)
{
    bool blurred = false;
    for (int i = 0; i < r->things_n; i++)
        blurred |= envelope_takes_fixed(&r->things[i]);
    return blurred && r->s.v[SET_CALCULATION] == BY_TOTAL &&
           (r->s.v[SET_CATALOG] == EXCLUDING || r->s.v[SET_SHIPPING] == EXCLUDING);
}

static fit fit_one(run *r)
{
    fit best = FIT_NONE;
    for (int variant = 0; variant < 4 && best == FIT_NONE; variant++) {
        bool agree;
        r->split = variant & 1;
        r->shipping_in_full = variant & 2;
        if ((variant & ~r->variants) == 0 && !calculator_agrees(r, &agree) && agree)
            best = FIT_EXACT;
    }
    r->split = r->shipping_in_full = false;
    if (best == FIT_EXACT)
        return is_blurred(r) ? FIT_POSSIBLE : FIT_EXACT;
    return r->s.v[SET_CALCULATION] == BY_TOTAL && envelope_holds(r) ? FIT_POSSIBLE : FIT_NONE;
}

static thing thing_of_row(const order_row *row)
{
    int64_t by = fraction_gcd(row->quantity, TB_QUANTITY_SCALE);
    return (thing){.price = row->price,
                   .price_incl = row->price_incl,
                   .discount = row->discount,
                   .tax = row->tax,
                   .compensation = row->compensation,
                   .rate = row->rate,
                   .fixed_net = row->fixed_net,
                   .fixed_tax = row->fixed_tax,
                   .pieces = {row->quantity / by, TB_QUANTITY_SCALE / by},
                   .taxes = &row->taxes,
                   .no_price = row->absent & 1u << ORDER_PRICE,
                   .no_price_incl = row->absent & 1u << ORDER_PRICE_INCL};
}

/* Fixed product tax that counts with a row which has no other money. */
static thing thing_of_fixed(const order_row *row)
{
    return (thing){.rate = row->rate,
                   .fixed_net = row->fixed_net,
                   .fixed_tax = row->fixed_tax,
                   .pieces = {1, 1},
                   .taxes = &row->taxes};
}

static thing thing_of_shipping(const order *o)
{
    const order_head *h = &o->head;
    return (thing){.price = h->shipping,
                   .price_incl = h->shipping_incl,
                   .discount = h->shipping_discount,
                   .tax = h->shipping_tax,
                   .compensation = h->shipping_compensation,
                   .rate = o->shipping_rate,
                   .pieces = {1, 1},
                   .taxes = &o->shipping_taxes,
                   .shipping = true};
}

/* What has neither rate nor tax agrees with every set-up and is left out. */
static int things_of(const order *o, const reading *how, run *r)
{
    r->things = calloc((size_t)o->rows_n + 1, sizeof *r->things);
    r->chains = calloc(((size_t)o->rows_n + 1) * MOST_TAXES, sizeof *r->chains);
    if (!r->things || !r->chains)
        return -1;
    for (int i = 0; i < o->rows_n; i++) {
        const order_row *row = &o->rows[i];
        bool below = row->above && how->carries[row->above - o->rows];
        bool fixed = row->rate && reading_counts_fixed(row, false, below);
        if (!(how->carries[i] ? row->rate || row->tax : fixed))
            continue;
        r->things[r->things_n++] = how->carries[i] ? thing_of_row(row) : thing_of_fixed(row);
        r->variants |= row->taxes.n > 1 ? 1 : 0;
    }
    r->variants |= (o->shipping_taxes.n > 1 ? 1 : 0) | (o->head.shipping_discount ? 2 : 0);
    if (o->shipping_rate || o->head.shipping_tax)
        r->things[r->things_n++] = thing_of_shipping(o);
    return 0;
}

int model_fit(const order *o, const reading *how, fit fits[SETUPS])
{
    run r = {.things = NULL};
    int bad = things_of(o, how, &r);
    for (int i = 0; i < SETUPS && !bad; i++) {
        r.s = setup_number(i);
        fits[i] = fit_one(&r);
    }
    free(r.things);
    free(r.chains);
    return bad;
}
