/* SPDX-License-Identifier: Apache-2.0 */
/* sku-map: replaces the `sku` of a record's body by its partner in a table; the original stays in
 * `sku_before`. A SKU that the table does not have stops its record, with the nearest ones and the line to
 * add; the record waits for the table, so a mended table lets it go by itself. A line with an empty partner
 * says: not for the web. An order that was read is mapped row by row, the other way (order.c). */
#include <stdio.h>
#include <string.h>

#include "plugins/nearest/nearest.h"
#include "plugins/sku-map/sku_map.h"

tb_verdict sku_reject(const sku_map *self, tb_record *record, const tb_table *t, const char *column,
                      const char *sku)
{
    char names[3 * NEAREST_TEXT + 32], line[400];
    bool shop = !strcmp(column, self->to); /* the SKU that came is the shop's */
    nearest n;
    nearest_start(&n, sku);
    int from = tb_table_column(t, self->from), to = tb_table_column(t, self->to);
    for (int row = 0; row < tb_table_rows(t); row++) {
        nearest_offer(&n, tb_table_cell(t, row, from));
        nearest_offer(&n, tb_table_cell(t, row, to));
    }
    const char *other = n.count ? n.best[0].text : shop ? "TILL-SKU" : "SHOP-SKU";
    tb_reject(record, "mapping.sku", sku, "%s is not in column %s of table %s; %s. Line to add: %s", sku,
              column, self->skus, nearest_print(&n, "nothing there is like it", names, sizeof names),
              nearest_csv(shop ? other : sku, shop ? sku : other, line, sizeof line));
    tb_depends(record, "table", self->skus, tb_table_version(t));
    return TB_REJECT;
}

static tb_verdict replace(tb_record **record, const char *sku, const char *partner)
{
    json_t *before = json_string(sku); /* sku is the body's own text: copied before it is replaced */
    json_t *body = tb_record_edit(record);
    if (!body) {
        json_decref(before);
        return tb_retry(*record, "out of memory");
    }
    json_object_set_new(body, "sku_before", before);
    json_object_set_new(body, "sku", json_string(partner));
    return TB_OK;
}

static tb_verdict sku_map_apply(void *self_, tb_ctx *ctx, tb_record **record)
{
    const sku_map *self = self_;
    if (!strcmp(tb_record_type(*record), "order") && tb_record_part(*record, "web.order"))
        return order_apply(self, ctx, record);
    const char *sku = json_string_value(json_object_get(tb_record_body(*record), "sku"));
    const tb_table *t = tb_table_get(ctx, self->skus);
    if (!sku || !t)
        return TB_OK;
    int row = tb_table_find(t, tb_table_column(t, self->from), sku, -1);
    if (row < 0)
        return self->unmapped == UNMAPPED_SAME ? TB_OK : sku_reject(self, *record, t, self->from, sku);
    const char *partner = tb_table_cell(t, row, tb_table_column(t, self->to));
    return *partner ? replace(record, sku, partner) : tb_drop(*record, "till-only");
}

static void check_partners(const tb_table *t, const sku_map *self, tb_doctor *doctor)
{
    int column = tb_table_column(t, self->from);
    for (int row = 0; row < tb_table_rows(t); row++) {
        const char *sku = tb_table_cell(t, row, column);
        int first = tb_table_find(t, column, sku, -1);
        if (*sku && first != row)
            tb_found(doctor, TB_BAD, self->skus, "table %s: %s stands in rows %d and %d", self->skus, sku,
                     first + 2, row + 2);
    }
}

static void sku_map_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    const sku_map *self = self_;
    const tb_table *t = tb_table_get(ctx, self->skus);
    const char *const columns[] = {self->from, self->to};
    for (int i = 0; t && i < 2; i++) {
        if (tb_table_column(t, columns[i]) < 0) {
            tb_found(doctor, TB_BAD, self->skus, "table %s has no column %s", self->skus, columns[i]);
            return;
        }
    }
    if (t)
        check_partners(t, self, doctor);
    options_check(self, ctx, doctor);
    const tb_table *types = self->types ? tb_table_get(ctx, self->types) : NULL;
    if (types && (tb_table_column(types, "type") < 0 || tb_table_column(types, "sell") < 0))
        tb_found(doctor, TB_BAD, self->types, "table %s wants the columns type and sell", self->types);
}

static const tb_param params[] = {
    {"skus", TB_TABLE, TB_REQUIRED, NULL, 0, 0, NULL, "table of the SKUs of both systems",
     offsetof(sku_map, skus)},
    {"from", TB_STRING, 0, "till_sku", 0, 0, NULL, "column with the SKU as it comes",
     offsetof(sku_map, from)},
    {"to", TB_STRING, 0, "shop_sku", 0, 0, NULL, "column with the SKU as it goes on; blank: not for the web",
     offsetof(sku_map, to)},
    {"unmapped", TB_CHOICE, 0, "reject", 0, 0, "same reject",
     "what becomes of a SKU that the table does not have", offsetof(sku_map, unmapped)},
    {"options", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with columns product, option, value, till_sku: what is handed over for custom options",
     offsetof(sku_map, options)},
    {"types", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with columns type, sell (row, child, children or nothing): product types that differ",
     offsetof(sku_map, types)},
    {"bundles", TB_CHOICE, 0, "together", 0, 0, "together separately",
     "how a bundle ships of which neither product nor order tells it", offsetof(sku_map, bundles)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"mapping.sku", "a SKU is not in the table",
     "Add the line that the text proposes, with the right partner, and reload: the records come again by "
     "themselves.",
     "ecommerce"},
    {"mapping.custom-option", "no rule says what is handed over for a custom option",
     "Add the line that the text proposes to the table of options, with the right SKU of the till (blank if "
     "the option does not change what is handed over), and reload: all orders that wait come again.",
     "ecommerce"},
    {NULL, NULL, NULL, NULL},
};

static const tb_common common = {.size = sizeof common, .check = sku_map_check};
static const tb_transform transform = {.size = sizeof transform, .apply = sku_map_apply};

TB_PLUGIN(.self_size = sizeof(sku_map), .name = "sku-map", .version = "0.1",
          .summary = "replaces the SKU of a record by its partner in a table, and finds what an order sold",
          .reads = "stock.level order sale", .params = params, .reasons = reasons, .common = &common,
          .transform = &transform, );
