/* SPDX-License-Identifier: Apache-2.0 */
/* met.c - see met.h. Quadratic in the statements of a history, which are about a hundred. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "met.h"

#include "domain/rollup_world.h"

static const char *const names[MET_COUNT] = {
    [MET_CORRECTION] = "corrections",
    [MET_WITHDRAWAL] = "withdrawals",
    [MET_REPLACED] = "figures of replaced reports",
    [MET_OFFLINE] = "offline statements",
    [MET_LATE] = "late statements of a key",
    [MET_NOT_STATED] = "not_stated",
    [MET_NOT_REPORTED] = "not_reported",
    [MET_NOT_APPLICABLE] = "not_applicable",
    [MET_WITHHELD] = "withheld",
    [MET_SUPPRESSED] = "suppressed",
    [MET_UNKNOWN] = "unknown",
    [MET_INTERVAL] = "intervals",
    [MET_OPEN_INTERVAL] = "open intervals",
    [MET_OPEN_BESIDE] = "open intervals below another way's figure",
    [MET_OVERLAP] = "overlapping periods",
    [MET_INSIDE] = "periods inside others",
    [MET_EVENT] = "events",
    [MET_OCCURRENCES] = "further occurrences",
    [MET_BEYOND_REGIONS] = "organisations beside the regions",
    [MET_SPLIT_REGION] = "both sides of a region's split",
    [MET_SPLIT_DISTRICT] = "both sides of a district's split",
    [MET_MOVED] = "units with another parent now",
    [MET_CLOSED] = "closed units",
    [MET_REFUSED] = "refused",
    [MET_HELD] = "held",
    [MET_DAY] = "days",
    [MET_REFERENCE] = "changes of reference",
    [MET_ASLEEP] = "statements put to sleep",
    [MET_SUM] = "cells: sums",
    [MET_RATIO] = "cells: ratios",
    [MET_RANGE] = "cells: ranges",
    [MET_INCOMPLETE] = "cells: incomplete",
    [MET_STALE] = "cells: stale",
    [MET_CARRIED] = "cells: a figure and a reason",
    [MET_ONLY_REASON] = "cells: only a reason",
    [MET_NOBODY] = "cells: nobody reported",
    [MET_OUTSTANDING] = "cells: outstanding",
    [MET_CONTRADICTION] = "cells: contradictions",
    [MET_RULE_HOLDS] = "cells: rule holds",
    [MET_RULE_BROKEN] = "cells: rule broken",
    [MET_RULE_UNKNOWN] = "cells: rule unknown",
};

/* ---- what was said ---------------------------------------------------------------------------------------
 */

/* An accepted statement. */
struct told {
    struct words plain; /* as written */
    struct words words; /* cut up by parsing */
    struct kadr_observation obs;
    const char *breakdown; /* members are always named in one order */
    kadr_ms at_ms;
    size_t record;
    const struct kadr_unit_info *unit; /* by any reference that has it */
    enum kadr_kind kind;
};

static bool same_series(const struct told *a, const struct told *b)
{
    return strcmp(a->obs.unit, b->obs.unit) == 0 && strcmp(a->obs.indicator, b->obs.indicator) == 0 &&
           strcmp(a->breakdown, b->breakdown) == 0;
}

static bool same_period(const struct told *a, const struct told *b)
{
    return same_series(a, b) && kadr_period_equal(a->obs.period, b->obs.period);
}

static bool same_key(const struct told *a, const struct told *b)
{
    return same_period(a, b) && strcmp(a->obs.occurrence, b->obs.occurrence) == 0;
}

static bool is_withdrawn(const struct told *told)
{
    return told->obs.value.kind == KADR_VALUE_WITHDRAWN;
}

static bool corrects(const struct told *now, const struct told *before)
{
    return same_key(now, before) && !is_withdrawn(now) && !is_withdrawn(before) &&
           now->at_ms >= before->at_ms && strcmp(now->plain.word[4], before->plain.word[4]) != 0;
}

static bool withdraws(const struct told *now, const struct told *before)
{
    return same_key(now, before) && is_withdrawn(now) && !now->obs.of_replaced && !is_withdrawn(before);
}

static bool replaces(const struct told *now, const struct told *before)
{
    return same_key(now, before) && now->obs.of_replaced && !is_withdrawn(before);
}

static bool was_offline(const struct told *now, const struct told *before)
{
    return now->record != before->record && now->at_ms < before->at_ms;
}

static bool is_late(const struct told *now, const struct told *before)
{
    return same_key(now, before) && was_offline(now, before);
}

static bool lies_inside(const struct told *now, const struct told *before)
{
    struct kadr_period a = now->obs.period, b = before->obs.period;
    return same_series(now, before) && !kadr_period_equal(a, b) &&
           (kadr_period_contains(a, b) || kadr_period_contains(b, a));
}

static bool overlaps(const struct told *now, const struct told *before)
{
    return same_series(now, before) && kadr_period_overlaps(now->obs.period, before->obs.period) &&
           !kadr_period_equal(now->obs.period, before->obs.period) && !lies_inside(now, before);
}

static bool occurs_again(const struct told *now, const struct told *before)
{
    return same_period(now, before) && now->kind == KADR_KIND_EVENT && !same_key(now, before);
}

static bool outdoes(const struct told *more, const struct told *open)
{
    const struct kadr_value *a = &more->obs.value, *b = &open->obs.value;
    return a->kind == KADR_VALUE_INTERVAL && b->kind == KADR_VALUE_INTERVAL && b->hi_open && a->lo > b->lo;
}

/* The name of the first dimension, or nothing at all. */
static bool same_dimension(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return len == strcspn(b, "=") && memcmp(a, b, len) == 0;
}

static bool is_open_beside(const struct told *now, const struct told *before)
{
    return strcmp(now->obs.unit, before->obs.unit) == 0 &&
           strcmp(now->obs.indicator, before->obs.indicator) == 0 &&
           kadr_period_equal(now->obs.period, before->obs.period) &&
           !same_dimension(now->breakdown, before->breakdown) &&
           (outdoes(now, before) || outdoes(before, now));
}

/* The land of `old` was divided, and `young` is one of its parts, each spoken of in its own time. */
static bool is_divided(const struct told *old, const struct told *young, enum kadr_unit_level level)
{
    const struct kadr_unit_info *unit = old->unit;
    bool divided = false;
    for (size_t i = 0; i < unit->territory_count && unit->level == level; i++) {
        const struct kadr_territory *land = &unit->territory[i];
        bool each_in_time = old->obs.period.last <= land->to && young->obs.period.first > land->to;
        bool is_part = young->unit->level == level &&
                       young->unit->territory[young->unit->territory_count - 1].from == land->to + 1;
        divided = divided || (land->successor_count > 1 && each_in_time && is_part);
    }
    return divided;
}

static bool splits(const struct told *now, const struct told *before, enum kadr_unit_level level)
{
    return strcmp(now->obs.indicator, before->obs.indicator) == 0 &&
           (is_divided(now, before, level) || is_divided(before, now, level));
}

static bool splits_region(const struct told *now, const struct told *before)
{
    return splits(now, before, KADR_LEVEL_REGION);
}

static bool splits_district(const struct told *now, const struct told *before)
{
    return splits(now, before, KADR_LEVEL_DISTRICT);
}

static const struct {
    enum met_kind kind;
    bool (*is)(const struct told *now, const struct told *before);
} pairs[] = {
    { MET_CORRECTION, corrects },
    { MET_WITHDRAWAL, withdraws },
    { MET_REPLACED, replaces },
    { MET_OFFLINE, was_offline },
    { MET_LATE, is_late },
    { MET_OVERLAP, overlaps },
    { MET_INSIDE, lies_inside },
    { MET_OCCURRENCES, occurs_again },
    { MET_OPEN_BESIDE, is_open_beside },
    { MET_SPLIT_REGION, splits_region },
    { MET_SPLIT_DISTRICT, splits_district },
};

/* Said of a time in which it was elsewhere. */
static bool has_moved(const struct told *told)
{
    const struct kadr_territory *last = &told->unit->territory[told->unit->territory_count - 1];
    return told->unit->territory[0].parent != last->parent && told->obs.period.last < last->from;
}

static bool is_closed(const struct told *told)
{
    const struct kadr_territory *last = &told->unit->territory[told->unit->territory_count - 1];
    return last->to < KADR_DAY_MAX && last->successor_count == 0 && told->obs.period.last <= last->to;
}

static void count_alone(struct met *met, const struct told *told)
{
    const struct kadr_value *value = &told->obs.value;
    bool is_interval = value->kind == KADR_VALUE_INTERVAL;
    met->times[MET_INTERVAL] += is_interval && !value->hi_open && value->lo < value->hi;
    met->times[MET_OPEN_INTERVAL] += is_interval && value->hi_open;
    met->times[MET_EVENT] += told->kind == KADR_KIND_EVENT;
    met->times[MET_BEYOND_REGIONS] += !told->unit->territorial;
    met->times[MET_MOVED] += has_moved(told);
    met->times[MET_CLOSED] += is_closed(told);
    if (value->kind == KADR_VALUE_MISSING) {
        met->times[MET_NOT_STATED + (int)value->reason - KADR_REASON_NOT_STATED]++;
    }
}

/* Each once, however many earlier ones it corrects. */
static void count_pairs(struct met *met, const struct told *told, size_t index)
{
    for (size_t p = 0; p < KADR_COUNT(pairs); p++) {
        bool found = false;
        for (size_t before = 0; before < index && !found; before++) {
            found = pairs[p].is(&told[index], &told[before]);
        }
        met->times[pairs[p].kind] += found;
    }
}

/* In its place at once: the strings point into the words. */
static void tell(struct told *told, const struct history *history, size_t index, const struct said *said)
{
    const struct record *record = &history->records[index];
    split(&told->plain, said->line);
    split(&told->words, said->line);
    parse_statement(&told->words, said->scale, &told->obs);
    told->obs.of_replaced = said->of_replaced;
    told->breakdown = told->plain.word[2];
    told->at_ms = said->of_replaced ? record->replaced_at_ms : record->stated_at_ms;
    told->record = index;
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        const struct kadr_reference *reference = history->references[i];
        kadr_unit unit = kadr_unit_find(reference, told->obs.unit);
        kadr_indicator indicator = kadr_indicator_find(reference, told->obs.indicator);
        if (unit != KADR_NO_UNIT) {
            told->unit = kadr_unit_info(reference, unit);
        }
        if (indicator != KADR_NO_INDICATOR) {
            told->kind = kadr_indicator_info(reference, indicator)->kind;
        }
    }
}

/* ---- what was done ---------------------------------------------------------------------------------------
 */

/* Of the statements so far, those of a unit or an indicator that a reference lacks. */
static size_t count_asleep(const struct kadr_reference *reference, const struct told *told, size_t count)
{
    size_t asleep = 0;
    for (size_t i = 0; i < count; i++) {
        asleep += kadr_unit_find(reference, told[i].obs.unit) == KADR_NO_UNIT ||
                  kadr_indicator_find(reference, told[i].obs.indicator) == KADR_NO_INDICATOR;
    }
    return asleep;
}

static size_t count_report(struct met *met, const struct history *history, size_t index, struct told *told,
                           size_t count)
{
    const struct record *record = &history->records[index];
    for (size_t i = 0; i < record->count; i++) {
        met->times[MET_REFUSED] += record->said[i].verdict == KADR_VERDICT_REFUSED;
        met->times[MET_HELD] += record->said[i].verdict == KADR_VERDICT_HELD;
        if (record->said[i].verdict == KADR_VERDICT_ACCEPTED) {
            tell(&told[count], history, index, &record->said[i]);
            count_alone(met, &told[count]);
            count_pairs(met, told, count);
            count++;
        }
    }
    return count;
}

/* The first reference and the first day change nothing. */
void met_in_history(struct met *met, const struct history *history)
{
    size_t count = 0;
    struct told *told = calloc(history->count * HISTORY_MAX_SAID, sizeof(*told));
    assert_non_null(told);
    for (size_t i = 2; i < history->count; i++) {
        const struct record *record = &history->records[i];
        met->times[MET_DAY] += record->kind == RECORD_DAY;
        if (record->kind == RECORD_REFERENCE) {
            met->times[MET_REFERENCE]++;
            met->times[MET_ASLEEP] += count_asleep(history->references[record->reference], told, count);
        }
        count = record->kind == RECORD_REPORT ? count_report(met, history, i, told, count) : count;
    }
    free(told);
}

/* ---- what was answered -----------------------------------------------------------------------------------
 */

void met_in_cells(struct met *met, const struct kadr_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct kadr_cell *cell = &cells[i];
        bool has_value = kadr_cell_has_value(cell), has_reason = cell->reason != KADR_REASON_NONE;
        met->times[MET_SUM] += cell->basis == KADR_BASIS_SUM;
        met->times[MET_RATIO] += cell->basis == KADR_BASIS_RATIO;
        met->times[MET_RANGE] += cell->basis == KADR_BASIS_RANGE;
        met->times[MET_INCOMPLETE] += has_value && cell->incomplete;
        met->times[MET_STALE] += cell->stale > 0;
        met->times[MET_CARRIED] += has_value && has_reason;
        met->times[MET_ONLY_REASON] += !has_value && has_reason;
        met->times[MET_NOBODY] += cell->expected > 0 && cell->reported == 0;
        met->times[MET_OUTSTANDING] += cell->residual == KADR_RESIDUAL_OUTSTANDING;
        met->times[MET_CONTRADICTION] += cell->residual == KADR_RESIDUAL_CONTRADICTION;
        met->times[MET_RULE_HOLDS] += cell->holds == KADR_HOLDS_YES;
        met->times[MET_RULE_BROKEN] += cell->holds == KADR_HOLDS_NO;
        met->times[MET_RULE_UNKNOWN] += cell->holds == KADR_HOLDS_UNKNOWN;
    }
}

void met_add(struct met *sum, const struct met *part)
{
    for (size_t i = 0; i < MET_COUNT; i++) {
        sum->times[i] += part->times[i];
    }
}

bool met_each(const struct met *met, size_t least)
{
    bool each = true;
    for (size_t i = 0; i < MET_COUNT; i++) {
        bool enough = met->times[i] >= least;
        print_message("%8zu %s%s\n", met->times[i], names[i], enough ? "" : ": TOO FEW");
        each = each && enough;
    }
    return each;
}
