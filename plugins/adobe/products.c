/* SPDX-License-Identifier: Apache-2.0 */
/* The shop accepts rows of SKUs it does not have and of composite products, without a word. So each SKU is
 * looked up before its first write, remembered for a day, and forgotten when a write of it is refused. That
 * it is not there is believed for one delivery only: it may be made at any time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/adobe/sink.h"
#include "plugins/nearest/nearest.h"

enum { NEAR_PAGE = 50, DAY = 24 * SINK_HOUR };

static json_t *entry_of(const adobe_sink *self, const char *sku)
{
    char folded[SINK_SKU_MOST];
    return json_object_get(self->products, adobe_fold(sku, folded, sizeof folded));
}

static void set_entry(adobe_sink *self, const char *sku, const char *shop_sku, const char *type, int64_t when,
                      bool kept)
{
    char folded[SINK_SKU_MOST];
    if (!self->products)
        self->products = json_object();
    json_object_set_new(self->products, adobe_fold(sku, folded, sizeof folded),
                        json_pack("{s:s, s:s, s:I, s:b}", "sku", shop_sku, "type", type, "when",
                                  (json_int_t)when, "kept", kept));
}

/* From the state into the instance, if it is there and young. */
static bool recall(adobe_sink *self, tb_ctx *ctx, const char *sku, int64_t now)
{
    char folded[SINK_SKU_MOST];
    const char *value = tb_state_get(ctx, "products", adobe_fold(sku, folded, sizeof folded));
    json_t *e = value ? json_loads(value, 0, NULL) : NULL;
    const char *shop_sku = json_string_value(json_object_get(e, "sku"));
    const char *type = json_string_value(json_object_get(e, "type"));
    int64_t when = json_integer_value(json_object_get(e, "when"));
    bool young = shop_sku && type && now - when < DAY;
    if (young)
        set_entry(self, sku, shop_sku, type, when, true);
    json_decref(e);
    return young;
}

static bool is_known(adobe_sink *self, tb_ctx *ctx, const char *sku, int64_t now)
{
    const json_t *e = entry_of(self, sku);
    const char *type = json_string_value(json_object_get(e, "type"));
    int64_t when = json_integer_value(json_object_get(e, "when"));
    if (e && (*type ? now - when < DAY : when == now))
        return true;
    return recall(self, ctx, sku, now);
}

/* ---- asking ---- */

static int ask_some(adobe_sink *self, tb_ctx *ctx, const char *const *skus, size_t count, int64_t now,
                    size_t *asked)
{
    size_t i;
    json_t *item;
    int64_t total;
    ADOBE_RESPONSE r = {.size = sizeof r};
    adobe_query q = {.size = 0};
    *asked = adobe_query_in(&q, "sku", skus, count);
    if (!*asked) {
        adobe_query_filter(&q, "sku", "eq", skus[0]);
        *asked = 1;
    }
    adobe_query_page(&q, ADOBE_IN_MOST, 1);
    adobe_query_fields(&q, "items[sku,type_id],total_count");
    if (adobe_get(ctx, "/V1/products", &q, 0, &r))
        return -1;
    const json_t *items = adobe_items(&r, &total);
    if (!items || total != (int64_t)json_array_size(items)) {
        char text[200];
        snprintf(self->trouble, sizeof self->trouble, "%d %s", r.status,
                 adobe_message(&r, text, sizeof text));
        return 0;
    }
    for (i = 0; i < *asked; i++)
        set_entry(self, skus[i], "", "", now, false);
    json_array_foreach((json_t *)items, i, item)
    {
        const char *sku = json_string_value(json_object_get(item, "sku"));
        const char *type = json_string_value(json_object_get(item, "type_id"));
        if (sku && strlen(sku) < SINK_SKU_MOST && entry_of(self, sku))
            set_entry(self, sku, sku, type ? type : "simple", now, false);
    }
    return 0;
}

static size_t gather(adobe_sink *self, tb_ctx *ctx, const sink_row *rows, size_t count, const char **skus,
                     int64_t now)
{
    size_t n = 0;
    char folded[SINK_SKU_MOST];
    json_t *seen = json_object();
    for (size_t i = 0; i < count; i++) {
        if (rows[i].done || json_object_get(seen, adobe_fold(rows[i].sku, folded, sizeof folded)))
            continue;
        json_object_set_new(seen, folded, json_true());
        if (!is_known(self, ctx, rows[i].sku, now))
            skus[n++] = rows[i].sku;
    }
    json_decref(seen);
    return n;
}

int products_ask(adobe_sink *self, tb_ctx *ctx, const sink_row *rows, size_t count)
{
    int64_t now = tb_now(ctx);
    const char **skus = calloc(count, sizeof *skus);
    int failed = skus ? 0 : -1;
    size_t n = skus ? gather(self, ctx, rows, count, skus, now) : 0;
    self->trouble[0] = '\0';
    for (size_t at = 0, asked = 0; !failed && at < n && !self->trouble[0]; at += asked)
        failed = ask_some(self, ctx, skus + at, n - at, now, &asked);
    free(skus);
    return failed;
}

product_kind product_of(const adobe_sink *self, const char *sku, const char **type)
{
    static const char *const composite[] = {"configurable", "bundle", "grouped"};
    const json_t *e = entry_of(self, sku);
    *type = json_string_value(json_object_get(e, "type"));
    if (!e)
        return PRODUCT_UNASKED;
    if (!**type)
        return PRODUCT_UNKNOWN;
    for (size_t i = 0; i < sizeof composite / sizeof *composite; i++) {
        if (!strcmp(*type, composite[i]))
            return PRODUCT_COMPOSITE;
    }
    return PRODUCT_STOCKED;
}

void product_keep(adobe_sink *self, tb_ctx *ctx, const sink_row *row)
{
    char folded[SINK_SKU_MOST];
    json_t *e = entry_of(self, row->sku);
    if (!e || json_is_true(json_object_get(e, "kept")))
        return;
    json_object_del(e, "kept");
    char *text = json_dumps(e, JSON_COMPACT);
    if (text)
        tb_state_set(ctx, row->record, "products", adobe_fold(row->sku, folded, sizeof folded), text);
    free(text);
    json_object_set_new(e, "kept", json_true());
}

void product_forget(adobe_sink *self, tb_ctx *ctx, const sink_row *row)
{
    char folded[SINK_SKU_MOST];
    adobe_fold(row->sku, folded, sizeof folded);
    if (self->products)
        json_object_del(self->products, folded);
    tb_state_set_always(ctx, row->record, "products", folded, NULL);
}

/* ---- what may have been meant ---- */

/* The SKU's first half as a pattern: SQL's own characters are escaped. */
static void like_prefix(const char *sku, char *out, size_t size)
{
    size_t half = strlen(sku) > 5 ? (strlen(sku) + 1) / 2 : 3, at = 0;
    for (size_t i = 0; i < half && at + 4 < size && sku[i]; i++) {
        if (strchr("%_\\", sku[i]))
            out[at++] = '\\';
        out[at++] = sku[i];
    }
    out[at++] = '%';
    out[at] = '\0';
}

static int look_near(tb_ctx *ctx, const char *sku, nearest *near)
{
    size_t i;
    json_t *item;
    int64_t total;
    char pattern[2 * SINK_SKU_MOST];
    ADOBE_RESPONSE r = {.size = sizeof r};
    adobe_query q = {.size = 0};
    like_prefix(sku, pattern, sizeof pattern);
    adobe_query_filter(&q, "sku", "like", pattern);
    adobe_query_page(&q, NEAR_PAGE, 1);
    adobe_query_fields(&q, "items[sku],total_count");
    if (adobe_get(ctx, "/V1/products", &q, 0, &r))
        return -1;
    json_array_foreach((json_t *)adobe_items(&r, &total), i, item)
    {
        const char *found = json_string_value(json_object_get(item, "sku"));
        if (found)
            nearest_offer(near, found);
    }
    return 0;
}

/* Finds the sentence, from memory or by one call more; *hint may stay NULL when no call is left. */
static int hint_for(adobe_sink *self, tb_ctx *ctx, const char *sku, int *looks, const json_t **hint)
{
    char folded[SINK_SKU_MOST], text[3 * NEAREST_TEXT + 32];
    nearest near;
    if (!self->near)
        self->near = json_object();
    *hint = json_object_get(self->near, adobe_fold(sku, folded, sizeof folded));
    int64_t when = json_integer_value(json_object_get(*hint, "when"));
    if ((*hint && tb_now(ctx) - when < SINK_HOUR) || *looks <= 0)
        return 0;
    --*looks;
    nearest_start(&near, sku);
    if (look_near(ctx, sku, &near))
        return -1;
    nearest_print(&near, "nothing there begins like it", text, sizeof text);
    json_object_set_new(self->near, folded,
                        json_pack("{s:s, s:s, s:I}", "text", text, "first",
                                  near.count ? near.best[0].text : "", "when", (json_int_t)tb_now(ctx)));
    *hint = json_object_get(self->near, folded);
    return 0;
}

static int reject_unknown(adobe_sink *self, tb_ctx *ctx, sink_row *row, int *looks)
{
    char line[400];
    const json_t *hint;
    const char *before = json_string_value(json_object_get(tb_record_body(row->record), "sku_before"));
    if (hint_for(self, ctx, row->sku, looks, &hint))
        return -1;
    const char *text = json_string_value(json_object_get(hint, "text"));
    const char *first = json_string_value(json_object_get(hint, "first"));
    tb_reject(
        row->record, "stock.no-product", row->sku,
        "the shop has no product %s; %s. If it is sold there under another SKU, the line for skus.csv is: %s",
        row->sku, text ? text : "its neighbours will be looked up with the next look",
        nearest_csv(before ? before : row->sku, first && *first ? first : "SHOP-SKU", line, sizeof line));
    return 0;
}

int product_reject(adobe_sink *self, tb_ctx *ctx, sink_row *row, int *looks)
{
    const char *type;
    product_kind kind = product_of(self, row->sku, &type);
    if (kind == PRODUCT_UNASKED)
        tb_reject(row->record, "stock.refused", "products", "the shop's products cannot be looked up: %s",
                  self->trouble);
    else if (kind == PRODUCT_COMPOSITE)
        tb_reject(row->record, "stock.no-product", row->sku,
                  "%s is a %s product in the shop: it has no stock of its own, its parts have", row->sku,
                  type);
    else if (reject_unknown(self, ctx, row, looks))
        return -1;
    tb_look_again(row->record, tb_now(ctx) + SINK_HOUR);
    row->done = true;
    return 0;
}
