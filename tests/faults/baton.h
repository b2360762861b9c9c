/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated machine: actors (threads of the daemon and of the modelled ends) that run one at a time, a
 * clock that jumps when all wait, one draw that decides everything, and the trace. */
#ifndef TB_FAULTS_BATON_H
#define TB_FAULTS_BATON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BATON_FOREVER INT64_MAX

typedef struct {
    uint64_t seed;
    int stay; /* of 100 hand-overs so many go on with the same actor */
    int nap;  /* of 10000 hand-overs so many last 1 to nap_ms: work takes time */
    int64_t nap_ms;
    int spurious; /* of 1000 waits so many end without a reason */
    int64_t wall; /* wall time when the clock stands at 0 */
    bool print;   /* the trace, to stdout */
} baton_options;

/* ---- the machine ---- */

/* Runs main(arg) as the first actor of the world (life 0) until it returns. */
void baton_run(const baton_options *options, void (*main)(void *arg), void *arg);
bool baton_on(void); /* false outside baton_run: then there is one thread, and no time passes */
int64_t baton_clock(void);
int64_t baton_steps(void);
uint64_t baton_mix(uint64_t z);
int64_t baton_below(int64_t n); /* the machine's draw: 0 .. n-1 */
bool baton_chance(int64_t of, int64_t all);

/* A failure ends the process with 1, after telling it and the seed. */
void baton_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
extern void (*baton_told)(const char *why); /* how it is told */

/* ---- actors ---- */

/* A life is a set of actors that is ended at once, as by kill -9: none of them goes on. 0 is the world. */
struct env_thread *baton_start(const char *name, int life, void (*run)(void *arg), void *arg);
int baton_life(void); /* of the present actor */
const void *baton_me(void);
void baton_kill(int life); /* not from an actor of that life, unless it is to be its last act */
void baton_kill_at(int life, int64_t step); /* when the machine has made so many hand-overs */
bool baton_killed(int life);
/* What the monotonic clock of a life begins with: machines are started anew. */
void baton_boot(int life, int64_t mono, int64_t wall_skew);
int64_t baton_mono(void); /* as the present actor sees it */
int64_t baton_wall(void);
uint64_t baton_random(void); /* of the present actor */

/* Hands over to whoever is next, perhaps the same. */
void baton_pass(const char *verb);
/* Waits for a wake-up of `on`, or until baton_clock() is `until`, or until *abort turns true; true: woken. */
bool baton_wait(const void *on, int64_t until, const atomic_bool *abort);
void baton_wake(const void *on, bool all);
void baton_sleep(int64_t ms);
/* True while the present actor may be taken off: not inside a check that must see one instant. */
void baton_hold(bool on);
bool baton_held(void);

/* ---- the trace ---- */

void baton_trace(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void baton_trace_hash(const char *verb, const void *data, uint64_t n); /* of what is too long to print */
uint64_t baton_hash(void);
bool baton_prints(void);

#endif
