/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins say of a record: the verdict verbs, the operation that is due with its claims, what it depends
 * on, what is remembered and emitted with it. All of it is kept in the record until the host settles it. */
#include "core/sdk/record_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ANSWER = 4096 };

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static void drop(char **text)
{
    free(*text);
    *text = NULL;
}

/* A new verdict forgets the particulars of the one before; dependences and what is remembered stay. */
static tb_verdict decide(tb_record *r, tb_verdict verdict)
{
    said *s = &r->said;
    s->verdict = verdict;
    s->decided = true;
    s->more = false;
    s->until = 0;
    char **const particulars[] = {&s->answer_id, &s->reason, &s->cause, &s->rule, &s->text};
    for (size_t i = 0; i < sizeof particulars / sizeof *particulars; i++)
        drop(particulars[i]);
    return verdict;
}

static void sentence(tb_record *r, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void sentence(tb_record *r, const char *format, va_list args)
{
    if (vasprintf(&r->said.text, format, args) < 0) {
        r->said.text = NULL;
        r->said.failed = true;
    }
}

tb_verdict tb_applied(tb_record *record, const char *answer_id)
{
    decide(record, TB_APPLIED);
    record_put(&record->said.answer_id, answer_id, &record->said.failed);
    return TB_APPLIED;
}

tb_verdict tb_more(tb_record *record, const char *answer_id)
{
    tb_applied(record, answer_id);
    record->said.more = true;
    return TB_APPLIED;
}

tb_verdict tb_noop(tb_record *record, const char *why)
{
    decide(record, TB_NOOP);
    record_put(&record->said.text, why, &record->said.failed);
    return TB_NOOP;
}

tb_verdict tb_drop(tb_record *record, const char *rule)
{
    decide(record, TB_DROP);
    record_put(&record->said.rule, rule, &record->said.failed);
    return TB_DROP;
}

tb_verdict tb_unknown(tb_record *record, const char *why)
{
    decide(record, TB_UNKNOWN);
    record_put(&record->said.text, why, &record->said.failed);
    return TB_UNKNOWN;
}

tb_verdict tb_retry(tb_record *record, const char *format, ...)
{
    decide(record, TB_RETRY);
    va_list args;
    va_start(args, format);
    sentence(record, format, args);
    va_end(args);
    return TB_RETRY;
}

tb_verdict tb_reject(tb_record *record, const char *reason, const char *cause, const char *format, ...)
{
    decide(record, TB_REJECT);
    record_put(&record->said.reason, reason, &record->said.failed);
    record_put(&record->said.cause, cause ? cause : record->key, &record->said.failed);
    va_list args;
    va_start(args, format);
    sentence(record, format, args);
    va_end(args);
    return TB_REJECT;
}

tb_verdict tb_wait(tb_record *record, int64_t until, const char *format, ...)
{
    decide(record, TB_WAIT);
    record->said.until = until;
    va_list args;
    va_start(args, format);
    sentence(record, format, args);
    va_end(args);
    return TB_WAIT;
}

void tb_look_again(tb_record *record, int64_t when)
{
    record->said.until = when;
}

int tb_depends(tb_record *record, const char *kind, const char *name, int64_t version)
{
    said *s = &record->said;
    if (s->depends_n == TB_MOST_DEPENDS)
        return -1;
    tb_dependence d = {strdup(kind), strdup(name), version};
    if (!d.kind || !d.name) {
        free(d.kind);
        free(d.name);
        s->failed = true;
        return -1;
    }
    s->depends[s->depends_n++] = d;
    return 0;
}

void tb_record_sent(tb_record *record, json_t *sent)
{
    json_decref(record->said.sent);
    record->said.sent = sent;
}

/* Cut at a character's start, so that what is kept is whole UTF-8 if the answer was. */
void tb_record_answer(tb_record *record, const char *answer)
{
    drop(&record->said.answer);
    if (!answer)
        return;
    size_t n = strnlen(answer, MOST_ANSWER + 1);
    if (n > MOST_ANSWER) {
        n = MOST_ANSWER;
        for (int back = 0; back < 3 && ((unsigned char)answer[n] & 0xc0) == 0x80; back++)
            n--;
    }
    record->said.answer = strndup(answer, n);
    if (!record->said.answer)
        record->said.failed = true;
}

/* ---- the operation that is due ---- */

void tb_record_set_operation(tb_record *record, const char *operation)
{
    record_put(&record->said.operation, operation, &record->said.failed);
}

const char *tb_record_operation(const tb_record *record)
{
    return text_of(record->said.operation);
}

int tb_record_claim(tb_record *record, const char *claim)
{
    said *s = &record->said;
    for (int i = 0; i < s->claims_n; i++) {
        if (!strcmp(s->claims[i], claim))
            return 0;
    }
    const char **list = record_grow(s->claims, s->claims_n, sizeof *list);
    char *copy = strdup(claim);
    if (list)
        s->claims = list;
    if (!list || !copy) {
        free(copy);
        s->failed = true; /* delivered without its claim it could do harm */
        return -1;
    }
    s->claims[s->claims_n++] = copy;
    return 0;
}

int tbh_claims(const tb_record *record, const char *const **claims)
{
    *claims = record->said.claims;
    return record->said.claims_n;
}

/* ---- with the outcome ---- */

int tbh_change(tb_record *record, const char *name, const char *key, const char *value, bool always)
{
    if (!tbh_changes_add(&record->said.changes, name, key, value, always))
        return 0;
    record->said.failed = true; /* settled without it, the memory would be wrong */
    return -1;
}

int tbh_emit(tb_record *record, tb_record *child)
{
    said *s = &record->said;
    tb_record **list = child ? record_grow(s->emitted, s->emitted_n, sizeof *list) : NULL;
    if (!list) {
        tb_record_unref(child);
        s->failed = true;
        return -1;
    }
    s->emitted = list;
    s->emitted[s->emitted_n++] = child;
    return 0;
}

void tbh_outcome(const tb_record *record, tb_outcome *out)
{
    const said *s = &record->said;
    *out = (tb_outcome){.verdict = s->verdict,
                        .decided = s->decided,
                        .more = s->more,
                        .answer_id = text_of(s->answer_id),
                        .reason = text_of(s->reason),
                        .cause = text_of(s->cause),
                        .rule = text_of(s->rule),
                        .text = text_of(s->text),
                        .until = s->until,
                        .depends = s->depends,
                        .depends_n = s->depends_n,
                        .sent = s->sent,
                        .answer = text_of(s->answer),
                        .changes = s->changes,
                        .emitted = s->emitted,
                        .emitted_n = s->emitted_n};
    out->failed = s->failed || record->failed;
    if (out->failed) {
        out->verdict = TB_RETRY;
        out->decided = true;
        out->text = "out of memory";
    }
}

void said_clear(said *s)
{
    char *const texts[] = {s->answer_id, s->reason, s->cause, s->rule, s->text, s->answer, s->operation};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (int i = 0; i < s->depends_n; i++) {
        free(s->depends[i].kind);
        free(s->depends[i].name);
    }
    for (int i = 0; i < s->emitted_n; i++)
        tb_record_unref(s->emitted[i]);
    free(s->emitted);
    for (int i = 0; i < s->claims_n; i++)
        free((char *)(uintptr_t)s->claims[i]);
    free(s->claims);
    json_decref(s->sent);
    tbh_changes_free(s->changes);
    *s = (said){0};
}

static int said_copy_lists(tb_record *to, const said *from)
{
    int bad = 0;
    for (int i = 0; i < from->depends_n; i++)
        bad |= tb_depends(to, from->depends[i].kind, from->depends[i].name, from->depends[i].version);
    for (int i = 0; i < from->claims_n; i++)
        bad |= tb_record_claim(to, from->claims[i]);
    for (int i = 0; i < from->emitted_n; i++)
        bad |= tbh_emit(to, tb_record_ref(from->emitted[i]));
    for (const tb_change *c = from->changes; c; c = c->next)
        bad |= tbh_change(to, c->name, c->key, c->value, c->always);
    return bad;
}

int said_copy(tb_record *record, const said *from)
{
    said *to = &record->said;
    to->decided = from->decided;
    to->more = from->more;
    to->failed = from->failed;
    to->verdict = from->verdict;
    to->until = from->until;
    to->sent = from->sent ? json_incref(from->sent) : NULL;
    record_put(&to->answer_id, from->answer_id, &to->failed);
    record_put(&to->reason, from->reason, &to->failed);
    record_put(&to->cause, from->cause, &to->failed);
    record_put(&to->rule, from->rule, &to->failed);
    record_put(&to->text, from->text, &to->failed);
    record_put(&to->answer, from->answer, &to->failed);
    record_put(&to->operation, from->operation, &to->failed);
    return said_copy_lists(record, from) || (to->failed && !from->failed) ? -1 : 0;
}
