/* SPDX-License-Identifier: Apache-2.0 */
/* The cart as the shop's REST interface prints the order. */
#include "tests/unit/tax_oracle_inner.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct printer {
    char *at, *end;
    bool long_numbers;
} printer;

__attribute__((format(printf, 2, 3))) static void put(printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->at, (size_t)(p->end - p->at), format, args);
    va_end(args);
    if (n > 0 && n < p->end - p->at)
        p->at += n;
}

/* As the database keeps it, four decimals; some releases print all 17 digits of the binary number. */
static void put_money(printer *p, const char *name, const mpq_t amount)
{
    mpq_t x;
    mpq_init(x);
    mpq_set(x, amount);
    round_to(x, 10000);
    if (p->long_numbers)
        put(p, "\"%s\":%.17g,", name, mpq_get_d(x));
    else
        put(p, "\"%s\":%.15g,", name, mpq_get_d(x));
    mpq_clear(x);
}

static void put_both(printer *p, bool base, const char *name, const mpq_t amount)
{
    char full[80];
    snprintf(full, sizeof full, "%s%s", base ? "base_" : "", name);
    put_money(p, full, amount);
}

static void filtered_totals(const cart *c, const cart_row *r, bool base, mpq_t row, mpq_t incl)
{
    const figures *f = &r->f;
    mpq_set(row, f->row);
    mpq_set(incl, f->row_incl);
    if (c->shop.filter != FILTER_NONE)
        mpq_sub(row, f->row, f->discount);
    if (c->shop.filter == FILTER_ONE_PIECE)
        mpq_set(row, f->price);
    if (c->shop.filter < FILTER_BOTH)
        return;
    mpq_add(incl, f->row, f->tax);
    mpq_add(incl, incl, f->compensation);
    mpq_sub(incl, incl, f->discount);
    if (!base) {
        mpq_add(incl, incl, f->fixed);
        return;
    }
    mpq_t unit; /* the base twin takes the amount of one piece */
    mpq_init(unit);
    set(unit, r->fixed_cents, 100);
    mpq_add(incl, incl, unit);
    mpq_clear(unit);
}

static void put_figures(printer *p, const cart *c, const cart_row *r, bool base)
{
    mpq_t row, incl, unit;
    mpq_inits(row, incl, unit, NULL);
    filtered_totals(c, r, base, row, incl);
    put_both(p, base, "price", r->f.price);
    put_both(p, base, "price_incl_tax", r->f.price_incl);
    put_both(p, base, "original_price", c->shop.catalog_incl ? r->f.price_incl : r->f.price);
    put_both(p, base, "row_total", row);
    put_both(p, base, "row_total_incl_tax", incl);
    put_both(p, base, "discount_amount", r->f.discount);
    put_both(p, base, "discount_tax_compensation_amount", r->f.compensation);
    put_both(p, base, "tax_amount", r->f.tax);
    if (r->fixed_cents) {
        convert(unit, r->fixed_cents, c, base);
        put_money(p, base ? "base_weee_tax_applied_row_amnt" : "weee_tax_applied_row_amount", r->f.fixed);
        put_both(p, base, "weee_tax_applied_amount", unit);
    }
    mpq_clears(row, incl, unit, NULL);
}

static void put_fixed(printer *p, const figures *base, const figures *order)
{
    mpq_t a, b;
    mpq_inits(a, b, NULL);
    mpq_add(a, base->fixed, base->fixed_tax);
    mpq_add(b, order->fixed, order->fixed_tax);
    put(p,
        "\"weee_tax_applied\":\"[{\\\"title\\\":\\\"Eco\\\",\\\"base_row_amount\\\":%.15g,"
        "\\\"base_row_amount_incl_tax\\\":%.15g,\\\"row_amount\\\":%.15g,\\\"row_amount_incl_tax\\\":%.15g}]"
        "\",",
        mpq_get_d(base->fixed), mpq_get_d(a), mpq_get_d(order->fixed), mpq_get_d(b));
    mpq_clears(a, b, NULL);
}

static void put_common(printer *p, int id, int parent, const char *type, int quantity)
{
    put(p, "{\"item_id\":%d,\"sku\":\"S-%d\",\"product_type\":\"%s\",\"qty_ordered\":%.15g,", id, id, type,
        quantity / 1000.0);
    if (parent)
        put(p, "\"parent_item_id\":%d,", parent);
}

static void put_end(printer *p)
{
    p->at[-1] = '}';
    put(p, ",");
}

/* The parent of a bundle with dynamic price repeats the sum of its children; here of one child. */
static void put_parent(printer *p, const cart *c, const cart_row *r, const figures both[2], int id)
{
    cart_row parent = *r;
    put_common(p, id, 0, "bundle", 1000);
    for (int base = 0; base < 2; base++) {
        parent.f = both[base];
        parent.fixed_cents = 0;
        put_figures(p, c, &parent, base);
    }
    put_end(p);
}

static void put_row(printer *p, cart *c, int n, const figures both[2])
{
    static const char *const types[] = {"simple", "configurable", "bundle", "simple"};
    cart_row shown = c->rows[n];
    int id = 2 * n + 1;
    bool child = shown.kind == DYNAMIC_CHILD;
    if (child)
        put_parent(p, c, &shown, both, id);
    put_common(p, child ? id + 1 : id, child ? id : 0, types[shown.kind], shown.quantity);
    for (int base = 0; base < 2; base++) {
        shown.f = both[base];
        put_figures(p, c, &shown, base);
    }
    if (shown.fixed_cents)
        put_fixed(p, &both[1], &both[0]);
    put(p, "\"tax_percent\":%.15g,", rate_of(&shown.taxes) / 10000.0);
    put_end(p);
    if (shown.kind == CONFIGURABLE || shown.kind == FIXED_BUNDLE) {
        put_common(p, id + 1, id, "simple", shown.quantity);
        put(p,
            "\"price\":0,\"row_total\":0,\"row_total_incl_tax\":0,\"tax_amount\":0,\"base_price\":0,"
            "\"base_row_total\":0,\"base_row_total_incl_tax\":0,\"base_tax_amount\":0,\"tax_percent\":0},");
    }
}

static void put_taxes(printer *p, const char *type, int id, const taxes *t)
{
    put(p, "{\"type\":\"%s\",", type);
    if (id)
        put(p, "\"item_id\":%d,", id);
    put(p, "\"applied_taxes\":[");
    for (int i = 0; i < t->n; i++)
        put(p, "%s{\"code\":\"T%d\",\"percent\":%.15g,\"amount\":0}", i ? "," : "", t->rates[i],
            t->rates[i] / 10000.0);
    put(p, "]},");
}

static void put_head(printer *p, const cart *c, bool base)
{
    mpq_t x, grand;
    mpq_inits(x, grand, NULL);
    mpq_set(grand, c->paid);
    static const char *const names[] = {"gift_cards_amount", "customer_balance_amount",
                                        "reward_currency_amount"};
    const int cents[] = {c->gift_cents, c->credit_cents, c->reward_cents};
    for (int i = 0; i < 3; i++) {
        convert(x, cents[i], c, base);
        mpq_sub(grand, grand, x);
        if (cents[i])
            put_both(p, base, names[i], x);
    }
    put_both(p, base, "grand_total", grand);
    put_both(p, base, "tax_amount", c->tax);
    put_both(p, base, "shipping_amount", c->shipping.row);
    put_both(p, base, "shipping_incl_tax", c->shipping.row_incl);
    put_both(p, base, "shipping_tax_amount", c->shipping.tax);
    put_both(p, base, "shipping_discount_amount", c->shipping.discount);
    put_money(p,
              base ? "base_shipping_discount_tax_compensation_amnt"
                   : "shipping_discount_tax_compensation_amount",
              c->shipping.compensation);
    mpq_clears(x, grand, NULL);
}

static figures shown_figures[CART_ROWS][2]; /* order, base; made once and kept */

/* The currency that is asked for last, so that its figures stay in the cart. */
void cart_print(cart *c, bool base, char *out)
{
    static bool ready;
    printer p = {out, out + CART_TEXT, c->long_numbers};
    for (int n = 0; !ready && n < 2 * CART_ROWS; n++)
        figures_init(&shown_figures[n / 2][n % 2]);
    ready = true;
    put(&p,
        "{\"increment_id\":\"100000001\",\"store_id\":1,\"state\":\"processing\",\"created_at\":"
        "\"2026-11-23 05:45:44\",\"order_currency_code\":\"%s\",\"base_currency_code\":\"EUR\",",
        c->exchange == 10000 ? "EUR" : "SEK");
    for (int turn = 0; turn < 2; turn++) {
        bool in_base = turn ? base : !base;
        cart_price(c, &c->shop, in_base);
        put_head(&p, c, in_base);
        for (int n = 0; n < c->rows_n; n++)
            figures_copy(&shown_figures[n][in_base], &c->rows[n].f);
    }
    put(&p, "\"items\":[");
    for (int n = 0; n < c->rows_n; n++)
        put_row(&p, c, n, shown_figures[n]);
    p.at--;
    put(&p, "],\"extension_attributes\":{\"item_applied_taxes\":[");
    for (int n = 0; n < c->rows_n && !c->silent; n++)
        put_taxes(&p, "product", 2 * n + (c->rows[n].kind == DYNAMIC_CHILD ? 2 : 1), &c->rows[n].taxes);
    if (!c->silent)
        put_taxes(&p, "shipping", 0, &c->shipping_taxes);
    if (p.at[-1] == ',')
        p.at--;
    put(&p, "]}}");
}
