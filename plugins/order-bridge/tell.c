/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever looks at an order in the shop's admin must not think that it goes its way while it waits for a
 * person. So before an exception of the tables R2 and R3 the order gets one comment there. Its token is made
 * of what is wrong and of the counters: it is written anew only when something else is wrong. Whether it
 * stands there is seen in the shop's order; the state says the same, should the shop not show its comments.
 */
#include "plugins/order-bridge/doing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *told(const bridge *b)
{
    const char *text = tb_state_get(b->ctx, "told", b->key);
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    if (json_is_array(list))
        return list;
    json_decref(list);
    return json_array();
}

static bool stands(const bridge *b, const json_t *list, const char *token)
{
    size_t i;
    json_t *x;
    json_array_foreach(list, i, x)
    {
        if (json_is_string(x) && !strcmp(json_string_value(x), token))
            return true;
    }
    json_array_foreach(json_object_get(b->order, "status_histories"), i, x)
    {
        if (strstr(order_text(x, "comment"), token))
            return true;
    }
    return false;
}

static void keep(const bridge *b, json_t *list, const char *token)
{
    json_array_append_new(list, json_string(token));
    char *text = json_dumps(list, JSON_COMPACT);
    if (text)
        tb_state_set(b->ctx, b->record, "told", b->key, text);
    free(text);
}

bool tell_shop(doing *x, const char *reason, const char *text)
{
    char what[64];
    const bridge_part *p = x->part;
    if (!x->b->self->tell_shop)
        return false;
    snprintf(what, sizeof what, "%s-%d-%d", reason, p->number, p->till.attempt);
    x->step =
        json_pack("{s:I, s:s}", "order", (json_int_t)order_number(x->b->order, "entity_id"), "text", text);
    make_token(x, what, p->f.pieces[DELIVERED], p->f.pieces[SHIPPED]);
    json_auto_t *list = told(x->b);
    if (stands(x->b, list, x->token))
        return false;
    keep(x->b, list, x->token);
    return true;
}
