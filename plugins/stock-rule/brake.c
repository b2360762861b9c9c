/* SPDX-License-Identifier: Apache-2.0 */
/* What the shop is known to hold stands in the pipeline's state `rows`, key `source/sku`, written by the
 * sink. A window opens at the first unexplained fall. For each source that falls in it, its SKUs above 0 are
 * counted once, then the SKUs that were let down are noted: a SKU counts once, however often it comes. What
 * is stopped is not noted, so it is stopped again until the window is over or a person releases it. */
#include "plugins/stock-rule/brake.h"
#include "core/base/sabotage.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MOST = 512, SAMPLE_MOST = 5 };

static int64_t remembered_quantity(const char *value)
{
    int64_t quantity = 0;
    json_t *row = value ? json_loads(value, 0, NULL) : NULL;
    if (tb_quantity_from_json(json_object_get(row, "q"), &quantity))
        quantity = 0;
    json_decref(row);
    return quantity;
}

static int64_t row_of(tb_ctx *ctx, const char *source, const char *sku)
{
    char key[KEY_MOST];
    snprintf(key, sizeof key, "%s/%s", source, sku);
    return remembered_quantity(tb_state_get(ctx, "rows", key));
}

static json_t *object_in(json_t *parent, const char *name)
{
    json_t *child = json_object_get(parent, name);
    if (!child) {
        child = json_object();
        json_object_set_new(parent, name, child);
    }
    return child;
}

/* ---- what is known ---- */

void brake_know(brake *b, const char *source)
{
    if (!b->places)
        b->places = json_object();
    if (!json_object_get(b->places, source))
        json_object_set_new(b->places, source, json_true());
}

static int note_place(void *arg, const char *key, const char *value)
{
    char source[KEY_MOST];
    const char *end = strchr(key, '/');
    (void)value;
    if (!end || end - key >= KEY_MOST)
        return 0;
    snprintf(source, sizeof source, "%.*s", (int)(end - key), key);
    brake_know(arg, source);
    return 0;
}

static int count_above(void *arg, const char *key, const char *value)
{
    int64_t *above = arg;
    (void)key;
    *above += remembered_quantity(value) > 0;
    return 0;
}

/* ---- the window ---- */

static void open_window(brake *b, const brake_limits *limits, tb_ctx *ctx)
{
    int64_t now = tb_now(ctx);
    if (b->until > now)
        return;
    if (!b->sources) /* once an instance: which sources there are */
        tb_state_list(ctx, "rows", "", note_place, b);
    json_decref(b->sources);
    json_decref(b->emptied);
    b->sources = json_object();
    b->emptied = json_object();
    b->until = now + limits->window;
}

static json_t *window_of(brake *b, tb_ctx *ctx, const char *source)
{
    json_t *w = object_in(b->sources, source);
    if (!json_object_get(w, "above")) {
        char prefix[KEY_MOST];
        int64_t above = 0;
        snprintf(prefix, sizeof prefix, "%s/", source);
        tb_state_list(ctx, "rows", prefix, count_above, &above);
        json_object_set_new(w, "above", json_integer(above));
    }
    return w;
}

/* ---- the two rules ---- */

static void sample_of(json_t *lowered, char *out, size_t size)
{
    const char *sku;
    json_t *change;
    int n = 0;
    out[0] = '\0';
    json_object_foreach(lowered, sku, change)
    {
        size_t used = strlen(out);
        if (n++ == SAMPLE_MOST)
            return;
        snprintf(out + used, size - used, ", %s %s", sku, json_string_value(change));
    }
}

static tb_verdict judge_source(brake *b, const brake_limits *limits, tb_ctx *ctx, tb_record *record,
                               const brake_fall *fall, const char *change)
{
    char sample[600];
    json_t *w = window_of(b, ctx, fall->source);
    json_t *lowered = object_in(w, "lowered");
    int64_t above = json_integer_value(json_object_get(w, "above"));
    int64_t count = (int64_t)json_object_size(lowered) + !json_object_get(lowered, fall->sku);
    if (count <= limits->least || count * 100 <= above * limits->percent)
        return TB_OK;
    sample_of(lowered, sample, sizeof sample);
    return tb_reject(
        record, "stock.mass-change", fall->source,
        "%lld of %lld SKUs above 0 in source %s would fall within one window without a transaction of "
        "the till: %s %s%s",
        (long long)count, (long long)above, fall->source, fall->sku, change, sample);
}

/* All of several: some source of the SKU was emptied in this window already, and none is left above 0. */
static tb_verdict judge_sku(brake *b, tb_ctx *ctx, tb_record *record, const brake_fall *fall)
{
    const char *source;
    json_t *known;
    json_t *emptied = json_object_get(b->emptied, fall->sku);
    size_t others = json_object_size(emptied) - (json_object_get(emptied, fall->source) ? 1 : 0);
    if (!emptied || !others)
        return TB_OK;
    json_object_foreach(b->places, source, known)
    {
        if (strcmp(source, fall->source) && !json_object_get(emptied, source) &&
            row_of(ctx, source, fall->sku) > 0)
            return TB_OK;
    }
    return tb_reject(
        record, "stock.mass-change", fall->sku,
        "%s would fall to 0 in all of its %zu sources within one window without a transaction of the "
        "till, last in %s",
        fall->sku, others + 1, fall->source);
}

static void note_fall(brake *b, const brake_fall *fall, const char *change)
{
    json_t *lowered = object_in(object_in(b->sources, fall->source), "lowered");
    json_object_set_new(lowered, fall->sku, json_string(change));
    if (!fall->quantity)
        json_object_set_new(object_in(b->emptied, fall->sku), fall->source, json_true());
}

tb_verdict brake_judge(brake *b, const brake_limits *limits, tb_ctx *ctx, tb_record *record,
                       const brake_fall *fall)
{
    char from[32], to[32], change[80];
    int64_t before = row_of(ctx, fall->source, fall->sku);
    if (SABOTAGE("brake-off"))
        return TB_OK;
    if (before <= 0 || fall->quantity >= before)
        return TB_OK;
    open_window(b, limits, ctx);
    brake_know(b, fall->source);
    tb_quantity_format(before, 0, from, sizeof from);
    tb_quantity_format(fall->quantity, 0, to, sizeof to);
    snprintf(change, sizeof change, "%s -> %s", from, to);
    tb_verdict v = judge_source(b, limits, ctx, record, fall, change);
    if (v == TB_OK && !fall->quantity)
        v = judge_sku(b, ctx, record, fall);
    if (v == TB_OK)
        note_fall(b, fall, change);
    return v;
}

void brake_close(brake *b)
{
    json_decref(b->places);
    json_decref(b->sources);
    json_decref(b->emptied);
    *b = (brake){.until = 0};
}
