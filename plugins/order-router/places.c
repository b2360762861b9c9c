/* SPDX-License-Identifier: Apache-2.0 */
/* The places an order may go to: a row each of the table that the stock path has too (warehouse, source),
 * with columns that may be there: its name (location), `none` where it is not in the till system (system),
 * orders a day (capacity), latitude, longitude. Rules of kind `never` take places out. */
#include "plugins/order-router/router.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void why_add(routing *r, const char *format, ...)
{
    char text[WHY_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (json_array_size(r->why) < WHY_MOST)
        json_array_append_new(r->why, json_string(text));
}

static const char *cell(const tb_table *t, int row, const char *column)
{
    int at = tb_table_column(t, column);
    return at < 0 ? "" : tb_table_cell(t, row, at);
}

/* ---- where the customer is ---- */

static const json_t *shipping_address(const json_t *order)
{
    const json_t *first = json_array_get(order_more(order, "shipping_assignments"), 0);
    const json_t *address = json_object_get(json_object_get(first, "shipping"), "address");
    return address ? address : json_object_get(order, "billing_address");
}

/* The row of that country with the longest beginning of the postcode. */
static point customer_at(const routing *r)
{
    const tb_table *t = r->self->coordinates ? tb_table_get(r->ctx, r->self->coordinates) : NULL;
    const json_t *address = shipping_address(r->order);
    const char *country = order_text(address, "country_id"), *postcode = order_text(address, "postcode");
    size_t best = 0;
    point found = {.known = false};
    int column = t ? tb_table_column(t, "country") : -1;
    for (int row = -1; column >= 0 && (row = tb_table_find(t, column, country, row)) >= 0;) {
        const char *prefix = cell(t, row, "postcode");
        size_t n = strlen(prefix);
        if (strncmp(prefix, postcode, n) || n + 1 <= best)
            continue;
        best = n + 1;
        found = point_parse(cell(t, row, "latitude"), cell(t, row, "longitude"));
    }
    return found;
}

/* ---- reading ---- */

static void read_place(const tb_table *t, int row, point customer, place *p)
{
    int64_t capacity = 0;
    const char *name = cell(t, row, "location"), *limit = cell(t, row, "capacity");
    *p = (place){.name = name,
                 .warehouse = cell(t, row, "warehouse"),
                 .source = cell(t, row, "source"),
                 .outside = !strcmp(cell(t, row, "system"), "none"),
                 .metres = -1};
    if (!*p->name)
        p->name = *p->source ? p->source : p->warehouse;
    p->has_capacity = *limit && !tb_quantity_parse(limit, &capacity);
    p->capacity = capacity / TB_QUANTITY_SCALE;
    point at = point_parse(cell(t, row, "latitude"), cell(t, row, "longitude"));
    if (at.known && customer.known)
        p->metres = point_distance(at, customer);
}

static void read_never(routing *r)
{
    const tb_table *t = r->self->rules ? tb_table_get(r->ctx, r->self->rules) : NULL;
    int column = t ? tb_table_column(t, "rule") : -1;
    for (int row = -1; column >= 0 && (row = tb_table_find(t, column, "never", row)) >= 0;) {
        place *p = place_named(r, cell(t, row, "location"));
        if (p)
            p->never = true;
    }
}

int places_read(routing *r)
{
    const tb_table *t = tb_table_get(r->ctx, r->self->locations);
    if (!t || tb_table_column(t, "warehouse") < 0 || tb_table_column(t, "source") < 0)
        return -1;
    point customer = customer_at(r);
    for (int row = 0; row < tb_table_rows(t) && r->places_n < PLACES_MOST; row++)
        read_place(t, row, customer, &r->places[r->places_n++]);
    read_never(r);
    return 0;
}

place *place_named(routing *r, const char *name)
{
    for (int i = 0; i < r->places_n; i++) {
        if (!strcmp(r->places[i].name, name))
            return &r->places[i];
    }
    return NULL;
}

place *place_of_source(routing *r, const char *source)
{
    for (int i = 0; i < r->places_n; i++) {
        if (!strcmp(r->places[i].source, source))
            return &r->places[i];
    }
    return NULL;
}

place *place_of_warehouse(routing *r, int64_t warehouse)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)warehouse);
    for (int i = 0; i < r->places_n; i++) {
        if (!r->places[i].outside && !strcmp(r->places[i].warehouse, text))
            return &r->places[i];
    }
    return NULL;
}
