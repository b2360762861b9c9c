/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a till order that we make: P-<order>-<part>-<attempt>. It is read from behind, because a
 * shop's order number may hold hyphens of its own (000000012-1). */
#include "plugins/sitoo/external.h"

#include <stdio.h>
#include <string.h>

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

bool sitoo_external_fits(const char *text)
{
    size_t n = 0;
    while (text[n] && is_plain(text[n]))
        n++;
    return n && !text[n] && n < SITOO_EXTERNAL;
}

/* Reads the number behind the last hyphen before *end and moves *end to that hyphen; 0: there is none. */
static int number_before(const char *text, size_t *end)
{
    size_t at = *end;
    int number = 0;
    while (at && text[at - 1] >= '0' && text[at - 1] <= '9')
        at--;
    if (at == *end || *end - at > 4 || text[at] == '0' || !at || text[at - 1] != '-')
        return 0;
    for (size_t i = at; i < *end; i++)
        number = number * 10 + (text[i] - '0');
    *end = at - 1;
    return number;
}

bool sitoo_external_parse(const char *text, sitoo_external *out)
{
    size_t end = strlen(text);
    if (!sitoo_external_fits(text) || strncmp(text, "P-", 2))
        return false;
    *out = (sitoo_external){.attempt = number_before(text, &end)};
    out->part = out->attempt ? number_before(text, &end) : 0;
    if (!out->part || end <= 2)
        return false;
    snprintf(out->order, sizeof out->order, "%.*s", (int)(end - 2), text + 2);
    return true;
}

int sitoo_external_write(const char *order, int part, int attempt, char out[SITOO_EXTERNAL])
{
    int n = snprintf(out, SITOO_EXTERNAL, "P-%s-%d-%d", order, part, attempt);
    return n > 0 && n < SITOO_EXTERNAL && *order && sitoo_external_fits(out) ? 0 : -1;
}

/* ---- of the connector before ---- */

static const char *place_of(const char *pattern)
{
    const char *at = pattern ? strstr(pattern, "%s") : NULL;
    return at && !strchr(at + 1, '%') ? at : NULL;
}

/* What is left of the pattern must make a name of its own, or any external id would be one. */
bool sitoo_adopt_fits(const char *pattern)
{
    char sample[SITOO_EXTERNAL];
    sitoo_external x;
    const char *at = place_of(pattern);
    return at && strlen(pattern) > 2 && strchr(pattern, '%') == at &&
           !sitoo_adopt_write(pattern, "000000001", sample) && !sitoo_external_parse(sample, &x);
}

bool sitoo_adopt_parse(const char *pattern, const char *text, sitoo_external *out)
{
    const char *at = place_of(pattern);
    size_t all = strlen(text), head = at ? (size_t)(at - pattern) : 0, tail = at ? strlen(at + 2) : 0;
    if (!at || !sitoo_external_fits(text) || all <= head + tail || strncmp(text, pattern, head) ||
        strcmp(text + all - tail, at + 2))
        return false;
    *out = (sitoo_external){.part = 1, .attempt = 1};
    snprintf(out->order, sizeof out->order, "%.*s", (int)(all - head - tail), text + head);
    return true;
}

int sitoo_adopt_write(const char *pattern, const char *order, char out[SITOO_EXTERNAL])
{
    const char *at = place_of(pattern);
    if (!at || !*order)
        return -1;
    int n = snprintf(out, SITOO_EXTERNAL, "%.*s%s%s", (int)(at - pattern), pattern, order, at + 2);
    return n > 0 && n < SITOO_EXTERNAL && sitoo_external_fits(out) ? 0 : -1;
}
