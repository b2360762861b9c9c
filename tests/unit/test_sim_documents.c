/* SPDX-License-Identifier: Apache-2.0 */
/* Shipments, invoices, credit memos and pick-up, where recordings are silent. */
#include "tests/unit/test_sim_orders.h"

#include <stdio.h>
#include <string.h>

#define FROM(source) "'arguments':{'extension_attributes':{'source_code':'" source "'}}"

/* ---- shipping ---- */

START_TEST(a_shipment_takes_no_more_than_is_left_and_skips_the_rest)
{
    stock("K1", "s1", 9);
    stock("K2", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2},{'sku':'K2'}]}");
    ck_assert_int_eq(
        post(o, "ship",
             "{'items':[{'order_item_id':1,'qty':7},{'order_item_id':99,'qty':1}]," FROM("s1") "}"),
        200);
    ck_assert_double_eq(told(o, "items/0/qty_shipped"), 2);
    ck_assert_double_eq(told(o, "items/1/qty_shipped"), 0);
    ck_assert_double_eq(shop_pieces("K1", "s1"), 7);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':1,'qty':1}]," FROM("s1") "}"), 400);
    ck_assert_str_eq(o->state, "processing");
}
END_TEST

START_TEST(a_source_that_has_too_little_gives_nothing)
{
    stock("K1", "s1", 9);
    stock("K2", "s1", 1);
    stock("K2", "s2", 5);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2},{'sku':'K2','quantity':2}]}");
    ck_assert_int_eq(post(o, "ship", "{" FROM("s1") "}"), 400);
    ck_assert_int_eq(post(o, "ship", "{" FROM("nowhere") "}"), 400);
    ck_assert_int_eq(post(o, "ship", "{}"), 400);
    ck_assert_double_eq(shop_pieces("K1", "s1"), 9);
    ck_assert_int_eq(salable("K1"), 7);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':1,'qty':2}]," FROM("s1") "}"), 200);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':2,'qty':2}]," FROM("s2") "}"), 200);
    ck_assert_int_eq(salable("K1"), 7);
    ck_assert_int_eq(salable("K2"), 4);
    ck_assert_double_eq(shop_pieces("K2", "s2"), 3);
}
END_TEST

/* The same SKU twice in one order: both rows' pieces must be there. */
START_TEST(two_rows_of_a_sku_need_both_pieces)
{
    stock("K1", "s1", 3);
    stock("K1", "s2", 3);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2},{'sku':'K1','quantity':2}]}");
    ck_assert_int_eq(post(o, "ship", "{" FROM("s1") "}"), 400);
    stock("K1", "s1", 4);
    ck_assert_int_eq(post(o, "ship", "{" FROM("s1") "}"), 200);
    ck_assert_double_eq(shop_pieces("K1", "s1"), 0);
}
END_TEST

START_TEST(the_last_piece_turns_the_row_off)
{
    int64_t quantity = 0;
    int status = -1;
    stock("K1", "s1", 2);
    post(place("{'items':[{'sku':'K1','quantity':2}]}"), "ship", "{" FROM("s1") "}");
    adobe_source_item(shop, "K1", "s1", &quantity, &status);
    ck_assert_int_eq(quantity, 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_bundle_that_ships_as_one_ships_by_its_parent)
{
    add_bundle("B", false);
    stock("K3", "s1", 9);
    stock("K4", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'B','quantity':2,'selections':[{'sku':'K3'},{'sku':'K4'}]}]}");
    ck_assert_double_eq(told(o, "items/2/qty_ordered"), 4);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':2,'qty':1}]," FROM("s1") "}"), 400);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':1,'qty':1}]," FROM("s1") "}"), 200);
    ck_assert_double_eq(told(o, "items/0/qty_shipped"), 1);
    ck_assert_double_eq(told(o, "items/1/qty_shipped"), 0);
    ck_assert_double_eq(shop_pieces("K3", "s1"), 8);
    ck_assert_double_eq(shop_pieces("K4", "s1"), 7);
    ck_assert_int_eq(salable("K4"), 5);
}
END_TEST

START_TEST(parts_that_ship_by_themselves_ship_by_their_own_rows)
{
    add_bundle("B", true);
    stock("K3", "s1", 9);
    stock("K4", "s2", 9);
    adobe_order *o = place("{'items':[{'sku':'B','selections':[{'sku':'K3'},{'sku':'K4'}]}]}");
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':1,'qty':1}]," FROM("s1") "}"), 400);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':2,'qty':1}]," FROM("s1") "}"), 200);
    ck_assert_int_eq(post(o, "ship", "{'items':[{'order_item_id':3,'qty':2}]," FROM("s2") "}"), 200);
    ck_assert_double_eq(told(o, "items/1/qty_shipped"), 1);
    ck_assert_double_eq(told(o, "items/2/qty_shipped"), 2);
    ck_assert_double_eq(shop_pieces("K4", "s2"), 7);
}
END_TEST

/* ---- credit memos and stock ---- */

static const struct {
    bool ships, lists;
    double row;      /* what the source has in the end, of 9 with 2 ordered and refunded */
    int64_t salable; /* and what can be sold */
} situations[] = {{true, true, 9, 9}, {true, false, 7, 7}, {false, true, 9, 9}, {false, false, 7, 7}};

START_TEST(what_a_memo_does_to_stock)
{
    stock("K1", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    post(o, "invoice", "{}");
    if (situations[_i].ships)
        post(o, "ship", "{" FROM("s1") "}");
    ck_assert_int_eq(post(o, "refund",
                          situations[_i].lists
                              ? "{'arguments':{'extension_attributes':{'return_to_stock_items':[1]}}}"
                              : "{}"),
                     200);
    ck_assert_double_eq(shop_pieces("K1", "s1"), situations[_i].row);
    ck_assert_int_eq(salable("K1"), situations[_i].salable);
    ck_assert_str_eq(o->state, "closed");
}
END_TEST

/* Lost pieces are taken by priority, also from a source that had nothing to do with the order. */
START_TEST(an_unlisted_memo_takes_from_another_source)
{
    stock("K1", "s1", 1);
    stock("K1", "s2", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':3}]}");
    post(o, "invoice", "{}");
    post(o, "refund", "{}");
    ck_assert_double_eq(shop_pieces("K1", "s1"), 0);
    ck_assert_double_eq(shop_pieces("K1", "s2"), 7);
    ck_assert_int_eq(salable("K1"), 7);
}
END_TEST

START_TEST(a_configurables_parent_lists_nothing)
{
    add_configurable("TEE", "K2");
    stock("K2", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'TEE','child':'K2','quantity':2}]}");
    post(o, "invoice", "{}");
    post(o, "ship", "{" FROM("s1") "}");
    ck_assert_double_eq(shop_pieces("K2", "s1"), 7);
    post(o, "refund",
         "{'items':[{'order_item_id':1,'qty':1}],'arguments':{'extension_attributes':{'return_to_stock_items'"
         ":[1]}}}");
    ck_assert_double_eq(shop_pieces("K2", "s1"), 7);
    post(o, "refund",
         "{'items':[{'order_item_id':1,'qty':1}],'arguments':{'extension_attributes':{'return_to_stock_items'"
         ":[1,2]}}}");
    ck_assert_double_eq(shop_pieces("K2", "s1"), 8);
}
END_TEST

static const struct {
    const char *body, *says;
} refused[] = {
    {"{'items':[{'order_item_id':1,'qty':9}]}", "invalid quantity"},
    {"{'items':[{'order_item_id':1,'qty':1}],'arguments':{'shipping_amount':41}}", "Maximum shipping amount"},
    {"{'items':[{'order_item_id':1,'qty':1}],'arguments':{'adjustment_positive':9999}}", "The most money"},
    {"{'items':[{'order_item_id':1,'qty':1}],'arguments':{'adjustment_negative':9999}}", "must be positive"},
    {"{'items':[{'order_item_id':1,'qty':1}],'arguments':{'extension_attributes':{'return_to_stock_items':[2]"
     "}}}",
     "not part of the current creditmemo"},
    {"{'items':[{'order_item_id':1,'qty':1}],'arguments':{'extension_attributes':{'return_to_stock_items':["
     "77]}}}",
     "not part of the original order"},
};

START_TEST(a_refused_memo_keeps_nothing)
{
    char route[80];
    stock("K1", "s1", 9);
    stock("K2", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2},{'sku':'K2'}],'shipping':50}");
    post(o, "invoice", "{}");
    snprintf(route, sizeof route, "/rest/V1/order/%lld/refund", (long long)o->id);
    json_t *answer = shop_ask("POST", route, parsed(refused[_i].body));
    const char *message = json_string_value(json_object_get(answer, "message"));
    ck_assert_int_eq(shop_status, 400);
    ck_assert_msg(message && strstr(message, refused[_i].says), "%s", message);
    json_decref(answer);
    ck_assert_double_eq(told(o, "items/0/qty_refunded"), 0);
    ck_assert_int_eq(shop->sales->documents[MEMO].count, 0);
}
END_TEST

/* ---- invoices ---- */

START_TEST(an_invoiced_order_is_not_cancelled)
{
    stock("K1", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    post(o, "invoice", "{}");
    json_t *answer = shop_ask("POST", "/rest/V1/orders/1/cancel", json_object());
    ck_assert_int_eq(shop_status, 200);
    ck_assert(json_is_false(answer));
    json_decref(answer);
    ck_assert_str_eq(o->state, "processing");
}
END_TEST

START_TEST(a_partly_invoiced_order_goes_on_when_cancelled)
{
    stock("K1", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':5}]}");
    post(o, "invoice", "{'items':[{'order_item_id':1,'qty':2}]}");
    ck_assert_int_eq(post(o, "cancel", "{}"), 200);
    ck_assert_str_eq(o->state, "processing");
    ck_assert_double_eq(told(o, "items/0/qty_canceled"), 3);
    ck_assert_int_eq(salable("K1"), 7);
    ck_assert_int_eq(post(o, "ship", "{" FROM("s1") "}"), 200);
    ck_assert_double_eq(told(o, "items/0/qty_shipped"), 2);
    ck_assert_str_eq(o->state, "complete");
}
END_TEST

START_TEST(a_gateway_takes_money_when_it_is_asked)
{
    stock("K1", "s1", 9);
    adobe_order *captured = place("{'items':[{'sku':'K1'}],'payment':{'method':'card','action':'capture'}}");
    adobe_order *held = place("{'items':[{'sku':'K1'}],'payment':{'method':'card','action':'authorize'}}");
    ck_assert_double_eq(told(captured, "total_paid"), 25);
    ck_assert_str_eq(captured->state, "processing");
    ck_assert_double_eq(told(held, "total_paid"), -1);
    ck_assert_double_eq(told(held, "payment/amount_authorized"), 25);
    post(held, "invoice", "{'capture':false}");
    ck_assert_double_eq(told(held, "total_paid"), -1);
    ck_assert_int_eq(post(held, "refund", "{}"), 400);
}
END_TEST

START_TEST(only_a_gateways_invoice_is_refunded_by_itself)
{
    stock("K1", "s1", 9);
    post(place("{'items':[{'sku':'K1'}]}"), "invoice", "{}");
    adobe_order *o = place("{'items':[{'sku':'K1'}],'payment':{'method':'card','action':'capture'}}");
    ck_assert_int_eq(shop_send("POST", "/rest/V1/invoice/1/refund", json_object()), 400);
    ck_assert_int_eq(shop_send("POST", "/rest/V1/invoice/2/refund", json_pack("{sb}", "isOnline", 1)), 200);
    ck_assert_double_eq(told(o, "total_online_refunded"), 25);
    ck_assert_int_eq(shop_send("POST", "/rest/V1/invoice/3/refund", json_object()), 404);
}
END_TEST

/* ---- pick-up ---- */

START_TEST(ready_is_a_shipment_and_a_mail_each_time)
{
    stock("K1", "s2", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}],'pickup':'s2'}");
    ck_assert_int_eq(shop_send("POST", "/rest/V1/order/notify-orders-are-ready-for-pickup",
                               json_pack("{s[i]}", "orderIds", 1)),
                     200);
    ck_assert_double_eq(shop_pieces("K1", "s2"), 7);
    ck_assert_str_eq(o->state, "processing");
    ck_assert_str_eq(o->status, "complete");
    ck_assert_double_eq(told(o, "extension_attributes/notification_sent"), 1);
    ck_assert_double_eq(told(o, "items/0/qty_shipped"), 2);
    shop_step("order-ready", json_pack("{si}", "order", 1));
    ck_assert_int_eq(shop->sales->documents[SHIPMENT].count, 1);
    ck_assert_int_eq(json_array_size(o->history), 2);
    post(o, "invoice", "{}");
    ck_assert_str_eq(o->state, "complete");
}
END_TEST

START_TEST(what_is_not_there_is_not_ready)
{
    stock("K1", "s1", 9);
    place_refused("{'items':[{'sku':'K1'}],'pickup':'s2'}", "not available");
    place("{'items':[{'sku':'K1'}],'pickup':'s2','force':true}");
    place("{'items':[{'sku':'K1'}]}");
    json_t *answer = shop_ask("POST", "/rest/V1/order/notify-orders-are-ready-for-pickup",
                              json_pack("{s[iii]}", "orderIds", 1, 2, 99));
    ck_assert_int_eq(shop_status, 200);
    ck_assert(json_is_false(json_object_get(answer, "successful")));
    ck_assert_int_eq(json_array_size(json_object_get(answer, "errors")), 3);
    json_decref(answer);
    ck_assert_int_eq(shop->sales->documents[SHIPMENT].count, 0);
}
END_TEST

TCase *documents_case(void)
{
    TCase *c = tcase_create("documents");
    tcase_add_test(c, a_shipment_takes_no_more_than_is_left_and_skips_the_rest);
    tcase_add_test(c, a_source_that_has_too_little_gives_nothing);
    tcase_add_test(c, two_rows_of_a_sku_need_both_pieces);
    tcase_add_test(c, the_last_piece_turns_the_row_off);
    tcase_add_test(c, a_bundle_that_ships_as_one_ships_by_its_parent);
    tcase_add_test(c, parts_that_ship_by_themselves_ship_by_their_own_rows);
    tcase_add_loop_test(c, what_a_memo_does_to_stock, 0, sizeof situations / sizeof *situations);
    tcase_add_test(c, an_unlisted_memo_takes_from_another_source);
    tcase_add_test(c, a_configurables_parent_lists_nothing);
    tcase_add_loop_test(c, a_refused_memo_keeps_nothing, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, an_invoiced_order_is_not_cancelled);
    tcase_add_test(c, a_partly_invoiced_order_goes_on_when_cancelled);
    tcase_add_test(c, a_gateway_takes_money_when_it_is_asked);
    tcase_add_test(c, only_a_gateways_invoice_is_refunded_by_itself);
    tcase_add_test(c, ready_is_a_shipment_and_a_mail_each_time);
    tcase_add_test(c, what_is_not_there_is_not_ready);
    return c;
}
