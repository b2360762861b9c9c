/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's lives, one after the other, on one journal. A life begins as `tillbridge run` does and ends in
 * order, or is ended. */
#ifndef TB_FAULTS_LIFE_H
#define TB_FAULTS_LIFE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine/engine.h"

typedef struct {
    int status; /* 0: not answered yet */
    struct life *life;
    char *body;
    size_t size;
} life_post;

typedef struct {
    const char *conf, *plugin_path, *journal;
} life_paths;
extern life_paths life_where;

/* Begins the next life; its number. */
int life_begin(void);
/* The present life's number; 0: none, or it is over. */
int life_now(void);
bool life_ready(void); /* it takes events */
bool life_over(void);  /* it has ended in order (life_code says how), or was ended */
int life_code(void);
bool life_refused(void); /* it could not start, and the disk was ill */
void life_stop(void);    /* TERM */
/* An event's body at the daemon's door; NULL: nobody listens. */
life_post *life_receive(const void *body, size_t size);
/* Bodies that were answered with 200: their hashes, one a line. */
const char *life_acknowledged(void);

#endif
