/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop of all listeners. All sockets are opened before the first thread starts, so a start that
 * fails has served nobody. */
#include "core/server/inner.h"

#include <string.h>

/* Real ms. The sender of webhooks gives up after 15 s. */
enum { HEAD_MS = 5000, BODY_MS = 15000, QUEUE_MS = 10000 };
enum { EVENTS_PEERS = 256, EVENTS_PER_ADDRESS = 64, OTHER_PEERS = 64 };

static unsigned cap_or(unsigned set, unsigned fallback)
{
    return set ? set : fallback;
}

static int ms_or(int set, int fallback)
{
    return set ? set : fallback;
}

static int copy_options(server *s, const server_options *o, error *e)
{
    s->world = o->world;
    s->limits = (server_limits){.connections = cap_or(o->limits.connections, EVENTS_PEERS),
                                .per_address = cap_or(o->limits.per_address, EVENTS_PER_ADDRESS),
                                .head_ms = ms_or(o->limits.head_ms, HEAD_MS),
                                .body_ms = ms_or(o->limits.body_ms, BODY_MS),
                                .queue_ms = ms_or(o->limits.queue_ms, QUEUE_MS)};
    s->admin_token = o->admin_token ? strdup(o->admin_token) : NULL;
    s->trusted = calloc((size_t)o->trusted_proxies_n + 1, sizeof *s->trusted);
    if ((o->admin_token && !s->admin_token) || !s->trusted) {
        error_set(e, "no memory for the server");
        return 74;
    }
    for (int i = 0; i < o->trusted_proxies_n; i++)
        address_normal(o->trusted_proxies[i], s->trusted[s->trusted_n++]);
    return 0;
}

static int open_one(server *s, const door *d, const char *where, error *e)
{
    if (!where)
        return 0;
    listener *l = &s->listeners[s->listeners_n++];
    bool outside = d == &door_events;
    *l = (listener){.door = d,
                    .server = s,
                    .fd = -1,
                    .connections = outside ? s->limits.connections : OTHER_PEERS,
                    .per_address = outside ? s->limits.per_address : 0};
    return d == &door_control ? listen_unix(l, where, e) : listen_tcp(l, where, e);
}

static int check_open(server *s, error *e)
{
    for (int i = 0; i < s->listeners_n; i++) {
        if (s->listeners[i].door != &door_admin || s->listeners[i].loopback || s->admin_token)
            continue;
        error_set(e, "listen.admin: open to other hosts needs an admin-token");
        return 78;
    }
    return 0;
}

static int start_all(server *s, const server_options *o, error *e)
{
    int code = copy_options(s, o, e);
    code = code ? code : open_one(s, &door_events, o->events, e);
    code = code ? code : open_one(s, &door_admin, o->admin, e);
    code = code ? code : open_one(s, &door_control, o->control, e);
    code = code ? code : check_open(s, e);
    if (!code && !(s->workers = workers_new(s->world))) {
        error_set(e, "no threads for the API");
        code = 74;
    }
    if (!code)
        descriptors_fit(s);
    for (int i = 0; !code && i < s->listeners_n; i++)
        code = listener_start(&s->listeners[i], e);
    return code;
}

int server_start(const server_options *options, server **out, error *e)
{
    server *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) {
        error_set(e, "no memory for the server");
        return 74;
    }
    int code = start_all(s, options, e);
    if (code)
        server_stop(s);
    else
        *out = s;
    return code;
}

void server_events_busy(server *s)
{
    atomic_store(&s->events_busy, true);
}

/* Workers first: what they had comes back into the mailboxes, and the listeners answer it as they leave. */
void server_stop(server *s)
{
    if (!s)
        return;
    server_events_busy(s);
    if (s->workers)
        workers_stop(s->workers);
    for (int i = 0; i < s->listeners_n; i++)
        listener_stop(&s->listeners[i]);
    workers_free(s->workers);
    free(s->admin_token);
    free(s->trusted);
    free(s);
}

int server_port(const server *s, const char *name)
{
    for (int i = 0; i < s->listeners_n; i++)
        if (!strcmp(s->listeners[i].door->name, name))
            return s->listeners[i].port;
    return 0;
}
