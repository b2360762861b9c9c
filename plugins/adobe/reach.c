/* SPDX-License-Identifier: Apache-2.0 */
/* Looks whether orders can be read: each route with the right that the account needs for it, and whether the
 * orders' numbers can be the names of records. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE = 50 };

static int ask_newest(tb_ctx *ctx, const char *path, const char *fields, int size, tb_response *r)
{
    char text[200];
    adobe_query q = {.size = 0};
    adobe_query_page(&q, size, 1);
    if (fields) {
        snprintf(text, sizeof text, "items[%s],total_count", fields);
        adobe_query_fields(&q, text);
    }
    return adobe_get(ctx, path, &q, TB_BULK, r);
}

static bool examine_route(tb_ctx *ctx, tb_doctor *doctor, const char *path, const char *right)
{
    char text[300];
    int64_t total;
    ADOBE_RESPONSE r = {.size = sizeof r};
    if (ask_newest(ctx, path, NULL, 1, &r)) {
        tb_found(doctor, TB_BAD, path, "no answer, or no right: the account needs %s (the log says which)",
                 right);
        return false;
    }
    if (adobe_items(&r, &total)) {
        tb_found(doctor, TB_GOOD, path, "readable, %lld there", (long long)total);
        return true;
    }
    tb_found(doctor, TB_BAD, path, "answered %d %s", r.status, adobe_message(&r, text, sizeof text));
    return false;
}

/* The sample shows the form of the numbers; that they repeat shows only where they do in it. */
static void examine_numbers(const adobe_source *self, tb_ctx *ctx, tb_doctor *doctor)
{
    size_t i;
    json_t *order, *seen = json_object();
    int64_t total;
    int bad = 0;
    ADOBE_RESPONSE r = {.size = sizeof r};
    const json_t *items =
        self->ids != ADOBE_INCREMENT ||
                ask_newest(ctx, "/V1/orders", "entity_id,increment_id,original_increment_id", SAMPLE, &r)
            ? NULL
            : adobe_items(&r, &total);
    json_array_foreach((json_t *)items, i, order)
    {
        const char *number = adobe_field(order, "increment_id");
        if (!adobe_key_fits(adobe_original(order)) && !bad++)
            tb_found(doctor, TB_BAD, number,
                     "the order's number does not fit into an external id of the till");
        if (json_object_get(seen, number) && !bad++)
            tb_found(doctor, TB_BAD, number, "two orders have this number: set ids = \"entity\"");
        json_object_set_new(seen, number, json_true());
    }
    if (items && !bad)
        tb_found(doctor, TB_GOOD, "numbers", "those of %zu orders differ and fit", json_array_size(items));
    json_decref(seen);
}

void source_doctor(const adobe_source *self, tb_ctx *ctx, tb_doctor *doctor)
{
    bool good = true;
    for (size_t i = 0; i < sizeof adobe_streams / sizeof *adobe_streams; i++)
        good &= examine_route(ctx, doctor, adobe_streams[i].path, adobe_streams[i].right);
    good &= examine_route(ctx, doctor, "/V1/products", "Magento_Catalog::products (for bundles)");
    if (good)
        examine_numbers(self, ctx, doctor);
}
