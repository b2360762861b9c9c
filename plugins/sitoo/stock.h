/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of sitoo-source share; most of it is of stream `stock` (weborders.h has stream `orders`).
 *
 * A *row* is what Sitoo counts: one SKU in one warehouse, named "31/SKU". A *target* is where the shop keeps
 * it: "SKU@source", the key of a record. Tables map many rows to one target. What is known of a row stands in
 * the namespace `levels`, written by the source's thread alone; what hydrate learns stands in `held`, so
 * neither overwrites what the other has just seen. The `mark` of a level rises with everything that may have
 * moved the reserved pieces; a reserved quantity counts only while it carries the level's present mark. */
#ifndef SITOO_STOCK_H
#define SITOO_STOCK_H

#include "plugins/sitoo/sitoo.h"

enum { ROW_SIZE = 288, KEY_SIZE = 400, GATHER = 100 };
enum { WAREHOUSES_AGE = 3600 * 1000 };

#define RECORD_TYPE "stock.level"
#define NS_LEVELS "levels"
#define NS_RESERVED "held"
#define NS_LISTED "listed"
#define NS_ORDERS "orders"
#define NS_TIMERS "timers"
#define NS_PAGES "pages"
#define NS_TARGETS "targets"

enum { TYPE_ORDER = 10, TYPE_BOOKING = 100, STATE_OPEN = 0, STATE_CLOSED = 10, STATE_CANCELLED = 20 };
enum { STREAM_STOCK, STREAM_ORDERS };

typedef struct sweeping { /* of stream `orders`: where the list of open orders is being read */
    json_t *seen;         /* ids of this round; NULL: none is under way */
    int64_t began, from, next;
} sweeping;

typedef struct stock_source {
    /* parameters */
    int stream;
    int64_t site, account, overlap;
    const char *locations, *skus, *ignore;
    const char *adopt; /* external ids of the connector before us; "" none */
    int64_t gap, full_read, modified_every, grace, sweep, renew_before;
    /* what this instance remembers while it lives */
    sitoo_warehouses warehouses;
    int64_t polled_at;
    int64_t pass_warehouse; /* the full read whose rows `seen` holds; 0: none from its first page on */
    json_t *seen;
    int64_t pages_from; /* no page before that: the last one was not to be trusted */
    json_t *told;       /* unknown event types, told once */
    sweeping sweeping;
} stock_source;

/* ---- levels.c: what is known of a row ---- */

typedef struct level {
    bool known, has_reserved, absent; /* absent: the last full read did not show it */
    int64_t total, reserved;          /* reserved only with has_reserved */
    int64_t transaction;              /* the last one that set it */
    int64_t mark;
    char target[KEY_SIZE]; /* under which it was last told; "" none */
    char settings[16];     /* of the pipeline, when it was last told because of them; "" never */
} level;

void level_get(tb_ctx *ctx, const char *row, level *out);
void level_decode(const char *text, level *out);
int level_set(tb_ctx *ctx, const char *row, const level *l);
/* Something may have moved the reserved pieces: they are unknown until read. */
void level_mark(level *l);
/* The reserved pieces if they are known under the level's mark; -1: to be read. */
int level_reserved(tb_ctx *ctx, const char *row, const level *l, int64_t *out);
/* What hydrate has read, under the mark the level had before it asked. */
int reserved_set(tb_ctx *ctx, tb_record *record, const char *row, int64_t mark, int64_t total,
                 int64_t reserved);
/* New transactions came with a list that was asked for at `when`. */
int listed_set(tb_ctx *ctx, int64_t when);
/* Whether the level's total is not older than what hydrate has read: the same, or a list was asked for since.
 */
bool level_is_newest(tb_ctx *ctx, const char *row, const level *l);

/* ---- targets.c: the tables ---- */

typedef struct tables {
    const tb_table *locations, *skus, *ignore;          /* the latter two may be NULL */
    int warehouse, source, till_sku, shop_sku, ignored; /* columns */
} tables;

int tables_get(const stock_source *s, tb_ctx *ctx, tables *t); /* -1: locations is missing or has no rows */
int row_name(int64_t warehouse, const char *sku, char out[ROW_SIZE]); /* -1: too long */
int row_parse(const char *row, int64_t *warehouse, const char **sku);
const char *source_of(const tables *t, int64_t warehouse); /* NULL: not mapped */
bool is_ignored(const tables *t, const char *sku);
/* "" when the row has none (warehouse not mapped, SKU ignored). */
void target_of(const tables *t, int64_t warehouse, const char *sku, char out[KEY_SIZE]);
/* Calls `each` for every row that maps to the target. */
typedef int (*row_each)(void *arg, int64_t warehouse, const char *sku);
int rows_of(const tables *t, const char *key, row_each each, void *arg);

/* ---- touched.c: one record a key and read ---- */

typedef struct touched {
    json_t *keys; /* key -> what is to be said of it */
} touched;

typedef struct touch {
    const char *why;
    int64_t transaction; /* 0: none */
    int64_t changed;     /* 0: now */
    bool urgent;
} touch;

void touch_key(touched *all, const char *key, const touch *t);
/* The row's target moved (tables): the old key is retired, the new one comes. Writes the new one into the
 * level. */
void touch_target(touched *all, level *l, const char *target);
size_t touched_count(const touched *all);
int touched_emit(touched *all, tb_ctx *ctx, tb_feed *feed); /* empties it */
#define TOUCHED __attribute__((cleanup(touched_free))) touched
void touched_free(touched *all);

/* ---- the steps of a read, in their order (read.c) ---- */

typedef struct reading {
    stock_source *self;
    tb_ctx *ctx;
    tb_feed *feed;
    tables tables;
    touched touched;
    int64_t now;
    int64_t last; /* transaction, from the cursor */
    bool first;   /* the first full read has not ended */
    bool raised;  /* something was told: a later step must not go on */
    bool worked;  /* an earlier step found something: no page now */
} reading;

/* ---- noted.c: orders that events named ---- */

typedef int (*order_take)(reading *r, const json_t *order);
int order_note(tb_ctx *ctx, int64_t order);
tb_verdict noted_read(reading *r, const char *fields, order_take take);

tb_verdict source_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed);
tb_verdict read_fault(reading *r, const sitoo_list *list, const char *cause);
void tell_unknown(reading *r);       /* warehouses that the site does not have */
tb_verdict walk_tables(reading *r);  /* retire.c */
tb_verdict note_highest(reading *r); /* transactions.c */
tb_verdict poll_transactions(reading *r);
tb_verdict gather_orders(reading *r);                            /* orders.c */
tb_verdict sweep_orders(reading *r, int64_t *from, bool *ended); /* open ones, for their timers */
tb_verdict fire_timers(reading *r);                              /* timers.c */
/* rows: an object whose names are what is due then. */
int timer_set(reading *r, int64_t when, int64_t order, const json_t *rows);
/* Calls `fire` with each name whose time has come. */
tb_verdict timers_fire(reading *r, void (*fire)(reading *r, const char *name));
void touch_row(reading *r, const char *row, const char *why);
tb_verdict read_page(reading *r); /* pages.c */

/* ---- places.c: how far the full read of each warehouse has come ---- */

typedef struct place {
    bool known;
    int64_t full, net; /* when the last of its kind began; 0: never ended */
    int64_t type, rows;
} place;

void place_get(tb_ctx *ctx, int64_t warehouse, place *out);
int place_set(tb_ctx *ctx, int64_t warehouse, const place *p); /* NULL: removed */

typedef enum { WORK_NONE, WORK_FULL, WORK_NET, WORK_SWEEP } work_kind;
typedef struct work { /* what is being read, page by page */
    work_kind kind;
    int64_t warehouse, began, start; /* start: offset, of a sweep the order id */
} work;

void work_get(tb_ctx *ctx, work *out);
int work_set(tb_ctx *ctx, const work *w);
/* What is due next; kind NONE, and *next is when something will be. */
void work_choose(reading *r, work *out, int64_t *next);
int work_end(reading *r, const work *w, int64_t rows);

tb_verdict source_receive(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed);
tb_verdict source_hydrate(void *self, tb_ctx *ctx, tb_record **records, size_t count);
tb_verdict source_snapshot(void *self, tb_ctx *ctx, const char *type, const char *cursor, tb_feed *feed);
void source_check(const void *self, tb_ctx *ctx, tb_doctor *doctor);
void source_doctor(void *self, tb_ctx *ctx, tb_doctor *doctor);
bool tell_once(stock_source *s, const char *what);

#endif
