/* SPDX-License-Identifier: Apache-2.0 */
/* OAuth 2 client credentials (RFC 6749, 4.4), as Adobe's IMS has them: id, secret and scope are posted as a
 * form, the answer holds the token and how long it lasts. Many workers may need it at one time: one of them
 * fetches, outside the lock, and the others wait for what comes of it, good or bad; so a server that is down
 * is asked once, not once a worker. Nothing of the form or the answer is ever logged or traced. */
#include "core/engine/token.h"
#include "core/engine/exchange.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <tillbridge/http.h>

enum {
    MOST_ANSWER = 64 << 10,
    MOST_TOKEN = 16 << 10,
    MARGIN = 60000,      /* so long before its end another is fetched, or a fifth of its time */
    UNSAID = 600000,     /* how long one lasts that does not say */
    LONGEST = 2592000,   /* seconds: 30 days */
    JUST_FETCHED = 30000 /* a refused one this young is not to blame */
};

struct token {
    const config_connection *config; /* outlives it: the connection holds the model */
    env_mutex lock;
    env_cond changed;
    bool fetching;
    int64_t number; /* of fetches begun so far: the token's name, and what waiters wait for */
    int64_t failed; /* the last fetch that failed */
    token_fault fault;
    char *text;             /* NULL: none */
    int64_t of;             /* number of the fetch that it is of */
    int64_t fetched, until; /* env_mono */
};

token *token_new(const config_connection *c)
{
    token *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->config = c;
    env_mutex_init(&t->lock);
    env_cond_init(&t->changed);
    return t;
}

void token_free(token *t)
{
    if (!t)
        return;
    free(t->text);
    env_cond_free(&t->changed);
    env_mutex_free(&t->lock);
    free(t);
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

void token_inherit(token *t, token *old)
{
    const config_connection *a = t->config, *b = old->config;
    if (!same(a->token_url, b->token_url) || !same(a->client_id, b->client_id) ||
        !same(a->client_secret, b->client_secret) || !same(a->scope, b->scope))
        return;
    ENV_HOLD(&old->lock);
    t->text = old->text ? strdup(old->text) : NULL;
    t->number = t->of = old->of;
    t->fetched = old->fetched;
    t->until = old->until;
}

/* ---- the answer ---- */

/* The code of an error ("invalid_client"), which is the only thing of the answer that is shown. */
static void error_code(const json_t *answer, char *out, size_t size)
{
    const char *code = json_string_value(json_object_get(answer, "error"));
    size_t n = 0;
    while (code && n + 4 < size && (isalnum((unsigned char)code[n]) || strchr("_-", code[n])) && code[n])
        n++;
    snprintf(out, size, n ? " (%.*s)" : "", (int)n, code ? code : "");
}

static int64_t lasts(const json_t *answer)
{
    const json_t *value = json_object_get(answer, "expires_in");
    const char *text = json_string_value(value);
    long long seconds = text ? strtoll(text, NULL, 10) : (long long)json_integer_value(value);
    if (!value)
        return UNSAID;
    return seconds < 0 ? 0 : (seconds < LONGEST ? seconds : LONGEST) * 1000;
}

/* Printable, so that it can stand in a header. */
static const char *text_of(const json_t *answer)
{
    const char *type = json_string_value(json_object_get(answer, "token_type"));
    const char *text = json_string_value(json_object_get(answer, "access_token"));
    size_t n = 0;
    if (!text || (type && strcasecmp(type, "bearer")))
        return NULL;
    while ((unsigned char)text[n] > ' ' && (unsigned char)text[n] < 0x7f)
        n++;
    return n && !text[n] && n <= MOST_TOKEN ? text : NULL;
}

/* With the lock held. */
static void keep(token *t, const char *text, int64_t ms)
{
    int64_t margin = ms / 5 < MARGIN ? ms / 5 : MARGIN;
    free(t->text);
    t->text = strdup(text);
    t->of = t->number;
    t->fetched = env_mono();
    t->until = t->fetched + ms - margin;
}

static int take_answer(token *t, const env_answer *a)
{
    char code[64];
    bool answered = a->fate == ENV_ANSWERED;
    json_t *answer = answered ? json_loadb(buffer_text(&a->body), a->body.size, 0, NULL) : NULL;
    const char *text = answered && a->status == 200 ? text_of(answer) : NULL;
    const char *name = t->config->name;
    t->fault = (token_fault){.wait = answered ? exchange_wait_asked(a) : 0};
    error_code(answer, code, sizeof code);
    if (text)
        keep(t, text, lasts(answer));
    else if (!answered)
        snprintf(t->fault.why, sizeof t->fault.why, "the token of %s cannot be fetched: %s", name, a->why);
    else if (a->status == 200)
        snprintf(t->fault.why, sizeof t->fault.why,
                 "the token of %s cannot be fetched: the answer of its server holds no bearer token", name);
    else
        snprintf(t->fault.why, sizeof t->fault.why,
                 "the token of %s cannot be fetched: its server answered %d%s%s", name, a->status, code,
                 a->status == 400 || a->status == 401 ? "; client-id, client-secret or scope is wrong" : "");
    json_decref(answer);
    return text && t->text ? 0 : -1;
}

/* ---- fetching ---- */

static void add_field(buffer *form, const char *field, const char *value)
{
    size_t n = tb_http_escape(value, NULL, 0);
    CLEANUP_FREE char *text = malloc(n + 1);
    if (text)
        tb_http_escape(value, text, n + 1);
    else
        form->failed = true;
    buffer_printf(form, "%s%s=%s", form->size ? "&" : "", field, text ? text : "");
}

/* Without the lock. */
static void fetch(const config_connection *c, env_client *client, const atomic_bool *abort, env_answer *a)
{
    static const char *const headers[] = {"Accept: application/json",
                                          "Content-Type: application/x-www-form-urlencoded", NULL};
    CLEANUP_BUFFER buffer form = {0};
    add_field(&form, "grant_type", "client_credentials");
    add_field(&form, "client_id", c->client_id);
    add_field(&form, "client_secret", c->client_secret);
    if (c->scope)
        add_field(&form, "scope", c->scope);
    if (form.failed) {
        *a = (env_answer){.fate = ENV_INVALID, .why = "out of memory"};
        return;
    }
    env_request request = {.method = "POST",
                           .url = c->token_url,
                           .headers = headers,
                           .body = buffer_text(&form),
                           .body_size = form.size,
                           .timeout = c->timeout,
                           .max_answer = MOST_ANSWER,
                           .abort = abort};
    env_exchange(client, &request, a);
}

/* With the lock held, which is let go meanwhile. */
static int fetch_for_all(token *t, env_client *client, const atomic_bool *abort)
{
    env_answer a;
    t->fetching = true;
    t->number++;
    env_unlock(&t->lock);
    fetch(t->config, client, abort, &a);
    env_lock(&t->lock);
    int bad = take_answer(t, &a);
    env_answer_free(&a);
    if (bad)
        t->failed = t->number;
    t->fetching = false;
    env_broadcast(&t->changed);
    return bad;
}

/* With the lock held: 0 when t->text may be used, though it may have ended already: it was fetched for us. */
static int have_one(token *t, env_client *client, const atomic_bool *abort)
{
    for (int64_t waited_for = 0;;) {
        if (t->text && (t->until > env_mono() || (waited_for && t->of == waited_for)))
            return 0;
        if (waited_for && t->failed == waited_for)
            return -1;
        if (!t->fetching)
            return fetch_for_all(t, client, abort);
        waited_for = t->number;
        env_wait(&t->changed, &t->lock, ENV_FOREVER); /* a fetch ends by its time-out at the latest */
    }
}

int token_header(token *t, env_client *client, const atomic_bool *abort, buffer *header, int64_t *which,
                 token_fault *fault)
{
    ENV_HOLD(&t->lock);
    int bad = have_one(t, client, abort);
    *fault = t->fault;
    *which = t->of;
    if (!bad)
        buffer_printf(header, "Authorization: Bearer %s", t->text);
    return bad;
}

void token_refused(token *t, int64_t which)
{
    ENV_HOLD(&t->lock);
    if (t->of == which && env_mono() - t->fetched >= JUST_FETCHED)
        t->until = 0;
}
