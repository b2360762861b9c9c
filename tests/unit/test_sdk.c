/* SPDX-License-Identifier: Apache-2.0 */
/* libtillbridge: records and what is said of them, feeds, parameters, tables, units. */
#include "core/sdk/host.h"

#include <tillbridge/test.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

static tb_record *record(void)
{
    tb_record *r =
        tb_record_new("stock.level", "4711@web", json_pack("{s:i, s:{s:i}}", "n", 1, "deep", "m", 2));
    ck_assert_ptr_nonnull(r);
    return r;
}

START_TEST(a_shared_record_is_copied_when_it_is_edited)
{
    tb_record *mine = record(), *theirs = tb_record_ref(mine);
    tb_record_set_operation(mine, "set-stock");
    ck_assert_int_eq(tb_record_claim(mine, "stock/4711@web"), 0);
    json_t *body = tb_record_edit(&mine);
    ck_assert_ptr_ne(mine, theirs);
    json_object_set_new(json_object_get(body, "deep"), "m", json_integer(3));
    ck_assert_ptr_eq(tb_record_edit(&mine), body); /* nobody else holds it now */
    char *a = tbh_body_text(mine), *b = tbh_body_text(theirs);
    ck_assert_str_eq(a, "{\"deep\":{\"m\":3},\"n\":1}");
    ck_assert_str_eq(b, "{\"deep\":{\"m\":2},\"n\":1}");
    ck_assert_str_eq(tb_record_operation(mine), "set-stock");
    ck_assert_str_eq(tb_test_claim(mine, 0), "stock/4711@web");
    free(a);
    free(b);
    tb_record_unref(mine);
    tb_record_unref(theirs);
}
END_TEST

START_TEST(a_copy_shares_until_edited_and_forgets_what_was_said)
{
    tb_record *r = record();
    tb_record_set_id(r, "event-1");
    tb_record_set_group(r, "web");
    tb_record_set_changed(r, 77);
    tb_record_set_probe(r, "p-1");
    tbh_set_flags(r, true, true);
    ck_assert_int_eq(tb_record_add_part(r, "web.product", json_string("x")), 0);
    tb_reject(r, "stock.no-product", NULL, "no");
    tb_record *copy = tbh_copy(r);
    ck_assert_int_eq(tb_test_verdict(copy), TB_OK);
    ck_assert_ptr_eq(tb_record_body(copy), tb_record_body(r));
    ck_assert_str_eq(tbh_id(copy), "event-1");
    ck_assert_str_eq(tb_record_group(copy), "web");
    ck_assert_str_eq(tb_record_probe(copy), "p-1");
    ck_assert_int_eq(tb_record_changed(copy), 77);
    ck_assert(tb_record_released(copy) && tb_record_doubtful(copy));
    ck_assert_str_eq(json_string_value(tb_record_part(copy, "web.product")), "x");
    json_object_set_new(tb_record_edit(&copy), "n", json_integer(9));
    ck_assert_int_eq(json_integer_value(json_object_get(tb_record_body(r), "n")), 1);
    tb_record_unref(r);
    tb_record_unref(copy);
}
END_TEST

START_TEST(one_part_a_type_and_connection)
{
    tb_record *r = record();
    tbh_set_part_connection(r, "adobe");
    ck_assert_int_eq(tb_record_add_part(r, "web.order", json_integer(1)), 0);
    ck_assert_int_eq(tb_record_add_part(r, "web.order", json_integer(2)), 0);
    ck_assert(tbh_has_part(r, "web.order", "adobe"));
    ck_assert(!tbh_has_part(r, "web.order", "sitoo"));
    ck_assert_int_eq(json_integer_value(tb_record_part(r, "web.order")), 1);
    ck_assert_ptr_null(tb_record_part(r, "till.order"));
    json_t *parts = tbh_parts(r);
    const json_t *one = json_object_get(parts, "web.order");
    ck_assert_str_eq(json_string_value(json_object_get(one, "connection")), "adobe");
    ck_assert_int_eq(json_integer_value(json_object_get(one, "body")), 1);
    json_decref(parts);
    tbh_reset(r);
    ck_assert_ptr_null(tb_record_part(r, "web.order"));
    tb_record_unref(r);
}
END_TEST

START_TEST(a_verdict_forgets_the_one_before)
{
    tb_record *r = record();
    tb_outcome o;
    ck_assert_int_eq(tb_reject(r, "stock.no-product", NULL, "%s: %d", "no", 7), TB_REJECT);
    tb_look_again(r, 99);
    tbh_outcome(r, &o);
    ck_assert_str_eq(o.reason, "stock.no-product");
    ck_assert_str_eq(o.cause, "4711@web");
    ck_assert_str_eq(o.text, "no: 7");
    ck_assert_int_eq(o.until, 99);
    ck_assert_int_eq(tb_more(r, "id-1"), TB_APPLIED);
    tbh_outcome(r, &o);
    ck_assert(o.decided && o.more);
    ck_assert_str_eq(o.answer_id, "id-1");
    ck_assert_str_eq(o.reason, "");
    ck_assert_str_eq(o.text, "");
    ck_assert_int_eq(o.until, 0);
    ck_assert_int_eq(tb_wait(r, 5, "for %s", "it"), TB_WAIT);
    for (int i = 0; i < TB_MOST_DEPENDS; i++)
        ck_assert_int_eq(tb_depends(r, "table", "skus", i), 0);
    ck_assert_int_eq(tb_depends(r, "table", "skus", 8), -1);
    tbh_reset(r);
    tbh_outcome(r, &o);
    ck_assert(!o.decided);
    ck_assert_int_eq(o.depends_n, 0);
    tb_record_unref(r);
}
END_TEST

START_TEST(answers_are_cut_between_characters)
{
    tb_record *r = record();
    static char long_answer[5000];
    memset(long_answer, 'a', 4095);
    memcpy(long_answer + 4095, "\xc3\xa4rger", 7);
    tb_record_answer(r, long_answer);
    tb_outcome o;
    tbh_outcome(r, &o);
    ck_assert_uint_eq(strlen(o.answer), 4095);
    tb_record_unref(r);
}
END_TEST

START_TEST(a_feed_carries_all_that_was_said)
{
    tb_feed f = {.room = 2};
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(tb_feed_add(&f, record(), i % 2 ? "till-sale" : NULL), 0);
    ck_assert_int_eq(tb_feed_add(&f, NULL, NULL), -1);
    ck_assert_int_eq(f.n, 40);
    ck_assert_ptr_null(f.rules[0]);
    ck_assert_str_eq(f.rules[39], "till-sale");
    ck_assert_int_eq(tb_feed_room(&f), 0);
    ck_assert_int_eq(tb_feed_cursor(&f, "a"), 0);
    ck_assert_int_eq(tb_feed_cursor(&f, "b"), 0);
    ck_assert_str_eq(f.cursor, "b");
    tb_feed_at(&f, 9);
    tb_feed_at(&f, 5);
    tb_feed_at(&f, 7);
    ck_assert_int_eq(f.at, 5);
    ck_assert_int_eq(tb_raise(&f, "stock.untrusted", NULL, "%d rows", 3), 0);
    ck_assert_int_eq(tb_clear(&f, "stock.untrusted", NULL), 0);
    ck_assert_str_eq(f.raised[0].text, "3 rows");
    ck_assert_ptr_null(f.raised[1].text);
    tbh_feed_free(&f);
}
END_TEST

/* ---- parameters ---- */

typedef struct fields {
    const char *text;
    int64_t number;
    int choice;
    bool flag;
} fields;

static const struct {
    tb_type type;
    uint32_t flags;
    int64_t least, most;
    const char *text;
    int64_t value; /* of those that are read */
    const char *why;
} params[] = {
    {TB_INT, 0, 0, 0, "-12", -12, NULL},
    {TB_INT, 0, 1, 100, "100", 100, NULL},
    {TB_INT, 0, 1, 100, "0", 0, "wants 1 to 100, not \"0\""},
    {TB_INT, 0, 1, INT64_MAX, "0", 0, "wants at least 1, not \"0\""},
    {TB_INT, 0, 0, 0, "1.5", 0, "wants a whole number, not \"1.5\""},
    {TB_INT, 0, 0, 0, "", 0, "wants a whole number, not \"\""},
    {TB_INT, 0, 0, 0, " 1", 0, "wants a whole number, not \" 1\""},
    {TB_INT, 0, 0, 0, "99999999999999999999", 0, "wants a whole number, not \"99999999999999999999\""},
    {TB_DURATION, 0, 0, 0, "15s", 15000, NULL},
    {TB_DURATION, 0, 0, 0, "250ms", 250, NULL},
    {TB_DURATION, 0, 0, 0, "7d", 604800000, NULL},
    {TB_DURATION, 0, 0, 0, "15", 0, "wants a duration such as \"15s\" (units: ms s m h d), not \"15\""},
    {TB_DURATION, 0, 1000, 3600000, "2h", 0, "wants 1s to 1h, not \"2h\""},
    {TB_BYTES, 0, 0, 0, "64KiB", 65536, NULL},
    {TB_BYTES, 0, 0, 0, "64KB", 0, "wants a size such as \"64KiB\" (units: B KiB MiB GiB), not \"64KB\""},
    {TB_TIME, 0, 0, 0, "2026-11-23T00:00Z", 1795392000000, NULL},
    {TB_TIME, 0, 0, 0, "2024-02-29T23:59:59Z", 1709251199000, NULL},
    {TB_TIME, 0, 0, 0, "2026-02-29T00:00Z", 0,
     "wants a time such as \"2026-11-23T00:00Z\", not \"2026-02-29T00:00Z\""},
    {TB_TIME, 0, 0, 0, "2026-11-23", 0, "wants a time such as \"2026-11-23T00:00Z\", not \"2026-11-23\""},
    {TB_QUANTITY, 0, 0, 0, "1.5", 1500, NULL},
    {TB_QUANTITY, 0, 0, 10000, "11", 0, "wants 0 to 10, not \"11\""},
    {TB_BOOL, 0, 0, 0, "true", 1, NULL},
    {TB_BOOL, 0, 0, 0, "yes", 0, "wants true or false, not \"yes\""},
    {TB_CHOICE, 0, 0, 0, "down", 2, NULL},
    {TB_CHOICE, 0, 0, 0, "half", 0, "wants one of half-up  half-even down, not \"half\""},
    {TB_STRING, TB_REQUIRED, 0, 0, "", 0, "wants a text that is not empty, not \"\""},
    {TB_INT, TB_SECRET, 0, 0, "sesame", 0, "wants a whole number"},
    {(tb_type)77, 0, 0, 0, "x", 0, "has a type (77) that this version does not know"},
};

static size_t field_of(tb_type type)
{
    return type == TB_BOOL                         ? offsetof(fields, flag)
           : type == TB_CHOICE                     ? offsetof(fields, choice)
           : type == TB_STRING || type == TB_TABLE ? offsetof(fields, text)
                                                   : offsetof(fields, number);
}

START_TEST(parameters_are_typed_and_told)
{
    fields f = {0};
    tb_owned *owned = NULL;
    char why[160] = "";
    tb_param p = {.type = params[_i].type,
                  .flags = params[_i].flags,
                  .least = params[_i].least,
                  .most = params[_i].most,
                  .choices = "half-up  half-even down",
                  .offset = field_of(params[_i].type)};
    int bad = tbh_param_set(&p, &f, params[_i].text, &owned, why, sizeof why);
    ck_assert_msg(bad == (params[_i].why ? -1 : 0), "%s: %s", params[_i].text, why);
    if (bad)
        ck_assert_str_eq(why, params[_i].why);
    ck_assert_int_eq(f.number + f.choice + f.flag, params[_i].value);
    tbh_owned_free(owned);
}
END_TEST

START_TEST(a_missing_text_is_the_fallback)
{
    fields f = {0};
    tb_owned *owned = NULL;
    char why[160];
    tb_param p = {.type = TB_STRING, .fallback = "key", .offset = offsetof(fields, text)};
    ck_assert_int_eq(tbh_param_set(&p, &f, NULL, &owned, why, sizeof why), 0);
    ck_assert_str_eq(f.text, "key");
    ck_assert_int_eq(tbh_param_set(&p, &f, "other", &owned, why, sizeof why), 0);
    ck_assert_str_eq(f.text, "other");
    tb_param none = {.type = TB_INT, .offset = offsetof(fields, number)};
    ck_assert_int_eq(tbh_param_set(&none, &f, NULL, &owned, why, sizeof why), 0);
    tbh_owned_free(owned);
}
END_TEST

START_TEST(rates_are_thousandths_a_second)
{
    int64_t r = 0;
    ck_assert_int_eq(tbh_parse_rate("4/s", &r), 0);
    ck_assert_int_eq(r, 4000);
    ck_assert_int_eq(tbh_parse_rate("0.5/s", &r), 0);
    ck_assert_int_eq(r, 500);
    ck_assert_int_eq(tbh_parse_rate("100/m", &r), 0);
    ck_assert_int_eq(r, 1666);
    static const char *const bad[] = {"4", "/s", "0/s", "-1/s", "4/d", "4/", "1/h4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(tbh_parse_rate(bad[i], &r) == -1, "%s", bad[i]);
}
END_TEST

/* ---- tables ---- */

static tb_table *table(const char *csv)
{
    char why[200];
    tb_table *t = tbh_table_new(csv, strlen(csv), 3, why, sizeof why);
    ck_assert_msg(t != NULL, "%s", why);
    return t;
}

START_TEST(csv_as_spreadsheets_write_it)
{
    tb_table *t = table("\xef\xbb\xbf"
                        "location,source,note\r\n"
                        "1,web,\"a \"\"b\"\", c\"\r\n"
                        "\r\n"
                        "2,,\"two\nlines\"\n"
                        "1,shop,");
    ck_assert_int_eq(tb_table_rows(t), 3);
    ck_assert_int_eq(tb_table_version(t), 3);
    ck_assert_int_eq(tb_table_column(t, "location"), 0);
    ck_assert_int_eq(tb_table_column(t, "note"), 2);
    ck_assert_int_eq(tb_table_column(t, "Note"), -1);
    ck_assert_str_eq(tb_table_cell(t, 0, 2), "a \"b\", c");
    ck_assert_str_eq(tb_table_cell(t, 1, 2), "two\nlines");
    ck_assert_str_eq(tb_table_cell(t, 2, 2), "");
    ck_assert_str_eq(tb_table_cell(t, 3, 0), "");
    ck_assert_str_eq(tb_table_cell(t, 0, 3), "");
    ck_assert_str_eq(tb_table_cell(t, -1, 0), "");
    ck_assert_int_eq(tb_table_find(t, 0, "1", -1), 0);
    ck_assert_int_eq(tb_table_find(t, 0, "1", 0), 2);
    ck_assert_int_eq(tb_table_find(t, 0, "1", 2), -1);
    ck_assert_int_eq(tb_table_find(t, 1, "", -1), 1);
    ck_assert_int_eq(tb_table_find(t, 0, "3", -1), -1);
    ck_assert_int_eq(tb_table_find(t, 9, "1", -1), -1);
    tbh_table_unref(tbh_table_ref(t));
    tbh_table_unref(t);
}
END_TEST

START_TEST(every_row_of_a_large_table_is_found)
{
    enum { ROWS = 20000 };
    char *csv = malloc(ROWS * 24 + 16), *p = csv;
    p += snprintf(p, 16, "sku,group\n");
    for (int i = 0; i < ROWS; i++)
        p += snprintf(p, 24, "s%d,g%d\n", i, i % 100);
    tb_table *t = table(csv);
    for (int i = 0; i < ROWS; i += 7) {
        char sku[16];
        snprintf(sku, sizeof sku, "s%d", i);
        ck_assert_int_eq(tb_table_find(t, 0, sku, -1), i);
    }
    int n = 0;
    for (int row = -1; (row = tb_table_find(t, 1, "g42", row)) >= 0; n++)
        ck_assert_int_eq(row, 42 + 100 * n);
    ck_assert_int_eq(n, ROWS / 100);
    tbh_table_unref(t);
    free(csv);
}
END_TEST

static const struct {
    const char *csv, *why;
} not_tables[] = {
    {"", "line 1: empty: the first line names the columns"},
    {"\n\n", "line 1: empty: the first line names the columns"},
    {"a,b\n1,2\n3\n", "line 3: 1 cells where the first line names 2 columns"},
    {"a,b\n1,\"2\n3,4\n", "line 2: a quote is opened and never closed"},
    {"a,b\n1,\"2\"x\n", "line 2: text behind a closing quote"},
    {"a,b\n1,2\"x\n", "line 2: a quote inside a cell: put the whole cell in quotes and double it"},
    {"a,b\n1,2\rx\n", "line 2: a carriage return without a line feed"},
    {"a,b\n1,\"x\ny\"\n1\n", "line 4: 1 cells where the first line names 2 columns"},
    {"a,a\n", "line 1: two columns of one name"},
    {"a,\n", "line 1: a column without a name"},
    {"a,b\n1,\xe4\n", "line 2: not UTF-8 text"},
    {"a\n\xc3", "line 2: not UTF-8 text"},
    {"a\n\xed\xa0\x80\n", "line 2: not UTF-8 text"},
};

START_TEST(what_is_no_table_is_told_by_line)
{
    char why[200] = "";
    tb_table *t = tbh_table_new(not_tables[_i].csv, strlen(not_tables[_i].csv), 1, why, sizeof why);
    ck_assert_ptr_null(t);
    ck_assert_str_eq(why, not_tables[_i].why);
}
END_TEST

/* ---- trampolines ---- */

START_TEST(a_host_without_a_thing_answers_that_it_has_not_got_it)
{
    static const tb_host bare = {.size = offsetof(tb_host, state_get)};
    tb_ctx ctx = {&bare};
    tb_request request = {.size = sizeof request, .method = "GET", .path = "/"};
    tb_response response = {.size = sizeof response};
    ck_assert_int_eq(tb_http(&ctx, &request, &response), -1);
    ck_assert_str_eq(response.body, "");
    tb_response_free(&response);
    ck_assert_ptr_null(tb_state_get(&ctx, "a", "b"));
    ck_assert_int_eq(tb_state_set(&ctx, NULL, "a", "b", "c"), -1);
    ck_assert_ptr_null(tb_table_get(&ctx, "a"));
    ck_assert_str_eq(tb_pipeline(&ctx), "");
    ck_assert(!tb_sleep(&ctx, 1));
    tb_log(&ctx, TB_INFO, "a.b", "nobody hears %d", 1);
    ck_assert_int_eq(tb_emit(&ctx, NULL, record()), -1);
}
END_TEST

START_TEST(paths_are_escaped)
{
    char out[32] = "before";
    ck_assert_uint_eq(tb_http_escape("a/b \xc3\xa4-._~", out, sizeof out), 18);
    ck_assert_str_eq(out, "a%2Fb%20%C3%A4-._~");
    ck_assert_uint_eq(tb_http_escape("abc", out, 3), 3);
    ck_assert_str_eq(out, "a%2Fb%20%C3%A4-._~");
}
END_TEST

static void add_records(TCase *t)
{
    tcase_add_test(t, a_shared_record_is_copied_when_it_is_edited);
    tcase_add_test(t, a_copy_shares_until_edited_and_forgets_what_was_said);
    tcase_add_test(t, one_part_a_type_and_connection);
    tcase_add_test(t, a_verdict_forgets_the_one_before);
    tcase_add_test(t, answers_are_cut_between_characters);
    tcase_add_test(t, a_feed_carries_all_that_was_said);
}

int main(void)
{
    Suite *s = suite_create("sdk");
    TCase *t = tcase_create("sdk");
    suite_add_tcase(s, t);
    add_records(t);
    tcase_add_loop_test(t, parameters_are_typed_and_told, 0, (int)(sizeof params / sizeof *params));
    tcase_add_test(t, a_missing_text_is_the_fallback);
    tcase_add_test(t, rates_are_thousandths_a_second);
    tcase_add_test(t, csv_as_spreadsheets_write_it);
    tcase_add_test(t, every_row_of_a_large_table_is_found);
    tcase_add_loop_test(t, what_is_no_table_is_told_by_line, 0,
                        (int)(sizeof not_tables / sizeof *not_tables));
    tcase_add_test(t, a_host_without_a_thing_answers_that_it_has_not_got_it);
    tcase_add_test(t, paths_are_escaped);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
