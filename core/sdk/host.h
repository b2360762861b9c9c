/* SPDX-License-Identifier: Apache-2.0 */
/* The other half of the SDK: what the host (daemon, kit, unit tests) supplies to libtillbridge and what it
 * may see of a record. Not installed. A ctx begins with a pointer to a const table of functions; tb_http,
 * tb_state_get and kin are one-line trampolines through it. tbh_* are exported for the host only. */
#ifndef TB_SDK_HOST_H
#define TB_SDK_HOST_H

#include <stdarg.h>

#include <tillbridge/plugin.h>

typedef struct tb_host {
    uint32_t size;
    /* Fills in *response (it comes zeroed, its size set); body: from malloc, or NULL. */
    int (*http)(tb_ctx *ctx, const tb_request *request, tb_response *response);
    const char *(*state_get)(tb_ctx *ctx, const char *name, const char *key, int64_t *version);
    int (*state_set)(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value,
                     bool always);
    int (*state_list)(tb_ctx *ctx, const char *name, const char *prefix,
                      int (*each)(void *arg, const char *key, const char *value), void *arg);
    const tb_table *(*table_get)(tb_ctx *ctx, const char *name, bool before);
    void (*log)(tb_ctx *ctx, tb_level level, const char *id, const char *sentence);
    int64_t (*now)(tb_ctx *ctx);
    bool (*sleep)(tb_ctx *ctx, int64_t ms);
    const char *(*pipeline)(tb_ctx *ctx);
    int (*emit)(tb_ctx *ctx, tb_record *parent, tb_record *record);
} tb_host;

struct tb_ctx { /* the host's own context begins with this */
    const tb_host *host;
};

/* ---- records, seen by the host ---- */

typedef struct tb_change { /* of state, made for a record or a feed; a list in order of making */
    struct tb_change *next;
    bool always;
    char *name, *key, *value; /* value NULL: removed */
} tb_change;

typedef struct tb_dependence {
    char *kind, *name;
    int64_t version;
} tb_dependence;

enum { TB_MOST_DEPENDS = 8 };

typedef struct tb_outcome { /* what the plugins have said of a record; borrowed from it */
    tb_verdict verdict;
    bool decided; /* a verdict was set since the last tbh_reset */
    bool more;
    const char *answer_id, *reason, *cause, *rule, *text; /* "" when not said */
    int64_t until;                                        /* tb_wait, tb_look_again; 0: none */
    const tb_dependence *depends;
    int depends_n;
    const json_t *sent;
    const char *answer;
    const tb_change *changes;
    tb_record *const *emitted;
    int emitted_n;
    bool failed; /* memory was short: it may have said more than this; the verdict is RETRY */
} tb_outcome;

/* A record whose time of change was never set says 0: who accepts it sets its own time. */

void tbh_outcome(const tb_record *record, tb_outcome *out);
void tbh_reset(
    tb_record *record); /* forgets verdict, dependences, changes, emission, parts, operation, claims */
int tbh_change(tb_record *record, const char *name, const char *key, const char *value, bool always);
int tbh_emit(tb_record *record, tb_record *child); /* takes the child over */
void tbh_set_flags(tb_record *record, bool released, bool doubtful);
const char *tbh_id(const tb_record *record); /* dedup id, "" if none */
bool tbh_urgent(const tb_record *record);
int tbh_claims(const tb_record *record, const char *const **claims);
/* Parts as one object {type: {"connection": c, "body": ...}}, for the history; a new reference. */
json_t *tbh_parts(const tb_record *record);
void tbh_set_part_connection(tb_record *record,
                             const char *connection); /* whose part tb_record_add_part adds */
bool tbh_has_part(const tb_record *record, const char *type, const char *connection);
/* A deep copy whose outcome is empty: what transforms work on. Parts and body shared until edited. */
tb_record *tbh_copy(const tb_record *record);
/* Body as compact JSON with sorted keys; the caller frees. */
char *tbh_body_text(const tb_record *record);
/* The value as text, whole, or NULL. The caller frees. */
char *tbh_dumps(const json_t *value, size_t flags);

/* ---- feeds ---- */

typedef struct tb_raised {
    char *reason, *cause, *text; /* text NULL: cleared */
} tb_raised;

struct tb_feed {
    int room; /* set by the host before the call */
    tb_record **records;
    char **rules; /* beside records; NULL: none */
    int n, cap;
    char *cursor; /* NULL: not moved */
    bool more;
    int64_t at; /* 0: none */
    tb_raised *raised;
    int raised_n;
    tb_change *changes;
};

void tbh_feed_free(tb_feed *feed); /* what it holds, not itself */
void tbh_changes_free(tb_change *list);
int tbh_changes_add(tb_change **list, const char *name, const char *key, const char *value, bool always);

/* ---- doctor findings ---- */

typedef struct tb_doctor_line {
    tb_finding finding;
    char *what, *text;
} tb_doctor_line;

struct tb_doctor {
    tb_doctor_line *lines;
    int n;
};

void tbh_doctor_free(tb_doctor *doctor);

/* ---- parameters ---- */

/* Sets the field of `self` from its text. Strings are copied into *owned (a list to be freed with the
 * instance). Returns 0, or -1 and a sentence ("wants a duration such as \"15s\", not \"15\""). Text NULL: the
 * fallback. */
typedef struct tb_owned {
    struct tb_owned *next;
    char text[];
} tb_owned;
int tbh_param_set(const tb_param *param, void *self, const char *text, tb_owned **owned, char *why,
                  size_t why_size);
void tbh_owned_free(tb_owned *owned);
/* "15s" -> ms; "64KiB" -> bytes; "4/s" -> thousandths a second; "2026-11-23T00:00Z" -> ms. 0, or -1. */
int tbh_parse_duration(const char *text, int64_t *ms);
int tbh_parse_bytes(const char *text, int64_t *bytes);
int tbh_parse_rate(const char *text, int64_t *milli_per_second);
int tbh_parse_time(const char *text, int64_t *ms);

/* ---- tables ---- */

/* Parses CSV (RFC 4180, UTF-8, first line names the columns). NULL and a sentence with the line: not a table.
 */
tb_table *tbh_table_new(const char *content, size_t size, int64_t version, char *why, size_t why_size);
tb_table *tbh_table_ref(tb_table *table);
void tbh_table_unref(tb_table *table); /* NULL is fine */

#endif
