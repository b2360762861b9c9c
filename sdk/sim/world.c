/* SPDX-License-Identifier: Apache-2.0 */
/* The world: one lock, one seeded draw, and the effect log, a ring of what was really changed. */
#include "sdk/sim/frame.h"

#include <string.h>

enum { RING = 100000 };

sim_world_t sim_world;
const char *const sim_system_names[2] = {"sitoo", "adobe"};

static struct {
    json_t *entry[RING];
    int64_t next; /* number of the entry to come; entry n stands at n % RING */
    json_t *totals;
} effects;

int sim_system_of(const char *name)
{
    for (int i = 0; i < 2; i++)
        if (name && !strcmp(name, sim_system_names[i]))
            return i;
    return -1;
}

void world_open(uint64_t seed)
{
    env_mutex_init(&sim_world.lock);
    env_cond_init(&sim_world.changed);
    sim_world.random = seed;
    sim_world.settings = settings_defaults();
    effects.totals = json_object();
}

void world_close(void)
{
    for (int i = 0; i < RING; i++)
        json_decref(effects.entry[i]);
    json_decref(effects.totals);
    json_decref(sim_world.settings);
    env_cond_free(&sim_world.changed);
    env_mutex_free(&sim_world.lock);
}

/* splitmix64: our own state, so that the draws depend on the seed and on the order of steps only. */
int64_t world_below(int64_t n)
{
    uint64_t z = (sim_world.random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return n < 1 ? 0 : (int64_t)(z % (uint64_t)n);
}

bool world_chance(int64_t millionths)
{
    return millionths > 0 && world_below(1000000) < millionths;
}

bool world_sleep(int64_t ms)
{
    int64_t until = env_mono() + ms;
    ENV_HOLD(&sim_world.lock);
    while (!sim_world.stopping && env_mono() < until)
        env_wait(&sim_world.changed, &sim_world.lock, until);
    return !sim_world.stopping;
}

const world_store *world_store_of(int warehouse)
{
    for (size_t i = 0; i < sim_world.store_count; i++)
        if (sim_world.stores[i].warehouse == warehouse)
            return &sim_world.stores[i];
    return NULL;
}

static void count_effect(const char *system, const char *what)
{
    json_t *of = json_object_get(effects.totals, system);
    if (!of)
        json_object_set_new(effects.totals, system, of = json_object());
    json_object_set_new(of, what, json_integer(json_integer_value(json_object_get(of, what)) + 1));
}

void sim_effect(const char *system, const char *what, json_t *detail)
{
    json_t *e = json_pack("{sI sI ss ss so}", "n", (json_int_t)effects.next, "time", (json_int_t)env_now(),
                          "system", system, "what", what, "detail", detail ? detail : json_null());
    if (!e)
        return;
    if (!strcmp(system, "adobe"))
        observer_touch_shop(json_object_get(e, "detail"));
    json_t **slot = &effects.entry[effects.next++ % RING];
    json_decref(*slot);
    *slot = e;
    count_effect(system, what);
}

json_t *world_effects(const char *system, int64_t since, int64_t limit)
{
    json_t *list = json_array();
    int64_t n = since < effects.next - RING ? effects.next - RING : since;
    for (n = n < 0 ? 0 : n; n < effects.next && (int64_t)json_array_size(list) < limit; n++) {
        json_t *e = effects.entry[n % RING];
        if (!system || !strcmp(system, json_string_value(json_object_get(e, "system"))))
            json_array_append(list, e);
    }
    return json_pack("{sI sI sO so}", "next", (json_int_t)n, "total", (json_int_t)effects.next, "totals",
                     effects.totals, "effects", list);
}

json_t *world_effect_totals(void)
{
    return json_deep_copy(effects.totals);
}
