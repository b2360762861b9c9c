/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal's files share: the writer's world, statements, and the work that verbs hand to the writer.
 */
#ifndef TB_JOURNAL_INNER_H
#define TB_JOURNAL_INNER_H

#include <sqlite3.h>

#include "core/base/env.h"
#include "core/journal/journal.h"

enum { READERS = 4, STATEMENTS = 96, MOST_TOUCHED = 64 };

/* The counters of law 1, by the columns of `pipeline`. */
typedef enum {
    COUNT_ACCEPTED,
    COUNT_APPLIED,
    COUNT_NOOP,
    COUNT_SUPERSEDED,
    COUNT_DROPPED,
    COUNT_PARKED,
    COUNT_PENDING,
    COUNT_DUPLICATE,
    COUNTERS
} counter;

typedef struct { /* what one request adds to the counters of a pipeline */
    int64_t pipeline, n[COUNTERS], last_applied;
} tally;

typedef enum { SOME_UNASKED, SOME_NONE, SOME_THERE } some;

/* What the writer has learnt inside the present request, of what only it can change; begun anew with each. */
typedef struct {
    tally tallies[8];
    int tallies_n;
    int64_t pipeline; /* whose name and mode are known; 0: of none */
    bool latest;
    char name[64];
    some intents, depends, behind; /* rows of those tables: mostly there are none */
} request_memory;

typedef struct { /* a connection with the statements it has prepared, by the address of their text */
    sqlite3 *db;
    request_memory request;
    struct {
        const char *sql;
        sqlite3_stmt *st;
    } cache[STATEMENTS];
    int cached;
    int fault; /* SQLite's code of a failure that a caller may have taken for "no row"; 0: none */
} store;

typedef journal_result work_fn(journal *j, store *s, void *arg, error *e);

typedef struct work {
    struct work *next;
    work_fn *run;
    void *arg;
    size_t bytes;
    journal_result result;
    error error;
    bool done;
    void (*completed)(struct work *w); /* asynchronous ones; frees w */
} work;

struct journal {
    journal_options options;
    char *path;
    int lock_fd;
    store writer, verifier;
    env_thread *thread, *verify_thread; /* the second only for a large file */
    atomic_bool closing;
    env_mutex lock;
    env_cond wake, finished;
    work *first, **last;
    size_t queued, bound;
    bool stopping, broken;
    int64_t epoch, version, version_stored, doubtful_below;
    _Atomic int64_t commits; /* turns that ended */
    bool was_clean;
    atomic_bool doubt;             /* is left to the next owner */
    int64_t touched[MOST_TOUCHED]; /* pipelines made ready by the present turn */
    int touched_n;
    int wal_pages, copied_pages; /* in the WAL, and of them by the last checkpoint */
    env_mutex reader_lock;
    env_cond reader_free;
    store readers[READERS];
    bool lent[READERS];
};

/* store.c */
sqlite3_stmt *store_sql(store *s, const char *sql, const char *types,
                        ...);               /* types: i int64, t text, b blob + size_t */
bool store_row(store *s, sqlite3_stmt *st); /* one step: is there a row? A failure is noted */
int store_run(store *s, const char *sql, const char *types, ...); /* 0, or -1: the fault is in the store */
int64_t store_number(store *s, int64_t absent, const char *sql, const char *types, ...);
char *store_text(store *s, sqlite3_stmt *st, int column); /* a copy; NULL for NULL, or the fault is noted */
const char *store_seen(store *s, sqlite3_stmt *st, int column); /* until the next step; "" for NULL */
void store_setup(void); /* of the library, once, before the first connection */
int store_open(const char *path, bool write, store *s, error *e);
void store_close(store *s);
int store_schema(store *s, int64_t now, error *e);
journal_result store_fault(store *s, error *e); /* what the last failure means */
journal_result store_noted(store *s, error *e); /* was there a fault since it was last asked? DONE: none */

/* readers.c */
store *reader_take(journal *j);
void reader_look(store *s);            /* all that it reads until it is given back is of one moment */
int reader_give(journal *j, store *s); /* 0, or -1: what was read of it is not to be used */
int reader_end(journal *j, store *s, const sqlite3_stmt *st, int n); /* gives it back: n, or -1 */

/* count.c */
void request_begin(store *s);
int count(store *s, int64_t pipeline, counter c, int64_t n); /* kept until the request's end */
int count_applied(store *s, int64_t pipeline, bool noop, int64_t now);
int count_write(store *s);                     /* the differences, one update a pipeline */
int know_pipeline(store *s, int64_t pipeline); /* its name and mode into s->request */
int drop_intent(store *s, int64_t seq);
int drop_depends(store *s, int64_t seq);
bool any_depends(store *s);
bool any_behind(store *s);

/* writer.c */
bool journal_enqueue(journal *j, work *w); /* false: no room, or it ends */
journal_result journal_do(journal *j, work_fn *run, void *arg, error *e);
void writer_main(void *arg);
void break_off(journal *j, const error *e); /* the journal cannot be trusted any more; told once */
void touch(journal *j, int64_t pipeline);

/* accept.c */
typedef enum { ACCEPTED, SUPERSEDED, DUPLICATE, DROPPED, ACCEPT_FAILED } accept_kind;
accept_kind accept_item(journal *j, store *s, int64_t pipeline, const char *scope, const journal_item *item,
                        int64_t parent, int64_t now);
int apply_states(journal *j, store *s, const journal_state *states, int n, int64_t now);
int add_outcome(store *s, int64_t seq, int step, int64_t pipeline, const char *key, const char *type,
                int64_t now, const char *verdict, const journal_settlement *more, int64_t parent);

/* inbox.c */
int inbox_expanded(store *s, const char *connection);
int inbox_expanded_all(store *s);

/* people.c */
int add_audit(store *s, const journal_who *who, const char *what, const char *before, const char *after);

/* settle.c */
int wake_dependents(journal *j, store *s, const char *kind, const char *name, int64_t now);
int next_of_key(journal *j, store *s, int64_t pipeline, const char *key, int64_t now);
int move_count(store *s, int64_t pipeline, counter from, counter to);
int count_rule(store *s, int64_t pipeline, const char *rule);

/* exceptions.c */
int open_exception(store *s, int64_t pipeline, const char *reason, const char *cause, const char *owner,
                   const char *text, const char *key, int64_t seq, int64_t now);
int close_exception(store *s, int64_t pipeline, const char *reason, const char *cause, int64_t now);
int leave_exceptions(store *s, int64_t pipeline, const char *key, int64_t now);

#endif
