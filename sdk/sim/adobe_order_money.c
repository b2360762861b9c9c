/* SPDX-License-Identifier: Apache-2.0 */
/* What a row and an order cost. Catalogue prices are with or without tax; each row is rounded by itself; a
 * discount is of the catalogue's kind of price and lowers the tax. Of a discount on prices with tax, the tax
 * in it is the row's compensation: net - discount + compensation + tax is what is paid. */
#include "sdk/sim/adobe_order.h"

enum { CENT = 100 };                                          /* of 10^-4 */
static const int64_t percent_100 = 100 * (int64_t)ADOBE_UNIT; /* a rate is percent, 10^-4 */

/* n / d, half away from zero, to cents. */
static int64_t divided(__int128 n, int64_t d)
{
    __int128 step = (__int128)d * CENT, half = step / 2;
    __int128 q = n < 0 ? -((-n + half) / step) : (n + half) / step;
    return (int64_t)q * CENT;
}

int64_t cents(int64_t v)
{
    return divided(v, 1);
}

int64_t share(int64_t amount, int64_t part, int64_t whole)
{
    return whole ? divided((__int128)amount * part, whole) : 0;
}

static int64_t net_of(int64_t gross, int64_t rate)
{
    return divided((__int128)gross * percent_100, percent_100 + rate);
}

static int64_t tax_on(int64_t net, int64_t rate)
{
    return divided((__int128)net * rate, percent_100);
}

typedef struct {
    int64_t net, gross, tax, compensation;
} worth;

static worth worth_of(int64_t catalogue, int64_t rate, bool including, int64_t discount)
{
    if (including) {
        int64_t after = catalogue - discount, net = net_of(catalogue, rate);
        int64_t tax = after - net_of(after, rate);
        return (worth){net, catalogue, tax, catalogue - net - tax};
    }
    return (worth){catalogue, catalogue + tax_on(catalogue, rate), tax_on(catalogue - discount, rate), 0};
}

void money_row(adobe_row *r, int64_t price, bool including, int64_t discount)
{
    worth one = worth_of(cents(price), r->rate, including, 0);
    worth all = worth_of(share(price, r->ordered, ADOBE_UNIT), r->rate, including, discount);
    r->amount[ROW_price] = one.net;
    r->amount[ROW_price_incl_tax] = one.gross;
    r->amount[ROW_row_total] = all.net;
    r->amount[ROW_row_total_incl_tax] = all.gross;
    r->amount[ROW_discount_amount] = discount;
    r->amount[ROW_tax_amount] = all.tax;
    r->amount[ROW_discount_tax_compensation_amount] = all.compensation;
}

/* A bundle with a dynamic price repeats the sum of its children, which carry the money. */
void money_bundle(adobe_order *o, size_t parent)
{
    static const int summed[] = {ROW_row_total, ROW_row_total_incl_tax, ROW_tax_amount};
    adobe_row *r = &o->rows[parent];
    for (size_t n = 0; n < sizeof summed / sizeof *summed; n++)
        r->amount[summed[n]] = 0;
    r->weight = 0;
    for (size_t i = parent + 1; i < o->row_count && o->rows[i].parent == (int)parent; i++) {
        for (size_t n = 0; n < sizeof summed / sizeof *summed; n++)
            r->amount[summed[n]] += o->rows[i].amount[summed[n]];
        r->weight += share(amount_of(o->rows[i].weight), o->rows[i].per, ADOBE_UNIT);
    }
    r->amount[ROW_price] = share(r->amount[ROW_row_total], ADOBE_UNIT, r->ordered);
    r->amount[ROW_price_incl_tax] = share(r->amount[ROW_row_total_incl_tax], ADOBE_UNIT, r->ordered);
    r->amount[ROW_original_price] = r->amount[ROW_price];
    r->amount[ROW_discount_amount] = 0;
    r->amount[ROW_discount_tax_compensation_amount] = UNSET;
}

static void add_rows(adobe_order *o)
{
    static const struct {
        int of, from;
        bool below; /* told as a negative number */
    } sums[] = {{ORDER_subtotal, ROW_row_total, false},
                {ORDER_subtotal_incl_tax, ROW_row_total_incl_tax, false},
                {ORDER_tax_amount, ROW_tax_amount, false},
                {ORDER_discount_tax_compensation_amount, ROW_discount_tax_compensation_amount, false},
                {ORDER_discount_amount, ROW_discount_amount, true}};
    for (size_t n = 0; n < sizeof sums / sizeof *sums; n++) {
        int64_t sum = 0;
        for (size_t i = 0; i < o->row_count; i++)
            if (row_is_money(o, &o->rows[i]))
                sum += amount_of(o->rows[i].amount[sums[n].from]);
        o->amount[sums[n].of] = sums[n].below ? -sum : sum;
    }
}

void money_order(adobe *m, adobe_order *o, int64_t shipping, int64_t shipping_discount, bool including)
{
    worth w = worth_of(cents(shipping), tax_rate_of(m, NULL), including, shipping_discount);
    add_rows(o);
    o->amount[ORDER_shipping_amount] = w.net;
    o->amount[ORDER_shipping_incl_tax] = w.gross;
    o->amount[ORDER_shipping_tax_amount] = w.tax;
    o->amount[ORDER_shipping_discount_amount] = shipping_discount;
    o->amount[ORDER_shipping_discount_tax_compensation_amount] = w.compensation;
    o->amount[ORDER_tax_amount] += w.tax;
    o->amount[ORDER_discount_amount] -= shipping_discount;
    o->amount[ORDER_grand_total] = o->amount[ORDER_subtotal] + o->amount[ORDER_discount_amount] + w.net +
                                   o->amount[ORDER_tax_amount] + w.compensation +
                                   o->amount[ORDER_discount_tax_compensation_amount];
    o->amount[ORDER_total_due] = o->amount[ORDER_grand_total];
}
