/* SPDX-License-Identifier: Apache-2.0 */
/* Series and coverage over a small journal: of the same reporters, in time and late, as known before and
 * after, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/past.h"
#include "history_rig.h"

struct fixture {
    struct journal *journal;
    struct kadr_kvstore kv;
    struct kadr_arena *arena;
    struct kadr_past_answer answer;
    kadr_day today;
};

/* Records from here on are made on this day. */
static void on(struct journal *journal, const char *day)
{
    kadr_day at;
    assert_int_equal(kadr_day_parse(day, &at), 0);
    journal->time_ms = kadr_day_begin_ms(at) + INT64_C(36000000);
    journal_day(journal, day);
}

static void say(struct journal *journal, const char *unit, const char *indicator, const char *period,
                int64_t figure)
{
    struct kadr_observation obs = figure_of(unit, indicator, period, figure);
    journal_report(journal, unit, KADR_OUTCOME_COMMITTED, &obs, "0");
}

/* 1 reference, 2 day, 3 KZ-35 of January; 4 day, 5 KZ-62 of January: late, 6 KZ-35 corrected;
 * 7 day, 8 both of February in parts: 9; 10 nothing to report of KZ-62; 11 day, 12 arrivals */
static void fill(struct journal *journal)
{
    journal->time_ms = INT64_C(1700000000000);
    journal_reference(journal, UNITS);
    on(journal, "2024-02-08");
    say(journal, "KZ-35", "headcount", "2024-01-31", 100);
    on(journal, "2024-02-12");
    say(journal, "KZ-62", "headcount", "2024-01-31", 50);
    say(journal, "KZ-35", "headcount", "2024-01-31", 101);
    on(journal, "2024-03-05");
    say(journal, "KZ-35", "headcount", "2024-02-29", 103);
    say(journal, "KZ-35", "population", "2024-02-29", 1000);
    journal_report(journal, "KZ-62", KADR_OUTCOME_COMMITTED, NULL, "");
    on(journal, "2024-04-20");
    say(journal, "KZ-35", "arrivals", "2024-Q1", 7);
}

static int set_up(void **state)
{
    KADR_CLEANUP(kadr_history_free) struct kadr_history *history = NULL;
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    fx->journal = new_journal(0xa5);
    fx->today = kadr_day_from_civil(2024, 4, 20);
    fill(fx->journal);
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &fx->arena), 0);
    assert_int_equal(kadr_kvstore_mem_new(&fx->kv), 0);
    assert_int_equal(kadr_history_open(&fx->kv, &history, NULL), 0);
    assert_int_equal(apply(history, fx->journal, 1, fx->journal->head), 0);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    kadr_past_answer_done(&fx->answer);
    fx->kv.close(fx->kv.self);
    kadr_arena_free(fx->arena);
    free_journal(fx->journal);
    free(fx);
    return 0;
}

static void ask(struct fixture *fx, const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    const struct kadr_past_question question = {
        .frame = { frame.data, frame.len },
        .now = { .lineage = fx->journal->lineage, .commit = fx->journal->head, .day = fx->today },
    };
    kadr_past_answer_done(&fx->answer);
    assert_int_equal(kadr_past_answer(&fx->kv, &question, &fx->answer), 0);
}

static struct kadr_query_reply reply_of(struct fixture *fx, size_t nth)
{
    struct kadr_query_reply reply;
    struct kadr_bytes frame;
    size_t cursor = 0;
    do {
        assert_true(kadr_past_next(&fx->answer, &cursor, &frame));
    } while (nth-- > 0);
    assert_int_equal(kadr_decode_query_reply(frame, fx->arena, &reply, NULL), 0);
    return reply;
}

/* Last days of months, of points that begin in order. */
static struct kadr_query_request series(struct kadr_period *points, size_t count, const char *const *texts)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_SERIES };
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(kadr_period_parse(texts[i], &points[i]), 0);
    }
    request.series.unit = "KZ";
    request.series.indicator = "headcount";
    request.series.same_reporters = true;
    request.series.points = points;
    request.series.point_count = count;
    return request;
}

static const char *const months[] = { "2024-01", "2024-02" };
static const char *const days[] = { "2024-01-31", "2024-02-29" };

/* ---- series -------------------------------------------------------------------------------------------- */

static void a_series_is_of_the_same_reporters(void **state)
{
    struct kadr_period points[2];
    struct kadr_query_request request = series(points, 2, months);
    ask(*state, &request);
    assert_int_equal(reply_of(*state, 0).kind, KADR_QUERY_BEGIN);
    assert_int_equal(reply_of(*state, 0).begin.position.day, kadr_day_from_civil(2024, 4, 20));
    struct kadr_query_reply reply = reply_of(*state, 1), end = reply_of(*state, 2);
    assert_int_equal(reply.kind, KADR_QUERY_POINTS);
    const struct kadr_wire_trend *trend = &reply.points;
    assert_string_equal(trend->unit, "KZ");
    assert_int_equal(trend->in, 2);
    assert_int_equal(trend->of, 2);
    assert_int_equal(trend->points[0].same.lo, 151);
    assert_int_equal(trend->points[1].same.lo, 153);
    assert_int_equal(trend->points[1].carried, 1); /* KZ-62 said nothing new */
    assert_int_equal(trend->points[1].cell.cell.lo, 153);
    assert_int_equal(end.end.cells, 2);
}

static void a_series_is_as_it_was_known(void **state)
{
    struct kadr_period points[2];
    struct kadr_query_request request = series(points, 1, months);
    request.series.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = 3 };
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.points.in, 1);
    assert_int_equal(reply.points.of, 2);
    assert_int_equal(reply.points.left_out_count, 1);
    assert_string_equal(reply.points.left_out[0].unit, "KZ-62");
    assert_int_equal(reply.points.left_out[0].why, KADR_LEFT_OUT_NO_VALUE);
    assert_int_equal(reply.points.points[0].same.lo, 100); /* before the correction */
}

static void a_day_stands_for_the_period_around_it(void **state)
{
    struct kadr_period points[2];
    struct kadr_query_request request = series(points, 1, days);
    request.series.indicator = "arrivals";
    request.series.around = true;
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.points.points[0].period.first, kadr_day_from_civil(2024, 1, 1));
    assert_int_equal(reply.points.points[0].period.last, kadr_day_from_civil(2024, 3, 31));
    assert_int_equal(reply.points.points[0].cell.cell.lo, 7);
    request.series.indicator = "headcount"; /* a stock has its days */
    ask(*state, &request);
    reply = reply_of(*state, 1);
    assert_int_equal(reply.points.points[0].period.first, kadr_day_from_civil(2024, 1, 31));
}

static void a_breakdown_is_asked_by_its_codes(void **state)
{
    struct kadr_period points[2];
    struct kadr_query_request request = series(points, 1, months);
    request.series.breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    request.series.breakdown_count = 1;
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.points.breakdown_count, 1);
    assert_string_equal(reply.points.breakdown[0].member, "doctor");
    assert_int_equal(reply.points.points[0].cell.cell.basis, KADR_BASIS_NONE);
    request.series.breakdown_count = 0;
    request.series.all_breakdowns = true;
    ask(*state, &request);
    assert_int_equal(reply_of(*state, 1).points.breakdown_count, 0);
    assert_int_equal(reply_of(*state, 2).kind, KADR_QUERY_END); /* only the total was ever stated */
}

static enum kadr_diag_code refused(struct fixture *fx, const struct kadr_query_request *request)
{
    ask(fx, request);
    struct kadr_query_reply reply = reply_of(fx, 0);
    assert_int_equal(reply.kind, KADR_QUERY_REFUSAL);
    assert_int_equal(reply.refusal.diag.diag.code, fx->answer.refused);
    return fx->answer.refused;
}

static void a_series_that_cannot_be_is_refused(void **state)
{
    static const char *const future[] = { "2024-05" };
    struct kadr_period points[2];
    struct kadr_query_request request = series(points, 2, days);
    request.series.indicator = "arrivals";
    request.series.around = true; /* both days lie in one quarter */
    assert_int_equal(refused(*state, &request), KADR_DIAG_POINTS_ALIKE);
    request = series(points, 1, future);
    assert_int_equal(refused(*state, &request), KADR_DIAG_PERIOD_IN_FUTURE);
    request = series(points, 1, days);
    request.series.unit = "KZ-99";
    assert_int_equal(refused(*state, &request), KADR_DIAG_UNKNOWN_UNIT);
    request = series(points, 1, days);
    request.series.breakdown_count = 1;
    request.series.breakdown[0] = (struct kadr_member_pair){ "shoe_size", "42" };
    assert_int_equal(refused(*state, &request), KADR_DIAG_UNKNOWN_DIMENSION);
    request.series.breakdown[0] = (struct kadr_member_pair){ "funder", "sponsor" };
    assert_int_equal(refused(*state, &request), KADR_DIAG_WRONG_DIMENSION);
    request.series.breakdown[0] = (struct kadr_member_pair){ "cadre", "wizard" };
    assert_int_equal(refused(*state, &request), KADR_DIAG_UNKNOWN_MEMBER);
    request.series.breakdown_count = 2;
    request.series.breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    request.series.breakdown[1] = (struct kadr_member_pair){ "cadre", "midlevel" };
    assert_int_equal(refused(*state, &request), KADR_DIAG_DIMENSION_TWICE);
    request = series(points, 1, days);
    request.series.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = 99 };
    assert_int_equal(refused(*state, &request), KADR_DIAG_KNOWN_AT_FUTURE);
}

/* ---- coverage ------------------------------------------------------------------------------------------ */

static struct kadr_query_request coverage(const char *unit, const char *indicator, const char *period)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_COVERAGE };
    request.coverage.unit = unit;
    request.coverage.indicator = indicator;
    request.coverage.has_period = *period != '\0';
    if (request.coverage.has_period) {
        assert_int_equal(kadr_period_parse(period, &request.coverage.period), 0);
    }
    return request;
}

static void a_correction_is_in_time_and_a_latecomer_late(void **state)
{
    struct kadr_query_request request = coverage("", "headcount", "2024-01");
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.kind, KADR_QUERY_OWED);
    const struct kadr_wire_owed *owed = &reply.coverage;
    assert_string_equal(owed->unit, "KZ");
    assert_int_equal(owed->due, kadr_day_from_civil(2024, 2, 10));
    assert_int_equal(owed->count, 2);
    assert_string_equal(owed->rows[0].unit, "KZ-35");
    assert_int_equal(owed->rows[0].row.state, KADR_OWED_COMPLETE);
    assert_int_equal(owed->rows[0].row.time, KADR_OWED_ON_TIME); /* though corrected on the 12th */
    assert_int_equal(owed->rows[1].row.time, KADR_OWED_LATE);
    assert_int_equal(owed->rows[1].row.late_since, kadr_day_from_civil(2024, 2, 11));
    assert_int_equal(owed->sum.expected, 2);
    assert_int_equal(owed->sum.time[KADR_OWED_ON_TIME], 1);
    struct kadr_query_reply end = reply_of(*state, 2);
    assert_int_equal(end.end.cells, 2);
}

static void a_coverage_is_as_it_was_known(void **state)
{
    struct kadr_query_request request = coverage("KZ", "headcount", "2024-01");
    request.coverage.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = 3 };
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.coverage.rows[1].row.state, KADR_OWED_MISSING);
    assert_int_equal(reply.coverage.rows[1].row.time, KADR_OWED_NOT_DUE); /* on 8 February */
}

static void nothing_to_report_is_heard(void **state)
{
    struct kadr_query_request request = coverage("KZ-62", "headcount", "2024-02");
    ask(*state, &request);
    struct kadr_query_reply reply = reply_of(*state, 1);
    assert_int_equal(reply.coverage.count, 1);
    assert_int_equal(reply.coverage.rows[0].row.state, KADR_OWED_NOTHING);
    assert_int_equal(reply.coverage.rows[0].row.time, KADR_OWED_ON_TIME);
    request = coverage("KZ-62", "headcount", "2024-03");
    ask(*state, &request);
    reply = reply_of(*state, 1);
    assert_int_equal(reply.coverage.rows[0].row.state, KADR_OWED_CARRIED);
}

/* Each with the last period that is due on 20 April; in the catalogue's order. */
static void all_that_have_a_rhythm_are_told(void **state)
{
    static const struct {
        const char *indicator, *period;
    } some[] = { { "headcount", "2024-03" }, { "population", "2023" }, { "arrivals", "2024-Q1" } };
    struct kadr_query_request request = coverage("", "", "");
    size_t found = 0, parts = 1;
    ask(*state, &request);
    for (; reply_of(*state, parts).kind == KADR_QUERY_OWED; parts++) {
        struct kadr_query_reply reply = reply_of(*state, parts);
        char period[KADR_PERIOD_TEXT_BYTES];
        assert_int_equal(reply.coverage.sum.expected, 2);
        for (size_t i = 0; i < KADR_COUNT(some); i++) {
            if (strcmp(some[i].indicator, reply.coverage.indicator) == 0) {
                assert_string_equal(kadr_period_format(reply.coverage.period, period), some[i].period);
                found++;
            }
        }
    }
    assert_int_equal(found, KADR_COUNT(some));
    struct kadr_query_reply end = reply_of(*state, parts);
    assert_int_equal(end.kind, KADR_QUERY_END);
    assert_int_equal(end.end.cells, 2 * (parts - 1));
}

static void a_coverage_that_cannot_be_is_refused(void **state)
{
    struct kadr_query_request request = coverage("", "density", "");
    assert_int_equal(refused(*state, &request), KADR_DIAG_NO_RHYTHM);
    request = coverage("", "headcount", "2024-05");
    assert_int_equal(refused(*state, &request), KADR_DIAG_PERIOD_IN_FUTURE);
    request = coverage("", "shoe_size", "");
    assert_int_equal(refused(*state, &request), KADR_DIAG_UNKNOWN_INDICATOR);
    request = coverage("KZ-99", "", "");
    assert_int_equal(refused(*state, &request), KADR_DIAG_UNKNOWN_UNIT);
    request = coverage("", "", "");
    request.coverage.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = 1 };
    assert_int_equal(refused(*state, &request), KADR_DIAG_NOTHING_KNOWN); /* no day yet */
    request = coverage("", "density", "2024-02"); /* asked about with its period it has an answer */
    ask(*state, &request);
    assert_int_equal(reply_of(*state, 1).coverage.due, KADR_DAY_NONE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_series_is_of_the_same_reporters),     TEST(a_series_is_as_it_was_known),
        TEST(a_day_stands_for_the_period_around_it), TEST(a_breakdown_is_asked_by_its_codes),
        TEST(a_series_that_cannot_be_is_refused),    TEST(a_correction_is_in_time_and_a_latecomer_late),
        TEST(a_coverage_is_as_it_was_known),         TEST(nothing_to_report_is_heard),
        TEST(all_that_have_a_rhythm_are_told),       TEST(a_coverage_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
