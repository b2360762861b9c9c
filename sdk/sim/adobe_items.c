/* SPDX-License-Identifier: Apache-2.0 */
/* Source items. A call is judged whole before anything is written; then new rows go in by one statement and
 * rows that exist by one statement each, without a transaction. An unknown source among the new rows fails
 * the first statement, so nothing is kept; a failure later keeps what was written before it. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static const int64_t most_quantity =
    999999999999; /* decimal(12,4): beyond it the database keeps its greatest */

static json_t *field_fault(const char *message, const char *field)
{
    return adobe_fault(message, json_pack("{ss}", "field", field));
}

static const char *text(const json_t *row, const char *key)
{
    const char *v = json_string_value(json_object_get(row, key));
    return v ? v : "";
}

/* ---- judging ---- */

static bool blank_at_end(const char *sku)
{
    size_t n = strlen(sku);
    return n && (strchr(" \t\r\n", sku[0]) || strchr(" \t\r\n", sku[n - 1]));
}

static void judge_texts(const json_t *row, json_t *faults)
{
    const char *sku = text(row, "sku"), *source = text(row, "source_code");
    if (!sku[strspn(sku, " \t\r\n")])
        json_array_append_new(faults, field_fault("\"%field\" can not be empty.", "sku"));
    else if (blank_at_end(sku))
        json_array_append_new(faults,
                              field_fault("\"%field\" can not contain leading or trailing spaces.", "sku"));
    if (!source[strspn(source, " \t\r\n")])
        json_array_append_new(faults, field_fault("\"%field\" can not be empty.", "source_code"));
    else if (strpbrk(source, " \t\r\n"))
        json_array_append_new(faults, field_fault("\"%field\" can not contain whitespaces.", "source_code"));
}

static void judge_numbers(const json_t *row, json_t *faults)
{
    const json_t *status = json_object_get(row, "status"), *quantity = json_object_get(row, "quantity");
    if (!quantity || json_is_null(quantity))
        json_array_append_new(faults, field_fault("\"%field\" should be numeric.", "quantity"));
    if (!status || json_is_null(status))
        json_array_append_new(faults, field_fault("\"%field\" should be numeric.", "status"));
    else if (json_integer_value(status) != 0 && json_integer_value(status) != 1)
        json_array_append_new(faults, field_fault("\"%field\" should a known status.", "status"));
}

static char *filled(const json_t *fault)
{
    buffer b = {0};
    const char *message = text(fault, "message");
    const json_t *parameters = json_object_get(fault, "parameters");
    for (const char *p = message; *p; p++) {
        char number[2] = {p[1], '\0'};
        if (*p != '%')
            buffer_putc(&b, *p);
        else if (json_is_array(parameters)) {
            buffer_puts(&b, json_string_value(json_array_get(parameters, (size_t)(*number - '1'))));
            p++;
        } else {
            buffer_puts(&b, text(parameters, "field"));
            p += strlen("field");
        }
    }
    return buffer_take(&b);
}

static bool judge(adobe_call *c, const json_t *rows)
{
    json_t *faults = json_array(), *row = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)rows, i, row)
    {
        judge_texts(row, faults);
        judge_numbers(row, faults);
        adobe_judge_bundles(c, text(row, "sku"), text(row, "source_code"), faults);
    }
    if (json_array_size(faults)) {
        CLEANUP_FREE char *first = filled(json_array_get(faults, 0));
        adobe_invalid(c, first, faults);
        return false;
    }
    json_decref(faults);
    return true;
}

/* ---- writing ---- */

static int64_t quantity_of(const json_t *row)
{
    int64_t n = 0;
    decimal_read(json_object_get(row, "quantity"), &n);
    return n > most_quantity ? most_quantity : n < -most_quantity ? -most_quantity : n;
}

static const adobe_item *row_before(const adobe *m, const json_t *row)
{
    return adobe_item_of(m, adobe_sku_of(m, text(row, "sku")),
                         adobe_source_place(m, text(row, "source_code")));
}

/* Keeps one row, and tells when something changed. */
void adobe_write_row(adobe *m, const char *sku, int source, int64_t quantity, int status)
{
    uint32_t place = adobe_sku_place(m, sku);
    const adobe_item *before = adobe_item_of(m, &m->skus[place], source);
    if (!before || before->quantity != quantity || before->status != status)
        sim_effect("adobe", "source-item",
                   json_pack("{ss ss so si so}", "sku", m->skus[place].name, "source",
                             m->sources[source].code, "quantity", decimal_text(quantity), "status", status,
                             "was", before ? decimal_text(before->quantity) : json_null()));
    adobe_item_set(m, place, source, quantity, status);
    if (source == DEFAULT_SOURCE)
        adobe_sync_legacy(m, place);
}

void adobe_remove_row(adobe *m, uint32_t sku, int source)
{
    sim_effect("adobe", "source-item-deleted",
               json_pack("{ss ss}", "sku", m->skus[sku].name, "source", m->sources[source].code));
    adobe_item_remove(m, sku, source);
    if (source == DEFAULT_SOURCE)
        adobe_sync_legacy(m, sku);
}

static void write_row(adobe *m, const json_t *row)
{
    adobe_write_row(m, text(row, "sku"), adobe_source_place(m, text(row, "source_code")), quantity_of(row),
                    (int)json_integer_value(json_object_get(row, "status")));
}

/* Whether the database refuses a new row: no such source, a SKU longer than its column. */
static bool unkeepable(const adobe *m, const json_t *row)
{
    enum { SKU_MOST = 64 };
    if (adobe_is(m, "unknown_sku", "refused") && !adobe_product_of(m, text(row, "sku")))
        return true;
    return adobe_source_place(m, text(row, "source_code")) < 0 || strlen(text(row, "sku")) > SKU_MOST;
}

/* Of the rows that exist, the one at which a failure (ordered by the verb "partial", or drawn) ends the call;
 * `count`: none. */
static size_t failing_row(adobe *m, size_t count)
{
    if (m->partial_calls) {
        m->partial_calls--;
        return m->partial_after < count ? m->partial_after : count;
    }
    bool fails = world_chance(json_millionths(json_object_get(m->settings, "partial_rate")));
    return fails ? (size_t)world_below((int64_t)count) : count;
}

/* true: all is written. */
static bool write_rows(adobe *m, const json_t *rows)
{
    size_t count = json_array_size(rows), i = 0;
    CLEANUP_FREE bool *fresh = must(calloc(count + 1, sizeof *fresh));
    json_t *row = NULL;
    json_array_foreach((json_t *)rows, i, row)
    {
        fresh[i] = !row_before(m, row);
        if (fresh[i] && unkeepable(m, row))
            return false;
    }
    size_t fails = failing_row(m, count);
    json_array_foreach((json_t *)rows, i, row) if (fresh[i]) write_row(m, row);
    json_array_foreach((json_t *)rows, i, row)
    {
        if (i == fails)
            return false;
        if (!fresh[i])
            write_row(m, row);
    }
    return true;
}

void adobe_post_items(adobe_call *c)
{
    const json_t *rows = json_object_get(c->input, "source_items");
    if (!json_array_size(rows)) {
        adobe_fail(c, 400, "Input data is empty", NULL);
        return;
    }
    if (!judge(c, rows))
        return;
    if (write_rows(c->m, rows))
        adobe_reply(c, json_array());
    else
        adobe_fail(c, 400, "Could not save Source Item", NULL);
}

void adobe_delete_items(adobe_call *c)
{
    json_t *rows = json_object_get(c->input, "source_items"), *row = NULL;
    size_t i = 0;
    json_array_foreach(rows, i, row)
    {
        const adobe_item *item = row_before(c->m, row);
        if (item)
            adobe_remove_row(c->m, item->sku, item->source);
    }
    adobe_reply(c, json_array());
}

/* ---- reading ---- */

enum { SKU, SOURCE_CODE, QUANTITY, STATUS, SOURCE_ITEM_ID };

static int column(adobe *m, const char *name)
{
    static const char *const names[] = {"sku", "source_code", "quantity", "status", "source_item_id"};
    (void)m;
    for (int i = 0; i <= SOURCE_ITEM_ID; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static search_cell cell(adobe *m, size_t row, int at)
{
    const adobe_item *i = &m->items[row];
    switch (at) {
    case SKU:
        return (search_cell){.kind = CELL_TEXT, .text = m->skus[i->sku].name};
    case SOURCE_CODE:
        return (search_cell){.kind = CELL_TEXT, .text = m->sources[i->source].code};
    case QUANTITY:
        return (search_cell){.kind = CELL_NUMBER, .number = i->quantity};
    case STATUS:
        return (search_cell){.kind = CELL_NUMBER, .number = (int64_t)i->status * ADOBE_UNIT};
    default:
        return (search_cell){.kind = CELL_NUMBER, .number = ((int64_t)row + 1) * ADOBE_UNIT};
    }
}

static json_t *doc_of(adobe *m, size_t row)
{
    const adobe_item *i = &m->items[row];
    return json_pack("{ss ss so si}", "sku", m->skus[i->sku].name, "source_code", m->sources[i->source].code,
                     "quantity", decimal_number(i->quantity), "status", i->status);
}

static const search_table table = {column, cell, doc_of, UNKNOWN_500, UNKNOWN_500, false};

typedef struct {
    size_t *row, count, room;
} row_list;

static void add(row_list *l, const adobe *m, uint32_t number)
{
    if (!number || m->items[number - 1].gone)
        return;
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 256;
        l->row = must(realloc(l->row, l->room * sizeof *l->row));
    }
    l->row[l->count++] = number - 1;
}

static int by_sku_and_source(const void *a, const void *b, void *arg)
{
    const adobe *m = arg;
    const adobe_item *x = &m->items[*(const size_t *)a], *y = &m->items[*(const size_t *)b];
    int order = strcmp(m->skus[x->sku].folded, m->skus[y->sku].folded);
    return order ? order : strcmp(m->sources[x->source].folded, m->sources[y->source].folded);
}

/* A SKU asked for twice is listed once. */
static void sort_once(adobe *m, row_list *l)
{
    size_t kept = 1;
    qsort_r(l->row, l->count, sizeof *l->row, by_sku_and_source, m);
    for (size_t i = 1; i < l->count; i++)
        if (l->row[i] != l->row[kept - 1])
            l->row[kept++] = l->row[i];
    l->count = kept;
}

/* As the database does: through the index of SKU and source, through a source's rows, or by number. */
static void candidates(adobe_call *c, row_list *l)
{
    json_t *skus = search_values(c, "sku"), *sources = skus ? NULL : search_values(c, "source_code"),
           *null = NULL;
    const char *name = NULL;
    adobe *m = c->m;
    json_object_foreach(skus, name, null)
    {
        const adobe_sku *k = adobe_sku_of(m, name);
        for (size_t i = 0; k && i < k->at_count; i++)
            add(l, m, k->at[i]);
    }
    if (skus && l->count)
        sort_once(m, l);
    json_object_foreach(sources, name, null)
    {
        int place = adobe_source_place(m, name);
        for (size_t i = 0; place >= 0 && i < m->sources[place].row_count; i++)
            add(l, m, m->sources[place].rows[i]);
    }
    int64_t low = 1, high = (int64_t)m->item_count;
    search_range(c, "source_item_id", &low, &high);
    for (int64_t n = low; !skus && !sources && n <= high; n++)
        add(l, m, (uint32_t)n);
    json_decref(skus);
    json_decref(sources);
}

void adobe_get_items(adobe_call *c)
{
    row_list l = {0};
    if (!search_begin(c, &table))
        return;
    candidates(c, &l);
    search_reply(c, &table, l.row, l.count);
}
