/* SPDX-License-Identifier: Apache-2.0 */
/* From the order's JSON to figures. Each money field exists twice, in the order's and in the base currency;
 * one table names both. Empty values are left out by the shop: absent is 0, and noted where it matters. */
#include "plugins/tax-normalizer/order.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 2000 }; /* with ORDER_MOST: no sum of rows can overflow 64 bits */

typedef struct field {
    const char *name, *base;
    size_t offset;
} field;

/* In the order of ORDER_PRICE... */
static const field row_fields[] = {
    {"price", "base_price", offsetof(order_row, price)},
    {"price_incl_tax", "base_price_incl_tax", offsetof(order_row, price_incl)},
    {"original_price", "base_original_price", offsetof(order_row, original)},
    {"row_total", "base_row_total", offsetof(order_row, row)},
    {"row_total_incl_tax", "base_row_total_incl_tax", offsetof(order_row, row_incl)},
    {"discount_amount", "base_discount_amount", offsetof(order_row, discount)},
    {"discount_tax_compensation_amount", "base_discount_tax_compensation_amount",
     offsetof(order_row, compensation)},
    {"tax_amount", "base_tax_amount", offsetof(order_row, tax)},
    {"weee_tax_applied_row_amount", "base_weee_tax_applied_row_amnt", offsetof(order_row, fixed_net)},
    /* The shop adds the row's amount to row_total_incl_tax, but one piece's to the base twin. */
    {"weee_tax_applied_row_amount", "base_weee_tax_applied_amount", offsetof(order_row, fixed_inside)},
    {NULL, NULL, 0},
};

static const field head_fields[] = {
    {"grand_total", "base_grand_total", offsetof(order_head, grand)},
    {"tax_amount", "base_tax_amount", offsetof(order_head, tax)},
    {"subtotal", "base_subtotal", offsetof(order_head, subtotal)},
    {"discount_amount", "base_discount_amount", offsetof(order_head, discount)},
    {"discount_tax_compensation_amount", "base_discount_tax_compensation_amount",
     offsetof(order_head, compensation)},
    {"shipping_amount", "base_shipping_amount", offsetof(order_head, shipping)},
    {"shipping_incl_tax", "base_shipping_incl_tax", offsetof(order_head, shipping_incl)},
    {"shipping_tax_amount", "base_shipping_tax_amount", offsetof(order_head, shipping_tax)},
    {"shipping_discount_amount", "base_shipping_discount_amount", offsetof(order_head, shipping_discount)},
    {"shipping_discount_tax_compensation_amount", "base_shipping_discount_tax_compensation_amnt",
     offsetof(order_head, shipping_compensation)},
    {"gift_cards_amount", "base_gift_cards_amount", offsetof(order_head, gift_cards)},
    {"customer_balance_amount", "base_customer_balance_amount", offsetof(order_head, credit)},
    {"reward_currency_amount", "base_reward_currency_amount", offsetof(order_head, reward)},
    {"gw_price", "gw_base_price", offsetof(order_head, wrap)},
    {"gw_tax_amount", "gw_base_tax_amount", offsetof(order_head, wrap_tax)},
    {"gw_items_price", "gw_items_base_price", offsetof(order_head, wrap_items)},
    {"gw_items_tax_amount", "gw_items_base_tax_amount", offsetof(order_head, wrap_items_tax)},
    {"gw_card_price", "gw_card_base_price", offsetof(order_head, wrap_card)},
    {"gw_card_tax_amount", "gw_card_base_tax_amount", offsetof(order_head, wrap_card_tax)},
    {NULL, NULL, 0},
};

static int read_money(const json_t *value, int64_t *out)
{
    tb_money m = {0};
    if (value && !json_is_null(value) && tb_money_from_json(value, NULL, &m))
        return -1;
    *out = m.amount;
    return m.amount > ORDER_MOST || m.amount < -ORDER_MOST ? -1 : 0;
}

/* A figure of the order stands at its top or among its extension attributes. */
static const json_t *find_figure(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    return value && !json_is_null(value)
               ? value
               : json_object_get(json_object_get(json, "extension_attributes"), name);
}

/* 0, or -1 with *why the name of the field that is no number. Bits of *absent, if asked, as the table. */
static int read_fields(const json_t *json, const field *fields, bool base, void *out, unsigned *absent,
                       const char **why)
{
    for (int i = 0; fields[i].name; i++) {
        const char *name = base ? fields[i].base : fields[i].name;
        const json_t *value = find_figure(json, name);
        if (read_money(value, (int64_t *)(void *)((char *)out + fields[i].offset))) {
            *why = name;
            return -1;
        }
        if (absent && (!value || json_is_null(value)))
            *absent |= 1u << i;
    }
    return 0;
}

/* ---- taxes that apply ---- */

static uint64_t key_of(uint64_t key, const char *text)
{
    for (; text && *text; text++)
        key = (key ^ (unsigned char)*text) * 1099511628211u;
    return key;
}

static int read_taxes(const json_t *list, order_taxes *out)
{
    size_t i;
    json_t *tax;
    out->json = list;
    json_array_foreach(list, i, tax)
    {
        int64_t rate;
        if (read_money(json_object_get(tax, "percent"), &rate))
            return -1;
        if (!rate || out->n == MOST_TAXES)
            continue;
        out->rates[out->n] = rate;
        out->keys[out->n++] =
            key_of(14695981039346656037u + (uint64_t)rate, json_string_value(json_object_get(tax, "code")));
    }
    return 0;
}

static order_row *row_by_id(order *o, int64_t id)
{
    for (int i = 0; id && i < o->rows_n; i++) {
        if (o->rows[i].id == id)
            return &o->rows[i];
    }
    return NULL;
}

static int64_t total_rate(const order_taxes *taxes)
{
    int64_t rate = 0;
    for (int i = 0; i < taxes->n; i++)
        rate += taxes->rates[i];
    return rate;
}

static int read_applied(const json_t *json, order *o)
{
    size_t i;
    json_t *item;
    const json_t *list = find_figure(json, "item_applied_taxes");
    json_array_foreach(list, i, item)
    {
        const char *type = json_string_value(json_object_get(item, "type"));
        order_row *row = row_by_id(o, json_integer_value(json_object_get(item, "item_id")));
        bool shipping = type && !strcmp(type, "shipping");
        order_taxes *at = shipping                                  ? &o->shipping_taxes
                          : type && !strcmp(type, "product") && row ? &row->taxes
                                                                    : NULL;
        if (at && !at->json && read_taxes(json_object_get(item, "applied_taxes"), at))
            return -1;
    }
    return 0;
}

/* The order's own sum per tax: shown to people, and never what the lines are made from. */
static int read_listed(const json_t *json, order *o)
{
    size_t i;
    json_t *tax;
    int64_t amount;
    const json_t *list = find_figure(json, "applied_taxes");
    o->lists_taxes = json_array_size(list) > 0;
    json_array_foreach(list, i, tax)
    {
        if (read_money(json_object_get(tax, o->base ? "base_amount" : "amount"), &amount) ||
            __builtin_add_overflow(o->listed, amount, &o->listed))
            return -1;
    }
    return 0;
}

/* The order says it, or there is none; else whoever needs it must find out. */
static void read_shipping_rate(order *o)
{
    o->shipping_rate = o->shipping_taxes.n ? total_rate(&o->shipping_taxes) : o->head.shipping_tax ? -1 : 0;
}

/* ---- rows ---- */

/* The tax of the fixed product tax stands only in a text of JSON. */
static int read_fixed_tax(const json_t *item, bool base, order_row *row)
{
    size_t i;
    json_t *tax;
    int64_t net, gross;
    const json_t *value = json_object_get(item, "weee_tax_applied");
    json_t *list = json_is_string(value) ? json_loads(json_string_value(value), 0, NULL) : NULL;
    int bad = 0;
    json_array_foreach(list, i, tax)
    {
        const json_t *with = json_object_get(tax, base ? "base_row_amount_incl_tax" : "row_amount_incl_tax");
        bad |= read_money(json_object_get(tax, base ? "base_row_amount" : "row_amount"), &net);
        bad |= read_money(with, &gross);
        row->fixed_tax += !bad && with ? gross - net : 0;
    }
    json_decref(list);
    return bad ? -1 : 0;
}

static int64_t read_id(const json_t *item, const char *name)
{
    const json_t *value = json_object_get(item, name);
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

static const char *read_text(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

static int read_row(const json_t *item, bool base, order_row *row, const char **why)
{
    row->id = read_id(item, "item_id");
    row->parent = read_id(item, "parent_item_id");
    row->sku = read_text(item, "sku");
    row->type = read_text(item, "product_type");
    if (read_fields(item, row_fields, base, row, &row->absent, why))
        return -1;
    *why = "qty_ordered";
    if (tb_quantity_from_json(json_object_get(item, "qty_ordered"), &row->quantity) || row->quantity <= 0 ||
        row->quantity > 1000000 * (int64_t)TB_QUANTITY_SCALE)
        return -1;
    *why = "tax_percent";
    if (read_money(json_object_get(item, "tax_percent"), &row->rate) || row->rate < 0 || row->rate > RATE_ONE)
        return -1;
    *why = "weee_tax_applied";
    row->money = row->row || row->row_incl || row->tax || row->discount;
    return read_fixed_tax(item, base, row);
}

/* Who stands below whom. A row whose parent is not in the list stands alone. */
static void link_rows(order *o)
{
    for (int i = 0; i < o->rows_n; i++) {
        order_row *row = &o->rows[i], *above = row_by_id(o, row->parent);
        if (!above || above == row)
            continue;
        row->above = above;
        above->children++;
        above->money_below |= row->money;
    }
}

static int read_rows(const json_t *items, bool base, order *out, const char **why)
{
    size_t n = json_array_size(items);
    *why = "items";
    if (!n || n > MOST_ROWS || !(out->rows = calloc(n, sizeof *out->rows)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (read_row(json_array_get(items, i), base, &out->rows[i], why))
            return -1;
        out->rows_n++;
    }
    link_rows(out);
    return 0;
}

static int read_currency(const json_t *json, bool base, order *out)
{
    const char *code = read_text(json, base ? "base_currency_code" : "order_currency_code");
    tb_money checked;
    if (!*code || tb_money_parse("0", code, &checked))
        return -1;
    memcpy(out->currency, checked.currency, sizeof out->currency);
    return 0;
}

int order_read(const json_t *json, bool base, order *out, const char **why)
{
    *out = (order){.base = base,
                   .number = read_text(json, "increment_id"),
                   .created = read_text(json, "created_at"),
                   .state = read_text(json, "state")};
    snprintf(out->store, sizeof out->store, "%lld", (long long)read_id(json, "store_id"));
    *why = base ? "base_currency_code" : "order_currency_code";
    if (read_currency(json, base, out))
        return -1;
    *why = base ? "base_grand_total" : "grand_total";
    if (!find_figure(json, *why) || read_fields(json, head_fields, base, &out->head, NULL, why) ||
        read_rows(json_object_get(json, "items"), base, out, why))
        return -1;
    *why = "item_applied_taxes";
    if (read_applied(json, out) || read_listed(json, out))
        return -1;
    for (int i = 0; i < out->rows_n; i++) { /* some rows name their taxes, but not the sum */
        if (!out->rows[i].rate && out->rows[i].tax)
            out->rows[i].rate = total_rate(&out->rows[i].taxes);
    }
    read_shipping_rate(out);
    return 0;
}

void order_free(order *o)
{
    free(o->rows);
    o->rows = NULL;
    o->rows_n = 0;
}

int64_t order_paid(const order *o)
{
    return o->head.grand + o->head.gift_cards + o->head.credit + o->head.reward;
}
