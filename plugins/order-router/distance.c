/* SPDX-License-Identifier: Apache-2.0 */
/* A flat map is good enough to rank shops: degrees of latitude are equal everywhere, those of longitude
 * shrink with the cosine of the latitude half way. No binary fractions: cosines stand in a table. */
#include "plugins/order-router/distance.h"

#include <ctype.h>

enum { DEGREE = 1000000, COSINE_ONE = 10000, STEP = 5 };
static const int64_t metres_a_degree = 111195;

/* Every 5 degrees from 0 to 90, times 10^4. */
static const int cosines[] = {10000, 9962, 9848, 9659, 9397, 9063, 8660, 8192, 7660, 7071,
                              6428,  5736, 5000, 4226, 3420, 2588, 1736, 872,  0};

static int64_t cosine(int64_t latitude)
{
    int64_t a = latitude < 0 ? -latitude : latitude, step = STEP * (int64_t)DEGREE;
    int64_t at = a / step, rest = a % step;
    if (at >= 18)
        return 0;
    return cosines[at] - (cosines[at] - cosines[at + 1]) * rest / step;
}

static bool parse(const char *text, int64_t most, int64_t *out)
{
    bool minus = *text == '-';
    int64_t value = 0, unit = DEGREE;
    text += minus || *text == '+';
    if (!isdigit((unsigned char)*text))
        return false;
    for (; isdigit((unsigned char)*text) && value <= 180; text++)
        value = value * 10 + (*text - '0');
    value *= DEGREE;
    if (*text == '.')
        text++;
    for (; isdigit((unsigned char)*text); text++) {
        unit /= 10;
        value += (*text - '0') * unit;
    }
    *out = minus ? -value : value;
    return !*text && value <= most * DEGREE;
}

point point_parse(const char *latitude, const char *longitude)
{
    point p = {.known = false};
    p.known = parse(latitude, 90, &p.latitude) && parse(longitude, 180, &p.longitude);
    return p;
}

static int64_t root(unsigned __int128 square)
{
    uint64_t low = 0, high = UINT32_MAX;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if ((unsigned __int128)middle * middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return (int64_t)low;
}

int64_t point_distance(point a, point b)
{
    int64_t across = a.longitude - b.longitude, up = a.latitude - b.latitude;
    const int64_t half = 180 * (int64_t)DEGREE;
    if (across > half || across < -half) /* the short way round */
        across -= across > 0 ? 2 * half : -2 * half;
    across = across * cosine((a.latitude + b.latitude) / 2) / COSINE_ONE;
    int64_t x = across * metres_a_degree / DEGREE, y = up * metres_a_degree / DEGREE;
    return root((unsigned __int128)((__int128)x * x + (__int128)y * y));
}
