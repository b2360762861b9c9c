/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of orders and of their documents share. */
#ifndef TB_TEST_SIM_ORDERS_H
#define TB_TEST_SIM_ORDERS_H

#include <check.h>

#include "tests/unit/shop_world.h"

adobe_order *place(const char *wish);                          /* JSON, ' for " */
adobe_order *place_refused(const char *wish, const char *why); /* NULL */
json_t *parsed(const char *text);
/* A number of the order as REST tells it: "grand_total", "items/0/qty_shipped". -1: it is not there. */
double told(const adobe_order *o, const char *path);
int post(const adobe_order *o, const char *what, const char *body); /* order/ID/what; its status */
int64_t salable(const char *sku);                                   /* whole pieces, before the floor */
void stock(const char *sku, const char *source, double quantity);
adobe_product *add_bundle(const char *sku, bool separately); /* of 1 K3 and 2 K4 */
adobe_product *add_configurable(const char *sku, const char *child);
TCase *documents_case(void);

#endif
