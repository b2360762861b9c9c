/* SPDX-License-Identifier: Apache-2.0 */
/* Operations `order-comment` and `web-order-cancel`.
 *
 * A comment must carry the order's present status: before 2.4.7 one without a status cleared it, since then
 * one with another status is refused. So it takes the status of the order as it was just read.
 *
 * A cancel that cannot be done is answered 200 `false`, like a success. */
#include "plugins/adobe/order.h"

#include <stdio.h>
#include <string.h>

/* ---- order-comment ---- */

static json_t *comment_body(const order_step *s)
{
    char text[2000];
    const char *status = adobe_field(tb_record_part(s->record, "web.order"), "status");
    snprintf(text, sizeof text, "%.1900s %s", adobe_field(s->json, "text"), s->token);
    json_t *history = json_pack("{s:s, s:i, s:i, s:I}", "comment", text, "is_customer_notified", 0,
                                "is_visible_on_front", 0, "parent_id", (json_int_t)s->order);
    if (history && *status)
        json_object_set_new(history, "status", json_string(status));
    return json_pack("{s:o}", "statusHistory", history);
}

int comment_deliver(order_step *s)
{
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (!*s->token || !*adobe_field(s->json, "text")) {
        tb_reject(s->record, "web.step", NULL,
                  "operation order-comment of %s: the step has no text or no token",
                  tb_record_key(s->record));
        return 0;
    }
    if (step_call(s, "/V1/orders", "comments", comment_body(s), &r))
        return -1;
    if (r.status < 200 || r.status >= 300)
        return step_refused(s, &r, "web.comment-refused");
    return json_is_true(r.json) ? step_done(s, 0) : step_strange(s, &r);
}

/* 1: one of the order's comments carries the token, 0: none, -1: no answer. */
static int look_at_comments(tb_ctx *ctx, const json_t *order, const char *token)
{
    int64_t total;
    char path[60];
    ADOBE_RESPONSE r = {.size = sizeof r};
    snprintf(path, sizeof path, "/V1/orders/%lld/comments",
             (long long)adobe_id(json_object_get(order, "entity_id")));
    if (adobe_get(ctx, path, NULL, 0, &r))
        return -1;
    const json_t *comments = adobe_items(&r, &total);
    return comments ? probe_carries(comments, token) : -1;
}

tb_verdict comment_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record)
{
    size_t i;
    json_t *order, *chain = probe_chain(self, ctx, record);
    int found = chain ? 0 : -1;
    json_array_foreach(chain, i, order)
    {
        if (!found)
            found = look_at_comments(ctx, order, tb_record_probe(record));
    }
    json_decref(chain);
    if (found < 0)
        return TB_RETRY;
    return found ? probe_found(record, 0) : tb_noop(record, "no comment of the order carries the token");
}

/* ---- web-order-cancel ---- */

static int look_why(const order_step *s)
{
    char path[60];
    ADOBE_RESPONSE r = {.size = sizeof r};
    snprintf(path, sizeof path, "/V1/orders/%lld", (long long)s->order);
    if (adobe_get(s->ctx, path, NULL, 0, &r))
        return -1;
    const char *state = adobe_field(r.json, "state");
    if (!strcmp(state, "canceled"))
        return step_done(s, 0);
    tb_reject(s->record, "web.cancel-refused", NULL,
              "the shop does not cancel order %s (entity id %lld): its state is %s%s",
              tb_record_key(s->record), (long long)s->order, *state ? state : "not known",
              json_object_get(r.json, "total_invoiced") ? ", and it is invoiced" : "");
    return 0;
}

int cancel_deliver(order_step *s)
{
    ADOBE_RESPONSE r = {.size = sizeof r};
    /* a POST without a body would go out as a form, which the shop refuses */
    if (step_call(s, "/V1/orders", "cancel", json_object(), &r))
        return -1;
    if (r.status < 200 || r.status >= 300)
        return step_refused(s, &r, "web.cancel-refused");
    if (json_is_false(r.json))
        return look_why(s);
    return json_is_true(r.json) ? step_done(s, 0) : step_strange(s, &r);
}
