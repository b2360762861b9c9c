/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the server's tests. */
#include "tests/unit/server_world.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_MS = 15000 };

char world_dir[64];
api_world world;
server *world_server;
const char *world_not_ready = "";
size_t world_queue;

static plugins *all;
static error e;

/* ---- what is held ---- */

typedef struct {
    env_mutex lock;
    env_cond change;
    bool held;
    int waiting;
} gate;

static gate writer_gate, call_gate;

static void gate_init(gate *g)
{
    *g = (gate){.held = false};
    env_mutex_init(&g->lock);
    env_cond_init(&g->change);
}

static void gate_free(gate *g)
{
    env_cond_free(&g->change);
    env_mutex_free(&g->lock);
}

static void gate_set(gate *g, bool held)
{
    ENV_HOLD(&g->lock);
    g->held = held;
    env_broadcast(&g->change);
}

static void gate_pass(gate *g)
{
    ENV_HOLD(&g->lock);
    g->waiting++;
    env_broadcast(&g->change);
    while (g->held)
        ck_assert_msg(env_wait(&g->change, &g->lock, env_mono() + 2 * WAIT_MS), "held for ever");
    g->waiting--;
}

static void on_held(void *arg, journal_result result, bool duplicate)
{
    (void)arg, (void)result, (void)duplicate;
    gate_pass(&writer_gate);
}

void world_hold_writer(void)
{
    gate_set(&writer_gate, true);
    ck_assert_int_eq(journal_receive(world.journal, "mute", "", 0, env_now(), on_held, NULL), JOURNAL_DONE);
    ENV_HOLD(&writer_gate.lock);
    while (!writer_gate.waiting)
        ck_assert(env_wait(&writer_gate.change, &writer_gate.lock, env_mono() + WAIT_MS));
}

void world_free_writer(void)
{
    gate_set(&writer_gate, false);
}

void world_hold_calls(void)
{
    gate_set(&call_gate, true);
}

void world_free_calls(void)
{
    gate_set(&call_gate, false);
}

int world_calls_held(void)
{
    ENV_HOLD(&call_gate.lock);
    return call_gate.waiting;
}

/* ---- the fake API ---- */

json_t *api_call(const api_world *w, const api_request *q, int *status)
{
    (void)w;
    gate_pass(&call_gate);
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
    return strdup(world_not_ready);
}

/* ---- journal and engine ---- */

static const char configuration[] =
    "journal = \"j\";\n"
    "listen = { events = \"127.0.0.1:1\"; };\n"
    "connections = {\n"
    "  strict = { url = \"http://127.0.0.1:1\"; webhook = { user = \"u\"; password = \"pass\"; }; };\n"
    "  kind = { url = \"http://127.0.0.1:1\"; webhook = { user = \"k\"; password = \"kass\"; }; };\n"
    "  mute = { url = \"http://127.0.0.1:1\"; webhook = { user = \"u\"; password = \"pass\"; }; };\n"
    "};\n"
    "authority = { stock = \"strict\"; };\n"
    "pipelines = (\n"
    "  { name = \"a\"; owner = \"o\"; mode = \"latest\";\n"
    "    sources = ( { plugin = \"hook-strict\"; connection = \"strict\"; events = true; } );\n"
    "    sinks = ( { plugin = \"part-twin\"; connection = \"mute\"; } ); },\n"
    "  { name = \"b\"; owner = \"o\"; mode = \"latest\";\n"
    "    sources = ( { plugin = \"hook-kind\"; connection = \"kind\"; events = true; } );\n"
    "    sinks = ( { plugin = \"part-twin\"; connection = \"mute\"; } ); } );\n";

void world_path(const char *name, char out[96])
{
    snprintf(out, 96, "%s/%s", world_dir, name);
}

static plan *build_plan(void)
{
    config_findings f = {0};
    char path[96];
    world_path("t.conf", path);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(configuration, out);
    fclose(out);
    plan *p = plan_build(path, all, &f);
    ck_assert_msg(p && !f.n, "%s", buffer_text(&f.text));
    return p;
}

void world_open(void)
{
    char path[96];
    gate_init(&writer_gate);
    gate_init(&call_gate);
    snprintf(world_dir, sizeof world_dir, "/tmp/tb-server-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world_dir));
    world_path("j", path);
    all = plugins_new(MODULES);
    plan *p = build_plan();
    engine *en = engine_new(all);
    world = (api_world){.engine = en};
    journal_options o = {.path = path,
                         .queue_bytes = world_queue,
                         .now = env_now(),
                         .ready = engine_ready,
                         .broken = engine_broken,
                         .arg = en};
    ck_assert_msg(journal_open(&o, &world.journal, &e) == 0, "%s", e.text);
    ck_assert_msg(engine_start(en, p, world.journal, &e) == 0, "%s", e.text);
}

void world_close(void)
{
    static const char *const names[] = {"j", "j-wal", "j-shm", "j.lock", "t.conf", "control"};
    world_free_calls();
    server_stop(world_server);
    world_server = NULL;
    world_free_writer();
    engine_stop(world.engine);
    journal_close(world.journal);
    engine_free(world.engine);
    plugins_free(all);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[96];
        world_path(names[i], path);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(world_dir), 0);
    gate_free(&writer_gate);
    gate_free(&call_gate);
}

void world_start(server_options o)
{
    o.world = &world;
    ck_assert_msg(server_start(&o, &world_server, &e) == 0, "%s", e.text);
}

int64_t world_received(const char *connection)
{
    journal_inbox_counts c;
    ck_assert_int_eq(journal_inbox_counters(world.journal, connection, &c), 0);
    return c.received;
}

/* ---- raw sockets ---- */

int dial(const char *listener)
{
    return dial_from(listener, "127.0.0.1");
}

int dial_from(const char *listener, const char *source)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)server_port(world_server, listener)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(inet_pton(AF_INET, source, &from.sin_addr), 1);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

int dial_path(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

void say(int fd, const char *text)
{
    for (size_t n = strlen(text); n;) {
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

static bool whole(const buffer *b)
{
    const char *end = strstr(buffer_text(b), "\r\n\r\n"), *at = strstr(buffer_text(b), "Content-Length: ");
    return end && b->size >= (size_t)(end + 4 - b->data) + (at ? strtoul(at + 16, NULL, 10) : 0);
}

char *hear(int fd)
{
    buffer b = {0};
    while (!whole(&b) && more(fd, &b))
        ;
    return b.data ? buffer_take(&b) : strdup("");
}

bool closed(int fd)
{
    CLEANUP_BUFFER buffer b = {0};
    bool none = !more(fd, &b);
    close(fd);
    return none;
}

int status_of(const char *answer)
{
    return strlen(answer) > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

char *ask(const char *listener, const char *text)
{
    int fd = dial(listener);
    say(fd, text);
    char *answer = hear(fd);
    close(fd);
    return answer;
}

int ask_status(const char *listener, const char *text)
{
    CLEANUP_FREE char *answer = ask(listener, text);
    return status_of(answer);
}
