/* SPDX-License-Identifier: Apache-2.0 */
/* Thin: the core does signing, budget, time-outs and retries; here are only the shapes of Adobe's API. */
#include "plugins/adobe/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_PAGE = 50, LIST_PAGES = 200 };

int adobe_get(tb_ctx *ctx, const char *path, const adobe_query *query, uint32_t flags, tb_response *response)
{
    const char *text = query ? adobe_query_text(query) : NULL;
    if (query && !text) {
        tb_log(ctx, TB_ERROR, "adobe.query", "query of %s does not fit in one call", path);
        return -1;
    }
    tb_request q = {.size = sizeof q, .flags = flags, .method = "GET", .path = path, .query = text};
    *response = (tb_response){.size = sizeof *response};
    return tb_http(ctx, &q, response);
}

int adobe_post(tb_ctx *ctx, const char *operation, const char *path, const json_t *body, uint32_t flags,
               tb_response *response)
{
    tb_request q = {.size = sizeof q,
                    .flags = flags,
                    .method = "POST",
                    .path = path,
                    .json = body,
                    .operation = operation};
    *response = (tb_response){.size = sizeof *response};
    return tb_http(ctx, &q, response);
}

const json_t *adobe_items(const tb_response *response, int64_t *total)
{
    const json_t *items = json_object_get(response->json, "items");
    const json_t *count = json_object_get(response->json, "total_count");
    if (response->status != 200 || !json_is_integer(count) || !(json_is_array(items) || json_is_null(items)))
        return NULL;
    *total = json_integer_value(count);
    return items;
}

/* -1 and 1 as adobe_list; *total: how many there are in all. */
static int list_page(tb_ctx *ctx, const char *path, const adobe_query *query, uint32_t flags, int page,
                     json_t *into, int64_t *total, char *why, size_t size)
{
    size_t i;
    json_t *item;
    ADOBE_RESPONSE r = {.size = sizeof r};
    adobe_query q = *query;
    adobe_query_page(&q, LIST_PAGE, page);
    if (adobe_get(ctx, path, &q, flags, &r))
        return -1;
    const json_t *items = adobe_items(&r, total);
    if (!items) {
        char text[400];
        snprintf(why, size, "%s answered %d %s", path, r.status, adobe_message(&r, text, sizeof text));
        return 1;
    }
    json_array_foreach((json_t *)items, i, item)
    {
        json_array_append(into, item);
    }
    return 0;
}

int adobe_list(tb_ctx *ctx, const char *path, const adobe_query *query, uint32_t flags, json_t *into,
               char *why, size_t size)
{
    int64_t total = 0;
    size_t before = json_array_size(into);
    int failed = 0;
    for (int page = 1; !failed && page <= LIST_PAGES && (page == 1 || (page - 1) * LIST_PAGE < total); page++)
        failed = list_page(ctx, path, query, flags, page, into, &total, why, size);
    size_t got = json_array_size(into) - before;
    if (!failed && (int64_t)got < total) {
        snprintf(why, size, "%s listed %zu of %lld", path, got, (long long)total);
        failed = 1;
    }
    return failed;
}

int64_t adobe_id(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (json_is_integer(value))
        return json_integer_value(value) > 0 ? json_integer_value(value) : 0;
    return digits && digits < 16 && !text[digits] ? strtoll(text, NULL, 10) : 0;
}

const char *adobe_field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

json_t *adobe_quantity(int64_t quantity)
{
    char text[32];
    if (quantity % TB_QUANTITY_SCALE == 0)
        return json_integer(quantity / TB_QUANTITY_SCALE);
    tb_quantity_format(quantity, 3, text, sizeof text);
    return json_string(text);
}

const char *adobe_fold(const char *sku, char *out, size_t size)
{
    size_t n = 0;
    for (; sku[n] && n + 1 < size; n++)
        out[n] = (char)(sku[n] >= 'A' && sku[n] <= 'Z' ? sku[n] - 'A' + 'a' : sku[n]);
    out[n] = '\0';
    return out;
}
