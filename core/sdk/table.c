/* SPDX-License-Identifier: Apache-2.0 */
/* CSV tables, whole in memory and never changed: RFC 4180 with UTF-8, LF or CRLF, an optional byte order
 * mark, and empty lines passed over. Cells are texts in one block; each column has its rows sorted by (text,
 * row), so a look-up is one binary search and all threads may read without locks. */
#include "core/sdk/host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tb_table {
    int refs;
    int64_t version;
    int columns, rows;  /* rows without the first line */
    char *text;         /* all cells, each ending with NUL */
    const char **cells; /* columns * (rows + 1), the names first */
    int *sorted;        /* columns * rows */
};

typedef struct reader {
    const char *p, *end;
    char *out;
    int line;
    tb_table *t;
    size_t n, room; /* of cells */
    char *why;
    size_t why_size;
} reader;

static int fault(reader *r, int line, const char *what)
{
    snprintf(r->why, r->why_size, "line %d: %s", line, what);
    return -1;
}

static int end_cell(reader *r, const char *cell)
{
    *r->out++ = '\0';
    if (r->n == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        const char **cells = realloc(r->t->cells, room * sizeof *cells);
        if (!cells)
            return fault(r, r->line, "out of memory");
        r->t->cells = cells;
        r->room = room;
    }
    r->t->cells[r->n++] = cell;
    return 0;
}

/* A cell in quotes; r->p stands behind the first. A doubled quote is one. */
static int read_quoted(reader *r)
{
    int first = r->line;
    for (; r->p < r->end; r->p++) {
        if (*r->p == '"') {
            if (r->p + 1 == r->end || r->p[1] != '"') {
                r->p++;
                return 0;
            }
            r->p++;
        }
        r->line += *r->p == '\n';
        *r->out++ = *r->p;
    }
    return fault(r, first, "a quote is opened and never closed");
}

static int read_plain(reader *r)
{
    while (r->p < r->end && !strchr(",\r\n", *r->p)) {
        if (*r->p == '"')
            return fault(r, r->line, "a quote inside a cell: put the whole cell in quotes and double it");
        *r->out++ = *r->p++;
    }
    return 0;
}

/* Passes the end of a line, if one is here. */
static bool pass_end(reader *r)
{
    size_t left = (size_t)(r->end - r->p);
    size_t n = left >= 2 && r->p[0] == '\r' && r->p[1] == '\n' ? 2 : left >= 1 && *r->p == '\n';
    r->p += n;
    r->line += n > 0;
    return n > 0;
}

/* One cell; 1: the row goes on, 0: it has ended, -1: told. */
static int read_cell(reader *r)
{
    const char *cell = r->out;
    bool quoted = r->p < r->end && *r->p == '"';
    if (quoted)
        r->p++;
    if (quoted ? read_quoted(r) : read_plain(r))
        return -1;
    if (end_cell(r, cell))
        return -1;
    if (r->p < r->end && *r->p == ',') {
        r->p++;
        return 1;
    }
    if (r->p == r->end || pass_end(r))
        return 0;
    return fault(r, r->line,
                 quoted ? "text behind a closing quote" : "a carriage return without a line feed");
}

static int read_row(reader *r)
{
    size_t before = r->n;
    int line = r->line, more;
    while ((more = read_cell(r)) > 0)
        ;
    if (more < 0)
        return -1;
    if (r->n - before > INT_MAX / 2)
        return fault(r, line, "too many cells");
    int n = (int)(r->n - before);
    if (r->t->columns == 0) {
        r->t->columns = n;
        return 0;
    }
    if (n != r->t->columns) {
        char what[80];
        snprintf(what, sizeof what, "%d cells where the first line names %d columns", n, r->t->columns);
        return fault(r, line, what);
    }
    r->t->rows++;
    return r->t->rows < INT_MAX / r->t->columns - 1 ? 0 : fault(r, line, "too many rows");
}

/* Valid UTF-8 without control characters that would end a text early: the line of the first fault, 0: none.
 */
static int utf8_fault(const char *content, size_t size)
{
    const unsigned char *p = (const unsigned char *)content, *end = p + size;
    int line = 1;
    while (p < end) {
        int more = *p < 0x80                 ? 0
                   : *p >= 0xc2 && *p < 0xe0 ? 1
                   : (*p & 0xf0) == 0xe0     ? 2
                   : *p >= 0xf0 && *p < 0xf5 ? 3
                                             : -1;
        if (more < 0 || *p == 0 || end - p <= more)
            return line;
        bool low = (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xf0 && p[1] < 0x90);
        bool high = (*p == 0xed && p[1] > 0x9f) || (*p == 0xf4 && p[1] > 0x8f);
        if (low || high)
            return line;
        for (int i = 1; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return line;
        }
        line += *p == '\n';
        p += 1 + more;
    }
    return 0;
}

static int check_names(reader *r)
{
    for (int i = 0; i < r->t->columns; i++) {
        if (!*r->t->cells[i])
            return fault(r, 1, "a column without a name");
        for (int j = 0; j < i; j++) {
            if (!strcmp(r->t->cells[i], r->t->cells[j]))
                return fault(r, 1, "two columns of one name");
        }
    }
    return 0;
}

static int read_all(reader *r)
{
    while (r->p < r->end) {
        if (!pass_end(r) && read_row(r))
            return -1;
    }
    if (!r->t->columns)
        return fault(r, 1, "empty: the first line names the columns");
    return check_names(r);
}

/* ---- the index ---- */

typedef struct order {
    const tb_table *t;
    int column;
} order;

static int compare_rows(const void *a, const void *b, void *arg)
{
    const order *o = arg;
    int x = *(const int *)a, y = *(const int *)b;
    int c = strcmp(tb_table_cell(o->t, x, o->column), tb_table_cell(o->t, y, o->column));
    return c ? c : (x > y) - (x < y);
}

static int make_index(tb_table *t)
{
    size_t rows = (size_t)t->rows;
    t->sorted = malloc((rows ? rows * (size_t)t->columns : 1) * sizeof *t->sorted);
    if (!t->sorted)
        return -1;
    for (int c = 0; c < t->columns; c++) {
        int *of = t->sorted + rows * (size_t)c;
        for (int i = 0; i < t->rows; i++)
            of[i] = i;
        order o = {t, c};
        qsort_r(of, rows, sizeof *of, compare_rows, &o);
    }
    return 0;
}

tb_table *tbh_table_new(const char *content, size_t size, int64_t version, char *why, size_t why_size)
{
    tb_table *t = calloc(1, sizeof *t);
    reader r = {.p = content, .end = content + size, .line = 1, .t = t, .why = why, .why_size = why_size};
    if (size >= 3 && !memcmp(content, "\xef\xbb\xbf", 3))
        r.p += 3;
    if (t) /* each cell takes at most its own bytes and the separator's */
        t->text = r.out = malloc(size + 2);
    if (!t || !t->text) {
        free(t);
        fault(&r, 0, "out of memory");
        return NULL;
    }
    t->refs = 1;
    t->version = version;
    int bad = utf8_fault(content, size);
    if (bad)
        fault(&r, bad, "not UTF-8 text");
    if (bad || read_all(&r) || (make_index(t) && fault(&r, 0, "out of memory"))) {
        tbh_table_unref(t);
        return NULL;
    }
    return t;
}

tb_table *tbh_table_ref(tb_table *table)
{
    if (table)
        __atomic_add_fetch(&table->refs, 1, __ATOMIC_RELAXED);
    return table;
}

void tbh_table_unref(tb_table *table)
{
    if (!table || __atomic_sub_fetch(&table->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(table->text);
    free(table->cells);
    free(table->sorted);
    free(table);
}

/* ---- reading ---- */

int64_t tb_table_version(const tb_table *table)
{
    return table->version;
}

int tb_table_rows(const tb_table *table)
{
    return table->rows;
}

int tb_table_column(const tb_table *table, const char *column)
{
    for (int i = 0; i < table->columns; i++) {
        if (!strcmp(table->cells[i], column))
            return i;
    }
    return -1;
}

const char *tb_table_cell(const tb_table *table, int row, int column)
{
    if (row < 0 || row >= table->rows || column < 0 || column >= table->columns)
        return "";
    return table->cells[(size_t)(row + 1) * (size_t)table->columns + (size_t)column];
}

int tb_table_find(const tb_table *table, int column, const char *value, int after)
{
    if (column < 0 || column >= table->columns)
        return -1;
    const int *of = table->sorted + (size_t)table->rows * (size_t)column;
    int low = 0, high = table->rows; /* the first place that is not before (value, after + 1) */
    while (low < high) {
        int middle = low + (high - low) / 2;
        int c = strcmp(tb_table_cell(table, of[middle], column), value);
        if (c < 0 || (c == 0 && of[middle] <= after))
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->rows && !strcmp(tb_table_cell(table, of[low], column), value) ? of[low] : -1;
}
