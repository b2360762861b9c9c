/* SPDX-License-Identifier: Apache-2.0 */
/* Text to pointer, for SKUs. Keys are borrowed: they must live as long as the map. */
#ifndef TB_SIM_MAP_H
#define TB_SIM_MAP_H

#include <stddef.h>

typedef struct {
    struct map_slot {
        const char *key;
        void *value;
    } * slots;
    size_t room, count; /* room is a power of two */
} map;

void *map_get(const map *m, const char *key); /* NULL: absent */
void map_put(map *m, const char *key, void *value);
void map_free(map *m);

#endif
