/* SPDX-License-Identifier: Apache-2.0 */
/* By increment id one call finds originals and what replaced them, two lists in one group of filters. By
 * entity id the replacements are asked for afterwards, and only of orders that may have been edited: an edit
 * cancels the order that it replaces. */
#include "plugins/adobe/chains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const orders_path = "/V1/orders";

const char *adobe_original(const json_t *order)
{
    const char *original = adobe_field(order, "original_increment_id");
    return *original ? original : adobe_field(order, "increment_id");
}

bool adobe_key_fits(const char *key)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strspn(key, allowed);
    return n && !key[n] && n <= ADOBE_KEY_MOST;
}

static void add_to(json_t *chains, const char *key, json_t *order)
{
    json_t *chain = json_object_get(chains, key);
    if (!chain) {
        chain = json_array();
        json_object_set_new(chains, key, chain);
    }
    json_array_append(chain, order);
}

/* A query for as many of the values as fit; *taken: how many. */
static void build(adobe_query *q, const char *field, const char *other, const char *const *values,
                  size_t count, const char *fields, size_t *taken)
{
    char list[600];
    size_t most = count < ADOBE_IN_MOST ? count : ADOBE_IN_MOST;
    for (*taken = most; *taken; *taken = *taken * 3 / 4) {
        *q = (adobe_query){.size = 0};
        size_t fit = adobe_query_in(q, field, values, *taken);
        if (other)
            adobe_query_or_in(q, other, values, *taken);
        adobe_query_sort(q, "entity_id");
        if (fields) {
            snprintf(list, sizeof list, "items[%s],total_count", fields);
            adobe_query_fields(q, list);
        }
        if (fit == *taken && !q->failed && q->size + ADOBE_PAGE_ROOM <= ADOBE_QUERY_MOST)
            return;
    }
}

/* All orders with one of the values in `field` or in `other`, appended to `into`. */
static int ask(tb_ctx *ctx, const char *field, const char *other, const char *const *values, size_t count,
               const char *fields, json_t *into, char *why, size_t size)
{
    int failed = 0;
    for (size_t at = 0, taken; !failed && at < count; at += taken) {
        adobe_query q;
        build(&q, field, other, values + at, count - at, fields, &taken);
        if (!taken) {
            snprintf(why, size, "%s cannot be asked for", values[at]);
            return 1;
        }
        failed = adobe_list(ctx, orders_path, &q, 0, into, why, size);
    }
    return failed;
}

static int chains_by_increment(tb_ctx *ctx, const char *const *keys, size_t count, const char *fields,
                               json_t *chains, char *why, size_t size)
{
    size_t i;
    json_t *order, *orders = json_array(), *wanted = json_object();
    for (i = 0; i < count; i++)
        json_object_set_new(wanted, keys[i], json_true());
    int failed = ask(ctx, "increment_id", "original_increment_id", keys, count, fields, orders, why, size);
    json_array_foreach(orders, i, order)
    {
        if (!failed && json_object_get(wanted, adobe_original(order)))
            add_to(chains, adobe_original(order), order);
    }
    json_decref(wanted);
    json_decref(orders);
    return failed;
}

/* ---- by entity id ---- */

static bool may_be_edited(const json_t *order)
{
    return adobe_id(json_object_get(order, "relation_child_id")) ||
           !strcmp(adobe_field(order, "state"), "canceled");
}

/* The key of the chain whose original has that increment id in that store view; NULL: none of these. */
static const char *chain_of(json_t *chains, const json_t *order)
{
    const char *key;
    json_t *chain;
    json_object_foreach(chains, key, chain)
    {
        const json_t *root = json_array_get(chain, 0);
        if (!strcmp(adobe_field(root, "increment_id"), adobe_field(order, "original_increment_id")) &&
            json_equal(json_object_get(root, "store_id"), json_object_get(order, "store_id")))
            return key;
    }
    return NULL;
}

static int add_replacements(tb_ctx *ctx, const json_t *roots, const char *fields, json_t *chains, char *why,
                            size_t size)
{
    size_t i, n = 0;
    json_t *order, *edited = json_array();
    const char **numbers = calloc(json_array_size(roots) + 1, sizeof *numbers);
    json_array_foreach((json_t *)roots, i, order)
    {
        if (numbers && may_be_edited(order) && *adobe_field(order, "increment_id"))
            numbers[n++] = adobe_field(order, "increment_id");
    }
    int failed =
        numbers ? ask(ctx, "original_increment_id", NULL, numbers, n, fields, edited, why, size) : -1;
    json_array_foreach(edited, i, order)
    {
        const char *key = failed ? NULL : chain_of(chains, order);
        if (key)
            add_to(chains, key, order);
    }
    free(numbers);
    json_decref(edited);
    return failed;
}

static int chains_by_entity(tb_ctx *ctx, const char *const *keys, size_t count, const char *fields,
                            json_t *chains, char *why, size_t size)
{
    size_t i;
    char key[24];
    json_t *order, *roots = json_array();
    int failed = ask(ctx, "entity_id", NULL, keys, count, fields, roots, why, size);
    json_array_foreach(roots, i, order)
    {
        snprintf(key, sizeof key, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
        if (!failed)
            add_to(chains, key, order);
    }
    failed = failed ? failed : add_replacements(ctx, roots, fields, chains, why, size);
    json_decref(roots);
    return failed;
}

int adobe_chains(tb_ctx *ctx, adobe_ids ids, const char *const *keys, size_t count, const char *fields,
                 json_t *chains, char *why, size_t size)
{
    return ids == ADOBE_ENTITY ? chains_by_entity(ctx, keys, count, fields, chains, why, size)
                               : chains_by_increment(ctx, keys, count, fields, chains, why, size);
}
