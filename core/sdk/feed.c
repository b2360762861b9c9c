/* SPDX-License-Identifier: Apache-2.0 */
/* The feed: what a source hands over in one call (records, cursor, exceptions without a record, changes of
 * state), to be committed together. And the list of changes that feeds and records share. */
#include "core/sdk/record_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int feed_reserve(tb_feed *feed)
{
    if (feed->n < feed->cap)
        return 0;
    size_t cap = feed->cap ? 2 * (size_t)feed->cap : 16;
    tb_record **records = realloc(feed->records, cap * sizeof *records);
    if (records)
        feed->records = records;
    char **rules = realloc(feed->rules, cap * sizeof *rules);
    if (rules)
        feed->rules = rules;
    if (!records || !rules)
        return -1;
    feed->cap = (int)cap;
    return 0;
}

int tb_feed_add(tb_feed *feed, tb_record *record, const char *rule)
{
    char *copy = rule ? strdup(rule) : NULL;
    if (!record || record->failed || (rule && !copy) || feed_reserve(feed)) {
        free(copy);
        tb_record_unref(record);
        return -1;
    }
    feed->records[feed->n] = record;
    feed->rules[feed->n++] = copy;
    return 0;
}

int tb_feed_room(const tb_feed *feed)
{
    return feed->room > feed->n ? feed->room - feed->n : 0;
}

int tb_feed_cursor(tb_feed *feed, const char *cursor)
{
    char *copy = strdup(cursor);
    if (!copy)
        return -1;
    free(feed->cursor);
    feed->cursor = copy;
    return 0;
}

void tb_feed_more(tb_feed *feed)
{
    feed->more = true;
}

void tb_feed_at(tb_feed *feed, int64_t when)
{
    if (!feed->at || when < feed->at) /* the earliest of several wishes */
        feed->at = when;
}

/* Takes text over. */
static int raised_add(tb_feed *feed, const char *reason, const char *cause, char *text)
{
    tb_raised one = {strdup(reason), strdup(cause ? cause : ""), text};
    tb_raised *list = record_grow(feed->raised, feed->raised_n, sizeof *list);
    if (list)
        feed->raised = list;
    if (!list || !one.reason || !one.cause) {
        free(one.reason);
        free(one.cause);
        free(text);
        return -1;
    }
    feed->raised[feed->raised_n++] = one;
    return 0;
}

int tb_raise(tb_feed *feed, const char *reason, const char *cause, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return n < 0 ? -1 : raised_add(feed, reason, cause, text);
}

int tb_clear(tb_feed *feed, const char *reason, const char *cause)
{
    return raised_add(feed, reason, cause, NULL);
}

void tbh_feed_free(tb_feed *feed)
{
    for (int i = 0; i < feed->n; i++) {
        tb_record_unref(feed->records[i]);
        free(feed->rules[i]);
    }
    for (int i = 0; i < feed->raised_n; i++) {
        free(feed->raised[i].reason);
        free(feed->raised[i].cause);
        free(feed->raised[i].text);
    }
    free(feed->records);
    free(feed->rules);
    free(feed->raised);
    free(feed->cursor);
    tbh_changes_free(feed->changes);
    *feed = (tb_feed){0};
}

/* ---- changes of state ---- */

static void change_free(tb_change *c)
{
    free(c->name);
    free(c->key);
    free(c->value);
    free(c);
}

void tbh_changes_free(tb_change *list)
{
    while (list) {
        tb_change *next = list->next;
        change_free(list);
        list = next;
    }
}

int tbh_changes_add(tb_change **list, const char *name, const char *key, const char *value, bool always)
{
    tb_change *c = calloc(1, sizeof *c);
    if (!c)
        return -1;
    bool failed = false;
    record_put(&c->name, name, &failed);
    record_put(&c->key, key, &failed);
    record_put(&c->value, value, &failed);
    c->always = always;
    if (failed) {
        change_free(c);
        return -1;
    }
    while (*list)
        list = &(*list)->next;
    *list = c;
    return 0;
}

/* ---- findings of doctor and check ---- */

void tb_found(tb_doctor *doctor, tb_finding how, const char *what, const char *format, ...)
{
    tb_doctor_line line = {.finding = how, .what = strdup(what)};
    va_list args;
    va_start(args, format);
    if (vasprintf(&line.text, format, args) < 0)
        line.text = NULL;
    va_end(args);
    tb_doctor_line *list = record_grow(doctor->lines, doctor->n, sizeof *list);
    if (list)
        doctor->lines = list;
    if (!list || !line.what || !line.text) {
        free(line.what);
        free(line.text);
        return;
    }
    doctor->lines[doctor->n++] = line;
}

void tbh_doctor_free(tb_doctor *doctor)
{
    for (int i = 0; i < doctor->n; i++) {
        free(doctor->lines[i].what);
        free(doctor->lines[i].text);
    }
    free(doctor->lines);
    *doctor = (tb_doctor){0};
}
