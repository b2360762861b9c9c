/* SPDX-License-Identifier: Apache-2.0 */
/* The demonstration's buyers and staff. Orders are of each kind in turn: to be collected or to be shipped by
 * a store, paid at checkout, authorised, or paid in the store; one is cancelled at once, one when it is at
 * the till, and one is refused by the first store that gets it. Nobody here talks to the daemon: customers
 * are in the shop, staff at the tills, and what comes of it is seen on both sides. */
#include "core/cli/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 20, LEAST_PIECES = 4, PATIENCE = 2000 };

const demo_payment demo_payments[] = {{"card", "capture", "captured-at-order"},
                                      {"invoice", "authorize", "capture-at-shipment"},
                                      {"payinstore", "none", "pay-in-store"},
                                      {NULL, NULL, NULL}};
enum { CARD, ON_INVOICE, IN_STORE };

typedef enum { SERVED, REFUSED_ONCE, CANCELLED_AT_ONCE, CANCELLED_LATER } fate;

static const struct kind {
    bool pickup;
    int payment;
    fate fate;
} kinds[] = {
    {true, CARD, SERVED},       {false, ON_INVOICE, SERVED},          {true, IN_STORE, SERVED},
    {false, CARD, SERVED},      {false, ON_INVOICE, CANCELLED_LATER}, {false, ON_INVOICE, REFUSED_ONCE},
    {true, ON_INVOICE, SERVED}, {true, IN_STORE, CANCELLED_AT_ONCE},  {false, CARD, SERVED},
    {true, CARD, SERVED},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int64_t number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* `body` is taken over; NULL: refused. */
static json_t *act(const demo *d, const char *path, json_t *body)
{
    json_t *answer = demo_ask(d, d->control_port, "POST", path, body);
    json_decref(body);
    return answer;
}

static bool say(const demo *d, const char *path, int64_t order)
{
    json_t *done = act(d, path, json_pack("{s:I}", "order", (json_int_t)order));
    json_decref(done);
    return done != NULL;
}

/* ---- buyers ---- */

/* A row of the shop with enough in it, by chance: customers find what is there. */
static const json_t *find_row(const json_t *rows)
{
    const json_t *row = NULL;
    size_t n = json_array_size(rows);
    for (int i = 0; n && i < TRIES; i++) {
        row = json_array_get(rows, (size_t)(env_random() % n));
        if (strtod(json_string_value(json_object_get(row, "quantity")), NULL) >= LEAST_PIECES)
            return row;
    }
    return NULL;
}

static json_t *wish(const struct kind *k, const json_t *row)
{
    const demo_payment *p = &demo_payments[k->payment];
    json_t *w =
        json_pack("{s:[{s:O, s:i}], s:{s:s, s:s}}", "items", "sku", json_object_get(row, "sku"), "quantity",
                  1 + (int)(env_random() % 2), "payment", "method", p->method, "action", p->action);
    if (k->pickup)
        json_object_set(w, "pickup", json_object_get(row, "source"));
    else
        json_object_set_new(w, "shipping", json_integer(5));
    return w;
}

static void buy(demo *d)
{
    int kind = d->order_n % KINDS;
    json_t *rows = demo_ask(d, d->control_port, "GET", "/state/adobe", NULL);
    const json_t *row = find_row(rows);
    json_t *placed = row ? act(d, "/adobe/order", wish(&kinds[kind], row)) : NULL;
    if (placed)
        d->order[d->order_n++] = (demo_order){.web = number(placed, "order"), .kind = kind};
    else
        d->turned_away++;
    if (placed && kinds[kind].fate == CANCELLED_AT_ONCE)
        say(d, "/adobe/order-cancel", number(placed, "order"));
    json_decref(placed);
    json_decref(rows);
}

static void buy_when_due(demo *d)
{
    if (!d->order)
        d->order = calloc(DEMO_ORDERS_MOST, sizeof *d->order);
    if (!d->order || !(d->orders > 0) || d->order_n == DEMO_ORDERS_MOST || env_mono() < d->next_order)
        return;
    d->next_order = env_mono() + (int64_t)(1000 / d->orders);
    buy(d);
}

/* ---- staff ---- */

/* The customer is told by the shop, not by the store: so staff wait for that. */
static void prepare(const demo *d, demo_order *o, const json_t *at)
{
    int64_t till = number(at, "till");
    if (json_is_true(json_object_get(at, "notified")))
        say(d, "/tills/collect", till);
    else if (o->acted_on != till && say(d, "/tills/ready", till))
        o->acted_on = till;
}

static void ship(const demo *d, demo_order *o, const json_t *at)
{
    int64_t till = number(at, "till");
    if (kinds[o->kind].fate == REFUSED_ONCE && !o->acted_on && say(d, "/tills/reject", till))
        o->acted_on = till;
    else if (o->acted_on != till)
        say(d, "/tills/collect", till);
}

static void serve(const demo *d, demo_order *o, const json_t *at)
{
    if (kinds[o->kind].fate == CANCELLED_AT_ONCE)
        return;
    if (kinds[o->kind].fate == CANCELLED_LATER)
        say(d, "/adobe/order-cancel", o->web);
    else if (kinds[o->kind].pickup)
        prepare(d, o, at);
    else
        ship(d, o, at);
}

static demo_order *order_of(const demo *d, int64_t web)
{
    for (int i = 0; i < d->order_n; i++) {
        if (d->order[i].web == web)
            return &d->order[i];
    }
    return NULL;
}

/* Each thing that is done takes a moment, until the tills close. */
static void serve_all(const demo *d, const json_t *orders, bool closing)
{
    size_t i;
    json_t *at;
    json_array_foreach(json_object_get(orders, "open"), i, at)
    {
        demo_order *o = order_of(d, number(at, "order"));
        if (o && (closing || (o->due && o->due <= env_mono())))
            serve(d, o, at);
        if (o && (!o->due || o->due <= env_mono()))
            o->due = env_mono() + PATIENCE + (int64_t)(env_random() % PATIENCE);
    }
}

void demo_orders_turn(demo *d, bool closing)
{
    if (!closing)
        buy_when_due(d);
    json_t *orders = demo_ask(d, d->control_port, "GET", "/compare/orders", NULL);
    serve_all(d, orders, closing);
    json_decref(orders);
}

bool demo_orders_rest(const json_t *orders)
{
    return orders && !number(orders, "differences") && !number(orders, "waiting") &&
           !number(orders, "at_till");
}
