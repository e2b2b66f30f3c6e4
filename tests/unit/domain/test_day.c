/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar, walked day by day from 1900 to 2199 beside an ordinary one. */
#include "domain/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"

static int length_of_month(int year, int month)
{
    if (month == 2) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static void every_day_follows_the_one_before(void **state)
{
    (void)state;
    kadr_day day = KADR_DAY_MIN;
    for (int year = 1900; year <= 2199; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int in_month = 1; in_month <= length_of_month(year, month); in_month++, day++) {
                struct kadr_civil civil = kadr_day_to_civil(day);
                if (kadr_day_from_civil(year, month, in_month) != day || civil.year != year ||
                    civil.month != month || civil.day != in_month) {
                    fail_msg("%d-%d-%d is not day %d", year, month, in_month, day);
                }
            }
            assert_int_equal(kadr_day_from_civil(year, month, length_of_month(year, month) + 1),
                             KADR_DAY_NONE);
        }
    }
    assert_int_equal(day - 1, KADR_DAY_MAX);
    assert_int_equal(kadr_day_from_civil(1970, 1, 1), 0);
}

static void refuses_days_outside_the_calendar(void **state)
{
    (void)state;
    static const struct kadr_civil wrong[] = {
        { 1899, 12, 31 }, { 2200, 1, 1 },         { 2023, 0, 1 },          { 2023, 13, 1 }, { 2023, 1, 0 },
        { 2023, 2, 29 },  { 1900, 2, 29 },        { 2023, -1, -1 },        { -2023, 1, 1 }, { 2023, 4, 31 },
        { 0, 0, 0 },      { 2147483647, 12, 31 }, { 2023, 1, 2147483647 },
    };
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        assert_int_equal(kadr_day_from_civil(wrong[i].year, wrong[i].month, wrong[i].day), KADR_DAY_NONE);
    }
}

static void a_day_begins_at_midnight_in_kazakhstan(void **state)
{
    (void)state;
    /* 2023-11-20T00:00:00+05:00 */
    assert_int_equal(kadr_day_begin_ms(kadr_day_from_civil(2023, 11, 20)), INT64_C(1700420400000));
    assert_int_equal(kadr_day_at(INT64_C(1700420400000)), kadr_day_from_civil(2023, 11, 20));
    assert_int_equal(kadr_day_at(INT64_C(1700420399999)), kadr_day_from_civil(2023, 11, 19));
    assert_int_equal(kadr_day_at(0), 0); /* 05:00 of the first day */
    assert_int_equal(kadr_day_at(-KADR_UTC_OFFSET_MS - 1), -1);
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct rng rng = { seed };
        kadr_day day = (kadr_day)rng_between(&rng, KADR_DAY_MIN, KADR_DAY_MAX);
        kadr_ms within = kadr_day_begin_ms(day) + rng_between(&rng, 0, 86399999);
        if (kadr_day_at(within) != day || kadr_day_at(kadr_day_begin_ms(day)) != day) {
            fail_msg("seed %llu: day %d", (unsigned long long)seed, day);
        }
    }
}

static void times_outside_the_calendar_are_no_day(void **state)
{
    (void)state;
    assert_int_equal(kadr_day_at(INT64_MIN), KADR_DAY_NONE);
    assert_int_equal(kadr_day_at(INT64_MAX), KADR_DAY_NONE);
    assert_int_equal(kadr_day_at(kadr_day_begin_ms(KADR_DAY_MIN)), KADR_DAY_MIN);
    assert_int_equal(kadr_day_at(kadr_day_begin_ms(KADR_DAY_MIN) - 1), KADR_DAY_NONE);
    assert_int_equal(kadr_day_at(kadr_day_begin_ms(KADR_DAY_MAX + 1) - 1), KADR_DAY_MAX);
    assert_int_equal(kadr_day_at(kadr_day_begin_ms(KADR_DAY_MAX + 1)), KADR_DAY_NONE);
}

static void what_is_formatted_parses(void **state)
{
    (void)state;
    for (kadr_day day = KADR_DAY_MIN; day <= KADR_DAY_MAX; day++) {
        char text[KADR_DAY_TEXT_BYTES];
        kadr_day back = KADR_DAY_NONE;
        if (kadr_day_parse(kadr_day_format(day, text), &back) || back != day) {
            fail_msg("day %d is written %s and read %d", day, text, back);
        }
    }
    char text[KADR_DAY_TEXT_BYTES];
    assert_string_equal(kadr_day_format(kadr_day_from_civil(2023, 11, 20), text), "2023-11-20");
    assert_string_equal(kadr_day_format(KADR_DAY_NONE, text), "");
}

static void reads_both_notations_and_nothing_else(void **state)
{
    (void)state;
    kadr_day day = 7;
    assert_int_equal(kadr_day_parse("20.11.2023", &day), 0);
    assert_int_equal(day, kadr_day_from_civil(2023, 11, 20));
    static const char *const wrong[] = {
        "",           "2023",       "2023-11",    "2023-11-2",  "2023-11-200", "2023-11-20 ", " 2023-11-20",
        "2023-13-01", "2023-00-10", "2023-02-30", "1899-12-31", "2200-01-01",  "20-11-2023",  "20.11.23",
        "31.02.2023", "2023.11.20", "2023-11-2O", "2023/11/20", "-023-11-20",  "20.11.2023.", "+023-11-20",
    };
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        day = 7;
        if (kadr_day_parse(wrong[i], &day) != KADR_EINVAL || day != 7) {
            fail_msg("'%s' is no day", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(refuses_days_outside_the_calendar),
        cmocka_unit_test(a_day_begins_at_midnight_in_kazakhstan),
        cmocka_unit_test(times_outside_the_calendar_are_no_day),
        cmocka_unit_test(what_is_formatted_parses),
        cmocka_unit_test(reads_both_notations_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
