/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle's numbers and calculators. The functions bear the names of what they follow, so that both can be
 * read side by side. Numbers that a calculation needs again and again are made once and stay. */
#include "tests/unit/tax_oracle_inner.h"

#include <string.h>

/* ---- numbers ---- */

void set(mpq_t x, long n, unsigned long d)
{
    mpq_set_si(x, n, d);
    mpq_canonicalize(x);
}

void round_to(mpq_t x, unsigned long units)
{
    static mpz_t q, twice; /* for all calls: making them anew would be most of the time */
    if (!q->_mp_d)
        mpz_inits(q, twice, NULL);
    bool negative = mpq_sgn(x) < 0;
    mpq_abs(x, x);
    /* floor(|x| * units + 1/2) = floor((2 n units + d) / 2 d) */
    mpz_mul_ui(q, mpq_numref(x), 2 * units);
    mpz_add(q, q, mpq_denref(x));
    mpz_mul_ui(twice, mpq_denref(x), 2);
    mpz_fdiv_q(q, q, twice);
    mpq_set_z(x, q);
    mpz_set_ui(mpq_denref(x), units);
    mpq_canonicalize(x);
    if (negative)
        mpq_neg(x, x);
}

void round_cents(mpq_t x)
{
    round_to(x, 100);
}

void round_printed(mpq_t x)
{
    round_to(x, 10000);
    round_cents(x);
}

/* ---- AbstractCalculator ---- */

static bool same_key(const chain_key *a, const chain_key *b)
{
    return a->before == b->before && a->direction == b->direction && a->of == b->of && a->id == b->id;
}

static mpq_t *delta_of(calculator *c, const chain_key *key)
{
    for (int i = 0; i < c->chains; i++) {
        if (same_key(&c->keys[i], key))
            return &c->deltas[i];
    }
    c->keys[c->chains] = *key;
    set(c->deltas[c->chains], 1, 1000000);
    return &c->deltas[c->chains++];
}

/* roundAmount with deltaRound: by total one chain for all; by row and unit one of each item's own. The type
 * is tax_before_discount or regular. */
static void round_amount(calculator *c, mpq_t price, long id, bool direction, bool before, const item *i)
{
    int of = i->associated >= 0 ? i->associated : i->code;
    chain_key key = {before, direction, c->shop->calculation == TAX_TOTAL ? -1 : of, id};
    if (!mpq_sgn(price))
        return;
    mpq_t *delta = delta_of(c, &key);
    mpq_add(price, price, *delta);
    mpq_set(*delta, price);
    round_cents(price);
    mpq_sub(*delta, *delta, price);
}

/* calcTaxAmount, unrounded; rate in 10^-4 percent. */
static void calc_tax_amount(mpq_t out, const mpq_t price, int rate, bool included)
{
    set(out, rate, 1000000u + (included ? (unsigned long)rate : 0));
    mpq_mul(out, out, price);
}

int rate_of(const taxes *t)
{
    return t->n == 2 ? t->rates[0] + t->rates[1] : t->n ? t->rates[0] : 0;
}

/* getAppliedRates: those of one priority are one. */
static int applied_rates(const taxes *t, int rates[2])
{
    if (t->n == 2 && !t->joint) {
        memcpy(rates, t->rates, sizeof t->rates);
        return 2;
    }
    rates[0] = rate_of(t);
    return t->n ? 1 : 0;
}

static void less_discount(mpq_t out, const mpq_t amount, const mpq_t discount)
{
    mpq_sub(out, amount, discount);
    if (mpq_sgn(out) < 0)
        set(out, 0, 1);
}

/* ---- AbstractAggregateCalculator and UnitBaseCalculator ---- */

/* The tax of `full` and of `left` (after discount), each rate by itself; the ids tell joint ones apart. */
static void tax_not_in_price(calculator *c, item *i, const mpq_t full, const mpq_t left, mpq_t before,
                             mpq_t after)
{
    int rates[2], n = applied_rates(i->taxes, rates);
    bool unit = c->shop->calculation == TAX_UNIT;
    mpq_t x;
    mpq_init(x);
    for (int k = 0; k < n; k++) {
        long id = rates[k] * 10L + (i->taxes->n == 2 ? 1 + i->taxes->joint : 0);
        calc_tax_amount(x, full, rates[k], false);
        if (i->weee && !unit)
            round_cents(x);
        else
            round_amount(c, x, id, false, c->shop->after_discount, i);
        mpq_add(before, before, x);
        if (c->shop->after_discount) {
            calc_tax_amount(x, left, rates[k], false);
            round_amount(c, x, id, false, false, i);
        }
        mpq_add(after, after, x);
    }
    mpq_clear(x);
}

static void tax_in_price(calculator *c, item *i, const mpq_t full, const mpq_t left, mpq_t before,
                         mpq_t after)
{
    int rate = rate_of(i->taxes);
    calc_tax_amount(before, full, rate, true);
    round_amount(c, before, rate, true, c->shop->after_discount, i);
    mpq_set(after, before);
    if (!c->shop->after_discount)
        return;
    calc_tax_amount(after, left, rate, true);
    round_amount(c, after, rate, true, false, i);
}

/* What tax is of: a piece, or the row; with and without discount. */
static void taxable(const calculator *c, const item *i, mpq_t full, mpq_t left)
{
    mpq_mul(full, i->unit_price, i->quantity);
    less_discount(left, full, i->discount);
    if (c->shop->calculation != TAX_UNIT)
        return;
    mpq_set(full, i->unit_price);
    mpq_div(left, left, i->quantity);
}

static void finish_unit(item *i, const mpq_t before, const mpq_t after)
{
    if (i->tax_included)
        mpq_sub(i->price, i->unit_price, before);
    else
        mpq_add(i->price_incl, i->unit_price, before);
    mpq_mul(i->row, i->price, i->quantity);
    mpq_mul(i->row_incl, i->price_incl, i->quantity);
    mpq_mul(i->row_tax, after, i->quantity);
    mpq_sub(i->compensation, before, after);
    mpq_mul(i->compensation, i->compensation, i->quantity);
}

static void finish_row(item *i, const mpq_t full, const mpq_t before, const mpq_t after)
{
    mpq_set(i->tax_included ? i->row_incl : i->row, full);
    if (i->tax_included)
        mpq_sub(i->row, full, before);
    else
        mpq_add(i->row_incl, full, before);
    mpq_div(i->tax_included ? i->price : i->price_incl, i->tax_included ? i->row : i->row_incl, i->quantity);
    round_cents(i->tax_included ? i->price : i->price_incl);
    mpq_set(i->row_tax, after);
    mpq_sub(i->compensation, before, after);
}

void calculate(calculator *c, item *i)
{
    mpq_t full, left, before, after;
    mpq_inits(full, left, before, after, NULL);
    taxable(c, i, full, left);
    if (i->tax_included)
        tax_in_price(c, i, full, left, before, after);
    else
        tax_not_in_price(c, i, full, left, before, after);
    mpq_set(i->tax_included ? i->price_incl : i->price, i->unit_price);
    if (c->shop->calculation == TAX_UNIT)
        finish_unit(i, before, after);
    else
        finish_row(i, full, before, after);
    if (!i->tax_included)
        set(i->compensation, 0, 1);
    mpq_clears(full, left, before, after, NULL);
}
