/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - what is stated in one series, and the periods of its cells; see series.h. */
#include "domain/series.h"

#include <string.h>

#include "base/err.h"

/* ---- statements ---------------------------------------------------------------------------------------- */

int kadr_period_order(struct kadr_period a, struct kadr_period b)
{
    if (a.first != b.first) {
        return a.first < b.first ? -1 : 1;
    }
    return a.last == b.last ? 0 : (a.last < b.last ? -1 : 1);
}

static int compare_key(const struct kadr_statement *statement, struct kadr_period period,
                       const char *occurrence)
{
    int order = kadr_period_order(statement->period, period);
    if (order) {
        return order;
    }
    if (!statement->occurrence && !occurrence) {
        return 0; /* only events have any */
    }
    return strcmp(statement->occurrence ? statement->occurrence : "", occurrence ? occurrence : "");
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

/* A stock mostly has one, and two until the older one is let go: so many stand in the pool at once. Longer
 * arrays grow with the history, and are malloc's, which joins what they leave behind. */
#define FEW 2

static int more_statements(struct kadr_pool *pool, struct kadr_series *series)
{
    struct kadr_statement *now = series->statements, *more;
    uint32_t cap = series->statement_cap, wider = cap == 0 ? FEW : cap + cap / 2;
    if (series->statement_count < cap) {
        return 0;
    }
    if (cap == 0) {
        more = kadr_pool_alloc(pool, FEW * sizeof(*more));
    } else {
        more = wider > cap ? realloc(cap > FEW ? now : NULL, wider * sizeof(*more)) : NULL;
    }
    if (!more) {
        return KADR_ENOMEM;
    }
    if (cap == FEW) {
        memcpy(more, now, FEW * sizeof(*more));
        kadr_pool_give_back(pool, now, FEW * sizeof(*more));
    }
    series->statements = more;
    series->statement_cap = wider;
    return 0;
}

/* Without memory for fewer they stay where they are. */
static void fewer_statements(struct kadr_pool *pool, struct kadr_series *series)
{
    uint32_t count = series->statement_count, cap = count > FEW ? count : FEW;
    struct kadr_statement *now = series->statements, *fewer;
    if (series->statement_cap == FEW) {
        return;
    }
    fewer = count > FEW ? realloc(now, count * sizeof(*fewer)) : kadr_pool_alloc(pool, FEW * sizeof(*fewer));
    if (fewer && count <= FEW) {
        memcpy(fewer, now, count * sizeof(*fewer));
        free(now);
    }
    if (fewer) {
        series->statements = fewer;
        series->statement_cap = cap;
    }
}

void kadr_series_done(struct kadr_series *series)
{
    if (series->statement_cap > FEW) {
        free(series->statements);
    }
}

/* A copy in the pool; "" is NULL. */
static int copy_occurrence(struct kadr_pool *pool, const char *text, char **ret_copy)
{
    size_t bytes = text && text[0] != '\0' ? strlen(text) + 1 : 0;
    *ret_copy = bytes > 0 ? kadr_pool_alloc(pool, bytes) : NULL;
    if (*ret_copy) {
        memcpy(*ret_copy, text, bytes);
    }
    return bytes > 0 && !*ret_copy ? KADR_ENOMEM : 0;
}

static void drop_occurrence(struct kadr_pool *pool, char *text)
{
    kadr_pool_give_back(pool, text, text ? strlen(text) + 1 : 0);
}

static int insert(struct kadr_pool *pool, struct kadr_series *series, size_t at,
                  const struct kadr_statement *statement)
{
    char *occurrence;
    if (copy_occurrence(pool, statement->occurrence, &occurrence)) {
        return KADR_ENOMEM;
    }
    if (more_statements(pool, series)) {
        drop_occurrence(pool, occurrence);
        return KADR_ENOMEM;
    }
    if (at < series->statement_count) {
        memmove(&series->statements[at + 1], &series->statements[at],
                (series->statement_count - at) * sizeof(*statement));
    }
    series->statements[at] = *statement;
    series->statements[at].occurrence = occurrence;
    series->statement_count++;
    return 0;
}

/* The place of a statement, which mostly is of the newest period or of a newer one. */
static size_t place_of_statement(const struct kadr_series *series, const struct kadr_statement *statement,
                                 bool *ret_there)
{
    size_t count = series->statement_count;
    int order = count > 0
                    ? compare_key(&series->statements[count - 1], statement->period, statement->occurrence)
                    : -1;
    *ret_there = order == 0;
    if (order <= 0) {
        return order == 0 ? count - 1 : count;
    }
    size_t at = lower_bound(series, statement->period, statement->occurrence);
    *ret_there = compare_key(&series->statements[at], statement->period, statement->occurrence) == 0;
    return at;
}

int kadr_series_put(struct kadr_series_table *table, struct kadr_series *series,
                    const struct kadr_statement *statement, enum kadr_put *ret_put)
{
    bool there;
    size_t at = place_of_statement(series, statement, &there);
    if (!there) {
        int err = insert(table->pool, series, at, statement);
        if (err) {
            return err;
        }
        table->statement_count++;
        table->stated[series->indicator] |= 1u << series->rank % KADR_HEIGHTS;
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

bool kadr_series_is_below_stated(const struct kadr_series_table *table, const struct kadr_series *series)
{
    const unsigned wide = KADR_MAX_DIMENSIONS + 1, height = series->rank % KADR_HEIGHTS;
    uint32_t above = 0, fewer = (1u << wide) - (1u << height % wide); /* …, and as many dimensions */
    for (unsigned level = height / wide; level <= KADR_LEVEL_FACILITY; level++) {
        above |= fewer << level * wide;
    }
    return (table->stated[series->indicator] & above & ~(1u << height)) != 0;
}

void kadr_series_drop(struct kadr_series_table *table, struct kadr_series *series, uint32_t count)
{
    KADR_ASSERT(count < series->statement_count);
    for (uint32_t i = 0; i < count; i++) {
        drop_occurrence(table->pool, series->statements[i].occurrence);
    }
    series->statement_count -= count;
    table->statement_count -= count;
    memmove(series->statements, &series->statements[count],
            series->statement_count * sizeof(*series->statements));
    fewer_statements(table->pool, series);
}

size_t kadr_series_from(const struct kadr_series *series, kadr_day first)
{
    size_t count = series->statement_count;
    if (count > 0 && series->statements[count - 1].period.first < first) {
        return count; /* the newest is asked for most */
    }
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
        if (kadr_period_order(series->slots[middle].period, period) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct kadr_slot *kadr_series_slot_behind(const struct kadr_series *series, struct kadr_period period)
{
    size_t at = series->slot_count > 1 ? slot_bound(series, period) : series->slot_count;
    bool there = at < series->slot_count && kadr_period_equal(series->slots[at].period, period);
    return there ? &series->slots[at] : NULL;
}

/* The first one beyond the place inside the series moves out of it. */
static int more_slots(struct kadr_pool *pool, struct kadr_series *series)
{
    bool inside = series->slots == &series->only;
    uint32_t cap = series->slot_cap, wider = cap + cap / 2 + 1;
    size_t bytes = sizeof(*series->slots);
    struct kadr_slot *more =
        wider > cap ? kadr_pool_resize(pool, inside ? NULL : series->slots, cap * bytes, wider * bytes)
                    : NULL;
    if (!more) {
        return KADR_ENOMEM;
    }
    if (inside) {
        *more = series->only;
    }
    series->slots = more;
    series->slot_cap = wider;
    return 0;
}

struct kadr_slot *kadr_series_slot_get(struct kadr_series_table *table, struct kadr_series *series,
                                       struct kadr_period period, bool *ret_made)
{
    struct kadr_slot *known = kadr_series_slot(series, period);
    *ret_made = !known;
    if (known) {
        return known;
    }
    size_t at = slot_bound(series, period);
    if (series->slot_count == series->slot_cap && more_slots(table->pool, series)) {
        return NULL;
    }
    if (at < series->slot_count) {
        memmove(&series->slots[at + 1], &series->slots[at],
                (series->slot_count - at) * sizeof(*series->slots));
    }
    series->slots[at] = (struct kadr_slot){ .period = period };
    series->slot_count++;
    return &series->slots[at];
}
