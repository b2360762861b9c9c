/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of orders (shipments, invoices, credit memos), each kind in one list for all orders, and
 * those products without which a row cannot be understood: whether a bundle ships together and where its
 * money stands, and what a custom option is called, is said by the product only. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCT_AGE = 3600 * 1000 };

/* Which counter of a row, or total of the order, says that there is one. */
static const struct {
    const char *path, *counter, *total;
} papers_of[PAPERS] = {
    {"/V1/shipments", "qty_shipped", NULL},
    {"/V1/invoices", "qty_invoiced", "total_invoiced"},
    {"/V1/creditmemos", "qty_refunded", "total_refunded"},
};

/* Not 0; what cannot be read counts as that. */
static bool is_some(const json_t *value)
{
    tb_money m = {0};
    return value && !json_is_null(value) && (tb_money_from_json(value, NULL, &m) || m.amount);
}

static bool has_paper(const json_t *order, int kind)
{
    size_t i;
    json_t *row;
    if (papers_of[kind].total && is_some(json_object_get(order, papers_of[kind].total)))
        return true;
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        if (is_some(json_object_get(row, papers_of[kind].counter)))
            return true;
    }
    return false;
}

typedef struct wanted { /* ids to be asked for, as texts */
    json_t *set;
    const char **list;
    size_t count;
} wanted;

static void wanted_free(wanted *w)
{
    json_decref(w->set);
    free(w->list);
}

static int want_list(wanted *w)
{
    const char *key;
    json_t *unused;
    w->list = calloc(json_object_size(w->set) + 1, sizeof *w->list);
    w->count = 0;
    json_object_foreach(w->set, key, unused)
    {
        if (w->list)
            w->list[w->count++] = key;
    }
    return w->list ? 0 : -1;
}

static void want(wanted *w, const json_t *id)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)adobe_id(id));
    if (adobe_id(id))
        json_object_set_new(w->set, text, json_true());
}

/* Everything with one of the ids in `field`. */
static int ask_list(tb_ctx *ctx, const char *path, const char *field, const wanted *w, const char *fields,
                    json_t *into, char *why, size_t size)
{
    int failed = 0;
    for (size_t at = 0; !failed && at < w->count;) {
        adobe_query q = {.size = 0};
        at += adobe_query_in(&q, field, w->list + at, w->count - at);
        adobe_query_sort(&q, "entity_id");
        if (fields)
            adobe_query_fields(&q, fields);
        failed = adobe_list(ctx, path, &q, 0, into, why, size);
    }
    return failed;
}

/* ---- documents ---- */

static void file_paper(paper_list *list, json_t *paper)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(paper, "order_id")));
    json_t *some = json_object_get(list->by_order, id);
    if (!some) {
        some = json_array();
        json_object_set_new(list->by_order, id, some);
    }
    json_array_append(some, paper);
}

static int ask_kind(tb_ctx *ctx, const json_t *chains, int kind, paper_list *list, char *why, size_t size)
{
    size_t i;
    const char *key;
    json_t *chain, *order, *paper, *found = json_array();
    wanted w = {.set = json_object()};
    json_object_foreach((json_t *)chains, key, chain)
    {
        json_array_foreach(chain, i, order)
        {
            if (has_paper(order, kind))
                want(&w, json_object_get(order, "entity_id"));
        }
    }
    int failed = want_list(&w);
    failed = failed ? failed : ask_list(ctx, papers_of[kind].path, "order_id", &w, NULL, found, why, size);
    json_array_foreach(found, i, paper)
    {
        if (!failed)
            file_paper(list, paper);
    }
    wanted_free(&w);
    json_decref(found);
    return failed;
}

int papers_ask(tb_ctx *ctx, const json_t *chains, paper_list papers[PAPERS], char *why, size_t size)
{
    int failed = 0;
    for (int kind = 0; kind < PAPERS && !failed; kind++)
        failed = ask_kind(ctx, chains, kind, &papers[kind], why, size);
    return failed;
}

/* ---- products ---- */

static bool needs_product(const json_t *row)
{
    const json_t *option = json_object_get(json_object_get(row, "product_option"), "extension_attributes");
    return !strcmp(adobe_field(row, "product_type"), "bundle") ||
           json_array_size(json_object_get(option, "custom_options"));
}

static const json_t *newest_of(const json_t *chain)
{
    return json_array_get(chain, json_array_size(chain) - 1);
}

static bool is_known(const adobe_source *self, const json_t *id, int64_t now)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)adobe_id(id));
    const json_t *e = json_object_get(self->products, text);
    return e && now - json_integer_value(json_object_get(e, "when")) < PRODUCT_AGE;
}

static void want_products(const adobe_source *self, const json_t *order, int64_t now, wanted *w)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        const json_t *id = json_object_get(row, "product_id");
        if (needs_product(row) && !is_known(self, id, now))
            want(w, id);
    }
}

static void keep_products(adobe_source *self, const json_t *found, int64_t now)
{
    size_t i;
    json_t *product;
    char id[24];
    if (!self->products)
        self->products = json_object();
    json_array_foreach((json_t *)found, i, product)
    {
        snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(product, "id")));
        json_object_set_new(self->products, id,
                            json_pack("{s:I, s:O}", "when", (json_int_t)now, "product", product));
    }
}

int products_ask_for(adobe_source *self, tb_ctx *ctx, const json_t *chains, char *why, size_t size)
{
    const char *key;
    json_t *chain, *found = json_array();
    wanted w = {.set = json_object()};
    json_object_foreach((json_t *)chains, key, chain)
    {
        want_products(self, newest_of(chain), tb_now(ctx), &w);
    }
    int failed = want_list(&w);
    failed = failed ? failed
                    : ask_list(ctx, "/V1/products", "entity_id", &w,
                               "items[id,sku,name,type_id,status,options,custom_attributes],total_count",
                               found, why, size);
    if (!failed)
        keep_products(self, found, tb_now(ctx));
    wanted_free(&w);
    json_decref(found);
    return failed;
}

json_t *products_in(const adobe_source *self, const json_t *order)
{
    size_t i;
    json_t *row, *products = json_object();
    char id[24];
    json_array_foreach(json_object_get(order, "items"), i, row)
    {
        snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(row, "product_id")));
        json_t *product = json_object_get(json_object_get(self->products, id), "product");
        if (needs_product(row) && *adobe_field(product, "sku"))
            json_object_set(products, adobe_field(product, "sku"), product);
    }
    return products;
}
