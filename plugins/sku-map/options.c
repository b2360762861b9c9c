/* SPDX-License-Identifier: Apache-2.0 */
/* Custom options: an order names an option and a value by their ids, and appends to the row's SKU whatever
 * SKUs the options have. Which thing on the shelf that is, only the retailer knows: a table says it, by
 * product, option and value. A blank value there means any; a blank till_sku that the option does not change
 * what is handed over (an engraving), so only its text goes to the staff. An option without a rule stops the
 * order: guessed wrong, the wrong thing is handed over. */
#include "plugins/sku-map/sku_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/nearest/nearest.h"

typedef struct columns {
    const tb_table *table;
    int product, option, value, till_sku;
} columns;

typedef struct chosen {                     /* one option of the row */
    const char *id, *value, *title, *label; /* title, label: "" when nothing that was read tells them */
} chosen;

static const char *const column_names[] = {"product", "option", "value", "till_sku"};

static bool columns_get(const sku_map *self, tb_ctx *ctx, columns *c)
{
    c->table = self->options ? tb_table_get(ctx, self->options) : NULL;
    if (!c->table)
        return false;
    c->product = tb_table_column(c->table, "product");
    c->option = tb_table_column(c->table, "option");
    c->value = tb_table_column(c->table, "value");
    c->till_sku = tb_table_column(c->table, "till_sku");
    return c->product >= 0 && c->option >= 0 && c->value >= 0 && c->till_sku >= 0;
}

/* ---- what the options are called ---- */

static const json_t *find_by(const json_t *list, const char *name, int64_t id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (order_number(one, name) == id)
            return one;
    }
    return NULL;
}

/* Titles stand in no order; if the product was read along, they are in there. */
static void name_option(const tb_record *record, chosen *c)
{
    const char *sku;
    json_t *product;
    json_t *products = json_object_get(tb_record_part(record, "web.documents"), "products");
    c->title = c->label = "";
    json_object_foreach(products, sku, product)
    {
        const json_t *option =
            find_by(json_object_get(product, "options"), "option_id", strtoll(c->id, NULL, 10));
        if (!option)
            continue;
        c->title = order_text(option, "title");
        c->label = order_text(
            find_by(json_object_get(option, "values"), "option_type_id", strtoll(c->value, NULL, 10)),
            "title");
    }
}

static void add_text(option_choice *out, const chosen *c)
{
    size_t used = strlen(out->text);
    snprintf(out->text + used, sizeof out->text - used, "%s%s%s: %s", used ? "; " : "",
             *c->title ? "" : "option ", *c->title ? c->title : c->id, *c->label ? c->label : c->value);
}

/* ---- rules ---- */

/* How well a rule's product fits: the product id or the whole SKU best, else the longest SKU to which options
 * have appended theirs. 0: not at all. */
static size_t product_fits(const char *product, const json_t *row, const char *sku)
{
    char id[24];
    size_t n = strlen(product);
    snprintf(id, sizeof id, "%lld", (long long)order_number(row, "product_id"));
    if (n && (!strcmp(product, sku) || !strcmp(product, id)))
        return SKU_MOST;
    return n && !strncmp(product, sku, n) && sku[n] == '-' ? n : 0;
}

static bool same_option(const char *cell, const chosen *c)
{
    return !strcmp(cell, c->id) || (*c->title && !strcmp(cell, c->title));
}

/* 2: that value, 1: any, 0: another. */
static size_t value_fits(const char *cell, const chosen *c)
{
    if (!*cell || !strcmp(cell, "*"))
        return 1;
    return !strcmp(cell, c->value) || (*c->label && !strcmp(cell, c->label)) ? 2 : 0;
}

/* The row of the table that fits best; -1: none. */
static int rule_of(const columns *t, const json_t *row, const char *sku, const chosen *c)
{
    size_t best = 0;
    int found = -1;
    for (int i = 0; i < tb_table_rows(t->table); i++) {
        size_t product = product_fits(tb_table_cell(t->table, i, t->product), row, sku);
        size_t value = value_fits(tb_table_cell(t->table, i, t->value), c);
        if (!product || !value || !same_option(tb_table_cell(t->table, i, t->option), c))
            continue;
        if (product * 3 + value > best) {
            best = product * 3 + value;
            found = i;
        }
    }
    return found;
}

/* ---- no rule ---- */

/* The line as the table has its columns. */
static void line_to_add(const columns *t, const char *sku, const chosen *c, const char *till, char *out,
                        size_t size)
{
    char cell[400], *at = out, *end = out + size;
    *out = '\0';
    for (int i = 0;; i++) {
        bool known = i == t->product || i == t->option || i == t->value || i == t->till_sku;
        bool rest = i <= t->product || i <= t->option || i <= t->value || i <= t->till_sku;
        const char *text = i == t->product  ? sku
                           : i == t->option ? c->id
                           : i == t->value  ? c->value
                           : known          ? till
                                            : "";
        if (!rest)
            return;
        nearest_csv(text, "", cell, sizeof cell);
        cell[strlen(cell) - 1] = '\0'; /* the comma of a line of two */
        at += snprintf(at, (size_t)(end - at), "%s%s", i ? "," : "", cell);
        if (at >= end)
            return;
    }
}

static void offer_column(nearest *n, const tb_table *t, const char *column)
{
    int at = t ? tb_table_column(t, column) : -1;
    for (int row = 0; at >= 0 && row < tb_table_rows(t); row++)
        nearest_offer(n, tb_table_cell(t, row, at));
}

static tb_verdict reject_option(const sku_map *self, tb_ctx *ctx, tb_record *record, const columns *t,
                                const char *sku, const chosen *c)
{
    char cause[300], names[3 * NEAREST_TEXT + 32], line[900] = "";
    nearest n;
    nearest_start(&n, sku);
    offer_column(&n, tb_table_get(ctx, self->skus), self->from);
    offer_column(&n, tb_table_get(ctx, self->skus), self->to);
    offer_column(&n, t->table, "till_sku");
    if (t->table)
        line_to_add(t, sku, c, n.count ? n.best[0].text : "TILL-SKU", line, sizeof line);
    snprintf(cause, sizeof cause, "%s option %s = %.80s", sku, c->id, c->value);
    nearest_print(&n, "nothing there is like it", names, sizeof names);
    if (!t->table)
        return tb_reject(record, "mapping.custom-option", cause,
                         "%s was ordered with option %s%s%s = %s, and no table of options is configured; %s",
                         sku, c->id, *c->title ? " " : "", c->title, c->value, names);
    tb_reject(record, "mapping.custom-option", cause,
              "%s was ordered with option %s%s%s = %s%s%s%s, of which table %s says nothing; %s. Line to "
              "add: %s",
              sku, c->id, *c->title ? " " : "", c->title, c->value, *c->label ? " (" : "", c->label,
              *c->label ? ")" : "", self->options, names, line);
    tb_depends(record, "table", self->options, tb_table_version(t->table));
    return TB_REJECT;
}

static tb_verdict reject_two(const sku_map *self, tb_record *record, const columns *t, const char *sku,
                             const char *one, const char *other)
{
    tb_reject(record, "mapping.custom-option", sku,
              "table %s says both %s and %s for the options of %s: leave till_sku blank where an option does "
              "not change what is handed over",
              self->options, one, other, sku);
    tb_depends(record, "table", self->options, tb_table_version(t->table));
    return TB_REJECT;
}

/* ---- one row of an order ---- */

static tb_verdict take_rule(const sku_map *self, tb_record *record, const columns *t, int rule,
                            const char *sku, option_choice *out)
{
    const char *till = tb_table_cell(t->table, rule, t->till_sku);
    const char *product = tb_table_cell(t->table, rule, t->product);
    if (!strncmp(product, sku, strlen(product)) && strlen(product) < strlen(sku))
        snprintf(out->base, sizeof out->base, "%s", product);
    if (!*till || !strcmp(till, out->till))
        return TB_OK;
    if (*out->till)
        return reject_two(self, record, t, sku, out->till, till);
    snprintf(out->till, sizeof out->till, "%s", till);
    return TB_OK;
}

/* What one option says; rule -1: nothing. */
static tb_verdict take_option(const sku_map *self, tb_ctx *ctx, tb_record *record, const columns *t, int rule,
                              const chosen *c, bool over, const char *sku, option_choice *out)
{
    if (rule < 0 && !over)
        return reject_option(self, ctx, record, t, sku, c);
    add_text(out, c);
    return rule < 0 ? TB_OK : take_rule(self, record, t, rule, sku, out);
}

tb_verdict options_choose(const sku_map *self, tb_ctx *ctx, tb_record *record, const json_t *row, bool over,
                          const char *sku, option_choice *out)
{
    columns t = {.table = NULL};
    bool usable = columns_get(self, ctx, &t);
    const json_t *more = json_object_get(json_object_get(row, "product_option"), "extension_attributes");
    size_t i;
    json_t *option;
    *out = (option_choice){.till = ""};
    snprintf(out->base, sizeof out->base, "%s", sku);
    json_array_foreach(json_object_get(more, "custom_options"), i, option)
    {
        char id[24];
        chosen c = {.id = id, .value = order_text(option, "option_value")};
        snprintf(id, sizeof id, "%lld", (long long)order_number(option, "option_id"));
        name_option(record, &c);
        int rule = usable ? rule_of(&t, row, sku, &c) : -1;
        tb_verdict v = take_option(self, ctx, record, &t, rule, &c, over, sku, out);
        if (v != TB_OK)
            return v;
    }
    return TB_OK;
}

void options_check(const sku_map *self, tb_ctx *ctx, tb_doctor *doctor)
{
    const tb_table *t = self->options ? tb_table_get(ctx, self->options) : NULL;
    for (int i = 0; t && i < 4; i++) {
        if (tb_table_column(t, column_names[i]) < 0)
            tb_found(doctor, TB_BAD, self->options, "table %s has no column %s", self->options,
                     column_names[i]);
    }
}
