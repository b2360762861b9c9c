/* SPDX-License-Identifier: Apache-2.0 */
/* The token of a connection, with its server played here: how often it is fetched, by how many at a time, and
 * what of the server's answers is shown. */
#include "core/engine/token.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 8 };

static char name[] = "cloud", url[] = "https://ims.example.com/token", id[] = "an id", secret[] = "s&cret",
            scope[] = "a,b";
static config_connection connection = {.name = name,
                                       .auth = AUTH_OAUTH2,
                                       .token_url = url,
                                       .client_id = id,
                                       .client_secret = secret,
                                       .scope = scope};
static atomic_int fetches, at_once, most_at_once;
static env_answer next; /* fate, status and body of what comes back */
static const char *body;
static char sent[300];

void __wrap_env_exchange(env_client *c, const env_request *q, env_answer *a);
void __wrap_env_exchange(env_client *c, const env_request *q, env_answer *a)
{
    (void)c;
    int now = atomic_fetch_add(&at_once, 1) + 1;
    if (now > atomic_load(&most_at_once))
        atomic_store(&most_at_once, now);
    atomic_fetch_add(&fetches, 1);
    snprintf(sent, sizeof sent, "%s", (const char *)q->body);
    usleep(50000);
    *a = (env_answer){.fate = next.fate, .status = next.status, .why = "the line is cut"};
    buffer_puts(&a->body, body);
    atomic_fetch_sub(&at_once, 1);
}

static void server_says(env_fate fate, int status, const char *text)
{
    next.fate = fate;
    next.status = status;
    body = text;
    atomic_store(&fetches, 0);
    atomic_store(&most_at_once, 0);
}

typedef struct {
    token *t;
    int bad;
    token_fault fault;
    int64_t which;
    char header[100];
} worker;

static void ask(void *arg)
{
    worker *w = arg;
    CLEANUP_BUFFER buffer header = {0};
    w->bad = token_header(w->t, NULL, NULL, &header, &w->which, &w->fault);
    snprintf(w->header, sizeof w->header, "%s", buffer_text(&header));
}

static void ask_all(token *t, worker *w)
{
    env_thread *threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        w[i] = (worker){.t = t};
        threads[i] = env_thread_start("worker", ask, &w[i]);
        ck_assert_ptr_nonnull(threads[i]);
    }
    for (int i = 0; i < WORKERS; i++)
        env_thread_join(threads[i]);
}

START_TEST(many_workers_share_one_fetch)
{
    worker w[WORKERS];
    token *t = token_new(&connection);
    server_says(ENV_ANSWERED, 200,
                "{\"access_token\":\"tok\",\"token_type\":\"Bearer\",\"expires_in\":86399}");
    ask_all(t, w);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(w[i].bad, 0);
        ck_assert_str_eq(w[i].header, "Authorization: Bearer tok");
    }
    ck_assert_int_eq(atomic_load(&fetches), 1);
    ck_assert_str_eq(sent,
                     "grant_type=client_credentials&client_id=an%20id&client_secret=s%26cret&scope=a%2Cb");
    token_free(t);
}
END_TEST

START_TEST(many_workers_share_one_failure)
{
    worker w[WORKERS];
    token *t = token_new(&connection);
    server_says(ENV_ANSWERED, 401,
                "{\"error\":\"invalid_client\",\"error_description\":\"s&cret is wrong\"}");
    ask_all(t, w);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_ne(w[i].bad, 0);
        ck_assert_str_eq(w[i].header, "");
        ck_assert_ptr_nonnull(strstr(w[i].fault.why, "its server answered 401 (invalid_client)"));
        ck_assert_ptr_null(strstr(w[i].fault.why, "s&cret"));
    }
    ck_assert_int_eq(atomic_load(&most_at_once), 1);
    ck_assert_int_lt(atomic_load(&fetches), WORKERS / 2); /* one; more if a thread was slow to start */
    token_free(t);
}
END_TEST

/* Answers without a token that could be used. */
static const struct {
    env_fate fate;
    int status;
    const char *body, *why;
} useless[] = {
    {ENV_LOST, 0, "", "the line is cut"},
    {ENV_ANSWERED, 503, "<html>", "answered 503"},
    {ENV_ANSWERED, 400, "{\"error\":\"a b\\r\\nc\"}", "answered 400 (a); client-id"},
    {ENV_ANSWERED, 200, "", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":\"\"}", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":\"a b\"}", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":\"a\\r\\nX: y\"}", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":\"tok\",\"token_type\":\"mac\"}", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":7}", "holds no bearer token"},
    {ENV_ANSWERED, 200, "{\"access_token\":\"tok\"}{}", "holds no bearer token"},
};

START_TEST(what_is_no_token)
{
    worker w = {.t = token_new(&connection)};
    server_says(useless[_i].fate, useless[_i].status, useless[_i].body);
    ask(&w);
    ck_assert_int_ne(w.bad, 0);
    ck_assert_msg(strstr(w.fault.why, useless[_i].why), "%s", w.fault.why);
    ck_assert_ptr_null(strpbrk(w.fault.why, "\r\n"));
    token_free(w.t);
}
END_TEST

/* One that ends at once is used by who fetched it, and by nobody after. */
START_TEST(how_long_it_lasts)
{
    static const struct {
        const char *body;
        int fetches; /* of two askings */
    } cases[] = {{"{\"access_token\":\"tok\",\"expires_in\":0}", 2},
                 {"{\"access_token\":\"tok\",\"expires_in\":-5}", 2},
                 {"{\"access_token\":\"tok\",\"expires_in\":3600}", 1},
                 {"{\"access_token\":\"tok\",\"expires_in\":\"3600\"}", 1},
                 {"{\"access_token\":\"tok\"}", 1},
                 {"{\"access_token\":\"tok\",\"expires_in\":9223372036854775807}", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        worker w = {.t = token_new(&connection)};
        server_says(ENV_ANSWERED, 200, cases[i].body);
        ask(&w);
        ck_assert_int_eq(w.bad, 0);
        ask(&w);
        ck_assert_msg(atomic_load(&fetches) == cases[i].fetches, "%s: %d", cases[i].body,
                      atomic_load(&fetches));
        token_free(w.t);
    }
}
END_TEST

/* A young one that is refused is not to blame: a right is missing, and another token would not have it
 * either. */
START_TEST(a_young_one_is_kept_when_it_is_refused)
{
    worker w = {.t = token_new(&connection)};
    server_says(ENV_ANSWERED, 200, "{\"access_token\":\"tok\",\"expires_in\":3600}");
    ask(&w);
    token_refused(w.t, w.which);
    ask(&w);
    ck_assert_int_eq(atomic_load(&fetches), 1);
    token_free(w.t);
}
END_TEST

START_TEST(a_reload_keeps_it_if_it_would_be_fetched_alike)
{
    static char other_secret[] = "other";
    config_connection changed = connection;
    changed.client_secret = other_secret;
    worker w = {.t = token_new(&connection)};
    server_says(ENV_ANSWERED, 200, "{\"access_token\":\"tok\",\"expires_in\":3600}");
    ask(&w);
    token *old = w.t, *same = token_new(&connection), *different = token_new(&changed);
    token_inherit(same, old);
    token_inherit(different, old);
    w.t = same;
    ask(&w);
    ck_assert_int_eq(atomic_load(&fetches), 1);
    w.t = different;
    ask(&w);
    ck_assert_int_eq(atomic_load(&fetches), 2);
    token_free(old);
    token_free(same);
    token_free(different);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("token");
    TCase *t = tcase_create("all");
    suite_add_tcase(s, t);
    tcase_add_test(t, many_workers_share_one_fetch);
    tcase_add_test(t, many_workers_share_one_failure);
    tcase_add_loop_test(t, what_is_no_token, 0, (int)(sizeof useless / sizeof *useless));
    tcase_add_test(t, how_long_it_lasts);
    tcase_add_test(t, a_young_one_is_kept_when_it_is_refused);
    tcase_add_test(t, a_reload_keeps_it_if_it_would_be_fetched_alike);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
