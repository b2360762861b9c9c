/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of an order carry its money, and what each row costs after discount: found by the header. */
#pragma once
#include "plugins/tax-normalizer/order.h"

typedef struct reading {
    const char *name;    /* as it is written to the record */
    const char *bundles; /* "children" or "parent" carry a bundle's money; "-" there is no bundle */
    bool *carries;       /* per row of the order */
    int64_t *gross;      /* per row that carries: after discount, with tax, without fixed product tax */
    int64_t off;         /* what is paid less what the rows and the other lines add up to, 10^-4 */
} reading;

/* Takes the reading that is off by the least; of several, the one that the rows' own prices speak for, and of
 * those the first of the table. 0, or -1: out of memory. */
int reading_choose(const order *o, reading *out);
void reading_free(reading *r);
#define CLEANUP_READING __attribute__((cleanup(reading_free)))

/* The fixed product tax that counts with this row under that choice of rows: it may stand on the row below
 * the one that carries. */
bool reading_counts_fixed(const order_row *row, bool carries, bool above_carries);

int64_t reading_shipping(const order *o); /* gross after discount */
