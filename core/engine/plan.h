/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: configuration and plugins judged together, before anything starts. Says which operation goes to
 * which sink, who takes what is emitted, and refuses what cannot work: broken authority, two sinks for one
 * operation, two sources of one connection and stream, emission nobody takes, cycles, a table that is missing
 * or unreadable. */
#ifndef TB_ENGINE_PLAN_H
#define TB_ENGINE_PLAN_H

#include "core/plugin/plugin.h"

typedef struct {
    const config_use *use;
    const plugin *plugin;                /* NULL for an emission source (use->records) */
    const config_connection *connection; /* NULL: none */
} plan_use;

typedef struct {
    const tb_operation *operation;
    int sink; /* index in sinks */
} plan_operation;

typedef struct {
    const config_pipeline *config;
    plan_use *sources, *transforms, *sinks; /* as many as in config */
    plan_operation *operations;
    int operations_n;
} plan_pipeline;

typedef struct {
    const config_table *config;
    char *content;
    size_t size;
    char hash[65];
} plan_table;

typedef struct plan {
    int refs;
    config *config;
    plan_pipeline *pipelines;
    int pipelines_n;
    plan_table *tables;
    int tables_n;
} plan;

/* Loads the file, opens the plugins, reads the tables, runs every instance's `check` callback. NULL: findings
 * say why. */
plan *plan_build(const char *path, plugins *plugins, config_findings *findings);
plan *plan_ref(plan *p);
void plan_unref(plan *p);

/* The operation's entry in that pipeline; `operation` "": the only one that takes the record type. NULL:
 * none. */
const plan_operation *plan_operation_find(const plan_pipeline *p, const char *operation, const char *type);
/* Whether pipeline p takes emitted records of that type. */
bool plan_takes(const plan_pipeline *p, const char *type);
/* Title, remedy, owner of a reason code among the pipeline's plugins and the core's own; NULL: unknown. */
const tb_reason *plan_reason(const plan_pipeline *p, const char *code);

#endif
