/* SPDX-License-Identifier: Apache-2.0 */
/* OAuth 1.0a with HMAC-SHA256 as 2.4.7 checks it: the nonce is used up before the signature is looked at; the
 * base string has the host without its port, a path with its reserved characters decoded, and the parameters
 * in natural order of their encoded names. */
#include "sdk/sim/adobe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "sdk/sim/must.h"

enum { TOKEN_LENGTH = 32, MOST_PAIRS = 64, AHEAD_S = 600 };
static const int64_t nonce_period = 120 * 60 * 1000;

typedef struct {
    char *name, *value; /* encoded */
} pair;

typedef struct {
    pair pairs[MOST_PAIRS];
    size_t count;
} pairs;

static char *encode(const char *text)
{
    buffer b = {0};
    for (; *text; text++)
        if (isalnum((unsigned char)*text) || strchr("-._~", *text))
            buffer_putc(&b, *text);
        else
            buffer_printf(&b, "%%%02X", (unsigned char)*text);
    buffer_putc(&b, '\0');
    return buffer_take(&b);
}

static void pair_add(pairs *p, const char *name, const char *value)
{
    if (p->count == MOST_PAIRS)
        return;
    for (size_t i = 0; i < p->count; i++) {
        CLEANUP_FREE char *encoded = encode(name);
        if (strcmp(p->pairs[i].name, encoded))
            continue;
        free(p->pairs[i].value); /* of a repeated name the last one counts */
        p->pairs[i].value = encode(value);
        return;
    }
    p->pairs[p->count++] = (pair){encode(name), encode(value)};
}

static void pairs_free(pairs *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->pairs[i].name);
        free(p->pairs[i].value);
    }
}

/* `a="b", c="d"` into an object. */
static json_t *read_header(const char *p)
{
    json_t *out = json_object();
    while (*p) {
        p += strspn(p, " ,\t");
        size_t n = strcspn(p, "=,");
        if (p[n] != '=') {
            p += n;
            continue;
        }
        CLEANUP_FREE char *name = must(strndup(p, n));
        p += n + 1;
        p += *p == '"';
        n = strcspn(p, "\",");
        CLEANUP_FREE char *value = query_decode(p, n, false);
        if (*name && value)
            json_object_set_new(out, name, json_string(value));
        p += n + (p[n] == '"');
    }
    return out;
}

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

/* ---- the base string ---- */

static int compare_natural(const char *a, const char *b)
{
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            char *end_a = NULL, *end_b = NULL;
            unsigned long long x = strtoull(a, &end_a, 10), y = strtoull(b, &end_b, 10);
            if (x != y)
                return x < y ? -1 : 1;
            a = end_a, b = end_b;
            continue;
        }
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        a++, b++;
    }
    return (*a != '\0') - (*b != '\0');
}

static int by_natural(const void *a, const void *b)
{
    return compare_natural(((const pair *)a)->name, ((const pair *)b)->name);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const pair *)a)->name, ((const pair *)b)->name);
}

/* A pair that does not split in exactly two is dropped, by the shop as well. */
static void add_query(pairs *p, const char *query)
{
    while (*query) {
        size_t n = strcspn(query, "&");
        const char *equal = memchr(query, '=', n);
        if (equal && !memchr(equal + 1, '=', n - (size_t)(equal + 1 - query))) {
            CLEANUP_FREE char *name = query_decode(query, (size_t)(equal - query), false);
            CLEANUP_FREE char *value = query_decode(equal + 1, n - (size_t)(equal + 1 - query), false);
            pair_add(p, name, value);
        }
        query += n + (query[n] == '&');
    }
}

static char *parameter_text(const adobe_call *c, json_t *oauth)
{
    pairs p = {.count = 0};
    buffer b = {0};
    const char *name = NULL;
    json_t *value = NULL;
    add_query(&p, c->request->query);
    json_object_foreach(oauth, name, value) if (strcmp(name, "oauth_signature") && strcmp(name, "realm"))
        pair_add(&p, name, json_string_value(value));
    qsort(p.pairs, p.count, sizeof *p.pairs, adobe_is(c->m, "oauth_order", "bytes") ? by_bytes : by_natural);
    for (size_t i = 0; i < p.count; i++)
        buffer_printf(&b, "%s%s=%s", i ? "&" : "", p.pairs[i].name, p.pairs[i].value);
    pairs_free(&p);
    return buffer_take(&b);
}

/* %XX of what needs no encoding in a path is decoded, the rest is left, in upper case. */
static char *normal_path(const adobe_call *c)
{
    buffer b = {0};
    const char *kept = adobe_is(c->m, "oauth_path", "decoded") ? "-._~:@&=+$,/;%" : "-._~";
    for (const char *p = c->request->path; *p; p++) {
        if (*p != '%' || !isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]) ||
            adobe_is(c->m, "oauth_path", "raw")) {
            buffer_putc(&b, *p);
            continue;
        }
        CLEANUP_FREE char *one = query_decode(p, 3, false);
        if (isalnum((unsigned char)*one) || (*one && strchr(kept, *one)))
            buffer_putc(&b, *one);
        else
            buffer_printf(&b, "%%%c%c", toupper((unsigned char)p[1]), toupper((unsigned char)p[2]));
        p += 2;
    }
    return buffer_take(&b);
}

static char *server_url(const adobe_call *c)
{
    buffer b = {0};
    const char *host = c->request->host ? c->request->host : "";
    CLEANUP_FREE char *path = normal_path(c);
    size_t n = adobe_bool(c->m, "oauth_port") ? strlen(host) : strcspn(host, ":");
    buffer_printf(&b, "%s://", c->request->scheme);
    for (size_t i = 0; i < n; i++)
        buffer_putc(&b, (char)tolower((unsigned char)host[i]));
    buffer_puts(&b, path ? path : "");
    return buffer_take(&b);
}

static bool signature_fits(const adobe_call *c, json_t *oauth)
{
    static const char key[] = SIM_CONSUMER_SECRET "&" SIM_TOKEN_SECRET; /* nothing in them needs encoding */
    uint8_t mac[SHA256_SIZE];
    char right[48];
    CLEANUP_BUFFER buffer base = {0};
    CLEANUP_FREE char *url = server_url(c), *parameters = parameter_text(c, oauth);
    CLEANUP_FREE char *url_encoded = encode(url ? url : "");
    CLEANUP_FREE char *parameters_encoded = encode(parameters ? parameters : "");
    buffer_printf(&base, "%s&%s&%s", c->request->method, url_encoded, parameters_encoded);
    hash_hmac_sha256(key, sizeof key - 1, buffer_text(&base), base.size, mac);
    hash_base64(mac, sizeof mac, right);
    return hash_same_secret(right, text(oauth, "oauth_signature"));
}

/* ---- the checks, in the shop's order ---- */

static bool refuse(adobe_call *c, int status, const char *message, json_t *parameters)
{
    adobe_fail(c, status, message, parameters);
    return false;
}

static bool check_protocol(adobe_call *c, const json_t *oauth)
{
    static const char *const needed[] = {
        "oauth_consumer_key", "oauth_token", "oauth_signature", "oauth_signature_method", "oauth_nonce",
        "oauth_timestamp",    NULL};
    const char *version = json_string_value(json_object_get(oauth, "oauth_version"));
    if (version && strcmp(version, "1.0"))
        return refuse(c, 400, "The \"%1\" Oauth version isn't supported.", json_pack("[s]", version));
    for (size_t i = 0; needed[i]; i++)
        if (!*text(oauth, needed[i])) {
            adobe_required(c, needed[i]);
            return false;
        }
    if (strlen(text(oauth, "oauth_token")) != TOKEN_LENGTH)
        return refuse(c, 400, "The token length is invalid. Check the length and try again.", NULL);
    if (strcmp(text(oauth, "oauth_signature_method"), "HMAC-SHA256"))
        return refuse(c, 400, "Signature method %1 is not supported",
                      json_pack("[s]", text(oauth, "oauth_signature_method")));
    return true;
}

static bool nonce_known(const adobe *m, const char *nonce)
{
    return json_object_get(m->nonces[0], nonce) || json_object_get(m->nonces[1], nonce);
}

static void nonce_keep(adobe *m, const char *nonce)
{
    if (env_now() - m->nonces_since > nonce_period) {
        json_decref(m->nonces[1]);
        m->nonces[1] = m->nonces[0];
        m->nonces[0] = json_object();
        m->nonces_since = env_now();
    }
    json_object_set_new(m->nonces[0], nonce, json_true());
}

static bool check_nonce(adobe_call *c, const json_t *oauth)
{
    const char *nonce = text(oauth, "oauth_nonce");
    char *end = NULL;
    long long timestamp = strtoll(text(oauth, "oauth_timestamp"), &end, 10);
    if (*end || timestamp <= 0 || timestamp > env_now() / 1000 + AHEAD_S)
        return refuse(c, 400, "Incorrect timestamp value in the oauth_timestamp parameter", NULL);
    if (nonce_known(c->m, nonce))
        return refuse(c, 401, "The nonce is already being used by the consumer with ID %1",
                      json_pack("[s]", "1"));
    nonce_keep(c->m, nonce);
    return true;
}

static bool check_all(adobe_call *c, json_t *oauth)
{
    if (!check_protocol(c, oauth))
        return false;
    if (!hash_same_secret(text(oauth, "oauth_consumer_key"), SIM_CONSUMER_KEY))
        return refuse(c, 401, "A consumer having the specified key does not exist", NULL);
    if (!check_nonce(c, oauth))
        return false;
    if (!hash_same_secret(text(oauth, "oauth_token"), SIM_TOKEN))
        return refuse(c, 401, "Specified token does not exist", NULL);
    return signature_fits(c, oauth) ||
           refuse(c, 401, "The signature is invalid. Verify and try again.", NULL);
}

bool adobe_oauth(adobe_call *c, const char *header)
{
    json_t *oauth = read_header(header);
    bool good = check_all(c, oauth);
    json_decref(oauth);
    return good;
}
