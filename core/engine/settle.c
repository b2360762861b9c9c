/* SPDX-License-Identifier: Apache-2.0 */
/* The commit of a delivery's verdicts (ENGINE 4.7, step 8): outcomes, state, emission, next turns, in one go;
 * then the claims are let go and the memory of the flight ends. */
#include "core/engine/internal.h"

#include <stdio.h>
#include <string.h>

enum { JOURNAL_BUSY = 500 };

typedef struct { /* what a settlement points into */
    char *came_in, *sent;
    journal_state *states;
    char **names;
    int names_n;
    journal_depend depends[TB_MOST_DEPENDS];
    char *depended[TB_MOST_DEPENDS]; /* their names */
    journal_emission *emissions;
    char **bodies, **ids;
    int emissions_n;
} pieces;

static void pieces_free(pieces *k)
{
    free(k->came_in);
    free(k->sent);
    for (int i = 0; i < k->names_n; i++)
        free(k->names[i]);
    for (int i = 0; i < k->emissions_n; i++) {
        free(k->bodies[i]);
        free(k->ids[i]);
    }
    for (int i = 0; i < TB_MOST_DEPENDS; i++)
        free(k->depended[i]);
    free(k->states);
    free(k->names);
    free(k->emissions);
    free(k->bodies);
    free(k->ids);
}

/* ---- verdict to settlement ---- */

static int64_t back_off(const pipeline *p, int attempts)
{
    const config_pipeline *c = p->p->config;
    int64_t wait = c->retry.first;
    for (int i = 0; i < attempts && wait < c->retry.longest; i++)
        wait *= 2;
    wait = wait > c->retry.longest ? c->retry.longest : wait;
    return wait + env_random_below(wait / 4 + 1);
}

static void retry_or_park(const pipeline *p, const flight *f, journal_settlement *s)
{
    s->attempts = f->row.attempts + (f->counts ? 1 : 0);
    bool ends =
        f->counts || f->kind == SETTLE_ABSENT; /* what only waits for the server's time ends nothing */
    if (ends && s->attempts > p->p->config->retry.attempts) {
        s->kind = SETTLE_REJECT;
        s->reason = f->kind == SETTLE_UNKNOWN ? "effect.unknown" : "retry.exhausted";
        s->cause = f->row.key;
        return;
    }
    int64_t wait = f->wait ? f->wait : f->counts ? back_off(p, s->attempts - 1) : back_off(p, 0);
    s->due = env_steady() + wait;
}

static void from_core(const pipeline *p, const flight *f, journal_settlement *s)
{
    s->kind = f->kind;
    s->reason = f->reason;
    s->cause = f->cause;
    s->rule = f->rule;
    s->text = f->text;
    s->due = env_steady();
    s->attempts = f->row.attempts;
    bool spent = f->row.attempts > p->p->config->retry.attempts;
    if (f->kind == SETTLE_RETRY || f->kind == SETTLE_UNKNOWN || (f->kind == SETTLE_ABSENT && spent))
        retry_or_park(p, f, s);
}

/* A plugin's own RETRY uses up an attempt. */
static void retry_said(const pipeline *p, flight *f, journal_settlement *s)
{
    f->counts = true;
    s->kind = f->kind = SETTLE_RETRY;
    retry_or_park(p, f, s);
}

/* For the history: what was done, where the plugin does not say it in words. */
static const char *said_or_done(const flight *f, const tb_outcome *o)
{
    if (o->verdict != TB_APPLIED || (o->text && *o->text))
        return o->text;
    return f->row.operation ? f->row.operation : f->operation ? f->operation->operation->name : o->text;
}

/* What the other side said could not be understood. It is told at once, and uses up an attempt: a call that
 * is answered like that each time, and is each time found not to have happened, must not go on for ever. */
static void unknown_said(pipeline *p, flight *f, const tb_outcome *o, journal_settlement *s)
{
    const tb_sink *api = f->operation ? p->p->sinks[f->operation->sink].plugin->api.sink : NULL;
    bool can = f->intended && api && api->probe;
    if (*o->text)
        pipeline_error(p, "%s: %s", f->row.key, o->text);
    if (!f->intended) {
        retry_said(p, f, s);
        return;
    }
    s->kind = can ? SETTLE_UNKNOWN : SETTLE_REJECT;
    s->reason = can ? NULL : "effect.unknown";
    s->cause = f->row.key;
    s->attempts = f->row.attempts + 1; /* but it is looked for in any case */
    s->due = env_steady() + back_off(p, 0);
}

static void from_plugin(pipeline *p, flight *f, const tb_outcome *o, journal_settlement *s)
{
    s->reason = o->reason;
    s->cause = *o->cause ? o->cause : f->row.key;
    s->rule = o->rule;
    s->text = said_or_done(f, o);
    s->more = o->more || f->more;
    s->noop = o->verdict == TB_NOOP;
    s->due = o->until ? env_steady() + (o->until - env_now()) : 0;
    s->attempts = f->row.attempts;
    switch (o->verdict) {
    case TB_APPLIED:
    case TB_NOOP:
        s->kind = SETTLE_APPLIED;
        break;
    case TB_DROP:
        s->kind = SETTLE_DROP;
        break;
    case TB_REJECT:
        s->kind = SETTLE_REJECT;
        break;
    case TB_WAIT:
        s->kind = SETTLE_WAIT;
        break;
    case TB_UNKNOWN:
        unknown_said(p, f, o, s);
        break;
    default:
        if (o->failed && f->intended) /* the call was made; what was said of it could not be kept */
            unknown_said(p, f, o, s);
        else
            retry_said(p, f, s);
    }
}

/* What would be made once more by coming once more: nothing is read before it that would show it. */
static bool creates_blindly(const pipeline *p, const flight *f)
{
    return !pipeline_hydrates(p) && f->operation && f->operation->operation->effect == TB_CREATE;
}

/* In flight at an unclean stop: comes once more when the servers cannot act any more on what was sent then.
 */
static void once_more_if_doubtful(const pipeline *p, const flight *f, journal_settlement *s)
{
    int64_t longest = 0;
    for (int i = 0; i < p->connections_n; i++)
        if (connection_server_time(p->connections[i]) > longest)
            longest = connection_server_time(p->connections[i]);
    int64_t safe = p->engine->started + longest;
    if (s->kind != SETTLE_APPLIED || s->more || creates_blindly(p, f) ||
        f->row.seq > journal_doubtful_below(p->engine->journal) || env_steady() >= safe)
        return;
    s->more = true;
    s->due = safe;
}

/* ---- what goes along ---- */

static bool keeps(settle_kind kind, const tb_change *k)
{
    return kind == SETTLE_APPLIED || kind == SETTLE_DROP || (kind == SETTLE_REJECT && k->always);
}

static int add_states(pipeline *p, const tb_outcome *o, journal_settlement *s, pieces *k)
{
    call scope = {.pipeline = p};
    int n = 0;
    for (const tb_change *c = o->changes; c; c = c->next)
        n++;
    if (!n)
        return 0;
    k->states = calloc((size_t)n, sizeof *k->states);
    k->names = calloc((size_t)n, sizeof *k->names);
    if (!k->states || !k->names)
        return -1;
    for (const tb_change *c = o->changes; c; c = c->next) {
        if (!keeps(s->kind, c))
            continue;
        buffer name = {0};
        call_state_name(&scope, c->name, &name);
        if (!(k->names[k->names_n] = buffer_take(&name)))
            return -1;
        k->states[k->names_n] = (journal_state){k->names[k->names_n], c->key, c->value};
        k->names_n++;
    }
    s->states = k->states;
    s->states_n = k->names_n;
    return 0;
}

static int add_depends(const pipeline *p, const tb_outcome *o, journal_settlement *s, pieces *k)
{
    for (int i = 0; i < o->depends_n; i++) {
        k->depended[i] = call_depend_name(p, &o->depends[i]);
        k->depends[i] = (journal_depend){o->depends[i].kind, k->depended[i], o->depends[i].version};
        if (!k->depended[i])
            return -1;
    }
    s->depends = k->depends;
    s->depends_n = o->depends_n;
    return 0;
}

static int emit_to(const flight *f, const tb_record *r, int ordinal, int64_t pipeline_, pieces *k)
{
    int i = k->emissions_n++;
    CLEANUP_BUFFER buffer id = {0};
    buffer_printf(&id, "%lld/%d/%d", (long long)f->row.seq, f->row.step, ordinal);
    k->ids[i] = *tbh_id(r) ? strdup(tbh_id(r)) : buffer_take(&id);
    k->bodies[i] = tbh_body_text(r);
    k->emissions[i] = (journal_emission){pipeline_,
                                         {.type = tb_record_type(r),
                                          .key = tb_record_key(r),
                                          .group = tb_record_group(r),
                                          .id = k->ids[i],
                                          .body = k->bodies[i],
                                          .changed = tb_record_changed(r),
                                          .urgent = tbh_urgent(r)}};
    return k->ids[i] && k->bodies[i] ? 0 : -1;
}

static int add_emissions(pipeline *p, const flight *f, const tb_outcome *o, journal_settlement *s, pieces *k)
{
    engine *e = p->engine;
    if (!o->emitted_n || !(s->kind == SETTLE_APPLIED || s->kind == SETTLE_DROP))
        return 0;
    ENV_HOLD(&e->lock);
    size_t most = (size_t)o->emitted_n * (size_t)(e->pipelines_n + 1);
    k->emissions = calloc(most, sizeof *k->emissions);
    k->bodies = calloc(most, sizeof *k->bodies);
    k->ids = calloc(most, sizeof *k->ids);
    if (!k->emissions || !k->bodies || !k->ids)
        return -1;
    for (int i = 0; i < o->emitted_n; i++)
        for (int q = 0; q < e->pipelines_n; q++)
            if (plan_takes(e->pipelines[q]->p, tb_record_type(o->emitted[i])) &&
                emit_to(f, o->emitted[i], i, e->pipelines[q]->number, k))
                return -1;
    s->emissions = k->emissions;
    s->emissions_n = k->emissions_n;
    return 0;
}

static int fill(pipeline *p, flight *f, const tb_outcome *o, journal_settlement *s, pieces *k)
{
    *s = (journal_settlement){.seq = f->row.seq, .generation = f->row.generation, .step = f->row.step};
    if (f->state == FLIGHT_CORE)
        from_core(p, f, s);
    else
        from_plugin(p, f, o, s);
    bool found = f->row.operation && s->kind == SETTLE_APPLIED;
    if (found) /* what the call was made for, not what came since */
        s->generation = f->row.intent_generation;
    s->sent_now = s->kind == SETTLE_UNKNOWN && f->intended;
    once_more_if_doubtful(p, f, s);
    const tb_reason *known = s->reason ? plan_reason(p->p, s->reason) : NULL;
    s->owner = known && known->owner ? known->owner : p->p->config->owner;
    s->answer_id = o->answer_id;
    s->answer = o->answer;
    s->sent = o->sent ? (k->sent = tbh_dumps(o->sent, JSON_COMPACT | JSON_ENCODE_ANY)) : NULL;
    if (!p->p->config->latest || s->kind == SETTLE_REJECT) {
        json_t *parts = tbh_parts(f->record);
        k->came_in = tbh_dumps(parts, JSON_COMPACT);
        json_decref(parts);
        s->came_in = p->p->config->latest ? k->came_in : f->row.body;
    }
    return add_states(p, o, s, k) || add_depends(p, o, s, k) || add_emissions(p, f, o, s, k) ? -1 : 0;
}

/* ---- after the commit ---- */

static void drop_lines(pipeline *p, const flight *f, const char *text)
{
    int n;
    char *copy;
    const char **names = text ? claim_lines(text, &copy, &n) : NULL;
    if (names)
        claims_drop(p->engine->claims, f->row.seq, names, n, f->claims_until);
    if (text)
        free(copy);
    free(names);
}

/* Those it took for this turn, those of an intent (taken when the daemon started), those it had waited for.
 */
static void let_claims_go(deliverer *d, flight *f, const journal_settlement *s)
{
    pipeline *p = d->pipeline;
    const char *const *names;
    int n = tbh_claims(f->record, &names);
    if (s && s->kind == SETTLE_UNKNOWN)
        return; /* kept until it is probed */
    if (n)
        claims_drop(p->engine->claims, f->row.seq, names, n, f->claims_until);
    drop_lines(p, f, f->row.claims);
    ENV_HOLD(&p->memory_lock);
    const memory *m = pipeline_memory(p, f->row.seq, false);
    drop_lines(p, f, m ? m->wants : NULL);
}

static void forget_trouble(pipeline *p, const flight *f, const journal_settlement *s)
{
    if (s->kind == SETTLE_RETRY || s->kind == SETTLE_UNKNOWN)
        return;
    ENV_HOLD(&p->memory_lock);
    memory *m = pipeline_memory(p, f->row.seq, false);
    if (!m)
        return;
    m->trouble = 0;
    m->alone = false;
    free(m->wants);
    m->wants = NULL;
}

static void after_commit(deliverer *d, flight *f, const journal_settlement *s)
{
    pipeline *p = d->pipeline;
    let_claims_go(d, f, s);
    forget_trouble(p, f, s);
    if (s->result == JOURNAL_REFUSED)
        log_write(LOG_WARN, "deliver.settled", "record %lld of key %s was settled already",
                  (long long)f->row.seq, f->row.key);
    else if (s->kind == SETTLE_APPLIED && !s->more && !s->overtaken)
        pipeline_applied(p, env_now() - f->row.first_seen);
    else if (s->kind == SETTLE_REJECT) {
        log_scope(p->p->config->name, f->row.key);
        log_write(LOG_WARN, s->reason ? s->reason : "deliver.rejected", "%s", s->text ? s->text : "");
        log_scope(p->p->config->name, NULL);
    }
}

/* A disk that is full is waited for; a broken journal ends the engine. */
static journal_result commit(deliverer *d, journal_settlement *list, int n)
{
    pipeline *p = d->pipeline;
    for (;;) {
        journal_result result = journal_settle(p->engine->journal, p->number, list, n, env_steady());
        if (result != JOURNAL_FULL || pipeline_stopping(p))
            return result;
        ENV_HOLD(&p->lock);
        env_wait(&p->wake, &p->lock, env_mono() + JOURNAL_BUSY);
    }
}

void deliver_settle(deliverer *d)
{
    journal_settlement *list = calloc((size_t)d->n + 1, sizeof *list);
    pieces *k = calloc((size_t)d->n + 1, sizeof *k);
    int n = 0;
    for (int i = 0; list && k && i < d->n; i++) {
        flight *f = &d->flights[i];
        tb_outcome o;
        tbh_outcome(f->record, &o);
        d->done[i] = false;
        if (f->state == FLIGHT_BACK || f->state == FLIGHT_GOES)
            continue;
        d->done[i] = !fill(d->pipeline, f, &o, &list[n], &k[n]);
        if (d->done[i])
            n++;
        else
            pieces_free(&k[n]), k[n] = (pieces){0};
    }
    journal_result result = n ? commit(d, list, n) : JOURNAL_DONE;
    for (int i = 0, s = 0; i < d->n; i++) {
        bool settled = list && k && d->done[i] && result == JOURNAL_DONE;
        if (settled)
            after_commit(d, &d->flights[i], &list[s]);
        else if (d->flights[i].state == FLIGHT_BACK ||
                 (result != JOURNAL_UNKNOWN && !d->flights[i].intended)) /* its intent stands: it is probed */
            let_claims_go(d, &d->flights[i], NULL);
        s += list && k && d->done[i];
    }
    for (int i = 0; k && i < n; i++)
        pieces_free(&k[i]);
    free(k);
    free(list);
}
