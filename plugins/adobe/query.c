/* SPDX-License-Identifier: Apache-2.0 */
/* Releases differ in how they order names and read repeated ones (byte order or natural order, last one
 * wins), so only such queries are built as all of them read alike. A value with a comma would be cut inside
 * an `in` list. */
#include "plugins/adobe/query.h"

#include <stdio.h>
#include <string.h>

#include <tillbridge/http.h>

enum { NAME_MOST = 128, TAIL_ROOM = 400 /* sort, page, fields */, INDEX_MOST = 10 };

static void add_raw(adobe_query *q, const char *text)
{
    size_t n = strlen(text);
    if (q->failed || q->size + n > ADOBE_QUERY_MOST) {
        q->failed = true;
        return;
    }
    memcpy(q->text + q->size, text, n + 1);
    q->size += n;
}

static void add_encoded(adobe_query *q, const char *text)
{
    size_t need = tb_http_escape(text, NULL, 0);
    if (q->failed || q->size + need > ADOBE_QUERY_MOST) {
        q->failed = true;
        return;
    }
    tb_http_escape(text, q->text + q->size, sizeof q->text - q->size);
    q->size += need;
}

static void add_pair(adobe_query *q, const char *name, const char *value)
{
    if (q->size)
        add_raw(q, "&");
    add_encoded(q, name);
    add_raw(q, "=");
    add_encoded(q, value);
}

static void filter_name(const adobe_query *q, const char *what, char *out, size_t size)
{
    snprintf(out, size, "searchCriteria[filter_groups][%d][filters][%d][%s]", q->groups - 1, q->filters - 1,
             what);
}

static void add_field(adobe_query *q, const char *field, const char *condition)
{
    char name[NAME_MOST];
    if (q->groups > INDEX_MOST || q->filters > INDEX_MOST)
        q->failed = true;
    filter_name(q, "field", name, sizeof name);
    add_pair(q, name, field);
    filter_name(q, "condition_type", name, sizeof name);
    add_pair(q, name, condition);
}

static void add_filter(adobe_query *q, const char *field, const char *condition, const char *value)
{
    char name[NAME_MOST];
    add_field(q, field, condition);
    filter_name(q, "value", name, sizeof name);
    add_pair(q, name, value);
}

void adobe_query_filter(adobe_query *q, const char *field, const char *condition, const char *value)
{
    q->groups++;
    q->filters = 1;
    add_filter(q, field, condition, value);
}

void adobe_query_or(adobe_query *q, const char *field, const char *condition, const char *value)
{
    q->filters++;
    add_filter(q, field, condition, value);
}

size_t adobe_query_in(adobe_query *q, const char *field, const char *const *values, size_t count)
{
    char name[NAME_MOST];
    size_t taken = 0;
    if (!count || strchr(values[0], ','))
        return 0;
    q->groups++;
    q->filters = 1;
    add_field(q, field, "in");
    filter_name(q, "value", name, sizeof name);
    add_pair(q, name, values[0]);
    for (taken = 1; taken < count && taken < ADOBE_IN_MOST; taken++) {
        size_t need = 3 + tb_http_escape(values[taken], NULL, 0);
        if (strchr(values[taken], ',') || q->size + need + TAIL_ROOM > ADOBE_QUERY_MOST)
            break;
        add_raw(q, "%2C");
        add_encoded(q, values[taken]);
    }
    return taken;
}

void adobe_query_or_in(adobe_query *q, const char *field, const char *const *values, size_t count)
{
    adobe_query_or(q, field, "in", count ? values[0] : "");
    for (size_t i = 1; i < count; i++) {
        add_raw(q, "%2C");
        add_encoded(q, values[i]);
    }
}

static void add_order(adobe_query *q, const char *what, const char *value)
{
    char name[NAME_MOST];
    snprintf(name, sizeof name, "searchCriteria[sortOrders][%d][%s]", q->sorts, what);
    add_pair(q, name, value);
}

void adobe_query_sort(adobe_query *q, const char *field)
{
    if (q->sorts >= INDEX_MOST)
        q->failed = true;
    add_order(q, "field", field);
    add_order(q, "direction", "ASC");
    q->sorts++;
}

void adobe_query_page(adobe_query *q, int size, int current)
{
    char number[16];
    snprintf(number, sizeof number, "%d", size);
    add_pair(q, "searchCriteria[pageSize]", number);
    snprintf(number, sizeof number, "%d", current);
    add_pair(q, "searchCriteria[currentPage]", number);
}

void adobe_query_fields(adobe_query *q, const char *fields)
{
    add_pair(q, "fields", fields);
}

const char *adobe_query_text(const adobe_query *q)
{
    return q->failed ? NULL : q->text;
}
