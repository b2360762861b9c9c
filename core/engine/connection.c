/* SPDX-License-Identifier: Apache-2.0 */
/* Slots, pause and caps of a connection. A slot is the right to one exchange: a concurrency token and a rate
 * token. Who waits is on a list; whoever is best by class and deadline takes the next slot, and every tenth
 * goes to whoever has waited longest, so that nobody starves. */
#include "core/engine/connection.h"
#include "core/base/log.h"
#include "core/engine/exchange.h"
#include "core/engine/pace.h"
#include "core/engine/token.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PAUSE_LEAST = 1000, PAUSE_MOST = 300000, MINUTE = 60, MOST_CAPS = 16 };

typedef struct waiter {
    struct waiter *next;
    const slot_wish *wish;
    int64_t since;
} waiter;

typedef struct {
    char *operation;
    int most;
} learnt_cap;

struct connection {
    atomic_int refs;
    const config_connection *config; /* belongs to the model, which is held */
    config *model;
    env_mutex lock;
    env_cond changed;
    env_client **clients; /* `concurrency` of them; NULL while lent */
    token *token;         /* NULL: none is fetched */
    int lent;
    waiter *waiting;
    int64_t granted; /* slots so far, to find every tenth */
    pace pace;
    int64_t paused_until; /* env_mono */
    int64_t pause_step;   /* the next pause; 0: well */
    char pause_why[200];
    atomic_bool abort_all, abort_idempotent;
    int64_t last_success;
    learnt_cap caps[MOST_CAPS];
    int caps_n;
    struct {
        int64_t second;
        int n[CLASSES];
    } minute[MINUTE];
    int64_t longest_wait, longest_wait_when;
};

connection *connection_new(config *model, const config_connection *config_)
{
    connection *c = calloc(1, sizeof *c);
    if (!c || !(c->clients = calloc((size_t)config_->concurrency, sizeof *c->clients))) {
        free(c);
        return NULL;
    }
    atomic_init(&c->refs, 1);
    c->config = config_;
    c->pace = (pace){.rate = config_->rate, .burst = config_->burst};
    if (config_->auth == AUTH_OAUTH2 && !(c->token = token_new(config_))) {
        free(c->clients);
        free(c);
        return NULL;
    }
    c->model = config_ref(model);
    env_mutex_init(&c->lock);
    env_cond_init(&c->changed);
    for (int i = 0; i < config_->concurrency; i++)
        c->clients[i] = env_client_new();
    return c;
}

connection *connection_ref(connection *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void connection_unref(connection *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    for (int i = 0; i < c->config->concurrency; i++)
        env_client_free(c->clients[i]);
    for (int i = 0; i < c->caps_n; i++)
        free(c->caps[i].operation);
    free(c->clients);
    token_free(c->token);
    env_cond_free(&c->changed);
    env_mutex_free(&c->lock);
    config_unref(c->model);
    free(c);
}

const char *connection_name(const connection *c)
{
    return c->config->name;
}

const char *connection_digest(const connection *c)
{
    return c->config->digest;
}

int64_t connection_server_time(const connection *c)
{
    return c->config->server_time;
}

void connection_inherit(connection *c, connection *old)
{
    if (strcmp(c->config->url, old->config->url))
        return;
    if (c->token && old->token)
        token_inherit(c->token, old->token);
    ENV_HOLD(&old->lock);
    c->paused_until = old->paused_until;
    c->pause_step = old->pause_step;
    memcpy(c->pause_why, old->pause_why, sizeof c->pause_why);
    memcpy(c->minute, old->minute, sizeof c->minute);
    c->last_success = old->last_success;
    pace_inherit(&c->pace, &old->pace);
    for (int i = 0; i < old->caps_n; i++)
        if ((c->caps[i].operation = strdup(old->caps[i].operation))) {
            c->caps[i].most = old->caps[i].most;
            c->caps_n = i + 1;
        }
}

/* ---- slots ---- */

/* Whether a goes before b. */
static bool goes_first(const waiter *a, const waiter *b)
{
    if (a->wish->class_ != b->wish->class_)
        return a->wish->class_ < b->wish->class_;
    if (a->wish->first != b->wish->first)
        return a->wish->first;
    if (a->wish->deadline != b->wish->deadline)
        return a->wish->deadline < b->wish->deadline;
    return a->since < b->since;
}

static const waiter *whose_turn(const connection *c)
{
    const waiter *best = c->waiting;
    bool by_age = c->granted % 10 == 9;
    for (const waiter *w = best ? best->next : NULL; w; w = w->next)
        if (by_age ? w->since < best->since : goes_first(w, best))
            best = w;
    return best;
}

static int tokens(const connection *c)
{
    return c->pause_step ? 1 : c->config->concurrency; /* after a pause one exchange tries the ground */
}

static void unlink_waiter(connection *c, waiter *w)
{
    waiter **p = &c->waiting;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
}

static void count_slot(connection *c, const waiter *w, int64_t now)
{
    int64_t second = now / 1000;
    int i = (int)(second % MINUTE);
    if (c->minute[i].second != second) {
        memset(&c->minute[i], 0, sizeof c->minute[i]);
        c->minute[i].second = second;
    }
    c->minute[i].n[w->wish->class_]++;
    if (now - w->since >= c->longest_wait || now - c->longest_wait_when > 60000) {
        c->longest_wait = now - w->since;
        c->longest_wait_when = now;
    }
}

static bool closed_for(connection *c, const slot_wish *wish)
{
    return atomic_load(wish->create ? &c->abort_all : &c->abort_idempotent);
}

/* Waits for a slot; NULL when the connection is paused or the daemon stops. */
static env_client *take_slot(connection *c, const slot_wish *wish)
{
    waiter w = {.wish = wish, .since = env_mono()};
    ENV_HOLD(&c->lock);
    w.next = c->waiting;
    c->waiting = &w; /* unlinked below, before w goes */
    env_client *client = NULL;
    for (;;) {
        int64_t now = env_mono(), ready = pace_ready(&c->pace, now);
        if (c->paused_until > now || closed_for(c, wish))
            break;
        bool mine = c->lent < tokens(c) && whose_turn(c) == &w;
        if (mine && ready <= now) {
            for (int i = 0; i < c->config->concurrency && !client; i++) {
                client = c->clients[i];
                c->clients[i] = NULL;
            }
            c->lent++;
            c->granted++;
            pace_spend(&c->pace, now);
            count_slot(c, &w, now);
            break;
        }
        env_wait(&c->changed, &c->lock, mine ? ready : ENV_FOREVER);
    }
    unlink_waiter(c, &w);
    env_broadcast(&c->changed);
    return client;
}

static void give_slot(connection *c, env_client *client)
{
    ENV_HOLD(&c->lock);
    for (int i = 0; i < c->config->concurrency && client; i++)
        if (!c->clients[i]) {
            c->clients[i] = client;
            client = NULL;
        }
    c->lent--;
    env_broadcast(&c->changed);
}

/* ---- pause ---- */

static void pause_for(connection *c, int64_t ms, const char *why)
{
    ENV_HOLD(&c->lock);
    int64_t now = env_mono();
    bool well = c->paused_until <= now && !c->pause_step;
    int64_t step = c->pause_step ? c->pause_step * 2 : PAUSE_LEAST;
    if (c->paused_until > now)
        step = c->pause_step; /* others in flight met the same outage: that is no second failure */
    c->pause_step = step > PAUSE_MOST ? PAUSE_MOST : step;
    int64_t until = now + (ms > 0 ? ms : c->pause_step + env_random_below(c->pause_step / 4 + 1));
    if (until > c->paused_until)
        c->paused_until = until;
    snprintf(c->pause_why, sizeof c->pause_why, "%s", why);
    log_write(well ? LOG_WARN : LOG_INFO, "connection.paused", "connection %s is paused for %.1f s: %s",
              c->config->name, (double)(c->paused_until - now) / 1000, why);
    env_broadcast(&c->changed);
}

static void went_well(connection *c)
{
    ENV_HOLD(&c->lock);
    if (c->pause_step)
        log_write(LOG_INFO, "connection.resumed", "connection %s answers again", c->config->name);
    c->pause_step = 0;
    c->pause_why[0] = '\0';
    c->last_success = env_mono();
    env_broadcast(&c->changed);
}

/* ---- exchanges ---- */

static bool others_answered(connection *c)
{
    ENV_HOLD(&c->lock);
    return c->last_success && env_mono() - c->last_success < 60000;
}

typedef struct { /* one row an answer (ENGINE 4.8) */
    int from, to;
    connection_fate fate;
    bool pause;
} status_rule;

static const status_rule status_rules[] = {
    {200, 299, FATE_ANSWERED, false}, {401, 401, FATE_LOGIN, true},   {403, 403, FATE_LOGIN, true},
    {429, 429, FATE_LIMITED, true},   {503, 503, FATE_LIMITED, true}, {400, 499, FATE_ANSWERED, false},
    {500, 599, FATE_SERVER, true},    {0, 999, FATE_INVALID, false},
};

static const status_rule *rule_of(int status)
{
    const status_rule *r = status_rules;
    while (status < r->from || status > r->to)
        r++;
    return r;
}

static void slow_down(connection *c, int64_t asked)
{
    ENV_HOLD(&c->lock);
    if (pace_learn(&c->pace, env_mono(), asked))
        log_write(LOG_INFO, "connection.pace",
                  "connection %s gets a call every %.2f s for now: it answered 429", c->config->name,
                  (double)c->pace.learnt / 1000000);
}

static connection_fate fate_of_answer(connection *c, const env_answer *a, const tb_request *q, char *why,
                                      size_t size)
{
    const status_rule *r = rule_of(a->status);
    connection_fate fate = r->fate;
    if (fate == FATE_ANSWERED)
        return fate;
    if (fate == FATE_LOGIN && others_answered(c))
        fate = FATE_RIGHT;
    snprintf(why, size, "%s answered %d to %s %s", c->config->name, a->status, q->method, q->path);
    if (fate == FATE_RIGHT)
        exchange_missing_right(a, why, size);
    if (a->status == 429)
        slow_down(c, exchange_wait_asked(a));
    if (r->pause && fate != FATE_RIGHT)
        pause_for(c, exchange_wait_asked(a), why);
    return fate;
}

static connection_fate fate_of_silence(connection *c, const env_answer *a, const tb_request *q, char *why,
                                       size_t size)
{
    static const connection_fate fates[] = {[ENV_ANSWERED] = FATE_ANSWERED,
                                            [ENV_REFUSED] = FATE_REFUSED,
                                            [ENV_LOST] = FATE_LOST,
                                            [ENV_TOO_LARGE] = FATE_LOST,
                                            [ENV_INVALID] = FATE_INVALID};
    snprintf(why, size, "%s gave no whole answer to %s %s: %s", c->config->name, q->method, q->path, a->why);
    if (a->fate == ENV_REFUSED || a->fate == ENV_LOST)
        pause_for(c, 0, why);
    return fates[a->fate];
}

static connection_fate judge(connection *c, env_answer *a, const tb_request *q, tb_response *r, char *why,
                             size_t size)
{
    if (a->fate != ENV_ANSWERED)
        return fate_of_silence(c, a, q, why, size);
    connection_fate fate = fate_of_answer(c, a, q, why, size);
    if (fate != FATE_ANSWERED)
        return fate;
    if (exchange_fill(a, q, r, why, size)) { /* broken JSON: an answer that does not prove itself complete */
        pause_for(c, 0, why);
        return FATE_LOST;
    }
    went_well(c);
    return FATE_ANSWERED;
}

/* The header of a token, where one is fetched. Without it nothing is sent, so nothing has happened. */
static int authorize(connection *c, env_client *client, const atomic_bool *abort, buffer *header,
                     int64_t *which, char *why, size_t size)
{
    token_fault fault;
    if (!c->token || !token_header(c->token, client, abort, header, which, &fault))
        return 0;
    snprintf(why, size, "%s", fault.why);
    pause_for(c, fault.wait, why);
    return -1;
}

connection_fate connection_exchange(connection *c, const slot_wish *wish, const tb_request *q, tb_response *r,
                                    char *why, size_t size)
{
    const atomic_bool *abort = wish->create ? &c->abort_all : &c->abort_idempotent;
    for (int turn = 0;; turn++) {
        CLEANUP_BUFFER buffer bearer = {0};
        int64_t which = 0;
        env_answer a;
        env_client *client = take_slot(c, wish);
        if (!client) {
            snprintf(why, size, "connection %s is paused", c->config->name);
            return FATE_PAUSED;
        }
        int unsent = authorize(c, client, abort, &bearer, &which, why, size);
        if (!unsent)
            exchange_send(c->config, client, q, wish->create, buffer_text(&bearer), abort, &a);
        give_slot(c, client);
        if (unsent)
            return FATE_REFUSED;
        if (c->token && a.fate == ENV_ANSWERED && a.status == 401)
            token_refused(c->token, which);
        bool doubt = !turn && a.fate == ENV_ANSWERED && a.status == 401; /* false ones are seen: once more */
        connection_fate fate = doubt ? FATE_NONE : judge(c, &a, q, r, why, size);
        env_answer_free(&a);
        if (!doubt)
            return fate;
    }
}

int64_t connection_paused_until(connection *c)
{
    ENV_HOLD(&c->lock);
    return c->paused_until > env_mono() ? c->paused_until : 0;
}

int64_t connection_last_success(connection *c)
{
    ENV_HOLD(&c->lock);
    return c->last_success;
}

void connection_abort(connection *c, bool all)
{
    atomic_store(&c->abort_idempotent, true);
    if (all)
        atomic_store(&c->abort_all, true);
    ENV_HOLD(&c->lock);
    env_broadcast(&c->changed);
}

/* ---- caps ---- */

int connection_cap(connection *c, const char *operation)
{
    ENV_HOLD(&c->lock);
    for (int i = 0; i < c->caps_n; i++)
        if (!strcmp(c->caps[i].operation, operation))
            return c->caps[i].most;
    return INT_MAX;
}

void connection_learn_cap(connection *c, const char *operation, int most)
{
    ENV_HOLD(&c->lock);
    int i = 0;
    while (i < c->caps_n && strcmp(c->caps[i].operation, operation))
        i++;
    if (i == MOST_CAPS || (i == c->caps_n && !(c->caps[i].operation = strdup(operation))))
        return;
    c->caps_n = i == c->caps_n ? i + 1 : c->caps_n;
    c->caps[i].most = most < 1 ? 1 : most;
    log_write(LOG_INFO, "connection.cap", "connection %s takes at most %d records a call of %s",
              c->config->name, c->caps[i].most, operation);
}

/* ---- status ---- */

json_t *connection_status(connection *c)
{
    static const char *const names[CLASSES] = {"probe", "delivery", "poll", "bulk"};
    ENV_HOLD(&c->lock);
    int64_t now = env_mono(), sums[CLASSES] = {0};
    for (int i = 0; i < MINUTE; i++)
        for (int k = 0; k < CLASSES && c->minute[i].second > now / 1000 - MINUTE; k++)
            sums[k] += c->minute[i].n[k];
    json_t *slots = json_object(), *caps = json_object();
    for (int k = 0; k < CLASSES; k++)
        json_object_set_new(slots, names[k], json_integer(sums[k]));
    for (int i = 0; i < c->caps_n; i++)
        json_object_set_new(caps, c->caps[i].operation, json_integer(c->caps[i].most));
    bool paused = c->paused_until > now;
    return json_pack(
        "{s:s, s:o, s:I, s:b, s:I, s:s, s:o, s:I}", "name", c->config->name, "slots", slots,
        "longest_wait_ms", (json_int_t)(now - c->longest_wait_when < 60000 ? c->longest_wait : 0), "paused",
        paused, "paused_ms", (json_int_t)(paused ? c->paused_until - now : 0), "pause_reason",
        paused ? c->pause_why : "", "caps", caps, "pace_ms", (json_int_t)(c->pace.learnt / 1000));
}
