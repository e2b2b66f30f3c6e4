/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history.h - everything that took force in the journal, in the order that questions about the past need it.
 *
 * The journal is ordered by commit and holds every office's report one behind the other; a question about the
 * past is about a few units and indicators. The history is the journal's accepted observations sorted by
 * (unit, indicator, commit), with the reference files, the days and the times that were in force. It is
 * derived data: it names the journal (lineage, commit, chain digest) it was made from, may be deleted at any
 * time, and is made again from commit 1 when anything about it does not fit. Bytes: docs/storage.md, History.
 *
 * Unit, indicator and members of a row are codes: those that the reference in force at the row's commit calls
 * them by, so an alias that an office used is its unit's code; what that reference could not place stands as
 * it was stated. A later reference may have renamed a unit: who reads asks for its code and its aliases.
 *
 * Owner:   writing: one thread at a time. Reading: any thread, a view of its own each.
 * Cost:    an observation is one row, some 210 bytes of disk and 3 us of CPU (bench/history_bench.c); reading
 * costs the rows asked for and one seek per (unit, indicator) passed.
 */
#include "core/kvstore.h"
#include "wire/wire.h"

/* ---- writing ---- */

struct kadr_history;

/* Where a history stands. commit 0: empty, and nothing else is set. */
struct kadr_history_position {
    uint64_t commit; /* of the last record that is in it */
    struct kadr_id lineage;
    struct kadr_digest chain; /* digest of that record */
};

/** What the store holds, or an empty history.
 * @param kv          borrowed; must outlive the history
 * @param ret_wiped   another format's or unreadable, and therefore cleared; may be NULL
 * @return            0, or as the store says */
KADR_MUST_CHECK int kadr_history_open(const struct kadr_kvstore *kv, struct kadr_history **ret_history,
                                      bool *ret_wiped);
void kadr_history_free(struct kadr_history *history);
KADR_DEFINE_CLEANUP(struct kadr_history, kadr_history_free)

struct kadr_history_position kadr_history_position(const struct kadr_history *history);

/** Adds records in one transaction: durable when it returns 0, else none of them is there and the position is
 * the old one.
 * @param lineage       of the journal; an empty history takes it
 * @param records       commits position + 1, position + 2, …
 * @retval KADR_EEXIST  another lineage, or not the next commit
 * @retval KADR_ECORRUPT, KADR_EPROTO, KADR_EVERSION …  a record that does not chain or cannot be read
 * @retval KADR_ENOSPC, KADR_EIO, KADR_ENOMEM
 * Cost: O(observations log rows). */
KADR_MUST_CHECK int kadr_history_apply(struct kadr_history *history, const struct kadr_id *lineage,
                                       const struct kadr_record *records, size_t count);
/* Forgets everything, durably. */
KADR_MUST_CHECK int kadr_history_wipe(struct kadr_history *history);

/* ---- reading ---- */

/* A consistent state of the history. Everything read through it is borrowed: until the callback returns, or,
 * where there is none, until the view ends. */
struct kadr_history_view;

/* Ends in the thread that began it. @retval KADR_EVERSION, KADR_ECORRUPT  nothing here can be read */
KADR_MUST_CHECK int kadr_history_view_begin(const struct kadr_kvstore *kv,
                                            struct kadr_history_view **ret_view);
void kadr_history_view_end(struct kadr_history_view *view);
KADR_DEFINE_CLEANUP(struct kadr_history_view, kadr_history_view_end)

/* Of this view. */
struct kadr_history_position kadr_history_view_position(const struct kadr_history_view *view);

/* An accepted observation, as its office stated it but for canonical codes. */
struct kadr_history_row {
    uint64_t commit;
    uint32_t index;       /* of the observation in its report, from 0 */
    kadr_ms stated_at_ms; /* of the record, as the fold uses it */
    struct kadr_observation observation;
};
/* Non-zero stops and is returned. */
typedef int kadr_history_row_fn(void *context, const struct kadr_history_row *row);

/** Rows of one unit by (indicator, commit, index), commits from … to, both inside.
 * @param unit       a code exactly as it stands in the rows; aliases are asked for one by one
 * @param indicator  NULL: all
 * Cost: the rows handed out, and two seeks per indicator that the unit ever stated. */
KADR_MUST_CHECK int kadr_history_rows(struct kadr_history_view *view, const char *unit, const char *indicator,
                                      uint64_t from, uint64_t to, kadr_history_row_fn *fn, void *context);
/* One row. @retval KADR_ENOENT */
KADR_MUST_CHECK int kadr_history_row_at(struct kadr_history_view *view, const char *unit,
                                        const char *indicator, uint64_t commit, uint32_t index,
                                        struct kadr_history_row *ret_row);

/* What a report wrote rows of: each (unit, indicator) once, sorted. */
struct kadr_history_touched {
    const char *unit, *indicator;
};
/* A report that took force, also one with no accepted observation ("nothing to report"). */
struct kadr_history_report {
    uint64_t commit;
    const char *office;
    struct kadr_id stream;
    uint64_t sequence;
    uint8_t report_id[16];
    kadr_ms stated_at_ms, received_at_ms, committed_at_ms;
    const char *source; /* "" */
    kadr_day published; /* KADR_DAY_NONE when unknown */
    const char *file;   /* "" */
    bool nothing_to_report;
    uint32_t accepted, rejected;
    const struct kadr_history_touched *touched;
    size_t touched_count;
};
typedef int kadr_history_report_fn(void *context, const struct kadr_history_report *report);

/* `touched` is borrowed until the next call about reports. @retval KADR_ENOENT  no such report */
KADR_MUST_CHECK int kadr_history_report_at(struct kadr_history_view *view, uint64_t commit,
                                           struct kadr_history_report *ret_report);
/* By commit, from … to, both inside. The callback must not ask about reports. */
KADR_MUST_CHECK int kadr_history_reports(struct kadr_history_view *view, uint64_t from, uint64_t to,
                                         kadr_history_report_fn *fn, void *context);

/* A reference or day record. */
struct kadr_history_reference {
    uint64_t commit;
    struct kadr_bytes files; /* ReferenceFiles as journalled: kadr_decode_files(), kadr_reference_load() */
};
struct kadr_history_day {
    uint64_t commit;
    kadr_day day;
};
typedef int kadr_history_reference_fn(void *context, const struct kadr_history_reference *reference);
typedef int kadr_history_day_fn(void *context, const struct kadr_history_day *day);

/* In force at a commit: the newest at or before it. @retval KADR_ENOENT  none yet */
KADR_MUST_CHECK int kadr_history_reference_at(struct kadr_history_view *view, uint64_t commit,
                                              struct kadr_history_reference *ret_reference);
KADR_MUST_CHECK int kadr_history_day_at(struct kadr_history_view *view, uint64_t commit,
                                        struct kadr_history_day *ret_day);
/* By commit, from … to, both inside. */
KADR_MUST_CHECK int kadr_history_references(struct kadr_history_view *view, uint64_t from, uint64_t to,
                                            kadr_history_reference_fn *fn, void *context);
KADR_MUST_CHECK int kadr_history_days(struct kadr_history_view *view, uint64_t from, uint64_t to,
                                      kadr_history_day_fn *fn, void *context);

/** What was known at a moment: the greatest commit such that it and all before it were committed at or before
 * `time_ms` (a clock that was set back does not make an older record newer).
 * @retval KADR_ENOENT  before the first record */
KADR_MUST_CHECK int kadr_history_commit_at(struct kadr_history_view *view, kadr_ms time_ms,
                                           uint64_t *ret_commit);
/* Since when a commit was known: the inverse of the above. @retval KADR_ENOENT  not in this history */
KADR_MUST_CHECK int kadr_history_known_since(struct kadr_history_view *view, uint64_t commit,
                                             kadr_ms *ret_time_ms);
