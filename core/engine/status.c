/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine shows of itself. */
#include "core/engine/internal.h"

#include <string.h>

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* p50, p99 and worst of the last applied ones; the worst also counts the oldest that waits now. */
static json_t *freshness(pipeline *p, int64_t oldest)
{
    int64_t list[FRESHNESS_RING];
    int n = p->freshness_n < FRESHNESS_RING ? p->freshness_n : FRESHNESS_RING;
    memcpy(list, p->freshness, sizeof list);
    qsort(list, (size_t)n, sizeof *list, by_size);
    int64_t age = oldest ? env_now() - oldest : 0, worst = n ? list[n - 1] : 0;
    return json_pack("{s:I, s:I, s:I, s:I, s:i}", "p50_ms", (json_int_t)(n ? list[n / 2] : 0), "p99_ms",
                     (json_int_t)(n ? list[n - 1 - n / 100] : 0), "worst_ms",
                     (json_int_t)(worst > age ? worst : age), "oldest_ms", (json_int_t)(age > 0 ? age : 0),
                     "samples", n);
}

static int64_t next_run(const pipeline *p)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < p->sources_n; i++)
        if (p->sources[i].use->plugin && p->sources[i].next_read < next)
            next = p->sources[i].next_read;
    return next == INT64_MAX ? 0 : next;
}

static int add_rule(json_t *object, const char *rule, int64_t n)
{
    return json_object_set_new(object, rule, json_integer(n));
}

static void each_rule(void *arg, const char *rule, int64_t n)
{
    add_rule(arg, rule, n);
}

static json_t *counters(engine *e, const journal_pipeline *c)
{
    json_t *dropped = json_object();
    journal_dropped(e->journal, c->number, each_rule, dropped);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I}", "accepted", (json_int_t)c->accepted, "applied",
                     (json_int_t)c->applied, "noop", (json_int_t)c->noop, "superseded",
                     (json_int_t)c->superseded, "dropped", (json_int_t)c->dropped, "dropped_by_rule", dropped,
                     "parked", (json_int_t)c->parked, "pending", (json_int_t)c->pending, "duplicate",
                     (json_int_t)c->duplicate);
}

static json_t *pipeline_status(engine *e, pipeline *p, const journal_pipeline *c)
{
    const config_pipeline *k = p->p->config;
    ENV_HOLD(&p->lock);
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:o, s:o, s:s, s:I, s:I, s:I, s:b}", "name", k->name, "owner",
                     k->owner ? k->owner : "", "mode", k->latest ? "latest" : "ordered", "shadow",
                     k->deliver.shadow, "freshness_target_ms", (json_int_t)k->freshness, "counters",
                     counters(e, c), "freshness", freshness(p, c->oldest), "last_error", p->last_error,
                     "last_error_when", (json_int_t)p->last_error_when, "next_run", (json_int_t)next_run(p),
                     "last_applied", (json_int_t)c->last_applied, "stopped", p->stopped_until > env_steady());
}

json_t *engine_status(engine *e)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    int n = journal_pipelines(e->journal, &list);
    json_t *pipelines = json_array(), *connections = json_array();
    ENV_HOLD(&e->lock);
    for (int i = 0; i < e->pipelines_n; i++)
        for (int k = 0; k < n; k++)
            if (list[k].number == e->pipelines[i]->number)
                json_array_append_new(pipelines, pipeline_status(e, e->pipelines[i], &list[k]));
    for (int i = 0; i < e->connections_n; i++)
        json_array_append_new(connections, connection_status(e->connections[i]));
    return json_pack("{s:I, s:I, s:o, s:o}", "now", (json_int_t)env_now(), "epoch",
                     (json_int_t)journal_epoch(e->journal), "pipelines", pipelines, "connections",
                     connections);
}
