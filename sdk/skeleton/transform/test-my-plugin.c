/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin inside the host of tillbridge-kit: no daemon, no network, no waiting. */
#include <tillbridge/test.h>

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

extern const tb_plugin tillbridge_plugin;

static void it_adds_the_note(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "note=checked", NULL);
    tb_record *record = tb_record_new("line", "4711", json_pack("{s:i}", "quantity", 3));
    assert(t && tb_test_apply(t, &record) == TB_OK);
    const json_t *body = tb_record_body(record);
    assert(!strcmp(json_string_value(json_object_get(body, "note")), "checked"));
    assert(json_integer_value(json_object_get(body, "quantity")) == 3);
    assert(!tb_test_failure(t));
    tb_record_unref(record);
    tb_test_free(t);
}

static void what_is_no_object_waits_for_a_person(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "note=checked", NULL);
    tb_record *record = tb_record_new("line", "4711", json_string("text"));
    assert(tb_test_apply(t, &record) == TB_REJECT);
    assert(!strcmp(tb_test_reason(record), "my-plugin.not-object"));
    assert(!tb_test_failure(t));
    tb_record_unref(record);
    tb_test_free(t);
}

static void the_note_must_be_given(void)
{
    assert(!tb_test_new(&tillbridge_plugin, NULL)); /* says on stderr what is missing */
}

int main(void)
{
    it_adds_the_note();
    what_is_no_object_waits_for_a_person();
    the_note_must_be_given();
    puts("3 passed, 0 failed");
    return 0;
}
