/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of today's figures are added up in a shorter way than those of other days (evaluate.c, add_settled).
 * Asked for today's borders, which here were never others, every cell is evaluated in the longer one: both
 * are equal, whoever has stated what so far, and whoever owes it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#include "rng.h"
#include "rollup_world.h"

#include "rollup_reference.h"

#define REGIONS   3
#define DISTRICTS 3 /* of each region; the last one has no facility */
#define PLACES    4 /* facilities of each other district */

static struct kadr_reference *make_reference(void)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf units;
    kadr_buf_init(&units, 0);
    kadr_buf_add_str(&units,
                     "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk,"
                     "territorial\n"
                     "KZ,country,,1900-01-01,,,,N,N,N,\n"
                     "ORG,region,KZ,1900-01-01,,,,O,O,O,no\n");
    for (unsigned r = 0; r < REGIONS; r++) {
        kadr_buf_printf(&units, "R%u,region,KZ,1900-01-01,,,,R%u,R%u,R%u,\n", r, r, r, r);
        kadr_buf_printf(&units, "F%u,facility,R%u,1900-01-01,,,,f%u,f%u,f%u,\n", r, r, r, r, r);
        for (unsigned d = 0; d < DISTRICTS; d++) {
            kadr_buf_printf(&units, "D%u%u,district,R%u,1900-01-01,,,,D%u%u,D%u%u,D%u%u,\n", r, d, r, r, d, r,
                            d, r, d);
            for (unsigned f = 0; f < PLACES && d + 1 < DISTRICTS; f++) {
                kadr_buf_printf(&units, "F%u%u%u,facility,D%u%u,1900-01-01,,,,F%u%u%u,F%u%u%u,F%u%u%u,\n", r,
                                d, f, r, d, r, d, f, r, d, f, r, d, f);
            }
        }
    }
    return load_reference_with(kadr_buf_str(&units),
                               CATALOGUE_HEADER
                               "beds,stock,person,1,last,sum,facility,cadre,cadre,30,90,calendar,,,no,A,A,A\n"
                               "chairs,stock,person,1,last,sum,facility,,,,,none,,,no,B,B,B\n"
                               "gain,stock,person,1,last,sum,district,,,,,calendar,,,yes,C,C,C\n"
                               "births,flow,person,1,sum,sum,facility,,,,,calendar,,,no,D,D,D\n"
                               "fires,event,person,1,count,sum,district,,,,,calendar,,,no,E,E,E\n",
                               EXAMPLE_MEMBERS,
                               "indicator,unit,from,to,expected\n"
                               "beds,F000,,,no\n"
                               "births,F100,2024-01-01,,no\n"
                               "*,F101,2024-02-01,,no\n");
}

/* ---- the two ways -------------------------------------------------------------------------------------- */

static struct cells *cells_of(struct world *w, bool borders_today)
{
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT,
                                       .indicator = KADR_NO_INDICATOR,
                                       .as_of = KADR_DAY_NONE,
                                       .borders_today = borders_today };
    struct cells *cells = test_calloc(1, sizeof(*cells));
    assert_int_equal(kadr_rollup_query(w->rollup, &query, collect_cell, cells), 0);
    return cells;
}

static void both_ways_are_equal(struct world *w, uint64_t seed)
{
    settle(w);
    struct cells *shorter = cells_of(w, false), *longer = cells_of(w, true);
    assert_int_equal(shorter->count, longer->count);
    for (size_t i = 0; i < shorter->count; i++) {
        char a[CELL_TEXT_BYTES], b[CELL_TEXT_BYTES];
        if (!kadr_cell_equal(&shorter->items[i], &longer->items[i])) {
            const struct kadr_cell_key *key = &shorter->items[i].key;
            fail_msg("seed %" PRIu64 ": %s %s: %s, and in the longer way %s", seed,
                     kadr_unit_info(w->reference, key->unit)->code,
                     kadr_indicator_info(w->reference, key->indicator)->code,
                     cell_text(&shorter->items[i], a), cell_text(&longer->items[i], b));
        }
    }
    test_free(shorter);
    test_free(longer);
}

/* ---- what is said ---------------------------------------------------------------------------------------
 */

static const char *some(struct rng *rng, const char *const *list, size_t count)
{
    return list[rng_below(rng, count)];
}

/* Mostly of facilities, at times of what is above them. */
static void some_unit(struct rng *rng, char ret_code[8])
{
    unsigned r = (unsigned)rng_below(rng, REGIONS), d = (unsigned)rng_below(rng, DISTRICTS),
             f = (unsigned)rng_below(rng, PLACES);
    switch (rng_below(rng, 20)) {
    case 0:
        (void)snprintf(ret_code, 8, "ORG");
        break;
    case 1:
        (void)snprintf(ret_code, 8, "R%u", r);
        break;
    case 2:
        (void)snprintf(ret_code, 8, "F%u", r);
        break;
    case 3:
    case 4:
    case 5:
        (void)snprintf(ret_code, 8, "D%u%u", r, d);
        break;
    default:
        (void)snprintf(ret_code, 8, "F%u%u%u", r, d % (DISTRICTS - 1), f);
    }
}

static void say_something(struct world *w, struct rng *rng)
{
    static const char *const stocks[] = { "beds - ", "beds cadre=doctor ", "beds cadre=midlevel ",
                                          "chairs - ", "gain - " };
    static const char *const days[] = { "2023-11-30", "2023-12-31", "2024-01-15", "2024-01-31" };
    static const char *const flows[] = { "births - ", "fires - " };
    static const char *const periods[] = { "2024-01", "2024-02", "2023-Q4", "2023", "2024-01-03/2024-01-09" };
    static const char *const values[] = {
        "7", "12..15", ">3", "0", "40~5", "?not_reported", "?not_applicable", "withdrawn"
    };
    char unit[8], line[128];
    bool stock = rng_below(rng, 3) > 0;
    some_unit(rng, unit);
    (void)snprintf(line, sizeof line, "%s %s%s %s", unit,
                   stock ? some(rng, stocks, KADR_COUNT(stocks)) : some(rng, flows, KADR_COUNT(flows)),
                   stock ? some(rng, days, KADR_COUNT(days)) : some(rng, periods, KADR_COUNT(periods)),
                   some(rng, values, KADR_COUNT(values)));
    say(w, line);
}

/* ---- tests -----------------------------------------------------------------------------------------------
 */

/* One facility has spoken: everybody else is expected all the same. */
static void silent_units_are_expected(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, make_reference(), "2024-02-01");
    say(&w, "F010 beds - 2024-01-15 7");
    settle(&w);
    struct kadr_cell cell;
    assert_true(ask(&w, "KZ beds -", NULL, &cell));
    assert_int_equal(cell.reported, 1);
    assert_int_equal(cell.expected, REGIONS * ((DISTRICTS - 1) * PLACES + 1) - 2); /* two are excused */
    assert_true(ask(&w, "R0 beds -", NULL, &cell));
    assert_int_equal(cell.expected, (DISTRICTS - 1) * PLACES + 1 - 1);
    world_close(&w);
}

static void the_shorter_way_is_the_longer_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng rng = { seed };
        struct world w;
        world_open(&w, make_reference(), "2024-02-01");
        for (unsigned tick = 0; tick < 6; tick++) {
            for (size_t i = rng_below(&rng, 40); i > 0; i--) {
                say_something(&w, &rng);
            }
            both_ways_are_equal(&w, seed);
        }
        next_day(&w, "2024-03-20");
        both_ways_are_equal(&w, seed);
        world_close(&w);
    }
}

/* A unit that was not there for a while is expected when it was: the short way is not for its parent then. */
static void a_unit_with_a_gap_is_not_expected_in_it(void **state)
{
    struct world w;
    (void)state;
    world_open(&w,
               load_reference(UNITS_HEADER "KZ,country,,1900-01-01,,,,N,N,N\n" REGION("R0")
                                  REGION("R1") "A,facility,R0,1900-01-01,,,,A,A,A\n"
                                               "G,facility,R0,1900-01-01,2023-06-30,,,G,G,G\n"
                                               "G,facility,R0,2023-09-10,,,,G,G,G\n",
                              CATALOGUE_HEADER
                              "births,flow,person,1,sum,sum,facility,,,,,calendar,,,no,D,D,D\n",
                              EXAMPLE_MEMBERS),
               "2024-02-01");
    say(&w, "A births - 2023-06 5");
    say(&w, "A births - 2023-08 5");
    say(&w, "A births - 2023-10 5");
    settle(&w);
    shows(&w, "R0 births - 2023-08", "5..5 sum | 1 1 of 1 stale 0 | 2023-08-31 2023-08-31");
    shows(&w, "R0 births - 2023-06",
          "5..open known 5 sum incomplete | 1 1 of 2 stale 0 | 2023-06-30 2023-06-30");
    shows(&w, "R0 births - 2023-10",
          "5..open known 5 sum incomplete | 1 1 of 2 stale 0 | 2023-10-31 2023-10-31");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_with_a_gap_is_not_expected_in_it),
        cmocka_unit_test(silent_units_are_expected),
        cmocka_unit_test(the_shorter_way_is_the_longer_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
