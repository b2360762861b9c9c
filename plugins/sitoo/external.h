/* SPDX-License-Identifier: Apache-2.0 */
/* External ids of the till orders that we make: P-<order>-<part>-<attempt>, where <order> is the key of the
 * web order's record. Sitoo takes 1 to 40 of [A-Za-z0-9_-], each once for ever, also of cancelled orders. */
#ifndef SITOO_EXTERNAL_H
#define SITOO_EXTERNAL_H

#include <stdbool.h>

enum { SITOO_EXTERNAL = 41 }; /* with its NUL */

typedef struct sitoo_external {
    char order[SITOO_EXTERNAL];
    int part, attempt; /* 1 to 9999 */
} sitoo_external;

bool sitoo_external_fits(const char *text);                       /* as Sitoo takes them */
bool sitoo_external_parse(const char *text, sitoo_external *out); /* false: not one of ours */
int sitoo_external_write(const char *order, int part, int attempt,
                         char out[SITOO_EXTERNAL]); /* -1: too long */

/* Ids of the connector that was there before: a pattern with one %s for the shop's number of the order. Read,
 * they are part 1, attempt 1. */
bool sitoo_adopt_fits(const char *pattern);
bool sitoo_adopt_parse(const char *pattern, const char *text, sitoo_external *out);
int sitoo_adopt_write(const char *pattern, const char *order, char out[SITOO_EXTERNAL]);

#endif
