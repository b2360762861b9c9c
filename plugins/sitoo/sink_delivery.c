/* SPDX-License-Identifier: Apache-2.0 */
/* Operation `delivery`: tells the till that goods left. Sitoo keeps no identity of a delivery, but a text of
 * ours (orderdeliveryref), and there the step's token stands: by it a delivery is found again, before it is
 * made and after an answer was lost. One that was cancelled since is not found. */
#include "plugins/sitoo/sink.h"

#include "core/base/sabotage.h"

#include <stdio.h>
#include <string.h>

static json_t *delivery_json(const sink_step *s)
{
    json_t *items = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(s->step, "rows"), i, row)
    {
        int64_t quantity;
        if (sitoo_quantity(row, "quantity", &quantity) || quantity <= 0 || quantity % TB_QUANTITY_SCALE ||
            !json_is_integer(json_object_get(row, "row")))
            continue;
        json_array_append_new(items,
                              json_pack("{s:I, s:I}", "orderitemid", (json_int_t)sitoo_number(row, "row"),
                                        "quantity", (json_int_t)(quantity / TB_QUANTITY_SCALE)));
    }
    return json_pack("{s:I, s:s, s:o}", "warehouseid", (json_int_t)sitoo_number(s->step, "warehouse"),
                     "orderdeliveryref", tb_record_probe(s->record), "orderdeliveryitems", items);
}

static bool fits(const sink_step *s, const json_t *delivery)
{
    size_t n = json_array_size(json_object_get(delivery, "orderdeliveryitems"));
    return n && n == json_array_size(json_object_get(s->step, "rows")) &&
           sitoo_number(delivery, "warehouseid") > 0 && sink_till(s) > 0 && *tb_record_probe(s->record) &&
           !strcmp(tb_record_probe(s->record), sitoo_field(s->step, "token"));
}

/* Its id by the token; 0: none. *list is for the fault. */
static sitoo_answer find(sink_step *s, int64_t *id, sitoo_list *list)
{
    SITOO_TEXT path = {0};
    size_t i;
    json_t *delivery;
    *id = 0;
    sink_path(s, "/orderdeliveries", &path);
    sitoo_answer answer = sitoo_list_all(s->ctx, sitoo_str(&path), list);
    json_array_foreach(list->items, i, delivery)
    {
        if (!strcmp(sitoo_field(delivery, "orderdeliveryref"), tb_record_probe(s->record)) &&
            !sitoo_number(delivery, "datecancelled"))
            *id = sitoo_number(delivery, "orderdeliveryid");
    }
    return answer;
}

static sink_did made(sink_step *s, int64_t id)
{
    char text[24];
    tb_more(s->record, sink_id(id, text));
    return SINK_SAID;
}

static sink_did post(sink_step *s, const json_t *delivery)
{
    SITOO_TEXT path = {0};
    SITOO_REPLY reply = {0};
    SITOO_LIST list = {0};
    int64_t id;
    sink_path(s, "/orderdeliveries", &path);
    tb_record_sent(s->record, json_incref((json_t *)(uintptr_t)delivery));
    if (sitoo_call(s->ctx, "delivery", "POST", sitoo_str(&path), delivery, &reply))
        return SINK_NO_ANSWER;
    tb_record_answer(s->record, reply.body ? reply.body : "");
    const sink_rule *rule = sink_judge("delivery", reply.status);
    if (rule->meaning == MEANS_DONE && json_is_integer(reply.json))
        return made(s, json_integer_value(reply.json));
    if (rule->meaning == MEANS_REFUSED)
        return sink_reject(s, rule->reason, &reply);
    if (find(s, &id, &list) != SITOO_GOOD)
        return sink_unknown(s, "whether it was made could not be read");
    return id ? made(s, id) : sink_reject(s, rule->reason ? rule->reason : "sitoo.strange-answer", &reply);
}

sink_did sink_make_delivery(sink_step *s)
{
    json_auto_t *delivery = delivery_json(s);
    SITOO_LIST list = {0};
    int64_t id;
    if (!fits(s, delivery)) {
        tb_reject(s->record, "order.unfit", NULL,
                  "the step lacks order, warehouse, token (also as probe), or rows of whole pieces");
        return SINK_SAID;
    }
    sitoo_answer answer = SABOTAGE("probe-blind") ? SITOO_GOOD : find(s, &id, &list);
    if (answer != SITOO_GOOD)
        return sink_list_fault(s, answer, &list);
    return !SABOTAGE("probe-blind") && id ? made(s, id) : post(s, delivery);
}

tb_verdict sink_probe_delivery(sink_step *s)
{
    SITOO_LIST list = {0};
    int64_t id;
    char text[24];
    if (SABOTAGE("probe-blind"))
        return tb_noop(s->record, "not looked for");
    if (find(s, &id, &list) != SITOO_GOOD)
        return tb_retry(s->record, "%s", list.why);
    return id ? tb_applied(s->record, sink_id(id, text)) : tb_noop(s->record, "no delivery has this token");
}
