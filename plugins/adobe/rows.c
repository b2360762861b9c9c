/* SPDX-License-Identifier: Apache-2.0 */
/* The remembered row, quantity and status, is trusted only if the last thing that touched it was our
 * confirmed write, less than a day ago. What shipments and credit memos have moved since is noted by the
 * pipeline of orders, ours in its namespace `moved` (needs.c), others' in `changed` (changes.c). Whoever
 * knows of such a document when the row is computed raises the record's `mark`, and a row counts only if it
 * was written under that mark or a higher one. A call without an answer, or a refused one, may have written
 * some of its rows: these are in doubt, and written again whatever is remembered. The doubt lives in the
 * instance; after a crash the core says the same of each record that was in flight. */
#include <stdio.h>
#include <string.h>

#include "plugins/adobe/sink.h"
#include "core/base/sabotage.h"

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "";
}

static int64_t mark_of(const json_t *from)
{
    return json_integer_value(json_object_get(from, "mark"));
}

typedef struct memory {
    int64_t quantity, when, mark;
    int status;
} memory;

static bool remembered(tb_ctx *ctx, const char *key, memory *m)
{
    const char *value = tb_state_get(ctx, "rows", key);
    json_t *row = value ? json_loads(value, 0, NULL) : NULL;
    *m = (memory){.when = json_integer_value(json_object_get(row, "when")),
                  .mark = mark_of(row),
                  .status = (int)json_integer_value(json_object_get(row, "s"))};
    bool good = row && !tb_quantity_from_json(json_object_get(row, "q"), &m->quantity);
    json_decref(row);
    return good;
}

int row_read(adobe_sink *self, tb_ctx *ctx, tb_record *record, sink_row *row)
{
    const json_t *body = tb_record_body(record);
    memory m;
    *row = (sink_row){.record = record, .sku = text_of(body, "sku"), .source = text_of(body, "source")};
    int n = snprintf(row->key, sizeof row->key, "%s/%s", row->source, row->sku);
    if (!*row->sku || !*row->source || n >= SINK_KEY_MOST || strlen(row->sku) >= SINK_SKU_MOST ||
        tb_quantity_from_json(json_object_get(body, "quantity"), &row->quantity) || row->quantity < 0) {
        tb_reject(record, "stock.refused", NULL,
                  "%s: not a row the shop could hold (sku, source, quantity, status)", tb_record_key(record));
        row->done = true;
        return -1;
    }
    if (row_early(self, ctx, row, mark_of(body))) {
        tb_wait(record, tb_now(ctx) + SINK_EARLY_MS,
                "%s: a shipment was found by its token; its order is looked at first", tb_record_key(record));
        row->done = true;
        return -1;
    }
    row->status = json_integer_value(json_object_get(body, "status")) != 0;
    row->known = remembered(ctx, row->key, &m);
    row->before = m.quantity;
    if (!SABOTAGE("row-never-forgotten"))
        row->known = row->known && !tb_record_doubtful(record) && !json_object_get(self->doubt, row->key) &&
                     tb_now(ctx) - m.when < self->rows_age && m.mark >= mark_of(body) &&
                     !row_moved(self, ctx, row, m.when);
    return 0;
}

bool row_unchanged(const adobe_sink *self, tb_ctx *ctx, const sink_row *row)
{
    memory m;
    (void)self;
    return row->known && remembered(ctx, row->key, &m) && m.quantity == row->quantity &&
           m.status == row->status;
}

bool row_remembered(tb_ctx *ctx, const sink_row *row)
{
    return tb_state_get(ctx, "rows", row->key) != NULL;
}

json_t *row_item(const sink_row *row)
{
    return json_pack("{s:s, s:s, s:o, s:i}", "sku", row->sku, "source_code", row->source, "quantity",
                     adobe_quantity(row->quantity), "status", row->status);
}

void row_confirm(adobe_sink *self, tb_ctx *ctx, sink_row *row, const char *answer)
{
    char quantity[32], value[160];
    int64_t mark = mark_of(tb_record_body(row->record));
    tb_quantity_format(row->quantity, 3, quantity, sizeof quantity);
    int n = snprintf(value, sizeof value, "{\"q\":\"%s\",\"s\":%d,\"when\":%lld", quantity, row->status,
                     (long long)tb_now(ctx));
    if (mark)
        n += snprintf(value + n, sizeof value - (size_t)n, ",\"mark\":%lld", (long long)mark);
    snprintf(value + n, sizeof value - (size_t)n, "}");
    tb_state_set(ctx, row->record, "rows", row->key, value);
    product_keep(self, ctx, row);
    json_object_del(self->doubt, row->key);
    tb_record_sent(row->record, row_item(row));
    tb_record_answer(row->record, answer);
    tb_applied(row->record, NULL);
    row->done = true;
}

void row_doubt(adobe_sink *self, const sink_row *row)
{
    if (!self->doubt)
        self->doubt = json_object();
    json_object_set_new(self->doubt, row->key, json_true());
}

void row_forget(tb_ctx *ctx, const sink_row *row)
{
    tb_state_set_always(ctx, row->record, "rows", row->key, NULL);
}
