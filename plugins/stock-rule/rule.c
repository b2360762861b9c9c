/* SPDX-License-Identifier: Apache-2.0 */
/* The goal at rest, per SKU and stock: salable = what the tills have free, less the web orders not yet at a
 * till. The shop computes salable as row - reservations, so the row must also contain what is reserved at the
 * till for the shop's own orders (held) and what left the shelf for them but was not told to the shop (gone):
 *
 *   row = max(0, T - V - buffer) + min(held, V) + gone
 *
 * A negative V is no more room on the shelf: it counts as none. min(held, V) keeps it right when a
 * reservation lapsed unseen. Never negative: a negative row would be taken from other sources. */
#include "plugins/stock-rule/rule.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

rule_share rule_line_share(const rule_line *line)
{
    rule_share s = {0, 0, 0};
    s.promised = most(0, line->ordered - line->canceled - most(line->shipped, line->refunded));
    s.gone = least(s.promised, most(0, line->delivered - line->shipped));
    s.held = least(s.promised - s.gone, line->undelivered);
    return s;
}

int64_t rule_free(const rule_counters *c)
{
    return most(0, c->total - most(0, c->reserved) - c->buffer);
}

int64_t rule_quantity(const rule_counters *c)
{
    return rule_free(c) + least(c->held, most(0, c->reserved)) + c->gone;
}
