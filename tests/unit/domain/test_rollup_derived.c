/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rollup.md, Ratios and differences: what is computed of other figures, and when it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#define JETISU "2709..2710 ratio"

static int open_derived(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference(EXAMPLE_UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    *state = w;
    return 0;
}

static void say_density(struct world *w)
{
    say(w, "KZ-33 headcount cadre=doctor 2023-12-31 1894");
    say(w, "KZ-33 population - 2023-12-31 699000");
    say(w, "KZ-35 population - 2023-12-31 1131287");
}

/* ---- ratios -------------------------------------------------------------------------------------------- */

static void a_density_is_that_of_those_who_have_both(void **state)
{
    say_density(*state);
    shows(*state, "KZ-33 density cadre=doctor", JETISU " | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    shows(*state, "KZ density cadre=doctor",
          "2709..2710 known 2710 ratio incomplete | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
    shows(*state, "KZ-35 density cadre=doctor", "no such cell");
}

static void national_figures_make_the_national_density(void **state)
{
    say_density(*state);
    say(*state, "KZ headcount cadre=doctor 2023-12-31 83379");
    say(*state, "KZ population - 2023-12-31 20283399");
    shows(*state, "KZ density cadre=doctor", "4110..4111 ratio | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void sums_are_divided_and_quotients_never_averaged(void **state)
{
    say_density(*state);
    say(*state, "KZ-35 headcount cadre=doctor 2023-12-30 5000");
    shows(*state, "KZ density cadre=doctor", /* 6894 of 1830287 */
          "3766..3767 known 3767 ratio incomplete | 2 2 of 20 stale 0 | 2023-12-30 2023-12-31");
}

static void rural_doctors_are_held_against_rural_people(void **state)
{
    say_density(*state);
    say(*state, "KZ-33 headcount cadre=doctor,settlement=rural 2023-12-31 600");
    shows(*state, "KZ-33 density cadre=doctor,settlement=rural", "none | 0 0 of 1 stale 0");
    say(*state, "KZ-33 population settlement=rural 2023-12-31 300000");
    shows(*state, "KZ-33 density cadre=doctor,settlement=rural",
          "2000..2000 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

static void bounds_are_the_least_and_the_greatest_quotient(void **state)
{
    say(*state, "KZ-33 headcount - 2023-12-31 100..200");
    say(*state, "KZ-33 population - 2023-12-31 30000..40000");
    shows(*state, "KZ-33 density -", "2500..6667 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    say(*state, "KZ-33 population - 2023-12-31 >=30000");
    shows(*state, "KZ-33 density -", "0..6667 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    say(*state, "KZ-33 headcount - 2023-12-31 >=100");
    shows(*state, "KZ-33 density -", "0..open ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

static void nothing_is_divided_by_what_may_be_nothing(void **state)
{
    say(*state, "KZ-33 headcount - 2023-12-31 100");
    say(*state, "KZ-33 population - 2023-12-31 0..5");
    shows(*state, "KZ-33 density -", "none | 0 0 of 1 stale 0 | ?unknown");
    shows(*state, "KZ density -", "none | 1 1 of 20 stale 0 | ?unknown");
}

static void the_largest_figures_do_not_overflow(void **state)
{
    say(*state, "KZ-33 headcount - 2023-12-31 1000000000000000");
    say(*state, "KZ-33 population - 2023-12-31 1");
    shows(*state, "KZ-33 density -", /* 10^21 steps: more than a figure holds */
          "9223372036854775807..open ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    say(*state, "KZ-33 population - 2023-12-31 1000000000000000");
    shows(*state, "KZ-33 density -", "1000000..1000000 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

static void a_stated_ratio_stands_where_it_was_stated_only(void **state)
{
    say_density(*state);
    say(*state, "KZ-33 density cadre=doctor 2023-12-31 30");
    shows(*state, "KZ-33 density cadre=doctor",
          "3000..3000 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    shows(*state, "KZ density cadre=doctor",
          "2709..2710 known 2710 ratio incomplete | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
    say(*state, "KZ-35 density cadre=doctor 2023-12-31 30"); /* counts nobody in the nation's */
    shows(*state, "KZ density cadre=doctor",
          "2709..2710 known 2710 ratio incomplete | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
    say(*state, "KZ-33 density cadre=doctor 2023-12-31 withdrawn");
    shows(*state, "KZ-33 density cadre=doctor", JETISU " | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

/* Found by the oracle (seed 862): its own word that there is none took it out of those expected, while its
 * terms made it one of those who reported. */
static void who_is_in_a_ratio_is_expected_in_it(void **state)
{
    say_density(*state);
    say(*state, "KZ-75 headcount cadre=doctor 2023-12-31 0");
    say(*state, "KZ-75 population - 2023-12-31 0..699000");
    say(*state, "KZ-75 density cadre=doctor 2023-12-31 ?not_applicable");
    shows(*state, "KZ-75 density cadre=doctor", "none | 0 0 of 0 stale 0 | ?not_applicable");
    shows(*state, "KZ density cadre=doctor",
          "1354..2710 known 2710 ratio incomplete | 2 2 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void what_cannot_exist_is_not_expected(void **state)
{
    say_density(*state);
    say(*state, "KZ-75 headcount cadre=doctor 2023-12-31 ?not_applicable");
    shows(*state, "KZ-75 density cadre=doctor", "none | 0 0 of 0 stale 0 | ?not_applicable");
    shows(*state, "KZ density cadre=doctor",
          "2709..2710 known 2710 ratio incomplete | 1 1 of 19 stale 0 | 2023-12-31 2023-12-31");
}

static void a_predecessor_stands_in_no_ratio(void **state)
{
    say(*state, "KZ-35 headcount - 2022-01-01 4000");
    say(*state, "KZ-35 population - 2022-01-01 1000000");
    shows_on(*state, "KZ-35 density -", "2022-02-01",
             "4000..4000 ratio | 1 1 of 1 stale 0 | 2022-01-01 2022-01-01");
    shows_on(*state, "KZ density -", "2023-01-01", "none | 0 0 of 20 stale 0");
}

/* ---- differences --------------------------------------------------------------------------------------- */

static void a_vacancy_is_what_is_left(void **state)
{
    say(*state, "KZ-33 posts - 2023-12-31 100.5");
    shows(*state, "KZ-33 vacancy -", "none | 0 0 of 1 stale 0");
    say(*state, "KZ-33 occupied - 2024-01-10 90..95");
    shows(*state, "KZ-33 vacancy -", "550..1050 sum | 1 1 of 1 stale 0 | 2023-12-31 2024-01-10");
    shows(*state, "KZ vacancy -", "none | 1 1 of 20 stale 0");
    say(*state, "KZ-33 occupied - 2024-01-10 >=90");
    shows(*state, "KZ-33 vacancy -", "none | 0 0 of 1 stale 0 | ?unknown");
}

static void vacancies_of_all_regions_add_up(void **state)
{
    char line[128];
    for (size_t i = 0; i < KADR_COUNT(all_regions); i++) {
        snprintf(line, sizeof(line), "%s posts - 2023-12-31 100", all_regions[i]);
        say(*state, line);
        snprintf(line, sizeof(line), "%s occupied - 2023-12-31 %d", all_regions[i], i == 0 ? 110 : 90);
        say(*state, line);
    }
    shows(*state, "KZ-10 vacancy -", "-1000..-1000 sum | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    shows(*state, "KZ vacancy -", "18000..18000 sum | 20 20 of 20 stale 0 | 2023-12-31 2023-12-31");
    shows(*state, "KZ vacancy_rate -", "90..90 ratio | 20 20 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void some_of_what_only_adds_is_a_lower_bound(void **state)
{
    say(*state, "KZ-33 posts - 2023-12-31 100");
    say(*state, "KZ-33 occupied - 2023-12-31 90");
    shows(*state, "KZ both -",
          "19000..open known 19000 sum incomplete | 1 1 of 20 stale 0 | 2023-12-31 2023-12-31");
}

static void a_rate_below_zero_is_rounded_outwards(void **state)
{
    say(*state, "KZ-33 posts - 2023-12-31 30");
    say(*state, "KZ-33 occupied - 2023-12-31 31");
    shows(*state, "KZ-33 vacancy_rate -", "-34..-33 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static const char *change_of(struct world *w, const char *unit, const char *indicator)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    size_t count = take(w);
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(w->rollup, i);
        if (change.cell.key.unit == kadr_unit_find(reference, unit) &&
            change.cell.key.indicator == kadr_indicator_find(reference, indicator)) {
            return kadr_change_text(change.kind);
        }
    }
    return "none";
}

static void either_part_changes_the_ratio(void **state)
{
    struct world *w = *state;
    say_density(w);
    assert_string_equal(change_of(w, "KZ", "density"), "new");
    say(w, "KZ-33 population - 2023-12-31 700000");
    assert_string_equal(change_of(w, "KZ", "density"), "corrected");
    say(w, "KZ-33 headcount cadre=doctor 2023-12-31 1895");
    assert_string_equal(change_of(w, "KZ", "density"), "corrected");
    say(w, "KZ-33 headcount cadre=midlevel 2023-12-31 1");
    shows(w, "KZ-33 density cadre=midlevel", "1..2 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    say(w, "KZ-33 population - 2023-12-31 withdrawn");
    assert_string_equal(change_of(w, "KZ", "density"), "withdrawn");
    shows(w, "KZ-33 density cadre=doctor", "none | 0 0 of 1 stale 0");
}

static void a_part_of_a_part_changes_the_ratio(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 posts - 2023-12-31 100");
    say(w, "KZ-33 occupied - 2023-12-31 90");
    shows(w, "KZ-33 vacancy_rate -", "100..100 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
    settle(w);
    say(w, "KZ-33 occupied - 2023-12-31 95");
    assert_string_equal(change_of(w, "KZ-33", "vacancy_rate"), "corrected");
    shows(w, "KZ-33 vacancy_rate -", "50..50 ratio | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31");
}

static void a_ratio_ages_with_its_parts(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-12-31 1000");
    say(w, "KZ-33 population - 2022-12-31 100000");
    settle(w);
    next_day(w, "2024-02-10"); /* 406 days: the population is stale */
    assert_string_equal(change_of(w, "KZ-33", "density"), "aged");
    shows(w, "KZ-33 density -", "10000..10000 ratio | 1 1 of 1 stale 1 | 2022-12-31 2023-12-31");
}

/* ---- places below a reporter --------------------------------------------------------------------------- */

#define LAND(code, one, two)                                                                                 \
    code ",region,KZ,1900-01-01,,,," code "," code "," code "\n" one ",district," code ",1900-01-01,,,," one \
         "," one "," one "\n" two ",district," code ",1900-01-01,,,," two "," two "," two "\n"

/* Nobody owes anything. */
static int open_districts(void **state)
{
    static const char units[] =
        UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n" LAND("KZ-31", "311000000", "312000000")
            LAND("KZ-33", "331000000", "332000000") //
        "311100000,facility,311000000,1900-01-01,,,,E,E,E\n"
        "311200000,facility,311000000,1900-01-01,,,,F,F,F\n";
    static const char catalogue[] =
        "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days,"
        "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms\n"
        "posts,stock,person,1,last,sum,region,,,200,1825,none,,,no,T,T,T,,,,,\n"
        "occupied,stock,person,1,last,sum,region,,,200,1825,none,,,no,O,O,O,,,,,\n"
        "vacancy,stock,person,1,last,linear,region,,,200,1825,none,,,yes,V,V,V,,,,,posts -occupied\n"
        "both,stock,person,1,last,linear,region,,,200,1825,none,,,no,U,U,U,,,,,posts occupied\n";
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference(units, catalogue, EXAMPLE_MEMBERS), "2024-02-01");
    *state = w;
    return 0;
}

/* Posts of one district less occupied posts of another are a vacancy of neither. */
static void terms_of_two_districts_are_no_difference(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 posts - 2024-01-31 50");
    say(w, "KZ-33 occupied - 2024-01-31 40");
    say(w, "311000000 posts - 2024-01-31 100");
    settle(w);
    say(w, "312000000 occupied - 2024-01-31 90");
    settle(w);
    shows(w, "KZ-31 vacancy -", "none | 0 0 of null stale 0");
    shows(w, "KZ vacancy -", "none | 1 1 of null stale 0");
    shows(w, "KZ both -", "90..open known 90 sum incomplete | 1 1 of null stale 0 | 2024-01-31 2024-01-31");
    say(w, "312000000 posts - 2024-01-31 95");
    say(w, "311000000 occupied - 2024-01-31 80");
    settle(w);
    shows(w, "KZ-31 vacancy -", "25..25 sum | 1 1 of null stale 0 | 2024-01-31 2024-01-31");
    shows(w, "KZ vacancy -", "35..35 sum | 2 2 of null stale 0 | 2024-01-31 2024-01-31");
}

static void a_district_is_asked_for_its_clinics(void **state)
{
    struct world *w = *state;
    say(w, "311100000 posts - 2024-01-31 100");
    say(w, "311200000 occupied - 2024-01-31 90");
    say(w, "312000000 posts - 2024-01-31 20");
    say(w, "312000000 occupied - 2024-01-31 18");
    settle(w);
    shows(w, "311000000 vacancy -", "none | 0 0 of null stale 0");
    shows(w, "KZ-31 vacancy -", "none | 0 0 of null stale 0");
    say(w, "311000000 posts - 2024-02-01 120"); /* of the whole district, wherever they are occupied */
    settle(w);
    shows(w, "311000000 vacancy -", "30..30 sum | 1 1 of null stale 0 | 2024-01-31 2024-02-01");
    shows(w, "KZ-31 vacancy -", "32..32 sum | 1 1 of null stale 0 | 2024-01-31 2024-02-01");
    shows(w, "KZ vacancy -", "32..32 sum | 1 1 of null stale 0 | 2024-01-31 2024-02-01");
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, open_derived, close_world)
    const struct CMUnitTest tests[] = {
        RULE(a_density_is_that_of_those_who_have_both),
        RULE(national_figures_make_the_national_density),
        RULE(sums_are_divided_and_quotients_never_averaged),
        RULE(rural_doctors_are_held_against_rural_people),
        RULE(bounds_are_the_least_and_the_greatest_quotient),
        RULE(nothing_is_divided_by_what_may_be_nothing),
        RULE(the_largest_figures_do_not_overflow),
        RULE(a_stated_ratio_stands_where_it_was_stated_only),
        RULE(who_is_in_a_ratio_is_expected_in_it),
        RULE(what_cannot_exist_is_not_expected),
        RULE(a_predecessor_stands_in_no_ratio),
        RULE(a_vacancy_is_what_is_left),
        RULE(vacancies_of_all_regions_add_up),
        RULE(some_of_what_only_adds_is_a_lower_bound),
        RULE(a_rate_below_zero_is_rounded_outwards),
        RULE(either_part_changes_the_ratio),
        RULE(a_part_of_a_part_changes_the_ratio),
        RULE(a_ratio_ages_with_its_parts),
        cmocka_unit_test_setup_teardown(terms_of_two_districts_are_no_difference, open_districts,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_district_is_asked_for_its_clinics, open_districts, close_world),
    };
#undef RULE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
