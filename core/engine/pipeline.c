/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline at work: its instances and threads from start to join, and what its threads remember together.
 */
#include "core/engine/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- making ---- */

static connection *find_connection(engine *e, const config_connection *c)
{
    for (int i = 0; c && i < e->connections_n; i++)
        if (!strcmp(connection_name(e->connections[i]), c->name))
            return e->connections[i];
    return NULL;
}

static void add_connection(pipeline *p, connection *c)
{
    for (int i = 0; i < p->connections_n; i++)
        if (p->connections[i] == c)
            return;
    if (c)
        p->connections[p->connections_n++] = connection_ref(c);
}

static int open_instance(pipeline *p, plugin_instance *i, const plan_use *use, error *err)
{
    config_findings findings = {0};
    if (!use->plugin)
        return 0;
    if (plugin_instance_init(i, use->plugin, use->use, p->plan->config, &findings)) {
        error_set(err, "%s", buffer_text(&findings.text));
        config_findings_free(&findings);
        return -1;
    }
    config_findings_free(&findings);
    const tb_common *common = use->plugin->api.common;
    if (!common || !common->open)
        return 0;
    call c;
    call_begin(&c, p->engine, p, use, find_connection(p->engine, use->connection), CALL_OPEN);
    int bad = common->open(i->self, call_ctx(&c));
    call_end(&c);
    if (!bad)
        return 0;
    plugin_instance_free(i);
    return error_set(err, "pipeline %s: plugin %s could not be opened: %s", p->p->config->name,
                     use->plugin->name, p->last_error[0] ? p->last_error : "it says no more");
}

static void close_instance(pipeline *p, plugin_instance *i, const plan_use *use)
{
    if (!i->plugin)
        return;
    const tb_common *common = use->plugin->api.common;
    if (common && common->close) {
        call c;
        call_begin(&c, p->engine, p, use, NULL, CALL_OPEN);
        common->close(i->self, call_ctx(&c));
        call_end(&c);
    }
    plugin_instance_free(i);
}

static int open_all(pipeline *p, plugin_instance **list, const plan_use *uses, int n, error *err)
{
    *list = calloc((size_t)n + 1, sizeof **list);
    for (int i = 0; *list && i < n; i++)
        if (open_instance(p, &(*list)[i], &uses[i], err))
            return -1;
    return *list ? 0 : error_set(err, "out of memory");
}

static int open_deliverer(pipeline *p, deliverer *d, int number, error *err)
{
    const config_pipeline *c = p->p->config;
    d->pipeline = p;
    d->number = number;
    size_t batch = (size_t)c->deliver.batch;
    d->flights = calloc(batch, sizeof *d->flights);
    d->some = calloc(batch, sizeof *d->some);
    d->records = calloc(batch, sizeof *d->records);
    d->done = calloc(batch, sizeof *d->done);
    if (!d->flights || !d->some || !d->records || !d->done)
        return error_set(err, "out of memory");
    return open_all(p, &d->hydrators, p->p->sources, c->sources_n, err) ||
                   open_all(p, &d->transforms, p->p->transforms, c->transforms_n, err) ||
                   open_all(p, &d->sinks, p->p->sinks, c->sinks_n, err)
               ? -1
               : 0;
}

static int open_source(pipeline *p, source *s, const plan_use *use, error *err)
{
    s->pipeline = p;
    s->use = use;
    s->connection = find_connection(p->engine, use->connection);
    return open_instance(p, &s->instance, use, err);
}

static bool takes_events(const source *s)
{
    return s->use && s->use->plugin && s->use->use->events && s->connection;
}

/* Their places in the inbox; places of sources that the pipeline no longer has are forgotten. */
static int register_events(pipeline *p, error *err)
{
    CLEANUP_FREE journal_inbox_source *list = calloc((size_t)p->sources_n + 1, sizeof *list);
    int n = 0;
    for (int i = 0; list && i < p->sources_n; i++) {
        const source *s = &p->sources[i];
        if (takes_events(s))
            list[n++] = (journal_inbox_source){connection_name(s->connection),
                                               s->use->use->stream ? s->use->use->stream : "", 0};
    }
    if (!list || journal_inbox_sources(p->engine->journal, p->number, list, n) != JOURNAL_DONE)
        return error_set(err, "pipeline %s could not be registered for events", p->p->config->name);
    for (int i = 0, k = 0; k < n; i++)
        if (takes_events(&p->sources[i]))
            p->sources[i].place = list[k++].place;
    return 0;
}

static void collect_connections(pipeline *p)
{
    const config_pipeline *c = p->p->config;
    for (int i = 0; i < c->sources_n; i++)
        add_connection(p, find_connection(p->engine, p->p->sources[i].connection));
    for (int i = 0; i < c->sinks_n; i++)
        add_connection(p, find_connection(p->engine, p->p->sinks[i].connection));
}

static int open_everything(pipeline *p, error *err)
{
    const config_pipeline *c = p->p->config;
    p->sources = calloc((size_t)c->sources_n + 1, sizeof *p->sources);
    p->deliverers = calloc((size_t)c->deliver.workers, sizeof *p->deliverers);
    p->connections = calloc((size_t)(c->sources_n + c->sinks_n) + 1, sizeof *p->connections);
    if (!p->sources || !p->deliverers || !p->connections)
        return error_set(err, "out of memory");
    collect_connections(p);
    for (; p->sources_n < c->sources_n; p->sources_n++)
        if (open_source(p, &p->sources[p->sources_n], &p->p->sources[p->sources_n], err))
            return -1;
    if (register_events(p, err))
        return -1;
    for (int i = 0; i < c->deliver.workers; i++) {
        p->deliverers_n = i + 1;
        if (open_deliverer(p, &p->deliverers[i], i, err))
            return -1;
    }
    return 0;
}

pipeline *pipeline_new(engine *e, plan *plan_, const plan_pipeline *pp, error *err)
{
    pipeline *p = calloc(1, sizeof *p);
    if (!p) {
        error_set(err, "out of memory");
        return NULL;
    }
    p->engine = e;
    p->plan = plan_ref(plan_);
    p->p = pp;
    p->ready = true;
    env_mutex_init(&p->lock);
    env_mutex_init(&p->memory_lock);
    env_cond_init(&p->wake);
    if (journal_pipeline_get(e->journal, pp->config->name, pp->config->latest, env_now(), &p->number, err) !=
            JOURNAL_DONE ||
        pipeline_note_settings(p, err) || open_everything(p, err)) {
        pipeline_free(p);
        return NULL;
    }
    return p;
}

static void free_deliverer(pipeline *p, deliverer *d)
{
    const config_pipeline *c = p->p->config;
    for (int i = 0; d->hydrators && i < c->sources_n; i++)
        close_instance(p, &d->hydrators[i], &p->p->sources[i]);
    for (int i = 0; d->transforms && i < c->transforms_n; i++)
        close_instance(p, &d->transforms[i], &p->p->transforms[i]);
    for (int i = 0; d->sinks && i < c->sinks_n; i++)
        close_instance(p, &d->sinks[i], &p->p->sinks[i]);
    free(d->hydrators);
    free(d->transforms);
    free(d->sinks);
    free(d->flights);
    free(d->some);
    free(d->records);
    free(d->done);
}

void pipeline_free(pipeline *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->sources_n; i++)
        close_instance(p, &p->sources[i].instance, p->sources[i].use);
    for (int i = 0; i < p->deliverers_n; i++)
        free_deliverer(p, &p->deliverers[i]);
    for (int i = 0; i < p->connections_n; i++)
        connection_unref(p->connections[i]);
    for (int i = 0; i < p->memories_n; i++)
        free(p->memories[i].wants);
    free(p->memories);
    free(p->connections);
    free(p->sources);
    free(p->deliverers);
    env_cond_free(&p->wake);
    env_mutex_free(&p->lock);
    env_mutex_free(&p->memory_lock);
    plan_unref(p->plan);
    free(p);
}

/* ---- running ---- */

int pipeline_start(pipeline *p, error *err)
{
    char name[64];
    for (int i = 0; i < p->sources_n; i++) {
        if (!p->sources[i].use->plugin)
            continue;
        snprintf(name, sizeof name, "s%d-%.12s", i, p->p->config->name);
        atomic_fetch_add(&p->threads, 1);
        if (!(p->sources[i].thread = env_thread_start(name, source_main, &p->sources[i])))
            return atomic_fetch_sub(&p->threads, 1), error_set(err, "no thread could be started");
    }
    for (int i = 0; i < p->deliverers_n; i++) {
        snprintf(name, sizeof name, "d%d-%.12s", i, p->p->config->name);
        atomic_fetch_add(&p->threads, 1);
        if (!(p->deliverers[i].thread = env_thread_start(name, deliverer_main, &p->deliverers[i])))
            return atomic_fetch_sub(&p->threads, 1), error_set(err, "no thread could be started");
    }
    return 0;
}

void pipeline_halt(pipeline *p)
{
    ENV_HOLD(&p->lock);
    p->stopping = true;
    env_broadcast(&p->wake);
}

bool pipeline_join(pipeline *p, int64_t deadline)
{
    env_lock(&p->lock);
    while (atomic_load(&p->threads) && env_wait(&p->wake, &p->lock, deadline))
        ;
    env_unlock(&p->lock);
    if (atomic_load(&p->threads)) {
        const char *calling = atomic_load(&p->calling);
        log_write(LOG_ERROR, "plugin.hangs", "pipeline %s: plugin %s did not come back from a callback",
                  p->p->config->name, calling ? calling : "?");
        return false;
    }
    for (int i = 0; i < p->sources_n; i++) {
        env_thread_join(p->sources[i].thread);
        p->sources[i].thread = NULL;
    }
    for (int i = 0; i < p->deliverers_n; i++) {
        env_thread_join(p->deliverers[i].thread);
        p->deliverers[i].thread = NULL;
    }
    return true;
}

void pipeline_wake(pipeline *p)
{
    ENV_HOLD(&p->lock);
    p->ready = true;
    env_broadcast(&p->wake);
}

bool pipeline_stopping(pipeline *p)
{
    ENV_HOLD(&p->lock);
    return p->stopping;
}

int64_t pipeline_paused_until(pipeline *p)
{
    int64_t until = 0;
    for (int i = 0; i < p->connections_n; i++) {
        int64_t one = connection_paused_until(p->connections[i]);
        until = one > until ? one : until;
    }
    ENV_HOLD(&p->lock);
    int64_t left = p->stopped_until - env_steady();
    return left > 0 && env_mono() + left > until ? env_mono() + left : until;
}

connection *pipeline_connection(const pipeline *p, const plan_use *use)
{
    for (int i = 0; use->connection && i < p->connections_n; i++)
        if (!strcmp(connection_name(p->connections[i]), use->connection->name))
            return p->connections[i];
    return NULL;
}

/* ---- what its threads remember together ---- */

void pipeline_error(pipeline *p, const char *format, ...)
{
    va_list args;
    if (!p)
        return;
    ENV_HOLD(&p->lock);
    va_start(args, format);
    vsnprintf(p->last_error, sizeof p->last_error, format, args);
    va_end(args);
    p->last_error_when = env_now();
}

void pipeline_applied(pipeline *p, int64_t took)
{
    ENV_HOLD(&p->lock);
    p->freshness[p->freshness_n++ % FRESHNESS_RING] = took < 0 ? 0 : took;
}

memory *pipeline_memory(pipeline *p, int64_t seq, bool create)
{
    for (int i = 0; i < p->memories_n; i++)
        if (p->memories[i].seq == seq)
            return &p->memories[i];
    memory *longer = create ? realloc(p->memories, (size_t)(p->memories_n + 1) * sizeof *longer) : NULL;
    if (!longer)
        return NULL;
    p->memories = longer;
    longer[p->memories_n] = (memory){.seq = seq};
    return &longer[p->memories_n++];
}

void pipeline_forget(pipeline *p, int64_t seq)
{
    memory *m = pipeline_memory(p, seq, false);
    if (!m)
        return;
    m->in_flight = false;
    if (m->wants || m->trouble || m->alone)
        return;
    *m = p->memories[--p->memories_n];
}

bool pipeline_has_room(pipeline *p)
{
    if (journal_queue_used(p->engine->journal) >= 50)
        return false;
    ENV_HOLD(&p->memory_lock);
    int64_t now = env_mono();
    if (now - p->pending_when > 1000) {
        CLEANUP_FREE journal_pipeline *list = NULL;
        int n = journal_pipelines(p->engine->journal, &list);
        for (int i = 0; i < n; i++)
            if (list[i].number == p->number)
                p->pending = list[i].pending;
        p->pending_when = now;
    }
    return p->pending < p->p->config->backlog;
}
