/* SPDX-License-Identifier: Apache-2.0 */
/* The listeners over real sockets, with a real journal and a real engine whose sources expand nothing. The
 * API itself is another's: here it is a fake that shows what it was asked. */
#include "core/base/env.h"
#include "core/server/server.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the fake API ---- */

json_t *api_call(const api_world *w, const api_request *q, int *status)
{
    (void)w;
    *status = q->may_change || !strcmp(q->method, "GET") ? 200 : 403;
    return json_pack("{s:s, s:s, s:O?, s:O?, s:s, s:b}", "method", q->method, "path", q->path, "query",
                     q->query, "body", q->body, "actor", q->actor, "may_change", q->may_change);
}

char *api_metrics(const api_world *w)
{
    (void)w;
    return strdup("tillbridge_up 1\n");
}

char *api_not_ready(const api_world *w)
{
    (void)w;
    return strdup("");
}

/* ---- the world ---- */

static char dir[64], path[96];
static error e;
static journal *j;
static engine *en;
static plugins *all;
static server *s;
static api_world world;

static const char configuration[] =
    "journal = \"j\";\n"
    "listen = { events = \"127.0.0.1:1\"; };\n"
    "connections = {\n"
    "  strict = { url = \"http://127.0.0.1:1\"; webhook = { user = \"u\"; password = \"pass\"; }; };\n"
    "  kind = { url = \"http://127.0.0.1:1\"; webhook = { user = \"k\"; password = \"kass\"; }; };\n"
    "  mute = { url = \"http://127.0.0.1:1\"; webhook = { user = \"m\"; password = \"mass\"; }; };\n"
    "};\n"
    "authority = { stock = \"strict\"; };\n"
    "pipelines = (\n"
    "  { name = \"a\"; owner = \"o\"; mode = \"latest\";\n"
    "    sources = ( { plugin = \"hook-strict\"; connection = \"strict\"; events = true; } );\n"
    "    sinks = ( { plugin = \"part-twin\"; connection = \"mute\"; } ); },\n"
    "  { name = \"b\"; owner = \"o\"; mode = \"latest\";\n"
    "    sources = ( { plugin = \"hook-kind\"; connection = \"kind\"; events = true; } );\n"
    "    sinks = ( { plugin = \"part-twin\"; connection = \"mute\"; } ); } );\n";

static void start_engine(void)
{
    config_findings f = {0};
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(configuration, out);
    fclose(out);
    all = plugins_new(MODULES);
    plan *p = plan_build(path, all, &f);
    ck_assert_msg(p && !f.n, "%s", buffer_text(&f.text));
    en = engine_new(all);
    char name[96];
    snprintf(name, sizeof name, "%s/j", dir);
    journal_options o = {
        .path = name, .now = env_now(), .ready = engine_ready, .broken = engine_broken, .arg = en};
    ck_assert_msg(journal_open(&o, &j, &e) == 0, "%s", e.text);
    ck_assert_msg(engine_start(en, p, j, &e) == 0, "%s", e.text);
    world = (api_world){.journal = j, .engine = en};
}

static void start_server(server_options o)
{
    o.world = &world;
    ck_assert_msg(server_start(&o, &s, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/tb-server-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.conf", dir);
    start_engine();
}

static void teardown(void)
{
    static const char *const names[] = {"j", "j-wal", "j-shm", "j.lock", "t.conf", "control"};
    server_stop(s);
    s = NULL;
    engine_stop(en);
    journal_close(j);
    engine_free(en);
    plugins_free(all);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s/%s", dir, names[i]);
        unlink(name);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}

/* ---- raw exchanges ---- */

enum { WAIT_MS = 15000 };

static int dial(const char *listener)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)server_port(s, listener)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent < 0)
            return; /* it closed: what it said is read */
        text += sent;
        n -= (size_t)sent;
    }
}

static bool more(int fd, buffer *b)
{
    char part[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ck_assert_msg(poll(&p, 1, WAIT_MS) == 1, "no answer and no close");
    ssize_t n = recv(fd, part, sizeof part, 0);
    if (n > 0)
        buffer_add(b, part, (size_t)n);
    return n > 0;
}

static size_t length_of(const char *head)
{
    const char *at = strstr(head, "Content-Length: ");
    return at ? (size_t)strtoul(at + 16, NULL, 10) : 0;
}

/* One answer; "" when it closed without one. The caller frees. */
static char *hear(int fd)
{
    buffer b = {0};
    const char *end = NULL;
    while (!(end = strstr(buffer_text(&b), "\r\n\r\n")) ||
           b.size < (size_t)(end + 4 - b.data) + length_of(b.data))
        if (!more(fd, &b))
            break;
    return b.data ? buffer_take(&b) : strdup("");
}

static int status_of(const char *answer)
{
    return strlen(answer) > 12 ? atoi(answer + 9) : 0;
}

static char *ask(const char *listener, const char *text)
{
    int fd = dial(listener);
    say(fd, text, strlen(text));
    char *answer = hear(fd);
    close(fd);
    return answer;
}

static int64_t received(const char *connection)
{
    journal_inbox_counts c;
    ck_assert_int_eq(journal_inbox_counters(j, connection, &c), 0);
    return c.received;
}

#define POST(name, credentials, body_n, body)                                                                \
    "POST /events/" name " HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " credentials                         \
    "\r\nContent-Length: " body_n "\r\n\r\n" body
#define STRICT "dTpwYXNz"
#define KIND "azprYXNz"

START_TEST(body_is_stored_and_told_apart)
{
    start_server((server_options){.events = "127.0.0.1:0"});
    CLEANUP_FREE char *first = ask("events", POST("strict", STRICT, "2", "[]"));
    CLEANUP_FREE char *again = ask("events", POST("strict", STRICT, "2", "[]"));
    ck_assert_int_eq(status_of(first), 202);
    ck_assert_int_eq(status_of(again), 208);
    ck_assert_int_eq(received("strict"), 2);
}
END_TEST

START_TEST(the_api_is_reached_from_both_doors)
{
    char socket_path[96];
    snprintf(socket_path, sizeof socket_path, "%s/control", dir);
    start_server((server_options){.admin = "127.0.0.1:0", .control = socket_path});
    CLEANUP_FREE char *health = ask("admin", "GET /healthz HTTP/1.0\r\n\r\n");
    CLEANUP_FREE char *metrics = ask("admin", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CLEANUP_FREE char *call =
        ask("admin", "GET /api/v1/explain?key=A%2BB+C&pipeline=stock HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
    ck_assert_int_eq(status_of(health), 200);
    ck_assert_int_eq(status_of(metrics), 200);
    ck_assert_ptr_nonnull(strstr(metrics, "Content-Type: text/plain; version=0.0.4"));
    ck_assert_int_eq(status_of(call), 200);
    ck_assert_ptr_nonnull(
        strstr(call, "\"path\":\"explain\",\"query\":{\"key\":\"A+B C\",\"pipeline\":\"stock\"}"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server");
    TCase *t = tcase_create("listeners");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, body_is_stored_and_told_apart);
    tcase_add_test(t, the_api_is_reached_from_both_doors);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
