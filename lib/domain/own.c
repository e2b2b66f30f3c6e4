/* SPDX-License-Identifier: Apache-2.0 */
/* own.c - what was stated of a cell itself, by the indicator's time rule.
 *
 *   last   the newest statement on or before the day, within the borders that are valid that day
 *   sum    the statement for exactly the period, else the best tiling of it by disjoint stated periods
 *   count  every occurrence inside the period
 *   none   the statement for exactly the period
 *
 * "I have no figure yet" (not_reported, not_stated, unknown) never costs more than silence: the walk goes on
 * behind it and only remembers the reason. "I do not tell" and "cannot exist" end it.
 */
#include <string.h>

#include "base/err.h"
#include "domain/evaluate.h"

static bool is_soft(enum kadr_reason reason)
{
    return reason == KADR_REASON_NOT_REPORTED || reason == KADR_REASON_NOT_STATED ||
           reason == KADR_REASON_UNKNOWN;
}

bool kadr_statement_is_hard(const struct kadr_statement *statement)
{
    return statement->value.kind == KADR_VALUE_INTERVAL ||
           (statement->value.kind == KADR_VALUE_MISSING && !is_soft(statement->value.reason));
}

static void end_with(struct kadr_own *own, enum kadr_reason reason)
{
    own->reason = reason;
    own->not_applicable = reason == KADR_REASON_NOT_APPLICABLE;
}

static void tell(const struct kadr_evaluator *evaluator, const struct kadr_statement *statement,
                 enum kadr_use use)
{
    if (evaluator->witness) {
        evaluator->witness->saw(evaluator->witness->context, statement, use);
    }
}

/* The newest reason is remembered. */
static void remember(const struct kadr_evaluator *evaluator, struct kadr_own *own,
                     const struct kadr_statement *statement)
{
    if (own->reason == KADR_REASON_NONE) {
        own->reason = statement->value.reason;
        tell(evaluator, statement, KADR_USE_REASON);
    }
}

/* The first day of what counts: since when the unit has had the land it is asked about. */
static kadr_day counts_from(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    return evaluator->borders_today ? kadr_land_since(evaluator, at->series->unit) : KADR_DAY_MIN;
}

/* ---- last ---------------------------------------------------------------------------------------------- */

static void carry(const struct kadr_evaluator *evaluator, const struct kadr_at *at,
                  const struct kadr_statement *statement, struct kadr_own *own)
{
    const struct kadr_indicator_info *info = at->info;
    kadr_day age_days = at->day - statement->period.last;
    if (info->expires_after_days > 0 && age_days > info->expires_after_days) {
        tell(evaluator, statement, KADR_USE_EXPIRED);
        return;
    }
    if (statement->value.kind == KADR_VALUE_MISSING) {
        tell(evaluator, statement, KADR_USE_REASON);
        end_with(own, statement->value.reason);
        return;
    }
    tell(evaluator, statement, KADR_USE_VALUE);
    own->value = kadr_candidate_stated(&statement->value, statement->period.last);
    own->value.stale = info->stale_after_days > 0 && age_days > info->stale_after_days;
    own->exact = true;
}

/* A walk from the statement before `end` down comes to its end before it comes to what was let go. */
static bool is_decided_in_memory(const struct kadr_at *at, kadr_day from, size_t end)
{
    bool decided = false;
    for (size_t i = end; i > 0 && !decided; i--) {
        const struct kadr_statement *statement = &at->series->statements[i - 1];
        decided = statement->period.first < from || kadr_statement_is_hard(statement);
    }
    return decided;
}

static void own_last(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own)
{
    const struct kadr_territory *territory =
        kadr_territory_on(at->unit_info, kadr_borders_day(evaluator, at));
    size_t i = territory ? kadr_series_from(at->series, at->day + 1) : 0;
    kadr_day from = evaluator->borders_today ? counts_from(evaluator, at) : territory ? territory->from : 0;
    bool reaches = territory && at->series->let_go > 0 && at->day >= at->series->let_go_from;
    if (reaches && !is_decided_in_memory(at, from, i)) {
        int err = evaluator->call_back(evaluator->call_back_context, at->series);
        evaluator->err = err ? err : evaluator->err;
        i = kadr_series_from(at->series, at->day + 1);
    }
    while (i > 0 && at->series->statements[i - 1].period.first >= from) {
        const struct kadr_statement *statement = &at->series->statements[--i];
        if (kadr_statement_is_hard(statement)) {
            carry(evaluator, at, statement, own);
            return;
        }
        if (statement->value.kind == KADR_VALUE_MISSING) {
            remember(evaluator, own, statement);
        }
    }
}

/* ---- sum ----------------------------------------------------------------------------------------------- */

/* One stated period inside the one asked for, and the best that can be done from it to the end: the most
 * days, then the fewest periods; taking it before skipping it makes the earliest set win a tie. */
struct kadr_tile {
    const struct kadr_statement *statement;
    int64_t days;
    uint32_t periods;
    uint32_t next; /* first tile that begins after this one ends */
    bool take;
};

static size_t first_after(const struct kadr_tile *tiles, size_t low, size_t count, kadr_day day)
{
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tiles[middle].statement->period.first <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int reserve_tiles(struct kadr_evaluator *evaluator, size_t count)
{
    if (count <= evaluator->tile_cap) {
        return 0;
    }
    size_t cap = evaluator->tile_cap ? evaluator->tile_cap : 64;
    while (cap < count) {
        cap *= 2;
    }
    struct kadr_tile *tiles = realloc(evaluator->tiles, cap * sizeof(*tiles));
    if (!tiles) {
        evaluator->err = KADR_ENOMEM;
        return KADR_ENOMEM;
    }
    evaluator->tiles = tiles;
    evaluator->tile_cap = cap;
    return 0;
}

/* Statements with a value inside the period and shorter than it, and one end marker. */
static size_t collect_tiles(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_series *series = at->series;
    kadr_day from = counts_from(evaluator, at);
    size_t count = 0;
    for (size_t i = kadr_series_from(series, at->period.first);
         i < series->statement_count && series->statements[i].period.first <= at->period.last; i++) {
        const struct kadr_statement *statement = &series->statements[i];
        if (statement->value.kind != KADR_VALUE_INTERVAL || statement->period.first < from ||
            !kadr_period_contains(at->period, statement->period) ||
            kadr_period_equal(at->period, statement->period)) {
            continue;
        }
        if (reserve_tiles(evaluator, count + 2)) {
            return 0;
        }
        evaluator->tiles[count++] = (struct kadr_tile){ .statement = statement };
    }
    return count;
}

/* Dynamic programming from the last tile to the first (weighted intervals). */
static void plan_tiles(struct kadr_tile *tiles, size_t count)
{
    tiles[count] = (struct kadr_tile){ 0 };
    for (size_t i = count; i-- > 0;) {
        struct kadr_tile *tile = &tiles[i];
        struct kadr_period period = tile->statement->period;
        tile->next = (uint32_t)first_after(tiles, i + 1, count, period.last);
        const struct kadr_tile *skip = &tiles[i + 1], *rest = &tiles[tile->next];
        int64_t days = (int64_t)period.last - period.first + 1 + rest->days;
        uint32_t periods = 1 + rest->periods;
        tile->take = days > skip->days || (days == skip->days && periods <= skip->periods);
        tile->days = tile->take ? days : skip->days;
        tile->periods = tile->take ? periods : skip->periods;
    }
}

struct kadr_candidate kadr_own_tiling(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    struct kadr_candidate total = kadr_candidate_empty();
    size_t count = collect_tiles(evaluator, at);
    if (count > 0) {
        plan_tiles(evaluator->tiles, count);
        int64_t length = (int64_t)at->period.last - at->period.first + 1;
        total.complete = evaluator->tiles[0].days == length;
        for (size_t i = 0; i < count;) {
            const struct kadr_tile *tile = &evaluator->tiles[i];
            if (tile->take) {
                struct kadr_candidate part =
                    kadr_candidate_stated(&tile->statement->value, tile->statement->period.last);
                kadr_candidate_add(&total, &part);
                tell(evaluator, tile->statement, KADR_USE_VALUE);
            }
            i = tile->take ? tile->next : i + 1;
        }
    }
    kadr_candidate_finish(&total);
    return total;
}

/* The newest reason stated inside the period; "not applicable" of a part says nothing about the whole. */
static void remember_inside(const struct kadr_evaluator *evaluator, const struct kadr_at *at,
                            struct kadr_own *own)
{
    const struct kadr_series *series = at->series;
    const struct kadr_statement *newest = NULL;
    kadr_day from = counts_from(evaluator, at);
    for (size_t i = kadr_series_from(series, at->period.first);
         i < series->statement_count && series->statements[i].period.first <= at->period.last; i++) {
        const struct kadr_statement *statement = &series->statements[i];
        if (statement->value.kind == KADR_VALUE_MISSING && statement->period.first >= from &&
            statement->value.reason != KADR_REASON_NOT_APPLICABLE &&
            kadr_period_contains(at->period, statement->period) &&
            (!newest || statement->period.last >= newest->period.last)) {
            newest = statement;
        }
    }
    if (newest) {
        remember(evaluator, own, newest);
    }
}

const struct kadr_statement *kadr_own_exact(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    return at->period.first < counts_from(evaluator, at) ? NULL : kadr_series_exact(at->series, at->period);
}

/* The statement for exactly the period. @return true when it settles the matter */
static bool take_exact(const struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own)
{
    const struct kadr_statement *statement = kadr_own_exact(evaluator, at);
    if (!statement || statement->value.kind == KADR_VALUE_WITHDRAWN) {
        return false;
    }
    if (statement->value.kind == KADR_VALUE_INTERVAL) {
        own->value = kadr_candidate_stated(&statement->value, at->period.last);
        own->exact = true;
        tell(evaluator, statement, KADR_USE_VALUE);
        return true;
    }
    tell(evaluator, statement, KADR_USE_REASON);
    end_with(own, statement->value.reason);
    return !is_soft(statement->value.reason);
}

/* Every statement has a slot for each period that its figure is in. */
static bool is_silent(const struct kadr_at *at)
{
    return !kadr_series_slot(at->series, at->period);
}

static void own_sum(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own)
{
    if (is_silent(at)) {
        return;
    }
    if (take_exact(evaluator, at, own) || !kadr_at_adds(evaluator, at)) {
        return;
    }
    own->value = kadr_own_tiling(evaluator, at);
    own->value.sum = false;
    if (!own->value.present || !own->value.complete) {
        remember_inside(evaluator, at, own);
    }
}

static void own_none(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own)
{
    (void)take_exact(evaluator, at, own); /* there is no other way to know it */
}

/* ---- count --------------------------------------------------------------------------------------------- */

/* An event without a number ("staff were trained") makes the others a lower bound: missing is not zero. */
static void own_count(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own)
{
    if (is_silent(at)) {
        return;
    }
    const struct kadr_series *series = at->series;
    bool adds = kadr_at_adds(evaluator, at);
    kadr_day newest = KADR_DAY_NONE; /* of the reasons; statements come by their first days */
    struct kadr_candidate total = kadr_candidate_empty();
    kadr_day from = counts_from(evaluator, at);
    for (size_t i = kadr_series_from(series, at->period.first);
         i < series->statement_count && series->statements[i].period.first <= at->period.last; i++) {
        const struct kadr_statement *statement = &series->statements[i];
        bool exact = kadr_period_equal(at->period, statement->period);
        if (statement->period.first < from) {
            continue;
        }
        if (!exact && !(adds && kadr_period_contains(at->period, statement->period))) {
            continue;
        }
        if (statement->value.kind == KADR_VALUE_INTERVAL) {
            struct kadr_candidate part = kadr_candidate_stated(&statement->value, statement->period.last);
            kadr_candidate_add(&total, &part);
            tell(evaluator, statement, KADR_USE_VALUE);
        } else if (statement->value.kind == KADR_VALUE_MISSING &&
                   statement->value.reason != KADR_REASON_NOT_APPLICABLE) {
            tell(evaluator, statement, KADR_USE_REASON);
            total.complete = false;
            if (statement->period.last >= newest) {
                newest = statement->period.last;
                own->reason = statement->value.reason;
            }
        } else if (statement->value.kind == KADR_VALUE_MISSING && exact) {
            tell(evaluator, statement, KADR_USE_REASON);
            own->not_applicable = true;
        }
    }
    kadr_candidate_finish(&total);
    total.sum = false;
    own->value = total;
    own->not_applicable = own->not_applicable && !total.present && own->reason == KADR_REASON_NONE;
    if (own->not_applicable) {
        own->reason = KADR_REASON_NOT_APPLICABLE;
    }
}

typedef void own_fn(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *own);

static own_fn *const time_rules[] = {
    [KADR_TIME_LAST] = own_last,
    [KADR_TIME_SUM] = own_sum,
    [KADR_TIME_COUNT] = own_count,
    [KADR_TIME_NONE] = own_none,
};

void kadr_own_value(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_own *ret_own)
{
    memset(ret_own, 0, sizeof(*ret_own));
    if (at->series->statement_count > 0) {
        time_rules[at->info->time](evaluator, at, ret_own);
    }
}
