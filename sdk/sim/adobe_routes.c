/* SPDX-License-Identifier: Apache-2.0 */
/* The routes the shop has, with their rights and the types of their input. Whatever is not here is answered
 * as the real shop answers a route it does not have. */
#include "sdk/sim/adobe.h"

static const adobe_field item_fields[] = {
    {"sku", IN_TEXT, NULL},   {"source_code", IN_TEXT, NULL},         {"quantity", IN_FLOAT, NULL},
    {"status", IN_INT, NULL}, {"extension_attributes", IN_ANY, NULL}, {0}};
static const adobe_shape item_shape = {"\\Magento\\InventoryApi\\Api\\Data\\SourceItemInterface",
                                       item_fields};

static const adobe_field source_extension_fields[] = {{"is_pickup_location_active", IN_BOOL, NULL},
                                                      {"frontend_name", IN_TEXT, NULL},
                                                      {"frontend_description", IN_TEXT, NULL},
                                                      {0}};
static const adobe_shape source_extension = {"\\Magento\\InventoryApi\\Api\\Data\\SourceExtensionInterface",
                                             source_extension_fields};
static const adobe_field source_fields[] = {{"source_code", IN_TEXT, NULL},
                                            {"name", IN_TEXT, NULL},
                                            {"email", IN_TEXT, NULL},
                                            {"contact_name", IN_TEXT, NULL},
                                            {"enabled", IN_BOOL, NULL},
                                            {"description", IN_TEXT, NULL},
                                            {"latitude", IN_FLOAT, NULL},
                                            {"longitude", IN_FLOAT, NULL},
                                            {"country_id", IN_TEXT, NULL},
                                            {"region_id", IN_INT, NULL},
                                            {"region", IN_TEXT, NULL},
                                            {"city", IN_TEXT, NULL},
                                            {"street", IN_TEXT, NULL},
                                            {"postcode", IN_TEXT, NULL},
                                            {"phone", IN_TEXT, NULL},
                                            {"fax", IN_TEXT, NULL},
                                            {"use_default_carrier_config", IN_BOOL, NULL},
                                            {"carrier_links", IN_ANY, NULL},
                                            {"extension_attributes", IN_OBJECT, &source_extension},
                                            {0}};
static const adobe_shape source_shape = {"\\Magento\\InventoryApi\\Api\\Data\\SourceInterface",
                                         source_fields};

static const adobe_field channel_fields[] = {{"type", IN_TEXT, NULL}, {"code", IN_TEXT, NULL}, {0}};
static const adobe_shape channel_shape = {"\\Magento\\InventorySalesApi\\Api\\Data\\SalesChannelInterface",
                                          channel_fields};
static const adobe_field stock_extension_fields[] = {{"sales_channels", IN_OBJECTS, &channel_shape}, {0}};
static const adobe_shape stock_extension = {"\\Magento\\InventoryApi\\Api\\Data\\StockExtensionInterface",
                                            stock_extension_fields};
static const adobe_field stock_fields[] = {{"stock_id", IN_INT, NULL},
                                           {"name", IN_TEXT, NULL},
                                           {"extension_attributes", IN_OBJECT, &stock_extension},
                                           {0}};
static const adobe_shape stock_shape = {"\\Magento\\InventoryApi\\Api\\Data\\StockInterface", stock_fields};
static const adobe_field link_fields[] = {{"stock_id", IN_INT, NULL},
                                          {"source_code", IN_TEXT, NULL},
                                          {"priority", IN_INT, NULL},
                                          {"extension_attributes", IN_ANY, NULL},
                                          {0}};
static const adobe_shape link_shape = {"\\Magento\\InventoryApi\\Api\\Data\\StockSourceLinkInterface",
                                       link_fields};

#define ITEMS                                                                                                \
    {                                                                                                        \
        "source_items", IN_OBJECTS, &item_shape                                                              \
    }
#define STOCK_ID                                                                                             \
    {                                                                                                        \
        "stock_id", IN_INT, NULL                                                                             \
    }

const adobe_route adobe_routes[] = {
    {"GET", "inventory/sources", adobe_get_sources, "Magento_InventoryApi::source", {{0}}},
    {"POST",
     "inventory/sources",
     adobe_post_source,
     "Magento_InventoryApi::source_edit",
     {{"source", IN_OBJECT, &source_shape}}},
    {"GET", "inventory/sources/:sourceCode", adobe_get_source, "Magento_InventoryApi::source", {{0}}},
    {"PUT",
     "inventory/sources/:sourceCode",
     adobe_put_source,
     "Magento_InventoryApi::source_edit",
     {{"source", IN_OBJECT, &source_shape}}},
    {"GET", "inventory/stocks", adobe_get_stocks, "Magento_InventoryApi::stock", {{0}}},
    {"POST",
     "inventory/stocks",
     adobe_post_stock,
     "Magento_InventoryApi::stock_edit",
     {{"stock", IN_OBJECT, &stock_shape}}},
    {"GET", "inventory/stocks/:stockId", adobe_get_stock, "Magento_InventoryApi::stock", {STOCK_ID}},
    {"PUT",
     "inventory/stocks/:stockId",
     adobe_put_stock,
     "Magento_InventoryApi::stock_edit",
     {STOCK_ID, {"stock", IN_OBJECT, &stock_shape}}},
    {"DELETE",
     "inventory/stocks/:stockId",
     adobe_delete_stock,
     "Magento_InventoryApi::stock_delete",
     {STOCK_ID}},
    {"GET",
     "inventory/stock-resolver/:type/:code",
     adobe_get_stock_of_website,
     "Magento_InventorySalesApi::stock",
     {{0}}},
    {"GET",
     "inventory/stock-source-links",
     adobe_get_links,
     "Magento_InventoryApi::stock_source_link",
     {{0}}},
    {"POST",
     "inventory/stock-source-links",
     adobe_post_links,
     "Magento_InventoryApi::stock_source_link",
     {{"links", IN_OBJECTS, &link_shape}}},
    {"POST",
     "inventory/stock-source-links-delete",
     adobe_delete_links,
     "Magento_InventoryApi::stock_source_link",
     {{"links", IN_OBJECTS, &link_shape}}},
    {"GET",
     "inventory/get-sources-assigned-to-stock-ordered-by-priority/:stockId",
     adobe_get_sources_of_stock,
     "Magento_InventoryApi::source",
     {STOCK_ID}},
    {"GET", "inventory/source-items", adobe_get_items, "Magento_InventoryApi::source", {{0}}},
    {"POST",
     "inventory/source-items",
     adobe_post_items,
     "Magento_InventoryApi::stock_source_item_assign",
     {ITEMS}},
    {"POST",
     "inventory/source-items-delete",
     adobe_delete_items,
     "Magento_InventoryApi::stock_source_item_assign",
     {ITEMS}},
    {"GET",
     "inventory/get-product-salable-quantity/:sku/:stockId",
     adobe_get_salable,
     "Magento_InventorySalesApi::stock",
     {STOCK_ID}},
    {"GET",
     "inventory/is-product-salable/:sku/:stockId",
     adobe_get_is_salable,
     "Magento_InventorySalesApi::stock",
     {STOCK_ID}},
    {"GET",
     "inventory/is-product-salable-for-requested-qty/:sku/:stockId/:requestedQty",
     adobe_get_salable_for,
     "Magento_InventorySalesApi::stock",
     {STOCK_ID, {"requested_qty", IN_FLOAT, NULL}}},
    {"GET",
     "inventory/are-products-salable",
     adobe_get_are_salable,
     "Magento_InventorySalesApi::stock",
     {{"skus", IN_TEXTS, NULL}, STOCK_ID}},
    {"GET", "products", adobe_get_products, "Magento_Catalog::products", {{0}}},
    {"GET", "products/:sku", adobe_get_product, "Magento_Catalog::products", {{0}}},
};
const size_t adobe_route_count = sizeof adobe_routes / sizeof *adobe_routes;
