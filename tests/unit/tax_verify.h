/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of a record's body when the oracle's cart was read back. */
#pragma once
#include <check.h>
#include <jansson.h>

#include "tests/unit/tax_oracle.h"

/* Check writes to a file at each assertion, which a million carts would feel. */
#define MUST(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            ck_abort_msg(__VA_ARGS__);                                                                       \
    } while (0)

typedef struct verified {
    cart cart;
    uint64_t seed;        /* before the cart was rolled */
    char text[CART_TEXT]; /* the order */
    long differences, shown[4];
} verified;

/* Of a cart that fails: where it starts, its set-up and the order, on stderr; Check cuts the program off at 8
 * KiB of message.
 */
const char *shown(const verified *v);
const char *text_in(const json_t *from, const char *name);
/* Lines, sums, residuals and conclusions; the cart's figures must be those of the currency in question. */
void verify(verified *v, const json_t *body);
