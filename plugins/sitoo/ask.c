/* SPDX-License-Identifier: Apache-2.0 */
/* Rows by name, a hundred a call; SKUs that the filter cannot carry (a comma) by paging the warehouse. */
#include "plugins/sitoo/ask.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 100, QUERY_MOST = 6000 };

typedef struct asking { /* of one warehouse */
    tb_ctx *ctx;
    const stock_source *self;
    int64_t warehouse;
    json_t *skus;   /* sku -> entry; borrowed */
    json_t *folded; /* the same in lower case -> true */
    json_t *seen;   /* SKUs of the list that is being read */
    const char *reason;
    char why[200];
} asking;

/* ---- what is wanted ---- */

static json_t *of_warehouse(const asked *a, int64_t warehouse)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)warehouse);
    return json_object_get(a->warehouses, id);
}

void ask_want(asked *a, int64_t warehouse, const char *sku, int64_t mark)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)warehouse);
    if (!a->warehouses) {
        a->warehouses = json_object();
        a->faults = json_object();
    }
    if (!of_warehouse(a, warehouse))
        json_object_set_new(a->warehouses, id, json_object());
    json_object_set_new(of_warehouse(a, warehouse), sku, json_pack("{s:I}", "mark", (json_int_t)mark));
}

bool ask_wanted(const asked *a, int64_t warehouse, const char *sku)
{
    return json_object_get(of_warehouse(a, warehouse), sku) != NULL;
}

void ask_free(asked *a)
{
    json_decref(a->warehouses);
    json_decref(a->faults);
    *a = (asked){0};
}

int ask_answer(const asked *a, int64_t warehouse, const char *sku, row_answer *out)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)warehouse);
    const json_t *entry = json_object_get(of_warehouse(a, warehouse), sku);
    const json_t *fault = json_object_get(a->faults, id);
    *out = (row_answer){.total = json_integer_value(json_object_get(entry, "t")),
                        .reserved = json_integer_value(json_object_get(entry, "v")),
                        .mark = sitoo_number(entry, "mark")};
    if (!fault)
        return 0;
    out->reason = sitoo_field(fault, "reason");
    out->why = sitoo_field(fault, "why");
    return -1;
}

/* ---- asking ---- */

static tb_verdict fault(asking *q, const char *reason, const char *why)
{
    q->reason = reason;
    snprintf(q->why, sizeof q->why, "warehouse %lld: %.160s", (long long)q->warehouse, why);
    return TB_OK;
}

static sitoo_answer get(const asking *q, const char *query, sitoo_list *list)
{
    SITOO_TEXT path = {0};
    sitoo_printf(&path, "/sites/%lld/warehouses/%lld/warehouseitems.json", (long long)q->self->site,
                 (long long)q->warehouse);
    return sitoo_get_list(q->ctx, 0, sitoo_str(&path), query, list);
}

static const char *fold(const char *sku, char out[ROW_SIZE])
{
    size_t i = 0;
    for (; sku[i] && i + 1 < ROW_SIZE; i++)
        out[i] = (char)(sku[i] >= 'A' && sku[i] <= 'Z' ? sku[i] - 'A' + 'a' : sku[i]);
    out[i] = '\0';
    return out;
}

/* What is wrong with the row, NULL: it is taken. */
static const char *take_item(asking *q, const json_t *item)
{
    char folded[ROW_SIZE];
    int64_t total, reserved;
    const char *sku = sitoo_field(item, "sku");
    json_t *entry = json_object_get(q->skus, sku);
    if (!*sku || sitoo_quantity(item, "decimaltotal", &total) ||
        sitoo_quantity(item, "decimalreserved", &reserved))
        return "a row came without its SKU or its quantities";
    if (json_object_get(q->seen, sku))
        return "a row came twice";
    if (!entry && json_object_get(q->folded, fold(sku, folded)))
        return "a row came that differs in case only from one that was asked for";
    json_object_set_new(q->seen, sku, json_true());
    if (entry) {
        json_object_set_new(entry, "t", json_integer(total));
        json_object_set_new(entry, "v", json_integer(reserved));
    }
    return NULL;
}

/* What the filter asked for: of SKUs with a comma nothing stands in it. */
static bool was_asked(const asking *q, const char *filter, const char *sku)
{
    return !*filter || (!strchr(sku, ',') && json_object_get(q->skus, sku));
}

/* Takes a page; false: it is not to be trusted. *rows: how many of those asked for; *named: `sentinel` came.
 */
static bool take_page(asking *q, const json_t *items, const char *filter, const char *sentinel, int64_t *rows,
                      bool *named)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)items, i, item)
    {
        const char *wrong = take_item(q, item), *sku = sitoo_field(item, "sku");
        if (wrong) {
            fault(q, "sitoo.untrusted", wrong);
            return false;
        }
        *rows += was_asked(q, filter, sku);
        *named = *named || (sentinel && !strcmp(sku, sentinel));
    }
    return true;
}

/* Reads a list to its totalcount. filter: "" or ending with '&'. */
static tb_verdict read_list(asking *q, const char *filter, const char *sentinel, int64_t *rows, bool *named)
{
    SITOO_LIST list = {0};
    int64_t start = 0;
    json_object_clear(q->seen);
    do {
        SITOO_TEXT query = {0};
        sitoo_printf(&query, "%sstart=%lld&num=%d&fields=sku,decimaltotal,decimalreserved", filter,
                     (long long)start, SITOO_PAGE);
        sitoo_answer answer = get(q, sitoo_str(&query), &list);
        if (answer == SITOO_AGAIN)
            return TB_RETRY;
        if (answer != SITOO_GOOD)
            return fault(q, list.reason, list.why);
        if (start < list.total && !json_array_size(list.items))
            return fault(q, "sitoo.untrusted", "a page of its rows is missing from the answer");
        if (!take_page(q, list.items, filter, sentinel, rows, named))
            return TB_OK;
        start += (int64_t)json_array_size(list.items);
    } while (start < list.total);
    return TB_OK;
}

/* ---- the sentinel: a SKU that is known to be in the warehouse ---- */

typedef struct sentinel {
    char row[ROW_SIZE];
} sentinel;

static int find_sentinel(void *arg, const char *row, const char *value)
{
    sentinel *s = arg;
    level l;
    level_decode(value, &l);
    if (!l.known || l.absent || strchr(row, ','))
        return 0;
    snprintf(s->row, sizeof s->row, "%s", row);
    return 1;
}

/* An empty warehouse has no sentinel: its last full read must have found it empty. */
static tb_verdict prove_empty(asking *q)
{
    place p;
    place_get(q->ctx, q->warehouse, &p);
    if (p.full && !p.rows)
        return TB_OK;
    return fault(q, "sitoo.untrusted", "no row came back, and none is known that must");
}

static tb_verdict prove(asking *q, const char *filter)
{
    sentinel known = {""};
    char prefix[24];
    int64_t rows = 0, warehouse;
    const char *sku;
    bool named = false;
    snprintf(prefix, sizeof prefix, "%lld/", (long long)q->warehouse);
    tb_state_list(q->ctx, NS_LEVELS, prefix, find_sentinel, &known);
    if (row_parse(known.row, &warehouse, &sku))
        return prove_empty(q);
    SITOO_TEXT with = {0};
    sitoo_printf(&with, "%.*s,", (int)strcspn(filter, "&"), filter);
    sitoo_escape(&with, sku);
    sitoo_printf(&with, "&");
    tb_verdict v = read_list(q, sitoo_str(&with), sku, &rows, &named);
    if (v != TB_OK || q->reason || named)
        return v;
    return fault(q, "sitoo.untrusted", "no row came back, nor one that is known to be there");
}

/* ---- one warehouse ---- */

static tb_verdict ask_chunk(asking *q, const sitoo_text *skus)
{
    SITOO_TEXT filter = {0};
    int64_t rows = 0;
    bool named = false;
    sitoo_printf(&filter, "sku=%s&", sitoo_str(skus));
    tb_verdict v = read_list(q, sitoo_str(&filter), NULL, &rows, &named);
    if (v == TB_OK && !q->reason && !rows)
        v = prove(q, sitoo_str(&filter));
    return v;
}

static tb_verdict ask_all_rows(asking *q)
{
    int64_t rows = 0;
    bool named = false;
    tb_verdict v = read_list(q, "", NULL, &rows, &named);
    if (v == TB_OK && !q->reason && !rows)
        v = prove_empty(q);
    return v;
}

static tb_verdict ask_warehouse(asking *q)
{
    SITOO_TEXT skus = {0};
    const char *sku;
    json_t *unused;
    int n = 0;
    bool by_paging = false;
    tb_verdict v = TB_OK;
    json_object_foreach(q->skus, sku, unused)
    {
        if (strchr(sku, ',')) {
            by_paging = true;
            continue;
        }
        if (n++)
            sitoo_printf(&skus, ",");
        sitoo_escape(&skus, sku);
        if (n < CHUNK && skus.size < QUERY_MOST)
            continue;
        v = ask_chunk(q, &skus);
        sitoo_text_free(&skus);
        n = 0;
        if (v != TB_OK || q->reason)
            return v;
    }
    if (n)
        v = ask_chunk(q, &skus);
    return v == TB_OK && !q->reason && by_paging ? ask_all_rows(q) : v;
}

static tb_verdict ask_with_memory(asking *q)
{
    json_auto_t *folded = json_object(), *seen = json_object();
    char text[ROW_SIZE];
    const char *sku;
    json_t *unused;
    json_object_foreach(q->skus, sku, unused)
    {
        json_object_set_new(folded, fold(sku, text), json_true());
    }
    q->folded = folded;
    q->seen = seen;
    return ask_warehouse(q);
}

static tb_verdict of_this_site(asking *q, stock_source *s)
{
    SITOO_LIST list = {0};
    sitoo_answer answer = sitoo_read_warehouses(q->ctx, s->site, WAREHOUSES_AGE, &s->warehouses, &list);
    if (answer == SITOO_AGAIN)
        return TB_RETRY;
    if (answer != SITOO_GOOD)
        return fault(q, list.reason, list.why);
    if (!sitoo_find_warehouse(&s->warehouses, q->warehouse))
        return fault(q, "sitoo.untrusted", "it is not a warehouse of this site");
    return TB_OK;
}

tb_verdict ask_all(asked *a, stock_source *s, tb_ctx *ctx)
{
    const char *id;
    json_t *skus;
    json_object_foreach(a->warehouses, id, skus)
    {
        asking q = {.ctx = ctx, .self = s, .warehouse = strtoll(id, NULL, 10), .skus = skus};
        tb_verdict v = of_this_site(&q, s);
        if (v == TB_OK && !q.reason)
            v = ask_with_memory(&q);
        if (v != TB_OK)
            return v;
        if (q.reason)
            json_object_set_new(a->faults, id, json_pack("{s:s, s:s}", "reason", q.reason, "why", q.why));
    }
    return TB_OK;
}
