/* SPDX-License-Identifier: Apache-2.0 */
/* Orders by their ids or external ids, and the lists that hang on one order. */
#ifndef SITOO_FIND_H
#define SITOO_FIND_H

#include "plugins/sitoo/sitoo.h"

enum { SITOO_FIND = 100 };

/* field: "orderid" or "externalid"; wanted: an object whose names are the ids, at most SITOO_FIND.
 * list->items: the orders that there are, with their rows and logs. */
sitoo_answer sitoo_find_orders(tb_ctx *ctx, const char *field, const json_t *wanted, sitoo_list *list);
/* The whole of a list that hangs on one order (deliveries, log). */
sitoo_answer sitoo_list_all(tb_ctx *ctx, const char *path, sitoo_list *list);

#endif
