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
    bool below; /* added up over units below, at least in part: of those of them that have it */
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

/* What became of a candidate in the choice. */
enum kadr_fate {
    KADR_FATE_ABSENT = 1, /* nothing is known in this way */
    KADR_FATE_CHOSEN,
    KADR_FATE_NO_BOUND,           /* a part of what may be negative says nothing of the whole */
    KADR_FATE_PASSED_OVER_NEWER,  /* its hi, its lo if that is open, lies below the lo of a newer one */
    KADR_FATE_PASSED_OVER_AS_NEW, /* a sum, or its hi is open, and one as new proves more */
    KADR_FATE_OUTDATED,           /* a part that exceeds a complete figure of later days */
    KADR_FATE_INCOMPLETE,         /* the chosen one is complete */
    KADR_FATE_OLDER,              /* both complete: the oldest day of the chosen one is later */
    KADR_FATE_LOWER,              /* both incomplete: the chosen one proves more */
    KADR_FATE_TIE                 /* as good as the chosen one, which comes first */
};
struct kadr_fated {
    enum kadr_fate fate;
    int by; /* index of the candidate it yields to; -1: none */
};
const char *kadr_fate_text(enum kadr_fate fate); /* `chosen` `passed_over_newer` … */

struct kadr_choice {
    int index;        /* of the chosen candidate; -1: none */
    bool passed_over; /* one was: another proves more */
};
/** The choice of docs/rollup.md.
 * @param by_day      stocks: the latest oldest day wins; false: all days are equal (flows, events)
 * @param may_be_negative  an incomplete candidate is then no bound and never chosen */
struct kadr_choice kadr_candidate_choose(const struct kadr_candidate *list, size_t count, bool by_day,
                                         bool may_be_negative);
/* Why: the same choice, with what became of each. */
void kadr_candidate_fates(const struct kadr_candidate *list, size_t count, bool by_day, bool may_be_negative,
                          struct kadr_fated *ret_fates);
