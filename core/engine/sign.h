/* SPDX-License-Identifier: Apache-2.0 */
/* The Authorization header of an exchange: Basic, Bearer, or OAuth 1.0a HMAC-SHA256 by the rules that hold
 * over all releases of the shop (names encoded, host without default port, no index over 9, query signed as
 * it is sent). */
#ifndef TB_ENGINE_SIGN_H
#define TB_ENGINE_SIGN_H

#include "core/base/buffer.h"
#include "core/config/model.h"

/* Appends "Authorization: ..." (nothing for AUTH_NONE). `path` is the full path of the URL, `query` without
 * '?' or NULL; nonce and timestamp are given so that a test can repeat a signature. */
void sign_header(const config_connection *c, const char *method, const char *scheme, const char *host,
                 const char *path, const char *query, const char *nonce, int64_t timestamp, buffer *out);
/* The signature's base string alone. */
void sign_base_string(const config_connection *c, const char *method, const char *scheme, const char *host,
                      const char *path, const char *query, const char *nonce, int64_t timestamp, buffer *out);

#endif
