/* SPDX-License-Identifier: Apache-2.0 */
/* Building and reading one exchange. */
#include "core/engine/exchange.h"
#include "core/engine/sign.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_HEADERS = 40, MOST_DEPTH_ANSWER = 64 };
#define MOST_SECONDS INT64_C(1000000000000)

/* "https://host:port/path" taken apart; the model has checked it. */
typedef struct {
    char scheme[8], host[256];
    const char *path;
} url_parts;

static void take_apart(const char *url, url_parts *u)
{
    const char *host = strstr(url, "://");
    snprintf(u->scheme, sizeof u->scheme, "%.*s", (int)(host - url), url);
    host += 3;
    size_t n = strcspn(host, "/");
    snprintf(u->host, sizeof u->host, "%.*s", (int)n, host);
    u->path = host + n;
}

/* Method, URL, status, milliseconds and bodies; never a header, so never a secret. */
static void trace(const config_connection *c, const tb_request *q, const char *url, const char *body,
                  const env_answer *a)
{
    if (!c->trace)
        return;
    CLEANUP_BUFFER buffer line = {0};
    buffer_printf(&line, "%lld %s %s%s%s -> %s %d in %lld ms%s%s\n%s\n", (long long)env_now(), q->method, url,
                  body ? " " : "", body ? body : "", a->fate == ENV_ANSWERED ? "answered" : "no answer",
                  a->status, (long long)a->took, *a->why ? ": " : "", a->why, buffer_text(&a->body));
    int fd = open(c->trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, buffer_text(&line), line.size);
    (void)ignored;
    close(fd);
}

void exchange_send(const config_connection *c, env_client *client, const tb_request *q, bool create,
                   const char *bearer, const atomic_bool *abort_flag, env_answer *out)
{
    CLEANUP_BUFFER buffer url = {0}, path = {0}, authorization = {0};
    CLEANUP_FREE char *body = q->json ? tbh_dumps(q->json, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    url_parts parts;
    char nonce[33];
    const char *headers[MOST_HEADERS + 4] = {"Accept: application/json"};
    int n = 1;
    take_apart(c->url, &parts);
    buffer_printf(&path, "%s%s", parts.path, q->path);
    buffer_printf(&url, "%s%s%s%s", c->url, q->path, q->query && *q->query ? "?" : "",
                  q->query ? q->query : "");
    env_random_text(nonce, sizeof nonce);
    if (bearer && *bearer)
        buffer_puts(&authorization, bearer);
    else
        sign_header(c, q->method, parts.scheme, parts.host, buffer_text(&path), q->query, nonce,
                    env_now() / 1000, &authorization);
    if (authorization.size)
        headers[n++] = buffer_text(&authorization);
    if (body)
        headers[n++] = "Content-Type: application/json";
    for (int i = 0; i < c->headers_n && n < MOST_HEADERS; i++)
        headers[n++] = c->headers[i];
    for (int i = 0; q->headers && q->headers[i] && n < MOST_HEADERS; i++)
        headers[n++] = q->headers[i];
    env_request request = {.method = q->method,
                           .url = buffer_text(&url),
                           .headers = headers,
                           .body = body,
                           .body_size = body ? strlen(body) : 0,
                           .timeout = c->timeout,
                           .once = create && strcmp(q->method, "GET") != 0,
                           .abort = abort_flag};
    if ((q->json && !body) || url.failed || path.failed || authorization.failed) {
        *out = (env_answer){.fate = ENV_INVALID, .why = "out of memory: nothing was sent"};
        return;
    }
    env_exchange(client, &request, out);
    trace(c, q, buffer_text(&url), body, out);
}

/* Depth of brackets outside strings: jansson recurses, an answer must not decide how deep. */
static int depth_of(const char *text)
{
    int depth = 0, deepest = 0;
    for (bool in_string = false; *text; text++) {
        if (in_string && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            in_string = !in_string;
        else if (!in_string && (*text == '[' || *text == '{'))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!in_string && (*text == ']' || *text == '}'))
            depth--;
    }
    return deepest;
}

int exchange_fill(env_answer *a, const tb_request *q, tb_response *r, char *why, size_t size)
{
    json_t *json = NULL;
    const char *text = buffer_text(&a->body);
    if (!(q->flags & TB_RAW) && a->body.size) {
        json_error_t e = {.text = "nested too deeply"};
        if (depth_of(text) <= MOST_DEPTH_ANSWER)
            json = json_loadb(text, a->body.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
        if (!json && a->status < 300) {
            snprintf(why, size, "the answer %d to %s %s is not whole JSON: %s", a->status, q->method, q->path,
                     e.text);
            return -1;
        }
    }
    r->status = a->status;
    r->json = json;
    r->body_size = a->body.size;
    r->body = buffer_take(&a->body);
    return 0;
}

/* Seconds; a number without end is cut, so that it can be counted in milliseconds. */
static int64_t header_number(const env_answer *a, const char *name)
{
    char text[32], *end;
    if (!env_header(a, name, text, sizeof text))
        return 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value < 0)
        return 0;
    return value < MOST_SECONDS ? value : MOST_SECONDS;
}

int64_t exchange_wait_asked(const env_answer *a)
{
    int64_t after = header_number(a, "Retry-After") * 1000;
    int64_t reset = header_number(a, "X-Rate-Limit-Reset") * 1000; /* epoch seconds */
    int64_t until_reset = reset > env_now() ? reset - env_now() : 0;
    int64_t ms = after > until_reset ? after : until_reset;
    if (ms <= 0)
        return 0;
    return ms < 1000 ? 1000 : ms > 3600000 ? 3600000 : ms;
}

void exchange_missing_right(const env_answer *a, char *why, size_t size)
{
    json_t *body = json_loadb(buffer_text(&a->body), a->body.size, 0, NULL);
    const char *resource =
        json_string_value(json_object_get(json_object_get(body, "parameters"), "resources"));
    size_t n = strlen(why);
    if (resource)
        snprintf(why + n, size - n, ": the right %s is missing", resource);
    json_decref(body);
}
