/* SPDX-License-Identifier: Apache-2.0 */
/* Products as read: the document, built from the few facts that are kept and from what every product has. A
 * stock item in it tells of the default source only, whatever stock the shop sells from. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <string.h>

adobe_product *adobe_product_by_id(const adobe *m, int64_t id)
{
    return id > 0 && (size_t)id <= m->product_count && !m->products[id - 1]->deleted ? m->products[id - 1]
                                                                                     : NULL;
}

adobe_product *adobe_product_of(const adobe *m, const char *sku)
{
    const adobe_sku *k = adobe_sku_of(m, sku);
    return k ? k->product : NULL;
}

bool adobe_is_composite(const adobe_product *p)
{
    return !strcmp(p->type, "configurable") || !strcmp(p->type, "bundle") || !strcmp(p->type, "grouped");
}

static char *url_key_of(const char *name)
{
    buffer b = {0};
    for (; *name; name++)
        if (isalnum((unsigned char)*name))
            buffer_putc(&b, (char)tolower((unsigned char)*name));
        else if (b.size && b.data[b.size - 1] != '-')
            buffer_putc(&b, '-');
    if (b.size && b.data[b.size - 1] == '-')
        b.data[--b.size] = '\0';
    return buffer_take(&b);
}

static const char *type_of(const char *type)
{
    static const char *const known[] = {"simple",       "virtual", "downloadable", "bundle", "grouped",
                                        "configurable", NULL};
    for (size_t i = 0; type && known[i]; i++)
        if (!strcmp(known[i], type))
            return known[i];
    return known[0];
}

/* The product's spelling of a SKU is the one to show. */
static uint32_t name_sku(adobe *m, const char *sku)
{
    uint32_t place = adobe_sku_place(m, sku);
    char *name = must(strdup(sku));
    free(m->skus[place].name);
    m->skus[place].name = name;
    return place;
}

adobe_product *adobe_product_add(adobe *m, const char *sku, const char *name, const char *type)
{
    adobe_product *p = must(calloc(1, sizeof *p));
    if (m->product_count == m->product_room) {
        m->product_room = m->product_room ? 2 * m->product_room : 256;
        m->products = must(realloc(m->products, m->product_room * sizeof *m->products));
    }
    *p = (adobe_product){.id = (int64_t)m->product_count + 1,
                         .sku = name_sku(m, sku),
                         .name = must(strdup(name)),
                         .url_key = url_key_of(name),
                         .type = type_of(type),
                         .set = 4,
                         .status = 1,
                         .visibility = 4,
                         .weight = NO_WEIGHT,
                         .min_qty = NO_PLACE,
                         .manage_stock = true,
                         .created = env_now(),
                         .updated = env_now(),
                         .custom = json_object(),
                         .local = json_object(),
                         .extension = json_object(),
                         .options = json_array()};
    m->products[m->product_count++] = p;
    m->skus[p->sku].product = p;
    return p;
}

void adobe_sync_legacy(adobe *m, uint32_t sku)
{
    adobe_product *p = m->skus[sku].product;
    const adobe_item *item = adobe_item_of(m, &m->skus[sku], DEFAULT_SOURCE);
    if (!p || adobe_is_composite(p))
        return;
    p->in_stock = item && item->status;
}

/* ---- documents ---- */

static int64_t legacy_quantity(const adobe *m, const adobe_product *p)
{
    const adobe_item *item = adobe_item_of(m, &m->skus[p->sku], DEFAULT_SOURCE);
    return item ? item->quantity : 0;
}

json_t *adobe_stock_item_doc(const adobe *m, const adobe_product *p)
{
    bool own = p->min_qty != NO_PLACE;
    int64_t least = own ? p->min_qty : adobe_int(m, "min_qty") * ADOBE_UNIT;
    json_t *doc =
        json_pack("{sI sI si so sb sb sb sb so}", "item_id", (json_int_t)p->id, "product_id",
                  (json_int_t)p->id, "stock_id", DEFAULT_STOCK, "qty", decimal_number(legacy_quantity(m, p)),
                  "is_in_stock", p->in_stock, "is_qty_decimal", 0, "show_default_notification_message", 0,
                  "use_config_min_qty", !own, "min_qty", decimal_number(least));
    json_t *rest = json_pack(
        "{si si sb si sb si sb si sb si sb sb sb sb so sb si}", "use_config_min_sale_qty", 1, "min_sale_qty",
        1, "use_config_max_sale_qty", 1, "max_sale_qty", 10000, "use_config_backorders", !p->backorders,
        "backorders", p->backorders, "use_config_notify_stock_qty", 1, "notify_stock_qty", 1,
        "use_config_qty_increments", 1, "qty_increments", 0, "use_config_enable_qty_inc", 1,
        "enable_qty_increments", 0, "use_config_manage_stock", p->manage_stock, "manage_stock",
        p->manage_stock, "low_stock_date", p->low_since ? time_text(p->low_since) : json_null(),
        "is_decimal_divided", 0, "stock_status_changed_auto", p->changed_auto);
    json_object_update(doc, rest);
    json_decref(rest);
    return doc;
}

static bool needs_options(const adobe_product *p)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(p->options, i, one) if (json_is_true(json_object_get(one, "is_require"))) return true;
    return false;
}

static json_t *category_ids(const adobe_product *p)
{
    json_t *ids = json_array(), *link = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(p->extension, "category_links"), i, link)
        json_array_append(ids, json_object_get(link, "category_id"));
    return ids;
}

static json_t *custom_attributes(const adobe *m, const adobe_product *p)
{
    json_t *all = json_pack(
        "{ss ss ss ss ss ss so}", "options_container", "container2", "msrp_display_actual_price_type", "0",
        "url_key", p->url_key, "required_options", needs_options(p) ? "1" : "0", "has_options",
        json_array_size(p->options) ? "1" : "0", "tax_class_id", "2", "category_ids", category_ids(p));
    json_t *list = json_array(), *value = NULL;
    const char *code = NULL;
    json_object_update(all, p->custom);
    if (!m->all_stores)
        json_object_update(all, p->local);
    json_object_del(all, "name");
    json_object_foreach(all, code, value)
        json_array_append_new(list, json_pack("{ss sO}", "attribute_code", code, "value", value));
    json_decref(all);
    return list;
}

/* As the store view that is asked for calls it. */
static const char *name_of(const adobe *m, const adobe_product *p)
{
    const char *own = m->all_stores ? NULL : json_string_value(json_object_get(p->local, "name"));
    return own ? own : p->name;
}

json_t *adobe_product_doc(const adobe *m, const adobe_product *p)
{
    json_t *doc =
        json_pack("{sI ss ss si so si si ss so so}", "id", (json_int_t)p->id, "sku", m->skus[p->sku].name,
                  "name", name_of(m, p), "attribute_set_id", p->set, "price", decimal_number(p->price),
                  "status", p->status, "visibility", p->visibility, "type_id", p->type, "created_at",
                  time_text(p->created), "updated_at", time_text(p->updated));
    json_t *extension = json_pack("{s[i]}", "website_ids", 1);
    if (p->weight != NO_WEIGHT)
        json_object_set_new(doc, "weight", decimal_number(p->weight));
    json_object_update(extension, p->extension);
    json_t *rest = json_pack("{so s[] sO s[] s[] so}", "extension_attributes", extension, "product_links",
                             "options", p->options, "media_gallery_entries", "tier_prices",
                             "custom_attributes", custom_attributes(m, p));
    json_object_update(doc, rest);
    json_decref(rest);
    return doc;
}

/* ---- reading ---- */

enum {
    SKU,
    ENTITY_ID,
    NAME,
    TYPE_ID,
    STATUS,
    VISIBILITY,
    PRICE,
    CREATED_AT,
    UPDATED_AT,
    ATTRIBUTE_SET_ID,
    WEBSITE_ID,
    FIRST_ATTRIBUTE
};

static int column(adobe *m, const char *name)
{
    static const char *const names[] = {"sku",        "entity_id",        "name",      "type_id",
                                        "status",     "visibility",       "price",     "created_at",
                                        "updated_at", "attribute_set_id", "website_id"};
    for (int i = 0; i < FIRST_ATTRIBUTE; i++)
        if (!strcmp(names[i], name))
            return i;
    int at = FIRST_ATTRIBUTE;
    json_t *value = NULL;
    const char *code = NULL;
    json_object_foreach(m->attributes, code, value)
    {
        if (!strcmp(code, name))
            return at;
        at++;
    }
    return -1;
}

static search_cell attribute_cell(const adobe *m, const adobe_product *p, int at)
{
    void *i = json_object_iter(m->attributes);
    while (i && at-- > FIRST_ATTRIBUTE)
        i = json_object_iter_next(m->attributes, i);
    const char *code = i ? json_object_iter_key(i) : "";
    const char *text =
        !strcmp(code, "url_key") ? p->url_key : json_string_value(json_object_get(p->custom, code));
    return text ? (search_cell){.kind = CELL_TEXT, .text = text} : (search_cell){.kind = CELL_NULL};
}

static search_cell text_cell(const char *text)
{
    return (search_cell){.kind = CELL_TEXT, .text = text};
}

static search_cell number_cell(int64_t number)
{
    return (search_cell){.kind = CELL_NUMBER, .number = number};
}

static search_cell cell(adobe *m, size_t row, int at)
{
    const adobe_product *p = m->products[row];
    const char *const texts[] = {m->skus[p->sku].name, NULL, p->name, p->type};
    const int64_t numbers[] = {[ENTITY_ID] = p->id * ADOBE_UNIT,
                               [STATUS] = (int64_t)p->status * ADOBE_UNIT,
                               [VISIBILITY] = (int64_t)p->visibility * ADOBE_UNIT,
                               [PRICE] = p->price,
                               [CREATED_AT] = p->created / 1000 * 1000,
                               [UPDATED_AT] = p->updated / 1000 * 1000,
                               [ATTRIBUTE_SET_ID] = (int64_t)p->set * ADOBE_UNIT,
                               [WEBSITE_ID] = ADOBE_UNIT};
    if (at >= FIRST_ATTRIBUTE)
        return attribute_cell(m, p, at);
    if (at == SKU || at == NAME || at == TYPE_ID)
        return text_cell(texts[at]);
    search_cell c = number_cell(numbers[at]);
    c.kind = at == CREATED_AT || at == UPDATED_AT ? CELL_TIME : CELL_NUMBER;
    return c;
}

static json_t *doc_of(adobe *m, size_t row)
{
    return adobe_product_doc(m, m->products[row]);
}

static const search_table table = {column, cell, doc_of, UNKNOWN_400, UNKNOWN_IGNORED, false};

static int by_sku(const void *a, const void *b, void *arg)
{
    const adobe *m = arg;
    const adobe_product *x = m->products[*(const size_t *)a], *y = m->products[*(const size_t *)b];
    return strcmp(m->skus[x->sku].folded, m->skus[y->sku].folded);
}

void adobe_get_products(adobe_call *c)
{
    adobe *m = c->m;
    size_t count = 0;
    if (!search_begin(c, &table))
        return;
    size_t *rows = must(calloc(m->product_count + 1, sizeof *rows));
    json_t *skus = search_values(c, "sku"), *null = NULL;
    const char *sku = NULL;
    json_object_foreach(skus, sku, null)
    {
        const adobe_product *p = adobe_product_of(m, sku);
        if (p && count < m->product_count)
            rows[count++] = (size_t)p->id - 1;
    }
    for (size_t i = 0; !skus && i < m->product_count; i++)
        if (!m->products[i]->deleted)
            rows[count++] = i;
    if (search_uses(c, "sku"))
        qsort_r(rows, count, sizeof *rows, by_sku, m);
    json_decref(skus);
    search_reply(c, &table, rows, count);
}

void adobe_get_product(adobe_call *c)
{
    const adobe_product *p = adobe_product_of(c->m, path_text(c, "sku"));
    if (!p) {
        adobe_fail(c, 404, "The product that was requested doesn't exist. Verify the product and try again.",
                   NULL);
        return;
    }
    json_t *doc = adobe_product_doc(c->m, p);
    json_object_set_new(json_object_get(doc, "extension_attributes"), "stock_item",
                        adobe_stock_item_doc(c->m, p));
    adobe_reply(c, doc);
}
