/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the plan share. */
#ifndef TB_ENGINE_PLAN_INNER_H
#define TB_ENGINE_PLAN_INNER_H

#include "core/engine/plan.h"

typedef enum { PLAN_SOURCE, PLAN_TRANSFORM, PLAN_SINK } plan_role;

typedef struct plan_builder {
    plan *p;
    plugins *plugins;
    config_findings *f;
    tb_table **parsed;    /* beside p->tables; an entry is NULL when the table is broken */
    const char *pipeline; /* whose uses are opened now */
    bool lacking;         /* a plugin could not be had */
} plan_builder;

/* A temporary instance: its settings judged, its `check` called (plan_check.c). */
void plan_check_use(plan_builder *b, const plan_use *u);
/* What spans several uses or pipelines (plan_judge.c). */
/* With plugins lacking, what is said about record types would be guesswork: left out. */
void plan_judge(const plan *p, bool lacking, config_findings *f);
const tb_operation *plan_operations_of(const plan_use *u); /* NULL: none */
/* Whether `type` is one of the words. NULL: no words. */
bool plan_word_in(const char *words, const char *type);

#endif
