/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - see plan.h. */
#include "domain/plan.h"

const char *kadr_plan_state_text(enum kadr_plan_state state)
{
    static const char *const texts[] = { "unknown", "on_the_way", "ahead", "fulfilled", "overdue" };
    return (size_t)state < KADR_COUNT(texts) ? texts[state] : texts[0];
}

/* What is wanted and what there is, turned so that there must be at least as much as wanted. */
struct sides {
    int64_t want_lo, want_hi, have_lo, have_hi;
    bool want_open, have_open;
};

/* A need that is to fall to a target: there the target is what there is to have, the need what wants it. */
static struct sides sides_of(const struct kadr_cell *plan, const struct kadr_cell *done, bool less)
{
    const struct kadr_cell *want = less ? done : plan, *have = less ? plan : done;
    return (struct sides){ .want_lo = want->lo,
                           .want_hi = want->hi,
                           .want_open = want->hi_open,
                           .have_lo = have->lo,
                           .have_hi = have->hi,
                           .have_open = have->hi_open };
}

static int64_t left(int64_t want, int64_t have)
{
    int64_t rest = 0;
    if (__builtin_sub_overflow(want, have, &rest)) {
        rest = want > have ? INT64_MAX : 0;
    }
    return rest > 0 ? rest : 0;
}

struct kadr_progress kadr_plan_progress(const struct kadr_cell *plan, const struct kadr_cell *done, bool less,
                                        kadr_day today)
{
    struct kadr_progress progress = { .state = KADR_PLAN_UNKNOWN };
    if (!kadr_cell_has_value(plan) || !done || !kadr_cell_has_value(done)) {
        return progress;
    }
    struct sides s = sides_of(plan, done, less);
    bool reached = !s.want_open && s.have_lo >= s.want_hi;
    bool missed = !s.have_open && s.have_hi < s.want_lo;
    bool over = today > plan->key.period.last;
    progress.known = true;
    progress.lo = s.have_open ? 0 : left(s.want_lo, s.have_hi);
    progress.hi_open = s.want_open;
    progress.hi = s.want_open ? 0 : left(s.want_hi, s.have_lo);
    if (reached) {
        progress.state = over ? KADR_PLAN_FULFILLED : KADR_PLAN_AHEAD;
    } else if (!over) {
        progress.state = KADR_PLAN_ON_THE_WAY;
    } else if (missed) {
        progress.state = KADR_PLAN_OVERDUE;
    }
    return progress;
}
