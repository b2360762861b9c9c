/* SPDX-License-Identifier: Apache-2.0 */
/* Every plugin's page names exactly what its tables hold: parameters with their type, default and whether
 * they are required, reason codes, namespaces, operations. It runs over all plugins that the build makes. */
#include "core/plugin/plugin.h"

#include <check.h>
#include <glob.h>
#include <string.h>

typedef struct {
    char *text; /* plain: no fonts, no escapes */
    const char *name;
} page;

/* ---- a page as plain text ---- */

static char *read_all(const char *path)
{
    CLEANUP_BUFFER buffer b = {0};
    char part[4096];
    size_t n;
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s is missing", path);
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        buffer_add(&b, part, n);
    fclose(in);
    return buffer_take(&b);
}

/* Fonts (\\fB) and quotes go, \\- is a hyphen. */
static void make_plain(char *text)
{
    char *out = text;
    for (const char *at = text; *at; at++) {
        if (!strncmp(at, "\\f", 2))
            at += 2;
        else if (!strncmp(at, "\\(dq", 4))
            at += 3;
        else if (*at == '\\' && at[1] == '-')
            *out++ = *++at;
        else if (*at != '"')
            *out++ = *at;
    }
    *out = '\0';
}

static page open_page(const char *name)
{
    char pattern[512];
    glob_t found;
    snprintf(pattern, sizeof pattern, SOURCES "/plugins/*/tillbridge-%s.7", name);
    ck_assert_msg(!glob(pattern, 0, NULL, &found), "plugin %s has no page %s", name, pattern);
    page p = {read_all(found.gl_pathv[0]), name};
    globfree(&found);
    make_plain(p.text);
    return p;
}

/* Where the section's lines begin; NULL: it has none. *end: where the next one begins. */
static const char *section(const page *p, const char *title, const char **end)
{
    char head[64];
    snprintf(head, sizeof head, "\n.SH %s\n", title);
    const char *at = strstr(p->text, head);
    if (!at)
        return NULL;
    at += strlen(head) - 1;
    *end = strstr(at + 1, "\n.SH ");
    if (!*end)
        *end = at + strlen(at);
    return at;
}

/* ---- its entries ---- */

typedef void each_entry(void *arg, const char *name, const char *line);

/* Calls `each` for each name behind a .TP; a line may name several, with commas between. */
static void each_named(const page *p, const char *title, each_entry *each, void *arg)
{
    const char *end, *at = section(p, title, &end);
    while (at && (at = strstr(at, "\n.TP")) && at < end) {
        char line[256], names[256], *rest = names;
        at = strchr(at + 1, '\n') + 1;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        const char *first = *line == '.' ? line + strcspn(line, " ") + 1 : line;
        snprintf(names, sizeof names, "%s", first);
        for (char *word; (word = strsep(&rest, " "));) {
            size_t n = strlen(word);
            bool more = n && word[n - 1] == ',';
            word[more ? n - 1 : n] = '\0';
            each(arg, word, line);
            if (!more)
                break;
        }
    }
}

typedef struct {
    const char *wanted;
    int found;
    char line[256];
} search;

static void compare(void *arg, const char *name, const char *line)
{
    search *s = arg;
    if (strcmp(name, s->wanted))
        return;
    s->found++;
    snprintf(s->line, sizeof s->line, "%s", line);
}

static void count(void *arg, const char *name, const char *line)
{
    (void)name, (void)line;
    ++*(int *)arg;
}

static search named_once(const page *p, const char *title, const char *name)
{
    search s = {.wanted = name};
    each_named(p, title, compare, &s);
    ck_assert_msg(s.found == 1, "%s: %s stands %d times under %s", p->name, name, s.found, title);
    return s;
}

static void named_are(const page *p, const char *title, int expected)
{
    int n = 0;
    each_named(p, title, count, &n);
    ck_assert_msg(n == expected, "%s: %d entries under %s, the plugin has %d", p->name, n, title, expected);
}

/* ---- parameters ---- */

static bool says_type(const tb_param *p, const char *line)
{
    static const char *const words[][2] = {
        [TB_STRING] = {"string", "text"},        [TB_INT] = {"integer", "number"},
        [TB_BOOL] = {"boolean", "boolean"},      [TB_DURATION] = {"duration", "duration"},
        [TB_BYTES] = {"size", "bytes"},          [TB_TIME] = {"time", "time"},
        [TB_TABLE] = {"table", "table"},         [TB_CHOICE] = {"", ""},
        [TB_QUANTITY] = {"quantity", "quantity"}};
    char choices[128] = "", *rest = choices;
    if (p->type != TB_CHOICE)
        return strstr(line, words[p->type][0]) || strstr(line, words[p->type][1]);
    snprintf(choices, sizeof choices, "%s", p->choices);
    for (char *word; (word = strsep(&rest, " "));) {
        if (!strstr(line, word))
            return false;
    }
    return true;
}

static void agrees(const page *g, const tb_param *p)
{
    char default_[128];
    search s = named_once(g, "PARAMETERS", p->name);
    bool shown = p->fallback && *p->fallback;
    snprintf(default_, sizeof default_, "default %s", shown ? p->fallback : "");
    ck_assert_msg(says_type(p, s.line), "%s: \"%s\" does not say its type", g->name, s.line);
    ck_assert_msg(!strstr(s.line, "required") == !(p->flags & TB_REQUIRED), "%s: \"%s\": required or not",
                  g->name, s.line);
    ck_assert_msg(!strstr(s.line, "secret") == !(p->flags & TB_SECRET), "%s: \"%s\": secret or not", g->name,
                  s.line);
    ck_assert_msg(shown ? strstr(s.line, default_) != NULL : !strstr(s.line, "default"),
                  "%s: \"%s\": its default is %s", g->name, s.line, shown ? p->fallback : "none");
}

/* ---- over every plugin ---- */

static void tables_agree(const page *g, const tb_plugin *api)
{
    int n = 0;
    for (const tb_param *p = api->params; p && p->name; p++, n++)
        agrees(g, p);
    named_are(g, "PARAMETERS", n);
    n = 0;
    for (const tb_reason *r = api->reasons; r && r->code; r++, n++)
        named_once(g, "REASON CODES", r->code);
    named_are(g, "REASON CODES", n);
    n = 0;
    for (const char *const *s = api->namespaces; s && *s; s++, n++)
        named_once(g, "NAMESPACES", *s);
    named_are(g, "NAMESPACES", n);
    for (const tb_operation *o = api->operations; o && o->name; o++)
        ck_assert_msg(strstr(g->text, o->name) && strstr(g->text, o->takes), "%s: %s is not named", g->name,
                      o->name);
}

START_TEST(page_agrees_with_the_tables)
{
    char list[] = PLUGIN_LIST, *rest = list, *file = NULL;
    for (int i = 0; i <= _i; i++)
        file = strsep(&rest, " ");
    error e = {""};
    file[strlen(file) - strlen(".la")] = '\0';
    plugins *all = plugins_new(PLUGIN_FILES);
    const plugin *p = plugins_get(all, file, &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    page g = open_page(file);
    tables_agree(&g, &p->api);
    free(g.text);
    plugins_free(all);
}
END_TEST

int main(void)
{
    int n = 1;
    for (const char *at = PLUGIN_LIST; *at; at++)
        n += *at == ' ';
    Suite *s = suite_create("pages");
    TCase *t = tcase_create("pages");
    suite_add_tcase(s, t);
    tcase_add_loop_test(t, page_agrees_with_the_tables, 0, n);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
