/* SPDX-License-Identifier: Apache-2.0 */
/* Starting actors and going from one to another. AddressSanitizer is told of each change of stack. */
#include "tests/faults/actor.h"

#include "core/base/env.h"
#include "core/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#else
static void __sanitizer_start_switch_fiber(void **save, const void *stack, size_t size)
{
    (void)save, (void)stack, (void)size;
}
static void __sanitizer_finish_switch_fiber(void *save, const void **stack, size_t *size)
{
    (void)save, (void)stack, (void)size;
}
#endif

enum { STACK = 512 * 1024, MOST_SPARE = 32 };
static char *spare[MOST_SPARE];
static int spare_n;
static struct {
    const void *stack;
    size_t size;
} system_stack;

static char *stack_take(void)
{
    if (spare_n)
        return spare[--spare_n];
    char *stack =
        mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        baton_fail("no memory for an actor");
    return stack;
}

/* The stack that is being left cannot be given back yet: it is put aside, for the next actor that starts. */
static void stack_give(char *stack)
{
    if (spare_n < MOST_SPARE)
        spare[spare_n++] = stack;
}

void actor_switch(actor *to)
{
    actor *from = baton.self;
    from->saved_errno = errno;
    log_scope_swap(from->scope); /* the scope is of the thread: leave with ours, */
    baton.self = to;
    log_scope_swap(to->scope); /* come with theirs */
    __sanitizer_start_switch_fiber(from->ended ? NULL : &from->fake,
                                   to->stack ? to->stack : system_stack.stack,
                                   to->stack ? STACK : system_stack.size);
    swapcontext(&from->context, &to->context);
    __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
    errno = from->saved_errno;
}

static void leave(actor *a)
{
    int at = 0;
    while (baton.actors[at] != a)
        at++;
    memmove(&baton.actors[at], &baton.actors[at + 1], (size_t)(--baton.actors_n - at) * sizeof(actor *));
    a->ended = true;
    stack_give(a->stack);
    baton_wake(a, true);
    actor_hand_over();
}

static void enter(void)
{
    actor *a = baton.self;
    a->context.uc_stack.ss_size = 0; /* else AddressSanitizer forgets its stack at each change */
    __sanitizer_finish_switch_fiber(NULL, system_stack.stack ? NULL : &system_stack.stack,
                                    system_stack.stack ? NULL : &system_stack.size);
    a->run(a->arg);
    leave(a);
}

static uint64_t seed_of(const char *name, int life)
{
    uint64_t h = baton.options.seed ^ ((uint64_t)life << 56);
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return baton_mix(h);
}

actor *baton_start(const char *name, int life_, void (*run)(void *arg), void *arg)
{
    actor *a = calloc(1, sizeof *a);
    if (!a || baton.actors_n == MOST_ACTORS)
        baton_fail("no room for actor %s", name);
    a->number = ++baton.numbers;
    a->life = life_;
    snprintf(a->name, sizeof a->name, "%.15s", name);
    a->run = run;
    a->arg = arg;
    a->until = BATON_FOREVER;
    a->random = seed_of(name, life_);
    a->stack = stack_take();
    getcontext(&a->context);
    a->context.uc_stack.ss_sp = a->stack;
    a->context.uc_stack.ss_size = STACK;
    makecontext(&a->context, enter, 0);
    baton.actors[baton.actors_n++] = a;
    return a;
}

typedef struct {
    void (*main)(void *arg);
    void *arg;
    bool ended;
} running;

static void first(void *arg)
{
    running *r = arg;
    r->main(r->arg);
    r->ended = true;
}

/* The system's own thread waits as an actor too, for the first one to end. */
void baton_run(const baton_options *options, void (*main)(void *arg), void *arg)
{
    static actor system_ = {.name = "system", .until = BATON_FOREVER};
    running r = {main, arg, false};
    baton = (machine){.options = *options, .self = &system_, .draw = options->seed, .trace = options->seed};
    baton.actors[baton.actors_n++] = &system_;
    actor *a = baton_start("main", 0, first, &r);
    while (!r.ended)
        baton_wait(a, BATON_FOREVER, NULL);
    baton.self = NULL;
}
