/* SPDX-License-Identifier: Apache-2.0 */
/* What comes before the call (ENGINE 4.7, steps 3 to 5): read the present state, let the transforms map and
 * judge it, find the operation that is due, and take the claims. Nothing here changes anything outside. */
#include "core/engine/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- hydrate ---- */

static const tb_source *hydrator(const plan_use *use)
{
    const tb_source *api = use->plugin ? use->plugin->api.source : NULL;
    return api && api->hydrate ? api : NULL;
}

bool pipeline_hydrates(const pipeline *p)
{
    for (int i = 0; i < p->p->config->sources_n; i++)
        if (p->p->config->latest && hydrator(&p->p->sources[i]))
            return true;
    return false;
}

static void hydrate_some(deliverer *d, int source_i, flight **some, int n)
{
    pipeline *p = d->pipeline;
    const plan_use *use = &p->p->sources[source_i];
    const tb_source *api = hydrator(use);
    tb_record **records = d->records;
    if (!api)
        return;
    for (int i = 0; i < n; i++) {
        records[i] = some[i]->record;
        tbh_set_part_connection(records[i], use->connection ? use->connection->name : "");
    }
    call c;
    call_begin(&c, p->engine, p, use, pipeline_connection(p, use), CALL_HYDRATE);
    c.records = records;
    c.records_n = n;
    c.deadline = deliver_deadline(d);
    tb_verdict v = api->hydrate(d->hydrators[source_i].self, call_ctx(&c), records, (size_t)n);
    call_end(&c);
    for (int i = 0; i < n; i++)
        if (c.short_of_memory)
            flight_retry(some[i], false, 0, "out of memory");
        else if (!flight_said(some[i]) && v != TB_OK)
            flight_no_answer(d, some[i], &c, false);
}

static bool same_group(const flight *a, const flight *b)
{
    return !strcmp(a->row.group ? a->row.group : "", b->row.group ? b->row.group : "");
}

/* One call a group, at most hydrate.batch keys each. */
static void hydrate_by_group(deliverer *d, int source_i)
{
    int most = d->pipeline->p->config->deliver.hydrate_batch;
    memset(d->done, 0, (size_t)d->n * sizeof *d->done);
    for (int i = 0; i < d->n; i++) {
        int n = 0;
        for (int k = i; k < d->n && n < most; k++) {
            if (d->done[k] || d->flights[k].state != FLIGHT_GOES ||
                !same_group(&d->flights[i], &d->flights[k]))
                continue;
            d->done[k] = true;
            d->some[n++] = &d->flights[k];
        }
        if (n)
            hydrate_some(d, source_i, d->some, n);
        i -= n == most; /* the group has more */
    }
}

/* ---- claims that a record named when it was put back: taken before it is read again ---- */

static void take_wanted(deliverer *d)
{
    pipeline *p = d->pipeline;
    ENV_HOLD(&p->memory_lock);
    for (int i = 0; i < d->n; i++) {
        memory *m = pipeline_memory(p, d->flights[i].row.seq, false);
        if (!m || !m->wants || d->flights[i].state != FLIGHT_GOES)
            continue;
        int n;
        char *copy;
        const char **names = claim_lines(m->wants, &copy, &n);
        if (!names || !claims_take(p->engine->claims, m->seq, names, n, INT64_MAX))
            d->flights[i].state = FLIGHT_BACK;
        free(names);
        free(copy);
    }
}

/* ---- transforms ---- */

static void apply_one(deliverer *d, flight *f, int transform_i)
{
    pipeline *p = d->pipeline;
    const plan_use *use = &p->p->transforms[transform_i];
    call c;
    call_begin(&c, p->engine, p, use, NULL, CALL_APPLY);
    c.records = &f->record;
    c.records_n = 1;
    c.reading = &d->reading;
    tb_verdict v =
        use->plugin->api.transform->apply(d->transforms[transform_i].self, call_ctx(&c), &f->record);
    call_end(&c);
    if (c.short_of_memory)
        flight_retry(f, false, 0, "out of memory");
    else if (!flight_said(f) && v != TB_OK)
        flight_core(f, SETTLE_REJECT, "plugin.fault", use->plugin->name,
                    "plugin %s returned a verdict (%d) that it did not set on the record", use->plugin->name,
                    (int)v);
}

static void transform_one(deliverer *d, flight *f)
{
    pipeline *p = d->pipeline;
    for (int i = 0; i < p->p->config->transforms_n && f->state == FLIGHT_GOES; i++)
        apply_one(d, f, i);
    if (f->state != FLIGHT_GOES)
        return;
    f->operation = plan_operation_find(p->p, tb_record_operation(f->record), tb_record_type(f->record));
    if (!f->operation)
        flight_core(f, SETTLE_REJECT, "plugin.fault", NULL,
                    "no sink of the pipeline does operation \"%s\" for %s", tb_record_operation(f->record),
                    tb_record_type(f->record));
}

/* ---- claims ---- */

static void put_back(pipeline *p, flight *f, const char *const *names, int n)
{
    CLEANUP_BUFFER buffer lines = {0};
    for (int i = 0; i < n; i++)
        buffer_printf(&lines, "%s\n", names[i]);
    f->state = FLIGHT_BACK;
    ENV_HOLD(&p->memory_lock);
    memory *m = pipeline_memory(p, f->row.seq, true);
    if (m) {
        free(m->wants);
        m->wants = buffer_take(&lines);
    }
}

static void claim_one(deliverer *d, flight *f)
{
    pipeline *p = d->pipeline;
    const char *const *names = NULL;
    int n = tbh_claims(f->record, &names);
    if (n && !claims_take(p->engine->claims, f->row.seq, names, n, d->claims_noted))
        put_back(p, f, names, n);
}

static void shadow_one(flight *f)
{
    json_t *body = (json_t *)(uintptr_t)tb_record_body(f->record);
    tb_record_sent(f->record, json_incref(body));
    flight_core(f, SETTLE_DROP, NULL, NULL, "shadow: would have done %s", f->operation->operation->name);
    f->rule = "shadow";
}

void deliver_prepare(deliverer *d)
{
    pipeline *p = d->pipeline;
    d->claims_noted = claims_number(p->engine->claims);
    take_wanted(d);
    for (int i = 0; i < p->p->config->sources_n && p->p->config->latest; i++)
        if (hydrator(&p->p->sources[i]))
            hydrate_by_group(d, i);
    for (int i = 0; i < d->n; i++)
        if (d->flights[i].state == FLIGHT_GOES)
            transform_one(d, &d->flights[i]);
    journal_reading_end(p->engine->journal, &d->reading);
    for (int i = 0; i < d->n; i++) {
        flight *f = &d->flights[i];
        if (f->state == FLIGHT_GOES)
            claim_one(d, f);
        if (f->state == FLIGHT_GOES && p->p->config->deliver.shadow)
            shadow_one(f);
    }
}
