/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rollup.h - the rollup: a pure function of a prefix of the journal (docs/rollup.md; rules by article there).
 *
 * Hides:  statements in force, the cache of cells, which cells a statement touches, whose digests are due.
 * Input:  records in commit order: kadr_rollup_reference(), kadr_rollup_day(), kadr_rollup_report().
 * Output: cells; the cells that changed since the last kadr_rollup_take_changes(), with their kind of change.
 * Owner:  one thread. No I/O, no clock.
 * Cost:   a statement re-evaluates its own cells and their ancestors (unit tree x dropped dimensions x
 * calendar periods), not the history.
 */
#include "domain/cell.h"
#include "domain/report.h"

struct kadr_rollup;

KADR_MUST_CHECK int kadr_rollup_new(struct kadr_rollup **ret_rollup);
void kadr_rollup_free(struct kadr_rollup *rollup);
KADR_DEFINE_CLEANUP(struct kadr_rollup, kadr_rollup_free)

/* A reference record: takes a reference; re-keys all statements by their codes and re-evaluates. Must come
 * first. Statements whose codes it lacks stay and sleep. */
KADR_MUST_CHECK int kadr_rollup_reference(struct kadr_rollup *rollup, struct kadr_reference *reference,
                                          uint64_t commit);
/* A day record: re-evaluates what turns stale or expires, and the window of live periods. Never backwards
 * (KADR_EINVAL). */
KADR_MUST_CHECK int kadr_rollup_day(struct kadr_rollup *rollup, kadr_day day, uint64_t commit);
/* A report record: its accepted observations become statements at (stated_at, commit).
 * @param verdicts  observation_count entries, from the record's envelope
 * An observation that the current reference cannot resolve sleeps until one can. */
KADR_MUST_CHECK int kadr_rollup_report(struct kadr_rollup *rollup, const struct kadr_report *report,
                                       const enum kadr_verdict *verdicts, kadr_ms stated_at_ms,
                                       uint64_t commit);

const struct kadr_reference *kadr_rollup_current_reference(
    const struct kadr_rollup *rollup); /* NULL before the first */
/* A share of it: kadr_reference_unref(). */
struct kadr_reference *kadr_rollup_share_reference(const struct kadr_rollup *rollup);
kadr_day kadr_rollup_current_day(const struct kadr_rollup *rollup); /* KADR_DAY_NONE before the first */
uint64_t kadr_rollup_commit(const struct kadr_rollup *rollup);
size_t kadr_rollup_cell_count(const struct kadr_rollup *rollup);
size_t kadr_rollup_statement_count(const struct kadr_rollup *rollup); /* those asleep included */
/* Live cells, as handed out, of which a candidate was passed over: two ways to know a figure disagree. */
size_t kadr_rollup_passed_over_count(const struct kadr_rollup *rollup);
/* Live cells, as handed out, whose rule (column holds of the catalogue) is certainly broken. */
size_t kadr_rollup_broken_count(const struct kadr_rollup *rollup);

/* Kinds of change, the first that applies (rollup-spec, Deltas). Numbers are the wire's. */
enum kadr_change {
    KADR_CHANGE_REFERENCE = 1,
    KADR_CHANGE_AGED = 2,
    KADR_CHANGE_WITHDRAWN = 3,
    KADR_CHANGE_CORRECTED = 4,
    KADR_CHANGE_NEW = 5,
    KADR_CHANGE_COMPLETED = 6,
    KADR_CHANGE_UPDATED = 7,
    KADR_CHANGE_REFRESHED = 8
} KADR_SMALL_ENUM;
const char *kadr_change_text(enum kadr_change change); /* `corrected` … */

struct kadr_cell_change {
    struct kadr_cell
        cell; /* the absolute new state; basis NONE and no reason: the cell is gone or has no value */
    enum kadr_change kind;
    bool removed; /* no longer a live cell (its period left the window) */
};

/** Evaluates what was touched: how many cells differ from what was handed out before.
 * Cost: of each such cell the figures of its parts. */
KADR_MUST_CHECK int kadr_rollup_take_changes(struct kadr_rollup *rollup, size_t *ret_count);
/* One of them, below that count, in the order (unit, indicator, breakdown, period). They stay until the next
 * call that changes the rollup. */
struct kadr_cell_change kadr_rollup_change(const struct kadr_rollup *rollup, size_t index);

/* What is asked. Fields at their "any" value do not filter. */
struct kadr_rollup_query {
    kadr_unit unit;           /* KADR_NO_UNIT: all units */
    bool subtree;             /* and everything below it */
    kadr_indicator indicator; /* KADR_NO_INDICATOR: all */
    kadr_day as_of;           /* KADR_DAY_NONE: the current day */
    /* On the borders of the current day: units and what lies in them as they are today; a figure counts where
     * the unit has had today's land since (docs/rollup.md, On today's borders). */
    bool borders_today;
    bool has_period; /* only cells of this period (stocks: as of its last day when that is earlier than as_of)
                      */
    struct kadr_period period;
};
typedef int kadr_cell_fn(void *context, const struct kadr_cell *cell); /* non-zero stops and is returned */

/** Cells in the order (unit, indicator, breakdown, period). For the current day from the cache; for an
 * earlier day, or a period outside the live window, evaluated for the question alone with the statements
 * known now.
 * @retval KADR_EINVAL  as_of lies after the current day, or outside the calendar
 * Cost: O(cells asked), plus evaluating their subtrees for a day that is not current. */
KADR_MUST_CHECK int kadr_rollup_query(struct kadr_rollup *rollup, const struct kadr_rollup_query *query,
                                      kadr_cell_fn *fn, void *context);

/* Digests per (region, indicator); a unit below a region counts to it, the country and what is above regions
 * to itself. */
struct kadr_topic_digest {
    kadr_unit region;
    kadr_indicator indicator;
    struct kadr_digest digest;
};
typedef int kadr_topic_digest_fn(void *context, const struct kadr_topic_digest *digest);
/* In the order (region, indicator); only topics that hold a cell. Of what was handed out last.
 * Cost: a hash of each cell that changed since digests were asked for; so ask when they are told, and not at
 * every tick. */
KADR_MUST_CHECK int kadr_rollup_digests(struct kadr_rollup *rollup, kadr_topic_digest_fn *fn, void *context);
/* Sum over all topics; likewise. Worthless when out of memory, which sticks: the next call tells. */
struct kadr_digest kadr_rollup_digest(struct kadr_rollup *rollup);

/* The state as bytes (docs/storage.md, Checkpoint): codes, not indexes, so that it can be read with any
 * reference equal to the current one. One state has one run of bytes, whatever way led to it. Only after the
 * first reference record. Errors stick to `out`; its cap holds for the scratch as well.
 * Cost: O(statements) in time, and the same bytes once more in memory. */
void kadr_rollup_save(const struct kadr_rollup *rollup, struct kadr_buf *out);
/** The state that was saved, in a rollup that has read nothing: from here on it does what the saved one does.
 * Its cells count as handed out, also those that the saved one had not handed out yet.
 * @param reference  the one that was current when it was saved (equal files)
 * @param saved      all of it; checked, so that damaged bytes are refused and nothing else
 * @retval KADR_ECORRUPT  not what was written; free the rollup, also after the others
 * @retval KADR_EVERSION  another format
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_rollup_restore(struct kadr_rollup *empty, struct kadr_reference *reference,
                                        struct kadr_bytes saved);
