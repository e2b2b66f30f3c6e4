/* SPDX-License-Identifier: Apache-2.0 */
/* past_changes.c - what changed from one commit to another, cell by cell, and why.
 *
 * The two states are compared; the kinds come from a rollup that is led from the one to the other. It tells
 * its changes before and after each reference record, so that a cell counts as changed by the reference only
 * when the reference altered it, and at the end. A cell that it tells of more than once has the first kind
 * that applies; only a cell of which nothing but the day changed has aged.
 *
 * One indicator after the other: what is in memory at a time is the cells of one.
 */
#include "core/past_impl.h"

/* What the rollup told: a key and a kind. Keys are borrowed from references of the question. */
struct told {
    struct kadr_wire_cell key;
    enum kadr_change kind;
};
struct told_list {
    struct told *items; /* owned */
    size_t count, cap;
    const struct kadr_past_scope *scope;
};

static int rank_of(enum kadr_change kind)
{
    return kind == KADR_CHANGE_AGED ? KADR_CHANGE_REFRESHED + 1 : (int)kind;
}

static int compare_told(const void *left, const void *right)
{
    const struct told *a = left, *b = right;
    int order = kadr_past_compare_keys(&a->key, &b->key);
    return order != 0 ? order : rank_of(a->kind) - rank_of(b->kind);
}

static int add_told(struct told_list *list, const struct kadr_reference *reference,
                    const struct kadr_cell_change *change)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 256 : list->cap * 2;
        struct told *items = realloc(list->items, cap * sizeof *items);
        if (items == NULL) {
            return KADR_ENOMEM;
        }
        list->items = items;
        list->cap = cap;
    }
    struct told *told = &list->items[list->count++];
    kadr_wire_cell_from(reference, &change->cell, &told->key);
    told->kind = change->kind;
    return 0;
}

static bool is_asked(const struct kadr_reference *reference, const struct kadr_rollup_query *query,
                     const struct kadr_cell_key *key)
{
    bool indicator = query->indicator == KADR_NO_INDICATOR || query->indicator == key->indicator;
    bool unit = query->unit == KADR_NO_UNIT || query->unit == key->unit ||
                (query->subtree && kadr_unit_within(reference, key->unit, query->unit));
    return indicator && unit;
}

/* What the rollup has to tell since it was asked last. */
static int take(void *context, const struct kadr_past_state *state)
{
    struct told_list *list = context;
    struct kadr_rollup_query query;
    size_t count = 0;
    int err = kadr_rollup_take_changes(state->rollup, &count);
    if (err != 0 || kadr_past_query_of(state, list->scope, &query) != 0) {
        return err;
    }
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(state->rollup, i);
        if (is_asked(state->reference, &query, &change.cell.key)) {
            err = add_told(list, state->reference, &change);
        }
    }
    return err;
}

/* A cell is told of by some key, or its codes are gone. */
static enum kadr_change kind_told(void *context, const struct kadr_wire_cell *before,
                                  const struct kadr_wire_cell *after)
{
    const struct told_list *list = context;
    const struct kadr_wire_cell *cell = after != NULL ? after : before;
    size_t low = 0, high = list->count;
    while (low < high) { /* the first of its key, and so of the least rank */
        size_t middle = low + (high - low) / 2;
        if (kadr_past_compare_keys(&list->items[middle].key, cell) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool told = low < list->count && kadr_past_compare_keys(&list->items[low].key, cell) == 0;
    return told ? list->items[low].kind : KADR_CHANGE_REFERENCE;
}

/* ---- one scope ---- */

/* Leads the state to `until`, and appends how it differs then. */
static int tell(struct kadr_past_changes *changes, const struct kadr_past_scope *scope, uint64_t until,
                struct kadr_past_state *state, struct told_list *told)
{
    KADR_CLEANUP(kadr_past_cells_done) struct kadr_past_cells before = { 0 };
    KADR_CLEANUP(kadr_past_cells_done) struct kadr_past_cells after = { 0 };
    int err = take(told, state); /* the state before is nobody's news */
    told->count = 0;
    if (err == 0) {
        err = kadr_past_cells_of(state, scope, &before);
    }
    if (err == 0) {
        err = kadr_past_state_play(changes->past, scope, until, take, told, state);
    }
    if (err == 0) {
        err = take(told, state);
    }
    if (err == 0) {
        err = kadr_past_cells_of(state, scope, &after);
    }
    if (told->count > 1) {
        qsort(told->items, told->count, sizeof *told->items, compare_told);
    }
    return err != 0 ? err : kadr_past_differ(changes, &before, &after, kind_told, told);
}

static int tell_scope(struct kadr_past_changes *changes, const struct kadr_past_scope *scope, uint64_t from,
                      uint64_t until)
{
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct told_list told = { .scope = scope };
    int err = kadr_past_state_at(changes->past, scope, from, until, &state);
    if (err == 0) {
        err = tell(changes, scope, until, &state, &told);
    }
    free(told.items);
    return err;
}

/* ---- the question ---- */

struct span {
    uint64_t from, to;
};

static int span_of(struct kadr_past *past, const struct kadr_query_request *request, struct span *ret_span)
{
    char from[KADR_PAST_NUMBER_BYTES], to[KADR_PAST_NUMBER_BYTES];
    int err = kadr_past_instant(past, &request->changes.from, &ret_span->from);
    if (err == 0) {
        err = kadr_past_instant(past, &request->changes.to, &ret_span->to);
    }
    if (err == 0 && ret_span->from > ret_span->to) {
        err = kadr_past_refuse(past, KADR_DIAG_FROM_AFTER_TO, kadr_past_number(ret_span->from, from),
                               kadr_past_number(ret_span->to, to));
    }
    return err;
}

/* Both states are made as of the day asked about: it is the newest day they know of, and the kinds of change
 * are those of its figures. */
static int take_day(struct kadr_past *past, const struct kadr_query_request *request, uint64_t to)
{
    struct kadr_history_day last;
    int err = request->changes.has_as_of ? kadr_history_day_at(past->view, to, &last) : KADR_ENOENT;
    if (err == 0) {
        err = kadr_past_check_day(past, request->changes.as_of, last.day);
    }
    past->has_as_of = err == 0;
    past->as_of = request->changes.as_of;
    return err == KADR_ENOENT ? 0 : err; /* no day yet is told later, as nothing known */
}

/* The scope must be one that the state after knows. */
static int begin(struct kadr_past *past, const struct kadr_past_scope *scope, const struct span *span,
                 struct kadr_past_changes *ret_changes)
{
    const struct kadr_past_scope asked = { .unit = scope->unit, .indicator = scope->indicator };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state before = { .rollup = NULL };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state after = { .rollup = NULL };
    struct kadr_rollup_query query;
    int err = kadr_past_state_begin(past, span->from, &before);
    if (err == 0) {
        err = kadr_past_state_begin(past, span->to, &after);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &after, &asked, &query);
    }
    return err != 0 ? err : kadr_past_changes_begin(past, &before, &after.position, ret_changes);
}

/* Every indicator of `reference` that `but` lacks; NULL: lacks all. */
static int tell_indicators(struct kadr_past_changes *changes, const struct kadr_past_scope *scope,
                           const struct span *span, const struct kadr_reference *reference,
                           const struct kadr_reference *but)
{
    struct kadr_past_scope one = *scope;
    int err = 0;
    for (size_t i = 0; err == 0 && i < kadr_indicator_count(reference); i++) {
        one.indicator = kadr_indicator_info(reference, (kadr_indicator)i)->code;
        if (but == NULL || kadr_indicator_find(but, one.indicator) == KADR_NO_INDICATOR) {
            err = tell_scope(changes, &one, span->from, span->to);
        }
    }
    return err;
}

static int tell_all(struct kadr_past_changes *changes, const struct kadr_past_scope *scope,
                    const struct span *span)
{
    struct kadr_reference *before = NULL, *after = NULL;
    int err = kadr_past_reference(changes->past, span->to, &after);
    if (err == 0) {
        err = tell_indicators(changes, scope, span, after, NULL);
    }
    if (err == 0) {
        err = kadr_past_reference(changes->past, span->from, &before);
    }
    if (err == KADR_ENOENT) {
        return 0; /* nothing was known before */
    }
    return err != 0 ? err : tell_indicators(changes, scope, span, before, after);
}

int kadr_past_changes_between(struct kadr_past *past, const struct kadr_query_request *request)
{
    const struct kadr_past_scope scope = { .unit = request->changes.unit,
                                           .indicator = request->changes.indicator,
                                           .subtree = request->changes.subtree };
    struct kadr_past_changes changes;
    struct span span;
    int err = span_of(past, request, &span);
    if (err == 0) {
        err = take_day(past, request, span.to);
    }
    if (err == 0) {
        err = begin(past, &scope, &span, &changes);
    }
    if (err == 0 && *scope.indicator != '\0') {
        err = tell_scope(&changes, &scope, span.from, span.to);
    } else if (err == 0) {
        err = tell_all(&changes, &scope, &span);
    }
    return err != 0 ? err : kadr_past_changes_end(&changes);
}
