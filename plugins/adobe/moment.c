/* SPDX-License-Identifier: Apache-2.0 */
/* An offset in a filter is not converted by the shop, and nonsense matches everything; so times go out in the
 * one form that it writes itself, and are read strictly. */
#include "plugins/adobe/moment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char form[] = "dddd-dd-dd dd:dd:dd";

static int number(const char *text, int at, int digits)
{
    int n = 0;
    for (int i = 0; i < digits; i++)
        n = n * 10 + (text[at + i] - '0');
    return n;
}

static int is_formed(const char *text)
{
    if (!text || strlen(text) != sizeof form - 1)
        return 0;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return 0;
    }
    return 1;
}

int adobe_moment_read(const char *text, int64_t *ms)
{
    if (!is_formed(text))
        return -1;
    struct tm given = {.tm_year = number(text, 0, 4) - 1900,
                       .tm_mon = number(text, 5, 2) - 1,
                       .tm_mday = number(text, 8, 2),
                       .tm_hour = number(text, 11, 2),
                       .tm_min = number(text, 14, 2),
                       .tm_sec = number(text, 17, 2)};
    struct tm t = given;
    time_t seconds = timegm(&t);
    if (t.tm_mon != given.tm_mon || t.tm_mday != given.tm_mday || t.tm_hour != given.tm_hour ||
        t.tm_min != given.tm_min || t.tm_sec != given.tm_sec)
        return -1; /* timegm made another day of it */
    *ms = (int64_t)seconds * 1000;
    return 0;
}

const char *adobe_moment(int64_t ms, char out[ADOBE_MOMENT])
{
    struct tm t;
    time_t seconds = (time_t)(ms / 1000);
    if (ms < 0 || !gmtime_r(&seconds, &t) || !strftime(out, ADOBE_MOMENT, "%Y-%m-%d %H:%M:%S", &t))
        snprintf(out, ADOBE_MOMENT, "1970-01-01 00:00:00");
    return out;
}
