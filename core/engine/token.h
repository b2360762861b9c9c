/* SPDX-License-Identifier: Apache-2.0 */
/* The bearer token of a connection with OAuth 2 client credentials: fetched from its own server when there is
 * none that lasts, kept until shortly before it ends, and given up when the other side refuses it. */
#ifndef TB_ENGINE_TOKEN_H
#define TB_ENGINE_TOKEN_H

#include "core/base/env.h"
#include "core/config/model.h"

typedef struct token token;

token *token_new(const config_connection *c); /* NULL: no memory */
void token_free(token *t);                    /* NULL is fine */
/* A new one takes over what the old one holds, if it would be fetched in the same way. */
void token_inherit(token *t, token *old);

typedef struct {
    char why[200]; /* a sentence for people, without secrets */
    int64_t wait;  /* ms that the token's server asked to be left alone; 0: it said nothing */
} token_fault;

/* Appends "Authorization: Bearer ..." and says in *which one it is. Fetches it over `client` if there is none
 * that lasts; while another thread does so, waits for it and shares what comes of it. 0, or -1: *fault. */
int token_header(token *t, env_client *client, const atomic_bool *abort, buffer *header, int64_t *which,
                 token_fault *fault);
/* That one was answered with 401: another is fetched next time, unless it had only just been fetched: then
 * another would be no better. */
void token_refused(token *t, int64_t which);

#endif
