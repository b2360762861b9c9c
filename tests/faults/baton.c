/* SPDX-License-Identifier: Apache-2.0 */
/* Actors are contexts on stacks of their own (ucontext), not threads of the system: one runs at a time by
 * nature, nothing of the system's scheduling can show, a hand-over costs a microsecond, and kill -9 is simply
 * never to go on with the actors of a life: what they held in memory is lost, what they gave to the disk
 * stays. Everything that is open (who goes on, how long it takes, who is woken) is one seeded draw, so a seed
 * replays bit for bit. Whoever waits says for what and how long; when nobody can go on the clock jumps to the
 * earliest end of a wait, and when no wait ends ever, that is a deadlock and told as one. */
#include "tests/faults/baton.h"

#include "tests/faults/actor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_STILL = 300000, MOST_SHOWN = 400 };

machine baton;
void (*baton_told)(const char *why);

/* ---- draws ---- */

uint64_t baton_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t baton_below(int64_t n)
{
    uint64_t z = baton_mix(baton.draw += 0x9e3779b97f4a7c15u);
    return n < 1 ? 0 : (int64_t)(z % (uint64_t)n);
}

bool baton_chance(int64_t of, int64_t all)
{
    return of > 0 && baton_below(all) < of;
}

uint64_t baton_random(void)
{
    return baton.self ? baton_mix(baton.self->random += 0x9e3779b97f4a7c15u) : baton_mix(baton.draw += 1);
}

/* ---- clocks ---- */

bool baton_on(void)
{
    return baton.self;
}

int64_t baton_clock(void)
{
    return baton.clock;
}

int64_t baton_steps(void)
{
    return baton.steps;
}

int baton_life(void)
{
    return baton.self ? baton.self->life : 0;
}

const void *baton_me(void)
{
    return baton.self;
}

void baton_boot(int life_, int64_t mono, int64_t wall_skew)
{
    baton.lives[life_].mono = mono - baton.clock;
    baton.lives[life_].wall = wall_skew;
}

int64_t baton_mono(void)
{
    return baton.clock + baton.lives[baton_life()].mono;
}

int64_t baton_wall(void)
{
    return baton.options.wall + baton.clock + baton.lives[baton_life()].wall;
}

/* ---- who can go on ---- */

static bool can_go_on(const actor *a)
{
    return !a->waits || a->woken || a->until <= baton.clock || (a->abort && atomic_load(a->abort));
}

static void tell_waits(void)
{
    for (int i = 0; i < baton.actors_n; i++) {
        const actor *a = baton.actors[i];
        baton_trace("stuck", "%s of life %d %s %lld", a->name, a->life, a->waits ? "waits until" : "is at",
                    (long long)a->until);
    }
}

/* Nobody can go on: the clock jumps. */
static void jump(void)
{
    int64_t earliest = BATON_FOREVER;
    for (int i = 0; i < baton.actors_n; i++) {
        const actor *a = baton.actors[i];
        if (a->until < earliest)
            earliest = a->until;
    }
    if (earliest == BATON_FOREVER) {
        tell_waits();
        baton_fail("deadlock: everybody waits for ever");
    }
    baton.clock = earliest;
    baton.still = 0;
}

static actor *choose(void)
{
    for (;;) {
        actor *list[MOST_ACTORS];
        int n = 0;
        for (int i = 0; i < baton.actors_n; i++)
            if (can_go_on(baton.actors[i]))
                list[n++] = baton.actors[i];
        if (n)
            return n > 1 ? list[baton_below(n)] : list[0];
        jump();
    }
}

static void end_life(int life_)
{
    int kept = 0;
    baton.lives[life_].killed = true;
    for (int i = 0; i < baton.actors_n; i++)
        if (baton.actors[i]->life != life_)
            baton.actors[kept++] = baton.actors[i];
    baton.actors_n = kept;
    baton_trace("kill", "life %d at step %lld", life_, (long long)baton.steps);
}

static void count_step(void)
{
    baton.steps++;
    if (++baton.still > MOST_STILL) {
        tell_waits();
        baton_fail("livelock: %d hand-overs without any time passing", MOST_STILL);
    }
    if (baton.kill_at && baton.steps >= baton.kill_at) {
        baton.kill_at = 0;
        end_life(baton.kill_life);
    }
}

void actor_hand_over(void)
{
    actor *self = baton.self;
    if (baton.held && !self->waits && !self->ended)
        return;
    count_step();
    bool killed = baton.lives[self->life].killed;
    if (!killed && !self->waits && !self->ended && baton_chance(baton.options.stay, 100))
        return;
    actor *next = choose();
    if (next != self)
        actor_switch(next);
}

void baton_hold(bool on)
{
    baton.held = on;
}

bool baton_held(void)
{
    return baton.held;
}

/* ---- waiting ---- */

bool baton_wait(const void *on, int64_t until, const atomic_bool *abort)
{
    actor *a = baton.self;
    a->on = on;
    a->until = until;
    a->abort = abort;
    a->woken = false;
    a->waits = true;
    actor_hand_over();
    a->waits = false;
    a->until = BATON_FOREVER;
    a->on = NULL;
    a->abort = NULL;
    return a->woken;
}

void baton_wake(const void *on, bool all)
{
    actor *list[MOST_ACTORS];
    int n = 0;
    for (int i = 0; i < baton.actors_n; i++) {
        actor *a = baton.actors[i];
        if (a->waits && a->on == on && !a->woken)
            list[n++] = a;
    }
    if (n && !all) {
        list[0] = list[baton_below(n)];
        n = 1;
    }
    for (int i = 0; i < n; i++)
        list[i]->woken = true;
}

void baton_sleep(int64_t ms)
{
    int64_t until = baton.clock + ms;
    while (baton.clock < until)
        baton_wait(NULL, until, NULL);
}

void baton_pass(const char *verb)
{
    actor *a = baton.self;
    if (!a)
        return;
    baton.trace =
        baton_mix(baton.trace ^ (uint64_t)baton.clock ^ ((uint64_t)a->number << 48) ^ (uint64_t)verb[0]);
    if (!baton.held && baton_chance(baton.options.nap, 10000))
        baton_sleep(1 + baton_below(baton.options.nap_ms));
    actor_hand_over();
}

/* ---- lives ---- */

void baton_kill(int life_)
{
    end_life(life_);
    if (baton.self->life == life_)
        actor_hand_over();
}

void baton_kill_at(int life_, int64_t step)
{
    baton.kill_life = life_;
    baton.kill_at = step;
}

bool baton_killed(int life_)
{
    return baton.lives[life_].killed;
}

/* ---- trace ---- */

static void hash_in(const void *data, uint64_t n)
{
    const unsigned char *p = data;
    uint64_t h = baton.trace ^ n, word;
    for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        h = (h ^ word) * 0x9fb21c651e98df25u;
        h ^= h >> 32;
    }
    for (; n; n--, p++)
        h = (h ^ *p) * 1099511628211u;
    baton.trace = baton_mix(h);
}

static int begin_line(char *line, size_t size, const char *verb)
{
    return snprintf(line, size, "%9lld %d:%-12s %-8s ", (long long)baton.clock, baton_life(),
                    baton.self ? baton.self->name : "-", verb);
}

void baton_trace(const char *verb, const char *format, ...)
{
    char line[700];
    int n = begin_line(line, sizeof line, verb);
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    hash_in(line, strlen(line));
    if (baton.options.print)
        printf("%s\n", line);
}

void baton_trace_hash(const char *verb, const void *data, uint64_t n)
{
    char line[100];
    hash_in(data, n);
    if (!baton.options.print)
        return;
    begin_line(line, sizeof line, verb);
    if (n && (*(const char *)data == '{' || *(const char *)data == '[')) /* JSON: shown */
        printf("%s%.*s\n", line, n < MOST_SHOWN ? (int)n : MOST_SHOWN, (const char *)data);
    else
        printf("%s%llu bytes, %016llx\n", line, (unsigned long long)n, (unsigned long long)baton.trace);
}

uint64_t baton_hash(void)
{
    return baton.trace;
}

bool baton_prints(void)
{
    return baton.options.print;
}

void baton_fail(const char *format, ...)
{
    char why[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    baton_trace("FAILED", "%s", why);
    fflush(stdout);
    if (baton_told)
        baton_told(why);
    _exit(1);
}
