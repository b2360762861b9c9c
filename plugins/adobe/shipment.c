/* SPDX-License-Identifier: Apache-2.0 */
/* Operations `shipment` and `ready`: both make a shipment in the shop, and both take pieces from a source.
 *
 * `shipment` names rows, pieces and source; its token stands in the document's comment. The shop makes the
 * quantities smaller than was asked, and leaves rows out, without a word: so the shipment is read back, what
 * differs is told, and the order is read anew before anything else is done with it.
 *
 * `ready` tells the buyer that an order can be fetched; the shop makes the shipment by itself, without a
 * comment, and mails with each call. So it is found again by what it leaves: a shipment, or the mark that the
 * buyer was told. */
#include "plugins/adobe/order.h"

#include <stdio.h>
#include <string.h>

/* ---- after a refusal ---- */

/* "Could not save" says nothing: the row may hold too few, or the database was busy. The rows tell. */
static int settle_refusal(order_step *s, refusal means, const char *text, const char *reason)
{
    stock_need needs[NEEDS_MOST];
    size_t n = needs_of_step(s, needs);
    if (means == REFUSAL_STOCK) {
        int raised = needs_raise(s, needs, n);
        needs_mark(s->ctx, s->record, s->source, needs, n, true);
        if (raised > 0) {
            tb_log(s->ctx, TB_INFO, "adobe.raised",
                   "order %s: the rows of source %s are raised to what is to be shipped",
                   tb_record_key(s->record), s->source);
            return step_done(s, 0); /* the shipment is due as before */
        }
        if (raised < 0) /* the rows may be written yet: the claims stay until the server's time is over */
            return -1;
    }
    needs_mark(s->ctx, s->record, s->source, needs, n, true);
    return step_refused_text(s, means, text, reason);
}

static int settle_answer(order_step *s, const tb_response *r, const char *reason)
{
    char text[1000], message[900];
    adobe_message(r, message, sizeof message);
    snprintf(text, sizeof text, "%d %s", r->status, message);
    return settle_refusal(s, refusal_of(message, r->status), text, reason);
}

/* ---- shipment ---- */

static json_t *ship_body(const order_step *s)
{
    const json_t *tracks = json_object_get(s->json, "tracks");
    return json_pack("{s:O, s:b, s:b, s:o, s:o, s:{s:{s:s}}}", "items", s->items, "notify", s->self->notify,
                     "appendComment", false, "comment", step_comment(s), "tracks",
                     json_is_array(tracks) ? json_deep_copy(tracks) : json_array(), "arguments",
                     "extension_attributes", "source_code", s->source);
}

static int64_t shipped_of(const json_t *shipment, const json_t *item)
{
    size_t i;
    json_t *row;
    int64_t quantity = 0;
    json_array_foreach(json_object_get(shipment, "items"), i, row)
    {
        if (adobe_id(json_object_get(row, "order_item_id")) ==
            adobe_id(json_object_get(item, "order_item_id")))
            tb_quantity_from_json(json_object_get(row, "qty"), &quantity);
    }
    return quantity;
}

/* What the shop made of it. That it cannot be read changes nothing: the order is read anew in any case. */
static void read_back(const order_step *s, int64_t id)
{
    size_t i;
    json_t *item;
    char path[60];
    ADOBE_RESPONSE r = {.size = sizeof r};
    snprintf(path, sizeof path, "/V1/shipment/%lld", (long long)id);
    if (adobe_get(s->ctx, path, NULL, 0, &r) || r.status != 200)
        return;
    json_array_foreach(s->items, i, item)
    {
        int64_t wanted = 0, got = shipped_of(r.json, item);
        char a[32], b[32];
        tb_quantity_from_json(json_object_get(item, "qty"), &wanted);
        if (got == wanted)
            continue;
        tb_quantity_format(wanted, 0, a, sizeof a);
        tb_quantity_format(got, 0, b, sizeof b);
        tb_log(s->ctx, TB_WARN, "adobe.shipped-less",
               "order %s, row %lld: %s were to be shipped, the shop's shipment %lld holds %s; the order is "
               "looked "
               "at again",
               tb_record_key(s->record), (long long)adobe_id(json_object_get(item, "order_item_id")), a,
               (long long)id, b);
    }
}

int shipment_deliver(order_step *s)
{
    stock_need needs[NEEDS_MOST];
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (!*s->source || !*s->token) {
        tb_reject(s->record, "web.step", NULL, "operation shipment of %s: the step has no source or no token",
                  tb_record_key(s->record));
        return 0;
    }
    if (step_call(s, "/V1/order", "ship", ship_body(s), &r))
        return -1;
    if (r.status < 200 || r.status >= 300)
        return settle_answer(s, &r, "web.shipment-refused");
    int64_t id = step_answer_id(&r);
    if (!id)
        return step_strange(s, &r);
    needs_mark(s->ctx, s->record, s->source, needs, needs_of_step(s, needs), false);
    read_back(s, id);
    return step_done(s, id);
}

/* ---- ready ---- */

/* The message about our order among the errors; NULL: there is none. */
static const char *error_about(const order_step *s, const json_t *answer)
{
    static const char *const lists[] = {"errors", "failed"};
    size_t i;
    json_t *e;
    for (int k = 0; k < 2; k++) {
        json_array_foreach(json_object_get(answer, lists[k]), i, e)
        {
            if (adobe_id(json_object_get(e, "id")) == s->order)
                return adobe_field(e, "message");
        }
    }
    return NULL;
}

int ready_deliver(order_step *s)
{
    stock_need needs[NEEDS_MOST];
    ADOBE_RESPONSE r = {.size = sizeof r};
    json_t *body = json_pack("{s:[I]}", "orderIds", (json_int_t)s->order);
    if (step_call(s, "/V1/order/notify-orders-are-ready-for-pickup", NULL, body, &r))
        return -1;
    if (r.status < 200 || r.status >= 300)
        return settle_answer(s, &r, "web.ready-refused");
    const char *message = error_about(s, r.json);
    const json_t *successful = json_object_get(r.json, "successful");
    if (message)
        return settle_refusal(s, refusal_of(message, 400), message, "web.ready-refused");
    if (!json_is_true(successful))
        return step_strange(s, &r);
    needs_mark(s->ctx, s->record, s->source, needs, needs_of_step(s, needs), false);
    return step_done(s, 0);
}

/* ---- probes ---- */

/* The rows that a shipment has moved, with those of the chain's order that it is of. */
static void mark_found(tb_ctx *ctx, tb_record *record, const json_t *shipment, const json_t *chain)
{
    size_t i;
    json_t *order;
    stock_need needs[NEEDS_MOST];
    const char *source = adobe_field(json_object_get(shipment, "extension_attributes"), "source_code");
    json_array_foreach((json_t *)chain, i, order)
    {
        if (adobe_id(json_object_get(order, "entity_id")) != adobe_id(json_object_get(shipment, "order_id")))
            continue;
        size_t n = needs_of_rows(json_object_get(shipment, "items"), order, needs);
        needs_mark_found(ctx, record, source, needs, n);
    }
}

tb_verdict shipment_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record)
{
    tb_verdict v = TB_RETRY;
    json_t *chain = probe_chain(self, ctx, record);
    json_t *found = chain ? probe_documents(ctx, record, "/V1/shipments", chain) : NULL;
    if (json_is_object(found)) {
        mark_found(ctx, record, found, chain);
        v = probe_found(record, adobe_id(json_object_get(found, "entity_id")));
    } else if (found) {
        v = tb_noop(record, "no shipment of the order carries the token");
    }
    json_decref(found);
    json_decref(chain);
    return v;
}

/* Nothing of ours can stand in it: that there is a shipment, or that the buyer was told, is what `ready` is
 * for; it is never due when one of these is so. */
static tb_verdict judge_ready(tb_ctx *ctx, tb_record *record, const json_t *chain)
{
    char id[24], why[500] = "";
    const json_t *order = json_array_get(chain, json_array_size(chain) - 1), *sent;
    json_t *all = json_array();
    adobe_query q = {.size = 0};
    snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
    adobe_query_filter(&q, "order_id", "eq", id);
    adobe_query_sort(&q, "entity_id");
    int failed = adobe_list(ctx, "/V1/shipments", &q, 0, all, why, sizeof why);
    sent = json_object_get(json_object_get(order, "extension_attributes"), "notification_sent");
    tb_verdict v = TB_RETRY;
    if (!failed && json_array_size(all)) {
        mark_found(ctx, record, json_array_get(all, 0), chain);
        v = probe_found(record, adobe_id(json_object_get(json_array_get(all, 0), "entity_id")));
    } else if (!failed && (json_is_true(sent) || adobe_id(sent))) {
        v = probe_found(record, 0);
    } else if (!failed) {
        v = tb_noop(record, "the order has no shipment, and its buyer was not told");
    }
    json_decref(all);
    return v;
}

tb_verdict ready_probe(adobe_sink *self, tb_ctx *ctx, tb_record *record)
{
    json_t *chain = probe_chain(self, ctx, record);
    tb_verdict v = chain ? judge_ready(ctx, record, chain) : TB_RETRY;
    json_decref(chain);
    return v;
}
