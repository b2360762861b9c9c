/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the demonstration share: demo.c starts and ends it, demo_view.c shows it, demo_setup.c
 * writes the configuration of its daemon, demo_orders.c plays buyers and staff. */
#ifndef TB_CLI_DEMO_H
#define TB_CLI_DEMO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/env.h"

enum { DEMO_ORDERS_MOST = 4096 };

typedef struct { /* a way to pay: what the checkout does, and the daemon's word for it */
    const char *method, *action, *class_;
} demo_payment;
extern const demo_payment demo_payments[]; /* ends with a zeroed one */

typedef struct {
    int64_t web, due; /* the order's id in the shop; when somebody acts, 0: not at a till yet */
    int64_t acted_on; /* the till order that was refused or is told to be ready */
    int kind;         /* in the table of demo_orders.c */
} demo_order;

typedef struct {
    char dir[512];
    int stores, skus;
    double rate, orders; /* receipts and web orders a second */
    pid_t simulators, daemon;
    int events_port, admin_port, sitoo_port, adobe_port, control_port;
    env_client *client;
    demo_order *order; /* those placed, DEMO_ORDERS_MOST at the most */
    int order_n, turned_away;
    int64_t next_order;
} demo;

json_t *demo_ask(const demo *d, int port, const char *method, const char *path, const json_t *body);
void demo_pause(int64_t ms);

/* A turn of buyers and staff; closing: nobody buys, and all that can be handed out is. */
void demo_orders_turn(demo *d, bool closing);

int demo_write_configuration(const demo *d, const char *path);
void demo_remove_folder(const char *path);

void demo_show(const demo *d, bool plain, int64_t elapsed, int64_t duration);
typedef struct {
    json_t *stock, *orders; /* what the simulators say of both ends */
    json_t *status;         /* what the daemon says of itself */
} demo_result;
bool demo_orders_rest(const json_t *orders); /* both ends agree, and nothing is on its way or in a store */
void demo_show_result(const demo *d, const demo_result *r, bool good);
bool demo_law_holds(const json_t *status);
int64_t demo_pending(const json_t *status); /* pending and parked, of all pipelines */

#endif
