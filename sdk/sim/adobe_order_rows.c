/* SPDX-License-Identifier: Apache-2.0 */
/* From what somebody wants to buy to the rows of an order: a simple product is one row; a configurable is the
 * parent, under the child's SKU, and the child without a price; a bundle is the parent and its parts. Options
 * of a product change its price and what the row's SKU is called, not what stands in the stock. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

typedef struct {
    adobe *m;
    adobe_order *o;
    const json_t *wish; /* the row's */
    bool including;
    int64_t percent; /* discount of all rows */
    const char **why;
} row_maker;

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static int64_t number(const json_t *o, const char *key, int64_t otherwise)
{
    int64_t n = 0;
    return decimal_read(json_object_get(o, key), &n) ? n : otherwise;
}

static const adobe_product *product(row_maker *w, const json_t *wish, const char *key)
{
    const adobe_product *p = adobe_product_of(w->m, text(wish, key));
    if (!p)
        *w->why = "a row names a product that the shop does not have";
    return p;
}

static adobe_row *add(row_maker *w, const adobe_product *p, int64_t quantity)
{
    adobe_order *o = w->o;
    struct adobe_sales *s = w->m->sales;
    const char *own = text(p->local, "name"); /* as the store view calls it */
    o->rows = must(realloc(o->rows, (o->row_count + 1) * sizeof *o->rows));
    adobe_row *r = &o->rows[o->row_count++];
    *r = (adobe_row){.item = ++s->next_item,
                     .quote_item = ++s->next_quote_item,
                     .product = p->id,
                     .updated = o->created,
                     .place = p->sku,
                     .parent = NO_ROW,
                     .per = ADOBE_UNIT,
                     .is_virtual = !strcmp(p->type, "virtual") || !strcmp(p->type, "downloadable"),
                     .sku = must(strdup(w->m->skus[p->sku].name)),
                     .name = must(strdup(own ? own : p->name)),
                     .type = p->type,
                     .ordered = quantity,
                     .rate = tax_rate_of(w->m, p),
                     .weight = p->weight == NO_WEIGHT ? UNSET : p->weight,
                     .tax_canceled = UNSET,
                     .compensation_canceled = UNSET,
                     .itemized = json_array()};
    for (int i = 0; i < ROW_AMOUNT_COUNT; i++)
        r->amount[i] = UNSET;
    r->amount[ROW_amount_refunded] = r->amount[ROW_discount_invoiced] = r->amount[ROW_row_invoiced] =
        r->amount[ROW_tax_invoiced] = 0;
    return r;
}

/* A child's price; a special one is lower than the catalogue's, which stays the row's original price. */
static void price(row_maker *w, adobe_row *r, int64_t catalogue, int64_t options)
{
    int64_t unit = number(w->wish, "price", catalogue + options);
    int64_t whole = share(unit, r->ordered, ADOBE_UNIT);
    int64_t percent = number(w->wish, "discount_percent", w->percent);
    int64_t discount = number(w->wish, "discount", share(whole, percent, 100 * (int64_t)ADOBE_UNIT));
    r->rate = number(w->wish, "rate", r->rate);
    r->discount_percent = percent;
    r->amount[ROW_original_price] = catalogue;
    money_row(r, unit, w->including, discount);
    if (percent || discount)
        r->rules = json_string("1");
}

/* ---- options of a product ---- */

static const json_t *find_by(const json_t *list, const char *key, const json_t *id)
{
    json_t *one = NULL;
    size_t i = 0;
    int64_t want = 0, have = 0;
    decimal_read(id, &want);
    json_array_foreach((json_t *)list, i,
                       one) if (decimal_read(json_object_get(one, key), &have) && have == want) return one;
    return NULL;
}

/* Adds what one chosen option does to the price and to the SKU. */
static void apply_option(const json_t *of, int64_t base, int64_t *more, buffer *sku)
{
    const char *suffix = text(of, "sku"), *kind = text(of, "price_type");
    int64_t n = number(of, "price", 0);
    *more += kind && !strcmp(kind, "percent") ? share(base, n, 100 * (int64_t)ADOBE_UNIT) : n;
    if (suffix && *suffix)
        buffer_printf(sku, "-%s", suffix);
}

static int64_t choose_options(row_maker *w, adobe_row *r, const adobe_product *p)
{
    json_t *chosen = json_object_get(w->wish, "options"), *one = NULL;
    size_t i = 0;
    int64_t more = 0;
    CLEANUP_BUFFER buffer sku = {0};
    buffer_puts(&sku, r->sku);
    json_array_foreach(chosen, i, one)
    {
        const json_t *option = find_by(p->options, "option_id", json_object_get(one, "option_id"));
        const json_t *value = find_by(json_object_get(option, "values"), "option_type_id",
                                      json_object_get(one, "option_value"));
        apply_option(value ? value : option, p->price, &more, &sku);
    }
    if (!json_array_size(chosen))
        return 0;
    free(r->sku);
    r->sku = must(strdup(buffer_text(&sku)));
    r->option = json_pack("{sO}", "custom_options", chosen);
    return more;
}

static bool simple(row_maker *w, const adobe_product *p, int64_t quantity)
{
    adobe_row *r = add(w, p, quantity);
    price(w, r, p->price, choose_options(w, r, p));
    return true;
}

/* ---- configurable ---- */

/* [{"option_id": attribute, "option_value": the child's choice}] */
static json_t *chosen_attributes(const adobe *m, const adobe_product *p, const adobe_product *child)
{
    json_t *list = json_array(), *one = NULL, *attribute = NULL;
    size_t i = 0;
    const char *code = NULL;
    json_array_foreach(json_object_get(p->extension, "configurable_product_options"), i, one)
    {
        int64_t id = number(one, "attribute_id", 0), value = 0;
        json_object_foreach(m->attributes, code, attribute)
        {
            if (number(attribute, "attribute_id", 0) == id && id)
                value = number(child->custom, code, 0);
        }
        json_array_append_new(list, json_pack("{so sI}", "option_id",
                                              json_sprintf("%lld", (long long)(id / ADOBE_UNIT)),
                                              "option_value", (json_int_t)(value / ADOBE_UNIT)));
    }
    return list;
}

static void rename_row(adobe_row *r, const char *sku)
{
    char *copy = must(strdup(sku));
    free(r->sku);
    r->sku = copy;
}

static bool configurable(row_maker *w, const adobe_product *p, int64_t quantity)
{
    const adobe_product *child = product(w, w->wish, "child");
    size_t at = w->o->row_count;
    if (!child)
        return false;
    adobe_row *parent = add(w, p, quantity);
    parent->has_children = true;
    parent->place = child->sku;
    parent->rate = tax_rate_of(w->m, child);
    rename_row(parent, w->m->skus[child->sku].name);
    parent->option = json_pack("{so}", "configurable_item_options", chosen_attributes(w->m, p, child));
    if (parent->weight == UNSET)
        parent->weight = child->weight == NO_WEIGHT ? UNSET : child->weight;
    price(w, parent, child->price, 0);
    adobe_row *r = add(w, child, quantity);
    static const int zero[] = {ROW_original_price,     ROW_price,      ROW_row_total,
                               ROW_row_total_incl_tax, ROW_tax_amount, ROW_discount_amount};
    r->parent = (int)at;
    r->rate = 0;
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        r->amount[zero[i]] = 0;
    return true;
}

/* ---- bundle ---- */

static bool is_set(const adobe_product *p, const char *code)
{
    const char *value = text(p->custom, code);
    return value && !strcmp(value, "1");
}

/* The part's selection in the bundle's options; adds it to what was chosen. */
static int64_t part_quantity(const adobe_product *bundle, const char *sku, json_t *chosen)
{
    json_t *option = NULL, *link = NULL;
    size_t i = 0, j = 0;
    json_array_foreach(json_object_get(bundle->extension, "bundle_product_options"), i, option)
        json_array_foreach(json_object_get(option, "product_links"), j, link)
    {
        if (strcmp(sku, text(link, "sku") ? text(link, "sku") : "") != 0)
            continue;
        json_array_append_new(
            chosen, json_pack("{sO si s[I]}", "option_id", json_object_get(option, "option_id"), "option_qty",
                              1, "option_selections", (json_int_t)(number(link, "id", 0) / ADOBE_UNIT)));
        return number(link, "qty", ADOBE_UNIT);
    }
    return ADOBE_UNIT;
}

static bool part(row_maker *w, const adobe_product *bundle, size_t at, const json_t *wish, json_t *chosen)
{
    const adobe_product *p = product(w, wish, "sku");
    if (!p)
        return false;
    int64_t per = number(wish, "quantity", part_quantity(bundle, w->m->skus[p->sku].name, chosen));
    adobe_row *r = add(w, p, per * (w->o->rows[at].ordered / ADOBE_UNIT));
    r->parent = (int)at;
    r->per = per;
    if (w->o->rows[at].dynamic) {
        const json_t *of_parent = w->wish;
        w->wish = wish;
        price(w, r, p->price, 0);
        w->wish = of_parent;
    } else {
        r->amount[ROW_original_price] = r->amount[ROW_price] = r->amount[ROW_row_total] =
            r->amount[ROW_row_total_incl_tax] = r->amount[ROW_tax_amount] = r->amount[ROW_discount_amount] =
                0;
    }
    return true;
}

static bool bundle(row_maker *w, const adobe_product *p, int64_t quantity)
{
    json_t *wishes = json_object_get(w->wish, "selections"), *one = NULL, *chosen = json_array();
    size_t at = w->o->row_count, i = 0;
    bool good = json_array_size(wishes) > 0;
    adobe_row *parent = add(w, p, quantity);
    parent->has_children = true;
    parent->separately = is_set(p, "shipment_type");
    parent->dynamic = !is_set(p, "price_type");
    if (!parent->dynamic)
        price(w, parent, p->price, 0);
    json_array_foreach(wishes, i, one) good = good && part(w, p, at, one, chosen);
    w->o->rows[at].option = json_pack("{so}", "bundle_options", chosen);
    if (!good && !*w->why)
        *w->why = "a bundle needs selections";
    if (good && w->o->rows[at].dynamic) {
        w->o->rows[at].rate = UNSET;
        money_bundle(w->o, at);
    }
    return good;
}

/* ---- all rows ---- */

static bool one_row(row_maker *w)
{
    const adobe_product *p = product(w, w->wish, "sku");
    int64_t quantity = number(w->wish, "quantity", ADOBE_UNIT);
    if (!p)
        return false;
    if (quantity <= 0) {
        *w->why = "a row's quantity is above 0";
        return false;
    }
    if (!strcmp(p->type, "configurable"))
        return configurable(w, p, quantity);
    return !strcmp(p->type, "bundle") ? bundle(w, p, quantity) : simple(w, p, quantity);
}

bool order_rows(adobe *m, adobe_order *o, const json_t *wish, const char **why)
{
    json_t *items = json_object_get(wish, "items"), *one = NULL;
    size_t i = 0;
    row_maker w = {.m = m,
                   .o = o,
                   .including = !adobe_is(m, "catalog_prices", "excluding"),
                   .percent = number(wish, "discount_percent", 0),
                   .why = why};
    *why = NULL;
    if (!json_array_size(items))
        *why = "an order needs items: [{\"sku\":S,\"quantity\":N}]";
    json_array_foreach(items, i, one)
    {
        w.wish = one;
        if (!one_row(&w))
            break;
    }
    return !*why;
}
