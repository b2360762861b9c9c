/* SPDX-License-Identifier: Apache-2.0 */
/* stock-rule: whatever was hydrated, what goes on is a quantity of nobody's debt: never below zero, never
 * more than the tills have, under the claim of its own row.
 *
 * Input: lines: why the record came, the hydrated part, the row that is remembered; the rest is the table of
 * buffers. */
#include "tests/fuzz/world.h"

extern const tb_plugin tillbridge_plugin;

/* What the tills have, without debts; false: too much to add up, or no quantities. */
static bool most_of(const json_t *part, int64_t *out)
{
    size_t i;
    json_t *row;
    int64_t total;
    const json_t *rows = json_object_get(part, "rows");
    *out = 0;
    if (!json_array_size(rows)) {
        bool fine = !tb_quantity_from_json(json_object_get(part, "total"), &total);
        *out = fine && total > 0 ? total : 0;
        return fine;
    }
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        if (tb_quantity_from_json(json_object_get(row, "total"), &total))
            return false;
        if (total > 0 && __builtin_add_overflow(*out, total, out))
            return false;
    }
    return true;
}

static void check_passed(const tb_record *record, const json_t *part)
{
    const json_t *body = tb_record_body(record);
    int64_t quantity, most = 0, status = json_integer_value(json_object_get(body, "status"));
    bool retired = json_is_true(json_object_get(part, "retired"));
    MUST(!tb_quantity_from_json(json_object_get(body, "quantity"), &quantity) && quantity >= 0,
         "no quantity");
    MUST(retired || most_of(part, &most), "passed without a sum");
    MUST(quantity <= most, "%lld of %lld", (long long)quantity, (long long)most);
    MUST(status == (quantity > 0), "status %lld", (long long)status);
    MUST(!strcmp(tb_record_operation(record), "stock"), "%s", tb_record_operation(record));
    MUST(tb_test_claim(record, 0) && !strcmp(tb_test_claim(record, 0), "stock/A@web"), "no claim");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    char *why = input_line(&in), *line = input_line(&in), *row = input_line(&in), *buffers = input_rest(&in);
    json_t *part = json_loads(line, JSON_DECODE_ANY, NULL);
    json_t *body = json_pack("{s:s, s:s, s:s?}", "sku", "A", "source", "web", "why", why);
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=1", "buffers=buffers", NULL);
    tb_record *record = tb_record_new("stock.level", "A@web", body ? body : json_object());
    MUST(t && record, "no instance");
    if (tb_test_table(t, "buffers", buffers)) {
        free(t->failure); /* a broken table is the reader's to refuse */
        t->failure = NULL;
    }
    tb_test_set_state(t, "rows", "web/A", row);
    if (part)
        tb_record_add_part(record, "till.stock", json_incref(part));
    if (body && tb_test_apply(t, &record) == TB_OK)
        check_passed(record, part);
    world_check(t, &tillbridge_plugin);
    tb_record_unref(record);
    tb_test_free(t);
    json_decref(part);
    free(why);
    free(line);
    free(row);
    free(buffers);
    return 0;
}
