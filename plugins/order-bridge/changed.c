/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a till's order is still what it was made for. What we sent stands with its attempt: rows (the
 * shop's item and the till's SKU) with their pieces, and the total; what staff changed since shows against
 * that. An order that the connector before us made was not sent by us: it must hold just what the shop's
 * order says, or a piece could be sent a second time. A person who lets it pass makes what stands there what
 * was sent. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING_SENT = -1 };

static void add_pieces(json_t *rows, const char *name, int64_t pieces)
{
    json_object_set_new(rows, name, order_quantity_json(order_quantity(rows, name) + pieces));
}

static bool is_sold(const bridge *b, const char *sku)
{
    for (size_t k = 0; k < b->things; k++) {
        if (!strcmp(order_text(thing_at(b, k), "sku"), sku))
            return true;
    }
    return false;
}

/* Fees; of an adopted order everything that is none of the SKUs sold, for nobody knows how it named them. */
static bool is_beside(const bridge *b, const json_t *till, const json_t *row)
{
    const char *sku = order_text(row, "sku");
    return !*sku || *order_text(json_object_get(row, "additionaldata"), "web-fee") ||
           (json_is_true(json_object_get(till, "adopted")) && !is_sold(b, sku));
}

static void name_row(int64_t item, const char *sku, char out[ORDER_KEY_MOST])
{
    if (item)
        snprintf(out, ORDER_KEY_MOST, "%lld %s", (long long)item, sku);
    else
        snprintf(out, ORDER_KEY_MOST, "%s", sku);
}

/* Of a till order: {"item SKU": pieces}; what belongs to nothing that was sold is there under its SKU alone.
 */
static json_t *rows_there(const bridge *b, const json_t *till)
{
    size_t i;
    json_t *row, *rows = json_object();
    char name[ORDER_KEY_MOST];
    json_array_foreach(json_object_get(till, "orderitems"), i, row)
    {
        const json_t *sold = till_row_sold(till, i, b->sold);
        int64_t item = sold ? order_number(sold, "item") : till_row_item(row);
        if (is_beside(b, till, row))
            continue;
        name_row(item, order_text(row, "sku"), name);
        add_pieces(rows, name, till_row_quantity(row));
    }
    return rows;
}

static json_t *rows_sold(const bridge *b)
{
    char name[ORDER_KEY_MOST];
    json_t *rows = json_object();
    for (size_t k = 0; k < b->things; k++) {
        const json_t *sold = thing_at(b, k);
        name_row(order_number(sold, "item"), order_text(sold, "sku"), name);
        add_pieces(rows, name, order_quantity(sold, "quantity"));
    }
    return rows;
}

static json_t *rows_sent(const json_t *sent)
{
    size_t i;
    json_t *row, *rows = json_object();
    char name[ORDER_KEY_MOST];
    json_array_foreach(json_object_get(sent, "rows"), i, row)
    {
        name_row(order_number(row, "item"), order_text(row, "sku"), name);
        add_pieces(rows, name, order_quantity(row, "quantity"));
    }
    return rows;
}

/* NOTHING_SENT: it cannot be told. */
static int64_t total_there(const json_t *till)
{
    static const char *const parts[] = {"moneyfinal_net", "moneyfinal_vat", "moneyfinal_salestax"};
    int64_t sum = 0;
    bool any = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        tb_money m = {.amount = 0};
        const json_t *value = json_object_get(till, parts[i]);
        if (value && !json_is_null(value) && !tb_money_from_json(value, NULL, &m))
            sum += m.amount, any = true;
    }
    return any ? sum : NOTHING_SENT;
}

void changed_note_sent(const bridge *b, const char *external, const json_t *sent)
{
    tb_money m = {.amount = 0};
    const json_t *total = json_object_get(sent, "total");
    json_t *one = attempts_of(b, external);
    json_object_set_new(one, "rows", rows_sent(sent));
    if (total && !tb_money_from_json(total, NULL, &m))
        json_object_set_new(one, "total", json_integer(m.amount));
}

void changed_accept(const bridge *b, const bridge_part *p)
{
    json_t *one = attempts_of(b, order_text(p->till.json, "externalid"));
    json_object_set_new(one, "rows", rows_there(b, p->till.json));
    json_object_set_new(one, "total", json_integer(total_there(p->till.json)));
}

bool changed_at_till(const bridge *b, const bridge_part *p, char *why, size_t size)
{
    const json_t *one = attempts_of(b, order_text(p->till.json, "externalid"));
    const json_t *total = json_object_get(one, "total");
    int64_t is = total_there(p->till.json), was = json_integer_value(total);
    json_auto_t *there = rows_there(b, p->till.json);
    json_auto_t *sent = p->till.adopted && !json_object_get(one, "rows")
                            ? rows_sold(b)
                            : json_deep_copy(json_object_get(one, "rows"));
    *why = '\0';
    if (!sent) /* before a restore, or of an older release: not known */
        return false;
    if (json_equal(there, sent) && (!total || is == was || is == NOTHING_SENT || was == NOTHING_SENT))
        return false;
    char *a = json_dumps(sent, JSON_SORT_KEYS), *z = json_dumps(there, JSON_SORT_KEYS);
    char should[40] = "?", does[40] = "?";
    if (total)
        tb_money_format((tb_money){.amount = was}, 2, should, sizeof should);
    if (is != NOTHING_SENT)
        tb_money_format((tb_money){.amount = is}, 2, does, sizeof does);
    snprintf(why, size, "it should hold %s for %s, and holds %s for %s", a ? a : "?", should, z ? z : "?",
             does);
    free(a);
    free(z);
    return true;
}
