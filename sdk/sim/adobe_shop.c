/* SPDX-License-Identifier: Apache-2.0 */
/* The shop's beginning and end, and what its cron does meanwhile. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

adobe *adobe_new(json_t *settings)
{
    adobe *m = must(calloc(1, sizeof *m));
    m->settings = settings;
    adobe_fill(m);
    return m;
}

/* Attributes every shop has, with those a store view can have its own value of. */
static const struct {
    const char *code, *scope;
} attributes[] = {
    {"name", "store"},
    {"description", "store"},
    {"short_description", "store"},
    {"url_key", "store"},
    {"meta_title", "store"},
    {"tax_class_id", "website"},
    {"special_price", "website"},
    {"price", "global"},
    {"cost", "global"},
    {"manufacturer", "global"},
    {"color", "global"},
    {"shipment_type", "global"},
    {"price_type", "global"},
    {"sku_type", "global"},
    {"weight_type", "global"},
    {"price_view", "global"},
};

/* As installed: the default source, the default stock that sells on the one website, no product. */
void adobe_fill(adobe *m)
{
    m->nonces[0] = json_object();
    m->nonces[1] = json_object();
    m->nonces_since = env_now();
    m->admin_tokens = json_object();
    m->attributes = json_object();
    m->notify = json_object();
    adobe_sales_open(m);
    m->next_report = 0x6b03d22d265adLL;
    m->next_super = m->next_bundle_option = m->next_option = m->next_selection = m->next_value = 1;
    m->next_choice = 4;
    m->next_member = 135;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        json_object_set_new(m->attributes, attributes[i].code,
                            json_pack("{ss}", "scope", attributes[i].scope));
    adobe_source_add(m, json_pack("{ss ss sb ss si si ss ss sb s[] s{sb ss}}", "source_code", "default",
                                  "name", "Default Source", "enabled", 1, "description", "Default Source",
                                  "latitude", 0, "longitude", 0, "country_id", "US", "postcode", "00000",
                                  "use_default_carrier_config", 1, "carrier_links", "extension_attributes",
                                  "is_pickup_location_active", 0, "frontend_name", ""));
    adobe_stock *s =
        adobe_stock_add(m, "Default Stock", json_pack("[{ss ss}]", "type", "website", "code", "base"));
    adobe_stock_link(m, s, DEFAULT_SOURCE, 1);
}

static void free_product(adobe_product *p)
{
    free(p->name);
    free(p->url_key);
    free(p->parents);
    free(p->children);
    json_decref(p->custom);
    json_decref(p->local);
    json_decref(p->extension);
    json_decref(p->options);
    free(p);
}

static void free_skus(adobe *m)
{
    for (size_t i = 0; i < m->sku_count; i++) {
        free(m->skus[i].name);
        free(m->skus[i].folded);
        free(m->skus[i].at);
        free(m->skus[i].level);
    }
    free(m->skus);
    map_free(&m->by_sku);
}

static void free_places(adobe *m)
{
    for (size_t i = 0; i < m->source_count; i++) {
        free(m->sources[i].code);
        free(m->sources[i].folded);
        free(m->sources[i].rows);
        json_decref(m->sources[i].doc);
    }
    for (size_t i = 0; i < m->stock_count; i++) {
        free(m->stocks[i].name);
        free(m->stocks[i].links);
        json_decref(m->stocks[i].channels);
    }
    free(m->sources);
    free(m->stocks);
    map_free(&m->by_source);
}

/* Everything is gone, the settings stay. */
void adobe_clear(adobe *m)
{
    json_t *objects[] = {m->nonces[0], m->nonces[1], m->admin_tokens, m->attributes, m->notify};
    for (size_t i = 0; i < m->product_count; i++)
        free_product(m->products[i]);
    for (size_t i = 0; i < m->reservation_count; i++)
        json_decref(m->reservations[i].metadata);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        json_decref(objects[i]);
    adobe_sales_close(m);
    free(m->products);
    free(m->reservations);
    free(m->items);
    free_skus(m);
    free_places(m);
    *m = (adobe){.settings = m->settings};
}

void adobe_free(adobe *m)
{
    if (m)
        adobe_clear(m);
    free(m);
}

/* ---- cron ---- */

/* Rows of products that were deleted, when the consumer that removes them has run. */
static void clean_up(adobe *m)
{
    for (size_t i = 0; i < m->item_count; i++) {
        const adobe_item *item = &m->items[i];
        if (!item->gone && m->skus[item->sku].orphaned)
            adobe_remove_row(m, item->sku, item->source);
    }
    for (size_t i = 0; i < m->sku_count; i++)
        m->skus[i].orphaned = false;
}

void adobe_settle(adobe *m)
{
    if (m->reindex_due && env_now() >= m->reindex_due) {
        m->reindex_due = 0;
        adobe_reindex(m);
        sim_effect("adobe", "reindex", NULL);
    }
    if (m->cleanup_due && env_now() >= m->cleanup_due) {
        m->cleanup_due = 0;
        clean_up(m);
    }
}
