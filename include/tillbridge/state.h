/* SPDX-License-Identifier: Apache-2.0 */
/* tb_state: durable memory of a pipeline, by namespace and key, written in the commit of the outcome.
 *
 * A namespace is declared by the plugin and owned by its pipeline. In calls, "rows" means the own pipeline's,
 * "stock/rows" that of pipeline stock (read only). A callback reads what is committed, overlaid with its own
 * changes. Changes made for a record are kept if its verdict is APPLIED, NOOP or DROP and thrown away
 * otherwise; changes made for no record (read, receive) are kept with the feed. Values are at most 64 KiB of
 * text. Texts live until the callback returns. All since 0.1.
 *
 * What a person must approve: what is in force is a JSON list at KEY, what is proposed instead an object at
 * KEY/proposed. `tillbridge approve NAMESPACE` appends it, with the approver's name in "by", and removes it;
 * records that depend on KEY come again. */
#pragma once

#include <tillbridge/record.h>

TB_BEGIN

const char *tb_state_get(tb_ctx *ctx, const char *name, const char *key); /* NULL: absent */
int64_t tb_state_version(tb_ctx *ctx, const char *name, const char *key); /* 0: absent; for tb_depends */
/* value NULL removes. `record` is the one it belongs to, NULL in read and receive. 0, or -1: not the owner,
 * not declared, too large, out of memory (told in the log). */
int tb_state_set(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value);
/* The same, kept also when the record is rejected. */
int tb_state_set_always(tb_ctx *ctx, tb_record *record, const char *name, const char *key, const char *value);
/* Calls `each` for every key with that prefix, by key, until it returns other than 0, and returns that.
 * Committed values only. */
int tb_state_list(tb_ctx *ctx, const char *name, const char *prefix,
                  int (*each)(void *arg, const char *key, const char *value), void *arg);

TB_END
