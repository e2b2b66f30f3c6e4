/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* day.h - a civil day as the number of days since 1970-01-01 (proleptic Gregorian calendar).
 *
 * Kadr's day is Kazakhstan's: UTC+5 the whole year (one zone since 2024-03-01; earlier statements are days,
 * not times).
 */
#include "base/clock.h"
#include "base/defs.h"

typedef int32_t kadr_day;
#define KADR_DAY_NONE      INT32_MIN
#define KADR_DAY_MIN       INT32_C(-25567) /* 1900-01-01 */
#define KADR_DAY_MAX       INT32_C(84005)  /* 2199-12-31 */
#define KADR_UTC_OFFSET_MS INT64_C(18000000)

struct kadr_civil {
    int year, month, day;
};

/* KADR_DAY_NONE for a day that is not in the calendar or outside [KADR_DAY_MIN, KADR_DAY_MAX]. */
kadr_day kadr_day_from_civil(int year, int month, int day);
struct kadr_civil kadr_day_to_civil(kadr_day day);
/* The day it is in Kazakhstan at a Unix time (KADR_DAY_NONE outside the calendar), and the Unix time at which
 * a day begins there. */
kadr_day kadr_day_at(kadr_ms unix_ms);
kadr_ms kadr_day_begin_ms(kadr_day day);

/* `2023-11-20` or `20.11.2023`, nothing else around it. @retval KADR_EINVAL not a day of the calendar */
KADR_MUST_CHECK int kadr_day_parse(const char *text, kadr_day *ret_day);
#define KADR_DAY_TEXT_BYTES 11
/* `2023-11-20`; "" for KADR_DAY_NONE. Returns the buffer. */
const char *kadr_day_format(kadr_day day, char ret_text[KADR_DAY_TEXT_BYTES]);
