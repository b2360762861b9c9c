/* SPDX-License-Identifier: Apache-2.0 */
/* Web orders of the shop and what the tills have of them, side by side. A till order belongs to the web order
 * that its external id P-<order>-<part>-<attempt> names, by number or by id. Both ends agree about an order
 * if each of its parts has one live till order at the most, the live ones hold what the customer still gets,
 * each piece that was handed out was shipped, and the money is where the payment's way at checkout says. Read
 * as it stands: what is on its way at this instant is a difference too. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/compare.h"
#include "sdk/sim/sitoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ATTEMPTS = 64, MOST_TOLD = 50 };

typedef struct {
    const sitoo_order *order;
    const char *external;
    long part;
} attempt;

typedef struct { /* one web order and its attempts at the tills */
    const adobe_order *web;
    attempt at[MOST_ATTEMPTS];
    size_t n;
} both;

typedef struct {
    int64_t placed, waiting, at_till, done, cancelled, on_hold, differences, oldest_waiting;
    json_t *different, *open;
} tally;

/* ---- which till order is of which web order ---- */

static bool read_external(const char *external, const char *name, long *part)
{
    size_t n = strlen(name);
    char *end = NULL;
    if (!external || strncmp(external, "P-", 2) != 0 || strncmp(external + 2, name, n) != 0 ||
        external[2 + n] != '-')
        return false;
    *part = strtol(external + 3 + n, &end, 10);
    return *end == '-' && strchr(end + 1, '-') == NULL;
}

/* An edited order keeps the number of its original. */
static both gather(const adobe_order *web)
{
    const adobe_order *first = web->original ? adobe_order_of(sim_world.adobe, web->original) : web;
    const list *orders = &sim_world.sitoo->orders;
    both b = {.web = web};
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)(first ? first->id : web->id));
    for (size_t i = 0; i < orders->count && b.n < MOST_ATTEMPTS; i++) {
        attempt a = {.order = orders->item[i]};
        a.external = json_string_value(json_object_get(a.order->doc, "externalid"));
        if (read_external(a.external, first ? first->increment : web->increment, &a.part) ||
            read_external(a.external, id, &a.part))
            b.at[b.n++] = a;
    }
    return b;
}

static bool lives(const attempt *a)
{
    return a->order->state != ORDER_CANCELLED;
}

/* ---- pieces ---- */

typedef struct {
    int64_t alive, gone;          /* in the shop: shipped or still promised; shipped */
    int64_t at_tills, handed_out; /* at the tills: of orders that live; in deliveries that stand */
} pieces;

static const char *till_name(const char *shop)
{
    for (size_t i = 0; i < sim_world.sku_count; i++)
        if (sim_world.skus[i].shop && !strcmp(sim_world.skus[i].shop, shop))
            return sim_world.skus[i].till;
    return shop;
}

static void add_till_rows(const both *b, const char *sku, pieces *p)
{
    for (size_t n = 0; n < b->n; n++) {
        const sitoo_order *o = b->at[n].order;
        for (size_t i = 0; i < o->row_count; i++) {
            if (!o->rows[i].sku || strcmp(o->rows[i].sku, sku) != 0)
                continue;
            p->at_tills += lives(&b->at[n]) ? o->rows[i].quantity : 0;
            p->handed_out += o->rows[i].delivered;
        }
    }
}

/* Of the product that stands in a row of the order, over all its rows. */
static pieces count(const both *b, const adobe_row *of)
{
    pieces p = {0};
    for (size_t i = 0; i < b->web->row_count; i++) {
        const adobe_row *r = &b->web->rows[i];
        if (r->place != of->place || !row_is_leaf(r))
            continue;
        int64_t gone = row_gone(b->web, r) / ADOBE_UNIT;
        p.gone += gone;
        p.alive += gone + r->held / ADOBE_UNIT;
    }
    add_till_rows(b, till_name(sim_world.adobe->skus[of->place].name), &p);
    return p;
}

static bool stands_in_stock(const adobe_row *r)
{
    return row_is_leaf(r) && !r->is_virtual;
}

/* ---- the rules ---- */

static const char *judge_once(const both *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!strcmp(b->at[i].external, b->at[j].external))
                return "two till orders have one external id";
            if (lives(&b->at[i]) && lives(&b->at[j]) && b->at[i].part == b->at[j].part)
                return "two till orders of one part live";
        }
    return NULL;
}

/* What the customer was told to be ready counts as shipped before it is collected. */
static const char *judge_pieces(const both *b)
{
    for (size_t i = 0; i < b->web->row_count; i++) {
        if (!stands_in_stock(&b->web->rows[i]))
            continue;
        pieces p = count(b, &b->web->rows[i]);
        if (p.at_tills != p.alive)
            return p.at_tills < p.alive ? "not all of it is at a till"
                                        : "a till keeps what nobody waits for any more";
        if (p.handed_out > p.gone)
            return "handed out and not shipped";
        if (p.handed_out < p.gone && !b->web->notified)
            return "shipped and not handed out";
    }
    return NULL;
}

static int covers(int64_t part, int64_t whole)
{
    return !part ? 0 : part < whole ? 1 : 2;
}

/* Sums over rows are compared as nothing, a part or all: a bundle may ship by another row than it is paid. */
static const char *judge_money(const both *b)
{
    int64_t ordered = 0, invoiced = 0, to_ship = 0, shipped = 0;
    const adobe_order *o = b->web;
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i];
        bool money = row_is_money(o, r), ships = row_ships(o, r) && !r->is_virtual;
        ordered += money ? r->ordered : 0;
        invoiced += money ? r->invoiced : 0;
        to_ship += ships ? r->ordered : 0;
        shipped += ships ? r->shipped : 0;
        if (o->action != AT_ORDER_CAPTURED && money && ships && r->invoiced != r->shipped)
            return r->invoiced < r->shipped ? "shipped and not invoiced" : "invoiced and not shipped";
    }
    if (o->action == AT_ORDER_CAPTURED)
        return invoiced == ordered ? NULL : "captured at checkout and not invoiced";
    return covers(invoiced, ordered) == covers(shipped, to_ship) ? NULL
                                                                 : "what is invoiced is not what is shipped";
}

/* A gateway that holds the money is told to take it by each invoice; without one there is none to ask. */
static const char *judge_capture(const both *b)
{
    const document_list *invoices = &sim_world.adobe->sales->documents[INVOICE];
    for (size_t i = 0; i < invoices->count; i++)
        if (invoices->item[i]->of == b->web && invoices->item[i]->captured != b->web->online)
            return b->web->online ? "an invoice took no money" : "an invoice took money that the till has";
    return NULL;
}

static const char *judge(const both *b)
{
    static const char *(*const rules[])(const both *) = {judge_once, judge_pieces, judge_money,
                                                         judge_capture};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *why = rules[i](b);
        if (why)
            return why;
    }
    return NULL;
}

/* ---- where it stands ---- */

typedef struct {
    int64_t missing, promised, gone;
} standing;

static standing stand(const both *b)
{
    standing s = {0};
    for (size_t i = 0; i < b->web->row_count; i++) {
        if (!stands_in_stock(&b->web->rows[i]))
            continue;
        pieces p = count(b, &b->web->rows[i]);
        s.missing += p.alive > p.at_tills ? p.alive - p.at_tills : 0;
        s.promised += p.alive - p.gone;
        s.gone += p.gone;
    }
    return s;
}

static bool tell_open(const both *b, json_t *open)
{
    bool any = false;
    for (size_t n = 0; n < b->n; n++) {
        if (b->at[n].order->state != ORDER_OPEN)
            continue;
        any = true;
        json_array_append_new(open, json_pack("{sI sI sb sb}", "order", (json_int_t)b->web->id, "till",
                                              (json_int_t)b->at[n].order->id, "pickup",
                                              b->web->pickup != NULL, "notified", b->web->notified));
    }
    return any;
}

static void wait_for_till(const adobe_order *web, tally *t)
{
    int64_t age = env_now() - web->created;
    t->waiting++;
    t->oldest_waiting = age > t->oldest_waiting ? age : t->oldest_waiting;
}

static void add(const both *b, tally *t)
{
    standing s = stand(b);
    bool open = tell_open(b, t->open);
    const char *why = judge(b);
    t->placed++;
    if (!strcmp(b->web->state, "holded"))
        t->on_hold++;
    else if (s.missing)
        wait_for_till(b->web, t);
    else if (open)
        t->at_till++;
    else if (!s.promised && !s.gone)
        t->cancelled++;
    else
        t->done++;
    if (why && t->differences++ < MOST_TOLD)
        json_array_append_new(t->different, json_pack("{ss ss ss}", "order", b->web->increment, "state",
                                                      b->web->state, "why", why));
}

json_t *compare_orders(void)
{
    tally t = {.different = json_array(), .open = json_array()};
    const struct adobe_sales *sales = sim_world.adobe->sales;
    for (size_t i = 0; i < sales->count; i++) {
        if (sales->orders[i]->replaced_by)
            continue;
        both b = gather(sales->orders[i]);
        add(&b, &t);
    }
    return json_pack("{sI sI sI sI sI sI sI sI so so}", "placed", (json_int_t)t.placed, "waiting",
                     (json_int_t)t.waiting, "at_till", (json_int_t)t.at_till, "done", (json_int_t)t.done,
                     "cancelled", (json_int_t)t.cancelled, "on_hold", (json_int_t)t.on_hold,
                     "oldest_waiting_ms", (json_int_t)t.oldest_waiting, "differences",
                     (json_int_t)t.differences, "different", t.different, "open", t.open);
}
