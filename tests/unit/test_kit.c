/* SPDX-License-Identifier: Apache-2.0 */
/* The kit is as strict as the daemon: a plugin that asks for what its callback may not do is told so in its
 * own unit test. Each row is one trespass, made in one callback. */
#include <tillbridge/test.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef enum { ASK, ASK_RELATIVE, SET, SET_FOR_NONE, SET_UNKNOWN, SET_LARGE, EMIT, EMIT_ALONE } act;

static act doing;
static int answer;

static int set_large(tb_ctx *ctx, tb_record *record)
{
    static char large[64 * 1024 + 2];
    memset(large, 'x', sizeof large - 1);
    return tb_state_set(ctx, record, "rows", "k", large);
}

/* What the callback under test does, whatever callback it is. */
static void act_in(tb_ctx *ctx, tb_record *record)
{
    tb_request q = {.size = sizeof q, .method = "GET", .path = doing == ASK_RELATIVE ? "a" : "/a"};
    tb_response r = {.size = sizeof r};
    switch (doing) {
    case ASK:
    case ASK_RELATIVE:
        answer = tb_http(ctx, &q, &r);
        tb_response_free(&r);
        break;
    case SET:
        answer = tb_state_set(ctx, record, "rows", "k", "v");
        break;
    case SET_FOR_NONE:
        answer = tb_state_set(ctx, NULL, "rows", "k", "v");
        break;
    case SET_UNKNOWN:
        answer = tb_state_set(ctx, record, "columns", "k", "v");
        break;
    case SET_LARGE:
        answer = set_large(ctx, record);
        break;
    case EMIT:
        answer = tb_emit(ctx, record, tb_record_new("b.note", "k", NULL));
        break;
    case EMIT_ALONE:
        answer = tb_emit(ctx, NULL, tb_record_new("b.note", "k", NULL));
        break;
    }
}

static int open_it(void *self, tb_ctx *ctx)
{
    (void)self;
    act_in(ctx, NULL);
    return 0;
}

static void doctor(void *self, tb_ctx *ctx, tb_doctor *findings)
{
    (void)self, (void)findings;
    act_in(ctx, NULL);
}

static tb_verdict read_it(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    (void)self, (void)cursor, (void)feed;
    act_in(ctx, NULL);
    return TB_OK;
}

static tb_verdict receive(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed)
{
    (void)self, (void)body, (void)size, (void)feed;
    act_in(ctx, NULL);
    return TB_OK;
}

static tb_verdict hydrate(void *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    (void)self, (void)count;
    act_in(ctx, records[0]);
    return TB_OK;
}

static tb_verdict apply(void *self, tb_ctx *ctx, tb_record **record)
{
    (void)self;
    act_in(ctx, *record);
    return TB_OK;
}

static tb_verdict deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records, size_t count)
{
    (void)self, (void)operation, (void)count;
    act_in(ctx, records[0]);
    tb_applied(records[0], NULL);
    return TB_OK;
}

static tb_verdict probe(void *self, tb_ctx *ctx, const char *operation, tb_record *record)
{
    (void)self, (void)operation;
    act_in(ctx, record);
    return tb_applied(record, NULL);
}

static const char *const namespaces[] = {"rows", NULL};
static const tb_common with_open = {.size = sizeof with_open, .open = open_it};
static const tb_common with_doctor = {.size = sizeof with_doctor, .doctor = doctor};
static const tb_source source = {
    .size = sizeof source, .read = read_it, .receive = receive, .hydrate = hydrate};
static const tb_transform transform = {.size = sizeof transform, .apply = apply};
static const tb_sink sink = {.size = sizeof sink, .deliver = deliver, .probe = probe};

typedef enum { OPEN, DOCTOR, READ, RECEIVE, HYDRATE, APPLY, DELIVER, PROBE } place;

static void call(tb_test *t, place where, tb_record **record)
{
    switch (where) {
    case OPEN: /* comes before the first callback of any kind, which then does the same */
    case APPLY:
        tb_test_apply(t, record);
        break;
    case DOCTOR:
        tb_test_doctor(t);
        break;
    case READ:
        tb_test_read(t, NULL);
        break;
    case RECEIVE:
        tb_test_receive(t, "{}");
        break;
    case HYDRATE:
        tb_test_hydrate(t, record, 1);
        break;
    case DELIVER:
        tb_test_deliver(t, "set", record, 1);
        break;
    case PROBE:
        tb_test_probe(t, "set", *record);
        break;
    }
}

#define NO_NETWORK "GET /a: this callback must not use the network"
#define NO_CHANGE "state \"rows\" must not be changed in this callback"
#define NO_RECORD "state \"rows\" is changed for no record"
#define NO_EMIT "b.note is emitted in a callback that must not"

static const struct {
    place where;
    act what;
    const char *failure; /* NULL: allowed */
} rows[] = {
    {OPEN, ASK, NO_NETWORK},
    {RECEIVE, ASK, NO_NETWORK},
    {APPLY, ASK, NO_NETWORK},
    {READ, ASK, NULL},
    {HYDRATE, ASK, NULL},
    {DELIVER, ASK, NULL},
    {PROBE, ASK, NULL},
    {DOCTOR, ASK, NULL},
    {READ, ASK_RELATIVE, "GET a: a path begins with '/'"},
    {OPEN, SET_FOR_NONE, NO_CHANGE},
    {DOCTOR, SET_FOR_NONE, NO_CHANGE},
    {READ, SET_FOR_NONE, NULL},
    {RECEIVE, SET_FOR_NONE, NULL},
    {HYDRATE, SET, NULL},
    {APPLY, SET, NULL},
    {DELIVER, SET, NULL},
    {PROBE, SET, NULL},
    {HYDRATE, SET_FOR_NONE, NO_RECORD},
    {APPLY, SET_FOR_NONE, NO_RECORD},
    {DELIVER, SET_FOR_NONE, NO_RECORD},
    {PROBE, SET_FOR_NONE, NO_RECORD},
    {APPLY, SET_UNKNOWN, "state \"columns\" is not among the plugin's namespaces"},
    {APPLY, SET_LARGE, "state \"rows\" has a value over 64 KiB"},
    {APPLY, EMIT, NULL},
    {DELIVER, EMIT, NULL},
    {HYDRATE, EMIT, NO_EMIT},
    {PROBE, EMIT, NO_EMIT},
    {READ, EMIT_ALONE, "b.note is emitted without a parent"},
};

START_TEST(each_callback_may_do_what_the_daemon_allows)
{
    doing = rows[_i].what;
    const tb_common *common = rows[_i].where == OPEN     ? &with_open
                              : rows[_i].where == DOCTOR ? &with_doctor
                                                         : NULL;
    tb_plugin plugin = {.name = "trespasser",
                        .version = "1",
                        .summary = "does what it must not",
                        .namespaces = namespaces,
                        .common = common,
                        .source = &source,
                        .transform = &transform,
                        .sink = &sink};
    tb_test *t = tb_test_new(&plugin, NULL);
    tb_record *record = tb_record_new("a.item", "k", NULL);
    if (doing == ASK && !rows[_i].failure)
        tb_test_expect(t, "GET", "/a", NULL, 200, "{}");
    call(t, rows[_i].where, &record);
    if (rows[_i].failure)
        ck_assert_str_eq(tb_test_failure(t), rows[_i].failure);
    else
        ck_assert_msg(!tb_test_failure(t), "%s", tb_test_failure(t));
    ck_assert_int_eq(answer, rows[_i].failure ? -1 : 0);
    tb_record_unref(record);
    tb_test_free(t);
}
END_TEST

START_TEST(what_is_no_answer_stays_below_the_plugin)
{
    static const struct {
        int status, said;
    } answers[] = {{200, 0},  {204, 0},  {404, 0},  {409, 0},  {100, -1}, {302, -1},
                   {401, -1}, {403, -1}, {429, -1}, {500, -1}, {503, -1}, {0, -1}};
    tb_plugin plugin = {.name = "asker", .version = "1", .summary = "asks", .source = &source};
    doing = ASK;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        tb_test *t = tb_test_new(&plugin, NULL);
        tb_test_expect(t, "GET", "/a", NULL, answers[i].status, "");
        tb_test_read(t, NULL);
        ck_assert_int_eq(answer, answers[i].said);
        ck_assert_ptr_null(tb_test_failure(t));
        tb_test_free(t);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("kit");
    TCase *t = tcase_create("kit");
    suite_add_tcase(s, t);
    tcase_add_loop_test(t, each_callback_may_do_what_the_daemon_allows, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(t, what_is_no_answer_stays_below_the_plugin);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
