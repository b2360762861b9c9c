/* SPDX-License-Identifier: Apache-2.0 */
/* What staff do with an order that came from the web: pick it, refuse it, hand it out (all or a part, also
 * from another store), take a delivery back, cancel or change it. One that nobody collects is one for which
 * none of this is done. */
#include "sdk/sim/tills.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 50, READY = 900, REJECTED = 910 };

typedef struct {
    sitoo *s;
    sitoo_order *order;
    const json_t *arguments;
    char *why;
    size_t size;
} staff;

static json_t *refuse(staff *t, const char *text)
{
    snprintf(t->why, t->size, "%s", text);
    return NULL;
}

static json_t *said(const staff *t)
{
    return json_pack("{sI si}", "order", (json_int_t)t->order->id, "state", t->order->state);
}

static json_t *mark(staff *t, int type)
{
    if (t->order->state != ORDER_OPEN)
        return refuse(t, "the order is not open");
    sitoo_order_log(t->s, t->order, type);
    return said(t);
}

static json_t *ready(staff *t)
{
    return mark(t, READY);
}

static json_t *reject(staff *t)
{
    return mark(t, REJECTED);
}

static json_t *set_state(staff *t, int state)
{
    json_t *patch = json_pack("{si}", "orderstateid", state);
    int bad = sitoo_order_patch(t->s, t->order, patch, t->why, t->size);
    json_decref(patch);
    return bad ? NULL : said(t);
}

static json_t *cancel(staff *t)
{
    return t->order->state == ORDER_OPEN ? set_state(t, ORDER_CANCELLED) : refuse(t, "the order is not open");
}

/* The lines that are named; none: all that is open. */
static size_t lines_of(const staff *t, delivery_line *lines)
{
    size_t i = 0, n = 0;
    json_t *item = NULL, *items = json_object_get(t->arguments, "rows");
    json_array_foreach(items, i, item) if (n < MOST_LINES) lines[n++] =
        (delivery_line){(size_t)json_integer_value(json_object_get(item, "row")),
                        json_integer_value(json_object_get(item, "quantity"))};
    for (i = 0; !items && i < t->order->row_count && n < MOST_LINES; i++)
        if (t->order->rows[i].quantity != t->order->rows[i].delivered)
            lines[n++] = (delivery_line){i, t->order->rows[i].quantity - t->order->rows[i].delivered};
    return n;
}

static bool handed_out(const sitoo_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].delivered != o->rows[i].quantity)
            return false;
    return true;
}

static json_t *collect(staff *t)
{
    delivery_line lines[MOST_LINES];
    const json_t *at = json_object_get(t->arguments, "warehouse");
    sitoo_warehouse *w = at ? sitoo_warehouse_of(t->s, json_integer_value(at)) : t->order->warehouse;
    size_t n = lines_of(t, lines);
    if (t->order->state != ORDER_OPEN || !w || !n)
        return refuse(t, "the order must be open, its warehouse known, and something left to hand out");
    int64_t id = sitoo_deliver(t->s, t->order, w, lines, n, false, NULL, t->why, t->size);
    if (id < 0)
        return NULL;
    if (handed_out(t->order) && t->order->state == ORDER_OPEN)
        json_decref(set_state(t, ORDER_CLOSED));
    json_t *done = said(t);
    json_object_set_new(done, "delivery", json_integer(id));
    return done;
}

static json_t *cancel_delivery(staff *t)
{
    int64_t id = json_integer_value(json_object_get(t->arguments, "delivery"));
    return sitoo_delivery_cancel(t->s, t->order, id, t->why, t->size) ? NULL : said(t);
}

/* Rows as REST takes them: what is not among them is gone. */
static json_t *edit(staff *t)
{
    json_t *rows = json_object_get(t->arguments, "rows");
    json_t *patch =
        json_is_array(rows) && json_array_size(rows) ? json_pack("{sO}", "orderitems", rows) : NULL;
    if (!patch)
        return refuse(t, "rows must be a list of order rows");
    int bad = sitoo_order_patch(t->s, t->order, patch, t->why, t->size);
    json_decref(patch);
    return bad ? NULL : said(t);
}

static const struct {
    const char *verb;
    json_t *(*run)(staff *t);
} verbs[] = {
    {"ready", ready},   {"reject", reject}, {"collect", collect}, {"cancel-delivery", cancel_delivery},
    {"cancel", cancel}, {"edit", edit},
};

json_t *till_staff(const char *verb, const json_t *arguments, bool *known, char *why, size_t size)
{
    staff t = {.s = sim_world.sitoo, .arguments = arguments, .why = why, .size = size};
    size_t i = 0, n = sizeof verbs / sizeof *verbs;
    while (i < n && strcmp(verbs[i].verb, verb))
        i++;
    *known = i < n;
    t.order = sitoo_order_of(t.s, json_integer_value(json_object_get(arguments, "order")));
    if (!*known)
        return NULL;
    return t.order ? verbs[i].run(&t) : refuse(&t, "order must be the id of an order");
}
