/* SPDX-License-Identifier: Apache-2.0 */
/* tax-normalizer: from the shop's order (part web.order) to lines of net, tax, gross and rate that add up to
 * what was paid. In turn: the figures are read, the header chooses how rows are meant, the tax set-up that
 * gives the figures is found and held against the pin, and what rounding left over is placed and named. What
 * does not add up stops the order with both sides' figures. */
#include <stdlib.h>
#include <string.h>

#include <tillbridge/plugin.h>

#include "plugins/tax-normalizer/write.h"

enum { AS_ORDERED, IN_BASE };
enum { TILL_VAT, TILL_SALES_TAX };

typedef struct tax_normalizer {
    int configured[SETTINGS]; /* 0: infer, else value + 1 */
    int amounts, till;
    const char *currency, *allowed, *shipping_rate, *rates;
} tax_normalizer;

static void free_text(char **text)
{
    free(*text);
}

/* ---- currency ---- */

static tb_verdict judge_currency(const tax_normalizer *self, const pin_place *at, tb_record *record,
                                 const order *o)
{
    pin p;
    if (self->currency)
        return strcmp(self->currency, o->currency)
                   ? tb_reject(record, "tax.currency", o->currency, "order %s is in %s, the till sells in %s",
                               o->number, o->currency, self->currency)
                   : TB_OK;
    pin_get(at, "currency", &p);
    if (!*p.value)
        return pin_set(at, record, "currency", o->currency, "orders") ? tb_retry(record, "out of memory")
                                                                      : TB_OK;
    if (!strcmp(p.value, o->currency))
        return TB_OK;
    tb_reject(record, "tax.currency", o->currency,
              "order %s is in %s, orders of store %s so far in %s (order %s)", o->number, o->currency,
              o->store, p.value, p.order);
    pin_propose(at, record, "currency", o->currency);
    pin_depends(record, &p);
    return TB_REJECT;
}

/* ---- rates ---- */

static int64_t parse_amount(const char *text)
{
    tb_money m = {.amount = -1};
    return text && !tb_money_parse(text, NULL, &m) ? m.amount : -1;
}

static bool table_has(const tb_table *t, int64_t rate)
{
    int column = tb_table_column(t, "rate");
    for (int row = 0; row < tb_table_rows(t); row++) {
        if (parse_amount(tb_table_cell(t, row, column)) == rate)
            return true;
    }
    return false;
}

static tb_verdict judge_rates(const tax_normalizer *self, tb_ctx *ctx, tb_record *record, const order *o,
                              const lines *l)
{
    const tb_table *t = self->rates ? tb_table_get(ctx, self->rates) : NULL;
    for (int i = 0; t && i < l->n; i++) {
        char cause[32] = "";
        if (table_has(t, l->list[i].rate))
            continue;
        tb_money_format((tb_money){.amount = l->list[i].rate}, 0, cause, sizeof cause);
        tb_reject(record, "tax.rate", cause,
                  "order %s has a line at %s percent, which table %s does not list", o->number, cause,
                  self->rates);
        tb_depends(record, "table", self->rates, tb_table_version(t));
        return TB_REJECT;
    }
    return TB_OK;
}

/* The setting, else the one of the order's rates that explains the tax: of shipping, that before discount. */
static int64_t rate_for(const tax_normalizer *self, const order *o, const lines *l, const line *x)
{
    const order_head *h = &o->head;
    int64_t given = x->kind == LINE_SHIPPING ? parse_amount(self->shipping_rate) : -1;
    if (given >= 0)
        return given;
    if (x->kind == LINE_SHIPPING && h->shipping_incl)
        return lines_find_rate(l, x, h->shipping_incl, h->shipping_incl - h->shipping);
    return lines_find_rate(l, x, x->gross, x->tax);
}

static tb_verdict find_rates(const tax_normalizer *self, tb_record *record, order *o, lines *l)
{
    for (int i = 0; i < l->n; i++) {
        line *x = &l->list[i];
        const char *what = x->kind == LINE_SHIPPING ? "shipping" : "wrapping";
        if (x->rate >= 0)
            continue;
        x->rate = rate_for(self, o, l, x);
        if (x->rate < 0)
            return tb_reject(record, "tax.rate", what,
                             "order %s: no rate of the order gives the tax of its %s", o->number, what);
        if (x->kind == LINE_SHIPPING)
            o->shipping_rate = x->rate;
    }
    return TB_OK;
}

/* ---- the figures ---- */

/* What is not known may be either: an order whose figures a set-up gives is right under any bounds. */
static bounds bounds_for(const tax_normalizer *self, const setup_known *known)
{
    const int *v = known->likely.v;
    const char *why = v[SET_CUSTOMER] == BEFORE_DISCOUNT ? "the shop's tax is of the price before discount"
                      : v[SET_CALCULATION] == BY_UNIT    ? "the shop's tax is rounded per piece"
                                                         : "the shop's tax is rounded in another place";
    return (bounds){.cent = parse_amount(self->allowed),
                    .unit = v[SET_CALCULATION] == BY_UNIT || v[SET_CALCULATION] < 0,
                    .before = v[SET_CUSTOMER] == BEFORE_DISCOUNT || v[SET_CUSTOMER] < 0,
                    .why = why,
                    .sales_tax = self->till == TILL_SALES_TAX};
}

static tb_verdict refuse(tb_record *record, const order *o, const lines *l, const fault *f)
{
    __attribute__((cleanup(free_text))) char *figures = write_figures(o, l, f);
    return figures ? tb_reject(record, "tax.mismatch", NULL, "%s", figures)
                   : tb_retry(record, "out of memory");
}

/* Kept for people (explain), also of an order that is refused; written when it is another than before. */
static void keep_verdict(tb_ctx *ctx, tb_record *record, const json_t *tax)
{
    const char *key = tb_record_key(record), *before = tb_state_get(ctx, "verdicts", key);
    char *text = json_dumps(tax, JSON_COMPACT);
    if (text && (!before || strcmp(before, text)))
        tb_state_set_always(ctx, record, "verdicts", key, text);
    free(text);
}

static tb_verdict finish(const tax_normalizer *self, tb_ctx *ctx, tb_record **record, const order *o,
                         const reading *r, lines *l, const setup_known *known)
{
    fault f;
    bounds b = bounds_for(self, known);
    int bad = lines_settle(o, l, &b, &f);
    json_t *body = tb_record_edit(record);
    if (!body || write_order(body, o, r, l, known, bad ? &f : NULL))
        return tb_retry(*record, "out of memory");
    keep_verdict(ctx, *record, json_object_get(body, "tax"));
    return bad ? refuse(*record, o, l, &f) : TB_OK;
}

/* What was paid is not there: nothing else is worth asking of it. */
static tb_verdict refuse_sum(const tax_normalizer *self, tb_ctx *ctx, tb_record **record, const order *o,
                             const reading *r, lines *l, const fault *f)
{
    fault other;
    setup_known known = {.s = {{-1, -1, -1, -1}}, .likely = {{-1, -1, -1, -1}}, .hint = -1};
    bounds b = bounds_for(self, &known);
    lines_settle(o, l, &b, &other); /* for the till's figures */
    json_t *body = tb_record_edit(record);
    if (!body || write_order(body, o, r, l, &known, f))
        return tb_retry(*record, "out of memory");
    keep_verdict(ctx, *record, json_object_get(body, "tax"));
    return refuse(*record, o, l, f);
}

/* A hint is no figure: it warns and stops nothing. */
static void compare_hint(const pin_place *at, const order *o, const reading *r, setup_known *known)
{
    int catalog = known->s.v[SET_CATALOG];
    known->hint = setup_hint(o, r);
    if (catalog >= 0 && known->hint >= 0 && known->hint != catalog)
        tb_log(at->ctx, TB_WARN, "tax.hint",
               "order %s: original prices look as if catalog prices were %s tax, store %s has %s", o->number,
               settings[SET_CATALOG].values[known->hint], o->store, settings[SET_CATALOG].values[catalog]);
}

static tb_verdict judge_setup(const tax_normalizer *self, const pin_place *at, tb_record *record,
                              const order *o, const reading *r, setup_known *known)
{
    fit fits[SETUPS];
    setup configured;
    for (int i = 0; i < SETTINGS; i++)
        configured.v[i] = self->configured[i] - 1;
    if (model_fit(o, r, fits))
        return tb_retry(record, "out of memory");
    tb_verdict v = setup_judge(at, record, &configured, fits, known);
    if (v == TB_OK)
        compare_hint(at, o, r, known);
    return v;
}

static tb_verdict normalize(const tax_normalizer *self, tb_ctx *ctx, tb_record **record, order *o)
{
    CLEANUP_READING reading r = {.name = NULL};
    CLEANUP_LINES lines l = {.n = 0};
    fault f;
    setup_known known;
    pin_place at = {ctx, o->store, o->created, o->number};
    tb_verdict v = judge_currency(self, &at, *record, o);
    if (v != TB_OK)
        return v;
    if (reading_choose(o, &r) || (r.name && lines_make(o, &r, &l)))
        return tb_retry(*record, "out of memory");
    if (!r.name)
        return tb_reject(*record, "tax.unreadable", NULL, "order %s: its rows have no prices", o->number);
    if (lines_add_up(o, &l, parse_amount(self->allowed), &f))
        return refuse_sum(self, ctx, record, o, &r, &l, &f);
    v = find_rates(self, *record, o, &l);
    if (v == TB_OK)
        v = judge_rates(self, ctx, *record, o, &l);
    if (v == TB_OK)
        v = judge_setup(self, &at, *record, o, &r, &known);
    return v == TB_OK ? finish(self, ctx, record, o, &r, &l, &known) : v;
}

/* Nothing of it will be sold: whether it adds up stops nobody from cancelling it. */
static tb_verdict pass_canceled(tb_record **record)
{
    json_t *body = tb_record_edit(record);
    if (!body || json_object_set_new(body, "tax", json_pack("{s:s}", "verdict", "canceled")))
        return tb_retry(*record, "out of memory");
    return TB_OK;
}

static tb_verdict tax_normalizer_apply(void *self_, tb_ctx *ctx, tb_record **record)
{
    const tax_normalizer *self = self_;
    CLEANUP_ORDER order o = {.rows = NULL};
    const char *why = "the order";
    const json_t *web = tb_record_part(*record, "web.order");
    if (strcmp(tb_record_type(*record), "order"))
        return TB_OK;
    if (!json_is_object(web))
        return tb_reject(*record, "tax.unreadable", NULL, "%s: no source has read the shop's order",
                         tb_record_key(*record));
    if (order_read(web, self->amounts == IN_BASE, &o, &why))
        return tb_reject(*record, "tax.unreadable", NULL, "order %s: %s is missing or no figure",
                         o.number ? o.number : tb_record_key(*record), why);
    return strcmp(o.state, "canceled") ? normalize(self, ctx, record, &o) : pass_canceled(record);
}

/* ---- settings ---- */

static void tax_normalizer_check(const void *self_, tb_ctx *ctx, tb_doctor *doctor)
{
    const tax_normalizer *self = self_;
    tb_money m;
    const tb_table *t = self->rates ? tb_table_get(ctx, self->rates) : NULL;
    if (self->currency && (tb_money_parse("0", self->currency, &m) || !*self->currency))
        tb_found(doctor, TB_BAD, "currency", "\"%s\" is not a currency of three capitals", self->currency);
    if (parse_amount(self->allowed) < 0)
        tb_found(doctor, TB_BAD, "allowed", "\"%s\" is not an amount", self->allowed);
    if (self->shipping_rate && parse_amount(self->shipping_rate) < 0)
        tb_found(doctor, TB_BAD, "shipping-rate", "\"%s\" is not a percentage", self->shipping_rate);
    if (t && tb_table_column(t, "rate") < 0)
        tb_found(doctor, TB_BAD, self->rates, "table %s has no column rate", self->rates);
}

static const tb_param params[] = {
    {"catalog-prices", TB_CHOICE, 0, "infer", 0, 0, "infer including excluding",
     "whether the shop's catalog prices include tax (Catalog Prices)",
     offsetof(tax_normalizer, configured[SET_CATALOG])},
    {"shipping-prices", TB_CHOICE, 0, "infer", 0, 0, "infer including excluding",
     "whether its shipping prices do (Shipping Prices)", offsetof(tax_normalizer, configured[SET_SHIPPING])},
    {"calculation", TB_CHOICE, 0, "infer", 0, 0, "infer unit row total",
     "where tax is rounded (Tax Calculation Method Based On)",
     offsetof(tax_normalizer, configured[SET_CALCULATION])},
    {"customer-tax", TB_CHOICE, 0, "infer", 0, 0, "infer after-discount before-discount",
     "whether tax is of the price after or before discount (Apply Customer Tax)",
     offsetof(tax_normalizer, configured[SET_CUSTOMER])},
    {"amounts", TB_CHOICE, 0, "order", 0, 0, "order base",
     "the figures that are taken: in the order's currency or in the base currency",
     offsetof(tax_normalizer, amounts)},
    {"currency", TB_STRING, 0, NULL, 0, 0, NULL,
     "currency of the till; absent: that of each store's first order is pinned",
     offsetof(tax_normalizer, currency)},
    {"till", TB_CHOICE, 0, "vat", 0, 0, "vat sales-tax",
     "whether the till computes tax from gross and rate, or takes it as given",
     offsetof(tax_normalizer, till)},
    {"allowed", TB_STRING, 0, "0.01", 0, 0, NULL,
     "how far a line may be off by rounding, in the order's currency", offsetof(tax_normalizer, allowed)},
    {"shipping-rate", TB_STRING, 0, NULL, 0, 0, NULL,
     "percentage of tax on shipping, for orders that do not say it", offsetof(tax_normalizer, shipping_rate)},
    {"rates", TB_TABLE, 0, NULL, 0, 0, NULL, "table with the percentages that the till knows (column rate)",
     offsetof(tax_normalizer, rates)},
    {NULL, 0, 0, NULL, 0, 0, NULL, NULL, 0},
};

static const tb_reason reasons[] = {
    {"tax.mismatch", "an order's figures do not add up",
     "Compare the lines in the text with the order in the shop's admin; if an extension adds a fee or rounds "
     "by "
     "itself, set it up so that it stands in the rows, or raise `allowed` and release.",
     "finance"},
    {"tax.pin", "the shop's tax set-up is not the one that is pinned",
     "Compare Stores > Configuration > Sales > Tax with the text. If the change is meant: tillbridge approve "
     "tax "
     "--by NAME --why TEXT; the orders come again by themselves.",
     "finance"},
    {"tax.currency", "an order is in another currency than the till's",
     "Route this store to a till of its currency, take the base figures (amounts = \"base\"), or, where the "
     "new "
     "currency is meant: tillbridge approve tax --by NAME --why TEXT.",
     "finance"},
    {"tax.rate", "a tax rate is not known",
     "Add the rate to the table named in the text after adding it to the till, or set shipping-rate.",
     "finance"},
    {"tax.unreadable", "an order's figures cannot be read",
     "Look at the field that the text names, in the shop's answer for this order.", NULL},
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"tax", "verdicts", NULL};
static const tb_common common = {.size = sizeof common, .check = tax_normalizer_check};
static const tb_transform transform = {.size = sizeof transform, .apply = tax_normalizer_apply};

TB_PLUGIN(.self_size = sizeof(tax_normalizer), .name = "tax-normalizer", .version = "0.1",
          .summary =
              "from the shop's order to lines of net, tax, gross and rate that add up to what was paid",
          .reads = "order", .params = params, .reasons = reasons, .namespaces = namespaces, .common = &common,
          .transform = &transform, );
