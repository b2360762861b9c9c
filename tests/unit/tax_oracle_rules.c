/* SPDX-License-Identifier: Apache-2.0 */
/* The cart through the shop's collectors: prices, discounts of them, taxes after those, totals. */
#include "tests/unit/tax_oracle_inner.h"

#include <string.h>

static calculator calc;

static void item_init(item *i)
{
    mpq_inits(i->unit_price, i->discount, i->quantity, i->price, i->price_incl, i->row, i->row_incl,
              i->row_tax, i->compensation, NULL);
}

static void item_clear(item *i)
{
    mpq_clears(i->unit_price, i->discount, i->quantity, i->price, i->price_incl, i->row, i->row_incl,
               i->row_tax, i->compensation, NULL);
}

void convert(mpq_t out, int cents, const cart *c, bool base)
{
    mpq_t rate;
    mpq_init(rate);
    set(out, cents, 100);
    set(rate, base ? 10000 : c->exchange, 10000);
    mpq_mul(out, out, rate);
    round_cents(out);
    mpq_clear(rate);
}

static void keep(figures *f, const item *i)
{
    mpq_set(f->price, i->price);
    mpq_set(f->price_incl, i->price_incl);
    mpq_set(f->row, i->row);
    mpq_set(f->row_incl, i->row_incl);
    mpq_set(f->tax, i->row_tax);
    mpq_set(f->compensation, i->compensation);
}

static void calculate_fixed(calculator *c, const cart *k, cart_row *r, int code, bool base)
{
    item i;
    item_init(&i);
    convert(i.unit_price, r->fixed_cents, k, base);
    set(i.quantity, r->quantity, 1000);
    mpq_mul(r->f.fixed, i.unit_price, i.quantity);
    round_cents(r->f.fixed);
    set(r->f.fixed_tax, 0, 1);
    if (r->fixed_cents && c->shop->fixed_taxed) {
        i.taxes = &r->taxes;
        i.weee = true;
        i.tax_included = false;
        i.code = CART_ROWS + code;
        i.associated = code;
        calculate(c, &i);
        mpq_set(r->f.fixed, i.row);
        mpq_set(r->f.fixed_tax, i.row_tax);
    }
    item_clear(&i);
}

/* One pass of TaxCalculation::calculateTax: a fresh calculator, items in order, shipping last. */
static void calculate_all(cart *k, const shop *s, bool base, bool discounts)
{
    calc.shop = s;
    calc.chains = 0;
    item i;
    item_init(&i);
    i.weee = false;
    i.associated = -1;
    for (int n = 0; n < k->rows_n; n++) {
        cart_row *r = &k->rows[n];
        convert(i.unit_price, r->cents, k, base);
        set(i.quantity, r->quantity, 1000);
        i.taxes = &r->taxes;
        i.tax_included = s->catalog_incl;
        i.code = n;
        set(i.discount, 0, 1);
        if (discounts)
            mpq_set(i.discount, r->f.discount);
        calculate(&calc, &i);
        keep(&r->f, &i);
        calculate_fixed(&calc, k, r, n, base);
    }
    convert(i.unit_price, k->shipping_cents, k, base);
    set(i.quantity, 1, 1);
    i.taxes = &k->shipping_taxes;
    i.tax_included = s->shipping_incl;
    i.code = CART_ROWS * 2;
    set(i.discount, 0, 1);
    if (discounts)
        mpq_set(i.discount, k->shipping.discount);
    calculate(&calc, &i);
    keep(&k->shipping, &i);
    item_clear(&i);
}

/* Percentages with what rounding cut off handed on; fixed discounts as they are, up to the row. */
static void discount_rows(cart *k, const shop *s, bool base)
{
    mpq_t delta, percent, most;
    mpq_inits(delta, percent, most, NULL);
    set(percent, k->percent, 100);
    for (int n = 0; n < k->rows_n; n++) {
        cart_row *r = &k->rows[n];
        mpq_t *d = &r->f.discount;
        set(most, r->quantity, 1000);
        mpq_mul(most, most, s->discount_incl ? r->f.price_incl : r->f.price);
        convert(*d, r->discount_cents, k, base);
        if (!k->percent) {
            if (mpq_cmp(*d, most) > 0)
                mpq_set(*d, most);
            round_cents(*d);
            continue;
        }
        mpq_mul(*d, most, percent);
        if (mpq_sgn(r->f.row) > 0)
            mpq_add(*d, *d, delta);
        mpq_set(delta, *d);
        round_cents(*d);
        mpq_sub(delta, delta, *d);
    }
    mpq_clears(delta, percent, most, NULL);
}

static void discount_shipping(cart *k, const shop *s)
{
    mpq_t percent;
    mpq_init(percent);
    set(percent, k->shipping_discount, 100);
    mpq_mul(k->shipping.discount, s->discount_incl ? k->shipping.price_incl : k->shipping.price, percent);
    round_cents(k->shipping.discount);
    mpq_clear(percent);
}

static void sum_up(cart *k)
{
    set(k->paid, 0, 1);
    mpq_set(k->tax, k->shipping.tax);
    for (int n = 0; n <= k->rows_n; n++) {
        figures *f = n < k->rows_n ? &k->rows[n].f : &k->shipping;
        mpq_sub(f->gross, f->row, f->discount);
        mpq_add(f->gross, f->gross, f->compensation);
        mpq_add(f->gross, f->gross, f->tax);
        mpq_add(k->paid, k->paid, f->gross);
        if (n == k->rows_n)
            continue;
        mpq_add(k->paid, k->paid, f->fixed);
        mpq_add(k->paid, k->paid, f->fixed_tax);
        mpq_add(k->tax, k->tax, f->tax);
        mpq_add(k->tax, k->tax, f->fixed_tax);
    }
}

void cart_price(cart *c, const shop *s, bool base)
{
    calculate_all(c, s, base, false); /* the Subtotal collector: prices that discounts are of */
    discount_rows(c, s, base);
    discount_shipping(c, s);
    calculate_all(c, s, base, true);
    sum_up(c);
}

/* ---- memory ---- */

void figures_init(figures *f)
{
    mpq_inits(f->price, f->price_incl, f->row, f->row_incl, f->tax, f->compensation, f->discount, f->fixed,
              f->fixed_tax, f->gross, NULL);
}

void figures_copy(figures *to, const figures *f)
{
    mpq_set(to->price, f->price);
    mpq_set(to->price_incl, f->price_incl);
    mpq_set(to->row, f->row);
    mpq_set(to->row_incl, f->row_incl);
    mpq_set(to->tax, f->tax);
    mpq_set(to->compensation, f->compensation);
    mpq_set(to->discount, f->discount);
    mpq_set(to->fixed, f->fixed);
    mpq_set(to->fixed_tax, f->fixed_tax);
    mpq_set(to->gross, f->gross);
}

void cart_init(cart *c)
{
    static bool ready;
    memset(c, 0, sizeof *c);
    for (int n = 0; n < CART_ROWS; n++)
        figures_init(&c->rows[n].f);
    figures_init(&c->shipping);
    mpq_inits(c->paid, c->tax, NULL);
    for (int i = 0; !ready && i < CHAINS; i++)
        mpq_init(calc.deltas[i]);
    ready = true;
}
