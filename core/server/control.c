/* SPDX-License-Identifier: Apache-2.0 */
/* The `control` socket: the API for whoever may open the socket's file. The kernel says who that is; the name
 * goes into the audit. The file's mode is the gate; should somebody have opened it wider, a stranger may look
 * only. */
#include "core/server/calls.h"

#include <stdio.h>
#include <sys/socket.h>

enum { GROUPS_MOST = 256 };

static bool in_group(int fd, const struct ucred *who, gid_t gid)
{
    gid_t groups[GROUPS_MOST];
    socklen_t size = sizeof groups;
    if (who->gid == gid)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
        return false;
    for (size_t i = 0; i < size / sizeof *groups; i++)
        if (groups[i] == gid)
            return true;
    return false;
}

void control_peer(const listener *l, peer *p)
{
    struct ucred who = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t size = sizeof who;
    bool known = !getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
    p->uid = who.uid;
    p->trusted = known && (who.uid == 0 || who.uid == l->uid || in_group(p->fd, &who, l->gid));
}

static void control_head(request *r, const char *finding)
{
    api_head(r, finding);
    snprintf(r->actor, sizeof r->actor, "uid:%u", (unsigned)r->peer->uid);
    r->may_change = r->peer->trusted;
}

const door door_control = {"control", control_head, api_complete, api_back};
