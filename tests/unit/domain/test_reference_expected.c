/* SPDX-License-Identifier: Apache-2.0 */
/* expected.csv: who owes what, what is refused, and what the coverage makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#define HEAD "indicator,unit,from,to,expected\n"

static int open_with(void **state, const char *expected)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference_with(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS, expected),
               "2024-02-01");
    *state = w;
    return 0;
}

static bool owes_over(struct world *w, const char *unit, const char *indicator, const char *period)
{
    struct kadr_period span;
    assert_int_equal(kadr_period_parse(period, &span), 0);
    return kadr_owes(w->reference, kadr_unit_find(w->reference, unit),
                     kadr_indicator_find(w->reference, indicator), span);
}

/* ---- the rule ------------------------------------------------------------------------------------------ */

static int open_rules(void **state)
{
    return open_with(state, HEAD "headcount,KZ-33,,2023-12-31,no\n"
                                 "arrivals,KZ-31,2023-03-01,2023-05-31,no\n"
                                 "*,KZ-35,2023-07-01,,no\n"
                                 "need,KZ-35,2023-10-01,,yes\n"
                                 "teams,KZ-47,2023-06-01,2023-06-30,yes\n"
                                 "*,KZ-10,,,yes\n");
}

static void the_catalogue_says_it_where_no_row_does(void **state)
{
    assert_true(owes_over(*state, "KZ-39", "headcount", "2024-01-01"));
    assert_true(owes_over(*state, "KZ-39", "arrivals", "2023"));
    assert_false(owes_over(*state, "KZ-39", "teams", "2023"));
}

static void a_row_has_its_first_and_its_last_day(void **state)
{
    assert_false(owes_over(*state, "KZ-33", "headcount", "2023-12-31"));
    assert_true(owes_over(*state, "KZ-33", "headcount", "2024-01-01"));
    assert_true(owes_over(*state, "KZ-33", "arrivals", "2023-12-31")); /* another indicator */
}

static void one_day_of_a_period_is_enough(void **state)
{
    assert_false(owes_over(*state, "KZ-31", "arrivals", "2023-04"));
    assert_false(owes_over(*state, "KZ-31", "arrivals", "2023-03/2023-05"));
    assert_true(owes_over(*state, "KZ-31", "arrivals", "2023-03/2023-06"));
    assert_true(owes_over(*state, "KZ-31", "arrivals", "2023-Q1"));
    assert_true(owes_over(*state, "KZ-47", "teams", "2023"));
    assert_false(owes_over(*state, "KZ-47", "teams", "2023-07"));
}

static void a_row_of_the_indicator_outranks_one_of_all(void **state)
{
    assert_true(owes_over(*state, "KZ-35", "headcount", "2023-06-30"));
    assert_false(owes_over(*state, "KZ-35", "headcount", "2023-07-01"));
    assert_false(owes_over(*state, "KZ-35", "need", "2023-09-30"));
    assert_true(owes_over(*state, "KZ-35", "need", "2023-10-01"));
}

/* `*` is all that is owed; an event that nobody owes is not meant by it. */
static void all_is_all_that_is_owed(void **state)
{
    assert_true(owes_over(*state, "KZ-10", "headcount", "2024-01-01"));
    assert_false(owes_over(*state, "KZ-10", "teams", "2023"));
}

/* ---- what a cell makes of it ------------------------------------------------------------------------------
 */

static int open_nineteen(void **state)
{
    return open_with(state, HEAD "headcount,KZ-33,,,no\nteams,KZ-47,,,yes\n*,311000000,,,no\n");
}

static void nineteen_of_nineteen_are_complete(void **state)
{
    for (size_t i = 0; i < KADR_COUNT(all_regions); i++) {
        char line[64];
        snprintf(line, sizeof(line), "%s headcount - 2024-01-01 10", all_regions[i]);
        if (strcmp(all_regions[i], "KZ-33") != 0) {
            say(*state, line);
        }
    }
    shows(*state, "KZ headcount -", "190..190 sum | 19 19 of 19 stale 0 | 2024-01-01 2024-01-01");
}

/* What it states is in the figure; it was not asked, and so it is not one more than everybody. */
static void who_was_not_asked_is_never_above_everybody(void **state)
{
    nineteen_of_nineteen_are_complete(state);
    say(*state, "KZ-33 headcount - 2024-01-01 10");
    shows(*state, "KZ headcount -", "200..200 sum | 19 19 of 19 stale 0 | 2024-01-01 2024-01-01");
    shows(*state, "KZ-33 headcount -", "10..10 stated | 1 1 of null stale 0 | 2024-01-01 2024-01-01");
}

static void what_one_owes_is_of_one(void **state)
{
    say(*state, "KZ-35 teams - 2023-11 12");
    shows(*state, "KZ teams - 2023-11",
          "12..open known 12 sum incomplete | 0 0 of 1 stale 0 | 2023-11-30 "
          "2023-11-30");
    say(*state, "KZ-47 teams - 2023-11 80");
    shows(*state, "KZ teams - 2023-11", "92..92 sum | 1 1 of 1 stale 0 | 2023-11-30 2023-11-30");
}

/* The only district of its region owes nothing; what it states is its region's, and of nobody expected. */
static void a_child_that_owes_nothing_is_the_whole_with_its_figure(void **state)
{
    struct kadr_cell cell;
    say(*state, "311000000 headcount - 2024-01-01 5");
    shows(*state, "KZ-31 headcount -", "5..5 sum | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    assert_true(ask(*state, "311000000 headcount -", NULL, &cell));
    assert_int_equal(cell.expected, -1);
}

/* A flow of a period in which the unit was not there: let through under another reference, and not one of
 * none.
 */
static void a_unit_that_was_not_there_is_not_one_of_none(void **state)
{
    struct world *w = *state;
    say(w, "KZ-62 arrivals - 2022-01 3"); /* Ulytau begins on 2022-06-08 */
    shows(w, "KZ-62 arrivals - 2022-01", "3..3 stated | 1 1 of 1 stale 0 | 2022-01-31 2022-01-31");
}

/* ---- what is refused --------------------------------------------------------------------------------------
 */

static void refuses(const char *row, enum kadr_diag_code code, uint32_t column, const char *arg)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_reference *reference = NULL;
    char expected[256];
    snprintf(expected, sizeof(expected), HEAD "headcount,KZ-33,2023-01-01,2023-12-31,no\n%s\n", row);
    const struct kadr_file files[] = {
        { "units.csv", { (const uint8_t *)EXAMPLE_UNITS, strlen(EXAMPLE_UNITS) } },
        { "indicators.csv", { (const uint8_t *)EXAMPLE_CATALOGUE, strlen(EXAMPLE_CATALOGUE) } },
        { "members.csv", { (const uint8_t *)EXAMPLE_MEMBERS, strlen(EXAMPLE_MEMBERS) } },
        { "expected.csv", { (const uint8_t *)expected, strlen(expected) } },
    };
    kadr_diags_init(&diags);
    assert_int_equal(kadr_reference_load(files, KADR_COUNT(files), &diags, &reference), KADR_EINVAL);
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.items[0].code, code);
    assert_string_equal(diags.items[0].file, "expected.csv");
    assert_int_equal(diags.items[0].line, 3);
    assert_int_equal(diags.items[0].column, column);
    assert_string_equal(diags.items[0].arg[0], arg);
}

static void what_a_row_cannot_say_is_refused_with_its_place(void **state)
{
    (void)state;
    refuses("hedcount,KZ-33,,,no", KADR_DIAG_UNKNOWN_INDICATOR, 1, "hedcount");
    refuses("headcount,KZ-99,,,no", KADR_DIAG_UNKNOWN_UNIT, 2, "KZ-99");
    refuses("headcount,311000000,,,no", KADR_DIAG_BAD_DEFINITION, 2,
            "the indicator is reported at another level");
    refuses("headcount,KZ-35,2023-02-30,,no", KADR_DIAG_BAD_PERIOD, 3, "2023-02-30");
    refuses("headcount,KZ-35,2023-02-01,2023-01-01,no", KADR_DIAG_BAD_DEFINITION, 4, "ends before it begins");
    refuses("headcount,KZ-35,,,maybe", KADR_DIAG_UNKNOWN_VALUE, 5, "maybe");
    refuses("headcount,KZ-33,2023-12-31,,yes", KADR_DIAG_BAD_DEFINITION, 0,
            "overlaps another row of the unit and indicator");
    refuses("headcount,KZ-33,,2023-01-01,yes", KADR_DIAG_BAD_DEFINITION, 0,
            "overlaps another row of the unit and indicator");
}

/* Three files have the version they had before there was a fourth. */
static void the_fourth_file_is_part_of_the_version(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref)
    struct kadr_reference *none = load_reference(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS);
    KADR_CLEANUP(kadr_reference_unref)
    struct kadr_reference *empty =
        load_reference_with(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS, HEAD);
    KADR_CLEANUP(kadr_reference_unref)
    struct kadr_reference *one =
        load_reference_with(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS, HEAD "*,KZ-33,,,no\n");
    assert_false(kadr_digest_equal(kadr_reference_version(none), kadr_reference_version(empty)));
    assert_false(kadr_digest_equal(kadr_reference_version(one), kadr_reference_version(empty)));
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, open_rules, close_world)
#define CELL(name) cmocka_unit_test_setup_teardown(name, open_nineteen, close_world)
    const struct CMUnitTest tests[] = {
        RULE(the_catalogue_says_it_where_no_row_does),
        RULE(a_row_has_its_first_and_its_last_day),
        RULE(one_day_of_a_period_is_enough),
        RULE(a_row_of_the_indicator_outranks_one_of_all),
        RULE(all_is_all_that_is_owed),
        CELL(nineteen_of_nineteen_are_complete),
        CELL(who_was_not_asked_is_never_above_everybody),
        CELL(what_one_owes_is_of_one),
        CELL(a_child_that_owes_nothing_is_the_whole_with_its_figure),
        CELL(a_unit_that_was_not_there_is_not_one_of_none),
        cmocka_unit_test(what_a_row_cannot_say_is_refused_with_its_place),
        cmocka_unit_test(the_fourth_file_is_part_of_the_version),
    };
#undef RULE
#undef CELL
    return cmocka_run_group_tests(tests, NULL, NULL);
}
