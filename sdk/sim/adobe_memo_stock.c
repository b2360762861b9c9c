/* SPDX-License-Identifier: Apache-2.0 */
/* What a credit memo does to sources and reservations, piece by piece. Shipped pieces come first: they go
 * back to where they left from when their row is listed, and nowhere when it is not. Pieces that never left
 * let their reservation go; of a row that is not listed they count as lost, and a source that source
 * selection finds loses them. Only a row's own id counts: a configurable's parent lists nothing. */
#include "sdk/sim/adobe_order.h"

#include <string.h>

static bool is_listed(const json_t *back, const adobe_row *r)
{
    json_t *id = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)back, i, id) if (json_integer_value(id) == r->item) return true;
    return false;
}

static void put_back(adobe *m, const adobe_row *r, int source, int64_t pieces)
{
    const adobe_item *item = adobe_item_of(m, &m->skus[r->place], source);
    adobe_write_row(m, m->skus[r->place].name, source, (item ? item->quantity : 0) + pieces,
                    item ? item->status || item->quantity + pieces > 0 : 1);
}

/* Back to the sources that the order's shipments took them from. */
static void give_back(adobe *m, const adobe_order *o, size_t row, int64_t pieces)
{
    const document_list *l = &m->sales->documents[SHIPMENT];
    for (size_t i = 0; i < l->count && pieces > 0; i++) {
        adobe_document *d = l->item[i];
        if (d->of != o || !d->taken[row])
            continue;
        int64_t n = d->taken[row] < pieces ? d->taken[row] : pieces;
        d->taken[row] -= n;
        pieces -= n;
        put_back(m, &o->rows[row], d->source, n);
    }
}

/* By priority, from those that have some; what none has is taken nowhere. */
static void lose(adobe *m, const adobe_order *o, const adobe_row *r, int64_t pieces)
{
    CLEANUP_FREE adobe_link *links = NULL;
    const adobe_stock *s = adobe_stock_of(m, o->stock);
    size_t count = s ? adobe_links_by_priority(s, &links) : 0;
    for (size_t i = 0; i < count && pieces > 0; i++) {
        const adobe_item *item = adobe_item_of(m, &m->skus[r->place], links[i].source);
        if (!item || !item->status || item->quantity <= 0 || !m->sources[links[i].source].enabled)
            continue;
        int64_t n = item->quantity < pieces ? item->quantity : pieces;
        pieces -= n;
        order_take(m, r->place, links[i].source, n);
    }
}

static void leaf_stock(adobe *m, adobe_order *o, size_t row, int64_t pieces, const json_t *back)
{
    adobe_row *r = &o->rows[row];
    int64_t gone = row_gone(o, r) - r->refunded, listed = is_listed(back, r);
    gone = gone < 0 ? 0 : gone < pieces ? gone : pieces;
    int64_t kept = pieces - gone;
    if (gone && listed)
        give_back(m, o, row, gone);
    if (!kept)
        return;
    if (!listed)
        lose(m, o, r, kept);
    order_unreserve(m, o, r, kept, "creditmemo_created");
}

/* Before the rows' counters move. */
void memo_stock(adobe *m, adobe_order *o, const order_part *parts, size_t count, const json_t *back)
{
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < o->row_count; i++) {
            const adobe_row *r = &o->rows[i];
            bool of_part = i == parts[n].row || r->parent == (int)parts[n].row;
            if (row_is_leaf(r) && !r->is_virtual && of_part && parts[n].quantity)
                leaf_stock(m, o, i, leaf_pieces(o, i, parts[n]), back);
        }
}
