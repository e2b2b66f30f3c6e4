/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* cell.h - one published figure of the rollup, with everything that keeps it honest.
 *
 * A cell is (unit, indicator, breakdown, period); a stock's or parameter's cell has no period: it is "as of
 * day D".
 */
#include "base/buf.h"
#include "base/hash.h"
#include "domain/reference.h"
#include "domain/report.h"
#include "domain/value.h"

/* Numbers are the wire's and the digest's. */
enum kadr_basis {
    KADR_BASIS_NONE = 0,
    KADR_BASIS_STATED = 1,
    KADR_BASIS_SUM = 2,
    KADR_BASIS_RATIO = 3,
    KADR_BASIS_RANGE = 4
} KADR_SMALL_ENUM;
enum kadr_residual {
    KADR_RESIDUAL_NONE = 0,
    KADR_RESIDUAL_OUTSTANDING = 1,
    KADR_RESIDUAL_CONTRADICTION = 2
} KADR_SMALL_ENUM;

/* Whether a rule of the catalogue (column holds) holds, as far as its residual shows. */
enum kadr_holds {
    KADR_HOLDS_NONE = 0,
    KADR_HOLDS_YES = 1,
    KADR_HOLDS_NO = 2,
    KADR_HOLDS_UNKNOWN = 3
} KADR_SMALL_ENUM;

/* Period of a cell: first = last = KADR_DAY_NONE for stocks and parameters. */
#define KADR_PERIOD_AS_OF ((struct kadr_period){ KADR_DAY_NONE, KADR_DAY_NONE })

struct kadr_cell_key {
    kadr_breakdown breakdown;
    struct kadr_period period;
    kadr_unit unit;
    kadr_indicator indicator;
};

/* An interval with an open end; meaningless unless the cell has a value. */
struct kadr_cell {
    struct kadr_cell_key key;
    enum kadr_basis basis;
    bool incomplete; /* lo is a lower bound; hi is open */
    bool hi_open, known_hi_open;
    int64_t lo, hi, known_hi;    /* at the indicator's scale */
    enum kadr_reason reason;     /* of a missing value, or the newest "no figure yet" beside a carried one */
    uint32_t reported, complete; /* reporters with a value; with a complete value */
    int64_t expected;            /* reporters; -1: nobody owes it */
    uint32_t stale;              /* reporters that rest on a stale statement */
    kadr_day oldest, newest; /* of the statements used; last days of periods; KADR_DAY_NONE without a value */
    enum kadr_residual residual; /* of a stated cell against its parts */
    bool residual_lo_open, residual_hi_open;
    int64_t residual_lo, residual_hi;
    enum kadr_holds holds; /* of a rule's cell; follows from the rest, and is not in the digest */
};

static inline bool kadr_cell_has_value(const struct kadr_cell *cell)
{
    return cell->basis != KADR_BASIS_NONE;
}
/* Equal in everything that is published. */
bool kadr_cell_equal(const struct kadr_cell *a, const struct kadr_cell *b);

/* `none` `stated` `sum` `ratio` `range`; `none` `outstanding` `contradiction`; `none` `holds` `broken`
 * `unknown` */
const char *kadr_basis_text(enum kadr_basis basis);
const char *kadr_residual_text(enum kadr_residual residual);
const char *kadr_holds_text(enum kadr_holds holds);
/* What the figure of a cell says of a rule: certainly, certainly not, cannot be told. */
enum kadr_holds kadr_rule_holds(enum kadr_rule rule, const struct kadr_cell *cell);

/* Canonical bytes (docs/rollup.md, Digest): codes, not indexes; big-endian; no commit numbers. */
void kadr_cell_canonical(const struct kadr_reference *reference, const struct kadr_cell *cell,
                         struct kadr_buf *out);
struct kadr_digest kadr_cell_digest(const struct kadr_reference *reference, const struct kadr_cell *cell);

/* The codes that the indexes of a cell's key stand for, for readers who have the codes and no indexes. */
struct kadr_cell_codes {
    const char *unit, *indicator;
    const struct kadr_member_pair *breakdown; /* each dimension once, in any order */
    size_t breakdown_count;
    int32_t scale;
};
/* The digest of a cell whose key has only its period. */
struct kadr_digest kadr_cell_digest_of(const struct kadr_cell_codes *codes, const struct kadr_cell *cell);
