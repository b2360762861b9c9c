/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of order-bridge share: one order, seen from both ends. */
#ifndef ORDER_BRIDGE_H
#define ORDER_BRIDGE_H

#include "plugins/order-bridge/compare.h"
#include "plugins/order-bridge/money.h"
#include "plugins/order-bridge/shares.h"
#include "plugins/order-parts/order_parts.h"

enum { WHEN_PAID, WHEN_PLACED };
enum { SHOPS_SHIPMENT_EXCEPTION, SHOPS_SHIPMENT_DELIVER };

typedef struct order_bridge {
    const char *payments, *locations; /* tables */
    const char *rows;                 /* namespace of what the stock pipeline's sink remembers; "": none */
    int send_when, shops_shipment;
    bool refund_on_cancel, tell_shop;
    int64_t reserve, reserve_unpaid, renew_before, too_old, row_patience;
    json_t *waiting; /* {order: since when it waits}, of this instance's life */
} order_bridge;

typedef struct cell { /* one thing at one part, pieces */
    int64_t placed, wanted, delivered, taken_back, shipped, kept;
} cell;

typedef struct bridge_part {
    int number;
    till_order till;     /* the newest attempt; json NULL: none */
    int attempts;        /* the highest number used, also by one that the till does not show */
    const json_t *route; /* element of `parts`; NULL: it is only at the till */
    const char *source;  /* of the newest attempt's warehouse, else of the route; "" not known */
    facts f;
} bridge_part;

typedef struct bridge {
    order_bridge *self;
    tb_ctx *ctx;
    tb_record *record;
    const char *key;
    const json_t *order, *documents, *till, *body;
    const json_t *sold;
    size_t things; /* rows of sold */
    bridge_part parts[PARTS_MOST];
    size_t parts_n;
    cell *cells;      /* parts_n x things */
    json_t *attempts; /* state */
    money_class money;
    bool paid, pickup, notified;
    int64_t now;
} bridge;

/* ---- gather.c: what was read, by parts and things ---- */

/* TB_OK, or a rejection. Free with bridge_free, whatever it gave. */
tb_verdict bridge_gather(bridge *b);
void bridge_free(bridge *b);
cell *cell_at(const bridge *b, size_t part, size_t thing);
const json_t *thing_at(const bridge *b, size_t thing);
/* The shop's source of a warehouse of the till; "" not mapped. */
const char *source_of(const bridge *b, int64_t warehouse);
/* The till's warehouse that a part is, or would be, at. */
int64_t part_warehouse(const bridge_part *p);

/* ---- facts.c, counts.c ---- */

/* The shop's counters of the thing, and from its documents what these do not tell. */
void bridge_counts(const bridge *b, size_t thing, sold_counts *out);

void bridge_facts(bridge *b);
/* Pieces of the thing handed out by warehouses of that source (NULL: any). */
int64_t delivered_at(const bridge *b, size_t thing, const char *source);
/* Pieces of the thing that the shop's shipments took from that source. */
int64_t shipped_from(const bridge *b, size_t thing, const char *source);

/* ---- rows.c: rows of the shop's documents ---- */

/* Rows {"item", "quantity"} that may be shipped from the source now, an empty array if none; NULL source: the
 * first that has some is chosen and handed back. */
json_t *shippable_rows(const bridge *b, const char **source);
/* Rows to invoice: what is out and not invoiced, with what needs no handing over. */
json_t *invoice_rows(const bridge *b, bool only_shipped);
int64_t pieces_of_row(const bridge *b, const json_t *row, size_t thing); /* a shipment's row in pieces */

/* ---- attempts.c ---- */

void attempts_read(bridge *b);
/* Notes what was read of the till. */
void attempts_sync(bridge *b);
void attempts_add(bridge *b, const bridge_part *p, int attempt, const char *external);
void attempts_why(bridge *b, const bridge_part *p, const char *why); /* cancelled by us, and why */
json_t *attempts_of(const bridge *b, const char *external);          /* its element; NULL: none */
void attempts_keep(const bridge *b);
int attempts_highest(const bridge *b, int part);
/* An attempt that was sent for sure and that the till did not show; NULL: none. */
const char *attempts_lost(const bridge *b, int part);

/* ---- changed.c ---- */

/* Whether the till's order holds something else than what it was made for; why: both sides. */
bool changed_at_till(const bridge *b, const bridge_part *p, char *why, size_t size);
void changed_note_sent(const bridge *b, const char *external, const json_t *sent);
void changed_accept(const bridge *b, const bridge_part *p); /* a person let it pass */

/* ---- reserved.c: the state `reserved`, and what the stock pipeline must know ---- */

typedef struct planned {      /* how the step that is due will change the counters */
    const char *shipped_from; /* source; NULL: no shipment */
    const json_t *rows;       /* of the shipment */
    bool notified;
    const bridge_part *cancelled; /* at the till */
    const bridge_part *placed;    /* at the till: as much of it counts as the till holds by then */
} planned;

/* The entries as they are to stand: {SKU@source: {"o", "d", "mark", "seen"}}; the caller owns it. */
json_t *reserved_entries(const bridge *b, const planned *plan);
bool reserved_differs(const bridge *b, const json_t *entries);
/* Writes what differs and tells the pipelines that take stock.level. */
int reserved_write(const bridge *b, const json_t *entries, bool urgent);
/* Whether the shop's row is known to hold `pieces`; else its state key is in `name`. */
bool reserved_row_holds(const bridge *b, const char *sku, const char *source, int64_t pieces,
                        const json_t *entries, char *name, size_t size);

/* ---- steps.c, send.c: from the step that is due to an operation ---- */

tb_verdict step_take(bridge *b, const due *d);
/* What goes into `step` for a new order at the till. */
json_t *send_step(const bridge *b, const bridge_part *p, const char *external);
int64_t reserve_time(const bridge *b);

#endif
