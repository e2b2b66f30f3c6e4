/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of docs/rollup.md that the worked examples leave open: in force, ageing, tilings, the live window,
 * kinds of change, digests, and what happens at the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/map.h"

#include "rollup_world.h"

#include "rollup_reference.h"

#define TODAY "2024-02-01"

static int open_world(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    example_open(w, TODAY);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    test_free(*state);
    return 0;
}

static size_t take(struct world *w, const struct kadr_cell_change **ret_changes)
{
    size_t count = 0;
    assert_int_equal(kadr_rollup_take_changes(w->rollup, ret_changes, &count), 0);
    return count;
}

static void settle(struct world *w)
{
    const struct kadr_cell_change *changes;
    (void)take(w, &changes); /* what happened so far is of no interest */
}

static void next_day(struct world *w, const char *text)
{
    assert_int_equal(kadr_rollup_day(w->rollup, day(text), ++w->commit), 0);
}

/* The kind of change of one unit's cells since the last take; "none" if it has none. */
static const char *change_at(struct world *w, const char *unit)
{
    const struct kadr_cell_change *changes;
    size_t count = take(w, &changes);
    kadr_unit index = kadr_unit_find(kadr_rollup_current_reference(w->rollup), unit);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].cell.key.unit == index) {
            return changes[i].removed ? "removed" : kadr_change_text(changes[i].kind);
        }
    }
    return "none";
}

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

static void a_cell_may_leave_before_it_was_ever_read(void **state)
{
    struct world *w = *state;
    const struct kadr_cell_change *changes;
    say(w, "KZ-33 arrivals - 2022-03 4");
    say(w, "KZ-33 headcount - 2024-01-01 10");
    next_day(w, "2025-01-01");
    assert_int_equal(take(w, &changes), 2); /* headcount of KZ-33 and KZ; nothing is told of the others */
    assert_false(changes[0].removed || changes[1].removed);
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

/* ---- kinds of change ----------------------------------------------------------------------------------- */

static void each_change_has_its_kind(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-06-30 100");
    assert_string_equal(change_at(w, "KZ"), "new");
    say(w, "KZ-35 headcount - 2023-06-30 50");
    assert_string_equal(change_at(w, "KZ"), "completed");
    say(w, "KZ-35 headcount - 2023-12-31 60");
    assert_string_equal(change_at(w, "KZ"), "updated");
    say(w, "KZ-35 headcount - 2024-01-31 60");
    assert_string_equal(change_at(w, "KZ-35"), "refreshed");
    say(w, "KZ-35 headcount - 2024-01-31 61");
    assert_string_equal(change_at(w, "KZ-35"), "corrected");
    say(w, "KZ-35 headcount - 2024-01-31 withdrawn");
    assert_string_equal(change_at(w, "KZ-35"), "withdrawn");
    say(w, "KZ-33 need cadre=doctor 2024-01-01 7");
    settle(w);
    say(w, "KZ-33 need cadre=midlevel 2024-01-01 8");
    assert_string_equal(change_at(w, "KZ"), "completed"); /* more members */
    next_day(w, "2024-02-02");
    assert_string_equal(change_at(w, "KZ"), "none");
    next_day(w, "2024-12-01");
    assert_string_equal(change_at(w, "KZ"), "aged");
    next_day(w, "2024-12-02");
    say(w, "KZ-39 headcount - 2024-12-01 5"); /* the day changed as well, but not only */
    assert_string_equal(change_at(w, "KZ"), "completed");
}

/* ---- the reference ------------------------------------------------------------------------------------- */

static void what_has_no_code_yet_sleeps(void **state)
{
    struct world *w = *state;
    struct kadr_reference *wider = load_reference(
        EXAMPLE_UNITS,
        EXAMPLE_CATALOGUE "later,stock,person,100,last,sum,region,cadre,cadre,,,none,,,no,L,L,L\n",
        EXAMPLE_MEMBERS);
    say(w, "KZ-33 headcount - 2024-01-01 10");
    say(w, "KZ-33 later cadre=doctor 2024-01-01 7");
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 2);
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 2);
    settle(w);
    assert_int_equal(kadr_rollup_reference(w->rollup, wider, ++w->commit), 0);
    shows(w, "KZ-33 later cadre=doctor", "700..700 stated | 1 1 of null stale 0 | 2024-01-01 2024-01-01");
    assert_string_equal(change_at(w, "KZ-33"), "reference");
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 2);
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 2);
    assert_string_equal(change_at(w, "KZ-33"), "none"); /* headcount is as it was; `later` cannot be named */
    kadr_reference_unref(wider);
}

/* Scales change exactly or not at all: 364.25 posts cannot be told in whole ones, so that statement sleeps.
 */
static void a_scale_changes_exactly_or_sleeps(void **state)
{
    struct world *w = *state;
    const char *posts = strstr(EXAMPLE_CATALOGUE, "posts,");
    char whole[8192];
    assert_non_null(posts);
    snprintf(whole, sizeof(whole), "%.*sposts,stock,person,1,last,sum,region,cadre,cadre,,,none,,,no,P,P,P\n",
             (int)(posts - EXAMPLE_CATALOGUE), EXAMPLE_CATALOGUE);
    struct kadr_reference *other = load_reference(EXAMPLE_UNITS, whole, EXAMPLE_MEMBERS);
    say(w, "KZ-33 posts cadre=doctor 2024-01-01 364");
    say(w, "KZ-35 posts cadre=doctor 2024-01-01 364.25");
    shows(w, "KZ-33 posts cadre=doctor", "36400..36400 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    assert_int_equal(kadr_rollup_reference(w->rollup, other, ++w->commit), 0);
    shows(w, "KZ-33 posts cadre=doctor", "364..364 stated | 1 1 of null stale 0 | 2024-01-01 2024-01-01");
    shows(w, "KZ-35 posts cadre=doctor", "no such cell");
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    shows(w, "KZ-35 posts cadre=doctor", "36425..36425 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    kadr_reference_unref(other);
}

/* What left before a change of reference is still told after it, under its new index. */
static void a_cell_that_left_is_told_across_references(void **state)
{
    struct world *w = *state;
    const struct kadr_cell_change *changes;
    struct kadr_reference *renumbered = load_reference(
        EXAMPLE_UNITS,
        CATALOGUE_HEADER "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,calendar,,,no,A,A,A\n",
        EXAMPLE_MEMBERS);
    kadr_unit region = kadr_unit_find(w->reference, "KZ-33");
    say(w, "KZ-33 arrivals - 2022-03/2022-05 4"); /* half, year, academic year, and itself */
    settle(w);
    next_day(w, "2025-01-01");
    assert_int_equal(kadr_rollup_reference(w->rollup, renumbered, ++w->commit), 0);
    size_t count = take(w, &changes);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        assert_true(changes[i].removed);
        assert_int_equal(changes[i].cell.key.indicator, 0);
        assert_true(changes[i].cell.key.unit == region || changes[i].cell.key.unit == 0);
    }
    kadr_reference_unref(renumbered);
}

/* ---- digests ------------------------------------------------------------------------------------------- */

struct topics {
    char text[256];
    const struct kadr_reference *reference;
};

static int note_topic(void *context, const struct kadr_topic_digest *digest)
{
    struct topics *topics = context;
    size_t len = strlen(topics->text);
    snprintf(topics->text + len, sizeof(topics->text) - len, "%s:%s ",
             kadr_unit_info(topics->reference, digest->region)->code,
             kadr_indicator_info(topics->reference, digest->indicator)->code);
    return 0;
}

static void a_district_counts_to_its_region(void **state)
{
    struct world *w = *state;
    struct topics topics = { "", w->reference };
    say(w, "311000000 headcount - 2024-01-01 10");
    settle(w);
    assert_int_equal(kadr_rollup_digests(w->rollup, note_topic, &topics), 0);
    assert_string_equal(topics.text, "KZ:headcount KZ-31:headcount ");
}

/* Bytes of docs/rollup.md, one by one, and the digest of them: what another program must make as well. */
static void canonical_bytes_are_these(void **state)
{
    struct world *w = *state;
    static const uint8_t expected[] = {
        1,    2,   'K',  'Z',  4,    'n', 'e',  'e',  'd', 2,                  /* version, unit, indicator */
        5,    'c', 'a',  'd',  'r',  'e', 6,    'd',  'o', 'c', 't', 'o', 'r', /* by dimension code */
        10,   's', 'e',  't',  't',  'l', 'e',  'm',  'e', 'n', 't', 5,   'r', 'u', 'r', 'a', 'l',
        0x80, 0,   0,    0,    0x80, 0,   0,    0, /* as of the day */
        0,    0,   0,    1,    2,    0,   3,       /* scale, basis, reason, flags */
        0,    0,   0,    0,    0,    0,   0,    23,   0,   0,   0,   0,   0,   0,   0,   0,   0,
        0,    0,   0,    0,    0,    0,   23, /* lo, hi, known_hi */
        0,    0,   0,    1,    0,    0,   0,    1,    0,   0,   0,   20,  0,   0,   0,   0, /* coverage */
        0,    0,   0x4c, 0xe1, 0,    0,   0x4c, 0xe1,                                       /* 2023-11-20 */
        0,    0,   0,    0,    0,    0,   0,    0,    0,   0,   0,   0,   0,   0,   0,   0,   0 /* residual */
    };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    struct kadr_cell cell;
    say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    assert_true(ask(w, "KZ need cadre=doctor,settlement=rural", NULL, &cell));
    kadr_buf_init(&bytes, 0);
    kadr_cell_canonical(w->reference, &cell, &bytes);
    assert_int_equal(bytes.len, sizeof(expected));
    assert_memory_equal(bytes.data, expected, sizeof(expected));
    struct kadr_digest made = kadr_cell_digest(w->reference, &cell);
    struct kadr_digest whole = kadr_hash(expected, sizeof(expected));
    assert_true(kadr_digest_equal(&made, &whole));
}

/* ---- the map ------------------------------------------------------------------------------------------- */

static void a_map_finds_what_was_put(void **state)
{
    (void)state; /* no world needed */
    static char values[20000];
    struct kadr_map map = { 0 };
    for (uint64_t i = 0; i < KADR_COUNT(values); i++) {
        struct kadr_map_key key = { { i << 48, i % 7, i << 32 } };
        assert_null(kadr_map_get(&map, &key));
        assert_int_equal(kadr_map_put(&map, &key, &values[i]), 0);
    }
    for (uint64_t i = 0; i < KADR_COUNT(values); i++) {
        struct kadr_map_key key = { { i << 48, i % 7, i << 32 } };
        assert_ptr_equal(kadr_map_get(&map, &key), &values[i]);
    }
    size_t cursor = 0, count = 0;
    while (kadr_map_next(&map, &cursor)) {
        count++;
    }
    assert_int_equal(count, map.count);
    kadr_map_clear(&map);
    assert_null(kadr_map_get(&map, &(struct kadr_map_key){ { 0, 0, 0 } }));
    kadr_map_done(&map);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_late_november_does_not_undo_december),
        CASE(at_one_time_the_later_commit_wins),
        CASE(a_confirmation_is_no_change),
        CASE(a_withdrawal_stays),
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
        CASE(each_change_has_its_kind),
        CASE(what_has_no_code_yet_sleeps),
        CASE(a_cell_that_left_is_told_across_references),
        CASE(a_scale_changes_exactly_or_sleeps),
        CASE(a_district_counts_to_its_region),
        CASE(canonical_bytes_are_these),
        CASE(a_map_finds_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
