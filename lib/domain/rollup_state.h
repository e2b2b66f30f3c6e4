/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rollup_state.h - what the files of the rollup share. Nobody else includes it.
 *
 *   rollup.c      records in: statements, reference, day
 *   touch.c       which cells a statement touches
 *   changes.c     cells out: what differs from what was handed out, and why
 *   digests.c     digests of what was handed out, per topic
 *   query.c       questions
 *   explain.c     one cell taken apart
 *   checkpoint.c  all of it as bytes, and back
 */
#include "domain/evaluate.h"
#include "domain/rollup.h"
#include "domain/sleepers.h"
#include "domain/superseded.h"

/* Why a cell is pending. */
enum {
    KADR_CAUSE_STATED = 1,
    KADR_CAUSE_CORRECTED = 2,
    KADR_CAUSE_WITHDRAWN = 4,
    KADR_CAUSE_DAY = 8,
    KADR_CAUSE_REFERENCE = 16,
    KADR_CAUSES_STATED = KADR_CAUSE_STATED | KADR_CAUSE_CORRECTED | KADR_CAUSE_WITHDRAWN
};

struct kadr_topic {
    kadr_unit region;
    kadr_indicator indicator;
    size_t cells;
    struct kadr_digest digest;
};

/* Cells of one rank that wait to be evaluated. */
struct kadr_pending {
    struct kadr_live **cells; /* owned array */
    size_t count, cap;
};

/* The periods whose cells a statement is in; they follow from its own and the time rule. */
struct kadr_slots {
    struct kadr_period stated;
    struct kadr_period slots[KADR_MAX_SLOTS];
    size_t count; /* 0: nothing is known */
};

struct kadr_changed;
struct kadr_gone {
    struct kadr_cell_key key;
    enum kadr_change kind;
};

/* Cells handed out whose digest in their topic's is that of what was handed out before, or none. */
struct kadr_due {
    struct kadr_live **cells; /* owned array */
    size_t count, cap;
    bool all; /* too many to list: every cell is to be looked at */
};

struct kadr_rollup {
    struct kadr_reference *reference; /* owned share; NULL before the first */
    kadr_day day;
    struct kadr_period window; /* of live periods, on that day */
    uint64_t commit;
    struct kadr_series_table table;
    struct kadr_slots last_slots[KADR_TIME_NONE + 1]; /* of the period stated last, by time rule */
    struct kadr_live *spare;                          /* cells that left, for those that come: a list */
    struct kadr_sleepers sleepers;
    struct kadr_evaluator evaluator;
    struct kadr_series **ordered; /* all series, sorted; rebuilt when there are more of them */
    size_t ordered_count, ordered_cap;
    struct kadr_pending pending[KADR_RANKS]; /* live cells that may differ from what was handed out */
    struct kadr_changed *changed, *sorted;   /* those that do differ; scratch of their order */
    size_t changed_count, changed_cap, sorted_cap;
    struct kadr_gone *gone; /* cells handed out that are not live any more */
    size_t gone_count, gone_cap;
    struct kadr_map topics; /* of struct kadr_topic, owned */
    struct kadr_due due;
    size_t cell_count;
    size_t passed_over_count, broken_count;
    struct kadr_recall recall; /* superseded.c; .read NULL: nothing is let go */
    uint64_t durable;          /* statements up to this commit may be let go */
    size_t next_to_go, let_go_count;
    uint64_t recall_count;
    int err; /* out of memory: sticky, the rollup is worthless */
};

/* touch.c; failure sticks to `err` */
/* Every cell that can depend on a statement of the series is to be evaluated again; makes those that are not
 * there yet. */
void kadr_rollup_touch_closure(struct kadr_rollup *rollup, struct kadr_series *series,
                               struct kadr_period period, unsigned cause);
/* The period is one of which the series has a live cell. */
bool kadr_rollup_is_live(const struct kadr_rollup *rollup, const struct kadr_series *series,
                         struct kadr_period period);
void kadr_rollup_make_live(struct kadr_rollup *rollup, struct kadr_series *series, struct kadr_slot *slot);

/* Puts a statement into force, or to sleep; failure sticks to `err`. */
void kadr_rollup_take_stated(struct kadr_rollup *rollup, const struct kadr_stated *stated);
/* The cell is to be evaluated again. */
void kadr_rollup_touch(struct kadr_rollup *rollup, struct kadr_live *live, unsigned cause, kadr_day since);
/* Makes room for one more; the array may move. @return false: out of memory, which sticks to `err` */
bool kadr_rollup_reserve(struct kadr_rollup *rollup, void **items, size_t *cap, size_t count,
                         size_t item_bytes);
/* A live cell leaves: it is taken from its topic's digest and, if it was handed out, reported as removed. */
void kadr_rollup_retire(struct kadr_rollup *rollup, struct kadr_live *live, enum kadr_change kind);
/* Reports a cell that is not live any more. */
void kadr_rollup_report_gone(struct kadr_rollup *rollup, const struct kadr_cell_key *key,
                             enum kadr_change kind);
void kadr_rollup_forget_topics(struct kadr_rollup *rollup);
/* What was handed out of a cell is not what its digest says. */
void kadr_rollup_digest_due(struct kadr_rollup *rollup, struct kadr_live *live);
/* A cell leaves, and its digest with it. */
void kadr_rollup_leave_digest(struct kadr_rollup *rollup, struct kadr_live *live);

/* superseded.c; the context is the rollup. */
int kadr_rollup_call_back(void *context, const struct kadr_series *series);
/* The array of its statements is full, and one of this period comes: what is superseded is let go. */
void kadr_rollup_make_room(struct kadr_rollup *rollup, struct kadr_series *series, struct kadr_period next);
/* Of a rollup being restored: so many statements before those of this one's series are not in memory, the
 * earliest of the day `from`.
 * @return false: it has no such series */
bool kadr_rollup_is_let_go(struct kadr_rollup *rollup, const struct kadr_stated *stated, uint32_t count,
                           kadr_day from);
void kadr_rollup_call_all_back(struct kadr_rollup *rollup);

/* rekey.c: a change of reference. The old table is taken apart, statement by statement. */
struct kadr_rekey {
    const struct kadr_reference *from, *to;
};
bool kadr_rekey_cell(const struct kadr_rekey *rekey, struct kadr_cell_key *key);
/* The statement by its codes; strings are borrowed from `from` and the statement. */
struct kadr_stated kadr_rekey_stated(const struct kadr_reference *from, const struct kadr_series *series,
                                     const struct kadr_statement *statement);
