/* SPDX-License-Identifier: Apache-2.0 */
/* A chain starts with a millionth, so that a half goes up however the shop's binary numbers fell. Amounts are
 * quotients of two integers: with prices that include tax, one that has 1 + rate below, with unit rounding
 * one that has the quantity below. They are kept so, and only the one rounding function ever rounds. */
#include "plugins/tax-normalizer/delta.h"

#include "core/base/sabotage.h"

enum { START_BELOW = 100 }; /* 10^-6, in units of 10^-4: 1/100 */

int64_t fraction_gcd(int64_t a, int64_t b)
{
    a = a < 0 ? -a : a;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a ? a : 1;
}

static fraction reduce(int64_t n, int64_t d)
{
    int64_t by = fraction_gcd(n, d);
    return (fraction){n / by, d / by};
}

fraction fraction_of_rate(int64_t rate, bool inside)
{
    return reduce(rate, 1000000 + (inside ? rate : 0));
}

int fraction_times(fraction a, fraction b, fraction *out)
{
    fraction x = reduce(a.n, b.d), y = reduce(b.n, a.d);
    return __builtin_mul_overflow(x.n, y.n, &out->n) || __builtin_mul_overflow(y.d, x.d, &out->d) ? -1 : 0;
}

int fraction_add(fraction a, fraction b, fraction *out)
{
    int64_t left, right, by = fraction_gcd(a.d, b.d);
    if (__builtin_mul_overflow(a.n, b.d / by, &left) || __builtin_mul_overflow(b.n, a.d / by, &right) ||
        __builtin_add_overflow(left, right, &out->n) || __builtin_mul_overflow(a.d, b.d / by, &out->d))
        return -1;
    return 0;
}

/* Whole cents are set aside first, so that only what is rounded needs the long denominators. */
int delta_round(delta *chain, fraction amount, int64_t *out)
{
    enum { CENT = 100 };
    *out = 0;
    if (!amount.n)
        return 0;
    int64_t aside = amount.n / amount.d / CENT * CENT;
    fraction rest = {amount.n - aside * amount.d, amount.d}, with, less;
    tb_money rounded;
    if (fraction_add(rest, chain->begun ? chain->carry : (fraction){1, START_BELOW}, &with) ||
        tb_money_ratio((tb_money){.amount = with.n}, 1, with.d, 2, TB_HALF_UP, &rounded) ||
        fraction_add(with, (fraction){-rounded.amount, 1}, &less))
        return -1;
    chain->carry = SABOTAGE("nothing-handed-on") ? (fraction){1, START_BELOW} : reduce(less.n, less.d);
    chain->begun = true;
    *out = aside + rounded.amount;
    return 0;
}
