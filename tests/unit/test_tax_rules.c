/* SPDX-License-Identifier: Apache-2.0 */
/* tax-normalizer: currencies, payments, lines of their own, rates, what must be
 * refused, settings and page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tax_cases.h"

/* ---- currency, payments, fixed product tax, bundles ---- */

START_TEST(currency_is_the_tills_or_pinned)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, recorded("409-order-a1-excl-tax-two-simples-order-get"));
    must_pass(&x);
    done(&x);
    json_t *order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_object_set_new(order, "order_currency_code", json_string("SEK"));
    x = apply(t, json_incref(order));
    must_stop(&x, "tax.currency", "SEK");
    done(&x);
    approve(t, "1/currency");
    x = apply(t, json_incref(order));
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "currency"), "SEK");
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "currency=EUR", NULL);
    x = apply(t, json_incref(order));
    must_stop(&x, "tax.currency", "SEK");
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "currency=EUR", "amounts=base", NULL);
    json_object_set_new(order, "grand_total", json_real(719.5));
    x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "SKU-001 24.00 4.00; SKU-002 22.74 3.79; shipping 18.00 3.00");
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(gift_cards_and_credit_are_payments)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_t *more = json_object_get(order, "extension_attributes");
    json_object_set_new(more, "gift_cards_amount", json_real(10));
    json_object_set_new(more, "customer_balance_amount", json_string("4.7400"));
    json_object_set_new(more, "reward_currency_amount", json_integer(5));
    json_object_set_new(order, "grand_total", json_integer(45));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "total"), "64.74");
    ck_assert_str_eq(text_in(x.tax, "grand_total"), "45.00");
    json_t *wanted = json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "kind", "gift-card", "amount", "10.00",
                               "kind", "store-credit", "amount", "4.74", "kind", "reward", "amount", "5.00");
    ck_assert(json_equal(json_object_get(x.body, "payments"), wanted));
    json_decref(wanted);
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(fixed_product_tax_is_a_line)
{
    static const item row = {"TV", 2, 100, 125, 200, 250, 0, 0, 50, 25};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(&row, 1, (total){.paid = 262.50, .tax = 52.50});
    json_t *one = first_item(order);
    json_object_set_new(one, "row_total_incl_tax", json_real(260)); /* the filter adds it without its tax */
    json_object_set_new(one, "weee_tax_applied_row_amount", json_real(10));
    json_object_set_new(one, "weee_tax_applied",
                        json_string("[{\"row_amount\": 10, \"row_amount_incl_tax\": 12.5}]"));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "TV 250.00 50.00; TV 12.50 2.50");
    ck_assert_str_eq(text_in(json_array_get(x.lines, 1), "kind"), "fixed-tax");
    ck_assert_str_eq(text_in(json_array_get(x.lines, 1), "rate"), "25");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Two cents at 20 % are taxed with nothing, and yet their 0.004 go on to the next row: 10.002 of tax is
 * printed as 10.01. */
START_TEST(tax_of_a_fixed_tax_that_is_nothing_goes_on)
{
    static const item rows[] = {{"CABLE", 1, 10, 12, 10, 12, 0, 0, 2, 20},
                                {"TV", 1, 50.01, 60.02, 50.01, 60.02, 0, 0, 10.01, 20}};
    tb_test *t = tb_test_new(&tillbridge_plugin, "calculation=total", "catalog-prices=excluding", NULL);
    json_t *order = order_of(rows, 2, (total){.paid = 72.04, .tax = 12.01});
    json_t *one = first_item(order);
    json_object_set_new(one, "row_total_incl_tax", json_real(12.02));
    json_object_set_new(one, "weee_tax_applied_row_amount", json_real(0.02));
    json_object_set_new(one, "weee_tax_applied",
                        json_string("[{\"row_amount\": 0.02, \"row_amount_incl_tax\": 0.02}]"));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "CABLE 12.00 2.00; CABLE 0.02 0.00; TV 60.02 10.01");
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Discounts of 0.89 and a fixed tax of 0.89: with the row totals before discount, or after it and with the
 * fixed tax in them, the sum is the same, and only the prices tell which is meant. */
START_TEST(prices_decide_where_two_readings_add_up)
{
    static const item rows[] = {{"A", 1, 27.82, 33.10, 27.82, 33.10, 0.83, 0.13, 5.15, 19},
                                {"B", 1, 1.78, 2.17, 1.78, 2.17, 0.06, 0.01, 0.38, 22}};
    static const double filtered[] = {32.27, 3.00};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(rows, 2, (total){.paid = 35.47, .tax = 5.73});
    json_t *items = json_object_get(order, "items"), *other = json_array_get(items, 1);
    json_object_set_new(other, "weee_tax_applied_row_amount", json_real(0.89));
    json_object_set_new(other, "weee_tax_applied",
                        json_string("[{\"row_amount\": 0.89, \"row_amount_incl_tax\": 1.09}]"));
    for (size_t n = 0; n < 2 && _i; n++)
        json_object_set_new(json_array_get(items, n), "row_total_incl_tax", json_real(filtered[n]));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "A 32.27 5.15; B 2.11 0.38; B 1.09 0.20");
    ck_assert(json_is_true(json_object_get(x.tax, "explained")));
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(bundle_of_fixed_price_carries_itself)
{
    static const item rows[] = {{"SET", 1, 100, 125, 100, 125, 0, 0, 25, 25},
                                {"PART", 2, 100, 0, 0, 0, 0, 0, 0, 0}}; /* a copied price is no money */
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(rows, 2, (total){.paid = 125, .tax = 25});
    json_object_set_new(first_item(order), "product_type", json_string("bundle"));
    json_object_set_new(json_array_get(json_object_get(order, "items"), 1), "parent_item_id",
                        json_integer(1));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "SET 125.00 25.00");
    ck_assert_str_eq(text_in(x.tax, "bundles"), "parent");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* A child with a copied row total: only the header tells that the parent has the money. */
START_TEST(header_decides_who_carries_a_bundle)
{
    static const item rows[] = {{"SET", 1, 100, 125, 100, 125, 0, 0, 25, 25},
                                {"PART", 1, 30, 37.5, 30, 37.5, 0, 0, 7.5, 25}};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(rows, 2, (total){.paid = 125, .tax = 25});
    json_object_set_new(first_item(order), "product_type", json_string("bundle"));
    json_object_set_new(json_array_get(json_object_get(order, "items"), 1), "parent_item_id",
                        json_integer(1));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "SET 125.00 25.00");
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(zero_rated_and_mixed_rates)
{
    static const item rows[] = {{"BOOK", 1, 10, 10, 10, 10, 0, 0, 0, 0},
                                {"PEN", 1, 2, 2.5, 2, 2.5, 0, 0, 0.5, 25}};
    tb_test *t = tb_test_new(&tillbridge_plugin, "rates=rates", NULL);
    tb_test_table(t, "rates", "rate,name\n25,standard\n0.00,none\n");
    result x = apply(t, order_of(rows, 2, (total){.paid = 12.50, .tax = 0.50}));
    must_pass(&x);
    ck_assert_uint_eq(json_array_size(json_object_get(x.tax, "rates")), 2);
    ck_assert_str_eq(text_in(x.tax, "verdict"), "equal");
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(gift_wrapping_is_a_line)
{
    static const item row = {"PEN", 1, 2, 2.5, 2, 2.5, 0, 0, 0.5, 25};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = order_of(&row, 1, (total){.paid = 7.50, .tax = 1.50});
    json_object_set_new(order, "extension_attributes",
                        json_pack("{s:s, s:s}", "gw_price", "4.0000", "gw_tax_amount", "1.0000"));
    result x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "PEN 2.50 0.50; wrapping 5.00 1.00");
    ck_assert_str_eq(text_in(json_array_get(x.lines, 1), "rate"), "25");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* ---- rates ---- */

START_TEST(unknown_rate_waits_for_the_table)
{
    const char *kind, *name;
    tb_test *t = tb_test_new(&tillbridge_plugin, "rates=rates", NULL);
    tb_test_table(t, "rates", "rate\n20\n");
    result x = apply(t, recorded("433-order-a4-bundle-order-get"));
    must_stop(&x, "tax.rate", "5.5");
    ck_assert(tb_test_depends(x.record, 0, &kind, &name));
    ck_assert_str_eq(kind, "table");
    done(&x);
    tb_test_table(t, "rates", "rate\n20\n5.5\n");
    x = apply(t, recorded("433-order-a4-bundle-order-get"));
    must_pass(&x);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Shipping that does not say its rate: found among the order's, else the setting. */
START_TEST(shipping_rate_is_found_or_set)
{
    static const item row = {"BOOK", 1, 10, 10.6, 10, 10.6, 0, 0, 0.6, 6};
    static const total with = {
        .paid = 35.60, .tax = 5.60, .shipping = 20, .shipping_incl = 25, .shipping_tax = 5};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(&row, 1, with));
    must_stop(&x, "tax.rate", "shipping");
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "shipping-rate=25", NULL);
    x = apply(t, order_of(&row, 1, with));
    must_pass(&x);
    ck_assert_str_eq(lines_text(&x), "BOOK 10.60 0.60; shipping 25.00 5.00");
    done(&x);
    x = apply(
        t,
        order_of(
            &row, 1,
            (total){
                .paid = 31.80, .tax = 1.80, .shipping = 20, .shipping_incl = 21.20, .shipping_tax = 1.20}));
    must_stop(&x, "tax.mismatch", NULL); /* the setting says 25 */
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(sales_tax_is_taken_as_given)
{
    static const item row = {"CUP", 200, 1.15, 1.37, 230.00, 274.00, 6.90, 0, 42.00, 19};
    tb_test *t = tb_test_new(&tillbridge_plugin, "till=sales-tax", NULL);
    result x = apply(t, order_of(&row, 1, (total){.paid = 265.10, .tax = 42.00}));
    must_pass(&x);
    ck_assert_str_eq(text_in(x.tax, "verdict"), "equal");
    done(&x);
    tb_test_free(t);
}
END_TEST

/* ---- what must be refused ---- */

START_TEST(sum_that_is_off_is_refused_with_figures)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_object_set_new(order, "grand_total", json_real(64.78));
    result x = apply(t, order);
    must_stop(&x, "tax.mismatch", "o1");
    const char *text = tb_test_text(x.record);
    ck_assert_ptr_nonnull(strstr(text, "shop 64.78, till 64.74, allowed 0.03"));
    ck_assert_ptr_nonnull(
        strstr(text, "product 2 SKU-002: shop net 18.95 tax 3.79 gross 22.74, rate 20, till tax 3.79"));
    ck_assert_str_eq(text_in(x.tax, "verdict"), "mismatch");
    ck_assert_uint_eq(json_array_size(x.lines), 3);
    done(&x);
    order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_object_set_new(order, "grand_total", json_real(64.77)); /* a cent a line is rounding */
    x = apply(t, order);
    must_pass(&x);
    ck_assert_str_eq(residual_in(&x, "gross"), "0.03");
    done(&x);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "allowed=0", NULL);
    order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_object_set_new(order, "grand_total", json_real(64.75));
    x = apply(t, order);
    must_stop(&x, "tax.mismatch", NULL);
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Two cents on one piece are more than rounding can do. */
START_TEST(tax_that_is_two_cents_off_is_refused)
{
    static const item row = {"A", 1, 100, 125.03, 100, 125.03, 0, 0, 25.03, 25};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(&row, 1, (total){.paid = 125.03, .tax = 25.03}));
    must_stop(&x, "tax.mismatch", NULL);
    ck_assert_ptr_nonnull(strstr(tb_test_text(x.record), "shop 25.03, till 25.01, allowed 0.015"));
    done(&x);
    tb_test_free(t);
}
END_TEST

/* Sums agree, but the tax is not that of the rate. */
START_TEST(tax_of_another_rate_is_refused)
{
    static const item rows[] = {{"A", 1, 100, 120, 100, 120, 0, 0, 20, 25},
                                {"B", 1, 10, 12.5, 10, 12.5, 0, 0, 2.5, 25}};
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, order_of(rows, 2, (total){.paid = 132.50, .tax = 22.50}));
    must_stop(&x, "tax.mismatch", NULL);
    ck_assert_ptr_nonnull(strstr(tb_test_text(x.record), "shop 20.00, till 24.00"));
    done(&x);
    x = apply(t, order_of(rows + 1, 1, (total){.paid = 12.50, .tax = 2.60})); /* header's tax is another */
    must_stop(&x, "tax.mismatch", NULL);
    done(&x);
    tb_test_free(t);
}
END_TEST

typedef struct broken {
    const char *field, *value; /* in the first item, or "/" in the order; value NULL: removed */
    const char *named;
} broken;

static const broken breaks[] = {
    {"price", "\"ten\"", "price"},
    {"tax_amount", "1e300", "tax_amount"},
    {"row_total_incl_tax", "[]", "row_total_incl_tax"},
    {"qty_ordered", "0", "qty_ordered"},
    {"qty_ordered", "-1", "qty_ordered"},
    {"qty_ordered", "0.12345", "qty_ordered"},
    {"qty_ordered", NULL, "qty_ordered"},
    {"tax_percent", "-5", "tax_percent"},
    {"weee_tax_applied", "\"[{\\\"row_amount\\\": \\\"x\\\"}]\"", "weee_tax_applied"},
    {"/grand_total", NULL, "grand_total"},
    {"/grand_total", "1e15", "grand_total"},
    {"/items", "[]", "items"},
    {"/items", NULL, "items"},
    {"/order_currency_code", "\"euro\"", "order_currency_code"},
    {"/order_currency_code", NULL, "order_currency_code"},
    {"/shipping_amount", "true", "shipping_amount"},
    {"/item_applied_taxes", "[{\"type\": \"shipping\", \"applied_taxes\": [{\"percent\": \"x\"}]}]",
     "item_applied_taxes"},
};

START_TEST(unreadable_figure_is_named)
{
    const broken *b = &breaks[_i];
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *order = recorded("409-order-a1-excl-tax-two-simples-order-get");
    json_t *at = *b->field == '/' ? order : first_item(order);
    const char *field = b->field + (*b->field == '/');
    if (b->value)
        json_object_set_new(at, field, json_loads(b->value, JSON_DECODE_ANY, NULL));
    else
        json_object_del(at, field);
    result x = apply(t, order);
    must_stop(&x, "tax.unreadable", NULL);
    ck_assert_msg(strstr(tb_test_text(x.record), b->named) != NULL, "%s", tb_test_text(x.record));
    done(&x);
    tb_test_free(t);
}
END_TEST

START_TEST(without_the_shops_order_nothing_passes)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    result x = apply(t, NULL);
    must_stop(&x, "tax.unreadable", NULL);
    done(&x);
    x = apply(t, json_null());
    must_stop(&x, "tax.unreadable", NULL);
    done(&x);
    tb_record *other = tb_record_new("stock.level", "A@b", json_object());
    ck_assert_int_eq(tb_test_apply(t, &other), TB_OK);
    tb_record_unref(other);
    tb_test_free(t);
}
END_TEST

/* Orders with one field broken at random: any verdict is right, as long as it is one. */
static uint64_t dice_state = 20261123;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice_state >> 33) % sides;
}

static json_t *odd_value(void)
{
    static const char *const odd[] = {"null", "-1",  "0",    "1e14",    "-99999999999",    "\"x\"",
                                      "{}",   "[]",  "true", "0.00005", "123456789012345", "\"12.3456\"",
                                      "[[]]", "0.1", "1e-9"};
    return json_loads(odd[dice(sizeof odd / sizeof *odd)], JSON_DECODE_ANY, NULL);
}

static void spoil(json_t *at, int depth)
{
    size_t n = json_is_object(at) ? json_object_size(at) : json_array_size(at),
           pick = n ? dice((unsigned)n) : 0;
    if (!n)
        return;
    if (json_is_array(at)) {
        spoil(json_array_get(at, pick), depth);
        return;
    }
    void *i = json_object_iter(at);
    while (pick--)
        i = json_object_iter_next(at, i);
    json_t *value = json_object_iter_value(i);
    if (depth && (json_is_object(value) || json_is_array(value)) && dice(8))
        spoil(value, depth - 1);
    else
        json_object_iter_set_new(at, i, odd_value());
}

START_TEST(broken_orders_get_a_verdict)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    json_t *whole[3] = {recorded("433-order-a4-bundle-order-get"),
                        recorded("467-order-a3-configurable-again-order-get"),
                        recorded("485-order-b2-incl-tax-coupon-order-get")};
    long refused = 0;
    for (int n = 0; n < 3000; n++) {
        json_t *order = json_deep_copy(whole[n % 3]);
        for (unsigned times = 1 + dice(4); times; times--)
            spoil(order, 6);
        result x = apply(t, order);
        ck_assert(x.verdict == TB_OK || x.verdict == TB_REJECT);
        refused += x.verdict == TB_REJECT;
        done(&x);
    }
    ck_assert_int_gt(refused, 100);
    for (int i = 0; i < 3; i++)
        json_decref(whole[i]);
    tb_test_free(t);
}
END_TEST

/* ---- settings ---- */

START_TEST(settings_are_checked)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "currency=kr", "allowed=a cent", "shipping-rate=much",
                             "rates=rates", NULL);
    tb_test_table(t, "rates", "percent\n20\n");
    ck_assert_int_eq(tb_test_check(t), 4);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, NULL);
    ck_assert_int_eq(tb_test_check(t), 0);
    tb_test_free(t);
}
END_TEST

START_TEST(page_names_every_setting_and_reason)
{
    static char page[40000];
    FILE *f = fopen(TAX_PAGE_FILE, "r");
    ck_assert_ptr_nonnull(f);
    page[fread(page, 1, sizeof page - 1, f)] = '\0';
    fclose(f);
    for (const tb_param *p = tillbridge_plugin.params; p->name; p++) {
        char name[80];
        snprintf(name, sizeof name, ".BR %s \"", p->name);
        ck_assert_msg(strstr(page, name) != NULL, "%s is not in the page", p->name);
    }
    for (const tb_reason *r = tillbridge_plugin.reasons; r->code; r++) {
        char name[80];
        snprintf(name, sizeof name, ".B %s\n", r->code);
        ck_assert_msg(strstr(page, name) != NULL, "%s is not in the page", r->code);
    }
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {&currency_is_the_tills_or_pinned,
                                                &gift_cards_and_credit_are_payments,
                                                &fixed_product_tax_is_a_line,
                                                &tax_of_a_fixed_tax_that_is_nothing_goes_on,
                                                &bundle_of_fixed_price_carries_itself,
                                                &header_decides_who_carries_a_bundle,
                                                &zero_rated_and_mixed_rates,
                                                &gift_wrapping_is_a_line,
                                                &unknown_rate_waits_for_the_table,
                                                &shipping_rate_is_found_or_set,
                                                &sales_tax_is_taken_as_given,
                                                &sum_that_is_off_is_refused_with_figures,
                                                &tax_of_another_rate_is_refused,
                                                &tax_that_is_two_cents_off_is_refused,
                                                &without_the_shops_order_nothing_passes,
                                                &broken_orders_get_a_verdict,
                                                &settings_are_checked,
                                                &page_names_every_setting_and_reason};
    Suite *s = suite_create("tax-rules");
    TCase *c = tcase_create("tax-rules");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, unreadable_figure_is_named, 0, (int)(sizeof breaks / sizeof *breaks));
    tcase_add_loop_test(c, prices_decide_where_two_readings_add_up, 0, 2);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(c, *tests[i]);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
