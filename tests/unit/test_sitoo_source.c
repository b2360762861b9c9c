/* SPDX-License-Identifier: Apache-2.0 */
/* sitoo-source against scripted answers: what is asked, in which order, what becomes a record, and above all
 * when an answer is not believed. Requests are compared as a whole, so a parameter sent twice would not
 * match. */
#include <tillbridge/test.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const tb_plugin tillbridge_plugin;

#define NOW 1795392000000LL
#define HERE "/sites/1/warehouses.json"
#define TRANSACTIONS "/sites/1/warehousetransactions.json"
#define ITEMS(w) "/sites/1/warehouses/" w "/warehouseitems.json"
#define PLACES "start=0&num=500&fields=warehouseid,warehousetype,sellable,name"
#define POLL(from)                                                                                           \
    "warehousetransactionidfrom=" from "&sort=warehousetransactionid&num=500"                                \
    "&fields=warehousetransactionid,warehouseid,datecreated,transactiontype,items"
#define ROWS "fields=sku,decimaltotal,decimalreserved"
#define ORDERS                                                                                               \
    "fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,warehouseid,datereserved,"     \
    "orderitems"
#define TWO_PLACES                                                                                           \
    "{\"totalcount\":2,\"items\":[{\"warehouseid\":31,\"warehousetype\":10,\"sellable\":true},"              \
    "{\"warehouseid\":32,\"warehousetype\":10,\"sellable\":true}]}"
#define ITEM(sku, total, reserved)                                                                           \
    "{\"sku\":\"" sku "\",\"decimaltotal\":\"" total "\",\"decimalreserved\":\"" reserved "\"}"
#define LIST(total, items) "{\"totalcount\":" total ",\"items\":[" items "]}"
#define SALE(id, w, sku, total)                                                                              \
    "{\"warehousetransactionid\":" id ",\"warehouseid\":" w                                                  \
    ",\"datecreated\":1795391990,\"transactiontype\":30,"                                                    \
    "\"items\":[{\"sku\":\"" sku "\",\"decimalquantity\":\"-1.000\",\"decimaltotal\":\"" total "\"}]}"

static tb_test *shop(const char *locations)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "site=1", "account=1500", "locations=locations", "skus=skus",
                             "ignore=ignore", NULL);
    ck_assert_ptr_nonnull(t);
    tb_test_table(t, "locations", locations);
    tb_test_table(t, "skus", "till_sku,shop_sku\nCAP-R,CAP-RED\n");
    tb_test_table(t, "ignore", "till_sku\nBAG\n");
    return t;
}

/* Read whole just now: nothing but the transactions is due. */
static tb_test *settled(const char *locations)
{
    tb_test *t = shop(locations);
    const char *place = "{\"full\":1795392000000,\"net\":1795392000000,\"type\":10,\"rows\":2}";
    tb_test_set_state(t, "pages", "w/31", place);
    tb_test_set_state(t, "pages", "w/32", place);
    tb_test_set_state(t, "pages", "sweep", "1795392000000");
    return t;
}

static tb_test *two(void)
{
    return settled("warehouse,source\n31,malmo\n32,malmo\n");
}

static void level(tb_test *t, const char *row, const char *total, const char *reserved, int x,
                  const char *target)
{
    char value[200];
    snprintf(value, sizeof value, "{\"x\":%d,\"m\":7,\"k\":\"%s\",\"t\":\"%s\"%s%s%s}", x, target, total,
             *reserved ? ",\"v\":\"" : "", reserved, *reserved ? "\"" : "");
    tb_test_set_state(t, "levels", row, value);
}

static void poll(tb_test *t, const char *query, const char *body)
{
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", TRANSACTIONS, query, 200, body);
}

static const char *field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void fed(tb_test *t, int i, const char *key, const char *why)
{
    tb_record *r = tb_test_fed(t, i);
    ck_assert_ptr_nonnull(r);
    ck_assert_str_eq(tb_record_key(r), key);
    ck_assert_str_eq(field(tb_record_body(r), "why"), why);
}

static void done(tb_test *t)
{
    const char *failure = tb_test_failure(t);
    ck_assert_msg(!failure, "%s", failure);
    tb_test_free(t);
}

static void raised(tb_test *t, const char *begins)
{
    for (int i = 0; tb_test_raised(t, i); i++)
        if (!strncmp(tb_test_raised(t, i), begins, strlen(begins)))
            return;
    ck_abort_msg("not raised: %s", begins);
}

/* ---- read ---- */

START_TEST(first_start_notes_then_reads_then_follows)
{
    tb_test *t = shop("warehouse,source\n31,malmo\n32,lund\n");
    char cursor[80];
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", TRANSACTIONS, "sort=-warehousetransactionid&num=1&fields=warehousetransactionid",
                   200, LIST("9000", "{\"warehousetransactionid\":5218}"));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
    ck_assert_str_eq(tb_test_cursor(t), "{\"last\":5218,\"first\":true}");
    ck_assert(tb_test_fed_more(t));
    ck_assert_ptr_null(tb_test_fed(t, 0));

    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=50&" ROWS, 200,
                   LIST("2", ITEM("A", "5.000", "1.000") "," ITEM("CAP-R", "-2.000", "0.000")));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":5218,\"first\":true}"), TB_OK);
    fed(t, 0, "A@malmo", "full-read");
    fed(t, 1, "CAP-RED@malmo", "full-read");
    tb_test_expect(t, "GET", ITEMS("32"), "start=0&num=50&" ROWS, 200,
                   LIST("1", ITEM("A", "3.000", "0.000")));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":5218,\"first\":true}"), TB_OK);
    fed(t, 0, "A@lund", "full-read");
    tb_test_expect(t, "GET", "/orders.json",
                   "eshopid=1&orderstate=0&ordertype=10,100&orderidfrom=1&sort=orderid&num=100&" ORDERS, 200,
                   LIST("0", ""));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":5218,\"first\":true}"), TB_OK);
    ck_assert_int_eq(tb_test_read(t, "{\"last\":5218,\"first\":true}"), TB_OK);
    snprintf(cursor, sizeof cursor, "%s", tb_test_cursor(t));
    ck_assert_str_eq(cursor, "{\"last\":5218}");
    tb_test_expect(t, "GET", TRANSACTIONS, POLL("5169"), 200, LIST("1", SALE("5218", "31", "A", "5.000")));
    ck_assert_int_eq(tb_test_read(t, cursor), TB_OK);
    ck_assert_ptr_null(tb_test_fed(t, 0)); /* the full read has told it already */
    done(t);
}
END_TEST

START_TEST(transactions_set_levels)
{
    tb_test *t = two();
    level(t, "31/A", "5.000", "0.000", 90, "A@malmo");
    poll(t, POLL("51"),
         LIST("4", SALE("100", "31", "A", "4.000") "," SALE("101", "31", "A", "3.000") "," SALE(
                       "102", "32", "CAP-R", "0.000") "," SALE("103", "77", "A", "1.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "transaction");
    ck_assert_str_eq(tb_test_fed_id(t, 0), "t101/A@malmo");
    ck_assert_str_eq(tb_record_group(tb_test_fed(t, 0)), "malmo");
    ck_assert_int_eq(tb_record_changed(tb_test_fed(t, 0)), 1795391990000LL);
    fed(t, 1, "CAP-RED@malmo", "transaction");
    ck_assert_ptr_null(tb_test_fed(t, 2)); /* 77 is not mapped */
    ck_assert_str_eq(tb_test_cursor(t), "{\"last\":103}");
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "levels", "31/A"), "\"3.000\""));
    done(t);
}
END_TEST

/* 99 becomes visible after 100 was read; A was set by 100 since, B was not. */
START_TEST(late_ids_never_overwrite_newer)
{
    tb_test *t = two();
    level(t, "31/A", "3.000", "0.000", 100, "A@malmo");
    level(t, "31/B", "9.000", "0.000", 80, "B@malmo");
    poll(t, POLL("51"),
         LIST("3", SALE("98", "31", "A", "8.000") "," SALE("99", "31", "B", "7.000") "," SALE("100", "31",
                                                                                              "A", "3.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "B@malmo", "transaction");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "levels", "31/A"), "\"3.000\""));
    ck_assert_str_eq(tb_test_cursor(t), "{\"last\":100}");
    done(t);
}
END_TEST

START_TEST(an_offline_till_counts_from_when_it_could_be_known)
{
    tb_test *t = two();
    poll(t, POLL("51"),
         LIST("2", SALE("100", "32", "X", "1.000") ","
                                                   "{\"warehousetransactionid\":101,\"warehouseid\":31,"
                                                   "\"datecreated\":1795380000,\"items\":[{\"sku\":\"A\","
                                                   "\"decimaltotal\":\"1.000\"}]}"));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 1, "A@malmo", "transaction");
    ck_assert_int_eq(tb_record_changed(tb_test_fed(t, 1)), NOW);
    done(t);
}
END_TEST

START_TEST(till_only_is_dropped_by_rule)
{
    tb_test *t = two();
    poll(t, POLL("51"), LIST("2", SALE("100", "31", "A", "1.000") "," SALE("101", "31", "BAG", "4.000")));
    level(t, "31/A", "1.000", "0.000", 100, "A@malmo");
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    ck_assert_str_eq(tb_test_fed_rule(t, 0), "till-only");
    ck_assert_ptr_null(tb_test_fed(t, 1));
    done(t);
}
END_TEST

START_TEST(wrong_site_is_told)
{
    tb_test *t = shop("warehouse,source\n31,malmo\n");
    tb_test_expect(t, "GET", HERE, PLACES, 200, LIST("0", ""));
    ck_assert_int_eq(tb_test_read(t, NULL), TB_RETRY);
    raised(t, "sitoo.wrong-site warehouses: ");
    done(t);
}
END_TEST

START_TEST(unknown_warehouse_is_told)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n99,lund\n");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "1.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    raised(t, "sitoo.unknown-warehouse 99: ");
    done(t);
}
END_TEST

START_TEST(an_empty_list_of_transactions_is_not_believed)
{
    tb_test *t = two();
    poll(t, POLL("51"), LIST("0", ""));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":100}"), TB_RETRY);
    raised(t, "sitoo.untrusted transactions: ");
    done(t);
}
END_TEST

START_TEST(descending_transactions_are_not_believed)
{
    tb_test *t = two();
    poll(t, POLL("51"), LIST("2", SALE("101", "31", "A", "1.000") "," SALE("100", "31", "A", "2.000")));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":100}"), TB_RETRY);
    raised(t, "sitoo.untrusted transactions: ");
    done(t);
}
END_TEST

START_TEST(missing_tables_retire_nothing)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "site=1", "locations=locations", NULL);
    tb_record *r = tb_record_new("stock.level", "A@malmo", json_object());
    ck_assert_int_eq(tb_test_read(t, "{\"last\":100}"), TB_RETRY);
    raised(t, "sitoo.no-locations locations: ");
    ck_assert_msg(tb_test_hydrate(t, &r, 1) == TB_OK, "%s", tb_test_failure(t));
    ck_assert_int_eq(tb_test_verdict(r), TB_REJECT);
    tb_record_unref(r);
    done(t);
}
END_TEST

/* ---- the rolling full read ---- */

static tb_test *page_due(void)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_test_set_state(t, "pages", "w/31", "{\"full\":1,\"net\":1,\"type\":10,\"rows\":2}");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "5.000")));
    level(t, "31/A", "5.000", "0.000", 100, "A@malmo");
    level(t, "31/B", "2.000", "0.000", 90, "B@malmo");
    return t;
}

START_TEST(lost_page_is_not_believed)
{
    tb_test *t = page_due();
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=50&" ROWS, 200, LIST("700", ""));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    raised(t, "sitoo.untrusted 31: ");
    ck_assert_ptr_null(tb_test_fed(t, 0));
    done(t);
}
END_TEST

START_TEST(an_empty_warehouse_that_had_rows_is_not_believed)
{
    tb_test *t = page_due();
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=50&" ROWS, 200, LIST("0", ""));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    raised(t, "sitoo.untrusted 31: ");
    ck_assert_ptr_null(tb_test_fed(t, 0));
    done(t);
}
END_TEST

START_TEST(full_read_tells_differences_and_what_it_did_not_show)
{
    tb_test *t = page_due();
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=50&" ROWS, 200,
                   LIST("2", ITEM("A", "5.000", "0.000") "," ITEM("C", "1.000", "1.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "C@malmo", "full-read");
    fed(t, 1, "B@malmo", "full-read");
    ck_assert_ptr_null(tb_test_fed(t, 2));
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "levels", "31/B"), "\"a\":1"));
    done(t);
}
END_TEST

START_TEST(modified_net_asks_since)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "5.000")));
    level(t, "31/A", "5.000", "0.000", 100, "A@malmo");
    tb_test_set_now(t, NOW + 1800000);
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=50&" ROWS "&datelastmodifiedfrom=1795391940", 200,
                   LIST("1", ITEM("A", "4.000", "0.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "full-read");
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "pages", "w/31"), "\"net\":1795393800000"));
    done(t);
}
END_TEST

/* ---- events, orders, timers ---- */

START_TEST(malformed_bodies)
{
    static const char *const bodies[] = {"",    "x",      "{}",    "[]",
                                         "[1]", "[{},2]", "\"a\"", "[{\"event_type\":\"order\""};
    tb_test *t = two();
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        ck_assert_int_eq(tb_test_receive(t, bodies[i]), TB_REJECT);
    done(t);
}
END_TEST

START_TEST(events_note_orders_and_forgive_the_rest)
{
    tb_test *t = two();
    ck_assert_int_eq(
        tb_test_receive(
            t, "[{\"event_type\":\"order\",\"account_id\":1500,\"data\":{\"eshop_id\":1,\"order_id\":7}},"
               "{\"event_type\":\"booking\",\"data\":{\"order_id\":8}},"
               "{\"event_type\":\"order\",\"data\":{\"eshop_id\":2,\"order_id\":9}},"
               "{\"event_type\":\"never-heard\",\"data\":5},{\"event_type\":\"order\"},{},"
               "{\"event_type\":\"warehouse-transaction\",\"data\":{}}]"),
        TB_OK);
    ck_assert_ptr_null(tb_test_fed(t, 0));
    ck_assert_ptr_nonnull(tb_test_state(t, "orders", "7"));
    ck_assert_ptr_nonnull(tb_test_state(t, "orders", "8"));
    ck_assert_ptr_null(tb_test_state(t, "orders", "9"));
    ck_assert_int_eq(
        tb_test_receive(t, "[{\"event_type\":\"order\",\"account_id\":6,\"data\":{\"order_id\":10}}]"),
        TB_OK);
    raised(t, "sitoo.wrong-account 6: ");
    ck_assert_ptr_null(tb_test_state(t, "orders", "10"));
    done(t);
}
END_TEST

#define BOOKING                                                                                              \
    "{\"orderid\":8,\"eshopid\":1,\"ordertypeid\":100,\"orderstateid\":0,\"warehouseid\":31,"                \
    "\"datereserved\":1795392100,\"orderitems\":[{\"sku\":\"A\",\"quantity\":1}]}"
#define TILL_SALE                                                                                            \
    "{\"orderid\":7,\"eshopid\":1,\"ordertypeid\":10,\"orderstateid\":10,\"warehouseid\":31,"                \
    "\"datereserved\":null,\"orderitems\":[{\"sku\":\"B\",\"quantity\":1}]}"

START_TEST(a_booking_sets_a_timer_that_reads_its_rows_again)
{
    tb_test *t = two();
    level(t, "31/A", "5.000", "0.000", 100, "A@malmo");
    tb_test_set_state(t, "orders", "7", "{\"at\":1795391990000}");
    tb_test_set_state(t, "orders", "8", "{\"at\":1795391990000}");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "5.000")));
    tb_test_expect(t, "GET", "/orders.json", "orderid=7,8&num=100&" ORDERS, 200,
                   LIST("2", BOOKING "," TILL_SALE));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "reservation");
    ck_assert_ptr_null(tb_test_fed(t, 1)); /* the till sale ends here */
    ck_assert_ptr_nonnull(tb_test_state(t, "timers", "001795392160000/8"));
    ck_assert_ptr_null(strstr(tb_test_state(t, "levels", "31/A"), "\"v\""));

    tb_test_set_now(t, 1795392160000LL);
    tb_test_expect(t, "GET", TRANSACTIONS, POLL("51"), 200, LIST("1", SALE("100", "31", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "reservation");
    ck_assert_ptr_null(tb_test_state(t, "timers", "001795392160000/8"));
    done(t);
}
END_TEST

START_TEST(the_next_timer_says_when_to_read)
{
    tb_test *t = two();
    tb_test_set_state(t, "timers", "001795392000500/8", "{\"keys\":[\"31/A\"]}");
    poll(t, POLL("51"), LIST("1", SALE("100", "77", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    ck_assert_int_eq(tb_test_fed_at(t), 1795392000500LL);
    done(t);
}
END_TEST

/* ---- tables that change ---- */

START_TEST(keys_that_leave_the_tables_are_retired_once)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_test_set_state(t, "targets", "versions", "0/0/0/");
    level(t, "31/A", "5.000", "0.000", 100, "A@lund");
    level(t, "32/A", "4.000", "0.000", 100, "A@malmo");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@lund", "retired");
    ck_assert_ptr_nonnull(tb_test_fed(t, 1));
    ck_assert_str_eq(tb_record_key(tb_test_fed(t, 1)), "A@malmo");
    ck_assert_ptr_null(tb_test_state(t, "levels", "32/A"));
    ck_assert_ptr_null(tb_test_state(t, "pages", "w/32"));

    tb_record *r = tb_record_new("stock.level", "A@lund", json_pack("{s:s}", "why", "retired"));
    ck_assert_msg(tb_test_hydrate(t, &r, 1) == TB_OK, "%s", tb_test_failure(t));
    const json_t *part = tb_record_part(r, "till.stock");
    ck_assert(json_is_true(json_object_get(part, "retired")));
    ck_assert_str_eq(field(part, "total"), "0.000");
    tb_record_unref(r);

    tb_test_set_now(t, NOW + 2000);
    tb_test_expect(t, "GET", TRANSACTIONS, POLL("51"), 200, LIST("1", SALE("100", "31", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    ck_assert_ptr_null(tb_test_fed(t, 0));
    done(t);
}
END_TEST

/* The core keeps a digest of the transforms and sinks; with another one every key is told once more, and only
 * once. */
START_TEST(other_settings_tell_every_key_once)
{
    tb_test *t = two();
    tb_test_set_state(t, "core/settings", "test", "aaaaaaaaaaaabbbb");
    tb_test_set_state(t, "targets", "versions", "1/1/1/cccccccccccc");
    level(t, "31/A", "5.000", "0.000", 100, "A@malmo");
    level(t, "32/B", "4.000", "0.000", 100, "B@malmo");
    poll(t, POLL("51"), LIST("1", SALE("100", "31", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "settings");
    fed(t, 1, "B@malmo", "settings");
    ck_assert_ptr_null(tb_test_fed(t, 2));
    ck_assert_ptr_nonnull(strstr(tb_test_state(t, "targets", "versions"), "/aaaaaaaaaaaa"));

    tb_test_set_now(t, NOW + 2000);
    tb_test_expect(t, "GET", TRANSACTIONS, POLL("51"), 200, LIST("1", SALE("100", "31", "A", "5.000")));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    ck_assert_ptr_null(tb_test_fed(t, 0));
    done(t);
}
END_TEST

/* ---- hydrate ---- */

static const json_t *hydrate(tb_test *t, tb_record *r)
{
    ck_assert_msg(tb_test_hydrate(t, &r, 1) == TB_OK, "%s", tb_test_failure(t));
    return tb_record_part(r, "till.stock");
}

static tb_record *key(const char *name)
{
    return tb_record_new("stock.level", name, json_pack("{s:s}", "why", "transaction"));
}

START_TEST(nothing_reserved_needs_no_network)
{
    tb_test *t = two();
    tb_record *r = key("A@malmo");
    level(t, "31/A", "5.000", "0.000", 100, "A@malmo");
    level(t, "32/A", "-2.000", "0.000", 100, "A@malmo");
    const json_t *part = hydrate(t, r);
    ck_assert_str_eq(field(part, "total"), "3.000");
    ck_assert_str_eq(field(part, "reserved"), "0.000");
    ck_assert_str_eq(field(part, "read"), "state");
    ck_assert_int_eq(tb_test_asked(t), 0);
    tb_record_unref(r);
    done(t);
}
END_TEST

/* The till's side of R1: T and V as they are read, added up over warehouses and SKUs, negatives included. */
START_TEST(numbers_of_r1)
{
    static const struct {
        const char *t31, *v31, *t32, *v32, *total, *reserved;
    } rows[] = {
        {"5.000", "1.000", "0.000", "0.000", "5.000", "1.000"},
        {"5.000", "3.000", "0.000", "0.000", "5.000", "3.000"},
        {"4.000", "2.000", "5.000", "1.000", "9.000", "3.000"},
        {"1.000", "3.000", "0.000", "0.000", "1.000", "3.000"},
        {"-2.000", "0.000", "0.000", "0.000", "-2.000", "0.000"},
        {"0.500", "0.250", "0.125", "0.000", "0.625", "0.250"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tb_test *t = two();
        tb_record *r = key("CAP-RED@malmo");
        char one[200], other[200];
        snprintf(one, sizeof one, LIST("1", ITEM("CAP-R", "%s", "%s")), rows[i].t31, rows[i].v31);
        snprintf(other, sizeof other, LIST("1", ITEM("CAP-R", "%s", "%s")), rows[i].t32, rows[i].v32);
        tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
        tb_test_expect(t, "GET", ITEMS("31"), "sku=CAP-R&start=0&num=500&" ROWS, 200, one);
        tb_test_expect(t, "GET", ITEMS("32"), "sku=CAP-R&start=0&num=500&" ROWS, 200, other);
        const json_t *part = hydrate(t, r);
        ck_assert_str_eq(field(part, "total"), rows[i].total);
        ck_assert_str_eq(field(part, "reserved"), rows[i].reserved);
        ck_assert_str_eq(field(part, "read"), "api");
        tb_record_unref(r);
        done(t);
    }
}
END_TEST

START_TEST(skus_go_in_one_parameter)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r[] = {key("A@malmo"), key("B+C/D@malmo")};
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "sku=A,B%2BC%2FD&start=0&num=500&" ROWS, 200,
                   LIST("1", ITEM("B+C/D", "2.000", "0.000")));
    ck_assert_int_eq(tb_test_hydrate(t, r, 2), TB_OK);
    ck_assert_str_eq(field(tb_record_part(r[0], "till.stock"), "total"),
                     "0.000"); /* trusted: a row came back */
    ck_assert_str_eq(field(tb_record_part(r[1], "till.stock"), "total"), "2.000");
    tb_record_unref(r[0]);
    tb_record_unref(r[1]);
    done(t);
}
END_TEST

START_TEST(a_comma_is_read_by_paging)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r = key("A,B@malmo");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=500&" ROWS, 200,
                   LIST("2", ITEM("X", "2.000", "0.000")));
    tb_test_expect(t, "GET", ITEMS("31"), "start=1&num=500&" ROWS, 200,
                   LIST("2", ITEM("A,B", "6.000", "0.000")));
    ck_assert_str_eq(field(hydrate(t, r), "total"), "6.000");
    tb_record_unref(r);
    done(t);
}
END_TEST

static tb_record *absent(tb_test **out, const char *sentinel_answer)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r = key("GONE@malmo");
    level(t, "31/KNOWN", "5.000", "0.000", 100, "KNOWN@malmo");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "sku=GONE&start=0&num=500&" ROWS, 200, LIST("0", ""));
    tb_test_expect(t, "GET", ITEMS("31"), "sku=GONE,KNOWN&start=0&num=500&" ROWS, 200, sentinel_answer);
    hydrate(t, r);
    *out = t;
    return r;
}

START_TEST(absent_is_zero_when_the_sentinel_comes_back)
{
    tb_test *t;
    tb_record *r = absent(&t, LIST("1", ITEM("KNOWN", "5.000", "0.000")));
    const json_t *part = tb_record_part(r, "till.stock");
    ck_assert_str_eq(field(part, "total"), "0.000");
    ck_assert(json_is_false(json_object_get(part, "retired")));
    tb_record_unref(r);
    done(t);
}
END_TEST

START_TEST(absent_is_an_exception_when_it_does_not)
{
    tb_test *t;
    tb_record *r = absent(&t, LIST("0", ""));
    ck_assert_ptr_null(tb_record_part(r, "till.stock"));
    ck_assert_int_eq(tb_test_verdict(r), TB_REJECT);
    ck_assert_str_eq(tb_test_reason(r), "sitoo.untrusted");
    ck_assert_str_eq(tb_test_cause(r), "31");
    tb_record_unref(r);
    done(t);
}
END_TEST

/* What one answer to "sku=A,B" of warehouse 31 makes of A. */
static void answered(const char *answer, const char *proof, const char *reason, const char *total)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r[] = {key("A@malmo"), key("B@malmo")};
    level(t, "31/KNOWN", "5.000", "0.000", 100, "KNOWN@malmo");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "sku=A,B&start=0&num=500&" ROWS, 200, answer);
    if (proof)
        tb_test_expect(t, "GET", ITEMS("31"), "sku=A,B,KNOWN&start=0&num=500&" ROWS, 200, proof);
    ck_assert_int_eq(tb_test_hydrate(t, r, 2), TB_OK);
    ck_assert_msg(!strcmp(tb_test_reason(r[0]), reason), "%s: %s %s", answer, tb_test_reason(r[0]),
                  tb_test_text(r[0]));
    ck_assert_msg(!strcmp(field(tb_record_part(r[0], "till.stock"), "total"), total), "%s", answer);
    tb_record_unref(r[0]);
    tb_record_unref(r[1]);
    done(t);
}

/* The count is reached, and still B may be missing, or A's quantity be another's. */
START_TEST(a_row_that_comes_twice_is_not_believed)
{
    answered(LIST("2", ITEM("B", "1.000", "0.000") "," ITEM("B", "1.000", "0.000")), NULL, "sitoo.untrusted",
             "");
    answered(LIST("2", ITEM("A", "5.000", "0.000") "," ITEM("A", "0.000", "0.000")), NULL, "sitoo.untrusted",
             "");
}
END_TEST

START_TEST(a_row_of_another_case_is_not_believed)
{
    answered(LIST("2", ITEM("a", "5.000", "0.000") "," ITEM("B", "1.000", "0.000")), NULL, "sitoo.untrusted",
             "");
}
END_TEST

/* Rows that were not asked for prove nothing; the sentinel does. */
START_TEST(other_rows_are_no_proof)
{
    const char *others = LIST("1", ITEM("X", "9.000", "0.000"));
    answered(others, others, "sitoo.untrusted", "");
    answered(others, LIST("1", ITEM("KNOWN", "5.000", "0.000")), "", "0.000");
}
END_TEST

START_TEST(a_row_without_a_name_or_with_a_number_beyond_all_is_not_believed)
{
    answered(LIST("2", ITEM("", "5.000", "0.000") "," ITEM("B", "1.000", "0.000")), NULL, "sitoo.untrusted",
             "");
    answered(LIST("1", ITEM("A", "9223372036854775.807", "-9223372036854775.808")), NULL, "sitoo.untrusted",
             "");
    answered(LIST("-1", ""), NULL, "sitoo.strange-answer", "");
}
END_TEST

/* Times and ids that do not fit: the transaction is dated now, the order holds without end, and neither the
 * cursor nor the place of a sweep is carried away. */
START_TEST(numbers_beyond_all_move_nothing)
{
    tb_test *t = two();
    tb_test_set_state(t, "orders", "77", "{\"at\":1795391000000}");
    poll(t, POLL("51"),
         LIST("2",
              SALE("100", "31", "A", "4.000") ","
                                              "{\"warehousetransactionid\":101,\"warehouseid\":31,"
                                              "\"datecreated\":9223372036854775807,"
                                              "\"items\":[{\"sku\":\"B\",\"decimaltotal\":\"2.000\"}]}"));
    tb_test_expect(t, "GET", "/orders.json", "orderid=77&num=100&" ORDERS, 200,
                   LIST("1", "{\"orderid\":77,\"ordertypeid\":10,\"orderstateid\":0,\"warehouseid\":32,"
                             "\"datereserved\":9223372036854775807,\"orderitems\":[{\"sku\":\"C\"}]}"));
    ck_assert_msg(tb_test_read(t, "{\"last\":100}") == TB_OK, "%s", tb_test_failure(t));
    fed(t, 0, "A@malmo", "transaction");
    fed(t, 1, "B@malmo", "transaction");
    ck_assert_int_eq(tb_record_changed(tb_test_fed(t, 1)), NOW);
    fed(t, 2, "C@malmo", "reservation");
    done(t);

    t = two();
    poll(t, POLL("51"), LIST("1", SALE("9223372036854775807", "31", "A", "4.000")));
    ck_assert_int_eq(tb_test_read(t, "{\"last\":100}"), TB_RETRY);
    raised(t, "sitoo.untrusted transactions: ");
    done(t);
}
END_TEST

START_TEST(snapshot_takes_whole_rows_only)
{
    tb_test *t = shop("warehouse,source\n31,malmo\n");
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=100&" ROWS, 200,
                   LIST("1", "{\"sku\":\"A\",\"decimaltotal\":3,\"decimalreserved\":\"1.0\"}"));
    ck_assert_int_eq(tb_test_snapshot(t, "stock.level", NULL), TB_OK);
    ck_assert_str_eq(field(tb_record_body(tb_test_fed(t, 0)), "total"), "3.000");
    ck_assert_str_eq(field(tb_record_body(tb_test_fed(t, 0)), "reserved"), "1.000");
    tb_test_expect(t, "GET", ITEMS("31"), "start=0&num=100&" ROWS, 200, LIST("1", "{\"sku\":\"A\"}"));
    ck_assert_int_eq(tb_test_snapshot(t, "stock.level", NULL), TB_RETRY);
    done(t);
}
END_TEST

START_TEST(an_unknown_warehouse_is_never_zero)
{
    tb_test *t = settled("warehouse,source\n99,malmo\n");
    tb_record *r = key("A@malmo");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    hydrate(t, r);
    ck_assert_str_eq(tb_test_reason(r), "sitoo.untrusted");
    ck_assert_str_eq(tb_test_cause(r), "99");
    tb_record_unref(r);
    done(t);
}
END_TEST

/* What was read before an order event raised the mark is asked for again. */
START_TEST(reserved_counts_only_under_its_mark)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r = key("A@malmo"), *again = key("A@malmo");
    level(t, "31/A", "5.000", "", 100, "A@malmo"); /* mark 7 */
    tb_test_set_state(t, "held", "31/A", "{\"m\":7,\"v\":\"0.000\"}");
    ck_assert_str_eq(field(hydrate(t, r), "read"), "state");
    tb_test_set_state(t, "held", "31/A", "{\"m\":6,\"v\":\"0.000\"}");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "sku=A&start=0&num=500&" ROWS, 200,
                   LIST("1", ITEM("A", "5.000", "2.000")));
    ck_assert_str_eq(field(hydrate(t, again), "reserved"), "2.000");
    tb_record_unref(r);
    tb_record_unref(again);
    done(t);
}
END_TEST

/* A list that was long on its way says less than what hydrate has read since: 6 pieces, of which it read 5.
 */
START_TEST(a_level_is_not_believed_over_a_later_read)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r = key("A@malmo"), *later = key("A@malmo");
    level(t, "31/A", "6.000", "", 100, "A@malmo"); /* mark 7 */
    tb_test_set_state(t, "held", "31/A", "{\"m\":7,\"v\":\"0.000\",\"t\":\"5.000\",\"at\":2000}");
    tb_test_set_state(t, "listed", "transactions", "1999");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", ITEMS("31"), "sku=A&start=0&num=500&" ROWS, 200,
                   LIST("1", ITEM("A", "5.000", "0.000")));
    ck_assert_str_eq(field(hydrate(t, r), "total"), "5.000");
    tb_test_set_state(t, "held", "31/A", "{\"m\":7,\"v\":\"0.000\",\"t\":\"5.000\",\"at\":2000}");
    tb_test_set_state(t, "listed", "transactions", "2001"); /* three came back since */
    level(t, "31/A", "8.000", "", 103, "A@malmo");
    const json_t *part = hydrate(t, later);
    ck_assert_str_eq(field(part, "read"), "state");
    ck_assert_str_eq(field(part, "total"), "8.000");
    tb_record_unref(r);
    tb_record_unref(later);
    done(t);
}
END_TEST

START_TEST(no_answer_is_retried)
{
    tb_test *t = settled("warehouse,source\n31,malmo\n");
    tb_record *r = key("A@malmo");
    tb_test_expect(t, "GET", HERE, PLACES, 503, "");
    ck_assert_int_eq(tb_test_hydrate(t, &r, 1), TB_RETRY);
    tb_record_unref(r);
    done(t);
}
END_TEST

/* ---- set-up ---- */

START_TEST(check_finds_doubles)
{
    tb_test *t = shop("warehouse,source\n31,malmo\n31,lund\nx,\n");
    tb_test_table(t, "skus", "till_sku,shop_sku\na,CAP\nb,cap\na,HAT\n");
    ck_assert_int_eq(tb_test_check(t), 5);
    done(t);
}
END_TEST

START_TEST(check_refuses_what_would_never_be_found)
{
    tb_test *t = shop("warehouse,source\n031,malmo\n32,a@b\n");
    ck_assert_int_eq(tb_test_check(t), 2);
    done(t);
}
END_TEST

START_TEST(doctor_looks_at_each_warehouse)
{
    tb_test *t = shop("warehouse,source\n31,malmo\n99,lund\n");
    tb_test_expect(t, "GET", HERE, PLACES, 200, TWO_PLACES);
    tb_test_expect(t, "GET", "/orders.json", "num=1", 200, LIST("0", ""));
    tb_test_expect(t, "GET", TRANSACTIONS, "num=1", 200, LIST("0", ""));
    ck_assert_int_eq(tb_test_doctor(t), 1); /* 99 */
    done(t);
}
END_TEST

START_TEST(page_names_every_parameter)
{
    char page[20000] = "";
    FILE *f = fopen(SITOO_PAGE_FILE, "r");
    ck_assert_ptr_nonnull(f);
    page[fread(page, 1, sizeof page - 1, f)] = '\0';
    fclose(f);
    for (const tb_param *p = tillbridge_plugin.params; p->name; p++) {
        char name[64];
        int n = snprintf(name, sizeof name, "\\fB");
        for (const char *c = p->name; *c; c++)
            n += snprintf(name + n, sizeof name - (size_t)n, *c == '-' ? "\\-" : "%c", *c);
        ck_assert_msg(strstr(page, name) != NULL, "%s is not in the page", p->name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sitoo-source");
    TCase *c = tcase_create("all");
    static const TTest *const *const tests[] = {
        &first_start_notes_then_reads_then_follows,
        &transactions_set_levels,
        &late_ids_never_overwrite_newer,
        &an_offline_till_counts_from_when_it_could_be_known,
        &till_only_is_dropped_by_rule,
        &wrong_site_is_told,
        &unknown_warehouse_is_told,
        &an_empty_list_of_transactions_is_not_believed,
        &descending_transactions_are_not_believed,
        &missing_tables_retire_nothing,
        &lost_page_is_not_believed,
        &an_empty_warehouse_that_had_rows_is_not_believed,
        &full_read_tells_differences_and_what_it_did_not_show,
        &modified_net_asks_since,
        &malformed_bodies,
        &events_note_orders_and_forgive_the_rest,
        &a_booking_sets_a_timer_that_reads_its_rows_again,
        &the_next_timer_says_when_to_read,
        &keys_that_leave_the_tables_are_retired_once,
        &other_settings_tell_every_key_once,
        &nothing_reserved_needs_no_network,
        &numbers_of_r1,
        &skus_go_in_one_parameter,
        &a_comma_is_read_by_paging,
        &absent_is_zero_when_the_sentinel_comes_back,
        &absent_is_an_exception_when_it_does_not,
        &a_row_that_comes_twice_is_not_believed,
        &a_row_of_another_case_is_not_believed,
        &other_rows_are_no_proof,
        &a_row_without_a_name_or_with_a_number_beyond_all_is_not_believed,
        &numbers_beyond_all_move_nothing,
        &snapshot_takes_whole_rows_only,
        &an_unknown_warehouse_is_never_zero,
        &reserved_counts_only_under_its_mark,
        &a_level_is_not_believed_over_a_later_read,
        &no_answer_is_retried,
        &check_finds_doubles,
        &check_refuses_what_would_never_be_found,
        &doctor_looks_at_each_warehouse,
        &page_names_every_parameter};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(c, *tests[i]);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
