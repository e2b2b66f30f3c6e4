/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the past over a small journal: figures before and after a correction, moments, units under
 * new codes, what other reference data would alter, and every refusal. Generated journals:
 * oracle/test_past.c.
 */
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
    kadr_day today; /* of the last day record */
    kadr_ms now_ms;
    size_t max_bytes;
    uint64_t max_rows;
};

static void say(struct journal *journal, const char *unit, const char *day, int64_t figure)
{
    struct kadr_observation obs = figure_of(unit, "headcount", day, figure);
    journal_report(journal, unit, KADR_OUTCOME_COMMITTED, &obs, "0");
}

#define RENAMED                                                                                   \
    "KZ-36,region,KZ,1900-01-01,,,KZ-35 KZ-KAR,Karaganda,Караганда,Қарағанды\n" \
    "KZ-62,region,KZ,1900-01-01,,,,Ulytau,Улытау,Ұлытау\n"

/* 1 reference, 2 day, 3 and 4 figures, 5 a correction, 6 KZ-35 becomes KZ-36, 7 a figure, 8 a day. */
static void fill(struct journal *journal)
{
    journal_reference(journal, UNITS);
    journal_day(journal, "2024-02-01");
    say(journal, "KZ-35", "2024-01-01", 59);
    say(journal, "KZ-62", "2024-01-01", 10);
    say(journal, "KZ-35", "2024-01-01", 62);
    journal_reference(journal, RENAMED);
    say(journal, "KZ-36", "2024-01-15", 70);
    journal_day(journal, "2024-02-02");
}

static int set_up(void **state)
{
    KADR_CLEANUP(kadr_history_free) struct kadr_history *history = NULL;
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    fx->journal = new_journal(0xa5);
    fx->today = kadr_day_from_civil(2024, 2, 2);
    fx->now_ms = INT64_C(1700000000000) + 8000; /* as the rig dates records */
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

static void ask_at(struct fixture *fx, const struct kadr_query_request *request, uint64_t now)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    const struct kadr_past_question question = {
        .frame = { frame.data, frame.len },
        .now = { .lineage = fx->journal->lineage, .commit = now, .day = fx->today },
        .now_ms = fx->now_ms,
        .max_bytes = fx->max_bytes,
        .max_rows = fx->max_rows,
    };
    kadr_past_answer_done(&fx->answer);
    assert_int_equal(kadr_past_answer(&fx->kv, &question, &fx->answer), 0);
}

static void ask(struct fixture *fx, const struct kadr_query_request *request)
{
    ask_at(fx, request, fx->journal->head);
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

static struct kadr_instant commit_of(uint64_t commit)
{
    return (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
}

/* As the rig dates records: the first one at 1700000000000, a second between two. */
static struct kadr_instant time_of(uint64_t commit)
{
    return (struct kadr_instant){ .kind = KADR_INSTANT_TIME,
                                  .at_ms = INT64_C(1700000000000) + ((kadr_ms)commit - 1) * 1000 };
}

static struct kadr_query_request known(const char *unit, struct kadr_instant instant)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_SNAPSHOT };
    request.snapshot.unit = unit;
    request.snapshot.indicator = "headcount";
    request.snapshot.as_of = KADR_DAY_NONE;
    request.snapshot.known = instant;
    return request;
}

static int64_t figure_known(struct fixture *fx, const char *unit, struct kadr_instant instant)
{
    struct kadr_query_request request = known(unit, instant);
    ask(fx, &request);
    struct kadr_query_reply cells = reply_of(fx, 1);
    assert_int_equal(cells.kind, KADR_QUERY_CELLS);
    assert_int_equal(cells.cells.count, 1);
    return cells.cells.items[0].cell.lo;
}

static void a_correction_is_not_known_before_it_came(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(figure_known(fx, "KZ-35", commit_of(4)), 59);
    assert_int_equal(reply_of(fx, 0).begin.position.commit, 4);
    assert_int_equal(reply_of(fx, 0).begin.position.day, kadr_day_from_civil(2024, 2, 1));
    assert_int_equal(figure_known(fx, "KZ-35", commit_of(5)), 62);
    assert_int_equal(figure_known(fx, "KZ", commit_of(4)), 69);
    assert_int_equal(figure_known(fx, "KZ", commit_of(8)), 80);
}

static void a_time_means_the_last_commit_by_then(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(figure_known(fx, "KZ-35", time_of(4)), 59);
    struct kadr_instant just_before = time_of(5);
    just_before.at_ms--;
    assert_int_equal(figure_known(fx, "KZ-35", just_before), 59);
    assert_int_equal(figure_known(fx, "KZ-35", time_of(5)), 62);
    struct kadr_query_request request = known("KZ-35", time_of(7));
    ask_at(fx, &request, 5); /* asked before the sixth: it was not known to the asker's feed */
    assert_int_equal(reply_of(fx, 0).begin.position.commit, 5);
}

static void a_unit_is_found_by_the_codes_it_had(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(figure_known(fx, "KZ-36", commit_of(6)), 62);
    assert_int_equal(figure_known(fx, "KZ-36", commit_of(7)), 70);
    assert_int_equal(figure_known(fx, "KZ-KAR", commit_of(4)), 59);
}

/* ---- changes ---- */

static struct kadr_query_request changes(uint64_t from, uint64_t to, const char *unit)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_CHANGES };
    request.changes.from = commit_of(from);
    request.changes.to = to > 0 ? commit_of(to) : (struct kadr_instant){ .kind = KADR_INSTANT_NOW };
    request.changes.unit = unit;
    request.changes.indicator = "headcount";
    return request;
}

static const struct kadr_wire_change *only_change(struct fixture *fx)
{
    struct kadr_query_reply list = reply_of(fx, 1), end = reply_of(fx, 2);
    assert_int_equal(list.kind, KADR_QUERY_CHANGE_LIST);
    assert_int_equal(list.changes.count, 1);
    assert_int_equal(end.end.cells, 1);
    assert_int_equal(end.end.count_count, 1);
    assert_int_equal(end.end.counts[0].count, 1);
    assert_int_equal(end.end.counts[0].kind, list.changes.items[0].kind);
    return &list.changes.items[0];
}

static void a_correction_is_named_with_what_stood_before(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = changes(4, 5, "KZ-35");
    ask(fx, &request);
    const struct kadr_wire_change *change = only_change(fx);
    assert_int_equal(change->kind, KADR_CHANGE_CORRECTED);
    assert_true(change->has_before);
    assert_int_equal(change->before.cell.lo, 59);
    assert_int_equal(change->cell.cell.lo, 62);
    assert_int_equal(reply_of(fx, 0).begin.before.commit, 4);
    assert_int_equal(reply_of(fx, 0).begin.position.commit, 5);
}

static void a_newer_day_is_an_update_and_nothing_is_nothing(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = changes(6, 0, "KZ-36");
    ask(fx, &request);
    assert_int_equal(only_change(fx)->kind, KADR_CHANGE_UPDATED);
    request = changes(5, 5, "");
    ask(fx, &request);
    assert_int_equal(reply_of(fx, 1).kind, KADR_QUERY_END);
    assert_int_equal(reply_of(fx, 1).end.cells, 0);
}

static void since_nothing_everything_is_new(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = changes(0, 4, "KZ-62");
    ask(fx, &request);
    assert_false(reply_of(fx, 0).begin.has_before);
    assert_int_equal(only_change(fx)->kind, KADR_CHANGE_NEW);
    assert_false(only_change(fx)->has_before);
}

/* Asked by the name that it has afterwards, the unit has a past under the older one. */
static void a_renamed_unit_keeps_its_past(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = changes(5, 6, "KZ-36");
    ask(fx, &request);
    const struct kadr_wire_change *change = only_change(fx);
    assert_string_equal(change->cell.unit, "KZ-36");
    assert_int_equal(change->kind, KADR_CHANGE_REFERENCE);
    assert_int_equal(change->cell.cell.lo, 62);
    assert_false(change->has_before);
    request = changes(2, 6, "KZ-36"); /* the statements of 3 and 5 are of KZ-35 */
    ask(fx, &request);
    assert_int_equal(only_change(fx)->cell.cell.lo, 62);
}

/* ---- a preview ---- */

static void preview(struct fixture *fx, const char *units, bool without_members)
{
    struct journal *other = new_journal(1);
    struct kadr_wire_files files;
    journal_reference(other, units);
    kadr_arena_clear(fx->arena);
    assert_int_equal(kadr_decode_files(other->records[0].message, fx->arena, &files, NULL), 0);
    struct kadr_query_request request = { .kind = KADR_QUERY_PREVIEW };
    request.preview.files = files.files;
    request.preview.count = files.count - without_members;
    ask(fx, &request);
    free_journal(other);
}

static void a_preview_tells_which_cells_would_change(void **state)
{
    struct fixture *fx = *state;
    preview(fx, RENAMED, false);
    assert_int_equal(reply_of(fx, 1).kind, KADR_QUERY_END); /* it is in force */
    assert_int_equal(reply_of(fx, 1).end.cells, 0);
    /* The city was never in it, and Ulytau ended long ago: its figure counts for nobody. */
    preview(fx,
            "KZ-36,region,KZ,1900-01-01,,,KZ-35 KZ-KAR,Karaganda,Караганда,Қарағанды\n"
            "KZ-62,region,KZ,1900-01-01,2023-01-01,,,Ulytau,Улытау,Ұлытау\n",
            false);
    struct kadr_query_reply list = reply_of(fx, 1);
    bool found = false;
    for (size_t i = 0; i < list.changes.count; i++) {
        const struct kadr_wire_change *change = &list.changes.items[i];
        if (strcmp(change->cell.unit, "KZ") == 0 && strcmp(change->cell.indicator, "headcount") == 0) {
            found = true;
            assert_int_equal(change->before.cell.lo, 80);
            assert_int_equal(change->cell.cell.lo, 70);
        }
    }
    assert_true(found);
}

static void a_preview_of_faulty_files_is_refused(void **state)
{
    struct fixture *fx = *state;
    preview(fx, "KZ-36,region,NOWHERE,1900-01-01,,,,A,A,A\n", false);
    assert_int_equal(reply_of(fx, 0).kind, KADR_QUERY_REFUSAL);
    assert_int_not_equal(fx->answer.refused, KADR_DIAG_NONE);
}

static void a_preview_that_is_too_large_counts_on(void **state)
{
    struct fixture *fx = *state;
    fx->max_bytes = 200; /* the begin alone */
    preview(fx,
            "KZ-36,region,KZ,1900-01-01,,,KZ-35 KZ-KAR,Karaganda,Караганда,Қарағанды\n"
            "KZ-62,region,KZ,1900-01-01,2023-01-01,,,Ulytau,Улытау,Ұлытау\n",
            false);
    struct kadr_query_reply end = reply_of(fx, 1);
    uint64_t count = 0;
    assert_int_equal(end.kind, KADR_QUERY_END);
    assert_int_equal(end.end.cells, 0);
    for (size_t i = 0; i < end.end.count_count; i++) {
        count += end.end.counts[i].count;
    }
    assert_true(count >= 1);
}

/* ---- refusals ---- */

static void refused(struct fixture *fx, const struct kadr_query_request *request, enum kadr_diag_code code)
{
    ask(fx, request);
    struct kadr_query_reply reply = reply_of(fx, 0);
    assert_int_equal(reply.kind, KADR_QUERY_REFUSAL);
    assert_int_equal(reply.refusal.diag.diag.code, code);
    assert_int_equal(fx->answer.refused, code);
}

static void what_cannot_be_answered_says_why(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = known("KZ", commit_of(9));
    refused(fx, &request, KADR_DIAG_KNOWN_AT_FUTURE);
    request.snapshot.known = (struct kadr_instant){ .kind = KADR_INSTANT_TIME,
                                                    .at_ms = kadr_day_begin_ms(kadr_day_at(fx->now_ms) + 1) };
    refused(fx, &request, KADR_DIAG_KNOWN_AT_FUTURE);
    request.snapshot.known.at_ms--; /* the end of today: what is known so far */
    ask(fx, &request);
    assert_int_equal(fx->answer.refused, KADR_DIAG_NONE);
    assert_int_equal(reply_of(fx, 0).begin.position.commit, 8);
    request = known("KZ", commit_of(1)); /* no day yet */
    refused(fx, &request, KADR_DIAG_NOTHING_KNOWN);
    request = known("KZ", (struct kadr_instant){ .kind = KADR_INSTANT_TIME, .at_ms = 1 });
    refused(fx, &request, KADR_DIAG_NOTHING_KNOWN);
    request = known("KZ-36", commit_of(5)); /* it got that code later */
    refused(fx, &request, KADR_DIAG_UNKNOWN_UNIT);
    request = known("KZ", commit_of(5));
    request.snapshot.indicator = "nonsense";
    refused(fx, &request, KADR_DIAG_UNKNOWN_INDICATOR);
    request = known("KZ", commit_of(5));
    request.snapshot.as_of = fx->today; /* the day of then was the one before */
    refused(fx, &request, KADR_DIAG_PERIOD_IN_FUTURE);
    request = changes(5, 4, "KZ");
    refused(fx, &request, KADR_DIAG_FROM_AFTER_TO);
}

static void an_answer_is_bounded(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = known("KZ", commit_of(8));
    fx->max_rows = 3;
    refused(fx, &request, KADR_DIAG_ANSWER_TOO_LARGE);
    assert_string_equal(reply_of(fx, 0).refusal.diag.diag.arg[0], "3 rows");
    fx->max_rows = 4;
    ask(fx, &request);
    assert_int_equal(fx->answer.refused, KADR_DIAG_NONE);
    assert_int_equal(fx->answer.rows, 4);
    fx->max_bytes = 1000;
    ask(fx, &request);
    assert_int_equal(fx->answer.refused, KADR_DIAG_NONE);
    fx->max_bytes = 120;
    refused(fx, &request, KADR_DIAG_ANSWER_TOO_LARGE);
}

/* Only the rows of what was asked are read. */
static void a_question_reads_its_own_rows(void **state)
{
    struct fixture *fx = *state;
    (void)figure_known(fx, "KZ-62", commit_of(8));
    assert_int_equal(fx->answer.rows, 1);
    (void)figure_known(fx, "KZ-35", commit_of(4));
    assert_int_equal(fx->answer.rows, 1);
}

static void a_history_that_lags_says_so(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = known("KZ", commit_of(8));
    ask_at(fx, &request, 9); /* commit 8 is there */
    assert_int_equal(fx->answer.refused, KADR_DIAG_NONE);
    request = known("KZ", (struct kadr_instant){ .kind = KADR_INSTANT_NOW });
    ask_at(fx, &request, 9);
    assert_int_equal(fx->answer.refused, KADR_DIAG_RETRY_LATER);
    assert_true(reply_of(fx, 0).refusal.retry_after_ms > 0);
    fx->journal->lineage.bytes[0] ^= 1;
    request = known("KZ", commit_of(8));
    ask(fx, &request);
    assert_int_equal(fx->answer.refused, KADR_DIAG_RETRY_LATER);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_correction_is_not_known_before_it_came),
        STORY(a_time_means_the_last_commit_by_then),
        STORY(a_unit_is_found_by_the_codes_it_had),
        STORY(a_correction_is_named_with_what_stood_before),
        STORY(a_newer_day_is_an_update_and_nothing_is_nothing),
        STORY(since_nothing_everything_is_new),
        STORY(a_renamed_unit_keeps_its_past),
        STORY(a_preview_tells_which_cells_would_change),
        STORY(a_preview_of_faulty_files_is_refused),
        STORY(a_preview_that_is_too_large_counts_on),
        STORY(what_cannot_be_answered_says_why),
        STORY(an_answer_is_bounded),
        STORY(a_question_reads_its_own_rows),
        STORY(a_history_that_lags_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
