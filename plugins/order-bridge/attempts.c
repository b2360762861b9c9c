/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent to the till: state `attempts`, key the order, {"parts": [{"part", "attempt", "external",
 * "till", "why"}]}, an element an attempt. An external id is never used twice, so the highest attempt counts
 * also when the till does not show it. `why` is there when we cancelled it ourselves. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void attempts_read(bridge *b)
{
    const char *text = tb_state_get(b->ctx, "attempts", b->key);
    b->attempts = text ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_object(b->attempts) || !json_is_array(json_object_get(b->attempts, "parts"))) {
        json_decref(b->attempts);
        b->attempts = json_pack("{s:[]}", "parts");
    }
}

static json_t *list_of(const bridge *b)
{
    return json_object_get(b->attempts, "parts");
}

json_t *attempts_of(const bridge *b, const char *external)
{
    size_t i;
    json_t *one;
    json_array_foreach(list_of(b), i, one)
    {
        if (!strcmp(order_text(one, "external"), external))
            return one;
    }
    return NULL;
}

static void set(const bridge *b, int part, int attempt, const char *external, int64_t till)
{
    char id[24] = "";
    json_t *one = attempts_of(b, external);
    if (till)
        snprintf(id, sizeof id, "%lld", (long long)till);
    if (!one) {
        one = json_pack("{s:i, s:i, s:s}", "part", part, "attempt", attempt, "external", external);
        json_array_append_new(list_of(b), one);
    }
    if (till || !json_object_get(one, "till"))
        json_object_set_new(one, "till", json_string(id));
}

void attempts_add(bridge *b, const bridge_part *p, int attempt, const char *external)
{
    set(b, p->number, attempt, external, 0);
}

void attempts_sync(bridge *b)
{
    size_t i;
    json_t *json;
    till_order t;
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        if (till_order_read(json, b->key, &t))
            set(b, t.part, t.attempt, order_text(json, "externalid"), t.id);
    }
}

void attempts_why(bridge *b, const bridge_part *p, const char *why)
{
    json_t *one = attempts_of(b, order_text(p->till.json, "externalid"));
    if (one && why)
        json_object_set_new(one, "why", json_string(why));
}

void attempts_keep(const bridge *b)
{
    const char *before = tb_state_get(b->ctx, "attempts", b->key);
    char *text = json_dumps(b->attempts, JSON_COMPACT);
    if (text && json_array_size(list_of(b)) && (!before || strcmp(before, text)))
        tb_state_set(b->ctx, b->record, "attempts", b->key, text);
    free(text);
}

int attempts_highest(const bridge *b, int part)
{
    size_t i;
    json_t *one;
    int64_t highest = 0;
    json_array_foreach(list_of(b), i, one)
    {
        if (order_number(one, "part") == part && order_number(one, "attempt") > highest)
            highest = order_number(one, "attempt");
    }
    return highest < 1000000 ? (int)highest : 0;
}

static bool is_shown(const bridge *b, const char *external)
{
    size_t i;
    json_t *json;
    json_array_foreach(json_object_get(b->till, "orders"), i, json)
    {
        if (!strcmp(order_text(json, "externalid"), external))
            return true;
    }
    return false;
}

const char *attempts_lost(const bridge *b, int part)
{
    size_t i;
    json_t *one;
    json_array_foreach(list_of(b), i, one)
    {
        const char *external = order_text(one, "external");
        if (order_number(one, "part") == part && *external && !is_shown(b, external))
            return external;
    }
    return NULL;
}
