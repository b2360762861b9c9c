/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: rules from the control interface or a scenario, judged per request in the order they were made.
 * Latency adds up; of the other kinds the first that is drawn happens. */
#include "sdk/sim/frame.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    fault_kind kind;
    bool events; /* of events only; the others are of both systems */
} kinds[] = {
    {"latency", FAULT_LATENCY, false},
    {"429-concurrency", FAULT_429_CONCURRENCY, false},
    {"429-slot", FAULT_429_SLOT, false},
    {"500-html", FAULT_500_HTML, false},
    {"503-html", FAULT_503_HTML, false},
    {"answer", FAULT_ANSWER, false},
    {"cut-before", FAULT_CUT_BEFORE, false},
    {"cut-in", FAULT_CUT_IN, false},
    {"cut-after", FAULT_CUT_AFTER, false},
    {"slow-effect", FAULT_SLOW_EFFECT, false},
    {"truncated-json", FAULT_TRUNCATED_JSON, false},
    {"doubled-json", FAULT_DOUBLED_JSON, false},
    {"slow-drip", FAULT_SLOW_DRIP, false},
    {"wrong-type", FAULT_WRONG_TYPE, false},
    {"duplicate", FAULT_DUPLICATE, true},
    {"reorder", FAULT_REORDER, true},
    {"drop", FAULT_DROP, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds, MOST = 64 };

typedef struct {
    char system[8], route[96], query[96];
    int kind;   /* index in kinds */
    bool after; /* not before the one that was made just before it has met an earlier request */
    bool armed;
    int64_t rate, left, ms, fired;
    json_t *answer;
} fault;
static fault faults[MOST];
static int fault_count;

static int kind_of(const char *name)
{
    for (int i = 0; name && i < KINDS; i++)
        if (!strcmp(kinds[i].name, name))
            return i;
    return -1;
}

static const char *text_of(const json_t *o, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : otherwise;
}

static int64_t int_of(const json_t *o, const char *key, int64_t otherwise)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

int faults_add(json_t *given, char *why, size_t size)
{
    const char *system = text_of(given, "system", "");
    int kind = kind_of(text_of(given, "kind", ""));
    bool events = !strcmp(system, "events");
    const json_t *rate = json_object_get(given, "rate");
    if (!events && sim_system_of(system) < 0)
        return snprintf(why, size, "a fault's system is sitoo, adobe or events"), -1;
    if (kind < 0 || kinds[kind].events != events)
        return snprintf(why, size, "system %s has no fault kind '%s'", system, text_of(given, "kind", "")),
               -1;
    if (rate && !(json_is_number(rate) && json_number_value(rate) >= 0 && json_number_value(rate) <= 1))
        return snprintf(why, size, "a fault's rate is a number from 0 to 1"), -1;
    if (kinds[kind].kind == FAULT_ANSWER && made_check(given, why, size))
        return -1;
    if (fault_count == MOST)
        return snprintf(why, size, "there are %d faults already: DELETE /faults first", MOST), -1;
    fault *f = &faults[fault_count++];
    *f = (fault){.kind = kind,
                 .rate = rate ? json_millionths(rate) : 1000000,
                 .left = int_of(given, "count", -1),
                 .ms = int_of(given, "ms", 1000),
                 .after = faults < f && json_is_true(json_object_get(given, "after"))};
    f->answer = kinds[kind].kind == FAULT_ANSWER ? json_deep_copy(given) : NULL;
    snprintf(f->system, sizeof f->system, "%s", system);
    snprintf(f->route, sizeof f->route, "%s", text_of(given, "route", "*"));
    snprintf(f->query, sizeof f->query, "%s", text_of(given, "query", ""));
    return 0;
}

json_t *faults_list(void)
{
    json_t *all = json_array();
    for (int i = 0; i < fault_count; i++) {
        const fault *f = &faults[i];
        char rate[32];
        snprintf(rate, sizeof rate, "%lld.%06lld", (long long)(f->rate / 1000000),
                 (long long)(f->rate % 1000000));
        json_array_append_new(all,
                              json_pack("{ss ss ss ss so sI sI sI}", "system", f->system, "route", f->route,
                                        "query", f->query, "kind", kinds[f->kind].name, "rate",
                                        json_loads(rate, JSON_DECODE_ANY, NULL), "count", (json_int_t)f->left,
                                        "ms", (json_int_t)f->ms, "fired", (json_int_t)f->fired));
    }
    return all;
}

void faults_clear(void)
{
    while (fault_count)
        json_decref(faults[--fault_count].answer);
}

static bool fires(fault *f, const char *system, const char *line, const char *query)
{
    if (f->after && !f->armed)
        return false;
    if (strcmp(f->system, system) || !f->left || (strcmp(f->route, "*") && !strstr(line, f->route)) ||
        !strstr(query, f->query))
        return false;
    if (!world_chance(f->rate))
        return false;
    f->left -= f->left > 0;
    f->fired++;
    return true;
}

fault_draw faults_draw(const char *system, const char *method, const char *path, const char *query)
{
    fault_draw draw = {0};
    char line[512];
    snprintf(line, sizeof line, "%s %s", method, path);
    for (int i = 1; i < fault_count; i++)
        faults[i].armed = faults[i - 1].fired > 0;
    for (int i = 0; i < fault_count; i++) {
        fault *f = &faults[i];
        fault_kind kind = kinds[f->kind].kind;
        if ((kind != FAULT_LATENCY && draw.kind) || !fires(f, system, line, query))
            continue;
        if (kind == FAULT_LATENCY) {
            draw.latency += f->ms;
        } else {
            draw.kind = kind;
            draw.ms = f->ms;
            draw.answer = json_incref(f->answer);
        }
    }
    return draw;
}

static void html(sim_answer *a, int status, const char *title)
{
    a->status = status;
    a->type = "text/html";
    buffer_printf(&a->body, "<html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n",
                  status, title, title);
}

static void too_many(int system, sim_answer *a, const char *text)
{
    if (system == SIM_SITOO)
        answer_json(a, 429, json_pack("{si ss}", "statuscode", 429, "errortext", text));
    else
        answer_json(a, 429, json_pack("{ss}", "message", text));
}

void faults_answer(int system, fault_draw draw, sim_answer *a)
{
    int64_t seconds = (draw.ms + 999) / 1000;
    if (draw.kind == FAULT_ANSWER)
        made_answer(draw.answer, a);
    else if (draw.kind == FAULT_500_HTML)
        html(a, 500, "Internal Server Error");
    else if (draw.kind == FAULT_503_HTML)
        html(a, 503, "Service Unavailable");
    else if (draw.kind == FAULT_429_CONCURRENCY)
        too_many(system, a, "Too many connections");
    else {
        too_many(system, a, "Too many requests");
        buffer_printf(&a->headers,
                      "X-Rate-Limit-Limit: 300\r\nX-Rate-Limit-Remaining: 0\r\nX-Rate-Limit-Reset: %lld\r\n"
                      "Retry-After: %lld\r\n",
                      (long long)(env_now() / 1000 + seconds), (long long)seconds);
    }
}
