/* SPDX-License-Identifier: Apache-2.0 */
/* Operation `order`: makes the till order of one part of a web order. Its external id is its identity, chosen
 * and stored before the call. Whether it is there is looked up by that id, when the answer was lost and when
 * Sitoo refuses the id as taken; what Sitoo made of it is read back, because its totals are its own. */
#include "plugins/sitoo/sink.h"

#include "core/base/sabotage.h"

#include <stdio.h>
#include <string.h>

static sitoo_answer find_by_external(sink_step *s, sitoo_list *list)
{
    json_auto_t *wanted = json_pack("{s:b}", tb_record_probe(s->record), 1);
    return sitoo_find_orders(s->ctx, "externalid", wanted, list);
}

/* It is there. What of it is not as sent is told: the order stands, so nobody may send it once more. */
static sink_did made(sink_step *s, const json_t *order, const json_t *sent)
{
    char why[160], id[24];
    int64_t total = 0;
    sink_cents(s->step, "total", &total);
    sink_id(sitoo_number(order, "orderid"), id);
    if (sink_differs(order, sent, total, why, sizeof why))
        tb_reject(s->record, "order.not-as-sent", NULL, "order %s was made at the till, but %s", id, why);
    else
        tb_more(s->record, id);
    return SINK_SAID;
}

/* Refused, or answered strangely: is it there all the same? */
static sink_did look(sink_step *s, const json_t *sent, const char *reason, const sitoo_reply *reply)
{
    SITOO_LIST list = {0};
    const json_t *order;
    char id[24];
    if (find_by_external(s, &list) != SITOO_GOOD)
        return sink_unknown(s, "whether it was made could not be read");
    sink_found found = sink_judge_found(list.items, sent, &order);
    sink_id(sitoo_number(order, "orderid"), id);
    if (found == FOUND_SAME)
        return made(s, order, sent);
    if (found == FOUND_NONE)
        return sink_reject(s, reason, reply);
    if (found == FOUND_OTHER)
        tb_reject(s->record, "order.id-taken", NULL, "order %s at the till has external id %s and other rows",
                  id, tb_record_probe(s->record));
    else
        tb_retry(s->record, "external id %s is that of order %s, which is cancelled: the next attempt is due",
                 tb_record_probe(s->record), id);
    return SINK_SAID;
}

/* An answer that was cut is still a number: the order that it names is ours only if it carries our id. */
static sink_did read_back(sink_step *s, int64_t id, const json_t *sent)
{
    SITOO_TEXT path = {0};
    SITOO_REPLY reply = {0};
    sitoo_printf(&path, "/sites/%lld/orders/%lld.json", (long long)s->self->site, (long long)id);
    if (sitoo_call(s->ctx, "order-read", "GET", sitoo_str(&path), NULL, &reply))
        return sink_unknown(s, "it was made, but could not be read back");
    if (strcmp(sitoo_field(reply.json, "externalid"), tb_record_probe(s->record)))
        return look(s, sent, "sitoo.strange-answer", &reply);
    json_auto_t *one = json_pack("[O]", reply.json);
    const json_t *order;
    if (sink_judge_found(one, sent, &order) == FOUND_SAME)
        return made(s, order, sent);
    tb_reject(s->record, "order.not-as-sent", NULL,
              "order %lld was made at the till, but reads back with other rows", (long long)id);
    return SINK_SAID;
}

sink_did sink_make_order(sink_step *s)
{
    json_auto_t *order = sink_order_json(s);
    SITOO_REPLY reply = {0};
    SITOO_TEXT path = {0};
    if (!order)
        return SINK_SAID;
    sink_path(s, "", &path);
    tb_record_sent(s->record, json_incref(order));
    if (sitoo_call(s->ctx, "order", "POST", sitoo_str(&path), order, &reply))
        return SINK_NO_ANSWER;
    tb_record_answer(s->record, reply.body ? reply.body : "");
    const sink_rule *rule = sink_judge("order", reply.status);
    if (rule->meaning == MEANS_REFUSED)
        return sink_reject(s, rule->reason, &reply);
    if (rule->meaning == MEANS_LOOK || !json_is_integer(reply.json))
        return look(s, order, rule->reason ? rule->reason : "sitoo.strange-answer", &reply);
    return read_back(s, json_integer_value(reply.json), order);
}

/* Cancelled or with other rows: what was to be made is surely not there, and what comes next is decided anew
 * from what the till shows then. */
tb_verdict sink_probe_order(sink_step *s)
{
    SITOO_LIST list = {0};
    const json_t *order;
    char id[24];
    json_auto_t *sent = sink_order_json(s);
    if (!sent)
        return tb_retry(s->record, "the step cannot be read any more");
    if (SABOTAGE("probe-blind"))
        return tb_noop(s->record, "not looked for");
    if (find_by_external(s, &list) != SITOO_GOOD)
        return tb_retry(s->record, "%s", list.why);
    sink_found found = sink_judge_found(list.items, sent, &order);
    sink_id(sitoo_number(order, "orderid"), id);
    if (found == FOUND_SAME)
        return tb_applied(s->record, id);
    return tb_noop(s->record, found == FOUND_NONE        ? "no order has this external id"
                              : found == FOUND_CANCELLED ? "the order with this external id is cancelled"
                                                         : "the order with this external id has other rows");
}
