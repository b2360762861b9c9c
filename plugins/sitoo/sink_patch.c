/* SPDX-License-Identifier: Apache-2.0 */
/* Operations `order-cancel` and `reservation-renew`: an order that stands is read, changed if it is not what
 * it should be already, and read back. So each may be done again, and an answer that says yes to what did
 * not happen is not believed. */
#include "plugins/sitoo/sink.h"

#include <stdio.h>
#include <string.h>

enum { STATE_OPEN = 0, STATE_CLOSED = 10, STATE_CANCELLED = 20 };

/* Reads the order into *reply. */
static sink_did read_order(sink_step *s, const char *operation, sitoo_reply *reply, bool *good)
{
    SITOO_TEXT path = {0};
    sink_path(s, ".", &path);
    if (sitoo_call(s->ctx, "order-read", "GET", sitoo_str(&path), NULL, reply))
        return SINK_NO_ANSWER;
    const sink_rule *rule = sink_judge(operation, reply->status);
    *good = rule->meaning == MEANS_DONE && json_is_integer(json_object_get(reply->json, "orderstateid"));
    return *good ? SINK_SAID : sink_reject(s, rule->reason ? rule->reason : "sitoo.strange-answer", reply);
}

static sink_did done(sink_step *s)
{
    char id[24];
    tb_more(s->record, sink_id(sink_till(s), id));
    return SINK_SAID;
}

/* Writes one field and reads it back. `patch` is taken over. */
static sink_did put(sink_step *s, const char *operation, const char *field, json_t *patch)
{
    SITOO_TEXT path = {0};
    SITOO_REPLY reply = {0}, after = {0};
    int64_t wanted = sitoo_number(patch, field);
    bool good;
    sink_path(s, ".", &path);
    int lost = sitoo_call(s->ctx, operation, "PUT", sitoo_str(&path), patch, &reply);
    tb_record_sent(s->record, patch);
    if (lost)
        return SINK_NO_ANSWER;
    tb_record_answer(s->record, reply.body ? reply.body : "");
    const sink_rule *rule = sink_judge(operation, reply.status);
    if (rule->meaning != MEANS_DONE)
        return sink_reject(s, rule->reason, &reply);
    sink_did did = read_order(s, operation, &after, &good);
    if (did != SINK_SAID || !good)
        return did;
    if (sitoo_number(after.json, field) == wanted)
        return done(s);
    tb_reject(s->record, "order.refused", NULL, "order %lld: Sitoo took %s %lld and kept %lld",
              (long long)sink_till(s), field, (long long)wanted, (long long)sitoo_number(after.json, field));
    return SINK_SAID;
}

/* ---- cancel ---- */

static int64_t delivered(const json_t *deliveries)
{
    int64_t pieces = 0;
    size_t i, k;
    json_t *delivery, *item;
    json_array_foreach((json_t *)(uintptr_t)deliveries, i, delivery)
    {
        if (sitoo_number(delivery, "datecancelled"))
            continue;
        json_array_foreach(json_object_get(delivery, "orderdeliveryitems"), k, item)
        {
            pieces += sitoo_number(item, "quantity");
        }
    }
    return pieces;
}

static sink_did goods_are_out(sink_step *s, int64_t pieces, bool closed)
{
    tb_reject(s->record, "order.delivered", NULL,
              "order %lld at the till is %s, %lld pieces were handed out: it is not cancelled",
              (long long)sink_till(s), closed ? "closed" : "open", (long long)pieces);
    return SINK_SAID;
}

sink_did sink_cancel(sink_step *s)
{
    SITOO_REPLY order = {0};
    SITOO_LIST list = {0};
    SITOO_TEXT path = {0};
    bool good;
    sink_did did = read_order(s, "order-cancel", &order, &good);
    if (did != SINK_SAID || !good)
        return did;
    int64_t state = sitoo_number(order.json, "orderstateid");
    if (state == STATE_CANCELLED)
        return done(s);
    sink_path(s, "/orderdeliveries", &path);
    sitoo_answer answer = sitoo_list_all(s->ctx, sitoo_str(&path), &list);
    if (answer != SITOO_GOOD)
        return sink_list_fault(s, answer, &list);
    if (delivered(list.items) || state == STATE_CLOSED)
        return goods_are_out(s, delivered(list.items), state == STATE_CLOSED);
    return put(s, "order-cancel", "orderstateid", json_pack("{s:i}", "orderstateid", STATE_CANCELLED));
}

/* ---- renew ---- */

/* Never shorter; what is not open any more holds nothing, and its new state is looked at. */
sink_did sink_renew(sink_step *s)
{
    SITOO_REPLY order = {0};
    bool good;
    int64_t until = sitoo_number(s->step, "until") / 1000;
    sink_did did = read_order(s, "reservation-renew", &order, &good);
    if (did != SINK_SAID || !good)
        return did;
    if (sitoo_number(order.json, "orderstateid") != STATE_OPEN ||
        sitoo_number(order.json, "datereserved") >= until)
        return done(s);
    return put(s, "reservation-renew", "datereserved", json_pack("{s:I}", "datereserved", (json_int_t)until));
}
