/* SPDX-License-Identifier: Apache-2.0 */
/* The instance of sku-map, and its half for orders: what has to be handed over for each row of an order. */
#ifndef SKU_MAP_H
#define SKU_MAP_H

#include <tillbridge/plugin.h>

#include "plugins/order-parts/order_parts.h"

enum { SKU_MOST = 160, OPTIONS_TEXT = 600 };

enum { UNMAPPED_SAME, UNMAPPED_REJECT };
enum { BUNDLES_TOGETHER, BUNDLES_SEPARATELY };

typedef struct sku_map {
    const char *skus, *from, *to;
    const char *options, *types; /* tables; NULL: none */
    int unmapped, bundles;
} sku_map;

/* sku is not in that column: rejected, with what is like it and the line to add. */
tb_verdict sku_reject(const sku_map *self, tb_record *record, const tb_table *t, const char *column,
                      const char *sku);

/* ---- order.c ---- */

/* Writes `sold` and `unshipped` into the body of an order. TB_OK or a rejection. */
tb_verdict order_apply(const sku_map *self, tb_ctx *ctx, tb_record **record);

/* ---- options.c: custom options ---- */

typedef struct option_choice { /* what a row's custom options come to */
    char base[SKU_MOST];       /* the product's SKU without what options appended */
    char till[SKU_MOST];       /* SKU at the till that a rule names; "": as the base is mapped */
    char text[OPTIONS_TEXT];   /* for staff; "": no options */
} option_choice;

/* The rules of the row's options. sku: of the row that stands on the shelf. TB_OK or a rejection; over: the
 * order is, so an option without a rule is none to stop for. */
tb_verdict options_choose(const sku_map *self, tb_ctx *ctx, tb_record *record, const json_t *row, bool over,
                          const char *sku, option_choice *out);
void options_check(const sku_map *self, tb_ctx *ctx, tb_doctor *doctor);

#endif
