/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - what an office states.
 *
 * Unit, indicator, dimension and member are checked for length only: a clerk who typed a name is answered
 * with its code, and that answer is the judge's. What shapes keys and sums (periods, values, the occurrence)
 * is checked here.
 */
#include "kadr/v1/report.pb-c.h"
#include "wire/codec.h"

#include "base/err.h"
#include <string.h>

#define GET_NAME(dec, text) kadr_dec_text((dec), (text), KADR_MAX_NAME_BYTES, "a code or name too long")

void kadr_get_member(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Member *m = message;
    struct kadr_member_pair *pair = ret;
    pair->dimension = GET_NAME(dec, m->dimension);
    pair->member = GET_NAME(dec, m->member);
}

void *kadr_put_member(struct kadr_arena *arena, const void *item)
{
    const struct kadr_member_pair *pair = item;
    Kadr__V1__Member *m = kadr_enc_new(arena, &kadr__v1__member__descriptor);
    if (m) {
        m->dimension = kadr_enc_text(pair->dimension);
        m->member = kadr_enc_text(pair->member);
    }
    return m;
}

void kadr_get_period(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Period *m = message;
    struct kadr_period *period = ret;
    period->first = kadr_dec_day(dec, m->first);
    period->last = kadr_dec_day(dec, m->last);
    kadr_dec_check(dec, period->first <= period->last, "a period that ends before it begins");
}

void *kadr_put_period(struct kadr_arena *arena, const void *item)
{
    const struct kadr_period *period = item;
    Kadr__V1__Period *m = kadr_enc_new(arena, &kadr__v1__period__descriptor);
    if (m) {
        m->first = period->first;
        m->last = period->last;
    }
    return m;
}

/* ---- values ---- */

static bool in_range(int64_t number)
{
    return number >= -KADR_MAX_ABS_VALUE && number <= KADR_MAX_ABS_VALUE;
}

static void get_interval(struct kadr_dec *dec, const Kadr__V1__Interval *m, struct kadr_observation *obs)
{
    struct kadr_value *value = &obs->value;
    value->lo = m->lo;
    value->hi_open = m->upper_case != KADR__V1__INTERVAL__UPPER_HI;
    value->hi = value->hi_open ? 0 : m->hi;
    kadr_dec_check(dec, in_range(value->lo) && in_range(value->hi), "a value out of range");
    kadr_dec_check(dec, value->hi_open || value->lo <= value->hi, "an interval that ends before it begins");
    obs->scale = kadr_dec_scale(dec, m->scale);
    obs->stated = kadr_dec_text(dec, m->stated, KADR_MAX_STATED_BYTES, "a figure as written too long");
}

static void get_value(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Value *m = message;
    struct kadr_observation *obs = ret;
    obs->scale = 1;
    obs->stated = "";
    switch ((int)m->kind_case) { /* int: the generated enum holds a member that only gives it its size */
    case KADR__V1__VALUE__KIND_INTERVAL:
        obs->value.kind = KADR_VALUE_INTERVAL;
        get_interval(dec, m->interval, obs);
        break;
    case KADR__V1__VALUE__KIND_MISSING:
        obs->value.kind = KADR_VALUE_MISSING;
        obs->value.reason = (enum kadr_reason)m->missing;
        kadr_dec_check(dec, obs->value.reason != KADR_REASON_NONE, "missing without a reason");
        break;
    case KADR__V1__VALUE__KIND_WITHDRAWN:
        obs->value.kind = KADR_VALUE_WITHDRAWN;
        obs->of_replaced = m->withdrawn->of_replaced;
        break;
    case KADR__V1__VALUE__KIND__NOT_SET:
    default:
        kadr_dec_check(dec, false, "a value that says nothing");
    }
}

static Kadr__V1__Interval *put_interval(struct kadr_arena *arena, const struct kadr_observation *obs)
{
    Kadr__V1__Interval *m = kadr_enc_new(arena, &kadr__v1__interval__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->lo = obs->value.lo;
    if (!obs->value.hi_open) {
        m->upper_case = KADR__V1__INTERVAL__UPPER_HI;
        m->hi = obs->value.hi;
    }
    m->scale = (uint32_t)obs->scale;
    m->stated = kadr_enc_text(obs->stated);
    return m;
}

static Kadr__V1__Withdrawal *put_withdrawal(struct kadr_arena *arena, const struct kadr_observation *obs)
{
    Kadr__V1__Withdrawal *m = kadr_enc_new(arena, &kadr__v1__withdrawal__descriptor);
    if (m) {
        m->of_replaced = obs->of_replaced;
    }
    return m;
}

static Kadr__V1__Value *put_value(struct kadr_arena *arena, const struct kadr_observation *obs)
{
    Kadr__V1__Value *m = kadr_enc_new(arena, &kadr__v1__value__descriptor);
    if (m == NULL) {
        return NULL;
    }
    switch (obs->value.kind) {
    case KADR_VALUE_INTERVAL:
        m->kind_case = KADR__V1__VALUE__KIND_INTERVAL;
        m->interval = put_interval(arena, obs);
        break;
    case KADR_VALUE_MISSING:
        m->kind_case = KADR__V1__VALUE__KIND_MISSING;
        m->missing = (Kadr__V1__MissingReason)obs->value.reason;
        break;
    case KADR_VALUE_WITHDRAWN:
        m->kind_case = KADR__V1__VALUE__KIND_WITHDRAWN;
        m->withdrawn = put_withdrawal(arena, obs);
        break;
    }
    return m;
}

/* ---- observations ---- */

void kadr_get_observation(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Observation *m = message;
    struct kadr_observation *obs = ret;
    obs->unit = GET_NAME(dec, m->unit);
    obs->indicator = GET_NAME(dec, m->indicator);
    kadr_dec_check(dec, m->n_breakdown <= KADR_MAX_DIMENSIONS, "more than four members in a breakdown");
    for (size_t i = 0; i < m->n_breakdown && dec->err == 0; i++) {
        kadr_get_member(dec, m->breakdown[i], &obs->breakdown[i]);
    }
    obs->breakdown_count = m->n_breakdown;
    kadr_dec_part(dec, m->period, kadr_get_period, &obs->period, "an observation without a period");
    obs->occurrence = kadr_dec_code_or_empty(dec, m->occurrence, "occurrence of an observation");
    kadr_dec_part(dec, m->value, get_value, obs, "an observation without a value");
    obs->note = kadr_dec_text(dec, m->note, KADR_MAX_NOTE_BYTES, "a note too long");
    obs->line = m->line;
    obs->column = m->column;
}

void *kadr_put_observation(struct kadr_arena *arena, const void *item)
{
    const struct kadr_observation *obs = item;
    Kadr__V1__Observation *m = kadr_enc_new(arena, &kadr__v1__observation__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(obs->unit);
    m->indicator = kadr_enc_text(obs->indicator);
    m->breakdown = kadr_enc_list(arena, obs->breakdown, obs->breakdown_count, sizeof(obs->breakdown[0]),
                                 kadr_put_member, &m->n_breakdown);
    m->period = kadr_put_period(arena, &obs->period);
    m->occurrence = kadr_enc_text(obs->occurrence);
    m->value = put_value(arena, obs);
    m->note = kadr_enc_text(obs->note);
    m->line = obs->line;
    m->column = obs->column;
    return m;
}

/* ---- reports ---- */

static void get_replaces(struct kadr_dec *dec, const Kadr__V1__Replaces *m, struct kadr_replaces *replaces)
{
    struct kadr_id stream = kadr_dec_id(dec, m->stream, "stream of a replaced report");
    memcpy(replaces->stream, stream.bytes, sizeof(replaces->stream));
    kadr_dec_check(dec, m->sequence > 0, "sequence of a replaced report");
    replaces->sequence = m->sequence;
    replaces->stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms);
}

static Kadr__V1__Replaces *put_replaces(struct kadr_arena *arena, const struct kadr_replaces *replaces)
{
    Kadr__V1__Replaces *m = kadr_enc_new(arena, &kadr__v1__replaces__descriptor);
    if (m) {
        m->stream = kadr_enc_bytes((struct kadr_bytes){ replaces->stream, sizeof(replaces->stream) });
        m->sequence = replaces->sequence;
        m->stated_at_ms = replaces->stated_at_ms;
    }
    return m;
}

static void check_replaced(struct kadr_dec *dec, const struct kadr_report *report)
{
    bool fine = true;
    for (size_t i = 0; dec->err == 0 && i < report->observation_count; i++) {
        fine = fine && (report->has_replaces || !report->observations[i].of_replaced);
    }
    kadr_dec_check(dec, fine, "a withdrawal of what was replaced, and nothing is");
}

static void get_report(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Report *m = message;
    struct kadr_report *report = ret;
    if (m->n_observations > KADR_MAX_OBSERVATIONS) {
        dec->err = KADR_EFULL;
        dec->why = "too many observations";
        return;
    }
    bool dated = m->published_day_case == KADR__V1__REPORT__PUBLISHED_DAY_PUBLISHED;
    report->stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms);
    report->source = kadr_dec_text(dec, m->source, KADR_MAX_SOURCE_BYTES, "a source too long");
    report->published = dated ? kadr_dec_day(dec, m->published) : KADR_DAY_NONE;
    report->file = kadr_dec_text(dec, m->file, KADR_MAX_SOURCE_BYTES, "a file name too long");
    struct kadr_id id = kadr_dec_id(dec, m->report_id, "report id is not 16 bytes");
    memcpy(report->report_id, id.bytes, sizeof(report->report_id));
    report->all_or_nothing = m->all_or_nothing;
    report->nothing_to_report = m->nothing_to_report;
    report->observations =
        kadr_dec_list(dec, m->observations, m->n_observations, KADR_MAX_OBSERVATIONS,
                      sizeof(*report->observations), kadr_get_observation, "too many observations");
    report->observation_count = m->n_observations;
    report->confirmed = m->confirmed;
    report->has_replaces = m->replaces != NULL;
    if (report->has_replaces) {
        get_replaces(dec, m->replaces, &report->replaces);
    }
    check_replaced(dec, report);
}

static void *put_report(struct kadr_arena *arena, const void *item)
{
    const struct kadr_report *report = item;
    Kadr__V1__Report *m = kadr_enc_new(arena, &kadr__v1__report__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->format = KADR_WIRE_VERSION;
    m->stated_at_ms = report->stated_at_ms;
    m->source = kadr_enc_text(report->source);
    if (report->published != KADR_DAY_NONE) {
        m->published_day_case = KADR__V1__REPORT__PUBLISHED_DAY_PUBLISHED;
        m->published = report->published;
    }
    m->file = kadr_enc_text(report->file);
    m->report_id = kadr_enc_bytes((struct kadr_bytes){ report->report_id, sizeof(report->report_id) });
    m->all_or_nothing = report->all_or_nothing;
    m->nothing_to_report = report->nothing_to_report;
    m->observations = kadr_enc_list(arena, report->observations, report->observation_count,
                                    sizeof(*report->observations), kadr_put_observation, &m->n_observations);
    m->confirmed = report->confirmed;
    if (report->has_replaces) {
        m->replaces = put_replaces(arena, &report->replaces);
    }
    return m;
}

static const struct kadr_codec report_codec = { &kadr__v1__report__descriptor, get_report, put_report,
                                                sizeof(struct kadr_report), true };

void kadr_encode_report(const struct kadr_report *report, struct kadr_buf *out)
{
    kadr_codec_encode(&report_codec, report, out);
}

int kadr_decode_report(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_report *ret,
                       const char **ret_why)
{
    return kadr_codec_decode(&report_codec, frame, arena, ret, ret_why);
}
