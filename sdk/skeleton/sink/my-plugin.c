/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin: puts records to a web service, PUT PATH/KEY.
 *
 * What an answer means stands in a const table. What is no answer (nobody there, 401, 429, 5xx) never gets
 * here: the host waits and tries again. Replace what `put` sends; the contract is in tillbridge-plugin(3). */
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

/* IDEMPOTENT: doing it twice does no harm. What creates something is TB_CREATE, and wants a probe. */
static const tb_operation operations[] = {
    {.name = "my-plugin.put", .effect = TB_IDEMPOTENT, .takes = "line"},
    {0},
};

/* What a person may have to look at: code, title, remedy. The page explains each. */
static const tb_reason reasons[] = {
    {.code = "my-plugin.absent",
     .title = "the service does not know the item",
     .remedy = "Create it there, or see that the path is right."},
    {.code = "my-plugin.refused",
     .title = "the service does not take the item",
     .remedy = "Read its answer and mend the record."},
    {0},
};

static const struct {
    int from, to;
    const char *reason; /* NULL: applied */
} meanings[] = {
    {200, 299, NULL},
    {404, 404, "my-plugin.absent"},
    {400, 499, "my-plugin.refused"},
};

static void settle(tb_record *record, const tb_response *response)
{
    int i = 0;
    while (response->status < meanings[i].from || response->status > meanings[i].to)
        i++; /* the host hands over 2xx and 4xx only: a row fits */
    tb_record_answer(record, response->body);
    if (meanings[i].reason)
        tb_reject(record, meanings[i].reason, NULL, "the service answered %d", response->status);
    else
        tb_applied(record, NULL);
}

/* 0: the record has its verdict; -1: there was no answer. */
static int put(const instance *i, tb_ctx *ctx, tb_record *record)
{
    char key[256], path[400];
    if (tb_http_escape(tb_record_key(record), key, sizeof key) >= sizeof key ||
        snprintf(path, sizeof path, "%s/%s", i->path, key) >= (int)sizeof path) {
        tb_reject(record, "my-plugin.refused", NULL, "the key is too long");
        return 0;
    }
    json_t *body = json_deep_copy(tb_record_body(record));
    tb_request request = {.size = sizeof request, .method = "PUT", .path = path, .json = body};
    tb_response response = {.size = sizeof response};
    int failed = tb_http(ctx, &request, &response);
    tb_record_sent(record, body); /* for the history; taken over */
    if (!failed)
        settle(record, &response);
    tb_response_free(&response);
    return failed;
}

static tb_verdict deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records, size_t count)
{
    (void)operation; /* there is one */
    for (size_t i = 0; i < count; i++) {
        if (put(self, ctx, records[i]))
            return TB_RETRY; /* the host decides for those without a verdict */
    }
    return TB_OK;
}

static const tb_sink sink = {.size = sizeof sink, .deliver = deliver};

TB_PLUGIN(.name = "my-plugin", .version = "0.1", .summary = "puts records to a web service",
          .self_size = sizeof(instance), .reads = "line", .params = params, .operations = operations,
          .reasons = reasons, .sink = &sink);
