/* SPDX-License-Identifier: Apache-2.0 */
/* The observer: after every step, whoever made it, how many pieces per product does the shop offer beyond
 * what the tills could hand out at this instant? Only products touched since the last step are counted again.
 */
#include "sdk/sim/frame.h"
#include "sdk/sim/map.h"
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <string.h>

static struct {
    map by_till, by_shop; /* name -> place in sim_world.skus, plus 1 */
    int64_t *over;        /* pieces per product */
    bool *touched;
    size_t *list, count; /* the touched ones */
    bool all;
    int64_t now, worst, steps, steps_oversold, worst_at;
} observer;

static void index_names(void)
{
    size_t n = sim_world.sku_count;
    observer.over = must(calloc(n + 1, sizeof *observer.over));
    observer.touched = must(calloc(n + 1, sizeof *observer.touched));
    observer.list = must(calloc(n + 1, sizeof *observer.list));
    for (size_t i = 0; i < n; i++) {
        map_put(&observer.by_till, sim_world.skus[i].till, (void *)(uintptr_t)(i + 1));
        if (sim_world.skus[i].shop)
            map_put(&observer.by_shop, sim_world.skus[i].shop, (void *)(uintptr_t)(i + 1));
    }
    observer.all = true;
}

static void touch(const map *names, const char *sku)
{
    if (!observer.over && sim_world.sku_count)
        index_names();
    uintptr_t at = (uintptr_t)map_get(names, sku);
    if (!at || observer.touched[at - 1])
        return;
    observer.touched[at - 1] = true;
    observer.list[observer.count++] = at - 1;
}

void observer_touch_till(const char *sku)
{
    touch(&observer.by_till, sku);
}

/* An effect at the shop names its product, or a list of them; else everything is looked at again. */
void observer_touch_shop(json_t *detail)
{
    const char *sku = json_string_value(json_object_get(detail, "sku"));
    json_t *items = json_object_get(detail, "items"), *item = NULL;
    size_t i = 0;
    if (sku)
        touch(&observer.by_shop, sku);
    else if (!json_is_array(items))
        observer.all = true;
    json_array_foreach(items, i, item) if (json_is_string(json_object_get(item, "sku")))
        touch(&observer.by_shop, json_string_value(json_object_get(item, "sku")));
}

static int64_t oversold(const world_sku *k)
{
    int64_t there = 0;
    if (!k->shop)
        return 0;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        int64_t total = 0, reserved = 0;
        sitoo_level(sim_world.sitoo, sim_world.stores[i].warehouse, k->till, &total, &reserved);
        there += total > reserved ? (total - reserved) / 1000 : 0;
    }
    int64_t promised = adobe_salable(sim_world.adobe, k->shop, 2) / 10000;
    return promised > there ? promised - there : 0;
}

static void look(size_t i)
{
    int64_t over = oversold(&sim_world.skus[i]);
    observer.now += over - observer.over[i];
    observer.over[i] = over;
    observer.touched[i] = false;
}

void (*sim_stepped)(void);

void observer_step(void)
{
    if (!observer.over && sim_world.sku_count)
        index_names();
    observer.steps++;
    for (size_t i = 0; observer.all && i < sim_world.sku_count; i++)
        look(i);
    for (size_t i = 0; !observer.all && i < observer.count; i++)
        look(observer.list[i]);
    observer.count = 0;
    observer.all = false;
    observer.steps_oversold += observer.now > 0;
    if (observer.now > observer.worst) {
        observer.worst = observer.now;
        observer.worst_at = env_now();
    }
    if (sim_stepped)
        sim_stepped();
}

json_t *observer_state(void)
{
    json_t *by_sku = json_object();
    for (size_t i = 0; observer.over && i < sim_world.sku_count && json_object_size(by_sku) < 50; i++)
        if (observer.over[i])
            json_object_set_new(by_sku, sim_world.skus[i].shop, json_integer(observer.over[i]));
    return json_pack("{sI sI sI sI sI so}", "steps", (json_int_t)observer.steps, "oversold_now",
                     (json_int_t)observer.now, "oversold_worst", (json_int_t)observer.worst, "worst_at",
                     (json_int_t)observer.worst_at, "steps_oversold", (json_int_t)observer.steps_oversold,
                     "by_sku", by_sku);
}

void observer_close(void)
{
    map_free(&observer.by_till);
    map_free(&observer.by_shop);
    free(observer.over);
    free(observer.touched);
    free(observer.list);
}
