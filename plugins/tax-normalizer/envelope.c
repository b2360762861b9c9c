/* SPDX-License-Identifier: Apache-2.0 */
/* Rounding by total hands on what it cuts off in the order in which the shop kept the rows, and that need not
 * be the order in which it prints them. What can be said without it: each line is within a cent of its exact
 * tax, and the sum of a chain within half a cent. */
#include "plugins/tax-normalizer/calculator.h"

enum { CENT = 100, HALF_CENT = 50, A_LITTLE = 1 };

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
    chain *c = calculator_chain(r, calculator_key(t, inside));
    if (c->within < taxes_of(t) * HALF_CENT)
        c->within = taxes_of(t) * HALF_CENT;
    return c;
}

bool envelope_takes_fixed(const thing *t)
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
    if (!envelope_takes_fixed(t))
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
    fraction before, after, part = fraction_of_rate(t->rate, calculator_includes(r, t));
    bool inside = calculator_includes(r, t), later = calculator_after_discount(r, t);
    chain *c = widened(r, t, inside);
    if (calculator_bases(r, t, &before, &after) || fraction_times(later ? after : before, part, &after))
        return false;
    if (!near(after, t->tax, taxes_of(t) * CENT + A_LITTLE) || (!(inside && later) && t->compensation))
        return false;
    c->actual += t->tax;
    return !fraction_add(c->exact, after, &c->exact) && gather_fixed(r, t, later);
}

bool envelope_holds(run *r)
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
