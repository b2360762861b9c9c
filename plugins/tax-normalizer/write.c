/* SPDX-License-Identifier: Apache-2.0 */
/* Money is written as decimal text, so that no reader's binary numbers touch it. Rates are percent. */
#include "plugins/tax-normalizer/write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT = 32 };

static const char *money(int64_t amount, char out[TEXT])
{
    return tb_money_format((tb_money){.amount = amount}, 2, out, TEXT) ? "?" : out;
}

static void set_money(json_t *to, const char *name, int64_t amount)
{
    char text[TEXT];
    json_object_set_new(to, name, json_string(money(amount, text)));
}

static const char *rate_text(int64_t rate, char out[TEXT])
{
    return tb_money_format((tb_money){.amount = rate}, 0, out, TEXT) ? "?" : out;
}

static void set_rate(json_t *to, int64_t rate)
{
    char text[TEXT];
    json_object_set_new(to, "rate", rate < 0 ? json_null() : json_string(rate_text(rate, text)));
}

/* ---- lines ---- */

static const char *const kinds[] = {"product", "fixed-tax", "shipping", "wrapping"};

/* The taxes of a line as the order lists them: for a till that books them one by one. */
static json_t *taxes_of(const line *x)
{
    size_t i;
    json_t *tax, *out = json_array();
    json_array_foreach(x->taxes ? x->taxes->json : NULL, i, tax)
    {
        tb_money amount = {.amount = 0}, percent = {.amount = 0};
        json_t *one = json_object();
        tb_money_from_json(json_object_get(tax, "amount"), NULL, &amount);
        tb_money_from_json(json_object_get(tax, "percent"), NULL, &percent);
        json_object_set(one, "code", json_object_get(tax, "code"));
        json_object_set(one, "title", json_object_get(tax, "title"));
        set_rate(one, percent.amount);
        set_money(one, "amount", amount.amount);
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *line_object(const line *x)
{
    char text[TEXT];
    json_t *out = json_pack("{s:s}", "kind", kinds[x->kind]);
    if (x->row) {
        json_object_set_new(out, "item", json_integer(x->row->id));
        json_object_set_new(out, "sku", json_string(x->row->sku));
    }
    tb_quantity_format(x->quantity, 0, text, sizeof text);
    json_object_set_new(out, "quantity", json_string(text));
    set_money(out, "net", x->gross - x->tax);
    set_money(out, "tax", x->tax);
    set_money(out, "gross", x->gross);
    set_money(out, "discount", x->discount);
    set_money(out, "discount_printed", x->printed);
    set_money(out, "till_tax", x->till_tax);
    set_rate(out, x->rate);
    json_object_set_new(out, "taxes", taxes_of(x));
    return out;
}

static json_t *lines_array(const lines *l)
{
    json_t *out = json_array();
    for (int i = 0; i < l->n; i++)
        json_array_append_new(out, line_object(&l->list[i]));
    return out;
}

static json_t *payments_array(const order *o)
{
    const order_head *h = &o->head;
    static const char *const names[] = {"gift-card", "store-credit", "reward"};
    const int64_t amounts[] = {h->gift_cards, h->credit, h->reward};
    json_t *out = json_array();
    for (int i = 0; i < 3; i++) {
        if (!amounts[i])
            continue;
        json_t *one = json_pack("{s:s}", "kind", names[i]);
        set_money(one, "amount", amounts[i]);
        json_array_append_new(out, one);
    }
    return out;
}

/* ---- the order ---- */

static bool rate_seen(const lines *l, int before)
{
    for (int i = 0; i < before; i++) {
        if (l->list[i].rate == l->list[before].rate)
            return true;
    }
    return false;
}

static json_t *rate_object(const lines *l, int64_t rate)
{
    int64_t gross = 0, tax = 0, till = 0;
    json_t *out = json_object();
    for (int i = 0; i < l->n; i++) {
        if (l->list[i].rate != rate)
            continue;
        gross += l->list[i].gross;
        tax += l->list[i].tax;
        till += l->list[i].till_tax;
    }
    set_rate(out, rate);
    set_money(out, "net", gross - tax);
    set_money(out, "tax", tax);
    set_money(out, "gross", gross);
    set_money(out, "till_tax", till);
    return out;
}

static json_t *rates_array(const lines *l)
{
    json_t *out = json_array();
    for (int i = 0; i < l->n; i++) {
        if (!rate_seen(l, i))
            json_array_append_new(out, rate_object(l, l->list[i].rate));
    }
    return out;
}

static json_t *residuals_array(const lines *l)
{
    json_t *out = json_array();
    for (int i = 0; i < l->residuals_n; i++) {
        const residual *r = &l->residuals[i];
        json_t *one = json_pack("{s:s, s:s}", "kind", r->kind, "why", r->why);
        set_money(one, "amount", r->amount);
        set_rate(one, r->rate);
        json_object_set_new(one, "line", r->line < 0 ? json_null() : json_integer(r->line));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *setup_object(const setup_known *known)
{
    json_t *out = json_object();
    for (int i = 0; i < SETTINGS; i++) {
        int v = known->s.v[i];
        json_object_set_new(out, settings[i].name, v < 0 ? json_null() : json_string(settings[i].values[v]));
    }
    if (known->hint >= 0)
        json_object_set_new(out, "hint", json_string(settings[SET_CATALOG].values[known->hint]));
    return out;
}

int write_order(json_t *body, const order *o, const reading *r, const lines *l, const setup_known *known,
                const fault *f)
{
    json_t *tax = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "verdict",
                            f                ? "mismatch"
                            : l->residuals_n ? "residual"
                                             : "equal",
                            "currency", o->currency, "amounts", o->base ? "base" : "order", "reading",
                            r->name ? r->name : "-", "bundles", r->bundles ? r->bundles : "-", "explained",
                            known->explained);
    set_money(tax, "total", l->paid);
    set_money(tax, "grand_total", o->head.grand);
    json_object_set_new(tax, "setup", setup_object(known));
    json_object_set_new(tax, "rates", rates_array(l));
    json_object_set_new(tax, "residuals", residuals_array(l));
    int bad = json_object_set_new(body, "tax", tax);
    bad |= json_object_set_new(body, "lines", lines_array(l));
    bad |= json_object_set_new(body, "payments", payments_array(o));
    return bad ? -1 : 0;
}

/* ---- the sentence ---- */

static void print_line(FILE *out, const line *x)
{
    char gross[TEXT], tax[TEXT], net[TEXT], till[TEXT], rate[TEXT], allowed[TEXT];
    fprintf(out, "; %s", kinds[x->kind]);
    if (x->row)
        fprintf(out, " %lld %s", (long long)x->row->id, x->row->sku);
    fprintf(out, ": shop net %s tax %s gross %s, rate %s, till tax %s (apart by up to %s is rounding)",
            money(x->gross - x->tax, net), money(x->tax, tax), money(x->gross, gross),
            rate_text(x->rate, rate), money(x->till_tax, till), money(x->allowed, allowed));
}

char *write_figures(const order *o, const lines *l, const fault *f)
{
    enum { SHOWN = 20 };
    char shop[TEXT], till[TEXT], allowed[TEXT], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fprintf(out, "order %s: %s (shop %s, till %s, allowed %s", o->number, f->what, money(f->shop, shop),
            money(f->till, till), money(f->allowed, allowed));
    fprintf(out, f->line < 0 ? ")" : ", line %d)", f->line + 1);
    for (int i = 0; i < l->n && i < SHOWN; i++)
        print_line(out, &l->list[i]);
    if (l->n > SHOWN)
        fprintf(out, "; and %d lines more", l->n - SHOWN);
    return fclose(out) ? (free(text), NULL) : text;
}
