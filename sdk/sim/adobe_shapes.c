/* SPDX-License-Identifier: Apache-2.0 */
/* The shop's data interfaces: the names each has, and their types. A name that is not here is refused. */
#include "sdk/sim/adobe.h"

#define TEXT(name) name, IN_TEXT, NULL
#define INT(name) name, IN_INT, NULL
#define FLOAT(name) name, IN_FLOAT, NULL
#define BOOL(name) name, IN_BOOL, NULL
#define ANY(name) name, IN_ANY, NULL
#define ONE(name, shape) name, IN_OBJECT, &(shape)
#define MANY(name, shape) name, IN_OBJECTS, &(shape)
#define INVENTORY "\\Magento\\InventoryApi\\Api\\Data\\"
#define CATALOG "\\Magento\\Catalog\\Api\\Data\\"

static const adobe_field item[] = {{TEXT("sku")},   {TEXT("source_code")},         {FLOAT("quantity")},
                                   {INT("status")}, {ANY("extension_attributes")}, {0}};
const adobe_shape shape_item = {INVENTORY "SourceItemInterface", item};

static const adobe_field source_extension[] = {
    {BOOL("is_pickup_location_active")}, {TEXT("frontend_name")}, {TEXT("frontend_description")}, {0}};
static const adobe_shape shape_source_extension = {INVENTORY "SourceExtensionInterface", source_extension};
static const adobe_field source[] = {{TEXT("source_code")},
                                     {TEXT("name")},
                                     {TEXT("email")},
                                     {TEXT("contact_name")},
                                     {BOOL("enabled")},
                                     {TEXT("description")},
                                     {FLOAT("latitude")},
                                     {FLOAT("longitude")},
                                     {TEXT("country_id")},
                                     {INT("region_id")},
                                     {TEXT("region")},
                                     {TEXT("city")},
                                     {TEXT("street")},
                                     {TEXT("postcode")},
                                     {TEXT("phone")},
                                     {TEXT("fax")},
                                     {BOOL("use_default_carrier_config")},
                                     {ANY("carrier_links")},
                                     {ONE("extension_attributes", shape_source_extension)},
                                     {0}};
const adobe_shape shape_source = {INVENTORY "SourceInterface", source};

static const adobe_field channel[] = {{TEXT("type")}, {TEXT("code")}, {0}};
static const adobe_shape shape_channel = {"\\Magento\\InventorySalesApi\\Api\\Data\\SalesChannelInterface",
                                          channel};
static const adobe_field stock_extension[] = {{MANY("sales_channels", shape_channel)}, {0}};
static const adobe_shape shape_stock_extension = {INVENTORY "StockExtensionInterface", stock_extension};
static const adobe_field stock[] = {
    {INT("stock_id")}, {TEXT("name")}, {ONE("extension_attributes", shape_stock_extension)}, {0}};
const adobe_shape shape_stock = {INVENTORY "StockInterface", stock};

static const adobe_field link[] = {
    {INT("stock_id")}, {TEXT("source_code")}, {INT("priority")}, {ANY("extension_attributes")}, {0}};
const adobe_shape shape_link = {INVENTORY "StockSourceLinkInterface", link};

static const adobe_field stock_item[] = {{INT("item_id")},
                                         {INT("product_id")},
                                         {INT("stock_id")},
                                         {FLOAT("qty")},
                                         {BOOL("is_in_stock")},
                                         {BOOL("is_qty_decimal")},
                                         {BOOL("show_default_notification_message")},
                                         {BOOL("use_config_min_qty")},
                                         {FLOAT("min_qty")},
                                         {INT("use_config_min_sale_qty")},
                                         {FLOAT("min_sale_qty")},
                                         {BOOL("use_config_max_sale_qty")},
                                         {FLOAT("max_sale_qty")},
                                         {BOOL("use_config_backorders")},
                                         {INT("backorders")},
                                         {BOOL("use_config_notify_stock_qty")},
                                         {FLOAT("notify_stock_qty")},
                                         {BOOL("use_config_qty_increments")},
                                         {FLOAT("qty_increments")},
                                         {BOOL("use_config_enable_qty_inc")},
                                         {BOOL("enable_qty_increments")},
                                         {BOOL("use_config_manage_stock")},
                                         {BOOL("manage_stock")},
                                         {TEXT("low_stock_date")},
                                         {BOOL("is_decimal_divided")},
                                         {INT("stock_status_changed_auto")},
                                         {ANY("extension_attributes")},
                                         {0}};
const adobe_shape shape_stock_item = {"\\Magento\\CatalogInventory\\Api\\Data\\StockItemInterface",
                                      stock_item};

static const adobe_field category_link[] = {
    {INT("position")}, {TEXT("category_id")}, {ANY("extension_attributes")}, {0}};
static const adobe_shape shape_category_link = {CATALOG "CategoryLinkInterface", category_link};
static const adobe_field choice[] = {{INT("id")},
                                     {TEXT("attribute_id")},
                                     {TEXT("label")},
                                     {INT("position")},
                                     {BOOL("is_use_default")},
                                     {ANY("values")},
                                     {ANY("extension_attributes")},
                                     {INT("product_id")},
                                     {0}};
static const adobe_shape shape_choice = {"\\Magento\\ConfigurableProduct\\Api\\Data\\OptionInterface",
                                         choice};
static const adobe_field part[] = {{TEXT("id")},
                                   {TEXT("sku")},
                                   {INT("option_id")},
                                   {FLOAT("qty")},
                                   {INT("position")},
                                   {BOOL("is_default")},
                                   {FLOAT("price")},
                                   {INT("price_type")},
                                   {INT("can_change_quantity")},
                                   {ANY("extension_attributes")},
                                   {0}};
static const adobe_shape shape_part = {"\\Magento\\Bundle\\Api\\Data\\LinkInterface", part};
static const adobe_field bundle_option[] = {{INT("option_id")},
                                            {TEXT("title")},
                                            {BOOL("required")},
                                            {TEXT("type")},
                                            {INT("position")},
                                            {TEXT("sku")},
                                            {MANY("product_links", shape_part)},
                                            {ANY("extension_attributes")},
                                            {0}};
static const adobe_shape shape_bundle_option = {"\\Magento\\Bundle\\Api\\Data\\OptionInterface",
                                                bundle_option};
static const adobe_field product_extension[] = {{"website_ids", IN_INTS, NULL},
                                                {MANY("category_links", shape_category_link)},
                                                {ONE("stock_item", shape_stock_item)},
                                                {MANY("configurable_product_options", shape_choice)},
                                                {"configurable_product_links", IN_INTS, NULL},
                                                {MANY("bundle_product_options", shape_bundle_option)},
                                                {ANY("discounts")},
                                                {ANY("downloadable_product_links")},
                                                {ANY("downloadable_product_samples")},
                                                {0}};
static const adobe_shape shape_product_extension = {CATALOG "ProductExtensionInterface", product_extension};
static const adobe_field attribute_value[] = {{TEXT("attribute_code")}, {ANY("value")}, {0}};
static const adobe_shape shape_attribute_value = {"\\Magento\\Framework\\Api\\AttributeInterface",
                                                  attribute_value};
static const adobe_field product[] = {{INT("id")},
                                      {TEXT("sku")},
                                      {TEXT("name")},
                                      {INT("attribute_set_id")},
                                      {FLOAT("price")},
                                      {INT("status")},
                                      {INT("visibility")},
                                      {TEXT("type_id")},
                                      {TEXT("created_at")},
                                      {TEXT("updated_at")},
                                      {FLOAT("weight")},
                                      {ONE("extension_attributes", shape_product_extension)},
                                      {ANY("product_links")},
                                      {ANY("options")},
                                      {ANY("media_gallery_entries")},
                                      {ANY("tier_prices")},
                                      {MANY("custom_attributes", shape_attribute_value)},
                                      {0}};
const adobe_shape shape_product = {CATALOG "ProductInterface", product};

static const adobe_field notify[] = {
    {TEXT("source_code")}, {TEXT("sku")}, {FLOAT("notify_stock_qty")}, {ANY("extension_attributes")}, {0}};
const adobe_shape shape_notify = {
    "\\Magento\\InventoryLowQuantityNotificationApi\\Api\\Data\\SourceItemConfigurationInterface", notify};

static const adobe_field amount[] = {{TEXT("sku")}, {FLOAT("qty")}, {ANY("extension_attributes")}, {0}};
const adobe_shape shape_transfer = {
    "\\Magento\\InventoryCatalogApi\\Api\\Data\\PartialInventoryTransferItemInterface", amount};
static const adobe_shape shape_amount = {
    "\\Magento\\InventorySourceSelectionApi\\Api\\Data\\ItemRequestInterface", amount};
static const adobe_field inventory_request[] = {
    {INT("stock_id")}, {MANY("items", shape_amount)}, {ANY("extension_attributes")}, {0}};
const adobe_shape shape_inventory_request = {
    "\\Magento\\InventorySourceSelectionApi\\Api\\Data\\InventoryRequestInterface", inventory_request};
