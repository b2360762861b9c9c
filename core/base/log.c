/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: one write(2) a line, so lines of threads never mix. */
#include "core/base/log.h"
#include "core/base/buffer.h"
#include "core/base/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static log_level least_level = LOG_INFO;
static int as_json;
static __thread const char *scope_pipeline, *scope_key;

void log_setup(log_level least, int json)
{
    least_level = least;
    as_json = json;
}

void log_scope(const char *pipeline, const char *key)
{
    scope_pipeline = pipeline;
    scope_key = key;
}

void log_scope_swap(const char *other[2])
{
    const char *kept[2] = {scope_pipeline, scope_key};
    log_scope(other[0], other[1]);
    other[0] = kept[0];
    other[1] = kept[1];
}

/* Quotes, and keeps control characters from forging lines. */
static void put_quoted(buffer *b, const char *text)
{
    buffer_putc(b, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buffer_printf(b, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            buffer_printf(b, "\\u%04x", *p);
        else
            buffer_putc(b, (char)*p);
    }
    buffer_putc(b, '"');
}

static void put_field(buffer *b, const char *name, const char *value)
{
    if (!value)
        return;
    if (as_json)
        buffer_printf(b, ",\"%s\":", name);
    else
        buffer_printf(b, " %s=", name);
    if (!as_json && value[0] && !strpbrk(value, " \"\\=\n\r\t"))
        buffer_puts(b, value);
    else
        put_quoted(b, value);
}

static void put_time(buffer *b)
{
    int64_t now = env_now();
    time_t seconds = (time_t)(now / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buffer_printf(b, as_json ? "{\"time\":\"%s.%03dZ\"" : "time=%s.%03dZ", text, (int)(now % 1000));
}

void log_write(log_level level, const char *id, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < least_level)
        return;
    int saved = errno;
    char sentence[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    CLEANUP_BUFFER buffer line = {0};
    put_time(&line);
    put_field(&line, "level", names[level]);
    put_field(&line, "pipeline", scope_pipeline);
    put_field(&line, "key", scope_key);
    put_field(&line, "id", id);
    put_field(&line, "msg", sentence);
    buffer_puts(&line, as_json ? "}\n" : "\n");
    if (!line.failed) {
        ssize_t ignored = write(STDERR_FILENO, line.data, line.size);
        (void)ignored;
    }
    errno = saved;
}
