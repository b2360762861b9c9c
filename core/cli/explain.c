/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge explain: what became of a key, as a person would tell it: what waits now, what holds it, what
 * was done, newest first. */
#include "core/cli/client.h"

#include <string.h>

#include "core/base/env.h"

static void show_json(const char *name, const json_t *value)
{
    CLEANUP_FREE char *text = value && !json_is_null(value)
                                  ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS)
                                  : NULL;
    if (text && strcmp(text, "\"\""))
        printf("    %-8s %.600s\n", name, text);
}

static void show_record(const json_t *r)
{
    char since[CLI_TIME], due[CLI_TIME];
    const json_t *intent = json_object_get(r, "intent");
    printf("  %s: %s since %s, step %lld, %lld attempts, due %s%s\n", cli_text(r, "pipeline"),
           cli_text(r, "state"), cli_time(cli_number(r, "first_seen"), since),
           (long long)cli_number(r, "step"), (long long)cli_number(r, "attempts"),
           cli_time(cli_number(r, "due"), due),
           json_is_true(json_object_get(r, "released")) ? ", released by a person" : "");
    show_json("body", json_object_get(r, "body"));
    if (intent)
        printf("    intent   %s on %s, identity %s: whether it took effect is not known\n",
               cli_text(intent, "operation"), cli_text(intent, "connection"), cli_text(intent, "probe"));
}

static void show_exception(const json_t *x)
{
    printf("  exception %lld %s: %s\n", (long long)cli_number(x, "id"), cli_text(x, "reason"),
           *cli_text(x, "text") ? cli_text(x, "text") : cli_text(x, "title"));
    if (*cli_text(x, "remedy"))
        printf("    remedy   %s\n", cli_text(x, "remedy"));
}

static void show_outcome(const json_t *o)
{
    char when[CLI_TIME];
    const char *reason = cli_text(o, "reason"), *words = cli_text(o, "text"), *id = cli_text(o, "answer_id");
    printf("  %s %s: %s%s%s%s%s%s%s%s%s\n", cli_time(cli_number(o, "when"), when), cli_text(o, "pipeline"),
           cli_text(o, "verdict"), *reason ? " " : "", reason,
           json_is_true(json_object_get(o, "noop")) ? " (unchanged)" : "",
           json_is_true(json_object_get(o, "overtaken")) ? " (overtaken)" : "", *words ? ": " : "", words,
           *id ? ", id " : "", id);
    show_json("came in", json_object_get(o, "came_in"));
    show_json("sent", json_object_get(o, "sent"));
    show_json("answered", json_object_get(o, "answer"));
}

static void show_list(const char *title, const json_t *list, void (*show)(const json_t *))
{
    size_t i;
    json_t *x;
    if (json_array_size(list))
        printf("%s%s%s\n", cli_colour("1"), title, cli_colour("0"));
    json_array_foreach(list, i, x)
    {
        show(x);
    }
}

static int show(const json_t *x, const char *key)
{
    const json_t *now = json_object_get(x, "records"), *held = json_object_get(x, "exceptions"),
                 *before = json_object_get(x, "history");
    if (!json_array_size(now) && !json_array_size(before)) {
        printf("nothing is known of %s\n", key);
        return CLI_FOUND;
    }
    if (!json_array_size(now))
        printf("nothing of %s waits\n", key);
    show_list("now", now, show_record);
    show_list("held by", held, show_exception);
    show_list("before, newest first", before, show_outcome);
    return CLI_GOOD;
}

int cli_explain(int argc, char **argv)
{
    static const char text[] =
        "Tells all that is known of a key or business key: what waits now and what holds it, and\n"
        "its history with what came in, what was sent and what was answered. Exit: 0, or 1 when\n"
        "nothing is known of it.\n";
    static const cli_usage usage = {"explain", "KEY", text, OPT_CONF | OPT_JSON | OPT_OFFLINE | OPT_PIPELINE,
                                    1,         1};
    cli_args a;
    json_t *x = NULL;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    json_t *query = json_pack("{s:s}", "key", a.words[0]);
    if (a.pipeline)
        json_object_set_new(query, "pipeline", json_string(a.pipeline));
    code = client_once(&a, "GET", "explain", query, NULL, &x);
    if (x && a.json)
        cli_print_json(x);
    else if (x)
        code = show(x, a.words[0]);
    json_decref(x);
    return code;
}
