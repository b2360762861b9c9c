/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins inside the real engine and journal: one that was built with the headers of ABI 0.1, one of an older
 * minor whose tables are shorter, and what is kept of state by verdict. Each runs until it has come to rest.
 */
#include "core/base/env.h"
#include "core/base/log.h"
#include "core/engine/engine.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT = 60000, LOOK = 20 };

typedef struct {
    char folder[64], conf[96];
    plugins *plugins;
    journal *journal;
    engine *engine;
} world;

static void write_file(const world *w, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
}

/* A copy of a test plugin that can be replaced. */
static void copy_module(const world *w, const char *name)
{
    char path[512], part[4096];
    size_t n;
    snprintf(path, sizeof path, MODULES "/%s.so", name);
    FILE *in = fopen(path, "r");
    snprintf(path, sizeof path, "%s/%s.so", w->folder, name);
    unlink(path);
    FILE *out = fopen(path, "w");
    ck_assert(in && out);
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        ck_assert_uint_eq(fwrite(part, 1, n, out), n);
    fclose(in);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

/* `copied`: a plugin that is loaded from a copy in the folder; NULL: all from where they were built. */
static void start(world *w, const char *pipeline, const char *copied)
{
    char text[2048], path[128];
    config_findings f = {0};
    error e = {""};
    log_setup(LOG_ERROR, 0);
    snprintf(w->folder, sizeof w->folder, "/tmp/tb-run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w->folder));
    snprintf(text, sizeof text,
             "journal = \"journal.db\";\ntables = { prices = \"prices.csv\"; };\npipelines = ( %s );\n",
             pipeline);
    write_file(w, "conf", text);
    write_file(w, "prices.csv", "name,price\ncap,12.50\nhat,20\n");
    snprintf(w->conf, sizeof w->conf, "%s/conf", w->folder);
    if (copied)
        copy_module(w, copied);
    w->plugins = plugins_new(copied ? w->folder : MODULES);
    plan *p = plan_build(w->conf, w->plugins, &f);
    ck_assert_msg(p && !f.n, "%s", buffer_text(&f.text));
    config_findings_free(&f);
    w->engine = engine_new(w->plugins);
    snprintf(path, sizeof path, "%s/journal.db", w->folder);
    journal_options o = {
        .path = path, .now = env_now(), .ready = engine_ready, .broken = engine_broken, .arg = w->engine};
    ck_assert_msg(!journal_open(&o, &w->journal, &e), "%s", e.text);
    ck_assert_msg(!engine_start(w->engine, p, w->journal, &e), "%s", e.text);
}

static void stop(world *w)
{
    static const char *const files[] = {"conf",           "prices.csv", "journal.db",   "journal.db-wal",
                                        "journal.db-shm", "keeper.so",  "journal.lock", "journal.db.lock"};
    ck_assert_int_eq(engine_stop(w->engine), 0);
    engine_free(w->engine);
    journal_close(w->journal);
    plugins_free(w->plugins);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", w->folder, files[i]);
        unlink(path);
    }
    rmdir(w->folder);
}

static journal_pipeline counted(const world *w)
{
    CLEANUP_FREE journal_pipeline *list = NULL;
    ck_assert_int_eq(journal_pipelines(w->journal, &list), 1);
    return list[0];
}

/* Waits until the only pipeline says these counts. */
static void comes_to(const world *w, int applied, int dropped, int parked, int pending)
{
    journal_pipeline c = counted(w);
    for (int64_t end = env_mono() + LIMIT; env_mono() < end; c = counted(w)) {
        if (c.applied == applied && c.dropped == dropped && c.parked == parked && c.pending == pending)
            break;
        usleep(LOOK * 1000);
    }
    ck_assert_int_eq(c.applied, applied);
    ck_assert_int_eq(c.dropped, dropped);
    ck_assert_int_eq(c.parked, parked);
    ck_assert_int_eq(c.pending, pending);
}

static void holds(const world *w, const char *name, const char *key, const char *expected)
{
    CLEANUP_FREE char *value = journal_state_get(w->journal, name, key, NULL);
    ck_assert_msg(expected ? value && !strcmp(value, expected) : !value, "%s of %s is %s, not %s", key, name,
                  value ? value : "absent", expected ? expected : "absent");
}

/* The open exceptions as "reason cause" lines. */
static void open_ones(const world *w, const char *expected)
{
    CLEANUP_BUFFER buffer b = {0};
    journal_exception *list = NULL;
    int n = journal_exceptions(w->journal, NULL, false, 0, 100, &list);
    for (int i = 0; i < n; i++)
        buffer_printf(&b, "%s %s\n", list[i].reason, list[i].cause);
    journal_exceptions_free(list, n);
    ck_assert_str_eq(buffer_text(&b), expected);
}

START_TEST(what_was_built_with_0_1_runs)
{
    world w;
    start(&w,
          "{ name = \"old\"; owner = \"tests\"; mode = \"latest\"; ignore = ( \"old.item\" ); deliver = "
          "{ linger = \"1ms\"; };\n"
          " retry = { first = \"50ms\"; };\n"
          " sources = ( { plugin = \"built-with-0-1\"; prices = \"prices\"; stream = \"items\"; every = "
          "\"1s\"; } );\n"
          " transforms = ( { plugin = \"built-with-0-1\"; prices = \"prices\"; factor = 3; } );\n"
          " sinks = ( { plugin = \"built-with-0-1\"; prices = \"prices\"; mood = \"good\"; } ); }",
          NULL);
    error e = {""};
    const plugin *p = plugins_get(w.plugins, "built-with-0-1", &e);
    ck_assert_uint_eq(p->api.abi_major, 0);
    ck_assert_uint_eq(p->api.abi_minor, 1);
    comes_to(&w, 2, 1, 0, 0);
    holds(&w, "old/seen", "scarf", "yes");
    holds(&w, "old/set", "cap", "37.50");
    holds(&w, "old/set", "hat", "probed");
    holds(&w, "old/set", "scarf", NULL);
    open_ones(&w, "");
    stop(&w);
}
END_TEST

#define KEEPER(name)                                                                                         \
    "{ name = \"keeps\"; owner = \"tests\"; mode = \"ordered\"; ignore = ( \"kept.item\" ); deliver = { "    \
    "linger = \"1ms\"; };\n"                                                                                 \
    " retry = { first = \"200ms\"; longest = \"200ms\"; attempts = 1000; };\n"                               \
    " sources = ( { plugin = \"" name "\"; stream = \"items\"; every = \"1s\"; } );\n"                       \
    " sinks = ( { plugin = \"" name "\"; } ); }"

static const char *const given[] = {"applied", "noop", "drop", "reject", "wait-on", "retry", "unknown"};

/* `parked`: whether the unknown one was, which keeps what is marked `always` as a reject does. */
static void state_is_kept_by_verdict(const world *w, bool parked)
{
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        holds(w, "keeps/kept", given[i], i < 3 ? "1" : NULL);
        holds(w, "keeps/always", given[i], i < 4 || (i == 6 && parked) ? "1" : NULL);
    }
    holds(w, "keeps/kept", "wait", "1"); /* woken by the state that it depended on */
    holds(w, "keeps/kept", "feed", "3");
}

START_TEST(state_is_kept_for_applied_noop_drop_and_always_for_reject)
{
    world w;
    start(&w, KEEPER("keeper"), NULL);
    comes_to(&w, 4, 1, 1, 2);
    state_is_kept_by_verdict(&w, false);
    open_ones(&w, "keeper.asked reject\n");
    stop(&w);
}
END_TEST

START_TEST(an_older_minor_has_none_of_the_later_callbacks)
{
    world w;
    error e = {""};
    start(&w, KEEPER("keeper-older"), NULL);
    const plugin *p = plugins_get(w.plugins, "keeper-older", &e);
    ck_assert_uint_eq(p->api.abi_minor, 0);
    ck_assert_ptr_null(p->api.sink->probe);
    comes_to(&w, 3, 1, 2, 2);
    state_is_kept_by_verdict(&w, true);
    open_ones(&w, "keeper.asked reject\neffect.unknown unknown\n");
    stop(&w);
}
END_TEST

/* Two uses of one plugin: told once. */
START_TEST(a_plugin_that_changed_on_disk_is_told_by_reload)
{
    world w;
    error e = {""};
    config_findings f = {0};
    start(&w, KEEPER("keeper"), "keeper");
    plan *same = plan_build(w.conf, w.plugins, &f), *again = plan_build(w.conf, w.plugins, &f);
    ck_assert_int_eq(engine_reload(w.engine, same, "test", &e), 0);
    ck_assert_str_eq(e.text, "reloaded: 1 pipelines unchanged, 0 changed, 0 new, 0 removed");
    copy_module(&w, "keeper");
    ck_assert_int_eq(engine_reload(w.engine, again, "test", &e), 0);
    ck_assert_str_eq(e.text, "reloaded: 1 pipelines unchanged, 0 changed, 0 new, 0 removed; "
                             "plugin keeper changed on disk: restart to use it");
    stop(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run");
    TCase *t = tcase_create("run");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 3 * LIMIT / 1000);
    tcase_add_test(t, what_was_built_with_0_1_runs);
    tcase_add_test(t, state_is_kept_for_applied_noop_drop_and_always_for_reject);
    tcase_add_test(t, an_older_minor_has_none_of_the_later_callbacks);
    tcase_add_test(t, a_plugin_that_changed_on_disk_is_told_by_reload);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
