/* SPDX-License-Identifier: Apache-2.0 */
/* tb_table: the CSV tables of the configuration, read-only, versioned, reloaded while the daemon runs.
 *
 * The first line names the columns. A table got in a callback stays the same until that callback returns.
 * Rows are numbered from 0, columns from 0. All since 0.1. */
#pragma once
#include <tillbridge/base.h>

TB_BEGIN

typedef struct tb_table tb_table;

const tb_table *tb_table_get(tb_ctx *ctx, const char *name); /* NULL: the configuration has no such table */
/* What the table was before the last reload, when rows have left it since; NULL: nothing to compare with. */
const tb_table *tb_table_before(tb_ctx *ctx, const char *name);
int64_t tb_table_version(const tb_table *table); /* rises with each new content; for tb_depends */
int tb_table_rows(const tb_table *table);
int tb_table_column(const tb_table *table, const char *column);        /* -1: there is none of that name */
const char *tb_table_cell(const tb_table *table, int row, int column); /* "" outside */
/* The first row after `after` (-1: from the start) whose cell in `column` is `value`; -1: none. Indexed. */
int tb_table_find(const tb_table *table, int column, const char *value, int after);

TB_END
