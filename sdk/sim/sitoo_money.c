/* SPDX-License-Identifier: Apache-2.0 */
/* Exact forms on the wire: "12.500" for decimals, "-3.00" for money, and nothing else is taken. */
#include "sdk/sim/sitoo.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool parse(const json_t *v, int places, int64_t *out)
{
    const char *p = json_string_value(v);
    if (!p)
        return false;
    bool minus = *p == '-';
    p += *p == '-' || *p == '+';
    int64_t n = 0;
    int whole = 0, after = 0;
    for (; isdigit((unsigned char)*p) && whole < 13; p++, whole++)
        n = n * 10 + (*p - '0');
    if (!whole || *p++ != '.')
        return false;
    for (; isdigit((unsigned char)*p) && after < places; p++, after++)
        n = n * 10 + (*p - '0');
    *out = minus ? -n : n;
    return after == places && !*p;
}

bool decimal_parse(const json_t *v, int64_t *out)
{
    return parse(v, 3, out);
}

bool money_parse(const json_t *v, int64_t *out)
{
    return parse(v, 2, out);
}

static json_t *format(int64_t v, int64_t scale, int places)
{
    char text[40];
    int64_t n = v < 0 ? -v : v;
    snprintf(text, sizeof text, "%s%lld.%0*lld", v < 0 ? "-" : "", (long long)(n / scale), places,
             (long long)(n % scale));
    return json_string(text);
}

json_t *decimal_json(int64_t v)
{
    return format(v, 1000, 3);
}

json_t *money_json(int64_t v)
{
    return format(v, 100, 2);
}

/* gross / (1 + vat/100), half up away from zero; the rate is taken to 10^-4 percent. */
int64_t money_net(int64_t gross, const json_t *vatvalue)
{
    int64_t whole = 1000000 + json_millionths(vatvalue) / 100;
    int64_t n = gross < 0 ? -gross : gross;
    int64_t net = (2 * n * 1000000 + whole) / (2 * whole);
    return gross < 0 ? -net : net;
}
