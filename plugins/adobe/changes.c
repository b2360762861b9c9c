/* SPDX-License-Identifier: Apache-2.0 */
/* What documents of others do to the shop's rows of stock: a shipment takes from its source, a credit memo
 * may give back to any. Each is noted once, by source and SKU, in the commit that says its order has changed;
 * the stock pipeline's sink believes no row that it remembers from before (moved.c). Our own shipments are
 * noted by the sink that makes them (needs.c). */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <string.h>

static void note(const adobe_source *self, tb_ctx *ctx, const char *source, const char *sku, int64_t id)
{
    char key[400], folded[200], value[100];
    const char *name = self->stream == STREAM_SHIPMENTS ? "shipment" : "memo";
    snprintf(key, sizeof key, "%s/%s", source, adobe_fold(sku, folded, sizeof folded));
    const char *before = tb_state_get(ctx, NS_CHANGED, key);
    json_t *known = before ? json_loads(before, 0, NULL) : NULL;
    if (adobe_id(json_object_get(known, name)) < id) { /* one that is read again moves nothing again */
        snprintf(value, sizeof value, "{\"when\":%lld,\"%s\":%lld}", (long long)tb_now(ctx), name,
                 (long long)id);
        tb_state_set(ctx, NULL, NS_CHANGED, key, value);
    }
    json_decref(known);
}

static bool is_ours(const json_t *document)
{
    size_t i;
    json_t *comment;
    json_array_foreach(json_object_get(document, "comments"), i, comment)
    {
        if (strstr(adobe_field(comment, "comment"), "[tb:"))
            return true;
    }
    return false;
}

/* A shipment takes from its source; what a credit memo does to which source cannot be told from it. */
void note_changes(const adobe_source *self, tb_ctx *ctx, const json_t *document)
{
    size_t i;
    json_t *item;
    bool shipment = self->stream == STREAM_SHIPMENTS;
    const char *source = adobe_field(json_object_get(document, "extension_attributes"), "source_code");
    if ((!shipment && self->stream != STREAM_CREDITMEMOS) || (shipment && is_ours(document)))
        return;
    json_array_foreach(json_object_get(document, "items"), i, item)
    {
        const char *sku = adobe_field(item, "sku");
        if (*sku && (*source || !shipment))
            note(self, ctx, shipment ? source : "*", sku, adobe_id(json_object_get(document, "entity_id")));
    }
}
