/* SPDX-License-Identifier: Apache-2.0 */
/* What is due, from the counters of both sides. Pure: no host, no JSON. */
#ifndef ORDER_BRIDGE_COMPARE_H
#define ORDER_BRIDGE_COMPARE_H

#include <stddef.h>
#include <stdint.h>

enum { PARTS_MOST = 64 };

/* ---- states of the two ends, as bits ---- */

enum {
    SHOP_NOT_YET = 1, /* not in a state to send: payment is pending or under review */
    SHOP_OPEN = 2,
    SHOP_HELD = 4,
    SHOP_GONE = 8,  /* cancelled, or all of it refunded before it left */
    SHOP_DONE = 16, /* complete, or closed after it left */
    SHOP_ANY = 31
};

enum { AT_NONE = 1, AT_OPEN = 2, AT_CLOSED = 4, AT_CANCELLED = 8, AT_ANY = 15 };

enum {
    FACT_LOST = 1 << 0,         /* we put it there, and the till does not show it */
    FACT_EDITED = 1 << 1,       /* it is of an order that was edited since */
    FACT_REFUSED = 1 << 2,      /* staff said that it cannot be had */
    FACT_READY = 1 << 3,        /* staff said that it is ready for pick-up */
    FACT_PICKUP = 1 << 4,       /* to be collected by the customer */
    FACT_NOTIFIED = 1 << 5,     /* the customer was told so: that made the shipment */
    FACT_NOWHERE = 1 << 6,      /* refused or cancelled, and no other place has it */
    FACT_OUTSIDE = 1 << 7,      /* at a place that the till system does not know */
    FACT_LAPSING = 1 << 8,      /* the reservation ends soon, or did */
    FACT_OLD = 1 << 9,          /* nothing happened for long */
    FACT_CAPTURE = 1 << 10,     /* an invoice with capture comes before the shipment */
    FACT_BOOK = 1 << 11,        /* an invoice without capture is due for what was shipped */
    FACT_CANCELLABLE = 1 << 12, /* cancelling in the shop works, and nothing of the order is elsewhere */
    FACT_GIVE_BACK = 1 << 13,   /* by configuration: cancel in the shop what no place has */
    FACT_DELIVER = 1 << 14,     /* by configuration: deliver at the till what the shop has shipped */
    FACT_LEFT_HERE = 1 << 15,   /* ... and that left this part's own source */
    FACT_EVER = 1 << 16,        /* something of the order is or was at a till */
    FACT_WHOLE = 1 << 17,       /* what is to be shipped makes whole rows of the shop */
    FACT_OTHER_ROWS = 1 << 18   /* its rows are not what the customer gets: adopted so, or edited by staff */
};

/* ---- pieces ---- */

typedef enum count {
    ZERO,
    WANTED,      /* to be put there */
    PLACED,      /* in the till's order */
    DELIVERED,   /* d: handed out, deliveries that stand */
    UNSHIPPED,   /* handed out, and the shop still waits for the shipment */
    UNDELIVERED, /* shipped by the shop, and not handed out */
    TAKEN_BACK,  /* of these: in deliveries that were cancelled */
    SURPLUS,     /* placed, and not wanted any more by the shop */
    OUT,         /* handed out, and not wanted any more by the shop */
    SHIPPED,
    COUNTS
} count;

typedef struct facts { /* of one part; shop: of the order */
    unsigned shop, till, is;
    int64_t pieces[COUNTS];
} facts;

typedef enum step {
    STEP_NONE,
    STEP_DROP, /* cancelled-before-sent */
    STEP_WAIT, /* for the till to show what we put there */
    STEP_ORDER,
    STEP_CANCEL_EDITED, /* order-cancel, by why */
    STEP_CANCEL_GONE,
    STEP_CANCEL_CUT,
    STEP_CANCEL_REFUSED,
    STEP_CANCEL_SHIPPED,
    STEP_RENEW,
    STEP_DELIVERY,
    STEP_SHIPMENT,
    STEP_READY,
    STEP_CAPTURE, /* invoice */
    STEP_BOOK,    /* invoice */
    STEP_WEB_CANCEL,
    STEP_GOODS_OUT, /* exceptions from here on */
    STEP_SHIPPED_ELSEWHERE,
    STEP_REFUND_DUE,
    STEP_TAKEN_BACK,
    STEP_BUNDLE_APART,
    STEP_OTHER_ROWS,
    STEP_NOT_COLLECTED
} step;

typedef struct due {
    step step;
    size_t part;      /* index */
    const char *rule; /* name of the row of the table */
} due;

/* The first row of the table that fits a part; of these, parts in their order. */
due compare(const facts *parts, size_t n);

/* One thing at one part: fills in the pieces. kept: how many of the placed the customer gets. */
typedef struct thing_counts {
    int64_t placed, kept, delivered, taken_back;
    int64_t shipped;   /* of this part */
    int64_t shippable; /* that the shop would take as shipped now */
} thing_counts;

void facts_add(facts *f, const thing_counts *c);

#endif
