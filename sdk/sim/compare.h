/* SPDX-License-Identifier: Apache-2.0 */
/* The state of both ends as JSON, with the world's lock held. */
#ifndef TB_SIM_COMPARE_H
#define TB_SIM_COMPARE_H

#include <stdint.h>

#include <jansson.h>

json_t *compare_ends(int64_t kept_back);
/* compare_orders.c: of each web order, whether the tills have it once, and where it stands */
json_t *compare_orders(void);
json_t *compare_goal(int64_t kept_back); /* product by product, with web orders */
json_t *compare_sitoo(void);
json_t *compare_adobe(void);

#endif
