/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* past_impl.h - what the files of the past share, and nobody else:
 *
 *   past.c           the table of questions, replies and refusals
 *   past_rows.c      which rows a question is about
 *   past_state.c     the state at a commit: a scratch rollup of these rows
 *   past_play.c      a state led on to a later commit
 *   past_snapshot.c  cells as they were known
 *   past_changes.c   what changed from one commit to another; past_differ.c compares the two states
 *   past_series.c    a figure at several points; past_coverage.c: who has reported
 *   past_preview.c   what other reference data would alter
 *   past_explain.c   one cell taken apart
 *
 * An answer function appends replies with kadr_past_reply() until something fails; whatever it returns goes
 * up as it is. KADR_EPERM means refused and told. KADR_EFULL becomes the refusal `answer_too_large`.
 */
#include "core/history.h"
#include "core/past.h"

/* References of one question, each loaded once. */
#define KADR_PAST_REFERENCES 64

struct kadr_past {
    struct kadr_history_view *view;
    struct kadr_arena *arena; /* of the question; until its answer is made */
    struct kadr_position now;
    kadr_ms now_ms;
    uint64_t request;
    struct kadr_past_answer *answer;
    size_t max_bytes;
    uint64_t max_rows;
    bool too_many_rows; /* why it is too large */
    bool has_as_of;     /* every state is evaluated as of this day, whatever day was in force */
    kadr_day as_of;
    struct {
        uint64_t commit;
        struct kadr_reference *reference;
    } references[KADR_PAST_REFERENCES];
    size_t reference_count;
};

/* ---- replies: past.c ---- */
/* Appends one message; its `request` is filled in. @retval KADR_EFULL  the answer would be too large */
KADR_MUST_CHECK int kadr_past_reply(struct kadr_past *past, struct kadr_query_reply *reply);
/* Instead of all that was appended. @retval KADR_EPERM  always, when it was told */
KADR_MUST_CHECK int kadr_past_refuse(struct kadr_past *past, enum kadr_diag_code code, const char *arg0,
                                     const char *arg1);
/* Refuses a day after the last one. */
KADR_MUST_CHECK int kadr_past_check_day(struct kadr_past *past, kadr_day asked, kadr_day last);
/* A number as an argument of a refusal. */
#define KADR_PAST_NUMBER_BYTES 24
const char *kadr_past_number(uint64_t number, char ret_text[KADR_PAST_NUMBER_BYTES]);
/* The commit that is meant; 0: before the first record. Refused when it lies in the future. */
KADR_MUST_CHECK int kadr_past_instant(struct kadr_past *past, const struct kadr_instant *moment,
                                      uint64_t *ret_commit);

/* ---- rows: past_rows.c ---- */
/* What a question is about, by codes; "" = all. */
struct kadr_past_scope {
    const char *unit, *indicator;
    bool subtree;
    const struct kadr_reference *also; /* one more version that it will be seen by; NULL: none */
};
/* Codes, each once; in the question's arena. */
struct kadr_past_codes {
    const char **items;
    size_t count, cap;
};
struct kadr_past_selection {
    struct kadr_past *past;
    struct kadr_past_codes units, indicators;
    bool all_indicators;
};
/* The reference in force at a commit; borrowed until the question is answered.
 * @retval KADR_ENOENT  none yet */
KADR_MUST_CHECK int kadr_past_reference(struct kadr_past *past, uint64_t commit,
                                        struct kadr_reference **ret_reference);
/* What the cells of a scope depend on, by the reference in force at `commit` and every later one up to
 * `until`. */
KADR_MUST_CHECK int kadr_past_select(struct kadr_past *past, const struct kadr_past_scope *scope,
                                     uint64_t commit, uint64_t until,
                                     struct kadr_past_selection *ret_selection);
/* Unit by unit. */
KADR_MUST_CHECK int kadr_past_rows(const struct kadr_past_selection *selection, uint64_t from, uint64_t to,
                                   kadr_history_row_fn *fn, void *context);
/* @retval KADR_EFULL  more than a question may read */
KADR_MUST_CHECK int kadr_past_count_row(struct kadr_past *past);
KADR_MUST_CHECK int kadr_past_put_row(struct kadr_rollup *rollup, const struct kadr_history_row *row);

/* ---- states: past_state.c, past_play.c ---- */
/* The state at a commit, of the units inside the scope and the indicators that its own one is computed of.
 * Cells outside of the scope are not what they were. */
struct kadr_past_state {
    struct kadr_rollup *rollup;       /* owned */
    struct kadr_reference *reference; /* borrowed from the question; NULL: nothing was known yet */
    struct kadr_position position;
};
void kadr_past_state_done(struct kadr_past_state *state);
KADR_DEFINE_DONE(struct kadr_past_state, kadr_past_state_done)

/* The state at a commit without any statement: position, reference and day. */
KADR_MUST_CHECK int kadr_past_state_begin(struct kadr_past *past, uint64_t commit,
                                          struct kadr_past_state *ret_state);
/** The state at `commit`. `until` > commit: of all that kadr_past_state_play() needs up to there as well.
 * Before the first reference or day its `reference` is NULL.
 * @retval KADR_EFULL  more rows than a question may read */
KADR_MUST_CHECK int kadr_past_state_at(struct kadr_past *past, const struct kadr_past_scope *scope,
                                       uint64_t commit, uint64_t until, struct kadr_past_state *ret_state);
/* Called before a reference record is taken in, and after it. */
typedef int kadr_past_step_fn(void *context, const struct kadr_past_state *state);
/** Takes in the records after the state's commit up to `until`, in commit order. */
KADR_MUST_CHECK int kadr_past_state_play(struct kadr_past *past, const struct kadr_past_scope *scope,
                                         uint64_t until, kadr_past_step_fn *step, void *context,
                                         struct kadr_past_state *state);
/** The scope as indexes of the state's reference.
 * @retval KADR_ENOENT  it lacks the unit or the indicator; ret_query is not set */
KADR_MUST_CHECK int kadr_past_query_of(const struct kadr_past_state *state,
                                       const struct kadr_past_scope *scope,
                                       struct kadr_rollup_query *ret_query);
/* Refuses a scope that the state's reference does not know, and a state before everything. */
KADR_MUST_CHECK int kadr_past_check_scope(struct kadr_past *past, const struct kadr_past_state *state,
                                          const struct kadr_past_scope *scope,
                                          struct kadr_rollup_query *ret_query);

/* ---- two states: past_differ.c ---- */
/* Cells by their codes, so that two versions of the reference can be compared. */
struct kadr_past_cells {
    struct kadr_wire_cell *items; /* owned; sorted by key; strings are borrowed from the reference */
    size_t count, cap;
};
void kadr_past_cells_done(struct kadr_past_cells *cells);
KADR_DEFINE_DONE(struct kadr_past_cells, kadr_past_cells_done)
/* The live cells of the scope; none when the state lacks its codes. */
KADR_MUST_CHECK int kadr_past_cells_of(const struct kadr_past_state *state,
                                       const struct kadr_past_scope *scope,
                                       struct kadr_past_cells *ret_cells);
/* By unit, indicator, breakdown and period. */
int kadr_past_compare_keys(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b);

/* Changes on their way out: counted, summed up, cut into frames. */
#define KADR_PAST_COUNTS (2 * KADR_CHANGE_REFRESHED)
struct kadr_past_changes {
    struct kadr_past *past;
    struct kadr_wire_change *items; /* of the frame being filled; in the question's arena */
    size_t count;
    bool may_be_cut, cut; /* what the answer has no room for is only counted */
    uint64_t total;       /* sent */
    struct kadr_digest digest;
    uint64_t counts[KADR_PAST_COUNTS]; /* of all, by kind and whether removed */
};
KADR_MUST_CHECK int kadr_past_changes_begin(struct kadr_past *past, const struct kadr_past_state *before,
                                            const struct kadr_position *after,
                                            struct kadr_past_changes *ret_changes);
/* The kind of a cell's change. @param before, after  NULL: it is not live there; never both */
typedef enum kadr_change kadr_past_kind_fn(void *context, const struct kadr_wire_cell *before,
                                           const struct kadr_wire_cell *after);
/* Appends what differs between two lists of cells. */
KADR_MUST_CHECK int kadr_past_differ(struct kadr_past_changes *changes, const struct kadr_past_cells *before,
                                     const struct kadr_past_cells *after, kadr_past_kind_fn *kind,
                                     void *context);
KADR_MUST_CHECK int kadr_past_changes_end(struct kadr_past_changes *changes);

/* ---- answers ---- */
typedef int kadr_past_fn(struct kadr_past *past, const struct kadr_query_request *request);
kadr_past_fn kadr_past_snapshot, kadr_past_changes_between, kadr_past_preview;
kadr_past_fn kadr_past_series, kadr_past_coverage, kadr_past_explain;
