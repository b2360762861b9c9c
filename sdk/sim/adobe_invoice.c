/* SPDX-License-Identifier: Apache-2.0 */
/* Invoices: of each row its price times the pieces, of tax and discount the same part of what the row has;
 * who takes the last pieces gets the exact rest. Shipping is on the first one. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

/* What of a row is invoiced, and of the whole row so far. */
static const struct {
    int whole, so_far;
} shares[] = {{ROW_row_total, ROW_row_invoiced},
              {ROW_tax_amount, ROW_tax_invoiced},
              {ROW_discount_amount, ROW_discount_invoiced},
              {ROW_discount_tax_compensation_amount, ROW_discount_tax_compensation_invoiced}};
enum { ROW_SHARES = sizeof shares / sizeof *shares, OPEN = 1, PAID = 2 };

typedef struct {
    int64_t net, tax, discount, compensation, gross, quantity;
} sums;

/* ---- which rows ---- */

static const json_t *named(const json_t *items, const adobe_row *r)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)items, i, one) if (json_integer_value(json_object_get(
                                                        one, "order_item_id")) == r->item) return one;
    return NULL;
}

static size_t choose(const adobe_order *o, const json_t *items, order_part *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < o->row_count; i++) {
        int64_t left = row_to_invoice(o, &o->rows[i]), wanted = left;
        const json_t *one = named(items, &o->rows[i]);
        if (json_array_size(items) && !(one && decimal_read(json_object_get(one, "qty"), &wanted)))
            continue;
        if (wanted > 0 && row_is_money(o, &o->rows[i]))
            parts[count++] = (order_part){i, wanted};
    }
    return count;
}

static void add_fault(buffer *faults, const char *text)
{
    buffer_printf(faults, "%s%s", faults->size ? "\n" : "", text);
}

static void judge_items(const adobe_order *o, const json_t *items, buffer *faults)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)items, i,
                       one) if (!row_of_item(o, json_integer_value(json_object_get(one, "order_item_id"))))
    {
        add_fault(faults, "The invoice contains one or more items that are not part of the original order.");
        return;
    }
}

static void judge(const adobe_order *o, const json_t *items, const order_part *parts, size_t count,
                  buffer *faults)
{
    static const char *const never[] = {"payment_review", "holded", "canceled", "closed", NULL};
    for (size_t n = 0; n < count; n++)
        if (parts[n].quantity > row_to_invoice(o, &o->rows[parts[n].row]))
            buffer_printf(faults,
                          "%sThe quantity to invoice must not be greater than the uninvoiced quantity for "
                          "product SKU \"%s\".",
                          faults->size ? "\n" : "", o->rows[parts[n].row].sku);
    judge_items(o, items, faults);
    for (size_t i = 0; never[i]; i++)
        if (!strcmp(never[i], o->state)) {
            buffer_printf(faults, "%sAn invoice cannot be created when an order has a status of %s",
                          faults->size ? "\n" : "", o->status);
            return;
        }
    if (!count)
        add_fault(faults, "The invoice can't be created without products. Add products and try again.");
    if (!order_can_invoice(o))
        add_fault(faults, "The order does not allow an invoice to be created.");
}

/* ---- money ---- */

static json_t *item_doc(adobe_row *r, int64_t quantity, sums *total)
{
    int64_t taken[ROW_SHARES];
    bool last = quantity == r->ordered - r->invoiced - r->canceled;
    int64_t gross = share(amount_of(r->amount[ROW_row_total_incl_tax]), quantity, r->ordered);
    for (int i = 0; i < ROW_SHARES; i++) {
        int64_t whole = amount_of(r->amount[shares[i].whole]);
        taken[i] = last && !r->canceled ? whole - amount_of(r->amount[shares[i].so_far])
                                        : share(whole, quantity, r->ordered);
        amount_add(&r->amount[shares[i].so_far], taken[i]);
    }
    total->net += taken[0], total->tax += taken[1], total->discount += taken[2];
    total->compensation += taken[3], total->gross += gross, total->quantity += quantity;
    json_t *doc = json_pack("{ss sI ss sI so}", "name", r->name, "product_id", (json_int_t)r->product, "sku",
                            r->sku, "order_item_id", (json_int_t)r->item, "qty", decimal_number(quantity));
    document_put(doc, "price", r->amount[ROW_price]);
    document_put(doc, "price_incl_tax", r->amount[ROW_price_incl_tax]);
    document_put(doc, "row_total", taken[0]);
    document_put(doc, "row_total_incl_tax", gross);
    document_put(doc, "tax_amount", taken[1]);
    document_put(doc, "discount_tax_compensation_amount", taken[3]);
    if (taken[2])
        document_put(doc, "discount_amount", taken[2]);
    return doc;
}

/* Rows that carry no money follow: a configurable's child its parent, a bundle its children. */
static void count_invoiced(adobe_order *o, const order_part *parts, size_t count)
{
    for (size_t n = 0; n < count; n++)
        o->rows[parts[n].row].invoiced += parts[n].quantity;
    for (size_t i = 0; i < o->row_count; i++) {
        adobe_row *r = &o->rows[i], *parent = r->parent == NO_ROW ? NULL : &o->rows[r->parent];
        r->updated = env_now();
        r->saved_weee |= row_is_money(o, r);
        if (!parent)
            continue;
        adobe_row *follower = parent->dynamic ? parent : r;
        int64_t by_parent = parent->invoiced / ADOBE_UNIT * r->per;
        int64_t by_child = r->invoiced / r->per * ADOBE_UNIT;
        follower->invoiced = parent->dynamic ? by_child : by_parent;
        amount_add(&follower->amount[ROW_discount_tax_compensation_invoiced], 0);
    }
}

static json_t *invoice_doc(const adobe_order *o, json_t *items, const sums *t, bool with_shipping)
{
    json_t *doc = document_head(o);
    int64_t shipping = with_shipping ? o->amount[ORDER_shipping_amount] : 0;
    int64_t shipping_tax = with_shipping ? o->amount[ORDER_shipping_tax_amount] : 0;
    int64_t shipping_gross = with_shipping ? o->amount[ORDER_shipping_incl_tax] : 0;
    int64_t discount = t->discount + (with_shipping ? o->amount[ORDER_shipping_discount_amount] : 0);
    int64_t hidden = with_shipping ? o->amount[ORDER_shipping_discount_tax_compensation_amount] : 0;
    document_put(doc, "subtotal", t->net);
    document_put(doc, "subtotal_incl_tax", t->gross);
    document_put(doc, "discount_amount", -discount);
    document_put(doc, "discount_tax_compensation_amount", t->compensation);
    document_put(doc, "shipping_amount", shipping);
    document_put(doc, "shipping_incl_tax", shipping_gross);
    document_put(doc, "shipping_tax_amount", shipping_tax);
    document_put(doc, "shipping_discount_tax_compensation_amount", hidden);
    document_put(doc, "tax_amount", t->tax + shipping_tax);
    document_put(doc, "grand_total",
                 t->net - discount + t->compensation + t->tax + shipping + shipping_tax + hidden);
    json_t *rest =
        json_pack("{si so so}", "can_void_flag", 0, "total_qty", decimal_number(t->quantity), "items", items);
    json_object_update(doc, rest);
    json_decref(rest);
    if (json_object_get(o->head, "discount_description"))
        json_object_set(doc, "discount_description", json_object_get(o->head, "discount_description"));
    return doc;
}

static int64_t doc_amount(const json_t *doc, const char *name)
{
    int64_t n = 0;
    decimal_read(json_object_get(doc, name), &n);
    return n;
}

/* Paid is what the invoice says, less what a gift card or store credit paid before. An invoice that a gateway
 * was not asked to capture stays open. */
static void count_money(adobe_order *o, json_t *doc, bool paid)
{
    static const struct {
        int order;
        const char *invoice;
    } sums_of[] = {{ORDER_subtotal_invoiced, "subtotal"},
                   {ORDER_tax_invoiced, "tax_amount"},
                   {ORDER_discount_invoiced, "discount_amount"},
                   {ORDER_discount_tax_compensation_invoiced, "discount_tax_compensation_amount"},
                   {ORDER_shipping_invoiced, "shipping_amount"}};
    for (size_t i = 0; i < sizeof sums_of / sizeof *sums_of; i++)
        amount_add(&o->amount[sums_of[i].order], doc_amount(doc, sums_of[i].invoice));
    int64_t total = doc_amount(doc, "grand_total"), due = o->amount[ORDER_total_due];
    if (total > due)
        total = due;
    document_put(doc, "grand_total", total);
    amount_add(&o->amount[ORDER_total_invoiced], total);
    json_object_set_new(doc, "state", json_integer(paid ? PAID : OPEN));
    if (!paid)
        return;
    amount_add(&o->amount[ORDER_total_paid], total);
    o->amount[ORDER_total_due] = due - total;
}

sale_answer adobe_invoice(adobe *m, adobe_order *o, const json_t *given)
{
    CLEANUP_BUFFER buffer faults = {0};
    CLEANUP_FREE order_part *parts = must(calloc(o->row_count + 1, sizeof *parts));
    const json_t *asked = json_object_get(given, "items");
    size_t count = choose(o, asked, parts);
    sums total = {0};
    judge(o, asked, parts, count, &faults);
    if (faults.size)
        return sale_invalid("Invoice", &faults);
    json_t *items = json_array();
    for (size_t n = 0; n < count; n++)
        json_array_append_new(items, item_doc(&o->rows[parts[n].row], parts[n].quantity, &total));
    json_t *doc = invoice_doc(o, items, &total, o->amount[ORDER_shipping_invoiced] == UNSET);
    count_invoiced(o, parts, count);
    bool capture = json_is_true(json_object_get(given, "capture"));
    count_money(o, doc, capture || !o->online);
    adobe_document *d = document_add(m, INVOICE, o, doc);
    d->captured = o->online && capture;
    if (d->captured)
        json_object_set(doc, "transaction_id", json_object_get(o->payment, "last_trans_id"));
    document_comment(m, INVOICE, d, json_object_get(given, "comment"),
                     json_is_true(json_object_get(given, "notify")));
    if (!strcmp(o->state, "new") || !strcmp(o->state, "pending_payment"))
        order_set_state(o, "processing");
    order_settle_state(o);
    order_touch_by_document(m, o);
    order_effect(m, o, "invoice",
                 json_pack("{sI sb}", "invoice", (json_int_t)d->id, "captured", d->captured));
    return sale_done(json_sprintf("%lld", (long long)d->id));
}
