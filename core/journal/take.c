/* SPDX-License-Identifier: Apache-2.0 */
/* Taking: reading what is due. Nothing is marked in the store: being in flight is the engine's memory. */
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/journal/inner.h"

#include <string.h>

#define COLUMNS                                                                                              \
    "SELECT r.seq, r.generation, r.pipeline, r.step, r.attempts, r.state, r.urgent, r.released, "            \
    "r.first_seen, r.due,"                                                                                   \
    " r.type, r.key, r.grp, r.body, i.operation, i.connection, i.probe, i.claims, i.body, i.at, r.crc, "     \
    "i.generation"                                                                                           \
    " FROM record r LEFT JOIN intent i ON i.seq = r.seq "

static void read_row(store *s, sqlite3_stmt *st, journal_row *r)
{
    *r = (journal_row){.seq = sqlite3_column_int64(st, 0),
                       .generation = sqlite3_column_int64(st, 1),
                       .pipeline = sqlite3_column_int64(st, 2),
                       .step = sqlite3_column_int(st, 3),
                       .attempts = sqlite3_column_int(st, 4),
                       .state = (record_state)sqlite3_column_int(st, 5),
                       .urgent = sqlite3_column_int(st, 6),
                       .released = sqlite3_column_int(st, 7),
                       .first_seen = sqlite3_column_int64(st, 8),
                       .due = sqlite3_column_int64(st, 9),
                       .intent_when = sqlite3_column_int64(st, 19),
                       .intent_generation = sqlite3_column_int64(st, 21)};
    char **fields[] = {&r->type,       &r->key,   &r->group,  &r->body,       &r->operation,
                       &r->connection, &r->probe, &r->claims, &r->intent_body};
    for (int i = 0; i < 9; i++)
        *fields[i] = store_text(s, st, 10 + i);
}

static bool is_whole(sqlite3_stmt *st)
{
    return (uint32_t)sqlite3_column_int64(st, 20) ==
           hash_crc32c(sqlite3_column_blob(st, 13), (size_t)sqlite3_column_bytes(st, 13));
}

void journal_row_clear(journal_row *r)
{
    char *fields[] = {r->type,       r->key,   r->group,  r->body,       r->operation,
                      r->connection, r->probe, r->claims, r->intent_body};
    for (int i = 0; i < 9; i++)
        free(fields[i]);
}

void journal_rows_free(journal_row *rows, int n)
{
    for (int k = 0; rows && k < n; k++)
        journal_row_clear(&rows[k]);
    free(rows);
}

/* A body that does not fit its checksum is parked, never used and never skipped silently. */
static journal_result do_damaged(journal *j, store *s, void *arg, error *e)
{
    (void)j;
    const journal_row *r = arg;
    int bad = store_run(s, "UPDATE record SET state = 4, due = NULL WHERE seq = ?1", "i", r->seq) ||
              move_count(s, r->pipeline, COUNT_PENDING, COUNT_PARKED) ||
              open_exception(s, r->pipeline, "journal.damaged", r->key, NULL,
                             "the record's body does not fit its checksum: the journal was damaged on disk",
                             r->key, r->seq, env_now());
    return bad ? store_fault(s, e) : JOURNAL_DONE;
}

/* ---- which ones: the cheap columns of more than a batch, then its groups ---- */

enum { LOOK_AHEAD = 16, MOST_GROUPS = 1024, MOST_DAMAGED = 8 };

typedef struct { /* what is asked for */
    int64_t pipeline, now;
    int limit, groups;
    bool (*skip)(void *arg, int64_t seq, const char *key);
    void *arg;
} wish;

typedef struct {
    journal_row *rows, damaged[MOST_DAMAGED]; /* those with a damaged body apart */
    int n, damaged_n;
} taken;

typedef struct {
    int64_t seq;
    int group; /* in `groups` */
} candidate;

typedef struct {
    char *name;
    int n;
    bool chosen;
} group;

typedef struct {
    candidate *list;
    int n, room;
    group groups[MOST_GROUPS];
    int groups_n;
} candidates;

static int group_of(candidates *c, const char *name)
{
    name = name ? name : "";
    for (int i = 0; i < c->groups_n; i++)
        if (!strcmp(c->groups[i].name, name))
            return i;
    char *copy = c->groups_n < MOST_GROUPS ? strdup(name) : NULL;
    if (!copy)
        return -1;
    c->groups[c->groups_n] = (group){.name = copy};
    return c->groups_n++;
}

static void read_candidates(store *s, candidates *c, const wish *w)
{
    sqlite3_stmt *st =
        store_sql(s, "SELECT seq, key, grp FROM record WHERE pipeline = ?1 AND due <= ?2 ORDER BY due, seq",
                  "ii", w->pipeline, w->now);
    while (c->n < c->room && store_row(s, st)) {
        int64_t seq = sqlite3_column_int64(st, 0);
        if (w->skip(w->arg, seq, store_seen(s, st, 1)))
            continue;
        int g = group_of(c, store_seen(s, st, 2));
        if (g < 0)
            break;
        c->groups[g].n++;
        c->list[c->n++] = (candidate){seq, g};
    }
    sqlite3_reset(st);
}

/* The oldest record's group first, so that nobody waits for ever; then the fullest. */
static void choose_groups(candidates *c, int most)
{
    for (int k = 0; k < most && k < c->groups_n; k++) {
        int best = k ? -1 : c->list[0].group;
        for (int i = 0; i < c->groups_n && k; i++)
            if (!c->groups[i].chosen && (best < 0 || c->groups[i].n > c->groups[best].n))
                best = i;
        c->groups[best].chosen = true;
    }
}

static void read_whole(store *s, sqlite3_stmt *st, taken *t)
{
    read_row(s, st, is_whole(st) ? &t->rows[t->n++] : &t->damaged[t->damaged_n++]);
}

/* The rows of the chosen groups. */
static void read_chosen(store *s, const candidates *c, int limit, taken *t)
{
    for (int i = 0; i < c->n && t->n < limit && t->damaged_n < MOST_DAMAGED; i++) {
        if (!c->groups[c->list[i].group].chosen)
            continue;
        sqlite3_stmt *st =
            store_sql(s, COLUMNS "WHERE r.seq = ?1 AND r.due IS NOT NULL", "i", c->list[i].seq);
        if (store_row(s, st))
            read_whole(s, st, t);
        sqlite3_reset(st);
    }
}

static int read_by_group(store *s, const wish *w, taken *t)
{
    candidates *c = malloc(sizeof *c); /* large, and mostly not used: nothing of it is zeroed */
    candidate *list = malloc((size_t)w->limit * LOOK_AHEAD * sizeof *list);
    bool room = c && list;
    if (room) {
        c->list = list;
        c->room = w->limit * LOOK_AHEAD;
        c->n = c->groups_n = 0;
        read_candidates(s, c, w);
        if (c->n)
            choose_groups(c, w->groups);
        read_chosen(s, c, w->limit, t);
    }
    for (int i = 0; room && i < c->groups_n; i++)
        free(c->groups[i].name);
    free(list);
    free(c);
    return room ? 0 : -1;
}

/* Where any group will do: the first that are due, in one go. */
static int read_due(store *s, const wish *w, taken *t)
{
    sqlite3_stmt *st = store_sql(s, COLUMNS "WHERE r.pipeline = ?1 AND r.due <= ?2 ORDER BY r.due, r.seq",
                                 "ii", w->pipeline, w->now);
    while (t->n < w->limit && t->damaged_n < MOST_DAMAGED && store_row(s, st))
        if (!w->skip(w->arg, sqlite3_column_int64(st, 0), store_seen(s, st, 11)))
            read_whole(s, st, t);
    if (st)
        sqlite3_reset(st);
    return 0;
}

/* What it has of them is not whole. */
static void forget_taken(taken *t)
{
    for (int i = 0; i < t->n; i++)
        journal_row_clear(&t->rows[i]);
    for (int i = 0; i < t->damaged_n; i++)
        journal_row_clear(&t->damaged[i]);
    t->n = -1;
    t->damaged_n = 0;
}

static void park_damaged(journal *j, journal_row *rows, int n)
{
    for (int i = 0; i < n; i++) {
        journal_do(j, do_damaged, &rows[i], NULL);
        journal_row_clear(&rows[i]);
    }
}

int journal_take(journal *j, int64_t pipeline, int64_t now, int limit, int groups,
                 bool (*skip)(void *arg, int64_t seq, const char *key), void *arg, journal_row **out,
                 int64_t *next_due)
{
    wish w = {pipeline, now, limit, groups, skip, arg};
    taken t = {.rows = malloc(((size_t)limit + 1) * sizeof **out)};
    *out = t.rows;
    *next_due = INT64_MAX;
    store *s = t.rows ? reader_take(j) : NULL;
    bool bad = !s;
    if (s) {
        reader_look(s);
        bad = groups ? read_by_group(s, &w, &t) : read_due(s, &w, &t);
        *next_due = store_number(s, INT64_MAX, "SELECT min(due) FROM record WHERE pipeline = ?1 AND due > ?2",
                                 "ii", pipeline, now);
    }
    if (reader_give(j, s) || bad)
        forget_taken(&t);
    park_damaged(j, t.damaged, t.damaged_n);
    return t.n;
}

int journal_intents(journal *j, journal_row **out)
{
    store *s = reader_take(j);
    int n = 0, room = 0;
    *out = NULL;
    sqlite3_stmt *st = s ? store_sql(s, COLUMNS "WHERE i.seq IS NOT NULL ORDER BY r.seq", "") : NULL;
    while (store_row(s, st)) {
        if (n == room) {
            room = room ? room * 2 : 16;
            journal_row *longer = realloc(*out, (size_t)room * sizeof *longer);
            if (!longer) {
                s->fault = SQLITE_NOMEM; /* some are not all */
                break;
            }
            *out = longer;
        }
        read_row(s, st, &(*out)[n++]);
    }
    return reader_end(j, s, st, n);
}

int journal_find(journal *j, int64_t pipeline, const char *key, journal_row **out)
{
    store *s = reader_take(j);
    *out = calloc(1, sizeof **out);
    sqlite3_stmt *st =
        s && *out ? store_sql(s,
                              COLUMNS
                              "WHERE r.seq IN (SELECT seq FROM record WHERE pipeline = ?1 AND key = ?2 AND"
                              " latest = 0 UNION ALL SELECT seq FROM record WHERE pipeline = ?1 AND key = ?2"
                              " AND latest = 1) ORDER BY r.seq LIMIT 1",
                              "it", pipeline, key)
                  : NULL;
    int found = st && store_row(s, st);
    if (found)
        read_row(s, st, *out);
    return reader_end(j, s, st, found);
}
