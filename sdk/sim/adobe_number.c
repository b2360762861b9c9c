/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals of 10^-4 in and out of JSON. jansson carries a fraction as a binary number; its shortest decimal
 * text is what the caller wrote, and only that is read. */
#include "sdk/sim/adobe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLACES = 4, MOST_DIGITS = 17 };

/* The digits of a number without its point, and how many of them stand behind it. */
typedef struct {
    char digit[64];
    int count, behind;
} digits;

static const char *read_digits(const char *p, digits *d)
{
    for (bool point = false; isdigit((unsigned char)*p) || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (d->count < (int)sizeof d->digit)
            d->digit[d->count++] = *p;
        else
            d->behind--;
        d->behind += point;
    }
    return p;
}

/* digits * 10^(PLACES - behind), rounded half away from zero; saturates. */
static int64_t scaled(const digits *d)
{
    int64_t n = 0;
    int keep = d->count - d->behind + PLACES; /* digits that stand before the cut */
    for (int i = 0; i < keep; i++) {
        if (n > (INT64_MAX - 9) / 10)
            return INT64_MAX;
        n = n * 10 + (i < d->count ? d->digit[i] - '0' : 0);
    }
    return n + (keep >= 0 && keep < d->count && d->digit[keep] >= '5');
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\n\r\v\f");
}

bool decimal_read_text(const char *text, int64_t *out)
{
    digits d = {0};
    const char *p = skip_blanks(text);
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    p = read_digits(p, &d);
    if (!d.count && !d.behind)
        return false;
    if (*p == 'e' || *p == 'E') {
        char *end = NULL;
        long exponent = strtol(p + 1, &end, 10);
        if (end == p + 1)
            return false;
        d.behind -= exponent > 40 ? 40 : exponent < -80 ? -80 : (int)exponent;
        p = end;
    }
    if (*skip_blanks(p))
        return false;
    *out = negative ? -scaled(&d) : scaled(&d);
    return true;
}

static bool read_real(double v, int64_t *out)
{
    char text[40];
    for (int precision = 15; precision <= MOST_DIGITS; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return decimal_read_text(text, out);
}

bool decimal_read(const json_t *v, int64_t *out)
{
    if (json_is_integer(v)) {
        json_int_t n = json_integer_value(v), most = INT64_MAX / ADOBE_UNIT;
        *out = (n > most ? most : n < -most ? -most : n) * ADOBE_UNIT;
        return true;
    }
    if (json_is_real(v))
        return read_real(json_real_value(v), out);
    return json_is_string(v) && decimal_read_text(json_string_value(v), out);
}

json_t *decimal_number(int64_t v)
{
    char text[40];
    if (v % ADOBE_UNIT == 0)
        return json_integer(v / ADOBE_UNIT);
    snprintf(text, sizeof text, "%s%lld.%04lld", v < 0 ? "-" : "", (long long)(llabs(v) / ADOBE_UNIT),
             (long long)(llabs(v) % ADOBE_UNIT));
    return json_real(strtod(text, NULL)); /* written with 15 digits: the same text again */
}

json_t *decimal_text(int64_t v)
{
    return json_sprintf("%s%lld.%04lld", v < 0 ? "-" : "", (long long)(llabs(v) / ADOBE_UNIT),
                        (long long)(llabs(v) % ADOBE_UNIT));
}

json_t *time_text(int64_t ms)
{
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return json_string(text);
}
