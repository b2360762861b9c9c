/* SPDX-License-Identifier: Apache-2.0 */
/* How far two points of the earth are apart, in whole numbers. */
#ifndef ORDER_ROUTER_DISTANCE_H
#define ORDER_ROUTER_DISTANCE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct point {
    int64_t latitude, longitude; /* 10^-6 degrees */
    bool known;
} point;

/* "59.3293", "-0.1278": at most 6 decimals are read. known false: no number, or out of range. */
point point_parse(const char *latitude, const char *longitude);
/* Metres; a few per mille off, which is enough to tell which shop is nearest. */
int64_t point_distance(point a, point b);

#endif
