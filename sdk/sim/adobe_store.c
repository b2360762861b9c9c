/* SPDX-License-Identifier: Apache-2.0 */
/* What a shop says about itself and never changes here: one website with one store and one store view, its
 * modules, its currency. `@` stands for the host that was called. */
#include "sdk/sim/adobe.h"

#include <string.h>

static const struct {
    const char *path, *text;
} fixed[] = {
    {"store/storeConfigs",
     "[{\"id\":1,\"code\":\"default\",\"website_id\":1,\"locale\":\"en_US\",\"base_currency_code\":\"EUR\","
     "\"default_display_currency_code\":\"EUR\",\"timezone\":\"UTC\",\"weight_unit\":\"lbs\","
     "\"base_url\":\"http://@/\",\"base_link_url\":\"http://@/\",\"base_static_url\":\"http://@/static/\","
     "\"base_media_url\":\"http://@/media/\",\"secure_base_url\":\"http://@/"
     "\",\"secure_base_link_url\":\"http://@/\","
     "\"secure_base_static_url\":\"http://@/static/\",\"secure_base_media_url\":\"http://@/media/\"}]"},
    {"store/storeViews",
     "[{\"id\":1,\"code\":\"default\",\"name\":\"Default Store View\",\"website_id\":1,\"store_group_id\":1,"
     "\"is_active\":1},{\"id\":0,\"code\":\"admin\",\"name\":\"Admin\",\"website_id\":0,\"store_group_id\":0,"
     "\"is_active\":1}]"},
    {"store/websites",
     "[{\"id\":0,\"code\":\"admin\",\"name\":\"Admin\",\"default_group_id\":0},{\"id\":1,\"code\":\"base\","
     "\"name\":\"Main Website\",\"default_group_id\":1}]"},
    {"store/storeGroups",
     "[{\"id\":0,\"website_id\":0,\"root_category_id\":0,\"default_store_id\":0,\"name\":\"Default\","
     "\"code\":\"default\"},{\"id\":1,\"website_id\":1,\"root_category_id\":2,\"default_store_id\":1,"
     "\"name\":\"Main Website Store\",\"code\":\"main_website_store\"}]"},
    {"modules",
     "[\"Magento_Store\",\"Magento_Config\",\"Magento_Directory\",\"Magento_Eav\",\"Magento_Catalog\","
     "\"Magento_CatalogInventory\",\"Magento_Sales\",\"Magento_Inventory\",\"Magento_InventoryApi\","
     "\"Magento_InventoryCatalog\",\"Magento_InventorySales\",\"Magento_InventoryIndexer\","
     "\"Magento_InventoryReservations\",\"Magento_InventoryBundleProduct\",\"Magento_"
     "InventoryConfigurableProduct\","
     "\"Magento_Integration\",\"Magento_Webapi\",\"Magento_WebapiAsync\"]"},
    {"directory/currency",
     "{\"base_currency_code\":\"EUR\",\"base_currency_symbol\":\"\\u20ac\",\"default_display_currency_code\":"
     "\"EUR\","
     "\"default_display_currency_symbol\":\"\\u20ac\",\"available_currency_codes\":[\"EUR\"],"
     "\"exchange_rates\":[{\"currency_to\":\"EUR\",\"rate\":1}]}"},
    {"directory/countries/FR",
     "{\"id\":\"FR\",\"two_letter_abbreviation\":\"FR\",\"three_letter_abbreviation\":\"FRA\","
     "\"full_name_locale\":\"France\",\"full_name_english\":\"France\",\"available_regions\":["
     "{\"id\":\"182\",\"code\":\"1\",\"name\":\"Ain\"},{\"id\":\"183\",\"code\":\"2\",\"name\":\"Aisne\"}]}"},
    {"customerGroups/search",
     "{\"items\":[{\"id\":0,\"code\":\"NOT LOGGED IN\",\"tax_class_id\":3,\"tax_class_name\":\"Retail "
     "Customer\"},"
     "{\"id\":1,\"code\":\"General\",\"tax_class_id\":3,\"tax_class_name\":\"Retail Customer\"},"
     "{\"id\":2,\"code\":\"Wholesale\",\"tax_class_id\":3,\"tax_class_name\":\"Retail Customer\"},"
     "{\"id\":3,\"code\":\"Retailer\",\"tax_class_id\":3,\"tax_class_name\":\"Retail Customer\"}],"
     "\"search_criteria\":{\"filter_groups\":[],\"page_size\":20},\"total_count\":4}"},
    {"products/types",
     "[{\"name\":\"simple\",\"label\":\"Simple Product\"},{\"name\":\"virtual\",\"label\":\"Virtual "
     "Product\"},"
     "{\"name\":\"downloadable\",\"label\":\"Downloadable Product\"},{\"name\":\"bundle\",\"label\":\"Bundle "
     "Product\"},{\"name\":\"grouped\",\"label\":\"Grouped Product\"},{\"name\":\"configurable\",\"label\":"
     "\"Configurable Product\"}]"},
    {"products/attribute-sets/sets/list",
     "{\"items\":[{\"attribute_set_id\":4,\"attribute_set_name\":\"Default\",\"sort_order\":1,\"entity_type_"
     "id\":4}],"
     "\"search_criteria\":{\"filter_groups\":[],\"page_size\":10},\"total_count\":1}"},
    {"inventory/source-selection-algorithm-list",
     "[{\"code\":\"distance\",\"title\":\"Distance Priority\",\"description\":\"Algorithm which provides "
     "Source "
     "Selections based on shipping address distance from the "
     "source\"},{\"code\":\"priority\",\"title\":\"Source "
     "Priority\",\"description\":\"Algorithm which provides Source Selections based on predefined priority "
     "of "
     "Source\"}]"},
};

/* The second store view of the website, as one that differs in name only. */
static void add_view(const adobe_call *c, json_t *list)
{
    bool of_views =
        !strcmp(c->route->path, "store/storeViews") || !strcmp(c->route->path, "store/storeConfigs");
    if (!of_views || adobe_int(c->m, "store_views") < 2)
        return;
    json_t *view = json_copy(json_array_get(list, 0));
    json_object_set_new(view, "id", json_integer(2));
    json_object_set_new(view, "code", json_string("second"));
    if (json_object_get(view, "name"))
        json_object_set_new(view, "name", json_string("Second Store View"));
    json_array_insert_new(list, 1, view);
}

void adobe_get_fixed(adobe_call *c)
{
    CLEANUP_BUFFER buffer text = {0};
    const char *host = c->request->host ? c->request->host : "localhost", *found = "null";
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (!strcmp(fixed[i].path, c->route->path))
            found = fixed[i].text;
    for (; *found; found++)
        if (*found == '@')
            buffer_puts(&text, host);
        else
            buffer_putc(&text, *found);
    json_t *answer = json_loadb(buffer_text(&text), text.size, JSON_DECODE_ANY, NULL);
    add_view(c, answer);
    adobe_reply(c, answer);
}
