/* SPDX-License-Identifier: Apache-2.0 */
/* The kit's host: scripted HTTP, state in memory, tables from text, a clock that stands, and a log that is
 * kept. It is as strict as the daemon where a plugin's contract is concerned, and tells the first breach. */
#include "sdk/kit/kit_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_MOST = 64 * 1024 };

/* ---- small things ---- */

static void *need(void *memory)
{
    if (!memory) {
        fputs("tillbridge-kit: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *kit_grow(void *list, int n, size_t element)
{
    return need(realloc(list, ((size_t)n + 1) * element));
}

char *kit_copy(const char *text)
{
    return text ? need(strdup(text)) : NULL;
}

void kit_fail(tb_test *t, const char *format, ...)
{
    va_list args;
    if (t->failure) /* the first is the cause of the others */
        return;
    va_start(args, format);
    if (vasprintf(&t->failure, format, args) < 0)
        t->failure = kit_copy("out of memory");
    va_end(args);
}

void kit_add(texts *list, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    list->text = kit_grow(list->text, list->n, sizeof *list->text);
    list->text[list->n++] = need(text);
}

const char *kit_text(const texts *list, int index)
{
    return index >= 0 && index < list->n ? list->text[index] : NULL;
}

void kit_clear(texts *list)
{
    for (int i = 0; i < list->n; i++)
        free(list->text[i]);
    free(list->text);
    *list = (texts){0};
}

static tb_test *test_of(tb_ctx *ctx)
{
    return (tb_test *)ctx;
}

/* ---- HTTP by script ---- */

void tb_test_expect(tb_test *test, const char *method, const char *path, const char *query, int status,
                    const char *body)
{
    test->script = kit_grow(test->script, test->script_n, sizeof *test->script);
    test->script[test->script_n++] = (expected){.method = kit_copy(method),
                                                .path = kit_copy(path),
                                                .query = kit_copy(query ? query : ""),
                                                .body = kit_copy(body ? body : ""),
                                                .status = status};
}

int tb_test_asked(const tb_test *test)
{
    return test->asked_n;
}

const json_t *tb_test_asked_json(const tb_test *test, int index)
{
    return index >= 0 && index < test->asked_n ? test->asked[index] : NULL;
}

/* What the daemon settles below the plugin. */
static bool stays_below(int status)
{
    bool answered = (status >= 200 && status < 300) || (status >= 400 && status < 500);
    return !answered || status == 401 || status == 403 || status == 429;
}

static int answer(tb_test *t, const expected *e, const tb_request *request, tb_response *response)
{
    if (stays_below(e->status))
        return -1;
    response->status = e->status;
    response->body_size = strlen(e->body);
    response->body = kit_copy(e->body);
    if ((request->flags & TB_RAW) || !*e->body)
        return 0;
    response->json = json_loads(e->body, JSON_DECODE_ANY, NULL);
    if (!response->json && e->status < 400) {
        kit_fail(t, "the answer scripted for %s %s is not JSON", e->method, e->path);
        return -1;
    }
    return 0;
}

static int http(tb_ctx *ctx, const tb_request *request, tb_response *response)
{
    tb_test *t = test_of(ctx);
    const char *query = request->query ? request->query : "";
    if (!(t->may & MAY_NETWORK) || *request->path != '/') {
        kit_fail(t,
                 *request->path == '/' ? "%s %s: this callback must not use the network"
                                       : "%s %s: a path begins with '/'",
                 request->method, request->path);
        return -1;
    }
    if (t->asked_n >= t->script_n) {
        kit_fail(t, "%s %s?%s: no request was expected any more", request->method, request->path, query);
        return -1;
    }
    const expected *e = &t->script[t->asked_n];
    if (strcmp(e->method, request->method) || strcmp(e->path, request->path) || strcmp(e->query, query)) {
        kit_fail(t, "%s %s?%s was asked where %s %s?%s was expected", request->method, request->path, query,
                 e->method, e->path, e->query);
        return -1;
    }
    t->asked = kit_grow(t->asked, t->asked_n, sizeof *t->asked);
    t->asked[t->asked_n++] = request->json ? json_deep_copy(request->json) : NULL;
    return answer(t, e, request, response);
}

/* ---- state ---- */

static remembered *find_state(const tb_test *t, const char *name, const char *key)
{
    for (int i = 0; i < t->state_n; i++) {
        if (!strcmp(t->state[i].name, name) && !strcmp(t->state[i].key, key))
            return &t->state[i];
    }
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    const remembered *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->key, y->key);
}

void tb_test_set_state(tb_test *test, const char *name, const char *key, const char *value)
{
    remembered *r = find_state(test, name, key);
    if (!r) {
        test->state = kit_grow(test->state, test->state_n, sizeof *r);
        r = &test->state[test->state_n++];
        *r = (remembered){.name = kit_copy(name), .key = kit_copy(key)};
    }
    char *copy = kit_copy(value);
    free(r->value);
    r->value = copy; /* NULL: removed, the version goes on */
    r->version = ++test->version;
    qsort(test->state, (size_t)test->state_n, sizeof *test->state, by_key);
}

const char *tb_test_state(const tb_test *test, const char *name, const char *key)
{
    const remembered *r = find_state(test, name, key);
    return r ? r->value : NULL;
}

void kit_keep(tb_test *t, const tb_change *changes, bool only_always)
{
    for (; changes; changes = changes->next) {
        if (changes->always || !only_always)
            tb_test_set_state(t, changes->name, changes->key, changes->value);
    }
}

static const tb_change *last_change(const tb_change *c, const char *name, const char *key)
{
    const tb_change *found = NULL;
    for (; c; c = c->next) {
        if (!strcmp(c->name, name) && !strcmp(c->key, key))
            found = c;
    }
    return found;
}

static const char *state_get(tb_ctx *ctx, const char *name, const char *key, int64_t *version)
{
    tb_test *t = test_of(ctx);
    const remembered *r = find_state(t, name, key);
    const tb_change *own = last_change(t->feed.changes, name, key);
    for (size_t i = 0; i < t->records_n && !own; i++) {
        tb_outcome o;
        tbh_outcome(t->records[i], &o);
        own = last_change(o.changes, name, key);
    }
    *version = r && r->value ? r->version : 0;
    return own ? own->value : r ? r->value : NULL;
}

static bool is_declared(const tb_test *t, const char *name)
{
    for (const char *const *n = t->plugin->namespaces; n && *n; n++) {
        if (!strcmp(*n, name))
            return true;
    }
    return false;
}

static int state_set(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value,
                     bool always)
{
    tb_test *t = test_of(ctx);
    const char *fault = !(t->may & MAY_CHANGE)                ? "must not be changed in this callback"
                        : !is_declared(t, name)               ? "is not among the plugin's namespaces"
                        : value && strlen(value) > STATE_MOST ? "has a value over 64 KiB"
                        : !record && !(t->may & HAS_FEED)     ? "is changed for no record"
                                                              : NULL;
    if (fault) {
        kit_fail(t, "state \"%s\" %s", name, fault);
        return -1;
    }
    return record ? tbh_change(record, name, key, value, always)
                  : tbh_changes_add(&t->feed.changes, name, key, value, always);
}

static int state_list(tb_ctx *ctx, const char *name, const char *prefix,
                      int (*each)(void *arg, const char *key, const char *value), void *arg)
{
    tb_test *t = test_of(ctx);
    int stop = 0;
    for (int i = 0; i < t->state_n && !stop; i++) {
        const remembered *r = &t->state[i];
        if (r->value && !strcmp(r->name, name) && !strncmp(r->key, prefix, strlen(prefix)))
            stop = each(arg, r->key, r->value);
    }
    return stop;
}

/* ---- tables, log, time ---- */

static tabled *find_table(const tb_test *t, const char *name)
{
    for (int i = 0; i < t->tables_n; i++) {
        if (!strcmp(t->tables[i].name, name))
            return &t->tables[i];
    }
    return NULL;
}

int tb_test_table(tb_test *test, const char *name, const char *csv)
{
    char why[200];
    tb_table *table = tbh_table_new(csv, strlen(csv), ++test->version, why, sizeof why);
    if (!table) {
        kit_fail(test, "table \"%s\": %s", name, why);
        return -1;
    }
    tabled *x = find_table(test, name);
    if (!x) {
        test->tables = kit_grow(test->tables, test->tables_n, sizeof *x);
        x = &test->tables[test->tables_n++];
        *x = (tabled){.name = kit_copy(name)};
    }
    tbh_table_unref(x->before);
    x->before = x->now;
    x->now = table;
    return 0;
}

static const tb_table *table_get(tb_ctx *ctx, const char *name, bool before)
{
    const tabled *x = find_table(test_of(ctx), name);
    return !x ? NULL : before ? x->before : x->now;
}

static void log_line(tb_ctx *ctx, tb_level level, const char *id, const char *sentence)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    kit_add(&test_of(ctx)->log, "%s %s: %s", names[level], id, sentence);
}

const char *tb_test_log(const tb_test *test, int index)
{
    return kit_text(&test->log, index);
}

void tb_test_set_now(tb_test *test, int64_t when)
{
    test->now = when;
}

static int64_t now(tb_ctx *ctx)
{
    return test_of(ctx)->now;
}

static bool sleep_ms(tb_ctx *ctx, int64_t ms)
{
    test_of(ctx)->now += ms;
    return true;
}

static const char *pipeline(tb_ctx *ctx)
{
    (void)ctx;
    return "test";
}

static int emit(tb_ctx *ctx, tb_record *parent, tb_record *record)
{
    tb_test *t = test_of(ctx);
    if (parent && t->may & MAY_EMIT)
        return tbh_emit(parent, record);
    kit_fail(t, "%s is emitted %s", tb_record_type(record),
             parent ? "in a callback that must not" : "without a parent");
    tb_record_unref(record);
    return -1;
}

const tb_host kit_host = {.size = sizeof kit_host,
                          .http = http,
                          .state_get = state_get,
                          .state_set = state_set,
                          .state_list = state_list,
                          .table_get = table_get,
                          .log = log_line,
                          .now = now,
                          .sleep = sleep_ms,
                          .pipeline = pipeline,
                          .emit = emit};
