/* SPDX-License-Identifier: Apache-2.0 */
/* searchCriteria: groups are joined by "and", filters in a group by "or"; a page past the end is empty with
 * the right total, page 0 and less are page 1, and the answer repeats what was asked. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MOST_FILTERS = 64, MOST_SORTS = 8 };

static const adobe_field filter_fields[] = {
    {"field", IN_TEXT, NULL}, {"value", IN_TEXT, NULL}, {"condition_type", IN_TEXT, NULL}, {0}};
static const adobe_shape filter_shape = {"\\Magento\\Framework\\Api\\Filter", filter_fields};
static const adobe_field group_fields[] = {{"filters", IN_OBJECTS, &filter_shape}, {0}};
static const adobe_shape group_shape = {"\\Magento\\Framework\\Api\\Search\\FilterGroup", group_fields};
static const adobe_field sort_fields[] = {{"field", IN_TEXT, NULL}, {"direction", IN_TEXT, NULL}, {0}};
static const adobe_shape sort_shape = {"\\Magento\\Framework\\Api\\SortOrder", sort_fields};
static const adobe_field criteria_fields[] = {{"filter_groups", IN_OBJECTS, &group_shape},
                                              {"sort_orders", IN_OBJECTS, &sort_shape},
                                              {"page_size", IN_INT, NULL},
                                              {"current_page", IN_INT, NULL},
                                              {0}};

/* ---- reading ---- */

static json_t *groups_of(const adobe_call *c)
{
    return json_object_get(c->criteria, "filter_groups");
}

static void fill_conditions(adobe_call *c)
{
    json_t *group = NULL, *filter = NULL;
    size_t i = 0, j = 0;
    if (!groups_of(c))
        json_object_set_new(c->criteria, "filter_groups", json_array());
    json_array_foreach(groups_of(c), i, group) json_array_foreach(
        json_object_get(group, "filters"), j, filter) if (!json_object_get(filter, "condition_type"))
        json_object_set_new(filter, "condition_type", json_string("eq"));
}

static bool check_directions(adobe_call *c)
{
    json_t *sort = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->criteria, "sort_orders"), i, sort)
    {
        const char *direction = json_string_value(json_object_get(sort, "direction"));
        if (!direction || !strcasecmp(direction, "ASC") || !strcasecmp(direction, "DESC"))
            continue;
        adobe_fail(c, 400,
                   "The sort order has to be specified as %1 for ascending order or %2 for descending order.",
                   json_pack("[ss]", "ASC", "DESC"));
        return false;
    }
    return true;
}

static bool check_limits(adobe_call *c)
{
    json_int_t size = json_integer_value(json_object_get(c->criteria, "page_size"));
    json_int_t most = adobe_int(c->m, "page_size_limit");
    if (!adobe_int(c->m, "input_limit"))
        return true;
    if (size > most) {
        adobe_fail(c, 400, "Maximum SearchCriteria pageSize is %max", json_pack("{sI}", "max", most));
        return false;
    }
    if (!size)
        json_object_set_new(c->criteria, "page_size", json_integer(adobe_int(c->m, "page_size_default")));
    return true;
}

bool search_begin(adobe_call *c, const search_table *table)
{
    json_t *given = json_object_get(c->query, "searchCriteria");
    given = given ? given : json_object_get(c->query, "search_criteria");
    c->criteria = json_object();
    if (!given && !table->optional) {
        adobe_required(c, "searchCriteria");
        return false;
    }
    if (json_is_object(given) && !adobe_read_fields(c, criteria_fields, given, c->criteria))
        return false;
    if (!check_directions(c) || !check_limits(c))
        return false;
    fill_conditions(c);
    return true;
}

/* ---- what a list may use to look at fewer rows ---- */

static const char *only_filter(const json_t *group, const char *field, const char **condition)
{
    const json_t *filters = json_object_get(group, "filters"), *filter = json_array_get(filters, 0);
    const char *name = json_string_value(json_object_get(filter, "field"));
    if (json_array_size(filters) != 1 || !name || strcmp(name, field))
        return NULL;
    *condition = json_string_value(json_object_get(filter, "condition_type"));
    return json_string_value(json_object_get(filter, "value"));
}

static json_t *split(const char *list)
{
    json_t *out = json_object();
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        CLEANUP_FREE char *part = must(strndup(p, n));
        json_object_set_new(out, part, json_null());
        p += n;
        if (!*p)
            return out;
    }
}

json_t *search_values(const adobe_call *c, const char *field)
{
    json_t *group = NULL;
    size_t i = 0;
    const char *condition = NULL;
    json_array_foreach(groups_of(c), i, group)
    {
        const char *value = only_filter(group, field, &condition);
        if (value && !strcmp(condition, "eq"))
            return json_pack("{sn}", value);
        if (value && !strcmp(condition, "in"))
            return split(value);
    }
    return NULL;
}

bool search_uses(const adobe_call *c, const char *field)
{
    json_t *group = NULL;
    size_t i = 0;
    const char *condition = NULL;
    json_array_foreach(groups_of(c), i, group) if (only_filter(group, field, &condition)) return true;
    return false;
}

void search_range(const adobe_call *c, const char *field, int64_t *low, int64_t *high)
{
    json_t *group = NULL;
    size_t i = 0;
    const char *condition = NULL;
    json_array_foreach(groups_of(c), i, group)
    {
        const char *value = only_filter(group, field, &condition);
        int64_t n = 0;
        if (!value || !decimal_read_text(value, &n))
            continue;
        n /= ADOBE_UNIT;
        if ((!strcmp(condition, "gt") || !strcmp(condition, "gteq")) && n > *low)
            *low = n;
        if ((!strcmp(condition, "lt") || !strcmp(condition, "lteq")) && n < *high)
            *high = n;
    }
}

/* ---- looking ---- */

typedef struct {
    adobe *m;
    const search_table *table;
    search_filter filter[MOST_FILTERS];
    int group[MOST_FILTERS]; /* of each filter, ascending */
    int filters;
    struct {
        int column;
        bool down;
    } sort[MOST_SORTS];
    int sorts;
} search;

static bool unknown(adobe_call *c, search_unknown what, const char *name)
{
    if (what == UNKNOWN_IGNORED)
        return true;
    if (what == UNKNOWN_500)
        adobe_internal(c);
    else
        adobe_fail(c, 400, "Invalid attribute name: %1", json_pack("[s]", name));
    return false;
}

static bool compile_filter(adobe_call *c, search *s, int group, const json_t *filter)
{
    const char *name = json_string_value(json_object_get(filter, "field"));
    int column = s->table->column(c->m, name ? name : "");
    if (column < 0)
        return unknown(c, s->table->filter, name ? name : "");
    if (s->filters == MOST_FILTERS)
        return unknown(c, UNKNOWN_500, "");
    s->group[s->filters] = group;
    s->filter[s->filters++] = filter_of(filter, column);
    return true;
}

static bool compile_sort(adobe_call *c, search *s, const json_t *sort)
{
    const char *name = json_string_value(json_object_get(sort, "field"));
    const char *direction = json_string_value(json_object_get(sort, "direction"));
    int column = s->table->column(c->m, name ? name : "");
    if (column < 0)
        return unknown(c, s->table->sort, name ? name : "");
    if (s->sorts < MOST_SORTS) {
        s->sort[s->sorts].column = column;
        s->sort[s->sorts++].down = !direction || strcasecmp(direction, "ASC") != 0;
    }
    return true;
}

static bool compile(adobe_call *c, search *s)
{
    json_t *group = NULL, *one = NULL;
    size_t i = 0, j = 0;
    json_array_foreach(groups_of(c), i, group) json_array_foreach(
        json_object_get(group, "filters"), j, one) if (!compile_filter(c, s, (int)i, one)) return false;
    json_array_foreach(json_object_get(c->criteria, "sort_orders"), i,
                       one) if (!compile_sort(c, s, one)) return false;
    return true;
}

static bool fits(const search *s, size_t row)
{
    for (int i = 0; i < s->filters;) {
        int group = s->group[i];
        bool any = false;
        for (; i < s->filters && s->group[i] == group; i++)
            any = any || filter_fits(&s->filter[i], s->table->cell(s->m, row, s->filter[i].column));
        if (!any)
            return false;
    }
    return true;
}

static int by_sorts(const void *a, const void *b, void *arg)
{
    const search *s = arg;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    for (int i = 0; i < s->sorts; i++) {
        int column = s->sort[i].column;
        int order = cell_compare(s->table->cell(s->m, x, column), s->table->cell(s->m, y, column));
        if (order)
            return s->sort[i].down ? -order : order;
    }
    return (x > y) - (x < y);
}

/* Where a page begins; past the end it is `count`, or the last page again. */
static size_t first_of(const adobe_call *c, json_int_t size, json_int_t page, size_t count)
{
    if (size <= 0 || page <= 1)
        return 0;
    size_t last = count ? (count - 1) / (size_t)size : 0, asked = (size_t)(page - 1);
    if (asked <= last)
        return asked * (size_t)size;
    return adobe_is(c->m, "page_past_end", "last") ? last * (size_t)size : count;
}

static json_t *page_of(adobe_call *c, const search *s, const size_t *rows, size_t count)
{
    json_t *items = json_array();
    json_int_t size = json_integer_value(json_object_get(c->criteria, "page_size"));
    json_int_t page = json_integer_value(json_object_get(c->criteria, "current_page"));
    size_t from = first_of(c, size, page, count);
    for (size_t i = from; i < count && (size <= 0 || i - from < (size_t)size); i++)
        json_array_append_new(items, s->table->doc(c->m, rows[i]));
    return items;
}

void search_reply(adobe_call *c, const search_table *table, size_t *rows, size_t count)
{
    CLEANUP_FREE size_t *taken = rows;
    search s = {.m = c->m, .table = table};
    size_t kept = 0;
    if (!compile(c, &s))
        return;
    for (size_t i = 0; i < count; i++)
        if (fits(&s, taken[i]))
            taken[kept++] = taken[i];
    if (s.sorts && kept)
        qsort_r(taken, kept, sizeof *taken, by_sorts, &s);
    adobe_reply(c, json_pack("{so sO sI}", "items", page_of(c, &s, taken, kept), "search_criteria",
                             c->criteria, "total_count", (json_int_t)kept));
}
