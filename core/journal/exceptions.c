/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: one open row a pipeline, reason and cause; a repeat raises its count; the keys behind it leave
 * when a record of theirs is applied or dropped, and the last one out closes it. */
#include "core/journal/inner.h"

#include <string.h>

int close_exception(store *s, int64_t pipeline, const char *reason, const char *cause, int64_t now)
{
    return store_run(
        s,
        "UPDATE exception SET open = 0, last = ?4 WHERE pipeline = ?1 AND reason = ?2 AND cause = ?3"
        " AND open = 1",
        "itti", pipeline, reason, cause, now);
}

/* The key stands behind no exception but `except` (0: behind none); those that it was the last of are closed.
 */
static int leave_but(store *s, int64_t pipeline, const char *key, int64_t except, int64_t now)
{
    int64_t ids[32];
    int n = 0;
    if (!any_behind(s))
        return 0;
    sqlite3_stmt *st =
        store_sql(s, "SELECT exception FROM behind WHERE pipeline = ?1 AND key = ?2 AND exception <> ?3",
                  "iti", pipeline, key, except);
    while (n < 32 && store_row(s, st))
        ids[n++] = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    for (int i = 0; i < n; i++)
        if (store_run(s, "DELETE FROM behind WHERE exception = ?1 AND key = ?2", "it", ids[i], key) ||
            store_run(s,
                      "UPDATE exception SET open = 0, last = ?2 WHERE id = ?1 AND open = 1"
                      " AND NOT EXISTS (SELECT 1 FROM behind WHERE exception = ?1)",
                      "ii", ids[i], now))
            return -1;
    return 0;
}

int leave_exceptions(store *s, int64_t pipeline, const char *key, int64_t now)
{
    return leave_but(s, pipeline, key, 0, now);
}

int open_exception(store *s, int64_t pipeline, const char *reason, const char *cause, const char *owner,
                   const char *text, const char *key, int64_t seq, int64_t now)
{
    if (store_run(s,
                  "INSERT INTO exception(pipeline, reason, cause, opened, last, count, owner, text, open)"
                  " VALUES(?1, ?2, ?3, ?4, ?4, 1, ?5, ?6, 1)"
                  " ON CONFLICT(pipeline, reason, cause) WHERE open = 1"
                  " DO UPDATE SET count = count + 1, last = ?4, text = ?6",
                  "ittitt", pipeline, reason, cause, now, owner, text))
        return -1;
    if (!key)
        return 0;
    int64_t id = store_number(
        s, 0, "SELECT id FROM exception WHERE pipeline = ?1 AND reason = ?2 AND cause = ?3 AND open = 1",
        "itt", pipeline, reason, cause);
    s->request.behind = SOME_THERE;
    /* a key stands behind what holds it up now, not behind what did before */
    return store_run(s, "INSERT OR REPLACE INTO behind VALUES(?1, ?2, ?3, ?4)", "itii", id, key, pipeline,
                     seq) ||
                   leave_but(s, pipeline, key, id, now)
               ? -1
               : 0;
}

/* ---- lists ---- */

#define LISTED                                                                                               \
    "SELECT e.id, e.opened, e.last, e.count, e.open, p.name, e.reason, e.cause, e.owner, e.text, e.note,"    \
    " (SELECT count(*) FROM behind WHERE exception = e.id)"                                                  \
    " FROM exception e JOIN pipeline p ON p.number = e.pipeline"

static int read_exceptions(store *s, sqlite3_stmt *st, int limit, journal_exception *out)
{
    int n = 0;
    while (n < limit && store_row(s, st)) {
        journal_exception *x = &out[n++];
        *x = (journal_exception){.id = sqlite3_column_int64(st, 0),
                                 .opened = sqlite3_column_int64(st, 1),
                                 .last = sqlite3_column_int64(st, 2),
                                 .count = sqlite3_column_int64(st, 3),
                                 .open = sqlite3_column_int(st, 4),
                                 .behind = sqlite3_column_int64(st, 11)};
        char **fields[] = {&x->pipeline, &x->reason, &x->cause, &x->owner, &x->text, &x->note};
        for (int i = 0; i < 6; i++)
            *fields[i] = store_text(s, st, 5 + i);
    }
    return n;
}

int journal_exceptions(journal *j, const char *pipeline, bool all, int64_t after, int limit,
                       journal_exception **out)
{
    store *s = reader_take(j);
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st = s && *out ? store_sql(s,
                                             LISTED " WHERE e.id > ?1 AND (?2 OR e.open = 1) AND (?3 IS NULL"
                                                    " OR p.name = ?3) ORDER BY e.id LIMIT ?4",
                                             "iiti", after, (int64_t)all, pipeline, (int64_t)limit)
                                 : NULL;
    int n = st ? read_exceptions(s, st, limit, *out) : -1;
    return reader_end(j, s, st, n);
}

int journal_exceptions_of(journal *j, const char *pipeline, const char *key, int limit,
                          journal_exception **out)
{
    store *s = reader_take(j);
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s,
                              LISTED " WHERE e.open = 1 AND (?1 IS NULL OR p.name = ?1) AND e.id IN"
                                     " (SELECT b.exception FROM pipeline q JOIN behind b ON b.pipeline ="
                                     " q.number WHERE b.key = ?2) ORDER BY e.id LIMIT ?3",
                              "tti", pipeline, key, (int64_t)limit)
                  : NULL;
    int n = st ? read_exceptions(s, st, limit, *out) : -1;
    return reader_end(j, s, st, n);
}

void journal_exceptions_free(journal_exception *list, int n)
{
    for (int i = 0; list && i < n; i++) {
        char *fields[] = {list[i].pipeline, list[i].reason, list[i].cause,
                          list[i].owner,    list[i].text,   list[i].note};
        for (int k = 0; k < 6; k++)
            free(fields[k]);
    }
    free(list);
}

int journal_behind(journal *j, int64_t exception, int limit,
                   void (*each)(void *arg, const char *key, int64_t seq, int64_t first_seen), void *arg)
{
    store *s = reader_take(j);
    int n = 0;
    sqlite3_stmt *st =
        s ? store_sql(s,
                      "SELECT b.key, b.seq, coalesce(r.first_seen, 0) FROM behind b LEFT JOIN record r"
                      " ON r.seq = b.seq WHERE b.exception = ?1 ORDER BY b.key LIMIT ?2",
                      "ii", exception, (int64_t)limit)
          : NULL;
    for (; store_row(s, st); n++)
        each(arg, store_seen(s, st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2));
    reader_give(j, s);
    return n;
}
