/* SPDX-License-Identifier: Apache-2.0 */
/* A catalogue that could lead to a wrong figure cannot be loaded: one test for each impossible definition,
 * with the file, line and column at which it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "domain/reference.h"

static const char good_units[] =
    "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
    "KZ,country,,,,,,K,K,K\n"
    "KZ-10,region,KZ,,,,,A,A,A\n";
static const char good_members[] =
    "dimension,member,aliases,name_en,name_ru,name_kk\n"
    "cadre,doctor,,d,d,d\nsettlement,rural,,r,r,r\n"
    "measure,person,,p,p,p\nmeasure,post,,o,o,o\nmeasure,percent,,c,c,c\nmeasure,per_10000,,t,t,t\n";
/* Lines 2 to 10. */
static const char good_indicators[] =
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days,"
    "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms,every,"
    "due_days,band,band_floor,holds,facts\n"
    "heads,stock,person,1,last,sum,region,cadre "
    "settlement,,,,calendar,,,no,A,A,A,,,,,,quarter,20,2,5,,\n"
    "people,stock,person,1,last,sum,region,settlement,,,,none,,,no,B,B,B,,,,,,,,,,,\n"
    "density,stock,per_10000,100,last,ratio,region,cadre "
    "settlement,,,,none,,,no,C,C,C,heads,people,10000,"
    "cadre,,,,,,,\n"
    "came,flow,person,1,sum,sum,region,cadre,,,,none,,,no,D,D,D,,,,,,,,,,,\n"
    "left,flow,person,1,sum,sum,region,cadre,,,,none,,,no,E,E,E,,,,,,,,,,,\n"
    "balance,flow,person,1,sum,linear,region,cadre,,,,none,,,yes,F,F,F,,,,,heads@end -heads@start "
    "-came "
    "left,,,,,zero,\n"
    "wanted,stock,person,1,last,sum,region,cadre,,,,none,,,no,G,G,G,,,,,,,,,,,\n"
    "gap,stock,person,1,last,linear,region,cadre,,,,none,,,yes,H,H,H,,,,,wanted -heads,,,,,,\n"
    "plan,plan,person,1,sum,sum,region,cadre,,,,none,,,no,I,I,I,,,,,,,,,,,came -wanted\n";

/* What stands for `cut` in one of the files; the diagnostics of loading them. */
static int load(const char *file, const char *cut, const char *put, struct kadr_diags *diags)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf spoilt;
    struct kadr_file files[] = {
        { "units.csv", { (const uint8_t *)good_units, sizeof(good_units) - 1 } },
        { "indicators.csv", { (const uint8_t *)good_indicators, sizeof(good_indicators) - 1 } },
        { "members.csv", { (const uint8_t *)good_members, sizeof(good_members) - 1 } },
    };

    kadr_buf_init(&spoilt, 0);
    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        if (strcmp(files[i].name, file) == 0) {
            const char *text = (const char *)files[i].bytes.data, *at = strstr(text, cut);
            assert_non_null(at);
            kadr_buf_add(&spoilt, text, (size_t)(at - text));
            kadr_buf_add_str(&spoilt, put);
            kadr_buf_add_str(&spoilt, at + strlen(cut));
            files[i].bytes = (struct kadr_bytes){ spoilt.data, spoilt.len };
        }
    }
    return kadr_reference_load(files, KADR_COUNT(files), diags, &reference);
}

/* Refused, and told as `place: code: …: what`: the first diagnostic of that place. */
static void refused(const char *file, const char *cut, const char *put, const char *place, const char *what)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line;
    bool told = false;

    kadr_diags_init(&diags);
    kadr_buf_init(&line, 0);
    assert_int_equal(load(file, cut, put, &diags), KADR_EINVAL);
    for (size_t i = 0; i < diags.count && !told; i++) {
        kadr_buf_clear(&line);
        kadr_diag_line(&diags.items[i], NULL, KADR_LANG_EN, &line);
        told = strncmp(kadr_buf_str(&line), place, strlen(place)) == 0 &&
               strstr(kadr_buf_str(&line), what) != NULL;
    }
    if (!told) {
        fail_msg("%s: %s not told; last: %s", place, what, kadr_buf_str(&line));
    }
}

static void the_catalogue_without_faults_loads(void **state)
{
    (void)state;
    assert_int_equal(load("units.csv", "KZ-10", "KZ-10", NULL), 0);
}

/* ---- sums that are none -------------------------------------------------------------------------------- */

static void a_summed_percentage(void **state)
{
    (void)state;
    refused("indicators.csv", "wanted,stock,person", "wanted,stock,percent",
            "indicators.csv:8:6: bad_definition:", "this measure does not add over regions");
    refused("indicators.csv", "came,flow,person", "came,flow,percent",
            "indicators.csv:5:5: bad_definition:", "this measure does not add over time");
}

/* ---- ratios -------------------------------------------------------------------------------------------- */

static void a_ratio_without_its_numerator(void **state)
{
    (void)state;
    refused("indicators.csv", "C,C,C,heads,people", "C,C,C,,people",
            "indicators.csv:4:19: bad_definition:", "a ratio has a numerator and a denominator");
}

static void a_ratio_without_its_denominator(void **state)
{
    (void)state;
    refused("indicators.csv", "C,C,C,heads,people", "C,C,C,heads,",
            "indicators.csv:4:20: bad_definition:", "a ratio has a numerator and a denominator");
}

static void a_ratio_of_what_is_not_there(void **state)
{
    (void)state;
    refused("indicators.csv", "C,C,C,heads,people", "C,C,C,haeds,people",
            "indicators.csv:4:19: unknown_indicator:", "haeds");
    refused("indicators.csv", "C,C,C,heads,people", "C,C,C,heads,poeple",
            "indicators.csv:4:20: unknown_indicator:", "poeple");
}

/* Doctors over all inhabitants of all cadres: inhabitants have none. */
static void a_dimension_that_the_denominator_lacks_and_does_not_ignore(void **state)
{
    (void)state;
    refused("indicators.csv", "10000,cadre,", "10000,,",
            "indicators.csv:4:20: bad_definition:", "the denominator lacks a dimension that is not ignored");
}

/* ---- unknown ------------------------------------------------------------------------------------------- */

static void an_unknown_member(void **state)
{
    (void)state;
    refused("indicators.csv", "people,stock,person", "people,stock,parson",
            "indicators.csv:3:3: unknown_value:", "parson"); /* a member of `measure` */
}

static void an_unknown_dimension(void **state)
{
    (void)state;
    refused("indicators.csv", "region,settlement,,", "region,setlement,,",
            "indicators.csv:3:8: unknown_dimension:", "setlement");
}

/* ---- cycles -------------------------------------------------------------------------------------------- */

static void a_unit_below_itself(void **state)
{
    (void)state;
    refused("units.csv", "KZ-10,region,KZ,", "KZ-10,region,KZ-10,", "units.csv:3:", "KZ-10");
}

static void a_ratio_of_itself(void **state)
{
    (void)state;
    refused(
        "indicators.csv", "C,C,C,heads,people", "C,C,C,density,people",
        "indicators.csv:4:19: bad_definition:", "a part of a ratio is a stock that adds, or a difference");
}

static void differences_of_one_another(void **state)
{
    (void)state;
    refused("indicators.csv", "wanted -heads", "gap -heads",
            "indicators.csv:9:23: bad_definition:", "a term is a stock that adds");
    refused("indicators.csv", "-came left", "-balance left", "indicators.csv:7:23: bad_definition:",
            "a term adds over the period, or is a stock @start or @end");
}

/* ---- differences over a day and over a period ------------------------------------------------------------
 */

static void a_flow_in_a_difference_of_stocks(void **state)
{
    (void)state;
    refused("indicators.csv", "wanted -heads", "wanted -came",
            "indicators.csv:9:23: bad_definition:", "a term is a stock that adds");
}

static void a_difference_that_only_takes_off(void **state)
{
    (void)state;
    refused("indicators.csv", "wanted -heads", "-wanted -heads",
            "indicators.csv:9:23: bad_definition:", "a difference has a term that is not taken off");
    refused("indicators.csv", "wanted -heads", "-wanted",
            "indicators.csv:9:23: bad_definition:", "a difference has a term that is not taken off");
}

static void the_start_of_a_flow(void **state)
{
    (void)state;
    refused("indicators.csv", "-came left", "-came@start left",
            "indicators.csv:7:23: bad_definition:", "@start and @end are of a stock that adds");
    refused("indicators.csv", "-came left", "-came left@end",
            "indicators.csv:7:23: bad_definition:", "@start and @end are of a stock that adds");
}

static void the_start_of_a_day(void **state)
{
    (void)state;
    refused("indicators.csv", "wanted -heads", "wanted@end -heads",
            "indicators.csv:9:23: bad_definition:", "@start and @end are for a difference over a period");
}

static void a_stock_over_a_period(void **state)
{
    (void)state;
    refused(
        "indicators.csv", "heads@end -heads@start -came", "heads -came",
        "indicators.csv:7:23: bad_definition:", "a term adds over the period, or is a stock @start or @end");
}

static void a_period_without_anything_that_happens_in_it(void **state)
{
    (void)state;
    refused(
        "indicators.csv", "heads@end -heads@start -came left", "heads@end -heads@start",
        "indicators.csv:7:23: bad_definition:", "a difference over a period has a term that adds over it");
}

static void one_term_twice(void **state)
{
    (void)state;
    refused("indicators.csv", "-heads@start -came", "-heads@end -came",
            "indicators.csv:7:23: bad_definition:", "a part named twice");
}

static void a_rule_that_holds_nothing_against_it(void **state)
{
    (void)state;
    refused("indicators.csv", "heads@end -heads@start -came left", "came left",
            "indicators.csv:7:28: bad_definition:", "a rule holds one thing against another");
    refused("indicators.csv", "wanted -heads,,,,,,", "wanted -heads,,,,,nothing,",
            "indicators.csv:9:28: unknown_value:", "nothing");
}

/* ---- what is owed, what is plausible
 * ------------------------------------------------------------------------
 */

static void a_rhythm_for_what_nobody_owes(void **state)
{
    (void)state;
    refused("indicators.csv", "calendar,,,no,A,A,A", "none,,,no,A,A,A",
            "indicators.csv:2:24: bad_definition:", "a rhythm for what nobody owes");
}

static void days_without_a_rhythm(void **state)
{
    (void)state;
    refused("indicators.csv", "quarter,20,", ",20,",
            "indicators.csv:2:25: bad_definition:", "days to report in, and no rhythm that they count from");
}

static void an_unknown_rhythm(void **state)
{
    (void)state;
    refused("indicators.csv", "quarter,20,", "fortnight,20,",
            "indicators.csv:2:24: unknown_value:", "fortnight");
}

static void a_band_that_lets_nothing_through(void **state)
{
    (void)state;
    refused("indicators.csv", "quarter,20,2,5", "quarter,20,1,5",
            "indicators.csv:2:26: bad_definition:", "a band is a factor above 1");
}

static void a_floor_without_a_band(void **state)
{
    (void)state;
    refused("indicators.csv", "quarter,20,2,5", "quarter,20,,5",
            "indicators.csv:2:27: bad_definition:", "a difference that is always plausible, without a band");
}

/* ---- plans --------------------------------------------------------------------------------------------- */

static void facts_of_what_is_no_plan(void **state)
{
    (void)state;
    refused("indicators.csv", "E,E,E,,,,,,,,,,,", "E,E,E,,,,,,,,,,,came",
            "indicators.csv:6:29: bad_definition:", "only a plan has facts beside it");
}

static void a_fact_that_is_none(void **state)
{
    (void)state;
    refused("indicators.csv", "came -wanted\n", "cane -wanted\n",
            "indicators.csv:10:29: unknown_indicator:", "cane");
    refused("indicators.csv", "came -wanted\n", "came plan\n",
            "indicators.csv:10:29: bad_definition:", "a fact is a stock, flow or event that adds");
    refused("indicators.csv", "came -wanted\n", "came -came\n",
            "indicators.csv:10:29: bad_definition:", "a fact named twice");
    refused("indicators.csv", "wanted,stock,person,1,", "wanted,stock,person,10,",
            "indicators.csv:10:29: bad_definition:", "a fact has another measure or scale");
}

int main(void)
{
#define CASE(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        CASE(the_catalogue_without_faults_loads),
        CASE(a_summed_percentage),
        CASE(a_ratio_without_its_numerator),
        CASE(a_ratio_without_its_denominator),
        CASE(a_ratio_of_what_is_not_there),
        CASE(a_dimension_that_the_denominator_lacks_and_does_not_ignore),
        CASE(an_unknown_member),
        CASE(an_unknown_dimension),
        CASE(a_unit_below_itself),
        CASE(a_ratio_of_itself),
        CASE(differences_of_one_another),
        CASE(a_flow_in_a_difference_of_stocks),
        CASE(a_difference_that_only_takes_off),
        CASE(the_start_of_a_flow),
        CASE(the_start_of_a_day),
        CASE(a_stock_over_a_period),
        CASE(a_period_without_anything_that_happens_in_it),
        CASE(one_term_twice),
        CASE(a_rule_that_holds_nothing_against_it),
        CASE(a_rhythm_for_what_nobody_owes),
        CASE(days_without_a_rhythm),
        CASE(an_unknown_rhythm),
        CASE(a_band_that_lets_nothing_through),
        CASE(a_floor_without_a_band),
        CASE(facts_of_what_is_no_plan),
        CASE(a_fact_that_is_none),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
