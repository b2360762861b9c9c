/* SPDX-License-Identifier: Apache-2.0 */
/* One request: its body as it comes in, its answer, and its way to another thread and back. While it is away
 * its connection is suspended; it comes back through the listener's mailbox, which the listener's loop polls.
 */
#include "core/server/inner.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long an answer may take to be read, real ms. */
enum { ANSWER_MS = 30000 };

request *request_new(listener *l, struct MHD_Connection *c, peer *p)
{
    request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->refs = 1;
    r->mail = l->mail;
    r->listener = l;
    r->connection = c;
    r->peer = p;
    r->too_large = 413;
    return r;
}

void request_ref(request *r)
{
    __atomic_add_fetch(&r->refs, 1, __ATOMIC_RELAXED);
}

void request_unref(request *r)
{
    if (!r || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    buffer_free(&r->body);
    buffer_free(&r->out);
    json_decref(r->query);
    free(r->path);
    free(r);
}

const char *request_header(const request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

void request_refuse(request *r, int status, const char *sentence)
{
    r->status = status;
    r->close = true;
    buffer_free(&r->body);
    buffer_clear(&r->out);
    if (sentence)
        buffer_printf(&r->out, "%s\n", sentence);
}

/* After a bad verdict the bytes are only counted, up to twice the limit; then the connection is cut. */
bool request_take(request *r, const char *bytes, size_t n)
{
    r->seen += n;
    if (r->seen > r->limit && !r->status)
        request_refuse(r, r->too_large, "the body is too large");
    if (r->status)
        return r->seen <= 2 * r->limit;
    return buffer_add(&r->body, bytes, n) == 0;
}

static void add_headers(const request *r, struct MHD_Response *response)
{
    MHD_add_response_header(response, "Content-Type", r->type ? r->type : "text/plain; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (r->allow)
        MHD_add_response_header(response, "Allow", r->allow);
    if (r->challenge)
        MHD_add_response_header(response, "WWW-Authenticate",
                                r->listener->door == &door_events ? "Basic realm=\"tillbridge\""
                                                                  : "Bearer realm=\"tillbridge\"");
    if (r->close || r->chunked || r->status == 503)
        MHD_add_response_header(response, "Connection", "close");
}

enum MHD_Result request_send(request *r)
{
    size_t size = r->out.size;
    char *text = buffer_take(&r->out);
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (!response) {
        free(text);
        return MHD_NO;
    }
    add_headers(r, response);
    peer_phase_set(r->listener, r->peer, PEER_ANSWER, ANSWER_MS);
    enum MHD_Result done = MHD_queue_response(r->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return done;
}

/* ---- away and back ---- */

struct mailbox {
    int refs; /* atomic: the listener's, and one for each request that is away */
    int fd;
    env_mutex lock;
    request *first, **last;
};

mailbox *mailbox_new(void)
{
    mailbox *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->fd < 0) {
        free(m);
        return NULL;
    }
    m->refs = 1;
    m->last = &m->first;
    env_mutex_init(&m->lock);
    return m;
}

void mailbox_unref(mailbox *m)
{
    if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    close(m->fd);
    env_mutex_free(&m->lock);
    free(m);
}

int mailbox_fd(const mailbox *m)
{
    return m->fd;
}

void mailbox_wake(mailbox *m)
{
    uint64_t one = 1;
    ssize_t n = write(m->fd, &one, sizeof one);
    (void)n; /* full: it is awake anyway */
}

request *mailbox_take(mailbox *m)
{
    ENV_HOLD(&m->lock);
    request *r = m->first;
    if (r && !(m->first = r->next))
        m->last = &m->first;
    return r;
}

bool mailbox_abandon(request *r)
{
    ENV_HOLD(&r->mail->lock);
    r->abandoned = !r->finished;
    return r->abandoned;
}

void request_away(request *r, int64_t time_left)
{
    MHD_suspend_connection(r->connection);
    r->suspended = true;
    peer_phase_set(r->listener, r->peer, PEER_AWAY, time_left);
    request_ref(r);
    __atomic_add_fetch(&r->mail->refs, 1, __ATOMIC_RELAXED);
}

void request_resume(request *r)
{
    r->suspended = false;
    r->listener->stirred = true;
    MHD_resume_connection(r->connection);
}

static void put(mailbox *m, request *r)
{
    ENV_HOLD(&m->lock);
    if (r->abandoned)
        return;
    r->finished = true;
    r->next = NULL;
    *m->last = r;
    m->last = &r->next;
    mailbox_wake(m);
}

/* In the mailbox it lives by the library's reference: a suspended connection does not end. */
void request_finished(request *r)
{
    mailbox *m = r->mail;
    put(m, r);
    request_unref(r);
    mailbox_unref(m);
}
