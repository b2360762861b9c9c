/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge approve: what a plugin proposes instead of what it has pinned; with --by and --why it is in
 * force from then on. */
#include "core/cli/client.h"

#include <string.h>

static void show_value(const char *name, const json_t *x)
{
    CLEANUP_FREE char *text = json_dumps(x, JSON_COMPACT | JSON_ENCODE_ANY);
    printf("    %-9s %s\n", name, text ? text : "");
}

static void show(const json_t *list, bool approved)
{
    size_t i;
    json_t *x;
    json_array_foreach(list, i, x)
    {
        const json_t *force = json_object_get(x, "in_force");
        printf("%s%s%s %s\n", cli_colour("1"), cli_text(x, "namespace"), cli_colour("0"), cli_text(x, "key"));
        show_value("in force", json_array_get(force, json_array_size(force) - 1));
        if (!approved)
            show_value("proposed", json_object_get(x, "proposed"));
    }
}

static int look(const cli_args *a, const char *path)
{
    json_t *query = json_object(), *x = NULL;
    client_narrow(a, query);
    int code = client_once(a, "GET", path, query, NULL, &x);
    const json_t *list = json_object_get(x, "proposals");
    if (x && a->json)
        cli_print_json(x);
    else if (x && json_array_size(list))
        show(list, false);
    else if (x)
        printf("nothing is proposed\n");
    if (x && !a->json && json_array_size(list))
        printf("approve it with: tillbridge approve %s --by NAME --why TEXT\n", a->words[0]);
    json_decref(x);
    return code;
}

static int approve(const cli_args *a, const char *path)
{
    json_t *body = client_why(a), *x = NULL;
    json_object_set_new(body, "by", json_string(a->by));
    client_narrow(a, body);
    int code = client_once(a, "POST", path, NULL, body, &x);
    if (x && a->json)
        cli_print_json(x);
    else if (x)
        show(json_object_get(x, "approved"), true);
    json_decref(x);
    return code;
}

int cli_approve(int argc, char **argv)
{
    static const char text[] =
        "What a plugin has pinned stops the records that differ from it, until a person has\n"
        "compared and approves what is proposed instead: from then on it is in force, and what\n"
        "waited for it comes again by itself. NAME is what the exception's remedy names (tax).\n"
        "Without --by and --why it shows what is in force and what is proposed.\n";
    static const cli_usage usage = {
        "approve", "NAME\nNAME --by NAME --why TEXT",
        text,      OPT_CONF | OPT_JSON | OPT_PIPELINE | OPT_KEY | OPT_BY | OPT_WHY,
        1,         1};
    cli_args a;
    char path[128];
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    if (!config_name_fine(a.words[0]))
        return cli_usage_error("approve", "\"%s\" is no name of something to approve", a.words[0]);
    if (!a.by != !a.why)
        return cli_usage_error("approve", "it wants --by and --why, or none of them to look");
    snprintf(path, sizeof path, "approvals/%s", a.words[0]);
    return a.by ? approve(&a, path) : look(&a, path);
}
