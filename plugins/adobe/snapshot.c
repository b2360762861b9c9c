/* SPDX-License-Identifier: Apache-2.0 */
/* All rows the shop holds, as records `stock.row`. Rows come and go while they are read, and the answers do
 * not show a row's number, so pages by count would lose some. Instead the numbers are walked in windows
 * (source_item_id greater than A, up to B): a row stands in one window for ever. Empty windows grow, so that
 * gaps cost little.
 *
 * Cursor: "A W": all up to A is read, W is how wide the next window is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/adobe/sink.h"

enum { WIDTH_LEAST = 1, WIDTH_FIRST = 200, WIDTH_MOST = 1 << 24, PAGE = 200 };

typedef struct window {
    long long after, width;
} window;

static window window_from(const char *cursor)
{
    window w = {0, WIDTH_FIRST};
    char *end = NULL;
    if (cursor) {
        w.after = strtoll(cursor, &end, 10);
        w.width = strtoll(end, NULL, 10);
    }
    if (w.width < WIDTH_LEAST || w.width > WIDTH_MOST)
        w.width = WIDTH_FIRST;
    return w;
}

static int get_rows(tb_ctx *ctx, const char *from, const char *to, int page, tb_response *r)
{
    adobe_query q = {.size = 0};
    adobe_query_filter(&q, "source_item_id", "gt", from);
    if (to)
        adobe_query_filter(&q, "source_item_id", "lteq", to);
    adobe_query_sort(&q, "source_item_id");
    adobe_query_page(&q, page, 1);
    adobe_query_fields(&q, "items[sku,source_code,quantity,status],total_count");
    return adobe_get(ctx, "/V1/inventory/source-items", &q, TB_BULK, r);
}

static int add_row(tb_feed *feed, const json_t *item)
{
    char key[SINK_KEY_MOST], quantity[32];
    int64_t pieces;
    const char *sku = json_string_value(json_object_get(item, "sku"));
    const char *source = json_string_value(json_object_get(item, "source_code"));
    if (!sku || !source || tb_quantity_from_json(json_object_get(item, "quantity"), &pieces))
        return -1;
    tb_quantity_format(pieces, 3, quantity, sizeof quantity);
    snprintf(key, sizeof key, "%s@%s", sku, source);
    json_t *body = json_pack("{s:s, s:s, s:s, s:I}", "sku", sku, "source", source, "quantity", quantity,
                             "status", json_integer_value(json_object_get(item, "status")));
    tb_record *record = tb_record_new("stock.row", key, body);
    if (!record)
        return -1;
    tb_record_set_group(record, source);
    return tb_feed_add(feed, record, NULL);
}

static int add_rows(tb_feed *feed, const json_t *items)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)items, i, item)
    {
        if (add_row(feed, item))
            return -1;
    }
    return 0;
}

/* Whether any row is left above; 1 yes, 0 no, -1 not known. */
static int any_above(tb_ctx *ctx, const char *from)
{
    int64_t total;
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (get_rows(ctx, from, NULL, 1, &r) || !adobe_items(&r, &total))
        return -1;
    return total > 0;
}

static tb_verdict finish(tb_feed *feed, window w, bool more)
{
    char cursor[64];
    snprintf(cursor, sizeof cursor, "%lld %lld", w.after, w.width);
    if (more)
        tb_feed_more(feed);
    return tb_feed_cursor(feed, cursor) ? TB_RETRY : TB_OK;
}

tb_verdict snapshot_rows(tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    char from[24], to[24];
    int64_t total;
    int room = tb_feed_room(feed) < PAGE ? tb_feed_room(feed) : PAGE;
    window w = window_from(cursor);
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (room < 1)
        return TB_OK;
    snprintf(from, sizeof from, "%lld", w.after);
    snprintf(to, sizeof to, "%lld", w.after + w.width);
    if (get_rows(ctx, from, to, room, &r))
        return TB_RETRY;
    const json_t *items = adobe_items(&r, &total);
    if (!items)
        return TB_RETRY;
    if ((int64_t)json_array_size(items) < total) { /* more than a page: a narrower window */
        w.width = w.width > 1 ? w.width / 2 : 1;
        return finish(feed, w, true);
    }
    if (add_rows(feed, items))
        return TB_RETRY;
    int more = total ? 1 : any_above(ctx, from);
    if (more < 0)
        return TB_RETRY;
    w.after += more ? w.width : 0;
    w.width = total ? w.width : w.width * 2;
    return finish(feed, w, more);
}
