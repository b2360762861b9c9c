/* SPDX-License-Identifier: Apache-2.0 */
/* One listener: a thread that runs the library's loop in "external" mode. That mode and not the library's own
 * thread, because then
 * - every call into the library is made here: no lock, no race between resume, deadline and close;
 * - the sweeper runs between two turns, when each listed descriptor is surely open;
 * - threads come from one place only (env.h).
 * The loop sleeps in poll(2) on the listening socket, the library's epoll descriptor and the mailbox. The
 * library never sees the listening socket: at its cap it would stop accepting, and whoever came first and
 * says nothing would keep everybody else out (places.c). */
#include "core/server/inner.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"

/* Between two requests, real ms. */
enum { IDLE_MS = 60000 };
/* At the end: how long those who are away may take, and how long answers may take to leave. */
enum { GRACE_MS = 2000, LEAVE_MS = 1000 };
enum { MEMORY_A_PEER = 32 * 1024 };

/* ---- a request ---- */

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
    listener *l = arg;
    request *r = *state;
    (void)c, (void)why;
    if (!r)
        return;
    r->peer->request = NULL;
    peer_phase_set(l, r->peer, PEER_HEAD, IDLE_MS);
    request_unref(r);
    *state = NULL;
}

/* The first line is in, still as it came: from now on the head's own time runs, also on a connection that has
 * been idle. */
static void *on_line(void *arg, const char *target, struct MHD_Connection *c)
{
    listener *l = arg;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    peer *p = info ? info->socket_context : NULL;
    request *r = p ? request_new(l, c, p) : NULL;
    if (!r)
        return NULL;
    p->request = r;
    r->target_size = target ? strlen(target) : 0;
    r->target_fine = target && guard_target_fine(target);
    int64_t left = l->server->limits.head_ms;
    if (p->deadline > now_real() + left)
        peer_phase_set(l, p, PEER_HEAD, left);
    return r;
}

/* An answer that is decided waits for the end of the body, unless nobody can say where that is, the sender
 * waits for our word, or it is too long to be waited for. */
static bool answer_at_once(const request *r, const char *finding)
{
    return r->status && (finding || request_header(r, "Expect") || r->declared > r->limit);
}

static enum MHD_Result on_head(listener *l, request *r, const char *url, const char *method,
                               const char *version)
{
    r->judged = true;
    r->get = !strcmp(method, "GET");
    r->post = !strcmp(method, "POST");
    r->path = strndup(url, PATH_MOST);
    if (!r->path)
        return MHD_NO;
    peer_phase_set(l, r->peer, PEER_BODY, l->server->limits.body_ms);
    const char *finding = guard_judge(r, method, url, version);
    l->door->head(r, finding);
    if (!r->status && r->declared > r->limit)
        request_refuse(r, r->too_large, "the body is too large");
    place_prove(l, r->peer, !r->status);
    return answer_at_once(r, finding) ? request_send(r) : MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *n, void **state)
{
    listener *l = arg;
    request *r = *state;
    (void)c;
    if (!r)
        return MHD_NO;
    if (!r->judged)
        return on_head(l, r, url, method, version);
    if (*n) {
        size_t got = *n;
        *n = 0;
        return request_take(r, bytes, got) ? MHD_YES : MHD_NO;
    }
    if (!r->status)
        l->door->complete(r);
    return r->suspended ? MHD_YES : request_send(r); /* suspended: it is another's by now */
}

/* Paths and values are wanted as they came: %00 and %2e decide nothing behind our back. */
static size_t on_unescape(void *arg, struct MHD_Connection *c, char *text)
{
    (void)arg, (void)c;
    return strlen(text);
}

static void __attribute__((format(printf, 2, 0))) on_log(void *arg, const char *format, va_list args)
{
    listener *l = arg;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    log_write(LOG_DEBUG, "server.library", "listener %s: %s", l->door->name, text);
}

/* ---- the loop ---- */

static void collect(listener *l)
{
    uint64_t counted;
    ssize_t n = read(mailbox_fd(l->mail), &counted, sizeof counted);
    (void)n;
    for (request *r; (r = mailbox_take(l->mail));) {
        l->door->back(r, false);
        request_resume(r);
    }
}

static int sleep_for(listener *l, int most)
{
    MHD_UNSIGNED_LONG_LONG wanted;
    int left = peers_sweep(l), rest = (int)(l->rest_until ? l->rest_until - now_real() : 0);
    if (most >= 0 && (left < 0 || left > most))
        left = most;
    if (rest <= 0)
        l->rest_until = 0;
    else if (left < 0 || left > rest)
        left = rest;
    if (MHD_get_timeout(l->daemon, &wanted) == MHD_YES && (left < 0 || wanted < (unsigned)left))
        left = (int)wanted;
    return left;
}

static void turn(listener *l, int most)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    collect(l);
    int left = sleep_for(l, most);
    struct pollfd fds[] = {{.fd = places_open(l) ? l->fd : -1, .events = POLLIN},
                           {.fd = info->epoll_fd, .events = POLLIN},
                           {.fd = mailbox_fd(l->mail), .events = POLLIN}};
    poll(fds, 3, l->stirred ? 0 : left);
    l->stirred = false;
    if (fds[0].revents)
        places_accept(l);
    MHD_run(l->daemon);
}

static int count(const listener *l, peer_phase phase)
{
    int n = 0;
    for (const peer *p = l->peers; p; p = p->next)
        n += p->phase == phase;
    return n;
}

static void turns_until_none(listener *l, peer_phase phase, int64_t time)
{
    int64_t until = now_real() + time;
    while (count(l, phase) && now_real() < until)
        turn(l, 50);
}

/* Nobody new; those away get their time, then are given up; answers leave; the rest is cut. */
static void leave(listener *l)
{
    listen_close(l);
    turns_until_none(l, PEER_AWAY, GRACE_MS);
    for (peer *p = l->peers; p; p = p->next)
        if (p->phase == PEER_AWAY)
            p->deadline = 0;
    l->next_sweep = 0;
    turn(l, 0);
    turns_until_none(l, PEER_ANSWER, LEAVE_MS);
    collect(l);
    MHD_stop_daemon(l->daemon);
    l->daemon = NULL;
}

static void listener_main(void *arg)
{
    listener *l = arg;
    while (!atomic_load(&l->stopping))
        turn(l, -1);
    leave(l);
}

int listener_start(listener *l, error *e)
{
    l->next_sweep = INT64_MAX;
    l->mail = mailbox_new();
    if (l->mail)
        l->daemon = MHD_start_daemon(
            MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
            NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log, l, MHD_OPTION_CONNECTION_LIMIT,
            places_most(l), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_A_PEER,
            MHD_OPTION_NOTIFY_CONNECTION, peer_event, l, MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
            MHD_OPTION_URI_LOG_CALLBACK, on_line, l, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, l,
            MHD_OPTION_END);
    if (l->daemon)
        l->thread = env_thread_start(l->door->name, listener_main, l);
    if (l->thread)
        return 0;
    error_set(e, "listen.%s: no memory or thread for the listener", l->door->name);
    return 74;
}

void listener_stop(listener *l)
{
    atomic_store(&l->stopping, true);
    if (l->thread)
        mailbox_wake(l->mail);
    env_thread_join(l->thread);
    l->thread = NULL;
    if (l->daemon) /* it never ran */
        MHD_stop_daemon(l->daemon);
    l->daemon = NULL;
    listen_close(l);
    mailbox_unref(l->mail);
    l->mail = NULL;
}
