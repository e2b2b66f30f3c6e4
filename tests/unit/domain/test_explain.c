/* SPDX-License-Identifier: Apache-2.0 */
/* Where a figure comes from: worked examples of docs/rollup.md with the expected choice, and over generated
 * histories that the leaves of the chosen ways, put together by the rule of each node, are the cell.
 *
 * rollup_history.h makes the histories. KADR_TEST_SEED=n runs one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#include "explain_tree.h"
#include "rollup_history.h"
#include "shipped.h"

#define HISTORIES    160
#define FIRST_COMMIT 3 /* of a history: a reference and a day come before */

/* ---- worked examples ----------------------------------------------------------------------------------- */

static void explained(struct world *w, const char *question, const char *as_of, char text[TREE_BYTES])
{
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation e = { 0 };
    assert_int_equal(explain_on(w, question, as_of, &e), 0);
    assert_int_equal(e.omitted, 0);
    assert_null(faults(w, &e));
    tree_text(kadr_rollup_current_reference(w->rollup), &e, text);
}

static void explains_on(struct world *w, const char *question, const char *as_of, const char *expected)
{
    char text[TREE_BYTES];
    explained(w, question, as_of, text);
    assert_string_equal(text, expected);
}

/* Only how it begins: twenty regions are a long list. */
static void begins(struct world *w, const char *question, const char *expected)
{
    char text[TREE_BYTES];
    explained(w, question, NULL, text);
    assert_true(strlen(expected) < strlen(text));
    text[strlen(expected)] = '\0';
    assert_string_equal(text, expected);
}

#define explains(w, question, expected) explains_on((w), (question), NULL, (expected))

static void a_lower_bound_names_who_is_in_it(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23");
    say(w, "KZ-27 need cadre=doctor,settlement=rural 2023-12-31 89");
    explains(w, "KZ need cadre=doctor,settlement=rural",
             "KZ cadre=doctor settlement=rural 112..open known 112\n"
             " own none absent\n"
             " children 112..open known 112 chosen\n"
             "  KZ-27 cadre=doctor settlement=rural 89..89\n"
             "   own 89..89 chosen\n"
             "    value 89 of 2023-12-31\n"
             "  KZ-35 cadre=doctor settlement=rural 23..23\n"
             "   own 23..23 chosen\n"
             "    value 23 of 2023-11-20\n");
    say(w, "KZ need cadre=doctor 2023-12-31 3954");
    explains(w, "KZ need cadre=doctor",
             "KZ cadre=doctor 3954..3954\n"
             " own 3954..3954 chosen\n"
             "  value 3954 of 2023-12-31\n"
             " members settlement 112..open known 112 incomplete by own\n"
             " children 112..open known 112 incomplete by own\n"
             " against 3842..3842 outstanding on 2023-12-31\n"
             "  members settlement 112..open known 112 chosen\n"
             "   KZ cadre=doctor settlement=rural 112..open known 112\n"
             "    children 112..open known 112 chosen\n"
             "     KZ-27 cadre=doctor settlement=rural 89..89\n"
             "      own 89..89 chosen\n"
             "       value 89 of 2023-12-31\n"
             "     KZ-35 cadre=doctor settlement=rural 23..23\n"
             "      own 23..23 chosen\n"
             "       value 23 of 2023-11-20\n"
             "  children 112..open known 112 tie by members\n");
}

static void twenty_newer_regions_replace_an_old_total(void **state)
{
    struct world *w = *state;
    char line[80];
    say(w, "KZ need cadre=doctor 2023-12-31 4864");
    for (size_t i = 0; i < KADR_COUNT(all_regions); i++) {
        if (i == KADR_COUNT(all_regions) - 1) {
            explains(w, "KZ need cadre=doctor",
                     "KZ cadre=doctor 4864..4864\n"
                     " own 4864..4864 chosen\n"
                     "  value 4864 of 2023-12-31\n"
                     " members settlement none absent\n"
                     " children 1900..open known 1900 incomplete by own\n");
        }
        snprintf(line, sizeof(line), "%s need cadre=doctor 2024-01-31 100", all_regions[i]);
        say(w, line);
    }
    begins(w, "KZ need cadre=doctor",
           "KZ cadre=doctor 2000..2000\n"
           " own 4864..4864 older by children\n"
           "  value 4864 of 2023-12-31\n"
           " members settlement none absent\n"
           " children 2000..2000 chosen\n"
           "  KZ-10 cadre=doctor 100..100\n"
           "   own 100..100 chosen\n"
           "    value 100 of 2024-01-31\n");
}

static void a_plan_against_its_parts(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 facilities_planned - 2024 59");
    say(w, "KZ-33 facilities_planned facility_type=va 2024 5");
    say(w, "KZ-33 facilities_planned facility_type=fap 2024 39");
    say(w, "KZ-33 facilities_planned facility_type=mp 2024 5");
    explains(w, "KZ-33 facilities_planned - 2024",
             "KZ-33 59..59\n"
             " own 59..59 chosen\n"
             "  value 59 of 2024\n"
             " members facility_type 49..open known 49 incomplete by own\n"
             " children none absent\n"
             " against 10..10 outstanding\n"
             "  members facility_type 49..open known 49 chosen\n"
             "   KZ-33 facility_type=va 5..5\n"
             "    own 5..5 chosen\n"
             "     value 5 of 2024\n"
             "   KZ-33 facility_type=fap 39..39\n"
             "    own 39..39 chosen\n"
             "     value 39 of 2024\n"
             "   KZ-33 facility_type=mp 5..5\n"
             "    own 5..5 chosen\n"
             "     value 5 of 2024\n");
}

static void who_is_passed_over_is_told_by_whom(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount - 2024-01-01 20");
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 30");
    explains(w, "KZ-31 headcount -",
             "KZ-31 30..open known 30\n"
             " own 20..20 passed_over_newer by members\n"
             "  value 20 of 2024-01-01\n"
             " members cadre none absent\n"
             " members settlement 30..open known 30 chosen\n"
             "  KZ-31 settlement=rural 30..30\n"
             "   own 30..30 chosen\n"
             "    value 30 of 2024-01-20\n"
             " children none absent\n");
    say(w, "KZ-33 headcount settlement=rural 2023-01-01 90");
    say(w, "KZ-33 headcount - 2023-06-01 50");
    say(w, "KZ-33 headcount cadre=doctor 2023-12-01 60");
    explains(w, "KZ-33 headcount -",
             "KZ-33 60..open known 60\n"
             " own 50..50 passed_over_newer by members\n"
             "  value 50 of 2023-06-01\n"
             " members cadre 60..open known 60 chosen\n"
             "  KZ-33 cadre=doctor 60..60\n"
             "   own 60..60 chosen\n"
             "    value 60 of 2023-12-01\n"
             " members settlement 90..open known 90 outdated by own\n"
             " children none absent\n");
    say(w, "KZ-31 need settlement=rural 2024-01-20 30");
    say(w, "311000000 need - 2024-01-20 12");
    explains(w, "KZ-31 need -",
             "KZ-31 30..open known 30\n"
             " own none absent\n"
             " members cadre none absent\n"
             " members settlement 30..open known 30 chosen\n"
             "  KZ-31 settlement=rural 30..30\n"
             "   own 30..30 chosen\n"
             "    value 30 of 2024-01-20\n"
             " children 12..12 passed_over_as_new by members\n");
}

static void an_open_end_denies_nothing(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount - 2024-01-20 >20");
    say(w, "KZ-31 headcount settlement=rural 2024-01-20 >60");
    say(w, "KZ-31 headcount settlement=urban 2024-01-20 0");
    say(w, "KZ-31 headcount cadre=doctor 2024-01-20 112");
    explains(w, "KZ-31 headcount -",
             "KZ-31 112..open known 112\n"
             " own 21..open passed_over_as_new by members\n"
             "  value >=21 of 2024-01-20\n"
             " members cadre 112..open known 112 chosen\n"
             "  KZ-31 cadre=doctor 112..112\n"
             "   own 112..112 chosen\n"
             "    value 112 of 2024-01-20\n"
             " members settlement 61..open passed_over_as_new by members\n"
             " children none absent\n");
}

static void an_older_sum_yields_to_a_newer_one(void **state)
{
    struct world *w = *state;
    say(w, "KZ-31 headcount settlement=rural 2023-12-01 100");
    say(w, "311000000 headcount - 2024-01-20 90");
    explains(w, "KZ-31 headcount -",
             "KZ-31 90..90\n"
             " own none absent\n"
             " members cadre none absent\n"
             " members settlement 100..open known 100 outdated by children\n"
             " children 90..90 chosen\n"
             "  311000000 90..90\n"
             "   own 90..90 chosen\n"
             "    value 90 of 2024-01-20\n");
}

static void a_flow_names_its_tiles(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-Q1 30");
    say(w, "KZ-33 arrivals - 2023-Q2 30");
    say(w, "KZ-33 arrivals - 2023-Q3 30");
    say(w, "KZ-33 arrivals - 2023-Q4 30");
    say(w, "KZ-33 arrivals - 2023-01/2023-07 70");
    explains(w, "KZ-33 arrivals - 2023",
             "KZ-33 120..120\n"
             " own 120..120 chosen\n"
             "  value 30 of 2023-Q1\n"
             "  value 30 of 2023-Q2\n"
             "  value 30 of 2023-Q3\n"
             "  value 30 of 2023-Q4\n"
             " members cadre none absent\n"
             " children none absent\n");
    say(w, "KZ-35 arrivals - 2023-Q1 10");
    say(w, "KZ-35 arrivals - 2023-Q2 20");
    say(w, "KZ-35 arrivals - 2023-H1 31");
    explains(w, "KZ-35 arrivals - 2023-H1",
             "KZ-35 31..31\n"
             " own 31..31 chosen\n"
             "  value 31 of 2023-H1\n"
             " members cadre none absent\n"
             " children none absent\n"
             " against 1..1 contradiction\n"
             "  tiles 30..30 chosen\n"
             "   value 10 of 2023-Q1\n"
             "   value 20 of 2023-Q2\n");
}

static void events_are_told_one_by_one(void **state)
{
    struct world *w = *state;
    say(w, "KZ-47 teams - 2023-11-06/2023-11-10 >60 a");
    say(w, "KZ-47 teams - 2023-11-08/2023-11-12 80 b");
    say(w, "KZ-47 teams - 2023-11-08/2023-11-12 ?not_stated c");
    explains(w, "KZ-47 teams - 2023-11",
             "KZ-47 141..open known open\n"
             " own 141..open known open chosen\n"
             "  value >=61 of 2023-11-06/2023-11-10\n"
             "  value 80 of 2023-11-08/2023-11-12\n"
             "  reason ?not_stated of 2023-11-08/2023-11-12\n"
             " children none absent\n");
}

static void a_range_names_its_ends(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 equipment_level - 2023-12-31 93");
    say(w, "KZ-35 equipment_level - 2023-12-31 88");
    explains(w, "KZ equipment_level -",
             "KZ 88..93\n"
             " own none absent\n"
             " children 88..93 chosen\n"
             "  KZ-33 93..93\n"
             "   own 93..93 chosen\n"
             "    value 93 of 2023-12-31\n"
             "  KZ-35 88..88\n"
             "   own 88..88 chosen\n"
             "    value 88 of 2023-12-31\n");
}

static void a_predecessor_stands_for_two(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 headcount - 2022-01-01 4000");
    say(w, "KZ-62 headcount - 2022-09-01 700");
    explains_on(w, "KZ headcount -", "2023-01-01",
                "KZ 4000..open known 4000\n"
                " own none absent\n"
                " members cadre none absent\n"
                " members settlement none absent\n"
                " children 4000..open known 4000 chosen\n"
                "  KZ-35 none replaced\n"
                "  KZ-62 700..700 replaced\n"
                "  KZ-35 4000..4000 predecessor\n"
                "   own 4000..4000 chosen\n"
                "    value 4000 of 2022-01-01\n");
}

static void a_reason_is_told_with_what_it_follows(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 need cadre=doctor 2023-12-31 1894");
    say(w, "KZ-33 need cadre=doctor 2024-01-31 ?not_reported");
    explains(w, "KZ-33 need cadre=doctor",
             "KZ-33 cadre=doctor 1894..1894\n"
             " own 1894..1894 chosen\n"
             "  reason ?not_reported of 2024-01-31\n"
             "  value 1894 of 2023-12-31\n"
             " members settlement none absent\n"
             " children none absent\n");
    say(w, "KZ-33 need specialty=general_practice 2024-01-31 ?not_stated");
    explains(w, "KZ-33 need specialty=general_practice",
             "KZ-33 specialty=general_practice none missing\n"
             " own none absent\n"
             "  reason ?not_stated of 2024-01-31\n"
             " members cadre none absent\n"
             " members settlement none absent\n"
             " children none absent\n");
    say(w, "KZ-33 need specialty=surgery 2018-12-31 7");
    explains(w, "KZ-33 need specialty=surgery",
             "KZ-33 specialty=surgery none missing\n"
             " own none absent\n"
             "  expired 7 of 2018-12-31\n"
             " members cadre none absent\n"
             " members settlement none absent\n"
             " children none absent\n");
}

static void what_may_be_negative_bounds_nothing(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 balance cadre=doctor 2023-12-31 5");
    explains(w, "KZ-33 balance -",
             "KZ-33 none missing\n"
             " own none absent\n"
             " members cadre 5..open known 5 no_bound\n"
             "  KZ-33 cadre=doctor 5..5\n"
             "   own 5..5 chosen\n"
             "    value 5 of 2023-12-31\n"
             " children none absent\n");
}

static void a_ratio_names_its_terms(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount cadre=doctor 2023-12-31 1894");
    say(w, "KZ-33 population - 2023-12-31 699000");
    say(w, "KZ-35 population - 2023-12-31 1131287");
    explains(w, "KZ density cadre=doctor",
             "KZ cadre=doctor 2709..2710 known 2710\n"
             " own none absent\n"
             " terms none absent\n"
             "  KZ headcount cadre=doctor 1894..open known 1894 left_out\n"
             "  KZ population 1830287..open known 1830287 left_out\n"
             " reporters 2709..2710 known 2710 chosen\n"
             "  KZ headcount cadre=doctor 1894..1894\n"
             "   KZ-33 cadre=doctor 1894..1894\n"
             "    own 1894..1894 chosen\n"
             "     value 1894 of 2023-12-31\n"
             "  KZ population 699000..699000\n"
             "   KZ-33 699000..699000\n"
             "    own 699000..699000 chosen\n"
             "     value 699000 of 2023-12-31\n"
             "   KZ-35 1131287..1131287 left_out\n");
    say(w, "KZ headcount cadre=doctor 2023-12-31 83379");
    say(w, "KZ population - 2023-12-31 20283399");
    explains(w, "KZ density cadre=doctor",
             "KZ cadre=doctor 4110..4111\n"
             " own none absent\n"
             " terms 4110..4111 chosen\n"
             "  KZ headcount cadre=doctor 83379..83379\n"
             "   own 83379..83379 chosen\n"
             "    value 83379 of 2023-12-31\n"
             "   children 1894..open known 1894 incomplete by own\n"
             "  KZ population 20283399..20283399\n"
             "   own 20283399..20283399 chosen\n"
             "    value 20283399 of 2023-12-31\n"
             "   children 1830287..open known 1830287 incomplete by own\n");
    say(w, "KZ density cadre=doctor 2024-01-15 42.5");
    explains(w, "KZ density cadre=doctor",
             "KZ cadre=doctor 4250..4250\n"
             " own 4250..4250 chosen\n"
             "  value 42.5 of 2024-01-15\n");
}

/* An organisation with one term of the two is in one of the nation's sums alone: neither is taken. */
static void unequal_places_are_left_out(void **state)
{
    (void)state;
    struct world w;
    static const char units[] =
        "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk,territorial\n"
        "KZ,country,,,,,,KZ,KZ,KZ,\nKZ-10,region,KZ,,,,,A,A,A,\nMC,region,KZ,,,,,O,O,O,no\n";
    world_open(&w, load_reference(units, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    say(&w, "KZ-10 posts - 2024-01-31 100");
    say(&w, "KZ-10 occupied - 2024-01-31 90");
    say(&w, "MC occupied - 2024-01-31 7");
    explains(&w, "KZ vacancy -",
             "KZ 1000..1000\n"
             " own none absent\n"
             " terms none absent\n"
             "  KZ posts 10000..10000 unequal\n"
             "  less KZ occupied 9700..9700 unequal\n"
             " reporters 1000..1000 chosen\n"
             "  KZ posts 10000..10000\n"
             "   KZ-10 10000..10000\n"
             "    own 10000..10000 chosen\n"
             "     value 100 of 2024-01-31\n"
             "  less KZ occupied 9000..9000\n"
             "   KZ-10 9000..9000\n"
             "    own 9000..9000 chosen\n"
             "     value 90 of 2024-01-31\n"
             "   MC 700..700 left_out\n");
    world_close(&w);
}

static void a_difference_names_what_is_taken_off(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 posts cadre=doctor 2023-12-31 10.5");
    say(w, "KZ-33 occupied cadre=doctor 2023-12-31 8");
    explains(w, "KZ-33 vacancy cadre=doctor",
             "KZ-33 cadre=doctor 250..250\n"
             " own none absent\n"
             " terms 250..250 chosen\n"
             "  KZ-33 posts cadre=doctor 1050..1050\n"
             "   own 1050..1050 chosen\n"
             "    value 10.5 of 2023-12-31\n"
             "  less KZ-33 occupied cadre=doctor 800..800\n"
             "   own 800..800 chosen\n"
             "    value 8 of 2023-12-31\n");
}

static size_t count_standing(const struct kadr_explanation *e, enum kadr_standing standing)
{
    size_t count = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        count += e->nodes[i].kind == KADR_NODE_CELL && e->nodes[i].standing == standing;
    }
    return count;
}

static void who_is_missing_is_who_owes_it(void **state)
{
    struct world *w = *state;
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation owed = { 0 }, event = { 0 };
    say(w, "KZ-33 need - 2023-12-31 5");
    say(w, "KZ-33 consultations - 2023-11-06 5");
    assert_int_equal(explain_on(w, "KZ need -", NULL, &owed), 0);
    assert_int_equal(count_standing(&owed, KADR_STANDING_MISSING), 19);
    assert_int_equal(explain_on(w, "KZ consultations - 2023-11", NULL, &event), 0);
    assert_int_equal(count_standing(&event, KADR_STANDING_MISSING), 0);
    assert_int_equal(count_standing(&event, KADR_STANDING_NOT_OWED), 19);
}

/* The stock of the day before, what came and went, the stock of the last day. */
static void a_rule_over_a_period_names_both_days(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-12-31 1000");
    say(w, "KZ-33 headcount - 2024-12-31 975");
    say(w, "KZ-33 arrivals - 2024 50");
    say(w, "KZ-33 departures - 2024 80");
    explains(w, "KZ-33 staff_balance - 2024",
             "KZ-33 5..5\n"
             " own none absent\n"
             " terms 5..5 chosen\n"
             "  KZ-33 headcount 975..975\n"
             "   own 975..975 chosen\n"
             "    value 975 of 2024-12-31\n"
             "  less KZ-33 headcount 1000..1000\n"
             "   own 1000..1000 chosen\n"
             "    value 1000 of 2023-12-31\n"
             "  less KZ-33 arrivals 50..50\n"
             "   own 50..50 chosen\n"
             "    value 50 of 2024\n"
             "  KZ-33 departures 80..80\n"
             "   own 80..80 chosen\n"
             "    value 80 of 2024\n");
}

/* ---- what cannot be asked ------------------------------------------------------------------------------ */

static void what_was_never_stated_has_no_explanation(void **state)
{
    struct world *w = *state;
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation e = { 0 };
    assert_int_equal(explain_on(w, "KZ need -", NULL, &e), KADR_ENOENT);
    say(w, "KZ-33 need - 2023-12-31 5");
    say(w, "KZ-33 arrivals - 2023 5");
    assert_int_equal(explain_on(w, "KZ need cadre=doctor", NULL, &e), KADR_ENOENT);
    assert_int_equal(explain_on(w, "KZ need -", "2024-02-02", &e), KADR_EINVAL);
    assert_int_equal(explain_on(w, "KZ arrivals -", NULL, &e), KADR_EINVAL);
    assert_int_equal(explain_on(w, "KZ arrivals - 2023", NULL, &e), 0);
}

/* ---- too many nodes ------------------------------------------------------------------------------------ */

/* A country of one region with 100 districts of 100 events each, and more events than nodes. */
static void too_many_nodes_are_cut_and_counted(void **state)
{
    struct world *w = *state;
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation cut = { 0 }, short_of = { 0 };
    char line[80];
    for (unsigned i = 0; i < KADR_MAX_EXPLAIN_NODES; i++) {
        snprintf(line, sizeof(line), "KZ-33 teams - 2023-11-06 1 e%u", i);
        say(w, line);
    }
    assert_int_equal(explain_on(w, "KZ teams - 2023", NULL, &cut), 0);
    assert_true(cut.cut);
    assert_int_equal(cut.omitted, 0);
    assert_null(faults(w, &cut)); /* cut cells stand for what is below them */
    assert_int_equal(explain_on(w, "KZ-33 teams - 2023", NULL, &short_of), 0);
    assert_false(short_of.cut);
    assert_int_equal(short_of.count, KADR_MAX_EXPLAIN_NODES);
    assert_int_equal(short_of.omitted, 3); /* the cell and two ways take the place of as many events */
}

/* ---- generated histories ------------------------------------------------------------------------------- */

static struct cells live; /* large */

static bool same_key(const char *a, const char *b)
{
    struct words one, other;
    split(&one, a);
    split(&other, b);
    bool same = one.count == other.count;
    for (size_t i = 0; same && i < one.count; i++) {
        same = i == 4 || strcmp(one.word[i], other.word[i]) == 0; /* the fifth is the value */
    }
    return same;
}

/* Told by the records alone: nobody said anything else of its key later. */
static bool in_force(const struct history *history, size_t prefix, const struct kadr_statement *statement)
{
    size_t own = statement->commit - FIRST_COMMIT;
    assert_true(own < prefix && history->records[own].kind == REPORT);
    for (size_t i = 0; i < prefix; i++) {
        const struct record *other = &history->records[i];
        bool later = other->stated_at_ms > statement->stated_at_ms ||
                     (other->stated_at_ms == statement->stated_at_ms && i > own);
        if (other->kind == REPORT && later && same_key(history->records[own].line, other->line)) {
            return false;
        }
    }
    return statement->stated_at_ms == history->records[own].stated_at_ms;
}

static const char *overruled(const struct history *history, size_t prefix, const struct kadr_explanation *e)
{
    const char *what = NULL;
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->nodes[i].kind == KADR_NODE_STATEMENT && !in_force(history, prefix, e->nodes[i].statement)) {
            what = "a statement that is not in force";
        }
    }
    return what;
}

static void explain_cell(struct world *w, const struct history *history, size_t prefix,
                         const struct kadr_cell *cell, uint64_t seed)
{
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation e = { 0 };
    struct kadr_rollup_query query = { .unit = cell->key.unit,
                                       .indicator = cell->key.indicator,
                                       .as_of = KADR_DAY_NONE,
                                       .has_period = cell->key.period.first != KADR_DAY_NONE,
                                       .period = cell->key.period };
    assert_int_equal(kadr_rollup_explain(w->rollup, &query, cell->key.breakdown, &e), 0);
    const char *what = faults(w, &e);
    what = what || !history ? what : overruled(history, prefix, &e);
    what = kadr_cell_equal(&e.nodes[0].cell, cell) ? what : "another cell";
    what = e.omitted == 0 && !e.cut ? what : "not all of it";
    if (what) {
        char text[TREE_BYTES];
        print_message("seed %llu, prefix %zu: %s\n", (unsigned long long)seed, prefix, what);
        print_cell(kadr_rollup_current_reference(w->rollup), "cell", cell);
        print_message("%s", tree_text(kadr_rollup_current_reference(w->rollup), &e, text));
        fail();
    }
}

static size_t explain_all(struct world *w, const struct history *history, size_t prefix, uint64_t seed)
{
    size_t valued = 0;
    query_all(w, KADR_DAY_NONE, &live);
    for (size_t i = 0; i < live.count; i++) {
        explain_cell(w, history, prefix, &live.items[i], seed);
        valued += kadr_cell_has_value(&live.items[i]);
    }
    return valued;
}

static size_t explain_history(struct fixture *f, uint64_t seed)
{
    struct history history;
    struct world w;
    size_t valued = 0;
    make_history(seed, &history);
    begin(&w, f);
    for (size_t prefix = 1; prefix <= history.count; prefix++) {
        play(&w, f, &history.records[prefix - 1]);
        if (prefix % 20 == 0) {
            valued += explain_all(&w, &history, prefix, seed);
        }
    }
    world_close(&w);
    return valued;
}

/* Ratios, differences and a ratio of a difference, of terms that not all places have. */
static void say_terms(struct world *w, uint64_t *seed)
{
    static const char *const units[] = { "KZ", "KZ-31", "KZ-33", "KZ-35", "311000000" };
    static const char *const cadres[] = { "-", "cadre=doctor", "cadre=nurse_higher", "cadre=midlevel" };
    static const char *const indicators[] = { "headcount", "posts", "occupied", "population" };
    static const char *const values[] = {
        "7", "12", "12", "30", "100", "5..9", "?not_reported", "?not_applicable"
    };
    char line[128], text[KADR_DAY_TEXT_BYTES];
    for (size_t i = 0; i < 60; i++) {
        const char *indicator = PICK(seed, indicators);
        bool whole = strcmp(indicator, "population") == 0;
        snprintf(line, sizeof(line), "%s %s %s %s %s", PICK(seed, units), indicator,
                 whole ? "-" : PICK(seed, cadres),
                 kadr_day_format(day("2024-01-31") - (kadr_day)below(seed, 20), text), PICK(seed, values));
        say(w, line);
    }
}

static void terms_make_what_is_computed_of_them(void **state)
{
    size_t ratios = 0, differences = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world w;
        uint64_t random = seed;
        world_open(&w, load_reference(EXAMPLE_UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
        say_terms(&w, &random);
        query_all(&w, KADR_DAY_NONE, &live);
        for (size_t i = 0; i < live.count; i++) {
            explain_cell(&w, NULL, 0, &live.items[i], seed);
            const struct kadr_indicator_info *info =
                kadr_indicator_info(w.reference, live.items[i].key.indicator);
            ratios += live.items[i].basis == KADR_BASIS_RATIO;
            differences += info->space == KADR_SPACE_LINEAR && kadr_cell_has_value(&live.items[i]);
        }
        world_close(&w);
    }
    assert_true(ratios > 100 && differences > 100);
    (void)state;
}

static void the_leaves_make_the_cell(void **state)
{
    const char *one = getenv("KADR_TEST_SEED");
    size_t valued = 0;
    for (uint64_t seed = 1; !one && seed <= HISTORIES; seed++) {
        valued += explain_history(*state, seed);
    }
    if (one) {
        valued = explain_history(*state, strtoull(one, NULL, 10));
    }
    assert_true(valued > 0);
}

static int open_derived(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference(EXAMPLE_UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    *state = w;
    return 0;
}

static int open_shipped(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, shipped_reference(), "2025-10-01");
    *state = w;
    return 0;
}

#define EXAMPLE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
#define DERIVED(name) cmocka_unit_test_setup_teardown(name, open_derived, close_world)
#define SHIPPED(name) cmocka_unit_test_setup_teardown(name, open_shipped, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXAMPLE(a_lower_bound_names_who_is_in_it),
        EXAMPLE(twenty_newer_regions_replace_an_old_total),
        EXAMPLE(a_plan_against_its_parts),
        EXAMPLE(who_is_passed_over_is_told_by_whom),
        EXAMPLE(an_open_end_denies_nothing),
        EXAMPLE(an_older_sum_yields_to_a_newer_one),
        EXAMPLE(a_flow_names_its_tiles),
        EXAMPLE(events_are_told_one_by_one),
        EXAMPLE(a_range_names_its_ends),
        EXAMPLE(a_predecessor_stands_for_two),
        EXAMPLE(a_reason_is_told_with_what_it_follows),
        EXAMPLE(what_may_be_negative_bounds_nothing),
        DERIVED(a_ratio_names_its_terms),
        DERIVED(a_difference_names_what_is_taken_off),
        cmocka_unit_test(unequal_places_are_left_out),
        SHIPPED(a_rule_over_a_period_names_both_days),
        EXAMPLE(who_is_missing_is_who_owes_it),
        EXAMPLE(what_was_never_stated_has_no_explanation),
        EXAMPLE(too_many_nodes_are_cut_and_counted),
        cmocka_unit_test(terms_make_what_is_computed_of_them),
        cmocka_unit_test_setup_teardown(the_leaves_make_the_cell, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
