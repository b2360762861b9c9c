/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger is a made-up system for the simulation: three feeds of numbered changes. `log` is a true log,
 * each entry to be copied once; of `want` and `gauge` a change only says that a key moved. Each read begins
 * a few numbers back, as sources do that cannot trust the other side's order. */
#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

enum { OVERLAP = 3 };

typedef struct ledger_source {
    const char *stream;
} ledger_source;

static int get(tb_ctx *ctx, const char *path, const char *query, tb_response *r)
{
    tb_request q = {.size = sizeof q, .method = "GET", .path = path, .query = query};
    *r = (tb_response){.size = sizeof *r};
    return tb_http(ctx, &q, r);
}

static int add(const ledger_source *s, tb_feed *feed, const json_t *item)
{
    char type[40], id[32];
    snprintf(type, sizeof type, "ledger.%s", s->stream);
    snprintf(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(item, "n")));
    tb_record *r = tb_record_new(type, json_string_value(json_object_get(item, "key")),
                                 json_incref((json_t *)(uintptr_t)item));
    if (!r)
        return -1;
    tb_record_set_id(r, id);
    return tb_feed_add(feed, r, NULL);
}

static tb_verdict source_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    const ledger_source *s = self;
    long long after = cursor ? strtoll(cursor, NULL, 10) : 0, last = after;
    char path[64], query[64], next[32];
    tb_response r;
    size_t i;
    json_t *item;
    snprintf(path, sizeof path, "/feed/%s", s->stream);
    snprintf(query, sizeof query, "after=%lld&limit=%d", after > OVERLAP ? after - OVERLAP : 0,
             tb_feed_room(feed));
    if (get(ctx, path, query, &r))
        return TB_RETRY;
    json_array_foreach(json_object_get(r.json, "items"), i, item)
    {
        long long n = json_integer_value(json_object_get(item, "n"));
        last = n > last ? n : last;
        if (add(s, feed, item))
            return TB_RETRY;
    }
    if (last > after && i >= (size_t)tb_feed_room(feed))
        tb_feed_more(feed);
    snprintf(next, sizeof next, "%lld", last);
    tb_feed_cursor(feed, next);
    tb_response_free(&r);
    return TB_OK;
}

static tb_verdict source_hydrate(void *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        char query[128];
        tb_response r;
        snprintf(query, sizeof query, "key=%s", tb_record_key(records[i]));
        if (get(ctx, "/object", query, &r))
            return TB_RETRY;
        tb_record_add_part(records[i], "ledger.object", json_incref(r.json));
        tb_response_free(&r);
    }
    return TB_OK;
}

static const tb_param params[] = {
    {"stream", TB_STRING, TB_REQUIRED, NULL, 0, 0, NULL, "log, want or gauge",
     offsetof(ledger_source, stream)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};
static const tb_source source = {.size = sizeof source, .read = source_read, .hydrate = source_hydrate};

TB_PLUGIN(.self_size = sizeof(ledger_source), .name = "ledger-source", .version = "1",
          .summary = "feeds of the simulated ledger", .writes = "ledger.log ledger.want ledger.gauge",
          .params = params, .source = &source, );
