/* SPDX-License-Identifier: Apache-2.0 */
/* Records: what a source says has changed, what hydrate read about it, and what is to be done with it.
 *
 * A record is opaque, reference-counted and read-only while shared; who writes asks for a writable copy
 * (tb_record_edit). Texts and JSON returned here are borrowed and live as long as the record, unless said
 * otherwise. Functions that take a `json_t *` take it over, also when they fail. One thread at a time may use
 * one record. All since 0.1. */
#pragma once
#include <tillbridge/base.h>

TB_BEGIN

typedef struct tb_record tb_record;

/* What is to become of a record. Callbacks return one; the tb_*() verbs below set it with its particulars. */
typedef enum tb_verdict {
    TB_OK = 0,      /* transform: go on; batch: every record has its own verdict; read: all is in the feed */
    TB_APPLIED = 1, /* the operation took effect */
    TB_NOOP = 2,    /* nothing to do: the target has it already */
    TB_RETRY = 3,   /* transient. From a callback whose tb_http failed: the core's own table decides */
    TB_REJECT = 4,  /* a person must look: becomes an exception */
    TB_DROP = 5,    /* rightly not wanted, by a named rule */
    TB_WAIT = 6,    /* depends on something that is not there yet */
    TB_UNKNOWN = 7, /* the effect may have happened: to be probed */
    TB_SPLIT = 8    /* batch only: too large, or one is guilty; the core halves it */
} tb_verdict;

/* ---- making records (sources, emission) ---- */

/* type: "stock.level"; key: what order and superseding are kept by. NULL: out of memory. */
tb_record *tb_record_new(const char *type, const char *key, json_t *body);
tb_record *tb_record_ref(tb_record *record);
void tb_record_unref(tb_record *record); /* NULL is fine */

void tb_record_set_id(tb_record *record, const char *id);       /* dedup id in the stream; default: none */
void tb_record_set_group(tb_record *record, const char *group); /* what is read together; default: none */
void tb_record_set_changed(tb_record *record, int64_t when);    /* ms since 1970; default: when accepted */
void tb_record_set_urgent(tb_record *record);                   /* no linger, and first inside its class */

/* ---- reading ---- */

const char *tb_record_type(const tb_record *record);
const char *tb_record_key(const tb_record *record);
const char *tb_record_group(const tb_record *record); /* "" if none */
int64_t tb_record_changed(const tb_record *record);   /* the oldest change it stands for, ms since 1970 */
bool tb_record_released(const tb_record *record);     /* a person released it: brakes let it pass */
/* In flight at an unclean stop: do not trust what is remembered, write. */
bool tb_record_doubtful(const tb_record *record);
const json_t *tb_record_body(const tb_record *record);
/* What hydrate added under that type, by any connection; NULL: not there. */
const json_t *tb_record_part(const tb_record *record, const char *type);

/* ---- changing (transforms; the caller owns *record) ---- */

/* The body to write to: *record is replaced by a copy when others hold it. NULL: out of memory. */
json_t *tb_record_edit(tb_record **record);
/* Adds what was read (hydrate): one part a type and connection; the first one stays. 0, or -1: no memory. */
int tb_record_add_part(tb_record *record, const char *type, json_t *part);

/* Names the operation that is due, and what no other record may hold meanwhile ("stock/SKU@source"). */
void tb_record_set_operation(tb_record *record, const char *operation);
const char *tb_record_operation(const tb_record *record); /* "" if none is named */
int tb_record_claim(tb_record *record, const char *claim);
/* The identity under which a CREATE can be found again; made from what was hydrated, never random. */
void tb_record_set_probe(tb_record *record, const char *id);
const char *tb_record_probe(const tb_record *record); /* "" if none */

/* ---- verdicts: each sets and returns it; the sentence (printf) is for people ---- */

/* answer_id: the other system's id, or NULL. tb_more: applied, and more is due: comes again. */
tb_verdict tb_applied(tb_record *record, const char *answer_id);
tb_verdict tb_more(tb_record *record, const char *answer_id);
tb_verdict tb_noop(tb_record *record, const char *why);
tb_verdict tb_drop(tb_record *record, const char *rule);
tb_verdict tb_unknown(tb_record *record, const char *why);
tb_verdict tb_retry(tb_record *record, const char *format, ...) TB_PRINTF(2, 3);
/* reason: a code of the plugin's table; cause: what it is about (NULL: the record's key). */
tb_verdict tb_reject(tb_record *record, const char *reason, const char *cause, const char *format, ...)
    TB_PRINTF(4, 5);
/* until: looked at again then at the latest, ms since 1970. */
tb_verdict tb_wait(tb_record *record, int64_t until, const char *format, ...) TB_PRINTF(3, 4);
/* After tb_reject: look again at that time, though nobody asked. */
void tb_look_again(tb_record *record, int64_t when);
/* After tb_reject or tb_wait: a later change of this wakes the record; at most 8.
 * kind "state" (name: namespace/key), "table" (its name), "record" (pipeline/key). 0, or -1: one too many. */
int tb_depends(tb_record *record, const char *kind, const char *name, int64_t version);
/* For the history: what was sent, and the answer as it came (copied, cut at 4 KiB). */
void tb_record_sent(tb_record *record, json_t *sent);
void tb_record_answer(tb_record *record, const char *answer);

TB_END
