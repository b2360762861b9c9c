/* SPDX-License-Identifier: Apache-2.0 */
/* Takes everything at once; or, with a connection, posts one row a call. While the file `hold` is there it
 * takes nothing, so that a backlog can grow. */
#include <unistd.h>

#include <tillbridge/plugin.h>

typedef struct bench_sink {
    const char *hold;
    bool post;
} bench_sink;

static bool let_go(const bench_sink *s, tb_ctx *ctx)
{
    while (*s->hold && access(s->hold, F_OK) == 0)
        if (!tb_sleep(ctx, 20))
            return false;
    return true;
}

static tb_verdict post(tb_ctx *ctx, tb_record *record)
{
    tb_request q = {.size = sizeof q, .method = "POST", .path = "/row", .json = tb_record_body(record)};
    tb_response r = {.size = sizeof r};
    if (tb_http(ctx, &q, &r))
        return TB_RETRY;
    int status = r.status;
    tb_response_free(&r);
    return status == 200 ? tb_applied(record, NULL) : tb_reject(record, "bench.refused", NULL, "%d", status);
}

static tb_verdict sink_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    const bench_sink *s = self;
    (void)operation;
    if (!let_go(s, ctx))
        return TB_RETRY;
    for (size_t i = 0; i < count; i++)
        if (!s->post)
            tb_applied(records[i], NULL);
        else if (post(ctx, records[i]) == TB_RETRY)
            return TB_RETRY;
    return TB_OK;
}

static const tb_param params[] = {
    {"hold", TB_STRING, 0, "", 0, 0, NULL, "a file; while it is there nothing is taken",
     offsetof(bench_sink, hold)},
    {"post", TB_BOOL, 0, "false", 0, 0, NULL, "one call a row", offsetof(bench_sink, post)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};
static const tb_operation operations[] = {
    {"row", TB_IDEMPOTENT, "bench.row", NULL},
    {NULL, 0, NULL, NULL},
};
static const tb_reason reasons[] = {
    {"bench.refused", "the other side refused it", "Read the answer.", NULL},
    {NULL, NULL, NULL, NULL},
};
static const tb_sink sink = {.size = sizeof sink, .deliver = sink_deliver};

TB_PLUGIN(.self_size = sizeof(bench_sink), .name = "bench-sink", .version = "1",
          .summary = "takes everything, for measurements", .reads = "bench.row", .params = params,
          .operations = operations, .reasons = reasons, .sink = &sink, );
