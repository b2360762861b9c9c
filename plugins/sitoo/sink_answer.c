/* SPDX-License-Identifier: Apache-2.0 */
/* What Sitoo's answers mean, by operation. What is not here (no answer, 401, 429, 5xx) never gets this far:
 * the core pauses the connection, and probes what was to be made. A 400 is never taken as "it was not made":
 * an external id that is taken is refused with 400 too, and only looking tells whose it is. */
#include "plugins/sitoo/sink.h"

#include <stdio.h>
#include <string.h>

static const sink_rule rules[] = {
    {"order", 200, 299, MEANS_DONE, NULL},
    {"order", 404, 404, MEANS_REFUSED, "sitoo.not-found"},
    {"order", 400, 499, MEANS_LOOK, "order.refused"},
    {"delivery", 200, 299, MEANS_DONE, NULL},
    {"delivery", 404, 404, MEANS_REFUSED, "order.not-there"},
    {"delivery", 400, 499, MEANS_LOOK, "delivery.refused"},
    {"order-cancel", 200, 299, MEANS_DONE, NULL},
    {"order-cancel", 404, 404, MEANS_REFUSED, "order.not-there"},
    {"order-cancel", 400, 499, MEANS_REFUSED, "order.refused"},
    {"reservation-renew", 200, 299, MEANS_DONE, NULL},
    {"reservation-renew", 404, 404, MEANS_REFUSED, "order.not-there"},
    {"reservation-renew", 400, 499, MEANS_REFUSED, "order.refused"},
    {"", 0, 999, MEANS_REFUSED, "sitoo.strange-answer"},
};

const sink_rule *sink_judge(const char *operation, int status)
{
    const sink_rule *r = rules;
    while (*r->operation && (strcmp(r->operation, operation) || status < r->least || status > r->most))
        r++;
    return r;
}

sink_did sink_reject(sink_step *s, const char *reason, const sitoo_reply *reply)
{
    tb_reject(s->record, reason, NULL, "%s", reply->why);
    return SINK_SAID;
}

sink_did sink_unknown(sink_step *s, const char *why)
{
    tb_unknown(s->record, why);
    return SINK_SAID;
}

sink_did sink_list_fault(sink_step *s, sitoo_answer answer, const sitoo_list *list)
{
    if (answer == SITOO_AGAIN)
        return SINK_NO_ANSWER;
    tb_reject(s->record, list->reason, NULL, "%s", list->why);
    return SINK_SAID;
}

void sink_path(const sink_step *s, const char *rest, sitoo_text *path)
{
    sitoo_printf(path, "/sites/%lld/orders", (long long)s->self->site);
    if (*rest)
        sitoo_printf(path, "/%lld", (long long)sink_till(s));
    sitoo_printf(path, "%s.json", strcmp(rest, ".") ? rest : "");
}

int64_t sink_till(const sink_step *s)
{
    return sitoo_number(s->step, "till");
}

const char *sink_id(int64_t id, char out[24])
{
    snprintf(out, 24, "%lld", (long long)id);
    return out;
}
