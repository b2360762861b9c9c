/* SPDX-License-Identifier: Apache-2.0 */
/* The orders of the shop: what is left of a row to ship, invoice, refund and cancel, and which state follows
 * from that. Which row carries the money and which one ships depends on what it was sold as: a configurable's
 * parent does both, a bundle's children carry the money of a dynamic price and ship when they ship
 * separately.
 */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

/* ---- keeping ---- */

void adobe_sales_open(adobe *m)
{
    m->sales = must(calloc(1, sizeof *m->sales));
    m->sales->by_increment = json_object();
    for (size_t i = 0; i < sizeof m->sales->next_increment / sizeof *m->sales->next_increment; i++)
        m->sales->next_increment[i] = 1;
}

static void free_order(adobe_order *o)
{
    json_t *parts[] = {o->head, o->billing, o->shipping, o->payment, o->history, o->extension};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        json_decref(parts[i]);
    for (size_t i = 0; i < o->row_count; i++) {
        free(o->rows[i].sku);
        free(o->rows[i].name);
        json_decref(o->rows[i].option);
        json_decref(o->rows[i].itemized);
        json_decref(o->rows[i].rules);
    }
    free(o->rows);
    free(o->increment);
    free(o->status);
    free(o->held_status);
    free(o->method);
    free(o->pickup);
    free(o);
}

void adobe_sales_close(adobe *m)
{
    struct adobe_sales *s = m->sales;
    for (size_t i = 0; i < s->count; i++)
        free_order(s->orders[i]);
    for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
        for (size_t i = 0; i < s->documents[kind].count; i++) {
            json_decref(s->documents[kind].item[i]->doc);
            free(s->documents[kind].item[i]->taken);
            free(s->documents[kind].item[i]);
        }
        free(s->documents[kind].item);
    }
    json_decref(s->by_increment);
    free(s->orders);
    free(s);
    m->sales = NULL;
}

adobe_order *adobe_order_of(const adobe *m, int64_t id)
{
    return id > 0 && (size_t)id <= m->sales->count ? m->sales->orders[id - 1] : NULL;
}

adobe_order *adobe_order_add(adobe *m, int store)
{
    struct adobe_sales *s = m->sales;
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 64;
        s->orders = must(realloc(s->orders, s->room * sizeof *s->orders));
    }
    adobe_order *o = must(calloc(1, sizeof *o));
    *o = (adobe_order){.id = (int64_t)s->count + 1, .store = store, .created = env_now()};
    o->updated = o->created;
    o->history = json_array();
    for (int i = 0; i < ORDER_AMOUNT_COUNT; i++)
        o->amount[i] = UNSET;
    s->orders[s->count++] = o;
    return o;
}

void adobe_order_drop(adobe *m)
{
    free_order(m->sales->orders[--m->sales->count]);
}

/* ---- amounts ---- */

int64_t amount_of(int64_t amount)
{
    return amount == UNSET ? 0 : amount;
}

void amount_add(int64_t *amount, int64_t by)
{
    *amount = amount_of(*amount) + by;
}

/* ---- rows ---- */

static const adobe_row *parent_of(const adobe_order *o, const adobe_row *r)
{
    return r->parent == NO_ROW ? NULL : &o->rows[r->parent];
}

bool row_is_money(const adobe_order *o, const adobe_row *r)
{
    const adobe_row *parent = parent_of(o, r);
    return parent ? parent->dynamic : !(r->has_children && r->dynamic);
}

bool row_ships(const adobe_order *o, const adobe_row *r)
{
    const adobe_row *parent = parent_of(o, r);
    return parent ? parent->separately : !(r->has_children && r->separately);
}

bool row_is_leaf(const adobe_row *r)
{
    return !r->has_children;
}

adobe_row *row_of_item(const adobe_order *o, int64_t item)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].item == item)
            return &o->rows[i];
    return NULL;
}

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t row_to_ship(const adobe_order *o, const adobe_row *r)
{
    if (!row_ships(o, r) || r->is_virtual)
        return 0;
    return at_least_0(r->ordered - larger(r->shipped, r->refunded) - r->canceled);
}

int64_t row_to_invoice(const adobe_order *o, const adobe_row *r)
{
    return row_is_money(o, r) ? at_least_0(r->ordered - r->invoiced - r->canceled) : 0;
}

int64_t row_to_refund(const adobe_order *o, const adobe_row *r)
{
    return row_is_money(o, r) ? at_least_0(r->invoiced - r->refunded) : 0;
}

/* The smaller of what can be invoiced and shipped; so nothing of a bundle whose money is on its children
 * while it ships as one, and nothing of its children either: its rows stay uncounted when the order is
 * cancelled. */
int64_t row_to_cancel(const adobe_order *o, const adobe_row *r)
{
    int64_t invoice = row_to_invoice(o, r);
    if (r->is_virtual)
        return invoice;
    int64_t ship = row_to_ship(o, r);
    return invoice < ship ? invoice : ship;
}

int64_t row_gone(const adobe_order *o, const adobe_row *r)
{
    const adobe_row *parent = parent_of(o, r);
    return row_ships(o, r) || !parent ? r->shipped : parent->shipped / ADOBE_UNIT * r->per;
}

int64_t leaf_pieces(const adobe_order *o, size_t leaf, order_part of)
{
    return leaf == of.row ? of.quantity : of.quantity / ADOBE_UNIT * o->rows[leaf].per;
}

/* ---- states ---- */

static const struct {
    const char *state, *status;
} states[] = {{"new", "pending"},           {"pending_payment", "pending_payment"},
              {"processing", "processing"}, {"complete", "complete"},
              {"closed", "closed"},         {"canceled", "canceled"},
              {"holded", "holded"},         {"payment_review", "payment_review"}};

void order_set_state(adobe_order *o, const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (!strcmp(states[i].state, state)) {
            o->state = states[i].state;
            free(o->status);
            o->status = must(strdup(states[i].status));
        }
}

static bool is_one_of(const char *state, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(*list, state))
            return true;
    return false;
}

static bool any_row(const adobe_order *o, int64_t (*left)(const adobe_order *, const adobe_row *))
{
    for (size_t i = 0; i < o->row_count; i++)
        if (left(o, &o->rows[i]) > 0)
            return true;
    return false;
}

bool order_can_invoice(const adobe_order *o)
{
    static const char *const never[] = {"holded", "payment_review", "canceled", "complete", "closed", NULL};
    return !is_one_of(o->state, never) && any_row(o, row_to_invoice);
}

bool order_can_ship(const adobe_order *o)
{
    static const char *const never[] = {"holded", "payment_review", "canceled", NULL};
    return !is_one_of(o->state, never) && any_row(o, row_to_ship);
}

bool order_can_refund(const adobe_order *o)
{
    static const char *const never[] = {"holded", "payment_review", "canceled", "closed", NULL};
    int64_t left = amount_of(o->amount[ORDER_total_paid]) - amount_of(o->amount[ORDER_total_refunded]);
    return !is_one_of(o->state, never) && left > 0;
}

static bool is_virtual(const adobe_order *o)
{
    return o->shipping == NULL;
}

/* As the shop does on each save: closed when nothing is left to do or to give back, complete when nothing is
 * left to do. */
void order_settle_state(adobe_order *o)
{
    bool moves = !strcmp(o->state, "processing") || !strcmp(o->state, "complete");
    if (!moves || order_can_invoice(o))
        return;
    if (!order_can_refund(o) && !order_can_ship(o) && !is_virtual(o))
        order_set_state(o, "closed");
    else if (!order_can_ship(o) && strcmp(o->state, "complete") != 0)
        order_set_state(o, "complete");
}

/* ---- what is told ---- */

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

/* Reservations are never changed: what is let go is one more, of the opposite sign. */
void order_unreserve(adobe *m, const adobe_order *o, const adobe_row *leaf, int64_t quantity,
                     const char *event)
{
    if (leaf->is_virtual || !quantity)
        return;
    adobe_reserve(m, o->stock, leaf->place, quantity,
                  json_pack("{ss ss so ss}", "event_type", event, "object_type", "order", "object_id",
                            json_sprintf("%lld", (long long)o->id), "object_increment_id", o->increment));
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
