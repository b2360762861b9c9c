/* SPDX-License-Identifier: Apache-2.0 */
/* Orders by name. Sitoo ignores parameters that it does not know, with 200: an answer that shows an order
 * which was not asked for has not obeyed the filter, and what it does not show proves nothing. */
#include "plugins/sitoo/find.h"

#include <stdio.h>
#include <string.h>

#define FIELDS                                                                                               \
    "fields=orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,paymentstateid,warehouseid,"   \
    "datereserved,orderdate,currencycode,customerref,moneyfinal_net,moneyfinal_vat,moneyfinal_salestax,"     \
    "moneytotal_gross_roundoff,moneytotal_gross_all,additionaldata,orderitems,orderlogitems"

static sitoo_answer untrusted(sitoo_list *list, const char *what)
{
    list->reason = "sitoo.untrusted";
    snprintf(list->why, sizeof list->why, "the list of orders %s", what);
    return SITOO_STRANGE;
}

static bool was_asked(const json_t *order, const char *field, const json_t *wanted)
{
    char id[24];
    const json_t *value = json_object_get(order, field);
    snprintf(id, sizeof id, "%lld", (long long)json_integer_value(value));
    return json_object_get(wanted, json_is_string(value) ? json_string_value(value) : id) != NULL;
}

static sitoo_answer take_page(const char *field, const json_t *wanted, sitoo_list *page, json_t *found)
{
    size_t i;
    json_t *order;
    json_array_foreach(page->items, i, order)
    {
        if (!was_asked(order, field, wanted))
            return untrusted(page, "shows what was not asked for");
    }
    return json_array_extend(found, page->items) ? untrusted(page, "is too long") : SITOO_GOOD;
}

static void query_of(const char *field, const json_t *wanted, size_t start, sitoo_text *query)
{
    const char *name;
    json_t *unused;
    sitoo_printf(query, "%s=", field);
    bool first = true;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, unused)
    {
        sitoo_printf(query, "%s%s", first ? "" : ",", name);
        first = false;
    }
    sitoo_printf(query, "&start=%zu&num=%d&" FIELDS, start, SITOO_FIND);
}

sitoo_answer sitoo_find_orders(tb_ctx *ctx, const char *field, const json_t *wanted, sitoo_list *list)
{
    json_t *found = json_array();
    sitoo_answer answer;
    do {
        SITOO_TEXT query = {0};
        size_t before = json_array_size(found);
        query_of(field, wanted, before, &query);
        answer = sitoo_get_list(ctx, 0, "/orders.json", sitoo_str(&query), list);
        if (answer == SITOO_GOOD)
            answer = take_page(field, wanted, list, found);
        if (answer == SITOO_GOOD && json_array_size(found) == before && (int64_t)before < list->total)
            answer = untrusted(list, "lacks a page");
    } while (answer == SITOO_GOOD && (int64_t)json_array_size(found) < list->total);
    json_decref(list->items);
    list->items = found;
    return answer;
}

sitoo_answer sitoo_list_all(tb_ctx *ctx, const char *path, sitoo_list *list)
{
    json_t *all = json_array();
    sitoo_answer answer;
    do {
        SITOO_TEXT query = {0};
        size_t before = json_array_size(all);
        sitoo_printf(&query, "start=%zu&num=%d", before, SITOO_FIND);
        answer = sitoo_get_list(ctx, 0, path, sitoo_str(&query), list);
        if (answer == SITOO_GOOD)
            json_array_extend(all, list->items);
        if (answer == SITOO_GOOD && json_array_size(all) == before && (int64_t)before < list->total)
            answer = untrusted(list, "lacks a page");
    } while (answer == SITOO_GOOD && (int64_t)json_array_size(all) < list->total);
    json_decref(list->items);
    list->items = all;
    return answer;
}
