/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: one line each, with the place; and the nearest name for "did you mean". */
#include "core/config/model.h"

#include <stdarg.h>
#include <string.h>

/* What stood in a file is shown in a finding: a line break in it would make two findings of one, and other
 * control characters would be the terminal's. */
static void make_plain(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

void config_find(config_findings *f, config_where where, const char *format, ...)
{
    va_list args;
    char sentence[1024];
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    make_plain(sentence);
    if (where.file)
        buffer_printf(&f->text, "%s:%d: ", where.file, where.line);
    buffer_printf(&f->text, "%s\n", sentence);
    f->n++;
}

void config_findings_free(config_findings *f)
{
    buffer_free(&f->text);
    f->n = 0;
}

enum { LONGEST = 48 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, taken out or changed; two neighbours swapped count once. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b), row[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (int j = 0; j <= m; j++)
        row[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *config_nearest(const char *word, const char *const *candidates, int n)
{
    size_t size = strlen(word);
    int best = size <= 3 ? 2 : size <= 6 ? 3 : 4;
    const char *nearest = NULL;
    for (int i = 0; i < n; i++) {
        int d = distance(word, candidates[i]);
        if (d < best) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

bool config_name_fine(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n >= 1 && n <= 32 && !name[n];
}
