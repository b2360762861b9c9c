/* SPDX-License-Identifier: Apache-2.0 */
/* sku-map, orders: what has to be handed over for each row, in orders recorded on a 2.4.7 shop and in others
 * made from them; custom options by their table, and the way out when it lacks a line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

extern const tb_plugin tillbridge_plugin;

static json_t *recorded(const char *name)
{
    char path[500];
    json_error_t why;
    snprintf(path, sizeof path, "%s/orders/%s.json", FIXTURES, name);
    json_t *order = json_load_file(path, 0, &why);
    ck_assert_msg(order != NULL, "%s: %s", path, why.text);
    return order;
}

static json_t *item_of(json_t *order, int index)
{
    return json_array_get(json_object_get(order, "items"), (size_t)index);
}

static tb_record *record_of(json_t *order)
{
    tb_record *r = tb_record_new("order", "000000006", json_object());
    tb_record_add_part(r, "web.order", order);
    return r;
}

static const char *text_in(const json_t *from, const char *name)
{
    const char *text = json_string_value(json_object_get(from, name));
    return text ? text : "";
}

/* "item ship sku<web_sku quantity per [options]; ..." */
static const char *sold_text(const tb_record *r)
{
    static char out[2000];
    size_t i;
    json_t *row;
    *out = '\0';
    json_array_foreach(json_object_get(tb_record_body(r), "sold"), i, row)
    {
        size_t used = strlen(out);
        char *quantity = json_dumps(json_object_get(row, "quantity"), JSON_ENCODE_ANY);
        char *per = json_dumps(json_object_get(row, "per"), JSON_ENCODE_ANY);
        const char *options = text_in(row, "options");
        snprintf(out + used, sizeof out - used, "%s%lld %lld %s<%s %s %s%s%s%s", i ? "; " : "",
                 (long long)json_integer_value(json_object_get(row, "item")),
                 (long long)json_integer_value(json_object_get(row, "ship")), text_in(row, "sku"),
                 text_in(row, "web_sku"), quantity, per, *options ? " [" : "", options, *options ? "]" : "");
        free(quantity);
        free(per);
    }
    return out;
}

static const char *unshipped_text(const tb_record *r)
{
    static char out[1000];
    size_t i;
    json_t *row;
    *out = '\0';
    json_array_foreach(json_object_get(tb_record_body(r), "unshipped"), i, row)
    {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%lld %s %s", i ? "; " : "",
                 (long long)json_integer_value(json_object_get(row, "item")), text_in(row, "sku"),
                 text_in(row, "why"));
    }
    return out;
}

static tb_test *start(const char *more)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "skus=skus", "unmapped=same", "options=options", more, NULL);
    tb_test_table(t, "skus", "till_sku,shop_sku\n900-M,TEE-M\n,GIFTBOX\n");
    tb_test_table(t, "options", "product,option,value,till_sku\n");
    return t;
}

static void check_order(tb_test *t, json_t *order, const char *sold, const char *unshipped)
{
    tb_record *r = record_of(order);
    tb_verdict v = tb_test_apply(t, &r);
    ck_assert_msg(v == TB_OK, "%s: %s", tb_test_reason(r), tb_test_text(r));
    ck_assert_str_eq(sold_text(r), sold);
    ck_assert_str_eq(unshipped_text(r), unshipped);
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(r);
}

/* ---- recorded orders ---- */

static const struct recorded_case {
    const char *order, *sold, *unshipped;
} cases[] = {
    {"409-order-a1-excl-tax-two-simples-order-get", "1 1 SKU-001<SKU-001 2 1; 2 2 SKU-002<SKU-002 1 1", ""},
    /* a configurable: the child's SKU, the parent's money and shipment */
    {"467-order-a3-configurable-again-order-get", "10 10 900-M<TEE-M 2 1", ""},
    {"568-configurable-order-after", "10 10 900-M<TEE-M 2 1", ""},
    /* a dynamic bundle: the children's money; nothing shipped yet, so as the setting says */
    {"433-order-a4-bundle-order-get", "5 4 SKU-008<SKU-008 1 1; 6 4 SKU-010<SKU-010 2 2", ""},
    /* ... and it turned out to ship separately */
    {"560-bundle-order-after", "5 5 SKU-008<SKU-008 1 1; 6 6 SKU-010<SKU-010 2 1", ""},
    {"437-order-a5-virtual-order-get", "", "7 VIRT-1 virtual"},
};

START_TEST(recorded_orders_are_mapped)
{
    tb_test *t = start(NULL);
    check_order(t, recorded(cases[_i].order), cases[_i].sold, cases[_i].unshipped);
    tb_test_free(t);
}
END_TEST

/* ---- bundles ---- */

static json_t *bundle_of_two(void)
{
    json_t *order = recorded("433-order-a4-bundle-order-get");
    json_object_set_new(item_of(order, 0), "qty_ordered", json_integer(3));
    json_object_set_new(item_of(order, 1), "qty_ordered", json_integer(3));
    json_object_set_new(item_of(order, 2), "qty_ordered", json_integer(6));
    return order;
}

START_TEST(fixed_bundle_has_the_parents_money)
{
    static const char *const money[] = {"row_total", "row_total_incl_tax", "tax_amount", "discount_amount"};
    tb_test *t = start(NULL);
    json_t *order = bundle_of_two();
    for (int child = 1; child < 3; child++)
        for (int i = 0; i < 4; i++)
            json_object_set_new(item_of(order, child), money[i], json_integer(0));
    check_order(t, order, "4 4 SKU-008<SKU-008 3 1; 4 4 SKU-010<SKU-010 6 2", "");
    tb_test_free(t);
}
END_TEST

/* The product says how it ships; by its SKU, or by its id where the row's SKU is glued together. */
START_TEST(product_tells_how_a_bundle_ships)
{
    for (int glued = 0; glued < 2; glued++) {
        tb_test *t = start(NULL);
        json_t *order = bundle_of_two();
        if (glued)
            json_object_set_new(item_of(order, 0), "sku", json_string("BUNDLE-1-SKU-008-SKU-010"));
        tb_record *r = record_of(order);
        tb_record_add_part(r, "web.documents",
                           json_pack("{s:{s:{s:i, s:[{s:s, s:s}]}}}", "products", "BUNDLE-1", "id", 37,
                                     "custom_attributes", "attribute_code", "shipment_type", "value", "1"));
        ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
        ck_assert_str_eq(sold_text(r), "5 5 SKU-008<SKU-008 3 1; 6 6 SKU-010<SKU-010 6 1");
        tb_record_unref(r);
        tb_test_free(t);
    }
    tb_test *t = start("bundles=separately");
    check_order(t, bundle_of_two(), "5 5 SKU-008<SKU-008 3 1; 6 6 SKU-010<SKU-010 6 1", "");
    tb_test_free(t);
}
END_TEST

/* ---- types ---- */

static json_t *typed(const char *type)
{
    json_t *order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_object_set_new(item_of(order, 0), "product_type", json_string(type));
    return order;
}

START_TEST(types_go_by_rule)
{
    static const struct {
        const char *type, *sold, *unshipped;
    } by_type[] = {
        {"grouped", "1 1 SKU-001<SKU-001 2 1; 2 2 SKU-002<SKU-002 1 1", ""},
        {"downloadable", "2 2 SKU-002<SKU-002 1 1", "1 SKU-001 downloadable"},
        {"giftcard", "2 2 SKU-002<SKU-002 1 1", "1 SKU-001 giftcard"},
        {"virtual", "2 2 SKU-002<SKU-002 1 1", "1 SKU-001 virtual"},
        {"extension-type", "1 1 SKU-001<SKU-001 2 1; 2 2 SKU-002<SKU-002 1 1", ""},
    };
    for (size_t i = 0; i < sizeof by_type / sizeof *by_type; i++) {
        tb_test *t = start(NULL);
        check_order(t, typed(by_type[i].type), by_type[i].sold, by_type[i].unshipped);
        tb_test_free(t);
    }
    tb_test *t = start("types=types"); /* gift cards of plastic */
    tb_test_table(t, "types", "type,sell\ngiftcard,row\n");
    check_order(t, typed("giftcard"), by_type[0].sold, "");
    tb_test_free(t);
}
END_TEST

START_TEST(not_for_the_till)
{
    tb_test *t = start(NULL);
    json_t *order = typed("simple");
    json_object_set_new(item_of(order, 0), "sku", json_string("GIFTBOX"));
    check_order(t, order, "2 2 SKU-002<SKU-002 1 1", "1 GIFTBOX shop-only");
    tb_test_free(t);
}
END_TEST

START_TEST(unmapped_row_stops_the_order)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "skus=skus", NULL);
    tb_test_table(t, "skus", "till_sku,shop_sku\n900-M,TEE-N\n900-1,SKU-001\n");
    tb_record *r = record_of(recorded("467-order-a3-configurable-again-order-get"));
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "mapping.sku");
    ck_assert_str_eq(tb_test_cause(r), "TEE-M");
    ck_assert_msg(strstr(tb_test_text(r), "not in column shop_sku") &&
                      strstr(tb_test_text(r), "Line to add: TEE-N,TEE-M"),
                  "%s", tb_test_text(r));
    tb_record_unref(r);
    /* cancelled meanwhile: nothing is to be handed over, so nothing has to be mapped */
    json_t *order = recorded("467-order-a3-configurable-again-order-get");
    json_object_set_new(order, "state", json_string("canceled"));
    check_order(t, order, "10 10 TEE-M<TEE-M 2 1", "");
    tb_test_free(t);
}
END_TEST

/* ---- custom options: recorded order of SKU-003, engraved "Hello", wrapped in a box (option value 2) ---- */

static json_t *engraved(void)
{
    json_t *order = recorded("553-order-cancelled-get");
    json_object_set_new(order, "state", json_string("new"));
    return order;
}

START_TEST(option_without_rule_names_the_line)
{
    const char *kind, *name;
    tb_test *t = start(NULL);
    tb_test_table(t, "skus", "till_sku,shop_sku\nSKU-003-ENG,SKU-003\n");
    tb_record *r = record_of(engraved());
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "mapping.custom-option");
    ck_assert_str_eq(tb_test_cause(r), "SKU-003-ENG-BOX option 1 = Hello");
    ck_assert_msg(strstr(tb_test_text(r), "nearest: SKU-003-ENG.") &&
                      strstr(tb_test_text(r), "Line to add: SKU-003-ENG-BOX,1,Hello,SKU-003-ENG"),
                  "%s", tb_test_text(r));
    ck_assert(tb_test_depends(r, 0, &kind, &name));
    ck_assert_str_eq(kind, "table");
    ck_assert_str_eq(name, "options");
    tb_record_unref(r);
    /* with that line it comes to the next option, with both to the thing */
    tb_test_table(t, "options", "product,option,value,till_sku\nSKU-003-ENG-BOX,1,Hello,SKU-003-ENG\n");
    r = record_of(engraved());
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_cause(r), "SKU-003-ENG-BOX option 2 = 2");
    tb_record_unref(r);
    tb_test_table(
        t, "options",
        "product,option,value,till_sku\nSKU-003-ENG-BOX,1,Hello,SKU-003-ENG\nSKU-003-ENG-BOX,2,2,\n");
    check_order(t, engraved(), "3 3 SKU-003-ENG<SKU-003-ENG-BOX 1 1 [option 1: Hello; option 2: 2]", "");
    tb_test_free(t);
}
END_TEST

static const struct option_case {
    const char *table, *sold;
} option_cases[] = {
    /* any text is engraved, the box is another thing at the till; by the product's own SKU */
    {"SKU-003,1,,\nSKU-003,2,2,BOXED-003\n", "BOXED-003<SKU-003"},
    /* neither changes what is handed over */
    {"SKU-003,1,,\nSKU-003,2,*,\n", "900-3<SKU-003"},
    /* that value before any, the longer product before the shorter, the product id as well */
    {"SKU-003,1,,\nSKU-003,2,2,BOXED\nSKU-003,2,,PAPER\n", "BOXED<SKU-003"},
    {"SKU,1,,\nSKU-003,2,,LONG\nSKU,2,,SHORT\n", "LONG<SKU-003"},
    {"38,1,,\n38,2,2,BY-ID\n", "BY-ID<SKU-003-ENG-BOX"},
    {"OTHER,1,,\nSKU-003,1,,\nSKU-003,2,2,THIS\nOTHER,2,2,NOT\n", "THIS<SKU-003"},
};

START_TEST(options_choose_the_thing)
{
    char table[400], wanted[200];
    tb_test *t = start(NULL);
    tb_test_table(t, "skus", "till_sku,shop_sku\n900-3,SKU-003\n");
    snprintf(table, sizeof table, "product,option,value,till_sku\n%s", option_cases[_i].table);
    tb_test_table(t, "options", table);
    snprintf(wanted, sizeof wanted, "3 3 %s 1 1 [option 1: Hello; option 2: 2]", option_cases[_i].sold);
    check_order(t, engraved(), wanted, "");
    tb_test_free(t);
}
END_TEST

/* Titles can be used once the product was read along. */
START_TEST(options_by_title)
{
    tb_test *t = start(NULL);
    tb_test_table(t, "options",
                  "product,option,value,till_sku\nSKU-003,Engraving,,\nSKU-003,Wrap,Box,BOXED\n");
    tb_record *r = record_of(engraved());
    tb_record_add_part(r, "web.documents",
                       json_pack("{s:{s:{s:[{s:i, s:s}, {s:i, s:s, s:[{s:s, s:i}, {s:s, s:i}]}]}}}",
                                 "products", "SKU-003", "options", "option_id", 1, "title", "Engraving",
                                 "option_id", 2, "title", "Wrap", "values", "title", "Paper",
                                 "option_type_id", 1, "title", "Box", "option_type_id", 2));
    ck_assert_msg(tb_test_apply(t, &r) == TB_OK, "%s", tb_test_text(r));
    ck_assert_str_eq(sold_text(r), "3 3 BOXED<SKU-003 1 1 [Engraving: Hello; Wrap: Box]");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(two_things_for_one_row_stop)
{
    tb_test *t = start(NULL);
    tb_test_table(t, "options", "product,option,value,till_sku\nSKU-003,1,,ONE\nSKU-003,2,,OTHER\n");
    tb_record *r = record_of(engraved());
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "mapping.custom-option");
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "both ONE and OTHER"));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* The line has the columns as the table has them, and quotes where they must be. */
START_TEST(line_follows_the_tables_columns)
{
    tb_test *t = start(NULL);
    json_t *order = engraved();
    json_t *more =
        json_object_get(json_object_get(item_of(order, 0), "product_option"), "extension_attributes");
    json_object_set_new(json_array_get(json_object_get(more, "custom_options"), 0), "option_value",
                        json_string("To \"Ada\", with love"));
    tb_test_table(t, "options", "till_sku,note,value,option,product\n");
    tb_record *r = record_of(order);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_msg(
        strstr(tb_test_text(r), "Line to add: TILL-SKU,,\"To \"\"Ada\"\", with love\",1,SKU-003-ENG-BOX"),
        "%s", tb_test_text(r));
    tb_record_unref(r);
    ck_assert_int_eq(tb_test_check(t), 0);
    tb_test_table(t, "options", "till_sku,value,option\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sku-order");
    TCase *c = tcase_create("all");
    tcase_add_loop_test(c, recorded_orders_are_mapped, 0, sizeof cases / sizeof *cases);
    tcase_add_test(c, fixed_bundle_has_the_parents_money);
    tcase_add_test(c, product_tells_how_a_bundle_ships);
    tcase_add_test(c, types_go_by_rule);
    tcase_add_test(c, not_for_the_till);
    tcase_add_test(c, unmapped_row_stops_the_order);
    tcase_add_test(c, option_without_rule_names_the_line);
    tcase_add_loop_test(c, options_choose_the_thing, 0, sizeof option_cases / sizeof *option_cases);
    tcase_add_test(c, options_by_title);
    tcase_add_test(c, two_things_for_one_row_stop);
    tcase_add_test(c, line_follows_the_tables_columns);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
