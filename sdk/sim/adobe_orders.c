/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of orders: reading them, their rows and comments, and the steps that change them. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

#define UNKNOWN "The entity that was requested doesn't exist. Verify the entity and try again."

/* ---- the list ---- */

enum {
    ENTITY_ID,
    STORE_ID,
    GRAND_TOTAL,
    TOTAL_DUE,
    TOTAL_PAID,
    CUSTOMER_ID,
    QUOTE_ID,
    RELATION_PARENT_ID,
    INCREMENT_ID,
    STATE,
    STATUS,
    CUSTOMER_EMAIL,
    EXT_ORDER_ID,
    ORIGINAL_INCREMENT_ID,
    CREATED_AT,
    UPDATED_AT,
    COLUMNS
};

static int column(adobe *m, const char *name)
{
    static const char *const names[] = {"entity_id",    "store_id",
                                        "grand_total",  "total_due",
                                        "total_paid",   "customer_id",
                                        "quote_id",     "relation_parent_id",
                                        "increment_id", "state",
                                        "status",       "customer_email",
                                        "ext_order_id", "original_increment_id",
                                        "created_at",   "updated_at"};
    (void)m;
    for (int i = 0; i < COLUMNS; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static search_cell text_cell(const char *text)
{
    return text ? (search_cell){.kind = CELL_TEXT, .text = text} : (search_cell){.kind = CELL_NULL};
}

static search_cell amount_cell(int64_t amount)
{
    return amount == UNSET ? (search_cell){.kind = CELL_NULL}
                           : (search_cell){.kind = CELL_NUMBER, .number = amount};
}

static search_cell id_cell(int64_t id)
{
    return id ? (search_cell){.kind = CELL_NUMBER, .number = id * ADOBE_UNIT}
              : (search_cell){.kind = CELL_NULL};
}

static search_cell time_cell(int64_t ms)
{
    return (search_cell){.kind = CELL_TIME, .number = ms / 1000 * 1000};
}

static search_cell text_of(const adobe *m, const adobe_order *o, int at)
{
    const adobe_order *first = adobe_order_of(m, o->original);
    const char *const texts[] = {[INCREMENT_ID] = o->increment,
                                 [STATE] = o->state,
                                 [STATUS] = o->status,
                                 [CUSTOMER_EMAIL] =
                                     json_string_value(json_object_get(o->head, "customer_email")),
                                 [EXT_ORDER_ID] = NULL,
                                 [ORIGINAL_INCREMENT_ID] = first ? first->increment : NULL};
    return text_cell(texts[at]);
}

static search_cell cell(adobe *m, size_t row, int at)
{
    const adobe_order *o = m->sales->orders[row];
    switch (at) {
    case GRAND_TOTAL:
        return amount_cell(o->amount[ORDER_grand_total]);
    case TOTAL_DUE:
        return amount_cell(o->amount[ORDER_total_due]);
    case TOTAL_PAID:
        return amount_cell(o->amount[ORDER_total_paid]);
    case CREATED_AT:
        return time_cell(o->created);
    case UPDATED_AT:
        return time_cell(o->updated);
    default:
        break;
    }
    const int64_t ids[] = {[ENTITY_ID] = o->id,
                           [STORE_ID] = o->store,
                           [QUOTE_ID] = json_integer_value(json_object_get(o->head, "quote_id")),
                           [RELATION_PARENT_ID] = o->replaces};
    return at < INCREMENT_ID ? id_cell(ids[at]) : text_of(m, o, at);
}

static json_t *doc_of(adobe *m, size_t row)
{
    return adobe_order_doc(m, m->sales->orders[row]);
}

static const search_table table = {column, cell, doc_of, UNKNOWN_500, UNKNOWN_500, false};

void adobe_get_orders(adobe_call *c)
{
    if (!search_begin(c, &table))
        return;
    size_t count = c->m->sales->count;
    size_t *rows = must(calloc(count + 1, sizeof *rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    search_reply(c, &table, rows, count);
}

/* ---- one order ---- */

static adobe_order *asked(adobe_call *c)
{
    int64_t id = json_integer_value(json_object_get(c->input, "id"));
    adobe_order *o = adobe_order_of(c->m, id);
    if (!id)
        adobe_fail(c, 400, "An ID is needed. Set the ID and try again.", NULL);
    else if (!o)
        adobe_fail(c, 404, UNKNOWN, NULL);
    return o;
}

void adobe_get_order(adobe_call *c)
{
    const adobe_order *o = asked(c);
    if (o)
        adobe_reply(c, adobe_order_doc(c->m, o));
}

void adobe_get_order_status(adobe_call *c)
{
    const adobe_order *o = asked(c);
    if (o)
        adobe_reply(c, json_string(o->status));
}

/* The list of an order's comments repeats the search the shop made for it. */
void adobe_get_comments(adobe_call *c)
{
    const adobe_order *o = asked(c);
    json_t *list = json_array(), *one = NULL;
    size_t i = 0;
    json_array_foreach(o ? o->history : NULL, i, one)
    {
        json_t *doc = json_copy(one);
        json_object_del(doc, "entity_name");
        json_array_append_new(list, doc);
    }
    if (o)
        adobe_reply(c, json_pack("{sO s{s[{s[{ss so ss}]}]} sI}", "items", list, "search_criteria",
                                 "filter_groups", "filters", "field", "parent_id", "value",
                                 json_sprintf("%lld", (long long)o->id), "condition_type", "eq",
                                 "total_count", (json_int_t)json_array_size(list)));
    json_decref(list);
}

/* ---- rows ---- */

static bool row_at(const adobe *m, size_t n, const adobe_order **order, const adobe_row **row)
{
    for (size_t i = 0; i < m->sales->count; i++) {
        const adobe_order *o = m->sales->orders[i];
        if (n < o->row_count) {
            *order = o;
            *row = &o->rows[n];
            return true;
        }
        n -= o->row_count;
    }
    return false;
}

static int row_column(adobe *m, const char *name)
{
    (void)m;
    return !strcmp(name, "item_id") ? 0 : !strcmp(name, "order_id") ? 1 : !strcmp(name, "sku") ? 2 : -1;
}

static search_cell row_cell(adobe *m, size_t n, int at)
{
    const adobe_order *o = NULL;
    const adobe_row *r = NULL;
    if (!row_at(m, n, &o, &r))
        return (search_cell){.kind = CELL_NULL};
    return at == 2 ? text_cell(r->sku) : id_cell(at ? o->id : r->item);
}

static json_t *row_doc(adobe *m, size_t n)
{
    const adobe_order *o = NULL;
    const adobe_row *r = NULL;
    return row_at(m, n, &o, &r) ? adobe_row_doc(m, o, r, false) : json_null();
}

static const search_table row_table = {row_column, row_cell, row_doc, UNKNOWN_500, UNKNOWN_500, false};

void adobe_get_order_items(adobe_call *c)
{
    size_t count = 0;
    if (!search_begin(c, &row_table))
        return;
    for (size_t i = 0; i < c->m->sales->count; i++)
        count += c->m->sales->orders[i]->row_count;
    size_t *rows = must(calloc(count + 1, sizeof *rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    search_reply(c, &row_table, rows, count);
}

void adobe_get_order_item(adobe_call *c)
{
    int64_t id = json_integer_value(json_object_get(c->input, "id"));
    for (size_t i = 0; i < c->m->sales->count; i++) {
        const adobe_order *o = c->m->sales->orders[i];
        const adobe_row *r = row_of_item(o, id);
        if (r) {
            adobe_reply(c, adobe_row_doc(c->m, o, r, false));
            return;
        }
    }
    adobe_fail(c, 404, UNKNOWN, NULL);
}

/* ---- steps ---- */

static void reply(adobe_call *c, sale_answer a)
{
    adobe_reply(c, a.body);
    c->status = a.status;
}

void adobe_post_ship(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_ship(c->m, o, c->input));
}

void adobe_post_invoice(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_invoice(c->m, o, c->input));
}

void adobe_post_order_refund(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_refund(c->m, o, NULL, c->input));
}

void adobe_post_invoice_refund(adobe_call *c)
{
    adobe_document *d = document_of(c->m, INVOICE, json_integer_value(json_object_get(c->input, "id")));
    if (d)
        reply(c, adobe_refund(c->m, d->of, d, c->input));
    else
        adobe_fail(c, 404, UNKNOWN, NULL);
}

void adobe_post_cancel(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_cancel(c->m, o));
}

void adobe_post_hold(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_hold(c->m, o, !strstr(c->route->path, "unhold")));
}

void adobe_post_comment(adobe_call *c)
{
    adobe_order *o = asked(c);
    if (o)
        reply(c, adobe_comment(c->m, o, json_object_get(c->input, "status_history")));
}

/* 200 even when all failed. */
void adobe_post_ready(adobe_call *c)
{
    json_t *errors = json_array(), *id = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(c->input, "order_ids"), i, id)
    {
        adobe_order *o = adobe_order_of(c->m, json_integer_value(id));
        sale_answer a = o ? adobe_ready(c->m, o) : sale_refused(404, UNKNOWN, NULL);
        if (a.status != 200)
            json_array_append_new(
                errors, json_pack("{sO sO}", "id", id, "message", json_object_get(a.body, "message")));
        json_decref(a.body);
    }
    adobe_reply(c, json_pack("{sb so}", "successful", !json_array_size(errors), "errors", errors));
}
