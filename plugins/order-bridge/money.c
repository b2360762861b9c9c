/* SPDX-License-Identifier: Apache-2.0 */
/* One row a case. What is invoiced is captured or booked: it can only be given back by a credit memo, and
 * needs no second invoice. */
#include "plugins/order-bridge/money.h"

#include <stddef.h>
#include <string.h>

static const struct leg {
    money_class class_;
    bool invoiced;
    money_event event;
    money_step step;
} legs[] = {
    {MONEY_AT_ORDER, true, MONEY_CANCELLED, MONEY_REFUND},
    {MONEY_AT_ORDER, false, MONEY_CANCELLED, MONEY_CANCEL}, /* never paid after all */
    {MONEY_AT_ORDER, true, MONEY_HANDED_OUT, MONEY_NOTHING},
    {MONEY_AT_ORDER, false, MONEY_HANDED_OUT, MONEY_NOTHING},
    {MONEY_AT_SHIPMENT, true, MONEY_CANCELLED, MONEY_REFUND},
    {MONEY_AT_SHIPMENT, false, MONEY_CANCELLED, MONEY_CANCEL},
    {MONEY_AT_SHIPMENT, true, MONEY_HANDED_OUT, MONEY_NOTHING},
    {MONEY_AT_SHIPMENT, false, MONEY_HANDED_OUT, MONEY_CAPTURE_FIRST},
    {MONEY_AT_TILL, true, MONEY_CANCELLED, MONEY_REFUND},
    {MONEY_AT_TILL, false, MONEY_CANCELLED, MONEY_CANCEL},
    {MONEY_AT_TILL, true, MONEY_HANDED_OUT, MONEY_NOTHING},
    {MONEY_AT_TILL, false, MONEY_HANDED_OUT, MONEY_BOOK_AFTER},
};

static const char *const names[MONEY_CLASSES] = {"captured-at-order", "capture-at-shipment", "pay-in-store"};

money_step money_due(money_class class_, bool invoiced, money_event event)
{
    for (size_t i = 0; i < sizeof legs / sizeof *legs; i++) {
        if (legs[i].class_ == class_ && legs[i].invoiced == invoiced && legs[i].event == event)
            return legs[i].step;
    }
    return MONEY_NOTHING;
}

bool money_class_named(const char *name, money_class *out)
{
    for (int i = 0; i < MONEY_CLASSES; i++) {
        if (!strcmp(names[i], name)) {
            *out = (money_class)i;
            return true;
        }
    }
    return false;
}

const char *money_class_name(money_class class_)
{
    return class_ < MONEY_CLASSES ? names[class_] : "";
}
