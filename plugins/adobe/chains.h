/* SPDX-License-Identifier: Apache-2.0 */
/* Orders by the key of their records. Whoever edits an order in the shop replaces it by a new one
 * (000000012-1), so a key stands for a chain: the original and those that came after it. */
#ifndef ADOBE_CHAINS_H
#define ADOBE_CHAINS_H

#include "plugins/adobe/client.h"

enum { ADOBE_KEY_MOST = 28 }; /* what is left for it in an external id of the till */

/* What the key is: the original's increment id, or its entity id. */
typedef enum adobe_ids { ADOBE_INCREMENT, ADOBE_ENTITY } adobe_ids;
#define ADOBE_IDS "increment entity"

/* The increment id of the order's original: its own if it is one. */
const char *adobe_original(const json_t *order);
bool adobe_key_fits(const char *key); /* [A-Za-z0-9_-], not too long */

/* Adds {key: [orders by rising entity id]} to `chains`; a key without orders is not in it. fields: of the
 * orders, NULL for all that there is; it must ask for the ids (ADOBE_CHAIN_FIELDS). As adobe_list. */
#define ADOBE_CHAIN_FIELDS                                                                                   \
    "entity_id,increment_id,original_increment_id,relation_child_id,store_id,state,status"
int adobe_chains(tb_ctx *ctx, adobe_ids ids, const char *const *keys, size_t count, const char *fields,
                 json_t *chains, char *why, size_t size);

#endif
