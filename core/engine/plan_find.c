/* SPDX-License-Identifier: Apache-2.0 */
/* What a running engine asks the plan: the sink of an operation, and what a reason code says to people. */
#include "core/engine/plan_inner.h"

#include <string.h>

/* Reasons that are the core's own; a plugin's table goes first. */
static const tb_reason core_reasons[] = {
    {"effect.unknown", "it is not known whether the call took effect",
     "Look in the other system whether it is there; then release the record, or drop it if it is",
     "operations"},
    {"retry.exhausted", "every attempt was answered with a fault about this record",
     "Read the last answer, mend its cause, then release the record", NULL},
    {"journal.damaged", "the stored record does not agree with its checksum",
     "Check the disk; then drop the record: a full read brings the key again", "operations"},
    {"event.malformed", "a webhook body could not be understood",
     "Look at the kept body; ask the sender's support when it is no fault of ours, then drop it",
     "operations"},
    {"credentials.right", "the credentials lack a right at the other system",
     "Give the named right to the integration's user there, then resume the pipeline", "operations"},
    {"plugin.fault", "a plugin broke the contract on this record",
     "Report the log line to the plugin's author; release the record after an update", "operations"},
    {NULL, NULL, NULL, NULL}};

static const tb_reason *reason_in(const tb_reason *all, const char *code)
{
    for (const tb_reason *r = all; r && r->code; r++) {
        if (!strcmp(r->code, code))
            return r;
    }
    return NULL;
}

static const tb_reason *reason_of(const plan_use *uses, int n, const char *code)
{
    const tb_reason *found = NULL;
    for (int i = 0; i < n && !found; i++)
        found = uses[i].plugin ? reason_in(uses[i].plugin->api.reasons, code) : NULL;
    return found;
}

const tb_reason *plan_reason(const plan_pipeline *p, const char *code)
{
    const tb_reason *found = p ? reason_of(p->sources, p->config->sources_n, code) : NULL;
    if (!found && p)
        found = reason_of(p->transforms, p->config->transforms_n, code);
    if (!found && p)
        found = reason_of(p->sinks, p->config->sinks_n, code);
    return found ? found : reason_in(core_reasons, code);
}

const plan_operation *plan_operation_find(const plan_pipeline *p, const char *operation, const char *type)
{
    const plan_operation *found = NULL;
    bool named = operation && *operation;
    for (int i = 0; i < p->operations_n; i++) {
        const tb_operation *o = p->operations[i].operation;
        if (named ? strcmp(o->name, operation) : strcmp(o->takes, type))
            continue;
        if (named)
            return &p->operations[i];
        if (found)
            return NULL; /* two take the type: a transform has to name one */
        found = &p->operations[i];
    }
    return found;
}
