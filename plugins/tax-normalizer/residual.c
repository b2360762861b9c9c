/* SPDX-License-Identifier: Apache-2.0 */
/* What is left over, and where it goes. Three sums must agree with the header: what was paid (to the cent,
 * always), the tax, and per rate the tax that the till computes by itself from gross and rate. The first two
 * are made to agree by the largest row of the largest rate; the third is never repaired, because gross is
 * what the buyer paid. Whatever exceeds what rounding can do stops the order. */
#include "plugins/tax-normalizer/lines.h"

static int64_t ratio(int64_t amount, int64_t n, int64_t d, int decimals)
{
    tb_money m = {.amount = 0};
    return tb_money_ratio((tb_money){.amount = amount}, n, d, decimals, TB_HALF_UP, &m) ? 0 : m.amount;
}

static int64_t size_of(int64_t amount)
{
    return amount < 0 ? -amount : amount;
}

static void name_residual(lines *l, residual r)
{
    if (r.amount && l->residuals_n < MOST_RESIDUALS)
        l->residuals[l->residuals_n++] = r;
}

/* The largest row of the largest rate: of products if there are any. */
static int largest_line(const lines *l)
{
    int best = 0;
    for (int i = 1; i < l->n; i++) {
        const line *x = &l->list[i], *b = &l->list[best];
        bool product = x->kind == LINE_PRODUCT, b_product = b->kind == LINE_PRODUCT;
        if (product != b_product ? product : x->rate != b->rate ? x->rate > b->rate : x->gross > b->gross)
            best = i;
    }
    return best;
}

static void round_lines(lines *l)
{
    for (int i = 0; i < l->n; i++) {
        l->list[i].gross = ratio(l->list[i].gross, 1, 1, 2);
        l->list[i].tax = ratio(l->list[i].tax, 1, 1, 2);
    }
}

int lines_add_up(const order *o, lines *l, int64_t cent, fault *f)
{
    int64_t sum = 0;
    round_lines(l);
    l->paid = ratio(order_paid(o), 1, 1, 2);
    for (int i = 0; i < l->n; i++)
        sum += l->list[i].gross;
    int64_t off = l->paid - sum;
    if (size_of(off) > cent * l->n) {
        *f = (fault){"the lines do not add up to what was paid", -1, l->paid, sum, cent * l->n};
        return -1;
    }
    int at = largest_line(l);
    l->list[at].gross += off;
    l->list[at].placed += size_of(off);
    name_residual(l, (residual){"gross", "rows and header are rounded apart", off, -1, at});
    return 0;
}

static int settle_tax(const order *o, lines *l, const bounds *b, fault *f)
{
    int64_t sum = 0;
    for (int i = 0; i < l->n; i++)
        sum += l->list[i].tax;
    int64_t off = ratio(o->head.tax, 1, 1, 2) - sum;
    if (size_of(off) > b->cent * l->n) {
        *f = (fault){"the taxes of the lines do not add up to the order's", -1, o->head.tax, sum,
                     b->cent * l->n};
        return -1;
    }
    int at = largest_line(l);
    l->list[at].tax += off;
    l->list[at].placed += size_of(off);
    name_residual(l, (residual){"tax", "rows and header are rounded apart", off, -1, at});
    return 0;
}

/* ---- the till's own tax ---- */

/* How far rounding can bring the shop's tax of one line from that of gross and rate. */
static int64_t allowed_for(const line *x, const bounds *b)
{
    int64_t taxes = x->taxes_n;
    int64_t allowed = b->cent * taxes + x->placed;
    if (b->unit) { /* half a cent a piece and tax; the fixed one inherits as much from its product's */
        int64_t piece = x->kind == LINE_FIXED_TAX ? b->cent : b->cent / 2;
        allowed += ratio(piece * taxes, x->quantity, TB_QUANTITY_SCALE, 4);
    }
    if (b->before || x->kind == LINE_SHIPPING) /* shipping may be taxed in full (magento2#21456) */
        allowed += ratio(x->printed, x->rate, RATE_ONE + x->rate, 4) + (x->printed ? b->cent : 0);
    if (x->quantity % TB_QUANTITY_SCALE)
        allowed += b->cent;
    return allowed;
}

static bool compare_line(line *x, const bounds *b)
{
    int64_t rate = x->rate < 0 ? 0 : x->rate;
    x->till_tax = b->sales_tax ? x->tax : x->gross - ratio(x->gross, RATE_ONE, RATE_ONE + rate, 2);
    x->allowed = allowed_for(x, b);
    return size_of(x->tax - x->till_tax) <= x->allowed;
}

/* All lines, so that a refusal shows both sides of each. -1: the first that is too far apart is the fault. */
static int compare_lines(lines *l, const bounds *b, fault *f)
{
    int first = -1;
    for (int i = 0; i < l->n; i++) {
        if (!compare_line(&l->list[i], b) && first < 0)
            first = i;
    }
    const line *x = first < 0 ? NULL : &l->list[first];
    if (x)
        *f = (fault){"the tax is not that of gross and rate", first, x->tax, x->till_tax, x->allowed};
    return x ? -1 : 0;
}

static bool rate_seen(const lines *l, int before)
{
    for (int i = 0; i < before; i++) {
        if (l->list[i].rate == l->list[before].rate)
            return true;
    }
    return false;
}

static void name_vat(lines *l, const bounds *b)
{
    for (int i = 0; i < l->n; i++) {
        int64_t off = 0;
        for (int j = i; j < l->n && !rate_seen(l, i); j++)
            off += l->list[j].rate == l->list[i].rate ? l->list[j].tax - l->list[j].till_tax : 0;
        name_residual(l, (residual){"vat", b->why, off, l->list[i].rate, -1});
    }
}

int lines_settle(const order *o, lines *l, const bounds *b, fault *f)
{
    fault other;
    int bad = settle_tax(o, l, b, f);
    if (compare_lines(l, b, bad ? &other : f) || bad)
        return -1;
    name_vat(l, b);
    if (o->lists_taxes) /* one rounded sum, cut up by rate and rounded again (magento2#35025) */
        name_residual(l, (residual){"breakdown", "the shop's own list of taxes does not add up to its tax",
                                    o->head.tax - ratio(o->listed, 1, 1, 2), -1, -1});
    return 0;
}
