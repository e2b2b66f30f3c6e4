/* SPDX-License-Identifier: Apache-2.0 */
/* What the rollup hands out: kinds of change, changes of reference, digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/map.h"

#include "rollup_world.h"

#include "rollup_reference.h"
#include "shipped.h"

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

/* The kind of change of one cell since the last take; "none" if it has none. */
static const char *change_of(struct world *w, const char *unit, const char *indicator, const char *period)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    struct kadr_period wanted;
    size_t count = take(w);
    assert_int_equal(kadr_period_parse(period, &wanted), 0);
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(w->rollup, i);
        if (change.cell.key.unit == kadr_unit_find(reference, unit) && !change.cell.key.breakdown &&
            change.cell.key.indicator == kadr_indicator_find(reference, indicator) &&
            kadr_period_equal(change.cell.key.period, wanted)) {
            return kadr_change_text(change.kind);
        }
    }
    return "none";
}

/* A difference over a period takes a stock on a day: each cause finds the periods from its own first day on,
 * whatever else was said of earlier days in the same take. */
static void each_cause_finds_the_periods_of_its_days(void **state)
{
    static const char *const orders[][3] = {
        { "KZ-33 headcount - 2024-06-30 940", "KZ-33 headcount - 2025-01-31 981",
          "KZ-33 headcount - 2024-12-31 971" },
        { "KZ-33 headcount - 2025-01-31 981", "KZ-33 headcount - 2024-06-30 940",
          "KZ-33 headcount - 2024-12-31 971" },
        { "KZ-33 headcount - 2024-12-31 971", "KZ-33 headcount - 2024-06-30 940",
          "KZ-33 headcount - 2025-01-31 981" },
    };
    (void)state; /* a world for each order */
    for (size_t o = 0; o < KADR_COUNT(orders); o++) {
        struct world w;
        world_open(&w, shipped_reference(), "2025-10-01");
        say(&w, "KZ-33 headcount - 2023-12-31 1000");
        say(&w, "KZ-33 headcount - 2024-12-31 970");
        say(&w, "KZ-33 headcount - 2025-01-31 980");
        say(&w, "KZ-33 arrivals - 2024 50");
        say(&w, "KZ-33 departures - 2024 80");
        settle(&w);
        for (size_t i = 0; i < KADR_COUNT(orders[o]); i++) {
            say(&w, orders[o][i]);
        }
        assert_string_equal(change_of(&w, "KZ-33", "staff_balance", "2024"), "corrected");
        world_close(&w);
    }
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

/* Scales change exactly or not at all: 364.25 posts cannot be told in whole ones, so that statement sleeps,
 * and what it said is unknown. */
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
    shows(w, "KZ-35 posts cadre=doctor", "none | 0 0 of null stale 0 | ?unknown");
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    shows(w, "KZ-35 posts cadre=doctor", "36425..36425 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    kadr_reference_unref(other);
}

/* Which statement is in force is a matter of when it was stated, not of the references in between. */
static void a_value_that_does_not_fit_outranks_older_ones(void **state)
{
    struct world *w = *state;
    const char *posts = strstr(EXAMPLE_CATALOGUE, "posts,");
    char whole[8192];
    assert_non_null(posts);
    snprintf(whole, sizeof(whole), "%.*sposts,stock,person,1,last,sum,region,cadre,cadre,,,none,,,no,P,P,P\n",
             (int)(posts - EXAMPLE_CATALOGUE), EXAMPLE_CATALOGUE);
    struct kadr_reference *other = load_reference(EXAMPLE_UNITS, whole, EXAMPLE_MEMBERS);
    say_at(w, 5000, "KZ-33 posts - 2024-01-01 364.25");
    assert_int_equal(kadr_rollup_reference(w->rollup, other, ++w->commit), 0);
    say_at(w, 4000, "KZ-33 posts - 2024-01-01 360"); /* an outbox that was offline */
    shows(w, "KZ-33 posts -", "none | 0 0 of null stale 0 | ?unknown");
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    shows(w, "KZ-33 posts -", "36425..36425 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 1);
    assert_int_equal(kadr_rollup_reference(w->rollup, other, ++w->commit), 0);
    say_at(w, 6000, "KZ-33 posts - 2024-01-01 365"); /* later: it replaces what could not be told */
    shows(w, "KZ-33 posts -", "365..365 stated | 1 1 of null stale 0 | 2024-01-01 2024-01-01");
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    shows(w, "KZ-33 posts -", "36500..36500 stated | 1 1 of 1 stale 0 | 2024-01-01 2024-01-01");
    assert_int_equal(kadr_rollup_statement_count(w->rollup), 1);
    kadr_reference_unref(other);
}

/* What left before a change of reference is still told after it, under its new index. */
static void a_cell_that_left_is_told_across_references(void **state)
{
    struct world *w = *state;
    struct kadr_reference *renumbered = load_reference(
        EXAMPLE_UNITS,
        CATALOGUE_HEADER "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,calendar,,,no,A,A,A\n",
        EXAMPLE_MEMBERS);
    kadr_unit region = kadr_unit_find(w->reference, "KZ-33");
    say(w, "KZ-33 arrivals - 2022-03/2022-05 4"); /* half, year, academic year, and itself */
    settle(w);
    next_day(w, "2025-01-01");
    assert_int_equal(kadr_rollup_reference(w->rollup, renumbered, ++w->commit), 0);
    size_t count = take(w);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        assert_true(kadr_rollup_change(w->rollup, i).removed);
        assert_int_equal(kadr_rollup_change(w->rollup, i).cell.key.indicator, 0);
        assert_true(kadr_rollup_change(w->rollup, i).cell.key.unit == region ||
                    kadr_rollup_change(w->rollup, i).cell.key.unit == 0);
    }
    kadr_reference_unref(renumbered);
}

static void a_cell_that_left_and_came_back_is_there(void **state)
{
    struct world *w = *state;
    struct kadr_reference *untimed = load_reference(
        EXAMPLE_UNITS,
        CATALOGUE_HEADER "arrivals,plan,person,1,none,sum,region,cadre,cadre,,,calendar,,,no,A,A,A\n",
        EXAMPLE_MEMBERS);
    say(w, "KZ-33 arrivals - 2023-03 4");
    settle(w);
    assert_int_equal(kadr_rollup_reference(w->rollup, untimed, ++w->commit), 0);
    assert_int_equal(kadr_rollup_cell_count(w->rollup), 2); /* the month alone, at KZ-33 and KZ */
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    size_t count = take(w);
    assert_int_equal(count, 8); /* the other four periods: told again, and not as removed */
    for (size_t i = 0; i < count; i++) {
        assert_false(kadr_rollup_change(w->rollup, i).removed);
        assert_int_equal(kadr_rollup_change(w->rollup, i).kind, KADR_CHANGE_REFERENCE);
    }
    kadr_reference_unref(untimed);
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
        CASE(each_change_has_its_kind),
        cmocka_unit_test(each_cause_finds_the_periods_of_its_days),
        CASE(what_has_no_code_yet_sleeps),
        CASE(a_cell_that_left_and_came_back_is_there),
        CASE(a_cell_that_left_is_told_across_references),
        CASE(a_scale_changes_exactly_or_sleeps),
        CASE(a_value_that_does_not_fit_outranks_older_ones),
        CASE(a_district_counts_to_its_region),
        CASE(canonical_bytes_are_these),
        CASE(a_map_finds_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
