/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an order as the till will get them, with the shop's figures and what the till makes of them.
 */
#pragma once
#include "plugins/tax-normalizer/model.h"

typedef enum line_kind { LINE_PRODUCT, LINE_FIXED_TAX, LINE_SHIPPING, LINE_WRAP } line_kind;

typedef struct line {
    line_kind kind;
    const order_row *row;      /* LINE_PRODUCT, LINE_FIXED_TAX */
    const order_taxes *taxes;  /* as the order lists them; may have no JSON */
    int taxes_n;               /* that are rounded on it, at least 1 */
    int64_t quantity;          /* 10^-3 */
    int64_t gross, tax, rate;  /* after discount; cents once line_settle has been through */
    int64_t discount, printed; /* discount with tax; the figure as the shop prints it */
    int64_t placed;            /* of residuals that were put here */
    int64_t till_tax, allowed; /* what the till computes from gross and rate; how far that may be off */
} line;

typedef struct residual { /* a difference within the allowed rounding, named */
    const char *kind;     /* "gross", "tax": put on a line; "vat": per rate, "breakdown": left */
    const char *why;
    int64_t amount, rate; /* rate: -1 no rate in particular */
    int line;             /* where it was put; -1: nowhere */
} residual;

enum { MOST_RESIDUALS = 64 };

typedef struct lines {
    line *list;
    int n;
    residual residuals[MOST_RESIDUALS];
    int residuals_n;
    int64_t paid; /* cents */
} lines;

/* What is known of the set-up, for how far figures may be apart. */
typedef struct bounds {
    int64_t cent;      /* allowed per line, 10^-4 */
    bool unit, before; /* tax may be rounded per piece; may be of the price before discount */
    const char *why;   /* what a difference at a rate comes from */
    bool sales_tax;    /* the till takes tax as it is given: nothing to compare */
} bounds;

/* One line a row that carries, shipping, wrapping and fixed product tax each their own. -1: out of memory. */
int lines_make(const order *o, const reading *r, lines *out);
void lines_free(lines *l);
#define CLEANUP_LINES __attribute__((cleanup(lines_free)))

/* The rate of a line that does not say it: among those of the order, the one that explains its tax before
 * discount (of `full`) and after it best; -1: none does within a cent or two. */
int64_t lines_find_rate(const lines *l, const line *x, int64_t full, int64_t full_tax);

typedef struct fault { /* why an order cannot be settled; amounts 10^-4 */
    const char *what;
    int line; /* -1: the whole order */
    int64_t shop, till, allowed;
} fault;

/* Rounds the lines to cents and puts what is left of what was paid on the largest row of the largest rate.
 * 0, or -1 with *fault: it is more than rounding. */
int lines_add_up(const order *o, lines *l, int64_t cent, fault *f);
/* Then the same for the tax, and the shop's tax of each line against the till's. 0, or -1 with *fault. */
int lines_settle(const order *o, lines *l, const bounds *b, fault *f);
