/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated shop's machine without sockets, and the frame as far as it needs one. */
#include "tests/unit/shop_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

sim_world_t sim_world;
int shop_effects;

void sim_effect(const char *system, const char *what, json_t *detail)
{
    (void)system, (void)what;
    shop_effects++;
    json_decref(detail);
}

int64_t world_below(int64_t n)
{
    return n < 1 ? 0 : random() % n;
}

bool world_chance(int64_t millionths)
{
    return millionths > 0 && world_below(1000000) < millionths;
}

static const char *header(const sim_request *q, const char *name)
{
    (void)q;
    return !strcasecmp(name, "Authorization")  ? "Bearer " SIM_TOKEN
           : !strcasecmp(name, "Content-Type") ? "application/json"
                                               : NULL;
}

adobe *shop;
int shop_status;

/* The answer's JSON; NULL when it is none. The caller frees. */
json_t *shop_ask(const char *method, const char *path, json_t *body)
{
    char *text = body ? json_dumps(body, 0) : strdup("");
    sim_request q = {.method = method,
                     .path = path,
                     .query = "",
                     .host = "shop.example.com",
                     .scheme = "https",
                     .header = header,
                     .body = text,
                     .body_size = strlen(text)};
    sim_answer a = {0};
    adobe_handle(shop, &q, &a);
    shop_status = a.status;
    json_t *answer = json_loads(buffer_text(&a.body), JSON_DECODE_ANY, NULL);
    buffer_free(&a.body);
    buffer_free(&a.headers);
    free(text);
    json_decref(body);
    return answer;
}

int shop_send(const char *method, const char *path, json_t *body)
{
    json_decref(shop_ask(method, path, body));
    return shop_status;
}

json_t *shop_row(const char *sku, const char *source, double quantity, int on)
{
    return json_pack("{ss ss sf si}", "sku", sku, "source_code", source, "quantity", quantity, "status", on);
}

int shop_post_rows(json_t *rows)
{
    return shop_send("POST", "/rest/V1/inventory/source-items", json_pack("{so}", "sourceItems", rows));
}

void shop_step(const char *verb, json_t *arguments)
{
    const char *why = "";
    json_t *done = adobe_control(shop, verb, arguments, &why);
    ck_assert_msg(done != NULL, "%s: %s", verb, why);
    json_decref(done);
    json_decref(arguments);
}

/* Pieces of a row; -1000: there is none. */
double shop_pieces(const char *sku, const char *source)
{
    int64_t quantity = 0;
    int on = 0;
    return adobe_source_item(shop, sku, source, &quantity, &on) ? (double)quantity / ADOBE_UNIT : -1000;
}

void shop_set(const char *key, json_t *value)
{
    json_object_set_new(json_object_get(sim_world.settings, "adobe"), key, value);
}

/* Three sources in stock 2, which sells on the website; the third also in stock 3. */
void shop_open(void)
{
    static const char *const codes[] = {"s1", "s2", "s3"};
    sim_world.settings = settings_defaults();
    shop = adobe_new(json_object_get(sim_world.settings, "adobe"));
    adobe_stock_add(shop, "Stores", json_pack("[{ss ss}]", "type", "website", "code", "base"));
    adobe_stock_add(shop, "Other", json_array());
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(shop_send("POST", "/rest/V1/inventory/sources",
                                   json_pack("{s{ss ss ss ss}}", "source", "source_code", codes[i], "name",
                                             codes[i], "country_id", "SE", "postcode", "1")),
                         200);
        adobe_stock_link(shop, adobe_stock_of(shop, 2), adobe_source_place(shop, codes[i]), i);
    }
    adobe_stock_link(shop, adobe_stock_of(shop, 3), adobe_source_place(shop, "s3"), 1);
    for (int i = 1; i <= 4; i++) {
        char sku[16];
        snprintf(sku, sizeof sku, "K%d", i);
        adobe_product_add(shop, sku, sku, "simple");
    }
    shop_effects = 0;
}

void shop_close(void)
{
    adobe_free(shop);
    json_decref(sim_world.settings);
}
