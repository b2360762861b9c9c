/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the frame share: the world (one lock over everything that can change), the settings, the
 * seeded draw, faults, events, effect log and observer. Functions here want the world's lock held unless they
 * say otherwise. */
#ifndef TB_SIM_FRAME_H
#define TB_SIM_FRAME_H

#include "sdk/sim/sim.h"

/* Adobe's OAuth 1.0a credentials: fixed, so that configurations can be written down. */
#define SIM_CONSUMER_KEY "simconsumerkey000000000000000000"
#define SIM_CONSUMER_SECRET "simconsumersecret000000000000000"
#define SIM_TOKEN "simtoken000000000000000000000000"
#define SIM_TOKEN_SECRET "simtokensecret000000000000000000"

/* A product: under its name at the till and its name in the shop (NULL: the shop does not have it). */
typedef struct {
    char *till, *shop;
    bool weight; /* sold by weight: quantities have decimals */
} world_sku;

typedef struct {
    int warehouse, reclaim; /* ids; reclaim 0: this store has none */
    char source[32];
} world_store;

typedef struct {
    env_mutex lock;
    env_cond changed; /* broadcast when a waiter should look again, and at the end */
    atomic_bool stopping;
    bool down[2];     /* by sim_system: connections are closed without an answer */
    json_t *settings; /* {"sitoo": {...}, "adobe": {...}, "events": {...}, "world": {...}} */
    sitoo *sitoo;
    adobe *adobe;
    world_sku *skus;
    size_t sku_count;
    world_store *stores;
    size_t store_count;
    uint64_t random;
    int ports[3]; /* sitoo, adobe, control */
} sim_world_t;
extern sim_world_t sim_world;

typedef enum { SIM_SITOO, SIM_ADOBE, SIM_CONTROL } sim_system;
extern const char *const sim_system_names[2];
int sim_system_of(const char *name); /* -1: no such */

/* world.c */
void world_open(uint64_t seed);
void world_close(void);
int64_t world_below(int64_t n); /* seeded: 0 .. n-1 */
bool world_chance(int64_t millionths);
bool world_sleep(int64_t ms); /* takes the lock itself; false: the end has come */
const world_store *world_store_of(int warehouse);
json_t *world_effects(const char *system, int64_t since, int64_t limit);
json_t *world_effect_totals(void);

/* settings.c: every setting has a row in its table: key, default, choices, help. */
json_t *settings_defaults(void);
int settings_patch(json_t *settings, json_t *patch, char *why, size_t size); /* -1 and a sentence */
void settings_help(void);
int64_t setting_int(const char *group, const char *key);
const char *setting_text(const char *group, const char *key); /* "" when null */
bool setting_is(const char *group, const char *key, const char *value);
bool setting_bool(const char *group, const char *key);
int64_t setting_rate(const char *group, const char *key); /* millionths */
int64_t json_millionths(const json_t *number);

/* seed.c */
int seed_settings(size_t stores, size_t skus);
void seed_free(void);
int seed_tables(const char *folder);

/* seed_kinds.c: products that are more than a row of stock */
size_t seed_kind_count(void);
void seed_kind_skus(void (*add)(const char *till, const char *shop, bool weight));
bool seed_kind_stands(const char *sku, size_t store); /* in this store at all */
void seed_kinds(void);

/* faults.c */
typedef enum {
    FAULT_NONE,
    FAULT_LATENCY,
    FAULT_429_CONCURRENCY,
    FAULT_429_SLOT,
    FAULT_500_HTML,
    FAULT_503_HTML,
    FAULT_ANSWER, /* what is said in the fault itself */
    FAULT_CUT_BEFORE,
    FAULT_CUT_IN,
    FAULT_CUT_AFTER,
    FAULT_SLOW_EFFECT,
    FAULT_TRUNCATED_JSON,
    FAULT_DOUBLED_JSON,
    FAULT_SLOW_DRIP,
    FAULT_WRONG_TYPE,
    FAULT_DUPLICATE,
    FAULT_REORDER,
    FAULT_DROP
} fault_kind;
typedef struct {
    fault_kind kind;
    int64_t ms;      /* of the kind */
    int64_t latency; /* further wait before the effect */
    json_t *answer;  /* of FAULT_ANSWER: a reference, until the door has used it */
} fault_draw;
fault_draw faults_draw(const char *system, const char *method, const char *path, const char *query);
int faults_add(json_t *fault, char *why, size_t size);
json_t *faults_list(void);
void faults_clear(void);
void faults_answer(int system, fault_draw draw,
                   sim_answer *a); /* the answer of those that come before the effect */

/* made.c */
int made_check(const json_t *said, char *why, size_t size);
void made_answer(const json_t *said, sim_answer *a);

/* events.c: the Events SPI; its thread waits, posts and retries. */
void sim_event(const char *type, json_t *data); /* takes over `data` */
int events_start(void);
void events_stop(void); /* without the lock */
json_t *events_state(void);

/* observer.c */
void observer_touch_till(const char *sku);
void observer_touch_shop(json_t *detail);
typedef enum { STEP_CALL, STEP_TILLS, STEP_SHOP, STEP_MAKERS } step_maker;
void observer_step(
    step_maker maker); /* who made it: a call of an interface, people at a till, people in the shop */
extern void (*sim_stepped)(void); /* for a program that looks at every step itself; may be NULL */
json_t *observer_state(void);
void observer_close(void);
/* observer_orders.c: pieces */
int64_t observer_promised(const world_sku *k, int64_t *there);
typedef struct {
    int64_t want, have; /* salable, by rule R1 and as the shop says; 10^-4 */
    int64_t left_over;  /* reservations that no order explains; what they add is in `want` */
    int64_t not_at_till;
} observer_salable;
int64_t observer_left_over(const world_sku *k); /* 10^-4 */
observer_salable observer_goal(const world_sku *k, int64_t kept_back);

/* tills.c, tills_run.c */
json_t *tills_step(const char *verb, json_t *arguments, char *why, size_t size);
json_t *tills_run(json_t *arguments, char *why, size_t size);
void tills_stop(void);
json_t *tills_state(void);
int tills_start(void);
void tills_end(void); /* without the lock */

/* door.c: takes the lock itself, and the time that the call takes. false: the connection is closed without an
 * answer; what of the answer is sent, and how, is up to the caller, by the draw. */
bool door_call(int system, const sim_request *q, sim_answer *a, fault_draw *draw);

/* server.c, slow.c */
int server_start(sim_system which, int port);
void server_stop(void);
int slow_start(void);
void slow_end(void);
void slow_add(int system, const sim_request *q, int64_t ms);

/* control.c: without the lock */
void control_handle(const sim_request *q, sim_answer *a);

/* query.c */
json_t *query_parse(const char *query); /* object of strings; the last of a repeated name wins */
char *query_decode(const char *text, size_t n, bool plus);
const char *query_text(const json_t *query, const char *name); /* NULL: absent */
int64_t query_int(const json_t *query, const char *name, int64_t otherwise);
void answer_json(sim_answer *a, int status, json_t *body); /* takes over `body` */
void answer_free(sim_answer *a);

/* main.c */
void sim_shutdown(void); /* with or without the lock */

#endif
