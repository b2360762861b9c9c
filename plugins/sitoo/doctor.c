/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told without a change anywhere: faults of the tables (`check`, no network), and of the other
 * side's set-up (`doctor`): the site, its warehouses, what may be read. */
#include "plugins/sitoo/external.h"
#include "plugins/sitoo/stock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- check ---- */

/* As Sitoo writes it: a zero in front would be another text, and never be found. */
static bool is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n < 16 && !text[n] && *text != '0';
}

static void lower(const char *text, char *out, size_t size)
{
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[i] = '\0';
}

enum { FIRST_LINE = 2 }; /* rows are numbered from 0, below a line of names */

static void check_locations(const tables *t, tb_doctor *doctor)
{
    json_auto_t *seen = json_object();
    for (int row = 0; row < tb_table_rows(t->locations); row++) {
        const char *id = tb_table_cell(t->locations, row, t->warehouse);
        const char *source = tb_table_cell(t->locations, row, t->source);
        const json_t *before = json_object_get(seen, id);
        if (!is_number(id))
            tb_found(doctor, TB_BAD, "locations", "line %d: \"%s\" is not a warehouse number",
                     row + FIRST_LINE, id);
        if (!*source)
            tb_found(doctor, TB_BAD, "locations", "line %d: warehouse %s has no source", row + FIRST_LINE,
                     id);
        if (strchr(source, '@'))
            tb_found(doctor, TB_BAD, "locations",
                     "line %d: source %s holds an @, which ends the SKU in a key", row + FIRST_LINE, source);
        if (before)
            tb_found(doctor, TB_BAD, "locations", "line %d: warehouse %s stands in line %d already",
                     row + FIRST_LINE, id, (int)json_integer_value(before));
        else
            json_object_set_new(seen, id, json_integer(row + FIRST_LINE));
    }
}

static void check_sku(const tables *t, int row, const json_t *tills, const json_t *shops, tb_doctor *doctor)
{
    char shop[KEY_SIZE];
    const char *till = tb_table_cell(t->skus, row, t->till_sku);
    lower(tb_table_cell(t->skus, row, t->shop_sku), shop, sizeof shop);
    const json_t *same_till = json_object_get(tills, till), *same_shop = json_object_get(shops, shop);
    if (!*till || !*shop)
        tb_found(doctor, TB_BAD, "skus", "line %d: a SKU is missing", row + FIRST_LINE);
    else if (same_till)
        tb_found(doctor, TB_BAD, "skus", "line %d: till SKU %s stands in line %d already", row + FIRST_LINE,
                 till, (int)json_integer_value(same_till));
    else if (same_shop)
        tb_found(doctor, TB_BAD, "skus",
                 "line %d: shop SKU %s is that of line %d too (the shop ignores case)", row + FIRST_LINE,
                 tb_table_cell(t->skus, row, t->shop_sku), (int)json_integer_value(same_shop));
}

static void check_skus(const tables *t, tb_doctor *doctor)
{
    json_auto_t *tills = json_object(), *shops = json_object();
    char shop[KEY_SIZE];
    for (int row = 0; row < tb_table_rows(t->skus); row++) {
        check_sku(t, row, tills, shops, doctor);
        lower(tb_table_cell(t->skus, row, t->shop_sku), shop, sizeof shop);
        json_object_set_new(tills, tb_table_cell(t->skus, row, t->till_sku), json_integer(row + FIRST_LINE));
        json_object_set_new(shops, shop, json_integer(row + FIRST_LINE));
    }
}

static void check_column(const tb_table *table, const char *name, const char *column, tb_doctor *doctor)
{
    if (table && tb_table_column(table, column) < 0)
        tb_found(doctor, TB_BAD, name, "the table has no column \"%s\"", column);
}

void source_check(const void *self, tb_ctx *ctx, tb_doctor *doctor)
{
    const stock_source *s = self;
    tables t;
    if (*s->adopt && !sitoo_adopt_fits(s->adopt))
        tb_found(
            doctor, TB_BAD, "adopt",
            "\"%s\" must hold %%s once, for the order's number, and make external ids that are not ours, as "
            "\"WEB-%%s\"",
            s->adopt);
    if (s->stream == STREAM_ORDERS)
        return;
    if (!s->locations) {
        tb_found(doctor, TB_BAD, "locations",
                 "stream stock needs \"locations\", the table of warehouses and sources");
        return;
    }
    const tb_table *locations = tb_table_get(ctx, s->locations);
    const tb_table *skus = s->skus ? tb_table_get(ctx, s->skus) : NULL;
    check_column(locations, s->locations, "warehouse", doctor);
    check_column(locations, s->locations, "source", doctor);
    check_column(skus, s->skus, "till_sku", doctor);
    check_column(skus, s->skus, "shop_sku", doctor);
    check_column(s->ignore ? tb_table_get(ctx, s->ignore) : NULL, s->ignore, "till_sku", doctor);
    if (locations && !tb_table_rows(locations))
        tb_found(doctor, TB_BAD, s->locations, "the table of locations has no rows");
    if (tables_get(s, ctx, &t))
        return;
    check_locations(&t, doctor);
    if (t.skus)
        check_skus(&t, doctor);
}

/* ---- doctor ---- */

static void look_at_warehouse(const stock_source *s, const tables *t, int row, tb_doctor *doctor)
{
    const char *id = tb_table_cell(t->locations, row, t->warehouse);
    const sitoo_warehouse *w = sitoo_find_warehouse(&s->warehouses, strtoll(id, NULL, 10));
    char what[48];
    snprintf(what, sizeof what, "warehouse %s", id);
    if (!w)
        tb_found(doctor, TB_BAD, what, "site %lld has no such warehouse", (long long)s->site);
    else if (!w->sellable)
        tb_found(doctor, TB_DOUBT, what, "its stock may not be sold, yet it is mapped to source %s",
                 tb_table_cell(t->locations, row, t->source));
    else if (w->type == SITOO_VIRTUAL)
        tb_found(doctor, TB_DOUBT, what,
                 "is Virtual: it writes no transactions, changes are seen within 15 min");
    else
        tb_found(doctor, TB_GOOD, what, "is there and may be sold from");
}

static const struct {
    const char *what, *path;
} reads[] = {
    {"orders", "/orders.json"},
    {"transactions", "/sites/%lld/warehousetransactions.json"},
};

static void look_at_rights(const stock_source *s, tb_ctx *ctx, tb_doctor *doctor)
{
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        SITOO_LIST list = {0};
        SITOO_TEXT path = {0};
        const char *at = strstr(reads[i].path, "%lld");
        if (at)
            sitoo_printf(&path, "%.*s%lld%s", (int)(at - reads[i].path), reads[i].path, (long long)s->site,
                         at + 4);
        else
            sitoo_printf(&path, "%s", reads[i].path);
        sitoo_answer answer = sitoo_get_list(ctx, TB_BULK, sitoo_str(&path), "num=1", &list);
        tb_found(doctor, answer == SITOO_GOOD ? TB_GOOD : TB_BAD, reads[i].what, "%s",
                 answer == SITOO_GOOD ? "may be read"
                 : list.reason        ? list.why
                                      : "no answer");
    }
}

void source_doctor(void *self, tb_ctx *ctx, tb_doctor *doctor)
{
    stock_source *s = self;
    SITOO_LIST list = {0};
    tables t;
    if (sitoo_read_warehouses(ctx, s->site, 0, &s->warehouses, &list) != SITOO_GOOD) {
        tb_found(doctor, TB_BAD, "site", "%s", list.reason ? list.why : "no answer");
        return;
    }
    tb_found(doctor, TB_GOOD, "site", "site %lld has %zu warehouses", (long long)s->site, s->warehouses.n);
    if (s->stream == STREAM_ORDERS) {
        look_at_rights(s, ctx, doctor);
        return;
    }
    if (tables_get(s, ctx, &t))
        tb_found(doctor, TB_BAD, "locations", "table %s is missing, empty or lacks a column", s->locations);
    else
        for (int row = 0; row < tb_table_rows(t.locations); row++)
            look_at_warehouse(s, &t, row, doctor);
    look_at_rights(s, ctx, doctor);
}
