/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the past leave the aggregator as they came, with the position of now; without a history
 * they are refused, or answered from memory where that can be done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate_rig.h"

#define BEFORE kadr_day_from_civil(2023, 12, 1)

static void ask_request(struct fixture *fx, const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    assert_int_equal(frame.err, 0);
    forget(fx);
    step(fx, KADR_AGGREGATE_QUERY, &frame);
    time_passes(fx, 0);
}

static void ask_as_known(struct fixture *fx, struct kadr_instant known, kadr_day as_of)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_SNAPSHOT, .request = 7 };
    request.snapshot.unit = "KZ-35";
    request.snapshot.indicator = "";
    request.snapshot.as_of = as_of;
    request.snapshot.known = known;
    ask_request(fx, &request);
}

static struct kadr_instant commit_of(uint64_t commit)
{
    return (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
}

static const struct kadr_instant now = { .kind = KADR_INSTANT_NOW };

static enum kadr_diag_code refusal_of(struct fixture *fx)
{
    struct kadr_query_reply reply = decode_answer(fx, 0);
    assert_int_equal(reply.kind, KADR_QUERY_REFUSAL);
    assert_int_equal(reply.request, 7);
    return reply.refusal.diag.diag.code;
}

static void a_question_about_the_past_is_handed_over(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->past_result = 0;
    ask_as_known(fx, commit_of(2), KADR_DAY_NONE);
    assert_int_equal(fx->past_count, 1);
    assert_int_equal(fx->past.request, 7);
    assert_int_equal(fx->past.now.commit, 3);
    assert_int_equal(fx->past.needs, 2);
    ask_as_known(fx, commit_of(9), KADR_DAY_NONE);
    assert_int_equal(fx->past.needs, 3); /* it is refused there; the history need not wait for it */
    ask_as_known(fx, now, BEFORE);
    assert_int_equal(fx->past_count, 3);
    assert_int_equal(fx->past.needs, 3);
    assert_int_equal(count_of(fx, TO_PEER), 0); /* whoever took it over answers */
    assert_int_equal(kadr_aggregate_status(fx->agg).past, 3);
}

static void a_question_of_now_is_answered_here(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->past_result = 0;
    ask_as_known(fx, now, KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 0).kind, KADR_QUERY_BEGIN);
    ask_as_known(fx, now, kadr_day_from_civil(2024, 2, 1));
    assert_int_equal(decode_answer(fx, 0).kind, KADR_QUERY_BEGIN);
    assert_int_equal(fx->past_count, 0);
}

static void without_a_history_it_is_refused(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = { .kind = KADR_QUERY_CHANGES, .request = 7 };
    request.changes.from = commit_of(1);
    request.changes.unit = request.changes.indicator = "";
    catch_up(fx);
    ask_as_known(fx, commit_of(2), KADR_DAY_NONE);
    assert_int_equal(refusal_of(fx), KADR_DIAG_NO_HISTORY);
    ask_request(fx, &request);
    assert_int_equal(refusal_of(fx), KADR_DIAG_NO_HISTORY);
    ask_as_known(fx, now, BEFORE); /* from memory: the statements known now */
    assert_int_equal(decode_answer(fx, 0).kind, KADR_QUERY_BEGIN);
    assert_int_equal(decode_answer(fx, 0).begin.position.day, BEFORE);
}

static void while_the_history_is_far_behind_memory_serves(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->past_result = KADR_EAGAIN;
    ask_as_known(fx, commit_of(2), KADR_DAY_NONE);
    assert_int_equal(refusal_of(fx), KADR_DIAG_RETRY_LATER);
    assert_string_equal(decode_answer(fx, 0).refusal.diag.diag.arg[0], "history_behind");
    ask_as_known(fx, now, BEFORE);
    assert_int_equal(decode_answer(fx, 0).kind, KADR_QUERY_BEGIN);
}

static void too_many_of_them_are_told_to_come_later(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->past_result = KADR_EFULL;
    ask_as_known(fx, commit_of(2), KADR_DAY_NONE);
    assert_int_equal(refusal_of(fx), KADR_DIAG_RETRY_LATER);
    assert_string_equal(decode_answer(fx, 0).refusal.diag.diag.arg[0], "busy");
    ask_as_known(fx, now, BEFORE); /* not from memory: two answers to one question would not agree */
    assert_int_equal(refusal_of(fx), KADR_DIAG_RETRY_LATER);
}

static void nothing_is_handed_over_while_catching_up(void **state)
{
    struct fixture *fx = *state;
    fx->past_result = 0;
    ask_as_known(fx, commit_of(1), KADR_DAY_NONE);
    assert_int_equal(refusal_of(fx), KADR_DIAG_RETRY_LATER);
    assert_int_equal(fx->past_count, 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_question_about_the_past_is_handed_over),
        STORY(a_question_of_now_is_answered_here),
        STORY(without_a_history_it_is_refused),
        STORY(too_many_of_them_are_told_to_come_later),
        STORY(while_the_history_is_far_behind_memory_serves),
        STORY(nothing_is_handed_over_while_catching_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
