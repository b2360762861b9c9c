/* SPDX-License-Identifier: Apache-2.0 */
/* The rolling full read: one page a read, in the bulk class, and only when nothing else was found. It brings
 * what transactions do not tell: reserved pieces, rows of Virtual warehouses, drift. Only differences become
 * records. A row that a whole pass did not show is not taken as zero: its key is told, and hydrate asks for
 * it by name. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_GAP = 1000, DOUBT_GAP = 60 * 1000, OVERLAP_SECONDS = 60 };

static int take_row(reading *r, int64_t warehouse, const json_t *item)
{
    level l;
    char row[ROW_SIZE], target[KEY_SIZE];
    const char *sku = sitoo_field(item, "sku");
    int64_t total, reserved, before = 0;
    if (sitoo_quantity(item, "decimaltotal", &total) || sitoo_quantity(item, "decimalreserved", &reserved))
        return -1;
    if (row_name(warehouse, sku, row))
        return 0;
    level_get(r->ctx, row, &l);
    bool same = l.known && !l.absent && l.total == total && !level_reserved(r->ctx, row, &l, &before) &&
                before == reserved;
    target_of(&r->tables, warehouse, sku, target);
    if (same && l.has_reserved && !strcmp(l.target, target))
        return 0;
    bool fell = l.known && total - reserved < l.total - before;
    touch_target(&r->touched, &l, target);
    if (!same)
        touch_key(&r->touched, target, &(touch){.why = "full-read", .urgent = fell && total - reserved <= 0});
    l.mark = l.known ? l.mark + 1 : r->now;
    l.known = l.has_reserved = true;
    l.absent = false;
    l.total = total;
    l.reserved = reserved;
    return level_set(r->ctx, row, &l);
}

static tb_verdict untrusted(reading *r, const work *w, const char *why)
{
    char cause[24];
    snprintf(cause, sizeof cause, "%lld", (long long)w->warehouse);
    tb_raise(r->feed, "sitoo.untrusted", cause, "warehouse %s: %s", cause, why);
    r->self->pages_from = r->now + DOUBT_GAP;
    r->raised = true;
    tb_feed_at(r->feed, r->self->pages_from);
    return TB_OK;
}

/* ---- what a pass did not show ---- */

typedef struct missing {
    const json_t *seen;
    json_t *rows;
} missing;

static int not_seen(void *arg, const char *row, const char *value)
{
    missing *m = arg;
    int64_t warehouse;
    const char *sku;
    level l;
    level_decode(value, &l);
    if (!row_parse(row, &warehouse, &sku) && !json_object_get(m->seen, sku) && l.known && !l.absent)
        json_array_append_new(m->rows, json_string(row));
    return 0;
}

static void tell_missing(reading *r, int64_t warehouse)
{
    missing m = {r->self->seen, json_array()};
    char prefix[24];
    size_t i;
    json_t *row;
    snprintf(prefix, sizeof prefix, "%lld/", (long long)warehouse);
    tb_state_list(r->ctx, NS_LEVELS, prefix, not_seen, &m);
    json_array_foreach(m.rows, i, row)
    {
        level l;
        level_get(r->ctx, json_string_value(row), &l);
        level_mark(&l);
        l.absent = true;
        level_set(r->ctx, json_string_value(row), &l);
        touch_key(&r->touched, l.target, &(touch){.why = "full-read"});
    }
    json_decref(m.rows);
}

static int any(void *arg, const char *row, const char *value)
{
    level l;
    (void)arg;
    (void)row;
    level_decode(value, &l);
    return l.known && !l.absent;
}

static bool has_levels(reading *r, int64_t warehouse)
{
    char prefix[24];
    snprintf(prefix, sizeof prefix, "%lld/", (long long)warehouse);
    return tb_state_list(r->ctx, NS_LEVELS, prefix, any, NULL) != 0;
}

/* ---- a page ---- */

static void remember_seen(reading *r, const work *w, const json_t *items)
{
    stock_source *s = r->self;
    size_t i;
    json_t *item;
    if (w->kind != WORK_FULL)
        return;
    if (!w->start) {
        json_decref(s->seen);
        s->seen = json_object();
        s->pass_warehouse = w->warehouse;
    }
    json_array_foreach(items, i, item)
    {
        if (s->pass_warehouse == w->warehouse)
            json_object_set_new(s->seen, sitoo_field(item, "sku"), json_true());
    }
}

static tb_verdict page_end(reading *r, work *w, int64_t total)
{
    char cause[24];
    if (w->kind == WORK_FULL && r->self->pass_warehouse == w->warehouse) {
        tell_missing(r, w->warehouse);
        r->self->pass_warehouse = 0;
    }
    snprintf(cause, sizeof cause, "%lld", (long long)w->warehouse);
    tb_clear(r->feed, "sitoo.untrusted", cause);
    return work_end(r, w, total) || work_set(r->ctx, &(work){0}) ? TB_RETRY : TB_OK;
}

static tb_verdict take_page(reading *r, work *w, const sitoo_list *list)
{
    size_t i;
    json_t *item;
    size_t n = json_array_size(list->items);
    if (!n && w->start < list->total)
        return untrusted(r, w, "a page of its rows is missing from the answer");
    if (!list->total && w->kind == WORK_FULL && has_levels(r, w->warehouse))
        return untrusted(r, w, "an empty list was answered, yet it has rows");
    json_array_foreach(list->items, i, item)
    {
        if (take_row(r, w->warehouse, item))
            return untrusted(r, w, "a row came without its quantities");
    }
    remember_seen(r, w, list->items);
    w->start += (int64_t)n;
    return w->start >= list->total ? page_end(r, w, list->total) : work_set(r->ctx, w) ? TB_RETRY : TB_OK;
}

static tb_verdict warehouse_page(reading *r, work *w)
{
    SITOO_LIST list = {0};
    SITOO_TEXT path = {0}, query = {0};
    char cause[24];
    int room = (tb_feed_room(r->feed) - (int)touched_count(&r->touched)) / 2;
    place p;
    place_get(r->ctx, w->warehouse, &p);
    if (!p.known)
        place_set(r->ctx, w->warehouse, &p);
    sitoo_printf(&path, "/sites/%lld/warehouses/%lld/warehouseitems.json", (long long)r->self->site,
                 (long long)w->warehouse);
    sitoo_printf(&query, "start=%lld&num=%d&fields=sku,decimaltotal,decimalreserved", (long long)w->start,
                 room < 1            ? 1
                 : room < SITOO_PAGE ? room
                                     : SITOO_PAGE);
    if (w->kind == WORK_NET)
        sitoo_printf(&query, "&datelastmodifiedfrom=%lld",
                     (long long)((p.net > p.full ? p.net : p.full) / 1000 - OVERLAP_SECONDS));
    sitoo_answer answer = sitoo_get_list(r->ctx, TB_BULK, sitoo_str(&path), sitoo_str(&query), &list);
    if (answer == SITOO_GOOD)
        return take_page(r, w, &list);
    snprintf(cause, sizeof cause, "%lld", (long long)w->warehouse);
    return read_fault(r, &list, cause);
}

static tb_verdict sweep_page(reading *r, work *w)
{
    bool ended = false;
    tb_verdict v = sweep_orders(r, &w->start, &ended);
    if (v != TB_OK)
        return v;
    if (ended && work_end(r, w, 0))
        return TB_RETRY;
    const work none = {0};
    return work_set(r->ctx, ended ? &none : w) ? TB_RETRY : TB_OK;
}

static bool still_ours(const reading *r, const work *w)
{
    return w->kind == WORK_SWEEP ||
           (source_of(&r->tables, w->warehouse) && sitoo_find_warehouse(&r->self->warehouses, w->warehouse));
}

tb_verdict read_page(reading *r)
{
    work w;
    int64_t next = r->now + PAGE_GAP;
    if (r->worked && !r->first) {
        tb_feed_at(r->feed, next);
        return TB_OK;
    }
    if (r->now < r->self->pages_from) {
        tb_feed_at(r->feed, r->self->pages_from);
        return TB_OK;
    }
    work_get(r->ctx, &w);
    if (w.kind == WORK_NONE || !still_ours(r, &w))
        work_choose(r, &w, &next);
    if (w.kind == WORK_NONE) {
        bool was_first = r->first;
        r->first = false;
        if (was_first)
            tb_feed_more(r->feed);
        else if (next > r->now)
            tb_feed_at(r->feed, next);
        return TB_OK;
    }
    tb_verdict v = w.kind == WORK_SWEEP ? sweep_page(r, &w) : warehouse_page(r, &w);
    if (v == TB_OK && r->first && !r->raised)
        tb_feed_more(r->feed);
    else if (v == TB_OK && !r->raised)
        tb_feed_at(r->feed, r->now + PAGE_GAP);
    return v;
}
