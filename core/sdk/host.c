/* SPDX-License-Identifier: Apache-2.0 */
/* Trampolines: what a plugin asks of its host goes through the table that its ctx points to. A host whose
 * table is older, or leaves a function out, answers as one that has not got the thing. */
#include "core/sdk/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAS(ctx, function)                                                                                   \
    ((ctx) && (ctx)->host->size >= offsetof(tb_host, function) + sizeof((ctx)->host->function) &&            \
     (ctx)->host->function)

static const char no_body[] = "";

int tb_http(tb_ctx *ctx, const tb_request *request, tb_response *response)
{
    uint32_t size = response->size;
    *response = (tb_response){.size = size, .body = no_body};
    if (!HAS(ctx, http))
        return -1;
    int bad = ctx->host->http(ctx, request, response);
    if (bad)
        tb_response_free(response);
    if (!response->body)
        response->body = no_body;
    return bad ? -1 : 0;
}

void tb_response_free(tb_response *response)
{
    json_decref(response->json);
    if (response->body != no_body)
        free((char *)(uintptr_t)response->body);
    response->json = NULL;
    response->body = no_body;
    response->body_size = 0;
}

static bool unreserved(unsigned char c) /* RFC 3986, whatever the locale says */
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
}

size_t tb_http_escape(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        n += unreserved(*c) ? 1 : 3;
    if (n >= size)
        return n;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const bool keep = unreserved(*c);
        if (!keep) {
            *out++ = '%';
            *out++ = hex[*c >> 4];
        }
        *out++ = keep ? (char)*c : hex[*c & 15];
    }
    *out = '\0';
    return n;
}

const char *tb_state_get(tb_ctx *ctx, const char *name, const char *key)
{
    int64_t version = 0;
    return HAS(ctx, state_get) ? ctx->host->state_get(ctx, name, key, &version) : NULL;
}

int64_t tb_state_version(tb_ctx *ctx, const char *name, const char *key)
{
    int64_t version = 0;
    if (HAS(ctx, state_get))
        ctx->host->state_get(ctx, name, key, &version);
    return version;
}

int tb_state_set(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value)
{
    return HAS(ctx, state_set) ? ctx->host->state_set(ctx, record, name, key, value, false) : -1;
}

int tb_state_set_always(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value)
{
    return HAS(ctx, state_set) ? ctx->host->state_set(ctx, record, name, key, value, true) : -1;
}

int tb_state_list(tb_ctx *ctx, const char *name, const char *prefix,
                  int (*each)(void *arg, const char *key, const char *value), void *arg)
{
    return HAS(ctx, state_list) ? ctx->host->state_list(ctx, name, prefix, each, arg) : 0;
}

const tb_table *tb_table_get(tb_ctx *ctx, const char *name)
{
    return HAS(ctx, table_get) ? ctx->host->table_get(ctx, name, false) : NULL;
}

const tb_table *tb_table_before(tb_ctx *ctx, const char *name)
{
    return HAS(ctx, table_get) ? ctx->host->table_get(ctx, name, true) : NULL;
}

void tb_log(tb_ctx *ctx, tb_level level, const char *id, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&line, format, args);
    va_end(args);
    if (HAS(ctx, log))
        ctx->host->log(ctx, level, id, n < 0 ? format : line);
    if (n >= 0)
        free(line);
}

int64_t tb_now(tb_ctx *ctx)
{
    return HAS(ctx, now) ? ctx->host->now(ctx) : 0;
}

bool tb_sleep(tb_ctx *ctx, int64_t ms)
{
    return HAS(ctx, sleep) && ctx->host->sleep(ctx, ms);
}

const char *tb_pipeline(tb_ctx *ctx)
{
    return HAS(ctx, pipeline) ? ctx->host->pipeline(ctx) : "";
}

int tb_emit(tb_ctx *ctx, tb_record *parent, tb_record *record)
{
    if (!record)
        return -1;
    if (!HAS(ctx, emit)) {
        tb_record_unref(record);
        return -1;
    }
    return ctx->host->emit(ctx, parent, record);
}
