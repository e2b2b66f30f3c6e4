/* SPDX-License-Identifier: Apache-2.0 */
/* past_series.c - one unit's figure at several points in time, as known at a commit. */
#include "core/past_impl.h"

#include <string.h>

struct series {
    struct kadr_past *past;
    const struct kadr_past_state *state;
    struct kadr_wire_point *points; /* of the breakdown being sent; in the question's arena */
    struct kadr_wire_left_out *left_out;
    uint64_t total;
    struct kadr_digest digest;
};

/* ---- the question ---- */

static int add_member(struct kadr_past *past, const struct kadr_reference *reference,
                      const struct kadr_indicator_info *info, const struct kadr_member_pair *pair,
                      kadr_breakdown *breakdown)
{
    kadr_dimension dimension = kadr_dimension_find(reference, pair->dimension);
    if (dimension == KADR_NO_DIMENSION) {
        return kadr_past_refuse(past, KADR_DIAG_UNKNOWN_DIMENSION, pair->dimension, NULL);
    }
    if (!kadr_indicator_takes(info, dimension)) {
        return kadr_past_refuse(past, KADR_DIAG_WRONG_DIMENSION, pair->dimension, info->code);
    }
    kadr_member member = kadr_member_find(reference, dimension, pair->member);
    if (member == 0) {
        return kadr_past_refuse(past, KADR_DIAG_UNKNOWN_MEMBER, pair->member, pair->dimension);
    }
    return kadr_breakdown_add(reference, breakdown, member) == 0
               ? 0
               : kadr_past_refuse(past, KADR_DIAG_DIMENSION_TWICE, pair->dimension, NULL);
}

/* A day stands for the period of the indicator's rhythm that it lies in. */
static struct kadr_period around(const struct kadr_indicator_info *info, struct kadr_period point)
{
    bool rhythm = info->owed_every != KADR_PERIOD_IRREGULAR;
    bool day = point.first == point.last;
    return day && info->time != KADR_TIME_LAST
               ? kadr_period_around(point.first, rhythm ? info->owed_every : KADR_PERIOD_MONTH)
               : point;
}

static int set_points(struct kadr_past *past, const struct kadr_query_request *request,
                      const struct kadr_past_state *state, const struct kadr_indicator_info *info,
                      struct kadr_trend_query *query)
{
    struct kadr_period *points = kadr_arena_calloc(past->arena, request->series.point_count, sizeof *points);
    char first[KADR_DAY_TEXT_BYTES], today[KADR_DAY_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];
    if (points == NULL) {
        return KADR_EFULL;
    }
    for (size_t i = 0; i < request->series.point_count; i++) {
        points[i] =
            request->series.around ? around(info, request->series.points[i]) : request->series.points[i];
        if (points[i].first > state->position.day) {
            return kadr_past_refuse(past, KADR_DIAG_PERIOD_IN_FUTURE, kadr_day_format(points[i].first, first),
                                    kadr_day_format(state->position.day, today));
        }
        if (i > 0 && points[i].first <= points[i - 1].first) {
            return kadr_past_refuse(past, KADR_DIAG_POINTS_ALIKE, kadr_period_format(points[i], period),
                                    info->code);
        }
    }
    query->points = points;
    query->point_count = request->series.point_count;
    return 0;
}

static int make_query(struct kadr_past *past, const struct kadr_query_request *request,
                      const struct kadr_past_state *state, const struct kadr_rollup_query *scope,
                      struct kadr_trend_query *query)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(state->reference, scope->indicator);
    int err = 0;
    *query = (struct kadr_trend_query){ .unit = scope->unit,
                                        .indicator = scope->indicator,
                                        .all_breakdowns = request->series.all_breakdowns,
                                        .same_reporters = request->series.same_reporters };
    for (size_t i = 0; i < request->series.breakdown_count && err == 0; i++) {
        err = add_member(past, state->reference, info, &request->series.breakdown[i], &query->breakdown);
    }
    return err != 0 ? err : set_points(past, request, state, info, query);
}

/* ---- the answer ---- */

static void fill_points(struct series *series, const struct kadr_trend *trend)
{
    for (size_t i = 0; i < trend->point_count; i++) {
        const struct kadr_trend_point *point = &trend->points[i];
        struct kadr_digest digest = kadr_cell_digest(series->state->reference, &point->cell);
        series->points[i] = (struct kadr_wire_point){ .period = point->period,
                                                      .same = point->same,
                                                      .carried = point->carried };
        kadr_wire_cell_from(series->state->reference, &point->cell, &series->points[i].cell);
        kadr_digest_add(&series->digest, &digest);
    }
    series->total += trend->point_count;
}

static size_t fill_left_out(struct series *series, const struct kadr_trend *trend)
{
    size_t count = trend->left_out_count < KADR_MAX_LEFT_OUT ? trend->left_out_count : KADR_MAX_LEFT_OUT;
    for (size_t i = 0; i < count; i++) {
        const struct kadr_left_out *out = &trend->left_out[i];
        series->left_out[i] =
            (struct kadr_wire_left_out){ kadr_unit_info(series->state->reference, out->unit)->code, out->why,
                                         out->point };
    }
    return count;
}

static int send_trend(void *context, const struct kadr_trend *trend)
{
    struct series *series = context;
    struct kadr_query_reply reply = { .kind = KADR_QUERY_POINTS };
    fill_points(series, trend);
    const struct kadr_wire_cell *cell = &series->points[0].cell;
    reply.points = (struct kadr_wire_trend){ .unit = cell->unit,
                                             .indicator = cell->indicator,
                                             .breakdown_count = cell->breakdown_count,
                                             .scale = cell->scale,
                                             .points = series->points,
                                             .point_count = trend->point_count,
                                             .same_basis = trend->same_basis,
                                             .of = trend->of,
                                             .in = trend->in,
                                             .left_out = series->left_out,
                                             .left_out_count = fill_left_out(series, trend) };
    memcpy(reply.points.breakdown, cell->breakdown, sizeof cell->breakdown);
    return kadr_past_reply(series->past, &reply);
}

static int send_all(struct kadr_past *past, const struct kadr_past_state *state,
                    const struct kadr_trend_query *query)
{
    struct series series = { .past = past, .state = state };
    struct kadr_query_reply begin = { .kind = KADR_QUERY_BEGIN, .begin = { .position = state->position } };
    struct kadr_query_reply end = { .kind = KADR_QUERY_END };
    series.points = kadr_arena_calloc(past->arena, query->point_count, sizeof *series.points);
    series.left_out = kadr_arena_calloc(past->arena, KADR_MAX_LEFT_OUT, sizeof *series.left_out);
    if (series.points == NULL || series.left_out == NULL) {
        return KADR_EFULL;
    }
    int err = kadr_past_reply(past, &begin);
    if (err == 0) {
        err = kadr_rollup_trend(state->rollup, query, send_trend, &series);
    }
    end.end.cells = series.total;
    end.end.digest = series.digest;
    return err != 0 ? err : kadr_past_reply(past, &end);
}

int kadr_past_series(struct kadr_past *past, const struct kadr_query_request *request)
{
    const struct kadr_past_scope scope = { .unit = request->series.unit,
                                           .indicator = request->series.indicator,
                                           .subtree = true };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct kadr_rollup_query asked;
    struct kadr_trend_query query;
    uint64_t commit = 0;
    int err = kadr_past_instant(past, &request->series.known, &commit);
    if (err == 0) {
        err = kadr_past_state_at(past, &scope, commit, commit, &state);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &state, &scope, &asked);
    }
    if (err == 0) {
        err = make_query(past, request, &state, &asked, &query);
    }
    return err != 0 ? err : send_all(past, &state, &query);
}
