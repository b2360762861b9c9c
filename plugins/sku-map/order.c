/* SPDX-License-Identifier: Apache-2.0 */
/* The thing that is sold. A row of the shop's order is what was put into the cart; what has to be handed over
 * may be another row (a child), and the row that carries the money and the one that the shop ships may be yet
 * others:
 *
 *   simple, grouped      the row                    money and shipping: the row
 *   configurable         the child's SKU            money and shipping: the parent
 *   bundle               each child                 money: the children if they have any, else the parent;
 *                                                   shipping: the parent (together) or each child
 * (separately) virtual, downloadable, gift card                nothing to hand over
 *
 * A table may say otherwise for a product type (an extension's, or gift cards of plastic). */
#include "plugins/sku-map/sku_map.h"

#include <stdio.h>
#include <string.h>

typedef enum handling { SELL_ROW, SELL_CHILD, SELL_CHILDREN, SELL_NOTHING } handling;

static const struct type_rule {
    const char *type;
    handling how;
} type_rules[] = {
    {"simple", SELL_ROW},       {"grouped", SELL_ROW},     {"configurable", SELL_CHILD},
    {"bundle", SELL_CHILDREN},  {"virtual", SELL_NOTHING}, {"downloadable", SELL_NOTHING},
    {"giftcard", SELL_NOTHING}, {NULL, SELL_ROW},
};

static const char *const handling_names[] = {"row", "child", "children", "nothing", NULL};

typedef struct selling {
    const sku_map *self;
    tb_ctx *ctx;
    tb_record *record;
    const json_t *order;
    bool over; /* cancelled: nothing is to be handed over, so nothing stops it */
    json_t *sold, *unshipped;
} selling;

static bool handling_named(const char *name, handling *how)
{
    for (int i = 0; handling_names[i]; i++) {
        if (!strcmp(handling_names[i], name)) {
            *how = (handling)i;
            return true;
        }
    }
    return false;
}

static handling handling_of(const selling *s, const json_t *row)
{
    const char *type = order_text(row, "product_type");
    const tb_table *t = s->self->types ? tb_table_get(s->ctx, s->self->types) : NULL;
    int at = t ? tb_table_find(t, tb_table_column(t, "type"), type, -1) : -1;
    handling how;
    if (at >= 0 && handling_named(tb_table_cell(t, at, tb_table_column(t, "sell")), &how))
        return how;
    const struct type_rule *rule = type_rules;
    while (rule->type && strcmp(rule->type, type))
        rule++;
    return rule->how == SELL_ROW && order_number(row, "is_virtual") ? SELL_NOTHING : rule->how;
}

/* ---- lines ---- */

static tb_verdict till_sku(const selling *s, const char *web_sku, const char **out)
{
    const tb_table *t = tb_table_get(s->ctx, s->self->skus);
    int row = t ? tb_table_find(t, tb_table_column(t, s->self->to), web_sku, -1) : -1;
    *out = web_sku;
    if (row >= 0)
        *out = tb_table_cell(t, row, tb_table_column(t, s->self->from));
    else if (t && s->self->unmapped == UNMAPPED_REJECT && !s->over)
        return sku_reject(s->self, s->record, t, s->self->to, web_sku);
    return TB_OK;
}

static tb_verdict leave_out(const selling *s, const json_t *row, const char *why)
{
    json_array_append_new(s->unshipped,
                          json_pack("{s:I, s:s, s:s}", "item", (json_int_t)order_number(row, "item_id"),
                                    "sku", order_text(row, "sku"), "why", why));
    return TB_OK;
}

typedef struct line { /* the rows that a thing to be handed over hangs on */
    const json_t *thing, *money, *ship;
    const json_t *options; /* the row with custom options */
} line;

static json_t *sold_object(const line *l, const option_choice *o, const char *till)
{
    int64_t quantity = order_quantity(l->thing, "qty_ordered"), of = order_quantity(l->ship, "qty_ordered");
    int64_t per = of > 0 ? (int64_t)((__int128)quantity * TB_QUANTITY_SCALE / of) : TB_QUANTITY_SCALE;
    return json_pack("{s:I, s:I, s:s, s:s, s:o, s:o, s:s, s:s}", "item",
                     (json_int_t)order_number(l->money, "item_id"), "ship",
                     (json_int_t)order_number(l->ship, "item_id"), "sku", till, "web_sku", o->base,
                     "quantity", order_quantity_json(quantity), "per", order_quantity_json(per), "name",
                     order_text(l->thing, "name"), "options", o->text);
}

static tb_verdict sell(const selling *s, const line *l)
{
    const char *sku = order_text(l->thing, "sku"), *till;
    option_choice o;
    if (order_number(l->thing, "is_virtual"))
        return leave_out(s, l->money, "virtual");
    tb_verdict v = options_choose(s->self, s->ctx, s->record, l->options, s->over, sku, &o);
    if (v != TB_OK)
        return v;
    till = o.till;
    if (!*till)
        v = till_sku(s, o.base, &till);
    if (v != TB_OK)
        return v;
    if (!*till)
        return leave_out(s, l->money, "shop-only");
    json_array_append_new(s->sold, sold_object(l, &o, till));
    return TB_OK;
}

/* ---- bundles ---- */

static bool is_child(const json_t *row, const json_t *parent)
{
    return order_number(row, "parent_item_id") == order_number(parent, "item_id");
}

static bool has_money(const json_t *row)
{
    static const char *const fields[] = {"row_total", "row_total_incl_tax", "tax_amount", "discount_amount",
                                         NULL};
    for (int i = 0; fields[i]; i++) {
        tb_money m;
        const json_t *value = json_object_get(row, fields[i]);
        if (value && !tb_money_from_json(value, NULL, &m) && m.amount)
            return true;
    }
    return false;
}

typedef struct below { /* what the children of a row say together */
    bool money, shipped;
    const json_t *first;
} below;

static below look_below(const selling *s, const json_t *parent)
{
    below b = {false, false, NULL};
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(s->order, "items"), i, row)
    {
        if (!is_child(row, parent))
            continue;
        b.money |= has_money(row);
        b.shipped |= order_quantity(row, "qty_shipped") > 0;
        b.first = b.first ? b.first : row;
    }
    return b;
}

static const json_t *product_of(const selling *s, const json_t *row)
{
    const char *sku;
    json_t *product;
    json_t *products = json_object_get(tb_record_part(s->record, "web.documents"), "products");
    const json_t *named = json_object_get(products, order_text(row, "sku"));
    json_object_foreach(products, sku, product)
    {
        if (!named && order_number(product, "id") &&
            order_number(product, "id") == order_number(row, "product_id"))
            named = product;
    }
    return named;
}

/* "0", "1" or "" as the product has it. */
static const char *attribute_of(const json_t *product, const char *code)
{
    size_t i;
    json_t *attribute;
    json_array_foreach(json_object_get(product, "custom_attributes"), i, attribute)
    {
        if (!strcmp(order_text(attribute, "attribute_code"), code))
            return order_text(attribute, "value");
    }
    return order_text(product, code);
}

/* What was shipped already tells it for sure: of a bundle that ships together only the parent is. */
static bool ships_separately(const selling *s, const json_t *parent, const below *b)
{
    if (b->shipped)
        return true;
    if (order_quantity(parent, "qty_shipped") > 0)
        return false;
    const char *type = attribute_of(product_of(s, parent), "shipment_type");
    return *type ? !strcmp(type, "1") : s->self->bundles == BUNDLES_SEPARATELY;
}

static tb_verdict sell_children(const selling *s, const json_t *parent)
{
    size_t i;
    json_t *row;
    below b = look_below(s, parent);
    bool separately = ships_separately(s, parent, &b), fixed = !b.money && has_money(parent);
    json_array_foreach(json_object_get(s->order, "items"), i, row)
    {
        line l = {row, fixed ? parent : row, separately ? row : parent, row};
        tb_verdict v = is_child(row, parent) ? sell(s, &l) : TB_OK;
        if (v != TB_OK)
            return v;
    }
    return TB_OK;
}

/* ---- an order ---- */

static bool stands_alone(const selling *s, const json_t *row)
{
    int64_t parent = order_number(row, "parent_item_id");
    return !parent || !order_item(s->order, parent);
}

static tb_verdict sell_row(const selling *s, const json_t *row)
{
    handling how = handling_of(s, row);
    below b = how == SELL_CHILD ? look_below(s, row) : (below){.first = NULL};
    line l = {b.first ? b.first : row, row, row, row};
    if (how == SELL_NOTHING)
        return leave_out(s, row, order_text(row, "product_type"));
    return how == SELL_CHILDREN ? sell_children(s, row) : sell(s, &l);
}

tb_verdict order_apply(const sku_map *self, tb_ctx *ctx, tb_record **record)
{
    const json_t *order = tb_record_part(*record, "web.order");
    bool over = !strcmp(order_text(order, "state"), "canceled");
    selling s = {self, ctx, *record, order, over, json_array(), json_array()};
    size_t i;
    json_t *row;
    tb_verdict v = TB_OK;
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        if (v == TB_OK && stands_alone(&s, row))
            v = sell_row(&s, row);
    }
    json_t *body = v == TB_OK ? tb_record_edit(record) : NULL;
    if (body) {
        json_object_set(body, "sold", s.sold);
        json_object_set(body, "unshipped", s.unshipped);
    }
    json_decref(s.sold);
    json_decref(s.unshipped);
    return v == TB_OK && !body ? tb_retry(*record, "out of memory") : v;
}
