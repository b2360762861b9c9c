/* SPDX-License-Identifier: Apache-2.0 */
/* The four transforms of the order flow one after the other, as built, on orders recorded on a 2.4.7 shop:
 * what would be sent to the till adds up to what the customer paid. */
#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"

enum { LINKS = 4 };

typedef struct chain {
    void *modules[LINKS];
    tb_test *links[LINKS];
} chain;

static const tb_plugin *load(const char *name, void **module)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.so", PLUGIN_FILES, name);
    *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(*module != NULL, "%s", dlerror());
    const tb_plugin *plugin = dlsym(*module, "tillbridge_plugin");
    ck_assert_ptr_nonnull(plugin);
    return plugin;
}

static void start(chain *c)
{
    static const char *const names[LINKS] = {"sku-map", "tax-normalizer", "order-router", "order-bridge"};
    const tb_plugin *p[LINKS];
    for (int i = 0; i < LINKS; i++)
        p[i] = load(names[i], &c->modules[i]);
    c->links[0] = tb_test_new(p[0], "skus=skus", "unmapped=same", "options=options", NULL);
    tb_test_table(c->links[0], "skus", "till_sku,shop_sku\n900-M,TEE-M\n");
    tb_test_table(c->links[0], "options", "product,option,value,till_sku\nSKU-003,1,,\nSKU-003,2,2,BOXED\n");
    c->links[1] = tb_test_new(p[1], NULL);
    c->links[2] = tb_test_new(p[2], "locations=locations", "rules=rules", NULL);
    tb_test_table(c->links[2], "rules", "rule,location\nprefer,STO\n");
    c->links[3] = tb_test_new(p[3], "payments=payments", "locations=locations", "send-when=placed", NULL);
    tb_test_table(c->links[3], "payments", "method,class\ncheckmo,pay-in-store\n");
    for (int i = 2; i < LINKS; i++)
        tb_test_table(c->links[i], "locations", "location,warehouse,source\nSTO,31,store-1\n");
}

static void end(chain *c)
{
    for (int i = 0; i < LINKS; i++) {
        ck_assert_msg(!tb_test_failure(c->links[i]), "%s", tb_test_failure(c->links[i]));
        tb_test_free(c->links[i]);
        dlclose(c->modules[i]);
    }
}

static json_t *recorded(const char *name)
{
    char path[500];
    json_error_t why;
    snprintf(path, sizeof path, "%s/orders/%s.json", FIXTURES, name);
    json_t *order = json_load_file(path, 0, &why);
    ck_assert_msg(order != NULL, "%s: %s", path, why.text);
    return order;
}

/* Whatever is ordered lies in STO. */
static void fill(tb_test *router, const json_t *order)
{
    size_t i;
    json_t *row;
    static const char *const more[] = {"900-M", "BOXED", "SKU-003"};
    char key[100];
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        snprintf(key, sizeof key, "31/%s", json_string_value(json_object_get(row, "sku")));
        tb_test_set_state(router, "stock/levels", key, "{\"t\":\"9.000\",\"v\":\"0.000\"}");
    }
    for (i = 0; i < sizeof more / sizeof *more; i++) {
        snprintf(key, sizeof key, "31/%s", more[i]);
        tb_test_set_state(router, "stock/levels", key, "{\"t\":\"9.000\",\"v\":\"0.000\"}");
    }
}

static tb_verdict pass(chain *c, tb_record **r)
{
    tb_verdict v = TB_OK;
    for (int i = 0; i < LINKS && v == TB_OK; i++)
        v = tb_test_apply(c->links[i], r);
    return v;
}

static tb_record *record_of(json_t *order)
{
    tb_record *r =
        tb_record_new("order", json_string_value(json_object_get(order, "increment_id")), json_object());
    tb_record_add_part(r, "web.order", order);
    tb_record_add_part(
        r, "web.documents",
        json_pack("{s:[], s:[], s:[], s:[]}", "shipments", "invoices", "creditmemos", "earlier"));
    tb_record_add_part(r, "till.order", json_pack("{s:[]}", "orders"));
    return r;
}

static int64_t money_in(const json_t *from, const char *name)
{
    tb_money m = {.amount = -1};
    tb_money_from_json(json_object_get(from, name), NULL, &m);
    return m.amount;
}

static int64_t sum_of(const json_t *list, const char *name)
{
    size_t i;
    json_t *one;
    int64_t sum = 0;
    json_array_foreach(list, i, one)
    {
        sum += money_in(one, name);
    }
    return sum;
}

static const struct sent_case {
    const char *order, *total, *rows; /* "sku quantity gross; ..." */
} sent[] = {
    {"409-order-a1-excl-tax-two-simples-order-get", "64.74", "SKU-001 2 24.00; SKU-002 1 22.74"},
    {"433-order-a4-bundle-order-get", "120.23", "SKU-008 1 31.97; SKU-010 2 70.26"},
    {"447-order-a6-coupon-order-get", "185.83", "SKU-011 3 118.68; SKU-012 1 43.15"},
    {"467-order-a3-configurable-again-order-get", "50.40", "900-M 2 38.40"},
    {"474-order-b1-incl-tax-two-simples-order-get", "209.81", NULL},
    {"485-order-b2-incl-tax-coupon-order-get", "223.80", NULL},
    {"553-order-cancelled-get", "52.99", "BOXED 1 46.99"},
};

static const char *rows_text(const json_t *step)
{
    static char out[600];
    size_t i;
    json_t *row;
    *out = '\0';
    json_array_foreach(json_object_get(step, "rows"), i, row)
    {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%s %lld %s", i ? "; " : "",
                 json_string_value(json_object_get(row, "sku")),
                 (long long)json_integer_value(json_object_get(row, "quantity")),
                 json_string_value(json_object_get(row, "gross")));
    }
    return out;
}

START_TEST(recorded_order_is_sent_to_the_cent)
{
    chain c;
    start(&c);
    json_t *order = recorded(sent[_i].order);
    json_object_set_new(order, "state", json_string("new"));
    size_t k;
    json_t *item;
    json_array_foreach(json_object_get(order, "items"), k, item)
    {
        json_object_set_new(item, "qty_canceled", json_integer(0));
    }
    fill(c.links[2], order);
    tb_record *r = record_of(order);
    tb_verdict v = pass(&c, &r);
    ck_assert_msg(v == TB_OK, "%s: %s", tb_test_reason(r), tb_test_text(r));
    ck_assert_str_eq(tb_record_operation(r), "order");
    const json_t *step = json_object_get(tb_record_body(r), "step");
    ck_assert_str_eq(json_string_value(json_object_get(step, "total")), sent[_i].total);
    ck_assert_int_eq(sum_of(json_object_get(step, "rows"), "gross") +
                         sum_of(json_object_get(step, "fees"), "gross"),
                     money_in(step, "total"));
    if (sent[_i].rows)
        ck_assert_str_eq(rows_text(step), sent[_i].rows);
    ck_assert_str_eq(json_string_value(json_object_get(step, "warehouse")), "31");
    const json_t *address = json_object_get(step, "address");
    ck_assert(*json_string_value(json_object_get(address, "street")));
    tb_record_unref(r);
    end(&c);
}
END_TEST

/* Nothing to hand over, cancelled before it was sent, or with a mapping missing: the same, cancelled. */
START_TEST(what_is_not_sent_says_why)
{
    static const struct {
        const char *order, *rule;
    } dropped[] = {{"437-order-a5-virtual-order-get", "nothing-to-hand-over"},
                   {"553-order-cancelled-get", "cancelled-before-sent"}};
    for (size_t i = 0; i < 2; i++) {
        chain c;
        start(&c);
        tb_test_table(c.links[0], "options", "product,option,value,till_sku\n");
        tb_record *r = record_of(recorded(dropped[i].order));
        tb_verdict v = pass(&c, &r);
        ck_assert_msg(v == TB_DROP, "%s: %s", tb_test_reason(r), tb_test_text(r));
        ck_assert_str_eq(tb_test_rule(r), dropped[i].rule);
        tb_record_unref(r);
        end(&c);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("order-chain");
    TCase *c = tcase_create("all");
    tcase_add_loop_test(c, recorded_order_is_sent_to_the_cent, 0, sizeof sent / sizeof *sent);
    tcase_add_test(c, what_is_not_sent_says_why);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
