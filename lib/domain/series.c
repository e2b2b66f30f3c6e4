/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - see series.h. */
#include "domain/series.h"

#include <string.h>

#include "base/err.h"

static struct kadr_map_key key_of(kadr_unit unit, kadr_indicator indicator, kadr_breakdown breakdown)
{
    return (struct kadr_map_key){ { (uint64_t)unit << 16 | indicator, breakdown, 0 } };
}

static int compare_period(struct kadr_period a, struct kadr_period b)
{
    if (a.first != b.first) {
        return a.first < b.first ? -1 : 1;
    }
    return a.last == b.last ? 0 : (a.last < b.last ? -1 : 1);
}

static int compare_key(const struct kadr_statement *statement, struct kadr_period period,
                       const char *occurrence)
{
    int order = compare_period(statement->period, period);
    if (order) {
        return order;
    }
    return strcmp(statement->occurrence ? statement->occurrence : "", occurrence ? occurrence : "");
}

static void free_series(struct kadr_series *series)
{
    for (size_t i = 0; i < series->statement_count; i++) {
        free(series->statements[i].occurrence);
    }
    free(series->statements);
    free(series->slots);
    free(series);
}

void kadr_series_table_done(struct kadr_series_table *table)
{
    size_t cursor = 0;
    struct kadr_series *series;
    while ((series = kadr_map_next(&table->map, &cursor))) {
        free_series(series);
    }
    kadr_map_done(&table->map);
    kadr_map_done(&table->first);
    table->statement_count = 0;
}

struct kadr_series *kadr_series_find(const struct kadr_series_table *table, kadr_unit unit,
                                     kadr_indicator indicator, kadr_breakdown breakdown)
{
    struct kadr_map_key key = key_of(unit, indicator, breakdown);
    return kadr_map_get(&table->map, &key);
}

struct kadr_series *kadr_series_first(const struct kadr_series_table *table, kadr_unit unit,
                                      kadr_indicator indicator)
{
    struct kadr_map_key key = key_of(unit, indicator, 0);
    return kadr_map_get(&table->first, &key);
}

struct kadr_series *kadr_series_get(struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                                    kadr_breakdown breakdown)
{
    struct kadr_map_key key = key_of(unit, indicator, breakdown);
    struct kadr_series *series = kadr_map_get(&table->map, &key);
    if (series) {
        return series;
    }
    series = calloc(1, sizeof(*series));
    if (!series) {
        return NULL;
    }
    series->unit = unit;
    series->indicator = indicator;
    series->breakdown = breakdown;
    if (kadr_map_put(&table->map, &key, series)) {
        free(series);
        return NULL;
    }
    series->next = kadr_series_first(table, unit, indicator);
    key = key_of(unit, indicator, 0);
    return kadr_map_put(&table->first, &key, series) ? NULL : series; /* the table owns it already */
}

/* Index of the first statement not before the key. */
static size_t lower_bound(const struct kadr_series *series, struct kadr_period period, const char *occurrence)
{
    size_t low = 0, high = series->statement_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_key(&series->statements[middle], period, occurrence) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Makes room for one more item; the array may move. */
static int reserve(void **items, size_t *cap, size_t count, size_t item_bytes)
{
    if (count < *cap) {
        return 0;
    }
    size_t wider = *cap ? *cap * 2 : 4;
    void *moved = realloc(*items, wider * item_bytes);
    if (!moved) {
        return KADR_ENOMEM;
    }
    *items = moved;
    *cap = wider;
    return 0;
}

/* A strict order of values for one (stated_at, commit): narrower first, then by bounds, kind and reason. */
static bool is_narrower(const struct kadr_value *a, const struct kadr_value *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind;
    }
    if (a->kind != KADR_VALUE_INTERVAL) {
        return a->reason < b->reason;
    }
    if (a->hi_open != b->hi_open) {
        return b->hi_open;
    }
    uint64_t width_a = a->hi_open ? 0 : (uint64_t)a->hi - (uint64_t)a->lo;
    uint64_t width_b = b->hi_open ? 0 : (uint64_t)b->hi - (uint64_t)b->lo;
    return width_a != width_b ? width_a < width_b : a->lo < b->lo;
}

static bool takes_over(const struct kadr_statement *now, const struct kadr_statement *next)
{
    if (next->stated_at_ms != now->stated_at_ms) {
        return next->stated_at_ms > now->stated_at_ms;
    }
    if (next->commit != now->commit) {
        return next->commit > now->commit;
    }
    return is_narrower(&next->value, &now->value);
}

static enum kadr_put effect(const struct kadr_value *before, const struct kadr_value *after)
{
    if (kadr_value_equal(before, after)) {
        return KADR_PUT_NOTHING;
    }
    if (after->kind == KADR_VALUE_WITHDRAWN) {
        return KADR_PUT_WITHDRAWN;
    }
    return before->kind == KADR_VALUE_INTERVAL ? KADR_PUT_CORRECTED : KADR_PUT_STATED;
}

static int insert(struct kadr_series *series, size_t at, const struct kadr_statement *statement)
{
    char *occurrence = NULL;
    if (statement->occurrence && statement->occurrence[0] != '\0') {
        occurrence = strdup(statement->occurrence);
        if (!occurrence) {
            return KADR_ENOMEM;
        }
    }
    void *items = series->statements;
    if (reserve(&items, &series->statement_cap, series->statement_count, sizeof(*statement))) {
        free(occurrence);
        return KADR_ENOMEM;
    }
    series->statements = items;
    memmove(&series->statements[at + 1], &series->statements[at],
            (series->statement_count - at) * sizeof(*statement));
    series->statements[at] = *statement;
    series->statements[at].occurrence = occurrence;
    series->statement_count++;
    return 0;
}

int kadr_series_put(struct kadr_series_table *table, struct kadr_series *series,
                    const struct kadr_statement *statement, enum kadr_put *ret_put)
{
    size_t at = lower_bound(series, statement->period, statement->occurrence);
    bool there = at < series->statement_count &&
                 compare_key(&series->statements[at], statement->period, statement->occurrence) == 0;
    if (!there) {
        int err = insert(series, at, statement);
        if (err) {
            return err;
        }
        table->statement_count++;
        *ret_put = KADR_PUT_STATED;
        return 0;
    }
    struct kadr_statement *now = &series->statements[at];
    *ret_put = KADR_PUT_NOTHING;
    if (takes_over(now, statement)) {
        *ret_put = effect(&now->value, &statement->value);
        now->value = statement->value;
        now->stated_at_ms = statement->stated_at_ms;
        now->commit = statement->commit;
    }
    return 0;
}

size_t kadr_series_from(const struct kadr_series *series, kadr_day first)
{
    return lower_bound(series, (struct kadr_period){ first, INT32_MIN }, NULL);
}

const struct kadr_statement *kadr_series_exact(const struct kadr_series *series, struct kadr_period period)
{
    size_t at = lower_bound(series, period, NULL);
    bool there = at < series->statement_count && compare_key(&series->statements[at], period, NULL) == 0;
    return there ? &series->statements[at] : NULL;
}

static size_t slot_bound(const struct kadr_series *series, struct kadr_period period)
{
    size_t low = 0, high = series->slot_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_period(series->slots[middle].period, period) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct kadr_slot *kadr_series_slot(const struct kadr_series *series, struct kadr_period period)
{
    size_t at = slot_bound(series, period);
    bool there = at < series->slot_count && kadr_period_equal(series->slots[at].period, period);
    return there ? &series->slots[at] : NULL;
}

struct kadr_slot *kadr_series_slot_get(struct kadr_series *series, struct kadr_period period)
{
    size_t at = slot_bound(series, period);
    if (at < series->slot_count && kadr_period_equal(series->slots[at].period, period)) {
        return &series->slots[at];
    }
    void *items = series->slots;
    if (reserve(&items, &series->slot_cap, series->slot_count, sizeof(*series->slots))) {
        return NULL;
    }
    series->slots = items;
    memmove(&series->slots[at + 1], &series->slots[at], (series->slot_count - at) * sizeof(*series->slots));
    series->slots[at] = (struct kadr_slot){ .period = period };
    series->slot_count++;
    return &series->slots[at];
}
