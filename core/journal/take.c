/* SPDX-License-Identifier: Apache-2.0 */
/* Taking: reading what is due. Nothing is marked in the store: being in flight is the engine's memory. */
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/journal/inner.h"

#include <string.h>

#define COLUMNS                                                                                              \
    "SELECT r.seq, r.generation, r.pipeline, r.step, r.attempts, r.state, r.urgent, r.released, "            \
    "r.first_seen, r.due,"                                                                                   \
    " r.type, r.key, r.grp, r.body, i.operation, i.connection, i.probe, i.claims, i.body, i.at, r.crc"       \
    " FROM record r LEFT JOIN intent i ON i.seq = r.seq "

static void read_row(sqlite3_stmt *st, journal_row *r)
{
    *r = (journal_row){.seq = sqlite3_column_int64(st, 0),
                       .generation = sqlite3_column_int64(st, 1),
                       .pipeline = sqlite3_column_int64(st, 2),
                       .step = sqlite3_column_int(st, 3),
                       .attempts = sqlite3_column_int(st, 4),
                       .state = (record_state)sqlite3_column_int(st, 5),
                       .urgent = sqlite3_column_int(st, 6),
                       .released = sqlite3_column_int(st, 7),
                       .first_seen = sqlite3_column_int64(st, 8),
                       .due = sqlite3_column_int64(st, 9),
                       .intent_when = sqlite3_column_int64(st, 19)};
    char **fields[] = {&r->type,       &r->key,   &r->group,  &r->body,       &r->operation,
                       &r->connection, &r->probe, &r->claims, &r->intent_body};
    for (int i = 0; i < 9; i++)
        *fields[i] = store_text(st, 10 + i);
}

static bool is_whole(sqlite3_stmt *st)
{
    return (uint32_t)sqlite3_column_int64(st, 20) ==
           hash_crc32c(sqlite3_column_blob(st, 13), (size_t)sqlite3_column_bytes(st, 13));
}

void journal_rows_free(journal_row *rows, int n)
{
    for (int k = 0; rows && k < n; k++) {
        journal_row *r = &rows[k];
        char *fields[] = {r->type,       r->key,   r->group,  r->body,       r->operation,
                          r->connection, r->probe, r->claims, r->intent_body};
        for (int i = 0; i < 9; i++)
            free(fields[i]);
    }
    free(rows);
}

/* A body that does not fit its checksum is parked, never used and never skipped silently. */
static journal_result do_damaged(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    const journal_row *r = arg;
    int bad = store_run(s, "UPDATE record SET state = 4, due = NULL WHERE seq = ?1", "i", r->seq) ||
              store_run(s, "UPDATE pipeline SET pending = pending - 1, parked = parked + 1 WHERE number = ?1",
                        "i", r->pipeline) ||
              open_exception(s, r->pipeline, "journal.damaged", r->key, NULL,
                             "the record's body does not fit its checksum: the journal was damaged on disk",
                             r->key, r->seq, env_now());
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

int journal_take(journal *j, int64_t pipeline, int64_t now, int limit,
                 bool (*skip)(void *arg, int64_t seq, const char *key), void *arg, journal_row **out,
                 int64_t *next_due)
{
    store *s = reader_take(j);
    int n = 0, damaged_n = 0;
    journal_row damaged[8];
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s, COLUMNS "WHERE r.pipeline = ?1 AND r.due <= ?2 ORDER BY r.due, r.seq", "ii",
                              pipeline, now)
                  : NULL;
    bool good = st;
    while (n < limit && damaged_n < 8 && store_row(st)) {
        if (skip(arg, sqlite3_column_int64(st, 0), (const char *)sqlite3_column_text(st, 11)))
            continue;
        if (is_whole(st))
            read_row(st, &(*out)[n++]);
        else
            read_row(st, &damaged[damaged_n++]);
    }
    if (st)
        sqlite3_reset(st);
    *next_due =
        good ? store_number(s, INT64_MAX, "SELECT min(due) FROM record WHERE pipeline = ?1 AND due > ?2",
                            "ii", pipeline, now)
             : INT64_MAX;
    reader_give(j, s);
    for (int i = 0; i < damaged_n; i++) {
        journal_do(j, do_damaged, &damaged[i], NULL);
        journal_row *one = malloc(sizeof *one);
        if (one) {
            *one = damaged[i];
            journal_rows_free(one, 1);
        }
    }
    return good ? n : -1;
}

int journal_intents(journal *j, journal_row **out)
{
    store *s = reader_take(j);
    int n = 0, room = 0;
    *out = NULL;
    sqlite3_stmt *st = s ? store_sql(s, COLUMNS "WHERE i.seq IS NOT NULL ORDER BY r.seq", "") : NULL;
    while (store_row(st)) {
        if (n == room) {
            room = room ? room * 2 : 16;
            journal_row *longer = realloc(*out, (size_t)room * sizeof *longer);
            if (!longer)
                break;
            *out = longer;
        }
        read_row(st, &(*out)[n++]);
    }
    reader_give(j, s);
    return st ? n : -1;
}

int journal_find(journal *j, int64_t pipeline, const char *key, journal_row **out)
{
    store *s = reader_take(j);
    *out = calloc(1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s, COLUMNS "WHERE r.pipeline = ?1 AND r.key = ?2 ORDER BY r.seq LIMIT 1", "it",
                              pipeline, key)
                  : NULL;
    int found = store_row(st);
    if (found)
        read_row(st, *out);
    reader_give(j, s);
    return st ? found : -1;
}
