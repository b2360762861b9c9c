/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the shop's API that several parts of the Adobe plugins need. Each gives 0 and the answer to be
 * freed with tb_response_free, or -1: return TB_RETRY. */
#ifndef ADOBE_CLIENT_H
#define ADOBE_CLIENT_H

#include <tillbridge/plugin.h>

#include "plugins/adobe/answer.h"
#include "plugins/adobe/query.h"

#define ADOBE_RESPONSE __attribute__((cleanup(tb_response_free))) tb_response

int adobe_get(tb_ctx *ctx, const char *path, const adobe_query *query, uint32_t flags, tb_response *response);
int adobe_post(tb_ctx *ctx, const char *path, json_t *body, uint32_t flags, tb_response *response);

/* A list answer proves itself: `items` is a list (null with `fields` when empty) and total_count a number. */
const json_t *adobe_items(const tb_response *response, int64_t *total);

/* Lower case, as the shop compares SKUs. Returns out. */
const char *adobe_fold(const char *sku, char *out, size_t size);

#endif
