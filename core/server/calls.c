/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for the API: the route is found and the query decoded on the listener's thread, the body is parsed
 * and the call made on a worker's. Size and depth of JSON are capped before it is parsed. */
#include "core/server/calls.h"

#include <string.h>

struct route {
    const char *path;
    bool below; /* anything below the path as well */
    bool post;  /* takes POST too */
    void (*run)(request *r, const api_world *world);
};

static void run_health(request *r, const api_world *world)
{
    (void)world;
    r->status = 200;
    buffer_puts(&r->out, "alive\n");
}

static void run_ready(request *r, const api_world *world)
{
    CLEANUP_FREE char *why = api_not_ready(world);
    bool ready = why && !*why;
    r->status = ready ? 200 : 503;
    buffer_printf(&r->out, "%s\n", ready ? "ready" : why ? why : "no memory");
}

static void run_metrics(request *r, const api_world *world)
{
    CLEANUP_FREE char *text = api_metrics(world);
    r->status = text ? 200 : 503;
    r->type = "text/plain; version=0.0.4; charset=utf-8";
    buffer_puts(&r->out, text ? text : "");
}

/* ---- calls ---- */

static void answer_json(request *r, int status, json_t *answer)
{
    CLEANUP_FREE char *text = tbh_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    r->status = text ? status : 500;
    r->type = "application/json";
    buffer_puts(&r->out, text ? text : "{\"error\":\"no memory\"}");
    buffer_putc(&r->out, '\n');
}

/* Brackets outside of strings; jansson itself goes down as deep as the sender likes. */
static bool depth_fine(const char *text, size_t n)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!quoted && (text[i] == '}' || text[i] == ']'))
            depth--;
        if (depth > JSON_DEPTH)
            return false;
    }
    return true;
}

/* False: answered. An empty body is none. */
static bool parse_body(request *r, json_t **out)
{
    json_error_t wrong = {.text = "too deep"};
    *out = NULL;
    if (!r->post || !r->body.size)
        return true;
    if (depth_fine(r->body.data, r->body.size))
        *out = json_loadb(r->body.data, r->body.size, JSON_REJECT_DUPLICATES, &wrong);
    if (json_is_object(*out))
        return true;
    answer_json(
        r, 400,
        json_pack("{s:o}", "error",
                  json_sprintf("the body is not a JSON object: %s", *out ? "another type" : wrong.text)));
    json_decref(*out);
    return false;
}

static void run_call(request *r, const api_world *world)
{
    json_t *body;
    int status = 500;
    if (!parse_body(r, &body))
        return;
    api_request q = {.method = r->post ? "POST" : "GET",
                     .path = r->path + strlen(r->route->path),
                     .query = r->query,
                     .body = body,
                     .actor = r->actor,
                     .may_change = r->may_change};
    json_t *answer = api_call(world, &q, &status);
    answer_json(r, status, answer);
    json_decref(body);
}

static const struct route routes[] = {
    {"/healthz", false, false, run_health},
    {"/readyz", false, false, run_ready},
    {"/metrics", false, false, run_metrics},
    {"/api/v1/", true, true, run_call},
};

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (routes[i].below ? !strncmp(path, routes[i].path, strlen(routes[i].path))
                            : !strcmp(path, routes[i].path))
            return &routes[i];
    return NULL;
}

/* ---- the query ---- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* In place; false: a broken escape, or a NUL. */
static bool unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        int high = 0, low = 0;
        bool escaped = *from == '%';
        if (escaped && ((high = hex(from[1])) < 0 || (low = hex(from[2])) < 0 || !(high | low)))
            return false;
        *to++ = escaped ? (char)(high << 4 | low) : *from;
        from += escaped ? 2 : 0;
    }
    *to = '\0';
    return true;
}

static enum MHD_Result each_argument(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    request *r = arg;
    (void)kind;
    CLEANUP_FREE char *n = strdup(name), *v = strdup(value ? value : "");
    bool fine = n && v && unescape(n) && unescape(v) && !json_object_get(r->query, n) &&
                !json_object_set_new(r->query, n, json_string(v));
    if (!fine)
        request_refuse(r, 400, "the query cannot be understood");
    return fine ? MHD_YES : MHD_NO;
}

/* ---- the request's life ---- */

static void refuse_method(request *r)
{
    r->allow = r->route->post ? "GET, POST" : "GET";
    request_refuse(r, 405, "not with this method");
}

void api_head(request *r, const char *finding)
{
    r->limit = API_BODY_MOST;
    r->route = find_route(r->path);
    if (finding)
        return request_refuse(r, 400, finding);
    if (!r->route)
        return request_refuse(r, 404, "nothing is here");
    if (r->post ? !r->route->post : !r->get)
        return refuse_method(r);
    r->query = json_object();
    if (!r->query)
        return request_refuse(r, 503, NULL);
    MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, each_argument, r);
}

void api_complete(request *r)
{
    request_away(r, INT64_MAX);
    if (!workers_put(r->listener->server->workers, r))
        request_finished(r);
}

/* A worker's own thread. */
void api_run(request *r, const api_world *world)
{
    r->route->run(r, world);
    request_finished(r);
}

void api_back(request *r, bool late)
{
    (void)late;
    buffer_free(&r->body);
    if (!r->status)
        request_refuse(r, 503, "too much at a time, or it stops: try again");
}
