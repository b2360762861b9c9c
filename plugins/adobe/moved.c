/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipeline of orders has noted about rows of stock: those that steps of ours have moved (needs.c),
 * and those that documents of others have (changes.c). A namespace has one owning pipeline, so the notes
 * stand in that one's and are read here by its name. */
#include <stdio.h>

#include "plugins/adobe/sink.h"

static bool noted_since(const adobe_sink *self, tb_ctx *ctx, const char *name, const char *source,
                        const char *folded, int64_t when)
{
    char full[160], key[SINK_KEY_MOST];
    snprintf(full, sizeof full, "%s/%s", self->orders, name);
    snprintf(key, sizeof key, "%s/%s", source, folded);
    const char *value = tb_state_get(ctx, full, key);
    json_t *note = value ? json_loads(value, 0, NULL) : NULL;
    bool since = note && json_integer_value(json_object_get(note, "when")) >= when;
    json_decref(note);
    return since;
}

/* The order's next look raises the mark; it is due at once, so a note that is older is of an order that waits
 * for a person. */
bool row_early(const adobe_sink *self, tb_ctx *ctx, const sink_row *row, int64_t mark)
{
    enum { PATIENCE_MS = 10 * 60 * 1000 };
    char name[160], key[SINK_KEY_MOST], folded[SINK_SKU_MOST];
    snprintf(name, sizeof name, "%s/moved", self->orders);
    snprintf(key, sizeof key, "%s/%s", row->source, adobe_fold(row->sku, folded, sizeof folded));
    const char *value = tb_state_get(ctx, name, key);
    json_t *note = value ? json_loads(value, 0, NULL) : NULL;
    int64_t when = json_integer_value(json_object_get(note, "when"));
    bool early =
        json_is_true(json_object_get(note, "found")) && mark < when && tb_now(ctx) - when < PATIENCE_MS;
    json_decref(note);
    return early;
}

bool row_moved(const adobe_sink *self, tb_ctx *ctx, const sink_row *row, int64_t when)
{
    char folded[SINK_SKU_MOST];
    adobe_fold(row->sku, folded, sizeof folded);
    return noted_since(self, ctx, "moved", row->source, folded, when) ||
           noted_since(self, ctx, "changed", row->source, folded, when) ||
           noted_since(self, ctx, "changed", "*", folded, when);
}
