/* SPDX-License-Identifier: Apache-2.0 */
/* The instance of adobe-sink and its parts: what it remembers, what the shop has, and the operations. */
#ifndef ADOBE_SINK_H
#define ADOBE_SINK_H

#include "plugins/adobe/client.h"

enum { SINK_KEY_MOST = 400, SINK_SKU_MOST = 160, SINK_HOUR = 3600 * 1000, SINK_EARLY_MS = 5000 };

typedef struct adobe_sink {
    const char *locations; /* table, for doctor */
    int64_t rows_age;
    const char *orders; /* pipeline whose shipments move rows */
    int ids;            /* adobe_ids: what the key of an order is */
    bool notify;        /* the buyer is mailed about shipments and invoices */
    json_t *doubt; /* {"source/sku": true}: rows whose last call was not confirmed; not to be compared with */
    json_t *products; /* {folded sku: {"sku", "type", "when", "kept"}}, type "" if the shop has none of it */
    json_t *near;     /* {folded sku: {"text", "line", "when"}}: what may have been meant */
    json_t *sources;  /* {code: enabled}; NULL: never read */
    int64_t sources_when;
    json_t *tries;     /* {"operation/key": how often it was refused by what may have been an accident} */
    char trouble[300]; /* why the shop's products could not be looked up */
} adobe_sink;

/* ---- rows: what the shop is known to hold ---- */

typedef struct sink_row {
    tb_record *record;
    const char *sku, *source; /* of the record's body */
    char key[SINK_KEY_MOST];  /* "source/sku" */
    int64_t quantity, before; /* 10^-3; before: as remembered, if known */
    int status;
    bool known; /* remembered, young and not in doubt */
    bool alone; /* of a bundle that was refused before: never in a batch */
    bool sent;
    bool done; /* has its verdict */
} sink_row;

/* Reads the body and what is remembered. -1: the body is no stock row (rejected). */
int row_read(adobe_sink *self, tb_ctx *ctx, tb_record *record, sink_row *row);
/* Whether something else than our write has changed the row since. */
bool row_moved(const adobe_sink *self, tb_ctx *ctx, const sink_row *row, int64_t when);
/* Whether a shipment was found by a probe that the record does not know of yet; mark: of the record. */
bool row_early(const adobe_sink *self, tb_ctx *ctx, const sink_row *row, int64_t mark);
bool row_unchanged(const adobe_sink *self, tb_ctx *ctx, const sink_row *row);
bool row_remembered(tb_ctx *ctx, const sink_row *row); /* at any age */
void row_confirm(adobe_sink *self, tb_ctx *ctx, sink_row *row, const char *answer);
void row_doubt(adobe_sink *self, const sink_row *row);
/* Forgotten also when the record is rejected: the shop may hold either value. */
void row_forget(tb_ctx *ctx, const sink_row *row);
json_t *row_item(const sink_row *row); /* as the shop takes it; a new reference */

/* ---- products and sources ---- */

typedef enum product_kind {
    PRODUCT_STOCKED,
    PRODUCT_COMPOSITE,
    PRODUCT_UNKNOWN,
    PRODUCT_UNASKED
} product_kind;

/* Makes sure that it is known of each row that is not done whether the shop has its SKU. 0, or -1: TB_RETRY.
 */
int products_ask(adobe_sink *self, tb_ctx *ctx, const sink_row *rows, size_t count);
product_kind product_of(const adobe_sink *self, const char *sku, const char **type);
void product_keep(adobe_sink *self, tb_ctx *ctx,
                  const sink_row *row); /* into the state, with an applied record */
void product_forget(adobe_sink *self, tb_ctx *ctx, const sink_row *row);
/* Rejects the row: stock.no-product with what may have been meant. At most *looks calls to find that out. */
int product_reject(adobe_sink *self, tb_ctx *ctx, sink_row *row, int *looks);

int sources_ask(adobe_sink *self, tb_ctx *ctx, const sink_row *rows, size_t count);
bool source_exists(const adobe_sink *self, const char *code); /* true when it could not be asked */
void source_reject(const adobe_sink *self, tb_ctx *ctx, sink_row *row);
/* Reads all sources into a new object {code: enabled}. 0 with *out NULL: refused. */
int sources_read(tb_ctx *ctx, uint32_t flags, json_t **out, char *why, size_t size);

/* ---- callbacks ---- */

tb_verdict stock_deliver(adobe_sink *self, tb_ctx *ctx, tb_record **records, size_t count);
tb_verdict snapshot_rows(tb_ctx *ctx, const char *cursor, tb_feed *feed);
void sink_doctor(adobe_sink *self, tb_ctx *ctx, tb_doctor *doctor);
void left_over_doctor(tb_ctx *ctx, tb_doctor *doctor); /* left_over.c: reservations that no order explains */

#endif
