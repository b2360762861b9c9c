/* SPDX-License-Identifier: Apache-2.0 */
/* The shop's answers through adobe-sink: deliver, snapshot, doctor, and its error texts. A row is applied
 * only when the call that carried it was answered 2xx with a list; no row goes out whose SKU the shop was not
 * seen to have.
 *
 * Input: a line "d3f" (what is called, which state there is, which records: hexadecimal digits), then
 * answers, a line each (world.h). "t": a text and its parameters instead. */
#include "tests/fuzz/world.h"

#include <strings.h>

#include "plugins/adobe/answer.h"

extern const tb_plugin tillbridge_plugin;

enum { ROWS = 1, PRODUCTS = 2, TOGETHER = 4, PAGES = 8 };
#define AN_HOUR_AGO "1795388400000"

static const struct {
    const char *sku, *source, *quantity;
} rows[] = {{"A", "web", "3.000"}, {"B", "web", "0.000"}, {"c", "kiosk", "2.500"}, {"F,G", "web", "7.000"}};
enum { ROWS_N = sizeof rows / sizeof *rows };

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* ---- what was shown and sent ---- */

static bool has_product[ROWS_N], was_sent[ROWS_N], was_taken[ROWS_N];

static bool is_composite(const char *type)
{
    return type && (!strcmp(type, "configurable") || !strcmp(type, "bundle") || !strcmp(type, "grouped"));
}

static void see_products(const tb_response *answer)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(answer->json, "items"), i, item)
    {
        const char *sku = json_string_value(json_object_get(item, "sku"));
        const json_t *type = json_object_get(item, "type_id");
        for (int k = 0; sku && k < ROWS_N; k++) {
            if (!strcasecmp(sku, rows[k].sku))
                has_product[k] = !is_composite(json_string_value(type));
        }
    }
}

static void see_row(const json_t *item, bool taken)
{
    const char *sku = json_string_value(json_object_get(item, "sku"));
    int64_t wanted, quantity;
    for (int k = 0; k < ROWS_N; k++) {
        if (strcmp(sku, rows[k].sku) != 0)
            continue;
        tb_quantity_parse(rows[k].quantity, &wanted);
        MUST(!strcmp(json_string_value(json_object_get(item, "source_code")), rows[k].source), "source of %s",
             sku);
        MUST(!tb_quantity_from_json(json_object_get(item, "quantity"), &quantity) && quantity == wanted,
             "quantity of %s", sku);
        MUST(has_product[k], "%s goes out, and the shop was not seen to have it", sku);
        was_sent[k] = true;
        was_taken[k] = taken;
        return;
    }
    MUST(false, "%s goes out and nobody asked for it", sku);
}

static void see(const tb_request *asked, const tb_response *answer)
{
    size_t i;
    json_t *item;
    bool taken = answer->status >= 200 && answer->status < 300 && json_is_array(answer->json);
    /* neighbours are looked up for a hint, without their type: nothing is concluded of those */
    if (!strcmp(asked->method, "GET") && !strcmp(asked->path, "/V1/products") && answer->status == 200 &&
        asked->query && strstr(asked->query, "type_id"))
        see_products(answer);
    if (strcmp(asked->method, "POST") != 0)
        return;
    MUST(!strcmp(asked->path, "/V1/inventory/source-items"), "posted to %s", asked->path);
    json_array_foreach(json_object_get(asked->json, "sourceItems"), i, item)
    {
        see_row(item, taken);
    }
}

/* ---- deliver ---- */

static void set_state(tb_test *t, int what)
{
    if (what & ROWS)
        tb_test_set_state(t, "rows", "web/A", "{\"q\":\"3.000\",\"s\":1,\"when\":" AN_HOUR_AGO "}");
    if (what & TOGETHER)
        tb_test_set_state(t, "together", "B", AN_HOUR_AGO);
    if (what & PRODUCTS) {
        tb_test_set_state(t, "products", "b", "{\"sku\":\"B\",\"type\":\"simple\",\"when\":" AN_HOUR_AGO "}");
        tb_test_set_state(t, "products", "c", "{\"sku\":\"C\",\"type\":\"bundle\",\"when\":" AN_HOUR_AGO "}");
    }
    memset(has_product, 0, sizeof has_product);
    memset(was_sent, 0, sizeof was_sent);
    memset(was_taken, 0, sizeof was_taken);
    has_product[1] = what & PRODUCTS;
}

static void check_verdict(const tb_test *t, const tb_record *record, int k, int what)
{
    char key[64], known[64];
    tb_verdict v = tb_test_verdict(record);
    snprintf(key, sizeof key, "%s/%s", rows[k].source, rows[k].sku);
    const char *row = tb_test_state(t, "rows", key);
    snprintf(known, sizeof known, "{\"q\":\"%s\",", rows[k].quantity);
    switch (v) {
    case TB_APPLIED:
        MUST(was_sent[k] && was_taken[k], "%s is applied, and its call did not say so", key);
        MUST(row && !strncmp(row, known, strlen(known)), "%s is remembered as %s", key,
             row ? row : "nothing");
        break;
    case TB_NOOP:
        MUST(k == 0 && (what & ROWS) && !was_sent[k], "nothing to do for %s", key);
        break;
    case TB_REJECT:
        MUST(world_has_reason(&tillbridge_plugin, tb_test_reason(record)), "%s", tb_test_reason(record));
        MUST(!was_sent[k] || !row, "%s was refused and is still remembered as %s", key, row);
        break;
    default:
        MUST(false, "verdict %d on %s", (int)v, key);
    }
}

static void deliver(tb_test *t, int what, int which)
{
    tb_record *records[ROWS_N];
    int of[ROWS_N], n = 0;
    for (int k = 0; k < ROWS_N; k++) {
        char key[64];
        if (which && !(which & 1 << k))
            continue;
        snprintf(key, sizeof key, "%s@%s", rows[k].sku, rows[k].source);
        of[n] = k;
        records[n++] =
            tb_record_new("stock.level", key,
                          json_pack("{s:s, s:s, s:s, s:i}", "sku", rows[k].sku, "source", rows[k].source,
                                    "quantity", rows[k].quantity, "status", k != 1));
    }
    tb_verdict v = n ? tb_test_deliver(t, "stock", records, (size_t)n) : TB_OK;
    MUST(v == TB_OK || v == TB_RETRY || (v == TB_SPLIT && n > 1), "verdict %d on %d", (int)v, n);
    for (int i = 0; i < n; i++) {
        if (v == TB_OK)
            check_verdict(t, records[i], of[i], what);
        tb_record_unref(records[i]);
    }
}

/* ---- the rest ---- */

static void check_snapshot(const tb_record *record)
{
    const json_t *body = tb_record_body(record);
    const char *sku = json_string_value(json_object_get(body, "sku")),
               *source = json_string_value(json_object_get(body, "source")), *key = tb_record_key(record);
    int64_t quantity;
    MUST(!tb_quantity_from_json(json_object_get(body, "quantity"), &quantity), "%s: no quantity", key);
    MUST(strlen(key) == strlen(sku) + 1 + strlen(source) && !strncmp(key, sku, strlen(sku)) &&
             !strcmp(key + strlen(sku) + 1, source),
         "key %s of %s in %s", key, sku, source);
}

static void snapshot(tb_test *t)
{
    char *cursor = NULL;
    for (int i = 0; i < PAGES; i++) {
        tb_verdict v = tb_test_snapshot(t, "stock.row", cursor);
        MUST(v == TB_OK || v == TB_RETRY, "verdict %d", (int)v);
        for (int k = 0; v == TB_OK && tb_test_fed(t, k); k++)
            check_snapshot(tb_test_fed(t, k));
        if (v != TB_OK || !tb_test_fed_more(t))
            break;
        MUST(tb_test_cursor(t) && (!cursor || strcmp(cursor, tb_test_cursor(t)) != 0),
             "the cursor stands still");
        free(cursor);
        cursor = strdup(tb_test_cursor(t));
    }
    free(cursor);
}

static void fill(input *in)
{
    char *text = input_line(in), *line = input_line(in), out[64];
    json_t *parameters = json_loads(line, JSON_DECODE_ANY, NULL);
    for (size_t size = 1; size < sizeof out; size += 9) {
        memset(out, '#', sizeof out);
        adobe_fill(text, parameters, out, size);
        MUST(memchr(out, '\0', size), "no end within %zu", size);
        for (size_t i = size; i < sizeof out; i++)
            MUST(out[i] == '#', "written behind its %zu bytes", size);
    }
    if (!strchr(text, '%'))
        MUST(!strncmp(adobe_fill(text, parameters, out, sizeof out), text, sizeof out - 1), "%s became %s",
             text, out);
    json_decref(parameters);
    free(line);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    char *head = input_line(&in);
    char call = head[0];
    int what = call ? digit(head[1]) : 0, which = call && head[1] ? digit(head[2]) : 0;
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    MUST(t, "no instance");
    set_state(t, what);
    world_begin(t, in, call == 'd' ? see : NULL);
    if (call == 'd')
        deliver(t, what, which);
    else if (call == 's')
        snapshot(t);
    else if (call == 'x')
        tb_test_doctor(t);
    else if (call == 't')
        fill(&in);
    world_check(t, &tillbridge_plugin);
    tb_test_free(t);
    free(head);
    return 0;
}
