/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: one account at one system, shared by the pipelines that name it. It owns the budget
 * (concurrency and rate), the order in which those who wait get their slots, the pause after an outage,
 * authentication, and what was learnt of the other side's caps (ENGINE 4.8, 4.9). */
#ifndef TB_ENGINE_CONNECTION_H
#define TB_ENGINE_CONNECTION_H

#include "core/base/env.h"
#include "core/config/model.h"
#include "core/sdk/host.h"

typedef struct connection connection;

typedef enum { /* class of a slot: the lower goes first */
               CLASS_PROBE,
               CLASS_DELIVERY,
               CLASS_POLL,
               CLASS_BULK,
               CLASSES
} slot_class;

typedef enum {                /* how an exchange ended, as the core's verdict table sees it */
               FATE_NONE,     /* there was none in this callback */
               FATE_ANSWERED, /* the plugin's to judge */
               FATE_PAUSED,   /* not sent: the connection is paused, or the daemon stops */
               FATE_REFUSED,  /* no connection could be made: nothing happened */
               FATE_LIMITED,  /* 429, 503: paused; a CREATE may have happened */
               FATE_SERVER,   /* 5xx: as no answer */
               FATE_LOST,     /* sent, no whole answer: it may have happened */
               FATE_RIGHT,    /* 401, 403 while other routes answer: this operation's right is missing */
               FATE_LOGIN,    /* 401, 403 on everything: paused */
               FATE_INVALID   /* our own mistake: nothing was sent */
} connection_fate;

typedef struct {
    slot_class class_;
    int64_t deadline; /* env_now time by which the oldest record behind it should be done */
    bool first;
    bool create; /* a shutdown lets it finish until the deadline */
} slot_wish;

connection *connection_new(config *model, const config_connection *c); /* holds the model */
connection *connection_ref(connection *c);
void connection_unref(connection *c); /* NULL is fine */
const char *connection_name(const connection *c);
const char *connection_digest(const connection *c);
int64_t connection_server_time(const connection *c);
/* A new one takes over pause, caps and statistics of the old when the URL is the same. */
void connection_inherit(connection *c, connection *old);

/* One exchange, with one repeat after a 401. `why` gets a sentence when it is not FATE_ANSWERED. */
connection_fate connection_exchange(connection *c, const slot_wish *wish, const tb_request *request,
                                    tb_response *response, char *why, size_t why_size);

int64_t connection_paused_until(connection *c); /* env_mono; 0: not paused */
int64_t connection_last_success(connection *c); /* env_mono; 0: none yet */
/* Ends what may be ended at once; with `all`, CREATE exchanges too. */
void connection_abort(connection *c, bool all);
/* The most records a call of that operation may carry; INT_MAX: nothing learnt. */
int connection_cap(connection *c, const char *operation);
void connection_learn_cap(connection *c, const char *operation, int cap);
json_t *connection_status(connection *c); /* slots by class in the last minute, longest wait, pause, caps */

#endif
