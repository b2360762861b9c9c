/* SPDX-License-Identifier: Apache-2.0 */
/* See tax_verify.h. Nothing of the plugin's arithmetic is used: amounts go through rational numbers. */
#include "tests/unit/tax_verify.h"

#include <stdio.h>
#include <string.h>

#include <tillbridge/money.h>

const char *shown(const verified *v)
{
    const shop *s = &v->cart.shop;
    enum { MOST = 3000 };
    fprintf(stderr, "alone: TAX_SEED=%llu TAX_CARTS=1\n", (unsigned long long)v->seed);
    fprintf(stderr, "catalog %d shipping %d after %d discount-incl %d calculation %d filter %d\n%s\n",
            s->catalog_incl, s->shipping_incl, s->after_discount, s->discount_incl, s->calculation, s->filter,
            v->text);
    return strlen(v->text) < MOST ? v->text : "(on stderr)";
}

const char *text_in(const json_t *from, const char *name)
{
    const char *value = json_string_value(json_object_get(from, name));
    return value ? value : "";
}

/* Decimal text to a rational. */
static void money_in(verified *v, const json_t *from, const char *name, mpq_t out)
{
    tb_money m = {.amount = 0};
    MUST(!tb_money_parse(text_in(from, name), NULL, &m), "%s is no amount in %s", name, shown(v));
    mpq_set_si(out, m.amount, 10000);
    mpq_canonicalize(out);
}

/* Of parts of a piece the shop prints figures that are rounded more than once: a cent is left to them. */
static bool same_money(verified *v, const json_t *from, const char *name, const mpq_t wanted, bool nearly)
{
    mpq_t x, off;
    mpq_inits(x, off, NULL);
    money_in(v, from, name, x);
    mpq_set(off, wanted);
    round_printed(off);
    mpq_sub(off, off, x);
    mpq_abs(off, off);
    mpq_set_si(x, nearly ? 1 : 0, 100);
    mpq_canonicalize(x);
    bool same = mpq_cmp(off, x) <= 0;
    mpq_clears(x, off, NULL);
    return same;
}

/* ---- what must be true of the result ---- */

/* What the residuals of that kind put on line `n`. */
static void placed_on(verified *v, const json_t *tax, const char *kind, size_t n, mpq_t out)
{
    size_t i;
    json_t *r;
    mpq_t x;
    mpq_init(x);
    mpq_set_si(out, 0, 1);
    json_array_foreach(json_object_get(tax, "residuals"), i, r)
    {
        json_t *line = json_object_get(r, "line");
        if (strcmp(text_in(r, "kind"), kind) || !json_is_integer(line) ||
            (size_t)json_integer_value(line) != n)
            continue;
        money_in(v, r, "amount", x);
        mpq_add(out, out, x);
    }
    mpq_clear(x);
}

static void check_line(verified *v, const json_t *body, size_t n, const char *kind, const mpq_t gross,
                       const mpq_t tax)
{
    const json_t *line = json_array_get(json_object_get(body, "lines"), n),
                 *of = json_object_get(body, "tax");
    mpq_t x;
    mpq_init(x);
    MUST(!strcmp(text_in(line, "kind"), kind), "line %zu is no %s: %s", n, kind, shown(v));
    for (int i = 0; i < 2; i++) {
        mpq_t wanted;
        mpq_init(wanted);
        mpq_set(wanted, i ? tax : gross);
        round_printed(wanted);
        placed_on(v, of, i ? "tax" : "gross", n, x);
        MUST(!mpq_sgn(x) || v->cart.fractions, "a residual without fractions of pieces: %s", shown(v));
        mpq_add(wanted, wanted, x);
        MUST(same_money(v, line, i ? "tax" : "gross", wanted, v->cart.fractions), "line %zu: %s is %s in %s",
             n, i ? "tax" : "gross", text_in(line, i ? "tax" : "gross"), shown(v));
        mpq_clear(wanted);
    }
    mpq_clear(x);
}

static void check_lines(verified *v, const json_t *body)
{
    size_t n = 0;
    mpq_t gross, zero;
    mpq_inits(gross, zero, NULL);
    for (int i = 0; i < v->cart.rows_n; i++) {
        const figures *f = &v->cart.rows[i].f;
        check_line(v, body, n++, "product", f->gross, f->tax);
        if (!mpq_sgn(f->fixed))
            continue;
        mpq_add(gross, f->fixed, f->fixed_tax);
        check_line(v, body, n++, "fixed-tax", gross, f->fixed_tax);
    }
    if (mpq_sgn(v->cart.shipping.row_incl))
        check_line(v, body, n++, "shipping", v->cart.shipping.gross, v->cart.shipping.tax);
    MUST(n == json_array_size(json_object_get(body, "lines")), "%zu lines expected: %s", n, shown(v));
    mpq_clears(gross, zero, NULL);
}

static void check_sums(verified *v, const json_t *body)
{
    size_t i;
    json_t *line;
    mpq_t gross, tax, net, x;
    mpq_inits(gross, tax, net, x, NULL);
    json_array_foreach(json_object_get(body, "lines"), i, line)
    {
        money_in(v, line, "gross", x);
        mpq_add(gross, gross, x);
        money_in(v, line, "tax", x);
        mpq_add(tax, tax, x);
        money_in(v, line, "net", x);
        mpq_add(net, net, x);
    }
    mpq_add(net, net, tax);
    MUST(mpq_equal(net, gross), "net and tax are not gross: %s", shown(v));
    round_printed(v->cart.paid);
    round_printed(v->cart.tax);
    MUST(mpq_equal(gross, v->cart.paid), "gross is not what was paid: %s", shown(v));
    MUST(mpq_equal(tax, v->cart.tax), "tax is not the order's: %s", shown(v));
    MUST(same_money(v, json_object_get(body, "tax"), "total", v->cart.paid, false), "total: %s", shown(v));
    mpq_clears(gross, tax, net, x, NULL);
}

/* The till's tax of a line, by the oracle's own arithmetic: gross less the net rounded to cents. */
static void till_tax(verified *v, const json_t *line, mpq_t out)
{
    mpq_t rate, gross;
    mpq_inits(rate, gross, NULL);
    money_in(v, line, "rate", rate);
    money_in(v, line, "gross", gross);
    mpz_addmul_ui(mpq_numref(rate), mpq_denref(rate), 100); /* 100 + rate */
    mpq_set_si(out, 100, 1);
    mpq_div(out, out, rate);
    mpq_mul(out, out, gross);
    round_cents(out);
    mpq_sub(out, gross, out);
    mpq_clears(rate, gross, NULL);
}

/* Per rate, what the shop's tax is more than the till's must be what is named. */
static void check_vat(verified *v, const json_t *body)
{
    size_t i, k;
    json_t *line, *named;
    mpq_t off, x;
    mpq_inits(off, x, NULL);
    const json_t *tax = json_object_get(body, "tax"), *rate;
    json_array_foreach(json_object_get(tax, "rates"), i, named)
    {
        rate = json_object_get(named, "rate");
        mpq_set_si(off, 0, 1);
        json_array_foreach(json_object_get(body, "lines"), k, line)
        {
            if (!json_equal(json_object_get(line, "rate"), (json_t *)rate))
                continue;
            money_in(v, line, "tax", x);
            mpq_add(off, off, x);
            till_tax(v, line, x);
            mpq_sub(off, off, x);
        }
        json_array_foreach(json_object_get(tax, "residuals"), k, line)
        {
            if (strcmp(text_in(line, "kind"), "vat") ||
                !json_equal(json_object_get(line, "rate"), (json_t *)rate))
                continue;
            v->differences++;
            money_in(v, line, "amount", x);
            mpq_sub(off, off, x);
        }
        MUST(!mpq_sgn(off), "the difference at a rate is not what is named: %s", shown(v));
    }
    mpq_clears(off, x, NULL);
}

/* Nothing may be concluded that is not so. */
static void check_setup(verified *v, const json_t *body, const shop *s)
{
    static const char *const calculations[] = {"unit", "row", "total"};
    const json_t *tax = json_object_get(body, "tax"), *found = json_object_get(tax, "setup");
    const char *const names[] = {"catalog-prices", "shipping-prices", "calculation", "customer-tax"};
    const char *const are[] = {s->catalog_incl ? "including" : "excluding",
                               s->shipping_incl ? "including" : "excluding", calculations[s->calculation],
                               s->after_discount ? "after-discount" : "before-discount"};
    if (v->cart.silent)
        return;
    MUST(json_is_true(json_object_get(tax, "explained")), "not explained: %s", shown(v));
    for (int i = 0; i < 4; i++) {
        const char *said = text_in(found, names[i]);
        MUST(!*said || !strcmp(said, are[i]), "%s is said to be %s: %s", names[i], said, shown(v));
        v->shown[i] += *said != '\0';
    }
}

void verify(verified *v, const json_t *body)
{
    check_lines(v, body);
    check_sums(v, body);
    check_vat(v, body);
    check_setup(v, body, &v->cart.shop);
}
