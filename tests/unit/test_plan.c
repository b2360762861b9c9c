/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: what configuration and plugins together make impossible is told before anything starts, each with
 * its place; and what a good plan answers. The configurations are built here, in a folder of their own. */
#include "core/engine/plan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/tb-plan-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.conf", folder);
}

static void remove_folder(void)
{
    char table[96];
    snprintf(table, sizeof table, "%s/skus.csv", folder);
    unlink(table);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *name, const char *text)
{
    char file[96];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

#define HEAD                                                                                                 \
    "journal = \"j\";\nconnections = { shop = { url = \"https://a.example.com\"; }; till = { url = "         \
    "\"https://b.example.com\"; }; };\nauthority = { stock = \"till\"; };\ntables = { skus = \"skus.csv\"; " \
    "};\n"
#define PIPE(name) "{ name = \"" name "\"; owner = \"o\"; mode = \"latest\";\n"
#define SOURCE "sources = ( { plugin = \"part-source\"; every = \"1s\"; } );\n"
#define MAP "transforms = ( { plugin = \"part-map\"; } );\n"
#define NOTES "sources = ( { records = ( \"b.note\" ); } );\n"
#define SINK(connection) "sinks = ( { plugin = \"part-sink\"; connection = \"" connection "\"; } ); }\n"

static const struct {
    const char *pipelines, *expected; /* lines after "folder/t.conf:" */
} faults[] = {
    {PIPE("a") SOURCE SINK("till"), "7: sink \"part-sink\" would set stock (operation item.set) at "
                                    "connection \"till\", which owns it by authority\n"},
    {PIPE("a") SOURCE "sinks = ( { plugin = \"part-sink\"; },\n { plugin = \"part-twin\"; } ); }\n",
     "8: pipeline \"a\": operation item.set is declared by two sinks, \"part-sink\" and \"part-twin\"\n"
     "8: plugins \"part-sink\" and \"part-twin\" both keep state in \"seen\": not in one pipeline\n"},
    {PIPE("a") "sources = ( { plugin = \"part-sauce\"; every = \"1s\"; } );\n" SINK("shop"),
     "6: there is no plugin \"part-sauce\": did you mean \"part-source\"?\n"},
    {PIPE("a") "sources = ( { plugin = \"part-source\"; every = \"1s\"; } );\nsinks = ( { plugin = "
               "\"part-notes\"; } ); }\n",
     "7: sink \"part-notes\" takes no record type that pipeline \"a\" makes\n"},
    {PIPE("a") "sources = ( { plugin = \"part-map\"; every = \"1s\"; } );\n" SINK("shop"),
     "6: plugin \"part-map\" is no source\n"},
    {PIPE("a") "sources = ( { plugin = \"part-source\"; every = \"1s\"; evry = 1; } );\n" SINK("shop"),
     "6: plugin \"part-source\" has no parameter \"evry\"\n"},
    {PIPE("a") SOURCE
     "transforms = ( { plugin = \"part-map\"; bad = true; } ); ignore = ( \"b.note\" );\n" SINK("shop"),
     "7: plugin \"part-map\": a: it is said to be bad\n"},
    {PIPE("a") SOURCE MAP "sinks = ( { plugin = \"part-twin\"; } ); }\n",
     "7: plugin \"part-map\" may emit b.note and no pipeline takes it: add a source with records = ( "
     "\"b.note\" ), or "
     "list it in ignore\n"},
    /* a sink of this pipeline takes notes, but nothing that is emitted comes to it by itself */
    {PIPE("a") SOURCE MAP SINK("shop"),
     "7: plugin \"part-map\" may emit b.note and no pipeline takes it: add a source with records = ( "
     "\"b.note\" ), or "
     "list it in ignore\n"},
    {PIPE("a") NOTES SINK("shop"), "6: no plugin of any pipeline emits b.note\n"},
    {PIPE("a") "sources = ( { plugin = \"part-source\"; every = \"1s\"; }, { records = ( \"b.note\" ); } "
               ");\n" MAP "sinks = ( { plugin = \"part-twin\"; } ); }\n",
     "5: pipeline \"a\": what is emitted comes back in a circle\n"},
};

static void write_config(const char *pipelines)
{
    CLEANUP_BUFFER buffer b = {0};
    buffer_printf(&b, "%spipelines = ( %s );\n", HEAD, pipelines);
    write_file("t.conf", buffer_text(&b));
    write_file("skus.csv", "till,web\n1,2\n");
}

START_TEST(impossible_plan_is_refused)
{
    CLEANUP_BUFFER buffer expected = {0};
    config_findings f = {0};
    plugins *all = plugins_new(MODULES);
    write_config(faults[_i].pipelines);
    for (const char *at = faults[_i].expected; *at; at = strchr(at, '\n') + 1)
        buffer_printf(&expected, "%s:%.*s\n", path, (int)strcspn(at, "\n"), at);
    ck_assert_ptr_null(plan_build(path, all, &f));
    ck_assert_str_eq(buffer_text(&f.text), buffer_text(&expected));
    config_findings_free(&f);
    plugins_free(all);
}
END_TEST

static plan *build_good(plugins *all)
{
    config_findings f = {0};
    write_config(PIPE("items") SOURCE MAP
                 "sinks = ( { plugin = \"part-twin\"; connection = \"shop\"; } ); },\n" PIPE("notes")
                     NOTES SINK("till"));
    plan *p = plan_build(path, all, &f);
    ck_assert_msg(p && !f.n, "%s", buffer_text(&f.text));
    return p;
}

START_TEST(good_plan_answers)
{
    plugins *all = plugins_new(MODULES);
    plan *p = build_good(all);
    const plan_pipeline *items = &p->pipelines[0], *notes = &p->pipelines[1];
    ck_assert_str_eq(plan_operation_find(items, "", "a.item")->operation->name, "item.set");
    ck_assert_ptr_null(plan_operation_find(items, "note.set", "b.note"));
    ck_assert_int_eq(plan_operation_find(notes, "note.set", "b.note")->sink, 0);
    ck_assert_ptr_null(plan_operation_find(notes, "", "c.other"));
    ck_assert(plan_takes(notes, "b.note"));
    ck_assert(!plan_takes(items, "b.note") && !plan_takes(notes, "b.not"));
    ck_assert_str_eq(plan_reason(items, "map.odd")->owner, "buying");
    ck_assert_ptr_null(plan_reason(notes, "map.odd"));
    ck_assert_ptr_nonnull(plan_reason(notes, "effect.unknown")->remedy);
    ck_assert_ptr_null(notes->sources[0].plugin);
    ck_assert_str_eq(items->sinks[0].connection->name, "shop");
    ck_assert_uint_eq(p->tables[0].size, strlen("till,web\n1,2\n"));
    plan_unref(plan_ref(p));
    plan_unref(p);
    plugins_free(all);
}
END_TEST

START_TEST(core_reasons_are_whole)
{
    static const char *const codes[] = {"effect.unknown",  "retry.exhausted",   "journal.damaged",
                                        "event.malformed", "credentials.right", "plugin.fault"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const tb_reason *r = plan_reason(NULL, codes[i]);
        ck_assert_msg(r && *r->title && *r->remedy, "%s", codes[i]);
    }
    ck_assert_ptr_null(plan_reason(NULL, "no.such"));
}
END_TEST

START_TEST(missing_table_is_told)
{
    char expected[256], table[96];
    config_findings f = {0};
    plugins *all = plugins_new(MODULES);
    write_config(PIPE("a") SOURCE SINK("shop"));
    snprintf(table, sizeof table, "%s/skus.csv", folder);
    unlink(table);
    snprintf(expected, sizeof expected,
             "%s:4: table \"skus\": cannot read %s/skus.csv: No such file or directory\n", path, folder);
    ck_assert_ptr_null(plan_build(path, all, &f));
    ck_assert_str_eq(buffer_text(&f.text), expected);
    config_findings_free(&f);
    plugins_free(all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, impossible_plan_is_refused, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(t, good_plan_answers);
    tcase_add_test(t, core_reasons_are_whole);
    tcase_add_test(t, missing_table_is_told);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
