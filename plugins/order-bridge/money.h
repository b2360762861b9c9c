/* SPDX-License-Identifier: Apache-2.0 */
/* The money leg: what a payment method asks for when goods go out, and when an order ends before they do. */
#ifndef ORDER_BRIDGE_MONEY_H
#define ORDER_BRIDGE_MONEY_H

#include <stdbool.h>

typedef enum money_class {                    /* when the money comes */
                           MONEY_AT_ORDER,    /* captured-at-order: paid, an invoice exists */
                           MONEY_AT_SHIPMENT, /* capture-at-shipment: authorised only */
                           MONEY_AT_TILL,     /* pay-in-store */
                           MONEY_CLASSES
} money_class;

typedef enum money_event { MONEY_CANCELLED, MONEY_HANDED_OUT } money_event;

typedef enum money_step {
    MONEY_NOTHING,
    MONEY_REFUND,        /* a credit memo, by a person: cancelling in the shop answers false */
    MONEY_CANCEL,        /* cancelling in the shop works, and voids */
    MONEY_CAPTURE_FIRST, /* invoice with capture, before the shipment */
    MONEY_BOOK_AFTER     /* invoice without capture, after the shipment: the till has the money */
} money_step;

/* invoiced: whether an invoice exists for what is in question. */
money_step money_due(money_class class_, bool invoiced, money_event event);

bool money_class_named(const char *name, money_class *out);
const char *money_class_name(money_class class_);

#endif
