/* SPDX-License-Identifier: Apache-2.0 */
/* Part `till.order`: every till order of a web order, as it stands now, with its deliveries. They are asked
 * for by all names we have: ids and external ids that order-bridge keeps in state `attempts`, those that the
 * source has seen, and the external ids that would come next: so an order is found that was made while its
 * answer was lost, or that a journal restored from a copy has forgotten. A call asks for the names of many
 * records; one that is refused is halved, until only the record whose name is guilty is rejected. */
#include "plugins/sitoo/find.h"
#include "plugins/sitoo/weborders.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ATTEMPTS = 20, MOST_PARTS = 50 };

typedef struct hydration {
    const stock_source *self;
    tb_ctx *ctx;
    json_t *ids, *externals; /* name -> key of the record it is asked for */
    json_t *orders;          /* order id -> {"key", "order"} */
    json_t *faults;          /* key -> {"reason", "why"} */
} hydration;

/* ---- which names ---- */

static void want_id(hydration *h, const char *key, int64_t id)
{
    char name[24];
    snprintf(name, sizeof name, "%lld", (long long)id);
    if (id > 0)
        json_object_set_new(h->ids, name, json_string(key));
}

static void want_external(hydration *h, const char *key, const char *external)
{
    sitoo_external x;
    if (sitoo_external_parse(external, &x))
        json_object_set_new(h->externals, external, json_string(key));
}

/* All attempts of a part up to the next one. */
static void want_attempts(hydration *h, const char *key, int part, int64_t attempt)
{
    char external[SITOO_EXTERNAL];
    for (int i = 1; i <= attempt + 1 && i <= MOST_ATTEMPTS; i++)
        if (!sitoo_external_write(key, part, i, external))
            want_external(h, key, external);
}

static void want_parts(hydration *h, const char *key)
{
    const char *text = tb_state_get(h->ctx, "attempts", key);
    json_auto_t *value = text ? json_loads(text, 0, NULL) : NULL;
    size_t i;
    json_t *part;
    int64_t most = 0;
    json_array_foreach(json_object_get(value, "parts"), i, part)
    {
        int64_t number = sitoo_number(part, "part");
        want_id(h, key, sitoo_number(part, "till"));
        want_external(h, key, sitoo_field(part, "external"));
        if (number > most && number < MOST_PARTS)
            most = number;
        if (number > 0 && number < MOST_PARTS)
            want_attempts(h, key, (int)number, sitoo_number(part, "attempt"));
    }
    for (int number = 1; number <= most + 1; number++)
        want_attempts(h, key, number, 0);
}

typedef struct seen_wish {
    hydration *h;
    const char *key;
} seen_wish;

static int want_seen(void *arg, const char *name, const char *value)
{
    const seen_wish *w = arg;
    const char *id = strrchr(name, '/');
    seen_order s;
    seen_decode(value, &s);
    if (id)
        want_id(w->h, w->key, strtoll(id + 1, NULL, 10));
    want_external(w->h, w->key, s.external);
    return 0;
}

/* One that the connector before us has made is as good as ours. */
static void want_adopted(hydration *h, const tb_record *record)
{
    char external[SITOO_EXTERNAL];
    const json_t *order = tb_record_part(record, "web.order");
    const char *number = sitoo_field(order, "original_increment_id");
    number = *number ? number : sitoo_field(order, "increment_id");
    if (!sitoo_adopt_write(h->self->adopt, *number ? number : tb_record_key(record), external))
        json_object_set_new(h->externals, external, json_string(tb_record_key(record)));
}

static void want(hydration *h, const tb_record *record)
{
    char prefix[SEEN_SIZE + 8];
    seen_wish w = {h, tb_record_key(record)};
    want_parts(h, w.key);
    want_adopted(h, record);
    if (snprintf(prefix, sizeof prefix, "%s/", w.key) < (int)sizeof prefix)
        tb_state_list(h->ctx, NS_TILL, prefix, want_seen, &w);
}

/* ---- asking ---- */

static void fault(hydration *h, const json_t *names, const sitoo_list *list)
{
    const char *name;
    json_t *key;
    json_object_foreach((json_t *)(uintptr_t)names, name, key)
    {
        json_object_set_new(h->faults, json_string_value(key),
                            json_pack("{s:s, s:s}", "reason", list->reason, "why", list->why));
    }
}

static void take_found(hydration *h, const json_t *names, const json_t *orders)
{
    size_t i;
    json_t *order;
    char id[24];
    json_array_foreach((json_t *)(uintptr_t)orders, i, order)
    {
        const json_t *key = json_object_get(names, sitoo_field(order, "externalid"));
        snprintf(id, sizeof id, "%lld", (long long)sitoo_number(order, "orderid"));
        if (!key)
            key = json_object_get(names, id);
        json_object_set_new(h->orders, id,
                            json_pack("{s:O, s:O}", "key", (json_t *)(uintptr_t)key, "order", order));
    }
}

/* Puts the first half of the names into one object, the rest into the other. */
static void halve(const json_t *names, json_t *a, json_t *b)
{
    size_t i = 0, half = json_object_size(names) / 2;
    const char *name;
    json_t *key;
    json_object_foreach((json_t *)(uintptr_t)names, name, key)
    {
        json_object_set(i++ < half ? a : b, name, key);
    }
}

static tb_verdict ask(hydration *h, const char *field, const json_t *names)
{
    SITOO_LIST list = {0};
    if (!json_object_size(names))
        return TB_OK;
    json_auto_t *a = json_object(), *b = json_object();
    if (json_object_size(names) <= SITOO_FIND) {
        sitoo_answer answer = sitoo_find_orders(h->ctx, field, names, &list);
        if (answer == SITOO_AGAIN)
            return TB_RETRY;
        if (answer == SITOO_GOOD)
            take_found(h, names, list.items);
        else if (json_object_size(names) == 1)
            fault(h, names, &list);
        if (answer == SITOO_GOOD || json_object_size(names) == 1)
            return TB_OK;
    }
    halve(names, a, b);
    tb_verdict v = ask(h, field, a);
    return v == TB_OK ? ask(h, field, b) : v;
}

/* By their external ids first, which nearly always finds all; then those by id that did not come. */
static tb_verdict find_all(hydration *h)
{
    const char *id;
    json_t *unused;
    tb_verdict v = ask(h, "externalid", h->externals);
    json_object_foreach(h->orders, id, unused)
    {
        json_object_del(h->ids, id);
    }
    return v == TB_OK ? ask(h, "orderid", h->ids) : v;
}

/* ---- what hangs on an order ---- */

static tb_verdict add_list(hydration *h, json_t *entry, const char *what, const char *name)
{
    SITOO_LIST list = {0};
    SITOO_TEXT path = {0};
    json_t *order = json_object_get(entry, "order");
    sitoo_printf(&path, "/sites/%lld/orders/%lld/%s.json", (long long)h->self->site,
                 (long long)sitoo_number(order, "orderid"), what);
    sitoo_answer answer = sitoo_list_all(h->ctx, sitoo_str(&path), &list);
    if (answer == SITOO_AGAIN)
        return TB_RETRY;
    if (answer == SITOO_GOOD)
        json_object_set(order, name, list.items);
    else
        json_object_set_new(h->faults, sitoo_field(entry, "key"),
                            json_pack("{s:s, s:s}", "reason", list.reason, "why", list.why));
    return TB_OK;
}

/* The log of a list's order may be left out of the list; then it is asked for by itself. */
static tb_verdict complete(hydration *h)
{
    const char *id;
    json_t *entry;
    tb_verdict v = TB_OK;
    json_object_foreach(h->orders, id, entry)
    {
        if (v == TB_OK)
            v = add_list(h, entry, "orderdeliveries", "deliveries");
        if (v == TB_OK && !json_is_array(json_object_get(json_object_get(entry, "order"), "orderlogitems")))
            v = add_list(h, entry, "orderlogitems", "orderlogitems");
    }
    return v;
}

/* ---- the part ---- */

/* By rising id, so that the part does not depend on the order of the answers. */
static void insert(json_t *list, json_t *order)
{
    size_t i = 0;
    int64_t id = sitoo_number(order, "orderid");
    while (i < json_array_size(list) && sitoo_number(json_array_get(list, i), "orderid") < id)
        i++;
    json_array_insert(list, i, order);
}

static void add_part(hydration *h, tb_record *record)
{
    const char *id, *key = tb_record_key(record);
    json_t *entry, *list = json_array();
    sitoo_external x;
    const json_t *wrong = json_object_get(h->faults, key);
    json_object_foreach(h->orders, id, entry)
    {
        json_t *order = json_object_get(entry, "order");
        if (strcmp(sitoo_field(entry, "key"), key))
            continue;
        if (sitoo_adopt_parse(h->self->adopt, sitoo_field(order, "externalid"), &x))
            json_object_set_new(order, "adopted", json_true());
        insert(list, order);
    }
    if (wrong)
        tb_reject(record, sitoo_field(wrong, "reason"), NULL, "%s", sitoo_field(wrong, "why"));
    else
        tb_record_add_part(record, "till.order", json_pack("{s:O}", "orders", list));
    json_decref(list);
}

static bool is_due(const tb_record *record)
{
    return !strcmp(tb_record_type(record), ORDER_TYPE) && !tb_record_part(record, "till.order");
}

tb_verdict weborders_hydrate(const stock_source *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    hydration h = {self, ctx, json_object(), json_object(), json_object(), json_object()};
    for (size_t i = 0; i < count; i++)
        if (is_due(records[i]))
            want(&h, records[i]);
    tb_verdict v = find_all(&h);
    if (v == TB_OK)
        v = complete(&h);
    for (size_t i = 0; i < count && v == TB_OK; i++)
        if (is_due(records[i]))
            add_part(&h, records[i]);
    json_decref(h.ids);
    json_decref(h.externals);
    json_decref(h.orders);
    json_decref(h.faults);
    return v;
}
