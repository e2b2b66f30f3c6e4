/* SPDX-License-Identifier: Apache-2.0 */
/* past_play.c - a state led on from its commit to a later one, record by record. */
#include "core/past_impl.h"

#include <string.h>

/* Rows, in the question's arena. */
struct rows {
    struct kadr_past *past;
    struct kadr_history_row *items;
    size_t count, cap;
};

static const char *keep(struct kadr_past *past, const char *text)
{
    return kadr_arena_strndup(past->arena, text, strlen(text));
}

/* What the rollup looks at. */
static struct kadr_history_row keep_row(struct kadr_past *past, const struct kadr_history_row *row)
{
    struct kadr_history_row kept = *row;
    struct kadr_observation *obs = &kept.observation;
    obs->unit = keep(past, obs->unit);
    obs->indicator = keep(past, obs->indicator);
    obs->occurrence = keep(past, obs->occurrence);
    obs->stated = obs->note = "";
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        obs->breakdown[i].dimension = keep(past, obs->breakdown[i].dimension);
        obs->breakdown[i].member = keep(past, obs->breakdown[i].member);
    }
    return kept;
}

static int gather_row(void *context, const struct kadr_history_row *row)
{
    struct rows *rows = context;
    int err = kadr_past_count_row(rows->past);
    if (err == 0 && rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 256 : rows->cap * 2;
        struct kadr_history_row *items = realloc(rows->items, cap * sizeof *items);
        if (items == NULL) {
            return KADR_ENOMEM;
        }
        rows->items = items;
        rows->cap = cap;
    }
    if (err == 0) {
        rows->items[rows->count++] = keep_row(rows->past, row);
    }
    return err != 0 ? err : kadr_arena_failed(rows->past->arena) ? KADR_EFULL : 0;
}

static int by_commit(const void *left, const void *right)
{
    const struct kadr_history_row *a = left, *b = right;
    if (a->commit != b->commit) {
        return a->commit < b->commit ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

/* The records on the way: rows in commit order, and what stands between them. */
struct play {
    struct kadr_past *past;
    struct kadr_past_state *state;
    struct rows rows;
    size_t next; /* row */
    kadr_past_step_fn *step;
    void *context;
};

static int play_rows_before(struct play *play, uint64_t commit)
{
    int err = 0;
    for (; err == 0 && play->next < play->rows.count && play->rows.items[play->next].commit < commit;
         play->next++) {
        err = kadr_past_put_row(play->state->rollup, &play->rows.items[play->next]);
    }
    return err;
}

static int play_reference(struct play *play, uint64_t commit)
{
    int err = play->step(play->context, play->state);
    if (err == 0) {
        err = kadr_past_reference(play->past, commit, &play->state->reference);
    }
    if (err != 0) {
        return err;
    }
    play->state->position.reference = *kadr_reference_version(play->state->reference);
    err = kadr_rollup_reference(play->state->rollup, play->state->reference, commit);
    play->state->position.commit = commit;
    return err != 0 ? err : play->step(play->context, play->state);
}

static int play_day(struct play *play, const struct kadr_history_day *day)
{
    kadr_day as_of = play->past->has_as_of ? play->past->as_of : day->day;
    play->state->position.day = as_of;
    return kadr_rollup_day(play->state->rollup, as_of, day->commit);
}

/* Days and references, merged by commit: both are few. */
struct turns {
    struct kadr_past *past;
    struct turn {
        uint64_t commit;
        kadr_day day; /* KADR_DAY_NONE: a reference */
    } * items;        /* owned */
    size_t count, cap;
};

static int add_turn(struct turns *turns, struct turn turn)
{
    if (turns->count == turns->cap) {
        size_t cap = turns->cap == 0 ? 64 : turns->cap * 2;
        struct turn *items = realloc(turns->items, cap * sizeof *items);
        if (items == NULL) {
            return KADR_ENOMEM;
        }
        turns->items = items;
        turns->cap = cap;
    }
    turns->items[turns->count++] = turn;
    return 0;
}

static int add_day_turn(void *context, const struct kadr_history_day *day)
{
    return add_turn(context, (struct turn){ day->commit, day->day });
}

static int add_reference_turn(void *context, const struct kadr_history_reference *reference)
{
    return add_turn(context, (struct turn){ reference->commit, KADR_DAY_NONE });
}

static int compare_turns(const void *left, const void *right)
{
    const struct turn *a = left, *b = right;
    return (a->commit > b->commit) - (a->commit < b->commit);
}

static int read_turns(struct kadr_past *past, uint64_t from, uint64_t to, struct turns *ret_turns)
{
    int err = kadr_history_days(past->view, from, to, add_day_turn, ret_turns);
    if (err == 0) {
        err = kadr_history_references(past->view, from, to, add_reference_turn, ret_turns);
    }
    if (ret_turns->count > 1) {
        qsort(ret_turns->items, ret_turns->count, sizeof *ret_turns->items, compare_turns);
    }
    return err;
}

static int play_all(struct play *play, const struct turns *turns, uint64_t until)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < turns->count; i++) {
        const struct turn *turn = &turns->items[i];
        err = play_rows_before(play, turn->commit);
        if (err == 0 && turn->day == KADR_DAY_NONE) {
            err = play_reference(play, turn->commit);
        } else if (err == 0) {
            err = play_day(play, &(struct kadr_history_day){ turn->commit, turn->day });
        }
    }
    if (err == 0) {
        err = play_rows_before(play, until + 1);
    }
    play->state->position.commit = until;
    return err;
}

int kadr_past_state_play(struct kadr_past *past, const struct kadr_past_scope *scope, uint64_t until,
                         kadr_past_step_fn *step, void *context, struct kadr_past_state *state)
{
    uint64_t from = state->position.commit;
    struct play play = { .past = past, .state = state, .rows.past = past, .step = step, .context = context };
    struct turns turns = { .past = past };
    struct kadr_past_selection selection;
    int err = kadr_past_select(past, scope, from, until, &selection);
    if (err == 0) {
        err = kadr_past_rows(&selection, from + 1, until, gather_row, &play.rows);
    }
    if (err == 0) {
        err = read_turns(past, from + 1, until, &turns);
    }
    if (play.rows.count > 1) {
        qsort(play.rows.items, play.rows.count, sizeof *play.rows.items, by_commit);
    }
    if (err == 0) {
        err = play_all(&play, &turns, until);
    }
    free(play.rows.items);
    free(turns.items);
    return err;
}
