/* SPDX-License-Identifier: Apache-2.0 */
/* adobe-source: says which orders of the shop have changed, and reads what is there now. This file is its
 * face; the poll is in poll.c, hydrate in hydrate.c. */
#include "plugins/adobe/source.h"

#include <string.h>

#define AT(field) offsetof(adobe_source, field)

const adobe_stream adobe_streams[4] = {
    {"/V1/orders", "order",
     "entity_id,increment_id,original_increment_id,relation_parent_id,store_id,updated_at",
     "Magento_Sales::actions_view"},
    {"/V1/shipments", "shipment",
     "entity_id,order_id,updated_at,items[sku],comments[comment],extension_attributes[source_code]",
     "Magento_Sales::shipment"},
    {"/V1/invoices", "invoice", "entity_id,order_id,updated_at", "Magento_Sales::sales_invoice"},
    {"/V1/creditmemos", "credit memo", "entity_id,order_id,updated_at,items[sku]",
     "Magento_Sales::sales_creditmemo"},
};

static const tb_param params[] = {
    {.name = "stream",
     .type = TB_CHOICE,
     .flags = TB_REQUIRED,
     .choices = STREAM_NAMES,
     .help = "what is polled; each leads to its orders",
     .offset = AT(stream)},
    {.name = "from",
     .type = TB_TIME,
     .flags = TB_REQUIRED,
     .help = "what was last changed before is not read",
     .offset = AT(from)},
    {.name = "overlap",
     .type = TB_DURATION,
     .fallback = "5m",
     .least = 60000,
     .most = 86400000,
     .help = "so far back each poll begins before the newest change that is known",
     .offset = AT(overlap)},
    {.name = "ids",
     .type = TB_CHOICE,
     .fallback = "increment",
     .choices = ADOBE_IDS,
     .help = "what a record's key is: the order's increment id, or its entity id where increment ids repeat",
     .offset = AT(ids)},
    {.name = "recipient",
     .type = TB_STRING,
     .help = "client id of the project in Adobe's console that the events are for",
     .offset = AT(recipient)},
    {0},
};

static const tb_reason reasons[] = {
    {"web.unreadable", "an order or a document of the shop cannot be read",
     "Open it in the shop's admin and mend what is missing (a deleted product or payment method often is); "
     "the others go on.",
     "integration"},
    {"web.range", "the shop answered with what was not asked for",
     "Its list does not keep to the time that was asked for, so nothing of it is used: look for a module "
     "that "
     "changes the list of orders.",
     "integration"},
    {"web.refused", "the shop refused to list",
     "Read the kept text: a right of the account, a limit of the input, or a module is in the way.",
     "integration"},
    {"web.id-ambiguous", "two orders of the shop have one increment id",
     "Set ids = \"entity\" at each adobe-source and at adobe-sink of this pipeline; its orders get new keys.",
     "integration"},
    {"web.id-unfit", "the order's number does not fit into an external id of the till",
     "Shorten the prefix of the store view's numbers in the shop, or set ids = \"entity\".", "integration"},
    {"web.events-recipient", "an event came that was for another client, or it is not said who we are",
     "Set recipient to the client id of the project in Adobe's console; what was for another was left aside.",
     "integration"},
    {"web.events-validation", "Adobe asks whether events are to come here",
     "Open the address in the text within five minutes after it came, or register again.", "integration"},
    {0},
};

static const char *const namespaces[] = {NS_CHANGED, NULL};

static tb_verdict source_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    return poll_read(self, ctx, cursor, feed);
}

static tb_verdict source_receive(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed)
{
    return receive_events(self, ctx, body, size, feed);
}

/* Adobe repeats for a day what is not answered 2xx, and takes a receiver that goes on failing for broken. So
 * what can never be used is taken and kept for a person. */
static const tb_webhook webhook = {
    .size = sizeof webhook,
    .auth = TB_WEBHOOK_SIGNED,
    .stored = 200,
    .duplicate = 200,
    .busy = 503,
    .denied = 401,
    .malformed = 200,
    .too_large = 413,
    .body_limit = 1024 * 1024,
    .signatures = "x-adobe-digital-signature-1 x-adobe-digital-signature-2",
    .challenge = "challenge",
};

static tb_verdict source_hydrate(void *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    return hydrate_orders(self, ctx, records, count);
}

static tb_verdict source_snapshot(void *self, tb_ctx *ctx, const char *type, const char *cursor,
                                  tb_feed *feed)
{
    return strcmp(type, ORDER_TYPE) ? TB_OK : snapshot_open(self, ctx, cursor, feed);
}

static void source_examine(void *self, tb_ctx *ctx, tb_doctor *doctor)
{
    source_doctor(self, ctx, doctor);
}

static void source_close(void *self_, tb_ctx *ctx)
{
    adobe_source *self = self_;
    (void)ctx;
    json_decref(self->suspects);
    json_decref(self->products);
    json_decref(self->told);
    self->suspects = self->products = self->told = NULL;
}

static const tb_common common = {.size = sizeof common, .close = source_close, .doctor = source_examine};
static const tb_source source = {
    .size = sizeof source,
    .read = source_read,
    .receive = source_receive,
    .hydrate = source_hydrate,
    .snapshot = source_snapshot,
};

TB_PLUGIN(.self_size = sizeof(adobe_source), .name = "adobe-source", .version = "0.1",
          .summary = "orders of Adobe Commerce or Magento Open Source, and what became of them",
          .writes = ORDER_TYPE, .params = params, .reasons = reasons, .namespaces = namespaces,
          .webhook = &webhook, .common = &common, .source = &source, );
