/* SPDX-License-Identifier: Apache-2.0 */
/* What can be sold from a stock: its index, plus the reservations, less the out-of-stock threshold. Asked for
 * the quantity the shop never says less than 0. */
#include "sdk/sim/adobe.h"

#include <string.h>

static adobe_level level_of(const adobe_sku *k, int stock)
{
    return k && stock > 0 && (size_t)stock <= k->level_count ? k->level[stock - 1] : (adobe_level){0};
}

static int64_t threshold(const adobe *m, const adobe_product *p)
{
    return p && p->min_qty != NO_PLACE ? p->min_qty : adobe_int(m, "min_qty") * ADOBE_UNIT;
}

int64_t adobe_reserved(const adobe *m, const char *sku, int stock)
{
    return level_of(adobe_sku_of(m, sku), stock).reserved;
}

int64_t adobe_threshold(const adobe *m, const char *sku)
{
    return threshold(m, adobe_product_of(m, sku));
}

int64_t adobe_salable(const adobe *m, const char *sku, int stock)
{
    const adobe_sku *k = adobe_sku_of(m, sku);
    adobe_level l = level_of(k, stock);
    return l.assigned || l.reserved ? l.index + l.reserved - threshold(m, k->product) : 0;
}

static bool any_in_stock(const adobe *m, const adobe_sku *k, int stock)
{
    const adobe_stock *s = adobe_stock_of(m, stock);
    for (size_t i = 0; s && i < s->link_count; i++) {
        const adobe_item *item = adobe_item_of(m, k, s->links[i].source);
        if (item && item->status)
            return true;
    }
    return false;
}

static bool simple_sells(const adobe *m, const adobe_product *p, int stock, int64_t quantity)
{
    const adobe_sku *k = &m->skus[p->sku];
    adobe_level l = level_of(k, stock);
    int64_t least = threshold(m, p);
    if (!l.assigned)
        return false;
    if (!p->manage_stock)
        return true;
    if (p->backorders)
        return any_in_stock(m, k, stock);
    return l.index > least && l.index + l.reserved - least >= quantity;
}

/* An option that must be chosen needs one part that sells. */
static bool bundle_sells(const adobe *m, const adobe_product *p, int stock)
{
    json_t *option = NULL, *link = NULL;
    size_t i = 0, j = 0;
    json_array_foreach(json_object_get(p->extension, "bundle_product_options"), i, option)
    {
        bool any = !json_is_true(json_object_get(option, "required"));
        json_array_foreach(json_object_get(option, "product_links"), j, link)
        {
            const adobe_product *part = adobe_product_of(m, json_string_value(json_object_get(link, "sku")));
            any = any || (part && simple_sells(m, part, stock, 1));
        }
        if (!any)
            return false;
    }
    return true;
}

bool adobe_sells(const adobe *m, const adobe_product *p, int stock)
{
    if (!adobe_is_composite(p))
        return simple_sells(m, p, stock, 1);
    if (!p->in_stock)
        return false;
    if (!strcmp(p->type, "bundle"))
        return bundle_sells(m, p, stock);
    for (size_t i = 0; i < p->child_count; i++) {
        const adobe_product *child = adobe_product_by_id(m, p->children[i]);
        if (child && simple_sells(m, child, stock, 1))
            return true;
    }
    return false;
}

/* ---- routes ---- */

static int asked_stock(const adobe_call *c)
{
    return (int)json_integer_value(json_object_get(c->input, "stock_id"));
}

void adobe_get_salable(adobe_call *c)
{
    const adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    int stock = asked_stock(c);
    if (!p)
        adobe_fatal(c);
    else if (adobe_is_composite(p))
        adobe_fail(c, 400, "Can't check requested quantity for products without Source Items support.", NULL);
    else if (!adobe_stock_of(c->m, stock))
        adobe_fail(c, 400, "Could not receive Stock Item data", NULL);
    else {
        int64_t n = adobe_salable(c->m, path_text(c, "sku"), stock);
        adobe_reply(c, decimal_number(n < 0 ? 0 : n));
    }
}

void adobe_get_is_salable(adobe_call *c)
{
    const adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    adobe_reply(c, json_boolean(p && adobe_sells(c->m, p, asked_stock(c))));
}

void adobe_get_are_salable(adobe_call *c)
{
    json_t *list = json_array(), *sku = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->input, "skus"), i, sku)
    {
        const adobe_product *p = adobe_product_of(c->m, json_string_value(sku));
        json_array_append_new(list, json_pack("{sO si sb}", "sku", sku, "stock_id", asked_stock(c), "salable",
                                              p && adobe_sells(c->m, p, asked_stock(c))));
    }
    adobe_reply(c, list);
}

static json_t *refusals(const adobe *m, const char *sku, int stock)
{
    const adobe_product *p = adobe_product_of(m, sku);
    if (!p || !level_of(&m->skus[p->sku], stock).assigned)
        return json_pack("[{ss ss}]", "code", "is_salable_with_reservations-no_data", "message",
                         "The requested sku is not assigned to given stock");
    return json_pack("[{ss ss} {ss ss} {ss ss}]", "code", "back_order-disabled", "message",
                     "Backorders are disabled", "code", "manage_stock-enabled", "message",
                     "Manage stock is enabled", "code", "is_salable_with_reservations-not_enough_qty",
                     "message", "The requested qty is not available");
}

void adobe_get_salable_for(adobe_call *c)
{
    const adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    int64_t quantity = 0;
    decimal_read(json_object_get(c->input, "requested_qty"), &quantity);
    bool sells = p && (adobe_is_composite(p) ? adobe_sells(c->m, p, asked_stock(c))
                                             : simple_sells(c->m, p, asked_stock(c), quantity));
    adobe_reply(c, json_pack("{sb so}", "salable", sells, "errors",
                             sells ? json_array() : refusals(c->m, path_text(c, "sku"), asked_stock(c))));
}

bool adobe_source_item(const adobe *m, const char *sku, const char *source, int64_t *quantity, int *status)
{
    const adobe_item *item = adobe_item_of(m, adobe_sku_of(m, sku), adobe_source_place(m, source));
    if (!item)
        return false;
    *quantity = item->quantity;
    *status = item->status;
    return true;
}
