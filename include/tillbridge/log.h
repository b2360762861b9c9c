/* SPDX-License-Identifier: Apache-2.0 */
/* tb_log: one line in the daemon's log; the host adds time, pipeline and key. Subject, what happened, (why);
 * lower case, no full stop, nothing secret. `id` is a stable dotted name. Since 0.1. */
#pragma once
#include <tillbridge/base.h>

TB_BEGIN

typedef enum tb_level { TB_DEBUG, TB_INFO, TB_WARN, TB_ERROR } tb_level;

void tb_log(tb_ctx *ctx, tb_level level, const char *id, const char *format, ...) TB_PRINTF(4, 5);

TB_END
