/* SPDX-License-Identifier: Apache-2.0 */
/* Units and direction of the two clocks. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void monotonic_counts_nanoseconds_forward(void **state)
{
    (void)state;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    kadr_ns last = kadr_clock_monotonic_ns();
    assert_true(last >= (kadr_ns)before.tv_sec * 1000000000 + before.tv_nsec);
    for (int i = 0; i < 1000; i++) {
        kadr_ns now = kadr_clock_monotonic_ns();
        assert_true(now >= last);
        last = now;
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(last <= (kadr_ns)after.tv_sec * 1000000000 + after.tv_nsec);
}

static void wall_is_unix_time_in_milliseconds(void **state)
{
    (void)state;
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    kadr_ms now = kadr_clock_wall_ms();
    clock_gettime(CLOCK_REALTIME, &after);
    assert_true(now >= (kadr_ms)before.tv_sec * 1000 + before.tv_nsec / 1000000);
    assert_true(now <= (kadr_ms)after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

static void units_convert(void **state)
{
    (void)state;
    assert_int_equal(KADR_MS(250), 250000000);
    assert_int_equal(KADR_S(86400), INT64_C(86400000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_counts_nanoseconds_forward),
        cmocka_unit_test(wall_is_unix_time_in_milliseconds),
        cmocka_unit_test(units_convert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
