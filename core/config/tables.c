/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of keys, and the lists whose elements are not told by a table: connections, tables and authority
 * (the operator's own names). */
#include "core/config/keys.h"

#include <string.h>

#define AT(type, field) offsetof(type, field)
#define SECOND 1000
#define DAY (86400 * (int64_t)SECOND)

/* ---- the operator's own names ---- */

static bool is_group(config_reader *r, const config_setting_t *setting, const char *what)
{
    if (config_setting_is_group(setting))
        return true;
    config_find(r->f, reader_where(r, setting), "%s wants a group: { ... }", what);
    return false;
}

static char *own_name(config_reader *r, const config_setting_t *setting, const char *what)
{
    const char *name = config_setting_name(setting);
    if (!config_name_fine(name))
        config_find(r->f, reader_where(r, setting), "%s \"%s\": a name is of a-z, 0-9 and '-', at most 32",
                    what, name);
    return reader_copy(r, name);
}

static void read_connections(config_reader *r, const config_setting_t *setting, void *target)
{
    config *c = target;
    if (!is_group(r, setting, "connections"))
        return;
    int n = config_setting_length(setting);
    c->connections = reader_alloc(r, (size_t)n, sizeof *c->connections);
    for (int i = 0; c->connections && i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        config_connection *x = &c->connections[c->connections_n++];
        char what[64];
        x->name = own_name(r, child, "connection");
        x->where = reader_where(r, child);
        snprintf(what, sizeof what, "connection \"%.40s\"", config_setting_name(child));
        if (is_group(r, child, what))
            reader_group(r, child, config_connection_keys, x, what);
    }
}

/* One string of a group whose names are the operator's. NULL: a finding. */
static char *own_string(config_reader *r, const config_setting_t *child, const char *wants)
{
    bool quoted = false;
    char *text = reader_text(r, child, &quoted);
    if (text && (!quoted || !*text)) {
        config_find(r->f, reader_where(r, child), "%s wants %s in quotes", config_setting_name(child), wants);
        free(text);
        return NULL;
    }
    return text;
}

static void read_tables(config_reader *r, const config_setting_t *setting, void *target)
{
    config *c = target;
    if (!is_group(r, setting, "tables"))
        return;
    int n = config_setting_length(setting);
    c->tables = reader_alloc(r, (size_t)n, sizeof *c->tables);
    for (int i = 0; c->tables && i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        config_table *t = &c->tables[c->tables_n++];
        t->name = own_name(r, child, "table");
        t->where = reader_where(r, child);
        CLEANUP_FREE char *text = own_string(r, child, "a file's path");
        CLEANUP_BUFFER buffer path = {0};
        buffer_printf(&path, "%s%s%s", text && *text == '/' ? "" : r->folder, text && *text == '/' ? "" : "/",
                      text ? text : "");
        t->path = buffer_take(&path);
    }
}

static void read_authority(config_reader *r, const config_setting_t *setting, void *target)
{
    config *c = target;
    if (!is_group(r, setting, "authority"))
        return;
    int n = config_setting_length(setting);
    c->authorities = reader_alloc(r, (size_t)n, sizeof *c->authorities);
    for (int i = 0; c->authorities && i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        config_authority *a = &c->authorities[c->authorities_n++];
        a->object = own_name(r, child, "authority");
        a->where = reader_where(r, child);
        a->connection = own_string(r, child, "a connection's name");
    }
}

/* ---- tables ---- */

static const config_key listen_keys[] = {
    {.name = "events", .kind = KEY_TEXT, .offset = AT(config, listen_events)},
    {.name = "admin", .kind = KEY_TEXT, .offset = AT(config, listen_admin)},
    {.name = "control", .kind = KEY_PATH, .offset = AT(config, listen_control)},
    {.name = "admin-token", .kind = KEY_SECRET, .offset = AT(config, admin_token)},
    {.name = "trusted-proxies", .kind = KEY_WORDS, .offset = AT(config, trusted_proxies)},
    {.kind = KEY_END}};

const config_key config_root_keys[] = {
    {.name = "journal", .kind = KEY_PATH, .offset = AT(config, journal), .flags = KEY_REQUIRED},
    {.name = "listen", .kind = KEY_GROUP, .sub = listen_keys},
    {.name = "authority", .kind = KEY_OWN, .read = read_authority},
    {.name = "connections", .kind = KEY_OWN, .read = read_connections},
    {.name = "tables", .kind = KEY_OWN, .read = read_tables},
    {.name = "pipelines", .kind = KEY_OWN, .read = reader_pipelines},
    {.kind = KEY_END}};

static const config_key auth_keys[] = {
    {.name = "type",
     .kind = KEY_CHOICE,
     .offset = AT(config_connection, auth),
     .flags = KEY_REQUIRED,
     .choices = "none basic bearer oauth1 oauth2"},
    {.name = "user", .kind = KEY_TEXT, .offset = AT(config_connection, user)},
    {.name = "password", .kind = KEY_SECRET, .offset = AT(config_connection, password)},
    {.name = "token", .kind = KEY_SECRET, .offset = AT(config_connection, token)},
    {.name = "consumer-key", .kind = KEY_SECRET, .offset = AT(config_connection, consumer_key)},
    {.name = "consumer-secret", .kind = KEY_SECRET, .offset = AT(config_connection, consumer_secret)},
    {.name = "access-token", .kind = KEY_SECRET, .offset = AT(config_connection, access_token)},
    {.name = "access-token-secret", .kind = KEY_SECRET, .offset = AT(config_connection, access_token_secret)},
    {.name = "token-url", .kind = KEY_TEXT, .offset = AT(config_connection, token_url)},
    {.name = "client-id", .kind = KEY_TEXT, .offset = AT(config_connection, client_id)},
    {.name = "client-secret", .kind = KEY_SECRET, .offset = AT(config_connection, client_secret)},
    {.name = "scope", .kind = KEY_TEXT, .offset = AT(config_connection, scope)},
    {.kind = KEY_END}};

static const config_key webhook_keys[] = {
    {.name = "user", .kind = KEY_TEXT, .offset = AT(config_connection, webhook_user), .flags = KEY_REQUIRED},
    {.name = "password",
     .kind = KEY_SECRET,
     .offset = AT(config_connection, webhook_password),
     .flags = KEY_REQUIRED},
    {.kind = KEY_END}};

const config_key config_connection_keys[] = {
    {.name = "url", .kind = KEY_TEXT, .offset = AT(config_connection, url), .flags = KEY_REQUIRED},
    {.name = "auth", .kind = KEY_GROUP, .sub = auth_keys},
    {.name = "headers", .kind = KEY_WORDS, .offset = AT(config_connection, headers), .flags = KEY_LINES},
    {.name = "webhook", .kind = KEY_GROUP, .sub = webhook_keys},
    {.name = "concurrency",
     .kind = KEY_INT,
     .offset = AT(config_connection, concurrency),
     .fallback = "1",
     .least = 1,
     .most = 64},
    {.name = "rate", .kind = KEY_RATE, .offset = AT(config_connection, rate)},
    {.name = "burst",
     .kind = KEY_INT,
     .offset = AT(config_connection, burst),
     .fallback = "1",
     .least = 1,
     .most = 1000},
    {.name = "server-time",
     .kind = KEY_DURATION,
     .offset = AT(config_connection, server_time),
     .fallback = "180s",
     .most = DAY},
    {.name = "timeout",
     .kind = KEY_DURATION,
     .offset = AT(config_connection, timeout),
     .fallback = "30s",
     .least = 100,
     .most = 3600 * SECOND},
    {.name = "trace", .kind = KEY_PATH, .offset = AT(config_connection, trace)},
    {.kind = KEY_END}};

static const config_key hydrate_keys[] = {{.name = "batch",
                                           .kind = KEY_INT,
                                           .offset = AT(config_pipeline, deliver.hydrate_batch),
                                           .fallback = "100",
                                           .least = 1,
                                           .most = 10000},
                                          {.name = "groups",
                                           .kind = KEY_INT,
                                           .offset = AT(config_pipeline, deliver.hydrate_groups),
                                           .fallback = "8",
                                           .least = 1,
                                           .most = 1000},
                                          {.kind = KEY_END}};

static const config_key deliver_keys[] = {
    {.name = "batch",
     .kind = KEY_INT,
     .offset = AT(config_pipeline, deliver.batch),
     .fallback = "100",
     .least = 1,
     .most = 10000},
    {.name = "linger",
     .kind = KEY_DURATION,
     .offset = AT(config_pipeline, deliver.linger),
     .fallback = "1s",
     .most = 3600 * SECOND},
    {.name = "workers",
     .kind = KEY_INT,
     .offset = AT(config_pipeline, deliver.workers),
     .fallback = "1",
     .least = 1,
     .most = 64},
    {.name = "shadow", .kind = KEY_BOOL, .offset = AT(config_pipeline, deliver.shadow)},
    {.name = "hydrate", .kind = KEY_GROUP, .sub = hydrate_keys},
    {.kind = KEY_END}};

static const config_key retry_keys[] = {{.name = "first",
                                         .kind = KEY_DURATION,
                                         .offset = AT(config_pipeline, retry.first),
                                         .fallback = "2s",
                                         .least = 1,
                                         .most = DAY},
                                        {.name = "longest",
                                         .kind = KEY_DURATION,
                                         .offset = AT(config_pipeline, retry.longest),
                                         .fallback = "10m",
                                         .least = 1,
                                         .most = 7 * DAY},
                                        {.name = "attempts",
                                         .kind = KEY_INT,
                                         .offset = AT(config_pipeline, retry.attempts),
                                         .fallback = "10",
                                         .least = 1,
                                         .most = 1000},
                                        {.kind = KEY_END}};

const config_key config_pipeline_keys[] = {
    {.name = "name", .kind = KEY_NAME, .offset = AT(config_pipeline, name), .flags = KEY_REQUIRED},
    {.name = "owner", .kind = KEY_TEXT, .offset = AT(config_pipeline, owner), .flags = KEY_REQUIRED},
    {.name = "mode",
     .kind = KEY_EITHER,
     .offset = AT(config_pipeline, latest),
     .flags = KEY_REQUIRED,
     .choices = "ordered latest"},
    {.name = "freshness",
     .kind = KEY_DURATION,
     .offset = AT(config_pipeline, freshness),
     .fallback = "60s",
     .least = 1,
     .most = 365 * DAY},
    {.name = "sources", .kind = KEY_OWN, .flags = KEY_REQUIRED, .read = reader_sources},
    {.name = "transforms", .kind = KEY_OWN, .read = reader_transforms},
    {.name = "sinks", .kind = KEY_OWN, .flags = KEY_REQUIRED, .read = reader_sinks},
    {.name = "deliver", .kind = KEY_GROUP, .sub = deliver_keys},
    {.name = "retry", .kind = KEY_GROUP, .sub = retry_keys},
    {.name = "backlog",
     .kind = KEY_COUNT,
     .offset = AT(config_pipeline, backlog),
     .fallback = "1000000",
     .least = 1,
     .most = 999999999},
    {.name = "keep",
     .kind = KEY_DURATION,
     .offset = AT(config_pipeline, keep),
     .least = 1,
     .most = 3650 * DAY},
    {.name = "ignore", .kind = KEY_WORDS, .offset = AT(config_pipeline, ignore)},
    {.kind = KEY_END}};
