/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in where a build has no Adobe machine: every call is answered 501 and says so. Weak, so that the
 * machine takes its place by being linked. */
#include "sdk/sim/frame.h"

#define WEAK __attribute__((weak))

WEAK adobe *adobe_new(json_t *settings)
{
    return (adobe *)settings;
}

WEAK void adobe_free(adobe *m)
{
    (void)m;
}

WEAK void adobe_handle(adobe *m, const sim_request *q, sim_answer *a)
{
    (void)m, (void)q;
    answer_json(a, 501, json_pack("{ss}", "message", "This build has no Adobe machine."));
}

WEAK json_t *adobe_control(adobe *m, const char *verb, json_t *arguments, const char **why)
{
    (void)m, (void)verb, (void)arguments;
    *why = "this build has no Adobe machine";
    return NULL;
}

WEAK bool adobe_source_item(const adobe *m, const char *sku, const char *source, int64_t *quantity,
                            int *status)
{
    (void)m, (void)sku, (void)source, (void)quantity, (void)status;
    return false;
}

WEAK int64_t adobe_salable(const adobe *m, const char *sku, int stock)
{
    (void)m, (void)sku, (void)stock;
    return 0;
}
