/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers as text: percent-decoding, query strings in PHP's manner (a repeated name keeps its
 * last value), JSON answers. */
#include "sdk/sim/frame.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <string.h>

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower(c) - 'a' + 10 : -1;
}

/* The caller frees. */
char *query_decode(const char *text, size_t n, bool plus)
{
    char *out = must(malloc(n + 1)), *p = out;
    for (size_t i = 0; out && i < n; i++) {
        if (text[i] == '%' && i + 2 < n && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            *p++ = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            *p++ = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    if (out)
        *p = '\0';
    return out;
}

json_t *query_parse(const char *query)
{
    json_t *out = json_object();
    for (const char *p = query ? query : ""; *p;) {
        size_t n = strcspn(p, "&");
        const char *equal = memchr(p, '=', n);
        size_t name_n = equal ? (size_t)(equal - p) : n;
        CLEANUP_FREE char *name = query_decode(p, name_n, true);
        CLEANUP_FREE char *value = equal ? query_decode(equal + 1, n - name_n - 1, true) : must(strdup(""));
        if (name && *name && value)
            json_object_set_new(out, name, json_string(value));
        p += n + (p[n] == '&');
    }
    return out;
}

const char *query_text(const json_t *query, const char *name)
{
    return json_string_value(json_object_get(query, name));
}

int64_t query_int(const json_t *query, const char *name, int64_t otherwise)
{
    const char *text = query_text(query, name);
    char *end = NULL;
    long long n = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && !*end ? n : otherwise;
}

void answer_json(sim_answer *a, int status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    a->status = status;
    a->type = "application/json";
    buffer_clear(&a->body);
    buffer_puts(&a->body, text ? text : "null");
    free(text);
    json_decref(body);
}

void answer_free(sim_answer *a)
{
    buffer_free(&a->body);
    buffer_free(&a->headers);
}
