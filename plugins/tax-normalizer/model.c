/* SPDX-License-Identifier: Apache-2.0 */
/* The rounding rules are those of magento/module-tax, Model/Calculation: UnitBaseCalculator,
 * RowBaseCalculator and TotalBaseCalculator over AbstractAggregateCalculator, with deltaRound of
 * AbstractCalculator.
 *
 *                price excludes tax                       price includes tax
 *   unit         tax of one piece rounded, times pieces   the same, inside the price
 *   row          tax of the row rounded                   the same, inside
 *   total        the same; what was cut off goes on to the next row of the same taxes, shipping last
 *
 * After discount: the taxable amount is less the discount, and where prices include tax the tax that the
 * discount took with it is printed as compensation. Before discount: tax of the full amount. Several taxes on
 * a line are rounded as one if they have one priority, else each alone (excluding only). */
#include "plugins/tax-normalizer/model.h"

#include <stdlib.h>

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

typedef struct thing { /* what a calculator was given, and what it printed */
    int64_t price, price_incl, discount, tax, compensation, rate;
    int64_t fixed_net, fixed_tax; /* calculated with it */
    fraction pieces;
    const order_taxes *taxes;
    bool shipping, no_price, no_price_incl; /* not printed */
} thing;

enum { CENT = 100, HALF_CENT = 50, A_LITTLE = 1 };

typedef struct chain { /* of one key: the roundings, and for the envelope what they should come to */
    uint64_t key;
    delta before, after;
    fraction exact;
    int64_t actual, within;
} chain;

typedef struct run {
    thing *things;
    int things_n;
    chain *chains;
    int chains_n;
    setup s;
    int variants;          /* bits of what may matter: 1 split, 2 shipping_in_full */
    bool split;            /* several taxes on a line are rounded each alone */
    bool shipping_in_full; /* shipping was taxed without its discount (magento2#21456) */
} run;

/* ---- one line ---- */

static bool includes(const run *r, const thing *t)
{
    return r->s.v[t->shipping ? SET_SHIPPING : SET_CATALOG] == INCLUDING;
}

static bool after_discount(const run *r, const thing *t)
{
    return r->s.v[SET_CUSTOMER] == AFTER_DISCOUNT && !(t->shipping && r->shipping_in_full);
}

static chain *chain_of(run *r, uint64_t key)
{
    for (int i = 0; i < r->chains_n; i++) {
        if (r->chains[i].key == key)
            return &r->chains[i];
    }
    r->chains[r->chains_n] = (chain){.key = key, .exact = {0, 1}};
    return &r->chains[r->chains_n++];
}

/* Taxes of one priority share a key; so do, where prices include tax, all of one rate. */
static uint64_t joint_key(const thing *t, bool inside)
{
    uint64_t key = (uint64_t)t->rate << 1 | inside;
    for (int i = 0; !inside && i < t->taxes->n; i++)
        key = key * 31 + t->taxes->keys[i];
    return key;
}

/* The amounts that tax is computed of, of a piece or of the row: before and after discount. */
static int bases(const run *r, const thing *t, fraction *before, fraction *after)
{
    int64_t price = includes(r, t) ? t->price_incl : t->price, row, off;
    if (__builtin_mul_overflow(price, t->pieces.n, &row) ||
        __builtin_mul_overflow(t->discount, t->pieces.d, &off))
        return -1;
    int64_t left = row - off > 0 ? row - off : 0;
    bool unit = r->s.v[SET_CALCULATION] == BY_UNIT;
    *before = unit ? (fraction){price, 1} : (fraction){row, t->pieces.d};
    *after = (fraction){left, unit ? t->pieces.n : t->pieces.d};
    return 0;
}

typedef struct taxed {
    int64_t before, after; /* tax, of a piece or of the row */
} taxed;

static int tax_one(run *r, const thing *t, int64_t rate, uint64_t key, taxed *sum)
{
    fraction before, after, part = fraction_of_rate(rate, includes(r, t));
    int64_t tax, tax_after;
    chain *c = chain_of(r, key);
    bool later = after_discount(r, t);
    if (bases(r, t, &before, &after) || fraction_times(before, part, &before) ||
        fraction_times(after, part, &after) || delta_round(later ? &c->before : &c->after, before, &tax))
        return -1;
    tax_after = tax;
    if (later && delta_round(&c->after, after, &tax_after))
        return -1;
    sum->before += tax;
    sum->after += tax_after;
    return 0;
}

static int tax_line(run *r, const thing *t, taxed *sum)
{
    *sum = (taxed){0, 0};
    if (r->s.v[SET_CALCULATION] != BY_TOTAL)
        r->chains_n = 0;
    if (!r->split || includes(r, t) || t->taxes->n < 2)
        return tax_one(r, t, t->rate, joint_key(t, includes(r, t)), sum);
    for (int i = 0; i < t->taxes->n; i++) {
        if (tax_one(r, t, t->taxes->rates[i], t->taxes->keys[i], sum))
            return -1;
    }
    return 0;
}

/* ---- what is printed of it ---- */

static int64_t scaled(int64_t amount, int64_t n, int64_t d, int decimals)
{
    tb_money m = {.amount = 0};
    return tb_money_ratio((tb_money){.amount = amount}, n, d, decimals, TB_HALF_UP, &m) ? -1 : m.amount;
}

/* The other price: with tax where prices exclude it, without where they include it. */
static bool price_agrees(const run *r, const thing *t, const taxed *x)
{
    bool inside = includes(r, t), unit = r->s.v[SET_CALCULATION] == BY_UNIT;
    if (inside ? t->no_price : t->no_price_incl)
        return true;
    int64_t price = inside ? t->price_incl : t->price, tax = inside ? -x->before : x->before, row, with;
    if (unit)
        return price + tax == (inside ? t->price : t->price_incl);
    if (__builtin_mul_overflow(price, t->pieces.n, &row) || __builtin_mul_overflow(tax, t->pieces.d, &with))
        return false;
    return scaled(row + with, 1, t->pieces.n, 2) == (inside ? t->price : t->price_incl);
}

static bool line_agrees(const run *r, const thing *t, const taxed *x)
{
    bool unit = r->s.v[SET_CALCULATION] == BY_UNIT;
    int64_t n = unit ? t->pieces.n : 1, d = unit ? t->pieces.d : 1;
    int64_t compensation = includes(r, t) ? scaled(x->before - x->after, n, d, 4) : 0;
    return t->tax == scaled(x->after, n, d, 4) && t->compensation == compensation && price_agrees(r, t, x);
}

/* Every thing in turn. -1: too large to say. */
static int all_agree(run *r, bool *agree)
{
    *agree = true;
    r->chains_n = 0;
    for (int i = 0; i < r->things_n && *agree; i++) {
        taxed x;
        if (tax_line(r, &r->things[i], &x))
            return -1;
        *agree = line_agrees(r, &r->things[i], &x);
    }
    return 0;
}

/* ---- the envelope of rounding by total: whatever the order of the rows ---- */

static bool near(fraction exact, int64_t actual, int64_t within)
{
    int64_t most, least, below = exact.d;
    if (__builtin_mul_overflow(actual + within, below, &most) ||
        __builtin_mul_overflow(actual - within, below, &least))
        return false;
    return exact.n <= most && exact.n >= least;
}

static int64_t taxes_of(const thing *t)
{
    return t->taxes->n > 1 ? t->taxes->n : 1;
}

/* The sum of a chain may be off by half a cent for each tax that is rounded alone. */
static chain *widened(run *r, const thing *t, bool inside)
{
    chain *c = chain_of(r, joint_key(t, inside));
    if (c->within < taxes_of(t) * HALF_CENT)
        c->within = taxes_of(t) * HALF_CENT;
    return c;
}

/* Whether its fixed product tax may be part of a chain: its tax is printed, or so small that it may have been
 * rounded to nothing. */
static bool fixed_takes_part(const thing *t)
{
    fraction exact;
    return t->fixed_tax ||
           (t->fixed_net && t->rate &&
            !fraction_times((fraction){t->fixed_net, 1}, fraction_of_rate(t->rate, false), &exact) &&
            near(exact, 0, taxes_of(t) * CENT));
}

/* A fixed product tax is taxed as a net price, whatever the catalogue's are; before discount it is rounded by
 * itself and hands nothing on. Its printed amount is rounded too. */
static bool gather_fixed(run *r, const thing *t, bool later)
{
    fraction exact;
    if (!fixed_takes_part(t))
        return true;
    chain *c = widened(r, t, false);
    c->actual += t->fixed_tax;
    c->within += A_LITTLE + (later ? 0 : taxes_of(t) * HALF_CENT) + (t->fixed_tax ? 0 : taxes_of(t) * CENT);
    return !fraction_times((fraction){t->fixed_net, 1}, fraction_of_rate(t->rate, false), &exact) &&
           !fraction_add(c->exact, exact, &c->exact);
}

/* Adds to the chain of its key; false: this line alone is too far off. */
static bool gather(run *r, const thing *t)
{
    fraction before, after, part = fraction_of_rate(t->rate, includes(r, t));
    bool inside = includes(r, t), later = after_discount(r, t);
    chain *c = widened(r, t, inside);
    if (bases(r, t, &before, &after) || fraction_times(later ? after : before, part, &after))
        return false;
    if (!near(after, t->tax, taxes_of(t) * CENT + A_LITTLE) || (!(inside && later) && t->compensation))
        return false;
    c->actual += t->tax;
    return !fraction_add(c->exact, after, &c->exact) && gather_fixed(r, t, later);
}

static bool in_envelope(run *r)
{
    r->chains_n = 0;
    for (int i = 0; i < r->things_n; i++) {
        if (!gather(r, &r->things[i]))
            return false;
    }
    for (int i = 0; i < r->chains_n; i++) {
        const chain *c = &r->chains[i];
        if (!near(c->exact, c->actual, c->within + A_LITTLE))
            return false;
    }
    return true;
}

/* ---- all set-ups ---- */

/* A taxed fixed product tax takes part in the chains of net prices, in ways that depend on the release. */
static bool is_blurred(const run *r)
{
    bool blurred = false;
    for (int i = 0; i < r->things_n; i++)
        blurred |= fixed_takes_part(&r->things[i]);
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
        if ((variant & ~r->variants) == 0 && !all_agree(r, &agree) && agree)
            best = FIT_EXACT;
    }
    r->split = r->shipping_in_full = false;
    if (best == FIT_EXACT)
        return is_blurred(r) ? FIT_POSSIBLE : FIT_EXACT;
    return r->s.v[SET_CALCULATION] == BY_TOTAL && in_envelope(r) ? FIT_POSSIBLE : FIT_NONE;
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
