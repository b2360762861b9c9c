/* SPDX-License-Identifier: Apache-2.0 */
/* The one door (law 8): time, randomness, threads, waits and HTTP exchanges enter here and nowhere else, so
 * that a simulation can put its own behind this header. Times are milliseconds: `env_now` wall time since
 * 1970 (for rows, signatures and logs only), `env_mono` a clock that never steps (for schedules).
 *
 * TILLBRIDGE_CLOCK_RATE=R[@BASE] (tests only) makes both clocks run R times faster from BASE, a wall time in
 * seconds that daemon and simulators share, so that they agree what time it is, also over a restart. */
#ifndef TB_BASE_ENV_H
#define TB_BASE_ENV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buffer.h"

int64_t env_now(void);
int64_t env_mono(void);
double env_clock_rate(void); /* 1 outside tests */
/* env_mono in `ms`, but no sooner than in five real seconds where the clock runs faster: that does not make
 * the machine faster. For deadlines of what the machine itself has to do. */
static inline int64_t env_deadline(int64_t ms)
{
    int64_t least = env_clock_rate() > 1.0 ? (int64_t)(5000 * env_clock_rate()) : 0;
    return env_mono() + (ms > least ? ms : least);
}

/* Randomness from one generator a thread, seeded by the thread's name (a seeded run repeats). */
uint64_t env_random(void);
int64_t env_random_below(int64_t n);          /* 0 .. n-1; 0 when n < 1 */
void env_random_text(char *out, size_t size); /* size-1 characters of [0-9a-z], unguessable: for nonces */

/* Threads. The name is copied, at most 15 characters show in the system. */
typedef struct env_thread env_thread;
env_thread *env_thread_start(const char *name, void (*run)(void *arg), void *arg); /* NULL: no resources */
void env_thread_join(env_thread *t);                                               /* frees t; NULL is fine */

typedef struct {
    pthread_mutex_t m;
} env_mutex;
typedef struct {
    pthread_cond_t c;
} env_cond;

#define ENV_FOREVER INT64_MAX

void env_mutex_init(env_mutex *m);
void env_mutex_free(env_mutex *m);
void env_lock(env_mutex *m);
void env_unlock(env_mutex *m);
void env_cond_init(env_cond *c);
void env_cond_free(env_cond *c);
/* Waits for a signal or until env_mono() reaches `deadline`; false: the deadline came first. */
bool env_wait(env_cond *c, env_mutex *m, int64_t deadline);
void env_signal(env_cond *c);
void env_broadcast(env_cond *c);

static inline void cleanup_unlock_(env_mutex **m)
{
    env_unlock(*m);
}
/* Holds the lock until the scope ends. */
#define ENV_HOLD_AT_(mutex, line)                                                                            \
    __attribute__((cleanup(cleanup_unlock_), unused)) env_mutex *env_held_##line = (env_lock(mutex), (mutex))
#define ENV_HOLD_AT(mutex, line) ENV_HOLD_AT_(mutex, line)
#define ENV_HOLD(mutex) ENV_HOLD_AT(mutex, __LINE__)

/* One HTTP exchange at a time per client; keeps its connection alive between exchanges. */
typedef struct env_client env_client;
env_client *env_client_new(void);
void env_client_free(env_client *c);

typedef enum {
    ENV_ANSWERED,  /* a complete answer: status, headers and body hold it */
    ENV_REFUSED,   /* no connection was made: nothing was sent, so nothing happened */
    ENV_LOST,      /* sent, and no complete answer: it may have happened */
    ENV_TOO_LARGE, /* the answer went over max_answer: it may have happened */
    ENV_INVALID    /* the request broke a rule of ours (https, header characters): nothing was sent */
} env_fate;

typedef struct {
    const char *method, *url;
    const char *const *headers; /* "Name: value", ends with NULL; checked for CR, LF */
    const void *body;           /* NULL: none */
    size_t body_size;
    int64_t timeout;          /* of the whole exchange, by env_mono; 0: 30 s */
    size_t max_answer;        /* bytes of body; 0: 32 MiB */
    const atomic_bool *abort; /* when it turns true the exchange ends at once as ENV_LOST; may be NULL */
    bool once; /* creates: on a connection of its own, because on one that was kept alive and has died the
                * HTTP library would send it again by itself, though it may have happened */
    const char *unix_socket; /* path of the socket to speak through; NULL: the URL says where to */
} env_request;

typedef struct {
    env_fate fate;
    int status;
    buffer headers; /* as received, lines end with \r\n */
    buffer body;
    int64_t took;
    char why[160]; /* when not ENV_ANSWERED: a sentence for people, without secrets */
} env_answer;

/* https only, except to loopback; no redirects; peer verified; TLS 1.2 or newer. Blocks. */
void env_exchange(env_client *c, const env_request *request, env_answer *answer);
/* The value of the first header of that name, copied without blanks at the ends; false: absent or too long.
 */
bool env_header(const env_answer *answer, const char *name, char *out, size_t size);
void env_answer_free(env_answer *answer);

#endif
