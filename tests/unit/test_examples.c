/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins to learn from, as shared objects in the kit's host. */
#include <tillbridge/test.h>

#include <check.h>
#include <dlfcn.h>
#include <stdlib.h>

static const tb_plugin *load(const char *file)
{
    void *so = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    ck_assert_msg(so != NULL, "%s", dlerror());
    return dlsym(so, "tillbridge_plugin");
}

START_TEST(upper_case_writes_capitals)
{
    tb_test *t = tb_test_new(load(EXAMPLES "/upper-case.so"), "member=name", NULL);
    tb_record *record = tb_record_new("line", "1", json_pack("{s:s, s:i}", "name", "räksmörgås 7", "n", 1));
    tb_record *other = tb_record_ref(record); /* shared: the original stays as it was */
    ck_assert_int_eq(tb_test_apply(t, &record), TB_OK);
    ck_assert_str_eq(json_string_value(json_object_get(tb_record_body(record), "name")), "RäKSMöRGåS 7");
    ck_assert_int_eq(json_integer_value(json_object_get(tb_record_body(record), "n")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(tb_record_body(other), "name")), "räksmörgås 7");
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(other);
    tb_record_unref(record);
    tb_test_free(t);
}
END_TEST

START_TEST(upper_case_wants_a_text)
{
    tb_test *t = tb_test_new(load(EXAMPLES "/upper-case.so"), "member=name", NULL);
    tb_record *record = tb_record_new("line", "1", json_pack("{s:i}", "name", 7));
    ck_assert_int_eq(tb_test_apply(t, &record), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(record), "upper-case.no-text");
    ck_assert_str_eq(tb_test_cause(record), "name");
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(record);
    tb_test_free(t);
    ck_assert_ptr_null(tb_test_new(load(EXAMPLES "/upper-case.so"), NULL));
}
END_TEST

static const struct {
    int status;
    tb_verdict returned, verdict;
    const char *reason;
} answers[] = {
    {200, TB_OK, TB_APPLIED, ""},
    {409, TB_OK, TB_NOOP, ""},
    {404, TB_OK, TB_REJECT, "label.unknown"},
    {400, TB_OK, TB_REJECT, "label.refused"},
    {500, TB_RETRY, TB_OK, ""},
    {0, TB_RETRY, TB_OK, ""},
};

START_TEST(example_sink_takes_each_answer_by_its_table)
{
    tb_test *t = tb_test_new(load(EXAMPLES "/example-sink.so"), "path=/shelf", NULL);
    tb_record *record = tb_record_new("line", "A 1", json_pack("{s:s}", "text", "CAP"));
    tb_test_expect(t, "PUT", "/shelf/A%201", NULL, answers[_i].status, "{}");
    ck_assert_int_eq(tb_test_deliver(t, "label.set", &record, 1), answers[_i].returned);
    ck_assert_int_eq(tb_test_verdict(record), answers[_i].verdict);
    ck_assert_str_eq(tb_test_reason(record), answers[_i].reason);
    ck_assert_str_eq(json_string_value(json_object_get(tb_test_asked_json(t, 0), "text")), "CAP");
    ck_assert(json_equal(tb_test_sent(record), tb_record_body(record)));
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(record);
    tb_test_free(t);
}
END_TEST

START_TEST(example_sink_is_asked_by_doctor)
{
    tb_test *t = tb_test_new(load(EXAMPLES "/example-sink.so"), NULL);
    tb_test_expect(t, "GET", "/labels", NULL, 200, "[]");
    ck_assert_int_eq(tb_test_doctor(t), 0);
    ck_assert_str_eq(tb_test_finding(t, 0), "good label server: answers 200 to GET /labels");
    tb_test_expect(t, "GET", "/labels", NULL, 0, "");
    ck_assert_int_eq(tb_test_doctor(t), 1);
    ck_assert_ptr_null(tb_test_failure(t));
    tb_test_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("examples");
    TCase *t = tcase_create("examples");
    suite_add_tcase(s, t);
    tcase_add_test(t, upper_case_writes_capitals);
    tcase_add_test(t, upper_case_wants_a_text);
    tcase_add_loop_test(t, example_sink_takes_each_answer_by_its_table, 0,
                        (int)(sizeof answers / sizeof *answers));
    tcase_add_test(t, example_sink_is_asked_by_doctor);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
