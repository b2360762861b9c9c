/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a record, for record.c and outcome.c alone. What a record *is* (type, key, body, what was
 * read about it) is apart from what was *said* of it (verdict and particulars): tbh_reset forgets the second.
 *
 * Setters that return nothing remember a lack of memory in `failed`; such a record is never accepted by a
 * feed, and its outcome is RETRY whatever was said, because something said of it is missing. */
#ifndef TB_SDK_RECORD_INNER_H
#define TB_SDK_RECORD_INNER_H

#include "core/sdk/host.h"

typedef struct said {
    bool decided, more, failed;
    tb_verdict verdict;
    char *answer_id, *reason, *cause, *rule, *text, *answer, *operation;
    int64_t until;
    tb_dependence depends[TB_MOST_DEPENDS];
    int depends_n;
    json_t *sent;
    tb_change *changes;
    tb_record **emitted;
    int emitted_n;
    const char **claims; /* owned */
    int claims_n;
} said;

typedef struct part {
    char *type, *connection;
    json_t *body;
} part;

struct tb_record {
    int refs; /* atomic: ref and unref may come from any thread */
    char *type, *key, *group, *id, *probe;
    int64_t changed;
    bool urgent, released, doubtful, failed;
    json_t *body;
    part *parts;
    int parts_n;
    char *connection; /* whose part tb_record_add_part adds */
    said said;
};

/* Replaces *place by a copy of text (NULL stays NULL); *failed on lack of memory. */
void record_put(char **place, const char *text, bool *failed);
/* The list with room for one more element; NULL: out of memory, the list is as it was. */
void *record_grow(void *list, int n, size_t element);
void said_clear(said *s);
int said_copy(tb_record *to, const said *from); /* into an empty one; 0, or -1: no memory */

#endif
