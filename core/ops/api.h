/* SPDX-License-Identifier: Apache-2.0 */
/* The control API: one table of calls behind every door (admin listener, control socket, and the command line
 * itself when no daemon runs). JSON in, JSON out. What changes something names its actor and is audited by
 * the journal.
 *
 *   GET  status                     GET  explain?key=K[&pipeline=P]
 *   GET  exceptions[?pipeline=P&all=1&after=ID]   GET exceptions/ID   POST exceptions/ID/retry|drop
 * {"key","why"} GET  cursors                    POST cursors {"pipeline","connection","stream","value","why"}
 *   POST reload                     POST pipelines/NAME/rename {"to","why"} | retire {"why"}
 *   GET  doctor                     GET  version
 */
#ifndef TB_OPS_API_H
#define TB_OPS_API_H

#include <jansson.h>
#include <stdatomic.h>

#include "core/engine/engine.h"

typedef struct {
    journal *journal;
    engine *engine;   /* NULL: no daemon, the caller holds the journal */
    const plan *plan; /* without an engine: for titles, remedies and connections; may be NULL */
    /* Reads the configuration again and hands it to the engine; NULL without a daemon. */
    int (*reload)(void *arg, const char *actor, error *verdict);
    void *reload_arg;
    int64_t started;             /* wall ms; 0: no daemon */
    const atomic_bool *stopping; /* NULL: never */
} api_world;

typedef struct {
    const char *method, *path; /* path after "/api/v1/" */
    const json_t *query;       /* object of strings; may be NULL */
    const json_t *body;        /* may be NULL */
    const char *actor;         /* "uid:0", "token:..." */
    bool may_change;           /* viewers may not */
} api_request;

/* Always an object; errors are {"error": sentence}. *status is the HTTP status. A new reference. */
json_t *api_call(const api_world *w, const api_request *q, int *status);

/* /metrics: everything in Prometheus text, never a SKU or a customer as label. The caller frees. */
char *api_metrics(const api_world *w);
/* /readyz: "" when ready, else one line why not (no engine, unknown pipelines hold unsettled records, the
 * journal is broken, it stops). The caller frees. */
char *api_not_ready(const api_world *w);

#endif
