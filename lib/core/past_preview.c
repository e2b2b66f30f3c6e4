/* SPDX-License-Identifier: Apache-2.0 */
/* past_preview.c - what other reference data would alter, if they were in force now instead.
 *
 * The state of now is led over to the new reference; what differs is told with what becomes of the figure,
 * for that it is the reference that does it is plain. All changes are counted; those that the answer has no
 * room for are left out.
 */
#include "core/past_impl.h"

static bool is_same_figure(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    const struct kadr_cell *x = &a->cell, *y = &b->cell;
    return a->scale == b->scale && x->incomplete == y->incomplete && x->lo == y->lo && x->hi == y->hi &&
           x->hi_open == y->hi_open && x->known_hi == y->known_hi && x->known_hi_open == y->known_hi_open;
}

static enum kadr_change kind_between(void *context, const struct kadr_wire_cell *before,
                                     const struct kadr_wire_cell *after)
{
    (void)context;
    bool had = before != NULL && kadr_cell_has_value(&before->cell);
    bool has = after != NULL && kadr_cell_has_value(&after->cell);
    if (had && !has) {
        return KADR_CHANGE_WITHDRAWN;
    }
    if (!had) {
        return has || before == NULL ? KADR_CHANGE_NEW : KADR_CHANGE_REFRESHED;
    }
    if (before->cell.incomplete && !after->cell.incomplete) {
        return KADR_CHANGE_COMPLETED;
    }
    return is_same_figure(before, after) ? KADR_CHANGE_REFRESHED : KADR_CHANGE_UPDATED;
}

/* One indicator of either version. */
static int preview_scope(struct kadr_past_changes *changes, const struct kadr_past_scope *scope,
                         struct kadr_reference *reference)
{
    KADR_CLEANUP(kadr_past_cells_done) struct kadr_past_cells before = { 0 };
    KADR_CLEANUP(kadr_past_cells_done) struct kadr_past_cells after = { 0 };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct kadr_past *past = changes->past;
    uint64_t now = past->now.commit;
    int err = kadr_past_state_at(past, scope, now, now, &state);
    if (err == 0) {
        err = kadr_past_cells_of(&state, scope, &before);
    }
    if (err == 0) {
        state.reference = reference;
        err = kadr_rollup_reference(state.rollup, reference, now);
    }
    if (err == 0) {
        err = kadr_past_cells_of(&state, scope, &after);
    }
    return err != 0 ? err : kadr_past_differ(changes, &before, &after, kind_between, NULL);
}

static int preview_all(struct kadr_past_changes *changes, const struct kadr_reference *old,
                       struct kadr_reference *new)
{
    struct kadr_past_scope scope = { .unit = "", .subtree = true, .also = new };
    int err = 0;
    for (size_t i = 0; err == 0 && i < kadr_indicator_count(old); i++) {
        scope.indicator = kadr_indicator_info(old, (kadr_indicator)i)->code;
        err = preview_scope(changes, &scope, new);
    }
    for (size_t i = 0; err == 0 && i < kadr_indicator_count(new); i++) {
        scope.indicator = kadr_indicator_info(new, (kadr_indicator)i)->code;
        if (kadr_indicator_find(old, scope.indicator) == KADR_NO_INDICATOR) {
            err = preview_scope(changes, &scope, new);
        }
    }
    return err;
}

/* storaged says what is wrong with files, and where; here the first fault is enough. */
static int refuse_files(struct kadr_past *past, const struct kadr_diags *diags)
{
    const struct kadr_diag *first = diags->count > 0 ? &diags->items[0] : NULL;
    return first == NULL ? KADR_ENOMEM : kadr_past_refuse(past, first->code, first->arg[0], first->arg[1]);
}

int kadr_past_preview(struct kadr_past *past, const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state now = { .rollup = NULL };
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    const struct kadr_past_scope everything = { .unit = "", .indicator = "" };
    struct kadr_past_changes changes;
    struct kadr_rollup_query query;
    kadr_diags_init(&diags);
    int err = kadr_reference_load(request->preview.files, request->preview.count, &diags, &reference);
    if (err == KADR_EINVAL) {
        return refuse_files(past, &diags);
    }
    if (err == 0) {
        err = kadr_past_state_begin(past, past->now.commit, &now);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &now, &everything, &query);
    }
    if (err != 0) {
        return err;
    }
    struct kadr_position after = now.position;
    after.reference = *kadr_reference_version(reference);
    err = kadr_past_changes_begin(past, &now, &after, &changes);
    changes.may_be_cut = true;
    if (err == 0) {
        err = preview_all(&changes, now.reference, reference);
    }
    return err != 0 ? err : kadr_past_changes_end(&changes);
}
