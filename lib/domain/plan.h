/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* plan.h - a plan beside what is to make it true: how much is left, and whether it is late.
 *
 * The due date is the period that the plan was stated for: somewhere in it (`target 0 by 2025-11/2026-11`),
 * and at its end at the latest. Everything is an interval, and what cannot be told is said to be so.
 */
#include "domain/cell.h"

/* Numbers are nobody's but this program's. */
enum kadr_plan_state {
    KADR_PLAN_UNKNOWN,    /* a figure is missing, or what is known allows of both */
    KADR_PLAN_ON_THE_WAY, /* not reached for certain, and the last day is still to come */
    KADR_PLAN_AHEAD,      /* reached, and the last day is still to come */
    KADR_PLAN_FULFILLED,  /* reached, be it late */
    KADR_PLAN_OVERDUE     /* the last day is over, and it is certainly not reached */
};
const char *kadr_plan_state_text(enum kadr_plan_state state); /* `unknown` `on_the_way` … */

struct kadr_progress {
    enum kadr_plan_state state;
    bool known;     /* both have a figure: the rest has a meaning */
    bool hi_open;   /* as much as one likes may be left */
    int64_t lo, hi; /* left to do, at the scale of both; never below 0 */
};

/** @param plan  the cell of the plan
 * @param done  that of the fact: over the plan's period, or as of today; NULL: there is none
 * @param less  the plan is reached when the fact is at most what was planned, not at least */
struct kadr_progress kadr_plan_progress(const struct kadr_cell *plan, const struct kadr_cell *done, bool less,
                                        kadr_day today);
