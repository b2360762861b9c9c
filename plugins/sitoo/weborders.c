/* SPDX-License-Identifier: Apache-2.0 */
/* One read of stream `orders`: the orders that events named, the timers, a page of the sweep. A record only
 * says that something moved; what is true is read by hydrate. Two moments of a reservation are told by
 * nobody: when it is time to renew it, and when it has lapsed. Each open order keeps a timer for both. */
#include "plugins/sitoo/weborders.h"

#include <stdio.h>
#include <string.h>

/* ---- what was last seen ---- */

void seen_decode(const char *text, seen_order *out)
{
    *out = (seen_order){0};
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_object(value))
        return;
    out->known = true;
    out->state = sitoo_number(value, "s");
    out->reserved = sitoo_number(value, "r");
    out->at = sitoo_number(value, "at");
    snprintf(out->external, sizeof out->external, "%s", sitoo_field(value, "x"));
}

void seen_get(tb_ctx *ctx, const char *name, seen_order *out)
{
    seen_decode(tb_state_get(ctx, NS_TILL, name), out);
}

int seen_set(tb_ctx *ctx, const char *name, const seen_order *s)
{
    char text[160];
    if (!s)
        return tb_state_set(ctx, NULL, NS_TILL, name, NULL);
    snprintf(text, sizeof text, "{\"x\":\"%s\",\"s\":%lld,\"r\":%lld,\"at\":%lld}", s->external,
             (long long)s->state, (long long)s->reserved, (long long)s->at);
    return tb_state_set(ctx, NULL, NS_TILL, name, text);
}

void seen_name(const char *order, int64_t till, char out[SEEN_SIZE])
{
    snprintf(out, SEEN_SIZE, "%s/%lld", order, (long long)till);
}

/* ---- an order that was read ---- */

/* Kept in the history and never queued: the id makes a second look at the same sale a duplicate. */
static int take_other(reading *r, const json_t *order)
{
    char key[32], id[48];
    int64_t number = sitoo_number(order, "orderid"), state = sitoo_number(order, "orderstateid");
    snprintf(key, sizeof key, "till-%lld", (long long)number);
    snprintf(id, sizeof id, "%s/%lld", key, (long long)state);
    tb_record *record = tb_record_new(ORDER_TYPE, key, json_object());
    if (!record)
        return -1;
    tb_record_set_id(record, id);
    return tb_feed_add(r->feed, record, state == STATE_CLOSED ? "till-sale" : "till-order");
}

static int set_timers(reading *r, const char *name, int64_t till, int64_t reserved)
{
    json_auto_t *names = json_pack("{s:b}", name, 1);
    int64_t end = reserved * 1000, left = end - r->now, before = r->self->renew_before;
    int64_t lapse = end + r->self->grace;
    int64_t renew = end - (before < left / 4 ? before : left / 4); /* a short one is told in time, too */
    int bad = 0;
    if (renew > r->now)
        bad |= timer_set(r, renew, till, names);
    if (lapse > r->now)
        bad |= timer_set(r, lapse, till, names);
    return bad;
}

/* moved: somebody said so; else it counts only if it is not what was seen before. */
static int take_ours(reading *r, const json_t *order, const sitoo_external *x, bool moved)
{
    char name[SEEN_SIZE];
    seen_order before,
        now = {.state = sitoo_number(order, "orderstateid"), .reserved = sitoo_number(order, "datereserved")};
    int64_t till = sitoo_number(order, "orderid");
    seen_name(x->order, till, name);
    seen_get(r->ctx, name, &before);
    bool same = before.known && before.state == now.state && before.reserved == now.reserved;
    if (moved || !same)
        touch_key(&r->touched, x->order, &(touch){.why = "till"});
    if (same)
        return 0;
    snprintf(now.external, sizeof now.external, "%s", sitoo_field(order, "externalid"));
    now.at = r->now;
    int bad = seen_set(r->ctx, name, &now);
    return now.state == STATE_OPEN ? bad | set_timers(r, name, till, now.reserved) : bad;
}

int weborders_take(reading *r, const json_t *order, bool moved)
{
    sitoo_external x;
    int64_t site = sitoo_number(order, "eshopid");
    if (site && site != r->self->site)
        return 0;
    if (sitoo_external_parse(sitoo_field(order, "externalid"), &x))
        return take_ours(r, order, &x, moved);
    return moved ? take_other(r, order) : 0;
}

/* ---- the steps ---- */

static int take_moved(reading *r, const json_t *order)
{
    return weborders_take(r, order, true);
}

static tb_verdict gather(reading *r)
{
    return noted_read(r, WEBORDER_FIELDS, take_moved);
}

/* name: as in namespace `till`; an order that is closed meanwhile holds nothing that could lapse. */
static void fire_order(reading *r, const char *name)
{
    char order[SEEN_SIZE];
    seen_order s;
    seen_get(r->ctx, name, &s);
    snprintf(order, sizeof order, "%s", name);
    order[strcspn(order, "/")] = '\0';
    if (s.known && s.state == STATE_OPEN)
        touch_key(&r->touched, order, &(touch){.why = "reservation", .urgent = true});
}

static tb_verdict fire(reading *r)
{
    return timers_fire(r, fire_order);
}

static int emit(reading *r)
{
    const char *key;
    json_t *what;
    int bad = 0;
    json_object_foreach(r->touched.keys, key, what)
    {
        tb_record *record = tb_record_new(ORDER_TYPE, key, json_object());
        if (record && json_is_true(json_object_get(what, "urgent")))
            tb_record_set_urgent(record);
        bad |= record ? tb_feed_add(r->feed, record, NULL) : -1;
    }
    return bad;
}

typedef tb_verdict (*step)(reading *r);
static const step steps[] = {gather, fire, weborders_sweep, NULL};

tb_verdict weborders_read(void *self, tb_ctx *ctx, tb_feed *feed)
{
    reading r = {.self = self, .ctx = ctx, .feed = feed, .now = tb_now(ctx)};
    tb_verdict v = TB_OK;
    for (const step *s = steps; *s && v == TB_OK; s++)
        v = (*s)(&r);
    if (v == TB_OK && emit(&r))
        v = TB_RETRY;
    touched_free(&r.touched);
    return v;
}
