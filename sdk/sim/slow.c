/* SPDX-License-Identifier: Apache-2.0 */
/* Slow effects: the caller's connection is gone, and the server goes on working. A copy of the request waits
 * here and is played into its machine when its time comes. */
#include "sdk/sim/frame.h"

#include <string.h>
#include <strings.h>

typedef struct {
    int system;
    int64_t due;
    json_t *text; /* method, path, query, host, body */
    json_t *headers;
} slow_request;

enum { MOST = 4096 };
static slow_request waiting[MOST];
static int waiting_count;
static env_thread *thread;
static const char *const kept_headers[] = {"Authorization", "Content-Type", "Accept", "User-Agent", NULL};

void slow_add(int system, const sim_request *q, int64_t ms)
{
    if (waiting_count == MOST)
        return; /* then it never happens, which the caller cannot tell apart either */
    json_t *headers = json_object();
    for (size_t i = 0; kept_headers[i]; i++)
        if (q->header(q, kept_headers[i]))
            json_object_set_new(headers, kept_headers[i], json_string(q->header(q, kept_headers[i])));
    waiting[waiting_count++] =
        (slow_request){system, env_mono() + ms,
                       json_pack("{ss ss ss ss? so}", "method", q->method, "path", q->path, "query", q->query,
                                 "host", q->host, "body", json_stringn_nocheck(q->body, q->body_size)),
                       headers};
    env_broadcast(&sim_world.changed);
}

static const char *copied_header(const sim_request *q, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)q->frame, key,
                        value) if (!strcasecmp(key, name)) return json_string_value(value);
    return NULL;
}

static const char *part(const slow_request *r, const char *key)
{
    return json_string_value(json_object_get(r->text, key));
}

static void play(slow_request r)
{
    sim_request q = {.method = part(&r, "method"),
                     .path = part(&r, "path"),
                     .query = part(&r, "query"),
                     .host = part(&r, "host"),
                     .scheme = "http",
                     .header = copied_header,
                     .body = part(&r, "body"),
                     .body_size = json_string_length(json_object_get(r.text, "body")),
                     .frame = r.headers};
    sim_answer a = {0};
    if (r.system == SIM_SITOO)
        sitoo_handle(sim_world.sitoo, &q, &a);
    else
        adobe_handle(sim_world.adobe, &q, &a);
    observer_step(STEP_CALL);
    answer_free(&a);
    json_decref(r.text);
    json_decref(r.headers);
}

static int64_t play_due(void)
{
    int64_t next = ENV_FOREVER;
    for (int i = 0; i < waiting_count;) {
        if (waiting[i].due > env_mono()) {
            next = waiting[i].due < next ? waiting[i].due : next;
            i++;
            continue;
        }
        slow_request r = waiting[i];
        memmove(&waiting[i], &waiting[i + 1], (size_t)(--waiting_count - i) * sizeof *waiting);
        play(r);
    }
    return next;
}

static void run(void *arg)
{
    (void)arg;
    ENV_HOLD(&sim_world.lock);
    while (!sim_world.stopping)
        env_wait(&sim_world.changed, &sim_world.lock, play_due());
}

int slow_start(void)
{
    return (thread = env_thread_start("slow-effects", run, NULL)) ? 0 : -1;
}

void slow_end(void)
{
    env_thread_join(thread);
    for (int i = 0; i < waiting_count; i++) {
        json_decref(waiting[i].text);
        json_decref(waiting[i].headers);
    }
    waiting_count = 0;
}
