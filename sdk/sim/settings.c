/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: what the reference only assumes about the real systems is a row here, never a constant in the
 * code, so that a test can ask "and what if it is the other way?". */
#include "sdk/sim/frame.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *group, *key, *value; /* default, as JSON */
    const char *choices;             /* "a|b": the texts it may be; NULL: any of the default's type */
    const char *help;
} setting_row;

static const setting_row rows[] = {
    {"sitoo", "account", "1500", NULL, "account number in the path"},
    {"sitoo", "site", "1", NULL, "the one site; another one reads as empty with 200"},
    {"sitoo", "users", "{\"1500-12\":\"sim-secret\",\"1500-13\":\"sim-secret\"}", NULL,
     "API users and passwords"},
    {"sitoo", "refuse_address", "false", NULL, "answer 401 as to an address not on the allow-list"},
    {"sitoo", "default_num", "10", NULL, "page size without num"},
    {"sitoo", "max_num", "1000", NULL, "num is clamped to this, silently"},
    {"sitoo", "latency_ms", "150", NULL, "time of a call"},
    {"sitoo", "latency_row_ms", "1", NULL, "and of each row in its answer"},
    {"sitoo", "concurrency", "1", NULL,
     "calls at a time per API user, else 429 Too many connections; 0: no limit"},
    {"sitoo", "slot_requests", "300", NULL, "calls a slot per API user; 0: no limit"},
    {"sitoo", "slot_seconds", "60", NULL, "length of a slot"},
    {"sitoo", "slot_headers", "\"all\"", "all|absent|retry-after", "what tells of the slot"},
    {"sitoo", "batch_form", "\"by-form\"", "by-form|array|scalar-of-one",
     "array in, array out; or always; or a bare id for one"},
    {"sitoo", "batch_max", "1000", NULL, "items in one batch of transactions or warehouse items"},
    {"sitoo", "fifo_level_put", "\"ignored\"", "ignored|refused", "decimaltotal sent to a FIFO warehouse"},
    {"sitoo", "virtual_sale_lowers", "true", NULL, "a sale lowers the level of a Virtual warehouse"},
    {"sitoo", "virtual_transactions", "false", NULL,
     "sales in Virtual warehouses leave a transaction and its event"},
    {"sitoo", "virtual_batches", "\"refused\"", "refused|taken", "counting batches in Virtual warehouses"},
    {"sitoo", "count_commit", "\"counted\"", "counted|refused",
     "commit of a batch whose item was sold meanwhile"},
    {"sitoo", "commit_twice", "\"refused\"", "refused|ignored", "commit of a closed batch"},
    {"sitoo", "available", "\"difference\"", "difference|floored",
     "available = total - reserved; or never below 0"},
    {"sitoo", "reserve_without_date", "false", NULL, "open orders without datereserved hold stock too"},
    {"sitoo", "reserve_negative", "false", NULL,
     "open rows with a negative quantity lower the reserved number"},
    {"sitoo", "reserve_checks_stock", "false", NULL, "an order beyond what is available is refused"},
    {"sitoo", "lapse_delay_ms", "0", NULL, "a reservation is seen as lapsed this long after datereserved"},
    {"sitoo", "lapse_event", "false", NULL, "a lapse raises an event"},
    {"sitoo", "cancel_frees", "true", NULL, "cancelling an order frees its reservation"},
    {"sitoo", "duplicate_externalid", "\"refused\"", "refused|accepted",
     "an order with an external id that is taken"},
    {"sitoo", "over_delivery", "\"refused\"", "refused|accepted", "delivery of more than is open"},
    {"sitoo", "deliver_cancelled", "\"refused\"", "refused|accepted", "delivery of a cancelled order"},
    {"sitoo", "close_when_delivered", "false", NULL, "a fully delivered order closes by itself"},
    {"sitoo", "replace_rows", "\"until-delivered\"", "until-delivered|refused", "PUT of orderitems"},
    {"sitoo", "unknown_sku", "\"accepted\"", "accepted|refused", "an order row whose SKU is no product"},
    {"sitoo", "rounding", "\"row-first\"", "row-first|unit-first", "where net is rounded"},
    {"sitoo", "order_closed_event", "\"update\"", "update|closed", "order_event_type when an order closes"},
    {"sitoo", "delivery_state_key", "\"order_delivery_state_changed\"", NULL, "its name in events"},
    {"sitoo", "delivery_type_key", "\"order_delivery_event_type\"", NULL, "its name in events"},
    {"sitoo", "transaction_event_id", "true", NULL, "warehouse-transaction events carry the id"},
    {"sitoo", "late_visible_rate", "0.0", NULL, "share of transactions that show up after later ones"},
    {"sitoo", "late_visible_ms", "2000", NULL, "how much later"},
    {"adobe", "integration_as_bearer", "true", NULL,
     "the integration's token works as a bearer token; a shop as installed: false"},
    {"adobe", "oauth2_clients", "{\"sim-client\":\"sim-secret\"}", NULL,
     "ids and secrets of services that get tokens at /ims/token/v3"},
    {"adobe", "oauth2_scope", "\"openid,commerce.accs\"", NULL, "what such a service must ask for"},
    {"adobe", "oauth2_lifetime_s", "86399", NULL, "how long such a token lasts"},
    {"adobe", "admins", "{\"admin\":\"sim-secret\"}", NULL, "users of the admin and their passwords"},
    {"adobe", "limited", "{\"simlimited0000000000000000000000\":[\"Magento_Catalog::products\"]}", NULL,
     "tokens of integrations with these rights only"},
    {"adobe", "oauth_port", "false", NULL, "the base string has the port; as recorded: never"},
    {"adobe", "oauth_path", "\"decoded\"", "decoded|unreserved|raw",
     "the path in the base string: reserved characters decoded (2.4.7), only unreserved ones, as sent"},
    {"adobe", "oauth_order", "\"natural\"", "natural|bytes", "order of the parameters in the base string"},
    {"adobe", "input_limit", "0", NULL, "most items in a list of a call (20 where it is on); 0: off"},
    {"adobe", "page_size_limit", "300", NULL, "largest page while the limit is on"},
    {"adobe", "page_size_default", "20", NULL, "page size without pageSize while the limit is on"},
    {"adobe", "page_past_end", "\"empty\"", "empty|last",
     "a page past the end; older releases repeat the last"},
    {"adobe", "unknown_sku", "\"accepted\"", "accepted|refused",
     "source items of a SKU the catalogue does not have"},
    {"adobe", "false_401_rate", "0.0", NULL, "share of calls that are refused with 401 for no reason"},
    {"adobe", "latency_ms", "0", NULL, "time of a call; recorded: 60"},
    {"adobe", "latency_row_ms", "0", NULL, "and of each row in its body; recorded: 2"},
    {"adobe", "min_qty", "0", NULL, "out-of-stock threshold of products without their own"},
    {"adobe", "reindex_ms", "60000", NULL, "a source switched on or off counts this much later"},
    {"adobe", "cleanup_ms", "60000", NULL, "rows of a deleted product go this much later"},
    {"adobe", "partial_rate", "0.0", NULL,
     "share of source-items calls that fail with 400 after a part of the rows was kept"},
    {"adobe", "currency", "\"EUR\"", NULL, "of all orders"},
    {"adobe", "catalog_prices", "\"including\"", "including|excluding",
     "the catalogue's prices are with tax"},
    {"adobe", "tax_rates", "{\"0\":0,\"2\":25,\"4\":12}", NULL, "percent by a product's tax class"},
    {"adobe", "tax_titles", "{}", NULL, "what a tax is called, by its code (SE-25); else its code"},
    {"adobe", "row_totals", "\"after\"", "after|before",
     "row_total of an order's rows after discount (2.4.7) or before it (older releases)"},
    {"adobe", "increment_ids", "\"prefixed\"", "prefixed|equal",
     "the second store view's order numbers begin with 2, or repeat the first one's"},
    {"adobe", "compensation_ms", "0", NULL,
     "the reservation of shipped or refunded pieces ends this much after the source's row; recorded: 1000"},
    {"adobe", "checkout_refused_rate", "0.0", NULL,
     "share of orders that are refused, as while rows are written"},
    {"adobe", "store_views", "1", NULL, "1 or 2 store views of the one website"},
    {"adobe", "untouched_rate", "0.0", NULL, "share of documents after which the order's updated_at stays"},
    {"events", "url", "null", NULL, "where events are posted, exactly; null: no subscription"},
    {"events", "user", "null", NULL, "Basic auth of the receiver"},
    {"events", "password", "null", NULL, "its password"},
    {"events", "batch", "10", NULL, "events in one call"},
    {"events", "timeout_ms", "15000", NULL, "no answer within this is a failure"},
    {"events", "policy", "\"current\"", "current|older",
     "other codes remove the events; older: 4xx but 429 remove, the rest is retried"},
    {"events", "tries_first_hour", "10", NULL, "tries in the first hour, then hourly"},
    {"events", "drop_after_s", "86400", NULL, "events are dropped after this"},
    {"world", "odd_skus", "5", NULL, "products with odd names, two of them named otherwise in the shop"},
    {"world", "till_only", "0", NULL, "products only the tills know"},
    {"world", "weight_skus", "0", NULL, "products sold by weight"},
    {"world", "reclaim_every", "2", NULL,
     "each n-th store has a reclaim warehouse that is not sellable; 0: none"},
    {"world", "virtual_every", "0", NULL, "each n-th store's warehouse is Virtual; 0: none"},
    {"world", "stock_most", "40", NULL, "most pieces of a product in a store at the start"},
    {"world", "absent_rate", "0.15", NULL, "share of products a store never had"},
    {"world", "shop_kinds", "0", NULL,
     "so many each of configurable, bundle (separately and together), virtual and customizable products"},
    {"world", "equal_start", "false", NULL,
     "the shop starts with the tills' levels; else with no source items"},
};
enum { ROWS = sizeof rows / sizeof *rows };

json_t *settings_defaults(void)
{
    json_t *all = json_pack("{s{} s{} s{} s{}}", "sitoo", "adobe", "events", "world");
    for (size_t i = 0; i < ROWS; i++)
        json_object_set_new(json_object_get(all, rows[i].group), rows[i].key,
                            json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
    return all;
}

static const setting_row *find(const char *group, const char *key)
{
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].group, group) && !strcmp(rows[i].key, key))
            return &rows[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = choices; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strcspn(p, "|") == n && !strncmp(p, value, n))
            return true;
    return false;
}

static bool same_kind(const json_t *a, const json_t *b)
{
    if (json_is_null(a))
        return json_is_null(b) || json_is_string(b);
    if (json_is_boolean(a))
        return json_is_boolean(b);
    return json_typeof(a) == json_typeof(b) || (json_is_real(a) && json_is_integer(b));
}

static int judge(const char *group, const char *key, json_t *value, char *why, size_t size)
{
    const setting_row *row = find(group, key);
    if (!row)
        return snprintf(why, size, "there is no setting %s.%s", group, key), -1;
    json_t *like = json_loads(row->value, JSON_DECODE_ANY, NULL);
    bool same = same_kind(like, value);
    json_decref(like);
    if (!same)
        return snprintf(why, size, "setting %s.%s has the wrong type; its default is %s", group, key,
                        row->value),
               -1;
    if (row->choices && !is_choice(row->choices, json_string_value(value)))
        return snprintf(why, size, "setting %s.%s is one of %s", group, key, row->choices), -1;
    return 0;
}

static int patch_group(json_t *into, const char *group, json_t *patch, char *why, size_t size)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (!into || !json_is_object(patch))
        return snprintf(why, size, "settings are objects in sitoo, adobe, events or world, not %s", group),
               -1;
    json_object_foreach(patch, key, value) if (judge(group, key, value, why, size)) return -1;
    json_object_update(into, patch);
    return 0;
}

int settings_patch(json_t *settings, json_t *patch, char *why, size_t size)
{
    const char *group = NULL;
    json_t *value = NULL;
    if (!json_is_object(patch))
        return snprintf(why, size, "settings must be an object"), -1;
    json_object_foreach(patch, group, value) if (patch_group(json_object_get(settings, group), group, value,
                                                             why, size)) return -1;
    return 0;
}

void settings_help(void)
{
    printf("\nSettings (--settings FILE, or POST /settings at run time), {\"group\":{\"key\":value}}:\n");
    for (size_t i = 0; i < ROWS; i++)
        printf("  %s.%-22s %s%s%s%s [%s]\n", rows[i].group, rows[i].key, rows[i].help,
               rows[i].choices ? " (" : "", rows[i].choices ? rows[i].choices : "",
               rows[i].choices ? ")" : "", rows[i].value);
}

static json_t *get(const char *group, const char *key)
{
    return json_object_get(json_object_get(sim_world.settings, group), key);
}

int64_t setting_int(const char *group, const char *key)
{
    return json_integer_value(get(group, key));
}

const char *setting_text(const char *group, const char *key)
{
    const char *text = json_string_value(get(group, key));
    return text ? text : "";
}

bool setting_is(const char *group, const char *key, const char *value)
{
    return !strcmp(setting_text(group, key), value);
}

bool setting_bool(const char *group, const char *key)
{
    return json_is_true(get(group, key));
}

int64_t json_millionths(const json_t *number)
{
    return (int64_t)(json_number_value(number) * 1000000 + 0.5);
}

int64_t setting_rate(const char *group, const char *key)
{
    return json_millionths(get(group, key));
}
