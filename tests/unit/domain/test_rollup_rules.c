/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of docs/rollup.md that the worked examples leave open: in force, missing, ageing, tilings, the live
 * window, space, changes of borders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#define TODAY "2024-02-01"

/* ---- in force ------------------------------------------------------------------------------------------ */

static void a_late_november_does_not_undo_december(void **state)
{
    struct world *w = *state;
    say_at(w, 9000, "KZ-33 headcount - 2023-12-31 200");
    say_at(w, 5000, "KZ-33 headcount - 2023-12-31 100");
    shows(w, "KZ-33 headcount -", "200..200 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 1);
}

static void at_one_time_the_later_commit_wins(void **state)
{
    struct world *w = *state;
    say_at(w, 5000, "KZ-33 headcount - 2023-12-31 100");
    say_at(w, 5000, "KZ-33 headcount - 2023-12-31 90");
    shows(w, "KZ-33 headcount -", "90..90 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

static void a_confirmation_is_no_change(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-12-31 100");
    settle(w);
    say(w, "KZ-33 headcount - 2023-12-31 100");
    assert_string_equal(change_at(w, "KZ-33"), "none");
    say(w, "KZ-33 headcount - 2023-12-31 100");
    say(w, "KZ-35 headcount - 2023-12-31 7");
    assert_string_equal(change_at(w, "KZ"), "completed"); /* and not corrected */
}

static void a_withdrawal_stays(void **state)
{
    struct world *w = *state;
    say_at(w, 3000, "KZ-33 headcount - 2023-11-30 80");
    say_at(w, 5000, "KZ-33 headcount - 2023-12-31 100");
    say_at(w, 9000, "KZ-33 headcount - 2023-12-31 withdrawn");
    say_at(w, 7000, "KZ-33 headcount - 2023-12-31 101"); /* stated before the withdrawal */
    shows(w, "KZ-33 headcount -", "80..80 stated | 1 1 of 1 stale 0 | 2023-11-30 2023-11-30");
    say_at(w, 9500, "KZ-33 headcount - 2023-11-30 withdrawn");
    shows(w, "KZ-33 headcount -", "none | 0 0 of 1 stale 0");
}

/* On an earlier day that is asked about it had not begun to happen; but it had been planned. */
static void as_of_a_day_shows_nothing_that_begins_after_it(void **state)
{
    struct world *w = *state;
    struct kadr_cell cell;
    say(w, "KZ-33 trainings - 2023-11 5");
    say(w, "KZ-33 teams - 2023-11-06/2023-11-10 7");
    say(w, "KZ-33 target - 2023-12 9");
    assert_false(ask(w, "KZ-33 trainings - 2023-11", "2023-10-31", &cell));
    assert_false(ask(w, "KZ-33 teams - 2023-11", "2023-10-31", &cell));
    assert_false(ask(w, "KZ teams - 2023-11-06/2023-11-10", "2023-11-05", &cell));
    assert_true(ask(w, "KZ-33 target - 2023-12", "2023-10-31", &cell));
    assert_true(ask(w, "KZ-33 trainings - 2023-11", "2023-11-01", &cell));
    assert_true(ask(w, "KZ teams - 2023-11-06/2023-11-10", "2023-11-06", &cell));
    assert_true(ask(w, "KZ-33 trainings - 2023", "2023-10-31", &cell)); /* the year had begun */
}

/* Announced for next month, it is among today's cells. */
static void today_shows_what_is_announced(void **state)
{
    struct world *w = *state;
    struct kadr_cell cell;
    say(w, "KZ-33 teams - 2024-03-01/2024-03-05 7");
    assert_true(ask(w, "KZ-33 teams - 2024-03", NULL, &cell));
    assert_true(ask(w, "KZ-33 teams - 2024-03", TODAY, &cell));
}

/* ---- missing, not applicable, withheld ----------------------------------------------------------------- */

static void withheld_ends_the_walk(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-11-30 80");
    say(w, "KZ-33 headcount - 2023-12-31 ?withheld");
    shows(w, "KZ-33 headcount -", "none | 0 0 of 1 stale 0 | ?withheld");
    say(w, "KZ-33 headcount - 2024-01-01 ?unknown");
    shows(w, "KZ-33 headcount -", "none | 0 0 of 1 stale 0 | ?withheld");
}

static void not_applicable_is_not_owed(void **state)
{
    struct world *w = *state;
    char line[128];
    for (size_t i = 0; i < 19; i++) {
        snprintf(line, sizeof(line), "%s headcount - 2024-01-01 10", all_regions[i]);
        say(w, line);
    }
    say(w, "KZ-79 headcount - 2024-01-01 ?not_applicable");
    shows(w, "KZ headcount -", "190..190 sum | 19 19 of 19 stale 0 | 2024-01-01 2024-01-01");
    shows(w, "KZ-79 headcount -", "none | 0 0 of 0 stale 0 | ?not_applicable");
}

static void a_whole_without_applicable_parts_is_not_applicable(void **state)
{
    struct world *w = *state;
    say(w, "KZ-79 headcount cadre=doctor,settlement=rural 2024-01-01 ?not_applicable");
    say(w, "KZ-79 headcount cadre=midlevel,settlement=rural 2024-01-01 ?not_applicable");
    shows(w, "KZ-79 headcount settlement=rural", "none | 0 0 of 1 stale 0");
    say(w, "KZ-79 headcount cadre=nurse_higher,settlement=rural 2024-01-01 ?not_applicable");
    shows(w, "KZ-79 headcount settlement=rural", "none | 0 0 of 0 stale 0 | ?not_applicable");
    say(w, "KZ-79 headcount settlement=urban 2024-01-01 40");
    shows(w, "KZ-79 headcount -", "40..40 sum | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
}

/* ---- ageing -------------------------------------------------------------------------------------------- */

static void stale_then_expired_to_the_day(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 need - 2023-11-20 23"); /* stale after 200 days, expires after 1825 */
    next_day(w, "2024-06-07");
    shows(w, "KZ-33 need -", "23..23 stated | 1 1 of 1 stale 0 | 2023-11-20 2023-11-20");
    settle(w);
    next_day(w, "2024-06-08");
    assert_string_equal(change_at(w, "KZ-33"), "aged");
    shows(w, "KZ need -", "23..open known 23 sum incomplete | 1 1 of 20 stale 1 | 2023-11-20 2023-11-20");
    next_day(w, "2028-11-18");
    shows(w, "KZ-33 need -", "23..23 stated | 1 1 of 1 stale 1 | 2023-11-20 2023-11-20");
    next_day(w, "2028-11-19");
    shows(w, "KZ-33 need -", "none | 0 0 of 1 stale 0");
    assert_string_equal(change_at(w, "KZ-33"), "aged");
}

static void a_day_never_goes_back(void **state)
{
    struct world *w = *state;
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT, .indicator = KADR_NO_INDICATOR };
    struct found found = { .count = 0 };
    assert_int_equal(kadr_rollup_day(w->rollup, day("2024-01-31"), 50), KADR_EINVAL);
    query.as_of = day("2024-02-02");
    assert_int_equal(kadr_rollup_query(w->rollup, &query, keep_match, &found), KADR_EINVAL);
    query.as_of = KADR_DAY_MIN - 1;
    assert_int_equal(kadr_rollup_query(w->rollup, &query, keep_match, &found), KADR_EINVAL);
}

static void a_day_before_a_statement_does_not_know_it(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-06-30 100");
    say(w, "KZ-33 headcount - 2023-12-31 120");
    shows_on(w, "KZ-33 headcount -", "2023-12-30",
             "100..100 stated | 1 1 of 1 stale 0 | 2023-06-30 2023-06-30");
    shows_on(w, "KZ-33 headcount -", "2023-06-29", "none | 0 0 of 1 stale 0");
}

/* ---- flows --------------------------------------------------------------------------------------------- */

static void a_tiling_that_does_not_cover_is_a_lower_bound(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-Q1 30");
    say(w, "KZ-33 arrivals - 2023-Q3 5..9");
    shows(w, "KZ-33 arrivals - 2023",
          "35..open known 39 stated incomplete | 1 0 of 1 stale 0 | 2023-03-31 2023-09-30");
    say(w, "KZ-33 arrivals - 2023-Q4 ?not_reported");
    shows(w, "KZ-33 arrivals - 2023",
          "35..open known 39 stated incomplete | 1 0 of 1 stale 0 | 2023-03-31 2023-09-30 | ?not_reported");
}

static void equal_tilings_take_the_fewest_then_the_earliest(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-01 1");
    say(w, "KZ-33 arrivals - 2023-02 1");
    say(w, "KZ-33 arrivals - 2023-03 1");
    say(w, "KZ-33 arrivals - 2023-Q1 50");
    shows(w, "KZ-33 arrivals - 2023-H1",
          "50..open known 50 stated incomplete | 1 0 of 1 stale 0 | 2023-03-31 2023-03-31");
    /* two overlapping ones of ten days each, neither together with the other */
    say(w, "KZ-35 arrivals - 2023-01-01/2023-01-10 7");
    say(w, "KZ-35 arrivals - 2023-01-05/2023-01-14 8");
    shows(w, "KZ-35 arrivals - 2023-01",
          "7..open known 7 stated incomplete | 1 0 of 1 stale 0 | 2023-01-10 2023-01-10");
}

static void an_irregular_period_takes_exact_statements_only(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 trainings - 2023-01/2023-07 70");
    say(w, "KZ-35 trainings - 2023-01 10");
    shows(w, "KZ trainings - 2023-01/2023-07", "70..70 sum | 1 1 of null stale 0 | 2023-07-31 2023-07-31");
    shows(w, "KZ-35 trainings - 2023-01/2023-07", "no such cell");
    say(w, "KZ-35 trainings - 2023-01/2023-07 12");
    shows(w, "KZ trainings - 2023-01/2023-07", "82..82 sum | 2 2 of null stale 0 | 2023-07-31 2023-07-31");
}

static void a_part_of_a_part_is_never_a_figure(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 trainings - 2023-Q1 30"); /* nobody owes it, but the year is known in part only */
    shows(w, "KZ trainings - 2023",
          "30..open known 30 sum incomplete | 1 0 of null stale 0 | 2023-03-31 2023-03-31");
}

static void a_plan_without_time_rule_stands_for_its_own_period(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 target - 2024-H1 30");
    shows(w, "KZ-33 target - 2024-H1", "30..30 stated | 1 1 of null stale 0 | 2024-06-30 2024-06-30");
    shows(w, "KZ-33 target - 2024", "no such cell");
}

static void an_event_without_a_number_leaves_a_lower_bound(void **state)
{
    struct world *w = *state;
    say(w, "KZ-47 teams - 2023-11-06/2023-11-10 28 first");
    say(w, "KZ-47 teams - 2023-11-06/2023-11-10 ?not_stated second");
    shows(w, "KZ-47 teams - 2023-11",
          "28..open known 28 stated incomplete | 1 0 of null stale 0 | 2023-11-10 2023-11-10 | ?not_stated");
    say(w, "KZ-47 teams - 2023-11-06/2023-11-10 5 second");
    shows(w, "KZ-47 teams - 2023", "33..33 stated | 1 1 of null stale 0 | 2023-11-10 2023-11-10");
}

/* ---- live window --------------------------------------------------------------------------------------- */

static void cells_leave_with_their_year(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2022-03 4"); /* month, quarter, half, year, academic year; at KZ-33 and KZ */
    say(w, "KZ-33 arrivals - 2021-03 4"); /* the academic year 2020-09/2021-08 ended before the window */
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 10);
    settle(w);
    next_day(w, "2025-01-01");
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 0);
    assert_string_equal(change_at(w, "KZ-33"), "removed");
    struct kadr_digest digest = kadr_rollup_digest(w->rollup), zero = { { 0 } };
    assert_true(kadr_digest_equal(&digest, &zero));
    shows(w, "KZ-33 arrivals - 2021-03", "4..4 stated | 1 1 of 1 stale 0 | 2021-03-31 2021-03-31");
    shows_on(w, "KZ arrivals - 2022", "2024-02-01",
             "4..open known 4 sum incomplete | 1 0 of 20 stale 0 | 2022-03-31 2022-03-31");
}

/* A target for the next academic year is said today, and somebody has to see it today. */
static void a_plan_is_live_however_far_ahead(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 target - 2025-09/2026-08 7");
    say(w, "KZ-33 facilities_planned - 2031-04 4"); /* month, quarter, half, year, academic year */
    say(w, "KZ-33 arrivals - 2026-04 4");           /* cannot have happened yet */
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 2 + 10);
    shows(w, "KZ target - 2025-09/2026-08", "7..7 sum | 1 1 of null stale 0 | 2026-08-31 2026-08-31");
    assert_string_equal(change_at(w, "KZ-33"), "new");
    next_day(w, "2028-12-31"); /* the arrivals are of two years ago */
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 2 + 10 + 10);
    next_day(w, "2029-01-01"); /* no more, and nor is the target */
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 10);
    say(w, "KZ-33 facilities_planned - 2031-04 5");
    settle(w);
    shows(w, "KZ-33 facilities_planned - 2031",
          "5..open known 5 stated incomplete | 1 0 of null stale 0 | "
          "2031-04-30 2031-04-30");
    next_day(w, "2034-01-01");
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 0);
}

static void a_cell_may_leave_before_it_was_ever_read(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2022-03 4");
    say(w, "KZ-33 headcount - 2024-01-01 10");
    next_day(w, "2025-01-01");
    assert_int_equal(take(w), 2); /* headcount of KZ-33 and KZ; nothing is told of the others */
    assert_false(kadr_rollup_change(w->rollup, 0).removed || kadr_rollup_change(w->rollup, 1).removed);
}

static void a_question_for_a_period_takes_stocks_at_its_end(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-06-30 100");
    say(w, "KZ-33 headcount - 2023-12-31 120");
    shows(w, "KZ-33 headcount - 2023-H1", "100..100 stated | 1 1 of 1 stale 0 | 2023-06-30 2023-06-30");
    shows(w, "KZ-33 headcount - 2024", "120..120 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

/* ---- space --------------------------------------------------------------------------------------------- */

static void what_may_be_negative_has_no_lower_bound(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 balance cadre=doctor 2024-01-01 5");
    shows(w, "KZ-33 balance -", "none | 0 0 of 1 stale 0");
    say(w, "KZ-33 balance cadre=midlevel 2024-01-01 -9");
    say(w, "KZ-33 balance cadre=nurse_higher 2024-01-01 1");
    shows(w, "KZ-33 balance -", "-3..-3 sum | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    shows(w, "KZ balance -", "none | 1 1 of 20 stale 0");
}

static void a_parameter_is_never_added(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 horizon settlement=rural 2024-01-01 2..3");
    shows(w, "KZ-33 horizon settlement=rural", "2..3 stated | 1 1 of null stale 0 | 2024-01-01 2024-01-01");
    shows(w, "KZ horizon settlement=rural", "none | 1 1 of null stale 0");
}

static void a_total_below_a_part_of_its_day_is_a_contradiction(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2024-01-01 20");
    say(w, "KZ-33 headcount cadre=doctor 2024-01-01 30");
    shows(w, "KZ-33 headcount -",
          "20..20 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01 | -10..-10 contradiction");
    say(w, "KZ-35 headcount - 2024-01-01 >100");
    say(w, "KZ-35 headcount cadre=doctor 2024-01-01 >60");
    shows(w, "KZ-35 headcount -",
          "101..open stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01 | open..open outstanding");
}

static void unexplained_looks_at_the_statements_own_day(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-06-30 100");
    say(w, "KZ-33 headcount settlement=rural 2023-06-01 40");
    say(w, "KZ-33 headcount settlement=rural 2023-12-01 55"); /* later: not compared with June */
    shows(w, "KZ-33 headcount -",
          "100..100 stated | 1 1 of 1 stale 0 | 2023-06-30 2023-06-30 | 60..60 outstanding");
}

static void an_outdated_part_does_not_come_back(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount settlement=rural 2023-01-01 90");
    say(w, "KZ-33 headcount - 2023-06-01 50");
    say(w, "KZ-33 headcount cadre=doctor 2023-12-01 60");
    shows(w, "KZ-33 headcount -",
          "60..open known 60 sum incomplete | 1 0 of 1 stale 0 | 2023-12-01 2023-12-01");
}

static void sums_beyond_64_bits_keep_a_true_lower_bound(void **state)
{
    struct world *w = *state;
    struct kadr_cell cell;
    char line[128];
    for (size_t i = 0; i < 20; i++) {
        for (size_t event = 0; event < 600; event++) {
            snprintf(line, sizeof(line), "%s teams - 2023-11-06 999999999999999 e%zu", all_regions[i], event);
            say(w, line);
        }
    }
    assert_true(ask(w, "KZ teams - 2023-11", NULL, &cell));
    assert_true(cell.lo == INT64_MAX && cell.hi_open);
}

static void equal_lower_bounds_take_the_first_way(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount cadre=doctor 2024-01-01 10..20");
    say(w, "KZ-33 headcount settlement=rural 2024-01-01 10..30");
    shows(w, "KZ-33 headcount -",
          "10..open known 20 sum incomplete | 1 0 of 1 stale 0 | 2024-01-01 2024-01-01");
}

/* A district that changed hands within the year belongs to its last region: its figure is added once. */
static void a_unit_that_moved_is_counted_once(void **state)
{
    (void)state; /* a reference of its own */
    struct world w;
    world_open(&w,
               load_reference(UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n" REGION("KZ-31")
                                  REGION("KZ-33") "311000000,district,KZ-31,1900-01-01,2023-05-31,,,,,\n"
                                                  "311000000,district,KZ-33,2023-06-01,,,,D,D,D\n",
                              EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS),
               TODAY);
    say(&w, "311000000 trainings - 2023 12");
    shows(&w, "KZ-31 trainings - 2023", "none | 0 0 of null stale 0");
    shows(&w, "KZ-33 trainings - 2023", "12..12 sum | 1 1 of null stale 0 | 2023-12-31 2023-12-31");
    shows(&w, "KZ trainings - 2023", "12..12 sum | 1 1 of null stale 0 | 2023-12-31 2023-12-31");
    say(&w, "311000000 headcount - 2023-01-01 9");
    shows_on(&w, "KZ-31 headcount -", "2023-05-31", "9..9 sum | 1 1 of 1 stale 0 | 2023-01-01 2023-01-01");
    world_close(&w);
}

static void a_predecessor_expires_too(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 headcount - 2022-01-01 4000"); /* expires after 1825 days */
    next_day(w, "2026-12-31");
    shows(w, "KZ headcount -",
          "4000..open known 4000 sum incomplete | 2 2 of 20 stale 2 | 2022-01-01 2022-01-01");
    next_day(w, "2027-01-01");
    shows(w, "KZ headcount -", "none | 0 0 of 20 stale 0");
}

/* Split between two regions, the old figure belongs to neither; split again, it is out of date. */
static void a_predecessor_stands_only_for_its_own_heirs(void **state)
{
    (void)state; /* a reference of its own */
    struct world w;
    world_open(&w,
               load_reference(UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n" REGION("KZ-31") REGION(
                                  "KZ-33") "310000001,district,KZ-31,1900-01-01,2022-12-31,310000002 "
                                           "330000002,,O,O,O\n"
                                           "310000002,district,KZ-31,2023-01-01,,,,A,A,A\n"
                                           "330000002,district,KZ-33,2023-01-01,,,,B,B,B\n"
                                           "330000003,district,KZ-33,1900-01-01,2022-12-31,330000004 "
                                           "330000005,,P,P,P\n"
                                           "330000004,district,KZ-33,2023-01-01,2023-05-31,330000004,,,,\n"
                                           "330000004,district,KZ-33,2023-06-01,,,,C,C,C\n"
                                           "330000005,district,KZ-33,2023-01-01,,,,D,D,D\n",
                              EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS),
               TODAY);
    say(&w, "310000001 headcount - 2022-06-01 500");
    shows(&w, "KZ-31 headcount -", "none | 0 0 of 1 stale 0");
    say(&w, "330000003 headcount - 2022-06-01 70");
    shows_on(&w, "KZ-33 headcount -", "2023-05-31",
             "70..open known 70 sum incomplete | 1 0 of 1 stale 1 | 2022-06-01 2022-06-01");
    shows_on(&w, "KZ-33 headcount -", "2023-06-01", "none | 0 0 of 1 stale 0");
    world_close(&w);
}

/* Districts report; the region that lost one of them stands for itself and the new region with both. */
static void a_predecessor_speaks_for_its_own_reporters(void **state)
{
    (void)state; /* a reference of its own */
    struct world w;
    world_open(&w,
               load_reference(UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n"
                                           "KZ-35,region,KZ,1900-01-01,2022-06-07,KZ-35 KZ-62,,,,\n"
                                           "KZ-35,region,KZ,2022-06-08,,,,A,A,A\n"
                                           "KZ-62,region,KZ,2022-06-08,,,,B,B,B\n"
                                           "350000001,district,KZ-35,1900-01-01,,,,C,C,C\n"
                                           "350000002,district,KZ-35,1900-01-01,2022-06-07,,,,,\n"
                                           "350000002,district,KZ-62,2022-06-08,,,,D,D,D\n",
                              CATALOGUE_HEADER
                              "headcount,stock,person,1,last,sum,district,,,400,1825,calendar,,"
                              ",no,H,H,H\n",
                              EXAMPLE_MEMBERS),
               "2023-01-01");
    say(&w, "350000001 headcount - 2022-05-01 30");
    say(&w, "350000002 headcount - 2022-05-01 12");
    shows(&w, "KZ headcount -", "42..42 sum | 2 2 of 2 stale 2 | 2022-05-01 2022-05-01");
    say(&w, "350000002 headcount - 2022-12-01 13");
    shows(&w, "KZ headcount -", "43..43 sum | 2 2 of 2 stale 0 | 2022-05-01 2022-12-01");
    world_close(&w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_late_november_does_not_undo_december),
        CASE(at_one_time_the_later_commit_wins),
        CASE(a_confirmation_is_no_change),
        CASE(a_withdrawal_stays),
        CASE(as_of_a_day_shows_nothing_that_begins_after_it),
        CASE(today_shows_what_is_announced),
        CASE(withheld_ends_the_walk),
        CASE(not_applicable_is_not_owed),
        CASE(a_whole_without_applicable_parts_is_not_applicable),
        CASE(stale_then_expired_to_the_day),
        CASE(a_day_never_goes_back),
        CASE(a_day_before_a_statement_does_not_know_it),
        CASE(a_tiling_that_does_not_cover_is_a_lower_bound),
        CASE(equal_tilings_take_the_fewest_then_the_earliest),
        CASE(an_irregular_period_takes_exact_statements_only),
        CASE(a_part_of_a_part_is_never_a_figure),
        CASE(a_plan_without_time_rule_stands_for_its_own_period),
        CASE(an_event_without_a_number_leaves_a_lower_bound),
        CASE(a_plan_is_live_however_far_ahead),
        CASE(cells_leave_with_their_year),
        CASE(a_question_for_a_period_takes_stocks_at_its_end),
        CASE(a_cell_may_leave_before_it_was_ever_read),
        CASE(what_may_be_negative_has_no_lower_bound),
        CASE(a_parameter_is_never_added),
        CASE(a_total_below_a_part_of_its_day_is_a_contradiction),
        CASE(unexplained_looks_at_the_statements_own_day),
        CASE(an_outdated_part_does_not_come_back),
        CASE(sums_beyond_64_bits_keep_a_true_lower_bound),
        CASE(equal_lower_bounds_take_the_first_way),
        CASE(a_unit_that_moved_is_counted_once),
        CASE(a_predecessor_stands_only_for_its_own_heirs),
        CASE(a_predecessor_expires_too),
        CASE(a_predecessor_speaks_for_its_own_reporters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
