/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: runs the plan. A thread a source (read, receive), deliverers a pipeline (take, hydrate,
 * transform, claim, intend, deliver, settle), connections with budget, fairness and pause (ENGINE 4.1, 4.6
 * to 4.12). */
#ifndef TB_ENGINE_ENGINE_H
#define TB_ENGINE_ENGINE_H

#include "core/engine/plan.h"
#include "core/journal/journal.h"

typedef struct engine engine;

/* An engine that is not running yet: journal_options.arg for the journal's callbacks, which may come at once.
 */
engine *engine_new(plugins *plugins);
void engine_free(engine *e); /* after engine_stop; NULL is fine */
/* journal callbacks; safe from the writer's thread */
void engine_ready(void *e, int64_t pipeline);
void engine_broken(void *e, const char *why);

/* Opens instances and starts all threads. The plan is taken over (one reference). 0, or an exit code and
 * *err. */
int engine_start(engine *e, plan *p, journal *j, error *err);
/* ENGINE 4.12. Returns 0, 70 when a plugin callback ignored the deadline (its name is in the log; the caller
 * exits without more ado), 74 when the journal broke. A second call from a signal makes it hurry. */
int engine_stop(engine *e);
/* The exit code that the engine wants (74 after a broken journal), 0: none. For the main loop. */
int engine_wants_exit(const engine *e);

/* All or nothing: 0, *err says what was changed; -1: refused, nothing was changed, *err says why. The new
 * plan is taken over unless it is refused. 1: it holds, but not all of it runs; *err says what does not.
 * ENGINE_LATE: so, because a batch in hand takes long; call it again with the same configuration. */
enum { ENGINE_LATE = 2 };
int engine_reload(engine *e, plan *p, const char *actor, error *err);
plan *engine_plan(engine *e); /* a new reference */

/* A body was stored for this connection: wakes its sources (NULL: everything). Any thread. */
void engine_poke(engine *e, const char *connection);

/* What `status` shows: {"pipelines": [...], "connections": [...]}; a new reference. Any thread. */
json_t *engine_status(engine *e);
/* Names of pipelines in the journal that hold unsettled records and are not configured; "" if none. The
 * caller frees. */
char *engine_unknown_pipelines(engine *e);
/* Runs the doctor callbacks of every instance of the plan: {"findings": [{plugin, pipeline, finding, what,
 * text}]}. */
json_t *engine_doctor(engine *e);
/* The same without a daemon: instances of their own on connections of their own. */
json_t *engine_doctor_offline(plan *p);

#endif
