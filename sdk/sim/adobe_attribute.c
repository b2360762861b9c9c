/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of products: which custom attributes a product can keep and a list can be filtered by. */
#include "sdk/sim/adobe.h"

#include <string.h>

enum { FIRST_ID = 137 };

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

static bool is_select(const json_t *given)
{
    return !strcmp(text(given, "frontend_input"), "select");
}

/* The first choice of a list is none at all. */
static json_t *choices_of(adobe *m, const json_t *given)
{
    json_t *list = is_select(given) ? json_pack("[{ss ss}]", "label", " ", "value", "") : json_array();
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(given, "options"), i, one)
        json_array_append_new(list, json_pack("{sO so}", "label", json_object_get(one, "label"), "value",
                                              json_sprintf("%lld", (long long)m->next_choice++)));
    return list;
}

static json_t *defaults(void)
{
    static const char *const off[] = {"is_wysiwyg_enabled", "is_html_allowed_on_front", "used_for_sort_by",
                                      "is_filterable",      "is_filterable_in_search",  "is_used_in_grid",
                                      "is_visible_in_grid", "is_filterable_in_grid",    NULL};
    static const char *const zero[] = {
        "is_searchable",       "is_visible_in_advanced_search", "is_comparable", "is_used_for_promo_rules",
        "is_visible_on_front", "used_in_product_listing",       "is_unique",     NULL};
    json_t *doc =
        json_pack("{s{sb} si s[] sb ss ss sb sb s[] s[]}", "extension_attributes", "is_pagebuilder_enabled",
                  0, "position", 0, "apply_to", "is_visible", 1, "scope", "store", "entity_type_id", "4",
                  "is_required", 0, "is_user_defined", 1, "frontend_labels", "validation_rules");
    for (size_t i = 0; off[i]; i++)
        json_object_set_new(doc, off[i], json_false());
    for (size_t i = 0; zero[i]; i++)
        json_object_set_new(doc, zero[i], json_string("0"));
    return doc;
}

void adobe_post_attribute(adobe_call *c)
{
    const json_t *given = json_object_get(c->input, "attribute");
    const char *code = text(given, "attribute_code");
    if (json_object_get(c->m->attributes, code)) {
        adobe_fail(c, 400, "%1 already exists.", json_pack("[s]", "Attribute with the same code"));
        return;
    }
    json_t *doc = defaults(), *choices = choices_of(c->m, given);
    json_object_update(doc, (json_t *)given);
    json_object_set_new(doc, "options", choices);
    json_object_set_new(doc, "attribute_id", json_integer(FIRST_ID + c->m->next_attribute++));
    json_object_set_new(doc, "backend_type", json_string(is_select(given) ? "int" : "varchar"));
    if (is_select(given)) {
        json_object_set_new(doc, "source_model",
                            json_string("Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Table"));
        json_object_set_new(doc, "default_value", json_string(""));
    }
    json_object_set_new(c->m->attributes, code, doc);
    adobe_reply(c, json_incref(doc));
}

static json_t *asked(adobe_call *c)
{
    json_t *doc = json_object_get(c->m->attributes, path_text(c, "attributeCode"));
    if (!doc)
        adobe_fail(
            c, 404,
            "The attribute with a \"%1\" attributeCode doesn't exist. Verify the attribute and try again.",
            json_pack("[s]", path_text(c, "attributeCode")));
    return doc;
}

void adobe_get_attribute(adobe_call *c)
{
    json_t *doc = asked(c);
    if (doc)
        adobe_reply(c, json_incref(doc));
}

void adobe_get_attribute_options(adobe_call *c)
{
    json_t *doc = asked(c), *choices = json_object_get(doc, "options");
    if (doc)
        adobe_reply(c, choices ? json_incref(choices) : json_array());
}

/* Every attribute is in the one set there is. */
void adobe_post_attribute_to_set(adobe_call *c)
{
    json_object_set_new(c->path, "attributeCode", json_incref(json_object_get(c->input, "attribute_code")));
    if (asked(c))
        adobe_reply(c, json_sprintf("%lld", (long long)c->m->next_member++));
}
