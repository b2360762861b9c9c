/* SPDX-License-Identifier: Apache-2.0 */
/* Operation `stock`: absolute quantities, many rows a call. First everything that needs no write, or must not
 * be written, gets its verdict; the rest goes out in one call, falling rows first. What the shop says to it
 * is looked up in a table (answer.c); when the call is refused and the guilty row is not named, the core
 * halves the batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/adobe/sink.h"

enum { LOOKS_MOST = 10, PAUSE_MS = 300, ROUNDS_MOST = 4 };

typedef struct delivery {
    adobe_sink *self;
    tb_ctx *ctx;
    sink_row *rows;
    size_t count;
} delivery;

/* ---- verdicts without a write ---- */

static void settle_unchanged(delivery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        sink_row *row = &d->rows[i];
        if (!row->done && row_unchanged(d->self, d->ctx, row)) {
            tb_noop(row->record, "the shop has it already");
            row->done = true;
        }
    }
}

static void settle_sources(delivery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (!d->rows[i].done && !source_exists(d->self, d->rows[i].source))
            source_reject(d->self, d->ctx, &d->rows[i]);
    }
}

static bool is_retired(const sink_row *row)
{
    return json_is_true(json_object_get(tb_record_body(row->record), "retired"));
}

static int settle_products(delivery *d)
{
    int looks = LOOKS_MOST;
    for (size_t i = 0; i < d->count; i++) {
        sink_row *row = &d->rows[i];
        const char *type;
        product_kind kind = row->done ? PRODUCT_STOCKED : product_of(d->self, row->sku, &type);
        if (kind == PRODUCT_STOCKED)
            continue;
        if (kind == PRODUCT_UNKNOWN && is_retired(row)) {
            tb_noop(row->record, "retired, and the shop has no such product");
            row->done = true;
        } else if (product_reject(d->self, d->ctx, row, &looks)) {
            return -1;
        }
    }
    return 0;
}

/* ---- bundles that ship together ---- */

static void reject_together(sink_row *row, const char *text)
{
    tb_reject(row->record, "stock.bundle-together", row->sku, "source %s of %s: %s", row->source, row->sku,
              text);
    row->done = true;
}

/* A SKU that was refused before is tried again only alone: when a person says so, or in the source it has. */
static void settle_together(delivery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        sink_row *row = &d->rows[i];
        if (row->done || !tb_state_get(d->ctx, "together", row->sku))
            continue;
        row->alone = true;
        if (!tb_record_released(row->record) && !row_remembered(d->ctx, row))
            reject_together(row, "its bundle ships together, so the shop refused it before; not tried again");
    }
}

static sink_row *row_named(sink_row **rows, size_t n, const char *source, const char *sku)
{
    for (size_t i = 0; i < n; i++) {
        if (source && sku && !strcmp(rows[i]->source, source) && !strcasecmp(rows[i]->sku, sku))
            return rows[i];
    }
    return NULL;
}

static void remember_together(delivery *d, sink_row *row, const tb_response *r)
{
    char text[1000], when[32];
    snprintf(when, sizeof when, "%lld", (long long)tb_now(d->ctx));
    tb_state_set_always(d->ctx, row->record, "together", row->sku, when);
    row_forget(d->ctx, row);
    tb_record_answer(row->record, r->body);
    reject_together(row, adobe_message(r, text, sizeof text));
}

/* The answer names the guilty rows as (source, SKU) in its error list. Gives how many of ours it named. */
static size_t settle_named(delivery *d, sink_row **rows, size_t n, const tb_response *r)
{
    size_t i, named = 0;
    json_t *e;
    json_array_foreach(json_object_get(r->json, "errors"), i, e)
    {
        const json_t *p = json_object_get(e, "parameters");
        sink_row *row = row_named(rows, n, json_string_value(json_array_get(p, 0)),
                                  json_string_value(json_array_get(p, 1)));
        if (row && !row->done) {
            remember_together(d, row, r);
            named++;
        }
    }
    return named;
}

/* ---- the write ---- */

static bool falls(const sink_row *row)
{
    return row->known ? row->quantity < row->before : row->quantity == 0;
}

/* Falls before rises, the lowest first; then by key, so that the same rows make the same call. */
static int by_urgency(const void *a_, const void *b_)
{
    const sink_row *a = *(sink_row *const *)a_, *b = *(sink_row *const *)b_;
    if (falls(a) != falls(b))
        return falls(a) ? -1 : 1;
    if (a->quantity != b->quantity)
        return a->quantity < b->quantity ? -1 : 1;
    return strcmp(a->key, b->key);
}

static int post_rows(delivery *d, sink_row **rows, size_t n, tb_response *r)
{
    uint32_t flags = 0;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(items, row_item(rows[i]));
        flags |= falls(rows[i]) && !rows[i]->quantity ? TB_FIRST : 0;
        rows[i]->sent = true;
    }
    json_t *body = json_pack("{s:o}", "sourceItems", items);
    int failed = adobe_post(d->ctx, "stock", "/V1/inventory/source-items", body, flags, r);
    json_decref(body);
    if (!failed && adobe_means(r) == ADOBE_DONE && !json_is_array(r->json))
        failed = -1; /* not the answer of this route: nothing is known */
    return failed;
}

/* A deadlock and a row the database refuses read alike: once more, then it is the row's. */
static int post_twice(delivery *d, sink_row **rows, size_t n, tb_response *r)
{
    int failed = post_rows(d, rows, n, r);
    if (failed || adobe_means(r) != ADOBE_BUSY)
        return failed;
    tb_response_free(r);
    *r = (tb_response){.size = sizeof *r};
    return tb_sleep(d->ctx, PAUSE_MS) ? post_rows(d, rows, n, r) : -1;
}

static void reject_row(delivery *d, sink_row *row, const tb_response *r, const char *cause)
{
    char text[1000];
    tb_reject(row->record, "stock.refused", cause, "source %s of %s: the shop answered %d %s", row->source,
              row->sku, r->status, adobe_message(r, text, sizeof text));
    tb_record_sent(row->record, row_item(row));
    tb_record_answer(row->record, r->body);
    row_forget(d->ctx, row);
    product_forget(d->self, d->ctx, row);
    row->done = true;
}

/* What is left of a refused call: TB_SPLIT, or TB_OK when the rows have their verdicts (or should be sent
 * again). */
static tb_verdict settle_refused(delivery *d, sink_row **rows, size_t n, const tb_response *r)
{
    adobe_meaning meaning = adobe_means(r);
    if (meaning == ADOBE_TOGETHER && settle_named(d, rows, n, r))
        return TB_OK;
    if (meaning == ADOBE_REFUSED && r->status != 413) { /* not about a row: one exception for all */
        for (size_t i = 0; i < n; i++)
            reject_row(d, rows[i], r, "inventory/source-items");
        return TB_OK;
    }
    if (n > 1)
        return TB_SPLIT;
    if (meaning == ADOBE_TOGETHER)
        remember_together(d, rows[0], r);
    else
        reject_row(d, rows[0], r, NULL);
    return TB_OK;
}

static tb_verdict write_once(delivery *d, sink_row **rows, size_t n)
{
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (post_twice(d, rows, n, &r))
        return TB_RETRY;
    if (adobe_means(&r) != ADOBE_DONE)
        return settle_refused(d, rows, n, &r);
    for (size_t i = 0; i < n; i++)
        row_confirm(d->self, d->ctx, rows[i], r.body);
    return TB_OK;
}

static size_t open_rows(delivery *d, bool alone, sink_row **out)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (!d->rows[i].done && d->rows[i].alone == alone)
            out[n++] = &d->rows[i];
    }
    qsort(out, n, sizeof *out, by_urgency);
    return n;
}

static tb_verdict write_all(delivery *d, sink_row **open)
{
    size_t n;
    for (int round = 0; (n = open_rows(d, false, open)) > 0; round++) {
        tb_verdict v = round < ROUNDS_MOST ? write_once(d, open, n) : TB_SPLIT;
        if (v != TB_OK)
            return v;
    }
    while (open_rows(d, true, open) > 0) {
        tb_verdict v = write_once(d, open, 1);
        if (v != TB_OK)
            return v;
    }
    return TB_OK;
}

static tb_verdict judge_and_write(delivery *d, sink_row **open)
{
    for (size_t i = 0; i < d->count; i++)
        row_read(d->self, d->ctx, d->rows[i].record, &d->rows[i]);
    settle_unchanged(d);
    settle_together(d);
    if (sources_ask(d->self, d->ctx, d->rows, d->count))
        return TB_RETRY;
    settle_sources(d);
    if (products_ask(d->self, d->ctx, d->rows, d->count) || settle_products(d))
        return TB_RETRY;
    return write_all(d, open);
}

tb_verdict stock_deliver(adobe_sink *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    delivery d = {self, ctx, calloc(count, sizeof *d.rows), count};
    sink_row **open = calloc(count, sizeof *open);
    tb_verdict v = TB_RETRY;
    if (d.rows && open) {
        for (size_t i = 0; i < count; i++)
            d.rows[i].record = records[i];
        v = judge_and_write(&d, open);
        for (size_t i = 0; i < count && v != TB_OK;
             i++) { /* no verdict is kept now, and some may be written */
            if (d.rows[i].sent)
                row_doubt(self, &d.rows[i]);
        }
    }
    free(open);
    free(d.rows);
    return v;
}
