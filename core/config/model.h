/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration, read and checked: an immutable, reference-counted model in which every thing knows its
 * file and line. What needs no plugin to be judged is judged here (syntax, unknown and missing keys, types,
 * units, secrets, names); what needs the plugins' descriptors is judged by the plan (core/engine/plan.h). All
 * findings are collected and told in one go; only a syntax error stops the reading. */
#ifndef TB_CONFIG_MODEL_H
#define TB_CONFIG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/buffer.h"

typedef struct {
    const char *file; /* as the operator named it, relative to the main file's folder; belongs to the model */
    int line;
} config_where;

/* ---- findings ---- */

typedef struct {
    buffer text; /* one finding a line: "file:line: sentence" */
    int n;
} config_findings;

void config_find(config_findings *f, config_where where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_findings_free(config_findings *f);
/* The nearest of the candidates (for "did you mean"), NULL when none is near. */
const char *config_nearest(const char *word, const char *const *candidates, int n);

/* "15s" with its quotes, in the largest unit that fits. */
void config_duration_text(int64_t ms, char *out, size_t size);
bool config_name_fine(const char *name); /* [a-z0-9-]{1,32} */

/* ---- the model ---- */

typedef struct {
    char *name, *text; /* scalars as text ("true", "15s", "7"); lists of strings: joined by blanks */
    bool quoted;       /* was a string in the file */
    bool referenced;   /* came from ${env:..} or kin: never printed */
    config_where where;
} config_setting;

typedef struct { /* one plugin used in a pipeline */
    char *plugin;
    char *connection; /* NULL: none */
    char *stream;     /* NULL: none (sources) */
    int64_t every;    /* ms between polls; 0: not polled (sources) */
    bool events;      /* takes webhook bodies of its connection */
    int batch;        /* most records a read (sources), default 500 */
    char *records; /* types taken from emission, blanks between; NULL: a real source. `plugin` is NULL then */
    config_setting *settings; /* all the rest: the plugin's parameters; stream, every ... are repeated here */
    int settings_n;
    config_where where;
} config_use;

typedef struct {
    char *name, *owner;
    bool latest; /* mode = "latest"; else "ordered" */
    int64_t freshness;
    config_use *sources, *transforms, *sinks;
    int sources_n, transforms_n, sinks_n;
    struct {
        int batch, workers;
        int64_t linger;
        bool shadow;
        int hydrate_batch, hydrate_groups;
    } deliver; /* 100, 1, "1s", false, 100, 8 */
    struct {
        int64_t first, longest;
        int attempts;
    } retry;         /* "2s", "10m", 10 */
    int64_t backlog; /* sources wait above this many pending; default 1000000 */
    int64_t keep;    /* outcomes; default 2d latest, 90d ordered */
    char **ignore;   /* emitted types that nobody takes */
    int ignore_n;
    char digest[65]; /* of all effective settings of the pipeline, its connections and tables' names included
                      */
    config_where where;
} config_pipeline;

typedef enum { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_OAUTH1, AUTH_OAUTH2 } config_auth;

typedef struct {
    char *name, *url; /* without '/' at the end */
    config_auth auth;
    char *user, *password;                                                     /* basic */
    char *token;                                                               /* bearer */
    char *consumer_key, *consumer_secret, *access_token, *access_token_secret; /* oauth1 */
    char *token_url, *client_id, *client_secret, *scope;                       /* oauth2; scope may be NULL */
    char **headers; /* "Name: value" of every exchange */
    int headers_n;
    char *webhook_user, *webhook_password; /* NULL: takes no events */
    int concurrency;                       /* default 1 */
    int64_t rate;                          /* thousandths a second; 0: no limit */
    int burst;                             /* default 1 */
    int64_t server_time; /* default 180 s: how long the server may still act on a lost call */
    int64_t timeout;     /* of one exchange, default 30 s */
    char *trace;         /* a file for exchanges, secrets masked; NULL: none */
    char digest[65];
    config_where where;
} config_connection;

typedef struct {
    char *name, *path;
    config_where where;
} config_table;

typedef struct {
    char *object, *connection;
    config_where where;
} config_authority;

typedef struct config {
    int refs;
    char *path; /* the main file */
    char *journal;
    char *listen_events, *listen_admin,
        *listen_control; /* "127.0.0.1:8077"; NULL: none. control: a socket's path */
    char *admin_token;   /* bearer for admin where it is not loopback; NULL: loopback only */
    char **trusted_proxies;
    int trusted_proxies_n;
    char *tables_dir; /* folder of relative paths: the main file's */
    config_connection *connections;
    config_table *tables;
    config_authority *authorities;
    config_pipeline *pipelines;
    int connections_n, tables_n, authorities_n, pipelines_n;
    struct config_kept *kept; /* the reader's own */
} config;

/* Reads the file and all it includes. NULL when it cannot be used at all (syntax, no such file); otherwise a
 * model, to be used only if findings->n is 0. */
config *config_load(const char *path, config_findings *findings);
config *config_ref(config *c);
void config_unref(config *c); /* NULL is fine; any thread */

const config_connection *config_connection_find(const config *c, const char *name);
const config_table *config_table_find(const config *c, const char *name);
const char *config_authority_of(const config *c, const char *object); /* connection's name; NULL: nobody's */

/* The effective configuration with defaults, as a file that would load again. A secret is printed as the
 * reference it came by, and as "***" when it stood in the file itself. */
void config_print(const config *c, FILE *out);

#endif
