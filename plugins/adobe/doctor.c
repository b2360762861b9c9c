/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the shop without changing it: is it reached, may this account use each route, and is the stock set
 * up so that what we write means what we think. A write right is shown by a call that writes nothing: an
 * empty list is refused as empty only to those who may write. */
#include <stdio.h>
#include <string.h>

#include "plugins/adobe/sink.h"

enum { LIMIT_PROBE = 301, LINK_PAGE = 200, LINK_PAGES = 50 };

typedef struct route {
    const char *path, *right;
    int page; /* of the list asked for */
} route;

static const route routes[] = {
    {"/V1/inventory/sources", "Magento_InventoryApi::source", 1},
    {"/V1/inventory/stocks", "Magento_InventoryApi::stock", 1},
    {"/V1/inventory/stock-source-links", "Magento_InventoryApi::stock_source_link", 1},
    {"/V1/inventory/source-items", "Magento_InventoryApi::source", 1},
    {"/V1/products", "Magento_Catalog::products", 1},
};

static int ask_list(tb_ctx *ctx, const char *path, int size, int page, tb_response *r)
{
    adobe_query q = {.size = 0};
    adobe_query_page(&q, size, page);
    return adobe_get(ctx, path, &q, TB_BULK, r);
}

static bool examine_route(tb_ctx *ctx, tb_doctor *doctor, const route *at)
{
    char text[300];
    int64_t total;
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (ask_list(ctx, at->path, at->page, 1, &r)) {
        tb_found(doctor, TB_BAD, at->path,
                 "no answer, or no right: the account needs %s (the log says which)", at->right);
        return false;
    }
    if (adobe_items(&r, &total)) {
        tb_found(doctor, TB_GOOD, at->path, "readable, %lld there", (long long)total);
        return true;
    }
    tb_found(doctor, TB_BAD, at->path, "answered %d %s", r.status, adobe_message(&r, text, sizeof text));
    return false;
}

static void examine_write(tb_ctx *ctx, tb_doctor *doctor)
{
    static const char *const path = "/V1/inventory/source-items";
    char text[300];
    ADOBE_RESPONSE r = {.size = sizeof r};
    json_t *body = json_pack("{s:[]}", "sourceItems");
    int failed = adobe_post(ctx, "stock", path, body, TB_BULK, &r);
    json_decref(body);
    if (failed)
        tb_found(doctor, TB_BAD, "write stock",
                 "no answer, or no right: the account needs Magento_InventoryApi::stock_source_item_assign");
    else if (r.status == 400 && strcasestr(adobe_message(&r, text, sizeof text), "input data is empty"))
        tb_found(doctor, TB_GOOD, "write stock", "the account may write source items");
    else
        tb_found(doctor, TB_DOUBT, "write stock", "an empty list was answered %d %s", r.status,
                 adobe_message(&r, text, sizeof text));
}

/* ---- sources ---- */

static void examine_locations(const adobe_sink *self, tb_ctx *ctx, tb_doctor *doctor, const json_t *sources)
{
    const tb_table *t = self->locations ? tb_table_get(ctx, self->locations) : NULL;
    int column = t ? tb_table_column(t, "source") : -1;
    int bad = 0;
    for (int row = 0; column >= 0 && row < tb_table_rows(t); row++) {
        const char *code = tb_table_cell(t, row, column);
        const json_t *enabled = json_object_get(sources, code);
        if (!*code || json_is_true(enabled))
            continue;
        bad++;
        tb_found(doctor, TB_BAD, code, "table %s, row %d: source %s %s in the shop", self->locations, row + 2,
                 code, enabled ? "is disabled" : "does not exist");
    }
    if (column >= 0 && !bad)
        tb_found(doctor, TB_GOOD, self->locations, "each source of the table exists and is enabled");
}

static void examine_sources(const adobe_sink *self, tb_ctx *ctx, tb_doctor *doctor)
{
    char why[200] = "no answer";
    json_t *sources = NULL;
    if (sources_read(ctx, TB_BULK, &sources, why, sizeof why) || !sources)
        tb_found(doctor, TB_BAD, "sources", "cannot be listed: %s", why);
    else
        examine_locations(self, ctx, doctor, sources);
    json_decref(sources);
}

/* ---- a source in two stocks ---- */

static void note_links(json_t *stocks_of, const json_t *items, tb_doctor *doctor, int *twice)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)items, i, item)
    {
        const char *code = json_string_value(json_object_get(item, "source_code"));
        json_t *stock = json_object_get(item, "stock_id");
        const json_t *other = code ? json_object_get(stocks_of, code) : NULL;
        if (other && !json_equal(other, stock)) {
            ++*twice;
            tb_found(doctor, TB_BAD, code,
                     "source %s is linked to stocks %lld and %lld: a web order is reserved in one of them "
                     "only, the "
                     "other sells the piece again",
                     code, (long long)json_integer_value(other), (long long)json_integer_value(stock));
        } else if (code && stock) {
            json_object_set(stocks_of, code, stock);
        }
    }
}

static void examine_links(tb_ctx *ctx, tb_doctor *doctor)
{
    int twice = 0;
    int64_t total = 0;
    bool whole = false;
    json_t *stocks_of = json_object();
    for (int page = 1; page <= LINK_PAGES && !whole; page++) {
        ADOBE_RESPONSE r = {.size = sizeof r};
        const json_t *items = ask_list(ctx, "/V1/inventory/stock-source-links", LINK_PAGE, page, &r)
                                  ? NULL
                                  : adobe_items(&r, &total);
        if (!items)
            break;
        note_links(stocks_of, items, doctor, &twice);
        whole = (int64_t)page * LINK_PAGE >= total;
    }
    json_decref(stocks_of);
    if (!whole)
        tb_found(doctor, TB_DOUBT, "links", "the links of sources and stocks could not all be read");
    else if (!twice)
        tb_found(doctor, TB_GOOD, "links", "no source is linked to two stocks");
}

/* ---- settings that change what a number means ---- */

static void examine_limits(tb_ctx *ctx, tb_doctor *doctor)
{
    char text[300];
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (ask_list(ctx, "/V1/inventory/source-items", LIMIT_PROBE, 1, &r))
        return;
    if (r.status == 400 &&
        strcasestr(adobe_message(&r, text, sizeof text), "maximum searchcriteria pagesize"))
        tb_found(
            doctor, TB_DOUBT, "input limits",
            "are on (%s): the number of rows a call may hold cannot be read, so it is learnt from refusals",
            text);
    else
        tb_found(doctor, TB_GOOD, "input limits", "are off");
}

static int any_sku(tb_ctx *ctx, char *out, size_t size)
{
    ADOBE_RESPONSE r = {.size = sizeof r};
    int64_t total;
    if (ask_list(ctx, "/V1/products", 1, 1, &r))
        return -1;
    const json_t *item = json_array_get(adobe_items(&r, &total), 0);
    const char *sku = json_string_value(json_object_get(item, "sku"));
    if (!sku || tb_http_escape(sku, NULL, 0) != strlen(sku) || strlen(sku) >= size)
        return -1; /* reserved characters in a path: signatures differ by release */
    snprintf(out, size, "%s", sku);
    return 0;
}

static void examine_threshold(tb_ctx *ctx, tb_doctor *doctor)
{
    char sku[SINK_SKU_MOST], path[SINK_SKU_MOST + 32];
    int64_t least = 0;
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (any_sku(ctx, sku, sizeof sku))
        return;
    snprintf(path, sizeof path, "/V1/stockItems/%s", sku);
    if (adobe_get(ctx, path, NULL, TB_BULK, &r) || r.status != 200)
        tb_found(doctor, TB_DOUBT, "out-of-stock threshold",
                 "min_qty cannot be read (right Magento_Catalog::catalog_inventory)");
    else if (!tb_quantity_from_json(json_object_get(r.json, "min_qty"), &least) && least)
        tb_found(doctor, TB_DOUBT, "out-of-stock threshold",
                 "min_qty of %s is not 0: the shop keeps so many back, beside the buffer", sku);
    else
        tb_found(doctor, TB_GOOD, "out-of-stock threshold", "min_qty of %s is 0", sku);
}

void sink_doctor(adobe_sink *self, tb_ctx *ctx, tb_doctor *doctor)
{
    bool good = true;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        good &= examine_route(ctx, doctor, &routes[i]);
    examine_write(ctx, doctor);
    if (!good)
        return;
    examine_sources(self, ctx, doctor);
    examine_links(ctx, doctor);
    examine_limits(ctx, doctor);
    examine_threshold(ctx, doctor);
}
