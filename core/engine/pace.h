/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a connection may go: the rate that the configuration says (GCRA, with its burst), and a slower
 * pace learnt from answers 429. Not locked: the connection's lock holds it. Times are env_mono ms. */
#ifndef TB_ENGINE_PACE_H
#define TB_ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_RECENT = 64 };

typedef struct {
    int64_t rate;       /* configured, thousandths of a call a second; 0: any */
    int64_t burst;      /* configured */
    int64_t allowed_at; /* theoretical arrival time, microseconds */
    int64_t learnt;     /* microseconds from one call to the next; 0: nothing was learnt */
    int64_t learnt_at;  /* when, or when some of it was forgotten */
    int64_t given;
    int64_t recent[PACE_RECENT]; /* when the last calls began, a ring by `given` */
} pace;

int64_t pace_ready(pace *p, int64_t now); /* when the next call may begin */
void pace_spend(pace *p, int64_t now);    /* it begins */
/* A 429 that asks for a wait of `asked` ms (0: says nothing). true: the pace is slower now. */
bool pace_learn(pace *p, int64_t now, int64_t asked);
/* Of another connection to the same system. */
void pace_inherit(pace *p, const pace *old);

#endif
