/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units, written back in the largest unit that holds them without remainder, for messages. */
#ifndef TB_SDK_UNITS_H
#define TB_SDK_UNITS_H

#include "core/sdk/host.h"

void units_print_duration(int64_t ms, char *out, size_t size);
void units_print_bytes(int64_t bytes, char *out, size_t size);
void units_print_time(int64_t ms, char *out, size_t size);

#endif
