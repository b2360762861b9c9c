/* SPDX-License-Identifier: Apache-2.0 */
/* Error text: said once, where the fault is found, in a buffer that the caller owns; callers up the chain
 * return the code and add nothing. */
#ifndef TB_BASE_ERROR_H
#define TB_BASE_ERROR_H

#include <stdarg.h>

typedef struct {
    char text[1024];
} error;

/* Writes the sentence (subject, what happened, what to do; no full stop). `e` may be NULL. */
void error_put(error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int error_vset(error *e, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* error_set: error_put, and -1 where the caller's compiler sees it, which then knows which paths go on. */
static inline int error_is_set(void)
{
    return -1;
}
#define error_set(...) (error_put(__VA_ARGS__), error_is_set())

#endif
