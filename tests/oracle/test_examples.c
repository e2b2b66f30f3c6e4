/* SPDX-License-Identifier: Apache-2.0 */
/* The worked examples of the rules, answered by the oracle alone: what the rollup is held against must itself
 * be right. Statements and cells are written as in domain/rollup_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "domain/rollup_reference.h"
#include "oracle/oracle.h"

struct journal {
    struct kadr_oracle *oracle;
    struct kadr_reference *reference;
    uint64_t commit;
};

static int open_with(void **state, const char *catalogue)
{
    struct journal *journal = test_malloc(sizeof(*journal));
    journal->oracle = kadr_oracle_new();
    journal->reference = load_reference(EXAMPLE_UNITS, catalogue, EXAMPLE_MEMBERS);
    journal->commit = 2;
    kadr_oracle_reference(journal->oracle, journal->reference);
    kadr_oracle_day(journal->oracle, day("2024-02-01"));
    *state = journal;
    return 0;
}

static int open_journal(void **state)
{
    return open_with(state, EXAMPLE_CATALOGUE);
}

static int open_derived(void **state)
{
    return open_with(state, DERIVED_CATALOGUE);
}

static int close_journal(void **state)
{
    struct journal *journal = *state;
    kadr_oracle_free(journal->oracle);
    kadr_reference_unref(journal->reference);
    test_free(journal);
    return 0;
}

/* One report of one statement, stated later than those before it. */
static void tell(struct journal *journal, const char *line)
{
    struct words words;
    struct kadr_observation obs;
    enum kadr_verdict verdict = KADR_VERDICT_ACCEPTED;
    struct kadr_report report = { .observations = &obs, .observation_count = 1 };
    split(&words, line);
    parse_statement(&words, 1, &obs);
    journal->commit++;
    kadr_oracle_report(journal->oracle, &report, &verdict, (kadr_ms)journal->commit, journal->commit);
}

/* `UNIT INDICATOR BREAKDOWN [PERIOD]` */
static struct kadr_cell_key key_of(const struct kadr_reference *reference, const char *question)
{
    struct words words;
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    split(&words, question);
    struct kadr_cell_key key = { .unit = kadr_unit_find(reference, words.word[0]),
                                 .indicator = kadr_indicator_find(reference, words.word[1]),
                                 .period = KADR_PERIOD_AS_OF };
    size_t count = parse_pairs(words.word[2], pairs);
    for (size_t i = 0; i < count; i++) {
        kadr_dimension dimension = kadr_dimension_find(reference, pairs[i].dimension);
        kadr_member member = kadr_member_find(reference, dimension, pairs[i].member);
        assert_int_equal(kadr_breakdown_add(reference, &key.breakdown, member), 0);
    }
    if (words.count > 3) {
        assert_int_equal(kadr_period_parse(words.word[3], &key.period), 0);
    }
    return key;
}

static void answers_on(struct journal *journal, const char *question, const char *as_of, const char *expected)
{
    char text[CELL_TEXT_BYTES];
    struct kadr_cell_key key = key_of(journal->reference, question);
    struct kadr_cell cell = kadr_oracle_cell(journal->oracle, &key, day(as_of));
    assert_string_equal(cell_text(&cell, text), expected);
}

static void answers(struct journal *journal, const char *question, const char *expected)
{
    answers_on(journal, question, "2024-02-01", expected);
}

static void one_region_is_a_lower_bound(void **state)
{
    tell(*state, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    answers(*state, "KZ need cadre=doctor,settlement=rural",
            "23..open known 23 sum incomplete | 1 1 of 20 stale 0 | 2023-11-20 2023-11-20");
}

static void a_second_region_raises_it(void **state)
{
    tell(*state, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    tell(*state, "KZ-27 need cadre=doctor,settlement=rural 2023-12-31 89");
    answers(*state, "KZ need cadre=doctor,settlement=rural",
            "112..open known 112 sum incomplete | 2 2 of 20 stale 0 | 2023-11-20 2023-12-31");
}

static void a_national_total_beside_known_parts(void **state)
{
    tell(*state, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    tell(*state, "KZ-27 need cadre=doctor,settlement=rural 2023-12-31 89");
    tell(*state, "KZ need cadre=doctor 2023-12-31 3954");
    answers(*state, "KZ need cadre=doctor",
            "3954..3954 stated | 2 0 of 20 stale 0 | 2023-12-31 2023-12-31 | 3842..3842 outstanding");
}

static void tell_regions(struct journal *journal, size_t count)
{
    char line[128];
    tell(journal, "KZ need cadre=doctor 2023-12-31 4864");
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof(line), "%s need cadre=doctor 2024-01-31 100", all_regions[i]);
        tell(journal, line);
    }
}

static void twenty_newer_regions_replace_an_old_total(void **state)
{
    tell_regions(*state, 20);
    answers(*state, "KZ need cadre=doctor", "2000..2000 sum | 20 20 of 20 stale 0 | 2024-01-31 2024-01-31");
}

static void nineteen_do_not(void **state)
{
    tell_regions(*state, 19);
    answers(*state, "KZ need cadre=doctor",
            "4864..4864 stated | 19 19 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void tell_jetisu_facilities(struct journal *journal)
{
    tell(journal, "KZ-33 facilities_planned - 2024 59");
    tell(journal, "KZ-33 facilities_planned facility_type=va 2024 5");
    tell(journal, "KZ-33 facilities_planned facility_type=fap 2024 39");
    tell(journal, "KZ-33 facilities_planned facility_type=mp 2024 5");
}

static void parts_below_their_total_are_outstanding(void **state)
{
    tell_jetisu_facilities(*state);
    answers(*state, "KZ-33 facilities_planned - 2024",
            "59..59 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31 | 10..10 outstanding");
}

static void a_correction_replaces(void **state)
{
    tell_jetisu_facilities(*state);
    tell(*state, "KZ-33 facilities_planned - 2024 62");
    answers(*state, "KZ-33 facilities_planned - 2024",
            "62..62 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31 | 13..13 outstanding");
}

/* Judgement keeps the narrower of `60~10` and `59`; the fold takes what was accepted. */
static void a_fact_told_twice_counts_once(void **state)
{
    struct journal *journal = *state;
    struct words words[2];
    struct kadr_observation observations[2];
    const enum kadr_verdict verdicts[] = { KADR_VERDICT_SAME_FACT, KADR_VERDICT_ACCEPTED };
    struct kadr_report report = { .observations = observations, .observation_count = 2 };
    split(&words[0], "KZ-33 facilities_planned - 2024 60~10");
    split(&words[1], "KZ-33 facilities_planned - 2024 59");
    parse_statement(&words[0], 1, &observations[0]);
    parse_statement(&words[1], 1, &observations[1]);
    kadr_oracle_report(journal->oracle, &report, verdicts, 3, 3);
    answers(journal, "KZ-33 facilities_planned - 2024",
            "59..59 stated | 1 1 of null stale 0 | 2024-12-31 2024-12-31");
}

static void two_of_three_cadres_are_a_lower_bound(void **state)
{
    tell(*state, "KZ-33 headcount cadre=doctor 2024-01-29 1894");
    tell(*state, "KZ-33 headcount cadre=midlevel 2024-01-29 6820");
    answers(*state, "KZ-33 headcount -",
            "8714..open known 8714 sum incomplete | 1 0 of 1 stale 0 | 2024-01-29 2024-01-29");
}

static void members_come_before_children(void **state)
{
    tell(*state, "KZ-31 headcount settlement=rural 2024-01-20 30");
    tell(*state, "KZ-31 headcount settlement=urban 2024-01-20 70");
    tell(*state, "311000000 headcount - 2024-01-20 12");
    answers(*state, "KZ-31 headcount -", "100..100 sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void an_older_total_below_a_newer_part_is_passed_over(void **state)
{
    tell(*state, "KZ-31 headcount - 2024-01-01 20");
    tell(*state, "KZ-31 headcount settlement=rural 2024-01-20 30");
    answers(*state, "KZ-31 headcount -",
            "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void complete_newer_children_replace_an_older_member(void **state)
{
    tell(*state, "KZ-31 headcount settlement=rural 2023-12-01 100");
    tell(*state, "311000000 headcount - 2024-01-20 90");
    answers(*state, "KZ-31 headcount -", "90..90 sum | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void a_complete_sum_below_a_known_part_is_passed_over(void **state)
{
    tell(*state, "KZ-31 headcount settlement=rural 2024-01-20 30");
    tell(*state, "311000000 headcount - 2024-01-20 12");
    answers(*state, "KZ-31 headcount -",
            "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void an_open_sum_below_a_known_part_is_passed_over(void **state)
{
    tell(*state, "KZ-31 headcount settlement=rural 2024-01-20 >60");
    tell(*state, "KZ-31 headcount settlement=urban 2024-01-20 0");
    tell(*state, "KZ-31 headcount cadre=doctor 2024-01-20 112");
    answers(*state, "KZ-31 headcount -",
            "112..open known 112 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void an_open_total_yields_to_a_part_as_new_and_to_no_older_one(void **state)
{
    tell(*state, "KZ-31 headcount - 2024-01-20 >20");
    tell(*state, "KZ-31 headcount cadre=midlevel 2024-01-01 30");
    answers(*state, "KZ-31 headcount -",
            "21..open stated | 1 1 of 1 stale 0 | 2024-01-20 2024-01-20 | -9..open outstanding");
    tell(*state, "KZ-31 headcount cadre=midlevel 2024-01-20 30");
    answers(*state, "KZ-31 headcount -",
            "30..open known 30 sum incomplete | 1 0 of 1 stale 0 | 2024-01-20 2024-01-20");
}

static void what_was_passed_over_still_passes_over(void **state)
{
    tell(*state, "KZ-33 headcount settlement=rural 2023-01-01 90");
    tell(*state, "KZ-33 headcount - 2023-06-01 50");
    tell(*state, "KZ-33 headcount cadre=doctor 2023-12-01 60");
    answers(*state, "KZ-33 headcount -",
            "60..open known 60 sum incomplete | 1 0 of 1 stale 0 | 2023-12-01 2023-12-01");
}

static void events_that_nobody_owes_add_over_regions(void **state)
{
    tell(*state, "KZ-47 consultations - 2023-11-06/2023-11-10 >60");
    tell(*state, "KZ-35 consultations - 2023-11-06/2023-11-10 12");
    answers(*state, "KZ consultations - 2023-11",
            "73..open sum | 2 2 of null stale 0 | 2023-11-10 2023-11-10");
}

static void events_of_overlapping_days_are_two_events(void **state)
{
    tell(*state, "KZ-47 teams - 2023-11-06/2023-11-10 >60");
    tell(*state, "KZ-47 teams - 2023-11-08/2023-11-12 80");
    answers(*state, "KZ-47 teams - 2023-11",
            "141..open stated | 1 1 of null stale 0 | 2023-11-10 2023-11-12");
}

static void percentages_are_ranged_and_never_added(void **state)
{
    tell(*state, "KZ-33 equipment_level - 2023-12-31 93");
    tell(*state, "KZ-35 equipment_level - 2023-12-31 88");
    answers(*state, "KZ equipment_level -", "88..93 range | 2 2 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void the_tiling_that_covers_most_wins(void **state)
{
    tell(*state, "KZ-33 arrivals - 2023-Q1 30");
    tell(*state, "KZ-33 arrivals - 2023-Q2 30");
    tell(*state, "KZ-33 arrivals - 2023-Q3 30");
    tell(*state, "KZ-33 arrivals - 2023-Q4 30");
    tell(*state, "KZ-33 arrivals - 2023-01/2023-07 70");
    answers(*state, "KZ-33 arrivals - 2023", "120..120 stated | 1 1 of 1 stale 0 | 2023-03-31 2023-12-31");
}

static void quarters_that_contradict_their_half(void **state)
{
    tell(*state, "KZ-33 arrivals - 2023-Q1 10");
    tell(*state, "KZ-33 arrivals - 2023-Q2 20");
    tell(*state, "KZ-33 arrivals - 2023-H1 31");
    answers(*state, "KZ-33 arrivals - 2023-H1",
            "31..31 stated | 1 1 of 1 stale 0 | 2023-06-30 2023-06-30 | 1..1 contradiction");
}

static void a_split_region_stands_for_its_successors(void **state)
{
    tell(*state, "KZ-35 headcount - 2022-01-01 4000");
    answers_on(*state, "KZ-35 headcount -", "2023-01-01", "none | 0 0 of 1 stale 0");
    answers_on(*state, "KZ headcount -", "2023-01-01",
               "4000..open known 4000 sum incomplete | 2 2 of 20 stale 2 | 2022-01-01 2022-01-01");
    tell(*state, "KZ-62 headcount - 2022-12-01 500");
    answers_on(*state, "KZ headcount -", "2023-01-01",
               "4000..open known 4000 sum incomplete | 2 2 of 20 stale 2 | 2022-01-01 2022-01-01");
    tell(*state, "KZ-35 headcount - 2022-12-15 3400");
    answers_on(*state, "KZ headcount -", "2023-01-01",
               "3900..open known 3900 sum incomplete | 2 2 of 20 stale 0 | 2022-12-01 2022-12-15");
}

static void no_figure_yet_does_not_cost_the_older_one(void **state)
{
    tell(*state, "KZ-33 headcount cadre=doctor 2023-12-31 1894");
    tell(*state, "KZ-33 headcount cadre=doctor 2024-01-31 ?not_reported");
    answers(*state, "KZ-33 headcount cadre=doctor",
            "1894..1894 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31 | ?not_reported");
}

static void named_without_a_number_is_not_zero(void **state)
{
    tell(*state, "KZ-33 need specialty=general_practice 2024-01-15 ?not_stated");
    answers(*state, "KZ-33 need specialty=general_practice", "none | 0 0 of 1 stale 0 | ?not_stated");
}

static void tell_density(struct journal *journal)
{
    tell(journal, "KZ-33 headcount cadre=doctor 2023-12-31 1894");
    tell(journal, "KZ-33 population - 2023-12-31 699000");
    tell(journal, "KZ-35 population - 2023-12-31 1131287");
}

static void a_density_is_that_of_those_who_have_both(void **state)
{
    tell_density(*state);
    answers(*state, "KZ density cadre=doctor",
            "2709..2710 known 2710 ratio incomplete | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void national_figures_make_the_national_density(void **state)
{
    tell_density(*state);
    tell(*state, "KZ headcount cadre=doctor 2023-12-31 83379");
    tell(*state, "KZ population - 2023-12-31 20283399");
    answers(*state, "KZ density cadre=doctor",
            "4110..4111 ratio | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
}

int main(void)
{
#define EXAMPLE(name) cmocka_unit_test_setup_teardown(name, open_journal, close_journal)
#define DERIVED(name) cmocka_unit_test_setup_teardown(name, open_derived, close_journal)
    const struct CMUnitTest tests[] = {
        EXAMPLE(one_region_is_a_lower_bound),
        EXAMPLE(a_second_region_raises_it),
        EXAMPLE(a_national_total_beside_known_parts),
        EXAMPLE(twenty_newer_regions_replace_an_old_total),
        EXAMPLE(nineteen_do_not),
        EXAMPLE(parts_below_their_total_are_outstanding),
        EXAMPLE(a_correction_replaces),
        EXAMPLE(a_fact_told_twice_counts_once),
        EXAMPLE(two_of_three_cadres_are_a_lower_bound),
        EXAMPLE(members_come_before_children),
        EXAMPLE(an_older_total_below_a_newer_part_is_passed_over),
        EXAMPLE(complete_newer_children_replace_an_older_member),
        EXAMPLE(a_complete_sum_below_a_known_part_is_passed_over),
        EXAMPLE(an_open_sum_below_a_known_part_is_passed_over),
        EXAMPLE(an_open_total_yields_to_a_part_as_new_and_to_no_older_one),
        EXAMPLE(what_was_passed_over_still_passes_over),
        EXAMPLE(events_that_nobody_owes_add_over_regions),
        EXAMPLE(events_of_overlapping_days_are_two_events),
        EXAMPLE(percentages_are_ranged_and_never_added),
        EXAMPLE(the_tiling_that_covers_most_wins),
        EXAMPLE(quarters_that_contradict_their_half),
        EXAMPLE(a_split_region_stands_for_its_successors),
        EXAMPLE(no_figure_yet_does_not_cost_the_older_one),
        EXAMPLE(named_without_a_number_is_not_zero),
        DERIVED(a_density_is_that_of_those_who_have_both),
        DERIVED(national_figures_make_the_national_density),
    };
#undef EXAMPLE
#undef DERIVED
    return cmocka_run_group_tests(tests, NULL, NULL);
}
