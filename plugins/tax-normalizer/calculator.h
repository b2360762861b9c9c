/* SPDX-License-Identifier: Apache-2.0 */
/* One set-up's calculator, run over the lines of an order; and, for rounding by total, the envelope of what
 * it may have printed in any order of the rows. */
#pragma once
#include "plugins/tax-normalizer/model.h"

typedef struct thing { /* what a calculator was given, and what it printed */
    int64_t price, price_incl, discount, tax, compensation, rate;
    int64_t fixed_net, fixed_tax; /* calculated with it */
    fraction pieces;
    const order_taxes *taxes;
    bool shipping, no_price, no_price_incl; /* not printed */
} thing;

typedef struct chain { /* of one key: the roundings, and for the envelope what they should come to */
    uint64_t key;
    delta before, after;
    fraction exact;
    int64_t actual, within;
} chain;

typedef struct run {
    thing *things;
    int things_n;
    chain *chains;
    int chains_n;
    setup s;
    int variants;          /* bits of what may matter: 1 split, 2 shipping_in_full */
    bool split;            /* several taxes on a line are rounded each alone */
    bool shipping_in_full; /* shipping was taxed without its discount (magento2#21456) */
} run;

bool calculator_includes(const run *r, const thing *t); /* its price includes tax */
bool calculator_after_discount(const run *r, const thing *t);
/* Taxes of one priority share a key; so do, where prices include tax, all of one rate. */
uint64_t calculator_key(const thing *t, bool inside);
chain *calculator_chain(run *r, uint64_t key); /* of this key; begun where there is none */
/* The amounts that tax is computed of, of a piece or of the row: before and after discount. -1: too large. */
int calculator_bases(const run *r, const thing *t, fraction *before, fraction *after);
/* Whether the set-up gives each printed figure. -1: too large to say. */
int calculator_agrees(run *r, bool *agree);

/* Whether the sums are what rounding by total may come to, whatever the order of the rows. */
bool envelope_holds(run *r);
/* Whether its fixed product tax may be part of a chain: its tax is printed, or so small that it may have been
 * rounded to nothing. */
bool envelope_takes_fixed(const thing *t);
