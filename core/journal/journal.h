/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: records, cursors, intents, outcomes, exceptions and state on stable storage, changed by verbs
 * in batches with a result each (ENGINE 4.2, 4.3, 4.4, 4.13). One writer thread owns the only writing
 * connection and commits what is queued as one group; reads go through a few query-only connections. Nothing
 * of the store behind it is seen here. Texts that are passed in are borrowed for the call; those handed out
 * belong to the result and go with its free function. Times are wall milliseconds given by the caller. All
 * verbs block until their commit, journal_receive excepted, and may be called by any thread. */
#ifndef TB_JOURNAL_H
#define TB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

typedef struct journal journal;

typedef enum {
    JOURNAL_DONE,
    JOURNAL_REFUSED, /* this one, alone: duplicate, overtaken, not found, against a rule; `why` says which */
    JOURNAL_FULL,    /* no room on the disk, or the queue is full: nothing happened, try again later */
    JOURNAL_UNKNOWN  /* I/O error at commit: ask again by identity, or end (exit 74) */
} journal_result;

typedef enum { RECORD_READY, RECORD_BEHIND, RECORD_WAITING, RECORD_UNKNOWN, RECORD_PARKED } record_state;

/* ---- opening ---- */

typedef struct {
    const char *path;
    size_t queue_bytes; /* bound of the writer's queue; 0: 16 MiB */
    bool read_only;     /* inspection of a copy: no lock, no writer */
    bool visit;         /* one command between two runs: an unclean stop stays one for the next run */
    int64_t now;
    /* Called by the writer after each commit that made records ready in that pipeline, before the verbs of
     * that commit return; no locks, no verbs. */
    void (*ready)(void *arg, int64_t pipeline);
    /* Called once, in the thread that met an I/O error (the process is expected to end with 74); it may hold
     * locks of its own, so nothing but a note is to be made there. */
    void (*broken)(void *arg, const char *why);
    void *arg;
} journal_options;

/* Returns 0, or an exit code with *e told: 75 locked by another (its pid named), 74 damaged or I/O, 78 a file
 * that is not a journal or of a newer schema. */
int journal_open(const journal_options *options, journal **out, error *e);
/* Something that was sent may still have its effect: the next owner is to doubt what is pending now. */
void journal_leave_doubt(journal *j);
/* Drains the queue, checkpoints, marks the journal clean (unless doubt is left), closes. NULL is fine. */
void journal_close(journal *j);
bool journal_was_clean(const journal *j); /* the last owner shut down in order, and left no doubt */
int64_t journal_epoch(const journal *j);
int64_t journal_doubtful_below(
    const journal *j); /* records with a seq up to this were pending at an unclean stop */
size_t journal_queue_used(const journal *j); /* percent of queue_bytes */
/* quick_check of the whole file; 0, or -1 and what is wrong. May take long. */
int journal_verify(journal *j, error *e);

/* ---- pipelines and their counters (law 1) ---- */

typedef struct {
    int64_t number;
    char name[64];
    bool latest;
    bool retired;
    /* accepted = applied + superseded + dropped + parked + pending; noop is part of applied; duplicate apart
     */
    int64_t accepted, applied, noop, superseded, dropped, parked, pending, duplicate;
    int64_t oldest;       /* first_seen of the oldest unsettled record, 0: none (parked ones excepted) */
    int64_t last_applied; /* when */
} journal_pipeline;

/* Finds or creates; refuses another mode while records are unsettled. */
journal_result journal_pipeline_get(journal *j, const char *name, bool latest, int64_t now, int64_t *number,
                                    error *e);
/* All, by number; *out is freed with free(). Returns how many, or -1. */
int journal_pipelines(journal *j, journal_pipeline **out);
/* dropped by rule: calls each(rule, n). */
int journal_dropped(journal *j, int64_t pipeline, void (*each)(void *arg, const char *rule, int64_t n),
                    void *arg);
/* received = expanded + duplicate + malformed + unread, per connection */
typedef struct {
    int64_t received, expanded, duplicate, malformed, unread;
} journal_inbox_counts;
int journal_inbox_counters(journal *j, const char *connection, journal_inbox_counts *out);

/* ---- receiving webhook bodies ---- */

typedef void journal_received(void *arg, journal_result result, bool duplicate);
/* Queues the body (copied) and returns at once; `done` is called by the writer after its commit. JOURNAL_FULL
 * is returned, and `done` not called, when the queue has no room. */
journal_result journal_receive(journal *j, const char *connection, const void *body, size_t size, int64_t now,
                               journal_received *done, void *arg);

typedef struct {
    int64_t id, received;
    size_t size;
    char *body;
    bool damaged; /* it does not fit its checksum */
} journal_body;
/* Bodies of the connection with id > after, oldest first; *out by journal_bodies_free. */
int journal_inbox(journal *j, const char *connection, int64_t after, int limit, journal_body **out);
void journal_bodies_free(journal_body *bodies, int n);

typedef struct {
    const char *connection, *stream;
    int64_t place; /* out: the last id that it has expanded */
} journal_inbox_source;
/* All sources of the pipeline that take webhook bodies. A body goes when every registered source has passed
 * it; sources that the pipeline no longer has are forgotten, so that no body waits for them. */
journal_result journal_inbox_sources(journal *j, int64_t pipeline, journal_inbox_source *list, int n);

/* ---- accepting records ---- */

typedef struct {
    const char *type, *key, *group; /* group NULL: none */
    const char *id;                 /* dedup id inside pipeline + connection + stream; NULL: none */
    const char *body;               /* JSON text */
    int64_t changed;                /* first_seen */
    int64_t due;                    /* when it may be taken first (linger is the engine's); 0: at once */
    bool urgent;
    const char *rule; /* comes with its DROP rule: counted and kept in the history only */
    int64_t config_version, table_version;
} journal_item;

typedef struct {
    const char *namespace_, *key, *value; /* full name "pipeline/namespace"; value NULL: removed */
} journal_state;

typedef struct {
    const char *reason, *cause, *owner, *text; /* text NULL: close it */
} journal_raise;

typedef struct {
    int64_t pipeline, now;
    const char *connection, *stream; /* scope of dedup ids and of the cursor */
    const journal_item *items;
    int items_n;
    const char *cursor;    /* NULL: not moved */
    int64_t expanded;      /* the last inbox id that this expands, 0: none; moves the source's place */
    const char *malformed; /* why the body was refused by receive: kept, `event.malformed`; NULL: fine */
    bool damaged;          /* malformed because the disk damaged it: `journal.damaged` */
    const journal_state *states;
    int states_n;
    const journal_raise *raises;
    int raises_n;
} journal_accepting;

typedef struct {
    int accepted, superseded, duplicate, dropped;
} journal_accepted;

/* One commit: records, dedup ids, state, cursor, place in the inbox. All or nothing. */
journal_result journal_accept(journal *j, const journal_accepting *a, journal_accepted *out, error *e);
/* The cursor's text; NULL: none. The caller frees. */
char *journal_cursor(journal *j, int64_t pipeline, const char *connection, const char *stream);
/* Calls each for every cursor. */
int journal_cursors(journal *j,
                    void (*each)(void *arg, const char *pipeline, const char *connection, const char *stream,
                                 const char *value, int64_t when),
                    void *arg);

/* ---- taking ---- */

typedef struct {
    int64_t seq, generation, pipeline;
    int step, attempts;
    record_state state;
    bool urgent, released;
    int64_t first_seen, due;
    char *type, *key, *group, *body;
    /* an open intent (state RECORD_UNKNOWN); NULL otherwise */
    char *operation, *connection, *probe, *claims, *intent_body;
    int64_t intent_generation, /* what the call was made for: a newer one may stand in the row by now */
        intent_when; /* when the call ended without an answer, or its owner was gone; before that: began */
} journal_row;

/* Records of the pipeline that are due at `now`, by (due, seq), those with skip(arg, seq, key) left out, of
 * at most `groups` groups (0: any number): the oldest record's, then the fullest. *next_due: the earliest due
 * time of those that are not due yet (INT64_MAX: none). Returns how many, or -1. A damaged body (CRC) is
 * parked as `journal.damaged` and left out. */
int journal_take(journal *j, int64_t pipeline, int64_t now, int limit, int groups,
                 bool (*skip)(void *arg, int64_t seq, const char *key), void *arg, journal_row **out,
                 int64_t *next_due);
void journal_row_clear(journal_row *row); /* frees what it holds */
void journal_rows_free(journal_row *rows, int n);
/* All open intents (at start), as rows. */
int journal_intents(journal *j, journal_row **out);
/* The unsettled record of a key; 1 found, 0 none, -1. */
int journal_find(journal *j, int64_t pipeline, const char *key, journal_row **out);

/* ---- intents ---- */

typedef struct {
    int64_t seq, generation;
    int step;
    const char *connection, *operation, *probe, *claims; /* claims: lines */
    const char *body;                                    /* what will be sent */
    journal_result result;                               /* out; REFUSED: overtaken, take it again */
} journal_intent;
journal_result journal_intend(journal *j, int64_t pipeline, journal_intent *intents, int n, int64_t now);

/* ---- settling ---- */

typedef enum { /* as the plugins' verdicts, but for PROBED_ABSENT */
               SETTLE_APPLIED,
               SETTLE_RETRY,  /* ready again at `due`; `attempts` is stored */
               SETTLE_REJECT, /* parked: exception (pipeline, reason, cause) */
               SETTLE_DROP,
               SETTLE_WAIT,
               SETTLE_UNKNOWN, /* the intent stays open; probe at `due` */
               SETTLE_ABSENT   /* probed, did not happen: intent closed, ready at `due` */
} settle_kind;

typedef struct {
    const char *kind, *name;
    int64_t version;
} journal_depend;

typedef struct {
    int64_t pipeline; /* that takes it */
    journal_item item;
} journal_emission;

typedef struct {
    int64_t seq, generation;
    int step;
    settle_kind kind;
    bool more;     /* APPLIED, more is due: stays ready, counted once when nothing more is due */
    bool noop;     /* part of applied */
    bool sent_now; /* UNKNOWN: the call ended just now; its effect may still land from now on */
    int64_t due;
    int attempts;
    const char *reason, *cause, *rule, *owner, *text; /* NULL: not said */
    const char *business_key, *came_in, *sent, *answer_id, *answer;
    int64_t config_version, table_version;
    const journal_depend *depends;
    int depends_n;
    const journal_state *states; /* already chosen by the engine for this verdict */
    int states_n;
    const journal_emission *emissions;
    int emissions_n;
    journal_result result; /* out: DONE; REFUSED: unknown seq or step (already settled) */
    bool overtaken;        /* out: a newer record took its place meanwhile; the row is ready again */
} journal_settlement;

/* One commit: outcomes, states, emissions, counters, next of key, wake-ups, exceptions. Idempotent by (seq,
 * step). */
journal_result journal_settle(journal *j, int64_t pipeline, journal_settlement *settlements, int n,
                              int64_t now);

/* ---- state ---- */

/* The value; NULL: absent. *version may be NULL. The caller frees. */
char *journal_state_get(journal *j, const char *name, const char *key, int64_t *version);
/* Reads of one thread that follow each other closely share a connection, and one look at the file for as long
 * as nothing is committed: so each of them still answers what was committed last. Begun with {0}; to be ended
 * before the thread waits for anything, or asks the journal for anything else. */
typedef struct {
    void *reader;
    int64_t commits; /* turns of the writer when it looked */
} journal_reading;
char *journal_state_read(journal *j, journal_reading *r, const char *name, const char *key, int64_t *version);
void journal_reading_end(journal *j, journal_reading *r);
int journal_state_list(journal *j, const char *name, const char *prefix,
                       int (*each)(void *arg, const char *key, const char *value), void *arg);
/* What the namespaces of a pipeline hold at the key, below it (KEY/...) or at its end (.../KEY). key NULL: the
 * namespace is too large to be walked for the last. 0, or -1. */
typedef void journal_about(void *arg, const char *namespace_, const char *key, const char *value,
                           int64_t when);
int journal_state_about(journal *j, const char *pipeline, const char *key, journal_about *each, void *arg);
/* What a record that waits or is parked depends on. 0, or -1. */
int journal_depends_of(journal *j, int64_t seq, void (*each)(void *arg, const char *kind, const char *name),
                       void *arg);

/* ---- tables: content by hash, and what they wake ---- */

/* Stores the content as the present one of that name when it is new, and wakes what depends on it. *version
 * rises with each new content. */
journal_result journal_table_put(journal *j, const char *name, const char *content, size_t size, int64_t now,
                                 int64_t *version);
/* The content before the present one; NULL: none. The caller frees. */
char *journal_table_before(journal *j, const char *name, size_t *size);

/* ---- exceptions and history, for people ---- */

typedef struct {
    int64_t id, opened, last, count, behind; /* behind: keys */
    bool open;
    char *pipeline, *reason, *cause, *owner, *text, *note;
} journal_exception;
/* Open ones with id > after (all: closed too), of one pipeline or all (NULL), by id. */
int journal_exceptions(journal *j, const char *pipeline, bool all, int64_t after, int limit,
                       journal_exception **out);
/* Open ones that the key stands behind, of one pipeline or all (NULL). */
int journal_exceptions_of(journal *j, const char *pipeline, const char *key, int limit,
                          journal_exception **out);
void journal_exceptions_free(journal_exception *list, int n);
int journal_behind(journal *j, int64_t exception, int limit,
                   void (*each)(void *arg, const char *key, int64_t seq, int64_t first_seen), void *arg);

typedef struct {
    int64_t seq, when, parent;
    int step;
    bool noop, overtaken;
    char *pipeline, *key, *type, *verdict, *reason, *text, *came_in, *sent, *answer_id, *answer;
} journal_outcome;
/* The history of a key (or business key) in one pipeline or all (NULL), newest first. */
int journal_outcomes(journal *j, const char *pipeline, const char *key, int limit, journal_outcome **out);
void journal_outcomes_free(journal_outcome *list, int n);

/* ---- changes by people: each writes its audit row in the same commit ---- */

typedef struct {
    const char *actor, *why; /* actor "uid:0", "signal" ... */
    int64_t now;
} journal_who;

/* Releases the records behind an exception (or one key of it, NULL: all): ready, due now, marked released. */
journal_result journal_release(journal *j, const journal_who *who, int64_t exception, const char *key,
                               int64_t *released, error *e);
/* Drops them as dropped{by-hand}. An exception without records is closed. */
journal_result journal_drop(journal *j, const journal_who *who, int64_t exception, const char *key,
                            int64_t *dropped, error *e);
journal_result journal_cursor_set(journal *j, const journal_who *who, const char *pipeline,
                                  const char *connection, const char *stream, const char *value, error *e);
/* Refused while it has unsettled records (retire), or the new name exists (rename; renames its namespaces
 * too). */
journal_result journal_pipeline_rename(journal *j, const journal_who *who, const char *from, const char *to,
                                       error *e);
journal_result journal_pipeline_retire(journal *j, const journal_who *who, const char *name, error *e);
typedef struct {
    journal_state set;
    int64_t version; /* as it was read; 0: absent. Refused when it is another now */
} journal_edit;
/* All of it or nothing, and who depends on it is woken. what: the verb, before each key in the audit rows. */
journal_result journal_state_change(journal *j, const journal_who *who, const char *what,
                                    const journal_edit *edits, int n, error *e);
/* An audit row alone (reload, start). before, after may be NULL. */
journal_result journal_audit(journal *j, const journal_who *who, const char *what, const char *before,
                             const char *after);
/* Walks the hash chain; 0, or -1 and the first number that does not fit. */
int journal_audit_verify(journal *j, error *e);

/* ---- retention ---- */

/* Sweeps outcomes of the pipeline older than `before`, and dedup ids and malformed bodies older than 30 days;
 * at most 500 rows of each, only when the writer's queue is empty. Returns how many; 500: there is more. */
int journal_sweep(journal *j, int64_t pipeline, int64_t before, int64_t now);

#endif
