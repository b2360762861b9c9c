/* SPDX-License-Identifier: Apache-2.0 */
/* A step in the making: from what is due to an operation. */
#ifndef ORDER_BRIDGE_DOING_H
#define ORDER_BRIDGE_DOING_H

#include "plugins/order-bridge/bridge.h"

typedef struct doing { /* the step in the making */
    bridge *b;
    const due *due;
    bridge_part *part;
    planned plan;
    json_t *step;
    char token[160];
    const char *source; /* of the rows it touches; NULL: the part's */
} doing;

enum { STOCK = 1, SHOPS_ROW = 2 }; /* claims the rows of stock; takes pieces from the shop's rows */

typedef struct operation {
    step step;
    const char *name;
    int touches;
    tb_verdict (*make)(doing *x); /* fills in step, token and plan */
} operation;

const operation *operation_of(step s); /* NULL: the step is none */
/* The identity of the step: from counters that it, or what comes of it, will change. */
void make_token(doing *x, const char *what, int64_t counter, int64_t more);
/* tell.c: whether a comment in the shop's order is due before the exception; step and token are filled in. */
bool tell_shop(doing *x, const char *reason, const char *text);

#endif
