/* SPDX-License-Identifier: Apache-2.0 */
/* Which statements are let go when a newer one comes; that none is missed is tests/oracle/test_superseded.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/superseded.h"

#include "rollup_world.h"

#include "rollup_reference.h"

#define DURABLE 1000 /* commits: all of a test */

/* A history that is never asked. */
static int read_nothing(void *context, const struct kadr_reference *reference, kadr_unit unit,
                        kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context)
{
    (void)reference, (void)unit, (void)indicator, (void)commit, (void)fn, (void)fn_context;
    ++*(unsigned *)context;
    return 0;
}

static unsigned asked;

static int open_beside_history(void **state)
{
    static const struct kadr_recall recall = { read_nothing, &asked };
    asked = 0;
    int err = open_world(state);
    kadr_rollup_set_recall(((struct world *)*state)->rollup, &recall);
    kadr_rollup_let_go(((struct world *)*state)->rollup, 0, DURABLE);
    return err;
}

static void holds(const struct world *w, size_t statements, size_t let_go)
{
    assert_int_equal(kadr_rollup_statement_count(w->rollup), statements);
    assert_int_equal(kadr_rollup_let_go_count(w->rollup), let_go);
    assert_int_equal(asked, 0);
}

static void a_stock_keeps_two_months(void **state)
{
    struct world *w = *state;
    char line[80];
    for (unsigned month = 1; month <= 12; month++) {
        (void)snprintf(line, sizeof line, "KZ-33 headcount - 2023-%02u-28 %u", month, 100 + month);
        say(w, line);
        (void)take(w);
    }
    holds(w, 2, 10);
    shows(w, "KZ-33 headcount -", "112..112 stated | 1 1 of 1 stale 0 | 2023-12-28 2023-12-28");
}

/* It is of an older day than the newest: the newest is no reason to let go of what it may correct. */
static void a_late_statement_pushes_nothing_out(void **state)
{
    struct world *w = *state;
    say(w, "KZ-33 headcount - 2023-10-28 100");
    say(w, "KZ-33 headcount - 2023-12-28 120");
    say(w, "KZ-33 headcount - 2023-11-28 110");
    holds(w, 3, 0);
    say(w, "KZ-33 headcount - 2024-01-28 130");
    holds(w, 2, 2);
}

/* A national figure of October is compared with the parts of its own day. */
static void what_a_total_looks_back_to_stays(void **state)
{
    struct world *w = *state;
    say(w, "KZ headcount - 2023-10-28 9000");
    say(w, "KZ-33 headcount - 2023-09-28 90");
    say(w, "KZ-33 headcount - 2023-10-28 100");
    say(w, "KZ-33 headcount - 2023-11-28 110");
    say(w, "KZ-33 headcount - 2023-12-28 120");
    holds(w, 4, 1);
}

static void flows_and_what_is_not_durable_stay(void **state)
{
    struct world *w = *state;
    kadr_rollup_let_go(w->rollup, 0, 0);
    say(w, "KZ-33 headcount - 2023-10-28 100");
    say(w, "KZ-33 headcount - 2023-11-28 110");
    say(w, "KZ-33 headcount - 2023-12-28 120");
    holds(w, 3, 0);
    kadr_rollup_let_go(w->rollup, 0, DURABLE);
    say(w, "KZ-33 arrivals - 2023-10 1");
    say(w, "KZ-33 arrivals - 2023-11 2");
    say(w, "KZ-33 arrivals - 2023-12 3");
    holds(w, 6, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_beside_history, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_stock_keeps_two_months),
        CASE(a_late_statement_pushes_nothing_out),
        CASE(what_a_total_looks_back_to_stays),
        CASE(flows_and_what_is_not_durable_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
