/* SPDX-License-Identifier: Apache-2.0 */
/* The inbox: webhook bodies, stored before anyone is told "received", kept until every source has expanded
 * them. */
#include "core/base/hash.h"
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
    r->w = (work){.run = do_receive, .arg = r, .bytes = size + 512, .completed = received};
    if (journal_enqueue(j, &r->w))
        return JOURNAL_DONE;
    free(r->connection);
    free(r);
    return JOURNAL_FULL;
}

int journal_inbox(journal *j, const char *connection, int64_t after, int limit, journal_body **out)
{
    store *s = reader_take(j);
    int n = 0;
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s,
                              "SELECT id, received, body FROM inbox WHERE connection = ?1 AND id > ?2"
                              " ORDER BY id LIMIT ?3",
                              "tii", connection, after, (int64_t)limit)
                  : NULL;
    for (; n < limit && store_row(st); n++)
        (*out)[n] = (journal_body){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                   (size_t)sqlite3_column_bytes(st, 2), store_text(st, 2)};
    reader_give(j, s);
    return st ? n : -1;
}

void journal_bodies_free(journal_body *bodies, int n)
{
    for (int i = 0; bodies && i < n; i++)
        free(bodies[i].body);
    free(bodies);
}

typedef struct {
    const char *connection, *stream;
    int64_t pipeline, place;
} registering;

static journal_result do_register(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    registering *r = arg;
    if (store_run(s, "INSERT OR IGNORE INTO inbox_place VALUES(?1, ?2, ?3, 0)", "tit", r->connection,
                  r->pipeline, r->stream))
        return store_fault(s, e);
    r->place = store_number(
        s, 0, "SELECT place FROM inbox_place WHERE connection = ?1 AND pipeline = ?2 AND stream = ?3", "tit",
        r->connection, r->pipeline, r->stream);
    return JOURNAL_DONE;
}

journal_result journal_inbox_register(journal *j, const char *connection, int64_t pipeline,
                                      const char *stream, int64_t *place)
{
    registering r = {connection, stream, pipeline, 0};
    journal_result result = journal_do(j, do_register, &r, NULL);
    *place = r.place;
    return result;
}

int journal_inbox_counters(journal *j, const char *connection, journal_inbox_counts *out)
{
    store *s = reader_take(j);
    sqlite3_stmt *st =
        s ? store_sql(
                s, "SELECT received, expanded, duplicate, malformed FROM inbox_count WHERE connection = ?1",
                "t", connection)
          : NULL;
    *out = (journal_inbox_counts){0};
    if (store_row(st))
        *out = (journal_inbox_counts){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                      sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3), 0};
    out->unread = out->received - out->expanded - out->duplicate - out->malformed;
    reader_give(j, s);
    return st ? 0 : -1;
}
