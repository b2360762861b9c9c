/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the demonstration share: demo.c starts and ends it, demo_view.c shows it, demo_setup.c
 * writes the configuration of its daemon. */
#ifndef TB_CLI_DEMO_H
#define TB_CLI_DEMO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/env.h"

typedef struct {
    char dir[512];
    int stores, skus;
    double rate;
    pid_t simulators, daemon;
    int events_port, admin_port, sitoo_port, adobe_port, control_port;
    env_client *client;
} demo;

json_t *demo_ask(const demo *d, int port, const char *method, const char *path, const json_t *body);
void demo_pause(int64_t ms);

int demo_write_configuration(const demo *d, const char *path);
void demo_remove_folder(const char *path);

void demo_show(const demo *d, bool plain, int64_t elapsed, int64_t duration);
void demo_show_result(const demo *d, const json_t *compared, const json_t *status, bool good);
bool demo_law_holds(const json_t *status);
int64_t demo_pending(const json_t *status); /* pending and parked, of all pipelines */

#endif
