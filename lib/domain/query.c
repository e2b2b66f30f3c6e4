/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - questions: the same cells, on another day or for another period.
 *
 * A question walks the series in order. Which periods a series has cells for is the same for every day; the
 * day's window says which of them are live then.
 */
#include <string.h>

#include "base/err.h"
#include "domain/rollup_state.h"

static int compare_series(const void *left, const void *right)
{
    const struct kadr_series *a = *(const struct kadr_series *const *)left;
    const struct kadr_series *b = *(const struct kadr_series *const *)right;
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    if (a->indicator != b->indicator) {
        return a->indicator < b->indicator ? -1 : 1;
    }
    return (a->breakdown > b->breakdown) - (a->breakdown < b->breakdown);
}

/* Series are never taken out, so a different count is the only sign of new ones. */
static int order_series(struct kadr_rollup *rollup)
{
    size_t count = rollup->table.count;
    if (rollup->ordered_count == count) {
        return 0;
    }
    if (count > rollup->ordered_cap) {
        struct kadr_series **ordered = realloc(rollup->ordered, count * sizeof(struct kadr_series *));
        if (!ordered) {
            return KADR_ENOMEM;
        }
        rollup->ordered = ordered;
        rollup->ordered_cap = count;
    }
    memcpy(rollup->ordered, rollup->table.all, count * sizeof(struct kadr_series *));
    qsort(rollup->ordered, count, sizeof(struct kadr_series *), compare_series);
    rollup->ordered_count = count;
    return 0;
}

/* Index of the first series of a unit (or a later one). */
static size_t first_of_unit(const struct kadr_rollup *rollup, kadr_unit unit)
{
    size_t low = 0, high = rollup->ordered_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rollup->ordered[middle]->unit < unit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct question {
    struct kadr_rollup *rollup;
    const struct kadr_rollup_query *query;
    kadr_day day;
    struct kadr_period window;
    kadr_cell_fn *fn;
    void *context;
};

static bool is_asked_unit(const struct question *q, kadr_unit unit)
{
    kadr_unit asked = q->query->unit;
    return asked == KADR_NO_UNIT || asked == unit ||
           (q->query->subtree && kadr_unit_within(q->rollup->reference, unit, asked));
}

/* What happened had not begun yet on an earlier day that is asked about; what was planned for later had. */
static bool is_to_come(const struct question *q, kadr_indicator indicator, struct kadr_period period)
{
    enum kadr_kind kind = kadr_indicator_info(q->rollup->reference, indicator)->kind;
    return q->day < q->rollup->day && period.first > q->day &&
           (kind == KADR_KIND_FLOW || kind == KADR_KIND_EVENT);
}

static bool is_asked_period(const struct question *q, kadr_indicator indicator, struct kadr_period period)
{
    if (is_to_come(q, indicator, period)) {
        return false;
    }
    if (q->query->has_period && !kadr_period_equal(period, KADR_PERIOD_AS_OF)) {
        return kadr_period_equal(period, q->query->period);
    }
    return kadr_slot_is_live(kadr_indicator_info(q->rollup->reference, indicator), period, q->window);
}

static int answer(const struct question *q, const struct kadr_series *series)
{
    kadr_day day = q->day;
    if (q->query->has_period && q->query->period.last < day) {
        day = q->query->period.last;
    }
    for (size_t i = 0; i < series->slot_count; i++) {
        if (!is_asked_period(q, series->indicator, series->slots[i].period)) {
            continue;
        }
        struct kadr_at at = kadr_at(&q->rollup->evaluator, series, series->slots[i].period, day);
        struct kadr_cell cell = kadr_evaluate_cell(&q->rollup->evaluator, &at);
        if (q->rollup->evaluator.err) {
            return q->rollup->evaluator.err;
        }
        int result = q->fn(q->context, &cell);
        if (result) {
            return result;
        }
    }
    return 0;
}

static int walk(const struct question *q)
{
    const struct kadr_rollup *rollup = q->rollup;
    bool one_unit = q->query->unit != KADR_NO_UNIT && !q->query->subtree;
    for (size_t i = one_unit ? first_of_unit(rollup, q->query->unit) : 0; i < rollup->ordered_count; i++) {
        const struct kadr_series *series = rollup->ordered[i];
        if (one_unit && series->unit != q->query->unit) {
            return 0;
        }
        bool asked = q->query->indicator == KADR_NO_INDICATOR || q->query->indicator == series->indicator;
        int result = asked && is_asked_unit(q, series->unit) ? answer(q, series) : 0;
        if (result) {
            return result;
        }
    }
    return 0;
}

int kadr_rollup_query(struct kadr_rollup *rollup, const struct kadr_rollup_query *query, kadr_cell_fn *fn,
                      void *context)
{
    struct question q = { .rollup = rollup, .query = query, .fn = fn, .context = context };
    q.day = query->as_of == KADR_DAY_NONE ? rollup->day : query->as_of;
    bool in_calendar = q.day == KADR_DAY_NONE || q.day >= KADR_DAY_MIN;
    if (q.day > rollup->day || !in_calendar) {
        return KADR_EINVAL;
    }
    if (rollup->err || order_series(rollup)) {
        return KADR_ENOMEM;
    }
    if (!rollup->reference || q.day == KADR_DAY_NONE) {
        return 0;
    }
    q.window = kadr_live_window(q.day);
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
    rollup->evaluator.borders_today = query->borders_today;
    int result = walk(&q);
    rollup->evaluator.borders_today = false;
    return result;
}
