/* SPDX-License-Identifier: Apache-2.0 */
/* What Sitoo's answers have shown, read apart from the plugin: which rows, and whether a row that was not
 * shown may be taken as zero (trade rule R7). It is stricter with itself than with the plugin: it only ever
 * says that a zero has no reason. */
#ifndef TB_FUZZ_SHOWN_H
#define TB_FUZZ_SHOWN_H

#include "tests/fuzz/world.h"

void shown_clear(void);
void shown_take(const tb_request *asked, const tb_response *answer); /* a world_seen */

bool shown_warehouse(int64_t warehouse);
/* A row with just these quantities, in a list of rows or (reserved < 0) with that total in a transaction. */
bool shown_row(int64_t warehouse, const char *sku, int64_t total, int64_t reserved);
/* That row more than once, in one list of rows. */
bool shown_twice(int64_t warehouse, const char *sku);
/* NULL: the row was asked for and a whole list did not show it; else why it must not be taken as zero.
 * empty: the last full read found the warehouse empty. */
const char *shown_why_not_zero(int64_t warehouse, const char *sku, bool empty);

#endif
