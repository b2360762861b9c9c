/* SPDX-License-Identifier: Apache-2.0 */
/* Claims by name in an open hash table. A name that was let go stays as a stamp until the table is rebuilt,
 * when stamps older than any hydrate that may still run are forgotten (they are kept for an hour). */
#include "core/engine/claims.h"
#include "core/base/env.h"
#include "core/base/sabotage.h"

#include <stdlib.h>
#include <string.h>

enum { STAMP_LIFE = 3600 * 1000 };

typedef struct {
    char *name;    /* NULL: free */
    int64_t seq;   /* holder, 0: nobody */
    int64_t until; /* held until then though its record let go, env_mono; 0: no such hold */
    int64_t stamp, stamped;
} claim;

struct claims {
    env_mutex lock;
    claim *slots;
    size_t room, used;
    int64_t number;
};

claims *claims_new(void)
{
    claims *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    env_mutex_init(&c->lock);
    c->room = 64;
    c->slots = calloc(c->room, sizeof *c->slots);
    return c;
}

void claims_free(claims *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->room; i++)
        free(c->slots[i].name);
    free(c->slots);
    env_mutex_free(&c->lock);
    free(c);
}

static size_t hash_of(const char *name)
{
    uint64_t h = 1469598103934665603u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)h;
}

static claim *slot_of(claim *slots, size_t room, const char *name)
{
    size_t i = hash_of(name) & (room - 1);
    while (slots[i].name && strcmp(slots[i].name, name))
        i = (i + 1) & (room - 1);
    return &slots[i];
}

static void settle_claim(claims *c, claim *k, int64_t now)
{
    if (k->until && k->until <= now) {
        k->until = 0;
        k->stamp = ++c->number;
        k->stamped = now;
    }
}

static bool worth_keeping(const claim *k, int64_t now)
{
    return k->seq || k->until > now || (k->stamp && k->stamped + STAMP_LIFE > now);
}

/* Twice the room when it is needed; forgets old stamps on the way. */
static void make_room(claims *c)
{
    if (c->used * 2 < c->room)
        return;
    int64_t now = env_mono();
    size_t room = c->room * 2, used = 0;
    claim *slots = calloc(room, sizeof *slots);
    if (!slots)
        return;
    for (size_t i = 0; i < c->room; i++) {
        claim *k = &c->slots[i];
        if (!k->name)
            continue;
        if (worth_keeping(k, now)) {
            *slot_of(slots, room, k->name) = *k;
            used++;
        } else {
            free(k->name);
        }
    }
    free(c->slots);
    c->slots = slots;
    c->room = room;
    c->used = used;
}

static claim *get(claims *c, const char *name)
{
    make_room(c);
    claim *k = slot_of(c->slots, c->room, name);
    if (!k->name && (k->name = strdup(name)))
        c->used++;
    return k;
}

static bool is_free(claims *c, claim *k, int64_t seq, int64_t noted)
{
    if (SABOTAGE("claims-ignored"))
        return true;
    if (SABOTAGE("no-recheck"))
        noted = INT64_MAX;
    int64_t now = env_mono();
    settle_claim(c, k, now);
    bool held = (k->seq && k->seq != seq) || k->until > now;
    return !held && k->stamp <= noted;
}

int64_t claims_number(claims *c)
{
    ENV_HOLD(&c->lock);
    return c->number;
}

bool claims_take(claims *c, int64_t seq, const char *const *names, int n, int64_t noted)
{
    ENV_HOLD(&c->lock);
    for (int i = 0; i < n; i++) {
        claim *k = get(c, names[i]);
        if (!k->name || !is_free(c, k, seq, k->seq == seq ? INT64_MAX : noted))
            return false;
    }
    for (int i = 0; i < n; i++)
        get(c, names[i])->seq = seq;
    return true;
}

void claims_drop(claims *c, int64_t seq, const char *const *names, int n, int64_t when)
{
    ENV_HOLD(&c->lock);
    int64_t now = env_mono();
    for (int i = 0; i < n; i++) {
        claim *k = get(c, names[i]);
        if (!k->name || k->seq != seq)
            continue;
        k->seq = 0;
        k->until = when > now ? when : now;
        settle_claim(c, k, now);
    }
}

bool claims_held(claims *c, int64_t seq, const char *const *names, int n)
{
    ENV_HOLD(&c->lock);
    for (int i = 0; i < n; i++)
        if (!is_free(c, get(c, names[i]), seq, INT64_MAX))
            return true;
    return false;
}

bool claims_any(claims *c)
{
    ENV_HOLD(&c->lock);
    int64_t now = env_mono();
    for (size_t i = 0; i < c->room; i++)
        if (c->slots[i].name && (c->slots[i].seq || c->slots[i].until > now))
            return true;
    return false;
}
