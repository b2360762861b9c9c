/* SPDX-License-Identifier: Apache-2.0 */
/* The Sitoo simulator's front: credentials, account and site in the path, and the table of routes. What is
 * behind a route stands in sitoo_<resource>.c; every assumption about the real system is a setting. */
#include "sdk/sim/sitoo.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *method, *path; /* behind the account; * stands for one part, S for the site */
    void (*handle)(sitoo_call *c);
} route;

static const route routes[] = {
    {"GET", "sites", sitoo_get_sites},
    {"GET", "sites/S/stores", sitoo_get_stores},
    {"GET", "sites/S/products", sitoo_get_products},
    {"GET", "sites/S/warehouses", sitoo_get_warehouses},
    {"GET", "sites/S/warehouses/*", sitoo_get_warehouse},
    {"GET", "sites/S/warehouses/*/warehouseitems", sitoo_get_items},
    {"PUT", "sites/S/warehouses/*/warehouseitems", sitoo_put_items},
    {"GET", "sites/S/warehousetransactions", sitoo_get_transactions},
    {"GET", "sites/S/warehouses/*/warehousetransactions", sitoo_get_transactions},
    {"GET", "sites/S/warehousetransactions/*", sitoo_get_transaction},
    {"GET", "sites/S/warehouses/*/warehousetransactions/*", sitoo_get_transaction},
    {"POST", "sites/S/warehousetransactions", sitoo_post_transactions},
    {"GET", "sites/S/warehouses/*/warehousebatches", sitoo_get_batches},
    {"POST", "sites/S/warehouses/*/warehousebatches", sitoo_post_batch},
    {"GET", "sites/S/warehouses/*/warehousebatches/*", sitoo_get_batch},
    {"PUT", "sites/S/warehouses/*/warehousebatches/*", sitoo_put_batch},
    {"GET", "sites/S/warehouses/*/warehousebatches/*/warehousebatchitems", sitoo_get_batch_items},
    {"PUT", "sites/S/warehouses/*/warehousebatches/*/warehousebatchitems", sitoo_put_batch_items},
    {"DELETE", "sites/S/warehouses/*/warehousebatches/*/warehousebatchitems", sitoo_delete_batch_items},
    {"GET", "orders", sitoo_get_orders},
    {"GET", "sites/S/orders", sitoo_get_orders},
    {"POST", "sites/S/orders", sitoo_post_order},
    {"GET", "sites/S/orders/*", sitoo_get_order},
    {"PUT", "sites/S/orders/*", sitoo_put_order},
    {"GET", "sites/S/orders/*/orderdeliveries", sitoo_get_deliveries},
    {"POST", "sites/S/orders/*/orderdeliveries", sitoo_post_delivery},
    {"GET", "sites/S/orders/*/orderlogitems", sitoo_get_log},
    {"POST", "sites/S/orders/*/orderlogitems", sitoo_post_log},
};

int64_t sitoo_int(const sitoo *s, const char *key)
{
    return json_integer_value(json_object_get(s->settings, key));
}

bool sitoo_is(const sitoo *s, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(s->settings, key));
    return text && !strcmp(text, value);
}

bool sitoo_bool(const sitoo *s, const char *key)
{
    return json_is_true(json_object_get(s->settings, key));
}

void sitoo_error(sitoo_call *c, int status, const char *text)
{
    answer_json(c->answer, status, json_pack("{si ss}", "statuscode", status, "errortext", text));
}

void sitoo_reply(sitoo_call *c, json_t *body)
{
    answer_json(c->answer, 200, body);
}

sitoo *sitoo_new(json_t *settings)
{
    sitoo *s = must(calloc(1, sizeof *s));
    s->settings = settings;
    s->lanes = json_object();
    s->products = json_array();
    s->next_item = 9001;
    s->next_delivery = FIRST_DELIVERY;
    s->next_move = 1;
    return s;
}

static bool part_matches(const char *pattern, size_t n, const char *part)
{
    if (n == 1 && (*pattern == '*' || *pattern == 'S'))
        return true;
    return strlen(part) == n && !strncmp(pattern, part, n);
}

static bool path_matches(const char *pattern, const sitoo_call *c)
{
    int i = 0;
    for (const char *p = pattern; p; i++) {
        size_t n = strcspn(p, "/");
        if (i >= c->segments || !part_matches(p, n, c->segment[i]))
            return false;
        p = p[n] ? p + n + 1 : NULL;
    }
    return i == c->segments;
}

static void cut_suffix(char *text)
{
    size_t n = strlen(text);
    if (n > 5 && !strcmp(text + n - 5, ".json"))
        text[n - 5] = '\0';
}

/* Splits what follows /v2/accounts/<account>/; false: another path or account. */
static bool split_path(sitoo_call *c)
{
    char prefix[64];
    int n = snprintf(prefix, sizeof prefix, "/v2/accounts/%lld/", (long long)sitoo_int(c->s, "account"));
    if (strncmp(c->request->path, prefix, (size_t)n))
        return false;
    for (const char *p = c->request->path + n; p && c->segments < 12;) {
        size_t size = strcspn(p, "/");
        c->segment[c->segments++] = query_decode(p, size, false);
        p = p[size] ? p + size + 1 : NULL;
    }
    cut_suffix(c->segment[c->segments - 1]);
    return true;
}

static bool is_our_site(const sitoo_call *c)
{
    char *end = NULL;
    long long site = strtoll(c->segment[1], &end, 10);
    return !*end && end != c->segment[1] && site == sitoo_int(c->s, "site");
}

/* Another site (or the deprecated GUID form) reads as an empty list with 200; anything else of it does not
 * exist. */
static bool refuse_other_site(sitoo_call *c)
{
    if (c->segments < 2 || strcmp(c->segment[0], "sites") || is_our_site(c))
        return false;
    bool list_read = !strcmp(c->request->method, "GET") && c->segments == 3;
    bool nested_list = !strcmp(c->request->method, "GET") && c->segments == 5;
    if (list_read || nested_list)
        sitoo_reply(c, json_pack("{si s[]}", "totalcount", 0, "items"));
    else
        sitoo_error(c, 404, "Not found");
    return true;
}

static bool read_body(sitoo_call *c)
{
    if (!strcmp(c->request->method, "GET") || !c->request->body_size)
        return true;
    c->body = json_loadb(c->request->body, c->request->body_size, JSON_DECODE_ANY, NULL);
    return c->body != NULL;
}

static void dispatch(sitoo_call *c)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].method, c->request->method) || !path_matches(routes[i].path, c))
            continue;
        if (refuse_other_site(c))
            return;
        if (!read_body(c))
            sitoo_error(c, 400, "Invalid JSON");
        else
            routes[i].handle(c);
        return;
    }
    sitoo_error(c, 404, "Not found");
}

void sitoo_handle(sitoo *s, const sim_request *q, sim_answer *a)
{
    sitoo_call c = {.s = s, .request = q, .answer = a, .query = query_parse(q->query)};
    char user[64];
    sitoo_lapse(s);
    if (sitoo_bool(s, "refuse_address") || !sitoo_user(s, q, user, sizeof user))
        sitoo_error(&c, 401, "Unauthorized");
    else if (!split_path(&c))
        sitoo_error(&c, 404, "Not found");
    else
        dispatch(&c);
    for (int i = 0; i < c.segments; i++)
        free(c.segment[i]);
    json_decref(c.query);
    json_decref(c.body);
}

static void free_warehouse(sitoo_warehouse *w)
{
    for (size_t i = 0; i < w->items.count; i++) {
        sitoo_item *item = w->items.item[i];
        free(item->sku);
        free(item->bin);
        free(item);
    }
    free(w->items.item);
    map_free(&w->by_sku);
    free(w);
}

static void free_transaction(sitoo_transaction *t)
{
    json_decref(t->header);
    free(t->moves);
    free(t);
}

static void free_batch(sitoo_batch *b)
{
    json_decref(b->header);
    json_decref(b->items);
    free(b);
}

void sitoo_free(sitoo *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->warehouses.count; i++)
        free_warehouse(s->warehouses.item[i]);
    for (size_t i = 0; i < s->transactions.count; i++)
        free_transaction(s->transactions.item[i]);
    for (size_t i = 0; i < s->orders.count; i++)
        sitoo_order_free(s->orders.item[i]);
    for (size_t i = 0; i < s->batches.count; i++)
        free_batch(s->batches.item[i]);
    for (size_t i = 0; i < s->names.count; i++)
        free(s->names.item[i]);
    void *arrays[] = {s->warehouses.item, s->transactions.item, s->orders.item,
                      s->batches.item,    s->holding.item,      s->names.item};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    map_free(&s->by_external);
    json_decref(s->lanes);
    json_decref(s->products);
    free(s);
}
