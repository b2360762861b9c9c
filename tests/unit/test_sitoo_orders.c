/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-source, stream orders, against scripted answers: which web orders it tells of, what it asks for to
 * hydrate them, and what it does not believe. */
#include <tillbridge/test.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const tb_plugin tillbridge_plugin;

#define NOW 1795392000000LL
#define FIELDS                                                                                               \
    "fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,warehouseid,datereserved"
#define SWEEP(from)                                                                                          \
    "eshopid=1&orderstate=0&ordertype=10,100&orderidfrom=" from "&sort=orderid&num=100&" FIELDS
#define ALL_FIELDS                                                                                           \
    "&start=0&num=100&fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,"             \
    "paymentstateid,warehouseid,datereserved,orderdate,currencycode,customerref,moneyfinal_net,"             \
    "moneyfinal_vat,moneyfinal_salestax,moneytotal_gross_roundoff,moneytotal_gross_all,additionaldata,"      \
    "orderitems,orderlogitems"
#define LIST(total, items) "{\"totalcount\":" total ",\"items\":[" items "]}"
#define OURS(id, external, state, until)                                                                     \
    "{\"orderid\":" id ",\"eshopid\":1,\"externalid\":\"" external                                           \
    "\",\"ordertypeid\":10,\"orderstateid\":" state ",\"warehouseid\":31,\"datereserved\":" until            \
    ",\"orderlogitems\":[]}"
#define SALE(id)                                                                                             \
    "{\"orderid\":" id ",\"eshopid\":1,\"externalid\":null,\"ordertypeid\":10,\"orderstateid\":10,"          \
    "\"datereserved\":null}"
#define LAST_WEEK "1795000000"
#define IN_A_MONTH "1797984000" /* now + 30 days */

static tb_test *t;

static void setup(void)
{
    t = tb_test_new(&tillbridge_plugin, "site=1", "stream=orders", NULL);
}

static void teardown(void)
{
    tb_test_free(t);
}

static void check_clean(void)
{
    ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
}

static void read_on(void)
{
    tb_verdict v = tb_test_read(t, NULL);
    check_clean();
    ck_assert_int_eq(v, TB_OK);
}

/* A first read, whose sweep finds nothing; the next is due in ten minutes. */
static void swept(void)
{
    tb_test_expect(t, "GET", "/orders.json", SWEEP("1"), 200, LIST("0", ""));
    read_on();
}

static void fed(int i, const char *key, const char *rule)
{
    tb_record *r = tb_test_fed(t, i);
    ck_assert_msg(r != NULL, "nothing fed as %d", i);
    ck_assert_str_eq(tb_record_type(r), "order");
    ck_assert_str_eq(tb_record_key(r), key);
    ck_assert_int_eq(json_object_size(tb_record_body(r)), 0);
    ck_assert_str_eq(tb_test_fed_rule(t, i) ? tb_test_fed_rule(t, i) : "", rule);
}

static void note(const char *id)
{
    tb_test_set_state(t, "orders", id, "{\"at\":1795391000000}");
}

/* ---- read ---- */

START_TEST(events_end_as_keys_of_web_orders_or_as_till_sales)
{
    swept();
    ck_assert_int_eq(
        tb_test_receive(
            t, "[{\"event_type\":\"order\",\"data\":{\"eshop_id\":1,\"order_id\":7}},"
               "{\"event_type\":\"order-delivery\",\"data\":{\"order_id\":8,\"order_delivery_id\":3}},"
               "{\"event_type\":\"booking\",\"data\":{\"order_id\":9}},"
               "{\"event_type\":\"warehouse-transaction\",\"data\":{\"warehouse_transaction_id\":5}}]"),
        TB_OK);
    tb_test_set_now(t, NOW + 2000); /* they are gathered for a moment */
    tb_test_expect(t, "GET", "/orders.json", "orderid=7,8,9&num=100&" FIELDS, 200,
                   LIST("3", OURS("8", "P-000000012-1-1", "0",
                                  IN_A_MONTH) "," SALE("7") "," OURS("9", "OLD-9", "0", IN_A_MONTH)));
    read_on();
    fed(0, "till-7", "till-sale");
    fed(1, "till-9", "till-order");
    fed(2, "000000012", "");
    ck_assert_ptr_null(tb_test_fed(t, 3));
    ck_assert_ptr_null(tb_test_state(t, "orders", "8"));
    ck_assert_ptr_nonnull(tb_test_state(t, "till", "000000012/8"));
    ck_assert_str_eq(tb_test_fed_id(t, 0), "till-7/10"); /* a second event of it is a duplicate */
    ck_assert_str_eq(tb_test_fed_id(t, 2), "");          /* each hint counts */
}
END_TEST

START_TEST(another_site_is_not_ours)
{
    swept();
    note("8");
    tb_test_expect(t, "GET", "/orders.json", "orderid=8&num=100&" FIELDS, 200,
                   LIST("1", "{\"orderid\":8,\"eshopid\":2,\"externalid\":\"P-1-1-1\",\"orderstateid\":10}"));
    read_on();
    ck_assert_ptr_null(tb_test_fed(t, 0));
}
END_TEST

START_TEST(timers_tell_of_renewal_and_lapse)
{
    swept();
    note("8");
    tb_test_expect(t, "GET", "/orders.json", "orderid=8&num=100&" FIELDS, 200,
                   LIST("1", OURS("8", "P-12-1-1", "0", IN_A_MONTH)));
    read_on();
    int64_t renew = 1797984000000LL - 7 * 86400000LL, lapse = 1797984000000LL + 60000;
    char name[64];
    snprintf(name, sizeof name, "%015lld/8", (long long)renew);
    ck_assert_ptr_nonnull(tb_test_state(t, "timers", name));
    tb_test_set_now(t, renew);
    tb_test_expect(t, "GET", "/orders.json", SWEEP("1"), 200,
                   LIST("1", OURS("8", "P-12-1-1", "0", IN_A_MONTH)));
    read_on();
    fed(0, "12", "");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    tb_test_set_now(t, lapse);
    tb_test_expect(t, "GET", "/orders.json", SWEEP("1"), 200,
                   LIST("1", OURS("8", "P-12-1-1", "0", IN_A_MONTH)));
    read_on();
    fed(0, "12", "");
    ck_assert_ptr_null(tb_test_fed(t, 1));
}
END_TEST

/* Reserved for a day, as an unpaid order is: told while there is time to renew it. */
START_TEST(a_short_reservation_is_told_before_it_lapses)
{
    swept();
    note("8");
    tb_test_expect(t, "GET", "/orders.json", "orderid=8&num=100&" FIELDS, 200,
                   LIST("1", OURS("8", "P-12-1-1", "0", "1795478400")));
    read_on();
    char name[64];
    int64_t end = 1795478400000LL;
    snprintf(name, sizeof name, "%015lld/8", (long long)(end - (end - NOW) / 4));
    ck_assert_ptr_nonnull(tb_test_state(t, "timers", name));
}
END_TEST

START_TEST(a_timer_of_a_closed_order_is_silent)
{
    swept();
    tb_test_set_state(t, "till", "12/8",
                      "{\"x\":\"P-12-1-1\",\"s\":10,\"r\":1795392000,\"at\":1795391000000}");
    tb_test_set_state(t, "timers", "001795392000500/8", "{\"keys\":[\"12/8\"]}");
    tb_test_set_now(t, NOW + 1000);
    read_on();
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert_ptr_null(tb_test_state(t, "timers", "001795392000500/8"));
}
END_TEST

START_TEST(the_sweep_tells_what_differs_and_who_has_left)
{
    static const char *const seen = "{\"x\":\"P-%s-1-1\",\"s\":%d,\"r\":1797984000,\"at\":1795300000000}";
    char same[120], left[120], closed[120];
    snprintf(same, sizeof same, seen, "11", 0);
    snprintf(left, sizeof left, seen, "12", 0);
    snprintf(closed, sizeof closed, seen, "13", 10);
    tb_test_set_state(t, "till", "11/1", same);
    tb_test_set_state(t, "till", "12/2", left);
    tb_test_set_state(t, "till", "13/3", closed);
    tb_test_expect(t, "GET", "/orders.json", SWEEP("1"), 200,
                   LIST("2", OURS("1", "P-11-1-1", "0", IN_A_MONTH)));
    read_on();
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert(tb_test_fed_more(t));
    tb_test_expect(t, "GET", "/orders.json", SWEEP("2"), 200,
                   LIST("1", OURS("5", "P-14-2-1", "0", LAST_WEEK)));
    read_on();
    fed(0, "14", "");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    ck_assert_ptr_nonnull(tb_test_state(t, "orders", "2")); /* left: to be read by its id */
    ck_assert_ptr_null(tb_test_state(t, "orders", "1"));
    ck_assert_ptr_null(tb_test_state(t, "orders", "3"));
    tb_test_set_now(t, NOW + 3000);
    tb_test_expect(t, "GET", "/orders.json", "orderid=2&num=100&" FIELDS, 200,
                   LIST("1", OURS("2", "P-12-1-1", "20", IN_A_MONTH)));
    read_on();
    fed(0, "12", "");
    ck_assert_int_eq(tb_test_fed_at(t), NOW + 600000);
}
END_TEST

START_TEST(a_sweep_out_of_order_is_not_believed)
{
    tb_test_set_state(t, "till", "12/2", "{\"x\":\"P-12-1-1\",\"s\":0,\"r\":0,\"at\":1795300000000}");
    tb_test_expect(
        t, "GET", "/orders.json", SWEEP("1"), 200,
        LIST("2", OURS("9", "P-11-1-1", "0", LAST_WEEK) "," OURS("3", "P-13-1-1", "0", LAST_WEEK)));
    read_on();
    ck_assert_ptr_nonnull(tb_test_raised(t, 0));
    ck_assert_ptr_null(tb_test_state(t, "orders", "2"));
    tb_test_set_now(t, NOW + 600000);
    tb_test_expect(t, "GET", "/orders.json", SWEEP("1"), 200, LIST("0", ""));
    read_on();
    ck_assert_ptr_nonnull(tb_test_state(t, "orders", "2"));
}
END_TEST

/* ---- hydrate ---- */

#define NO_DELIVERY LIST("0", "")

static void expect_deliveries(const char *id, const char *list)
{
    char path[80];
    snprintf(path, sizeof path, "/sites/1/orders/%s/orderdeliveries.json", id);
    tb_test_expect(t, "GET", path, "start=0&num=100", 200, list);
}

static const json_t *orders_of(const tb_record *record)
{
    return json_object_get(tb_record_part(record, "till.order"), "orders");
}

static int64_t id_at(const tb_record *record, size_t i)
{
    return json_integer_value(json_object_get(json_array_get(orders_of(record), i), "orderid"));
}

START_TEST(all_orders_of_all_parts_and_attempts)
{
    tb_record *r[2] = {tb_record_new("order", "12", json_object()),
                       tb_record_new("order", "13", json_object())};
    tb_test_set_state(t, "attempts", "12",
                      "{\"parts\":[{\"part\":1,\"attempt\":2,\"external\":\"P-12-1-2\",\"till\":20},"
                      "{\"part\":2,\"attempt\":1,\"external\":\"P-12-2-1\",\"till\":null}]}");
    tb_test_set_state(t, "till", "13/30", "{\"x\":\"P-13-1-1\",\"s\":0,\"r\":0,\"at\":1}");
    tb_test_set_state(t, "till", "13/31", "{\"x\":\"OLD\",\"s\":0,\"r\":0,\"at\":1}");
    tb_test_expect(
        t, "GET", "/orders.json",
        "externalid=P-12-1-2,P-12-1-1,P-12-1-3,P-12-2-1,P-12-2-2,P-12-3-1,P-13-1-1" ALL_FIELDS, 200,
        LIST("3", OURS("30", "P-13-1-1", "0", LAST_WEEK) "," OURS("20", "P-12-1-2", "0", LAST_WEEK) "," OURS(
                      "19", "P-12-1-1", "20", LAST_WEEK)));
    tb_test_expect(t, "GET", "/orders.json", "orderid=31" ALL_FIELDS, 200,
                   LIST("1", "{\"orderid\":31,\"externalid\":\"CHANGED\",\"orderstateid\":0}"));
    expect_deliveries("30", LIST("1", "{\"orderdeliveryid\":7}"));
    expect_deliveries("20", NO_DELIVERY);
    expect_deliveries("19", NO_DELIVERY);
    expect_deliveries("31", NO_DELIVERY);
    tb_test_expect(t, "GET", "/sites/1/orders/31/orderlogitems.json", "start=0&num=100", 200,
                   LIST("1", "{\"orderlogtypeid\":900}"));
    ck_assert_int_eq(tb_test_hydrate(t, r, 2), TB_OK);
    check_clean();
    ck_assert_int_eq(json_array_size(orders_of(r[0])), 2);
    ck_assert_int_eq(id_at(r[0], 0), 19);
    ck_assert_int_eq(id_at(r[0], 1), 20);
    ck_assert_int_eq(id_at(r[1], 0), 30);
    ck_assert_int_eq(id_at(r[1], 1), 31);
    const json_t *deliveries = json_object_get(json_array_get(orders_of(r[1]), 0), "deliveries");
    ck_assert_int_eq(json_array_size(deliveries), 1);
    ck_assert_int_eq(json_array_size(json_object_get(json_array_get(orders_of(r[1]), 1), "orderlogitems")),
                     1);
    tb_record_unref(r[0]);
    tb_record_unref(r[1]);
}
END_TEST

START_TEST(none_is_none_and_no_answer_is_tried_again)
{
    tb_record *r = tb_record_new("order", "12", json_object());
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-12-1-1" ALL_FIELDS, 200, LIST("0", ""));
    ck_assert_int_eq(tb_test_hydrate(t, &r, 1), TB_OK);
    check_clean();
    ck_assert(json_is_array(orders_of(r)) && !json_array_size(orders_of(r)));
    tb_record_unref(r);
    r = tb_record_new("order", "12", json_object());
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-12-1-1" ALL_FIELDS, 0, "");
    ck_assert_int_eq(tb_test_hydrate(t, &r, 1), TB_RETRY);
    ck_assert_ptr_null(orders_of(r));
    tb_record_unref(r);
}
END_TEST

/* The answer shows what was not asked for, or is refused: the guilty record alone is rejected. */
START_TEST(an_answer_that_does_not_obey_is_halved)
{
    tb_record *r[2] = {tb_record_new("order", "12", json_object()),
                       tb_record_new("order", "13", json_object())};
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-12-1-1,P-13-1-1" ALL_FIELDS, 400, "{}");
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-12-1-1" ALL_FIELDS, 200,
                   LIST("1", OURS("5", "P-99-1-1", "0", LAST_WEEK)));
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-13-1-1" ALL_FIELDS, 200, LIST("0", ""));
    ck_assert_int_eq(tb_test_hydrate(t, r, 2), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(r[0]), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r[0]), "sitoo.untrusted");
    ck_assert_ptr_null(orders_of(r[0]));
    ck_assert_int_eq(tb_test_verdict(r[1]), TB_OK);
    ck_assert(json_is_array(orders_of(r[1])));
    tb_record_unref(r[0]);
    tb_record_unref(r[1]);
}
END_TEST

START_TEST(a_list_of_deliveries_that_breaks_off_is_not_believed)
{
    tb_record *r = tb_record_new("order", "12", json_object());
    tb_test_expect(t, "GET", "/orders.json", "externalid=P-12-1-1" ALL_FIELDS, 200,
                   LIST("1", OURS("5", "P-12-1-1", "0", LAST_WEEK)));
    expect_deliveries("5", LIST("2", "{\"orderdeliveryid\":7}"));
    tb_test_expect(t, "GET", "/sites/1/orders/5/orderdeliveries.json", "start=1&num=100", 200, LIST("2", ""));
    ck_assert_int_eq(tb_test_hydrate(t, &r, 1), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_reason(r), "sitoo.untrusted");
    tb_record_unref(r);
}
END_TEST

START_TEST(it_needs_no_tables)
{
    ck_assert_int_eq(tb_test_check(t), 0);
    tb_test *stock = tb_test_new(&tillbridge_plugin, "site=1", NULL);
    ck_assert_int_eq(tb_test_check(stock), 1); /* stream stock does */
    tb_test_free(stock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sitoo-source, stream orders");
    TCase *c = tcase_create("all");
    static const TTest *const *const tests[] = {
        &events_end_as_keys_of_web_orders_or_as_till_sales,
        &another_site_is_not_ours,
        &timers_tell_of_renewal_and_lapse,
        &a_short_reservation_is_told_before_it_lapses,
        &a_timer_of_a_closed_order_is_silent,
        &the_sweep_tells_what_differs_and_who_has_left,
        &a_sweep_out_of_order_is_not_believed,
        &all_orders_of_all_parts_and_attempts,
        &none_is_none_and_no_answer_is_tried_again,
        &an_answer_that_does_not_obey_is_halved,
        &a_list_of_deliveries_that_breaks_off_is_not_believed,
        &it_needs_no_tables,
    };
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(c, *tests[i]);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
