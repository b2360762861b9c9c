/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an order as a table. A row says in which states of the two ends, under which facts and for
 * which pieces one step is due; the first row that fits is the one step of this turn, and when it is done
 * everything is read and compared anew. So nothing is replayed, and it does not matter who did a step: a
 * person's shipment in the shop or a cancellation at the till is just another state.
 *
 * The order of the rows is the order of work: what is not where we think it is; the edited order before the
 * new one; what was handed out is told before anything is taken back (deliver, ship, invoice, then memo). */
#include "plugins/order-bridge/compare.h"

#include <stdbool.h>

typedef enum relation { LESS, EQUAL, MORE } relation;

typedef struct guard {
    count a;
    relation is;
    count b;
} guard;

enum { GUARDS = 3 };

/* A row a line, or two. */
/* clang-format off */
static const struct row {
    const char *name;
    unsigned shop, till;
    unsigned with, without; /* facts */
    guard guards[GUARDS];   /* a zeroed one always holds */
    step step;
} rows[] = {
    {"the till does not show it", SHOP_ANY, AT_ANY, FACT_LOST, 0, {{0}}, STEP_WAIT},

    {"edited, the old one goes first", SHOP_ANY, AT_OPEN, FACT_EDITED, 0,
     {{DELIVERED, EQUAL, ZERO}}, STEP_CANCEL_EDITED},
    {"edited, and goods are out", SHOP_ANY, AT_OPEN | AT_CLOSED, FACT_EDITED, 0,
     {{DELIVERED, MORE, ZERO}}, STEP_GOODS_OUT},

    {"handed out, to be captured", SHOP_OPEN, AT_ANY, FACT_CAPTURE | FACT_WHOLE, 0,
     {{UNSHIPPED, MORE, ZERO}}, STEP_CAPTURE},
    {"shipped, to be captured", SHOP_OPEN | SHOP_DONE, AT_ANY, FACT_CAPTURE, 0,
     {{SHIPPED, MORE, ZERO}}, STEP_CAPTURE},
    {"handed out, not told", SHOP_OPEN, AT_ANY, FACT_WHOLE, 0, {{UNSHIPPED, MORE, ZERO}}, STEP_SHIPMENT},
    {"handed out, from several sources", SHOP_OPEN, AT_CLOSED, 0, FACT_WHOLE,
     {{UNSHIPPED, MORE, ZERO}, {PLACED, EQUAL, DELIVERED}}, STEP_BUNDLE_APART},
    {"shipped, to be booked", SHOP_OPEN | SHOP_DONE, AT_ANY, FACT_BOOK, 0, {{0}}, STEP_BOOK},

    {"cancelled or refunded, and goods are out", SHOP_ANY, AT_OPEN | AT_CLOSED, 0, 0,
     {{OUT, MORE, ZERO}}, STEP_GOODS_OUT},
    {"cancelled or refunded", SHOP_GONE, AT_OPEN, 0, 0,
     {{DELIVERED, EQUAL, ZERO}, {SURPLUS, EQUAL, PLACED}}, STEP_CANCEL_GONE},
    {"partly refunded", SHOP_ANY, AT_OPEN, 0, 0,
     {{DELIVERED, EQUAL, ZERO}, {SURPLUS, MORE, ZERO}}, STEP_CANCEL_CUT},
    {"partly refunded, and partly handed out", SHOP_ANY, AT_OPEN, 0, 0,
     {{SURPLUS, MORE, ZERO}}, STEP_GOODS_OUT},

    {"taken back after the shipment", SHOP_ANY, AT_OPEN | AT_CLOSED | AT_CANCELLED, 0, 0,
     {{TAKEN_BACK, MORE, ZERO}}, STEP_TAKEN_BACK},

    {"ready, the customer is told", SHOP_OPEN, AT_OPEN, FACT_READY | FACT_PICKUP, FACT_NOTIFIED,
     {{SHIPPED, EQUAL, ZERO}, {DELIVERED, EQUAL, ZERO}}, STEP_READY},
    {"collected later", SHOP_ANY, AT_OPEN, FACT_PICKUP | FACT_NOTIFIED | FACT_OLD, 0,
     {{UNDELIVERED, MORE, ZERO}}, STEP_NOT_COLLECTED},
    {"ready, not collected yet: renewed", SHOP_ANY, AT_OPEN, FACT_PICKUP | FACT_NOTIFIED | FACT_LAPSING, 0,
     {{UNDELIVERED, MORE, ZERO}}, STEP_RENEW},
    {"ready, not collected yet", SHOP_ANY, AT_OPEN, FACT_PICKUP | FACT_NOTIFIED, 0,
     {{UNDELIVERED, MORE, ZERO}}, STEP_NONE},

    {"never collected", SHOP_ANY, AT_CANCELLED, FACT_PICKUP | FACT_NOTIFIED, 0,
     {{UNDELIVERED, MORE, ZERO}, {SURPLUS, LESS, PLACED}}, STEP_REFUND_DUE},

    {"shipped in the shop, from here", SHOP_ANY, AT_OPEN, FACT_DELIVER | FACT_LEFT_HERE, 0,
     {{UNDELIVERED, MORE, ZERO}}, STEP_DELIVERY},
    {"shipped in the shop, from elsewhere", SHOP_ANY, AT_OPEN, FACT_DELIVER, FACT_LEFT_HERE,
     {{UNDELIVERED, MORE, ZERO}, {DELIVERED, EQUAL, ZERO}}, STEP_CANCEL_SHIPPED},
    {"shipped in the shop", SHOP_ANY, AT_OPEN, 0, 0, {{UNDELIVERED, MORE, ZERO}}, STEP_SHIPPED_ELSEWHERE},

    {"refused at the till", SHOP_ANY, AT_OPEN, FACT_REFUSED, 0,
     {{DELIVERED, EQUAL, ZERO}}, STEP_CANCEL_REFUSED},

    {"other rows at the till", SHOP_NOT_YET | SHOP_OPEN | SHOP_HELD, AT_OPEN | AT_CLOSED, FACT_OTHER_ROWS, 0,
     {{0}}, STEP_OTHER_ROWS},
    {"to be sent", SHOP_OPEN, AT_NONE | AT_CANCELLED, 0, FACT_NOWHERE | FACT_OUTSIDE,
     {{WANTED, MORE, ZERO}}, STEP_ORDER},
    {"nowhere, cancelled in the shop", SHOP_OPEN, AT_ANY, FACT_NOWHERE | FACT_GIVE_BACK | FACT_CANCELLABLE, 0,
     {{WANTED, MORE, ZERO}}, STEP_WEB_CANCEL},
    {"nowhere, the money is due back", SHOP_OPEN, AT_ANY, FACT_NOWHERE, 0,
     {{WANTED, MORE, ZERO}}, STEP_REFUND_DUE},

    {"lapsing", SHOP_NOT_YET | SHOP_OPEN | SHOP_HELD, AT_OPEN, FACT_LAPSING, 0,
     {{DELIVERED, LESS, PLACED}}, STEP_RENEW},
    {"not shipped for long", SHOP_OPEN, AT_OPEN, FACT_OLD, 0,
     {{DELIVERED, LESS, PLACED}}, STEP_NOT_COLLECTED},

    {"cancelled before it was sent", SHOP_GONE, AT_NONE, 0, FACT_EVER, {{0}}, STEP_DROP},
};
/* clang-format on */

static bool holds(const guard *g, const int64_t *pieces)
{
    int64_t a = pieces[g->a], b = pieces[g->b];
    return g->is == LESS ? a < b : g->is == MORE ? a > b : a == b;
}

static bool fits(const struct row *r, const facts *f)
{
    if (!(f->shop & r->shop) || !(f->till & r->till) || (f->is & r->with) != r->with || (f->is & r->without))
        return false;
    for (int i = 0; i < GUARDS; i++) {
        const guard *g = &r->guards[i];
        bool none = g->a == ZERO && g->b == ZERO;
        if (!none && !holds(g, f->pieces))
            return false;
    }
    return true;
}

due compare(const facts *parts, size_t n)
{
    uint64_t at_rest = 0; /* a row that says "nothing" speaks for its part alone */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t p = 0; p < n && p < PARTS_MOST; p++) {
            if ((at_rest >> p & 1) || !fits(&rows[i], &parts[p]))
                continue;
            if (rows[i].step != STEP_NONE)
                return (due){rows[i].step, p, rows[i].name};
            at_rest |= UINT64_C(1) << p;
        }
    }
    return (due){STEP_NONE, 0, "nothing is due"};
}

static int64_t above(int64_t a, int64_t b)
{
    return a > b ? a - b : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void facts_add(facts *f, const thing_counts *c)
{
    int64_t undelivered = above(c->shipped, c->delivered);
    f->pieces[PLACED] += c->placed;
    f->pieces[DELIVERED] += c->delivered;
    f->pieces[SHIPPED] += c->shipped;
    f->pieces[UNSHIPPED] += least(above(c->delivered, c->shipped), c->shippable);
    f->pieces[UNDELIVERED] += undelivered;
    f->pieces[TAKEN_BACK] += least(undelivered, c->taken_back);
    f->pieces[SURPLUS] += above(c->placed, c->kept);
    f->pieces[OUT] += above(c->delivered, c->kept);
}
