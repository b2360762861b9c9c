/* SPDX-License-Identifier: Apache-2.0 */
/* The shop prints the same order in several ways. `row_total_incl_tax` is after discount where the REST
 * output filter rewrites it (2.4.x; with the fixed product tax in it), before discount where it does not
 * (older releases); `row_total` is one piece's on 2.4.8 (magento2#39984), net but after discount on 2.4.7,
 * and the column as it is on older ones. A bundle's money stands on its children (dynamic price) or on itself
 * (fixed price), and which of the two is not in the order either.
 *
 * So each possible way is added up, and the header decides: what was paid is the one figure that nobody
 * misreads. The whole order is read one way.
 *
 * Several ways may add up by chance: discounts of 0.89 in all are as much as a fixed product tax of 0.89.
 * Then the rows decide: where prices exclude tax, the price without it times pieces is exact, where they
 * include it, the price with it; one of the two gives what the row costs. */
#include "plugins/tax-normalizer/readings.h"

#include <stdlib.h>
#include <string.h>

typedef enum source { ROW_INCL, ROW, PRICE, PRICE_INCL } source;

typedef struct way {
    const char *name;
    source from;
    bool parts;    /* add tax and discount tax compensation: the figure is net */
    bool discount; /* take the discount off: the figure is before discount */
    bool inside;   /* take the fixed product tax off: the filter added it */
} way;

/* The least accidental first: a way further down may add up by chance where one further up is meant. */
static const way ways[] = {
    {"row-incl", ROW_INCL, false, false, true},
    {"row-parts", ROW, true, false, false},
    {"row-parts-less-discount", ROW, true, true, false},
    {"row-incl-less-discount", ROW_INCL, false, true, false},
    {"unit-parts", PRICE, true, true, false},
    {"unit-incl", PRICE_INCL, false, true, false},
};

/* A rounded price times pieces is off by up to half a cent a piece, so it could explain what is simply wrong:
 * it counts only where the order has no row totals at all. */
enum { WAYS = sizeof ways / sizeof *ways, BY_ROWS = 4 };

/* ---- which rows ---- */

typedef enum bundles { JUDGED, ON_CHILDREN, ON_PARENT, BUNDLES } bundles;

/* A bundle that costs nothing is a list of gifts: its children are what is handed out. */
static bool is_free(const order_row *bundle)
{
    return !bundle->money && !bundle->fixed_net;
}

static bool on_children(const order_row *bundle, bundles how)
{
    return how == JUDGED ? bundle->money_below || is_free(bundle) : how == ON_CHILDREN;
}

static bool is_bundle(const order_row *row)
{
    return !strcmp(row->type, "bundle");
}

static bool carries(const order_row *row, bundles how)
{
    if (row->above)
        return is_bundle(row->above) && on_children(row->above, how);
    return !row->children || !is_bundle(row) || !on_children(row, how);
}

static const char *bundles_name(const order *o, bundles how)
{
    int children = 0, parents = 0;
    for (int i = 0; i < o->rows_n; i++) {
        const order_row *row = &o->rows[i];
        if (is_bundle(row) && row->children)
            *(on_children(row, how) ? &children : &parents) += 1;
    }
    return children && parents ? "both" : children ? "children" : parents ? "parent" : "-";
}

/* ---- what each costs ---- */

/* a * quantity, to 10^-4. -1: more than any figure of an order. */
static int times(int64_t a, int64_t quantity, int64_t *out)
{
    tb_money m;
    if (tb_money_ratio((tb_money){.amount = a}, quantity, TB_QUANTITY_SCALE, 4, TB_HALF_UP, &m))
        return -1;
    *out = m.amount;
    return m.amount > ORDER_MOST || m.amount < -ORDER_MOST ? -1 : 0;
}

static int row_gross(const order_row *row, const way *w, int64_t *out)
{
    static const int bits[] = {ORDER_ROW_INCL, ORDER_ROW, ORDER_PRICE, ORDER_PRICE_INCL};
    int64_t gross = 0;
    if (row->absent & 1u << bits[w->from])
        return -1;
    if (w->from == ROW_INCL)
        gross = row->row_incl;
    if (w->from == ROW)
        gross = row->row;
    if (w->from == PRICE && times(row->price, row->quantity, &gross))
        return -1;
    if (w->from == PRICE_INCL && times(row->price_incl, row->quantity, &gross))
        return -1;
    gross -= w->inside ? row->fixed_inside : 0;
    gross += w->parts ? row->tax + row->compensation : 0;
    *out = gross - (w->discount ? row->discount : 0);
    return 0;
}

int64_t reading_shipping(const order *o)
{
    const order_head *h = &o->head;
    return h->shipping + h->shipping_tax - h->shipping_discount + h->shipping_compensation;
}

bool reading_counts_fixed(const order_row *row, bool row_carries, bool above_carries)
{
    return row->fixed_net && (row_carries || (row->above && above_carries && !row->above->fixed_net));
}

/* Shipping, gift wrapping, fixed product tax: the same under every way of reading a row. */
static int64_t other_lines(const order *o, bundles how)
{
    const order_head *h = &o->head;
    int64_t sum = reading_shipping(o);
    sum += h->wrap + h->wrap_tax + h->wrap_items + h->wrap_items_tax + h->wrap_card + h->wrap_card_tax;
    for (int i = 0; i < o->rows_n; i++) {
        const order_row *row = &o->rows[i];
        if (reading_counts_fixed(row, carries(row, how), row->above && carries(row->above, how)))
            sum += row->fixed_net + row->fixed_tax;
    }
    return sum;
}

/* -1: a row that carries lacks the figure, so this way is none. */
static int try_way(const order *o, const way *w, bundles how, int64_t *off)
{
    int64_t sum = other_lines(o, how), gross;
    for (int i = 0; i < o->rows_n; i++) {
        if (!carries(&o->rows[i], how))
            continue;
        if (row_gross(&o->rows[i], w, &gross))
            return -1;
        sum += gross;
    }
    *off = order_paid(o) - sum;
    return 0;
}

/* ---- the choice ---- */

static int64_t size_of(int64_t amount)
{
    return amount < 0 ? -amount : amount;
}

/* How far the row is, read that way, from what its prices say; 0 where it has none. */
static int64_t unlike_prices(const order_row *row, const way *w)
{
    int64_t gross, is, least = ORDER_MOST;
    bool any = false;
    if (row_gross(row, w, &gross))
        return 0;
    for (int i = BY_ROWS; i < WAYS; i++) {
        if (row_gross(row, &ways[i], &is))
            continue;
        any = true;
        least = size_of(gross - is) < least ? size_of(gross - is) : least;
    }
    return any ? least : 0;
}

static int64_t all_unlike_prices(const order *o, const way *w, bundles how)
{
    int64_t sum = 0;
    for (int i = 0; i < o->rows_n; i++)
        sum += carries(&o->rows[i], how) ? unlike_prices(&o->rows[i], w) : 0;
    return sum;
}

static int take(const order *o, const way *w, bundles how, reading *out)
{
    out->name = w->name;
    out->bundles = bundles_name(o, how);
    out->carries = calloc((size_t)o->rows_n, sizeof *out->carries);
    out->gross = calloc((size_t)o->rows_n, sizeof *out->gross);
    if (!out->carries || !out->gross)
        return -1;
    for (int i = 0; i < o->rows_n; i++) {
        out->carries[i] = carries(&o->rows[i], how);
        if (out->carries[i])
            row_gross(&o->rows[i], w, &out->gross[i]);
    }
    return 0;
}

typedef struct choice {
    const way *way;
    bundles how;
    int64_t off, unlike; /* the header, the prices of the rows */
} choice;

static int64_t cents(int64_t amount)
{
    enum { CENT = 100 };
    return (size_of(amount) + CENT / 2) / CENT;
}

/* Less than a cent is how figures are printed and tells nothing. Prices say how a row is meant, not which
 * rows carry: a bundle's are those of its children. */
static bool is_better(const choice *a, const choice *b)
{
    if (!b->way || cents(a->off) != cents(b->off))
        return !b->way || cents(a->off) < cents(b->off);
    if (a->how != b->how)
        return false;
    return a->unlike != b->unlike ? a->unlike < b->unlike : size_of(a->off) < size_of(b->off);
}

static void try_ways(const order *o, int from, int to, bundles how, choice *best)
{
    for (int i = from; i < to; i++) {
        choice one = {&ways[i], how, 0, all_unlike_prices(o, &ways[i], how)};
        if (!try_way(o, one.way, how, &one.off) && is_better(&one, best))
            *best = one;
    }
}

int reading_choose(const order *o, reading *out)
{
    choice best = {.how = JUDGED};
    bundles end = strcmp(bundles_name(o, JUDGED), "-") ? BUNDLES : ON_CHILDREN;
    *out = (reading){.name = NULL};
    for (bundles how = JUDGED; how < end; how++)
        try_ways(o, 0, BY_ROWS, how, &best);
    for (bundles how = JUDGED; how < end && !best.way; how++)
        try_ways(o, BY_ROWS, WAYS, how, &best);
    out->off = best.off;
    return best.way ? take(o, best.way, best.how, out) : 0; /* no name: no row has any figure */
}

void reading_free(reading *r)
{
    free(r->carries);
    free(r->gross);
    *r = (reading){.name = NULL};
}
