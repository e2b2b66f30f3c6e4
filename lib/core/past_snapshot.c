/* SPDX-License-Identifier: Apache-2.0 */
/* past_snapshot.c - cells as they were known at a commit, on a day not later than the day of then. */
#include "core/past_impl.h"

struct cells {
    struct kadr_past *past;
    const struct kadr_reference *reference;
    struct kadr_wire_cell *items; /* of the frame being filled */
    size_t count;
    uint64_t total;
    struct kadr_digest digest;
};

static int send_cells(struct cells *cells)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_CELLS };
    reply.cells.items = cells->items;
    reply.cells.count = cells->count;
    cells->count = 0;
    return kadr_past_reply(cells->past, &reply);
}

static int add_cell(void *context, const struct kadr_cell *cell)
{
    struct cells *cells = context;
    struct kadr_digest digest = kadr_cell_digest(cells->reference, cell);
    kadr_wire_cell_from(cells->reference, cell, &cells->items[cells->count++]);
    kadr_digest_add(&cells->digest, &digest);
    cells->total++;
    return cells->count == KADR_MAX_CELLS_PER_FRAME ? send_cells(cells) : 0;
}

static int send_begin(struct kadr_past *past, const struct kadr_past_state *state, kadr_day as_of)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_BEGIN };
    reply.begin.position = state->position;
    reply.begin.position.day = as_of;
    return kadr_past_reply(past, &reply);
}

static int send_end(struct cells *cells)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_END };
    reply.end.cells = cells->total;
    reply.end.digest = cells->digest;
    return kadr_past_reply(cells->past, &reply);
}

static int send_all(struct kadr_past *past, const struct kadr_past_state *state,
                    const struct kadr_rollup_query *query)
{
    struct cells cells = { .past = past, .reference = state->reference };
    cells.items = kadr_arena_calloc(past->arena, KADR_MAX_CELLS_PER_FRAME, sizeof *cells.items);
    if (cells.items == NULL) {
        return KADR_EFULL;
    }
    int err = send_begin(past, state, query->as_of);
    if (err == 0) {
        err = kadr_rollup_query(state->rollup, query, add_cell, &cells);
    }
    if (err == 0 && cells.count > 0) {
        err = send_cells(&cells);
    }
    return err != 0 ? err : send_end(&cells);
}

int kadr_past_snapshot(struct kadr_past *past, const struct kadr_query_request *request)
{
    const struct kadr_past_scope scope = { .unit = request->snapshot.unit,
                                           .indicator = request->snapshot.indicator,
                                           .subtree = request->snapshot.subtree };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct kadr_rollup_query query;
    uint64_t commit = 0;
    int err = kadr_past_instant(past, &request->snapshot.known, &commit);
    if (err == 0) {
        err = kadr_past_state_at(past, &scope, commit, commit, &state);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &state, &scope, &query);
    }
    if (err != 0) {
        return err;
    }
    query.as_of = request->snapshot.as_of == KADR_DAY_NONE ? state.position.day : request->snapshot.as_of;
    query.borders_today = request->snapshot.borders_today;
    query.has_period = request->snapshot.has_period;
    query.period = request->snapshot.period;
    err = kadr_past_check_day(past, query.as_of, state.position.day);
    return err != 0 ? err : send_all(past, &state, &query);
}
