/* SPDX-License-Identifier: Apache-2.0 */
/* What a request of the writer does for many records is done once: the differences of the counters are added
 * up and written as one update a pipeline, in the request's own savepoint (law 1 holds at every commit); a
 * pipeline's name and mode are read once; and tables that are empty in a healthy house (intents, dependences,
 * keys behind exceptions) are asked once whether they hold anything. Nothing of it outlives the request, and
 * nobody but the writer changes what it is about. */
#include "core/journal/inner.h"

#include <stdio.h>
#include <string.h>

enum { TALLIES = sizeof((request_memory *)0)->tallies / sizeof(tally) };

void request_begin(store *s)
{
    s->request.tallies_n = 0;
    s->request.pipeline = 0;
    s->request.intents = s->request.depends = s->request.behind = SOME_UNASKED;
}

/* ---- counters ---- */

int count_write(store *s)
{
    int n = s->request.tallies_n, bad = 0;
    s->request.tallies_n = 0;
    for (int i = 0; i < n && !bad; i++) {
        const tally *t = &s->request.tallies[i];
        bad = store_run(s,
                        "UPDATE pipeline SET accepted = accepted + ?2, applied = applied + ?3, noop = noop + "
                        "?4, superseded = superseded + ?5, dropped = dropped + ?6, parked = parked + ?7,"
                        " pending = pending + ?8, duplicate = duplicate + ?9,"
                        " last_applied = iif(?10, ?10, last_applied) WHERE number = ?1",
                        "iiiiiiiiii", t->pipeline, t->n[COUNT_ACCEPTED], t->n[COUNT_APPLIED],
                        t->n[COUNT_NOOP], t->n[COUNT_SUPERSEDED], t->n[COUNT_DROPPED], t->n[COUNT_PARKED],
                        t->n[COUNT_PENDING], t->n[COUNT_DUPLICATE], t->last_applied);
    }
    return bad;
}

static tally *tally_of(store *s, int64_t pipeline)
{
    request_memory *r = &s->request;
    for (int i = 0; i < r->tallies_n; i++)
        if (r->tallies[i].pipeline == pipeline)
            return &r->tallies[i];
    if (r->tallies_n == TALLIES && count_write(s))
        return NULL;
    r->tallies[r->tallies_n] = (tally){.pipeline = pipeline};
    return &r->tallies[r->tallies_n++];
}

int count(store *s, int64_t pipeline, counter c, int64_t n)
{
    tally *t = tally_of(s, pipeline);
    if (t)
        t->n[c] += n;
    return t ? 0 : -1;
}

int count_applied(store *s, int64_t pipeline, bool noop, int64_t now)
{
    tally *t = tally_of(s, pipeline);
    if (!t)
        return -1;
    t->n[COUNT_APPLIED]++;
    t->n[COUNT_NOOP] += noop;
    t->last_applied = now;
    return 0;
}

/* ---- what is looked up once ---- */

int know_pipeline(store *s, int64_t pipeline)
{
    request_memory *r = &s->request;
    if (r->pipeline == pipeline)
        return 0;
    sqlite3_stmt *st = store_sql(s, "SELECT latest, name FROM pipeline WHERE number = ?1", "i", pipeline);
    bool found = store_row(s, st);
    if (found) {
        r->pipeline = pipeline;
        r->latest = sqlite3_column_int(st, 0);
        snprintf(r->name, sizeof r->name, "%s", store_seen(s, st, 1));
    }
    if (st)
        sqlite3_reset(st);
    return found ? 0 : -1;
}

static bool any(store *s, some *known, const char *sql)
{
    if (*known == SOME_UNASKED) /* what cannot be read is not "none" */
        *known = store_number(s, 1, sql, "") ? SOME_THERE : SOME_NONE;
    return *known == SOME_THERE;
}

bool any_depends(store *s)
{
    return any(s, &s->request.depends, "SELECT EXISTS(SELECT 1 FROM depends)");
}

bool any_behind(store *s)
{
    return any(s, &s->request.behind, "SELECT EXISTS(SELECT 1 FROM behind)");
}

int drop_depends(store *s, int64_t seq)
{
    return any_depends(s) ? store_run(s, "DELETE FROM depends WHERE seq = ?1", "i", seq) : 0;
}

int drop_intent(store *s, int64_t seq)
{
    return any(s, &s->request.intents, "SELECT EXISTS(SELECT 1 FROM intent)")
               ? store_run(s, "DELETE FROM intent WHERE seq = ?1", "i", seq)
               : 0;
}
