/* SPDX-License-Identifier: Apache-2.0 */
/* `admin` and `control`: who may look and who may change, what reaches the API, what is refused before it,
 * and how the sockets are opened. */
#include "tests/unit/server_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ADMIN "127.0.0.1:0"
#define TOKEN "correct-horse"
#define GET(path, host) "GET " path " HTTP/1.1\r\nHost: " host "\r\n"
#define CHANGE(host, extra, n, body)                                                                         \
    "POST /api/v1/reload HTTP/1.1\r\nHost: " host "\r\nContent-Length: " n "\r\n" extra "\r\n" body
#define JSON "Content-Type: application/json\r\n"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"

static const struct {
    const char *request;
    int status;
    const char *holds; /* in the answer */
} on_loopback[] = {
    {"GET /healthz HTTP/1.0\r\n\r\n", 200, "alive"},
    {GET("/healthz", "localhost") "\r\n", 200, "alive"},
    {GET("/readyz", "[::1]:8078") "\r\n", 200, "ready"},
    {GET("/metrics", "127.0.0.1:8078") "\r\n", 200, "Content-Type: text/plain; version=0.0.4"},
    {GET("/metrics", "127.0.0.1:8078") "\r\n", 200, "tillbridge_up 1\n"},
    {GET("/api/v1/explain?key=A%2BB+C%20D&pipeline=stock", "localhost") "\r\n", 200,
     "\"path\":\"explain\",\"query\":{\"key\":\"A+B C D\",\"pipeline\":\"stock\"},\"body\":null"},
    {GET("/api/v1/status", "localhost") "\r\n", 200, "\"actor\":\"loopback:127.0.0.1\""},
    {CHANGE("localhost", JSON, "9", "{\"a\":[1]}"), 200, "\"body\":{\"a\":[1]}"},
    {CHANGE("localhost", "Content-Type: application/json; charset=utf-8\r\n", "0", ""), 200, "\"body\":null"},
    {CHANGE("localhost", JSON BEARER, "2", "{}"), 200, "\"actor\":\"token:127.0.0.1\""},
    /* a page of another site */
    {GET("/api/v1/status", "evil.example") "\r\n", 403, "loopback"},
    {GET("/api/v1/status", "localhost.evil.example") "\r\n", 403, "loopback"},
    {GET("/api/v1/status", "127.0.0.1.evil.example:80") "\r\n", 403, "loopback"},
    {GET("/metrics", "[::2]") "\r\n", 403, "loopback"},
    {CHANGE("evil.example", JSON, "2", "{}"), 403, "loopback"},
    {CHANGE("localhost", "Content-Type: text/plain\r\n", "2", "{}"), 415, "application/json"},
    {CHANGE("localhost", "Content-Type: application/jsonp\r\n", "2", "{}"), 415, "application/json"},
    {CHANGE("localhost", "", "0", ""), 415, "application/json"},
    {"OPTIONS /api/v1/reload HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "Allow: GET, POST\r\n"},
    /* a token that is given must be right */
    {GET("/api/v1/status", "evil.example") BEARER "\r\n", 200, "\"actor\":\"token:127.0.0.1\""},
    {GET("/api/v1/status", "localhost") "Authorization: Bearer wrong\r\n\r\n", 401,
     "WWW-Authenticate: Bearer"},
    {GET("/api/v1/status", "localhost") "Authorization: Basic " TOKEN "\r\n\r\n", 401, ""},
    /* what cannot be understood */
    {GET("/nothing", "localhost") "\r\n", 404, ""},
    {GET("/healthz/", "localhost") "\r\n", 404, ""},
    {GET("/api/v1", "localhost") "\r\n", 404, ""},
    {"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" JSON "\r\n", 405, "Allow: GET\r\n"},
    {GET("/api/v1/explain?key=%00", "localhost") "\r\n", 400, "query"},
    {GET("/api/v1/explain?key=%4", "localhost") "\r\n", 400, "query"},
    {GET("/api/v1/explain?key=%ff", "localhost") "\r\n", 400, "query"},
    {GET("/api/v1/explain?key=1&key=2", "localhost") "\r\n", 400, "query"},
    {CHANGE("localhost", JSON, "2", "[]"), 400, "\"error\""},
    {CHANGE("localhost", JSON, "1", "{"), 400, "\"error\""},
    {CHANGE("localhost", JSON, "13", "{\"a\":1,\"a\":2}"), 400, "\"error\""},
    {CHANGE("localhost", JSON "Content-Length: 2\r\n", "2", "{}"), 400, "twice"},
    {CHANGE("localhost", JSON, "1048577", ""), 413, ""},
    {GET("/healthz", "localhost") "Host: localhost\r\n\r\n", 400, "twice"},
    {GET("/metrics?a\rb", "localhost") "\r\n", 400, "first line"},
    {GET("/metrics?a b", "localhost") "\r\n", 400, "first line"},
};

START_TEST(loopback)
{
    world_start((server_options){.admin = ADMIN, .admin_token = TOKEN});
    CLEANUP_FREE char *answer = ask("admin", on_loopback[_i].request);
    ck_assert_msg(status_of(answer) == on_loopback[_i].status, "%s\n%s", on_loopback[_i].request, answer);
    ck_assert_msg(strstr(answer, on_loopback[_i].holds), "%s", answer);
}
END_TEST

static const struct {
    const char *request;
    int status;
} open_wide[] = {
    {GET("/healthz", "localhost") "\r\n", 401},
    {GET("/metrics", "localhost") "\r\n", 401},
    {GET("/api/v1/status", "localhost") "\r\n", 401},
    {CHANGE("localhost", JSON, "2", "{}"), 401},
    {GET("/api/v1/status", "localhost") "Authorization: Bearer correct-hors\r\n\r\n", 401},
    {GET("/api/v1/status", "anything") BEARER "\r\n", 200},
    {CHANGE("anything", JSON BEARER, "2", "{}"), 200},
    {CHANGE("anything", BEARER, "2", "{}"), 415},
};

START_TEST(elsewhere_everything_needs_the_token)
{
    world_start((server_options){.admin = "0.0.0.0:0", .admin_token = TOKEN});
    ck_assert_int_eq(ask_status("admin", open_wide[_i].request), open_wide[_i].status);
}
END_TEST

START_TEST(not_ready_says_why)
{
    world_not_ready = "pipeline old holds records";
    world_start((server_options){.admin = ADMIN});
    CLEANUP_FREE char *answer = ask("admin", GET("/readyz", "localhost") "\r\n");
    ck_assert_int_eq(status_of(answer), 503);
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\npipeline old holds records\n"));
}
END_TEST

START_TEST(depth_is_capped)
{
    CLEANUP_BUFFER buffer deep = {0}, text = {0}, quoted = {0};
    for (int i = 0; i < 32; i++)
        buffer_puts(&deep, "[");
    buffer_printf(&text, CHANGE("localhost", JSON, "37", "{\"a\":%s"), buffer_text(&deep));
    buffer_printf(&quoted, CHANGE("localhost", JSON, "44", "{\"a\":\"\\\"%s\\\\\"}"), buffer_text(&deep));
    world_start((server_options){.admin = ADMIN});
    CLEANUP_FREE char *answer = ask("admin", buffer_text(&text));
    CLEANUP_FREE char *fine = ask("admin", buffer_text(&quoted));
    ck_assert_ptr_nonnull(strstr(answer, "too deep"));
    ck_assert_msg(status_of(fine) == 200, "%s", fine); /* brackets in a string are no depth */
}
END_TEST

/* ---- workers ---- */

enum { RUNNING = 4, QUEUED = 32 };

static void until_held(int n)
{
    int64_t until = env_mono() + 10000;
    while (world_calls_held() < n && env_mono() < until)
        usleep(1000);
    ck_assert_int_eq(world_calls_held(), n);
}

/* Four run, the queue holds 32; the others are told so at once; a slow call does not keep the listener. */
START_TEST(calls_queue_up_to_a_bound)
{
    int fds[RUNNING + QUEUED + 3];
    world_start((server_options){.admin = ADMIN});
    world_hold_calls();
    for (int i = 0; i < RUNNING + QUEUED; i++) {
        fds[i] = dial("admin");
        say(fds[i], GET("/api/v1/status", "localhost") "\r\n");
        until_held(i < RUNNING ? i + 1 : RUNNING);
    }
    usleep(200000); /* all are read and queued */
    ck_assert_int_eq(ask_status("admin", GET("/api/v1/status", "localhost") "\r\n"), 503);
    ck_assert_int_eq(ask_status("admin", GET("/nothing", "localhost") "\r\n"), 404);
    close(fds[0]); /* one that runs, one that waits */
    close(fds[RUNNING + 3]);
    world_free_calls();
    for (int i = 1; i < RUNNING + QUEUED; i++) {
        if (i == RUNNING + 3)
            continue;
        CLEANUP_FREE char *answer = hear(fds[i]);
        ck_assert_int_eq(status_of(answer), 200);
        close(fds[i]);
    }
}
END_TEST

enum { CROWD = 24, ROUNDS = 50 };

/* Many short calls at a time: each connection gets its own answers, in order, and stays. */
START_TEST(quick_calls_keep_their_connections)
{
    int fds[CROWD];
    world_start((server_options){.admin = ADMIN});
    for (int i = 0; i < CROWD; i++)
        fds[i] = dial("admin");
    for (int n = 0; n < CROWD * ROUNDS; n++) {
        char request[128], wanted[32];
        int fd = fds[n % CROWD];
        if (n >= CROWD) {
            snprintf(wanted, sizeof wanted, "\"path\":\"call-%d\"", n - CROWD);
            CLEANUP_FREE char *answer = hear(fd);
            ck_assert_msg(strstr(answer, wanted), "%d: %s", n, answer);
        }
        snprintf(request, sizeof request, GET("/api/v1/call-%d", "localhost") "\r\n", n);
        say(fd, request);
    }
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
}
END_TEST

static void free_later(void *arg)
{
    (void)arg;
    usleep(300000);
    world_free_calls();
}

START_TEST(stop_waits_for_calls_that_run)
{
    int fds[RUNNING + 1];
    world_start((server_options){.admin = ADMIN});
    world_hold_calls();
    for (int i = 0; i <= RUNNING; i++) {
        fds[i] = dial("admin");
        say(fds[i], GET("/api/v1/status", "localhost") "\r\n");
        until_held(i < RUNNING ? i + 1 : RUNNING);
    }
    usleep(100000);
    env_thread *t = env_thread_start("later", free_later, NULL);
    server_stop(world_server);
    world_server = NULL;
    env_thread_join(t);
    for (int i = 0; i <= RUNNING; i++) {
        CLEANUP_FREE char *answer = hear(fds[i]);
        ck_assert_int_eq(status_of(answer), i < RUNNING ? 200 : 503);
        ck_assert(closed(fds[i]));
    }
}
END_TEST

/* ---- control ---- */

START_TEST(control_names_its_actor)
{
    char path[96], actor[48];
    struct stat st;
    world_path("control", path);
    world_start((server_options){.control = path});
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0660);
    int fd = dial_path(path);
    say(fd, CHANGE("whatever", "", "2", "{}"));
    CLEANUP_FREE char *answer = hear(fd);
    close(fd);
    snprintf(actor, sizeof actor, "\"actor\":\"uid:%u\",\"may_change\":true", (unsigned)geteuid());
    ck_assert_int_eq(status_of(answer), 200);
    ck_assert_msg(strstr(answer, actor), "%s", answer);
    server_stop(world_server);
    world_server = NULL;
    ck_assert(stat(path, &st) && errno == ENOENT);
}
END_TEST

/* Somebody opened the file for all: whoever is neither owner, group nor root may look only. Needs root. */
START_TEST(strangers_may_only_look)
{
    char path[96];
    if (geteuid() != 0)
        return;
    world_path("control", path);
    world_start((server_options){.control = path});
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(chmod(world_dir, 0711), 0);
    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(setresgid(65534, 65534, 0), 0);
    ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
    int fd = dial_path(path);
    ck_assert_int_eq(setresuid(0, 0, 0), 0);
    ck_assert_int_eq(setresgid(0, 0, 0), 0);
    say(fd, CHANGE("whatever", "", "2", "{}"));
    CLEANUP_FREE char *answer = hear(fd);
    close(fd);
    ck_assert_msg(status_of(answer) == 403 && strstr(answer, "\"actor\":\"uid:65534\""), "%s", answer);
}
END_TEST

static void leave_stale(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
}

START_TEST(only_a_stale_socket_is_replaced)
{
    char path[96];
    server *second;
    error e;
    world_path("control", path);
    leave_stale(path);
    world_start((server_options){.control = path});
    server_options again = {.control = path, .world = &world};
    ck_assert_int_eq(server_start(&again, &second, &e), 74);
    ck_assert_msg(strstr(e.text, path) && strstr(e.text, "another daemon"), "%s", e.text);
    close(dial_path(path)); /* the first one still listens */
    server_stop(world_server);
    world_server = NULL;
    FILE *file = fopen(path, "w");
    fclose(file);
    ck_assert_int_eq(server_start(&again, &second, &e), 74);
    ck_assert_int_eq(access(path, F_OK), 0); /* what is no socket is not ours to remove */
}
END_TEST

/* ---- addresses ---- */

START_TEST(addresses_in_use_and_wrong_ones_are_told)
{
    static const struct {
        server_options o;
        int code;
        const char *says;
    } faults[] = {
        {{.events = "127.0.0.1"}, 78, "listen.events: \"127.0.0.1\" is no address"},
        {{.events = "example.com:80"}, 78, "listen.events"},
        {{.admin = "[::1:80"}, 78, "listen.admin"},
        {{.admin = "127.0.0.1:65536"}, 78, "listen.admin"},
        {{.admin = "0.0.0.0:0"}, 78, "listen.admin: open to other hosts needs an admin-token"},
        {{.events = "203.0.113.1:1"}, 74, "listen.events: cannot listen on 203.0.113.1:1"},
        {{.control = "/nowhere/at/all"}, 74, "listen.control: cannot listen on /nowhere/at/all"},
    };
    char taken[64];
    error e;
    server *other;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ck_assert_int_eq(server_start(&faults[i].o, &other, &e), faults[i].code);
        ck_assert_msg(strstr(e.text, faults[i].says), "%s", e.text);
    }
    world_start((server_options){.admin = ADMIN});
    snprintf(taken, sizeof taken, "127.0.0.1:%d", server_port(world_server, "admin"));
    server_options again = {.events = ADMIN, .admin = taken};
    ck_assert_int_eq(server_start(&again, &other, &e), 74);
    ck_assert_msg(strstr(e.text, taken) && strstr(e.text, "in use"), "%s", e.text);
}
END_TEST

START_TEST(ipv6_loopback)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    world_start((server_options){.admin = "[::1]:0"});
    ck_assert_int_eq(server_port(world_server, "events"), 0);
    a.sin6_port = htons((uint16_t)server_port(world_server, "admin"));
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    say(fd, GET("/api/v1/status", "[::1]:80") "\r\n");
    CLEANUP_FREE char *answer = hear(fd);
    close(fd);
    ck_assert_msg(strstr(answer, "\"actor\":\"loopback:::1\""), "%s", answer);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("server-api");
    TCase *t = tcase_create("api");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, world_open, world_close);
    tcase_add_loop_test(t, loopback, 0, (int)(sizeof on_loopback / sizeof *on_loopback));
    tcase_add_loop_test(t, elsewhere_everything_needs_the_token, 0,
                        (int)(sizeof open_wide / sizeof *open_wide));
    tcase_add_test(t, not_ready_says_why);
    tcase_add_test(t, depth_is_capped);
    tcase_add_test(t, calls_queue_up_to_a_bound);
    tcase_add_test(t, quick_calls_keep_their_connections);
    tcase_add_test(t, stop_waits_for_calls_that_run);
    tcase_add_test(t, control_names_its_actor);
    tcase_add_test(t, strangers_may_only_look);
    tcase_add_test(t, only_a_stale_socket_is_replaced);
    tcase_add_test(t, addresses_in_use_and_wrong_ones_are_told);
    tcase_add_test(t, ipv6_loopback);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
