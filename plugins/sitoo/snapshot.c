/* SPDX-License-Identifier: Apache-2.0 */
/* All present state, for comparing: the mapped warehouses in the order of the table, page by page. A record a
 * row carries the row's own level; the reader adds up what has one key. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

typedef struct progress {
    int row; /* of the table of locations */
    int64_t start;
} progress;

static void progress_read(const char *cursor, progress *p)
{
    json_auto_t *value = cursor ? json_loads(cursor, 0, NULL) : NULL;
    *p = (progress){(int)sitoo_number(value, "row"), sitoo_number(value, "start")};
}

static int add_row(tb_feed *feed, const tables *t, int64_t warehouse, const json_t *item)
{
    char key[KEY_SIZE], total[32], reserved[32];
    int64_t pieces, held;
    if (!*sitoo_field(item, "sku") || sitoo_quantity(item, "decimaltotal", &pieces) ||
        sitoo_quantity(item, "decimalreserved", &held))
        return -1; /* what is not whole is not compared with */
    target_of(t, warehouse, sitoo_field(item, "sku"), key);
    if (!*key)
        return 0;
    tb_quantity_format(pieces, 3, total, sizeof total);
    tb_quantity_format(held, 3, reserved, sizeof reserved);
    const char *at = strrchr(key, '@');
    json_t *body =
        json_pack("{s:s%, s:s, s:s, s:I, s:s, s:s}", "sku", key, (size_t)(at - key), "source", at + 1, "why",
                  "snapshot", "warehouse", (json_int_t)warehouse, "total", total, "reserved", reserved);
    tb_record *record = tb_record_new(RECORD_TYPE, key, body);
    if (!record)
        return -1;
    tb_record_set_group(record, at + 1);
    return tb_feed_add(feed, record, NULL);
}

static tb_verdict take_page(tb_feed *feed, const tables *t, int64_t warehouse, const sitoo_list *list,
                            progress *p)
{
    size_t i;
    json_t *item;
    char cursor[80];
    json_array_foreach(list->items, i, item)
    {
        if (add_row(feed, t, warehouse, item))
            return TB_RETRY;
    }
    p->start += (int64_t)i;
    if (!i && p->start < list->total)
        return TB_RETRY; /* a lost page */
    if (p->start >= list->total)
        *p = (progress){p->row + 1, 0};
    if (p->row < tb_table_rows(t->locations))
        tb_feed_more(feed);
    snprintf(cursor, sizeof cursor, "{\"row\":%d,\"start\":%lld}", p->row, (long long)p->start);
    return tb_feed_cursor(feed, cursor) ? TB_RETRY : TB_OK;
}

tb_verdict source_snapshot(void *self, tb_ctx *ctx, const char *type, const char *cursor, tb_feed *feed)
{
    const stock_source *s = self;
    SITOO_LIST list = {0};
    SITOO_TEXT path = {0}, query = {0};
    tables t;
    progress p;
    progress_read(cursor, &p);
    if (strcmp(type, RECORD_TYPE) != 0)
        return TB_OK;
    if (tables_get(s, ctx, &t))
        return TB_RETRY;
    if (p.row >= tb_table_rows(t.locations))
        return TB_OK;
    int room = tb_feed_room(feed);
    int64_t warehouse = strtoll(tb_table_cell(t.locations, p.row, t.warehouse), NULL, 10);
    sitoo_printf(&path, "/sites/%lld/warehouses/%lld/warehouseitems.json", (long long)s->site,
                 (long long)warehouse);
    sitoo_printf(&query, "start=%lld&num=%d&fields=sku,decimaltotal,decimalreserved", (long long)p.start,
                 room > 0 && room < SITOO_PAGE ? room : SITOO_PAGE);
    if (sitoo_get_list(ctx, TB_BULK, sitoo_str(&path), sitoo_str(&query), &list) != SITOO_GOOD)
        return TB_RETRY;
    return take_page(feed, &t, warehouse, &list, &p);
}
