/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/instant.h"

static void a_number_is_a_commit(void **state)
{
    (void)state;
    struct kadr_instant instant;
    assert_int_equal(kadr_instant_parse("1042", &instant), 0);
    assert_int_equal(instant.kind, KADR_INSTANT_COMMIT);
    assert_int_equal(instant.commit, 1042);
    assert_int_equal(kadr_instant_parse("0", &instant), 0);
    assert_int_equal(instant.commit, 0);
}

static void expect_ms(const char *text, kadr_ms ms)
{
    struct kadr_instant instant;
    assert_int_equal(kadr_instant_parse(text, &instant), 0);
    assert_int_equal(instant.kind, KADR_INSTANT_TIME);
    if (instant.at_ms != ms) {
        fail_msg("%s: %lld, not %lld", text, (long long)instant.at_ms, (long long)ms);
    }
}

/* 1706727600000 is 2024-02-01T00:00+05:00. */
#define BEGIN INT64_C(1706727600000)
#define HOUR  INT64_C(3600000)

static void a_time_is_the_end_of_what_it_names(void **state)
{
    (void)state;
    assert_int_equal(kadr_day_begin_ms(kadr_day_from_civil(2024, 2, 1)), BEGIN);
    expect_ms("2024-02-01", BEGIN + 24 * HOUR - 1);
    expect_ms("01.02.2024", BEGIN + 24 * HOUR - 1);
    expect_ms("2024-02-01T10:00", BEGIN + 10 * HOUR + 60000 - 1);
    expect_ms("2024-02-01 10:00", BEGIN + 10 * HOUR + 60000 - 1);
    expect_ms("2024-02-01T10:00:30", BEGIN + 10 * HOUR + 31000 - 1);
    expect_ms("2024-02-01T10:00+05:00", BEGIN + 10 * HOUR + 60000 - 1);
    expect_ms("2024-02-01T05:00Z", BEGIN + 10 * HOUR + 60000 - 1);
    expect_ms("2024-02-01T08:00+03", BEGIN + 10 * HOUR + 60000 - 1);
    expect_ms("2024-02-01T01:30:00-0330", BEGIN + 10 * HOUR + 1000 - 1);
}

static void nothing_else_is_a_moment(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "-1",
        "12a",
        "99999999999999999999",

        "2024-02",
        "2024-02-30",
        "2024-02-01T",
        "2024-02-01T10",
        "2024-02-01T24:00",
        "2024-02-01T10:60",
        "2024-02-01T10:00:60",
        "2024-02-01T10:00x",
        "2024-02-01T10:00+",
        "2024-02-01T10:00+25:00",
        "2024-02-01T10:00+05:",
        "2024-02-01T10:00Z ",
        "2024-02-01x10:00",
        " 2024-02-01",
    };
    struct kadr_instant instant;
    for (size_t i = 0; i < KADR_COUNT(texts); i++) {
        if (kadr_instant_parse(texts[i], &instant) != KADR_EINVAL) {
            fail_msg("taken: '%s'", texts[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_a_commit),
        cmocka_unit_test(a_time_is_the_end_of_what_it_names),
        cmocka_unit_test(nothing_else_is_a_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
