/* SPDX-License-Identifier: Apache-2.0 */
/* What adobe-sink does to an order: the step that the record names, the call, what the answer means, and what
 * has become of the rows of stock. Each call is one step of one record. */
#ifndef ADOBE_ORDER_H
#define ADOBE_ORDER_H

#include "plugins/adobe/chains.h"
#include "plugins/adobe/sink.h"

typedef struct order_step {
    adobe_sink *self;
    tb_ctx *ctx;
    tb_record *record;
    const char *operation;
    const json_t *json;         /* member `step` of the body */
    const char *source, *token; /* "" when not given */
    int64_t order;              /* entity_id */
    json_t *items;              /* rows as the shop takes them; NULL: the step has none */
} order_step;

/* Reads the step. -1: it is not whole (rejected): what an empty list means to the shop is "everything". */
int step_read(order_step *step, bool needs_rows);
void step_free(order_step *step);
#define ORDER_STEP __attribute__((cleanup(step_free))) order_step

/* POSTs to "before/<entity id>/after", or to "before" when `after` is NULL; body is taken over. 0: *r is to
 * be judged; -1: return TB_RETRY. */
int step_call(const order_step *step, const char *before, const char *after, json_t *body, tb_response *r);
/* A new document's id from the answer; 0: it is not the answer of that route. */
int64_t step_answer_id(const tb_response *r);
/* The comment that carries the token. */
json_t *step_comment(const order_step *step);

/* ---- verdicts ---- */

/* Each sets the record's verdict and returns 0, so that an operation may end with it. */

/* Done, and what comes next is looked up. id: of the document that was made, 0: none. */
int step_done(const order_step *step, int64_t id);
/* What was answered is not what this route answers: whether it happened is not known. */
int step_strange(const order_step *step, const tb_response *r);

typedef enum refusal {
    REFUSAL_AGAIN, /* surely not done, may go well the next time */
    REFUSAL_MOVED, /* the order is no longer as it was read: look again, and if it is the same then, a person
                    */
    REFUSAL_STOCK, /* the source's row holds too few pieces, or the database was busy: the text is the same */
    REFUSAL_STATUS, /* on hold, under review, canceled, virtual */
    REFUSAL_GONE,   /* there is no such order */
    REFUSAL_PLAIN   /* anything else */
} refusal;

refusal refusal_of(const char *message, int status);
/* The verdict of a refused call; reason: the operation's own, for what no other reason is there. */
int step_refused(const order_step *step, const tb_response *r, const char *reason);
int step_refused_text(const order_step *step, refusal means, const char *text, const char *reason);

/* ---- rows of stock ---- */

typedef struct stock_need { /* one SKU of a step */
    char sku[SINK_SKU_MOST];
    int64_t pieces;
} stock_need;
enum { NEEDS_MOST = 100 };

/* What the step takes from its source, SKU by SKU. */
size_t needs_of_step(const order_step *step, stock_need *needs);
/* What a document or an order's rows have moved, for those that are found by a probe. order: the order's
 * rows. */
size_t needs_of_rows(const json_t *rows, const json_t *order, stock_need *needs);
/* Notes that the shop's rows have moved, so that the stock pipeline does not believe what it remembers.
 * `always`: also when the record is rejected. */
void needs_mark(tb_ctx *ctx, tb_record *record, const char *source, const stock_need *needs, size_t count,
                bool always);
/* The same for a document that a probe has found: what was to be kept of the step is lost, so until the order
 * is looked at again its pieces count as not shipped, and no row is written from that. */
void needs_mark_found(tb_ctx *ctx, tb_record *record, const char *source, const stock_need *needs,
                      size_t count);
/* Raises rows that hold less than is to be taken, to just that: it is gone from the till's shelf, so it is
 * not too much. 1: some were raised; 0: none was too low; -1: no answer. */
int needs_raise(const order_step *step, const stock_need *needs, size_t count);

void orders_doctor(tb_ctx *ctx, tb_doctor *doctor);

/* ---- probes ---- */

/* The chain of the record's key, by rising entity id; a new reference. NULL: return TB_RETRY. */
json_t *probe_chain(adobe_sink *self, tb_ctx *ctx, tb_record *record);
/* The document with the token among those of the chain's orders; a new reference, null when there is none.
 * NULL: return TB_RETRY. */
json_t *probe_documents(tb_ctx *ctx, tb_record *record, const char *path, const json_t *chain);
bool probe_carries(const json_t *comments, const char *token);
tb_verdict probe_found(tb_record *record, int64_t id);

/* ---- operations ---- */

typedef struct order_operation {
    const char *name;
    int (*deliver)(order_step *step); /* 0: the record has its verdict; -1: there was no answer */
    tb_verdict (*probe)(adobe_sink *self, tb_ctx *ctx, tb_record *record); /* NULL: idempotent */
    bool needs_rows;
} order_operation;

const order_operation *order_operation_find(const char *name); /* NULL: none of an order */
tb_verdict orders_deliver(adobe_sink *self, tb_ctx *ctx, const order_operation *o, tb_record **records,
                          size_t count);

int shipment_deliver(order_step *step);
tb_verdict shipment_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record);
int ready_deliver(order_step *step);
tb_verdict ready_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record);
int invoice_deliver(order_step *step);
tb_verdict invoice_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record);
int comment_deliver(order_step *step);
tb_verdict comment_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record);
int cancel_deliver(order_step *step);

#endif
