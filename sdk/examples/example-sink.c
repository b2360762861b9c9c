/* SPDX-License-Identifier: Apache-2.0 */
/* example-sink: sets the label of a shelf at a label server, PUT PATH/KEY. The smallest sink that talks: what
 * an answer means stands in a const table, and everything that is no answer (nobody there, 401, 429, 5xx) is
 * left to the host, which waits and tries again. */
#include <tillbridge/plugin.h>

#include <stdio.h>

typedef struct example_sink {
    const char *path;
} example_sink;

static const tb_param params[] = {
    {.name = "path",
     .type = TB_STRING,
     .fallback = "/labels",
     .help = "path of the labels at the server, without the key",
     .offset = offsetof(example_sink, path)},
    {0},
};

/* A label may be set twice: nothing is created, so a lost answer is simply asked again. */
static const tb_operation operations[] = {
    {.name = "label.set", .effect = TB_IDEMPOTENT, .takes = "line"},
    {0},
};

static const tb_reason reasons[] = {
    {.code = "label.unknown",
     .title = "the server has no shelf of that name",
     .remedy = "Create the shelf at the server, or take it out of the list.",
     .owner = "store team"},
    {.code = "label.refused",
     .title = "the server does not take the label",
     .remedy = "Read its answer and mend the text."},
    {0},
};

/* ---- what an answer means; the first row that fits ---- */

typedef struct meaning {
    int from, to;
    tb_verdict verdict;
    const char *reason;
} meaning;

static const meaning meanings[] = {
    {200, 299, TB_APPLIED, NULL},
    {409, 409, TB_NOOP, NULL}, /* it says that already */
    {404, 404, TB_REJECT, "label.unknown"},
    {400, 499, TB_REJECT, "label.refused"},
};

static tb_verdict settle(tb_record *record, const tb_response *response)
{
    const meaning *m = meanings;
    while (response->status < m->from || response->status > m->to)
        m++; /* the host hands over 2xx and 4xx only: a row fits */
    tb_record_answer(record, response->body);
    if (m->verdict == TB_APPLIED)
        return tb_applied(record, NULL);
    if (m->verdict == TB_NOOP)
        return tb_noop(record, "the label says that already");
    return tb_reject(record, m->reason, NULL, "the server answered %d", response->status);
}

/* ---- one record, one call ---- */

static tb_verdict set_label(const example_sink *self, tb_ctx *ctx, tb_record *record)
{
    char key[256], path[400];
    if (tb_http_escape(tb_record_key(record), key, sizeof key) >= sizeof key ||
        snprintf(path, sizeof path, "%s/%s", self->path, key) >= (int)sizeof path)
        return tb_reject(record, "label.unknown", NULL, "no shelf has a name that long");
    tb_request request = {
        .size = sizeof request, .method = "PUT", .path = path, .json = tb_record_body(record)};
    tb_response response = {.size = sizeof response};
    tb_record_sent(record, json_incref((json_t *)(uintptr_t)tb_record_body(record)));
    if (tb_http(ctx, &request, &response))
        return TB_RETRY; /* no answer: the host's own table decides for what has no verdict yet */
    tb_verdict verdict = settle(record, &response);
    tb_response_free(&response);
    return verdict;
}

static tb_verdict example_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                                  size_t count)
{
    (void)operation; /* there is one */
    for (size_t i = 0; i < count; i++) {
        if (set_label(self, ctx, records[i]) == TB_RETRY)
            return TB_RETRY;
    }
    return TB_OK; /* every record has its own verdict */
}

/* Asked by people (tillbridge doctor): reach and rights; changes nothing there. */
static void example_doctor(void *self, tb_ctx *ctx, tb_doctor *doctor)
{
    const example_sink *s = self;
    tb_request request = {.size = sizeof request, .method = "GET", .path = s->path, .flags = TB_BULK};
    tb_response response = {.size = sizeof response};
    if (tb_http(ctx, &request, &response))
        tb_found(doctor, TB_BAD, "label server", "does not answer");
    else
        tb_found(doctor, response.status < 300 ? TB_GOOD : TB_BAD, "label server", "answers %d to GET %s",
                 response.status, s->path);
    tb_response_free(&response);
}

static const tb_common common = {.size = sizeof common, .doctor = example_doctor};
static const tb_sink sink = {.size = sizeof sink, .deliver = example_deliver};

TB_PLUGIN(.name = "example-sink", .version = "1.0", .summary = "sets shelf labels at a label server",
          .self_size = sizeof(example_sink), .reads = "line", .params = params, .operations = operations,
          .reasons = reasons, .common = &common, .sink = &sink);
