/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of one shop order, as integers: money in 10^-4 of its currency, quantities in 10^-3, rates in
 * 10^-4 percent. Nothing here is computed; what a field means depends on the shop's version and set-up and is
 * found out by readings.c and model.c. */
#pragma once
#include <tillbridge/money.h>

enum { RATE_ONE = 1000000, MOST_TAXES = 6 }; /* a rate of 100 percent; taxes that apply to one line */
#define ORDER_MOST INT64_C(1000000000000000) /* a figure that is more is none, 10^-4 */

typedef struct order_taxes { /* what applies to one line, as the order itself lists it */
    int64_t rates[MOST_TAXES];
    uint64_t keys[MOST_TAXES]; /* of their codes: rounding differences are handed on within one key */
    int n;
    const json_t *json; /* the list; NULL: the order has none */
} order_taxes;

typedef struct order_row {
    int64_t id, parent; /* item_id, parent_item_id; 0: none */
    const char *sku, *type;
    int64_t quantity, rate;
    int64_t price, price_incl, original, row, row_incl, discount, compensation, tax;
    int64_t fixed_net, fixed_inside, fixed_tax; /* fixed product tax: of the row; what row_incl holds of it */
    unsigned absent; /* bit i: the i-th of the fields above (ORDER_...) is missing */
    order_taxes taxes;
    struct order_row *above; /* the row of `parent`; NULL: none in this order */
    int children;            /* rows below it */
    bool money, money_below; /* it, or one of them, has money of its own */
} order_row;

enum { ORDER_PRICE, ORDER_PRICE_INCL, ORDER_ORIGINAL, ORDER_ROW, ORDER_ROW_INCL };

typedef struct order_head {
    int64_t grand, tax, subtotal, discount, compensation;
    int64_t shipping, shipping_incl, shipping_tax, shipping_discount, shipping_compensation;
    int64_t gift_cards, credit, reward; /* paid with; not part of grand */
    int64_t wrap, wrap_tax, wrap_items, wrap_items_tax, wrap_card, wrap_card_tax;
} order_head;

typedef struct order {
    const char *number, *created, *state;
    char store[24], currency[4];
    bool base; /* figures are those in the base currency */
    order_head head;
    order_row *rows;
    int rows_n;
    order_taxes shipping_taxes;
    int64_t listed; /* sum of the order's own list of taxes; lists_taxes: there is one */
    bool lists_taxes;
    int64_t shipping_rate; /* -1: the order does not say */
} order;

/* Reads the figures in the order's or in the base currency. -1: *why names what cannot be read (a static
 * text). Texts and JSON stay the order's; order_free it in any case. */
int order_read(const json_t *json, bool base, order *out, const char **why);
void order_free(order *o);
#define CLEANUP_ORDER __attribute__((cleanup(order_free)))

/* What the buyer paid in all: grand total, gift cards, store credit, reward points. */
int64_t order_paid(const order *o);
