/* SPDX-License-Identifier: Apache-2.0 */
/* Delta rounding, exactly as Adobe does it: what a rounding cut off is added to the next amount of the same
 * chain (AbstractCalculator::deltaRound). */
#pragma once
#include <tillbridge/money.h>

/* An exact amount in 10^-4: numerator over denominator, reduced where that was free. */
typedef struct fraction {
    int64_t n, d;
} fraction;

int64_t fraction_gcd(int64_t a, int64_t b);
/* rate of the net (direction 0), or the part of it in a gross amount (1): r or r / (1 + r). */
fraction fraction_of_rate(int64_t rate, bool inside);
int fraction_times(fraction a, fraction b, fraction *out); /* -1: too large */
int fraction_add(fraction a, fraction b, fraction *out);   /* -1: too large */

typedef struct delta { /* one chain; starts zeroed */
    fraction carry;
    bool begun;
} delta;

/* The amount plus what the chain carries, rounded to cents; an amount of 0 is left alone, as there. 0, or
 * -1: the figures are too large. */
int delta_round(delta *chain, fraction amount, int64_t *out);
