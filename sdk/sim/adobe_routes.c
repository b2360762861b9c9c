/* SPDX-License-Identifier: Apache-2.0 */
/* The routes the shop has, with their rights and the types of their input. Whatever is not here is answered
 * as the real shop answers a route it does not have. A fixed part of a path comes before a variable one. */
#include "sdk/sim/adobe.h"

#define ITEMS "source_items", IN_OBJECTS, &shape_item
#define LINKS "links", IN_OBJECTS, &shape_link
#define SOURCE "source", IN_OBJECT, &shape_source
#define STOCK "stock", IN_OBJECT, &shape_stock
#define PRODUCT "product", IN_OBJECT, &shape_product
#define STOCK_ID "stock_id", IN_INT, NULL
#define TEXT(name) name, IN_TEXT, NULL
#define TEXTS(name) name, IN_TEXTS, NULL
#define READ_SOURCES "Magento_InventoryApi::source"
#define EDIT_SOURCES "Magento_InventoryApi::source_edit"
#define READ_STOCKS "Magento_InventoryApi::stock"
#define EDIT_STOCKS "Magento_InventoryApi::stock_edit"
#define READ_LINKS "Magento_InventoryApi::stock_source_link"
#define WRITE_ITEMS "Magento_InventoryApi::stock_source_item_assign"
#define SALABLE "Magento_InventorySalesApi::stock"
#define SELECTION "Magento_InventorySourceSelectionApi::source_selection_algorithm"
#define NOTIFY "Magento_InventoryLowQuantityNotificationApi::"
#define PRODUCTS "Magento_Catalog::products"
#define ATTRIBUTES "Magento_Catalog::attributes_attributes"
#define SETS "Magento_Catalog::sets"
#define STORES "Magento_Backend::store"

const adobe_route adobe_routes[] = {
    {"POST",
     "integration/admin/token",
     adobe_post_admin_token,
     NULL,
     {{TEXT("username")}, {TEXT("password")}}},

    {"GET", "inventory/sources", adobe_get_sources, READ_SOURCES, {{0}}},
    {"POST", "inventory/sources", adobe_post_source, EDIT_SOURCES, {{SOURCE}}},
    {"GET", "inventory/sources/:sourceCode", adobe_get_source, READ_SOURCES, {{0}}},
    {"PUT", "inventory/sources/:sourceCode", adobe_put_source, EDIT_SOURCES, {{SOURCE}}},
    {"GET", "inventory/stocks", adobe_get_stocks, READ_STOCKS, {{0}}},
    {"POST", "inventory/stocks", adobe_post_stock, EDIT_STOCKS, {{STOCK}}},
    {"GET", "inventory/stocks/:stockId", adobe_get_stock, READ_STOCKS, {{STOCK_ID}}},
    {"PUT", "inventory/stocks/:stockId", adobe_put_stock, EDIT_STOCKS, {{STOCK_ID}, {STOCK}}},
    {"DELETE",
     "inventory/stocks/:stockId",
     adobe_delete_stock,
     "Magento_InventoryApi::stock_delete",
     {{STOCK_ID}}},
    {"GET", "inventory/stock-resolver/:type/:code", adobe_get_stock_of_website, SALABLE, {{0}}},
    {"GET", "inventory/stock-source-links", adobe_get_links, READ_LINKS, {{0}}},
    {"POST", "inventory/stock-source-links", adobe_post_links, READ_LINKS, {{LINKS}}},
    {"POST", "inventory/stock-source-links-delete", adobe_delete_links, READ_LINKS, {{LINKS}}},
    {"GET",
     "inventory/get-sources-assigned-to-stock-ordered-by-priority/:stockId",
     adobe_get_sources_of_stock,
     READ_SOURCES,
     {{STOCK_ID}}},

    {"GET", "inventory/source-items", adobe_get_items, READ_SOURCES, {{0}}},
    {"POST", "inventory/source-items", adobe_post_items, WRITE_ITEMS, {{ITEMS}}},
    {"POST", "inventory/source-items-delete", adobe_delete_items, WRITE_ITEMS, {{ITEMS}}},
    {"POST",
     "inventory/bulk-product-source-assign",
     adobe_post_assign,
     PRODUCTS,
     {{TEXTS("skus")}, {TEXTS("source_codes")}}},
    {"POST",
     "inventory/bulk-product-source-unassign",
     adobe_post_unassign,
     PRODUCTS,
     {{TEXTS("skus")}, {TEXTS("source_codes")}}},
    {"POST",
     "inventory/bulk-product-source-transfer",
     adobe_post_transfer,
     PRODUCTS,
     {{TEXTS("skus")},
      {TEXT("origin_source")},
      {TEXT("destination_source")},
      {"unassign_from_origin", IN_BOOL, NULL}}},
    {"POST",
     "inventory/bulk-partial-source-transfer",
     adobe_post_partial_transfer,
     PRODUCTS,
     {{TEXT("origin_source_code")},
      {TEXT("destination_source_code")},
      {"items", IN_OBJECTS, &shape_transfer}}},

    {"GET", "inventory/get-product-salable-quantity/:sku/:stockId", adobe_get_salable, SALABLE, {{STOCK_ID}}},
    {"GET", "inventory/is-product-salable/:sku/:stockId", adobe_get_is_salable, SALABLE, {{STOCK_ID}}},
    {"GET",
     "inventory/is-product-salable-for-requested-qty/:sku/:stockId/:requestedQty",
     adobe_get_salable_for,
     SALABLE,
     {{STOCK_ID}, {"requested_qty", IN_FLOAT, NULL}}},
    {"GET", "inventory/are-products-salable", adobe_get_are_salable, SALABLE, {{TEXTS("skus")}, {STOCK_ID}}},
    {"GET", "inventory/dump-stock-index-data/:type/:code", adobe_get_stock_index, READ_STOCKS, {{0}}},
    {"GET", "inventory/source-selection-algorithm-list", adobe_get_fixed, SELECTION, {{0}}},
    {"POST",
     "inventory/source-selection-algorithm-result",
     adobe_post_selection,
     SELECTION "_post",
     {{"inventory_request", IN_OBJECT, &shape_inventory_request}, {TEXT("algorithm_code")}}},
    {"POST",
     "inventory/low-quantity-notification",
     adobe_post_notify,
     NOTIFY "stock_create_low_quantity_notification",
     {{"source_item_configurations", IN_OBJECTS, &shape_notify}}},
    {"GET",
     "inventory/low-quantity-notification/:sourceCode/:sku",
     adobe_get_notify,
     NOTIFY "low_quantity_notification",
     {{0}}},
    {"POST",
     "inventory/low-quantity-notifications-delete",
     adobe_delete_notify,
     NOTIFY "stock_delete_low_quantity_notification",
     {{ITEMS}}},

    {"GET", "products", adobe_get_products, PRODUCTS, {{0}}},
    {"POST", "products", adobe_post_product, PRODUCTS, {{PRODUCT}}},
    {"GET", "products/types", adobe_get_fixed, PRODUCTS, {{0}}},
    {"GET", "products/attribute-sets/sets/list", adobe_get_fixed, SETS, {{0}}},
    {"POST",
     "products/attribute-sets/attributes",
     adobe_post_attribute_to_set,
     SETS,
     {{"attribute_set_id", IN_INT, NULL},
      {"attribute_group_id", IN_INT, NULL},
      {TEXT("attribute_code")},
      {"sort_order", IN_INT, NULL}}},
    {"POST", "products/attributes", adobe_post_attribute, ATTRIBUTES, {{"attribute", IN_ANY, NULL}}},
    {"GET", "products/attributes/:attributeCode", adobe_get_attribute, ATTRIBUTES, {{0}}},
    {"GET", "products/attributes/:attributeCode/options", adobe_get_attribute_options, ATTRIBUTES, {{0}}},
    {"GET", "products/:sku", adobe_get_product, PRODUCTS, {{0}}},
    {"PUT", "products/:sku", adobe_put_product, PRODUCTS, {{PRODUCT}}},
    {"DELETE", "products/:sku", adobe_delete_product, PRODUCTS, {{0}}},
    {"GET", "products/:sku/options", adobe_get_options, "Magento_Catalog::catalog", {{0}}},
    {"GET", "configurable-products/:sku/children", adobe_get_children, PRODUCTS, {{0}}},
    {"GET", "configurable-products/:sku/options/all", adobe_get_choices, PRODUCTS, {{0}}},
    {"GET", "bundle-products/:sku/options/all", adobe_get_bundle_options, PRODUCTS, {{0}}},
    {"PUT",
     "products/:productSku/stockItems/:itemId",
     adobe_put_stock_item,
     "Magento_Catalog::catalog_inventory",
     {{"stock_item", IN_OBJECT, &shape_stock_item}}},
    {"GET", "stockItems/:productSku", adobe_get_stock_item, "Magento_Catalog::catalog_inventory", {{0}}},
    {"GET", "stockStatuses/:productSku", adobe_get_stock_status, "Magento_Catalog::catalog_inventory", {{0}}},

    {"GET", "store/storeConfigs", adobe_get_fixed, STORES, {{0}}},
    {"GET", "store/storeViews", adobe_get_fixed, STORES, {{0}}},
    {"GET", "store/storeGroups", adobe_get_fixed, STORES, {{0}}},
    {"GET", "store/websites", adobe_get_fixed, STORES, {{0}}},
    {"GET", "modules", adobe_get_fixed, "Magento_Backend::modules", {{0}}},
    {"GET", "directory/currency", adobe_get_fixed, NULL, {{0}}},
    {"GET", "directory/countries/FR", adobe_get_fixed, NULL, {{0}}},
    {"GET", "customerGroups/search", adobe_get_fixed, "Magento_Customer::group", {{0}}},
};
const size_t adobe_route_count = sizeof adobe_routes / sizeof *adobe_routes;
