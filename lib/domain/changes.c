/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c - cells out: what differs from what was handed out, and why.
 *
 * The kind of a change comes from what touched the cell since it was handed out (causes) and from the two
 * cells themselves; the first that applies, in the order of enum kadr_change.
 */
#include <string.h>

#include "base/err.h"
#include "domain/rollup_state.h"

const char *kadr_change_text(enum kadr_change change)
{
    static const char *const texts[] = { "unknown", "reference", "aged",    "withdrawn", "corrected",
                                         "new",     "completed", "updated", "refreshed" };
    return (size_t)change < KADR_COUNT(texts) ? texts[change] : texts[0];
}

bool kadr_rollup_reserve(struct kadr_rollup *rollup, void **items, size_t *cap, size_t count,
                         size_t item_bytes)
{
    if (count < *cap) {
        return true;
    }
    size_t wider = *cap ? *cap * 2 : 64;
    while (wider <= count) {
        wider *= 2;
    }
    void *moved = realloc(*items, wider * item_bytes);
    if (!moved) {
        rollup->err = KADR_ENOMEM;
        return false;
    }
    *items = moved;
    *cap = wider;
    return true;
}

void kadr_rollup_touch(struct kadr_rollup *rollup, struct kadr_live *live, unsigned cause, kadr_day since)
{
    bool pending = live->causes != 0;
    bool first = !pending || since < live->since;
    if (first || since == live->since) {
        live->first = (uint8_t)(((first ? 0U : live->first) | cause) & KADR_CAUSES_STATED);
        live->since = since;
    }
    live->figure.valued = false;
    live->causes = (uint8_t)(live->causes | cause);
    struct kadr_pending *list = &rollup->pending[live->series->rank];
    void *items = list->cells;
    if (!pending && kadr_rollup_reserve(rollup, &items, &list->cap, list->count, sizeof(*list->cells))) {
        list->cells = items;
        list->cells[list->count++] = live;
    }
}

/* ---- cells that leave ---------------------------------------------------------------------------------- */

void kadr_rollup_report_gone(struct kadr_rollup *rollup, const struct kadr_cell_key *key,
                             enum kadr_change kind)
{
    void *items = rollup->gone;
    if (kadr_rollup_reserve(rollup, &items, &rollup->gone_cap, rollup->gone_count, sizeof(*rollup->gone))) {
        rollup->gone = items;
        rollup->gone[rollup->gone_count++] = (struct kadr_gone){ *key, kind };
    }
}

void kadr_rollup_retire(struct kadr_rollup *rollup, struct kadr_live *live, enum kadr_change kind)
{
    const struct kadr_series *series = live->series;
    struct kadr_cell_key key = { series->breakdown, live->period, series->unit, series->indicator };
    kadr_rollup_leave_digest(rollup, live);
    if (live->handed_out) {
        kadr_rollup_report_gone(rollup, &key, kind);
    }
    rollup->passed_over_count -= live->counted ? 1 : 0;
    rollup->broken_count -= live->broken ? 1 : 0;
    rollup->cell_count--;
    live->next_spare = rollup->spare;
    rollup->spare = live;
}

/* ---- cells that changed -------------------------------------------------------------------------------- */

/* Said of a cell that had a value before. */
static bool is_completed(const struct kadr_figure *before, const struct kadr_figure *now)
{
    const struct kadr_coverage *then = &before->coverage, *since = &now->coverage;
    if (since->reported > then->reported || since->complete > then->complete) {
        return true;
    }
    bool more = !kadr_figure_is_incomplete(now) || now->value.used > before->value.used;
    return kadr_figure_is_incomplete(before) && now->value.present && more;
}

/* @param now  differs from the figure that the cell was handed out with, if it was */
static enum kadr_change kind_of(const struct kadr_live *live, const struct kadr_figure *now)
{
    unsigned causes = live->causes;
    if (causes & KADR_CAUSE_REFERENCE) {
        return KADR_CHANGE_REFERENCE;
    }
    if (causes == KADR_CAUSE_DAY) {
        return KADR_CHANGE_AGED;
    }
    if (causes & KADR_CAUSE_WITHDRAWN) {
        return KADR_CHANGE_WITHDRAWN;
    }
    if (causes & KADR_CAUSE_CORRECTED) {
        return KADR_CHANGE_CORRECTED;
    }
    if (!live->handed_out || !live->figure.value.present) {
        return KADR_CHANGE_NEW;
    }
    if (is_completed(&live->figure, now)) {
        return KADR_CHANGE_COMPLETED;
    }
    return kadr_figure_same_value(&live->figure, now) ? KADR_CHANGE_REFRESHED : KADR_CHANGE_UPDATED;
}

/* One that is to be handed out; `order` is what the order of changes begins with. */
struct kadr_changed {
    union {
        const struct kadr_live *live;
        const struct kadr_gone *gone; /* of one removed */
    };
    uint32_t order;
    enum kadr_change kind;
    bool removed;
};

static void note_changed(struct kadr_rollup *rollup, const struct kadr_changed *changed)
{
    void *items = rollup->changed;
    if (kadr_rollup_reserve(rollup, &items, &rollup->changed_cap, rollup->changed_count,
                            sizeof(*rollup->changed))) {
        rollup->changed = items;
        rollup->changed[rollup->changed_count++] = *changed;
    }
}

static uint32_t order_of(const struct kadr_rollup *rollup, kadr_unit unit, kadr_indicator indicator)
{
    return unit * (uint32_t)kadr_indicator_count(rollup->reference) + indicator;
}

static void note_live(struct kadr_rollup *rollup, const struct kadr_live *live, enum kadr_change kind)
{
    struct kadr_changed changed = { .live = live, .kind = kind };
    changed.order = order_of(rollup, live->series->unit, live->series->indicator);
    note_changed(rollup, &changed);
}

/* Those that left since the last take. */
static void note_gone(struct kadr_rollup *rollup)
{
    for (size_t i = 0; i < rollup->gone_count; i++) {
        const struct kadr_gone *gone = &rollup->gone[i];
        struct kadr_changed changed = { .gone = gone, .kind = gone->kind, .removed = true };
        changed.order = order_of(rollup, gone->key.unit, gone->key.indicator);
        note_changed(rollup, &changed);
    }
    rollup->gone_count = 0; /* they stay where they are until one more leaves */
}

/* Evaluates one pending cell; notes it if it differs. */
static void settle(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_at at = kadr_at(&rollup->evaluator, live->series, live->period, rollup->day);
    struct kadr_figure figure;
    bool known = live->handed_out && !(live->causes & KADR_CAUSE_REFERENCE);
    kadr_evaluate_anew(&rollup->evaluator, &at, known ? &live->figure : NULL, live->since, &figure);
    bool changed = !live->handed_out || !kadr_figure_equal(&live->figure, &figure);
    if (changed) {
        note_live(rollup, live, kind_of(live, &figure));
    }
    if (changed || !live->digested) {
        kadr_rollup_digest_due(rollup, live);
    }
    rollup->passed_over_count += figure.passed_over ? 1 : 0;
    rollup->passed_over_count -= live->counted ? 1 : 0;
    live->counted = figure.passed_over;
    rollup->broken_count += figure.holds == KADR_HOLDS_NO ? 1 : 0;
    rollup->broken_count -= live->broken ? 1 : 0;
    live->broken = figure.holds == KADR_HOLDS_NO;
    live->figure = figure;
    live->handed_out = true;
    live->causes = 0;
}

/* ---- their order --------------------------------------------------------------------------------------- */

static struct kadr_cell_key key_of(const struct kadr_changed *changed)
{
    if (changed->removed) {
        return changed->gone->key;
    }
    const struct kadr_series *series = changed->live->series;
    return (struct kadr_cell_key){ series->breakdown, changed->live->period, series->unit,
                                   series->indicator };
}

/* Of one unit and indicator. A removal comes behind the cell that took its place within one take. */
static int compare_changed(const void *left, const void *right)
{
    const struct kadr_changed *a = left, *b = right;
    struct kadr_cell_key x = key_of(a), y = key_of(b);
    if (x.breakdown != y.breakdown) {
        return x.breakdown < y.breakdown ? -1 : 1;
    }
    int order = kadr_period_order(x.period, y.period);
    return order ? order : (int)a->removed - (int)b->removed;
}

#define DIGIT_BITS 11
#define DIGITS     ((size_t)1 << DIGIT_BITS)

static void swap_sorted(struct kadr_rollup *rollup)
{
    struct kadr_changed *changed = rollup->changed;
    size_t cap = rollup->changed_cap;
    rollup->changed = rollup->sorted;
    rollup->changed_cap = rollup->sorted_cap;
    rollup->sorted = changed;
    rollup->sorted_cap = cap;
}

static void sort_digit(struct kadr_rollup *rollup, unsigned shift)
{
    size_t begin[DIGITS + 1] = { 0 };
    for (size_t i = 0; i < rollup->changed_count; i++) {
        begin[(rollup->changed[i].order >> shift) % DIGITS + 1]++;
    }
    for (size_t digit = 0; digit < DIGITS; digit++) {
        begin[digit + 1] += begin[digit];
    }
    for (size_t i = 0; i < rollup->changed_count; i++) {
        rollup->sorted[begin[(rollup->changed[i].order >> shift) % DIGITS]++] = rollup->changed[i];
    }
    swap_sorted(rollup);
}

/* By unit and indicator: a radix sort with as many digits as there are units times indicators. */
static bool sort_coarsely(struct kadr_rollup *rollup)
{
    void *items = rollup->sorted;
    uint32_t greatest = order_of(rollup, (kadr_unit)kadr_unit_count(rollup->reference), 0);
    if (!kadr_rollup_reserve(rollup, &items, &rollup->sorted_cap, rollup->changed_count,
                             sizeof(*rollup->sorted))) {
        return false;
    }
    rollup->sorted = items;
    for (unsigned shift = 0; shift < 32 && greatest >> shift > 0; shift += DIGIT_BITS) {
        sort_digit(rollup, shift);
    }
    return true;
}

#define FEW 32

/* Mostly a handful, and mostly in order. */
static void sort_few(struct kadr_changed *run, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct kadr_changed changed = run[i];
        size_t at = i;
        for (; at > 0 && compare_changed(&run[at - 1], &changed) > 0; at--) {
            run[at] = run[at - 1];
        }
        run[at] = changed;
    }
}

static void sort_run(struct kadr_changed *run, size_t count)
{
    if (count <= FEW) {
        sort_few(run, count);
    } else {
        qsort(run, count, sizeof(*run), compare_changed);
    }
}

/* The cells behind the one at `index` will be looked at, and their series. */
static void fetch_changed(const struct kadr_rollup *rollup, size_t index)
{
    const struct kadr_changed *changed = &rollup->changed[index];
    if (index + 16 < rollup->changed_count && !changed[8].removed) {
        __builtin_prefetch(changed[16].live);
        __builtin_prefetch((const char *)changed[16].live + 64);
        __builtin_prefetch(changed[8].live->series);
    }
}

static bool sort_changed(struct kadr_rollup *rollup)
{
    if (rollup->changed_count == 0) {
        return true;
    }
    if (!sort_coarsely(rollup)) {
        return false;
    }
    struct kadr_changed *changed = rollup->changed;
    for (size_t i = 0, end; i < rollup->changed_count; i = end) {
        end = i + 1;
        fetch_changed(rollup, i);
        while (end < rollup->changed_count && changed[end].order == changed[i].order) {
            end++;
        }
        sort_run(&changed[i], end - i);
    }
    return true;
}

/* A cell that left and came back within one take is there. */
static void drop_repeats(struct kadr_rollup *rollup)
{
    struct kadr_changed *changed = rollup->changed;
    size_t kept = 0;
    for (size_t i = 0; i < rollup->changed_count; i++) {
        struct kadr_cell_key key = key_of(&changed[i]);
        struct kadr_cell_key last = kept > 0 ? key_of(&changed[kept - 1]) : key;
        bool repeats = kept > 0 && changed[i].removed && changed[kept - 1].order == changed[i].order &&
                       last.breakdown == key.breakdown && kadr_period_equal(last.period, key.period);
        if (!repeats) {
            changed[kept++] = changed[i];
        }
    }
    rollup->changed_count = kept;
}

/* Cells lie all over the memory. While one is evaluated, those that come soon are asked for: the cell, then
 * its series, then the series of its parts, and at last their cells. */
static void fetch_ahead(const struct kadr_pending *list, size_t index)
{
    if (index + 16 < list->count) {
        const struct kadr_live *near = list->cells[index + 8];
        kadr_live_fetch(list->cells[index + 16]);
        __builtin_prefetch(near->series);
        __builtin_prefetch((const char *)near->series + 64);
        kadr_series_fetch(list->cells[index + 4]->series);
        kadr_series_fetch_parts(list->cells[index + 2]->series);
        kadr_series_fetch_cells(list->cells[index + 1]->series, list->cells[index + 1]->period);
    }
}

/* Parts before what is made of them, so that whatever a cell looks at is settled. */
static void settle_pending(struct kadr_rollup *rollup)
{
    rollup->changed_count = 0;
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        struct kadr_pending *list = &rollup->pending[rank];
        for (size_t i = 0; i < list->count; i++) {
            fetch_ahead(list, i);
            settle(rollup, list->cells[i]);
        }
        list->count = 0;
    }
}

int kadr_rollup_take_changes(struct kadr_rollup *rollup, size_t *ret_count)
{
    if (rollup->err) {
        return rollup->err;
    }
    settle_pending(rollup);
    bool some_left = rollup->gone_count > 0;
    note_gone(rollup);
    if (rollup->err || !sort_changed(rollup)) {
        return KADR_ENOMEM;
    }
    if (some_left) {
        drop_repeats(rollup);
    }
    *ret_count = rollup->changed_count;
    return rollup->evaluator.err;
}

struct kadr_cell_change kadr_rollup_change(const struct kadr_rollup *rollup, size_t index)
{
    KADR_ASSERT(index < rollup->changed_count);
    const struct kadr_changed *changed = &rollup->changed[index];
    if (changed->removed) {
        struct kadr_cell cell = {
            .key = changed->gone->key, .expected = -1, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE
        };
        return (struct kadr_cell_change){ .cell = cell, .kind = changed->kind, .removed = true };
    }
    const struct kadr_live *live = changed->live;
    fetch_changed(rollup, index); /* the reader will come to them */
    return (struct kadr_cell_change){ .cell = kadr_figure_cell(&live->figure, live->series, live->period),
                                      .kind = changed->kind };
}
