/* SPDX-License-Identifier: Apache-2.0 */
/* The control API from the command line: through the daemon's socket when it runs; by holding the journal for
 * the one command when it does not (ENGINE "Offline commands"); read-only on a copy with --offline. */
#ifndef TB_CLI_CLIENT_H
#define TB_CLI_CLIENT_H

#include "core/cli/cli.h"

typedef struct client client;

/* 0, or an exit code and the fault told on stderr. */
int client_open(const cli_args *a, client **out);
/* Only to a daemon: 0 and NULL when none listens. */
int client_open_daemon(const cli_args *a, client **out);
void client_close(client *c); /* NULL is fine */
/* One call; query (texts) and body may be NULL and are taken over. 0 and *out (a new reference), or an exit
 * code and the fault told. */
int client_call(client *c, const char *method, const char *path, json_t *query, json_t *body, json_t **out);
/* Opens, calls once, closes. */
int client_once(const cli_args *a, const char *method, const char *path, json_t *query, json_t *body,
                json_t **out);
/* Adds what --pipeline and --key name to a query or a body. */
void client_narrow(const cli_args *a, json_t *to);
/* {"why": ...}: what every change sends; without --why there is none. */
json_t *client_why(const cli_args *a);

#endif
