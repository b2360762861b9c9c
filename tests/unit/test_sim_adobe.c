/* SPDX-License-Identifier: Apache-2.0 */
/* The Adobe machine alone, called without sockets: what recordings cannot show. The stock's index, kept up
 * change by change, against a sum over all rows; what a refused call leaves behind; composite products;
 * numbers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/shop_world.h"

/* ---- salable ---- */

/* Rows with shop_status 1 of enabled sources linked to the stock, summed up from nothing. */
static int64_t summed(const char *sku, int stock)
{
    static const char *const codes[] = {"s1", "s2", "s3"};
    int64_t sum = 0;
    for (int i = 0; i < 3; i++) {
        int64_t quantity = 0;
        int on = 0;
        bool linked = stock == 2 || i == 2;
        if (linked && adobe_source_item(shop, sku, codes[i], &quantity, &on) && on &&
            shop->sources[adobe_source_place(shop, codes[i])].enabled)
            sum += quantity;
    }
    return sum;
}

static void random_step(const char *sku, const char *source, int64_t *held)
{
    double quantity = (double)(world_below(200000) - 20000) / 1000;
    if (world_below(12) == 0) {
        shop_send("POST", "/rest/V1/inventory/source-items-delete",
                  json_pack("{s[{ss ss}]}", "sourceItems", "sku", sku, "source_code", source));
        return;
    }
    if (world_below(3)) {
        ck_assert_int_eq(
            shop_post_rows(json_pack("[o]", shop_row(sku, source, quantity, (int)world_below(2)))), 200);
        return;
    }
    int64_t n = world_below(9) - 4;
    *held += n * ADOBE_UNIT;
    shop_step("reservation", json_pack("{ss si sI}", "sku", sku, "stock", 2, "quantity", (json_int_t)n));
}

START_TEST(index_is_the_sum_of_the_rows)
{
    static const char *const codes[] = {"s1", "s2", "s3"}, *const skus[] = {"K1", "k1", "K2", "K3"};
    int64_t held[4] = {0};
    for (int i = 0; i < 4000; i++) {
        int64_t k = world_below(4);
        random_step(skus[k], codes[world_below(3)], &held[k == 1 ? 0 : k]);
        if (world_below(50) == 0) {
            bool on = world_below(2);
            shop_send("PUT",
                      world_below(2) ? "/rest/V1/inventory/sources/s2" : "/rest/V1/inventory/sources/s3",
                      json_pack("{s{sb}}", "source", "enabled", on));
            shop_step("cron", json_object());
        }
        for (int stock = 2; stock <= 3; stock++)
            for (int j = 0; j < 4; j++) {
                int64_t want = summed(skus[j], stock) + (stock == 2 ? held[j == 1 ? 0 : j] : 0);
                ck_assert_int_eq(adobe_salable(shop, skus[j], stock), want);
            }
    }
}
END_TEST

static int64_t answered(const char *path)
{
    int64_t n = -1;
    json_t *answer = shop_ask("GET", path, NULL);
    decimal_read(answer, &n);
    json_decref(answer);
    return n;
}

START_TEST(answer_is_never_below_zero)
{
    shop_post_rows(json_pack("[o o]", shop_row("K1", "s1", 2, 1), shop_row("K1", "s2", -5, 0)));
    shop_step("reservation", json_pack("{ss si}", "sku", "K1", "quantity", -3));
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), -1 * ADOBE_UNIT);
    ck_assert_int_eq(answered("/rest/V1/inventory/get-product-salable-quantity/K1/2"), 0);
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 0, 0)));
    ck_assert_int_eq(answered("/rest/V1/inventory/get-product-salable-quantity/K1/2"), 0);
    shop_post_rows(json_pack("[o o]", shop_row("K1", "s1", 9, 1), shop_row("K1", "s2", -5, 1)));
    ck_assert_int_eq(answered("/rest/V1/inventory/get-product-salable-quantity/K1/2"), 1 * ADOBE_UNIT);
}
END_TEST

START_TEST(threshold_is_kept_back)
{
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 5, 1)));
    shop_set("min_qty", json_integer(2));
    ck_assert_int_eq(answered("/rest/V1/inventory/get-product-salable-quantity/K1/2"), 3 * ADOBE_UNIT);
    ck_assert_int_eq(shop_send("PUT", "/rest/V1/products/K1/stockItems/1",
                               json_pack("{s{sf sb}}", "stockItem", "min_qty", 4.5, "use_config_min_qty", 0)),
                     200);
    ck_assert_int_eq(answered("/rest/V1/inventory/get-product-salable-quantity/K1/2"), ADOBE_UNIT / 2);
}
END_TEST

START_TEST(a_source_in_two_stocks_is_reserved_in_one)
{
    shop_post_rows(json_pack("[o]", shop_row("K1", "s3", 5, 1)));
    shop_step("reservation", json_pack("{ss si si}", "sku", "K1", "stock", 2, "quantity", -2));
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), 3 * ADOBE_UNIT);
    ck_assert_int_eq(adobe_salable(shop, "K1", 3), 5 * ADOBE_UNIT);
}
END_TEST

START_TEST(a_disabled_source_counts_until_the_next_write)
{
    shop_post_rows(json_pack("[o o]", shop_row("K1", "s1", 3, 1), shop_row("K1", "s2", 4, 1)));
    shop_send("PUT", "/rest/V1/inventory/sources/s2", json_pack("{s{sb}}", "source", "enabled", 0));
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), 7 * ADOBE_UNIT);
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 2, 1)));
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), 2 * ADOBE_UNIT);
}
END_TEST

START_TEST(a_disabled_source_counts_until_the_index_is_made_again)
{
    shop_post_rows(json_pack("[o o]", shop_row("K1", "s1", 3, 1), shop_row("K1", "s2", 4, 1)));
    shop_send("PUT", "/rest/V1/inventory/sources/s2", json_pack("{s{sb}}", "source", "enabled", 0));
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), 7 * ADOBE_UNIT);
    shop_step("cron", json_object());
    ck_assert_int_eq(adobe_salable(shop, "K1", 2), 3 * ADOBE_UNIT);
}
END_TEST

/* ---- what a refused call leaves ---- */

START_TEST(an_unknown_source_keeps_nothing)
{
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 1, 1)));
    shop_effects = 0;
    ck_assert_int_eq(shop_post_rows(json_pack("[o o o]", shop_row("K1", "s1", 8, 1),
                                              shop_row("K2", "s1", 3, 1), shop_row("K2", "nowhere", 1, 1))),
                     400);
    ck_assert(shop_pieces("K1", "s1") == 1 && shop_pieces("K2", "s1") == -1000);
    ck_assert_int_eq(shop_effects, 0);
}
END_TEST

/* New rows first, together; then of the rows that exist those before the failure. */
START_TEST(a_failure_keeps_what_went_before)
{
    shop_post_rows(json_pack("[o o o]", shop_row("K1", "s1", 1, 1), shop_row("K2", "s1", 1, 1),
                             shop_row("K3", "s1", 1, 1)));
    shop_step("partial", json_pack("{si si}", "calls", 1, "after", 1));
    ck_assert_int_eq(
        shop_post_rows(json_pack("[o o o o]", shop_row("K1", "s1", 7, 1), shop_row("K2", "s1", 7, 1),
                                 shop_row("K3", "s1", 7, 1), shop_row("K4", "s1", 7, 1))),
        400);
    ck_assert(shop_pieces("K4", "s1") == 7 && shop_pieces("K1", "s1") == 7);
    ck_assert(shop_pieces("K2", "s1") == 1 && shop_pieces("K3", "s1") == 1);
    ck_assert_int_eq(shop_post_rows(json_pack("[o]", shop_row("K2", "s1", 7, 1))), 200);
}
END_TEST

START_TEST(the_same_value_again_is_no_effect)
{
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 1, 1)));
    shop_effects = 0;
    ck_assert_int_eq(shop_post_rows(json_pack("[o]", shop_row("k1", "s1", 1, 1))), 200);
    ck_assert_int_eq(shop_effects, 0);
    shop_post_rows(json_pack("[o]", shop_row("k1", "s1", 1, 0)));
    ck_assert_int_eq(shop_effects, 1);
}
END_TEST

START_TEST(rows_outlive_their_product_until_cron)
{
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 1, 1)));
    ck_assert_int_eq(shop_send("DELETE", "/rest/V1/products/K1", NULL), 200);
    ck_assert(shop_pieces("K1", "s1") == 1);
    shop_step("cron", json_object());
    ck_assert(shop_pieces("K1", "s1") == -1000);
}
END_TEST

/* ---- composite products ---- */

static int post_bundle(const char *shipment_type)
{
    return shop_send("POST", "/rest/V1/products",
                     json_pack("{s{ss ss ss si s{s[{ss sb ss s[{ss si} {ss si}]}]} s[{ss ss}]}}", "product",
                               "sku", "B", "name", "Bundle", "type_id", "bundle", "price", 0,
                               "extension_attributes", "bundle_product_options", "title", "Main", "required",
                               1, "type", "select", "product_links", "sku", "K1", "qty", 1, "sku", "K2",
                               "qty", 1, "custom_attributes", "attribute_code", "shipment_type", "value",
                               shipment_type));
}

START_TEST(parts_that_ship_together_stay_in_one_source)
{
    ck_assert_int_eq(post_bundle("0"), 200);
    ck_assert_int_eq(shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 1, 1))), 200);
    ck_assert_int_eq(shop_post_rows(json_pack("[o]", shop_row("K2", "s1", 1, 1))), 200);
    ck_assert_int_eq(
        shop_post_rows(json_pack("[o o]", shop_row("K3", "s1", 1, 1), shop_row("K2", "s2", 1, 1))), 400);
    ck_assert(shop_pieces("K3", "s1") == -1000 && shop_pieces("K2", "s2") == -1000);
    ck_assert_int_eq(post_bundle("1"), 200);
    ck_assert_int_eq(
        shop_post_rows(json_pack("[o o]", shop_row("K3", "s1", 1, 1), shop_row("K2", "s2", 1, 1))), 200);
    ck_assert(shop_pieces("K3", "s1") == 1 && shop_pieces("K2", "s2") == 1);
}
END_TEST

static int post_parent(void)
{
    return shop_send("POST", "/rest/V1/products",
                     json_pack("{s{ss ss ss si s{s{sb} s[I]}}}", "product", "sku", "P", "name", "Parent",
                               "type_id", "configurable", "price", 0, "extension_attributes", "stock_item",
                               "is_in_stock", 1, "configurable_product_links",
                               (json_int_t)adobe_product_of(shop, "K1")->id));
}

static bool parent_sells(void)
{
    json_t *answer = shop_ask("GET", "/rest/V1/inventory/is-product-salable/P/2", NULL);
    bool sells = json_is_true(answer);
    json_decref(answer);
    return sells;
}

START_TEST(a_parent_made_without_stock_stays_unsalable)
{
    ck_assert_int_eq(post_parent(), 200);
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 5, 1)));
    ck_assert(!parent_sells());
    ck_assert_int_eq(post_parent(), 200);
    ck_assert(parent_sells());
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 0, 0)));
    ck_assert(!parent_sells());
    shop_post_rows(json_pack("[o]", shop_row("K1", "s1", 1, 1)));
    ck_assert(parent_sells());
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *text;
    bool numeric;
    int64_t value;
} numbers[] = {
    {"1", true, 10000},
    {"1.23456", true, 12346},
    {"-1.23455", true, -12346},
    {"1.23454", true, 12345},
    {".5", true, 5000},
    {"5.", true, 50000},
    {" 7 ", true, 70000},
    {"1e3", true, 10000000},
    {"25e-1", true, 25000},
    {"0.00004", true, 0},
    {"0.00005", true, 1},
    {"-0.00005", true, -1},
    {"99999.99995", true, 1000000000},
    {"many", false, 0},
    {"", false, 0},
    {"1x", false, 0},
    {"1e", false, 0},
    {"-", false, 0},
    {"1.2.3", false, 0},
    {"0x10", false, 0},
    {"123456789012345678901234567890", true, INT64_MAX},
};

START_TEST(decimal_text_is_read_exactly)
{
    int64_t value = 0;
    ck_assert_msg(decimal_read_text(numbers[_i].text, &value) == numbers[_i].numeric, "%s", numbers[_i].text);
    ck_assert_msg(value == numbers[_i].value, "%s: %lld", numbers[_i].text, (long long)value);
}
END_TEST

/* Every 10^-4 that fits the column comes back from JSON as it went out. */
START_TEST(decimals_survive_json)
{
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)random() * random() % 999999999999, back = 0;
        json_t *number = decimal_number(value);
        char *text = json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);
        ck_assert(decimal_read(again, &back));
        ck_assert_int_eq(back, value);
        json_decref(number);
        json_decref(again);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim-adobe");
    TCase *stock = tcase_create("stock");
    tcase_add_checked_fixture(stock, shop_open, shop_close);
    tcase_set_timeout(stock, 60);
    tcase_add_test(stock, index_is_the_sum_of_the_rows);
    tcase_add_test(stock, answer_is_never_below_zero);
    tcase_add_test(stock, threshold_is_kept_back);
    tcase_add_test(stock, a_source_in_two_stocks_is_reserved_in_one);
    tcase_add_test(stock, a_disabled_source_counts_until_the_next_write);
    tcase_add_test(stock, a_disabled_source_counts_until_the_index_is_made_again);
    tcase_add_test(stock, an_unknown_source_keeps_nothing);
    tcase_add_test(stock, a_failure_keeps_what_went_before);
    tcase_add_test(stock, the_same_value_again_is_no_effect);
    tcase_add_test(stock, rows_outlive_their_product_until_cron);
    tcase_add_test(stock, parts_that_ship_together_stay_in_one_source);
    tcase_add_test(stock, a_parent_made_without_stock_stays_unsalable);
    suite_add_tcase(suite, stock);
    TCase *number = tcase_create("numbers");
    tcase_add_loop_test(number, decimal_text_is_read_exactly, 0, sizeof numbers / sizeof *numbers);
    tcase_add_test(number, decimals_survive_json);
    suite_add_tcase(suite, number);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
