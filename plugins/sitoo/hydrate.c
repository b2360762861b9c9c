/* SPDX-License-Identifier: Apache-2.0 */
/* The present state of targets: the sum over all rows that map to each. A row is taken from the state only
 * when nothing is reserved in it and nothing may have changed that since; else it is asked for, up to a
 * hundred SKUs of one warehouse a call. What a trusted answer does not show is zero; an untrusted answer is
 * an exception, never a zero (ask.c judges it). */
#include "plugins/sitoo/ask.h"

#include <stdio.h>
#include <string.h>

typedef struct hydration {
    stock_source *self;
    tb_ctx *ctx;
    tables tables;
    asked asked;
    /* of the record in hand */
    tb_record *record;
    json_t *rows;
    int64_t total, reserved;
    bool api;
    const char *reason;
    char why[200], cause[24];
} hydration;

static bool in_state(tb_ctx *ctx, int64_t warehouse, const char *row, const level *l)
{
    place p;
    int64_t reserved;
    place_get(ctx, warehouse, &p);
    return l->known && !l->absent && p.type == SITOO_FIFO && !level_reserved(ctx, row, l, &reserved) &&
           !reserved && level_is_newest(ctx, row, l);
}

/* A till SKU by the very name to which the table renames another: it counts too, but hardly ever exists. What
 * a whole read of the warehouse and the transactions since have not shown is left out, so it costs no call.
 */
static bool left_out(const hydration *h, int64_t warehouse, const char *sku, const level *l)
{
    place p;
    const tables *t = &h->tables;
    if (l->known || !t->skus || tb_table_find(t->skus, t->shop_sku, sku, -1) < 0 ||
        tb_table_find(t->skus, t->till_sku, sku, -1) >= 0)
        return false;
    place_get(h->ctx, warehouse, &p);
    return p.full != 0;
}

/* First turn: which rows must be asked for, and the mark each had before that. */
static int want_row(void *arg, int64_t warehouse, const char *sku)
{
    hydration *h = arg;
    char row[ROW_SIZE];
    level l;
    if (row_name(warehouse, sku, row))
        return 0;
    level_get(h->ctx, row, &l);
    if (!left_out(h, warehouse, sku, &l) && !in_state(h->ctx, warehouse, row, &l))
        ask_want(&h->asked, warehouse, sku, l.mark);
    return 0;
}

static int add(int64_t *sum, int64_t more)
{
    return __builtin_add_overflow(*sum, more, sum) ? -1 : 0;
}

static int take_row(hydration *h, int64_t warehouse, const char *sku, int64_t total, int64_t reserved)
{
    char t[32], v[32];
    if (add(&h->total, total) || add(&h->reserved, reserved)) {
        h->reason = "sitoo.strange-answer";
        snprintf(h->why, sizeof h->why, "the quantities of %s cannot be added up", sku);
        return -1;
    }
    tb_quantity_format(total, 3, t, sizeof t);
    tb_quantity_format(reserved, 3, v, sizeof v);
    json_array_append_new(h->rows, json_pack("{s:I, s:s, s:s, s:s}", "warehouse", (json_int_t)warehouse,
                                             "sku", sku, "total", t, "reserved", v));
    return 0;
}

/* Second turn: every row is known now, or why it is not. */
static int sum_row(void *arg, int64_t warehouse, const char *sku)
{
    hydration *h = arg;
    char row[ROW_SIZE];
    row_answer a;
    level l;
    if (row_name(warehouse, sku, row))
        return 0;
    if (!ask_wanted(&h->asked, warehouse, sku)) {
        level_get(h->ctx, row, &l);
        return left_out(h, warehouse, sku, &l) ? 0 : take_row(h, warehouse, sku, l.total, 0);
    }
    h->api = true;
    if (ask_answer(&h->asked, warehouse, sku, &a)) {
        h->reason = a.reason;
        snprintf(h->why, sizeof h->why, "%s", a.why);
        snprintf(h->cause, sizeof h->cause, "%lld", (long long)warehouse);
        return -1;
    }
    reserved_set(h->ctx, h->record, row, a.mark, a.total, a.reserved);
    return take_row(h, warehouse, sku, a.total, a.reserved);
}

static void add_part(hydration *h)
{
    char total[32], reserved[32];
    bool retired = json_array_size(h->rows) == 0;
    tb_quantity_format(h->total, 3, total, sizeof total);
    tb_quantity_format(h->reserved, 3, reserved, sizeof reserved);
    tb_record_add_part(h->record, "till.stock",
                       json_pack("{s:s, s:s, s:O, s:b, s:s, s:s}", "total", total, "reserved", reserved,
                                 "rows", h->rows, "retired", retired, "read", h->api ? "api" : "state", "why",
                                 sitoo_field(tb_record_body(h->record), "why")));
}

static void sum_record(hydration *h, tb_record *record)
{
    h->record = record;
    h->rows = json_array();
    h->total = h->reserved = 0;
    h->api = false;
    h->reason = NULL;
    h->cause[0] = '\0';
    rows_of(&h->tables, tb_record_key(record), sum_row, h);
    if (h->reason)
        tb_reject(record, h->reason, *h->cause ? h->cause : NULL, "%s", h->why);
    else
        add_part(h);
    json_decref(h->rows);
}

static bool ours(const tb_record *record)
{
    return !strcmp(tb_record_type(record), RECORD_TYPE);
}

static tb_verdict no_tables(const stock_source *s, tb_record **records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ours(records[i])) {
            tb_reject(records[i], "sitoo.no-locations", s->locations,
                      "table %s or one that goes with it is missing, empty or lacks a column", s->locations);
            tb_depends(records[i], "table", s->locations, 0);
        }
    return TB_OK;
}

tb_verdict source_hydrate(void *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    hydration h = {.self = self, .ctx = ctx};
    if (tables_get(self, ctx, &h.tables))
        return no_tables(self, records, count);
    for (size_t i = 0; i < count; i++)
        if (ours(records[i]))
            rows_of(&h.tables, tb_record_key(records[i]), want_row, &h);
    tb_verdict v = ask_all(&h.asked, self, ctx);
    for (size_t i = 0; i < count && v == TB_OK; i++)
        if (ours(records[i]))
            sum_record(&h, records[i]);
    ask_free(&h.asked);
    return v;
}
