/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the server share.
 *
 * A *listener* is one thread: the library's loop, the peers, their deadlines. All calls into the library are
 * made by this thread (it runs in "external" mode), so nothing of it needs a lock.
 *
 * A *peer* is one accepted socket; it lives from the library's "started" to its "closed".
 *
 * A *request* has two owners at the most: the library (until it is completed) and whoever it was handed to
 * (the journal's writer or a worker). The listener may touch it before it is handed over and after it is
 * back, the other in between.
 *
 * A *mailbox* is where others put what they have finished; it outlives the listener while a request is away.
 *
 * Locks: a mailbox's and the workers' are leaves; nothing is called while they are held. */
#ifndef TB_SERVER_INNER_H
#define TB_SERVER_INNER_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/types.h>

#include "core/base/env.h"
#include "core/server/server.h"

typedef struct listener listener;
typedef struct peer peer;
typedef struct request request;
typedef struct mailbox mailbox;
typedef struct workers workers;
typedef struct origin origin;

enum { HEAD_MOST = 16 * 1024, HEADERS_MOST = 64, PATH_MOST = 1024, API_BODY_MOST = 1024 * 1024 };
enum { JSON_DEPTH = 32, CONNECTION_NAME = 33 };

/* ---- peers and their deadlines (peer.c); listener's thread ---- */

typedef enum {
    PEER_HEAD,  /* no byte of a request was shown to us yet */
    PEER_BODY,  /* the head was judged */
    PEER_AWAY,  /* suspended: the request is with the writer or a worker */
    PEER_ANSWER /* the answer is being sent */
} peer_phase;

struct peer {
    peer *next, **back;
    int fd; /* open as long as the peer is listed: the library closes it right after the peer is taken off */
    origin *origin; /* NULL: it was cut, its place is another's */
    bool proven;    /* its last head was found good: it is no stranger */
    char address[INET6_ADDRSTRLEN];
    peer_phase phase;
    int64_t deadline; /* in now_real(); INT64_MAX: none */
    request *request;
    uid_t uid; /* control: who asks, by the kernel's word */
    bool trusted;
};

/* A peer is a real process at the end of a real wire: its deadlines are real milliseconds, also where a
 * test's clock runs faster. */
int64_t now_real(void);
void peer_phase_set(listener *l, peer *p, peer_phase phase, int64_t time_left);
/* Cuts who is over time, gives up what is away too long. Returns how long poll may sleep; -1: for ever. */
int peers_sweep(listener *l);
/* It has to go, its place is free from now on; the library meets the end of the stream and cleans up. */
void peer_cut(listener *l, peer *p);
/* What the library tells: somebody came or went. */
void peer_event(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what);

/* ---- places (places.c): who may come in, and who makes room; listener's thread ---- */

/* Whom a cap takes for one: an IPv4 address, or the /64 of an IPv6 one, all of which one machine may have. */
struct origin {
    origin *next;
    struct in6_addr key;
    unsigned n, strangers; /* its peers that hold a place; those of them that have not proved themselves */
};

void origin_key(const struct sockaddr *address, struct in6_addr *key); /* all zero: no address */
bool place_take(listener *l, peer *p, const struct sockaddr *address); /* false: no memory */
void place_give(listener *l, peer *p);                                 /* once or more */
void place_prove(listener *l, peer *p, bool proven);
/* False: the door is shut for now, whoever comes has to wait. */
bool places_open(listener *l);
/* Takes in who waits at the door, as many as this turn may. */
void places_accept(listener *l);
/* How many at the most hold a place or are on their way out. */
unsigned places_most(const listener *l);

/* ---- requests (request.c) ---- */

typedef struct door door;

struct request {
    int refs; /* atomic */
    mailbox *mail;
    request *next;            /* in the mailbox or in the workers' queue */
    bool finished, abandoned; /* under the mailbox's lock */

    listener *listener; /* these are the listener's alone */
    peer *peer;
    struct MHD_Connection *connection;
    bool chunked, suspended;
    size_t declared, seen, limit;
    int too_large; /* status when the body goes over the limit */

    bool judged; /* the head was shown to us */
    bool get, post;
    size_t target_size; /* of the first line, as it came */
    bool target_fine;
    char *path;
    buffer body;

    int status; /* 0: not answered yet */
    bool close, challenge;
    const char *type, *allow;
    buffer out;

    /* events */
    char name[CONNECTION_NAME];
    tb_webhook policy;
    journal_result stored;
    bool duplicate;

    /* API */
    const struct route *route;
    json_t *query;
    char actor[64];
    bool may_change;
};

request *request_new(listener *l, struct MHD_Connection *c, peer *p);
void request_ref(request *r);
void request_unref(request *r);                                 /* NULL is fine; any thread */
const char *request_header(const request *r, const char *name); /* NULL: absent */
/* Decides the answer; the connection closes after it. `sentence` may be NULL. */
void request_refuse(request *r, int status, const char *sentence);
/* Takes body bytes; false: too many, cut the connection. */
bool request_take(request *r, const char *bytes, size_t n);
enum MHD_Result request_send(request *r);

/* Suspended first, then handed over: call this before anyone else may see the request. It takes the other's
 * reference. time_left: until it is given up, INT64_MAX: never. */
void request_away(request *r, int64_t time_left);
/* By whoever it was handed to, once: puts it into the mailbox and drops the reference. Any thread. */
void request_finished(request *r);

/* The listener's thread: its answer is decided, the library goes on with it. */
void request_resume(request *r);

mailbox *mailbox_new(void);
void mailbox_unref(mailbox *m); /* NULL is fine */
int mailbox_fd(const mailbox *m);
void mailbox_wake(mailbox *m);
/* Takes a finished request out; NULL: empty. */
request *mailbox_take(mailbox *m);
/* True: it was not finished and never will be; false: it is in the mailbox. */
bool mailbox_abandon(request *r);

/* ---- what each listener does with a request: a const table each ---- */

struct door {
    const char *name; /* also the thread's */
    /* The head is in, `finding` is what the guard found (NULL: fine): sets limit, may refuse. */
    void (*head)(request *r, const char *finding);
    /* The whole body is in and nothing was refused: answers, or hands over (request_away). */
    void (*complete)(request *r);
    /* It came back: decides the answer. `late`: given up, the other still has it. */
    void (*back)(request *r, bool late);
};
extern const door door_events, door_admin, door_control;

/* Of the first line, before the library cuts it: no reader may find another end in it. */
bool guard_target_fine(const char *target);
/* What is wrong with the head, NULL: nothing. */
const char *guard_judge(request *r, const char *method, const char *url, const char *version);

/* admin and control: puts the request into words of the API on a worker's thread */
void api_run(request *r, const api_world *world);

/* ---- workers (worker.c): API calls do SQL and wait ---- */

workers *workers_new(const api_world *world); /* NULL: no resources */
bool workers_put(workers *w, request *r);     /* false: the queue is full or it stops */
void workers_stop(workers *w);                /* runs nothing new, waits for what runs, ends the threads */
void workers_free(workers *w);                /* NULL is fine */

/* ---- listeners (listener.c, listen.c) ---- */

struct listener {
    const door *door;
    server *server;
    int fd, port;
    unsigned connections, per_address; /* caps; per_address 0: none */
    bool loopback;
    uid_t uid; /* control: the socket's owner and group */
    gid_t gid;
    char *socket_path;
    dev_t device;
    ino_t inode;
    struct MHD_Daemon *daemon;
    mailbox *mail;
    env_thread *thread;
    atomic_bool stopping;
    peer *peers;
    origin *origins;
    unsigned taken;           /* places, of `connections` */
    unsigned strangers, away; /* of those */
    peer *goes;         /* who would make room now, as long as nobody is taken in; NULL: not looked up */
    int64_t rest_until; /* accepting failed and nobody could make room: the door is shut for so long */
    int64_t next_sweep;
    bool stirred; /* the library has something to do that no descriptor tells: it must run before we sleep */
    int64_t told; /* when a refusal was logged last; that all places are taken; that an address holds too
                     many; that there are no descriptors */
    int64_t told_full, told_address, told_descriptors;
};

struct server {
    const api_world *world;
    char *admin_token;
    char (*trusted)[INET6_ADDRSTRLEN];
    int trusted_n;
    server_limits limits;
    atomic_bool events_busy;
    workers *workers;
    listener listeners[3];
    int listeners_n;
};

/* Opens the socket; 0, or an exit code and *e. */
int listen_tcp(listener *l, const char *text, error *e);
int listen_unix(listener *l, const char *path, error *e);
void listen_close(listener *l);
void control_peer(const listener *l, peer *p); /* who is at the other end */
/* "127.0.0.1:8077", "[::1]:0", "localhost:80". */
bool listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *size);
bool address_loopback(const struct sockaddr *address);
/* The text of a socket's address, an IPv4 one inside IPv6 as IPv4; the same for a text. */
void address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]);
void address_normal(const char *text, char out[INET6_ADDRSTRLEN]);

/* Lowers the caps of connections to what the limit of descriptors permits, raised as far as it may be. */
void descriptors_fit(server *s);

int listener_start(listener *l, error *e); /* the socket is open; 0, or an exit code */
void listener_stop(listener *l);           /* answers what is away, ends, frees; half-started is fine */

#endif
