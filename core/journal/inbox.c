/* SPDX-License-Identifier: Apache-2.0 */
/* The inbox: webhook bodies, stored before anyone is told "received", kept until every source has expanded
 * them. */
#include "core/base/hash.h"
#include "core/base/sabotage.h"
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    work w; /* first */
    char *connection;
    int64_t now;
    journal_received *done;
    void *arg;
    bool duplicate;
    uint8_t hash[SHA256_SIZE];
    size_t size;
    char body[];
} receiving;

static journal_result do_receive(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    receiving *r = arg;
    char id[SHA256_HEX];
    for (int i = 0; i < SHA256_SIZE; i++)
        snprintf(id + 2 * i, 3, "%02x", r->hash[i]);
    int bad =
        store_run(s,
                  "INSERT INTO inbox_count VALUES(?1, 1, 0, 0, 0) ON CONFLICT DO UPDATE SET received = "
                  "received + 1",
                  "t", r->connection) ||
        store_run(s, "INSERT OR IGNORE INTO dedup VALUES(?1, ?2, ?3)", "tti", r->connection, id, r->now);
    r->duplicate = !bad && !sqlite3_changes(s->db);
    if (!bad && r->duplicate)
        bad = store_run(s, "UPDATE inbox_count SET duplicate = duplicate + 1 WHERE connection = ?1", "t",
                        r->connection);
    else if (!bad)
        bad = store_run(s,
                        "INSERT INTO inbox(connection, received, hash, crc, body) VALUES(?1, ?2, ?3, ?4, ?5)",
                        "tibib", r->connection, r->now, r->hash, sizeof r->hash,
                        (int64_t)hash_crc32c(r->body, r->size), r->body, r->size);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

static void received(work *w)
{
    receiving *r = (receiving *)w;
    r->done(r->arg, w->result, r->duplicate);
    free(r->connection);
    free(r);
}

static void answered_already(void *arg, journal_result result, bool duplicate)
{
    (void)arg, (void)result, (void)duplicate;
}

journal_result journal_receive(journal *j, const char *connection, const void *body, size_t size, int64_t now,
                               journal_received *done, void *arg)
{
    receiving *r = calloc(1, sizeof *r + size + 1);
    if (!r || !(r->connection = strdup(connection))) {
        free(r);
        return JOURNAL_FULL;
    }
    memcpy(r->body, body, size);
    r->size = size;
    r->now = now;
    r->done = done;
    r->arg = arg;
    hash_sha256(body, size, r->hash);
    if (SABOTAGE("answer-before-commit")) {
        done(arg, JOURNAL_DONE, false);
        r->done = answered_already;
    }
    r->w = (work){.run = do_receive, .arg = r, .bytes = size + 512, .completed = received};
    if (journal_enqueue(j, &r->w))
        return JOURNAL_DONE;
    free(r->connection);
    free(r);
    return JOURNAL_FULL;
}

static bool is_whole(sqlite3_stmt *st)
{
    return (uint32_t)sqlite3_column_int64(st, 3) ==
           hash_crc32c(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
}

int journal_inbox(journal *j, const char *connection, int64_t after, int limit, journal_body **out)
{
    store *s = reader_take(j);
    int n = 0;
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s,
                              "SELECT id, received, body, crc FROM inbox WHERE connection = ?1 AND id > ?2"
                              " ORDER BY id LIMIT ?3",
                              "tii", connection, after, (int64_t)limit)
                  : NULL;
    for (; st && n < limit && store_row(s, st); n++)
        (*out)[n] = (journal_body){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                   (size_t)sqlite3_column_bytes(st, 2), store_text(s, st, 2), !is_whole(st)};
    return reader_end(j, s, st, n);
}

void journal_bodies_free(journal_body *bodies, int n)
{
    for (int i = 0; bodies && i < n; i++)
        free(bodies[i].body);
    free(bodies);
}

/* ---- who has read what ---- */

/* What every source has passed is done: counted as expanded, and gone. Malformed bodies stay for a person. */
int inbox_expanded(store *s, const char *connection)
{
    int64_t all =
        store_number(s, 0, "SELECT min(place) FROM inbox_place WHERE connection = ?1", "t", connection);
    if (store_run(s, "DELETE FROM inbox WHERE connection = ?1 AND id <= ?2 AND kept = 0", "ti", connection,
                  all))
        return -1;
    int64_t n = sqlite3_changes(s->db);
    return n ? store_run(s, "UPDATE inbox_count SET expanded = expanded + ?2 WHERE connection = ?1", "ti",
                         connection, n)
             : 0;
}

/* After sources have gone: nobody waits for them any more. */
int inbox_expanded_all(store *s)
{
    char *names[64];
    int n = 0, bad = 0;
    sqlite3_stmt *st = store_sql(s, "SELECT connection FROM inbox_count", "");
    while (n < 64 && store_row(s, st))
        names[n++] = store_text(s, st, 0);
    sqlite3_reset(st);
    for (int i = 0; i < n; i++) {
        bad = bad || !names[i] || inbox_expanded(s, names[i]);
        free(names[i]);
    }
    return bad ? -1 : 0;
}

typedef struct {
    int64_t pipeline;
    journal_inbox_source *list;
    int n;
} registering;

static int register_one(store *s, int64_t pipeline, journal_inbox_source *x, int64_t mark)
{
    int bad =
        store_run(s, "INSERT OR IGNORE INTO inbox_place VALUES(?1, ?2, ?3, 0, 0)", "tit", x->connection,
                  pipeline, x->stream) ||
        store_run(s,
                  "UPDATE inbox_place SET mark = ?4 WHERE connection = ?1 AND pipeline = ?2 AND stream = ?3",
                  "titi", x->connection, pipeline, x->stream, mark);
    x->place = store_number(
        s, 0, "SELECT place FROM inbox_place WHERE connection = ?1 AND pipeline = ?2 AND stream = ?3", "tit",
        x->connection, pipeline, x->stream);
    return bad ? -1 : 0;
}

/* Those that are registered carry a new mark; the others of the pipeline go. */
static journal_result do_sources(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    registering *r = arg;
    int64_t mark =
        1 + store_number(s, 0, "SELECT max(mark) FROM inbox_place WHERE pipeline = ?1", "i", r->pipeline);
    int bad = 0;
    for (int i = 0; i < r->n && !bad; i++)
        bad = register_one(s, r->pipeline, &r->list[i], mark);
    bad =
        bad ||
        store_run(s, "DELETE FROM inbox_place WHERE pipeline = ?1 AND mark < ?2", "ii", r->pipeline, mark) ||
        inbox_expanded_all(s);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_inbox_sources(journal *j, int64_t pipeline, journal_inbox_source *list, int n)
{
    registering r = {pipeline, list, n};
    return journal_do(j, do_sources, &r, NULL);
}

int journal_inbox_counters(journal *j, const char *connection, journal_inbox_counts *out)
{
    store *s = reader_take(j);
    sqlite3_stmt *st = s ? store_sql(s,
                                     "SELECT received, expanded, duplicate, malformed,"
                                     " (SELECT count(*) FROM inbox WHERE connection = ?1 AND kept = 0)"
                                     " FROM inbox_count WHERE connection = ?1",
                                     "t", connection)
                         : NULL;
    *out = (journal_inbox_counts){0};
    if (store_row(s, st))
        *out = (journal_inbox_counts){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                      sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3),
                                      sqlite3_column_int64(st, 4)};
    return reader_end(j, s, st, 0);
}
