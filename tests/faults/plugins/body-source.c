/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a line of every webhook body, so that what was acknowledged can be looked for at the other end. */
#include <tillbridge/plugin.h>

#include <stdio.h>

static tb_verdict body_receive(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed)
{
    (void)self, (void)ctx;
    char id[64];
    json_error_t error;
    json_t *object = json_loadb(body, size, 0, &error);
    const char *key = json_string_value(json_object_get(object, "key"));
    if (!key) {
        json_decref(object);
        return !object && !*error.text ? TB_RETRY : TB_REJECT;
    }
    snprintf(id, sizeof id, "body-%lld", (long long)json_integer_value(json_object_get(object, "n")));
    if (json_object_set_new(object, "tillbridge-id", json_string(id))) {
        json_decref(object);
        return TB_RETRY;
    }
    tb_record *record = tb_record_new("line", key, object);
    if (record)
        tb_record_set_id(record, id);
    return tb_feed_add(feed, record, NULL) ? TB_RETRY : TB_OK;
}

static const tb_source source = {.size = sizeof source, .receive = body_receive};
static const tb_webhook webhook = {.size = sizeof webhook,
                                   .auth = TB_WEBHOOK_BASIC,
                                   .stored = 200,
                                   .duplicate = 208,
                                   .busy = 503,
                                   .denied = 401,
                                   .malformed = 422,
                                   .too_large = 413,
                                   .body_limit = 1000};

TB_PLUGIN(.name = "body-source", .version = "1", .summary = "a line for every body", .writes = "line",
          .webhook = &webhook, .source = &source);
