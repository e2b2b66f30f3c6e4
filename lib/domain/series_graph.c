/* SPDX-License-Identifier: Apache-2.0 */
/* series_graph.c - the table of series and the graph that they are; see series.h. */
#include "domain/series.h"

#include <string.h>

#include "base/err.h"

#define MIN_PLACES 1024

/* The hash stands beside the index: a probe seldom looks at another series, and growth at none. */
struct kadr_series_place {
    uint32_t hash;
    uint32_t index; /* in `all`, plus one; 0: free */
};

/* ---- the table ----------------------------------------------------------------------------------------- */

/* Keys are small structured numbers, so all bits are mixed (the finisher of splitmix64). */
static uint32_t hash_of(kadr_unit unit, kadr_indicator indicator, kadr_breakdown breakdown)
{
    uint64_t x = (breakdown * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)unit << 16 | indicator);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(x >> 32);
}

int kadr_series_table_init(struct kadr_series_table *table, const struct kadr_reference *reference)
{
    *table = (struct kadr_series_table){ .reference = reference };
    int err = kadr_pool_new(&table->pool);
    if (err) {
        return err;
    }
    size_t bytes = kadr_indicator_count(reference) * sizeof(*table->stated);
    table->stated = kadr_pool_alloc(table->pool, bytes);
    if (!table->stated) {
        kadr_series_table_done(table);
        return KADR_ENOMEM;
    }
    memset(table->stated, 0, bytes);
    return 0;
}

void kadr_series_table_done(struct kadr_series_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        kadr_series_done(table->all[i]);
    }
    kadr_pool_free(table->pool);
    *table = (struct kadr_series_table){ .count = 0 };
}

struct kadr_series *kadr_series_find(const struct kadr_series_table *table, kadr_unit unit,
                                     kadr_indicator indicator, kadr_breakdown breakdown)
{
    uint32_t hash = hash_of(unit, indicator, breakdown);
    size_t mask = table->place_count - 1;
    if (table->place_count == 0) {
        return NULL;
    }
    for (size_t at = hash & mask; table->places[at].index; at = (at + 1) & mask) {
        if (table->places[at].hash == hash) {
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

/* Its figure, whatever line of the cache it begins in, and with most cells all of it. */
void kadr_live_fetch(const struct kadr_live *live)
{
    for (size_t line = 0; live && line < 3; line++) {
        __builtin_prefetch((const char *)live + 64 * line);
    }
}

void kadr_series_fetch_after(const struct kadr_series_table *table, size_t index)
{
    if (index + 8 < table->count) {
        __builtin_prefetch(table->all[index + 8]);
        kadr_live_fetch(table->all[index + 4]->only.live);
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

void kadr_series_fetch_cells(const struct kadr_series *series, struct kadr_period period)
{
    for (uint32_t i = 0; i < series->part_count && i < MAX_FETCHED; i++) {
        const struct kadr_slot *slot = kadr_series_slot(series->parts[i], period);
        kadr_live_fetch(slot ? slot->live : NULL);
    }
}

struct kadr_series *kadr_series_first(const struct kadr_series_table *table, kadr_unit unit,
                                      kadr_indicator indicator)
{
    return kadr_series_find(table, unit, indicator, 0);
}

static void take_place(struct kadr_series_place *places, size_t count, struct kadr_series_place place)
{
    size_t at = place.hash & (count - 1);
    while (places[at].index) {
        at = (at + 1) & (count - 1);
    }
    places[at] = place;
}

static int more_places(struct kadr_series_table *table)
{
    size_t count = table->place_count ? 2 * table->place_count : MIN_PLACES;
    struct kadr_series_place *places = kadr_pool_alloc(table->pool, count * sizeof(*places));
    if (!places) {
        return KADR_ENOMEM;
    }
    memset(places, 0, count * sizeof(*places));
    for (size_t i = 0; i < table->place_count; i++) {
        if (table->places[i].index) {
            take_place(places, count, table->places[i]);
        }
    }
    kadr_pool_give_back(table->pool, table->places, table->place_count * sizeof(*places));
    table->places = places;
    table->place_count = count;
    return 0;
}

static int enter(struct kadr_series_table *table, struct kadr_series *series)
{
    if (table->count == table->cap) {
        size_t cap = table->cap ? 2 * table->cap : MIN_PLACES;
        struct kadr_series **all =
            kadr_pool_resize(table->pool, table->all, table->cap * sizeof(*all), cap * sizeof(*all));
        if (!all) {
            return KADR_ENOMEM;
        }
        table->all = all;
        table->cap = cap;
    }
    if (table->count + 1 > table->place_count / 4 * 3 && more_places(table)) {
        return KADR_ENOMEM;
    }
    table->all[table->count++] = series;
    uint32_t hash = hash_of(series->unit, series->indicator, series->breakdown);
    take_place(table->places, table->place_count, (struct kadr_series_place){ hash, (uint32_t)table->count });
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
        return kadr_unit_info(reference, a->unit)->code_rank < kadr_unit_info(reference, b->unit)->code_rank;
    }
    size_t x = exhaustive_place(reference, series, a), y = exhaustive_place(reference, series, b);
    return x != y ? x < y
                  : kadr_series_added(series->breakdown, a->breakdown) <
                        kadr_series_added(series->breakdown, b->breakdown);
}

static int add_part(struct kadr_series_table *table, struct kadr_series *series, struct kadr_series *part)
{
    const struct kadr_reference *reference = table->reference;
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, series->indicator);
    uint32_t at = series->part_count;
    if (!is_child(series, part) && exhaustive_place(reference, series, part) == info->exhaustive_count) {
        return 0;
    }
    if ((at & (at - 1)) == 0) { /* room for a power of two */
        size_t bytes = at * sizeof(*series->parts), wider = at > 0 ? 2 * bytes : sizeof(*series->parts);
        struct kadr_series **parts = kadr_pool_resize(table->pool, series->parts, bytes, wider);
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

/* Of the same unit; itself, when it has none. */
static struct kadr_series *without_breakdown(struct kadr_series *series)
{
    while (series->breakdown != 0) {
        size_t i = 0;
        while (series->up[i]->unit != series->unit) {
            i++;
        }
        series = series->up[i];
    }
    return series;
}

/* Below everything that it is part of, and in the chain of its unit and indicator. */
static int join(struct kadr_series_table *table, struct kadr_series *series)
{
    struct kadr_series *first = without_breakdown(series);
    if (first != series) {
        series->next = first->next;
        first->next = series;
    }
    for (size_t i = 0; i < series->up_count; i++) {
        if (add_part(table, series->up[i], series)) {
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
    struct kadr_series *series = kadr_pool_alloc(table->pool, bytes);
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
