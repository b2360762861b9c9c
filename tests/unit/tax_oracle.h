/* SPDX-License-Identifier: Apache-2.0 */
/* An oracle for tax: random carts, priced by Adobe's own rules in rational numbers (GMP), printed as
 * GET /V1/orders/{id} prints them. It shares no code with the plugin: it goes from the set-up to the figures,
 * the plugin from the figures back.
 *
 * The rules are those of magento2, app/code/Magento/Tax/Model/Calculation: UnitBaseCalculator,
 * AbstractAggregateCalculator (RowBase, TotalBase), AbstractCalculator::deltaRound; of
 * Tax/Model/Sales/Total/Quote/CommonTaxCollector and Tax for sums and for fixed product tax as an extra
 * taxable; of SalesRule/Model/Utility::deltaRoundingFix for percentage discounts; and of
 * Sales/Model/Order/Webapi/ChangeOutputArray for what REST makes of row_total and row_total_incl_tax. */
#pragma once
#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

enum { CART_ROWS = 16, CART_TEXT = 65536 };

enum { TAX_UNIT, TAX_ROW, TAX_TOTAL };
/* What the REST output filter of a release makes of an item's two row totals. */
enum { FILTER_NONE, FILTER_ROW, FILTER_BOTH, FILTER_ONE_PIECE, FILTERS };

typedef struct shop { /* the set-up */
    bool catalog_incl, shipping_incl, after_discount, discount_incl, fixed_taxed, fixed_in_subtotal;
    int calculation, filter;
} shop;

typedef struct taxes { /* that apply to a line; rates in 10^-4 percent */
    int rates[2], n;
    bool joint; /* one priority: rounded as one */
} taxes;

enum { SIMPLE, CONFIGURABLE, FIXED_BUNDLE, DYNAMIC_CHILD };

typedef struct figures { /* of a line, in one currency */
    mpq_t price, price_incl, row, row_incl, tax, compensation, discount, fixed, fixed_tax, gross;
} figures;

typedef struct cart_row {
    int kind, quantity;     /* 10^-3 */
    int cents, fixed_cents; /* catalog price and fixed product tax of a piece, base currency */
    int discount_cents;     /* fixed discount of the row; used when the cart has no percentage */
    taxes taxes;
    figures f;
} cart_row;

typedef struct cart {
    shop shop;
    cart_row rows[CART_ROWS];
    int rows_n, percent;                   /* discount, percent; 0: fixed ones */
    int shipping_cents, shipping_discount; /* the discount in percent */
    taxes shipping_taxes;
    int gift_cents, credit_cents, reward_cents;
    bool fractions, silent, long_numbers; /* silent: the taxes that apply are not listed */
    int exchange;                         /* order currency for 1 base, 10^-4; 10000: the same currency */
    figures shipping;
    mpq_t paid, tax; /* in the currency calculated last */
} cart;

void cart_init(cart *c); /* once; then cart_roll as often as wanted. What it holds stays */
void cart_roll(cart *c, uint64_t *seed);
/* All figures, in the base (1) or the order's currency, under that set-up (usually c->shop). */
void cart_price(cart *c, const shop *s, bool base);
/* The order as JSON, both currencies; `out` holds CART_TEXT. Leaves the figures of `base` in the cart. */
void cart_print(cart *c, bool base, char *out);

void round_cents(mpq_t x);   /* half away from zero */
void round_printed(mpq_t x); /* to the four decimals that the shop keeps, then to cents */
uint64_t roll(uint64_t *seed, uint64_t sides);
