/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* series.h - the statements of one (unit, indicator, breakdown), the periods that its cells can have, and the
 * series next to it.
 *
 * Per key (period, for events also occurrence) only the statement with the greatest (stated_at, commit) is
 * kept: what it replaced is history, which the journal has. A withdrawal stays as a tombstone, so that an
 * older statement that arrives later does not rise from it.
 *
 * The series of a table are a graph, made once, when a series is made; whoever touches cells walks up in it,
 * whoever evaluates them walks down, and nobody looks a neighbour up by its key:
 *
 *        KZ  headcount ─────┬────────────── KZ  headcount cadre=doctor
 *            │ parts        │ up                │
 *        KZ-35 headcount ───┴────────────── KZ-35 headcount cadre=doctor
 *
 * Up: the same of every unit that was ever above, and the same unit's with one dimension dropped; with a
 * series, all that is above it exists. Down: those of them that its sums are made of. A figure that is
 * computed of others also knows the series of its terms.
 * Hides:  the sorted array, so that a statement costs a binary search and not the length of history; the hash
 *         from key to series.
 */
#include "base/pool.h"
#include "domain/period.h"
#include "domain/reference.h"
#include "domain/value.h"

struct kadr_live;

struct kadr_statement {
    struct kadr_period period;
    char *occurrence; /* of the table; "" is NULL */
    struct kadr_value value;
    kadr_ms stated_at_ms;
    uint64_t commit;
};

/* A period that a cell of the series can have: of its own statements or of those below it. */
struct kadr_slot {
    struct kadr_period period;
    struct kadr_live *live; /* owned by the rollup; NULL outside the live window */
};

/* What a sum looks at in its parts comes first. */
struct kadr_series {
    kadr_breakdown breakdown;
    kadr_unit unit;
    kadr_indicator indicator;
    uint8_t rank; /* its cells are made of cells of a lower rank only, below KADR_RANKS */
    uint8_t up_count;
    uint8_t recalls;      /* superseded.c: times that it was called back today */
    uint32_t let_go;      /* superseded.c: statements of days before the first one that are not in memory */
    kadr_day let_go_from; /* the earliest of those days */
    uint32_t slot_count, slot_cap;
    struct kadr_slot *slots;           /* sorted by period */
    struct kadr_slot only;             /* where `slots` are while there is one, which for a stock is always */
    struct kadr_series **parts;        /* the children in the order of the unit's, then the members in that of
                                          the catalogue, of exhaustive dimensions */
    uint32_t child_count, part_count;  /* the children among the parts; all parts */
    struct kadr_statement *statements; /* sorted by (period, occurrence) */
    uint32_t statement_count, statement_cap;
    struct kadr_series *next; /* of the same unit and indicator, another breakdown */
    struct kadr_series *up[]; /* right above; behind them the terms, NULL where they are not there */
};

/* Of a series whose indicator has terms; NULL: nothing was ever stated of it here. */
static inline const struct kadr_series *kadr_series_term(const struct kadr_series *series, size_t term)
{
    return series->up[series->up_count + term];
}

/* Sums, then differences, then ratios; in each the lowest level first, then the most dimensions: so many
 * heights in each. */
#define KADR_HEIGHTS ((KADR_LEVEL_FACILITY + 1) * (KADR_MAX_DIMENSIONS + 1))
#define KADR_RANKS   (3 * KADR_HEIGHTS)

/* What a statement did to its key. */
enum kadr_put {
    KADR_PUT_NOTHING,   /* a later statement is in force, or the same value was confirmed */
    KADR_PUT_STATED,    /* a first value or reason, or one in place of a missing or withdrawn one */
    KADR_PUT_CORRECTED, /* another value for a key that had one */
    KADR_PUT_WITHDRAWN
};

struct kadr_series_place;

struct kadr_series_table {
    const struct kadr_reference *reference; /* borrowed */
    struct kadr_pool *pool;                 /* owned: of series, cells, and what else is short */
    struct kadr_series **all;               /* in the order in which they were made */
    size_t count, cap;
    struct kadr_series_place *places; /* by the hash of the key: open addressing, growth at 3/4 */
    size_t place_count;               /* power of two */
    uint32_t *stated;                 /* by indicator: bits of the heights at which something was stated */
    size_t statement_count;
};

KADR_MUST_CHECK int kadr_series_table_init(struct kadr_series_table *table,
                                           const struct kadr_reference *reference);
void kadr_series_table_done(struct kadr_series_table *table);
struct kadr_series *kadr_series_find(const struct kadr_series_table *table, kadr_unit unit,
                                     kadr_indicator indicator, kadr_breakdown breakdown);
/* Hints that cost nothing: the series will be looked for; what was found (or NULL) will be put into. */
void kadr_series_fetch_place(const struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                             kadr_breakdown breakdown);
void kadr_series_fetch(const struct kadr_series *series);
void kadr_live_fetch(const struct kadr_live *live);
/* All series and their stocks' cells are looked at in turn, and this is the one at `index`. */
void kadr_series_fetch_after(const struct kadr_series_table *table, size_t index);
/* Its parts will be looked at; then their cells of a period. */
void kadr_series_fetch_parts(const struct kadr_series *series);
void kadr_series_fetch_cells(const struct kadr_series *series, struct kadr_period period);
/* The series of a unit and indicator without a breakdown, from which `next` leads to the others; NULL. */
struct kadr_series *kadr_series_first(const struct kadr_series_table *table, kadr_unit unit,
                                      kadr_indicator indicator);
/* Finds or makes, and with it all that is above it; NULL when out of memory. */
struct kadr_series *kadr_series_get(struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                                    kadr_breakdown breakdown);
/* The one member that `narrow` names and `wide` does not. */
kadr_member kadr_series_added(kadr_breakdown wide, kadr_breakdown narrow);
/** Puts a statement in force unless a later one is. Copies the occurrence.
 * On equal (stated_at, commit), which only two codes that became one can bring about, the narrower value
 * stays, so that no order of arrival shows.
 * @retval KADR_ENOMEM  nothing was changed */
KADR_MUST_CHECK int kadr_series_put(struct kadr_series_table *table, struct kadr_series *series,
                                    const struct kadr_statement *statement, enum kadr_put *ret_put);
/* What a series has outside its table's pool; with the table. */
void kadr_series_done(struct kadr_series *series);
/* Something may have been stated above the series: of a unit that holds its own, or with fewer dimensions. */
bool kadr_series_is_below_stated(const struct kadr_series_table *table, const struct kadr_series *series);
/* Forgets the first statements; `count` is below statement_count. */
void kadr_series_drop(struct kadr_series_table *table, struct kadr_series *series, uint32_t count);
/* By their first days, then by their last. */
int kadr_period_order(struct kadr_period a, struct kadr_period b);
/* Index of the first statement whose period begins on or after a day. */
size_t kadr_series_from(const struct kadr_series *series, kadr_day first);
/* The statement of exactly this period (without occurrence); NULL. */
const struct kadr_statement *kadr_series_exact(const struct kadr_series *series, struct kadr_period period);
/* The slot of a period; NULL. A stock has no other than the first. */
struct kadr_slot *kadr_series_slot_behind(const struct kadr_series *series, struct kadr_period period);
static inline struct kadr_slot *kadr_series_slot(const struct kadr_series *series, struct kadr_period period)
{
    return series->slot_count > 0 && kadr_period_equal(series->slots[0].period, period)
               ? series->slots
               : kadr_series_slot_behind(series, period);
}
/* Finds or makes; NULL when out of memory. Borrowed until the next slot is made. */
struct kadr_slot *kadr_series_slot_get(struct kadr_series_table *table, struct kadr_series *series,
                                       struct kadr_period period, bool *ret_made);
