/* SPDX-License-Identifier: Apache-2.0 */
/* Start, stop and reload of the whole (ENGINE 4.12). */
#include "core/engine/internal.h"

#include <stdio.h>
#include <string.h>

engine *engine_new(plugins *plugins_)
{
    engine *e = calloc(1, sizeof *e);
    if (!e || !(e->claims = claims_new())) {
        free(e);
        return NULL;
    }
    e->plugins = plugins_;
    memory_watch();
    env_mutex_init(&e->lock);
    env_mutex_init(&e->reloading);
    return e;
}

void engine_free(engine *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->pipelines_n; i++)
        pipeline_free(e->pipelines[i]);
    for (int i = 0; i < e->connections_n; i++)
        connection_unref(e->connections[i]);
    free(e->pipelines);
    free(e->connections);
    tables_unref(e->tables);
    claims_free(e->claims);
    plan_unref(e->plan);
    env_mutex_free(&e->lock);
    env_mutex_free(&e->reloading);
    free(e);
}

/* ---- what others tell it ---- */

void engine_ready(void *arg, int64_t number)
{
    engine *e = arg;
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->pipelines_n; i++)
        if (e->pipelines[i]->number == number)
            pipeline_wake(e->pipelines[i]);
}

void engine_broken(void *arg, const char *why)
{
    engine *e = arg;
    log_write(LOG_ERROR, "journal.broken", "the journal cannot be trusted any more, shutting down: %s", why);
    atomic_store(&e->wants_exit, 74);
}

/* Where "there is nothing" and "it could not be looked up" would look the same: the next start has more room.
 */
void engine_short_of_memory(engine *e, const char *what)
{
    log_write(LOG_ERROR, "memory.short", "out of memory (%s), shutting down: start it again", what);
    atomic_store(&e->wants_exit, 75);
}

int engine_wants_exit(const engine *e)
{
    return atomic_load(&e->wants_exit);
}

static bool takes_events_of(const source *s, const char *connection_)
{
    return s->use->use->events && s->connection && !strcmp(connection_name(s->connection), connection_);
}

void engine_poke(engine *e, const char *connection_)
{
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->pipelines_n; i++) {
        pipeline *p = e->pipelines[i];
        ENV_HOLD(&p->lock);
        for (int k = 0; k < p->sources_n; k++)
            p->sources[k].poked |= !connection_ || takes_events_of(&p->sources[k], connection_);
        p->ready |= !connection_;
        env_broadcast(&p->wake);
    }
}

plan *engine_plan(engine *e)
{
    ENV_HOLD(&e->lock);
    return plan_ref(e->plan);
}

/* ---- connections ---- */

static connection *old_connection(const engine *e, const char *name)
{
    for (int i = 0; i < e->connections_n; i++)
        if (!strcmp(connection_name(e->connections[i]), name))
            return e->connections[i];
    return NULL;
}

static void connections_free(connection **list, int n)
{
    for (int i = 0; i < n; i++)
        connection_unref(list[i]);
    free(list);
}

connection **engine_connections_for(engine *e, const plan *p, error *err)
{
    connection **list = calloc((size_t)p->config->connections_n + 1, sizeof(connection *));
    for (int i = 0; list && i < p->config->connections_n; i++) {
        const config_connection *c = &p->config->connections[i];
        connection *old = old_connection(e, c->name);
        bool same = old && !strcmp(connection_digest(old), c->digest);
        list[i] = same ? connection_ref(old) : connection_new(p->config, c);
        if (!list[i])
            return connections_free(list, i), error_set(err, "out of memory"), NULL;
        if (old && !same)
            connection_inherit(list[i], old);
    }
    if (!list)
        error_set(err, "out of memory");
    return list;
}

/* ---- start ---- */

/* Claims of effects that are still unknown are held from before anything else runs. */
static int claim_open_intents(engine *e)
{
    journal_row *rows = NULL;
    int n = journal_intents(e->journal, &rows), bad = n < 0;
    for (int i = 0; i < n && !bad; i++) {
        char *copy;
        int names_n;
        const char **names = claim_lines(rows[i].claims, &copy, &names_n);
        bad = !names || (names_n && !claims_take(e->claims, rows[i].seq, names, names_n, INT64_MAX));
        free(names);
        free(copy);
    }
    if (n > 0)
        log_write(LOG_INFO, "engine.intents", "%d calls whose answer is unknown will be probed", n);
    journal_rows_free(rows, n > 0 ? n : 0);
    return bad ? -1 : 0;
}

static int start_pipelines(engine *e, error *err)
{
    e->pipelines = calloc((size_t)e->plan->pipelines_n + 1, sizeof *e->pipelines);
    if (!e->pipelines)
        return error_set(err, "out of memory");
    for (int i = 0; i < e->plan->pipelines_n; i++) {
        pipeline *p = pipeline_new(e, e->plan, &e->plan->pipelines[i], err);
        if (!p)
            return -1;
        ENV_HOLD(&e->lock);
        e->pipelines[e->pipelines_n++] = p;
    }
    for (int i = 0; i < e->pipelines_n; i++)
        if (pipeline_start(e->pipelines[i], err))
            return -1;
    return 0;
}

static bool is_running(engine *e, int64_t number)
{
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->pipelines_n; i++)
        if (e->pipelines[i]->number == number)
            return true;
    return false;
}

/* Webhook bodies do not wait for sources of pipelines that are not configured any more. */
static void forget_absent_sources(engine *e)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(e->journal, &list);
    for (int i = 0; i < n; i++)
        if (!is_running(e, list[i].number))
            journal_inbox_sources(e->journal, list[i].number, NULL, 0);
}

int engine_start(engine *e, plan *p, journal *j, error *err)
{
    env_lock(&e->lock);
    e->journal = j;
    e->plan = p;
    e->started = env_steady();
    env_unlock(&e->lock);
    if (!(e->connections = engine_connections_for(e, p, err)) || !(e->tables = tables_load(j, p, err)))
        return 74;
    e->connections_n = p->config->connections_n;
    if (claim_open_intents(e))
        return error_set(err, "calls whose answer is unknown could not be looked up"), 75;
    if (start_pipelines(e, err)) {
        engine_stop(e);
        return 78;
    }
    forget_absent_sources(e);
    CLEANUP_FREE char *unknown = engine_unknown_pipelines(e);
    if (unknown && *unknown)
        log_write(LOG_WARN, "engine.unknown-pipelines",
                  "the journal holds unsettled records of pipelines that are not configured: %s "
                  "(see tillbridge pipeline rename, retire)",
                  unknown);
    return 0;
}

char *engine_unknown_pipelines(engine *e)
{
    buffer names = {0};
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(e->journal, &list);
    for (int i = 0; i < n; i++)
        if (list[i].pending + list[i].parked && !list[i].retired && !is_running(e, list[i].number))
            buffer_printf(&names, "%s%s", names.size ? ", " : "", list[i].name);
    return buffer_take(&names);
}

/* ---- stop ---- */

int engine_stop(engine *e)
{
    if (atomic_fetch_add(&e->stops, 1)) { /* once more: hurry */
        for (int i = 0; i < e->connections_n; i++)
            connection_abort(e->connections[i], true);
        return 0;
    }
    int64_t deadline = env_deadline(SHUTDOWN_DEADLINE);
    for (int i = 0; i < e->pipelines_n; i++)
        pipeline_halt(e->pipelines[i]);
    for (int i = 0; i < e->connections_n; i++)
        connection_abort(e->connections[i], false);
    bool all = true;
    for (int i = 0; i < e->pipelines_n; i++)
        all = pipeline_join(e->pipelines[i], deadline) && all;
    for (int i = 0; i < e->connections_n && !all; i++)
        connection_abort(e->connections[i], true); /* CREATE exchanges had their time */
    for (int i = 0; i < e->pipelines_n && !all; i++)
        if (!pipeline_join(e->pipelines[i], env_deadline(LAST_DEADLINE)))
            return 70;
    if (claims_any(e->claims))
        journal_leave_doubt(e->journal);
    return engine_wants_exit(e);
}
