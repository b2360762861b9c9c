/* SPDX-License-Identifier: Apache-2.0 */
/* Products as saved: POST of a SKU that is there updates it, PUT of one that is not creates it. A stock item
 * in it writes the default source. A new product's row there has status 1 whatever was given, as recorded. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <string.h>

enum { DEFAULT_SET = 4 };

static const json_t *get(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_null(v) ? NULL : v;
}

static const char *text(const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? v : "";
}

/* ---- judging ---- */

static bool refuse(adobe_call *c, const char *message, json_t *parameters)
{
    adobe_fail(c, 400, message, parameters);
    return false;
}

static bool value_taken(const adobe *m, const adobe_product *except, const char *code, const char *value)
{
    for (size_t i = 0; i < m->product_count; i++) {
        const adobe_product *p = m->products[i];
        if (p != except && !p->deleted && !strcmp(text(p->custom, code), value))
            return true;
    }
    return false;
}

static bool check_unique(adobe_call *c, const json_t *given, const adobe_product *p)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)get(given, "custom_attributes"), i, one)
    {
        const json_t *attribute = json_object_get(c->m->attributes, text(one, "attribute_code"));
        if (strcmp(text(attribute, "is_unique"), "1") ||
            !value_taken(c->m, p, text(one, "attribute_code"), text(one, "value")))
            continue;
        CLEANUP_BUFFER buffer message = {0};
        buffer_printf(&message,
                      "The value of the \"%s\" attribute isn't unique. Set a unique value and try again.",
                      text(attribute, "default_frontend_label"));
        return refuse(c, buffer_text(&message), NULL);
    }
    return true;
}

static bool check(adobe_call *c, const json_t *given, const adobe_product *p)
{
    int64_t price = 0;
    decimal_read(get(given, "price"), &price);
    if (!p && !*text(given, "name"))
        return refuse(c, "The \"Product Name\" attribute value is empty. Set the attribute and try again.",
                      NULL);
    if (get(given, "attribute_set_id") && json_integer_value(get(given, "attribute_set_id")) != DEFAULT_SET)
        return refuse(c, "Invalid product data: %1", json_pack("[s]", "Invalid attribute set entity type"));
    if (price < 0)
        return refuse(c, "Please enter a number 0 or greater in this field.", NULL);
    return check_unique(c, given, p);
}

/* The key comes from the name. The shop finds out late: the number of the product is used up. */
static bool check_url_key(adobe_call *c, adobe_product *p)
{
    for (size_t i = 0; i < c->m->product_count; i++) {
        const adobe_product *other = c->m->products[i];
        if (other == p || other->deleted || strcmp(other->url_key, p->url_key))
            continue;
        p->deleted = true;
        c->m->skus[p->sku].product = NULL;
        return refuse(c, "URL key for specified store already exists.", NULL);
    }
    return true;
}

/* ---- fields ---- */

static void set_int(const json_t *given, const char *key, int *field)
{
    if (get(given, key))
        *field = (int)json_integer_value(get(given, key));
}

static void set_decimal(const json_t *given, const char *key, int64_t *field)
{
    decimal_read(get(given, key), field);
}

static bool is_global(const adobe *m, const char *code)
{
    return !strcmp(text(json_object_get(m->attributes, code), "scope"), "global");
}

/* Through a store view a product that exists gets that view's own value, where the attribute can have one. */
static void set_custom(adobe *m, adobe_product *p, const json_t *list, bool local)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)list, i, one)
    {
        const char *code = text(one, "attribute_code");
        if (json_object_get(m->attributes, code)) /* others are dropped without a word */
            json_object_set(local && !is_global(m, code) ? p->local : p->custom, code,
                            json_object_get(one, "value"));
    }
}

static void set_name(adobe_product *p, const char *name, bool local)
{
    if (!*name)
        return;
    if (local) {
        json_object_set_new(p->local, "name", json_string(name));
        return;
    }
    char *copy = must(strdup(name));
    free(p->name);
    p->name = copy;
}

static void set_options(adobe *m, adobe_product *p, const json_t *list)
{
    json_t *options = json_deep_copy(list), *option = NULL, *value = NULL;
    size_t i = 0, j = 0;
    json_array_foreach(options, i, option)
    {
        json_object_set_new(option, "option_id", json_integer(m->next_option++));
        json_array_foreach(json_object_get(option, "values"), j, value)
            json_object_set_new(value, "option_type_id", json_integer(m->next_value++));
    }
    json_decref(p->options);
    p->options = options;
}

static void set_fields(adobe *m, adobe_product *p, const json_t *given, bool local)
{
    const json_t *categories = get(get(given, "extension_attributes"), "category_links");
    set_name(p, text(given, "name"), local);
    set_int(given, "status", &p->status);
    set_int(given, "visibility", &p->visibility);
    set_decimal(given, "price", &p->price);
    set_decimal(given, "weight", &p->weight);
    if (!strcmp(p->type, "bundle"))
        p->weight = 0; /* the sum of its parts */
    set_custom(m, p, get(given, "custom_attributes"), local);
    if (categories)
        json_object_set_new(p->extension, "category_links", json_deep_copy(categories));
    if (json_is_array(get(given, "options")))
        set_options(m, p, get(given, "options"));
    p->updated = env_now();
}

/* ---- stock ---- */

static void set_stock_fields(adobe_product *p, const json_t *item)
{
    if (get(item, "use_config_min_qty") && json_is_true(get(item, "use_config_min_qty")))
        p->min_qty = NO_PLACE;
    else
        set_decimal(item, "min_qty", &p->min_qty);
    if (get(item, "backorders"))
        p->backorders = json_integer_value(get(item, "backorders")) > 0;
    if (get(item, "manage_stock"))
        p->manage_stock = json_is_true(get(item, "manage_stock"));
}

/* Saved again while it has fewer than it should be noted at. */
static void note_low(const adobe *m, adobe_product *p)
{
    const adobe_item *row = adobe_item_of(m, &m->skus[p->sku], DEFAULT_SOURCE);
    bool low = !row || row->quantity < ADOBE_UNIT;
    p->low_since = low ? env_now() : 0;
}

void adobe_save_stock_item(adobe *m, adobe_product *p, const json_t *item, bool fresh)
{
    const adobe_item *row = adobe_item_of(m, &m->skus[p->sku], DEFAULT_SOURCE);
    int64_t quantity = row ? row->quantity : 0;
    int status = row ? row->status : 0;
    set_decimal(item, "qty", &quantity);
    if (get(item, "is_in_stock"))
        status = json_is_true(get(item, "is_in_stock"));
    set_stock_fields(p, item);
    if (adobe_is_composite(p)) {
        adobe_mark_composite(m, p, get(item, "is_in_stock") ? status : p->in_stock);
        return;
    }
    if (item || fresh)
        adobe_write_row(m, m->skus[p->sku].name, DEFAULT_SOURCE, quantity, fresh ? 1 : status);
    if (fresh)
        p->in_stock = status;
    else
        note_low(m, p);
}

/* ---- answering ---- */

static json_t *doc_with_stock(const adobe *m, const adobe_product *p)
{
    json_t *doc = adobe_product_doc(m, p);
    json_object_set_new(json_object_get(doc, "extension_attributes"), "stock_item",
                        adobe_stock_item_doc(m, p));
    return doc;
}

static void answer(adobe_call *c, const adobe_product *p, const json_t *item, bool fresh)
{
    json_t *doc = doc_with_stock(c->m, p);
    if (fresh && !get(item, "qty") && !adobe_is_composite(p))
        json_object_set_new(json_object_get(json_object_get(doc, "extension_attributes"), "stock_item"),
                            "qty", json_null());
    if (!strcmp(c->request->method, "POST")) {
        json_object_del(doc, "product_links");
        json_object_del(doc, "tier_prices");
    }
    adobe_reply(c, doc);
}

static void save(adobe_call *c, const char *sku)
{
    const json_t *given = json_object_get(c->input, "product");
    const json_t *item = get(get(given, "extension_attributes"), "stock_item");
    adobe_product *p = adobe_product_of(c->m, sku);
    bool fresh = !p;
    if (!check(c, given, p))
        return;
    if (fresh) {
        p = adobe_product_add(c->m, sku, text(given, "name"), text(given, "type_id"));
        if (!check_url_key(c, p))
            return;
    }
    set_fields(c->m, p, given, !fresh && !c->m->all_stores);
    adobe_save_parts(c->m, p, get(given, "extension_attributes"));
    adobe_save_stock_item(c->m, p, item, fresh);
    sim_effect("adobe", fresh ? "product" : "product-changed",
               json_pack("{ss sI}", "sku", c->m->skus[p->sku].name, "id", (json_int_t)p->id));
    answer(c, p, item, fresh);
}

void adobe_post_product(adobe_call *c)
{
    const char *sku = text(json_object_get(c->input, "product"), "sku");
    if (*sku)
        save(c, sku);
    else
        adobe_fatal(c);
}

void adobe_put_product(adobe_call *c)
{
    save(c, path_text(c, "sku")); /* the path wins over the body */
}

void adobe_delete_product(adobe_call *c)
{
    adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    if (!p) {
        adobe_fail(c, 404, "The product that was requested doesn't exist. Verify the product and try again.",
                   NULL);
        return;
    }
    adobe_sku *k = &c->m->skus[p->sku];
    p->deleted = true;
    k->product = NULL;
    k->orphaned = true; /* its rows stay until cron's consumer has run */
    c->m->cleanup_due = env_now() + adobe_int(c->m, "cleanup_ms");
    sim_effect("adobe", "product-deleted", json_pack("{ss}", "sku", k->name));
    adobe_reply(c, json_true());
}
