/* SPDX-License-Identifier: Apache-2.0 */
/* The world at the start: stores with their warehouses, products under both names, first levels at the tills,
 * the same products and sources in the shop, and the two tables that connect them. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_WAREHOUSE = 31 };

static const struct {
    const char *till, *shop;
} odd[] = {
    {"TEE/RED+XL", "TEE/RED+XL"}, {"sku with space", "sku with space"}, {"A&B", "A&B"},
    {"Mug-Blue", "mug-blue"},     {"CUP_SAUCER", "Cup & Saucer/1"},     {"50%-OFF", "50%-OFF"},
};

static void add_sku(const char *till, const char *shop, bool weight)
{
    world_sku *k = &sim_world.skus[sim_world.sku_count++];
    *k = (world_sku){must(strdup(till)), shop ? must(strdup(shop)) : NULL, weight};
}

static void seed_skus(size_t count)
{
    size_t odd_count = (size_t)setting_int("world", "odd_skus"), most = sizeof odd / sizeof *odd;
    size_t only = (size_t)setting_int("world", "till_only"),
           weight = (size_t)setting_int("world", "weight_skus");
    char name[64];
    odd_count = odd_count > most ? most : odd_count;
    sim_world.skus =
        must(calloc(count + odd_count + only + weight + seed_kind_count() + 1, sizeof *sim_world.skus));
    for (size_t i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "SKU-%04zu", i);
        add_sku(name, name, false);
    }
    for (size_t i = 0; i < odd_count; i++)
        add_sku(odd[i].till, odd[i].shop, false);
    for (size_t i = 1; i <= only; i++) {
        snprintf(name, sizeof name, "TILL-ONLY-%03zu", i);
        add_sku(name, NULL, false);
    }
    for (size_t i = 1; i <= weight; i++) {
        snprintf(name, sizeof name, "WEIGHT-%03zu", i);
        add_sku(name, name, true);
    }
    seed_kind_skus(add_sku);
}

static bool each(size_t i, const char *key)
{
    int64_t n = setting_int("world", key);
    return n > 0 && (int64_t)(i + 1) % n == 0;
}

static void seed_stores(size_t count)
{
    int next = FIRST_WAREHOUSE;
    sim_world.stores = must(calloc(count + 1, sizeof *sim_world.stores));
    for (size_t i = 0; i < count; i++) {
        sitoo_warehouse w = {.id = next++,
                             .type = each(i, "virtual_every") ? VIRTUAL : FIFO,
                             .usetype = 10,
                             .store = (int)i + 1,
                             .sellable = true};
        snprintf(w.name, sizeof w.name, "Store %03zu", i + 1);
        snprintf(w.external, sizeof w.external, "store-%03zu", i + 1);
        world_store *store = &sim_world.stores[sim_world.store_count++];
        *store = (world_store){.warehouse = w.id};
        snprintf(store->source, sizeof store->source, "store-%03zu", i + 1);
        sitoo_warehouse_add(sim_world.sitoo, w);
    }
    for (size_t i = 0; i < count; i++) {
        if (!each(i, "reclaim_every"))
            continue;
        sitoo_warehouse w = {
            .id = next++, .type = FIFO, .usetype = 40, .store = (int)i + 1, .sellable = false};
        snprintf(w.name, sizeof w.name, "Store %03zu reclaims", i + 1);
        snprintf(w.external, sizeof w.external, "store-%03zu-R", i + 1);
        sim_world.stores[i].reclaim = w.id;
        sitoo_warehouse_add(sim_world.sitoo, w);
    }
}

static void seed_products(void)
{
    for (size_t i = 0; i < sim_world.sku_count; i++)
        json_array_append_new(sim_world.sitoo->products,
                              json_pack("{sI ss ss+ ss sb ss sb sI}", "productid",
                                        (json_int_t)(801 + (int64_t)i), "sku", sim_world.skus[i].till,
                                        "title", "Product ", sim_world.skus[i].till, "moneyprice", "100.00",
                                        "active", 1, "barcode", "", "allowdecimals", sim_world.skus[i].weight,
                                        "datemodified", (json_int_t)(env_now() / 1000)));
}

static void seed_levels(const world_store *store)
{
    sitoo_warehouse *w = sitoo_warehouse_of(sim_world.sitoo, store->warehouse);
    move_wish *wish = must(calloc(sim_world.sku_count + 1, sizeof *wish));
    int64_t absent = setting_rate("world", "absent_rate"), most = setting_int("world", "stock_most");
    size_t n = 0;
    for (size_t i = 0; i < sim_world.sku_count; i++) {
        if (world_chance(absent) ||
            !seed_kind_stands(sim_world.skus[i].till, (size_t)(store - sim_world.stores)))
            continue;
        int64_t pieces = world_below(most + 1);
        int64_t grams = sim_world.skus[i].weight ? world_below(1000) : 0;
        wish[n++] = (move_wish){sim_world.skus[i].till, pieces * 1000 + grams, UNIT_COST};
    }
    if (w->type == FIFO)
        sitoo_move_stock(sim_world.sitoo, w, MANUAL_IN, wish, n,
                         json_pack("{ss}", "description", "opening stock"), 0);
    for (size_t i = 0; w->type != FIFO && i < n; i++)
        sitoo_item_of(sim_world.sitoo, w, wish[i].sku, true)->total = wish[i].quantity;
    free(wish);
}

/* One stock of all stores sells on the website, as number 2, as in a shop that left its default stock. */
static void seed_shop_places(void)
{
    adobe *m = sim_world.adobe;
    int stock = adobe_stock_add(m, "Stores", json_pack("[{ss ss}]", "type", "website", "code", "base"))->id;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        const char *code = sim_world.stores[i].source;
        int place = adobe_source_add(m, json_pack("{ss ss sb ss ss sb s[] s{sb ss}}", "source_code", code,
                                                  "name", code, "enabled", 1, "country_id", "SE", "postcode",
                                                  "11122", "use_default_carrier_config", 1, "carrier_links",
                                                  "extension_attributes", "is_pickup_location_active", 1,
                                                  "frontend_name", code));
        adobe_stock_link(m, adobe_stock_of(m, stock), place, (int)i + 1);
    }
}

static void seed_shop_products(void)
{
    char name[160];
    for (size_t i = 0; i < sim_world.sku_count; i++) {
        const char *sku = sim_world.skus[i].shop;
        if (!sku)
            continue;
        snprintf(name, sizeof name, "Product %s", sku);
        adobe_product_add(sim_world.adobe, sku, name, "simple")->price = 100 * ADOBE_UNIT;
    }
}

static void seed_shop_levels(const world_store *store)
{
    int source = adobe_source_place(sim_world.adobe, store->source);
    for (size_t i = 0; i < sim_world.sku_count; i++) {
        int64_t total = 0, reserved = 0;
        if (!sim_world.skus[i].shop ||
            !seed_kind_stands(sim_world.skus[i].till, (size_t)(store - sim_world.stores)))
            continue;
        sitoo_level(sim_world.sitoo, store->warehouse, sim_world.skus[i].till, &total, &reserved);
        int64_t pieces = total > reserved ? (total - reserved) / 1000 : 0;
        adobe_item_set(sim_world.adobe, adobe_sku_place(sim_world.adobe, sim_world.skus[i].shop), source,
                       pieces * ADOBE_UNIT, pieces > 0);
    }
}

int seed_settings(size_t stores, size_t skus)
{
    seed_skus(skus);
    seed_stores(stores);
    seed_products();
    for (size_t i = 0; i < sim_world.store_count; i++)
        seed_levels(&sim_world.stores[i]);
    seed_shop_places();
    seed_shop_products();
    seed_kinds();
    for (size_t i = 0; i < sim_world.store_count && setting_bool("world", "equal_start"); i++)
        seed_shop_levels(&sim_world.stores[i]);
    return 0;
}

void seed_free(void)
{
    for (size_t i = 0; i < sim_world.sku_count; i++) {
        free(sim_world.skus[i].till);
        free(sim_world.skus[i].shop);
    }
    free(sim_world.skus);
    free(sim_world.stores);
}

static FILE *open_table(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        fprintf(stderr, "tillbridge-sim: table %s cannot be written\n", path);
    return f;
}

/* Only names that differ stand in the table; the two here need no quotes. */
int seed_tables(const char *folder)
{
    FILE *locations = open_table(folder, "locations.csv");
    FILE *skus = locations ? open_table(folder, "skus.csv") : NULL;
    if (skus) {
        fprintf(locations, "warehouse,source\n");
        for (size_t i = 0; i < sim_world.store_count; i++)
            fprintf(locations, "%d,%s\n", sim_world.stores[i].warehouse, sim_world.stores[i].source);
        fprintf(skus, "till_sku,shop_sku\n");
        for (size_t i = 0; i < sim_world.sku_count; i++)
            if (sim_world.skus[i].shop && strcmp(sim_world.skus[i].till, sim_world.skus[i].shop))
                fprintf(skus, "%s,%s\n", sim_world.skus[i].till, sim_world.skus[i].shop);
        fclose(skus);
    }
    if (locations)
        fclose(locations);
    return skus ? 0 : -1;
}
