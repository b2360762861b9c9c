/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to the record, and the sentence about an order that does not add up. */
#pragma once
#include "plugins/tax-normalizer/lines.h"
#include "plugins/tax-normalizer/setup.h"

/* body: `tax`, `lines`, `payments`. fault: NULL, or why the order is refused. 0, or -1: out of memory. */
int write_order(json_t *body, const order *o, const reading *r, const lines *l, const setup_known *known,
                const fault *f);

/* Both sides' figures line by line; the caller frees. NULL: out of memory. */
char *write_figures(const order *o, const lines *l, const fault *f);
