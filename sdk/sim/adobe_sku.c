/* SPDX-License-Identifier: Apache-2.0 */
/* SKUs with their rows and what the stocks' index says of them. A SKU needs no product: rows of one the
 * catalogue does not know are kept. The index follows each write at once, but a source switched on or off
 * counts only from the next write of the SKU or the next full index (adobe_settle). */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <string.h>

/* Letters of ASCII and Latin-1, as the database's collation takes them. */
char *adobe_fold(const char *text)
{
    char *out = must(strdup(text));
    for (unsigned char *p = (unsigned char *)out; p && *p; p++) {
        if (*p == 0xC3 && p[1] >= 0x80 && p[1] <= 0x9E && p[1] != 0x97)
            *++p += 0x20;
        else
            *p = (unsigned char)tolower(*p);
    }
    return out;
}

adobe_sku *adobe_sku_of(const adobe *m, const char *name)
{
    CLEANUP_FREE char *folded = adobe_fold(name ? name : "");
    uintptr_t at = (uintptr_t)map_get(&m->by_sku, folded);
    return at ? &m->skus[at - 1] : NULL;
}

static uint32_t add_sku(adobe *m, const char *name, char *folded)
{
    if (m->sku_count == m->sku_room) {
        m->sku_room = m->sku_room ? 2 * m->sku_room : 256;
        m->skus = must(realloc(m->skus, m->sku_room * sizeof *m->skus));
    }
    m->skus[m->sku_count] = (adobe_sku){.name = must(strdup(name)), .folded = folded, .epoch = m->epoch};
    map_put(&m->by_sku, folded, (void *)(uintptr_t)(m->sku_count + 1));
    return (uint32_t)m->sku_count++;
}

uint32_t adobe_sku_place(adobe *m, const char *name)
{
    char *folded = adobe_fold(name);
    uintptr_t at = (uintptr_t)map_get(&m->by_sku, folded);
    if (!at)
        return add_sku(m, name, folded);
    free(folded);
    return (uint32_t)(at - 1);
}

adobe_item *adobe_item_of(const adobe *m, const adobe_sku *k, int source)
{
    uint32_t number = k && source >= 0 && (size_t)source < k->at_count ? k->at[source] : 0;
    return number ? &m->items[number - 1] : NULL;
}

adobe_level *adobe_level_of(adobe *m, adobe_sku *k, int stock)
{
    if (k->level_count < (size_t)stock) {
        k->level = must(realloc(k->level, m->stock_count * sizeof *k->level));
        memset(k->level + k->level_count, 0, (m->stock_count - k->level_count) * sizeof *k->level);
        k->level_count = m->stock_count;
    }
    return &k->level[stock - 1];
}

/* ---- the index ---- */

static int64_t counts(const adobe *m, const adobe_item *i)
{
    return i && i->status && m->sources[i->source].enabled ? i->quantity : 0;
}

/* 200 sources are looked at only when links or sources changed since. */
static void index_whole(adobe *m, adobe_sku *k)
{
    for (size_t n = 0; n < m->stock_count; n++) {
        adobe_level *l = adobe_level_of(m, k, (int)n + 1);
        l->index = 0;
        l->assigned = false;
        for (size_t i = 0; i < m->stocks[n].link_count; i++) {
            const adobe_item *item = adobe_item_of(m, k, m->stocks[n].links[i].source);
            l->index += counts(m, item);
            l->assigned |= item != NULL;
        }
    }
    k->epoch = m->epoch;
}

static bool is_linked(const adobe_stock *s, int source)
{
    for (size_t i = 0; i < s->link_count; i++)
        if (s->links[i].source == source)
            return true;
    return false;
}

static void index_change(adobe *m, adobe_sku *k, int source, int64_t by)
{
    if (k->epoch != m->epoch) {
        index_whole(m, k);
        return;
    }
    for (size_t n = 0; n < m->stock_count; n++)
        if (is_linked(&m->stocks[n], source)) {
            adobe_level *l = adobe_level_of(m, k, (int)n + 1);
            l->index += by;
            l->assigned = true;
        }
}

void adobe_reindex(adobe *m)
{
    for (size_t i = 0; i < m->sku_count; i++)
        index_whole(m, &m->skus[i]);
}

/* ---- rows ---- */

static void source_append(adobe_source *s, uint32_t number)
{
    if (s->row_count == s->row_room) {
        s->row_room = s->row_room ? 2 * s->row_room : 64;
        s->rows = must(realloc(s->rows, s->row_room * sizeof *s->rows));
    }
    s->rows[s->row_count++] = number;
}

static adobe_item *add_item(adobe *m, uint32_t sku, int source)
{
    adobe_sku *k = &m->skus[sku];
    if (m->item_count == m->item_room) {
        m->item_room = m->item_room ? 2 * m->item_room : 1024;
        m->items = must(realloc(m->items, m->item_room * sizeof *m->items));
    }
    if (k->at_count <= (size_t)source) {
        k->at = must(realloc(k->at, m->source_count * sizeof *k->at));
        memset(k->at + k->at_count, 0, (m->source_count - k->at_count) * sizeof *k->at);
        k->at_count = m->source_count;
    }
    m->items[m->item_count] = (adobe_item){.sku = sku, .source = (uint16_t)source};
    k->at[source] = (uint32_t)++m->item_count;
    source_append(&m->sources[source], k->at[source]);
    return &m->items[m->item_count - 1];
}

void adobe_item_set(adobe *m, uint32_t sku, int source, int64_t quantity, int status)
{
    adobe_item *item = adobe_item_of(m, &m->skus[sku], source);
    item = item ? item : add_item(m, sku, source);
    int64_t before = counts(m, item);
    item->quantity = quantity;
    item->status = (uint8_t)status;
    index_change(m, &m->skus[sku], source, counts(m, item) - before);
}

void adobe_item_remove(adobe *m, uint32_t sku, int source)
{
    adobe_sku *k = &m->skus[sku];
    adobe_item *item = adobe_item_of(m, k, source);
    if (!item)
        return;
    item->gone = true;
    k->at[source] = 0;
    index_whole(m, k);
}
