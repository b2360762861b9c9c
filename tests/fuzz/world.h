/* SPDX-License-Identifier: Apache-2.0 */
/* The kit's host with another end of the wire: whatever a plugin asks for is answered by the next line of the
 * input, read just as the daemon reads an answer (core/engine/exchange.c). A line is a status, a blank and a
 * body; without a status it is 200. When no line is left there is no answer. One world at a time. */
#ifndef TB_FUZZ_WORLD_H
#define TB_FUZZ_WORLD_H

#include "sdk/kit/kit_inner.h"
#include "tests/fuzz/fuzz.h"

/* Called for each exchange that a plugin was shown. */
typedef void (*world_seen)(const tb_request *asked, const tb_response *answer);

void world_begin(tb_test *test, input answers, world_seen seen);
/* The host saw no breach of the contract (network where there is none, undeclared state). */
void world_check(const tb_test *test, const tb_plugin *plugin);
bool world_has_reason(const tb_plugin *plugin,
                      const char *raised); /* "reason cause: ..." by the plugin's table */

#endif
