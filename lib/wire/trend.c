/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c - asking for one figure at several points in time, and the points. */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

struct kadr_instant kadr_dec_instant(struct kadr_dec *dec, bool by_commit, uint64_t commit, bool by_time,
                                     int64_t at_ms)
{
    if (by_commit) {
        return (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
    }
    if (by_time) {
        return (struct kadr_instant){ .kind = KADR_INSTANT_TIME, .at_ms = kadr_dec_ms(dec, at_ms) };
    }
    return (struct kadr_instant){ .kind = KADR_INSTANT_NOW };
}

/* ---- the question ---- */

static void get_member_code(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Member *m = message;
    struct kadr_member_pair *pair = ret;
    pair->dimension = kadr_dec_code(dec, m->dimension, "dimension of a breakdown");
    pair->member = kadr_dec_code(dec, m->member, "member of a breakdown");
}

static size_t get_breakdown(struct kadr_dec *dec, Kadr__V1__Member *const *members, size_t count,
                            struct kadr_member_pair ret[KADR_MAX_DIMENSIONS])
{
    kadr_dec_check(dec, count <= KADR_MAX_DIMENSIONS, "more than four members in a breakdown");
    for (size_t i = 0; i < count && dec->err == 0; i++) {
        get_member_code(dec, members[i], &ret[i]);
    }
    return count;
}

static void check_order(struct kadr_dec *dec, const struct kadr_period *points, size_t count)
{
    kadr_dec_check(dec, count > 0, "a series without points");
    for (size_t i = 1; i < count && dec->err == 0; i++) {
        kadr_dec_check(dec, points[i - 1].first < points[i].first, "points that are not in order");
    }
}

void kadr_get_series_request(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__SeriesRequest *m = message;
    struct kadr_query_request *request = ret;
    request->series.unit = kadr_dec_code(dec, m->unit, "unit of a series");
    request->series.indicator = kadr_dec_code(dec, m->indicator, "indicator of a series");
    request->series.breakdown_count =
        get_breakdown(dec, m->breakdown, m->n_breakdown, request->series.breakdown);
    request->series.all_breakdowns = m->all_breakdowns;
    kadr_dec_check(dec, !m->all_breakdowns || m->n_breakdown == 0, "one breakdown and all of them");
    request->series.points = kadr_dec_list(dec, m->points, m->n_points, KADR_MAX_POINTS,
                                           sizeof(struct kadr_period), kadr_get_period, "too many points");
    request->series.point_count = m->n_points;
    check_order(dec, request->series.points, m->n_points);
    request->series.around = m->around;
    request->series.same_reporters = m->same_reporters;
    request->series.known =
        kadr_dec_instant(dec, m->known_case == KADR__V1__SERIES_REQUEST__KNOWN_KNOWN_COMMIT, m->known_commit,
                         m->known_case == KADR__V1__SERIES_REQUEST__KNOWN_KNOWN_AT_MS, m->known_at_ms);
}

static void *put_period(struct kadr_arena *arena, const void *item)
{
    return kadr_put_period(arena, item);
}

void *kadr_put_series_request(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    const struct kadr_instant *known = &request->series.known;
    Kadr__V1__SeriesRequest *m = kadr_enc_new(arena, &kadr__v1__series_request__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(request->series.unit);
    m->indicator = kadr_enc_text(request->series.indicator);
    m->breakdown = kadr_enc_list(arena, request->series.breakdown, request->series.breakdown_count,
                                 sizeof(struct kadr_member_pair), kadr_put_member, &m->n_breakdown);
    m->all_breakdowns = request->series.all_breakdowns;
    m->points = kadr_enc_list(arena, request->series.points, request->series.point_count,
                              sizeof(struct kadr_period), put_period, &m->n_points);
    m->around = request->series.around;
    m->same_reporters = request->series.same_reporters;
    if (known->kind == KADR_INSTANT_COMMIT) {
        m->known_case = KADR__V1__SERIES_REQUEST__KNOWN_KNOWN_COMMIT;
        m->known_commit = known->commit;
    } else if (known->kind == KADR_INSTANT_TIME) {
        m->known_case = KADR__V1__SERIES_REQUEST__KNOWN_KNOWN_AT_MS;
        m->known_at_ms = known->at_ms;
    }
    return m;
}

/* ---- the points ---- */

static void get_same(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__SetFigure *m = message;
    struct kadr_candidate *same = ret;
    bool open = m->upper_case != KADR__V1__SET_FIGURE__UPPER_HI;
    *same = (struct kadr_candidate){ .present = true,
                                     .complete = true,
                                     .stale = m->stale,
                                     .hi_open = open,
                                     .known_hi_open = open,
                                     .lo = m->lo,
                                     .hi = open ? 0 : m->hi,
                                     .known_hi = open ? 0 : m->hi,
                                     .oldest = kadr_dec_day(dec, m->oldest),
                                     .newest = kadr_dec_day(dec, m->newest) };
    kadr_dec_check(dec, open || same->lo <= same->hi, "a figure that ends before it begins");
}

static void get_point(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Point *m = message;
    struct kadr_wire_point *point = ret;
    kadr_dec_part(dec, m->period, kadr_get_period, &point->period, "a point without a period");
    kadr_dec_part(dec, m->cell, kadr_get_cell, &point->cell, "a point without a cell");
    if (m->same != NULL) {
        get_same(dec, m->same, &point->same);
    }
    point->carried = m->carried;
}

static void get_left_out(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__LeftOut *m = message;
    struct kadr_wire_left_out *left_out = ret;
    left_out->unit = kadr_dec_code(dec, m->unit, "unit left out");
    kadr_dec_check(dec, m->reason != KADR__V1__LEFT_OUT_REASON__LEFT_OUT_REASON_UNSPECIFIED,
                   "left out for no reason");
    left_out->why = (enum kadr_left_out_why)m->reason;
    left_out->point = m->point;
}

void kadr_get_points(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Points *m = message;
    struct kadr_query_reply *reply = ret;
    struct kadr_wire_trend *trend = &reply->points;
    trend->unit = kadr_dec_code(dec, m->unit, "unit of points");
    trend->indicator = kadr_dec_code(dec, m->indicator, "indicator of points");
    trend->breakdown_count = get_breakdown(dec, m->breakdown, m->n_breakdown, trend->breakdown);
    trend->scale = kadr_dec_scale(dec, m->scale);
    trend->points = kadr_dec_list(dec, m->points, m->n_points, KADR_MAX_POINTS,
                                  sizeof(struct kadr_wire_point), get_point, "too many points");
    trend->point_count = m->n_points;
    trend->same_basis = (enum kadr_basis)m->same_basis;
    trend->of = m->reporters;
    trend->in = m->in_set;
    trend->left_out = kadr_dec_list(dec, m->left_out, m->n_left_out, KADR_MAX_LEFT_OUT,
                                    sizeof(struct kadr_wire_left_out), get_left_out, "too many left out");
    trend->left_out_count = m->n_left_out;
    bool fits = trend->in <= trend->of && trend->left_out_count <= trend->of - trend->in;
    kadr_dec_check(dec, fits, "more reporters than there are");
    for (size_t i = 0; i < trend->left_out_count && dec->err == 0; i++) {
        kadr_dec_check(dec, trend->left_out[i].point < trend->point_count, "left out at no point");
    }
}

static Kadr__V1__SetFigure *put_same(struct kadr_arena *arena, const struct kadr_candidate *same)
{
    Kadr__V1__SetFigure *m = same->present ? kadr_enc_new(arena, &kadr__v1__set_figure__descriptor) : NULL;
    if (m) {
        m->lo = same->lo;
        if (!same->hi_open) {
            m->upper_case = KADR__V1__SET_FIGURE__UPPER_HI;
            m->hi = same->hi;
        }
        m->oldest = same->oldest;
        m->newest = same->newest;
        m->stale = same->stale;
    }
    return m;
}

static void *put_point(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_point *point = item;
    Kadr__V1__Point *m = kadr_enc_new(arena, &kadr__v1__point__descriptor);
    if (m) {
        m->period = kadr_put_period(arena, &point->period);
        m->cell = kadr_put_cell(arena, &point->cell);
        m->same = put_same(arena, &point->same);
        m->carried = point->carried;
    }
    return m;
}

static void *put_left_out(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_left_out *left_out = item;
    Kadr__V1__LeftOut *m = kadr_enc_new(arena, &kadr__v1__left_out__descriptor);
    if (m) {
        m->unit = kadr_enc_text(left_out->unit);
        m->reason = (Kadr__V1__LeftOutReason)left_out->why;
        m->point = left_out->point;
    }
    return m;
}

void *kadr_put_points(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    const struct kadr_wire_trend *trend = &reply->points;
    Kadr__V1__Points *m = kadr_enc_new(arena, &kadr__v1__points__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(trend->unit);
    m->indicator = kadr_enc_text(trend->indicator);
    m->breakdown = kadr_enc_list(arena, trend->breakdown, trend->breakdown_count,
                                 sizeof(struct kadr_member_pair), kadr_put_member, &m->n_breakdown);
    m->scale = (uint32_t)trend->scale;
    m->points = kadr_enc_list(arena, trend->points, trend->point_count, sizeof(struct kadr_wire_point),
                              put_point, &m->n_points);
    m->same_basis = (Kadr__V1__Basis)trend->same_basis;
    m->reporters = trend->of;
    m->in_set = trend->in;
    m->left_out = kadr_enc_list(arena, trend->left_out, trend->left_out_count,
                                sizeof(struct kadr_wire_left_out), put_left_out, &m->n_left_out);
    return m;
}
