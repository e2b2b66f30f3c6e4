/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: order of priorities under a flood, fairness among sockets, timers, signals. */
#include "edge/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/wait.h"

struct ticker {
    struct kadr_watch *watch;
    uint64_t turns;
};

/* A pump that never runs dry. */
static void flood(void *context)
{
    struct ticker *ticker = context;
    ticker->turns++;
    kadr_watch_again(ticker->watch);
}

static void count(void *context)
{
    ++*(int *)context;
}

static bool is_set(const void *context)
{
    return *(const int *)context > 0;
}

struct fixture {
    struct kadr_loop *loop;
    int pipe[2];
};

static int setup(void **state)
{
    static struct fixture fixture;
    assert_int_equal(kadr_loop_new(&fixture.loop), 0);
    assert_int_equal(pipe(fixture.pipe), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kadr_loop_free(f->loop);
    close(f->pipe[0]);
    close(f->pipe[1]);
    return 0;
}

static void test_flood_starves_neither_timer_nor_signal(void **state)
{
    struct fixture *f = *state;
    struct ticker ticker = { 0 };
    int fired = 0, signalled = 0;
    struct kadr_timer *timer = NULL;
    assert_int_equal(kadr_watch_new(f->loop, f->pipe[0], flood, &ticker, &ticker.watch), 0);
    assert_int_equal(kadr_timer_new(f->loop, count, &fired, &timer), 0);
    assert_int_equal(kadr_loop_on_signal(f->loop, SIGUSR1, count, &signalled), 0);
    kadr_watch_again(ticker.watch);
    kadr_timer_set(timer, KADR_MS(20));
    assert_true(wait_until(f->loop, is_set, &fired, KADR_S(10)));
    assert_int_equal(raise(SIGUSR1), 0);
    assert_true(wait_until(f->loop, is_set, &signalled, KADR_S(10)));
    assert_true(ticker.turns > 100);
    kadr_timer_free(timer);
    kadr_watch_free(ticker.watch);
}

static void test_floods_take_turns(void **state)
{
    struct fixture *f = *state;
    struct ticker a = { 0 }, b = { 0 };
    int fired = 0;
    struct kadr_timer *timer = NULL;
    assert_int_equal(kadr_watch_new(f->loop, f->pipe[0], flood, &a, &a.watch), 0);
    assert_int_equal(kadr_watch_new(f->loop, f->pipe[1], flood, &b, &b.watch), 0);
    assert_int_equal(kadr_timer_new(f->loop, count, &fired, &timer), 0);
    kadr_watch_again(a.watch);
    kadr_watch_again(b.watch);
    kadr_timer_set(timer, KADR_MS(20));
    assert_true(wait_until(f->loop, is_set, &fired, KADR_S(10)));
    uint64_t difference = a.turns > b.turns ? a.turns - b.turns : b.turns - a.turns;
    assert_true(a.turns > 10);
    assert_true(difference <= 1);
    kadr_timer_free(timer);
    kadr_watch_free(a.watch);
    kadr_watch_free(b.watch);
}

/* A flood does not keep another descriptor from being seen. */
static void test_flood_does_not_hide_a_readable_descriptor(void **state)
{
    struct fixture *f = *state;
    struct ticker ticker = { 0 };
    int readable = 0, other[2];
    struct kadr_watch *watch = NULL;
    assert_int_equal(pipe(other), 0);
    assert_int_equal(kadr_watch_new(f->loop, f->pipe[0], flood, &ticker, &ticker.watch), 0);
    assert_int_equal(kadr_watch_new(f->loop, other[0], count, &readable, &watch), 0);
    kadr_watch_again(ticker.watch);
    assert_int_equal(write(other[1], "x", 1), 1);
    assert_true(wait_until(f->loop, is_set, &readable, KADR_S(10)));
    kadr_watch_free(watch);
    kadr_watch_free(ticker.watch);
    close(other[0]);
    close(other[1]);
}

static void test_watch_is_level_triggered(void **state)
{
    struct fixture *f = *state;
    int calls = 0;
    struct kadr_watch *watch = NULL;
    assert_int_equal(kadr_watch_new(f->loop, f->pipe[0], count, &calls, &watch), 0);
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_true(wait_until(f->loop, is_set, &calls, KADR_S(10)));
    calls = 0; /* the byte is still there */
    assert_true(wait_until(f->loop, is_set, &calls, KADR_S(10)));
    kadr_watch_free(watch);
}

struct stopwatch {
    struct kadr_loop *loop;
    kadr_ns fired_ns;
    int times;
};

static void note_time(void *context)
{
    struct stopwatch *watch = context;
    watch->fired_ns = kadr_clock_monotonic_ns();
    watch->times++;
    kadr_loop_stop(watch->loop);
}

static void test_timer_set_again_replaces(void **state)
{
    struct fixture *f = *state;
    struct stopwatch watch = { .loop = f->loop };
    struct kadr_timer *timer = NULL;
    assert_int_equal(kadr_timer_new(f->loop, note_time, &watch, &timer), 0);
    kadr_timer_set(timer, KADR_S(3600));
    kadr_timer_set(timer, 0);
    assert_int_equal(kadr_loop_run(f->loop), 0);
    assert_int_equal(watch.times, 1);
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    kadr_timer_set(timer, 0);
    kadr_timer_set(timer, KADR_MS(30));
    assert_int_equal(kadr_loop_run(f->loop), 0);
    assert_int_equal(watch.times, 2);
    /* libevent's coarse clock may lag by one tick of the kernel's */
    assert_true(watch.fired_ns - began_ns >= KADR_MS(30) - KADR_MS(10));
    kadr_timer_free(timer);
}

static void test_cancelled_timer_does_not_fire(void **state)
{
    struct fixture *f = *state;
    struct stopwatch cancelled = { .loop = f->loop }, last = { .loop = f->loop };
    struct kadr_timer *a = NULL, *b = NULL;
    assert_int_equal(kadr_timer_new(f->loop, note_time, &cancelled, &a), 0);
    assert_int_equal(kadr_timer_new(f->loop, note_time, &last, &b), 0);
    kadr_timer_set(a, KADR_MS(1));
    kadr_timer_set(b, KADR_MS(20));
    kadr_timer_cancel(a);
    assert_int_equal(kadr_loop_run(f->loop), 0);
    assert_int_equal(cancelled.times, 0);
    assert_int_equal(last.times, 1);
    kadr_timer_free(a);
    kadr_timer_free(b);
}

static void test_stop_before_run_counts(void **state)
{
    struct fixture *f = *state;
    kadr_loop_stop(f->loop);
    assert_int_equal(kadr_loop_run(f->loop), 0); /* returns at once; without the memory of it: for ever */
}

static void test_sigpipe_is_an_error_code(void **state)
{
    struct fixture *f = *state;
    int broken[2];
    (void)f;
    assert_int_equal(pipe(broken), 0);
    close(broken[0]);
    assert_int_equal(write(broken[1], "x", 1), -1);
    close(broken[1]);
}

int main(void)
{
    (void)alarm(50); /* what hangs, fails */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flood_starves_neither_timer_nor_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_floods_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood_does_not_hide_a_readable_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_is_level_triggered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_set_again_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancelled_timer_does_not_fire, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_before_run_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sigpipe_is_an_error_code, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
