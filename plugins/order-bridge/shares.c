/* SPDX-License-Identifier: Apache-2.0 */
/*   a = max(0, ordered - canceled - max(shipped, refunded))
 *   D = min(a, max(0, delivered - shipped))      gone from the till's shelf, not yet told to the shop
 *   O = min(a - D, undelivered)                  held at the till for an order that the shop holds too
 *
 * Where pieces were refunded that never left, and others were shipped, the larger of both counters is too few
 * to take off: `apart` is what is missing.
 *
 * Over several sources: what was delivered here and shipped from here are compared first; pieces that were
 * shipped from a source which delivered none of them are taken off where most is left. */
#include "plugins/order-bridge/shares.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t share_promised(const share_line *line)
{
    return most(0, line->ordered - line->canceled - most(line->shipped, line->refunded) - line->apart);
}

static share_place *most_gone(share_place *places, size_t n)
{
    share_place *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!best || places[i].gone > best->gone)
            best = &places[i];
    }
    return best;
}

static int64_t sum_gone(const share_place *places, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += places[i].gone;
    return sum;
}

void share_out(const share_line *line, share_place *places, size_t n)
{
    int64_t delivered = 0, promised = share_promised(line);
    for (size_t i = 0; i < n; i++) {
        delivered += places[i].delivered;
        places[i].gone = most(0, places[i].delivered - places[i].shipped);
    }
    int64_t gone = least(promised, most(0, delivered - line->shipped));
    for (int64_t excess; (excess = sum_gone(places, n) - gone) > 0;) {
        share_place *p = most_gone(places, n);
        p->gone -= least(p->gone, excess);
    }
    int64_t left = promised - sum_gone(places, n);
    for (size_t i = 0; i < n; i++) {
        places[i].held = least(left, most(0, places[i].undelivered));
        left -= places[i].held;
    }
}
