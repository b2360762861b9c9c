/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: each broken plugin is refused with its own line, and none of those refused for their file has
 * run any code. The shared objects are built broken, or copied and patched here. */
#include "core/plugin/plugin.h"

#include <check.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], marker[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/tb-loader-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(marker, sizeof marker, "%s/marker", folder);
    setenv("TB_TEST_MARKER", marker, 1);
}

static void remove_folder(void)
{
    static const char *const files[] = {"marker",      "good.so", "other.so",    "target",
                                        "two/good.so", "two",     "Bad_Name.so", "link"};
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        remove(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static char *read_all(const char *path, size_t *n)
{
    CLEANUP_BUFFER buffer b = {0};
    char part[4096];
    size_t got;
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s is missing", path);
    while ((got = fread(part, 1, sizeof part, in)) > 0)
        buffer_add(&b, part, got);
    fclose(in);
    *n = b.size;
    return buffer_take(&b);
}

static void write_all(const char *path, const char *bytes, size_t n)
{
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

/* ---- ways to break a copy ---- */

typedef struct {
    char *bytes;
    size_t n;
    const char *path;
} copy;

static tb_note *note_of(copy *c)
{
    static const char name[12] = "tillbridge";
    uint32_t magic = TB_ABI_MAGIC;
    for (size_t i = 0; i + sizeof(tb_note) <= c->n; i++) {
        if (!memcmp(c->bytes + i + 12, name, 12) && !memcmp(c->bytes + i + 24, &magic, 4))
            return (tb_note *)(void *)(c->bytes + i);
    }
    ck_abort_msg("no note in the copy");
    return NULL;
}

static Elf64_Ehdr *head_of(copy *c)
{
    return (Elf64_Ehdr *)(void *)c->bytes;
}

static void wrong_magic(copy *c)
{
    note_of(c)->magic = 0x12345678;
}

static void other_major(copy *c)
{
    note_of(c)->abi_major = 9;
}

static void newer_minor(copy *c)
{
    note_of(c)->abi_minor = TB_ABI_MINOR + 1;
}

static void other_machine(copy *c)
{
    head_of(c)->e_machine = EM_S390;
}

static void class_32(copy *c)
{
    head_of(c)->e_ident[EI_CLASS] = ELFCLASS32;
}

static void big_endian(copy *c)
{
    head_of(c)->e_ident[EI_DATA] = ELFDATA2MSB;
}

static void relocatable(copy *c)
{
    head_of(c)->e_type = ET_REL;
}

static void no_segments(copy *c)
{
    head_of(c)->e_phnum = 0;
}

static void many_segments(copy *c)
{
    head_of(c)->e_phnum = 65;
}

static void bad_entry_size(copy *c)
{
    head_of(c)->e_phentsize = 8;
}

/* A note segment that says it is larger than the host is ready to read. */
static void large_notes(copy *c)
{
    Elf64_Phdr *s = (Elf64_Phdr *)(void *)(c->bytes + head_of(c)->e_phoff);
    for (int i = 0; i < head_of(c)->e_phnum; i++) {
        if (s[i].p_type == PT_NOTE)
            s[i].p_filesz = (64 << 10) + 1;
    }
}

static void far_segments(copy *c)
{
    head_of(c)->e_phoff = UINT64_MAX - 8;
}

/* The table of sections begins so far away that its end is near again. */
static void far_sections(copy *c)
{
    head_of(c)->e_shoff = UINT64_MAX - 8;
    head_of(c)->e_shnum = 40;
}

static void cut_2(copy *c)
{
    c->n = 2;
}

static void cut_40(copy *c)
{
    c->n = 40;
}

static void cut_100(copy *c)
{
    c->n = 100;
}

static void cut_half(copy *c)
{
    c->n /= 2;
}

static void cut_last(copy *c)
{
    c->n--;
}

/* Every note's length says more than its segment holds. */
static void long_note(copy *c)
{
    note_of(c)->name_size = 0xfffffff0;
}

static void text_file(copy *c)
{
    c->n = 20;
    memcpy(c->bytes, "not a shared object\n", 20);
}

static void empty_file(copy *c)
{
    c->n = 0;
}

/* ---- ways to break what is around it ---- */

static void writable_file(const char *path)
{
    chmod(path, 0666);
}

static void group_writable_file(const char *path)
{
    chmod(path, 0664);
}

static void writable_folder(const char *path)
{
    (void)path;
    chmod(folder, 0777);
}

static void symlinked(const char *path)
{
    char target[96];
    snprintf(target, sizeof target, "%s/target", folder);
    rename(path, target);
    ck_assert_int_eq(symlink(target, path), 0);
}

static void absent(const char *path)
{
    unlink(path);
}

static void a_pipe(const char *path)
{
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
}

static void a_folder(const char *path)
{
    unlink(path);
    mkdir(path, 0755);
}

typedef struct {
    const char *module, *name; /* which is copied, and under which name it is asked for */
    void (*patch)(copy *c);
    void (*surround)(const char *path);
    const char *expected; /* @P the file's path, @F the folder, @N the bytes of the file */
    bool runs;            /* refused only after dlopen: its constructors have run */
} refusal;

#define OURS "0.2"
static const refusal refusals[] = {
    {"good", "good", wrong_magic, NULL, "@P: is no Tillbridge plugin (magic 12345678)", false},
    {"good", "good", other_major, NULL,
     "@P: is made for contract 9.2, this daemon has " OURS ": build it anew", false},
    {"good", "good", newer_minor, NULL,
     "@P: is made for contract 0.3, this daemon has only " OURS ": update the daemon", false},
    {"good", "good", cut_2, NULL, "@P: is no shared object (2 bytes)", false},
    {"good", "good", cut_40, NULL, "@P: is cut short (its headers speak of more than its 40 bytes)", false},
    {"good", "good", cut_100, NULL, "@P: is cut short (its headers speak of more than its 100 bytes)", false},
    {"good", "good", cut_half, NULL, "@P: is cut short (its headers speak of more than its @N bytes)", false},
    {"good", "good", cut_last, NULL, "@P: is cut short (its headers speak of more than its @N bytes)", false},
    {"good", "good", far_segments, NULL, "@P: is cut short (its headers speak of more than its @N bytes)",
     false},
    {"good", "good", far_sections, NULL, "@P: is cut short (its headers speak of more than its @N bytes)",
     false},
    {"good", "good", no_segments, NULL, "@P: has a broken table of segments", false},
    {"good", "good", long_note, NULL, "@P: is no Tillbridge plugin (no note of TB_PLUGIN)", false},
    {"good", "good", other_machine, NULL, "@P: is for another architecture", false},
    {"good", "good", class_32, NULL, "@P: is for another architecture", false},
    {"good", "good", big_endian, NULL, "@P: is for another architecture", false},
    {"good", "good", relocatable, NULL, "@P: is no shared object (ELF type 1)", false},
    {"good", "good", text_file, NULL, "@P: is no shared object (not ELF)", false},
    {"good", "good", empty_file, NULL, "@P: is no shared object (0 bytes)", false},
    {"good", "good", NULL, writable_file, "@P: the file can be written by others (mode 666): chmod go-w",
     false},
    {"good", "good", NULL, group_writable_file,
     "@P: the file can be written by others (mode 664): chmod go-w", false},
    {"good", "good", NULL, writable_folder, "@F: the folder can be written by others (mode 777): chmod go-w",
     false},
    {"good", "good", NULL, symlinked, "@P: is a symbolic link", false},
    {"good", "good", NULL, a_folder, "@P: is not a regular file", false},
    {"good", "good", NULL, absent, "there is no plugin \"good\" in @F", false},
    {"good", "Bad_Name", NULL, NULL,
     "\"Bad_Name\" cannot be a plugin: a name is of a-z, 0-9 and '-', at most 32", false},
    {"good", "other", NULL, NULL, "@P: calls itself good: the file wants the same name", true},
    {"good", "good", bad_entry_size, NULL, "@P: has a broken table of segments", false},
    {"good", "good", many_segments, NULL, "@P: has a broken table of segments", false},
    {"good", "good", large_notes, NULL, "@P: has notes larger than any plugin's", false},
    {"good", "good", NULL, a_pipe, "@P: is not a regular file", false},
    {"new", "good", NULL, NULL,
     "@P: is made for contract 0.3, this daemon has only " OURS ": update the daemon", false},
    {"no-note", "good", NULL, NULL, "@P: is no Tillbridge plugin (no note of TB_PLUGIN)", false},
    {"no-symbol", "good", NULL, NULL, "@P: lacks the symbol tillbridge_plugin", true},
    {"unresolved", "good", NULL, NULL, "@P: cannot be opened: @P: undefined symbol: tb_from_the_future",
     false},
    {"liar", "good", NULL, NULL, "@P: is made for contract 7.2, this daemon has " OURS ": build it anew",
     true},
    {"liar-minor", "good", NULL, NULL, "@P: its note says contract 0.0, its descriptor 0.2", true},
    {"tiny", "good", NULL, NULL, "@P: its descriptor cannot be 20 bytes", true},
    {"huge", "good", NULL, NULL, "@P: its descriptor cannot be 2147483647 bytes", true},
    {"fat", "good", NULL, NULL, "@P: an instance cannot be 2147483647 bytes", true},
    {"twice", "good", NULL, NULL, "@P: parameter path stands there twice", true},
    {"nameless", "good", NULL, NULL, "@P: parameter 2 has no proper name", true},
    {"typeless", "good", NULL, NULL, "@P: parameter site has an unknown type (42)", true},
    {"outside", "good", NULL, NULL, "@P: parameter site lies outside the instance (offset 48 of 48)", true},
    {"crooked", "good", NULL, NULL, "@P: parameter site lies outside the instance (offset 4 of 48)", true},
    {"helpless", "good", NULL, NULL, "@P: parameter site has no help", true},
    {"choiceless", "good", NULL, NULL, "@P: parameter site has no choices", true},
    {"roleless", "good", NULL, NULL, "@P: has no role (source, transform or sink)", true},
    {"mute", "good", NULL, NULL, "@P: is a sink without deliver", true},
    {"effectless", "good", NULL, NULL, "@P: operation 1 lacks its name, effect or record type", true},
};

/* Returns the bytes written. */
static size_t put_module(const char *module, const char *path, void (*patch)(copy *c))
{
    char from[512];
    copy c = {.path = path};
    snprintf(from, sizeof from, MODULES "/%s.so", module);
    CLEANUP_FREE char *bytes = read_all(from, &c.n);
    c.bytes = bytes;
    if (patch)
        patch(&c);
    write_all(path, c.bytes, c.n);
    return c.n;
}

/* The message with its placeholders filled in. */
static void fill(const char *template, const char *path, size_t size, buffer *out)
{
    for (const char *at = template; *at; at++) {
        if (!strncmp(at, "@P", 2))
            buffer_puts(out, path);
        else if (!strncmp(at, "@F", 2))
            buffer_puts(out, folder);
        else if (!strncmp(at, "@N", 2))
            buffer_printf(out, "%zu", size);
        else
            buffer_add(out, at, 1);
        at += *at == '@';
    }
}

START_TEST(broken_plugin_is_refused)
{
    const refusal *r = &refusals[_i];
    char path[128];
    error e = {""};
    CLEANUP_BUFFER buffer expected = {0};
    snprintf(path, sizeof path, "%s/%s.so", folder, r->name);
    fill(r->expected, path, put_module(r->module, path, r->patch), &expected);
    if (r->surround)
        r->surround(path);
    plugins *all = plugins_new(folder);
    ck_assert_msg(!plugins_get(all, r->name, &e), "case %d loads", _i);
    ck_assert_str_eq(e.text, buffer_text(&expected));
    ck_assert_msg((access(marker, F_OK) == 0) == r->runs, "%s: code %s", e.text,
                  r->runs ? "did not run" : "ran");
    plugins_free(all);
}
END_TEST

static const plugin *get_good(plugins **all, const char *module)
{
    char path[128];
    error e = {""};
    snprintf(path, sizeof path, "%s/good.so", folder);
    put_module(module, path, NULL);
    *all = plugins_new(folder);
    const plugin *p = plugins_get(*all, "good", &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    return p;
}

START_TEST(good_one_loads_once)
{
    plugins *all;
    error e;
    const plugin *p = get_good(&all, "good");
    ck_assert_str_eq(p->api.version, "1.0");
    ck_assert_ptr_nonnull(p->api.source->hydrate);
    ck_assert_ptr_eq(p, plugins_get(all, "good", &e));
    ck_assert(!plugin_changed_on_disk(p));
    chmod(p->path, 0600);
    ck_assert(!plugin_changed_on_disk(p));
    unlink(p->path); /* a new file: the old one is mapped */
    put_module("no-note", p->path, NULL);
    ck_assert(plugin_changed_on_disk(p));
    plugins_free(all);
}
END_TEST

START_TEST(linked_folder_is_refused)
{
    char path[128], link[96], expected[256];
    error e = {""};
    snprintf(path, sizeof path, "%s/good.so", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    put_module("good", path, NULL);
    ck_assert_int_eq(symlink(".", link), 0);
    snprintf(expected, sizeof expected, "%s: the folder is a symbolic link or no folder", link);
    plugins *all = plugins_new(link);
    ck_assert_ptr_null(plugins_get(all, "good", &e));
    ck_assert_str_eq(e.text, expected);
    ck_assert_int_ne(access(marker, F_OK), 0);
    plugins_free(all);
}
END_TEST

START_TEST(file_of_another_user_is_refused)
{
    char path[128], expected[256];
    error e = {""};
    if (geteuid() != 0)
        return; /* only root can give files away */
    snprintf(path, sizeof path, "%s/good.so", folder);
    put_module("good", path, NULL);
    ck_assert_int_eq(chown(path, 12345, 0), 0);
    snprintf(expected, sizeof expected,
             "%s: the file belongs to user 12345, neither to root nor to the daemon's user", path);
    plugins *all = plugins_new(folder);
    ck_assert_ptr_null(plugins_get(all, "good", &e));
    ck_assert_str_eq(e.text, expected);
    ck_assert_int_ne(access(marker, F_OK), 0);
    plugins_free(all);
}
END_TEST

START_TEST(older_one_lacks_what_came_later)
{
    plugins *all;
    const plugin *p = get_good(&all, "old");
    ck_assert_uint_eq(p->api.abi_minor, 0);
    ck_assert_ptr_nonnull(p->api.source);
    ck_assert_ptr_nonnull(p->api.source->read);
    ck_assert_ptr_null(p->api.source->hydrate);
    ck_assert_ptr_null(p->api.transform);
    plugins_free(all);
}
END_TEST

START_TEST(two_of_one_name_are_refused)
{
    char two[96], path[128], both[256], expected[512];
    error e = {""};
    snprintf(two, sizeof two, "%s/two", folder);
    ck_assert_int_eq(mkdir(two, 0755), 0);
    snprintf(path, sizeof path, "%s/good.so", two);
    put_module("good", path, NULL);
    snprintf(path, sizeof path, "%s/good.so", folder);
    put_module("good", path, NULL);
    snprintf(both, sizeof both, "%s:%s/:%s", folder, folder, two);
    snprintf(expected, sizeof expected, "there are two plugins \"good\": %s and %s/good.so", path, two);
    plugins *all = plugins_new(both);
    ck_assert_ptr_null(plugins_get(all, "good", &e));
    ck_assert_str_eq(e.text, expected);
    ck_assert_int_ne(access(marker, F_OK), 0);
    plugins_free(all);
}
END_TEST

static void collect(void *arg, const char *name, const plugin *p, const char *why)
{
    buffer_printf(arg, "%s %s\n", name, p ? "loaded" : strchr(why, ' ') + 1);
}

START_TEST(each_tells_all_names)
{
    CLEANUP_BUFFER buffer b = {0};
    plugins *all;
    char path[128];
    snprintf(path, sizeof path, "%s/other.so", folder);
    write_all(path, "text\n", 5);
    get_good(&all, "good");
    plugins_each(all, collect, &b);
    ck_assert_str_eq(buffer_text(&b), "good loaded\nother is no shared object (not ELF)\n");
    plugins_free(all);
}
END_TEST

/* ---- instances ---- */

typedef struct {
    const char *path;
    int64_t site, wait;
    bool loud;
    const char *map, *secret;
} good_self;

static config *load_use(const char *settings)
{
    char path[128];
    CLEANUP_BUFFER buffer b = {0};
    config_findings f = {0};
    snprintf(path, sizeof path, "%s/target", folder);
    buffer_printf(
        &b,
        "journal = \"j\";\ntables = { skus = \"skus.csv\"; };\npipelines = ( { name = \"p\"; owner = \"o\"; "
        "mode = \"latest\";\n sources = (\n  { plugin = \"good\"; every = \"1s\"; batch = 7; %s } );\n sinks "
        "= "
        "( { plugin = \"good\"; } ); } );\n",
        settings);
    write_all(path, b.data, b.size);
    config *c = config_load(path, &f);
    ck_assert_msg(c && !f.n, "%s", buffer_text(&f.text));
    config_findings_free(&f);
    return c;
}

START_TEST(instance_gets_its_parameters)
{
    plugins *all;
    plugin_instance i;
    config_findings f = {0};
    const plugin *p = get_good(&all, "good");
    setenv("TB_TEST_TOKEN", "hush", 1);
    config *c = load_use("site = 12; loud = true; map = \"skus\"; secret = \"${env:TB_TEST_TOKEN}\";");
    int bad = plugin_instance_init(&i, p, &c->pipelines[0].sources[0], c, &f);
    ck_assert_msg(!bad, "%s", buffer_text(&f.text));
    const good_self *self = i.self;
    ck_assert_str_eq(self->path, "/dev/null");
    ck_assert_int_eq(self->site, 12);
    ck_assert_int_eq(self->wait, 15000);
    ck_assert(self->loud);
    ck_assert_str_eq(self->map, "skus");
    ck_assert_str_eq(self->secret, "hush");
    plugin_instance_free(&i);
    config_unref(c);
    plugins_free(all);
}
END_TEST

static const struct {
    const char *settings, *expected; /* each line of it after "file:5: " */
} faults[] = {
    {"", "plugin \"good\" needs \"site\": the site\n"},
    {"site = 1; pth = \"x\";", "plugin \"good\" has no parameter \"pth\": did you mean \"path\"?\n"},
    {"site = 1; elephant = 2;", "plugin \"good\" has no parameter \"elephant\"\n"},
    {"site = \"1\"; path = 7; loud = 1;", "site wants a whole number without quotes\npath wants a string in "
                                          "quotes\nloud wants true or false without quotes\n"},
    {"site = 1; map = \"skuss\";", "map: there is no table \"skuss\": did you mean \"skus\"?\n"},
    {"site = 1; secret = \"open\";",
     "secret is secret: give it as ${env:NAME}, ${file:/path} or ${credential:name}\n"},
};

START_TEST(instance_tells_every_fault)
{
    plugins *all;
    plugin_instance i;
    config_findings f = {0};
    const plugin *p = get_good(&all, "good");
    config *c = load_use(faults[_i].settings);
    CLEANUP_BUFFER buffer expected = {0};
    for (const char *at = faults[_i].expected; *at; at = strchr(at, '\n') + 1)
        buffer_printf(&expected, "%s/target:5: %.*s\n", folder, (int)strcspn(at, "\n"), at);
    ck_assert_int_eq(plugin_instance_init(&i, p, &c->pipelines[0].sources[0], c, &f), -1);
    ck_assert_str_eq(buffer_text(&f.text), buffer_text(&expected));
    config_findings_free(&f);
    plugin_instance_free(&i);
    config_unref(c);
    plugins_free(all);
}
END_TEST

START_TEST(print_is_text_and_json)
{
    plugins *all;
    char *text = NULL;
    size_t size;
    const plugin *p = get_good(&all, "good");
    FILE *out = open_memstream(&text, &size);
    plugin_print(p, out, false);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "good 1.0: does nothing, well\n"));
    ck_assert_ptr_nonnull(strstr(text, "site                 int       the site; 1 to 99; required\n"));
    free(text);
    out = open_memstream(&text, &size);
    plugin_print(p, out, true);
    fclose(out);
    json_t *x = json_loads(text, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(x, "name")), "good");
    ck_assert_uint_eq(json_array_size(json_object_get(x, "parameters")), 6);
    json_decref(x);
    free(text);
    plugins_free(all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loader");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, broken_plugin_is_refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, good_one_loads_once);
    tcase_add_test(t, linked_folder_is_refused);
    tcase_add_test(t, file_of_another_user_is_refused);
    tcase_add_test(t, older_one_lacks_what_came_later);
    tcase_add_test(t, two_of_one_name_are_refused);
    tcase_add_test(t, each_tells_all_names);
    tcase_add_test(t, instance_gets_its_parameters);
    tcase_add_loop_test(t, instance_tells_every_fault, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(t, print_is_text_and_json);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
