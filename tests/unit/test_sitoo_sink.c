/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-sink against scripted answers: what is sent, to the cent; what each answer means; and above all when
 * an order that is found is the one that was to be made. */
#include <tillbridge/test.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sdk/host.h"
#include "plugins/sitoo/external.h"

extern const tb_plugin tillbridge_plugin;

#define EXTERNAL "P-000000012-1-1"
#define POST_PATH "/sites/1/orders.json"
#define ONE "/sites/1/orders/20417.json"
#define DELIVERIES "/sites/1/orders/20417/orderdeliveries.json"
#define ALL "start=0&num=100"
#define FIND                                                                                                 \
    "externalid=" EXTERNAL "&start=0&num=100&fields=orderid,eshopid,externalid,creditorderid,ordertypeid,"   \
    "orderstateid,paymentstateid,warehouseid,datereserved,orderdate,currencycode,customerref,moneyfinal_"    \
    "net,"                                                                                                   \
    "moneyfinal_vat,moneyfinal_salestax,moneytotal_gross_roundoff,moneytotal_gross_all,additionaldata,"      \
    "orderitems,orderlogitems"
#define LIST(total, items) "{\"totalcount\":" total ",\"items\":[" items "]}"
#define CAP_ROW                                                                                              \
    "{\"orderitemid\":0,\"sku\":\"CAP\",\"quantity\":2,\"additionaldata\":{\"web-itemid\":\"551\"}}"
#define FEE_ROW                                                                                              \
    "{\"orderitemid\":1,\"sku\":\"FREIGHT\",\"quantity\":1,\"additionaldata\":{\"web-fee\":\"shipping\"}}"
#define TILL(state, net, vat, rows)                                                                          \
    "{\"orderid\":20417,\"externalid\":\"" EXTERNAL "\",\"orderstateid\":" state ",\"warehouseid\":31,"      \
    "\"datereserved\":1798000000,\"moneyfinal_net\":\"" net "\",\"moneyfinal_vat\":\"" vat "\","             \
    "\"moneyfinal_salestax\":\"0.00\",\"orderitems\":[" rows "]}"
#define AS_SENT TILL("0", "319.20", "79.80", CAP_ROW "," FEE_ROW)
#define REFUSED "{\"statuscode\":400,\"errortext\":\"Field 'externalid' is not unique.\"}"

static const char *const step_text =
    "{\"external\":\"" EXTERNAL "\",\"warehouse\":\"31\",\"reference\":\"000000012\",\"paid\":true,"
    "\"until\":1798000000999,\"currency\":\"SEK\",\"delivery\":\"pickup\",\"total\":\"399.00\","
    "\"rows\":[{\"item\":551,\"sku\":\"CAP\",\"quantity\":2,\"gross\":\"350.00\",\"discount\":\"48.00\","
    "\"rate\":\"25.0000\",\"name\":\"Cap red M\",\"options\":\"gift\"}],"
    "\"fees\":[{\"kind\":\"shipping\",\"gross\":\"49.00\",\"rate\":12.5}],"
    "\"payments\":[{\"kind\":\"gift-card\",\"amount\":\"50\"}],"
    "\"customer\":{\"name\":\"Ada M. Berg\",\"email\":\"ada@example.org\",\"phone\":\"+46700000000\"}}";

static tb_test *t;
static tb_record *record;

static void setup(void)
{
    t = tb_test_new(&tillbridge_plugin, "site=1", "shipping-sku=FREIGHT", NULL);
    record = NULL;
}

static void teardown(void)
{
    tb_record_unref(record);
    tb_test_free(t);
}

static void step(const char *text, const char *probe)
{
    json_t *value = json_loads(text, 0, NULL);
    ck_assert_msg(value != NULL, "%s", text);
    tb_record_unref(record);
    record = tb_record_new("order", "000000012", json_pack("{s:o}", "step", value));
    tb_record_set_probe(record, probe);
}

/* The step with one field changed. */
static void step_with(const char *field, json_t *value)
{
    json_t *changed = json_loads(step_text, 0, NULL);
    json_object_set_new(changed, field, value);
    tb_record_unref(record);
    record = tb_record_new("order", "000000012", json_pack("{s:o}", "step", changed));
    tb_record_set_probe(record, EXTERNAL);
}

static void check_clean(void)
{
    ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
}

static tb_verdict deliver(const char *operation)
{
    tb_verdict v = tb_test_deliver(t, operation, &record, 1);
    check_clean();
    return v;
}

static void rejected(const char *reason)
{
    ck_assert_int_eq(tb_test_verdict(record), TB_REJECT);
    ck_assert_msg(!strcmp(tb_test_reason(record), reason), "%s: %s", tb_test_reason(record),
                  tb_test_text(record));
}

static void applied(const char *id)
{
    ck_assert_msg(tb_test_verdict(record) == TB_APPLIED, "%s: %s", tb_test_reason(record),
                  tb_test_text(record));
    ck_assert(tb_test_is_more(record));
    ck_assert_str_eq(tb_test_answer_id(record), id);
}

/* ---- external ids ---- */

START_TEST(external_ids_are_read_from_behind)
{
    static const struct {
        const char *text, *order;
        int part, attempt;
    } rows[] = {
        {"P-000000012-1-1", "000000012", 1, 1},
        {"P-000000012-1-2-13", "000000012-1", 2, 13},
        {"P-WEB_7-1-9999", "WEB_7", 1, 9999},
        {"P-000000012-1", NULL, 0, 0},
        {"P--1-1", NULL, 0, 0},
        {"P-1-1", NULL, 0, 0},
        {"P-12-01-1", NULL, 0, 0},
        {"P-12-1-0", NULL, 0, 0},
        {"P-12-1-10000", NULL, 0, 0},
        {"P-12-1-", NULL, 0, 0},
        {"R-12-1-1", NULL, 0, 0},
        {"P-1/2-1-1", NULL, 0, 0},
        {"", NULL, 0, 0},
        {"P-12345678901234567890123456789012345-1-1", NULL, 0, 0}, /* 41 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sitoo_external x;
        char again[SITOO_EXTERNAL];
        bool ours = sitoo_external_parse(rows[i].text, &x);
        ck_assert_msg(ours == (rows[i].order != NULL), "%s", rows[i].text);
        if (!ours)
            continue;
        ck_assert_str_eq(x.order, rows[i].order);
        ck_assert_int_eq(x.part, rows[i].part);
        ck_assert_int_eq(x.attempt, rows[i].attempt);
        ck_assert_int_eq(sitoo_external_write(x.order, x.part, x.attempt, again), 0);
        ck_assert_str_eq(again, rows[i].text);
    }
    char out[SITOO_EXTERNAL];
    ck_assert_int_eq(sitoo_external_write("1234567890123456789012345678901234", 1, 1, out), 0); /* 40 */
    ck_assert_int_eq(sitoo_external_write("12345678901234567890123456789012345", 1, 1, out), -1);
    ck_assert_int_eq(sitoo_external_write("a b", 1, 1, out), -1);
}
END_TEST

/* ---- what is sent ---- */

START_TEST(an_order_is_written_to_the_cent)
{
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20417");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    ck_assert_int_eq(deliver("order"), TB_OK);
    applied("20417");
    json_t *wanted = json_loads(
        "{\"ordertypeid\":10,\"externalid\":\"" EXTERNAL "\",\"paymentstateid\":20,\"warehouseid\":31,"
        "\"datereserved\":1798000000,\"currencycode\":\"SEK\",\"customerref\":\"000000012\","
        "\"namefirst\":\"Ada "
        "M.\",\"namelast\":\"Berg\",\"email\":\"ada@example.org\",\"phone\":\"+46700000000\","
        "\"additionaldata\":{\"weborder\":\"true\",\"weborder-bopis\":\"true\",\"web-order\":\"000000012\"},"
        "\"orderitems\":[{\"productname\":\"Cap red M\",\"sku\":\"CAP\",\"quantity\":2,"
        "\"productattributes\":\"gift\",\"moneyrowprice\":\"398.00\",\"moneyrowdiscount\":\"48.00\","
        "\"vatvalue\":25,"
        "\"additionaldata\":{\"web-itemid\":\"551\"}},"
        "{\"productname\":\"Shipping\",\"sku\":\"FREIGHT\",\"quantity\":1,\"moneyrowprice\":\"49.00\","
        "\"vatvalue\":12.5,\"additionaldata\":{\"web-fee\":\"shipping\"}}],"
        "\"payments\":[{\"name\":\"Web gift card\",\"moneyamount\":\"50.00\"}]}",
        0, NULL);
    char *sent = json_dumps(tb_test_asked_json(t, 0), JSON_SORT_KEYS);
    ck_assert_msg(json_equal(wanted, tb_test_asked_json(t, 0)), "%s", sent);
    free(sent);
    json_decref(wanted);
}
END_TEST

START_TEST(what_is_not_paid_is_pending)
{
    step_with("paid", json_false());
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20417");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    deliver("order");
    ck_assert_int_eq(json_integer_value(json_object_get(tb_test_asked_json(t, 0), "paymentstateid")), 10);
}
END_TEST

START_TEST(a_shipment_has_an_address_or_is_not_sent)
{
    step_with("delivery", json_string("ship"));
    deliver("order");
    rejected("order.no-address");
    json_t *changed = json_loads(step_text, 0, NULL);
    json_object_set_new(changed, "delivery", json_string("ship"));
    json_object_set_new(changed, "address",
                        json_pack("{s:s, s:s, s:s, s:s}", "street", "Storgatan 1", "city", "Lund", "zip",
                                  "22222", "country", "se"));
    char *text = json_dumps(changed, 0);
    step(text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20417");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    deliver("order");
    const json_t *sent = tb_test_asked_json(t, 0);
    ck_assert_str_eq(json_string_value(json_object_get(sent, "delivery_address")), "Storgatan 1");
    ck_assert_ptr_nonnull(json_object_get(json_object_get(sent, "additionaldata"), "weborder-bosfs"));
    free(text);
    json_decref(changed);
}
END_TEST

/* Nothing is asked: it would be wrong at the till. */
START_TEST(what_cannot_be_written_is_not_sent)
{
    static const char *const wrong[][2] = {
        {"total", "\"398.99\""},
        {"total", "null"},
        {"external", "\"P 1\""},
        {"external", "\"P-000000012-1-2\""}, /* not what it is probed by */
        {"warehouse", "\"\""},
        {"rows", "[]"},
        {"rows", "[{\"item\":551,\"sku\":\"CAP\",\"quantity\":1.5,\"gross\":\"350.00\",\"rate\":\"25\"}]"},
        {"rows", "[{\"item\":551,\"sku\":\"CAP\",\"quantity\":2,\"gross\":\"350.005\",\"rate\":\"25\"}]"},
        {"rows", "[{\"item\":551,\"sku\":\"CAP\",\"quantity\":2,\"gross\":\"350.00\"}]"},
        {"rows", "[{\"sku\":\"CAP\",\"quantity\":2,\"gross\":\"350.00\",\"rate\":\"25\"}]"},
        {"rows", "[{\"item\":551,\"quantity\":2,\"gross\":\"350.00\",\"rate\":\"25\"}]"},
        {"rows", "[5]"},
        {"fees", "[{\"kind\":\"tip\",\"gross\":\"49.00\",\"rate\":\"25\"}]"},
        {"payments", "[{\"kind\":\"gift-card\",\"amount\":\"1.001\"}]"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        step_with(wrong[i][0], json_loads(wrong[i][1], JSON_DECODE_ANY, NULL));
        deliver("order");
        ck_assert_msg(!strcmp(tb_test_reason(record), "order.unfit"), "%s %s: %s", wrong[i][0], wrong[i][1],
                      tb_test_reason(record));
    }
    ck_assert_int_eq(tb_test_asked(t), 0);
}
END_TEST

/* ---- what Sitoo made of it ---- */

START_TEST(what_the_till_made_otherwise_is_told)
{
    static const struct {
        const char *order, *says;
    } rows[] = {
        {TILL("0", "319.20", "79.79", CAP_ROW "," FEE_ROW), "its total is 398.99, 399.00 was sent"},
        {"{\"orderid\":20417,\"externalid\":\"" EXTERNAL
         "\",\"orderstateid\":0,\"warehouseid\":32,\"datereserved\":1798000000,\"moneyfinal_"
         "net\":"
         "\"399.00\",\"orderitems\":[" CAP_ROW "," FEE_ROW "]}",
         "it stands at warehouse 32"},
        {"{\"orderid\":20417,\"externalid\":\"" EXTERNAL
         "\",\"orderstateid\":0,\"warehouseid\":31,\"datereserved\":null,\"moneyfinal_net\":"
         "\"399.00\",\"orderitems\":[" CAP_ROW "," FEE_ROW "]}",
         "it is reserved until 0"},
        {TILL("0", "319.20", "79.80", CAP_ROW), "reads back with other rows"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        step(step_text, EXTERNAL);
        tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20417");
        tb_test_expect(t, "GET", ONE, NULL, 200, rows[i].order);
        deliver("order");
        rejected("order.not-as-sent");
        ck_assert_msg(strstr(tb_test_text(record), rows[i].says) != NULL, "%s", tb_test_text(record));
    }
}
END_TEST

/* An answer as a batch of one is the same; one that is no id is looked up. */
START_TEST(other_forms_of_the_answer)
{
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "[{\"statuscode\":200,\"return\":20417}]");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    deliver("order");
    applied("20417");
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "true");
    tb_test_expect(t, "GET", "/orders.json", FIND, 200, LIST("1", AS_SENT));
    deliver("order");
    applied("20417");
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "[{\"statuscode\":400,\"errortext\":\"no\"}]");
    tb_test_expect(t, "GET", "/orders.json", FIND, 200, LIST("0", ""));
    deliver("order");
    rejected("order.refused");
}
END_TEST

/* 20417 cut to 20 is a number too, of somebody else's order or of none. */
START_TEST(an_answer_that_was_cut_is_looked_up)
{
    static const char *const there[] = {"{\"orderid\":20,\"externalid\":\"P-7-1-1\"}", "{}"};
    for (int i = 0; i < 2; i++) {
        step(step_text, EXTERNAL);
        tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20");
        tb_test_expect(t, "GET", "/sites/1/orders/20.json", NULL, i ? 404 : 200, there[i]);
        tb_test_expect(t, "GET", "/orders.json", FIND, 200, LIST("1", AS_SENT));
        deliver("order");
        applied("20417");
    }
}
END_TEST

START_TEST(without_the_second_answer_only_the_probe_may_tell)
{
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 200, "20417");
    tb_test_expect(t, "GET", ONE, NULL, 0, "");
    ck_assert_int_eq(deliver("order"), TB_OK);
    ck_assert_int_eq(tb_test_verdict(record), TB_UNKNOWN);
}
END_TEST

/* ---- found again ---- */

#define OTHER_ROWS TILL("0", "319.20", "79.80", CAP_ROW)
#define OTHER_ITEM                                                                                           \
    TILL("0", "319.20", "79.80",                                                                             \
         "{\"sku\":\"CAP\",\"quantity\":2,\"additionaldata\":{\"web-itemid\":\"552\"}}," FEE_ROW)
#define OTHER_PIECES                                                                                         \
    TILL("0", "319.20", "79.80",                                                                             \
         "{\"sku\":\"CAP\",\"quantity\":3,\"additionaldata\":{\"web-itemid\":\"551\"}}," FEE_ROW)
#define SORTED_OTHERWISE TILL("10", "319.20", "79.80", FEE_ROW "," CAP_ROW)
#define CANCELLED TILL("20", "319.20", "79.80", CAP_ROW "," FEE_ROW)

static const struct found_row {
    const char *list;
    tb_verdict probe;    /* of the probe */
    const char *refused; /* reason after a POST that was refused; NULL: applied; "" tried again */
} found_rows[] = {
    {LIST("0", ""), TB_NOOP, "order.refused"},
    {LIST("1", AS_SENT), TB_APPLIED, NULL},
    {LIST("1", SORTED_OTHERWISE), TB_APPLIED, NULL},
    {LIST("1", CANCELLED), TB_NOOP, ""},
    {LIST("1", OTHER_ROWS), TB_NOOP, "order.id-taken"},
    {LIST("1", OTHER_ITEM), TB_NOOP, "order.id-taken"},
    {LIST("1", OTHER_PIECES), TB_NOOP, "order.id-taken"},
    {LIST("2", CANCELLED "," AS_SENT), TB_APPLIED, NULL},
    {LIST("2", CANCELLED "," OTHER_ROWS), TB_NOOP, "order.id-taken"},
    /* the filter was not obeyed: nothing is known */
    {LIST("1", "{\"orderid\":5,\"externalid\":\"P-9-1-1\",\"orderstateid\":0}"), TB_RETRY, "unknown"},
};

START_TEST(a_found_order_is_judged)
{
    const struct found_row *row = &found_rows[_i];
    step(step_text, EXTERNAL);
    tb_test_expect(t, "GET", "/orders.json", FIND, 200, row->list);
    ck_assert_int_eq(tb_test_probe(t, "order", record), row->probe);
    check_clean();
    if (row->probe == TB_APPLIED)
        ck_assert_str_eq(tb_test_answer_id(record), "20417");
}
END_TEST

START_TEST(an_id_that_is_taken_is_an_answer_to_probe)
{
    const struct found_row *row = &found_rows[_i];
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 400, REFUSED);
    tb_test_expect(t, "GET", "/orders.json", FIND, 200, row->list);
    ck_assert_int_eq(deliver("order"), TB_OK);
    if (!row->refused)
        applied("20417");
    else if (!*row->refused)
        ck_assert_int_eq(tb_test_verdict(record), TB_RETRY);
    else if (!strcmp(row->refused, "unknown"))
        ck_assert_int_eq(tb_test_verdict(record), TB_UNKNOWN);
    else
        rejected(row->refused);
}
END_TEST

START_TEST(no_answer_is_the_cores)
{
    tb_record *two[2];
    step(step_text, EXTERNAL);
    two[0] = tb_record_ref(record);
    step(step_text, EXTERNAL);
    two[1] = record;
    tb_test_expect(t, "POST", POST_PATH, NULL, 0, "");
    ck_assert_int_eq(tb_test_deliver(t, "order", two, 2), TB_RETRY);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(two[0]), TB_OK);   /* the core's table judges it */
    ck_assert_int_eq(tb_test_verdict(two[1]), TB_WAIT); /* was not sent */
    tb_record_unref(two[0]);
    tb_test_expect(t, "GET", "/orders.json", FIND, 0, "");
    ck_assert_int_eq(tb_test_probe(t, "order", two[1]), TB_RETRY);
    step(step_text, EXTERNAL);
    tb_test_expect(t, "POST", POST_PATH, NULL, 404, "{}");
    deliver("order");
    rejected("sitoo.not-found");
}
END_TEST

/* ---- cancel ---- */

#define DELIVERED(cancelled)                                                                                 \
    LIST("1", "{\"orderdeliveryid\":7,\"datecancelled\":" cancelled                                          \
              ",\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":1}]}")

static void till_step(const char *text)
{
    step(text, "");
}

START_TEST(cancel_once_is_cancel_twice)
{
    till_step("{\"till\":20417}");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, DELIVERED("1795000000"));
    tb_test_expect(t, "PUT", ONE, NULL, 200, "true");
    tb_test_expect(t, "GET", ONE, NULL, 200, CANCELLED);
    deliver("order-cancel");
    applied("20417");
    ck_assert_int_eq(json_integer_value(json_object_get(tb_test_asked_json(t, 2), "orderstateid")), 20);
    tbh_reset(record);
    tb_test_expect(t, "GET", ONE, NULL, 200, CANCELLED);
    deliver("order-cancel");
    applied("20417");
}
END_TEST

START_TEST(what_was_handed_out_is_not_cancelled)
{
    till_step("{\"till\":20417}");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, DELIVERED("null"));
    deliver("order-cancel");
    rejected("order.delivered");
    till_step("{\"till\":20417}");
    tb_test_expect(t, "GET", ONE, NULL, 200, SORTED_OTHERWISE); /* closed */
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, LIST("0", ""));
    deliver("order-cancel");
    rejected("order.delivered");
}
END_TEST

START_TEST(a_yes_that_changed_nothing_is_not_believed)
{
    till_step("{\"till\":20417}");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, LIST("0", ""));
    tb_test_expect(t, "PUT", ONE, NULL, 200, "true");
    tb_test_expect(t, "GET", ONE, NULL, 200, AS_SENT);
    deliver("order-cancel");
    rejected("order.refused");
    till_step("{\"till\":20417}");
    tb_test_expect(t, "GET", ONE, NULL, 404, "{}");
    deliver("order-cancel");
    rejected("order.not-there");
}
END_TEST

/* ---- renew ---- */

#define UNTIL(n)                                                                                             \
    "{\"orderid\":20417,\"externalid\":\"" EXTERNAL "\",\"orderstateid\":0,\"datereserved\":" n "}"

START_TEST(a_reservation_is_never_made_shorter)
{
    till_step("{\"till\":20417,\"until\":1798000000000}");
    tb_test_expect(t, "GET", ONE, NULL, 200, UNTIL("1797000000"));
    tb_test_expect(t, "PUT", ONE, NULL, 200, "true");
    tb_test_expect(t, "GET", ONE, NULL, 200, UNTIL("1798000000"));
    deliver("reservation-renew");
    applied("20417");
    ck_assert_int_eq(json_integer_value(json_object_get(tb_test_asked_json(t, 1), "datereserved")),
                     1798000000);
    static const char *const enough[] = {UNTIL("1798000000"), UNTIL("1799000000"), CANCELLED};
    for (size_t i = 0; i < 3; i++) {
        till_step("{\"till\":20417,\"until\":1798000000000}");
        tb_test_expect(t, "GET", ONE, NULL, 200, enough[i]);
        deliver("reservation-renew");
        applied("20417");
    }
}
END_TEST

/* ---- delivery ---- */

#define TOKEN "[tb:000000012-d-1]"
#define WITH_TOKEN(cancelled)                                                                                \
    LIST("1", "{\"orderdeliveryid\":77,\"orderdeliveryref\":\"" TOKEN "\",\"datecancelled\":" cancelled "}")

static void delivery_step(void)
{
    step("{\"till\":20417,\"warehouse\":\"31\",\"token\":\"" TOKEN
         "\",\"rows\":[{\"row\":0,\"quantity\":1}]}",
         TOKEN);
}

START_TEST(a_delivery_is_made_once)
{
    delivery_step();
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, WITH_TOKEN("1795000000"));
    tb_test_expect(t, "POST", DELIVERIES, NULL, 200, "78");
    deliver("delivery");
    applied("78");
    json_t *wanted = json_loads("{\"warehouseid\":31,\"orderdeliveryref\":\"" TOKEN "\","
                                "\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":1}]}",
                                0, NULL);
    ck_assert(json_equal(wanted, tb_test_asked_json(t, 1)));
    json_decref(wanted);
    delivery_step();
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, WITH_TOKEN("null"));
    deliver("delivery");
    applied("77");
}
END_TEST

START_TEST(a_delivery_is_found_by_its_token)
{
    delivery_step();
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, WITH_TOKEN("null"));
    ck_assert_int_eq(tb_test_probe(t, "delivery", record), TB_APPLIED);
    ck_assert_str_eq(tb_test_answer_id(record), "77");
    delivery_step();
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, WITH_TOKEN("1795000000"));
    ck_assert_int_eq(tb_test_probe(t, "delivery", record), TB_NOOP);
    delivery_step();
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, LIST("0", ""));
    tb_test_expect(t, "POST", DELIVERIES, NULL, 400,
                   "{\"statuscode\":400,\"errortext\":\"Too many delivered.\"}");
    tb_test_expect(t, "GET", DELIVERIES, ALL, 200, LIST("0", ""));
    deliver("delivery");
    rejected("delivery.refused");
    step("{\"till\":20417,\"warehouse\":\"31\",\"token\":\"" TOKEN
         "\",\"rows\":[{\"row\":0,\"quantity\":0.5}]}",
         TOKEN);
    deliver("delivery");
    rejected("order.unfit");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sitoo-sink");
    TCase *c = tcase_create("all");
    int found = (int)(sizeof found_rows / sizeof *found_rows);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, external_ids_are_read_from_behind);
    tcase_add_test(c, an_order_is_written_to_the_cent);
    tcase_add_test(c, what_is_not_paid_is_pending);
    tcase_add_test(c, a_shipment_has_an_address_or_is_not_sent);
    tcase_add_test(c, what_cannot_be_written_is_not_sent);
    tcase_add_test(c, what_the_till_made_otherwise_is_told);
    tcase_add_test(c, other_forms_of_the_answer);
    tcase_add_test(c, an_answer_that_was_cut_is_looked_up);
    tcase_add_test(c, without_the_second_answer_only_the_probe_may_tell);
    tcase_add_loop_test(c, a_found_order_is_judged, 0, found);
    tcase_add_loop_test(c, an_id_that_is_taken_is_an_answer_to_probe, 0, found);
    tcase_add_test(c, no_answer_is_the_cores);
    tcase_add_test(c, cancel_once_is_cancel_twice);
    tcase_add_test(c, what_was_handed_out_is_not_cancelled);
    tcase_add_test(c, a_yes_that_changed_nothing_is_not_believed);
    tcase_add_test(c, a_reservation_is_never_made_shorter);
    tcase_add_test(c, a_delivery_is_made_once);
    tcase_add_test(c, a_delivery_is_found_by_its_token);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
