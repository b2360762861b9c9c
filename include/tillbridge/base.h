/* SPDX-License-Identifier: Apache-2.0 */
/* What every header of the SDK needs: C linkage for C++, checked formats, and the handle that callbacks are
 * given.
 *
 * tb_ctx is the host's; it is passed on to the functions that ask for it and is valid until the callback
 * returns, in the thread of that callback only. Since 0.1. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TB_BEGIN extern "C" {
#define TB_END }
#else
#define TB_BEGIN
#define TB_END
#endif
#define TB_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

typedef struct tb_ctx tb_ctx;
