/* SPDX-License-Identifier: Apache-2.0 */
/* The door (core/base/env.h) to the simulated machine: the same words, other clocks, threads and draws. It
 * defines all that env.c and env_http.c define, so that a program that links it never takes those from the
 * library. A mutex is its owner, kept where the real one would be; before and after each use the baton may be
 * handed over, so every order of threads that locks allow can happen. */
#include "core/base/env.h"
#include "tests/faults/actor.h"
#include "tests/faults/ends.h"
#include "tests/faults/vfs_power.h"

#include <stdlib.h>
#include <string.h>

int64_t env_now(void)
{
    return baton_wall();
}

int64_t env_steady(void)
{
    return baton_wall();
}

int64_t env_mono(void)
{
    return baton_mono();
}

double env_clock_rate(void)
{
    return 1.0;
}

uint64_t env_random(void)
{
    return baton_random();
}

int64_t env_random_below(int64_t n)
{
    return n < 1 ? 0 : (int64_t)(baton_random() % (uint64_t)n);
}

void env_random_text(char *out, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[baton_random() % 36];
    if (size)
        out[size - 1] = '\0';
}

/* ---- threads ---- */

env_thread *env_thread_start(const char *name, void (*run)(void *), void *arg)
{
    env_thread *t = baton_start(name, baton_life(), run, arg);
    baton_pass("start");
    return t;
}

void env_thread_join(env_thread *t)
{
    while (t && !t->ended)
        baton_wait(t, BATON_FOREVER, NULL);
    free(t);
}

/* ---- locks ---- */

static actor **owner_of(env_mutex *m)
{
    _Static_assert(sizeof(env_mutex) >= sizeof(actor *), "an owner fits where a mutex stands");
    return (actor **)(void *)m;
}

void env_mutex_init(env_mutex *m)
{
    memset(m, 0, sizeof *m);
}

void env_mutex_free(env_mutex *m)
{
    if (*owner_of(m))
        baton_fail("a lock is freed that %s holds", (*owner_of(m))->name);
}

void env_lock(env_mutex *m)
{
    if (!baton_on())
        return;
    vfs_power_check();
    baton_pass("lock");
    if (*owner_of(m) == baton.self)
        baton_fail("%s locks what it holds", baton.self->name);
    while (*owner_of(m))
        baton_wait(m, BATON_FOREVER, NULL);
    *owner_of(m) = baton.self;
}

void env_unlock(env_mutex *m)
{
    if (!baton_on())
        return;
    if (*owner_of(m) != baton.self)
        baton_fail("%s unlocks what it does not hold", baton.self->name);
    *owner_of(m) = NULL;
    baton_wake(m, true);
    baton_pass("unlock");
}

void env_cond_init(env_cond *c)
{
    memset(c, 0, sizeof *c);
}

void env_cond_free(env_cond *c)
{
    (void)c;
}

bool env_wait(env_cond *c, env_mutex *m, int64_t deadline)
{
    int64_t until = deadline == ENV_FOREVER ? BATON_FOREVER : deadline - baton_mono() + baton_clock();
    if (*owner_of(m) != baton.self)
        baton_fail("%s waits without its lock", baton.self->name);
    *owner_of(m) = NULL;
    baton_wake(m, true);
    bool spurious = baton_chance(baton.options.spurious, 1000);
    bool woken = baton_wait(c, spurious ? baton_clock() + baton_below(50) : until, NULL);
    while (*owner_of(m))
        baton_wait(m, BATON_FOREVER, NULL);
    *owner_of(m) = baton.self;
    return woken || spurious || baton_clock() < until;
}

void env_signal(env_cond *c)
{
    baton_wake(c, false);
    baton_pass("signal");
}

void env_broadcast(env_cond *c)
{
    baton_wake(c, true);
    baton_pass("broadcast");
}

/* ---- exchanges: what there is to it stands in ends.c ---- */

struct env_client {
    bool busy;
};

env_client *env_client_new(void)
{
    return calloc(1, sizeof(env_client));
}

void env_client_free(env_client *c)
{
    free(c);
}

void env_exchange(env_client *c, const env_request *q, env_answer *a)
{
    if (c->busy)
        baton_fail("%s uses a client that another exchange uses", baton.self->name);
    c->busy = true;
    int64_t start = env_mono();
    *a = (env_answer){.fate = ENV_INVALID};
    ends_exchange(q, a);
    a->took = env_mono() - start;
    c->busy = false;
}
