/* SPDX-License-Identifier: Apache-2.0 */
/* What the oracle's files share. */
#pragma once
#include "tests/unit/tax_oracle.h"

void set(mpq_t x, long n, unsigned long d);
void round_to(mpq_t x, unsigned long units);
int rate_of(const taxes *t);
/* Cents of the base currency in the one that is asked for. */
void convert(mpq_t out, int cents, const cart *c, bool base);
void figures_init(figures *f);
void figures_copy(figures *to, const figures *f);

/* ---- a calculator ---- */

enum { CHAINS = 256 };

typedef struct chain_key {
    bool before, direction;
    int of; /* the item's code; -1 all */
    long id;
} chain_key;

typedef struct calculator {
    const shop *shop;
    chain_key keys[CHAINS];
    mpq_t deltas[CHAINS];
    int chains;
} calculator;

typedef struct item { /* QuoteDetailsItem, and below it the TaxDetailsItem */
    mpq_t unit_price, discount, quantity;
    const taxes *taxes;
    bool tax_included, weee;
    int code, associated; /* associated: -1 none */
    mpq_t price, price_incl, row, row_incl, row_tax, compensation;
} item;

void calculate(calculator *c, item *i);
