/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP listeners: `events` (webhooks, the one that may face outside), `admin` (health, metrics, API;
 * loopback) and `control` (the API on a Unix socket with peer credentials). One thread a listener; plugin
 * code and SQL never run on it (API calls are handed to threads of their own). ENGINE 4.5, DESIGN 10.
 *
 * events: POST /events/<connection> with that connection's webhook credentials. The answer is one of the
 * codes of its source's webhook policy (404 and 405 where no policy applies; 400, 413, 414, 431 and 505 are
 * said by the HTTP library to what it cannot parse). What is not stored is never acknowledged: a request
 * refused for its form gets the policy's `malformed` if that is an error, else `busy`.
 *
 * admin: on loopback everybody may look, when the Host header names loopback (a web page whose name was made
 * to point here does not pass); elsewhere everything needs the bearer token. A change (POST) needs the token,
 * or loopback as above; and always Content-Type application/json, which no page of another site can send
 * without asking first, and nobody here says yes. So on a machine with users who must not change anything,
 * leave `admin` out and use `control`.
 *
 * control: who may open the socket (0660: its owner, its group, root) may look and change; the actor is
 * "uid:N". Should the file have been opened wider, strangers may only look. */
#ifndef TB_SERVER_SERVER_H
#define TB_SERVER_SERVER_H

#include "core/ops/api.h"

typedef struct server server;

typedef struct {
    unsigned connections, per_address; /* of the events listener, at a time */
    /* Real time, whatever a test's clock does: for a whole head, for the rest of the request after it, in the
     * journal's queue until the sender is told to come again. */
    int head_ms, body_ms, queue_ms;
} server_limits;

typedef struct {
    const char *events, *admin; /* addresses "127.0.0.1:8077" (port 0: one is chosen); NULL: none */
    const char *control;        /* the socket's path; NULL: none */
    const char *admin_token;
    char *const *trusted_proxies;
    int trusted_proxies_n;
    const api_world *world; /* lives longer than the server */
    server_limits limits;   /* what is 0 is the default; for tests */
} server_options;

/* 0, or an exit code (74, 78) and *e. The options are copied, but for the world. */
int server_start(const server_options *options, server **out, error *e);
void server_events_busy(server *s); /* shutdown step 1: webhooks are answered busy from now on */
/* Waits for API calls that run, answers what is suspended, then ends; NULL is fine. After engine_stop (which
 * ends what such calls wait for) and before journal_close (which calls back for webhooks that are still
 * queued: safe also now). */
void server_stop(server *s);
/* The port that was chosen, 0: no such listener. */
int server_port(const server *s, const char *listener);

#endif
