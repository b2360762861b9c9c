/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge cursor, reload and pipeline: changes that are one call each. */
#include "core/cli/client.h"

#include <string.h>

/* ---- cursor ---- */

static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

static void show_cursors(const json_t *x)
{
    size_t i;
    json_t *c;
    char when[CLI_TIME];
    printf("%s%-12s %-12s %-12s %-20s  %s%s\n", cli_colour("1"), "PIPELINE", "CONNECTION", "STREAM", "SINCE",
           "VALUE", cli_colour("0"));
    json_array_foreach(json_object_get(x, "cursors"), i, c)
    {
        printf("%-12s %-12s %-12s %-20s  %s\n", cli_text(c, "pipeline"), or_dash(cli_text(c, "connection")),
               or_dash(cli_text(c, "stream")), cli_time(cli_number(c, "when"), when), cli_text(c, "value"));
    }
}

static int cursor_show(const cli_args *a)
{
    json_t *x = NULL;
    int code = client_once(a, "GET", "cursors", NULL, NULL, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        show_cursors(x);
    json_decref(x);
    return code;
}

static int cursor_set(const cli_args *a)
{
    json_t *body = client_why(a), *x = NULL;
    static const char *const names[] = {"pipeline", "connection", "stream", "value"};
    for (int i = 0; i < 4; i++) {
        const char *word = a->words[1 + i];
        json_object_set_new(body, names[i], json_string(i < 3 && !strcmp(word, "-") ? "" : word));
    }
    int code = client_once(a, "POST", "cursors", NULL, body, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        printf("the next read of %s begins at %s\n", a->words[1], a->words[4]);
    json_decref(x);
    return code;
}

int cli_cursor(int argc, char **argv)
{
    static const char *const verbs[] = {"show", "set"};
    static const char text[] =
        "Shows where each source stands; sets where it reads on (its own text: copy the form that\n"
        "show prints). \"-\" stands for no connection. Records that are read again are known by\n"
        "their ids or their state.\n";
    static const cli_usage usage = {"cursor", "show\nset PIPELINE CONNECTION STREAM VALUE --why TEXT",
                                    text,     OPT_CONF | OPT_JSON | OPT_OFFLINE | OPT_WHY,
                                    0,        5};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    const char *verb = a.words_n ? a.words[0] : "show";
    if (!strcmp(verb, "show") && a.words_n < 2)
        return cursor_show(&a);
    if (strcmp(verb, "set"))
        return cli_no_such("cursor", verb, verbs, 2);
    if (a.words_n != 5 || !a.why)
        return cli_usage_error("cursor", "set wants PIPELINE CONNECTION STREAM VALUE and --why");
    return cursor_set(&a);
}

/* ---- reload ---- */

/* A file with a syntax error does not even say where the daemon is; the daemon would refuse it just so. */
int cli_reload(int argc, char **argv)
{
    static const char text[] =
        "Makes the daemon read its configuration again: all or nothing. What did not change is\n"
        "not touched; when anything is wrong nothing is changed, and it says why. Exit: 0, 75 no\n"
        "daemon runs, 78 refused.\n";
    static const cli_usage usage = {"reload", "", text, OPT_CONF | OPT_JSON, 0, 0};
    cli_args a;
    client *c;
    json_t *x = NULL;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    if ((code = client_open_daemon(&a, &c)))
        return code;
    if (c) {
        code = client_call(c, "POST", "reload", NULL, client_why(&a), &x);
    } else {
        fprintf(stderr, "tillbridge: no daemon runs: it reads the configuration when it starts\n");
        code = CLI_TEMPORARY;
    }
    client_close(c);
    if (x && a.json)
        cli_print_json(x);
    else if (x)
        printf("%s\n", cli_text(x, "verdict"));
    json_decref(x);
    return code;
}

/* ---- pipeline ---- */

static int pipeline_change(const cli_args *a, const char *verb, const char *to)
{
    char path[128];
    json_t *body = client_why(a), *x = NULL;
    if (to)
        json_object_set_new(body, "to", json_string(to));
    snprintf(path, sizeof path, "pipelines/%s/%s", a->words[1], verb);
    int code = client_once(a, "POST", path, NULL, body, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        printf("pipeline %s is %s%s%s\n", a->words[1], to ? "now " : "retired", to ? to : "",
               to ? " in the journal: change its name in the configuration too" : ": its history stays");
    json_decref(x);
    return code;
}

int cli_pipeline(int argc, char **argv)
{
    static const char *const verbs[] = {"rename", "retire"};
    static const char text[] =
        "A pipeline's identity is its name: its counters, cursors, state and unsettled records\n"
        "are kept under it. rename carries them over to another name; retire lets go of one that\n"
        "is not configured any more and has no unsettled records. Neither is done to a pipeline\n"
        "that runs.\n";
    static const cli_usage usage = {"pipeline", "rename OLD NEW --why TEXT\nretire NAME --why TEXT",
                                    text,       OPT_CONF | OPT_JSON | OPT_WHY,
                                    1,          3};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    bool rename = !strcmp(a.words[0], "rename");
    if (!rename && strcmp(a.words[0], "retire"))
        return cli_no_such("pipeline", a.words[0], verbs, 2);
    if (a.words_n != (rename ? 3 : 2) || !a.why)
        return cli_usage_error("pipeline", "%s wants %s and --why", a.words[0], rename ? "OLD NEW" : "NAME");
    for (int i = 1; i < a.words_n; i++) {
        if (!config_name_fine(a.words[i]))
            return cli_usage_error("pipeline", "\"%s\" is no name of a pipeline", a.words[i]);
    }
    return pipeline_change(&a, a.words[0], rename ? a.words[2] : NULL);
}
