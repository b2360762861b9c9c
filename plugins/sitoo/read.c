/* SPDX-License-Identifier: Apache-2.0 */
/* One read: the tables, the transactions, the orders that events named, the timers, and one page of the
 * rolling full read when nothing else was found. The very first read only notes the highest transaction; then
 * everything is read; only then the transactions are followed from the noted one, so that nothing falls
 * between. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

tb_verdict read_fault(reading *r, const sitoo_list *list, const char *cause)
{
    if (list->reason)
        tb_raise(r->feed, list->reason, cause, "%s", list->why);
    return TB_RETRY;
}

void tell_unknown(reading *r)
{
    const tb_table *t = r->tables.locations;
    for (int row = 0; row < tb_table_rows(t); row++) {
        const char *id = tb_table_cell(t, row, r->tables.warehouse);
        if (sitoo_find_warehouse(&r->self->warehouses, strtoll(id, NULL, 10)))
            tb_clear(r->feed, "sitoo.unknown-warehouse", id);
        else
            tb_raise(r->feed, "sitoo.unknown-warehouse", id, "site %lld has no warehouse %s",
                     (long long)r->self->site, id);
    }
}

/* The cause names no site: when the configuration is mended, the next good answer clears what the wrong one
 * raised. */
static tb_verdict know_warehouses(reading *r)
{
    SITOO_LIST list = {0};
    int64_t before = r->self->warehouses.read_at;
    sitoo_answer answer =
        sitoo_read_warehouses(r->ctx, r->self->site, WAREHOUSES_AGE, &r->self->warehouses, &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "warehouses");
    if (before == r->self->warehouses.read_at)
        return TB_OK;
    tb_clear(r->feed, "sitoo.wrong-site", "warehouses");
    tb_clear(r->feed, "sitoo.untrusted", "warehouses");
    tell_unknown(r);
    return TB_OK;
}

static tb_verdict know_tables(reading *r)
{
    if (!tables_get(r->self, r->ctx, &r->tables))
        return TB_OK;
    tb_raise(r->feed, "sitoo.no-locations", r->self->locations,
             "table %s or one that goes with it is missing, empty or lacks a column", r->self->locations);
    return TB_RETRY;
}

static void cursor_read(reading *r, const char *cursor)
{
    json_auto_t *value = cursor ? json_loads(cursor, 0, NULL) : NULL;
    r->last = value ? sitoo_number(value, "last") : -1;
    r->first = !value || json_is_true(json_object_get(value, "first"));
}

static int cursor_write(reading *r)
{
    char text[80];
    snprintf(text, sizeof text, "{\"last\":%lld%s}", (long long)r->last, r->first ? ",\"first\":true" : "");
    return tb_feed_cursor(r->feed, text);
}

static tb_verdict follow_transactions(reading *r)
{
    return r->first ? TB_OK : poll_transactions(r);
}

typedef tb_verdict (*step)(reading *r);
static const step opening[] = {know_tables, know_warehouses, note_highest, NULL};
static const step ordinary[] = {know_tables,   know_warehouses, walk_tables, follow_transactions,
                                gather_orders, fire_timers,     read_page,   NULL};

tb_verdict source_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    reading r = {.self = self, .ctx = ctx, .feed = feed, .now = tb_now(ctx)};
    tb_verdict v = TB_OK;
    cursor_read(&r, cursor);
    for (const step *s = r.last < 0 ? opening : ordinary; *s && v == TB_OK; s++)
        v = (*s)(&r);
    if (v == TB_OK && (touched_emit(&r.touched, ctx, feed) || cursor_write(&r)))
        v = TB_RETRY;
    touched_free(&r.touched);
    return v;
}
