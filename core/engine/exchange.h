/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP exchange of a connection: URL, headers, authentication, tracing with secrets masked, and the
 * reading of what came back. Knows nothing of slots and pauses. */
#ifndef TB_ENGINE_EXCHANGE_H
#define TB_ENGINE_EXCHANGE_H

#include "core/base/env.h"
#include "core/config/model.h"
#include "core/sdk/host.h"

/* create: what is sent makes something, so it may go out only once. bearer: the whole header of a token that
 * was fetched; NULL or "": what the configuration says. */
void exchange_send(const config_connection *c, env_client *client, const tb_request *q, bool create,
                   const char *bearer, const atomic_bool *abort, env_answer *out);
/* Moves the answer into *r and parses it. 0, or -1 and why: it is not whole JSON. */
int exchange_fill(env_answer *a, const tb_request *q, tb_response *r, char *why, size_t size);
/* How long the other side asked to be left alone: Retry-After, X-Rate-Limit-Reset; ms clamped to 1 s .. 1 h,
 * 0: it said nothing. */
int64_t exchange_wait_asked(const env_answer *a);
/* Appends the resource that a 401 or 403 names, if it does. */
void exchange_missing_right(const env_answer *a, char *why, size_t size);

#endif
