/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold after every commit, read from the journal's file by a connection of its own. */
#ifndef TB_FAULTS_CHECKS_H
#define TB_FAULTS_CHECKS_H

#include "core/journal/journal.h"

typedef struct {
    int64_t accepted, applied, noop, superseded, dropped, parked, pending, duplicate;
    int64_t received, expanded, twice, malformed, unread; /* the inbox's line */
    int64_t exceptions;                                   /* open ones */
    int64_t intents, version;
} checks_counts;

/* A journal was opened: whole, lawful, and nothing is missing of what was told to be stored. */
void checks_open(journal *j);
void checks_close(void);
void checks_abandon(void); /* the daemon was ended */
void checks_law(void);
void checks_count(checks_counts *out);
/* Commits that were looked at. */
int64_t checks_made(void);
/* Why it is not at rest, for people: open exceptions and unsettled records. */
void checks_tell(void);

#endif
