/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cell.c - docs/rollup.md, Coverage, days, unexplained. */
#include "oracle/rules.h"

/* ---- coverage --------------------------------------------------------------------------------------------
 */

/* A reporter's figure. Where something stands for it, or for a unit it lies in, in the sum of the parent
 * there, it counts as it does in that sum: as it was on the last day of the old borders, and stale. */
static struct figure reporter_figure(const struct view *view, const struct question *q, kadr_unit reporter)
{
    struct question parent = *q;
    for (kadr_unit unit = reporter; unit != q->unit; unit = parent.unit) {
        struct stand_in stands[MAX_STAND_INS];
        parent.unit = kadr_oracle_borders_of(view, unit, q)->parent;
        const struct stand_in *stand_in =
            kadr_oracle_stand_in_for(stands, kadr_oracle_stand_ins(view, &parent, stands), unit);
        if (stand_in) {
            struct question then = *q;
            then.day = stand_in->ended->to < q->day ? stand_in->ended->to : q->day;
            struct figure figure =
                unit == reporter ? stand_in->figure : kadr_oracle_evaluate_unit(view, &then, reporter);
            figure.stale = figure.stale || then.day < q->day;
            figure.not_applicable = false; /* each successor is expected as long as something stands for it */
            return figure;
        }
    }
    return kadr_oracle_evaluate_unit(view, q, reporter);
}

static void count_in(struct kadr_cell *cell, const struct figure *figure, bool exists)
{
    bool missed = exists && !figure->not_applicable;
    cell->expected += missed || figure->has_value ? 1 : 0; /* nobody is one of none */
    cell->reported += figure->has_value ? 1 : 0;
    cell->complete += figure->has_value && figure->complete ? 1 : 0;
    cell->stale += figure->has_value && figure->stale ? 1 : 0;
}

/* Who is above the reporters counts those in it; any other unit is its own reporter. */
static void cover(const struct view *view, const struct question *q, struct kadr_cell *cell)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    kadr_unit units[KADR_MAX_UNITS];
    if (kadr_unit_info(view->reference, q->unit)->level >= info->level) {
        struct figure figure = kadr_oracle_evaluate(view, q);
        count_in(cell, &figure, kadr_oracle_borders_of(view, q->unit, q) != NULL);
        cell->expected = info->owed && kadr_oracle_owes(view, q->unit, q) ? cell->expected : -1;
        return;
    }
    size_t count = kadr_oracle_borders_of(view, q->unit, q) ? kadr_oracle_list_reporters(view, q, units) : 0;
    for (size_t i = 0; i < count; i++) {
        if (kadr_oracle_is_counted(view, units[i], q)) {
            struct figure figure = info->term_count > 0 ? kadr_oracle_derived_reporter(view, q, units[i])
                                                        : reporter_figure(view, q, units[i]);
            count_in(cell, &figure, true);
        }
    }
    cell->expected = info->owed ? cell->expected : -1;
}

/* ---- unexplained -----------------------------------------------------------------------------------------
 */

static void explain(const struct view *view, const struct question *q, const struct figure *stated,
                    struct kadr_cell *cell)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    struct candidates others;
    no_candidates(&others);
    struct question then = *q;
    then.day = is_as_of(q) ? stated->oldest : q->day;
    if (info->time == KADR_TIME_SUM && stated->exact) {
        struct figure tiling = kadr_oracle_own_tiling(view, &then);
        tiling.basis = KADR_BASIS_SUM; /* beside the statement it is a sum like the others */
        kadr_oracle_offer(&others, tiling);
    }
    kadr_oracle_offer_sums(view, &then, &others);
    struct figure best = kadr_oracle_choose(info, &others);
    if (!best.has_value) {
        return;
    }
    bool lo_open = best.known_hi_open, hi_open = stated->hi_open;
    int64_t lo = lo_open ? 0 : stated->lo - best.known_hi, hi = hi_open ? 0 : stated->hi - best.lo;
    bool above = !hi_open && hi < 0, below = !lo_open && lo > 0;
    bool contradiction = above || (best.complete && below);
    bool nothing_left = !lo_open && !hi_open && lo == 0 && hi == 0;
    if (contradiction || (!best.complete && !nothing_left)) {
        cell->residual = contradiction ? KADR_RESIDUAL_CONTRADICTION : KADR_RESIDUAL_OUTSTANDING;
        cell->residual_lo = lo;
        cell->residual_hi = hi;
        cell->residual_lo_open = lo_open;
        cell->residual_hi_open = hi_open;
    }
}

/* ---- cells -----------------------------------------------------------------------------------------------
 */

/* Whether all, or none, of the numbers that it may be are as the rule wants them. */
static enum kadr_holds holds(enum kadr_rule rule, const struct kadr_cell *cell)
{
    if (rule == KADR_RULE_NONE || cell->basis == KADR_BASIS_NONE) {
        return rule == KADR_RULE_NONE ? KADR_HOLDS_NONE : KADR_HOLDS_UNKNOWN;
    }
    bool has_positive = cell->hi_open || cell->hi > 0, has_negative = cell->lo < 0;
    bool has_zero = cell->lo <= 0 && (cell->hi_open || cell->hi >= 0);
    bool has_bad = has_positive || (rule == KADR_RULE_ZERO && has_negative);
    bool has_good = has_zero || (rule == KADR_RULE_AT_MOST_ZERO && has_negative);
    return !has_bad ? KADR_HOLDS_YES : !has_good ? KADR_HOLDS_NO : KADR_HOLDS_UNKNOWN;
}

struct kadr_cell kadr_oracle_cell_of(const struct view *view, const struct kadr_cell_key *key, kadr_day day)
{
    struct question q = { key->unit, key->indicator, key->breakdown, key->period, day };
    struct kadr_cell cell = { .key = *key, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE };
    struct figure figure = kadr_oracle_evaluate(view, &q);
    cell.reason = figure.reason;
    if (figure.has_value) {
        cell.basis = figure.basis;
        cell.incomplete = !figure.complete && figure.basis != KADR_BASIS_RANGE;
        cell.lo = figure.lo;
        cell.hi = figure.hi;
        cell.known_hi = figure.known_hi;
        cell.hi_open = figure.hi_open;
        cell.known_hi_open = figure.known_hi_open;
        cell.oldest = figure.oldest;
        cell.newest = figure.newest;
    }
    cover(view, &q, &cell);
    cell.holds = holds(info_of(view, &q)->rule, &cell);
    if (cell.basis == KADR_BASIS_STATED && info_of(view, &q)->space == KADR_SPACE_SUM) {
        explain(view, &q, &figure, &cell);
    }
    return cell;
}
