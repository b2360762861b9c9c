/* SPDX-License-Identifier: Apache-2.0 */
/* Exact money and quantities (law 7). An amount is an int64_t in 10^-4 of its currency, a quantity an int64_t
 * in 10^-3 pieces. Products and quotients go through 128 bits and one rounding; overflow is an error, never a
 * wrap. Functions return 0, or -1 and leave *out alone. No locks, no allocation. All since 0.1. */
#pragma once
#include <tillbridge/base.h>

TB_BEGIN

enum { TB_MONEY_SCALE = 10000, TB_QUANTITY_SCALE = 1000 };

typedef struct tb_money {
    int64_t amount;   /* 10^-4 */
    char currency[4]; /* ISO 4217, upper case; "" unknown */
} tb_money;

/* HALF_UP: away from zero at the half. HALF_EVEN: to the even digit at the half. DOWN: towards zero. FLOOR:
 * towards minus infinity. CEILING: towards plus infinity. */
typedef enum tb_rounding { TB_HALF_UP, TB_HALF_EVEN, TB_DOWN, TB_FLOOR, TB_CEILING } tb_rounding;

/* "12", "-12.50", "+0.0001"; no exponent, no blanks. More digits than the scale holds must be zeros. */
int tb_money_parse(const char *text, const char *currency, tb_money *out);
/* A JSON string as above, or a number by its shortest decimal text, rounded half up to 10^-4. */
int tb_money_from_json(const json_t *value, const char *currency, tb_money *out);
/* Writes at least `decimals` (0 to 4) digits after the point, more only if they are not zero. */
int tb_money_format(tb_money money, int decimals, char *out, size_t size);

int tb_money_add(tb_money a, tb_money b, tb_money *out); /* -1 also when currencies differ */
int tb_money_sub(tb_money a, tb_money b, tb_money *out);
/* amount * numerator / denominator, rounded to `decimals` (0 to 4) digits. */
int tb_money_ratio(tb_money a, int64_t numerator, int64_t denominator, int decimals, tb_rounding mode,
                   tb_money *out);
int tb_money_round(tb_money a, int decimals, tb_rounding mode, tb_money *out);

int tb_quantity_parse(const char *text, int64_t *out);
int tb_quantity_from_json(const json_t *value, int64_t *out); /* string or number; more than 3 decimals: -1 */
int tb_quantity_format(int64_t quantity, int decimals, char *out, size_t size); /* 0 to 3, as above */

TB_END
