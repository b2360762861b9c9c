/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: which rows of the tills make up which target of the shop, both ways. A SKU that is not in the
 * table keeps its name; one that is listed under `ignore` has no target. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

int tables_get(const stock_source *s, tb_ctx *ctx, tables *t)
{
    *t = (tables){.locations = tb_table_get(ctx, s->locations)};
    if (!t->locations || tb_table_rows(t->locations) == 0)
        return -1;
    t->warehouse = tb_table_column(t->locations, "warehouse");
    t->source = tb_table_column(t->locations, "source");
    t->skus = s->skus ? tb_table_get(ctx, s->skus) : NULL;
    if (t->skus) {
        t->till_sku = tb_table_column(t->skus, "till_sku");
        t->shop_sku = tb_table_column(t->skus, "shop_sku");
    }
    t->ignore = s->ignore ? tb_table_get(ctx, s->ignore) : NULL;
    if (t->ignore)
        t->ignored = tb_table_column(t->ignore, "till_sku");
    bool lost = (s->skus && !t->skus) || (s->ignore && !t->ignore);
    return lost || t->warehouse < 0 || t->source < 0 || t->till_sku < 0 || t->shop_sku < 0 || t->ignored < 0
               ? -1
               : 0;
}

int row_name(int64_t warehouse, const char *sku, char out[ROW_SIZE])
{
    int n = snprintf(out, ROW_SIZE, "%lld/%s", (long long)warehouse, sku);
    return *sku && n > 0 && n < ROW_SIZE ? 0 : -1;
}

int row_parse(const char *row, int64_t *warehouse, const char **sku)
{
    char *end;
    *warehouse = strtoll(row, &end, 10);
    *sku = end + 1;
    return *end == '/' && end[1] ? 0 : -1;
}

const char *source_of(const tables *t, int64_t warehouse)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)warehouse);
    int row = tb_table_find(t->locations, t->warehouse, text, -1);
    return row < 0 ? NULL : tb_table_cell(t->locations, row, t->source);
}

bool is_ignored(const tables *t, const char *sku)
{
    return t->ignore && tb_table_find(t->ignore, t->ignored, sku, -1) >= 0;
}

static const char *shop_name(const tables *t, const char *sku)
{
    int row = t->skus ? tb_table_find(t->skus, t->till_sku, sku, -1) : -1;
    return row < 0 ? sku : tb_table_cell(t->skus, row, t->shop_sku);
}

void target_of(const tables *t, int64_t warehouse, const char *sku, char out[KEY_SIZE])
{
    const char *source = source_of(t, warehouse);
    out[0] = '\0';
    if (!source || !*source || is_ignored(t, sku))
        return;
    int n = snprintf(out, KEY_SIZE, "%s@%s", shop_name(t, sku), source);
    if (n >= KEY_SIZE)
        out[0] = '\0';
}

/* One SKU of the till, in every warehouse of the source. */
static int rows_of_sku(const tables *t, const char *sku, const char *source, row_each each, void *arg)
{
    if (is_ignored(t, sku))
        return 0;
    for (int row = -1; (row = tb_table_find(t->locations, t->source, source, row)) >= 0;) {
        const char *warehouse = tb_table_cell(t->locations, row, t->warehouse);
        int stop = each(arg, strtoll(warehouse, NULL, 10), sku);
        if (stop)
            return stop;
    }
    return 0;
}

int rows_of(const tables *t, const char *key, row_each each, void *arg)
{
    const char *at = strrchr(key, '@');
    if (!at)
        return 0;
    char sku[KEY_SIZE];
    snprintf(sku, sizeof sku, "%.*s", (int)(at - key), key);
    int stop = 0;
    for (int row = -1; !stop && t->skus && (row = tb_table_find(t->skus, t->shop_sku, sku, row)) >= 0;)
        stop = rows_of_sku(t, tb_table_cell(t->skus, row, t->till_sku), at + 1, each, arg);
    bool named = t->skus && tb_table_find(t->skus, t->till_sku, sku, -1) >= 0;
    return stop || named ? stop : rows_of_sku(t, sku, at + 1, each, arg);
}
