/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rollup.md, Differences over a period, rules: what figures leave over when they are held against one
 * another, and what that says. With the catalogue that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"
#include "shipped.h"

static int open_shipped(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, shipped_reference(), "2025-10-01");
    *state = w;
    return 0;
}

/* The figure, how it was made, and what it says of the rule. */
static void rule_says(struct world *w, const char *question, const char *expected)
{
    struct kadr_cell cell;
    char text[CELL_TEXT_BYTES], all[CELL_TEXT_BYTES + 16];
    assert_true(ask(w, question, NULL, &cell));
    char *behind = strstr(cell_text(&cell, text), " |");
    assert_non_null(behind);
    *behind = '\0';
    snprintf(all, sizeof(all), "%s: %s", text, kadr_holds_text(cell.holds));
    assert_string_equal(all, expected);
}

static void say_staff(struct world *w, const char *unit, const char *end)
{
    const char *const lines[] = { "headcount - 2023-12-31 1000", end, "arrivals - 2024 50",
                                  "departures - 2024 80" };
    for (size_t i = 0; i < KADR_COUNT(lines); i++) {
        char line[128];
        snprintf(line, sizeof(line), "%s %s", unit, lines[i]);
        say(w, line);
    }
}

/* ---- staff: the stock is what it was, and who came, and without who left --------------------------------
 */

static void staff_that_reconciles_leaves_nothing_over(void **state)
{
    say_staff(*state, "KZ-33", "headcount - 2024-12-31 970");
    rule_says(*state, "KZ-33 staff_balance - 2024", "0..0 sum: holds");
    assert_int_equal(kadr_rollup_broken_count(((struct world *)*state)->rollup), 0);
}

static void staff_that_does_not_reconcile_leaves_a_residual(void **state)
{
    struct world *w = *state;
    say_staff(w, "KZ-33", "headcount - 2024-12-31 967");
    rule_says(w, "KZ-33 staff_balance - 2024", "-3..-3 sum: broken");
    settle(w);
    assert_int_equal(kadr_rollup_broken_count(w->rollup), 1); /* the nation's cannot be told */
    say(w, "KZ-33 headcount - 2024-12-31 970");
    settle(w);
    assert_int_equal(kadr_rollup_broken_count(w->rollup), 0);
}

static void what_may_be_zero_cannot_be_told(void **state)
{
    struct world *w = *state;
    say_staff(w, "KZ-33", "headcount - 2024-12-31 969~2");
    rule_says(w, "KZ-33 staff_balance - 2024", "-2..-1 sum: broken");
    say(w, "KZ-33 departures - 2024 80..81");
    rule_says(w, "KZ-33 staff_balance - 2024", "-2..0 sum: unknown");
}

/* Reported by a correction of any of the four, and for each period that both stocks are of. */
static void every_term_moves_the_balance(void **state)
{
    struct world *w = *state;
    say_staff(w, "KZ-33", "headcount - 2024-12-31 970");
    settle(w);
    say(w, "KZ-33 arrivals - 2024 51");
    rule_says(w, "KZ-33 staff_balance - 2024", "-1..-1 sum: broken");
    say(w, "KZ-33 departures - 2024 81");
    rule_says(w, "KZ-33 staff_balance - 2024", "0..0 sum: holds");
    say(w, "KZ-33 headcount - 2023-12-31 1001");
    rule_says(w, "KZ-33 staff_balance - 2024", "-1..-1 sum: broken");
    say(w, "KZ-33 headcount - 2024-12-31 971");
    rule_says(w, "KZ-33 staff_balance - 2024", "0..0 sum: holds");
    say(w, "KZ-33 headcount - 2024-12-31 withdrawn");
    rule_says(w, "KZ-33 staff_balance - 2024", "none: unknown");
}

static void a_balance_is_of_month_quarter_half_and_year(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-12-31 100");
    say(w, "KZ-33 headcount - 2024-03-31 106");
    say(w, "KZ-33 arrivals - 2024-Q1 10");
    say(w, "KZ-33 departures - 2024-Q1 4");
    rule_says(w, "KZ-33 staff_balance - 2024-Q1", "0..0 sum: holds");
    rule_says(w, "KZ-33 staff_balance - 2024-H1", "none: unknown");
    say(w, "KZ-33 headcount - 2024-06-30 110");
    say(w, "KZ-33 arrivals - 2024-Q2 5");
    say(w, "KZ-33 departures - 2024-Q2 0");
    rule_says(w, "KZ-33 staff_balance - 2024-Q2", "-1..-1 sum: broken");
    rule_says(w, "KZ-33 staff_balance - 2024-H1", "-1..-1 sum: broken");
    say(w, "KZ-33 headcount - 2024-05-31 111");
    say(w, "KZ-33 arrivals - 2024-06 0");
    say(w, "KZ-33 departures - 2024-06 1");
    rule_says(w, "KZ-33 staff_balance - 2024-06", "0..0 sum: holds");
    say(w, "KZ-33 headcount - 2024-12-31 120");
    say(w, "KZ-33 arrivals - 2024-H2 10");
    say(w, "KZ-33 departures - 2024-H2 0");
    rule_says(w, "KZ-33 staff_balance - 2024", "-1..-1 sum: broken");
}

/* The figure of November is not that of 31 December: who came in between would be missing from it. */
static void a_stock_that_is_carried_over_is_not_that_of_the_day(void **state)
{
    struct world *w = *state;
    say_staff(w, "KZ-33", "headcount - 2024-11-30 970");
    rule_says(w, "KZ-33 staff_balance - 2024", "none: unknown");
    say(w, "KZ-33 headcount - 2024-12-31 970");
    rule_says(w, "KZ-33 staff_balance - 2024", "0..0 sum: holds");
}

/* Karaganda of 31 December 2021 is not that of 31 December 2022: Ulytau had left it. */
static void a_change_of_borders_is_no_departure(void **state)
{
    struct world *w = *state;
    kadr_rollup_free(w->rollup);
    assert_int_equal(kadr_rollup_new(&w->rollup), 0);
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    assert_int_equal(kadr_rollup_day(w->rollup, day("2024-02-01"), ++w->commit), 0);
    say(w, "KZ-35 headcount - 2021-12-31 1000");
    say(w, "KZ-35 headcount - 2022-12-31 800");
    say(w, "KZ-35 headcount - 2023-12-31 790");
    say(w, "KZ-35 arrivals - 2022 10");
    say(w, "KZ-35 departures - 2022 20");
    say(w, "KZ-35 arrivals - 2023 10");
    say(w, "KZ-35 departures - 2023 20");
    rule_says(w, "KZ-35 staff_balance - 2022", "none: unknown");
    rule_says(w, "KZ-35 staff_balance - 2023", "0..0 sum: holds");
}

static void the_nations_balance_is_that_of_all_regions(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < KADR_COUNT(all_regions); i++) {
        say_staff(w, all_regions[i], i == 7 ? "headcount - 2024-12-31 972" : "headcount - 2024-12-31 970");
        rule_says(w, "KZ staff_balance - 2024",
                  i + 1 < KADR_COUNT(all_regions) ? "none: unknown" : "2..2 sum: broken");
    }
}

static void a_balance_is_kept_for_what_all_terms_are_broken_down_by(void **state)
{
    struct world *w = *state;
    struct kadr_cell cell;
    say(w, "KZ-33 headcount cadre=doctor 2023-12-31 100");
    say(w, "KZ-33 headcount cadre=doctor 2024-12-31 90");
    say(w, "KZ-33 arrivals cadre=doctor 2024 5");
    say(w, "KZ-33 departures cadre=doctor 2024 15");
    say(w, "KZ-33 arrivals cadre=doctor,origin=abroad 2024 1");
    rule_says(w, "KZ-33 staff_balance cadre=doctor 2024", "0..0 sum: holds");
    assert_false(ask(w, "KZ-33 staff_balance cadre=doctor,origin=abroad 2024", NULL, &cell));
}

static void what_never_arrives_is_no_balance(void **state)
{
    struct kadr_cell cell;
    say(*state, "KZ-33 headcount - 2024-12-31 90");
    assert_false(ask(*state, "KZ-33 staff_balance - 2024", NULL, &cell));
    say(*state, "KZ-33 arrivals - 2024 ?not_applicable");
    assert_true(ask(*state, "KZ-33 staff_balance - 2024", NULL, &cell));
    assert_int_equal(cell.reason, KADR_REASON_NOT_APPLICABLE);
}

/* ---- grants
 * ------------------------------------------------------------------------------------------------
 */

/* Residency grants of Zhambyl, 2025: 157 = 62 finished + 84 studying + 11 on leave. */
static void zhambyls_157_grants_are_62_and_84_and_11(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 grants_used - 2018-09/2025-08 157");
    say(w, "KZ-31 trainees_completed - 2018-09/2025-08 62");
    say(w, "KZ-31 trainees_studying - 2018-08-31 0");
    say(w, "KZ-31 trainees_on_leave - 2018-08-31 0");
    say(w, "KZ-31 trainees_studying - 2025-08-31 84");
    rule_says(w, "KZ-31 grants_balance - 2018-09/2025-08", "none: unknown");
    say(w, "KZ-31 trainees_on_leave - 2025-08-31 11");
    rule_says(w, "KZ-31 grants_balance - 2018-09/2025-08", "0..0 sum: holds");
    say(w, "KZ-31 trainees_on_leave - 2025-08-31 10"); /* one left and nobody said so */
    rule_says(w, "KZ-31 grants_balance - 2018-09/2025-08", "-1..-1 sum: broken");
}

/* ---- money
 * -------------------------------------------------------------------------------------------------
 */

static void no_more_is_paid_than_was_allocated(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 incentive_budget_paid - 2024 90");
    rule_says(w, "KZ-33 incentive_overspend - 2024", "none: unknown");
    say(w, "KZ-33 incentive_budget_allocated - 2024 100");
    rule_says(w, "KZ-33 incentive_overspend - 2024", "-10..-10 sum: holds");
    say(w, "KZ-33 incentive_budget_paid - 2024 100");
    rule_says(w, "KZ-33 incentive_overspend - 2024", "0..0 sum: holds");
    say(w, "KZ-33 incentive_budget_paid - 2024 99..101");
    rule_says(w, "KZ-33 incentive_overspend - 2024", "-1..1 sum: unknown");
    say(w, "KZ-33 incentive_budget_paid - 2024 >100");
    rule_says(w, "KZ-33 incentive_overspend - 2024", "1..open sum: broken");
}

/* ---- the rule itself
 * -----------------------------------------------------------------------------------------
 */

static void what_an_interval_says_of_a_rule(void **state)
{
    (void)state;
    static const struct {
        int64_t lo, hi;
        bool open;
        enum kadr_holds zero, at_most_zero;
    } cases[] = {
        { 0, 0, false, KADR_HOLDS_YES, KADR_HOLDS_YES },
        { -1, -1, false, KADR_HOLDS_NO, KADR_HOLDS_YES },
        { 1, 1, false, KADR_HOLDS_NO, KADR_HOLDS_NO },
        { -1, 0, false, KADR_HOLDS_UNKNOWN, KADR_HOLDS_YES },
        { 0, 1, false, KADR_HOLDS_UNKNOWN, KADR_HOLDS_UNKNOWN },
        { -1, 1, false, KADR_HOLDS_UNKNOWN, KADR_HOLDS_UNKNOWN },
        { 0, 0, true, KADR_HOLDS_UNKNOWN, KADR_HOLDS_UNKNOWN },
        { -5, 0, true, KADR_HOLDS_UNKNOWN, KADR_HOLDS_UNKNOWN },
        { 1, 0, true, KADR_HOLDS_NO, KADR_HOLDS_NO },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_cell cell = {
            .basis = KADR_BASIS_SUM, .lo = cases[i].lo, .hi = cases[i].hi, .hi_open = cases[i].open
        };
        assert_int_equal(kadr_rule_holds(KADR_RULE_ZERO, &cell), cases[i].zero);
        assert_int_equal(kadr_rule_holds(KADR_RULE_AT_MOST_ZERO, &cell), cases[i].at_most_zero);
        assert_int_equal(kadr_rule_holds(KADR_RULE_NONE, &cell), KADR_HOLDS_NONE);
        cell.basis = KADR_BASIS_NONE;
        assert_int_equal(kadr_rule_holds(KADR_RULE_ZERO, &cell), KADR_HOLDS_UNKNOWN);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_shipped, close_world)
    const struct CMUnitTest tests[] = {
        CASE(staff_that_reconciles_leaves_nothing_over),
        CASE(staff_that_does_not_reconcile_leaves_a_residual),
        CASE(what_may_be_zero_cannot_be_told),
        CASE(every_term_moves_the_balance),
        CASE(a_balance_is_of_month_quarter_half_and_year),
        CASE(a_stock_that_is_carried_over_is_not_that_of_the_day),
        CASE(a_change_of_borders_is_no_departure),
        CASE(the_nations_balance_is_that_of_all_regions),
        CASE(a_balance_is_kept_for_what_all_terms_are_broken_down_by),
        CASE(what_never_arrives_is_no_balance),
        CASE(zhambyls_157_grants_are_62_and_84_and_11),
        CASE(no_more_is_paid_than_was_allocated),
        cmocka_unit_test(what_an_interval_says_of_a_rule),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
