/* SPDX-License-Identifier: Apache-2.0 */
/* See tax_cases.h. */
#include "tests/unit/tax_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sdk/host.h"

/* ---- an order through the transform ---- */

/* State as the daemon keeps it once the record was applied. */
static void settle(tb_test *t, const tb_record *r)
{
    tb_outcome o;
    tbh_outcome(r, &o);
    for (const tb_change *c = o.changes; c; c = c->next)
        tb_test_set_state(t, c->name, c->key, c->value);
}

result apply(tb_test *t, json_t *order)
{
    result x = {.record = tb_record_new("order", "o1", json_object())};
    if (order)
        tb_record_add_part(x.record, "web.order", order);
    x.verdict = tb_test_apply(t, &x.record);
    if (x.verdict == TB_OK)
        settle(t, x.record);
    x.body = tb_record_body(x.record);
    x.tax = json_object_get(x.body, "tax");
    x.lines = json_object_get(x.body, "lines");
    return x;
}

void done(result *x)
{
    tb_record_unref(x->record);
}

json_t *recorded(const char *name)
{
    char path[500];
    json_error_t why;
    snprintf(path, sizeof path, "%s/orders/%s.json", FIXTURES, name);
    json_t *order = json_load_file(path, 0, &why);
    ck_assert_msg(order != NULL, "%s: %s", path, why.text);
    return order;
}

const char *text_in(const json_t *from, const char *name)
{
    const char *text = json_string_value(json_object_get(from, name));
    return text ? text : "";
}

const char *setup_in(const result *x, const char *name)
{
    return text_in(json_object_get(x->tax, "setup"), name);
}

/* "sku gross tax; ..." of the lines. */
const char *lines_text(const result *x)
{
    static char out[2000];
    size_t i;
    json_t *line;
    *out = '\0';
    json_array_foreach(x->lines, i, line)
    {
        const char *sku = text_in(line, "sku");
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%s %s %s", i ? "; " : "",
                 *sku ? sku : text_in(line, "kind"), text_in(line, "gross"), text_in(line, "tax"));
    }
    return out;
}

void must_pass(const result *x)
{
    ck_assert_msg(x->verdict == TB_OK, "%s %s: %s", tb_test_reason(x->record), tb_test_cause(x->record),
                  tb_test_text(x->record));
}

void must_stop(const result *x, const char *reason, const char *cause)
{
    ck_assert_msg(x->verdict == TB_REJECT, "not refused: %s", lines_text(x));
    ck_assert_str_eq(tb_test_reason(x->record), reason);
    if (cause)
        ck_assert_str_eq(tb_test_cause(x->record), cause);
}

/* Amount of the residual of that kind; "" if there is none. */
const char *residual_in(const result *x, const char *kind)
{
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(x->tax, "residuals"), i, r)
    {
        if (!strcmp(text_in(r, "kind"), kind))
            return text_in(r, "amount");
    }
    return "";
}

/* ---- orders by hand ---- */

static json_t *item_json(const item *x, int id)
{
    return json_pack("{s:i, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "item_id", id, "sku",
                     x->sku, "product_type", "simple", "qty_ordered", x->quantity, "price", x->price,
                     "price_incl_tax", x->price_incl, "row_total", x->row, "row_total_incl_tax", x->row_incl,
                     "discount_amount", x->discount, "discount_tax_compensation_amount", x->compensation,
                     "tax_amount", x->tax, "tax_percent", x->rate);
}

json_t *order_of(const item *items, int n, total t)
{
    json_t *rows = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(rows, item_json(&items[i], i + 1));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:o}", "increment_id",
                     "000000042", "store_id", 1, "state", "new", "created_at", "2026-11-23 05:45:44",
                     "order_currency_code", "EUR", "base_currency_code", "EUR", "grand_total", t.paid,
                     "tax_amount", t.tax, "shipping_amount", t.shipping, "shipping_incl_tax", t.shipping_incl,
                     "shipping_tax_amount", t.shipping_tax, "items", rows);
}

/* An item's taxes in the order's list. */
void list_taxes(json_t *order, const char *type, int id, double first, double second)
{
    json_t *more = json_object_get(order, "extension_attributes"), *list;
    if (!more) {
        more = json_object();
        json_object_set_new(order, "extension_attributes", more);
        json_object_set_new(more, "item_applied_taxes", json_array());
    }
    list = json_pack("[{s:s, s:f}]", "code", "A", "percent", first);
    if (second > 0)
        json_array_append_new(list, json_pack("{s:s, s:f}", "code", "B", "percent", second));
    json_array_append_new(json_object_get(more, "item_applied_taxes"),
                          json_pack("{s:s, s:i, s:o}", "type", type, "item_id", id, "applied_taxes", list));
}

json_t *first_item(json_t *order)
{
    return json_array_get(json_object_get(order, "items"), 0);
}

void approve(tb_test *t, const char *key)
{
    char proposed[100], *text;
    snprintf(proposed, sizeof proposed, "%s/proposed", key);
    json_t *list = json_loads(tb_test_state(t, "tax", key), 0, NULL);
    json_t *entry = json_loads(tb_test_state(t, "tax", proposed), 0, NULL);
    json_object_set_new(entry, "by", json_string("Ada"));
    json_array_append_new(list, entry);
    text = json_dumps(list, JSON_COMPACT);
    tb_test_set_state(t, "tax", key, text);
    tb_test_set_state(t, "tax", proposed, NULL);
    free(text);
    json_decref(list);
}
