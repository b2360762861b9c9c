/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of sitoo-sink share. A record names one step (body `step`) in words that know no till; here
 * it becomes Sitoo's JSON, one order a call. Each operation is a function that says a verdict on its record,
 * or that there was no answer: then the callback returns TB_RETRY, and the core knows what that means. */
#ifndef SITOO_SINK_H
#define SITOO_SINK_H

#include "plugins/sitoo/call.h"
#include "plugins/sitoo/find.h"

typedef struct sitoo_sink {
    int64_t site;
    const char *shipping_sku, *wrapping_sku, *fixed_tax_sku;
} sitoo_sink;

typedef struct sink_step { /* what is being done for one record */
    const sitoo_sink *self;
    tb_ctx *ctx;
    tb_record *record;
    const json_t *step; /* of its body */
} sink_step;

typedef enum sink_did {
    SINK_SAID,     /* the record has its verdict */
    SINK_NO_ANSWER /* tb_http said so */
} sink_did;

/* ---- sink_answer.c: what an answer means ---- */

typedef enum sink_meaning {
    MEANS_DONE,
    MEANS_LOOK,   /* refused; it may be there already, so it is looked for */
    MEANS_REFUSED /* a person must look */
} sink_meaning;

typedef struct sink_rule {
    const char *operation;
    int least, most; /* of the status */
    sink_meaning meaning;
    const char *reason;
} sink_rule;

const sink_rule *sink_judge(const char *operation, int status);
sink_did sink_reject(sink_step *s, const char *reason, const sitoo_reply *reply);
/* The call was answered, a later one was not: only the probe may tell. (SINK_NO_ANSWER would say that the
 * record's own call was not.) */
sink_did sink_unknown(sink_step *s, const char *why);
/* The verdict for a list that could not be had or believed. */
sink_did sink_list_fault(sink_step *s, sitoo_answer answer, const sitoo_list *list);
void sink_path(const sink_step *s, const char *rest, sitoo_text *path);
int64_t sink_till(const sink_step *s);         /* the order's id at the till; 0: none is named */
const char *sink_id(int64_t id, char out[24]); /* as text */

/* ---- sink_json.c: from the step to the order as Sitoo takes it ---- */

json_t *sink_order_json(sink_step *s); /* NULL: cannot be written so, the record is rejected */
/* An amount in cents, as 10^-4; absent: 0. -1: it is none, or it has more than two decimals. */
int sink_cents(const json_t *object, const char *name, int64_t *out);

/* ---- sink_found.c: whether an order at the till is the one that was to be made ---- */

typedef enum sink_found { FOUND_NONE, FOUND_SAME, FOUND_CANCELLED, FOUND_OTHER } sink_found;

/* Among all that carry its external id; *which is borrowed from `orders`. */
sink_found sink_judge_found(const json_t *orders, const json_t *sent, const json_t **which);
/* What of it is not as it was sent, besides its rows; false: nothing. */
bool sink_differs(const json_t *order, const json_t *sent, int64_t total, char *why, size_t size);

/* ---- the operations ---- */

sink_did sink_make_order(sink_step *s);
tb_verdict sink_probe_order(sink_step *s);
sink_did sink_cancel(sink_step *s);
sink_did sink_renew(sink_step *s);
sink_did sink_make_delivery(sink_step *s);
tb_verdict sink_probe_delivery(sink_step *s);

#endif
