/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-sink, operations about orders: what is sent, what each answer means, how a lost call is found again,
 * and that the rows it moved are not believed any more. The texts of the answers are those of a real 2.4.7
 * shop. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"
#include "plugins/adobe/order.h"

extern const tb_plugin tillbridge_plugin;

#define SHIP "/V1/order/12/ship"
#define INVOICE "/V1/order/12/invoice"
#define COMMENTS "/V1/orders/12/comments"
#define READY "/V1/order/notify-orders-are-ready-for-pickup"
#define TOKEN "[tb:000000012-ship-4-0]"
#define NOTHING_LEFT                                                                                         \
    "{\"message\":\"Shipment Document Validation Error(s):\\nThe order does not allow a shipment to be "     \
    "created.\\nYou can't create a shipment without products.\"}"
#define COULD_NOT "{\"message\":\"Could not save a shipment, see error log for details\"}"
#define HELD                                                                                                 \
    "{\"message\":\"Shipment Document Validation Error(s):\\nA shipment cannot be created when an order "    \
    "has "                                                                                                   \
    "a status of holded\"}"
#define GONE "{\"message\":\"The entity that was requested doesn't exist. Verify the entity and try again.\"}"

static tb_test *t;
static tb_record *r;

static void start(const char *step, const char *probe)
{
    json_t *body =
        json_pack("{s:o, s:[{s:i, s:i, s:s, s:s, s:i, s:i}]}", "step", json_loads(step, 0, NULL), "sold",
                  "item", 4, "ship", 4, "sku", "CAP-T", "web_sku", "Cap", "quantity", 2, "per", 1);
    ck_assert(json_is_object(json_object_get(body, "step")));
    r = tb_record_new("order", "000000012", body);
    tb_record_set_probe(r, probe);
}

static void setup(void)
{
    t = tb_test_new(&tillbridge_plugin, NULL);
    start("{\"order\":12,\"source\":\"store_1\",\"rows\":[{\"item\":4,\"quantity\":2}],\"token\":\"" TOKEN
          "\"}",
          TOKEN);
}

static void teardown(void)
{
    tb_record_unref(r);
    tb_test_free(t);
}

static void other_step(const char *step, const char *probe)
{
    tb_record_unref(r);
    start(step, probe);
}

static void check_clean(void)
{
    ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
}

static void deliver(const char *operation)
{
    tbh_reset(r);
    ck_assert_int_eq(tb_test_deliver(t, operation, &r, 1), TB_OK);
    check_clean();
}

static void expect_post(const char *path, int status, const char *answer)
{
    tb_test_expect(t, "POST", path, NULL, status, answer);
}

static void expect_rows(const char *quantity)
{
    char answer[300];
    snprintf(answer, sizeof answer,
             "{\"items\":[{\"sku\":\"cap\",\"source_code\":\"store_1\",\"quantity\":%s}],\"total_count\":1}",
             quantity);
    tb_test_expect(t, "GET", "/V1/inventory/source-items",
                   "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=source_code"
                   "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bcondition_type%5D=eq"
                   "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=store_1"
                   "&searchCriteria%5Bfilter_groups%5D%5B1%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=sku"
                   "&searchCriteria%5Bfilter_groups%5D%5B1%5D%5Bfilters%5D%5B0%5D%5Bcondition_type%5D=in"
                   "&searchCriteria%5Bfilter_groups%5D%5B1%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=Cap"
                   "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=source_item_id"
                   "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC"
                   "&fields=items%5Bsku%2Csource_code%2Cquantity%5D%2Ctotal_count"
                   "&searchCriteria%5BpageSize%5D=50&searchCriteria%5BcurrentPage%5D=1",
                   200, answer);
}

#define SHIPMENT(qty) "{\"entity_id\":77,\"order_id\":12,\"items\":[{\"order_item_id\":4,\"qty\":" qty "}]}"

static const json_t *asked(int request, const char *name)
{
    return json_object_get(tb_test_asked_json(t, request), name);
}

static bool is_moved(void)
{
    return tb_test_state(t, "moved", "store_1/cap") != NULL;
}

/* ---- shipment ---- */

START_TEST(ships_rows_from_the_source_under_its_token)
{
    expect_post(SHIP, 200, "\"77\""); /* new ids come quoted */
    tb_test_expect(t, "GET", "/V1/shipment/77", NULL, 200, SHIPMENT("2"));
    deliver("shipment");
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
    ck_assert(tb_test_is_more(r));
    ck_assert_str_eq(tb_test_answer_id(r), "77");
    json_t *wanted =
        json_loads("{\"items\":[{\"order_item_id\":4,\"qty\":2}],\"notify\":false,\"appendComment\":false,"
                   "\"comment\":{\"comment\":\"" TOKEN "\",\"is_visible_on_front\":0},\"tracks\":[],"
                   "\"arguments\":{\"extension_attributes\":{\"source_code\":\"store_1\"}}}",
                   0, NULL);
    ck_assert(wanted && json_equal(tb_test_asked_json(t, 0), wanted));
    json_decref(wanted);
    ck_assert_str_eq(tb_test_state(t, "moved", "store_1/cap"), "{\"when\":1795392000000}");
    ck_assert_ptr_null(tb_test_log(t, 0));
}
END_TEST

START_TEST(what_the_shop_left_out_is_told)
{
    expect_post(SHIP, 200, "77");
    tb_test_expect(t, "GET", "/V1/shipment/77", NULL, 200, SHIPMENT("1"));
    deliver("shipment");
    ck_assert(tb_test_is_more(r)); /* the order is looked at again */
    ck_assert_ptr_nonnull(strstr(tb_test_log(t, 0), "adobe.shipped-less"));
    ck_assert_ptr_nonnull(strstr(tb_test_log(t, 0), "2 were to be shipped, the shop's shipment 77 holds 1"));
}
END_TEST

START_TEST(a_shipment_that_cannot_be_read_back_is_made_all_the_same)
{
    expect_post(SHIP, 200, "77");
    tb_test_expect(t, "GET", "/V1/shipment/77", NULL, 0, "");
    deliver("shipment");
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
    ck_assert(is_moved());
}
END_TEST

/* An empty list means everything to the shop; a row without an id would be left out. */
START_TEST(a_step_that_is_not_whole_is_never_sent)
{
    static const char *const steps[] = {
        "{\"order\":12,\"source\":\"s\",\"rows\":[],\"token\":\"x\"}",
        "{\"order\":12,\"source\":\"s\",\"token\":\"x\"}",
        "{\"order\":12,\"source\":\"s\",\"rows\":[{\"quantity\":1}],\"token\":\"x\"}",
        "{\"order\":12,\"source\":\"s\",\"rows\":[{\"item\":4,\"quantity\":0}],\"token\":\"x\"}",
        "{\"order\":12,\"source\":\"\",\"rows\":[{\"item\":4,\"quantity\":1}],\"token\":\"x\"}",
        "{\"order\":12,\"source\":\"s\",\"rows\":[{\"item\":4,\"quantity\":1}]}",
        "{\"source\":\"s\",\"rows\":[{\"item\":4,\"quantity\":1}],\"token\":\"x\"}"};
    other_step(steps[_i], "x");
    deliver("shipment");
    ck_assert_str_eq(tb_test_reason(r), "web.step");
    ck_assert_int_eq(tb_test_asked(t), 0);
}
END_TEST

START_TEST(a_lost_answer_is_unknown_and_those_behind_it_were_not_called)
{
    tb_record *two[] = {r, tb_record_new("order", "000000013", json_deep_copy(tb_record_body(r)))};
    expect_post(SHIP, 0, "");
    ck_assert_int_eq(tb_test_deliver(t, "shipment", two, 2), TB_RETRY);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(two[0]), TB_OK); /* the core says: unknown */
    ck_assert_int_eq(tb_test_verdict(two[1]), TB_RETRY);
    tb_record_unref(two[1]);
}
END_TEST

START_TEST(an_answer_of_another_kind_is_unknown)
{
    expect_post(SHIP, 200, "{\"hello\":1}");
    deliver("shipment");
    ck_assert_int_eq(tb_test_verdict(r), TB_UNKNOWN);
    expect_post(SHIP, 200, "true");
    deliver("shipment");
    ck_assert_int_eq(tb_test_verdict(r), TB_UNKNOWN);
}
END_TEST

/* "Could not save" while the row is too low: raised to what goes out, then the shipment is due as before. */
START_TEST(a_row_that_is_too_low_is_raised_first)
{
    expect_post(SHIP, 400, COULD_NOT);
    expect_rows("1");
    expect_post("/V1/inventory/source-items", 200, "[]");
    deliver("shipment");
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
    ck_assert(tb_test_is_more(r));
    ck_assert_ptr_null(strstr(tb_test_answer_id(r), "77"));
    ck_assert(is_moved());
    json_t *wanted =
        json_loads("[{\"sku\":\"Cap\",\"source_code\":\"store_1\",\"quantity\":2,\"status\":1}]", 0, NULL);
    ck_assert(json_equal(asked(2, "sourceItems"), wanted));
    json_decref(wanted);
}
END_TEST

/* A row may still be written by a lost call: the core keeps the claims and looks whether it was shipped. */
START_TEST(a_raise_without_an_answer_is_no_answer)
{
    expect_post(SHIP, 400, COULD_NOT);
    expect_rows("1");
    expect_post("/V1/inventory/source-items", 0, "");
    ck_assert_int_eq(tb_test_deliver(t, "shipment", &r, 1), TB_RETRY);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(r), TB_OK);
}
END_TEST

/* The same text while there are enough: the database was busy, or nobody knows. Twice, then a person. */
START_TEST(could_not_save_is_tried_again_then_told)
{
    for (int i = 0; i < 3; i++) {
        expect_post(SHIP, 400, COULD_NOT);
        expect_rows("5");
        deliver("shipment");
        ck_assert_int_eq(tb_test_verdict(r), i < 2 ? TB_RETRY : TB_REJECT);
    }
    ck_assert_str_eq(tb_test_reason(r), "web.shipment-refused");
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "Could not save a shipment"));
    ck_assert(is_moved()); /* kept though it was rejected */
}
END_TEST

START_TEST(refusals_are_judged_by_their_message)
{
    static const struct {
        int status;
        const char *answer;
        int tries; /* until it is rejected; 0: never */
        const char *reason;
    } cases[] = {
        {404, GONE, 1, "web.order-gone"},
        {404, "{\"message\":\"Request does not match any route.\"}", 1, "web.shipment-refused"},
        {400, "{\"message\":\"Database deadlock found when trying to get lock\"}", 0, ""},
        {400, "{\"message\":\"Lock wait timeout exceeded; try restarting transaction\"}", 0, ""},
        {400, HELD, 1, "web.order-status"},
        {400, NOTHING_LEFT, 3, "web.shipment-refused"},
        {400, "{\"message\":\"Please enter a tracking number.\"}", 1, "web.shipment-refused"},
        {400, "not JSON", 1, "web.shipment-refused"},
    };
    for (int i = 1; i <= 4 && (!cases[_i].tries || i <= cases[_i].tries); i++) {
        expect_post(SHIP, cases[_i].status, cases[_i].answer);
        deliver("shipment");
        ck_assert_int_eq(tb_test_verdict(r), i == cases[_i].tries ? TB_REJECT : TB_RETRY);
    }
    ck_assert_str_eq(tb_test_reason(r), cases[_i].reason);
    if (!strcmp(cases[_i].reason, "web.order-status"))
        ck_assert_int_eq(tb_test_until(r), 1795392000000 + 3600000);
}
END_TEST

/* ---- probes ---- */

static void expect_chain(const char *answer)
{
    tb_test_expect(
        t, "GET", "/V1/orders",
        "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=increment_id"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bcondition_type%5D=in"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=000000012"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B1%5D%5Bfield%5D=original_increment_id"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B1%5D%5Bcondition_type%5D=in"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B1%5D%5Bvalue%5D=000000012"
        "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=entity_id"
        "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC"
        "&fields=items%5Bentity_id%2Cincrement_id%2Coriginal_increment_id%2Crelation_child_id%2Cstore_id%"
        "2Cstate"
        "%2Cstatus%2Citems%5Bitem_id%2Cparent_item_id%2Csku%5D%2Cextension_attributes%5Bnotification_sent%2C"
        "pickup_location_code%5D%5D%2Ctotal_count"
        "&searchCriteria%5BpageSize%5D=50&searchCriteria%5BcurrentPage%5D=1",
        answer ? 200 : 0, answer ? answer : "");
}

static void expect_documents(const char *path, const char *answer)
{
    tb_test_expect(t, "GET", path,
                   "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=order_id"
                   "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bcondition_type%5D=eq"
                   "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=12"
                   "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=entity_id"
                   "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC"
                   "&searchCriteria%5BpageSize%5D=50&searchCriteria%5BcurrentPage%5D=1",
                   200, answer);
}

#define CHAIN(more)                                                                                          \
    "{\"items\":[{\"entity_id\":12,\"increment_id\":\"000000012\",\"items\":[{\"item_id\":4,\"sku\":"        \
    "\"Set\"},{"                                                                                             \
    "\"item_id\":5,\"parent_item_id\":4,\"sku\":\"Cap\"}]" more "}],\"total_count\":1}"
#define DOCUMENT(comment)                                                                                    \
    "{\"items\":[{\"entity_id\":76,\"order_id\":12,\"comments\":[{\"comment\":\"by "                         \
    "hand\"}]},{\"entity_id\":77,"                                                                           \
    "\"order_id\":12,\"items\":[{\"order_item_id\":4,\"qty\":1}],\"comments\":[{\"comment\":\"" comment      \
    "\"}],\"extension_attributes\":{\"source_code\":\"store_1\"}}],\"total_count\":2}"
#define NONE "{\"items\":[],\"total_count\":0}"

/* What a probe gets is the record as its source made it: key and probe id, no step. */
static tb_verdict probe(const char *operation, const char *id)
{
    tb_record_unref(r);
    r = tb_record_new("order", "000000012", json_object());
    tb_record_set_probe(r, id);
    tb_verdict v = tb_test_probe(t, operation, r);
    check_clean();
    return v;
}

START_TEST(a_lost_shipment_is_found_by_its_token)
{
    expect_chain(CHAIN(""));
    expect_documents("/V1/shipments", DOCUMENT("packed " TOKEN));
    ck_assert_int_eq(probe("shipment", TOKEN), TB_APPLIED);
    ck_assert_str_eq(tb_test_answer_id(r), "77");
    ck_assert(is_moved()); /* a part of the bundle that was shipped */
}
END_TEST

START_TEST(a_token_that_is_nowhere_means_it_was_not_made)
{
    expect_chain(CHAIN(""));
    expect_documents("/V1/shipments", DOCUMENT("[tb:000000012-ship-4-1]"));
    ck_assert_int_eq(probe("shipment", TOKEN), TB_NOOP);
    ck_assert(!is_moved());
}
END_TEST

/* Neither no answer, nor an order that is not found, is a "no". */
START_TEST(a_probe_that_cannot_tell_says_so)
{
    expect_chain(NULL);
    ck_assert_int_eq(probe("shipment", TOKEN), TB_RETRY);
    expect_chain(NONE);
    ck_assert_int_eq(probe("shipment", TOKEN), TB_RETRY);
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "ids"));
    expect_chain(CHAIN(""));
    expect_documents("/V1/shipments", "{\"items\":[],\"total_count\":3}");
    ck_assert_int_eq(probe("shipment", TOKEN), TB_RETRY);
}
END_TEST

/* ---- ready ---- */

START_TEST(ready_is_told_once)
{
    expect_post(READY, 200, "{\"successful\":true,\"errors\":[]}");
    deliver("ready");
    ck_assert(tb_test_is_more(r));
    ck_assert_int_eq(json_integer_value(json_array_get(asked(0, "orderIds"), 0)), 12);
    ck_assert(is_moved());
}
END_TEST

START_TEST(a_refused_ready_is_200)
{
    for (int i = 0; i < 3; i++) {
        expect_post(READY, 200,
                    "{\"successful\":false,\"errors\":[{\"id\":12,\"message\":\"The order is not ready for "
                    "pickup\"}]}");
        expect_rows("5");
        deliver("ready");
    }
    ck_assert_str_eq(tb_test_reason(r), "web.ready-refused");
    expect_post(READY, 200, "{\"successful\":false}");
    deliver("ready");
    ck_assert_int_eq(tb_test_verdict(r), TB_UNKNOWN);
}
END_TEST

START_TEST(a_lost_ready_is_found_by_what_it_leaves)
{
    expect_chain(CHAIN(""));
    expect_documents("/V1/shipments", DOCUMENT(""));
    ck_assert_int_eq(probe("ready", TOKEN), TB_APPLIED);
    expect_chain(CHAIN(",\"extension_attributes\":{\"notification_sent\":1}"));
    expect_documents("/V1/shipments", NONE);
    ck_assert_int_eq(probe("ready", TOKEN), TB_APPLIED);
    expect_chain(CHAIN(",\"extension_attributes\":{\"notification_sent\":0}"));
    expect_documents("/V1/shipments", NONE);
    ck_assert_int_eq(probe("ready", TOKEN), TB_NOOP);
}
END_TEST

/* ---- invoice ---- */

START_TEST(invoices_under_its_token)
{
    other_step(
        "{\"order\":12,\"capture\":true,\"rows\":[{\"item\":4,\"quantity\":\"1.5\"}],\"token\":\"" TOKEN
        "\"}",
        TOKEN);
    expect_post(INVOICE, 200, "\"31\"");
    deliver("invoice");
    ck_assert(tb_test_is_more(r));
    ck_assert_str_eq(tb_test_answer_id(r), "31");
    json_t *wanted = json_loads(
        "{\"capture\":true,\"items\":[{\"order_item_id\":4,\"qty\":\"1.500\"}],\"notify\":false,"
        "\"appendComment\":false,\"comment\":{\"comment\":\"" TOKEN "\",\"is_visible_on_front\":0}}",
        0, NULL);
    ck_assert(json_equal(tb_test_asked_json(t, 0), wanted));
    json_decref(wanted);
    expect_chain(CHAIN(""));
    expect_documents("/V1/invoices", DOCUMENT(TOKEN));
    ck_assert_int_eq(probe("invoice", TOKEN), TB_APPLIED);
    expect_chain(CHAIN(""));
    expect_documents("/V1/invoices", NONE);
    ck_assert_int_eq(probe("invoice", TOKEN), TB_NOOP);
}
END_TEST

/* ---- order-comment ---- */

static void add_order_part(const char *status)
{
    tb_record_add_part(r, "web.order", json_pack("{s:i, s:s}", "entity_id", 12, "status", status));
}

START_TEST(a_comment_carries_the_present_status)
{
    other_step("{\"order\":12,\"text\":\"picked\",\"token\":\"" TOKEN "\"}", TOKEN);
    tbh_reset(r);
    add_order_part("processing");
    expect_post(COMMENTS, 200, "true");
    ck_assert_int_eq(tb_test_deliver(t, "order-comment", &r, 1), TB_OK);
    check_clean();
    ck_assert(tb_test_is_more(r));
    const json_t *sent = asked(0, "statusHistory");
    ck_assert_str_eq(json_string_value(json_object_get(sent, "comment")), "picked " TOKEN);
    ck_assert_str_eq(json_string_value(json_object_get(sent, "status")), "processing");
    ck_assert_int_eq(json_integer_value(json_object_get(sent, "is_customer_notified")), 0);
    expect_chain(CHAIN(""));
    tb_test_expect(t, "GET", COMMENTS, NULL, 200,
                   "{\"items\":[{\"comment\":\"picked " TOKEN "\"}],\"total_count\":1}");
    ck_assert_int_eq(probe("order-comment", TOKEN), TB_APPLIED);
    expect_chain(CHAIN(""));
    tb_test_expect(t, "GET", COMMENTS, NULL, 200, NONE);
    ck_assert_int_eq(probe("order-comment", TOKEN), TB_NOOP);
}
END_TEST

/* ---- web-order-cancel ---- */

START_TEST(a_false_cancel_is_no_success)
{
    other_step("{\"order\":12}", "");
    expect_post("/V1/orders/12/cancel", 200, "false");
    tb_test_expect(t, "GET", "/V1/orders/12", NULL, 200,
                   "{\"entity_id\":12,\"state\":\"complete\",\"total_invoiced\":5}");
    deliver("web-order-cancel");
    ck_assert_str_eq(tb_test_reason(r), "web.cancel-refused");
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "its state is complete, and it is invoiced"));
    expect_post("/V1/orders/12/cancel", 200, "false"); /* somebody was quicker, or our own lost call */
    tb_test_expect(t, "GET", "/V1/orders/12", NULL, 200, "{\"entity_id\":12,\"state\":\"canceled\"}");
    deliver("web-order-cancel");
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
    expect_post("/V1/orders/12/cancel", 200, "true");
    deliver("web-order-cancel");
    ck_assert(tb_test_is_more(r));
}
END_TEST

/* ---- the stock pipeline ---- */

/* The row is remembered as 3 and shall be 3: written all the same when the pipeline of orders has moved it.
 */
START_TEST(a_moved_row_is_not_believed)
{
    static const struct {
        const char *name, *key, *value;
        bool written;
    } cases[] = {{"orders/moved", "web/a", "{\"when\":1795391500000}", true},
                 {"orders/moved", "web/a", "{\"when\":1795390999999}", false},
                 {"orders/moved", "kiosk/a", "{\"when\":1795391500000}", false},
                 {"orders/changed", "web/a", "{\"when\":1795391500000,\"shipment\":4}", true},
                 {"orders/changed", "*/a", "{\"when\":1795391500000,\"memo\":4}", true},
                 {"orders/changed", "*/b", "{\"when\":1795391500000,\"memo\":4}", false}};
    tb_record *row = tb_record_new(
        "stock.level", "A@web",
        json_pack("{s:s, s:s, s:s, s:i}", "sku", "A", "source", "web", "quantity", "3.000", "status", 1));
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"3.000\",\"s\":1,\"when\":1795391000000}");
    tb_test_set_state(t, "products", "a", "{\"sku\":\"A\",\"type\":\"simple\",\"when\":1795391000000}");
    tb_test_set_state(t, cases[_i].name, cases[_i].key, cases[_i].value);
    if (cases[_i].written) {
        tb_test_expect(t, "GET", "/V1/inventory/sources",
                       "searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=source_code"
                       "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC"
                       "&searchCriteria%5BpageSize%5D=100&searchCriteria%5BcurrentPage%5D=1"
                       "&fields=items%5Bsource_code%2Cenabled%5D%2Ctotal_count",
                       200,
                       "{\"items\": [{\"source_code\": \"web\", \"enabled\": true}], \"total_count\": 1}");
        expect_post("/V1/inventory/source-items", 200, "[]");
    }
    ck_assert_int_eq(tb_test_deliver(t, "stock", &row, 1), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(row), cases[_i].written ? TB_APPLIED : TB_NOOP);
    tb_record_unref(row);
}
END_TEST

/* A shipment was found by its token, and the row still counts its pieces as not shipped. */
START_TEST(a_row_waits_for_the_order_whose_shipment_was_found)
{
    static const struct {
        const char *note;
        int64_t mark;
        tb_verdict verdict;
    } cases[] = {{"{\"when\":1795391900000,\"found\":true}", 0, TB_WAIT},
                 {"{\"when\":1795391900000,\"found\":true}", 1795391900000, TB_NOOP},
                 {"{\"when\":1795390000000,\"found\":true}", 0, TB_NOOP}}; /* the order waits for a person */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tb_record *row =
            tb_record_new("stock.level", "A@web",
                          json_pack("{s:s, s:s, s:s, s:i, s:I}", "sku", "A", "source", "web", "quantity",
                                    "3.000", "status", 1, "mark", (json_int_t)cases[i].mark));
        tb_test_set_state(t, "rows", "web/A",
                          "{\"q\":\"3.000\",\"s\":1,\"when\":1795391950000,\"mark\":1795391900000}");
        tb_test_set_state(t, "orders/moved", "web/a", cases[i].note);
        ck_assert_int_eq(tb_test_deliver(t, "stock", &row, 1), TB_OK);
        check_clean();
        ck_assert_int_eq(tb_test_verdict(row), cases[i].verdict);
        tb_record_unref(row);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adobe-orders");
    TCase *c = tcase_create("adobe-orders");
    tcase_add_checked_fixture(c, setup, teardown);
    suite_add_tcase(s, c);
    tcase_add_test(c, ships_rows_from_the_source_under_its_token);
    tcase_add_test(c, what_the_shop_left_out_is_told);
    tcase_add_test(c, a_shipment_that_cannot_be_read_back_is_made_all_the_same);
    tcase_add_loop_test(c, a_step_that_is_not_whole_is_never_sent, 0, 7);
    tcase_add_test(c, a_lost_answer_is_unknown_and_those_behind_it_were_not_called);
    tcase_add_test(c, an_answer_of_another_kind_is_unknown);
    tcase_add_test(c, a_row_that_is_too_low_is_raised_first);
    tcase_add_test(c, a_raise_without_an_answer_is_no_answer);
    tcase_add_test(c, could_not_save_is_tried_again_then_told);
    tcase_add_loop_test(c, refusals_are_judged_by_their_message, 0, 8);
    tcase_add_test(c, a_lost_shipment_is_found_by_its_token);
    tcase_add_test(c, a_token_that_is_nowhere_means_it_was_not_made);
    tcase_add_test(c, a_probe_that_cannot_tell_says_so);
    tcase_add_test(c, ready_is_told_once);
    tcase_add_test(c, a_refused_ready_is_200);
    tcase_add_test(c, a_lost_ready_is_found_by_what_it_leaves);
    tcase_add_test(c, invoices_under_its_token);
    tcase_add_test(c, a_comment_carries_the_present_status);
    tcase_add_test(c, a_false_cancel_is_no_success);
    tcase_add_loop_test(c, a_moved_row_is_not_believed, 0, 6);
    tcase_add_test(c, a_row_waits_for_the_order_whose_shipment_was_found);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
