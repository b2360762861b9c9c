/* SPDX-License-Identifier: Apache-2.0 */
/* One seed: what the world is like, what happens in it, and what is asked of it at the end. */
#ifndef TB_FAULTS_SIMULATE_H
#define TB_FAULTS_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t seed;
    int sales;  /* 0: as the seed says */
    bool quiet; /* no faults, no kills */
    bool power; /* every kill is a loss of power */
    bool trace;
    const char *plugins; /* folders, colons between */
} seed_options;

typedef struct {
    uint64_t seed, hash;
    int64_t steps, ms, commits, calls, landed, lives, kills, power_losses;
    bool failed;
    char why[1000];
} seed_result;

/* Plays it in this process, once. Failures are told by baton_told and end the process. */
void seed_play(const seed_options *o, seed_result *r);

/* scenario.c */
typedef struct {
    int stores, skus, sales;
    int64_t per_second; /* thousandths */
    int lives;
    bool faults, events;
    unsigned ledger; /* its pipelines, by bit: log, want, gauge-a, gauge-b */
    int batch, workers, concurrency, overlap;
    char linger[16], every[16], rate[24];
} scenario;
void scenario_draw(const seed_options *o, scenario *s);
int scenario_world(const scenario *s, const char *folder);         /* the ends */
int scenario_configuration(const scenario *s, const char *folder); /* the daemon's file */

#endif
