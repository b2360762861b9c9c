/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the plugin under test: parameters in, open, each callback with what it may use, what it left
 * behind made visible, close. */
#include "sdk/kit/kit_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROOM = 100 };
static const int64_t start_time = 1795392000000; /* 2026-11-23T00:00Z */

/* ---- new and free ---- */

static int set_param(tb_test *t, const char *pair, bool *given)
{
    char why[200] = "is not one of its parameters";
    const char *equals = strchr(pair, '=');
    size_t n = equals ? (size_t)(equals - pair) : strlen(pair);
    for (int i = 0; t->plugin->params && t->plugin->params[i].name; i++) {
        const tb_param *p = &t->plugin->params[i];
        if (strlen(p->name) == n && !memcmp(p->name, pair, n)) {
            given[i] = true;
            if (equals && !tbh_param_set(p, t->self, equals + 1, &t->owned, why, sizeof why))
                return 0;
            break;
        }
    }
    fprintf(stderr, "plugin %s: %.*s %s\n", t->plugin->name, (int)n, pair, why);
    return -1;
}

static int set_rest(tb_test *t, const bool *given)
{
    for (int i = 0; t->plugin->params && t->plugin->params[i].name; i++) {
        const tb_param *p = &t->plugin->params[i];
        char why[200] = "must be given";
        if (!given[i] &&
            ((p->flags & TB_REQUIRED) || tbh_param_set(p, t->self, NULL, &t->owned, why, sizeof why))) {
            fprintf(stderr, "plugin %s: %s %s\n", t->plugin->name, p->name, why);
            return -1;
        }
    }
    return 0;
}

static int count_params(const tb_plugin *plugin)
{
    int n = 0;
    while (plugin->params && plugin->params[n].name)
        n++;
    return n;
}

tb_test *tb_test_new(const tb_plugin *plugin, ...)
{
    tb_test *t = kit_grow(NULL, 0, sizeof *t);
    *t = (tb_test){.ctx = {&kit_host}, .plugin = plugin, .now = start_time, .room = DEFAULT_ROOM};
    t->self = kit_grow(NULL, 0, plugin->self_size ? plugin->self_size : 1);
    memset(t->self, 0, plugin->self_size);
    int n = count_params(plugin), bad = 0;
    bool *given = kit_grow(NULL, n, sizeof *given);
    memset(given, 0, (size_t)n * sizeof *given);
    va_list args;
    va_start(args, plugin);
    for (const char *pair; !bad && (pair = va_arg(args, const char *));)
        bad = set_param(t, pair, given);
    va_end(args);
    bad = bad || set_rest(t, given);
    free(given);
    if (bad) {
        tb_test_free(t);
        return NULL;
    }
    return t;
}

static void free_script(tb_test *t)
{
    for (int i = 0; i < t->script_n; i++) {
        free(t->script[i].method);
        free(t->script[i].path);
        free(t->script[i].query);
        free(t->script[i].body);
    }
    for (int i = 0; i < t->asked_n; i++)
        json_decref(t->asked[i]);
    free(t->script);
    free(t->asked);
}

static void free_memory(tb_test *t)
{
    for (int i = 0; i < t->state_n; i++) {
        free(t->state[i].name);
        free(t->state[i].key);
        free(t->state[i].value);
    }
    for (int i = 0; i < t->tables_n; i++) {
        free(t->tables[i].name);
        tbh_table_unref(t->tables[i].now);
        tbh_table_unref(t->tables[i].before);
    }
    free(t->state);
    free(t->tables);
}

void tb_test_free(tb_test *test)
{
    if (!test)
        return;
    if (test->opened && test->plugin->common && test->plugin->common->close)
        test->plugin->common->close(test->self, &test->ctx);
    free_script(test);
    free_memory(test);
    tbh_feed_free(&test->feed);
    kit_clear(&test->log);
    kit_clear(&test->findings);
    kit_clear(&test->raised);
    tbh_owned_free(test->owned);
    free(test->self);
    free(test->failure);
    free(test);
}

const char *tb_test_failure(tb_test *test)
{
    if (test->asked_n < test->script_n)
        kit_fail(test, "%s %s was expected and not asked", test->script[test->asked_n].method,
                 test->script[test->asked_n].path);
    return test->failure;
}

/* ---- calling ---- */

/* Before each callback: opens the instance once, forgets what the last call left. False: nothing to call. */
static bool begin(tb_test *t, const char *callback, bool exists, unsigned may)
{
    tbh_feed_free(&t->feed);
    kit_clear(&t->raised);
    t->feed.room = t->room;
    if (!exists) {
        kit_fail(t, "plugin %s has no callback %s", t->plugin->name, callback);
        return false;
    }
    const tb_common *common = t->plugin->common;
    if (!t->opened && common && common->open) {
        t->may = 0;
        if (common->open(t->self, &t->ctx)) {
            kit_fail(t, "plugin %s: open failed", t->plugin->name);
            return false;
        }
    }
    t->opened = true;
    t->may = may;
    return true;
}

/* State of records is kept by their verdicts, that of feeds if the call went well. */
static void keep_records(tb_test *t, tb_record **records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tb_outcome o;
        tbh_outcome(records[i], &o);
        if (o.verdict == TB_APPLIED || o.verdict == TB_NOOP || o.verdict == TB_DROP)
            kit_keep(t, o.changes, false);
        else if (o.verdict == TB_REJECT)
            kit_keep(t, o.changes, true);
    }
    t->records = NULL;
    t->records_n = 0;
}

static tb_verdict end_feed(tb_test *t, tb_verdict verdict)
{
    for (int i = 0; i < t->feed.raised_n; i++) {
        const tb_raised *r = &t->feed.raised[i];
        kit_add(&t->raised, "%s %s%s%s", r->reason, r->cause, r->text ? ": " : "", r->text ? r->text : "");
    }
    if (verdict == TB_OK)
        kit_keep(t, t->feed.changes, false);
    return verdict;
}

tb_verdict tb_test_read(tb_test *test, const char *cursor)
{
    const tb_source *source = test->plugin->source;
    if (!begin(test, "read", source && source->read, MAY_NETWORK | MAY_CHANGE | HAS_FEED))
        return TB_RETRY;
    return end_feed(test, source->read(test->self, &test->ctx, cursor, &test->feed));
}

tb_verdict tb_test_receive(tb_test *test, const char *body)
{
    const tb_source *source = test->plugin->source;
    if (!begin(test, "receive", source && source->receive, MAY_CHANGE | HAS_FEED))
        return TB_RETRY;
    return end_feed(test, source->receive(test->self, &test->ctx, body, strlen(body), &test->feed));
}

tb_verdict tb_test_snapshot(tb_test *test, const char *type, const char *cursor)
{
    const tb_source *source = test->plugin->source;
    if (!begin(test, "snapshot", source && source->snapshot, MAY_NETWORK | HAS_FEED))
        return TB_RETRY;
    return end_feed(test, source->snapshot(test->self, &test->ctx, type, cursor, &test->feed));
}

static void lend(tb_test *t, tb_record **records, size_t count)
{
    t->records = records;
    t->records_n = count;
}

tb_verdict tb_test_hydrate(tb_test *test, tb_record **records, size_t count)
{
    const tb_source *source = test->plugin->source;
    if (!begin(test, "hydrate", source && source->hydrate, MAY_NETWORK | MAY_CHANGE))
        return TB_RETRY;
    for (size_t i = 0; i < count; i++)
        tbh_set_part_connection(records[i], "test");
    lend(test, records, count);
    tb_verdict verdict = source->hydrate(test->self, &test->ctx, records, count);
    keep_records(test, records, count);
    return verdict;
}

tb_verdict tb_test_apply(tb_test *test, tb_record **record)
{
    const tb_transform *transform = test->plugin->transform;
    if (!begin(test, "apply", transform && transform->apply, MAY_CHANGE | MAY_EMIT))
        return TB_RETRY;
    lend(test, record, 1);
    tb_verdict verdict = transform->apply(test->self, &test->ctx, record);
    keep_records(test, record, 1);
    if (verdict != TB_OK && verdict != tb_test_verdict(*record))
        kit_fail(test, "apply returned %d, but what it said of the record is %d", (int)verdict,
                 (int)tb_test_verdict(*record));
    return verdict;
}

tb_verdict tb_test_deliver(tb_test *test, const char *operation, tb_record **records, size_t count)
{
    const tb_sink *sink = test->plugin->sink;
    if (!begin(test, "deliver", sink && sink->deliver, MAY_NETWORK | MAY_CHANGE | MAY_EMIT))
        return TB_RETRY;
    lend(test, records, count);
    tb_verdict verdict = sink->deliver(test->self, &test->ctx, operation, records, count);
    for (size_t i = 0; i < count && verdict == TB_OK; i++) {
        if (tb_test_verdict(records[i]) == TB_OK)
            kit_fail(test, "deliver returned TB_OK without a verdict on %s", tb_record_key(records[i]));
    }
    keep_records(test, records, count);
    return verdict;
}

tb_verdict tb_test_probe(tb_test *test, const char *operation, tb_record *record)
{
    const tb_sink *sink = test->plugin->sink;
    if (!begin(test, "probe", sink && sink->probe, MAY_NETWORK | MAY_CHANGE))
        return TB_RETRY;
    lend(test, &record, 1);
    tb_verdict verdict = sink->probe(test->self, &test->ctx, operation, record);
    keep_records(test, &record, 1);
    return verdict;
}

/* ---- findings ---- */

static int end_findings(tb_test *t, tb_doctor *doctor)
{
    static const char *const names[] = {"good", "doubt", "bad"};
    int bad = 0;
    kit_clear(&t->findings);
    for (int i = 0; i < doctor->n; i++) {
        const tb_doctor_line *line = &doctor->lines[i];
        kit_add(&t->findings, "%s %s: %s", names[line->finding], line->what, line->text);
        bad += line->finding == TB_BAD;
    }
    tbh_doctor_free(doctor);
    return bad;
}

int tb_test_check(tb_test *test)
{
    tb_doctor doctor = {0};
    test->may = 0;
    if (test->plugin->common && test->plugin->common->check)
        test->plugin->common->check(test->self, &test->ctx, &doctor);
    return end_findings(test, &doctor);
}

int tb_test_doctor(tb_test *test)
{
    tb_doctor doctor = {0};
    const tb_common *common = test->plugin->common;
    if (begin(test, "doctor", common && common->doctor, MAY_NETWORK))
        common->doctor(test->self, &test->ctx, &doctor);
    return end_findings(test, &doctor);
}

const char *tb_test_finding(const tb_test *test, int index)
{
    return kit_text(&test->findings, index);
}
