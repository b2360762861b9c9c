/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute deadlines. The library's time-out is an idle timer: a peer that sends one byte a second lives for
 * ever. So each peer has a phase and a time by which that phase must be over, however busy it is; who is over
 * it is cut with shutdown(2), and the library then meets the end of the stream and cleans up.
 *
 * No descriptor can be cut that was closed and given out again meanwhile: the library runs on this very
 * thread, closes sockets nowhere else, and tells us (the peer is taken off the list) before it does.
 *
 * Who is away (suspended) is not cut: the library does not look at its socket. It is given up: answered by
 * its door, while the writer keeps the row. */
#include "core/server/inner.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

int64_t now_real(void)
{
    return (int64_t)((double)env_mono() / env_clock_rate());
}

void peer_phase_set(listener *l, peer *p, peer_phase phase, int64_t time_left)
{
    p->phase = phase;
    p->deadline = time_left == INT64_MAX ? INT64_MAX : now_real() + time_left;
    if (p->deadline < l->next_sweep)
        l->next_sweep = p->deadline;
}

static void overdue(listener *l, peer *p)
{
    if (p->phase != PEER_AWAY) {
        p->deadline = INT64_MAX; /* once is enough */
        shutdown(p->fd, SHUT_RDWR);
    } else if (mailbox_abandon(p->request)) {
        p->deadline = INT64_MAX;
        l->door->back(p->request, true);
        request_resume(p->request);
    }
}

int peers_sweep(listener *l)
{
    int64_t now = now_real();
    if (now >= l->next_sweep) {
        l->next_sweep = INT64_MAX;
        for (peer *p = l->peers; p; p = p->next) {
            if (p->deadline <= now)
                overdue(l, p);
            if (p->deadline < l->next_sweep)
                l->next_sweep = p->deadline;
        }
    }
    if (l->next_sweep == INT64_MAX)
        return -1;
    int64_t left = l->next_sweep - now;
    return left < 1 ? 1 : left > 60000 ? 60000 : (int)left;
}

void address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    out[0] = '\0';
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, INET6_ADDRSTRLEN);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six))
            inet_ntop(AF_INET, six->s6_addr + 12, out, INET6_ADDRSTRLEN);
        else
            inet_ntop(AF_INET6, six, out, INET6_ADDRSTRLEN);
    }
}
