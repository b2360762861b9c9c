/* SPDX-License-Identifier: Apache-2.0 */
/* Reload, all or nothing (ENGINE 4.12): every refusal comes before the first change. Then, pipeline by
 * pipeline: the same is left alone, a changed one settles its batch and starts anew, a new one starts, a
 * removed one ends. */
#include "core/engine/internal.h"

#include <stdio.h>
#include <string.h>

enum { SETTLE_DEADLINE = 30000 };

static pipeline *running(const engine *e, const char *name)
{
    for (int i = 0; i < e->pipelines_n; i++)
        if (!strcmp(e->pipelines[i]->p->config->name, name))
            return e->pipelines[i];
    return NULL;
}

static const plan_pipeline *planned(const plan *p, const char *name)
{
    for (int i = 0; i < p->pipelines_n; i++)
        if (!strcmp(p->pipelines[i].config->name, name))
            return &p->pipelines[i];
    return NULL;
}

static const journal_pipeline *counted(const journal_pipeline *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].name, name))
            return &list[i];
    return NULL;
}

static int refuse(engine *e, const plan *p, error *err)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(e->journal, &list);
    for (int i = 0; i < n; i++) {
        const plan_pipeline *pp = planned(p, list[i].name);
        int64_t unsettled = list[i].pending + list[i].parked;
        if (!pp && unsettled && running(e, list[i].name))
            return error_set(
                err,
                "pipeline %s has %lld unsettled records: let them settle, or use tillbridge pipeline "
                "rename or retire",
                list[i].name, (long long)unsettled);
        if (pp && pp->config->latest != list[i].latest && unsettled)
            return error_set(err, "pipeline %s cannot change its mode while %lld records are unsettled",
                             list[i].name, (long long)unsettled);
    }
    for (int i = 0; i < p->pipelines_n; i++) {
        const pipeline *old = running(e, p->pipelines[i].config->name);
        const journal_pipeline *c = counted(list, n, p->pipelines[i].config->name);
        for (int k = 0; old && c && c->pending && k < p->pipelines[i].config->sources_n && k < old->sources_n;
             k++) {
            const char *a = old->p->config->sources[k].stream, *b = p->pipelines[i].config->sources[k].stream;
            if (strcmp(a ? a : "", b ? b : ""))
                return error_set(err,
                                 "pipeline %s cannot change the stream of a source while records are pending",
                                 c->name);
        }
    }
    return 0;
}

static void replace(engine *e, pipeline *old, pipeline *new_)
{
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->pipelines_n; i++)
        if (e->pipelines[i] == old) {
            e->pipelines[i] = new_ ? new_ : e->pipelines[--e->pipelines_n];
            return;
        }
    pipeline **longer = realloc(e->pipelines, (size_t)(e->pipelines_n + 2) * sizeof *longer);
    if (!longer)
        return;
    e->pipelines = longer;
    longer[e->pipelines_n++] = new_;
}

/* Lets the batch in hand settle. When that takes too long the pipeline takes nothing until it is asked again.
 */
static int end(pipeline *old, error *err)
{
    pipeline_halt(old);
    if (pipeline_join(old, env_deadline(SETTLE_DEADLINE)))
        return 0;
    error_set(err, "pipeline %s has not settled its batch within 30 s and takes nothing until it has",
              old->p->config->name);
    return ENGINE_LATE;
}

/* Stops the old one, starts the new one; when that fails, a fresh instance of the old goes on. */
static int change(engine *e, pipeline *old, plan *p, const plan_pipeline *pp, error *err)
{
    int late = old ? end(old, err) : 0;
    if (late)
        return late;
    error why;
    pipeline *new_ = pipeline_new(e, p, pp, err);
    int failed = !new_;
    if (!new_ && old && !(new_ = pipeline_new(e, old->plan, old->p, &why)))
        log_write(LOG_ERROR, "reload.lost", "pipeline %s could not be put back: %s", pp->config->name,
                  why.text);
    if (new_ || old)
        replace(e, old, new_);
    pipeline_free(old);
    if (new_ && pipeline_start(new_, &why))
        log_write(LOG_ERROR, "reload.lost", "pipeline %s could not start: %s", pp->config->name, why.text);
    return failed;
}

typedef struct {
    int same, changed, new_, removed;
} tally;

static bool tables_differ(const plan *a, const plan *b)
{
    bool same = a->tables_n == b->tables_n;
    for (int i = 0; same && i < a->tables_n; i++)
        same = !strcmp(a->tables[i].config->name, b->tables[i].config->name) &&
               !strcmp(a->tables[i].hash, b->tables[i].hash);
    return !same;
}

static int publish_tables(engine *e, const plan *p, error *err)
{
    engine_tables *new_ = tables_load(e->journal, p, err);
    if (!new_)
        return -1;
    ENV_HOLD(&e->lock);
    engine_tables *old = e->tables;
    e->tables = new_;
    tables_unref(old);
    return 0;
}

static int publish_connections(engine *e, const plan *p, error *err)
{
    connection **list = engine_connections_for(e, p, err), **old = e->connections;
    if (!list)
        return -1;
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->connections_n; i++)
        connection_unref(old[i]);
    free(old);
    e->connections = list;
    e->connections_n = p->config->connections_n;
    return 0;
}

static int change_all(engine *e, plan *p, tally *t, error *err)
{
    int failed = 0;
    for (int i = e->pipelines_n - 1; i >= 0; i--) {
        pipeline *old = e->pipelines[i];
        if (planned(p, old->p->config->name))
            continue;
        int late = end(old, err);
        failed |= late;
        if (late)
            continue;
        replace(e, old, NULL);
        journal_inbox_sources(e->journal, old->number, NULL, 0);
        pipeline_free(old);
        t->removed++;
    }
    for (int i = 0; i < p->pipelines_n; i++) {
        pipeline *old = running(e, p->pipelines[i].config->name);
        bool same = old && !strcmp(old->p->config->digest, p->pipelines[i].config->digest);
        if (same && !pipeline_stopping(old)) { /* one that was late to settle starts anew */
            t->same++;
            continue;
        }
        *(old ? &t->changed : &t->new_) += 1;
        failed |= change(e, old, p, &p->pipelines[i], err);
    }
    return failed;
}

/* Code stays as it was loaded; each plugin is told once. */
static void tell_plugin(const plan_use *use, buffer *text)
{
    char sentence[128];
    if (!use->plugin || !plugin_changed_on_disk(use->plugin))
        return;
    snprintf(sentence, sizeof sentence, "; plugin %s changed on disk: restart to use it", use->plugin->name);
    if (!strstr(buffer_text(text), sentence))
        buffer_puts(text, sentence);
}

static void tell(const tally *t, bool tables, const plan *p, error *err)
{
    CLEANUP_BUFFER buffer text = {0};
    buffer_printf(&text, "reloaded: %d pipelines unchanged, %d changed, %d new, %d removed%s", t->same,
                  t->changed, t->new_, t->removed, tables ? ", tables published" : "");
    for (int i = 0; i < p->pipelines_n; i++) {
        const plan_pipeline *pp = &p->pipelines[i];
        for (int k = 0; k < pp->config->sources_n; k++)
            tell_plugin(&pp->sources[k], &text);
        for (int k = 0; k < pp->config->transforms_n; k++)
            tell_plugin(&pp->transforms[k], &text);
        for (int k = 0; k < pp->config->sinks_n; k++)
            tell_plugin(&pp->sinks[k], &text);
    }
    error_set(err, "%s", buffer_text(&text));
}

int engine_reload(engine *e, plan *p, const char *actor, error *err)
{
    ENV_HOLD(&e->reloading);
    tally t = {0};
    if (refuse(e, p, err))
        return -1;
    bool tables = tables_differ(e->plan, p);
    if ((tables && publish_tables(e, p, err)) || publish_connections(e, p, err))
        return -1;
    int failed = change_all(e, p, &t, err);
    {
        ENV_HOLD(&e->lock);
        plan *old = e->plan;
        e->plan = p;
        plan_unref(old);
    }
    engine_poke(e, NULL);
    if (!failed)
        tell(&t, tables, p, err);
    else
        log_write(LOG_ERROR, "reload.partly", "the new configuration holds, but not all of it runs: %s",
                  err->text);
    journal_who who = {actor, NULL, env_now()};
    journal_audit(e->journal, &who, "reload", NULL, err->text);
    if (!failed)
        log_write(LOG_INFO, "engine.reloaded", "%s", err->text);
    return failed & ENGINE_LATE ? ENGINE_LATE : failed;
}
