/* SPDX-License-Identifier: Apache-2.0 */
/* The order pipelines write one entry a row and order, `SKU@source/<order>`: {"o", "d", "mark"}; here they
 * are only added up. An entry that cannot be read stops the row: to leave it out would take pieces from the
 * shop that it promised, or sell pieces twice. */
#include "plugins/stock-rule/reserved.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MOST = 128, PREFIX_MOST = 512 };
/* As for other quantities here: sums of what is not larger do not overflow. */
#define PIECES_MOST INT64_C(1000000000000)

typedef struct summing {
    reserved *out;
    const char *name, *prefix;
} summing;

static bool read_pieces(const json_t *entry, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(entry, name);
    *out = 0;
    return !value || (!tb_quantity_from_json(value, out) && *out >= 0 && *out <= PIECES_MOST);
}

static int add_entry(void *arg, const char *key, const char *value)
{
    const summing *s = arg;
    int64_t held, gone;
    if (strchr(key + strlen(s->prefix), '/')) /* of another SKU whose name begins like this key */
        return 0;
    json_auto_t *entry = json_loads(value, 0, NULL);
    if (!json_is_object(entry) || !read_pieces(entry, "o", &held) || !read_pieces(entry, "d", &gone) ||
        s->out->held > INT64_MAX / 4 || s->out->gone > INT64_MAX / 4) {
        snprintf(s->out->bad, sizeof s->out->bad, "%s %s", s->name, key);
        return 1;
    }
    int64_t mark = json_integer_value(json_object_get(entry, "mark"));
    s->out->held += held;
    s->out->gone += gone;
    s->out->mark = mark > s->out->mark ? mark : s->out->mark;
    return 0;
}

void reserved_read(tb_ctx *ctx, const char *namespaces, const char *key, reserved *out)
{
    char name[NAME_MOST], prefix[PREFIX_MOST];
    summing s = {out, name, prefix};
    *out = (reserved){.mark = 0};
    int n = snprintf(prefix, sizeof prefix, "%s/", key);
    for (const char *at = namespaces; at && *at && n < PREFIX_MOST;) {
        size_t word = strcspn(at, " ,");
        snprintf(name, sizeof name, "%.*s", (int)word, at);
        if (word && tb_state_list(ctx, name, prefix, add_entry, &s))
            return;
        at += word + strspn(at + word, " ,");
    }
}
