/* SPDX-License-Identifier: Apache-2.0 */
/* order-router: which place hands over what. Writes `parts` and `route` into an order's body, and keeps the
 * decision with its reasons in the state `routes`. */
#include "plugins/order-router/router.h"

#include <stdlib.h>
#include <string.h>

/* Orders in these states are not decided: there is nothing left to hand over, or it is not to be yet. */
static const char *const undecided[] = {"canceled",        "closed",   "complete",       "holded",
                                        "pending_payment", "received", "payment_review", NULL};
static const char *const over[] = {"canceled", "closed", "complete", NULL};

static bool among(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(*list, word))
            return true;
    }
    return false;
}

/* ---- the decision in state and body ---- */

static json_t *route_of(const routing *r)
{
    return json_pack("{s:s, s:O}", "rule", r->rule, "why", r->why);
}

static void keep_decision(routing *r)
{
    json_auto_t *value = json_pack("{s:O, s:s, s:O, s:I}", "parts", r->parts, "rule", r->rule, "why", r->why,
                                   "when", (json_int_t)tb_now(r->ctx));
    bool same = json_equal(json_object_get(r->before, "parts"), r->parts) &&
                !strcmp(order_text(r->before, "rule"), r->rule);
    char *text = same ? NULL : json_dumps(value, JSON_COMPACT);
    if (text)
        tb_state_set(r->ctx, r->record, "routes", r->key, text);
    free(text);
}

/* What was said when it was decided is still the reason. */
static void keep_reasons(routing *r)
{
    const json_t *why = json_object_get(r->before, "why");
    if (!json_is_array(why))
        return;
    json_decref(r->why);
    r->why = json_deep_copy(why);
    size_t n = strlen(order_text(r->before, "rule"));
    memcpy(r->rule, order_text(r->before, "rule"), n < sizeof r->rule ? n + 1 : 0);
}

static tb_verdict write_body(routing *r, tb_record **record)
{
    json_t *body = tb_record_edit(record);
    if (!body)
        return tb_retry(*record, "out of memory");
    json_object_set(body, "parts", r->parts);
    json_object_set_new(body, "route", route_of(r));
    return TB_OK;
}

/* ---- no place ---- */

static void all_reasons(const routing *r, char *out, size_t size)
{
    size_t i, used = 0;
    json_t *why;
    *out = '\0';
    json_array_foreach(r->why, i, why)
    {
        const char *text = json_string_value(why);
        size_t n = strlen(text);
        if (used + n + 3 > size)
            return;
        memcpy(out + used, i ? "; " : "", i ? 2 : 0);
        used += i ? 2 : 0;
        memcpy(out + used, text, n + 1);
        used += n;
    }
}

static void wait_for_table(routing *r, const char *name)
{
    const tb_table *t = name ? tb_table_get(r->ctx, name) : NULL;
    if (t)
        tb_depends(r->record, "table", name, tb_table_version(t));
}

static tb_verdict nowhere(routing *r, const json_t *rows, bool was_there)
{
    char why[1500];
    if (was_there) { /* the bridge gives the money back, or asks a person to */
        part_add(r, part_free(r), NULL, json_deep_copy(rows));
        why_add(r, "%s", r->self->reroute ? "no other place can take it" : "it is not to be routed again");
        return TB_OK;
    }
    all_reasons(r, why, sizeof why);
    tb_reject(r->record, "route.none", NULL, "order %s: no rule finds a place for it: %s", r->key,
              *why ? why : "no rule fits");
    wait_for_table(r, r->self->rules);
    wait_for_table(r, r->self->locations);
    tb_look_again(r->record, tb_now(r->ctx) + r->self->look_again);
    return TB_REJECT;
}

static tb_verdict decide(routing *r)
{
    bool was_there;
    json_auto_t *rows = standing_rows(r, &was_there);
    if (!json_array_size(rows)) {
        keep_reasons(r);
        return TB_OK;
    }
    if ((!was_there || r->self->reroute) && choose_places(r, rows))
        return TB_OK;
    return nowhere(r, rows, was_there);
}

/* ---- the transform ---- */

static tb_verdict route(routing *r, tb_record **record)
{
    const char *state = order_text(r->order, "state");
    tb_verdict v = TB_OK;
    if (among(state, undecided)) {
        standing_keep(r);
        keep_reasons(r);
    } else {
        v = decide(r);
    }
    if (v == TB_OK)
        v = write_body(r, record);
    if (v != TB_OK)
        return v;
    r->record = *record;
    if (among(state, over))
        stock_forget(r);
    else
        stock_promise(r);
    keep_decision(r);
    return TB_OK;
}

static tb_verdict order_router_apply(void *self, tb_ctx *ctx, tb_record **record)
{
    if (strcmp(tb_record_type(*record), "order") || !tb_record_part(*record, "web.order") ||
        !json_array_size(json_object_get(tb_record_body(*record), "sold")))
        return TB_OK;
    routing *r = calloc(1, sizeof *r);
    if (!r)
        return tb_retry(*record, "out of memory");
    const char *before = tb_state_get(ctx, "routes", tb_record_key(*record));
    json_auto_t *kept = before ? json_loads(before, 0, NULL) : NULL;
    *r = (routing){.self = self,
                   .ctx = ctx,
                   .record = *record,
                   .key = tb_record_key(*record),
                   .order = tb_record_part(*record, "web.order"),
                   .before = kept,
                   .parts = json_array(),
                   .why = json_array()};
    tb_verdict v = places_read(r) ? tb_reject(*record, "route.none", r->self->locations,
                                              "table %s is missing or lacks a column", r->self->locations)
                                  : route(r, record);
    json_decref(r->parts);
    json_decref(r->why);
    free(r);
    return v;
}

static void order_router_close(void *self, tb_ctx *ctx)
{
    (void)ctx;
    fresh_free(self);
}

/* ---- settings ---- */

static const char *const rule_kinds[] = {"pickup",  "prefer", "most-stock", "nearest",
                                         "outside", "never",  NULL};

static void need_columns(tb_ctx *ctx, tb_doctor *doctor, const char *table, const char *const *columns)
{
    const tb_table *t = table ? tb_table_get(ctx, table) : NULL;
    for (; t && *columns; columns++) {
        if (tb_table_column(t, *columns) < 0)
            tb_found(doctor, TB_BAD, table, "table %s has no column %s", table, *columns);
    }
}

static bool location_exists(const tb_table *t, const char *name)
{
    int named = t ? tb_table_column(t, "location") : -1, source = t ? tb_table_column(t, "source") : -1;
    return !t || (named >= 0 && tb_table_find(t, named, name, -1) >= 0) ||
           (source >= 0 && tb_table_find(t, source, name, -1) >= 0);
}

static void check_rules(const order_router *self, tb_ctx *ctx, tb_doctor *doctor)
{
    const tb_table *t = self->rules ? tb_table_get(ctx, self->rules) : NULL;
    const tb_table *places = tb_table_get(ctx, self->locations);
    int kind = t ? tb_table_column(t, "rule") : -1, location = t ? tb_table_column(t, "location") : -1;
    for (int row = 0; kind >= 0 && row < tb_table_rows(t); row++) {
        const char *name = tb_table_cell(t, row, kind), *at = tb_table_cell(t, row, location);
        bool wants = !strcmp(name, "prefer") || !strcmp(name, "outside") || !strcmp(name, "never");
        if (!among(name, rule_kinds))
            tb_found(doctor, TB_BAD, self->rules, "table %s, row %d: there is no rule \"%s\"", self->rules,
                     row + 2, name);
        if (wants && !location_exists(places, at))
            tb_found(doctor, TB_BAD, self->rules, "table %s, row %d: \"%s\" is not a location of table %s",
                     self->rules, row + 2, at, self->locations);
    }
}

static void order_router_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    static const char *const places[] = {"warehouse", "source", NULL};
    static const char *const rules[] = {"rule", "location", NULL};
    static const char *const points[] = {"country", "postcode", "latitude", "longitude", NULL};
    const order_router *self = self_;
    need_columns(ctx, doctor, self->locations, places);
    need_columns(ctx, doctor, self->rules, rules);
    need_columns(ctx, doctor, self->coordinates, points);
    check_rules(self, ctx, doctor);
}

static const tb_param params[] = {
    {"locations", TB_TABLE, TB_REQUIRED, NULL, 0, 0, NULL,
     "table with columns warehouse, source; may have location, system, capacity, latitude, longitude",
     offsetof(order_router, locations)},
    {"rules", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with columns rule, location, split; absent: pickup, then most-stock",
     offsetof(order_router, rules)},
    {"coordinates", TB_TABLE, 0, NULL, 0, 0, NULL,
     "table with columns country, postcode (its beginning), latitude, longitude",
     offsetof(order_router, coordinates)},
    {"stock", TB_STRING, 0, "stock", 0, 0, NULL, "the pipeline whose read levels tell what is free",
     offsetof(order_router, stock)},
    {"split", TB_BOOL, 0, "false", 0, 0, NULL,
     "whether an order may go to several places when none has everything", offsetof(order_router, split)},
    {"reroute", TB_BOOL, 0, "true", 0, 0, NULL,
     "whether what a place refused or cancelled may go to another one", offsetof(order_router, reroute)},
    {"day-starts", TB_DURATION, 0, "0s", -86400000, 86400000, NULL,
     "when the day of the capacity begins, after midnight UTC", offsetof(order_router, day_starts)},
    {"look-again", TB_DURATION, 0, "15m", 1000, 86400000, NULL,
     "an order without a place is looked at again after that", offsetof(order_router, look_again)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"route.none", "no rule finds a place for an order",
     "Count the stock at the place that should have it, add a rule (outside, say), or cancel the order in "
     "the "
     "shop; it is looked at again by itself.",
     "customer care"},
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"routes", "promised", "load", NULL};
static const tb_common common = {
    .size = sizeof common, .check = order_router_check, .close = order_router_close};
static const tb_transform transform = {.size = sizeof transform, .apply = order_router_apply};

TB_PLUGIN(.self_size = sizeof(order_router), .name = "order-router", .version = "0.1",
          .summary = "which place hands over what of an order, by rules", .reads = "order", .params = params,
          .reasons = reasons, .namespaces = namespaces, .common = &common, .transform = &transform, );
