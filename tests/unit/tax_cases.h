/* SPDX-License-Identifier: Apache-2.0 */
/* Orders through tax-normalizer inside the kit's host: recorded ones, and ones made by hand. */
#pragma once
#include <check.h>

#include <tillbridge/test.h>

extern const tb_plugin tillbridge_plugin;

typedef struct result {
    tb_record *record;
    tb_verdict verdict;
    const json_t *body, *tax, *lines;
} result;

typedef struct item { /* as the shop prints it, row totals as the columns hold them (before discount) */
    const char *sku;
    double quantity, price, price_incl, row, row_incl, discount, compensation, tax, rate;
} item;

typedef struct total {
    double paid, tax, shipping, shipping_incl, shipping_tax;
} total;

/* Takes the order over (NULL: none was read); state is kept as the daemon keeps it once it is applied. */
result apply(tb_test *t, json_t *order);
void done(result *x);
json_t *recorded(const char *name);
json_t *order_of(const item *items, int n, total t);
json_t *first_item(json_t *order);
/* An item's taxes in the order's list; second 0: one tax. */
void list_taxes(json_t *order, const char *type, int id, double first, double second);

/* What the command does: appends what is proposed for that key of state `tax`. */
void approve(tb_test *t, const char *key);

const char *text_in(const json_t *from, const char *name); /* "" if it has none */
const char *setup_in(const result *x, const char *name);
const char *lines_text(const result *x); /* "sku gross tax; ..." */
/* Amount of the residual of that kind; "" if there is none. */
const char *residual_in(const result *x, const char *kind);
void must_pass(const result *x);
void must_stop(const result *x, const char *reason, const char *cause); /* cause NULL: any */
