/* SPDX-License-Identifier: Apache-2.0 */
/* Settling: the commit of a delivery's verdicts. A settlement names (seq, generation, step): when the
 * generation has moved on, the record was overtaken and counted as superseded already, so its effects are
 * written and no counter moves. */
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int64_t seq, generation, pipeline, first_seen;
    int step, state;
    bool latest;
    char *key, *type;
} live;

/* ---- wake-ups ---- */

int wake_dependents(journal *j, store *s, const char *kind, const char *name, int64_t now)
{
    if (!any_depends(s))
        return 0;
    sqlite3_stmt *st =
        store_sql(s,
                  "SELECT r.seq, r.pipeline, r.state FROM depends d JOIN record r ON r.seq = d.seq"
                  " WHERE d.kind = ?1 AND d.name = ?2",
                  "tt", kind, name);
    int64_t seqs[256], pipelines[256];
    int states[256], n = 0, bad = 0;
    while (n < 256 && store_row(s, st)) {
        seqs[n] = sqlite3_column_int64(st, 0);
        pipelines[n] = sqlite3_column_int64(st, 1);
        states[n++] = sqlite3_column_int(st, 2);
    }
    sqlite3_reset(st);
    for (int i = 0; i < n && !bad; i++) {
        bad = store_run(s, "UPDATE record SET state = 0, due = ?2 WHERE seq = ?1 AND state IN (2, 4)", "ii",
                        seqs[i], now) ||
              drop_depends(s, seqs[i]) ||
              (states[i] == RECORD_PARKED && move_count(s, pipelines[i], COUNT_PARKED, COUNT_PENDING));
        touch(j, pipelines[i]);
    }
    return bad ? -1 : n == 256 ? wake_dependents(j, s, kind, name, now) : 0;
}

static int64_t version_of(store *s, const char *kind, const char *name)
{
    if (!strcmp(kind, "table"))
        return store_number(s, 0, "SELECT max(version) FROM content WHERE name = ?1", "t", name);
    const char *slash = strchr(name, '/');
    if (!slash)
        return 0;
    if (!strcmp(kind, "record")) {
        CLEANUP_FREE char *pipeline = strndup(name, (size_t)(slash - name));
        return store_number(s, 0,
                            "SELECT max(o.seq) FROM outcome o JOIN pipeline p ON p.number = o.pipeline"
                            " WHERE p.name = ?1 AND o.key = ?2",
                            "tt", pipeline, slash + 1);
    }
    const char *second = strchr(slash + 1, '/'); /* pipeline/namespace/key */
    if (!second)
        return 0;
    CLEANUP_FREE char *space = strndup(name, (size_t)(second - name));
    return store_number(s, 0, "SELECT version FROM state WHERE namespace = ?1 AND key = ?2", "tt", space,
                        second + 1);
}

/* Stores what it depends on; 1 when something of it has changed since it was read. */
static int add_depends(store *s, const journal_settlement *m)
{
    int changed = 0;
    for (int i = 0; i < m->depends_n; i++) {
        const journal_depend *d = &m->depends[i];
        s->request.depends = SOME_THERE;
        if (store_run(s, "INSERT OR REPLACE INTO depends VALUES(?1, ?2, ?3, ?4)", "itti", m->seq, d->kind,
                      d->name, d->version))
            return -1;
        changed |= version_of(s, d->kind, d->name) != d->version;
    }
    return changed;
}

int next_of_key(journal *j, store *s, int64_t pipeline, const char *key, int64_t now)
{
    touch(j, pipeline);
    return store_run(s,
                     "UPDATE record SET state = 0, due = ?3 WHERE state = 1 AND seq ="
                     " (SELECT min(seq) FROM record WHERE pipeline = ?1 AND key = ?2 AND latest = 0)",
                     "iti", pipeline, key, now);
}

int count_rule(store *s, int64_t pipeline, const char *rule)
{
    return store_run(s, "INSERT INTO dropped VALUES(?1, ?2, 1) ON CONFLICT DO UPDATE SET n = n + 1", "it",
                     pipeline, rule ? rule : "");
}

/* ---- one settlement ---- */

static bool read_live(store *s, int64_t seq, live *l)
{
    sqlite3_stmt *st = store_sql(s,
                                 "SELECT seq, generation, pipeline, first_seen, step, state, latest, key, "
                                 "type FROM record WHERE seq = ?1",
                                 "i", seq);
    bool found = store_row(s, st);
    if (found)
        *l = (live){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
                    sqlite3_column_int64(st, 3), sqlite3_column_int(st, 4),   sqlite3_column_int(st, 5),
                    sqlite3_column_int(st, 6),   store_text(s, st, 7),        store_text(s, st, 8)};
    sqlite3_reset(st);
    return found;
}

int move_count(store *s, int64_t pipeline, counter from, counter to)
{
    return from == to ? 0 : count(s, pipeline, from, -1) || count(s, pipeline, to, 1);
}

static counter counted_as(const live *l)
{
    return l->state == RECORD_PARKED ? COUNT_PARKED : COUNT_PENDING;
}

static int keep_row(store *s, const live *l, int state, int64_t due, int attempts, bool keep_released)
{
    return store_run(
        s,
        "UPDATE record SET state = ?2, due = iif(?3 = 0, NULL, ?3), attempts = ?4, step = step + 1,"
        " released = iif(?5, released, 0) WHERE seq = ?1",
        "iiiii", l->seq, (int64_t)state, due, (int64_t)attempts, (int64_t)keep_released);
}

static int leave(journal *j, store *s, const live *l, int64_t now)
{
    return store_run(s, "DELETE FROM record WHERE seq = ?1", "i", l->seq) ||
                   leave_exceptions(s, l->pipeline, l->key, now) ||
                   (!l->latest && next_of_key(j, s, l->pipeline, l->key, now))
               ? -1
               : 0;
}

static int apply(journal *j, store *s, const live *l, const journal_settlement *m, int64_t now)
{
    if (m->more)
        return keep_row(s, l, RECORD_READY, m->due > now ? m->due : now, 0, false) ||
               move_count(s, l->pipeline, counted_as(l), COUNT_PENDING) ||
               leave_exceptions(s, l->pipeline, l->key, now);
    return count(s, l->pipeline, counted_as(l), -1) || count_applied(s, l->pipeline, m->noop, now) ||
           leave(j, s, l, now);
}

static int reject(store *s, const live *l, const journal_settlement *m, int64_t now)
{
    return keep_row(s, l, RECORD_PARKED, m->due, m->attempts, false) ||
           move_count(s, l->pipeline, counted_as(l), COUNT_PARKED) ||
           open_exception(s, l->pipeline, m->reason ? m->reason : "rejected", m->cause ? m->cause : l->key,
                          m->owner, m->text, l->key, l->seq, now);
}

static int drop(journal *j, store *s, const live *l, const journal_settlement *m, int64_t now)
{
    return move_count(s, l->pipeline, counted_as(l), COUNT_DROPPED) || count_rule(s, l->pipeline, m->rule) ||
           leave(j, s, l, now);
}

static int settle_row(journal *j, store *s, const live *l, const journal_settlement *m, int64_t now)
{
    int64_t due = m->due ? m->due : now;
    switch (m->kind) {
    case SETTLE_APPLIED:
        return apply(j, s, l, m, now);
    case SETTLE_REJECT:
        return reject(s, l, m, now);
    case SETTLE_DROP:
        return drop(j, s, l, m, now);
    case SETTLE_WAIT:
        return keep_row(s, l, RECORD_WAITING, due, m->attempts, true) ||
               move_count(s, l->pipeline, counted_as(l), COUNT_PENDING);
    case SETTLE_UNKNOWN:
        return keep_row(s, l, RECORD_UNKNOWN, due, m->attempts, true) ||
               move_count(s, l->pipeline, counted_as(l), COUNT_PENDING);
    case SETTLE_RETRY:
    case SETTLE_ABSENT:
        break;
    }
    return keep_row(s, l, RECORD_READY, due, m->attempts, true) ||
           move_count(s, l->pipeline, counted_as(l), COUNT_PENDING);
}

/* A newer record took its place: the row stays, ready (or unknown), and nothing is counted. */
static int settle_overtaken(journal *j, store *s, const live *l, const journal_settlement *m, int64_t now)
{
    touch(j, l->pipeline);
    bool done = m->kind == SETTLE_APPLIED || m->kind == SETTLE_DROP;
    return store_run(s, "UPDATE record SET step = step + 1, state = ?2, due = ?3 WHERE seq = ?1", "iii",
                     l->seq, (int64_t)(m->kind == SETTLE_UNKNOWN ? RECORD_UNKNOWN : RECORD_READY),
                     m->kind == SETTLE_UNKNOWN ? m->due : now) ||
           (done && leave_exceptions(s, l->pipeline, l->key, now));
}

static int emit(journal *j, store *s, const live *l, const journal_settlement *m, int64_t now)
{
    for (int i = 0; i < m->emissions_n; i++)
        if (accept_item(j, s, m->emissions[i].pipeline, "emit", &m->emissions[i].item, l->seq, now) ==
            ACCEPT_FAILED)
            return -1;
    return 0;
}

static const char *verdict_name(const journal_settlement *m)
{
    switch (m->kind) {
    case SETTLE_APPLIED:
        return m->noop ? "noop" : "applied";
    case SETTLE_REJECT:
        return "rejected";
    case SETTLE_DROP:
        return "dropped";
    default:
        return NULL; /* writes no outcome */
    }
}

static int settle_live(journal *j, store *s, const live *l, journal_settlement *m, int64_t now)
{
    char name[512];
    const char *verdict = verdict_name(m);
    m->overtaken = l->generation != m->generation;
    if ((m->kind != SETTLE_UNKNOWN && drop_intent(s, l->seq)) ||
        (m->sent_now && store_run(s, "UPDATE intent SET at = ?2 WHERE seq = ?1", "ii", l->seq, now)) ||
        drop_depends(s, l->seq) ||
        (m->overtaken ? settle_overtaken(j, s, l, m, now) : settle_row(j, s, l, m, now)) ||
        apply_states(j, s, m->states, m->states_n, now) || emit(j, s, l, m, now))
        return -1;
    int changed = m->overtaken ? 0 : add_depends(s, m);
    if (changed < 0 ||
        (verdict && add_outcome(s, l->seq, l->step, l->pipeline, l->key, l->type, now, verdict, m, 0)))
        return -1;
    for (int i = 0; changed && i < m->depends_n; i++)
        if (wake_dependents(j, s, m->depends[i].kind, m->depends[i].name, now))
            return -1;
    if (!verdict || !any_depends(s))
        return 0;
    if (know_pipeline(s, l->pipeline))
        return -1;
    snprintf(name, sizeof name, "%s/%s", s->request.name, l->key);
    return wake_dependents(j, s, "record", name, now);
}

typedef struct {
    journal_settlement *list;
    int n;
    int64_t now;
} settling;

static journal_result do_settle(journal *j, store *s, void *arg, error *e)
{
    settling *k = arg;
    for (int i = 0; i < k->n; i++) {
        journal_settlement *m = &k->list[i];
        live l = {0};
        m->overtaken = false;
        m->result = JOURNAL_REFUSED; /* not there, or another step: settled already */
        if (!read_live(s, m->seq, &l) || l.step != m->step) {
            free(l.key);
            free(l.type);
            continue;
        }
        int bad = settle_live(j, s, &l, m, k->now);
        free(l.key);
        free(l.type);
        if (bad)
            return store_fault(s, e);
        m->result = JOURNAL_DONE;
        touch(j, l.pipeline);
    }
    return JOURNAL_DONE;
}

journal_result journal_settle(journal *j, int64_t pipeline, journal_settlement *list, int n, int64_t now)
{
    (void)pipeline;
    settling k = {list, n, now};
    return journal_do(j, do_settle, &k, NULL);
}

/* ---- intents ---- */

typedef struct {
    journal_intent *list;
    int n;
    int64_t now;
} intending;

static journal_result do_intend(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    intending *k = arg;
    for (int i = 0; i < k->n; i++) {
        journal_intent *x = &k->list[i];
        bool there =
            store_number(s, 0, "SELECT 1 FROM record WHERE seq = ?1 AND generation = ?2 AND step = ?3", "iii",
                         x->seq, x->generation, (int64_t)x->step) == 1;
        x->result = there ? JOURNAL_DONE : JOURNAL_REFUSED;
        if (there && store_run(s, "INSERT OR REPLACE INTO intent VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                               "iitttttii", x->seq, (int64_t)x->step, x->connection, x->operation, x->probe,
                               x->claims, x->body, k->now, x->generation))
            return store_fault(s, e);
    }
    return JOURNAL_DONE;
}

journal_result journal_intend(journal *j, int64_t pipeline, journal_intent *list, int n, int64_t now)
{
    (void)pipeline;
    intending k = {list, n, now};
    return journal_do(j, do_intend, &k, NULL);
}
