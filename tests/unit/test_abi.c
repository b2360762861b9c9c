/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of every public struct, as plugins have been built with it. A row that fails means that plugins
 * in the field break: a struct may only grow at its end (add rows, change its size here), anything else is a
 * new major. */
#include <tillbridge/plugin.h>

#include <check.h>
#include <stdlib.h>

#define SIZE(type, size)                                                                                     \
    {                                                                                                        \
#type, "(size)", sizeof(type), size                                                                  \
    }
#define AT(type, field, offset)                                                                              \
    {                                                                                                        \
#type, #field, offsetof(type, field), offset                                                         \
    }

/* clang-format off */
static const struct row {
    const char *type, *field;
    size_t is, was;
} rows[] = {
    SIZE(tb_request, 56),
    AT(tb_request, size, 0),
    AT(tb_request, flags, 4),
    AT(tb_request, method, 8),
    AT(tb_request, path, 16),
    AT(tb_request, query, 24),
    AT(tb_request, json, 32),
    AT(tb_request, headers, 40),
    AT(tb_request, operation, 48),
    SIZE(tb_response, 32),
    AT(tb_response, size, 0),
    AT(tb_response, status, 4),
    AT(tb_response, json, 8),
    AT(tb_response, body, 16),
    AT(tb_response, body_size, 24),
    SIZE(tb_money, 16),
    AT(tb_money, amount, 0),
    AT(tb_money, currency, 8),
    SIZE(tb_param, 64),
    AT(tb_param, name, 0),
    AT(tb_param, type, 8),
    AT(tb_param, flags, 12),
    AT(tb_param, fallback, 16),
    AT(tb_param, least, 24),
    AT(tb_param, most, 32),
    AT(tb_param, choices, 40),
    AT(tb_param, help, 48),
    AT(tb_param, offset, 56),
    SIZE(tb_operation, 32),
    AT(tb_operation, name, 0),
    AT(tb_operation, effect, 8),
    AT(tb_operation, takes, 16),
    AT(tb_operation, sets, 24),
    SIZE(tb_reason, 32),
    AT(tb_reason, code, 0),
    AT(tb_reason, title, 8),
    AT(tb_reason, remedy, 16),
    AT(tb_reason, owner, 24),
    SIZE(tb_webhook, 56),
    AT(tb_webhook, size, 0),
    AT(tb_webhook, auth, 4),
    AT(tb_webhook, stored, 8),
    AT(tb_webhook, duplicate, 12),
    AT(tb_webhook, busy, 16),
    AT(tb_webhook, denied, 20),
    AT(tb_webhook, malformed, 24),
    AT(tb_webhook, too_large, 28),
    AT(tb_webhook, body_limit, 32),
    AT(tb_webhook, signatures, 40),
    AT(tb_webhook, challenge, 48),
    SIZE(tb_common, 40),
    AT(tb_common, size, 0),
    AT(tb_common, check, 8),
    AT(tb_common, open, 16),
    AT(tb_common, close, 24),
    AT(tb_common, doctor, 32),
    SIZE(tb_source, 40),
    AT(tb_source, size, 0),
    AT(tb_source, read, 8),
    AT(tb_source, receive, 16),
    AT(tb_source, hydrate, 24),
    AT(tb_source, snapshot, 32),
    SIZE(tb_transform, 16),
    AT(tb_transform, size, 0),
    AT(tb_transform, apply, 8),
    SIZE(tb_sink, 24),
    AT(tb_sink, size, 0),
    AT(tb_sink, deliver, 8),
    AT(tb_sink, probe, 16),
    SIZE(tb_plugin, 128),
    AT(tb_plugin, magic, 0),
    AT(tb_plugin, abi_major, 4),
    AT(tb_plugin, abi_minor, 6),
    AT(tb_plugin, size, 8),
    AT(tb_plugin, self_size, 12),
    AT(tb_plugin, name, 16),
    AT(tb_plugin, version, 24),
    AT(tb_plugin, summary, 32),
    AT(tb_plugin, reads, 40),
    AT(tb_plugin, writes, 48),
    AT(tb_plugin, params, 56),
    AT(tb_plugin, operations, 64),
    AT(tb_plugin, reasons, 72),
    AT(tb_plugin, namespaces, 80),
    AT(tb_plugin, webhook, 88),
    AT(tb_plugin, common, 96),
    AT(tb_plugin, source, 104),
    AT(tb_plugin, transform, 112),
    AT(tb_plugin, sink, 120),
    SIZE(tb_note, 32),
    AT(tb_note, name_size, 0),
    AT(tb_note, desc_size, 4),
    AT(tb_note, type, 8),
    AT(tb_note, name, 12),
    AT(tb_note, magic, 24),
    AT(tb_note, abi_major, 28),
    AT(tb_note, abi_minor, 30),
};
/* clang-format on */

START_TEST(layouts_have_not_moved)
{
    if (sizeof(void *) != 8)
        return; /* the table is that of LP64 */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(rows[i].is == rows[i].was, "%s.%s is at %zu, was at %zu", rows[i].type, rows[i].field,
                      rows[i].is, rows[i].was);
}
END_TEST

START_TEST(numbers_have_not_changed)
{
    static const struct {
        const char *name;
        int is, was;
    } numbers[] = {
        {"TB_OK", TB_OK, 0},
        {"TB_APPLIED", TB_APPLIED, 1},
        {"TB_NOOP", TB_NOOP, 2},
        {"TB_RETRY", TB_RETRY, 3},
        {"TB_REJECT", TB_REJECT, 4},
        {"TB_DROP", TB_DROP, 5},
        {"TB_WAIT", TB_WAIT, 6},
        {"TB_UNKNOWN", TB_UNKNOWN, 7},
        {"TB_SPLIT", TB_SPLIT, 8},
        {"TB_STRING", TB_STRING, 1},
        {"TB_INT", TB_INT, 2},
        {"TB_BOOL", TB_BOOL, 3},
        {"TB_DURATION", TB_DURATION, 4},
        {"TB_BYTES", TB_BYTES, 5},
        {"TB_TIME", TB_TIME, 6},
        {"TB_TABLE", TB_TABLE, 7},
        {"TB_CHOICE", TB_CHOICE, 8},
        {"TB_QUANTITY", TB_QUANTITY, 9},
        {"TB_REQUIRED", TB_REQUIRED, 1},
        {"TB_SECRET", TB_SECRET, 2},
        {"TB_IDEMPOTENT", TB_IDEMPOTENT, 1},
        {"TB_CREATE", TB_CREATE, 2},
        {"TB_BULK", TB_BULK, 1},
        {"TB_FIRST", TB_FIRST, 2},
        {"TB_RAW", TB_RAW, 4},
        {"TB_HALF_UP", TB_HALF_UP, 0},
        {"TB_HALF_EVEN", TB_HALF_EVEN, 1},
        {"TB_DOWN", TB_DOWN, 2},
        {"TB_FLOOR", TB_FLOOR, 3},
        {"TB_CEILING", TB_CEILING, 4},
        {"TB_DEBUG", TB_DEBUG, 0},
        {"TB_ERROR", TB_ERROR, 3},
        {"TB_BAD", TB_BAD, 2},
        {"TB_WEBHOOK_BASIC", TB_WEBHOOK_BASIC, 1},
        {"TB_ABI_MAJOR", TB_ABI_MAJOR, 0},
        {"TB_WEBHOOK_SIGNED", TB_WEBHOOK_SIGNED, 2},
        {"TB_ABI_MINOR", TB_ABI_MINOR, 2},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ck_assert_msg(numbers[i].is == numbers[i].was, "%s is %d, was %d", numbers[i].name, numbers[i].is,
                      numbers[i].was);
    ck_assert_uint_eq(TB_ABI_MAGIC, 0x54424c50u);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("abi");
    TCase *t = tcase_create("abi");
    suite_add_tcase(s, t);
    tcase_add_test(t, layouts_have_not_moved);
    tcase_add_test(t, numbers_have_not_changed);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
