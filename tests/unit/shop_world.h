/* SPDX-License-Identifier: Apache-2.0 */
/* A shop for unit tests: sources s1, s2 and s3 in stock 2, which sells on the website, s3 also in stock 3;
 * products K1 to K4. */
#ifndef TB_TEST_SHOP_WORLD_H
#define TB_TEST_SHOP_WORLD_H

#include "sdk/sim/adobe_order.h"

extern adobe *shop;
extern int shop_status;  /* of the last answer */
extern int shop_effects; /* since it was opened */

void shop_open(void);
void shop_close(void);
json_t *shop_ask(const char *method, const char *path, json_t *body); /* NULL: no JSON; the caller frees */
int shop_send(const char *method, const char *path, json_t *body);    /* the status */
json_t *shop_row(const char *sku, const char *source, double quantity, int on);
int shop_post_rows(json_t *rows);
void shop_step(const char *verb, json_t *arguments);     /* of the control interface */
double shop_pieces(const char *sku, const char *source); /* -1000: no row */
void shop_set(const char *key, json_t *value);           /* a setting */

#endif
