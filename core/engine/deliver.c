/* SPDX-License-Identifier: Apache-2.0 */
/* A deliverer: takes what is due, and leads each batch through its steps until it is settled. Taking is in
 * memory only: a crash leaves the records as they were. */
#include "core/engine/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CLAIM_RETRY = 200, IDLE_LOOK = 60000, SWEEP_ALL = 500, SWEEP_EVERY = 60000, SWEEP_AGAIN = 1000 };

/* ---- small helpers of the steps ---- */

void flight_core(flight *f, settle_kind kind, const char *reason, const char *cause, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    f->state = FLIGHT_CORE;
    f->kind = kind;
    f->reason = reason;
    snprintf(f->cause, sizeof f->cause, "%s", cause ? cause : f->row.key);
}

void flight_retry(flight *f, bool counts, int64_t wait, const char *text)
{
    flight_core(f, SETTLE_RETRY, NULL, NULL, "%s", text);
    f->counts = counts;
    f->wait = wait;
}

bool flight_said(flight *f)
{
    tb_outcome o;
    tbh_outcome(f->record, &o);
    if (o.decided && o.verdict != TB_OK)
        f->state = FLIGHT_SAID;
    return f->state != FLIGHT_GOES;
}

const char **claim_lines(const char *text, char **copy, int *n)
{
    *n = 0;
    *copy = strdup(text ? text : "");
    const char **names = *copy ? calloc(strlen(*copy) / 2 + 2, sizeof *names) : NULL;
    char *rest = *copy;
    for (char *line; names && (line = strsep(&rest, "\n"));)
        if (*line)
            names[(*n)++] = line;
    return names;
}

int64_t deliver_deadline(const deliverer *d)
{
    int64_t oldest = INT64_MAX;
    for (int i = 0; i < d->n; i++)
        if (d->flights[i].row.first_seen < oldest)
            oldest = d->flights[i].row.first_seen;
    return d->n ? oldest + d->pipeline->p->config->freshness : env_steady();
}

/* ---- take ---- */

/* A record that named claims when it was put back waits until they are free. */
static bool wants_are_held(pipeline *p, const memory *m)
{
    int n;
    char *copy;
    const char **names = claim_lines(m->wants, &copy, &n);
    bool held = !names || claims_held(p->engine->claims, m->seq, names, n);
    free(names);
    free(copy);
    return held;
}

typedef struct {
    pipeline *pipeline;
    bool skipped; /* because of claims: look again soon */
} taking;

static bool skip(void *arg, int64_t seq, const char *key)
{
    (void)key;
    taking *t = arg;
    const memory *m = pipeline_memory(t->pipeline, seq, false);
    if (!m)
        return false;
    if (!m->in_flight && m->wants && wants_are_held(t->pipeline, m))
        return t->skipped = true;
    return m->in_flight;
}

static tb_record *record_of(const journal_row *row, int64_t doubtful_below)
{
    json_t *body = json_loads(row->body, JSON_DECODE_ANY, NULL);
    tb_record *r = body ? tb_record_new(row->type, row->key, body) : NULL;
    if (!r)
        return NULL;
    tb_record_set_group(r, row->group ? row->group : "");
    if (row->group && strcmp(tb_record_group(r), row->group)) {
        tb_record_unref(r);
        return NULL;
    }
    tb_record_set_changed(r, row->first_seen);
    if (row->urgent)
        tb_record_set_urgent(r);
    tbh_set_flags(r, row->released, row->seq <= doubtful_below);
    return r;
}

/* An intent that is still open when its record is taken was not settled, whatever became of the call. */
static flight_state first_state(const journal_row *row)
{
    return row->state == RECORD_UNKNOWN || row->operation ? FLIGHT_PROBE : FLIGHT_GOES;
}

/* False: there was no room for some; they are looked at again soon. */
static bool into_flights(deliverer *d, journal_row *rows, int n)
{
    bool all = true;
    int64_t below = journal_doubtful_below(d->pipeline->engine->journal);
    for (int i = 0; i < n; i++) {
        tb_record *record = record_of(&rows[i], below);
        memory *m = record ? pipeline_memory(d->pipeline, rows[i].seq, true) : NULL;
        if (!m) {
            tb_record_unref(record);
            all = false;
            continue;
        }
        m->in_flight = true;
        d->flights[d->n++] = (flight){.row = rows[i], .record = record, .state = first_state(&rows[i])};
        rows[i] = (journal_row){0}; /* moved */
    }
    return all;
}

/* Fills the flights; *next: when to look again (env_steady time) if there are none. */
static int take(deliverer *d, int64_t *next)
{
    pipeline *p = d->pipeline;
    taking t = {.pipeline = p};
    const config_pipeline *c = p->p->config;
    journal_row *rows = NULL;
    ENV_HOLD(&p->memory_lock);
    int n = journal_take(p->engine->journal, p->number, env_steady(), c->deliver.batch,
                         pipeline_hydrates(p) ? c->deliver.hydrate_groups : 0, skip, &t, &rows, next);
    if (n < 0 || !into_flights(d, rows, n))
        t.skipped = true;
    journal_rows_free(rows, n > 0 ? n : 0);
    if (t.skipped && *next > env_steady() + CLAIM_RETRY)
        *next = env_steady() + CLAIM_RETRY;
    return d->n;
}

static void release(deliverer *d)
{
    ENV_HOLD(&d->pipeline->memory_lock);
    for (int i = 0; i < d->n; i++) {
        flight *f = &d->flights[i];
        pipeline_forget(d->pipeline, f->row.seq);
        tb_record_unref(f->record);
        journal_row_clear(&f->row);
        *f = (flight){0};
    }
    d->n = 0;
}

/* ---- the loop ---- */

static void wait_until(pipeline *p, int64_t mono, bool for_ready)
{
    ENV_HOLD(&p->lock);
    while (!p->stopping && !(for_ready && p->ready) && env_mono() < mono)
        if (!env_wait(&p->wake, &p->lock, mono))
            break;
}

static bool start_turn(pipeline *p)
{
    ENV_HOLD(&p->lock);
    p->ready = false;
    return !p->stopping;
}

/* Old history goes, 500 rows at a time and at once again while there is more (ENGINE 4.14, retention). */
static void sweep(deliverer *d)
{
    pipeline *p = d->pipeline;
    int64_t now = env_mono();
    if (d->number || now < d->sweep_at)
        return;
    int n = journal_sweep(p->engine->journal, p->number, env_now() - p->p->config->keep, env_now());
    d->sweep_at = now + (n < SWEEP_ALL ? SWEEP_EVERY : SWEEP_AGAIN);
}

static void put_all_back(deliverer *d)
{
    for (int i = 0; i < d->n; i++)
        d->flights[i].state = FLIGHT_BACK;
}

static void deliver_once(deliverer *d)
{
    pipeline *p = d->pipeline;
    if (d->n == p->p->config->deliver.batch)
        pipeline_wake(p); /* there may be more, for the other workers too */
    deliver_prepare(d);
    if (engine_wants_exit(p->engine)) /* what could not be looked up was perhaps taken for nothing */
        put_all_back(d);
    deliver_hand_over(d);
    deliver_settle(d);
    release(d);
    pipeline_wake(p);
}

void deliverer_main(void *arg)
{
    deliverer *d = arg;
    pipeline *p = d->pipeline;
    log_scope(p->p->config->name, NULL);
    while (start_turn(p)) {
        int64_t paused = pipeline_paused_until(p), next = INT64_MAX;
        sweep(d);
        if (engine_wants_exit(p->engine)) /* the journal is broken: what cannot be settled is not begun */
            wait_until(p, env_mono() + IDLE_LOOK, false);
        else if (paused)
            wait_until(p, paused, false);
        else if (take(d, &next))
            deliver_once(d);
        else
            wait_until(p, env_mono() + (next - env_steady() < IDLE_LOOK ? next - env_steady() : IDLE_LOOK),
                       true);
    }
    ENV_HOLD(&p->lock);
    atomic_fetch_sub(&p->threads, 1);
    env_broadcast(&p->wake);
}
