/* SPDX-License-Identifier: Apache-2.0 */
/* See shown.h. A *question* is a list asked for by one filter; its pages follow each other. */
#include "tests/fuzz/shown.h"

#include <strings.h>

enum { MOST_PAGES = 500, MOST_FILTER = 8192 };

typedef struct page {
    int64_t warehouse, start;
    char *filter; /* ",A,B," decoded; "" asks for all */
    json_t *items;
    int64_t total;
    bool whole; /* a list, its count, and each row with its quantities */
} page;

static page pages[MOST_PAGES];
static int pages_n;
static json_t *transactions, *warehouses;

void shown_clear(void)
{
    for (int i = 0; i < pages_n; i++) {
        free(pages[i].filter);
        json_decref(pages[i].items);
    }
    pages_n = 0;
    json_decref(transactions);
    json_decref(warehouses);
    transactions = json_array();
    warehouses = json_array();
}

/* ---- taking ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

static bool quantity_of(const json_t *item, const char *name, int64_t *out)
{
    return !tb_quantity_from_json(json_object_get(item, name), out);
}

/* "sku=A%2FB,C&..." to ",A/B,C,". */
static char *filter_of(const char *query)
{
    static char out[MOST_FILTER];
    size_t n = 0;
    if (strncmp(query, "sku=", 4) != 0)
        return strdup("");
    out[n++] = ',';
    for (query += 4; *query && *query != '&' && n + 3 < MOST_FILTER; query++) {
        unsigned byte = (unsigned char)*query;
        if (*query == '%' && sscanf(query + 1, "%2x", &byte) == 1)
            query += 2;
        out[n++] = (char)byte;
    }
    out[n++] = ',';
    out[n] = '\0';
    return strdup(out);
}

static bool rows_are_whole(const json_t *items)
{
    size_t i;
    json_t *item;
    int64_t ignored;
    json_array_foreach((json_t *)(uintptr_t)items, i, item)
    {
        if (!*text_of(item, "sku") || !quantity_of(item, "decimaltotal", &ignored) ||
            !quantity_of(item, "decimalreserved", &ignored))
            return false;
    }
    return true;
}

static void take_page(int64_t warehouse, const tb_request *q, const tb_response *r)
{
    json_t *items = json_object_get(r->json, "items"), *total = json_object_get(r->json, "totalcount");
    const char *query = q->query ? q->query : "", *start = strstr(query, "start=");
    MUST(pages_n < MOST_PAGES, "too many pages");
    page *p = &pages[pages_n++];
    *p = (page){.warehouse = warehouse,
                .start = start ? strtoll(start + 6, NULL, 10) : 0,
                .filter = filter_of(query),
                .items = json_is_array(items) ? json_incref(items) : json_array(),
                .total = json_integer_value(total)};
    p->whole = r->status < 300 && json_is_array(items) && json_is_integer(total) && p->total >= 0 &&
               rows_are_whole(items);
}

void shown_take(const tb_request *q, const tb_response *r)
{
    int64_t warehouse;
    int end = 0;
    json_t *items = json_object_get(r->json, "items");
    if (sscanf(q->path, "/sites/1/warehouses/%ld/warehouseitems.json%n", &warehouse, &end) == 1 && end)
        take_page(warehouse, q, r);
    else if (r->status < 300 && strstr(q->path, "/warehousetransactions.json"))
        json_array_extend(transactions, items);
    else if (r->status < 300 && strstr(q->path, "/warehouses.json"))
        json_array_extend(warehouses, items);
}

/* ---- asking ---- */

bool shown_warehouse(int64_t warehouse)
{
    size_t i;
    json_t *item;
    json_array_foreach(warehouses, i, item)
    {
        if (number_of(item, "warehouseid") == warehouse)
            return true;
    }
    return false;
}

static bool is_row(const json_t *item, const char *sku, int64_t total, int64_t reserved)
{
    int64_t t = 0, v = 0;
    return !strcmp(text_of(item, "sku"), sku) && quantity_of(item, "decimaltotal", &t) && t == total &&
           (reserved < 0 || (quantity_of(item, "decimalreserved", &v) && v == reserved));
}

static bool in_list(const json_t *items, const char *sku, int64_t total, int64_t reserved)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)items, i, item)
    {
        if (is_row(item, sku, total, reserved))
            return true;
    }
    return false;
}

static bool in_transactions(int64_t warehouse, const char *sku, int64_t total)
{
    size_t i;
    json_t *one;
    json_array_foreach(transactions, i, one)
    {
        if (number_of(one, "warehouseid") == warehouse &&
            in_list(json_object_get(one, "items"), sku, total, -1))
            return true;
    }
    return false;
}

bool shown_row(int64_t warehouse, const char *sku, int64_t total, int64_t reserved)
{
    for (int i = 0; i < pages_n; i++) {
        if (pages[i].warehouse == warehouse && in_list(pages[i].items, sku, total, reserved))
            return true;
    }
    return reserved < 0 && in_transactions(warehouse, sku, total);
}

bool shown_twice(int64_t warehouse, const char *sku)
{
    int times = 0;
    for (int i = 0; i < pages_n; i++) {
        size_t k;
        json_t *item;
        if (pages[i].warehouse != warehouse)
            continue;
        times = pages[i].start ? times : 0;
        json_array_foreach(pages[i].items, k, item)
        {
            times += !strcmp(text_of(item, "sku"), sku);
        }
        if (times > 1)
            return true;
    }
    return false;
}

static bool asks_for(const page *p, const char *sku)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, ",%s,", sku);
    return strchr(sku, ',') ? !*p->filter : strstr(p->filter, wanted) != NULL;
}

/* Of a question's pages: those from `first` on. *last: the index behind them. */
static json_t *rows_of_question(int first, int *last, const char **fault)
{
    json_t *rows = json_object(), *item;
    size_t i;
    int at = first;
    do {
        const page *p = &pages[at];
        if (!p->whole)
            *fault = "an answer is no whole list";
        json_array_foreach(p->items, i, item)
        {
            if (json_object_get(rows, text_of(item, "sku")))
                *fault = "a row came twice";
            json_object_set_new(rows, text_of(item, "sku"), json_true());
        }
        at++;
    } while (at < pages_n && pages[at].start > 0 && !strcmp(pages[at].filter, pages[first].filter));
    if ((int64_t)json_object_size(rows) < pages[at - 1].total)
        *fault = "the rows do not reach the count";
    *last = at;
    return rows;
}

static int count_asked(const json_t *rows, const page *p, const char *sku, const char **fault)
{
    int n = 0;
    const char *name;
    json_t *unused;
    json_object_foreach((json_t *)(uintptr_t)rows, name, unused)
    {
        n += asks_for(p, name) || !*p->filter;
        if (strcmp(name, sku) != 0 && !strcasecmp(name, sku))
            *fault = "a row came that differs in case only";
    }
    return n;
}

const char *shown_why_not_zero(int64_t warehouse, const char *sku, bool empty)
{
    const char *fault = NULL;
    int asked = 0, proofs = 0;
    for (int i = 0, next; i < pages_n; i = next) {
        next = i + 1;
        if (pages[i].warehouse != warehouse)
            continue;
        json_t *rows = rows_of_question(i, &next, &fault);
        if (asks_for(&pages[i], sku)) {
            asked++;
            proofs += count_asked(rows, &pages[i], sku, &fault);
        }
        json_decref(rows);
    }
    if (!asked)
        return "it was not asked for";
    if (fault)
        return fault;
    return proofs || empty ? NULL : "no row came that was asked for";
}
