/* SPDX-License-Identifier: Apache-2.0 */
/* stock-rule: the worked table of situations as data, the goal at rest over random states made of single
 * pieces, buffers, retirement and the brake. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/test.h>

#include "core/sdk/host.h"
#include "plugins/stock-rule/rule.h"

extern const tb_plugin tillbridge_plugin;

enum { P = TB_QUANTITY_SCALE };

/* ---- the formula ---- */

/* Buffer 1. Where the till stands, what the shop reserves, and the row that must stand there at the end. */
static const struct {
    int row;
    const char *situation;
    int total, reserved, held, gone, quantity;
} worked[] = {
    {0, "rest", 5, 1, 0, 0, 3},
    {1, "placed, not at the till", 5, 1, 0, 0, 3},
    {2, "post to the till lost, not arrived", 5, 1, 0, 0, 3},
    {2, "post to the till lost, arrived", 5, 3, 0, 0, 1},
    {3, "at the till, reserved", 5, 3, 2, 0, 3},
    {4, "put on hold in the shop", 5, 3, 2, 0, 3},
    {5, "reservation lapsed, seen", 5, 1, 0, 0, 3},
    {5, "reservation lapsed, unseen", 5, 1, 2, 0, 4},
    {6, "one of two handed out", 4, 2, 1, 1, 3},
    {7, "that shipment is in the shop", 4, 2, 1, 0, 2},
    {8, "second handed out", 3, 1, 0, 1, 2},
    {9, "shipped", 3, 1, 0, 0, 1},
    {10, "cancelled in the shop", 5, 3, 0, 0, 1},
    {11, "rejected at the till", 5, 1, 0, 0, 3},
    {12, "re-routed to v, here", 5, 1, 0, 0, 3},
    {13, "memo of unshipped, listed", 5, 3, 0, 0, 1},
    {14, "memo of unshipped, not listed", 5, 3, 0, 0, 1},
    {15, "ready for pick-up", 5, 3, 0, 0, 1},
    {16, "collected", 3, 1, 0, 0, 1},
    {17, "never collected", 5, 1, 0, 0, 3},
    {18, "handed out by v, here", 5, 1, 0, 0, 3},
    {19, "offline till sold four", 1, 3, 2, 0, 2},
    {20, "miscount", -2, 0, 0, 0, 0},
    {21, "handed out and brought back", 5, 1, 0, 2, 5},
    {22, "nonsense: less than none reserved", 5, -3, 0, 0, 4},
};

START_TEST(formula_gives_worked_table)
{
    rule_counters c = {worked[_i].total * P, worked[_i].reserved * P, 1 * P, worked[_i].held * P,
                       worked[_i].gone * P};
    ck_assert_msg(rule_quantity(&c) == worked[_i].quantity * P, "row %d, %s: %lld", worked[_i].row,
                  worked[_i].situation, (long long)rule_quantity(&c));
}
END_TEST

START_TEST(line_share_follows_counters)
{
    static const struct {
        rule_line line;
        rule_share share;
    } cases[] = {
        {{.ordered = 2, .undelivered = 2}, {2, 2, 0}},
        {{.ordered = 2, .delivered = 1, .undelivered = 1}, {2, 1, 1}},
        {{.ordered = 2, .delivered = 1, .undelivered = 1, .shipped = 1}, {1, 1, 0}},
        {{.ordered = 2, .delivered = 2, .shipped = 2}, {0, 0, 0}},
        {{.ordered = 2, .canceled = 2, .undelivered = 2}, {0, 0, 0}},
        {{.ordered = 2, .refunded = 2, .undelivered = 2}, {0, 0, 0}},
        {{.ordered = 3, .shipped = 3, .refunded = 1, .delivered = 3}, {0, 0, 0}},
        {{.ordered = 2, .shipped = 2, .delivered = 0}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rule_share s = rule_line_share(&cases[i].line);
        ck_assert_int_eq(s.promised, cases[i].share.promised);
        ck_assert_int_eq(s.held, cases[i].share.held);
        ck_assert_int_eq(s.gone, cases[i].share.gone);
    }
}
END_TEST

/* A random state is made of single pieces, so that what is true of it can be counted without the formula. */
static uint64_t dice_state;

static int dice(int sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((dice_state >> 33) % (uint64_t)sides);
}

typedef struct pieces { /* of one order line, by where each piece is */
    int waiting, held, gone, shipped, canceled;
} pieces;

static pieces roll_line(void)
{
    return (pieces){dice(3), dice(3), dice(3), dice(3), dice(2)};
}

static rule_line counters_of(const pieces *p)
{
    return (rule_line){.ordered = p->waiting + p->held + p->gone + p->shipped + p->canceled,
                       .canceled = p->canceled,
                       .shipped = p->shipped,
                       .refunded = p->shipped ? dice(p->shipped + 1) : 0,
                       .delivered = p->gone + p->shipped,
                       .undelivered = p->held};
}

typedef struct tally {
    int64_t rows, reservations, free, waiting;
} tally;

static void roll_source(tally *sum)
{
    rule_counters c = {.buffer = dice(3)};
    for (int lines = dice(4); lines > 0; lines--) {
        pieces p = roll_line();
        rule_line line = counters_of(&p);
        rule_share s = rule_line_share(&line);
        c.held += s.held;
        c.gone += s.gone;
        c.reserved += p.held;
        sum->reservations += p.waiting + p.held + p.gone; /* what the shop still reserves, by its own rule */
        sum->waiting += p.waiting;
    }
    c.reserved += dice(3);  /* staff's own bookings */
    c.total = dice(16) - 2; /* miscounts too */
    int64_t free_pieces = c.total - c.reserved - c.buffer;
    sum->free += free_pieces > 0 ? free_pieces : 0;
    sum->rows += rule_quantity(&c);
}

START_TEST(goal_holds_over_random_states)
{
    dice_state = 20261123;
    for (int i = 0; i < 200000; i++) {
        tally t = {0, 0, 0, 0};
        int64_t least = dice(3); /* min_qty */
        for (int sources = 1 + dice(4); sources > 0; sources--)
            roll_source(&t);
        int64_t salable = t.rows - t.reservations - least, goal = t.free - t.waiting - least;
        ck_assert_msg((salable > 0 ? salable : 0) == (goal > 0 ? goal : 0),
                      "state %d: salable %lld, goal %lld", i, (long long)salable, (long long)goal);
    }
}
END_TEST

/* ---- the transform ---- */

static tb_record *level(const char *sku, const char *source, const char *why, const char *part)
{
    char key[100];
    snprintf(key, sizeof key, "%s@%s", sku, source);
    tb_record *r = tb_record_new("stock.level", key,
                                 json_pack("{s:s, s:s, s:s}", "sku", sku, "source", source, "why", why));
    tb_record_set_group(r, source);
    if (part)
        tb_record_add_part(r, "till.stock", json_loads(part, 0, NULL));
    return r;
}

static const char *quantity_in(tb_record *r)
{
    const char *q = json_string_value(json_object_get(tb_record_body(r), "quantity"));
    return q ? q : "";
}

static int status_in(tb_record *r)
{
    return (int)json_integer_value(json_object_get(tb_record_body(r), "status"));
}

START_TEST(writes_quantity_operation_and_claim)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=1", NULL);
    tb_record *r = level("A", "web", "transaction", "{\"total\": \"5.000\", \"reserved\": \"1.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(quantity_in(r), "3.000");
    ck_assert_int_eq(status_in(r), 1);
    ck_assert_str_eq(tb_record_operation(r), "stock");
    ck_assert_str_eq(tb_test_claim(r, 0), "stock/A@web");
    ck_assert_ptr_null(tb_test_failure(t));
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(sums_warehouses_of_one_source)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=1", NULL);
    tb_record *r = level("A", "web", "transaction",
                         "{\"total\": \"4.000\", \"reserved\": \"0.000\", \"rows\": ["
                         "{\"total\": \"5.000\", \"reserved\": \"0.000\"}, "
                         "{\"total\": \"-1.000\", \"reserved\": \"0.000\"}]}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(quantity_in(r), "4.000"); /* the negative one takes nothing from the other */
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(refuses_fraction_and_unread)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    tb_record *r = level("A", "web", "transaction", "{\"total\": \"2.500\", \"reserved\": \"0.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "stock.fraction");
    tb_record_unref(r);
    r = level("A", "web", "transaction", NULL);
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "stock.not-hydrated");
    tb_record_unref(r);
    tb_test_free(t);
    t = tb_test_new(&tillbridge_plugin, "decimals=true", NULL);
    r = level("A", "web", "transaction", "{\"total\": \"2.500\", \"reserved\": \"0.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(quantity_in(r), "2.500");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(most_specific_buffer_wins)
{
    static const struct {
        const char *sku, *source, *quantity;
    } cases[] = {
        {"A", "web", "6.000"}, {"A", "kiosk", "7.000"}, {"B", "web", "8.000"}, {"B", "kiosk", "9.000"}};
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=9", "buffers=buffers", NULL);
    tb_test_table(t, "buffers", "sku,source,buffer\n,,1\n,web,2\nA,,3\nA,web,4\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tb_record *r = level(cases[i].sku, cases[i].source, "transaction",
                             "{\"total\": \"10.000\", \"reserved\": \"0.000\"}");
        ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
        ck_assert_str_eq(quantity_in(r), cases[i].quantity);
        tb_record_unref(r);
    }
    tb_test_free(t);
}
END_TEST

START_TEST(bad_buffer_cell_waits_for_the_table)
{
    const char *kind, *name;
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffers=buffers", NULL);
    tb_test_table(t, "buffers", "sku,source,buffer\nA,,one\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_record *r = level("A", "web", "transaction", "{\"total\": \"5.000\", \"reserved\": \"0.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "stock.buffer");
    ck_assert(tb_test_depends(r, 0, &kind, &name));
    ck_assert_str_eq(kind, "table");
    ck_assert_str_eq(name, "buffers");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* A buffer below zero would sell what is not there; sums of what no till can hold do not wrap. */
START_TEST(nothing_is_made_of_nonsense)
{
    static const char *const levels[] = {
        "{\"total\": \"9223372036854775.807\", \"reserved\": \"-9223372036854775.808\"}",
        "{\"rows\": [{\"total\": 1, \"reserved\": 0}, {\"total\": \"9000000000000\", \"reserved\": 0}]}"};
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffers=buffers", NULL);
    tb_test_table(t, "buffers", "sku,source,buffer\nA,,-2\n,,0\n");
    ck_assert_int_eq(tb_test_check(t), 1);
    tb_record *r = level("A", "web", "transaction", "{\"total\": \"5.000\", \"reserved\": \"0.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "stock.buffer");
    tb_record_unref(r);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        r = level("B", "web", "transaction", levels[i]);
        ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
        ck_assert_str_eq(tb_test_reason(r), "stock.not-hydrated");
        tb_record_unref(r);
    }
    tb_test_free(t);
    ck_assert_ptr_null(tb_test_new(&tillbridge_plugin, "buffer=-1", NULL));
}
END_TEST

START_TEST(backorder_keeps_status_but_not_when_retired)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "backorders=back", NULL);
    tb_test_table(t, "back", "sku\nA\n");
    tb_record *r = level("A", "web", "transaction", "{\"total\": \"0.000\", \"reserved\": \"0.000\"}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_int_eq(status_in(r), 1);
    tb_record_unref(r);
    r = level("A", "web", "retired", "{\"retired\": true}");
    ck_assert_int_eq(tb_test_apply(t, &r), TB_OK);
    ck_assert_str_eq(quantity_in(r), "0.000");
    ck_assert_int_eq(status_in(r), 0);
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

/* ---- what orders hold ---- */

static tb_test *with_orders(const char *namespaces)
{
    char param[100];
    snprintf(param, sizeof param, "reserved=%s", namespaces);
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=1", param, NULL);
    tb_test_set_state(t, "orders/reserved", "A@web/41", "{\"o\":\"2\",\"d\":\"0\",\"mark\":500}");
    tb_test_set_state(t, "orders/reserved", "A@web/42", "{\"o\":\"1\",\"d\":\"1.000\",\"mark\":700}");
    tb_test_set_state(t, "orders/reserved", "A@web2/43", "{\"o\":\"9\",\"d\":\"9\",\"mark\":900}");
    tb_test_set_state(t, "orders/reserved", "A@web/B@web/44", "{\"o\":\"9\",\"d\":\"9\",\"mark\":900}");
    tb_test_set_state(t, "outlet/reserved", "A@web/7", "{\"o\":\"0\",\"d\":\"2\",\"mark\":0}");
    return t;
}

static tb_record *apply_to(tb_test *t, const char *part)
{
    tb_record *r = level("A", "web", "order", part);
    ck_assert_msg(tb_test_apply(t, &r) == TB_OK, "%s", tb_test_text(r));
    return r;
}

/* T - V - buffer + min(O, V) + D, of the entries of this row alone; the highest mark goes on. */
START_TEST(orders_hold_pieces_and_mark_the_row)
{
    static const struct {
        const char *namespaces, *part, *quantity;
        int mark;
    } orders[] = {
        {"orders/reserved", "{\"total\": 9, \"reserved\": 4}", "8.000", 700},  /* 4 + min(3, 4) + 1 */
        {"orders/reserved", "{\"total\": 9, \"reserved\": 2}", "9.000", 700},  /* 6 + min(3, 2) + 1 */
        {"orders/reserved", "{\"total\": -2, \"reserved\": 0}", "1.000", 700}, /* 0 + 0 + 1 */
        {"orders/reserved, outlet/reserved", "{\"total\": 9, \"reserved\": 4}", "10.000", 700},
        {"outlet/reserved", "{\"total\": 9, \"reserved\": 4}", "6.000", 0},
        {"orders/reserved", "{\"rows\": [{\"total\": 5, \"reserved\": 1}, {\"total\": 4, \"reserved\": 1}]}",
         "8.000", 700},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        tb_test *t = with_orders(orders[i].namespaces);
        tb_record *r = apply_to(t, orders[i].part);
        ck_assert_str_eq(quantity_in(r), orders[i].quantity);
        ck_assert_int_eq(json_integer_value(json_object_get(tb_record_body(r), "mark")), orders[i].mark);
        tb_record_unref(r);
        tb_test_free(t);
    }
    tb_test *t = tb_test_new(&tillbridge_plugin, "buffer=1", NULL);
    tb_test_set_state(t, "orders/reserved", "A@web/41", "{\"o\":\"2\",\"d\":\"2\",\"mark\":500}");
    tb_record *r = apply_to(t, "{\"total\": 9, \"reserved\": 4}"); /* not asked to look there */
    ck_assert_str_eq(quantity_in(r), "4.000");
    tb_record_unref(r);
    tb_test_free(t);
}
END_TEST

START_TEST(unreadable_entry_stops_the_row)
{
    static const char *const entries[] = {"{\"o\":\"-1\"}", "{\"d\":\"x\"}", "[]", "{\"o\":1e15}"};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        tb_test *t = with_orders("orders/reserved");
        tb_test_set_state(t, "orders/reserved", "A@web/45", entries[i]);
        tb_record *r = level("A", "web", "order", "{\"total\": 9, \"reserved\": 4}");
        ck_assert_int_eq(tb_test_apply(t, &r), TB_REJECT);
        ck_assert_str_eq(tb_test_reason(r), "stock.reserved");
        ck_assert_ptr_nonnull(strstr(tb_test_text(r), "orders/reserved A@web/45"));
        tb_record_unref(r);
        tb_test_free(t);
    }
}
END_TEST

/* ---- the brake ---- */

static void remember(tb_test *t, const char *source, int from, int to, const char *quantity)
{
    for (int i = from; i < to; i++) {
        char key[64], value[64];
        snprintf(key, sizeof key, "%s/S%03d", source, i);
        snprintf(value, sizeof value, "{\"q\":\"%s\",\"s\":1,\"when\":1}", quantity);
        tb_test_set_state(t, "rows", key, value);
    }
}

static tb_verdict fall(tb_test *t, int i, const char *source, const char *why, bool released,
                       const char **reason)
{
    static char kept[64];
    char sku[16];
    snprintf(sku, sizeof sku, "S%03d", i);
    tb_record *r = level(sku, source, why, "{\"total\": \"1.000\", \"reserved\": \"0.000\"}");
    tbh_set_flags(r, released, false);
    tb_verdict v = tb_test_apply(t, &r);
    snprintf(kept, sizeof kept, "%s %s", tb_test_reason(r), tb_test_cause(r));
    *reason = kept;
    tb_record_unref(r);
    return v;
}

START_TEST(brake_stops_what_exceeds_share_and_count)
{
    const char *reason;
    tb_test *t = tb_test_new(&tillbridge_plugin, "brake-least=5", NULL); /* 20 % of 30 are 6 */
    remember(t, "web", 0, 30, "3.000");
    remember(t, "web", 30, 60, "0.000");
    remember(t, "kiosk", 0, 60, "3.000");
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(fall(t, i, "web", "full-read", false, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 0, "web", "full-read", false, &reason), TB_OK); /* counts once */
    ck_assert_int_eq(fall(t, 6, "web", "full-read", false, &reason), TB_REJECT);
    ck_assert_str_eq(reason, "stock.mass-change web");
    ck_assert_int_eq(fall(t, 7, "web", "table", false, &reason), TB_REJECT);
    ck_assert_int_eq(fall(t, 7, "web", "transaction", false, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 8, "web", "order", false, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 8, "web", "reservation", false, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 9, "web", "full-read", true, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 40, "web", "full-read", false, &reason), TB_OK); /* rises */
    ck_assert_int_eq(fall(t, 6, "kiosk", "full-read", false, &reason), TB_OK);
    tb_test_set_now(t, 1795392000000 + 300000);
    ck_assert_int_eq(fall(t, 6, "web", "full-read", false, &reason), TB_OK); /* another window */
    ck_assert_ptr_null(tb_test_failure(t));
    tb_test_free(t);
}
END_TEST

START_TEST(brake_lets_few_fall_at_small_sources)
{
    const char *reason;
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL); /* 50 SKUs may always fall */
    remember(t, "web", 0, 51, "3.000");
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(fall(t, i, "web", "full-read", false, &reason), TB_OK);
    ck_assert_int_eq(fall(t, 50, "web", "full-read", false, &reason), TB_REJECT);
    tb_test_free(t);
}
END_TEST

static tb_verdict retire(tb_test *t, const char *source, const char **reason)
{
    static char kept[64];
    tb_record *r = level("S000", source, "retired", "{\"retired\": true}");
    tb_verdict v = tb_test_apply(t, &r);
    snprintf(kept, sizeof kept, "%s %s", tb_test_reason(r), tb_test_cause(r));
    *reason = kept;
    tb_record_unref(r);
    return v;
}

START_TEST(brake_stops_last_of_several_sources)
{
    const char *reason;
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    remember(t, "a", 0, 1, "3.000");
    remember(t, "b", 0, 1, "3.000");
    remember(t, "c", 0, 1, "0.000");
    remember(t, "d", 0, 1, "2.000");
    ck_assert_int_eq(retire(t, "a", &reason), TB_OK);
    ck_assert_int_eq(retire(t, "b", &reason), TB_OK);
    ck_assert_int_eq(retire(t, "c", &reason), TB_OK); /* was 0 */
    ck_assert_int_eq(retire(t, "d", &reason), TB_REJECT);
    ck_assert_str_eq(reason, "stock.mass-change S000");
    tb_test_free(t);
}
END_TEST

START_TEST(brake_lets_an_only_source_go)
{
    const char *reason;
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    remember(t, "a", 0, 1, "3.000");
    remember(t, "b", 0, 1, "0.000");
    ck_assert_int_eq(retire(t, "a", &reason), TB_OK);
    tb_test_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stock-rule");
    TCase *formula = tcase_create("formula"), *apply = tcase_create("apply"), *brake = tcase_create("brake");
    tcase_add_loop_test(formula, formula_gives_worked_table, 0, (int)(sizeof worked / sizeof *worked));
    tcase_add_test(formula, line_share_follows_counters);
    tcase_add_test(formula, goal_holds_over_random_states);
    tcase_add_test(apply, writes_quantity_operation_and_claim);
    tcase_add_test(apply, sums_warehouses_of_one_source);
    tcase_add_test(apply, refuses_fraction_and_unread);
    tcase_add_test(apply, most_specific_buffer_wins);
    tcase_add_test(apply, bad_buffer_cell_waits_for_the_table);
    tcase_add_test(apply, nothing_is_made_of_nonsense);
    tcase_add_test(apply, backorder_keeps_status_but_not_when_retired);
    tcase_add_test(apply, orders_hold_pieces_and_mark_the_row);
    tcase_add_test(apply, unreadable_entry_stops_the_row);
    tcase_add_test(brake, brake_stops_what_exceeds_share_and_count);
    tcase_add_test(brake, brake_lets_few_fall_at_small_sources);
    tcase_add_test(brake, brake_stops_last_of_several_sources);
    tcase_add_test(brake, brake_lets_an_only_source_go);
    suite_add_tcase(s, formula);
    suite_add_tcase(s, apply);
    suite_add_tcase(s, brake);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
