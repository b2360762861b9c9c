/* SPDX-License-Identifier: Apache-2.0 */
/* A seed, played: the ends and the daemon are begun, tills sell while things go wrong, then everything is
 * well again and must come to rest: both ends agree, nothing is left over, nothing was lost. */
#include "tests/faults/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/sim/frame.h"
#include "tests/faults/baton.h"
#include "tests/faults/checks.h"
#include "tests/faults/ends.h"
#include "tests/faults/life.h"
#include "tests/faults/order.h"
#include "tests/faults/vfs_power.h"

enum { LONGEST_REST = 3 * 3600 * 1000, LOOK = 5000 };

typedef struct {
    const seed_options *o;
    seed_result *r;
    scenario s;
    char folder[200], conf[240], journal[240];
} playing;

/* ---- set-up ---- */

static void make_folder(playing *p)
{
    const char *base = getenv("TMPDIR");
    snprintf(p->folder, sizeof p->folder, "%s/tillbridge-simulate-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(p->folder))
        baton_fail("no folder could be made at %s", p->folder);
    snprintf(p->conf, sizeof p->conf, "%s/tillbridge.conf", p->folder);
    snprintf(p->journal, sizeof p->journal, "%s/journal.db", p->folder);
    life_where = (life_paths){p->conf, p->o->plugins, p->journal};
}

static void remove_folder(playing *p)
{
    static const char *const names[] = {"tillbridge.conf", "locations.csv", "skus.csv", "journal.db.lock"};
    char path[260];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        unlink(path);
    }
    rmdir(p->folder);
}

static void begin(playing *p)
{
    make_folder(p);
    scenario_draw(p->o, &p->s);
    if (scenario_world(&p->s, p->folder) || scenario_configuration(&p->s, p->folder))
        baton_fail("files could not be written to %s", p->folder);
    env_lock(&sim_world.lock);
    order_begin();
    env_unlock(&sim_world.lock);
    if (slow_start() || events_start() || tills_start())
        baton_fail("the ends could not be started");
}

/* ---- until rest ---- */

static void sell(const playing *p)
{
    char why[200];
    json_t *run = json_pack("{si sf sf sf sf}", "sales", p->s.sales, "per_second",
                            (double)p->s.per_second / 1000, "returns", 0.05, "counts", 0.03, "bookings", 0.1);
    env_lock(&sim_world.lock);
    json_t *state = tills_run(run, why, sizeof why);
    env_unlock(&sim_world.lock);
    if (!state)
        baton_fail("tills: %s", why);
    json_decref(state);
    json_decref(run);
}

static bool tills_at_rest(void)
{
    env_lock(&sim_world.lock);
    json_t *state = tills_state();
    bool rest = !json_is_true(json_object_get(state, "running"));
    json_decref(state);
    env_unlock(&sim_world.lock);
    return rest;
}

static bool ends_agree(void)
{
    env_lock(&sim_world.lock);
    order_look();
    bool agree = !order_differences();
    env_unlock(&sim_world.lock);
    return agree;
}

static bool at_rest(void)
{
    checks_counts c;
    checks_count(&c);
    return life_ready() && tills_at_rest() && ends_agree() && !c.pending && !c.unread;
}

static void come_to_rest(void)
{
    int64_t end = baton_clock() + LONGEST_REST;
    for (int looks = 0; looks < 2; baton_sleep(LOOK)) {
        looks = at_rest() ? looks + 1 : 0;
        if (baton_clock() < end)
            continue;
        checks_tell();
        order_tell();
        baton_fail("not at rest after %d s", LONGEST_REST / 1000);
    }
}

static void judge_end(void)
{
    checks_counts c;
    checks_count(&c);
    checks_tell();
    if (c.parked || c.exceptions)
        baton_fail("%lld records are parked and %lld exceptions are open at rest", (long long)c.parked,
                   (long long)c.exceptions);
    if (c.intents)
        baton_fail("%lld intents are open at rest", (long long)c.intents);
    if (c.malformed)
        baton_fail("%lld bodies were called malformed", (long long)c.malformed);
}

static void stop_daemon(void)
{
    life_stop();
    while (!life_over())
        baton_sleep(1000);
    if (life_code())
        baton_fail("the daemon ended with %d", life_code());
}

static void play(void *arg)
{
    playing *p = arg;
    begin(p);
    life_begin();
    sell(p);
    come_to_rest();
    judge_end();
    stop_daemon();
    remove_folder(p);
}

void seed_play(const seed_options *o, seed_result *r)
{
    playing p = {.o = o, .r = r};
    baton_options b = {.seed = o->seed,
                       .stay = 50,
                       .nap = 5,
                       .nap_ms = 20,
                       .spurious = 2,
                       .wall = INT64_C(1795500000000),
                       .print = o->trace};
    *r = (seed_result){.seed = o->seed};
    baton_run(&b, play, &p);
    r->hash = baton_hash();
    r->steps = baton_steps();
    r->ms = baton_clock();
    r->commits = checks_made();
    r->calls = ends_done.calls;
    r->landed = order_landed();
}
