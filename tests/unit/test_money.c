/* SPDX-License-Identifier: Apache-2.0 */
/* Money and quantities: golden cases, limits, and random cases against rational numbers (GMP, where it is).
 */
#include <tillbridge/money.h>

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_GMP
#include <gmp.h>
#endif

typedef struct golden {
    const char *text;
    int64_t amount;
} golden;

START_TEST(texts_are_read_exactly)
{
    static const golden good[] = {
        {"12", 120000},
        {"-12.50", -125000},
        {"+0.0001", 1},
        {"0", 0},
        {"-0", 0},
        {"007.1", 71000},
        {"1.00010000", 10001},
        {"922337203685477.5807", INT64_MAX},
        {"-922337203685477.5808", INT64_MIN},
    };
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1.",
                                      ".5",
                                      "1,5",
                                      "1e3",
                                      "0x10",
                                      "1.00001",
                                      "--1",
                                      "+-1",
                                      "1.2.3",
                                      "nan",
                                      "+",
                                      "922337203685477.5808",
                                      "-922337203685477.5809",
                                      "99999999999999999999999999999999999999999999"};
    tb_money m;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(!tb_money_parse(good[i].text, "EUR", &m), "%s", good[i].text);
        ck_assert_msg(m.amount == good[i].amount, "%s gave %" PRId64, good[i].text, m.amount);
        ck_assert_str_eq(m.currency, "EUR");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        m = (tb_money){42, "SEK"};
        ck_assert_msg(tb_money_parse(bad[i], "EUR", &m) == -1, "%s", bad[i]);
        ck_assert_msg(m.amount == 42 && !strcmp(m.currency, "SEK"), "%s wrote to out", bad[i]);
    }
}
END_TEST

START_TEST(currencies_are_three_capitals_or_unknown)
{
    tb_money m;
    ck_assert_int_eq(tb_money_parse("1", NULL, &m), 0);
    ck_assert_str_eq(m.currency, "");
    ck_assert_int_eq(tb_money_parse("1", "", &m), 0);
    ck_assert_int_eq(tb_money_parse("1", "eur", &m), -1);
    ck_assert_int_eq(tb_money_parse("1", "EURO", &m), -1);
}
END_TEST

START_TEST(json_is_read_by_its_shortest_text)
{
    static const golden good[] = {
        {"29.949999999999999", 299500}, /* what PHP prints for 29.95 */
        {"29.95", 299500},
        {"0.1", 1000},
        {"1e3", 10000000},
        {"1.5e-3", 15},
        {"0.00005", 1}, /* half up */
        {"-0.00005", -1},
        {"0.00004999", 0},
        {"1.00005", 10001}, /* the double lies below: the text counts */
        {"2.00015", 20002},
        {"1e-300", 0},
        {"100000000000.0001", 1000000000000001},
        {"12345678901.12345", 123456789011235},
        {"7", 70000},
        {"\"7.25\"", 72500},
    };
    static const char *const bad[] = {"1e300", "1e15", "922337203685478", "\"1e3\"", "\"1.00005\"", "true",
                                      "null",  "[]",   "\"1\\u00002\""};
    tb_money m;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *value = json_loads(good[i].text, JSON_DECODE_ANY, NULL);
        ck_assert_msg(!tb_money_from_json(value, "EUR", &m), "%s", good[i].text);
        ck_assert_msg(m.amount == good[i].amount, "%s gave %" PRId64, good[i].text, m.amount);
        json_decref(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *value = json_loads(bad[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        ck_assert_msg(tb_money_from_json(value, "EUR", &m) == -1, "%s", bad[i]);
        json_decref(value);
    }
}
END_TEST

START_TEST(quantities_are_never_rounded)
{
    static const golden good[] = {
        {"3", 3000}, {"0.125", 125}, {"1.5", 1500}, {"\"-2.250\"", -2250}, {"1e2", 100000}};
    static const char *const bad[] = {"0.1255", "\"0.1255\"", "1e-4", "true"};
    int64_t q;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *value = json_loads(good[i].text, JSON_DECODE_ANY, NULL);
        ck_assert_msg(!tb_quantity_from_json(value, &q) && q == good[i].amount, "%s", good[i].text);
        json_decref(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *value = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        q = 42;
        ck_assert_msg(tb_quantity_from_json(value, &q) == -1 && q == 42, "%s", bad[i]);
        json_decref(value);
    }
}
END_TEST

START_TEST(format_shows_what_is_asked_and_what_is_there)
{
    char out[32];
    ck_assert_int_eq(tb_money_format((tb_money){125000, "EUR"}, 2, out, sizeof out), 0);
    ck_assert_str_eq(out, "12.50");
    tb_money_format((tb_money){125000, ""}, 0, out, sizeof out);
    ck_assert_str_eq(out, "12.5");
    tb_money_format((tb_money){-1, ""}, 2, out, sizeof out);
    ck_assert_str_eq(out, "-0.0001");
    tb_money_format((tb_money){120000, ""}, 0, out, sizeof out);
    ck_assert_str_eq(out, "12");
    tb_money_format((tb_money){INT64_MIN, ""}, 4, out, sizeof out);
    ck_assert_str_eq(out, "-922337203685477.5808");
    tb_quantity_format(1500, 3, out, sizeof out);
    ck_assert_str_eq(out, "1.500");
    ck_assert_int_eq(tb_money_format((tb_money){125000, ""}, 2, out, 5), -1);
    ck_assert_str_eq(out, "1.500");
    ck_assert_int_eq(tb_money_format((tb_money){125000, ""}, 2, out, 6), 0);
    ck_assert_int_eq(tb_money_format((tb_money){1, ""}, 5, out, sizeof out), -1);
    ck_assert_int_eq(tb_quantity_format(1, 4, out, sizeof out), -1);
}
END_TEST

START_TEST(sums_end_at_the_limits)
{
    tb_money most = {INT64_MAX, "EUR"}, least = {INT64_MIN, "EUR"}, one = {1, "EUR"}, other = {1, "SEK"},
             out = {7, "XXX"};
    ck_assert_int_eq(tb_money_add(most, one, &out), -1);
    ck_assert_int_eq(tb_money_sub(least, one, &out), -1);
    ck_assert_int_eq(tb_money_add(one, other, &out), -1);
    ck_assert_int_eq(out.amount, 7);
    ck_assert_int_eq(tb_money_add(most, least, &out), 0);
    ck_assert_int_eq(out.amount, -1);
    ck_assert_int_eq(tb_money_ratio(least, 1, -1, 4, TB_DOWN, &out), -1);
    ck_assert_int_eq(tb_money_ratio(one, 1, 0, 4, TB_DOWN, &out), -1);
    ck_assert_int_eq(tb_money_ratio(one, 1, 1, 5, TB_DOWN, &out), -1);
    ck_assert_int_eq(tb_money_ratio(most, INT64_MAX, INT64_MAX, 4, TB_DOWN, &out), 0);
    ck_assert_int_eq(out.amount, INT64_MAX);
    ck_assert_int_eq(tb_money_round(most, 0, TB_CEILING, &out), -1);
}
END_TEST

START_TEST(each_rounding_by_name)
{
    static const struct {
        int64_t amount;
        int64_t by_mode[5]; /* HALF_UP HALF_EVEN DOWN FLOOR CEILING, to 2 digits */
    } cases[] = {
        {10050, {10100, 10000, 10000, 10000, 10100}},
        {10150, {10200, 10200, 10100, 10100, 10200}},
        {-10050, {-10100, -10000, -10000, -10100, -10000}},
        {-10150, {-10200, -10200, -10100, -10200, -10100}},
        {10049, {10000, 10000, 10000, 10000, 10100}},
        {-10051, {-10100, -10100, -10000, -10100, -10000}},
        {10000, {10000, 10000, 10000, 10000, 10000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int mode = TB_HALF_UP; mode <= TB_CEILING; mode++) {
            tb_money out;
            ck_assert_int_eq(tb_money_round((tb_money){cases[i].amount, ""}, 2, (tb_rounding)mode, &out), 0);
            ck_assert_msg(out.amount == cases[i].by_mode[mode], "%" PRId64 " mode %d gave %" PRId64,
                          cases[i].amount, mode, out.amount);
        }
    }
}
END_TEST

/* ---- against rational numbers ---- */

#ifdef HAVE_GMP
enum { CASES = 200000 };
static uint64_t seed = 20261123;

static uint64_t next(void) /* splitmix64 */
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Of every size, so that limits, halves and small numbers all come. */
static int64_t any_number(void)
{
    uint64_t bits = next();
    return (int64_t)bits >> (next() % 64);
}

/* q to the next whole number, by mode. */
static void oracle_round(mpz_t out, const mpq_t q, int mode)
{
    mpz_t floor, twice;
    mpq_t rest, half;
    mpz_inits(floor, twice, NULL);
    mpq_inits(rest, half, NULL);
    mpz_fdiv_q(floor, mpq_numref(q), mpq_denref(q));
    mpq_set_z(rest, floor);
    mpq_sub(rest, q, rest); /* 0 <= rest < 1 */
    mpq_set_ui(half, 1, 2);
    int c = mpq_cmp(rest, half);
    bool up = mode == TB_CEILING   ? mpq_sgn(rest) > 0
              : mode == TB_FLOOR   ? false
              : mode == TB_DOWN    ? mpq_sgn(q) < 0 && mpq_sgn(rest) > 0
              : mode == TB_HALF_UP ? c > 0 || (c == 0 && mpq_sgn(q) > 0)
                                   : c > 0 || (c == 0 && mpz_odd_p(floor));
    mpz_add_ui(out, floor, up);
    mpz_clears(floor, twice, NULL);
    mpq_clears(rest, half, NULL);
}

START_TEST(ratios_agree_with_rationals)
{
    mpq_t q;
    mpz_t n, unit;
    mpq_init(q);
    mpz_inits(n, unit, NULL);
    int good = 0;
    for (int i = 0; i < CASES; i++) {
        int64_t amount = any_number(), numerator = any_number(), denominator = any_number();
        int decimals = (int)(next() % 5), mode = (int)(next() % 5);
        if (i % 4 == 0)
            denominator = (int64_t)(next() % 20) * 50 - 500; /* halves are met */
        tb_money out = {42, "XXX"};
        int bad = tb_money_ratio((tb_money){amount, "EUR"}, numerator, denominator, decimals,
                                 (tb_rounding)mode, &out);
        if (denominator == 0) {
            ck_assert_int_eq(bad, -1);
            continue;
        }
        mpz_ui_pow_ui(unit, 10, (unsigned long)(4 - decimals));
        mpz_set_si(mpq_numref(q), amount);
        mpz_mul_si(mpq_numref(q), mpq_numref(q), numerator);
        mpz_mul_si(mpq_denref(q), unit, denominator);
        mpq_canonicalize(q);
        oracle_round(n, q, mode);
        mpz_mul(n, n, unit);
        ck_assert_msg(bad == !mpz_fits_slong_p(n) * -1, "%" PRId64 " * %" PRId64 " / %" PRId64 ", %d digits",
                      amount, numerator, denominator, decimals);
        ck_assert_msg(bad || out.amount == mpz_get_si(n),
                      "%" PRId64 " * %" PRId64 " / %" PRId64 ", %d digits, mode %d", amount, numerator,
                      denominator, decimals, mode);
        good += !bad;
    }
    ck_assert_int_gt(good, CASES / 4);
    mpq_clear(q);
    mpz_clears(n, unit, NULL);
}
END_TEST

/* "d.ddde+xx" as a rational: the oracle's own reading of a decimal text. */
static void oracle_read(mpq_t out, const char *text)
{
    char digits[64];
    int n = 0, exponent = 0;
    bool point = false;
    const char *p = text;
    for (; *p && *p != 'e'; p++) {
        if (*p == '.') {
            point = true;
        } else {
            digits[n++] = *p;
            exponent -= point;
        }
    }
    digits[n] = '\0';
    if (*p == 'e')
        exponent += (int)strtol(p + 1, NULL, 10);
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)abs(exponent));
    mpz_set_str(mpq_numref(out), digits, 10);
    mpz_set_ui(mpq_denref(out), 1);
    mpz_mul(exponent < 0 ? mpq_denref(out) : mpq_numref(out),
            exponent < 0 ? mpq_denref(out) : mpq_numref(out), power);
    mpq_canonicalize(out);
    mpz_clear(power);
}

START_TEST(doubles_agree_with_rationals)
{
    mpq_t q, scale;
    mpz_t n;
    mpq_inits(q, scale, NULL);
    mpz_init(n);
    mpq_set_ui(scale, TB_MONEY_SCALE, 1);
    int good = 0;
    for (int i = 0; i < CASES; i++) {
        char text[64];
        int64_t whole = any_number();
        snprintf(text, sizeof text, "%" PRId64 "e%d", whole, (int)(next() % 40) - 25);
        double number = strtod(text, NULL);
        int digits = 1; /* the shortest text, by trying them all */
        do
            snprintf(text, sizeof text, "%.*e", digits - 1, number);
        while (strtod(text, NULL) != number && ++digits <= 17);
        oracle_read(q, text);
        mpq_mul(q, q, scale);
        if (mpq_sgn(q) < 0) { /* half up: away from zero */
            mpq_neg(q, q);
            oracle_round(n, q, TB_HALF_UP);
            mpz_neg(n, n);
        } else {
            oracle_round(n, q, TB_HALF_UP);
        }
        tb_money out;
        json_t *value = json_real(number);
        int bad = tb_money_from_json(value, "EUR", &out);
        json_decref(value);
        ck_assert_msg(bad == !mpz_fits_slong_p(n) * -1, "%s", text);
        ck_assert_msg(bad || out.amount == mpz_get_si(n), "%s gave %" PRId64, text, out.amount);
        good += !bad;
    }
    ck_assert_int_gt(good, CASES / 4);
    mpq_clears(q, scale, NULL);
    mpz_clear(n);
}
END_TEST

START_TEST(texts_come_back)
{
    for (int i = 0; i < CASES; i++) {
        char text[40];
        int64_t amount = any_number(), quantity;
        tb_money out;
        ck_assert_int_eq(tb_money_format((tb_money){amount, ""}, (int)(next() % 5), text, sizeof text), 0);
        ck_assert_msg(!tb_money_parse(text, NULL, &out) && out.amount == amount, "%s", text);
        ck_assert_int_eq(tb_quantity_format(amount, (int)(next() % 4), text, sizeof text), 0);
        ck_assert_msg(!tb_quantity_parse(text, &quantity) && quantity == amount, "%s", text);
    }
}
END_TEST
#endif

int main(void)
{
    Suite *s = suite_create("money");
    TCase *t = tcase_create("money");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, texts_are_read_exactly);
    tcase_add_test(t, currencies_are_three_capitals_or_unknown);
    tcase_add_test(t, json_is_read_by_its_shortest_text);
    tcase_add_test(t, quantities_are_never_rounded);
    tcase_add_test(t, format_shows_what_is_asked_and_what_is_there);
    tcase_add_test(t, sums_end_at_the_limits);
    tcase_add_test(t, each_rounding_by_name);
#ifdef HAVE_GMP
    tcase_add_test(t, ratios_agree_with_rationals);
    tcase_add_test(t, doubles_agree_with_rationals);
    tcase_add_test(t, texts_come_back);
#endif
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
