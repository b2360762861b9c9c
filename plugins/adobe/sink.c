/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-sink: writes to Adobe Commerce what a pipeline has decided. This file is its face: parameters,
 * operations, reasons, callbacks. Operation `stock` is in stock.c. */
#include "plugins/adobe/sink.h"

#include <string.h>

static tb_verdict sink_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    if (!strcmp(operation, "stock"))
        return stock_deliver(self, ctx, records, count);
    for (size_t i = 0; i < count; i++)
        tb_reject(records[i], "stock.refused", operation, "adobe-sink has no operation %s", operation);
    return TB_OK;
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

static void sink_examine(void *self, tb_ctx *ctx, tb_doctor *doctor)
{
    sink_doctor(self, ctx, doctor);
}

static void sink_close(void *self_, tb_ctx *ctx)
{
    adobe_sink *self = self_;
    (void)ctx;
    json_decref(self->doubt);
    json_decref(self->products);
    json_decref(self->near);
    json_decref(self->sources);
    self->doubt = self->products = self->near = self->sources = NULL;
}

static const tb_param params[] = {
    {"locations", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with a column source: doctor looks whether the shop has each", offsetof(adobe_sink, locations)},
    {"rows-age", TB_DURATION, 0, "24h", 0, 30LL * 86400000, NULL,
     "how long a confirmed row is believed; older ones are written again", offsetof(adobe_sink, rows_age)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_operation operations[] = {
    {"stock", TB_IDEMPOTENT, "stock.level", "stock"},
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
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"rows", "products", "together", NULL};

static const tb_common common = {
    .size = sizeof common, .check = sink_check, .close = sink_close, .doctor = sink_examine};
static const tb_source source = {.size = sizeof source, .snapshot = sink_snapshot};
static const tb_sink sink = {.size = sizeof sink, .deliver = sink_deliver};

TB_PLUGIN(.self_size = sizeof(adobe_sink), .name = "adobe-sink", .version = "0.1",
          .summary = "writes stock to Adobe Commerce or Magento Open Source", .reads = "stock.level",
          .params = params, .operations = operations, .reasons = reasons, .namespaces = namespaces,
          .common = &common, .source = &source, .sink = &sink, );
