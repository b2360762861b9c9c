/* SPDX-License-Identifier: Apache-2.0 */
/* Shipping: of each row named at most what is left, silently; rows with nothing left and rows the order does
 * not have are skipped as long as one remains. All pieces leave one source, which must have them, or nothing
 * is kept. Ready for pick-up is the same with a mail. */
#include "sdk/sim/adobe_order.h"
#include "sdk/sim/must.h"

#include <string.h>

#define NOT_SAVED "Could not save a shipment, see error log for details"

/* ---- which rows ---- */

static int64_t asked_of(const json_t *items, const adobe_row *r)
{
    json_t *one = NULL;
    size_t i = 0;
    int64_t sum = 0, n = 0;
    json_array_foreach((json_t *)items, i,
                       one) if (json_integer_value(json_object_get(one, "order_item_id")) == r->item &&
                                decimal_read(json_object_get(one, "qty"), &n)) sum +=
        n / ADOBE_UNIT * ADOBE_UNIT;
    return sum;
}

static size_t choose(const adobe_order *o, const json_t *items, order_part *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < o->row_count; i++) {
        int64_t left = row_to_ship(o, &o->rows[i]);
        int64_t wanted = json_array_size(items) ? asked_of(items, &o->rows[i]) : left;
        if (wanted > left)
            wanted = left;
        if (wanted > 0)
            parts[count++] = (order_part){i, wanted};
    }
    return count;
}

/* A bundle's row that does not ship, named all the same. */
static void judge_bundles(const adobe_order *o, const json_t *items, buffer *faults)
{
    for (size_t i = 0; i < o->row_count; i++) {
        const adobe_row *r = &o->rows[i], *parent = r->parent == NO_ROW ? r : &o->rows[r->parent];
        if (strcmp(parent->type, "bundle") != 0 || row_ships(o, r) || !asked_of(items, r))
            continue;
        buffer_printf(faults,
                      "%sCannot create shipment as bundle product \"%s\" has shipment type \"%s\". %s "
                      "should be shipped instead.",
                      faults->size ? "\n" : "", parent->sku, parent->separately ? "Separately" : "Together",
                      parent->separately ? "Bundle product options" : "Bundle product itself");
    }
}

static bool is_refused_state(const adobe_order *o)
{
    static const char *const states[] = {"payment_review", "holded", "canceled", NULL};
    for (size_t i = 0; states[i]; i++)
        if (!strcmp(states[i], o->state))
            return true;
    return !o->shipping;
}

static void judge(const adobe_order *o, const json_t *given, size_t count, buffer *faults)
{
    const json_t *items = json_object_get(given, "items");
    json_t *track = NULL;
    size_t i = 0;
    if (is_refused_state(o))
        buffer_printf(faults, "A shipment cannot be created when an order has a status of %s", o->status);
    else if (!order_can_ship(o))
        buffer_puts(faults, "The order does not allow a shipment to be created.");
    if (!count)
        buffer_printf(faults, "%sYou can't create a shipment without products.", faults->size ? "\n" : "");
    judge_bundles(o, items, faults);
    json_array_foreach(json_object_get(given, "tracks"), i, track)
    {
        const char *number = json_string_value(json_object_get(track, "track_number"));
        if (!number || !*number)
            buffer_printf(faults, "%sPlease enter a tracking number.", faults->size ? "\n" : "");
    }
}

/* ---- from the source ---- */

static bool is_part_of(const adobe_order *o, size_t leaf, size_t row)
{
    return leaf == row || o->rows[leaf].parent == (int)row;
}

/* Pieces of each leaf that leave with these parts. */
static void pieces_of(const adobe_order *o, const order_part *parts, size_t count, int64_t *pieces)
{
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < o->row_count; i++)
            if (row_is_leaf(&o->rows[i]) && !o->rows[i].is_virtual && is_part_of(o, i, parts[n].row))
                pieces[i] += leaf_pieces(o, i, parts[n]);
}

static bool is_managed(const adobe *m, const adobe_row *r)
{
    const adobe_product *p = m->skus[r->place].product;
    return !p || p->manage_stock;
}

/* Two rows may be of the same SKU: all that is wanted of it must be there. */
static bool is_there(const adobe *m, const adobe_order *o, const int64_t *pieces, int source)
{
    for (size_t i = 0; i < o->row_count; i++) {
        int64_t sum = 0;
        if (!pieces[i] || !is_managed(m, &o->rows[i]))
            continue;
        for (size_t j = 0; j < o->row_count; j++)
            sum += o->rows[j].place == o->rows[i].place ? pieces[j] : 0;
        const adobe_item *item = adobe_item_of(m, &m->skus[o->rows[i].place], source);
        if (!item || item->quantity < sum)
            return false;
    }
    return true;
}

/* The status goes to 0 at the threshold. */
void order_take(adobe *m, uint32_t place, int source, int64_t pieces)
{
    const adobe_sku *k = &m->skus[place];
    const adobe_item *item = adobe_item_of(m, k, source);
    const adobe_product *p = k->product;
    int64_t least = p && p->min_qty != NO_PLACE ? p->min_qty : adobe_int(m, "min_qty") * ADOBE_UNIT;
    int64_t left = (item ? item->quantity : 0) - pieces;
    bool stays = left > least || (p && p->backorders);
    adobe_write_row(m, k->name, source, left, item && item->status && stays);
}

static void leave(adobe *m, adobe_order *o, const int64_t *pieces, int source)
{
    for (size_t i = 0; i < o->row_count; i++) {
        if (!pieces[i])
            continue;
        if (is_managed(m, &o->rows[i]))
            order_take(m, o->rows[i].place, source, pieces[i]);
        order_unreserve(m, o, &o->rows[i], pieces[i], "shipment_created");
    }
}

/* Without a source: the only one of the stock, else the default one. */
static int source_of(const adobe *m, const adobe_order *o, const json_t *given)
{
    const json_t *extension = json_object_get(json_object_get(given, "arguments"), "extension_attributes");
    const char *code = json_string_value(json_object_get(extension, "source_code"));
    const adobe_stock *s = adobe_stock_of(m, o->stock);
    if (code)
        return adobe_source_place(m, code);
    return s && s->link_count == 1 ? s->links[0].source : DEFAULT_SOURCE;
}

/* ---- the document ---- */

static void count_shipped(adobe_order *o, const order_part *parts, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        adobe_row *r = &o->rows[parts[n].row];
        r->shipped += parts[n].quantity;
        r->updated = env_now();
        for (size_t i = 0; i < o->row_count; i++) /* a configurable's child keeps its 0 */
            if (o->rows[i].parent == (int)parts[n].row && !strcmp(r->type, "bundle")) {
                o->rows[i].shipped += leaf_pieces(o, i, parts[n]);
                o->rows[i].updated = env_now();
            }
    }
}

static json_t *item_doc(const adobe_row *r, int64_t quantity)
{
    json_t *doc = json_pack("{ss sI ss sI so}", "name", r->name, "product_id", (json_int_t)r->product, "sku",
                            r->sku, "order_item_id", (json_int_t)r->item, "qty", decimal_number(quantity));
    json_object_set_new(doc, "price", decimal_number(amount_of(r->amount[ROW_price])));
    if (r->weight != UNSET)
        json_object_set_new(doc, "weight", decimal_number(r->weight));
    return doc;
}

static json_t *items_doc(const adobe_order *o, const order_part *parts, size_t count, int64_t *total)
{
    json_t *items = json_array();
    for (size_t n = 0; n < count; n++) {
        const adobe_row *r = &o->rows[parts[n].row];
        *total += parts[n].quantity;
        json_array_append_new(items, item_doc(r, parts[n].quantity));
        for (size_t i = 0; i < o->row_count; i++)
            if (o->rows[i].parent == (int)parts[n].row && !strcmp(r->type, "bundle"))
                json_array_append_new(items, item_doc(&o->rows[i], leaf_pieces(o, i, parts[n])));
    }
    return items;
}

static json_t *shipment_doc(const adobe *m, const adobe_order *o, const order_part *parts, size_t count,
                            int source)
{
    int64_t total = 0;
    json_t *items = items_doc(o, parts, count, &total);
    json_t *doc =
        json_pack("{sI si s[] so so s[] s[] s{ss}}", "order_id", (json_int_t)o->id, "store_id", o->store,
                  "packages", "total_qty", decimal_number(total), "items", items, "tracks", "comments",
                  "extension_attributes", "source_code", m->sources[source].code);
    json_object_set(doc, "billing_address_id", json_object_get(o->billing, "entity_id"));
    json_object_set(doc, "shipping_address_id", json_object_get(o->shipping, "entity_id"));
    return doc;
}

static void add_tracks(adobe *m, adobe_document *d, const json_t *given)
{
    json_t *list = json_object_get(d->doc, "tracks"), *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(given, "tracks"), i, one)
    {
        json_t *track = json_pack("{sI sI sI so so sn sn sn}", "order_id", (json_int_t)d->order, "entity_id",
                                  (json_int_t)++m->sales->next_track, "parent_id", (json_int_t)d->id,
                                  "created_at", time_text(d->created), "updated_at", time_text(d->created),
                                  "weight", "qty", "description");
        json_object_update(track, one);
        json_array_append_new(list, track);
    }
}

static adobe_document *keep(adobe *m, adobe_order *o, const order_part *parts, size_t count, int source,
                            int64_t *pieces)
{
    adobe_document *d = document_add(m, SHIPMENT, o, shipment_doc(m, o, parts, count, source));
    d->source = source;
    d->taken = pieces;
    leave(m, o, pieces, source);
    count_shipped(o, parts, count);
    return d;
}

static void start_processing(adobe_order *o)
{
    if (!strcmp(o->state, "new"))
        order_set_state(o, "processing");
}

sale_answer adobe_ship(adobe *m, adobe_order *o, const json_t *given)
{
    CLEANUP_BUFFER buffer faults = {0};
    CLEANUP_FREE order_part *parts = must(calloc(o->row_count + 1, sizeof *parts));
    size_t count = choose(o, json_object_get(given, "items"), parts);
    judge(o, given, count, &faults);
    if (faults.size)
        return sale_invalid("Shipment", &faults);
    int64_t *pieces = must(calloc(o->row_count + 1, sizeof *pieces));
    int source = source_of(m, o, given);
    pieces_of(o, parts, count, pieces);
    if (source < 0 || !is_there(m, o, pieces, source)) {
        free(pieces);
        m->sales->documents[SHIPMENT].last_id++;
        return sale_refused(400, NOT_SAVED, NULL);
    }
    adobe_document *d = keep(m, o, parts, count, source, pieces);
    document_comment(m, SHIPMENT, d, json_object_get(given, "comment"),
                     json_is_true(json_object_get(given, "notify")));
    add_tracks(m, d, given);
    start_processing(o);
    order_settle_state(o);
    order_touch_by_document(m, o);
    order_effect(m, o, "shipment",
                 json_pack("{sI ss}", "shipment", (json_int_t)d->id, "source", m->sources[source].code));
    return sale_done(json_sprintf("%lld", (long long)d->id));
}

/* ---- ready for pick-up ---- */

static sale_answer not_ready(const char *message)
{
    return sale_refused(400, message, NULL);
}

static bool has_shipment(const adobe_order *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].shipped)
            return true;
    return false;
}

/* Mails each time; the shipment of everything is made the first time. The order reads complete while its
 * state goes on, when it was not invoiced. */
sale_answer adobe_ready(adobe *m, adobe_order *o)
{
    if (!o->pickup)
        return not_ready("We can't notify the customer right now.");
    if (!has_shipment(o)) {
        json_t *given =
            json_pack("{s{s{ss}}}", "arguments", "extension_attributes", "source_code", o->pickup);
        sale_answer made = order_can_ship(o) ? adobe_ship(m, o, given) : not_ready("");
        json_decref(given);
        json_decref(made.body);
        if (made.status != 200)
            return not_ready("The order is not ready for pickup");
    }
    o->notified = true;
    free(o->status);
    o->status = must(strdup("complete"));
    order_say(m, o, "Order notified for pickup", "order", true);
    order_touch_by_document(m, o);
    order_effect(m, o, "ready-for-pickup", NULL);
    return sale_done(json_true());
}
