/* SPDX-License-Identifier: Apache-2.0 */
/* Placing an order: rows and amounts from what was wished, who it is for, how it is paid, and a reservation
 * for every piece that stands in a stock. Nothing is taken from a source. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static const char *text(const json_t *o, const char *key, const char *otherwise)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : otherwise;
}

static int64_t number(const json_t *o, const char *key)
{
    int64_t n = 0;
    decimal_read(json_object_get(o, key), &n);
    return n;
}

/* ---- is it there to be sold? ---- */

static int64_t wanted(const adobe_order *o, uint32_t place)
{
    int64_t sum = 0;
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_leaf(&o->rows[i]) && o->rows[i].place == place)
            sum += o->rows[i].ordered;
    return sum;
}

static bool can_be_sold(const adobe *m, const adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i];
        const adobe_product *p = m->skus[r->place].product;
        if (!row_is_leaf(r) || r->is_virtual || !p || !p->manage_stock || p->backorders)
            continue;
        if (adobe_salable(m, m->skus[r->place].name, o->stock) < wanted(o, r->place))
            return false;
    }
    return true;
}

/* ---- who and where ---- */

static json_t *address(adobe *m, const adobe_order *o, const json_t *given, const char *type)
{
    json_t *doc = json_pack("{ss ss ss ss ss ss s[s] ss}", "city", "Stockholm", "country_id", "SE", "email",
                            "kim@example.com", "firstname", "Kim", "lastname", "Andersson", "postcode",
                            "11122", "street", "Storgatan 1", "telephone", "0701234567");
    json_t *own = json_pack("{ss sI sI}", "address_type", type, "entity_id",
                            (json_int_t)++m->sales->next_address, "parent_id", (json_int_t)o->id);
    json_object_update(doc, (json_t *)given);
    json_object_update(doc, own);
    json_decref(own);
    return doc;
}

/* Picked up at a store: the address is the store's. */
static json_t *store_address(adobe *m, const adobe_order *o, const json_t *source)
{
    json_t *given =
        json_pack("{ss ss ss ss}", "firstname", text(source, "name", ""), "lastname", "Store", "postcode",
                  text(source, "postcode", ""), "country_id", text(source, "country_id", "SE"));
    json_t *doc = address(m, o, given, "shipping");
    json_decref(given);
    return doc;
}

static bool is_virtual(const adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_leaf(&o->rows[i]) && !o->rows[i].is_virtual)
            return false;
    return true;
}

static void addresses(adobe *m, adobe_order *o, const json_t *wish)
{
    const json_t *given = json_object_get(wish, "address");
    int source = o->pickup ? adobe_source_place(m, o->pickup) : NO_PLACE;
    if (source >= 0)
        o->shipping = store_address(m, o, m->sources[source].doc);
    else if (!is_virtual(o))
        o->shipping = address(m, o, given, "shipping");
    o->billing = address(m, o, given, "billing");
}

/* ---- the head ---- */

static json_t *currencies(const adobe *m)
{
    static const char *const names[] = {"base_currency_code", "global_currency_code", "order_currency_code",
                                        "store_currency_code", NULL};
    json_t *doc = json_pack("{si si si si}", "base_to_global_rate", 1, "base_to_order_rate", 1,
                            "store_to_base_rate", 0, "store_to_order_rate", 0);
    for (size_t i = 0; names[i]; i++)
        json_object_set(doc, names[i], json_object_get(m->settings, "currency"));
    return doc;
}

static void count_rows(const adobe_order *o, json_t *head)
{
    int64_t leaves = 0, pieces = 0, weight = 0;
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i];
        leaves += row_is_leaf(r);
        if (r->parent != NO_ROW)
            continue;
        pieces += r->ordered;
        weight += r->is_virtual ? 0 : share(amount_of(r->weight), r->ordered, ADOBE_UNIT);
    }
    json_object_set_new(head, "total_item_count", json_integer(leaves));
    json_object_set_new(head, "total_qty_ordered", decimal_number(pieces));
    json_object_set_new(head, "weight", decimal_number(weight));
}

static void tell_discount(const adobe_order *o, const json_t *wish, json_t *head)
{
    const char *coupon = text(wish, "coupon", NULL);
    if (!o->amount[ORDER_discount_amount])
        return;
    json_object_set_new(head, "applied_rule_ids", json_string("1"));
    if (!coupon)
        return;
    json_object_set_new(head, "coupon_code", json_string(coupon));
    json_object_set_new(head, "discount_description", json_string(coupon));
}

static json_t *head_of(adobe *m, const adobe_order *o, const json_t *wish)
{
    const json_t *a = o->billing;
    json_t *head = currencies(m);
    json_t *rest = json_pack(
        "{sI ss ss ss si si si si so sI ss ss}", "billing_address_id",
        json_integer_value(json_object_get(a, "entity_id")), "customer_email", text(a, "email", ""),
        "customer_firstname", text(a, "firstname", ""), "customer_lastname", text(a, "lastname", ""),
        "customer_group_id", 0, "customer_is_guest", 1, "customer_note_notify", 1, "is_virtual", !o->shipping,
        "protect_code", json_sprintf("%032llx", (long long)(o->id * 0x9E3779B97F4ALL + o->created)),
        "quote_id", (json_int_t)++m->sales->next_quote, "remote_ip", "127.0.0.1", "store_name",
        o->store == 2 ? "Main Website\nMain Website Store\nSecond Store View"
                      : "Main Website\nMain Website Store\nDefault Store View");
    json_object_update(head, rest);
    json_decref(rest);
    if (o->shipping)
        json_object_set_new(
            head, "shipping_description",
            json_string(o->pickup ? "In-Store Pickup Delivery - In-Store Pickup" : "Flat Rate - Fixed"));
    count_rows(o, head);
    tell_discount(o, wish, head);
    return head;
}

/* ---- payment ---- */

static const struct {
    const char *code, *title;
} methods[] = {{"checkmo", "Check / Money order"},
               {"banktransfer", "Bank Transfer Payment"},
               {"cashondelivery", "Cash On Delivery"},
               {"payinstore", "Pay in store"},
               {"card", "Card"}};

static const char *title_of(const char *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(methods[i].code, method))
            return methods[i].title;
    return method;
}

static void payment(adobe_order *o, const json_t *wish)
{
    const json_t *given = json_object_get(wish, "payment");
    const char *method = text(given, "method", "checkmo"), *action = text(given, "action", "");
    const char *title = text(given, "title", title_of(method));
    o->action = !strcmp(action, "capture")     ? AT_ORDER_CAPTURED
                : !strcmp(action, "authorize") ? AT_ORDER_AUTHORIZED
                                               : AT_NOTHING;
    o->online = o->action != AT_NOTHING;
    o->payment =
        json_pack("{sn s[s] sn sI ss sI}", "account_status", "additional_information", title, "cc_last4",
                  "entity_id", (json_int_t)o->id, "method", method, "parent_id", (json_int_t)o->id);
    if (o->online)
        json_object_set_new(o->payment, "last_trans_id", json_sprintf("TX-%s", o->increment));
    json_object_set_new(o->extension, "payment_additional_info",
                        json_pack("[{ss ss}]", "key", "method_title", "value", title));
    json_object_set_new(o->extension, "converting_from_quote", json_false());
}

/* A gift card and store credit are paid with: what is left to pay is the order's grand total. */
static void prepaid(adobe_order *o, const json_t *wish)
{
    int64_t card = number(wish, "gift_card"), credit = number(wish, "store_credit");
    if (card) {
        json_t *one = json_pack("[{si ss so so}]", "id", 1, "code", "GIFT-CARD-1", "amount",
                                decimal_number(card), "base_amount", decimal_number(card));
        json_object_set_new(o->extension, "gift_cards", one);
        document_put(o->extension, "gift_cards_amount", card);
    }
    if (credit)
        document_put(o->extension, "customer_balance_amount", credit);
    o->amount[ORDER_grand_total] -= card + credit;
    o->amount[ORDER_total_due] = o->amount[ORDER_grand_total];
}

/* ---- the order ---- */

/* Ids are counted per store view; the second view's begin with its number, unless a merchant took that away.
 */
static char *next_increment(adobe *m, int store)
{
    char id[48];
    const char *prefix = store == 2 && adobe_is(m, "increment_ids", "prefixed") ? "2" : "";
    snprintf(id, sizeof id, "%s%0*lld", prefix, *prefix ? 8 : 9,
             (long long)m->sales->next_increment[store]++);
    return must(strdup(id));
}

static void first_amounts(adobe *m, adobe_order *o, const json_t *wish)
{
    money_order(m, o, number(wish, "shipping"), number(wish, "shipping_discount"),
                !adobe_is(m, "catalog_prices", "excluding"));
    o->extension = json_object();
    prepaid(o, wish);
    payment(o, wish);
    order_taxes(m, o, text(o->shipping ? o->shipping : o->billing, "country_id", "SE"));
}

static void reserve(adobe *m, adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_leaf(&o->rows[i]))
            order_unreserve(m, o, &o->rows[i], -o->rows[i].ordered, "order_placed");
}

static bool judge(adobe *m, adobe_order *o, const json_t *wish, const char **why)
{
    if (!order_rows(m, o, wish, why))
        return false;
    if (o->pickup && adobe_source_place(m, o->pickup) < 0)
        *why = "pickup names a source that the shop does not have";
    else if (!o->stock)
        *why = "no stock sells on the website";
    else if (!json_is_true(json_object_get(wish, "force")) && !can_be_sold(m, o))
        *why = "The requested qty is not available";
    return !*why;
}

static void keep_text(char **into, const char *value)
{
    *into = value ? must(strdup(value)) : NULL;
}

static void finish(adobe *m, adobe_order *o)
{
    order_set_state(o, o->action == AT_NOTHING ? "new" : "processing");
    reserve(m, o);
    json_object_set_new(m->sales->by_increment, o->increment, json_integer(o->id));
    order_effect(m, o, "order", NULL);
    if (o->action == AT_ORDER_CAPTURED) {
        json_t *all = json_pack("{sb}", "capture", 1);
        json_decref(adobe_invoice(m, o, all).body);
        json_decref(all);
    }
}

adobe_order *adobe_order_place(adobe *m, const json_t *wish, const char **why)
{
    int store = json_integer_value(json_object_get(wish, "store")) == 2 ? 2 : 1;
    adobe_order *o = adobe_order_add(m, store);
    const char *pickup = text(wish, "pickup", NULL), *id = text(wish, "increment_id", NULL);
    o->stock = adobe_stock_of_website(m, "base");
    keep_text(&o->pickup, pickup);
    if (!judge(m, o, wish, why)) {
        adobe_order_drop(m);
        return NULL;
    }
    o->increment = id ? must(strdup(id)) : next_increment(m, store);
    keep_text(&o->method, pickup ? "instore_pickup" : "flatrate_flatrate");
    addresses(m, o, wish);
    first_amounts(m, o, wish);
    o->head = head_of(m, o, wish);
    finish(m, o);
    return o;
}
