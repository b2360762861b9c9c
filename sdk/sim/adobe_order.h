/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the simulated shop: orders and their documents. An order is a head that never changes (JSON), its
 * rows, and amounts that grow as documents are made; shipments, invoices and credit memos are kept as they
 * are read back. An amount nothing has touched yet is UNSET and left out of answers, as the shop leaves out
 * what is null. Nothing is ever removed. */
#ifndef TB_SIM_ADOBE_ORDER_H
#define TB_SIM_ADOBE_ORDER_H

#include "sdk/sim/adobe.h"

#define UNSET INT64_MIN

/* Amounts that a row has in two currencies; here both are the same. */
#define ROW_AMOUNTS(X)                                                                                       \
    X(amount_refunded)                                                                                       \
    X(discount_amount)                                                                                       \
    X(discount_invoiced)                                                                                     \
    X(discount_refunded)                                                                                     \
    X(discount_tax_compensation_amount)                                                                      \
    X(discount_tax_compensation_invoiced)                                                                    \
    X(discount_tax_compensation_refunded)                                                                    \
    X(original_price)                                                                                        \
    X(price)                                                                                                 \
    X(price_incl_tax)                                                                                        \
    X(row_invoiced)                                                                                          \
    X(row_total)                                                                                             \
    X(row_total_incl_tax)                                                                                    \
    X(tax_amount)                                                                                            \
    X(tax_invoiced)                                                                                          \
    X(tax_refunded)

#define ORDER_AMOUNTS(X)                                                                                     \
    X(adjustment_negative)                                                                                   \
    X(adjustment_positive)                                                                                   \
    X(discount_amount)                                                                                       \
    X(discount_canceled)                                                                                     \
    X(discount_invoiced)                                                                                     \
    X(discount_refunded)                                                                                     \
    X(discount_tax_compensation_amount)                                                                      \
    X(discount_tax_compensation_invoiced)                                                                    \
    X(discount_tax_compensation_refunded)                                                                    \
    X(grand_total)                                                                                           \
    X(shipping_amount)                                                                                       \
    X(shipping_canceled)                                                                                     \
    X(shipping_discount_amount)                                                                              \
    X(shipping_discount_tax_compensation_amount)                                                             \
    X(shipping_incl_tax)                                                                                     \
    X(shipping_invoiced)                                                                                     \
    X(shipping_refunded)                                                                                     \
    X(shipping_tax_amount)                                                                                   \
    X(shipping_tax_refunded)                                                                                 \
    X(subtotal)                                                                                              \
    X(subtotal_canceled)                                                                                     \
    X(subtotal_incl_tax)                                                                                     \
    X(subtotal_invoiced)                                                                                     \
    X(subtotal_refunded)                                                                                     \
    X(tax_amount)                                                                                            \
    X(tax_canceled)                                                                                          \
    X(tax_invoiced)                                                                                          \
    X(tax_refunded)                                                                                          \
    X(total_canceled)                                                                                        \
    X(total_due)                                                                                             \
    X(total_invoiced)                                                                                        \
    X(total_offline_refunded)                                                                                \
    X(total_online_refunded)                                                                                 \
    X(total_paid)                                                                                            \
    X(total_refunded)

#define AS_ROW_AMOUNT(name) ROW_##name,
#define AS_ORDER_AMOUNT(name) ORDER_##name,
enum { ROW_AMOUNTS(AS_ROW_AMOUNT) ROW_AMOUNT_COUNT };
enum { ORDER_AMOUNTS(AS_ORDER_AMOUNT) ORDER_AMOUNT_COUNT };
extern const char *const row_amount_names[], *const order_amount_names[];

enum { NO_ROW = -1 };
typedef struct {
    int64_t item, quote_item, product, updated;
    uint32_t place;    /* of the SKU that stands in the stock */
    int parent;        /* place in the order's rows; NO_ROW */
    int64_t per;       /* 10^-4 pieces per piece of the parent */
    bool has_children; /* and then of a bundle: */
    bool separately, dynamic, is_virtual;
    char *sku, *name;
    const char *type;
    int64_t ordered, invoiced, shipped, refunded, canceled, returned; /* 10^-4; returned: to a source */
    int64_t rate, discount_percent, weight;
    int64_t amount[ROW_AMOUNT_COUNT], tax_canceled, compensation_canceled;
    bool saved_weee;
    json_t *option, *itemized, *rules; /* product_option, itemized_taxes, applied_rule_ids */
} adobe_row;

typedef enum { AT_NOTHING, AT_ORDER_AUTHORIZED, AT_ORDER_CAPTURED } payment_action;
typedef struct {
    int64_t id, created, updated;
    char *increment;
    int store, stock;
    const char *state;
    char *status, *held_status;
    const char *held_state;
    adobe_row *rows;
    size_t row_count;
    int64_t amount[ORDER_AMOUNT_COUNT];
    json_t *head, *billing, *shipping, *payment, *history; /* history: oldest first */
    json_t *extension;                                     /* without shipping_assignments */
    char *method, *pickup;                                 /* of shipping; pickup NULL: it is sent */
    payment_action action;
    bool online;   /* a gateway holds the money: an invoice can be refunded through it */
    bool notified; /* the ready mail went out */
    int edits;
    int64_t original, replaced_by, replaces; /* ids of orders; 0: none */
} adobe_order;

typedef enum { SHIPMENT, INVOICE, MEMO, DOCUMENT_KINDS } document_kind;
typedef struct {
    int64_t id, order, created, updated;
    json_t *doc;
    adobe_order *of;
    int64_t
        *taken; /* of a shipment, by row of the order: pieces that left the source and have not come back */
    int source; /* of a shipment */
    bool captured; /* of an invoice: by a gateway */
} adobe_document;

typedef struct {
    adobe_document **item;
    size_t count, room;
    int64_t last_id, next_item, next_comment; /* a document that was not saved leaves a gap */
} document_list;

struct adobe_sales {
    adobe_order **orders; /* order n stands at n - 1 */
    size_t count, room;
    document_list documents[DOCUMENT_KINDS];
    int64_t next_item, next_quote, next_quote_item, next_address, next_tax, next_tax_item, next_history,
        next_track;
    int64_t next_increment[3]; /* by store view */
    json_t *by_increment;      /* increment id -> order's id, of the newest with it */
    char refusal[512];         /* why the control's last step was refused */
};

/* A row of an order and how many of it. */
typedef struct {
    size_t row;
    int64_t quantity;
} order_part;

/* What a step of an order answers: a result with 200, or a refusal. */
typedef struct {
    int status;
    json_t *body;
} sale_answer;
sale_answer sale_done(json_t *body);
sale_answer sale_refused(int status, const char *message, json_t *parameters);
/* "Shipment Document Validation Error(s):" and lines */
sale_answer sale_invalid(const char *document, const buffer *lines);

/* adobe_order.c: what orders hold, counters, states */
adobe_order *adobe_order_of(const adobe *m, int64_t id);
adobe_order *adobe_order_add(adobe *m, int store);
void adobe_order_drop(adobe *m); /* the last one: it was refused */
void adobe_sales_open(adobe *m);
void adobe_sales_close(adobe *m);
int64_t amount_of(int64_t amount); /* 0 when it is unset */
void amount_add(int64_t *amount, int64_t by);
int64_t row_to_ship(const adobe_order *o, const adobe_row *r);
int64_t row_to_invoice(const adobe_order *o, const adobe_row *r);
int64_t row_to_refund(const adobe_order *o, const adobe_row *r);
int64_t row_to_cancel(const adobe_order *o, const adobe_row *r);
bool row_is_money(const adobe_order *o, const adobe_row *r);
bool row_ships(const adobe_order *o, const adobe_row *r);
bool row_is_leaf(const adobe_row *r);                                  /* stands in the stock itself */
int64_t row_gone(const adobe_order *o, const adobe_row *r);            /* of a leaf: pieces shipped */
int64_t leaf_pieces(const adobe_order *o, size_t leaf, order_part of); /* of the row itself or its parent */
adobe_row *row_of_item(const adobe_order *o, int64_t item);            /* NULL: none */
void order_set_state(adobe_order *o, const char *state);               /* with its default status */
void order_settle_state(adobe_order *o);                               /* after a document was made */
void order_touch(adobe *m, adobe_order *o);
void order_touch_by_document(adobe *m, adobe_order *o); /* which not always moves updated_at */
void order_say(adobe *m, adobe_order *o, const char *comment, const char *of, bool visible);
void order_effect(const adobe *m, const adobe_order *o, const char *what, json_t *more); /* takes over */
void order_unreserve(adobe *m, const adobe_order *o, const adobe_row *leaf, int64_t quantity,
                     const char *event);
bool order_can_invoice(const adobe_order *o);
bool order_can_ship(const adobe_order *o);
bool order_can_refund(const adobe_order *o);

/* adobe_order_money.c */
int64_t cents(int64_t v);
int64_t share(int64_t amount, int64_t part, int64_t whole); /* to cents */
void money_row(adobe_row *r, int64_t price, bool including, int64_t discount);
void money_bundle(adobe_order *o, size_t parent);
void money_order(adobe *m, adobe_order *o, int64_t shipping, int64_t shipping_discount, bool including);

/* adobe_order_tax.c: which tax of which row, as an order's extension attributes tell it */
void order_taxes(adobe *m, adobe_order *o, const char *country);
int64_t tax_rate_of(const adobe *m, const adobe_product *p);

/* adobe_order_doc.c */
json_t *adobe_order_doc(adobe *m, const adobe_order *o);
json_t *adobe_row_doc(adobe *m, const adobe_order *o, const adobe_row *r, bool with_parent);

/* adobe_order_place.c, adobe_order_rows.c: from a wish */
adobe_order *adobe_order_place(adobe *m, const json_t *wish, const char **why);
bool order_rows(adobe *m, adobe_order *o, const json_t *wish, const char **why);

/* adobe_document.c */
adobe_document *document_add(adobe *m, document_kind kind, adobe_order *o, json_t *doc);
adobe_document *document_of(const adobe *m, document_kind kind, int64_t id);
void document_comment(adobe *m, document_kind kind, adobe_document *d, const json_t *comment, bool notify);
json_t *document_head(const adobe_order *o);                      /* currencies, order, addresses */
void document_put(json_t *doc, const char *name, int64_t amount); /* in both currencies */

/* adobe_ship.c, adobe_invoice.c, adobe_memo.c, adobe_cancel.c: the steps; `given` is a body with types */
sale_answer adobe_ship(adobe *m, adobe_order *o, const json_t *given);
sale_answer adobe_invoice(adobe *m, adobe_order *o, const json_t *given);
sale_answer adobe_refund(adobe *m, adobe_order *o, adobe_document *invoice, const json_t *given);
sale_answer adobe_cancel(adobe *m, adobe_order *o);
sale_answer adobe_hold(adobe *m, adobe_order *o, bool on);
sale_answer adobe_comment(adobe *m, adobe_order *o, const json_t *given);
sale_answer adobe_ready(adobe *m, adobe_order *o);
void order_take(adobe *m, uint32_t place, int source, int64_t pieces); /* from a source's row */
adobe_order *adobe_edit(adobe *m, adobe_order *o, const json_t *wish, const char **why);
/* adobe_memo_stock.c */
void memo_stock(adobe *m, adobe_order *o, const order_part *parts, size_t count, const json_t *back);

/* adobe_order_control.c: false: no verb of orders; *done NULL: refused */
bool adobe_order_verb(adobe *m, const char *verb, json_t *arguments, const char **why, json_t **done);

/* adobe_order_draw.c */
json_t *adobe_draw(adobe *m, const json_t *arguments, const char **why);

#endif
