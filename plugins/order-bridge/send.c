/* SPDX-License-Identifier: Apache-2.0 */
/* A new order at the till. Its rows are things, its money comes from the lines of tax-normalizer, which hang
 * on rows of the shop's order: so the money of a row is given to the pieces that hang on it, in their order,
 * by rounding the running sum. Whatever is split over parts and attempts, the shares of all pieces add up to
 * the row, to the cent. What is not a thing (shipping, wrapping, fixed taxes) goes with the first part. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <string.h>

static int64_t amount_of(const json_t *from, const char *name)
{
    tb_money m = {.amount = 0};
    const json_t *value = json_object_get(from, name);
    return value && !tb_money_from_json(value, NULL, &m) ? m.amount : 0;
}

static void set_amount(json_t *to, const char *name, int64_t amount)
{
    char text[32];
    if (!tb_money_format((tb_money){.amount = amount}, 2, text, sizeof text))
        json_object_set_new(to, name, json_string(text));
}

/* ---- the money of pieces ---- */

static const json_t *product_line(const bridge *b, int64_t item)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(b->body, "lines"), i, line)
    {
        if (!strcmp(order_text(line, "kind"), "product") && order_number(line, "item") == item)
            return line;
    }
    return NULL;
}

typedef struct span { /* pieces [from, to) of all that hang on a row of the order */
    int64_t from, to, of;
} span;

static int64_t part_pieces(const bridge *b, size_t p, size_t thing)
{
    const cell *c = cell_at(b, p, thing);
    return c->wanted ? c->wanted : c->placed;
}

/* Where the pieces of the thing that part p gets stand among those of its row. */
static span span_of(const bridge *b, size_t part, size_t thing)
{
    span s = {0, 0, 0};
    int64_t item = order_number(thing_at(b, thing), "item");
    for (size_t k = 0; k < b->things; k++) {
        if (order_number(thing_at(b, k), "item") != item)
            continue;
        s.from += k < thing ? order_quantity(thing_at(b, k), "quantity") : 0;
        s.of += order_quantity(thing_at(b, k), "quantity");
    }
    for (size_t p = 0; p < part; p++)
        s.from += part_pieces(b, p, thing);
    s.to = s.from + part_pieces(b, part, thing);
    s.to = s.to < s.of ? s.to : s.of;
    return s;
}

static int64_t running(int64_t amount, int64_t pieces, int64_t of)
{
    tb_money m = {.amount = amount}, out = {.amount = 0};
    return of > 0 && !tb_money_ratio(m, pieces, of, 2, TB_HALF_UP, &out) ? out.amount : 0;
}

static int64_t share_of(int64_t amount, const span *s)
{
    return running(amount, s->to, s->of) - running(amount, s->from, s->of);
}

static int64_t row_gross(const bridge *b, size_t p, size_t thing)
{
    span s = span_of(b, p, thing);
    return share_of(amount_of(product_line(b, order_number(thing_at(b, thing), "item")), "gross"), &s);
}

/* ---- rows and fees ---- */

static json_t *row_object(const bridge *b, size_t p, size_t thing)
{
    const json_t *sold = thing_at(b, thing);
    const json_t *line = product_line(b, order_number(sold, "item"));
    span s = span_of(b, p, thing);
    json_t *row =
        json_pack("{s:I, s:s, s:o, s:s, s:s}", "item", (json_int_t)order_number(sold, "item"), "sku",
                  order_text(sold, "sku"), "quantity", order_quantity_json(cell_at(b, p, thing)->wanted),
                  "name", order_text(sold, "name"), "options", order_text(sold, "options"));
    set_amount(row, "gross", row_gross(b, p, thing));
    set_amount(row, "discount", share_of(amount_of(line, "discount"), &s));
    json_object_set_new(row, "rate", json_string(*order_text(line, "rate") ? order_text(line, "rate") : "0"));
    return row;
}

static bool is_first(const bridge *b, size_t part)
{
    for (size_t p = 0; p < part; p++) {
        if (strcmp(order_text(b->parts[p].route, "system"), "none"))
            return false;
    }
    return true;
}

static json_t *fees_of(const bridge *b, size_t p)
{
    size_t i;
    json_t *line, *fees = json_array();
    json_array_foreach(is_first(b, p) ? json_object_get(b->body, "lines") : NULL, i, line)
    {
        if (!strcmp(order_text(line, "kind"), "product") || !amount_of(line, "gross"))
            continue;
        json_t *fee =
            json_pack("{s:s, s:s, s:s}", "kind", order_text(line, "kind"), "name", order_text(line, "kind"),
                      "rate", *order_text(line, "rate") ? order_text(line, "rate") : "0");
        set_amount(fee, "gross", amount_of(line, "gross"));
        json_array_append_new(fees, fee);
    }
    return fees;
}

static int64_t fee_total(const bridge *b, size_t p)
{
    size_t i;
    json_t *fee;
    int64_t total = 0;
    json_auto_t *fees = fees_of(b, p);
    json_array_foreach(fees, i, fee)
    {
        total += amount_of(fee, "gross");
    }
    return total;
}

static int64_t part_total(const bridge *b, size_t p)
{
    int64_t total = fee_total(b, p);
    for (size_t k = 0; k < b->things; k++)
        total += part_pieces(b, p, k) ? row_gross(b, p, k) : 0;
    return total;
}

/* ---- payments ---- */

static int64_t before_part(const bridge *b, size_t part)
{
    int64_t total = 0;
    for (size_t p = 0; p < part; p++) {
        if (strcmp(order_text(b->parts[p].route, "system"), "none"))
            total += part_total(b, p);
    }
    return total;
}

/* Gift cards and the like pay the first parts; what is left of a part is the shop's own payment, if made. */
static json_t *payments_of(const bridge *b, size_t p)
{
    size_t i;
    json_t *payment, *out = json_array();
    int64_t used = before_part(b, p), open = part_total(b, p);
    json_array_foreach(json_object_get(b->body, "payments"), i, payment)
    {
        int64_t amount = amount_of(payment, "amount"), skip = used < amount ? used : amount;
        int64_t here = amount - skip < open ? amount - skip : open;
        used -= skip;
        open -= here;
        if (here <= 0)
            continue;
        json_t *one = json_pack("{s:s}", "kind", order_text(payment, "kind"));
        set_amount(one, "amount", here);
        json_array_append_new(out, one);
    }
    if (b->money != MONEY_AT_TILL && b->paid && open > 0) {
        json_t *one = json_pack("{s:s}", "kind", "web");
        set_amount(one, "amount", open);
        json_array_append_new(out, one);
    }
    return out;
}

/* ---- the customer ---- */

static json_t *customer_of(const bridge *b)
{
    char name[300];
    const json_t *billing = json_object_get(b->order, "billing_address");
    const char *first = order_text(b->order, "customer_firstname");
    const char *last = order_text(b->order, "customer_lastname");
    if (!*first && !*last) { /* a guest */
        first = order_text(billing, "firstname");
        last = order_text(billing, "lastname");
    }
    snprintf(name, sizeof name, "%s%s%s", first, *first && *last ? " " : "", last);
    return json_pack("{s:s, s:s, s:s}", "name", name, "email", order_text(b->order, "customer_email"),
                     "phone", order_text(billing, "telephone"));
}

/* Where the store ships it to; null for an order that is collected. */
static json_t *address_of(const bridge *b)
{
    static const char *const fields[][2] = {
        {"first", "firstname"}, {"last", "lastname"}, {"company", "company"},   {"zip", "postcode"},
        {"city", "city"},       {"region", "region"}, {"country", "country_id"}};
    const json_t *shipping =
        json_object_get(json_array_get(order_more(b->order, "shipping_assignments"), 0), "shipping");
    const json_t *from = json_object_get(shipping, "address"), *street = json_object_get(from, "street");
    if (b->pickup || !from)
        return json_null();
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        json_object_set_new(out, fields[i][0], json_string(order_text(from, fields[i][1])));
    if (json_is_string(json_array_get(street, 0)))
        json_object_set(out, "street", json_array_get(street, 0));
    if (json_is_string(json_array_get(street, 1)))
        json_object_set(out, "street2", json_array_get(street, 1));
    return out;
}

json_t *send_step(const bridge *b, const bridge_part *part, const char *external)
{
    size_t p = (size_t)(part - b->parts);
    bool paid = b->paid && b->money != MONEY_AT_TILL;
    json_t *rows = json_array();
    for (size_t k = 0; k < b->things; k++) {
        if (cell_at(b, p, k)->wanted)
            json_array_append_new(rows, row_object(b, p, k));
    }
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:b, s:I, s:s, s:o, s:o, s:o, s:o, s:s}", "external", external, "warehouse",
        order_text(part->route, "warehouse"), "reference", order_text(b->order, "increment_id"), "paid", paid,
        "until", (json_int_t)(b->now + reserve_time(b)), "currency",
        order_text(json_object_get(b->body, "tax"), "currency"), "rows", rows, "fees", fees_of(b, p),
        "payments", payments_of(b, p), "customer", customer_of(b), "delivery", b->pickup ? "pickup" : "ship");
    json_object_set_new(out, "address", address_of(b));
    set_amount(out, "total", part_total(b, p));
    return out;
}
