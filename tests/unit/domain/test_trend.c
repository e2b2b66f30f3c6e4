/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rollup.md, Trends: twelve regions are never compared with twenty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/trend.h"
#include "rollup_world.h"

#include "../rng.h"
#include "rollup_reference.h"

static const char *const regions[] = { "KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31",
                                       "KZ-33", "KZ-35", "KZ-39", "KZ-43", "KZ-47", "KZ-55", "KZ-59",
                                       "KZ-61", "KZ-62", "KZ-63", "KZ-71", "KZ-75", "KZ-79" };

static int open_with(void **state, const char *catalogue, const char *today)
{
    struct world *w = test_malloc(sizeof(*w));
    world_open(w, load_reference(EXAMPLE_UNITS, catalogue, EXAMPLE_MEMBERS), today);
    *state = w;
    return 0;
}

static int open_examples(void **state)
{
    return open_with(state, EXAMPLE_CATALOGUE, "2024-06-01");
}

static int open_derived(void **state)
{
    return open_with(state, DERIVED_CATALOGUE, "2024-06-01");
}

static int close_examples(void **state)
{
    world_close(*state);
    test_free(*state);
    return 0;
}

#define MAX_TEXT 4096

/* `PERIOD known|same` per point, then `in of of` and who was left out, at which point and why. */
static int trend_text(void *context, const struct kadr_trend *trend)
{
    char *text = context;
    char period[KADR_PERIOD_TEXT_BYTES], a[24], b[24];
    size_t len = strlen(text);
#define ADD(...) len += (size_t)snprintf(text + len, MAX_TEXT - len, __VA_ARGS__)
    for (size_t p = 0; p < trend->point_count; p++) {
        const struct kadr_trend_point *point = &trend->points[p];
        ADD("%s ", kadr_period_format(point->period, period));
        if (kadr_cell_has_value(&point->cell)) {
            ADD("%s..%s%s", number(point->cell.lo, false, a), number(point->cell.hi, point->cell.hi_open, b),
                point->cell.incomplete ? "+" : "");
        } else {
            ADD("none");
        }
        if (point->same.present) {
            ADD(" same %s..%s", number(point->same.lo, false, a),
                number(point->same.hi, point->same.hi_open, b));
        }
        ADD(point->carried ? " carried %u; " : "; ", point->carried);
    }
    ADD("%u of %u %s", trend->in, trend->of, kadr_basis_text(trend->same_basis));
    for (size_t i = 0; i < trend->left_out_count; i++) {
        ADD(" -%u/%u:%s", trend->left_out[i].unit, trend->left_out[i].point,
            kadr_left_out_text(trend->left_out[i].why));
    }
    ADD("\n");
#undef ADD
    assert_true(len < MAX_TEXT);
    return 0;
}

/* `UNIT INDICATOR BREAKDOWN PERIOD…` */
static void ask_trend(struct world *w, const char *line, bool same, bool all, char text[MAX_TEXT])
{
    struct words words;
    struct kadr_period points[KADR_MAX_POINTS];
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    split(&words, line);
    struct kadr_trend_query query = { .unit = kadr_unit_find(w->reference, words.word[0]),
                                      .indicator = kadr_indicator_find(w->reference, words.word[1]),
                                      .same_reporters = same,
                                      .all_breakdowns = all,
                                      .points = points,
                                      .point_count = words.count - 3 };
    assert_int_not_equal(query.unit, KADR_NO_UNIT);
    assert_int_not_equal(query.indicator, KADR_NO_INDICATOR);
    size_t count = parse_pairs(words.word[2], pairs);
    for (size_t i = 0; i < count; i++) {
        kadr_dimension dimension = kadr_dimension_find(w->reference, pairs[i].dimension);
        kadr_member member = kadr_member_find(w->reference, dimension, pairs[i].member);
        assert_int_equal(kadr_breakdown_add(w->reference, &query.breakdown, member), 0);
    }
    for (size_t i = 3; i < words.count; i++) {
        assert_int_equal(kadr_period_parse(words.word[i], &points[i - 3]), 0);
    }
    text[0] = '\0';
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), 0);
}

static void trend_shows(struct world *w, const char *line, bool same, const char *expected)
{
    char text[MAX_TEXT];
    ask_trend(w, line, same, false, text);
    assert_string_equal(text, expected);
}

static void say_all(struct world *w, size_t from, size_t to, const char *what)
{
    for (size_t i = from; i < to; i++) {
        char line[128];
        snprintf(line, sizeof(line), "%s %s", regions[i], what);
        say(w, line);
    }
}

/* ---- worked cases -------------------------------------------------------------------------------------- */

/* The totals say that the country gained 800 people; the twelve that can be compared lost 24. */
static void twelve_regions_are_not_compared_with_twenty(void **state)
{
    char text[MAX_TEXT];
    say_all(*state, 0, 12, "headcount - 2024-01-31 102");
    say_all(*state, 0, 12, "headcount - 2024-02-29 100");
    say_all(*state, 12, 20, "headcount - 2024-02-29 103");
    ask_trend(*state, "KZ headcount - 2024-01 2024-02", true, false, text);
    assert_non_null(strstr(text, "2024-01 1224..open+ same 1224..1224; 2024-02 2024..2024 same 1200..1200; "
                                 "12 of 20 sum -"));
    trend_shows(*state, "KZ headcount - 2024-01 2024-02", false,
                "2024-01 1224..open+; 2024-02 2024..2024; 0 of 0 none\n");
}

static void the_national_office_is_not_asked_about_the_same_reporters(void **state)
{
    say(*state, "KZ headcount - 2024-01-31 5000");
    say(*state, "KZ-33 headcount - 2024-01-31 7");
    say(*state, "KZ headcount - 2024-02-29 6000");
    say(*state, "KZ-33 headcount - 2024-02-29 8..9");
    char text[MAX_TEXT];
    ask_trend(*state, "KZ headcount - 2024-01-31 2024-02-29", true, false, text);
    assert_non_null(
        strstr(text, "2024-01-31 5000..5000 same 7..7; 2024-02-29 6000..6000 same 8..9; 1 of 20"));
}

static void an_incomplete_figure_is_none_to_compare_with(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 headcount - 2024-01-31 30");
    say(*state, "KZ-35 headcount cadre=doctor 2024-01-31 10");
    say(*state, "KZ-35 headcount - 2024-02-29 50");
    ask_trend(*state, "KZ headcount - 2024-01 2024-02", true, false, text);
    assert_non_null(strstr(text, "same 30..30; 2024-02 80..open+ same 30..30 carried 1; 1 of 20 sum"));
    assert_non_null(strstr(text, "/0:incomplete"));
}

/* KZ-33 says nothing new in February: its January stands in both, and is counted as carried. */
static void what_is_carried_is_counted(void **state)
{
    say_all(*state, 7, 8, "headcount - 2024-01-15 30");
    trend_shows(*state, "KZ-33 headcount - 2024-01-15 2024-02 2024-03", true,
                "2024-01-15 30..30 same 30..30; 2024-02 30..30 same 30..30 carried 1; 2024-03 30..30 same "
                "30..30 carried 1; 1 of 1 stated\n");
}

/* Karaganda before and after Ulytau left it are two things. */
static void changed_borders_are_left_out(void **state)
{
    char text[MAX_TEXT], expected[64];
    struct world *w = *state;
    say(w, "KZ-35 headcount - 2022-01-31 4000");
    say(w, "KZ-33 headcount - 2022-01-31 100");
    say(w, "KZ-35 headcount - 2023-01-31 3000");
    say(w, "KZ-62 headcount - 2023-01-31 900");
    say(w, "KZ-33 headcount - 2023-01-31 110");
    ask_trend(w, "KZ headcount - 2022-01-31 2023-01-31", true, false, text);
    assert_non_null(strstr(text,
                           "2022-01-31 4100..open+ same 100..100; 2023-01-31 4010..open+ same 110..110; "
                           "1 of 20 sum"));
    snprintf(expected, sizeof(expected), "-%u/1:borders", kadr_unit_find(w->reference, "KZ-35"));
    assert_non_null(strstr(text, expected));
    snprintf(expected, sizeof(expected), "-%u/0:not_there", kadr_unit_find(w->reference, "KZ-62"));
    assert_non_null(strstr(text, expected));
}

static void a_unit_that_is_gone_later_is_left_out(void **state)
{
    static const char units[] = UNITS_HEADER
        "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\nKZ-1,region,KZ,1900-01-01,2024-02-15,,,A,A,A\n" REGION("KZ-2");
    struct world w;
    (void)state;
    world_open(&w, load_reference(units, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS), "2024-06-01");
    say(&w, "KZ-1 headcount - 2024-01-31 5");
    say(&w, "KZ-2 headcount - 2024-01-31 6");
    say(&w, "KZ-2 headcount - 2024-02-29 7");
    trend_shows(&w, "KZ headcount - 2024-01-31 2024-02-29", true,
                "2024-01-31 11..11 same 6..6; 2024-02-29 7..7 same 7..7; 1 of 2 sum -1/1:not_there\n");
    world_close(&w);
}

/* A republican institute: in the set when it has figures, missed by nobody when it has none. */
static void an_organisation_is_in_it_and_never_left_out(void **state)
{
    static const char units[] =
        "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk,"
        "territorial\nKZ,country,,1900-01-01,,,,KZ,KZ,KZ,\n"
        "KZ-1,region,KZ,1900-01-01,,,,A,A,A,\nORG,region,KZ,1900-01-01,,,,O,O,O,no\n";
    struct world w;
    (void)state;
    world_open(&w, load_reference(units, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS), "2024-06-01");
    say(&w, "KZ-1 headcount - 2024-01-31 5");
    say(&w, "KZ-1 headcount - 2024-02-29 6");
    say(&w, "ORG headcount - 2024-02-29 100");
    trend_shows(&w, "KZ headcount - 2024-01-31 2024-02-29", true,
                "2024-01-31 5..5 same 5..5; 2024-02-29 106..106 same 6..6; 1 of 1 sum\n");
    say(&w, "ORG headcount - 2024-01-31 90");
    trend_shows(&w, "KZ headcount - 2024-01-31 2024-02-29", true,
                "2024-01-31 95..95 same 95..95; 2024-02-29 106..106 same 106..106; 2 of 2 sum\n");
    world_close(&w);
}

static void who_cannot_have_it_is_nobody_of_them(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 headcount - 2024-01-31 5");
    say(*state, "KZ-35 headcount - 2024-01-31 ?not_applicable");
    say(*state, "KZ-39 headcount - 2024-01-31 4");
    say(*state, "KZ-39 headcount - 2024-02-29 ?not_applicable");
    ask_trend(*state, "KZ headcount - 2024-01-31 2024-02-29", true, false, text);
    assert_non_null(strstr(text, "1 of 19 sum"));
    assert_non_null(strstr(text, "/1:not_applicable"));
}

static void flows_are_compared_by_their_periods(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 arrivals - 2023-Q1 10");
    say(*state, "KZ-33 arrivals - 2023-Q2 14");
    say(*state, "KZ-35 arrivals - 2023-Q2 40");
    say(*state, "KZ-39 arrivals - 2023-04 1"); /* of Q2 one month */
    say(*state, "KZ-39 arrivals - 2023-Q1 1");
    ask_trend(*state, "KZ arrivals - 2023-Q1 2023-Q2", true, false, text);
    assert_non_null(
        strstr(text, "2023-Q1 11..open+ same 10..10; 2023-Q2 55..open+ same 14..14; 1 of 20 sum"));
    assert_non_null(strstr(text, "/1:incomplete"));
}

static void a_range_is_widened_over_the_same(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 equipment_level - 2024-01-31 91");
    say(*state, "KZ-35 equipment_level - 2024-01-31 80");
    say(*state, "KZ-33 equipment_level - 2024-02-29 93");
    say(*state, "KZ-35 equipment_level - 2024-02-29 82");
    say(*state, "KZ-39 equipment_level - 2024-02-29 10");
    ask_trend(*state, "KZ equipment_level - 2024-01-31 2024-02-29", true, false, text);
    assert_non_null(strstr(text, "same 80..91; 2024-02-29 10..93 same 82..93; 2 of 20 range"));
}

static void what_does_not_add_up_has_no_figure_of_several(void **state)
{
    say(*state, "KZ-33 horizon - 2024-01-31 2");
    say(*state, "KZ-33 horizon - 2024-02-29 3");
    trend_shows(*state, "KZ-33 horizon - 2024-01-31 2024-02-29", true,
                "2024-01-31 2..2 same 2..2; 2024-02-29 3..3 same 3..3; 1 of 1 stated\n");
    char text[MAX_TEXT];
    ask_trend(*state, "KZ horizon - 2024-01-31 2024-02-29", true, false, text);
    assert_non_null(strstr(text, "2024-01-31 none; 2024-02-29 none; 1 of 20 none"));
}

/* 100/10000 and 200/20000: of KZ-35 there is no population in January, so its people count at neither end. */
static void a_ratio_is_that_of_the_terms_of_the_same(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 headcount - 2024-01-31 100");
    say(*state, "KZ-33 population - 2024-01-31 10000");
    say(*state, "KZ-35 headcount - 2024-01-31 900");
    say(*state, "KZ-33 headcount - 2024-02-29 110");
    say(*state, "KZ-35 population - 2024-02-29 10000");
    ask_trend(*state, "KZ density - 2024-01-31 2024-02-29", true, false, text);
    assert_non_null(strstr(text, "2024-01-31 10000..10000+ same 10000..10000; 2024-02-29 50500..50500+ same "
                                 "11000..11000; 1 of 20 ratio"));
}

static void a_difference_may_be_negative_over_the_same(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 posts - 2024-01-31 10");
    say(*state, "KZ-33 occupied - 2024-01-31 12.5");
    say(*state, "KZ-35 posts - 2024-01-31 10");
    ask_trend(*state, "KZ vacancy - 2024-01-31", true, false, text);
    assert_non_null(strstr(text, "2024-01-31 none same -250..-250; 1 of 20 sum"));
}

static void all_breakdowns_come_in_their_order(void **state)
{
    char text[MAX_TEXT];
    say(*state, "KZ-33 headcount cadre=midlevel 2024-01-31 6");
    say(*state, "KZ-33 headcount cadre=doctor 2024-01-31 4");
    ask_trend(*state, "KZ-33 headcount - 2024-01-31", false, true, text);
    assert_string_equal(text, "2024-01-31 10..open+; 0 of 0 none\n2024-01-31 4..4; 0 of 0 none\n"
                              "2024-01-31 6..6; 0 of 0 none\n");
    ask_trend(*state, "KZ-35 headcount - 2024-01-31", false, true, text);
    assert_string_equal(text, "");
    trend_shows(*state, "KZ-35 headcount - 2024-01-31", false, "2024-01-31 none; 0 of 0 none\n");
}

static int count_points(void *context, const struct kadr_trend *trend)
{
    (void)context;
    assert_int_equal(trend->point_count, KADR_MAX_POINTS);
    return 0;
}

static void a_point_is_not_asked_of_what_is_to_come(void **state)
{
    struct world *w = *state;
    struct kadr_period points[KADR_MAX_POINTS + 1];
    char text[MAX_TEXT] = "";
    struct kadr_trend_query query = { .unit = 0, .indicator = 0, .points = points, .point_count = 1 };
    points[0] = (struct kadr_period){ day("2024-06-01"), day("2024-06-30") };
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), 0);
    assert_non_null(strstr(text, "2024-06 none"));
    points[0] = (struct kadr_period){ day("2024-06-02"), day("2024-06-02") };
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), KADR_EINVAL);
    points[0] = points[1] = (struct kadr_period){ day("2024-01-02"), day("2024-01-02") };
    query.point_count = 2;
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), KADR_EINVAL);
    query.point_count = 0;
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), KADR_EINVAL);
    for (size_t i = 0; i <= KADR_MAX_POINTS; i++) {
        points[i].first = points[i].last = day("2020-01-01") + (kadr_day)i;
    }
    query.point_count = KADR_MAX_POINTS + 1;
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, trend_text, text), KADR_EINVAL);
    query.point_count = KADR_MAX_POINTS;
    assert_int_equal(kadr_rollup_trend(w->rollup, &query, count_points, NULL), 0);
}

static void a_difference_is_an_interval(void **state)
{
    struct kadr_candidate before = { .present = true, .lo = 10, .hi = 12 };
    struct kadr_candidate after = { .present = true, .lo = 20, .hi_open = true };
    (void)state;
    struct kadr_difference d = kadr_difference_of(&before, &after);
    assert_true(d.lo == 8 && !d.lo_open && d.hi_open);
    d = kadr_difference_of(&after, &before);
    assert_true(d.lo_open && !d.hi_open && d.hi == -8);
    after = (struct kadr_candidate){ .present = true, .lo = INT64_MIN, .hi = INT64_MAX };
    d = kadr_difference_of(&before, &after);
    assert_true(d.lo == INT64_MIN && d.hi == INT64_MAX - 10);
}

/* ---- property ------------------------------------------------------------------------------------------ */

#define CASES 60

/* What was said, to be said again by the chosen. */
struct said {
    char line[64];
    kadr_unit region;
};
struct story {
    struct said said[400];
    size_t count;
    struct kadr_period points[12];
    size_t point_count;
    struct world w;
    size_t compared;
    uint64_t seed;
};

static void make_story(struct story *story, struct rng *rng)
{
    static const char *const values[] = {
        "1..3", "7", "12", "100", ">60", "?not_reported", "withdrawn", "0"
    };
    world_open(&story->w, load_reference(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS), "2024-06-01");
    story->count = 100 + rng_below(rng, 300);
    for (size_t i = 0; i < story->count; i++) {
        struct said *said = &story->said[i];
        const char *region = regions[rng_below(rng, KADR_COUNT(regions))];
        bool district = strcmp(region, "KZ-31") == 0 && rng_below(rng, 2) == 0;
        char text[KADR_DAY_TEXT_BYTES];
        kadr_day when = day("2023-01-01") + (kadr_day)rng_below(rng, 500);
        said->region = kadr_unit_find(story->w.reference, region);
        snprintf(said->line, sizeof(said->line), "%s headcount - %s %s", district ? "311000000" : region,
                 kadr_day_format(when, text), values[rng_below(rng, KADR_COUNT(values))]);
        say_at(&story->w, 1000 + (kadr_ms)i, said->line);
    }
    kadr_day at = day("2023-01-20");
    story->point_count = 1 + rng_below(rng, KADR_COUNT(story->points));
    for (size_t p = 0; p < story->point_count; p++) {
        at += 1 + (kadr_day)rng_below(rng, 40);
        story->points[p] = (struct kadr_period){ at, at };
    }
}

static bool is_left_out(const struct kadr_trend *trend, kadr_unit unit)
{
    bool out = false;
    for (size_t i = 0; i < trend->left_out_count; i++) {
        out = out || trend->left_out[i].unit == unit;
    }
    return out;
}

/* A second rollup that only ever heard of the set has the same sums as its lower bound and known end. */
static int equals_a_rollup_of_these(void *context, const struct kadr_trend *trend)
{
    struct story *story = context;
    struct world only;
    assert_int_equal(trend->in + trend->left_out_count, trend->of);
    assert_true(trend->of <= KADR_COUNT(regions));
    world_open(&only, kadr_reference_ref(story->w.reference), "2024-06-01");
    for (size_t i = 0; i < story->count; i++) {
        if (!is_left_out(trend, story->said[i].region)) {
            say_at(&only, 1000 + (kadr_ms)i, story->said[i].line);
        }
    }
    for (size_t p = 0; p < trend->point_count; p++) {
        const struct kadr_candidate *same = &trend->points[p].same;
        struct kadr_cell cell = { .basis = KADR_BASIS_NONE };
        char text[KADR_DAY_TEXT_BYTES];
        bool there = ask(&only, "KZ headcount -", kadr_day_format(story->points[p].last, text), &cell);
        assert_int_equal(same->present, there && kadr_cell_has_value(&cell));
        assert_int_equal(trend->in, there ? cell.reported : 0);
        if (same->present) {
            assert_int_equal(same->lo, cell.lo);
            assert_int_equal(same->hi_open, cell.known_hi_open);
            assert_int_equal(same->hi, cell.known_hi);
            assert_int_equal(same->oldest, cell.oldest);
            assert_int_equal(same->newest, cell.newest);
            story->compared++;
        }
    }
    world_close(&only);
    return 0;
}

static void the_same_reporters_are_a_rollup_of_only_them(void **state)
{
    struct story *story = test_calloc(1, sizeof(*story));
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct rng rng = { seed };
        make_story(story, &rng);
        story->seed = seed;
        struct kadr_trend_query query = { .unit = kadr_unit_find(story->w.reference, "KZ"),
                                          .indicator = kadr_indicator_find(story->w.reference, "headcount"),
                                          .same_reporters = true,
                                          .points = story->points,
                                          .point_count = story->point_count };
        print_message("seed %llu\n", (unsigned long long)seed);
        assert_int_equal(kadr_rollup_trend(story->w.rollup, &query, equals_a_rollup_of_these, story), 0);
        world_close(&story->w);
    }
    assert_true(story->compared > CASES); /* not of nothing */
    test_free(story);
}

#define EXAMPLE(test) cmocka_unit_test_setup_teardown(test, open_examples, close_examples)
#define DERIVED(test) cmocka_unit_test_setup_teardown(test, open_derived, close_examples)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXAMPLE(twelve_regions_are_not_compared_with_twenty),
        EXAMPLE(the_national_office_is_not_asked_about_the_same_reporters),
        EXAMPLE(an_incomplete_figure_is_none_to_compare_with),
        EXAMPLE(what_is_carried_is_counted),
        EXAMPLE(changed_borders_are_left_out),
        cmocka_unit_test(a_unit_that_is_gone_later_is_left_out),
        cmocka_unit_test(an_organisation_is_in_it_and_never_left_out),
        EXAMPLE(who_cannot_have_it_is_nobody_of_them),
        EXAMPLE(flows_are_compared_by_their_periods),
        EXAMPLE(a_range_is_widened_over_the_same),
        EXAMPLE(what_does_not_add_up_has_no_figure_of_several),
        DERIVED(a_ratio_is_that_of_the_terms_of_the_same),
        DERIVED(a_difference_may_be_negative_over_the_same),
        EXAMPLE(all_breakdowns_come_in_their_order),
        EXAMPLE(a_point_is_not_asked_of_what_is_to_come),
        cmocka_unit_test(a_difference_is_an_interval),
        cmocka_unit_test(the_same_reporters_are_a_rollup_of_only_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
