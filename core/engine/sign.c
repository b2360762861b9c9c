/* SPDX-License-Identifier: Apache-2.0 */
/* OAuth 1.0a: collect the parameters as the server will see them, sort the encoded pairs, join, encode once
 * more, sign. The host goes into the base string without its port whatever that is: default ports are dropped
 * by everybody, and a real shop on another port was recorded to leave it out too. */
#include "core/engine/sign.h"
#include "core/base/hash.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PAIRS = 64 };

static bool unreserved(unsigned char c)
{
    return isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_encoded(buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (unreserved(c))
            buffer_putc(out, (char)c);
        else
            buffer_printf(out, "%%%02X", c);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Query text to what it means: only %XX is decoded ('+' stays, as the server's raw decoding has it). */
static void put_decoded(buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int hi = text[i] == '%' && i + 2 < n ? hex_value(text[i + 1]) : -1;
        int lo = hi >= 0 ? hex_value(text[i + 2]) : -1;
        if (lo >= 0) {
            buffer_putc(out, (char)(hi * 16 + lo));
            i += 2;
        } else {
            buffer_putc(out, text[i]);
        }
    }
}

static char *pair_text(const char *name, size_t name_n, const char *value, size_t value_n)
{
    CLEANUP_BUFFER buffer raw = {0};
    buffer pair = {0};
    put_decoded(&raw, name, name_n);
    put_encoded(&pair, buffer_text(&raw), raw.size);
    buffer_putc(&pair, '=');
    buffer_clear(&raw);
    put_decoded(&raw, value, value_n);
    put_encoded(&pair, buffer_text(&raw), raw.size);
    return buffer_take(&pair);
}

/* By name, then by value: '=' ends a name, so it counts as the lowest character. */
static int by_text(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    while (*x && *x == *y)
        x++, y++;
    int left = *x == '=' ? 0 : (unsigned char)*x, right = *y == '=' ? 0 : (unsigned char)*y;
    return left - right;
}

static int query_pairs(const char *query, char **pairs, int n)
{
    for (const char *p = query ? query : ""; *p && n < MOST_PAIRS;) {
        size_t length = strcspn(p, "&");
        const char *equals = memchr(p, '=', length);
        if (equals) /* the server drops a pair without '=' */
            pairs[n++] = pair_text(p, (size_t)(equals - p), equals + 1, length - (size_t)(equals - p) - 1);
        p += length + (p[length] == '&');
    }
    return n;
}

static int oauth_pairs(const config_connection *c, const char *nonce, int64_t timestamp, char **pairs)
{
    char when[24];
    snprintf(when, sizeof when, "%lld", (long long)timestamp);
    const char *const list[][2] = {{"oauth_consumer_key", c->consumer_key},   {"oauth_nonce", nonce},
                                   {"oauth_signature_method", "HMAC-SHA256"}, {"oauth_timestamp", when},
                                   {"oauth_token", c->access_token},          {"oauth_version", "1.0"}};
    int n = 0;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        pairs[n++] = pair_text(list[i][0], strlen(list[i][0]), list[i][1], strlen(list[i][1]));
    return n;
}

void sign_base_string(const config_connection *c, const char *method, const char *scheme, const char *host,
                      const char *path, const char *query, const char *nonce, int64_t timestamp, buffer *out)
{
    char *pairs[MOST_PAIRS];
    int n = query_pairs(query, pairs, oauth_pairs(c, nonce, timestamp, pairs));
    qsort(pairs, (size_t)n, sizeof *pairs, by_text);
    CLEANUP_BUFFER buffer joined = {0}, url = {0};
    for (int i = 0; i < n; i++) {
        buffer_printf(&joined, "%s%s", i ? "&" : "", pairs[i] ? pairs[i] : "");
        free(pairs[i]);
    }
    buffer_printf(&url, "%s://", scheme);
    size_t host_n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    for (size_t i = 0; i < host_n && host[i]; i++)
        buffer_putc(&url, (char)tolower((unsigned char)host[i]));
    buffer_puts(&url, path);
    buffer_printf(out, "%s&", method);
    put_encoded(out, buffer_text(&url), url.size);
    buffer_putc(out, '&');
    put_encoded(out, buffer_text(&joined), joined.size);
}

/* name="value", the value encoded as the standard has it: a quote or a line break in a key ends nothing. */
static void put_value(buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "%s=\"", name);
    put_encoded(out, value, strlen(value));
    buffer_putc(out, '"');
}

static void put_oauth(const config_connection *c, const char *method, const char *scheme, const char *host,
                      const char *path, const char *query, const char *nonce, int64_t timestamp, buffer *out)
{
    CLEANUP_BUFFER buffer base = {0}, key = {0};
    uint8_t mac[SHA256_SIZE];
    char text[48];
    sign_base_string(c, method, scheme, host, path, query, nonce, timestamp, &base);
    put_encoded(&key, c->consumer_secret, strlen(c->consumer_secret));
    buffer_putc(&key, '&');
    put_encoded(&key, c->access_token_secret, strlen(c->access_token_secret));
    hash_hmac_sha256(buffer_text(&key), key.size, buffer_text(&base), base.size, mac);
    hash_base64(mac, sizeof mac, text);
    buffer_puts(out, "Authorization: OAuth ");
    put_value(out, "oauth_consumer_key", c->consumer_key);
    put_value(out, ",oauth_token", c->access_token);
    put_value(out, ",oauth_nonce", nonce);
    buffer_printf(out,
                  ",oauth_timestamp=\"%lld\",oauth_signature_method=\"HMAC-SHA256\",oauth_version=\"1.0\"",
                  (long long)timestamp);
    put_value(out, ",oauth_signature", text);
}

static void put_basic(const config_connection *c, buffer *out)
{
    CLEANUP_BUFFER buffer pair = {0};
    buffer_printf(&pair, "%s:%s", c->user, c->password);
    CLEANUP_FREE char *text = malloc(4 * ((pair.size + 2) / 3) + 1);
    if (!text)
        return;
    hash_base64(buffer_text(&pair), pair.size, text);
    buffer_printf(out, "Authorization: Basic %s", text);
}

void sign_header(const config_connection *c, const char *method, const char *scheme, const char *host,
                 const char *path, const char *query, const char *nonce, int64_t timestamp, buffer *out)
{
    switch (c->auth) {
    case AUTH_NONE:
    case AUTH_OAUTH2: /* its token is fetched: token.c */
        break;
    case AUTH_BASIC:
        put_basic(c, out);
        break;
    case AUTH_BEARER:
        buffer_printf(out, "Authorization: Bearer %s", c->token);
        break;
    case AUTH_OAUTH1:
        put_oauth(c, method, scheme, host, path, query, nonce, timestamp, out);
        break;
    }
}
