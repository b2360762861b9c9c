/* SPDX-License-Identifier: Apache-2.0 */
/* A few threads that make the API calls, because these do SQL and wait (a reload, a doctor). As many as the
 * journal has readers. The queue is bounded; what does not fit is answered 503 at once. */
#include "core/server/inner.h"

#include <stdio.h>

enum { THREADS = 4, QUEUE_MOST = 32 };

struct workers {
    const api_world *world;
    env_mutex lock;
    env_cond wake;
    request *first, **last;
    int queued;
    bool stopping;
    env_thread *threads[THREADS];
};

static request *take(workers *w)
{
    ENV_HOLD(&w->lock);
    while (!w->first && !w->stopping)
        env_wait(&w->wake, &w->lock, ENV_FOREVER);
    request *r = w->first;
    if (r && !(w->first = r->next))
        w->last = &w->first;
    w->queued -= r != NULL;
    return r;
}

static bool stopping(workers *w)
{
    ENV_HOLD(&w->lock);
    return w->stopping;
}

/* What is left in the queue at the end comes back unanswered, which its door takes for "busy". */
static void worker_main(void *arg)
{
    workers *w = arg;
    for (request *r; (r = take(w));) {
        if (stopping(w))
            request_finished(r);
        else
            api_run(r, w->world);
    }
}

bool workers_put(workers *w, request *r)
{
    ENV_HOLD(&w->lock);
    if (w->stopping || w->queued >= QUEUE_MOST)
        return false;
    r->next = NULL;
    *w->last = r;
    w->last = &r->next;
    w->queued++;
    env_signal(&w->wake);
    return true;
}

workers *workers_new(const api_world *world)
{
    workers *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->world = world;
    w->last = &w->first;
    env_mutex_init(&w->lock);
    env_cond_init(&w->wake);
    for (int i = 0; i < THREADS; i++) {
        char name[16];
        snprintf(name, sizeof name, "api-%d", i + 1);
        w->threads[i] = env_thread_start(name, worker_main, w);
        if (!w->threads[i]) {
            workers_free(w);
            return NULL;
        }
    }
    return w;
}

void workers_stop(workers *w)
{
    env_lock(&w->lock);
    w->stopping = true;
    env_broadcast(&w->wake);
    env_unlock(&w->lock);
    for (int i = 0; i < THREADS; i++) {
        env_thread_join(w->threads[i]);
        w->threads[i] = NULL;
    }
}

void workers_free(workers *w)
{
    if (!w)
        return;
    workers_stop(w);
    env_cond_free(&w->wake);
    env_mutex_free(&w->lock);
    free(w);
}
