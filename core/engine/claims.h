/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: names that no two records may hold at once, whatever their pipelines (ENGINE 4.4). In memory; those
 * of open intents are taken again at start. Letting go stamps the name with a rising number, so that a record
 * which read the systems before the last call under that name sees that it must read again. */
#ifndef TB_ENGINE_CLAIMS_H
#define TB_ENGINE_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct claims claims;

claims *claims_new(void);
void claims_free(claims *c);
int64_t claims_number(claims *c); /* to be noted when a hydrate begins */
/* All or none, for the record `seq` (idempotent for its own). false: held by another, or let go after `noted`
 * (INT64_MAX: do not compare). */
bool claims_take(claims *c, int64_t seq, const char *const *names, int n, int64_t noted);
/* Lets the record's names go at env_mono() `when` (0: now); names it does not hold are left alone. */
void claims_drop(claims *c, int64_t seq, const char *const *names, int n, int64_t when);
/* Whether another record holds one of them now. */
bool claims_held(claims *c, int64_t seq, const char *const *names, int n);
/* Whether any is held, by a record or because what was sent may still have its effect. */
bool claims_any(claims *c);

#endif
