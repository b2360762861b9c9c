/* SPDX-License-Identifier: Apache-2.0 */
/* What a person may have meant: the few names nearest to one that is not known, and the line to put in a CSV
 * table. A convenience library of plugins; no allocation, no host. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

enum { NEAREST_MOST = 3, NEAREST_TEXT = 80 };

typedef struct nearest {
    char wanted[NEAREST_TEXT];
    int count;
    struct {
        char text[NEAREST_TEXT];
        int distance;
    } best[NEAREST_MOST]; /* nearest first */
} nearest;

/* Edits (insert, delete, replace, swap neighbours) from a to b, ignoring ASCII case; limit + 1 if above
 * limit. */
int nearest_distance(const char *a, const char *b, int limit);

void nearest_start(nearest *n, const char *wanted);
void nearest_offer(nearest *n, const char *candidate); /* kept if near enough and not there already */
/* "nearest: A, B, C", or the given sentence if nothing is near. Returns out. */
const char *nearest_print(const nearest *n, const char *otherwise, char *out, size_t size);

/* One CSV line `a,b` without a line end, cells quoted where they must be. Returns out. */
const char *nearest_csv(const char *a, const char *b, char *out, size_t size);

#endif
