/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the Sitoo simulator: its tables and the steps that REST and tills share. Quantities are 10^-3, money
 * is 10^-2, times are seconds unless they end in _ms. Rows are never removed, so ids are indexes. */
#ifndef TB_SIM_SITOO_H
#define TB_SIM_SITOO_H

#include "sdk/sim/frame.h"
#include "sdk/sim/map.h"

enum { FIFO = 10, VIRTUAL = 20, MANUAL_IN = 10, MANUAL_OUT = 20, SALE = 30, REFUND = 40, STOCKTAKING = 50 };
enum { ORDER_OPEN = 0, ORDER_CLOSED = 10, ORDER_CANCELLED = 20, TYPE_ORDER = 10, TYPE_BOOKING = 100 };
enum { UNIT_COST = 1000 };

typedef struct {
    void **item;
    size_t count, room;
} list;
void list_add(list *l, void *item);

typedef struct sitoo_warehouse sitoo_warehouse;
typedef struct {
    int64_t id, total, reserved, threshold, modified, counted;
    char *sku, *bin;
    sitoo_warehouse *warehouse;
} sitoo_item;

struct sitoo_warehouse {
    int id, type, usetype, store;
    bool sellable;
    char name[48], external[48];
    list items; /* sitoo_item */
    map by_sku;
};

typedef struct {
    sitoo_item *item;
    int64_t id, quantity, total;
    int64_t cost; /* of one piece */
} sitoo_move;

typedef struct {
    int64_t id, created, visible_ms, delivery;
    sitoo_warehouse *warehouse;
    int type;
    json_t *header; /* description, externalid, reasoncode, shipmentid as given */
    sitoo_move *moves;
    size_t move_count;
} sitoo_transaction;

typedef struct {
    char *sku;
    int64_t unit;                /* 10^-3 of one piece: 1000, or the weight */
    int64_t quantity, delivered; /* pieces */
    int64_t held;                /* 10^-3, counted in the item's reserved now */
} sitoo_row;

typedef struct {
    int64_t id;
    json_t *doc; /* as read back */
    int state, type;
    sitoo_warehouse *warehouse; /* NULL: none */
    int64_t reserved_until;     /* 0: no reservation */
    sitoo_row *rows;
    size_t row_count;
    list deliveries; /* json_t */
    bool holding;    /* stands in s->holding */
} sitoo_order;

typedef struct {
    int64_t id, created, transaction;
    sitoo_warehouse *warehouse;
    int type, state;
    json_t *header;
    json_t *items; /* sku -> {decimalquantity, ..., "was": level when counted} */
} sitoo_batch;

struct sitoo {
    json_t *settings; /* borrowed */
    list warehouses, transactions, orders, batches;
    list holding;    /* orders that hold stock, or did until they lapsed */
    list names;      /* external ids that were ever taken */
    map by_external; /* the same -> order */
    int64_t next_item, next_delivery, next_move;
    json_t *lanes; /* per API user: calls in flight, slot */
    json_t *products;
};
enum { FIRST_TRANSACTION = 5001, FIRST_ORDER = 20001, FIRST_DELIVERY = 70001, FIRST_BATCH = 301 };

/* One call on its way through the machine. */
typedef struct {
    sitoo *s;
    const sim_request *request;
    sim_answer *answer;
    char *segment[12]; /* of the path behind the account, decoded; without .json */
    int segments;
    json_t *query, *body; /* body NULL: none */
    bool other_site;      /* the path names a site that is not ours */
} sitoo_call;

/* sitoo.c */
int64_t sitoo_int(const sitoo *s, const char *key);
bool sitoo_is(const sitoo *s, const char *key, const char *value);
bool sitoo_bool(const sitoo *s, const char *key);
void sitoo_error(sitoo_call *c, int status, const char *text);
void sitoo_reply(sitoo_call *c, json_t *body);

/* sitoo_lane.c: how many calls at once and in a slot; without the machine, around it. */
bool sitoo_lane_enter(sitoo *s, const sim_request *q, sim_answer *a); /* false: `a` is the refusal */
void sitoo_lane_leave(sitoo *s, const sim_request *q);
bool sitoo_user(const sitoo *s, const sim_request *q, char *user, size_t size); /* false: bad credentials */
int64_t sitoo_latency(const sitoo *s); /* of a call; rows are added by the answer's own size */

/* sitoo_list.c: envelopes */
typedef struct {
    sitoo_call *c;
    int64_t start, num, total;
    json_t *items;
    bool ascending;
} listing;
listing listing_of(sitoo_call *c, const char *sort_key);
bool listing_takes(listing *l); /* counts one match; true: it is on this page, add it */
void listing_add(listing *l, json_t *row, const char *const *defaults); /* projected by `fields` */
void listing_reply(listing *l);
json_t *project(json_t *row, const char *fields, const char *const *defaults); /* takes over `row` */
bool in_list(const char *comma_list, const char *text); /* NULL list: everything is in it */
bool in_int_list(const char *comma_list, int64_t n);
bool in_range(const sitoo_call *c, const char *name,
              int64_t n); /* <name>from inclusive, <name>to exclusive */

/* sitoo_stock.c */
sitoo_warehouse *sitoo_warehouse_add(sitoo *s, sitoo_warehouse w);
sitoo_warehouse *sitoo_warehouse_of(const sitoo *s, int64_t id);
sitoo_item *sitoo_item_of(sitoo *s, sitoo_warehouse *w, const char *sku, bool make);
bool sitoo_level(sitoo *s, int warehouse, const char *sku, int64_t *total, int64_t *reserved);
typedef struct {
    const char *sku;
    int64_t quantity, cost;
} move_wish;
sitoo_transaction *sitoo_move_stock(sitoo *s, sitoo_warehouse *w, int type, const move_wish *wish, size_t n,
                                    json_t *header, int64_t delivery);
json_t *sitoo_transaction_doc(const sitoo_transaction *t);
json_t *sitoo_item_doc(const sitoo *s, const sitoo_item *i);

/* sitoo_reserve.c */
void sitoo_hold(sitoo *s, sitoo_order *o); /* recomputes what the order holds */
void sitoo_lapse(sitoo *s);

/* sitoo_order.c, sitoo_delivery.c */
void sitoo_order_free(sitoo_order *o);
sitoo_order *sitoo_order_of(const sitoo *s, int64_t id);
sitoo_order *sitoo_order_add(sitoo *s, json_t *given, char *why, size_t size);
int sitoo_order_patch(sitoo *s, sitoo_order *o, json_t *given, char *why, size_t size);
void sitoo_order_log(sitoo *s, sitoo_order *o, int type); /* 900: ready for pick-up, 910: rejected */
void sitoo_order_event(const sitoo *s, const sitoo_order *o, const char *what, const char *state);
typedef struct {
    size_t row;
    int64_t quantity;
} delivery_line;
int64_t sitoo_deliver(sitoo *s, sitoo_order *o, sitoo_warehouse *w, const delivery_line *lines, size_t n,
                      bool ignore_stock, const char *ref, char *why, size_t size); /* its id; -1 and why */
/* The goods come back to where they left. -1 and why: there is none, or it is cancelled. */
int sitoo_delivery_cancel(sitoo *s, sitoo_order *o, int64_t id, char *why, size_t size);

/* sitoo_batch.c */
sitoo_batch *sitoo_batch_add(sitoo *s, sitoo_warehouse *w, json_t *header, int type);
void sitoo_batch_set(sitoo *s, sitoo_batch *b, const char *sku, const char *quantity, json_t *item);
int sitoo_batch_commit(sitoo *s, sitoo_batch *b, char *why, size_t size);

/* sitoo_money.c */
bool decimal_parse(const json_t *v, int64_t *out); /* "1.000" only */
bool money_parse(const json_t *v, int64_t *out);   /* "1.00" only */
json_t *decimal_json(int64_t v);
json_t *money_json(int64_t v);
int64_t money_net(int64_t gross, const json_t *vatvalue); /* half up */

/* The handlers, by resource. */
void sitoo_get_sites(sitoo_call *c), sitoo_get_stores(sitoo_call *c), sitoo_get_products(sitoo_call *c);
void sitoo_get_warehouses(sitoo_call *c), sitoo_get_warehouse(sitoo_call *c);
void sitoo_get_items(sitoo_call *c), sitoo_put_items(sitoo_call *c);
void sitoo_get_transactions(sitoo_call *c), sitoo_get_transaction(sitoo_call *c),
    sitoo_post_transactions(sitoo_call *c);
void sitoo_get_batches(sitoo_call *c), sitoo_post_batch(sitoo_call *c), sitoo_get_batch(sitoo_call *c);
void sitoo_put_batch(sitoo_call *c), sitoo_get_batch_items(sitoo_call *c),
    sitoo_put_batch_items(sitoo_call *c);
void sitoo_delete_batch_items(sitoo_call *c);
void sitoo_get_orders(sitoo_call *c), sitoo_get_order(sitoo_call *c), sitoo_post_order(sitoo_call *c);
void sitoo_put_order(sitoo_call *c), sitoo_get_deliveries(sitoo_call *c), sitoo_post_delivery(sitoo_call *c);
void sitoo_get_log(sitoo_call *c), sitoo_post_log(sitoo_call *c);

#endif
