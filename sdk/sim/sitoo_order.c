/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as objects: what may be added and patched, the sums Sitoo computes, and the events of it. Tills and
 * REST callers come in by the same door. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const given_fields[] = {"externalid",
                                           "creditorderid",
                                           "registerid",
                                           "email",
                                           "namefirst",
                                           "namelast",
                                           "company",
                                           "phone",
                                           "mobile",
                                           "customerref",
                                           "comment",
                                           "currencycode",
                                           "checkouttypename",
                                           "deliverytypename",
                                           "delivery_namefirst",
                                           "delivery_namelast",
                                           "delivery_company",
                                           "delivery_address",
                                           "delivery_address2",
                                           "delivery_zip",
                                           "delivery_city",
                                           "delivery_state",
                                           "delivery_countryid",
                                           "invoice_address",
                                           "invoice_zip",
                                           "invoice_city",
                                           "invoice_countryid",
                                           "additionaldata",
                                           "payments",
                                           "reservedpayments",
                                           NULL};

sitoo_order *sitoo_order_of(const sitoo *s, int64_t id)
{
    int64_t at = id - FIRST_ORDER;
    return at >= 0 && at < (int64_t)s->orders.count ? s->orders.item[at] : NULL;
}

void sitoo_order_event(const sitoo *s, const sitoo_order *o, const char *what, const char *state)
{
    json_t *data =
        json_pack("{sI sI so ss}", "eshop_id", (json_int_t)sitoo_int(s, "site"), "order_id",
                  (json_int_t)o->id, "warehouse_id",
                  o->warehouse ? json_integer(o->warehouse->id) : json_null(), "order_event_type", what);
    if (state)
        json_object_set_new(data, "order_state_changed", json_string(state));
    sim_event(o->type == TYPE_BOOKING ? "booking" : "order", data);
}

static int refuse(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return -1;
}

static bool good_external(const char *id)
{
    size_t n = strlen(id);
    for (const char *p = id; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
            return false;
    return n >= 1 && n <= 40;
}

static int judge_external(const sitoo *s, const json_t *given, char *why, size_t size)
{
    const char *id = json_string_value(json_object_get(given, "externalid"));
    if (!id)
        return 0;
    if (!good_external(id))
        return refuse(why, size, "Invalid field value 'externalid'.");
    if (map_get(&s->by_external, id) && sitoo_is(s, "duplicate_externalid", "refused"))
        return refuse(why, size, "Field 'externalid' is not unique.");
    return 0;
}

static bool known_product(const sitoo *s, const char *sku, int64_t *id)
{
    size_t i = 0;
    json_t *p = NULL;
    json_array_foreach(s->products, i, p) if (!strcmp(json_string_value(json_object_get(p, "sku")), sku))
    {
        *id = json_integer_value(json_object_get(p, "productid"));
        return true;
    }
    return false;
}

static int judge_row(const sitoo *s, const json_t *row, char *why, size_t size)
{
    int64_t money = 0, unused = 0;
    const char *sku = json_string_value(json_object_get(row, "sku"));
    if (!json_is_string(json_object_get(row, "productname")))
        return refuse(why, size, "Missing required field 'productname'.");
    if (!json_is_integer(json_object_get(row, "quantity")))
        return refuse(why, size, "Missing required field 'quantity'.");
    const json_t *price = json_object_get(row, "moneyrowprice"),
                 *off = json_object_get(row, "moneyrowdiscount");
    if ((price && !money_parse(price, &money)) || (off && !money_parse(off, &money)))
        return refuse(why, size, "Invalid money value.");
    const json_t *unit = json_object_get(row, "decimalunitquantity");
    if (unit && !json_is_null(unit) && !decimal_parse(unit, &money))
        return refuse(why, size, "Invalid decimal value.");
    if (sku && sitoo_is(s, "unknown_sku", "refused") && !known_product(s, sku, &unused))
        return refuse(why, size, "Unknown sku.");
    return 0;
}

static bool beyond_stock(const sitoo *s, const json_t *given)
{
    size_t i = 0;
    json_t *row = NULL;
    json_t *warehouse = json_object_get(given, "warehouseid");
    if (!sitoo_bool(s, "reserve_checks_stock") || !json_is_integer(json_object_get(given, "datereserved")))
        return false;
    json_array_foreach(json_object_get(given, "orderitems"), i, row)
    {
        const sitoo_warehouse *w = sitoo_warehouse_of(s, json_integer_value(warehouse));
        const char *sku = json_string_value(json_object_get(row, "sku"));
        const sitoo_item *item = w && sku ? map_get(&w->by_sku, sku) : NULL;
        int64_t free_now = item ? item->total - item->reserved : 0;
        if (sku && json_integer_value(json_object_get(row, "quantity")) * 1000 > free_now)
            return true;
    }
    return false;
}

static int judge(const sitoo *s, const json_t *given, char *why, size_t size)
{
    size_t i = 0;
    json_t *row = NULL, *rows = json_object_get(given, "orderitems"),
           *w = json_object_get(given, "warehouseid");
    if (!json_is_object(given))
        return refuse(why, size, "An order is an object.");
    if (!json_is_array(rows) || !json_array_size(rows))
        return refuse(why, size, "Missing required field 'orderitems'.");
    json_array_foreach(rows, i, row) if (judge_row(s, row, why, size)) return -1;
    if (json_is_integer(w) && !sitoo_warehouse_of(s, json_integer_value(w)))
        return refuse(why, size, "Invalid field value 'warehouseid'.");
    if (beyond_stock(s, given))
        return refuse(why, size, "Not enough stock.");
    return judge_external(s, given, why, size);
}

static int64_t money_of(const json_t *row, const char *key)
{
    int64_t v = 0;
    money_parse(json_object_get(row, key), &v);
    return v;
}

static int64_t divide(int64_t a, int64_t b)
{
    int64_t n = a < 0 ? -a : a, d = b < 0 ? -b : b, q = d ? (2 * n + d) / (2 * d) : 0;
    return (a < 0) != (b < 0) ? -q : q;
}

/* Row price and discount are of the whole row with VAT; what reads back is net, split by the setting. */
static json_t *row_doc(const sitoo *s, const json_t *given, size_t index, int64_t *net, int64_t *vat)
{
    int64_t quantity = json_integer_value(json_object_get(given, "quantity")), product = 0;
    int64_t price = money_of(given, "moneyrowprice"), off = money_of(given, "moneyrowdiscount");
    json_t *rate = json_object_get(given, "vatvalue"), *doc = json_deep_copy(given);
    *net = money_net(price - off, rate);
    int64_t unit = divide(*net, quantity), unit_before = divide(money_net(price, rate), quantity);
    if (sitoo_is(s, "rounding", "unit-first"))
        *net = unit * quantity;
    *vat = price - off - *net;
    const char *sku = json_string_value(json_object_get(given, "sku"));
    if (sku)
        known_product(s, sku, &product);
    json_t *more = json_object_get(doc, "additionaldata");
    if (off && !json_is_object(more))
        json_object_set_new(doc, "additionaldata", more = json_object());
    if (off)
        json_object_set_new(more, "orderitem-moneyrowdiscount", money_json(off));
    json_object_del(doc, "moneyrowprice");
    json_object_del(doc, "moneyrowdiscount");
    int64_t unit_quantity = 1000;
    decimal_parse(json_object_get(given, "decimalunitquantity"), &unit_quantity);
    json_t *computed = json_pack(
        "{si si sI so so so so so so so}", "orderitemid", (int)index, "orderitemtype", 10, "productid",
        (json_int_t)product, "moneynetpriceperunit", money_json(unit), "moneyoriginalprice",
        money_json(unit_before), "moneydiscountedprice", money_json(off ? unit : 0), "moneydiscount",
        money_json(unit_before - unit), "moneyitemtotal_net", money_json(*net), "moneyitemtotal_vat",
        money_json(*vat), "decimalquantitytotal", decimal_json(quantity * unit_quantity));
    json_object_update(doc, computed);
    json_decref(computed);
    return doc;
}

static void free_rows(sitoo_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        free(o->rows[i].sku);
    free(o->rows);
}

void sitoo_order_free(sitoo_order *o)
{
    free_rows(o);
    for (size_t i = 0; i < o->deliveries.count; i++)
        json_decref(o->deliveries.item[i]);
    free(o->deliveries.item);
    json_decref(o->doc);
    free(o);
}

static void set_rows(sitoo *s, sitoo_order *o, const json_t *given)
{
    size_t n = json_array_size(given);
    int64_t net_sum = 0, vat_sum = 0;
    json_t *docs = json_array();
    free_rows(o);
    o->rows = must(calloc(n, sizeof *o->rows));
    o->row_count = n;
    for (size_t i = 0; i < o->row_count; i++) {
        const json_t *row = json_array_get(given, i);
        const char *sku = json_string_value(json_object_get(row, "sku"));
        int64_t net = 0, vat = 0, unit = 1000;
        decimal_parse(json_object_get(row, "decimalunitquantity"), &unit);
        json_array_append_new(docs, row_doc(s, row, i, &net, &vat));
        o->rows[i] = (sitoo_row){sku ? must(strdup(sku)) : NULL, unit,
                                 json_integer_value(json_object_get(row, "quantity")), 0, 0};
        net_sum += net;
        vat_sum += vat;
    }
    json_object_set_new(o->doc, "orderitems", docs);
    static const char *const nets[] = {"moneytotal_net", "moneyfinal_net"}, *const vats[] = {
                                                                                "moneytotal_vat",
                                                                                "moneyfinal_vat"};
    for (int i = 0; i < 2; i++) {
        json_object_set_new(o->doc, nets[i], money_json(net_sum));
        json_object_set_new(o->doc, vats[i], money_json(vat_sum));
    }
    json_object_set_new(o->doc, "moneytotal_gross_all", money_json(net_sum + vat_sum));
}

static json_t *empty_doc(const sitoo *s, int64_t id)
{
    json_t *doc = json_pack("{sI sI si si si sI sn sn sn ss ss ss}", "orderid", (json_int_t)id, "eshopid",
                            (json_int_t)sitoo_int(s, "site"), "orderstateid", ORDER_OPEN, "paymentstateid", 0,
                            "ordertypeid", TYPE_ORDER, "orderdate", (json_int_t)(env_now() / 1000),
                            "warehouseid", "registerid", "datereserved", "currencycode", "SEK",
                            "moneyfinal_salestax", "0.00", "moneytotal_gross_roundoff", "0.00");
    for (size_t i = 0; given_fields[i]; i++)
        if (!json_object_get(doc, given_fields[i]))
            json_object_set_new(doc, given_fields[i], json_null());
    json_object_set_new(doc, "additionaldata", json_object());
    json_object_set_new(doc, "payments", json_array());
    json_object_set_new(doc, "orderlogitems",
                        json_pack("[{si sI s{}}]", "orderlogtypeid", 0, "datecreated",
                                  (json_int_t)(env_now() / 1000), "additionaldata"));
    return doc;
}

static void take_int(sitoo_order *o, const json_t *given, const char *key)
{
    json_t *v = json_object_get(given, key);
    if (json_is_integer(v) || json_is_null(v))
        json_object_set(o->doc, key, v);
}

static void take_fields(sitoo *s, sitoo_order *o, const json_t *given)
{
    static const char *const numbers[] = {"orderstateid", "paymentstateid", "ordertypeid",   "orderdate",
                                          "warehouseid",  "datereserved",   "creditorderid", NULL};
    for (size_t i = 0; given_fields[i]; i++)
        if (json_object_get(given, given_fields[i]))
            json_object_set(o->doc, given_fields[i], json_object_get(given, given_fields[i]));
    for (size_t i = 0; numbers[i]; i++)
        take_int(o, given, numbers[i]);
    o->state = (int)json_integer_value(json_object_get(o->doc, "orderstateid"));
    o->type = (int)json_integer_value(json_object_get(o->doc, "ordertypeid"));
    o->reserved_until = json_integer_value(json_object_get(o->doc, "datereserved"));
    o->warehouse = sitoo_warehouse_of(s, json_integer_value(json_object_get(o->doc, "warehouseid")));
}

static const char *state_name(int state)
{
    return state == ORDER_CLOSED ? "closed" : state == ORDER_CANCELLED ? "cancelled" : "open";
}

/* An external id stays taken for ever, also after it was changed or the order cancelled. */
static void note_external(sitoo *s, sitoo_order *o)
{
    const char *external = json_string_value(json_object_get(o->doc, "externalid"));
    char *kept = external && !map_get(&s->by_external, external) ? must(strdup(external)) : NULL;
    if (kept) {
        list_add(&s->names, kept);
        map_put(&s->by_external, kept, o);
    }
}

/* NULL and a sentence when refused. `given` is borrowed. */
sitoo_order *sitoo_order_add(sitoo *s, json_t *given, char *why, size_t size)
{
    if (judge(s, given, why, size))
        return NULL;
    sitoo_order *o = must(calloc(1, sizeof *o));
    list_add(&s->orders, o);
    o->id = FIRST_ORDER + (int64_t)s->orders.count - 1;
    o->doc = empty_doc(s, o->id);
    take_fields(s, o, given);
    set_rows(s, o, json_object_get(given, "orderitems"));
    note_external(s, o);
    sitoo_hold(s, o);
    sim_effect("sitoo", "order",
               json_pack("{sI sO}", "order", (json_int_t)o->id, "externalid",
                         json_object_get(o->doc, "externalid")));
    sitoo_order_event(s, o, "add", state_name(o->state));
    return o;
}

static bool delivered_something(const sitoo_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].delivered)
            return true;
    return false;
}

static int judge_patch(const sitoo *s, const sitoo_order *o, const json_t *given, char *why, size_t size)
{
    size_t i = 0;
    json_t *row = NULL, *rows = json_object_get(given, "orderitems"),
           *w = json_object_get(given, "warehouseid");
    if (!json_is_object(given))
        return refuse(why, size, "An order is an object.");
    if (rows && (sitoo_is(s, "replace_rows", "refused") || delivered_something(o)))
        return refuse(why, size, "Field 'orderitems' can not be changed.");
    json_array_foreach(rows, i, row) if (judge_row(s, row, why, size)) return -1;
    if (json_is_integer(w) && !sitoo_warehouse_of(s, json_integer_value(w)))
        return refuse(why, size, "Invalid field value 'warehouseid'.");
    const char *now = json_string_value(json_object_get(o->doc, "externalid"));
    const char *then = json_string_value(json_object_get(given, "externalid"));
    return then && (!now || strcmp(now, then)) ? judge_external(s, given, why, size) : 0;
}

int sitoo_order_patch(sitoo *s, sitoo_order *o, json_t *given, char *why, size_t size)
{
    if (judge_patch(s, o, given, why, size))
        return -1;
    int before = o->state;
    o->state = ORDER_CLOSED; /* lets go of what it holds, where it holds it */
    sitoo_hold(s, o);
    take_fields(s, o, given);
    json_t *rows = json_object_get(given, "orderitems");
    if (json_is_array(rows) && json_array_size(rows))
        set_rows(s, o, rows);
    note_external(s, o);
    sitoo_hold(s, o);
    sim_effect("sitoo", "order-patch", json_pack("{sI si}", "order", (json_int_t)o->id, "state", o->state));
    bool closes = before != o->state && o->state == ORDER_CLOSED;
    sitoo_order_event(s, o, closes && sitoo_is(s, "order_closed_event", "closed") ? "closed" : "update",
                      before != o->state ? state_name(o->state) : NULL);
    return 0;
}

void sitoo_order_log(sitoo *s, sitoo_order *o, int type)
{
    json_int_t now = env_now() / 1000;
    json_array_append_new(json_object_get(o->doc, "orderlogitems"),
                          json_pack("{si sI sI sI ss}", "orderlogtypeid", type, "orderid", (json_int_t)o->id,
                                    "datelog", now, "datecreated", now, "strvalue", ""));
    sim_effect("sitoo", "order-log", json_pack("{sI si}", "order", (json_int_t)o->id, "type", type));
    sitoo_order_event(s, o, type == 900 ? "ready-for-pickup" : "pickup-rejected", NULL);
}
