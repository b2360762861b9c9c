/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite on the simulated disk. */
#ifndef TB_FAULTS_VFS_POWER_H
#define TB_FAULTS_VFS_POWER_H

#include <stdint.h>

/* Makes it the default of the process; before SQLite is used. */
void vfs_power_start(void);
/* A process has ended, however: its locks and what it shared in memory are gone. */
void vfs_power_forget(void);
/* How long a sync takes at the most, ms. */
void vfs_power_slow(int64_t ms);
/* Called by an actor when a transaction of its own is committed, at the next instant outside of SQLite. */
extern void (*vfs_power_committed)(void);
void vfs_power_check(void); /* the instant has come */

#endif
