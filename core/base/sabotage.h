/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on purpose. A guard that nobody has seen fail may not be one, so each can be taken out by name in a
 * tree that was configured with --enable-sabotage (TILLBRIDGE_SABOTAGE=name at run time), and
 * tests/faults/sabotage.txt says which test goes red then. In every other tree the condition is false when it
 * is compiled, and nothing of it is in the binary. The only header of core's that our plugins include. */
#ifndef TB_BASE_SABOTAGE_H
#define TB_BASE_SABOTAGE_H

#ifdef TB_SABOTAGE
#include <stdlib.h>
#include <string.h>
#define SABOTAGE(name) (getenv("TILLBRIDGE_SABOTAGE") && !strcmp(getenv("TILLBRIDGE_SABOTAGE"), name))
#else
#define SABOTAGE(name) 0
#endif

#endif
