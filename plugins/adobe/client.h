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
/* A POST of that operation; body NULL: none. */
int adobe_post(tb_ctx *ctx, const char *operation, const char *path, const json_t *body, uint32_t flags,
               tb_response *response);

/* A list answer proves itself: `items` is a list (null with `fields` when empty) and total_count a number. */
const json_t *adobe_items(const tb_response *response, int64_t *total);

/* A whole list, page after page, appended to `into`. The query has its filters, its fields and a sort that
 * tells all rows apart, and leaves ADOBE_PAGE_ROOM bytes. 0; -1: no answer, return TB_RETRY; 1: *why says
 * what is wrong with the answer. */
enum { ADOBE_PAGE_ROOM = 90 };
int adobe_list(tb_ctx *ctx, const char *path, const adobe_query *query, uint32_t flags, json_t *into,
               char *why, size_t size);

/* Fields of an answer. An id is a number above 0, or a text of digits (new ones come quoted); 0: none. */
int64_t adobe_id(const json_t *value);
const char *adobe_field(const json_t *object, const char *name); /* "" when it is no text */
/* A quantity as the shop takes it: a whole number, or an exact decimal text. A new reference. */
json_t *adobe_quantity(int64_t quantity);

/* Lower case, as the shop compares SKUs. Returns out. */
const char *adobe_fold(const char *sku, char *out, size_t size);

#endif
