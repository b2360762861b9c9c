/* SPDX-License-Identifier: Apache-2.0 */
/* What a seed's world is like: the ends, small and busy, and the daemon's configuration, within the limits
 * that an operator may choose. */
#include "tests/faults/simulate.h"

#include <stdio.h>
#include <string.h>

#include "sdk/sim/frame.h"
#include "tests/faults/baton.h"
#include "tests/faults/ends.h"

static const char configuration[] =
    "journal = \"%s/journal.db\";\n"
    "listen = { events = \"127.0.0.1:%d\"; };\n"
    "authority = { stock = \"sitoo\"; };\n"
    "connections = {\n"
    "  sitoo = { url = \"http://127.0.0.1:%d/v2/accounts/1500\";\n"
    "            auth = { type = \"basic\"; user = \"1500-12\"; password = \"sim-secret\"; };\n"
    "            webhook = { user = \"sitoo\"; password = \"events-secret\"; };\n"
    "            concurrency = 1;%s server-time = \"60s\"; };\n"
    "  adobe = { url = \"http://127.0.0.1:%d/rest/all\";\n"
    "            auth = { type = \"oauth1\"; consumer-key = \"" SIM_CONSUMER_KEY "\";\n"
    "                     consumer-secret = \"" SIM_CONSUMER_SECRET "\"; access-token = \"" SIM_TOKEN "\";\n"
    "                     access-token-secret = \"" SIM_TOKEN_SECRET "\"; };\n"
    "            concurrency = %d;%s server-time = \"60s\"; };\n"
    "  ledger = { url = \"http://127.0.0.1:%d\"; concurrency = %d;%s server-time = \"60s\"; };\n"
    "};\n"
    "tables = { locations = \"locations.csv\"; skus = \"skus.csv\"; };\n";

static const char stock[] =
    "  { name = \"stock\"; owner = \"ecommerce\"; mode = \"latest\"; freshness = \"60s\";\n"
    "    sources = ( { plugin = \"sitoo-source\"; connection = \"sitoo\"; stream = \"stock\"; site = 1;\n"
    "                  every = \"%s\"; events = true; locations = \"locations\"; skus = \"skus\";\n"
    "                  modified-every = \"2m\"; full-read = \"10m\"; overlap = %d; } );\n"
    "    transforms = ( { plugin = \"stock-rule\"; } );\n"
    "    sinks = ( { plugin = \"adobe-sink\"; connection = \"adobe\"; } );\n"
    "    deliver = { batch = %d; linger = \"%s\"; workers = %d; }; }";

static const char ledger[] = ",\n  { name = \"%s\"; owner = \"tests\"; mode = \"%s\"; freshness = \"60s\";\n"
                             "    sources = ( { plugin = \"ledger-source\"; connection = \"ledger\"; stream "
                             "= \"%s\"; every = \"%s\"; } );\n"
                             "    transforms = ( { plugin = \"ledger-rule\"; } );\n"
                             "    sinks = ( { plugin = \"ledger-sink\"; connection = \"ledger\"; } );\n"
                             "    deliver = { batch = %d; linger = \"%s\"; workers = %d; }; }";

static int one_of(const int *list, int n)
{
    return list[baton_below(n)];
}

void scenario_draw(const seed_options *o, scenario *s)
{
    static const int batches[] = {1, 3, 20, 100}, overlaps[] = {5, 5, 5, 50}, workers[] = {1, 1, 2, 3};
    static const int lives[] = {1, 1, 1, 2, 2, 2, 2, 3, 3, 4};
    static const char *const lingers[] = {"0s", "1s", "2s"}, *const polls[] = {"10s", "30s"};
    static const char *const rates[] = {"", " rate = \"4/s\";", " rate = \"10/s\";"};
    *s = (scenario){.stores = 1 + (int)baton_below(3),
                    .skus = 1 + (int)baton_below(6),
                    .sales = o->sales ? o->sales : 3 + (int)baton_below(15),
                    .per_second = 50 + baton_below(950),
                    .batch = one_of(batches, 4),
                    .workers = one_of(workers, 4),
                    .overlap = one_of(overlaps, 4),
                    .concurrency = 1 + (int)baton_below(2),
                    .ledger = (unsigned)baton_below(16) & (unsigned)baton_below(16),
                    .events = baton_chance(3, 4),
                    .faults = !o->quiet && !baton_chance(1, 8),
                    .lives = o->quiet ? 1 : one_of(lives, 10)};
    snprintf(s->linger, sizeof s->linger, "%s", lingers[baton_below(3)]);
    snprintf(s->every, sizeof s->every, "%s", polls[baton_below(2)]);
    snprintf(s->rate, sizeof s->rate, "%s", rates[baton_below(3)]);
}

/* ---- the ends ---- */

static int patch(json_t *settings)
{
    char why[200];
    int bad = settings_patch(sim_world.settings, settings, why, sizeof why);
    json_decref(settings);
    if (bad)
        baton_fail("settings: %s", why);
    return bad;
}

int scenario_world(const scenario *s, const char *folder)
{
    char url[64];
    world_open((uint64_t)baton_below(INT64_MAX));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/events/sitoo", PORT_EVENTS);
    patch(json_pack("{s{ss? ss ss} s{si si sb si}}", "events", "url", s->events ? url : NULL, "user", "sitoo",
                    "password", "events-secret", "world", "odd_skus", (int)baton_below(3), "stock_most", 30,
                    "equal_start", 0, "reclaim_every", 2));
    sim_world.sitoo = sitoo_new(json_object_get(sim_world.settings, "sitoo"));
    sim_world.adobe = adobe_new(json_object_get(sim_world.settings, "adobe"));
    if (!sim_world.sitoo || !sim_world.adobe || seed_settings((size_t)s->stores, (size_t)s->skus))
        baton_fail("the world could not be made");
    observer_step(STEP_TILLS);
    return seed_tables(folder);
}

/* Two of them write the same gauges. */
static void write_ledger(const scenario *s, FILE *f)
{
    static const struct {
        const char *name, *mode, *stream;
    } rows[] = {{"log", "ordered", "log"},
                {"want", "latest", "want"},
                {"gauge-a", "latest", "gauge"},
                {"gauge-b", "latest", "gauge"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (s->ledger >> i & 1)
            fprintf(f, ledger, rows[i].name, rows[i].mode, rows[i].stream, s->every, s->batch, s->linger,
                    s->workers);
}

int scenario_configuration(const scenario *s, const char *folder)
{
    char path[300];
    snprintf(path, sizeof path, "%s/tillbridge.conf", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    fprintf(f, configuration, folder, PORT_EVENTS, PORT_SITOO, s->rate, PORT_ADOBE, s->concurrency, s->rate,
            PORT_LEDGER, s->concurrency, s->rate);
    fprintf(f, "pipelines = (\n");
    fprintf(f, stock, s->every, s->overlap, s->batch, s->linger, s->workers);
    if (s->ledger)
        write_ledger(s, f);
    fprintf(f, " );\n");
    return fclose(f);
}
