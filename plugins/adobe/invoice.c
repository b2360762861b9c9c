/* SPDX-License-Identifier: Apache-2.0 */
/* Operation `invoice`: rows and pieces, and whether the money is asked for (`capture`). The token stands in
 * the invoice's comment, where a lost call is found again. */
#include "plugins/adobe/order.h"

static json_t *invoice_body(const order_step *s)
{
    return json_pack("{s:b, s:O, s:b, s:b, s:o}", "capture",
                     json_is_true(json_object_get(s->json, "capture")), "items", s->items, "notify",
                     s->self->notify, "appendComment", false, "comment", step_comment(s));
}

int invoice_deliver(order_step *s)
{
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (!*s->token) {
        tb_reject(s->record, "web.step", NULL, "operation invoice of %s: the step has no token",
                  tb_record_key(s->record));
        return 0;
    }
    if (step_call(s, "/V1/order", "invoice", invoice_body(s), &r))
        return -1;
    if (r.status < 200 || r.status >= 300)
        return step_refused(s, &r, "web.invoice-refused");
    int64_t id = step_answer_id(&r);
    return id ? step_done(s, id) : step_strange(s, &r);
}

tb_verdict invoice_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record)
{
    tb_verdict v = TB_RETRY;
    json_t *chain = probe_chain(self, ctx, record);
    json_t *found = chain ? probe_documents(ctx, record, "/V1/invoices", chain) : NULL;
    if (json_is_object(found))
        v = probe_found(record, adobe_id(json_object_get(found, "entity_id")));
    else if (found)
        v = tb_noop(record, "no invoice of the order carries the token");
    json_decref(found);
    json_decref(chain);
    return v;
}
