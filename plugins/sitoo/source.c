/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-source: which targets of the shop (stream `stock`) or which web orders (stream `orders`) have moved
 * at the tills, and what is there now. This file is its description; the code stands in the files named after
 * what they do. */
#include "plugins/sitoo/weborders.h"

#define AT(field) offsetof(stock_source, field)

static const tb_param params[] = {
    {.name = "stream",
     .type = TB_CHOICE,
     .fallback = "stock",
     .choices = "stock orders",
     .help = "what it follows: levels of stock, or till orders of web orders",
     .offset = AT(stream)},
    {.name = "site",
     .type = TB_INT,
     .flags = TB_REQUIRED,
     .least = 1,
     .most = 999999999,
     .help = "number of the site (eshopid); never the GUID",
     .offset = AT(site)},
    {.name = "account",
     .type = TB_INT,
     .most = 999999999,
     .help = "number of the account; events of another one are refused, 0 does not compare",
     .offset = AT(account)},
    {.name = "locations",
     .type = TB_TABLE,
     .help = "table of till warehouse and shop source (columns warehouse, source); stream stock needs it",
     .offset = AT(locations)},
    {.name = "skus",
     .type = TB_TABLE,
     .help = "table of SKUs that differ (columns till_sku, shop_sku); others keep their name",
     .offset = AT(skus)},
    {.name = "ignore",
     .type = TB_TABLE,
     .help = "table of SKUs that only the tills know (column till_sku)",
     .offset = AT(ignore)},
    {.name = "poll-gap",
     .type = TB_DURATION,
     .fallback = "1s",
     .most = 60000,
     .help = "time between two polls of the transactions at least, however many events come",
     .offset = AT(gap)},
    {.name = "full-read",
     .type = TB_DURATION,
     .fallback = "24h",
     .least = 60000,
     .most = INT64_MAX,
     .help = "each warehouse is read whole once in that time",
     .offset = AT(full_read)},
    {.name = "modified-every",
     .type = TB_DURATION,
     .fallback = "30m",
     .least = 60000,
     .most = INT64_MAX,
     .help = "how often each warehouse is asked for rows modified since",
     .offset = AT(modified_every)},
    {.name = "overlap",
     .type = TB_INT,
     .fallback = "50",
     .least = 1,
     .most = 400,
     .help = "how many of the last transaction ids are read again with each poll",
     .offset = AT(overlap)},
    {.name = "reserve-grace",
     .type = TB_DURATION,
     .fallback = "60s",
     .most = 86400000,
     .help = "how long after its end a reservation is looked at again",
     .offset = AT(grace)},
    {.name = "sweep",
     .type = TB_DURATION,
     .fallback = "10m",
     .least = 10000,
     .most = 86400000,
     .help = "stream orders: how often the list of open orders is read",
     .offset = AT(sweep)},
    {.name = "adopt",
     .type = TB_STRING,
     .fallback = "",
     .help = "stream orders: external id that the connector before gave to a web order, %s its number",
     .offset = AT(adopt)},
    {.name = "renew-before",
     .type = TB_DURATION,
     .fallback = "7d",
     .most = INT64_C(365) * 86400000,
     .help = "stream orders: how long before its end a reservation is told, to be renewed",
     .offset = AT(renew_before)},
    {0},
};

static const tb_reason reasons[] = {
    {"sitoo.untrusted", "an answer of Sitoo does not prove itself complete",
     "Run doctor, compare the warehouse in Backoffice, then release the records; nothing was set to zero.",
     "integration"},
    {"sitoo.wrong-site", "the site has no warehouses or is not known",
     "Set site to the number (eshopid) that Backoffice shows.", "integration"},
    {"sitoo.unknown-warehouse", "a warehouse of the table of locations is not at this site",
     "Correct the row in the table of locations, or the site.", "integration"},
    {"sitoo.no-locations", "a table is missing, empty or lacks a column",
     "Restore the table and reload; no key is retired meanwhile.", "integration"},
    {"sitoo.wrong-account", "events of another account arrive",
     "Correct the event subscription in Backoffice, or the account in the configuration.", "integration"},
    {"sitoo.not-found", "Sitoo does not know what was asked for",
     "Check site and warehouse numbers; a warehouse may have been deleted.", "integration"},
    {"sitoo.refused", "Sitoo refused a request",
     "Read the kept answer; report it as a fault if nothing is wrong there.", "integration"},
    {"sitoo.strange-answer", "an answer of Sitoo cannot be understood",
     "Read the kept answer; report it as a fault if Sitoo's is right.", "integration"},
    {0},
};

static const char *const namespaces[] = {NS_LEVELS, NS_RESERVED, NS_LISTED, NS_ORDERS, NS_TIMERS,
                                         NS_PAGES,  NS_TARGETS,  NS_TILL,   NULL};

/* Sitoo keeps and repeats events only after 429, 503 and 504; any other code destroys them. So what we can
 * never use is taken (200) and kept for a person, and only bad credentials are told. A body over the limit
 * cannot be Sitoo's (ten small objects), 413 destroys nothing of value. */
static const tb_webhook webhook = {
    .size = sizeof webhook,
    .auth = TB_WEBHOOK_BASIC,
    .stored = 200,
    .duplicate = 200,
    .busy = 503,
    .denied = 401,
    .malformed = 200,
    .too_large = 413,
    .body_limit = 256 * 1024,
};

static void source_close(void *self, tb_ctx *ctx)
{
    stock_source *s = self;
    (void)ctx;
    sitoo_warehouses_free(&s->warehouses);
    json_decref(s->seen);
    json_decref(s->told);
    json_decref(s->sweeping.seen);
}

/* ---- by stream ---- */

static tb_verdict read_stream(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    const stock_source *s = self;
    return s->stream == STREAM_ORDERS ? weborders_read(self, ctx, feed)
                                      : source_read(self, ctx, cursor, feed);
}

static tb_verdict hydrate_stream(void *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    const stock_source *s = self;
    return s->stream == STREAM_ORDERS ? weborders_hydrate(s, ctx, records, count)
                                      : source_hydrate(self, ctx, records, count);
}

static tb_verdict snapshot_stream(void *self, tb_ctx *ctx, const char *type, const char *cursor,
                                  tb_feed *feed)
{
    const stock_source *s = self;
    return s->stream == STREAM_ORDERS ? TB_OK : source_snapshot(self, ctx, type, cursor, feed);
}

static const tb_common common = {
    .size = sizeof common,
    .check = source_check,
    .close = source_close,
    .doctor = source_doctor,
};

static const tb_source source = {
    .size = sizeof source,
    .read = read_stream,
    .receive = source_receive,
    .hydrate = hydrate_stream,
    .snapshot = snapshot_stream,
};

TB_PLUGIN(.self_size = sizeof(stock_source), .name = "sitoo-source", .version = "1.0",
          .summary = "stock of Sitoo's warehouses, as targets of the shop; till orders of web orders",
          .writes = RECORD_TYPE " " ORDER_TYPE, .params = params, .reasons = reasons,
          .namespaces = namespaces, .webhook = &webhook, .common = &common, .source = &source);
