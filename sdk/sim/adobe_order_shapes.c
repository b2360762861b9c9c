/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of what is done to orders: all of their parts may be left out. */
#include "sdk/sim/adobe_order.h"

#define SALES "\\Magento\\Sales\\Api\\Data\\"
#define TEXT(name) name, IN_TEXT, NULL
#define INT(name) name, IN_INT, NULL
#define FLOAT(name) name, IN_FLOAT, NULL
#define BOOL(name) name, IN_BOOL, NULL
#define ANY(name) name, IN_ANY, NULL
#define ONE(name, shape) name, IN_OBJECT, &(shape)
#define MANY(name, shape) name, IN_OBJECTS, &(shape)

static const adobe_field item[] = {
    {INT("order_item_id")}, {FLOAT("qty")}, {ANY("extension_attributes")}, {0}};
static const adobe_shape shape_ship_item = {SALES "ShipmentItemCreationInterface", item};
static const adobe_shape shape_invoice_item = {SALES "InvoiceItemCreationInterface", item};
static const adobe_shape shape_memo_item = {SALES "CreditmemoItemCreationInterface", item};

static const adobe_field comment[] = {
    {TEXT("comment")}, {INT("is_visible_on_front")}, {ANY("extension_attributes")}, {0}};
static const adobe_shape shape_comment = {SALES "CommentInterface", comment};

static const adobe_field track[] = {
    {TEXT("track_number")}, {TEXT("title")}, {TEXT("carrier_code")}, {ANY("extension_attributes")}, {0}};
static const adobe_shape shape_track = {SALES "ShipmentTrackCreationInterface", track};
static const adobe_field track_entity[] = {{INT("order_id")},
                                           {INT("parent_id")},
                                           {TEXT("track_number")},
                                           {TEXT("title")},
                                           {TEXT("carrier_code")},
                                           {FLOAT("weight")},
                                           {FLOAT("qty")},
                                           {TEXT("description")},
                                           {TEXT("created_at")},
                                           {TEXT("updated_at")},
                                           {INT("entity_id")},
                                           {ANY("extension_attributes")},
                                           {0}};
const adobe_shape shape_track_entity = {SALES "ShipmentTrackInterface", track_entity};

static const adobe_field ship_extension[] = {{TEXT("source_code")}, {TEXT("ext_location_id")}, {0}};
static const adobe_shape shape_ship_extension = {SALES "ShipmentCreationArgumentsExtensionInterface",
                                                 ship_extension};
static const adobe_field ship_arguments[] = {{ONE("extension_attributes", shape_ship_extension)}, {0}};
static const adobe_shape shape_ship_arguments = {SALES "ShipmentCreationArgumentsInterface", ship_arguments};

static const adobe_field memo_extension[] = {{"return_to_stock_items", IN_INTS, NULL}, {0}};
static const adobe_shape shape_memo_extension = {SALES "CreditmemoCreationArgumentsExtensionInterface",
                                                 memo_extension};
static const adobe_field memo_arguments[] = {{FLOAT("shipping_amount")},
                                             {FLOAT("adjustment_positive")},
                                             {FLOAT("adjustment_negative")},
                                             {ONE("extension_attributes", shape_memo_extension)},
                                             {0}};
static const adobe_shape shape_memo_arguments = {SALES "CreditmemoCreationArgumentsInterface",
                                                 memo_arguments};

static const adobe_field ship[] = {{MANY("items", shape_ship_item)},
                                   {BOOL("notify")},
                                   {BOOL("append_comment")},
                                   {ONE("comment", shape_comment)},
                                   {MANY("tracks", shape_track)},
                                   {ANY("packages")},
                                   {ONE("arguments", shape_ship_arguments)},
                                   {0}};
static const adobe_field invoice[] = {{BOOL("capture")},
                                      {MANY("items", shape_invoice_item)},
                                      {BOOL("notify")},
                                      {BOOL("append_comment")},
                                      {ONE("comment", shape_comment)},
                                      {ANY("arguments")},
                                      {0}};
static const adobe_field refund[] = {{MANY("items", shape_memo_item)},
                                     {BOOL("is_online")},
                                     {BOOL("notify")},
                                     {BOOL("append_comment")},
                                     {ONE("comment", shape_comment)},
                                     {ONE("arguments", shape_memo_arguments)},
                                     {0}};

const adobe_shape shape_ship = {SALES "ShipOrderInterface", ship};
const adobe_shape shape_invoice = {SALES "InvoiceOrderInterface", invoice};
const adobe_shape shape_refund = {SALES "RefundOrderInterface", refund};

static const adobe_field history[] = {{TEXT("comment")},
                                      {TEXT("created_at")},
                                      {INT("entity_id")},
                                      {TEXT("entity_name")},
                                      {INT("is_customer_notified")},
                                      {INT("is_visible_on_front")},
                                      {INT("parent_id")},
                                      {TEXT("status")},
                                      {ANY("extension_attributes")},
                                      {0}};
const adobe_shape shape_status_history = {SALES "OrderStatusHistoryInterface", history};
