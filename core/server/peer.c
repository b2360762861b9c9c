/* SPDX-License-Identifier: Apache-2.0 */
/* Peers: who is there, and who must go when his time is over.
 *
 * Absolute deadlines. The library's time-out is an idle timer: a peer that sends one byte a second lives for
 * ever. So each peer has a phase and a time by which that phase must be over, however busy it is; who is over
 * it is cut with shutdown(2), and the library then meets the end of the stream and cleans up.
 *
 * No descriptor can be cut that was closed and given out again meanwhile: the library runs on this very
 * thread, closes sockets nowhere else, and tells us (the peer is taken off the list) before it does.
 *
 * Who is away (suspended) is not cut: the library does not look at its socket. It is given up: answered by
 * its door, while the writer keeps the row. */
#include "core/server/inner.h"

#include <string.h>
#include <sys/socket.h>

int64_t now_real(void)
{
    return (int64_t)((double)env_mono() / env_clock_rate());
}

void peer_phase_set(listener *l, peer *p, peer_phase phase, int64_t time_left)
{
    if (p->origin)
        l->away += (phase == PEER_AWAY) - (p->phase == PEER_AWAY);
    p->phase = phase;
    p->deadline = time_left == INT64_MAX ? INT64_MAX : now_real() + time_left;
    if (p->deadline < l->next_sweep)
        l->next_sweep = p->deadline;
}

void peer_cut(listener *l, peer *p)
{
    place_give(l, p);
    p->deadline = INT64_MAX; /* once is enough */
    shutdown(p->fd, SHUT_RDWR);
}

static void overdue(listener *l, peer *p)
{
    if (p->phase != PEER_AWAY) {
        peer_cut(l, p);
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

/* ---- who comes and goes ---- */

static void *peer_open(listener *l, struct MHD_Connection *c)
{
    peer *p = calloc(1, sizeof *p);
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = from ? from->client_addr : NULL;
    if (!p || !fd || !place_take(l, p, address)) {
        free(p);
        return NULL;
    }
    p->fd = fd->connect_fd;
    if (l->socket_path)
        control_peer(l, p);
    else if (address)
        address_text(address, p->address);
    p->next = l->peers;
    p->back = &l->peers;
    if (p->next)
        p->next->back = &p->next;
    l->peers = p;
    peer_phase_set(l, p, PEER_HEAD, l->server->limits.head_ms);
    return p;
}

static void peer_close(listener *l, peer *p)
{
    place_give(l, p);
    *p->back = p->next;
    if (p->next)
        p->next->back = p->back;
    free(p);
}

void peer_event(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *state = peer_open(arg, c);
    else if (*state)
        peer_close(arg, *state);
}
