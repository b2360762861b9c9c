/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the Adobe Commerce simulator: a Magento Open Source 2.4.7-p3 as recorded, as far as stock goes. A
 * call comes in through adobe.c, finds its row in the table of routes (adobe_routes.c), is asked who it is
 * (adobe_auth.c), has its input given types (adobe_input.c), and is answered by a handler. Quantities and
 * money are 10^-4, times are milliseconds. SKUs and source codes are kept as first written and found in any
 * case. */
#ifndef TB_SIM_ADOBE_H
#define TB_SIM_ADOBE_H

#include "sdk/sim/frame.h"
#include "sdk/sim/map.h"

enum { ADOBE_UNIT = 10000, DEFAULT_SOURCE = 0, DEFAULT_STOCK = 1, NO_PLACE = -1 };

/* ---- what the shop holds ---- */

/* A row of inventory_source_item. Rows are never moved, so a row's number is its place plus 1. */
typedef struct {
    int64_t quantity;
    uint32_t sku; /* place in adobe.skus */
    uint16_t source;
    uint8_t status;
    bool gone;
} adobe_item;

typedef struct {
    int64_t index;    /* quantity in the stock's index: rows with status 1 of enabled, linked sources */
    int64_t reserved; /* sum of the reservations */
    bool assigned;    /* some linked source has a row */
} adobe_level;

typedef struct adobe_product adobe_product;
typedef struct {
    char *name, *folded;
    adobe_product *product; /* NULL: rows without a product */
    uint32_t *at;           /* by source: number of the row, 0: none */
    size_t at_count;
    adobe_level *level; /* by stock */
    size_t level_count;
    uint32_t epoch; /* of adobe.epoch when `level` was last computed */
    bool orphaned;  /* its product was deleted: its rows go when cron comes */
} adobe_sku;

struct adobe_product {
    int64_t id, price, weight; /* weight NO_WEIGHT: not given */
    int64_t created, updated;
    int64_t low_since; /* 0: not low when it was last saved */
    int64_t min_qty;   /* its own out-of-stock threshold; NO_PLACE: the configured one */
    uint32_t sku;
    int set, status, visibility;
    bool in_stock; /* the legacy flag: of the default source, or of a composite product itself */
    bool changed_auto, backorders, manage_stock, deleted;
    const char *type;
    char *name;
    char *url_key;
    json_t *custom;              /* attribute code -> value, of those given */
    json_t *local;               /* the same and the name, where the one store view has its own */
    json_t *extension;           /* category_links, configurable_*, bundle_product_options as read back */
    json_t *options;             /* custom options */
    int64_t *parents, *children; /* products that contain this one, and those in it */
    size_t parent_count, child_count;
};
enum { NO_WEIGHT = -1 };

typedef struct {
    char *code, *folded;
    bool enabled;
    json_t *doc;    /* as read back */
    uint32_t *rows; /* numbers of its rows, oldest first */
    size_t row_count, row_room;
} adobe_source;

typedef struct {
    int source, priority;
} adobe_link;

typedef struct {
    int id;
    char *name;
    json_t *channels; /* [{"type": "website", "code": "base"}] */
    adobe_link *links;
    size_t link_count;
    bool deleted;
} adobe_stock;

typedef struct {
    int64_t time, quantity;
    uint32_t sku;
    int stock;
    json_t *metadata;
    int64_t counts_from; /* 0: it counts */
} adobe_reservation;

struct adobe {
    json_t *settings; /* borrowed */
    adobe_source *sources;
    adobe_stock *stocks; /* stock n stands at n - 1 */
    adobe_sku *skus;
    adobe_item *items;
    adobe_product **products; /* product n stands at n - 1 */
    adobe_reservation *reservations;
    size_t source_count, stock_count, sku_count, sku_room, item_count, item_room, product_count, product_room,
        reservation_count, reservation_room;
    map by_sku, by_source;
    size_t uncounted;                 /* the first reservation that may not count yet */
    uint32_t epoch;                   /* of links and enabled sources */
    int64_t reindex_due, cleanup_due; /* by env_now(); 0: nothing to do */
    json_t *attributes;               /* codes of products' attributes -> as made */
    json_t *notify;                   /* "source/sku" folded -> low-quantity row */
    json_t *nonces[2];                /* this period's and the last one's */
    int64_t nonces_since;
    json_t *admin_tokens; /* token -> when it ends */
    int64_t next_report, next_super, next_bundle_option, next_option, next_selection, next_value, next_choice,
        next_attribute, next_member;
    struct adobe_sales *sales;           /* orders and their documents (adobe_order.h) */
    bool all_stores;                     /* the call that is served speaks of the values of all store views */
    size_t partial_calls, partial_after; /* the next calls fail after so many rows that exist */
};

/* ---- a call ---- */

typedef struct adobe_call adobe_call;
typedef struct adobe_shape adobe_shape;

typedef enum {
    IN_TEXT,
    IN_INT,
    IN_FLOAT,
    IN_BOOL,
    IN_ANY,
    IN_TEXTS,
    IN_INTS,
    IN_OBJECT,
    IN_OBJECTS,
    IN_OPTIONAL /* of arguments: those of the shape's fields that the body has */
} adobe_kind;

typedef struct {
    const char *name; /* snake_case; a table ends with NULL */
    adobe_kind kind;
    const adobe_shape *shape; /* of IN_OBJECT, IN_OBJECTS, IN_OPTIONAL */
} adobe_field;

struct adobe_shape {
    const char *interface; /* as the shop names it */
    const adobe_field *fields;
};

typedef struct {
    const char *method, *path; /* behind V1/; :name stands for one part */
    void (*handle)(adobe_call *c);
    const char *resource;    /* NULL: anybody */
    adobe_field argument[5]; /* of the body, and of the path where a type matters; all required */
} adobe_route;
extern const adobe_route adobe_routes[];
extern const size_t adobe_route_count;

/* adobe_shapes.c */
extern const adobe_shape shape_item, shape_source, shape_stock, shape_link, shape_product, shape_stock_item,
    shape_notify, shape_transfer, shape_inventory_request;
/* adobe_order_shapes.c */
extern const adobe_shape shape_status_history, shape_track_entity, shape_ship, shape_invoice, shape_refund;

struct adobe_call {
    adobe *m;
    const sim_request *request;
    sim_answer *answer;
    const adobe_route *route;
    const char *store; /* "all", "default", or "" */
    char *part[12];    /* of the path, decoded */
    int parts;
    json_t *query; /* nested, as PHP reads it */
    json_t *path;  /* the route's variables */
    json_t *input; /* the arguments, with types; names in snake_case */
    json_t *criteria;
    json_t *result; /* NULL: nothing yet */
    int status;
    bool fatal; /* plain text instead of JSON */
};

/* adobe.c */
bool adobe_bool(const adobe *m, const char *key);
int64_t adobe_int(const adobe *m, const char *key);
bool adobe_is(const adobe *m, const char *key, const char *value);
const char *path_text(const adobe_call *c, const char *name); /* a variable of the path */

/* adobe_answer.c: `parameters` is taken over and may be NULL. */
void adobe_reply(adobe_call *c, json_t *result); /* takes over */
void adobe_fail(adobe_call *c, int status, const char *message, json_t *parameters);
void adobe_required(adobe_call *c, const char *field);
void adobe_fatal(adobe_call *c);                                      /* a PHP error: 500 text/plain */
void adobe_internal(adobe_call *c);                                   /* 500 with a report id */
void adobe_invalid(adobe_call *c, const char *first, json_t *errors); /* "Validation Failed..." */
json_t *adobe_fault(const char *message, json_t *parameters);
void adobe_page(sim_answer *a, int status, const char *title);
void adobe_render(adobe_call *c);

/* adobe_auth.c, adobe_oauth.c: false: refused and answered */
bool adobe_allowed(adobe_call *c, const char *resource);
bool adobe_oauth(adobe_call *c, const char *header);
void adobe_post_admin_token(adobe_call *c);
bool adobe_ims(adobe *m, const sim_request *q, sim_answer *a); /* false: not for it */

/* adobe_input.c */
bool adobe_read_input(adobe_call *c); /* false: refused and answered */
bool adobe_read_fields(adobe_call *c, const adobe_field *fields, json_t *given, json_t *into);
char *adobe_camel(const char *name); /* snake_case to CamelCase; the caller frees */
char *adobe_snake(const char *name);

/* adobe_query.c */
json_t *adobe_query(const char *query);
json_t *adobe_project(json_t *result, const char *fields); /* takes over */

/* adobe_number.c */
bool decimal_read(const json_t *v, int64_t *out); /* a number or numeric text, to 10^-4; false: not numeric */
bool decimal_read_text(const char *text, int64_t *out);
json_t *decimal_number(int64_t v); /* as JSON number */
json_t *decimal_text(int64_t v);   /* "1.0000" */
json_t *time_text(int64_t ms);     /* "2026-11-23 05:40:44", UTC */

/* adobe_search.c, adobe_filter.c: lists by searchCriteria */
typedef struct {
    enum { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_TIME } kind;
    int64_t number; /* 10^-4; of a time: milliseconds */
    const char *text;
} search_cell;
typedef enum { UNKNOWN_500, UNKNOWN_400, UNKNOWN_IGNORED } search_unknown;
typedef struct {
    int (*column)(adobe *m, const char *name); /* -1: there is none */
    search_cell (*cell)(adobe *m, size_t row, int column);
    json_t *(*doc)(adobe *m, size_t row);
    search_unknown filter, sort; /* what an unknown column does */
    bool optional;               /* without searchCriteria everything is listed */
} search_table;
bool search_begin(adobe_call *c,
                  const search_table *table); /* reads c->criteria; false: refused and answered */
/* Answers with those of the candidates (taken over) that fit. */
void search_reply(adobe_call *c, const search_table *table, size_t *rows, size_t count);
json_t *search_values(const adobe_call *c,
                      const char *field); /* set when one group asks for just these; else NULL */
bool search_uses(const adobe_call *c, const char *field);
void search_range(const adobe_call *c, const char *field, int64_t *low,
                  int64_t *high); /* narrows, inclusive */
typedef struct {
    int column, kind;
    const char *text;
    int64_t number, time;
} search_filter;
search_filter filter_of(const json_t *filter, int column);
bool filter_fits(const search_filter *f, search_cell cell);
int cell_compare(search_cell a, search_cell b);

/* adobe_sku.c: SKUs, rows and the stocks' index */
char *adobe_fold(const char *text);                   /* the caller frees */
uint32_t adobe_sku_place(adobe *m, const char *name); /* made when it is not there */
adobe_sku *adobe_sku_of(const adobe *m, const char *name);
adobe_item *adobe_item_of(const adobe *m, const adobe_sku *k, int source);
adobe_level *adobe_level_of(adobe *m, adobe_sku *k, int stock);
void adobe_item_set(adobe *m, uint32_t sku, int source, int64_t quantity, int status);
void adobe_item_remove(adobe *m, uint32_t sku, int source);
void adobe_reindex(adobe *m);
void adobe_settle(adobe *m); /* what cron would have done by now */

/* adobe_source.c, adobe_stock.c */
int adobe_source_place(const adobe *m, const char *code); /* NO_PLACE: none */
int adobe_source_add(adobe *m, json_t *doc);              /* takes over; its place */
adobe_stock *adobe_stock_of(const adobe *m, int64_t id);
adobe_stock *adobe_stock_add(adobe *m, const char *name, json_t *channels);
void adobe_stock_link(adobe *m, adobe_stock *s, int source, int priority);
void adobe_reserve(adobe *m, int stock, uint32_t sku, int64_t quantity, json_t *metadata);
void adobe_reserve_at(adobe *m, int64_t from, int stock, uint32_t sku, int64_t quantity, json_t *metadata);
void adobe_count_reservations(adobe *m);                      /* those whose time has come */
int adobe_stock_of_website(const adobe *m, const char *code); /* 0: none */

/* adobe_items.c: the steps behind the routes, for others that write rows */
void adobe_write_row(adobe *m, const char *sku, int source, int64_t quantity, int status);
void adobe_remove_row(adobe *m, uint32_t sku, int source);

/* adobe_product.c */
adobe_product *adobe_product_of(const adobe *m, const char *sku);
adobe_product *adobe_product_by_id(const adobe *m, int64_t id);
adobe_product *adobe_product_add(adobe *m, const char *sku, const char *name, const char *type);
bool adobe_is_composite(const adobe_product *p);
json_t *adobe_product_doc(const adobe *m, const adobe_product *p);
json_t *adobe_stock_item_doc(const adobe *m, const adobe_product *p);
void adobe_sync_legacy(adobe *m, uint32_t sku); /* after a row of the default source was written */

/* adobe_bundle.c: what composite products mean for stock */
void adobe_judge_bundles(adobe_call *c, const char *sku, const char *source, json_t *faults);

void adobe_save_parts(adobe *m, adobe_product *p, const json_t *extension);
void adobe_mark_composite(adobe *m, adobe_product *p, bool in_stock);

/* adobe_save.c */
void adobe_save_stock_item(adobe *m, adobe_product *p, const json_t *item, bool fresh);

/* adobe_salable.c */
bool adobe_sells(const adobe *m, const adobe_product *p, int stock);

/* adobe_shop.c */
void adobe_fill(adobe *m); /* as installed */
void adobe_clear(adobe *m);

/* adobe_link.c */
size_t adobe_links_by_priority(const adobe_stock *s, adobe_link **out); /* the caller frees */

/* ---- the handlers, by resource ---- */
void adobe_get_sources(adobe_call *c), adobe_get_source(adobe_call *c), adobe_post_source(adobe_call *c),
    adobe_put_source(adobe_call *c);
void adobe_get_stocks(adobe_call *c), adobe_get_stock(adobe_call *c), adobe_post_stock(adobe_call *c),
    adobe_put_stock(adobe_call *c), adobe_delete_stock(adobe_call *c),
    adobe_get_stock_of_website(adobe_call *c);
void adobe_get_links(adobe_call *c), adobe_post_links(adobe_call *c), adobe_delete_links(adobe_call *c),
    adobe_get_sources_of_stock(adobe_call *c);
void adobe_get_items(adobe_call *c), adobe_post_items(adobe_call *c), adobe_delete_items(adobe_call *c);
void adobe_get_salable(adobe_call *c), adobe_get_is_salable(adobe_call *c),
    adobe_get_are_salable(adobe_call *c), adobe_get_salable_for(adobe_call *c);
void adobe_get_products(adobe_call *c), adobe_get_product(adobe_call *c), adobe_post_product(adobe_call *c),
    adobe_put_product(adobe_call *c), adobe_delete_product(adobe_call *c), adobe_get_children(adobe_call *c),
    adobe_get_choices(adobe_call *c), adobe_get_bundle_options(adobe_call *c),
    adobe_get_options(adobe_call *c);
void adobe_post_attribute(adobe_call *c), adobe_get_attribute(adobe_call *c),
    adobe_get_attribute_options(adobe_call *c), adobe_post_attribute_to_set(adobe_call *c);
void adobe_get_stock_item(adobe_call *c), adobe_put_stock_item(adobe_call *c),
    adobe_get_stock_status(adobe_call *c);
void adobe_post_assign(adobe_call *c), adobe_post_unassign(adobe_call *c), adobe_post_transfer(adobe_call *c),
    adobe_post_partial_transfer(adobe_call *c);
void adobe_get_stock_index(adobe_call *c), adobe_post_selection(adobe_call *c),
    adobe_post_notify(adobe_call *c), adobe_delete_notify(adobe_call *c), adobe_get_notify(adobe_call *c);
void adobe_get_fixed(adobe_call *c);
void adobe_get_orders(adobe_call *c), adobe_get_order(adobe_call *c), adobe_get_order_status(adobe_call *c),
    adobe_get_comments(adobe_call *c), adobe_post_comment(adobe_call *c),
    adobe_get_order_items(adobe_call *c), adobe_get_order_item(adobe_call *c), adobe_post_ship(adobe_call *c),
    adobe_post_invoice(adobe_call *c), adobe_post_order_refund(adobe_call *c),
    adobe_post_invoice_refund(adobe_call *c), adobe_post_cancel(adobe_call *c),
    adobe_post_hold(adobe_call *c), adobe_post_ready(adobe_call *c);
void adobe_get_shipments(adobe_call *c), adobe_get_shipment(adobe_call *c), adobe_get_invoices(adobe_call *c),
    adobe_get_invoice(adobe_call *c), adobe_get_memos(adobe_call *c), adobe_get_memo(adobe_call *c),
    adobe_post_track(adobe_call *c);

#endif
