/* SPDX-License-Identifier: Apache-2.0 */
/* As many small records as are asked for, as fast as they are taken. */
#include <stdio.h>
#include <stdlib.h>

#include <tillbridge/plugin.h>

typedef struct bench_source {
    const char *stream;
    int64_t records, keys, per_second, began;
} bench_source;

/* How many may have been told by now. */
static int64_t allowed(bench_source *s, tb_ctx *ctx)
{
    if (!s->per_second)
        return s->records;
    s->began = s->began ? s->began : tb_now(ctx);
    int64_t n = (tb_now(ctx) - s->began) * s->per_second / 1000;
    return n < s->records ? n : s->records;
}

static tb_verdict source_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    bench_source *s = self;
    int64_t most = allowed(s, ctx);
    int64_t n = cursor ? strtoll(cursor, NULL, 10) : 0;
    char key[32], next[32];
    for (int room = tb_feed_room(feed); room && n < most; room--, n++) {
        snprintf(key, sizeof key, "k%lld", (long long)(n % s->keys));
        tb_record *r = tb_record_new("bench.row", key, json_pack("{s:I}", "n", (json_int_t)n));
        if (!r || tb_feed_add(feed, r, NULL))
            return TB_RETRY;
    }
    snprintf(next, sizeof next, "%lld", (long long)n);
    tb_feed_cursor(feed, next);
    if (n < most)
        tb_feed_more(feed);
    return TB_OK;
}

static const tb_param params[] = {
    {"stream", TB_STRING, 0, "rows", 0, 0, NULL, "name of the stream", offsetof(bench_source, stream)},
    {"records", TB_INT, TB_REQUIRED, NULL, 0, 100000000, NULL, "how many", offsetof(bench_source, records)},
    {"keys", TB_INT, 0, "100000000", 1, 100000000, NULL, "how many keys", offsetof(bench_source, keys)},
    {"per-second", TB_INT, 0, "0", 0, 1000000, NULL, "0: as fast as they are taken",
     offsetof(bench_source, per_second)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};
static const tb_source source = {.size = sizeof source, .read = source_read};

TB_PLUGIN(.self_size = sizeof(bench_source), .name = "bench-source", .version = "1",
          .summary = "small records, for measurements", .writes = "bench.row", .params = params,
          .source = &source, );
