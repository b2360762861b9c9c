/* SPDX-License-Identifier: Apache-2.0 */
/* Money and quantities: what was read is written back and read again as the same; numbers of JSON and ratios
 * are what rational numbers say (GMP, where it is); a call that fails leaves its result alone.
 *
 * Input: a line of text, then bytes: three numbers, decimals, rounding. */
#include "tests/fuzz/fuzz.h"

#include <tillbridge/money.h>

#ifdef HAVE_GMP
#include <gmp.h>
#endif

enum { KEPT = 424242 };

/* ---- what is read can be written ---- */

static void text_both_ways(const char *text)
{
    tb_money m = {KEPT, "XXX"}, again;
    char out[40];
    if (tb_money_parse(text, "EUR", &m)) {
        MUST(m.amount == KEPT && !strcmp(m.currency, "XXX"), "\"%s\" wrote to its result", text);
        return;
    }
    for (int decimals = 0; decimals <= 4; decimals++) {
        MUST(!tb_money_format(m, decimals, out, sizeof out), "\"%s\"", text);
        MUST(!tb_money_parse(out, "EUR", &again) && again.amount == m.amount, "\"%s\" became %s", text, out);
        MUST(tb_money_format(m, decimals, out, strlen(out)), "%s fits without its end", out);
    }
}

static void quantity_both_ways(const char *text)
{
    int64_t q = KEPT, again;
    char out[40];
    if (tb_quantity_parse(text, &q)) {
        MUST(q == KEPT, "\"%s\" wrote to its result", text);
        return;
    }
    for (int decimals = 0; decimals <= 3; decimals++) {
        MUST(!tb_quantity_format(q, decimals, out, sizeof out), "\"%s\"", text);
        MUST(!tb_quantity_parse(out, &again) && again == q, "\"%s\" became %s", text, out);
    }
    tb_money m;
    MUST(q > INT64_MAX / 10 || q < INT64_MIN / 10 || (!tb_money_parse(text, "", &m) && m.amount == 10 * q),
         "\"%s\" is a quantity and no such amount", text);
}

#ifdef HAVE_GMP
/* ---- rational numbers ---- */

/* A decimal text of at most 15 digits, so that a double of it has it as its shortest text. */
static bool oracle_text(const char *text, mpq_t out)
{
    const char *p = text + (*text == '-');
    int digits = 0, exponent = 0;
    mpz_t n, scale;
    mpz_inits(n, scale, NULL);
    for (bool fraction = false; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        fraction |= *p == '.';
        if (*p == '.')
            continue;
        mpz_mul_ui(n, n, 10);
        mpz_add_ui(n, n, (unsigned long)(*p - '0'));
        digits += digits || *p != '0';
        exponent -= fraction;
    }
    long written = *p == 'e' || *p == 'E' ? strtol(p + 1, NULL, 10) : 0;
    bool fine = digits <= 15 && written > -250 && written < 250 && exponent > -50;
    exponent += fine ? (int)written : 0;
    mpz_ui_pow_ui(scale, 10, (unsigned long)(exponent < 0 ? -exponent : exponent));
    if (*text == '-')
        mpz_neg(n, n);
    mpq_set_z(out, n);
    if (exponent < 0)
        mpz_set(mpq_denref(out), scale);
    else
        mpz_mul(mpq_numref(out), mpq_numref(out), scale);
    mpq_canonicalize(out);
    mpz_clears(n, scale, NULL);
    return fine;
}

/* q * unit to a whole number, by mode; false: 64 bits do not hold it. */
static bool oracle_round(const mpq_t q, unsigned long unit, tb_rounding mode, int64_t *out, bool *exact)
{
    mpz_t floor, n, rest;
    mpz_inits(floor, n, rest, NULL);
    mpz_mul_ui(n, mpq_numref(q), unit);
    mpz_fdiv_qr(floor, rest, n, mpq_denref(q));
    mpz_mul_ui(n, rest, 2);
    int half = mpz_cmp(n, mpq_denref(q)), sign = mpz_sgn(floor);
    bool some = mpz_sgn(rest) > 0;
    bool up = mode == TB_CEILING   ? some
              : mode == TB_FLOOR   ? false
              : mode == TB_DOWN    ? some && sign < 0
              : mode == TB_HALF_UP ? half > 0 || (half == 0 && some && sign >= 0)
                                   : half > 0 || (half == 0 && some && mpz_odd_p(floor));
    mpz_add_ui(floor, floor, up);
    *exact = !some;
    bool fits = mpz_fits_slong_p(floor) != 0;
    *out = fits ? mpz_get_si(floor) : 0;
    mpz_clears(floor, n, rest, NULL);
    return fits;
}

static void judge_number(const json_t *value, const char *text)
{
    mpq_t q;
    int64_t amount, pieces = KEPT, quantity;
    bool exact;
    tb_money m = {KEPT, "XXX"};
    mpq_init(q);
    if (oracle_text(text, q)) {
        bool fits = oracle_round(q, TB_MONEY_SCALE, TB_HALF_UP, &amount, &exact);
        MUST(tb_money_from_json(value, "EUR", &m) == (fits ? 0 : -1), "%s", text);
        MUST(m.amount == (fits ? amount : KEPT), "%s gave %lld", text, (long long)m.amount);
        fits = oracle_round(q, TB_QUANTITY_SCALE, TB_DOWN, &quantity, &exact) && exact;
        MUST(tb_quantity_from_json(value, &pieces) == (fits ? 0 : -1), "%s", text);
        MUST(pieces == (fits ? quantity : KEPT), "%s gave %lld", text, (long long)pieces);
    }
    mpq_clear(q);
}

static void judge_ratio(int64_t amount, int64_t numerator, int64_t denominator, int decimals,
                        tb_rounding mode, int bad, int64_t got)
{
    static const int64_t units[] = {10000, 1000, 100, 10, 1};
    mpq_t q, factor;
    int64_t expected;
    bool exact;
    mpq_inits(q, factor, NULL);
    mpq_set_si(q, amount, 1);
    mpq_set_si(factor, numerator, 1);
    mpq_mul(q, q, factor);
    mpq_set_si(factor, denominator, 1);
    mpq_div(q, q, factor);
    mpq_set_si(factor, units[decimals], 1);
    mpq_div(q, q, factor);
    bool fits = oracle_round(q, 1, mode, &expected, &exact) &&
                !__builtin_mul_overflow(expected, units[decimals], &expected);
    MUST(bad == (fits ? 0 : -1) && got == (fits ? expected : KEPT),
         "%lld * %lld / %lld to %d by %d gave %lld", (long long)amount, (long long)numerator,
         (long long)denominator, decimals, (int)mode, (long long)got);
    mpq_clears(q, factor, NULL);
}
#else
static void judge_number(const json_t *value, const char *text)
{
    tb_money m = {KEPT, "XXX"};
    int64_t q = KEPT;
    MUST(!tb_money_from_json(value, "EUR", &m) || m.amount == KEPT, "%s wrote to its result", text);
    MUST(!tb_quantity_from_json(value, &q) || q == KEPT, "%s wrote to its result", text);
}

static void judge_ratio(int64_t amount, int64_t numerator, int64_t denominator, int decimals,
                        tb_rounding mode, int bad, int64_t got)
{
    (void)denominator, (void)decimals, (void)mode;
    MUST(!bad || got == KEPT, "%lld * %lld wrote to its result", (long long)amount, (long long)numerator);
}
#endif

static void json_number(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    tb_money as_text, as_json;
    if (json_is_number(value))
        judge_number(value, text);
    if (json_is_integer(value) && !tb_money_parse(text, "EUR", &as_text))
        MUST(!tb_money_from_json(value, "EUR", &as_json) && as_json.amount == as_text.amount, "%s", text);
    json_decref(value);
}

static void ratio(input *in)
{
    int decimals = input_byte(in) % 5;
    tb_rounding mode = (tb_rounding)(input_byte(in) % 5);
    int64_t amount = (int64_t)input_word(in), numerator = (int64_t)input_word(in),
            denominator = (int64_t)input_word(in), sum;
    tb_money out = {KEPT, "XXX"}, a = {amount, "EUR"}, b = {numerator, "EUR"}, added = {KEPT, "EUR"};
    int bad = tb_money_ratio(a, numerator, denominator, decimals, mode, &out);
    if (denominator)
        judge_ratio(amount, numerator, denominator, decimals, mode, bad, out.amount);
    else
        MUST(bad == -1, "divided by nothing");
    bool over = __builtin_add_overflow(amount, numerator, &sum);
    MUST(tb_money_add(a, b, &added) == (over ? -1 : 0) && added.amount == (over ? KEPT : sum),
         "%lld + %lld gave %lld", (long long)amount, (long long)numerator, (long long)added.amount);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    char *text = input_line(&in);
    text_both_ways(text);
    quantity_both_ways(text);
    json_number(text);
    ratio(&in);
    free(text);
    return 0;
}
