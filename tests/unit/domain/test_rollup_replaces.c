/* SPDX-License-Identifier: Apache-2.0 */
/* A report in the place of an earlier one, and figures that are held: what stays in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

static void replaces(struct world *w, kadr_ms stated_at_ms, kadr_ms replaced_at_ms, const char *line,
                     enum kadr_verdict verdict)
{
    struct words words;
    struct kadr_observation obs;
    split(&words, line);
    parse_statement(&words, 1, &obs);
    obs.of_replaced = obs.value.kind == KADR_VALUE_WITHDRAWN;
    struct kadr_report report = { .observations = &obs,
                                  .observation_count = 1,
                                  .has_replaces = true,
                                  .replaces = { .stated_at_ms = replaced_at_ms } };
    assert_int_equal(kadr_rollup_report(w->rollup, &report, &verdict, stated_at_ms, ++w->commit), 0);
}

#define FIGURE "KZ-33 headcount cadre=doctor 2023-12-31 "
#define CELL   "KZ-33 headcount cadre=doctor"
#define HERE   "1894..1894 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31"
#define OLDER  "1800..1800 stated | 1 1 of 1 stale 0 | 2023-12-31 2023-12-31"

static void what_the_replaced_report_said_goes(void **state)
{
    struct world *w = *state;
    say_at(w, 1000, FIGURE "1894");
    shows(w, CELL, HERE);
    replaces(w, 5000, 1000, FIGURE "withdrawn", KADR_VERDICT_ACCEPTED);
    shows(w, CELL, "none | 0 0 of 1 stale 0");
}

static void a_still_later_correction_stays(void **state)
{
    struct world *w = *state;
    say_at(w, 1000, FIGURE "1800");
    say_at(w, 2000, FIGURE "1894"); /* a third report */
    replaces(w, 5000, 1000, FIGURE "withdrawn", KADR_VERDICT_ACCEPTED);
    shows(w, CELL, HERE);
}

/* By the time that the replaced report has, not by the order of arrival. */
static void also_when_it_arrives_later(void **state)
{
    struct world *w = *state;
    say_at(w, 1000, FIGURE "1800");
    replaces(w, 5000, 1000, FIGURE "withdrawn", KADR_VERDICT_ACCEPTED);
    say_at(w, 2000, FIGURE "1894");
    shows(w, CELL, HERE);
    say_at(w, 999, FIGURE "1800"); /* a queue from before: the withdrawal is later */
    shows(w, CELL, HERE);
}

static void never_later_than_the_report_itself(void **state)
{
    struct world *w = *state;
    say_at(w, 2000, FIGURE "1894");
    replaces(w, 1500, 9000, FIGURE "withdrawn", KADR_VERDICT_ACCEPTED);
    shows(w, CELL, HERE);
}

static void what_is_held_changes_nothing(void **state)
{
    struct world *w = *state;
    say_at(w, 1000, FIGURE "1800");
    struct kadr_digest before = kadr_rollup_digest(w->rollup);
    replaces(w, 5000, 1000, FIGURE "18000", KADR_VERDICT_HELD);
    replaces(w, 5000, 1000, FIGURE "withdrawn", KADR_VERDICT_HELD);
    shows(w, CELL, OLDER);
    struct kadr_digest after = kadr_rollup_digest(w->rollup);
    assert_true(kadr_digest_equal(&before, &after));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_the_replaced_report_said_goes), CASE(a_still_later_correction_stays),
        CASE(also_when_it_arrives_later),         CASE(never_later_than_the_report_itself),
        CASE(what_is_held_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
