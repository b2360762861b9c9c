/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the three ways it is, is decided once, when the client is opened: does somebody listen on the
 * socket, and if not, is the journal's lock free. */
#include "core/cli/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/ops/api.h"

enum { LONGEST_CALL = 300000 }; /* doctor asks two systems, a reload waits for batches to settle */

struct client {
    char *socket; /* NULL: no daemon */
    env_client *http;
    journal *journal;
    bool read_only;
    plugins *plugins;
    plan *plan;
};

static int told(int code, const char *sentence)
{
    fprintf(stderr, "tillbridge: %s\n", sentence);
    return code;
}

static int tell(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int tell(int code, const char *format, ...)
{
    error e;
    va_list args;
    va_start(args, format);
    error_vset(&e, format, args);
    va_end(args);
    return told(code, e.text);
}

/* ---- is there a daemon ---- */

/* 0: it listens; else the errno of connecting. */
static int somebody_listens(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fault = 0;
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        fault = errno;
    if (fd >= 0)
        close(fd);
    return fault;
}

/* `beside` is said when another process holds it. */
static int take_journal(client *c, const char *path, bool read_only, const char *beside)
{
    journal_options o = {.path = path, .read_only = read_only, .visit = true, .now = env_now()};
    struct stat st;
    error e = {""};
    c->read_only = read_only;
    if (stat(path, &st))
        return tell(CLI_IO, "%s: %s: nothing has run here yet, or the configuration names another journal",
                    path, strerror(errno));
    int code = journal_open(&o, &c->journal, &e);
    if (code)
        tell(code, "%s%s", e.text, code == CLI_TEMPORARY ? beside : "");
    return code;
}

/* Titles, remedies and connections, as far as the configuration loads; without it the journal alone tells. */
static void plan_if_it_loads(client *c, const char *conf)
{
    config_findings findings = {0};
    c->plugins = plugins_new(NULL);
    c->plan = c->plugins ? plan_build(conf, c->plugins, &findings) : NULL;
    config_findings_free(&findings);
}

/* Sets the socket when a daemon listens there. */
static int find_daemon(client *c, const config *model)
{
    int fault = model->listen_control ? somebody_listens(model->listen_control) : ENOENT;
    if (fault == EACCES || fault == EPERM)
        return tell(CLI_TEMPORARY, "%s: %s: be root or in the socket's group", model->listen_control,
                    strerror(fault));
    if (!fault && (!(c->socket = strdup(model->listen_control)) || !(c->http = env_client_new())))
        return tell(CLI_BUG, "out of memory");
    return 0;
}

/* The model may have findings: its secrets may be the daemon's alone, and only two keys are needed here. */
static int open_by_configuration(client *c, const char *conf, bool daemon_alone)
{
    config_findings findings = {0};
    config *model = config_load(conf, &findings);
    bool good = model && model->journal;
    int code = good ? find_daemon(c, model) : cli_findings(&findings);
    if (good && !code && !c->socket && !daemon_alone)
        code = take_journal(c, model->journal, false,
                            model->listen_control
                                ? ", which does not answer on its control socket"
                                : ", and the configuration names no listen.control to speak to it");
    config_unref(model);
    config_findings_free(&findings);
    return code;
}

static int finish_opening(client *c, int code, client **out)
{
    *out = code ? NULL : c;
    if (code)
        client_close(c);
    return code;
}

int client_open(const cli_args *a, client **out)
{
    client *c = *out = calloc(1, sizeof *c);
    if (!c)
        return tell(CLI_BUG, "out of memory");
    int code =
        a->offline ? take_journal(c, a->offline, true, "") : open_by_configuration(c, cli_conf(a), false);
    if (!code && !c->socket)
        plan_if_it_loads(c, cli_conf(a));
    return finish_opening(c, code, out);
}

int client_open_daemon(const cli_args *a, client **out)
{
    client *c = *out = calloc(1, sizeof *c);
    if (!c)
        return tell(CLI_BUG, "out of memory");
    int code = open_by_configuration(c, cli_conf(a), true);
    if (code || c->socket)
        return finish_opening(c, code, out);
    client_close(c);
    *out = NULL;
    return 0;
}

void client_close(client *c)
{
    if (!c)
        return;
    journal_close(c->journal);
    env_client_free(c->http);
    plan_unref(c->plan);
    plugins_free(c->plugins);
    free(c->socket);
    free(c);
}

/* ---- calling ---- */

static void put_encoded(buffer *b, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
            strchr("-._~", *p))
            buffer_putc(b, (char)*p);
        else
            buffer_printf(b, "%%%02X", *p);
    }
}

static void put_url(buffer *b, const char *path, json_t *query)
{
    const char *name, *lead = "?";
    json_t *value;
    buffer_printf(b, "http://localhost/api/v1/%s", path);
    json_object_foreach(query, name, value)
    {
        buffer_printf(b, "%s%s=", lead, name);
        put_encoded(b, json_string_value(value));
        lead = "&";
    }
}

static int ask_daemon(client *c, const char *method, const char *path, json_t *query, json_t *body,
                      json_t **out, int *status)
{
    CLEANUP_BUFFER buffer url = {0};
    CLEANUP_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const char *headers[] = {"Content-Type: application/json", NULL};
    put_url(&url, path, query);
    env_request q = {.method = method,
                     .url = buffer_text(&url),
                     .headers = headers,
                     .body = text,
                     .body_size = text ? strlen(text) : 0,
                     .timeout = LONGEST_CALL,
                     .unix_socket = c->socket};
    env_answer a;
    env_exchange(c->http, &q, &a);
    int code = a.fate == ENV_ANSWERED
                   ? 0
                   : tell(CLI_TEMPORARY, "the daemon on %s does not answer: %s", c->socket, a.why);
    *status = a.status;
    *out = code ? NULL : json_loads(buffer_text(&a.body), 0, NULL);
    env_answer_free(&a);
    return code;
}

static void ask_journal(client *c, const char *method, const char *path, json_t *query, json_t *body,
                        json_t **out, int *status)
{
    char actor[32];
    snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    api_world w = {.journal = c->journal, .plan = c->plan};
    api_request q = {.method = method,
                     .path = path,
                     .query = query,
                     .body = body,
                     .actor = actor,
                     .may_change = !c->read_only};
    *out = api_call(&w, &q, status);
}

static int exit_code(int status)
{
    static const struct {
        int status, code;
    } codes[] = {{400, CLI_USAGE}, {403, CLI_FOUND},  {404, CLI_FOUND},
                 {409, CLI_FOUND}, {422, CLI_CONFIG}, {503, CLI_TEMPORARY}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].status == status)
            return codes[i].code;
    }
    return status / 100 == 2 ? 0 : CLI_BUG;
}

static int judge(int status, json_t **out)
{
    const char *fault = json_string_value(json_object_get(*out, "error"));
    int code = *out ? exit_code(status) : CLI_BUG;
    if (!code)
        return 0;
    if (fault)
        told(code, fault);
    else
        tell(code, "the daemon answered %d and nothing that can be read", status);
    json_decref(*out);
    *out = NULL;
    return code;
}

int client_call(client *c, const char *method, const char *path, json_t *query, json_t *body, json_t **out)
{
    int status = 0, code = 0;
    *out = NULL;
    if (c->socket)
        code = ask_daemon(c, method, path, query, body, out, &status);
    else if (c->journal)
        ask_journal(c, method, path, query, body, out, &status);
    json_decref(query);
    json_decref(body);
    return code ? code : judge(status, out);
}

int client_once(const cli_args *a, const char *method, const char *path, json_t *query, json_t *body,
                json_t **out)
{
    client *c;
    int code = client_open(a, &c);
    *out = NULL;
    if (code) {
        json_decref(query);
        json_decref(body);
        return code;
    }
    code = client_call(c, method, path, query, body, out);
    client_close(c);
    return code;
}

void client_narrow(const cli_args *a, json_t *to)
{
    if (a->pipeline)
        json_object_set_new(to, "pipeline", json_string(a->pipeline));
    if (a->key)
        json_object_set_new(to, "key", json_string(a->key));
}

json_t *client_why(const cli_args *a)
{
    json_t *body = json_object();
    if (a->why)
        json_object_set_new(body, "why", json_string(a->why));
    return body;
}
