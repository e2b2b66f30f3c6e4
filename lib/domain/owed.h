/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* owed.h - who has reported a period, who is late, and since when (docs/rollup.md, Who has reported).
 *
 * A cell says how many reporters are in it; this says who, of one period, against the day it was due. A stock
 * is owed as of the period's last day, and its reporter has reported when the figure of that day rests on
 * statements of the period alone: what was carried over from before is no report. In time is who had answered
 * by what was stated up to the due day: a correction made later does not make a report late.
 */
#include "domain/rollup.h"

/* What a reporter has said of the period; the first that applies. Numbers are the wire's. */
enum kadr_owed_state {
    KADR_OWED_COMPLETE = 1,       /* a complete figure of the period */
    KADR_OWED_INCOMPLETE = 2,     /* a figure of the period of which parts are missing */
    KADR_OWED_NOT_APPLICABLE = 3, /* it cannot exist there: not expected */
    KADR_OWED_REASON = 4,         /* a reason in place of a figure */
    KADR_OWED_NOTHING = 5,        /* its office said that it has nothing to report */
    KADR_OWED_PARTS = 6,          /* something of the period; the figure does not follow from it */
    KADR_OWED_CARRIED = 7,        /* nothing; an older figure stands */
    KADR_OWED_EXPIRED = 8,        /* nothing; the older figure is too old to stand */
    KADR_OWED_MISSING = 9         /* nothing */
};
#define KADR_OWED_STATES 10
/* Numbers are the wire's. */
enum kadr_owed_time {
    KADR_OWED_NO_TIME = 0, /* not owed, not expected, or without a due day */
    KADR_OWED_ON_TIME = 1, /* answered by what was stated up to the due day */
    KADR_OWED_LATE = 2,    /* answered, later */
    KADR_OWED_OVERDUE = 3, /* not answered, and the due day has passed */
    KADR_OWED_NOT_DUE = 4  /* not answered; there is time until the due day's end */
};
#define KADR_OWED_TIMES 5
/* `complete` …; `on_time` …, "" for none */
const char *kadr_owed_state_text(enum kadr_owed_state state);
const char *kadr_owed_time_text(enum kadr_owed_time time);
/* A figure, a reason, or the word that there is none: nothing is waited for. */
bool kadr_owed_is_answer(enum kadr_owed_state state);

struct kadr_owed_row {
    kadr_unit unit;
    bool owed; /* it owes the figure; only such rows are counted (not: it closed within the period) */
    enum kadr_owed_state state;
    enum kadr_owed_time time;
    enum kadr_reason reason; /* of NOT_APPLICABLE and REASON */
    bool stood_for; /* the figure of its predecessor stands for it in the totals, whatever it said itself */
    bool stale;     /* what stands at the period's end is stale */
    kadr_day rests_on;    /* the oldest statement that the figure rests on; KADR_DAY_NONE without a figure */
    kadr_day late_since;  /* the day after the due day, of LATE and OVERDUE; else KADR_DAY_NONE */
    kadr_ms stated_at_ms; /* of the newest statement of the period, or of "nothing to report"; 0: none */
    kadr_day opened, closed; /* within the period; else KADR_DAY_NONE */
};

/* Over the rows that are owed; `state` adds up to expected + not applicable, `time` to expected if it is due
 * at all. */
struct kadr_owed_sum {
    uint32_t expected; /* but for whom it cannot exist */
    uint32_t state[KADR_OWED_STATES];
    uint32_t time[KADR_OWED_TIMES];
    uint32_t stood_for, stale;
    uint32_t beyond; /* rows not owed that have reported all the same: not in `state` */
};

struct kadr_owed {
    kadr_indicator indicator;
    struct kadr_period period;
    kadr_day due; /* KADR_DAY_NONE: the indicator has no rhythm */
    struct kadr_owed_sum sum;
    struct kadr_owed_row *rows; /* owned; by unit */
    size_t count;
};
void kadr_owed_done(struct kadr_owed *owed);
KADR_DEFINE_DONE(struct kadr_owed, kadr_owed_done)

/* An office that said it had nothing to report. */
struct kadr_owed_nothing {
    kadr_unit office;
    kadr_ms stated_at_ms;
};

struct kadr_owed_query {
    kadr_unit unit; /* reporters inside it */
    kadr_indicator indicator;
    struct kadr_period period;
    /* In any order. It counts for a period when it was said between the period's last day and the last but
     * one of the next period: before, it spoke of the period before. */
    const struct kadr_owed_nothing *nothing;
    size_t nothing_count;
};

/** The last period of the indicator's rhythm that is due on a day: its due day has come.
 * @retval KADR_ENOENT  the indicator has no rhythm */
KADR_MUST_CHECK int kadr_owed_last_due(const struct kadr_indicator_info *info, kadr_day today,
                                       struct kadr_period *ret_period);
/* The day until which a period can be stated in time; KADR_DAY_NONE: there is no rhythm. */
kadr_day kadr_owed_due_day(const struct kadr_indicator_info *info, struct kadr_period period);

/** @param in_time  a rollup of the same reference and day that has heard exactly the statements of `rollup`
 * and its history that were stated up to the due day; not looked at when there is no due day
 * @param[out] ret_owed  release with kadr_owed_done()
 * @retval KADR_EINVAL  the period begins after the current day, or outside the calendar
 * @retval KADR_ENOMEM
 * Cost: O(reporters + cells and statements of the period below them). */
KADR_MUST_CHECK int kadr_rollup_owed(struct kadr_rollup *rollup, struct kadr_rollup *in_time,
                                     const struct kadr_owed_query *query, struct kadr_owed *ret_owed);
