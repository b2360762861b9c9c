/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge check, plugins and doctor: looking at a configuration, at what it could use, and at the systems
 * it names. None of them changes anything. */
#include "core/cli/client.h"

#include <string.h>

#include "core/engine/engine.h"

/* ---- check ---- */

static void print_findings_json(const config_findings *f)
{
    json_t *list = json_array();
    for (const char *at = buffer_text(&f->text); *at;) {
        size_t n = strcspn(at, "\n");
        json_array_append_new(list, json_stringn(at, n));
        at += n + (at[n] == '\n');
    }
    json_t *o = json_pack("{s:b, s:o}", "good", f->n == 0, "findings", list);
    cli_print_json(o);
    json_decref(o);
}

static int check(const cli_args *a)
{
    config_findings findings = {0};
    plugins *all = plugins_new(NULL);
    plan *p = all ? plan_build(cli_conf(a), all, &findings) : NULL;
    int code = p ? CLI_GOOD : CLI_CONFIG;
    if (a->json)
        print_findings_json(&findings);
    else if (!p)
        cli_findings(&findings);
    else if (a->print)
        config_print(p->config, stdout);
    else
        printf("%s: good, %d pipelines, %d connections, %d tables\n", cli_conf(a), p->pipelines_n,
               p->config->connections_n, p->tables_n);
    if (!p && !a->json)
        fprintf(stderr, "%s: %d %s; nothing was started\n", cli_conf(a), findings.n,
                findings.n == 1 ? "mistake" : "mistakes");
    plan_unref(p);
    plugins_free(all);
    config_findings_free(&findings);
    return code;
}

int cli_check(int argc, char **argv)
{
    static const char text[] =
        "Reads the configuration, its plugins and tables as `run` would and tells every mistake\n"
        "in one go, with file and line. Starts nothing, asks no other system. Exit: 0, or 78.\n";
    static const cli_usage usage = {"check", "", text, OPT_CONF | OPT_JSON | OPT_PRINT, 0, 0};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code < 0 && a.json && a.print)
        return cli_usage_error("check", "--print prints the file's own format, not JSON");
    return code >= 0 ? code : check(&a);
}

/* ---- plugins ---- */

typedef struct {
    bool json, bad;
    json_t *list;
} plugin_list;

static void list_plugin(void *arg, const char *name, const plugin *p, const char *why)
{
    plugin_list *l = arg;
    l->bad |= !p;
    if (l->json)
        json_array_append_new(l->list, json_pack("{s:s, s:s, s:s, s:s}", "name", name, "version",
                                                 p ? p->api.version : "", "summary", p ? p->api.summary : "",
                                                 "refused", p ? "" : why));
    else if (p)
        printf("%-16s %-8s %s\n", name, p->api.version, p->api.summary);
    else
        printf("%-16s %sREFUSED%s  %s\n", name, cli_colour("31"), cli_colour("0"), why);
}

static int list_plugins(plugins *all, bool json)
{
    plugin_list l = {json, false, json_array()};
    plugins_each(all, list_plugin, &l);
    if (json) {
        json_t *o = json_pack("{s:O}", "plugins", l.list);
        cli_print_json(o);
        json_decref(o);
    }
    json_decref(l.list);
    return l.bad ? CLI_FOUND : CLI_GOOD;
}

int cli_plugins(int argc, char **argv)
{
    static const char text[] =
        "Lists the plugins that are installed, or prints what one takes and does: parameters,\n"
        "record types, operations, reason codes. Exit: 0, 1 when one is refused.\n";
    static const cli_usage usage = {"plugins", "[NAME]", text, OPT_JSON, 0, 1};
    cli_args a;
    error e = {""};
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    plugins *all = plugins_new(NULL);
    const plugin *one = all && a.words_n ? plugins_get(all, a.words[0], &e) : NULL;
    code = CLI_GOOD;
    if (all && !a.words_n) {
        code = list_plugins(all, a.json);
    } else if (one) {
        plugin_print(one, stdout, a.json);
    } else {
        fprintf(stderr, "tillbridge: %s\n", e.text);
        code = CLI_FOUND;
    }
    plugins_free(all);
    return code;
}

/* ---- doctor ---- */

static void show_findings(const json_t *findings)
{
    static const struct {
        const char *finding, *colour;
    } colours[] = {{"good", "32"}, {"doubt", "33"}, {"bad", "31"}};
    size_t i;
    json_t *f;
    json_array_foreach(findings, i, f)
    {
        const char *finding = cli_text(f, "finding"), *colour = "0";
        for (size_t k = 0; k < sizeof colours / sizeof *colours; k++)
            colour = strcmp(finding, colours[k].finding) ? colour : colours[k].colour;
        printf("%s%-5s%s %-10s %-14s %s: %s\n", cli_colour(colour), finding, cli_colour("0"),
               cli_text(f, "pipeline"), cli_text(f, "plugin"), cli_text(f, "what"), cli_text(f, "text"));
    }
    if (!i)
        printf("no plugin of this configuration has anything to look at\n");
}

static bool any_bad(const json_t *findings)
{
    size_t i;
    json_t *f;
    json_array_foreach(findings, i, f)
    {
        if (!strcmp(cli_text(f, "finding"), "bad"))
            return true;
    }
    return false;
}

static int ask_offline(const cli_args *a, json_t **out)
{
    config_findings findings = {0};
    plugins *all = plugins_new(NULL);
    plan *p = all ? plan_build(cli_conf(a), all, &findings) : NULL;
    int code = p ? CLI_GOOD : cli_findings(&findings);
    if (p)
        *out = engine_doctor_offline(p);
    plan_unref(p);
    plugins_free(all);
    config_findings_free(&findings);
    return code;
}

/* A daemon that runs is asked: it has the secrets, and a second caller beside it would use up the budget of a
 * system that takes one call at a time. Without one the file is looked at. */
static int ask_doctor(const cli_args *a, json_t **out)
{
    client *c = NULL;
    int code = client_open_daemon(a, &c);
    if (code)
        return code;
    if (!c)
        return ask_offline(a, out);
    fprintf(stderr, "the daemon is asked, about the configuration that it runs\n");
    code = client_call(c, "GET", "doctor", NULL, NULL, out);
    client_close(c);
    return code;
}

int cli_doctor(int argc, char **argv)
{
    static const char text[] =
        "Asks the systems that the configuration names: can they be reached, do the credentials\n"
        "have the rights, do warehouses and sources exist. Changes nothing there. Exit: 0, 1 when\n"
        "something is bad, 78.\n";
    static const cli_usage usage = {"doctor", "", text, OPT_CONF | OPT_JSON, 0, 0};
    cli_args a;
    json_t *x = NULL;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    code = ask_doctor(&a, &x);
    const json_t *findings = json_object_get(x, "findings");
    if (x && a.json)
        cli_print_json(x);
    else if (x)
        show_findings(findings);
    if (!code && any_bad(findings))
        code = CLI_FOUND;
    json_decref(x);
    return code;
}
