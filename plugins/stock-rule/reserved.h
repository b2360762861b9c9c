/* SPDX-License-Identifier: Apache-2.0 */
/* What the shop's own orders hold at the till, and what left the shelf for them untold, per shop row. */
#ifndef STOCK_RULE_RESERVED_H
#define STOCK_RULE_RESERVED_H

#include <tillbridge/plugin.h>

typedef struct reserved {
    int64_t held, gone; /* sum of O, sum of D, 10^-3 */
    int64_t mark;       /* the highest: a remembered row that was written under a lower one is not believed */
    char bad[160];      /* namespace and key of an entry that cannot be read; "" none */
} reserved;

/* namespaces: names with blanks or commas between, as "orders/reserved"; NULL: none. key: SKU@source. */
void reserved_read(tb_ctx *ctx, const char *namespaces, const char *key, reserved *out);

#endif
