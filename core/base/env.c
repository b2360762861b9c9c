/* SPDX-License-Identifier: Apache-2.0 */
/* The real world behind the door: clocks, randomness, pthreads. HTTP exchanges are in env_http.c. */
#include "core/base/env.h"
#include "core/base/sabotage.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* ---- clocks: real time stretched by the rate; read once, before the first thread starts ---- */

static struct {
    double rate;
    int64_t wall_base; /* where virtual and real wall time meet */
} clock_;
static pthread_once_t clock_once = PTHREAD_ONCE_INIT;

static int64_t real_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void clock_setup(void)
{
    const char *text = getenv("TILLBRIDGE_CLOCK_RATE");
    char *end = NULL;
    clock_.rate = text ? strtod(text, &end) : 1.0;
    if (!(clock_.rate >= 1.0 && clock_.rate <= 100000.0))
        clock_.rate = 1.0;
    clock_.wall_base = end && *end == '@' ? strtoll(end + 1, NULL, 10) * 1000 : real_ms(CLOCK_REALTIME);
}

double env_clock_rate(void)
{
    pthread_once(&clock_once, clock_setup);
    return clock_.rate;
}

int64_t env_now(void)
{
    double rate = env_clock_rate();
    int64_t real = real_ms(CLOCK_REALTIME);
    return rate == 1.0 ? real : clock_.wall_base + (int64_t)((double)(real - clock_.wall_base) * rate);
}

int64_t env_mono(void)
{
    if (SABOTAGE("wall-clock"))
        return env_now();
    return (int64_t)((double)real_ms(CLOCK_MONOTONIC) * env_clock_rate());
}

int64_t env_steady(void)
{
    static _Atomic int64_t furthest = INT64_MIN; /* wall before monotonic time */
    int64_t now = env_now(), mono = env_mono(), ahead = now - mono, known = atomic_load(&furthest);
    while (ahead > known && !atomic_compare_exchange_weak(&furthest, &known, ahead))
        ;
    return mono + (ahead > known ? ahead : known);
}

/* ---- randomness: splitmix64, one state a thread ---- */

static __thread uint64_t random_state;

uint64_t env_random(void)
{
    if (!random_state && getrandom(&random_state, sizeof random_state, 0) != sizeof random_state)
        random_state = (uint64_t)real_ms(CLOCK_REALTIME) ^ (uint64_t)(uintptr_t)&random_state;
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t env_random_below(int64_t n)
{
    return n < 1 ? 0 : (int64_t)(env_random() % (uint64_t)n);
}

void env_random_text(char *out, size_t size)
{
    if (size && getrandom(out, size - 1, 0) != (ssize_t)size - 1)
        for (size_t i = 0; i + 1 < size; i++)
            out[i] = (char)env_random();
    for (size_t i = 0; i + 1 < size; i++)
        out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[(unsigned char)out[i] % 36];
    if (size)
        out[size - 1] = '\0';
}

/* ---- threads ---- */

struct env_thread {
    pthread_t id;
    char name[16];
    void (*run)(void *);
    void *arg;
};

static void *thread_main(void *arg)
{
    env_thread *t = arg;
    pthread_setname_np(pthread_self(), t->name);
    t->run(t->arg);
    return NULL;
}

env_thread *env_thread_start(const char *name, void (*run)(void *), void *arg)
{
    env_thread *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    snprintf(t->name, sizeof t->name, "%.15s", name);
    t->run = run;
    t->arg = arg;
    if (pthread_create(&t->id, NULL, thread_main, t)) {
        free(t);
        return NULL;
    }
    return t;
}

void env_thread_join(env_thread *t)
{
    if (t)
        pthread_join(t->id, NULL);
    free(t);
}

void env_mutex_init(env_mutex *m)
{
    pthread_mutex_init(&m->m, NULL);
}

void env_mutex_free(env_mutex *m)
{
    pthread_mutex_destroy(&m->m);
}

void env_lock(env_mutex *m)
{
    pthread_mutex_lock(&m->m);
}

void env_unlock(env_mutex *m)
{
    pthread_mutex_unlock(&m->m);
}

void env_cond_init(env_cond *c)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->c, &attributes);
    pthread_condattr_destroy(&attributes);
}

void env_cond_free(env_cond *c)
{
    pthread_cond_destroy(&c->c);
}

bool env_wait(env_cond *c, env_mutex *m, int64_t deadline)
{
    if (deadline == ENV_FOREVER)
        return pthread_cond_wait(&c->c, &m->m) == 0;
    double real = ceil((double)deadline / env_clock_rate());
    struct timespec until = {.tv_sec = (time_t)(real / 1000), .tv_nsec = (long)fmod(real, 1000) * 1000000};
    return pthread_cond_timedwait(&c->c, &m->m, &until) != ETIMEDOUT;
}

void env_signal(env_cond *c)
{
    pthread_cond_signal(&c->c);
}

void env_broadcast(env_cond *c)
{
    pthread_cond_broadcast(&c->c);
}
