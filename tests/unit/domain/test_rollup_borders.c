/* SPDX-License-Identifier: Apache-2.0 */
/* The split of June 2022 with districts: as then, and on today's borders. And what lay in a territory that
 * was split, and lies elsewhere now, is counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "domain/rollup_reference.h"

/* Karaganda Region with two of its districts, of which Zhanaarka went to Ulytau with its land; and a region
 * that nothing happened to. */
#define UNITS                                                           \
    UNITS_HEADER "KZ,country,,,,,,KZ,KZ,KZ\n"                           \
                 "KZ-33,region,KZ,,,,,J,J,J\n"                          \
                 "KZ-35,region,KZ,,2022-06-07,KZ-35 KZ-62,,,,\n"        \
                 "KZ-35,region,KZ,2022-06-08,,,,A,A,A\n"                \
                 "KZ-62,region,KZ,2022-06-08,,,,B,B,B\n"                \
                 "354000000,district,KZ-35,,,,,C,C,C\n"                 \
                 "354400000,district,KZ-35,,2022-06-07,354400000,,,,\n" \
                 "354400000,district,KZ-62,2022-06-08,,,,D,D,D\n"

static int open_split(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference(UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    *state = w;
    return 0;
}

/* `UNIT INDICATOR BREAKDOWN [PERIOD]` on today's borders. */
static void today_shows(struct world *w, const char *line, const char *as_of, const char *want)
{
    struct words words;
    struct found found = { .breakdown = 0 };
    char text[CELL_TEXT_BYTES];
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    split(&words, line);
    struct kadr_rollup_query query = { .unit = kadr_unit_find(reference, words.word[0]),
                                       .indicator = kadr_indicator_find(reference, words.word[1]),
                                       .as_of = as_of ? day(as_of) : KADR_DAY_NONE,
                                       .borders_today = true,
                                       .has_period = words.count > 3 };
    if (query.has_period) {
        assert_int_equal(kadr_period_parse(words.word[3], &query.period), 0);
    }
    assert_int_equal(kadr_rollup_query(w->rollup, &query, keep_match, &found), 0);
    assert_int_equal(found.count, 1);
    assert_string_equal(cell_text(&found.cell, text), want);
}

#define BEFORE "2022-03-31"

static void districts_moved_with_their_land(void **state)
{
    say(*state, "354000000 headcount - 2022-03-01 200");
    say(*state, "354400000 headcount - 2022-03-01 100");
    shows_on(*state, "KZ-35 headcount -", BEFORE, "300..300 sum | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    shows_on(*state, "KZ-62 headcount -", BEFORE, "none | 0 0 of 0 stale 0");
    today_shows(*state, "KZ-35 headcount -", BEFORE,
                "200..200 sum | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    today_shows(*state, "KZ-62 headcount -", BEFORE,
                "100..100 sum | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    /* the nation is the same land; Jetisu is missing from both */
    shows_on(*state, "KZ headcount -", BEFORE,
             "300..open known 300 sum incomplete | 1 1 of 2 stale 0 | 2022-03-01 2022-03-01");
    today_shows(*state, "KZ headcount -", BEFORE,
                "300..open known 300 sum incomplete | 2 2 of 3 stale 0 | 2022-03-01 2022-03-01");
}

/* What the old region stated for itself is known of no part of it, and of both together. */
static void a_regions_own_figure_belongs_to_neither_part(void **state)
{
    say(*state, "KZ-35 headcount - 2022-03-01 4000");
    say(*state, "KZ-62 headcount - 2022-12-15 600");
    shows_on(*state, "KZ-35 headcount -", BEFORE,
             "4000..4000 stated | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    today_shows(*state, "KZ-35 headcount -", BEFORE, "none | 0 0 of 1 stale 0 | ?unknown");
    today_shows(*state, "KZ-62 headcount -", BEFORE, "none | 0 0 of 1 stale 0 | ?unknown");
    say(*state, "KZ-33 headcount - 2022-03-01 1000");
    today_shows(*state, "KZ headcount -", BEFORE,
                "5000..5000 sum | 3 3 of 3 stale 0 | 2022-03-01 2022-03-01");
    shows_on(*state, "KZ headcount -", BEFORE, "5000..5000 sum | 2 2 of 2 stale 0 | 2022-03-01 2022-03-01");
}

/* One district reported: the new region is known by it, the rest of the old one is not. */
static void some_districts_reported(void **state)
{
    say(*state, "KZ-35 headcount - 2022-03-01 4000");
    say(*state, "354400000 headcount - 2022-03-01 100");
    say(*state, "KZ-33 headcount - 2022-03-01 1000");
    today_shows(*state, "KZ-62 headcount -", BEFORE,
                "100..100 sum | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    today_shows(*state, "KZ-35 headcount -", BEFORE, "none | 0 0 of 1 stale 0 | ?unknown");
    /* the old region's 4000 hold the 100: both regions are in them, and the 100 are not added */
    today_shows(*state, "KZ headcount -", BEFORE,
                "5000..5000 sum | 3 3 of 3 stale 0 | 2022-03-01 2022-03-01");
}

static void since_the_split_both_are_one(void **state)
{
    say(*state, "354000000 headcount - 2022-03-01 200");
    say(*state, "354400000 headcount - 2022-12-01 100");
    say(*state, "KZ-33 headcount - 2022-12-01 50");
    static const char *const questions[] = { "KZ headcount -", "KZ-35 headcount -", "KZ-33 headcount -",
                                             "354000000 headcount -", "354400000 headcount -" };
    for (size_t i = 0; i < KADR_COUNT(questions); i++) {
        struct kadr_cell cell;
        char text[CELL_TEXT_BYTES];
        assert_true(ask(*state, questions[i], "2022-12-31", &cell));
        today_shows(*state, questions[i], "2022-12-31", cell_text(&cell, text));
    }
    /* a district's own figure of before the move counts on, for its land is the same */
    say(*state, "354400000 headcount - 2022-12-01 ?not_reported");
    say(*state, "354400000 headcount - 2022-04-01 90");
    today_shows(*state, "354400000 headcount -", "2022-12-31",
                "90..90 stated | 1 1 of 1 stale 0 | 2022-04-01 2022-04-01 | ?not_reported");
}

static void flows_go_with_the_land_too(void **state)
{
    say(*state, "354400000 arrivals - 2022-Q1 3");
    say(*state, "354000000 arrivals - 2022-Q1 5");
    say(*state, "KZ-35 arrivals - 2022-Q1 9");
    shows(*state, "KZ-35 arrivals - 2022-Q1",
          "9..9 stated | 1 1 of 1 stale 0 | 2022-03-31 2022-03-31 | 1..1 contradiction");
    today_shows(*state, "KZ-35 arrivals - 2022-Q1", NULL,
                "5..5 sum | 1 1 of 1 stale 0 | 2022-03-31 2022-03-31");
    today_shows(*state, "KZ-62 arrivals - 2022-Q1", NULL,
                "3..3 sum | 1 1 of 1 stale 0 | 2022-03-31 2022-03-31");
    say(*state, "KZ-35 arrivals - 2022-Q2 8");
    today_shows(*state, "KZ-35 arrivals - 2022-Q2", NULL, "none | 0 0 of 1 stale 0 | ?unknown");
}

static void the_live_figures_stay_as_they_were(void **state)
{
    size_t count;
    struct world *w = *state;
    say(w, "354400000 headcount - 2022-03-01 100");
    say(w, "KZ-35 arrivals - 2022-Q2 8");
    say(w, "KZ-62 arrivals - 2022-Q2 8");
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    struct kadr_digest before = kadr_rollup_digest(w->rollup);
    today_shows(w, "KZ-62 headcount -", BEFORE, "100..100 sum | 1 1 of 1 stale 0 | 2022-03-01 2022-03-01");
    today_shows(w, "KZ-35 arrivals - 2022-Q2", NULL, "none | 0 0 of 1 stale 0 | ?unknown");
    shows(w, "KZ-35 arrivals - 2022-Q2", "8..8 stated | 1 1 of 1 stale 0 | 2022-06-30 2022-06-30");
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    assert_int_equal(count, 0);
    struct kadr_digest after = kadr_rollup_digest(w->rollup);
    assert_true(kadr_digest_equal(&before, &after));
}

/* ---- what lies elsewhere now ---- */

#define DISTRICTS    \
    CATALOGUE_HEADER \
    "headcount,stock,person,1,last,sum,district,,,400,1825,calendar,,,no,H,H,H\n"

/* A district of the old region went to a third one later: its figure is in that one's, and the old region's
 * figure, which holds it as well, does not stand any more. */
static void what_left_the_heirs_is_counted_once(void **state)
{
    (void)state; /* a reference of its own */
    struct world w;
    world_open(&w,
               load_reference(UNITS "352000000,district,KZ-35,,2022-12-31,352000000,,,,\n"
                                    "352000000,district,KZ-33,2023-01-01,,,,E,E,E\n"
                                    "353000000,district,KZ-35,,2022-06-07,,,,,\n"
                                    "353000000,district,KZ-62,2022-06-08,,,,F,F,F\n",
                              DISTRICTS, EXAMPLE_MEMBERS),
               "2022-12-31");
    say(&w, "352000000 headcount - 2022-05-01 10");
    say(&w, "353000000 headcount - 2022-05-01 12");
    shows(&w, "KZ headcount -",
          "22..open known 22 sum incomplete | 2 2 of 4 stale 2 | 2022-05-01 2022-05-01");
    assert_int_equal(kadr_rollup_day(w.rollup, day("2023-02-01"), ++w.commit), 0);
    shows(&w, "KZ-33 headcount -", "10..10 sum | 1 1 of 1 stale 1 | 2022-05-01 2022-05-01");
    shows(&w, "KZ headcount -",
          "10..open known 10 sum incomplete | 1 1 of 4 stale 1 | 2022-05-01 2022-05-01");
    world_close(&w);
}

/* A district that was closed since speaks for nobody: never more reported than expected. */
static void what_closed_since_is_no_reporter(void **state)
{
    (void)state; /* a reference of its own */
    struct world w;
    world_open(&w,
               load_reference(UNITS "351000000,district,KZ-35,,2022-09-30,,,G,G,G\n"
                                    "352000000,district,KZ-35,,2022-10-31,,,E,E,E\n"
                                    "353000000,district,KZ-35,,2022-06-07,,,,,\n"
                                    "353000000,district,KZ-62,2022-06-08,,,,F,F,F\n",
                              DISTRICTS, EXAMPLE_MEMBERS),
               "2023-02-01");
    say(&w, "351000000 headcount - 2022-05-01 7");
    say(&w, "352000000 headcount - 2022-05-01 10");
    say(&w, "353000000 headcount - 2022-05-01 12");
    say(&w, "354000000 headcount - 2022-05-01 30");
    shows(&w, "KZ headcount -",
          "59..open known 59 sum incomplete | 2 2 of 3 stale 2 | 2022-05-01 2022-05-01");
    world_close(&w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_split, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(districts_moved_with_their_land),
        CASE(a_regions_own_figure_belongs_to_neither_part),
        CASE(some_districts_reported),
        CASE(since_the_split_both_are_one),
        CASE(flows_go_with_the_land_too),
        CASE(the_live_figures_stay_as_they_were),
        cmocka_unit_test(what_left_the_heirs_is_counted_once),
        cmocka_unit_test(what_closed_since_is_no_reporter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
