/* SPDX-License-Identifier: Apache-2.0 */
/* The warehouses of a site, kept for a while. Sitoo answers a wrong site with 200 and an empty list: a site
 * without warehouses is therefore taken as the wrong one, never as one without stock. */
#include "plugins/sitoo/sitoo.h"

#include <stdio.h>

static int add_page(sitoo_warehouses *all, const json_t *items)
{
    size_t n = json_array_size(items);
    sitoo_warehouse *list = realloc(all->list, (all->n + n + 1) * sizeof *list);
    if (!list)
        return -1;
    all->list = list;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(items, i);
        all->list[all->n++] = (sitoo_warehouse){.id = sitoo_number(item, "warehouseid"),
                                                .type = sitoo_number(item, "warehousetype"),
                                                .sellable = json_is_true(json_object_get(item, "sellable"))};
    }
    return 0;
}

static sitoo_answer wrong_site(int64_t site, sitoo_list *list, const char *what)
{
    list->reason = "sitoo.wrong-site";
    snprintf(list->why, sizeof list->why, "site %lld %s", (long long)site, what);
    return SITOO_REFUSED;
}

/* Reads page by page into `fresh`; an empty page before totalcount is a lost one. */
static sitoo_answer read_all(tb_ctx *ctx, int64_t site, sitoo_warehouses *fresh, sitoo_list *list)
{
    SITOO_TEXT path = {0};
    sitoo_printf(&path, "/sites/%lld/warehouses.json", (long long)site);
    do {
        SITOO_TEXT query = {0};
        sitoo_printf(&query, "start=%zu&num=%d&fields=warehouseid,warehousetype,sellable,name", fresh->n,
                     SITOO_PAGE);
        sitoo_answer answer = sitoo_get_list(ctx, 0, sitoo_str(&path), sitoo_str(&query), list);
        if (answer == SITOO_REFUSED)
            return wrong_site(site, list, "is not known there");
        if (answer != SITOO_GOOD)
            return answer;
        if (!list->total)
            return wrong_site(site, list, "has no warehouses");
        if (!json_array_size(list->items) || add_page(fresh, list->items)) {
            list->reason = "sitoo.untrusted";
            snprintf(list->why, sizeof list->why, "the list of warehouses broke off at %zu of %lld", fresh->n,
                     (long long)list->total);
            return SITOO_STRANGE;
        }
    } while ((int64_t)fresh->n < list->total);
    return SITOO_GOOD;
}

sitoo_answer sitoo_read_warehouses(tb_ctx *ctx, int64_t site, int64_t age, sitoo_warehouses *all,
                                   sitoo_list *list)
{
    int64_t now = tb_now(ctx);
    if (all->read_at && now - all->read_at < age && now >= all->read_at)
        return SITOO_GOOD;
    sitoo_warehouses fresh = {0};
    sitoo_answer answer = read_all(ctx, site, &fresh, list);
    if (answer != SITOO_GOOD) {
        sitoo_warehouses_free(&fresh);
        return answer;
    }
    sitoo_warehouses_free(all);
    *all = fresh;
    all->read_at = now;
    return SITOO_GOOD;
}

const sitoo_warehouse *sitoo_find_warehouse(const sitoo_warehouses *all, int64_t id)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].id == id)
            return &all->list[i];
    return NULL;
}

void sitoo_warehouses_free(sitoo_warehouses *all)
{
    free(all->list);
    *all = (sitoo_warehouses){0};
}
