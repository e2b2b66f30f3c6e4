/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* trend.h - a figure at several points in time, and the same over one set of reporters (docs/rollup.md,
 * Trends).
 *
 * Twelve regions in January and twenty in February: the difference of the two totals is mostly that eight
 * more have reported. `same_reporters` finds those that have a complete value at every point and adds up
 * exactly these at each, by the indicator's space rule; and says how many of how many, and who was left out.
 * Reads the statements in force; changes nothing that is published.
 */
#include "domain/candidate.h"
#include "domain/rollup.h"

/* Why a reporter is not in the set: what it lacked first, in the order of the points. Numbers are the wire's.
 */
enum kadr_left_out_why {
    KADR_LEFT_OUT_NOT = 0,
    KADR_LEFT_OUT_NO_VALUE = 1,
    KADR_LEFT_OUT_INCOMPLETE = 2,
    KADR_LEFT_OUT_NOT_APPLICABLE = 3, /* here, and not at every point */
    KADR_LEFT_OUT_NOT_THERE = 4,      /* did not exist, or lay in another unit */
    KADR_LEFT_OUT_BORDERS = 5 /* other borders than at the first point, or they changed within this one */
};
/* `no_value` `incomplete` `not_applicable` `not_there` `borders` */
const char *kadr_left_out_text(enum kadr_left_out_why why);

struct kadr_left_out {
    kadr_unit unit;
    enum kadr_left_out_why why;
    uint32_t point; /* the first at which it lacked something */
};

struct kadr_trend_query {
    kadr_unit unit;
    kadr_indicator indicator;
    kadr_breakdown breakdown;
    bool all_breakdowns; /* every one that has a cell at the unit; `breakdown` is not looked at */
    bool same_reporters;
    /* 1 … KADR_MAX_POINTS; each begins later than the one before. Stocks and parameters are taken as of a
     * period's last day, or of the current day if that is earlier. */
    const struct kadr_period *points;
    size_t point_count;
};

struct kadr_trend_point {
    struct kadr_period period;  /* as asked */
    kadr_day as_of;             /* of stocks and parameters; KADR_DAY_NONE for others */
    struct kadr_cell cell;      /* as it is published: of whoever was in it then */
    struct kadr_candidate same; /* of the same reporters; not present when there are none, or nothing adds */
    uint32_t carried;           /* of these: rest on no statement newer than the point before */
};

/* One unit, indicator and breakdown. All borrowed for the call. */
struct kadr_trend {
    kadr_unit unit;
    kadr_indicator indicator;
    kadr_breakdown breakdown;
    const struct kadr_trend_point *points;
    size_t point_count;
    enum kadr_basis same_basis; /* NONE: not asked for, nobody is in it, or the indicator does not add up */
    uint32_t of; /* reporters inside the unit at any point, but for whom it cannot exist at all */
    uint32_t in; /* of them in the set */
    const struct kadr_left_out *left_out; /* by unit; in + left_out_count = of */
    size_t left_out_count;
};
typedef int kadr_trend_fn(void *context, const struct kadr_trend *trend); /* non-zero stops and is returned */

/** One call per breakdown, in their order.
 * @retval KADR_EINVAL  points that are none, too many, not in order, or begin after the current day
 * @retval KADR_ENOMEM
 * Cost: O(points x (cells below the unit)), twice with same_reporters; units of memory. */
KADR_MUST_CHECK int kadr_rollup_trend(struct kadr_rollup *rollup, const struct kadr_trend_query *query,
                                      kadr_trend_fn *fn, void *context);

/* What a figure grew by, as an interval: [after.lo - before.hi, after.hi - before.lo]; an end that is open
 * makes an end of the difference open. Both must be present. */
struct kadr_difference {
    bool lo_open, hi_open;
    int64_t lo, hi; /* saturating; 0 when open */
};
struct kadr_difference kadr_difference_of(const struct kadr_candidate *before,
                                          const struct kadr_candidate *after);
