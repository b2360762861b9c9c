/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-sink: what is written, what never is, what each answer of the shop means, and what is remembered. The
 * texts of the answers are those of a real 2.4.7 shop. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"
#include "plugins/adobe/answer.h"
#include "plugins/adobe/query.h"

extern const tb_plugin tillbridge_plugin;

#define ITEMS "/V1/inventory/source-items"
#define SOURCES "/V1/inventory/sources"
#define PRODUCTS "/V1/products"
#define TOGETHER_ERROR(source, sku)                                                                          \
    "{\"message\": \"Not able to assign \\\"%1\\\" to product \\\"%2\\\", as it is part of bundle product "  \
    "<a "                                                                                                    \
    "href=\\\"%3\\\">\\\"%4\\\"<\\/a> with shipment type \\\"Ship Together\\\" and has multiple sources or " \
    "different "                                                                                             \
    "source as other bundle selections.\", \"parameters\": [\"" source "\", \"" sku                          \
    "\", \"http:\\/\\/s\\/\", \"BUNDLE-1\"]}"
#define TOGETHER(errors)                                                                                     \
    "{\"message\": \"Validation Failed: Not able to assign \\\"web\\\" to product \\\"B\\\", as it is part " \
    "of bundle "                                                                                             \
    "product with shipment type \\\"Ship Together\\\" and has multiple sources or different source as "      \
    "other bundle "                                                                                          \
    "selections.\", \"errors\": [" errors "]}"
#define COULD_NOT_SAVE "{\"message\":\"Could not save Source Item\"}"
#define NUMERIC                                                                                              \
    "{\"message\":\"Validation Failed: \\\"quantity\\\" should be "                                          \
    "numeric.\",\"errors\":[{\"message\":\"\\\"%field\\\" should "                                           \
    "be numeric.\",\"parameters\":{\"field\":\"quantity\"}}]}"
#define CAP                                                                                                  \
    "{\"message\":\"Maximum items of type \\\"%type\\\" is "                                                 \
    "%max\",\"parameters\":{\"type\":\"SourceItemInterface\",\"max\":20}}"

/* ---- the shop, scripted ---- */

static tb_test *t;
static tb_record *records[8];
static size_t count;

static void setup(void)
{
    t = tb_test_new(&tillbridge_plugin, NULL);
    count = 0;
}

static void teardown(void)
{
    for (size_t i = 0; i < count; i++)
        tb_record_unref(records[i]);
    tb_test_free(t);
}

static tb_record *add(const char *sku, const char *source, const char *quantity)
{
    char key[100];
    snprintf(key, sizeof key, "%s@%s", sku, source);
    records[count] =
        tb_record_new("stock.level", key,
                      json_pack("{s:s, s:s, s:s, s:s, s:i}", "sku", sku, "source", source, "why",
                                "transaction", "quantity", quantity, "status", strtod(quantity, NULL) > 0));
    return records[count++];
}

/* The next attempt: what was said is forgotten, as the core does between deliveries. */
static void again(void)
{
    for (size_t i = 0; i < count; i++)
        tbh_reset(records[i]);
}

static tb_verdict deliver(void)
{
    return tb_test_deliver(t, "stock", records, count);
}

static void expect_sources(void)
{
    tb_test_expect(t, "GET", SOURCES,
                   "searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=source_code"
                   "&searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC"
                   "&searchCriteria%5BpageSize%5D=100&searchCriteria%5BcurrentPage%5D=1"
                   "&fields=items%5Bsource_code%2Cenabled%5D%2Ctotal_count",
                   200,
                   "{\"items\": [{\"source_code\": \"web\", \"enabled\": true}, "
                   "{\"source_code\": \"kiosk\", \"enabled\": true}], \"total_count\": 2}");
}

static void expect_list(const char *condition, const char *skus, const char *fields, int status,
                        const char *answer)
{
    char query[1900];
    snprintf(query, sizeof query,
             "searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bfield%%5D=sku"
             "&searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bcondition_type%%5D=%s"
             "&searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bvalue%%5D=%s"
             "&searchCriteria%%5BpageSize%%5D=50&searchCriteria%%5BcurrentPage%%5D=1&fields=%s",
             condition, skus, fields);
    tb_test_expect(t, "GET", PRODUCTS, query, status, answer);
}

static void expect_products(const char *skus, const char *answer)
{
    expect_list("in", skus, "items%5Bsku%2Ctype_id%5D%2Ctotal_count", 200, answer);
}

static void expect_like(const char *pattern, const char *answer)
{
    expect_list("like", pattern, "items%5Bsku%5D%2Ctotal_count", 200, answer);
}

static void expect_write(int status, const char *answer)
{
    tb_test_expect(t, "POST", ITEMS, NULL, status, answer);
}

#define A_AND_B                                                                                              \
    "{\"items\": [{\"sku\": \"A\", \"type_id\": \"simple\"}, {\"sku\": \"B\", \"type_id\": \"simple\"}], "   \
    "\"total_count\": 2}"
#define ONLY_A "{\"items\": [{\"sku\": \"A\", \"type_id\": \"simple\"}], \"total_count\": 1}"

/* Sources and products A, B are known after this. */
static void start_with_a_and_b(void)
{
    add("A", "web", "3.000");
    add("B", "web", "0.000");
    expect_sources();
    expect_products("A%2CB", A_AND_B);
}

static const json_t *sent_row(int request, size_t index)
{
    return json_array_get(json_object_get(tb_test_asked_json(t, request), "sourceItems"), index);
}

static const char *row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

static void check_clean(void)
{
    ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
}

/* ---- what is written ---- */

START_TEST(writes_all_in_one_call_falling_first)
{
    start_with_a_and_b();
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
    ck_assert_int_eq(tb_test_verdict(records[1]), TB_APPLIED);
    ck_assert_str_eq(row_text(sent_row(2, 0), "sku"), "B");
    ck_assert_str_eq(row_text(sent_row(2, 1), "source_code"), "web");
    ck_assert_int_eq(json_integer_value(json_object_get(sent_row(2, 1), "quantity")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(sent_row(2, 1), "status")), 1);
    ck_assert_str_eq(tb_test_state(t, "rows", "web/A"), "{\"q\":\"3.000\",\"s\":1,\"when\":1795392000000}");
    ck_assert_ptr_nonnull(tb_test_state(t, "products", "a"));
}
END_TEST

START_TEST(fraction_goes_out_as_exact_text)
{
    add("A", "web", "2.500");
    expect_sources();
    expect_products("A", ONLY_A);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_str_eq(row_text(sent_row(2, 0), "quantity"), "2.500");
}
END_TEST

START_TEST(unchanged_row_is_not_written)
{
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"3.000\",\"s\":1,\"when\":1795391000000}");
    add("A", "web", "3.000");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_NOOP);
    ck_assert_int_eq(tb_test_asked(t), 0);
}
END_TEST

/* Another status, an age over a day, a doubtful record: each is written although the quantity is the same. */
START_TEST(remembered_row_is_not_always_believed)
{
    static const char *const rows[] = {"{\"q\":\"3.000\",\"s\":0,\"when\":1795391000000}",
                                       "{\"q\":\"3.000\",\"s\":1,\"when\":1795305600000}",
                                       "{\"q\":\"3.000\",\"s\":1,\"when\":1795391000000}", "nonsense"};
    tb_test_set_state(t, "rows", "web/A", rows[_i]);
    tb_record *r = add("A", "web", "3.000");
    if (_i == 2)
        tbh_set_flags(r, false, true);
    expect_sources();
    expect_products("A", ONLY_A);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
}
END_TEST

/* A document of the shop changed the row since: it is written under the new mark, and believed under it. */
START_TEST(row_counts_only_under_its_mark)
{
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"3.000\",\"s\":1,\"when\":1795391000000,\"mark\":7}");
    tb_record *r = add("A", "web", "3.000");
    json_object_set_new((json_t *)(uintptr_t)tb_record_body(r), "mark", json_integer(8));
    expect_sources();
    expect_products("A", ONLY_A);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    json_t *row = json_loads(tb_test_state(t, "rows", "web/A"), 0, NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "mark")), 8);
    json_decref(row);
    tb_record_unref(records[--count]);
    r = add("A", "web", "3.000");
    json_object_set_new((json_t *)(uintptr_t)tb_record_body(r), "mark", json_integer(8));
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_int_eq(tb_test_verdict(r), TB_NOOP);
    check_clean();
}
END_TEST

/* 3 is remembered, 0 is sent and the answer lost, then 3 is right again: it must be written, the shop may
 * hold 0. */
START_TEST(row_of_a_lost_call_is_in_doubt)
{
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"3.000\",\"s\":1,\"when\":1795391000000}");
    add("A", "web", "0.000");
    expect_sources();
    expect_products("A", ONLY_A);
    expect_write(0, "");
    ck_assert_int_eq(deliver(), TB_RETRY);
    tb_record_unref(records[--count]);
    add("A", "web", "3.000");
    expect_write(200, "[]"); /* products were not kept, but the instance knows them */
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
    again();
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_NOOP); /* confirmed: believed again */
}
END_TEST

START_TEST(answer_of_another_kind_is_no_answer)
{
    start_with_a_and_b();
    expect_write(200, "{\"hello\": 1}");
    ck_assert_int_eq(deliver(), TB_RETRY);
}
END_TEST

/* ---- what never is ---- */

START_TEST(unknown_sku_is_never_written)
{
    add("A", "web", "3.000");
    add("TEE-BLCK-M", "web", "2.000");
    add("TEE-BLCK-M", "kiosk", "1.000");
    expect_sources();
    expect_products("A%2CTEE-BLCK-M", ONLY_A);
    expect_like("TEE-B%25",
                "{\"items\": [{\"sku\": \"TEE-BLACK-M\"}, {\"sku\": \"TEE-BLUE-S\"}], \"total_count\": 2}");
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
    for (int i = 1; i < 3; i++) { /* one exception: the same reason and cause, whatever the store */
        ck_assert_int_eq(tb_test_verdict(records[i]), TB_REJECT);
        ck_assert_str_eq(tb_test_reason(records[i]), "stock.no-product");
        ck_assert_str_eq(tb_test_cause(records[i]), "TEE-BLCK-M");
        ck_assert_int_eq(tb_test_until(records[i]), 1795392000000 + 3600000);
    }
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[1]), "nearest: TEE-BLACK-M"));
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[1]), "TEE-BLCK-M,TEE-BLACK-M"));
    ck_assert_uint_eq(json_array_size(json_object_get(tb_test_asked_json(t, 3), "sourceItems")), 1);
}
END_TEST

START_TEST(sku_is_found_when_its_product_comes)
{
    add("A", "web", "3.000");
    expect_sources();
    expect_products("A", "{\"items\": null, \"total_count\": 0}");
    expect_like("A%25", "{\"items\": null, \"total_count\": 0}");
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_REJECT);
    again();
    tb_test_set_now(t, 1795392000000 + 3600000);
    expect_products("A", ONLY_A);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
}
END_TEST

START_TEST(retired_row_of_no_product_needs_nothing)
{
    tb_record *r = add("A", "web", "0.000");
    json_object_set_new(tb_record_edit(&r), "retired", json_true());
    expect_sources();
    expect_products("A", "{\"items\": null, \"total_count\": 0}");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(r), TB_NOOP);
}
END_TEST

START_TEST(composite_product_has_no_stock)
{
    add("A", "web", "3.000");
    expect_sources();
    expect_products("A",
                    "{\"items\": [{\"sku\": \"a\", \"type_id\": \"configurable\"}], \"total_count\": 1}");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_reason(records[0]), "stock.no-product");
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[0]), "configurable"));
}
END_TEST

START_TEST(unknown_source_is_named_once)
{
    add("A", "wbe", "3.000");
    add("A", "web", "3.000");
    expect_sources();
    expect_products("A", ONLY_A);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_reason(records[0]), "stock.no-source");
    ck_assert_str_eq(tb_test_cause(records[0]), "wbe");
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[0]), "nearest: web"));
    ck_assert_int_eq(tb_test_verdict(records[1]), TB_APPLIED);
}
END_TEST

START_TEST(nothing_is_written_when_products_cannot_be_read)
{
    add("A", "web", "3.000");
    expect_sources();
    expect_list("in", "A", "items%5Bsku%2Ctype_id%5D%2Ctotal_count", 400,
                "{\"message\": \"no %1\", \"parameters\": [\"way\"]}");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_reason(records[0]), "stock.refused");
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[0]), "400 no way"));
    again();
    expect_list("in", "A", "items%5Bsku%2Ctype_id%5D%2Ctotal_count", 200, "[]"); /* a mistake in `fields` */
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_str_eq(tb_test_reason(records[0]), "stock.refused");
}
END_TEST

/* ---- refusals ---- */

START_TEST(deadlock_is_tried_once_more)
{
    start_with_a_and_b();
    expect_write(400, COULD_NOT_SAVE);
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
}
END_TEST

START_TEST(refused_batch_is_split_and_its_rows_doubted)
{
    static const char *const answers[] = {COULD_NOT_SAVE, NUMERIC, CAP, "{\"message\": \"something else\"}"};
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"1.000\",\"s\":1,\"when\":1795391000000}");
    start_with_a_and_b();
    expect_write(400, answers[_i]);
    if (_i == 0)
        expect_write(400, answers[_i]);
    ck_assert_int_eq(deliver(), TB_SPLIT);
    check_clean();
    again();
    tb_record_unref(records[0]);
    tb_record_unref(records[1]);
    count = 0;
    add("A", "web", "1.000"); /* as remembered, but the refused call contained it */
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
    check_clean();
}
END_TEST

START_TEST(single_refused_row_is_rejected_and_forgotten)
{
    tb_test_set_state(t, "rows", "web/A", "{\"q\":\"1.000\",\"s\":1,\"when\":1795391000000}");
    tb_test_set_state(t, "products", "a", "{\"sku\":\"A\",\"type\":\"simple\",\"when\":1795391000000}");
    add("A", "web", "3.000");
    expect_sources();
    expect_write(400, NUMERIC);
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(records[0]), "stock.refused");
    ck_assert_ptr_nonnull(strstr(tb_test_text(records[0]), "\"quantity\" should be numeric"));
    ck_assert_ptr_null(tb_test_state(t, "rows", "web/A"));
    ck_assert_ptr_null(tb_test_state(t, "products", "a"));
}
END_TEST

START_TEST(route_refused_is_one_exception)
{
    start_with_a_and_b();
    expect_write(404, "{\"message\":\"Request does not match any route.\"}");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_str_eq(tb_test_cause(records[0]), tb_test_cause(records[1]));
}
END_TEST

START_TEST(named_bundle_part_is_taken_out)
{
    start_with_a_and_b();
    expect_write(400, TOGETHER(TOGETHER_ERROR("web", "B")));
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_int_eq(tb_test_verdict(records[0]), TB_APPLIED);
    ck_assert_int_eq(tb_test_verdict(records[1]), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(records[1]), "stock.bundle-together");
    ck_assert_ptr_nonnull(tb_test_state(t, "together", "B"));
    again();
    tb_test_set_state(t, "rows", "web/A", NULL);
    expect_write(200, "[]"); /* without B: it is parked without a call */
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_uint_eq(json_array_size(json_object_get(tb_test_asked_json(t, 4), "sourceItems")), 1);
    ck_assert_str_eq(tb_test_reason(records[1]), "stock.bundle-together");
}
END_TEST

START_TEST(released_bundle_part_goes_alone)
{
    tb_test_set_state(t, "together", "B", "1");
    start_with_a_and_b();
    tbh_set_flags(records[1], true, false);
    expect_write(200, "[]");
    expect_write(200, "[]");
    ck_assert_int_eq(deliver(), TB_OK);
    check_clean();
    ck_assert_uint_eq(json_array_size(json_object_get(tb_test_asked_json(t, 2), "sourceItems")), 1);
    ck_assert_str_eq(row_text(sent_row(3, 0), "sku"), "B");
}
END_TEST

START_TEST(unnamed_bundle_part_is_split_off)
{
    start_with_a_and_b();
    expect_write(400, TOGETHER(""));
    ck_assert_int_eq(deliver(), TB_SPLIT);
    check_clean();
}
END_TEST

/* ---- the client ---- */

START_TEST(answers_have_their_meaning)
{
    static const struct {
        int status;
        const char *body;
        adobe_meaning meaning;
    } cases[] = {
        {200, "[]", ADOBE_DONE},
        {400, COULD_NOT_SAVE, ADOBE_BUSY},
        {400, "{\"message\":\"Database deadlock found when trying to get lock\"}", ADOBE_BUSY},
        {400, CAP, ADOBE_CAP},
        {400, TOGETHER(""), ADOBE_TOGETHER},
        {400, NUMERIC, ADOBE_ROW},
        {400, "{\"message\":\"Decoding error.\"}", ADOBE_ROW},
        {404, "{\"message\":\"Request does not match any route.\"}", ADOBE_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tb_response r = {.size = sizeof r, .status = cases[i].status, .body = cases[i].body};
        r.json = json_loads(cases[i].body, 0, NULL);
        ck_assert_msg(adobe_means(&r) == cases[i].meaning, "%s", cases[i].body);
        json_decref(r.json);
    }
}
END_TEST

START_TEST(placeholders_are_filled)
{
    static const struct {
        const char *text, *parameters, *filled;
    } cases[] = {
        {"No such entity with %fieldName = %fieldValue", "{\"fieldName\": \"id\", \"fieldValue\": 7}",
         "No such entity with id = 7"},
        {"%1 of %2, %3", "[\"a\", \"b\"]", "a of b, %3"},
        {"20 % of %max", "{\"max\": 20}", "20 % of 20"},
        {"plain", "null", "plain"},
        {"ends with %", "[1]", "ends with %"},
    };
    char out[100];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *p = json_loads(cases[i].parameters, JSON_DECODE_ANY, NULL);
        ck_assert_str_eq(adobe_fill(cases[i].text, p, out, sizeof out), cases[i].filled);
        json_decref(p);
    }
    json_t *p = json_pack("[s]", "a long value");
    char narrow[8];
    ck_assert_str_eq(adobe_fill("x %1", p, narrow, sizeof narrow), "x a lon");
    json_decref(p);
}
END_TEST

START_TEST(query_stays_inside_what_all_releases_read)
{
    adobe_query q = {.size = 0};
    const char *const skus[] = {"A B", "C+D", "E,F", "G"};
    ck_assert_uint_eq(adobe_query_in(&q, "sku", skus, 4), 2); /* one with a comma cannot be in a list */
    ck_assert_ptr_nonnull(strstr(adobe_query_text(&q), "=A%20B%2CC%2BD"));
    ck_assert_uint_eq(adobe_query_in(&q, "sku", skus + 2, 2), 0);
    adobe_query many = {.size = 0};
    for (int i = 0; i < 11; i++)
        adobe_query_filter(&many, "f", "eq", "v");
    ck_assert_ptr_null(adobe_query_text(&many)); /* an index of two digits */
    char sku[60];
    memset(sku, '%', sizeof sku - 1);
    sku[sizeof sku - 1] = '\0';
    const char *long_skus[60];
    for (int i = 0; i < 60; i++)
        long_skus[i] = sku;
    adobe_query wide = {.size = 0};
    size_t taken = adobe_query_in(&wide, "sku", long_skus, 60);
    adobe_query_page(&wide, 50, 1);
    adobe_query_fields(&wide, "items[sku,type_id],total_count");
    ck_assert(taken > 0 && taken < 10);
    ck_assert_ptr_nonnull(adobe_query_text(&wide));
}
END_TEST

/* ---- snapshot and doctor ---- */

static void expect_window(const char *after, const char *to, const char *size, const char *answer)
{
    char query[1900], upper[500] = "";
    if (to)
        snprintf(
            upper, sizeof upper,
            "&searchCriteria%%5Bfilter_groups%%5D%%5B1%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bfield%%5D=source_item_"
            "id"
            "&searchCriteria%%5Bfilter_groups%%5D%%5B1%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bcondition_type%%5D=lteq"
            "&searchCriteria%%5Bfilter_groups%%5D%%5B1%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bvalue%%5D=%s",
            to);
    snprintf(
        query, sizeof query,
        "searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bfield%%5D=source_item_id"
        "&searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bcondition_type%%5D=gt"
        "&searchCriteria%%5Bfilter_groups%%5D%%5B0%%5D%%5Bfilters%%5D%%5B0%%5D%%5Bvalue%%5D=%s%s"
        "&searchCriteria%%5BsortOrders%%5D%%5B0%%5D%%5Bfield%%5D=source_item_id"
        "&searchCriteria%%5BsortOrders%%5D%%5B0%%5D%%5Bdirection%%5D=ASC"
        "&searchCriteria%%5BpageSize%%5D=%s&searchCriteria%%5BcurrentPage%%5D=1"
        "&fields=items%%5Bsku%%2Csource_code%%2Cquantity%%2Cstatus%%5D%%2Ctotal_count",
        after, upper, size);
    tb_test_expect(t, "GET", ITEMS, query, 200, answer);
}

START_TEST(snapshot_walks_numbers_in_windows)
{
    tb_test_set_room(t, 2);
    expect_window("0", "200", "2",
                  "{\"items\": [{}, {}], \"total_count\": 3}"); /* too many: a narrower window */
    ck_assert_int_eq(tb_test_snapshot(t, "stock.row", NULL), TB_OK);
    ck_assert_str_eq(tb_test_cursor(t), "0 100");
    ck_assert_ptr_null(tb_test_fed(t, 0));
    expect_window(
        "0", "100", "2",
        "{\"items\": [{\"sku\": \"A\", \"source_code\": \"web\", \"quantity\": 2.5, \"status\": 1}], "
        "\"total_count\": 1}");
    ck_assert_int_eq(tb_test_snapshot(t, "stock.row", "0 100"), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "A@web");
    ck_assert_str_eq(row_text(tb_record_body(tb_test_fed(t, 0)), "quantity"), "2.500");
    ck_assert_str_eq(tb_test_cursor(t), "100 100");
    ck_assert(tb_test_fed_more(t));
    expect_window("100", "200", "2", "{\"items\": null, \"total_count\": 0}");
    expect_window("100", NULL, "1", "{\"items\": null, \"total_count\": 0}");
    ck_assert_int_eq(tb_test_snapshot(t, "stock.row", "100 100"), TB_OK);
    ck_assert(!tb_test_fed_more(t));
    check_clean();
}
END_TEST

static void expect_page(const char *path, const char *size, int status, const char *answer)
{
    char query[200];
    snprintf(query, sizeof query, "searchCriteria%%5BpageSize%%5D=%s&searchCriteria%%5BcurrentPage%%5D=1",
             size);
    tb_test_expect(t, "GET", path, query, status, answer);
}

static bool found(const char *part)
{
    const char *line;
    for (int i = 0; (line = tb_test_finding(t, i)); i++) {
        if (strstr(line, part))
            return true;
    }
    return false;
}

START_TEST(doctor_finds_what_is_wrong)
{
    static const char *const one = "{\"items\": [{\"sku\": \"A\"}], \"total_count\": 1}";
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "locations=locations", NULL);
    tb_test_table(t, "locations", "location,source\n1,web\n2,wbe\n");
    expect_page(SOURCES, "1", 200, one);
    expect_page("/V1/inventory/stocks", "1", 200, one);
    expect_page("/V1/inventory/stock-source-links", "1", 200, one);
    expect_page(ITEMS, "1", 200, one);
    expect_page(PRODUCTS, "1", 200, one);
    expect_write(400, "{\"message\":\"Input data is empty\"}");
    expect_sources();
    expect_page("/V1/inventory/stock-source-links", "200", 200,
                "{\"items\": [{\"stock_id\": 2, \"source_code\": \"web\"}, {\"stock_id\": 3, "
                "\"source_code\": \"web\"}], "
                "\"total_count\": 2}");
    expect_page(ITEMS, "301", 400,
                "{\"message\":\"Maximum SearchCriteria pageSize is %max\",\"parameters\":{\"max\":300}}");
    expect_page(PRODUCTS, "1", 200, one);
    tb_test_expect(t, "GET", "/V1/stockItems/A", NULL, 200, "{\"min_qty\": 2}");
    ck_assert_int_eq(tb_test_doctor(t), 2);
    check_clean();
    ck_assert(found("may write source items"));
    ck_assert(found("source wbe does not exist"));
    ck_assert(found("linked to stocks 2 and 3"));
    ck_assert(found("min_qty of A is not 0"));
    ck_assert(found("pageSize is 300"));
}
END_TEST

START_TEST(doctor_names_the_missing_right)
{
    static const char *const one = "{\"items\": [{\"sku\": \"A\"}], \"total_count\": 1}";
    expect_page(SOURCES, "1", 401, "");
    expect_page("/V1/inventory/stocks", "1", 200, one);
    expect_page("/V1/inventory/stock-source-links", "1", 200, one);
    expect_page(ITEMS, "1", 200, one);
    expect_page(PRODUCTS, "1", 200, one);
    expect_write(401, "");
    ck_assert_int_eq(tb_test_doctor(t), 2);
    check_clean();
    ck_assert(found("Magento_InventoryApi::source"));
    ck_assert(found("Magento_InventoryApi::stock_source_item_assign"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adobe-sink");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, writes_all_in_one_call_falling_first);
    tcase_add_test(c, fraction_goes_out_as_exact_text);
    tcase_add_test(c, unchanged_row_is_not_written);
    tcase_add_loop_test(c, remembered_row_is_not_always_believed, 0, 4);
    tcase_add_test(c, row_counts_only_under_its_mark);
    tcase_add_test(c, row_of_a_lost_call_is_in_doubt);
    tcase_add_test(c, answer_of_another_kind_is_no_answer);
    tcase_add_test(c, unknown_sku_is_never_written);
    tcase_add_test(c, sku_is_found_when_its_product_comes);
    tcase_add_test(c, retired_row_of_no_product_needs_nothing);
    tcase_add_test(c, composite_product_has_no_stock);
    tcase_add_test(c, unknown_source_is_named_once);
    tcase_add_test(c, nothing_is_written_when_products_cannot_be_read);
    tcase_add_test(c, deadlock_is_tried_once_more);
    tcase_add_loop_test(c, refused_batch_is_split_and_its_rows_doubted, 0, 4);
    tcase_add_test(c, single_refused_row_is_rejected_and_forgotten);
    tcase_add_test(c, route_refused_is_one_exception);
    tcase_add_test(c, named_bundle_part_is_taken_out);
    tcase_add_test(c, released_bundle_part_goes_alone);
    tcase_add_test(c, unnamed_bundle_part_is_split_off);
    tcase_add_test(c, answers_have_their_meaning);
    tcase_add_test(c, placeholders_are_filled);
    tcase_add_test(c, query_stays_inside_what_all_releases_read);
    tcase_add_test(c, snapshot_walks_numbers_in_windows);
    tcase_add_test(c, doctor_finds_what_is_wrong);
    tcase_add_test(c, doctor_names_the_missing_right);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
