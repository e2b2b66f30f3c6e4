/* SPDX-License-Identifier: Apache-2.0 */
/* past_state.c - the state at a commit, of a part of the country.
 *
 * A cell of a unit depends on statements of that unit and of all that was ever below it, of its indicator and
 * of those that this one is computed of: so a rollup of these rows alone, with the reference and the day that
 * were in force, has the same cells inside the scope as the live one had then. Which units those are the
 * references say that the question crosses; a unit is asked for by its code and by every alias.
 */
#include "core/past_impl.h"

#include <inttypes.h>
#include <stdio.h>

void kadr_past_state_done(struct kadr_past_state *state)
{
    kadr_rollup_free(state->rollup);
    state->rollup = NULL;
}

int kadr_past_count_row(struct kadr_past *past)
{
    past->too_many_rows = ++past->answer->rows > past->max_rows;
    return past->too_many_rows ? KADR_EFULL : 0;
}

int kadr_past_put_row(struct kadr_rollup *rollup, const struct kadr_history_row *row)
{
    static const enum kadr_verdict accepted = KADR_VERDICT_ACCEPTED;
    struct kadr_observation observation = row->observation;
    struct kadr_report report = { .observations = &observation, .observation_count = 1 };
    return kadr_rollup_report(rollup, &report, &accepted, row->stated_at_ms, row->commit);
}

struct filling {
    struct kadr_past *past;
    struct kadr_rollup *rollup;
};

static int take_row(void *context, const struct kadr_history_row *row)
{
    struct filling *filling = context;
    int err = kadr_past_count_row(filling->past);
    return err != 0 ? err : kadr_past_put_row(filling->rollup, row);
}

/* Reference and day first: what they touch is nothing yet. */
int kadr_past_state_begin(struct kadr_past *past, uint64_t commit, struct kadr_past_state *state)
{
    struct kadr_history_day day = { .day = KADR_DAY_NONE };
    int err = kadr_rollup_new(&state->rollup);
    state->position =
        (struct kadr_position){ .lineage = past->now.lineage, .commit = commit, .day = KADR_DAY_NONE };
    if (err != 0) {
        return err;
    }
    err = kadr_past_reference(past, commit, &state->reference);
    if (err == 0) {
        state->position.reference = *kadr_reference_version(state->reference);
        err = kadr_rollup_reference(state->rollup, state->reference, commit);
    }
    if (err == 0 || err == KADR_ENOENT) {
        err = kadr_history_day_at(past->view, commit, &day);
    }
    if (err == 0) {
        state->position.day = past->has_as_of ? past->as_of : day.day;
        err = kadr_rollup_day(state->rollup, state->position.day, commit);
    }
    return err == KADR_ENOENT ? 0 : err;
}

int kadr_past_state_at(struct kadr_past *past, const struct kadr_past_scope *scope, uint64_t commit,
                       uint64_t until, struct kadr_past_state *ret_state)
{
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct kadr_past_selection selection;
    int err = kadr_past_state_begin(past, commit, &state);
    if (err == 0) {
        err = kadr_past_select(past, scope, commit, until, &selection);
    }
    if (err == 0) {
        err = kadr_past_rows(&selection, 1, commit, take_row, &(struct filling){ past, state.rollup });
    }
    if (err == 0) {
        *ret_state = state;
        state.rollup = NULL;
    }
    return err;
}

/* ---- what is asked of it ---- */

int kadr_past_query_of(const struct kadr_past_state *state, const struct kadr_past_scope *scope,
                       struct kadr_rollup_query *ret_query)
{
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT,
                                       .subtree = scope->subtree,
                                       .indicator = KADR_NO_INDICATOR,
                                       .as_of = KADR_DAY_NONE };
    if (state->reference == NULL) {
        return KADR_ENOENT;
    }
    if (*scope->unit != '\0') {
        query.unit = kadr_unit_find(state->reference, scope->unit);
    }
    if (*scope->indicator != '\0') {
        query.indicator = kadr_indicator_find(state->reference, scope->indicator);
    }
    bool unit_lacks = *scope->unit != '\0' && query.unit == KADR_NO_UNIT;
    bool indicator_lacks = *scope->indicator != '\0' && query.indicator == KADR_NO_INDICATOR;
    if (unit_lacks || indicator_lacks) {
        return KADR_ENOENT;
    }
    *ret_query = query;
    return 0;
}

static int first_reference(void *context, const struct kadr_history_reference *reference)
{
    uint64_t *commit = context;
    *commit = reference->commit > *commit ? reference->commit : *commit;
    return KADR_EEXIST; /* enough */
}

static int first_day(void *context, const struct kadr_history_day *day)
{
    uint64_t *commit = context;
    *commit = day->commit > *commit ? day->commit : *commit;
    return KADR_EEXIST;
}

/* Names the first commit that has both reference data and a day, and since when it was known; "-" when there
 * is none to name. */
static int refuse_nothing_known(struct kadr_past *past, uint64_t commit)
{
    char asked[KADR_PAST_NUMBER_BYTES], day[KADR_DAY_TEXT_BYTES];
    char first[KADR_PAST_NUMBER_BYTES + KADR_DAY_TEXT_BYTES + 4] = "-";
    uint64_t known = 0, last = past->now.commit;
    kadr_ms since = 0;
    if (kadr_history_references(past->view, 1, last, first_reference, &known) == KADR_EEXIST &&
        kadr_history_days(past->view, 1, last, first_day, &known) == KADR_EEXIST &&
        kadr_history_known_since(past->view, known, &since) == 0) {
        (void)snprintf(first, sizeof(first), "%" PRIu64 " (%s)", known,
                       kadr_day_format(kadr_day_at(since), day));
    }
    return kadr_past_refuse(past, KADR_DIAG_NOTHING_KNOWN, kadr_past_number(commit, asked), first);
}

int kadr_past_check_scope(struct kadr_past *past, const struct kadr_past_state *state,
                          const struct kadr_past_scope *scope, struct kadr_rollup_query *ret_query)
{
    if (state->reference == NULL || state->position.day == KADR_DAY_NONE) {
        return refuse_nothing_known(past, state->position.commit);
    }
    if (kadr_past_query_of(state, scope, ret_query) == 0) {
        return 0;
    }
    bool unit_lacks = *scope->unit != '\0' && kadr_unit_find(state->reference, scope->unit) == KADR_NO_UNIT;
    return unit_lacks ? kadr_past_refuse(past, KADR_DIAG_UNKNOWN_UNIT, scope->unit, NULL)
                      : kadr_past_refuse(past, KADR_DIAG_UNKNOWN_INDICATOR, scope->indicator, NULL);
}
