/* SPDX-License-Identifier: Apache-2.0 */
/* A slow disk, to be preloaded into a program: as long as the file that SLOW_DISK names is there, every sync
 * takes between 50 and 300 ms longer. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LEAST_MS = 50, MOST_MS = 300 };

static void wait_a_while(void)
{
    static unsigned turn;
    const char *flag = getenv("SLOW_DISK");
    if (!flag || access(flag, F_OK))
        return;
    unsigned n = __atomic_add_fetch(&turn, 1, __ATOMIC_RELAXED);
    long ms = LEAST_MS + (long)(n * 2654435761U % (MOST_MS - LEAST_MS + 1));
    struct timespec t = {.tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

static int then(const char *name, int fd)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    wait_a_while();
    return real ? real(fd) : -1;
}

int fdatasync(int fd)
{
    return then("fdatasync", fd);
}

int fsync(int fd)
{
    return then("fsync", fd);
}
