/* SPDX-License-Identifier: Apache-2.0 */
/* When a table or the pipeline's settings change: each level remembers the target under which it was last
 * told, so what the change moved is found by comparing, over restarts and several reloads too. The old target
 * is told once more (hydrate finds no row behind it: retired), the new one is read. A warehouse that left is
 * forgotten altogether, because its transactions are no longer followed: should it come back, it is read
 * anew. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

enum { VERSIONS_SIZE = 100 };

/* The pipeline's transforms and sinks: with others, every row may be due anew. */
static void settings_of(tb_ctx *ctx, char out[16])
{
    const char *digest = tb_state_get(ctx, "core/settings", tb_pipeline(ctx));
    snprintf(out, 16, "%.12s", digest ? digest : "");
}

static void versions(const tables *t, const char *settings, char out[VERSIONS_SIZE])
{
    snprintf(out, VERSIONS_SIZE, "%lld/%lld/%lld/%s", (long long)tb_table_version(t->locations),
             (long long)(t->skus ? tb_table_version(t->skus) : 0),
             (long long)(t->ignore ? tb_table_version(t->ignore) : 0), settings);
}

typedef struct moved {
    reading *r;
    bool forget, all; /* all: those that were told under other settings too */
    const char *settings;
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
    if (m->forget || strcmp(l.target, target) != 0 || (m->all && strcmp(l.settings, m->settings) != 0))
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
    if (m->all) {
        touch_key(&m->r->touched, target, &(touch){.why = "settings"});
        snprintf(l.settings, sizeof l.settings, "%s", m->settings);
    }
    if (!m->forget) {
        level_set(m->r->ctx, row, &l);
        return;
    }
    tb_state_set(m->r->ctx, NULL, NS_LEVELS, row, NULL);
    tb_state_set(m->r->ctx, NULL, NS_RESERVED, row, NULL);
}

/* True when all of its rows stand under their present target. */
static bool walk_warehouse(reading *r, int64_t warehouse, const char *settings, bool all)
{
    int room = tb_feed_room(r->feed) - (int)touched_count(&r->touched);
    moved m = {.r = r,
               .forget = !source_of(&r->tables, warehouse),
               .all = all,
               .settings = settings,
               .most = room > 2 ? (size_t)room / 2 : 1};
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
    char present[VERSIONS_SIZE], settings[16];
    settings_of(r->ctx, settings);
    versions(&r->tables, settings, present);
    const char *known = tb_state_get(r->ctx, NS_TARGETS, "versions");
    if (known && !strcmp(known, present))
        return TB_OK;
    const char *before = known ? strrchr(known, '/') : NULL;
    bool all = before && strcmp(before + 1, settings) != 0;
    json_auto_t *places = json_array();
    size_t i;
    json_t *number;
    bool whole = true;
    tb_state_list(r->ctx, NS_PAGES, "w/", add_place, places);
    json_array_foreach(places, i, number)
    {
        whole = whole && walk_warehouse(r, json_integer_value(number), settings, all);
    }
    if (whole) {
        tell_unknown(r);
        return tb_state_set(r->ctx, NULL, NS_TARGETS, "versions", present) ? TB_RETRY : TB_OK;
    }
    r->worked = true;
    tb_feed_more(r->feed);
    return TB_OK;
}
