/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: what `status` knows, in Prometheus text. Names and base units are fixed here in tables; labels
 * are names of pipelines, connections, rules and reasons only, never a SKU or a customer, so their number
 * stays small. */
#include "core/ops/inner.h"

#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

typedef enum { AS_IS, MS_TO_S, AS_BOOL } metric_unit;

typedef struct {
    const char *name, *type, *help;
    const char *within, *field; /* where it stands: within NULL: in the object itself */
    const char *label;          /* a fixed second label, `outcome="applied"`; NULL: none */
    metric_unit unit;
} metric;

/* Rows of one name stand together: HELP and TYPE are printed before the first. */
/* clang-format off */
static const metric of_pipeline[] = {
    {"tillbridge_records_accepted_total", "counter", "Records accepted into the journal.", "counters", "accepted", NULL, AS_IS},
    {"tillbridge_records_total", "counter", "Records settled, by outcome.", "counters", "applied", "outcome=\"applied\"", AS_IS},
    {"tillbridge_records_total", NULL, NULL, "counters", "superseded", "outcome=\"superseded\"", AS_IS},
    {"tillbridge_records_total", NULL, NULL, "counters", "dropped", "outcome=\"dropped\"", AS_IS},
    {"tillbridge_records_unchanged_total", "counter", "Applied records whose target was as it should be already.", "counters", "noop", NULL, AS_IS},
    {"tillbridge_records_duplicate_total", "counter", "Records that were known already (not accepted again).", "counters", "duplicate", NULL, AS_IS},
    {"tillbridge_records_pending", "gauge", "Records that wait for their turn.", "counters", "pending", NULL, AS_IS},
    {"tillbridge_records_parked", "gauge", "Records that wait for a person.", "counters", "parked", NULL, AS_IS},
    {"tillbridge_freshness_seconds", "gauge", "Time from change to applied, of the last applied ones.", "freshness", "p50_ms", "quantile=\"0.5\"", MS_TO_S},
    {"tillbridge_freshness_seconds", NULL, NULL, "freshness", "p99_ms", "quantile=\"0.99\"", MS_TO_S},
    {"tillbridge_freshness_seconds", NULL, NULL, "freshness", "worst_ms", "quantile=\"1\"", MS_TO_S},
    {"tillbridge_freshness_target_seconds", "gauge", "What the configuration promises.", NULL, "freshness_target_ms", NULL, MS_TO_S},
    {"tillbridge_oldest_pending_seconds", "gauge", "Age of the oldest change not yet applied; 0: none.", "freshness", "oldest_ms", NULL, MS_TO_S},
    {"tillbridge_last_applied_timestamp_seconds", "gauge", "When a record was applied last; 0: never.", NULL, "last_applied", NULL, MS_TO_S},
    {"tillbridge_pipeline_stopped", "gauge", "1: it takes nothing, because a right is missing at the other system.", NULL, "stopped", NULL, AS_BOOL},
    {"tillbridge_law_holds", "gauge", "1: accepted = applied + superseded + dropped + parked + pending.", NULL, "law", NULL, AS_BOOL},
};

static const metric of_connection[] = {
    {"tillbridge_connection_slots", "gauge", "Exchanges of the last minute, by class.", "slots", "probe", "class=\"probe\"", AS_IS},
    {"tillbridge_connection_slots", NULL, NULL, "slots", "delivery", "class=\"delivery\"", AS_IS},
    {"tillbridge_connection_slots", NULL, NULL, "slots", "poll", "class=\"poll\"", AS_IS},
    {"tillbridge_connection_slots", NULL, NULL, "slots", "bulk", "class=\"bulk\"", AS_IS},
    {"tillbridge_connection_longest_wait_seconds", "gauge", "Longest wait for a slot in the last minute.", NULL, "longest_wait_ms", NULL, MS_TO_S},
    {"tillbridge_connection_paused", "gauge", "1: the other side does not answer; it is tried again later.", NULL, "paused", NULL, AS_BOOL},
};

static const metric of_inbox[] = {
    {"tillbridge_inbox_received_total", "counter", "Webhook bodies received.", NULL, "received", NULL, AS_IS},
    {"tillbridge_inbox_bodies_total", "counter", "Webhook bodies, by what became of them.", NULL, "expanded", "outcome=\"expanded\"", AS_IS},
    {"tillbridge_inbox_bodies_total", NULL, NULL, NULL, "duplicate", "outcome=\"duplicate\"", AS_IS},
    {"tillbridge_inbox_bodies_total", NULL, NULL, NULL, "malformed", "outcome=\"malformed\"", AS_IS},
    {"tillbridge_inbox_unread", "gauge", "Webhook bodies not yet read by all sources.", NULL, "unread", NULL, AS_IS},
};

/* clang-format on */

/* ---- writing ---- */

static void head(buffer *b, const char *name, const char *type, const char *help)
{
    buffer_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Label values: names of ours hold nothing to escape, reason codes of plugins might. */
static void label(buffer *b, const char *name, const char *value)
{
    buffer_printf(b, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buffer_putc(b, '\\');
        if (*value == '\n')
            buffer_puts(b, "\\n");
        else
            buffer_putc(b, *value);
    }
    buffer_putc(b, '"');
}

static void number(buffer *b, const json_t *value, metric_unit unit)
{
    int64_t n = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
    if (unit == MS_TO_S)
        buffer_printf(b, " %lld.%03lld\n", (long long)(n / 1000), (long long)(n % 1000));
    else
        buffer_printf(b, " %lld\n", (long long)n);
}

static void rows(buffer *b, const metric *m, size_t n, const json_t *things, const char *what,
                 const char *named)
{
    for (size_t i = 0; i < n; i++) {
        size_t k;
        json_t *thing;
        if (m[i].type)
            head(b, m[i].name, m[i].type, m[i].help);
        json_array_foreach(things, k, thing)
        {
            const json_t *from = m[i].within ? json_object_get(thing, m[i].within) : thing;
            const json_t *value = json_object_get(from, m[i].field);
            if (!value)
                continue;
            buffer_printf(b, "%s{", m[i].name);
            label(b, what, json_string_value(json_object_get(thing, named)));
            buffer_printf(b, "%s%s}", m[i].label ? "," : "", m[i].label ? m[i].label : "");
            number(b, value, m[i].unit);
        }
    }
}

static void dropped_rows(buffer *b, const json_t *pipelines)
{
    size_t k;
    json_t *p, *n;
    const char *rule;
    head(b, "tillbridge_records_dropped_total", "counter", "Records dropped on purpose, by rule.");
    json_array_foreach(pipelines, k, p)
    {
        json_object_foreach(json_object_get(json_object_get(p, "counters"), "dropped_by_rule"), rule, n)
        {
            buffer_puts(b, "tillbridge_records_dropped_total{");
            label(b, "pipeline", json_string_value(json_object_get(p, "name")));
            buffer_putc(b, ',');
            label(b, "rule", rule);
            buffer_putc(b, '}');
            number(b, n, AS_IS);
        }
    }
}

/* ---- exceptions, counted by pipeline and reason ---- */

static void count_exception(json_t *counts, const journal_exception *x)
{
    json_t *of = json_object_get(counts, x->pipeline);
    if (!of) {
        of = json_object();
        json_object_set_new(counts, x->pipeline, of);
    }
    json_object_set_new(of, x->reason, json_integer(json_integer_value(json_object_get(of, x->reason)) + 1));
}

static json_t *count_exceptions(journal *j)
{
    enum { PAGE = 500 };
    json_t *counts = json_object();
    int64_t after = 0;
    for (int n = PAGE; n == PAGE;) {
        journal_exception *list = NULL;
        n = journal_exceptions(j, NULL, false, after, PAGE, &list);
        for (int i = 0; i < n; i++)
            count_exception(counts, &list[i]);
        after = n > 0 ? list[n - 1].id : after;
        journal_exceptions_free(list, n > 0 ? n : 0);
    }
    return counts;
}

static void exception_rows(buffer *b, journal *j)
{
    json_t *counts = count_exceptions(j), *of, *n;
    const char *pipeline, *reason;
    head(b, "tillbridge_exceptions_open", "gauge", "Exceptions that wait for a person, by reason.");
    json_object_foreach(counts, pipeline, of)
    {
        json_object_foreach(of, reason, n)
        {
            buffer_puts(b, "tillbridge_exceptions_open{");
            label(b, "pipeline", pipeline);
            buffer_putc(b, ',');
            label(b, "reason", reason);
            buffer_putc(b, '}');
            number(b, n, AS_IS);
        }
    }
    json_decref(counts);
}

static void own_rows(buffer *b, const api_world *w)
{
    int64_t uptime = w->started ? env_now() - w->started : 0;
    head(b, "tillbridge_build_info", "gauge", "1, with the version as a label.");
    buffer_puts(b, "tillbridge_build_info{");
    label(b, "version", tb_version());
    buffer_puts(b, "} 1\n");
    head(b, "tillbridge_uptime_seconds", "gauge", "Since the daemon was started.");
    buffer_printf(b, "tillbridge_uptime_seconds %lld.%03lld\n", (long long)(uptime / 1000),
                  (long long)(uptime % 1000));
    head(b, "tillbridge_journal_epoch", "gauge", "Rises by one at each start.");
    buffer_printf(b, "tillbridge_journal_epoch %lld\n", (long long)journal_epoch(w->journal));
    head(b, "tillbridge_journal_queue_ratio", "gauge",
         "How full the writer's queue is: 1 makes receivers answer busy.");
    buffer_printf(b, "tillbridge_journal_queue_ratio %.2f\n", (double)journal_queue_used(w->journal) / 100);
}

char *api_metrics(const api_world *w)
{
    buffer b = {0};
    json_t *status = api_status_json(w);
    const json_t *pipelines = json_object_get(status, "pipelines");
    own_rows(&b, w);
    rows(&b, of_pipeline, sizeof of_pipeline / sizeof *of_pipeline, pipelines, "pipeline", "name");
    dropped_rows(&b, pipelines);
    rows(&b, of_connection, sizeof of_connection / sizeof *of_connection,
         json_object_get(status, "connections"), "connection", "name");
    rows(&b, of_inbox, sizeof of_inbox / sizeof *of_inbox, json_object_get(status, "inbox"), "connection",
         "connection");
    exception_rows(&b, w->journal);
    json_decref(status);
    return buffer_take(&b);
}
