/* SPDX-License-Identifier: Apache-2.0 */
/* file-source and file-sink, as they are installed, in the kit's host. */
#include <tillbridge/test.h>

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tb-file-XXXXXX", path[64], param[80];

static const tb_plugin *load(const char *name)
{
    char file[512];
    snprintf(file, sizeof file, PLUGIN_FILES "/%s.so", name);
    void *so = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    ck_assert_msg(so != NULL, "%s", dlerror());
    const tb_plugin *plugin = dlsym(so, "tillbridge_plugin");
    ck_assert_ptr_nonnull(plugin);
    ck_assert_str_eq(plugin->name, name);
    return plugin;
}

static void write_file(const char *mode, const char *text)
{
    FILE *f = fopen(path, mode);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    fclose(f);
}

static const char *read_back(void)
{
    static char text[4096];
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void fresh_file(void)
{
    snprintf(path, sizeof path, "%s/lines.jsonl", folder);
    snprintf(param, sizeof param, "path=%s", path);
    unlink(path);
}

static tb_test *source(void)
{
    tb_test *t = tb_test_new(load("file-source"), param, NULL);
    ck_assert_ptr_nonnull(t);
    return t;
}

/* The cursor of the last read, kept over the next. */
static const char *cursor_of(tb_test *t)
{
    static char kept[80];
    ck_assert_ptr_nonnull(tb_test_cursor(t));
    snprintf(kept, sizeof kept, "%s", tb_test_cursor(t));
    return kept;
}

START_TEST(lines_become_records_once)
{
    write_file("w", "{\"key\": \"a\", \"n\": 1}\n\n{\"key\": 7}\n{\"key\": \"half");
    tb_test *t = source();
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "a");
    ck_assert_str_eq(tb_record_type(tb_test_fed(t, 0)), "line");
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 1)), "7");
    ck_assert_ptr_null(tb_test_fed(t, 2));
    char id[96];
    snprintf(id, sizeof id, "%s:22", path);
    ck_assert_str_eq(tb_test_fed_id(t, 1), id);
    const char *cursor = cursor_of(t);
    write_file("a", "\"}\n");
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "half");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    cursor = cursor_of(t);
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert_ptr_null(tb_test_cursor(t));
    ck_assert_ptr_null(tb_test_failure(t));
    tb_test_free(t);
}
END_TEST

START_TEST(room_is_kept_and_more_is_told)
{
    write_file("w", "{\"key\":\"a\"}\n{\"key\":\"b\"}\n{\"key\":\"c\"}\n");
    tb_test *t = source();
    tb_test_set_room(t, 2);
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 1)), "b");
    ck_assert(tb_test_fed_more(t));
    ck_assert_int_eq(tb_test_read(t, cursor_of(t)), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "c");
    ck_assert(!tb_test_fed_more(t));
    tb_test_free(t);
}
END_TEST

START_TEST(bad_lines_are_told_by_number_and_passed_over)
{
    write_file(
        "w",
        "{\"key\":\"a\"}\nnonsense\n[1]\n{\"key\":\"\"}\n{\"key\":\"b\",\"key\":\"c\"}\n{\"key\":\"z\"}\n");
    tb_test *t = source();
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "a");
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 1)), "z");
    const char *raised[4];
    int n = 0;
    for (int i = 0; tb_test_raised(t, i); i++) {
        if (!strncmp(tb_test_raised(t, i), "file.bad-line", 13))
            raised[n++] = tb_test_raised(t, i);
    }
    ck_assert_int_eq(n, 4);
    ck_assert_ptr_nonnull(strstr(raised[0], "file.bad-line line 2: "));
    ck_assert_ptr_nonnull(strstr(raised[1], "line 3: not an object"));
    ck_assert_ptr_nonnull(strstr(raised[2], "line 4: no key in it"));
    ck_assert_ptr_nonnull(strstr(raised[3], "line 5: duplicate"));
    tb_test_free(t);
}
END_TEST

START_TEST(another_file_is_told_and_not_read)
{
    write_file("w", "{\"key\":\"a\"}\n{\"key\":\"b\"}\n");
    tb_test *t = source();
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    const char *cursor = cursor_of(t);
    write_file("w", "{\"key\":\"c\"}\n"); /* same inode, shorter */
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert_int_eq(strncmp(tb_test_raised(t, 0), "file.truncated", 14), 0);
    write_file("w", "{\"key\":\"longer than what was there before\"}\n"); /* longer, but no line ends there */
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_int_eq(strncmp(tb_test_raised(t, 0), "file.truncated", 14), 0);
    char old[80];
    snprintf(old, sizeof old, "%s.1", path);
    ck_assert_int_eq(rename(path, old), 0);
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_int_eq(strncmp(tb_test_raised(t, 0), "file.unreadable", 15), 0);
    write_file("w", "{\"key\":\"d\"}\n{\"key\":\"e\"}\n");
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert_int_eq(strncmp(tb_test_raised(t, 0), "file.replaced", 13), 0);
    ck_assert_ptr_null(tb_test_cursor(t));
    ck_assert_int_eq(tb_test_read(t, ""), TB_OK); /* a person has set the cursor */
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 0)), "d");
    ck_assert_str_eq(tb_test_raised(t, 1) + strlen("file.replaced "), path);
    unlink(old);
    tb_test_free(t);
}
END_TEST

static tb_record *record(const char *key, const char *probe)
{
    tb_record *r = tb_record_new("line", key, json_pack("{s:s}", "key", key));
    tb_record_set_probe(r, probe);
    return r;
}

START_TEST(lines_are_appended_and_found_again)
{
    tb_test *t = tb_test_new(load("file-sink"), param, NULL);
    tb_record *r[] = {record("a", "id-1"), record("b", NULL), record("c", "id-3")};
    ck_assert_int_eq(tb_test_probe(t, "append", r[0]), TB_NOOP);
    ck_assert_int_eq(tb_test_deliver(t, "append", r, 3), TB_OK);
    ck_assert_int_eq(tb_test_verdict(r[0]), TB_APPLIED);
    ck_assert_str_eq(tb_test_answer_id(r[0]), "id-1");
    ck_assert_str_eq(tb_test_reason(r[1]), "file.no-identity");
    ck_assert_int_eq(tb_test_verdict(r[2]), TB_APPLIED);
    ck_assert_str_eq(
        read_back(),
        "{\"key\":\"a\",\"tillbridge-id\":\"id-1\"}\n{\"key\":\"c\",\"tillbridge-id\":\"id-3\"}\n");
    ck_assert_int_eq(tb_test_probe(t, "append", r[2]), TB_APPLIED);
    tb_record_set_probe(r[2], "id-");
    ck_assert_int_eq(tb_test_probe(t, "append", r[2]), TB_NOOP);
    ck_assert_ptr_null(tb_test_failure(t));
    for (int i = 0; i < 3; i++)
        tb_record_unref(r[i]);
    tb_test_free(t);
}
END_TEST

START_TEST(a_torn_line_is_ended_first)
{
    write_file("w", "{\"key\":\"to");
    tb_test *t = tb_test_new(load("file-sink"), param, NULL);
    tb_record *r = record("a", "id-1");
    ck_assert_int_eq(tb_test_deliver(t, "append", &r, 1), TB_OK);
    ck_assert_str_eq(read_back(), "{\"key\":\"to\n{\"key\":\"a\",\"tillbridge-id\":\"id-1\"}\n");
    ck_assert_int_eq(strncmp(tb_test_log(t, 0), "warn file.torn: ", 16), 0);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(what_cannot_be_written_is_tried_again)
{
    tb_test *t = tb_test_new(load("file-sink"), "path=/nonexistent/lines", NULL);
    tb_record *r = record("a", "id-1");
    ck_assert_int_eq(tb_test_deliver(t, "append", &r, 1), TB_OK);
    ck_assert_int_eq(tb_test_verdict(r), TB_RETRY);
    tb_record_unref(r);
    tb_test_free(t);
    t = tb_test_new(load("file-sink"), "path=/dev/full", NULL); /* written, refused, cannot be cut back */
    r = record("a", "id-1");
    ck_assert_int_eq(tb_test_deliver(t, "append", &r, 1), TB_OK);
    ck_assert_int_ne(tb_test_verdict(r), TB_APPLIED);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(what_one_writes_the_other_reads)
{
    write_file("w", "{\"key\":\"a\",\"n\":29.95}\n");
    tb_test *in = source();
    ck_assert_int_eq(tb_test_read(in, NULL), TB_OK);
    tb_test *out = tb_test_new(load("file-sink"), param, NULL);
    tb_record *r = tb_test_fed(in, 0);
    ck_assert_int_eq(tb_test_deliver(out, "append", &r, 1), TB_OK);
    ck_assert_int_eq(tb_test_verdict(r), TB_APPLIED);
    char id[96];
    snprintf(id, sizeof id, "%s:0", path);
    ck_assert_str_eq(tb_test_answer_id(r), id);
    tb_test_free(out);
    tb_test_free(in);
}
END_TEST

START_TEST(parameters_are_wanted)
{
    ck_assert_ptr_null(tb_test_new(load("file-source"), NULL));
    ck_assert_ptr_null(tb_test_new(load("file-source"), "path=", NULL));
    ck_assert_ptr_null(tb_test_new(load("file-sink"), param, "colour=red", NULL));
}
END_TEST

int main(void)
{
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    Suite *s = suite_create("file plugins");
    TCase *t = tcase_create("file plugins");
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, fresh_file, NULL);
    tcase_add_test(t, lines_become_records_once);
    tcase_add_test(t, room_is_kept_and_more_is_told);
    tcase_add_test(t, bad_lines_are_told_by_number_and_passed_over);
    tcase_add_test(t, another_file_is_told_and_not_read);
    tcase_add_test(t, lines_are_appended_and_found_again);
    tcase_add_test(t, a_torn_line_is_ended_first);
    tcase_add_test(t, what_cannot_be_written_is_tried_again);
    tcase_add_test(t, what_one_writes_the_other_reads);
    tcase_add_test(t, parameters_are_wanted);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    fresh_file();
    rmdir(folder);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
