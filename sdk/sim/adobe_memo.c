/* SPDX-License-Identifier: Apache-2.0 */
/* Credit memos. Only what was invoiced can be given back; of a row's remaining money the part that the pieces
 * are of the remaining pieces, so that the last memo gets the exact rest. Nothing named means everything, and
 * no amount of shipping means all of it. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

static const struct {
    int invoiced, refunded;
    const char *name;
} shares[] = {{ROW_row_invoiced, ROW_amount_refunded, "row_total"},
              {ROW_tax_invoiced, ROW_tax_refunded, "tax_amount"},
              {ROW_discount_invoiced, ROW_discount_refunded, "discount_amount"},
              {ROW_discount_tax_compensation_invoiced, ROW_discount_tax_compensation_refunded,
               "discount_tax_compensation_amount"}};
enum { NET, TAX, DISCOUNT, COMPENSATION, ROW_SHARES };

/* What a memo comes to, computed before anything is kept. */
typedef struct {
    order_part *parts;
    size_t count;
    int64_t *taken; /* ROW_SHARES of each part */
    int64_t sum[ROW_SHARES], gross, shipping, shipping_tax, plus, minus, total;
} memo;

static const json_t *argument(const json_t *given, const char *key)
{
    return json_object_get(json_object_get(given, "arguments"), key);
}

static int64_t argument_amount(const json_t *given, const char *key)
{
    int64_t n = 0;
    decimal_read(argument(given, key), &n);
    return n;
}

static const json_t *back_to_stock(const json_t *given)
{
    return json_object_get(argument(given, "extension_attributes"), "return_to_stock_items");
}

/* ---- which rows ---- */

static const json_t *named(const json_t *items, int64_t item)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)items, i,
                       one) if (json_integer_value(json_object_get(one, "order_item_id")) == item) return one;
    return NULL;
}

static void choose(const adobe_order *o, const json_t *items, memo *c)
{
    for (size_t i = 0; i < o->row_count; i++) {
        int64_t wanted = row_to_refund(o, &o->rows[i]);
        const json_t *one = named(items, o->rows[i].item);
        if (json_array_size(items) && !(one && decimal_read(json_object_get(one, "qty"), &wanted)))
            continue;
        if (row_is_money(o, &o->rows[i]) && (wanted > 0 || one))
            c->parts[c->count++] = (order_part){i, wanted};
    }
}

/* ---- money ---- */

static void weigh_part(const adobe_order *o, memo *c, size_t n)
{
    const adobe_row *r = &o->rows[c->parts[n].row];
    int64_t left = r->invoiced - r->refunded;
    for (int i = 0; i < ROW_SHARES; i++) {
        int64_t rest = amount_of(r->amount[shares[i].invoiced]) - amount_of(r->amount[shares[i].refunded]);
        int64_t part = c->parts[n].quantity == left ? rest : share(rest, c->parts[n].quantity, left);
        c->taken[n * ROW_SHARES + (size_t)i] = part;
        c->sum[i] += part;
    }
    c->gross += share(amount_of(r->amount[ROW_row_total_incl_tax]), c->parts[n].quantity, r->ordered);
}

static int64_t shipping_left(const adobe_order *o)
{
    return amount_of(o->amount[ORDER_shipping_invoiced]) - amount_of(o->amount[ORDER_shipping_refunded]);
}

static int64_t shipping_tax_left(const adobe_order *o)
{
    return o->amount[ORDER_shipping_tax_amount] - amount_of(o->amount[ORDER_shipping_tax_refunded]);
}

static void weigh(const adobe_order *o, const json_t *given, memo *c)
{
    const json_t *shipping = argument(given, "shipping_amount");
    for (size_t n = 0; n < c->count; n++)
        weigh_part(o, c, n);
    if (!shipping || !decimal_read(shipping, &c->shipping))
        c->shipping = shipping_left(o);
    c->shipping_tax = c->shipping == shipping_left(o) ? (c->shipping ? shipping_tax_left(o) : 0)
                                                      : share(o->amount[ORDER_shipping_tax_amount],
                                                              c->shipping, o->amount[ORDER_shipping_amount]);
    c->plus = argument_amount(given, "adjustment_positive");
    c->minus = argument_amount(given, "adjustment_negative");
    c->total = c->sum[NET] + c->sum[TAX] - c->sum[DISCOUNT] + c->sum[COMPENSATION] + c->shipping +
               c->shipping_tax + c->plus - c->minus;
}

/* ---- what the shop refuses ---- */

/* While the totals are made, before anything is validated. */
static bool too_early(const adobe_order *o, const memo *c, sale_answer *refusal)
{
    for (size_t n = 0; n < c->count; n++) {
        const adobe_row *r = &o->rows[c->parts[n].row];
        if (r->invoiced && c->parts[n].quantity > row_to_refund(o, r)) {
            *refusal = sale_refused(400, "We found an invalid quantity to refund item \"%1\".",
                                    json_pack("[s]", r->name));
            return true;
        }
    }
    if (c->shipping <= shipping_left(o))
        return false;
    *refusal = sale_refused(400, "Maximum shipping amount allowed to refund is: %1",
                            json_pack("[o]", decimal_text(shipping_left(o))));
    return true;
}

static void add_fault(buffer *faults, const char *text)
{
    buffer_printf(faults, "%s%s", faults->size ? "\n" : "", text);
}

static void judge_state(const adobe_order *o, buffer *faults)
{
    static const char *const never[] = {"payment_review", "holded", "canceled", "closed", NULL};
    for (size_t i = 0; never[i]; i++)
        if (!strcmp(never[i], o->state)) {
            buffer_printf(faults, "%sA creditmemo can not be created when an order has a status of %s",
                          faults->size ? "\n" : "", o->status);
            return;
        }
}

static void judge_items(const adobe_order *o, const json_t *items, buffer *faults)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)items, i, one)
    {
        const adobe_row *r = row_of_item(o, json_integer_value(json_object_get(one, "order_item_id")));
        if (!r)
            add_fault(faults, "The creditmemo contains product item that is not part of the original order.");
        else if (!row_is_money(o, r))
            add_fault(faults, "The creditmemo contains incorrect product items.");
    }
}

static bool is_in(const adobe_order *o, const memo *c, const adobe_row *r)
{
    for (size_t n = 0; n < c->count; n++) {
        int row = (int)c->parts[n].row, at = (int)(r - o->rows);
        if (row == at || r->parent == row || o->rows[row].parent == at)
            return true;
    }
    return false;
}

static void judge_back(const adobe_order *o, const memo *c, const json_t *back, buffer *faults)
{
    json_t *id = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)back, i, id)
    {
        const adobe_row *r = row_of_item(o, json_integer_value(id));
        if (!r)
            add_fault(
                faults,
                "The return to stock argument contains product item that is not part of the original order.");
        else if (!is_in(o, c, r))
            buffer_printf(faults, "%sThe \"%s\" product is not part of the current creditmemo.",
                          faults->size ? "\n" : "", r->sku);
    }
}

static void judge_money(const adobe_order *o, const memo *c, buffer *faults)
{
    int64_t left = amount_of(o->amount[ORDER_total_paid]) - amount_of(o->amount[ORDER_total_refunded]);
    int64_t wanted = 0;
    if (c->total > left || !left) {
        json_t *shown = decimal_number(left);
        CLEANUP_FREE char *text = json_dumps(shown, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        buffer_printf(faults, "%sThe most money available to refund is %s.", faults->size ? "\n" : "", text);
        json_decref(shown);
    }
    for (size_t n = 0; n < c->count; n++) {
        wanted += c->parts[n].quantity;
        if (c->parts[n].quantity > row_to_refund(o, &o->rows[c->parts[n].row]))
            add_fault(faults, "The quantity to refund must not be greater than the unrefunded quantity.");
    }
    if (left && (!c->count || (!wanted && c->total <= 0)))
        add_fault(faults, "You can't create a creditmemo without products.");
    if (left && c->total <= 0)
        add_fault(faults, "The credit memo's total must be positive.");
}

/* ---- what is kept ---- */

static void count_part(adobe_order *o, const memo *c, size_t n)
{
    adobe_row *r = &o->rows[c->parts[n].row];
    r->refunded += c->parts[n].quantity;
    r->updated = env_now();
    for (int i = 0; i < ROW_SHARES; i++)
        amount_add(&r->amount[shares[i].refunded], c->taken[n * ROW_SHARES + (size_t)i]);
}

static void follow(adobe_row *r, int64_t refunded)
{
    r->refunded = refunded > r->ordered ? r->ordered : refunded;
    r->updated = env_now();
    for (int i = 0; i < ROW_SHARES; i++)
        amount_add(&r->amount[shares[i].refunded], 0);
}

/* A configurable's child follows its parent. A dynamic bundle reads one piece refunded with each memo of any
 * of its children, whatever their number. */
static void count_followers(adobe_order *o, const memo *c)
{
    int last = NO_ROW;
    for (size_t n = 0; n < c->count; n++) {
        int parent = o->rows[c->parts[n].row].parent;
        if (parent != NO_ROW && parent != last && c->parts[n].quantity)
            follow(&o->rows[parent], o->rows[parent].refunded + ADOBE_UNIT);
        last = parent == NO_ROW ? last : parent;
        for (size_t i = 0; i < o->row_count; i++)
            if (o->rows[i].parent == (int)c->parts[n].row)
                follow(&o->rows[i], o->rows[i].refunded + leaf_pieces(o, i, c->parts[n]));
    }
}

static void count_order(adobe_order *o, const memo *c, bool online)
{
    const struct {
        int order;
        int64_t by;
    } sums[] = {{ORDER_adjustment_positive, c->plus},
                {ORDER_adjustment_negative, c->minus},
                {ORDER_subtotal_refunded, c->sum[NET]},
                {ORDER_tax_refunded, c->sum[TAX] + c->shipping_tax},
                {ORDER_discount_refunded, -c->sum[DISCOUNT]},
                {ORDER_discount_tax_compensation_refunded, c->sum[COMPENSATION]},
                {ORDER_shipping_refunded, c->shipping},
                {ORDER_shipping_tax_refunded, c->shipping_tax},
                {ORDER_total_refunded, c->total},
                {online ? ORDER_total_online_refunded : ORDER_total_offline_refunded, c->total}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        amount_add(&o->amount[sums[i].order], sums[i].by);
}

static json_t *item_doc(const adobe_row *r, const int64_t *taken, int64_t quantity)
{
    json_t *doc =
        json_pack("{sn ss sI so sI ss ss si si si si}", "base_cost", "name", r->name, "order_item_id",
                  (json_int_t)r->item, "qty", decimal_number(quantity), "product_id", (json_int_t)r->product,
                  "sku", r->sku, "weee_tax_applied", "[]", "base_weee_tax_row_disposition", 0,
                  "weee_tax_applied_row_amount", 0, "weee_tax_row_disposition", 0, "weee_tax_disposition", 0);
    json_object_del(doc, "weee_tax_disposition");
    document_put(doc, "price", r->amount[ROW_price]);
    document_put(doc, "price_incl_tax", r->amount[ROW_price_incl_tax]);
    document_put(doc, "row_total_incl_tax",
                 share(amount_of(r->amount[ROW_row_total_incl_tax]), quantity, r->ordered));
    for (int i = 0; i < ROW_SHARES; i++)
        if (i != DISCOUNT || taken[i])
            document_put(doc, shares[i].name, taken[i]);
    return doc;
}

static json_t *memo_doc(const adobe_order *o, const memo *c, const adobe_document *invoice)
{
    json_t *doc = document_head(o), *items = json_array();
    const struct {
        const char *name;
        int64_t amount;
    } told[] = {{"adjustment", c->plus - c->minus},
                {"adjustment_positive", c->plus},
                {"adjustment_negative", c->minus},
                {"discount_amount", -c->sum[DISCOUNT]},
                {"discount_tax_compensation_amount", c->sum[COMPENSATION]},
                {"grand_total", c->total},
                {"shipping_amount", c->shipping},
                {"shipping_incl_tax", c->shipping + c->shipping_tax},
                {"shipping_tax_amount", c->shipping_tax},
                {"subtotal", c->sum[NET]},
                {"subtotal_incl_tax", c->gross},
                {"tax_amount", c->sum[TAX] + c->shipping_tax}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        document_put(doc, told[i].name, told[i].amount);
    for (size_t n = 0; n < c->count; n++)
        json_array_append_new(
            items, item_doc(&o->rows[c->parts[n].row], c->taken + n * ROW_SHARES, c->parts[n].quantity));
    json_object_set_new(doc, "items", items);
    json_object_set_new(doc, "state", json_integer(2));
    if (invoice)
        json_object_set_new(doc, "invoice_id", json_integer(invoice->id));
    return doc;
}

static adobe_document *keep(adobe *m, adobe_order *o, const memo *c, const json_t *given,
                            adobe_document *invoice)
{
    CLEANUP_BUFFER buffer said = {0};
    bool online = invoice && json_is_true(json_object_get(given, "is_online"));
    adobe_document *d = document_add(m, MEMO, o, memo_doc(o, c, invoice));
    memo_stock(m, o, c->parts, c->count, back_to_stock(given));
    for (size_t n = 0; n < c->count; n++)
        count_part(o, c, n);
    count_followers(o, c);
    count_order(o, c, online);
    buffer_printf(&said, "We refunded %s%lld.%02lld %s.",
                  adobe_is(m, "currency", "EUR") ? "\xE2\x82\xAC" : "", (long long)(c->total / ADOBE_UNIT),
                  (long long)(c->total % ADOBE_UNIT / 100), online ? "online" : "offline");
    order_say(m, o, buffer_text(&said), "creditmemo", false);
    return d;
}

static sale_answer refund(adobe *m, adobe_order *o, adobe_document *invoice, const json_t *given, memo *c)
{
    CLEANUP_BUFFER buffer faults = {0};
    const json_t *items = json_object_get(given, "items");
    sale_answer refusal;
    choose(o, items, c);
    weigh(o, given, c);
    if (too_early(o, c, &refusal))
        return refusal;
    judge_items(o, items, &faults);
    judge_state(o, &faults);
    if (invoice && !invoice->captured)
        add_fault(&faults, "We can't create creditmemo for the invoice.");
    else if (!faults.size)
        judge_money(o, c, &faults);
    judge_back(o, c, back_to_stock(given), &faults);
    if (faults.size)
        return sale_invalid("Creditmemo", &faults);
    adobe_document *d = keep(m, o, c, given, invoice);
    document_comment(m, MEMO, d, json_object_get(given, "comment"),
                     json_is_true(json_object_get(given, "notify")));
    order_settle_state(o);
    order_touch_by_document(m, o);
    order_effect(m, o, "creditmemo",
                 json_pack("{sI so}", "creditmemo", (json_int_t)d->id, "total", decimal_text(c->total)));
    return sale_done(json_sprintf("%lld", (long long)d->id));
}

sale_answer adobe_refund(adobe *m, adobe_order *o, adobe_document *invoice, const json_t *given)
{
    CLEANUP_FREE order_part *parts = must(calloc(o->row_count + 1, sizeof *parts));
    CLEANUP_FREE int64_t *taken = must(calloc(ROW_SHARES * (o->row_count + 1), sizeof *taken));
    memo c = {.parts = parts, .taken = taken};
    return refund(m, o, invoice, given, &c);
}
