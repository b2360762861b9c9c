/* SPDX-License-Identifier: Apache-2.0 */
/* Changes by people: each is one commit with its audit row, whose hash chains to the one before, so that a
 * change which cannot be audited does not happen. */
#include "core/base/hash.h"
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

/* ---- the audit chain ---- */

static void audit_hash(const char *previous, int64_t at, const char *actor, const char *what,
                       const char *before, const char *after, const char *why, char out[SHA256_HEX])
{
    CLEANUP_BUFFER buffer text = {0};
    const char *parts[] = {actor, what, before, after, why};
    buffer_printf(&text, "%s|%lld", previous, (long long)at);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        buffer_printf(&text, "|%zu:%s", parts[i] ? strlen(parts[i]) : 0, parts[i] ? parts[i] : "");
    hash_sha256_hex(buffer_text(&text), text.size, out);
}

int add_audit(store *s, const journal_who *who, const char *what, const char *before, const char *after)
{
    char hash[SHA256_HEX];
    sqlite3_stmt *st = store_sql(s, "SELECT hash FROM audit ORDER BY number DESC LIMIT 1", "");
    CLEANUP_FREE char *previous = store_row(s, st) ? store_text(s, st, 0) : NULL;
    sqlite3_reset(st);
    audit_hash(previous ? previous : "", who->now, who->actor, what, before, after, who->why, hash);
    return store_run(s,
                     "INSERT INTO audit(at, actor, what, before, after, why, previous, hash)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     "itttttt"
                     "t",
                     who->now, who->actor, what, before, after, who->why, previous ? previous : "", hash);
}

int journal_audit_verify(journal *j, error *e)
{
    store *s = reader_take(j);
    char hash[SHA256_HEX] = "", last[SHA256_HEX] = "";
    bool bad = false;
    sqlite3_stmt *st = s ? store_sql(s,
                                     "SELECT number, at, actor, what, before, after, why, previous, hash "
                                     "FROM audit ORDER BY number",
                                     "")
                         : NULL;
    while (st && !bad && store_row(s, st)) {
        const char *f[9];
        for (int i = 2; i < 9; i++)
            f[i] = (const char *)sqlite3_column_text(st, i);
        audit_hash(f[7], sqlite3_column_int64(st, 1), f[2], f[3], f[4], f[5], f[6], hash);
        bad = !f[7] || !f[8] || strcmp(f[7], last) || strcmp(f[8], hash);
        if (bad)
            error_set(e, "audit row %lld does not fit the chain", (long long)sqlite3_column_int64(st, 0));
        memcpy(last, hash, sizeof last);
    }
    /* A chain that could not be read to its end is not a good one; reset tells of the last step. */
    if (!bad && (!st || sqlite3_reset(st) != SQLITE_OK)) {
        error_set(e, "the audit chain could not be read: %s", s ? sqlite3_errmsg(s->db) : "no reader");
        bad = true;
    }
    reader_give(j, s);
    return bad ? -1 : 0;
}

typedef struct {
    const journal_who *who;
    const char *what, *before, *after;
} auditing;

static journal_result do_audit(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    auditing *a = arg;
    return add_audit(s, a->who, a->what, a->before, a->after) ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_audit(journal *j, const journal_who *who, const char *what, const char *before,
                             const char *after)
{
    auditing a = {who, what, before, after};
    return journal_do(j, do_audit, &a, NULL);
}

/* ---- release and drop what is behind an exception ---- */

typedef struct {
    const journal_who *who;
    int64_t exception;
    const char *key; /* NULL: all */
    bool drop;
    int64_t n;
} releasing;

static int drop_record(journal *j, store *s, int64_t seq, int64_t pipeline, const char *key, int64_t now)
{
    static const journal_settlement by_hand = {.kind = SETTLE_DROP, .rule = "by-hand"};
    int64_t state = store_number(s, 0, "SELECT state FROM record WHERE seq = ?1", "i", seq);
    int64_t step = store_number(s, 0, "SELECT step FROM record WHERE seq = ?1", "i", seq);
    return add_outcome(s, seq, (int)step, pipeline, key, NULL, now, "dropped", &by_hand, 0) ||
           store_run(s, "DELETE FROM record WHERE seq = ?1", "i", seq) || drop_intent(s, seq) ||
           drop_depends(s, seq) ||
           move_count(s, pipeline, state == RECORD_PARKED ? COUNT_PARKED : COUNT_PENDING, COUNT_DROPPED) ||
           count_rule(s, pipeline, "by-hand") || leave_exceptions(s, pipeline, key, now) ||
           next_of_key(j, s, pipeline, key, now);
}

static int release_record(journal *j, store *s, int64_t seq, int64_t pipeline, int64_t now)
{
    int64_t parked = store_number(s, 0, "SELECT 1 FROM record WHERE seq = ?1 AND state = 4", "i", seq);
    touch(j, pipeline);
    return store_run(s,
                     "UPDATE record SET state = 0, due = ?2, released = 1, attempts = 0 WHERE seq = ?1 AND "
                     "state IN (2, 4)",
                     "ii", seq, now) ||
           (parked && move_count(s, pipeline, COUNT_PARKED, COUNT_PENDING));
}

typedef struct {
    int64_t seq, pipeline;
    char *key;
} held;

static int read_held(store *s, const releasing *r, held **out)
{
    int n = 0, room = 0;
    *out = NULL;
    sqlite3_stmt *st =
        store_sql(s,
                  "SELECT r.seq, r.pipeline, r.key FROM behind b JOIN record r ON r.seq = b.seq"
                  " WHERE b.exception = ?1 AND (?2 IS NULL OR b.key = ?2)",
                  "it", r->exception, r->key);
    while (store_row(s, st)) {
        if (n == room) {
            room = room ? room * 2 : 64;
            held *longer = realloc(*out, (size_t)room * sizeof *longer);
            if (!longer) {
                s->fault = SQLITE_NOMEM; /* some are not all */
                break;
            }
            *out = longer;
        }
        (*out)[n++] = (held){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), store_text(s, st, 2)};
    }
    sqlite3_reset(st);
    return n;
}

static journal_result do_release(journal *j, store *s, void *arg, error *e)
{
    releasing *r = arg;
    char what[96], after[64];
    if (!store_number(s, 0, "SELECT 1 FROM exception WHERE id = ?1 AND open = 1", "i", r->exception))
        return error_set(e, "there is no open exception %lld", (long long)r->exception), JOURNAL_REFUSED;
    held *list;
    int n = read_held(s, r, &list), bad = 0;
    for (int i = 0; i < n; i++) {
        bad = bad || (r->drop ? drop_record(j, s, list[i].seq, list[i].pipeline, list[i].key, r->who->now)
                              : release_record(j, s, list[i].seq, list[i].pipeline, r->who->now));
        free(list[i].key);
    }
    free(list);
    r->n = n;
    if (!bad && !n && (r->drop || !r->key)) /* it is about no record, or they are gone */
        bad = store_run(s, "UPDATE exception SET open = 0, last = ?2 WHERE id = ?1", "ii", r->exception,
                        r->who->now);
    snprintf(what, sizeof what, "%s exception %lld", r->drop ? "drop" : "retry", (long long)r->exception);
    snprintf(after, sizeof after, "%d records", n);
    bad = bad || add_audit(s, r->who, what, r->key, after) ||
          store_run(s, "UPDATE exception SET note = ?2 WHERE id = ?1", "it", r->exception, r->who->why);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_release(journal *j, const journal_who *who, int64_t exception, const char *key,
                               int64_t *released, error *e)
{
    releasing r = {who, exception, key, false, 0};
    journal_result result = journal_do(j, do_release, &r, e);
    *released = r.n;
    return result;
}

journal_result journal_drop(journal *j, const journal_who *who, int64_t exception, const char *key,
                            int64_t *dropped, error *e)
{
    releasing r = {who, exception, key, true, 0};
    journal_result result = journal_do(j, do_release, &r, e);
    *dropped = r.n;
    return result;
}

/* ---- cursors and pipelines ---- */

typedef struct {
    const journal_who *who;
    const char *pipeline, *connection, *stream, *value, *to;
} renaming;

static int64_t number_of(store *s, const char *pipeline, error *e)
{
    int64_t number = store_number(s, 0, "SELECT number FROM pipeline WHERE name = ?1", "t", pipeline);
    if (!number)
        error_set(e, "the journal knows no pipeline %s", pipeline);
    return number;
}

static journal_result do_cursor(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    renaming *r = arg;
    int64_t number = number_of(s, r->pipeline, e);
    if (!number)
        return JOURNAL_REFUSED;
    sqlite3_stmt *st =
        store_sql(s, "SELECT value FROM cursor WHERE pipeline = ?1 AND connection = ?2 AND stream = ?3",
                  "itt", number, r->connection, r->stream);
    CLEANUP_FREE char *before = store_row(s, st) ? store_text(s, st, 0) : NULL;
    sqlite3_reset(st);
    char what[256];
    snprintf(what, sizeof what, "cursor %s %s %s", r->pipeline, r->connection, r->stream);
    int bad =
        (r->value ? store_run(s, "INSERT OR REPLACE INTO cursor VALUES(?1, ?2, ?3, ?4, ?5)", "ittti", number,
                              r->connection, r->stream, r->value, r->who->now)
                  : store_run(s, "DELETE FROM cursor WHERE pipeline = ?1 AND connection = ?2 AND stream = ?3",
                              "itt", number, r->connection, r->stream)) ||
        add_audit(s, r->who, what, before, r->value);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_cursor_set(journal *j, const journal_who *who, const char *pipeline,
                                  const char *connection, const char *stream, const char *value, error *e)
{
    renaming r = {who, pipeline, connection, stream, value, NULL};
    return journal_do(j, do_cursor, &r, e);
}

static journal_result do_rename(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    renaming *r = arg;
    int64_t number = number_of(s, r->pipeline, e);
    if (!number)
        return JOURNAL_REFUSED;
    int64_t other = store_number(s, 0, "SELECT number FROM pipeline WHERE name = ?1", "t", r->to);
    if (other && store_number(s, 0, "SELECT accepted FROM pipeline WHERE number = ?1", "i", other))
        return error_set(e, "the journal has a pipeline %s already", r->to), JOURNAL_REFUSED;
    int bad = (other && store_run(s, "DELETE FROM pipeline WHERE number = ?1", "i", other)) ||
              store_run(s, "UPDATE pipeline SET name = ?2 WHERE number = ?1", "it", number, r->to) ||
              store_run(s,
                        "UPDATE OR REPLACE state SET namespace = ?2 || substr(namespace, length(?1) + 1)"
                        " WHERE namespace >= ?1 || '/' AND namespace < ?1 || '0'",
                        "tt", r->pipeline, r->to) ||
              add_audit(s, r->who, "pipeline rename", r->pipeline, r->to);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_pipeline_rename(journal *j, const journal_who *who, const char *from, const char *to,
                                       error *e)
{
    renaming r = {who, from, NULL, NULL, NULL, to};
    return journal_do(j, do_rename, &r, e);
}

static journal_result do_retire(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    renaming *r = arg;
    int64_t number = number_of(s, r->pipeline, e);
    int64_t unsettled =
        store_number(s, 0, "SELECT pending + parked FROM pipeline WHERE number = ?1", "i", number);
    if (!number)
        return JOURNAL_REFUSED;
    if (unsettled)
        return error_set(e, "pipeline %s has %lld unsettled records: retry or drop them first", r->pipeline,
                         (long long)unsettled),
               JOURNAL_REFUSED;
    int bad = store_run(s, "UPDATE pipeline SET retired = 1 WHERE number = ?1", "i", number) ||
              store_run(s, "DELETE FROM inbox_place WHERE pipeline = ?1", "i", number) ||
              inbox_expanded_all(s) || add_audit(s, r->who, "pipeline retire", r->pipeline, NULL);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_pipeline_retire(journal *j, const journal_who *who, const char *name, error *e)
{
    renaming r = {who, name, NULL, NULL, NULL, NULL};
    return journal_do(j, do_retire, &r, e);
}
