/* SPDX-License-Identifier: Apache-2.0 */
/* The order as Sitoo takes it. A row's price is of all its pieces, with VAT, before discount; what the step
 * has is the gross after discount: so the discount is added (trade rule R2). Fees are rows too, because
 * Sitoo's own fields for them cannot be written. Each row says which of the shop's it stands for, so that
 * the map between the two can be made again after any loss. An address makes the store ship the order: it
 * goes along only when that is meant, and then it must. */
#include "plugins/sitoo/external.h"
#include "plugins/sitoo/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_ORDER = 10, PAID = 20, PENDING = 10, CENT = TB_MONEY_SCALE / 100 };

/* Always -1. */
static int unfit(sink_step *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int unfit(sink_step *s, const char *format, ...)
{
    char why[200];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    tb_reject(s->record, "order.unfit", NULL, "%s", why);
    return -1;
}

/* ---- values ---- */

int sink_cents(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);
    tb_money m = {0};
    if (value && !json_is_null(value) && tb_money_from_json(value, "", &m))
        return -1;
    *out = m.amount;
    return m.amount % CENT ? -1 : 0;
}

static json_t *money(int64_t amount)
{
    char text[40];
    return tb_money_format((tb_money){.amount = amount}, 2, text, sizeof text) ? NULL : json_string(text);
}

/* Ids of the shop come as numbers or as texts; Sitoo's additional data is all texts. */
static json_t *as_text(const json_t *value)
{
    char text[24];
    if (json_is_string(value))
        return json_string(json_string_value(value));
    return json_string(sink_id(json_integer_value(value), text));
}

/* A percentage, from a text or a number; zeros behind the point go. NULL: it is none. */
static json_t *rate_of(const json_t *object)
{
    const json_t *value = json_object_get(object, "rate");
    char text[40];
    tb_money m = {0};
    if (!value || tb_money_from_json(value, "", &m))
        return NULL;
    if (m.amount % TB_MONEY_SCALE == 0)
        return json_integer(m.amount / TB_MONEY_SCALE);
    return tb_money_format(m, 0, text, sizeof text) ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
}

static void put_text(json_t *into, const char *name, const char *text)
{
    if (*text)
        json_object_set_new(into, name, json_string(text));
}

/* ---- rows ---- */

/* Adds price, discount and rate; the sum of gross goes on. */
static int put_money(json_t *row, const json_t *from, int64_t *sum)
{
    int64_t gross, discount, before;
    json_t *rate = rate_of(from);
    if (!rate || sink_cents(from, "gross", &gross) || sink_cents(from, "discount", &discount) ||
        __builtin_add_overflow(gross, discount, &before) || __builtin_add_overflow(*sum, gross, sum)) {
        json_decref(rate);
        return -1;
    }
    json_object_set_new(row, "vatvalue", rate);
    json_object_set_new(row, "moneyrowprice", money(before));
    if (discount)
        json_object_set_new(row, "moneyrowdiscount", money(discount));
    return 0;
}

static json_t *row_json(const json_t *from, int64_t *sum)
{
    int64_t quantity;
    const char *sku = sitoo_field(from, "sku"), *name = sitoo_field(from, "name");
    const json_t *item = json_object_get(from, "item");
    if (sitoo_quantity(from, "quantity", &quantity) || quantity % TB_QUANTITY_SCALE || quantity <= 0 ||
        !*sku || !item)
        return NULL;
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:{s:o}}", "productname", *name ? name : sku, "sku", sku, "quantity",
                  (json_int_t)(quantity / TB_QUANTITY_SCALE), "additionaldata", "web-itemid", as_text(item));
    put_text(row, "productattributes", sitoo_field(from, "options"));
    if (!put_money(row, from, sum))
        return row;
    json_decref(row);
    return NULL;
}

static const struct {
    const char *kind, *name;
    size_t sku; /* of the parameter */
} fees[] = {
    {"shipping", "Shipping", offsetof(sitoo_sink, shipping_sku)},
    {"wrapping", "Gift wrapping", offsetof(sitoo_sink, wrapping_sku)},
    {"fixed-tax", "Fixed product tax", offsetof(sitoo_sink, fixed_tax_sku)},
};

static json_t *fee_json(const sitoo_sink *self, const json_t *from, int64_t *sum)
{
    const char *kind = sitoo_field(from, "kind"), *name = sitoo_field(from, "name");
    size_t i = 0, n = sizeof fees / sizeof *fees;
    while (i < n && strcmp(fees[i].kind, kind))
        i++;
    if (i == n)
        return NULL;
    const char *sku = *(const char *const *)((const char *)self + fees[i].sku);
    json_t *row = json_pack("{s:s, s:i, s:{s:s}}", "productname", *name ? name : fees[i].name, "quantity", 1,
                            "additionaldata", "web-fee", kind);
    put_text(row, "sku", sku ? sku : "");
    if (!put_money(row, from, sum))
        return row;
    json_decref(row);
    return NULL;
}

static int add_rows(sink_step *s, json_t *order, int64_t *sum)
{
    json_t *rows = json_array(), *from;
    size_t i;
    json_object_set_new(order, "orderitems", rows);
    json_array_foreach(json_object_get(s->step, "rows"), i, from)
    {
        if (json_array_append_new(rows, row_json(from, sum)))
            return unfit(s, "row of %s lacks item, SKU, whole pieces, rate, or an amount in cents",
                         sitoo_field(from, "sku"));
    }
    if (!json_array_size(rows))
        return unfit(s, "the step has no rows");
    json_array_foreach(json_object_get(s->step, "fees"), i, from)
    {
        if (json_array_append_new(rows, fee_json(s->self, from, sum)))
            return unfit(s, "fee %s is of no known kind, or lacks rate or an amount in cents",
                         sitoo_field(from, "kind"));
    }
    return 0;
}

/* ---- payments ---- */

static const struct {
    const char *kind, *name;
} payments[] = {
    {"gift-card", "Web gift card"},
    {"store-credit", "Web store credit"},
    {"reward", "Web reward points"},
    {"web", "Web payment"},
};

static const char *payment_name(const char *kind)
{
    for (size_t i = 0; i < sizeof payments / sizeof *payments; i++)
        if (!strcmp(payments[i].kind, kind))
            return payments[i].name;
    return *kind ? kind : "Web";
}

static int add_payments(sink_step *s, json_t *order)
{
    json_t *list = json_array(), *from;
    size_t i;
    int64_t amount;
    json_array_foreach(json_object_get(s->step, "payments"), i, from)
    {
        const char *kind = sitoo_field(from, "kind");
        if (sink_cents(from, "amount", &amount)) {
            json_decref(list);
            return unfit(s, "payment %s is no amount in cents", kind);
        }
        json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", payment_name(kind), "moneyamount", money(amount)));
    }
    if (json_array_size(list))
        return json_object_set_new(order, "payments", list);
    json_decref(list);
    return 0;
}

/* ---- who, and where to ---- */

static void add_customer(const json_t *step, json_t *order)
{
    const json_t *customer = json_object_get(step, "customer");
    const char *name = sitoo_field(customer, "name"), *last = strrchr(name, ' ');
    SITOO_TEXT first = {0};
    if (last)
        sitoo_printf(&first, "%.*s", (int)(last - name), name);
    put_text(order, "namefirst", last ? sitoo_str(&first) : name);
    put_text(order, "namelast", last ? last + 1 : "");
    put_text(order, "email", sitoo_field(customer, "email"));
    put_text(order, "phone", sitoo_field(customer, "phone"));
}

static const struct {
    const char *from, *to;
} address_fields[] = {
    {"first", "delivery_namefirst"}, {"last", "delivery_namelast"},    {"company", "delivery_company"},
    {"street", "delivery_address"},  {"street2", "delivery_address2"}, {"zip", "delivery_zip"},
    {"city", "delivery_city"},       {"region", "delivery_state"},     {"country", "delivery_countryid"},
};

static int add_address(sink_step *s, json_t *order)
{
    const json_t *address = json_object_get(s->step, "address");
    if (strcmp(sitoo_field(s->step, "delivery"), "ship"))
        return 0;
    for (size_t i = 0; i < sizeof address_fields / sizeof *address_fields; i++)
        put_text(order, address_fields[i].to, sitoo_field(address, address_fields[i].from));
    if (json_object_get(order, "delivery_address") && json_object_get(order, "delivery_city"))
        return 0;
    tb_reject(s->record, "order.no-address", NULL,
              "the order is to be shipped, and its step has no address with street and city: without one the "
              "store would keep it for pick-up");
    return -1;
}

static json_t *additional(const json_t *step)
{
    bool ship = !strcmp(sitoo_field(step, "delivery"), "ship");
    json_t *data =
        json_pack("{s:s, s:s}", "weborder", "true", ship ? "weborder-bosfs" : "weborder-bopis", "true");
    put_text(data, "web-order", sitoo_field(step, "reference"));
    return data;
}

/* ---- the whole ---- */

static int judge_head(sink_step *s)
{
    const char *external = sitoo_field(s->step, "external");
    if (!sitoo_external_fits(external))
        return unfit(s, "external id \"%s\" is not 1 to 40 of A-Z a-z 0-9 _ -", external);
    if (strcmp(external, tb_record_probe(s->record)))
        return unfit(s, "external id %s is not what the step would be probed by", external);
    return sitoo_number(s->step, "warehouse") > 0 ? 0 : unfit(s, "the step names no warehouse");
}

static json_t *head_json(sink_step *s)
{
    const char *external = sitoo_field(s->step, "external");
    int64_t warehouse = sitoo_number(s->step, "warehouse"), until = sitoo_number(s->step, "until") / 1000;
    if (judge_head(s))
        return NULL;
    json_t *order =
        json_pack("{s:i, s:s, s:i, s:I, s:o}", "ordertypeid", TYPE_ORDER, "externalid", external,
                  "paymentstateid", json_is_true(json_object_get(s->step, "paid")) ? PAID : PENDING,
                  "warehouseid", (json_int_t)warehouse, "additionaldata", additional(s->step));
    if (until > 0)
        json_object_set_new(order, "datereserved", json_integer(until));
    put_text(order, "currencycode", sitoo_field(s->step, "currency"));
    put_text(order, "customerref", sitoo_field(s->step, "reference"));
    add_customer(s->step, order);
    return order;
}

static int judge_total(sink_step *s, int64_t sum)
{
    int64_t total;
    if (json_object_get(s->step, "total") && !sink_cents(s->step, "total", &total) && total == sum)
        return 0;
    return unfit(s, "rows and fees do not add up to the step's total");
}

json_t *sink_order_json(sink_step *s)
{
    int64_t sum = 0;
    json_t *order = head_json(s);
    if (order && !add_rows(s, order, &sum) && !judge_total(s, sum) && !add_payments(s, order) &&
        !add_address(s, order))
        return order;
    json_decref(order);
    return NULL;
}
