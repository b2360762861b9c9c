/* SPDX-License-Identifier: Apache-2.0 */
/* CSV tables: what is read is written as CSV and read again as the same cells; a look-up finds what looking
 * at every row finds; a refusal names its line.
 *
 * Input: the file. */
#include "tests/fuzz/fuzz.h"

#include "core/base/buffer.h"
#include "core/sdk/host.h"

static void put_cell(buffer *out, const char *cell)
{
    buffer_putc(out, '"');
    for (; *cell; cell++) {
        if (*cell == '"')
            buffer_putc(out, '"');
        buffer_putc(out, *cell);
    }
    buffer_putc(out, '"');
}

static void check_find(const tb_table *t, int column)
{
    int rows = tb_table_rows(t) < 50 ? tb_table_rows(t) : 50;
    for (int row = 0; row < rows; row++) {
        const char *cell = tb_table_cell(t, row, column);
        int first = 0;
        while (strcmp(tb_table_cell(t, first, column), cell) != 0)
            first++;
        MUST(tb_table_find(t, column, cell, -1) == first, "\"%s\" stands first in row %d", cell, first);
        int next = row + 1;
        while (next < tb_table_rows(t) && strcmp(tb_table_cell(t, next, column), cell) != 0)
            next++;
        MUST(tb_table_find(t, column, cell, row) == (next < tb_table_rows(t) ? next : -1),
             "\"%s\" stands next in row %d", cell, next);
    }
    MUST(tb_table_find(t, column, "no text at all \xff", -1) == -1, "found what is not there");
}

/* The columns' own names are not shown by the reader's functions: the copy has others. */
static char *written(const tb_table *t, int columns)
{
    buffer out = {0};
    for (int c = 0; c < columns; c++)
        buffer_printf(&out, "%sc%d", c ? "," : "", c);
    buffer_puts(&out, "\r\n");
    for (int row = 0; row < tb_table_rows(t); row++) {
        for (int c = 0; c < columns; c++) {
            buffer_puts(&out, c ? "," : "");
            put_cell(&out, tb_table_cell(t, row, c));
        }
        buffer_putc(&out, '\n');
    }
    return buffer_take(&out);
}

static void check_again(const tb_table *t, int columns)
{
    char why[200] = "";
    char *text = written(t, columns);
    tb_table *again = tbh_table_new(text, strlen(text), 2, why, sizeof why);
    MUST(again, "what was read is not read again: %s\n%s", why, text);
    MUST(tb_table_rows(again) == tb_table_rows(t), "%d rows became %d\n%s", tb_table_rows(t),
         tb_table_rows(again), text);
    for (int row = 0; row < tb_table_rows(t); row++) {
        for (int c = 0; c < columns; c++)
            MUST(!strcmp(tb_table_cell(t, row, c), tb_table_cell(again, row, c)), "row %d column %d", row, c);
    }
    MUST(!strcmp(tb_table_cell(t, 0, columns), ""), "a cell outside");
    tbh_table_unref(again);
    free(text);
}

/* Of a table with rows: a look-up in a column that is not there finds nothing. */
static int count_columns(const tb_table *t)
{
    int n = 0;
    while (tb_table_find(t, n, tb_table_cell(t, 0, n), -1) == 0)
        n++;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[200] = "";
    tb_table *t = tbh_table_new((const char *)data, size, 1, why, sizeof why);
    if (!t) {
        int line = 0;
        MUST(sscanf(why, "line %d: ", &line) == 1 && line >= 0 && line <= (int)size + 1, "\"%s\"", why);
        return 0;
    }
    int columns = tb_table_rows(t) ? count_columns(t) : 0;
    MUST(!tb_table_rows(t) || columns > 0, "rows without columns");
    for (int c = 0; c < columns; c++)
        check_find(t, c);
    if (columns)
        check_again(t, columns);
    tbh_table_unref(t);
    return 0;
}
