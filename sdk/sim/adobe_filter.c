/* SPDX-License-Identifier: Apache-2.0 */
/* One condition of searchCriteria on one value, as the shop's database would judge it: texts in any case, a
 * text that is no number counts as 0, an unknown condition means "eq". */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { EQ, NEQ, GT, GTEQ, LT, LTEQ, IN, NIN, LIKE, NLIKE, IS_NULL, NOT_NULL, FINSET, NFINSET };

static const struct {
    const char *name;
    int kind;
} kinds[] = {
    {"eq", EQ},         {"neq", NEQ},         {"gt", GT},       {"gteq", GTEQ},    {"moreq", GTEQ},
    {"from", GTEQ},     {"lt", LT},           {"lteq", LTEQ},   {"to", LTEQ},      {"in", IN},
    {"nin", NIN},       {"like", LIKE},       {"nlike", NLIKE}, {"null", IS_NULL}, {"notnull", NOT_NULL},
    {"finset", FINSET}, {"nfinset", NFINSET},
};

/* An offset at the end is not converted, nonsense is the beginning of time. */
static int64_t read_time(const char *text)
{
    struct tm t = {0};
    const char *end = strptime(text, "%Y-%m-%d", &t);
    if (!end)
        return 0;
    if (*end == ' ' || *end == 'T')
        strptime(end + 1, "%H:%M:%S", &t);
    return (int64_t)timegm(&t) * 1000;
}

search_filter filter_of(const json_t *filter, int column)
{
    const char *condition = json_string_value(json_object_get(filter, "condition_type"));
    const char *value = json_string_value(json_object_get(filter, "value"));
    search_filter f = {.column = column, .kind = EQ, .text = value ? value : ""};
    for (size_t i = 0; condition && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, condition))
            f.kind = kinds[i].kind;
    if (!decimal_read_text(f.text, &f.number))
        f.number = 0;
    f.time = read_time(f.text);
    return f;
}

static int compare_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int cell_compare(search_cell a, search_cell b)
{
    if (a.kind == CELL_NULL || b.kind == CELL_NULL)
        return (a.kind != CELL_NULL) - (b.kind != CELL_NULL);
    return a.kind == CELL_TEXT ? strcasecmp(a.text, b.text) : compare_number(a.number, b.number);
}

static int compare(const search_filter *f, search_cell cell)
{
    if (cell.kind == CELL_TEXT)
        return strcasecmp(cell.text, f->text);
    return compare_number(cell.number, cell.kind == CELL_TIME ? f->time : f->number);
}

static bool equals_part(search_cell cell, const char *part, size_t n)
{
    CLEANUP_FREE char *text = must(strndup(part, n));
    search_filter f = {.text = text};
    if (!decimal_read_text(text, &f.number))
        f.number = 0;
    f.time = cell.kind == CELL_TIME ? read_time(text) : 0;
    return !compare(&f, cell);
}

static bool in_parts(const char *list, search_cell cell)
{
    for (const char *p = list; *list; p++) {
        size_t n = strcspn(p, ",");
        if (equals_part(cell, p, n))
            return true;
        p += n;
        if (!*p)
            break;
    }
    return false;
}

static bool like(const char *pattern, const char *text);

static bool like_anywhere(const char *pattern, const char *text)
{
    for (; *text; text++)
        if (like(pattern, text))
            return true;
    return !*pattern;
}

static bool like(const char *pattern, const char *text)
{
    for (; *pattern; pattern++) {
        if (*pattern == '%')
            return like_anywhere(pattern + strspn(pattern, "%"), text);
        if (*pattern == '\\' && pattern[1])
            pattern++;
        else if (*pattern == '_' && *text) {
            text++;
            continue;
        }
        if (tolower((unsigned char)*pattern) != tolower((unsigned char)*text++))
            return false;
    }
    return !*text;
}

static bool fits_like(const search_filter *f, search_cell cell)
{
    char text[40];
    if (cell.kind == CELL_TEXT)
        return like(f->text, cell.text);
    snprintf(text, sizeof text, "%lld", (long long)(cell.number / ADOBE_UNIT));
    return like(f->text, text);
}

static bool finset(const search_filter *f, search_cell cell)
{
    size_t n = strlen(f->text);
    for (const char *p = cell.kind == CELL_TEXT ? cell.text : "";; p++) {
        size_t part = strcspn(p, ",");
        if (part == n && !strncasecmp(p, f->text, n))
            return true;
        p += part;
        if (!*p)
            return false;
    }
}

static bool fits_order(int kind, int order)
{
    switch (kind) {
    case NEQ:
        return order != 0;
    case GT:
        return order > 0;
    case GTEQ:
        return order >= 0;
    case LT:
        return order < 0;
    case LTEQ:
        return order <= 0;
    default:
        return order == 0;
    }
}

bool filter_fits(const search_filter *f, search_cell cell)
{
    bool null = cell.kind == CELL_NULL;
    if (f->kind == IS_NULL || null)
        return null && f->kind == IS_NULL;
    switch (f->kind) {
    case NOT_NULL:
        return true;
    case IN:
        return in_parts(f->text, cell);
    case NIN:
        return !in_parts(f->text, cell);
    case LIKE:
        return fits_like(f, cell);
    case NLIKE:
        return !fits_like(f, cell);
    case FINSET:
        return finset(f, cell);
    case NFINSET:
        return !finset(f, cell);
    default:
        return fits_order(f->kind, compare(f, cell));
    }
}
