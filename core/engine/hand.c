/* SPDX-License-Identifier: Apache-2.0 */
/* The call itself (ENGINE 4.7, steps 6 and 7, and probes): the batch is cut by operation and by what the
 * other side is known to bear; a CREATE's intent is stored first; the sink is called; what it could not say,
 * the core's verdict table says (ENGINE 4.8). */
#include "core/base/sabotage.h"
#include "core/engine/internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PROBE_FIRST = 2000, RIGHT_PAUSE = 300000 };

static int64_t server_time(const call *c)
{
    return c->connection ? connection_server_time(c->connection) : 0;
}

/* ---- the verdict table for callbacks that got no answer ---- */

typedef enum { DO_RETRY, DO_UNKNOWN, DO_STOP } doing;

typedef struct {
    connection_fate fate;
    doing create, other;
    bool counts;   /* uses up an attempt */
    bool trouble;  /* counts when it comes back while others succeed */
    bool may_land; /* the effect may still land: the claims stay, the retry waits */
} fate_rule;

static const fate_rule fate_rules[] = {
    {FATE_NONE, DO_RETRY, DO_RETRY, true, false, false},
    {FATE_ANSWERED, DO_RETRY, DO_RETRY, true, false, false},
    {FATE_PAUSED, DO_RETRY, DO_RETRY, false, false, false},
    {FATE_REFUSED, DO_RETRY, DO_RETRY, false, false, false},
    {FATE_LIMITED, DO_UNKNOWN, DO_RETRY, false, false, false},
    {FATE_SERVER, DO_UNKNOWN, DO_RETRY, false, true, true},
    {FATE_LOST, DO_UNKNOWN, DO_RETRY, false, true, true},
    {FATE_RIGHT, DO_STOP, DO_STOP, false, false, false},
    {FATE_LOGIN, DO_RETRY, DO_RETRY, false, false, false},
    {FATE_INVALID, DO_RETRY, DO_RETRY, true, false, false},
};

/* A failure that comes back for this record while the connection serves others is the record's own. */
static bool its_own_trouble(deliverer *d, const flight *f, connection *c)
{
    int64_t success = c ? connection_last_success(c) : 0;
    ENV_HOLD(&d->pipeline->memory_lock);
    memory *m = pipeline_memory(d->pipeline, f->row.seq, true);
    if (!m)
        return false;
    bool own = m->trouble && success > m->trouble && m->alone;
    m->alone = m->alone || (m->trouble && success > m->trouble);
    m->trouble = env_mono();
    return own;
}

static void stop_for_right(deliverer *d, const char *why)
{
    pipeline *p = d->pipeline;
    journal_raise raise = {"credentials.right", d->pipeline->p->config->name, p->p->config->owner, why};
    journal_accepting only = {.pipeline = p->number,
                              .now = env_now(),
                              .connection = "",
                              .stream = "",
                              .raises = &raise,
                              .raises_n = 1};
    journal_accepted done;
    error err;
    journal_accept(p->engine->journal, &only, &done, &err);
    log_write(LOG_ERROR, "credentials.right", "pipeline %s stops for %d s: %s", p->p->config->name,
              RIGHT_PAUSE / 1000, why);
    ENV_HOLD(&p->lock);
    p->stopped_until = env_steady() + RIGHT_PAUSE;
}

static void last_error_of(pipeline *p, char *out, size_t size)
{
    ENV_HOLD(&p->lock);
    snprintf(out, size, "%s", p->last_error);
}

void flight_no_answer(deliverer *d, flight *f, const call *c, bool create)
{
    const fate_rule *r = &fate_rules[c->fate];
    doing what = create ? r->create : r->other;
    char why[256];
    if (c->fate == FATE_ANSWERED ||
        c->fate == FATE_NONE) /* the connection has nothing to complain of: the plugin has */
        pipeline_error(d->pipeline,
                       "plugin %s could do nothing with what it was answered, and tries %s again",
                       c->use->plugin->name, f->row.key);
    last_error_of(d->pipeline, why, sizeof why);
    if (what == DO_STOP && pipeline_paused_until(d->pipeline) == 0)
        stop_for_right(d, why);
    if (what == DO_UNKNOWN) {
        flight_core(f, SETTLE_UNKNOWN, NULL, NULL, "%s", why);
        f->wait = PROBE_FIRST;
        return;
    }
    bool own = r->trouble && its_own_trouble(d, f, c->connection);
    bool lands = r->may_land && c->kind == CALL_DELIVER;
    flight_retry(f, r->counts || own, lands ? server_time(c) : 0, why);
    if (lands)
        f->claims_until = env_mono() + server_time(c);
}

/* ---- handing a part of the batch to its sink ---- */

static bool intend(deliverer *d, const plan_operation *op, const plan_use *use, flight **some, int n)
{
    journal_intent *list = calloc((size_t)n, sizeof *list);
    char **bodies = calloc((size_t)n * 2, sizeof *bodies);
    bool good = list && bodies;
    for (int i = 0; good && i < n; i++) {
        const char *const *names;
        buffer lines = {0};
        int names_n = tbh_claims(some[i]->record, &names);
        for (int k = 0; k < names_n; k++)
            buffer_printf(&lines, "%s\n", names[k]);
        bodies[2 * i] = buffer_take(&lines);
        bodies[2 * i + 1] = tbh_body_text(some[i]->record);
        good = bodies[2 * i] && bodies[2 * i + 1];
        good = bodies[2 * i] && bodies[2 * i + 1]; /* without them it would be probed wrongly */
        list[i] = (journal_intent){some[i]->row.seq,    some[i]->row.generation,
                                   some[i]->row.step,   use->connection ? use->connection->name : "",
                                   op->operation->name, tb_record_probe(some[i]->record),
                                   bodies[2 * i],       bodies[2 * i + 1],
                                   JOURNAL_DONE};
    }
    good = good && !SABOTAGE("no-intent") &&
           journal_intend(d->pipeline->engine->journal, d->pipeline->number, list, n, env_steady()) ==
               JOURNAL_DONE;
    for (int i = 0; i < n; i++) {
        bool stored = (good && list[i].result == JOURNAL_DONE) || SABOTAGE("no-intent");
        some[i]->intended = stored;
        if (!stored)
            some[i]->state = FLIGHT_BACK; /* overtaken, or the journal is in trouble: nothing was sent */
    }
    for (int i = 0; bodies && i < 2 * n; i++)
        free(bodies[i]);
    free(bodies);
    free(list);
    return good;
}

static tb_verdict call_sink(deliverer *d, const plan_operation *op, flight **some, int n, call *c)
{
    pipeline *p = d->pipeline;
    const plan_use *use = &p->p->sinks[op->sink];
    for (int i = 0; i < n; i++)
        d->records[i] = some[i]->record;
    call_begin(c, p->engine, p, use, pipeline_connection(p, use), CALL_DELIVER);
    c->records = d->records;
    c->records_n = n;
    c->deadline = deliver_deadline(d);
    c->create = op->operation->effect == TB_CREATE;
    tb_verdict v = use->plugin->api.sink->deliver(d->sinks[op->sink].self, call_ctx(c), op->operation->name,
                                                  d->records, (size_t)n);
    call_end(c);
    return c->short_of_memory ? TB_RETRY : v;
}

static void not_believed(flight *f, bool create)
{
    if (create) {
        flight_core(f, SETTLE_UNKNOWN, NULL, NULL, "out of memory");
        f->wait = PROBE_FIRST;
    } else {
        flight_retry(f, false, 0, "out of memory");
    }
}

static void judge_part(deliverer *d, const plan_operation *op, flight **some, int n, tb_verdict v,
                       const call *c)
{
    const char *name = c->use->plugin->name;
    for (int i = 0; i < n; i++) {
        flight *f = some[i];
        if (c->short_of_memory) {
            not_believed(f, op->operation->effect == TB_CREATE);
            continue;
        }
        if (flight_said(f))
            continue;
        if (v == TB_OK)
            flight_core(f, SETTLE_REJECT, "plugin.fault", name, "plugin %s gave no verdict for this record",
                        name);
        else if (v == TB_SPLIT)
            flight_core(f, SETTLE_REJECT, "deliver.refused", NULL, "refused alone, without a reason, by %s",
                        name);
        else
            flight_no_answer(d, f, c, op->operation->effect == TB_CREATE);
    }
}

/* Moves those that have no verdict yet to the front; returns how many. */
static int unsaid_first(flight **some, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!flight_said(some[i])) {
            flight *f = some[i];
            some[i] = some[kept];
            some[kept++] = f;
        }
    return kept;
}

/* Calls the sink for the part; what a SPLIT leaves without a verdict is halved until it goes through or one
 * is guilty. Returns the largest part that went through after a split, 0 if one was guilty alone. */
static int hand_over(deliverer *d, const plan_operation *op, flight **some, int n)
{
    call c;
    tb_verdict v = call_sink(d, op, some, n, &c);
    int left = v == TB_SPLIT ? unsaid_first(some, n) : n;
    if (v != TB_SPLIT || left < 2) {
        judge_part(d, op, some, left, v, &c);
        return v == TB_SPLIT && left ? 0 : n;
    }
    int a = hand_over(d, op, some, left / 2), b = hand_over(d, op, some + left / 2, left - left / 2);
    return a && b ? (a > b ? a : b) : 0;
}

/* How many records a call that begins with this one may carry. */
static int part_size(deliverer *d, const plan_operation *op, const flight *first)
{
    pipeline *p = d->pipeline;
    connection *c = pipeline_connection(p, &p->p->sinks[op->sink]);
    ENV_HOLD(&p->memory_lock);
    const memory *m = pipeline_memory(p, first->row.seq, false);
    return m && m->alone ? 1 : c ? connection_cap(c, op->operation->name) : INT_MAX;
}

static void learn(deliverer *d, const plan_operation *op, int went, int n)
{
    connection *c = pipeline_connection(d->pipeline, &d->pipeline->p->sinks[op->sink]);
    if (c && went && went < n) /* went through whole, or one was guilty: nothing is learnt of the size */
        connection_learn_cap(c, op->operation->name, went);
}

static void hand_over_part(deliverer *d, const plan_operation *op, flight **some, int n)
{
    const plan_use *use = &d->pipeline->p->sinks[op->sink];
    if (op->operation->effect == TB_CREATE) {
        intend(d, op, use, some, n);
        int kept = 0;
        for (int i = 0; i < n; i++)
            if (some[i]->state == FLIGHT_GOES)
                some[kept++] = some[i];
        n = kept;
    }
    if (n)
        learn(d, op, hand_over(d, op, some, n), n);
}

/* All flights of one operation, in parts. */
static void hand_over_operation(deliverer *d, const plan_operation *op)
{
    for (int i = 0; i < d->n; i++) {
        int n = 0, most = 1;
        for (int k = i; k < d->n; k++) {
            flight *f = &d->flights[k];
            if (f->state != FLIGHT_GOES || f->operation != op)
                continue;
            int size = part_size(d, op, f);
            most = n ? most : size;
            if (n == most || (n && size == 1))
                break;
            d->some[n++] = f;
        }
        if (n)
            hand_over_part(d, op, d->some, n);
    }
}

/* ---- probes ---- */

static void judge_probe(flight *f, const call *c, tb_verdict v, bool looks)
{
    int64_t left = SABOTAGE("believe-at-once") ? 0 : f->row.intent_when + server_time(c) - env_steady();
    tb_outcome o;
    tbh_outcome(f->record, &o);
    if (v == TB_APPLIED) {
        f->state = FLIGHT_SAID;
        f->more = looks;                   /* what comes next is looked up, where it can be */
    } else if (v == TB_NOOP && left > 0) { /* a slow effect may still land */
        flight_core(f, SETTLE_UNKNOWN, NULL, NULL, "not there yet; believed after the server's time");
        f->wait = left;
    } else if (v == TB_NOOP) {
        flight_core(f, SETTLE_ABSENT, NULL, NULL, "probed: it did not happen");
    } else {
        flight_core(f, SETTLE_UNKNOWN, NULL, NULL, "the probe could not tell: %s", o.text);
        f->counts = fate_rules[c->fate].counts;
    }
}

static const plan_operation *intended_operation(const pipeline *p, const flight *f)
{
    return f->row.operation ? plan_operation_find(p->p, f->row.operation, f->row.type) : NULL;
}

static void probe_one(deliverer *d, flight *f)
{
    pipeline *p = d->pipeline;
    const plan_operation *op = intended_operation(p, f);
    const tb_sink *api = op ? p->p->sinks[op->sink].plugin->api.sink : NULL;
    if (!api || !api->probe) {
        flight_core(f, SETTLE_REJECT, "effect.unknown", NULL,
                    "the answer to %s was lost, and nothing can tell whether it happened",
                    f->row.operation ? f->row.operation : "a call");
        return;
    }
    const plan_use *use = &p->p->sinks[op->sink];
    f->operation = op;
    tb_record_set_probe(f->record, f->row.probe ? f->row.probe : "");
    if (strcmp(tb_record_probe(f->record), f->row.probe ? f->row.probe : "")) {
        f->state = FLIGHT_BACK; /* no room for its identity: nothing is looked for under another */
        return;
    }
    call c;
    call_begin(&c, p->engine, p, use, pipeline_connection(p, use), CALL_PROBE);
    c.records = &f->record;
    c.records_n = 1;
    c.deadline = f->row.first_seen;
    tb_verdict v = api->probe(d->sinks[op->sink].self, call_ctx(&c), f->row.operation, f->record);
    call_end(&c);
    judge_probe(f, &c, c.short_of_memory ? TB_RETRY : v, pipeline_hydrates(p));
}

void deliver_hand_over(deliverer *d)
{
    for (int i = 0; i < d->n; i++)
        if (d->flights[i].state == FLIGHT_PROBE)
            probe_one(d, &d->flights[i]);
    for (int i = 0; i < d->pipeline->p->operations_n; i++)
        hand_over_operation(d, &d->pipeline->p->operations[i]);
}
