/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the configuration as plugins see them: a set that is replaced as a whole, so that a callback
 * keeps what it got until it returns. The journal keeps contents and versions, so that what left a table is
 * known over restarts. */
#include "core/engine/internal.h"

#include <string.h>

engine_tables *tables_ref(engine_tables *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void tables_unref(engine_tables *t)
{
    if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    for (int i = 0; i < t->n; i++) {
        free(t->list[i].name);
        tbh_table_unref(t->list[i].now);
        tbh_table_unref(t->list[i].before);
    }
    free(t->list);
    free(t);
}

static int load_one(journal *j, const plan_table *from, engine_table *to, error *err)
{
    char why[256];
    int64_t version = 0;
    size_t size = 0;
    if (journal_table_put(j, from->config->name, from->content, from->size, env_now(), &version) !=
        JOURNAL_DONE)
        return error_set(err, "table %s could not be kept in the journal", from->config->name);
    to->name = strdup(from->config->name);
    to->now = tbh_table_new(from->content, from->size, version, why, sizeof why);
    if (!to->name || !to->now)
        return error_set(err, "%s:%s", from->config->path, why);
    CLEANUP_FREE char *before = journal_table_before(j, from->config->name, &size);
    to->before = before ? tbh_table_new(before, size, version - 1, why, sizeof why) : NULL;
    return 0;
}

engine_tables *tables_load(journal *j, const plan *p, error *err)
{
    engine_tables *t = calloc(1, sizeof *t);
    if (!t || !(t->list = calloc((size_t)p->tables_n + 1, sizeof *t->list))) {
        free(t);
        error_set(err, "out of memory");
        return NULL;
    }
    atomic_init(&t->refs, 1);
    for (int i = 0; i < p->tables_n; i++, t->n = i)
        if (load_one(j, &p->tables[i], &t->list[i], err)) {
            t->n = i + 1;
            tables_unref(t);
            return NULL;
        }
    return t;
}
