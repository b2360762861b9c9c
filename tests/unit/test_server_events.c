/* SPDX-License-Identifier: Apache-2.0 */
/* The `events` listener: stored before acknowledged, the policy's codes and no others, deadlines that hold
 * however busy the peer is, caps, and an orderly end with webhooks still under way. */
#include "tests/unit/server_world.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS "127.0.0.1:0"
#define HEAD(name, credentials)                                                                              \
    "POST /events/" name " HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " credentials "\r\n"

START_TEST(body_is_stored_and_a_repeat_told_apart)
{
    journal_body *bodies;
    world_start((server_options){.events = EVENTS});
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "4", "[42]")), 202);
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "4", "[42]")), 208);
    ck_assert_int_eq(ask_status("events", POST("kind", KIND, "4", "[42]")), 202);
    ck_assert_int_eq(world_received("strict"), 2);
    ck_assert_int_eq(world_received("kind"), 1);
    int n = journal_inbox(world.journal, "strict", 0, 10, &bodies);
    ck_assert(n == 0 || !strcmp(bodies[0].body, "[42]")); /* its source may have passed it already */
    journal_bodies_free(bodies, n);
}
END_TEST

START_TEST(its_source_is_woken)
{
    journal_inbox_counts c = {0};
    int64_t until = env_mono() + 10000;
    world_start((server_options){.events = EVENTS});
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 202);
    while (!c.expanded && env_mono() < until)
        ck_assert_int_eq(journal_inbox_counters(world.journal, "strict", &c), 0);
    ck_assert_int_eq(c.expanded, 1);
}
END_TEST

/* Each is refused with that code, closes the connection and stores nothing. */
static const struct {
    const char *request;
    int status;
    const char *header; /* in the answer */
} refusals[] = {
    {POST("strict", "d3Jvbmc=", "2", "[]"), 401, "WWW-Authenticate: Basic"},
    {"POST /events/strict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]", 401, "WWW-Authenticate"},
    {POST("strict", KIND, "2", "[]"), 401, "WWW-Authenticate"},
    {POST("mute", STRICT, "2", "[]"), 404, ""}, /* credentials, and no source that takes events */
    {POST("nobody", STRICT, "2", "[]"), 404, ""},
    {POST("strict/", STRICT, "2", "[]"), 404, ""},
    {"GET /events/strict HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Allow: POST\r\n"},
    {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 404, ""},
    {HEAD("strict", STRICT) "Content-Length: 1001\r\n\r\n", 413, ""},
    {HEAD("strict", STRICT) "Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]", 422, ""},
    {HEAD("kind", KIND) "Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]", 503, ""}, /* its 200 would lie */
    {HEAD("strict", "d3Jvbmc=") "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", 401, ""},
    {POST("strict?a\rb", STRICT, "2", "[]"), 422, ""}, /* to another reader the line ends there */
    {POST("strict?a b", STRICT, "2", "[]"), 422, ""},
    {POST("strict?a\tb", STRICT, "2", "[]"), 422, ""},
};

START_TEST(refused)
{
    world_start((server_options){.events = EVENTS});
    int fd = dial("events");
    say(fd, refusals[_i].request);
    CLEANUP_FREE char *answer = hear(fd);
    ck_assert_int_eq(status_of(answer), refusals[_i].status);
    ck_assert_msg(strstr(answer, refusals[_i].header), "%s", answer);
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
    ck_assert(closed(fd));
    ck_assert_int_eq(world_received("strict") + world_received("kind") + world_received("mute"), 0);
}
END_TEST

START_TEST(connection_is_kept_for_the_next)
{
    world_start((server_options){.events = EVENTS});
    int fd = dial("events");
    for (int i = 0; i < 3; i++) {
        say(fd, POST("strict", STRICT, "2", "[]"));
        CLEANUP_FREE char *answer = hear(fd);
        ck_assert_int_eq(status_of(answer), i ? 208 : 202);
    }
    say(fd, HEAD("strict", STRICT) "Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n");
    CLEANUP_FREE char *answer = hear(fd);
    ck_assert_int_eq(status_of(answer), 202);
    ck_assert(closed(fd)); /* after a chunked body */
}
END_TEST

/* ---- deadlines ---- */

/* Says the text, then one byte every 30 ms until it is cut; how long that took. */
static int64_t drip(const char *text, char byte)
{
    int64_t from = env_mono();
    int fd = dial("events");
    say(fd, text);
    char one[2] = {byte, '\0'}, got;
    ssize_t n = -1;
    while (n < 0 && env_mono() < from + 10000) {
        say(fd, one);
        usleep(30000);
        n = recv(fd, &got, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN ? -1 : 0;
    }
    close(fd);
    return env_mono() - from;
}

static const char *const dripped[] = {
    "",
    "POST /events/strict HTTP/1.1\r\nX: ",
    HEAD("strict", STRICT) "Content-Length: 900\r\n\r\n",
    HEAD("strict", STRICT) "Transfer-Encoding: chunked\r\n\r\n3e7\r\n",
    HEAD("strict", "d3Jvbmc=") "Content-Length: 900\r\n\r\n",
};

START_TEST(one_byte_at_a_time_is_cut)
{
    world_start((server_options){.events = EVENTS, .limits = {.head_ms = 400, .body_ms = 400}});
    int64_t took = drip(dripped[_i], 'x');
    ck_assert_msg(took >= 300 && took < 5000, "%lld ms", (long long)took);
    ck_assert_int_eq(world_received("strict"), 0);
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 202);
}
END_TEST

/* ---- caps ---- */

START_TEST(one_address_has_so_many_connections)
{
    char *trusted[] = {(char *)"::ffff:127.0.0.1"};
    server_limits limits = {.per_address = 2};
    world_start((server_options){.events = EVENTS, .limits = limits});
    int first = dial("events"), second = dial("events"), third = dial("events");
    ck_assert(closed(third));
    close(first);
    say(second, POST("strict", STRICT, "2", "[]"));
    CLEANUP_FREE char *answer = hear(second);
    ck_assert_int_eq(status_of(answer), 202);
    close(second);
    server_stop(world_server);
    world_start((server_options){
        .events = EVENTS, .limits = limits, .trusted_proxies = trusted, .trusted_proxies_n = 1});
    int fds[] = {dial("events"), dial("events"), dial("events")};
    say(fds[2], POST("strict", STRICT, "2", "[]"));
    CLEANUP_FREE char *more = hear(fds[2]);
    ck_assert_int_eq(status_of(more), 208);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}
END_TEST

/* ---- busy ---- */

START_TEST(shutdown_begins_with_busy)
{
    world_start((server_options){.events = EVENTS});
    server_events_busy(world_server);
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 503);
    ck_assert_int_eq(ask_status("events", POST("strict", "d3Jvbmc=", "2", "[]")), 401);
    ck_assert_int_eq(world_received("strict"), 0);
}
END_TEST

START_TEST(a_slow_writer_is_busy_and_the_row_stays)
{
    world_start((server_options){.events = EVENTS, .limits = {.queue_ms = 300}});
    world_hold_writer();
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 503);
    world_free_writer();
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 208);
}
END_TEST

START_TEST(whoever_hangs_up_harms_nobody)
{
    world_start((server_options){.events = EVENTS});
    world_hold_writer();
    int fd = dial("events"), reset = dial("events");
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    say(fd, POST("strict", STRICT, "3", "[1]"));
    say(reset, POST("strict", STRICT, "3", "[2]"));
    usleep(100000); /* both are suspended, or on their way: either is fine */
    close(fd);
    setsockopt(reset, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(reset);
    world_free_writer();
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "3", "[1]")), 208);
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "3", "[4]")), 202);
}
END_TEST

START_TEST(stop_answers_what_is_suspended)
{
    world_start((server_options){.events = EVENTS});
    world_hold_writer();
    int fd = dial("events");
    say(fd, POST("strict", STRICT, "2", "[]"));
    usleep(100000);
    server_stop(world_server);
    world_server = NULL;
    CLEANUP_FREE char *answer = hear(fd);
    ck_assert_int_eq(status_of(answer), 503);
    ck_assert(closed(fd));
    world_free_writer(); /* the writer calls back for a request whose server is gone */
}
END_TEST

START_TEST(a_full_journal_is_busy)
{
    world_start((server_options){.events = EVENTS});
    ck_assert_int_eq(ask_status("events", POST("strict", STRICT, "2", "[]")), 202);
    CLEANUP_BUFFER buffer large = {0};
    buffer_printf(&large, HEAD("strict", STRICT) "Content-Length: 900\r\n\r\n%0900d", 1);
    ck_assert_int_eq(ask_status("events", buffer_text(&large)), 503);
    ck_assert_int_eq(world_received("strict"), 1);
}
END_TEST

static void open_small(void)
{
    world_queue = 1000; /* one small body with what is counted around it */
    world_open();
}

static void add(Suite *s, TCase *t, void (*open)(void))
{
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open, world_close);
    suite_add_tcase(s, t);
}

int main(void)
{
    Suite *s = suite_create("server-events");
    TCase *t = tcase_create("events"), *small = tcase_create("full");
    add(s, t, world_open);
    tcase_add_test(t, body_is_stored_and_a_repeat_told_apart);
    tcase_add_test(t, its_source_is_woken);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, connection_is_kept_for_the_next);
    tcase_add_loop_test(t, one_byte_at_a_time_is_cut, 0, (int)(sizeof dripped / sizeof *dripped));
    tcase_add_test(t, one_address_has_so_many_connections);
    tcase_add_test(t, shutdown_begins_with_busy);
    tcase_add_test(t, a_slow_writer_is_busy_and_the_row_stays);
    tcase_add_test(t, whoever_hangs_up_harms_nobody);
    tcase_add_test(t, stop_answers_what_is_suspended);
    add(s, small, open_small);
    tcase_add_test(small, a_full_journal_is_busy);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
