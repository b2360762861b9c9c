/* SPDX-License-Identifier: Apache-2.0 */
/* From cells to the facts that the table of steps compares. What the shop counts per row of the order is
 * given to the parts: shipments to the part of their source first, what is not wanted any more to the last
 * parts that have not handed it out. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- the shop's side ---- */

static bool among(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(*list, word))
            return true;
    }
    return false;
}

/* Pieces of all things that the customer gets. */
static int64_t all_kept(const bridge *b)
{
    int64_t kept = 0;
    for (size_t k = 0; k < b->things; k++) {
        sold_counts c;
        bridge_counts(b, k, &c);
        kept += sold_kept(&c, delivered_at(b, k, NULL));
    }
    return kept;
}

static bool ever(const bridge *b)
{
    return json_array_size(json_object_get(b->till, "orders")) ||
           json_array_size(json_object_get(b->attempts, "parts"));
}

static unsigned shop_state(const bridge *b)
{
    static const char *const not_yet[] = {"pending_payment", "payment_review", "received", NULL};
    const char *state = order_text(b->order, "state");
    if (!strcmp(state, "canceled"))
        return SHOP_GONE;
    if (!strcmp(state, "complete"))
        return SHOP_DONE;
    if (!all_kept(b))
        return SHOP_GONE;
    if (!strcmp(state, "closed"))
        return SHOP_DONE;
    if (!strcmp(state, "holded"))
        return SHOP_HELD;
    if (among(state, not_yet))
        return SHOP_NOT_YET;
    return ever(b) || b->paid || b->self->send_when == WHEN_PLACED ? SHOP_OPEN : SHOP_NOT_YET;
}

/* ---- what the shop counts per row, by parts ---- */

/* An outside place hands over what was routed there, and the till knows nothing of it. */
static int64_t takes(const bridge *b, size_t p, size_t thing)
{
    const cell *c = cell_at(b, p, thing);
    return c->placed ? c->placed : c->wanted;
}

static void share_shipped(bridge *b, size_t thing, int64_t shipped)
{
    for (size_t p = 0; p < b->parts_n; p++) {
        cell *c = cell_at(b, p, thing);
        int64_t here = *b->parts[p].source ? shipped_from(b, thing, b->parts[p].source) : 0;
        for (size_t q = 0; q < p; q++) { /* another part of that source has its share */
            if (!strcmp(b->parts[q].source, b->parts[p].source))
                here -= cell_at(b, q, thing)->shipped;
        }
        c->shipped = least(least(here, takes(b, p, thing)), shipped);
        c->shipped = c->shipped > 0 ? c->shipped : 0;
        shipped -= c->shipped;
    }
    for (size_t p = 0; p < b->parts_n && shipped > 0; p++) {
        cell *c = cell_at(b, p, thing);
        int64_t more = least(shipped, takes(b, p, thing) - c->shipped);
        c->shipped += more > 0 ? more : 0;
        shipped -= more > 0 ? more : 0;
    }
}

static bool is_live(const bridge_part *p)
{
    return p->till.state == TILL_OPEN || p->till.state == TILL_CLOSED;
}

/* Of what stands at the tills, the customer gets `kept`: the surplus is cut from the last parts first. */
static void share_kept(bridge *b, size_t thing, int64_t kept)
{
    int64_t surplus = -kept;
    for (size_t p = 0; p < b->parts_n; p++) {
        cell *c = cell_at(b, p, thing);
        c->kept = c->placed;
        surplus += is_live(&b->parts[p]) ? c->placed : c->delivered;
    }
    for (size_t p = b->parts_n; p-- > 0 && surplus > 0;) {
        cell *c = cell_at(b, p, thing);
        int64_t cut = is_live(&b->parts[p]) ? least(surplus, c->placed - c->delivered) : 0;
        c->kept -= cut > 0 ? cut : 0;
        surplus -= cut > 0 ? cut : 0;
    }
    for (size_t p = b->parts_n; p-- > 0 && surplus > 0;) { /* what is out already */
        cell *c = cell_at(b, p, thing);
        int64_t cut = least(surplus, c->delivered);
        c->kept -= cut;
        surplus -= cut;
    }
    for (size_t p = 0; p < b->parts_n; p++) { /* a dead attempt: what of it was still wanted */
        cell *c = cell_at(b, p, thing);
        if (!is_live(&b->parts[p]))
            c->kept = least(c->placed, kept);
    }
}

static void share_things(bridge *b)
{
    for (size_t k = 0; k < b->things; k++) {
        sold_counts c;
        bridge_counts(b, k, &c);
        share_shipped(b, k, c.shipped);
        share_kept(b, k, sold_kept(&c, delivered_at(b, k, NULL)));
    }
}

/* ---- facts of a part ---- */

static unsigned till_bit(const bridge_part *p)
{
    static const unsigned bits[] = {AT_NONE, AT_OPEN, AT_CLOSED, AT_CANCELLED};
    return bits[p->till.state];
}

/* Its rows are not among what the shop sells now. */
static bool is_edited(const bridge *b, const bridge_part *p)
{
    size_t i;
    json_t *row;
    bool other = false;
    json_array_foreach(json_object_get(p->till.json, "orderitems"), i, row)
    {
        other |= till_row_item(row) && !order_item(b->order, till_row_item(row));
    }
    return other;
}

static int64_t last_move(const bridge_part *p)
{
    static const char *const lists[][2] = {{"orderlogitems", "datecreated"}, {"deliveries", "datedelivery"}};
    int64_t last = order_number(p->till.json, "orderdate");
    for (int list = 0; list < 2; list++) {
        size_t i;
        json_t *one;
        json_array_foreach(json_object_get(p->till.json, lists[list][0]), i, one)
        {
            int64_t when = order_number(one, lists[list][1]);
            last = when > last ? when : last;
        }
    }
    return last * 1000;
}

int64_t reserve_time(const bridge *b)
{
    return b->paid ? b->self->reserve : b->self->reserve_unpaid;
}

static bool is_lapsing(const bridge *b, const bridge_part *p)
{
    int64_t before = b->self->renew_before;
    before = before < reserve_time(b) / 4 ? before : reserve_time(b) / 4;
    return p->till.state == TILL_OPEN && p->till.reserved_until - b->now < before;
}

static bool nothing_elsewhere(const bridge *b)
{
    for (size_t p = 0; p < b->parts_n; p++) {
        if (is_live(&b->parts[p]))
            return false;
        for (size_t k = 0; k < b->things; k++) {
            if (cell_at(b, p, k)->delivered)
                return false;
        }
    }
    return true;
}

static bool any_invoiced(const bridge *b)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(b->order, "items"), i, row)
    {
        if (order_quantity(row, "qty_invoiced") > 0)
            return true;
    }
    return false;
}

static bool has_rows(json_t *rows)
{
    bool some = json_array_size(rows) > 0;
    json_decref(rows);
    return some;
}

typedef struct common { /* facts of the whole order */
    unsigned shop, is;
} common;

static common common_facts(const bridge *b)
{
    const char *source = NULL;
    common c = {shop_state(b), 0};
    bool invoiced = any_invoiced(b);
    c.is |= b->pickup ? FACT_PICKUP : 0;
    c.is |= b->notified ? FACT_NOTIFIED : 0;
    c.is |= ever(b) ? FACT_EVER : 0;
    c.is |= b->self->refund_on_cancel ? FACT_GIVE_BACK : 0;
    c.is |= b->self->shops_shipment == SHOPS_SHIPMENT_DELIVER ? FACT_DELIVER : 0;
    c.is |= has_rows(shippable_rows(b, &source)) ? FACT_WHOLE : 0;
    if (money_due(b->money, invoiced, MONEY_CANCELLED) == MONEY_CANCEL && nothing_elsewhere(b))
        c.is |= FACT_CANCELLABLE;
    if (money_due(b->money, false, MONEY_HANDED_OUT) == MONEY_CAPTURE_FIRST &&
        has_rows(invoice_rows(b, false)))
        c.is |= FACT_CAPTURE;
    if (money_due(b->money, false, MONEY_HANDED_OUT) == MONEY_BOOK_AFTER && has_rows(invoice_rows(b, true)))
        c.is |= FACT_BOOK;
    return c;
}

static bool left_here(const bridge *b, size_t p)
{
    for (size_t k = 0; k < b->things; k++) {
        const cell *c = cell_at(b, p, k);
        if (c->shipped > c->delivered && shipped_from(b, k, b->parts[p].source) < c->shipped - c->delivered)
            return false;
    }
    return *b->parts[p].source != '\0';
}

static unsigned part_facts(const bridge *b, size_t p)
{
    const bridge_part *part = &b->parts[p];
    const char *system = order_text(part->route, "system");
    const struct {
        bool holds;
        unsigned fact;
    } list[] = {
        {attempts_lost(b, part->number) != NULL, FACT_LOST},
        {is_live(part) && is_edited(b, part), FACT_EDITED},
        {part->till.refused, FACT_REFUSED},
        {part->till.ready, FACT_READY},
        {!strcmp(system, "nowhere"), FACT_NOWHERE},
        {!strcmp(system, "none"), FACT_OUTSIDE},
        {is_lapsing(b, part), FACT_LAPSING},
        {b->self->too_old && part->till.json && last_move(part) &&
             b->now - last_move(part) > b->self->too_old,
         FACT_OLD},
        {left_here(b, p), FACT_LEFT_HERE},
    };
    unsigned is = 0;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        is |= list[i].holds ? list[i].fact : 0;
    return is;
}

/* What the shop would take as shipped now of the thing, at most. */
static int64_t shippable_pieces(const bridge *b, size_t thing)
{
    sold_counts c;
    sold_counts_read(b->order, thing_at(b, thing), &c);
    share_line line = {c.ordered, c.canceled, c.shipped, c.refunded, 0};
    return share_promised(&line);
}

static int64_t all_delivered(const till_order *t)
{
    size_t i;
    json_t *row;
    int64_t pieces = 0;
    json_array_foreach(json_object_get(t->json, "orderitems"), i, row)
    {
        pieces += till_delivered(t->json, (int64_t)i, 0, false);
    }
    return pieces;
}

void bridge_facts(bridge *b)
{
    share_things(b);
    common all = common_facts(b);
    for (size_t p = 0; p < b->parts_n; p++) {
        bridge_part *part = &b->parts[p];
        part->f = (facts){.shop = all.shop, .till = till_bit(part), .is = all.is | part_facts(b, p)};
        for (size_t k = 0; k < b->things; k++) {
            const cell *c = cell_at(b, p, k);
            facts_add(&part->f, &(thing_counts){c->placed, c->kept, c->delivered, c->taken_back, c->shipped,
                                                shippable_pieces(b, k)});
            part->f.pieces[WANTED] += c->wanted;
        }
        if (part->f.is & FACT_EDITED)
            part->f.pieces[DELIVERED] = all_delivered(&part->till);
    }
}
