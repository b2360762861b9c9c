/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on stderr, logfmt or JSON: time, level, pipeline, key, stable message id, sentence.
 * The thread says once what it works for (log_scope); plugins and engine then write the sentence only.
 * Nothing secret may be passed in (law 9). */
#ifndef TB_BASE_LOG_H
#define TB_BASE_LOG_H

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

void log_setup(log_level least, int json); /* default: info, logfmt; before threads start */

/* What this thread works for, until changed; either may be NULL; both are borrowed. */
void log_scope(const char *pipeline, const char *key);
/* Exchanges the scope for another one {pipeline, key}: for a simulation that runs many threads on one. */
void log_scope_swap(const char *other[2]);

/* `id` is a stable dotted name ("connection.paused"); the sentence: lower case, no full stop. */
void log_write(log_level level, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
