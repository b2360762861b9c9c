/* SPDX-License-Identifier: Apache-2.0 */
/* order-bridge in the kit's host: what it names as due, its claims and identities, what it keeps for the
 * stock pipeline, and the money of what it sends. The tables themselves are in test_order_compare.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"

extern const tb_plugin tillbridge_plugin;

static const int64_t now_ms = 1795392000000; /* 2026-11-23T00:00Z */
enum { NOW = 1795392000, DAY = 86400 };

/* ---- an order of 2 A (item 1) by one row, from both ends ---- */

enum { NONE, OPEN, CLOSED, CANCELLED };

/* What is 0 is as in an order of 2 that was paid by card and is to be sent. */
typedef struct world {
    const char *state, *method, *pickup; /* shop */
    int ordered, canceled, shipped, refunded, invoiced;
    const char *shipped_from; /* source of the shipment */
    bool memo, notified, unpaid;
    int till;          /* state of P-42-1-1 */
    int reserved_days; /* -1: lapsed */
    int delivered, delivered_at, taken_back;
    int log;           /* 0, 900, 910 */
    const char *place; /* warehouse, of the router; "" nowhere, "?" not decided */
} world;

static world whole(const world *given)
{
    world w = *given;
    w.state = w.state ? w.state : "processing";
    w.method = w.method ? w.method : "card";
    w.ordered = w.ordered ? w.ordered : 2;
    w.shipped_from = w.shipped_from ? w.shipped_from : "store-1";
    w.reserved_days = w.reserved_days ? w.reserved_days : 30;
    w.delivered_at = w.delivered_at ? w.delivered_at : 31;
    w.place = w.place ? w.place : "31";
    return w;
}

static json_t *web_order(const world *w)
{
    json_t *order = json_pack(
        "{s:i, s:s, s:s, s:i, s:i, s:{s:s}, s:s, s:s, s:s, s:{s:s}, s:[{s:i, s:s, s:s, s:i, s:i, s:i, s:i, "
        "s:i}]}",
        "entity_id", 7, "increment_id", "000000042", "state", w->state, "grand_total", 48, "total_paid",
        w->unpaid ? 0 : 48, "payment", "method", w->method, "customer_firstname", "Ada", "customer_lastname",
        "Berg", "customer_email", "ada@example.org", "billing_address", "telephone", "+46", "items",
        "item_id", 1, "sku", "A", "product_type", "simple", "qty_ordered", w->ordered, "qty_canceled",
        w->canceled, "qty_shipped", w->shipped, "qty_refunded", w->refunded, "qty_invoiced", w->invoiced);
    json_t *more = json_object();
    if (w->pickup)
        json_object_set_new(more, "pickup_location_code", json_string(w->pickup));
    if (w->notified)
        json_object_set_new(more, "notification_sent", json_integer(1));
    json_object_set_new(order, "extension_attributes", more);
    return order;
}

static json_t *documents_of(const world *w)
{
    json_t *all = json_pack("{s:[], s:[], s:[], s:[]}", "shipments", "invoices", "creditmemos", "earlier");
    if (w->shipped)
        json_array_append_new(json_object_get(all, "shipments"),
                              json_pack("{s:[{s:i, s:i}], s:{s:s}}", "items", "order_item_id", 1, "qty",
                                        w->shipped, "extension_attributes", "source_code", w->shipped_from));
    if (w->memo)
        json_array_append_new(json_object_get(all, "creditmemos"),
                              json_pack("{s:[{s:i, s:i}]}", "items", "order_item_id", 1, "qty", w->refunded));
    return all;
}

static json_t *delivery(int warehouse, int pieces, int cancelled)
{
    return json_pack("{s:i, s:i, s:i, s:[{s:i, s:i}]}", "warehouseid", warehouse, "datedelivery", NOW - 60,
                     "datecancelled", cancelled, "orderdeliveryitems", "orderitemid", 0, "quantity", pieces);
}

static json_t *till_of(const world *w)
{
    static const int states[] = {0, 0, 10, 20};
    json_t *deliveries = json_array();
    if (w->delivered)
        json_array_append_new(deliveries, delivery(w->delivered_at, w->delivered, 0));
    if (w->taken_back)
        json_array_append_new(deliveries, delivery(31, w->taken_back, NOW - 30));
    return json_pack("{s:s, s:i, s:i, s:i, s:I, s:i, s:[{s:i, s:s, s:i, s:{s:s}}], s:o, s:[{s:i, s:i}]}",
                     "externalid", "P-42-1-1", "orderid", 20417, "orderstateid", states[w->till],
                     "warehouseid", 31, "datereserved", (json_int_t)NOW + w->reserved_days * DAY, "orderdate",
                     NOW - 3600, "orderitems", "orderitemid", 0, "sku", "900-A", "quantity", w->ordered,
                     "additionaldata", "web-itemid", "1", "deliveries", deliveries, "orderlogitems",
                     "orderlogtypeid", w->log, "datecreated", NOW - 1800);
}

static json_t *body_of(const world *w)
{
    bool live = (w->till == OPEN || w->till == CLOSED) && w->log != 910;
    json_t *body = json_pack(
        "{s:[{s:i, s:i, s:s, s:s, s:i, s:s, s:s}], s:[], s:{s:s}, s:[{s:s, s:i, s:s, s:s, s:s, s:s}, {s:s, "
        "s:s, s:s}], s:[], s:[]}",
        "sold", "item", 1, "ship", 1, "sku", "900-A", "web_sku", "A", "quantity", w->ordered, "name", "Cap",
        "options", "", "unshipped", "tax", "currency", "EUR", "lines", "kind", "product", "item", 1,
        "quantity", "2", "gross", "40.01", "discount", "1.01", "rate", "20", "kind", "shipping", "gross",
        "8.00", "rate", "20", "payments", "parts");
    if (strcmp(w->place, "?") && !live)
        json_array_append_new(json_object_get(body, "parts"),
                              json_pack("{s:i, s:s, s:s, s:s, s:s, s:[{s:i, s:i, s:s, s:s, s:i}]}", "part", 1,
                                        "location", "STO", "warehouse", w->place, "source",
                                        !strcmp(w->place, "31")   ? "store-1"
                                        : !strcmp(w->place, "32") ? "store-2"
                                                                  : "",
                                        "system", *w->place ? "till" : "nowhere", "rows", "item", 1, "ship",
                                        1, "sku", "900-A", "web_sku", "A", "quantity",
                                        w->ordered - w->canceled - w->refunded));
    return body;
}

static tb_record *record_of(const world *given)
{
    world all = whole(given);
    const world *w = &all;
    tb_record *r = tb_record_new("order", "42", body_of(w));
    tb_record_set_changed(r, now_ms - 1000);
    tb_record_add_part(r, "web.order", web_order(w));
    tb_record_add_part(r, "web.documents", documents_of(w));
    tb_record_add_part(r, "till.order",
                       w->till ? json_pack("{s:[o]}", "orders", till_of(w)) : json_pack("{s:[]}", "orders"));
    return r;
}

static tb_test *start(const char *more)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "payments=payments", "locations=locations", more, NULL);
    tb_test_table(t, "payments",
                  "method,class\ncard,captured-at-order\ninvoice,capture-at-shipment\nstore,pay-in-store\n");
    tb_test_table(t, "locations", "location,warehouse,source\nSTO,31,store-1\nMMO,32,store-2\n");
    for (int source = 1; source <= 2; source++)
        tb_test_set_state(t, "stock/rows", source == 1 ? "store-1/A" : "store-2/A",
                          "{\"q\":\"9.000\",\"s\":1,\"when\":1,\"mark\":1795392000000}");
    return t;
}

/* State as the daemon keeps it once the step was applied. */
static void settle(tb_test *t, const tb_record *r)
{
    tb_outcome o;
    tbh_outcome(r, &o);
    for (const tb_change *c = o.changes; c; c = c->next)
        tb_test_set_state(t, c->name, c->key, c->value);
}

static const char *held_in(tb_test *t, const char *target)
{
    static char out[64];
    char key[100];
    snprintf(key, sizeof key, "%s/42", target);
    const char *text = tb_test_state(t, "reserved", key);
    json_t *entry = text ? json_loads(text, 0, NULL) : NULL;
    snprintf(out, sizeof out, "%s", entry ? "" : "-");
    if (entry)
        snprintf(out, sizeof out, "O%s D%s%s", json_string_value(json_object_get(entry, "o")),
                 json_string_value(json_object_get(entry, "d")),
                 json_integer_value(json_object_get(entry, "mark")) ? " marked" : "");
    json_decref(entry);
    return out;
}

static const json_t *step_of(const tb_record *r)
{
    return json_object_get(tb_record_body(r), "step");
}

static char *step_text(const tb_record *r)
{
    static char out[4000];
    char *text = json_dumps(step_of(r), JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(out, sizeof out, "%s", text ? text : "");
    free(text);
    return out;
}

static bool claims(const tb_record *r, const char *claim)
{
    const char *one;
    for (int i = 0; (one = tb_test_claim(r, i)); i++) {
        if (!strcmp(one, claim))
            return true;
    }
    return false;
}

/* ---- R1 and R2, seen from outside: what is due, and what the stock pipeline is told ---- */

typedef struct due_case {
    const char *row;
    world w;
    const char *due;  /* operation, or verdict and reason or rule */
    const char *held; /* A@store-1, after it */
} due_case;

#define W(...)                                                                                               \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static const due_case cases[] = {
    {"1 placed, unpaid", W(.state = "new", .unpaid = true), "noop", "-"},
    {"1 placed, held", W(.state = "holded"), "noop", "-"},
    {"1 to send", W(.unpaid = false), "order", "O2 D0"},
    {"3 at the till", W(.till = OPEN), "noop", "O2 D0"},
    {"4 on hold, lapsing", W(.till = OPEN, .state = "holded", .reserved_days = 3), "reservation-renew",
     "O2 D0"},
    {"5 lapsed", W(.till = OPEN, .reserved_days = -1), "reservation-renew", "-"},
    {"6 one of two handed out", W(.till = OPEN, .delivered = 1), "shipment", "O1 D0 marked"},
    {"7 that shipment is in the shop", W(.till = OPEN, .delivered = 1, .shipped = 1), "noop", "O1 D0 marked"},
    {"8 the second", W(.till = CLOSED, .delivered = 2, .shipped = 1), "shipment", "O0 D0 marked"},
    {"9 shipped", W(.state = "complete", .till = CLOSED, .delivered = 2, .shipped = 2), "noop",
     "O0 D0 marked"},
    {"10 cancelled in the shop", W(.state = "canceled", .canceled = 2, .till = OPEN), "order-cancel", "-"},
    {"10 ... and at the till", W(.state = "canceled", .canceled = 2, .till = CANCELLED), "noop", "-"},
    {"10 before it was sent", W(.state = "canceled", .canceled = 2), "drop cancelled-before-sent", "-"},
    {"11 cancelled at the till, re-routed", W(.till = CANCELLED, .place = "32"), "order", "-"},
    {"11 cancelled at the till, no place", W(.till = CANCELLED, .place = ""), "reject order.refund-due", "-"},
    {"11 refused by staff", W(.till = OPEN, .log = 910, .place = "32"), "order-cancel", "-"},
    {"13 memo of unshipped", W(.till = OPEN, .refunded = 2, .memo = true), "order-cancel", "O0 D0 marked"},
    {"13 memo of one of two", W(.till = OPEN, .refunded = 1, .memo = true), "order-cancel", "O0 D0 marked"},
    {"15 ready for pick-up", W(.till = OPEN, .pickup = "store-1", .log = 900), "ready", "O0 D0 marked"},
    {"15 notified", W(.till = OPEN, .pickup = "store-1", .log = 900, .notified = true, .shipped = 2), "noop",
     "O0 D0 marked"},
    {"16 collected",
     W(.till = CLOSED, .pickup = "store-1", .log = 900, .notified = true, .shipped = 2, .delivered = 2),
     "noop", "O0 D0 marked"},
    {"17 never collected",
     W(.till = CANCELLED, .pickup = "store-1", .log = 900, .notified = true, .shipped = 2, .place = "?"),
     "reject order.refund-due", "O0 D0 marked"},
    {"17 ... and the memo is there",
     W(.state = "closed", .till = CANCELLED, .pickup = "store-1", .log = 900, .notified = true, .shipped = 2,
       .refunded = 2, .memo = true, .place = "?"),
     "noop", "O0 D0 marked"},
    {"18 handed out by v", W(.till = CLOSED, .delivered = 2, .delivered_at = 32), "shipment", "-"},
    {"21 handed out and brought back", W(.till = CLOSED, .delivered = 2), "shipment", "O0 D0 marked"},
    {"cancelled, goods are out", W(.state = "canceled", .canceled = 2, .till = OPEN, .delivered = 1),
     "reject order.goods-out", "-"},
    {"shipped by somebody", W(.till = OPEN, .shipped = 1), "reject order.shipped-elsewhere", "O1 D0 marked"},
    {"a delivery cancelled later",
     W(.state = "complete", .till = CLOSED, .delivered = 1, .taken_back = 1, .shipped = 2),
     "reject shipment.cancelled-at-till", "O0 D0 marked"},
    {"authorised, handed out", W(.method = "invoice", .unpaid = true, .till = CLOSED, .delivered = 2),
     "invoice", "O0 D2"},
    {"authorised, captured", W(.method = "invoice", .till = CLOSED, .delivered = 2, .invoiced = 2),
     "shipment", "O0 D0 marked"},
    {"authorised, notified: captured",
     W(.method = "invoice", .unpaid = true, .till = OPEN, .shipped = 2, .notified = true, .pickup = "store-1",
       .log = 900),
     "invoice", "O0 D0 marked"},
    {"pay in store, unpaid, to send", W(.method = "store", .state = "new", .unpaid = true), "order", "O2 D0"},
    {"pay in store, handed out", W(.method = "store", .unpaid = true, .till = CLOSED, .delivered = 2),
     "shipment", "O0 D0 marked"},
    {"pay in store, shipped",
     W(.method = "store", .unpaid = true, .till = CLOSED, .delivered = 2, .shipped = 2), "invoice",
     "O0 D0 marked"},
    {"pay in store, made ready",
     W(.method = "store", .unpaid = true, .till = OPEN, .shipped = 2, .notified = true, .pickup = "store-1",
       .log = 900),
     "noop", "O0 D0 marked"},
    {"unknown method", W(.method = "bitcoin"), "reject order.payment-method", "-"},
};

static const char *due_text(tb_verdict v, const tb_record *r)
{
    static char out[120];
    const char *const names[] = {[TB_APPLIED] = "more",  [TB_NOOP] = "noop", [TB_RETRY] = "retry",
                                 [TB_REJECT] = "reject", [TB_DROP] = "drop", [TB_WAIT] = "wait"};
    if (v == TB_OK)
        snprintf(out, sizeof out, "%s", tb_record_operation(r));
    else
        snprintf(out, sizeof out, "%s%s%s", names[v], v == TB_REJECT || v == TB_DROP ? " " : "",
                 v == TB_REJECT ? tb_test_reason(r)
                 : v == TB_DROP ? tb_test_rule(r)
                                : "");
    return out;
}

/* Applies it, in as many turns as it asks for; the last record is the caller's. */
static tb_record *apply(tb_test *t, const world *w, tb_verdict *v)
{
    for (int turn = 0;; turn++) {
        tb_record *r = record_of(w);
        *v = tb_test_apply(t, &r);
        if (*v == TB_OK)
            settle(t, r);
        if (*v != TB_APPLIED || turn == 3)
            return r;
        tb_record_unref(r);
    }
}

START_TEST(one_step_is_named)
{
    tb_test *t = start(NULL);
    tb_verdict v;
    tb_record *r = apply(t, &cases[_i].w, &v);
    ck_assert_msg(!strcmp(due_text(v, r), cases[_i].due), "%s: %s, not %s: %s", cases[_i].row, due_text(v, r),
                  cases[_i].due, tb_test_text(r));
    ck_assert_msg(!strcmp(held_in(t, "A@store-1"), cases[_i].held), "%s: %s, not %s", cases[_i].row,
                  held_in(t, "A@store-1"), cases[_i].held);
    if (v == TB_OK)
        ck_assert(claims(r, "order/42"));
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(not_an_order_of_the_shop)
{
    tb_test *t = start(NULL);
    tb_record *r = tb_record_new("order", "42", json_object());
    ck_assert_int_eq(tb_test_apply(t, &r), TB_DROP);
    ck_assert_str_eq(tb_test_rule(r), "no-web-order");
    tb_record_unref(r);
    world w = whole(&(world){.ordered = 2});
    r = tb_record_new("order", "42", json_pack("{s:[]}", "sold"));
    tb_record_add_part(r, "web.order", web_order(&w));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_DROP);
    ck_assert_str_eq(tb_test_rule(r), "nothing-to-hand-over");
    tb_record_unref(r);
    r = tb_record_new("order", "42", body_of(&w)); /* the till was not read: nothing is sent */
    tb_record_add_part(r, "web.order", web_order(&w));
    tb_record_add_part(r, "web.documents", documents_of(&w));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "order.not-hydrated");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* ---- the steps ---- */

START_TEST(order_says_all_the_till_needs)
{
    tb_test *t = start(NULL);
    tb_verdict v;
    tb_record *r = apply(t, &(world){.ordered = 2}, &v);
    ck_assert_str_eq(
        step_text(r),
        "{\"address\":null,\"currency\":\"EUR\",\"customer\":{\"email\":\"ada@example.org\",\"name\":\"Ada "
        "Berg\",\"phone\":\"+46\"},\"delivery\":\"ship\",\"external\":\"P-42-1-1\",\"fees\":[{\"gross\":\"8."
        "00\","
        "\"kind\":\"shipping\",\"name\":\"shipping\",\"rate\":\"20\"}],\"paid\":true,\"payments\":[{"
        "\"amount\":"
        "\"48.01\",\"kind\":\"web\"}],\"reference\":\"000000042\",\"rows\":[{\"discount\":\"1.01\",\"gross\":"
        "\"40.01\",\"item\":1,\"name\":\"Cap\",\"options\":\"\",\"quantity\":2,\"rate\":\"20\",\"sku\":\"900-"
        "A\"}],"
        "\"total\":\"48.01\",\"until\":1797984000000,\"warehouse\":\"31\"}");
    ck_assert_str_eq(tb_record_probe(r), "P-42-1-1");
    ck_assert(claims(r, "stock/A@store-1"));
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "attempts", "42"), "\"external\":\"P-42-1-1\""));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* The same state gives the same identity; an attempt that came to nothing is never used again. */
START_TEST(attempts_are_numbered)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = CANCELLED;
    w.place = "32";
    tb_record *r = apply(t, &w, &v);
    ck_assert_str_eq(tb_record_probe(r), "P-42-1-2");
    ck_assert(claims(r, "stock/A@store-1") && claims(r, "stock/A@store-2"));
    tb_record_unref(r);
    /* sent for sure, and not shown: no third one */
    r = apply(t, &w, &v);
    ck_assert_int_eq(v, TB_WAIT);
    tb_record_unref(r);
    tb_test_set_now(t, now_ms + 11 * 60 * 1000);
    r = apply(t, &w, &v);
    ck_assert_str_eq(due_text(v, r), "reject order.till-lost");
    ck_assert_str_eq(tb_test_cause(r), "P-42-1-2");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(cancelled_by_us_is_remembered)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = OPEN, w.ordered = 3, w.refunded = 1, w.memo = true;
    tb_record *r = apply(t, &w, &v);
    ck_assert_str_eq(tb_record_operation(r), "order-cancel");
    ck_assert_str_eq(step_text(r), "{\"external\":\"P-42-1-1\",\"till\":20417}");
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "attempts", "42"), "\"why\":\"cut\""));
    tb_record_unref(r);
    w.till = CANCELLED;
    r = apply(t, &w, &v);
    ck_assert_str_eq(tb_record_probe(r), "P-42-1-2");
    ck_assert_int_eq(json_integer_value(
                         json_object_get(json_array_get(json_object_get(step_of(r), "rows"), 0), "quantity")),
                     2);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(shipment_names_rows_source_and_token)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = OPEN, w.delivered = 1;
    tb_record *r = apply(t, &w, &v);
    ck_assert_str_eq(step_text(r),
                     "{\"order\":7,\"rows\":[{\"item\":1,\"quantity\":1}],\"source\":\"store-1\","
                     "\"token\":\"[tb:42-ship-store-1-0-1]\",\"tracks\":[]}");
    ck_assert_str_eq(tb_record_probe(r), "[tb:42-ship-store-1-0-1]");
    ck_assert(claims(r, "stock/A@store-1"));
    tb_record_unref(r);
    /* the next one is another */
    w.delivered = 2, w.shipped = 1;
    r = apply(t, &w, &v);
    tb_record_unref(r);
    tb_test_set_state(t, "stock/rows", "store-1/A",
                      "{\"q\":\"9.000\",\"s\":1,\"when\":1,\"mark\":1795392000000}");
    r = apply(t, &w, &v);
    ck_assert_str_eq(tb_record_probe(r), "[tb:42-ship-store-1-1-1]");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* From the source of the delivery, whatever the order's warehouse; with the waybill, if staff wrote one. */
START_TEST(shipment_leaves_from_where_it_was_handed_out)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    w.till = CLOSED, w.delivered = 2, w.delivered_at = 32;
    tb_record *r = record_of(&w);
    const json_t *till = tb_record_part(r, "till.order");
    json_t *order = json_array_get(json_object_get(till, "orders"), 0);
    json_object_set_new(json_array_get(json_object_get(order, "deliveries"), 0), "orderdeliveryref",
                        json_string("TRK-1"));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    settle(t, r);
    ck_assert_str_eq(json_string_value(json_object_get(step_of(r), "source")), "store-2");
    ck_assert_ptr_nonnull(strstr(step_text(r), "\"track_number\":\"TRK-1\""));
    ck_assert(claims(r, "stock/A@store-2"));
    ck_assert_str_eq(held_in(t, "A@store-2"), "O0 D0 marked");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(shop_shipped_and_the_rule_says_deliver)
{
    tb_test *t = start("shipped-in-shop=deliver");
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = OPEN, w.shipped = 2, w.delivered = 1;
    tb_record *r = apply(t, &w, &v);
    ck_assert_str_eq(step_text(r), "{\"rows\":[{\"quantity\":1,\"row\":0}],\"till\":20417,\"token\":"
                                   "\"[tb:42-give-1-1-1-1]\",\"warehouse\":\"31\"}");
    tb_record_unref(r);
    w.delivered = 0, w.shipped_from = "web"; /* it left from elsewhere */
    r = apply(t, &w, &v);
    ck_assert_str_eq(tb_record_operation(r), "order-cancel");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(invoice_captures_or_books)
{
    static const struct {
        const char *method, *step;
        int shipped;
    } methods[] = {{"invoice",
                    "{\"capture\":true,\"order\":7,\"rows\":[{\"item\":1,\"quantity\":1}],\"token\":"
                    "\"[tb:42-invoice-0-1]\"}",
                    0},
                   {"store",
                    "{\"capture\":false,\"order\":7,\"rows\":[{\"item\":1,\"quantity\":1}],\"token\":"
                    "\"[tb:42-invoice-0-1]\"}",
                    1}};
    for (size_t i = 0; i < 2; i++) {
        tb_test *t = start(NULL);
        world w = {.ordered = 2};
        tb_verdict v;
        w.method = methods[i].method, w.unpaid = true, w.till = OPEN, w.delivered = 1,
        w.shipped = methods[i].shipped;
        tb_record *r = apply(t, &w, &v);
        ck_assert_str_eq(step_text(r), methods[i].step);
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

START_TEST(money_back_only_by_rule)
{
    static const struct {
        const char *method, *rule, *due;
        int invoiced;
    } methods[] = {{"invoice", "refund-on-cancel=false", "reject order.refund-due", 0},
                   {"invoice", "refund-on-cancel=true", "web-order-cancel", 0},
                   {"store", "refund-on-cancel=true", "web-order-cancel", 0},
                   {"card", "refund-on-cancel=true", "reject order.refund-due", 2}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        tb_test *t = start(methods[i].rule);
        world w = {.ordered = 2};
        tb_verdict v;
        w.method = methods[i].method, w.till = CANCELLED, w.place = "", w.invoiced = methods[i].invoiced;
        tb_record *r = apply(t, &w, &v);
        ck_assert_str_eq(due_text(v, r), methods[i].due);
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* ---- the shop's row is written before pieces are taken from it ---- */

START_TEST(row_first_then_shipment)
{
    const char *kind, *name;
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    w.till = CLOSED, w.delivered = 2;
    tb_test_set_state(t, "stock/rows", "store-1/A", "{\"q\":\"1.000\",\"s\":1,\"when\":1}");
    tb_record *r = record_of(&w); /* first the stock pipeline is told what is gone */
    ck_assert_int_eq(tb_test_apply(t, &r), TB_APPLIED);
    ck_assert(tb_test_is_more(r));
    ck_assert_str_eq(held_in(t, "A@store-1"), "O0 D2");
    tb_record *told = tb_test_emitted(r, 0);
    ck_assert_str_eq(tb_record_type(told), "stock.level");
    ck_assert_str_eq(tb_record_key(told), "A@store-1");
    ck_assert_str_eq(tb_record_group(told), "store-1");
    tb_record_unref(r);
    r = record_of(&w); /* then its row is waited for */
    ck_assert_int_eq(tb_test_apply(t, &r), TB_WAIT);
    ck_assert(tb_test_depends(r, 0, &kind, &name));
    ck_assert_str_eq(kind, "state");
    ck_assert_str_eq(name, "stock/rows/store-1/A");
    tb_record_unref(r);
    tb_test_set_state(t, "stock/rows", "store-1/A", "{\"q\":\"2.000\",\"s\":1,\"when\":2}");
    r = record_of(&w);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(tb_record_operation(r), "shipment");
    tb_record_unref(r);
    /* it never comes: a person is told */
    tb_test_set_state(t, "stock/rows", "store-1/A", NULL);
    tb_test_set_now(t, now_ms + 60 * 60 * 1000);
    r = record_of(&w); /* however old the record is */
    ck_assert_int_eq(tb_test_apply(t, &r), TB_WAIT);
    tb_record_unref(r);
    tb_test_set_now(t, now_ms + 71 * 60 * 1000);
    r = record_of(&w);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "shipment.row-missing");
    ck_assert_str_eq(tb_test_cause(r), "A@store-1");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* A document of another order changed the row since it was written: what is remembered of it is worth
 * nothing. */
START_TEST(row_counts_only_under_its_mark)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = CLOSED, w.delivered = 2;
    tb_test_set_state(t, "stock/rows", "store-1/A", "{\"q\":\"9.000\",\"s\":1,\"when\":1}");
    tb_test_set_state(t, "reserved", "A@store-1/41",
                      "{\"o\":\"0\",\"d\":\"0\",\"mark\":1795391999000,\"seen\":\"x\"}");
    tb_record *r = apply(t, &w, &v);
    ck_assert_int_eq(v, TB_WAIT);
    tb_record_unref(r);
    tb_test_set_state(t, "stock/rows", "store-1/A",
                      "{\"q\":\"9.000\",\"s\":1,\"when\":1,\"mark\":1795391999000}");
    r = apply(t, &w, &v);
    ck_assert_int_eq(v, TB_OK);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(no_row_is_waited_for_without_a_namespace)
{
    tb_test *t = start("rows=");
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = CLOSED, w.delivered = 2;
    tb_test_set_state(t, "stock/rows", "store-1/A", NULL);
    tb_record *r = apply(t, &w, &v);
    ck_assert_int_eq(v, TB_OK);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* ---- what the stock pipeline is told ---- */

/* Nothing moved: nothing is written, nobody is told. */
START_TEST(stock_is_told_of_changes_only)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = OPEN;
    tb_record *r = apply(t, &w, &v);
    ck_assert_ptr_nonnull(tb_test_emitted(r, 0));
    ck_assert_ptr_null(tb_test_emitted(r, 1));
    tb_record_unref(r);
    r = apply(t, &w, &v);
    ck_assert_ptr_null(tb_test_emitted(r, 0));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* A memo may have taken its pieces from any source: every row of the SKU that is remembered is marked. */
START_TEST(memo_marks_all_sources)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = CANCELLED, w.state = "closed", w.refunded = 2, w.memo = true, w.place = "?";
    tb_record *r = apply(t, &w, &v);
    ck_assert_int_eq(v, TB_NOOP);
    ck_assert_str_eq(held_in(t, "A@store-1"), "O0 D0 marked");
    ck_assert_str_eq(held_in(t, "A@store-2"), "O0 D0 marked");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* One of two was handed out, then the store gave the rest back, and another holds it. */
START_TEST(an_attempt_holds_what_the_one_before_did_not_hand_out)
{
    tb_test *t = start(NULL);
    world given = {.ordered = 2}, w;
    given.shipped = 1, given.delivered = 1, given.till = CANCELLED;
    w = whole(&given);
    json_t *first = till_of(&w), *second;
    w.till = OPEN, w.delivered = 0;
    second = till_of(&w);
    json_object_set_new(second, "externalid", json_string("P-42-1-2"));
    json_object_set_new(second, "warehouseid", json_integer(32));
    json_object_set_new(json_array_get(json_object_get(second, "orderitems"), 0), "quantity",
                        json_integer(1));
    tb_record *r = tb_record_new("order", "42", body_of(&w));
    tb_record_set_changed(r, now_ms - 1000);
    tb_record_add_part(r, "web.order", web_order(&w));
    tb_record_add_part(r, "web.documents", documents_of(&w));
    tb_record_add_part(r, "till.order", json_pack("{s:[o,o]}", "orders", first, second));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_NOOP);
    settle(t, r);
    ck_assert_str_eq(held_in(t, "A@store-2"), "O1 D0");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* What was sent stands with the attempt; staff took a piece out, or changed the price. */
START_TEST(staff_changed_the_order)
{
    static const struct {
        const char *sent, *due;
    } edits[] = {{"{\"1 900-A\":2}", "noop"},
                 {"{\"1 900-A\":3}", "reject order.changed-at-till"},
                 {"{\"1 900-A\":2,\"2 900-B\":1}", "reject order.changed-at-till"}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char state[300];
        tb_test *t = start(NULL);
        world w = {.ordered = 2};
        tb_verdict v;
        snprintf(state, sizeof state,
                 "{\"parts\":[{\"part\":1,\"attempt\":1,\"external\":\"P-42-1-1\",\"till\":\"20417\","
                 "\"rows\":%s}]}",
                 edits[i].sent);
        tb_test_set_state(t, "attempts", "42", state);
        w.till = OPEN;
        tb_record *r = apply(t, &w, &v);
        ck_assert_str_eq(due_text(v, r), edits[i].due);
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* A cancellation that takes long: the shop must know meanwhile. */
START_TEST(slow_cancellation_is_told)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    tb_verdict v;
    w.till = OPEN;
    tb_record_unref(apply(t, &w, &v));
    ck_assert_str_eq(held_in(t, "A@store-1"), "O2 D0");
    w.state = "canceled", w.canceled = 2;
    tb_test_set_now(t, now_ms + 30 * 1000);
    tb_record *r = record_of(&w);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK); /* not settled: the till does not answer */
    tb_record_unref(r);
    ck_assert_str_eq(held_in(t, "A@store-1"), "O2 D0");
    tb_test_set_now(t, now_ms + 90 * 1000);
    r = record_of(&w);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_APPLIED);
    ck_assert_str_eq(held_in(t, "A@store-1"), "-");
    tb_record_unref(r);
    r = record_of(&w);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(tb_record_operation(r), "order-cancel");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(person_lets_an_exception_pass)
{
    tb_test *t = start(NULL);
    world w = {.ordered = 2};
    w.state = "canceled", w.canceled = 2, w.till = CLOSED, w.delivered = 2;
    tb_record *r = record_of(&w);
    tbh_set_flags(r, true, false);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_NOOP);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(check_finds_bad_tables)
{
    tb_test *t = start(NULL);
    ck_assert_int_eq(tb_test_check(t), 0);
    tb_test_table(t, "payments", "method,class\ncard,later\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_table(t, "payments", "method\ncard\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("order-bridge");
    TCase *c = tcase_create("all");
    tcase_add_loop_test(c, one_step_is_named, 0, sizeof cases / sizeof *cases);
    tcase_add_test(c, not_an_order_of_the_shop);
    tcase_add_test(c, order_says_all_the_till_needs);
    tcase_add_test(c, attempts_are_numbered);
    tcase_add_test(c, cancelled_by_us_is_remembered);
    tcase_add_test(c, shipment_names_rows_source_and_token);
    tcase_add_test(c, shipment_leaves_from_where_it_was_handed_out);
    tcase_add_test(c, shop_shipped_and_the_rule_says_deliver);
    tcase_add_test(c, invoice_captures_or_books);
    tcase_add_test(c, money_back_only_by_rule);
    tcase_add_test(c, row_first_then_shipment);
    tcase_add_test(c, row_counts_only_under_its_mark);
    tcase_add_test(c, no_row_is_waited_for_without_a_namespace);
    tcase_add_test(c, stock_is_told_of_changes_only);
    tcase_add_test(c, memo_marks_all_sources);
    tcase_add_test(c, an_attempt_holds_what_the_one_before_did_not_hand_out);
    tcase_add_test(c, staff_changed_the_order);
    tcase_add_test(c, slow_cancellation_is_told);
    tcase_add_test(c, person_lets_an_exception_pass);
    tcase_add_test(c, check_finds_bad_tables);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
