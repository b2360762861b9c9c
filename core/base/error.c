/* SPDX-License-Identifier: Apache-2.0 */
/* Error text: one sentence, kept where the caller asked for it. */
#include "core/base/error.h"

#include <stdio.h>

int error_vset(error *e, const char *format, va_list args)
{
    if (e)
        vsnprintf(e->text, sizeof e->text, format, args);
    return -1;
}

void error_put(error *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_vset(e, format, args);
    va_end(args);
}
