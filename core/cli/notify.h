/* SPDX-License-Identifier: Apache-2.0 */
/* The few words a service says to systemd, without its library. Main thread only; silent where nobody
 * listens. */
#ifndef TB_CLI_NOTIFY_H
#define TB_CLI_NOTIFY_H

void notify_systemd(const char *state); /* "READY=1" */
/* WATCHDOG=1, when it was asked for (WATCHDOG_USEC) and half of the interval has gone by. */
void notify_watchdog(void);

#endif
