/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated ledger: the end that creates. It takes whatever it is given and looks at it: a thing that was
 * made twice, an entry out of order, a value that goes back are failures at once. */
#ifndef TB_FAULTS_LEDGER_H
#define TB_FAULTS_LEDGER_H

#include "core/base/env.h"

typedef struct {
    const char *method, *path, *query, *body;
} ledger_request;

typedef struct {
    int status; /* 0: no answer comes back */
    buffer body;
} ledger_answer;

/* Of 1000 calls so many go wrong. */
void ledger_trouble(int64_t rate);
/* Takes its time. gone(arg) is called when the caller's connection is lost and the ledger goes on working. */
void ledger_call(const ledger_request *q, ledger_answer *a, void (*gone)(void *arg), void *arg);
/* Something new in one of its feeds, if one of the `pipelines` reads it (by bit: log, want, gauge, gauge). */
void ledger_move(unsigned pipelines);
bool ledger_agrees(void); /* all that is due was done */
void ledger_tell(void);
int64_t ledger_made(void); /* effects */
/* The daemon was ended: values that are on their way may land late. */
void ledger_forgive(int64_t until);

#endif
