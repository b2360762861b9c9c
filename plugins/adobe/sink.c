/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-sink: writes to Adobe Commerce what a pipeline has decided. This file is its face: parameters,
 * operations, reasons, callbacks. Operation `stock` is in stock.c, those about orders begin in steps.c. */
#include "plugins/adobe/order.h"

#include <string.h>

static tb_verdict sink_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    const order_operation *of_order = order_operation_find(operation);
    if (!strcmp(operation, "stock"))
        return stock_deliver(self, ctx, records, count);
    if (of_order)
        return orders_deliver(self, ctx, of_order, records, count);
    for (size_t i = 0; i < count; i++)
        tb_reject(records[i], "stock.refused", operation, "adobe-sink has no operation %s", operation);
    return TB_OK;
}

static tb_verdict sink_probe(void *self, tb_ctx *ctx, const char *operation, tb_record *record)
{
    const order_operation *of_order = order_operation_find(operation);
    return of_order && of_order->probe ? of_order->probe(self, ctx, record) : TB_RETRY;
}

static tb_verdict sink_snapshot(void *self, tb_ctx *ctx, const char *type, const char *cursor, tb_feed *feed)
{
    (void)self;
    return strcmp(type, "stock.row") ? TB_OK : snapshot_rows(ctx, cursor, feed);
}

static void sink_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    const adobe_sink *self = self_;
    const tb_table *t = self->locations ? tb_table_get(ctx, self->locations) : NULL;
    if (t && tb_table_column(t, "source") < 0)
        tb_found(doctor, TB_BAD, self->locations, "table %s has no column source", self->locations);
}

static void sink_examine(void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    adobe_sink *self = self_;
    sink_doctor(self, ctx, doctor);
    if (strcmp(tb_pipeline(ctx), self->orders))
        return;
    orders_doctor(ctx, doctor);
    left_over_doctor(ctx, doctor);
}

static void sink_close(void *self_, tb_ctx *ctx)
{
    adobe_sink *self = self_;
    (void)ctx;
    json_decref(self->doubt);
    json_decref(self->products);
    json_decref(self->near);
    json_decref(self->sources);
    json_decref(self->tries);
    self->doubt = self->products = self->near = self->sources = self->tries = NULL;
}

static const tb_param params[] = {
    {"locations", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with a column source: doctor looks whether the shop has each", offsetof(adobe_sink, locations)},
    {"rows-age", TB_DURATION, 0, "24h", 0, 30LL * 86400000, NULL,
     "how long a confirmed row is believed; older ones are written again", offsetof(adobe_sink, rows_age)},
    {"orders", TB_STRING, 0, "orders", 0, 0, NULL,
     "pipeline that ships: a row that it has moved is not believed any more", offsetof(adobe_sink, orders)},
    {"ids", TB_CHOICE, 0, "increment", 0, 0, ADOBE_IDS, "what an order's key is; the same as at adobe-source",
     offsetof(adobe_sink, ids)},
    {"notify", TB_BOOL, 0, "false", 0, 0, NULL, "the shop mails the buyer about each shipment and invoice",
     offsetof(adobe_sink, notify)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_operation operations[] = {
    {"stock", TB_IDEMPOTENT, "stock.level", "stock"},
    {"shipment", TB_CREATE, "order", NULL},
    {"ready", TB_CREATE, "order", NULL},
    {"invoice", TB_CREATE, "order", NULL},
    {"order-comment", TB_CREATE, "order", NULL},
    {"web-order-cancel", TB_IDEMPOTENT, "order", NULL},
    {NULL, 0, NULL, NULL},
};

static const tb_reason reasons[] = {
    {"stock.no-product", "the shop does not have the SKU, or it has no stock of its own",
     "Make the product in the shop, or add the line that the text proposes to the table of SKUs; it is "
     "looked at "
     "again every hour.",
     "ecommerce"},
    {"stock.no-source", "the shop does not have the source",
     "Make the source in the shop, or mend the table of locations; it is looked at again every hour.",
     "ecommerce"},
    {"stock.bundle-together", "a bundle that ships together cannot have parts in a second source",
     "Set the bundle to ship separately, or take the SKU out of this source; then release the exception.",
     "ecommerce"},
    {"stock.refused", "the shop refused the row",
     "Read the answer that is kept with the record, mend what it names, then retry.", NULL},
    {"web.shipment-refused", "the shop refused a shipment",
     "Goods are out: ship them in the shop's admin from the source that is named, or mend what the text says "
     "(rows of the source, type of a bundle), then retry.",
     "ecommerce"},
    {"web.ready-refused", "the shop does not tell the buyer that the order is ready",
     "Look at the order in the shop's admin: its pick-up source must hold the pieces. Tell the buyer from "
     "there, "
     "or retry.",
     "ecommerce"},
    {"web.invoice-refused", "the shop refused an invoice",
     "Look at the order's payment in the shop's admin, invoice it there or mend what the text says, then "
     "retry.",
     "finance"},
    {"web.comment-refused", "the shop refused a comment", "Read the kept answer; report it as a fault.",
     "integration"},
    {"web.cancel-refused", "the shop does not cancel the order",
     "What is invoiced cannot be cancelled: give the money back with a credit memo, then the order is "
     "closed.",
     "customer care"},
    {"web.order-status", "the order's status does not allow it",
     "Take the order off hold, or finish its review, in the shop; it is looked at again every hour.",
     "customer care"},
    {"web.order-gone", "the shop does not have the order",
     "It was deleted in the shop: cancel it at the till, or drop the record.", "customer care"},
    {"web.step", "what is to be done is not whole", "Report it as a fault of the pipeline's last transform.",
     "integration"},
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"rows", "products", "together", "moved", NULL};

static const tb_common common = {
    .size = sizeof common, .check = sink_check, .close = sink_close, .doctor = sink_examine};
static const tb_source source = {.size = sizeof source, .snapshot = sink_snapshot};
static const tb_sink sink = {.size = sizeof sink, .deliver = sink_deliver, .probe = sink_probe};

TB_PLUGIN(.self_size = sizeof(adobe_sink), .name = "adobe-sink", .version = "0.1",
          .summary = "writes stock and what became of orders to Adobe Commerce or Magento Open Source",
          .reads = "stock.level order", .params = params, .operations = operations, .reasons = reasons,
          .namespaces = namespaces, .common = &common, .source = &source, .sink = &sink, );
