/* SPDX-License-Identifier: Apache-2.0 */
/* The orders resource: the filtered list with its short default fields, one order, add, patch, log. */
#include "sdk/sim/sitoo.h"

#include <stdio.h>
#include <string.h>

static const char *const list_fields[] = {"orderid",
                                          "eshopid",
                                          "email",
                                          "namefirst",
                                          "namelast",
                                          "company",
                                          "moneyfinal_net",
                                          "moneyfinal_vat",
                                          "moneytotal_gross_roundoff",
                                          "moneytotal_gross_all",
                                          "checkouttypename",
                                          "deliverytypename",
                                          "orderdate",
                                          "orderstateid",
                                          "paymentstateid",
                                          "ordertypeid",
                                          "registerid",
                                          "warehouseid",
                                          "datereserved",
                                          "currencycode",
                                          "additionaldata",
                                          "orderitems",
                                          "payments",
                                          NULL};

typedef struct {
    const char *parameter, *field;
    bool number;
} order_filter;

static const order_filter filters[] = {
    {"eshopid", "eshopid", true},
    {"externalid", "externalid", false},
    {"orderstate", "orderstateid", true},
    {"paymentstate", "paymentstateid", true},
    {"ordertype", "ordertypeid", true},
    {"warehouseid", "warehouseid", true},
    {"email", "email", false},
    {"creditorderid", "creditorderid", true},
};

static bool passes(const sitoo_call *c, const sitoo_order *o, const order_filter *f)
{
    const char *wanted = query_text(c->query, f->parameter);
    const json_t *value = json_object_get(o->doc, f->field);
    if (!wanted)
        return true;
    if (f->number)
        return json_is_integer(value) && in_int_list(wanted, json_integer_value(value));
    return json_is_string(value) && in_list(wanted, json_string_value(value));
}

static bool matches(const sitoo_call *c, const sitoo_order *o)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (!passes(c, o, &filters[i]))
            return false;
    bool overridden = query_text(c->query, "creditorderid") || query_text(c->query, "receiptid");
    const char *receipt = query_text(c->query, "receiptid");
    const json_t *own = json_object_get(json_object_get(o->doc, "additionaldata"), "pos-receiptid");
    if (receipt && (!json_is_string(own) || strcmp(receipt, json_string_value(own))))
        return false;
    if (!overridden && query_text(c->query, "orderid") &&
        !in_int_list(query_text(c->query, "orderid"), o->id))
        return false;
    return in_range(c, "orderid", o->id) &&
           in_range(c, "orderdate", json_integer_value(json_object_get(o->doc, "orderdate")));
}

void sitoo_get_orders(sitoo_call *c)
{
    const list *all = &c->s->orders;
    listing l = listing_of(c, "orderid");
    for (size_t i = 0; i < all->count; i++) {
        sitoo_order *o = all->item[l.ascending ? i : all->count - 1 - i];
        if (matches(c, o) && listing_takes(&l))
            listing_add(&l, json_copy(o->doc), list_fields);
    }
    listing_reply(&l);
}

static sitoo_order *order_in_path(sitoo_call *c)
{
    sitoo_order *o = sitoo_order_of(c->s, strtoll(c->segment[3], NULL, 10));
    if (!o)
        sitoo_error(c, 404, "Order not found");
    return o;
}

void sitoo_get_order(sitoo_call *c)
{
    sitoo_order *o = order_in_path(c);
    if (o)
        sitoo_reply(c, project(json_copy(o->doc), query_text(c->query, "fields"), NULL));
}

void sitoo_post_order(sitoo_call *c)
{
    char why[160] = "";
    sitoo_order *o = sitoo_order_add(c->s, c->body, why, sizeof why);
    if (o)
        sitoo_reply(c, json_integer(o->id));
    else
        sitoo_error(c, 400, why);
}

void sitoo_put_order(sitoo_call *c)
{
    char why[160] = "";
    sitoo_order *o = order_in_path(c);
    if (!o)
        return;
    if (sitoo_order_patch(c->s, o, c->body, why, sizeof why))
        sitoo_error(c, 400, why);
    else
        sitoo_reply(c, json_true());
}

void sitoo_get_log(sitoo_call *c)
{
    sitoo_order *o = order_in_path(c);
    size_t i = 0;
    json_t *entry = NULL;
    if (!o)
        return;
    listing l = listing_of(c, NULL);
    json_array_foreach(json_object_get(o->doc, "orderlogitems"), i, entry) if (listing_takes(&l))
        listing_add(&l, json_copy(entry), NULL);
    listing_reply(&l);
}

/* Only "ready for pick-up" and "rejected" may be posted; both raise an event. */
void sitoo_post_log(sitoo_call *c)
{
    sitoo_order *o = order_in_path(c);
    json_int_t type = json_integer_value(json_object_get(c->body, "orderlogtypeid"));
    if (!o)
        return;
    if (type != 900 && type != 910) {
        sitoo_error(c, 400, "Invalid field value 'orderlogtypeid'.");
        return;
    }
    sitoo_order_log(c->s, o, (int)type);
    sitoo_reply(c, json_integer((json_int_t)json_array_size(json_object_get(o->doc, "orderlogitems"))));
}
