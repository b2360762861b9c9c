/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the simulated machine: what an actor is, and the machine itself. */
#ifndef TB_FAULTS_ACTOR_H
#define TB_FAULTS_ACTOR_H

#include <ucontext.h>

#include "tests/faults/baton.h"

enum { MOST_ACTORS = 400, MOST_LIVES = 32 };

typedef struct env_thread actor;
struct env_thread {
    int number, life;
    char name[16];
    void (*run)(void *arg);
    void *arg;
    ucontext_t context;
    char *stack;
    void *fake; /* AddressSanitizer's */
    bool ended;
    /* while it waits */
    bool waits, woken;
    const void *on;
    int64_t until;
    const atomic_bool *abort;
    /* what threads of the system have for themselves */
    uint64_t random;
    int saved_errno;
    const char *scope[2];
};

typedef struct {
    bool killed;
    int64_t mono, wall; /* what its clocks are ahead of the machine's */
} actor_life;

typedef struct {
    baton_options options;
    actor *self;
    actor *actors[MOST_ACTORS]; /* those that have not ended, in order of their numbers */
    int actors_n, numbers;
    actor_life lives[MOST_LIVES];
    int64_t clock, steps, still;
    int kill_life;
    int64_t kill_at; /* step; 0: never */
    uint64_t draw, trace;
    bool held;
} machine;
extern machine baton;

void actor_switch(actor *to);
void actor_hand_over(void);

#endif
