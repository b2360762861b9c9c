/* SPDX-License-Identifier: Apache-2.0 */
/* How far the rolling full read has come: for each warehouse when it was last read whole and when for what
 * was modified, and what is being read now. What is due longest comes first. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>

enum { VIRTUAL_EVERY = 15 * 60 * 1000 };

static void place_key(int64_t warehouse, char out[32])
{
    snprintf(out, 32, "w/%lld", (long long)warehouse);
}

void place_get(tb_ctx *ctx, int64_t warehouse, place *out)
{
    char key[32];
    place_key(warehouse, key);
    const char *text = tb_state_get(ctx, NS_PAGES, key);
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    *out = (place){.known = value,
                   .full = sitoo_number(value, "full"),
                   .net = sitoo_number(value, "net"),
                   .type = sitoo_number(value, "type"),
                   .rows = sitoo_number(value, "rows")};
}

int place_set(tb_ctx *ctx, int64_t warehouse, const place *p)
{
    char key[32], text[160];
    place_key(warehouse, key);
    if (p)
        snprintf(text, sizeof text, "{\"full\":%lld,\"net\":%lld,\"type\":%lld,\"rows\":%lld}",
                 (long long)p->full, (long long)p->net, (long long)p->type, (long long)p->rows);
    return tb_state_set(ctx, NULL, NS_PAGES, key, p ? text : NULL);
}

void work_get(tb_ctx *ctx, work *out)
{
    const char *text = tb_state_get(ctx, NS_PAGES, "work");
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    *out = (work){.kind = (work_kind)sitoo_number(value, "kind"),
                  .warehouse = sitoo_number(value, "warehouse"),
                  .began = sitoo_number(value, "began"),
                  .start = sitoo_number(value, "start")};
}

int work_set(tb_ctx *ctx, const work *w)
{
    char text[160];
    snprintf(text, sizeof text, "{\"kind\":%d,\"warehouse\":%lld,\"began\":%lld,\"start\":%lld}",
             (int)w->kind, (long long)w->warehouse, (long long)w->began, (long long)w->start);
    return tb_state_set(ctx, NULL, NS_PAGES, "work", w->kind == WORK_NONE ? NULL : text);
}

typedef struct candidate {
    work_kind kind;
    int64_t warehouse, due;
} candidate;

static void better(candidate *best, work_kind kind, int64_t warehouse, int64_t due)
{
    if (best->kind == WORK_NONE || due < best->due)
        *best = (candidate){kind, warehouse, due};
}

static void look_at(const reading *r, const sitoo_warehouse *w, candidate *full, candidate *net)
{
    const stock_source *s = r->self;
    place p;
    place_get(r->ctx, w->id, &p);
    int64_t every = w->type == SITOO_VIRTUAL && s->full_read > VIRTUAL_EVERY ? VIRTUAL_EVERY : s->full_read;
    int64_t due = p.full ? p.full + every : 0;
    better(full, WORK_FULL, w->id, due);
    if (due > r->now && w->type != SITOO_VIRTUAL) /* else the full read brings it all */
        better(net, WORK_NET, w->id, (p.net > p.full ? p.net : p.full) + s->modified_every);
}

static void look_at_sweep(const reading *r, candidate *full)
{
    const char *text = tb_state_get(r->ctx, NS_PAGES, "sweep");
    int64_t done = text ? strtoll(text, NULL, 10) : 0;
    if (done || full->due > 0) /* the first one follows the first full read */
        better(full, WORK_SWEEP, 0, done ? done + r->self->full_read : 1);
}

void work_choose(reading *r, work *out, int64_t *next)
{
    candidate full = {0}, net = {0};
    const tb_table *t = r->tables.locations;
    for (int row = 0; row < tb_table_rows(t); row++) {
        int64_t id = strtoll(tb_table_cell(t, row, r->tables.warehouse), NULL, 10);
        const sitoo_warehouse *w = sitoo_find_warehouse(&r->self->warehouses, id);
        if (w)
            look_at(r, w, &full, &net);
    }
    look_at_sweep(r, &full);
    candidate *best = net.kind != WORK_NONE && net.due <= r->now ? &net : &full;
    *out = (work){0};
    if (best->kind != WORK_NONE && best->due <= r->now)
        *out = (work){best->kind, best->warehouse, r->now, best->kind == WORK_SWEEP ? 1 : 0};
    *next = net.kind != WORK_NONE && net.due < full.due ? net.due : full.due;
}

int work_end(reading *r, const work *w, int64_t rows)
{
    if (w->kind == WORK_SWEEP) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)w->began);
        return tb_state_set(r->ctx, NULL, NS_PAGES, "sweep", text);
    }
    place p;
    place_get(r->ctx, w->warehouse, &p);
    p.net = w->began;
    if (w->kind == WORK_FULL) {
        const sitoo_warehouse *known = sitoo_find_warehouse(&r->self->warehouses, w->warehouse);
        p.full = w->began;
        p.rows = rows;
        p.type = known ? known->type : 0;
    }
    return place_set(r->ctx, w->warehouse, &p);
}
