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
#include "tests/faults/disk.h"
#include "tests/faults/ends.h"
#include "tests/faults/ledger.h"
#include "tests/faults/life.h"
#include "tests/faults/order.h"
#include "tests/faults/vfs_power.h"

enum {
    LONGEST_REST = 3 * 3600 * 1000,
    LOOK = 5000,
    FRESH = 150000,
    /* two full reads and a minute: a booking that no event told of lapses without a sign */
    FRESH_UNTOLD = 1260000,
    DISK_PATIENCE = 120000,
    ONE_HOUR = 3600000,
    TWELVE_HOURS = 12 * ONE_HOUR
};

typedef struct {
    const seed_options *o;
    seed_result *r;
    scenario s;
    bool trouble; /* things may go wrong */
    bool away;    /* an end, for so long that everybody waits */
    int first_fd;
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
    p->first_fd = dup(0); /* the lowest that is free */
    close(p->first_fd);
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
    return life_ready() && ledger_agrees() && tills_at_rest() && ends_agree() && !c.pending && !c.unread;
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
        ledger_tell();
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

/* ---- what goes wrong ---- */

static const struct {
    const char *system, *kind;
    int64_t most_ms;
} troubles[] = {
    {"sitoo", "latency", 4000},      {"adobe", "latency", 4000},     {"sitoo", "429-concurrency", 5000},
    {"sitoo", "429-slot", 30000},    {"adobe", "429-slot", 30000},   {"sitoo", "500-html", 1},
    {"adobe", "500-html", 1},        {"sitoo", "503-html", 20000},   {"adobe", "503-html", 20000},
    {"sitoo", "cut-before", 1},      {"adobe", "cut-before", 1},     {"sitoo", "cut-in", 1},
    {"adobe", "cut-in", 1},          {"sitoo", "cut-after", 1},      {"adobe", "cut-after", 1},
    {"adobe", "slow-effect", 50000}, {"sitoo", "truncated-json", 1}, {"adobe", "truncated-json", 1},
    {"sitoo", "slow-drip", 40000},   {"adobe", "slow-drip", 40000},  {"sitoo", "wrong-type", 1},
    {"adobe", "wrong-type", 1},      {"events", "duplicate", 1},     {"events", "reorder", 1},
    {"events", "drop", 1},
};
enum { TROUBLES = sizeof troubles / sizeof *troubles };

/* Some of them, often or rarely. */
static void make_trouble(void)
{
    char why[200];
    ENV_HOLD(&sim_world.lock);
    for (int i = 0; i < TROUBLES; i++) {
        if (baton_chance(1, 2))
            continue;
        json_t *fault =
            json_pack("{ss ss sf si}", "system", troubles[i].system, "kind", troubles[i].kind, "rate",
                      baton_chance(1, 6) ? 0.3 : 0.04, "ms", (int)(1 + baton_below(troubles[i].most_ms)));
        if (faults_add(fault, why, sizeof why))
            baton_fail("fault: %s", why);
        json_decref(fault);
    }
}

static void end_trouble(void)
{
    ledger_trouble(0);
    ENV_HOLD(&sim_world.lock);
    faults_clear();
    sim_world.down[SIM_SITOO] = sim_world.down[SIM_ADOBE] = false;
    disk_set(DISK_WELL);
    baton_trace("well", "both ends are well from now on");
}

/* A moment, or an hour or a night that everybody waits for. */
static void stay_away(playing *p)
{
    int64_t ms = 1 + baton_below(60000);
    if (baton_chance(1, 40))
        ms = baton_chance(1, 6) ? TWELVE_HOURS : ONE_HOUR;
    p->away = ms >= ONE_HOUR;
    baton_sleep(ms);
    p->away = false;
}

/* An end is away for a while, now and then. */
static void outages(void *arg)
{
    playing *p = arg;
    while (p->trouble) {
        baton_sleep(1 + baton_below(120000));
        int system = (int)baton_below(2);
        if (!p->trouble)
            break;
        sim_world.down[system] = true;
        baton_trace("down", "%s", sim_system_names[system]);
        stay_away(p);
        sim_world.down[system] = false;
        baton_trace("up", "%s", sim_system_names[system]);
    }
}

/* The disk has no room now and then. */
static void full_disks(void *arg)
{
    playing *p = arg;
    while (p->trouble) {
        baton_sleep(1 + baton_below(200000));
        if (!p->trouble)
            break;
        disk_set(DISK_FULL);
        for (int64_t n = 1 + baton_below(30); n && p->trouble; n--)
            baton_sleep(1000);
        disk_set(DISK_WELL);
    }
}

/* The ledger's feeds move while the tills sell. */
static void moves(void *arg)
{
    const playing *p = arg;
    while (!tills_at_rest()) {
        baton_sleep(1 + baton_below(8000000 / p->s.per_second));
        for (int64_t n = 1 + baton_below(6); n; n--)
            ledger_move(p->s.ledger);
    }
}

/* ---- lives ---- */

/* What the daemon had open is closed, and its lock with it. */
static void close_files(int from)
{
    enum { MOST_FILES = 64 };
    for (int fd = from; fd < from + MOST_FILES; fd++)
        close(fd);
}

static void lose_life(playing *p, bool power)
{
    close_files(p->first_fd);
    p->r->kills++;
    ends_forgive(baton_clock());
    checks_abandon();
    vfs_power_forget();
    if (power) {
        p->r->power_losses++;
        disk_power_loss();
    }
}

/* TERM in time: it must end in order. */
static void end_by_term(int life, int64_t end)
{
    while (!life_over() && baton_clock() < end)
        baton_sleep(200);
    if (life_ready())
        stop_daemon();
    else if (!life_over())
        baton_kill(life);
}

/* The disk breaks: as soon as the daemon asks it for something it must see that and end by itself, with 74.
 */
static void end_by_disk(int life, int64_t end)
{
    while (!life_over() && baton_clock() < end)
        baton_sleep(200);
    disk_set(DISK_BROKEN);
    for (end = baton_clock() + DISK_PATIENCE; !life_over() && !disk_refused() && baton_clock() < end;)
        baton_sleep(1000);
    for (end = baton_clock() + DISK_PATIENCE; !life_over() && disk_refused() && baton_clock() < end;)
        baton_sleep(1000);
    if (!life_over() && disk_refused())
        baton_fail("the disk failed for %d s, and the daemon went on", DISK_PATIENCE / 1000);
    disk_set(DISK_WELL);
    if (!life_over())
        baton_kill(life); /* it never asked */
    else if (life_code() != 74 && !life_refused())
        baton_fail("the daemon ended with %d on a broken disk", life_code());
}

static void end_by_kill(int life, int64_t end)
{
    baton_kill_at(life, baton_steps() + 1 + baton_below(baton_chance(1, 2) ? 3000 : 20000));
    while (!life_over() && baton_clock() < end)
        baton_sleep(200);
    baton_kill_at(0, 0);
    if (!life_over())
        baton_kill(life);
}

/* Begins a life and ends it somehow, not later than its time is over. */
static void short_life(playing *p)
{
    int life = life_begin();
    int64_t end = baton_clock() + 1000 + baton_below(240000), how = baton_below(10);
    bool power = p->o->power || baton_chance(1, 3);
    p->r->lives++;
    if (how < 2)
        end_by_term(life, end);
    else if (how == 2)
        end_by_disk(life, end);
    else
        end_by_kill(life, end);
    if (baton_killed(life)) {
        lose_life(p, power);
    } else { /* what was sent before may still have its effect, and the next life doubts it */
        ends_forgive(baton_clock());
        vfs_power_forget();
    }
    baton_sleep(baton_below(3) ? baton_below(2000) : baton_below(90000));
}

/* As systemd would: what could not start is started again. */
static void look_after_life(playing *p)
{
    if (!life_over())
        return;
    if (!life_refused())
        baton_fail("the daemon ended by itself with %d", life_code());
    vfs_power_forget();
    life_begin();
    p->r->lives++;
}

/* The last life is left alone. */
static void live(playing *p)
{
    for (int i = 1; i < p->s.lives; i++)
        short_life(p);
    life_begin();
    p->r->lives++;
    while (!tills_at_rest() || p->away) {
        baton_sleep(2000);
        look_after_life(p);
    }
    p->trouble = false;
    end_trouble();
    baton_sleep(2000);
    look_after_life(p);
    come_to_rest();
}

static void play(void *arg)
{
    playing *p = arg;
    begin(p);
    if (p->s.faults) {
        make_trouble();
        ledger_trouble(baton_chance(1, 3) ? 300 : 50);
        p->trouble = true;
        baton_start("outages", 0, outages, p);
        if (baton_chance(1, 4))
            baton_start("disk", 0, full_disks, p);
    } else if (p->s.lives == 1) {
        order_well(p->s.events ? FRESH : FRESH_UNTOLD);
    }
    sell(p);
    if (p->s.ledger)
        baton_start("moves", 0, moves, p);
    live(p);
    judge_end();
    stop_daemon();
    remove_folder(p);
}

/* How the machine itself is: how readily it hands over, how long work and syncs take. */
static baton_options machine_of(const seed_options *o)
{
    static const int stays[] = {0, 50, 90}, naps[] = {0, 5, 50}, spurious[] = {0, 2, 20};
    uint64_t z = baton_mix(o->seed);
    return (baton_options){.seed = o->seed,
                           .stay = stays[z % 3],
                           .nap = naps[z / 3 % 3],
                           .nap_ms = 1 + (int64_t)(z / 9 % 50),
                           .spurious = spurious[z / 500 % 3],
                           .wall = INT64_C(1795500000000),
                           .print = o->trace};
}

void seed_play(const seed_options *o, seed_result *r)
{
    playing p = {.o = o, .r = r};
    baton_options b = machine_of(o);
    vfs_power_slow((int64_t)(baton_mix(o->seed + 1) % 3) * 15);
    *r = (seed_result){.seed = o->seed};
    baton_run(&b, play, &p);
    r->hash = baton_hash();
    r->steps = baton_steps();
    r->ms = baton_clock();
    r->commits = checks_made();
    r->calls = ends_done.calls;
    r->landed = order_landed();
}
