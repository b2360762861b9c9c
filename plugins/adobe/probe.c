/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a call whose answer was lost has had its effect. The record is as its source made it and names the
 * order by its key only; so the order's chain is looked up, and the token is looked for in the comments of
 * its documents. */
#include "plugins/adobe/order.h"

#include <stdio.h>
#include <string.h>

#include "core/base/sabotage.h"

#define CHAIN_FIELDS                                                                                         \
    ADOBE_CHAIN_FIELDS                                                                                       \
    ",items[item_id,parent_item_id,sku],extension_attributes[notification_sent,pickup_location_code]"

json_t *probe_chain(adobe_sink *self, tb_ctx *ctx, tb_record *record)
{
    char why[500] = "";
    const char *key = tb_record_key(record);
    json_t *chains = json_object();
    int failed = adobe_chains(ctx, (adobe_ids)self->ids, &key, 1, CHAIN_FIELDS, chains, why, sizeof why);
    json_t *chain = json_incref(json_object_get(chains, key));
    json_decref(chains);
    if (failed > 0)
        tb_log(ctx, TB_WARN, "adobe.probe", "%s", why);
    if (failed) {
        json_decref(chain);
        return NULL;
    }
    if (!chain)
        tb_retry(record, "the shop lists no order by the key %s: is `ids` the same here and at the source?",
                 key);
    return chain;
}

bool probe_carries(const json_t *comments, const char *token)
{
    size_t i;
    json_t *comment;
    if (!*token || SABOTAGE("probe-skipped"))
        return false;
    json_array_foreach((json_t *)comments, i, comment)
    {
        if (strstr(adobe_field(comment, "comment"), token))
            return true;
    }
    return false;
}

json_t *probe_documents(tb_ctx *ctx, tb_record *record, const char *path, const json_t *chain)
{
    size_t i;
    char id[24], why[500] = "";
    json_t *order, *document, *found = json_null(), *all = json_array();
    int failed = 0;
    json_array_foreach((json_t *)chain, i, order)
    {
        adobe_query q = {.size = 0};
        snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
        adobe_query_filter(&q, "order_id", "eq", id);
        adobe_query_sort(&q, "entity_id");
        failed = failed ? failed : adobe_list(ctx, path, &q, 0, all, why, sizeof why);
    }
    json_array_foreach(all, i, document)
    {
        if (probe_carries(json_object_get(document, "comments"), tb_record_probe(record)))
            found = document;
    }
    if (failed > 0)
        tb_log(ctx, TB_WARN, "adobe.probe", "%s", why);
    json_incref(found);
    json_decref(all);
    return failed ? (json_decref(found), NULL) : found;
}

tb_verdict probe_found(tb_record *record, int64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)id);
    return tb_applied(record, id ? text : NULL);
}
