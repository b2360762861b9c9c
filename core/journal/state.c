/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines with their counters, cursors, state and tables: what is looked up by name. */
#include "core/base/hash.h"
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

/* ---- pipelines ---- */

typedef struct {
    const char *name;
    bool latest;
    int64_t number;
} getting;

static journal_result do_get(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    getting *g = arg;
    if (store_run(s, "INSERT OR IGNORE INTO pipeline(name, latest) VALUES(?1, ?2)", "ti", g->name,
                  (int64_t)g->latest))
        return store_fault(s, e);
    g->number = store_number(s, 0, "SELECT number FROM pipeline WHERE name = ?1", "t", g->name);
    int64_t latest = store_number(s, 0, "SELECT latest FROM pipeline WHERE name = ?1", "t", g->name);
    int64_t unsettled =
        store_number(s, 0, "SELECT pending + parked FROM pipeline WHERE name = ?1", "t", g->name);
    if (latest != (int64_t)g->latest && unsettled) {
        error_set(e, "pipeline %s cannot change its mode while %lld records are unsettled", g->name,
                  (long long)unsettled);
        return JOURNAL_REFUSED;
    }
    return store_run(s, "UPDATE pipeline SET latest = ?2, retired = 0 WHERE number = ?1", "ii", g->number,
                     (int64_t)g->latest)
               ? store_fault(s, e)
               : JOURNAL_DONE;
}

journal_result journal_pipeline_get(journal *j, const char *name, bool latest, int64_t now, int64_t *number,
                                    error *e)
{
    (void)now;
    getting g = {name, latest, 0};
    journal_result result = journal_do(j, do_get, &g, e);
    *number = g.number;
    return result;
}

int journal_pipelines(journal *j, journal_pipeline **out)
{
    store *s = reader_take(j);
    int n = 0, room = s ? (int)store_number(s, 0, "SELECT count(*) FROM pipeline", "") + 8 : 1;
    *out = calloc((size_t)room, sizeof **out);
    sqlite3_stmt *st =
        s && *out
            ? store_sql(s,
                        "SELECT number, name, latest, retired, accepted, applied, noop, superseded, dropped, "
                        "parked,"
                        " pending, duplicate,"
                        /* the oldest is due first, or has been put off furthest */
                        " (SELECT min(first_seen) FROM (SELECT * FROM (SELECT first_seen FROM record r WHERE"
                        " r.pipeline = number AND r.due IS NOT NULL AND r.state <> 4 ORDER BY r.due, r.seq "
                        "LIMIT 100)"
                        " UNION ALL SELECT * FROM (SELECT first_seen FROM record r WHERE"
                        " r.pipeline = number AND r.due IS NOT NULL AND r.state <> 4 ORDER BY r.due DESC, "
                        "r.seq DESC"
                        " LIMIT 100))),"
                        " last_applied FROM pipeline ORDER BY number",
                        "")
            : NULL;
    for (; st && n < room && store_row(s, st); n++) {
        journal_pipeline *p = &(*out)[n];
        p->number = sqlite3_column_int64(st, 0);
        snprintf(p->name, sizeof p->name, "%s", store_seen(s, st, 1));
        p->latest = sqlite3_column_int(st, 2);
        p->retired = sqlite3_column_int(st, 3);
        int64_t *numbers[] = {&p->accepted, &p->applied, &p->noop,      &p->superseded, &p->dropped,
                              &p->parked,   &p->pending, &p->duplicate, &p->oldest,     &p->last_applied};
        for (int i = 0; i < 10; i++)
            *numbers[i] = sqlite3_column_int64(st, 4 + i);
    }
    return reader_end(j, s, st, n);
}

int journal_dropped(journal *j, int64_t pipeline, void (*each)(void *arg, const char *rule, int64_t n),
                    void *arg)
{
    store *s = reader_take(j);
    int n = 0;
    sqlite3_stmt *st =
        s ? store_sql(s, "SELECT rule, n FROM dropped WHERE pipeline = ?1", "i", pipeline) : NULL;
    for (; store_row(s, st); n++)
        each(arg, store_seen(s, st, 0), sqlite3_column_int64(st, 1));
    reader_give(j, s);
    return n;
}

/* ---- cursors ---- */

char *journal_cursor(journal *j, int64_t pipeline, const char *connection, const char *stream)
{
    store *s = reader_take(j);
    sqlite3_stmt *st =
        s ? store_sql(s, "SELECT value FROM cursor WHERE pipeline = ?1 AND connection = ?2 AND stream = ?3",
                      "itt", pipeline, connection, stream)
          : NULL;
    char *value = store_row(s, st) ? store_text(s, st, 0) : NULL;
    reader_give(j, s);
    return value;
}

int journal_cursors(journal *j,
                    void (*each)(void *arg, const char *pipeline, const char *connection, const char *stream,
                                 const char *value, int64_t when),
                    void *arg)
{
    store *s = reader_take(j);
    int n = 0;
    sqlite3_stmt *st =
        s ? store_sql(s,
                      "SELECT p.name, c.connection, c.stream, c.value, c.at FROM cursor c JOIN pipeline p"
                      " ON p.number = c.pipeline ORDER BY 1, 2, 3",
                      "")
          : NULL;
    for (; store_row(s, st); n++)
        each(arg, store_seen(s, st, 0), store_seen(s, st, 1), store_seen(s, st, 2), store_seen(s, st, 3),
             sqlite3_column_int64(st, 4));
    reader_give(j, s);
    return n;
}

/* ---- state ---- */

char *journal_state_read(journal *j, journal_reading *r, const char *name, const char *key, int64_t *version)
{
    if (r->reader && r->commits != atomic_load(&j->commits))
        journal_reading_end(j, r);
    if (!r->reader) {
        r->commits = atomic_load(&j->commits); /* before it looks */
        if ((r->reader = reader_take(j)))
            reader_look(r->reader);
    }
    store *s = r->reader;
    sqlite3_stmt *st = s ? store_sql(s, "SELECT value, version FROM state WHERE namespace = ?1 AND key = ?2",
                                     "tt", name, key)
                         : NULL;
    bool found = store_row(s, st);
    char *value = found ? store_text(s, st, 0) : NULL;
    if (version)
        *version = found ? sqlite3_column_int64(st, 1) : 0;
    if (st)
        sqlite3_reset(st);
    if (!s || s->fault) /* told at once: what was not read is not absent */
        journal_reading_end(j, r);
    return value;
}

void journal_reading_end(journal *j, journal_reading *r)
{
    if (r->reader)
        reader_give(j, r->reader);
    r->reader = NULL;
}

char *journal_state_get(journal *j, const char *name, const char *key, int64_t *version)
{
    journal_reading r = {0};
    char *value = journal_state_read(j, &r, name, key, version);
    journal_reading_end(j, &r);
    return value;
}

int journal_state_list(journal *j, const char *name, const char *prefix,
                       int (*each)(void *arg, const char *key, const char *value), void *arg)
{
    store *s = reader_take(j);
    int stop = 0;
    size_t n = strlen(prefix);
    sqlite3_stmt *st =
        s ? store_sql(s, "SELECT key, value FROM state WHERE namespace = ?1 AND key >= ?2 ORDER BY key", "tt",
                      name, prefix)
          : NULL;
    while (!stop && store_row(s, st)) {
        const char *key = store_seen(s, st, 0);
        if (strncmp(key, prefix, n))
            break;
        stop = each(arg, key, store_seen(s, st, 1));
    }
    reader_give(j, s);
    return stop;
}

/* ---- tables ---- */

typedef struct {
    const char *name, *content;
    size_t size;
    int64_t now, version;
} putting;

static journal_result do_table(journal *j, store *s, void *arg, error *e)
{
    putting *t = arg;
    char hash[SHA256_HEX];
    hash_sha256_hex(t->content, t->size, hash);
    int64_t last = store_number(s, 0, "SELECT max(version) FROM content WHERE name = ?1", "t", t->name);
    t->version = last;
    if (last && store_number(s, 0, "SELECT 1 FROM content WHERE name = ?1 AND version = ?2 AND hash = ?3",
                             "tit", t->name, last, hash))
        return JOURNAL_DONE;
    t->version = last + 1;
    int bad =
        store_run(s, "INSERT INTO content VALUES(?1, ?2, ?3, ?4, ?5)", "titbi", t->name, t->version, hash,
                  t->content, t->size, t->now) ||
        store_run(s, "DELETE FROM content WHERE name = ?1 AND version < ?2 - 8", "ti", t->name, t->version) ||
        wake_dependents(j, s, "table", t->name, t->now);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_table_put(journal *j, const char *name, const char *content, size_t size, int64_t now,
                                 int64_t *version)
{
    putting t = {name, content, size, now, 0};
    journal_result result = journal_do(j, do_table, &t, NULL);
    *version = t.version;
    return result;
}

char *journal_table_before(journal *j, const char *name, size_t *size)
{
    store *s = reader_take(j);
    sqlite3_stmt *st =
        s ? store_sql(s, "SELECT content FROM content WHERE name = ?1 ORDER BY version DESC LIMIT 1 OFFSET 1",
                      "t", name)
          : NULL;
    char *content = store_row(s, st) ? store_text(s, st, 0) : NULL;
    *size = content ? (size_t)sqlite3_column_bytes(st, 0) : 0;
    reader_give(j, s);
    return content;
}
