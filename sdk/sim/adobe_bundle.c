/* SPDX-License-Identifier: Apache-2.0 */
/* What composite products mean for stock. A part of a bundle that ships together must stay in the one source
 * of all its parts. A configurable sells when it is marked in stock itself and one of its children can be
 * sold; marked it stays as it was when it was last saved, whatever its children got since. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

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

/* ---- saving ---- */

static void add_id(int64_t **list, size_t *count, int64_t id)
{
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i] == id)
            return;
    *list = must(realloc(*list, (*count + 1) * sizeof **list));
    (*list)[(*count)++] = id;
}

static void contain(adobe_product *parent, adobe_product *child)
{
    add_id(&parent->children, &parent->child_count, child->id);
    add_id(&child->parents, &child->parent_count, parent->id);
}

static void save_links(adobe *m, adobe_product *p, const json_t *ids)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)ids, i, one)
    {
        adobe_product *child = adobe_product_by_id(m, json_integer_value(one));
        if (child)
            contain(p, child);
    }
    json_object_set(p->extension, "configurable_product_links", (json_t *)ids);
}

static void save_choices(adobe *m, adobe_product *p, const json_t *given)
{
    json_t *list = json_deep_copy(given), *one = NULL;
    size_t i = 0;
    json_array_foreach(list, i, one)
    {
        json_object_del(one, "is_use_default");
        json_object_set_new(one, "id", json_integer(m->next_super++));
        json_object_set_new(one, "product_id", json_integer(p->id));
    }
    json_object_set_new(p->extension, "configurable_product_options", list);
}

static void save_part(adobe *m, adobe_product *p, json_t *link, int64_t option)
{
    adobe_product *part = adobe_product_of(m, json_string_value(json_object_get(link, "sku")));
    json_object_set_new(link, "id", json_sprintf("%lld", (long long)m->next_selection++));
    json_object_set_new(link, "option_id", json_integer(option));
    json_object_set_new(link, "price", decimal_number(part ? part->price : 0));
    json_object_set_new(link, "price_type", json_null());
    if (part)
        contain(p, part);
}

static void save_bundle(adobe *m, adobe_product *p, const json_t *given)
{
    json_t *list = json_deep_copy(given), *option = NULL, *link = NULL;
    size_t i = 0, j = 0;
    json_array_foreach(list, i, option)
    {
        int64_t id = m->next_bundle_option++;
        json_object_set_new(option, "option_id", json_integer(id));
        json_object_set_new(option, "sku", json_string(m->skus[p->sku].name));
        json_array_foreach(json_object_get(option, "product_links"), j, link) save_part(m, p, link, id);
    }
    json_object_set_new(p->extension, "bundle_product_options", list);
}

void adobe_save_parts(adobe *m, adobe_product *p, const json_t *extension)
{
    const json_t *links = json_object_get(extension, "configurable_product_links");
    const json_t *choices = json_object_get(extension, "configurable_product_options");
    const json_t *options = json_object_get(extension, "bundle_product_options");
    if (json_is_array(choices))
        save_choices(m, p, choices);
    if (json_is_array(links))
        save_links(m, p, links);
    if (json_is_array(options))
        save_bundle(m, p, options);
}

static bool any_child_sells(const adobe *m, const adobe_product *p)
{
    for (size_t i = 0; i < p->child_count; i++) {
        const adobe_product *child = adobe_product_by_id(m, p->children[i]);
        for (size_t n = 0; child && n < m->stock_count; n++)
            if (adobe_sells(m, child, (int)n + 1))
                return true;
    }
    return false;
}

void adobe_mark_composite(adobe *m, adobe_product *p, bool in_stock)
{
    bool held = in_stock && !strcmp(p->type, "configurable") && !any_child_sells(m, p);
    p->in_stock = in_stock && !held;
    p->changed_auto |= held;
}

/* ---- reading ---- */

static const adobe_product *asked(adobe_call *c)
{
    const adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    if (!p)
        adobe_fail(c, 404, "The product that was requested doesn't exist. Verify the product and try again.",
                   NULL);
    return p;
}

static json_t *child_doc(const adobe *m, const adobe_product *child)
{
    json_t *doc = adobe_product_doc(m, child), *list = json_object_get(doc, "custom_attributes");
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!strcmp(json_string_value(json_object_get(json_array_get(list, i), "attribute_code")),
                    "options_container"))
            json_array_remove(list, i);
    json_object_del(doc, "extension_attributes");
    json_object_del(doc, "options");
    return doc;
}

void adobe_get_children(adobe_call *c)
{
    const adobe_product *p = asked(c);
    json_t *list = json_array();
    for (size_t i = 0; p && i < p->child_count; i++) {
        const adobe_product *child = adobe_product_by_id(c->m, p->children[i]);
        if (child)
            json_array_append_new(list, child_doc(c->m, child));
    }
    if (p)
        adobe_reply(c, list);
    else
        json_decref(list);
}

static void reply_extension(adobe_call *c, const char *key)
{
    const adobe_product *p = asked(c);
    json_t *list = p ? json_object_get(p->extension, key) : NULL;
    if (p)
        adobe_reply(c, list ? json_incref(list) : json_array());
}

void adobe_get_choices(adobe_call *c)
{
    reply_extension(c, "configurable_product_options");
}

void adobe_get_bundle_options(adobe_call *c)
{
    reply_extension(c, "bundle_product_options");
}

void adobe_get_options(adobe_call *c)
{
    const adobe_product *p = asked(c);
    if (p)
        adobe_reply(c, json_incref(p->options));
}
