/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance over at most NEAREST_TEXT bytes with three rows of the table. Longer names than that are cut:
 * a suggestion may be wrong, it is only read by a person. */
#include "plugins/nearest/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int fold(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : (unsigned char)c;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static size_t cut(const char *text)
{
    return strnlen(text, NEAREST_TEXT - 1);
}

int nearest_distance(const char *a, const char *b, int limit)
{
    int rows[3][NEAREST_TEXT];
    size_t n = cut(a), m = cut(b);
    size_t apart = n > m ? n - m : m - n;
    if (apart > (size_t)limit)
        return limit + 1;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int same = fold(a[i - 1]) == fold(b[j - 1]);
            now[j] = smaller(smaller(before[j], now[j - 1]) + 1, before[j - 1] + !same);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]))
                now[j] = smaller(now[j], earlier[j - 2] + 1);
        }
    }
    return smaller(rows[n % 3][m], limit + 1);
}

void nearest_start(nearest *n, const char *wanted)
{
    *n = (nearest){.count = 0};
    snprintf(n->wanted, sizeof n->wanted, "%s", wanted);
}

static bool known(const nearest *n, const char *candidate)
{
    for (int i = 0; i < n->count; i++) {
        if (!strncmp(n->best[i].text, candidate, NEAREST_TEXT - 1))
            return true;
    }
    return false;
}

void nearest_offer(nearest *n, const char *candidate)
{
    int limit = (int)strlen(n->wanted) / 3 + 1;
    int distance = nearest_distance(n->wanted, candidate, limit);
    if (!*candidate || distance > limit || known(n, candidate))
        return;
    int at = n->count < NEAREST_MOST ? n->count++ : NEAREST_MOST;
    for (; at > 0 && n->best[at - 1].distance > distance; at--) {
        if (at < NEAREST_MOST)
            n->best[at] = n->best[at - 1];
    }
    if (at == NEAREST_MOST)
        return;
    snprintf(n->best[at].text, sizeof n->best[at].text, "%s", candidate);
    n->best[at].distance = distance;
}

const char *nearest_print(const nearest *n, const char *otherwise, char *out, size_t size)
{
    snprintf(out, size, "%s", n->count ? "nearest: " : otherwise);
    for (int i = 0; i < n->count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i ? ", " : "", n->best[i].text);
    }
    return out;
}

static size_t add_cell(char *out, size_t size, size_t at, const char *cell)
{
    bool quote = strpbrk(cell, ",\"\r\n") || cell[0] == ' ';
    if (quote && at + 1 < size)
        out[at++] = '"';
    for (; *cell && at + 2 < size; cell++) {
        if (*cell == '"')
            out[at++] = '"';
        out[at++] = *cell;
    }
    if (quote && at + 1 < size)
        out[at++] = '"';
    return at;
}

const char *nearest_csv(const char *a, const char *b, char *out, size_t size)
{
    size_t at = add_cell(out, size, 0, a);
    if (at + 1 < size)
        out[at++] = ',';
    at = add_cell(out, size, at, b);
    out[at] = '\0';
    return out;
}
