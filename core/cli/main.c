/* SPDX-License-Identifier: Apache-2.0 */
/* The command: finds the command by its name and hands over. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

#include "core/cli/cli.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", cli_run, "run the daemon"},
    {"check", cli_check, "check a configuration, every mistake in one go"},
    {"doctor", cli_doctor, "ask both systems for reach, rights and set-up; changes nothing"},
    {"status", cli_status, "the conservation line, freshness, connections"},
    {"plugins", cli_plugins, "list plugins, or print what one of them takes and does"},
    {"exceptions", cli_exceptions, "what waits for a person: list, show, retry, drop"},
    {"explain", cli_explain, "what became of a key, and why"},
    {"approve", cli_approve, "put in force what a plugin proposes instead of what it has pinned"},
    {"cursor", cli_cursor, "where the sources stand: show, set"},
    {"reload", cli_reload, "make the daemon read its configuration again: all or nothing"},
    {"pipeline", cli_pipeline, "rename or retire a pipeline in the journal"},
    {"demo", cli_demo, "simulators, daemon and live traffic to watch"},
    {"version", cli_version, "print the version"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

int cli_version(int argc, char **argv)
{
    static const char text[] = "Prints the version and the version of the plugin contract.\n";
    static const cli_usage usage = {"version", "", text, OPT_JSON, 0, 0};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    if (a.json)
        printf("{\"version\": \"%s\", \"contract\": \"%d.%d\"}\n", PACKAGE_VERSION, TB_ABI_MAJOR,
               TB_ABI_MINOR);
    else
        printf("tillbridge %s (plugin contract %d.%d)\n", PACKAGE_VERSION, TB_ABI_MAJOR, TB_ABI_MINOR);
    return CLI_GOOD;
}

static int help(FILE *out)
{
    fputs("usage: tillbridge COMMAND [OPTIONS]\n\n", out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    fputs("\ntillbridge COMMAND --help says more; tillbridge(1) says all.\n", out);
    return out == stdout ? CLI_GOOD : CLI_USAGE;
}

static int unknown(const char *word)
{
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = config_nearest(word, names, COMMANDS);
    fprintf(stderr, "tillbridge: there is no command \"%s\"%s%s%s (see tillbridge --help)\n", word,
            near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word)
        return help(stderr);
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return help(stdout);
    if (!strcmp(word, "--version"))
        return cli_version(1, argv);
    for (int i = 0; i < COMMANDS; i++) {
        if (!strcmp(word, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    }
    return unknown(word);
}
