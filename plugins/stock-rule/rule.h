/* SPDX-License-Identifier: Apache-2.0 */
/* What quantity the shop's source row must hold, from counters that were read. Quantities in 10^-3 pieces. */
#ifndef STOCK_RULE_RULE_H
#define STOCK_RULE_RULE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rule_counters {
    int64_t total;    /* T: on the till's shelf */
    int64_t reserved; /* V: of these, reserved at the till */
    int64_t buffer;   /* kept back from the web */
    int64_t held;     /* O: reserved at the till for orders the shop still reserves too */
    int64_t gone;     /* D: handed out at the till, not yet told to the shop */
} rule_counters;

/* One order line, seen from both ends. */
typedef struct rule_line {
    int64_t ordered, canceled, shipped, refunded; /* shop, on the row that ships */
    int64_t delivered;                            /* d: till deliveries that stand */
    int64_t undelivered;                          /* u: of an open order with a reservation that lies ahead */
} rule_line;

typedef struct rule_share {
    int64_t promised; /* a: pieces the shop still reserves */
    int64_t held;     /* O */
    int64_t gone;     /* D */
} rule_share;

rule_share rule_line_share(const rule_line *line);
int64_t rule_free(const rule_counters *c); /* what anybody may buy: without what is held and gone */
int64_t rule_quantity(const rule_counters *c);

#endif
