/* SPDX-License-Identifier: Apache-2.0 */
/* The aggregator's state machine, driven by hand: a journal made here, frames handed over, actions recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate_rig.h"

/* ---- the stories ---- */

static void follows_from_the_first_commit(void **state)
{
    struct fixture *fx = *state;
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 1);
    assert_int_equal(request.follow.credit, KADR_MAX_FEED_CREDIT);
    assert_false(request.follow.has_lineage);
}

static void is_silent_until_the_first_head_is_reached(void **state)
{
    struct fixture *fx = *state;
    feed(fx, 1, 2);
    time_passes(fx, KADR_S(2));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    ask(fx, "KZ", "", KADR_DAY_NONE);
    struct kadr_query_reply reply = decode_answer(fx, 0);
    assert_int_equal(reply.kind, KADR_QUERY_REFUSAL);
    assert_int_equal(reply.refusal.diag.diag.code, KADR_DIAG_RETRY_LATER);
    assert_true(reply.refusal.retry_after_ms > 0);

    feed(fx, 3, 3);
    assert_non_null(find(fx, NOTE, "caught_up"));
    time_passes(fx, 0);
    assert_int_equal(count_of(fx, PUBLISHED), 1); /* progress, no delta of what a snapshot shows */
    struct kadr_published progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.position.commit, 3);
    assert_true(progress.progress.digest_count > 0);
}

static void an_idle_system_publishes_at_once_and_deltas_join(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    struct kadr_published first = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(first.delta.from, 3);
    assert_int_equal(first.delta.to.commit, 4);
    assert_non_null(find(fx, PUBLISHED, NEED_NATION));
    forget(fx);

    fx->now_ns += KADR_S(1);
    append_need(fx, "KZ-27", "2023-12-31", 89); /* another region: Karaganda's topic is not touched */
    feed(fx, 5, 5);
    assert_null(find(fx, PUBLISHED, NEED_KARAGANDA));
    struct kadr_published nation = decode_published(fx, find(fx, PUBLISHED, NEED_NATION));
    assert_int_equal(nation.delta.from, 4);
    assert_int_equal(nation.delta.to.commit, 5);
    forget(fx);

    fx->now_ns += KADR_S(1);
    append_need(fx, "KZ-35", "2024-01-31", 20);
    feed(fx, 6, 6);
    struct kadr_published second = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(second.delta.from, 4); /* where its own last delta ended */
    assert_int_equal(second.delta.to.commit, 6);
}

static void a_busy_system_coalesces_within_the_tick(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    forget(fx);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    append_need(fx, "KZ-35", "2024-01-20", 19);
    feed(fx, 5, 5);
    feed(fx, 6, 6);
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    assert_true(kadr_aggregate_deadline_ns(fx->agg) <= fx->now_ns + KADR_MS(100));
    time_passes(fx, KADR_MS(100));
    struct kadr_published delta = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(delta.delta.from, 4);
    assert_int_equal(delta.delta.to.commit, 6);
}

static void progress_names_the_topics_that_changed(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    time_passes(fx, 0);
    forget(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    time_passes(fx, KADR_S(1));
    struct kadr_published progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.previous, 3);
    assert_int_equal(progress.progress.position.commit, 4);
    bool seen = false;
    for (size_t i = 0; i < progress.progress.changed_count; i++) {
        seen |= strcmp(progress.progress.changed[i].unit_path, "KZ/KZ-35/") == 0;
        assert_int_equal(progress.progress.changed[i].commit, 4);
    }
    assert_true(seen);
    forget(fx);
    time_passes(fx, KADR_S(1));
    progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.changed_count, 0);
}

static void what_was_sent_twice_counts_once_and_a_gap_asks_again(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    feed(fx, 2, 3);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
    feed(fx, 5, 5);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 4);
    assert_true(request.follow.has_lineage);
}

static void a_record_that_does_not_chain_ends_the_process(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    fx->journal[3].message.data[0] ^= 1;
    feed(fx, 4, 4);
    assert_non_null(find(fx, FATAL, "journal_untrusted"));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
}

static void a_snapshot_says_where_it_stands_and_counts_its_cells(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    ask(fx, "KZ", "need_declared", KADR_DAY_NONE);
    assert_int_equal(count_of(fx, TO_PEER), 3);
    struct kadr_query_reply begin = decode_answer(fx, 0);
    struct kadr_query_reply cells = decode_answer(fx, 1);
    struct kadr_query_reply end = decode_answer(fx, 2);
    assert_int_equal(begin.kind, KADR_QUERY_BEGIN);
    assert_int_equal(begin.request, 7);
    assert_int_equal(begin.begin.position.commit, 3);
    assert_int_equal(cells.kind, KADR_QUERY_CELLS);
    assert_int_equal(end.kind, KADR_QUERY_END);
    assert_int_equal(end.end.cells, cells.cells.count);
    assert_int_equal(cells.cells.count, 4); /* doctor rural, doctor, rural, all */
    bool found = false;
    for (size_t i = 0; i < cells.cells.count; i++) {
        const struct kadr_wire_cell *cell = &cells.cells.items[i];
        if (cell->breakdown_count == 2) {
            found = true;
            assert_int_equal(cell->cell.lo, 23);
            assert_true(cell->cell.incomplete && cell->cell.hi_open);
            assert_int_equal(cell->cell.known_hi, 23);
            assert_int_equal(cell->cell.reported, 1);
            assert_int_equal(cell->cell.expected, 20);
        }
    }
    assert_true(found);
}

static void a_snapshot_shows_no_more_than_was_published(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    feed(fx, 5, 5); /* within the tick */
    forget(fx);
    ask(fx, "KZ-35", "", KADR_DAY_NONE);
    assert_non_null(find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(decode_answer(fx, 0).begin.position.commit, 5);
}

static void questions_that_cannot_be_answered_are_refused_with_a_code(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    ask(fx, "KZ-99", "", KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 0).refusal.diag.diag.code, KADR_DIAG_UNKNOWN_UNIT);
    ask(fx, "KZ", "happiness", KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 1).refusal.diag.diag.code, KADR_DIAG_UNKNOWN_INDICATOR);
    ask(fx, "KZ", "", kadr_day_from_civil(2030, 1, 1));
    assert_int_equal(decode_answer(fx, 2).refusal.diag.diag.code, KADR_DIAG_PERIOD_IN_FUTURE);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf garbage;
    kadr_buf_init(&garbage, 0);
    kadr_buf_add_str(&garbage, "\xff\xff not protobuf");
    step(fx, KADR_AGGREGATE_QUERY, &garbage);
    assert_int_equal(decode_answer(fx, 3).refusal.diag.diag.code, KADR_DIAG_BAD_FRAME);
    assert_int_equal(kadr_aggregate_status(fx->agg).refused, 4);
}

static void questions_wait_their_turn_and_one_asker_has_a_share(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    for (int i = 0; i < KADR_MAX_PEER_SNAPSHOTS; i++) {
        put_question(fx, "KZ", "need_declared", KADR_DAY_NONE);
    }
    assert_int_equal(count_of(fx, TO_PEER), 0);
    put_question(fx, "KZ", "need_declared", KADR_DAY_NONE);
    struct kadr_query_reply refused = decode_answer(fx, 0);
    assert_int_equal(refused.kind, KADR_QUERY_REFUSAL);
    assert_string_equal(refused.refusal.diag.diag.arg[0], "busy");
    assert_true(refused.refusal.retry_after_ms > 0);
    forget(fx);
    for (int i = 0; i < KADR_MAX_PEER_SNAPSHOTS; i++) {
        assert_int_equal(kadr_aggregate_deadline_ns(fx->agg), 0);
        time_passes(fx, 0);
        assert_int_equal(kadr_aggregate_status(fx->agg).snapshots, i + 1); /* one at a time */
    }
    assert_true(kadr_aggregate_deadline_ns(fx->agg) > fx->now_ns);
}

static void questions_do_not_outlive_what_they_name(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    put_question(fx, "KZ-35", "need_declared", KADR_DAY_NONE);
    append_reference(fx);
    feed(fx, 4, 4);
    struct kadr_query_reply refused = decode_answer(fx, 0);
    assert_int_equal(refused.kind, KADR_QUERY_REFUSAL);
    assert_string_equal(refused.refusal.diag.diag.arg[0], "reference_changed");
    time_passes(fx, 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).snapshots, 0);
}

static void the_past_is_asked_with_a_day(void **state)
{
    struct fixture *fx = *state;
    append_need(fx, "KZ-35", "2023-12-31", 21);
    catch_up(fx);
    ask(fx, "KZ-35", "need_declared", kadr_day_from_civil(2023, 12, 1));
    assert_int_equal(decode_answer(fx, 0).begin.position.day, kadr_day_from_civil(2023, 12, 1));
    struct kadr_query_reply cells = decode_answer(fx, 1);
    bool found = false;
    for (size_t i = 0; i < cells.cells.count; i++) {
        if (cells.cells.items[i].breakdown_count == 2) {
            found = true;
            assert_int_equal(cells.cells.items[i].cell.lo, 23);
        }
    }
    assert_true(found);
}

static void a_peer_that_does_not_read_gets_no_end_mark(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->peer_full = true;
    ask(fx, "KZ", "", KADR_DAY_NONE);
    assert_int_equal(kadr_aggregate_status(fx->agg).snapshots_cut, 1);
}

static void another_lineage_starts_from_nothing(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->lineage.bytes[0] ^= 1;
    feed(fx, 3, 3);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.follow.from, 1);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 0);
    assert_false(kadr_aggregate_status(fx->agg).caught_up);
    feed(fx, 1, 3);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
}

static void silence_of_the_store_shows_and_follows_again(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    time_passes(fx, KADR_S(1));
    assert_true(kadr_aggregate_status(fx->agg).store_up);
    forget(fx);
    time_passes(fx, KADR_S(3));
    assert_false(kadr_aggregate_status(fx->agg).store_up);
    assert_int_equal(decode_to_store(fx, 0).kind, KADR_STORE_FOLLOW);
    assert_int_equal(decode_to_store(fx, 1).kind, KADR_STORE_PING);
}

static void a_restarted_store_is_noticed_by_a_head_without_a_feed(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->now_ns += KADR_S(2);
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    pong.pong = (struct kadr_pong){ .commit = 9, .has_lineage = true, .lineage = fx->lineage, .day = 0 };
    reply_from_store(fx, &pong);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 4);
    assert_int_equal(kadr_aggregate_status(fx->agg).head, 9);
}

static void slices_of_the_feed_do_not_change_the_digest(void **state)
{
    struct fixture *fx = *state;
    for (int i = 0; i < 20; i++) {
        append_need(fx, i % 3 == 0 ? "KZ-35" : "KZ-27", i % 2 == 0 ? "2023-12-31" : "2024-01-15", 20 + i);
    }
    struct fixture *other = NULL;
    void *other_state = NULL;
    set_up(&other_state);
    other = other_state;
    feed(fx, 1, fx->head);
    for (uint64_t commit = 1; commit <= fx->head; commit++) {
        uint64_t head = other->head;
        const struct stored *at = &fx->journal[commit - 1];
        struct kadr_record record = { commit, at->digest, bytes_of(&at->envelope), bytes_of(&at->message) };
        struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
        reply.feed.lineage = fx->lineage;
        reply.feed.head = head;
        reply.feed.records = &record;
        reply.feed.count = 1;
        reply_from_store(other, &reply);
        time_passes(other, KADR_MS(300));
    }
    struct kadr_digest a = kadr_aggregate_digest(fx->agg);
    struct kadr_digest b = kadr_aggregate_digest(other->agg);
    assert_true(kadr_digest_equal(&a, &b));
    static const struct kadr_digest nothing;
    assert_false(kadr_digest_equal(&a, &nothing));
    tear_down(&other_state);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(follows_from_the_first_commit),
        STORY(is_silent_until_the_first_head_is_reached),
        STORY(an_idle_system_publishes_at_once_and_deltas_join),
        STORY(a_busy_system_coalesces_within_the_tick),
        STORY(progress_names_the_topics_that_changed),
        STORY(what_was_sent_twice_counts_once_and_a_gap_asks_again),
        STORY(a_record_that_does_not_chain_ends_the_process),
        STORY(a_snapshot_says_where_it_stands_and_counts_its_cells),
        STORY(a_snapshot_shows_no_more_than_was_published),
        STORY(questions_that_cannot_be_answered_are_refused_with_a_code),
        STORY(questions_wait_their_turn_and_one_asker_has_a_share),
        STORY(questions_do_not_outlive_what_they_name),
        STORY(the_past_is_asked_with_a_day),
        STORY(a_peer_that_does_not_read_gets_no_end_mark),
        STORY(another_lineage_starts_from_nothing),
        STORY(silence_of_the_store_shows_and_follows_again),
        STORY(a_restarted_store_is_noticed_by_a_head_without_a_feed),
        STORY(slices_of_the_feed_do_not_change_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
