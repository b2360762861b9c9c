/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's files share. Who owns what (ENGINE 4.1):
 *
 *   engine ── connections ── clients, slots, pause, caps          (lock: connection)
 *     │  └─── claims                                              (lock: claims, a leaf)
 *     └── pipelines ── sources: a thread and an instance each     (lock: pipeline)
 *            └──────── deliverers: a thread and instances of everything each
 *
 * Locks are taken in this order: registry (engine) -> pipeline -> connection -> the journal's queue; none is
 * held over a plugin call, an exchange or a commit. */
#ifndef TB_ENGINE_INTERNAL_H
#define TB_ENGINE_INTERNAL_H

#include "core/base/env.h"
#include "core/base/log.h"
#include "core/engine/claims.h"
#include "core/engine/connection.h"
#include "core/engine/engine.h"

enum { FRESHNESS_RING = 1024, SHUTDOWN_DEADLINE = 10000, LAST_DEADLINE = 2000 };

typedef struct pipeline pipeline;

/* ---- tables as plugins see them; replaced as a whole by a reload ---- */

typedef struct {
    char *name;
    tb_table *now, *before;
} engine_table;

typedef struct {
    atomic_int refs;
    engine_table *list;
    int n;
} engine_tables;

/* ---- a callback's context ---- */

typedef enum { /* what the callback may do */
               CALL_CHECK,
               CALL_OPEN,
               CALL_READ,
               CALL_RECEIVE,
               CALL_HYDRATE,
               CALL_APPLY,
               CALL_DELIVER,
               CALL_PROBE,
               CALL_DOCTOR
} call_kind;

typedef struct call_text { /* texts handed to the plugin, freed when the callback returns */
    struct call_text *next;
    char text[];
} call_text;

typedef struct {
    tb_ctx base; /* first: what the plugin holds is a pointer to this */
    engine *engine;
    pipeline *pipeline; /* NULL: check, doctor without one */
    const char *name;   /* of the pipeline, where there is none running (doctor) */
    const plan_use *use;
    connection *connection; /* NULL: the plugin uses none */
    call_kind kind;
    int64_t deadline;    /* of the oldest record, for the order of slots; env_now time */
    bool create;         /* the exchange that completes an intent: not aborted at once by a shutdown */
    tb_feed *feed;       /* read, receive */
    tb_record **records; /* hydrate, apply, deliver, probe */
    int records_n;
    connection_fate fate;          /* of the last exchange */
    engine_tables *tables;         /* pinned at the first use */
    journal_reading own, *reading; /* of state; ended before it waits. Some calls in a row may share one */
    bool listing;                  /* a list of state is being walked */
    call_text *texts;
    bool short_of_memory; /* once it has ended: what it said is not to be believed */
} call;

/* memory.c */
void memory_watch(void);
bool memory_failed(void); /* on this thread, since it was last asked */

void call_begin(call *c, engine *e, pipeline *p, const plan_use *use, connection *connection, call_kind kind);
void call_end(call *c);
/* "rows" -> "stock/rows"; a name with '/' stays. */
void call_state_name(const call *c, const char *name, buffer *out);
/* What a record depends on, as the journal calls it: "rows/KEY" of a namespace that the pipeline keeps is
 * "stock/rows/KEY" there; a name that is whole already stays. The caller frees; NULL: out of memory. */
char *call_depend_name(const pipeline *p, const tb_dependence *d);
tb_ctx *call_ctx(call *c);
void engine_short_of_memory(engine *e, const char *what); /* ends it in order, code 75 */

/* ---- a pipeline at work ---- */

typedef struct {
    pipeline *pipeline;
    const plan_use *use;
    connection *connection;
    plugin_instance instance;
    env_thread *thread;
    int64_t place;        /* in the inbox */
    bool poked, more;     /* under the pipeline's lock */
    int64_t next_read;    /* env_steady time; for status too */
    int64_t gather_until; /* env_mono: bodies are expanded together then */
    int failures;         /* reads that failed in a row */
} source;

typedef enum {               /* what becomes of a flight */
               FLIGHT_GOES,  /* no verdict yet */
               FLIGHT_PROBE, /* an effect of it is unknown: probed, nothing else */
               FLIGHT_SAID,  /* the plugin said it: the record's outcome */
               FLIGHT_CORE,  /* the core says it: `kind` and what follows */
               FLIGHT_BACK   /* put back: nothing is written, taken again later */
} flight_state;

typedef struct { /* a record between take and settle */
    journal_row row;
    tb_record *record;
    const plan_operation *operation;
    flight_state state;
    settle_kind kind;
    const char *reason, *rule; /* constants */
    char cause[128], text[512];
    bool counts; /* RETRY: uses up an attempt */
    bool more;
    int64_t wait;         /* RETRY, UNKNOWN: ms from now; 0: by back-off */
    int64_t claims_until; /* env_mono: its claims stay until the server cannot act any more */
    bool intended;        /* an intent of this step is stored */
} flight;

typedef struct {
    pipeline *pipeline;
    int number;
    env_thread *thread;
    plugin_instance *hydrators, *transforms, *sinks; /* as many as in the plan */
    flight *flights;
    int n;
    flight **some; /* scratch of the steps, as long as a batch */
    tb_record **records;
    bool *done;
    journal_reading reading; /* its transforms', one after the other */
    int64_t claims_noted;    /* claims number when the present hydrate began */
    int64_t sweep_at;        /* env_mono: when old history is swept next */
} deliverer;

typedef struct { /* memory of records that are not at rest; keyed by seq */
    int64_t seq;
    bool in_flight;
    bool alone;      /* delivered in a call of its own: it failed while others succeeded */
    int64_t trouble; /* mono of the last transport failure, 0: none */
    char *wants;     /* claims it named when it was put back, lines; NULL */
} memory;

struct pipeline {
    engine *engine;
    plan *plan; /* the one it was started with */
    const plan_pipeline *p;
    int64_t number;           /* in the journal */
    connection **connections; /* of its sources and sinks, each once */
    int connections_n;
    source *sources;
    deliverer *deliverers;
    int sources_n, deliverers_n;

    env_mutex lock;
    env_cond wake;
    bool stopping;
    bool ready;            /* records may be due */
    atomic_int threads;    /* alive */
    int64_t stopped_until; /* credentials.right: takes nothing before; env_steady time */
    char last_error[256];
    int64_t last_error_when;
    int64_t freshness[FRESHNESS_RING]; /* ms from first change to applied */
    int freshness_n;                   /* how many were ever written */

    env_mutex memory_lock; /* a leaf but for the journal's readers; the writer never takes it */
    memory *memories;
    int memories_n;
    int64_t pending, pending_when; /* as last read, for `backlog` */

    _Atomic(const char *) calling; /* plugin whose callback runs, for a shutdown that hangs */
};

struct engine {
    plugins *plugins;
    journal *journal;
    plan *plan;
    env_mutex lock; /* registry: plan, pipelines, connections, tables */
    env_mutex reloading;
    pipeline **pipelines;
    int pipelines_n;
    connection **connections;
    int connections_n;
    engine_tables *tables;
    claims *claims;
    int64_t started; /* env_steady */
    atomic_int wants_exit;
    atomic_int stops; /* calls of engine_stop */
    atomic_bool stopping;
};

/* engine.c: the connections of a plan; those that did not change are the same objects. The caller frees the
 * list. */
connection **engine_connections_for(engine *e, const plan *p, error *err);

/* pipeline.c */
pipeline *pipeline_new(engine *e, plan *p, const plan_pipeline *pp, error *err);
int pipeline_note_settings(pipeline *p, error *err); /* settings.c */
int pipeline_start(pipeline *p, error *err);
void pipeline_halt(pipeline *p);                   /* takes nothing new; wakes everybody */
bool pipeline_join(pipeline *p, int64_t deadline); /* false: a callback did not come back */
void pipeline_free(pipeline *p);
void pipeline_wake(pipeline *p);
void pipeline_error(pipeline *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool pipeline_stopping(pipeline *p);
connection *pipeline_connection(const pipeline *p, const plan_use *use); /* NULL: it uses none */
/* When its connections allow work again: 0 now, else env_mono time. */
int64_t pipeline_paused_until(pipeline *p);
void pipeline_applied(pipeline *p, int64_t took);
memory *pipeline_memory(pipeline *p, int64_t seq, bool create); /* under memory_lock */
void pipeline_forget(pipeline *p, int64_t seq); /* under memory_lock; keeps what outlives the flight */
bool pipeline_has_room(pipeline *p);            /* for more records from its sources */

/* source.c */
void source_main(void *arg);
typedef struct { /* of the inbox, that a feed came from */
    int64_t id;
    const char *malformed; /* NULL: it was understood */
    bool damaged;
} source_body;
int source_accept(source *s, tb_feed *feed, const char *cursor,
                  const source_body *body); /* body NULL: from a read */

/* deliver.c (the loop, take), prepare.c (hydrate, transforms, claims), hand.c (intents, calls, split, probe),
 * settle.c: a delivery, step by step (ENGINE 4.7) */
void deliverer_main(void *arg);
bool pipeline_hydrates(const pipeline *p); /* a source of it reads the present state */
void deliver_prepare(deliverer *d);
void deliver_hand_over(deliverer *d);
void deliver_settle(deliverer *d);
int64_t deliver_deadline(const deliverer *d); /* of its oldest record */
void flight_core(flight *f, settle_kind kind, const char *reason, const char *cause, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void flight_retry(flight *f, bool counts, int64_t wait, const char *text);
/* The verdict table of the core for a callback that got no answer. */
void flight_no_answer(deliverer *d, flight *f, const call *c, bool create);
/* Whether the plugin has said something of the record; notes it. */
bool flight_said(flight *f);
/* Claims of a record that was put back, of an intent: lines of text to names; the caller frees the list and
 * `copy`. */
const char **claim_lines(const char *text, char **copy, int *n);

/* tables.c */
engine_tables *tables_load(journal *j, const plan *p, error *err);
engine_tables *tables_ref(engine_tables *t);
void tables_unref(engine_tables *t);

#endif
