/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-source, stream `orders`: which web orders have moved at the tills, and what stands there now. The key
 * of a record is the web order's, read from the external id of the till order; a till order without such an
 * id is none of ours.
 *
 * What was last seen of each of ours stands in namespace `till`, under "<order>/<till order id>":
 * {"x": external id, "s": state, "r": datereserved, "at": when}. It is written by the source's thread alone;
 * hydrate reads it to know which orders to ask for. */
#ifndef SITOO_WEBORDERS_H
#define SITOO_WEBORDERS_H

#include "plugins/sitoo/external.h"
#include "plugins/sitoo/stock.h"

#define ORDER_TYPE "order"
#define NS_TILL "till"
enum { SEEN_SIZE = SITOO_EXTERNAL + 24 };

typedef struct seen_order {
    bool known;
    char external[SITOO_EXTERNAL];
    int64_t state, reserved, at; /* reserved: seconds, at: ms */
} seen_order;

void seen_get(tb_ctx *ctx, const char *name, seen_order *out);
void seen_decode(const char *text, seen_order *out);
int seen_set(tb_ctx *ctx, const char *name, const seen_order *s); /* NULL: removed */
void seen_name(const char *order, int64_t till, char out[SEEN_SIZE]);

tb_verdict weborders_read(void *self, tb_ctx *ctx, tb_feed *feed);
tb_verdict weborders_sweep(reading *r); /* sweep.c: one page of the open ones, when it is due */
int weborders_take(reading *r, const json_t *order, bool moved);
tb_verdict weborders_hydrate(const stock_source *self, tb_ctx *ctx, tb_record **records, size_t count);

#define WEBORDER_FIELDS                                                                                      \
    "fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,warehouseid,datereserved"

#endif
