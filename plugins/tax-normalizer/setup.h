/* SPDX-License-Identifier: Apache-2.0 */
/* The order's tax set-up against what is configured and what is pinned. */
#pragma once
#include "plugins/tax-normalizer/model.h"
#include "plugins/tax-normalizer/pin.h"

typedef struct setup_known { /* what may be relied on for this order */
    setup s;                 /* pinned, configured or shown by this order; -1: open */
    setup likely;            /* the same, and what is only possible: for how far figures may be apart */
    bool explained;          /* a set-up that is allowed gives these figures */
    int hint;                /* INCLUDING or EXCLUDING: what the rows' original prices say; -1: nothing */
} setup_known;

/* configured: -1 where it is to be found out. TB_OK: *out is filled, what the order shows is pinned with its
 * outcome. TB_REJECT: tax.pin. */
tb_verdict setup_judge(const pin_place *at, tb_record *record, const setup *configured,
                       const fit fits[SETUPS], setup_known *out);

/* What the original prices say of the catalogue's: each taxed row whose original price is its price with tax,
 * or its price without, says one of the two; -1 unless all that say something say the same. A hint only: a
 * special price may hit the other figure by chance. */
int setup_hint(const order *o, const reading *r);
