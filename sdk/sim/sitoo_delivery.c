/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries: the act that moves stock, by a till or by the API. A delivery's warehouse may differ from its
 * order's; rows that are brought back move stock the other way, in a transaction of their own. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static int judge(const sitoo *s, const sitoo_order *o, const delivery_line *lines, size_t n, char *why,
                 size_t size)
{
    if (o->state == ORDER_CANCELLED && sitoo_is(s, "deliver_cancelled", "refused"))
        return snprintf(why, size, "The order is cancelled."), -1;
    for (size_t k = 0; k < n; k++) {
        if (lines[k].row >= o->row_count)
            return snprintf(why, size, "Invalid orderitemid."), -1;
        const sitoo_row *r = &o->rows[lines[k].row];
        int64_t open = r->quantity - r->delivered, q = lines[k].quantity;
        bool beyond = r->quantity < 0 ? q >= 0 || q < open : q <= 0 || q > open;
        if (beyond && sitoo_is(s, "over_delivery", "refused"))
            return snprintf(why, size, "Too many delivered."), -1;
    }
    return 0;
}

/* One transaction for what leaves and one for what comes back. */
static void move(sitoo *s, sitoo_order *o, sitoo_warehouse *w, const delivery_line *lines, size_t n,
                 int64_t id, bool back)
{
    move_wish *wish = must(calloc(n ? n : 1, sizeof *wish));
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        const sitoo_row *r = &o->rows[lines[k].row];
        if (r->sku && (lines[k].quantity < 0) == back)
            wish[count++] = (move_wish){r->sku, -lines[k].quantity * r->unit, UNIT_COST};
    }
    if (count)
        sitoo_move_stock(s, w, back ? REFUND : SALE, wish, count, NULL, id);
    free(wish);
}

static json_t *delivery_doc(const sitoo_order *o, const sitoo_warehouse *w, int64_t id,
                            const delivery_line *lines, size_t n, const char *ref)
{
    json_t *items = json_array();
    for (size_t k = 0; k < n; k++)
        json_array_append_new(items, json_pack("{sI sI}", "orderitemid", (json_int_t)lines[k].row, "quantity",
                                               (json_int_t)lines[k].quantity));
    json_int_t now = env_now() / 1000;
    return json_pack("{sI sI si sI sI sn ss? so}", "orderdeliveryid", (json_int_t)id, "orderid",
                     (json_int_t)o->id, "warehouseid", w->id, "datecreated", now, "datedelivery", now,
                     "datecancelled", "orderdeliveryref", ref, "orderdeliveryitems", items);
}

static void tell(const sitoo *s, const sitoo_order *o, const sitoo_warehouse *w, int64_t id, const char *type,
                 const char *state)
{
    json_t *data = json_pack("{sI sI sI si}", "eshop_id", (json_int_t)sitoo_int(s, "site"), "order_id",
                             (json_int_t)o->id, "order_delivery_id", (json_int_t)id, "warehouse_id", w->id);
    json_object_set_new(data, setting_text("sitoo", "delivery_type_key"), json_string(type));
    json_object_set_new(data, setting_text("sitoo", "delivery_state_key"), json_string(state));
    sim_event("order-delivery", data);
}

static bool fully_delivered(const sitoo_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].delivered != o->rows[i].quantity)
            return false;
    return true;
}

static void close_if_set(sitoo *s, sitoo_order *o)
{
    char why[160];
    if (o->state != ORDER_OPEN || !sitoo_bool(s, "close_when_delivered") || !fully_delivered(o))
        return;
    json_t *patch = json_pack("{si}", "orderstateid", ORDER_CLOSED);
    sitoo_order_patch(s, o, patch, why, sizeof why);
    json_decref(patch);
}

int64_t sitoo_deliver(sitoo *s, sitoo_order *o, sitoo_warehouse *w, const delivery_line *lines, size_t n,
                      bool ignore_stock, const char *ref, char *why, size_t size)
{
    if (judge(s, o, lines, n, why, size))
        return -1;
    int64_t id = s->next_delivery++;
    const char *tag = json_string_value(
        json_object_get(json_object_get(o->doc, "additionaldata"), "delivery-ignore-stock"));
    list_add(&o->deliveries, delivery_doc(o, w, id, lines, n, ref));
    for (size_t k = 0; k < n; k++)
        o->rows[lines[k].row].delivered += lines[k].quantity;
    sitoo_hold(s, o);
    sim_effect(
        "sitoo", "delivery",
        json_pack("{sI sI si}", "order", (json_int_t)o->id, "delivery", (json_int_t)id, "warehouse", w->id));
    tell(s, o, w, id, "add", "delivered");
    if (!ignore_stock && (!tag || strcmp(tag, "true"))) {
        move(s, o, w, lines, n, id, false);
        move(s, o, w, lines, n, id, true);
    }
    close_if_set(s, o);
    return id;
}

/* ---- one that is taken back ---- */

static json_t *delivery_of(const sitoo_order *o, int64_t id)
{
    for (size_t i = 0; i < o->deliveries.count; i++)
        if (json_integer_value(json_object_get(o->deliveries.item[i], "orderdeliveryid")) == id)
            return o->deliveries.item[i];
    return NULL;
}

int sitoo_delivery_cancel(sitoo *s, sitoo_order *o, int64_t id, char *why, size_t size)
{
    json_t *delivery = delivery_of(o, id), *item = NULL;
    json_t *items = json_object_get(delivery, "orderdeliveryitems");
    size_t k = 0, n = json_array_size(items);
    sitoo_warehouse *w = sitoo_warehouse_of(s, json_integer_value(json_object_get(delivery, "warehouseid")));
    if (!w || json_is_integer(json_object_get(delivery, "datecancelled")))
        return snprintf(why, size, "There is no such delivery, or it is cancelled."), -1;
    delivery_line *lines = must(calloc(n + 1, sizeof *lines));
    json_array_foreach(items, k, item)
    {
        lines[k] = (delivery_line){(size_t)json_integer_value(json_object_get(item, "orderitemid")),
                                   -json_integer_value(json_object_get(item, "quantity"))};
        o->rows[lines[k].row].delivered += lines[k].quantity;
    }
    json_object_set_new(delivery, "datecancelled", json_integer(env_now() / 1000));
    sitoo_hold(s, o);
    sim_effect("sitoo", "delivery-cancelled",
               json_pack("{sI sI}", "order", (json_int_t)o->id, "delivery", (json_int_t)id));
    tell(s, o, w, id, "update", "cancelled");
    move(s, o, w, lines, n, id, true);
    move(s, o, w, lines, n, id, false);
    free(lines);
    return 0;
}

static sitoo_order *order_in_path(sitoo_call *c)
{
    sitoo_order *o = sitoo_order_of(c->s, strtoll(c->segment[3], NULL, 10));
    if (!o)
        sitoo_error(c, 404, "Order not found");
    return o;
}

void sitoo_get_deliveries(sitoo_call *c)
{
    sitoo_order *o = order_in_path(c);
    if (!o)
        return;
    listing l = listing_of(c, NULL);
    for (size_t i = 0; i < o->deliveries.count; i++)
        if (listing_takes(&l))
            listing_add(&l, json_deep_copy(o->deliveries.item[i]), NULL);
    listing_reply(&l);
}

void sitoo_post_delivery(sitoo_call *c)
{
    sitoo_order *o = order_in_path(c);
    json_t *items = json_object_get(c->body, "orderdeliveryitems"), *item = NULL;
    json_t *given = json_object_get(c->body, "warehouseid");
    char why[160] = "";
    size_t k = 0, n = json_array_size(items);
    if (!o)
        return;
    sitoo_warehouse *w = given ? sitoo_warehouse_of(c->s, json_integer_value(given)) : o->warehouse;
    if (!w || !n) {
        sitoo_error(c, 400,
                    w ? "Missing required field 'orderdeliveryitems'."
                      : "Invalid field value 'warehouseid'.");
        return;
    }
    delivery_line *lines = must(calloc(n, sizeof *lines));
    json_array_foreach(items, k, item) lines[k] =
        (delivery_line){(size_t)json_integer_value(json_object_get(item, "orderitemid")),
                        json_integer_value(json_object_get(item, "quantity"))};
    const char *ignore = query_text(c->query, "ignorestock");
    int64_t id =
        sitoo_deliver(c->s, o, w, lines, n, ignore && !strcmp(ignore, "true"),
                      json_string_value(json_object_get(c->body, "orderdeliveryref")), why, sizeof why);
    free(lines);
    if (id < 0)
        sitoo_error(c, 400, why);
    else
        sitoo_reply(c, json_integer(id));
}
