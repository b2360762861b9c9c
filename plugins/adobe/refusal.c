/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused call about an order means. The status does not say it: a deadlock, an order on hold and a
 * row that is no row are all 400, so the message is looked up. The texts are those of 2.4; validation answers
 * hold several lines, of which the first pattern of the table counts. */
#include "plugins/adobe/order.h"

#include <string.h>

static const struct {
    int status;
    const char *pattern; /* anywhere in the message, ignoring case */
    refusal means;
} meanings[] = {
    {404, "does not match any route", REFUSAL_PLAIN},
    {404, "", REFUSAL_GONE},
    {400, "deadlock", REFUSAL_AGAIN},
    {400, "lock wait timeout", REFUSAL_AGAIN},
    {400, "can't notify the customer", REFUSAL_AGAIN},
    {400, "could not save a shipment", REFUSAL_STOCK},
    {400, "is not ready for pickup", REFUSAL_STOCK},
    {400, "could not save an invoice", REFUSAL_MOVED},
    {400, "order has a status of", REFUSAL_STATUS},
    {400, "does not allow a shipment", REFUSAL_MOVED},
    {400, "does not allow an invoice", REFUSAL_MOVED},
    {400, "must not be greater than", REFUSAL_MOVED},
    {400, "without products", REFUSAL_MOVED},
    {400, "unable to add comment", REFUSAL_MOVED},
    {400, "", REFUSAL_PLAIN},
};

refusal refusal_of(const char *message, int status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (status == meanings[i].status && strcasestr(message, meanings[i].pattern))
            return meanings[i].means;
    }
    return REFUSAL_PLAIN;
}
