/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* evaluate.h - the value of one cell on one day, from the statements in force (docs/rollup.md).
 *
 * One evaluator serves the live day and every question. A live cell holds the figure that was handed out last
 * (struct kadr_live): it is read as long as no statement touched it, and only changes.c writes it. Any other
 * figure, also of the past days that a split or an `unexplained` looks back to, is kept in a memo that lasts
 * until kadr_evaluator_begin().
 * Recursion goes down the unit tree and into more dimensions only: bounded by 4 levels and 4 dimensions.
 * Errors: out of memory is sticky in `err`; figures are then worthless.
 *
 *   own.c       what was stated of the cell itself, by the time rule
 *   evaluate.c  candidates and choice, by the space rule
 *   derived.c   ratios and differences
 *   children.c  the parts below a unit, with the rule for split territories
 *   coverage.c  who is in it
 *   residual.c  a stated figure against its parts
 *   explain.c   all of it told, for one cell
 */
#include "base/arena.h"
#include "domain/candidate.h"
#include "domain/cell.h"
#include "domain/closure.h"
#include "domain/map.h"
#include "domain/series.h"

struct kadr_coverage {
    uint32_t reported, complete, stale;
    uint32_t expected; /* meaningless when nobody owes the indicator */
};

struct kadr_residual_figure {
    enum kadr_residual kind;
    bool lo_open, hi_open;
    int64_t lo, hi;
};

struct kadr_figure {
    struct kadr_candidate value; /* the chosen one; not present: no value */
    enum kadr_basis basis;
    enum kadr_reason reason;
    bool not_applicable;             /* has no value because it cannot exist */
    bool passed_over;                /* a candidate was */
    bool owed;                       /* by the reporters, so that some are expected */
    bool even;                       /* computed of its unit's own terms, which are of the same places */
    enum kadr_holds holds;           /* of a rule's cell, with the last stage */
    bool summed;                     /* derived.c has the sums of its reporters' terms */
    bool valued, covered, explained; /* which stages are done; without the first none is */
    struct kadr_coverage coverage;
    struct kadr_residual_figure residual;
};

/* A live cell, as it was handed out last. Owned by the rollup. There may be a million: mind the bytes. */
struct kadr_live {
    struct kadr_figure figure; /* all stages; not `valued`: something touched the cell since */
    union {
        struct kadr_series *series;
        struct kadr_live *next_spare; /* of one that left */
    };
    struct kadr_period period;
    kadr_day since;            /* of a stock: the first day of what touched it, while it is pending */
    uint8_t causes;            /* why it is pending: enum in rollup_state.h; 0: it is not */
    bool handed_out : 1;       /* ever */
    bool digested : 1;         /* the digest is in that of its topic */
    bool digest_due : 1;       /* the digest is not that of what was handed out last, if there is one */
    bool counted : 1;          /* among those of which a candidate was passed over */
    bool broken : 1;           /* counted as a rule that does not hold */
    uint8_t first : 3;         /* the causes that came with the day `since`, of what was stated */
    struct kadr_digest digest; /* what stands for the cell in its topic's */
};

/* Which cell, as of which day. For indicators whose figures do not age the day is the evaluator's own. */
struct kadr_at {
    const struct kadr_series *series;
    const struct kadr_indicator_info *info; /* of its indicator */
    const struct kadr_unit_info *unit_info; /* of its unit */
    struct kadr_period period;
    kadr_day day;
};

struct kadr_tile;

/* Whether shorter periods add up to one, which takes the calendar to tell. */
struct kadr_calendar {
    struct kadr_period period;
    bool known, adds;
};
#define KADR_CALENDARS 16 /* a power of two */

/* Who wants to know which statements an own value rests on, while it is found: kadr_own_value() and
 * kadr_own_tiling() tell. Not those of other cells: figures remembered are not found again. */
enum kadr_use {
    KADR_USE_VALUE = 1, /* it is in the value */
    KADR_USE_REASON,    /* it says why there is none, or no newer one */
    KADR_USE_EXPIRED    /* it would be, but is too old */
};
struct kadr_witness {
    void (*saw)(void *context, const struct kadr_statement *statement, enum kadr_use use);
    void *context;
};

struct kadr_evaluator {
    const struct kadr_reference *reference;
    const struct kadr_series_table *table;
    kadr_day today;
    bool borders_today;       /* a question: the units as they are today, whatever day it is about */
    struct kadr_arena *arena; /* figures of the memo */
    struct kadr_map memo;
    struct kadr_map reporters; /* (unit, indicator, days) -> count + 1 */
    struct kadr_map sums;      /* of derived.c: (series, period) -> the terms of its reporters, live day */
    uint8_t *splits;           /* of a unit: enum in children.c; 0: not looked at yet */
    struct kadr_tile *tiles;   /* scratch of own.c */
    struct kadr_calendar calendars[KADR_CALENDARS]; /* of the periods last asked about */
    /* superseded.c: brings the statements back that the series let go of */
    int (*call_back)(void *context, const struct kadr_series *series);
    void *call_back_context;
    size_t tile_cap;
    const struct kadr_witness *witness; /* NULL: nobody */
    int err;
};

KADR_MUST_CHECK int kadr_evaluator_init(struct kadr_evaluator *evaluator);
void kadr_evaluator_done(struct kadr_evaluator *evaluator);
/* Statements, reference or day may have changed: forgets everything remembered outside live cells. */
void kadr_evaluator_begin(struct kadr_evaluator *evaluator, const struct kadr_reference *reference,
                          const struct kadr_series_table *table, kadr_day today);

/* The place of a cell; fills in the day that counts for the indicator. */
struct kadr_at kadr_at(const struct kadr_evaluator *evaluator, const struct kadr_series *series,
                       struct kadr_period period, kadr_day day);
/* The same of another unit; `series` is NULL when nothing was ever stated there. */
struct kadr_at kadr_at_unit(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit);
/* The day whose borders count for a cell that has a day. */
static inline kadr_day kadr_borders_day(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    return evaluator->borders_today ? evaluator->today : at->day;
}
/* The first day since which the unit has had the land that it has today, in whatever unit it lay; after the
 * calendar's end when it is no more. */
kadr_day kadr_land_since(const struct kadr_evaluator *evaluator, kadr_unit unit);
/* The days on which parts must exist: the day itself, or the period. */
struct kadr_period kadr_at_span(const struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The days that the cell is about, whatever borders count: who owes it owes it then. */
static inline struct kadr_period kadr_at_days(const struct kadr_at *at)
{
    return at->info->time == KADR_TIME_LAST ? (struct kadr_period){ at->day, at->day } : at->period;
}
/* The cell's figure can be added up of shorter periods. */
bool kadr_at_adds(struct kadr_evaluator *evaluator, const struct kadr_at *at);

/* A value as it is published, into a cell. */
void kadr_publish_value(const struct kadr_candidate *value, enum kadr_basis basis, struct kadr_cell *cell);
/* The figure of a live cell that nothing touched since it was handed out; NULL. */
static inline struct kadr_figure *kadr_live_figure(const struct kadr_series *series,
                                                   struct kadr_period period)
{
    const struct kadr_slot *slot = kadr_series_slot(series, period);
    return slot && slot->live && slot->live->figure.valued ? &slot->live->figure : NULL;
}
/* The figure of a cell with its value; borrowed until kadr_evaluator_begin() or until its cell is handed out
 * anew. */
struct kadr_figure *kadr_evaluate(struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The same. A figure without parts that no live cell has, as those of past days, is sooner found again than
 * remembered: it is put into `scratch`, and returned. */
struct kadr_figure *kadr_evaluate_part(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                       struct kadr_figure *scratch);
/* All stages, of the statements and the figures of the parts, whatever is remembered of the cell.
 * @param before  what it was, with all stages, when nothing but statements of the day `since` and of later
 *                ones came in between; NULL: not known */
void kadr_evaluate_anew(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                        const struct kadr_figure *before, kadr_day since, struct kadr_figure *ret_figure);
/* The cell as it is published: value, coverage and residual. */
struct kadr_cell kadr_evaluate_cell(struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The same of a figure with all its stages. */
struct kadr_cell kadr_figure_cell(const struct kadr_figure *figure, const struct kadr_series *series,
                                  struct kadr_period period);
/* Of two figures of one cell, with all their stages: they are published as equal cells; as equal values. */
bool kadr_figure_equal(const struct kadr_figure *a, const struct kadr_figure *b);
bool kadr_figure_same_value(const struct kadr_figure *a, const struct kadr_figure *b);
/* Published as a lower bound. What is missing from a range is told by the coverage. */
static inline bool kadr_figure_is_incomplete(const struct kadr_figure *figure)
{
    return figure->value.present && !figure->value.complete && figure->basis != KADR_BASIS_RANGE;
}

/* own.c */
struct kadr_own {
    struct kadr_candidate value;
    enum kadr_reason reason;
    bool not_applicable;
    bool exact; /* stated of exactly this period, not tiled */
};
/* Ends the search for the newest figure: a value, or a reason that is an answer. */
bool kadr_statement_is_hard(const struct kadr_statement *statement);
void kadr_own_value(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *ret_own);
/* The statement for exactly the period, when it is of the land the unit is asked about; NULL. */
const struct kadr_statement *kadr_own_exact(const struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The best tiling of a period by periods shorter than it. */
struct kadr_candidate kadr_own_tiling(struct kadr_evaluator *evaluator, const struct kadr_at *at);

/* The ways to know a cell besides its own statement: dimensions in catalogue order, then the children. */
#define KADR_MAX_CANDIDATES 20
/* Appends to list[count…]; returns the new count.
 * @param cover  NULL, or zero, to which who is in the children is added
 * @param ret_not_applicable  every part of one of them is */
size_t kadr_add_sums(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                     struct kadr_candidate list[KADR_MAX_CANDIDATES], size_t count,
                     struct kadr_coverage *cover, bool *ret_not_applicable);

/* children.c: the parts of a cell below its unit */
struct kadr_part {
    kadr_unit unit;
    struct kadr_at at;          /* at.series is NULL when nothing was ever stated at or below it */
    struct kadr_figure *figure; /* NULL likewise; good as long as the part is */
    struct kadr_figure own;     /* where the figure is when it was not worth remembering */
    bool replaced;              /* its predecessor's last value stands for it */
    bool stands_in;             /* the predecessor: stale; the unit is not there any more as it was */
    bool aged;                  /* …, and its value is of a day before the one asked about */
    uint8_t stands_for;         /* children that it stands for */
};
struct kadr_children {
    struct kadr_evaluator *evaluator;
    struct kadr_at at;
    const struct kadr_unit_info *above;
    struct kadr_period span;
    size_t child, territory;
    size_t known;      /* of the children, those that have a series */
    bool live;         /* their figures of today are asked for */
    bool all_here;     /* every one is below the unit over the span */
    bool splits;       /* a former territory here has successors, and figures age */
    bool predecessors; /* the children are done */
    struct kadr_part part;
};
void kadr_children_init(struct kadr_children *children, struct kadr_evaluator *evaluator,
                        const struct kadr_at *at);
/* Borrowed until the next one; NULL: there are no more. */
const struct kadr_part *kadr_children_next(struct kadr_children *children);
/* The parts of the cell are what stands in its series: today's figures of units that are all here, and none
 * that a predecessor stands for. */
bool kadr_children_are_plain(const struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The unit is below `parent` over these days: by its last territory that overlaps them, so that a unit that
 * moved is counted once. `parent` KADR_NO_UNIT: anywhere. */
bool kadr_unit_belongs(const struct kadr_reference *reference, kadr_unit unit, kadr_unit parent,
                       struct kadr_period span);
/* That territory; NULL: the unit is not there then. */
const struct kadr_territory *kadr_unit_territory_in(const struct kadr_reference *reference, kadr_unit unit,
                                                    struct kadr_period span);

/* derived.c: what follows for a cell from the terms of its indicator. Leaves the figure without a value when
 * nothing does. */
void kadr_derive(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_figure *figure);
/* The place of a term of a cell at a unit; `series` is NULL when nothing was ever stated there. The period of
 * a stock in a difference over a period is none. */
struct kadr_at kadr_term_at(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                            size_t term);
/* The terms of the cell at one unit; in `ret_terms` those that can be computed with, the others not present.
 * It has all when each is there, and those of a difference, and of a ratio of one,
 * are of the same places. What the term that makes
 * its cells says cannot exist, cannot exist. */
enum kadr_have { KADR_HAVE_ALL, KADR_HAVE_NOT, KADR_HAVE_NOT_APPLICABLE };
enum kadr_have kadr_terms_of(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                             struct kadr_candidate ret_terms[KADR_MAX_TERMS]);
/* Each term, added up over the reporters that have all of them complete. */
struct kadr_term_sums {
    struct kadr_candidate term[KADR_MAX_TERMS];
    bool any, all; /* a reporter is in it; nobody is missing */
};
struct kadr_term_sums kadr_terms_over_reporters(struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* The terms that the cell is computed of: its unit's own, when it has all of them, else (KADR_HAVE_NOT) those
 * over its reporters. */
enum kadr_have kadr_terms_taken(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                struct kadr_term_sums *ret_terms);
/* The units at the reporting level below the cell's unit, each once. */
typedef void kadr_reporter_fn(void *context, const struct kadr_at *at, kadr_unit reporter);
void kadr_each_reporter(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_reporter_fn *fn,
                        void *context);
/* The same over exactly these reporters, all of which have all terms complete: complete, for it is said whose
 * it is. Leaves the figure alone when nothing follows. */
void kadr_derive_over(struct kadr_evaluator *evaluator, const struct kadr_at *at, const kadr_unit *units,
                      size_t count, struct kadr_figure *figure);
/* A reporter's cell: it has all terms complete, and so is in the figures above it. */
bool kadr_has_terms(struct kadr_evaluator *evaluator, const struct kadr_at *at, bool *ret_stale);
void kadr_forget_sums(struct kadr_evaluator *evaluator);

/* coverage.c */
/* A unit inside owes a value, or a reporter in it does. */
bool kadr_is_owed(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit);
/* A child of the cell's unit that has no value leaves the sum incomplete: it owes one, or has land in a
 * reporter that does. */
bool kadr_is_missed(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit child);
/* Somebody inside may be missed: the cell has a number of expected reporters. */
bool kadr_is_counted(const struct kadr_evaluator *evaluator, const struct kadr_at *at);
/* Adds those in one of the cell's parts, of a cell above its reporters. */
void kadr_cover_part(struct kadr_evaluator *evaluator, const struct kadr_at *at, const struct kadr_part *part,
                     struct kadr_coverage *total);
/* The same of a plain one: a live cell that is settled, or NULL. */
void kadr_cover_settled(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit child,
                        const struct kadr_figure *figure, struct kadr_coverage *total);
const struct kadr_coverage *kadr_cover(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                       struct kadr_figure *figure);
/* residual.c */
/* What a stated figure is compared with, on its own day: the candidates besides itself. */
struct kadr_comparison {
    struct kadr_at at;
    struct kadr_candidate list[KADR_MAX_CANDIDATES];
    size_t count;
    bool tiled; /* the first one is the tiling by shorter periods */
    int best;   /* index; -1: there is nothing to compare it with */
};
/* @return false: it is not one that is compared */
bool kadr_compare_stated(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                         const struct kadr_figure *figure, struct kadr_comparison *ret_comparison);
/* Of a stock: its figure has the residual that it had before, for what came since is of later days. */
bool kadr_residual_stands(const struct kadr_figure *before, kadr_day since, const struct kadr_figure *now);
void kadr_explain_residual(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                           struct kadr_figure *figure);
