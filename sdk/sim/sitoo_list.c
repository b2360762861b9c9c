/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: envelope, page, projection, filters. What the real system ignores silently is ignored silently. */
#include "sdk/sim/sitoo.h"

#include <stdio.h>
#include <string.h>

listing listing_of(sitoo_call *c, const char *sort_key)
{
    const char *sort = query_text(c->query, "sort");
    int64_t most = sitoo_int(c->s, "max_num"),
            num = query_int(c->query, "num", sitoo_int(c->s, "default_num"));
    int64_t start = query_int(c->query, "start", 0);
    return (listing){.c = c,
                     .start = start < 0 ? 0 : start,
                     .num = num < 0      ? 0
                            : num > most ? most
                                         : num,
                     .items = json_array(),
                     .ascending = sort_key && sort && !strcmp(sort, sort_key)};
}

bool listing_takes(listing *l)
{
    int64_t at = l->total++;
    return at >= l->start && at < l->start + l->num;
}

json_t *project(json_t *row, const char *fields, const char *const *defaults)
{
    if (!fields && !defaults)
        return row;
    json_t *out = json_object(), *value = NULL;
    const char *key = NULL;
    json_object_foreach(row, key, value)
    {
        bool wanted = fields && in_list(fields, key);
        for (size_t i = 0; !fields && defaults[i] && !wanted; i++)
            wanted = !strcmp(defaults[i], key);
        if (wanted)
            json_object_set(out, key, value);
    }
    json_decref(row);
    return out;
}

void listing_add(listing *l, json_t *row, const char *const *defaults)
{
    const char *fields = query_text(l->c->query, "fields");
    json_array_append_new(l->items, project(row, fields && *fields ? fields : NULL, defaults));
}

void listing_reply(listing *l)
{
    sitoo_reply(l->c, json_pack("{sI so}", "totalcount", (json_int_t)l->total, "items", l->items));
}

bool in_list(const char *comma_list, const char *text)
{
    if (!comma_list)
        return true;
    size_t n = strlen(text);
    for (const char *p = comma_list;; p++) {
        size_t part = strcspn(p, ",");
        if (part == n && !strncmp(p, text, n))
            return true;
        p += part;
        if (!*p)
            return false;
    }
}

bool in_int_list(const char *comma_list, int64_t n)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)n);
    return in_list(comma_list, text);
}

bool in_range(const sitoo_call *c, const char *name, int64_t n)
{
    char from[64], to[64];
    snprintf(from, sizeof from, "%sfrom", name);
    snprintf(to, sizeof to, "%sto", name);
    return n >= query_int(c->query, from, INT64_MIN) && n < query_int(c->query, to, INT64_MAX);
}
