/* SPDX-License-Identifier: Apache-2.0 */
/* The taxes of an order as its extension attributes tell them: per rate the sum, per row and for shipping
 * what was taken, all with the numbers of the shop's tax tables. The rate of a product follows from its tax
 * class (setting tax_rates). */
#include "sdk/sim/adobe_order.h"

#include <string.h>

#define STANDARD_CLASS "2"
enum { MOST_RATES = 8 };

static int64_t rate_of_class(const adobe *m, const char *tax_class)
{
    int64_t rate = 0;
    decimal_read(json_object_get(json_object_get(m->settings, "tax_rates"), tax_class), &rate);
    return rate;
}

int64_t tax_rate_of(const adobe *m, const adobe_product *p)
{
    const char *own = p ? json_string_value(json_object_get(p->custom, "tax_class_id")) : NULL;
    return rate_of_class(m, own ? own : STANDARD_CLASS);
}

typedef struct {
    int64_t rate, id, amount;
    json_t *code, *title;
} tax;

typedef struct {
    adobe *m;
    adobe_order *o;
    const char *country;
    tax taxes[MOST_RATES];
    int count;
    json_t *of_items, *additional; /* item_applied_taxes, additional_itemized_taxes */
} tax_book;

static json_t *percent(int64_t rate)
{
    return decimal_number(rate);
}

static tax *tax_of(tax_book *b, int64_t rate)
{
    for (int i = 0; i < b->count; i++)
        if (b->taxes[i].rate == rate)
            return &b->taxes[i];
    if (b->count == MOST_RATES)
        return &b->taxes[MOST_RATES - 1];
    tax *t = &b->taxes[b->count++];
    json_t *shown = percent(rate);
    char *number = json_dumps(shown, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    *t = (tax){.rate = rate, .code = json_sprintf("%s-%s", b->country, number)};
    json_t *title =
        json_object_get(json_object_get(b->m->settings, "tax_titles"), json_string_value(t->code));
    t->title = json_incref(title ? title : t->code);
    json_decref(shown);
    free(number);
    return t;
}

/* One row of the table of itemized taxes. */
static json_t *itemize(tax_book *b, const tax *t, int64_t item, int64_t amount)
{
    json_t *doc = json_pack(
        "{sI sI sO so so so so so ss}", "tax_item_id", (json_int_t)++b->m->sales->next_tax_item, "tax_id",
        (json_int_t)t->id, "tax_code", t->code, "tax_percent", percent(t->rate), "amount",
        decimal_number(amount), "base_amount", decimal_number(amount), "real_amount", decimal_number(amount),
        "real_base_amount", decimal_number(amount), "taxable_item_type", item ? "product" : "shipping");
    if (item)
        json_object_set_new(doc, "item_id", json_integer(item));
    return doc;
}

static json_t *applied(const tax *t, int64_t amount)
{
    return json_pack("{sO sO so so so}", "code", t->code, "title", t->title, "percent", percent(t->rate),
                     "amount", decimal_number(amount), "base_amount", decimal_number(amount));
}

static void tell(tax_book *b, const tax *t, int64_t item, int64_t amount)
{
    json_t *doc =
        json_pack("{ss s[o]}", "type", item ? "product" : "shipping", "applied_taxes", applied(t, amount));
    if (item)
        json_object_set_new(doc, "item_id", json_integer(item));
    json_array_append_new(b->of_items, doc);
}

static void number_rate(tax_book *b, tax *t, int64_t shipping_rate)
{
    t->id = ++b->m->sales->next_tax;
    for (size_t i = 0; i < b->o->row_count; i++) {
        adobe_row *r = &b->o->rows[i];
        if (!row_is_money(b->o, r) || r->rate != t->rate)
            continue;
        json_array_append_new(r->itemized, itemize(b, t, r->item, r->amount[ROW_tax_amount]));
        tell(b, t, r->item, r->amount[ROW_tax_amount]);
    }
    if (t->rate != shipping_rate)
        return;
    json_array_append_new(b->additional, itemize(b, t, 0, b->o->amount[ORDER_shipping_tax_amount]));
    tell(b, t, 0, b->o->amount[ORDER_shipping_tax_amount]);
}

static void write_book(tax_book *b)
{
    json_t *sums = json_array(), *rows = json_array();
    for (int i = 0; i < b->count; i++) {
        const tax *t = &b->taxes[i];
        json_array_append_new(sums, applied(t, t->amount));
        json_t *row = applied(t, t->amount);
        json_t *more = json_pack("{sI sI so si si si}", "tax_id", (json_int_t)t->id, "order_id",
                                 (json_int_t)b->o->id, "base_real_amount", decimal_number(t->amount),
                                 "priority", 0, "position", 0, "process", 0);
        json_object_update(row, more);
        json_decref(more);
        json_array_append_new(rows, row);
        json_decref(t->code);
        json_decref(t->title);
    }
    json_object_set_new(b->o->extension, "applied_taxes", sums);
    json_object_set_new(b->o->extension, "taxes", rows);
    json_object_set_new(b->o->extension, "item_applied_taxes", b->of_items);
    json_object_set_new(b->o->extension, "additional_itemized_taxes", b->additional);
}

void order_taxes(adobe *m, adobe_order *o, const char *country)
{
    tax_book b = {.m = m, .o = o, .country = country, .of_items = json_array(), .additional = json_array()};
    int64_t shipping_rate = tax_rate_of(m, NULL);
    for (size_t i = 0; i < o->row_count; i++)
        if (row_is_money(o, &o->rows[i]))
            tax_of(&b, o->rows[i].rate)->amount += o->rows[i].amount[ROW_tax_amount];
    tax_of(&b, shipping_rate)->amount += o->amount[ORDER_shipping_tax_amount];
    for (int i = 0; i < b.count; i++)
        number_rate(&b, &b.taxes[i], shipping_rate);
    write_book(&b);
}
