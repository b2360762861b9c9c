/* SPDX-License-Identifier: Apache-2.0 */
/* order-router: each rule, their order, what stands, what is free, and that every decision keeps its reasons.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"
#include "plugins/order-router/distance.h"

extern const tb_plugin tillbridge_plugin;

/* ---- an order of two rows: 2 A (item 1), 1 B (item 2) ---- */

static json_t *order_in(const char *state)
{
    return json_pack("{s:s, s:s, s:[{s:i, s:i}, {s:i, s:i}], s:{s:[{s:{s:{s:s, s:s}}}]}}", "increment_id",
                     "000000042", "state", state, "items", "item_id", 1, "qty_ordered", 2, "item_id", 2,
                     "qty_ordered", 1, "extension_attributes", "shipping_assignments", "shipping", "address",
                     "country_id", "SE", "postcode", "21119");
}

static json_t *sold_of_both(void)
{
    return json_pack("{s:[{s:i, s:i, s:s, s:s, s:i}, {s:i, s:i, s:s, s:s, s:i}]}", "sold", "item", 1, "ship",
                     1, "sku", "A", "web_sku", "A", "quantity", 2, "item", 2, "ship", 2, "sku", "B",
                     "web_sku", "B", "quantity", 1);
}

static tb_record *order_record(const char *key, json_t *order, json_t *till)
{
    tb_record *r = tb_record_new("order", key, sold_of_both());
    tb_record_add_part(r, "web.order", order);
    if (till)
        tb_record_add_part(r, "till.order", till);
    return r;
}

static const char locations[] = "location,warehouse,source,system,capacity,latitude,longitude\n"
                                "STO,31,store-1,,,59.33,18.06\n"
                                "MMO,32,store-2,,,55.60,13.00\n"
                                "GBG,33,store-3,,,57.70,11.97\n"
                                "WEB,,web,none,,,\n";

static tb_test *start(const char *rules, const char *more)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "locations=locations", "rules=rules",
                             "coordinates=coordinates", more, NULL);
    tb_test_table(t, "locations", locations);
    tb_test_table(t, "rules", rules);
    tb_test_table(t, "coordinates",
                  "country,postcode,latitude,longitude\nSE,,62.0,15.0\nSE,2,55.6,13.0\nSE,11,59.3,18.1\n");
    tb_test_set_state(t, "stock/listed", "transactions", "1795391960000"); /* 40 s ago */
    return t;
}

static void level(tb_test *t, const char *row, const char *total, const char *reserved)
{
    char value[100];
    snprintf(value, sizeof value, "{\"t\":\"%s\",\"v\":\"%s\",\"m\":1}", total, reserved);
    tb_test_set_state(t, "stock/levels", row, value);
}

/* Everywhere two A and one B, more of A at MMO. */
static void fill(tb_test *t)
{
    static const char *const rows[][2] = {{"31/A", "2.000"}, {"31/B", "1.000"}, {"32/A", "5.000"},
                                          {"32/B", "1.000"}, {"33/A", "3.000"}, {"33/B", "1.000"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        level(t, rows[i][0], rows[i][1], "0.000");
}

/* State as the daemon keeps it once the record was applied. */
static void settle(tb_test *t, const tb_record *r)
{
    tb_outcome o;
    tbh_outcome(r, &o);
    for (const tb_change *c = o.changes; c; c = c->next)
        tb_test_set_state(t, c->name, c->key, c->value);
}

static const char *text_in(const json_t *from, const char *name)
{
    const char *text = json_string_value(json_object_get(from, name));
    return text ? text : "";
}

/* "1 STO 31 store-1 till A2 B1; ..." */
static const char *parts_text(const tb_record *r)
{
    static char out[1000];
    size_t i, k;
    json_t *part, *row;
    *out = '\0';
    json_array_foreach(json_object_get(tb_record_body(r), "parts"), i, part)
    {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%lld %s %s %s %s", i ? "; " : "",
                 (long long)json_integer_value(json_object_get(part, "part")), text_in(part, "location"),
                 text_in(part, "warehouse"), text_in(part, "source"), text_in(part, "system"));
        json_array_foreach(json_object_get(part, "rows"), k, row)
        {
            used = strlen(out);
            snprintf(out + used, sizeof out - used, " %s%lld", text_in(row, "sku"),
                     (long long)json_integer_value(json_object_get(row, "quantity")));
        }
    }
    return out;
}

static const char *why_text(const tb_record *r)
{
    static char out[3000];
    size_t i;
    json_t *why;
    *out = '\0';
    json_array_foreach(json_object_get(json_object_get(tb_record_body(r), "route"), "why"), i, why)
    {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%s", i ? "; " : "", json_string_value(why));
    }
    return out;
}

static void must_route(tb_test *t, tb_record **r, const char *parts)
{
    tb_verdict v = tb_test_apply(t, r);
    ck_assert_msg(v == TB_OK, "%s: %s", tb_test_reason(*r), tb_test_text(*r));
    ck_assert_msg(!strcmp(parts_text(*r), parts), "%s, not %s: %s", parts_text(*r), parts, why_text(*r));
    ck_assert_ptr_null(tb_test_failure(t));
    settle(t, *r);
}

static void route_once(tb_test *t, const char *key, json_t *order, json_t *till, const char *parts)
{
    tb_record *r = order_record(key, order, till);
    must_route(t, &r, parts);
    tb_record_unref(r);
}

/* ---- rules ---- */

static const struct rule_case {
    const char *rules, *parts;
} rule_cases[] = {
    {"rule,location\nprefer,GBG\nmost-stock,\n", "1 GBG 33 store-3 till A2 B1"},
    {"rule,location\nmost-stock,\nprefer,GBG\n", "1 MMO 32 store-2 till A2 B1"},
    {"rule,location\nmost-stock,\nnever,MMO\n", "1 GBG 33 store-3 till A2 B1"},
    {"rule,location\nnearest,\n", "1 MMO 32 store-2 till A2 B1"},
    {"rule,location\nnearest,\nnever,MMO\n", "1 GBG 33 store-3 till A2 B1"},
    {"rule,location\noutside,WEB\nnearest,\n", "1 WEB  web none A2 B1"},
    {"rule,location\npickup,\nprefer,WEB\nprefer,STO\n", "1 STO 31 store-1 till A2 B1"},
};

START_TEST(first_rule_that_fits_wins)
{
    tb_test *t = start(rule_cases[_i].rules, NULL);
    ck_assert_int_eq(tb_test_check(t), 0);
    fill(t);
    route_once(t, "42", order_in("processing"), NULL, rule_cases[_i].parts);
    tb_test_free(t);
}
END_TEST

START_TEST(without_a_table_pickup_then_most_stock)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "locations=locations", NULL);
    tb_test_table(t, "locations", locations);
    fill(t);
    route_once(t, "42", order_in("processing"), NULL, "1 MMO 32 store-2 till A2 B1");
    json_t *order = order_in("processing");
    json_object_set_new(json_object_get(order, "extension_attributes"), "pickup_location_code",
                        json_string("store-1"));
    route_once(t, "43", order, NULL, "1 STO 31 store-1 till A2 B1");
    tb_test_free(t);
}
END_TEST

START_TEST(every_decision_keeps_its_reasons)
{
    tb_test *t = start("rule,location\nprefer,STO\nnearest,\n", NULL);
    fill(t);
    level(t, "31/A", "2.000", "1.000");
    tb_record *r = order_record("42", order_in("processing"), NULL);
    must_route(t, &r, "1 MMO 32 store-2 till A2 B1");
    ck_assert_str_eq(why_text(r), "rule 1 (prefer): STO lacks 1 (read 40 s ago); rule 2 (nearest): MMO, 0 km "
                                  "away, has 6 free of what is wanted (read 40 s ago)");
    json_t *kept = json_loads(tb_test_state(t, "routes", "42"), 0, NULL);
    ck_assert_str_eq(text_in(kept, "rule"), "nearest");
    ck_assert_uint_eq(json_array_size(json_object_get(kept, "why")), 2);
    json_decref(kept);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* The customer collects it there, whatever the stock; nobody else can hand it over. */
START_TEST(pickup_is_where_the_customer_chose)
{
    tb_test *t = start("rule,location\npickup,\nmost-stock,\n", NULL);
    fill(t);
    level(t, "31/A", "0.000", "0.000");
    json_t *order = order_in("processing");
    json_object_set_new(json_object_get(order, "extension_attributes"), "pickup_location_code",
                        json_string("store-1"));
    route_once(t, "42", json_incref(order), NULL, "1 STO 31 store-1 till A2 B1");
    json_object_set_new(json_object_get(order, "extension_attributes"), "pickup_location_code",
                        json_string("store-9"));
    tb_record *r = order_record("43", order, NULL);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "route.none");
    ck_assert_msg(strstr(tb_test_text(r), "store-9 is not a location"), "%s", tb_test_text(r));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(no_place_is_an_exception_that_looks_again)
{
    const char *kind, *name;
    tb_test *t = start("rule,location\nmost-stock,\n", NULL);
    fill(t);
    level(t, "31/B", "0.000", "0.000");
    level(t, "32/B", "1.000", "1.000");
    level(t, "33/B", "-1.000", "0.000");
    tb_record *r = order_record("42", order_in("processing"), NULL);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "route.none");
    ck_assert_msg(strstr(tb_test_text(r), "MMO lacks 1 (read 40 s ago)"), "%s", tb_test_text(r));
    ck_assert(tb_test_depends(r, 0, &kind, &name));
    ck_assert_str_eq(name, "rules");
    ck_assert_int_eq(tb_test_until(r), 1795392000000 + 15 * 60 * 1000);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* ---- split ---- */

START_TEST(split_only_if_allowed)
{
    static const char rules[] = "rule,location,split\nmost-stock,,\n";
    tb_test *t = start(rules, NULL);
    level(t, "31/A", "2.000", "0.000");
    level(t, "32/B", "4.000", "0.000");
    tb_record *r = order_record("42", order_in("processing"), NULL);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    tb_record_unref(r);
    tb_test_table(t, "rules", "rule,location,split\nmost-stock,,yes\n");
    route_once(t, "42", order_in("processing"), NULL, "1 MMO 32 store-2 till B1; 2 STO 31 store-1 till A2");
    /* what ships as one stays together */
    r = order_record("43", order_in("processing"), NULL);
    json_t *body = tb_record_edit(&r);
    json_object_set_new(json_array_get(json_object_get(body, "sold"), 1), "ship", json_integer(1));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* ---- capacity ---- */

START_TEST(a_store_takes_so_many_orders_a_day)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,GBG\n", NULL);
    tb_test_table(t, "locations", "location,warehouse,source,capacity\nSTO,31,store-1,2\nGBG,33,store-3,\n");
    fill(t);
    level(t, "31/A", "99.000", "0.000");
    level(t, "31/B", "99.000", "0.000");
    level(t, "33/A", "99.000", "0.000");
    level(t, "33/B", "99.000", "0.000");
    route_once(t, "1", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1");
    route_once(t, "2", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1");
    route_once(t, "3", order_in("processing"), NULL, "1 GBG 33 store-3 till A2 B1");
    route_once(t, "2", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1"); /* has its place */
    tb_test_set_now(t, 1795392000000 + 86400000);
    route_once(t, "4", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1");
    tb_test_free(t);
}
END_TEST

/* ---- what is free ---- */

static json_t *till_of(const char *external, int state, int warehouse, int item, const char *sku, int pieces)
{
    return json_pack("{s:[{s:s, s:i, s:i, s:i, s:[{s:i, s:s, s:i, s:{s:s}}], s:[]}]}", "orders", "externalid",
                     external, "orderid", 20417, "orderstateid", state, "warehouseid", warehouse,
                     "orderitems", "orderitemid", 0, "sku", sku, "quantity", pieces, "additionaldata",
                     "web-itemid", item == 1 ? "1" : "2", "deliveries");
}

static json_t *add_row(json_t *till, int item, const char *sku, int pieces)
{
    json_t *order = json_array_get(json_object_get(till, "orders"), 0);
    json_array_append_new(json_object_get(order, "orderitems"),
                          json_pack("{s:i, s:s, s:i, s:{s:s}}", "orderitemid", 1, "sku", sku, "quantity",
                                    pieces, "additionaldata", "web-itemid", item == 1 ? "1" : "2"));
    return till;
}

static json_t *both_at(const char *external, int state, int warehouse)
{
    return add_row(till_of(external, state, warehouse, 1, "A", 2), 2, "B", 1);
}

/* Promised pieces are taken off until the till's own counter has them: neither twice nor not at all. */
START_TEST(promised_pieces_are_not_free)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,MMO\n", NULL);
    fill(t);
    level(t, "31/B", "9.000", "0.000");
    level(t, "32/B", "9.000", "0.000");
    tb_record *r = order_record("1", order_in("processing"), NULL);
    must_route(t, &r, "1 STO 31 store-1 till A2 B1");
    ck_assert_str_eq(tb_test_state(t, "promised", "31/A/1"), "{\"q\":\"2\",\"at\":0}");
    tb_record_unref(r);
    route_once(t, "2", order_in("processing"), NULL, "1 MMO 32 store-2 till A2 B1");
    /* order 1 is at the till now; the counter that was read before does not have it yet */
    tb_test_set_now(t, 1795392060000);
    route_once(t, "1", order_in("processing"), both_at("P-1-1-1", 0, 31), "1 STO 31 store-1 till A2 B1");
    ck_assert_str_eq(tb_test_state(t, "promised", "31/A/1"), "{\"q\":\"2\",\"at\":1795392060000}");
    tb_test_set_state(t, "stock/levels", "31/A", "{\"t\":\"4.000\",\"m\":2}");
    tb_test_set_state(t, "stock/held", "31/A", "{\"v\":\"0.000\",\"m\":2,\"at\":1795392059000}");
    tb_test_set_state(t, "stock/levels", "31/A", "{\"t\":\"3.000\",\"m\":2}");
    route_once(t, "9", order_in("processing"), NULL, "1 MMO 32 store-2 till A2 B1"); /* 3 - 2 */
    level(t, "32/A", "9.000", "0.000");
    tb_test_set_state(t, "stock/levels", "31/A", "{\"t\":\"4.000\",\"m\":2}");
    route_once(t, "3", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1"); /* 4 - 2 */
    tb_record *gone = order_record("3", order_in("canceled"), NULL);
    must_route(t, &gone, "1 STO 31 store-1 till A2 B1");
    ck_assert_ptr_null(tb_test_state(t, "promised", "31/A/3"));
    tb_record_unref(gone);
    tb_test_set_state(t, "stock/held", "31/A", "{\"v\":\"2.000\",\"m\":2,\"at\":1795392061000}");
    route_once(t, "4", order_in("processing"), NULL, "1 STO 31 store-1 till A2 B1"); /* 4 - 2, once */
    route_once(t, "5", order_in("processing"), NULL, "1 MMO 32 store-2 till A2 B1");
    tb_test_free(t);
}
END_TEST

/* Orders of one delivery: the first one's decision is not committed when the second is taken. */
START_TEST(orders_of_one_delivery_see_each_other)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,MMO\n", NULL);
    fill(t);
    tb_record *a = order_record("1", order_in("processing"), NULL),
              *b = order_record("2", order_in("processing"), NULL);
    ck_assert_int_eq(tb_test_apply(t, &a), TB_OK);
    ck_assert_int_eq(tb_test_apply(t, &b), TB_OK);
    ck_assert_str_eq(parts_text(a), "1 STO 31 store-1 till A2 B1");
    ck_assert_str_eq(parts_text(b), "1 MMO 32 store-2 till A2 B1");
    tb_record_unref(a);
    tb_record_unref(b);
    tb_test_free(t);
}
END_TEST

/* ---- what stands ---- */

START_TEST(what_is_at_a_till_stands)
{
    tb_test *t = start("rule,location\nmost-stock,\n", NULL);
    fill(t);
    route_once(t, "42", order_in("processing"), both_at("P-42-1-1", 0, 31), "1 STO 31 store-1 till A2 B1");
    route_once(t, "42", order_in("processing"), both_at("P-42-1-1", 10, 31), "1 STO 31 store-1 till A2 B1");
    /* of another order: none of ours */
    route_once(t, "42", order_in("processing"), both_at("P-421-1-1", 0, 31), "1 MMO 32 store-2 till A2 B1");
    /* only a part of it is there */
    level(t, "32/B", "3.000", "0.000");
    route_once(t, "42", order_in("processing"), till_of("P-42-1-1", 0, 31, 1, "A", 2),
               "1 STO 31 store-1 till A2; 2 MMO 32 store-2 till B1");
    tb_test_free(t);
}
END_TEST

START_TEST(who_refused_does_not_get_it_again)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,MMO\n", NULL);
    fill(t);
    tb_record *r = order_record("42", order_in("processing"), both_at("P-42-1-1", 20, 31));
    must_route(t, &r, "1 MMO 32 store-2 till A2 B1");
    ck_assert_ptr_nonnull(strstr(why_text(r), "STO cancelled it (P-42-1-1)"));
    tb_record_unref(r);
    /* we cancelled it ourselves, to send the rest of it: the place is as good as before */
    tb_test_set_state(t, "attempts", "42",
                      "{\"parts\":[{\"part\":1,\"attempt\":1,\"external\":\"P-42-1-1\",\"why\":\"cut\"}]}");
    route_once(t, "42", order_in("processing"), both_at("P-42-1-1", 20, 31), "1 STO 31 store-1 till A2 B1");
    tb_test_free(t);
}
END_TEST

START_TEST(refused_by_staff_counts_as_refused)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,MMO\n", NULL);
    fill(t);
    json_t *till = both_at("P-42-1-1", 0, 31), *order = json_array_get(json_object_get(till, "orders"), 0);
    json_object_set_new(order, "orderlogitems",
                        json_pack("[{s:i, s:i}, {s:i, s:i}]", "orderlogtypeid", 900, "datecreated", 100,
                                  "orderlogtypeid", 910, "datecreated", 200));
    route_once(t, "42", order_in("processing"), till, "1 MMO 32 store-2 till A2 B1");
    tb_test_free(t);
}
END_TEST

/* What was handed out before the till's order was cancelled need not be handed over again. */
START_TEST(only_what_is_left_is_routed_again)
{
    tb_test *t = start("rule,location\nprefer,STO\nprefer,MMO\n", NULL);
    fill(t);
    json_t *till = both_at("P-42-1-1", 20, 31), *order = json_array_get(json_object_get(till, "orders"), 0);
    json_object_set_new(order, "deliveries",
                        json_pack("[{s:i, s:[{s:i, s:i}]}]", "warehouseid", 31, "orderdeliveryitems",
                                  "orderitemid", 0, "quantity", 1));
    route_once(t, "42", order_in("processing"), till, "1 MMO 32 store-2 till A1 B1");
    json_t *shop = order_in("processing"); /* B was refunded meanwhile */
    json_object_set_new(json_array_get(json_object_get(shop, "items"), 1), "qty_refunded", json_integer(1));
    route_once(t, "43", shop, NULL, "1 STO 31 store-1 till A2");
    tb_test_free(t);
}
END_TEST

START_TEST(nowhere_left_goes_on_to_the_bridge)
{
    tb_test *t = start("rule,location\nprefer,STO\n", NULL);
    fill(t);
    route_once(t, "42", order_in("processing"), both_at("P-42-1-1", 20, 31), "1    nowhere A2 B1");
    tb_test_free(t);
    t = start("rule,location\nprefer,STO\nprefer,MMO\n", "reroute=false");
    fill(t);
    route_once(t, "42", order_in("processing"), both_at("P-42-1-1", 20, 31), "1    nowhere A2 B1");
    tb_test_free(t);
}
END_TEST

START_TEST(not_to_be_sent_is_not_decided)
{
    static const char *const states[] = {"canceled", "holded", "pending_payment", "payment_review"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        tb_test *t = start("rule,location\nprefer,STO\n", NULL);
        route_once(t, "42", order_in(states[i]), NULL, "");
        route_once(t, "42", order_in(states[i]), both_at("P-42-1-1", 0, 31), "1 STO 31 store-1 till A2 B1");
        tb_test_free(t);
    }
}
END_TEST

START_TEST(outside_stands_as_decided)
{
    tb_test *t = start("rule,location\noutside,WEB\n", NULL);
    fill(t);
    route_once(t, "42", order_in("processing"), NULL, "1 WEB  web none A2 B1");
    tb_test_table(t, "rules", "rule,location\nprefer,STO\n");
    route_once(t, "42", order_in("processing"), NULL, "1 WEB  web none A2 B1");
    tb_test_free(t);
}
END_TEST

/* ---- settings ---- */

START_TEST(check_finds_bad_rules)
{
    tb_test *t = start("rule,location\nprefer,NOPE\nfairest,\n", NULL);
    ck_assert_int_eq(tb_test_check(t), 2);
    tb_test_table(t, "rules", "rule\nmost-stock\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_free(t);
}
END_TEST

START_TEST(distances_are_near_enough)
{
    static const struct {
        const char *from[2], *to[2];
        int64_t least, most;                                                 /* km */
    } cases[] = {{{"59.3293", "18.0686"}, {"55.6050", "13.0038"}, 505, 525}, /* Stockholm, Malmö: 513 */
                 {{"59.3293", "18.0686"}, {"57.7089", "11.9746"}, 390, 405}, /* Göteborg: 397 */
                 {{"-36.8485", "174.7633"}, {"-33.8688", "151.2093"}, 2100, 2200},
                 {{"0", "179.9"}, {"0", "-179.9"}, 22, 23},
                 {{"12", "7"}, {"12", "7"}, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        point a = point_parse(cases[i].from[0], cases[i].from[1]),
              b = point_parse(cases[i].to[0], cases[i].to[1]);
        int64_t km = point_distance(a, b) / 1000;
        ck_assert_msg(a.known && b.known && km >= cases[i].least && km <= cases[i].most, "%zu: %lld km", i,
                      (long long)km);
    }
    ck_assert(!point_parse("91", "0").known);
    ck_assert(!point_parse("", "0").known);
    ck_assert(!point_parse("1.5x", "0").known);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("order-router");
    TCase *c = tcase_create("all");
    tcase_add_loop_test(c, first_rule_that_fits_wins, 0, sizeof rule_cases / sizeof *rule_cases);
    tcase_add_test(c, without_a_table_pickup_then_most_stock);
    tcase_add_test(c, every_decision_keeps_its_reasons);
    tcase_add_test(c, pickup_is_where_the_customer_chose);
    tcase_add_test(c, no_place_is_an_exception_that_looks_again);
    tcase_add_test(c, split_only_if_allowed);
    tcase_add_test(c, a_store_takes_so_many_orders_a_day);
    tcase_add_test(c, promised_pieces_are_not_free);
    tcase_add_test(c, orders_of_one_delivery_see_each_other);
    tcase_add_test(c, what_is_at_a_till_stands);
    tcase_add_test(c, who_refused_does_not_get_it_again);
    tcase_add_test(c, refused_by_staff_counts_as_refused);
    tcase_add_test(c, only_what_is_left_is_routed_again);
    tcase_add_test(c, nowhere_left_goes_on_to_the_bridge);
    tcase_add_test(c, not_to_be_sent_is_not_decided);
    tcase_add_test(c, outside_stands_as_decided);
    tcase_add_test(c, check_finds_bad_rules);
    tcase_add_test(c, distances_are_near_enough);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
