/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends side by side, product by product and store by store: what the shop should show while no web order
 * is open (R1 with O = D = 0), and what it shows. */
#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"
#include "sdk/sim/compare.h"

#include <stdio.h>

typedef struct {
    int64_t want, have; /* whole pieces; 10^-4 */
    int status;
} pair;

static pair look(const world_sku *k, const world_store *store, int64_t kept_back)
{
    int64_t total = 0, reserved = 0, have = 0;
    int status = 0;
    sitoo_level(sim_world.sitoo, store->warehouse, k->till, &total, &reserved);
    if (!adobe_source_item(sim_world.adobe, k->shop, store->source, &have, &status))
        have = status = 0;
    int64_t left = (total - reserved) / 1000 - kept_back;
    return (pair){left > 0 ? left : 0, have, status};
}

static json_t *quantity_json(int64_t v)
{
    char text[40];
    snprintf(text, sizeof text, "%s%lld.%04lld", v < 0 ? "-" : "", (long long)((v < 0 ? -v : v) / 10000),
             (long long)((v < 0 ? -v : v) % 10000));
    return json_string(text);
}

json_t *compare_ends(int64_t kept_back)
{
    int64_t compared = 0, differences = 0;
    json_t *different = json_array();
    sitoo_lapse(sim_world.sitoo);
    for (size_t i = 0; i < sim_world.sku_count; i++)
        for (size_t j = 0; sim_world.skus[i].shop && j < sim_world.store_count; j++) {
            pair p = look(&sim_world.skus[i], &sim_world.stores[j], kept_back);
            compared++;
            if (p.have == p.want * 10000 && p.status == (p.want > 0))
                continue;
            if (differences++ < 50)
                json_array_append_new(different,
                                      json_pack("{ss ss sI so si}", "sku", sim_world.skus[i].shop, "source",
                                                sim_world.stores[j].source, "want", (json_int_t)p.want,
                                                "have", quantity_json(p.have), "status", p.status));
        }
    return json_pack("{sI sI so}", "compared", (json_int_t)compared, "differences", (json_int_t)differences,
                     "different", different);
}

json_t *compare_goal(int64_t kept_back)
{
    int64_t compared = 0, differences = 0;
    json_t *different = json_array();
    sitoo_lapse(sim_world.sitoo);
    for (size_t i = 0; i < sim_world.sku_count; i++) {
        observer_salable s =
            sim_world.skus[i].shop ? observer_goal(&sim_world.skus[i], kept_back) : (observer_salable){0};
        compared += sim_world.skus[i].shop != NULL;
        if (s.want == s.have)
            continue;
        differences++;
        json_array_append_new(different, json_pack("{ss so so so sI}", "sku", sim_world.skus[i].shop, "want",
                                                   quantity_json(s.want), "have", quantity_json(s.have),
                                                   "left_over", quantity_json(s.left_over), "not_at_till",
                                                   (json_int_t)s.not_at_till));
    }
    return json_pack("{sI sI so}", "compared", (json_int_t)compared, "differences", (json_int_t)differences,
                     "different", different);
}

json_t *compare_sitoo(void)
{
    json_t *all = json_array();
    sitoo_lapse(sim_world.sitoo);
    for (size_t i = 0; i < sim_world.sitoo->warehouses.count; i++) {
        const sitoo_warehouse *w = sim_world.sitoo->warehouses.item[i];
        for (size_t j = 0; j < w->items.count; j++) {
            const sitoo_item *k = w->items.item[j];
            json_array_append_new(all,
                                  json_pack("{si ss so so}", "warehouse", w->id, "sku", k->sku, "total",
                                            decimal_json(k->total), "reserved", decimal_json(k->reserved)));
        }
    }
    return all;
}

json_t *compare_adobe(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < sim_world.sku_count; i++)
        for (size_t j = 0; sim_world.skus[i].shop && j < sim_world.store_count; j++) {
            int64_t have = 0;
            int status = 0;
            const char *source = sim_world.stores[j].source;
            if (adobe_source_item(sim_world.adobe, sim_world.skus[i].shop, source, &have, &status))
                json_array_append_new(all,
                                      json_pack("{ss ss so si}", "sku", sim_world.skus[i].shop, "source",
                                                source, "quantity", quantity_json(have), "status", status));
        }
    return all;
}
