/* SPDX-License-Identifier: Apache-2.0 */
/* Products that are more than one row of stock: a configurable with two sizes, a bundle whose parts ship by
 * themselves and one that ships together (whose parts may stand in one store only), a service, and a mug that
 * is engraved. What stands in a stock the tills know too. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/frame.h"
#include "sdk/sim/must.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *kind, *part;
} parts[] = {{"TEE", "-S"}, {"TEE", "-M"}, {"SET", "-A"}, {"SET", "-B"},
             {"BOX", "-A"}, {"BOX", "-B"}, {"MUG", ""}};
typedef struct {
    char text[64];
} sku_name;

static sku_name name_of(const char *kind, int n, const char *part)
{
    sku_name name;
    snprintf(name.text, sizeof name.text, "%s-%03d%s", kind, n, part);
    return name;
}

size_t seed_kind_count(void)
{
    return (size_t)setting_int("world", "shop_kinds") * (sizeof parts / sizeof *parts);
}

void seed_kind_skus(void (*add)(const char *till, const char *shop, bool weight))
{
    for (int n = 1; n <= setting_int("world", "shop_kinds"); n++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            sku_name name = name_of(parts[i].kind, n, parts[i].part);
            add(name.text, name.text, false);
        }
}

/* The parts of a bundle that ships together stand in the first store only. */
bool seed_kind_stands(const char *sku, size_t store)
{
    return store == 0 || strncmp(sku, "BOX-", 4) != 0;
}

static adobe_product *product(const char *kind, int n, const char *type)
{
    sku_name name = name_of(kind, n, "");
    adobe_product *p = adobe_product_add(sim_world.adobe, name.text, name.text, type);
    p->price = 100 * ADOBE_UNIT;
    p->in_stock = true;
    return p;
}

static int64_t id_of(const char *kind, int n, const char *part)
{
    const adobe_product *p = adobe_product_of(sim_world.adobe, name_of(kind, n, part).text);
    return p ? p->id : 0;
}

static void tee(int n)
{
    json_t *extension =
        json_pack("{s[II] s[]}", "configurable_product_links", (json_int_t)id_of("TEE", n, "-S"),
                  (json_int_t)id_of("TEE", n, "-M"), "configurable_product_options");
    adobe_save_parts(sim_world.adobe, product("TEE", n, "configurable"), extension);
    json_decref(extension);
}

static void bundle(const char *kind, int n, bool separately)
{
    static const char *const letters[] = {"-A", "-B"};
    json_t *options = json_array();
    adobe_product *p = product(kind, n, "bundle");
    for (int i = 0; i < 2; i++)
        json_array_append_new(options, json_pack("{ss sb ss si s[{ss si si sb}]}", "title", "Part",
                                                 "required", 1, "type", "select", "position", i + 1,
                                                 "product_links", "sku", name_of(kind, n, letters[i]).text,
                                                 "qty", i + 1, "position", 1, "is_default", 1));
    json_t *extension = json_pack("{so}", "bundle_product_options", options);
    adobe_save_parts(sim_world.adobe, p, extension);
    json_object_set_new(p->custom, "shipment_type", json_string(separately ? "1" : "0"));
    json_object_set_new(p->custom, "price_type", json_string("0"));
    json_decref(extension);
}

static void mug(int n)
{
    sku_name name = name_of("MUG", n, "");
    const adobe_product *p = adobe_product_of(sim_world.adobe, name.text);
    json_array_append_new(p->options,
                          json_pack("{ss si ss ss sb si ss si ss}", "product_sku", name.text, "option_id", n,
                                    "title", "Engraving", "type", "field", "is_require", 0, "price", 20,
                                    "price_type", "fixed", "max_characters", 20, "sku", "ENG"));
}

/* Once the simple products stand in the shop. */
void seed_kinds(void)
{
    for (int n = 1; n <= setting_int("world", "shop_kinds"); n++) {
        tee(n);
        bundle("SET", n, true);
        bundle("BOX", n, false);
        product("SERVICE", n, "virtual");
        mug(n);
    }
}
