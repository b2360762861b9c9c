/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting: webhook bodies into the inbox, records into pipelines. In `latest` pipelines a key has one live
 * row that is overwritten in place (its seq and first_seen stay, so the oldest change still goes first); in
 * `ordered` ones a record waits behind its key. Every counter moves in the commit that moves the row (law 1).
 */
#include "core/base/hash.h"
#include "core/base/sabotage.h"
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

/* ---- pieces that others use too ---- */

int apply_states(journal *j, store *s, const journal_state *states, int n, int64_t now)
{
    for (int i = 0; i < n; i++) {
        const journal_state *x = &states[i];
        char name[512];
        int bad = x->value ? store_run(s, "INSERT OR REPLACE INTO state VALUES(?1, ?2, ?3, ?4, ?5)", "tttii",
                                       x->namespace_, x->key, x->value, ++j->version, now)
                           : store_run(s, "DELETE FROM state WHERE namespace = ?1 AND key = ?2", "tt",
                                       x->namespace_, x->key);
        snprintf(name, sizeof name, "%s/%s", x->namespace_, x->key);
        if (bad || wake_dependents(j, s, "state", name, now))
            return -1;
    }
    return 0;
}

int add_outcome(store *s, int64_t seq, int step, int64_t pipeline, const char *key, const char *type,
                int64_t now, const char *verdict, const journal_settlement *m, int64_t parent)
{
    static const journal_settlement nothing;
    m = m ? m : &nothing;
    return store_run(
        s,
        "INSERT OR IGNORE INTO outcome(seq, step, pipeline, key, business_key, type, at, verdict, reason, "
        "noop,"
        " overtaken, came_in, sent, answer_id, answer, text, parent, config_version, table_version)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)",
        "iiitttittiittttt"
        "iii",
        seq, (int64_t)step, pipeline, key, m->business_key, type, now, verdict,
        m->kind == SETTLE_DROP ? m->rule : m->reason, (int64_t)m->noop, (int64_t)m->overtaken, m->came_in,
        m->sent, m->answer_id, m->answer, m->text, parent, m->config_version, m->table_version);
}

/* ---- one record ---- */

static accept_kind overwrite(journal *j, store *s, int64_t pipeline, const journal_item *item, int64_t seq,
                             int state, int64_t now)
{
    int64_t due = item->due ? item->due : now;
    size_t n = strlen(item->body);
    int bad =
        store_run(
            s,
            "UPDATE record SET generation = generation + 1, type = ?2, grp = ?3, body = ?4, crc = ?5,"
            " attempts = 0, urgent = max(urgent, ?6), released = 0, config_version = ?7, table_version = ?8,"
            " due = CASE WHEN state = 3 THEN due WHEN state = 0 AND due < ?9 THEN due ELSE ?9 END,"
            " state = CASE WHEN state = 3 THEN 3 ELSE 0 END WHERE seq = ?1",
            "ittbiiiii", seq, item->type, item->group, item->body, n, (int64_t)hash_crc32c(item->body, n),
            (int64_t)item->urgent, item->config_version, item->table_version, due) ||
        drop_depends(s, seq) || count(s, pipeline, COUNT_ACCEPTED, 1) ||
        count(s, pipeline, COUNT_SUPERSEDED, 1) ||
        (state == RECORD_PARKED && move_count(s, pipeline, COUNT_PARKED, COUNT_PENDING));
    touch(j, pipeline);
    return bad ? ACCEPT_FAILED : SUPERSEDED;
}

static accept_kind insert(journal *j, store *s, int64_t pipeline, bool latest, const journal_item *item,
                          int64_t now)
{
    bool behind =
        !latest &&
        store_number(s, 0, "SELECT 1 FROM record WHERE pipeline = ?1 AND key = ?2 AND latest = 0 LIMIT 1",
                     "it", pipeline, item->key);
    size_t n = strlen(item->body);
    int bad =
        store_run(
            s,
            "INSERT INTO record(generation, pipeline, latest, key, grp, type, state, due, first_seen, "
            "attempts,"
            " step, urgent, released, config_version, table_version, crc, body)"
            " VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, iif(?6 = 1, NULL, ?7), ?8, 0, 0, ?9, 0, ?10, ?11, ?12, ?13)",
            "iitttiiiiiiib", pipeline, (int64_t)latest, item->key, item->group, item->type,
            (int64_t)(behind ? RECORD_BEHIND : RECORD_READY), item->due ? item->due : now,
            item->changed ? item->changed : now, (int64_t)item->urgent, item->config_version,
            item->table_version, (int64_t)hash_crc32c(item->body, n), item->body, n) ||
        count(s, pipeline, COUNT_ACCEPTED, 1) || count(s, pipeline, COUNT_PENDING, 1);
    touch(j, pipeline);
    return bad ? ACCEPT_FAILED : ACCEPTED;
}

static accept_kind drop_at_once(store *s, int64_t pipeline, const journal_item *item, int64_t now)
{
    journal_settlement m = {.kind = SETTLE_DROP, .rule = item->rule};
    int64_t id = -1 - store_number(s, 0, "SELECT max(id) FROM outcome", ""); /* it never had a seq */
    return add_outcome(s, id, 0, pipeline, item->key, item->type, now, "dropped", &m, 0) ||
                   count(s, pipeline, COUNT_ACCEPTED, 1) || count(s, pipeline, COUNT_DROPPED, 1) ||
                   count_rule(s, pipeline, item->rule)
               ? ACCEPT_FAILED
               : DROPPED;
}

accept_kind accept_item(journal *j, store *s, int64_t pipeline, const char *scope, const journal_item *item,
                        int64_t parent, int64_t now)
{
    (void)parent;
    if (item->id && !SABOTAGE("no-dedup")) {
        if (store_run(s, "INSERT OR IGNORE INTO dedup VALUES(?1, ?2, ?3)", "tti", scope, item->id, now))
            return ACCEPT_FAILED;
        if (!sqlite3_changes(s->db))
            return count(s, pipeline, COUNT_DUPLICATE, 1) ? ACCEPT_FAILED : DUPLICATE;
    }
    if (item->rule)
        return drop_at_once(s, pipeline, item, now);
    if (know_pipeline(s, pipeline))
        return ACCEPT_FAILED;
    if (!s->request.latest)
        return insert(j, s, pipeline, false, item, now);
    sqlite3_stmt *st =
        store_sql(s, "SELECT seq, state FROM record WHERE pipeline = ?1 AND key = ?2 AND latest = 1", "it",
                  pipeline, item->key);
    if (store_row(s, st)) {
        int64_t seq = sqlite3_column_int64(st, 0);
        int state = sqlite3_column_int(st, 1);
        sqlite3_reset(st);
        return overwrite(j, s, pipeline, item, seq, state, now);
    }
    sqlite3_reset(st);
    return insert(j, s, pipeline, true, item, now);
}

/* ---- a feed ---- */

typedef struct {
    const journal_accepting *in;
    journal_accepted *out;
} accepting;

static int move_place(store *s, const journal_accepting *a)
{
    if (!a->expanded)
        return 0;
    if (store_run(s,
                  "UPDATE inbox_place SET place = max(place, ?4) WHERE connection = ?1 AND pipeline = ?2 AND "
                  "stream = ?3",
                  "titi", a->connection, a->pipeline, a->stream, a->expanded))
        return -1;
    if (a->malformed &&
        store_run(s, "UPDATE inbox SET kept = 1 WHERE id = ?1 AND kept = 0", "i", a->expanded))
        return -1;
    if (a->malformed && sqlite3_changes(s->db) &&
        store_run(s, "UPDATE inbox_count SET malformed = malformed + 1 WHERE connection = ?1", "t",
                  a->connection))
        return -1;
    return inbox_expanded(s, a->connection);
}

static int raise_all(store *s, const journal_accepting *a)
{
    for (int i = 0; i < a->raises_n; i++) {
        const journal_raise *r = &a->raises[i];
        int bad =
            r->text ? open_exception(s, a->pipeline, r->reason, r->cause, r->owner, r->text, NULL, 0, a->now)
                    : close_exception(s, a->pipeline, r->reason, r->cause, a->now);
        if (bad)
            return -1;
    }
    if (a->malformed) {
        char cause[64];
        snprintf(cause, sizeof cause, "body %lld", (long long)a->expanded);
        return open_exception(s, a->pipeline, a->damaged ? "journal.damaged" : "event.malformed", cause, NULL,
                              a->malformed, NULL, 0, a->now);
    }
    return 0;
}

static journal_result do_accept(journal *j, store *s, void *arg, error *e)
{
    accepting *k = arg;
    const journal_accepting *a = k->in;
    char scope[256];
    snprintf(scope, sizeof scope, "%lld/%s/%s", (long long)a->pipeline, a->connection, a->stream);
    *k->out = (journal_accepted){0};
    int bad = 0;
    for (int i = 0; i < a->items_n && !bad; i++) {
        accept_kind kind = accept_item(j, s, a->pipeline, scope, &a->items[i], 0, a->now);
        bad = kind == ACCEPT_FAILED;
        k->out->accepted += kind == ACCEPTED || kind == SUPERSEDED || kind == DROPPED;
        k->out->superseded += kind == SUPERSEDED;
        k->out->duplicate += kind == DUPLICATE;
        k->out->dropped += kind == DROPPED;
    }
    bad = bad || apply_states(j, s, a->states, a->states_n, a->now) ||
          (a->cursor && store_run(s, "INSERT OR REPLACE INTO cursor VALUES(?1, ?2, ?3, ?4, ?5)", "ittti",
                                  a->pipeline, a->connection, a->stream, a->cursor, a->now)) ||
          move_place(s, a) || raise_all(s, a);
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

journal_result journal_accept(journal *j, const journal_accepting *a, journal_accepted *out, error *e)
{
    accepting k = {a, out};
    if (SABOTAGE("cursor-apart") && a->cursor) {
        journal_accepting place = {.pipeline = a->pipeline,
                                   .now = a->now,
                                   .connection = a->connection,
                                   .stream = a->stream,
                                   .cursor = a->cursor};
        accepting first = {&place, out};
        journal_do(j, do_accept, &first, e);
    }
    return journal_do(j, do_accept, &k, e);
}
