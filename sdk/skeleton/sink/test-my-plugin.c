/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin inside the host of tillbridge-kit: no daemon, no network, no waiting. */
#include <tillbridge/test.h>

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

extern const tb_plugin tillbridge_plugin;

static tb_record *record_of(const char *key)
{
    return tb_record_new("line", key, json_pack("{s:i}", "quantity", 3));
}

/* Delivers one record of key "a/b" and answers with `status`. */
static tb_record *deliver_one(tb_test *t, int status, tb_verdict expected)
{
    tb_record *record = record_of("a/b");
    tb_test_expect(t, "PUT", "/items/a%2Fb", NULL, status, "{}");
    assert(tb_test_deliver(t, "my-plugin.put", &record, 1) == expected);
    assert(json_integer_value(json_object_get(tb_test_asked_json(t, 0), "quantity")) == 3);
    assert(!tb_test_failure(t));
    return record;
}

static void each_answer_has_its_meaning(void)
{
    static const struct {
        int status;
        tb_verdict returned, verdict;
        const char *reason;
    } rows[] = {{200, TB_OK, TB_APPLIED, ""},
                {204, TB_OK, TB_APPLIED, ""},
                {404, TB_OK, TB_REJECT, "my-plugin.absent"},
                {422, TB_OK, TB_REJECT, "my-plugin.refused"},
                {503, TB_RETRY, TB_OK, ""}, /* no verdict: the host's own table decides */
                {0, TB_RETRY, TB_OK, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
        tb_record *record = deliver_one(t, rows[i].status, rows[i].returned);
        assert(tb_test_verdict(record) == rows[i].verdict);
        assert(!strcmp(tb_test_reason(record), rows[i].reason));
        tb_record_unref(record);
        tb_test_free(t);
    }
}

static void what_was_settled_before_an_outage_stays_settled(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "path=/things", NULL);
    tb_record *records[] = {record_of("1"), record_of("2"), record_of("3")};
    tb_test_expect(t, "PUT", "/things/1", NULL, 200, "");
    tb_test_expect(t, "PUT", "/things/2", NULL, 0, "");
    assert(tb_test_deliver(t, "my-plugin.put", records, 3) == TB_RETRY);
    assert(tb_test_verdict(records[0]) == TB_APPLIED);
    assert(tb_test_verdict(records[1]) == TB_OK && tb_test_verdict(records[2]) == TB_OK);
    assert(!tb_test_failure(t));
    for (int i = 0; i < 3; i++)
        tb_record_unref(records[i]);
    tb_test_free(t);
}

int main(void)
{
    each_answer_has_its_meaning();
    what_was_settled_before_an_outage_stays_settled();
    puts("2 passed, 0 failed");
    return 0;
}
