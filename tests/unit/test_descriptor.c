/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that break one rule each, judged in memory: the sentence an author of plugins reads. What only
 * a file can do wrong is in test_loader.c. */
#include "core/plugin/judge.h"

#include <check.h>
#include <stdlib.h>

static tb_verdict any_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    (void)self, (void)ctx, (void)cursor, (void)feed;
    return TB_OK;
}

static const tb_source any_source = {.size = sizeof any_source, .read = any_read};
static const tb_transform empty_transform = {.size = sizeof empty_transform};
static const tb_sink empty_sink = {.size = sizeof empty_sink};
static const tb_webhook good_webhook = {
    sizeof good_webhook, TB_WEBHOOK_BASIC, 200, 200, 503, 401, 200, 413, 1000, NULL, NULL};
static const tb_webhook odd_answer = {
    sizeof odd_answer, TB_WEBHOOK_BASIC, 200, 200, 99, 401, 200, 413, 1000, NULL, NULL};
static const tb_webhook no_limit = {
    sizeof no_limit, TB_WEBHOOK_BASIC, 200, 200, 503, 401, 200, 413, 0, NULL, NULL};
static const tb_webhook unsigned_ = {
    sizeof unsigned_, TB_WEBHOOK_SIGNED, 200, 200, 503, 401, 200, 413, 1000, "", NULL};

#define WHOLE                                                                                                \
    .name = "good", .version = "1", .summary = "a summary", .self_size = sizeof(int64_t),                    \
    .source = &any_source
#define PARAM(...)                                                                                           \
    .params = (const tb_param[])                                                                             \
    {                                                                                                        \
        {.name = "a", .help = "help", __VA_ARGS__},                                                          \
        {                                                                                                    \
            0                                                                                                \
        }                                                                                                    \
    }
#define OPERATIONS(...)                                                                                      \
    .operations = (const tb_operation[])                                                                     \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            NULL, 0, NULL, NULL                                                                              \
        }                                                                                                    \
    }
#define REASONS(...)                                                                                         \
    .reasons = (const tb_reason[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            NULL, NULL, NULL, NULL                                                                           \
        }                                                                                                    \
    }
#define NAMESPACES(...)                                                                                      \
    .namespaces = (const char *const[])                                                                      \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

/* Each row overrides what it breaks of a whole one. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
    tb_plugin api;
    const char *expected; /* NULL: nothing to say */
} descriptors[] = {
    {{WHOLE}, NULL},
    {{WHOLE, .name = NULL}, "x: has no proper name inside"},
    {{WHOLE, .name = "Good"}, "x: has no proper name inside"},
    {{WHOLE, .version = ""}, "x: lacks its version or summary"},
    {{WHOLE, .summary = NULL}, "x: lacks its version or summary"},
    {{WHOLE, PARAM(.type = TB_INT, .least = 2, .most = 1)}, "x: parameter a has a range that is empty"},
    {{WHOLE, PARAM(.type = TB_INT, .fallback = "many")},
     "x: parameter a: its default wants a whole number, not \"many\""},
    {{WHOLE, PARAM(.type = TB_INT, .fallback = "7", .least = 1, .most = 5)},
     "x: parameter a: its default wants 1 to 5, not \"7\""},
    {{WHOLE, PARAM(.type = TB_CHOICE, .fallback = "red", .choices = "green blue")},
     "x: parameter a: its default wants one of green blue, not \"red\""},
    {{WHOLE, OPERATIONS({"set", TB_IDEMPOTENT, "a.b", NULL})}, "x: declares operations but is no sink"},
    {{WHOLE, OPERATIONS({"set", TB_CREATE, "a.b", NULL}, {"set", TB_CREATE, "a.b", NULL})},
     "x: operation set stands there twice"},
    {{WHOLE, REASONS({"a.bad", "", "mend it", NULL})}, "x: reason 1 lacks its code, title or remedy"},
    {{WHOLE, REASONS({"a.bad", "bad", "mend it", NULL}, {"a.bad", "bad", "mend it", NULL})},
     "x: reason a.bad stands there twice"},
    {{WHOLE, NAMESPACES("Rows")}, "x: namespace 1 has no proper name"},
    {{WHOLE, NAMESPACES("rows", "rows")}, "x: namespace rows stands there twice"},
    {{WHOLE, .webhook = &odd_answer}, "x: its webhook policy answers with 99"},
    {{WHOLE, .webhook = &no_limit}, "x: its webhook policy lacks the kind of credentials or the body limit"},
    {{WHOLE, .webhook = &unsigned_}, "x: its webhook policy lacks the kind of credentials or the body limit"},
    {{WHOLE, .webhook = &good_webhook}, "x: has a webhook policy but no receive"},
    {{WHOLE, .transform = &empty_transform}, "x: is a transform without apply"},
    {{WHOLE, .sink = &empty_sink}, "x: is a sink without deliver"},
};

START_TEST(broken_descriptor_is_refused)
{
    error e = {""};
    const char *expected = descriptors[_i].expected;
    ck_assert_int_eq(judge_descriptor(&descriptors[_i].api, "good", "x", &e), expected ? -1 : 0);
    ck_assert_str_eq(e.text, expected ? expected : "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("descriptor");
    TCase *t = tcase_create("descriptor");
    suite_add_tcase(s, t);
    tcase_add_loop_test(t, broken_descriptor_is_refused, 0, (int)(sizeof descriptors / sizeof *descriptors));
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
