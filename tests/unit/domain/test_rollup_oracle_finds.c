/* SPDX-License-Identifier: Apache-2.0 */
/* Histories on which the rollup and the oracle (tests/oracle) once differed, cut down, one test each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

/* A tiling was held against itself, and all of it called outstanding, where the period had a reason only. */
static void a_tiling_is_not_compared_with_itself(void **state)
{
    struct world *w = *state;
    say(w, "KZ-35 arrivals - 2022-03-14/2022-03-18 30");
    say(w, "KZ-35 arrivals - 2022 ?not_stated");
    shows(w, "KZ-35 arrivals - 2022",
          "30..open known 30 stated incomplete | 1 0 of 1 stale 0 | 2022-03-18 2022-03-18 | ?not_stated");
}

/* The same where the period's own figure was withdrawn. */
static void nor_after_the_whole_was_withdrawn(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 arrivals - 2023-03 30~5");
    say(w, "KZ-33 arrivals - 2023 withdrawn");
    shows(w, "KZ-33 arrivals - 2023",
          "28..open known 32 stated incomplete | 1 0 of 1 stale 0 | 2023-03-31 2023-03-31");
}

/* The reason of the occurrence that began last was taken, not the newest one. */
static void the_newest_reason_of_events_is_published(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 teams - 2023-10 ?suppressed o0");
    say(w, "KZ-33 teams - 2023 ?unknown o1");
    shows(w, "KZ-33 teams - 2023", "none | 0 0 of null stale 0 | ?unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tiling_is_not_compared_with_itself, open_world, close_world),
        cmocka_unit_test_setup_teardown(nor_after_the_whole_was_withdrawn, open_world, close_world),
        cmocka_unit_test_setup_teardown(the_newest_reason_of_events_is_published, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
