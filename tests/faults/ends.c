/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange is an actor of the world: it travels, goes through the door of the simulator, and travels back.
 * The daemon's thread waits for it until its own time-out; when the daemon is killed the exchange goes on
 * without anybody who waits, and has its effect all the same. */
#include "tests/faults/ends.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sdk/sim/frame.h"
#include "tests/faults/baton.h"
#include "tests/faults/ledger.h"
#include "tests/faults/life.h"
#include "tests/faults/order.h"

enum { MOST_WRITES = 256, SERVER_TIME = 60000, LEDGER = PORT_LEDGER - PORT_SITOO };
static const char *const system_names[] = {"sitoo", "adobe", "ledger"};

ends_counts ends_done;

/* Calls that write to the shop, as long as they may still have an effect. */
static struct {
    const void *owner;
    char *body;
    int64_t until;
} writes[MOST_WRITES];

typedef struct {
    int refs, system, life;
    char *method, *path, *query, *body, **headers;
    size_t body_size;
    bool done;
    env_fate fate;
    const char *why;
    sim_answer answer;
} exchange;

static void release(exchange *x)
{
    if (--x->refs)
        return;
    for (char **h = x->headers; h && *h; h++)
        free(*h);
    free(x->headers);
    free(x->method);
    free(x->path);
    free(x->body);
    answer_free(&x->answer);
    free(x);
}

/* "http://127.0.0.1:PORT/path?query" */
static int port_of(const char *url, const char **path)
{
    const char *host = strstr(url, "://"), *slash = host ? strchr(host + 3, '/') : NULL;
    const char *colon = host ? strrchr(host, ':') : NULL;
    *path = slash ? slash : "/";
    while (colon && slash && colon > slash) /* a colon of the path */
        for (colon--; *colon != ':' && colon > host;)
            colon--;
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

static exchange *exchange_of(const env_request *q)
{
    exchange *x = calloc(1, sizeof *x);
    const char *path;
    int n = 0;
    x->refs = 2;
    x->life = baton_life();
    x->system = port_of(q->url, &path) - PORT_SITOO;
    x->method = strdup(q->method);
    x->path = strdup(path);
    size_t cut = strcspn(x->path, "?");
    x->query = x->path[cut] ? x->path + cut + 1 : x->path + cut;
    x->path[cut] = '\0';
    x->body = calloc(1, q->body_size + 1);
    if (q->body)
        memcpy(x->body, q->body, q->body_size);
    x->body_size = q->body ? q->body_size : 0;
    while (q->headers && q->headers[n])
        n++;
    x->headers = calloc((size_t)n + 1, sizeof *x->headers);
    while (n--)
        x->headers[n] = strdup(q->headers[n]);
    return x;
}

static const char *find_header(const sim_request *q, const char *name)
{
    size_t n = strlen(name);
    exchange *x = q->frame;
    if (!strcasecmp(name, "Host"))
        return q->host;
    for (char **h = x->headers; *h; h++)
        if (!strncasecmp(*h, name, n) && (*h)[n] == ':')
            return *h + n + 1 + strspn(*h + n + 1, " ");
    return NULL;
}

/* ---- to an end ---- */

/* It may have an effect until then; the last one of a body counts. */
static void note_write(const exchange *x, int64_t until)
{
    int at = -1;
    if (x->system != SIM_ADOBE || strcmp(x->method, "POST") != 0)
        return;
    for (int i = 0; i < MOST_WRITES && at < 0; i++)
        if (writes[i].until < baton_clock())
            at = i;
    for (int i = 0; i < MOST_WRITES; i++)
        at = writes[i].owner == x ? i : at;
    if (at < 0)
        baton_fail("too many writes at a time");
    if (writes[at].owner != x) {
        free(writes[at].body);
        writes[at].body = strdup(x->body);
        writes[at].owner = x;
    }
    writes[at].until = until;
}

void ends_forgive(int64_t now)
{
    for (int i = 0; i < MOST_WRITES; i++)
        if (writes[i].body && writes[i].until >= now)
            order_forgive(writes[i].body, writes[i].until + 1000);
    ledger_forgive(now + SERVER_TIME);
}

/* What of the answer comes back. */
static void spoil(exchange *x, fault_draw draw)
{
    if (draw.kind == FAULT_SLOW_DRIP)
        baton_sleep(draw.ms);
    if (draw.kind == FAULT_WRONG_TYPE)
        x->answer.type = "text/html";
    if (draw.kind == FAULT_TRUNCATED_JSON)
        x->answer.body.size /= 2;
    if (draw.kind == FAULT_CUT_IN) {
        x->fate = ENV_LOST;
        x->why = "the answer was cut in the middle";
    }
}

static void go_through(exchange *x)
{
    char host[32];
    fault_draw draw = {0};
    snprintf(host, sizeof host, "127.0.0.1:%d", x->system == SIM_SITOO ? PORT_SITOO : PORT_ADOBE);
    sim_request q = {.method = x->method,
                     .path = x->path,
                     .query = x->query,
                     .host = host,
                     .scheme = "http",
                     .header = find_header,
                     .body = x->body,
                     .body_size = x->body_size,
                     .frame = x};
    x->fate = ENV_ANSWERED;
    bool answered = door_call(x->system, &q, &x->answer, &draw);
    note_write(x, baton_clock() + (draw.kind == FAULT_SLOW_EFFECT ? draw.ms : 0));
    if (answered) {
        spoil(x, draw);
    } else {
        x->fate = ENV_LOST;
        x->why = "the connection was closed without an answer";
    }
}

static void finish(void *arg)
{
    exchange *x = arg;
    ends_done.lost += x->fate != ENV_ANSWERED && !x->done;
    x->done = true;
    baton_wake(x, true);
}

static void lose(void *arg)
{
    exchange *x = arg;
    x->fate = ENV_LOST;
    x->why = "the connection was closed without an answer";
    finish(x);
}

static void go_to_ledger(exchange *x)
{
    ledger_request q = {x->method, x->path, x->query, x->body};
    ledger_answer a = {0};
    ledger_call(&q, &a, lose, x);
    if (!a.status && !x->done)
        lose(x);
    if (!x->done) {
        x->fate = ENV_ANSWERED;
        x->answer.status = a.status;
        x->answer.type = "application/json";
        x->answer.body = a.body;
        a.body = (buffer){0};
    }
    buffer_free(&a.body);
}

static void travel(void *arg)
{
    exchange *x = arg;
    note_write(x, baton_clock() + SERVER_TIME);
    baton_sleep(1 + baton_below(20));
    if (x->system == LEDGER) {
        go_to_ledger(x);
    } else if (sim_world.down[x->system]) {
        x->fate = ENV_REFUSED;
        x->why = "connection refused";
    } else {
        go_through(x);
        baton_sleep(1 + baton_below(20));
    }
    finish(x);
    release(x);
}

static void take_answer(exchange *x, env_answer *a)
{
    a->fate = x->fate;
    snprintf(a->why, sizeof a->why, "%s", x->why ? x->why : "");
    if (x->fate != ENV_ANSWERED)
        return;
    a->status = x->answer.status;
    buffer_printf(&a->headers, "HTTP/1.1 %d\r\nContent-Type: %s\r\n%s\r\n", a->status,
                  x->answer.type ? x->answer.type : "", buffer_text(&x->answer.headers));
    buffer_add(&a->body, buffer_text(&x->answer.body), x->answer.body.size);
}

static void call_end(const env_request *q, env_answer *a)
{
    exchange *x = exchange_of(q);
    int64_t until = baton_clock() + (q->timeout > 0 ? q->timeout : 30000);
    baton_trace("call", "%s %s %s%s%s", system_names[x->system], x->method, x->path, *x->query ? "?" : "",
                x->query);
    baton_trace_hash("body", x->body, x->body_size);
    ends_done.calls++;
    baton_start(system_names[x->system], 0, travel, x);
    while (!x->done && baton_clock() < until && !(q->abort && atomic_load(q->abort)))
        baton_wait(x, until, q->abort);
    *a = (env_answer){.fate = ENV_LOST};
    snprintf(a->why, sizeof a->why, "no answer in time");
    if (x->done)
        take_answer(x, a);
    baton_trace("answer", "%d %d %s", (int)a->fate, a->status, a->why);
    baton_trace_hash("body", buffer_text(&a->body), a->body.size);
    release(x);
}

/* ---- events to the daemon ---- */

static void post_event(const env_request *q, env_answer *a)
{
    int64_t until = baton_clock() + q->timeout;
    int life = life_now();
    *a = (env_answer){.fate = ENV_REFUSED};
    ends_done.events++;
    baton_sleep(1 + baton_below(20));
    life_post *post = life_receive(q->body, q->body_size);
    if (!post)
        return;
    while (!post->status && !baton_killed(life) && baton_clock() < until)
        baton_wait(post, baton_clock() + 100 < until ? baton_clock() + 100 : until, NULL);
    a->fate = post->status ? ENV_ANSWERED : ENV_LOST;
    a->status = post->status;
    baton_trace("told", "event answered with %d", a->status);
}

void ends_exchange(const env_request *q, env_answer *a)
{
    if (baton_life())
        call_end(q, a);
    else
        post_event(q, a);
}
