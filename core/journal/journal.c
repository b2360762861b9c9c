/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, pipelines, the inbox, cursors, state and tables. */
#include "core/journal/inner.h"

#include "core/base/hash.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_QUEUE = 16 << 20, CHECK_AT_START = 1 << 30, DEDUP_LIFE_DAYS = 30 };

/* ---- the lock file: beside the database, never the database itself ---- */

static int take_lock(journal *j, error *e)
{
    CLEANUP_BUFFER buffer path = {0};
    char pid[32] = "";
    buffer_printf(&path, "%s.lock", j->path);
    j->lock_fd = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->lock_fd < 0)
        return error_set(e, "%s: %s", buffer_text(&path), strerror(errno)), 74;
    if (flock(j->lock_fd, LOCK_EX | LOCK_NB)) {
        ssize_t n = pread(j->lock_fd, pid, sizeof pid - 1, 0);
        pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
        return error_set(e, "the journal %s is in use by process %s", j->path, *pid ? pid : "?"), 75;
    }
    snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(j->lock_fd, 0) || pwrite(j->lock_fd, pid, strlen(pid), 0) < 0)
        return error_set(e, "%s: %s", buffer_text(&path), strerror(errno)), 74;
    return 0;
}

static int verify_store(const char *path, store *s, error *e)
{
    sqlite3_stmt *st = s ? store_sql(s, "PRAGMA quick_check(1)", "") : NULL;
    bool good = st && store_row(s, st) && !strcmp((const char *)sqlite3_column_text(st, 0), "ok");
    if (!good)
        error_set(e, "the journal %s is damaged: %s; stop, keep the file, and restore the last backup", path,
                  st && sqlite3_data_count(st) ? (const char *)sqlite3_column_text(st, 0)
                                               : (s ? sqlite3_errmsg(s->db) : "it cannot be read"));
    return good ? 0 : -1;
}

int journal_verify(journal *j, error *e)
{
    store *s = reader_take(j);
    int bad = verify_store(j->path, s, e);
    reader_give(j, s);
    return bad;
}

/* A large file is looked through while the daemon works already, on a connection of its own. */
static void verify_main(void *arg)
{
    journal *j = arg;
    error e = {""};
    if (verify_store(j->path, &j->verifier, &e) && !j->closing)
        break_off(j, &e);
}

/* Under 1 GiB at once, above it in the background. */
static int check_file(journal *j, error *e)
{
    struct stat st;
    if (stat(j->path, &st) || st.st_size == 0)
        return 0;
    if (st.st_size <= CHECK_AT_START || j->options.read_only)
        return journal_verify(j, e) ? 74 : 0;
    if (store_open(j->path, false, &j->verifier, e) ||
        !(j->verify_thread = env_thread_start("verify", verify_main, j)))
        return 74;
    return 0;
}

static int begin_epoch(journal *j, error *e)
{
    store *s = &j->writer;
    j->was_clean = store_number(s, 0, "SELECT value FROM meta WHERE key = 'clean'", "");
    j->epoch = store_number(s, -1, "SELECT value FROM meta WHERE key = 'epoch'", "") + 1;
    j->version = store_number(s, 0, "SELECT value FROM meta WHERE key = 'version'", "");
    j->version_stored = j->version;
    if (!j->was_clean)
        j->doubtful_below = store_number(s, 0, "SELECT max(seq) FROM record", "");
    if (store_run(s,
                  "UPDATE meta SET value = CASE key WHEN 'epoch' THEN ?1 ELSE 0 END WHERE key IN ('epoch', "
                  "'clean')",
                  "i", j->epoch) ||
        /* these calls were on their way when their owner went */
        store_run(s,
                  "UPDATE intent SET at = max(at, ?1) WHERE EXISTS (SELECT 1 FROM record r WHERE r.seq ="
                  " intent.seq AND r.state <> 3)",
                  "i", j->options.now) ||
        store_run(s, "UPDATE record SET state = 3, due = ?1 WHERE seq IN (SELECT seq FROM intent)", "i",
                  j->options.now) ||
        /* the clock may have been set back: nothing waits for its old time to come again */
        store_run(s, "UPDATE intent SET at = ?1 WHERE at > ?1", "i", j->options.now) ||
        store_run(
            s,
            "UPDATE record SET due = ?1 WHERE state = 0 AND seq IN (SELECT r.seq FROM pipeline p CROSS JOIN"
            " record r ON r.pipeline = p.number AND r.due IS NOT NULL AND r.due > ?1)",
            "i", j->options.now))
        return error_set(e, "%s: %s", j->path, sqlite3_errmsg(s->db)), 74;
    return store_noted(s, e) ? 74 : 0;
}

static int open_all(journal *j, error *e)
{
    int code = j->options.read_only ? 0 : take_lock(j, e);
    if (code)
        return code;
    if (store_open(j->path, !j->options.read_only, &j->writer, e))
        return strstr(e->text, "not a database") ? 78 : 74;
    if ((code = j->options.read_only ? 0 : store_schema(&j->writer, j->options.now, e)) ||
        (code = check_file(j, e)))
        return code;
    if (j->options.read_only)
        return 0;
    if ((code = begin_epoch(j, e)))
        return code;
    if (!(j->thread = env_thread_start("writer", writer_main, j)))
        return error_set(e, "no thread could be started"), 74;
    return 0;
}

int journal_open(const journal_options *options, journal **out, error *e)
{
    store_setup();
    journal *j = calloc(1, sizeof *j);
    *out = NULL;
    if (!j || !(j->path = strdup(options->path))) {
        free(j);
        return error_set(e, "out of memory"), 74;
    }
    j->options = *options;
    j->lock_fd = -1;
    j->last = &j->first;
    j->bound = options->queue_bytes ? options->queue_bytes : DEFAULT_QUEUE;
    env_mutex_init(&j->lock);
    env_mutex_init(&j->reader_lock);
    env_cond_init(&j->wake);
    env_cond_init(&j->finished);
    env_cond_init(&j->reader_free);
    int code = open_all(j, e);
    if (code)
        journal_close(j);
    else
        *out = j;
    return code;
}

static void end_verifier(journal *j)
{
    j->closing = true;
    if (j->verify_thread)
        sqlite3_interrupt(j->verifier.db);
    env_thread_join(j->verify_thread);
    if (j->verifier.db)
        store_close(&j->verifier);
}

static void end_writer(journal *j)
{
    if (!j->thread)
        return;
    {
        ENV_HOLD(&j->lock);
        j->stopping = true;
        env_broadcast(&j->wake);
    }
    env_thread_join(j->thread);
    sqlite3_wal_checkpoint_v2(j->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (!j->broken && !j->doubt && (j->was_clean || !j->options.visit))
        store_run(&j->writer, "UPDATE meta SET value = 1 WHERE key = 'clean'", "");
}

void journal_leave_doubt(journal *j)
{
    j->doubt = true;
}

void journal_close(journal *j)
{
    if (!j)
        return;
    end_verifier(j);
    end_writer(j);
    for (int i = 0; i < READERS; i++)
        if (j->readers[i].db)
            store_close(&j->readers[i]);
    if (j->writer.db)
        store_close(&j->writer);
    if (j->lock_fd >= 0)
        close(j->lock_fd);
    env_cond_free(&j->wake);
    env_cond_free(&j->finished);
    env_cond_free(&j->reader_free);
    env_mutex_free(&j->lock);
    env_mutex_free(&j->reader_lock);
    free(j->path);
    free(j);
}

bool journal_was_clean(const journal *j)
{
    return j->was_clean;
}

int64_t journal_epoch(const journal *j)
{
    return j->epoch;
}

int64_t journal_doubtful_below(const journal *j)
{
    return j->doubtful_below;
}

size_t journal_queue_used(const journal *j)
{
    journal *k = (journal *)(uintptr_t)j;
    ENV_HOLD(&k->lock);
    return k->queued * 100 / k->bound;
}
