/* SPDX-License-Identifier: Apache-2.0 */
/* The Events SPI: one subscription, one queue, one call in flight. Events go out in order, at most ten a
 * call; while a call fails nothing newer is sent; the plan of retries ends after a day, and then the events
 * are gone. */
#include "sdk/sim/frame.h"

#include "core/base/hash.h"

#include <stdio.h>
#include <string.h>

static struct {
    json_t *queue;               /* events not yet settled, oldest first */
    json_t *flying;              /* the batch that is being sent or waits for its next try; NULL: none */
    int64_t first_try, next_try; /* by env_mono */
    int tries;
    int64_t made, sent, removed, expired, dropped, calls, unheard;
    int last_status; /* 0: none or no answer */
    atomic_bool abort;
    env_thread *thread;
} spi;

static json_t *new_event(const char *type, json_t *data)
{
    char id[33];
    snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)world_below(INT64_MAX),
             (unsigned long long)world_below(INT64_MAX));
    return json_pack("{ss ss sI sI so}", "event_id", id, "event_type", type, "event_date",
                     (json_int_t)(env_now() / 1000), "account_id",
                     (json_int_t)setting_int("sitoo", "account"), "data", data);
}

/* Faults of events happen as they are made: a dropped one never was, a doubled one comes twice, a reordered
 * one comes before its predecessor. */
void sim_event(const char *type, json_t *data)
{
    spi.made++;
    if (!*setting_text("events", "url")) {
        spi.unheard++;
        json_decref(data);
        return;
    }
    if (!spi.queue)
        spi.queue = json_array();
    json_t *event = new_event(type, data);
    fault_draw draw = faults_draw("events", "EVENT", type, "");
    if (draw.kind == FAULT_DROP) {
        spi.dropped++;
        json_decref(event);
        return;
    }
    size_t n = json_array_size(spi.queue);
    if (draw.kind == FAULT_DUPLICATE)
        json_array_append(spi.queue, event);
    if (draw.kind == FAULT_REORDER && n)
        json_array_insert_new(spi.queue, n - 1, event);
    else
        json_array_append_new(spi.queue, event);
    env_broadcast(&sim_world.changed);
}

static void take_batch(void)
{
    size_t most = (size_t)setting_int("events", "batch"), n = json_array_size(spi.queue);
    n = most && n > most ? most : n;
    spi.flying = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append(spi.flying, json_array_get(spi.queue, 0));
        json_array_remove(spi.queue, 0);
    }
    spi.first_try = spi.next_try = env_mono();
    spi.tries = 0;
}

typedef enum { TAKEN, REMOVED, AGAIN } verdict;

static verdict judge(const env_answer *a)
{
    bool temporary = a->status == 429 || a->status == 503 || a->status == 504;
    if (a->fate != ENV_ANSWERED || temporary)
        return AGAIN;
    if (a->status == 200)
        return TAKEN;
    bool refused = a->status >= 400 && a->status < 500;
    return setting_is("events", "policy", "older") && !refused ? AGAIN : REMOVED;
}

/* Up to ten tries in the first hour, growing apart, then hourly. */
static int64_t next_wait(void)
{
    int64_t tries = setting_int("events", "tries_first_hour"), hour = 3600000;
    if (tries < 1 || spi.tries >= tries)
        return hour;
    int64_t weight = tries * (tries + 1) / 2;
    return hour * spi.tries / weight;
}

static void settle(const env_answer *a)
{
    int64_t n = (int64_t)json_array_size(spi.flying);
    verdict v = judge(a);
    spi.calls++;
    spi.tries++;
    spi.last_status = a->fate == ENV_ANSWERED ? a->status : 0;
    bool expired = v == AGAIN && env_mono() - spi.first_try >= setting_int("events", "drop_after_s") * 1000;
    if (v == AGAIN && !expired) {
        spi.next_try = env_mono() + next_wait();
        return;
    }
    spi.sent += v == TAKEN ? n : 0;
    spi.removed += v == REMOVED ? n : 0;
    spi.expired += expired ? n : 0;
    json_decref(spi.flying);
    spi.flying = NULL;
}

static void authorization(char *line, size_t size)
{
    const char *user = setting_text("events", "user");
    char plain[256], code[400] = "";
    int n = snprintf(plain, sizeof plain, "%s:%s", user, setting_text("events", "password"));
    if (*user && n > 0 && (size_t)n < sizeof plain)
        hash_base64(plain, (size_t)n, code);
    snprintf(line, size, "%s%s", *code ? "Authorization: Basic " : "X-Sim: no-auth", code);
}

/* With the lock held; lets go of it while the call lasts. */
static void post(env_client *client)
{
    char url[512], auth[512];
    snprintf(url, sizeof url, "%s", setting_text("events", "url"));
    authorization(auth, sizeof auth);
    CLEANUP_FREE char *body = json_dumps(spi.flying, JSON_COMPACT);
    const char *headers[] = {"Content-Type: application/json", auth, NULL};
    env_request q = {.method = "POST",
                     .url = url,
                     .headers = headers,
                     .body = body,
                     .body_size = body ? strlen(body) : 0,
                     .timeout = setting_int("events", "timeout_ms"),
                     .max_answer = 65536,
                     .abort = &spi.abort};
    env_answer a = {0};
    env_unlock(&sim_world.lock);
    env_exchange(client, &q, &a);
    env_lock(&sim_world.lock);
    settle(&a);
    env_answer_free(&a);
}

static void run(void *arg)
{
    env_client *client = arg;
    ENV_HOLD(&sim_world.lock);
    while (!sim_world.stopping) {
        if (!spi.flying && json_array_size(spi.queue))
            take_batch();
        if (spi.flying && *setting_text("events", "url") && env_mono() >= spi.next_try)
            post(client);
        else
            env_wait(&sim_world.changed, &sim_world.lock, spi.flying ? spi.next_try : ENV_FOREVER);
    }
    env_client_free(client);
}

int events_start(void)
{
    env_client *client = env_client_new();
    return client && (spi.thread = env_thread_start("events", run, client)) ? 0 : -1;
}

void events_stop(void)
{
    atomic_store(&spi.abort, true);
    env_thread_join(spi.thread);
    json_decref(spi.queue);
    json_decref(spi.flying);
}

json_t *events_state(void)
{
    return json_pack("{sI sI sI sI sI sI sI si si si}", "made", (json_int_t)spi.made, "delivered",
                     (json_int_t)spi.sent, "removed", (json_int_t)spi.removed, "expired",
                     (json_int_t)spi.expired, "dropped", (json_int_t)spi.dropped, "unheard",
                     (json_int_t)spi.unheard, "calls", (json_int_t)spi.calls, "last_status", spi.last_status,
                     "queued", (int)json_array_size(spi.queue), "flying", (int)json_array_size(spi.flying));
}
