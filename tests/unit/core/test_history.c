/* SPDX-License-Identifier: Apache-2.0 */
/* The history: what is written of records and found again, where it stands, what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history_rig.h"

struct fixture {
    struct journal *journal;
    struct kadr_kvstore kv;
    struct kadr_history *history;
    struct kadr_history_view *view;
};

/* Commits 1 … 8: reference, day, two reports, a refused one, the unit gets a new name, a report by the old
 * one, a day. */
static void fill(struct journal *journal)
{
    struct kadr_observation first[] = {
        figure_of("KZ-KAR", "need_declared", "2023-11-20", 23),
        figure_of("KZ-35", "headcount", "2023-11-20", 1894),
        figure_of("KZ-35", "headcount", "2023-11-21", 18940),
        figure_of("KZ-62", "headcount", "2023-11-20", 77),
    };
    first[0].breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    first[0].breakdown_count = 1;
    first[0].note = "of them 3 rural";
    first[0].stated = "23";
    first[0].line = 4;
    first[0].column = 2;
    struct kadr_observation second = figure_of("KZ-35", "need_declared", "2023-12-20", 19);
    second.value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_WITHHELD };
    struct kadr_observation third = figure_of("KZ-35", "need_declared", "2024-01-20", 5);
    third.value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = 5, .hi_open = true };
    journal_reference(journal, UNITS);
    journal_day(journal, "2024-02-01");
    journal_report(journal, "KZ-35", KADR_OUTCOME_COMMITTED, first, "0010");
    journal_report(journal, "KZ-35", KADR_OUTCOME_COMMITTED, &second, "0");
    journal_report(journal, "KZ-35", KADR_OUTCOME_REFUSED, &third, "1");
    journal_reference(journal, "KZ-36,region,KZ,1900-01-01,,,KZ-35 KZ-KAR,Karaganda,Караганда,Қарағанды\n"
                               "KZ-62,region,KZ,1900-01-01,,,,Ulytau,Улытау,Ұлытау\n");
    journal_report(journal, "KZ-35", KADR_OUTCOME_COMMITTED, &third, "0");
    journal_day(journal, "2024-02-02");
}

static int set_up(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    fx->journal = new_journal(0xa5);
    fill(fx->journal);
    assert_int_equal(kadr_kvstore_mem_new(&fx->kv), 0);
    assert_int_equal(kadr_history_open(&fx->kv, &fx->history, NULL), 0);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    kadr_history_view_end(fx->view);
    kadr_history_free(fx->history);
    fx->kv.close(fx->kv.self);
    free_journal(fx->journal);
    free(fx);
    return 0;
}

static void look(struct fixture *fx)
{
    kadr_history_view_end(KADR_TAKE(fx->view));
    assert_int_equal(kadr_history_view_begin(&fx->kv, &fx->view), 0);
}

static void fill_and_look(struct fixture *fx)
{
    assert_int_equal(apply(fx->history, fx->journal, 1, fx->journal->head), 0);
    look(fx);
}

/* ---- rows ---- */

static int write_row(void *context, const struct kadr_history_row *row)
{
    char value[KADR_VALUE_TEXT_BYTES];
    char period[KADR_PERIOD_TEXT_BYTES];
    const struct kadr_observation *obs = &row->observation;
    kadr_buf_printf(context, "%s %s %u.%u %s %s;", obs->unit, obs->indicator, (unsigned)row->commit,
                    row->index, kadr_period_format(obs->period, period),
                    kadr_value_format(&obs->value, obs->scale, value));
    return 0;
}

static void expect_rows(struct fixture *fx, const char *unit, const char *indicator, uint64_t from,
                        uint64_t to, const char *expected)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    kadr_buf_init(&text, 0);
    assert_int_equal(kadr_history_rows(fx->view, unit, indicator, from, to, write_row, &text), 0);
    assert_string_equal(kadr_buf_str(&text), expected);
}

#define OF_HEADCOUNT "KZ-35 headcount 3.1 2023-11-20 1894;"
#define OF_NEED      "KZ-35 need_declared 3.0 2023-11-20 23;KZ-35 need_declared 4.0 2023-12-20 ?withheld;"

static void rows_of_a_unit(void **state)
{
    struct fixture *fx = *state;
    fill_and_look(fx);
    expect_rows(fx, "KZ-35", NULL, 1, UINT64_MAX, OF_HEADCOUNT OF_NEED);
    expect_rows(fx, "KZ-35", "need_declared", 0, UINT64_MAX, OF_NEED);
    expect_rows(fx, "KZ-62", NULL, 1, 8, "KZ-62 headcount 3.3 2023-11-20 77;");
    expect_rows(fx, "KZ-36", NULL, 1, 8, "KZ-36 need_declared 7.0 2024-01-20 >=5;");
    expect_rows(fx, "KZ-3", NULL, 1, 8, ""); /* nobody's prefix */
    expect_rows(fx, "KZ-35", "need", 1, 8, "");
    expect_rows(fx, "not a code", NULL, 1, 8, "");
    expect_rows(fx, "", NULL, 1, 8, "");
}

static void rows_of_a_range_of_commits(void **state)
{
    struct fixture *fx = *state;
    fill_and_look(fx);
    expect_rows(fx, "KZ-35", NULL, 1, 2, "");
    expect_rows(fx, "KZ-35", NULL, 1, 3, OF_HEADCOUNT "KZ-35 need_declared 3.0 2023-11-20 23;");
    expect_rows(fx, "KZ-35", NULL, 4, 8, "KZ-35 need_declared 4.0 2023-12-20 ?withheld;");
    expect_rows(fx, "KZ-35", "headcount", 4, 8, "");
    expect_rows(fx, "KZ-35", NULL, 5, 4, "");
}

static int stop_at_once(void *context, const struct kadr_history_row *row)
{
    (void)row;
    ++*(int *)context;
    return -77;
}

static void reader_stops(void **state)
{
    struct fixture *fx = *state;
    int calls = 0;
    fill_and_look(fx);
    assert_int_equal(kadr_history_rows(fx->view, "KZ-35", NULL, 1, 8, stop_at_once, &calls), -77);
    assert_int_equal(calls, 1);
}

static void row_says_all_that_was_stated(void **state)
{
    struct fixture *fx = *state;
    struct kadr_history_row row;
    fill_and_look(fx);
    assert_int_equal(kadr_history_row_at(fx->view, "KZ-35", "need_declared", 3, 0, &row), 0);
    assert_int_equal(row.commit, 3);
    assert_int_equal(row.index, 0);
    assert_int_equal(row.stated_at_ms, INT64_C(1700000001900));
    assert_int_equal(row.observation.breakdown_count, 1);
    assert_string_equal(row.observation.breakdown[0].dimension, "cadre");
    assert_string_equal(row.observation.breakdown[0].member, "doctor");
    assert_string_equal(row.observation.note, "of them 3 rural");
    assert_string_equal(row.observation.stated, "23");
    assert_string_equal(row.observation.occurrence, "");
    assert_int_equal(row.observation.line, 4);
    assert_int_equal(row.observation.column, 2);
    assert_int_equal(row.observation.scale, 1);
    assert_int_equal(kadr_history_row_at(fx->view, "KZ-35", "need_declared", 3, 1, &row), KADR_ENOENT);
    assert_int_equal(kadr_history_row_at(fx->view, "KZ-35", "need_declared", 2, 0, &row), KADR_ENOENT);
    assert_int_equal(kadr_history_row_at(fx->view, "KZ-35", "headcount", 3, 2, &row), KADR_ENOENT);
    assert_int_equal(kadr_history_row_at(fx->view, "KZ-35", "headcount", 3, 65536 + 1, &row), KADR_ENOENT);
}

/* ---- reports ---- */

static void report_of_a_commit(void **state)
{
    struct fixture *fx = *state;
    struct kadr_history_report report;
    fill_and_look(fx);
    assert_int_equal(kadr_history_report_at(fx->view, 3, &report), 0);
    assert_int_equal(report.commit, 3);
    assert_string_equal(report.office, "KZ-35");
    assert_int_equal(report.stream.bytes[0], 9);
    assert_int_equal(report.sequence, 102);
    assert_int_equal(report.received_at_ms, INT64_C(1700000001995));
    assert_int_equal(report.committed_at_ms, INT64_C(1700000002000));
    assert_string_equal(report.source, "bulletin 7");
    assert_int_equal(report.published, 19700);
    assert_string_equal(report.file, "need.csv");
    assert_int_equal(report.accepted, 3);
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.touched_count, 3);
    assert_string_equal(report.touched[0].indicator, "headcount");
    assert_string_equal(report.touched[1].indicator, "need_declared");
    assert_string_equal(report.touched[2].unit, "KZ-62");
    assert_int_equal(kadr_history_report_at(fx->view, 1, &report), KADR_ENOENT);
    assert_int_equal(kadr_history_report_at(fx->view, 5, &report), KADR_ENOENT);
    assert_int_equal(kadr_history_report_at(fx->view, 9, &report), KADR_ENOENT);
}

static int write_report(void *context, const struct kadr_history_report *report)
{
    kadr_buf_printf(context, "%u:%u ", (unsigned)report->commit, (unsigned)report->touched_count);
    return 0;
}

static void reports_of_a_range(void **state)
{
    struct fixture *fx = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    kadr_buf_init(&text, 0);
    fill_and_look(fx);
    assert_int_equal(kadr_history_reports(fx->view, 1, UINT64_MAX, write_report, &text), 0);
    assert_string_equal(kadr_buf_str(&text), "3:3 4:1 7:1 ");
    kadr_buf_clear(&text);
    assert_int_equal(kadr_history_reports(fx->view, 4, 6, write_report, &text), 0);
    assert_string_equal(kadr_buf_str(&text), "4:1 ");
}

/* ---- reference, day, time ---- */

static int write_reference(void *context, const struct kadr_history_reference *reference)
{
    assert_true(reference->files.len > 1000);
    kadr_buf_printf(context, "F%u ", (unsigned)reference->commit);
    return 0;
}

static int write_day(void *context, const struct kadr_history_day *day)
{
    char text[KADR_DAY_TEXT_BYTES];
    kadr_buf_printf(context, "D%u=%s ", (unsigned)day->commit, kadr_day_format(day->day, text));
    return 0;
}

static void in_force_at_a_commit(void **state)
{
    struct fixture *fx = *state;
    struct kadr_history_reference reference;
    struct kadr_history_day day;
    fill_and_look(fx);
    assert_int_equal(kadr_history_reference_at(fx->view, 0, &reference), KADR_ENOENT);
    assert_int_equal(kadr_history_reference_at(fx->view, 5, &reference), 0);
    assert_int_equal(reference.commit, 1);
    assert_int_equal(reference.files.len, fx->journal->records[0].message.len);
    assert_memory_equal(reference.files.data, fx->journal->records[0].message.data, reference.files.len);
    assert_int_equal(kadr_history_reference_at(fx->view, 6, &reference), 0);
    assert_int_equal(reference.commit, 6);
    assert_int_equal(kadr_history_day_at(fx->view, 1, &day), KADR_ENOENT);
    assert_int_equal(kadr_history_day_at(fx->view, 7, &day), 0);
    assert_int_equal(day.commit, 2);
    assert_int_equal(kadr_history_day_at(fx->view, UINT64_MAX, &day), 0);
    assert_int_equal(day.commit, 8);
}

static void what_came_between(void **state)
{
    struct fixture *fx = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    kadr_buf_init(&text, 0);
    fill_and_look(fx);
    assert_int_equal(kadr_history_references(fx->view, 2, 8, write_reference, &text), 0);
    assert_int_equal(kadr_history_days(fx->view, 3, 8, write_day, &text), 0);
    assert_int_equal(kadr_history_days(fx->view, 1, 2, write_day, &text), 0);
    assert_string_equal(kadr_buf_str(&text), "F6 D8=2024-02-02 D2=2024-02-01 ");
}

static uint64_t known_at(struct fixture *fx, kadr_ms time_ms)
{
    uint64_t commit = 0;
    int err = kadr_history_commit_at(fx->view, time_ms, &commit);
    assert_true(err == 0 || err == KADR_ENOENT);
    return err == 0 ? commit : 0;
}

static kadr_ms known_since(struct fixture *fx, uint64_t commit)
{
    kadr_ms time_ms = 0;
    assert_int_equal(kadr_history_known_since(fx->view, commit, &time_ms), 0);
    return time_ms;
}

static void known_at_a_time(void **state)
{
    struct fixture *fx = *state;
    const kadr_ms begin_ms = INT64_C(1700000000000);
    kadr_ms time_ms = 0;
    fill_and_look(fx);
    assert_int_equal(known_at(fx, begin_ms - 1), 0);
    assert_int_equal(known_at(fx, -5), 0);
    assert_int_equal(known_at(fx, begin_ms), 1);
    assert_int_equal(known_at(fx, begin_ms + 2999), 3);
    assert_int_equal(known_at(fx, begin_ms + 3000), 4);
    assert_int_equal(known_at(fx, INT64_MAX), 8);
    assert_int_equal(known_since(fx, 5), begin_ms + 4000);
    assert_int_equal(kadr_history_known_since(fx->view, 9, &time_ms), KADR_ENOENT);
}

/* Commits 9 and 10 of one moment, then the clock goes back by an hour, then it is past all that. */
static void clock_that_was_set_back(void **state)
{
    struct fixture *fx = *state;
    const kadr_ms now_ms = fx->journal->time_ms;
    journal_day(fx->journal, "2024-02-03");
    fx->journal->time_ms = now_ms;
    journal_day(fx->journal, "2024-02-04");
    fx->journal->time_ms = now_ms - 3600000;
    journal_day(fx->journal, "2024-02-05");
    fx->journal->time_ms = now_ms + 10;
    journal_day(fx->journal, "2024-02-06");
    fill_and_look(fx);
    assert_int_equal(known_at(fx, now_ms - 1), 8);
    assert_int_equal(known_at(fx, now_ms), 11);
    assert_int_equal(known_at(fx, now_ms + 9), 11);
    assert_int_equal(known_at(fx, now_ms + 10), 12);
    assert_int_equal(known_since(fx, 11), now_ms);
    assert_int_equal(known_since(fx, 12), now_ms + 10);
}

/* ---- positions ---- */

static void expect_position(const struct fixture *fx, uint64_t commit)
{
    struct kadr_history_position position = kadr_history_position(fx->history);
    assert_int_equal(position.commit, commit);
    if (commit > 0) {
        assert_memory_equal(&position.lineage, &fx->journal->lineage, sizeof position.lineage);
        assert_memory_equal(&position.chain, &fx->journal->records[commit - 1].digest, KADR_DIGEST_BYTES);
    }
}

static void reopen(struct fixture *fx, bool expect_wiped)
{
    bool wiped = !expect_wiped;
    kadr_history_free(KADR_TAKE(fx->history));
    assert_int_equal(kadr_history_open(&fx->kv, &fx->history, &wiped), 0);
    assert_int_equal(wiped, expect_wiped);
}

static void empty_history(void **state)
{
    struct fixture *fx = *state;
    expect_position(fx, 0);
    look(fx);
    assert_int_equal(kadr_history_view_position(fx->view).commit, 0);
    expect_rows(fx, "KZ-35", NULL, 1, 8, "");
    assert_int_equal(known_at(fx, INT64_MAX), 0);
}

/* However the records are cut into batches, and wherever the process ends between two: the same bytes. */
static void cut_and_reopened_anywhere(void **state)
{
    struct fixture *fx = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf whole;
    fill_and_look(fx);
    dump(&fx->kv, &whole);
    for (uint64_t cut = 1; cut < fx->journal->head; cut++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf parts;
        assert_int_equal(kadr_history_wipe(fx->history), 0);
        expect_position(fx, 0);
        assert_int_equal(apply(fx->history, fx->journal, 1, cut), 0);
        reopen(fx, false);
        expect_position(fx, cut);
        assert_int_equal(apply(fx->history, fx->journal, cut + 1, fx->journal->head), 0);
        dump(&fx->kv, &parts);
        assert_string_equal(kadr_buf_str(&parts), kadr_buf_str(&whole));
    }
}

/* A view does not see what came later. */
static void view_stays(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(apply(fx->history, fx->journal, 1, 3), 0);
    look(fx);
    assert_int_equal(apply(fx->history, fx->journal, 4, 8), 0);
    assert_int_equal(kadr_history_view_position(fx->view).commit, 3);
    expect_rows(fx, "KZ-35", "need_declared", 1, 8, "KZ-35 need_declared 3.0 2023-11-20 23;");
    assert_int_equal(known_at(fx, INT64_MAX), 3);
    assert_int_equal(kadr_history_wipe(fx->history), 0);
    expect_rows(fx, "KZ-35", "need_declared", 1, 8, "KZ-35 need_declared 3.0 2023-11-20 23;");
    look(fx);
    assert_int_equal(kadr_history_view_position(fx->view).commit, 0);
}

static void refuses_what_does_not_follow(void **state)
{
    struct fixture *fx = *state;
    struct kadr_id other = { { 1 } };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf before;
    assert_int_equal(apply(fx->history, fx->journal, 2, 3), KADR_EEXIST);
    assert_int_equal(apply(fx->history, fx->journal, 1, 3), 0);
    dump(&fx->kv, &before);
    assert_int_equal(apply(fx->history, fx->journal, 3, 4), KADR_EEXIST);
    assert_int_equal(apply(fx->history, fx->journal, 5, 6), KADR_EEXIST);
    assert_int_equal(kadr_history_apply(fx->history, &other, &fx->journal->records[3], 1), KADR_EEXIST);
    struct kadr_record broken[] = { fx->journal->records[3], fx->journal->records[4] };
    broken[1].digest.bytes[7] ^= 1;
    assert_int_equal(kadr_history_apply(fx->history, &fx->journal->lineage, broken, 2), KADR_ECORRUPT);
    expect_position(fx, 3);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf after;
    dump(&fx->kv, &after);
    assert_string_equal(kadr_buf_str(&after), kadr_buf_str(&before)); /* not even the good one of the batch */
    assert_int_equal(apply(fx->history, fx->journal, 4, 8), 0);
}

static void put_raw(struct fixture *fx, const char *key, const void *value, size_t len)
{
    assert_int_equal(fx->kv.begin(fx->kv.self), 0);
    fx->kv.put(fx->kv.self, (struct kadr_bytes){ (const uint8_t *)key, 1 },
               (struct kadr_bytes){ value, len });
    assert_int_equal(fx->kv.commit(fx->kv.self), 0);
}

static void other_format_is_wiped(void **state)
{
    struct fixture *fx = *state;
    static const uint8_t later[60] = { 0, 0, 0, 99 };
    fill_and_look(fx);
    put_raw(fx, "P", later, sizeof later);
    kadr_history_view_end(KADR_TAKE(fx->view));
    assert_int_equal(kadr_history_view_begin(&fx->kv, &fx->view), KADR_EVERSION);
    reopen(fx, true);
    expect_position(fx, 0);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf nothing;
    dump(&fx->kv, &nothing);
    assert_string_equal(kadr_buf_str(&nothing), "");
    reopen(fx, false);
}

static void damaged_position_is_wiped(void **state)
{
    struct fixture *fx = *state;
    static const uint8_t cut[] = { 0, 0, 0, 1, 7, 7 };
    fill_and_look(fx);
    put_raw(fx, "P", cut, sizeof cut);
    reopen(fx, true);
    expect_position(fx, 0);
}

/* "Unreadable" for the row alone: the reader is told, never given another figure. */
static void damaged_row_is_told(void **state)
{
    struct fixture *fx = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf key;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    fill_and_look(fx);
    kadr_buf_init(&key, 0);
    kadr_buf_init(&text, 0);
    kadr_buf_add(&key, "OKZ-62\0headcount", 17);
    kadr_buf_add_u64(&key, 4);
    kadr_buf_add_u16(&key, 0);
    assert_int_equal(fx->kv.begin(fx->kv.self), 0);
    fx->kv.put(fx->kv.self, (struct kadr_bytes){ key.data, key.len }, (struct kadr_bytes){ key.data, 9 });
    assert_int_equal(fx->kv.commit(fx->kv.self), 0);
    look(fx);
    assert_int_equal(kadr_history_rows(fx->view, "KZ-62", NULL, 4, 8, write_row, &text), KADR_ECORRUPT);
    expect_rows(fx, "KZ-62", NULL, 1, 3, "KZ-62 headcount 3.3 2023-11-20 77;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rows_of_a_unit),
        TEST(rows_of_a_range_of_commits),
        TEST(reader_stops),
        TEST(row_says_all_that_was_stated),
        TEST(report_of_a_commit),
        TEST(reports_of_a_range),
        TEST(in_force_at_a_commit),
        TEST(what_came_between),
        TEST(known_at_a_time),
        TEST(clock_that_was_set_back),
        TEST(empty_history),
        TEST(cut_and_reopened_anywhere),
        TEST(view_stays),
        TEST(refuses_what_does_not_follow),
        TEST(other_format_is_wiped),
        TEST(damaged_position_is_wiped),
        TEST(damaged_row_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
