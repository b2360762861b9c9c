/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to lines. The discount of a line is what its gross would be higher by without it: where prices
 * exclude tax and tax is computed after discount, the printed discount is net and its tax comes on top. */
#include "plugins/tax-normalizer/lines.h"

#include <stdlib.h>

static int64_t ratio(int64_t amount, int64_t n, int64_t d, int decimals)
{
    tb_money m = {.amount = 0};
    return tb_money_ratio((tb_money){.amount = amount}, n, d, decimals, TB_HALF_UP, &m) ? 0 : m.amount;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Of the two meanings of the printed discount, the one that the price with tax speaks for. */
static int64_t discount_with_tax(const order_row *row, int64_t gross)
{
    if (!row->discount || !row->rate || row->compensation || row->absent & 1u << ORDER_PRICE_INCL)
        return row->discount;
    int64_t taken = ratio(row->price_incl, row->quantity, TB_QUANTITY_SCALE, 2) - gross;
    int64_t net = ratio(row->discount, RATE_ONE + row->rate, RATE_ONE, 2);
    return distance(taken, net) < distance(taken, row->discount) ? net : row->discount;
}

static line *add_line(lines *l, line_kind kind, int64_t gross, int64_t tax)
{
    line *x = &l->list[l->n++];
    *x = (line){.kind = kind, .gross = gross, .tax = tax, .taxes_n = 1, .quantity = TB_QUANTITY_SCALE};
    return x;
}

static int at_least_one(int n)
{
    return n > 1 ? n : 1;
}

static void add_row(lines *l, const order_row *row, int64_t gross)
{
    line *x = add_line(l, LINE_PRODUCT, gross, row->tax);
    x->row = row;
    x->taxes = &row->taxes;
    x->taxes_n = at_least_one(row->taxes.n);
    x->quantity = row->quantity;
    x->rate = row->rate;
    x->printed = row->discount;
    x->discount = discount_with_tax(row, gross);
}

static void add_fixed(lines *l, const order_row *row)
{
    line *x = add_line(l, LINE_FIXED_TAX, row->fixed_net + row->fixed_tax, row->fixed_tax);
    x->row = row;
    x->taxes_n = at_least_one(row->taxes.n);
    x->quantity = row->quantity;
    x->rate = !row->fixed_tax ? 0 : row->rate ? row->rate : row->above ? row->above->rate : 0;
}

static void add_shipping(lines *l, const order *o)
{
    const order_head *h = &o->head;
    int64_t gross = reading_shipping(o);
    if (!gross && !h->shipping && !h->shipping_incl)
        return;
    line *x = add_line(l, LINE_SHIPPING, gross, h->shipping_tax);
    x->taxes = &o->shipping_taxes;
    x->taxes_n = at_least_one(o->shipping_taxes.n);
    x->rate = o->shipping_rate;
    x->printed = h->shipping_discount;
    x->discount = h->shipping_incl ? h->shipping_incl - gross : x->printed;
}

static void add_wraps(lines *l, const order_head *h)
{
    const int64_t nets[] = {h->wrap, h->wrap_items, h->wrap_card};
    const int64_t taxes[] = {h->wrap_tax, h->wrap_items_tax, h->wrap_card_tax};
    for (int i = 0; i < 3; i++) {
        if (nets[i] || taxes[i])
            add_line(l, LINE_WRAP, nets[i] + taxes[i], taxes[i])->rate = taxes[i] ? -1 : 0;
    }
}

int lines_make(const order *o, const reading *r, lines *out)
{
    enum { OTHERS = 4 };
    *out = (lines){.list = calloc(2 * (size_t)o->rows_n + OTHERS, sizeof *out->list)};
    if (!out->list)
        return -1;
    for (int i = 0; i < o->rows_n; i++) {
        const order_row *row = &o->rows[i];
        if (r->carries[i])
            add_row(out, row, r->gross[i]);
        if (reading_counts_fixed(row, r->carries[i], row->above && r->carries[row->above - o->rows]))
            add_fixed(out, row);
    }
    add_wraps(out, &o->head);
    add_shipping(out, o);
    return 0;
}

void lines_free(lines *l)
{
    free(l->list);
    *l = (lines){.n = 0};
}

/* How far a rate is from explaining; the tax of the line may be of the price before discount. */
static int64_t off_by(int64_t rate, const line *x, int64_t full, int64_t full_tax)
{
    int64_t before = full - ratio(full, RATE_ONE, RATE_ONE + rate, 4);
    int64_t after = x->gross - ratio(x->gross, RATE_ONE, RATE_ONE + rate, 4);
    int64_t a = distance(x->tax, before), b = distance(x->tax, after);
    return distance(full_tax, before) + (a < b ? a : b);
}

int64_t lines_find_rate(const lines *l, const line *x, int64_t full, int64_t full_tax)
{
    enum { CENT = 100 };
    int64_t found = -1, best = 2 * CENT;
    for (int i = 0; i < l->n; i++) {
        const line *other = &l->list[i];
        if (other->kind == LINE_SHIPPING || other->rate <= 0)
            continue;
        int64_t off = off_by(other->rate, x, full, full_tax);
        if (off < best) {
            found = other->rate;
            best = off;
        }
    }
    return found;
}
