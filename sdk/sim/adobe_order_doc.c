/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as read back. Every amount stands there twice, in the order's currency and the base currency. On
 * 2.4.7 what REST tells of a row's totals is after discount (setting row_totals: older releases tell it
 * before), and a child repeats its parent whole. */
#include "sdk/sim/adobe_order.h"

#include <stdio.h>
#include <string.h>

#define AS_NAME(name) #name,
const char *const row_amount_names[] = {ROW_AMOUNTS(AS_NAME) NULL};
const char *const order_amount_names[] = {ORDER_AMOUNTS(AS_NAME) NULL};

void document_put(json_t *doc, const char *name, int64_t amount)
{
    char base[80];
    if (amount == UNSET)
        return;
    snprintf(base, sizeof base, "base_%s", name);
    if (!strcmp(name, "shipping_discount_tax_compensation_amount"))
        snprintf(base, sizeof base, "base_shipping_discount_tax_compensation_amnt");
    json_object_set_new(doc, name, decimal_number(amount));
    json_object_set_new(doc, base, decimal_number(amount));
}

static void put_once(json_t *doc, const char *name, int64_t amount)
{
    if (amount != UNSET)
        json_object_set_new(doc, name, decimal_number(amount));
}

/* ---- rows ---- */

static bool is_configurables_child(const adobe_order *o, const adobe_row *r)
{
    return r->parent != NO_ROW && !strcmp(o->rows[r->parent].type, "configurable");
}

/* net - discount, and that with compensation and tax. */
static void put_totals(const adobe *m, const adobe_row *r, json_t *doc)
{
    int64_t net = amount_of(r->amount[ROW_row_total]), discount = amount_of(r->amount[ROW_discount_amount]);
    int64_t tax = amount_of(r->amount[ROW_tax_amount]);
    if (!adobe_is(m, "row_totals", "after"))
        return;
    document_put(doc, "row_total", net - discount);
    document_put(doc, "row_total_incl_tax",
                 net - discount + amount_of(r->amount[ROW_discount_tax_compensation_amount]) + tax);
}

static void put_counters(const adobe_row *r, json_t *doc)
{
    put_once(doc, "qty_canceled", r->canceled);
    put_once(doc, "qty_invoiced", r->invoiced);
    put_once(doc, "qty_ordered", r->ordered);
    put_once(doc, "qty_refunded", r->refunded);
    put_once(doc, "qty_shipped", r->shipped);
    put_once(doc, "tax_canceled", r->tax_canceled);
    put_once(doc, "discount_tax_compensation_canceled", r->compensation_canceled);
    if (r->rate != UNSET)
        put_once(doc, "tax_percent", r->rate);
}

static void put_weight(const adobe_row *r, json_t *doc)
{
    bool own = r->parent == NO_ROW && !r->is_virtual;
    if (r->weight == UNSET)
        return;
    put_once(doc, "weight", r->weight);
    put_once(doc, "row_weight", own ? share(r->weight, r->ordered, ADOBE_UNIT) : 0);
}

static json_t *bare_row(const adobe_order *o, const adobe_row *r)
{
    return json_pack("{sI sI sI sI ss ss ss si si si si si so so so}", "item_id", (json_int_t)r->item,
                     "order_id", (json_int_t)o->id, "quote_item_id", (json_int_t)r->quote_item, "product_id",
                     (json_int_t)r->product, "sku", r->sku, "name", r->name, "product_type", r->type,
                     "store_id", o->store, "is_virtual", r->is_virtual, "is_qty_decimal", 0, "no_discount", 0,
                     "free_shipping", 0, "discount_percent", decimal_number(r->discount_percent),
                     "created_at", time_text(o->created), "updated_at", time_text(r->updated));
}

static void put_optional(json_t *doc, const char *name, json_t *value)
{
    if (value)
        json_object_set(doc, name, value);
}

json_t *adobe_row_doc(adobe *m, const adobe_order *o, const adobe_row *r, bool with_parent)
{
    json_t *doc = bare_row(o, r);
    for (int i = 0; i < ROW_AMOUNT_COUNT; i++)
        document_put(doc, row_amount_names[i], r->amount[i]);
    if (is_configurables_child(o, r))
        json_object_del(doc, "base_original_price");
    put_totals(m, r, doc);
    put_counters(r, doc);
    put_weight(r, doc);
    if (r->saved_weee)
        json_object_set_new(doc, "weee_tax_applied", json_string("[]"));
    put_optional(doc, "applied_rule_ids", r->rules);
    if (r->option)
        json_object_set_new(doc, "product_option", json_pack("{sO}", "extension_attributes", r->option));
    if (!with_parent)
        return doc;
    json_object_set_new(doc, "extension_attributes", json_pack("{sO}", "itemized_taxes", r->itemized));
    if (r->parent != NO_ROW) {
        json_object_set_new(doc, "parent_item_id", json_integer(o->rows[r->parent].item));
        json_object_set_new(doc, "parent_item", adobe_row_doc(m, o, &o->rows[r->parent], true));
    }
    return doc;
}

/* ---- the head ---- */

static void put_amounts(const adobe_order *o, json_t *doc)
{
    for (int i = 0; i < ORDER_AMOUNT_COUNT; i++)
        document_put(doc, order_amount_names[i], o->amount[i]);
    if (o->amount[ORDER_total_invoiced] != UNSET)
        json_object_set_new(doc, "base_total_invoiced_cost", json_integer(0));
    if (o->amount[ORDER_total_refunded] != UNSET)
        json_object_set_new(doc, "customer_note_notify", json_integer(0));
}

static void relate(const adobe *m, json_t *doc, const char *kind, int64_t id)
{
    char name[40];
    const adobe_order *other = adobe_order_of(m, id);
    if (!other)
        return;
    snprintf(name, sizeof name, "relation_%s_id", kind);
    json_object_set_new(doc, name, json_sprintf("%lld", (long long)id));
    snprintf(name, sizeof name, "relation_%s_real_id", kind);
    json_object_set_new(doc, name, json_string(other->increment));
}

static void put_relations(const adobe *m, const adobe_order *o, json_t *doc)
{
    const adobe_order *first = adobe_order_of(m, o->original);
    relate(m, doc, "parent", o->replaces);
    relate(m, doc, "child", o->replaced_by);
    if (!first)
        return;
    json_object_set_new(doc, "original_increment_id", json_string(first->increment));
    json_object_set_new(doc, "edit_increment", json_integer(o->edits));
}

/* What the payment has of the order's amounts. */
static json_t *payment_doc(const adobe_order *o)
{
    static const struct {
        const char *name;
        int amount;
    } kept[] = {
        {"amount_ordered", ORDER_grand_total},          {"amount_paid", ORDER_total_paid},
        {"amount_refunded", ORDER_total_refunded},      {"shipping_amount", ORDER_shipping_amount},
        {"shipping_captured", ORDER_shipping_invoiced}, {"shipping_refunded", ORDER_shipping_refunded}};
    json_t *doc = json_copy(o->payment);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        document_put(doc, kept[i].name, o->amount[kept[i].amount]);
    if (o->action == AT_ORDER_AUTHORIZED)
        document_put(doc, "amount_authorized", o->amount[ORDER_grand_total]);
    return doc;
}

/* ---- extension attributes ---- */

static json_t *items_of(adobe *m, const adobe_order *o)
{
    json_t *items = json_array();
    for (size_t i = 0; i < o->row_count; i++)
        json_array_append_new(items, adobe_row_doc(m, o, &o->rows[i], true));
    return items;
}

static json_t *assignment_of(const adobe_order *o, json_t *items)
{
    static const int told[] = {ORDER_shipping_amount,
                               ORDER_shipping_discount_amount,
                               ORDER_shipping_incl_tax,
                               ORDER_shipping_tax_amount,
                               ORDER_shipping_discount_tax_compensation_amount,
                               ORDER_shipping_invoiced,
                               ORDER_shipping_refunded,
                               ORDER_shipping_tax_refunded,
                               ORDER_shipping_canceled};
    json_t *total = json_object(), *shipping = json_object();
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        document_put(total, order_amount_names[told[i]], o->amount[told[i]]);
    if (o->shipping) {
        json_object_set(shipping, "address", o->shipping);
        json_object_set_new(shipping, "method", json_string(o->method));
    }
    json_object_set_new(shipping, "total", total);
    return json_pack("{so sO}", "shipping", shipping, "items", items);
}

static json_t *extension_of(const adobe_order *o, json_t *items)
{
    json_t *doc = json_copy(o->extension);
    json_object_set_new(doc, "shipping_assignments", json_pack("[o]", assignment_of(o, items)));
    if (o->pickup)
        json_object_set_new(doc, "pickup_location_code", json_string(o->pickup));
    if (o->notified) {
        json_object_set_new(doc, "send_notification", json_integer(1));
        json_object_set_new(doc, "notification_sent", json_integer(1));
    }
    return doc;
}

static json_t *newest_first(const json_t *list)
{
    json_t *out = json_array();
    for (size_t i = json_array_size(list); i-- > 0;)
        json_array_append(out, json_array_get(list, i));
    return out;
}

json_t *adobe_order_doc(adobe *m, const adobe_order *o)
{
    json_t *doc = json_copy(o->head), *items = items_of(m, o);
    json_t *rest =
        json_pack("{sI ss ss ss so so si sO sO so so so}", "entity_id", (json_int_t)o->id, "increment_id",
                  o->increment, "state", o->state, "status", o->status, "created_at", time_text(o->created),
                  "updated_at", time_text(o->updated), "store_id", o->store, "items", items,
                  "billing_address", o->billing, "payment", payment_doc(o), "status_histories",
                  newest_first(o->history), "extension_attributes", extension_of(o, items));
    json_object_update(doc, rest);
    json_decref(rest);
    json_decref(items);
    put_amounts(o, doc);
    put_relations(m, o, doc);
    return doc;
}
