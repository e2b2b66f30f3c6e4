/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* period.h - a closed range of civil days (rollup-spec, Terms).
 *
 * Written `2023-11-20`, `2023-11`, `2023-Q4`, `2023-H1`, `2023`, or FIRST/LAST of any two of these: the first
 * day of the first to the last day of the second (`2023-09/2024-08` is an academic year). Days may also be
 * written 20.11.2023.
 */
#include "domain/day.h"

struct kadr_period {
    kadr_day first, last; /* both inside */
};

enum kadr_period_kind {
    KADR_PERIOD_DAY,
    KADR_PERIOD_MONTH,
    KADR_PERIOD_QUARTER,
    KADR_PERIOD_HALF,
    KADR_PERIOD_YEAR,
    KADR_PERIOD_ACADEMIC, /* 1 September to 31 August */
    KADR_PERIOD_IRREGULAR
};

/* @retval KADR_EINVAL  not a period, or its end lies before its beginning */
KADR_MUST_CHECK int kadr_period_parse(const char *text, struct kadr_period *ret_period);
#define KADR_PERIOD_TEXT_BYTES 24
/* Canonical text: a form without a slash where there is one (`2023`, not `2023-01/2023-12`), else both ends
 * in years, in months or in days, the first that fits both; the academic year is `2023-09/2024-08`.
 * parse(format(p)) == p. */
const char *kadr_period_format(struct kadr_period period, char ret_text[KADR_PERIOD_TEXT_BYTES]);
enum kadr_period_kind kadr_period_kind(struct kadr_period period);
static inline bool kadr_period_equal(struct kadr_period a, struct kadr_period b)
{
    return a.first == b.first && a.last == b.last;
}
/* inner lies inside outer (or equals it) */
static inline bool kadr_period_contains(struct kadr_period outer, struct kadr_period inner)
{
    return outer.first <= inner.first && inner.last <= outer.last;
}
static inline bool kadr_period_overlaps(struct kadr_period a, struct kadr_period b)
{
    return a.first <= b.last && b.first <= a.last;
}
/* The calendar period of `kind` (day … academic) that a day lies in, cut at KADR_DAY_MIN and KADR_DAY_MAX. */
struct kadr_period kadr_period_around(kadr_day day, enum kadr_period_kind kind);
