/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: exit codes, options, how times and tables are printed. A command is a function of
 * argc and argv (argv[0] its own name) that returns an exit code; data goes to stdout, what went wrong to
 * stderr. */
#ifndef TB_CLI_H
#define TB_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/config/model.h"

enum {
    CLI_GOOD = 0,
    CLI_FOUND = 1,      /* differences or failures were found, or it was refused */
    CLI_USAGE = 2,      /* the command was called wrongly */
    CLI_BUG = 70,       /* something of ours failed */
    CLI_IO = 74,        /* a file could not be read or written, the journal is damaged */
    CLI_TEMPORARY = 75, /* not now: the journal is in use, the daemon does not answer */
    CLI_CONFIG = 78     /* the configuration cannot be used */
};

/* ---- options ---- */

typedef struct {
    const char *conf, *why, *by, *key, *pipeline, *offline;
    bool json, print, debug, log_json, all, watch;
    int words_n;
    char **words; /* what is not an option; belongs to argv */
} cli_args;

enum { /* which options a command takes beside --help */
       OPT_CONF = 1 << 0,
       OPT_JSON = 1 << 1,
       OPT_WHY = 1 << 2,
       OPT_KEY = 1 << 3,
       OPT_PIPELINE = 1 << 4,
       OPT_OFFLINE = 1 << 5,
       OPT_PRINT = 1 << 6,
       OPT_DEBUG = 1 << 7,
       OPT_LOG_JSON = 1 << 8,
       OPT_ALL = 1 << 9,
       OPT_WATCH = 1 << 10,
       OPT_BY = 1 << 11
};

typedef struct {
    const char *name;
    const char *words; /* what stands for the words in the usage: "show ID"; several forms: one a line */
    const char *text;  /* what it does, lines */
    unsigned options;
    int least, most; /* words */
} cli_usage;

/* Reads the options. -1: go on; else the exit code (help was printed, or the fault told). */
int cli_parse(int argc, char **argv, const cli_usage *u, cli_args *out);
/* Tells the fault with a pointer to --help; CLI_USAGE. */
int cli_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For a subcommand that does not exist: tells the nearest. */
int cli_no_such(const char *command, const char *word, const char *const *candidates, int n);
/* -c, else TILLBRIDGE_CONFIG, else the installed place. */
const char *cli_conf(const cli_args *a);
/* Prints the findings on stderr; CLI_CONFIG. */
int cli_findings(const config_findings *f);

/* ---- text for people ---- */

enum { CLI_TIME = 24, CLI_AGE = 24 };

char *cli_time(int64_t ms, char out[CLI_TIME]); /* "2026-11-23T08:00:00Z"; "-" for 0 */
char *cli_age(int64_t ms, char out[CLI_AGE]);   /* "3 min", "2 h 10 min" */
const char *cli_colour(
    const char *sequence); /* "1" bold, "31" red, "0" off; "" without a terminal, by NO_COLOR */
int64_t cli_number(const json_t *o, const char *name);   /* 0 when absent */
const char *cli_text(const json_t *o, const char *name); /* "" when absent */
void cli_print_json(const json_t *o);

/* ---- commands ---- */

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_plugins(int argc, char **argv);
int cli_exceptions(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_approve(int argc, char **argv);
int cli_cursor(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_pipeline(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
