/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a source (ENGINE 4.5 step 6, 4.6): expand the webhook bodies of its connection, read when the
 * interval, an event or a timer says so, and hand both to the journal: records, state, cursor and place in
 * one commit. Pokes that come while it reads cause exactly one more read. */
#include "core/engine/internal.h"

#include <string.h>

enum { BODIES = 50, GATHER = 20, READ_RETRY = 1000, READ_RETRY_MOST = 60000, NO_ROOM = 500 };

static const char *stream_of(const source *s)
{
    return s->use->use->stream ? s->use->use->stream : "";
}

/* ---- from feed to journal ---- */

typedef struct {
    journal_item *items;
    char **bodies;
    journal_state *states;
    char **names;
    journal_raise *raises;
    int states_n;
} accepting;

static void accepting_free(accepting *a, const tb_feed *feed)
{
    for (int i = 0; a->bodies && i < feed->n; i++)
        free(a->bodies[i]);
    for (int i = 0; a->names && i < a->states_n; i++)
        free(a->names[i]);
    free(a->items);
    free(a->bodies);
    free(a->states);
    free(a->names);
    free(a->raises);
}

static void fill_item(const source *s, const tb_record *r, const char *rule, const char *body,
                      journal_item *item)
{
    const config_pipeline *c = s->pipeline->p->config;
    const char *id = tbh_id(r);
    *item = (journal_item){.type = tb_record_type(r),
                           .key = tb_record_key(r),
                           .group = tb_record_group(r),
                           .id = *id ? id : NULL,
                           .body = body,
                           .changed = tb_record_changed(r),
                           .due = tbh_urgent(r) ? 0 : env_steady() + c->deliver.linger,
                           .urgent = tbh_urgent(r),
                           .rule = rule};
}

static int fill_states(source *s, const tb_feed *feed, accepting *a)
{
    call scope = {.pipeline = s->pipeline};
    int n = 0;
    for (const tb_change *k = feed->changes; k; k = k->next)
        n++;
    a->states = calloc((size_t)n + 1, sizeof *a->states);
    a->names = calloc((size_t)n + 1, sizeof *a->names);
    if (!a->states || !a->names)
        return -1;
    for (const tb_change *k = feed->changes; k; k = k->next) {
        buffer name = {0};
        call_state_name(&scope, k->name, &name);
        if (!(a->names[a->states_n] = buffer_take(&name)))
            return -1;
        a->states[a->states_n] = (journal_state){a->names[a->states_n], k->key, k->value};
        a->states_n++;
    }
    return 0;
}

static int fill_raises(source *s, const tb_feed *feed, accepting *a)
{
    a->raises = calloc((size_t)feed->raised_n + 1, sizeof *a->raises);
    for (int i = 0; a->raises && i < feed->raised_n; i++) {
        const tb_raised *r = &feed->raised[i];
        const tb_reason *known = plan_reason(s->pipeline->p, r->reason);
        a->raises[i] =
            (journal_raise){r->reason, r->cause,
                            known && known->owner ? known->owner : s->pipeline->p->config->owner, r->text};
        if (r->text)
            pipeline_error(s->pipeline, "%s: %s", r->reason, r->text);
    }
    return a->raises ? 0 : -1;
}

static int fill(source *s, const tb_feed *feed, accepting *a)
{
    a->items = calloc((size_t)feed->n + 1, sizeof *a->items);
    a->bodies = calloc((size_t)feed->n + 1, sizeof *a->bodies);
    if (!a->items || !a->bodies)
        return -1;
    for (int i = 0; i < feed->n; i++) {
        if (!(a->bodies[i] = tbh_body_text(feed->records[i])))
            return -1;
        fill_item(s, feed->records[i], feed->rules[i], a->bodies[i], &a->items[i]);
    }
    return fill_states(s, feed, a) || fill_raises(s, feed, a) ? -1 : 0;
}

int source_accept(source *s, tb_feed *feed, const char *cursor, const source_body *body)
{
    accepting a = {0};
    journal_accepted done;
    error err = {""};
    /* what could not be looked up was perhaps taken for nothing by the callback */
    int bad = fill(s, feed, &a) || engine_wants_exit(s->pipeline->engine);
    journal_accepting batch = {.pipeline = s->pipeline->number,
                               .now = env_now(),
                               .connection = s->connection ? connection_name(s->connection) : "",
                               .stream = stream_of(s),
                               .items = a.items,
                               .items_n = feed->n,
                               .cursor = cursor,
                               .expanded = body ? body->id : 0,
                               .malformed = body ? body->malformed : NULL,
                               .damaged = body && body->damaged,
                               .states = a.states,
                               .states_n = a.states_n,
                               .raises = a.raises,
                               .raises_n = feed->raised_n};
    journal_result result =
        bad ? JOURNAL_REFUSED : journal_accept(s->pipeline->engine->journal, &batch, &done, &err);
    accepting_free(&a, feed);
    if (result == JOURNAL_DONE)
        return 0;
    pipeline_error(s->pipeline, "records could not be stored: %s", bad ? "out of memory" : err.text);
    log_write(LOG_ERROR, "source.accept", "records could not be stored: %s",
              bad ? "out of memory" : err.text);
    return -1;
}

/* ---- webhook bodies ---- */

static tb_verdict receive_body(source *s, const journal_body *body, tb_feed *feed)
{
    call c;
    call_begin(&c, s->pipeline->engine, s->pipeline, s->use, s->connection, CALL_RECEIVE);
    c.feed = feed;
    tb_verdict v =
        s->use->plugin->api.source->receive(s->instance.self, call_ctx(&c), body->body, body->size, feed);
    call_end(&c);
    return c.short_of_memory ? TB_RETRY : v;
}

/* It was acknowledged: it stays where it is, and comes again. */
static int not_now(source *s, const journal_body *body)
{
    pipeline_error(s->pipeline, "event body %lld could not be expanded yet", (long long)body->id);
    log_write(LOG_WARN, "source.expand", "event body %lld could not be expanded yet, it is tried again",
              (long long)body->id);
    return -1;
}

static int expand_one(source *s, const journal_body *body)
{
    tb_feed feed = {.room = s->use->use->batch};
    source_body what = {.id = body->id, .damaged = body->damaged};
    if (body->damaged)
        what.malformed = "the stored body does not fit its checksum: the journal was damaged on disk";
    tb_verdict v = what.malformed ? TB_OK : receive_body(s, body, &feed);
    if (v == TB_REJECT)
        what.malformed = "the source could not make sense of it";
    int bad = v != TB_OK && v != TB_REJECT ? not_now(s, body) : source_accept(s, &feed, NULL, &what);
    tbh_feed_free(&feed);
    if (!bad)
        s->place = body->id;
    return bad;
}

/* Several in one commit, as if one body had carried them all: each sees what those before it have set. 0: one
 * is not for all of them, or it did not fit; nothing was kept. */
static int expand_together(source *s, const journal_body *bodies, int n)
{
    tb_feed feed = {.room = s->use->use->batch};
    int done = 0;
    bool good = true;
    for (; good && done < n && feed.n < feed.room; done++)
        good = !bodies[done].damaged && receive_body(s, &bodies[done], &feed) == TB_OK;
    source_body what = {.id = done ? bodies[done - 1].id : 0};
    good = good && done && !source_accept(s, &feed, NULL, &what);
    tbh_feed_free(&feed);
    if (good)
        s->place = what.id;
    return good ? done : 0;
}

/* What came a moment after the last ones waits for its neighbours: a commit costs more than a body. */
static void gather(source *s)
{
    pipeline *p = s->pipeline;
    ENV_HOLD(&p->lock);
    while (!p->stopping && env_mono() < s->gather_until)
        env_wait(&p->wake, &p->lock, s->gather_until);
}

/* Returns how many bodies were expanded; -1: none, and it is worth looking again soon. */
static int expand(source *s)
{
    journal_body *bodies = NULL;
    if (!s->use->use->events || !s->connection || !s->use->plugin->api.source ||
        !s->use->plugin->api.source->receive)
        return 0;
    gather(s);
    int n = journal_inbox(s->pipeline->engine->journal, connection_name(s->connection), s->place, BODIES,
                          &bodies);
    int done = n > 1 ? expand_together(s, bodies, n) : 0;
    while (done < n && !pipeline_stopping(s->pipeline) && !expand_one(s, &bodies[done]))
        done++;
    journal_bodies_free(bodies, n > 0 ? n : 0);
    s->gather_until = done ? env_mono() + GATHER : 0;
    return done || !n ? done : -1;
}

/* ---- reading ---- */

static void after_read(source *s, tb_verdict v, const tb_feed *feed, bool stored)
{
    int64_t now = env_steady(), every = s->use->use->every;
    int64_t at = feed->at ? now + (feed->at - env_now()) : INT64_MAX;
    ENV_HOLD(&s->pipeline->lock);
    if (v == TB_OK && stored) {
        s->failures = 0;
        s->more = feed->more;
        s->next_read = every ? now + every : INT64_MAX;
        if (at < s->next_read)
            s->next_read = at > now ? at : now;
        return;
    }
    int64_t wait = (int64_t)READ_RETRY << (s->failures < 6 ? s->failures : 6);
    s->failures++;
    s->more = false;
    s->next_read = now + (wait > READ_RETRY_MOST ? READ_RETRY_MOST : wait) + env_random_below(250);
}

static void read_once(source *s)
{
    engine *e = s->pipeline->engine;
    const tb_source *api = s->use->plugin->api.source;
    CLEANUP_FREE char *cursor = journal_cursor(
        e->journal, s->pipeline->number, s->connection ? connection_name(s->connection) : "", stream_of(s));
    tb_feed feed = {.room = s->use->use->batch};
    call c;
    call_begin(&c, e, s->pipeline, s->use, s->connection, CALL_READ);
    c.feed = &feed;
    tb_verdict v = api->read(s->instance.self, call_ctx(&c), cursor, &feed);
    call_end(&c);
    if (c.short_of_memory)
        v = TB_RETRY;
    bool stored = v == TB_OK && !source_accept(s, &feed, feed.cursor, NULL);
    if (v != TB_OK && feed.raised_n &&
        !c.short_of_memory) { /* what it found wrong is told, nothing else is kept */
        tb_feed only = {.raised = feed.raised, .raised_n = feed.raised_n};
        source_accept(s, &only, NULL, NULL);
    }
    after_read(s, v, &feed, stored);
    tbh_feed_free(&feed);
}

typedef enum { IDLE, READ, STOP } turn;

static turn next_turn(source *s)
{
    pipeline *p = s->pipeline;
    bool reads = s->use->plugin->api.source && s->use->plugin->api.source->read;
    ENV_HOLD(&p->lock);
    if (p->stopping)
        return STOP;
    bool due = s->poked || s->more || s->next_read <= env_steady();
    s->poked = false;
    return reads && due ? READ : IDLE;
}

static void wait_for_turn(source *s, int64_t paused_until)
{
    pipeline *p = s->pipeline;
    ENV_HOLD(&p->lock);
    int64_t now = env_mono();
    int64_t until = s->next_read == INT64_MAX ? ENV_FOREVER : now + (s->next_read - env_steady());
    if (paused_until)
        until = paused_until;
    while (!p->stopping && !s->poked && env_mono() < until)
        if (!env_wait(&p->wake, &p->lock, until))
            break;
}

/* It is due, but cannot be done now: not to be forgotten. */
static void read_later(source *s, int64_t when)
{
    {
        ENV_HOLD(&s->pipeline->lock);
        s->more = true;
    }
    wait_for_turn(s, when);
}

void source_main(void *arg)
{
    source *s = arg;
    pipeline *p = s->pipeline;
    log_scope(p->p->config->name, NULL);
    for (turn t; (t = next_turn(s)) != STOP;) {
        int64_t paused = s->connection ? connection_paused_until(s->connection) : 0;
        bool room = pipeline_has_room(p);
        int expanded = room ? expand(s) : 0;
        if (t == READ && !paused && room)
            read_once(s);
        else if (t == READ)
            read_later(s, paused ? paused : env_mono() + NO_ROOM);
        else if (expanded <= 0)
            wait_for_turn(s, expanded ? env_mono() + NO_ROOM : paused);
    }
    ENV_HOLD(&p->lock);
    atomic_fetch_sub(&p->threads, 1);
    env_broadcast(&p->wake);
}
