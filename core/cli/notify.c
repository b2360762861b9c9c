/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram to the socket that NOTIFY_SOCKET names; '@' stands for the abstract namespace. */
#include "core/cli/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/env.h"

void notify_systemd(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (n < 2 || n >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, n);
    if (*path == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}

/* Half of what systemd asks for, in ms of env_mono; 0: it does not ask this process. */
static int64_t watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return (int64_t)((double)strtoll(usec, NULL, 10) / 2000 * env_clock_rate());
}

void notify_watchdog(void)
{
    static int64_t interval = -1, next;
    if (interval < 0)
        interval = watchdog_interval();
    if (interval <= 0 || env_mono() < next)
        return;
    next = env_mono() + interval;
    notify_systemd("WATCHDOG=1");
}
