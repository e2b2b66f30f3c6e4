/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rules.h - what the files of the oracle share: the statements in force, a question, a figure.
 *
 * A figure is what is known of a cell by one way of knowing it (stated, added up over members, over children)
 * and also what is chosen in the end. oracle.c keeps the journal and lists the live cells; rules_own.c says
 * what was stated of a cell; rules_value.c adds and chooses; rules_derived.c divides and subtracts;
 * rules_cell.c counts who is in it and compares. Recursion is over (level of the unit x dimensions not yet
 * named), hence bounded.
 */
#include "domain/cell.h"
#include "domain/report.h"

struct statement;

/* A statement in the indexes and at the scale of one reference. */
struct known {
    struct kadr_key key;
    const struct statement *said;
    const char *occurrence;
    struct kadr_value value;
    size_t series_end; /* index of the first one of another unit, indicator or breakdown */
};

/* Everything a question needs: the statements in force, withdrawals among them (their cells stay), sorted by
 * unit, indicator, breakdown, period and occurrence. */
struct view {
    const struct kadr_reference *reference;
    struct known *known;
    size_t count;
    size_t *begin;           /* per unit, and one behind the last: its first statement */
    bool failed;             /* out of memory: some are missing */
    const struct view *then; /* on today's borders: the same with the borders of each day; else NULL */
    kadr_day today;
};

/* Which cell. Stocks and parameters (time = last) have a day and no period, all others a period and no day.
 */
struct question {
    kadr_unit unit;
    kadr_indicator indicator;
    kadr_breakdown breakdown;
    struct kadr_period period;
    kadr_day day;
};

struct figure {
    bool has_value, complete, not_applicable;
    bool stated;             /* own: something is in force, be it only a reason */
    bool exact;              /* own: stated of exactly the period asked for */
    bool all_not_applicable; /* a sum: there are parts, and none applies */
    bool of_children;        /* a sum of the children, or of members of which one is */
    enum kadr_basis basis;
    enum kadr_reason reason;
    int64_t lo, hi, known_hi; /* an incomplete figure has an open hi; a complete one known_hi = hi */
    bool hi_open, known_hi_open;
    kadr_day oldest, newest;
    bool stale;
};

static inline const struct kadr_indicator_info *info_of(const struct view *view, const struct question *q)
{
    return kadr_indicator_info(view->reference, q->indicator);
}

/* The term whose cells a computed indicator has: the first one; over a period the first that is of the
 * period. */
static inline size_t making_term(const struct kadr_indicator_info *info)
{
    size_t i = 0;
    while (info->terms[i].moment != KADR_MOMENT_OVER) {
        i++;
    }
    return i;
}

/* Stocks and parameters. */
static inline bool is_as_of(const struct question *q)
{
    return q->period.first == KADR_DAY_NONE;
}

/* Month, quarter, half, year, academic year. */
static const enum kadr_period_kind calendar_kinds[] = { KADR_PERIOD_MONTH, KADR_PERIOD_QUARTER,
                                                        KADR_PERIOD_HALF, KADR_PERIOD_YEAR,
                                                        KADR_PERIOD_ACADEMIC };
#define CALENDAR_KINDS 5

/* rules_value.c: since when a unit has had the land of a day; KADR_DAY_MAX + 1: it is not there then */
kadr_day kadr_oracle_land_since(const struct kadr_reference *reference, kadr_unit unit, kadr_day day);

/* The statements in force of one unit, indicator and breakdown: from `known` up to `end`. */
struct series {
    const struct known *known, *end;
};

/* rules_own.c */
struct series kadr_oracle_series_of(const struct view *view, const struct question *q);
struct figure kadr_oracle_own(const struct view *view, const struct question *q);
struct figure kadr_oracle_own_tiling(const struct view *view, const struct question *q);
struct figure kadr_oracle_missing(enum kadr_reason reason);
void kadr_oracle_add_numbers(struct figure *sum, const struct figure *part);
struct figure kadr_oracle_closed(struct figure figure);

/* rules_value.c */
bool kadr_oracle_owes(const struct view *view, kadr_unit unit, const struct question *q);
bool kadr_oracle_is_counted(const struct view *view, kadr_unit unit, const struct question *q);
/* Without a value it leaves the sum of the children of q->unit incomplete. */
bool kadr_oracle_is_missed(const struct view *view, kadr_unit child, const struct question *q);
/* A territory whose value stands for its successors in the sum of their parent. */
struct stand_in {
    const struct kadr_territory *ended;
    struct figure figure;
};

#define MAX_STAND_INS 16

struct candidates {
    struct figure item[KADR_COUNT(((struct kadr_indicator_info *)0)->exhaustive) + 3];
    size_t count;
    bool all_not_applicable; /* of some way of adding all parts are */
};

const struct kadr_territory *kadr_oracle_borders_of(const struct view *view, kadr_unit unit,
                                                    const struct question *q);
size_t kadr_oracle_stand_ins(const struct view *view, const struct question *q,
                             struct stand_in ret[MAX_STAND_INS]);
const struct stand_in *kadr_oracle_stand_in_for(const struct stand_in *stands, size_t count, kadr_unit unit);
/* The units at the reporting level inside q->unit, not itself. @return their number */
size_t kadr_oracle_list_reporters(const struct view *view, const struct question *q,
                                  kadr_unit ret[KADR_MAX_UNITS]);
/* There may be many: only what is offered is ever written. */
static inline void no_candidates(struct candidates *candidates)
{
    candidates->count = 0;
    candidates->all_not_applicable = false;
}
void kadr_oracle_offer(struct candidates *candidates, struct figure figure);
void kadr_oracle_offer_sums(const struct view *view, const struct question *q, struct candidates *candidates);
struct figure kadr_oracle_choose(const struct kadr_indicator_info *info, const struct candidates *candidates);
/* What a cell says, without its coverage. */
struct figure kadr_oracle_evaluate(const struct view *view, const struct question *q);
struct figure kadr_oracle_evaluate_unit(const struct view *view, const struct question *q, kadr_unit unit);

/* rules_derived.c */
struct figure kadr_oracle_evaluate_derived(const struct view *view, const struct question *q);
struct figure kadr_oracle_derived_reporter(const struct view *view, const struct question *q,
                                           kadr_unit reporter);

/* rules_cell.c */
struct kadr_cell kadr_oracle_cell_of(const struct view *view, const struct kadr_cell_key *key, kadr_day day);
