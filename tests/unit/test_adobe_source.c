/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-source: what a poll asks, tells and remembers; what a delivery is given to read. Orders are those of
 * a real 2.4.7 shop (fixtures/orders). Time stands at 2026-11-23 00:00:00. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/base/buffer.h"
#include "core/sdk/host.h"
#include "plugins/adobe/source.h"

extern const tb_plugin tillbridge_plugin;

#define NOW INT64_C(1795392000000)
#define MINUTE 60000
#define ORDER_FIELDS                                                                                         \
    "items%5Bentity_id%2Cincrement_id%2Coriginal_increment_id%2Crelation_parent_id%2Cstore_id%2Cupdated_at%" \
    "5D"                                                                                                     \
    "%2Ctotal_count"
#define SHIPMENT_FIELDS                                                                                      \
    "items%5Bentity_id%2Corder_id%2Cupdated_at%2Citems%5Bsku%5D%2Ccomments%5Bcomment%5D%2C"                  \
    "extension_attributes%5Bsource_code%5D%5D%2Ctotal_count"
#define MEMO_FIELDS "items%5Bentity_id%2Corder_id%2Cupdated_at%2Citems%5Bsku%5D%5D%2Ctotal_count"

static tb_test *t;

static void start(const char *stream)
{
    char setting[40];
    snprintf(setting, sizeof setting, "stream=%s", stream);
    t = tb_test_new(&tillbridge_plugin, setting, "from=2026-11-22T00:00Z", NULL);
}

static void setup(void)
{
    start("orders");
}

static void teardown(void)
{
    tb_test_free(t);
}

static void check_clean(void)
{
    ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
}

/* ---- queries, as they go over the wire ---- */

typedef struct query {
    char text[4000];
} query;

static void filter(query *q, int group, int number, const char *field, const char *condition,
                   const char *value)
{
    size_t n = strlen(q->text);
    const char *name = "searchCriteria%5Bfilter_groups%5D%5B";
    snprintf(q->text + n, sizeof q->text - n,
             "%s%s%d%%5D%%5Bfilters%%5D%%5B%d%%5D%%5Bfield%%5D=%s"
             "&%s%d%%5D%%5Bfilters%%5D%%5B%d%%5D%%5Bcondition_type%%5D=%s"
             "&%s%d%%5D%%5Bfilters%%5D%%5B%d%%5D%%5Bvalue%%5D=%s",
             n ? "&" : "", name, group, number, field, name, group, number, condition, name, group, number,
             value);
}

static void sort(query *q, int number, const char *field)
{
    size_t n = strlen(q->text);
    snprintf(q->text + n, sizeof q->text - n,
             "&searchCriteria%%5BsortOrders%%5D%%5B%d%%5D%%5Bfield%%5D=%s"
             "&searchCriteria%%5BsortOrders%%5D%%5B%d%%5D%%5Bdirection%%5D=ASC",
             number, field, number);
}

static void page(query *q, int size, int current)
{
    size_t n = strlen(q->text);
    snprintf(q->text + n, sizeof q->text - n,
             "%ssearchCriteria%%5BpageSize%%5D=%d&searchCriteria%%5BcurrentPage%%5D=%d", n ? "&" : "", size,
             current);
}

static void fields(query *q, const char *text)
{
    size_t n = strlen(q->text);
    snprintf(q->text + n, sizeof q->text - n, "&fields=%s", text);
}

/* A page of a poll: changes since `low`, or behind (at, id). */
static void expect_page(const char *path, const char *low, const char *id, int size, int number,
                        const char *names, int status, const char *answer)
{
    query q = {""};
    filter(&q, 0, 0, "updated_at", "gteq", low);
    if (id) {
        filter(&q, 1, 0, "updated_at", "gt", low);
        filter(&q, 1, 1, "entity_id", "gt", id);
    }
    sort(&q, 0, "updated_at");
    sort(&q, 1, "entity_id");
    page(&q, size, number);
    fields(&q, names);
    tb_test_expect(t, "GET", path, q.text, status, answer);
}

static void expect_orders(const char *low, const char *id, int status, const char *answer)
{
    expect_page("/V1/orders", low, id, 50, 1, ORDER_FIELDS, status, answer);
}

static void expect_list(const char *path, const char *field, const char *values, const char *names,
                        const char *answer)
{
    query q = {""};
    filter(&q, 0, 0, field, "in", values);
    sort(&q, 0, "entity_id");
    if (names)
        fields(&q, names);
    page(&q, 50, 1);
    tb_test_expect(t, "GET", path, q.text, 200, answer);
}

#define ROW(id, number, time)                                                                                \
    "{\"entity_id\":" id ",\"increment_id\":\"" number "\",\"store_id\":1,\"updated_at\":\"2026-11-22 " time \
    "\"}"
#define LIST(total, rows) "{\"items\":[" rows "],\"search_criteria\":{},\"total_count\":" total "}"
#define NONE "{\"items\":null,\"search_criteria\":{},\"total_count\":0}"

static const char *fed_key(int i)
{
    tb_record *r = tb_test_fed(t, i);
    return r ? tb_record_key(r) : "";
}

/* ---- times ---- */

START_TEST(times_are_read_strictly)
{
    static const char *const bad[] = {
        "2026-11-23T05:48:05", "2026-11-23 05:48:05Z", "2026-11-23 05:48",    "",
        "2026-02-30 00:00:00", "2026-11-23 25:00:00",  "yesterday-ish      ", "2026-11-23 05:48:05 ",
        "2026-13-01 00:00:00"};
    char text[ADOBE_MOMENT];
    int64_t ms = 0;
    ck_assert_int_eq(adobe_moment_read("2026-11-23 00:00:00", &ms), 0);
    ck_assert_int_eq(ms, NOW);
    ck_assert_str_eq(adobe_moment(NOW + 1999, text), "2026-11-23 00:00:01");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(adobe_moment_read(bad[i], &ms) == -1, "%s", bad[i]);
    ck_assert_int_eq(adobe_moment_read(NULL, &ms), -1);
}
END_TEST

/* ---- the poll ---- */

START_TEST(first_poll_begins_at_from)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200,
                  LIST("2", ROW("6", "000000006", "23:58:05") "," ROW("4", "000000004", "23:58:06")));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000006");
    ck_assert_str_eq(fed_key(1), "000000004");
    ck_assert_ptr_null(tb_test_fed(t, 2));
    ck_assert_str_eq(tb_record_type(tb_test_fed(t, 0)), "order");
    ck_assert_int_eq(tb_record_changed(tb_test_fed(t, 0)), NOW - 115000);
    ck_assert_str_eq(tb_test_cursor(t), "{\"newest\":\"2026-11-22 23:58:06\",\"since\":1795392000000}");
    ck_assert(!tb_test_fed_more(t));
}
END_TEST

START_TEST(nothing_there_moves_nothing)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200, NONE);
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_ptr_null(tb_test_cursor(t));
}
END_TEST

static char *tied_rows(int from, int to, int total)
{
    buffer b = {0};
    buffer_puts(&b, "{\"items\":[");
    for (int i = from; i <= to; i++)
        buffer_printf(&b,
                      "%s{\"entity_id\":%d,\"increment_id\":\"%09d\",\"updated_at\":\"2026-11-22 12:00:00\"}",
                      i == from ? "" : ",", i, i);
    buffer_printf(&b, "],\"total_count\":%d}", total);
    return buffer_take(&b);
}

/* 120 orders with one time (a mass change) over three pages: each once, none left out. */
START_TEST(rows_with_one_time_over_pages)
{
    static const int firsts[] = {1, 51, 101}, lasts[] = {50, 100, 120}, totals[] = {120, 70, 20};
    static const char *const behind[] = {NULL, "50", "100"};
    char *cursor = NULL, key[16];
    int next = 1;
    for (int i = 0; i < 3; i++) {
        char *answer = tied_rows(firsts[i], lasts[i], totals[i]);
        expect_orders(i ? "2026-11-22%2012%3A00%3A00" : "2026-11-22%2000%3A00%3A00", behind[i], 200, answer);
        free(answer);
        ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
        check_clean();
        for (int k = 0; tb_test_fed(t, k); k++) {
            snprintf(key, sizeof key, "%09d", next++);
            ck_assert_str_eq(fed_key(k), key);
        }
        ck_assert_int_eq(tb_test_fed_more(t), i < 2);
        free(cursor);
        cursor = strdup(tb_test_cursor(t));
    }
    ck_assert_int_eq(next, 121);
    ck_assert_str_eq(cursor, "{\"newest\":\"2026-11-22 12:00:00\",\"since\":1795392000000}");
    free(cursor);
}
END_TEST

/* A transaction that took its time at 23:50 was seen only now, after one of 23:54. */
START_TEST(a_late_row_lies_in_the_overlap)
{
    expect_orders("2026-11-22%2023%3A49%3A00", NULL, 200,
                  LIST("2", ROW("7", "000000007", "23:50:00") "," ROW("4", "000000004", "23:54:00")));
    ck_assert_int_eq(tb_test_read(t, "{\"newest\":\"2026-11-22 23:54:00\",\"since\":1795391900000}"), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000007");
}
END_TEST

START_TEST(overlap_does_not_reach_before_from)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200, NONE);
    ck_assert_int_eq(tb_test_read(t, "{\"newest\":\"2026-11-22 00:01:00\",\"since\":1}"), TB_OK);
    check_clean();
}
END_TEST

/* Told when it is seen and once more when its second is surely over, by the shop's clock. */
START_TEST(each_change_is_told_twice)
{
    static const char *const rows = LIST("1", ROW("6", "000000006", "23:59:59"));
    const char *cursor = NULL;
    static const struct {
        int minutes;
        const char *id;
    } polls[] = {{0, "6/2026-11-22 23:59:59"},
                 {1, "6/2026-11-22 23:59:59"},
                 {3, "6/2026-11-22 23:59:59/again"},
                 {9, "6/2026-11-22 23:59:59/again"}};
    for (int i = 0; i < 4; i++) {
        expect_orders(i ? "2026-11-22%2023%3A54%3A59" : "2026-11-22%2000%3A00%3A00", NULL, 200, rows);
        tb_test_set_now(t, NOW + polls[i].minutes * MINUTE);
        ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
        check_clean();
        ck_assert_str_eq(tb_test_fed_id(t, 0), polls[i].id);
        ck_assert_str_eq(tb_test_cursor(t), "{\"newest\":\"2026-11-22 23:59:59\",\"since\":1795392000000}");
        cursor = "{\"newest\":\"2026-11-22 23:59:59\",\"since\":1795392000000}";
    }
}
END_TEST

/* A shop whose clock is an hour slow: the change is young all the same when it is new to us. */
START_TEST(a_slow_clock_of_the_shop_makes_nothing_old)
{
    expect_orders("2026-11-22%2022%3A50%3A00", NULL, 200, LIST("1", ROW("6", "000000006", "22:58:00")));
    ck_assert_int_eq(tb_test_read(t, "{\"newest\":\"2026-11-22 22:55:00\",\"since\":1795391900000}"), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_fed_id(t, 0), "6/2026-11-22 22:58:00");
}
END_TEST

START_TEST(a_row_from_the_future_moves_nothing)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200,
                  "{\"items\":[{\"entity_id\":6,\"increment_id\":\"000000006\",\"updated_at\":\"2099-01-01 "
                  "00:00:00\"}],\"total_count\":1}");
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000006");
    ck_assert_str_eq(tb_test_cursor(t), "{\"newest\":\"2026-11-23 00:00:00\",\"since\":1795392000000}");
}
END_TEST

/* What the shop does with a date that it does not understand: it answers with everything. */
START_TEST(an_answer_outside_the_range_is_not_used)
{
    expect_orders("2026-11-22%2023%3A49%3A00", NULL, 200,
                  LIST("2", ROW("1", "000000001", "23:48:59") "," ROW("4", "000000004", "23:54:00")));
    ck_assert_int_eq(tb_test_read(t, "{\"newest\":\"2026-11-22 23:54:00\",\"since\":1}"), TB_RETRY);
    check_clean();
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 0), "web.range /V1/orders"));
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 0), "order 1 of 2026-11-22 23:48:59"));
    ck_assert_ptr_null(tb_test_cursor(t));
}
END_TEST

START_TEST(an_empty_page_of_many_is_refused)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200, "{\"items\":null,\"total_count\":7}");
    ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200, "[]"); /* a mistake in `fields` */
    ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 400,
                  "{\"message\":\"Maximum SearchCriteria pageSize is %max\","
                  "\"parameters\":{\"max\":20}}");
    ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    check_clean();
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 0), "web.refused /V1/orders"));
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 0), "pageSize is 20"));
}
END_TEST

START_TEST(an_unreadable_row_is_named_and_the_others_go_on)
{
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200,
                  LIST("4", "{\"entity_id\":3,\"increment_id\":\"000000003\"}," ROW(
                                "4", "000000004",
                                "12:00:00") ","
                                            "{\"entity_id\":5,\"updated_at\":\"2026-11-22 12:00:01\"}," ROW(
                                                "6", "N\\u00b0 6/1", "12:00:02")));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000004");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 0), "web.unreadable order 3:"));
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 1), "web.unreadable order 5:"));
    ck_assert_ptr_nonnull(strstr(tb_test_raised(t, 2), "web.id-unfit"));
    ck_assert_ptr_nonnull(strstr(tb_test_cursor(t), "12:00:02"));
    expect_orders("2026-11-22%2000%3A00%3A00", NULL, 200, LIST("1", ROW("3", "000000003", "12:00:00")));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK); /* somebody mended it */
    ck_assert_str_eq(tb_test_raised(t, 0), "web.unreadable order 3");
}
END_TEST

/* Entity 8 makes every answer a 500; 7 comes before it, 9 after it, with one time. */
START_TEST(an_order_that_breaks_the_list_is_passed_by)
{
    static const char *const first =
        "{\"newest\":\"2026-11-22 12:05:00\",\"since\":1,\"at\":\"2026-11-22 12:00:00\","
        "\"id\":7}";
    static const int sizes[] = {50, 50, 7, 7, 1, 1, 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_page("/V1/orders", "2026-11-22%2012%3A00%3A00", "7", sizes[i], 1, ORDER_FIELDS, 500, "<html>");
        ck_assert_int_eq(tb_test_read(t, first), TB_RETRY);
    }
    expect_page("/V1/orders", "2026-11-22%2012%3A00%3A00", "7", 1, 2, ORDER_FIELDS, 200,
                LIST("5", ROW("9", "000000009", "12:00:00")));
    expect_page("/V1/orders", "2026-11-22%2012%3A00%3A00", "7", 1, 1, ORDER_FIELDS, 500, "<html>");
    ck_assert_int_eq(tb_test_read(t, first), TB_OK);
    check_clean();
    ck_assert_ptr_nonnull(
        strstr(tb_test_raised(t, 0), "web.unreadable order after 2026-11-22 12:00:00/7: the shop answers"));
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert(tb_test_fed_more(t));
    char *cursor = strdup(tb_test_cursor(t));
    expect_page("/V1/orders", "2026-11-22%2012%3A00%3A00", "8", 1, 1, ORDER_FIELDS, 200,
                LIST("4", ROW("9", "000000009", "12:00:00")));
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000009");
    free(cursor);
}
END_TEST

/* An outage fails as well, and it is over when the row behind it can be listed: nothing is passed by. */
START_TEST(an_outage_passes_nothing_by)
{
    static const int sizes[] = {50, 50, 7, 7, 1, 1, 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_page("/V1/orders", "2026-11-22%2000%3A00%3A00", NULL, sizes[i], 1, ORDER_FIELDS, 0, "");
        ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    }
    expect_page("/V1/orders", "2026-11-22%2000%3A00%3A00", NULL, 1, 2, ORDER_FIELDS, 200,
                LIST("5", ROW("9", "000000009", "12:00:00")));
    expect_page("/V1/orders", "2026-11-22%2000%3A00%3A00", NULL, 1, 1, ORDER_FIELDS, 200,
                LIST("5", ROW("8", "000000008", "12:00:00")));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    check_clean();
    ck_assert_ptr_null(tb_test_raised(t, 0));
}
END_TEST

/* ---- keys ---- */

START_TEST(an_edited_order_has_its_originals_key)
{
    expect_orders(
        "2026-11-22%2000%3A00%3A00", NULL, 200,
        LIST("1",
             "{\"entity_id\":13,\"increment_id\":\"000000012-1\",\"original_increment_id\":\"000000012\","
             "\"relation_parent_id\":12,\"updated_at\":\"2026-11-22 12:00:00\"}"));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000012");
}
END_TEST

START_TEST(entity_ids_may_be_the_keys)
{
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "stream=orders", "from=2026-11-22T00:00Z", "ids=entity", NULL);
    expect_orders(
        "2026-11-22%2000%3A00%3A00", NULL, 200,
        LIST("2", ROW("4", "000000012", "11:00:00") ",{\"entity_id\":13,\"store_id\":2,\"increment_id\":"
                                                    "\"000000012-1\",\"original_increment_id\":\"000000012\","
                                                    "\"updated_at\":\"2026-11-22 12:00:00\"}"));
    expect_list(
        "/V1/orders", "increment_id", "000000012", ORDER_FIELDS,
        LIST("2", ROW("4", "000000012", "11:00:00") ",{\"entity_id\":9,\"store_id\":2,\"increment_id\":"
                                                    "\"000000012\",\"updated_at\":\"2026-11-22 10:00:00\"}"));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "4");
    ck_assert_str_eq(fed_key(1), "9"); /* the one of its own store view */
}
END_TEST

#define SHIPMENT(id, order, comment, source)                                                                 \
    "{\"entity_id\":" id ",\"order_id\":" order                                                              \
    ",\"updated_at\":\"2026-11-22 12:00:00\",\"items\":[{\"sku\":\"Cap\"}],"                                 \
    "\"comments\":[{\"comment\":\"" comment "\"}],\"extension_attributes\":{\"source_code\":\"" source       \
    "\"}}"

START_TEST(documents_lead_to_their_orders)
{
    teardown();
    start("shipments");
    expect_page(
        "/V1/shipments", "2026-11-22%2000%3A00%3A00", NULL, 50, 1, SHIPMENT_FIELDS, 200,
        LIST("3", SHIPMENT("1", "4", "by hand", "store_1") "," SHIPMENT(
                      "2", "5", "[tb:000000005-ship-1]", "store_2") "," SHIPMENT("3", "99", "", "store_1")));
    expect_list("/V1/orders", "entity_id", "4%2C5%2C99", ORDER_FIELDS,
                LIST("2", ROW("4", "000000004", "11:00:00") "," ROW("5", "000000005", "11:00:00")));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000004");
    ck_assert_str_eq(fed_key(1), "000000005");
    ck_assert_ptr_null(tb_test_fed(t, 2));
    ck_assert_ptr_nonnull(
        strstr(tb_test_raised(t, 0), "web.unreadable shipment 3: shipment 3 is of order 99"));
    /* what we shipped ourselves was noted with it; what others did is noted here */
    ck_assert_str_eq(tb_test_state(t, "changed", "store_1/cap"), "{\"when\":1795392000000,\"shipment\":3}");
    ck_assert_ptr_null(tb_test_state(t, "changed", "store_2/cap"));
}
END_TEST

START_TEST(a_credit_memo_is_noted_once_for_all_sources)
{
    teardown();
    start("creditmemos");
    for (int i = 0; i < 2; i++) {
        expect_page("/V1/creditmemos", "2026-11-22%2000%3A00%3A00", NULL, 50, 1, MEMO_FIELDS, 200,
                    LIST("1",
                         "{\"entity_id\":8,\"order_id\":4,\"updated_at\":\"2026-11-22 00:00:10\",\"items\":[{"
                         "\"sku\":\"Cap\"}]}"));
        expect_list("/V1/orders", "entity_id", "4", ORDER_FIELDS,
                    LIST("1", ROW("4", "000000004", "00:00:00")));
        tb_test_set_now(t, NOW + i * MINUTE);
        ck_assert_int_eq(tb_test_read(t, tb_test_cursor(t)), TB_OK);
        check_clean();
        ck_assert_str_eq(tb_test_state(t, "changed", "*/cap"), "{\"when\":1795392000000,\"memo\":8}");
    }
}
END_TEST

/* ---- hydrate ---- */

static tb_record *records[120];
static size_t count;

static tb_record *add(const char *key)
{
    records[count] = tb_record_new("order", key, json_object());
    return records[count++];
}

static void drop_records(void)
{
    while (count)
        tb_record_unref(records[--count]);
}

static json_t *fixture(const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/orders/%s", FIXTURES, name);
    json_t *order = json_load_file(path, 0, NULL);
    ck_assert_msg(order != NULL, "%s", path);
    return order;
}

static void expect_chains(const char *keys, const char *answer)
{
    query q = {""};
    filter(&q, 0, 0, "increment_id", "in", keys);
    filter(&q, 0, 1, "original_increment_id", "in", keys);
    sort(&q, 0, "entity_id");
    page(&q, 50, 1);
    tb_test_expect(t, "GET", "/V1/orders", q.text, answer ? 200 : 0, answer ? answer : "");
}

static char *listed(json_t *one, json_t *two)
{
    json_t *list = json_pack("{s:[o], s:i}", "items", one, "total_count", two ? 2 : 1);
    if (two)
        json_array_append_new(json_object_get(list, "items"), two);
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

START_TEST(a_new_order_costs_one_call)
{
    json_t *order = fixture("409-order-a1-excl-tax-two-simples-order-get.json");
    char *answer = listed(json_incref(order), NULL);
    tb_record *r = add("000000001"), *other = add("000000077");
    expect_chains("000000001%2C000000077", answer);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert(json_equal(tb_record_part(r, "web.order"), order)); /* whole, as the shop gave it */
    json_t *empty = json_pack("{s:[], s:[], s:[], s:[], s:{}}", "shipments", "invoices", "creditmemos",
                              "earlier", "products");
    ck_assert(json_equal(tb_record_part(r, "web.documents"), empty));
    ck_assert_ptr_null(tb_record_part(other, "web.order"));
    ck_assert_uint_eq(json_object_size(tb_record_part(other, "web.documents")), 0);
    /* the next source of the pipeline finds them there */
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    json_decref(empty);
    json_decref(order);
    free(answer);
    drop_records();
}
END_TEST

START_TEST(documents_are_asked_for_by_the_counters)
{
    json_t *order = fixture("560-bundle-order-after.json");
    char *answer = listed(json_incref(order), NULL);
    tb_record *r = add("000000003");
    expect_chains("000000003", answer);
    expect_list("/V1/shipments", "order_id", "3", NULL,
                LIST("1", "{\"entity_id\":7,\"order_id\":3,\"items\":[{\"order_item_id\":4,\"qty\":1}]}"));
    expect_list("/V1/invoices", "order_id", "3", NULL, LIST("1", "{\"entity_id\":4,\"order_id\":3}"));
    expect_list(
        "/V1/products", "entity_id", "37",
        "items%5Bid%2Csku%2Cname%2Ctype_id%2Cstatus%2Coptions%2Ccustom_attributes%5D%2Ctotal_count",
        LIST("1", "{\"id\":37,\"sku\":\"BUNDLE-1\",\"custom_attributes\":[{\"attribute_code\":\"price_type\","
                  "\"value\":\"0\"}]}"));
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    const json_t *part = tb_record_part(r, "web.documents");
    ck_assert_int_eq(
        adobe_id(json_object_get(json_array_get(json_object_get(part, "shipments"), 0), "entity_id")), 7);
    ck_assert_int_eq(
        adobe_id(json_object_get(json_array_get(json_object_get(part, "invoices"), 0), "entity_id")), 4);
    ck_assert_uint_eq(json_array_size(json_object_get(part, "creditmemos")), 0);
    ck_assert_int_eq(
        adobe_id(json_object_get(json_object_get(json_object_get(part, "products"), "BUNDLE-1"), "id")), 37);
    json_decref(order);
    free(answer);
    drop_records();
}
END_TEST

static json_t *edited(int entity, const char *number, const char *original, const char *state)
{
    json_t *order = json_pack("{s:i, s:s, s:s, s:i, s:[]}", "entity_id", entity, "increment_id", number,
                              "state", state, "store_id", 1, "items");
    if (original)
        json_object_set_new(order, "original_increment_id", json_string(original));
    return order;
}

START_TEST(the_newest_of_a_chain_is_the_order)
{
    char *answer = listed(edited(12, "000000012", NULL, "canceled"),
                          edited(13, "000000012-1", "000000012", "processing"));
    tb_record *r = add("000000012");
    expect_chains("000000012", answer);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert_int_eq(adobe_id(json_object_get(tb_record_part(r, "web.order"), "entity_id")), 13);
    const json_t *earlier = json_object_get(tb_record_part(r, "web.documents"), "earlier");
    ck_assert_uint_eq(json_array_size(earlier), 1);
    ck_assert_int_eq(adobe_id(json_object_get(json_array_get(earlier, 0), "entity_id")), 12);
    free(answer);
    drop_records();
}
END_TEST

START_TEST(two_orders_of_one_number_are_nobodys)
{
    char *answer = listed(edited(12, "000000012", NULL, "new"), edited(13, "000000012", NULL, "new"));
    tb_record *r = add("000000012");
    expect_chains("000000012", answer);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_reason(r), "web.id-ambiguous");
    free(answer);
    drop_records();
}
END_TEST

START_TEST(chains_by_entity_id)
{
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "stream=orders", "from=2026-11-22T00:00Z", "ids=entity", NULL);
    char *root = listed(edited(12, "000000012", NULL, "canceled"), NULL);
    char *child = listed(edited(13, "000000012-1", "000000012", "new"), NULL);
    tb_record *r = add("12");
    expect_list("/V1/orders", "entity_id", "12", NULL, root);
    expect_list("/V1/orders", "original_increment_id", "000000012", NULL, child);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert_int_eq(adobe_id(json_object_get(tb_record_part(r, "web.order"), "entity_id")), 13);
    free(root);
    free(child);
    drop_records();
}
END_TEST

/* A hundred keys: as many a call as fit into 2 kB. */
START_TEST(a_hundred_orders_cost_two_calls)
{
    char key[16], lists[2][1400] = {"", ""};
    static const int fit = 50;
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%09d", i + 1);
        add(key);
        char *list = lists[i / fit];
        snprintf(list + strlen(list), sizeof lists[0] - strlen(list), "%s%s", i % fit ? "%2C" : "", key);
    }
    for (int i = 0; i < 2; i++)
        expect_chains(lists[i], NONE);
    tb_verdict v = tb_test_hydrate(t, records, count);
    check_clean();
    ck_assert_int_eq(v, TB_OK);
    drop_records();
}
END_TEST

static void expect_singly(const char *key, bool good)
{
    char *answer = listed(edited(1, key, NULL, "new"), NULL);
    expect_chains(key, good ? answer : NULL);
    free(answer);
}

static void again(void)
{
    for (size_t i = 0; i < count; i++)
        tbh_reset(records[i]);
}

/* B breaks every answer that it is part of: asked for alone and last it stops nobody. */
START_TEST(an_order_that_breaks_the_answer_stops_nobody)
{
    tb_record *a = add("A"), *b = add("B"), *c = add("C");
    for (int i = 0; i < 3; i++) {
        expect_chains("A%2CB%2CC", NULL);
        ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_RETRY); /* it may be an outage */
        again();
    }
    expect_singly("A", true);
    expect_singly("B", false);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert_ptr_nonnull(tb_record_part(a, "web.order"));
    ck_assert_int_eq(tb_test_verdict(b), TB_RETRY); /* its own attempts */
    ck_assert_int_eq(tb_test_verdict(c), TB_RETRY);
    again();
    expect_singly("A", true);
    expect_singly("C", true);
    expect_singly("B", false);
    ck_assert_int_eq(tb_test_hydrate(t, records, count), TB_OK);
    check_clean();
    ck_assert_ptr_nonnull(tb_record_part(c, "web.order"));
    ck_assert_int_eq(tb_test_verdict(b), TB_RETRY);
    drop_records();
}
END_TEST

/* ---- snapshot, doctor ---- */

static void expect_open(const char *after, const char *answer)
{
    query q = {""};
    filter(&q, 0, 0, "entity_id", "gt", after);
    filter(&q, 1, 0, "state", "in", "new%2Cpending_payment%2Cprocessing%2Cholded%2Cpayment_review");
    sort(&q, 0, "entity_id");
    page(&q, 50, 1);
    fields(&q, ORDER_FIELDS);
    tb_test_expect(t, "GET", "/V1/orders", q.text, 200, answer);
}

START_TEST(snapshot_lists_open_orders_without_gaps)
{
    expect_open("0", LIST("2", ROW("4", "000000004", "11:00:00")));
    ck_assert_int_eq(tb_test_snapshot(t, "order", NULL), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000004");
    ck_assert(tb_test_fed_more(t));
    ck_assert_str_eq(tb_test_cursor(t), "4");
    expect_open("4", LIST("1", ROW("9", "000000009", "11:00:00")));
    ck_assert_int_eq(tb_test_snapshot(t, "order", "4"), TB_OK);
    check_clean();
    ck_assert_str_eq(fed_key(0), "000000009");
    ck_assert(!tb_test_fed_more(t));
    ck_assert_int_eq(tb_test_snapshot(t, "stock.row", NULL), TB_OK); /* not ours */
    check_clean();
}
END_TEST

START_TEST(doctor_names_the_missing_right)
{
    static const char *const paths[] = {"/V1/orders", "/V1/shipments", "/V1/invoices", "/V1/creditmemos",
                                        "/V1/products"};
    query q = {""};
    page(&q, 1, 1);
    for (int i = 0; i < 5; i++)
        tb_test_expect(t, "GET", paths[i], q.text, i == 3 ? 401 : 200,
                       i == 3 ? "" : "{\"items\":[],\"total_count\":0}");
    ck_assert_int_eq(tb_test_doctor(t), 1);
    check_clean();
    ck_assert_ptr_nonnull(strstr(tb_test_finding(t, 3), "Magento_Sales::sales_creditmemo"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adobe-source");
    TCase *c = tcase_create("adobe-source");
    tcase_add_checked_fixture(c, setup, teardown);
    suite_add_tcase(s, c);
    tcase_add_test(c, times_are_read_strictly);
    tcase_add_test(c, first_poll_begins_at_from);
    tcase_add_test(c, nothing_there_moves_nothing);
    tcase_add_test(c, rows_with_one_time_over_pages);
    tcase_add_test(c, a_late_row_lies_in_the_overlap);
    tcase_add_test(c, overlap_does_not_reach_before_from);
    tcase_add_test(c, each_change_is_told_twice);
    tcase_add_test(c, a_slow_clock_of_the_shop_makes_nothing_old);
    tcase_add_test(c, a_row_from_the_future_moves_nothing);
    tcase_add_test(c, an_answer_outside_the_range_is_not_used);
    tcase_add_test(c, an_empty_page_of_many_is_refused);
    tcase_add_test(c, an_unreadable_row_is_named_and_the_others_go_on);
    tcase_add_test(c, an_order_that_breaks_the_list_is_passed_by);
    tcase_add_test(c, an_outage_passes_nothing_by);
    tcase_add_test(c, an_edited_order_has_its_originals_key);
    tcase_add_test(c, entity_ids_may_be_the_keys);
    tcase_add_test(c, documents_lead_to_their_orders);
    tcase_add_test(c, a_credit_memo_is_noted_once_for_all_sources);
    tcase_add_test(c, a_new_order_costs_one_call);
    tcase_add_test(c, documents_are_asked_for_by_the_counters);
    tcase_add_test(c, the_newest_of_a_chain_is_the_order);
    tcase_add_test(c, two_orders_of_one_number_are_nobodys);
    tcase_add_test(c, chains_by_entity_id);
    tcase_add_test(c, a_hundred_orders_cost_two_calls);
    tcase_add_test(c, an_order_that_breaks_the_answer_stops_nobody);
    tcase_add_test(c, snapshot_lists_open_orders_without_gaps);
    tcase_add_test(c, doctor_names_the_missing_right);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
