/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations without a territory, beside the regions: in the nation's figure, and missed by nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "domain/rollup_reference.h"

#define HEADER \
    "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk,territorial\n"
#define UNITS                                      \
    HEADER "KZ,country,,,,,,KZ,KZ,KZ,\n"           \
           "KZ-10,region,KZ,,,,,A,A,A,\n"          \
           "KZ-33,region,KZ,,,,,B,B,B,yes\n"       \
           "MC-PRESIDENT,region,KZ,,,,,O,O,O,no\n" \
           "RSE-CARDIO,region,KZ,2020-01-01,,,,P,P,P,no\n"

static int open_organisations(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    static const char catalogue[] =
        EXAMPLE_CATALOGUE "gap,stock,person,1,last,range,region,,,400,1825,none,,,no,G,G,G\n";
    world_open(w, load_reference(UNITS, catalogue, EXAMPLE_MEMBERS), "2024-02-01");
    *state = w;
    return 0;
}

/* Two regions are the whole of two regions; nobody waits for the organisations. */
static void regions_without_organisations_are_complete(void **state)
{
    say(*state, "KZ-10 headcount - 2024-01-31 100");
    say(*state, "KZ-33 headcount - 2024-01-31 200");
    shows(*state, "KZ headcount -", "300..300 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
}

static void what_organisations_state_is_added(void **state)
{
    say(*state, "KZ-10 headcount - 2024-01-31 100");
    say(*state, "MC-PRESIDENT headcount - 2024-01-31 7");
    say(*state, "RSE-CARDIO headcount - 2024-01-31 1");
    shows(*state, "KZ headcount -",
          "108..open known 108 sum incomplete | 1 1 of 2 stale 0 | 2024-01-31 2024-01-31");
    say(*state, "KZ-33 headcount - 2024-01-31 200");
    /* 308 in all, of two regions: never three of two */
    shows(*state, "KZ headcount -", "308..308 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
}

static void an_incomplete_organisation_makes_a_lower_bound(void **state)
{
    say(*state, "KZ-10 headcount - 2024-01-31 100");
    say(*state, "KZ-33 headcount - 2024-01-31 200");
    say(*state, "MC-PRESIDENT headcount cadre=doctor 2024-01-31 7");
    shows(*state, "KZ headcount -",
          "307..open known 307 sum incomplete | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
}

static void its_own_figure_is_expected_of_nobody(void **state)
{
    say(*state, "MC-PRESIDENT headcount - 2024-01-31 7");
    shows(*state, "MC-PRESIDENT headcount -", "7..7 stated | 1 1 of null stale 0 | 2024-01-31 2024-01-31");
    say(*state, "KZ-10 headcount - 2024-01-31 100");
    shows(*state, "KZ-10 headcount -", "100..100 stated | 1 1 of 1 stale 0 | 2024-01-31 2024-01-31");
}

/* Where nobody owes anything, everybody who reported counts. */
static void who_reports_unasked_counts(void **state)
{
    say(*state, "KZ-10 consultations - 2024-01 5");
    say(*state, "MC-PRESIDENT consultations - 2024-01 3");
    shows(*state, "KZ consultations - 2024-01", "8..8 sum | 2 2 of null stale 0 | 2024-01-31 2024-01-31");
    say(*state, "MC-PRESIDENT gap - 2024-01-31 9");
    shows(*state, "KZ gap -", "9..9 range | 1 1 of null stale 0 | 2024-01-31 2024-01-31");
}

static void a_range_misses_no_organisation(void **state)
{
    say(*state, "KZ-10 equipment_level - 2024-01-31 80");
    say(*state, "KZ-33 equipment_level - 2024-01-31 90");
    shows(*state, "KZ equipment_level -", "80..90 range | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
    say(*state, "RSE-CARDIO equipment_level - 2024-01-31 99");
    shows(*state, "KZ equipment_level -", "80..99 range | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
}

/* ---- differences: an organisation is in them when it has the terms ---- */

static void differences_miss_no_organisation(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, load_reference(UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    static const char *const said[] = {
        "KZ-10 posts - 2024-01-31 100",      "KZ-10 occupied - 2024-01-31 90",
        "KZ-33 posts - 2024-01-31 50",       "KZ-33 occupied - 2024-01-31 50",
        "MC-PRESIDENT posts - 2024-01-31 8", "MC-PRESIDENT occupied - 2024-01-31 7"
    };
    for (size_t i = 0; i < KADR_COUNT(said); i++) {
        say(&w, said[i]);
    }
    shows(&w, "KZ vacancy -", "1100..1100 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
    shows(&w, "KZ both -", "30500..30500 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
    world_close(&w);
}

/* KZ, of the vacancy and of both together, once an organisation has said one of the terms. */
static void differs_with(const char *one_term, const char *stated, const char *vacancy, const char *both)
{
    struct world w;
    world_open(&w, load_reference(UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    static const char *const said[] = { "KZ-10 posts - 2024-01-31 100", "KZ-10 occupied - 2024-01-31 90",
                                        "KZ-33 posts - 2024-01-31 50", "KZ-33 occupied - 2024-01-31 50" };
    for (size_t i = 0; i < KADR_COUNT(said); i++) {
        say(&w, said[i]);
    }
    settle(&w); /* what was known before is touched by what comes */
    say(&w, one_term);
    if (stated) {
        say(&w, stated);
    }
    settle(&w);
    shows(&w, "KZ vacancy -", vacancy);
    shows(&w, "KZ both -", both);
    world_close(&w);
}

/* Seven occupied posts of how many? They are in no vacancy: 150 - 147 would be of unequal places. */
static void one_term_of_an_organisation_is_in_no_difference(void **state)
{
    (void)state;
    static const char ten[] = "1000..1000 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31";
    static const char all[] = "29000..29000 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31";
    differs_with("MC-PRESIDENT occupied - 2024-01-31 7", NULL, ten, all);
    differs_with("MC-PRESIDENT posts - 2024-01-31 8", NULL, ten, all);
    differs_with("MC-PRESIDENT posts - 2024-01-31 ?not_stated", NULL, ten,
                 all); /* neither: the same places */
}

/* Ten vacancies of 150 posts, and of none of an organisation that says nothing of its occupied ones. */
static void a_rate_is_of_the_places_of_its_vacancies(void **state)
{
    (void)state;
    static const char *const said[] = { "KZ-10 posts - 2024-01-31 100", "KZ-10 occupied - 2024-01-31 90",
                                        "KZ-33 posts - 2024-01-31 50", "KZ-33 occupied - 2024-01-31 50" };
    for (size_t more = 0; more < 3; more++) {
        struct world w;
        world_open(&w, load_reference(UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
        for (size_t i = 0; i < KADR_COUNT(said); i++) {
            say(&w, said[i]);
        }
        settle(&w);
        shows(&w, "KZ vacancy_rate -", "66..67 ratio | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
        if (more > 0) {
            say(&w,
                more == 1 ? "MC-PRESIDENT posts - 2024-01-31 50" : "MC-PRESIDENT occupied - 2024-01-31 7");
        }
        settle(&w);
        shows(&w, "KZ vacancy_rate -",
              more == 1 ? "66..67 known 67 ratio incomplete | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31"
                        : "66..67 ratio | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
        world_close(&w);
    }
}

/* What was stated of the country is of the whole country. */
static void a_stated_term_is_of_all_places(void **state)
{
    (void)state;
    differs_with("MC-PRESIDENT occupied - 2024-01-31 7", "KZ posts - 2024-01-31 158",
                 "1100..1100 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31",
                 "30500..30500 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
}

/* So is the sum of members that were: the seven are among them already. */
static void members_stated_of_the_country_are_of_all_places(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, load_reference(UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    static const char *const said[] = {
        "KZ posts cadre=doctor 2024-01-31 100",       "KZ occupied cadre=doctor 2024-01-31 90",
        "KZ posts cadre=nurse_higher 2024-01-31 100", "KZ occupied cadre=nurse_higher 2024-01-31 90",
        "KZ posts cadre=midlevel 2024-01-31 100",     "KZ occupied cadre=midlevel 2024-01-31 90"
    };
    for (size_t i = 0; i < KADR_COUNT(said); i++) {
        say(&w, said[i]);
    }
    settle(&w);
    shows(&w, "KZ vacancy -", "3000..3000 sum | 0 0 of 2 stale 0 | 2024-01-31 2024-01-31");
    say(&w, "RSE-CARDIO occupied - 2024-01-31 7");
    settle(&w);
    shows(&w, "KZ vacancy -", "3000..3000 sum | 0 0 of 2 stale 0 | 2024-01-31 2024-01-31");
    say(&w, "KZ-10 posts - 2024-01-31 2");
    say(&w, "KZ-10 occupied - 2024-01-31 2");
    settle(&w);
    shows(&w, "KZ vacancy -", "3000..3000 sum | 1 1 of 2 stale 0 | 2024-01-31 2024-01-31");
    shows(&w, "KZ both -", "57000..57000 sum | 1 1 of 2 stale 0 | 2024-01-31 2024-01-31");
    world_close(&w);
}

/* One member that is added up over the regions is enough: its sum has the organisation's seven, and the other
 * term has nothing of that organisation. */
static void a_member_added_up_over_regions_is_of_those(void **state)
{
    (void)state;
    struct world w;
    char line[96];
    world_open(&w, load_reference(UNITS, DERIVED_CATALOGUE, EXAMPLE_MEMBERS), "2024-02-01");
    static const char *const cadres[] = { "doctor", "nurse_higher", "midlevel" };
    for (size_t i = 0; i < KADR_COUNT(cadres); i++) {
        for (size_t unit = 0; unit < (i == 0 ? 1 : 2); unit++) {
            const char *code = i == 0 ? "KZ" : unit == 0 ? "KZ-10" : "KZ-33";
            (void)snprintf(line, sizeof(line), "%s posts cadre=%s 2024-01-31 100", code, cadres[i]);
            say(&w, line);
            (void)snprintf(line, sizeof(line), "%s occupied cadre=%s 2024-01-31 90", code, cadres[i]);
            say(&w, line);
        }
    }
    settle(&w);
    shows(&w, "KZ vacancy -", "5000..5000 sum | 0 0 of 2 stale 0 | 2024-01-31 2024-01-31");
    say(&w, "RSE-CARDIO occupied cadre=midlevel 2024-01-31 7");
    say(&w, "RSE-CARDIO occupied cadre=nurse_higher 2024-01-31 0");
    say(&w, "RSE-CARDIO occupied cadre=doctor 2024-01-31 0");
    settle(&w);
    shows(&w, "KZ vacancy -", "none | 0 0 of 2 stale 0");
    shows(&w, "KZ vacancy cadre=nurse_higher", "2000..2000 sum | 2 2 of 2 stale 0 | 2024-01-31 2024-01-31");
    world_close(&w);
}

/* ---- what units.csv may say ---- */

static void refused(const char *rows, const char *what)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf units;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_reference *reference = NULL;
    kadr_buf_init(&units, 0);
    kadr_diags_init(&diags);
    kadr_buf_printf(&units, "%s%s", HEADER "KZ,country,,,,,,KZ,KZ,KZ,\n", rows);
    const struct kadr_file files[] = {
        { "units.csv", { units.data, units.len } },
        { "indicators.csv", { (const uint8_t *)EXAMPLE_CATALOGUE, strlen(EXAMPLE_CATALOGUE) } },
        { "members.csv", { (const uint8_t *)EXAMPLE_MEMBERS, strlen(EXAMPLE_MEMBERS) } },
    };
    assert_int_equal(kadr_reference_load(files, KADR_COUNT(files), &diags, &reference), KADR_EINVAL);
    assert_int_equal(diags.count, 1);
    assert_string_equal(diags.items[0].arg[0], what);
}

static void an_organisation_has_no_land(void **state)
{
    (void)state;
    refused("O,region,KZ,,,,,O,O,O,perhaps\n", "perhaps");
    refused("D,district,KZ,,,,,D,D,D,no\n", "without a territory, and no region's level");
    refused("O,region,KZ,,,,,O,O,O,no\nF,facility,O,,,,,F,F,F,\n", "lies in a unit that has no territory");
    refused("O,region,KZ,,2020-12-31,A,,O,O,O,no\nA,region,KZ,,,,,A,A,A,\n", "successors, but no territory");
    refused("A,region,KZ,,2020-12-31,O,,A,A,A,\nO,region,KZ,,,,,O,O,O,no\n",
            "the successor has no territory");
    refused("O,region,KZ,,2020-12-31,,,O,O,O,no\nO,region,KZ,2021-01-01,,,,O,O,O,yes\n",
            "one code, with and without a territory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_organisations, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(regions_without_organisations_are_complete),
        TEST(what_organisations_state_is_added),
        TEST(an_incomplete_organisation_makes_a_lower_bound),
        TEST(its_own_figure_is_expected_of_nobody),
        TEST(who_reports_unasked_counts),
        TEST(a_range_misses_no_organisation),
        cmocka_unit_test(differences_miss_no_organisation),
        cmocka_unit_test(one_term_of_an_organisation_is_in_no_difference),
        cmocka_unit_test(a_rate_is_of_the_places_of_its_vacancies),
        cmocka_unit_test(a_stated_term_is_of_all_places),
        cmocka_unit_test(members_stated_of_the_country_are_of_all_places),
        cmocka_unit_test(a_member_added_up_over_regions_is_of_those),
        cmocka_unit_test(an_organisation_has_no_land),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
