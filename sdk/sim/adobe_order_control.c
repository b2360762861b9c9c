/* SPDX-License-Identifier: Apache-2.0 */
/* Steps with orders from the control interface: a buyer's order, and hands in the admin that do by themselves
 * what a connector does by REST. An order is named by its entity id. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static json_t *order_json(const adobe_order *o)
{
    return json_pack("{sI ss ss ss}", "order", (json_int_t)o->id, "increment_id", o->increment, "state",
                     o->state, "status", o->status);
}

static json_t *refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return NULL;
}

/* A step's answer as the control's: its result, or its message as the reason. */
static json_t *told(adobe *m, const adobe_order *o, sale_answer a, const char **why)
{
    const char *message = json_string_value(json_object_get(a.body, "message"));
    json_t *done = NULL;
    if (a.status == 200) {
        done = order_json(o);
        json_object_set(done, "result", a.body);
    } else {
        snprintf(m->sales->refusal, sizeof m->sales->refusal, "%s", message ? message : "refused");
        *why = m->sales->refusal;
    }
    json_decref(a.body);
    return done;
}

static json_t *place(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    (void)o;
    const adobe_order *fresh = adobe_order_place(m, arguments, why);
    return fresh ? order_json(fresh) : NULL;
}

static json_t *ship(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    const char *source = json_string_value(json_object_get(arguments, "source"));
    if (source)
        json_object_set_new(arguments, "arguments",
                            json_pack("{s{ss}}", "extension_attributes", "source_code", source));
    return told(m, o, adobe_ship(m, o, arguments), why);
}

static json_t *invoice(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    return told(m, o, adobe_invoice(m, o, arguments), why);
}

/* In the admin nothing goes back to stock unless somebody says so. */
static json_t *refund(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    json_t *back = json_object_get(arguments, "return_to_stock"), *of = json_object();
    static const char *const amounts[] = {"shipping_amount", "adjustment_positive", "adjustment_negative",
                                          NULL};
    for (size_t i = 0; amounts[i]; i++)
        json_object_set(of, amounts[i], json_object_get(arguments, amounts[i]));
    if (back)
        json_object_set_new(of, "extension_attributes", json_pack("{sO}", "return_to_stock_items", back));
    json_object_set_new(arguments, "arguments", of);
    return told(m, o, adobe_refund(m, o, NULL, arguments), why);
}

static json_t *cancel(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    (void)arguments;
    return told(m, o, adobe_cancel(m, o), why);
}

static json_t *hold(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    (void)arguments;
    return told(m, o, adobe_hold(m, o, true), why);
}

static json_t *unhold(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    (void)arguments;
    return told(m, o, adobe_hold(m, o, false), why);
}

static json_t *comment(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    return told(m, o, adobe_comment(m, o, arguments), why);
}

static json_t *ready(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    (void)arguments;
    return told(m, o, adobe_ready(m, o), why);
}

static json_t *edit(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    const adobe_order *fresh = adobe_edit(m, o, arguments, why);
    return fresh ? order_json(fresh) : NULL;
}

/* What extensions and saved order objects do: a state, or a status of the merchant's own. */
static json_t *state(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    const char *given = json_string_value(json_object_get(arguments, "state"));
    const char *status = json_string_value(json_object_get(arguments, "status"));
    if (!given && !status)
        return refuse(why, "a state or a status is needed");
    if (given)
        order_set_state(o, given);
    if (status) {
        free(o->status);
        o->status = must(strdup(status));
    }
    order_touch(m, o);
    order_effect(m, o, "order-state", NULL);
    return order_json(o);
}

static json_t *list(adobe *m, adobe_order *o, json_t *arguments, const char **why)
{
    json_t *orders = json_array();
    (void)o, (void)arguments, (void)why;
    for (size_t i = 0; i < m->sales->count; i++)
        json_array_append_new(orders, order_json(m->sales->orders[i]));
    return json_pack("{so}", "orders", orders);
}

static const struct {
    const char *name;
    bool of_order; /* an order is named */
    json_t *(*run)(adobe *m, adobe_order *o, json_t *arguments, const char **why);
} verbs[] = {
    {"order", false, place},          {"orders", false, list},        {"order-ship", true, ship},
    {"order-invoice", true, invoice}, {"order-refund", true, refund}, {"order-cancel", true, cancel},
    {"order-hold", true, hold},       {"order-unhold", true, unhold}, {"order-comment", true, comment},
    {"order-ready", true, ready},     {"order-edit", true, edit},     {"order-state", true, state},
};

bool adobe_order_verb(adobe *m, const char *verb, json_t *arguments, const char **why, json_t **done)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, verb) != 0)
            continue;
        adobe_order *o = adobe_order_of(m, json_integer_value(json_object_get(arguments, "order")));
        *done = verbs[i].of_order && !o ? refuse(why, "an order that is there is needed: {\"order\":N}")
                                        : verbs[i].run(m, o, arguments, why);
        return true;
    }
    return false;
}
