/* SPDX-License-Identifier: Apache-2.0 */
/* All open orders as records, by rising entity_id: a sweep that finds what no poll has told of. An order that
 * is closed meanwhile leaves no gap, because each page begins behind the last number of the one before. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 50 };
#define OPEN_STATES "new,pending_payment,processing,holded,payment_review"

static int ask(tb_ctx *ctx, int64_t after, int size, tb_response *r)
{
    char id[24], fields[200];
    adobe_query q = {.size = 0};
    snprintf(id, sizeof id, "%lld", (long long)after);
    snprintf(fields, sizeof fields, "items[%s],total_count", adobe_streams[STREAM_ORDERS].fields);
    adobe_query_filter(&q, "entity_id", "gt", id);
    adobe_query_filter(&q, "state", "in", OPEN_STATES);
    adobe_query_sort(&q, "entity_id");
    adobe_query_page(&q, size, 1);
    adobe_query_fields(&q, fields);
    return adobe_get(ctx, adobe_streams[STREAM_ORDERS].path, &q, TB_BULK, r);
}

static int add_order(tb_feed *feed, const json_t *row, const json_t *names, int64_t *last)
{
    char id[24];
    int64_t number = adobe_id(json_object_get(row, "entity_id"));
    snprintf(id, sizeof id, "%lld", (long long)number);
    const char *key = json_string_value(json_object_get(names, id));
    if (number > *last)
        *last = number;
    tb_record *record = key ? tb_record_new(ORDER_TYPE, key, json_object()) : NULL;
    return key && (!record || tb_feed_add(feed, record, NULL)) ? -1 : 0;
}

tb_verdict snapshot_open(const adobe_source *self_, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    size_t i;
    json_t *row, *names = json_object();
    int64_t total = 0, last = cursor ? strtoll(cursor, NULL, 10) : 0, before = last;
    adobe_source self = {.stream = STREAM_ORDERS, .ids = self_->ids}; /* whatever stream this one polls */
    int size = tb_feed_room(feed) < PAGE ? tb_feed_room(feed) : PAGE;
    ADOBE_RESPONSE r = {.size = sizeof r};
    char text[24];
    const json_t *items = size < 1 || ask(ctx, last, size, &r) ? NULL : adobe_items(&r, &total);
    int failed = !items || names_of(&self, ctx, feed, items, names);
    json_array_foreach((json_t *)items, i, row)
    {
        failed = failed || add_order(feed, row, names, &last);
    }
    json_decref(names);
    if (failed)
        return TB_RETRY;
    snprintf(text, sizeof text, "%lld", (long long)last);
    if (last > before && (int64_t)json_array_size(items) < total)
        tb_feed_more(feed);
    return tb_feed_cursor(feed, text) ? TB_RETRY : TB_OK;
}
