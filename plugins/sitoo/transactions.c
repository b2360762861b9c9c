/* SPDX-License-Identifier: Apache-2.0 */
/* Levels from the list of transactions: one call for all stores, each item carrying the total after it.
 * Totals are set, never added up; an older transaction never overwrites a newer one, so reading the last ids
 * again is harmless and catches those that became visible late. The overlap also proves the answer: the last
 * transaction that was read must be in it, else it is the answer of another site, or none. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>

enum { HOUR = 3600 * 1000 };

static sitoo_answer get(reading *r, const char *query, sitoo_list *list)
{
    SITOO_TEXT path = {0};
    sitoo_printf(&path, "/sites/%lld/warehousetransactions.json", (long long)r->self->site);
    return sitoo_get_list(r->ctx, 0, sitoo_str(&path), query, list);
}

tb_verdict note_highest(reading *r)
{
    SITOO_LIST list = {0};
    sitoo_answer answer = get(r, "sort=-warehousetransactionid&num=1&fields=warehousetransactionid", &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "transactions");
    r->last = sitoo_number(json_array_get(list.items, 0), "warehousetransactionid");
    tb_feed_more(r->feed);
    return TB_OK;
}

/* When we could first know of it: an offline till uploads hours later with its own time, and freshness is
 * ours. */
static int64_t changed_at(const reading *r, const json_t *transaction)
{
    int64_t when = sitoo_number(transaction, "datecreated") * 1000;
    return when > r->now || when < r->now - HOUR ? r->now : when;
}

/* A SKU that is the till's own: counted and kept in the history, not queued. */
static void drop_item(reading *r, int64_t id, int64_t warehouse, const char *sku)
{
    SITOO_TEXT key = {0}, dedup = {0};
    sitoo_printf(&key, "%s@%s", sku, source_of(&r->tables, warehouse));
    sitoo_printf(&dedup, "t%lld/%s", (long long)id, sitoo_str(&key));
    json_t *body = json_pack("{s:s, s:s, s:s}", "sku", sku, "source", source_of(&r->tables, warehouse), "why",
                             "transaction");
    tb_record *record = tb_record_new(RECORD_TYPE, sitoo_str(&key), body);
    if (!record)
        return;
    tb_record_set_id(record, sitoo_str(&dedup));
    tb_feed_add(r->feed, record, "till-only");
}

static void set_level(reading *r, int64_t id, const json_t *transaction, const char *row, int64_t total)
{
    level l;
    char target[KEY_SIZE];
    int64_t warehouse, reserved = 0;
    const char *sku;
    row_parse(row, &warehouse, &sku);
    level_get(r->ctx, row, &l);
    if (l.known && l.transaction >= id)
        return;
    bool moved = !l.known || l.total != total, fell = !l.known || total < l.total;
    if (!l.known)
        l.mark = r->now;
    level_reserved(r->ctx, row, &l, &reserved);
    l.known = true;
    l.total = total;
    l.transaction = id;
    target_of(&r->tables, warehouse, sku, target);
    touch_target(&r->touched, &l, target);
    level_set(r->ctx, row, &l);
    if (moved || id > r->last)
        touch_key(&r->touched, target,
                  &(touch){.why = "transaction",
                           .transaction = id,
                           .changed = changed_at(r, transaction),
                           .urgent = fell && total - reserved <= 0});
}

static void take_item(reading *r, int64_t id, const json_t *transaction, const json_t *item)
{
    int64_t warehouse = sitoo_number(transaction, "warehouseid"), total;
    const char *sku = sitoo_field(item, "sku"), *source = source_of(&r->tables, warehouse);
    char row[ROW_SIZE];
    if (!source || !*source || row_name(warehouse, sku, row))
        return;
    if (sitoo_quantity(item, "decimaltotal", &total)) {
        touch_row(r, row, "transaction"); /* no total was sent: hydrate asks for it */
        return;
    }
    if (id > r->last && is_ignored(&r->tables, sku))
        drop_item(r, id, warehouse, sku);
    set_level(r, id, transaction, row, total);
}

static void take_transaction(reading *r, const json_t *transaction)
{
    size_t i;
    json_t *item;
    int64_t id = sitoo_number(transaction, "warehousetransactionid");
    json_array_foreach(json_object_get(transaction, "items"), i, item)
    {
        take_item(r, id, transaction, item);
    }
}

static bool ascending(const json_t *items)
{
    size_t i;
    json_t *item;
    int64_t before = 0;
    json_array_foreach(items, i, item)
    {
        int64_t id = sitoo_number(item, "warehousetransactionid");
        if (id <= before)
            return false;
        before = id;
    }
    return true;
}

static const char *doubt(const reading *r, const sitoo_list *list)
{
    size_t n = json_array_size(list->items);
    if (!ascending(list->items))
        return "the list of transactions is not in the order asked for";
    if (!n && list->total)
        return "the list of transactions is empty, yet counts some";
    if (!n && r->last > 0 && r->self->overlap > 0)
        return "the last transaction that was read is no longer listed: another site, or a lost answer";
    return NULL;
}

/* Takes as many as there is room for, at least one new; what is left is read again at once. */
static void take_page(reading *r, const sitoo_list *list)
{
    size_t i;
    json_t *item;
    int64_t highest = r->last;
    json_array_foreach(list->items, i, item)
    {
        if (highest > r->last && (int)touched_count(&r->touched) >= tb_feed_room(r->feed))
            break;
        take_transaction(r, item);
        int64_t id = sitoo_number(item, "warehousetransactionid");
        highest = id > highest ? id : highest;
    }
    r->worked = highest > r->last;
    if (r->worked)
        listed_set(r->ctx, r->now);
    r->last = highest;
    if ((int64_t)i < list->total && r->worked)
        tb_feed_more(r->feed);
    else
        r->self->polled_at = r->now;
}

tb_verdict poll_transactions(reading *r)
{
    SITOO_LIST list = {0};
    SITOO_TEXT query = {0};
    if (r->self->polled_at && r->now >= r->self->polled_at && r->now - r->self->polled_at < r->self->gap) {
        tb_feed_at(r->feed, r->self->polled_at + r->self->gap);
        return TB_OK;
    }
    int64_t from = r->last + 1 - r->self->overlap;
    sitoo_printf(&query,
                 "warehousetransactionidfrom=%lld&sort=warehousetransactionid&num=%d"
                 "&fields=warehousetransactionid,warehouseid,datecreated,transactiontype,items",
                 (long long)(from > 0 ? from : 1), SITOO_PAGE);
    sitoo_answer answer = get(r, sitoo_str(&query), &list);
    if (answer != SITOO_GOOD)
        return read_fault(r, &list, "transactions");
    const char *why = doubt(r, &list);
    if (why) {
        tb_raise(r->feed, "sitoo.untrusted", "transactions", "%s", why);
        return TB_RETRY;
    }
    if (json_array_size(list.items))
        take_page(r, &list);
    tb_clear(r->feed, "sitoo.untrusted", "transactions");
    return TB_OK;
}
