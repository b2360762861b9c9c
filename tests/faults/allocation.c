/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program, lets its N-th allocation fail, once or from then on; whichever library asks.
 *
 *   TILLBRIDGE_FAIL_ALLOCATION=N      the N-th since the program's constructors ran; "N+": and all later ones
 *   TILLBRIDGE_COUNT_ALLOCATIONS=FILE writes "ALLOCATIONS LIVE" when it exits: how many were asked for, and
 * how many blocks had not been given back (a difference to a run without a fault is a leak of the way that
 * failed)
 *
 * glibc's own names of the functions are called, so nothing has to be looked up, which would allocate. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static atomic_long asked, live;
static long fails_at;
static bool for_ever, counts;

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("TILLBRIDGE_FAIL_ALLOCATION");
    char *end = NULL;
    fails_at = text ? strtol(text, &end, 10) : 0;
    for_ever = end && *end == '+';
    counts = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("TILLBRIDGE_COUNT_ALLOCATIONS");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    counts = false;
    if (fd < 0)
        return;
    dprintf(fd, "%ld %ld\n", atomic_load(&asked), atomic_load(&live));
    close(fd);
}

static bool fails(void)
{
    if (!counts)
        return false;
    long n = atomic_fetch_add(&asked, 1) + 1;
    if (!fails_at || n < fails_at || (n > fails_at && !for_ever))
        return false;
    errno = ENOMEM;
    return true;
}

static void *given(void *block)
{
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

#pragma GCC visibility push(default)
void *malloc(size_t size)
{
    return fails() ? NULL : given(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : given(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    if (block && !size)
        atomic_fetch_sub(&live, 1);
    return block ? __libc_realloc(block, size) : given(__libc_realloc(block, size));
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : given(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);
    if (!block)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    __libc_free(block);
}
#pragma GCC visibility pop
