/* SPDX-License-Identifier: Apache-2.0 */
/* Orders at random, by the world's seed: any kind of product that sells, any way to pay, some to be picked
 * up, some with a discount, a gift card or in the second store view. Between them hands in the admin, as
 * shares of the turns: they cancel, hold, release, ship, refund and edit orders that are open. */
#include "sdk/sim/adobe_order.h"

#include <string.h>

enum { MOST_ROWS = 3, MOST_TRIES = 40 };

static int64_t rate(const json_t *arguments, const char *key)
{
    return json_millionths(json_object_get(arguments, key));
}

static bool half(void)
{
    return world_chance(500000);
}

/* ---- rows ---- */

static const char *sku_of(const adobe *m, int64_t product)
{
    const adobe_product *p = adobe_product_by_id(m, product);
    return p ? m->skus[p->sku].name : "";
}

static json_t *selections(const adobe_product *p)
{
    json_t *list = json_array(), *option = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(p->extension, "bundle_product_options"), i, option)
    {
        const json_t *links = json_object_get(option, "product_links");
        const json_t *link = json_array_get(links, (size_t)world_below((int64_t)json_array_size(links)));
        json_array_append_new(list, json_pack("{sO}", "sku", json_object_get(link, "sku")));
    }
    return list;
}

static json_t *chosen_options(const adobe_product *p)
{
    const json_t *option = json_array_get(p->options, 0);
    return json_pack(
        "[{so ss}]", "option_id",
        json_sprintf("%lld", (long long)json_integer_value(json_object_get(option, "option_id"))),
        "option_value", "Hello");
}

static json_t *row_of(const adobe *m, const adobe_product *p)
{
    json_t *row =
        json_pack("{ss sI}", "sku", m->skus[p->sku].name, "quantity", (json_int_t)(1 + world_below(3)));
    if (!strcmp(p->type, "configurable"))
        json_object_set_new(row, "child",
                            json_string(sku_of(m, p->children[world_below((int64_t)p->child_count)])));
    else if (!strcmp(p->type, "bundle"))
        json_object_set_new(row, "selections", selections(p));
    else if (json_array_size(p->options) && half())
        json_object_set_new(row, "options", chosen_options(p));
    return row;
}

/* What sells now; NULL: nothing was found. */
static const adobe_product *draw_product(adobe *m, int stock)
{
    for (int i = 0; i < MOST_TRIES && m->product_count; i++) {
        const adobe_product *p = adobe_product_by_id(m, 1 + world_below((int64_t)m->product_count));
        bool is_virtual = p && !strcmp(p->type, "virtual");
        if (p && p->status == 1 && (is_virtual || adobe_sells(m, p, stock)))
            return p;
    }
    return NULL;
}

/* ---- the order ---- */

static void draw_payment(json_t *wish, bool pickup)
{
    static const struct {
        const char *method, *action;
    } ways[] = {{"card", "capture"}, {"card", "authorize"}, {"checkmo", "none"}, {"payinstore", "none"}};
    int64_t n = world_below(pickup ? 4 : 3);
    json_object_set_new(wish, "payment",
                        json_pack("{ss ss}", "method", ways[n].method, "action", ways[n].action));
}

static void draw_pickup(adobe *m, json_t *wish)
{
    const adobe_stock *s = adobe_stock_of(m, adobe_stock_of_website(m, "base"));
    if (s && s->link_count)
        json_object_set_new(
            wish, "pickup",
            json_string(m->sources[s->links[world_below((int64_t)s->link_count)].source].code));
}

static json_t *draw_wish(adobe *m, const json_t *arguments)
{
    json_t *items = json_array(), *wish = json_pack("{so}", "items", items);
    int stock = adobe_stock_of_website(m, "base");
    for (int64_t n = 1 + world_below(MOST_ROWS); n > 0; n--) {
        const adobe_product *p = draw_product(m, stock);
        if (p)
            json_array_append_new(items, row_of(m, p));
    }
    bool pickup = world_chance(rate(arguments, "pickup"));
    json_object_set_new(wish, "shipping", json_integer(pickup ? 0 : 49));
    if (pickup)
        draw_pickup(m, wish);
    if (world_chance(rate(arguments, "discount")))
        json_object_set_new(wish, "discount_percent", json_integer(5 + 5 * world_below(4)));
    if (world_chance(rate(arguments, "gift_card")))
        json_object_set_new(wish, "gift_card", json_integer(10 + 10 * world_below(5)));
    if (adobe_int(m, "store_views") > 1 && half())
        json_object_set_new(wish, "store", json_integer(2));
    draw_payment(wish, pickup);
    return wish;
}

/* ---- hands ---- */

static sale_answer hand_ship(adobe *m, adobe_order *o)
{
    const adobe_stock *s = adobe_stock_of(m, o->stock);
    const char *source =
        s ? m->sources[s->links[world_below((int64_t)s->link_count)].source].code : "default";
    json_t *given = json_pack("{s{s{ss}}}", "arguments", "extension_attributes", "source_code", source);
    sale_answer a = adobe_ship(m, o, given);
    json_decref(given);
    return a;
}

/* One row that was invoiced; its pieces go back to stock or not, as the hand likes. */
static sale_answer hand_refund(adobe *m, adobe_order *o)
{
    const adobe_row *r = &o->rows[world_below((int64_t)o->row_count)];
    json_t *given = json_pack("{s[{sI si}] s{si}}", "items", "order_item_id", (json_int_t)r->item, "qty", 1,
                              "arguments", "shipping_amount", 0);
    if (half())
        json_object_set_new(json_object_get(given, "arguments"), "extension_attributes",
                            json_pack("{s[I]}", "return_to_stock_items", (json_int_t)r->item));
    sale_answer a = adobe_refund(m, o, NULL, given);
    json_decref(given);
    return a;
}

static sale_answer hand_cancel(adobe *m, adobe_order *o)
{
    return adobe_cancel(m, o);
}

static sale_answer hand_hold(adobe *m, adobe_order *o)
{
    return adobe_hold(m, o, strcmp(o->state, "holded") != 0);
}

static sale_answer hand_edit(adobe *m, adobe_order *o)
{
    const char *why = NULL;
    json_t *wish = draw_wish(m, NULL);
    bool done = adobe_edit(m, o, wish, &why) != NULL;
    json_decref(wish);
    return done ? sale_done(json_true()) : sale_refused(400, why, NULL);
}

static const struct {
    const char *share;
    sale_answer (*run)(adobe *m, adobe_order *o);
} hands[] = {{"ships", hand_ship},
             {"refunds", hand_refund},
             {"cancels", hand_cancel},
             {"holds", hand_hold},
             {"edits", hand_edit}};

static void count(json_t *done, const char *what)
{
    json_object_set_new(done, what, json_integer(json_integer_value(json_object_get(done, what)) + 1));
}

static void turn_hands(adobe *m, const json_t *arguments, json_t *done)
{
    for (size_t i = 0; i < sizeof hands / sizeof *hands; i++) {
        if (!world_chance(rate(arguments, hands[i].share)) || !m->sales->count)
            continue;
        adobe_order *o = adobe_order_of(m, 1 + world_below((int64_t)m->sales->count));
        sale_answer a = hands[i].run(m, o);
        bool did = a.status == 200 && !json_is_false(a.body);
        count(done, did ? hands[i].share : "hands_refused");
        json_decref(a.body);
    }
}

json_t *adobe_draw(adobe *m, const json_t *arguments, const char **why)
{
    json_int_t turns = json_integer_value(json_object_get(arguments, "orders"));
    json_t *done = json_pack("{si si s[]}", "placed", 0, "refused", 0, "orders");
    for (json_int_t n = 0; n < turns; n++) {
        json_t *wish = draw_wish(m, arguments);
        const adobe_order *o = adobe_order_place(m, wish, why);
        count(done, o ? "placed" : "refused");
        if (o)
            json_array_append_new(json_object_get(done, "orders"), json_integer(o->id));
        json_decref(wish);
        turn_hands(m, arguments, done);
    }
    return done;
}
