/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* candidate.h - one way to know a cell's figure, and the choice among several (docs/rollup.md, Value of a
 * cell).
 *
 * A candidate is an interval with its age. An incomplete one knows a part only: lo is a lower bound, hi is
 * open, known_hi is the upper end of what is known. Arithmetic saturates: a sum beyond int64 keeps a true
 * lower bound and gets an open upper one.
 */
#include "domain/day.h"
#include "domain/value.h"

struct kadr_candidate {
    bool present;  /* something is known; the rest is zero if not */
    bool complete; /* of a sum under way: no part is missing so far */
    bool sum;      /* added up of parts; false for what was stated */
    bool stale;    /* rests on a stale statement */
    bool hi_open, known_hi_open;
    int64_t lo, hi, known_hi;
    kadr_day oldest, newest; /* of the statements used */
    uint32_t used;           /* statements */
};

/* An empty sum, to which parts are added. */
struct kadr_candidate kadr_candidate_empty(void);
/* What one statement of an interval proves. */
struct kadr_candidate kadr_candidate_stated(const struct kadr_value *interval, kadr_day day);
/* Age and strength of total and part, which sums, ranges and ratios treat alike. */
void kadr_candidate_join(struct kadr_candidate *total, const struct kadr_candidate *part);
/* total += part; a part without a value is the caller's business. */
void kadr_candidate_add(struct kadr_candidate *total, const struct kadr_candidate *part);
/* [least lo, greatest hi] of total and part. */
void kadr_candidate_widen(struct kadr_candidate *total, const struct kadr_candidate *part);
/* Ends a sum: an incomplete one gets its open hi, one without any value becomes absent. */
void kadr_candidate_finish(struct kadr_candidate *total);

struct kadr_choice {
    int index;        /* of the chosen candidate; -1: none */
    bool passed_over; /* one was: its hi lies below what a newer one proves */
};
/** The choice of docs/rollup.md.
 * @param by_day      stocks: the latest oldest day wins; false: all days are equal (flows, events)
 * @param may_be_negative  an incomplete candidate is then no bound and never chosen */
struct kadr_choice kadr_candidate_choose(const struct kadr_candidate *list, size_t count, bool by_day,
                                         bool may_be_negative);
