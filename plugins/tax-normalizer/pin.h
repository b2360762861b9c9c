/* SPDX-License-Identifier: Apache-2.0 */
/* The pin: what is known of one setting of one store view, in the pipeline's state `tax`.
 *
 *     <store id>/<setting>            [{"value": "row", "from": "", "order": "000000042", "by": "orders"},
 * ...] <store id>/<setting>/proposed   {"value": "total", "from": "2026-11-24 09:10:11", "order":
 * "000000077"}
 *
 * Entries stand in order of `from`, a created_at of the shop (UTC); an order is judged by the last one that
 * is not after its own. So orders from before a change stay right after it. An approval appends what is
 * proposed to the list (with the approver's name in "by") and removes the proposal. */
#pragma once
#include <tillbridge/plugin.h>

enum { PIN_TEXT = 40 };

typedef struct pin {
    char value[PIN_TEXT];  /* in force for that order; "" nothing is pinned */
    char latest[PIN_TEXT]; /* of the last entry */
    char since[PIN_TEXT], order[PIN_TEXT], by[PIN_TEXT];
    char key[80];
    int64_t version;
} pin;

typedef struct pin_place { /* whose pin */
    tb_ctx *ctx;
    const char *store, *created, *number; /* store view; of the order at hand */
} pin_place;

void pin_get(const pin_place *at, const char *setting, pin *out);
/* The first entry, valid since ever. by: "orders" or "configuration". */
int pin_set(const pin_place *at, tb_record *record, const char *setting, const char *value, const char *by);
/* Kept also when the record is rejected; the earliest order with that value stays. */
int pin_propose(const pin_place *at, tb_record *record, const char *setting, const char *value);
/* A change of the pin wakes the record. */
int pin_depends(tb_record *record, const pin *p);
