/* SPDX-License-Identifier: Apache-2.0 */
/* The `admin` listener and what `control` shares with it: a table of routes, each run by a worker, because
 * they do SQL. Who may look and who may change is decided here, on the head (server.h says the rules). */
#include "core/server/calls.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/hash.h"

/* ---- who asks ---- */

/* "127.0.0.1:8078", "[::1]", "localhost:1": a name that only this machine can mean. */
static bool host_loopback(const char *host)
{
    char text[80];
    struct sockaddr_storage address;
    socklen_t size;
    const char *end = strrchr(host, ']');
    bool port = strchr(end ? end : host, ':');
    int n = snprintf(text, sizeof text, port ? "%s" : "%s:0", host);
    return n > 0 && (size_t)n < sizeof text && listen_parse(text, &address, &size) &&
           address_loopback((struct sockaddr *)&address);
}

static bool token_fine(const request *r, const char *authorization)
{
    const char *token = r->listener->server->admin_token;
    return token && !strncasecmp(authorization, "Bearer ", 7) &&
           hash_same_secret(authorization + 7 + strspn(authorization + 7, " "), token);
}

static void unauthorized(request *r)
{
    request_refuse(r, 401, "this needs the admin token");
    r->challenge = true;
}

/* Refuses, or says who asks and whether he may change. */
static void admin_who(request *r)
{
    const char *authorization = request_header(r, "Authorization"), *host = request_header(r, "Host");
    if (authorization && !token_fine(r, authorization))
        return unauthorized(r);
    if (!authorization && !r->listener->loopback)
        return unauthorized(r);
    if (!authorization && host && !host_loopback(host))
        return request_refuse(r, 403, "without the admin token the Host header must name loopback");
    snprintf(r->actor, sizeof r->actor, "%s:%s", authorization ? "token" : "loopback", r->peer->address);
    r->may_change = true;
}

static bool content_json(const request *r)
{
    const char *type = request_header(r, "Content-Type");
    size_t n = strlen("application/json");
    return type && !strncasecmp(type, "application/json", n) && (!type[n] || strchr("; \t", type[n]));
}

static void admin_head(request *r, const char *finding)
{
    api_head(r, finding);
    if (!r->status)
        admin_who(r);
    if (!r->status && r->post && !content_json(r))
        request_refuse(r, 415, "a change needs Content-Type: application/json");
}

const door door_admin = {"admin", admin_head, api_complete, api_back};
