/* SPDX-License-Identifier: Apache-2.0 */
/* The worked examples of the specification, one test per row, and the ways of docs/rollup.md beyond them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

/* ---- worked examples ----------------------------------------------------------------------------------- */

static void one_region_is_a_lower_bound(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    shows(w, "KZ need cadre=doctor,settlement=rural",
          "23..open known 23 sum incomplete | 1 1 of 20 stale 0 | 2023-11-20 2023-11-20");
    shows(w, "KZ-35 need cadre=doctor,settlement=rural",
          "23..23 stated | 1 1 of 1 stale 0 | 2023-11-20 2023-11-20");
}

static void a_second_region_raises_it(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    say(w, "KZ-27 need cadre=doctor,settlement=rural 2023-12-31 89");
    shows(w, "KZ need cadre=doctor,settlement=rural",
          "112..open known 112 sum incomplete | 2 2 of 20 stale 0 | 2023-11-20 2023-12-31");
}

static void a_national_total_beside_known_parts(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    say(w, "KZ-27 need cadre=doctor,settlement=rural 2023-12-31 89");
    say(w, "KZ need cadre=doctor 2023-12-31 3954");
    shows(w, "KZ need cadre=doctor",
          "3954..3954 stated | 2 0 of 20 stale 0 | 2023-12-31 2023-12-31 | 3842..3842 outstanding");
}

static void say_regions(struct world *w, size_t count)
{
    char line[128];
    say(w, "KZ need cadre=doctor 2023-12-31 4864");
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof(line), "%s need cadre=doctor 2024-01-31 100", all_regions[i]);
        say(w, line);
    }
}

static void twenty_newer_regions_replace_an_old_total(void **state)
{
    struct world *w = *state;
    say_regions(w, 20);
    shows(w, "KZ need cadre=doctor", "2000..2000 sum | 20 20 of 20 stale 0 | 2024-01-31 2024-01-31");
}

static void nineteen_do_not(void **state)
{
    struct world *w = *state;
    say_regions(w, 19);
    shows(w, "KZ need cadre=doctor", "4864..4864 stated | 19 19 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void say_jetisu_facilities(struct world *w)
{
    say(w, "KZ-33 facilities_planned - 2024 59");
    say(w, "KZ-33 facilities_planned facility_type=va 2024 5");
    say(w, "KZ-33 facilities_planned facility_type=fap 2024 39");
    say(w, "KZ-33 facilities_planned facility_type=mp 2024 5");
}

static void parts_below_their_total_are_outstanding(void **state)
{
    struct world *w = *state;
    say_jetisu_facilities(w);
    shows(w, "KZ-33 facilities_planned - 2024",
          "59..59 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31 | 10..10 outstanding");
}

static void a_correction_is_known_before_and_after(void **state)
{
    struct world *w = *state;
    size_t count;
    say_jetisu_facilities(w);
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    shows(w, "KZ-33 facilities_planned - 2024",
          "59..59 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31 | 10..10 outstanding");
    say(w, "KZ-33 facilities_planned - 2024 62");
    shows(w, "KZ-33 facilities_planned - 2024",
          "62..62 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31 | 13..13 outstanding");
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    assert_int_equal(count, 2); /* the region and the country */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(kadr_rollup_change(w->rollup, i).kind, KADR_CHANGE_CORRECTED);
        assert_int_equal(kadr_rollup_change(w->rollup, i).cell.lo, 62);
    }
}

/* The judgement keeps the narrower and calls the other the same fact; the fold takes what was accepted. */
static void a_fact_told_twice_counts_once(void **state)
{
    struct world *w = *state;
    struct words rounded, exact;
    struct kadr_observation observations[2];
    const enum kadr_verdict verdicts[] = { KADR_VERDICT_SAME_FACT, KADR_VERDICT_ACCEPTED };
    split(&rounded, "KZ-33 facilities_planned - 2024 60~10");
    split(&exact, "KZ-33 facilities_planned - 2024 59");
    parse_statement(&rounded, 1, &observations[0]);
    parse_statement(&exact, 1, &observations[1]);
    struct kadr_report report = { .observations = observations, .observation_count = 2 };
    assert_int_equal(kadr_rollup_report(w->rollup, &report, verdicts, 5000, 9), 0);
    shows(w, "KZ-33 facilities_planned - 2024",
          "59..59 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31");
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 1);
}

static void two_of_three_cadres_are_a_lower_bound(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount cadre=doctor 2024-01-29 1894");
    say(w, "KZ-33 headcount cadre=midlevel 2024-01-29 6820");
    shows(w, "KZ-33 headcount -",
          "8714..open known 8714 sum incomplete | 1 0 of 1 stale 0 | 2024-01-29 2024-01-29");
}

static void members_before_children(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 30");
    say(w, "KZ-31 headcount settlement=urban 2024-01-20 70");
    say(w, "311000000 headcount - 2024-01-20 12");
    shows(w, "KZ-31 headcount -", "100..100 sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void an_older_total_below_a_newer_part_is_passed_over(void **state)
{
    struct world *w = *state;
    size_t count;
    say(w, "KZ-31 headcount - 2024-01-01 20");
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 30");
    shows(w, "KZ-31 headcount -",
          "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    assert_int_equal(kadr_rollup_passed_over_count(w->rollup), 1);
}

static void newer_children_replace_an_older_part(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2023-12-01 100");
    say(w, "311000000 headcount - 2024-01-20 90");
    shows(w, "KZ-31 headcount -", "90..90 sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void children_below_a_known_part_are_passed_over(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 30");
    say(w, "311000000 headcount - 2024-01-20 12");
    shows(w, "KZ-31 headcount -",
          "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void an_open_sum_below_a_known_part_is_passed_over(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 >60");
    say(w, "KZ-31 headcount settlement=urban 2024-01-20 0");
    shows(w, "KZ-31 headcount -", "61..open sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
    say(w, "KZ-31 headcount cadre=doctor 2024-01-20 112");
    shows(w, "KZ-31 headcount -",
          "112..open known 112 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
    settle(w);
    assert_int_equal(kadr_rollup_passed_over_count(w->rollup), 1);
}

static void an_open_total_below_a_known_part_is_passed_over(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount - 2024-01-20 >20");
    say(w, "KZ-31 headcount cadre=midlevel 2024-01-20 30");
    shows(w, "KZ-31 headcount -",
          "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void a_newer_open_total_stands(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount - 2024-01-20 >20");
    say(w, "KZ-31 headcount cadre=midlevel 2024-01-01 30");
    shows(w, "KZ-31 headcount -",
          "21..open stated | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20 | -9..open outstanding");
}

/* Ties come in the order of the ways only where neither says more. */
static void a_closed_sum_stands_before_an_open_one_below_it(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 >60");
    say(w, "KZ-31 headcount settlement=urban 2024-01-20 0");
    say(w, "311000000 headcount - 2024-01-20 112");
    shows(w, "KZ-31 headcount -", "112..112 sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void events_of_two_regions_in_a_month(void **state)
{
    struct world *w = *state;
    say(w, "KZ-47 consultations - 2023-11-06/2023-11-10 >60");
    say(w, "KZ-35 consultations - 2023-11-06/2023-11-10 12");
    shows(w, "KZ consultations - 2023-11", "73..open sum | 2 2 of null stale 0 | 2023-11-10 2023-11-10");
    shows(w, "KZ consultations - 2023-11-06/2023-11-10",
          "73..open sum | 2 2 of null stale 0 | 2023-11-10 2023-11-10");
}

static void overlapping_events_add(void **state)
{
    struct world *w = *state;
    say(w, "KZ-47 teams - 2023-11-06/2023-11-10 >60");
    say(w, "KZ-47 teams - 2023-11-08/2023-11-12 80");
    shows(w, "KZ-47 teams - 2023-11", "141..open stated | 1 1 of null stale 0 | 2023-11-10 2023-11-12");
}

static void a_range_is_never_added(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 equipment_level - 2023-12-31 93");
    say(w, "KZ-35 equipment_level - 2023-12-31 88");
    shows(w, "KZ equipment_level -", "88..93 range | 2 2 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void the_tiling_that_covers_most_days(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-Q1 30");
    say(w, "KZ-33 arrivals - 2023-Q2 30");
    say(w, "KZ-33 arrivals - 2023-Q3 30");
    say(w, "KZ-33 arrivals - 2023-Q4 30");
    say(w, "KZ-33 arrivals - 2023-01/2023-07 70");
    shows(w, "KZ-33 arrivals - 2023", "120..120 stated | 1 1 of 1 stale 0 | 2023-03-31 2023-12-31");
}

static void a_half_year_against_its_quarters(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-Q1 10");
    say(w, "KZ-33 arrivals - 2023-Q2 20");
    say(w, "KZ-33 arrivals - 2023-H1 31");
    shows(w, "KZ-33 arrivals - 2023-H1",
          "31..31 stated | 1 1 of 1 stale 0 | 2023-06-30 2023-06-30 | 1..1 contradiction");
}

static void a_split_region_stands_for_its_successors(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 headcount - 2022-01-01 4000");
    shows_on(w, "KZ-35 headcount -", "2023-01-01", "none | 0 0 of 1 stale 0");
    shows_on(w, "KZ headcount -", "2023-01-01",
             "4000..open known 4000 sum incomplete | 2 2 of 20 stale 2 | 2022-01-01 2022-01-01");
    say(w, "KZ-35 headcount - 2022-12-01 3100");
    shows_on(w, "KZ headcount -", "2023-01-01",
             "4000..open known 4000 sum incomplete | 2 2 of 20 stale 2 | 2022-01-01 2022-01-01");
    say(w, "KZ-62 headcount - 2022-12-01 950");
    shows_on(w, "KZ headcount -", "2023-01-01",
             "4050..open known 4050 sum incomplete | 2 2 of 20 stale 0 | 2022-12-01 2022-12-01");
    shows_on(w, "KZ-35 headcount -", "2022-06-07",
             "4000..4000 stated | 1 1 of 1 stale 0 | "
             "2022-01-01 2022-01-01");
}

static void no_figure_yet_costs_no_more_than_silence(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount cadre=doctor 2023-12-31 1894");
    say(w, "KZ-33 headcount cadre=doctor 2024-01-31 ?not_reported");
    shows(w, "KZ-33 headcount cadre=doctor",
          "1894..1894 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31 | ?not_reported");
}

static void named_without_a_number_is_not_zero(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 need specialty=general_practice 2024-01-29 ?not_stated");
    shows(w, "KZ-33 need specialty=general_practice", "none | 0 0 of 1 stale 0 | ?not_stated");
    shows(w, "KZ need specialty=general_practice", "none | 0 0 of 20 stale 0");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_region_is_a_lower_bound),
        CASE(a_second_region_raises_it),
        CASE(a_national_total_beside_known_parts),
        CASE(twenty_newer_regions_replace_an_old_total),
        CASE(nineteen_do_not),
        CASE(parts_below_their_total_are_outstanding),
        CASE(a_correction_is_known_before_and_after),
        CASE(a_fact_told_twice_counts_once),
        CASE(two_of_three_cadres_are_a_lower_bound),
        CASE(members_before_children),
        CASE(an_older_total_below_a_newer_part_is_passed_over),
        CASE(newer_children_replace_an_older_part),
        CASE(children_below_a_known_part_are_passed_over),
        CASE(an_open_sum_below_a_known_part_is_passed_over),
        CASE(an_open_total_below_a_known_part_is_passed_over),
        CASE(a_newer_open_total_stands),
        CASE(a_closed_sum_stands_before_an_open_one_below_it),
        CASE(events_of_two_regions_in_a_month),
        CASE(overlapping_events_add),
        CASE(a_range_is_never_added),
        CASE(the_tiling_that_covers_most_days),
        CASE(a_half_year_against_its_quarters),
        CASE(a_split_region_stands_for_its_successors),
        CASE(no_figure_yet_costs_no_more_than_silence),
        CASE(named_without_a_number_is_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
