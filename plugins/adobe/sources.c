/* SPDX-License-Identifier: Apache-2.0 */
/* A row of an unknown source refuses its whole call, and the answer does not say which row it was. So the
 * shop's sources are read before the first write, and again when one is met that is not among them. */
#include <stdio.h>

#include "plugins/adobe/sink.h"
#include "plugins/nearest/nearest.h"

enum { PAGE = 100, PAGES_MOST = 100, READ_AGAIN = 60 * 1000 };

static int read_page(tb_ctx *ctx, uint32_t flags, int page, json_t *sources, int64_t *total, char *why,
                     size_t size)
{
    size_t i;
    json_t *item;
    ADOBE_RESPONSE r = {.size = sizeof r};
    adobe_query q = {.size = 0};
    adobe_query_sort(&q, "source_code");
    adobe_query_page(&q, PAGE, page);
    adobe_query_fields(&q, "items[source_code,enabled],total_count");
    if (adobe_get(ctx, "/V1/inventory/sources", &q, flags, &r))
        return -1;
    const json_t *items = adobe_items(&r, total);
    if (!items) {
        adobe_message(&r, why, size);
        *total = -1;
        return 0;
    }
    json_array_foreach((json_t *)items, i, item)
    {
        const char *code = json_string_value(json_object_get(item, "source_code"));
        if (code)
            json_object_set_new(sources, code, json_boolean(json_is_true(json_object_get(item, "enabled"))));
    }
    return 0;
}

int sources_read(tb_ctx *ctx, uint32_t flags, json_t **out, char *why, size_t size)
{
    json_t *sources = json_object();
    int64_t total = 0;
    int failed = 0;
    *out = NULL;
    for (int page = 1; page <= PAGES_MOST; page++) {
        failed = read_page(ctx, flags, page, sources, &total, why, size);
        if (failed || total < 0 || (int64_t)page * PAGE >= total)
            break;
    }
    if (!failed && total >= 0 && (int64_t)json_object_size(sources) >= total)
        *out = json_incref(sources);
    else if (!failed && total >= 0)
        snprintf(why, size, "%zu of %lld sources were listed", json_object_size(sources), (long long)total);
    json_decref(sources);
    return failed;
}

bool source_exists(const adobe_sink *self, const char *code)
{
    return !self->sources || json_object_get(self->sources, code);
}

int sources_ask(adobe_sink *self, tb_ctx *ctx, const sink_row *rows, size_t count)
{
    char why[200] = "";
    json_t *sources;
    bool unknown = false;
    for (size_t i = 0; i < count && !unknown; i++)
        unknown = !rows[i].done && !(self->sources && source_exists(self, rows[i].source));
    if (!unknown || (self->sources_when && tb_now(ctx) - self->sources_when < READ_AGAIN))
        return 0;
    if (sources_read(ctx, 0, &sources, why, sizeof why))
        return -1;
    self->sources_when = tb_now(ctx);
    if (!sources) {
        tb_log(ctx, TB_WARN, "adobe.sources",
               "sources of the shop cannot be listed (%s): rows are written unchecked", why);
        return 0;
    }
    json_decref(self->sources);
    self->sources = sources;
    return 0;
}

void source_reject(const adobe_sink *self, tb_ctx *ctx, sink_row *row)
{
    char text[3 * NEAREST_TEXT + 32];
    const char *code;
    json_t *enabled;
    nearest near;
    nearest_start(&near, row->source);
    json_object_foreach(self->sources, code, enabled) nearest_offer(&near, code);
    tb_reject(row->record, "stock.no-source", row->source, "the shop has no source %s; %s", row->source,
              nearest_print(&near, "none is called like it", text, sizeof text));
    tb_look_again(row->record, tb_now(ctx) + SINK_HOUR);
    row->done = true;
}
