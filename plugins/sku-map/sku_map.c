/* SPDX-License-Identifier: Apache-2.0 */
/* sku-map: replaces the `sku` of a record's body by its partner in a table; the original stays in
 * `sku_before`. A SKU that the table does not have stops its record, with the nearest ones and the line to
 * add; the record waits for the table, so a mended table lets it go by itself. A line with an empty partner
 * says: not for the web. */
#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

#include "plugins/nearest/nearest.h"

enum { UNMAPPED_SAME, UNMAPPED_REJECT };

typedef struct sku_map {
    const char *skus, *from, *to;
    int unmapped;
} sku_map;

static tb_verdict reject_unmapped(const sku_map *self, tb_record *record, const tb_table *t, const char *sku)
{
    char names[3 * NEAREST_TEXT + 32], line[400];
    nearest n;
    nearest_start(&n, sku);
    int column = tb_table_column(t, self->from), other = tb_table_column(t, self->to);
    for (int row = 0; row < tb_table_rows(t); row++) {
        nearest_offer(&n, tb_table_cell(t, row, column));
        nearest_offer(&n, tb_table_cell(t, row, other));
    }
    tb_reject(record, "mapping.sku", sku, "%s is not in column %s of table %s; %s. Line to add: %s", sku,
              self->from, self->skus, nearest_print(&n, "nothing there is like it", names, sizeof names),
              nearest_csv(sku, n.count ? n.best[0].text : "SHOP-SKU", line, sizeof line));
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
    const char *sku = json_string_value(json_object_get(tb_record_body(*record), "sku"));
    const tb_table *t = tb_table_get(ctx, self->skus);
    if (!sku || !t)
        return TB_OK;
    int row = tb_table_find(t, tb_table_column(t, self->from), sku, -1);
    if (row < 0)
        return self->unmapped == UNMAPPED_SAME ? TB_OK : reject_unmapped(self, *record, t, sku);
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
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"mapping.sku", "a SKU is not in the table",
     "Add the line that the text proposes, with the right partner, and reload: the records come again by "
     "themselves.",
     "ecommerce"},
    {NULL, NULL, NULL, NULL},
};

static const tb_common common = {.size = sizeof common, .check = sku_map_check};
static const tb_transform transform = {.size = sizeof transform, .apply = sku_map_apply};

TB_PLUGIN(.self_size = sizeof(sku_map), .name = "sku-map", .version = "0.1",
          .summary = "replaces the SKU of a record by its partner in a table",
          .reads = "stock.level order sale", .params = params, .reasons = reasons, .common = &common,
          .transform = &transform, );
