/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of order-router share: an order that is being routed, and the places it may go to. */
#ifndef ORDER_ROUTER_H
#define ORDER_ROUTER_H

#include "plugins/order-parts/order_parts.h"
#include "plugins/order-router/distance.h"

enum { PLACES_MOST = 1000, WHY_MOST = 24, WHY_TEXT = 400 };

typedef struct order_router {
    const char *locations, *rules, *coordinates; /* tables; the latter two may be NULL */
    const char *stock;                           /* the pipeline whose levels are read */
    bool split, reroute;
    int64_t day_starts, look_again;
    json_t
        *fresh; /* {order: {"when", "pieces": {"31/SKU": n}, "places": {name: true}}}: may not be kept yet */
} order_router;

typedef struct place {
    const char *name, *warehouse, *source;
    bool outside; /* not in the till system */
    bool never, refused;
    bool has_capacity;
    int64_t capacity;
    int64_t metres; /* from the customer; -1: not known */
} place;

typedef struct routing {
    order_router *self;
    tb_ctx *ctx;
    tb_record *record;
    const char *key; /* the order */
    const json_t *order;
    const json_t *before; /* the last decision; NULL: none */
    place places[PLACES_MOST];
    int places_n;
    json_t *parts; /* what is decided, of part after part */
    json_t *why;
    char rule[64];
} routing;

/* ---- places.c ---- */

/* Reads the tables. -1: locations is missing or lacks a column. */
int places_read(routing *r);
place *place_named(routing *r, const char *name);
place *place_of_source(routing *r, const char *source);
place *place_of_warehouse(routing *r, int64_t warehouse);
void why_add(routing *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- stock.c: what is free where, by what was read of the till last ---- */

/* Free pieces, less those of other orders that were routed there and not yet seen in a read. */
int64_t stock_free(const routing *r, const place *p, const char *sku);
int64_t stock_age(const routing *r); /* ms since the till was read last; -1: never */
/* Whether the place may take one more order today. */
bool place_has_room(const routing *r, const place *p);
/* Keeps what the decision promises, in the state and for the orders that come before it is committed. */
void stock_promise(routing *r);
void stock_forget(routing *r); /* the order is over */
void fresh_free(order_router *self);

/* ---- standing.c: what is decided already ---- */

/* Adds the parts that stand (at a till, or outside of it) to r->parts; gives the rows that need a place, a
 * new array. *was_there: some of it was at a till before, and was refused or cancelled there. */
json_t *standing_rows(routing *r, bool *was_there);
/* All rows of an order that will not be decided anew. */
void standing_keep(routing *r);

/* ---- choose.c ---- */

/* Finds places for the rows by the rules and adds their parts. false: there is none. */
bool choose_places(routing *r, const json_t *rows);
/* A part with these rows (taken over) at that place; NULL: nowhere. Gives it back, to add to. */
json_t *part_add(routing *r, int number, const place *p, json_t *rows);
int part_free(const routing *r); /* the lowest number that no part has */

#endif
