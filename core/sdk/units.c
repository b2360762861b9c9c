/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units, as configurations write them: durations, sizes, rates, times. A number without its unit
 * is refused, because it is read differently by everybody. */
#include "core/sdk/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct unit {
    const char *name;
    int64_t worth;
} unit;

/* Each from the smallest to the largest. */
static const unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                 {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const unit sizes[] = {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const unit periods[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {NULL, 0}};

static const char *read_whole(const char *text, int64_t *out)
{
    int64_t n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
            return NULL;
    }
    *out = n;
    return p == text ? NULL : p;
}

static int64_t worth_of(const unit *units, const char *name)
{
    for (; units->name; units++) {
        if (!strcmp(units->name, name))
            return units->worth;
    }
    return 0;
}

static int parse_units(const char *text, const unit *units, int64_t *out)
{
    int64_t n;
    const char *rest = read_whole(text, &n);
    int64_t worth = rest ? worth_of(units, rest) : 0;
    if (!worth || __builtin_mul_overflow(n, worth, &n))
        return -1;
    *out = n;
    return 0;
}

static void print_units(int64_t value, const unit *units, char *out, size_t size)
{
    const unit *best = units;
    for (const unit *u = units; u->name; u++) {
        if (value && value % u->worth == 0)
            best = u;
    }
    snprintf(out, size, "%lld%s", (long long)(value / best->worth), best->name);
}

int tbh_parse_duration(const char *text, int64_t *ms)
{
    return parse_units(text, durations, ms);
}

int tbh_parse_bytes(const char *text, int64_t *bytes)
{
    return parse_units(text, sizes, bytes);
}

int tbh_parse_rate(const char *text, int64_t *milli_per_second)
{
    char number[24];
    const char *slash = strchr(text, '/');
    int64_t milli, period = slash ? worth_of(periods, slash + 1) : 0;
    if (!period || (size_t)(slash - text) >= sizeof number)
        return -1;
    memcpy(number, text, (size_t)(slash - text));
    number[slash - text] = '\0';
    if (tb_quantity_parse(number, &milli) || milli / period <= 0)
        return -1;
    *milli_per_second = milli / period;
    return 0;
}

/* Days since 1970 of a date of the Gregorian calendar (years counted from March, so that leap days come
 * last). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* "2026-11-23T00:00Z" or "2026-11-23T00:00:00Z" by its pattern: 0 stands for a digit. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    }
    return !*text;
}

int tbh_parse_time(const char *text, int64_t *ms)
{
    bool seconds = looks_like(text, "0000-00-00T00:00:00Z");
    if (!seconds && !looks_like(text, "0000-00-00T00:00Z"))
        return -1;
    int at[6] = {0};
    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &at[0], &at[1], &at[2], &at[3], &at[4], &at[5]);
    if (at[0] < 1970 || at[1] < 1 || at[1] > 12 || at[2] < 1 || at[2] > days_in(at[0], at[1]) || at[3] > 23 ||
        at[4] > 59 || at[5] > 59)
        return -1;
    *ms = 1000 * (86400 * days_of(at[0], at[1], at[2]) + 3600 * at[3] + 60 * at[4] + at[5]);
    return 0;
}

void units_print_duration(int64_t ms, char *out, size_t size)
{
    print_units(ms, durations, out, size);
}

void units_print_bytes(int64_t bytes, char *out, size_t size)
{
    print_units(bytes, sizes, out, size);
}

void units_print_time(int64_t ms, char *out, size_t size)
{
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    if (!gmtime_r(&seconds, &tm) || !strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
        snprintf(out, size, "%lld", (long long)ms);
}
