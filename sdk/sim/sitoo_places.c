/* SPDX-License-Identifier: Apache-2.0 */
/* Sites, stores, warehouses, products: read only, as far as the stock path asks for them. */
#include "sdk/sim/sitoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sitoo_get_sites(sitoo_call *c)
{
    listing l = listing_of(c, NULL);
    if (listing_takes(&l))
        listing_add(&l,
                    json_pack("{ss ss ss ss ss sI}", "siteid", "{5F0C1D7E-0000-4000-8000-000000000001}",
                              "protocol", "https", "server", "sim.example", "abspath", "/", "siteurl",
                              "https://sim.example/", "eshopid", (json_int_t)sitoo_int(c->s, "site")),
                    NULL);
    listing_reply(&l);
}

void sitoo_get_stores(sitoo_call *c)
{
    listing l = listing_of(c, NULL);
    for (size_t i = 0; i < c->s->warehouses.count; i++) {
        const sitoo_warehouse *w = c->s->warehouses.item[i];
        if (!w->sellable || !listing_takes(&l))
            continue;
        listing_add(&l,
                    json_pack("{si sI si ss ss s[]}", "storeid", w->store, "eshopid",
                              (json_int_t)sitoo_int(c->s, "site"), "storetype", 10, "name", w->name,
                              "externalid", w->external, "tags"),
                    NULL);
    }
    listing_reply(&l);
}

static json_t *warehouse_doc(const sitoo_warehouse *w)
{
    return json_pack("{si si si si sb ss ss ss}", "warehouseid", w->id, "warehousetype", w->type, "usetype",
                     w->usetype, "storeid", w->store, "sellable", w->sellable, "currencycode", "SEK", "name",
                     w->name, "externalid", w->external);
}

void sitoo_get_warehouses(sitoo_call *c)
{
    listing l = listing_of(c, NULL);
    for (size_t i = 0; i < c->s->warehouses.count; i++)
        if (listing_takes(&l))
            listing_add(&l, warehouse_doc(c->s->warehouses.item[i]), NULL);
    listing_reply(&l);
}

void sitoo_get_warehouse(sitoo_call *c)
{
    const sitoo_warehouse *w = sitoo_warehouse_of(c->s, strtoll(c->segment[3], NULL, 10));
    if (w)
        sitoo_reply(c, project(warehouse_doc(w), query_text(c->query, "fields"), NULL));
    else
        sitoo_error(c, 404, "Warehouse not found");
}

void sitoo_get_products(sitoo_call *c)
{
    static const char *const short_form[] = {"productid", "sku",     "title", "moneyprice",
                                             "active",    "barcode", NULL};
    const char *skus = query_text(c->query, "sku"), *ids = query_text(c->query, "productid");
    size_t i = 0;
    json_t *p = NULL;
    listing l = listing_of(c, NULL);
    json_array_foreach(c->s->products, i, p)
    {
        bool wanted = (!skus || in_list(skus, json_string_value(json_object_get(p, "sku")))) &&
                      (!ids || in_int_list(ids, json_integer_value(json_object_get(p, "productid")))) &&
                      in_range(c, "datemodified", json_integer_value(json_object_get(p, "datemodified")));
        if (wanted && listing_takes(&l))
            listing_add(&l, json_copy(p), short_form);
    }
    listing_reply(&l);
}
