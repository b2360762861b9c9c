/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with FNV-1a, at most half full. */
#include "sdk/sim/map.h"
#include "sdk/sim/must.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t hash(const char *key)
{
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)(h ^ (h >> 32));
}

static struct map_slot *slot_of(const map *m, const char *key)
{
    size_t i = hash(key) & (m->room - 1);
    while (m->slots[i].key && strcmp(m->slots[i].key, key))
        i = (i + 1) & (m->room - 1);
    return &m->slots[i];
}

void *map_get(const map *m, const char *key)
{
    return m->room && key ? slot_of(m, key)->value : NULL;
}

static void grow(map *m)
{
    map wider = {.room = m->room ? m->room * 2 : 64};
    wider.slots = must(calloc(wider.room, sizeof *wider.slots));
    for (size_t i = 0; i < m->room; i++)
        if (m->slots[i].key)
            *slot_of(&wider, m->slots[i].key) = m->slots[i];
    wider.count = m->count;
    free(m->slots);
    *m = wider;
}

void map_put(map *m, const char *key, void *value)
{
    if (2 * (m->count + 1) > m->room)
        grow(m);
    struct map_slot *s = slot_of(m, key);
    m->count += !s->key;
    *s = (struct map_slot){key, value};
}

void map_free(map *m)
{
    free(m->slots);
    *m = (map){0};
}
