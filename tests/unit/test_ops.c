/* SPDX-License-Identifier: Apache-2.0 */
/* The control API without a daemon: who may what, what is told, what is changed and audited; and the metrics.
 */
#include "core/base/env.h"
#include "core/ops/api.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];
static journal *j;
static int64_t stock;
static error e;
static int status;

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/tillbridge-ops-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/journal.db", dir);
    journal_options o = {.path = path, .now = env_now()};
    ck_assert_msg(journal_open(&o, &j, &e) == 0, "%s", e.text);
    ck_assert_int_eq(journal_pipeline_get(j, "stock", true, env_now(), &stock, &e), JOURNAL_DONE);
}

static void teardown(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    journal_close(j);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(dir);
}

/* ---- helpers ---- */

/* One call as somebody who may change; query and body (NULL: none) as JSON text with ' for ". */
static json_t *call_as(bool may_change, const char *method, const char *where, const char *query,
                       const char *body)
{
    char text[2][512] = {"", ""};
    const char *given[2] = {query, body};
    json_t *parsed[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        snprintf(text[i], sizeof text[i], "%s", given[i] ? given[i] : "");
        for (char *p = text[i]; *p; p++)
            *p = *p == '\'' ? '"' : *p;
        parsed[i] = given[i] ? json_loads(text[i], 0, NULL) : NULL;
        ck_assert_msg(!given[i] || parsed[i], "not JSON: %s", text[i]);
    }
    api_world w = {.journal = j};
    api_request q = {method, where, parsed[0], parsed[1], "uid:7", may_change};
    json_t *out = api_call(&w, &q, &status);
    ck_assert(json_is_object(out));
    json_decref(parsed[0]);
    json_decref(parsed[1]);
    return out;
}

/* The same, and the answer must have that status; freed at the next call. */
static const json_t *call(int wanted, const char *method, const char *where, const char *query,
                          const char *body)
{
    static json_t *kept;
    json_decref(kept);
    kept = call_as(true, method, where, query, body);
    const char *fault = json_string_value(json_object_get(kept, "error"));
    ck_assert_msg(status == wanted, "%s %s: %d, %s", method, where, status, fault ? fault : "no error");
    ck_assert((wanted >= 400) == (fault != NULL));
    return kept;
}

static void accept_key(const char *key)
{
    journal_item item = {.type = "stock.level", .key = key, .body = "{\"n\":1}", .changed = env_now()};
    journal_accepting a = {.pipeline = stock,
                           .now = env_now(),
                           .connection = "sitoo",
                           .stream = "stock",
                           .items = &item,
                           .items_n = 1,
                           .cursor = "c1"};
    journal_accepted got;
    ck_assert_int_eq(journal_accept(j, &a, &got, &e), JOURNAL_DONE);
}

static void settle(const char *key, journal_settlement s)
{
    journal_row *row = NULL;
    ck_assert_int_eq(journal_find(j, stock, key, &row), 1);
    s.seq = row->seq;
    s.generation = row->generation;
    s.step = row->step;
    ck_assert_int_eq(journal_settle(j, stock, &s, 1, env_now()), JOURNAL_DONE);
    ck_assert_int_eq(s.result, JOURNAL_DONE);
    journal_rows_free(row, 1);
}

/* A record that is parked for that reason. */
static void park(const char *key, const char *reason)
{
    accept_key(key);
    settle(key, (journal_settlement){
                    .kind = SETTLE_REJECT, .reason = reason, .cause = "SKU-1", .text = "no such product"});
}

static int64_t number(const json_t *o, const char *name)
{
    ck_assert_msg(json_is_integer(json_object_get(o, name)), "no number %s", name);
    return json_integer_value(json_object_get(o, name));
}

static const char *text(const json_t *o, const char *name)
{
    const char *t = json_string_value(json_object_get(o, name));
    ck_assert_msg(t, "no text %s", name);
    return t;
}

static const json_t *first(const json_t *o, const char *list)
{
    ck_assert_msg(json_array_size(json_object_get(o, list)) > 0, "%s is empty", list);
    return json_array_get(json_object_get(o, list), 0);
}

/* ---- who may what ---- */

START_TEST(calls_are_a_table)
{
    call(404, "GET", "nothing", NULL, NULL);
    call(404, "GET", "exceptions/1/retry/more", NULL, NULL);
    call(404, "GET", "exceptions/", NULL, NULL);
    call(405, "POST", "status", NULL, NULL);
    call(405, "GET", "reload", NULL, NULL);
    call(400, "GET", "explain", NULL, NULL);
    call(404, "GET", "exceptions/x", NULL, NULL);
    call(409, "POST", "reload", NULL, NULL); /* no daemon */
    call(200, "GET", "version", NULL, NULL);
}
END_TEST

START_TEST(a_viewer_changes_nothing)
{
    static const char *const changes[] = {
        "exceptions/1/retry",     "exceptions/1/drop",     "cursors", "reload",
        "pipelines/stock/rename", "pipelines/stock/retire"};
    park("a", "stock.no-product");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        json_decref(call_as(false, "POST", changes[i], NULL, "{'why': 'x', 'to': 'y'}"));
        ck_assert_int_eq(status, 403);
    }
    json_decref(call_as(false, "GET", "exceptions", NULL, NULL));
    ck_assert_int_eq(status, 200);
    ck_assert_int_eq(number(first(call(200, "GET", "exceptions", NULL, NULL), "exceptions"), "behind"), 1);
}
END_TEST

START_TEST(a_change_wants_its_reason)
{
    static const char *const changes[] = {"exceptions/1/drop", "cursors", "pipelines/stock/rename",
                                          "pipelines/stock/retire"};
    park("a", "stock.no-product");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        call(400, "POST", changes[i], NULL, "{'to': 'y'}");
        call(400, "POST", changes[i], NULL, "{'to': 'y', 'why': ''}");
        call(400, "POST", changes[i], NULL, NULL);
    }
}
END_TEST

/* ---- exceptions ---- */

START_TEST(an_exception_is_shown_with_its_keys)
{
    park("a", "stock.no-product");
    park("b", "stock.no-product");
    park("c", "effect.unknown");
    const json_t *x = first(call(200, "GET", "exceptions", NULL, NULL), "exceptions");
    ck_assert_str_eq(text(x, "reason"), "stock.no-product");
    ck_assert_int_eq(number(x, "behind"), 2);
    ck_assert_int_eq(number(x, "count"), 2);
    ck_assert_int_eq(
        json_array_size(json_object_get(call(200, "GET", "exceptions", NULL, NULL), "exceptions")), 2);
    call(200, "GET", "exceptions", "{'pipeline': 'other'}", NULL);
    ck_assert_int_eq(json_array_size(json_object_get(call(200, "GET", "exceptions", "{'after': '1'}", NULL),
                                                     "exceptions")),
                     1);
    x = call(200, "GET", "exceptions/1", NULL, NULL);
    ck_assert_int_eq(json_array_size(json_object_get(x, "keys")), 2);
    ck_assert_str_eq(text(first(x, "keys"), "key"), "a");
    char where[40]; /* one of the core's own: title and remedy are known */
    x = first(call(200, "GET", "exceptions", "{'after': '1'}", NULL), "exceptions");
    snprintf(where, sizeof where, "exceptions/%lld", (long long)number(x, "id"));
    x = call(200, "GET", where, NULL, NULL);
    ck_assert_str_ne(text(x, "title"), "");
    ck_assert_str_ne(text(x, "remedy"), "");
    ck_assert_str_eq(text(x, "owner"), "operations");
    call(404, "GET", "exceptions/99", NULL, NULL);
}
END_TEST

START_TEST(retry_and_drop)
{
    park("a", "stock.no-product");
    park("b", "stock.no-product");
    ck_assert_int_eq(number(call(200, "POST", "exceptions/1/retry", NULL, "{'key': 'a'}"), "released"), 1);
    const json_t *s = first(call(200, "GET", "status", NULL, NULL), "pipelines");
    ck_assert_int_eq(number(json_object_get(s, "counters"), "pending"), 1);
    ck_assert_int_eq(number(json_object_get(s, "counters"), "parked"), 1);
    ck_assert(json_is_true(json_object_get(s, "law")));
    ck_assert_int_eq(number(call(200, "POST", "exceptions/1/drop", NULL, "{'why': 'gone'}"), "dropped"), 2);
    call(409, "POST", "exceptions/1/drop", NULL, "{'why': 'again'}");
    call(409, "POST", "exceptions/77/retry", NULL, NULL);
    s = first(call(200, "GET", "status", NULL, NULL), "pipelines");
    ck_assert_int_eq(number(json_object_get(json_object_get(s, "counters"), "dropped_by_rule"), "by-hand"),
                     2);
    ck_assert_int_eq(journal_audit_verify(j, &e), 0);
}
END_TEST

/* ---- explain ---- */

START_TEST(a_key_is_explained)
{
    accept_key("a");
    settle("a", (journal_settlement){.kind = SETTLE_APPLIED,
                                     .came_in = "{\"n\":1}",
                                     .sent = "{\"quantity\":1}",
                                     .answer = "not JSON",
                                     .answer_id = "77"});
    const json_t *x = call(200, "GET", "explain", "{'key': 'a'}", NULL);
    ck_assert_int_eq(json_array_size(json_object_get(x, "records")), 0);
    const json_t *o = first(x, "history");
    ck_assert_str_eq(text(o, "verdict"), "applied");
    ck_assert_int_eq(number(json_object_get(o, "sent"), "quantity"), 1);
    ck_assert_str_eq(text(o, "answer"), "not JSON");
    ck_assert_str_eq(text(o, "answer_id"), "77");
    park("a", "stock.no-product");
    park("b", "effect.unknown");
    x = call(200, "GET", "explain", "{'key': 'a', 'pipeline': 'stock'}", NULL);
    ck_assert_str_eq(text(first(x, "records"), "state"), "parked");
    ck_assert_int_eq(json_array_size(json_object_get(x, "exceptions")), 1);
    ck_assert_str_eq(text(first(x, "exceptions"), "reason"), "stock.no-product");
    x = call(200, "GET", "explain", "{'key': 'a', 'pipeline': 'other'}", NULL);
    ck_assert_int_eq(json_array_size(json_object_get(x, "records")), 0);
    ck_assert_int_eq(json_array_size(json_object_get(x, "exceptions")), 0);
}
END_TEST

static void remember(const char *namespace_, const char *key, const char *value)
{
    journal_who who = {"uid:7", "test", env_now()};
    journal_edit edit = {{namespace_, key, value}, 0};
    ck_assert_int_eq(journal_state_change(j, &who, "set", &edit, 1, &e), JOURNAL_DONE);
}

/* By whichever part of its name the key is: whole, begin or end, but not a piece of a word. */
START_TEST(what_is_remembered_of_a_key_is_told)
{
    static const char *const found[] = {"12", "12/3", "SKU@a/12"};
    remember("stock/a", "12", "{\"n\":1}");
    remember("stock/a", "12/3", "no JSON");
    remember("stock/a", "123", "1");
    remember("stock/a", "1", "1");
    remember("stock/b", "SKU@a/12", "[1]");
    remember("stock/b", "SKU@a/312", "[1]");
    remember("stocks/b", "12", "1");
    const json_t *x = call(200, "GET", "explain", "{'key': '12'}", NULL),
                 *list = json_object_get(x, "remembered");
    ck_assert_int_eq(json_array_size(list), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(text(json_array_get(list, i), "key"), found[i]);
    ck_assert_int_eq(number(json_object_get(json_array_get(list, 0), "value"), "n"), 1);
    ck_assert_str_eq(text(json_array_get(list, 2), "namespace"), "stock/b");
}
END_TEST

/* ---- cursors and pipelines ---- */

START_TEST(a_cursor_is_set_where_there_is_one)
{
    accept_key("a");
    call(404, "POST", "cursors", NULL,
         "{'pipeline': 'stock', 'connection': 'sitoo', 'stream': 'orders', 'value': 'c2', 'why': 'x'}");
    call(400, "POST", "cursors", NULL, "{'pipeline': 'stock', 'connection': 'sitoo', 'why': 'x'}");
    call(200, "POST", "cursors", NULL,
         "{'pipeline': 'stock', 'connection': 'sitoo', 'stream': 'stock', 'value': 'c2', 'why': 'x'}");
    ck_assert_str_eq(text(first(call(200, "GET", "cursors", NULL, NULL), "cursors"), "value"), "c2");
}
END_TEST

START_TEST(pipelines_are_renamed_and_retired)
{
    park("a", "stock.no-product");
    call(409, "POST", "pipelines/stock/retire", NULL, "{'why': 'x'}");
    call(400, "POST", "pipelines/stock/rename", NULL, "{'why': 'x', 'to': 'No Name'}");
    call(409, "POST", "pipelines/nobody/rename", NULL, "{'why': 'x', 'to': 'levels'}");
    call(200, "POST", "pipelines/stock/rename", NULL, "{'why': 'x', 'to': 'levels'}");
    ck_assert_str_eq(text(first(call(200, "GET", "status", NULL, NULL), "pipelines"), "name"), "levels");
    call(200, "POST", "exceptions/1/drop", NULL, "{'why': 'x'}");
    call(200, "POST", "pipelines/levels/retire", NULL, "{'why': 'x'}");
    ck_assert_int_eq(json_array_size(json_object_get(call(200, "GET", "status", NULL, NULL), "pipelines")),
                     0);
}
END_TEST

/* ---- metrics and readiness ---- */

START_TEST(metrics_count_and_escape)
{
    park("SKU-1@malmo", "stock.no-product");
    park("SKU-2@malmo", "odd\"reason\\");
    api_world w = {.journal = j, .started = env_now()};
    CLEANUP_FREE char *m = api_metrics(&w);
    ck_assert_ptr_nonnull(strstr(m, "\ntillbridge_records_accepted_total{pipeline=\"stock\"} 2\n"));
    ck_assert_ptr_nonnull(
        strstr(m, "\ntillbridge_records_total{pipeline=\"stock\",outcome=\"applied\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(m, "\ntillbridge_records_parked{pipeline=\"stock\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(m, "reason=\"odd\\\"reason\\\\\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(m, "# TYPE tillbridge_records_total counter\n"));
    ck_assert_ptr_null(strstr(m, "malmo"));
}
END_TEST

START_TEST(not_ready_without_an_engine)
{
    api_world w = {.journal = j};
    CLEANUP_FREE char *why = api_not_ready(&w);
    ck_assert_str_ne(why, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ops");
    TCase *c = tcase_create("api");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, calls_are_a_table);
    tcase_add_test(c, a_viewer_changes_nothing);
    tcase_add_test(c, a_change_wants_its_reason);
    tcase_add_test(c, an_exception_is_shown_with_its_keys);
    tcase_add_test(c, retry_and_drop);
    tcase_add_test(c, a_key_is_explained);
    tcase_add_test(c, what_is_remembered_of_a_key_is_told);
    tcase_add_test(c, a_cursor_is_set_where_there_is_one);
    tcase_add_test(c, pipelines_are_renamed_and_retired);
    tcase_add_test(c, metrics_count_and_escape);
    tcase_add_test(c, not_ready_without_an_engine);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
