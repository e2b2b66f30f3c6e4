/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.c - candidates and choice; see evaluate.h for the map of the evaluator's files. */
#include "domain/evaluate.h"

#include <string.h>

#include "base/err.h"

/* The memo holds one question at a time; a tree of 2^15 units x a few breakdowns stays far below. */
#define MAX_MEMO_BYTES ((size_t)1 << 30)
/* Counts of reporters outlive a question, up to here. */
#define KEEP_REPORTERS 65536

int kadr_evaluator_init(struct kadr_evaluator *evaluator)
{
    *evaluator = (struct kadr_evaluator){ .today = KADR_DAY_NONE };
    return kadr_arena_new(MAX_MEMO_BYTES, &evaluator->arena);
}

void kadr_evaluator_done(struct kadr_evaluator *evaluator)
{
    kadr_map_done(&evaluator->memo);
    kadr_map_done(&evaluator->reporters);
    kadr_forget_sums(evaluator);
    kadr_map_done(&evaluator->sums);
    kadr_arena_free(evaluator->arena);
    free(evaluator->tiles);
    free(evaluator->splits);
    *evaluator = (struct kadr_evaluator){ .today = KADR_DAY_NONE };
}

void kadr_evaluator_begin(struct kadr_evaluator *evaluator, const struct kadr_reference *reference,
                          const struct kadr_series_table *table, kadr_day today)
{
    if (evaluator->reference != reference || evaluator->reporters.count > KEEP_REPORTERS) {
        kadr_map_clear(&evaluator->reporters);
    }
    if (evaluator->reference != reference) {
        kadr_forget_sums(evaluator);
        free(evaluator->splits);
        evaluator->splits = reference ? calloc(kadr_unit_count(reference), 1) : NULL;
        evaluator->err = reference && !evaluator->splits ? KADR_ENOMEM : evaluator->err;
    }
    kadr_map_clear(&evaluator->memo);
    kadr_arena_clear(evaluator->arena);
    evaluator->reference = reference;
    evaluator->table = table;
    evaluator->today = today;
    evaluator->borders_today = false;
}

struct kadr_at kadr_at(const struct kadr_evaluator *evaluator, const struct kadr_series *series,
                       struct kadr_period period, kadr_day day)
{
    struct kadr_at at = { .series = series,
                          .info = kadr_indicator_info(evaluator->reference, series->indicator),
                          .unit_info = kadr_unit_info(evaluator->reference, series->unit),
                          .period = period,
                          .day = day };
    if (at.info->time != KADR_TIME_LAST) {
        at.day = evaluator->today;
    }
    return at;
}

struct kadr_at kadr_at_unit(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit)
{
    struct kadr_at there = *at;
    there.series = kadr_series_find(evaluator->table, unit, at->series->indicator, at->series->breakdown);
    there.unit_info = kadr_unit_info(evaluator->reference, unit);
    return there;
}

struct kadr_period kadr_at_span(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    if (evaluator->borders_today || at->info->time == KADR_TIME_LAST) {
        kadr_day day = kadr_borders_day(evaluator, at);
        return (struct kadr_period){ day, day };
    }
    return at->period;
}

bool kadr_at_adds(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_indicator_info *info = at->info;
    if (info->time != KADR_TIME_SUM && info->time != KADR_TIME_COUNT) {
        return false;
    }
    uint32_t hash = (uint32_t)at->period.first + (uint32_t)at->period.last;
    struct kadr_calendar *known = &evaluator->calendars[(hash ^ hash >> 4) % KADR_CALENDARS];
    if (!known->known || !kadr_period_equal(known->period, at->period)) {
        *known = (struct kadr_calendar){ at->period, true, kadr_slot_adds(info, at->period) };
    }
    return known->adds;
}

/* ---- candidates ---------------------------------------------------------------------------------------- */

/* A sum under way. */
struct sum {
    struct kadr_candidate total;
    bool any;                /* a part was looked at */
    bool all_not_applicable; /* and so were all of them */
};

static struct sum empty_sum(void)
{
    return (struct sum){ .total = kadr_candidate_empty(), .all_not_applicable = true };
}

/* @param missed  that it has no value leaves the sum incomplete */
static void add_part(struct sum *sum, const struct kadr_figure *part, bool missed)
{
    sum->any = true;
    if (part && part->value.present) {
        kadr_candidate_add(&sum->total, &part->value);
        sum->all_not_applicable = false;
    } else if (!part || !part->not_applicable) {
        sum->total.complete = sum->total.complete && !missed;
        sum->all_not_applicable = false;
    }
}

/* Of an incomplete sum nobody needs to know who else is missing. */
static bool is_missed(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit child,
                      const struct kadr_figure *figure, const struct sum *sum)
{
    bool without = !figure || !figure->value.present;
    return without && sum->total.complete && kadr_is_missed(evaluator, at, child);
}

/* @param next  the first of the series' parts that adds a member of this dimension, or of a later one */
static struct kadr_candidate sum_of_members(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                            kadr_dimension dimension, size_t *next, bool *all_not_applicable)
{
    const struct kadr_dimension_info *info = kadr_dimension_info(evaluator->reference, dimension);
    struct sum sum = empty_sum();
    size_t known = 0;
    for (; *next < at->series->part_count; ++*next, known++) {
        struct kadr_at part = { at->series->parts[*next], at->info, at->unit_info, at->period, at->day };
        kadr_member member = kadr_series_added(at->series->breakdown, part.series->breakdown);
        if (member < info->first || member >= info->first + info->count) {
            break;
        }
        add_part(&sum, kadr_evaluate(evaluator, &part), true);
    }
    if (known < info->count) {
        add_part(&sum, NULL, true);
    }
    *all_not_applicable = sum.any && sum.all_not_applicable;
    kadr_candidate_finish(&sum.total);
    return sum.total;
}

/* Most sums are of today's figures of units that are all here, settled before it: its parts are live cells,
 * and where there is none nothing was stated of the period.
 * @return false: they are not; what was added is to be forgotten */
static bool add_settled(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                        struct kadr_coverage *cover, struct sum *sum)
{
    const struct kadr_unit_info *above = at->unit_info;
    struct kadr_series *const *parts = at->series->parts;
    size_t next = 0, count = at->series->child_count;
    if (!kadr_children_are_plain(evaluator, at)) {
        return false;
    }
    for (size_t c = 0; c < above->child_count; c++) {
        kadr_unit unit = above->children[c];
        bool known = next < count && parts[next]->unit == unit;
        const struct kadr_slot *slot = known ? kadr_series_slot(parts[next++], at->period) : NULL;
        const struct kadr_figure *figure = slot && slot->live ? &slot->live->figure : NULL;
        if (slot && !(figure && figure->valued)) {
            return false;
        }
        add_part(sum, figure, is_missed(evaluator, at, unit, figure, sum));
        if (cover) {
            kadr_cover_settled(evaluator, at, unit, figure, cover);
        }
    }
    return true;
}

static void add_children(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                         struct kadr_coverage *cover, struct sum *sum)
{
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, evaluator, at);
    while ((part = kadr_children_next(&children))) {
        if (!part->replaced) {
            add_part(sum, part->figure, is_missed(evaluator, at, part->unit, part->figure, sum));
        }
        sum->any = true;
        sum->total.stale = sum->total.stale || part->aged;
        if (cover) {
            kadr_cover_part(evaluator, at, part, cover);
        }
    }
}

/* @param cover  who is in it, where that is asked; NULL: it is not */
static struct kadr_candidate sum_of_children(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                             struct kadr_coverage *cover, bool *all_not_applicable)
{
    const struct kadr_coverage before = cover ? *cover : (struct kadr_coverage){ 0 };
    struct sum sum = empty_sum();
    if (!add_settled(evaluator, at, cover, &sum)) {
        sum = empty_sum();
        if (cover) {
            *cover = before;
        }
        add_children(evaluator, at, cover, &sum);
    }
    *all_not_applicable = sum.any && sum.all_not_applicable;
    kadr_candidate_finish(&sum.total);
    sum.total.below = sum.total.present;
    return sum.total;
}

size_t kadr_add_sums(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                     struct kadr_candidate list[KADR_MAX_CANDIDATES], size_t count,
                     struct kadr_coverage *cover, bool *ret_not_applicable)
{
    const struct kadr_indicator_info *info = at->info;
    size_t next = at->series->child_count;
    bool all = false;
    *ret_not_applicable = false;
    for (size_t d = 0; d < info->exhaustive_count; d++) {
        list[count++] = sum_of_members(evaluator, at, info->exhaustive[d], &next, &all);
        *ret_not_applicable = *ret_not_applicable || all;
    }
    list[count++] = sum_of_children(evaluator, at, cover, &all);
    *ret_not_applicable = *ret_not_applicable || all;
    return count;
}

/* The children of a live cell that is above its reporters are looked at once, for the sum and for who is in
 * it; of past days it is seldom asked who was. */
static struct kadr_coverage *covered_by(const struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                        struct kadr_figure *figure)
{
    bool above = at->unit_info->level < at->info->level;
    figure->covered = above && at->day == evaluator->today;
    return figure->covered ? &figure->coverage : NULL;
}

/* ---- space rules --------------------------------------------------------------------------------------- */

static void space_own(struct kadr_evaluator *evaluator, const struct kadr_at *at, const struct kadr_own *own,
                      struct kadr_figure *figure)
{
    (void)evaluator; /* the signature of the table */
    const struct kadr_indicator_info *info = at->info;
    bool proof = own->value.present && (own->value.complete || !info->may_be_negative);
    if (proof) {
        figure->value = own->value;
        figure->basis = KADR_BASIS_STATED;
    }
}

static void space_sum(struct kadr_evaluator *evaluator, const struct kadr_at *at, const struct kadr_own *own,
                      struct kadr_figure *figure)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_candidate list[KADR_MAX_CANDIDATES];
    bool parts_not_applicable;
    if (at->series->part_count == 0) {
        space_own(evaluator, at, own, figure); /* nothing was ever stated of a part: there is no other way */
        return;
    }
    list[0] = own->value;
    size_t count =
        kadr_add_sums(evaluator, at, list, 1, covered_by(evaluator, at, figure), &parts_not_applicable);
    struct kadr_choice choice =
        kadr_candidate_choose(list, count, info->time == KADR_TIME_LAST, info->may_be_negative);
    figure->passed_over = choice.passed_over;
    if (choice.index >= 0) {
        figure->value = list[choice.index];
        figure->basis = choice.index == 0 ? KADR_BASIS_STATED : KADR_BASIS_SUM;
    } else if (parts_not_applicable && figure->reason == KADR_REASON_NONE) {
        figure->reason = KADR_REASON_NOT_APPLICABLE;
        figure->not_applicable = true;
    }
}

/* A range is not a bound of the whole: others may lie outside. It says what those that report have. */
static void space_range(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                        const struct kadr_own *own, struct kadr_figure *figure)
{
    space_own(evaluator, at, own, figure);
    if (figure->value.present) {
        return;
    }
    struct kadr_candidate total = kadr_candidate_empty();
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, evaluator, at);
    while ((part = kadr_children_next(&children))) {
        if (part->replaced) {
            continue;
        }
        if (part->figure && part->figure->value.present) {
            kadr_candidate_widen(&total, &part->figure->value);
            total.stale = total.stale || part->aged;
        } else if (kadr_is_missed(evaluator, at, part->unit) &&
                   !(part->figure && part->figure->not_applicable)) {
            total.complete = false;
        }
    }
    if (total.present) {
        figure->value = total;
        figure->basis = KADR_BASIS_RANGE;
    }
}

/* A ratio, or a difference, stands where it was stated; elsewhere it is computed of its terms. */
static void space_derived(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                          const struct kadr_own *own, struct kadr_figure *figure)
{
    space_own(evaluator, at, own, figure);
    if (!figure->value.present && at->info->term_count > 0) {
        kadr_derive(evaluator, at, figure);
    }
}

typedef void space_fn(struct kadr_evaluator *evaluator, const struct kadr_at *at, const struct kadr_own *own,
                      struct kadr_figure *figure);

static space_fn *const space_rules[] = {
    [KADR_SPACE_SUM] = space_sum,     [KADR_SPACE_RATIO] = space_derived, [KADR_SPACE_LINEAR] = space_derived,
    [KADR_SPACE_RANGE] = space_range, [KADR_SPACE_NONE] = space_own,
};

/* On today's borders: the unit had other land then, and what it had is known in no part. */
static bool had_other_land(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    bool day = at->info->time == KADR_TIME_LAST;
    return evaluator->borders_today &&
           kadr_land_since(evaluator, at->series->unit) > (day ? at->day : at->period.first);
}

static void value_of(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_figure *figure)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_own own;
    kadr_own_value(evaluator, at, &own);
    memset(figure, 0, sizeof(*figure));
    figure->owed = kadr_is_counted(evaluator, at);
    figure->reason = own.reason;
    figure->not_applicable = own.not_applicable;
    space_rules[info->space](evaluator, at, &own, figure);
    figure->not_applicable = figure->not_applicable && !figure->value.present;
    if (!figure->value.present && figure->reason == KADR_REASON_NONE && had_other_land(evaluator, at)) {
        figure->reason = KADR_REASON_UNKNOWN;
    }
    figure->valued = true;
}

/* ---- figures remembered -------------------------------------------------------------------------------- */

static struct kadr_figure *live_figure(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    bool live = at->day == evaluator->today && !evaluator->borders_today;
    return live ? kadr_live_figure(at->series, at->period) : NULL;
}

/* Days of the calendar are far from this bit's weight, so that it tells the borders. */
#define MEMO_BORDERS_TODAY UINT32_C(0x40000000)

static struct kadr_figure *memo_figure(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    uint32_t day = (uint32_t)at->day ^ (evaluator->borders_today ? MEMO_BORDERS_TODAY : 0);
    struct kadr_map_key key = {
        { (uint64_t)at->series->unit << 48 | (uint64_t)at->series->indicator << 32 | day,
          at->series->breakdown, (uint64_t)(uint32_t)at->period.first << 32 | (uint32_t)at->period.last }
    };
    struct kadr_figure *figure = kadr_map_get(&evaluator->memo, &key);
    if (figure) {
        return figure;
    }
    figure = kadr_arena_calloc(evaluator->arena, 1, sizeof(*figure));
    if (!figure || kadr_map_put(&evaluator->memo, &key, figure)) {
        evaluator->err = KADR_ENOMEM;
        return NULL;
    }
    return figure;
}

struct kadr_figure *kadr_evaluate(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    struct kadr_figure *figure = live_figure(evaluator, at);
    if (figure) {
        return figure;
    }
    figure = memo_figure(evaluator, at);
    if (figure && !figure->valued) {
        value_of(evaluator, at, figure);
    }
    return figure;
}

struct kadr_figure *kadr_evaluate_part(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                       struct kadr_figure *scratch)
{
    bool computed = at->info->term_count > 0;
    struct kadr_figure *figure = live_figure(evaluator, at);
    if (figure || computed || at->series->part_count > 0) {
        return figure ? figure : kadr_evaluate(evaluator, at);
    }
    value_of(evaluator, at, scratch);
    return scratch;
}

/* ---- as it is published -------------------------------------------------------------------------------- */

void kadr_publish_value(const struct kadr_candidate *value, enum kadr_basis basis, struct kadr_cell *cell)
{
    cell->basis = basis;
    cell->incomplete = !value->complete && basis != KADR_BASIS_RANGE;
    cell->hi_open = value->hi_open;
    cell->known_hi_open = value->known_hi_open;
    cell->lo = value->lo;
    cell->hi = value->hi_open ? 0 : value->hi;
    cell->known_hi = value->known_hi_open ? 0 : value->known_hi;
    cell->oldest = value->oldest;
    cell->newest = value->newest;
}

static void publish_residual(const struct kadr_residual_figure *residual, struct kadr_cell *cell)
{
    cell->residual = residual->kind;
    cell->residual_lo_open = residual->lo_open;
    cell->residual_hi_open = residual->hi_open;
    cell->residual_lo = residual->lo;
    cell->residual_hi = residual->hi;
}

struct kadr_cell kadr_figure_cell(const struct kadr_figure *figure, const struct kadr_series *series,
                                  struct kadr_period period)
{
    struct kadr_cell cell = { .key = { .breakdown = series->breakdown,
                                       .period = period,
                                       .unit = series->unit,
                                       .indicator = series->indicator },
                              .reason = figure->reason,
                              .reported = figure->coverage.reported,
                              .complete = figure->coverage.complete,
                              .stale = figure->coverage.stale,
                              .expected = figure->owed ? (int64_t)figure->coverage.expected : -1,
                              .oldest = KADR_DAY_NONE,
                              .newest = KADR_DAY_NONE,
                              .holds = figure->holds };
    if (figure->value.present) {
        kadr_publish_value(&figure->value, figure->basis, &cell);
        publish_residual(&figure->residual, &cell);
    }
    return cell;
}

bool kadr_figure_same_value(const struct kadr_figure *a, const struct kadr_figure *b)
{
    const struct kadr_candidate *x = &a->value, *y = &b->value;
    if (!x->present || !y->present) {
        return x->present == y->present;
    }
    return kadr_figure_is_incomplete(a) == kadr_figure_is_incomplete(b) && x->lo == y->lo &&
           x->hi_open == y->hi_open && (x->hi_open || x->hi == y->hi) &&
           x->known_hi_open == y->known_hi_open && (x->known_hi_open || x->known_hi == y->known_hi);
}

static bool same_coverage(const struct kadr_figure *a, const struct kadr_figure *b)
{
    const struct kadr_coverage *x = &a->coverage, *y = &b->coverage;
    return x->reported == y->reported && x->complete == y->complete && x->stale == y->stale &&
           a->owed == b->owed && (!a->owed || x->expected == y->expected);
}

static bool same_residual(const struct kadr_residual_figure *x, const struct kadr_residual_figure *y)
{
    return x->kind == y->kind && x->lo_open == y->lo_open && x->hi_open == y->hi_open && x->lo == y->lo &&
           x->hi == y->hi;
}

bool kadr_figure_equal(const struct kadr_figure *a, const struct kadr_figure *b)
{
    bool same =
        kadr_figure_same_value(a, b) && same_coverage(a, b) && a->reason == b->reason && a->holds == b->holds;
    if (!same || !a->value.present) {
        return same;
    }
    return a->basis == b->basis && a->value.oldest == b->value.oldest && a->value.newest == b->value.newest &&
           same_residual(&a->residual, &b->residual);
}

/* The stages behind the value, as far as they are not done. */
static void complete(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_figure *figure)
{
    enum kadr_rule rule = at->info->rule;
    (void)kadr_cover(evaluator, at, figure); /* into the figure */
    kadr_explain_residual(evaluator, at, figure);
    if (rule != KADR_RULE_NONE) {
        struct kadr_cell cell = kadr_figure_cell(figure, at->series, at->period);
        figure->holds = kadr_rule_holds(rule, &cell);
    }
}

void kadr_evaluate_anew(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                        const struct kadr_figure *before, kadr_day since, struct kadr_figure *ret_figure)
{
    value_of(evaluator, at, ret_figure);
    if (before && at->info->time == KADR_TIME_LAST && kadr_residual_stands(before, since, ret_figure)) {
        ret_figure->residual = before->residual;
        ret_figure->explained = true;
    }
    complete(evaluator, at, ret_figure);
}

struct kadr_cell kadr_evaluate_cell(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_figure nothing = { .valued = true };
    struct kadr_figure *figure = kadr_evaluate(evaluator, at);
    if (figure) {
        complete(evaluator, at, figure);
    }
    return kadr_figure_cell(figure ? figure : &nothing, at->series, at->period);
}
