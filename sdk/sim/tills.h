/* SPDX-License-Identifier: Apache-2.0 */
/* What tills do, one step at a time. With the world's lock held. */
#ifndef TB_SIM_TILLS_H
#define TB_SIM_TILLS_H

#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"

typedef struct {
    int64_t sales, returns, counts, bookings, delivered, offline, uploaded, manual, transfers, refused;
} tills_counts;
extern tills_counts tills_done;

json_t *till_sale(const json_t *arguments, char *why, size_t size);
size_t till_pending(void); /* sales made offline, not yet uploaded */
void till_upload_due(int64_t now, bool all);
void tills_forget(void);

/* tills_orders.c: what staff do with a web order; *known: there is such a verb. */
json_t *till_staff(const char *verb, const json_t *arguments, bool *known, char *why, size_t size);

#endif
