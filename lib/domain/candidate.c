/* SPDX-License-Identifier: Apache-2.0 */
/* candidate.c - see candidate.h. */
#include "domain/candidate.h"

struct kadr_candidate kadr_candidate_empty(void)
{
    return (struct kadr_candidate){
        .complete = true, .sum = true, .oldest = KADR_DAY_MAX, .newest = KADR_DAY_MIN
    };
}

struct kadr_candidate kadr_candidate_stated(const struct kadr_value *interval, kadr_day day)
{
    int64_t hi = interval->hi_open ? 0 : interval->hi;
    return (struct kadr_candidate){ .present = true,
                                    .complete = true,
                                    .hi_open = interval->hi_open,
                                    .known_hi_open = interval->hi_open,
                                    .lo = interval->lo,
                                    .hi = hi,
                                    .known_hi = hi,
                                    .oldest = day,
                                    .newest = day,
                                    .used = 1 };
}

static void add_lower(int64_t *lo, int64_t part)
{
    if (__builtin_add_overflow(*lo, part, lo)) {
        *lo = part > 0 ? INT64_MAX : INT64_MIN;
    }
}

static void add_upper(int64_t *hi, bool *open, int64_t part, bool part_open)
{
    *open = *open || part_open || __builtin_add_overflow(*hi, part, hi);
    if (*open) {
        *hi = 0;
    }
}

void kadr_candidate_join(struct kadr_candidate *total, const struct kadr_candidate *part)
{
    total->present = true;
    total->complete = total->complete && part->complete;
    total->stale = total->stale || part->stale;
    total->below = total->below || part->below;
    total->oldest = part->oldest < total->oldest ? part->oldest : total->oldest;
    total->newest = part->newest > total->newest ? part->newest : total->newest;
    total->used = total->used > UINT32_MAX - part->used ? UINT32_MAX : total->used + part->used;
}

/* @return false: an end is open, or the sum of the ends is beyond 64 bits; the total is as it was */
static bool add_closed(struct kadr_candidate *total, const struct kadr_candidate *part)
{
    int64_t lo, hi, known_hi;
    bool open = total->hi_open | part->hi_open | total->known_hi_open | part->known_hi_open;
    if (open || __builtin_add_overflow(total->lo, part->lo, &lo) ||
        __builtin_add_overflow(total->hi, part->hi, &hi) ||
        __builtin_add_overflow(total->known_hi, part->known_hi, &known_hi)) {
        return false;
    }
    total->lo = lo;
    total->hi = hi;
    total->known_hi = known_hi;
    return true;
}

void kadr_candidate_add(struct kadr_candidate *total, const struct kadr_candidate *part)
{
    if (!add_closed(total, part)) {
        add_lower(&total->lo, part->lo);
        add_upper(&total->hi, &total->hi_open, part->hi, part->hi_open);
        add_upper(&total->known_hi, &total->known_hi_open, part->known_hi, part->known_hi_open);
    }
    kadr_candidate_join(total, part);
}

void kadr_candidate_widen(struct kadr_candidate *total, const struct kadr_candidate *part)
{
    bool first = !total->present;
    total->lo = first || part->lo < total->lo ? part->lo : total->lo;
    total->hi = first || part->hi > total->hi ? part->hi : total->hi;
    total->hi_open = total->hi_open || part->hi_open;
    if (total->hi_open) {
        total->hi = 0;
    }
    total->known_hi = total->hi;
    total->known_hi_open = total->hi_open;
    kadr_candidate_join(total, part);
}

void kadr_candidate_finish(struct kadr_candidate *total)
{
    if (!total->present) {
        *total = (struct kadr_candidate){ 0 };
        return;
    }
    if (!total->complete) {
        total->hi_open = true;
        total->hi = 0;
    }
}

/* Parts that are known prove more than `c` can be: `by` is newer throughout, or as new as a sum. With an open
 * end it can be anything: what is complete is then no more than a lower bound, and yields to a greater one
 * that is as new. Of incomplete ones the greatest is chosen anyhow.
 *
 * Each rule, outdating included, leads to one that is newer, or as new with a greater lo: never in a circle.
 */
static bool is_passed_over(const struct kadr_candidate *c, const struct kadr_candidate *by, bool by_day)
{
    bool newer = by_day && by->oldest > c->oldest;
    bool as_new = !by_day || by->oldest >= c->oldest;
    if (c->hi_open) {
        return c->complete && as_new && c->lo < by->lo;
    }
    if (c->hi >= by->lo) {
        return false;
    }
    return newer || (c->sum && as_new);
}

/* An older part that exceeds a whole of a later day has gone down since: it must not come back when that
 * whole is itself passed over, or a lower bound would lie above a newer total. */
static bool is_outdated(const struct kadr_candidate *c, const struct kadr_candidate *by, bool by_day)
{
    return by_day && !c->complete && by->complete && !by->hi_open && by->hi < c->lo && by->oldest > c->oldest;
}

/* Does it prove anything? A part of something that may be negative does not bound the whole. */
static bool is_proof(const struct kadr_candidate *c, bool may_be_negative)
{
    return c->present && (c->complete || !may_be_negative);
}

/* The first candidate that puts this one out; -1: none does. */
static int out_by(const struct kadr_candidate *list, size_t count, size_t index, bool by_day,
                  bool may_be_negative)
{
    for (size_t other = 0; other < count; other++) {
        if (other != index && is_proof(&list[other], may_be_negative) &&
            (is_passed_over(&list[index], &list[other], by_day) ||
             is_outdated(&list[index], &list[other], by_day))) {
            return (int)other;
        }
    }
    return -1;
}

/* Strictly better, so that ties stay with the one that comes first. */
static bool is_better(const struct kadr_candidate *c, const struct kadr_candidate *best, bool by_day)
{
    if (c->complete != best->complete) {
        return c->complete;
    }
    if (c->complete) {
        return by_day && c->oldest > best->oldest;
    }
    return c->lo > best->lo;
}

struct kadr_choice kadr_candidate_choose(const struct kadr_candidate *list, size_t count, bool by_day,
                                         bool may_be_negative)
{
    struct kadr_choice choice = { .index = -1 };
    if (count == 1) { /* there is no other one to yield to */
        choice.index = is_proof(&list[0], may_be_negative) ? 0 : -1;
        return choice;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_proof(&list[i], may_be_negative)) {
            continue;
        }
        if (out_by(list, count, i, by_day, may_be_negative) >= 0) {
            choice.passed_over = true;
        } else if (choice.index < 0 || is_better(&list[i], &list[choice.index], by_day)) {
            choice.index = (int)i;
        }
    }
    return choice;
}

/* ---- why ----------------------------------------------------------------------------------------------- */

static enum kadr_fate put_out(const struct kadr_candidate *c, const struct kadr_candidate *by, bool by_day)
{
    if (!is_passed_over(c, by, by_day)) {
        return KADR_FATE_OUTDATED;
    }
    return by_day && by->oldest > c->oldest ? KADR_FATE_PASSED_OVER_NEWER : KADR_FATE_PASSED_OVER_AS_NEW;
}

static enum kadr_fate behind(const struct kadr_candidate *c, const struct kadr_candidate *chosen, bool by_day)
{
    if (c->complete != chosen->complete) {
        return KADR_FATE_INCOMPLETE;
    }
    if (!is_better(chosen, c, by_day)) {
        return KADR_FATE_TIE;
    }
    return c->complete ? KADR_FATE_OLDER : KADR_FATE_LOWER;
}

void kadr_candidate_fates(const struct kadr_candidate *list, size_t count, bool by_day, bool may_be_negative,
                          struct kadr_fated *ret_fates)
{
    int chosen = kadr_candidate_choose(list, count, by_day, may_be_negative).index;
    for (size_t i = 0; i < count; i++) {
        struct kadr_fated *fated = &ret_fates[i];
        *fated = (struct kadr_fated){ list[i].present ? KADR_FATE_NO_BOUND : KADR_FATE_ABSENT, -1 };
        if ((int)i == chosen) {
            fated->fate = KADR_FATE_CHOSEN;
        } else if (is_proof(&list[i], may_be_negative)) {
            int by = out_by(list, count, i, by_day, may_be_negative);
            fated->by = by >= 0 ? by : chosen;
            fated->fate =
                by >= 0 ? put_out(&list[i], &list[by], by_day) : behind(&list[i], &list[chosen], by_day);
        }
    }
}

const char *kadr_fate_text(enum kadr_fate fate)
{
    static const char *const texts[] = {
        [KADR_FATE_ABSENT] = "absent",
        [KADR_FATE_CHOSEN] = "chosen",
        [KADR_FATE_NO_BOUND] = "no_bound",
        [KADR_FATE_PASSED_OVER_NEWER] = "passed_over_newer",
        [KADR_FATE_PASSED_OVER_AS_NEW] = "passed_over_as_new",
        [KADR_FATE_OUTDATED] = "outdated",
        [KADR_FATE_INCOMPLETE] = "incomplete",
        [KADR_FATE_OLDER] = "older",
        [KADR_FATE_LOWER] = "lower",
        [KADR_FATE_TIE] = "tie",
    };
    return texts[fate];
}
