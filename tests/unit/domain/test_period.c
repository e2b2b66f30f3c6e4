/* SPDX-License-Identifier: Apache-2.0 */
/* Periods: every form there is, canonical text, kinds, the calendar period around a day. */
#include "domain/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"

static kadr_day day_of(const char *text)
{
    kadr_day day = KADR_DAY_NONE;
    assert_int_equal(kadr_day_parse(text, &day), 0);
    return day;
}

static void reads_and_writes_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *last, *canonical;
        enum kadr_period_kind kind;
    } cases[] = {
        { "2023-11-20", "2023-11-20", "2023-11-20", "2023-11-20", KADR_PERIOD_DAY },
        { "20.11.2023", "2023-11-20", "2023-11-20", "2023-11-20", KADR_PERIOD_DAY },
        { "2023-11-20/20.11.2023", "2023-11-20", "2023-11-20", "2023-11-20", KADR_PERIOD_DAY },
        { "2023-11", "2023-11-01", "2023-11-30", "2023-11", KADR_PERIOD_MONTH },
        { "2024-02", "2024-02-01", "2024-02-29", "2024-02", KADR_PERIOD_MONTH },
        { "2023-12", "2023-12-01", "2023-12-31", "2023-12", KADR_PERIOD_MONTH },
        { "2023-11-01/2023-11-30", "2023-11-01", "2023-11-30", "2023-11", KADR_PERIOD_MONTH },
        { "2023-Q1", "2023-01-01", "2023-03-31", "2023-Q1", KADR_PERIOD_QUARTER },
        { "2023-Q4", "2023-10-01", "2023-12-31", "2023-Q4", KADR_PERIOD_QUARTER },
        { "2023-10/2023-12", "2023-10-01", "2023-12-31", "2023-Q4", KADR_PERIOD_QUARTER },
        { "2023-H1", "2023-01-01", "2023-06-30", "2023-H1", KADR_PERIOD_HALF },
        { "2023-Q3/2023-Q4", "2023-07-01", "2023-12-31", "2023-H2", KADR_PERIOD_HALF },
        { "2023", "2023-01-01", "2023-12-31", "2023", KADR_PERIOD_YEAR },
        { "2023-01/2023-12", "2023-01-01", "2023-12-31", "2023", KADR_PERIOD_YEAR },
        { "2023-09/2024-08", "2023-09-01", "2024-08-31", "2023-09/2024-08", KADR_PERIOD_ACADEMIC },
        { "2023-11-06/2023-11-10", "2023-11-06", "2023-11-10", "2023-11-06/2023-11-10",
          KADR_PERIOD_IRREGULAR },
        { "06.11.2023/10.11.2023", "2023-11-06", "2023-11-10", "2023-11-06/2023-11-10",
          KADR_PERIOD_IRREGULAR },
        { "2023-01/2023-07", "2023-01-01", "2023-07-31", "2023-01/2023-07", KADR_PERIOD_IRREGULAR },
        { "2023/2023-07", "2023-01-01", "2023-07-31", "2023-01/2023-07", KADR_PERIOD_IRREGULAR },
        { "2022/2023", "2022-01-01", "2023-12-31", "2022/2023", KADR_PERIOD_IRREGULAR },
        { "2023-07/2024-06", "2023-07-01", "2024-06-30", "2023-07/2024-06", KADR_PERIOD_IRREGULAR },
        { "2023-02/2023-04", "2023-02-01", "2023-04-30", "2023-02/2023-04", KADR_PERIOD_IRREGULAR },
        { "2023-01-01/2023-01-30", "2023-01-01", "2023-01-30", "2023-01-01/2023-01-30",
          KADR_PERIOD_IRREGULAR },
        { "1900/2199", "1900-01-01", "2199-12-31", "1900/2199", KADR_PERIOD_IRREGULAR },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_period period, expected = { day_of(cases[i].first), day_of(cases[i].last) };
        char text[KADR_PERIOD_TEXT_BYTES];
        assert_int_equal(kadr_period_parse(cases[i].text, &period), 0);
        assert_true(kadr_period_equal(period, expected));
        assert_string_equal(kadr_period_format(period, text), cases[i].canonical);
        assert_int_equal(kadr_period_kind(period), cases[i].kind);
    }
}

static void refuses_everything_else(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2",
        "202",
        "20233",
        "2023-",
        "2023-1",
        "2023-00",
        "2023-13",
        "2023-Q0",
        "2023-Q5",
        "2023-H0",
        "2023-H3",
        "2023-q1",
        "2023-Q",
        "2023-Q12",
        "2023Q1",
        "2023-W01",
        "2023-02-29",
        "1899",
        "2200",
        "2200-01",
        "/",
        "2023/",
        "/2023",
        "2024/2023",
        "2023-06/2023-05",
        "2023/2024/2025",
        "2023-11-10/2023-11-09",
        " 2023",
        "2023 ",
        "2023 /2024",
        "2023–2024",
        "0000",
        "-2023",
        "2023_11",
        "2023.11",
        "+023",
        "2023-+1",
        "2023-11-20-2023-11-21/2024",
    };
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        struct kadr_period period = { 7, 8 };
        if (kadr_period_parse(wrong[i], &period) != KADR_EINVAL || period.first != 7 || period.last != 8) {
            fail_msg("'%s' is no period", wrong[i]);
        }
    }
}

/* Of days, of whole months or of whole years: every branch of the canonical text. */
static struct kadr_period random_period(struct rng *rng)
{
    kadr_day a = (kadr_day)rng_between(rng, KADR_DAY_MIN, KADR_DAY_MAX);
    kadr_day span = (kadr_day)rng_between(rng, 0, rng_below(rng, 2) ? 1200 : 40);
    kadr_day b = a < KADR_DAY_MAX - span ? a + span : KADR_DAY_MAX;
    switch (rng_below(rng, 3)) {
    case 0:
        a = kadr_period_around(a, KADR_PERIOD_MONTH).first;
        b = kadr_period_around(b, KADR_PERIOD_MONTH).last;
        break;
    case 1:
        a = kadr_period_around(a, KADR_PERIOD_YEAR).first;
        b = kadr_period_around(b, KADR_PERIOD_YEAR).last;
        break;
    default:
        break;
    }
    return (struct kadr_period){ a, b };
}

static void what_is_formatted_parses(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50000; seed++) {
        struct rng rng = { seed };
        struct kadr_period period = random_period(&rng), back = { 0, 0 };
        char text[KADR_PERIOD_TEXT_BYTES], again[KADR_PERIOD_TEXT_BYTES];
        kadr_period_format(period, text);
        if (kadr_period_parse(text, &back) || !kadr_period_equal(period, back) ||
            strcmp(text, kadr_period_format(back, again)) != 0) {
            fail_msg("seed %llu: %d…%d is written %s", (unsigned long long)seed, period.first, period.last,
                     text);
        }
    }
}

/* The periods of a kind lie side by side without a gap, contain their days and are recognised. */
static void calendar_periods_tile_the_calendar(void **state)
{
    (void)state;
    for (enum kadr_period_kind kind = KADR_PERIOD_DAY; kind < KADR_PERIOD_IRREGULAR; kind++) {
        struct kadr_period period = kadr_period_around(KADR_DAY_MIN, kind);
        assert_int_equal(period.first, KADR_DAY_MIN);
        for (kadr_day day = KADR_DAY_MIN; day <= KADR_DAY_MAX; day++) {
            struct kadr_period around = kadr_period_around(day, kind);
            if (day > period.last) {
                assert_int_equal(around.first, period.last + 1);
                period = around;
            }
            bool cut = period.first == KADR_DAY_MIN || period.last == KADR_DAY_MAX;
            if (!kadr_period_equal(around, period) || (!cut && kadr_period_kind(period) != kind)) {
                fail_msg("kind %d, day %d: %d…%d", (int)kind, day, around.first, around.last);
            }
        }
        assert_int_equal(period.last, KADR_DAY_MAX);
    }
}

static void the_academic_year_begins_in_september(void **state)
{
    (void)state;
    struct kadr_period expected = { day_of("2023-09-01"), day_of("2024-08-31") };
    const char *const inside[] = { "2023-09-01", "2023-12-31", "2024-01-01", "2024-08-31" };
    for (size_t i = 0; i < KADR_COUNT(inside); i++) {
        struct kadr_period period = kadr_period_around(day_of(inside[i]), KADR_PERIOD_ACADEMIC);
        assert_true(kadr_period_equal(period, expected));
    }
}

static void knows_inside_from_beside(void **state)
{
    (void)state;
    struct kadr_period year = { 0, 364 }, inner = { 10, 20 }, across = { 360, 400 }, beside = { 365, 400 };
    assert_true(kadr_period_contains(year, year));
    assert_true(kadr_period_contains(year, inner));
    assert_false(kadr_period_contains(inner, year));
    assert_false(kadr_period_contains(year, across));
    assert_true(kadr_period_overlaps(year, across) && kadr_period_overlaps(across, year));
    assert_false(kadr_period_overlaps(year, beside) || kadr_period_overlaps(beside, year));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_every_form),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(what_is_formatted_parses),
        cmocka_unit_test(calendar_periods_tile_the_calendar),
        cmocka_unit_test(the_academic_year_begins_in_september),
        cmocka_unit_test(knows_inside_from_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
