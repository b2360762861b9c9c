/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of the simulated shop beyond what is recorded: reservations, sums, ways to be told, edits, and a
 * thousand random turns whose books must add up after each. */
#include "tests/unit/test_sim_orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

json_t *parsed(const char *text)
{
    char copy[2048];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *v = json_loads(copy, 0, NULL);
    ck_assert_msg(v != NULL, "%s", copy);
    return v;
}

adobe_order *place(const char *wish)
{
    const char *why = "";
    json_t *v = parsed(wish);
    adobe_order *o = adobe_order_place(shop, v, &why);
    ck_assert_msg(o != NULL, "%s: %s", wish, why);
    json_decref(v);
    return o;
}

adobe_order *place_refused(const char *wish, const char *why)
{
    const char *said = NULL;
    json_t *v = parsed(wish);
    adobe_order *o = adobe_order_place(shop, v, &said);
    json_decref(v);
    ck_assert_ptr_null(o);
    ck_assert_msg(said && strstr(said, why), "%s instead of %s", said, why);
    return o;
}

double told(const adobe_order *o, const char *path)
{
    char route[80], part[80];
    snprintf(route, sizeof route, "/rest/V1/orders/%lld", (long long)o->id);
    json_t *doc = shop_ask("GET", route, NULL), *at = doc;
    for (const char *p = path; *p; p += strcspn(p, "/"), p += *p == '/') {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(p, "/"), p);
        at = json_is_array(at) ? json_array_get(at, (size_t)strtol(part, NULL, 10))
                               : json_object_get(at, part);
    }
    double n = at ? json_number_value(at) : -1;
    json_decref(doc);
    return n;
}

int post(const adobe_order *o, const char *what, const char *body)
{
    char route[80];
    snprintf(route, sizeof route, "/rest/V1/order%s/%lld/%s",
             !strcmp(what, "cancel") || !strcmp(what, "comments") ? "s" : "", (long long)o->id, what);
    return shop_send("POST", route, parsed(body));
}

int64_t salable(const char *sku)
{
    return adobe_salable(shop, sku, 2) / ADOBE_UNIT;
}

void stock(const char *sku, const char *source, double quantity)
{
    ck_assert_int_eq(shop_post_rows(json_pack("[o]", shop_row(sku, source, quantity, quantity > 0))), 200);
}

adobe_product *add_bundle(const char *sku, bool separately)
{
    json_t *extension =
        parsed("{'bundle_product_options':[{'title':'A','required':true,'product_links':[{'sku':'K3',"
               "'qty':1}]},{'title':'B','required':true,'product_links':[{'sku':'K4','qty':2}]}]}");
    adobe_product *p = adobe_product_add(shop, sku, sku, "bundle");
    p->in_stock = true;
    json_object_set_new(p->custom, "shipment_type", json_string(separately ? "1" : "0"));
    adobe_save_parts(shop, p, extension);
    json_decref(extension);
    return p;
}

adobe_product *add_configurable(const char *sku, const char *child)
{
    adobe_product *p = adobe_product_add(shop, sku, sku, "configurable");
    json_t *extension =
        json_pack("{s[I]}", "configurable_product_links", (json_int_t)adobe_product_of(shop, child)->id);
    p->in_stock = true;
    adobe_save_parts(shop, p, extension);
    json_decref(extension);
    return p;
}

static void open_priced(void)
{
    shop_open();
    for (int i = 1; i <= 4; i++) {
        char sku[8];
        snprintf(sku, sizeof sku, "K%d", i);
        adobe_product_of(shop, sku)->price = 25 * i * ADOBE_UNIT;
    }
}

/* ---- reservations ---- */

START_TEST(an_order_holds_pieces_and_takes_none)
{
    stock("K1", "s1", 3);
    stock("K1", "s2", 2);
    place("{'items':[{'sku':'K1','quantity':4}]}");
    ck_assert_int_eq(salable("K1"), 1);
    ck_assert_double_eq(shop_pieces("K1", "s1"), 3);
    ck_assert_double_eq(shop_pieces("K1", "s2"), 2);
    ck_assert_int_eq(shop->reservation_count, 1);
    place_refused("{'items':[{'sku':'K1','quantity':2}]}", "not available");
    place_refused("{'items':[{'sku':'K1'},{'sku':'K1'}]}", "not available");
    ck_assert_int_eq(shop->reservation_count, 1);
    ck_assert_int_eq(shop->sales->count, 1);
}
END_TEST

START_TEST(only_the_websites_stock_is_held)
{
    stock("K1", "s3", 5);
    place("{'items':[{'sku':'K1','quantity':2}]}");
    ck_assert_int_eq(salable("K1"), 3);
    ck_assert_int_eq(adobe_salable(shop, "K1", 3) / ADOBE_UNIT, 5);
}
END_TEST

START_TEST(a_cancelled_order_lets_go_by_one_more_reservation)
{
    stock("K1", "s1", 5);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    ck_assert_int_eq(post(o, "cancel", "{}"), 200);
    ck_assert_int_eq(salable("K1"), 5);
    ck_assert_int_eq(shop->reservation_count, 2);
    ck_assert_str_eq(o->state, "canceled");
    ck_assert_double_eq(told(o, "items/0/qty_canceled"), 2);
}
END_TEST

/* A bundle that ships as one while its parts carry the money: no row counts as cancelled, and nothing is
 * held. */
START_TEST(a_cancelled_bundle_lets_go_and_counts_nothing)
{
    add_bundle("B", false);
    stock("K3", "s1", 5);
    stock("K4", "s1", 5);
    adobe_order *o = place("{'items':[{'sku':'B','quantity':2,'selections':[{'sku':'K3'},{'sku':'K4'}]}]}");
    ck_assert_int_eq(salable("K4"), 1);
    post(o, "cancel", "{}");
    ck_assert_str_eq(o->state, "canceled");
    ck_assert_int_eq(salable("K3"), 5);
    ck_assert_int_eq(salable("K4"), 5);
    ck_assert_double_eq(told(o, "items/0/qty_canceled"), 0);
    ck_assert_double_eq(told(o, "items/2/qty_canceled"), 0);
}
END_TEST

START_TEST(a_compensation_may_count_later)
{
    stock("K1", "s1", 5);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    shop_set("compensation_ms", json_integer(60000));
    ck_assert_int_eq(post(o, "ship", "{'arguments':{'extension_attributes':{'source_code':'s1'}}}"), 200);
    ck_assert_int_eq(salable("K1"), 1);
    shop->reservations[1].counts_from = env_now();
    adobe_settle(shop);
    ck_assert_int_eq(salable("K1"), 3);
}
END_TEST

/* ---- money ---- */

START_TEST(a_gift_card_and_credit_are_paid_with)
{
    stock("K1", "s1", 5);
    adobe_order *o =
        place("{'items':[{'sku':'K1','quantity':2}],'shipping':50,'gift_card':30,'store_credit':20}");
    ck_assert_double_eq(told(o, "grand_total"), 50);
    ck_assert_double_eq(told(o, "extension_attributes/gift_cards_amount"), 30);
    ck_assert_double_eq(told(o, "extension_attributes/customer_balance_amount"), 20);
    post(o, "invoice", "{'capture':true}");
    ck_assert_double_eq(told(o, "total_paid"), 50);
    ck_assert_double_eq(told(o, "total_due"), 0);
}
END_TEST

START_TEST(row_totals_are_told_after_or_before_discount)
{
    stock("K1", "s1", 5);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}],'discount_percent':10}");
    ck_assert_double_eq(told(o, "items/0/row_total"), 35);          /* 40 net - 5 */
    ck_assert_double_eq(told(o, "items/0/row_total_incl_tax"), 45); /* 35 + 1 in the discount + 9 tax */
    shop_set("row_totals", json_string("before"));
    ck_assert_double_eq(told(o, "items/0/row_total"), 40);
    ck_assert_double_eq(told(o, "items/0/row_total_incl_tax"), 50);
}
END_TEST

START_TEST(options_change_the_price_and_the_rows_sku)
{
    adobe_product *p = adobe_product_of(shop, "K1");
    json_array_append_new(p->options, parsed("{'option_id':7,'sku':'ENG','price':5,'price_type':'fixed'}"));
    stock("K1", "s1", 5);
    adobe_order *o = place("{'items':[{'sku':'K1','options':[{'option_id':'7','option_value':'Hi'}]}]}");
    ck_assert_str_eq(o->rows[0].sku, "K1-ENG");
    ck_assert_double_eq(told(o, "items/0/price_incl_tax"), 30);
    ck_assert_int_eq(salable("K1"), 4);
    ck_assert_int_eq(post(o, "ship", "{'arguments':{'extension_attributes':{'source_code':'s1'}}}"), 200);
    ck_assert_double_eq(shop_pieces("K1", "s1"), 4);
}
END_TEST

/* ---- numbers, edits, time ---- */

START_TEST(an_edit_cancels_and_takes_the_number_with_a_suffix)
{
    stock("K1", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    for (int n = 1; n <= 2; n++) {
        char id[40];
        snprintf(id, sizeof id, "000000001-%d", n);
        shop_step("order-edit",
                  json_pack("{sI s[{ss si}]}", "order", (json_int_t)n, "items", "sku", "K1", "quantity", 3));
        o = adobe_order_of(shop, n + 1);
        ck_assert_str_eq(o->increment, id);
        ck_assert_double_eq(told(o, "edit_increment"), n);
        ck_assert_int_eq(o->replaces, n);
        ck_assert_str_eq(adobe_order_of(shop, n)->state, "canceled");
        ck_assert_int_eq(adobe_order_of(shop, n)->replaced_by, n + 1);
        ck_assert_int_eq(salable("K1"), 6);
    }
    ck_assert_str_eq(place("{'items':[{'sku':'K1'}]}")->increment, "000000002");
}
END_TEST

START_TEST(two_store_views_may_number_alike)
{
    stock("K1", "s1", 9);
    place_refused("{'items':[{'sku':'K1'}],'store':2}", "store_views");
    shop_set("store_views", json_integer(2));
    ck_assert_str_eq(place("{'items':[{'sku':'K1'}]}")->increment, "000000001");
    ck_assert_str_eq(place("{'items':[{'sku':'K1'}],'store':2}")->increment, "200000001");
    shop_set("increment_ids", json_string("equal"));
    ck_assert_str_eq(place("{'items':[{'sku':'K1'}],'store':2}")->increment, "000000002");
    ck_assert_str_eq(place("{'items':[{'sku':'K1'}]}")->increment, "000000002");
}
END_TEST

START_TEST(a_document_may_leave_updated_at_alone)
{
    stock("K1", "s1", 9);
    adobe_order *o = place("{'items':[{'sku':'K1','quantity':2}]}");
    o->updated = 1000;
    shop_set("untouched_rate", json_real(1));
    ck_assert_int_eq(post(o, "ship",
                          "{'items':[{'order_item_id':1,'qty':1}],'arguments':{'extension_attributes':"
                          "{'source_code':'s1'}}}"),
                     200);
    ck_assert_int_eq(o->updated, 1000);
    shop_set("untouched_rate", json_real(0));
    post(o, "invoice", "{}");
    ck_assert_int_gt(o->updated, 1000);
}
END_TEST

/* ---- at random ---- */

static int64_t sum_of(const char *path, const char *amount, int64_t order)
{
    int64_t sum = 0, n = 0;
    char route[80];
    for (int id = 1; id < 4000; id++) {
        snprintf(route, sizeof route, "/rest/V1/%s/%d", path, id);
        json_t *doc = shop_ask("GET", route, NULL);
        int status = shop_status;
        if (status == 200 && json_integer_value(json_object_get(doc, "order_id")) == order &&
            decimal_read(json_object_get(doc, amount), &n))
            sum += n;
        json_decref(doc);
        if (status != 200)
            break;
    }
    return sum;
}

static void check_reservations(void)
{
    for (size_t k = 0; k < shop->sku_count; k++) {
        int64_t reserved = 0, held = 0;
        for (size_t i = 0; i < shop->reservation_count; i++)
            reserved += shop->reservations[i].sku == k ? shop->reservations[i].quantity : 0;
        for (size_t i = 0; i < shop->sales->count; i++)
            for (size_t j = 0; j < shop->sales->orders[i]->row_count; j++)
                held += row_is_leaf(&shop->sales->orders[i]->rows[j]) &&
                                shop->sales->orders[i]->rows[j].place == k
                            ? shop->sales->orders[i]->rows[j].held
                            : 0;
        ck_assert_int_eq(reserved, -held);
        ck_assert_int_ge(held, 0);
    }
}

/* What the header comes to, and that nothing was shipped, given back or cancelled that was not ordered. */
static void check_order(const adobe_order *o)
{
    const int64_t *a = o->amount;
    int64_t prepaid = 0, left = 0;
    decimal_read(json_object_get(o->extension, "gift_cards_amount"), &prepaid);
    ck_assert_int_eq(a[ORDER_grand_total] + prepaid, a[ORDER_subtotal] + a[ORDER_discount_amount] +
                                                         a[ORDER_shipping_amount] + a[ORDER_tax_amount] +
                                                         a[ORDER_discount_tax_compensation_amount] +
                                                         a[ORDER_shipping_discount_tax_compensation_amount]);
    ck_assert_int_le(amount_of(a[ORDER_total_refunded]), amount_of(a[ORDER_total_paid]));
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i];
        ck_assert_int_le(r->shipped + r->canceled, r->ordered);
        ck_assert_int_le(r->refunded + r->canceled, r->ordered);
        left += row_to_invoice(o, r);
    }
    if (!left && strcmp(o->state, "canceled") != 0 && a[ORDER_total_canceled] == UNSET)
        ck_assert_int_eq(amount_of(a[ORDER_total_invoiced]), a[ORDER_grand_total]);
}

static void fill_stock(void)
{
    static const char *const codes[] = {"s1", "s2", "s3"};
    for (int i = 1; i <= 4; i++)
        for (int j = 0; j < 3; j++) {
            char sku[8];
            snprintf(sku, sizeof sku, "K%d", i);
            stock(sku, codes[j], (double)world_below(30));
        }
}

START_TEST(the_books_add_up_whatever_hands_do)
{
    add_bundle("SEPARATE", true);
    add_configurable("TEE", "K2");
    adobe_product_add(shop, "SERVICE", "Service", "virtual")->price = 40 * ADOBE_UNIT;
    for (int n = 0; n < 300; n++) {
        if (n % 10 == 0)
            fill_stock();
        shop_step("draw",
                  parsed("{'orders':1,'pickup':0.2,'discount':0.3,'gift_card':0.1,'ships':0.5,'refunds':0.3,"
                         "'cancels':0.1,'holds':0.1,'edits':0.1}"));
        check_reservations();
        for (size_t i = 0; i < shop->sales->count; i++)
            check_order(shop->sales->orders[i]);
    }
    ck_assert_int_gt(shop->sales->count, 100);
    ck_assert_int_gt(shop->sales->documents[SHIPMENT].count, 20);
    ck_assert_int_gt(shop->sales->documents[MEMO].count, 5);
}
END_TEST

START_TEST(documents_add_up_to_their_order)
{
    stock("K1", "s1", 9);
    adobe_order *o =
        place("{'items':[{'sku':'K1','quantity':7,'price':33.33,'discount_percent':7}],'shipping':49}");
    for (int n = 0; n < 7; n++)
        ck_assert_int_eq(post(o, "invoice", "{'items':[{'order_item_id':1,'qty':1}]}"), 200);
    ck_assert_int_eq(sum_of("invoices", "grand_total", o->id), o->amount[ORDER_grand_total]);
    for (int n = 0; n < 7; n++)
        ck_assert_int_eq(post(o, "refund",
                              n ? "{'items':[{'order_item_id':1,'qty':1}],'arguments':{'shipping_amount':0}}"
                                : "{'items':[{'order_item_id':1,'qty':1}]}"),
                         200);
    ck_assert_int_eq(sum_of("creditmemo", "grand_total", o->id), o->amount[ORDER_grand_total]);
    ck_assert_str_eq(o->state, "closed");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim-orders");
    TCase *orders = tcase_create("orders");
    tcase_add_checked_fixture(orders, open_priced, shop_close);
    tcase_set_timeout(orders, 120);
    tcase_add_test(orders, an_order_holds_pieces_and_takes_none);
    tcase_add_test(orders, only_the_websites_stock_is_held);
    tcase_add_test(orders, a_cancelled_order_lets_go_by_one_more_reservation);
    tcase_add_test(orders, a_cancelled_bundle_lets_go_and_counts_nothing);
    tcase_add_test(orders, a_compensation_may_count_later);
    tcase_add_test(orders, a_gift_card_and_credit_are_paid_with);
    tcase_add_test(orders, row_totals_are_told_after_or_before_discount);
    tcase_add_test(orders, options_change_the_price_and_the_rows_sku);
    tcase_add_test(orders, an_edit_cancels_and_takes_the_number_with_a_suffix);
    tcase_add_test(orders, two_store_views_may_number_alike);
    tcase_add_test(orders, a_document_may_leave_updated_at_alone);
    tcase_add_test(orders, the_books_add_up_whatever_hands_do);
    tcase_add_test(orders, documents_add_up_to_their_order);
    suite_add_tcase(suite, orders);
    TCase *documents = documents_case();
    tcase_add_checked_fixture(documents, open_priced, shop_close);
    suite_add_tcase(suite, documents);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
