/* SPDX-License-Identifier: Apache-2.0 */
/* order-bridge: compares what shop and till have of an order, and names the one step that is due. The rules
 * are in compare.c, what they compare is found in gather.c and facts.c, what a step needs in steps.c. */
#include "plugins/order-bridge/bridge.h"

#include <stdlib.h>
#include <string.h>

static tb_verdict order_bridge_apply(void *self, tb_ctx *ctx, tb_record **record)
{
    if (strcmp(tb_record_type(*record), "order"))
        return TB_OK;
    if (!json_is_object(tb_record_part(*record, "web.order")))
        return tb_drop(*record, "no-web-order");
    if (!tb_record_edit(record))
        return tb_retry(*record, "out of memory");
    if (!json_array_size(json_object_get(tb_record_body(*record), "sold")))
        return tb_drop(*record, "nothing-to-hand-over");
    if (!tb_record_part(*record, "till.order") || !tb_record_part(*record, "web.documents"))
        return tb_reject(
            *record, "order.not-hydrated", NULL, "%s: no source has read its %s", tb_record_key(*record),
            tb_record_part(*record, "till.order") ? "documents in the shop" : "orders at the till");
    bridge *b = calloc(1, sizeof *b);
    if (!b)
        return tb_retry(*record, "out of memory");
    b->self = self;
    b->ctx = ctx;
    b->record = *record;
    b->key = tb_record_key(*record);
    tb_verdict v = bridge_gather(b);
    if (v == TB_OK) {
        facts all[PARTS_MOST];
        bridge_facts(b);
        for (size_t p = 0; p < b->parts_n; p++)
            all[p] = b->parts[p].f;
        due d = compare(all, b->parts_n);
        v = step_take(b, &d);
        *record = b->record;
    }
    bridge_free(b);
    free(b);
    return v;
}

static void order_bridge_close(void *self_, tb_ctx *ctx)
{
    order_bridge *self = self_;
    (void)ctx;
    json_decref(self->waiting);
    self->waiting = NULL;
}

/* ---- settings ---- */

static void need_columns(tb_ctx *ctx, tb_doctor *doctor, const char *table, const char *const *columns)
{
    const tb_table *t = table ? tb_table_get(ctx, table) : NULL;
    for (; t && *columns; columns++) {
        if (tb_table_column(t, *columns) < 0)
            tb_found(doctor, TB_BAD, table, "table %s has no column %s", table, *columns);
    }
}

static void order_bridge_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    static const char *const methods[] = {"method", "class", NULL};
    static const char *const places[] = {"warehouse", "source", NULL};
    const order_bridge *self = self_;
    need_columns(ctx, doctor, self->payments, methods);
    need_columns(ctx, doctor, self->locations, places);
    const tb_table *t = tb_table_get(ctx, self->payments);
    int column = t ? tb_table_column(t, "class") : -1;
    for (int row = 0; column >= 0 && row < tb_table_rows(t); row++) {
        money_class class_;
        if (!money_class_named(tb_table_cell(t, row, column), &class_))
            tb_found(doctor, TB_BAD, self->payments,
                     "table %s, row %d: \"%s\" is not captured-at-order, capture-at-shipment or pay-in-store",
                     self->payments, row + 2, tb_table_cell(t, row, column));
    }
}

static const tb_param params[] = {
    {"payments", TB_TABLE, TB_REQUIRED, NULL, 0, 0, NULL,
     "table with columns method, class (captured-at-order, capture-at-shipment, pay-in-store)",
     offsetof(order_bridge, payments)},
    {"locations", TB_TABLE, TB_REQUIRED, NULL, 0, 0, NULL, "table with columns warehouse, source",
     offsetof(order_bridge, locations)},
    {"send-when", TB_CHOICE, 0, "paid", 0, 0, "paid placed",
     "whether an order goes to the till when it is paid (or authorised), or at once",
     offsetof(order_bridge, send_when)},
    {"shipped-in-shop", TB_CHOICE, 0, "exception", 0, 0, "exception deliver",
     "what becomes of a shipment that somebody made in the shop", offsetof(order_bridge, shops_shipment)},
    {"refund-on-cancel", TB_BOOL, 0, "false", 0, 0, NULL,
     "whether an order that no place hands over is cancelled in the shop",
     offsetof(order_bridge, refund_on_cancel)},
    {"tell-shop", TB_BOOL, 0, "false", 0, 0, NULL,
     "whether an order that waits for a person gets a comment in the shop",
     offsetof(order_bridge, tell_shop)},
    {"rows", TB_STRING, 0, "stock/rows", 0, 0, NULL,
     "namespace with the rows that the stock pipeline's sink has written; \"\": none is waited for",
     offsetof(order_bridge, rows)},
    {"reserve", TB_DURATION, 0, "30d", 3600000, 365LL * 86400000, NULL, "how long the till reserves",
     offsetof(order_bridge, reserve)},
    {"reserve-unpaid", TB_DURATION, 0, "24h", 3600000, 365LL * 86400000, NULL, "the same for an unpaid order",
     offsetof(order_bridge, reserve_unpaid)},
    {"renew-before", TB_DURATION, 0, "7d", 0, 365LL * 86400000, NULL,
     "renewed when no more than that is left, or a quarter of it all", offsetof(order_bridge, renew_before)},
    {"too-old", TB_DURATION, 0, "7d", 0, 365LL * 86400000, NULL,
     "an open order to which nothing happened for so long is an exception; 0s: never",
     offsetof(order_bridge, too_old)},
    {"patience", TB_DURATION, 0, "10m", 1000, 86400000, NULL,
     "how long the stock pipeline and the till are waited for before it is an exception",
     offsetof(order_bridge, row_patience)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"order.goods-out", "goods are out that the shop has cancelled or refunded",
     "Get the goods back, or charge them again; then release the exception.", "customer care"},
    {"order.shipped-elsewhere", "the shop has shipped what the till has not handed out",
     "Find out from where it left: hand it out at the till, or cancel it there. Set shipped-in-shop = "
     "\"deliver\" if the shop's word shall count.",
     "stores"},
    {"order.refund-due", "no place hands over what was ordered",
     "Give the money back in the shop by a credit memo that lists the rows under return to stock, or cancel "
     "the order there; then it ends by itself.",
     "customer care"},
    {"order.changed-at-till", "an order at the till is not what was ordered",
     "Compare both sides in the text; change the till's order back or the shop's order, or release the "
     "exception: "
     "then what stands at the till is taken for what was sent.",
     "stores"},
    {"order.not-collected", "nothing has happened to an order for long",
     "Ask the store; cancel the order in the shop if it will not be collected or shipped.", "stores"},
    {"order.payment-method", "the money leg of a payment method is not known",
     "Add the method to the table named in the text; the orders come again by themselves.", "finance"},
    {"order.not-hydrated", "one side of an order was not read",
     "Put sources that hydrate orders (adobe-source, sitoo-source with stream orders) into the pipeline, "
     "then "
     "retry.",
     NULL},
    {"order.id", "the order's number makes no external id of the till",
     "Set ids = \"entity\" at adobe-source.", NULL},
    {"order.till-lost", "the till does not show an order that was sent to it",
     "Look at the till for the external id in the text. If it is there, the site or the rights of the "
     "account "
     "are wrong; it is looked for again by itself.",
     NULL},
    {"shipment.cancelled-at-till", "a delivery was cancelled after the shop was told",
     "A shipment cannot be undone: hand the goods out again, or give the money back.", "customer care"},
    {"shipment.row-missing", "the shop's row is not written, so a shipment would fail",
     "Look at the exceptions of the stock pipeline for the key in the text; the shipment follows by itself.",
     "ecommerce"},
    {"shipment.bundle-apart", "a bundle that ships as one left from several sources",
     "Make the shipment in the shop by hand, from the source with most of it.", "customer care"},
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"attempts", "reserved", "told", NULL};
static const tb_common common = {
    .size = sizeof common, .check = order_bridge_check, .close = order_bridge_close};
static const tb_transform transform = {.size = sizeof transform, .apply = order_bridge_apply};

TB_PLUGIN(.self_size = sizeof(order_bridge), .name = "order-bridge", .version = "0.1",
          .summary = "compares an order in shop and till, and names the one step that is due",
          .reads = "order", .writes = "stock.level", .params = params, .reasons = reasons,
          .namespaces = namespaces, .common = &common, .transform = &transform, );
