/* SPDX-License-Identifier: Apache-2.0 */
/* tax-normalizer, golden cases: the recorded orders of a 2.4.7 shop, other releases' ways to print them, and
 * the shop's known tickets by their numbers. The pin is in test_tax_pin.c, refusals in test_tax_rules.c,
 * random carts in test_tax_carts.c. */
#include <string.h>

#include "tests/unit/tax_cases.h"

/* ---- recorded orders ---- */

static const struct recorded_order {
    const char *name, *total, *lines, *bundles;
} orders[] = {
    {"409-order-a1-excl-tax-two-simples-order-get", "64.74",
     "SKU-001 24.00 4.00; SKU-002 22.74 3.79; shipping 18.00 3.00", "-"},
    {"433-order-a4-bundle-order-get", "120.23", "SKU-008 31.97 5.33; SKU-010 70.26 3.66; shipping 18.00 3.00",
     "children"},
    {"437-order-a5-virtual-order-get", "5.40", "VIRT-1 5.40 0.90", "-"},
    {"447-order-a6-coupon-order-get", "185.83",
     "SKU-011 118.68 19.78; SKU-012 43.15 7.19; shipping 24.00 4.00", "-"},
    {"467-order-a3-configurable-again-order-get", "50.40", "TEE-M 38.40 6.40; shipping 12.00 2.00", "-"},
    {"474-order-b1-incl-tax-two-simples-order-get", "209.81",
     "SKU-014 139.86 23.31; SKU-015 49.95 2.60; shipping 20.00 3.33", "-"},
    {"485-order-b2-incl-tax-coupon-order-get", "223.80",
     "SKU-016 143.86 23.98; SKU-020 59.94 3.12; shipping 20.00 3.33", "-"},
    {"505-order-after-invoice", "64.74", "SKU-001 24.00 4.00; SKU-002 22.74 3.79; shipping 18.00 3.00", "-"},
    {"524-order-after-refunds", "64.74", "SKU-001 24.00 4.00; SKU-002 22.74 3.79; shipping 18.00 3.00", "-"},
    {"538-coupon-order-get-mid", "185.83", "SKU-011 118.68 19.78; SKU-012 43.15 7.19; shipping 24.00 4.00",
     "-"},
    {"543-coupon-order-at-end", "185.83", "SKU-011 118.68 19.78; SKU-012 43.15 7.19; shipping 24.00 4.00",
     "-"},
    {"560-bundle-order-after", "120.23", "SKU-008 31.97 5.33; SKU-010 70.26 3.66; shipping 18.00 3.00",
     "children"},
    {"562-bundle-order-after-refund", "120.23", "SKU-008 31.97 5.33; SKU-010 70.26 3.66; shipping 18.00 3.00",
     "children"},
    {"568-configurable-order-after", "50.40", "TEE-M 38.40 6.40; shipping 12.00 2.00", "-"},
};

START_TEST(recorded_orders_add_up)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, recorded(orders[_i].name));
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "verdict"), "equal");
    ck_assert_str_eq(text_in(x.tax, "total"), orders[_i].total);
    ck_assert_str_eq(text_in(x.tax, "reading"), "row-incl");
    ck_assert_str_eq(text_in(x.tax, "bundles"), orders[_i].bundles);
    ck_assert_str_eq(lines_text(&x), orders[_i].lines);
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    ck_assert_ptr_null(tb_test_failure(t));
    done(&x);
    tb_test_free(t);
}
END_TEST

/* The reference's worked example: 53.28 x 3 - 15.98 = 143.86 = 133.20 - 15.98 + 2.66 + 23.98. */
START_TEST(line_of_485_tells_all)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, recorded("485-order-b2-incl-tax-coupon-order-get"));
    const json_t *line = json_array_get(x.lines, 0),
                 *rate = json_array_get(json_object_get(x.tax, "rates"), 1);
    json_t *wanted = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s}]}", "kind",
        "product", "item", 14, "sku", "SKU-016", "quantity", "3", "net", "119.88", "tax", "23.98", "gross",
        "143.86", "discount", "15.98", "discount_printed", "15.98", "till_tax", "23.98", "rate", "20",
        "taxes", "code", "FR-20", "title", "TVA 20%", "rate", "20", "amount", "23.98");
    ck_assert_msg(json_equal(line, wanted), "%s", json_dumps(line, 0));
    ck_assert_str_eq(text_in(rate, "rate"), "5.5");
    ck_assert_str_eq(text_in(rate, "gross"), "59.94");
    ck_assert_str_eq(setup_in(&x, "catalog-prices"), "including");
    ck_assert_str_eq(setup_in(&x, "customer-tax"), "after-discount");
    json_decref(wanted);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Where prices exclude tax, the printed discount is net: 10.99, and its tax comes on top. */
START_TEST(net_discount_gets_its_tax)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, recorded("447-order-a6-coupon-order-get"));
    const json_t *line = json_array_get(x.lines, 0);
    ck_assert_str_eq(text_in(line, "discount"), "13.19");
    ck_assert_str_eq(text_in(line, "discount_printed"), "10.99");
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(canceled_order_stops_nobody)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "currency=SEK", NULL);
    result x = apply(t, recorded("553-order-cancelled-get"));
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "verdict"), "canceled");
    ck_assert_ptr_null(x.lines);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* ---- other ways to print the same order ---- */

START_TEST(r39984_row_total_of_one_piece)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded("447-order-a6-coupon-order-get");
    json_object_set_new(first_item(order), "row_total", json_real(36.63));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), orders[3].lines);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* The columns as older releases print them: before discount; 447 with tax of the full price in the gross. */
static const struct {
    const char *name, *reading;
    double rows[2][2]; /* row_total, row_total_incl_tax */
} older[] = {
    {"447-order-a6-coupon-order-get", "row-parts-less-discount", {{109.89, 131.87}, {39.96, 47.95}}},
    {"485-order-b2-incl-tax-coupon-order-get", "row-parts-less-discount", {{133.20, 159.84}, {63.13, 66.60}}},
    {"447-order-a6-coupon-order-get", "row-parts", {{98.90, 131.87}, {35.96, 47.95}}},
    {"485-order-b2-incl-tax-coupon-order-get", "row-incl-less-discount", {{0.01, 159.84}, {0.01, 66.60}}},
};

START_TEST(header_decides_how_rows_are_meant)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded(older[_i].name), *items = json_object_get(order, "items");
    for (size_t i = 0; i < 2; i++) {
        json_object_set_new(json_array_get(items, i), "row_total", json_real(older[_i].rows[i][0]));
        json_object_set_new(json_array_get(items, i), "row_total_incl_tax", json_real(older[_i].rows[i][1]));
    }
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "reading"), older[_i].reading);
    ck_assert_str_eq(lines_text(&x), orders[_i % 2 ? 6 : 3].lines);
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(without_row_totals_prices_speak)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded("485-order-b2-incl-tax-coupon-order-get"),
           *items = json_object_get(order, "items");
    for (size_t i = 0; i < 2; i++) {
        json_object_del(json_array_get(items, i), "row_total");
        json_object_del(json_array_get(items, i), "row_total_incl_tax");
    }
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "reading"), "unit-parts");
    ck_assert_str_eq(lines_text(&x), orders[6].lines);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Rounded prices times pieces: 3 x 33.33 is a cent short of 100.00. It goes to the largest row and is named.
 */
START_TEST(residual_goes_to_the_largest_row)
{
    static const item rows[] = {
        {"A", 3, 27.78, 33.33, 83.33, 100.00, 0, 0, 16.67, 20},
        {"B", 1, 1.00, 1.05, 1.00, 1.05, 0, 0, 0.05, 5},
    };
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(rows, 2, (total){.paid = 101.05, .tax = 16.72});
    for (size_t i = 0; i < 2; i++) {
        json_t *one = json_array_get(json_object_get(order, "items"), i);
        json_object_del(one, "row_total");
        json_object_del(one, "row_total_incl_tax");
        json_object_del(one, "price");
    }
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "A 100.00 16.67; B 1.05 0.05");
    ck_assert_str_eq(text_in(x.tax, "verdict"), "residual");
    ck_assert_str_eq(residual_in(&x, "gross"), "0.01");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* ---- the shop's tickets ---- */

/* Four equal rows of 4 x 2.27 at 21 %: rounding by total makes one row a cent less, 43.95 in all. */
static json_t *order_12643(void)
{
    item rows[4];
    static const double taxes[] = {1.91, 1.90, 1.91, 1.91};
    for (int i = 0; i < 4; i++)
        rows[i] = (item){"P", 4, 2.27, 2.75, 9.08, 9.08 + taxes[i], 0, 0, taxes[i], 21};
    return order_of(rows, 4, (total){.paid = 43.95, .tax = 7.63});
}

START_TEST(r12643_equal_rows_differ_by_a_cent)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_12643());
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "P 10.99 1.91; P 10.98 1.90; P 10.99 1.91; P 10.99 1.91");
    ck_assert_str_eq(setup_in(&x, "calculation"), "total");
    ck_assert_str_eq(text_in(x.tax, "total"), "43.95");
    ck_assert_str_eq(residual_in(&x, "vat"), "-0.01"); /* of 10.98 a till makes 1.91 */
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "calculation=row", NULL);
    x = apply(t, order_12643());
    must_stop(&x, "tax.pin", "store 1 calculation");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Three at 250.00 with 19 % inside: 39.92, 39.91, 39.92. */
START_TEST(r24668_tax_of_equal_rows)
{
    static const item rows[] = {{"N1", 1, 210.08, 250, 210.08, 250, 0, 0, 39.92, 19},
                                {"N2", 1, 210.09, 250, 210.09, 250, 0, 0, 39.91, 19},
                                {"N3", 1, 210.08, 250, 210.08, 250, 0, 0, 39.92, 19}};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(rows, 3, (total){.paid = 750, .tax = 119.75}));
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "N1 250.00 39.92; N2 250.00 39.91; N3 250.00 39.92");
    ck_assert_str_eq(setup_in(&x, "calculation"), "total");
    ck_assert_str_eq(residual_in(&x, "vat"), "-0.01"); /* a till makes 39.92 of each */
    done(&x);
    tb_test_free(t);
}
END_TEST

/* 38.48 with 5 % and 7 % of one priority: tax 4.62, which the shop cuts up into 1.93 and 2.70. With two
 * priorities each is rounded alone: 1.92 and 2.69. */
START_TEST(r35025_two_taxes)
{
    item row = {"CA", 1, 38.48, 43.10, 38.48, 43.10, 0, 0, 4.62, 12};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(&row, 1, (total){.paid = 43.10, .tax = 4.62});
    list_taxes(order, "product", 1, 5, 7);
    json_object_set_new(json_object_get(order, "extension_attributes"), "applied_taxes",
                        json_pack("[{s:f}, {s:f}]", "amount", 1.93, "amount", 2.70));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "CA 43.10 4.62");
    ck_assert_str_eq(residual_in(&x, "breakdown"), "-0.01");
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    done(&x);
    row.price_incl = row.row_incl = 43.09;
    row.tax = 4.61;
    order = order_of(&row, 1, (total){.paid = 43.09, .tax = 4.61});
    list_taxes(order, "product", 1, 5, 7);
    x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(residual_in(&x, "vat"), "-0.01");
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    done(&x);
    tb_test_free(t);
}
END_TEST

/* 3 x 733.61 and 2 x 569.67 at 22 % less 10 %: what is rounded off the first discount goes to the second, so
 * the order of the rows moves a cent, and by row the total as well. */
START_TEST(r38455_order_of_rows_matters)
{
    static const item hat_first[] = {{"HAT", 3, 733.61, 895.00, 2200.83, 2685.01, 220.08, 0, 435.77, 22},
                                     {"JACKET", 2, 569.67, 695.00, 1139.34, 1389.99, 113.94, 0, 225.59, 22}};
    static const item jacket_first[] = {
        {"JACKET", 2, 569.67, 695.00, 1139.34, 1389.99, 113.93, 0, 225.59, 22},
        {"HAT", 3, 733.61, 895.00, 2200.83, 2685.01, 220.09, 0, 435.76, 22}};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(hat_first, 2, (total){.paid = 3667.51, .tax = 661.36}));
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "HAT 2416.52 435.77; JACKET 1250.99 225.59");
    ck_assert_str_eq(setup_in(&x, "calculation"), "row");
    done(&x);
    x = apply(t, order_of(jacket_first, 2, (total){.paid = 3667.50, .tax = 661.35}));
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "JACKET 1251.00 225.59; HAT 2416.50 435.76");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* 200 pieces by unit: 0.21 of tax each, where the row has 42.39. Gross stays, the difference is named. */
START_TEST(r33352_unit_rounding_of_many_pieces)
{
    static const item row = {"CUP", 200, 1.15, 1.37, 230.00, 274.00, 6.90, 0, 42.00, 19};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(&row, 1, (total){.paid = 265.10, .tax = 42.00}));
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "CUP 265.10 42.00");
    ck_assert_str_eq(setup_in(&x, "calculation"), "unit");
    ck_assert_str_eq(residual_in(&x, "vat"), "-0.33");
    ck_assert_str_eq(text_in(json_array_get(x.lines, 0), "till_tax"), "42.33");
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "calculation=total", NULL);
    x = apply(t, order_of(&row, 1, (total){.paid = 265.10, .tax = 42.00}));
    must_stop(&x, "tax.pin", "store 1 calculation");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* 157.86 at 7.1234 % is 11.24499924: the shop adds a millionth before it rounds, so it prints 11.25; 11.24 is
 * what prices that include tax would give. */
START_TEST(a_millionth_tips_a_half)
{
    item row = {"A", 1, 157.86, 169.11, 157.86, 169.11, 0, 0, 11.25, 7.1234};
    tb_test *t = tb_test_new(&tillbridge_plugin, "catalog-prices=excluding", "calculation=row", NULL);
    result x = apply(t, order_of(&row, 1, (total){.paid = 169.11, .tax = 11.25}));
    must_pass(&x);
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    done(&x);
    row.tax = 11.24;
    row.price_incl = row.row_incl = 169.10;
    x = apply(t, order_of(&row, 1, (total){.paid = 169.10, .tax = 11.24}));
    must_stop(&x, "tax.pin", "store 1 catalog-prices");
    done(&x);
    tb_test_free(t);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {&line_of_485_tells_all,
                                                &net_discount_gets_its_tax,
                                                &canceled_order_stops_nobody,
                                                &r39984_row_total_of_one_piece,
                                                &without_row_totals_prices_speak,
                                                &residual_goes_to_the_largest_row,
                                                &r12643_equal_rows_differ_by_a_cent,
                                                &r24668_tax_of_equal_rows,
                                                &r35025_two_taxes,
                                                &r38455_order_of_rows_matters,
                                                &r33352_unit_rounding_of_many_pieces,
                                                &a_millionth_tips_a_half};
    Suite *s = suite_create("tax-normalizer");
    TCase *c = tcase_create("golden");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, recorded_orders_add_up, 0, (int)(sizeof orders / sizeof *orders));
    tcase_add_loop_test(c, header_decides_how_rows_are_meant, 0, (int)(sizeof older / sizeof *older));
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(c, *tests[i]);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
