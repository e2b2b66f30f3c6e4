/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c - see trend.h.
 *
 *   1. every point: who reports inside the unit, and does each have a complete value there
 *   2. the set: those who do at every point, within the same borders
 *   3. every point: the figure of exactly these
 *
 * The memo of the evaluator is emptied from point to point: a nation's facilities over a year of days would
 * not fit beside each other. Figures of step 1 are therefore evaluated again in step 3.
 */
#include "domain/trend.h"

#include "base/err.h"
#include "domain/reporters.h"
#include "domain/rollup_state.h"

const char *kadr_left_out_text(enum kadr_left_out_why why)
{
    static const char *const texts[] = { "not",       "no_value", "incomplete", "not_applicable",
                                         "not_there", "borders" };
    return (size_t)why < KADR_COUNT(texts) ? texts[why] : "unknown";
}

/* What is known of one unit as a reporter so far. */
struct member {
    const struct kadr_territory *territory; /* at the first point; NULL: not a reporter so far */
    uint32_t seen, not_applicable, first_not_applicable;
    uint32_t last_seen; /* the point, + 1 */
    uint32_t lacked;    /* the point */
    enum kadr_left_out_why why;
};

struct trend {
    struct kadr_evaluator *evaluator;
    struct kadr_rollup *rollup;
    const struct kadr_trend_query *query;
    struct kadr_trend_point *points; /* owned */
    struct member *members;          /* owned; by unit */
    struct kadr_unit_list reporters; /* scratch; then the set */
    struct kadr_left_out *left_out;  /* owned */
    struct kadr_trend result;
};

static const struct kadr_indicator_info *info_of(const struct trend *trend)
{
    return kadr_indicator_info(trend->rollup->reference, trend->query->indicator);
}

/* The cell of a unit at a point; `phantom` serves where nothing was ever stated. */
static struct kadr_at place(const struct trend *trend, kadr_unit unit, size_t point,
                            struct kadr_series *phantom)
{
    const struct kadr_trend_point *p = &trend->points[point];
    const struct kadr_series *series =
        kadr_series_find(&trend->rollup->table, unit, trend->query->indicator, trend->result.breakdown);
    *phantom = (struct kadr_series){ .unit = unit,
                                     .indicator = trend->query->indicator,
                                     .breakdown = trend->result.breakdown };
    bool stock = p->as_of != KADR_DAY_NONE;
    return kadr_at(trend->evaluator, series ? series : phantom, stock ? KADR_PERIOD_AS_OF : p->period,
                   stock ? p->as_of : trend->rollup->day);
}

static void begin(struct trend *trend)
{
    kadr_evaluator_begin(trend->evaluator, trend->rollup->reference, &trend->rollup->table,
                         trend->rollup->day);
}

/* ---- 1. every point ------------------------------------------------------------------------------------ */

/* The borders that the unit has over the whole of a point; NULL: they changed, or it began or ended, within.
 */
static const struct kadr_territory *borders(const struct kadr_reference *reference, kadr_unit unit,
                                            struct kadr_period span)
{
    const struct kadr_territory *territory = kadr_unit_territory(reference, unit, span.last);
    return territory && territory->from <= span.first ? territory : NULL;
}

static void lacks(struct member *member, enum kadr_left_out_why why, size_t point)
{
    if (member->why == KADR_LEFT_OUT_NOT) {
        member->why = why;
        member->lacked = (uint32_t)point;
    }
}

/* Is there a complete figure that the set's figure can be made of? */
static enum kadr_left_out_why judge(struct trend *trend, const struct kadr_at *at)
{
    const struct kadr_figure *figure = kadr_evaluate(trend->evaluator, at);
    const struct kadr_indicator_info *info = info_of(trend);
    bool own = kadr_unit_info(trend->rollup->reference, trend->query->unit)->level >= info->level;
    bool stale;
    if (!figure) {
        return KADR_LEFT_OUT_NO_VALUE; /* no memory: told at the end */
    }
    if (!own && info->term_count > 0) { /* what is computed rests on terms, never on a stated ratio */
        return kadr_has_terms(trend->evaluator, at, &stale) ? KADR_LEFT_OUT_NOT
               : figure->not_applicable                     ? KADR_LEFT_OUT_NOT_APPLICABLE
                                                            : KADR_LEFT_OUT_NO_VALUE;
    }
    if (figure->value.present) {
        return figure->value.complete ? KADR_LEFT_OUT_NOT : KADR_LEFT_OUT_INCOMPLETE;
    }
    return figure->not_applicable ? KADR_LEFT_OUT_NOT_APPLICABLE : KADR_LEFT_OUT_NO_VALUE;
}

static void look_at(struct trend *trend, kadr_unit unit, size_t point)
{
    struct kadr_series phantom;
    struct kadr_at at = place(trend, unit, point, &phantom);
    struct member *member = &trend->members[unit];
    const struct kadr_territory *here =
        borders(trend->rollup->reference, unit, kadr_at_span(trend->evaluator, &at));
    if (member->seen++ == 0) {
        member->territory = here;
    }
    if (member->seen <= point) {
        lacks(member, KADR_LEFT_OUT_NOT_THERE, member->last_seen);
    }
    member->last_seen = (uint32_t)point + 1;
    if (!here || here != member->territory) {
        lacks(member, KADR_LEFT_OUT_BORDERS, point);
    }
    enum kadr_left_out_why why = judge(trend, &at);
    if (why == KADR_LEFT_OUT_NOT_APPLICABLE) {
        member->first_not_applicable =
            member->not_applicable++ ? member->first_not_applicable : (uint32_t)point;
    }
    if (why != KADR_LEFT_OUT_NOT) {
        lacks(member, why, point);
    }
}

static int look_at_point(struct trend *trend, size_t point)
{
    struct kadr_series phantom;
    begin(trend);
    struct kadr_at at = place(trend, trend->query->unit, point, &phantom);
    trend->points[point].cell = kadr_evaluate_cell(trend->evaluator, &at);
    if (!trend->query->same_reporters) {
        return 0;
    }
    int err = kadr_reporters_inside(trend->rollup->reference, trend->query->unit, info_of(trend)->level,
                                    kadr_at_span(trend->evaluator, &at), &trend->reporters);
    for (size_t i = 0; i < trend->reporters.count && !err; i++) {
        look_at(trend, trend->reporters.units[i], point);
    }
    return err;
}

/* ---- 2. the set ---------------------------------------------------------------------------------------- */

/* Nobody misses it: the figure cannot exist there at any point, or it stands beside those who owe it and
 * lacks one. */
static bool is_none(const struct trend *trend, kadr_unit unit)
{
    const struct member *member = &trend->members[unit];
    const struct kadr_trend_query *query = trend->query;
    struct kadr_period span = { query->points[0].first, query->points[query->point_count - 1].last };
    return member->not_applicable == query->point_count ||
           (member->why != KADR_LEFT_OUT_NOT &&
            !kadr_unit_reports(trend->rollup->reference, unit, query->indicator, span));
}

/* Takes `reporters` for the set. */
static int choose(struct trend *trend)
{
    size_t units = kadr_unit_count(trend->rollup->reference), count = trend->query->point_count, in = 0;
    trend->reporters.count = 0;
    trend->result.of = 0;
    trend->result.left_out_count = 0;
    for (size_t u = 0; u < units; u++) {
        struct member *member = &trend->members[u];
        if (member->seen > 0 && member->last_seen < count) {
            lacks(member, KADR_LEFT_OUT_NOT_THERE, member->last_seen);
        }
        if (member->seen == 0 || is_none(trend, (kadr_unit)u)) {
            continue;
        }
        trend->result.of++;
        if (member->why != KADR_LEFT_OUT_NOT) {
            trend->left_out[trend->result.left_out_count++] =
                (struct kadr_left_out){ (kadr_unit)u, member->why, member->lacked };
        } else if (kadr_unit_list_add(&trend->reporters, (kadr_unit)u)) {
            return KADR_ENOMEM;
        } else {
            in++;
        }
    }
    trend->result.in = (uint32_t)in;
    return 0;
}

/* ---- 3. the figure of the set -------------------------------------------------------------------------- */

typedef void join_fn(struct kadr_candidate *total, const struct kadr_candidate *part);

/* Sums and ranges. */
static void add_up(struct trend *trend, size_t point, join_fn *join)
{
    struct kadr_candidate total = kadr_candidate_empty();
    for (size_t i = 0; i < trend->reporters.count; i++) {
        struct kadr_series phantom;
        struct kadr_at at = place(trend, trend->reporters.units[i], point, &phantom);
        const struct kadr_figure *figure = kadr_evaluate(trend->evaluator, &at);
        if (figure && figure->value.present) {
            join(&total, &figure->value);
        }
    }
    kadr_candidate_finish(&total);
    trend->points[point].same = total;
}

static void derive(struct trend *trend, size_t point)
{
    struct kadr_series phantom;
    struct kadr_figure figure = { .valued = false };
    struct kadr_at at = place(trend, trend->query->unit, point, &phantom);
    kadr_derive_over(trend->evaluator, &at, trend->reporters.units, trend->reporters.count, &figure);
    trend->points[point].same = figure.value;
}

/* How the set's figure comes about; NONE: the indicator does not add up beyond one reporter. */
static enum kadr_basis basis_of(const struct trend *trend)
{
    static const enum kadr_basis bases[] = { [KADR_SPACE_SUM] = KADR_BASIS_SUM,
                                             [KADR_SPACE_RATIO] = KADR_BASIS_RATIO,
                                             [KADR_SPACE_LINEAR] = KADR_BASIS_SUM,
                                             [KADR_SPACE_RANGE] = KADR_BASIS_RANGE,
                                             [KADR_SPACE_NONE] = KADR_BASIS_NONE };
    const struct kadr_indicator_info *info = info_of(trend);
    bool derived = info->space == KADR_SPACE_RATIO || info->space == KADR_SPACE_LINEAR;
    if (trend->reporters.count == 0) {
        return KADR_BASIS_NONE;
    }
    if (kadr_unit_info(trend->rollup->reference, trend->query->unit)->level >= info->level) {
        return trend->points[0].cell.basis; /* it is its own reporter */
    }
    return derived && info->term_count == 0 ? KADR_BASIS_NONE : bases[info->space];
}

/* Nothing newer than the point before: the figure is the old one, carried on. */
static bool is_carried(struct trend *trend, kadr_unit unit, size_t point)
{
    struct kadr_series phantom;
    struct kadr_at at = place(trend, unit, point, &phantom);
    const struct kadr_figure *figure = kadr_evaluate(trend->evaluator, &at);
    return figure && figure->value.present && figure->value.newest <= trend->points[point - 1].as_of;
}

static void figure_of_point(struct trend *trend, size_t point)
{
    const struct kadr_indicator_info *info = info_of(trend);
    begin(trend);
    if (kadr_unit_info(trend->rollup->reference, trend->query->unit)->level < info->level &&
        info->term_count > 0) {
        derive(trend, point);
    } else {
        add_up(trend, point, info->space == KADR_SPACE_RANGE ? kadr_candidate_widen : kadr_candidate_add);
    }
    for (size_t i = 0; i < trend->reporters.count && point > 0 && info->time == KADR_TIME_LAST; i++) {
        trend->points[point].carried += is_carried(trend, trend->reporters.units[i], point);
    }
}

/* ---- the question -------------------------------------------------------------------------------------- */

static int one_breakdown(struct trend *trend, kadr_breakdown breakdown)
{
    size_t units = kadr_unit_count(trend->rollup->reference);
    int err = 0;
    trend->result.breakdown = breakdown;
    for (size_t u = 0; u < units && trend->query->same_reporters; u++) {
        trend->members[u] = (struct member){ .territory = NULL };
    }
    for (size_t p = 0; p < trend->query->point_count; p++) {
        trend->points[p].same = (struct kadr_candidate){ .present = false };
        trend->points[p].carried = 0;
    }
    for (size_t p = 0; p < trend->query->point_count && !err; p++) {
        err = look_at_point(trend, p);
    }
    if (!err && trend->query->same_reporters) {
        err = choose(trend);
        trend->result.same_basis = err ? KADR_BASIS_NONE : basis_of(trend);
        for (size_t p = 0; p < trend->query->point_count && trend->result.same_basis != KADR_BASIS_NONE;
             p++) {
            figure_of_point(trend, p);
        }
    }
    return err ? err : trend->evaluator->err;
}

static int compare_breakdowns(const void *left, const void *right)
{
    const kadr_breakdown *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* @return their number; KADR_ENOMEM shows as a NULL list */
static size_t breakdowns_at(const struct trend *trend, kadr_breakdown **ret_list)
{
    size_t count = 0, n = 0;
    const struct kadr_series *s;
    for (s = kadr_series_first(&trend->rollup->table, trend->query->unit, trend->query->indicator); s;
         s = s->next) {
        count++;
    }
    kadr_breakdown *list = calloc(count + 1, sizeof(*list)); /* one when there is none: the question's own */
    for (s = kadr_series_first(&trend->rollup->table, trend->query->unit, trend->query->indicator); s && list;
         s = s->next) {
        list[n++] = s->breakdown;
    }
    *ret_list = list;
    return list ? n : 0;
}

static int all_breakdowns(struct trend *trend, kadr_trend_fn *fn, void *context)
{
    kadr_breakdown *list;
    size_t count = breakdowns_at(trend, &list);
    int err = list ? 0 : KADR_ENOMEM;
    if (count > 0) {
        qsort(list, count, sizeof(*list), compare_breakdowns);
    }
    for (size_t i = 0; i < count && !err; i++) {
        err = one_breakdown(trend, list[i]);
        err = err ? err : fn(context, &trend->result);
    }
    free(list);
    return err;
}

/* @retval false  a point that cannot be asked for */
static bool set_points(struct trend *trend)
{
    const struct kadr_trend_query *query = trend->query;
    for (size_t p = 0; p < query->point_count; p++) {
        struct kadr_period period = query->points[p];
        bool in_order = p == 0 || query->points[p - 1].first < period.first;
        if (!in_order || period.first < KADR_DAY_MIN || period.last < period.first ||
            period.first > trend->rollup->day) {
            return false;
        }
        bool stock = info_of(trend)->time == KADR_TIME_LAST;
        kadr_day as_of = period.last < trend->rollup->day ? period.last : trend->rollup->day;
        trend->points[p] =
            (struct kadr_trend_point){ .period = period, .as_of = stock ? as_of : KADR_DAY_NONE };
    }
    return true;
}

static int answer(struct trend *trend, kadr_trend_fn *fn, void *context)
{
    if (!set_points(trend)) {
        return KADR_EINVAL;
    }
    trend->result = (struct kadr_trend){ .unit = trend->query->unit,
                                         .indicator = trend->query->indicator,
                                         .points = trend->points,
                                         .point_count = trend->query->point_count,
                                         .left_out = trend->left_out };
    if (trend->query->all_breakdowns) {
        return all_breakdowns(trend, fn, context);
    }
    int err = one_breakdown(trend, trend->query->breakdown);
    return err ? err : fn(context, &trend->result);
}

int kadr_rollup_trend(struct kadr_rollup *rollup, const struct kadr_trend_query *query, kadr_trend_fn *fn,
                      void *context)
{
    if (!rollup->reference || query->point_count == 0 || query->point_count > KADR_MAX_POINTS) {
        return KADR_EINVAL;
    }
    size_t units = kadr_unit_count(rollup->reference);
    struct trend trend = { .evaluator = &rollup->evaluator, .rollup = rollup, .query = query };
    trend.points = calloc(query->point_count, sizeof(*trend.points));
    trend.members = calloc(units, sizeof(*trend.members));
    trend.left_out = calloc(units, sizeof(*trend.left_out));
    bool fits = trend.points && trend.members && trend.left_out;
    int err = fits ? answer(&trend, fn, context) : KADR_ENOMEM;
    free(trend.points);
    free(trend.members);
    free(trend.left_out);
    kadr_unit_list_done(&trend.reporters);
    return err;
}

/* ---- differences --------------------------------------------------------------------------------------- */

static int64_t minus(int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_sub_overflow(a, b, &result)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return result;
}

struct kadr_difference kadr_difference_of(const struct kadr_candidate *before,
                                          const struct kadr_candidate *after)
{
    struct kadr_difference difference = { .lo_open = before->hi_open, .hi_open = after->hi_open };
    difference.lo = difference.lo_open ? 0 : minus(after->lo, before->hi);
    difference.hi = difference.hi_open ? 0 : minus(after->hi, before->lo);
    return difference;
}
