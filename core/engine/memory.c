/* SPDX-License-Identifier: Apache-2.0 */
/* Short of memory, jansson answers as if there were nothing to find or as if a text were malformed, and
 * plugins are mostly made of it. So its allocations are watched: what a callback concluded while one of them
 * failed, on its thread, is not believed. */
#include "core/engine/internal.h"

#include <stdlib.h>

static __thread bool failed;

static void *watched(size_t size)
{
    void *block = malloc(size);
    if (!block)
        failed = true;
    return block;
}

void memory_watch(void)
{
    json_set_alloc_funcs(watched, free);
}

bool memory_failed(void)
{
    bool was = failed;
    failed = false;
    return was;
}
