/* SPDX-License-Identifier: Apache-2.0 */
/* The simulators' inner contract. Each system is a state machine without threads and sockets: a request goes
 * in, an answer comes out, under one lock (the world's). The frame (server.c) owns sockets, clock, faults and
 * the control interface, and decides whether a request reaches the machine and whether its answer reaches the
 * caller:
 *
 *   socket -> frame: fault before? -> machine: effect, answer -> frame: fault in / after? -> socket
 */
#ifndef TB_SIM_H
#define TB_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/base/env.h"

typedef struct sim_request sim_request;
struct sim_request {
    const char *method;
    const char *path;   /* raw, as sent: still percent-encoded, without query */
    const char *query;  /* raw, without '?'; "" if none */
    const char *host;   /* the Host header */
    const char *scheme; /* "http" */
    const char *(*header)(const sim_request *q, const char *name); /* NULL: absent; any case */
    const char *body;                                              /* NUL-terminated; "" if none */
    size_t body_size;
    void *frame; /* the frame's own */
};

typedef struct {
    int status;
    const char *type; /* Content-Type; a constant text */
    buffer body;
    buffer headers; /* further ones, "Name: value\r\n" each */
} sim_answer;

/* One entry of the effect log: what was really changed, whoever asked and whatever was answered. */
void sim_effect(const char *system, const char *what, json_t *detail); /* takes over `detail` */

/* Sitoo (sitoo.c ...): REST v2 as the reference describes. `now` is env_now(). */
typedef struct sitoo sitoo;
sitoo *sitoo_new(json_t *settings); /* borrowed; every assumption about the real system is a setting */
void sitoo_free(sitoo *s);
void sitoo_handle(sitoo *s, const sim_request *q, sim_answer *a);

/* Adobe Commerce (adobe.c ...): as recorded on a real 2.4.7-p3, the rest as the reference describes. */
typedef struct adobe adobe;
adobe *adobe_new(json_t *settings);
void adobe_free(adobe *m);
void adobe_handle(adobe *m, const sim_request *q, sim_answer *a);
/* Set-up and scenario steps from the control interface; NULL and *why when refused. */
json_t *adobe_control(adobe *m, const char *verb, json_t *arguments, const char **why);
/* Quantity (10^-4) and status of a source item; false: there is no row. */
bool adobe_source_item(const adobe *m, const char *sku, const char *source, int64_t *quantity, int *status);
/* Salable quantity (10^-4) of a SKU in a stock, before the answer's floor at 0. */
int64_t adobe_salable(const adobe *m, const char *sku, int stock);
int64_t adobe_reserved(const adobe *m, const char *sku, int stock); /* the sum of its reservations; 10^-4 */
int64_t adobe_threshold(const adobe *m, const char *sku);           /* below which nothing is sold; 10^-4 */
/* What an order still reserves of a SKU, and what it shipped of it; whole pieces. */
typedef struct {
    int64_t id, held, gone;
    const char *original; /* number of the first of its edits */
} adobe_promise;
size_t adobe_promises(const adobe *m, const char *sku, adobe_promise *out, size_t most);

#endif
