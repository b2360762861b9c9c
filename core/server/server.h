/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP listeners: `events` (webhooks, the one that may face outside), `admin` (health, metrics, API; loopback) and
 * `control` (the API on a Unix socket with peer credentials). One thread a listener; plugin code and SQL never run on
 * it (API calls are handed to a thread of their own). ENGINE 4.5, DESIGN 10. */
#ifndef TB_SERVER_SERVER_H
#define TB_SERVER_SERVER_H

#include "core/ops/api.h"

typedef struct server server;

typedef struct {
    const char *events, *admin, *control; /* addresses "127.0.0.1:8077" (port 0: chosen), socket path; NULL: none */
    const char *admin_token;
    char *const *trusted_proxies;
    int trusted_proxies_n;
    const api_world *world; /* lives longer than the server */
} server_options;

/* 0, or an exit code (74, 78) and *e. */
int server_start(const server_options *options, server **out, error *e);
void server_events_busy(server *s); /* shutdown step 1: webhooks are answered busy from now on */
void server_stop(server *s);        /* answers what is suspended, then ends; NULL is fine */
/* The port that was chosen, 0: no such listener. */
int server_port(const server *s, const char *listener);

#endif
