/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin inside the host of tillbridge-kit: no daemon, no network, no waiting. */
#include <tillbridge/test.h>

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

extern const tb_plugin tillbridge_plugin;

static tb_test *new_test(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, NULL);
    assert(t);
    tb_test_set_room(t, 2);
    return t;
}

static void it_reads_page_by_page(void)
{
    tb_test *t = new_test();
    tb_test_expect(t, "GET", "/items", "after=0&limit=2", 200, "{\"items\": [{\"id\": 1}, {\"id\": 2}]}");
    assert(tb_test_read(t, NULL) == TB_OK);
    assert(!strcmp(tb_record_key(tb_test_fed(t, 0)), "1"));
    assert(!strcmp(tb_test_fed_id(t, 1), "2"));
    assert(tb_test_fed_more(t) && !strcmp(tb_test_cursor(t), "2"));
    tb_test_expect(t, "GET", "/items", "after=2&limit=2", 200, "{\"items\": [{\"id\": 3}]}");
    assert(tb_test_read(t, "2") == TB_OK);
    assert(!tb_test_fed_more(t) && !strcmp(tb_test_cursor(t), "3"));
    assert(!tb_test_failure(t));
    tb_test_free(t);
}

static void no_answer_is_tried_again(void)
{
    tb_test *t = new_test();
    tb_test_expect(t, "GET", "/items", "after=0&limit=2", 503, "");
    assert(tb_test_read(t, NULL) == TB_RETRY);
    assert(!tb_test_fed(t, 0) && !tb_test_cursor(t) && !tb_test_failure(t));
    tb_test_free(t);
}

static void what_is_no_list_is_told_and_not_read(void)
{
    static const char strange[] = "my-plugin.strange-answer /items: ",
                      refused[] = "my-plugin.refused /items: ";
    tb_test *t = new_test();
    tb_test_expect(t, "GET", "/items", "after=0&limit=2", 200, "{\"items\": 7}");
    assert(tb_test_read(t, NULL) == TB_OK);
    assert(!strncmp(tb_test_raised(t, 0), strange, sizeof strange - 1));
    tb_test_expect(t, "GET", "/items", "after=0&limit=2", 404, "{}");
    assert(tb_test_read(t, NULL) == TB_OK);
    assert(!strncmp(tb_test_raised(t, 0), refused, sizeof refused - 1));
    assert(!tb_test_cursor(t) && !tb_test_failure(t));
    tb_test_free(t);
}

int main(void)
{
    it_reads_page_by_page();
    no_answer_is_tried_again();
    what_is_no_list_is_told_and_not_read();
    puts("3 passed, 0 failed");
    return 0;
}
