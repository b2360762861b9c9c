/* SPDX-License-Identifier: Apache-2.0 */
/* What composite products mean for stock. A part of a bundle that ships together must stay in the one source
 * of all its parts. A configurable sells when it is marked in stock itself and one of its children can be
 * sold; marked it stays as it was when it was last saved, whatever its children got since. */
#include "sdk/sim/adobe.h"

#include <string.h>

static bool ships_together(const adobe_product *p)
{
    const char *type = json_string_value(json_object_get(p->custom, "shipment_type"));
    return !strcmp(p->type, "bundle") && (!type || !strcmp(type, "0"));
}

/* Whether any part has a row in another source. */
static bool elsewhere(const adobe *m, const adobe_product *bundle, const char *source)
{
    int place = adobe_source_place(m, source);
    for (size_t i = 0; i < bundle->child_count; i++) {
        const adobe_product *child = adobe_product_by_id(m, bundle->children[i]);
        const adobe_sku *k = child ? &m->skus[child->sku] : NULL;
        for (size_t j = 0; k && j < k->at_count; j++)
            if (k->at[j] && (int)j != place)
                return true;
    }
    return false;
}

static json_t *fault_of(const adobe_call *c, const char *sku, const char *source, const adobe_product *bundle)
{
    json_t *url = json_sprintf("http://%s/catalog/product/edit/id/%lld/",
                               c->request->host ? c->request->host : "localhost", (long long)bundle->id);
    return adobe_fault(
        "Not able to assign \"%1\" to product \"%2\", as it is part of bundle product <a "
        "href=\"%3\">\"%4\"</a> with shipment type \"Ship Together\" and has multiple sources or "
        "different source as other bundle selections.",
        json_pack("[s s o s]", source, sku, url, c->m->skus[bundle->sku].name));
}

void adobe_judge_bundles(adobe_call *c, const char *sku, const char *source, json_t *faults)
{
    const adobe_product *p = adobe_product_of(c->m, sku);
    for (size_t i = 0; p && i < p->parent_count; i++) {
        const adobe_product *bundle = adobe_product_by_id(c->m, p->parents[i]);
        if (bundle && ships_together(bundle) && elsewhere(c->m, bundle, source))
            json_array_append_new(faults, fault_of(c, sku, source, bundle));
    }
}
