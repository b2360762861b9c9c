/* SPDX-License-Identifier: Apache-2.0 */
/* What of a thing sold the shop still reserves, and which of these pieces are held at a till or gone from its
 * shelf, per source. Pure; pieces in 10^-3. */
#ifndef ORDER_BRIDGE_SHARES_H
#define ORDER_BRIDGE_SHARES_H

#include <stddef.h>
#include <stdint.h>

typedef struct share_place { /* one source */
    int64_t delivered;       /* handed out by its warehouses, deliveries that stand */
    int64_t shipped;         /* told to the shop as shipped from there */
    int64_t undelivered;     /* at its tills, of open orders whose reservation lies ahead */
    int64_t held, gone;      /* out: O and D */
} share_place;

typedef struct share_line {
    int64_t ordered, canceled, shipped, refunded; /* the shop's counters */
    int64_t apart; /* refunded pieces that never left, although as many others were shipped */
} share_line;

/* a: pieces that the shop still reserves. */
int64_t share_promised(const share_line *line);
/* D first, then O, over all places; together never more than what is promised. */
void share_out(const share_line *line, share_place *places, size_t n);

#endif
