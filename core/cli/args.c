/* SPDX-License-Identifier: Apache-2.0 */
/* Options: one table of all that exist; each command says which of them it takes, so that parsing, --help and
 * the fault of a wrong one come from the same place. */
#include "core/cli/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

static const struct option_row {
    unsigned bit;
    const char *name, *value; /* value NULL: a flag */
    char letter;
    size_t offset; /* in cli_args */
    const char *help;
} rows[] = {
    {OPT_CONF, "config", "FILE", 'c', offsetof(cli_args, conf),
     "the configuration (default " SYSCONFDIR "/tillbridge/tillbridge.conf)"},
    {OPT_JSON, "json", NULL, 0, offsetof(cli_args, json), "print JSON"},
    {OPT_BY, "by", "NAME", 0, offsetof(cli_args, by), "who has decided it"},
    {OPT_WHY, "why", "TEXT", 0, offsetof(cli_args, why), "why it is done; kept in the audit chain"},
    {OPT_KEY, "key", "KEY", 0, offsetof(cli_args, key), "this key alone"},
    {OPT_PIPELINE, "pipeline", "NAME", 0, offsetof(cli_args, pipeline), "this pipeline alone"},
    {OPT_OFFLINE, "offline", "FILE", 0, offsetof(cli_args, offline),
     "read this copy of a journal, change nothing"},
    {OPT_PRINT, "print", NULL, 0, offsetof(cli_args, print),
     "print the effective configuration, secrets masked"},
    {OPT_DEBUG, "debug", NULL, 0, offsetof(cli_args, debug), "log more"},
    {OPT_LOG_JSON, "log-json", NULL, 0, offsetof(cli_args, log_json), "log lines as JSON"},
    {OPT_ALL, "all", NULL, 0, offsetof(cli_args, all), "closed ones too"},
    {OPT_WATCH, "watch", NULL, 0, offsetof(cli_args, watch), "show it again every two seconds until Ctrl-C"},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* ---- help ---- */

static void print_usage(const cli_usage *u, FILE *out)
{
    const char *words = u->words;
    for (const char *lead = "usage:"; words; lead = "      ") {
        size_t n = strcspn(words, "\n");
        fprintf(out, "%s tillbridge %s%s%.*s [OPTIONS]\n", lead, u->name, n ? " " : "", (int)n, words);
        words = words[n] ? words + n + 1 : NULL;
    }
}

static void print_help(const cli_usage *u)
{
    print_usage(u, stdout);
    printf("\n%s\n", u->text);
    for (int i = 0; i < ROWS; i++) {
        const struct option_row *r = &rows[i];
        char left[40];
        if (!(u->options & r->bit))
            continue;
        if (r->letter)
            snprintf(left, sizeof left, "-%c, --%s %s", r->letter, r->name, r->value);
        else
            snprintf(left, sizeof left, "    --%s %s", r->name, r->value ? r->value : "");
        printf("  %-22s %s\n", left, r->help);
    }
    printf("  %-22s %s\n", "-h, --help", "this text");
}

/* ---- faults ---- */

int cli_usage_error(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "tillbridge %s: ", command);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see tillbridge %s --help)\n", command);
    return CLI_USAGE;
}

int cli_no_such(const char *command, const char *word, const char *const *candidates, int n)
{
    const char *near = config_nearest(word, candidates, n);
    return cli_usage_error(command, "there is no \"%s\"%s%s%s", word, near ? ": did you mean \"" : "",
                           near ? near : "", near ? "\"?" : "");
}

/* `argv` as getopt has left it: the option in fault is the last one it read, unless it was a letter in a
 * cluster. */
static int wrong_option(const cli_usage *u, char **argv, int kind)
{
    char letter[3] = {'-', (char)optopt, 0};
    const char *given = optopt > 0 && optopt < 256 ? letter : argv[optind - 1];
    return cli_usage_error(u->name, kind == ':' ? "%s wants a value" : "there is no option %s", given);
}

/* ---- parsing ---- */

static void long_options(const cli_usage *u, struct option *out, char *letters)
{
    int n = 0;
    out[n++] = (struct option){"help", no_argument, NULL, 'h'};
    for (int i = 0; i < ROWS; i++) {
        if (!(u->options & rows[i].bit))
            continue;
        int value = rows[i].letter ? rows[i].letter : 256 + i;
        out[n++] =
            (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL, value};
        if (rows[i].letter) {
            *letters++ = rows[i].letter;
            *letters++ = ':';
        }
    }
    out[n] = (struct option){0};
}

static void keep(cli_args *out, int value, char *text)
{
    for (int i = 0; i < ROWS; i++) {
        void *field = (char *)out + rows[i].offset;
        if (value != (rows[i].letter ? rows[i].letter : 256 + i))
            continue;
        if (rows[i].value)
            *(const char **)field = text;
        else
            *(bool *)field = true;
    }
}

int cli_parse(int argc, char **argv, const cli_usage *u, cli_args *out)
{
    struct option options[ROWS + 2];
    char letters[2 * ROWS + 3] = ":h";
    *out = (cli_args){0};
    long_options(u, options, letters + 2);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    for (int c; (c = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        if (c == 'h')
            return print_help(u), CLI_GOOD;
        if (c == '?' || c == ':')
            return wrong_option(u, argv, c);
        keep(out, c, optarg);
    }
    out->words = argv + optind;
    out->words_n = argc - optind;
    if (out->words_n < u->least)
        return cli_usage_error(u->name, "it wants %.*s", (int)strcspn(u->words, "\n"), u->words);
    if (out->words_n > u->most)
        return cli_usage_error(u->name, "there is no place for \"%s\"", out->words[u->most]);
    return -1;
}

const char *cli_conf(const cli_args *a)
{
    const char *by_environment = getenv("TILLBRIDGE_CONFIG");
    if (a->conf)
        return a->conf;
    return by_environment && *by_environment ? by_environment : SYSCONFDIR "/tillbridge/tillbridge.conf";
}

int cli_findings(const config_findings *f)
{
    fputs(buffer_text(&f->text), stderr);
    return CLI_CONFIG;
}
