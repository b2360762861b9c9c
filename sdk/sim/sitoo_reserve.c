/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations. An open order with a warehouse holds its undelivered pieces until `datereserved`. Nothing
 * happens when that time passes: whoever looks next finds less reserved, and no event tells, and
 * datelastmodified stays. */
#include "sdk/sim/sitoo.h"

static bool holds_now(const sitoo *s, const sitoo_order *o)
{
    bool open = o->state == ORDER_OPEN || (o->state == ORDER_CANCELLED && !sitoo_bool(s, "cancel_frees"));
    if (!open || !o->warehouse)
        return false;
    if (!o->reserved_until)
        return sitoo_bool(s, "reserve_without_date");
    return o->reserved_until * 1000 + sitoo_int(s, "lapse_delay_ms") > env_now();
}

static int64_t row_wants(const sitoo *s, const sitoo_row *r)
{
    int64_t open = (r->quantity - r->delivered) * r->unit;
    return open > 0 || sitoo_bool(s, "reserve_negative") ? open : 0;
}

static void set_held(sitoo *s, sitoo_order *o, sitoo_row *r, int64_t held)
{
    if (held == r->held || !r->sku)
        return;
    sitoo_item *i = sitoo_item_of(s, o->warehouse, r->sku, true);
    i->reserved += held - r->held;
    r->held = held;
    observer_touch_till(i->sku);
}

static void leave(sitoo *s, sitoo_order *o)
{
    for (size_t i = 0; o->holding && i < s->holding.count; i++)
        if (s->holding.item[i] == o) {
            s->holding.item[i] = s->holding.item[--s->holding.count];
            break;
        }
    o->holding = false;
}

void sitoo_hold(sitoo *s, sitoo_order *o)
{
    bool hold = holds_now(s, o);
    for (size_t i = 0; o->warehouse && i < o->row_count; i++)
        set_held(s, o, &o->rows[i], hold ? row_wants(s, &o->rows[i]) : 0);
    if (!hold) {
        leave(s, o);
    } else if (!o->holding) {
        list_add(&s->holding, o);
        o->holding = true;
    }
}

void sitoo_lapse(sitoo *s)
{
    for (size_t i = 0; i < s->holding.count;) {
        sitoo_order *o = s->holding.item[i];
        if (holds_now(s, o)) {
            i++;
            continue;
        }
        sitoo_hold(s, o); /* takes it out of the list */
        sim_effect("sitoo", "reservation-lapsed", json_pack("{sI}", "order", (json_int_t)o->id));
        if (sitoo_bool(s, "lapse_event"))
            sitoo_order_event(s, o, "update", NULL);
    }
}
