/* SPDX-License-Identifier: Apache-2.0 */
/* Many rows at once: SKUs assigned to sources and taken off them, and quantities moved between sources. */
#include "sdk/sim/adobe.h"

#include <string.h>

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

static bool assign_one(adobe *m, const char *sku, int source)
{
    if (source < 0 || adobe_item_of(m, adobe_sku_of(m, sku), source))
        return false;
    adobe_write_row(m, sku, source, 0, 1);
    return true;
}

static bool unassign_one(adobe *m, const char *sku, int source)
{
    const adobe_item *item = adobe_item_of(m, adobe_sku_of(m, sku), source);
    if (!item)
        return false;
    adobe_remove_row(m, item->sku, item->source);
    return true;
}

/* Unknown SKUs end the call as a PHP error, after their rows and everybody else's are written. */
static void each_pair(adobe_call *c, bool (*step)(adobe *, const char *, int))
{
    json_t *sku = NULL, *code = NULL;
    size_t i = 0, j = 0, count = 0;
    bool known = true;
    json_array_foreach(json_object_get(c->input, "skus"), i, sku)
    {
        known = known && adobe_product_of(c->m, json_string_value(sku));
        json_array_foreach(json_object_get(c->input, "source_codes"), j, code) count +=
            step(c->m, json_string_value(sku), adobe_source_place(c->m, json_string_value(code)));
    }
    if (known)
        adobe_reply(c, json_integer((json_int_t)count));
    else
        adobe_fatal(c);
}

void adobe_post_assign(adobe_call *c)
{
    each_pair(c, assign_one);
}

void adobe_post_unassign(adobe_call *c)
{
    each_pair(c, unassign_one);
}

/* ---- moving ---- */

static json_t *fault_of(const char *message, const char *name, const char *value)
{
    return adobe_fault(message, json_pack("{ss}", name, value));
}

static bool judge_places(adobe_call *c, const char *from, const char *to)
{
    json_t *faults = json_array();
    if (adobe_source_place(c->m, from) < 0)
        json_array_append_new(faults,
                              fault_of("Origin source %sourceCode does not exist", "sourceCode", from));
    if (adobe_source_place(c->m, to) < 0)
        json_array_append_new(faults,
                              fault_of("Destination source %sourceCode does not exist", "sourceCode", to));
    if (!strcmp(from, to))
        json_array_append_new(faults, adobe_fault("Cannot transfer a source on itself", NULL));
    if (!json_array_size(faults)) {
        json_decref(faults);
        return true;
    }
    adobe_reply(c, json_pack("{ss so}", "message", "Transfer validation failed", "errors", faults));
    c->status = 400;
    return false;
}

static void move(adobe *m, const char *sku, int from, int to, int64_t quantity)
{
    const adobe_sku *k = adobe_sku_of(m, sku);
    const adobe_item *origin = adobe_item_of(m, k, from), *target = adobe_item_of(m, k, to);
    int64_t left = origin->quantity - quantity, there = (target ? target->quantity : 0) + quantity;
    int origin_status = origin->status, status = target ? target->status : origin->status;
    adobe_write_row(m, sku, from, left, origin_status);
    adobe_write_row(m, sku, to, there, status);
}

void adobe_post_transfer(adobe_call *c)
{
    const char *from = text(c->input, "origin_source"), *to = text(c->input, "destination_source");
    bool unassign = json_is_true(json_object_get(c->input, "unassign_from_origin"));
    json_t *sku = NULL;
    size_t i = 0;
    int origin = adobe_source_place(c->m, from), target = adobe_source_place(c->m, to);
    bool good = judge_places(c, from, to);
    json_array_foreach(json_object_get(c->input, "skus"), i, sku)
    {
        const char *name = json_string_value(sku);
        const adobe_item *row = good ? adobe_item_of(c->m, adobe_sku_of(c->m, name), origin) : NULL;
        if (row)
            move(c->m, name, origin, target, row->quantity);
        if (row && unassign)
            unassign_one(c->m, name, origin);
    }
    if (good)
        adobe_reply(c, json_true());
}

static bool judge_amounts(adobe_call *c, int from, const char *code)
{
    json_t *faults = json_array(), *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->input, "items"), i, one)
    {
        const adobe_item *row = adobe_item_of(c->m, adobe_sku_of(c->m, text(one, "sku")), from);
        int64_t quantity = 0;
        decimal_read(json_object_get(one, "qty"), &quantity);
        if (!row)
            json_array_append_new(
                faults, adobe_fault("Source item for %sku and %sourceCode does not exist",
                                    json_pack("{ss ss}", "sku", text(one, "sku"), "sourceCode", code)));
        else if (row->quantity < quantity)
            json_array_append_new(faults, fault_of("Requested transfer amount for sku %sku is not available",
                                                   "sku", text(one, "sku")));
    }
    if (!json_array_size(faults)) {
        json_decref(faults);
        return true;
    }
    adobe_reply(c, json_pack("{ss so}", "message", "Transfer validation failed", "errors", faults));
    c->status = 400;
    return false;
}

void adobe_post_partial_transfer(adobe_call *c)
{
    const char *from = text(c->input, "origin_source_code"), *to = text(c->input, "destination_source_code");
    int origin = adobe_source_place(c->m, from), target = adobe_source_place(c->m, to);
    json_t *one = NULL;
    size_t i = 0;
    if (!judge_places(c, from, to) || !judge_amounts(c, origin, from))
        return;
    json_array_foreach(json_object_get(c->input, "items"), i, one)
    {
        int64_t quantity = 0;
        decimal_read(json_object_get(one, "qty"), &quantity);
        move(c->m, text(one, "sku"), origin, target, quantity);
    }
    adobe_reply(c, json_array());
}
