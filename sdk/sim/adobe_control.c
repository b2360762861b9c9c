/* SPDX-License-Identifier: Apache-2.0 */
/* Steps in the shop from the control interface: set-up, and hands in the admin. One table of verbs; those of
 * orders have one of their own. */
#include "sdk/sim/adobe_order.h"

#include <string.h>

typedef json_t *verb_fn(adobe *m, json_t *arguments, const char **why);

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static json_t *refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return NULL;
}

static json_t *done(void)
{
    return json_pack("{sb}", "done", 1);
}

static json_t *empty(adobe *m, json_t *arguments, const char **why)
{
    (void)arguments, (void)why;
    adobe_clear(m);
    adobe_fill(m);
    sim_effect("adobe", "emptied", NULL);
    return done();
}

static json_t *source_item(adobe *m, json_t *arguments, const char **why)
{
    const char *sku = text(arguments, "sku");
    int source = adobe_source_place(m, text(arguments, "source")), status = 0;
    int64_t quantity = 0;
    const json_t *given = json_object_get(arguments, "status");
    if (!sku || source < 0 || !decimal_read(json_object_get(arguments, "quantity"), &quantity))
        return refuse(why, "sku, a known source and a quantity are needed");
    status = given ? (int)json_integer_value(given) : quantity > 0;
    adobe_write_row(m, sku, source, quantity, status != 0);
    return done();
}

static json_t *reservation(adobe *m, json_t *arguments, const char **why)
{
    const char *sku = text(arguments, "sku");
    const json_t *id = json_object_get(arguments, "stock");
    const adobe_stock *s = adobe_stock_of(m, id ? json_integer_value(id) : 2);
    int64_t quantity = 0;
    if (!sku || !s || !decimal_read(json_object_get(arguments, "quantity"), &quantity))
        return refuse(why, "sku, a known stock and a quantity (below 0: reserved) are needed");
    uint32_t place = adobe_sku_place(m, sku);
    adobe_reserve(m, s->id, place, quantity, json_incref(json_object_get(arguments, "metadata")));
    sim_effect("adobe", "reservation",
               json_pack("{ss si so}", "sku", m->skus[place].name, "stock", s->id, "quantity",
                         decimal_text(quantity)));
    return done();
}

/* What cron would have done by and by is done now. */
static json_t *cron(adobe *m, json_t *arguments, const char **why)
{
    (void)arguments, (void)why;
    m->reindex_due = m->reindex_due ? env_now() : 0;
    m->cleanup_due = m->cleanup_due ? env_now() : 0;
    adobe_settle(m);
    return done();
}

static json_t *partial(adobe *m, json_t *arguments, const char **why)
{
    json_int_t calls = json_integer_value(json_object_get(arguments, "calls"));
    json_int_t after = json_integer_value(json_object_get(arguments, "after"));
    if (calls < 0 || after < 0)
        return refuse(why, "calls and after are numbers from 0");
    m->partial_calls = (size_t)calls;
    m->partial_after = (size_t)after;
    return done();
}

static json_t *link_source(adobe *m, json_t *arguments, const char **why)
{
    adobe_stock *s = adobe_stock_of(m, json_integer_value(json_object_get(arguments, "stock")));
    int source = adobe_source_place(m, text(arguments, "source"));
    if (!s || source < 0)
        return refuse(why, "a known stock and a known source are needed");
    adobe_stock_link(m, s, source, (int)json_integer_value(json_object_get(arguments, "priority")));
    adobe_reindex(m);
    sim_effect("adobe", "links", json_pack("{si ss}", "stock", s->id, "source", m->sources[source].code));
    return done();
}

static json_t *reservations(adobe *m, json_t *arguments, const char **why)
{
    json_t *list = json_array();
    (void)arguments, (void)why;
    for (size_t i = 0; i < m->reservation_count; i++) {
        const adobe_reservation *r = &m->reservations[i];
        json_array_append_new(list,
                              json_pack("{ss si so sO?}", "sku", m->skus[r->sku].name, "stock", r->stock,
                                        "quantity", decimal_text(r->quantity), "metadata", r->metadata));
    }
    return json_pack("{so}", "reservations", list);
}

/* Every token that was given out is worth nothing from now on. */
static json_t *revoke(adobe *m, json_t *arguments, const char **why)
{
    (void)arguments, (void)why;
    json_object_clear(m->admin_tokens);
    return done();
}

static const struct {
    const char *name;
    verb_fn *run;
} verbs[] = {{"empty", empty},
             {"source-item", source_item},
             {"reservation", reservation},
             {"reservations", reservations},
             {"link", link_source},
             {"partial", partial},
             {"cron", cron},
             {"revoke", revoke}};

json_t *adobe_control(adobe *m, const char *verb, json_t *arguments, const char **why)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].name, verb))
            return verbs[i].run(m, arguments, why);
    json_t *done_order = NULL;
    if (adobe_order_verb(m, verb, arguments, why, &done_order))
        return done_order;
    return refuse(
        why, "steps in the shop: source-item, reservation, reservations, link, partial, cron, revoke, empty, "
             "order, orders, order-ship, order-invoice, order-refund, order-cancel, order-hold, "
             "order-unhold, order-comment, order-ready, order-edit, order-state, draw");
}
