/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: every broken file of tests/fixtures/config tells exactly what its .expected says, good
 * ones load, and what is printed loads again as the same. The broken ones are data: a new case is a new pair
 * of files. */
#include "core/config/keys.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_text(const char *path)
{
    CLEANUP_BUFFER buffer b = {0};
    FILE *in = fopen(path, "r");
    char part[1024];
    size_t n;
    ck_assert_msg(in != NULL, "%s is missing", path);
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        buffer_add(&b, part, n);
    fclose(in);
    return buffer_take(&b);
}

/* The messages name files as they are given, so the tests stand in the fixtures' folder. */
static void stand_in_fixtures(void)
{
    ck_assert_int_eq(chdir(FIXTURES "/config"), 0);
    unsetenv("TB_TEST_ABSENT");
    unsetenv("CREDENTIALS_DIRECTORY");
    setenv("TB_TEST_TOKEN", "from-the-environment", 1);
}

static glob_t broken;

START_TEST(broken_file_tells_what_is_expected)
{
    char expected_path[256];
    const char *path = broken.gl_pathv[_i];
    config_findings f = {0};
    snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)(strlen(path) - strlen(".conf")),
             path);
    config_unref(config_load(path, &f));
    CLEANUP_FREE char *expected = read_text(expected_path);
    ck_assert_msg(f.n > 0, "%s loads", path);
    ck_assert_msg(!strcmp(buffer_text(&f.text), expected), "%s tells:\n%sexpected:\n%s", path,
                  buffer_text(&f.text), expected);
    config_findings_free(&f);
}
END_TEST

/* A path in the folder where the tests stand. */
static const char *here(const char *file)
{
    static char path[4096];
    char folder[2048];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static config *load_good(const char *path)
{
    config_findings f = {0};
    setenv("CREDENTIALS_DIRECTORY", FIXTURES "/config/credentials", 1);
    config *c = config_load(path, &f);
    ck_assert_msg(c && !f.n, "%s: %s", path, buffer_text(&f.text));
    config_findings_free(&f);
    return c;
}

START_TEST(defaults_are_those_of_the_contract)
{
    config *c = load_good("good-01.conf");
    const config_pipeline *p = &c->pipelines[0];
    ck_assert(!p->latest);
    ck_assert_int_eq(p->deliver.batch, 100);
    ck_assert_int_eq(p->deliver.workers, 1);
    ck_assert_int_eq(p->deliver.linger, 1000);
    ck_assert_int_eq(p->deliver.hydrate_batch, 100);
    ck_assert_int_eq(p->deliver.hydrate_groups, 8);
    ck_assert(!p->deliver.shadow);
    ck_assert_int_eq(p->retry.first, 2000);
    ck_assert_int_eq(p->retry.longest, 600000);
    ck_assert_int_eq(p->retry.attempts, 10);
    ck_assert_int_eq(p->backlog, 1000000);
    ck_assert_int_eq(p->keep, INT64_C(90) * 86400000);
    ck_assert_int_eq(p->sources[0].batch, 500);
    ck_assert_int_eq(p->sources[0].every, 1000);
    ck_assert_str_eq(c->journal, here("journal.db"));
    config_unref(c);
}
END_TEST

START_TEST(values_arrive_in_the_model)
{
    config *c = load_good("good-02.conf");
    const config_connection *sitoo = config_connection_find(c, "sitoo"),
                            *adobe = config_connection_find(c, "adobe");
    ck_assert_str_eq(sitoo->url, "https://api.mysitoo.com/v2/accounts/1500");
    ck_assert_str_eq(sitoo->password, "from-a-file");
    ck_assert_str_eq(sitoo->webhook_password, "from-the-environment");
    ck_assert_str_eq(adobe->access_token_secret, "from-systemd");
    ck_assert_int_eq(adobe->auth, AUTH_OAUTH1);
    const config_connection *cloud = config_connection_find(c, "cloud");
    ck_assert_int_eq(cloud->auth, AUTH_OAUTH2);
    ck_assert_str_eq(cloud->token_url, "https://ims-na1.adobelogin.com/ims/token/v3");
    ck_assert_str_eq(cloud->client_secret, "from-the-environment");
    ck_assert_int_eq(cloud->headers_n, 2);
    ck_assert_str_eq(cloud->headers[1], "x-gw-ims-org-id: from-the-environment");
    ck_assert_int_eq(adobe->timeout, 250);
    ck_assert_int_eq(sitoo->rate, 4000);
    ck_assert_str_eq(sitoo->where.file, "good-02-connections.inc");
    ck_assert_int_eq(sitoo->where.line, 3);
    ck_assert_str_eq(config_authority_of(c, "stock"), "sitoo");
    ck_assert_ptr_null(config_authority_of(c, "price"));
    ck_assert_str_eq(config_table_find(c, "locations")->path, here("locations.csv"));
    ck_assert_str_eq(config_table_find(c, "skus")->path, "/etc/tillbridge/skus.csv");
    const config_pipeline *orders = &c->pipelines[1];
    ck_assert_int_eq(orders->sources_n, 3);
    ck_assert_str_eq(orders->sources[2].records, "stock.level order");
    ck_assert_ptr_null(orders->sources[2].plugin);
    ck_assert(orders->deliver.shadow && orders->latest && orders->sources[1].events);
    ck_assert_int_eq(orders->keep, INT64_C(30) * 86400000);
    ck_assert_int_eq(orders->ignore_n, 2);
    config_unref(c);
}
END_TEST

static char *printed(const config *c)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print(c, out);
    fclose(out);
    return text;
}

START_TEST(print_hides_secrets)
{
    config *c = load_good("good-02.conf");
    CLEANUP_FREE char *text = printed(c);
    ck_assert_ptr_null(strstr(text, "from-"));
    ck_assert_ptr_null(strstr(text, "written-in-the-file"));
    ck_assert_ptr_nonnull(strstr(text, "token = \"***\""));
    ck_assert_ptr_nonnull(strstr(text, "password = \"${file:good-02.secret}\""));
    config_unref(c);
}
END_TEST

static void same_digests(const config *a, const config *b, const char *but)
{
    ck_assert_int_eq(a->pipelines_n, b->pipelines_n);
    ck_assert_int_eq(a->connections_n, b->connections_n);
    for (int i = 0; i < a->pipelines_n; i++)
        ck_assert_str_eq(a->pipelines[i].digest, b->pipelines[i].digest);
    for (int i = 0; i < a->connections_n; i++) {
        if (strcmp(a->connections[i].name, but))
            ck_assert_str_eq(a->connections[i].digest, b->connections[i].digest);
    }
}

/* Writes the text beside nothing else and loads it; relative secrets are given a copy. */
static config *load_text(const char *text)
{
    char folder[] = "/tmp/tb-config-XXXXXX", path[64], secret[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/printed.conf", folder);
    snprintf(secret, sizeof secret, "%s/good-02.secret", folder);
    FILE *out = fopen(path, "w");
    fputs(text, out);
    fclose(out);
    out = fopen(secret, "w");
    fputs("from-a-file\n", out);
    fclose(out);
    config *c = load_good(path);
    unlink(path);
    unlink(secret);
    rmdir(folder);
    return c;
}

START_TEST(print_loads_again_as_the_same)
{
    static const char *const files[] = {"good-01.conf", "good-02.conf"};
    config *a = load_good(files[_i]);
    CLEANUP_FREE char *text = printed(a);
    config *b = load_text(text);
    CLEANUP_FREE char *again = printed(b);
    ck_assert_str_eq(text, again);
    same_digests(a, b, "plain"); /* its secret stood in the file, so print masks it */
    config_unref(a);
    config_unref(b);
}
END_TEST

START_TEST(digest_follows_secrets_and_not_order)
{
    const char *head =
        "journal = \"j\"; connections = { shop = { url = \"https://a.example.com\"; auth = { type = "
        "\"bearer\"; token = \"${env:TB_TEST_TOKEN}\"; }; }; }; pipelines = ( { name = \"p\"; owner = "
        "\"o\"; mode = \"latest\"; sinks = ( { plugin = \"file\"; connection = \"shop\"; } ); ";
    CLEANUP_BUFFER buffer one = {0}, two = {0};
    buffer_printf(&one, "%ssources = ( { plugin = \"file\"; every = \"60s\"; a = 1; } ); } );", head);
    buffer_printf(&two, "%ssources = ( { a = 1; every = \"60s\"; plugin = \"file\"; } ); } );", head);
    config *a = load_text(buffer_text(&one)), *b = load_text(buffer_text(&two));
    ck_assert_str_eq(a->pipelines[0].digest, b->pipelines[0].digest);
    setenv("TB_TEST_TOKEN", "another", 1);
    config *c = load_text(buffer_text(&one));
    ck_assert_str_ne(a->pipelines[0].digest, c->pipelines[0].digest);
    ck_assert_str_ne(a->connections[0].digest, c->connections[0].digest);
    config_unref(a);
    config_unref(b);
    config_unref(c);
}
END_TEST

static void find_in_page(const config_key *keys, const char *page)
{
    char bold[64], request[64];
    for (const config_key *k = keys; k->kind != KEY_END; k++) {
        snprintf(bold, sizeof bold, ".BR %s", k->name);
        snprintf(request, sizeof request, ".B %s\n", k->name);
        if (!strstr(page, bold) && !strstr(page, request)) {
            snprintf(bold, sizeof bold, "\" %s \"", k->name); /* further names of one entry */
            ck_assert_msg(strstr(page, bold) != NULL, "tillbridge.conf(5) does not tell %s", k->name);
        }
        if (k->kind == KEY_GROUP)
            find_in_page(k->sub, page);
    }
}

START_TEST(page_tells_every_key)
{
    CLEANUP_FREE char *page = read_text(FIXTURES "/../../doc/tillbridge.conf.5");
    find_in_page(config_root_keys, page);
    find_in_page(config_connection_keys, page);
    find_in_page(config_pipeline_keys, page);
}
END_TEST

START_TEST(sample_loads)
{
    static const char *const names[] = {"SITOO_PASSWORD",     "SITOO_EVENTS",
                                        "ADOBE_CONSUMER_KEY", "ADOBE_CONSUMER_SECRET",
                                        "ADOBE_ACCESS_TOKEN", "ADOBE_ACCESS_TOKEN_SECRET"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "x", 1);
    config *c = load_good(FIXTURES "/../../conf/tillbridge.conf");
    ck_assert_int_eq(c->pipelines_n, 1);
    for (int i = 0; i < c->tables_n; i++)
        ck_assert_int_eq(access(c->tables[i].path, R_OK), 0);
    config_unref(c);
}
END_TEST

START_TEST(nearest_is_near)
{
    static const char *const words[] = {"batch", "linger", "workers"};
    ck_assert_str_eq(config_nearest("bacth", words, 3), "batch");
    ck_assert_str_eq(config_nearest("lingr", words, 3), "linger");
    ck_assert_ptr_null(config_nearest("zebra", words, 3));
    ck_assert_ptr_null(config_nearest("batch", words, 0));
}
END_TEST

int main(void)
{
    if (chdir(FIXTURES "/config") || glob("broken-*.conf", 0, NULL, &broken))
        return 99;
    Suite *s = suite_create("config");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, stand_in_fixtures, NULL);
    tcase_add_loop_test(t, broken_file_tells_what_is_expected, 0, (int)broken.gl_pathc);
    tcase_add_test(t, defaults_are_those_of_the_contract);
    tcase_add_test(t, values_arrive_in_the_model);
    tcase_add_test(t, print_hides_secrets);
    tcase_add_loop_test(t, print_loads_again_as_the_same, 0, 2);
    tcase_add_test(t, digest_follows_secrets_and_not_order);
    tcase_add_test(t, page_tells_every_key);
    tcase_add_test(t, sample_loads);
    tcase_add_test(t, nearest_is_near);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    globfree(&broken);
    return failed ? 1 : 0;
}
