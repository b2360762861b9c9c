/* SPDX-License-Identifier: Apache-2.0 */
/* The poll of one stream, a page a read. Rows are walked by (updated_at, entity_id), each page beginning
 * behind the last row of the one before: no number of rows with one time gets lost over a page's end, and a
 * row that changes meanwhile moves to the end, where it is met again.
 *
 * A pass begins the overlap before the newest time that is known, because a transaction may show a row late,
 * with an older time. The same row comes several times then, so it has an identity: document, time, and
 * whether it was young. A time is a second long, and a second change within it leaves no trace; so each row
 * is told twice: when it is seen, and once more when it is so old that nothing with this time can follow.
 *
 * What a time in a filter means to the shop is seen from the answer only (nonsense matches everything), so
 * each row must lie in the range that was asked for.
 *
 * Cursor: {"newest": T, "since": ms} between passes; in one also {"at": T, "id": N}, the last row. `since` is
 * our time when `newest` became known: from both follows the least that the shop's clock can show now. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <string.h>

#include "core/base/sabotage.h"

enum { PAGE = 50, HIDES = 3 /* failures at one row until it is passed by */ };

typedef struct poll {
    adobe_source *self;
    tb_ctx *ctx;
    tb_feed *feed;
    const adobe_stream *stream;
    int64_t now;
    int64_t newest, since; /* 0: nothing is known yet */
    int64_t known;         /* `newest` when the read began */
    int64_t at, id;        /* the place: behind this row; at 0: a pass begins */
    int64_t low;           /* the least time that this pass asks for */
} poll;

/* ---- cursor ---- */

static int64_t moment_of(const json_t *object, const char *name)
{
    int64_t ms;
    return adobe_moment_read(json_string_value(json_object_get(object, name)), &ms) ? 0 : ms;
}

static void read_cursor(poll *p, const char *cursor)
{
    json_t *c = cursor ? json_loads(cursor, 0, NULL) : NULL;
    p->newest = p->known = moment_of(c, "newest");
    p->since = json_integer_value(json_object_get(c, "since"));
    p->at = moment_of(c, "at");
    p->id = adobe_id(json_object_get(c, "id"));
    json_decref(c);
    p->low = p->newest - (SABOTAGE("no-overlap") ? 0 : p->self->overlap);
    if (p->low < p->self->from)
        p->low = p->self->from - p->self->from % 1000;
    if (p->at < p->low)
        p->at = p->id = 0;
}

static int write_cursor(const poll *p, bool ended)
{
    char newest[ADOBE_MOMENT], at[ADOBE_MOMENT], text[160];
    if (!p->newest && ended)
        return 0; /* nothing was ever seen */
    int n = snprintf(text, sizeof text, "{\"newest\":\"%s\",\"since\":%lld",
                     adobe_moment(p->newest ? p->newest : p->low, newest), (long long)p->since);
    if (ended)
        snprintf(text + n, sizeof text - (size_t)n, "}");
    else
        snprintf(text + n, sizeof text - (size_t)n, ",\"at\":\"%s\",\"id\":%lld}", adobe_moment(p->at, at),
                 (long long)p->id);
    return tb_feed_cursor(p->feed, text);
}

/* A row from the future (a clock, an import) must not make the poll skip what comes before it. */
static void see_time(poll *p, int64_t updated)
{
    int64_t newest = updated < p->now ? updated : p->now - p->now % 1000;
    if (newest <= p->newest)
        return;
    p->newest = newest;
    p->since = p->now;
}

/* ---- asking ---- */

static int ask(const poll *p, int size, int page, tb_response *r)
{
    char time[ADOBE_MOMENT], id[24], fields[200];
    adobe_query q = {.size = 0};
    adobe_moment(p->at ? p->at : p->low, time);
    adobe_query_filter(&q, "updated_at", "gteq", time);
    if (p->at) {
        snprintf(id, sizeof id, "%lld", (long long)p->id);
        adobe_query_filter(&q, "updated_at", "gt", time);
        adobe_query_or(&q, "entity_id", "gt", id);
    }
    adobe_query_sort(&q, "updated_at");
    adobe_query_sort(&q, "entity_id");
    adobe_query_page(&q, size, page);
    snprintf(fields, sizeof fields, "items[%s],total_count", p->stream->fields);
    adobe_query_fields(&q, fields);
    return adobe_get(p->ctx, p->stream->path, &q, 0, r);
}

static int page_size(const poll *p)
{
    int room = tb_feed_room(p->feed), size = p->self->page ? p->self->page : PAGE;
    return room < size ? room : size;
}

/* ---- rows ---- */

typedef enum place { PLACE_GOOD, PLACE_BAD, PLACE_OUTSIDE } place;

static place place_of(const poll *p, const json_t *row, int64_t *updated, int64_t *id)
{
    *id = adobe_id(json_object_get(row, "entity_id"));
    if (adobe_moment_read(adobe_field(row, "updated_at"), updated) || !*id)
        return PLACE_BAD;
    return *updated >= (p->at ? p->at : p->low) ? PLACE_GOOD : PLACE_OUTSIDE;
}

/* "order 3": what a row that cannot be read is called. */
static const char *row_cause(const poll *p, int64_t id, char out[48])
{
    snprintf(out, 48, "%s %lld", p->stream->one, (long long)id);
    return out;
}

static void tell_bad(const poll *p, const json_t *row, int64_t id)
{
    char cause[48];
    tb_raise(p->feed, "web.unreadable", row_cause(p, id, cause),
             "a row of %s has no entity_id or no updated_at (\"%.30s\")", p->stream->path,
             adobe_field(row, "updated_at"));
    if (!p->self->told)
        p->self->told = json_object();
    json_object_set_new(p->self->told, cause, json_true());
}

static void tell_well(const poll *p, int64_t id)
{
    char cause[48];
    if (!json_object_get(p->self->told, row_cause(p, id, cause)))
        return;
    tb_clear(p->feed, "web.unreadable", cause);
    json_object_del(p->self->told, cause);
}

static void tell_outside(const poll *p, const json_t *row, int64_t id)
{
    char low[ADOBE_MOMENT];
    tb_raise(p->feed, "web.range", p->stream->path,
             "changes since %s were asked for, and %s %lld of %.30s was answered",
             adobe_moment(p->at ? p->at : p->low, low), p->stream->one, (long long)id,
             adobe_field(row, "updated_at"));
}

/* Whether a change with this time may still be to come: by the least that the shop's clock can show. */
static bool is_young(const poll *p, int64_t updated)
{
    int64_t clock = p->newest + (p->now > p->since ? p->now - p->since : 0);
    return clock - updated < p->self->overlap / 2;
}

static int feed_row(const poll *p, int64_t updated, int64_t id, const char *key)
{
    char identity[64], time[ADOBE_MOMENT];
    bool young = is_young(p, updated);
    tb_record *record = tb_record_new(ORDER_TYPE, key, json_object());
    if (!record)
        return -1;
    snprintf(identity, sizeof identity, "%lld/%s%s", (long long)id, adobe_moment(updated, time),
             young ? "" : "/again");
    tb_record_set_id(record, identity);
    /* one that was told before is asked for anew now; it is not as old as its first change */
    tb_record_set_changed(record, (young || updated > p->known) && updated < p->now ? updated : p->now);
    return tb_feed_add(p->feed, record, NULL);
}

static int take_row(poll *p, const json_t *row, const json_t *names)
{
    char order[24];
    int64_t updated, id;
    if (place_of(p, row, &updated, &id) != PLACE_GOOD)
        return 0;
    snprintf(order, sizeof order, "%lld", (long long)row_order(p->self, row));
    const char *key = json_string_value(json_object_get(names, order));
    if (key && feed_row(p, updated, id, key))
        return -1;
    note_changes(p->self, p->ctx, row);
    tell_well(p, id);
    p->at = updated;
    p->id = id;
    return 0;
}

/* The times first: what is young depends on the newest. What cannot be used is told by name. */
static place see_rows(poll *p, const json_t *rows)
{
    size_t i;
    json_t *row;
    place worst = PLACE_GOOD;
    json_array_foreach((json_t *)rows, i, row)
    {
        int64_t updated, id;
        place is = place_of(p, row, &updated, &id);
        if (is == PLACE_GOOD)
            see_time(p, updated);
        else if (is == PLACE_BAD)
            tell_bad(p, row, id);
        else
            tell_outside(p, row, id);
        worst = is > worst ? is : worst;
    }
    return worst;
}

static tb_verdict take_rows(poll *p, const json_t *rows, int64_t total)
{
    size_t i;
    json_t *row, *names = json_object();
    int64_t before = p->id, before_at = p->at;
    tb_verdict v = see_rows(p, rows) == PLACE_OUTSIDE || names_of(p->self, p->ctx, p->feed, rows, names)
                       ? TB_RETRY
                       : TB_OK;
    json_array_foreach((json_t *)rows, i, row)
    {
        if (v == TB_OK && take_row(p, row, names))
            v = TB_RETRY;
    }
    json_decref(names);
    bool moved = p->id != before || p->at != before_at;
    bool ended = (int64_t)json_array_size(rows) >= total || !moved;
    if (v == TB_OK && write_cursor(p, ended))
        v = TB_RETRY;
    if (v == TB_OK && !ended)
        tb_feed_more(p->feed);
    return v;
}

/* ---- a row that the shop cannot list ---- */

static void place_text(const poll *p, char *out, size_t size)
{
    snprintf(out, size, "%lld/%lld", (long long)(p->at ? p->at : p->low), (long long)p->id);
}

/* One row that breaks the answer breaks every page it is on; so pages get smaller, down to that row alone. */
static void count_failure(const poll *p)
{
    char where[sizeof p->self->stuck];
    adobe_source *self = p->self;
    place_text(p, where, sizeof where);
    if (strcmp(self->stuck, where))
        self->failures = 0;
    snprintf(self->stuck, sizeof self->stuck, "%s", where);
    int size = self->page ? self->page : PAGE;
    if (++self->failures < 2 || size == 1)
        return;
    self->failures = 0;
    self->page = size / 7 > 1 ? size / 7 : 1;
}

static bool is_hidden(const poll *p)
{
    char where[sizeof p->self->stuck];
    place_text(p, where, sizeof where);
    return p->self->page == 1 && p->self->failures >= HIDES && !strcmp(p->self->stuck, where);
}

/* The shop lists the row behind it, and still not the row itself: told by where it stands, and passed by. */
static tb_verdict pass_by(poll *p)
{
    char cause[80], at[ADOBE_MOMENT];
    int64_t total, updated, id;
    ADOBE_RESPONSE behind = {.size = sizeof behind}, again = {.size = sizeof again};
    const json_t *rows = ask(p, 1, 2, &behind) ? NULL : adobe_items(&behind, &total);
    const json_t *next = json_array_get(rows, 0);
    if (!rows || !ask(p, 1, 1, &again)) {
        p->self->failures = 0; /* an outage, or it is well again */
        return TB_RETRY;
    }
    snprintf(cause, sizeof cause, "%s after %s/%lld", p->stream->one,
             adobe_moment(p->at ? p->at : p->low, at), (long long)p->id);
    tb_raise(p->feed, "web.unreadable", cause,
             "the shop answers with an error whenever it is to list the %s that was changed next after %s "
             "(entity_id %lld)",
             p->stream->one, at, (long long)p->id);
    if (!next)
        return write_cursor(p, true) ? TB_RETRY : TB_OK;
    if (place_of(p, next, &updated, &id) != PLACE_GOOD)
        return TB_RETRY;
    p->at = updated; /* just before that row, so that the next page begins with it */
    p->id = id - 1;
    tb_feed_more(p->feed);
    return write_cursor(p, false) ? TB_RETRY : TB_OK;
}

/* ---- the read ---- */

static void settle_raised(const poll *p)
{
    if (p->self->settled)
        return;
    p->self->settled = true;
    tb_clear(p->feed, "web.range", p->stream->path);
    tb_clear(p->feed, "web.refused", p->stream->path);
}

static tb_verdict refuse(const poll *p, const tb_response *r)
{
    char text[300];
    p->self->settled = false;
    tb_raise(p->feed, "web.refused", p->stream->path, "%s answered %d %s", p->stream->path, r->status,
             adobe_message(r, text, sizeof text));
    return TB_RETRY;
}

tb_verdict poll_read(adobe_source *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    int64_t total;
    ADOBE_RESPONSE r = {.size = sizeof r};
    poll p = {.self = self, .ctx = ctx, .feed = feed, .stream = &adobe_streams[self->stream]};
    p.now = tb_now(ctx);
    read_cursor(&p, cursor);
    if (page_size(&p) < 1)
        return TB_OK;
    if (is_hidden(&p))
        return pass_by(&p);
    if (ask(&p, page_size(&p), 1, &r)) {
        count_failure(&p);
        return TB_RETRY;
    }
    const json_t *rows = adobe_items(&r, &total);
    if (!rows || (total > 0 && !json_array_size(rows)))
        return refuse(&p, &r);
    self->page = self->page && self->page * 2 < PAGE ? self->page * 2 : 0;
    self->failures = 0;
    tb_verdict v = take_rows(&p, rows, total);
    if (v == TB_OK)
        settle_raised(&p);
    else
        self->settled = false;
    return v;
}
