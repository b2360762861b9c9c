/* SPDX-License-Identifier: Apache-2.0 */
/* The readers: at most four query-only connections, each lent for one statement, or for one look at the file
 * when several statements belong together. No transaction outlives the loan: a long reader keeps the WAL from
 * being reset. */
#include "core/journal/inner.h"

static int free_reader(const journal *j)
{
    for (int i = 0; i < READERS; i++)
        if (!j->lent[i])
            return i;
    return -1;
}

static store *take_reader(journal *j, error *e)
{
    int i;
    ENV_HOLD(&j->reader_lock);
    while ((i = free_reader(j)) < 0)
        env_wait(&j->reader_free, &j->reader_lock, ENV_FOREVER);
    if (!j->readers[i].db && store_open(j->path, false, &j->readers[i], e))
        return NULL;
    j->lent[i] = true;
    return &j->readers[i];
}

/* What could not be read was not "nothing": the journal cannot be trusted any more. */
store *reader_take(journal *j)
{
    error e = {""};
    store *s = take_reader(j, &e);
    if (!s)
        break_off(j, &e);
    return s;
}

void reader_look(store *s)
{
    store_run(s, "BEGIN", "");
}

/* A look that cannot be ended would go on showing what was: then the connection goes. */
static void end_look(store *s)
{
    if (!s || sqlite3_get_autocommit(s->db))
        return;
    sqlite3_stmt *st = store_sql(s, "ROLLBACK", "");
    if (st) {
        sqlite3_step(st);
        sqlite3_reset(st);
    }
    if (!sqlite3_get_autocommit(s->db))
        store_close(s);
}

static int look_noted(journal *j, store *s)
{
    error e;
    if (!s || !store_noted(s, &e))
        return 0;
    break_off(j, &e);
    return -1;
}

int reader_give(journal *j, store *s)
{
    for (int i = 0; s && i < s->cached; i++)
        sqlite3_reset(
            s->cache[i].st); /* no transaction is left open: a long reader keeps the WAL from being reset */
    end_look(s);
    int bad = look_noted(j, s);
    ENV_HOLD(&j->reader_lock);
    for (int i = 0; i < READERS; i++)
        if (s == &j->readers[i])
            j->lent[i] = false;
    env_signal(&j->reader_free);
    return s ? bad : -1;
}

int reader_end(journal *j, store *s, const sqlite3_stmt *st, int n)
{
    return reader_give(j, s) || !st ? -1 : n;
}
