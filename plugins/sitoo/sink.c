/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-sink: makes web orders at the tills, cancels them, keeps their reservations, tells the till what was
 * handed over elsewhere. This file is its face: parameters, operations, reasons, callbacks. */
#include "plugins/sitoo/sink.h"

#include <string.h>

enum { LATER = 1000 };

static const struct {
    const char *operation;
    sink_did (*deliver)(sink_step *s);
    tb_verdict (*probe)(sink_step *s);
} works[] = {
    {"order", sink_make_order, sink_probe_order},
    {"order-cancel", sink_cancel, NULL},
    {"reservation-renew", sink_renew, NULL},
    {"delivery", sink_make_delivery, sink_probe_delivery},
};

static size_t work_of(const char *operation)
{
    size_t i = 0;
    while (i + 1 < sizeof works / sizeof *works && strcmp(works[i].operation, operation))
        i++;
    return i;
}

static sink_step step_of(const void *self, tb_ctx *ctx, tb_record *record)
{
    return (sink_step){self, ctx, record, json_object_get(tb_record_body(record), "step")};
}

/* Those behind one that got no answer were not sent. Left without a verdict they would be taken as sent too,
 * and probed; so each is put off for a moment, which costs it no attempt. */
static void put_off(tb_ctx *ctx, tb_record **records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tb_wait(records[i], tb_now(ctx) + LATER, "not sent: the call before it got no answer");
}

static tb_verdict sink_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sink_step s = step_of(self, ctx, records[i]);
        if (works[work_of(operation)].deliver(&s) == SINK_SAID)
            continue;
        put_off(ctx, records + i + 1, count - i - 1);
        return TB_RETRY;
    }
    return TB_OK;
}

static tb_verdict sink_probe(void *self, tb_ctx *ctx, const char *operation, tb_record *record)
{
    sink_step s = step_of(self, ctx, record);
    size_t i = work_of(operation);
    return works[i].probe ? works[i].probe(&s) : tb_retry(record, "%s is not probed", operation);
}

/* ---- what the other side must allow ---- */

static void sink_doctor(void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    const sitoo_sink *self = self_;
    sitoo_warehouses all = {0};
    SITOO_LIST list = {0};
    if (sitoo_read_warehouses(ctx, self->site, 0, &all, &list) == SITOO_GOOD)
        tb_found(doctor, TB_GOOD, "site", "site %lld has %zu warehouses", (long long)self->site, all.n);
    else
        tb_found(doctor, TB_BAD, "site", "%s", list.reason ? list.why : "no answer");
    sitoo_warehouses_free(&all);
    if (!self->shipping_sku)
        tb_found(
            doctor, TB_DOUBT, "shipping-sku",
            "is not set: shipping is sold as a row without a SKU, so it has no product group at the till");
}

#define AT(field) offsetof(sitoo_sink, field)

static const tb_param params[] = {
    {"site", TB_INT, TB_REQUIRED, NULL, 1, 999999999, NULL,
     "number of the site (eshopid) in which orders are made", AT(site)},
    {"shipping-sku", TB_STRING, 0, NULL, 0, 0, NULL, "SKU of the service product for shipping",
     AT(shipping_sku)},
    {"wrapping-sku", TB_STRING, 0, NULL, 0, 0, NULL, "SKU of the service product for gift wrapping",
     AT(wrapping_sku)},
    {"fixed-tax-sku", TB_STRING, 0, NULL, 0, 0, NULL, "SKU of the service product for fixed product taxes",
     AT(fixed_tax_sku)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_operation operations[] = {
    {"order", TB_CREATE, "order", "order"},
    {"order-cancel", TB_IDEMPOTENT, "order", "order"},
    {"reservation-renew", TB_IDEMPOTENT, "order", NULL},
    {"delivery", TB_CREATE, "order", NULL},
    {NULL, 0, NULL, NULL},
};

static const tb_reason reasons[] = {
    {"order.id-taken", "an order at the till has the external id, and other rows",
     "Compare the two orders; if the till's is wrong, cancel it there, and the next attempt is made.",
     "integration"},
    {"order.not-as-sent", "the till made something else of the order than was sent",
     "The order stands at the till: compare totals, warehouse and reservation, correct it there or cancel "
     "it, then "
     "release the record; it is not sent once more.",
     "finance"},
    {"order.refused", "Sitoo refused the order or its change",
     "Read the kept answer, mend what it names, then release the record.", "integration"},
    {"order.unfit", "the step cannot be written as an order at the till",
     "Read what is missing; whole pieces, amounts in cents and rows that add up are needed.", "integration"},
    {"order.no-address", "an order is to be shipped and has no address",
     "Complete the address in the shop, then release the record.", NULL},
    {"order.delivered", "an order at the till is to be cancelled, and its goods are out",
     "Get the goods back (a return at the till) or keep the money; then release the record.", NULL},
    {"order.not-there", "the till does not know the order",
     "Check the site and whether the account is the one in which the order was made.", "integration"},
    {"delivery.refused", "Sitoo refused the delivery",
     "Compare the order's deliveries at the till with the shipments of the shop, then release the record.",
     NULL},
    {"sitoo.not-found", "Sitoo does not know what was asked for", "Check the number of the site.",
     "integration"},
    {"sitoo.refused", "Sitoo refused a request",
     "Read the kept answer; report it as a fault if nothing is wrong there.", "integration"},
    {"sitoo.untrusted", "an answer of Sitoo does not prove itself complete",
     "Release the record; report it as a fault if it comes again.", "integration"},
    {"sitoo.strange-answer", "an answer of Sitoo cannot be understood",
     "Read the kept answer; report it as a fault if Sitoo's is right.", "integration"},
    {NULL, NULL, NULL, NULL},
};

static const tb_common common = {.size = sizeof common, .doctor = sink_doctor};
static const tb_sink sink = {.size = sizeof sink, .deliver = sink_deliver, .probe = sink_probe};

TB_PLUGIN(.self_size = sizeof(sitoo_sink), .name = "sitoo-sink", .version = "1.0",
          .summary = "orders, cancellations, reservations and deliveries at Sitoo's tills", .reads = "order",
          .params = params, .operations = operations, .reasons = reasons, .common = &common, .sink = &sink, );
