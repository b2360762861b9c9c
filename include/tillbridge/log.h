/* SPDX-License-Identifier: Apache-2.0 */
/* tb_log: one line in the daemon's log; the host adds time, pipeline and key. Subject, what happened, (why);
 * lower case, no full stop, nothing secret. `id` is a stable dotted name. Since 0.1. */
#ifndef TILLBRIDGE_LOG_H
#define TILLBRIDGE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tb_ctx tb_ctx;
typedef enum tb_level { TB_DEBUG, TB_INFO, TB_WARN, TB_ERROR } tb_level;

void tb_log(tb_ctx *ctx, tb_level level, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#ifdef __cplusplus
}
#endif
#endif
