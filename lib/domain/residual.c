/* SPDX-License-Identifier: Apache-2.0 */
/* residual.c - `unexplained`: a stated figure against its parts, as they were on the statement's own day.
 *
 *   own - other, as an interval. An incomplete other leaves something outstanding, unless what is known of it
 *   exceeds the stated figure; a complete one that cannot be equal to it contradicts it.
 *
 * For a flow that was stated of exactly its period, the tiling by shorter ones is one more way to know it.
 */
#include "domain/evaluate.h"

/* a - b with an open end; overflow opens it. */
static int64_t minus(int64_t a, bool a_open, int64_t b, bool b_open, bool *ret_open)
{
    int64_t difference = 0;
    *ret_open = a_open || b_open || __builtin_sub_overflow(a, b, &difference);
    return *ret_open ? 0 : difference;
}

static bool holds_zero(const struct kadr_residual_figure *residual)
{
    return (residual->lo_open || residual->lo <= 0) && (residual->hi_open || residual->hi >= 0);
}

static struct kadr_residual_figure compare(const struct kadr_candidate *own,
                                           const struct kadr_candidate *other)
{
    struct kadr_residual_figure residual = { .kind = KADR_RESIDUAL_NONE };
    residual.lo = minus(own->lo, false, other->known_hi, other->known_hi_open, &residual.lo_open);
    residual.hi = minus(own->hi, own->hi_open, other->lo, false, &residual.hi_open);
    bool nothing = !residual.lo_open && !residual.hi_open && residual.lo == 0 && residual.hi == 0;
    bool exceeds = !own->hi_open && other->lo > own->hi;
    if (exceeds || (other->complete && !holds_zero(&residual))) {
        residual.kind = KADR_RESIDUAL_CONTRADICTION;
    } else if (!other->complete && !nothing) {
        residual.kind = KADR_RESIDUAL_OUTSTANDING;
    }
    if (residual.kind == KADR_RESIDUAL_NONE) {
        residual = (struct kadr_residual_figure){ .kind = KADR_RESIDUAL_NONE };
    }
    return residual;
}

/* A reason, or a withdrawal, is no figure: then the tiling is itself what stands there. */
static bool stated_exactly(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_statement *exact = kadr_own_exact(evaluator, at);
    return exact && exact->value.kind == KADR_VALUE_INTERVAL;
}

bool kadr_compare_stated(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                         const struct kadr_figure *figure, struct kadr_comparison *ret_comparison)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_comparison *c = ret_comparison;
    if (figure->basis != KADR_BASIS_STATED || info->space != KADR_SPACE_SUM) {
        return false;
    }
    bool by_day = info->time == KADR_TIME_LAST, ignored;
    c->at = *at;
    c->at.day = by_day ? figure->value.newest : at->day;
    c->count = 0;
    c->tiled = info->time == KADR_TIME_SUM && kadr_at_adds(evaluator, at) && stated_exactly(evaluator, at);
    if (c->tiled) {
        c->list[c->count++] = kadr_own_tiling(evaluator, &c->at);
    }
    if (at->series->part_count > 0) { /* else nothing was ever stated of a part */
        c->count = kadr_add_sums(evaluator, &c->at, c->list, c->count, NULL, &ignored);
    }
    c->best = kadr_candidate_choose(c->list, c->count, by_day, info->may_be_negative).index;
    return true;
}

bool kadr_residual_stands(const struct kadr_figure *before, kadr_day since, const struct kadr_figure *now)
{
    return before->explained && before->basis == KADR_BASIS_STATED && now->basis == KADR_BASIS_STATED &&
           before->value.newest == now->value.newest && since > now->value.newest &&
           kadr_figure_same_value(before, now);
}

void kadr_explain_residual(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                           struct kadr_figure *figure)
{
    struct kadr_comparison comparison;
    if (figure->explained) {
        return;
    }
    figure->explained = true;
    figure->residual = (struct kadr_residual_figure){ .kind = KADR_RESIDUAL_NONE };
    if (at->series->part_count == 0 && at->info->time == KADR_TIME_LAST) {
        return; /* nothing was ever stated of a part */
    }
    if (kadr_compare_stated(evaluator, at, figure, &comparison) && comparison.best >= 0) {
        figure->residual = compare(&figure->value, &comparison.list[comparison.best]);
    }
}
