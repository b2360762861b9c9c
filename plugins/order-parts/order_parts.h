/* SPDX-License-Identifier: Apache-2.0 */
/* What the transforms of the order flow read of the shop's order (part web.order) and of the till's (part
 * till.order), and the few shapes they agree on. A convenience library of plugins: no host, no state. */
#ifndef ORDER_PARTS_H
#define ORDER_PARTS_H

#include <tillbridge/plugin.h>

enum { ORDER_KEY_MOST = 400, ORDER_EXTERNAL_MOST = 41 };

/* ---- fields ---- */

const char *order_text(const json_t *from, const char *name); /* "" when absent or not a text */
int64_t order_number(const json_t *from, const char *name);   /* 0 when absent; also from a text of digits */
/* In 10^-3 pieces; 0 when absent, not a quantity, or beyond 10^12 pieces. */
int64_t order_quantity(const json_t *from, const char *name);
/* A field of the shop's order stands at its top or among its extension attributes. NULL: absent or null. */
const json_t *order_more(const json_t *from, const char *name);
/* Whole pieces as a number, others as decimal text; a new reference. */
json_t *order_quantity_json(int64_t quantity);
const json_t *order_item(const json_t *order, int64_t item); /* the row of that item_id; NULL: none */

/* ---- what became of a thing that was sold (an element of `sold`, or of the rows of a part) ---- */

typedef struct sold_counts { /* pieces of that thing, from the shop's counters */
    int64_t ordered, canceled, shipped;
    int64_t refunded, invoiced; /* of the row that carries the money */
    int64_t apart;              /* of refunded: never left, although as many others were shipped */
} sold_counts;

/* sold: with item, ship and quantity (of the whole row). Rows that the order does not have count 0. */
void sold_counts_read(const json_t *order, const json_t *sold, sold_counts *out);
/* Sets `apart` from the shop's documents (part web.documents). The counters do not tell whether a refunded
 * piece was one of those that were shipped; the order in which memos and shipments were made does. */
void sold_apart_read(const json_t *order, const json_t *documents, const json_t *sold, sold_counts *out);
/* Pieces that the customer gets or has got, while `delivered` of them are out: what was refunded beyond those
 * that were both shipped and handed out will not be handed over. */
int64_t sold_kept(const sold_counts *c, int64_t delivered);
/* The element of `sold` for that money row and SKU of the till; NULL: none. */
const json_t *sold_of(const json_t *sold, int64_t item, const char *sku);

/* ---- the till's orders of one order of the shop ---- */

typedef enum till_state { TILL_NONE, TILL_OPEN, TILL_CLOSED, TILL_CANCELLED } till_state;

typedef struct till_order { /* one attempt of one part, as it was read */
    const json_t *json;     /* NULL: there is none */
    int part, attempt;
    till_state state;
    int64_t id, reserved_until; /* ms; 0: nothing reserved */
    int64_t warehouse;
    bool ready, refused; /* what staff said last: ready for pick-up, or that it cannot be had */
} till_order;

/* P-<order>-<part>-<attempt>. -1: longer than the till takes, or with a character that it does not take. */
int order_external(const char *order, int part, int attempt, char out[ORDER_EXTERNAL_MOST]);
/* Whether the external id is one of this order, and which. */
bool order_external_parse(const char *external, const char *order, int *part, int *attempt);
/* Reads one of the array `orders` of part till.order; false: not an attempt of this order. */
bool till_order_read(const json_t *json, const char *order, till_order *out);
/* The newest attempt of a part among all that were read; json NULL: none. *highest: its number, 0: none. */
void till_order_newest(const json_t *part_till, const char *order, int part, till_order *out);
/* Pieces of the row handed out by deliveries that stand; from: only from that warehouse, 0: any. With
 * `cancelled` those that were taken back instead. */
int64_t till_delivered(const json_t *till, int64_t row, int64_t from, bool cancelled);
/* The shop's item_id that a row of a till order carries; 0: none. */
int64_t till_row_item(const json_t *row);
int64_t till_row_quantity(const json_t *row);

#endif
