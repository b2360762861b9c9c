/* SPDX-License-Identifier: Apache-2.0 */
/* The query as PHP reads it, `a[b][0]=c` into nested objects, and `fields=`, which cuts an answer down. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DEPTH = 12 };

/* Cuts "a[b][c]" into parts in place; brackets that do not close belong to the name. */
static int split_name(char *name, const char **part)
{
    int n = 0;
    part[n++] = name;
    char *p = name + strcspn(name, "[");
    if (!*p || !strchr(p, ']'))
        return n;
    *p = '\0';
    for (p++; n < MOST_DEPTH; p++) {
        char *end = strchr(p, ']');
        if (!end)
            break;
        part[n++] = p;
        *end = '\0';
        p = end + 1;
        if (*p != '[')
            break;
    }
    return n;
}

/* `[]` takes the next free number. */
static void put(json_t *into, const char **part, int count, const char *value)
{
    char next[24];
    for (int i = 0; i < count; i++) {
        const char *key = part[i];
        if (i && !*key) {
            snprintf(next, sizeof next, "%zu", json_object_size(into));
            key = next;
        }
        if (i + 1 == count) {
            json_object_set_new(into, key, json_string(value));
            return;
        }
        json_t *inner = json_object_get(into, key);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_set_new(into, key, inner);
        }
        into = inner;
    }
}

json_t *adobe_query(const char *query)
{
    json_t *out = json_object();
    const char *part[MOST_DEPTH];
    for (const char *p = query; *p;) {
        size_t n = strcspn(p, "&");
        const char *equal = memchr(p, '=', n);
        size_t name_n = equal ? (size_t)(equal - p) : n;
        CLEANUP_FREE char *name = query_decode(p, name_n, true);
        CLEANUP_FREE char *value = query_decode(equal ? equal + 1 : "", equal ? n - name_n - 1 : 0, true);
        if (name && *name && value)
            put(out, part, split_name(name, part), value);
        p += n + (p[n] == '&');
    }
    return out;
}

/* ---- fields=a,b[c,d] ---- */

static bool well_formed(const char *fields)
{
    int depth = 0;
    for (const char *p = fields; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("_[],", *p))
            return false;
        depth += (*p == '[') - (*p == ']');
        if (depth < 0 || depth > MOST_DEPTH)
            return false;
    }
    return !depth && *fields;
}

/* Reads a list up to its closing bracket into {name: null or list}. */
static json_t *read_fields(const char **at)
{
    json_t *wanted = json_object();
    for (const char *p = *at;;) {
        size_t n = strcspn(p, "[],");
        CLEANUP_FREE char *name = must(strndup(p, n));
        p += n;
        json_t *inner = json_null();
        if (*p == '[') {
            p++;
            inner = read_fields(&p);
        }
        if (*name)
            json_object_set_new(wanted, name, inner);
        else
            json_decref(inner);
        if (*p != ',') {
            *at = p + (*p == ']');
            return wanted;
        }
        p++;
    }
}

static json_t *cut(const json_t *value, const json_t *wanted);

static json_t *cut_list(const json_t *list, const json_t *wanted)
{
    json_t *out = json_array(), *item = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)list, i, item)
    {
        json_t *kept = cut(item, wanted);
        if (kept)
            json_array_append_new(out, kept);
    }
    if (json_array_size(out))
        return out;
    json_decref(out);
    return json_null(); /* an empty list reads as null */
}

static json_t *cut(const json_t *value, const json_t *wanted)
{
    if (!json_is_object(wanted))
        return json_incref((json_t *)value);
    if (json_is_array(value))
        return cut_list(value, wanted);
    json_t *out = json_object(), *inner = NULL;
    const char *name = NULL;
    json_object_foreach((json_t *)value, name, inner)
    {
        const json_t *of = json_object_get(wanted, name);
        if (of)
            json_object_set_new(out, name, cut(inner, of));
    }
    if (json_object_size(out))
        return out;
    json_decref(out);
    return NULL;
}

json_t *adobe_project(json_t *result, const char *fields)
{
    json_t *out = NULL;
    if (well_formed(fields)) {
        json_t *wanted = read_fields(&fields);
        out = cut(result, wanted);
        json_decref(wanted);
    }
    json_decref(result);
    return out ? out : json_array();
}
