/* SPDX-License-Identifier: Apache-2.0 */
/* order-bridge with orders of more than one thing: bundles, orders in two parts, an edited order, and the
 * money of pieces. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "plugins/order-bridge/shares.h"
#include "plugins/order-parts/order_parts.h"

extern const tb_plugin tillbridge_plugin;

enum { NOW = 1795392000 };

static tb_test *start(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "payments=payments", "locations=locations", "rows=", NULL);
    tb_test_table(t, "payments", "method,class\ncard,captured-at-order\n");
    tb_test_table(t, "locations", "location,warehouse,source\nSTO,31,store-1\nMMO,32,store-2\n");
    return t;
}

static json_t *parsed(const char *text)
{
    json_error_t why;
    json_t *value = json_loads(text, 0, &why);
    ck_assert_msg(value != NULL, "%s at %d of %s", why.text, why.position, text);
    return value;
}

static json_t *order_with(const char *items)
{
    char text[3000];
    snprintf(text, sizeof text,
             "{\"entity_id\":7,\"increment_id\":\"000000042\",\"state\":\"processing\",\"grand_total\":10,"
             "\"total_paid\":10,\"payment\":{\"method\":\"card\"},\"items\":[%s]}",
             items);
    return parsed(text);
}

static tb_record *record_with(const char *items, const char *body, const char *till)
{
    tb_record *r = tb_record_new("order", "42", parsed(body));
    tb_record_set_changed(r, NOW * INT64_C(1000) - 1000);
    tb_record_add_part(r, "web.order", order_with(items));
    tb_record_add_part(r, "web.documents", parsed("{\"shipments\":[],\"creditmemos\":[]}"));
    tb_record_add_part(r, "till.order", parsed(till));
    return r;
}

static const char *due(tb_test *t, tb_record **r)
{
    static char out[100];
    tb_verdict v = tb_test_apply(t, r);
    snprintf(out, sizeof out, "%s",
             v == TB_OK       ? tb_record_operation(*r)
             : v == TB_REJECT ? tb_test_reason(*r)
             : v == TB_NOOP   ? "noop"
                              : "?");
    ck_assert_ptr_null(tb_test_failure(t));
    return out;
}

static const char *field_text(const tb_record *r, const char *name)
{
    static char out[2000];
    char *text = json_dumps(json_object_get(json_object_get(tb_record_body(r), "step"), name),
                            JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    snprintf(out, sizeof out, "%s", text ? text : "");
    free(text);
    return out;
}

/* ---- bundles: item 4 of two bundles, with 1 A (item 5) and 2 B (item 6) in each ---- */

static const char bundle_items[] = "{\"item_id\":4,\"qty_ordered\":2},"
                                   "{\"item_id\":5,\"parent_item_id\":4,\"qty_ordered\":2},"
                                   "{\"item_id\":6,\"parent_item_id\":4,\"qty_ordered\":4}";
static const char together[] =
    "{\"sold\":[{\"item\":5,\"ship\":4,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":2},"
    "{\"item\":6,\"ship\":4,\"sku\":\"B\",\"web_sku\":\"B\",\"quantity\":4}]}";
static const char separately[] =
    "{\"sold\":[{\"item\":5,\"ship\":5,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":2},"
    "{\"item\":6,\"ship\":6,\"sku\":\"B\",\"web_sku\":\"B\",\"quantity\":4}]}";

static const struct bundle_case {
    const char *body;
    int state, a, b; /* of the till's order; handed out */
    int b_at;
    const char *due, *rows;
} bundles[] = {
    {together, 0, 1, 1, 31, "noop", ""}, /* no whole bundle is out */
    {together, 0, 1, 2, 31, "shipment", "[{\"item\":4,\"quantity\":1}]"},
    {together, 0, 2, 3, 31, "shipment", "[{\"item\":4,\"quantity\":1}]"},
    {together, 10, 2, 4, 31, "shipment", "[{\"item\":4,\"quantity\":2}]"},
    {together, 10, 2, 4, 32, "shipment.bundle-apart", ""}, /* no source has a whole one */
    {separately, 0, 1, 1, 31, "shipment", "[{\"item\":5,\"quantity\":1},{\"item\":6,\"quantity\":1}]"},
    {separately, 10, 2, 4, 32, "shipment", "[{\"item\":5,\"quantity\":2}]"}, /* one source a shipment */
};

START_TEST(bundle_ships_as_the_shop_counts_it)
{
    char till[1500];
    const struct bundle_case *c = &bundles[_i];
    snprintf(
        till, sizeof till,
        "{\"orders\":[{\"externalid\":\"P-42-1-1\",\"orderid\":1,\"orderstateid\":%d,\"warehouseid\":31,"
        "\"datereserved\":1797984000,\"orderdate\":1795391000,\"orderitems\":["
        "{\"orderitemid\":0,\"sku\":\"A\",\"quantity\":2,\"additionaldata\":{\"web-itemid\":\"5\"}},"
        "{\"orderitemid\":1,\"sku\":\"B\",\"quantity\":4,\"additionaldata\":{\"web-itemid\":\"6\"}}],"
        "\"deliveries\":[{\"warehouseid\":31,\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":%d}]},"
        "{\"warehouseid\":%d,\"orderdeliveryitems\":[{\"orderitemid\":1,\"quantity\":%d}]}]}]}",
        c->state, c->a, c->b_at, c->b);
    tb_test *t = start();
    for (int turn = 0; turn < 2; turn++) { /* what is gone is told to the stock pipeline first */
        tb_record *r = record_with(bundle_items, c->body, till);
        const char *said = due(t, &r);
        if (turn || strcmp(said, "?"))
            ck_assert_str_eq(said, c->due);
        ck_assert(!turn || !*c->rows || !strcmp(field_text(r, "rows"), c->rows));
        tb_record_unref(r);
    }
    tb_test_free(t);
}
END_TEST

/* ---- two parts, and the money of pieces: 3 A for 10.00, one at STO, two at MMO; shipping 5.00 ---- */

static const char split_body[] =
    "{\"sold\":[{\"item\":1,\"ship\":1,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":3}],"
    "\"tax\":{\"currency\":\"EUR\"},\"payments\":[{\"kind\":\"gift-card\",\"amount\":\"9.00\"}],"
    "\"lines\":[{\"kind\":\"product\",\"item\":1,\"gross\":\"10.00\",\"discount\":\"1.00\",\"rate\":\"25\"},"
    "{\"kind\":\"shipping\",\"gross\":\"5.00\",\"rate\":\"25\"}],"
    "\"parts\":[{\"part\":1,\"location\":\"STO\",\"warehouse\":\"31\",\"source\":\"store-1\",\"system\":"
    "\"till\","
    "\"rows\":[{\"item\":1,\"ship\":1,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":1}]},"
    "{\"part\":2,\"location\":\"MMO\",\"warehouse\":\"32\",\"source\":\"store-2\",\"system\":\"till\","
    "\"rows\":[{\"item\":1,\"ship\":1,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":2}]}]}";
static const char first_at_till[] =
    "{\"orders\":[{\"externalid\":\"P-42-1-1\",\"orderid\":1,\"orderstateid\":0,\"warehouseid\":31,"
    "\"datereserved\":1797984000,\"orderdate\":1795391000,\"orderitems\":["
    "{\"orderitemid\":0,\"sku\":\"A\",\"quantity\":1,\"additionaldata\":{\"web-itemid\":\"1\"}}]}]}";

START_TEST(parts_share_the_money_to_the_cent)
{
    static const struct {
        const char *till, *external, *gross, *discount, *total, *fees, *payments;
    } parts[] = {
        {"{\"orders\":[]}", "\"P-42-1-1\"", "3.33", "0.33", "\"8.33\"",
         "[{\"gross\":\"5.00\",\"kind\":\"shipping\",\"name\":\"shipping\",\"rate\":\"25\"}]",
         "[{\"amount\":\"8.33\",\"kind\":\"gift-card\"}]"},
        {first_at_till, "\"P-42-2-1\"", "6.67", "0.67", "\"6.67\"", "[]",
         "[{\"amount\":\"0.67\",\"kind\":\"gift-card\"},{\"amount\":\"6.00\",\"kind\":\"web\"}]"},
    };
    for (size_t i = 0; i < 2; i++) {
        tb_test *t = start();
        tb_record *r = record_with("{\"item_id\":1,\"qty_ordered\":3}", split_body, parts[i].till);
        ck_assert_str_eq(due(t, &r), "order");
        const json_t *row =
            json_array_get(json_object_get(json_object_get(tb_record_body(r), "step"), "rows"), 0);
        ck_assert_str_eq(json_string_value(json_object_get(row, "gross")), parts[i].gross);
        ck_assert_str_eq(json_string_value(json_object_get(row, "discount")), parts[i].discount);
        ck_assert_str_eq(field_text(r, "external"), parts[i].external);
        ck_assert_str_eq(field_text(r, "total"), parts[i].total);
        ck_assert_str_eq(field_text(r, "fees"), parts[i].fees);
        ck_assert_str_eq(field_text(r, "payments"), parts[i].payments);
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* A bundle of a fixed price: its money is given to the pieces in it. */
START_TEST(fixed_bundle_gives_its_money_to_its_pieces)
{
    tb_test *t = start();
    tb_record *r = record_with(
        bundle_items,
        "{\"sold\":[{\"item\":4,\"ship\":4,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":2},"
        "{\"item\":4,\"ship\":4,\"sku\":\"B\",\"web_sku\":\"B\",\"quantity\":2}],\"tax\":{\"currency\":"
        "\"EUR\"},"
        "\"lines\":[{\"kind\":\"product\",\"item\":4,\"gross\":\"10.01\",\"discount\":\"0.00\",\"rate\":"
        "\"25\"}],"
        "\"parts\":[{\"part\":1,\"warehouse\":\"31\",\"source\":\"store-1\",\"system\":\"till\",\"rows\":["
        "{\"item\":4,\"ship\":4,\"sku\":\"A\",\"web_sku\":\"A\",\"quantity\":2},"
        "{\"item\":4,\"ship\":4,\"sku\":\"B\",\"web_sku\":\"B\",\"quantity\":2}]}]}",
        "{\"orders\":[]}");
    ck_assert_str_eq(due(t, &r), "order");
    ck_assert_str_eq(
        field_text(r, "rows"),
        "[{\"discount\":\"0.00\",\"gross\":\"5.01\",\"item\":4,\"name\":\"\",\"options\":\"\","
        "\"quantity\":2,\"rate\":\"25\",\"sku\":\"A\"},{\"discount\":\"0.00\",\"gross\":\"5.00\","
        "\"item\":4,\"name\":\"\",\"options\":\"\",\"quantity\":2,\"rate\":\"25\",\"sku\":\"B\"}]");
    ck_assert_str_eq(field_text(r, "total"), "\"10.01\"");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* What is not wanted any more is cut from the last part that has not handed it out. */
START_TEST(refund_cuts_the_last_part_that_has_it_still)
{
    static const char both[] =
        "{\"orders\":[{\"externalid\":\"P-42-1-1\",\"orderid\":1,\"orderstateid\":%d,\"warehouseid\":31,"
        "\"datereserved\":1797984000,\"orderdate\":1795391000,\"orderitems\":[{\"orderitemid\":0,\"sku\":"
        "\"A\","
        "\"quantity\":1,\"additionaldata\":{\"web-itemid\":\"1\"}}],\"deliveries\":[%s]},"
        "{\"externalid\":\"P-42-2-1\",\"orderid\":2,\"orderstateid\":%d,\"warehouseid\":32,"
        "\"datereserved\":1797984000,\"orderdate\":1795391000,\"orderitems\":[{\"orderitemid\":0,\"sku\":"
        "\"A\","
        "\"quantity\":2,\"additionaldata\":{\"web-itemid\":\"1\"}}],\"deliveries\":[%s]}]}";
    static const struct {
        const char *items;
        int state1;
        const char *out1;
        int state2;
        const char *out2, *till;
    } cuts[] = {
        {"{\"item_id\":1,\"qty_ordered\":3,\"qty_refunded\":1}", 0, "", 0, "", "2"},
        {"{\"item_id\":1,\"qty_ordered\":3,\"qty_shipped\":1,\"qty_refunded\":2}", 10,
         "{\"warehouseid\":31,\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":1}]}", 0, "", "2"},
        {"{\"item_id\":1,\"qty_ordered\":3,\"qty_shipped\":2,\"qty_refunded\":3}", 0, "", 10,
         "{\"warehouseid\":32,\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":2}]}", "1"},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        char till[1500];
        tb_test *t = start();
        snprintf(till, sizeof till, both, cuts[i].state1, cuts[i].out1, cuts[i].state2, cuts[i].out2);
        tb_record *r = record_with(cuts[i].items, split_body, till);
        ck_assert_str_eq(due(t, &r), "order-cancel");
        ck_assert_str_eq(field_text(r, "till"), cuts[i].till);
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* The shop cancelled the old order and made a new one; the till has the old one still. */
START_TEST(edited_order_goes_first_the_old_then_the_new)
{
    static const char old[] =
        "{\"orders\":[{\"externalid\":\"P-42-1-1\",\"orderid\":1,\"orderstateid\":%d,\"warehouseid\":31,"
        "\"datereserved\":1797984000,\"orderdate\":1795391000,\"orderitems\":[{\"orderitemid\":0,\"sku\":"
        "\"A\","
        "\"quantity\":1,\"additionaldata\":{\"web-itemid\":\"99\"}}],\"deliveries\":[%s]}]}";
    static const struct {
        int state;
        const char *delivered, *due;
    } turns[] = {{0, "", "order-cancel"},
                 {20, "", "order"},
                 {10, "{\"warehouseid\":31,\"orderdeliveryitems\":[{\"orderitemid\":0,\"quantity\":1}]}",
                  "order.goods-out"}};
    for (size_t i = 0; i < 3; i++) {
        char till[1000];
        tb_test *t = start();
        snprintf(till, sizeof till, old, turns[i].state, turns[i].delivered);
        tb_record *r = record_with("{\"item_id\":1,\"qty_ordered\":3}", split_body, till);
        ck_assert_str_eq(due(t, &r), turns[i].due);
        if (i == 1)
            ck_assert_str_eq(field_text(r, "external"), "\"P-42-1-2\"");
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* Three ordered, one refunded, one shipped: whether it was the same one is told by what came first. */
START_TEST(memo_before_or_after_the_shipment)
{
    static const struct {
        const char *memo, *shipment; /* times */
        int apart;
        int64_t promised, kept; /* what the shop reserves still; what the customer gets, one being out */
    } cases[] = {{"2026-11-24 10:00:01", "2026-11-24 10:00:02", 1, 1, 2},
                 {"2026-11-24 10:00:02", "2026-11-24 10:00:01", 0, 2, 3},
                 {"2026-11-24 10:00:01", "2026-11-24 10:00:01", 1, 1, 2}, /* not known: the fewer */
                 {"", "2026-11-24 10:00:01", 0, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sold_counts n;
        json_auto_t *order = json_pack("{s:[{s:i, s:i, s:i, s:i}]}", "items", "item_id", 1, "qty_ordered", 3,
                                       "qty_shipped", 1, "qty_refunded", 1);
        json_auto_t *sold = json_pack("{s:i, s:i, s:i}", "item", 1, "ship", 1, "quantity", 3);
        json_auto_t *documents =
            json_pack("{s:[{s:s, s:[{s:i, s:i}]}], s:[{s:s, s:[{s:i, s:i}]}]}", "shipments", "created_at",
                      cases[i].shipment, "items", "order_item_id", 1, "qty", 1, "creditmemos", "created_at",
                      cases[i].memo, "items", "order_item_id", 1, "qty", 1);
        sold_counts_read(order, sold, &n);
        sold_apart_read(order, documents, sold, &n);
        share_line line = {n.ordered, n.canceled, n.shipped, n.refunded, n.apart};
        ck_assert_int_eq(n.apart, cases[i].apart * TB_QUANTITY_SCALE);
        ck_assert_int_eq(share_promised(&line), cases[i].promised * TB_QUANTITY_SCALE);
        ck_assert_int_eq(sold_kept(&n, TB_QUANTITY_SCALE), cases[i].kept * TB_QUANTITY_SCALE);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("order-parts");
    TCase *c = tcase_create("all");
    tcase_add_loop_test(c, bundle_ships_as_the_shop_counts_it, 0, sizeof bundles / sizeof *bundles);
    tcase_add_test(c, parts_share_the_money_to_the_cent);
    tcase_add_test(c, fixed_bundle_gives_its_money_to_its_pieces);
    tcase_add_test(c, refund_cuts_the_last_part_that_has_it_still);
    tcase_add_test(c, memo_before_or_after_the_shipment);
    tcase_add_test(c, edited_order_goes_first_the_old_then_the_new);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
