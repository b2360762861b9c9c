/* SPDX-License-Identifier: Apache-2.0 */
/* What is there now: for up to a hundred keys the orders with all that replaced them, then their documents,
 * each kind of them for all orders at once, and only where an order's counters say that there are some. A new
 * order costs a fiftieth of one call.
 *
 * An order that the shop cannot show breaks the answer for all that were asked for with it. So keys that
 * were asked for in vain are asked for in smaller numbers the next time, at last alone, and after all others;
 * the core tells the one that goes on failing. */
#include "plugins/adobe/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600 * 1000 };

typedef struct reading {
    adobe_source *self;
    tb_ctx *ctx;
    tb_record **records; /* those that need parts, the least suspicious first */
    size_t count;
    char why[600];
} reading;

typedef struct answers { /* about some keys */
    json_t *chains;      /* {key: [orders by rising entity id]} */
    paper_list papers[PAPERS];
} answers;

/* ---- keys that were asked for in vain ---- */

static int64_t suspicion(const adobe_source *self, const tb_record *record)
{
    return json_integer_value(json_object_get(self->suspects, tb_record_key(record)));
}

static size_t most_with(int64_t suspicion_)
{
    static const size_t most[] = {100, 100, 10, 1};
    return most[suspicion_ < 3 ? suspicion_ : 3];
}

static void set_suspicion(reading *r, size_t at, size_t n, bool failed)
{
    if (!r->self->suspects)
        r->self->suspects = json_object();
    for (size_t i = at; i < at + n; i++) {
        const char *key = tb_record_key(r->records[i]);
        if (failed)
            json_object_set_new(r->self->suspects, key, json_integer(suspicion(r->self, r->records[i]) + 1));
        else
            json_object_del(r->self->suspects, key);
    }
}

/* Stable, and there are a hundred at the most. */
static void sort_records(reading *r)
{
    for (size_t i = 1; i < r->count; i++) {
        tb_record *moved = r->records[i];
        size_t k = i;
        for (; k && suspicion(r->self, r->records[k - 1]) > suspicion(r->self, moved); k--)
            r->records[k] = r->records[k - 1];
        r->records[k] = moved;
    }
}

/* How many are asked for together, beginning with that one. */
static size_t together(const reading *r, size_t at)
{
    size_t most = most_with(suspicion(r->self, r->records[at])), n = 1;
    while (n < most && at + n < r->count && most_with(suspicion(r->self, r->records[at + n])) == most)
        n++;
    return n;
}

/* ---- parts ---- */

static json_t *documents_of(const paper_list *list, const json_t *chain)
{
    size_t i;
    char id[24];
    json_t *order, *all = json_array();
    json_array_foreach((json_t *)chain, i, order)
    {
        snprintf(id, sizeof id, "%lld", (long long)adobe_id(json_object_get(order, "entity_id")));
        json_t *some = json_object_get(list->by_order, id);
        if (some)
            json_array_extend(all, some);
    }
    return all;
}

static json_t *documents_part(const reading *r, const answers *a, const json_t *chain)
{
    size_t newest = json_array_size(chain) - 1;
    json_t *part = json_object(), *earlier = json_array();
    for (int i = 0; i < PAPERS; i++)
        json_object_set_new(part, a->papers[i].name, documents_of(&a->papers[i], chain));
    for (size_t i = 0; i < newest; i++)
        json_array_append(earlier, json_array_get(chain, i));
    json_object_set_new(part, "earlier", earlier);
    json_object_set_new(part, "products", products_in(r->self, json_array_get(chain, newest)));
    return part;
}

static int originals_in(const json_t *chain)
{
    size_t i;
    json_t *order;
    int n = 0;
    json_array_foreach((json_t *)chain, i, order)
    {
        n += !*adobe_field(order, "original_increment_id");
    }
    return n;
}

/* A key without an order gets an empty part, so that the next source of the pipeline does not look again. */
static void add_parts(const reading *r, const answers *a, tb_record *record)
{
    const json_t *chain = json_object_get(a->chains, tb_record_key(record));
    if (!chain) {
        tb_record_add_part(record, PART_DOCUMENTS, json_object());
        return;
    }
    if (originals_in(chain) > 1) {
        tb_reject(record, "web.id-ambiguous", NULL, "%d orders of the shop are called %s",
                  originals_in(chain), tb_record_key(record));
        return;
    }
    const json_t *newest = json_array_get(chain, json_array_size(chain) - 1);
    if (tb_record_add_part(record, PART_ORDER, json_incref((json_t *)(uintptr_t)newest)) ||
        tb_record_add_part(record, PART_DOCUMENTS, documents_part(r, a, chain)))
        tb_retry(record, "out of memory");
}

/* ---- asking ---- */

/* As adobe_list. */
static int ask(reading *r, answers *a, size_t at, size_t n)
{
    const char **keys = calloc(n, sizeof *keys);
    if (!keys)
        return -1;
    for (size_t i = 0; i < n; i++)
        keys[i] = tb_record_key(r->records[at + i]);
    int failed =
        adobe_chains(r->ctx, (adobe_ids)r->self->ids, keys, n, NULL, a->chains, r->why, sizeof r->why);
    free(keys);
    failed = failed ? failed : papers_ask(r->ctx, a->chains, a->papers, r->why, sizeof r->why);
    return failed ? failed : products_ask_for(r->self, r->ctx, a->chains, r->why, sizeof r->why);
}

static void settle_refused(reading *r, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++) {
        tb_reject(r->records[i], "web.refused", "hydrate", "%s", r->why);
        tb_look_again(r->records[i], tb_now(r->ctx) + HOUR);
    }
}

static int read_some(reading *r, size_t at, size_t n)
{
    answers a = {.chains = json_object(),
                 .papers = {{"shipments", json_object()},
                            {"invoices", json_object()},
                            {"creditmemos", json_object()}}};
    int failed = ask(r, &a, at, n);
    for (size_t i = at; i < at + n && !failed; i++)
        add_parts(r, &a, r->records[i]);
    if (failed > 0)
        settle_refused(r, at, n);
    set_suspicion(r, at, n, failed < 0);
    for (int i = 0; i < PAPERS; i++)
        json_decref(a.papers[i].by_order);
    json_decref(a.chains);
    return failed < 0 ? -1 : 0;
}

/* Nothing was answered: the core knows what that means. Something was: then it is these keys, and the others
 * go on. */
static tb_verdict give_up(const reading *r, size_t at)
{
    if (!at)
        return TB_RETRY;
    for (size_t i = at; i < r->count; i++)
        tb_retry(r->records[i], "the shop gave no answer about order %s, and one about others",
                 tb_record_key(r->records[i]));
    return TB_OK;
}

tb_verdict hydrate_orders(adobe_source *self, tb_ctx *ctx, tb_record **records, size_t count)
{
    reading r = {.self = self, .ctx = ctx, .records = calloc(count + 1, sizeof *r.records)};
    tb_verdict v = r.records ? TB_OK : TB_RETRY;
    for (size_t i = 0; r.records && i < count; i++) {
        if (!strcmp(tb_record_type(records[i]), ORDER_TYPE) && !tb_record_part(records[i], PART_DOCUMENTS))
            r.records[r.count++] = records[i];
    }
    sort_records(&r);
    for (size_t at = 0, n; v == TB_OK && at < r.count; at += n) {
        n = together(&r, at);
        if (read_some(&r, at, n)) {
            v = give_up(&r, at);
            break;
        }
    }
    free(r.records);
    return v;
}
