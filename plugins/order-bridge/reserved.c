/* SPDX-License-Identifier: Apache-2.0 */
/* What the stock pipeline must know of the orders: state `reserved`, key SKU@source/<order>, {"o", "d",
 * "mark", "seen"}. o and d are pieces held at the till and gone from its shelf (shares.h). `seen` names the
 * documents of the shop that changed its row (shipments from there, credit memos, ready for pick-up); when it
 * changes, `mark` becomes the time, and what the sink remembers of the row from before is not believed any
 * more. A credit memo may have changed the SKU's row in any source, so all that are remembered are marked.
 *
 * The step that is due is counted in already: the entries are kept in the commit of its outcome, and a stock
 * row written between a shipment and the next look must not put sold pieces back on sale. */
#include "plugins/order-bridge/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MOST = 1024, OUTDATED_MOST = 8 };
static const int64_t outdated_after = 48 * 3600 * 1000LL; /* rows are not believed for so long anyway */

typedef struct source_list {
    const char *names[SOURCES_MOST];
    size_t n;
} source_list;

static size_t source_index(source_list *all, const char *name)
{
    size_t i = 0;
    while (i < all->n && strcmp(all->names[i], name))
        i++;
    if (i == all->n && i < SOURCES_MOST)
        all->names[all->n++] = name;
    return i;
}

static void list_sources(const bridge *b, source_list *all)
{
    const tb_table *t = tb_table_get(b->ctx, b->self->locations);
    int column = t ? tb_table_column(t, "source") : -1;
    all->n = 0;
    for (int row = 0; column >= 0 && row < tb_table_rows(t); row++) {
        const char *name = tb_table_cell(t, row, column);
        if (*name)
            source_index(all, name);
    }
}

/* ---- the pieces of one thing by source ---- */

/* Pieces that the step is about to ship of the thing. */
static int64_t about_to_ship(const bridge *b, const planned *plan, size_t thing)
{
    size_t i;
    json_t *row;
    int64_t pieces = 0;
    json_array_foreach(plan->shipped_from ? plan->rows : NULL, i, row)
    {
        json_auto_t *as_document = json_pack("{s:O, s:O}", "order_item_id", json_object_get(row, "item"),
                                             "qty", json_object_get(row, "quantity"));
        pieces += pieces_of_row(b, as_document, thing);
    }
    return pieces;
}

/* The stock rule counts no more of it than the till has reserved, so this is not too early. */
static void add_placed(const bridge *b, const planned *plan, size_t thing, source_list *all,
                       share_place *places)
{
    size_t p = plan->placed ? (size_t)(plan->placed - b->parts) : b->parts_n;
    const char *source = plan->placed ? order_text(plan->placed->route, "source") : "";
    if (*source && p < b->parts_n)
        places[source_index(all, source)].undelivered += cell_at(b, p, thing)->wanted;
}

/* u: not handed out yet, of open orders whose reservation lies ahead. */
static void add_undelivered(const bridge *b, const planned *plan, size_t thing, source_list *all,
                            share_place *places)
{
    for (size_t p = 0; p < b->parts_n; p++) {
        const bridge_part *part = &b->parts[p];
        const cell *c = cell_at(b, p, thing);
        if (part->till.state != TILL_OPEN || part->till.reserved_until <= b->now || !*part->source ||
            part == plan->cancelled)
            continue;
        int64_t left = c->placed - c->delivered;
        places[source_index(all, part->source)].undelivered += left > 0 ? left : 0;
    }
}

static void share_thing(const bridge *b, const planned *plan, size_t thing, source_list *all,
                        share_place *places)
{
    sold_counts c;
    bridge_counts(b, thing, &c);
    int64_t more = about_to_ship(b, plan, thing);
    int64_t back = (c.shipped < c.refunded ? c.shipped : c.refunded) - c.apart;
    share_line line = {c.ordered, c.canceled, c.shipped + more, c.refunded, 0};
    line.apart = (line.shipped < line.refunded ? line.shipped : line.refunded) - back;
    memset(places, 0, SOURCES_MOST * sizeof *places);
    for (size_t i = 0; i < all->n; i++) {
        bool here = more && !strcmp(all->names[i], plan->shipped_from);
        places[i].delivered = delivered_at(b, thing, all->names[i]);
        places[i].shipped = shipped_from(b, thing, all->names[i]) + (here ? more : 0);
    }
    add_undelivered(b, plan, thing, all, places);
    add_placed(b, plan, thing, all, places);
    share_out(&line, places, all->n);
}

/* ---- documents that changed a row ---- */

static int memos_of(const bridge *b, size_t thing)
{
    size_t i, k;
    json_t *memo, *row;
    int n = 0;
    int64_t item = order_number(thing_at(b, thing), "item"), ship = order_number(thing_at(b, thing), "ship");
    json_array_foreach(json_object_get(b->documents, "creditmemos"), i, memo)
    {
        json_array_foreach(json_object_get(memo, "items"), k, row)
        {
            int64_t of = order_number(row, "order_item_id");
            n += of == item || of == ship;
        }
    }
    return n;
}

static void seen_text(const bridge *b, const planned *plan, size_t thing, const share_place *place,
                      char out[96])
{
    char shipped[32];
    int memos = memos_of(b, thing);
    *out = '\0';
    tb_quantity_format(place->shipped, 0, shipped, sizeof shipped);
    if (place->shipped || memos)
        snprintf(out, 96, "%s shipped, %d memos%s", shipped, memos,
                 b->notified || plan->notified ? ", notified" : "");
}

/* ---- entries ---- */

static bool is_remembered(const bridge *b, const char *sku, const char *source)
{
    char key[ORDER_KEY_MOST];
    snprintf(key, sizeof key, "%s/%s", source, sku);
    return *b->self->rows && tb_state_get(b->ctx, b->self->rows, key) != NULL;
}

static json_t *entry_kept(const bridge *b, const char *target)
{
    char key[ORDER_KEY_MOST];
    snprintf(key, sizeof key, "%s/%s", target, b->key);
    const char *text = tb_state_get(b->ctx, "reserved", key);
    return text ? json_loads(text, 0, NULL) : NULL;
}

static void set_pieces(json_t *entry, const char *name, int64_t more)
{
    char text[32];
    tb_quantity_format(order_quantity(entry, name) + more, 0, text, sizeof text);
    json_object_set_new(entry, name, json_string(text));
}

/* Things of the same SKU share an entry. */
static void add_place(json_t *entries, const char *sku, const char *source, const share_place *p,
                      const char *seen)
{
    char target[ORDER_KEY_MOST], text[400];
    snprintf(target, sizeof target, "%s@%s", sku, source);
    json_t *entry = json_object_get(entries, target);
    if (!entry) {
        entry = json_pack("{s:s}", "seen", "");
        json_object_set_new(entries, target, entry);
    }
    const char *before = order_text(entry, "seen");
    snprintf(text, sizeof text, "%s%s%s", before, *before && *seen ? "; " : "", seen);
    set_pieces(entry, "o", p->held);
    set_pieces(entry, "d", p->gone);
    json_object_set_new(entry, "seen", json_string(text));
}

static void set_marks(const bridge *b, json_t *entries)
{
    const char *target;
    json_t *entry;
    json_object_foreach(entries, target, entry)
    {
        json_auto_t *before = entry_kept(b, target);
        bool same = !strcmp(order_text(before, "seen"), order_text(entry, "seen"));
        json_object_set_new(entry, "mark", json_integer(same ? order_number(before, "mark") : b->now));
    }
}

json_t *reserved_entries(const bridge *b, const planned *plan)
{
    json_t *entries = json_object();
    source_list *all = calloc(1, sizeof *all);
    share_place *places = calloc(SOURCES_MOST, sizeof *places);
    if (all && places)
        list_sources(b, all);
    for (size_t k = 0; all && places && k < b->things; k++) {
        const char *sku = order_text(thing_at(b, k), "web_sku");
        share_thing(b, plan, k, all, places);
        for (size_t i = 0; i < all->n; i++) {
            const share_place *p = &places[i];
            char seen[96];
            seen_text(b, plan, k, p, seen);
            if (p->held || p->gone || p->shipped || p->delivered || p->undelivered ||
                (*seen && is_remembered(b, sku, all->names[i])))
                add_place(entries, sku, all->names[i], p, seen);
        }
    }
    free(all);
    free(places);
    set_marks(b, entries);
    return entries;
}

/* ---- state ---- */

typedef struct differing {
    const bridge *b;
    const json_t *entries;
    json_t *out; /* targets that differ */
} differing;

static bool is_empty(const json_t *entry)
{
    return !order_quantity(entry, "o") && !order_quantity(entry, "d") && !order_number(entry, "mark");
}

/* Only what the stock rule reads of them. */
static bool same_entry(const json_t *a, const json_t *b)
{
    return order_quantity(a, "o") == order_quantity(b, "o") &&
           order_quantity(a, "d") == order_quantity(b, "d") &&
           order_number(a, "mark") == order_number(b, "mark");
}

static void note_changed(differing *d)
{
    const char *target;
    json_t *entry;
    json_object_foreach((json_t *)(uintptr_t)d->entries, target, entry)
    {
        json_auto_t *before = entry_kept(d->b, target);
        if (!same_entry(before, entry))
            json_object_set_new(d->out, target, json_true());
    }
}

/* Entries of this order that are none any more are found by the SKUs it has: their sources are known. */
static void note_gone(differing *d)
{
    source_list *all = calloc(1, sizeof *all);
    if (all)
        list_sources(d->b, all);
    for (size_t k = 0; all && k < d->b->things; k++) {
        for (size_t i = 0; i < all->n; i++) {
            char target[ORDER_KEY_MOST];
            snprintf(target, sizeof target, "%s@%s", order_text(thing_at(d->b, k), "web_sku"), all->names[i]);
            json_auto_t *before = entry_kept(d->b, target);
            bool over = before && !json_object_get(d->entries, target);
            if (over && !(is_empty(before) || same_entry(before, NULL)))
                json_object_set_new(d->out, target, json_true());
        }
    }
    free(all);
}

static json_t *changed_targets(const bridge *b, const json_t *entries)
{
    differing d = {b, entries, json_object()};
    note_changed(&d);
    note_gone(&d);
    return d.out;
}

bool reserved_differs(const bridge *b, const json_t *entries)
{
    json_auto_t *changed = changed_targets(b, entries);
    return json_object_size(changed) > 0;
}

static int tell_stock(const bridge *b, const char *target, bool urgent)
{
    const char *at = strrchr(target, '@');
    tb_record *child = tb_record_new("stock.level", target,
                                     json_pack("{s:s%, s:s, s:s}", "sku", target, (size_t)(at - target),
                                               "source", at + 1, "why", "order"));
    if (!child)
        return -1;
    tb_record_set_group(child, at + 1);
    if (urgent)
        tb_record_set_urgent(child);
    return tb_emit(b->ctx, b->record, child);
}

static void write_entry(const bridge *b, const char *target, const json_t *entry)
{
    char key[ORDER_KEY_MOST];
    snprintf(key, sizeof key, "%s/%s", target, b->key);
    char *text = entry && !is_empty(entry) ? json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    tb_state_set(b->ctx, b->record, "reserved", key, text);
    free(text);
}

int reserved_write(const bridge *b, const json_t *entries, bool urgent)
{
    const char *target;
    json_t *unused;
    int bad = 0;
    json_auto_t *changed = changed_targets(b, entries);
    json_object_foreach(changed, target, unused)
    {
        write_entry(b, target, json_object_get(entries, target));
        bad |= tell_stock(b, target, urgent);
    }
    return bad;
}

/* ---- the shop's row, as the stock pipeline wrote it last ---- */

typedef struct marking {
    const bridge *b;
    size_t prefix;
    int64_t mark;
    int outdated;
} marking;

/* The other orders' marks. What is over for long is taken away by whoever comes by: its own order may never
 * be looked at again. */
static int highest_mark(void *arg, const char *key, const char *value)
{
    marking *m = arg;
    const char *order = key + m->prefix;
    if (strchr(order, '/') || !strcmp(order, m->b->key))
        return 0;
    json_auto_t *entry = json_loads(value, 0, NULL);
    int64_t mark = order_number(entry, "mark");
    bool over = !order_quantity(entry, "o") && !order_quantity(entry, "d");
    if (over && m->b->now - mark > outdated_after && m->outdated++ < OUTDATED_MOST)
        tb_state_set(m->b->ctx, m->b->record, "reserved", key, NULL);
    m->mark = mark > m->mark ? mark : m->mark;
    return 0;
}

bool reserved_row_holds(const bridge *b, const char *sku, const char *source, int64_t pieces,
                        const json_t *entries, char *name, size_t size)
{
    char target[ORDER_KEY_MOST], prefix[ORDER_KEY_MOST + 2], key[ORDER_KEY_MOST];
    snprintf(target, sizeof target, "%s@%s", sku, source);
    int n = snprintf(prefix, sizeof prefix, "%s/", target);
    snprintf(key, sizeof key, "%s/%s", source, sku);
    snprintf(name, size, "%s/%s", b->self->rows, key);
    marking m = {b, (size_t)n, order_number(json_object_get(entries, target), "mark"), 0};
    tb_state_list(b->ctx, "reserved", prefix, highest_mark, &m);
    if (!*b->self->rows)
        return true;
    const char *text = tb_state_get(b->ctx, b->self->rows, key);
    json_auto_t *row = text ? json_loads(text, 0, NULL) : NULL;
    return row && order_number(row, "mark") >= m.mark && order_quantity(row, "q") >= pieces;
}
