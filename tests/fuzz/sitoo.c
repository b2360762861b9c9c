/* SPDX-License-Identifier: Apache-2.0 */
/* Sitoo's answers through sitoo-source: read, hydrate, snapshot, doctor. Above all: nothing becomes zero that
 * an answer has not shown to be zero, or a whole one has not shown to be absent (shown.c judges that apart
 * from the plugin).
 *
 * Input: a line "h3f" (what is called, which state there is, which records: hexadecimal digits), then
 * answers, a line each (world.h). */
#include "tests/fuzz/shown.h"

#include <limits.h>

extern const tb_plugin tillbridge_plugin;

enum { LEVELS = 1, PLACES = 2, NOTED = 4, FIRST = 8, READS = 4, PAGES = 8 };
#define PLACES_TABLE "warehouse,source\n31,malmo\n32,malmo\n33,lund\n"

static const char *const keys[] = {"A@malmo", "CAP-RED@malmo", "A,B@lund", "D@lund"};
enum { KEYS = sizeof keys / sizeof *keys };

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

static void set_state(tb_test *t, int what)
{
    static const char *const rows[] = {"31/A", "32/A", "31/K", "33/E"};
    if (what & LEVELS) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            tb_test_set_state(t, "levels", rows[i],
                              "{\"x\":90,\"m\":7,\"k\":\"\",\"t\":\"5.000\",\"v\":\"0.000\"}");
    }
    if (what & PLACES) {
        const char *place = what & LEVELS
                                ? "{\"full\":1795392000000,\"net\":1795392000000,\"type\":10,\"rows\":2}"
                                : "{\"full\":1795392000000,\"net\":1795392000000,\"type\":10,\"rows\":0}";
        tb_test_set_state(t, "pages", "w/31", place);
        tb_test_set_state(t, "pages", "w/32", place);
        tb_test_set_state(t, "pages", "w/33", place);
        tb_test_set_state(t, "pages", "sweep", "1795392000000");
    }
    if (what & NOTED)
        tb_test_set_state(t, "orders", "4711", "{\"at\":1795391000000}");
}

static bool found_empty(const tb_test *t, int64_t warehouse)
{
    char key[32];
    snprintf(key, sizeof key, "w/%lld", (long long)warehouse);
    const char *place = tb_test_state(t, "pages", key);
    return place && strstr(place, "\"rows\":0");
}

/* What stands in the state as the row's total; false: nothing. */
static bool remembered_total(const char *level, int64_t *total)
{
    json_t *value = level ? json_loads(level, 0, NULL) : NULL;
    bool there = value && !tb_quantity_from_json(json_object_get(value, "t"), total);
    json_decref(value);
    return there;
}

/* ---- hydrate ---- */

static void check_row(const tb_test *t, const json_t *row)
{
    char name[200];
    int64_t warehouse = json_integer_value(json_object_get(row, "warehouse")), total, reserved, known;
    const char *sku = json_string_value(json_object_get(row, "sku")), *why;
    MUST(!tb_quantity_from_json(json_object_get(row, "total"), &total) &&
             !tb_quantity_from_json(json_object_get(row, "reserved"), &reserved),
         "no quantities");
    snprintf(name, sizeof name, "%lld/%s", (long long)warehouse, sku);
    if (remembered_total(tb_test_state(t, "levels", name), &known) && known == total && !reserved)
        return; /* from the state */
    MUST(shown_warehouse(warehouse), "%s: no such warehouse was shown", name);
    MUST(!shown_twice(warehouse, sku), "%s was shown twice in one list", name);
    if (shown_row(warehouse, sku, total, reserved))
        return;
    MUST(!total && !reserved, "%s: %lld less %lld was never shown", name, (long long)total,
         (long long)reserved);
    why = shown_why_not_zero(warehouse, sku, found_empty(t, warehouse));
    MUST(!why, "%s became zero: %s", name, why);
}

static void check_hydrated(const tb_test *t, tb_record *record)
{
    const json_t *part = tb_record_part(record, "till.stock"), *rows = json_object_get(part, "rows");
    int64_t total, reserved, sum = 0, value;
    size_t i;
    json_t *row;
    if (!part) {
        MUST(tb_test_verdict(record) == TB_REJECT, "%s: neither read nor rejected", tb_record_key(record));
        MUST(world_has_reason(&tillbridge_plugin, tb_test_reason(record)), "%s", tb_test_reason(record));
        return;
    }
    MUST(tb_test_verdict(record) == TB_OK, "%s: read and judged", tb_record_key(record));
    MUST(!json_is_true(json_object_get(part, "retired")) && json_array_size(rows) > 0, "%s was retired",
         tb_record_key(record));
    MUST(!tb_quantity_from_json(json_object_get(part, "total"), &total) &&
             !tb_quantity_from_json(json_object_get(part, "reserved"), &reserved),
         "no quantities");
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        check_row(t, row);
        tb_quantity_from_json(json_object_get(row, "total"), &value);
        MUST(!__builtin_add_overflow(sum, value, &sum), "too much to add up");
    }
    MUST(sum == total, "%s: %lld is not the sum", tb_record_key(record), (long long)total);
}

static void hydrate(tb_test *t, int which)
{
    tb_record *records[KEYS];
    size_t n = 0;
    for (int i = 0; i < KEYS; i++) {
        if (!which || (which & 1 << i))
            records[n++] = tb_record_new("stock.level", keys[i], json_pack("{s:s}", "why", "full-read"));
    }
    tb_verdict v = n ? tb_test_hydrate(t, records, n) : TB_OK;
    MUST(v == TB_OK || v == TB_RETRY, "verdict %d", (int)v);
    for (size_t i = 0; i < n; i++) {
        if (v == TB_OK)
            check_hydrated(t, records[i]);
        tb_record_unref(records[i]);
    }
}

/* ---- read ---- */

/* A level that changed was shown, in a list of rows or in a transaction. */
static void check_levels(const tb_test *t, const json_t *before)
{
    int64_t warehouse, total, old;
    int end;
    for (int i = 0; i < t->state_n; i++) {
        const remembered *r = &t->state[i];
        const char *was = json_string_value(json_object_get(before, r->key));
        if (strcmp(r->name, "levels") != 0 || !remembered_total(r->value, &total))
            continue;
        if (remembered_total(was, &old) && old == total)
            continue;
        MUST(sscanf(r->key, "%ld/%n", &warehouse, &end) == 1, "row %s", r->key);
        MUST(shown_row(warehouse, r->key + end, total, -1), "row %s became %s and nothing showed it", r->key,
             r->value);
    }
}

static json_t *levels_of(const tb_test *t)
{
    json_t *all = json_object();
    for (int i = 0; i < t->state_n; i++) {
        if (!strcmp(t->state[i].name, "levels") && t->state[i].value)
            json_object_set_new(all, t->state[i].key, json_string(t->state[i].value));
    }
    return all;
}

static void check_fed(const tb_test *t)
{
    for (int i = 0; tb_test_fed(t, i); i++) {
        const char *key = tb_record_key(tb_test_fed(t, i)), *at = strrchr(key, '@');
        const char *rule = tb_test_fed_rule(t, i);
        MUST(at && at > key && (!strcmp(at, "@malmo") || !strcmp(at, "@lund")), "key %s", key);
        MUST(strncmp(key, "BAG@", 4) != 0 || (rule && !strcmp(rule, "till-only")), "%s is the till's own",
             key);
    }
}

static void read_some(tb_test *t, int what)
{
    char *cursor = what & FIRST ? NULL : strdup("{\"last\":100}");
    for (int i = 0; i < READS; i++) {
        json_t *before = levels_of(t);
        tb_verdict v = tb_test_read(t, cursor);
        MUST(v == TB_OK || v == TB_RETRY, "verdict %d", (int)v);
        check_levels(t, before);
        check_fed(t);
        json_decref(before);
        if (v == TB_OK) {
            MUST(tb_test_cursor(t), "no cursor");
            free(cursor);
            cursor = strdup(tb_test_cursor(t));
        }
        tb_test_set_now(t, t->now + 1000000);
    }
    free(cursor);
}

/* ---- snapshot ---- */

static void check_snapshot(const tb_record *record)
{
    const json_t *body = tb_record_body(record);
    int64_t total, reserved, warehouse = json_integer_value(json_object_get(body, "warehouse"));
    MUST(!tb_quantity_from_json(json_object_get(body, "total"), &total) &&
             !tb_quantity_from_json(json_object_get(body, "reserved"), &reserved),
         "%s: no quantities", tb_record_key(record));
    const char *sku = json_string_value(json_object_get(body, "sku"));
    MUST(shown_row(warehouse, strcmp(sku, "CAP-RED") ? sku : "CAP-R", total, reserved) ||
             shown_row(warehouse, sku, total, reserved),
         "%s was never shown", tb_record_key(record));
}

static void snapshot(tb_test *t)
{
    char *cursor = NULL;
    for (int i = 0; i < PAGES; i++) {
        tb_verdict v = tb_test_snapshot(t, "stock.level", cursor);
        MUST(v == TB_OK || v == TB_RETRY, "verdict %d", (int)v);
        for (int k = 0; v == TB_OK && tb_test_fed(t, k); k++)
            check_snapshot(tb_test_fed(t, k));
        if (v != TB_OK || !tb_test_fed_more(t))
            break;
        free(cursor);
        cursor = strdup(tb_test_cursor(t));
    }
    free(cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    char *head = input_line(&in);
    char call = head[0];
    int what = call ? digit(head[1]) : 0, which = call && head[1] ? digit(head[2]) : 0;
    tb_test *t = tb_test_new(&tillbridge_plugin, "site=1", "account=1500", "locations=locations", "skus=skus",
                             "ignore=ignore", NULL);
    MUST(t, "no instance");
    tb_test_table(t, "locations", PLACES_TABLE);
    tb_test_table(t, "skus", "till_sku,shop_sku\nCAP-R,CAP-RED\n");
    tb_test_table(t, "ignore", "till_sku\nBAG\n");
    set_state(t, what);
    shown_clear();
    world_begin(t, in, shown_take);
    if (call == 'h')
        hydrate(t, which);
    else if (call == 'r')
        read_some(t, what);
    else if (call == 's')
        snapshot(t);
    else if (call == 'd')
        tb_test_doctor(t);
    world_check(t, &tillbridge_plugin);
    tb_test_free(t);
    shown_clear();
    free(head);
    return 0;
}
