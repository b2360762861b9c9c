/* SPDX-License-Identifier: Apache-2.0 */
/* The routes from before there were sources: they know the default source only, but a product's stock status
 * tells of the stock its website sells from. */
#include "sdk/sim/adobe.h"

static adobe_product *asked(adobe_call *c)
{
    adobe_product *p = adobe_product_of(c->m, path_text(c, "productSku"));
    if (!p)
        adobe_fail(c, 404, "The Product with the \"%1\" SKU doesn't exist.",
                   json_pack("[s]", path_text(c, "productSku")));
    return p;
}

void adobe_get_stock_item(adobe_call *c)
{
    const adobe_product *p = asked(c);
    if (p)
        adobe_reply(c, adobe_stock_item_doc(c->m, p));
}

/* The number in the path is not looked at: the SKU decides. */
void adobe_put_stock_item(adobe_call *c)
{
    adobe_product *p = asked(c);
    if (!p)
        return;
    adobe_save_stock_item(c->m, p, json_object_get(c->input, "stock_item"), false);
    adobe_reply(c, json_integer(p->id));
}

static int website_stock(const adobe *m)
{
    for (size_t i = m->stock_count; i-- > 0;)
        if (json_array_size(m->stocks[i].channels) && !m->stocks[i].deleted)
            return m->stocks[i].id;
    return DEFAULT_STOCK;
}

void adobe_get_stock_status(adobe_call *c)
{
    const adobe_product *p = asked(c);
    if (!p)
        return;
    int stock = website_stock(c->m);
    const adobe_level *l = adobe_level_of(c->m, &c->m->skus[p->sku], stock);
    adobe_reply(c, json_pack("{sI si so si so}", "product_id", (json_int_t)p->id, "stock_id", DEFAULT_STOCK,
                             "qty", decimal_number(l->index), "stock_status", adobe_sells(c->m, p, stock),
                             "stock_item", adobe_stock_item_doc(c->m, p)));
}
