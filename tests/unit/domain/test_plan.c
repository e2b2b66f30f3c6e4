/* SPDX-License-Identifier: Apache-2.0 */
/* Plans beside facts: what is left, and whether it is late. Figures of the sample articles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/plan.h"
#include "rollup_world.h"

#include "shipped.h"

static int open_shipped(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, shipped_reference(), "2024-07-01");
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    test_free(*state);
    return 0;
}

/* `PLAN-QUESTION`, the fact in its order, on a day: `on_the_way 19..49`. */
static void says(struct world *w, const char *plan_question, const char *fact_question, const char *today,
                 const char *expected)
{
    struct kadr_cell plan, fact;
    char text[64], lo[24], hi[24];
    assert_true(ask(w, plan_question, NULL, &plan));
    bool there = ask(w, fact_question, NULL, &fact);
    const struct kadr_indicator_info *info = kadr_indicator_info(w->reference, plan.key.indicator);
    bool less = false;
    for (size_t i = 0; i < info->fact_count && there; i++) {
        less = less || (info->facts[i].indicator == fact.key.indicator && info->facts[i].less);
    }
    struct kadr_progress progress =
        kadr_plan_progress(&plan, there ? &fact : NULL, less, today ? day(today) : day("2024-07-01"));
    snprintf(text, sizeof(text), "%s", kadr_plan_state_text(progress.state));
    if (progress.known) {
        snprintf(text, sizeof(text), "%s %s..%s", kadr_plan_state_text(progress.state),
                 number(progress.lo, false, lo), number(progress.hi, progress.hi_open, hi));
    }
    assert_string_equal(text, expected);
}

#define RURAL92 "settlement=rural,programme=national_project_rural_health 2023-11-20/2025-11-19"
#define PLAN92  "KZ-35 facilities_planned " RURAL92
#define BUILT92 "KZ-35 facilities_built " RURAL92

static void the_92_of_karaganda_are_due_when_two_years_are_over(void **state)
{
    struct world *w = *state;
    says(w, (say(w, PLAN92 " 92"), PLAN92), BUILT92, NULL, "unknown");
    say(w, BUILT92 " 40");
    says(w, PLAN92, BUILT92, "2024-07-01", "on_the_way 52..52");
    says(w, PLAN92, BUILT92, "2025-11-19", "on_the_way 52..52");
    says(w, PLAN92, BUILT92, "2025-11-20", "overdue 52..52");
    say(w, BUILT92 " 92");
    says(w, PLAN92, BUILT92, "2025-11-19", "ahead 0..0");
    says(w, PLAN92, BUILT92, "2025-11-20", "fulfilled 0..0");
}

/* The governor's two to three years from 20 November 2023: no rural doctor missing by November 2025 … 2026.
 */
#define TARGET "KZ-35 need_declared_target cadre=doctor,settlement=rural 2025-11/2026-11"
#define NEED   "KZ-35 need_declared cadre=doctor,settlement=rural"

static void a_target_is_reached_from_above(void **state)
{
    struct world *w = *state;
    say(w, TARGET " 0");
    say(w, NEED " 2023-11-20 23");
    says(w, TARGET, NEED, "2024-07-01", "on_the_way 23..23");
    says(w, TARGET, NEED, "2026-01-15", "on_the_way 23..23"); /* it may be due, and need not */
    says(w, TARGET, NEED, "2026-12-01", "overdue 23..23");
    say(w, NEED " 2024-06-01 0..3");
    says(w, TARGET, NEED, "2026-11-30", "on_the_way 0..3");
    says(w, TARGET, NEED, "2026-12-01", "unknown 0..3");
    say(w, NEED " 2024-06-30 0");
    says(w, TARGET, NEED, "2026-11-30", "ahead 0..0");
    says(w, TARGET, NEED, "2026-12-01", "fulfilled 0..0");
}

#define PROGRAMME "programme=national_project_rural_health 2024"
#define PLAN59    "KZ-33 facilities_planned " PROGRAMME
#define BUILT     "KZ-33 facilities_built " PROGRAMME
#define OPENED    "KZ-33 facilities_opened " PROGRAMME

/* 59 planned for 2024; months are known, and not all of them. */
static void the_59_of_jetisu_are_held_against_what_is_known(void **state)
{
    struct world *w = *state;
    say(w, PLAN59 " 59");
    say(w, "KZ-33 facilities_built programme=national_project_rural_health 2024-Q1 10");
    says(w, PLAN59, BUILT, "2024-07-01", "on_the_way 0..49");
    says(w, PLAN59, BUILT, "2025-01-01", "unknown 0..49");
    say(w, BUILT " 58");
    says(w, PLAN59, BUILT, "2024-12-31", "on_the_way 1..1");
    says(w, PLAN59, BUILT, "2025-01-01", "overdue 1..1");
    say(w, BUILT " >=59");
    says(w, PLAN59, BUILT, "2024-12-31", "ahead 0..0");
    say(w, OPENED " 40..60");
    says(w, PLAN59, OPENED, "2024-12-31", "on_the_way 0..19");
    says(w, PLAN59, OPENED, "2025-01-01", "unknown 0..19");
}

static void a_plan_without_an_upper_end_is_never_certainly_reached(void **state)
{
    struct world *w = *state;
    say(w, PLAN59 " >=59");
    say(w, BUILT " 80");
    says(w, PLAN59, BUILT, "2024-12-31", "on_the_way 0..open");
    says(w, PLAN59, BUILT, "2025-01-01", "unknown 0..open");
    say(w, BUILT " 58");
    says(w, PLAN59, BUILT, "2025-01-01", "overdue 1..open");
}

static void a_missing_figure_cannot_be_told(void **state)
{
    struct world *w = *state;
    say(w, PLAN59 " ?not_stated");
    say(w, BUILT " 58");
    says(w, PLAN59, BUILT, "2025-01-01", "unknown");
    say(w, PLAN59 " 59");
    say(w, BUILT " ?not_reported");
    says(w, PLAN59, BUILT, "2025-01-01", "unknown");
}

static void the_catalogue_names_the_facts_in_order(void **state)
{
    struct world *w = *state;
    const struct kadr_indicator_info *plan =
        kadr_indicator_info(w->reference, kadr_indicator_find(w->reference, "facilities_planned"));
    static const char *const facts[] = { "facilities_built", "facilities_opened", "facilities_staffed" };
    assert_int_equal(plan->fact_count, KADR_COUNT(facts));
    for (size_t i = 0; i < KADR_COUNT(facts); i++) {
        assert_int_equal(plan->facts[i].indicator, kadr_indicator_find(w->reference, facts[i]));
        assert_false(plan->facts[i].less);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_shipped, close_world)
    const struct CMUnitTest tests[] = {
        CASE(the_92_of_karaganda_are_due_when_two_years_are_over),
        CASE(a_target_is_reached_from_above),
        CASE(the_59_of_jetisu_are_held_against_what_is_known),
        CASE(a_plan_without_an_upper_end_is_never_certainly_reached),
        CASE(a_missing_figure_cannot_be_told),
        CASE(the_catalogue_names_the_facts_in_order),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
