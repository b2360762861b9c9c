/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer that is always NUL-terminated, and the scope guards that go with heap memory.
 * Running out of memory is remembered in the buffer (`failed`), so that a chain of appends is checked once.
 */
#ifndef TB_BASE_BUFFER_H
#define TB_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct {
    char *data; /* NULL while empty; else `size` bytes and a NUL */
    size_t size, room;
    bool failed; /* an append ran out of memory: the content is incomplete */
} buffer;

/* Each returns 0, or -1 when memory ran out (now or before). */
int buffer_add(buffer *b, const void *bytes, size_t n);
int buffer_puts(buffer *b, const char *text);
int buffer_putc(buffer *b, char c);
int buffer_printf(buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *buffer_text(const buffer *b); /* "" while empty; valid until the next change */
void buffer_clear(buffer *b);             /* empty, memory kept */
void buffer_free(buffer *b);              /* empty, memory gone; usable again */
char *buffer_take(buffer *b); /* the caller frees; NULL when `failed`; the buffer is empty after */

/* Scope guards. */
static inline void cleanup_free_(void *p)
{
    free(*(void **)p);
}
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free_)))
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
