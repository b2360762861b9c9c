/* SPDX-License-Identifier: Apache-2.0 */
/* From the step that is due to an operation with its claims and its identity, or to a verdict. What the stock
 * pipeline must know is kept with it; where the verdict would throw it away (a wait, an exception), it is
 * kept in a turn of its own first. */
#include "plugins/order-bridge/doing.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 30 * 1000, SLOW_MS = 60 * 1000, AGAIN_MS = 15 * 60 * 1000 };

static tb_verdict do_operation(doing *x, const operation *o);

/* ---- exceptions ---- */

static const struct trouble {
    step step;
    const char *reason, *text;
    bool tell; /* whoever looks at the order in the shop must know */
} troubles[] = {
    {STEP_GOODS_OUT, "order.goods-out",
     "goods are out that the shop has cancelled or refunded: they or the money must come back", true},
    {STEP_SHIPPED_ELSEWHERE, "order.shipped-elsewhere",
     "the shop has shipped what the till has not handed out", true},
    {STEP_REFUND_DUE, "order.refund-due",
     "no place hands it over, and the customer has paid or still waits: the money is due back", true},
    {STEP_TAKEN_BACK, "shipment.cancelled-at-till",
     "the till took back what the shop has shipped; a shipment cannot be undone", true},
    {STEP_BUNDLE_APART, "shipment.bundle-apart",
     "the parts of a bundle that ships as one were handed out by several sources", false},
    {STEP_OTHER_ROWS, "order.changed-at-till", "the till's order is not what was ordered", false},
    {STEP_NOT_COLLECTED, "order.not-collected", "nothing has happened to it for long", true},
};

static void sentence(const doing *x, const struct trouble *t, char *out, size_t size)
{
    char handed[32], shipped[32], other[600] = "";
    if (t->step == STEP_OTHER_ROWS)
        changed_at_till(x->b, x->part, other, sizeof other);
    tb_quantity_format(x->part->f.pieces[DELIVERED], 0, handed, sizeof handed);
    tb_quantity_format(x->part->f.pieces[SHIPPED], 0, shipped, sizeof shipped);
    snprintf(out, size, "order %s, part %d%s%s (%s): %s%s%s; handed out %s, shipped %s, paid %s",
             order_text(x->b->order, "increment_id"), x->part->number, x->part->till.json ? " " : "",
             order_text(x->part->till.json, "externalid"), x->due->rule, t->text, *other ? ": " : "", other,
             handed, shipped, money_class_name(x->b->money));
}

static tb_verdict take_trouble(doing *x)
{
    static const operation comment = {.name = "order-comment"};
    const bridge *b = x->b;
    char text[1000];
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        const struct trouble *t = &troubles[i];
        if (t->step != x->due->step)
            continue;
        sentence(x, t, text, sizeof text);
        if (t->tell && tell_shop(x, t->reason, text))
            return do_operation(x, &comment);
        tb_reject(b->record, t->reason, NULL, "%s", text);
        tb_look_again(b->record, b->now + AGAIN_MS);
        return TB_REJECT;
    }
    return TB_OK;
}

/* ---- patience ---- */

enum { WAITING_MOST = 10000 };

/* For how long the order has waited; the record may be far older. */
static bool out_of_patience(const bridge *b)
{
    if (!b->self->waiting)
        b->self->waiting = json_object();
    const json_t *since = json_object_get(b->self->waiting, b->key);
    if (since)
        return b->now - json_integer_value(since) >= b->self->row_patience;
    if (json_object_size(b->self->waiting) >= WAITING_MOST)
        json_object_clear(b->self->waiting);
    json_object_set_new(b->self->waiting, b->key, json_integer(b->now));
    return false;
}

static tb_verdict wait_for_till(doing *x)
{
    const bridge *b = x->b;
    const char *external = attempts_lost(b, x->part->number);
    if (!out_of_patience(b))
        return tb_wait(b->record, b->now + LOOK_MS, "the till does not show %s yet", external);
    tb_reject(b->record, "order.till-lost", external,
              "order %s was sent as %s, and the till does not show it", order_text(b->order, "increment_id"),
              external);
    tb_look_again(b->record, b->now + AGAIN_MS);
    return TB_REJECT;
}

/* ---- the shop's row first ---- */

typedef struct lack { /* a row that does not hold what is to be taken from it */
    char name[ORDER_KEY_MOST * 2], target[ORDER_KEY_MOST];
    int64_t pieces;
} lack;

static int64_t pieces_taken(const doing *x, const char *sku)
{
    size_t i;
    json_t *row;
    int64_t pieces = 0;
    for (size_t k = 0; k < x->b->things; k++) {
        if (strcmp(order_text(thing_at(x->b, k), "web_sku"), sku))
            continue;
        json_array_foreach(x->plan.rows, i, row)
        {
            json_auto_t *as_document = json_pack("{s:O, s:O}", "order_item_id", json_object_get(row, "item"),
                                                 "qty", json_object_get(row, "quantity"));
            pieces += pieces_of_row(x->b, as_document, k);
        }
    }
    return pieces;
}

static bool rows_hold(const doing *x, const json_t *entries, lack *l)
{
    for (size_t k = 0; k < x->b->things; k++) {
        const char *sku = order_text(thing_at(x->b, k), "web_sku");
        l->pieces = pieces_taken(x, sku);
        snprintf(l->target, sizeof l->target, "%s@%s", sku, x->source);
        if (l->pieces &&
            !reserved_row_holds(x->b, sku, x->source, l->pieces, entries, l->name, sizeof l->name))
            return false;
    }
    return true;
}

static tb_verdict wait_for_row(doing *x, const lack *l)
{
    const bridge *b = x->b;
    char pieces[32];
    const char *key = l->name + strlen(b->self->rows) + 1;
    bool long_ = out_of_patience(b);
    tb_quantity_format(l->pieces, 0, pieces, sizeof pieces);
    if (long_) {
        tb_reject(b->record, "shipment.row-missing", l->target,
                  "order %s: %s of %s are out, and the shop's row does not hold so many yet, so a shipment "
                  "would fail",
                  order_text(b->order, "increment_id"), pieces, l->target);
        tb_look_again(b->record, b->now + AGAIN_MS);
    } else {
        tb_wait(b->record, b->now + LOOK_MS, "%s of %s are to be shipped: its row is written first", pieces,
                l->target);
    }
    tb_depends(b->record, "state", l->name, tb_state_version(b->ctx, b->self->rows, key));
    return long_ ? TB_REJECT : TB_WAIT;
}

/* ---- claims ---- */

static int claim_stock(const doing *x)
{
    int bad = 0;
    char claim[ORDER_KEY_MOST + 8];
    for (size_t p = 0; p < x->b->parts_n; p++) {
        const bridge_part *part = &x->b->parts[p];
        const char *source = part == x->part && x->source ? x->source : part->source;
        const char *to = part == x->part ? order_text(part->route, "source") : "";
        if (part != x->part && x->due->step != STEP_SHIPMENT && x->due->step != STEP_READY)
            continue;
        for (size_t k = 0; k < x->b->things; k++) {
            const char *sku = order_text(thing_at(x->b, k), "web_sku");
            snprintf(claim, sizeof claim, "stock/%s@%s", sku, source);
            bad |= *source ? tb_record_claim(x->b->record, claim) : 0;
            snprintf(claim, sizeof claim, "stock/%s@%s", sku, to);
            bad |= *to && strcmp(to, source) ? tb_record_claim(x->b->record, claim) : 0;
        }
    }
    return bad;
}

static int claim_all(const doing *x, int touches)
{
    char claim[ORDER_KEY_MOST + 8];
    snprintf(claim, sizeof claim, "order/%s", x->b->key);
    return tb_record_claim(x->b->record, claim) || (touches & STOCK ? claim_stock(x) : 0) ? -1 : 0;
}

/* ---- putting it together ---- */

/* What both sides hold has moved, and the verdict to come would not keep it. */
static tb_verdict keep_first(const bridge *b, const json_t *entries)
{
    attempts_keep(b);
    return reserved_write(b, entries, true) ? tb_retry(b->record, "out of memory") : tb_more(b->record, NULL);
}

static tb_verdict do_operation(doing *x, const operation *o)
{
    json_auto_t *entries = reserved_entries(x->b, &x->plan);
    json_t *body = tb_record_edit(&x->b->record);
    if (*x->token)
        tb_record_set_probe(x->b->record, x->token);
    tb_record_set_operation(x->b->record, o->name);
    attempts_keep(x->b);
    if (!body || json_object_set(body, "step", x->step) || claim_all(x, o->touches) ||
        reserved_write(x->b, entries, false))
        return tb_retry(x->b->record, "out of memory");
    return TB_OK;
}

static tb_verdict rest(doing *x, const json_t *entries)
{
    bool drop = x->due->step == STEP_DROP;
    if (x->due->step == STEP_OTHER_ROWS)
        changed_accept(x->b, x->part);
    attempts_keep(x->b);
    if (reserved_write(x->b, entries, false))
        return tb_retry(x->b->record, "out of memory");
    return drop ? tb_drop(x->b->record, "cancelled-before-sent") : tb_noop(x->b->record, x->due->rule);
}

/* A cancellation at the till that takes long must not keep the shop from knowing. */
static bool too_slow(const doing *x, const operation *o)
{
    return o && !strcmp(o->name, "order-cancel") && x->b->now - tb_record_changed(x->b->record) > SLOW_MS &&
           tb_record_changed(x->b->record);
}

static tb_verdict take(doing *x, const json_t *entries)
{
    lack l;
    const operation *o = operation_of(x->due->step);
    bool differs = reserved_differs(x->b, entries);
    bool trouble = x->due->step >= STEP_GOODS_OUT && !tb_record_released(x->b->record);
    if ((x->due->step == STEP_WAIT || trouble || too_slow(x, o)) && differs)
        return keep_first(x->b, entries);
    if (x->due->step == STEP_WAIT)
        return wait_for_till(x);
    if (trouble)
        return take_trouble(x);
    tb_verdict v = o ? o->make(x) : rest(x, entries);
    if (v != TB_OK || !o)
        return v;
    if (!(o->touches & SHOPS_ROW) || rows_hold(x, entries, &l))
        return do_operation(x, o);
    tb_record_set_probe(x->b->record, "");
    return differs ? keep_first(x->b, entries) : wait_for_row(x, &l);
}

tb_verdict step_take(bridge *b, const due *d)
{
    static const planned as_it_is = {.notified = false};
    doing x = {.b = b, .due = d, .part = &b->parts[d->part]};
    attempts_sync(b);
    json_auto_t *entries = reserved_entries(b, &as_it_is);
    tb_verdict v = take(&x, entries);
    if (v == TB_OK || v == TB_NOOP || v == TB_DROP)
        json_object_del(b->self->waiting, b->key);
    json_decref(x.step);
    return v;
}
