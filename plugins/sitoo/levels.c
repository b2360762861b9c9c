/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a row, as text in the state: {"t": total, "v": reserved, "x": transaction, "m": mark, "k":
 * target, "a": absent, "g": settings it was told under}. A quantity that hydrate read stands apart, under
 * `reserved`, with its total, the time and the mark it was read at: when an order event raises the mark
 * meanwhile, what was read before it is not believed. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void level_decode(const char *text, level *out)
{
    *out = (level){0};
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_object(value) || sitoo_quantity(value, "t", &out->total))
        return;
    out->known = true;
    out->has_reserved = !sitoo_quantity(value, "v", &out->reserved);
    out->absent = sitoo_number(value, "a") != 0;
    out->transaction = sitoo_number(value, "x");
    out->mark = sitoo_number(value, "m");
    snprintf(out->target, sizeof out->target, "%s", sitoo_field(value, "k"));
    snprintf(out->settings, sizeof out->settings, "%s", sitoo_field(value, "g"));
}

void level_get(tb_ctx *ctx, const char *row, level *out)
{
    level_decode(tb_state_get(ctx, NS_LEVELS, row), out);
}

static int put_quantity(json_t *value, const char *name, int64_t quantity)
{
    char text[32];
    return tb_quantity_format(quantity, 3, text, sizeof text) < 0
               ? -1
               : json_object_set_new(value, name, json_string(text));
}

int level_set(tb_ctx *ctx, const char *row, const level *l)
{
    json_auto_t *value = json_pack("{s:I, s:I, s:s}", "x", (json_int_t)l->transaction, "m",
                                   (json_int_t)l->mark, "k", l->target);
    if (!value || put_quantity(value, "t", l->total) ||
        (l->has_reserved && put_quantity(value, "v", l->reserved)) ||
        (l->absent && json_object_set_new(value, "a", json_integer(1))) ||
        (*l->settings && json_object_set_new(value, "g", json_string(l->settings))))
        return -1;
    char *text = json_dumps(value, JSON_COMPACT);
    int bad = text ? tb_state_set(ctx, NULL, NS_LEVELS, row, text) : -1;
    free(text);
    return bad;
}

void level_mark(level *l)
{
    l->mark++;
    l->has_reserved = false;
}

int level_reserved(tb_ctx *ctx, const char *row, const level *l, int64_t *out)
{
    if (l->has_reserved) {
        *out = l->reserved;
        return 0;
    }
    const char *text = tb_state_get(ctx, NS_RESERVED, row);
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    if (!value || sitoo_number(value, "m") != l->mark)
        return -1;
    return sitoo_quantity(value, "v", out);
}

int reserved_set(tb_ctx *ctx, tb_record *record, const char *row, int64_t mark, int64_t total,
                 int64_t reserved)
{
    json_auto_t *value = json_pack("{s:I, s:I}", "m", (json_int_t)mark, "at", (json_int_t)tb_now(ctx));
    if (!value || put_quantity(value, "v", reserved) || put_quantity(value, "t", total))
        return -1;
    char *text = json_dumps(value, JSON_COMPACT);
    int bad = text ? tb_state_set(ctx, record, NS_RESERVED, row, text) : -1;
    free(text);
    return bad;
}

int listed_set(tb_ctx *ctx, int64_t when)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)when);
    return tb_state_set(ctx, NULL, NS_LISTED, "transactions", text);
}

/* A list that was long on its way may say less than what hydrate read meanwhile. */
bool level_is_newest(tb_ctx *ctx, const char *row, const level *l)
{
    int64_t total;
    const char *text = tb_state_get(ctx, NS_RESERVED, row);
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    if (!value || sitoo_quantity(value, "t", &total) || total == l->total)
        return true;
    const char *listed = tb_state_get(ctx, NS_LISTED, "transactions");
    return listed && strtoll(listed, NULL, 10) > sitoo_number(value, "at");
}
