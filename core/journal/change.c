/* SPDX-License-Identifier: Apache-2.0 */
/* State that a person changes. What was decided on is what must still stand there, so each change names the
 * version that was read; all of them and an audit row each are one commit, and who depends on one is woken.
 */
#include "core/journal/inner.h"

#include <stdio.h>

typedef struct {
    const journal_who *who;
    const char *what;
    const journal_edit *edits;
    int n;
} editing;

static journal_result do_edit(journal *j, store *s, const editing *w, const journal_edit *x, error *e)
{
    char what[512];
    sqlite3_stmt *st = store_sql(s, "SELECT value, version FROM state WHERE namespace = ?1 AND key = ?2",
                                 "tt", x->set.namespace_, x->set.key);
    bool found = store_row(s, st);
    CLEANUP_FREE char *before = found ? store_text(s, st, 0) : NULL;
    int64_t version = found ? sqlite3_column_int64(st, 1) : 0;
    sqlite3_reset(st);
    if (version != x->version)
        return error_set(e, "%s %s was changed meanwhile: look again", x->set.namespace_, x->set.key),
               JOURNAL_REFUSED;
    snprintf(what, sizeof what, "%s %s %s", w->what, x->set.namespace_, x->set.key);
    return apply_states(j, s, &x->set, 1, w->who->now) || add_audit(s, w->who, what, before, x->set.value)
               ? store_fault(s, e)
               : JOURNAL_DONE;
}

static journal_result do_edits(journal *j, store *s, void *arg, error *e)
{
    const editing *w = arg;
    journal_result result = JOURNAL_DONE;
    for (int i = 0; result == JOURNAL_DONE && i < w->n; i++)
        result = do_edit(j, s, w, &w->edits[i], e);
    return result;
}

journal_result journal_state_change(journal *j, const journal_who *who, const char *what,
                                    const journal_edit *edits, int n, error *e)
{
    editing w = {who, what, edits, n};
    return journal_do(j, do_edits, &w, e);
}
