/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - see series.h. The graph first, then what is stated in one series. */
#include "domain/series.h"

#include <string.h>

#include "base/err.h"

#define MIN_PLACES 1024

/* The upper half of the hash stands beside the index, so that a probe seldom looks at another series. */
struct kadr_series_place {
    uint32_t tag;
    uint32_t index; /* in `all`, plus one; 0: free */
};

/* ---- the table ----------------------------------------------------------------------------------------- */

/* Keys are small structured numbers, so all bits are mixed (the finisher of splitmix64). */
static uint64_t hash_of(kadr_unit unit, kadr_indicator indicator, kadr_breakdown breakdown)
{
    uint64_t x = (breakdown * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)unit << 16 | indicator);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

int kadr_series_table_init(struct kadr_series_table *table, const struct kadr_reference *reference)
{
    *table = (struct kadr_series_table){ .reference = reference };
    return kadr_arena_new(SIZE_MAX / 2, &table->arena);
}

static void free_series(struct kadr_series *series)
{
    for (size_t i = 0; i < series->statement_count; i++) {
        free(series->statements[i].occurrence);
    }
    free(series->statements);
    free(series->parts);
    if (series->slots != &series->only) {
        free(series->slots);
    }
}

void kadr_series_table_done(struct kadr_series_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free_series(table->all[i]);
    }
    free(table->all);
    free(table->places);
    kadr_arena_free(table->arena);
    *table = (struct kadr_series_table){ .count = 0 };
}

struct kadr_series *kadr_series_find(const struct kadr_series_table *table, kadr_unit unit,
                                     kadr_indicator indicator, kadr_breakdown breakdown)
{
    uint64_t hash = hash_of(unit, indicator, breakdown);
    size_t mask = table->place_count - 1;
    if (table->place_count == 0) {
        return NULL;
    }
    for (size_t at = hash & mask; table->places[at].index; at = (at + 1) & mask) {
        if (table->places[at].tag == hash >> 32) {
            struct kadr_series *series = table->all[table->places[at].index - 1];
            if (series->unit == unit && series->indicator == indicator && series->breakdown == breakdown) {
                return series;
            }
        }
    }
    return NULL;
}

void kadr_series_fetch_place(const struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                             kadr_breakdown breakdown)
{
    if (table->place_count > 0) {
        __builtin_prefetch(&table->places[hash_of(unit, indicator, breakdown) & (table->place_count - 1)]);
    }
}

void kadr_series_fetch(const struct kadr_series *series)
{
    if (series && series->statement_count > 0) {
        __builtin_prefetch(&series->statements[series->statement_count - 1]);
        __builtin_prefetch(series->only.live);
    }
}

/* A cell is three lines long, wherever it begins. */
static void fetch_live(const struct kadr_live *live)
{
    for (size_t line = 0; line < 3; line++) {
        __builtin_prefetch((const char *)live + 64 * line);
    }
}

void kadr_series_fetch_after(const struct kadr_series_table *table, size_t index)
{
    if (index + 8 < table->count) {
        __builtin_prefetch(table->all[index + 8]);
        fetch_live(table->all[index + 4]->only.live);
    }
}

/* Beyond so many the first would be gone again. */
#define MAX_FETCHED 64

void kadr_series_fetch_parts(const struct kadr_series *series)
{
    for (uint32_t i = 0; i < series->part_count && i < MAX_FETCHED; i++) {
        __builtin_prefetch(series->parts[i]);
    }
}

void kadr_series_fetch_cells(const struct kadr_series *series)
{
    for (uint32_t i = 0; i < series->part_count && i < MAX_FETCHED; i++) {
        fetch_live(series->parts[i]->only.live);
    }
}

struct kadr_series *kadr_series_first(const struct kadr_series_table *table, kadr_unit unit,
                                      kadr_indicator indicator)
{
    return kadr_series_find(table, unit, indicator, 0);
}

static void take_place(struct kadr_series_place *places, size_t count, const struct kadr_series *series,
                       size_t index)
{
    uint64_t hash = hash_of(series->unit, series->indicator, series->breakdown);
    size_t at = hash & (count - 1);
    while (places[at].index) {
        at = (at + 1) & (count - 1);
    }
    places[at] = (struct kadr_series_place){ (uint32_t)(hash >> 32), (uint32_t)index + 1 };
}

static int more_places(struct kadr_series_table *table)
{
    size_t count = table->place_count ? 2 * table->place_count : MIN_PLACES;
    struct kadr_series_place *places = calloc(count, sizeof(*places));
    if (!places) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < table->count; i++) {
        take_place(places, count, table->all[i], i);
    }
    free(table->places);
    table->places = places;
    table->place_count = count;
    return 0;
}

/* Makes room for one more item; the array may move. */
static int reserve(void **items, uint32_t *cap, size_t count, size_t item_bytes)
{
    if (count < *cap) {
        return 0;
    }
    uint32_t wider = *cap + *cap / 2 + 1;
    void *moved = wider > *cap ? realloc(*items, wider * item_bytes) : NULL;
    if (!moved) {
        return KADR_ENOMEM;
    }
    *items = moved;
    *cap = wider;
    return 0;
}

static int enter(struct kadr_series_table *table, struct kadr_series *series)
{
    if (table->count == table->cap) {
        size_t cap = table->cap ? 2 * table->cap : MIN_PLACES;
        struct kadr_series **all = realloc(table->all, cap * sizeof(*all));
        if (!all) {
            return KADR_ENOMEM;
        }
        table->all = all;
        table->cap = cap;
    }
    if (table->count + 1 > table->place_count / 4 * 3 && more_places(table)) {
        return KADR_ENOMEM;
    }
    take_place(table->places, table->place_count, series, table->count);
    table->all[table->count++] = series;
    return 0;
}

/* ---- the graph ----------------------------------------------------------------------------------------- */

kadr_member kadr_series_added(kadr_breakdown wide, kadr_breakdown narrow)
{
    while ((wide & 0xffff) == (narrow & 0xffff)) {
        wide >>= 16;
        narrow >>= 16;
    }
    return (kadr_member)(narrow & 0xffff);
}

/* The place among the exhaustive dimensions of the one that `part` adds; their number: it is none of them. */
static size_t exhaustive_place(const struct kadr_reference *reference, const struct kadr_series *series,
                               const struct kadr_series *part)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, series->indicator);
    kadr_member member = kadr_series_added(series->breakdown, part->breakdown);
    kadr_dimension dimension = kadr_member_info(reference, member)->dimension;
    size_t place = 0;
    while (place < info->exhaustive_count && info->exhaustive[place] != dimension) {
        place++;
    }
    return place;
}

static bool is_child(const struct kadr_series *series, const struct kadr_series *part)
{
    return series->unit != part->unit;
}

static bool comes_before(const struct kadr_reference *reference, const struct kadr_series *series,
                         const struct kadr_series *a, const struct kadr_series *b)
{
    if (is_child(series, a) != is_child(series, b)) {
        return is_child(series, a);
    }
    if (is_child(series, a)) {
        return strcmp(kadr_unit_info(reference, a->unit)->code, kadr_unit_info(reference, b->unit)->code) < 0;
    }
    size_t x = exhaustive_place(reference, series, a), y = exhaustive_place(reference, series, b);
    return x != y ? x < y
                  : kadr_series_added(series->breakdown, a->breakdown) <
                        kadr_series_added(series->breakdown, b->breakdown);
}

static int add_part(const struct kadr_reference *reference, struct kadr_series *series,
                    struct kadr_series *part)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, series->indicator);
    uint32_t at = series->part_count;
    if (!is_child(series, part) && exhaustive_place(reference, series, part) == info->exhaustive_count) {
        return 0;
    }
    if ((at & (at - 1)) == 0) { /* room for a power of two */
        struct kadr_series **parts = realloc(series->parts, (at ? 2 * (size_t)at : 1) * sizeof(*parts));
        if (!parts) {
            return KADR_ENOMEM;
        }
        series->parts = parts;
    }
    for (; at > 0 && comes_before(reference, series, part, series->parts[at - 1]); at--) {
        series->parts[at] = series->parts[at - 1];
    }
    series->parts[at] = part;
    series->part_count++;
    series->child_count += is_child(series, part) ? 1 : 0;
    return 0;
}

static bool is_among(struct kadr_series *const *list, size_t count, const struct kadr_series *series)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == series) {
            return true;
        }
    }
    return false;
}

#define MAX_UP (KADR_MAX_TERRITORIES + KADR_MAX_DIMENSIONS)

/* Finds or makes the series right above a key. @return their number; < 0: out of memory */
static int get_up(struct kadr_series_table *table, const struct kadr_series *key,
                  struct kadr_series *ret_up[MAX_UP])
{
    const struct kadr_unit_info *info = kadr_unit_info(table->reference, key->unit);
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t dropped = kadr_breakdown_members(key->breakdown, members), count = 0;
    for (size_t t = 0; t < info->territory_count + dropped; t++) {
        bool unit_above = t < info->territory_count;
        kadr_unit unit = unit_above ? info->territory[t].parent : key->unit;
        kadr_breakdown breakdown = key->breakdown;
        if (!unit_above) {
            kadr_member member = members[t - info->territory_count];
            breakdown = kadr_breakdown_drop(table->reference, breakdown,
                                            kadr_member_info(table->reference, member)->dimension);
        }
        if (unit == KADR_NO_UNIT) {
            continue;
        }
        struct kadr_series *above = kadr_series_get(table, unit, key->indicator, breakdown);
        if (!above) {
            return -1;
        }
        if (!is_among(ret_up, count, above)) {
            ret_up[count++] = above;
        }
    }
    return (int)count;
}

static uint8_t rank_of(const struct kadr_reference *reference, const struct kadr_series *series)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, series->indicator);
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t dimensions = kadr_breakdown_members(series->breakdown, members);
    size_t computed = info->term_count == 0 ? 0 : info->space == KADR_SPACE_RATIO ? 2 : 1;
    size_t height = KADR_LEVEL_FACILITY - (size_t)kadr_unit_info(reference, series->unit)->level;
    return (uint8_t)((computed * (KADR_LEVEL_FACILITY + 1) + height) * (KADR_MAX_DIMENSIONS + 1) +
                     (KADR_MAX_DIMENSIONS - dimensions));
}

/* Its terms that are there. */
static void find_terms(const struct kadr_series_table *table, struct kadr_series *series)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(table->reference, series->indicator);
    for (size_t t = 0; t < info->term_count; t++) {
        kadr_breakdown breakdown = kadr_breakdown_of_term(table->reference, info, t, series->breakdown);
        series->up[series->up_count + t] =
            kadr_series_find(table, series->unit, info->terms[t].indicator, breakdown);
    }
}

/* Those that it is a term of. */
static void become_term(const struct kadr_series_table *table, struct kadr_series *series)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(table->reference, series->indicator);
    for (size_t d = 0; d < info->derived_count; d++) {
        struct kadr_series *s = kadr_series_first(table, series->unit, info->derived[d]);
        for (; s; s = s->next) {
            find_terms(table, s);
        }
    }
}

/* Below everything that it is part of, and in the chain of its unit and indicator. */
static int join(struct kadr_series_table *table, struct kadr_series *series)
{
    struct kadr_series *first = kadr_series_first(table, series->unit, series->indicator);
    if (first) {
        series->next = first->next;
        first->next = series;
    }
    for (size_t i = 0; i < series->up_count; i++) {
        if (add_part(table->reference, series->up[i], series)) {
            return KADR_ENOMEM;
        }
    }
    int err = enter(table, series);
    if (!err) {
        find_terms(table, series);
        become_term(table, series);
    }
    return err;
}

/* Recursion ends with the country, without dimensions. */
static struct kadr_series *make(struct kadr_series_table *table, const struct kadr_series *key)
{
    struct kadr_series *up[MAX_UP];
    int count = get_up(table, key, up);
    if (count < 0) {
        return NULL;
    }
    size_t terms = kadr_indicator_info(table->reference, key->indicator)->term_count;
    size_t bytes = sizeof(*key) + ((size_t)count + terms) * sizeof(struct kadr_series *);
    struct kadr_series *series = kadr_arena_alloc(table->arena, bytes);
    if (!series) {
        return NULL;
    }
    memcpy(series, key, sizeof(*key));
    series->rank = rank_of(table->reference, key);
    series->up_count = (uint8_t)count;
    series->slots = &series->only;
    series->slot_cap = 1;
    if (count > 0) {
        memcpy(series->up, up, (size_t)count * sizeof(struct kadr_series *));
    }
    return join(table, series) ? NULL : series;
}

struct kadr_series *kadr_series_get(struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                                    kadr_breakdown breakdown)
{
    struct kadr_series *series = kadr_series_find(table, unit, indicator, breakdown);
    const struct kadr_series key = { .unit = unit, .indicator = indicator, .breakdown = breakdown };
    return series ? series : make(table, &key);
}

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

void kadr_series_drop(struct kadr_series_table *table, struct kadr_series *series, uint32_t count)
{
    KADR_ASSERT(count < series->statement_count);
    for (uint32_t i = 0; i < count; i++) {
        free(series->statements[i].occurrence);
    }
    series->statement_count -= count;
    table->statement_count -= count;
    memmove(series->statements, &series->statements[count],
            series->statement_count * sizeof(*series->statements));
    struct kadr_statement *fewer =
        realloc(series->statements, series->statement_count * sizeof(*series->statements));
    if (fewer) { /* else they stay where they are */
        series->statements = fewer;
        series->statement_cap = series->statement_count;
    }
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

/* A stock has no other. */
static bool is_first_slot(const struct kadr_series *series, struct kadr_period period)
{
    return series->slot_count > 0 && kadr_period_equal(series->slots[0].period, period);
}

struct kadr_slot *kadr_series_slot(const struct kadr_series *series, struct kadr_period period)
{
    if (is_first_slot(series, period)) {
        return series->slots;
    }
    size_t at = slot_bound(series, period);
    bool there = at < series->slot_count && kadr_period_equal(series->slots[at].period, period);
    return there ? &series->slots[at] : NULL;
}

/* The first one beyond the place inside the series moves out of it. */
static int more_slots(struct kadr_series *series)
{
    bool inside = series->slots == &series->only;
    void *items = inside ? NULL : series->slots;
    if (reserve(&items, &series->slot_cap, series->slot_count, sizeof(*series->slots))) {
        return KADR_ENOMEM;
    }
    if (inside) {
        memcpy(items, &series->only, sizeof(series->only));
    }
    series->slots = items;
    return 0;
}

struct kadr_slot *kadr_series_slot_get(struct kadr_series *series, struct kadr_period period, bool *ret_made)
{
    *ret_made = false;
    if (is_first_slot(series, period)) {
        return series->slots;
    }
    size_t at = slot_bound(series, period);
    if (at < series->slot_count && kadr_period_equal(series->slots[at].period, period)) {
        return &series->slots[at];
    }
    if (series->slot_count == series->slot_cap && more_slots(series)) {
        return NULL;
    }
    memmove(&series->slots[at + 1], &series->slots[at], (series->slot_count - at) * sizeof(*series->slots));
    series->slots[at] = (struct kadr_slot){ .period = period };
    series->slot_count++;
    *ret_made = true;
    return &series->slots[at];
}
