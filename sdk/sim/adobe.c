/* SPDX-License-Identifier: Apache-2.0 */
/* The shop's front. What is asked in which order is the shop's: the page or the API, the store in the path,
 * the method, the route, the caller's rights, the input; then the handler, and the form the caller accepts.
 */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_TARGET = 8170 }; /* of nginx's 8 kB for the whole request line */

bool adobe_bool(const adobe *m, const char *key)
{
    return json_is_true(json_object_get(m->settings, key));
}

int64_t adobe_int(const adobe *m, const char *key)
{
    return json_integer_value(json_object_get(m->settings, key));
}

bool adobe_is(const adobe *m, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(m->settings, key));
    return text && !strcmp(text, value);
}

const char *path_text(const adobe_call *c, const char *name)
{
    const char *text = json_string_value(json_object_get(c->path, name));
    return text ? text : "";
}

/* ---- the path ---- */

static const char *skip_part(const char *path, const char *part)
{
    size_t n = strlen(part);
    return !strncmp(path, part, n) && (!path[n] || path[n] == '/') ? path + n : NULL;
}

static void split(adobe_call *c, const char *path)
{
    enum { MOST = sizeof c->part / sizeof *c->part };
    while (*path == '/' && c->parts < MOST) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        if (n)
            c->part[c->parts++] = query_decode(path, n, false);
        path += n;
    }
}

static bool is_version(const char *part)
{
    return part[0] == 'V' && isdigit((unsigned char)part[1]);
}

static void drop_part(adobe_call *c)
{
    free(c->part[0]);
    memmove(c->part, c->part + 1, (size_t)--c->parts * sizeof *c->part);
}

/* The store in front of the version; false: it is not one. */
static bool take_store(adobe_call *c)
{
    const char *const stores[] = {"all", "default", "admin",
                                  adobe_int(c->m, "store_views") > 1 ? "second" : NULL, NULL};
    c->store = "";
    if (c->parts && is_version(c->part[0]))
        return true;
    for (size_t i = 0; c->parts && stores[i]; i++)
        if (!strcmp(c->part[0], stores[i])) {
            c->store = stores[i];
            drop_part(c);
            return true;
        }
    return false;
}

/* ---- the route ---- */

static bool fits(adobe_call *c, const char *pattern)
{
    int i = 0;
    json_object_clear(c->path);
    for (const char *p = pattern; p; i++) {
        size_t n = strcspn(p, "/");
        if (i >= c->parts)
            return false;
        CLEANUP_FREE char *name = must(strndup(p, n));
        if (*name == ':')
            json_object_set_new(c->path, name + 1, json_string(c->part[i]));
        else if (strcmp(name, c->part[i]))
            return false;
        p = p[n] ? p + n + 1 : NULL;
    }
    return i == c->parts;
}

static bool find_route(adobe_call *c)
{
    bool ours = c->parts && !strcmp(c->part[0], "V1");
    if (ours)
        drop_part(c);
    for (size_t i = 0; ours && i < adobe_route_count; i++)
        if (!strcmp(adobe_routes[i].method, c->request->method) && fits(c, adobe_routes[i].path)) {
            c->route = &adobe_routes[i];
            return true;
        }
    adobe_fail(c, 404, "Request does not match any route.", NULL);
    return false;
}

static bool is_method(adobe_call *c)
{
    static const char *const known[] = {"GET", "POST", "PUT", "DELETE", NULL};
    CLEANUP_BUFFER buffer text = {0};
    for (size_t i = 0; known[i]; i++)
        if (!strcmp(known[i], c->request->method))
            return true;
    buffer_printf(&text, "The %s HTTP method is not supported.", c->request->method);
    adobe_fail(c, 405, buffer_text(&text), NULL);
    return false;
}

static void handle(adobe_call *c)
{
    if (!take_store(c)) {
        adobe_fail(c, 400, "Specified request cannot be processed.", NULL);
        return;
    }
    if (!is_method(c) || !find_route(c) || !adobe_allowed(c, c->route->resource) || !adobe_read_input(c))
        return;
    c->m->all_stores = !strcmp(c->store, "all");
    c->route->handle(c);
    const char *fields = query_text(c->query, "fields");
    if (fields && c->status == 200)
        c->result = adobe_project(c->result, fields);
}

static void finish(adobe_call *c)
{
    if (!strcmp(c->request->method, "HEAD"))
        buffer_clear(&c->answer->body);
    for (int i = 0; i < c->parts; i++)
        free(c->part[i]);
    json_decref(c->query);
    json_decref(c->path);
    json_decref(c->input);
    json_decref(c->criteria);
    json_decref(c->result);
}

void adobe_handle(adobe *m, const sim_request *q, sim_answer *a)
{
    const char *path = skip_part(q->path, "/index.php");
    const char *rest = skip_part(path ? path : q->path, "/rest");
    adobe_settle(m);
    if (strlen(q->path) + strlen(q->query) > LONGEST_TARGET) { /* the web server's own answer */
        adobe_page(a, 414, "414 Request-URI Too Large");
        return;
    }
    if (adobe_ims(m, q, a))
        return;
    if (!rest) {
        adobe_page(a, 404, "404 Not Found");
        return;
    }
    adobe_call c = {.m = m, .request = q, .answer = a, .path = json_object(), .input = json_object()};
    c.query = adobe_query(q->query);
    split(&c, rest);
    handle(&c);
    adobe_render(&c);
    finish(&c);
}
