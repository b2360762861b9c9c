/* SPDX-License-Identifier: Apache-2.0 */
/* The instance of adobe-source and its parts: the poll of a stream, what a document's order is called, and
 * what is there now. */
#ifndef ADOBE_SOURCE_H
#define ADOBE_SOURCE_H

#include "plugins/adobe/chains.h"
#include "plugins/adobe/moment.h"

#define ORDER_TYPE "order"
#define PART_ORDER "web.order"
#define PART_DOCUMENTS "web.documents"
#define NS_CHANGED "changed"

enum { STREAM_ORDERS, STREAM_SHIPMENTS, STREAM_INVOICES, STREAM_CREDITMEMOS };
#define STREAM_NAMES "orders shipments invoices creditmemos"

typedef struct adobe_stream {
    const char *path, *one; /* "shipment" */
    const char *fields;     /* of a row, in a poll */
    const char *right;      /* the account's, to read it */
} adobe_stream;
extern const adobe_stream adobe_streams[4];

typedef struct adobe_source {
    int stream, ids; /* STREAM_..., adobe_ids */
    int64_t from, overlap;
    const char *recipient; /* client id that events are for; NULL: none are taken */
    /* of the poll */
    char stuck[64];     /* the place where reading failed */
    int failures, page; /* there, one after the other; rows a page, 0: the usual number */
    bool settled;       /* what this instance could have raised before is cleared */
    json_t *told;       /* {"order 3": true}: rows that could not be read */
    /* of hydrate */
    json_t *suspects; /* {key: how often it was asked for in vain}: they are asked for alone */
    json_t *products; /* {product id: {"when", "product"}} */
} adobe_source;

/* ---- read ---- */

tb_verdict poll_read(adobe_source *self, tb_ctx *ctx, const char *cursor, tb_feed *feed);

tb_verdict receive_events(adobe_source *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed);

/* The keys of the orders of a page: {entity id of the order: key}. `rows` are orders, or documents with an
 * order_id; what has no key is raised by name and left out. 0; -1: return TB_RETRY. */
int names_of(const adobe_source *self, tb_ctx *ctx, tb_feed *feed, const json_t *rows, json_t *names);
int64_t row_order(const adobe_source *self, const json_t *row); /* entity id of a row's order; 0: none */

/* Documents move rows of the shop's stock that the sink remembers: notes them in the state, for SKU@source or
 * for all sources of a SKU. */
void note_changes(const adobe_source *self, tb_ctx *ctx, const json_t *document);

/* ---- hydrate, snapshot, doctor ---- */

tb_verdict hydrate_orders(adobe_source *self, tb_ctx *ctx, tb_record **records, size_t count);

typedef struct paper_list { /* documents by the order they are of */
    const char *name;       /* member of the part */
    json_t *by_order;       /* {entity id: [document]} */
} paper_list;
enum { PAPERS = 3 };
/* As adobe_list. chains: {key: [orders]}. Asks only for what an order's counters say is there. */
int papers_ask(tb_ctx *ctx, const json_t *chains, paper_list papers[PAPERS], char *why, size_t size);
int products_ask_for(adobe_source *self, tb_ctx *ctx, const json_t *chains, char *why, size_t size);
json_t *products_in(const adobe_source *self, const json_t *order); /* {SKU: product}; a new reference */

tb_verdict snapshot_open(const adobe_source *self, tb_ctx *ctx, const char *cursor, tb_feed *feed);
void source_doctor(const adobe_source *self, tb_ctx *ctx, tb_doctor *doctor);

#endif
