/* SPDX-License-Identifier: Apache-2.0 */
/* Shipments, invoices and credit memos: kept as they are read back. One list for each kind, with the columns
 * a filter may name. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

adobe_document *document_of(const adobe *m, document_kind kind, int64_t id)
{
    const document_list *l = &m->sales->documents[kind];
    for (size_t i = l->count; i-- > 0;)
        if (l->item[i]->id == id)
            return l->item[i];
    return NULL;
}

adobe_document *document_add(adobe *m, document_kind kind, adobe_order *o, json_t *doc)
{
    document_list *l = &m->sales->documents[kind];
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 64;
        l->item = must(realloc(l->item, l->room * sizeof *l->item));
    }
    adobe_document *d = must(calloc(1, sizeof *d));
    *d = (adobe_document){
        .id = ++l->last_id, .order = o->id, .of = o, .created = env_now(), .updated = env_now(), .doc = doc};
    json_object_set_new(doc, "entity_id", json_integer(d->id));
    json_object_set_new(doc, "increment_id", json_sprintf("%09lld", (long long)d->id));
    json_object_set_new(doc, "created_at", time_text(d->created));
    json_object_set_new(doc, "updated_at", time_text(d->updated));
    json_t *item = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(doc, "items"), i, item)
    {
        json_object_set_new(item, "entity_id", json_integer(++l->next_item));
        json_object_set_new(item, "parent_id", json_integer(d->id));
    }
    l->item[l->count++] = d;
    return d;
}

void document_comment(adobe *m, document_kind kind, adobe_document *d, const json_t *comment, bool notify)
{
    const char *text = json_string_value(json_object_get(comment, "comment"));
    json_t *list = json_object_get(d->doc, "comments");
    if (!list)
        json_object_set_new(d->doc, "comments", list = json_array());
    if (!text)
        return;
    json_array_append_new(list, json_pack("{si sI ss sI so sI}", "is_customer_notified", notify, "parent_id",
                                          (json_int_t)d->id, "comment", text, "is_visible_on_front",
                                          json_integer_value(json_object_get(comment, "is_visible_on_front")),
                                          "created_at", time_text(d->created), "entity_id",
                                          (json_int_t)++m->sales->documents[kind].next_comment));
}

json_t *document_head(const adobe_order *o)
{
    static const char *const kept[] = {"base_currency_code",  "global_currency_code",
                                       "order_currency_code", "store_currency_code",
                                       "base_to_global_rate", "base_to_order_rate",
                                       "store_to_base_rate",  "store_to_order_rate",
                                       "billing_address_id",  NULL};
    json_t *doc = json_pack("{sI si s[]}", "order_id", (json_int_t)o->id, "store_id", o->store, "comments");
    for (size_t i = 0; kept[i]; i++)
        json_object_set(doc, kept[i], json_object_get(o->head, kept[i]));
    if (o->shipping)
        json_object_set(doc, "shipping_address_id", json_object_get(o->shipping, "entity_id"));
    return doc;
}

/* ---- lists ---- */

enum { ENTITY_ID, ORDER_ID, STORE_ID, STATE, GRAND_TOTAL, INCREMENT_ID, CREATED_AT, UPDATED_AT, COLUMNS };
static const char *const columns[] = {"entity_id",   "order_id",     "store_id",   "state",
                                      "grand_total", "increment_id", "created_at", "updated_at"};

static int column(adobe *m, const char *name)
{
    (void)m;
    for (int i = 0; i < COLUMNS; i++)
        if (!strcmp(columns[i], name))
            return i;
    return -1;
}

static search_cell cell_of(const adobe_document *d, int at)
{
    const json_t *value = json_object_get(d->doc, columns[at]);
    if (at == CREATED_AT || at == UPDATED_AT)
        return (search_cell){.kind = CELL_TIME,
                             .number = (at == CREATED_AT ? d->created : d->updated) / 1000 * 1000};
    if (json_is_string(value))
        return (search_cell){.kind = CELL_TEXT, .text = json_string_value(value)};
    int64_t n = 0;
    return decimal_read(value, &n) ? (search_cell){.kind = CELL_NUMBER, .number = n}
                                   : (search_cell){.kind = CELL_NULL};
}

static search_cell shipment_cell(adobe *m, size_t row, int at)
{
    return cell_of(m->sales->documents[SHIPMENT].item[row], at);
}

static search_cell invoice_cell(adobe *m, size_t row, int at)
{
    return cell_of(m->sales->documents[INVOICE].item[row], at);
}

static search_cell memo_cell(adobe *m, size_t row, int at)
{
    return cell_of(m->sales->documents[MEMO].item[row], at);
}

static json_t *shipment_doc(adobe *m, size_t row)
{
    return json_incref(m->sales->documents[SHIPMENT].item[row]->doc);
}

static json_t *invoice_doc(adobe *m, size_t row)
{
    return json_incref(m->sales->documents[INVOICE].item[row]->doc);
}

static json_t *memo_doc(adobe *m, size_t row)
{
    return json_incref(m->sales->documents[MEMO].item[row]->doc);
}

static const search_table tables[] = {
    [SHIPMENT] = {column, shipment_cell, shipment_doc, UNKNOWN_500, UNKNOWN_500, false},
    [INVOICE] = {column, invoice_cell, invoice_doc, UNKNOWN_500, UNKNOWN_500, false},
    [MEMO] = {column, memo_cell, memo_doc, UNKNOWN_500, UNKNOWN_500, false},
};

static void reply_list(adobe_call *c, document_kind kind)
{
    size_t count = c->m->sales->documents[kind].count;
    if (!search_begin(c, &tables[kind]))
        return;
    size_t *rows = must(calloc(count + 1, sizeof *rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    search_reply(c, &tables[kind], rows, count);
}

void adobe_get_shipments(adobe_call *c)
{
    reply_list(c, SHIPMENT);
}

void adobe_get_invoices(adobe_call *c)
{
    reply_list(c, INVOICE);
}

void adobe_get_memos(adobe_call *c)
{
    reply_list(c, MEMO);
}

static void reply_one(adobe_call *c, document_kind kind)
{
    const adobe_document *d = document_of(c->m, kind, json_integer_value(json_object_get(c->input, "id")));
    if (d)
        adobe_reply(c, json_incref(d->doc));
    else
        adobe_fail(c, 404, "The entity that was requested doesn't exist. Verify the entity and try again.",
                   NULL);
}

void adobe_get_shipment(adobe_call *c)
{
    reply_one(c, SHIPMENT);
}

void adobe_get_invoice(adobe_call *c)
{
    reply_one(c, INVOICE);
}

void adobe_get_memo(adobe_call *c)
{
    reply_one(c, MEMO);
}

void adobe_post_track(adobe_call *c)
{
    const json_t *given = json_object_get(c->input, "entity");
    adobe_document *d = document_of(c->m, SHIPMENT, json_integer_value(json_object_get(given, "parent_id")));
    if (!d) {
        adobe_fail(c, 404, "The entity that was requested doesn't exist. Verify the entity and try again.",
                   NULL);
        return;
    }
    json_t *track = json_copy((json_t *)given), *list = json_object_get(d->doc, "tracks");
    json_t *own = json_pack("{sI so so}", "entity_id", (json_int_t)++c->m->sales->next_track, "created_at",
                            time_text(env_now()), "updated_at", time_text(env_now()));
    json_object_update(track, own);
    json_decref(own);
    json_array_append(list, track);
    sim_effect("adobe", "track", json_pack("{sI s[]}", "shipment", (json_int_t)d->id, "items"));
    adobe_reply(c, track);
}
