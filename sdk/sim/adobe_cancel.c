/* SPDX-License-Identifier: Apache-2.0 */
/* Cancelling, holding, commenting, and an edit in the admin: the old order is cancelled and a new one takes
 * its place, under the same number with a suffix. What cannot be cancelled is answered false, with 200. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

/* ---- cancel ---- */

static bool can_cancel(const adobe_order *o)
{
    static const char *const never[] = {"holded", "payment_review", "canceled", "complete", "closed", NULL};
    for (size_t i = 0; never[i]; i++)
        if (!strcmp(never[i], o->state))
            return false;
    for (size_t i = 0; i < o->row_count; i++)
        if (row_to_invoice(o, &o->rows[i]) > 0)
            return true;
    return false;
}

/* Pieces of a leaf whose reservation goes: of a bundle's part what was neither shipped nor invoiced, else
 * what its own row or its configurable cancels. */
static int64_t let_go(const adobe_order *o, const adobe_row *r)
{
    const adobe_row *parent = r->parent == NO_ROW ? NULL : &o->rows[r->parent];
    if (!parent || row_ships(o, r))
        return row_to_cancel(o, r);
    if (strcmp(parent->type, "bundle") != 0)
        return row_to_cancel(o, parent);
    int64_t gone = row_gone(o, r);
    return r->ordered - (gone > r->invoiced ? gone : r->invoiced) - r->canceled;
}

static void unreserve(adobe *m, const adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_leaf(&o->rows[i]) && !o->rows[i].is_virtual)
            order_unreserve(m, o, &o->rows[i], let_go(o, &o->rows[i]), "order_canceled");
}

static void cancel_row(const adobe_order *o, adobe_row *r)
{
    int64_t n = row_to_cancel(o, r);
    r->canceled += n;
    r->updated = env_now();
    if (!row_is_money(o, r))
        return;
    r->tax_canceled = share(amount_of(r->amount[ROW_tax_amount]), n, r->ordered);
    r->compensation_canceled =
        share(amount_of(r->amount[ROW_discount_tax_compensation_amount]), n, r->ordered);
}

static void cancel_money(adobe_order *o)
{
    static const struct {
        int canceled, whole, invoiced;
    } rest[] = {{ORDER_subtotal_canceled, ORDER_subtotal, ORDER_subtotal_invoiced},
                {ORDER_tax_canceled, ORDER_tax_amount, ORDER_tax_invoiced},
                {ORDER_shipping_canceled, ORDER_shipping_amount, ORDER_shipping_invoiced},
                {ORDER_discount_canceled, ORDER_discount_amount, ORDER_discount_invoiced},
                {ORDER_total_canceled, ORDER_grand_total, ORDER_total_paid}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        o->amount[rest[i].canceled] =
            amount_of(o->amount[rest[i].whole]) - amount_of(o->amount[rest[i].invoiced]);
}

/* A partly invoiced order goes on, or is complete when the invoiced part is out. */
static const char *state_after(const adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (row_to_refund(o, &o->rows[i]) > 0)
            return order_can_ship(o) ? "processing" : "complete";
    return "canceled";
}

sale_answer adobe_cancel(adobe *m, adobe_order *o)
{
    if (!can_cancel(o))
        return sale_done(json_false());
    unreserve(m, o);
    for (size_t i = 0; i < o->row_count; i++)
        cancel_row(o, &o->rows[i]);
    cancel_money(o);
    order_set_state(o, state_after(o));
    order_touch(m, o);
    order_effect(m, o, "order-canceled", NULL);
    return sale_done(json_true());
}

/* ---- hold ---- */

sale_answer adobe_hold(adobe *m, adobe_order *o, bool on)
{
    static const char *const never[] = {"canceled", "payment_review", "complete", "closed", "holded", NULL};
    bool held = !strcmp(o->state, "holded");
    for (size_t i = 0; on && never[i]; i++)
        if (!strcmp(never[i], o->state))
            return sale_refused(400, "A hold action is not available.", NULL);
    if (!on && !held)
        return sale_refused(400, "You cannot remove the hold.", NULL);
    if (on) {
        o->held_state = o->state;
        o->held_status = o->status;
        o->status = NULL;
        order_set_state(o, "holded");
    } else {
        o->state = o->held_state;
        free(o->status);
        o->status = o->held_status;
        o->held_status = NULL;
    }
    order_touch(m, o);
    order_effect(m, o, on ? "order-held" : "order-released", NULL);
    return sale_done(json_true());
}

/* ---- comments ---- */

/* 2.4.7: the status is the order's own or is left out. */
sale_answer adobe_comment(adobe *m, adobe_order *o, const json_t *given)
{
    const char *status = json_string_value(json_object_get(given, "status"));
    const char *comment = json_string_value(json_object_get(given, "comment"));
    if (status && strcmp(status, o->status) != 0)
        return sale_refused(400,
                            "Unable to add comment: The status \"%1\" is not part of the order\n"
                            "                 status history.",
                            json_pack("[s]", status));
    order_say(m, o, comment, "order", json_integer_value(json_object_get(given, "is_visible_on_front")) != 0);
    order_touch_by_document(m, o);
    order_effect(m, o, "order-comment", json_pack("{ss?}", "comment", comment));
    return sale_done(json_true());
}

/* ---- edit ---- */

adobe_order *adobe_edit(adobe *m, adobe_order *o, const json_t *wish, const char **why)
{
    char id[64];
    const adobe_order *first = o->original ? adobe_order_of(m, o->original) : o;
    int64_t old = o->id;
    if (!can_cancel(o)) {
        *why = "this order cannot be edited: it cannot be cancelled";
        return NULL;
    }
    snprintf(id, sizeof id, "%s-%d", first->increment, o->edits + 1);
    json_t *named = json_copy((json_t *)wish);
    json_object_set_new(named, "increment_id", json_string(id));
    json_object_set_new(named, "store", json_integer(o->store));
    adobe_order *fresh = adobe_order_place(m, named, why);
    json_decref(named);
    if (!fresh)
        return NULL;
    o = adobe_order_of(m, old);
    fresh->original = first->id;
    fresh->edits = o->edits + 1;
    fresh->replaces = o->id;
    o->replaced_by = fresh->id;
    json_decref(adobe_cancel(m, o).body);
    return fresh;
}
