/* SPDX-License-Identifier: Apache-2.0 */
/* Records: reference-counted, read-only while shared. Bodies and parts are shared between copies as jansson
 * references and copied only when one side writes, so a copy for the transforms costs a few small strings. */
#include "core/sdk/record_inner.h"

#include <stdlib.h>
#include <string.h>

void record_put(char **place, const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        *failed = true;
    free(*place);
    *place = copy;
}

void *record_grow(void *list, int n, size_t element)
{
    if (n & (n - 1)) /* room doubles: only a power of two (or nothing) can be full */
        return list;
    return realloc(list, (n ? 2 * (size_t)n : 1) * element);
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

tb_record *tb_record_new(const char *type, const char *key, json_t *body)
{
    tb_record *r = calloc(1, sizeof *r);
    if (!r) {
        json_decref(body);
        return NULL;
    }
    r->refs = 1;
    r->body = body ? body : json_null();
    record_put(&r->type, text_of(type), &r->failed);
    record_put(&r->key, text_of(key), &r->failed);
    if (r->failed) {
        tb_record_unref(r);
        return NULL;
    }
    return r;
}

tb_record *tb_record_ref(tb_record *record)
{
    if (record)
        __atomic_add_fetch(&record->refs, 1, __ATOMIC_RELAXED);
    return record;
}

static void parts_free(tb_record *r)
{
    for (int i = 0; i < r->parts_n; i++) {
        free(r->parts[i].type);
        free(r->parts[i].connection);
        json_decref(r->parts[i].body);
    }
    free(r->parts);
    r->parts = NULL;
    r->parts_n = 0;
}

void tb_record_unref(tb_record *record)
{
    if (!record || __atomic_sub_fetch(&record->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    char *const texts[] = {record->type, record->key,   record->group,
                           record->id,   record->probe, record->connection};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    json_decref(record->body);
    parts_free(record);
    said_clear(&record->said);
    free(record);
}

void tb_record_set_id(tb_record *record, const char *id)
{
    record_put(&record->id, id, &record->failed);
}

void tb_record_set_group(tb_record *record, const char *group)
{
    record_put(&record->group, group, &record->failed);
}

void tb_record_set_changed(tb_record *record, int64_t when)
{
    record->changed = when;
}

void tb_record_set_urgent(tb_record *record)
{
    record->urgent = true;
}

void tb_record_set_probe(tb_record *record, const char *id)
{
    record_put(&record->probe, id, &record->failed);
}

const char *tb_record_type(const tb_record *record)
{
    return record->type;
}

const char *tb_record_key(const tb_record *record)
{
    return record->key;
}

const char *tb_record_group(const tb_record *record)
{
    return text_of(record->group);
}

int64_t tb_record_changed(const tb_record *record)
{
    return record->changed;
}

bool tb_record_released(const tb_record *record)
{
    return record->released;
}

bool tb_record_doubtful(const tb_record *record)
{
    return record->doubtful;
}

const char *tb_record_probe(const tb_record *record)
{
    return text_of(record->probe);
}

const json_t *tb_record_body(const tb_record *record)
{
    return record->body;
}

const json_t *tb_record_part(const tb_record *record, const char *type)
{
    for (int i = 0; i < record->parts_n; i++) {
        if (!strcmp(record->parts[i].type, type))
            return record->parts[i].body;
    }
    return NULL;
}

bool tbh_has_part(const tb_record *record, const char *type, const char *connection)
{
    for (int i = 0; i < record->parts_n; i++) {
        const part *p = &record->parts[i];
        if (!strcmp(p->type, type) && !strcmp(p->connection, text_of(connection)))
            return true;
    }
    return false;
}

static int add_part(tb_record *r, const char *type, const char *connection, json_t *body)
{
    part p = {strdup(type), strdup(text_of(connection)), body};
    part *list = record_grow(r->parts, r->parts_n, sizeof *list);
    if (list)
        r->parts = list;
    if (!list || !p.type || !p.connection || !body) {
        free(p.type);
        free(p.connection);
        json_decref(body);
        return -1;
    }
    r->parts[r->parts_n++] = p;
    return 0;
}

int tb_record_add_part(tb_record *record, const char *type, json_t *body)
{
    if (tbh_has_part(record, type, record->connection)) {
        json_decref(body);
        return 0;
    }
    return add_part(record, type, record->connection, body);
}

json_t *tbh_parts(const tb_record *record)
{
    json_t *all = json_object();
    for (int i = 0; i < record->parts_n; i++) {
        const part *p = &record->parts[i];
        json_t *one = json_pack("{s:s, s:O}", "connection", p->connection, "body", p->body);
        if (json_object_get(all, p->type)) /* what tb_record_part gives is the first of its type */
            json_decref(one);
        else
            json_object_set_new(all, p->type, one);
    }
    return all;
}

void tbh_set_part_connection(tb_record *record, const char *connection)
{
    record_put(&record->connection, connection, &record->failed);
}

void tbh_set_flags(tb_record *record, bool released, bool doubtful)
{
    record->released = released;
    record->doubtful = doubtful;
}

const char *tbh_id(const tb_record *record)
{
    return text_of(record->id);
}

bool tbh_urgent(const tb_record *record)
{
    return record->urgent;
}

tb_record *tbh_copy(const tb_record *record)
{
    tb_record *r = tb_record_new(record->type, record->key, json_incref(record->body));
    if (!r)
        return NULL;
    record_put(&r->group, record->group, &r->failed);
    record_put(&r->id, record->id, &r->failed);
    record_put(&r->probe, record->probe, &r->failed);
    record_put(&r->connection, record->connection, &r->failed);
    r->changed = record->changed;
    r->urgent = record->urgent;
    tbh_set_flags(r, record->released, record->doubtful);
    for (int i = 0; i < record->parts_n && !r->failed; i++) {
        const part *p = &record->parts[i];
        r->failed = add_part(r, p->type, p->connection, json_incref(p->body)) != 0;
    }
    if (r->failed) {
        tb_record_unref(r);
        return NULL;
    }
    return r;
}

/* A copy that nobody else holds, with what was said so far. */
static int unshare(tb_record **record)
{
    if (__atomic_load_n(&(*record)->refs, __ATOMIC_ACQUIRE) == 1)
        return 0;
    tb_record *own = tbh_copy(*record);
    if (!own)
        return -1;
    if (said_copy(own, &(*record)->said)) {
        tb_record_unref(own);
        return -1;
    }
    tb_record_unref(*record);
    *record = own;
    return 0;
}

json_t *tb_record_edit(tb_record **record)
{
    if (unshare(record))
        return NULL;
    tb_record *r = *record;
    if (__atomic_load_n(&r->body->refcount, __ATOMIC_ACQUIRE) == 1)
        return r->body;
    json_t *own = json_deep_copy(r->body); /* true, false and null are never counted: copied as themselves */
    if (!own)
        return NULL;
    json_decref(r->body);
    return r->body = own;
}

/* json_dumps goes on when memory is short and leaves out a member's name: measured first, then written in
 * place. */
char *tbh_dumps(const json_t *value, size_t flags)
{
    size_t n = json_dumpb(value, NULL, 0, flags);
    char *text = n ? malloc(n + 1) : NULL;
    if (!text || json_dumpb(value, text, n, flags) != n) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

char *tbh_body_text(const tb_record *record)
{
    return tbh_dumps(record->body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

void tbh_reset(tb_record *record)
{
    said_clear(&record->said);
    parts_free(record);
}
