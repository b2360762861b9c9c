/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite side: opening with pragmas that are read back, the schema, prepared statements. */
#include "core/journal/inner.h"
#include "core/base/sabotage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_VERSION = 2, APPLICATION_ID = 0x54424a31 };

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE pipeline(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, latest INT NOT NULL,"
    " retired INT NOT NULL DEFAULT 0, accepted INT NOT NULL DEFAULT 0, applied INT NOT NULL DEFAULT 0,"
    " noop INT NOT NULL DEFAULT 0, superseded INT NOT NULL DEFAULT 0, dropped INT NOT NULL DEFAULT 0,"
    " parked INT NOT NULL DEFAULT 0, pending INT NOT NULL DEFAULT 0, duplicate INT NOT NULL DEFAULT 0,"
    " last_applied INT NOT NULL DEFAULT 0);"
    "CREATE TABLE dropped(pipeline INT, rule TEXT, n INT NOT NULL, PRIMARY KEY(pipeline, rule)) WITHOUT "
    "ROWID;"
    "CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, received INT NOT "
    "NULL,"
    " hash BLOB NOT NULL, crc INT NOT NULL, body BLOB NOT NULL, kept INT NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX inbox_hash ON inbox(connection, hash);"
    "CREATE INDEX inbox_order ON inbox(connection, id);"
    "CREATE TABLE inbox_count(connection TEXT PRIMARY KEY, received INT NOT NULL, expanded INT NOT NULL,"
    " duplicate INT NOT NULL, malformed INT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE inbox_place(connection TEXT, pipeline INT, stream TEXT, place INT NOT NULL, mark INT NOT "
    "NULL,"
    " PRIMARY KEY(connection, pipeline, stream)) WITHOUT ROWID;"
    "CREATE TABLE dedup(scope TEXT, id BLOB, at INT NOT NULL, PRIMARY KEY(scope, id)) WITHOUT ROWID;"
    "CREATE INDEX dedup_at ON dedup(at);"
    "CREATE TABLE cursor(pipeline INT, connection TEXT, stream TEXT, value TEXT NOT NULL, at INT NOT NULL,"
    " PRIMARY KEY(pipeline, connection, stream)) WITHOUT ROWID;"
    "CREATE TABLE record(seq INTEGER PRIMARY KEY AUTOINCREMENT, generation INT NOT NULL, pipeline INT NOT "
    "NULL,"
    " latest INT NOT NULL, key TEXT NOT NULL, grp TEXT, type TEXT NOT NULL, state INT NOT NULL, due INT,"
    " first_seen INT NOT NULL, attempts INT NOT NULL, step INT NOT NULL, urgent INT NOT NULL, released INT "
    "NOT NULL,"
    " config_version INT, table_version INT, crc INT NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX record_due ON record(pipeline, due, seq) WHERE due IS NOT NULL;"
    "CREATE INDEX record_ordered ON record(pipeline, key, seq) WHERE latest = 0;"
    "CREATE UNIQUE INDEX record_latest ON record(pipeline, key) WHERE latest = 1;"
    "CREATE TABLE intent(seq INTEGER PRIMARY KEY, step INT NOT NULL, connection TEXT, operation TEXT, probe "
    "TEXT,"
    " claims TEXT, body TEXT, at INT NOT NULL, generation INT NOT NULL);"
    "CREATE TABLE outcome(id INTEGER PRIMARY KEY, seq INT NOT NULL, step INT NOT NULL, "
    "pipeline INT NOT NULL,"
    " key TEXT NOT NULL, business_key TEXT, type TEXT, at INT NOT NULL, verdict TEXT NOT NULL, reason TEXT, "
    "noop INT,"
    " overtaken INT, came_in TEXT, sent TEXT, answer_id TEXT, answer TEXT, text TEXT, parent INT,"
    " config_version INT, table_version INT);"
    "CREATE UNIQUE INDEX outcome_step ON outcome(seq, step);"
    "CREATE INDEX outcome_key ON outcome(pipeline, key, id);"
    "CREATE INDEX outcome_at ON outcome(pipeline, at);"
    "CREATE TABLE exception(id INTEGER PRIMARY KEY AUTOINCREMENT, pipeline INT NOT NULL, reason TEXT NOT "
    "NULL,"
    " cause TEXT NOT NULL, opened INT NOT NULL, last INT NOT NULL, count INT NOT NULL, owner TEXT, text "
    "TEXT, note TEXT,"
    " open INT NOT NULL);"
    "CREATE UNIQUE INDEX exception_open ON exception(pipeline, reason, cause) WHERE open = 1;"
    "CREATE TABLE behind(exception INT, key TEXT, pipeline INT NOT NULL, seq INT NOT NULL, PRIMARY "
    "KEY(exception, key))"
    " WITHOUT ROWID;"
    "CREATE INDEX behind_key ON behind(pipeline, key);"
    "CREATE TABLE depends(seq INT, kind TEXT, name TEXT, version INT NOT NULL, PRIMARY KEY(seq, kind, name)) "
    "WITHOUT ROWID;"
    "CREATE INDEX depends_name ON depends(kind, name);"
    "CREATE TABLE state(namespace TEXT, key TEXT, value TEXT NOT NULL, version INT NOT NULL, at INT NOT NULL,"
    " PRIMARY KEY(namespace, key)) WITHOUT ROWID;"
    "CREATE TABLE content(name TEXT, version INT, hash TEXT NOT NULL, content BLOB NOT NULL, at INT NOT NULL,"
    " PRIMARY KEY(name, version)) WITHOUT ROWID;"
    "CREATE TABLE audit(number INTEGER PRIMARY KEY AUTOINCREMENT, at INT NOT NULL, actor TEXT NOT NULL, what "
    "TEXT NOT NULL,"
    " before TEXT, after TEXT, why TEXT, previous TEXT NOT NULL, hash TEXT NOT NULL);";

/* ---- statements ---- */

/* What a failure means: not of the request (whoever asked cannot go on as if there were nothing), and whether
 * the turn may be tried again. A request that broke a rule of the schema is refused, and nothing else is. */
typedef struct {
    int code;
    journal_result result;
} meaning;

static const meaning meanings[] = {
    {SQLITE_IOERR, JOURNAL_UNKNOWN}, {SQLITE_CORRUPT, JOURNAL_UNKNOWN},  {SQLITE_NOTADB, JOURNAL_UNKNOWN},
    {SQLITE_FULL, JOURNAL_FULL},     {SQLITE_NOMEM, JOURNAL_FULL},       {SQLITE_CANTOPEN, JOURNAL_UNKNOWN},
    {SQLITE_BUSY, JOURNAL_UNKNOWN},  {SQLITE_PROTOCOL, JOURNAL_UNKNOWN},
};

static journal_result meaning_of(int code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            return meanings[i].result;
    return JOURNAL_REFUSED;
}

static void note_code(store *s, int code)
{
    if (!s->fault && meaning_of(code) != JOURNAL_REFUSED)
        s->fault = code;
}

static void note(store *s)
{
    note_code(s, sqlite3_errcode(s->db));
}

static sqlite3_stmt *prepared(store *s, const char *sql)
{
    for (int i = 0; i < s->cached; i++)
        if (s->cache[i].sql == sql)
            return s->cache[i].st;
    sqlite3_stmt *st = NULL;
    if (s->cached == STATEMENTS ||
        sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) {
        note(s);
        return NULL;
    }
    s->cache[s->cached].sql = sql;
    s->cache[s->cached++].st = st;
    return st;
}

static sqlite3_stmt *bind_all(store *s, const char *sql, const char *types, va_list args)
{
    /* A failure may have rolled the transaction back already, reading ones too: what came after it would be
     * committed by itself. */
    sqlite3_stmt *st = s->fault ? NULL : prepared(s, sql);
    if (!st)
        return NULL;
    int bad = 0;
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    for (int i = 1; *types; types++, i++) {
        if (*types == 'i') {
            bad |= sqlite3_bind_int64(st, i, va_arg(args, int64_t));
        } else if (*types == 't') {
            bad |= sqlite3_bind_text(st, i, va_arg(args, const char *), -1, SQLITE_STATIC);
        } else {
            const void *data = va_arg(args, const void *);
            bad |= sqlite3_bind_blob64(st, i, data ? data : "", va_arg(args, size_t), SQLITE_STATIC);
        }
    }
    if (bad)
        note(s);
    return bad ? NULL : st;
}

sqlite3_stmt *store_sql(store *s, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *st = bind_all(s, sql, types, args);
    va_end(args);
    return st;
}

bool store_row(store *s, sqlite3_stmt *st)
{
    int code = st ? sqlite3_step(st) : SQLITE_DONE;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        note(s);
    return code == SQLITE_ROW;
}

int store_run(store *s, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *st = bind_all(s, sql, types, args);
    va_end(args);
    int code = st ? sqlite3_step(st) : SQLITE_ERROR;
    bool good = code == SQLITE_DONE || code == SQLITE_ROW;
    if (!good)
        note(s);
    if (st)
        sqlite3_reset(st);
    return good ? 0 : -1;
}

int64_t store_number(store *s, int64_t absent, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *st = bind_all(s, sql, types, args);
    va_end(args);
    int64_t value =
        store_row(s, st) && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : absent;
    if (st)
        sqlite3_reset(st);
    return value;
}

char *store_text(store *s, sqlite3_stmt *st, int column)
{
    if (sqlite3_column_type(st, column) == SQLITE_NULL)
        return NULL;
    const void *data = sqlite3_column_blob(st, column);
    size_t n = (size_t)sqlite3_column_bytes(st, column);
    char *copy = data || !n ? malloc(n + 1) : NULL;
    if (!copy || sqlite3_errcode(s->db) == SQLITE_NOMEM) {
        free(copy);
        note_code(s, SQLITE_NOMEM);
        return NULL;
    }
    if (n)
        memcpy(copy, data, n);
    copy[n] = '\0';
    return copy;
}

const char *store_seen(store *s, sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    if (!text && sqlite3_column_type(st, column) != SQLITE_NULL)
        note_code(s, SQLITE_NOMEM);
    return text ? text : "";
}

journal_result store_fault(store *s, error *e)
{
    int code = sqlite3_errcode(s->db);
    error_set(e, "journal: %s", sqlite3_errmsg(s->db));
    return meaning_of(code);
}

journal_result store_noted(store *s, error *e)
{
    int code = s->fault;
    s->fault = 0;
    if (!code)
        return JOURNAL_DONE;
    error_set(e, "journal: %s", sqlite3_errstr(code));
    return meaning_of(code);
}

/* ---- opening ---- */

enum { SAVEPOINT_MEMORY = 4 << 20 };

/* Nobody reads SQLite's count of memory, and keeping it takes a lock at every allocation. What a savepoint
 * would undo stays in memory up to a size: the default writes most of it to a temporary file. */
void store_setup(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused, and harmless, once the library is in use */
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, (int)SAVEPOINT_MEMORY);
}

typedef struct {
    const char *set, *get;
    int64_t value;
} pragma;

static const pragma writer_pragmas[] = {
    {"PRAGMA journal_mode=WAL", NULL, 0},
    {"PRAGMA synchronous=FULL", "PRAGMA synchronous", 2},
    {"PRAGMA wal_autocheckpoint=0", "PRAGMA wal_autocheckpoint", 0},
    {"PRAGMA cache_size=-16384", "PRAGMA cache_size", -16384},
    {"PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys", 0},
};

static int set_pragmas(store *s, const char *path, error *e)
{
    for (size_t i = 0; i < sizeof writer_pragmas / sizeof *writer_pragmas; i++) {
        const pragma *p = &writer_pragmas[i];
        if (sqlite3_exec(s->db, p->set, NULL, NULL, NULL) != SQLITE_OK)
            return error_set(e, "%s: %s", path, sqlite3_errmsg(s->db));
        if (p->get && store_number(s, -999, p->get, "") != p->value)
            return error_set(e, "%s: the store would not accept %s", path, p->set);
    }
    if (SABOTAGE("synchronous-normal"))
        sqlite3_exec(s->db, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
    return 0;
}

int store_open(const char *path, bool write, store *s, error *e)
{
    int flags =
        SQLITE_OPEN_NOMUTEX | (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
        error_set(e, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
        store_close(s);
        return -1;
    }
    sqlite3_busy_timeout(s->db, 10000);
    sqlite3_extended_result_codes(s->db, 0);
    if (write && sqlite3_exec(s->db, "PRAGMA auto_vacuum=INCREMENTAL", NULL, NULL, NULL) == SQLITE_OK &&
        set_pragmas(s, path, e)) {
        store_close(s);
        return -1;
    }
    if (!write)
        sqlite3_exec(s->db, "PRAGMA query_only=ON", NULL, NULL, NULL);
    return 0;
}

void store_close(store *s)
{
    for (int i = 0; i < s->cached; i++)
        sqlite3_finalize(s->cache[i].st);
    s->cached = 0;
    sqlite3_close(s->db);
    s->db = NULL;
}

/* A file made before `latest` records had only their own index of keys. */
static int renew_indexes(store *s, error *e)
{
    bool bad = store_number(s, 0, "SELECT 1 FROM sqlite_master WHERE name = 'record_key'", "") &&
               sqlite3_exec(s->db,
                            "BEGIN; DROP INDEX record_key; CREATE INDEX record_ordered"
                            " ON record(pipeline, key, seq) WHERE latest = 0; COMMIT",
                            NULL, NULL, NULL) != SQLITE_OK;
    return bad ? error_set(e, "the journal's indexes could not be renewed: %s", sqlite3_errmsg(s->db)),
           74  : 0;
}

/* Makes the tables in a new file; refuses a file that is something else, or newer. Returns 0 or an exit code.
 */
int store_schema(store *s, int64_t now, error *e)
{
    int64_t id = store_number(s, -1, "PRAGMA application_id", ""), tables = -1;
    tables = store_number(s, -1, "SELECT count(*) FROM sqlite_master", "");
    if (tables < 0 && sqlite3_errcode(s->db) == SQLITE_NOTADB)
        return error_set(e, "this file is not a journal"), 78;
    if (tables < 0)
        return error_set(e, "the journal is damaged: %s (restore the last backup, or move the file away)",
                         sqlite3_errmsg(s->db)),
               74;
    if (id == APPLICATION_ID) {
        int64_t version = store_number(s, 0, "SELECT value FROM meta WHERE key = 'schema'", "");
        if (version == SCHEMA_VERSION)
            return renew_indexes(s, e);
        return error_set(e, "the journal has schema %lld, this version knows %d", (long long)version,
                         SCHEMA_VERSION),
               version > SCHEMA_VERSION ? 78 : 74;
    }
    if (tables > 0)
        return error_set(e, "this file is not a journal"), 78;
    char text[64];
    snprintf(text, sizeof text, "PRAGMA application_id=%d", APPLICATION_ID);
    if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK || /* all of it, or an empty file */
        sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        store_run(s,
                  "INSERT INTO meta VALUES('schema', ?1), ('epoch', 0), ('clean', 1), ('created', ?2), "
                  "('version', 0)",
                  "ii", (int64_t)SCHEMA_VERSION, now) ||
        sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return error_set(e, "the journal could not be made: %s", sqlite3_errmsg(s->db)), 74;
    return 0;
}
