/* SPDX-License-Identifier: Apache-2.0 */
/* The step that a record names in its body, from its reading to its verdict. What a step lacks is never sent:
 * the shop takes an empty list of rows for "all that is left". */
#include "plugins/adobe/order.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 2 /* of what may have been an accident, until a person is told */ };

/* ---- reading ---- */

static int reject_step(const order_step *s, const char *what)
{
    tb_reject(s->record, "web.step", NULL, "operation %s of %s: the step %s", s->operation,
              tb_record_key(s->record), what);
    return -1;
}

static json_t *items_of(const json_t *rows)
{
    size_t i;
    json_t *row, *items = json_array();
    json_array_foreach((json_t *)rows, i, row)
    {
        int64_t quantity = 0, id = adobe_id(json_object_get(row, "item"));
        if (!id || tb_quantity_from_json(json_object_get(row, "quantity"), &quantity) || quantity <= 0) {
            json_decref(items);
            return NULL;
        }
        json_array_append_new(
            items, json_pack("{s:I, s:o}", "order_item_id", (json_int_t)id, "qty", adobe_quantity(quantity)));
    }
    return items;
}

int step_read(order_step *s, bool needs_rows)
{
    s->json = json_object_get(tb_record_body(s->record), "step");
    s->source = adobe_field(s->json, "source");
    s->token = adobe_field(s->json, "token");
    s->order = adobe_id(json_object_get(s->json, "order"));
    s->items = needs_rows ? items_of(json_object_get(s->json, "rows")) : NULL;
    if (!s->order)
        return reject_step(s, "names no order");
    if (needs_rows && !json_array_size(s->items))
        return reject_step(s, "has no rows with item and quantity");
    return 0;
}

void step_free(order_step *s)
{
    json_decref(s->items);
}

/* ---- calling ---- */

int step_call(const order_step *s, const char *before, const char *after, json_t *body, tb_response *r)
{
    char path[100];
    if (after)
        snprintf(path, sizeof path, "%s/%lld/%s", before, (long long)s->order, after);
    else
        snprintf(path, sizeof path, "%s", before);
    if (body)
        tb_record_sent(s->record, json_incref(body));
    int failed = adobe_post(s->ctx, s->operation, path, body, 0, r);
    json_decref(body);
    if (!failed)
        tb_record_answer(s->record, r->body);
    return failed;
}

int64_t step_answer_id(const tb_response *r)
{
    return r->status >= 200 && r->status < 300 ? adobe_id(r->json) : 0;
}

json_t *step_comment(const order_step *s)
{
    return json_pack("{s:s, s:i}", "comment", s->token, "is_visible_on_front", 0);
}

/* ---- what may have been an accident ---- */

static void try_name(const order_step *s, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", s->operation, tb_record_key(s->record));
}

static int count_try(const order_step *s)
{
    char name[200];
    try_name(s, name, sizeof name);
    if (!s->self->tries)
        s->self->tries = json_object();
    int n = (int)json_integer_value(json_object_get(s->self->tries, name)) + 1;
    json_object_set_new(s->self->tries, name, json_integer(n));
    return n;
}

static void forget_tries(const order_step *s)
{
    char name[200];
    try_name(s, name, sizeof name);
    if (s->self->tries)
        json_object_del(s->self->tries, name);
}

/* ---- verdicts ---- */

int step_done(const order_step *s, int64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)id);
    forget_tries(s);
    tb_more(s->record, id ? text : NULL);
    return 0;
}

int step_strange(const order_step *s, const tb_response *r)
{
    char why[200];
    snprintf(why, sizeof why, "%s was answered %d with what is no answer to it: %.60s", s->operation,
             r->status, r->body ? r->body : "");
    tb_unknown(s->record, why);
    return 0;
}

int step_refused_text(const order_step *s, refusal means, const char *text, const char *reason)
{
    static const char *const reasons[] = {
        [REFUSAL_STATUS] = "web.order-status", [REFUSAL_GONE] = "web.order-gone", [REFUSAL_PLAIN] = NULL};
    bool accident = means == REFUSAL_MOVED || means == REFUSAL_STOCK;
    if (means == REFUSAL_AGAIN || (accident && count_try(s) <= TRIES)) {
        tb_retry(s->record, "%s was refused for now: %s", s->operation, text);
        return 0;
    }
    forget_tries(s);
    tb_reject(s->record, reasons[means] ? reasons[means] : reason, NULL,
              "%s of order %s (entity id %lld) was refused: %s", s->operation, tb_record_key(s->record),
              (long long)s->order, text);
    if (means == REFUSAL_STATUS)
        tb_look_again(s->record, tb_now(s->ctx) + SINK_HOUR);
    return 0;
}

int step_refused(const order_step *s, const tb_response *r, const char *reason)
{
    char text[1000], message[900];
    adobe_message(r, message, sizeof message);
    snprintf(text, sizeof text, "%d %s", r->status, message);
    return step_refused_text(s, refusal_of(message, r->status), text, reason);
}

/* ---- the operations ---- */

static const order_operation operations[] = {
    {"shipment", shipment_deliver, shipment_probe, true},
    {"ready", ready_deliver, ready_probe, false},
    {"invoice", invoice_deliver, invoice_probe, true},
    {"order-comment", comment_deliver, comment_probe, false},
    {"web-order-cancel", cancel_deliver, NULL, false},
};

const order_operation *order_operation_find(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (!strcmp(operations[i].name, name))
            return &operations[i];
    }
    return NULL;
}

static int deliver_one(adobe_sink *self, tb_ctx *ctx, const order_operation *o, tb_record *record)
{
    ORDER_STEP step = {.self = self, .ctx = ctx, .record = record, .operation = o->name};
    return step_read(&step, o->needs_rows) ? 0 : o->deliver(&step);
}

/* One after the other. When a call gets no answer, those behind it were surely not made. */
tb_verdict orders_deliver(adobe_sink *self, tb_ctx *ctx, const order_operation *o, tb_record **records,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!deliver_one(self, ctx, o, records[i]))
            continue;
        for (size_t k = i + 1; k < count; k++)
            tb_retry(records[k], "not called: the call before it got no answer");
        return TB_RETRY;
    }
    return TB_OK;
}
