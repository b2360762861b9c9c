/* SPDX-License-Identifier: Apache-2.0 */
/* sku-map: replaces, keeps, drops and rejects; and the edit distance behind its suggestions. */
#include <check.h>
#include <string.h>

#include <tillbridge/test.h>

#include "plugins/nearest/nearest.h"

extern const tb_plugin tillbridge_plugin;

static tb_test *start(const char *unmapped)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "skus=skus", unmapped, NULL);
    tb_test_table(t, "skus", "till_sku,shop_sku\n4711,TEE-BLACK-M\n4712,TEE-BLACK-L\n9999,\n");
    return t;
}

static tb_record *line_of(const char *sku)
{
    return tb_record_new("order", "o1", sku ? json_pack("{s:s}", "sku", sku) : json_pack("{s:i}", "n", 1));
}

static const char *text_in(tb_record *r, const char *name)
{
    const char *text = json_string_value(json_object_get(tb_record_body(r), name));
    return text ? text : "";
}

START_TEST(replaces_and_keeps_the_original)
{
    tb_test *t = start("unmapped=reject");
    tb_record *r = line_of("4711");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(text_in(r, "sku"), "TEE-BLACK-M");
    ck_assert_str_eq(text_in(r, "sku_before"), "4711");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(leaves_a_shared_record_alone)
{
    tb_test *t = start("unmapped=reject");
    tb_record *r = line_of("4711"), *other = tb_record_ref(r);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(text_in(other, "sku"), "4711");
    ck_assert_str_eq(text_in(r, "sku"), "TEE-BLACK-M");
    tb_record_unref(other);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(unmapped_is_rejected_until_the_table_changes)
{
    const char *kind, *name;
    tb_test *t = start("unmapped=reject");
    tb_record *r = line_of("4721");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "mapping.sku");
    ck_assert_str_eq(tb_test_cause(r), "4721");
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "nearest: 4711, 4712"));
    ck_assert_ptr_nonnull(strstr(tb_test_text(r), "Line to add: 4721,4711"));
    ck_assert(tb_test_depends(r, 0, &kind, &name));
    ck_assert_str_eq(kind, "table");
    ck_assert_str_eq(name, "skus");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(unmapped_same_passes)
{
    tb_test *t = start("unmapped=same");
    tb_record *r = line_of("4721");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(text_in(r, "sku"), "4721");
    ck_assert_str_eq(text_in(r, "sku_before"), "");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(blank_partner_is_till_only)
{
    tb_test *t = start("unmapped=reject");
    tb_record *r = line_of("9999");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_DROP);
    ck_assert_str_eq(tb_test_rule(r), "till-only");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(record_without_sku_passes)
{
    tb_test *t = start("unmapped=reject");
    tb_record *r = line_of(NULL);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(check_finds_missing_column_and_double_sku)
{
    tb_test *t = start("unmapped=reject");
    ck_assert_int_eq(tb_test_check(t), 0);
    tb_test_table(t, "skus", "till_sku,shop_sku\n1,A\n1,B\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_table(t, "skus", "till_sku,shop\n1,A\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_test_free(t);
}
END_TEST

START_TEST(distance_counts_edits)
{
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {{"", "", 0},       {"abc", "ABC", 0},  {"abc", "abd", 1},        {"abc", "acb", 1},
                 {"abc", "ab", 1},  {"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"abc", "xyz", 3},
                 {"abcdef", "a", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(nearest_distance(cases[i].a, cases[i].b, 3), cases[i].distance);
}
END_TEST

START_TEST(nearest_keeps_the_three_best)
{
    char text[300], line[100];
    nearest n;
    nearest_start(&n, "TEE-BLACK-M");
    const char *const offers[] = {"TEE-BLACK-XXL", "TEE-BLACK-L",  "SHOE",      "TEE-BLACK-M2",
                                  "TEE-BLACK-XL",  "TEE-BLACK-M2", "TEE-BLACKM"};
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++)
        nearest_offer(&n, offers[i]);
    ck_assert_str_eq(nearest_print(&n, "none", text, sizeof text),
                     "nearest: TEE-BLACK-L, TEE-BLACK-M2, TEE-BLACKM");
    ck_assert_str_eq(nearest_csv("a,b", "say \"x\"", line, sizeof line), "\"a,b\",\"say \"\"x\"\"\"");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sku-map");
    TCase *c = tcase_create("all");
    tcase_add_test(c, replaces_and_keeps_the_original);
    tcase_add_test(c, leaves_a_shared_record_alone);
    tcase_add_test(c, unmapped_is_rejected_until_the_table_changes);
    tcase_add_test(c, unmapped_same_passes);
    tcase_add_test(c, blank_partner_is_till_only);
    tcase_add_test(c, record_without_sku_passes);
    tcase_add_test(c, check_finds_missing_column_and_double_sku);
    tcase_add_test(c, distance_counts_edits);
    tcase_add_test(c, nearest_keeps_the_three_best);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
