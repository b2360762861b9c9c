/* SPDX-License-Identifier: Apache-2.0 */
/* Between the daemon and the modelled ends: exchanges go to the machines of sdk/sim, events come back as
 * webhooks. Both take time, and an end goes on with a call whose caller is gone. */
#ifndef TB_FAULTS_ENDS_H
#define TB_FAULTS_ENDS_H

#include "core/base/env.h"

enum { PORT_SITOO = 1, PORT_ADOBE, PORT_LEDGER, PORT_EVENTS };

/* env_exchange of the daemon's threads (to an end) and of the ends' (an event to the daemon). */
void ends_exchange(const env_request *q, env_answer *a);

/* The daemon has been ended: what it had on its way may still land, and is forgiven for that. */
void ends_forgive(int64_t now);

typedef struct {
    int64_t calls, lost, events;
} ends_counts;
extern ends_counts ends_done;

#endif
