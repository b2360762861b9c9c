/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin contract. A plugin is a shared object that exports one const object, `tillbridge_plugin`, made
 * by TB_PLUGIN(...). It is judged before any of its code runs: the version also stands in an ELF note.
 *
 *   load rule: major equal, the plugin's minor not above the host's
 *   life:      check (configuration only) | open -> callbacks of its roles -> close
 *   instance:  the host allocates `self_size` zeroed bytes and fills the parameters in by their offsets
 *   threads:   one callback of an instance at a time; no mutable globals
 *
 * Callbacks block plainly; waits go through tb_sleep and end at shutdown. Absent callbacks (NULL) mean what
 * is said at each. Arrays end with a zeroed element. Structs grow at their end only, within a major.
 *
 * Change log of the ABI: 0.1 the first; 0.2 webhooks that are signed, and the challenge of their sender.
 * (Major 0 may still change between releases; see NEWS.) */
#pragma once

#include <tillbridge/http.h>
#include <tillbridge/log.h>
#include <tillbridge/money.h>
#include <tillbridge/record.h>
#include <tillbridge/state.h>
#include <tillbridge/table.h>

TB_BEGIN

#define TB_ABI_MAGIC 0x54424c50u /* "TBLP" */
#define TB_ABI_MAJOR 0
#define TB_ABI_MINOR 2

/* ---- parameters: parsed, checked and printed by the host ---- */

/* The field a type is kept in, and how it is written:
 *   TB_STRING    const char *
 *   TB_INT       int64_t
 *   TB_BOOL      bool
 *   TB_DURATION  int64_t, ms: "15s" "250ms" "10m" "2h" "7d"
 *   TB_BYTES     int64_t: "64KiB" "10MiB"
 *   TB_TIME      int64_t, ms since 1970: "2026-11-23T00:00Z"
 *   TB_TABLE     const char *: the name of a table of the configuration
 *   TB_CHOICE    int: index in `choices`
 *   TB_QUANTITY  int64_t in 10^-3 */
/* clang-format off */
typedef enum tb_type { TB_STRING = 1, TB_INT, TB_BOOL, TB_DURATION, TB_BYTES, TB_TIME, TB_TABLE, TB_CHOICE,
                       TB_QUANTITY } tb_type;
/* clang-format on */

/* Flags of a parameter. REQUIRED: must be given. SECRET: given by reference, never printed. */
enum { TB_REQUIRED = 1, TB_SECRET = 2 };

typedef struct tb_param {
    const char *name;
    tb_type type;
    uint32_t flags;
    const char *fallback;       /* the default as it would be written; NULL: zero */
    int64_t least, most;        /* range of numbers, in units of the type; both 0: any */
    const char *choices, *help; /* the texts of a TB_CHOICE, blanks between; one line for people */
    size_t offset;              /* offsetof (struct of the instance, field) */
} tb_param;

/* ---- what it does, for the host's checks and for people ---- */

typedef enum tb_effect { TB_IDEMPOTENT = 1, TB_CREATE = 2 } tb_effect;

typedef struct tb_operation {
    const char *name;
    tb_effect effect;
    const char *takes; /* record type */
    const char *sets; /* data object whose truth it sets ("stock"), checked against `authority`; NULL: none */
} tb_operation;

typedef struct tb_reason {
    const char *code, *title; /* "stock.no-product"; what is wrong, in a few words */
    /* What to do about it, one sentence; who usually does (NULL: the pipeline's owner). */
    const char *remedy, *owner;
} tb_reason;

typedef enum tb_webhook_auth { TB_WEBHOOK_BASIC = 1, TB_WEBHOOK_SIGNED = 2 } tb_webhook_auth;

/* Answer codes of POST /events/<connection>: what the sender takes as done, try again, or thrown away. */
typedef struct tb_webhook {
    uint32_t size;
    tb_webhook_auth auth;
    int stored, duplicate, busy, denied, malformed, too_large;
    int64_t body_limit;
    /* Since 0.2. SIGNED: headers that may hold a signature (base64; RSA with SHA-256 of the body as it came),
     * blanks between; one that fits one of the connection's public keys is enough. */
    const char *signatures;
    /* Since 0.2. A GET with this parameter in its query is answered with its value. NULL: none. */
    const char *challenge;
} tb_webhook;

/* ---- what a source hands over ---- */

typedef struct tb_feed tb_feed;
/* Takes the record over. rule: NULL, or the DROP rule it comes with (kept in the history, never queued). */
int tb_feed_add(tb_feed *feed, tb_record *record, const char *rule);
int tb_feed_room(const tb_feed *feed);                 /* how many more this call should add */
int tb_feed_cursor(tb_feed *feed, const char *cursor); /* where the next read begins; kept with the records */
void tb_feed_more(tb_feed *feed);                      /* there is more: read again at once */
void tb_feed_at(tb_feed *feed, int64_t when); /* read again then (ms since 1970), also if not poked */
/* An exception without a record (an untrusted answer), open until cleared. Same reason and cause: counted. */
int tb_raise(tb_feed *feed, const char *reason, const char *cause, const char *format, ...) TB_PRINTF(4, 5);
int tb_clear(tb_feed *feed, const char *reason, const char *cause);

/* ---- callbacks, a table a role; each starts with its size ---- */

typedef struct tb_doctor tb_doctor; /* collects findings */
typedef enum tb_finding { TB_GOOD, TB_DOUBT, TB_BAD } tb_finding;
void tb_found(tb_doctor *doctor, tb_finding how, const char *what, const char *format, ...) TB_PRINTF(4, 5);

typedef struct tb_common {
    uint32_t size;
    /* Rules over several parameters: configuration only, no network. A TB_BAD refuses it. Absent: fine. */
    void (*check)(const void *self, tb_ctx *ctx, tb_doctor *doctor);
    int (*open)(void *self, tb_ctx *ctx); /* 0, or -1 after tb_log. Absent: nothing to open */
    void (*close)(void *self, tb_ctx *ctx);
    /* Reach and rights of the other system, set-up faults; changes nothing there. Absent: nothing to say. */
    void (*doctor)(void *self, tb_ctx *ctx, tb_doctor *doctor);
} tb_common;

typedef struct tb_source {
    uint32_t size;
    /* What changed since `cursor` (NULL: the first time). TB_OK or TB_RETRY. Absent: only events. */
    tb_verdict (*read)(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed);
    /* Expands one stored webhook body. No network. TB_OK, TB_REJECT: malformed, or TB_RETRY: cannot now (no
     * memory), it comes again. Absent: takes none.
     * Bodies that come together are committed together, and each sees what those before it have set. */
    tb_verdict (*receive)(void *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed);
    /* Adds parts with the present state to records of one group. In an instance of its own. A record may get
     * a verdict of its own. TB_OK or TB_RETRY. Absent: adds nothing. */
    tb_verdict (*hydrate)(void *self, tb_ctx *ctx, tb_record **records, size_t count);
    /* All present state of a record type, with bulk class, page by page as read does. Absent: cannot. */
    tb_verdict (*snapshot)(void *self, tb_ctx *ctx, const char *type, const char *cursor, tb_feed *feed);
} tb_source;

typedef struct tb_transform {
    uint32_t size;
    /* Maps and judges one record; may replace it (tb_record_edit). No network. TB_OK or a verdict. */
    tb_verdict (*apply)(void *self, tb_ctx *ctx, tb_record **record);
} tb_transform;

typedef struct tb_sink {
    uint32_t size;
    /* Does the operation for 1..n records of one kind. TB_OK with a verdict on each, TB_RETRY or TB_SPLIT. */
    tb_verdict (*deliver)(void *self, tb_ctx *ctx, const char *operation, tb_record **records, size_t count);
    /* Did a CREATE whose answer was lost happen? TB_APPLIED (tb_applied with the id), TB_NOOP (surely not),
     * or TB_RETRY (cannot tell). Absent: parked at once. */
    tb_verdict (*probe)(void *self, tb_ctx *ctx, const char *operation, tb_record *record);
} tb_sink;

/* ---- the descriptor ---- */

typedef struct tb_plugin {
    uint32_t magic; /* these four never move */
    uint16_t abi_major, abi_minor;
    uint32_t size, self_size;
    const char *name, *version, *summary; /* [a-z0-9-]{1,32}; free; one line */
    const char *reads, *writes;           /* record types it takes and makes, blanks between; NULL: none */
    const tb_param *params;
    const tb_operation *operations;
    const tb_reason *reasons;
    const char *const *namespaces; /* of tb_state */
    const tb_webhook *webhook;
    const tb_common *common;
    const tb_source *source;
    const tb_transform *transform;
    const tb_sink *sink;
} tb_plugin;

typedef struct tb_note { /* read from the file before dlopen */
    uint32_t name_size, desc_size, type;
    char name[12];
    uint32_t magic;
    uint16_t abi_major, abi_minor;
} tb_note;

/* TB_PLUGIN(.name = "upper-case", .version = "1.0", .self_size = sizeof (upper_case), ...); once a plugin. */
#define TB_PLUGIN(...)                                                                                       \
    __attribute__((section(".note.tillbridge"), used, aligned(4))) static const tb_note tb_note_ = {         \
        11, 8, 1, "tillbridge", TB_ABI_MAGIC, TB_ABI_MAJOR, TB_ABI_MINOR};                                   \
    extern __attribute__((visibility("default"))) const tb_plugin tillbridge_plugin;                         \
    const tb_plugin tillbridge_plugin = {TB_ABI_MAGIC, TB_ABI_MAJOR, TB_ABI_MINOR, sizeof(tb_plugin),        \
                                         __VA_ARGS__}

/* ---- from the host ---- */

int64_t tb_now(tb_ctx *ctx);            /* wall time, ms since 1970 */
bool tb_sleep(tb_ctx *ctx, int64_t ms); /* false: shutting down */
const char *tb_pipeline(tb_ctx *ctx);   /* the pipeline's name */
/* From apply and deliver: a record for the pipelines that take its type, in the commit of `parent`'s outcome
 * if that is APPLIED, NOOP or DROP. Takes it over. Its dedup id defaults to one made from the parent. */
int tb_emit(tb_ctx *ctx, tb_record *parent, tb_record *record);
const char *tb_version(void);

TB_END
