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
    const char **names = calloc(strlen(text ? text : "") / 2 + 2, sizeof *names);
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
    return d->n ? oldest + d->pipeline->p->config->freshness : env_now();
}

/* ---- take ---- */

/* A record that named claims when it was put back waits until they are free. */
static bool wants_are_held(pipeline *p, const memory *m)
{
    int n;
    char *copy;
    const char **names = claim_lines(m->wants, &copy, &n);
    bool held = names && claims_held(p->engine->claims, m->seq, names, n);
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

/* Who probes wants to know what was to be made: the body of the intent, though a newer one may stand in the
 * row. */
static const char *body_of(const journal_row *row)
{
    return row->state == RECORD_UNKNOWN && row->intent_body ? row->intent_body : row->body;
}

static tb_record *record_of(const journal_row *row, int64_t doubtful_below)
{
    tb_record *r = tb_record_new(row->type, row->key, json_loads(body_of(row), JSON_DECODE_ANY, NULL));
    if (!r)
        return NULL;
    tb_record_set_group(r, row->group ? row->group : "");
    tb_record_set_changed(r, row->first_seen);
    if (row->urgent)
        tb_record_set_urgent(r);
    tbh_set_flags(r, row->released, row->seq <= doubtful_below);
    return r;
}

static void into_flights(deliverer *d, journal_row *rows, int n)
{
    int64_t below = journal_doubtful_below(d->pipeline->engine->journal);
    for (int i = 0; i < n; i++) {
        tb_record *record = record_of(&rows[i], below);
        memory *m = record ? pipeline_memory(d->pipeline, rows[i].seq, true) : NULL;
        if (!m) {
            tb_record_unref(record);
            continue;
        }
        m->in_flight = true;
        d->flights[d->n++] = (flight){.row = rows[i],
                                      .record = record,
                                      .state = rows[i].state == RECORD_UNKNOWN ? FLIGHT_PROBE : FLIGHT_GOES};
        rows[i] = (journal_row){0}; /* moved */
    }
}

/* Fills the flights; *next: when to look again (env_now time) if there are none. */
static int take(deliverer *d, int64_t *next)
{
    pipeline *p = d->pipeline;
    taking t = {.pipeline = p};
    const config_pipeline *c = p->p->config;
    journal_row *rows = NULL;
    ENV_HOLD(&p->memory_lock);
    int n = journal_take(p->engine->journal, p->number, env_now(), c->deliver.batch,
                         pipeline_hydrates(p) ? c->deliver.hydrate_groups : 0, skip, &t, &rows, next);
    if (n > 0)
        into_flights(d, rows, n);
    journal_rows_free(rows, n > 0 ? n : 0);
    if (t.skipped && *next > env_now() + CLAIM_RETRY)
        *next = env_now() + CLAIM_RETRY;
    return d->n;
}

static void release(deliverer *d)
{
    ENV_HOLD(&d->pipeline->memory_lock);
    for (int i = 0; i < d->n; i++) {
        flight *f = &d->flights[i];
        pipeline_forget(d->pipeline, f->row.seq);
        tb_record_unref(f->record);
        journal_row *row = malloc(sizeof *row); /* rows are freed as a list that was allocated */
        if (row) {
            *row = f->row;
            journal_rows_free(row, 1);
        }
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

static void deliver_once(deliverer *d)
{
    pipeline *p = d->pipeline;
    if (d->n == p->p->config->deliver.batch)
        pipeline_wake(p); /* there may be more, for the other workers too */
    deliver_prepare(d);
    if (!engine_wants_exit(p->engine)) { /* else the journal broke under it: nothing that was read counts */
        deliver_hand_over(d);
        deliver_settle(d);
    }
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
            wait_until(p, env_mono() + (next - env_now() < IDLE_LOOK ? next - env_now() : IDLE_LOOK), true);
    }
    ENV_HOLD(&p->lock);
    atomic_fetch_sub(&p->threads, 1);
    env_broadcast(&p->wake);
}
