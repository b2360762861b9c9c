/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the control API share: a handler's call, its answers, and where titles and remedies come
 * from. */
#ifndef TB_OPS_INNER_H
#define TB_OPS_INNER_H

#include "core/base/env.h"
#include "core/ops/api.h"

typedef struct {
    const api_world *world;
    const api_request *request;
    char part[64]; /* what stands for '*' in the route's path */
    int status;    /* of the answer; 200 unless set */
} api_turn;

typedef json_t *api_handler(api_turn *t);

/* {"error": sentence} with that status. */
json_t *api_error(api_turn *t, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The answer of a verb that changes something: `done` when it did (taken over), else why not. */
json_t *api_changed(api_turn *t, journal_result result, json_t *done, const error *e);
const char *api_query(const api_turn *t, const char *name); /* NULL: absent */
const char *api_body(const api_turn *t, const char *name);  /* a text of the body; NULL: absent */
journal_who api_who(const api_turn *t);

/* The plan in force, a reference of the caller's own; NULL: none. */
plan *api_plan(const api_world *w);
const plan_pipeline *api_planned(const plan *p, const char *pipeline); /* NULL: not configured */

/* status.c */
json_t *api_status(api_turn *t);
json_t *api_doctor(api_turn *t);
json_t *api_version(api_turn *t);
json_t *api_status_json(const api_world *w); /* what `status` answers, for the metrics too */
/* exceptions.c */
json_t *api_exceptions(api_turn *t);
json_t *api_exception(api_turn *t);
json_t *api_retry(api_turn *t);
json_t *api_drop(api_turn *t);
json_t *api_exception_json(const plan *p, const journal_exception *x);
/* explain.c */
json_t *api_explain(api_turn *t);
/* approve.c */
json_t *api_proposals(api_turn *t);
json_t *api_approve(api_turn *t);
/* change.c */
json_t *api_cursors(api_turn *t);
json_t *api_cursor_set(api_turn *t);
json_t *api_reload(api_turn *t);
json_t *api_rename(api_turn *t);
json_t *api_retire(api_turn *t);

#endif
