/* SPDX-License-Identifier: Apache-2.0 */
/* Times as the shop writes them: "2026-11-23 05:48:05", UTC, without a zone, whole seconds. */
#ifndef ADOBE_MOMENT_H
#define ADOBE_MOMENT_H

#include <stddef.h>
#include <stdint.h>

enum { ADOBE_MOMENT = 24 };

/* ms since 1970. 0, or -1: not such a time (the day must exist; nothing may stand before or behind it). */
int adobe_moment_read(const char *text, int64_t *ms);
const char *adobe_moment(int64_t ms, char out[ADOBE_MOMENT]); /* returns out */

#endif
