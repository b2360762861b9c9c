/* SPDX-License-Identifier: Apache-2.0 */
/* Looks whether this account may do what orders need, without doing any of it: each call names order 0, which
 * no shop has, or no order at all. Whoever may not is answered 401 before the shop looks for the order. */
#include "plugins/adobe/order.h"

#include <string.h>

static const struct {
    const char *what, *path, *body, *right;
} writes[] = {
    {"ship", "/V1/order/0/ship", "{}", "Magento_Sales::ship"},
    {"invoice", "/V1/order/0/invoice", "{}", "Magento_Sales::invoice"},
    {"comment", "/V1/orders/0/comments",
     "{\"statusHistory\":{\"comment\":\"\",\"is_customer_notified\":0,\"is_visible_on_front\":0,\"parent_"
     "id\":0}}",
     "Magento_Sales::comment"},
    {"cancel", "/V1/orders/0/cancel", "{}", "Magento_Sales::cancel"},
    {"notify ready for pickup", "/V1/order/notify-orders-are-ready-for-pickup", "{\"orderIds\":[]}",
     "Magento_InventoryInStorePickupApi::notify_orders_are_ready_for_pickup"},
};

void orders_doctor(tb_ctx *ctx, tb_doctor *doctor)
{
    char text[300];
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        ADOBE_RESPONSE r = {.size = sizeof r};
        json_t *body = writes[i].body ? json_loads(writes[i].body, 0, NULL) : NULL;
        int failed = adobe_post(ctx, writes[i].what, writes[i].path, body, 0, &r);
        json_decref(body);
        adobe_message(&r, text, sizeof text);
        if (failed)
            tb_found(doctor, TB_BAD, writes[i].what,
                     "no answer, or no right: the account needs %s (the log says which)", writes[i].right);
        else if (r.status == 404 && strstr(text, "match any route"))
            tb_found(doctor, TB_DOUBT, writes[i].what, "the shop has no route %s", writes[i].path);
        else
            tb_found(doctor, TB_GOOD, writes[i].what, "the account may do it");
    }
}
