/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the query of a list route so that its signature holds on every release: names encoded, indexes below
 * 10, no name twice, the whole below 2 kB. Groups are AND-ed, the filters of one group OR-ed; lists go
 * through `in`. */
#ifndef ADOBE_QUERY_H
#define ADOBE_QUERY_H

#include <stdbool.h>
#include <stddef.h>

enum { ADOBE_QUERY_MOST = 1900, ADOBE_IN_MOST = 50 };

typedef struct adobe_query { /* {0} is an empty one */
    char text[ADOBE_QUERY_MOST + 1];
    size_t size;
    int groups, filters; /* filters: of the last group */
    int sorts;
    bool failed; /* too long, or an eleventh group or filter */
} adobe_query;

void adobe_query_filter(adobe_query *q, const char *field, const char *condition, const char *value);
/* One filter more in the last group: either of them may hold. */
void adobe_query_or(adobe_query *q, const char *field, const char *condition, const char *value);
/* As many of the values as one call may name; gives how many (0: the first cannot be in a list: ask for it
 * with `eq`). Room for the rest of the query is left. */
size_t adobe_query_in(adobe_query *q, const char *field, const char *const *values, size_t count);
/* One filter more in the last group: one of the values. All of them, or the query fails. */
void adobe_query_or_in(adobe_query *q, const char *field, const char *const *values, size_t count);
void adobe_query_sort(adobe_query *q, const char *field); /* a second one counts where the first are equal */
void adobe_query_page(adobe_query *q, int size, int current);
void adobe_query_fields(adobe_query *q, const char *fields); /* "items[sku],total_count" */
const char *adobe_query_text(const adobe_query *q);          /* NULL when failed */

#endif
