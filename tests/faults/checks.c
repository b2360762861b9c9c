/* SPDX-License-Identifier: Apache-2.0 */
/* Law 1 twice: the counters agree with each other, and with the rows they count. What a commit has counted
 * may be told to anybody from then on; so the counters of the last commit that was seen are kept, and after
 * any end of the daemon the journal must not know less. */
#include "tests/faults/checks.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/faults/baton.h"
#include "tests/faults/life.h"
#include "tests/faults/vfs_power.h"

enum { PIPELINES_SQL, RECORDS_SQL, DROPPED_SQL, INBOX_SQL, REST_SQL, STATEMENTS };
static const char *const sql[STATEMENTS] = {
    "SELECT number, accepted, applied, noop, superseded, dropped, parked, pending, duplicate FROM pipeline",
    "SELECT count(*), coalesce(sum(state = 4), 0) FROM record WHERE pipeline = ?1",
    "SELECT coalesce(sum(n), 0) FROM dropped WHERE pipeline = ?1",
    "SELECT coalesce(sum(received), 0), coalesce(sum(expanded), 0), coalesce(sum(duplicate), 0),"
    " coalesce(sum(malformed), 0), (SELECT count(*) FROM inbox WHERE kept = 0) FROM inbox_count",
    "SELECT (SELECT count(*) FROM exception WHERE open = 1), (SELECT count(*) FROM intent),"
    " (SELECT value FROM meta WHERE key = 'version')",
};
static sqlite3 *db;
static sqlite3_stmt *statement[STATEMENTS];
static checks_counts told; /* as of the last commit that was seen */
static int64_t commits;

static sqlite3_stmt *step(int which, int64_t pipeline)
{
    sqlite3_stmt *st = statement[which];
    sqlite3_reset(st);
    if (sqlite3_bind_parameter_count(st))
        sqlite3_bind_int64(st, 1, pipeline);
    return st;
}

static int64_t column(sqlite3_stmt *st, int i)
{
    return sqlite3_column_int64(st, i);
}

/* ---- law 1 ---- */

static void check_rows(int64_t pipeline, const checks_counts *c)
{
    sqlite3_stmt *st = step(RECORDS_SQL, pipeline);
    if (sqlite3_step(st) != SQLITE_ROW)
        baton_fail("records cannot be counted: %s", sqlite3_errmsg(db));
    int64_t rows = column(st, 0), parked = column(st, 1);
    sqlite3_reset(st);
    if (parked != c->parked || rows - parked != c->pending)
        baton_fail(
            "law 1, pipeline %lld: parked %lld and pending %lld by the counters, %lld and %lld by the rows",
            (long long)pipeline, (long long)c->parked, (long long)c->pending, (long long)parked,
            (long long)(rows - parked));
    st = step(DROPPED_SQL, pipeline);
    sqlite3_step(st);
    if (column(st, 0) != c->dropped)
        baton_fail("law 1, pipeline %lld: dropped %lld, by rule %lld", (long long)pipeline,
                   (long long)c->dropped, (long long)column(st, 0));
    sqlite3_reset(st);
}

static void check_pipeline(int64_t pipeline, const checks_counts *c)
{
    if (c->accepted != c->applied + c->superseded + c->dropped + c->parked + c->pending)
        baton_fail("law 1, pipeline %lld: accepted %lld is not applied %lld + superseded %lld + dropped %lld "
                   "+ parked "
                   "%lld + pending %lld",
                   (long long)pipeline, (long long)c->accepted, (long long)c->applied,
                   (long long)c->superseded, (long long)c->dropped, (long long)c->parked,
                   (long long)c->pending);
    check_rows(pipeline, c);
}

static void add(checks_counts *sum, const checks_counts *c)
{
    sum->accepted += c->accepted;
    sum->applied += c->applied;
    sum->noop += c->noop;
    sum->superseded += c->superseded;
    sum->dropped += c->dropped;
    sum->parked += c->parked;
    sum->pending += c->pending;
    sum->duplicate += c->duplicate;
}

static void count_pipelines(checks_counts *out, bool check)
{
    sqlite3_stmt *st = step(PIPELINES_SQL, 0);
    while (sqlite3_step(st) == SQLITE_ROW) {
        checks_counts c = {.accepted = column(st, 1),
                           .applied = column(st, 2),
                           .noop = column(st, 3),
                           .superseded = column(st, 4),
                           .dropped = column(st, 5),
                           .parked = column(st, 6),
                           .pending = column(st, 7),
                           .duplicate = column(st, 8)};
        if (check)
            check_pipeline(column(st, 0), &c);
        add(out, &c);
    }
    sqlite3_reset(st);
}

static void count_inbox(checks_counts *out)
{
    sqlite3_stmt *st = step(INBOX_SQL, 0);
    if (sqlite3_step(st) == SQLITE_ROW) {
        int64_t *into[] = {&out->received, &out->expanded, &out->twice, &out->malformed, &out->unread};
        for (int i = 0; i < 5; i++)
            *into[i] = column(st, i);
    }
    sqlite3_reset(st);
    st = step(REST_SQL, 0);
    if (sqlite3_step(st) == SQLITE_ROW) {
        out->exceptions = column(st, 0);
        out->intents = column(st, 1);
        out->version = column(st, 2);
    }
    sqlite3_reset(st);
}

void checks_count(checks_counts *out)
{
    *out = (checks_counts){0};
    if (!db)
        return;
    baton_hold(true);
    count_pipelines(out, false);
    count_inbox(out);
    baton_hold(false);
}

static void look(checks_counts *now)
{
    *now = (checks_counts){0};
    count_pipelines(now, true);
    count_inbox(now);
    if (now->received != now->expanded + now->twice + now->malformed + now->unread)
        baton_fail(
            "inbox: received %lld is not expanded %lld + duplicate %lld + malformed %lld + unread %lld",
            (long long)now->received, (long long)now->expanded, (long long)now->twice,
            (long long)now->malformed, (long long)now->unread);
}

/* After a commit, before anybody is told of it. */
void checks_law(void)
{
    if (!db)
        return;
    baton_hold(true);
    look(&told);
    commits++;
    baton_hold(false);
}

int64_t checks_made(void)
{
    return commits;
}

/* ---- a journal that was opened again ---- */

static void check_told(const checks_counts *now)
{
    const struct {
        const char *what;
        int64_t told, now;
    } rows[] = {
        {"accepted records", told.accepted, now->accepted},
        {"applied records", told.applied, now->applied},
        {"superseded records", told.superseded, now->superseded},
        {"dropped records", told.dropped, now->dropped},
        {"duplicate records", told.duplicate, now->duplicate},
        {"received bodies", told.received, now->received},
        {"expanded bodies", told.expanded, now->expanded},
        {"duplicate bodies", told.twice, now->twice},
        {"changes of state", told.version, now->version},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].now < rows[i].told)
            baton_fail("law 2: %lld %s were committed, the journal knows %lld after its restart",
                       (long long)rows[i].told, rows[i].what, (long long)rows[i].now);
}

/* Every body that was answered with 200 is known. */
static void check_acknowledged(void)
{
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(db, "SELECT 1 FROM dedup WHERE scope = 'sitoo' AND id = ?1", -1, &st, NULL);
    for (const char *at = life_acknowledged(); *at; at += strcspn(at, "\n") + 1) {
        sqlite3_bind_text(st, 1, at, (int)strcspn(at, "\n"), SQLITE_STATIC);
        if (sqlite3_step(st) != SQLITE_ROW)
            baton_fail(
                "law 2: an event was answered with 200, and the journal does not know it after its restart");
        sqlite3_reset(st);
    }
    sqlite3_finalize(st);
}

static void check_whole(void)
{
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL);
    if (sqlite3_step(st) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
        baton_fail("the journal is damaged: %s", st && sqlite3_data_count(st)
                                                     ? (const char *)sqlite3_column_text(st, 0)
                                                     : sqlite3_errmsg(db));
    sqlite3_finalize(st);
}

void checks_open(journal *j)
{
    checks_counts now;
    (void)j;
    baton_hold(true);
    if (sqlite3_open_v2(life_where.journal, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        baton_fail("the journal cannot be read: %s", sqlite3_errmsg(db));
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statement[i], NULL) != SQLITE_OK)
            baton_fail("check %d: %s", i, sqlite3_errmsg(db));
    check_whole();
    look(&now);
    check_told(&now);
    check_acknowledged();
    baton_hold(false);
    vfs_power_committed = checks_law;
}

void checks_close(void)
{
    vfs_power_committed = NULL;
    if (!db)
        return;
    baton_hold(true);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(statement[i]);
    sqlite3_close(db);
    db = NULL;
    baton_hold(false);
}

/* The life was ended: what the connection shares with it is gone. */
void checks_abandon(void)
{
    db = NULL;
    vfs_power_committed = NULL;
}

/* ---- for people ---- */

static void tell(const char *what, const char *text)
{
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(db, text, -1, &st, NULL);
    while (sqlite3_step(st) == SQLITE_ROW)
        baton_trace(what, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
}

void checks_tell(void)
{
    if (!db)
        return;
    baton_hold(true);
    tell("open",
         "SELECT reason || ' / ' || cause || ': ' || coalesce(text, '') FROM exception WHERE open = 1");
    tell("record",
         "SELECT 'record ' || seq || ' ' || key || ' state ' || state || ' due ' || coalesce(due, '-') ||"
         " ' attempts ' || attempts FROM record LIMIT 20");
    baton_hold(false);
}
