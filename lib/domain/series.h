/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* series.h - the statements of one (unit, indicator, breakdown), and the periods that its cells can have.
 *
 * Per key (period, for events also occurrence) only the statement with the greatest (stated_at, commit) is
 * kept: what it replaced is history, which the journal has. A withdrawal stays as a tombstone, so that an
 * older statement that arrives later does not rise from it.
 * Hides:  the sorted array, so that a statement costs a binary search and not the length of history.
 */
#include "domain/map.h"
#include "domain/period.h"
#include "domain/reference.h"
#include "domain/value.h"

struct kadr_live;

struct kadr_statement {
    struct kadr_period period;
    char *occurrence; /* owned; "" is NULL */
    struct kadr_value value;
    kadr_ms stated_at_ms;
    uint64_t commit;
};

/* A period that a cell of the series can have: of its own statements or of those below it. */
struct kadr_slot {
    struct kadr_period period;
    struct kadr_live *live; /* owned by the rollup; NULL outside the live window */
};

struct kadr_series {
    struct kadr_series *next; /* of the same unit and indicator, another breakdown */
    kadr_breakdown breakdown;
    kadr_unit unit;
    kadr_indicator indicator;
    struct kadr_statement *statements; /* sorted by (period, occurrence) */
    size_t statement_count, statement_cap;
    struct kadr_slot *slots; /* sorted by period */
    size_t slot_count, slot_cap;
};

/* What a statement did to its key. */
enum kadr_put {
    KADR_PUT_NOTHING,   /* a later statement is in force, or the same value was confirmed */
    KADR_PUT_STATED,    /* a first value or reason, or one in place of a missing or withdrawn one */
    KADR_PUT_CORRECTED, /* another value for a key that had one */
    KADR_PUT_WITHDRAWN
};

struct kadr_series_table {
    struct kadr_map map;
    struct kadr_map first; /* (unit, indicator) -> the newest of its series */
    size_t statement_count;
};

void kadr_series_table_done(struct kadr_series_table *table);
struct kadr_series *kadr_series_find(const struct kadr_series_table *table, kadr_unit unit,
                                     kadr_indicator indicator, kadr_breakdown breakdown);
/* One series of a unit and indicator, from which `next` leads to the others; NULL. */
struct kadr_series *kadr_series_first(const struct kadr_series_table *table, kadr_unit unit,
                                      kadr_indicator indicator);
/* Finds or makes; NULL when out of memory. */
struct kadr_series *kadr_series_get(struct kadr_series_table *table, kadr_unit unit, kadr_indicator indicator,
                                    kadr_breakdown breakdown);
/** Puts a statement in force unless a later one is. Copies the occurrence.
 * On equal (stated_at, commit), which only two codes that became one can bring about, the narrower value
 * stays, so that no order of arrival shows.
 * @retval KADR_ENOMEM  nothing was changed */
KADR_MUST_CHECK int kadr_series_put(struct kadr_series_table *table, struct kadr_series *series,
                                    const struct kadr_statement *statement, enum kadr_put *ret_put);
/* Index of the first statement whose period begins on or after a day. */
size_t kadr_series_from(const struct kadr_series *series, kadr_day first);
/* The statement of exactly this period (without occurrence); NULL. */
const struct kadr_statement *kadr_series_exact(const struct kadr_series *series, struct kadr_period period);
/* The slot of a period; NULL. */
struct kadr_slot *kadr_series_slot(const struct kadr_series *series, struct kadr_period period);
/* Finds or makes; NULL when out of memory. Borrowed until the next slot is made. */
struct kadr_slot *kadr_series_slot_get(struct kadr_series *series, struct kadr_period period);
