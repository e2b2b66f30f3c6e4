/* SPDX-License-Identifier: Apache-2.0 */
/* oracle.c - see oracle.h. The journal as it came; which statements are in force; which cells live. */
#include "oracle/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/rules.h"

/* One accepted observation, as it was reported: codes, its own scale. */
struct statement {
    const char *unit, *indicator, *occurrence; /* in the oracle's arena */
    struct kadr_member_pair pair[KADR_MAX_DIMENSIONS];
    size_t pair_count;
    struct kadr_period period;
    struct kadr_value value;
    int32_t scale;
    kadr_ms stated_at_ms;
    uint64_t commit;
};

struct kadr_oracle {
    struct kadr_reference *reference;
    kadr_day day;
    struct kadr_arena *texts;
    struct statement *statements;
    size_t count, cap;
    bool failed; /* out of memory: statements are missing */
};

/* ---- records --------------------------------------------------------------------------------------------
 */

struct kadr_oracle *kadr_oracle_new(void)
{
    struct kadr_oracle *oracle = calloc(1, sizeof(*oracle));
    if (oracle && kadr_arena_new(SIZE_MAX / 2, &oracle->texts)) {
        free(oracle);
        oracle = NULL;
    }
    if (oracle) {
        oracle->day = KADR_DAY_NONE;
    }
    return oracle;
}

void kadr_oracle_free(struct kadr_oracle *oracle)
{
    if (oracle) {
        kadr_reference_unref(oracle->reference);
        kadr_arena_free(oracle->texts);
        free(oracle->statements);
        free(oracle);
    }
}

void kadr_oracle_reference(struct kadr_oracle *oracle, struct kadr_reference *reference)
{
    kadr_reference_unref(oracle->reference);
    oracle->reference = kadr_reference_ref(reference);
}

void kadr_oracle_day(struct kadr_oracle *oracle, kadr_day day)
{
    oracle->day = day;
}

const struct kadr_reference *kadr_oracle_current_reference(const struct kadr_oracle *oracle)
{
    return oracle->reference;
}

kadr_day kadr_oracle_current_day(const struct kadr_oracle *oracle)
{
    return oracle->day;
}

static const char *keep_text(struct kadr_oracle *oracle, const char *text)
{
    return kadr_arena_strndup(oracle->texts, text, strlen(text));
}

static struct statement statement_of(struct kadr_oracle *oracle, const struct kadr_observation *obs,
                                     kadr_ms stated_at_ms, uint64_t commit)
{
    struct statement statement = { .unit = keep_text(oracle, obs->unit),
                                   .indicator = keep_text(oracle, obs->indicator),
                                   .occurrence = keep_text(oracle, obs->occurrence),
                                   .period = obs->period,
                                   .value = obs->value,
                                   .scale = obs->scale,
                                   .pair_count = obs->breakdown_count,
                                   .stated_at_ms = stated_at_ms,
                                   .commit = commit };
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        statement.pair[i].dimension = keep_text(oracle, obs->breakdown[i].dimension);
        statement.pair[i].member = keep_text(oracle, obs->breakdown[i].member);
    }
    return statement;
}

static void keep(struct kadr_oracle *oracle, const struct statement *statement)
{
    if (oracle->count == oracle->cap) {
        size_t cap = oracle->cap ? 2 * oracle->cap : 64;
        struct statement *wider = realloc(oracle->statements, cap * sizeof(struct statement));
        if (!wider) {
            oracle->failed = true;
            return;
        }
        oracle->statements = wider;
        oracle->cap = cap;
    }
    oracle->statements[oracle->count++] = *statement;
}

void kadr_oracle_report(struct kadr_oracle *oracle, const struct kadr_report *report,
                        const enum kadr_verdict *verdicts, kadr_ms stated_at_ms, uint64_t commit)
{
    for (size_t i = 0; i < report->observation_count; i++) {
        if (verdicts[i] == KADR_VERDICT_ACCEPTED) {
            kadr_ms said_at_ms = stated_at_ms;
            if (report->has_replaces && report->observations[i].of_replaced &&
                report->replaces.stated_at_ms < said_at_ms) {
                said_at_ms = report->replaces.stated_at_ms; /* in the place of what it takes back */
            }
            struct statement statement = statement_of(oracle, &report->observations[i], said_at_ms, commit);
            oracle->failed = oracle->failed || kadr_arena_failed(oracle->texts);
            if (!oracle->failed) {
                keep(oracle, &statement);
            }
        }
    }
}

/* ---- sleeping statements, statements in force ------------------------------------------------------------
 */

static bool rescale(int64_t *number, int32_t from, int32_t to)
{
    int64_t at_to = *number * to; /* |v| <= 10^15 and scale <= 1000: inside int64 */
    *number = at_to / from;
    return at_to % from == 0;
}

static bool value_at_scale(const struct statement *said, int32_t scale, struct kadr_value *value)
{
    *value = said->value;
    return value->kind != KADR_VALUE_INTERVAL ||
           (rescale(&value->lo, said->scale, scale) &&
            (value->hi_open || rescale(&value->hi, said->scale, scale)));
}

/* Codes to indexes. false: it sleeps, for this reference lacks a code or its shape does not fit. */
static bool wake(const struct kadr_reference *reference, const struct statement *said, struct known *known)
{
    *known = (struct known){ .said = said, .occurrence = said->occurrence };
    known->key.period = said->period;
    known->key.unit = kadr_unit_find(reference, said->unit);
    known->key.indicator = kadr_indicator_find(reference, said->indicator);
    if (known->key.unit == KADR_NO_UNIT || known->key.indicator == KADR_NO_INDICATOR) {
        return false;
    }
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, known->key.indicator);
    for (size_t i = 0; i < said->pair_count; i++) {
        kadr_dimension dimension = kadr_dimension_find(reference, said->pair[i].dimension);
        if (dimension == KADR_NO_DIMENSION || !kadr_indicator_takes(info, dimension)) {
            return false;
        }
        kadr_member member = kadr_member_find(reference, dimension, said->pair[i].member);
        if (member == 0 || kadr_breakdown_add(reference, &known->key.breakdown, member)) {
            return false;
        }
    }
    bool one_day = said->period.first == said->period.last;
    bool fits = (info->time != KADR_TIME_LAST || one_day) &&
                (info->time == KADR_TIME_COUNT || said->occurrence[0] == '\0');
    if (!value_at_scale(said, info->scale, &known->value)) { /* still in force, and not to be told */
        known->value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_UNKNOWN };
    }
    return fits;
}

/* By key, and what was stated last first; of equals that came first, for `said` points into the journal. */
static int by_key_then_last(const void *left, const void *right)
{
    const struct known *a = left, *b = right;
#define ORDER_BY(x, y)             \
    if ((x) != (y)) {              \
        return (x) < (y) ? -1 : 1; \
    }
    ORDER_BY(a->key.unit, b->key.unit)
    ORDER_BY(a->key.indicator, b->key.indicator)
    ORDER_BY(a->key.breakdown, b->key.breakdown)
    ORDER_BY(a->key.period.first, b->key.period.first)
    ORDER_BY(a->key.period.last, b->key.period.last)
    int occurrences = strcmp(a->occurrence, b->occurrence);
    ORDER_BY(occurrences, 0)
    ORDER_BY(b->said->stated_at_ms, a->said->stated_at_ms)
    ORDER_BY(b->said->commit, a->said->commit)
    ORDER_BY(a->said, b->said)
#undef ORDER_BY
    return 0;
}

static bool same_key(const struct known *a, const struct known *b)
{
    return a->key.unit == b->key.unit && a->key.indicator == b->key.indicator &&
           a->key.breakdown == b->key.breakdown && kadr_period_equal(a->key.period, b->key.period) &&
           strcmp(a->occurrence, b->occurrence) == 0;
}

static bool same_series(const struct known *a, const struct known *b)
{
    return a->key.unit == b->key.unit && a->key.indicator == b->key.indicator &&
           a->key.breakdown == b->key.breakdown;
}

/* They are sorted: where each unit's begin, and where each series ends. */
static void index_units(struct view *view)
{
    size_t units = kadr_unit_count(view->reference), at = 0;
    view->begin = calloc(units + 1, sizeof(size_t));
    view->failed = view->failed || !view->begin;
    for (size_t unit = 0; unit <= units && view->begin; unit++) {
        while (at < view->count && view->known[at].key.unit < unit) {
            at++;
        }
        view->begin[unit] = at;
    }
    view->count = view->begin ? view->count : 0; /* nothing can be found */
    for (size_t i = view->count; i-- > 0;) {
        bool is_last = i + 1 == view->count || !same_series(&view->known[i], &view->known[i + 1]);
        view->known[i].series_end = is_last ? i + 1 : view->known[i + 1].series_end;
    }
}

static void view_close(struct view *view)
{
    free(view->known);
    free(view->begin);
}

/* All that is awake, sorted; of each key the one stated last. */
static struct view view_open(const struct kadr_oracle *oracle)
{
    struct view view = { .reference = oracle->reference };
    size_t awake = 0;
    view.known = calloc(oracle->count + 1, sizeof(struct known));
    view.failed = oracle->failed || !view.known;
    for (size_t i = 0; i < oracle->count && view.known; i++) {
        awake += wake(oracle->reference, &oracle->statements[i], &view.known[awake]) ? 1 : 0;
    }
    if (awake > 0) {
        qsort(view.known, awake, sizeof(struct known), by_key_then_last);
    }
    for (size_t i = 0; i < awake; i++) {
        if (view.count == 0 || !same_key(&view.known[view.count - 1], &view.known[i])) {
            view.known[view.count++] = view.known[i];
        }
    }
    index_units(&view);
    return view;
}

/* ---- live cells ------------------------------------------------------------------------------------------
 */

struct keys {
    struct kadr_cell_key *items;
    size_t count, cap;
    bool failed;
};

static void add_key(struct keys *keys, struct kadr_cell_key key)
{
    if (keys->count == keys->cap) {
        size_t cap = keys->cap ? 2 * keys->cap : 64;
        struct kadr_cell_key *wider = realloc(keys->items, cap * sizeof(key));
        if (!wider) {
            keys->failed = true;
            return;
        }
        keys->items = wider;
        keys->cap = cap;
    }
    keys->items[keys->count++] = key;
}

#define MAX_ABOVE 128 /* four borders each, three levels */

/* The unit and all that was ever above it, by any of its borders; some perhaps twice. @return their number */
static size_t list_above(const struct kadr_reference *reference, kadr_unit unit, kadr_unit list[MAX_ABOVE],
                         size_t count)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    KADR_ASSERT(count < MAX_ABOVE);
    list[count++] = unit;
    for (size_t i = 0; i < info->territory_count; i++) {
        if (info->territory[i].parent != KADR_NO_UNIT) {
            count = list_above(reference, info->territory[i].parent, list, count);
        }
    }
    return count;
}

/* What is planned is live however far ahead; all else until the end of the day's year. */
/* In which periods a statement has cells, on a day. */
struct reach {
    struct kadr_period stated;
    struct kadr_period around[CALENDAR_KINDS]; /* the calendar periods that it lies in */
    size_t count;
    kadr_day window_first, window_last;
};

static struct reach reach_of(struct kadr_period stated, kadr_day day)
{
    int year = kadr_day_to_civil(day).year;
    struct reach reach = { .stated = stated,
                           .window_first = kadr_day_from_civil(year - 2, 1, 1),
                           .window_last = kadr_day_from_civil(year, 12, 31) };
    for (size_t i = 0; i < CALENDAR_KINDS; i++) {
        struct kadr_period period = kadr_period_around(stated.first, calendar_kinds[i]);
        if (kadr_period_contains(period, stated)) {
            reach.around[reach.count++] = period;
        }
    }
    return reach;
}

static bool is_in_window(const struct kadr_indicator_info *info, const struct reach *reach,
                         struct kadr_period period)
{
    bool begun = info->kind == KADR_KIND_PLAN || period.first <= reach->window_last;
    return begun && period.last >= reach->window_first;
}

/* The periods of the cells that a statement is part of. */
static void add_periods(struct keys *keys, const struct view *view, const struct reach *reach,
                        struct kadr_cell_key key)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(view->reference, key.indicator);
    enum kadr_time_rule time = info->time;
    key.period = time == KADR_TIME_LAST ? KADR_PERIOD_AS_OF : reach->stated;
    if (time == KADR_TIME_LAST || is_in_window(info, reach, key.period)) {
        add_key(keys, key);
    }
    for (size_t i = 0; i < reach->count && (time == KADR_TIME_SUM || time == KADR_TIME_COUNT); i++) {
        key.period = reach->around[i];
        if (is_in_window(info, reach, key.period)) {
            add_key(keys, key);
        }
    }
}

static bool takes_all(const struct view *view, kadr_indicator indicator, kadr_breakdown breakdown)
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(breakdown, members);
    bool takes = true;
    for (size_t i = 0; i < count; i++) {
        takes = takes && kadr_indicator_takes(kadr_indicator_info(view->reference, indicator),
                                              kadr_member_info(view->reference, members[i])->dimension);
    }
    return takes;
}

/* What is computed has the cells of one of its terms, in so far as it takes their dimensions. */
static void add_derived(struct keys *keys, const struct view *view, const struct reach *reach,
                        struct kadr_cell_key key)
{
    for (kadr_indicator i = 0; i < kadr_indicator_count(view->reference); i++) {
        const struct kadr_indicator_info *info = kadr_indicator_info(view->reference, i);
        if (info->term_count > 0 && info->terms[making_term(info)].indicator == key.indicator &&
            takes_all(view, i, key.breakdown)) {
            struct kadr_cell_key derived = key;
            derived.indicator = i;
            add_periods(keys, view, reach, derived);
            add_derived(keys, view, reach, derived);
        }
    }
}

static void add_closure(struct keys *keys, const struct view *view, const struct known *known, kadr_day day)
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(known->key.breakdown, members);
    const struct reach reach = reach_of(known->key.period, day);
    kadr_unit above[MAX_ABOVE];
    size_t above_count = list_above(view->reference, known->key.unit, above, 0);
    for (size_t u = 0; u < above_count; u++) {
        for (unsigned kept = 0; kept < 1u << count; kept++) {
            struct kadr_cell_key key = { .unit = above[u], .indicator = known->key.indicator };
            for (size_t i = 0; i < count; i++) {
                if (kept >> i & 1) {
                    KADR_ASSERT(kadr_breakdown_add(view->reference, &key.breakdown, members[i]) == 0);
                }
            }
            add_periods(keys, view, &reach, key);
            add_derived(keys, view, &reach, key);
        }
    }
}

/* They are stated of one stock on two days. */
static bool same_cells(const struct view *view, const struct known *a, const struct known *b)
{
    return a->key.unit == b->key.unit && a->key.indicator == b->key.indicator &&
           a->key.breakdown == b->key.breakdown &&
           kadr_indicator_info(view->reference, a->key.indicator)->time == KADR_TIME_LAST;
}

/* On that day it had not begun to happen. */
static bool is_to_come(const struct view *view, const struct kadr_cell_key *key, kadr_day day)
{
    enum kadr_kind kind = kadr_indicator_info(view->reference, key->indicator)->kind;
    return (kind == KADR_KIND_FLOW || kind == KADR_KIND_EVENT) && key->period.first > day;
}

static int by_key(const void *left, const void *right)
{
    const struct kadr_cell_key *a = left, *b = right;
#define ORDER_BY(field)                      \
    if (a->field != b->field) {              \
        return a->field < b->field ? -1 : 1; \
    }
    ORDER_BY(unit)
    ORDER_BY(indicator)
    ORDER_BY(breakdown)
    ORDER_BY(period.first)
    ORDER_BY(period.last)
#undef ORDER_BY
    return 0;
}

struct kadr_cell kadr_oracle_cell(const struct kadr_oracle *oracle, const struct kadr_cell_key *key,
                                  kadr_day as_of)
{
    struct view view = view_open(oracle);
    struct kadr_cell cell = kadr_oracle_cell_of(&view, key, as_of);
    view_close(&view);
    return cell;
}

static struct keys live_keys(const struct view *view, kadr_day as_of)
{
    struct keys keys = { .count = 0 };
    for (size_t i = 0; i < view->count; i++) {
        if (i == 0 || !same_cells(view, &view->known[i - 1], &view->known[i])) {
            add_closure(&keys, view, &view->known[i], as_of);
        }
    }
    if (keys.count > 0) {
        qsort(keys.items, keys.count, sizeof(keys.items[0]), by_key);
    }
    return keys;
}

/* Only what was stated of the land that a unit has today. */
static struct view view_today(const struct kadr_oracle *oracle, const struct view *then)
{
    struct view view = { .reference = oracle->reference, .then = then, .today = oracle->day };
    view.known = calloc(then->count + 1, sizeof(struct known));
    view.failed = then->failed || !view.known;
    for (size_t i = 0; i < then->count && view.known; i++) {
        const struct kadr_key *key = &then->known[i].key;
        if (key->period.first >= kadr_oracle_land_since(view.reference, key->unit, view.today)) {
            view.known[view.count++] = then->known[i];
        }
    }
    index_units(&view);
    return view;
}

struct kadr_oracle_cells kadr_oracle_cells_today(const struct kadr_oracle *oracle, kadr_day as_of)
{
    struct view then = view_open(oracle), view = view_today(oracle, &then);
    struct keys keys = live_keys(&then, as_of);
    struct kadr_oracle_cells cells = { .items = calloc(keys.count + 1, sizeof(struct kadr_cell)) };
    cells.failed = view.failed || keys.failed || !cells.items;
    for (size_t i = 0; i < keys.count && !cells.failed; i++) {
        bool again = i > 0 && by_key(&keys.items[i - 1], &keys.items[i]) == 0;
        bool to_come = as_of < oracle->day && is_to_come(&then, &keys.items[i], as_of);
        if (!again && !to_come) {
            cells.items[cells.count++] = kadr_oracle_cell_of(&view, &keys.items[i], as_of);
        }
    }
    free(keys.items);
    view_close(&view);
    view_close(&then);
    return cells;
}

struct kadr_oracle_cells kadr_oracle_cells_wanted(const struct kadr_oracle *oracle, kadr_day as_of,
                                                  kadr_oracle_wants_fn *wants, void *context)
{
    struct view view = view_open(oracle);
    struct keys keys = live_keys(&view, as_of);
    struct kadr_oracle_cells cells = { .items = calloc(keys.count + 1, sizeof(struct kadr_cell)) };
    cells.failed = view.failed || keys.failed || !cells.items;
    for (size_t i = 0; i < keys.count && cells.items; i++) {
        bool again = i > 0 && by_key(&keys.items[i - 1], &keys.items[i]) == 0;
        bool to_come = as_of < oracle->day && is_to_come(&view, &keys.items[i], as_of);
        if (!again && !to_come && (!wants || wants(context, &keys.items[i]))) {
            cells.items[cells.count++] = kadr_oracle_cell_of(&view, &keys.items[i], as_of);
        }
    }
    free(keys.items);
    view_close(&view);
    return cells;
}

struct kadr_oracle_cells kadr_oracle_cells(const struct kadr_oracle *oracle, kadr_day as_of)
{
    return kadr_oracle_cells_wanted(oracle, as_of, NULL, NULL);
}

void kadr_oracle_cells_done(struct kadr_oracle_cells *cells)
{
    free(cells->items);
    *cells = (struct kadr_oracle_cells){ .count = 0 };
}

struct kadr_digest kadr_oracle_digest(const struct kadr_oracle *oracle, const struct kadr_oracle_cells *cells)
{
    struct kadr_digest sum = { { 0 } };
    for (size_t i = 0; i < cells->count; i++) {
        struct kadr_digest one = kadr_cell_digest(oracle->reference, &cells->items[i]);
        kadr_digest_add(&sum, &one);
    }
    return sum;
}
