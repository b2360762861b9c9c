/* SPDX-License-Identifier: Apache-2.0 */
/* tb_http: one exchange on the instance's connection, within its budget, class and authentication.
 *
 * Blocks until a slot is free and the exchange is over; ends early at shutdown. What must not reach a plugin
 * is settled below it: no answer, 401, 429, 5xx pause or retry by the core's table (ENGINE 4.8), and tb_http
 * then returns -1: the callback returns TB_RETRY at once and the core knows what that means for each record
 * (a CREATE that may have happened becomes UNKNOWN). 2xx and other 4xx are the plugin's to judge, by a const
 * table of its own. Allowed in read, hydrate, snapshot, deliver, probe, doctor; elsewhere it returns -1.
 * Since 0.1. */
#pragma once
#include <tillbridge/base.h>

TB_BEGIN

/* Flags of a request. BULK: waits behind everything else (snapshots, full reads, sweeps). FIRST: before
 * others of the same class (falling stock before rising). RAW: the answer is not JSON, leave it as bytes. */
enum { TB_BULK = 1, TB_FIRST = 2, TB_RAW = 4 };

typedef struct tb_request {
    uint32_t size, flags; /* sizeof (tb_request); flags as above */
    /* "GET" ...; what follows the connection's URL, begins with '/', percent-encoded (tb_http_escape). */
    const char *method, *path;
    const char *query;          /* without '?', percent-encoded names and values; NULL: none */
    const json_t *json;         /* body, sent as application/json; NULL: none. Borrowed */
    const char *const *headers; /* further ones, "Name: value", ends with NULL; may be NULL */
    const char *operation; /* what learnt caps and missing rights are kept under; NULL: method and path */
} tb_request;

typedef struct tb_response {
    uint32_t size;    /* sizeof (tb_response), set by the caller */
    int status;       /* HTTP status; 0: no answer */
    json_t *json;     /* the body parsed; NULL when TB_RAW or empty */
    const char *body; /* as received, NUL-terminated; "" if none */
    size_t body_size;
} tb_response;

/* 0: 2xx or a 4xx to be judged by the plugin, *response is filled (tb_response_free it); -1: return TB_RETRY.
 * An answer that is not whole JSON where JSON is expected counts as no answer. */
int tb_http(tb_ctx *ctx, const tb_request *request, tb_response *response);
void tb_response_free(tb_response *response);

/* Percent-encodes all but RFC 3986 unreserved characters. Returns the length needed; writes if it fits. */
size_t tb_http_escape(const char *text, char *out, size_t size);

TB_END
