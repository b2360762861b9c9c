/* SPDX-License-Identifier: Apache-2.0 */
/* What spans several keys and needs no plugin: URLs, what each kind of authentication wants, addresses, names
 * that must be there, names that must not be there twice. */
#include "core/config/keys.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* ---- connections ---- */

enum { MOST_HEADERS = 16 };

static bool loopback_host(const char *host, size_t n)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == n && !strncasecmp(names[i], host, n))
            return true;
    }
    return false;
}

static const char *url_fault(const char *url)
{
    bool plain = !strncmp(url, "http://", 7);
    if (!plain && strncmp(url, "https://", 8))
        return "must begin with https://";
    const char *host = strstr(url, "://") + 3;
    size_t n = strcspn(host, "/?#");
    if (!n || host[0] == ':')
        return "must name a host";
    if (memchr(host, '@', n))
        return "must not hold a user or password: they belong to auth";
    if (strpbrk(url, "?# \t\r\n\"<>"))
        return "must end with its path: no query, fragment or blank";
    size_t name = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (plain && !loopback_host(host, name < n ? name : n))
        return "must begin with https:// (http only to 127.0.0.1, [::1] or localhost)";
    return NULL;
}

static void check_url(config_reader *r, config_connection *x)
{
    const char *fault = x->token_url ? url_fault(x->token_url) : NULL;
    if (fault)
        config_find(r->f, reader_where_of(r, x->where, "connections.%s.auth.token-url", x->name),
                    "token-url of connection \"%s\" %s", x->name, fault);
    if (!x->url)
        return;
    fault = url_fault(x->url);
    if (fault)
        config_find(r->f, reader_where_of(r, x->where, "connections.%s.url", x->name),
                    "url of connection \"%s\" %s", x->name, fault);
    for (size_t n = strlen(x->url); n && x->url[n - 1] == '/'; n--)
        x->url[n - 1] = '\0';
}

static const struct {
    const char *name;
    unsigned needed_by; /* bits: 1 << config_auth */
} auth_rules[] = {
    {"user", 1u << AUTH_BASIC},
    {"password", 1u << AUTH_BASIC},
    {"token", 1u << AUTH_BEARER},
    {"consumer-key", 1u << AUTH_OAUTH1},
    {"consumer-secret", 1u << AUTH_OAUTH1},
    {"access-token", 1u << AUTH_OAUTH1},
    {"access-token-secret", 1u << AUTH_OAUTH1},
    {"token-url", 1u << AUTH_OAUTH2},
    {"client-id", 1u << AUTH_OAUTH2},
    {"client-secret", 1u << AUTH_OAUTH2},
    {"scope", 0}, /* oauth2 may have it */
};
static const char *const auth_names[] = {"none", "basic", "bearer", "oauth1", "oauth2"};

/* The key as it stands in the file, also where its value could not be read. */
static const config_setting_t *auth_key(config_reader *r, const config_connection *x, const char *key)
{
    char path[128];
    snprintf(path, sizeof path, "connections.%.40s.auth.%s", x->name, key);
    return config_lookup(r->parsed, path);
}

static void check_auth_key(config_reader *r, const config_connection *x, size_t i)
{
    const config_setting_t *key = auth_key(r, x, auth_rules[i].name);
    config_where where = reader_where_of(r, x->where, "connections.%s.auth", x->name);
    bool needed = auth_rules[i].needed_by & (1u << x->auth);
    if (!auth_rules[i].needed_by && x->auth == AUTH_OAUTH2)
        return;
    if (needed && !key)
        config_find(r->f, where, "auth type \"%s\" needs \"%s\"", auth_names[x->auth], auth_rules[i].name);
    else if (!needed && key)
        config_find(r->f, reader_where(r, key), "auth type \"%s\" does not take \"%s\"", auth_names[x->auth],
                    auth_rules[i].name);
}

/* They go into a header. */
static void check_plain(config_reader *r, const config_connection *x, const char *key, const char *text)
{
    const char *p = text ? text : "";
    while ((unsigned char)*p >= ' ' && *p != 0x7f)
        p++;
    if (*p)
        config_find(r->f, reader_where_of(r, x->where, "connections.%s.auth.%s", x->name, key),
                    "%s of connection \"%s\" holds a line break or another control character", key, x->name);
}

static void check_texts(config_reader *r, const config_connection *x)
{
    const char *const texts[] = {x->user,
                                 x->password,
                                 x->token,
                                 x->consumer_key,
                                 x->consumer_secret,
                                 x->access_token,
                                 x->access_token_secret,
                                 x->token_url,
                                 x->client_id,
                                 x->client_secret,
                                 x->scope};
    _Static_assert(sizeof texts / sizeof *texts == sizeof auth_rules / sizeof *auth_rules, "one of each");
    for (size_t i = 0; i < sizeof auth_rules / sizeof *auth_rules; i++)
        check_plain(r, x, auth_rules[i].name, texts[i]);
    if (x->user && strchr(x->user, ':'))
        config_find(r->f, reader_where_of(r, x->where, "connections.%s.auth.user", x->name),
                    "user of connection \"%s\" holds a colon: the password would begin there", x->name);
}

/* A header of every exchange; those that the core makes are its own. */
static const char *header_fault(const char *text)
{
    static const char *const own[] = {"Authorization",     "Content-Type", "Content-Length", "Host", "Accept",
                                      "Transfer-Encoding", "Connection",   "Accept-Encoding"};
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    const char *p = text;
    if (!n || text[n] != ':')
        return "is not of the form \"Name: value\"";
    while ((unsigned char)*p >= ' ' && *p != 0x7f)
        p++;
    if (*p)
        return "holds a line break or another control character";
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strlen(own[i]) == n && !strncasecmp(own[i], text, n))
            return "is one that is made for each exchange";
    }
    return NULL;
}

static void check_headers(config_reader *r, const config_connection *x)
{
    for (int i = 0; i < x->headers_n; i++) {
        const char *fault = header_fault(x->headers[i]);
        if (fault)
            config_find(r->f, reader_where_of(r, x->where, "connections.%s.headers", x->name),
                        "header %d of connection \"%s\" %s", i + 1, x->name, fault);
    }
    if (x->headers_n > MOST_HEADERS)
        config_find(r->f, reader_where_of(r, x->where, "connections.%s.headers", x->name),
                    "connection \"%s\" has more than %d headers", x->name, MOST_HEADERS);
}

static void check_auth(config_reader *r, const config_connection *x)
{
    const config_setting_t *type = auth_key(r, x, "type");
    const char *text = type ? config_setting_get_string(type) : NULL;
    if (text && strcmp(text, auth_names[x->auth]))
        return; /* told already */
    for (size_t i = 0; i < sizeof auth_rules / sizeof *auth_rules; i++)
        check_auth_key(r, x, i);
    check_texts(r, x);
}

/* ---- addresses ---- */

typedef enum { ADDRESS_BAD, ADDRESS_LOOPBACK, ADDRESS_OPEN } address_kind;

static bool port_fine(const char *port)
{
    size_t n = strspn(port, "0123456789");
    return n >= 1 && n <= 5 && !port[n] && strtol(port, NULL, 10) <= 65535;
}

/* "127.0.0.1:8077" or "[::1]:8077". */
static address_kind judge_address(const char *text)
{
    char host[64];
    unsigned char raw[16];
    bool six = text[0] == '[';
    const char *end = six ? strstr(text, "]:") : strrchr(text, ':');
    size_t n = end ? (size_t)(end - text) - six : 0;
    if (!end || n >= sizeof host || !port_fine(end + 1 + six))
        return ADDRESS_BAD;
    memcpy(host, text + six, n);
    host[n] = '\0';
    if (!six && !strcmp(host, "localhost"))
        return ADDRESS_LOOPBACK;
    if (inet_pton(six ? AF_INET6 : AF_INET, host, raw) != 1)
        return ADDRESS_BAD;
    return (six ? !strcmp(host, "::1") : raw[0] == 127) ? ADDRESS_LOOPBACK : ADDRESS_OPEN;
}

static void check_listen(config_reader *r)
{
    const config *c = r->c;
    config_where top = {c->path, 1};
    const char *addresses[] = {c->listen_events, c->listen_admin}, *names[] = {"events", "admin"};
    for (int i = 0; i < 2; i++) {
        if (addresses[i] && judge_address(addresses[i]) == ADDRESS_BAD)
            config_find(r->f, reader_where_of(r, top, "listen.%s", names[i]),
                        "%s wants an address and a port such as \"127.0.0.1:8077\", not \"%s\"", names[i],
                        addresses[i]);
    }
    if (c->listen_admin && judge_address(c->listen_admin) == ADDRESS_OPEN && !c->admin_token)
        config_find(r->f, reader_where_of(r, top, "listen.admin"),
                    "admin is open to other hosts at \"%s\": it needs an admin-token", c->listen_admin);
    for (int i = 0; i < c->trusted_proxies_n; i++) {
        unsigned char raw[16];
        const char *address = c->trusted_proxies[i];
        if (inet_pton(AF_INET, address, raw) != 1 && inet_pton(AF_INET6, address, raw) != 1)
            config_find(r->f, reader_where_of(r, top, "listen.trusted-proxies"),
                        "trusted-proxies wants addresses, not \"%s\"", address);
    }
}

/* ---- names ---- */

static void check_connection_name(config_reader *r, config_where where, const char *name)
{
    const config *c = r->c;
    const char *names[64];
    int n = 0;
    if (!name || config_connection_find(c, name))
        return;
    for (int i = 0; i < c->connections_n && n < 64; i++)
        names[n++] = c->connections[i].name;
    const char *near = config_nearest(name, names, n);
    if (near)
        config_find(r->f, where, "there is no connection \"%s\": did you mean \"%s\"?", name, near);
    else
        config_find(r->f, where, "there is no connection \"%s\"", name);
}

/* Whether the file says it, well or badly: what was said badly has its finding already. */
static bool is_given(const config_use *use, const char *name)
{
    for (int i = 0; i < use->settings_n; i++)
        if (!strcmp(use->settings[i].name, name))
            return true;
    return false;
}

static void check_source(config_reader *r, const config_use *use)
{
    const config_connection *x = use->connection ? config_connection_find(r->c, use->connection) : NULL;
    if (!use->plugin)
        return;
    if (use->events && !use->connection)
        config_find(r->f, use->where, "events = true needs a connection");
    if (use->events && x && !x->webhook_user)
        config_find(r->f, use->where, "events = true needs webhook = { user, password } at connection \"%s\"",
                    x->name);
    if (use->events && !r->c->listen_events)
        config_find(r->f, use->where, "events = true needs listen.events");
    if (!use->events && !use->every && !is_given(use, "every"))
        config_find(r->f, use->where, "source \"%s\" would never read: it needs \"every\" or events = true",
                    use->plugin);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static void check_twins(config_reader *r, const config_pipeline *p)
{
    for (int i = 0; i < p->sources_n; i++) {
        for (int j = 0; j < i && p->sources[i].plugin; j++) {
            const config_use *a = &p->sources[j], *b = &p->sources[i];
            if (a->plugin && same_text(a->connection, b->connection) && same_text(a->stream, b->stream))
                config_find(r->f, b->where,
                            "pipeline \"%s\" has two sources of connection \"%s\" and stream \"%s\"", p->name,
                            b->connection ? b->connection : "", b->stream ? b->stream : "");
        }
    }
}

static void check_pipeline(config_reader *r, const config_pipeline *p)
{
    for (const config_pipeline *q = r->c->pipelines; q < p; q++) {
        if (p->name && q->name && !strcmp(p->name, q->name))
            config_find(r->f, p->where, "two pipelines are called \"%s\": the other is at %s:%d", p->name,
                        q->where.file, q->where.line);
    }
    if (p->retry.first > p->retry.longest)
        config_find(r->f, p->where, "retry.first is longer than retry.longest");
    for (int i = 0; i < p->sources_n; i++) {
        check_connection_name(r, p->sources[i].where, p->sources[i].connection);
        check_source(r, &p->sources[i]);
    }
    for (int i = 0; i < p->transforms_n; i++)
        check_connection_name(r, p->transforms[i].where, p->transforms[i].connection);
    for (int i = 0; i < p->sinks_n; i++)
        check_connection_name(r, p->sinks[i].where, p->sinks[i].connection);
    check_twins(r, p);
}

void config_checks(config_reader *r)
{
    config *c = r->c;
    check_listen(r);
    for (int i = 0; i < c->connections_n; i++) {
        check_url(r, &c->connections[i]);
        check_auth(r, &c->connections[i]);
        check_headers(r, &c->connections[i]);
    }
    for (int i = 0; i < c->authorities_n; i++)
        check_connection_name(r, c->authorities[i].where, c->authorities[i].connection);
    for (int i = 0; i < c->pipelines_n; i++)
        check_pipeline(r, &c->pipelines[i]);
}
