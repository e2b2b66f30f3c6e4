/* SPDX-License-Identifier: Apache-2.0 */
/* superseded.c - which statements are let go, and how they come back.
 *
 * Kept of a series: the statement in force today and those behind it; and those from the earliest day on to
 * which an `unexplained` above looks back, so that a national total of last December does not call the months
 * since back again and again. That is a matter of cost alone: what is missed here is called back.
 *
 * A series is looked at when a newer statement would make its array grow, and in turn with all others. So the
 * period before the newest one, which corrections are about, mostly stays for a while.
 *
 * A series that was called back RECALLS times in a day stays: something looks at its past all the time.
 */
#include "domain/superseded.h"

#include "base/err.h"
#include "domain/rollup_state.h"

#define RECALLS 4

void kadr_rollup_set_recall(struct kadr_rollup *rollup, const struct kadr_recall *recall)
{
    rollup->recall = *recall;
    rollup->evaluator.call_back = kadr_rollup_call_back;
    rollup->evaluator.call_back_context = rollup;
}

size_t kadr_rollup_let_go_count(const struct kadr_rollup *rollup)
{
    return rollup->let_go_count;
}

uint64_t kadr_rollup_recall_count(const struct kadr_rollup *rollup)
{
    return rollup->recall_count;
}

/* ---- letting go ---------------------------------------------------------------------------------------- */

/* The statement in force on a day; statement_count: none in memory. */
static uint32_t in_force(const struct kadr_series *series, kadr_day day)
{
    size_t i = kadr_series_from(series, day + 1);
    while (i > 0) {
        if (kadr_statement_is_hard(&series->statements[--i])) {
            return (uint32_t)i;
        }
    }
    return series->statement_count;
}

/* The earliest day that something stated at or above the series looks back to. Recursion ends with the
 * country, without dimensions. */
static kadr_day looked_back_to(const struct kadr_series_table *table, const struct kadr_series *series,
                               kadr_day today)
{
    kadr_day earliest = today;
    uint32_t own = in_force(series, today);
    if (own < series->statement_count && series->statements[own].period.last < earliest) {
        earliest = series->statements[own].period.last;
    }
    size_t count = kadr_series_is_below_stated(table, series) ? series->up_count : 0;
    for (size_t i = 0; i < count; i++) {
        kadr_day above = looked_back_to(table, series->up[i], today);
        earliest = above < earliest ? above : earliest;
    }
    return earliest;
}

static bool may_go(const struct kadr_rollup *rollup, const struct kadr_series *series)
{
    return series->statement_count > 1 && series->recalls < RECALLS &&
           kadr_indicator_info(rollup->reference, series->indicator)->time == KADR_TIME_LAST;
}

static bool are_durable(const struct kadr_series *series, uint32_t count, uint64_t durable)
{
    bool all = true;
    for (uint32_t i = 0; i < count; i++) {
        all = all && series->statements[i].commit <= durable;
    }
    return all;
}

static void let_go(struct kadr_rollup *rollup, struct kadr_series *series, uint64_t durable)
{
    if (!may_go(rollup, series)) {
        return;
    }
    uint32_t keep = in_force(series, looked_back_to(&rollup->table, series, rollup->day));
    if (keep == 0 || keep == series->statement_count || !are_durable(series, keep, durable)) {
        return;
    }
    if (series->let_go == 0) {
        series->let_go_from = series->statements[0].period.first;
    }
    kadr_series_drop(&rollup->table, series, keep);
    rollup->let_go_count += keep;
    series->let_go += keep;
}

/* Series lie all over the memory, and most have nothing to let go. */
static void fetch_ahead(const struct kadr_series_table *table, size_t index)
{
    if (index + 24 < table->count) {
        __builtin_prefetch(table->all[index + 24]);
        __builtin_prefetch((const char *)table->all[index + 24] + 64);
        kadr_series_fetch(table->all[index + 12]);
    }
}

void kadr_rollup_make_room(struct kadr_rollup *rollup, struct kadr_series *series, struct kadr_period next)
{
    const struct kadr_statement *newest = &series->statements[series->statement_count - 1];
    if (rollup->recall.read && rollup->day != KADR_DAY_NONE && kadr_period_order(next, newest->period) > 0) {
        let_go(rollup, series, rollup->durable);
    }
}

void kadr_rollup_let_go(struct kadr_rollup *rollup, size_t series, uint64_t durable)
{
    rollup->durable = durable;
    if (!rollup->recall.read || rollup->day == KADR_DAY_NONE || rollup->err) {
        return;
    }
    for (size_t i = 0; i < series && i < rollup->table.count; i++) {
        rollup->next_to_go = rollup->next_to_go < rollup->table.count ? rollup->next_to_go : 0;
        fetch_ahead(&rollup->table, rollup->next_to_go);
        let_go(rollup, rollup->table.all[rollup->next_to_go++], durable);
    }
}

bool kadr_rollup_is_let_go(struct kadr_rollup *rollup, const struct kadr_stated *stated, uint32_t count,
                           kadr_day from)
{
    struct kadr_key key;
    struct kadr_value value;
    if (kadr_stated_resolve(rollup->reference, &stated->observation, &key, &value)) {
        return false;
    }
    struct kadr_series *series = kadr_series_find(&rollup->table, key.unit, key.indicator, key.breakdown);
    bool ages = kadr_indicator_info(rollup->reference, key.indicator)->time == KADR_TIME_LAST;
    if (!series || series->statement_count == 0 || series->let_go > 0 || !ages ||
        from >= series->statements[0].period.first) {
        return false;
    }
    series->let_go = count;
    series->let_go_from = from;
    rollup->let_go_count += count;
    return true;
}

/* ---- calling back -------------------------------------------------------------------------------------- */

struct calling {
    struct kadr_rollup *rollup;
    struct kadr_series *series;
};

/* Putting a statement in force that is in force already changes nothing. */
static int take_back(void *context, const struct kadr_stated *stated)
{
    const struct calling *calling = context;
    struct kadr_series *series = calling->series;
    struct kadr_key key = { .unit = KADR_NO_UNIT };
    struct kadr_statement statement = { .stated_at_ms = stated->stated_at_ms, .commit = stated->commit };
    enum kadr_put put;
    int unfit = kadr_stated_resolve(calling->rollup->reference, &stated->observation, &key, &statement.value);
    if (unfit == KADR_ENOENT || key.unit != series->unit || key.indicator != series->indicator ||
        key.breakdown != series->breakdown) {
        return 0; /* asleep, or another's */
    }
    statement.period = key.period;
    return kadr_series_put(&calling->rollup->table, series, &statement, &put);
}

int kadr_rollup_call_back(void *context, const struct kadr_series *behind)
{
    struct kadr_rollup *rollup = context;
    struct kadr_series *series =
        kadr_series_find(&rollup->table, behind->unit, behind->indicator, behind->breakdown);
    struct calling calling = { rollup, series };
    rollup->let_go_count -= series->let_go;
    rollup->recall_count++;
    series->let_go = 0;
    series->recalls = series->recalls < UINT8_MAX ? series->recalls + 1 : UINT8_MAX;
    return rollup->recall.read(rollup->recall.context, rollup->reference, series->unit, series->indicator,
                               rollup->commit, take_back, &calling);
}

void kadr_rollup_call_all_back(struct kadr_rollup *rollup)
{
    for (size_t i = 0; i < rollup->table.count && !rollup->err; i++) {
        if (rollup->table.all[i]->let_go > 0) {
            rollup->err = kadr_rollup_call_back(rollup, rollup->table.all[i]);
        }
    }
}
