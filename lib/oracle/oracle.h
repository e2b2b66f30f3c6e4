/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* oracle.h - the rules of the rollup (docs/rollup.md) a second time, as plainly as they can be written.
 *
 * It keeps every statement as it came and answers each question from nothing: resolve all of them, sort them
 * by key, drop the ones that are not in force, evaluate every cell by recursion over children and members. No
 * cache, nothing carried from one question or cell to the next; slow on purpose. kadr_rollup_* must agree
 * with it cell by cell and field by field. It shares with the engine only what is not the rollup: days,
 * periods, values, the reference. aggregatord compares the two as long as it runs (core/audit.h); the tests
 * do with generated histories (tests/oracle).
 */
#include "domain/cell.h"
#include "domain/report.h"

struct kadr_oracle;

struct kadr_oracle *kadr_oracle_new(void); /* NULL: out of memory */
void kadr_oracle_free(struct kadr_oracle *oracle);
KADR_DEFINE_CLEANUP(struct kadr_oracle, kadr_oracle_free)

/* The records of a journal, in commit order, as kadr_rollup_* take them. */
void kadr_oracle_reference(struct kadr_oracle *oracle, struct kadr_reference *reference);
void kadr_oracle_day(struct kadr_oracle *oracle, kadr_day day);
void kadr_oracle_report(struct kadr_oracle *oracle, const struct kadr_report *report,
                        const enum kadr_verdict *verdicts, kadr_ms stated_at_ms, uint64_t commit);
const struct kadr_reference *kadr_oracle_current_reference(const struct kadr_oracle *oracle);
kadr_day kadr_oracle_current_day(const struct kadr_oracle *oracle);

/* One cell, live or not, on a day. */
struct kadr_cell kadr_oracle_cell(const struct kadr_oracle *oracle, const struct kadr_cell_key *key,
                                  kadr_day as_of);

/* All live cells of a day, in the order (unit, indicator, breakdown, period). */
struct kadr_oracle_cells {
    struct kadr_cell *items; /* owned: kadr_oracle_cells_done() */
    size_t count;
    bool failed; /* out of memory, also when a statement was kept: what is here may be wrong */
};
struct kadr_oracle_cells kadr_oracle_cells(const struct kadr_oracle *oracle, kadr_day as_of);
/* Those of them that `wants` says yes to; the others are not evaluated. */
typedef bool kadr_oracle_wants_fn(void *context, const struct kadr_cell_key *key);
struct kadr_oracle_cells kadr_oracle_cells_wanted(const struct kadr_oracle *oracle, kadr_day as_of,
                                                  kadr_oracle_wants_fn *wants, void *context);
/* All of them on today's borders. */
struct kadr_oracle_cells kadr_oracle_cells_today(const struct kadr_oracle *oracle, kadr_day as_of);
void kadr_oracle_cells_done(struct kadr_oracle_cells *cells);
KADR_DEFINE_DONE(struct kadr_oracle_cells, kadr_oracle_cells_done)
/* Sum of the digests of these cells. */
struct kadr_digest kadr_oracle_digest(const struct kadr_oracle *oracle,
                                      const struct kadr_oracle_cells *cells);
