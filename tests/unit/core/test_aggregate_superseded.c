/* SPDX-License-Identifier: Apache-2.0 */
/* The aggregator with a history: superseded statements are let go and come back, or the journal is read
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate_rig.h"

#define DAYS 10

/* What is beside the aggregator. */
struct beside {
    struct fixture *fx;
    struct kadr_kvstore kv;
    struct kadr_history *history;
};

static void apply_to_history(struct beside *beside)
{
    struct fixture *fx = beside->fx;
    for (uint64_t n = kadr_history_position(beside->history).commit; n < fx->head; n++) {
        const struct stored *at = &fx->journal[n];
        struct kadr_record record = { n + 1, at->digest, bytes_of(&at->envelope), bytes_of(&at->message) };
        assert_int_equal(kadr_history_apply(beside->history, &fx->lineage, &record, 1), 0);
    }
}

/* The history stands at the head, and says so. */
static void tell_history(struct beside *beside)
{
    apply_to_history(beside);
    struct kadr_aggregate_event event = { .now_ns = beside->fx->now_ns,
                                          .history = kadr_history_position(beside->history) };
    event.kind = KADR_AGGREGATE_HISTORY;
    assert_int_equal(kadr_aggregate_step(beside->fx->agg, &event), 0);
}

static void start_process(struct beside *beside)
{
    new_process(beside->fx);
    kadr_aggregate_use_history(beside->fx->agg, &beside->kv);
}

/* Ten days of one region's need, and the same by an alias in the middle. */
static int set_up_beside(void **state)
{
    struct beside *beside = calloc(1, sizeof *beside);
    assert_non_null(beside);
    struct fixture *fx = beside->fx = new_fixture();
    append_reference(fx);
    append_day(fx, "2024-02-01");
    for (int day = 0; day < DAYS; day++) {
        char text[32];
        (void)snprintf(text, sizeof text, "2024-01-%02d", 10 + day);
        append_need(fx, day == 4 ? "350000000" : "KZ-35", text, 100 + day);
    }
    assert_int_equal(kadr_kvstore_mem_new(&beside->kv), 0);
    assert_int_equal(kadr_history_open(&beside->kv, &beside->history, NULL), 0);
    start_process(beside);
    step(fx, KADR_AGGREGATE_START, NULL);
    *state = beside;
    return 0;
}

static int tear_down_beside(void **state)
{
    struct beside *beside = *state;
    void *fixture = beside->fx;
    tear_down(&fixture);
    kadr_history_free(beside->history);
    beside->kv.close(beside->kv.self);
    free(beside);
    return 0;
}

static struct kadr_digest digest_of_all(const struct fixture *fx)
{
    struct fixture *other = new_fixture();
    step(other, KADR_AGGREGATE_START, NULL);
    memcpy(other->journal, fx->journal, sizeof other->journal);
    other->head = fx->head;
    feed(other, 1, other->head);
    struct kadr_digest digest = kadr_aggregate_digest(other->agg);
    other->head = 0; /* its records are fx's */
    void *state = other;
    tear_down(&state);
    return digest;
}

static void expect_as_one_that_keeps_all(struct fixture *fx)
{
    time_passes(fx, KADR_S(1)); /* what waits goes out */
    struct kadr_digest ours = kadr_aggregate_digest(fx->agg), all = digest_of_all(fx);
    assert_memory_equal(&ours, &all, sizeof ours);
}

static void withdraw_newest(struct fixture *fx)
{
    struct kadr_observation obs = { .unit = "KZ-35",
                                    .indicator = "need_declared",
                                    .breakdown = { { "cadre", "doctor" }, { "settlement", "rural" } },
                                    .breakdown_count = 2,
                                    .occurrence = "",
                                    .value = { .kind = KADR_VALUE_WITHDRAWN },
                                    .scale = 1,
                                    .stated = "",
                                    .note = "" };
    assert_int_equal(kadr_period_parse("2024-01-19", &obs.period), 0);
    append_observation(fx, &obs);
}

static void let_go_and_called_back(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    catch_up(fx);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, 0); /* nothing is durable yet */
    tell_history(beside);
    struct kadr_aggregate_status status = kadr_aggregate_status(fx->agg);
    assert_int_equal(status.let_go, DAYS - 1);
    assert_int_equal(status.statements, 1);
    expect_as_one_that_keeps_all(fx);
    withdraw_newest(fx);
    feed(fx, fx->head, fx->head);
    expect_as_one_that_keeps_all(fx);
    assert_int_equal(kadr_aggregate_status(fx->agg).recalls, 1);
    append_need(fx, "KZ-35", "2024-01-14", 7); /* an older day is corrected, stated by its alias before */
    feed(fx, fx->head, fx->head);
    expect_as_one_that_keeps_all(fx);
    ask(fx, "KZ-35", "need_declared", kadr_day_from_civil(2024, 1, 14));
    tell_history(beside);
    assert_true(kadr_aggregate_status(fx->agg).let_go > 0);
}

/* Of what the history has not got nothing is let go. */
static void only_what_is_durable(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    catch_up(fx);
    apply_to_history(beside);
    struct kadr_aggregate_event event = { .now_ns = fx->now_ns,
                                          .history = kadr_history_position(beside->history) };
    event.kind = KADR_AGGREGATE_HISTORY;
    event.history.commit = 5; /* three of the statements */
    assert_int_equal(kadr_aggregate_step(fx->agg, &event), 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go,
                     0); /* a series goes up to its newest or not at all */
    event.history.commit = fx->head;
    event.history.lineage.bytes[0] ^= 1;
    assert_int_equal(kadr_aggregate_step(fx->agg, &event), 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, 0);
}

/* A history that failed says that nothing is durable: newer statements push nothing out any more. */
static void nothing_goes_when_the_history_has_failed(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    struct kadr_aggregate_event event = { .now_ns = fx->now_ns, .kind = KADR_AGGREGATE_HISTORY };
    catch_up(fx);
    tell_history(beside);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, DAYS - 1);
    event.history = kadr_history_position(beside->history);
    event.history.commit = 0;
    assert_int_equal(kadr_aggregate_step(fx->agg, &event), 0);
    for (unsigned day = 20; day < 24; day++) {
        char text[32];
        (void)snprintf(text, sizeof text, "2024-01-%02u", day);
        append_need(fx, "KZ-35", text, 100 + day);
        feed(fx, fx->head, fx->head);
    }
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, DAYS - 1);
    assert_int_equal(kadr_aggregate_status(fx->agg).statements, 5);
    expect_as_one_that_keeps_all(fx);
}

static void history_that_is_gone(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    catch_up(fx);
    tell_history(beside);
    assert_int_equal(kadr_history_wipe(beside->history), 0);
    withdraw_newest(fx);
    forget(fx);
    feed(fx, fx->head, fx->head);
    time_passes(fx, KADR_S(1));
    assert_non_null(find(fx, NOTE, "history_missing"));
    assert_null(find(fx, FATAL, "journal_untrusted"));
    assert_int_equal(decode_to_store(fx, 0).follow.from, 1);
    forget(fx);
    feed(fx, 1, fx->head);
    expect_as_one_that_keeps_all(fx);
    tell_history(beside);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, 0); /* nothing any more */
}

/* ---- with a checkpoint ---- */

static void restart_from(struct beside *beside, const struct kadr_buf *saved, bool with_history)
{
    struct fixture *fx = beside->fx;
    new_process(fx);
    if (with_history) {
        kadr_aggregate_use_history(fx->agg, &beside->kv);
    }
    assert_int_equal(kadr_aggregate_restore(fx->agg, bytes_of(saved)), 0);
    step(fx, KADR_AGGREGATE_START, NULL);
}

static void save_let_go(struct beside *beside, struct kadr_buf *ret_saved)
{
    catch_up(beside->fx);
    tell_history(beside);
    kadr_buf_init(ret_saved, 0);
    assert_int_equal(kadr_aggregate_save(beside->fx->agg, ret_saved), 0);
}

static void checkpoint_and_history(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    save_let_go(beside, &saved);
    restart_from(beside, &saved, true);
    assert_int_equal(kadr_aggregate_status(fx->agg).let_go, DAYS - 1);
    feed(fx, fx->head, fx->head);
    withdraw_newest(fx);
    feed(fx, fx->head, fx->head);
    expect_as_one_that_keeps_all(fx);
    assert_int_equal(kadr_aggregate_status(fx->agg).recalls, 1);
}

static void checkpoint_without_history(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    save_let_go(beside, &saved);
    restart_from(beside, &saved, false);
    assert_non_null(find(fx, NOTE, "checkpoint_discarded"));
    assert_int_equal(decode_to_store(fx, 0).follow.from, 1);
    feed(fx, 1, fx->head);
    expect_as_one_that_keeps_all(fx);
}

/* The history was lost and stands before what the checkpoint let go. */
static void checkpoint_and_a_shorter_history(void **state)
{
    struct beside *beside = *state;
    struct fixture *fx = beside->fx;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    save_let_go(beside, &saved);
    assert_int_equal(kadr_history_wipe(beside->history), 0);
    uint64_t head = fx->head;
    fx->head = 5;
    apply_to_history(beside);
    fx->head = head;
    restart_from(beside, &saved, true);
    feed(fx, fx->head, fx->head);
    withdraw_newest(fx);
    feed(fx, fx->head, fx->head);
    time_passes(fx, KADR_S(1));
    assert_non_null(find(fx, NOTE, "history_missing"));
    feed(fx, 1, fx->head);
    expect_as_one_that_keeps_all(fx);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_beside, tear_down_beside)
    const struct CMUnitTest tests[] = {
        TEST(let_go_and_called_back),
        TEST(only_what_is_durable),
        TEST(nothing_goes_when_the_history_has_failed),
        TEST(history_that_is_gone),
        TEST(checkpoint_and_history),
        TEST(checkpoint_without_history),
        TEST(checkpoint_and_a_shorter_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
