/* SPDX-License-Identifier: Apache-2.0 */
/* The journal through its header alone: superseding, order, wake-ups, exceptions, history, damage, and law 1
 * after every step of seeded random work. */
#include "core/base/env.h"
#include "core/journal/journal.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[96];
static journal *j;
static int64_t p;
static error e;

static int64_t said_ready;

/* Slow, so that a verb which returned before it would be seen. */
static void ready_slowly(void *arg, int64_t pipeline)
{
    (void)arg;
    usleep(20000);
    said_ready = pipeline;
}

static void (*ready)(void *arg, int64_t pipeline);

static int64_t opened = 1000;

static void open_journal(void)
{
    journal_options o = {.path = path, .now = opened, .ready = ready};
    ck_assert_msg(journal_open(&o, &j, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/tillbridge-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/journal.db", dir);
    open_journal();
    ck_assert_int_eq(journal_pipeline_get(j, "stock", true, 1000, &p, &e), JOURNAL_DONE);
}

static void teardown(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    journal_close(j);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(dir);
}

static journal_pipeline counts(int64_t number)
{
    journal_pipeline *list, found = {0};
    int n = journal_pipelines(j, &list);
    for (int i = 0; i < n; i++)
        if (list[i].number == number)
            found = list[i];
    free(list);
    return found;
}

static void check_law(int64_t number)
{
    journal_pipeline c = counts(number);
    ck_assert_msg(c.accepted == c.applied + c.superseded + c.dropped + c.parked + c.pending,
                  "accepted %ld applied %ld superseded %ld dropped %ld parked %ld pending %ld",
                  (long)c.accepted, (long)c.applied, (long)c.superseded, (long)c.dropped, (long)c.parked,
                  (long)c.pending);
    ck_assert_int_ge(c.pending, 0);
    ck_assert_int_ge(c.parked, 0);
}

static journal_accepted put(int64_t number, const char *key, const char *id, const char *body,
                            const char *rule)
{
    journal_accepted out;
    journal_item item = {
        .type = "t", .key = key, .group = "g", .id = id, .body = body, .changed = 1000, .rule = rule};
    journal_accepting a = {
        .pipeline = number, .now = 2000, .connection = "c", .stream = "s", .items = &item, .items_n = 1};
    ck_assert_msg(journal_accept(j, &a, &out, &e) == JOURNAL_DONE, "%s", e.text);
    return out;
}

static bool none(void *arg, int64_t seq, const char *key)
{
    (void)arg, (void)seq, (void)key;
    return false;
}

static journal_row *rows;
static int rows_n;
static int64_t next_due;

static int take(int64_t number, int64_t now)
{
    journal_rows_free(rows, rows_n);
    return rows_n = journal_take(j, number, now, 100, 0, none, NULL, &rows, &next_due);
}

static journal_settlement settle_as(settle_kind kind, const journal_row *r)
{
    return (journal_settlement){
        .seq = r->seq, .generation = r->generation, .step = r->step, .kind = kind, .due = 3000};
}

static void settle(int64_t number, journal_settlement *s)
{
    ck_assert_int_eq(journal_settle(j, number, s, 1, 3000), JOURNAL_DONE);
    check_law(number);
}

static void settle_first(settle_kind kind)
{
    ck_assert_int_ge(take(p, 5000), 1);
    journal_settlement s = settle_as(kind, &rows[0]);
    s.reason = "test.reason";
    s.cause = "cause";
    settle(p, &s);
}

START_TEST(a_verb_returns_after_its_pipeline_was_told)
{
    journal_close(j);
    ready = ready_slowly;
    open_journal();
    said_ready = 0;
    put(p, "a", NULL, "1", NULL);
    ck_assert_int_eq(said_ready, p);
}
END_TEST

START_TEST(a_newer_record_takes_the_place_of_an_older)
{
    put(p, "k", NULL, "1", NULL);
    journal_accepted a = put(p, "k", NULL, "2", NULL);
    ck_assert_int_eq(a.superseded, 1);
    ck_assert_int_eq(take(p, 5000), 1);
    ck_assert_str_eq(rows[0].body, "2");
    ck_assert_int_eq(rows[0].generation, 2);
    settle_first(SETTLE_APPLIED);
    journal_pipeline c = counts(p);
    ck_assert_int_eq(c.accepted, 2);
    ck_assert_int_eq(c.applied, 1);
    ck_assert_int_eq(c.superseded, 1);
    ck_assert_int_eq(take(p, 5000), 0);
}
END_TEST

START_TEST(an_overtaken_settle_moves_no_counter)
{
    put(p, "k", NULL, "1", NULL);
    take(p, 5000);
    journal_settlement s = settle_as(SETTLE_APPLIED, &rows[0]);
    put(p, "k", NULL, "2", NULL);
    settle(p, &s);
    ck_assert(s.overtaken);
    ck_assert_int_eq(counts(p).applied, 0);
    ck_assert_int_eq(take(p, 5000), 1);
    settle_first(SETTLE_APPLIED);
    ck_assert_int_eq(counts(p).applied, 1);
}
END_TEST

START_TEST(a_repeated_settle_is_refused)
{
    put(p, "k", NULL, "1", NULL);
    take(p, 5000);
    journal_settlement s = settle_as(SETTLE_APPLIED, &rows[0]), again = s;
    settle(p, &s);
    settle(p, &again);
    ck_assert_int_eq(again.result, JOURNAL_REFUSED);
    ck_assert_int_eq(counts(p).applied, 1);
}
END_TEST

START_TEST(duplicates_are_counted_apart_and_drops_kept)
{
    put(p, "k", "id1", "1", NULL);
    ck_assert_int_eq(put(p, "k", "id1", "1", NULL).duplicate, 1);
    ck_assert_int_eq(put(p, "x", "id2", "1", "till-sale").dropped, 1);
    ck_assert_int_eq(put(p, "y", "id3", "1", "till-sale").dropped, 1);
    check_law(p);
    ck_assert_int_eq(counts(p).duplicate, 1);
    ck_assert_int_eq(counts(p).dropped, 2);
    journal_outcome *list;
    int n = journal_outcomes(j, "stock", "y", 10, &list);
    ck_assert_int_eq(n, 1);
    ck_assert_str_eq(list[0].reason, "till-sale");
    journal_outcomes_free(list, n);
}
END_TEST

START_TEST(ordered_records_wait_behind_their_key)
{
    int64_t q;
    journal_pipeline_get(j, "lines", false, 1000, &q, &e);
    put(q, "a", NULL, "1", NULL);
    put(q, "a", NULL, "2", NULL);
    put(q, "b", NULL, "3", NULL);
    ck_assert_int_eq(take(q, 5000), 2);
    ck_assert_str_eq(rows[0].body, "1");
    ck_assert_str_eq(rows[1].body, "3");
    journal_settlement s = settle_as(SETTLE_REJECT, &rows[0]);
    s.reason = "r";
    s.due = 0;
    settle(q, &s);
    ck_assert_int_eq(take(q, 5000), 1); /* a parked head keeps the others behind */
    journal_exception *list;
    int n = journal_exceptions(j, NULL, false, 0, 10, &list);
    ck_assert_int_eq(n, 1);
    int64_t dropped;
    journal_who who = {"test", "because", 4000};
    ck_assert_int_eq(journal_drop(j, &who, list[0].id, NULL, &dropped, &e), JOURNAL_DONE);
    journal_exceptions_free(list, n);
    ck_assert_int_eq(dropped, 1);
    ck_assert_int_eq(take(q, 5000), 2);
    ck_assert_str_eq(rows[0].body, "3");
    ck_assert_str_eq(rows[1].body, "2");
    check_law(q);
}
END_TEST

START_TEST(one_exception_for_a_cause_until_the_last_key_leaves)
{
    put(p, "k1", NULL, "1", NULL);
    put(p, "k2", NULL, "1", NULL);
    settle_first(SETTLE_REJECT);
    settle_first(SETTLE_REJECT);
    journal_exception *list;
    int n = journal_exceptions(j, "stock", false, 0, 10, &list);
    ck_assert_int_eq(n, 1);
    ck_assert_int_eq(list[0].count, 2);
    ck_assert_int_eq(list[0].behind, 2);
    journal_exceptions_free(list, n);
    put(p, "k1", NULL, "2", NULL); /* the newer record takes the parked one's place; the exception stays */
    check_law(p);
    n = journal_exceptions(j, NULL, false, 0, 10, &list);
    ck_assert_int_eq(list[0].behind, 2);
    journal_exceptions_free(list, n);
    settle_first(SETTLE_APPLIED);
    put(p, "k2", NULL, "2", NULL);
    settle_first(SETTLE_APPLIED);
    n = journal_exceptions(j, NULL, false, 0, 10, &list);
    ck_assert_int_eq(n, 0);
    journal_exceptions_free(list, n);
}
END_TEST

static void change_state(const char *value)
{
    journal_state s = {"stock/rows", "k", value};
    journal_accepted out;
    journal_accepting a = {
        .pipeline = p, .now = 2500, .connection = "c", .stream = "s", .states = &s, .states_n = 1};
    ck_assert_int_eq(journal_accept(j, &a, &out, &e), JOURNAL_DONE);
}

START_TEST(a_change_wakes_what_depends_on_it)
{
    change_state("1");
    int64_t version = 0;
    free(journal_state_get(j, "stock/rows", "k", &version));
    ck_assert_int_gt(version, 0);
    put(p, "w", NULL, "1", NULL);
    take(p, 5000);
    journal_depend d = {"state", "stock/rows/k", version};
    journal_settlement s = settle_as(SETTLE_WAIT, &rows[0]);
    s.due = 900000;
    s.depends = &d;
    s.depends_n = 1;
    settle(p, &s);
    ck_assert_int_eq(take(p, 5000), 0);
    change_state("2");
    ck_assert_int_eq(take(p, 5000), 1);
    s = settle_as(SETTLE_WAIT, &rows[0]); /* the change came between read and settle: not lost */
    s.due = 900000;
    s.depends = &d;
    s.depends_n = 1;
    settle(p, &s);
    ck_assert_int_eq(take(p, 5000), 1);
}
END_TEST

START_TEST(a_mended_table_releases_what_was_parked)
{
    int64_t v1, v2;
    journal_table_put(j, "skus", "a", 1, 1000, &v1);
    journal_table_put(j, "skus", "a", 1, 1000, &v2);
    ck_assert_int_eq(v1, v2);
    put(p, "w", NULL, "1", NULL);
    take(p, 5000);
    journal_depend d = {"table", "skus", v1};
    journal_settlement s = settle_as(SETTLE_REJECT, &rows[0]);
    s.reason = "mapping.sku";
    s.due = 0;
    s.depends = &d;
    s.depends_n = 1;
    settle(p, &s);
    ck_assert_int_eq(counts(p).parked, 1);
    journal_table_put(j, "skus", "b", 1, 3000, &v2);
    ck_assert_int_eq(v2, v1 + 1);
    ck_assert_int_eq(counts(p).parked, 0);
    ck_assert_int_eq(take(p, 5000), 1);
    check_law(p);
    size_t size;
    char *before = journal_table_before(j, "skus", &size);
    ck_assert_str_eq(before, "a");
    free(before);
}
END_TEST

START_TEST(an_intent_survives_and_comes_back_unknown)
{
    put(p, "k", NULL, "1", NULL);
    take(p, 5000);
    journal_intent x = {rows[0].seq, rows[0].generation, rows[0].step, "c",         "op",
                        "P-1",       "order/k\n",        "{}",         JOURNAL_DONE};
    ck_assert_int_eq(journal_intend(j, p, &x, 1, 2000), JOURNAL_DONE);
    ck_assert_int_eq(x.result, JOURNAL_DONE);
    journal_close(j);
    open_journal();
    ck_assert(journal_was_clean(j));
    ck_assert_int_eq(take(p, 5000), 1);
    ck_assert_int_eq(rows[0].state, RECORD_UNKNOWN);
    ck_assert_str_eq(rows[0].probe, "P-1");
    ck_assert_str_eq(rows[0].claims, "order/k\n");
    put(p, "k", NULL, "2", NULL); /* unknown stays unknown until probed */
    take(p, 5000);
    ck_assert_int_eq(rows[0].state, RECORD_UNKNOWN);
    settle_first(SETTLE_ABSENT);
    take(p, 5000);
    ck_assert_int_eq(rows[0].state, RECORD_READY);
    ck_assert_ptr_null(rows[0].operation);
}
END_TEST

/* What was found by a probe is what the call was made for. */
START_TEST(a_value_that_came_while_an_effect_was_unknown_is_still_due)
{
    put(p, "k", NULL, "1", NULL);
    take(p, 5000);
    journal_intent x = {rows[0].seq, rows[0].generation, rows[0].step, "c",         "op",
                        "P-1",       "order/k\n",        "{}",         JOURNAL_DONE};
    ck_assert_int_eq(journal_intend(j, p, &x, 1, 2000), JOURNAL_DONE);
    journal_close(j);
    open_journal();
    put(p, "k", NULL, "2", NULL);
    ck_assert_int_eq(take(p, 5000), 1);
    ck_assert_int_lt(rows[0].intent_generation, rows[0].generation);
    journal_settlement found = {.seq = rows[0].seq,
                                .generation = rows[0].intent_generation,
                                .step = rows[0].step,
                                .kind = SETTLE_APPLIED};
    ck_assert_int_eq(journal_settle(j, p, &found, 1, 6000), JOURNAL_DONE);
    ck_assert_int_eq(take(p, 6000), 1);
    ck_assert_int_eq(rows[0].state, RECORD_READY);
    ck_assert_str_eq(rows[0].body, "2");
    check_law(p);
}
END_TEST

START_TEST(a_clock_set_back_lets_nothing_wait_for_its_old_time)
{
    put(p, "called", NULL, "1", NULL);
    put(p, "put off", NULL, "1", NULL);
    ck_assert_int_eq(take(p, 5000), 2);
    journal_intent x = {rows[0].seq, rows[0].generation, rows[0].step, "c",         "op",
                        "P-1",       "order/k\n",        "{}",         JOURNAL_DONE};
    journal_settlement later = {.seq = rows[1].seq,
                                .generation = rows[1].generation,
                                .step = rows[1].step,
                                .kind = SETTLE_RETRY,
                                .due = 90000000};
    ck_assert_int_eq(journal_intend(j, p, &x, 1, 80000000), JOURNAL_DONE);
    ck_assert_int_eq(journal_settle(j, p, &later, 1, 80000000), JOURNAL_DONE);
    journal_close(j);
    opened = 3000;
    open_journal();
    ck_assert_int_eq(take(p, 3000), 2);
    ck_assert_int_eq(rows[0].intent_when, 3000);
}
END_TEST

/* What was sent may still have its effect for as long as the server works on it: counted from the call's end.
 */
START_TEST(an_intent_is_as_old_as_the_end_of_its_call)
{
    put(p, "k", NULL, "1", NULL);
    take(p, 5000);
    journal_intent x = {rows[0].seq, rows[0].generation, rows[0].step, "c",         "op",
                        "P-1",       "order/k\n",        "{}",         JOURNAL_DONE};
    ck_assert_int_eq(journal_intend(j, p, &x, 1, 2000), JOURNAL_DONE);
    journal_close(j);
    opened = 9000; /* it was on its way when its owner went */
    open_journal();
    ck_assert_int_eq(take(p, 9000), 1);
    ck_assert_int_eq(rows[0].intent_when, 9000);
    journal_settlement m = {.seq = rows[0].seq,
                            .generation = rows[0].generation,
                            .step = rows[0].step,
                            .kind = SETTLE_UNKNOWN,
                            .due = 9000};
    ck_assert_int_eq(journal_settle(j, p, &m, 1, 20000), JOURNAL_DONE); /* a probe that could not tell */
    take(p, 20000);
    ck_assert_int_eq(rows[0].intent_when, 9000);
    m.step = rows[0].step;
    m.sent_now = true;
    ck_assert_int_eq(journal_settle(j, p, &m, 1, 30000),
                     JOURNAL_DONE); /* a call that ended without an answer */
    take(p, 30000);
    ck_assert_int_eq(rows[0].intent_when, 30000);
    journal_close(j);
    opened = 40000;
    open_journal(); /* it was known to be over */
    ck_assert_int_eq(take(p, 40000), 1);
    ck_assert_int_eq(rows[0].intent_when, 30000);
}
END_TEST

START_TEST(a_second_owner_is_told_who_has_it)
{
    journal_options o = {.path = path, .now = 1000};
    journal *other;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    ck_assert_int_eq(journal_open(&o, &other, &e), 75);
    ck_assert_msg(strstr(e.text, pid) != NULL, "%s", e.text);
}
END_TEST

static void scribble(long offset, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, bytes, n, offset), (ssize_t)n);
    close(fd);
}

START_TEST(a_cursor_moves_with_its_rows_or_not_at_all)
{
    journal_item item = {.type = "t", .key = "k", .body = "{}", .changed = 1000};
    journal_accepting a = {.pipeline = 999, /* there is none: the rows are refused */
                           .now = 2000,
                           .connection = "c",
                           .stream = "s",
                           .cursor = "17",
                           .items = &item,
                           .items_n = 1};
    journal_accepted out;
    ck_assert_int_ne(journal_accept(j, &a, &out, &e), JOURNAL_DONE);
    ck_assert_ptr_null(journal_cursor(j, 999, "c", "s"));
}
END_TEST

/* The lock's file is gone, so another daemon could begin: what the first one still has is not written. */
START_TEST(an_owner_that_was_replaced_writes_nothing)
{
    char lock[128];
    journal *second;
    journal_options o = {.path = path, .now = 3000};
    snprintf(lock, sizeof lock, "%s.lock", path);
    ck_assert_int_eq(unlink(lock), 0);
    ck_assert_msg(journal_open(&o, &second, &e) == 0, "%s", e.text);
    ck_assert_int_eq(journal_epoch(second), journal_epoch(j) + 1);
    journal_item item = {.type = "t", .key = "late", .body = "{}", .changed = 1000};
    journal_accepting a = {
        .pipeline = p, .now = 2000, .connection = "c", .stream = "s", .items = &item, .items_n = 1};
    journal_accepted out;
    ck_assert_int_eq(journal_accept(j, &a, &out, &e), JOURNAL_UNKNOWN);
    ck_assert_msg(strstr(e.text, "another daemon") != NULL, "%s", e.text);
    ck_assert_int_eq(counts(p).accepted, 0);
    journal_close(second);
}
END_TEST

START_TEST(a_damaged_file_is_said_plainly)
{
    for (int i = 0; i < 200; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        put(p, key, NULL, "{\"some\":\"body\"}", NULL);
    }
    journal_close(j);
    j = NULL;
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_gt(st.st_size, 30000);
    for (long at = 8192; at + 4096 < st.st_size; at += 8192)
        scribble(at, "\377\377\377\377\377\377\377\377\377\377\377\377", 12);
    journal_options o = {.path = path, .now = 1000};
    ck_assert_int_eq(journal_open(&o, &j, &e), 74);
    ck_assert_msg(strstr(e.text, "damaged") != NULL, "%s", e.text);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_int_ne(journal_open(&o, &j, &e), 0);
}
END_TEST

/* The first letter of the word's first place in the file becomes an N. */
static void change_byte(const char *word)
{
    FILE *f = fopen(path, "r+b");
    ck_assert_ptr_nonnull(f);
    static char all[1 << 20];
    size_t n = fread(all, 1, sizeof all, f);
    char *at = memmem(all, n, word, strlen(word));
    ck_assert_ptr_nonnull(at);
    fseek(f, at - all, SEEK_SET);
    fputc('N', f);
    fclose(f);
}

static char said_broken[200];

static void note_broken(void *arg, const char *why)
{
    (void)arg;
    snprintf(said_broken, sizeof said_broken, "%s", why);
}

/* The disk goes bad while the journal is open: every page but the first is nonsense now. */
static void open_and_spoil(void)
{
    struct stat st;
    put(p, "k", NULL, "{}", NULL);
    journal_close(j);
    said_broken[0] = '\0';
    journal_options o = {.path = path, .now = 1000, .visit = true, .broken = note_broken};
    ck_assert_msg(journal_open(&o, &j, &e) == 0, "%s", e.text);
    ck_assert_int_eq(stat(path, &st), 0);
    for (long at = 4096; at < st.st_size; at += 4096)
        scribble(at, "\377\377\377\377\377\377\377\377\377\377\377\377", 12);
}

START_TEST(what_cannot_be_read_is_not_nothing)
{
    int64_t version;
    open_and_spoil();
    for (int i = 0; i < 5 && !*said_broken; i++) /* the readers still know some pages */
        free(journal_state_get(j, "p/namespace", "key", &version));
    ck_assert_msg(strstr(said_broken, "malformed") != NULL, "\"%s\"", said_broken);
    ck_assert_int_eq(journal_pipeline_get(j, "other", true, 1000, &p, &e), JOURNAL_UNKNOWN);
}
END_TEST

START_TEST(a_flipped_bit_in_a_body_parks_the_record)
{
    put(p, "k", NULL, "{\"some\":\"needle-in-the-file\"}", NULL);
    put(p, "ok", NULL, "{}", NULL);
    journal_close(j);
    change_byte("needle");
    open_journal();
    ck_assert_int_eq(take(p, 5000), 1);
    ck_assert_str_eq(rows[0].key, "ok");
    journal_exception *list;
    int x = journal_exceptions(j, NULL, false, 0, 10, &list);
    ck_assert_int_eq(x, 1);
    ck_assert_str_eq(list[0].reason, "journal.damaged");
    journal_exceptions_free(list, x);
    check_law(p);
}
END_TEST

START_TEST(changes_by_people_are_chained)
{
    journal_who who = {"uid:0", "first day", 4000};
    ck_assert_int_eq(journal_cursor_set(j, &who, "stock", "c", "s", "42", &e), JOURNAL_DONE);
    ck_assert_int_eq(journal_audit(j, &who, "reload", NULL, "1 changed"), JOURNAL_DONE);
    ck_assert_int_eq(journal_audit_verify(j, &e), 0);
    char *cursor = journal_cursor(j, p, "c", "s");
    ck_assert_str_eq(cursor, "42");
    free(cursor);
    ck_assert_int_eq(journal_pipeline_retire(j, &who, "nobody", &e), JOURNAL_REFUSED);
    put(p, "k", NULL, "1", NULL);
    ck_assert_int_eq(journal_pipeline_retire(j, &who, "stock", &e), JOURNAL_REFUSED);
    ck_assert_ptr_nonnull(strstr(e.text, "unsettled"));
    change_state("1");
    ck_assert_int_eq(journal_pipeline_rename(j, &who, "stock", "levels", &e), JOURNAL_DONE);
    char *value = journal_state_get(j, "levels/rows", "k", NULL);
    ck_assert_str_eq(value, "1");
    free(value);
    ck_assert_int_eq(journal_audit_verify(j, &e), 0);
}
END_TEST

START_TEST(a_chain_that_was_changed_is_told)
{
    journal_who who = {"uid:0", "needle-in-the-file", 4000};
    ck_assert_int_eq(journal_audit(j, &who, "reload", NULL, "1 changed"), JOURNAL_DONE);
    journal_close(j);
    change_byte("needle-in");
    open_journal();
    ck_assert_int_eq(journal_audit_verify(j, &e), -1);
    ck_assert_msg(strstr(e.text, "does not fit") != NULL, "%s", e.text);
}
END_TEST

static void beside_the_journal(const char *sql)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* All of it or nothing, on what was read, with its audit row. */
START_TEST(a_person_changes_state_that_was_read)
{
    int64_t version = 0, now;
    journal_who who = {"uid:0", "agreed", 4000};
    change_state("1");
    free(journal_state_get(j, "stock/rows", "k", &version));
    journal_edit edits[] = {{{"stock/rows", "new", "2"}, 0}, {{"stock/rows", "k", NULL}, version + 1}};
    ck_assert_int_eq(journal_state_change(j, &who, "approve", edits, 2, &e), JOURNAL_REFUSED);
    ck_assert_ptr_nonnull(strstr(e.text, "stock/rows k was changed meanwhile"));
    ck_assert_ptr_null(journal_state_get(j, "stock/rows", "new", &now));
    edits[1].version = version;
    ck_assert_int_eq(journal_state_change(j, &who, "approve", edits, 2, &e), JOURNAL_DONE);
    ck_assert_ptr_null(journal_state_get(j, "stock/rows", "k", &now));
    char *value = journal_state_get(j, "stock/rows", "new", &now);
    ck_assert_str_eq(value, "2");
    free(value);
    ck_assert_int_eq(journal_audit_verify(j, &e), 0);
    beside_the_journal("UPDATE audit SET after = '3' WHERE what = 'approve stock/rows new'");
    ck_assert_int_eq(journal_audit_verify(j, &e), -1); /* so the row was there */
}
END_TEST

START_TEST(reads_that_share_a_look_see_each_commit)
{
    journal_reading r = {0};
    for (char value[2] = "1"; *value < '4'; (*value)++) {
        change_state(value);
        for (int again = 0; again < 2; again++) {
            char *seen = journal_state_read(j, &r, "stock/rows", "k", NULL);
            ck_assert_str_eq(seen, value);
            free(seen);
        }
    }
    ck_assert_ptr_nonnull(r.reader);
    journal_reading_end(j, &r);
    ck_assert_ptr_null(r.reader);
}
END_TEST

START_TEST(an_older_file_gets_the_newer_indexes)
{
    journal_row *found = NULL;
    put(p, "k", NULL, "{}", NULL);
    journal_close(j);
    beside_the_journal("DROP INDEX record_ordered; CREATE INDEX record_key ON record(pipeline, key, seq);");
    open_journal();
    beside_the_journal("DROP INDEX record_ordered"); /* it is there, and the other one is not: */
    beside_the_journal("CREATE INDEX record_key ON record(key); DROP INDEX record_key");
    ck_assert_int_eq(journal_find(j, p, "k", &found), 1);
    journal_rows_free(found, 1);
}
END_TEST

START_TEST(a_chain_that_cannot_be_read_is_not_a_good_one)
{
    journal_who who = {"uid:0", "first day", 4000};
    ck_assert_int_eq(journal_audit(j, &who, "reload", NULL, "1 changed"), JOURNAL_DONE);
    beside_the_journal("ALTER TABLE audit RENAME TO away");
    ck_assert_int_eq(journal_audit_verify(j, &e), -1);
    ck_assert_msg(strstr(e.text, "could not be read") != NULL, "%s", e.text);
    beside_the_journal("ALTER TABLE away RENAME TO audit");
    ck_assert_int_eq(journal_audit_verify(j, &e), 0);
}
END_TEST

static env_mutex received_lock;
static env_cond received_cond;
static int received_n, received_duplicates;

static void on_received(void *arg, journal_result result, bool duplicate)
{
    (void)arg;
    ck_assert_int_eq(result, JOURNAL_DONE);
    ENV_HOLD(&received_lock);
    received_n++;
    received_duplicates += duplicate;
    env_broadcast(&received_cond);
}

START_TEST(bodies_are_received_once_and_go_when_expanded)
{
    env_mutex_init(&received_lock);
    env_cond_init(&received_cond);
    received_n = received_duplicates = 0;
    for (int i = 0; i < 20; i++) {
        char body[32];
        int n = snprintf(body, sizeof body, "body %d", i % 10);
        ck_assert_int_eq(journal_receive(j, "sitoo", body, (size_t)n, 1000, on_received, NULL), JOURNAL_DONE);
    }
    {
        ENV_HOLD(&received_lock);
        while (received_n < 20)
            env_wait(&received_cond, &received_lock, ENV_FOREVER);
    }
    ck_assert_int_eq(received_duplicates, 10);
    journal_inbox_source sources[] = {{"sitoo", "s", 7}, {"sitoo", "gone", 7}};
    ck_assert_int_eq(journal_inbox_sources(j, p, sources, 2), JOURNAL_DONE);
    ck_assert_int_eq(sources[0].place, 0);
    journal_body *bodies;
    int n = journal_inbox(j, "sitoo", sources[0].place, 100, &bodies);
    ck_assert_int_eq(n, 10);
    ck_assert(!bodies[0].damaged);
    for (int i = 0; i < n; i++) {
        journal_accepted out;
        journal_accepting a = {.pipeline = p,
                               .now = 2000,
                               .connection = "sitoo",
                               .stream = "s",
                               .expanded = bodies[i].id,
                               .malformed = i == 3 ? "not JSON" : NULL};
        ck_assert_int_eq(journal_accept(j, &a, &out, &e), JOURNAL_DONE);
    }
    journal_bodies_free(bodies, n);
    journal_inbox_counts c;
    journal_inbox_counters(j, "sitoo", &c);
    ck_assert_int_eq(c.unread, 9); /* the other source has not seen them yet */
    ck_assert_int_eq(journal_inbox_sources(j, p, sources, 1), JOURNAL_DONE); /* and now it is gone */
    journal_inbox_counters(j, "sitoo", &c);
    n = journal_inbox(j, "sitoo", 0, 100, &bodies);
    ck_assert_int_eq(n, 1); /* the malformed one stays for a person */
    journal_bodies_free(bodies, n);
    ck_assert_int_eq(c.received, 20);
    ck_assert_int_eq(c.duplicate, 10);
    ck_assert_int_eq(c.expanded, 9);
    ck_assert_int_eq(c.malformed, 1);
    ck_assert_int_eq(c.unread, 0);
}
END_TEST

/* Three groups of 1, 2 and 3 records: the oldest record's comes first, then the fullest, and no third. */
START_TEST(a_take_prefers_the_oldest_and_the_fullest_group)
{
    const char *const groups[] = {"a", "b", "b", "c", "c", "c"};
    journal_item items[6];
    char keys[6][16];
    for (int i = 0; i < 6; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        items[i] =
            (journal_item){.type = "t", .key = keys[i], .group = groups[i], .body = "{}", .changed = 1000};
    }
    journal_accepting a = {
        .pipeline = p, .now = 1000, .connection = "", .stream = "", .items = items, .items_n = 6};
    journal_accepted out;
    ck_assert_int_eq(journal_accept(j, &a, &out, &e), JOURNAL_DONE);
    journal_row *taken;
    int64_t next;
    int n = journal_take(j, p, 2000, 100, 2, none, NULL, &taken, &next);
    ck_assert_int_eq(n, 4);
    ck_assert_str_eq(taken[0].group, "a");
    for (int i = 1; i < n; i++)
        ck_assert_str_eq(taken[i].group, "c");
    journal_rows_free(taken, n);
    n = journal_take(j, p, 2000, 3, 3, none, NULL, &taken, &next);
    ck_assert_int_eq(n, 3);
    journal_rows_free(taken, n);
}
END_TEST

/* Random verbs; law 1 after each, and its terms against a recount of the takeable rows at the end. */
START_TEST(law_1_holds_after_every_verb)
{
    unsigned seed = 42;
    for (int i = 0; i < 1500; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", rand_r(&seed) % 12);
        int what = rand_r(&seed) % 10;
        if (what < 5) {
            put(p, key, NULL, "{}", what == 0 ? "rule" : NULL);
        } else if (take(p, 3000 + i)) {
            journal_settlement s = settle_as((settle_kind)((unsigned)rand_r(&seed) % (SETTLE_UNKNOWN + 1)),
                                             &rows[(unsigned)rand_r(&seed) % (unsigned)rows_n]);
            s.reason = "r";
            s.cause = key;
            s.rule = "rule";
            s.more = s.kind == SETTLE_APPLIED && what == 9;
            if (what == 8)
                put(p, rows[0].key, NULL, "{}", NULL);
            settle(p, &s);
        }
        check_law(p);
    }
    journal_pipeline c = counts(p);
    ck_assert_int_eq(take(p, INT64_MAX), (int)(c.pending));
    ck_assert_int_gt(c.applied, 50);
    ck_assert_int_gt(c.parked + c.superseded, 50);
}
END_TEST

static void child_work(int out)
{
    for (int64_t i = 1;; i++) {
        char key[32];
        snprintf(key, sizeof key, "child-%ld", (long)i);
        put(p, key, key, "{}", NULL);
        if (write(out, &i, sizeof i) != sizeof i)
            _exit(0);
    }
}

START_TEST(what_was_acknowledged_survives_kill_9)
{
    journal_close(j);
    for (int round = 0; round < 5; round++) {
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
            open_journal();
            child_work(ends[1]);
        }
        close(ends[1]);
        int64_t last = 0, one;
        for (int n = 0; n < 40 + round * 17 && read(ends[0], &one, sizeof one) == sizeof one; n++)
            last = one;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(ends[0], &one, sizeof one) == sizeof one)
            last = one;
        close(ends[0]);
        open_journal();
        ck_assert(!journal_was_clean(j));
        check_law(p);
        for (int64_t i = 1; i <= last; i++) {
            char key[32];
            journal_row *row;
            snprintf(key, sizeof key, "child-%ld", (long)i);
            ck_assert_msg(journal_find(j, p, key, &row) == 1, "round %d: %s was acknowledged and is gone",
                          round, key);
            journal_rows_free(row, 1);
        }
        ck_assert_int_ge(journal_doubtful_below(j), last);
        journal_close(j);
    }
    open_journal();
}
END_TEST

START_TEST(the_sweep_takes_old_history_only)
{
    put(p, "k", NULL, "1", NULL);
    settle_first(SETTLE_APPLIED);
    ck_assert_int_eq(journal_sweep(j, p, 2999, 5000), 0);
    ck_assert_int_eq(journal_sweep(j, p, 3001, 5000), 1);
    journal_outcome *list;
    int n = journal_outcomes(j, NULL, "k", 10, &list);
    ck_assert_int_eq(n, 0);
    journal_outcomes_free(list, n);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("journal");
    TCase *t = tcase_create("journal");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_verb_returns_after_its_pipeline_was_told);
    tcase_add_test(t, a_newer_record_takes_the_place_of_an_older);
    tcase_add_test(t, an_overtaken_settle_moves_no_counter);
    tcase_add_test(t, a_repeated_settle_is_refused);
    tcase_add_test(t, duplicates_are_counted_apart_and_drops_kept);
    tcase_add_test(t, ordered_records_wait_behind_their_key);
    tcase_add_test(t, one_exception_for_a_cause_until_the_last_key_leaves);
    tcase_add_test(t, a_change_wakes_what_depends_on_it);
    tcase_add_test(t, a_mended_table_releases_what_was_parked);
    tcase_add_test(t, an_intent_survives_and_comes_back_unknown);
    tcase_add_test(t, an_intent_is_as_old_as_the_end_of_its_call);
    tcase_add_test(t, a_clock_set_back_lets_nothing_wait_for_its_old_time);
    tcase_add_test(t, a_value_that_came_while_an_effect_was_unknown_is_still_due);
    tcase_add_test(t, a_second_owner_is_told_who_has_it);
    tcase_add_test(t, a_cursor_moves_with_its_rows_or_not_at_all);
    tcase_add_test(t, an_owner_that_was_replaced_writes_nothing);
    tcase_add_test(t, a_damaged_file_is_said_plainly);
    tcase_add_test(t, what_cannot_be_read_is_not_nothing);
    tcase_add_test(t, a_flipped_bit_in_a_body_parks_the_record);
    tcase_add_test(t, changes_by_people_are_chained);
    tcase_add_test(t, a_person_changes_state_that_was_read);
    tcase_add_test(t, a_chain_that_was_changed_is_told);
    tcase_add_test(t, a_chain_that_cannot_be_read_is_not_a_good_one);
    tcase_add_test(t, bodies_are_received_once_and_go_when_expanded);
    tcase_add_test(t, a_take_prefers_the_oldest_and_the_fullest_group);
    tcase_add_test(t, law_1_holds_after_every_verb);
    tcase_add_test(t, what_was_acknowledged_survives_kill_9);
    tcase_add_test(t, the_sweep_takes_old_history_only);
    tcase_add_test(t, reads_that_share_a_look_see_each_commit);
    tcase_add_test(t, an_older_file_gets_the_newer_indexes);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
