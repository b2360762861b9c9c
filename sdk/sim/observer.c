/* SPDX-License-Identifier: Apache-2.0 */
/* The observer: after every step, whoever made it, how many pieces per product does the shop offer beyond
 * what the tills could hand out at this instant, and how many more are promised than there are? Only products
 * touched since the last step are counted again. */
#include "sdk/sim/frame.h"
#include "sdk/sim/map.h"
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <string.h>

/* Pieces too many, of all products at an instant. */
typedef struct {
    int64_t *over; /* per product */
    int64_t now, worst, steps, worst_at;
    int64_t *grown[STEP_MAKERS]; /* per product, by who made the step: the sum of its rises */
} excess;

static struct {
    map by_till, by_shop; /* name -> place in sim_world.skus, plus 1 */
    excess offered, promised, lacking, left_over;
    bool *touched;
    size_t *list, count; /* the touched ones */
    bool all;
    int64_t steps;
} observer;

static void make_room(excess *e, size_t n)
{
    e->over = must(calloc(n + 1, sizeof *e->over));
    for (int maker = 0; maker < STEP_MAKERS; maker++)
        e->grown[maker] = must(calloc(n + 1, sizeof *e->grown[maker]));
}

static void index_names(void)
{
    size_t n = sim_world.sku_count;
    make_room(&observer.offered, n);
    make_room(&observer.promised, n);
    make_room(&observer.lacking, n);
    make_room(&observer.left_over, n);
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
    if (!observer.touched && sim_world.sku_count)
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

static int64_t overpromised(const world_sku *k)
{
    int64_t there = 0;
    if (!k->shop)
        return 0;
    int64_t promised = observer_promised(k, &there);
    return promised > there ? promised - there : 0;
}

/* Pieces that stores hold for somebody and do not have: another store's do not make up for them. */
static int64_t lacking(const world_sku *k)
{
    int64_t sum = 0;
    for (size_t i = 0; i < sim_world.store_count; i++) {
        int64_t total = 0, reserved = 0;
        sitoo_level(sim_world.sitoo, sim_world.stores[i].warehouse, k->till, &total, &reserved);
        int64_t held = reserved > 0 ? reserved : 0;
        sum += held > total ? (held - total) / 1000 : 0;
    }
    return sum;
}

static void note(excess *e, size_t i, int64_t over, step_maker maker)
{
    if (over > e->over[i])
        e->grown[maker][i] += over - e->over[i];
    e->now += over - e->over[i];
    e->over[i] = over;
}

static void look(size_t i, step_maker maker)
{
    note(&observer.offered, i, oversold(&sim_world.skus[i]), maker);
    note(&observer.promised, i, overpromised(&sim_world.skus[i]), maker);
    note(&observer.lacking, i, lacking(&sim_world.skus[i]), maker);
    int64_t left_over = sim_world.skus[i].shop ? observer_left_over(&sim_world.skus[i]) / 10000 : 0;
    note(&observer.left_over, i, left_over < 0 ? -left_over : left_over, maker);
    observer.touched[i] = false;
}

static void step_over(excess *e)
{
    e->steps += e->now > 0;
    if (e->now > e->worst) {
        e->worst = e->now;
        e->worst_at = env_now();
    }
}

void (*sim_stepped)(void);

void observer_step(step_maker maker)
{
    if (!observer.touched && sim_world.sku_count)
        index_names();
    observer.steps++;
    for (size_t i = 0; observer.all && i < sim_world.sku_count; i++)
        look(i, maker);
    for (size_t i = 0; !observer.all && i < observer.count; i++)
        look(observer.list[i], maker);
    observer.count = 0;
    observer.all = false;
    step_over(&observer.offered);
    step_over(&observer.promised);
    if (sim_stepped)
        sim_stepped();
}

static json_t *by_sku(const int64_t *pieces, size_t most)
{
    json_t *doc = json_object();
    for (size_t i = 0; pieces && i < sim_world.sku_count && json_object_size(doc) < most; i++)
        if (pieces[i])
            json_object_set_new(doc, sim_world.skus[i].shop, json_integer(pieces[i]));
    return doc;
}

/* Who promised too much: pieces by product, summed over all steps of that kind. */
static json_t *by_maker(const excess *e)
{
    return json_pack("{so so so}", "calls", by_sku(e->grown[STEP_CALL], SIZE_MAX), "tills",
                     by_sku(e->grown[STEP_TILLS], SIZE_MAX), "shop", by_sku(e->grown[STEP_SHOP], SIZE_MAX));
}

json_t *observer_state(void)
{
    const excess *o = &observer.offered, *p = &observer.promised;
    return json_pack("{sI sI sI sI sI so sI sI sI sI so so so so}", "steps", (json_int_t)observer.steps,
                     "oversold_now", (json_int_t)o->now, "oversold_worst", (json_int_t)o->worst, "worst_at",
                     (json_int_t)o->worst_at, "steps_oversold", (json_int_t)o->steps, "by_sku",
                     by_sku(o->over, 50), "overpromised_now", (json_int_t)p->now, "overpromised_worst",
                     (json_int_t)p->worst, "overpromised_worst_at", (json_int_t)p->worst_at,
                     "steps_overpromised", (json_int_t)p->steps, "overpromised_by_sku", by_sku(p->over, 50),
                     "overpromised_by_maker", by_maker(p), "lacking_by_maker", by_maker(&observer.lacking),
                     "left_over_by_maker", by_maker(&observer.left_over));
}

static void free_room(excess *e)
{
    free(e->over);
    for (int maker = 0; maker < STEP_MAKERS; maker++)
        free(e->grown[maker]);
}

void observer_close(void)
{
    map_free(&observer.by_till);
    map_free(&observer.by_shop);
    free_room(&observer.offered);
    free_room(&observer.promised);
    free_room(&observer.lacking);
    free_room(&observer.left_over);
    free(observer.touched);
    free(observer.list);
}
