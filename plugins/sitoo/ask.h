/* SPDX-License-Identifier: Apache-2.0 */
/* Asking Sitoo for rows by name, and judging whether its answer may be believed (trade rule R7). A row that
 * the answer does not show is zero only if the warehouse is of this site, the list reached its totalcount,
 * no row came twice (then another may have slipped), and at least one that was asked for came back, or does
 * when the same call also names a SKU that is known to be there. Whether Sitoo's filter ignores case is not
 * known: a row that differs from one asked for in case alone may be meant by it, and is not believed. */
#ifndef SITOO_ASK_H
#define SITOO_ASK_H

#include "plugins/sitoo/stock.h"

typedef struct asked {
    json_t *warehouses; /* id -> {sku -> {"mark", then "t", "v"}} */
    json_t *faults;     /* id -> {"reason", "why"}: not to be trusted */
} asked;

typedef struct row_answer {
    int64_t total, reserved, mark;
    const char *reason, *why; /* set when untrusted */
} row_answer;

void ask_want(asked *a, int64_t warehouse, const char *sku, int64_t mark);
bool ask_wanted(const asked *a, int64_t warehouse, const char *sku);
tb_verdict ask_all(asked *a, stock_source *s, tb_ctx *ctx);                          /* TB_OK or TB_RETRY */
int ask_answer(const asked *a, int64_t warehouse, const char *sku, row_answer *out); /* -1: untrusted */
void ask_free(asked *a);

#endif
