/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes: the history that people and disputes read; and its sweeping. */
#include "core/journal/inner.h"

#include <string.h>

enum { SWEEP_ROWS = 500 };

int journal_outcomes(journal *j, const char *pipeline, const char *key, int limit, journal_outcome **out)
{
    store *s = reader_take(j);
    int n = 0;
    *out = calloc((size_t)limit + 1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s,
                              "SELECT o.seq, o.at, coalesce(o.parent, 0), o.step, o.noop, o.overtaken, "
                              "p.name, o.key, o.type,"
                              " o.verdict, o.reason, o.text, o.came_in, o.sent, o.answer_id, o.answer"
                              " FROM outcome o JOIN pipeline p ON p.number = o.pipeline"
                              " WHERE (?1 IS NULL OR p.name = ?1) AND (o.key = ?2 OR o.business_key = ?2)"
                              " ORDER BY o.id DESC LIMIT ?3",
                              "tti", pipeline, key, (int64_t)limit)
                  : NULL;
    for (; st && n < limit && store_row(s, st); n++) {
        journal_outcome *o = &(*out)[n];
        *o = (journal_outcome){.seq = sqlite3_column_int64(st, 0),
                               .when = sqlite3_column_int64(st, 1),
                               .parent = sqlite3_column_int64(st, 2),
                               .step = sqlite3_column_int(st, 3),
                               .noop = sqlite3_column_int(st, 4),
                               .overtaken = sqlite3_column_int(st, 5)};
        char **fields[] = {&o->pipeline, &o->key,     &o->type, &o->verdict,   &o->reason,
                           &o->text,     &o->came_in, &o->sent, &o->answer_id, &o->answer};
        for (int i = 0; i < 10; i++)
            *fields[i] = store_text(s, st, 6 + i);
    }
    return reader_end(j, s, st, n);
}

void journal_outcomes_free(journal_outcome *list, int n)
{
    for (int k = 0; list && k < n; k++) {
        journal_outcome *o = &list[k];
        char *fields[] = {o->pipeline, o->key,     o->type, o->verdict,   o->reason,
                          o->text,     o->came_in, o->sent, o->answer_id, o->answer};
        for (int i = 0; i < 10; i++)
            free(fields[i]);
    }
    free(list);
}

typedef struct {
    int64_t pipeline, before, now;
    int n;
} sweeping;

static journal_result do_sweep(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    sweeping *k = arg;
    int64_t month = (int64_t)30 * 86400 * 1000;
    if (store_run(s,
                  "DELETE FROM outcome WHERE id IN (SELECT id FROM outcome WHERE pipeline = ?1 AND at < ?2 "
                  "LIMIT 500)",
                  "ii", k->pipeline, k->before))
        return store_fault(s, e);
    k->n = sqlite3_changes(s->db);
    if (k->n && sqlite3_exec(s->db, "PRAGMA incremental_vacuum(64)", NULL, NULL, NULL) != SQLITE_OK)
        return store_fault(s, e);
    if (k->n < SWEEP_ROWS &&
        store_run(
            s, "DELETE FROM dedup WHERE (scope, id) IN (SELECT scope, id FROM dedup WHERE at < ?1 LIMIT 500)",
            "i", k->now - month))
        return store_fault(s, e);
    if (store_run(
            s,
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE kept = 1 AND received < ?1 LIMIT 500)",
            "i", k->now - month))
        return store_fault(s, e);
    return JOURNAL_DONE;
}

int journal_sweep(journal *j, int64_t pipeline, int64_t before, int64_t now)
{
    sweeping k = {pipeline, before, now, 0};
    if (journal_queue_used(j))
        return 0;
    return journal_do(j, do_sweep, &k, NULL) == JOURNAL_DONE ? k.n : 0;
}
