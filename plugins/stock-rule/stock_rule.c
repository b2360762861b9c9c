/* SPDX-License-Identifier: Apache-2.0 */
/* stock-rule: from the till's counters of one SKU and shop source to the quantity and status of the shop's
 * row.
 *
 * Takes a hydrated stock.level, writes `quantity` and `status` into its body, names the operation `stock` and
 * claims the row. A fall that no till transaction explains must pass the brake. */
#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

#include "plugins/stock-rule/brake.h"
#include "plugins/stock-rule/reserved.h"
#include "plugins/stock-rule/rule.h"

enum { KEY_MOST = 512 };
/* In 10^-3 pieces; what is larger is no quantity of a shop, and sums of what is not do not overflow. */
#define QUANTITY_MOST INT64_C(1000000000000000)

typedef struct stock_rule {
    int64_t buffer;
    const char *buffers, *backorders; /* tables */
    const char *reserved;             /* namespaces */
    bool decimals;
    brake_limits limits;
    brake brake;
} stock_rule;

typedef struct target { /* the row a record is about */
    const char *sku, *source, *why;
} target;

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "";
}

/* ---- buffer and backorders: tables ---- */

/* How well a row of the buffers table fits: 3 SKU and source, 2 SKU, 1 source, 0 any, -1 not at all. */
static int fit_of(const tb_table *t, int row, const target *at)
{
    const char *sku = tb_table_cell(t, row, tb_table_column(t, "sku"));
    const char *source = tb_table_cell(t, row, tb_table_column(t, "source"));
    if ((*sku && strcmp(sku, at->sku)) || (*source && strcmp(source, at->source)))
        return -1;
    return (*sku ? 2 : 0) + (*source ? 1 : 0);
}

static void best_row(const tb_table *t, const char *sku, const target *at, int *best, int *fit)
{
    int column = tb_table_column(t, "sku");
    for (int row = tb_table_find(t, column, sku, -1); row >= 0; row = tb_table_find(t, column, sku, row)) {
        int f = fit_of(t, row, at);
        if (f > *fit) {
            *fit = f;
            *best = row;
        }
    }
}

/* Below zero it would sell what is not there. */
static bool is_buffer(const char *cell, int64_t *out)
{
    return !tb_quantity_parse(cell, out) && *out >= 0 && *out <= QUANTITY_MOST;
}

/* TB_OK and the buffer, or a rejection: a cell that cannot be read must not become another buffer. */
static tb_verdict buffer_for(const stock_rule *self, tb_ctx *ctx, tb_record *record, const target *at,
                             int64_t *out)
{
    const tb_table *t = self->buffers ? tb_table_get(ctx, self->buffers) : NULL;
    int best = -1, fit = -1;
    *out = self->buffer;
    if (!t)
        return TB_OK;
    best_row(t, at->sku, at, &best, &fit);
    if (fit < 0)
        best_row(t, "", at, &best, &fit);
    const char *cell = best < 0 ? "" : tb_table_cell(t, best, tb_table_column(t, "buffer"));
    if (best < 0 || is_buffer(cell, out))
        return TB_OK;
    tb_reject(record, "stock.buffer", self->buffers,
              "table %s, row %d: \"%s\" is not a quantity of 0 or more", self->buffers, best + 2, cell);
    tb_depends(record, "table", self->buffers, tb_table_version(t));
    return TB_REJECT;
}

static bool on_backorder(const stock_rule *self, tb_ctx *ctx, const char *sku)
{
    const tb_table *t = self->backorders ? tb_table_get(ctx, self->backorders) : NULL;
    return t && tb_table_find(t, tb_table_column(t, "sku"), sku, -1) >= 0;
}

/* ---- the quantity ---- */

static int read_one(const json_t *from, const char *name, int64_t *out)
{
    if (tb_quantity_from_json(json_object_get(from, name), out))
        return -1;
    return *out <= QUANTITY_MOST && *out >= -QUANTITY_MOST ? 0 : -1;
}

static int read_counters(const json_t *from, rule_counters *c)
{
    return read_one(from, "total", &c->total) || read_one(from, "reserved", &c->reserved) ? -1 : 0;
}

/* Adds what is free in the till's row to *out, what is reserved there to *in_till. -1: it cannot be
 * read.
 */
static int add_row(const json_t *row, rule_counters *c, int64_t *out, int64_t *in_till)
{
    return read_counters(row, c) || __builtin_add_overflow(*out, rule_free(c), out) ||
                   __builtin_add_overflow(*in_till, c->reserved > 0 ? c->reserved : 0, in_till)
               ? -1
               : 0;
}

/* Several warehouses on one source: the expression is summed; of what is held for orders it is known only
 * that it stands in one of them. -1: a counter cannot be read. */
static int sum_quantity(const json_t *level, int64_t buffer, const reserved *orders, int64_t *out)
{
    size_t i;
    json_t *row;
    int64_t in_till = 0;
    const json_t *rows = json_object_get(level, "rows");
    rule_counters c = {.buffer = buffer};
    *out = 0;
    if (!json_array_size(rows) && add_row(level, &c, out, &in_till))
        return -1;
    json_array_foreach(rows, i, row)
    {
        if (add_row(row, &c, out, &in_till))
            return -1;
    }
    int64_t held = orders->held < in_till ? orders->held : in_till;
    return __builtin_add_overflow(*out, held, out) || __builtin_add_overflow(*out, orders->gone, out) ? -1
                                                                                                      : 0;
}

static tb_verdict quantity_for(const stock_rule *self, tb_ctx *ctx, tb_record *record, const target *at,
                               const reserved *orders, int64_t *out)
{
    int64_t buffer;
    const json_t *level = tb_record_part(record, "till.stock");
    *out = 0;
    if (!level)
        return tb_reject(record, "stock.not-hydrated", NULL, "%s: no source has read the till's row",
                         tb_record_key(record));
    if (json_is_true(json_object_get(level, "retired")))
        return TB_OK;
    if (buffer_for(self, ctx, record, at, &buffer) != TB_OK)
        return TB_REJECT;
    if (*orders->bad)
        return tb_reject(record, "stock.reserved", NULL, "%s: %s is no entry of an order",
                         tb_record_key(record), orders->bad);
    if (sum_quantity(level, buffer, orders, out))
        return tb_reject(record, "stock.not-hydrated", NULL, "%s: total or reserved is not a quantity",
                         tb_record_key(record));
    if (!self->decimals && *out % TB_QUANTITY_SCALE)
        return tb_reject(record, "stock.fraction", at->sku,
                         "%s: %lld.%03lld pieces, and the shop sells whole ones", tb_record_key(record),
                         (long long)(*out / TB_QUANTITY_SCALE), (long long)(*out % TB_QUANTITY_SCALE));
    return TB_OK;
}

/* ---- the transform ---- */

typedef struct decided {
    int64_t quantity;
    int status;
    bool retired;
} decided;

static int set_pieces(json_t *body, const char *name, int64_t pieces)
{
    char text[32];
    return tb_quantity_format(pieces, 3, text, sizeof text)
               ? -1
               : json_object_set_new(body, name, json_string(text));
}

static int write_body(tb_record **record, const decided *d, const reserved *orders)
{
    char claim[KEY_MOST];
    json_t *body = tb_record_edit(record);
    if (!body || set_pieces(body, "quantity", d->quantity))
        return -1;
    json_object_set_new(body, "status", json_integer(d->status));
    if (d->retired)
        json_object_set_new(body, "retired", json_true());
    if (orders->held && set_pieces(body, "held", orders->held))
        return -1;
    if (orders->gone && set_pieces(body, "gone", orders->gone))
        return -1;
    if (orders->mark) /* for the sink: a row that it remembers from before is not to be believed */
        json_object_set_new(body, "mark", json_integer(orders->mark));
    tb_record_set_operation(*record, "stock");
    snprintf(claim, sizeof claim, "stock/%s", tb_record_key(*record));
    return tb_record_claim(*record, claim);
}

static bool is_explained(const char *why)
{
    static const char *const reasons_[] = {"transaction", "reservation", "order"};
    for (size_t i = 0; i < sizeof reasons_ / sizeof *reasons_; i++) {
        if (!strcmp(why, reasons_[i]))
            return true;
    }
    return false;
}

static tb_verdict stock_rule_apply(void *self_, tb_ctx *ctx, tb_record **record)
{
    stock_rule *self = self_;
    const json_t *body = tb_record_body(*record);
    target at = {text_of(body, "sku"), text_of(body, "source"), text_of(body, "why")};
    decided d = {0, 0, false};
    reserved orders;
    if (!*at.sku || !*at.source)
        return tb_reject(*record, "stock.not-hydrated", NULL, "%s: names no sku or no source",
                         tb_record_key(*record));
    brake_know(&self->brake, at.source);
    reserved_read(ctx, self->reserved, tb_record_key(*record), &orders);
    tb_verdict v = quantity_for(self, ctx, *record, &at, &orders, &d.quantity);
    if (v == TB_OK && !is_explained(at.why) && !tb_record_released(*record)) {
        brake_fall fall = {at.sku, at.source, d.quantity};
        v = brake_judge(&self->brake, &self->limits, ctx, *record, &fall);
    }
    if (v != TB_OK)
        return v;
    d.retired = json_is_true(json_object_get(tb_record_part(*record, "till.stock"), "retired"));
    d.status = d.quantity > 0 || (!d.retired && on_backorder(self, ctx, at.sku));
    return write_body(record, &d, &orders) ? tb_retry(*record, "out of memory") : TB_OK;
}

static void need_columns(tb_ctx *ctx, tb_doctor *doctor, const char *table, const char *const *columns)
{
    const tb_table *t = table ? tb_table_get(ctx, table) : NULL;
    for (; t && *columns; columns++) {
        if (tb_table_column(t, *columns) < 0)
            tb_found(doctor, TB_BAD, table, "table %s has no column %s", table, *columns);
    }
}

static void check_cells(tb_ctx *ctx, tb_doctor *doctor, const char *table)
{
    const tb_table *t = table ? tb_table_get(ctx, table) : NULL;
    int column = t ? tb_table_column(t, "buffer") : -1;
    int64_t quantity;
    for (int row = 0; column >= 0 && row < tb_table_rows(t); row++) {
        if (!is_buffer(tb_table_cell(t, row, column), &quantity))
            tb_found(doctor, TB_BAD, table, "table %s, row %d: \"%s\" is not a quantity of 0 or more", table,
                     row + 2, tb_table_cell(t, row, column));
    }
}

static void stock_rule_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    static const char *const buffers[] = {"sku", "source", "buffer", NULL};
    static const char *const backorders[] = {"sku", NULL};
    const stock_rule *self = self_;
    need_columns(ctx, doctor, self->buffers, buffers);
    need_columns(ctx, doctor, self->backorders, backorders);
    check_cells(ctx, doctor, self->buffers);
}

static void stock_rule_close(void *self_, tb_ctx *ctx)
{
    stock_rule *self = self_;
    (void)ctx;
    brake_close(&self->brake);
}

static const tb_param params[] = {
    {"buffer", TB_QUANTITY, 0, "0", 0, 1000000000000, NULL,
     "pieces of each SKU and warehouse kept back from the web", offsetof(stock_rule, buffer)},
    {"buffers", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with columns sku, source, buffer; a blank cell means any, the most specific row wins",
     offsetof(stock_rule, buffers)},
    {"backorders", TB_TABLE, 0, NULL, 0, 0, NULL, "table with column sku: sold also when there is none",
     offsetof(stock_rule, backorders)},
    {"reserved", TB_STRING, 0, NULL, 0, 0, NULL,
     "namespaces in which order pipelines keep what they hold, as \"orders/reserved\"; blanks between",
     offsetof(stock_rule, reserved)},
    {"decimals", TB_BOOL, 0, "false", 0, 0, NULL, "whether the shop sells parts of a piece",
     offsetof(stock_rule, decimals)},
    {"brake-percent", TB_INT, 0, "20", 0, 100, NULL,
     "share of a source's SKUs above 0 that one window may lower without a till transaction",
     offsetof(stock_rule, limits.percent)},
    {"brake-least", TB_INT, 0, "50", 0, 1000000, NULL,
     "so many SKUs of a source may always fall in one window", offsetof(stock_rule, limits.least)},
    {"brake-window", TB_DURATION, 0, "5m", 1000, 86400000, NULL, "how long a window of the brake lasts",
     offsetof(stock_rule, limits.window)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"stock.mass-change", "too much stock would fall at once",
     "Compare the sample with the till; if it is right, release the exception, else mend the table or the "
     "till's "
     "answer and let the records be read again.",
     "ecommerce"},
    {"stock.fraction", "a part of a piece where the shop sells whole ones",
     "Correct the count at the till, or set decimals = true if the shop sells this by weight or length.",
     "stores"},
    {"stock.not-hydrated", "the till's row was not read",
     "Put a source that hydrates stock.level (sitoo-source) into the pipeline, then retry.", NULL},
    {"stock.reserved", "what an order pipeline keeps of a row cannot be read",
     "Look at the entry that the text names; it is written anew when its order is looked at again.", NULL},
    {"stock.buffer", "a cell of the buffers table is not a quantity of 0 or more",
     "Mend the cell and reload; the record comes again by itself.", "ecommerce"},
    {NULL, NULL, NULL, NULL},
};

static const tb_common common = {.size = sizeof common, .check = stock_rule_check, .close = stock_rule_close};
static const tb_transform transform = {.size = sizeof transform, .apply = stock_rule_apply};

TB_PLUGIN(.self_size = sizeof(stock_rule), .name = "stock-rule", .version = "0.1",
          .summary = "the shop's quantity and status from the till's stock, with buffer and brake",
          .reads = "stock.level", .params = params, .reasons = reasons, .common = &common,
          .transform = &transform, );
