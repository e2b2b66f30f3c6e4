/* SPDX-License-Identifier: Apache-2.0 */
/* rules_own.c - docs/rollup.md, Own value. */
#include <string.h>

#include "oracle/rules.h"

/* ---- own value ------------------------------------------------------------------------------------------
 */

/* -1, 0, 1: it stands before, in or behind the series that is asked for. */
static int compare_series(const struct known *known, const struct question *q)
{
    if (known->key.unit != q->unit) {
        return known->key.unit < q->unit ? -1 : 1;
    }
    if (known->key.indicator != q->indicator) {
        return known->key.indicator < q->indicator ? -1 : 1;
    }
    return (known->key.breakdown > q->breakdown) - (known->key.breakdown < q->breakdown);
}

struct series kadr_oracle_series_of(const struct view *view, const struct question *q)
{
    if (view->failed) {
        return (struct series){ .known = NULL };
    }
    const struct known *low = view->known + view->begin[q->unit];
    const struct known *high = view->known + view->begin[q->unit + 1], *end = high;
    while (low < high) {
        const struct known *middle = low + (high - low) / 2;
        if (compare_series(middle, q) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < end && compare_series(low, q) == 0;
    return (struct series){ .known = low, .end = is_there ? view->known + low->series_end : low };
}

static bool is_withdrawn(const struct known *known)
{
    return known->value.kind == KADR_VALUE_WITHDRAWN;
}

static bool no_figure_yet(enum kadr_reason reason)
{
    return reason == KADR_REASON_NOT_REPORTED || reason == KADR_REASON_NOT_STATED ||
           reason == KADR_REASON_UNKNOWN;
}

static struct figure figure_of(const struct known *known)
{
    return (struct figure){ .has_value = true,
                            .complete = true,
                            .stated = true,
                            .basis = KADR_BASIS_STATED,
                            .lo = known->value.lo,
                            .hi = known->value.hi_open ? 0 : known->value.hi,
                            .known_hi = known->value.hi_open ? 0 : known->value.hi,
                            .hi_open = known->value.hi_open,
                            .known_hi_open = known->value.hi_open,
                            .oldest = known->key.period.last,
                            .newest = known->key.period.last };
}

struct figure kadr_oracle_missing(enum kadr_reason reason)
{
    return (struct figure){ .stated = true,
                            .reason = reason,
                            .not_applicable = reason == KADR_REASON_NOT_APPLICABLE };
}

static struct figure figure_or_reason(const struct known *known)
{
    return known->value.kind == KADR_VALUE_INTERVAL ? figure_of(known)
                                                    : kadr_oracle_missing(known->value.reason);
}

/* The newest statement of a day in [from, to]. */
static const struct known *newest_between(const struct view *view, const struct question *q, kadr_day from,
                                          kadr_day to)
{
    const struct known *newest = NULL;
    struct series series = kadr_oracle_series_of(view, q);
    for (const struct known *known = series.known; known < series.end; known++) {
        kadr_day day = known->key.period.first;
        if (!is_withdrawn(known) && from <= day && day <= to && (!newest || day > newest->key.period.first)) {
            newest = known;
        }
    }
    return newest;
}

static struct figure own_last(const struct view *view, const struct question *q)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    const struct kadr_territory *borders =
        kadr_unit_territory(view->reference, q->unit, view->then ? view->today : q->day);
    kadr_day from = view->then || !borders ? KADR_DAY_MIN : borders->from;
    enum kadr_reason remembered = KADR_REASON_NONE;
    kadr_day to = q->day;
    const struct known *known;
    while (borders && (known = newest_between(view, q, from, to))) {
        bool ends = known->value.kind == KADR_VALUE_INTERVAL || !no_figure_yet(known->value.reason);
        kadr_day age = q->day - known->key.period.first;
        if (ends && info->expires_after_days > 0 && age > info->expires_after_days) {
            break;
        }
        if (ends) {
            struct figure figure = figure_or_reason(known);
            figure.stale = info->stale_after_days > 0 && age > info->stale_after_days;
            figure.reason = figure.has_value ? remembered : figure.reason;
            return figure;
        }
        remembered = remembered == KADR_REASON_NONE ? known->value.reason : remembered;
        to = known->key.period.first - 1;
    }
    return remembered == KADR_REASON_NONE ? (struct figure){ 0 } : kadr_oracle_missing(remembered);
}

static const struct known *exactly(const struct view *view, const struct question *q)
{
    struct series series = kadr_oracle_series_of(view, q);
    for (const struct known *known = series.known; known < series.end; known++) {
        if (!is_withdrawn(known) && kadr_period_equal(known->key.period, q->period)) {
            return known;
        }
    }
    return NULL;
}

static struct figure own_exact(const struct view *view, const struct question *q)
{
    const struct known *known = exactly(view, q);
    struct figure figure = known ? figure_or_reason(known) : (struct figure){ 0 };
    figure.exact = figure.has_value;
    return figure;
}

static bool is_calendar(struct kadr_period period)
{
    for (size_t i = 0; i < CALENDAR_KINDS; i++) {
        if (kadr_period_equal(kadr_period_around(period.first, calendar_kinds[i]), period)) {
            return true;
        }
    }
    return false;
}

static int days_in(struct kadr_period period)
{
    return period.last - period.first + 1;
}

void kadr_oracle_add_numbers(struct figure *sum, const struct figure *part)
{
    sum->lo += part->lo;
    sum->hi += part->hi;
    sum->known_hi += part->known_hi;
    sum->hi_open = sum->hi_open || part->hi_open;
    sum->known_hi_open = sum->known_hi_open || part->known_hi_open;
    sum->oldest = sum->has_value && sum->oldest < part->oldest ? sum->oldest : part->oldest;
    sum->newest = sum->has_value && sum->newest > part->newest ? sum->newest : part->newest;
    sum->stale = sum->stale || part->stale;
    sum->of_children = sum->of_children || part->of_children;
    sum->has_value = true;
}

/* An open end has no number; what is not complete has no upper end. */
struct figure kadr_oracle_closed(struct figure figure)
{
    figure.hi_open = figure.hi_open || !figure.complete;
    figure.hi = figure.hi_open ? 0 : figure.hi;
    figure.known_hi = figure.known_hi_open ? 0 : figure.known_hi;
    return figure;
}

/* Its period lies inside the one asked for; only a calendar period is made of others. */
static bool is_part_of(const struct known *known, const struct question *q)
{
    return kadr_period_equal(q->period, known->key.period) ||
           (kadr_period_contains(q->period, known->key.period) && is_calendar(q->period));
}

/* The later period, then the greater occurrence. */
static bool is_newer(const struct known *a, const struct known *b)
{
    struct kadr_period x = a->key.period, y = b->key.period;
    if (x.last != y.last || x.first != y.first) {
        return x.last != y.last ? x.last > y.last : x.first > y.first;
    }
    return strcmp(a->occurrence, b->occurrence) > 0;
}

/* The reason that was stated of the newest period inside. That a month is not applicable says nothing of the
 * year. */
static enum kadr_reason reason_inside(const struct view *view, const struct question *q)
{
    const struct known *newest = NULL;
    struct series series = kadr_oracle_series_of(view, q);
    for (const struct known *known = series.known; known < series.end; known++) {
        bool says_why =
            known->value.kind == KADR_VALUE_MISSING && known->value.reason != KADR_REASON_NOT_APPLICABLE;
        if (!is_withdrawn(known) && is_part_of(known, q) && says_why &&
            (!newest || is_newer(known, newest))) {
            newest = known;
        }
    }
    return newest ? newest->value.reason : KADR_REASON_NONE;
}

#define MAX_TILES 1024

/* A disjoint set of stated periods: the one that begins first, and the others. */
struct tiling {
    const struct known *tile; /* NULL: the empty set */
    const struct tiling *rest;
    size_t count;
    int days;
};

/* Most days, then fewest periods, then the earlier beginning, period by period. */
static bool better_tiling(const struct tiling *a, const struct tiling *b)
{
    if (a->days != b->days || a->count != b->count) {
        return a->days != b->days ? a->days > b->days : a->count < b->count;
    }
    for (; a->tile; a = a->rest, b = b->rest) {
        struct kadr_period x = a->tile->key.period, y = b->tile->key.period;
        if (x.first != y.first || x.last != y.last) {
            return x.first != y.first ? x.first < y.first : x.last < y.last;
        }
    }
    return false;
}

/* The best of each tail of the tiles, the last one first: its first tile with the best of those that begin
 * behind it, or the best without it. */
static void find_tilings(const struct known *const *tiles, size_t count, struct tiling best[MAX_TILES + 1])
{
    best[count] = (struct tiling){ .tile = NULL };
    for (size_t at = count; at-- > 0;) {
        size_t behind = at + 1;
        while (behind < count && tiles[behind]->key.period.first <= tiles[at]->key.period.last) {
            behind++;
        }
        struct tiling with = { tiles[at], &best[behind], best[behind].count + 1,
                               best[behind].days + days_in(tiles[at]->key.period) };
        best[at] = better_tiling(&with, &best[at + 1]) ? with : best[at + 1];
    }
}

static int by_beginning(const void *a, const void *b)
{
    const struct kadr_period *x = &(*(const struct known *const *)a)->key.period;
    const struct kadr_period *y = &(*(const struct known *const *)b)->key.period;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->last > y->last) - (x->last < y->last);
}

/* The best set of stated periods inside a calendar period, the period itself not among them. */
struct figure kadr_oracle_own_tiling(const struct view *view, const struct question *q)
{
    const struct known *tiles[MAX_TILES];
    struct tiling best[MAX_TILES + 1];
    size_t count = 0;
    struct figure sum = { .basis = KADR_BASIS_STATED };
    struct series series = kadr_oracle_series_of(view, q);
    for (const struct known *known = series.known; known < series.end && is_calendar(q->period); known++) {
        if (!is_withdrawn(known) && known->value.kind == KADR_VALUE_INTERVAL &&
            kadr_period_contains(q->period, known->key.period) &&
            !kadr_period_equal(q->period, known->key.period)) {
            KADR_ASSERT(count < MAX_TILES);
            tiles[count++] = known;
        }
    }
    qsort(tiles, count, sizeof(struct known *), by_beginning);
    find_tilings(tiles, count, best);
    for (const struct tiling *set = &best[0]; set->tile; set = set->rest) {
        struct figure part = figure_of(set->tile);
        kadr_oracle_add_numbers(&sum, &part);
    }
    sum.complete = best[0].days == days_in(q->period);
    sum.reason = sum.complete ? KADR_REASON_NONE : reason_inside(view, q);
    sum.stated = sum.has_value || sum.reason != KADR_REASON_NONE;
    return kadr_oracle_closed(sum);
}

static struct figure own_sum(const struct view *view, const struct question *q)
{
    struct figure own = own_exact(view, q);
    if (own.has_value || (own.stated && !no_figure_yet(own.reason))) {
        return own;
    }
    struct figure tiling = kadr_oracle_own_tiling(view, q);
    tiling.stated = tiling.stated || own.stated;
    if (own.stated) {
        tiling.reason = own.reason;
    }
    return tiling;
}

static struct figure own_count(const struct view *view, const struct question *q)
{
    struct figure sum = { .basis = KADR_BASIS_STATED, .complete = true, .reason = reason_inside(view, q) };
    bool not_applicable = false;
    struct series series = kadr_oracle_series_of(view, q);
    for (const struct known *known = series.known; known < series.end; known++) {
        struct figure part = figure_or_reason(known);
        if (is_withdrawn(known) || !is_part_of(known, q)) {
            continue;
        }
        if (part.has_value) {
            kadr_oracle_add_numbers(&sum, &part);
        } else if (part.not_applicable) {
            not_applicable = not_applicable || kadr_period_equal(known->key.period, q->period);
        } else {
            sum.complete = false; /* an event without a number is not an event of nobody */
        }
    }
    if (not_applicable && !sum.has_value && sum.reason == KADR_REASON_NONE) {
        return kadr_oracle_missing(KADR_REASON_NOT_APPLICABLE);
    }
    sum.stated = sum.has_value || sum.reason != KADR_REASON_NONE;
    return kadr_oracle_closed(sum);
}

struct figure kadr_oracle_own(const struct view *view, const struct question *q)
{
    static struct figure (*const own_of[])(const struct view *,
                                           const struct question *) = { [KADR_TIME_LAST] = own_last,
                                                                        [KADR_TIME_SUM] = own_sum,
                                                                        [KADR_TIME_COUNT] = own_count,
                                                                        [KADR_TIME_NONE] = own_exact };
    return own_of[info_of(view, q)->time](view, q);
}
