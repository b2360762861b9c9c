/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge-sim: simulators of both systems in one program, for tests, the demonstration and plugin authors.
 */
#include "config.h"

#include "sdk/sim/frame.h"
#include "sdk/sim/must.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

typedef struct {
    int ports[3];
    long stores, skus, seed;
    const char *settings, *scenario, *tables, *url, *user, *password;
    bool die_with_parent;
} options;

enum {
    OPT_SITOO = 256,
    OPT_ADOBE,
    OPT_CONTROL,
    OPT_STORES,
    OPT_SKUS,
    OPT_SEED,
    OPT_SETTINGS,
    OPT_SCENARIO,
    OPT_TABLES,
    OPT_EVENTS,
    OPT_USER,
    OPT_PASSWORD,
    OPT_DIE,
    OPT_HELP,
    OPT_VERSION
};

static const struct option names[] = {
    {"sitoo", 1, NULL, OPT_SITOO},         {"adobe", 1, NULL, OPT_ADOBE},
    {"control", 1, NULL, OPT_CONTROL},     {"stores", 1, NULL, OPT_STORES},
    {"skus", 1, NULL, OPT_SKUS},           {"seed", 1, NULL, OPT_SEED},
    {"settings", 1, NULL, OPT_SETTINGS},   {"scenario", 1, NULL, OPT_SCENARIO},
    {"tables", 1, NULL, OPT_TABLES},       {"events", 1, NULL, OPT_EVENTS},
    {"events-user", 1, NULL, OPT_USER},    {"events-password", 1, NULL, OPT_PASSWORD},
    {"die-with-parent", 0, NULL, OPT_DIE}, {"help", 0, NULL, OPT_HELP},
    {"version", 0, NULL, OPT_VERSION},     {NULL, 0, NULL, 0}};

static const char help[] =
    "usage: tillbridge-sim [options]\n"
    "Simulates Sitoo and Adobe Commerce on 127.0.0.1, with tills that sell, faults and an observer.\n\n"
    "  --sitoo PORT, --adobe PORT, --control PORT   listen there; 0 (default): a free port\n"
    "  --stores N (3) --skus N (20) --seed N (1)    size and seed of the world\n"
    "  --settings FILE      JSON, see below\n"
    "  --scenario FILE      JSON {\"settings\":{}, \"faults\":[...], \"tills\":{...}}, applied at the start\n"
    "  --tables DIR         writes locations.csv and skus.csv for tillbridge\n"
    "  --events URL --events-user USER --events-password PASSWORD\n"
    "                       where Sitoo's events are posted, exactly there\n"
    "  --die-with-parent    end when the process that started this one ends\n"
    "  --help, --version\n\n"
    "When ready, one line on stdout: {\"sitoo\":PORT,\"adobe\":PORT,\"control\":PORT}.\n\n"
    "Credentials\n"
    "  Sitoo: account 1500, site 1, user 1500-12 (bulk: 1500-13), password sim-secret;\n"
    "         base URL http://127.0.0.1:PORT/v2/accounts/1500\n"
    "  Adobe: base URL http://127.0.0.1:PORT/rest/all, OAuth 1.0a\n"
    "         consumer key    " SIM_CONSUMER_KEY "\n"
    "         consumer secret " SIM_CONSUMER_SECRET "\n"
    "         token           " SIM_TOKEN "\n"
    "         token secret    " SIM_TOKEN_SECRET "\n";

static sigset_t ending;

void sim_shutdown(void)
{
    kill(getpid(), SIGTERM);
}

static long number_of(const char *name, const char *text, long most)
{
    char *end = NULL;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0 || n > most) {
        fprintf(stderr, "tillbridge-sim: --%s wants a number from 0 to %ld, not '%s'\n", name, most, text);
        exit(2);
    }
    return n;
}

static void take_number(options *o, int option, const char *name, const char *text)
{
    if (option <= OPT_CONTROL)
        o->ports[option - OPT_SITOO] = (int)number_of(name, text, 65535);
    else
        *(option == OPT_STORES ? &o->stores
          : option == OPT_SKUS ? &o->skus
                               : &o->seed) = number_of(name, text, option == OPT_STORES ? 900 : 1000000);
}

static void take_option(options *o, int option, const char *name)
{
    const char **texts[] = {&o->settings, &o->scenario, &o->tables, &o->url, &o->user, &o->password};
    if (option <= OPT_SEED)
        take_number(o, option, name, optarg);
    else if (option <= OPT_PASSWORD)
        *texts[option - OPT_SETTINGS] = optarg;
    else if (option == OPT_DIE)
        o->die_with_parent = true;
    else if (option == OPT_VERSION) {
        puts("tillbridge-sim " PACKAGE_VERSION);
        exit(0);
    } else {
        fputs(help, stdout);
        settings_help();
        exit(0);
    }
}

static void read_options(options *o, int argc, char **argv)
{
    int index = 0, option = 0;
    while ((option = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (option == '?')
            exit(2);
        take_option(o, option, names[index].name);
    }
    if (optind < argc) {
        fprintf(stderr, "tillbridge-sim: '%s' is not an option; see --help\n", argv[optind]);
        exit(2);
    }
}

static json_t *read_json(const char *path)
{
    json_error_t e;
    json_t *file = path ? json_load_file(path, 0, &e) : must(json_object());
    if (!file)
        fprintf(stderr, "tillbridge-sim: %s:%d: %s\n", path, e.line, e.text);
    return file;
}

static int complain(const char *why)
{
    fprintf(stderr, "tillbridge-sim: %s\n", why);
    return -1;
}

static int apply_settings(json_t *patch)
{
    char why[200];
    return patch && settings_patch(sim_world.settings, patch, why, sizeof why) ? complain(why) : 0;
}

static int apply_events(const options *o)
{
    json_t *patch = json_object();
    const char *values[] = {o->url, o->user, o->password}, *const keys[] = {"url", "user", "password"};
    for (int i = 0; i < 3; i++)
        if (values[i])
            json_object_set_new(patch, keys[i], json_string(values[i]));
    json_object_update(json_object_get(sim_world.settings, "events"), patch);
    json_decref(patch);
    return 0;
}

/* Faults and tills of a scenario, once everything stands. */
static int apply_scenario(json_t *scenario)
{
    char why[200];
    size_t i = 0;
    json_t *fault = NULL, *tills = json_object_get(scenario, "tills");
    ENV_HOLD(&sim_world.lock);
    json_array_foreach(json_object_get(scenario, "faults"), i,
                       fault) if (faults_add(fault, why, sizeof why)) return complain(why);
    json_t *state = tills ? tills_run(tills, why, sizeof why) : NULL;
    if (tills && !state)
        return complain(why);
    json_decref(state);
    return 0;
}

static int build_world(const options *o, json_t *scenario)
{
    json_t *file = read_json(o->settings);
    int bad = !file || apply_settings(file) || apply_settings(json_object_get(scenario, "settings")) ||
              apply_events(o);
    json_decref(file);
    if (bad)
        return -1;
    sim_world.sitoo = sitoo_new(json_object_get(sim_world.settings, "sitoo"));
    sim_world.adobe = adobe_new(json_object_get(sim_world.settings, "adobe"));
    if (seed_settings((size_t)o->stores, (size_t)o->skus))
        return -1;
    observer_step(STEP_SHOP);
    return o->tables ? seed_tables(o->tables) : 0;
}

static int start(const options *o, json_t *scenario)
{
    if (slow_start() || events_start() || tills_start())
        return complain("threads cannot be started");
    for (int i = 0; i < 3; i++)
        if (server_start((sim_system)i, o->ports[i]))
            return -1;
    if (apply_scenario(scenario))
        return -1;
    printf("{\"sitoo\":%d,\"adobe\":%d,\"control\":%d}\n", sim_world.ports[0], sim_world.ports[1],
           sim_world.ports[2]);
    fflush(stdout);
    return 0;
}

static void stop(void)
{
    env_lock(&sim_world.lock);
    sim_world.stopping = true;
    env_broadcast(&sim_world.changed);
    env_unlock(&sim_world.lock);
    events_stop();
    tills_end();
    slow_end();
    server_stop();
    observer_close();
    sitoo_free(sim_world.sitoo);
    adobe_free(sim_world.adobe);
    seed_free();
}

int main(int argc, char **argv)
{
    options o = {.stores = 3, .skus = 20, .seed = 1};
    int got = 0;
    read_options(&o, argc, argv);
    mallopt(M_ARENA_MAX, 1); /* one lock over the world: more arenas would only grow, one a connection */
    mallopt(M_TOP_PAD, 16 << 20);
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, NULL); /* before the first thread, so that all inherit it */
    signal(SIGPIPE, SIG_IGN);
    if (o.die_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    world_open((uint64_t)o.seed);
    json_t *scenario = read_json(o.scenario);
    int bad = !scenario || build_world(&o, scenario) || start(&o, scenario);
    if (!bad)
        sigwait(&ending, &got);
    stop();
    json_decref(scenario);
    world_close();
    return bad ? 78 : 0;
}
