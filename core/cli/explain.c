/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge explain: what became of a key, as a person would tell it: what waits now, what holds it, what is
 * remembered of it, what was done, newest first. What plugins remember is JSON whose meaning is theirs; it is
 * laid out for reading, small things on one line. */
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

/* ---- JSON for people ---- */

enum { LINE = 100 };

/* Times are kept in ms since 1970; no count of anything else is that large. */
static bool is_time(const json_t *x)
{
    return json_is_integer(x) && json_integer_value(x) > 1000000000000 &&
           json_integer_value(x) < 4102444800000;
}

static void add_scalar(buffer *out, const json_t *x)
{
    char when[CLI_TIME];
    CLEANUP_FREE char *text = json_is_string(x) ? NULL : json_dumps(x, JSON_COMPACT | JSON_ENCODE_ANY);
    buffer_puts(out, json_is_string(x) ? json_string_value(x)
                     : is_time(x)      ? cli_time(json_integer_value(x), when)
                     : text            ? text
                                       : "");
}

static void add_line(buffer *out, const json_t *x)
{
    size_t i, n = 0;
    const char *name;
    json_t *part;
    if (json_is_array(x)) {
        json_array_foreach(x, i, part)
        {
            buffer_puts(out, i ? "; " : "");
            add_line(out, part);
        }
        return;
    }
    if (!json_is_object(x)) {
        add_scalar(out, x);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)x, name, part)
    {
        buffer_printf(out, "%s%s ", n++ ? ", " : "", name);
        add_line(out, part);
    }
}

static void show_tree(const char *name, const json_t *x, int depth);

static void show_parts(const json_t *x, int depth)
{
    size_t i;
    const char *name;
    json_t *part;
    char number[24];
    json_object_foreach((json_t *)(uintptr_t)x, name, part) show_tree(name, part, depth);
    json_array_foreach(x, i, part)
    {
        snprintf(number, sizeof number, "%zu", i + 1);
        show_tree(number, part, depth);
    }
}

/* A list of one thing is that thing. */
static void show_tree(const char *name, const json_t *x, int depth)
{
    while (json_array_size(x) == 1)
        x = json_array_get(x, 0);
    CLEANUP_BUFFER buffer line = {0};
    add_line(&line, x);
    if (line.size > LINE && (json_is_object(x) || json_is_array(x))) {
        printf("%*s%s\n", depth * 2, "", name);
        show_parts(x, depth + 1);
    } else {
        printf("%*s%s %s\n", depth * 2, "", name, buffer_text(&line));
    }
}

static void show_remembered(const json_t *x)
{
    CLEANUP_BUFFER buffer name = {0};
    if (json_object_get(x, "too_large")) {
        printf("  %s is too large to be looked through for entries that end with it\n",
               cli_text(x, "namespace"));
        return;
    }
    buffer_printf(&name, "%s %s:", cli_text(x, "namespace"), cli_text(x, "key"));
    show_tree(buffer_text(&name), json_object_get(x, "value"), 1);
}

/* ---- now, before ---- */

static void show_record(const json_t *r)
{
    size_t i;
    json_t *on;
    char since[CLI_TIME], due[CLI_TIME];
    const json_t *intent = json_object_get(r, "intent");
    printf("  %s: %s since %s, step %lld, %lld attempts, due %s%s\n", cli_text(r, "pipeline"),
           cli_text(r, "state"), cli_time(cli_number(r, "first_seen"), since),
           (long long)cli_number(r, "step"), (long long)cli_number(r, "attempts"),
           cli_time(cli_number(r, "due"), due),
           json_is_true(json_object_get(r, "released")) ? ", released by a person" : "");
    json_array_foreach(json_object_get(r, "depends"), i, on)
    {
        printf("    waits    for a change of %s %s\n", cli_text(on, "kind"), cli_text(on, "name"));
    }
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
                 *before = json_object_get(x, "history"), *known = json_object_get(x, "remembered");
    if (!json_array_size(now) && !json_array_size(before) && !json_array_size(known)) {
        printf("nothing is known of %s\n", key);
        return CLI_FOUND;
    }
    if (!json_array_size(now))
        printf("nothing of %s waits\n", key);
    show_list("now", now, show_record);
    show_list("held by", held, show_exception);
    show_list("remembered", known, show_remembered);
    show_list("before, newest first", before, show_outcome);
    return CLI_GOOD;
}

int cli_explain(int argc, char **argv)
{
    static const char text[] =
        "Tells all that is known of a key or business key: what waits now, for what, and what holds\n"
        "it; what plugins remember of it (of an order: where it was routed and why, its attempts at\n"
        "the till, what is reserved for it, the tax verdict); and its history with what came in,\n"
        "what was sent and what was answered. TYPE (order, stock.level) narrows it to records of\n"
        "that type. Exit: 0, or 1 when nothing is known of it.\n";
    static const cli_usage usage = {
        "explain", "[TYPE] KEY", text, OPT_CONF | OPT_JSON | OPT_OFFLINE | OPT_PIPELINE, 1, 2};
    cli_args a;
    json_t *x = NULL;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    const char *key = a.words[a.words_n - 1];
    json_t *query = json_pack("{s:s}", "key", key);
    if (a.words_n > 1)
        json_object_set_new(query, "type", json_string(a.words[0]));
    client_narrow(&a, query);
    code = client_once(&a, "GET", "explain", query, NULL, &x);
    if (x && a.json)
        cli_print_json(x);
    else if (x)
        code = show(x, key);
    json_decref(x);
    return code;
}
