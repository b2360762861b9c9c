/* SPDX-License-Identifier: Apache-2.0 */
/* Events are hints. One that names an order notes its id for the next read; a transaction's only wakes the
 * poll; the rest is of no concern here. An unknown type is no fault of the sender: Sitoo adds types, and to
 * refuse the body would destroy what else is in it. Only what is no list of objects is malformed. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

typedef enum { NAMES_ORDER, WAKES } concern;

static const struct {
    const char *type;
    concern concern;
} types[] = {
    {"order", NAMES_ORDER},   {"order-delivery", NAMES_ORDER},
    {"booking", NAMES_ORDER}, {"warehouse-transaction", WAKES},
    {"shipment", WAKES},      {"shipment-v3", WAKES},
    {"z-report", WAKES},      {"store-z-report", WAKES},
};

bool tell_once(stock_source *s, const char *what)
{
    if (!s->told)
        s->told = json_object();
    if (json_object_get(s->told, what) || json_object_size(s->told) >= 100)
        return false;
    json_object_set_new(s->told, what, json_true());
    return true;
}

static int take_event(stock_source *s, tb_ctx *ctx, const json_t *event)
{
    const char *type = sitoo_field(event, "event_type");
    const json_t *data = json_object_get(event, "data");
    int64_t site = sitoo_number(data, "eshop_id"), order = sitoo_number(data, "order_id");
    if (site && site != s->site)
        return 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].type, type))
            return types[i].concern == NAMES_ORDER && order > 0 ? order_note(ctx, order) : 0;
    if (tell_once(s, type))
        tb_log(ctx, TB_INFO, "sitoo.event", "event of type %.40s was left aside, it is not known",
               *type ? type : "(none)");
    return 0;
}

static bool are_events(const json_t *events)
{
    size_t i;
    json_t *event;
    if (!json_is_array(events) || !json_array_size(events))
        return false;
    json_array_foreach(events, i, event)
    {
        if (!json_is_object(event))
            return false;
    }
    return true;
}

/* Somebody else's events under our address: their ids would mean other orders here. */
static bool other_account(const stock_source *s, const json_t *event, tb_feed *feed)
{
    int64_t account = sitoo_number(event, "account_id");
    char text[24];
    if (!s->account || !account || account == s->account)
        return false;
    snprintf(text, sizeof text, "%lld", (long long)account);
    tb_raise(feed, "sitoo.wrong-account", text, "an event of account %s came, this is %lld", text,
             (long long)s->account);
    return true;
}

tb_verdict source_receive(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed)
{
    json_auto_t *events = json_loadb(body, size, 0, NULL);
    size_t i;
    json_t *event;
    if (!are_events(events))
        return TB_REJECT;
    json_array_foreach(events, i, event)
    {
        if (!other_account(self, event, feed) && take_event(self, ctx, event))
            return TB_RETRY;
    }
    return TB_OK;
}
