/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: one thread that owns the only writing connection. A turn takes all that is queued, runs each
 * request under a savepoint of one transaction, commits, and only then tells everybody. While one commit
 * waits for the disk the next group gathers: no timer is needed. */
#include "core/journal/inner.h"

#include "core/base/log.h"
#include "core/base/sabotage.h"

#include <string.h>

enum { CHECKPOINT_PAGES = 1024, IDLE_CHECKPOINT = 2000 };

void touch(journal *j, int64_t pipeline)
{
    for (int i = 0; i < j->touched_n; i++)
        if (j->touched[i] == pipeline)
            return;
    if (j->touched_n < MOST_TOUCHED)
        j->touched[j->touched_n++] = pipeline;
}

static work *take_all(journal *j)
{
    ENV_HOLD(&j->lock);
    while (!j->first && !j->stopping)
        if (!env_wait(&j->wake, &j->lock, env_mono() + IDLE_CHECKPOINT))
            break;
    work *list = j->first;
    j->first = NULL;
    j->last = &j->first;
    j->queued = 0;
    return list;
}

static bool ends_turn(journal_result result)
{
    return result == JOURNAL_FULL || result == JOURNAL_UNKNOWN;
}

static void run_one(journal *j, work *w)
{
    error unseen;
    journal_result noted;
    if (store_run(&j->writer, "SAVEPOINT request", "")) {
        w->result = store_fault(&j->writer, &w->error);
        return;
    }
    request_begin(&j->writer);
    w->result = w->run(j, &j->writer, w->arg, &w->error);
    if (w->result == JOURNAL_DONE && count_write(&j->writer))
        w->result = store_fault(&j->writer, &w->error);
    if ((noted = store_noted(&j->writer, &unseen))) { /* it may have gone on with what it could not read */
        w->result = noted;
        w->error = unseen;
    }
    if (ends_turn(w->result))
        return; /* all of it is rolled back */
    if ((w->result != JOURNAL_DONE && store_run(&j->writer, "ROLLBACK TO request", "")) ||
        store_run(&j->writer, "RELEASE request", "")) {
        store_fault(&j->writer, &w->error);
        w->result = JOURNAL_UNKNOWN;
    }
}

/* The result of the whole turn: DONE, or what everybody gets. */
static journal_result run_turn(journal *j, work *list, error *e)
{
    error seen;
    store_noted(&j->writer, &seen);
    if (store_run(&j->writer, "BEGIN IMMEDIATE", ""))
        return store_fault(&j->writer, e);
    journal_result result = JOURNAL_DONE;
    if (!SABOTAGE("no-epoch-check") &&
        store_number(&j->writer, -1, "SELECT value FROM meta WHERE key = 'epoch'", "") != j->epoch) {
        result = store_noted(&j->writer, e);
        if (result == JOURNAL_DONE) {
            error_set(e, "another daemon has taken the journal over");
            result = JOURNAL_UNKNOWN;
        }
    }
    for (work *w = list; w && result == JOURNAL_DONE; w = w->next) {
        run_one(j, w);
        if (ends_turn(w->result)) {
            result = w->result;
            *e = w->error;
        }
    }
    if (result == JOURNAL_DONE && j->version != j->version_stored &&
        store_run(&j->writer, "UPDATE meta SET value = ?1 WHERE key = 'version'", "i", j->version))
        result = store_fault(&j->writer, e);
    if (result == JOURNAL_DONE && store_run(&j->writer, "COMMIT", "")) {
        result = store_fault(&j->writer, e);
        if (sqlite3_errcode(j->writer.db) == SQLITE_NOMEM)
            result = JOURNAL_UNKNOWN; /* perhaps after the frames were written: the next start will tell */
    }
    atomic_fetch_add(&j->commits, 1); /* before anybody is told: no reader keeps its older look */
    if (result != JOURNAL_DONE)
        sqlite3_exec(j->writer.db, "ROLLBACK", NULL, NULL, NULL);
    else
        j->version_stored = j->version;
    store_noted(&j->writer, &seen);
    return result == JOURNAL_REFUSED ? JOURNAL_UNKNOWN : result;
}

static void tell(journal *j, work *list, journal_result result, const error *e)
{
    while (list) {
        work *w = list;
        list = w->next;
        if (result != JOURNAL_DONE) {
            w->result = result;
            w->error = *e;
        }
        if (w->completed) {
            w->completed(w);
        } else {
            ENV_HOLD(&j->lock);
            w->done = true;
            env_broadcast(&j->finished);
        }
    }
}

/* PASSIVE: never waits for readers. After 4 MiB of WAL, or when idle. The WAL begins anew only when nobody
 * reads it; until then it is what it has grown since that counts, or every turn would end with a checkpoint.
 */
static void checkpoint(journal *j)
{
    sqlite3_wal_checkpoint_v2(j->writer.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    j->copied_pages = j->wal_pages;
    j->wal_pages = 0;
}

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    journal *j = arg;
    j->wal_pages = pages;
    if (pages < j->copied_pages) /* it began anew */
        j->copied_pages = 0;
    return SQLITE_OK;
}

void break_off(journal *j, const error *e)
{
    {
        ENV_HOLD(&j->lock);
        if (j->broken)
            return;
        j->broken = true;
    }
    if (j->options.broken)
        j->options.broken(j->options.arg, e->text);
}

void writer_main(void *arg)
{
    journal *j = arg;
    sqlite3_wal_hook(j->writer.db, on_wal, j);
    for (;;) {
        work *list = take_all(j);
        if (!list) {
            if (j->wal_pages)
                checkpoint(j);
            ENV_HOLD(&j->lock);
            if (j->stopping && !j->first)
                return;
            continue;
        }
        error e = {""};
        j->touched_n = 0;
        journal_result result = run_turn(j, list, &e);
        if (result == JOURNAL_UNKNOWN && SABOTAGE("io-error-ignored"))
            result = JOURNAL_DONE;
        if (result == JOURNAL_UNKNOWN)
            break_off(j, &e);
        for (int i = 0; result == JOURNAL_DONE && i < j->touched_n; i++)
            if (j->options.ready) /* before the verbs return: then nobody is called who has ended since */
                j->options.ready(j->options.arg, j->touched[i]);
        tell(j, list, result, &e);
        if (j->wal_pages - j->copied_pages >= CHECKPOINT_PAGES)
            checkpoint(j);
    }
}

bool journal_enqueue(journal *j, work *w)
{
    ENV_HOLD(&j->lock);
    if (j->options.read_only || j->stopping || j->broken || (w->completed && j->queued + w->bytes > j->bound))
        return false;
    w->next = NULL;
    *j->last = w;
    j->last = &w->next;
    j->queued += w->bytes;
    env_signal(&j->wake);
    return true;
}

journal_result journal_do(journal *j, work_fn *run, void *arg, error *e)
{
    work w = {.run = run, .arg = arg, .bytes = 256};
    if (!journal_enqueue(j, &w))
        return error_set(e, j->options.read_only ? "the journal is open for reading only"
                                                 : "the journal takes no more"),
               j->options.read_only ? JOURNAL_REFUSED : JOURNAL_UNKNOWN;
    ENV_HOLD(&j->lock);
    while (!w.done)
        env_wait(&j->finished, &j->lock, ENV_FOREVER);
    if (w.result != JOURNAL_DONE && e)
        *e = w.error;
    return w.result;
}
