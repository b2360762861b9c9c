/* SPDX-License-Identifier: Apache-2.0 */
/* What a step of an order leaves behind: when it was touched, what its history says, the effect, the
 * reservations that end, and its answer. */
#include "sdk/sim/adobe_order.h"

#include <string.h>

void order_touch(adobe *m, adobe_order *o)
{
    (void)m;
    o->updated = env_now();
}

void order_touch_by_document(adobe *m, adobe_order *o)
{
    if (!world_chance(json_millionths(json_object_get(m->settings, "untouched_rate"))))
        order_touch(m, o);
}

void order_say(adobe *m, adobe_order *o, const char *comment, const char *of, bool visible)
{
    json_array_append_new(o->history,
                          json_pack("{ss? so sI ss si si sI ss}", "comment", comment, "created_at",
                                    time_text(env_now()), "entity_id", (json_int_t)++m->sales->next_history,
                                    "entity_name", of, "is_customer_notified", 0, "is_visible_on_front",
                                    visible, "parent_id", (json_int_t)o->id, "status", o->status));
}

static json_t *skus_of(const adobe *m, const adobe_order *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_leaf(&o->rows[i]))
            json_array_append_new(list, json_pack("{ss}", "sku", m->skus[o->rows[i].place].name));
    return list;
}

void order_effect(const adobe *m, const adobe_order *o, const char *what, json_t *more)
{
    json_t *detail = json_pack("{sI ss ss so}", "order", (json_int_t)o->id, "increment_id", o->increment,
                               "state", o->state, "items", skus_of(m, o));
    json_object_update(detail, more);
    json_decref(more);
    sim_effect("adobe", what, detail);
}

/* Reservations are never changed: what is let go is one more, of the opposite sign. One that makes up for
 * pieces which left a source counts a moment later than the source's row. */
void order_unreserve(adobe *m, adobe_order *o, adobe_row *leaf, int64_t quantity, const char *event)
{
    bool follows = !strcmp(event, "shipment_created") || !strcmp(event, "creditmemo_created");
    if (leaf->is_virtual || !quantity)
        return;
    leaf->held -= quantity;
    o->held -= quantity;
    adobe_reserve_at(m, env_now() + (follows ? adobe_int(m, "compensation_ms") : 0), o->stock, leaf->place,
                     quantity,
                     json_pack("{ss ss so ss}", "event_type", event, "object_type", "order", "object_id",
                               json_sprintf("%lld", (long long)o->id), "object_increment_id", o->increment));
}

static bool promise_of(const adobe *m, const adobe_order *o, uint32_t place, adobe_promise *p)
{
    const adobe_order *first = adobe_order_of(m, o->original);
    *p = (adobe_promise){.id = o->id, .original = first ? first->increment : o->increment};
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i];
        if (!row_is_leaf(r) || r->is_virtual || r->place != place)
            continue;
        p->held += r->held / ADOBE_UNIT;
        p->gone += row_gone(o, r) / ADOBE_UNIT;
    }
    return p->held > 0;
}

size_t adobe_promises(const adobe *m, const char *sku, adobe_promise *out, size_t most)
{
    const adobe_sku *k = adobe_sku_of(m, sku);
    size_t count = 0;
    for (size_t i = m->sales->count; k && i-- > 0 && count < most;) {
        const adobe_order *o = m->sales->orders[i];
        if (o->held && promise_of(m, o, (uint32_t)(k - m->skus), &out[count]))
            count++;
    }
    return count;
}

/* ---- answers of steps ---- */

sale_answer sale_done(json_t *body)
{
    return (sale_answer){200, body};
}

sale_answer sale_refused(int status, const char *message, json_t *parameters)
{
    return (sale_answer){status, adobe_fault(message, parameters)};
}

sale_answer sale_invalid(const char *document, const buffer *lines)
{
    CLEANUP_BUFFER buffer text = {0};
    buffer_printf(&text, "%s Document Validation Error(s):\n%s", document, buffer_text(lines));
    return sale_refused(400, buffer_text(&text), NULL);
}
