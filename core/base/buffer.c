/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer. Grows by half again, so appends are linear over all. */
#include "core/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int reserve(buffer *b, size_t more)
{
    if (b->failed)
        return -1;
    if (b->data && b->size + more + 1 <= b->room)
        return 0;
    size_t room = (b->size + more + 1) + (b->size + more) / 2;
    char *data = room > b->size ? realloc(b->data, room) : NULL;
    if (!data) {
        b->failed = true;
        return -1;
    }
    b->data = data;
    b->room = room;
    return 0;
}

int buffer_add(buffer *b, const void *bytes, size_t n)
{
    if (reserve(b, n))
        return -1;
    if (n)
        memcpy(b->data + b->size, bytes, n);
    b->size += n;
    b->data[b->size] = '\0';
    return 0;
}

int buffer_puts(buffer *b, const char *text)
{
    return buffer_add(b, text, strlen(text));
}

int buffer_putc(buffer *b, char c)
{
    return buffer_add(b, &c, 1);
}

int buffer_printf(buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int bad = n < 0 || reserve(b, (size_t)n);
    if (!bad) {
        vsnprintf(b->data + b->size, (size_t)n + 1, format, again);
        b->size += (size_t)n;
    }
    va_end(again);
    return bad ? -1 : 0;
}

const char *buffer_text(const buffer *b)
{
    return b->data ? b->data : "";
}

void buffer_clear(buffer *b)
{
    b->size = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

void buffer_free(buffer *b)
{
    free(b->data);
    *b = (buffer){0};
}

char *buffer_take(buffer *b)
{
    if (!b->failed && !b->data)
        buffer_add(b, "", 0);
    char *data = b->failed ? NULL : b->data;
    if (!data)
        free(b->data);
    *b = (buffer){0};
    return data;
}
