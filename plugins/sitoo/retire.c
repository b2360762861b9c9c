/* SPDX-License-Identifier: Apache-2.0 */
/* When a table changes: each level remembers the target under which it was last told, so what the change
 * moved is found by comparing, over restarts and several reloads too. The old target is told once more
 * (hydrate finds no row behind it: retired), the new one is read. A warehouse that left is forgotten
 * altogether, because its transactions are no longer followed: should it come back, it is read anew. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

static void versions(const tables *t, char out[80])
{
    snprintf(out, 80, "%lld/%lld/%lld", (long long)tb_table_version(t->locations),
             (long long)(t->skus ? tb_table_version(t->skus) : 0),
             (long long)(t->ignore ? tb_table_version(t->ignore) : 0));
}

typedef struct moved {
    reading *r;
    bool forget;
    size_t most;
    json_t *rows; /* row -> what was known */
} moved;

static int compare(void *arg, const char *row, const char *value)
{
    moved *m = arg;
    level l;
    char target[KEY_SIZE];
    int64_t warehouse;
    const char *sku;
    level_decode(value, &l);
    if (row_parse(row, &warehouse, &sku))
        return 0;
    target_of(&m->r->tables, warehouse, sku, target);
    if (m->forget || strcmp(l.target, target) != 0)
        json_object_set_new(m->rows, row, json_string(value));
    return json_object_size(m->rows) >= m->most;
}

static void move_row(moved *m, const char *row, const char *value)
{
    level l;
    char target[KEY_SIZE];
    int64_t warehouse;
    const char *sku;
    level_decode(value, &l);
    row_parse(row, &warehouse, &sku);
    target_of(&m->r->tables, warehouse, sku, target);
    touch_target(&m->r->touched, &l, target);
    if (!m->forget) {
        level_set(m->r->ctx, row, &l);
        return;
    }
    tb_state_set(m->r->ctx, NULL, NS_LEVELS, row, NULL);
    tb_state_set(m->r->ctx, NULL, NS_RESERVED, row, NULL);
}

/* True when all of its rows stand under their present target. */
static bool walk_warehouse(reading *r, int64_t warehouse)
{
    int room = tb_feed_room(r->feed) - (int)touched_count(&r->touched);
    moved m = {.r = r, .forget = !source_of(&r->tables, warehouse), .most = room > 2 ? (size_t)room / 2 : 1};
    const char *row;
    json_t *value;
    char prefix[24];
    if (room <= 0)
        return false;
    snprintf(prefix, sizeof prefix, "%lld/", (long long)warehouse);
    m.rows = json_object();
    bool cut = tb_state_list(r->ctx, NS_LEVELS, prefix, compare, &m) != 0;
    json_object_foreach(m.rows, row, value)
    {
        move_row(&m, row, json_string_value(value));
    }
    json_decref(m.rows);
    if (!cut && m.forget)
        place_set(r->ctx, warehouse, NULL);
    return !cut;
}

static int add_place(void *arg, const char *key, const char *value)
{
    (void)value;
    return json_array_append_new(arg, json_integer(strtoll(key + strlen("w/"), NULL, 10)));
}

tb_verdict walk_tables(reading *r)
{
    char present[80];
    const char *known = tb_state_get(r->ctx, NS_TARGETS, "versions");
    versions(&r->tables, present);
    if (known && !strcmp(known, present))
        return TB_OK;
    json_auto_t *places = json_array();
    size_t i;
    json_t *number;
    bool whole = true;
    tb_state_list(r->ctx, NS_PAGES, "w/", add_place, places);
    json_array_foreach(places, i, number)
    {
        whole = whole && walk_warehouse(r, json_integer_value(number));
    }
    if (whole) {
        tell_unknown(r);
        return tb_state_set(r->ctx, NULL, NS_TARGETS, "versions", present) ? TB_RETRY : TB_OK;
    }
    r->worked = true;
    tb_feed_more(r->feed);
    return TB_OK;
}
