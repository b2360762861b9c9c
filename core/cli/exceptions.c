/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge exceptions: what waits for a person, and what a person can do about it. */
#include "core/cli/client.h"

#include <string.h>

#include "core/base/env.h"

/* ---- list ---- */

static json_t *list_query(const cli_args *a, int64_t after)
{
    char number[24];
    json_t *q = json_object();
    snprintf(number, sizeof number, "%lld", (long long)after);
    json_object_set_new(q, "after", json_string(number));
    client_narrow(a, q);
    if (a->all)
        json_object_set_new(q, "all", json_string("1"));
    return q;
}

/* All pages as one array. */
static int fetch_all(const cli_args *a, json_t *out)
{
    client *c;
    int code = client_open(a, &c);
    int64_t after = 0;
    while (!code) {
        json_t *page = NULL;
        if ((code = client_call(c, "GET", "exceptions", list_query(a, after), NULL, &page)))
            break;
        json_array_extend(out, json_object_get(page, "exceptions"));
        after = cli_number(page, "next");
        json_decref(page);
        if (!after)
            break;
    }
    client_close(c);
    return code;
}

static void show_row(const json_t *x, int64_t now)
{
    char age[CLI_AGE];
    printf("%-6lld %-12s %-24s %7lld  %-11s %-16s %s%s%s%s\n", (long long)cli_number(x, "id"),
           cli_text(x, "pipeline"), cli_text(x, "reason"), (long long)cli_number(x, "behind"),
           cli_age(now - cli_number(x, "opened"), age), cli_text(x, "owner"), cli_text(x, "cause"),
           *cli_text(x, "title") ? ": " : "", cli_text(x, "title"),
           json_is_true(json_object_get(x, "open")) ? "" : " (closed)");
}

static int list(const cli_args *a)
{
    size_t i;
    json_t *x, *all = json_array();
    int code = fetch_all(a, all);
    if (!code && a->json) {
        json_t *o = json_pack("{s:O}", "exceptions", all);
        cli_print_json(o);
        json_decref(o);
    } else if (!code && !json_array_size(all)) {
        printf("no exceptions: nothing waits for a person\n");
    } else if (!code) {
        printf("%s%-6s %-12s %-24s %7s  %-11s %-16s %s%s\n", cli_colour("1"), "ID", "PIPELINE", "REASON",
               "BEHIND", "AGE", "OWNER", "CAUSE", cli_colour("0"));
        json_array_foreach(all, i, x)
        {
            show_row(x, env_now());
        }
    }
    json_decref(all);
    return code;
}

/* ---- show ---- */

static void show_line(const char *name, const char *value)
{
    if (*value)
        printf("%-9s %s\n", name, value);
}

static void show_one(const json_t *x)
{
    char opened[CLI_TIME], last[CLI_TIME], age[CLI_AGE];
    size_t i;
    json_t *key, *keys = json_object_get(x, "keys");
    printf("%sexception %lld%s: %s%s\n", cli_colour("1"), (long long)cli_number(x, "id"), cli_colour("0"),
           cli_text(x, "reason"), json_is_true(json_object_get(x, "open")) ? "" : " (closed)");
    show_line("what", cli_text(x, "title"));
    show_line("cause", cli_text(x, "cause"));
    show_line("text", cli_text(x, "text"));
    show_line("remedy", cli_text(x, "remedy"));
    show_line("owner", cli_text(x, "owner"));
    show_line("pipeline", cli_text(x, "pipeline"));
    show_line("note", cli_text(x, "note"));
    printf("%-9s %s, last %s, %lld times\n", "opened", cli_time(cli_number(x, "opened"), opened),
           cli_time(cli_number(x, "last"), last), (long long)cli_number(x, "count"));
    printf("%-9s %lld keys\n", "behind", (long long)cli_number(x, "behind"));
    json_array_foreach(keys, i, key)
    {
        int64_t since = cli_number(key, "first_seen");
        printf("  %s%s%s\n", cli_text(key, "key"), since ? "  since " : "",
               since ? cli_age(env_now() - since, age) : "");
    }
    if ((int64_t)json_array_size(keys) < cli_number(x, "behind"))
        printf("  ... and more\n");
}

static int show(const cli_args *a, const char *path)
{
    json_t *x = NULL;
    int code = client_once(a, "GET", path, NULL, NULL, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        show_one(x);
    json_decref(x);
    return code;
}

/* ---- retry, drop ---- */

static int change(const cli_args *a, const char *path, const char *verb)
{
    json_t *body = client_why(a), *x = NULL;
    client_narrow(a, body);
    int code = client_once(a, "POST", path, NULL, body, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        printf("%lld records %s\n", (long long)cli_number(x, verb), verb);
    json_decref(x);
    return code;
}

static int one(const cli_args *a)
{
    const char *verb = a->words[0], *id = a->words[1];
    char path[96];
    if (!id[strspn(id, "0123456789")] && *id && strlen(id) < 19)
        snprintf(path, sizeof path, "exceptions/%s%s%s", id, *verb == 's' ? "" : "/",
                 *verb == 's' ? "" : verb);
    else
        return cli_usage_error("exceptions", "\"%s\" is no number of an exception", id);
    if (*verb == 's')
        return show(a, path);
    if (*verb == 'd' && !a->why)
        return cli_usage_error("exceptions", "drop wants --why");
    return change(a, path, *verb == 'd' ? "dropped" : "released");
}

int cli_exceptions(int argc, char **argv)
{
    static const char *const verbs[] = {"list", "show", "retry", "drop"};
    static const char text[] =
        "Lists what waits for a person; shows one with its remedy and the keys behind it; lets\n"
        "its records be tried again (retry; a mass-change brake lets them pass); gives them up\n"
        "(drop). retry and drop take --key for one key of it and --why (drop wants it); both are\n"
        "written to the audit chain.\n";
    static const cli_usage usage = {"exceptions",
                                    "list\nshow ID\nretry ID\ndrop ID",
                                    text,
                                    OPT_CONF | OPT_JSON | OPT_OFFLINE | OPT_PIPELINE | OPT_ALL | OPT_KEY |
                                        OPT_WHY,
                                    0,
                                    2};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    const char *verb = a.words_n ? a.words[0] : "list";
    if (!strcmp(verb, "list") && a.words_n < 2)
        return list(&a);
    for (int i = 1; i < 4; i++) {
        if (!strcmp(verb, verbs[i]))
            return a.words_n == 2 ? one(&a) : cli_usage_error("exceptions", "%s wants the ID of one", verb);
    }
    return cli_no_such("exceptions", verb, verbs, 4);
}
