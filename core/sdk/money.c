/* SPDX-License-Identifier: Apache-2.0 */
/* Exact decimal numbers in 64 bits: texts are read digit by digit, doubles by their shortest decimal text,
 * products and quotients in 128 bits with one rounding. Nothing here computes in floating point. */
#include <tillbridge/money.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

enum { MONEY_DIGITS = 4, QUANTITY_DIGITS = 3 };

static const int64_t power10[] = {1, 10, 100, 1000, 10000};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int narrow(wide value, int64_t *out)
{
    if (value > INT64_MAX || value < INT64_MIN)
        return -1;
    *out = (int64_t)value;
    return 0;
}

/* The digits after the point, brought to the scale: *value grows by `scale` digits. What the scale cannot
 * hold must be zeros. Returns where it stopped, NULL: not exact. */
static const char *read_fraction(const char *p, int scale, wide *value)
{
    for (; is_digit(*p); p++) {
        if (scale > 0 && scale--)
            *value = *value * 10 + (*p - '0');
        else if (*p != '0')
            return NULL;
    }
    *value *= power10[scale];
    return p;
}

static int read_text(const char *text, int scale, int64_t *out)
{
    const char *p = text;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!is_digit(*p))
        return -1;
    wide value = 0;
    for (; is_digit(*p); p++) {
        if (value > INT64_MAX)
            return -1;
        value = value * 10 + (*p - '0');
    }
    if (*p == '.' && !is_digit(p[1]))
        return -1;
    p = read_fraction(*p == '.' ? p + 1 : p, scale, &value);
    return p && !*p ? narrow(negative ? -value : value, out) : -1;
}

/* Quotient of n / d (d > 0), rounded by mode. */
static wide divide(wide n, wide d, tb_rounding mode)
{
    wide q = n / d, r = n % d;
    if (r == 0)
        return q;
    int sign = n < 0 ? -1 : 1;
    wide twice = 2 * (r < 0 ? -r : r);
    bool away = false;
    switch (mode) {
    case TB_HALF_UP:
        away = twice >= d;
        break;
    case TB_HALF_EVEN:
        away = twice > d || (twice == d && q % 2 != 0);
        break;
    case TB_DOWN:
        break;
    case TB_FLOOR:
        away = sign < 0;
        break;
    case TB_CEILING:
        away = sign > 0;
        break;
    }
    return away ? q + sign : q;
}

/* digits * 10^exponent at `scale`; digits has at most 17 places. *exact: nothing was rounded off. */
static int scale_digits(wide digits, int exponent, int scale, int64_t *out, bool *exact)
{
    int64_t ignored;
    wide divisor = 1;
    int shift = exponent + scale;
    for (; shift > 0 && digits != 0; shift--) {
        digits *= 10;
        if (narrow(digits, &ignored))
            return -1;
    }
    for (; shift < 0 && divisor < (wide)INT64_MAX * 10; shift++)
        divisor *= 10; /* beyond that 17 digits come to nothing anyhow */
    *exact = digits % divisor == 0;
    return narrow(divide(digits, divisor, TB_HALF_UP), out);
}

/* The shortest decimal text that reads back as the same double; what a person or the other system wrote. */
static void shortest_text(double number, char out[40])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 40, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            return;
    }
}

/* Reads "-1.5e-07" as printf wrote it; whatever is not a digit there is the locale's point. */
static int read_double(double number, int scale, int64_t *out, bool *exact)
{
    char text[40];
    shortest_text(number, text);
    const char *p = text + (*text == '-');
    wide digits = 0;
    int exponent = 0;
    bool fraction = false;
    for (; *p && *p != 'e'; p++) {
        if (is_digit(*p)) {
            digits = digits * 10 + (*p - '0');
            exponent -= fraction;
        } else if (fraction) {
            return -1; /* inf, nan */
        } else {
            fraction = true;
        }
    }
    if (*p == 'e')
        exponent += (int)strtol(p + 1, NULL, 10);
    return scale_digits(*text == '-' ? -digits : digits, exponent, scale, out, exact);
}

static int read_json(const json_t *value, int scale, int64_t *out, bool *exact)
{
    *exact = true;
    if (json_is_string(value)) { /* a NUL inside would hide what follows it */
        const char *text = json_string_value(value);
        return strlen(text) == json_string_length(value) ? read_text(text, scale, out) : -1;
    }
    if (json_is_integer(value))
        return narrow((wide)json_integer_value(value) * power10[scale], out);
    return json_is_real(value) ? read_double(json_real_value(value), scale, out, exact) : -1;
}

/* The least text: at least `least` digits after the point, no further zeros. */
static int write_text(int64_t value, int scale, int least, char *out, size_t size)
{
    if (least < 0 || least > scale)
        return -1;
    uint64_t whole = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t fraction = whole % (uint64_t)power10[scale];
    int shown = scale;
    for (; shown > least && fraction % 10 == 0; shown--)
        fraction /= 10;
    char text[32];
    int n = snprintf(text, sizeof text, "%s%llu", value < 0 ? "-" : "",
                     (unsigned long long)(whole / (uint64_t)power10[scale]));
    if (shown)
        n += snprintf(text + n, sizeof text - (size_t)n, ".%0*llu", shown, (unsigned long long)fraction);
    if ((size_t)n >= size)
        return -1;
    memcpy(out, text, (size_t)n + 1);
    return 0;
}

/* ---- money ---- */

static int set_money(int64_t amount, const char *currency, tb_money *out)
{
    tb_money m = {.amount = amount};
    if (currency && *currency) {
        if (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
            return -1;
        memcpy(m.currency, currency, sizeof m.currency);
    }
    *out = m;
    return 0;
}

int tb_money_parse(const char *text, const char *currency, tb_money *out)
{
    int64_t amount;
    return read_text(text, MONEY_DIGITS, &amount) ? -1 : set_money(amount, currency, out);
}

int tb_money_from_json(const json_t *value, const char *currency, tb_money *out)
{
    int64_t amount;
    bool exact;
    return read_json(value, MONEY_DIGITS, &amount, &exact) ? -1 : set_money(amount, currency, out);
}

int tb_money_format(tb_money money, int decimals, char *out, size_t size)
{
    return write_text(money.amount, MONEY_DIGITS, decimals, out, size);
}

int tb_money_add(tb_money a, tb_money b, tb_money *out)
{
    int64_t sum;
    if (strcmp(a.currency, b.currency) || __builtin_add_overflow(a.amount, b.amount, &sum))
        return -1;
    return set_money(sum, a.currency, out);
}

int tb_money_sub(tb_money a, tb_money b, tb_money *out)
{
    int64_t difference;
    if (strcmp(a.currency, b.currency) || __builtin_sub_overflow(a.amount, b.amount, &difference))
        return -1;
    return set_money(difference, a.currency, out);
}

/* 128 bits hold it all: |amount * numerator| <= 2^126, denominator * unit < 2^77. */
int tb_money_ratio(tb_money a, int64_t numerator, int64_t denominator, int decimals, tb_rounding mode,
                   tb_money *out)
{
    if (denominator == 0 || decimals < 0 || decimals > MONEY_DIGITS || mode > TB_CEILING)
        return -1;
    wide unit = power10[MONEY_DIGITS - decimals];
    wide n = (wide)a.amount * numerator, d = (wide)denominator * unit;
    int64_t amount;
    if (narrow(divide(d < 0 ? -n : n, d < 0 ? -d : d, mode), &amount) ||
        __builtin_mul_overflow(amount, (int64_t)unit, &amount))
        return -1;
    return set_money(amount, a.currency, out);
}

int tb_money_round(tb_money a, int decimals, tb_rounding mode, tb_money *out)
{
    return tb_money_ratio(a, 1, 1, decimals, mode, out);
}

/* ---- quantities ---- */

int tb_quantity_parse(const char *text, int64_t *out)
{
    return read_text(text, QUANTITY_DIGITS, out);
}

int tb_quantity_from_json(const json_t *value, int64_t *out)
{
    int64_t quantity;
    bool exact;
    if (read_json(value, QUANTITY_DIGITS, &quantity, &exact) || !exact)
        return -1;
    *out = quantity;
    return 0;
}

int tb_quantity_format(int64_t quantity, int decimals, char *out, size_t size)
{
    return write_text(quantity, QUANTITY_DIGITS, decimals, out, size);
}
