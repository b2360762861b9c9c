/* SPDX-License-Identifier: Apache-2.0 */
/* What the order of a row is called in the records. An order carries its name, or its original's; a document
 * carries only the number of its order, so the orders of a page of documents are looked up together. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t row_order(const adobe_source *self, const json_t *row)
{
    return adobe_id(json_object_get(row, self->stream == STREAM_ORDERS ? "entity_id" : "order_id"));
}

typedef struct naming {
    const adobe_source *self;
    tb_ctx *ctx;
    tb_feed *feed;
    json_t *names;
} naming;

/* ---- the orders that a page is about ---- */

static int look_up(const naming *n, const char *const *values, size_t count, const char *field, json_t *into)
{
    char why[500] = "", list[200];
    int failed = 0;
    snprintf(list, sizeof list, "items[%s],total_count", adobe_streams[STREAM_ORDERS].fields);
    for (size_t at = 0, taken; !failed && at < count; at += taken) {
        adobe_query q = {.size = 0};
        taken = adobe_query_in(&q, field, values + at, count - at);
        if (!taken) { /* a comma in it: it fits nowhere anyway */
            taken = 1;
            continue;
        }
        adobe_query_sort(&q, "entity_id");
        adobe_query_fields(&q, list);
        failed = adobe_list(n->ctx, "/V1/orders", &q, 0, into, why, sizeof why);
        if (failed > 0)
            tb_raise(n->feed, "web.refused", "/V1/orders", "%s", why);
    }
    return failed ? -1 : 0;
}

/* Distinct texts as an array that ends with NULL; they live as long as the object. */
static const char **texts_of(json_t *set, size_t *count)
{
    const char *key, **list = calloc(json_object_size(set) + 1, sizeof *list);
    json_t *unused;
    *count = 0;
    json_object_foreach(set, key, unused)
    {
        if (list)
            list[(*count)++] = key;
    }
    return list;
}

static int orders_of_documents(const naming *n, const json_t *rows, json_t *orders)
{
    size_t i, count;
    json_t *row, *set = json_object();
    char id[24];
    json_array_foreach((json_t *)rows, i, row)
    {
        snprintf(id, sizeof id, "%lld", (long long)row_order(n->self, row));
        if (row_order(n->self, row))
            json_object_set_new(set, id, json_true());
    }
    const char **ids = texts_of(set, &count);
    int failed = ids ? look_up(n, ids, count, "entity_id", orders) : -1;
    free(ids);
    json_decref(set);
    return failed;
}

/* ---- names ---- */

/* {"store view/increment id": entity id} of the originals of edited orders, where entity ids are the names.
 */
static int originals_of(const naming *n, const json_t *orders, json_t *originals)
{
    size_t i, count;
    json_t *order, *set = json_object(), *found = json_array();
    char name[200];
    json_array_foreach((json_t *)orders, i, order)
    {
        if (n->self->ids == ADOBE_ENTITY && *adobe_field(order, "original_increment_id"))
            json_object_set_new(set, adobe_original(order), json_true());
    }
    const char **numbers = texts_of(set, &count);
    int failed = numbers ? look_up(n, numbers, count, "increment_id", found) : -1;
    json_array_foreach(found, i, order)
    {
        snprintf(name, sizeof name, "%lld/%s", (long long)adobe_id(json_object_get(order, "store_id")),
                 adobe_field(order, "increment_id"));
        json_object_set(originals, name, json_object_get(order, "entity_id"));
    }
    free(numbers);
    json_decref(set);
    json_decref(found);
    return failed;
}

/* "" when the order has no name that can be used. */
static void name_of(const naming *n, const json_t *order, const json_t *originals, char *out, size_t size)
{
    char name[200];
    int64_t id = adobe_id(json_object_get(order, "entity_id"));
    if (n->self->ids == ADOBE_INCREMENT) {
        snprintf(out, size, "%s", adobe_original(order));
        return;
    }
    snprintf(name, sizeof name, "%lld/%s", (long long)adobe_id(json_object_get(order, "store_id")),
             adobe_original(order));
    if (*adobe_field(order, "original_increment_id"))
        id = adobe_id(json_object_get(originals, name));
    out[0] = '\0';
    if (id)
        snprintf(out, size, "%lld", (long long)id);
}

static void name_order(const naming *n, const json_t *order, const json_t *originals)
{
    char id[24], name[100], cause[48];
    snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
    snprintf(cause, sizeof cause, "order %s", id);
    name_of(n, order, originals, name, sizeof name);
    if (!*name)
        tb_raise(n->feed, "web.unreadable", cause,
                 "order %s has no increment_id, or its original is not there", id);
    else if (!adobe_key_fits(name))
        tb_raise(n->feed, "web.id-unfit", name,
                 "order %s is called \"%s\": letters, digits, - and _ only, at most %d", id, name,
                 ADOBE_KEY_MOST);
    else
        json_object_set_new(n->names, id, json_string(name));
}

/* A document whose order is not listed is told by its own number. */
static void tell_lost(const naming *n, const json_t *rows, const json_t *orders)
{
    size_t i;
    json_t *row, *order, *known = json_object();
    char id[24], cause[48];
    json_array_foreach((json_t *)orders, i, order)
    {
        snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
        json_object_set_new(known, id, json_true());
    }
    json_array_foreach((json_t *)rows, i, row)
    {
        const char *one = adobe_streams[n->self->stream].one;
        snprintf(id, sizeof id, "%lld", (long long)row_order(n->self, row));
        snprintf(cause, sizeof cause, "%s %lld", one, (long long)adobe_id(json_object_get(row, "entity_id")));
        if (!json_object_get(known, id))
            tb_raise(n->feed, "web.unreadable", cause, "%s is of order %s, which the shop does not list",
                     cause, id);
    }
    json_decref(known);
}

int names_of(const adobe_source *self, tb_ctx *ctx, tb_feed *feed, const json_t *rows, json_t *names)
{
    size_t i;
    json_t *order, *orders = json_array(), *originals = json_object();
    naming n = {self, ctx, feed, names};
    bool of_orders = self->stream == STREAM_ORDERS;
    int failed = 0;
    if (of_orders && json_array_size(rows))
        failed = json_array_extend(orders, (json_t *)(uintptr_t)rows);
    else if (!of_orders)
        failed = orders_of_documents(&n, rows, orders);
    failed = failed || originals_of(&n, orders, originals);
    json_array_foreach(orders, i, order)
    {
        if (!failed && adobe_id(json_object_get(order, "entity_id")))
            name_order(&n, order, originals);
    }
    if (!failed && !of_orders)
        tell_lost(&n, rows, orders);
    json_decref(orders);
    json_decref(originals);
    return failed ? -1 : 0;
}
