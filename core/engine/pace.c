/* SPDX-License-Identifier: Apache-2.0 */
/* A 429 that asks for a short wait is about calls a second: what went through in the last one is what the
 * other side bears, so the pace becomes that, less a tenth. A long wait is about a larger budget, of which
 * one second tells nothing. Each minute without complaint a tenth of what was learnt is forgotten, since
 * limits are raised, too. */
#include "core/engine/pace.h"

#include <string.h>

enum { SLOWEST = 5000000, FORGETS = 60000, LONG_WAIT = 2000 };

static int64_t said(const pace *p)
{
    return p->rate ? 1000000000 / p->rate : 0;
}

static int64_t interval(const pace *p)
{
    return said(p) > p->learnt ? said(p) : p->learnt;
}

static void forget(pace *p, int64_t now)
{
    if (!p->learnt || now - p->learnt_at < FORGETS)
        return;
    p->learnt -= p->learnt / 10;
    p->learnt_at = now;
    if (p->learnt <= said(p) || p->learnt < 1000000 / PACE_RECENT)
        p->learnt = 0;
}

int64_t pace_ready(pace *p, int64_t now)
{
    forget(p, now);
    int64_t step = interval(p), burst = p->learnt ? 1 : p->burst;
    return step ? (p->allowed_at - (burst - 1) * step + 999) / 1000 : 0;
}

void pace_spend(pace *p, int64_t now)
{
    int64_t at = p->allowed_at > now * 1000 ? p->allowed_at : now * 1000;
    p->allowed_at = at + interval(p);
    p->recent[p->given++ % PACE_RECENT] = now;
}

bool pace_learn(pace *p, int64_t now, int64_t asked)
{
    int64_t went = -1; /* not the one that was refused */
    for (int i = 0; i < PACE_RECENT; i++)
        went += p->recent[i] && now - p->recent[i] < 1000;
    if (asked > LONG_WAIT || went >= PACE_RECENT - 1)
        return false;
    int64_t bears = 1100000 / (went < 1 ? 1 : went), slower = interval(p) + interval(p) / 10;
    int64_t step = bears > slower ? bears : slower;
    p->learnt = step > SLOWEST ? SLOWEST : step;
    p->learnt_at = now;
    return true;
}

void pace_inherit(pace *p, const pace *old)
{
    int64_t rate = p->rate, burst = p->burst;
    *p = *old;
    p->rate = rate;
    p->burst = burst;
}
