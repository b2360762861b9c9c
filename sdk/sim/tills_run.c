/* SPDX-License-Identifier: Apache-2.0 */
/* The seeded scenario: a thread makes tills sell at a rate on the env clock; popular products sell most
 * (Zipf), some tills are offline for a while, pieces come back, are counted, booked, and delivered to the
 * store when they ran out. */
#include "sdk/sim/tills.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BOOKINGS = 4096 };

static struct {
    bool running;
    int64_t target, made, interval_us;
    int64_t offline, returns, counts, bookings, transfers, blind; /* millionths of the steps */
    int64_t offline_seconds, booking_seconds;
    int64_t *weight; /* cumulative, by product */
    struct {
        int64_t due, order;
    } booked[MOST_BOOKINGS];
    int booked_count;
    env_thread *thread;
} run;

static const struct {
    const char *key;
    int64_t *into;
    bool rate;
    int64_t otherwise;
} parameters[] = {
    {"sales", &run.target, false, 1000},
    {"offline", &run.offline, true, 0},
    {"returns", &run.returns, true, 0},
    {"counts", &run.counts, true, 0},
    {"bookings", &run.bookings, true, 0},
    {"transfers", &run.transfers, true, 0},
    {"blind", &run.blind, true, 0},
    {"offline_seconds", &run.offline_seconds, false, 60},
    {"booking_seconds", &run.booking_seconds, false, 120},
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static bool known_parameter(const char *key)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        if (!strcmp(parameters[i].key, key))
            return true;
    return !strcmp(key, "per_second");
}

static int take_parameters(json_t *arguments, char *why, size_t size)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(arguments, key, value)
    {
        if (!known_parameter(key))
            return snprintf(why, size, "a run has no parameter '%s'", key), -1;
        if (!json_is_number(value) || json_number_value(value) < 0)
            return snprintf(why, size, "'%s' must be a number, not negative", key), -1;
    }
    for (size_t i = 0; i < PARAMETERS; i++) {
        json_t *v = json_object_get(arguments, parameters[i].key);
        int64_t n = parameters[i].rate ? json_millionths(v) : json_millionths(v) / 1000000;
        *parameters[i].into = v ? n : parameters[i].otherwise;
    }
    int64_t rate = json_millionths(json_object_get(arguments, "per_second"));
    run.interval_us = rate > 0 ? 1000000000000 / rate : 50000;
    return 0;
}

static void weigh_products(void)
{
    if (run.weight || !(run.weight = calloc(sim_world.sku_count + 1, sizeof *run.weight)))
        return;
    int64_t sum = 0;
    for (size_t i = 0; i < sim_world.sku_count; i++)
        run.weight[i] = sum += 1000000 / (int64_t)(i + 1) + 1;
}

json_t *tills_run(json_t *arguments, char *why, size_t size)
{
    if (run.running)
        return snprintf(why, size, "the tills are running: stop them first"), NULL;
    if (!sim_world.sku_count || !sim_world.store_count)
        return snprintf(why, size, "there is no store or no product to sell"), NULL;
    if (take_parameters(arguments, why, size))
        return NULL;
    weigh_products();
    run.made = 0;
    run.running = true;
    env_broadcast(&sim_world.changed);
    return tills_state();
}

static const world_sku *popular(void)
{
    int64_t at = world_below(run.weight[sim_world.sku_count - 1]);
    size_t low = 0, high = sim_world.sku_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (run.weight[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return &sim_world.skus[low];
}

static int64_t free_pieces(const world_store *store, const world_sku *k)
{
    int64_t total = 0, reserved = 0;
    sitoo_level(sim_world.sitoo, store->warehouse, k->till, &total, &reserved);
    return (total - reserved) / 1000;
}

static json_t *arguments_of(const world_store *store, const world_sku *k, int64_t quantity)
{
    return json_pack("{si s[{ss sI}]}", "warehouse", store->warehouse, "items", "sku", k->till, "quantity",
                     (json_int_t)quantity);
}

/* `arguments` is taken over. */
static json_t *act(const char *verb, json_t *arguments)
{
    char why[200] = "";
    json_t *done = tills_step(verb, arguments, why, sizeof why);
    json_decref(arguments);
    return done;
}

static void restock(const world_store *store, const world_sku *k)
{
    const sitoo_warehouse *w = sitoo_warehouse_of(sim_world.sitoo, store->warehouse);
    if (w->type == FIFO)
        json_decref(act("manual", arguments_of(store, k, 5 + world_below(20))));
}

/* A till can only sell what lies in the shop; `blind` is the share where the books were wrong. */
static bool sell(const world_store *store, const world_sku *k)
{
    int64_t left = free_pieces(store, k), quantity = 1 + (world_below(5) == 0);
    if (left < quantity && !world_chance(run.blind)) {
        if (world_below(3) == 0)
            restock(store, k);
        return false;
    }
    json_t *arguments = arguments_of(store, k, quantity);
    bool is_offline = world_chance(run.offline);
    if (is_offline)
        json_object_set_new(arguments, "seconds", json_integer(1 + world_below(run.offline_seconds)));
    json_t *done = act(is_offline ? "offline" : "sale", arguments);
    bool sold = done != NULL;
    json_decref(done);
    return sold;
}

static void take_back(const world_store *store, const world_sku *k)
{
    json_t *arguments = arguments_of(store, k, 1);
    if (store->reclaim && world_below(3) == 0)
        json_object_set_new(arguments, "to", json_string("reclaim"));
    json_decref(act("return", arguments));
}

static void recount(const world_store *store, const world_sku *k)
{
    int64_t total = 0, reserved = 0;
    if (k->weight)
        return;
    sitoo_level(sim_world.sitoo, store->warehouse, k->till, &total, &reserved);
    int64_t found = total / 1000 + world_below(3) - 1;
    json_decref(act("count", arguments_of(store, k, found < 0 ? 0 : found)));
}

/* Half of the bookings are fetched in time, half lapse, and nobody tells. */
static void book(const world_store *store, const world_sku *k)
{
    if (free_pieces(store, k) < 1)
        return;
    int64_t seconds = 1 + world_below(run.booking_seconds);
    json_t *arguments = arguments_of(store, k, 1);
    json_object_set_new(arguments, "seconds", json_integer(seconds));
    json_t *done = act("booking", arguments);
    if (done && world_below(2) && run.booked_count < MOST_BOOKINGS) {
        run.booked[run.booked_count].due = env_mono() + seconds * 500;
        run.booked[run.booked_count++].order = json_integer_value(json_object_get(done, "order"));
    }
    json_decref(done);
}

static void move_over(const world_store *store, const world_sku *k)
{
    const world_store *to = &sim_world.stores[world_below((int64_t)sim_world.store_count)];
    if (to == store || free_pieces(store, k) < 2)
        return;
    json_t *arguments = arguments_of(store, k, 1);
    json_object_set_new(arguments, "to", json_integer(to->warehouse));
    json_decref(act("transfer", arguments));
}

static void deliver_booked(bool all)
{
    for (int i = 0; i < run.booked_count;) {
        if (!all && run.booked[i].due > env_mono()) {
            i++;
            continue;
        }
        json_decref(act("deliver-booking", json_pack("{sI}", "order", (json_int_t)run.booked[i].order)));
        run.booked[i] = run.booked[--run.booked_count];
    }
}

static void one_turn(void)
{
    const world_store *store = &sim_world.stores[world_below((int64_t)sim_world.store_count)];
    const world_sku *k = popular();
    if (world_chance(run.returns))
        take_back(store, k);
    if (world_chance(run.counts))
        recount(store, k);
    if (world_chance(run.bookings))
        book(store, k);
    if (world_chance(run.transfers))
        move_over(store, k);
    for (int tries = 0; tries < 20; tries++, k = popular())
        if (sell(store, k)) {
            run.made++;
            break;
        }
    deliver_booked(false);
    till_upload_due(env_mono(), false);
}

void tills_stop(void)
{
    deliver_booked(true);
    till_upload_due(0, true);
    run.running = false;
}

static void run_tills(void)
{
    int64_t start = env_mono(), turns = 0;
    while (run.running && !sim_world.stopping) {
        int64_t due = start + ++turns * run.interval_us / 1000;
        while (run.running && !sim_world.stopping && env_mono() < due)
            env_wait(&sim_world.changed, &sim_world.lock, due);
        if (!run.running || sim_world.stopping)
            break;
        one_turn();
        if (run.made >= run.target)
            tills_stop();
    }
}

/* Uploads of single offline steps come due also when no run is on. */
static void thread_main(void *arg)
{
    (void)arg;
    ENV_HOLD(&sim_world.lock);
    while (!sim_world.stopping) {
        if (run.running)
            run_tills();
        till_upload_due(env_mono(), false);
        if (sim_world.stopping) /* it may have been said during the run */
            break;
        env_wait(&sim_world.changed, &sim_world.lock, till_pending() ? env_mono() + 500 : ENV_FOREVER);
    }
}

json_t *tills_state(void)
{
    const tills_counts *d = &tills_done;
    return json_pack("{sb sI sI sI sI sI sI sI sI sI sI sI sI si si}", "running", run.running, "made",
                     (json_int_t)run.made, "target", (json_int_t)run.target, "sales", (json_int_t)d->sales,
                     "returns", (json_int_t)d->returns, "counts", (json_int_t)d->counts, "bookings",
                     (json_int_t)d->bookings, "delivered", (json_int_t)d->delivered, "offline",
                     (json_int_t)d->offline, "uploaded", (json_int_t)d->uploaded, "manual",
                     (json_int_t)d->manual, "transfers", (json_int_t)d->transfers, "refused",
                     (json_int_t)d->refused, "pending_uploads", (int)till_pending(), "pending_bookings",
                     run.booked_count);
}

int tills_start(void)
{
    return (run.thread = env_thread_start("tills", thread_main, NULL)) ? 0 : -1;
}

void tills_end(void)
{
    env_thread_join(run.thread);
    free(run.weight);
    tills_forget();
}
