/* SPDX-License-Identifier: Apache-2.0 */
/* Thin: the core does signing, budget, time-outs and retries; here are only the shapes of Adobe's API. */
#include "plugins/adobe/client.h"

#include <string.h>

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

int adobe_post(tb_ctx *ctx, const char *path, json_t *body, uint32_t flags, tb_response *response)
{
    tb_request q = {
        .size = sizeof q, .flags = flags, .method = "POST", .path = path, .json = body, .operation = "stock"};
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

const char *adobe_fold(const char *sku, char *out, size_t size)
{
    size_t n = 0;
    for (; sku[n] && n + 1 < size; n++)
        out[n] = (char)(sku[n] >= 'A' && sku[n] <= 'Z' ? sku[n] - 'A' + 'a' : sku[n]);
    out[n] = '\0';
    return out;
}
