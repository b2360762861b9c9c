/* SPDX-License-Identifier: Apache-2.0 */
/* The mass-change brake: falls that no till transaction explains are counted in windows; a window that would
 * lower too much of one source, or take the last of several sources from a SKU, is stopped. */
#ifndef STOCK_RULE_BRAKE_H
#define STOCK_RULE_BRAKE_H

#include <tillbridge/plugin.h>

typedef struct brake_limits {
    int64_t percent, least, window; /* of a source's SKUs above 0; and over so many; ms */
} brake_limits;

typedef struct brake {
    json_t *places;  /* every source ever seen, remembered or in a record: {source: true} */
    json_t *sources; /* of the window: {source: {"above": n, "lowered": {sku: "3.000 -> 0.000"}}} */
    json_t *emptied; /* of the window: {sku: {source: true}} */
    int64_t until;   /* end of the window; 0: none is open */
} brake;

typedef struct brake_fall {
    const char *sku, *source;
    int64_t quantity;
} brake_fall;

/* Gives TB_OK, or the rejection it has set on the record. Counts the fall if it passes. */
tb_verdict brake_judge(brake *b, const brake_limits *limits, tb_ctx *ctx, tb_record *record,
                       const brake_fall *fall);
/* A source that carries rows, for "all sources of a SKU". */
void brake_know(brake *b, const char *source);
void brake_close(brake *b);

#endif
