/* SPDX-License-Identifier: Apache-2.0 */
/* The line of questions about the past: who is next, who waits for the history, who is sent away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/past_line.h"

static const struct kadr_peer anna = { { 1 }, 1 }, boris = { { 2 }, 1 };

static int add(struct kadr_past_line *line, struct kadr_peer peer, uint64_t needs, kadr_ns asked_ns)
{
    const struct kadr_past_waiting question = { .peer = peer, .needs = needs, .asked_ns = asked_ns };
    uint8_t byte = (uint8_t)needs;
    return kadr_past_line_add(line, &question, (struct kadr_bytes){ &byte, 1 });
}

static void expect_next(struct kadr_past_line *line, uint64_t reached, kadr_ns now_ns, uint64_t needs)
{
    const struct kadr_past_waiting *next = kadr_past_line_take(line, reached, now_ns);
    assert_non_null(next);
    assert_int_equal(next->needs, needs);
    assert_int_equal(next->len, 1);
    assert_int_equal(next->frame[0], (uint8_t)needs);
    kadr_past_line_drop(line);
}

static void first_come_first_served(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(add(&line, anna, i, 0), 0);
    }
    for (uint64_t i = 1; i <= 3; i++) {
        expect_next(&line, 9, 0, i);
    }
    assert_null(kadr_past_line_take(&line, 9, 0));
    assert_int_equal(line.bytes, 0);
}

static void one_that_waits_for_the_history_lets_others_pass(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    assert_int_equal(add(&line, anna, 10, 0), 0);
    assert_int_equal(add(&line, boris, 5, 0), 0);
    expect_next(&line, 9, 0, 5);
    assert_null(kadr_past_line_take(&line, 9, 0));
    expect_next(&line, 10, 0, 10);
    kadr_past_line_done(&line);
}

static void nobody_waits_for_ever(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    assert_int_equal(add(&line, anna, 10, KADR_S(100)), 0);
    kadr_ns due_ns = kadr_past_line_due_ns(&line);
    assert_int_equal(due_ns, KADR_S(100 + KADR_MAX_PAST_WAIT_S));
    assert_null(kadr_past_line_take(&line, 9, due_ns - 1));
    expect_next(&line, 9, due_ns, 10);
}

static void one_at_a_time(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    assert_int_equal(add(&line, anna, 1, 0), 0);
    assert_int_equal(add(&line, anna, 2, 0), 0);
    assert_non_null(kadr_past_line_take(&line, 9, 0));
    assert_null(kadr_past_line_take(&line, 9, 0));
    kadr_past_line_drop(&line);
    expect_next(&line, 9, 0, 2);
}

static void an_asker_has_a_share(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    for (size_t i = 0; i < KADR_MAX_PEER_PAST_QUESTIONS; i++) {
        assert_int_equal(add(&line, anna, i, 0), 0);
    }
    assert_int_equal(add(&line, anna, 0, 0), KADR_EFULL);
    assert_int_equal(add(&line, boris, 0, 0), 0);
    assert_non_null(kadr_past_line_take(&line, 99, 0));
    assert_int_equal(add(&line, anna, 0, 0), KADR_EFULL); /* the one being answered is hers, too */
    kadr_past_line_drop(&line);
    assert_int_equal(add(&line, anna, 0, 0), 0);
    kadr_past_line_done(&line);
}

static void the_line_is_bounded(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    for (size_t i = 0; i < KADR_MAX_PAST_QUESTIONS; i++) {
        struct kadr_peer peer = { { (uint8_t)i, (uint8_t)(i / 2) }, 2 };
        assert_int_equal(add(&line, peer, 1, 0), 0);
    }
    assert_int_equal(add(&line, anna, 1, 0), KADR_EFULL);
    kadr_past_line_done(&line);
    assert_int_equal(line.count, 0);
}

static void so_are_its_bytes(void **state)
{
    (void)state;
    struct kadr_past_line line = { .count = 0 };
    const struct kadr_past_waiting question = { .peer = anna };
    size_t half = KADR_MAX_PAST_QUESTION_BYTES / 2;
    uint8_t *bytes = calloc(1, half);
    assert_non_null(bytes);
    assert_int_equal(kadr_past_line_add(&line, &question, (struct kadr_bytes){ bytes, half }), 0);
    assert_int_equal(kadr_past_line_add(&line, &question, (struct kadr_bytes){ bytes, half }), 0);
    assert_int_equal(kadr_past_line_add(&line, &question, (struct kadr_bytes){ bytes, 1 }), KADR_EFULL);
    assert_non_null(kadr_past_line_take(&line, 0, 0));
    assert_int_equal(kadr_past_line_add(&line, &question, (struct kadr_bytes){ bytes, 1 }), 0);
    kadr_past_line_done(&line);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(one_that_waits_for_the_history_lets_others_pass),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(an_asker_has_a_share),
        cmocka_unit_test(the_line_is_bounded),
        cmocka_unit_test(so_are_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
