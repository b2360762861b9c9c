/* SPDX-License-Identifier: Apache-2.0 */
/* What Adobe's calculators would have printed under each tax set-up, held against what the order says. */
#pragma once
#include "plugins/tax-normalizer/delta.h"
#include "plugins/tax-normalizer/readings.h"

/* The settings of the shop that its REST interface does not show (Stores > Configuration > Sales > Tax). */
enum { SET_CATALOG, SET_SHIPPING, SET_CALCULATION, SET_CUSTOMER, SETTINGS };
enum { INCLUDING, EXCLUDING };            /* SET_CATALOG, SET_SHIPPING */
enum { BY_UNIT, BY_ROW, BY_TOTAL };       /* SET_CALCULATION */
enum { AFTER_DISCOUNT, BEFORE_DISCOUNT }; /* SET_CUSTOMER */
enum { MOST_VALUES = 3, SETUPS = 2 * 2 * 3 * 2 };

typedef struct setting {
    const char *name;
    const char *values[MOST_VALUES + 1];
} setting;

extern const setting settings[SETTINGS];

typedef struct setup {
    int v[SETTINGS]; /* -1: not known */
} setup;

setup setup_number(int i); /* the i-th of SETUPS, all known */

/* EXACT: every figure is what that set-up gives. POSSIBLE: the figures are what rounding by total can give
 * when the shop handed its rounding differences on in another order than that of the rows. */
typedef enum fit { FIT_NONE, FIT_POSSIBLE, FIT_EXACT } fit;

/* fits[i] for each setup_number(i). 0, or -1: out of memory. */
int model_fit(const order *o, const reading *r, fit fits[SETUPS]);
