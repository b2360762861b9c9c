/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to the simulated ledger, which takes everything that it is given, twice too: one effect is the
 * daemon's to see to. */
#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

static int call(tb_ctx *ctx, const char *method, const char *path, const json_t *body, tb_response *r)
{
    tb_request q = {.size = sizeof q, .method = method, .path = path, .json = body};
    *r = (tb_response){.size = sizeof *r};
    return tb_http(ctx, &q, r);
}

static tb_verdict judge(tb_record *record, const tb_response *r)
{
    if (r->status != 200)
        return tb_reject(record, "ledger.refused", NULL, "answered with %d", r->status);
    return json_is_true(json_object_get(tb_record_body(record), "more")) ? tb_more(record, NULL)
                                                                         : tb_applied(record, NULL);
}

static tb_verdict sink_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        char path[200];
        tb_response r;
        bool set = !strcmp(operation, "set");
        snprintf(path, sizeof path, "/%s/%s", operation,
                 set ? tb_record_key(records[i]) : tb_record_probe(records[i]));
        if (call(ctx, set ? "PUT" : "POST", path, tb_record_body(records[i]), &r))
            return TB_RETRY; /* those behind it were not sent: the core asks for each */
        judge(records[i], &r);
        tb_response_free(&r);
    }
    return TB_OK;
}

static tb_verdict sink_probe(void *self, tb_ctx *ctx, const char *operation, tb_record *record)
{
    char path[200];
    tb_response r;
    (void)self;
    snprintf(path, sizeof path, "/probe/%s/%s", operation, tb_record_probe(record));
    if (call(ctx, "GET", path, NULL, &r))
        return TB_RETRY;
    const json_t *found = json_object_get(r.json, "found");
    tb_verdict v = json_is_true(found)    ? tb_applied(record, NULL)
                   : json_is_false(found) ? tb_noop(record, "it is not there")
                                          : TB_RETRY;
    tb_response_free(&r);
    return v;
}

static const tb_operation operations[] = {
    {"append", TB_CREATE, "ledger.log", NULL},
    {"make", TB_CREATE, "ledger.want", NULL},
    {"set", TB_IDEMPOTENT, "ledger.gauge", NULL},
    {NULL, 0, NULL, NULL},
};
static const tb_reason reasons[] = {
    {"ledger.refused", "the ledger refused it", "Read the answer.", NULL},
    {NULL, NULL, NULL, NULL},
};
static const tb_sink sink = {.size = sizeof sink, .deliver = sink_deliver, .probe = sink_probe};

TB_PLUGIN(.self_size = 1, .name = "ledger-sink", .version = "1", .summary = "writes to the simulated ledger",
          .reads = "ledger.log ledger.want ledger.gauge", .operations = operations, .reasons = reasons,
          .sink = &sink, );
