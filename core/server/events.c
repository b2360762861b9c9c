/* SPDX-License-Identifier: Apache-2.0 */
/* The `events` listener: POST /events/<connection>, nothing else (ENGINE 4.5). Which answer means "stored",
 * "again later" or "thrown away" is known to the source plugin alone, so each code comes from its webhook
 * policy. A 2xx is said only for what is on stable storage: a request refused for its form would be
 * acknowledged by a policy whose `malformed` is 200, so it gets `busy` there: the sender keeps it. */
#include "core/server/inner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/signature.h"

enum { LIMIT = 256 * 1024, LIMIT_MOST = 8 * 1024 * 1024, LOG_EVERY_MS = 1000 };
#define PREFIX "/events/"

/* ---- who takes the events of that connection ---- */

static const tb_webhook *source_policy(const plan_pipeline *p, const config_connection *connection)
{
    for (int i = 0; i < p->config->sources_n; i++) {
        const plan_use *s = &p->sources[i];
        if (s->plugin && s->connection == connection && s->use->events && s->plugin->api.webhook)
            return s->plugin->api.webhook;
    }
    return NULL;
}

static const tb_webhook *policy_of(const plan *p, const config_connection *connection)
{
    const tb_webhook *found = NULL;
    for (int i = 0; i < p->pipelines_n && !found; i++)
        found = source_policy(&p->pipelines[i], connection);
    return found;
}

/* NULL: nobody takes events there. The policy is copied, as far as the plugin knows it. */
static const config_connection *find_target(request *r, const plan *p)
{
    const config_connection *c = p ? config_connection_find(p->config, r->name) : NULL;
    const tb_webhook *policy = c ? policy_of(p, c) : NULL;
    if (!policy)
        return NULL;
    memcpy(&r->policy, policy, policy->size < sizeof r->policy ? policy->size : sizeof r->policy);
    bool signed_ = r->policy.auth == TB_WEBHOOK_SIGNED;
    if (signed_ ? !c->webhook_keys : !c->webhook_user || !c->webhook_password)
        return NULL;
    r->limit = r->policy.body_limit > 0 ? (size_t)r->policy.body_limit : LIMIT;
    if (r->limit > LIMIT_MOST)
        r->limit = LIMIT_MOST;
    r->too_large = r->policy.too_large;
    return c;
}

/* ---- credentials ---- */

/* 0: fine; else the code that says what is wrong, with them or with us. */
static int judge_credentials(const request *r, const config_connection *c)
{
    CLEANUP_BUFFER buffer plain = {0};
    const char *given = request_header(r, "Authorization");
    if (r->policy.auth == TB_WEBHOOK_SIGNED)
        return 0; /* that is seen when the body is there */
    if (!given || strncasecmp(given, "Basic ", 6) != 0)
        return r->policy.denied;
    given += 6 + strspn(given + 6, " ");
    buffer_printf(&plain, "%s:%s", c->webhook_user, c->webhook_password);
    CLEANUP_FREE char *expected = malloc(4 * ((plain.size + 2) / 3) + 1);
    if (plain.failed || !expected)
        return r->policy.busy;
    hash_base64(plain.data, plain.size, expected);
    return hash_same_secret(given, expected) ? 0 : r->policy.denied;
}

/* One of the headers holds a signature of the body that fits one of the keys. */
static bool is_signed(const request *r, const config_connection *c)
{
    char name[64];
    for (const char *p = r->policy.signatures; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, p);
        const char *given = request_header(r, name);
        if (given && signature_fits(c->webhook_keys, given, buffer_text(&r->body), r->body.size))
            return true;
        p += n;
    }
    return false;
}

/* Told once a second at the most: whoever can reach us must not be able to fill the disk. */
static void tell(listener *l, const request *r, const char *what)
{
    if (now_real() - l->told < LOG_EVERY_MS)
        return;
    l->told = now_real();
    log_write(LOG_WARN, "events.refused", "a request for /events/%s from %s was refused: %s", r->name,
              r->peer->address, what);
}

static void deny(request *r)
{
    bool signed_ = r->policy.auth == TB_WEBHOOK_SIGNED;
    const char *what = signed_ ? "no signature that fits" : "wrong credentials";
    tell(r->listener, r, what);
    request_refuse(r, r->policy.denied, what);
    r->challenge = r->status == 401 && !signed_;
}

static void refuse_form(request *r, const char *finding)
{
    tell(r->listener, r, finding);
    request_refuse(r, r->policy.malformed >= 400 ? r->policy.malformed : r->policy.busy, finding);
}

/* ---- the challenge: a sender asks whether anybody is here ---- */

enum { CHALLENGE_MOST = 256 };

/* The value comes back as it came: letters, digits and what separates them, so nothing in it can mean
 * anything. */
static void answer_challenge(request *r)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    const char *value =
        MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, r->policy.challenge);
    size_t n = value ? strspn(value, allowed) : 0;
    if (!n || value[n] || n > CHALLENGE_MOST) {
        r->allow = "POST";
        return request_refuse(r, 405, "events are sent with POST");
    }
    r->status = 200;
    buffer_puts(&r->out, value);
}

static bool is_challenge(request *r)
{
    plan *p =
        r->get && r->listener->server->world->engine ? engine_plan(r->listener->server->world->engine) : NULL;
    bool is = p && find_target(r, p) && r->policy.challenge;
    plan_unref(p);
    return is;
}

/* ---- the request's life ---- */

static void events_head(request *r, const char *finding)
{
    int code;
    r->limit = LIMIT;
    bool fine = !strncmp(r->path, PREFIX, strlen(PREFIX)) && config_name_fine(r->path + strlen(PREFIX));
    if (!fine)
        return request_refuse(r, 404, "nothing is here");
    snprintf(r->name, sizeof r->name, "%s", r->path + strlen(PREFIX));
    if (!finding && is_challenge(r))
        return answer_challenge(r);
    if (!r->post) {
        r->allow = "POST";
        return request_refuse(r, 405, "events are sent with POST");
    }
    plan *p = r->listener->server->world->engine ? engine_plan(r->listener->server->world->engine) : NULL;
    const config_connection *c = find_target(r, p);
    if (!p)
        request_refuse(r, 503, "no plan runs"); /* a 404 would make the sender throw its event away */
    else if (!c)
        request_refuse(r, 404, "nobody takes events of that connection");
    else if (finding)
        refuse_form(r, finding);
    else if ((code = judge_credentials(r, c)) == r->policy.denied)
        deny(r);
    else if (code)
        request_refuse(r, code, "out of memory");
    plan_unref(p);
}

/* The writer's thread, after its commit. */
static void on_stored(void *arg, journal_result result, bool duplicate)
{
    request *r = arg;
    r->stored = result;
    r->duplicate = duplicate;
    request_finished(r);
}

/* Whose keys they are is looked up anew: a reload may have changed them. */
static bool may_store(request *r)
{
    plan *p = engine_plan(r->listener->server->world->engine);
    const config_connection *c = config_connection_find(p->config, r->name);
    bool may = r->policy.auth != TB_WEBHOOK_SIGNED || (c && c->webhook_keys && is_signed(r, c));
    plan_unref(p);
    return may;
}

static void events_complete(request *r)
{
    server *s = r->listener->server;
    if (atomic_load(&s->events_busy))
        return request_refuse(r, r->policy.busy, NULL);
    if (!may_store(r))
        return deny(r);
    request_away(r, s->limits.queue_ms);
    journal_result result = journal_receive(s->world->journal, r->name, buffer_text(&r->body), r->body.size,
                                            env_now(), on_stored, r);
    if (result != JOURNAL_DONE)
        on_stored(r, result, false);
}

static void events_back(request *r, bool late)
{
    buffer_free(&r->body);
    if (late || r->stored != JOURNAL_DONE)
        return request_refuse(r, r->policy.busy, NULL);
    r->status = r->duplicate ? r->policy.duplicate : r->policy.stored;
    if (r->listener->server->world->engine)
        engine_poke(r->listener->server->world->engine, r->name);
}

const door door_events = {"events", events_head, events_complete, events_back};
