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
#include "plugins/tax-normalizer/calculator.h"

/* ---- one line ---- */

bool calculator_includes(const run *r, const thing *t)
{
    return r->s.v[t->shipping ? SET_SHIPPING : SET_CATALOG] == INCLUDING;
}

bool calculator_after_discount(const run *r, const thing *t)
{
    return r->s.v[SET_CUSTOMER] == AFTER_DISCOUNT && !(t->shipping && r->shipping_in_full);
}

chain *calculator_chain(run *r, uint64_t key)
{
    for (int i = 0; i < r->chains_n; i++) {
        if (r->chains[i].key == key)
            return &r->chains[i];
    }
    r->chains[r->chains_n] = (chain){.key = key, .exact = {0, 1}};
    return &r->chains[r->chains_n++];
}

uint64_t calculator_key(const thing *t, bool inside)
{
    uint64_t key = (uint64_t)t->rate << 1 | inside;
    for (int i = 0; !inside && i < t->taxes->n; i++)
        key = key * 31 + t->taxes->keys[i];
    return key;
}

int calculator_bases(const run *r, const thing *t, fraction *before, fraction *after)
{
    int64_t price = calculator_includes(r, t) ? t->price_incl : t->price, row, off;
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
    fraction before, after, part = fraction_of_rate(rate, calculator_includes(r, t));
    int64_t tax, tax_after;
    chain *c = calculator_chain(r, key);
    bool later = calculator_after_discount(r, t);
    if (calculator_bases(r, t, &before, &after) || fraction_times(before, part, &before) ||
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
    if (!r->split || calculator_includes(r, t) || t->taxes->n < 2)
        return tax_one(r, t, t->rate, calculator_key(t, calculator_includes(r, t)), sum);
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
    bool inside = calculator_includes(r, t), unit = r->s.v[SET_CALCULATION] == BY_UNIT;
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
    int64_t compensation = calculator_includes(r, t) ? scaled(x->before - x->after, n, d, 4) : 0;
    return t->tax == scaled(x->after, n, d, 4) && t->compensation == compensation && price_agrees(r, t, x);
}

int calculator_agrees(run *r, bool *agree)
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
