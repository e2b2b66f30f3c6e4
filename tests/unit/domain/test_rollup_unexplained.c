/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rollup.md, `unexplained`: a stated figure against its parts, for units, dimensions and time: what is
 * outstanding, and what contradicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#define ON_2023 "stale 0 | 2023-12-31 2023-12-31"

static void units_outstanding(void **state)
{
    say(*state, "KZ-33 headcount - 2023-12-31 30");
    say(*state, "KZ headcount - 2023-12-31 100");
    shows(*state, "KZ headcount -", "100..100 stated | 1 1 of 20 " ON_2023 " | 70..70 outstanding");
}

/* One region has more than the nation. */
static void units_that_contradict(void **state)
{
    say(*state, "KZ-33 headcount - 2023-12-31 120");
    say(*state, "KZ headcount - 2023-12-31 100");
    shows(*state, "KZ headcount -", "100..100 stated | 1 1 of 20 " ON_2023 " | -20..-20 contradiction");
}

static void all_units_that_contradict(void **state)
{
    for (size_t i = 0; i < KADR_COUNT(all_regions); i++) {
        char line[64];
        snprintf(line, sizeof(line), "%s headcount - 2023-12-31 10", all_regions[i]);
        say(*state, line);
    }
    say(*state, "KZ headcount - 2023-12-31 203");
    shows(*state, "KZ headcount -", "203..203 stated | 20 20 of 20 " ON_2023 " | 3..3 contradiction");
}

static void members_outstanding(void **state)
{
    say(*state, "KZ-33 headcount cadre=doctor 2023-12-31 30");
    say(*state, "KZ-33 headcount - 2023-12-31 100");
    shows(*state, "KZ-33 headcount -", "100..100 stated | 1 1 of 1 " ON_2023 " | 70..70 outstanding");
}

static void members_that_contradict(void **state)
{
    say(*state, "KZ-33 headcount settlement=rural 2023-12-31 30");
    say(*state, "KZ-33 headcount settlement=urban 2023-12-31 60..65");
    say(*state, "KZ-33 headcount - 2023-12-31 100");
    shows(*state, "KZ-33 headcount -", "100..100 stated | 1 1 of 1 " ON_2023 " | 5..10 contradiction");
}

static void quarters_outstanding(void **state)
{
    say(*state, "KZ-33 arrivals - 2023-Q3 12");
    say(*state, "KZ-33 arrivals - 2023-H2 31");
    shows(*state, "KZ-33 arrivals - 2023-H2", "31..31 stated | 1 1 of 1 " ON_2023 " | 19..19 outstanding");
}

static void quarters_that_contradict(void **state)
{
    say(*state, "KZ-33 arrivals - 2023-Q3 10");
    say(*state, "KZ-33 arrivals - 2023-Q4 20");
    say(*state, "KZ-33 arrivals - 2023-H2 31");
    shows(*state, "KZ-33 arrivals - 2023-H2", "31..31 stated | 1 1 of 1 " ON_2023 " | 1..1 contradiction");
}

/* One quarter has more than its half-year. */
static void a_quarter_that_contradicts(void **state)
{
    say(*state, "KZ-33 arrivals - 2023-Q3 40");
    say(*state, "KZ-33 arrivals - 2023-H2 31");
    shows(*state, "KZ-33 arrivals - 2023-H2", "31..31 stated | 1 1 of 1 " ON_2023 " | -9..-9 contradiction");
}

static void parts_that_agree_leave_nothing(void **state)
{
    say(*state, "KZ-33 arrivals - 2023-Q3 10");
    say(*state, "KZ-33 arrivals - 2023-Q4 21");
    say(*state, "KZ-33 arrivals - 2023-H2 31");
    shows(*state, "KZ-33 arrivals - 2023-H2", "31..31 stated | 1 1 of 1 " ON_2023);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(units_outstanding),
        CASE(units_that_contradict),
        CASE(all_units_that_contradict),
        CASE(members_outstanding),
        CASE(members_that_contradict),
        CASE(quarters_outstanding),
        CASE(quarters_that_contradict),
        CASE(a_quarter_that_contradicts),
        CASE(parts_that_agree_leave_nothing),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
