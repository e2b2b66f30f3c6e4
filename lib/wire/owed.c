/* SPDX-License-Identifier: Apache-2.0 */
/* owed.c - asking who has reported, and the list of who has. */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

#include <string.h>

/* ---- the question ---- */

void kadr_get_coverage_request(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__CoverageRequest *m = message;
    struct kadr_query_request *request = ret;
    request->coverage.unit = kadr_dec_code_or_empty(dec, m->unit, "unit of a coverage");
    request->coverage.indicator = kadr_dec_code_or_empty(dec, m->indicator, "indicator of a coverage");
    request->coverage.has_period = m->range_case == KADR__V1__COVERAGE_REQUEST__RANGE_PERIOD;
    if (request->coverage.has_period) {
        kadr_get_period(dec, m->period, &request->coverage.period);
    }
    request->coverage.known = kadr_dec_instant(
        dec, m->known_case == KADR__V1__COVERAGE_REQUEST__KNOWN_KNOWN_COMMIT, m->known_commit,
        m->known_case == KADR__V1__COVERAGE_REQUEST__KNOWN_KNOWN_AT_MS, m->known_at_ms);
}

void *kadr_put_coverage_request(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    const struct kadr_instant *known = &request->coverage.known;
    Kadr__V1__CoverageRequest *m = kadr_enc_new(arena, &kadr__v1__coverage_request__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(request->coverage.unit);
    m->indicator = kadr_enc_text(request->coverage.indicator);
    if (request->coverage.has_period) {
        m->range_case = KADR__V1__COVERAGE_REQUEST__RANGE_PERIOD;
        m->period = kadr_put_period(arena, &request->coverage.period);
    }
    if (known->kind == KADR_INSTANT_COMMIT) {
        m->known_case = KADR__V1__COVERAGE_REQUEST__KNOWN_KNOWN_COMMIT;
        m->known_commit = known->commit;
    } else if (known->kind == KADR_INSTANT_TIME) {
        m->known_case = KADR__V1__COVERAGE_REQUEST__KNOWN_KNOWN_AT_MS;
        m->known_at_ms = known->at_ms;
    }
    return m;
}

/* ---- the answer ---- */

/* Counts by their places: of a state or a time, and the field that has it. */
struct count_field {
    size_t count; /* in struct kadr_owed_sum */
    size_t field; /* in the message */
};
#define COUNT(member, field)                                                           \
    {                                                                                  \
        offsetof(struct kadr_owed_sum, member), offsetof(Kadr__V1__CoverageSum, field) \
    }
static const struct count_field counts[] = {
    COUNT(expected, expected),
    COUNT(state[KADR_OWED_COMPLETE], complete),
    COUNT(state[KADR_OWED_INCOMPLETE], incomplete),
    COUNT(state[KADR_OWED_NOT_APPLICABLE], not_applicable),
    COUNT(state[KADR_OWED_REASON], reason),
    COUNT(state[KADR_OWED_NOTHING], nothing),
    COUNT(state[KADR_OWED_PARTS], parts),
    COUNT(state[KADR_OWED_CARRIED], carried),
    COUNT(state[KADR_OWED_EXPIRED], expired),
    COUNT(state[KADR_OWED_MISSING], missing),
    COUNT(time[KADR_OWED_ON_TIME], on_time),
    COUNT(time[KADR_OWED_LATE], late),
    COUNT(time[KADR_OWED_OVERDUE], overdue),
    COUNT(time[KADR_OWED_NOT_DUE], not_due),
    COUNT(stood_for, stood_for),
    COUNT(stale, stale),
    COUNT(beyond, beyond),
};

static void get_sum(struct kadr_dec *dec, const void *message, void *ret)
{
    const uint8_t *m = message;
    uint8_t *sum = ret;
    uint64_t states = 0;
    for (size_t i = 0; i < KADR_COUNT(counts); i++) {
        memcpy(sum + counts[i].count, m + counts[i].field, sizeof(uint32_t));
    }
    const struct kadr_owed_sum *got = ret;
    for (size_t i = 0; i < KADR_OWED_STATES; i++) {
        states += got->state[i];
    }
    kadr_dec_check(dec, states == (uint64_t)got->expected + got->state[KADR_OWED_NOT_APPLICABLE],
                   "more or fewer reporters than are expected");
}

static Kadr__V1__CoverageSum *put_sum(struct kadr_arena *arena, const struct kadr_owed_sum *sum)
{
    Kadr__V1__CoverageSum *m = kadr_enc_new(arena, &kadr__v1__coverage_sum__descriptor);
    for (size_t i = 0; m && i < KADR_COUNT(counts); i++) {
        memcpy((uint8_t *)m + counts[i].field, (const uint8_t *)sum + counts[i].count, sizeof(uint32_t));
    }
    return m;
}

#define DAY_OF(dec, m, UPPER, field)                                                            \
    ((m)->field##_day_case == KADR__V1__COVERAGE_ROW__##UPPER ? kadr_dec_day((dec), (m)->field) \
                                                              : KADR_DAY_NONE)

static void get_row(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__CoverageRow *m = message;
    struct kadr_wire_owed_row *row = ret;
    row->unit = kadr_dec_code(dec, m->unit, "unit of a coverage");
    kadr_dec_check(dec, m->state != KADR__V1__OWED_STATE__OWED_STATE_UNSPECIFIED, "state of a reporter");
    row->row = (struct kadr_owed_row){
        .unit = KADR_NO_UNIT,
        .owed = m->owed,
        .state = (enum kadr_owed_state)m->state,
        .time = (enum kadr_owed_time)m->time,
        .reason = (enum kadr_reason)m->reason,
        .stale = m->stale,
        .stood_for = m->stood_for,
        .rests_on = DAY_OF(dec, m, RESTS_ON_DAY_RESTS_ON, rests_on),
        .late_since = DAY_OF(dec, m, LATE_SINCE_DAY_LATE_SINCE, late_since),
        .stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms),
        .opened = DAY_OF(dec, m, OPENED_DAY_OPENED, opened),
        .closed = DAY_OF(dec, m, CLOSED_DAY_CLOSED, closed),
    };
}

#define PUT_DAY(m, UPPER, field, day)                            \
    if ((day) != KADR_DAY_NONE) {                                \
        (m)->field##_day_case = KADR__V1__COVERAGE_ROW__##UPPER; \
        (m)->field = (day);                                      \
    }

static void *put_row(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_owed_row *row = item;
    Kadr__V1__CoverageRow *m = kadr_enc_new(arena, &kadr__v1__coverage_row__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(row->unit);
    m->owed = row->row.owed;
    m->state = (Kadr__V1__OwedState)row->row.state;
    m->time = (Kadr__V1__OwedTime)row->row.time;
    m->reason = (Kadr__V1__MissingReason)row->row.reason;
    m->stale = row->row.stale;
    m->stood_for = row->row.stood_for;
    m->stated_at_ms = row->row.stated_at_ms;
    PUT_DAY(m, RESTS_ON_DAY_RESTS_ON, rests_on, row->row.rests_on)
    PUT_DAY(m, LATE_SINCE_DAY_LATE_SINCE, late_since, row->row.late_since)
    PUT_DAY(m, OPENED_DAY_OPENED, opened, row->row.opened)
    PUT_DAY(m, CLOSED_DAY_CLOSED, closed, row->row.closed)
    return m;
}

void kadr_get_coverage(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Coverage *m = message;
    struct kadr_query_reply *reply = ret;
    struct kadr_wire_owed *owed = &reply->coverage;
    bool due = m->due_day_case == KADR__V1__COVERAGE__DUE_DAY_DUE;
    owed->unit = kadr_dec_code(dec, m->unit, "unit of a coverage");
    owed->indicator = kadr_dec_code(dec, m->indicator, "indicator of a coverage");
    kadr_dec_part(dec, m->period, kadr_get_period, &owed->period, "a coverage without a period");
    owed->due = due ? kadr_dec_day(dec, m->due) : KADR_DAY_NONE;
    kadr_dec_part(dec, m->sum, get_sum, &owed->sum, "a coverage without sums");
    owed->rows = kadr_dec_list(dec, m->rows, m->n_rows, KADR_MAX_CELLS_PER_FRAME,
                               sizeof(struct kadr_wire_owed_row), get_row, "too many rows");
    owed->count = m->n_rows;
}

void *kadr_put_coverage(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    const struct kadr_wire_owed *owed = &reply->coverage;
    Kadr__V1__Coverage *m = kadr_enc_new(arena, &kadr__v1__coverage__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(owed->unit);
    m->indicator = kadr_enc_text(owed->indicator);
    m->period = kadr_put_period(arena, &owed->period);
    if (owed->due != KADR_DAY_NONE) {
        m->due_day_case = KADR__V1__COVERAGE__DUE_DAY_DUE;
        m->due = owed->due;
    }
    m->sum = put_sum(arena, &owed->sum);
    m->rows =
        kadr_enc_list(arena, owed->rows, owed->count, sizeof(struct kadr_wire_owed_row), put_row, &m->n_rows);
    return m;
}
