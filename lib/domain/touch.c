/* SPDX-License-Identifier: Apache-2.0 */
/* touch.c - which cells a statement touches.
 *
 *   statement ─▶ its series (unit, indicator, breakdown) x every period that holds it
 *                 ─▶ the same of every unit above x every breakdown with dimensions dropped
 *                 ─▶ every ratio and difference computed of them
 *
 * Touching walks up the graph of series and stops at a cell that waits for the same cause: so does all above
 * it. A tick with many statements of one place so costs little more than each one's own cell.
 *
 * Invariants: every slot inside the live window has a live cell, no other has; a series exists for every key
 * stated and for all its closure, and a slot likewise; what depends on a cell waits for each of its causes.
 */
#include "base/err.h"
#include "domain/rollup_state.h"

bool kadr_rollup_is_live(const struct kadr_rollup *rollup, const struct kadr_series *series,
                         struct kadr_period period)
{
    return kadr_slot_is_live(kadr_indicator_info(rollup->reference, series->indicator), period,
                             rollup->window);
}

void kadr_rollup_make_live(struct kadr_rollup *rollup, struct kadr_series *series, struct kadr_slot *slot)
{
    struct kadr_live *live = rollup->spare;
    if (live) {
        rollup->spare = live->next_spare;
    } else {
        live = kadr_pool_alloc(rollup->table.pool, sizeof(*live));
    }
    if (!live) {
        rollup->err = KADR_ENOMEM;
        return;
    }
    *live = (struct kadr_live){ .series = series, .period = slot->period };
    slot->live = live;
    rollup->cell_count++;
}

/* ---- one cell, and all above it ------------------------------------------------------------------------ */

/* Why; the first day of the statement, for a stock's also touches the periods that it is taken over; and
 * which cells of one indicator. */
struct touch {
    unsigned cause;
    kadr_day day;
    struct kadr_period period;
    const struct kadr_indicator_info *info;
};

/* Whatever depends on the cell waits for this already. Which periods wait for a stock's statement is a matter
 * of its day, and so of the first day with each cause; kept is which ones came with the first of all. */
static bool is_known(const struct kadr_live *live, const struct touch *why)
{
    bool again = (live->causes & why->cause) == why->cause;
    if (!again || !kadr_period_equal(live->period, KADR_PERIOD_AS_OF)) {
        return again;
    }
    bool first = (live->first & why->cause) == why->cause;
    return live->since <= why->day && (first || !why->info->makes_periods);
}

static void touch_derived(struct kadr_rollup *rollup, const struct kadr_series *part,
                          const struct touch *touch);

/* The cell of this period, and those computed of it; makes it if it is not there yet.
 * @return false: all that depends on it waits already, or never will */
static bool touch_one(struct kadr_rollup *rollup, struct kadr_series *series, const struct touch *touch)
{
    bool made;
    struct kadr_slot *slot = kadr_series_slot_get(&rollup->table, series, touch->period, &made);
    if (!slot) {
        rollup->err = KADR_ENOMEM;
        return false;
    }
    if (made && rollup->day != KADR_DAY_NONE &&
        kadr_slot_is_live(touch->info, touch->period, rollup->window)) {
        kadr_rollup_make_live(rollup, series, slot);
    }
    if (!made && (!slot->live || is_known(slot->live, touch))) {
        return false;
    }
    if (slot->live) {
        kadr_rollup_touch(rollup, slot->live, touch->cause, touch->day);
    }
    if (touch->info->derived_count > 0) {
        touch_derived(rollup, series, touch);
    }
    return true;
}

/* …, and every cell above. Ends with the country, without dimensions. */
static void touch_cell(struct kadr_rollup *rollup, struct kadr_series *series, const struct touch *touch)
{
    while (touch_one(rollup, series, touch) && series->up_count > 0) {
        for (size_t i = 1; i < series->up_count; i++) {
            touch_cell(rollup, series->up[i], touch);
        }
        series = series->up[0];
    }
}

/* ---- what is computed of it ---------------------------------------------------------------------------- */

static bool takes_all(const struct kadr_rollup *rollup, const struct kadr_indicator_info *info,
                      kadr_breakdown breakdown)
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(breakdown, members);
    bool takes = true;
    for (size_t i = 0; i < count; i++) {
        takes =
            takes && kadr_indicator_takes(info, kadr_member_info(rollup->reference, members[i])->dimension);
    }
    return takes;
}

/* Those of a computed series that are there: of the same period, or, where it takes a stock on a day, of the
 * periods that end on the statement's day or later. */
static void touch_there(struct kadr_rollup *rollup, struct kadr_series *series, bool takes_day,
                        const struct touch *touch)
{
    for (size_t i = 0; i < series->slot_count; i++) {
        struct touch there = *touch;
        there.period = series->slots[i].period;
        if (series->slots[i].live &&
            (takes_day ? there.period.last >= touch->day : kadr_period_equal(there.period, touch->period))) {
            touch_cell(rollup, series, &there);
        }
    }
}

static void touch_made(struct kadr_rollup *rollup, const struct kadr_series *part, kadr_indicator derived,
                       const struct touch *touch)
{
    struct kadr_series *made = kadr_series_get(&rollup->table, part->unit, derived, part->breakdown);
    if (made) {
        touch_cell(rollup, made, touch);
    } else {
        rollup->err = KADR_ENOMEM;
    }
}

/* The cells of one derived indicator that look at this one. One term makes them; the others find those that
 * are there. */
static void touch_derived_of(struct kadr_rollup *rollup, const struct kadr_series *part,
                             kadr_indicator derived, const struct touch *touch)
{
    struct touch of_it = *touch;
    const struct kadr_indicator_info *info = kadr_indicator_info(rollup->reference, derived);
    bool takes_day = info->time != KADR_TIME_LAST && kadr_period_equal(touch->period, KADR_PERIOD_AS_OF);
    of_it.info = info;
    if (info->terms[info->maker].indicator == part->indicator) {
        if (takes_all(rollup, info, part->breakdown)) {
            touch_made(rollup, part, derived, &of_it);
        }
        return;
    }
    for (struct kadr_series *s = kadr_series_first(&rollup->table, part->unit, derived); s; s = s->next) {
        if (kadr_breakdown_of_term(rollup->reference, info, 1, s->breakdown) == part->breakdown) {
            touch_there(rollup, s, takes_day, &of_it);
        }
    }
}

/* Recursion ends: terms of terms are sums. */
static void touch_derived(struct kadr_rollup *rollup, const struct kadr_series *part,
                          const struct touch *touch)
{
    for (size_t d = 0; d < touch->info->derived_count; d++) {
        touch_derived_of(rollup, part, touch->info->derived[d], touch);
    }
}

/* ---- a statement --------------------------------------------------------------------------------------- */

/* Offices state their figures of one period: the calendar is asked once about it. */
static const struct kadr_slots *slots_of(struct kadr_rollup *rollup, const struct kadr_indicator_info *info,
                                         struct kadr_period period)
{
    struct kadr_slots *last = &rollup->last_slots[info->time];
    if (last->count == 0 || !kadr_period_equal(last->stated, period)) {
        last->stated = period;
        last->count = kadr_slots_of(info, period, last->slots);
    }
    return last;
}

void kadr_rollup_touch_closure(struct kadr_rollup *rollup, struct kadr_series *series,
                               struct kadr_period period, unsigned cause)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(rollup->reference, series->indicator);
    const struct kadr_slots *slots = slots_of(rollup, info, period);
    struct touch touch = { .cause = cause, .day = period.first, .info = info };
    for (size_t i = 0; i < slots->count; i++) {
        touch.period = slots->slots[i];
        touch_cell(rollup, series, &touch);
    }
}
