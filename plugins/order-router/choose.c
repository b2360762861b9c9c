/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, in the order of their table; the first that finds a place for everything wins. Rows that the
 * shop ships as one (a bundle) go to one place. */
#include "plugins/order-router/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct candidate {
    place *at;
    int64_t free, missing; /* pieces, over all rows */
    bool all;
} candidate;

typedef struct rule {
    int number; /* line of the table, from 1 */
    const char *kind, *location;
    bool split;
} rule;

/* ---- parts ---- */

int part_free(const routing *r)
{
    for (int number = 1;; number++) {
        size_t i;
        json_t *part;
        bool taken = false;
        json_array_foreach(r->parts, i, part)
        {
            taken |= order_number(part, "part") == number;
        }
        if (!taken)
            return number;
    }
}

/* The day on which the same place was given this part before, so that it is counted once. */
static const json_t *day_before(const routing *r, const char *location)
{
    size_t i;
    json_t *part;
    json_array_foreach(json_object_get(r->before, "parts"), i, part)
    {
        if (!strcmp(order_text(part, "location"), location))
            return json_object_get(part, "day");
    }
    return NULL;
}

json_t *part_add(routing *r, int number, const place *p, json_t *rows)
{
    json_t *part =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "part", number, "location", p ? p->name : "", "warehouse",
                  p && !p->outside ? p->warehouse : "", "source", p ? p->source : "", "system",
                  !p           ? "nowhere"
                  : p->outside ? "none"
                               : "till",
                  "rows", rows);
    const json_t *day = p ? day_before(r, p->name) : NULL;
    if (day)
        json_object_set(part, "day", (json_t *)(uintptr_t)day);
    json_array_append_new(r->parts, part);
    return part;
}

static void add_rows(routing *r, const place *p, const json_t *rows)
{
    part_add(r, part_free(r), p, json_deep_copy(rows));
}

/* ---- one place ---- */

static void age_text(const routing *r, char *out, size_t size)
{
    int64_t age = stock_age(r);
    if (age < 0)
        snprintf(out, size, "never read");
    else
        snprintf(out, size, "read %lld s ago", (long long)(age / 1000));
}

static void look_at(const routing *r, place *p, const json_t *rows, candidate *c)
{
    size_t i;
    json_t *row;
    *c = (candidate){.at = p, .all = true};
    json_array_foreach(rows, i, row)
    {
        int64_t wanted = order_quantity(row, "quantity"), left = stock_free(r, p, order_text(row, "sku"));
        c->free += left;
        c->missing += wanted > left ? wanted - left : 0;
        c->all = c->all && left >= wanted;
    }
}

static bool may_have(routing *r, const rule *u, const place *p)
{
    if (p->never || p->refused || p->outside)
        return false;
    if (place_has_room(r, p))
        return true;
    why_add(r, "rule %d (%s): %s has its %lld orders of today", u->number, u->kind, p->name,
            (long long)p->capacity);
    return false;
}

static void say_candidate(routing *r, const rule *u, const candidate *c, bool chosen)
{
    char age[40], pieces[32], missing[32];
    age_text(r, age, sizeof age);
    tb_quantity_format(c->free, 0, pieces, sizeof pieces);
    tb_quantity_format(c->missing, 0, missing, sizeof missing);
    if (chosen && c->at->metres >= 0 && !strcmp(u->kind, "nearest"))
        why_add(r, "rule %d (%s): %s, %lld km away, has %s free of what is wanted (%s)", u->number, u->kind,
                c->at->name, (long long)(c->at->metres / 1000), pieces, age);
    else if (chosen)
        why_add(r, "rule %d (%s): %s has %s free of what is wanted (%s)", u->number, u->kind, c->at->name,
                pieces, age);
    else
        why_add(r, "rule %d (%s): %s lacks %s (%s)", u->number, u->kind, c->at->name, missing, age);
}

/* ---- ranking ---- */

static int by_stock(const void *a_, const void *b_)
{
    const candidate *a = a_, *b = b_;
    if (a->free != b->free)
        return a->free > b->free ? -1 : 1;
    return a->at < b->at ? -1 : 1; /* the order of the table */
}

static int by_distance(const void *a_, const void *b_)
{
    const candidate *a = a_, *b = b_;
    int64_t x = a->at->metres < 0 ? INT64_MAX : a->at->metres;
    int64_t y = b->at->metres < 0 ? INT64_MAX : b->at->metres;
    if (x != y)
        return x < y ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

/* All places that the rule may choose from, best first. The caller frees. */
static candidate *candidates_of(routing *r, const rule *u, const json_t *rows, int *n)
{
    candidate *all = calloc((size_t)r->places_n + 1, sizeof *all);
    bool named = !strcmp(u->kind, "prefer");
    *n = 0;
    for (int i = 0; all && i < r->places_n; i++) {
        place *p = &r->places[i];
        if ((!named || !strcmp(p->name, u->location)) && may_have(r, u, p))
            look_at(r, p, rows, &all[(*n)++]);
    }
    if (all && *n)
        qsort(all, (size_t)*n, sizeof *all, !strcmp(u->kind, "nearest") ? by_distance : by_stock);
    return all;
}

/* ---- split ---- */

/* The rows of the first thing in `rows` that the shop ships as one; they leave `rows`. */
static json_t *take_group(json_t *rows)
{
    json_t *group = json_array();
    int64_t ship = order_number(json_array_get(rows, 0), "ship");
    for (size_t i = 0; i < json_array_size(rows);) {
        json_t *row = json_array_get(rows, i);
        if (order_number(row, "ship") != ship) {
            i++;
            continue;
        }
        json_array_append(group, row);
        json_array_remove(rows, i);
    }
    return group;
}

/* What of `rest` the place has goes to *taken, the remainder stays. */
static json_t *take_what_is_there(const routing *r, place *p, json_t **rest)
{
    json_t *taken = json_array(), *left = json_array();
    while (json_array_size(*rest)) {
        json_auto_t *group = take_group(*rest);
        candidate c;
        look_at(r, p, group, &c);
        json_array_extend(c.all ? taken : left, group);
    }
    json_decref(*rest);
    *rest = left;
    return taken;
}

/* Places in their order take what they have. Added only if everything finds one. */
static bool split_rows(routing *r, const rule *u, const candidate *all, int n, const json_t *rows)
{
    json_t *rest = json_deep_copy(rows), **taken = calloc((size_t)n + 1, sizeof *taken);
    for (int i = 0; taken && i < n; i++)
        taken[i] = take_what_is_there(r, all[i].at, &rest);
    bool everything = taken && n > 0 && !json_array_size(rest);
    for (int i = 0; taken && i < n; i++) {
        if (everything && json_array_size(taken[i])) {
            say_candidate(r, u, &all[i], true);
            add_rows(r, all[i].at, taken[i]);
        }
        json_decref(taken[i]);
    }
    free(taken);
    json_decref(rest);
    return everything;
}

/* ---- the kinds of rules ---- */

static bool by_free_stock(routing *r, const rule *u, const json_t *rows)
{
    int n;
    candidate *all = candidates_of(r, u, rows, &n);
    bool found = false;
    for (int i = 0; i < n && !found; i++) {
        found = all[i].all;
        if (found || i < 3)
            say_candidate(r, u, &all[i], found);
        if (found)
            add_rows(r, all[i].at, rows);
    }
    found = found || (u->split && split_rows(r, u, all, n, rows));
    free(all);
    return found;
}

/* The customer chose the place; that its stock may be short there is for the staff to say. */
static bool by_pickup(routing *r, const rule *u, const json_t *rows)
{
    const char *code = json_string_value(order_more(r->order, "pickup_location_code"));
    place *p = code ? place_of_source(r, code) : NULL;
    p = code && !p ? place_named(r, code) : p;
    if (!code)
        return false;
    if (!p || p->refused) {
        why_add(r, "rule %d (pickup): %s %s", u->number, code, p ? "has refused it" : "is not a location");
        return false;
    }
    why_add(r, "rule %d (pickup): the customer collects it at %s", u->number, p->name);
    add_rows(r, p, rows);
    return true;
}

static bool by_outside(routing *r, const rule *u, const json_t *rows)
{
    place *p = place_named(r, u->location);
    if (!p || !p->outside || p->refused || !place_has_room(r, p))
        return false;
    why_add(r, "rule %d (outside): %s, which the till system does not know", u->number, p->name);
    add_rows(r, p, rows);
    return true;
}

static const struct kind {
    const char *name;
    bool (*choose)(routing *r, const rule *u, const json_t *rows);
} kinds[] = {
    {"pickup", by_pickup},      {"prefer", by_free_stock}, {"most-stock", by_free_stock},
    {"nearest", by_free_stock}, {"outside", by_outside},   {NULL, NULL},
};

static bool apply_rule(routing *r, const rule *u, const json_t *rows)
{
    const struct kind *k = kinds;
    while (k->name && strcmp(k->name, u->kind))
        k++;
    if (!k->name || !k->choose(r, u, rows))
        return false;
    snprintf(r->rule, sizeof r->rule, "%s", u->kind);
    return true;
}

static const char *cell(const tb_table *t, int row, const char *column)
{
    int at = tb_table_column(t, column);
    return at < 0 ? "" : tb_table_cell(t, row, at);
}

bool choose_places(routing *r, const json_t *rows)
{
    const tb_table *t = r->self->rules ? tb_table_get(r->ctx, r->self->rules) : NULL;
    bool collected = order_more(r->order, "pickup_location_code") != NULL;
    for (int row = 0; row < (t ? tb_table_rows(t) : 2); row++) {
        rule u = {row + 1, row ? "most-stock" : "pickup", "", r->self->split};
        if (t) {
            const char *split = cell(t, row, "split");
            u.kind = cell(t, row, "rule");
            u.location = cell(t, row, "location");
            u.split = *split ? !strcmp(split, "yes") : r->self->split;
        }
        if (apply_rule(r, &u, rows))
            return true;
        if (collected && !strcmp(u.kind, "pickup"))
            return false; /* nobody else can hand it over */
    }
    return false;
}
