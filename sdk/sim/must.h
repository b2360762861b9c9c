/* SPDX-License-Identifier: Apache-2.0 */
/* A simulator that is out of memory has nothing true to say: it ends. */
#ifndef TB_SIM_MUST_H
#define TB_SIM_MUST_H

#include <stdlib.h>

static inline void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

#endif
