/* SPDX-License-Identifier: Apache-2.0 */
/* rules_derived.c - docs/rollup.md, Ratios and differences. */
#include "oracle/rules.h"

__extension__ typedef __int128 big;

struct terms {
    struct figure term[KADR_MAX_TERMS];
    bool complete; /* each has a complete value, and of the same places */
};

/* The stock on the day before the period, or on its last: what was stated of that day and not carried to it,
 * and nothing when the borders changed in between. */
static struct figure stock_term(const struct view *view, struct question q, enum kadr_moment moment)
{
    kadr_day before = q.period.first - 1, last = q.period.last;
    kadr_day from = moment == KADR_MOMENT_START ? before : q.period.first;
    bool same_borders = kadr_unit_territory(view->reference, q.unit, from) ==
                        kadr_unit_territory(view->reference, q.unit, last);
    q.day = moment == KADR_MOMENT_START ? before : last;
    q.period = KADR_PERIOD_AS_OF;
    struct figure figure = kadr_oracle_evaluate(view, &q);
    if (figure.has_value && (figure.oldest != q.day || !same_borders)) {
        figure.has_value = false;
    }
    return figure;
}

static struct figure term_of(const struct view *view, const struct question *q, size_t index)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    struct question of_term = *q;
    enum kadr_moment moment = info->terms[index].moment;
    of_term.indicator = info->terms[index].indicator;
    if (moment != KADR_MOMENT_OVER) {
        return stock_term(view, of_term, moment);
    }
    for (size_t i = 0; index == 1 && i < info->ignore_count; i++) {
        of_term.breakdown = kadr_breakdown_drop(view->reference, of_term.breakdown, info->ignores[i]);
    }
    return kadr_oracle_evaluate(view, &of_term);
}

static struct terms all_terms(const struct view *view, const struct question *q)
{
    struct terms terms = { .complete = true };
    for (size_t i = 0; i < info_of(view, q)->term_count; i++) {
        terms.term[i] = term_of(view, q, i);
        terms.complete = terms.complete && terms.term[i].has_value && terms.term[i].complete;
    }
    return terms;
}

/* The sum of a term over the children of q->unit has the child in it; without a value nobody misses it there.
 */
static bool is_unmissed(const struct view *view, const struct question *q, kadr_unit child, size_t index)
{
    const struct kadr_term *term = &info_of(view, q)->terms[index];
    struct question of_term = *q;
    of_term.indicator = term->indicator;
    if (term->moment != KADR_MOMENT_OVER) {
        of_term.day = term->moment == KADR_MOMENT_END ? q->period.last : q->period.first - 1;
        of_term.period = KADR_PERIOD_AS_OF;
    }
    return !kadr_oracle_is_missed(view, child, &of_term);
}

static bool has_two(const bool sums[KADR_MAX_TERMS])
{
    size_t count = 0;
    for (size_t i = 0; i < KADR_MAX_TERMS; i++) {
        count += sums[i] ? 1 : 0;
    }
    return count >= 2;
}

/* Of the terms that are sums over the children of q->unit, one has a place in it that another has not. */
static bool of_unequal_places(const struct view *view, const struct question *q,
                              const bool sums[KADR_MAX_TERMS])
{
    const struct kadr_unit_info *parent = kadr_unit_info(view->reference, q->unit);
    size_t count = info_of(view, q)->term_count;
    for (size_t c = 0; c < parent->child_count && has_two(sums); c++) {
        struct question child = *q;
        child.unit = parent->children[c];
        const struct kadr_territory *borders = kadr_oracle_borders_of(view, child.unit, q);
        if (!borders || borders->parent != q->unit) {
            continue;
        }
        struct terms terms = all_terms(view, &child);
        bool inside[KADR_MAX_TERMS] = { false };
        for (size_t i = 0; i < count * count; i++) {
            const struct figure *one = &terms.term[i / count], *other = &terms.term[i % count];
            if (sums[i / count] && sums[i % count] && one->has_value && !other->has_value &&
                !other->not_applicable && is_unmissed(view, q, child.unit, i % count)) {
                return true;
            }
            inside[i / count] = sums[i / count] && one->has_value && one->of_children;
        }
        if (of_unequal_places(view, &child, inside)) {
            return true;
        }
    }
    return false;
}

/* A difference, or a ratio of one. */
static bool has_difference(const struct view *view, const struct question *q)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    kadr_indicator first = info->terms[0].indicator, second = info->terms[1].indicator;
    return info->space == KADR_SPACE_LINEAR ||
           kadr_indicator_info(view->reference, first)->space == KADR_SPACE_LINEAR ||
           kadr_indicator_info(view->reference, second)->space == KADR_SPACE_LINEAR;
}

/* All of them, and those of a difference, or of a ratio of one, of the same places. */
static struct terms terms_of(const struct view *view, const struct question *q)
{
    struct terms terms = all_terms(view, q);
    bool sums[KADR_MAX_TERMS] = { false };
    for (size_t i = 0; i < info_of(view, q)->term_count; i++) {
        sums[i] = has_difference(view, q) && terms.term[i].of_children;
    }
    terms.complete = terms.complete && !of_unequal_places(view, q, sums);
    return terms;
}

/* Term by term over the reporters that have them all; @return how many those are. */
static size_t add_up(const struct view *view, const struct question *q, struct terms *sums, bool *everybody)
{
    size_t count = 0;
    *sums = (struct terms){ .complete = true };
    *everybody = true;
    kadr_unit units[KADR_MAX_UNITS];
    size_t unit_count = kadr_oracle_list_reporters(view, q, units);
    for (size_t u = 0; u < unit_count; u++) {
        struct question of_unit = *q;
        kadr_unit unit = of_unit.unit = units[u];
        if (term_of(view, &of_unit, making_term(info_of(view, q))).not_applicable) {
            continue;
        }
        struct terms terms = terms_of(view, &of_unit);
        *everybody = *everybody && (terms.complete || !kadr_oracle_is_counted(view, unit, q));
        for (size_t i = 0; terms.complete && i < info_of(view, q)->term_count; i++) {
            kadr_oracle_add_numbers(&sums->term[i], &terms.term[i]);
        }
        count += terms.complete ? 1 : 0;
    }
    return count;
}

/* The whole number at or below (towards = -1), at or above (towards = 1). */
static big rounded(big above, big below, int towards)
{
    big quotient = above / below;
    while (towards < 0 && quotient * below > above) {
        quotient--;
    }
    while (towards > 0 && quotient * below < above) {
        quotient++;
    }
    return quotient;
}

/* All four quotients; that by an endless denominator is 0. @return false: none */
static bool ratio(const struct view *view, const struct question *q, const struct terms *terms,
                  struct figure *ret)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    const struct figure *a = &terms->term[0], *b = &terms->term[1];
    int32_t a_scale = kadr_indicator_info(view->reference, info->terms[0].indicator)->scale;
    int32_t b_scale = kadr_indicator_info(view->reference, info->terms[1].indicator)->scale;
    int64_t above[2] = { a->lo, a->hi_open ? a->lo : a->hi };
    if (b->lo <= 0) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        big up = (big)above[i % 2] * info->factor * info->scale * b_scale;
        big down = (big)(i < 2 ? b->lo : b->hi) * a_scale;
        bool endless = i >= 2 && b->hi_open;
        int64_t lo = endless ? 0 : (int64_t)rounded(up, down, -1);
        int64_t hi = endless ? 0 : (int64_t)rounded(up, down, 1);
        ret->lo = i == 0 || lo < ret->lo ? lo : ret->lo;
        ret->hi = i == 0 || hi > ret->hi ? hi : ret->hi;
    }
    ret->hi_open = a->hi_open;
    return true;
}

static bool difference(const struct kadr_indicator_info *info, const struct terms *terms, struct figure *ret)
{
    bool known = true;
    for (size_t i = 0; i < info->term_count; i++) {
        const struct figure *term = &terms->term[i];
        known = known && !(info->terms[i].minus && term->hi_open);
        ret->lo += info->terms[i].minus ? -term->hi : term->lo;
        ret->hi += info->terms[i].minus ? -term->lo : term->hi;
        ret->hi_open = ret->hi_open || term->hi_open;
    }
    return known;
}

static void add_days(struct figure *figure, const struct figure *term, bool first)
{
    figure->oldest = first || term->oldest < figure->oldest ? term->oldest : figure->oldest;
    figure->newest = first || term->newest > figure->newest ? term->newest : figure->newest;
    figure->stale = figure->stale || term->stale;
}

static struct figure computed(const struct view *view, const struct question *q, const struct terms *terms,
                              bool complete)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    bool is_ratio = info->space == KADR_SPACE_RATIO;
    struct figure figure = { .has_value = true,
                             .complete = complete,
                             .basis = is_ratio ? KADR_BASIS_RATIO : KADR_BASIS_SUM };
    if (!is_ratio && !complete && info->may_be_negative) {
        return (struct figure){ 0 };
    }
    if (is_ratio ? !ratio(view, q, terms, &figure) : !difference(info, terms, &figure)) {
        return kadr_oracle_missing(KADR_REASON_UNKNOWN);
    }
    for (size_t i = 0; i < info->term_count; i++) {
        add_days(&figure, &terms->term[i], i == 0);
    }
    figure.hi = figure.hi_open ? 0 : figure.hi;
    figure.known_hi = figure.hi;
    figure.known_hi_open = figure.hi_open;
    return is_ratio ? figure : kadr_oracle_closed(figure);
}

static struct figure derived(const struct view *view, const struct question *q)
{
    struct terms terms = terms_of(view, q);
    bool everybody = true;
    if (terms.term[making_term(info_of(view, q))].not_applicable) {
        return kadr_oracle_missing(KADR_REASON_NOT_APPLICABLE);
    }
    if (terms.complete) {
        struct figure figure = computed(view, q, &terms, true);
        for (size_t i = 0; i < info_of(view, q)->term_count; i++) {
            figure.of_children = figure.of_children || terms.term[i].of_children;
        }
        return figure;
    }
    if (add_up(view, q, &terms, &everybody) == 0) {
        return (struct figure){ 0 };
    }
    struct figure figure =
        computed(view, q, &terms, everybody && info_of(view, q)->space == KADR_SPACE_LINEAR);
    figure.of_children = true;
    return figure;
}

struct figure kadr_oracle_evaluate_derived(const struct view *view, const struct question *q)
{
    struct figure stated = kadr_oracle_own(view, q);
    if (stated.has_value && !stated.complete && info_of(view, q)->may_be_negative) {
        stated = (struct figure){ .stated = true, .reason = stated.reason }; /* a part bounds nothing */
    }
    if (stated.has_value || info_of(view, q)->term_count == 0) {
        return stated;
    }
    struct figure figure = derived(view, q);
    if (stated.stated && stated.reason != KADR_REASON_NONE) { /* what was said itself comes first */
        figure.reason = stated.reason;
        figure.not_applicable = stated.not_applicable && !figure.has_value;
    }
    return figure;
}

/* What a reporter brings to the figures above it: its terms, whatever it stated of the figure itself. */
struct figure kadr_oracle_derived_reporter(const struct view *view, const struct question *q,
                                           kadr_unit reporter)
{
    struct question of_reporter = *q;
    of_reporter.unit = reporter;
    struct terms terms = terms_of(view, &of_reporter);
    struct figure figure = { .not_applicable =
                                 kadr_oracle_evaluate_derived(view, &of_reporter).not_applicable };
    figure.has_value = figure.complete =
        terms.complete && !terms.term[making_term(info_of(view, q))].not_applicable;
    for (size_t i = 0; i < info_of(view, q)->term_count; i++) {
        figure.stale = figure.stale || terms.term[i].stale;
    }
    return figure;
}
