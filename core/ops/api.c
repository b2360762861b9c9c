/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the control API as a table: method, path, what it needs, who answers. Rights and the reason
 * for a change are judged here once, before any handler runs. */
#include "core/ops/inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHANGES = 1, WANTS_WHY = 2 };

static const struct api_route {
    const char *method, *path; /* '*' stands for one part */
    unsigned flags;
    api_handler *answer;
} routes[] = {
    {"GET", "status", 0, api_status},
    {"GET", "explain", 0, api_explain},
    {"GET", "exceptions", 0, api_exceptions},
    {"GET", "exceptions/*", 0, api_exception},
    {"POST", "exceptions/*/retry", CHANGES, api_retry},
    {"POST", "exceptions/*/drop", CHANGES | WANTS_WHY, api_drop},
    {"GET", "cursors", 0, api_cursors},
    {"POST", "cursors", CHANGES | WANTS_WHY, api_cursor_set},
    {"GET", "approvals/*", 0, api_proposals},
    {"POST", "approvals/*", CHANGES | WANTS_WHY, api_approve},
    {"POST", "reload", CHANGES, api_reload},
    {"POST", "pipelines/*/rename", CHANGES | WANTS_WHY, api_rename},
    {"POST", "pipelines/*/retire", CHANGES | WANTS_WHY, api_retire},
    {"GET", "doctor", 0, api_doctor},
    {"GET", "version", 0, api_version},
};

/* ---- answers ---- */

json_t *api_error(api_turn *t, int status, const char *format, ...)
{
    error e;
    va_list args;
    va_start(args, format);
    error_vset(&e, format, args);
    va_end(args);
    t->status = status;
    return json_pack("{s:s}", "error", e.text);
}

json_t *api_changed(api_turn *t, journal_result result, json_t *done, const error *e)
{
    static const struct {
        int status;
        const char *fallback;
    } refusals[] = {
        [JOURNAL_REFUSED] = {409, "refused"},
        [JOURNAL_FULL] = {503, "the journal has no room: nothing was changed, try again later"},
        [JOURNAL_UNKNOWN] = {500, "the journal met an I/O error: whether it was changed is not known"}};
    if (result == JOURNAL_DONE)
        return done;
    json_decref(done);
    return api_error(t, refusals[result].status, "%s", *e->text ? e->text : refusals[result].fallback);
}

/* ---- what was asked ---- */

const char *api_query(const api_turn *t, const char *name)
{
    return json_string_value(json_object_get(t->request->query, name));
}

const char *api_body(const api_turn *t, const char *name)
{
    return json_string_value(json_object_get(t->request->body, name));
}

journal_who api_who(const api_turn *t)
{
    return (journal_who){t->request->actor, api_body(t, "why"), env_now()};
}

plan *api_plan(const api_world *w)
{
    if (w->engine)
        return engine_plan(w->engine);
    return w->plan ? plan_ref((plan *)(uintptr_t)w->plan) : NULL;
}

const plan_pipeline *api_planned(const plan *p, const char *pipeline)
{
    for (int i = 0; p && i < p->pipelines_n; i++) {
        if (!strcmp(p->pipelines[i].config->name, pipeline))
            return &p->pipelines[i];
    }
    return NULL;
}

/* ---- routing ---- */

static bool fits(const char *pattern, const char *path, char part[64])
{
    for (; *pattern && *path; pattern++) {
        if (*pattern == '*') {
            size_t n = strcspn(path, "/");
            if (!n || n >= 64)
                return false;
            snprintf(part, 64, "%.*s", (int)n, path);
            path += n;
        } else if (*pattern != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

static const struct api_route *find(api_turn *t, bool *path_known)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(routes[i].path, t->request->path, t->part))
            continue;
        *path_known = true;
        if (!strcmp(routes[i].method, t->request->method))
            return &routes[i];
    }
    return NULL;
}

static json_t *answer(api_turn *t)
{
    bool path_known = false;
    const struct api_route *r = find(t, &path_known);
    const char *why = api_body(t, "why");
    if (!r)
        return path_known ? api_error(t, 405, "%s does not take %s", t->request->path, t->request->method)
                          : api_error(t, 404, "there is no call %s", t->request->path);
    if ((r->flags & CHANGES) && !t->request->may_change)
        return api_error(t, 403, "%s may look, not change", t->request->actor);
    if ((r->flags & WANTS_WHY) && !(why && *why))
        return api_error(t, 400, "\"why\" is missing: it is kept in the audit chain");
    return r->answer(t);
}

json_t *api_call(const api_world *w, const api_request *q, int *status)
{
    api_turn t = {.world = w, .request = q, .status = 200};
    json_t *out = answer(&t);
    if (!out)
        out = api_error(&t, 500, "the journal could not be read");
    *status = t.status;
    return out;
}
