/* SPDX-License-Identifier: Apache-2.0 */
/* What the state holds about a key, whoever keeps it: entries at the key itself, below it (KEY/...) and at
 * its end (.../KEY, as in "SKU@source/order"). The first two are looked up; for the last a namespace is
 * walked, as far as that is quick, and it is told where that was not far enough. */
#include "core/journal/inner.h"

#include <string.h>

enum { WALKED = 200000, MOST = 200 };

typedef struct {
    store *s;
    const char *namespace_, *key;
    journal_about *each;
    void *arg;
} looking;

static void hand_over(const looking *l, sqlite3_stmt *st)
{
    while (store_row(l->s, st))
        l->each(l->arg, l->namespace_, store_seen(l->s, st, 0), store_seen(l->s, st, 1),
                sqlite3_column_int64(st, 2));
    sqlite3_reset(st);
}

static void look_in(const looking *l)
{
    hand_over(l,
              store_sql(l->s,
                        "SELECT key, value, at FROM state WHERE namespace = ?1 AND (key = ?2 OR key >= ?2 || "
                        "'/' AND key < ?2 || '0') ORDER BY key LIMIT ?3",
                        "tti", l->namespace_, l->key, (int64_t)MOST));
    hand_over(l,
              store_sql(l->s,
                        "SELECT key, value, at FROM (SELECT key, value, at FROM state WHERE namespace = ?1 "
                        "ORDER BY key LIMIT ?3) WHERE substr(key, -length(?2) - 1) = '/' || ?2 LIMIT ?4",
                        "ttii", l->namespace_, l->key, (int64_t)WALKED, (int64_t)MOST));
    if (store_number(l->s, 0, "SELECT 1 FROM state WHERE namespace = ?1 LIMIT 1 OFFSET ?2", "ti",
                     l->namespace_, (int64_t)WALKED))
        l->each(l->arg, l->namespace_, NULL, NULL, 0);
}

/* The namespaces of a pipeline are found one by one, so its entries are not walked for that. */
static char *next_namespace(store *s, const char *pipeline, const char *after)
{
    sqlite3_stmt *st =
        store_sql(s,
                  "SELECT min(namespace) FROM state WHERE namespace > ?2 AND namespace >= ?1 || "
                  "'/' AND namespace < ?1 || '0'",
                  "tt", pipeline, after);
    char *name = store_row(s, st) ? store_text(s, st, 0) : NULL;
    sqlite3_reset(st);
    return name;
}

int journal_state_about(journal *j, const char *pipeline, const char *key, journal_about *each, void *arg)
{
    store *s = reader_take(j);
    char *name = s ? next_namespace(s, pipeline, "") : NULL;
    while (name) {
        looking l = {s, name, key, each, arg};
        look_in(&l);
        char *next = next_namespace(s, pipeline, name);
        free(name);
        name = next;
    }
    return reader_give(j, s);
}

int journal_depends_of(journal *j, int64_t seq, void (*each)(void *arg, const char *kind, const char *name),
                       void *arg)
{
    store *s = reader_take(j);
    sqlite3_stmt *st =
        s ? store_sql(s, "SELECT kind, name FROM depends WHERE seq = ?1 ORDER BY 1, 2", "i", seq) : NULL;
    while (store_row(s, st))
        each(arg, store_seen(s, st, 0), store_seen(s, st, 1));
    return reader_give(j, s);
}
