/* SPDX-License-Identifier: Apache-2.0 */
/* The client of Sitoo's REST API v2, shared by the plugins of this folder: texts for queries, lists with
 * their envelope, and the warehouses of a site. A list is asked with one value a parameter (a repeated
 * parameter keeps only its last value, with 200), always with `num` (the default is 10), and is judged whole
 * only when it reached its `totalcount`. */
#ifndef SITOO_H
#define SITOO_H

#include <tillbridge/plugin.h>

#include <stdlib.h>

enum { SITOO_PAGE = 500 };

/* ---- text that grows; freed at the end of its scope ---- */

typedef struct sitoo_text {
    char *at;
    size_t size, room;
} sitoo_text;

void sitoo_printf(sitoo_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sitoo_escape(sitoo_text *text, const char *value); /* percent-encoded */
void sitoo_text_free(sitoo_text *text);
const char *sitoo_str(const sitoo_text *text); /* "" when empty */
#define SITOO_TEXT __attribute__((cleanup(sitoo_text_free))) sitoo_text

/* ---- lists ---- */

typedef enum sitoo_answer {
    SITOO_GOOD,
    SITOO_AGAIN,   /* tb_http said so: return TB_RETRY */
    SITOO_REFUSED, /* 400, 404 and kin: about what was asked */
    SITOO_STRANGE  /* 200, but no list */
} sitoo_answer;

typedef struct sitoo_list {
    json_t *items; /* array; own reference */
    int64_t total;
    const char *reason; /* code for tb_raise and tb_reject; NULL when good */
    char why[200];
} sitoo_list;

/* flags: of tb_request. The list is freed by sitoo_list_free, whatever the answer. */
sitoo_answer sitoo_get_list(tb_ctx *ctx, unsigned flags, const char *path, const char *query,
                            sitoo_list *list);
void sitoo_list_free(sitoo_list *list);
#define SITOO_LIST __attribute__((cleanup(sitoo_list_free))) sitoo_list

/* ---- fields ---- */

const char *sitoo_field(const json_t *object, const char *name); /* "" when absent or not a text */
/* Numbers and quantities beyond 10^15 are none: so sums of them, and seconds as milliseconds, fit 64 bits. */
int64_t sitoo_number(const json_t *object, const char *name); /* 0 when absent; also from a text of digits */
int sitoo_quantity(const json_t *object, const char *name, int64_t *out); /* absent, null: -1 */

/* ---- the warehouses of a site ---- */

enum { SITOO_FIFO = 10, SITOO_VIRTUAL = 20 };

typedef struct sitoo_warehouse {
    int64_t id, type;
    bool sellable;
} sitoo_warehouse;

typedef struct sitoo_warehouses {
    sitoo_warehouse *list;
    size_t n;
    int64_t read_at; /* 0: never */
} sitoo_warehouses;

/* Reads them anew when older than `age` ms. SITOO_REFUSED with an empty site: list->reason says wrong-site.
 */
sitoo_answer sitoo_read_warehouses(tb_ctx *ctx, int64_t site, int64_t age, sitoo_warehouses *all,
                                   sitoo_list *list);
const sitoo_warehouse *sitoo_find_warehouse(const sitoo_warehouses *all, int64_t id);
void sitoo_warehouses_free(sitoo_warehouses *all);

#endif
