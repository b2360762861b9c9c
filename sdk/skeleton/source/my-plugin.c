/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin: reads items of a web service, page by page.
 *
 *     GET PATH?after=7&limit=100   ->   {"items": [{"id": 8, ...}, {"id": 9, ...}]}
 *
 * The cursor is the last id that was read; it is kept in one commit with the records, so nothing is lost and
 * nothing comes twice. Replace what `read` asks for; the contract is in tillbridge-plugin(3). */
#include <tillbridge/plugin.h>

#include <stdio.h>

typedef struct {
    const char *path; /* filled in by the host from the table below */
} instance;

static const tb_param params[] = {
    {.name = "path",
     .type = TB_STRING,
     .fallback = "/items",
     .help = "path of the items, behind the connection's URL",
     .offset = offsetof(instance, path)},
    {0},
};

/* What a person may have to look at: code, title, remedy. The page explains each. */
static const tb_reason reasons[] = {
    {.code = "my-plugin.refused",
     .title = "the service does not give its items",
     .remedy = "See that the path is right and that the user may read them."},
    {.code = "my-plugin.strange-answer",
     .title = "the answer is not a list of items with ids",
     .remedy = "Report it to the service's support; nothing is read until it is mended."},
    {0},
};

static tb_verdict complain(const instance *i, tb_feed *feed, const char *reason, int status)
{
    tb_raise(feed, reason, i->path, "GET %s answered %d", i->path, status);
    return TB_OK; /* told; the cursor stays where it is */
}

/* One item becomes one record. 0, or -1: out of memory. */
static int feed_item(tb_feed *feed, json_t *item, json_int_t id)
{
    char key[32];
    snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT, id);
    tb_record *record = tb_record_new("line", key, json_incref(item));
    if (record)
        tb_record_set_id(record, key); /* the same id again is a duplicate, not another record */
    return tb_feed_add(feed, record, NULL);
}

static tb_verdict feed_items(const instance *i, tb_feed *feed, json_t *items, int limit)
{
    size_t n;
    json_t *item;
    json_int_t last = 0;
    char cursor[32];
    json_array_foreach(items, n, item)
    {
        last = json_integer_value(json_object_get(item, "id"));
        if (last <= 0)
            return complain(i, feed, "my-plugin.strange-answer", 200);
        if (feed_item(feed, item, last))
            return TB_RETRY;
    }
    if (n == 0)
        return TB_OK; /* nothing new */
    if (n == (size_t)limit)
        tb_feed_more(feed); /* a full page: read again at once */
    snprintf(cursor, sizeof cursor, "%" JSON_INTEGER_FORMAT, last);
    return tb_feed_cursor(feed, cursor) ? TB_RETRY : TB_OK;
}

/* What is new since `cursor` (NULL: the first time); at most as much as the feed has room for. */
static tb_verdict read_items(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    const instance *i = self;
    char query[80];
    int limit = tb_feed_room(feed);
    snprintf(query, sizeof query, "after=%.32s&limit=%d", cursor ? cursor : "0", limit);
    tb_request request = {.size = sizeof request, .method = "GET", .path = i->path, .query = query};
    tb_response response = {.size = sizeof response};
    if (tb_http(ctx, &request, &response))
        return TB_RETRY; /* no answer: the host waits and asks again */
    json_t *items = json_object_get(response.json, "items");
    tb_verdict verdict;
    if (response.status >= 300) {
        verdict = complain(i, feed, "my-plugin.refused", response.status);
    } else if (!json_is_array(items)) {
        verdict = complain(i, feed, "my-plugin.strange-answer", response.status);
    } else {
        tb_clear(feed, "my-plugin.refused", i->path);
        tb_clear(feed, "my-plugin.strange-answer", i->path);
        verdict = feed_items(i, feed, items, limit);
    }
    tb_response_free(&response);
    return verdict;
}

static const tb_source source = {.size = sizeof source, .read = read_items};

TB_PLUGIN(.name = "my-plugin", .version = "0.1", .summary = "reads items of a web service",
          .self_size = sizeof(instance), .writes = "line", .params = params, .reasons = reasons,
          .source = &source);
